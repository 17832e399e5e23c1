//! From a frame to its datagram

mod common;

use common::*;
use ikescope_capture::{Content, Frame, LinkType, Note, Options, Quoted, Stack, transport};

const PAYLOAD: &[u8] = b"payload of thirty-two octets....";

fn packet4() -> Vec<u8> {
    ipv4(17, &udp(PAYLOAD))
}

fn packet6() -> Vec<u8> {
    ipv6(17, &udp(PAYLOAD))
}

/// Link layers in front of an IP packet, by a name
fn links(ip: &[u8], six: bool) -> Vec<(&'static str, LinkType, Vec<u8>)> {
    let ether_type: u16 = if six { 0x86dd } else { 0x0800 };
    let et = ether_type.to_be_bytes();
    let ppp: [u8; 2] = if six { [0, 0x57] } else { [0, 0x21] };
    let family: u32 = if six { 30 } else { 2 };
    // OpenBSD's own number of IPv6
    let openbsd: u32 = if six { 24 } else { 2 };
    let address = [0; 8];
    let tag = |tpid: u16, rest: &[u8]| (tpid, cat(&[&[0, 5], rest]));
    let (t1, v1) = tag(0x8100, &cat(&[&et, ip]));
    let deep = (0..20).fold(cat(&[&[0, 5], &et, ip]), |inner, _| {
        cat(&[&[0, 7, 0x81, 0], &inner])
    });
    let pppoe = |inner: &[u8]| {
        cat(&[
            &[0x11, 0, 0, 1],
            &((inner.len() + 2) as u16).to_be_bytes(),
            &ppp,
            inner,
        ])
    };
    let label = |last: u8| [0, 1, 0x10 | last, 64];
    let mpls = cat(&[&label(0), &label(0), &label(1), ip]);
    let inner_ethernet = ethernet(ether_type, ip);
    vec![
        ("Ethernet", LinkType::ETHERNET, ethernet(ether_type, ip)),
        ("802.1Q", LinkType::ETHERNET, ethernet(t1, &v1)),
        (
            "802.1ad",
            LinkType::ETHERNET,
            ethernet(0x88a8, &cat(&[&[0, 9, 0x81, 0], &v1])),
        ),
        (
            "0x9100",
            LinkType::ETHERNET,
            ethernet(0x9100, &cat(&[&[0, 9, 0x81, 0], &v1])),
        ),
        ("21 tags", LinkType::ETHERNET, ethernet(0x8100, &deep)),
        ("PPPoE", LinkType::ETHERNET, ethernet(0x8864, &pppoe(ip))),
        (
            "PPPoE in a VLAN",
            LinkType::ETHERNET,
            ethernet(0x8100, &cat(&[&[0, 5, 0x88, 0x64], &pppoe(ip)])),
        ),
        ("PPPoE link", LinkType::PPP_ETHER, pppoe(ip)),
        ("MPLS", LinkType::ETHERNET, ethernet(0x8847, &mpls)),
        ("MPLS link", LinkType::MPLS, mpls),
        (
            "pseudowire",
            LinkType::ETHERNET,
            ethernet(0x8847, &cat(&[&label(1), &inner_ethernet])),
        ),
        (
            "pseudowire with control word",
            LinkType::ETHERNET,
            ethernet(0x8847, &cat(&[&label(1), &[0; 4], &inner_ethernet])),
        ),
        (
            "SNAP",
            LinkType::ETHERNET,
            ethernet(100, &cat(&[&[0xaa, 0xaa, 3, 0, 0, 0], &et, ip])),
        ),
        (
            "SLL",
            LinkType::LINUX_SLL,
            cat(&[&[0, 0, 0, 1, 0, 6], &address, &et, ip]),
        ),
        (
            "SLL of a tunnel",
            LinkType::LINUX_SLL,
            cat(&[&[0, 4, 0xff, 0xfe, 0, 0], &address, &et, ip]),
        ),
        (
            "SLL with VLAN",
            LinkType::LINUX_SLL,
            cat(&[&[0, 0, 0, 1, 0, 6], &address, &[0x81, 0], &v1]),
        ),
        (
            "SLL2",
            LinkType::LINUX_SLL2,
            cat(&[&et, &[0, 0, 0, 0, 0, 2, 0, 1, 0, 6], &address, ip]),
        ),
        ("RAW", LinkType::RAW, ip.to_vec()),
        ("RAW 12", LinkType(12), ip.to_vec()),
        ("RAW 14", LinkType(14), ip.to_vec()),
        (
            "IPV4 or IPV6",
            if six { LinkType::IPV6 } else { LinkType::IPV4 },
            ip.to_vec(),
        ),
        (
            "NULL, little",
            LinkType::NULL,
            cat(&[&family.to_le_bytes(), ip]),
        ),
        (
            "NULL, big",
            LinkType::NULL,
            cat(&[&family.to_be_bytes(), ip]),
        ),
        ("LOOP", LinkType::LOOP, cat(&[&family.to_be_bytes(), ip])),
        (
            "ENC",
            LinkType::ENC,
            cat(&[&openbsd.to_le_bytes(), &[0; 8], ip]),
        ),
        ("PPP", LinkType::PPP, cat(&[&ppp, ip])),
        ("PPP, compressed", LinkType::PPP, cat(&[&ppp[1..], ip])),
        ("PPP, HDLC", LinkType::PPP, cat(&[&[0xff, 3], &ppp, ip])),
        ("PPP_HDLC", LinkType::PPP_HDLC, cat(&[&[0xff, 3], &ppp, ip])),
        ("PPP_HDLC, none", LinkType::PPP_HDLC, cat(&[&ppp, ip])),
        (
            "PPP_HDLC, Cisco",
            LinkType::PPP_HDLC,
            cat(&[&[0x0f, 0], &et, ip]),
        ),
        ("Cisco HDLC", LinkType::C_HDLC, cat(&[&[0x8f, 0], &et, ip])),
        (
            "PPP with direction",
            LinkType::PPP_WITH_DIR,
            cat(&[&[1, 0xff, 3], &ppp, ip]),
        ),
        ("pppd", LinkType::PPP_PPPD, cat(&[&[0, 3], &ppp, ip])),
    ]
}

fn all_links() -> Vec<(&'static str, LinkType, Vec<u8>)> {
    let mut all = links(&packet4(), false);
    all.extend(links(&packet6(), true));
    all
}

#[test]
fn every_link_layer_leads_to_the_same_datagram() {
    for (name, link, octets) in all_links() {
        let seen = one(link, &octets);
        assert_eq!(
            (seen.kind, seen.ports),
            ("udp", (500, 4500)),
            "{name}: {}",
            seen.text
        );
        assert_eq!(seen.payload, PAYLOAD, "{name}");
        assert_eq!(&octets[seen.offset..][..PAYLOAD.len()], PAYLOAD, "{name}");
        assert!(
            seen.notes.is_empty() && !seen.truncated && seen.outer == 0,
            "{name}"
        );
    }
}

#[test]
fn every_ipv6_family_of_every_system_is_known() {
    for family in [10_u32, 23, 24, 28, 30] {
        let octets = cat(&[&family.to_le_bytes(), &packet6()]);
        assert_eq!(one(LinkType::NULL, &octets).payload, PAYLOAD, "{family}");
    }
}

#[test]
fn other_links_and_protocols_are_named() {
    for (link, octets, name) in [
        (
            LinkType(105),
            vec![0; 40],
            "link type 105 (IEEE802_11) is not decoded",
        ),
        (LinkType::ETHERNET, ethernet(0x0806, &[0; 28]), "ARP"),
        (
            LinkType::ETHERNET,
            ethernet(0x1234, &[0; 28]),
            "EtherType 0x1234",
        ),
        (
            LinkType::ETHERNET,
            ethernet(38, &[0x42, 0x42, 3, 0]),
            "LLC from 0x42 to 0x42",
        ),
        (
            LinkType::ETHERNET,
            ethernet(0x8863, &[0x11, 9, 0, 0, 0, 0]),
            "PPPoE discovery",
        ),
        (LinkType::NULL, vec![7, 0, 0, 0, 1], "address family 7"),
        (LinkType::PPP, vec![0xc0, 0x21, 1], "PPP protocol 0xc021"),
        (
            LinkType::ETHERNET,
            ethernet(0x0800, &[0x55; 20]),
            "IP version 5",
        ),
        (
            LinkType::ETHERNET,
            ethernet(0x8100, &[0x81, 0].repeat(500)),
            "link headers nested too deep",
        ),
    ] {
        let seen = one(link, &octets);
        assert_eq!((seen.kind, seen.text.as_str()), ("not-ip", name));
    }
}

/// Frames of all kinds, for laws that hold of every frame
fn frames() -> Vec<(LinkType, Vec<u8>)> {
    let mut all: Vec<_> = all_links()
        .into_iter()
        .map(|(_, link, octets)| (link, octets))
        .collect();
    let extensions = cat(&[
        &[60, 0, 1, 4, 0, 0, 0, 0],
        &[43, 0, 1, 4, 0, 0, 0, 0],
        &[17, 0, 253, 0, 0, 0, 0, 0],
        &udp(PAYLOAD),
    ]);
    let gre = cat(&[&[0xb0, 0, 8, 0], &[0; 12], &packet4()]);
    let record = tcp(4500, 40_000, 1, 1, 0x18, &cat(&[&[0, 34], PAYLOAD]));
    for ip in [
        ipv6(0, &extensions),
        ipv4(4, &packet4()),
        ipv4(41, &packet6()),
        ipv4(47, &gre),
        ipv4(6, &record),
        ipv4(50, PAYLOAD),
        ipv4(1, &cat(&[&[3, 4, 0, 0, 0, 0, 5, 0xdc], &packet4()])),
        ipv6(58, &cat(&[&[2, 0, 0, 0, 0, 0, 5, 0xdc], &packet6()])),
        ipv4_with(17, 9, 0x2000, &udp(PAYLOAD)),
        ipv6(44, &cat(&[&[17, 0, 0, 1, 0, 0, 0, 9], &udp(PAYLOAD)])),
    ] {
        let ether_type = if ip[0] >> 4 == 6 { 0x86dd } else { 0x0800 };
        all.push((LinkType::ETHERNET, ethernet(ether_type, &ip)));
    }
    all
}

#[test]
fn every_truncation_keeps_the_payload_inside() {
    for (link, octets) in frames() {
        for cut in 0..=octets.len() {
            let octets_there = &octets[..cut];
            for wire in [cut, octets.len()] {
                let cut_frame = Frame {
                    length: wire as u32,
                    captured: cut as u32,
                    ..frame(link, 1, octets_there)
                };
                let mut count = 0;
                Stack::new(Options::default()).decode(&cut_frame, &mut |datagram| {
                    count += 1;
                    let seen = seen(&datagram);
                    if !seen.payload.is_empty() {
                        assert_eq!(
                            octets_there.get(seen.offset..seen.offset + seen.payload.len()),
                            Some(seen.payload.as_slice())
                        );
                    }
                    assert!(wire > cut || !seen.truncated, "not cut, {seen:?}");
                    if wire > cut && seen.kind == "udp" && seen.outer == 0 {
                        assert!(seen.truncated, "cut at {cut}: {seen:?}");
                        assert!(PAYLOAD.starts_with(&seen.payload));
                        let expected = |note: &Note| *note == Note::FirstFragmentCut;
                        assert!(seen.notes.iter().all(expected), "{seen:?}");
                    }
                });
                assert_eq!(count, 1);
            }
        }
    }
}

#[test]
fn ethernet_padding_is_no_payload() {
    let short = ethernet(0x0800, &ipv4(17, &udp(b"\xff")));
    let padded = cat(&[&short, &[0xee; 17]]);
    assert_eq!(one(LinkType::ETHERNET, &padded).payload, b"\xff");
}

#[test]
fn lengths_that_cannot_be_are_noted_and_the_payload_is_delivered() {
    let whole = ethernet(0x0800, &packet4());
    let edit = |at: usize, value: u16| {
        let mut octets = whole.clone();
        octets[at..at + 2].copy_from_slice(&value.to_be_bytes());
        octets
    };
    let available = (packet4().len(), PAYLOAD.len() as u32 + 8);
    for (octets, note) in [
        (edit(16, 0), Note::IpLengthZero),
        (
            edit(16, 19),
            Note::IpLengthTooSmall {
                declared: 19,
                minimum: 20,
            },
        ),
        (
            edit(16, 999),
            Note::IpLengthTooLarge {
                declared: 999,
                available: available.0 as u32,
            },
        ),
        (
            edit(38, 7),
            Note::UdpLength {
                declared: 7,
                available: available.1,
            },
        ),
        (
            edit(38, 0),
            Note::UdpLength {
                declared: 0,
                available: available.1,
            },
        ),
        (
            edit(38, 900),
            Note::UdpLength {
                declared: 900,
                available: available.1,
            },
        ),
    ] {
        let seen = one(LinkType::ETHERNET, &octets);
        assert_eq!(
            (seen.payload.as_slice(), seen.notes.as_slice()),
            (PAYLOAD, &[note][..])
        );
        assert!(!note.to_string().is_empty());
    }
    let shorter = one(LinkType::ETHERNET, &edit(38, 12));
    assert_eq!(
        (shorter.payload.as_slice(), shorter.notes.len()),
        (&PAYLOAD[..4], 0)
    );
}

#[test]
fn ipv6_extension_headers_are_walked() {
    let hop_by_hop = [60, 0, 1, 4, 0, 0, 0, 0];
    let destination = [43, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let routing = [44, 0, 4, 0, 0, 0, 0, 0];
    let atomic = [17, 0, 0, 0, 0, 0, 0, 7];
    let octets = ipv6(
        0,
        &cat(&[&hop_by_hop, &destination, &routing, &atomic, &udp(PAYLOAD)]),
    );
    let seen = one(LinkType::RAW, &octets);
    assert_eq!((seen.kind, seen.payload.as_slice()), ("udp", PAYLOAD));
}

#[test]
fn ah_and_esp_are_left_to_the_caller() {
    for (protocol, ip) in [
        (50, ipv4(50, PAYLOAD)),
        (51, ipv4(51, PAYLOAD)),
        (108, ipv4(108, PAYLOAD)),
        (51, ipv6(0, &cat(&[&[51, 0, 1, 4, 0, 0, 0, 0], PAYLOAD]))),
        (50, ipv6(50, PAYLOAD)),
    ] {
        let seen = one(LinkType::RAW, &ip);
        assert_eq!(
            (seen.kind, seen.protocol, seen.payload.as_slice()),
            ("ip", protocol, PAYLOAD)
        );
        assert_eq!(&ip[seen.offset..], PAYLOAD);
    }
}

#[test]
fn the_innermost_packet_is_delivered() {
    let key = [0, 0, 0, 9];
    let cases = [
        (1, ipv4(4, &packet4())),
        (1, ipv4(41, &packet6())),
        (1, ipv6(4, &packet4())),
        (2, ipv4(4, &ipv6(41, &packet6()))),
        (1, ipv4(47, &cat(&[&[0, 0, 8, 0], &packet4()]))),
        (
            1,
            ipv4(47, &cat(&[&[0x20, 0, 0x86, 0xdd], &key, &packet6()])),
        ),
        (
            1,
            ipv4(
                47,
                &cat(&[&[0xb0, 0, 8, 0], &[0; 4], &key, &[0; 4], &packet4()]),
            ),
        ),
        (
            1,
            ipv4(
                47,
                &cat(&[&[0x20, 0, 0x65, 0x58], &key, &ethernet(0x0800, &packet4())]),
            ),
        ),
        (
            1,
            ipv4(47, &cat(&[&[0, 0, 0x88, 0x47], &[0, 1, 1, 64], &packet4()])),
        ),
    ];
    for (outer, octets) in cases {
        let seen = one(LinkType::RAW, &octets);
        assert_eq!(
            (seen.kind, seen.outer, seen.payload.as_slice()),
            ("udp", outer, PAYLOAD)
        );
        assert_eq!(&octets[seen.offset..], PAYLOAD);
    }
}

#[test]
fn what_is_no_inner_packet_stays_with_the_outer_one() {
    for (protocol, payload) in [
        (4, &[0x12; 30][..]),
        (47, &[0x30, 1, 0x88, 0x0b, 0, 0, 0, 0]),
        (47, &[0x40, 0, 8, 0, 0]),
        (41, &[]),
    ] {
        let seen = one(LinkType::RAW, &ipv4(protocol, payload));
        assert_eq!(
            (seen.kind, seen.protocol, seen.payload.as_slice()),
            ("ip", protocol, payload)
        );
        assert_eq!(seen.outer, 0);
    }
}

#[test]
fn tunnels_end_at_the_bound() {
    let octets = (0..30).fold(packet4(), |inner, _| ipv4(4, &inner));
    let seen = one(LinkType::RAW, &octets);
    assert_eq!((seen.kind, seen.protocol, seen.outer), ("ip", 4, 8));
    assert_eq!(seen.notes, [Note::TooManyOuterHeaders]);
}

#[test]
fn icmp_errors_quote_the_packet() {
    let quote = cat(&[&packet4()[..28 + 10]]);
    let needed = cat(&[&[3, 4, 0, 0, 0, 0, 5, 0x78], &quote]);
    let Content::Icmp {
        version6: false,
        icmp_type: 3,
        code: 4,
        mtu: Some(1400),
        quoted: Some(quoted),
    } = transport(1, &needed)
    else {
        panic!("{:?}", transport(1, &needed));
    };
    assert_eq!(
        quoted,
        Quoted {
            src: SRC.into(),
            dst: DST.into(),
            protocol: 17,
            ports: Some((500, 4500)),
            payload: &PAYLOAD[..10]
        }
    );
    let esp = cat(&[&[3, 3, 0, 0, 0, 0, 0, 0], &ipv4(50, &[1; 8])]);
    let Content::Icmp {
        mtu: None,
        quoted: Some(quoted),
        ..
    } = transport(1, &esp)
    else {
        panic!()
    };
    assert_eq!(
        (quoted.protocol, quoted.ports, quoted.payload),
        (50, None, &[1; 8][..])
    );
    let too_big = cat(&[&[2, 0, 0, 0, 0, 1, 0, 0], &packet6()]);
    let Content::Icmp {
        version6: true,
        mtu: Some(65_536),
        quoted: Some(quoted),
        ..
    } = transport(58, &too_big)
    else {
        panic!()
    };
    assert_eq!((quoted.ports, quoted.payload), (Some((500, 4500)), PAYLOAD));
    let echo = [8, 0, 0, 0, 0, 0, 0, 0, 0x45, 0, 0, 20];
    assert!(matches!(
        transport(1, &echo),
        Content::Icmp {
            quoted: None,
            mtu: None,
            ..
        }
    ));
}

#[test]
fn icmp_extensions_are_no_part_of_the_quote() {
    // RFC 4884: 32 words of quote, zero padded, then an extension
    let mut quote = packet4();
    quote[2..4].copy_from_slice(&200_u16.to_be_bytes());
    quote.resize(128, 0);
    let message = cat(&[&[3, 3, 0, 0, 0, 32, 0, 0], &quote, &[0x20; 8]]);
    let Content::Icmp {
        quoted: Some(quoted),
        ..
    } = transport(1, &message)
    else {
        panic!()
    };
    assert_eq!(quoted.payload.len(), 100);
}

#[test]
fn cut_transport_headers_are_noted() {
    for protocol in [1, 6, 17, 58] {
        let seen = one(LinkType::RAW, &ipv4(protocol, &[0; 7]));
        assert_eq!((seen.kind, seen.protocol), ("ip", protocol));
        assert_eq!(seen.notes, [Note::HeaderCut { protocol }]);
    }
    assert_eq!(
        one(LinkType::RAW, &ipv6(0, &[17, 9])).notes,
        [Note::HeaderCut { protocol: 0 }]
    );
}

fn tags(frame: &[u8]) -> usize {
    frame.windows(2).filter(|two| *two == [0x81, 0]).count()
}

#[test]
fn datagrams_are_those_of_tshark() {
    let all = frames();
    let order = Order(false);
    let mut octets = order.section();
    let mut links: Vec<LinkType> = Vec::new();
    let mut packets = Vec::new();
    for (link, frame) in &all {
        // tshark follows fewer tags, and takes 12 and 14 for other types than some systems write, and
        // 166 for one with a further octet than libpcap's own filters do.
        let many_tags = tags(frame) > 4;
        if many_tags || matches!(link.0, 12 | 14 | 166) {
            continue;
        }
        if !links.contains(link) {
            links.push(*link);
            octets.extend(order.interface(link.0, 0, &[]));
        }
        packets.push((link, frame));
    }
    for (link, frame) in &packets {
        let index = links.iter().position(|other| other == *link).unwrap();
        octets.extend(order.enhanced(index as u32, 1_700_000_000_000_000, frame));
    }
    let path = file("stack.pcapng", &octets);
    let arguments = [
        "-r",
        &path,
        "-T",
        "fields",
        "-E",
        "occurrence=l",
        "-e",
        "ip.src",
        "-e",
        "ipv6.src",
        "-e",
        "udp.dstport",
    ];
    let Some(told) = run("datagrams_are_those_of_tshark", "tshark", &arguments) else {
        return;
    };
    assert_eq!(told.lines().count(), packets.len());
    for (number, (line, (link, octets))) in told.lines().zip(&packets).enumerate() {
        let fields: Vec<&str> = line.split('\t').collect();
        // It does not guess what a pseudowire carries, nor read every MPLS link.
        let mpls = **link == LinkType::MPLS || octets.get(12..14) == Some(&[0x88, 0x47]);
        if mpls && fields[0].is_empty() && fields[1].is_empty() {
            continue;
        }
        let seen = one(**link, octets);
        let source = seen.src.to_string();
        // Of two inner headers tshark has both; ours is among them.
        assert!(
            fields[0] == source || fields[1] == source,
            "packet {}: {line} {seen:?}",
            number + 1
        );
        if seen.kind == "udp" {
            assert_eq!(fields[2], "4500", "packet {}: {line} {seen:?}", number + 1);
        }
    }
}
