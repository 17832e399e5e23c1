//! TCP streams of IKE and ESP records (RFC 9329)

mod common;

use common::*;
use ikescope_capture::{Content, LinkType, Note, Options, Stack, TcpSegment};

const SYN: u8 = 0x02;
const ACK: u8 = 0x10;

fn record(octets: &[u8]) -> Vec<u8> {
    cat(&[&(octets.len() as u16 + 2).to_be_bytes(), octets])
}

fn messages() -> Vec<Vec<u8>> {
    [40, 90, 1, 300, 64]
        .iter()
        .zip(1_u8..)
        .map(|(&length, n)| cat(&[&[0; 4], &vec![n; length]]))
        .collect()
}

/// Prefix and records
fn stream() -> Vec<u8> {
    let mut all = b"IKETCP".to_vec();
    messages()
        .iter()
        .for_each(|message| all.extend(record(message)));
    all
}

fn segment(sequence: u32, octets: &[u8]) -> Vec<u8> {
    ipv4(6, &tcp(40_000, 4500, sequence, 1, ACK, octets))
}

fn syn(sequence: u32) -> Vec<u8> {
    ipv4(6, &tcp(40_000, 4500, sequence, 0, SYN, b""))
}

/// A segment in the other direction
fn back(segment: &[u8]) -> Vec<u8> {
    let mut octets = ipv4(6, segment);
    octets[12..20].rotate_left(4);
    octets
}

fn feed_all(stack: &mut Stack, packets: &[Vec<u8>]) -> Vec<Seen> {
    let numbered = packets.iter().zip(1..);
    numbered
        .flat_map(|(octets, number)| feed(stack, &frame(LinkType::RAW, number, octets)))
        .collect()
}

fn records(packets: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let all = feed_all(&mut Stack::new(Options::default()), packets);
    all.into_iter()
        .filter(|seen| seen.kind == "record")
        .map(|seen| seen.payload)
        .collect()
}

/// The stream in segments of `size`, beginning so that the sequence number wraps
fn segments(size: usize) -> Vec<Vec<u8>> {
    let first = u32::MAX - 100;
    let mut packets = vec![syn(first.wrapping_sub(1))];
    for (n, chunk) in stream().chunks(size).enumerate() {
        packets.push(segment(first.wrapping_add((n * size) as u32), chunk));
    }
    packets
}

#[test]
fn any_segmentation_gives_the_same_records() {
    for size in 1..=stream().len() {
        assert_eq!(records(&segments(size)), messages(), "{size}");
    }
}

#[test]
fn any_exchange_and_repetition_gives_the_same_records() {
    let packets = segments(50);
    for a in 1..packets.len() {
        for b in 1..packets.len() {
            let mut exchanged = packets.clone();
            exchanged.swap(a, b);
            exchanged.push(packets[a].clone());
            assert_eq!(records(&exchanged), messages(), "{a} and {b}");
        }
    }
}

#[test]
fn overlapping_segments_give_each_octet_once() {
    let octets = stream();
    let packets: Vec<_> = std::iter::once(syn(99))
        .chain(
            (0..octets.len())
                .step_by(30)
                .map(|at| segment(100 + at as u32, &octets[at..octets.len().min(at + 77)])),
        )
        .collect();
    assert_eq!(records(&packets), messages());
}

#[test]
fn frames_and_offsets_are_told() {
    let octets = stream();
    let whole = [syn(0), segment(1, &octets)];
    let all = feed_all(&mut Stack::new(Options::default()), &whole);
    assert_eq!(all[0].kind, "tcp");
    for seen in &all[1..] {
        assert_eq!(whole[1][seen.offset..][..seen.payload.len()], seen.payload);
        assert!(seen.from.is_empty());
    }
    let parts = [
        syn(0),
        segment(21, &octets[20..]),
        segment(1, &octets[..20]),
    ];
    let all = feed_all(&mut Stack::new(Options::default()), &parts);
    assert_eq!((all[1].kind, all[2].kind), ("tcp", "record"));
    assert_eq!((&all[2].from, all[2].offset), (&vec![3, 2], 0));
    // The others came with the earlier frame.
    assert!(all[3..].iter().all(|seen| seen.from == [2]));
}

#[test]
fn the_responder_sends_no_prefix() {
    let message = messages().remove(0);
    let packets = [
        back(&tcp(4500, 40_000, 9, 1, SYN | ACK, b"")),
        back(&tcp(4500, 40_000, 10, 1, ACK, &record(&message))),
    ];
    assert_eq!(records(&packets), [message]);
}

#[test]
fn a_capture_from_the_middle_is_read_from_a_record_boundary() {
    let octets = stream();
    // In the middle of the second record; the third begins a segment.
    let boundary = 6 + 46 + 96;
    let packets = [
        segment(61, &octets[60..boundary]),
        segment(boundary as u32 + 1, &octets[boundary..]),
    ];
    assert_eq!(records(&packets), messages()[2..]);
    let text = b"SSH-2.0-OpenSSH_9.9\r\n".as_slice();
    assert!(records(&[segment(1, text), segment(22, text)]).is_empty());
}

#[test]
fn a_gap_that_the_peer_has_is_stepped_over() {
    let octets = stream();
    let boundary = 6 + 46 + 96;
    let acknowledged = back(&tcp(4500, 40_000, 1, 1 + boundary as u32, ACK, b""));
    let packets = [
        syn(0),
        segment(1, &octets[..52]),
        acknowledged,
        segment(boundary as u32 + 1, &octets[boundary..]),
    ];
    let mut stack = Stack::new(Options::default());
    let all = feed_all(&mut stack, &packets);
    let found: Vec<_> = all.iter().filter(|seen| seen.kind == "record").collect();
    assert_eq!(found.len(), 4);
    assert_eq!(found[1].notes, [Note::StreamGap { octets: 96 }]);
    assert_eq!(stack.dropped().stream_gaps, 1);
}

#[test]
fn a_gap_is_stepped_over_at_the_bound() {
    let mut packets = vec![syn(0), segment(1, b"IKETCP")];
    let message = messages().remove(0);
    let one = record(&message);
    for n in 0..400 {
        packets.push(segment(1000 + n * one.len() as u32, &one));
    }
    assert_eq!(records(&packets).len(), 400);
}

#[test]
fn a_length_below_two_ends_the_stream() {
    let packets = [
        syn(0),
        segment(1, b"IKETCP\0\x01"),
        segment(9, &record(b"never")),
    ];
    let all = feed_all(&mut Stack::new(Options::default()), &packets);
    assert_eq!(all[1].notes, [Note::RecordLength { declared: 1 }]);
    assert!(all.iter().all(|seen| seen.kind == "tcp"));
}

#[test]
fn a_stream_is_known_by_its_prefix_on_any_port_and_by_its_port_without() {
    let message = messages().remove(0);
    let stream = |port, prefix: &[u8]| {
        let octets = cat(&[prefix, &record(&message)]);
        [
            ipv4(6, &tcp(40_000, port, 9, 1, SYN, b"")),
            back(&tcp(port, 40_000, 1, 10, SYN | ACK, b"")),
            ipv4(6, &tcp(40_000, port, 10, 2, ACK, &octets)),
            back(&tcp(port, 40_000, 2, 11, ACK, &record(&message))),
        ]
    };
    assert_eq!(records(&stream(443, b"IKETCP")), [&*message, &message]);
    assert!(records(&stream(443, b"")).is_empty());
    let mut stack = Stack::new(Options {
        tcp_ports: vec![4500, 443],
    });
    let seen = feed_all(&mut stack, &stream(443, b"IKETCP"));
    let told = seen.iter().filter(|seen| seen.kind == "record");
    assert_eq!(told.count(), 2);
}

#[test]
fn many_connections_are_bounded_and_told() {
    let mut stack = Stack::new(Options::default());
    for port in 0..20_000_u16 {
        let octets = ipv4(6, &tcp(port, 4500, 1, 0, SYN, b""));
        feed(&mut stack, &frame(LinkType::RAW, 1, &octets));
    }
    assert!(stack.dropped().streams >= 20_000 - 4096);
}

#[test]
fn what_a_segment_does_is_told_on_ports_of_ike_only() {
    const FIN: u8 = 0x01;
    const RST: u8 = 0x04;
    let told = |port: u16, flags: u8, octets: &[u8]| {
        let octets = ipv4(6, &tcp(40_000, port, 9, 1, flags, octets));
        let mut told = None;
        Stack::new(Options::default()).decode(&frame(LinkType::RAW, 1, &octets), &mut |datagram| {
            if let Content::TcpOther { segment, .. } = datagram.content {
                told = Some(segment);
            }
        });
        told.flatten()
    };
    let nothing = TcpSegment {
        opens: false,
        acknowledges: false,
        resets: false,
        ends: false,
        data: false,
        prefix: false,
    };
    let opens = TcpSegment {
        opens: true,
        ..nothing
    };
    assert_eq!(told(4500, SYN, b""), Some(opens));
    let resets = TcpSegment {
        acknowledges: true,
        resets: true,
        ..nothing
    };
    assert_eq!(told(4500, RST | ACK, b""), Some(resets));
    let ends = TcpSegment {
        acknowledges: true,
        ends: true,
        data: true,
        prefix: true,
        ..nothing
    };
    assert_eq!(told(4500, FIN | ACK, b"IKETCP"), Some(ends));
    assert_eq!(told(443, SYN, b""), None);
}
