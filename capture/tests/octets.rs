//! No octets panic, and what is delivered stays inside

mod common;

use common::*;
use ikescope_capture::{
    FileReader, Frame, LinkType, Options, PlainPacket, Stack, Timestamp, transport,
};
use proptest::prelude::*;
use std::io::Cursor;
use std::net::IpAddr;

const LINKS: [u16; 20] = [
    0, 1, 9, 12, 14, 50, 51, 101, 104, 105, 108, 109, 113, 166, 204, 219, 228, 229, 276, 65_000,
];

/// Octets that often lead further: a valid start, then noise
fn octets() -> impl Strategy<Value = Vec<u8>> {
    let starts = prop_oneof![
        Just(Vec::new()),
        Just(ethernet(0x0800, &[])),
        Just(ethernet(0x86dd, &[])),
        Just(ethernet(0x8100, &[])),
        Just(ethernet(0x8847, &[])),
        Just(ethernet(0x8864, &[])),
        prop::sample::select(vec![1_u8, 4, 6, 17, 41, 47, 50, 51])
            .prop_map(|p| ethernet(0x0800, &ipv4(p, &[0; 12]))),
        prop::sample::select(vec![0_u8, 43, 44, 60, 58, 6, 47])
            .prop_map(|p| ethernet(0x86dd, &ipv6(p, &[0; 12]))),
        Just(ethernet(0x0800, &ipv4(17, &udp(&[0; 12])))),
        any::<u16>().prop_map(|field| ethernet(0x0800, &ipv4_with(17, 1, field, &[0; 8]))),
        any::<u32>()
            .prop_map(|n| ethernet(0x0800, &ipv4(6, &tcp(4500, 1, n % 300, n, 16, &[0, 5, 1])))),
    ];
    (
        starts,
        prop::collection::vec(any::<u8>(), 0..200),
        any::<prop::sample::Index>(),
        any::<u8>(),
    )
        .prop_map(|(mut start, noise, at, value)| {
            start.extend(noise);
            if !start.is_empty() {
                let at = at.index(start.len());
                start[at] = value;
            }
            start
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn frames_never_panic(all in prop::collection::vec((octets(), prop::sample::select(&LINKS[..]), any::<bool>()), 1..12)) {
        let mut stack = Stack::new(Options::default());
        for ((octets, link, cut), number) in all.iter().zip(1..) {
            let length = octets.len() as u32 + if *cut { 40 } else { 0 };
            let frame = Frame { length, ..frame(LinkType(*link), number, octets) };
            let mut count = 0;
            stack.decode(&frame, &mut |datagram| {
                count += 1;
                let seen = seen(&datagram);
                if !seen.payload.is_empty() && seen.from.is_empty() {
                    assert_eq!(octets.get(seen.offset..seen.offset + seen.payload.len()), Some(seen.payload.as_slice()));
                }
            });
            prop_assert!(count > 0);
        }
    }

    /// What a look at the frame gives, the walk gives too.
    #[test]
    fn plain_packets_are_those_of_the_stack(octets in octets(), cut: bool, more in 0_usize..300) {
        let length = octets.len() as u32 + u32::from(cut);
        let frame = Frame { length, ..frame(LinkType::ETHERNET, 1, &octets) };
        let walked = matches!(frame.octets.get(23), Some(1 | 4 | 6 | 41 | 47 | 58));
        if let Some(plain) = PlainPacket::of(&frame).filter(|_| !walked) {
            let all = feed(&mut Stack::new(Options::default()), &frame);
            let [seen] = all.as_slice() else { panic!("{all:?}") };
            prop_assert_eq!((IpAddr::V4(plain.src), IpAddr::V4(plain.dst)), (seen.src, seen.dst));
            prop_assert_eq!((plain.protocol, plain.ports.unwrap_or_default()), (seen.protocol, seen.ports));
            prop_assert_eq!((plain.offset, plain.payload), (seen.offset, seen.payload.as_slice()));
            prop_assert_eq!(plain.payload.len(), plain.length);
            prop_assert!(seen.notes.is_empty() && !seen.truncated && !cut);
            let end = octets.len().min(plain.offset + more);
            let payload = &octets[plain.offset..end.min(plain.offset + plain.length)];
            let beginning = Frame { octets: &octets[..end], ..frame };
            prop_assert_eq!(PlainPacket::of(&beginning), Some(PlainPacket { payload, ..plain }));
        }
    }

    #[test]
    fn transports_never_panic(protocol: u8, octets in prop::collection::vec(any::<u8>(), 0..100)) {
        let _ = transport(protocol, &octets);
    }

    #[test]
    fn files_never_panic(start in prop::sample::select(starts()), noise in prop::collection::vec(any::<u8>(), 0..300), at: prop::sample::Index, value: u8) {
        let mut octets = cat(&[&start, &noise]);
        let at = at.index(octets.len() + 1);
        if let Some(octet) = octets.get_mut(at) {
            *octet = value;
        }
        let (all, _) = read(&octets);
        prop_assert!(all.len() <= octets.len());
    }

    #[test]
    fn times_keep_their_order(a: i64, b: u64, c: i64) {
        let time = Timestamp::new(a, b);
        prop_assert!(time.nanos < 1_000_000_000);
        let other = Timestamp::new(c, 0);
        prop_assert_eq!(time.cmp(&other), time.as_nanos().cmp(&other.as_nanos()));
    }
}

/// Beginnings of files
fn starts() -> Vec<Vec<u8>> {
    let mut all = vec![
        vec![],
        vec![0x1f, 0x8b, 8, 0],
        vec![0x28, 0xb5, 0x2f, 0xfd],
        vec![0x50, 0x2a, 0x4d, 0x18],
    ];
    for order in [Order(false), Order(true)] {
        for magic in [0xa1b2_c3d4, 0xa1b2_cd34, 0x1c00_01ac] {
            all.push(order.pcap_header(magic, 1));
            all.push(cat(&[
                &order.pcap_header(magic, 1),
                &order.pcap_record(1, 1, &[], &[0; 30]),
            ]));
        }
        let described = cat(&[
            &order.section(),
            &order.interface(1, 0, &[order.option(9, &[6])]),
        ]);
        all.push(order.section());
        all.push(cat(&[
            &described,
            &order.enhanced(0, 1, &[0; 30]),
            &order.enhanced(0, 1, &[0; 30]),
        ]));
        all.push(cat(&[
            &described,
            &order.block(3, &[0, 0, 0, 8, 1, 2, 3, 4]),
        ]));
        all.push(cat(&[&described, &order.block(2, &[0; 24])]));
        all.push(described);
    }
    all
}

/// A reader that gives one octet at a time reads the same.
#[test]
fn small_reads_are_whole_reads() {
    struct Slow(Cursor<Vec<u8>>);
    impl std::io::Read for Slow {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let one = into.len().min(1);
            self.0.read(&mut into[..one])
        }
    }
    for octets in starts() {
        let (expected, _) = read(&octets);
        let Ok(mut reader) = FileReader::from_read(Box::new(Slow(Cursor::new(octets))), "slow", 0)
        else {
            assert!(expected.is_empty());
            continue;
        };
        let mut count = 0;
        while let Ok(Some(frame)) = reader.next() {
            assert_eq!(frame.octets, expected[count].octets);
            count += 1;
        }
        assert_eq!(count, expected.len());
    }
}
