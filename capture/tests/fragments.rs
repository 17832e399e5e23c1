//! IP fragments put together again

mod common;

use common::*;
use ikescope_capture::{Frame, LinkType, Note, Options, Stack, Timestamp, limits};

fn content() -> Vec<u8> {
    (0..200_u8).collect()
}

/// The UDP datagram in fragments of 64 octets, IPv4 or IPv6
fn fragments(six: bool) -> Vec<Vec<u8>> {
    let whole = udp(&content());
    let chunks: Vec<&[u8]> = whole.chunks(64).collect();
    let last = chunks.len() - 1;
    let of = |(n, chunk): (usize, &&[u8])| fragment(six, n as u16 * 8, n < last, chunk);
    chunks.iter().enumerate().map(of).collect()
}

/// `offset` in units of 8 octets
fn fragment(six: bool, offset: u16, more: bool, octets: &[u8]) -> Vec<u8> {
    if six {
        let field = (offset << 3 | u16::from(more)).to_be_bytes();
        ipv6(44, &cat(&[&[17, 0], &field, &[0, 0, 0, 77], octets]))
    } else {
        ipv4_with(17, 77, offset | u16::from(more) << 13, octets)
    }
}

fn feed_all(stack: &mut Stack, packets: &[Vec<u8>]) -> Vec<Seen> {
    let numbered = packets.iter().zip(1..);
    numbered
        .flat_map(|(octets, number)| feed(stack, &frame(LinkType::RAW, number, octets)))
        .collect()
}

/// All orders of `0..count` (Heap's algorithm)
fn orders(count: usize) -> Vec<Vec<usize>> {
    fn generate(rest: usize, order: &mut Vec<usize>, all: &mut Vec<Vec<usize>>) {
        if rest == 1 {
            return all.push(order.clone());
        }
        for at in 0..rest {
            generate(rest - 1, order, all);
            order.swap(if rest.is_multiple_of(2) { at } else { 0 }, rest - 1);
        }
    }
    let mut all = Vec::new();
    generate(count, &mut (0..count).collect(), &mut all);
    all
}

#[test]
fn any_order_gives_the_same_datagram() {
    for six in [false, true] {
        let parts = fragments(six);
        for order in orders(parts.len()) {
            let packets: Vec<_> = order.iter().map(|&n| parts[n].clone()).collect();
            let all = feed_all(&mut Stack::new(Options::default()), &packets);
            assert_eq!(all.len(), parts.len() + 1);
            let (last, each) = all.split_last().unwrap();
            assert!(
                each.iter()
                    .all(|seen| seen.kind == "fragment" && seen.from.is_empty())
            );
            assert_eq!(
                (last.kind, last.ports, &last.payload),
                ("udp", (500, 4500), &content())
            );
            // Frame numbers in order of data
            let expected: Vec<u64> = (0..parts.len())
                .map(|n| order.iter().position(|&m| m == n).unwrap() as u64 + 1)
                .collect();
            assert_eq!((&last.from, last.offset), (&expected, 0));
            assert!(last.notes.is_empty());
        }
    }
}

#[test]
fn a_second_complete_set_gives_a_second_datagram() {
    let twice = [fragments(false), fragments(false)].concat();
    let all = feed_all(&mut Stack::new(Options::default()), &twice);
    assert_eq!(all.iter().filter(|seen| seen.kind == "udp").count(), 2);
}

#[test]
fn the_octets_that_came_first_win() {
    for (overlapping, differ) in [
        (udp(&content())[32..96].to_vec(), false),
        (vec![0xee; 64], true),
    ] {
        let mut packets = fragments(false);
        packets.insert(2, fragment(false, 4, true, &overlapping));
        let all = feed_all(&mut Stack::new(Options::default()), &packets);
        let last = all.last().unwrap();
        assert_eq!((last.kind, &last.payload), ("udp", &content()));
        assert_eq!(last.notes, [Note::OverlappingFragments { differ }]);
    }
}

#[test]
fn fragments_that_cannot_be_are_noted_and_not_used() {
    let parts = fragments(false);
    for bad in [
        fragment(false, 8, true, &[1; 63]),
        fragment(false, 8191, false, &[1; 64]),
        fragment(false, 20, false, &[1; 64]),
        fragment(false, 100, true, &[1; 64]),
    ] {
        // Behind the last fragment, before the second
        let packets = [&parts[3..], &[bad][..], &parts[..3]].concat();
        let all = feed_all(&mut Stack::new(Options::default()), &packets);
        assert_eq!(all[1].notes, [Note::BadFragment]);
        assert_eq!(all.last().unwrap().payload, content());
    }
}

#[test]
fn different_datagrams_do_not_mix() {
    let parts = fragments(false);
    let mut other = parts[1].clone();
    other[5] = 78; // identification
    let all = feed_all(
        &mut Stack::new(Options::default()),
        &[parts[0].clone(), other, parts[2].clone(), parts[3].clone()],
    );
    assert!(all.iter().all(|seen| seen.kind == "fragment"));
}

#[test]
fn a_fragmented_tunnel_is_walked_on() {
    let inner = ipv4(17, &udp(&content()));
    let (first, second) = inner.split_at(104);
    let packets = [ipv4_with(4, 5, 0x2000, first), ipv4_with(4, 5, 13, second)];
    let all = feed_all(&mut Stack::new(Options::default()), &packets);
    let last = all.last().unwrap();
    assert_eq!(
        (last.kind, last.outer, &last.payload, &last.from),
        ("udp", 1, &content(), &vec![1, 2])
    );
}

#[test]
fn old_fragments_are_given_up() {
    let parts = fragments(false);
    let mut stack = Stack::new(Options::default());
    let mut all = Vec::new();
    for (octets, seconds) in parts.iter().zip([0, 1, 2, 2 + limits::MAX_FRAGMENT_AGE]) {
        let time = Some(Timestamp { seconds, nanos: 0 });
        all.extend(feed(
            &mut stack,
            &Frame {
                time,
                ..frame(LinkType::RAW, 1, octets)
            },
        ));
    }
    assert!(all.iter().all(|seen| seen.kind == "fragment"));
    assert_eq!(stack.dropped().incomplete_datagrams, 1);
}

#[test]
fn a_flood_of_fragments_is_bounded_and_told() {
    let mut stack = Stack::new(Options::default());
    for id in 0..5000_u16 {
        let octets = ipv4_with(17, id, 0x2000, &[0; 1400]);
        feed(&mut stack, &frame(LinkType::RAW, 1, &octets));
    }
    let dropped = stack.dropped().crowded_datagrams as usize;
    assert!(dropped >= 5000 - limits::MAX_FRAGMENTED, "{dropped}");
    // The newest are still there.
    let rest = ipv4_with(17, 4999, 175, &[0; 8]);
    assert_eq!(feed(&mut stack, &frame(LinkType::RAW, 2, &rest)).len(), 2);
}
