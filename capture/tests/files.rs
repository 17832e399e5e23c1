//! Capture files of every kind read the same

mod common;

use common::*;
use flate2::Compression;
use flate2::write::GzEncoder;
use ikescope_capture::{
    Arrival, CaptureError, FileReader, Frame, Glanced, Inputs, LinkType, PcapngWriter, Timestamp,
};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use std::io::{Cursor, Write};

fn packet() -> Vec<u8> {
    ethernet(0x0800, &ipv4(17, &udp(b"012345678901234567890123456789")))
}

fn time(seconds: i64, nanos: u32) -> Option<Timestamp> {
    Some(Timestamp { seconds, nanos })
}

fn pcap(order: Order, magic: u32, more: &[u8]) -> Vec<u8> {
    let header = order.pcap_header(magic, 1);
    let lcap: &[u8] = if magic >> 8 == 0x1c_0001 {
        &[0; 4]
    } else {
        &[]
    };
    let first = order.pcap_record(1_700_000_000, 123_456, more, &packet());
    cat(&[
        &header,
        lcap,
        &first,
        &order.pcap_record(1_700_000_001, 5, more, &packet()[..60]),
    ])
}

/// One section of everything
fn pcapng(order: Order) -> Vec<u8> {
    let obsolete = cat(&[
        &order.u16(0),
        &order.u16(7),
        &order.u32(0),
        &order.u32(2_000_000),
        &order.u32(60),
        &order.u32(60),
        &packet()[..60],
    ]);
    let simple = cat(&[&order.u32(packet().len() as u32), &packet()[..40]]);
    cat(&[
        &order.section(),
        &order.interface(1, 40, &[]),
        &order.interface(101, 0, &[order.option(9, &[9]), order.option(2, b"eth0")]),
        &order.interface(
            1,
            0,
            &[
                order.option(9, &[0x80 | 10]),
                order.option(14, &order.i64(-3600)),
            ],
        ),
        &order.enhanced(0, 1_700_000_000_123_456, &packet()),
        &order.block(0x0bad, &[1; 300]),
        &order.enhanced(1, 1_700_000_000_123_456_789, &packet()[14..]),
        &order.enhanced(2, 1_700_000_000 << 10 | 512, &packet()),
        &order.block(3, &simple),
        &order.block(2, &obsolete),
        &order.block(5, &[0; 12]),
    ])
}

fn read_whole(octets: &[u8]) -> Vec<Read> {
    let (all, error) = read(octets);
    assert!(error.is_none(), "{error:?}");
    all
}

#[test]
fn pcap_times_have_their_unit_in_both_byte_orders() {
    for big in [false, true] {
        for (magic, more, nanos) in [
            (0xa1b2_c3d4, &[][..], 123_456_000),
            (0xa1b2_3c4d, &[][..], 123_456),
            (0xa1b2_cd34, &[0; 8][..], 123_456_000),
            (0x1c00_01ac, &[][..], 123_456_000),
            (0x1c00_01ab, &[][..], 123_456_000),
        ] {
            let all = read_whole(&pcap(Order(big), magic, more));
            assert_eq!(all.len(), 2, "{magic:x}");
            assert_eq!(all[0].time, time(1_700_000_000, nanos), "{magic:x} {big}");
            assert_eq!(
                (all[0].link, &all[0].octets),
                (LinkType::ETHERNET, &packet())
            );
            assert_eq!(all[1].octets, packet()[..60]);
        }
    }
}

#[test]
fn fcs_bits_are_no_part_of_the_link_type() {
    let header = Order(false).pcap_header(0xa1b2_c3d4, 0x2400_0001);
    let octets = cat(&[&header, &Order(false).pcap_record(1, 0, &[], &packet())]);
    assert_eq!(read_whole(&octets)[0].link, LinkType::ETHERNET);
}

#[test]
fn old_versions_exchange_the_lengths() {
    let order = Order(false);
    let record = cat(&[
        &order.u32(1),
        &order.u32(0),
        &order.u32(90),
        &order.u32(60),
        &packet()[..60],
    ]);
    let record = cat(&[&record, &vec![0; 76 - record.len()]]);
    for version in [(2, 1), (2, 3), (543, 0)] {
        let octets = cat(&[&order.pcap_header_of(0xa1b2_c3d4, version, 1), &record]);
        let all = read_whole(&octets);
        assert_eq!(
            (all[0].length, all[0].octets.len()),
            (90, 60),
            "{version:?}"
        );
    }
}

#[test]
fn aix_files_have_nanoseconds_and_interface_types() {
    let order = Order(true);
    let header = order.pcap_header_of(0xa1b2_c3d4, (2, 2), 6);
    let all = read_whole(&cat(&[
        &header,
        &order.pcap_record(7, 999_999_999, &[], &packet()),
    ]));
    assert_eq!(
        (all[0].time, all[0].link),
        (time(7, 999_999_999), LinkType::ETHERNET)
    );
}

#[test]
fn every_kind_of_pcapng_packet_is_read_in_both_byte_orders() {
    let expected = [
        (time(1_700_000_000, 123_456_000), 1, packet()),
        (
            time(1_700_000_000, 123_456_789),
            101,
            packet()[14..].to_vec(),
        ),
        (time(1_700_000_000 - 3600, 500_000_000), 1, packet()),
        (None, 1, packet()[..40].to_vec()),
        (time(2, 0), 1, packet()[..60].to_vec()),
    ];
    for big in [false, true] {
        let all = read_whole(&pcapng(Order(big)));
        assert_eq!(all.len(), expected.len());
        for (read, (time, link, octets)) in all.iter().zip(&expected) {
            assert_eq!((read.time, read.link.0), (*time, *link));
            assert!(
                read.octets
                    .starts_with(&octets[..octets.len().min(read.octets.len())])
            );
        }
        assert_eq!(all[3].length, packet().len() as u32);
    }
}

#[test]
fn a_new_section_has_its_own_order_and_interfaces() {
    let octets = cat(&[
        &pcapng(Order(false)),
        &Order(true).section(),
        &Order(true).interface(101, 0, &[]),
        &Order(true).enhanced(0, 5_000_000, &packet()[14..]),
    ]);
    let all = read_whole(&octets);
    assert_eq!((all[5].time, all[5].link), (time(5, 0), LinkType::RAW));
}

#[test]
fn every_resolution_gives_the_same_time() {
    let order = Order(false);
    for exponent in 0..=19_u8 {
        let units = 10_u128.pow(exponent.into());
        check_resolution(order, exponent, units);
    }
    for exponent in 0..=63_u8 {
        check_resolution(order, 0x80 | exponent, 1 << exponent);
    }
}

/// Three quarters of a second, as far as the unit can tell it
fn check_resolution(order: Order, resolution: u8, units: u128) {
    let stamp = units * 3 / 4;
    let nanos = (stamp * 1_000_000_000 / units) as u32;
    let octets = cat(&[
        &order.section(),
        &order.interface(1, 0, &[order.option(9, &[resolution])]),
        &order.enhanced(0, stamp as u64, &packet()),
    ]);
    assert_eq!(
        read_whole(&octets)[0].time,
        time(0, nanos),
        "{resolution:#x}"
    );
}

#[test]
fn resolutions_beyond_64_bits_are_read() {
    let order = Order(false);
    for (resolution, nanos) in [
        (20, 100_000_000),
        (0x80 | 64, 542_101_086),
        (0x7f, 0),
        (0xff, 0),
    ] {
        let octets = cat(&[
            &order.section(),
            &order.interface(1, 0, &[order.option(9, &[resolution])]),
            &order.enhanced(0, 10_000_000_000_000_000_000, &packet()),
        ]);
        assert_eq!(
            read_whole(&octets)[0].time,
            time(0, nanos),
            "{resolution:#x}"
        );
    }
}

fn gzip(octets: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(octets).unwrap();
    encoder.finish().unwrap()
}

fn zstd(octets: &[u8]) -> Vec<u8> {
    compress_to_vec(octets, CompressionLevel::Fastest)
}

#[test]
fn compressed_streams_of_several_parts_read_as_one() {
    let whole = pcapng(Order(true));
    let (first, second) = whole.split_at(whole.len() / 3);
    let skippable = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
    for octets in [
        cat(&[&gzip(first), &gzip(second)]),
        cat(&[&zstd(first), &zstd(second)]),
        cat(&[
            &skippable,
            &zstd(first),
            &skippable,
            &zstd(second),
            &skippable,
        ]),
    ] {
        assert_eq!(read_whole(&octets), read_whole(&whole));
    }
}

/// Noise, so that compression keeps the size
fn large() -> Vec<u8> {
    let mut state = 1_u32;
    let mut octets = Order(false).pcap_header(0xa1b2_c3d4, 1);
    for n in 0..3000 {
        let noise: Vec<u8> = (0..400)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        octets.extend(Order(false).pcap_record(n, 0, &[], &noise));
    }
    octets
}

#[test]
fn a_compressed_stream_cut_in_the_middle_gives_what_was_there() {
    let whole = large();
    let expected = read_whole(&whole);
    for (compressed, method) in [(gzip(&whole), "gzip"), (zstd(&whole), "zstd")] {
        let cut = &compressed[..compressed.len() / 2];
        let (all, error) = read(cut);
        assert!(all.len() > 1000, "{method}: {}", all.len());
        assert_eq!(all[..], expected[..all.len()]);
        let error = error.unwrap();
        assert!(
            matches!(error, CaptureError::Compression { method: m, .. } if m == method),
            "{error}"
        );
        assert!(error.to_string().contains("ends early"), "{error}");
    }
}

#[test]
fn damaged_compression_is_told() {
    let mut compressed = zstd(&large());
    let last = compressed.len() - 1;
    compressed[last] ^= 1;
    let (_, error) = read(&compressed);
    if let Some(error) = error {
        assert!(
            error.to_string().contains("zstd stream is damaged"),
            "{error}"
        );
    }
    let mut compressed = gzip(&large());
    let last = compressed.len() - 6;
    compressed[last] ^= 1;
    let error = read(&compressed).1.unwrap();
    assert!(
        error.to_string().contains("gzip stream is damaged"),
        "{error}"
    );
}

#[test]
fn a_zstd_window_beyond_the_limit_is_refused() {
    // Window descriptor 0xff: 3.75 TiB
    let (_, error) = read(&[0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xff, 0, 0, 0, 0]);
    assert!(error.unwrap().to_string().contains("larger window"));
}

#[test]
fn every_cut_gives_all_whole_packets_and_then_one_error() {
    for whole in [pcap(Order(false), 0xa1b2_c3d4, &[]), pcapng(Order(true))] {
        let expected = read_whole(&whole);
        for cut in 24..whole.len() {
            let (all, error) = read(&whole[..cut]);
            assert_eq!(all[..], expected[..all.len()], "cut at {cut}");
            if let Some(error) = error {
                let CaptureError::Cut {
                    offset,
                    packets,
                    needed,
                    available,
                    ..
                } = error
                else {
                    panic!("cut at {cut}: {error}");
                };
                assert_eq!(
                    (offset + available, packets),
                    (cut as u64, all.len() as u64)
                );
                assert!(needed > available);
                // Nothing whole was left out.
                let (before, _) = read(&whole[..offset as usize]);
                assert_eq!(before.len(), all.len());
            }
        }
    }
}

#[test]
fn impossible_lengths_are_corrupt() {
    let order = Order(false);
    let huge = cat(&[
        &order.pcap_header(0xa1b2_c3d4, 1),
        &[0; 8],
        &order.u32(u32::MAX),
        &order.u32(60),
    ]);
    let wrong_trailer = {
        let mut octets = pcapng(order);
        let at = octets.len() - 4;
        octets[at] ^= 8;
        // The last block is not read at all, so make it a packet.
        octets.truncate(at - 20);
        let mut packet = order.enhanced(0, 0, &packet());
        let at = packet.len() - 4;
        packet[at] ^= 8;
        cat(&[&octets, &packet])
    };
    let unknown_interface = cat(&[&order.section(), &order.enhanced(0, 0, &packet())]);
    let short_block = cat(&[&order.section(), &order.u32(6), &order.u32(8), &[0; 8]]);
    for (octets, told) in [
        (huge, "4294967295"),
        (wrong_trailer, "ends with"),
        (unknown_interface, "interface 0"),
        (short_block, "length 8"),
    ] {
        let error = read(&octets).1.expect(told);
        assert!(matches!(error, CaptureError::Corrupt { .. }), "{error}");
        assert!(error.to_string().contains(told), "{error}");
    }
}

#[test]
fn what_is_no_capture_is_named() {
    for (octets, name) in [
        (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], "PNG"),
        (b"\x7fELF\x02\x01\x01", "ELF"),
        (b"%PDF-1.7\n", "PDF"),
        (b"PK\x03\x04\x14\0", "zip"),
        (b"  {\"frames\": []}\n", "JSON"),
        (b"<?xml version=\"1.0\"?>", "XML"),
        (b"10:00:00 IP 192.0.2.1 > 192.0.2.2\n", "a text"),
        (b"snoop\0\0\0\0\0\0\x02", "snoop"),
        (b"\x01\x02\x03\x04\x05", "01 02 03 04 05"),
        (b"\x01", "01"),
    ] {
        let error = read(octets).1.unwrap();
        assert!(matches!(error, CaptureError::NotACapture { .. }), "{error}");
        assert!(error.to_string().contains(name), "{error}");
    }
    assert!(matches!(read(b"").1, Some(CaptureError::Empty { .. })));
}

#[test]
fn what_is_written_reads_back() {
    let original = cat(&[&pcapng(Order(true))]);
    let (all, _) = read(&original);
    let mut writer = PcapngWriter::new(Vec::new()).unwrap();
    let mut reader = FileReader::from_read(Box::new(Cursor::new(original)), "test", 0).unwrap();
    let long = "é".repeat(40_000);
    let comments = [
        None,
        Some("four"),
        Some("an odd one"),
        Some(long.as_str()),
        None,
    ];
    for comment in comments {
        writer
            .write(&reader.next().unwrap().unwrap(), comment)
            .unwrap();
    }
    let written = writer.finish().unwrap();
    let (again, error) = read(&written);
    assert!(error.is_none(), "{error:?}");
    for (before, after) in all.iter().zip(&again) {
        // No time is written as zero.
        let expected = Read {
            time: before.time.or(time(0, 0)),
            ..before.clone()
        };
        assert_eq!(*after, expected);
    }
    assert_eq!(all.len(), again.len());
}

#[test]
fn inputs_come_in_time_order() {
    let order = Order(false);
    let pcap = |times: &[u32]| {
        let records: Vec<u8> = times
            .iter()
            .flat_map(|t| order.pcap_record(*t, 0, &[], &packet()))
            .collect();
        cat(&[&order.pcap_header(0xa1b2_c3d4, 1), &records])
    };
    let simple = cat(&[&order.u32(60), &[0; 60]]);
    let untimed = cat(&[
        &order.section(),
        &order.interface(1, 0, &[]),
        &order.block(3, &simple),
        &order.block(3, &simple),
    ]);
    let files = [
        pcap(&[10, 20, 30]),
        pcap(&[5, 20, 25]),
        untimed.clone(),
        pcap(&[]),
        untimed,
    ];
    let readers = files.into_iter().zip(0..).map(|(octets, index)| {
        FileReader::from_read(Box::new(Cursor::new(octets)), format!("{index}"), index).unwrap()
    });
    let mut inputs = Inputs::new(readers.collect());
    let mut order = Vec::new();
    while let Some(frame) = inputs.next().unwrap() {
        order.push((frame.file, frame.number));
    }
    assert_eq!(
        order,
        [
            (2, 1),
            (2, 2),
            (4, 1),
            (4, 2),
            (1, 1),
            (0, 1),
            (0, 2),
            (1, 2),
            (1, 3),
            (0, 3)
        ]
    );
}

#[test]
fn a_cut_input_stops_alone() {
    let whole = pcap(Order(false), 0xa1b2_c3d4, &[]);
    let cut = whole[..whole.len() - 1].to_vec();
    let readers = [cut, whole].into_iter().zip(0..).map(|(octets, index)| {
        FileReader::from_read(Box::new(Cursor::new(octets)), format!("{index}"), index).unwrap()
    });
    let mut inputs = Inputs::new(readers.collect());
    let (mut frames, mut errors) = (0, 0);
    loop {
        match inputs.next() {
            Ok(Some(_)) => frames += 1,
            Ok(None) => break,
            Err(_) => errors += 1,
        }
    }
    assert_eq!((frames, errors), (3, 1));
}

#[test]
fn progress_reaches_the_size_of_the_file() {
    let octets = gzip(&large());
    let path = file("progress.pcap.gz", &octets);
    let mut reader = FileReader::open(&path, 0).unwrap();
    while reader.next().unwrap().is_some() {}
    assert_eq!(Some(reader.bytes_read()), reader.total_size());
    assert_eq!(reader.total_size(), Some(octets.len() as u64));
}

#[test]
fn a_missing_file_is_named() {
    let error = FileReader::open("/nowhere/at-all.pcap", 0).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("/nowhere/at-all.pcap: cannot be opened"),
        "{error}"
    );
}

#[test]
fn times_are_those_of_tshark() {
    for (name, octets) in [
        ("micro.pcap", pcap(Order(false), 0xa1b2_c3d4, &[])),
        ("nano.pcap", pcap(Order(true), 0xa1b2_3c4d, &[])),
        ("modified.pcap", pcap(Order(true), 0xa1b2_cd34, &[0; 8])),
        ("lcap.pcap", pcap(Order(false), 0x1c00_01ac, &[])),
        ("every.pcapng", pcapng(Order(true))),
        ("every-le.pcapng", pcapng(Order(false))),
    ] {
        let path = file(name, &octets);
        let arguments = [
            "-r",
            &path,
            "-T",
            "fields",
            "-e",
            "frame.time_epoch",
            "-e",
            "frame.cap_len",
            "-e",
            "frame.len",
        ];
        let Some(told) = run("times_are_those_of_tshark", "tshark", &arguments) else {
            return;
        };
        let all = read_whole(&octets);
        // tshark shows the unknown block too.
        let lines: Vec<&str> = told
            .lines()
            .filter(|line| !line.ends_with("\t296"))
            .collect();
        assert_eq!(lines.len(), all.len(), "{name}: {told}");
        for (line, read) in lines.into_iter().zip(&all) {
            let fields: Vec<&str> = line.split('\t').collect();
            assert_eq!(fields[1].parse(), Ok(read.octets.len()), "{name}: {line}");
            assert_eq!(fields[2].parse(), Ok(read.length), "{name}: {line}");
            if let Some(time) = read.time {
                assert!(
                    time.to_string()
                        .starts_with(fields[0].trim_end_matches('0')),
                    "{name}: {line} {time}"
                );
            }
        }
    }
}

#[test]
fn a_large_file_reads_as_the_same_octets_from_a_stream() {
    let order = Order(false);
    let mut octets = order.pcap_header(0xa1b2_c3d4, 1);
    // Short and long packets, some longer than any buffer.
    for number in 0_u32.. {
        let length = match number % 64 {
            0 => 200_000,
            1 => 70_000,
            short => 40 + short * 31,
        };
        let packet: Vec<u8> = (0..length).map(|place| (place ^ number) as u8).collect();
        octets.extend(order.pcap_record(1_700_000_000 + number, 0, &[], &packet));
        if octets.len() > 6_000_000 {
            break;
        }
    }
    let path = std::env::temp_dir().join(format!("ikescope-large-{}.pcap", std::process::id()));
    for cut in [0, 1, 100_000, 1_000_003] {
        let there = &octets[..octets.len() - cut];
        std::fs::write(&path, there).unwrap();
        let mut file = FileReader::open(&path, 0).unwrap();
        let stream = Cursor::new(there.to_vec());
        let mut stream = FileReader::from_read(Box::new(stream), "stream", 0).unwrap();
        loop {
            match (file.next(), stream.next()) {
                (Ok(Some(one)), Ok(Some(other))) => {
                    assert_eq!((one.number, one.time), (other.number, other.time));
                    assert!(one.octets == other.octets, "frame {} differs", one.number);
                }
                (Ok(None), Ok(None)) => break,
                (Err(one), Err(other)) => {
                    let text =
                        |error: CaptureError, name: &str| error.to_string().replace(name, "");
                    assert_eq!(
                        text(one, &path.display().to_string()),
                        text(other, "stream")
                    );
                }
                (one, other) => panic!("{one:?} and {other:?}"),
            }
        }
        assert!(file.packets() > 500, "cut {cut}");
    }
    std::fs::remove_file(&path).unwrap();
}

/// A file large enough to be read ahead, of packets whose lengths differ, cut within the last one
fn large_and_cut() -> (String, usize) {
    let order = Order(false);
    let mut octets = order.pcap_header(0xa1b2_c3d4, 1);
    let mut packets = 0;
    while octets.len() < 5 << 20 {
        let packet = ethernet(
            0x0800,
            &ipv4(50, &vec![packets as u8; 40 + packets % 1_300]),
        );
        octets.extend(order.pcap_record(packets as u32, 0, &[], &packet));
        packets += 1;
    }
    octets.truncate(octets.len() - 5);
    (file("large-and-cut.pcap", &octets), packets - 1)
}

/// A glance that some frames are too much for.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Number(u32, u64, Option<Timestamp>);

impl Glanced for Number {
    fn glance(frame: &Frame<'_>) -> Option<Self> {
        (frame.number % 7 > 1).then_some(Self(frame.file, frame.number, frame.time))
    }

    fn time(&self) -> Option<Timestamp> {
        self.2
    }
}

#[test]
fn glances_and_frames_come_in_their_order() {
    let (path, packets) = large_and_cut();
    for copies in 1..=2 {
        let paths = vec![&path; copies];
        let mut whole = Inputs::open(&paths).unwrap();
        let mut glanced = Inputs::<Number>::open_at_a_glance(&paths).unwrap();
        let mut seen = 0;
        while seen < packets * copies {
            match glanced.arrive() {
                Ok(Some(Arrival::Frame(frame))) => {
                    assert_eq!(Some(frame), whole.next().unwrap());
                    assert!(Number::glance(&frame).is_none());
                    seen += 1;
                }
                Ok(Some(Arrival::Glanced(numbers))) => {
                    for number in numbers {
                        let frame = whole.next().unwrap().unwrap();
                        assert_eq!(Some(*number), Number::glance(&frame));
                    }
                    seen += numbers.len();
                }
                Ok(None) => panic!("{seen} of {packets} in each of {copies}"),
                Err(error) => assert_eq!(error.to_string(), whole.next().unwrap_err().to_string()),
            }
        }
        let mut errors = 0;
        loop {
            match (glanced.arrive(), whole.next()) {
                (Ok(None), Ok(None)) => break,
                (Err(one), Err(other)) => assert_eq!(one.to_string(), other.to_string()),
                other => panic!("{other:?}"),
            }
            errors += 1;
        }
        assert!((1..=copies).contains(&errors), "{errors}");
        assert!(glanced.arrive().unwrap().is_none());
        assert_eq!(glanced.bytes_read(), whole.bytes_read());
        assert_eq!(glanced.total_size(), whole.total_size());
    }
    std::fs::remove_file(path).unwrap();
}
