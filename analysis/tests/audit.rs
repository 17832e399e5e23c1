//! Facts of an audit from packets: what comes again, what is out of place. Captured packets are repeated and changed by
//! one thing, so that only that thing can be the reason.

use std::path::Path;
use std::time::Duration;

use ikescope_analysis::audit::{Collector, Conversation, Date, Found, PeerFacts, Profile, find};
use ikescope_analysis::opening::{KeyRing, Opener, OpenerOptions};
use ikescope_analysis::{Inspector, InspectorOptions, Observation};
use ikescope_capture::{FileReader, Frame, LinkType, Options, Stack, Timestamp};
use ikescope_crypto::key_material::read;

/// Octets of a frame, its time in milliseconds.
type Packet = (Vec<u8>, i64);

/// All frames of a capture.
fn frames(capture: &str) -> (Vec<Packet>, LinkType) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../testdata")
        .join(capture);
    let mut reader = FileReader::open(&path, 0).unwrap();
    let mut packets = Vec::new();
    let mut link = None;
    while let Some(frame) = reader.next().unwrap() {
        link = Some(frame.link);
        let time = frame.time.unwrap();
        let milliseconds = time.seconds * 1_000 + i64::from(time.nanos / 1_000_000);
        packets.push((frame.octets.to_vec(), milliseconds));
    }
    (packets, link.unwrap())
}

fn collect(capture: &(Vec<Packet>, LinkType)) -> Vec<PeerFacts> {
    let mut collector = Collector::new();
    each(capture, |observation, _| collector.observe(observation));
    collector.finish()
}

/// The same with the keys of the initiator's log.
fn collect_opened(capture: &(Vec<Packet>, LinkType), name: &str) -> Vec<PeerFacts> {
    let log = format!("../testdata/{name}/secrets/initiator.charon.log");
    let text = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(log)).unwrap();
    let keys = read("charon.log", &text).keys;
    let mut opener = Opener::new(KeyRing::new(keys), OpenerOptions::default());
    each(capture, |observation, _| opener.learn(observation));
    let mut collector = Collector::new();
    each(capture, |observation, octets| {
        opener.open(observation, octets);
        collector.observe(observation);
    });
    collector.finish()
}

fn each(
    (packets, link_type): &(Vec<Packet>, LinkType),
    mut look: impl FnMut(&mut Observation<'_>, &[u8]),
) {
    let mut stack = Stack::new(Options::default());
    let mut inspector = Inspector::new(InspectorOptions::default());
    for (number, (octets, milliseconds)) in (1..).zip(packets) {
        let length = u32::try_from(octets.len()).unwrap();
        let nanos = u64::try_from(milliseconds % 1_000 * 1_000_000).unwrap();
        let frame = Frame {
            file: 0,
            number,
            time: Some(Timestamp::new(milliseconds / 1_000, nanos)),
            link: *link_type,
            length,
            captured: length,
            octets,
        };
        stack.decode(&frame, &mut |datagram| {
            look(&mut inspector.observe(&datagram), octets);
        });
    }
}

fn found(facts: &[PeerFacts], address: &str) -> Vec<Found> {
    let peer = facts.iter().find(|peer| peer.subject == address);
    let profile = Profile::named("rfc").unwrap();
    find(peer.unwrap(), &profile, &Date::parse("2026-11-21").unwrap())
}

fn ids(facts: &[PeerFacts], address: &str) -> Vec<&'static str> {
    found(facts, address)
        .iter()
        .map(|found| found.finding.id)
        .collect()
}

/// Ethernet and IPv4 without options.
const IP: usize = 14;
const UDP: usize = IP + 20;
const IKE: usize = UDP + 8;
const ESP: usize = IP + 20;

const INITIATOR: &str = "10.9.0.1";
const RESPONDER: &str = "10.9.0.2";
const TUNNEL: &str = "ikev2-psk-aes256gcm16/capture.pcapng";
const NATIVE: &str = "strongswan6-native-esp-aes256gcm16/capture.pcapng";

/// The packets twice; the second time with another initiator SPI.
fn with_another_spi(fresh: impl Fn(&mut [u8])) -> (Vec<Packet>, LinkType) {
    let (packets, link) = frames(TUNNEL);
    let mut all = packets.clone();
    for (mut octets, time) in packets.into_iter().take(2) {
        octets[IKE] ^= 0x55;
        fresh(&mut octets[IKE..]);
        all.push((octets, time + 60_000));
    }
    (all, link)
}

/// Where the data of a payload of IKEv2 begins, and its length.
fn payload(message: &[u8], wanted: u8) -> (usize, usize) {
    let (mut kind, mut at) = (message[16], 28);
    loop {
        let length = usize::from(u16::from_be_bytes([message[at + 2], message[at + 3]]));
        if kind == wanted {
            return (at + 4, length - 4);
        }
        (kind, at) = (message[at], at + length);
    }
}

const KE: u8 = 34;
const NONCE: u8 = 40;

#[test]
fn values_that_come_again_in_another_ike_sa_are_found_on_both_sides() {
    let facts = collect(&with_another_spi(|_| ()));
    for address in [INITIATOR, RESPONDER] {
        let ids = ids(&facts, address);
        assert!(ids.contains(&"ke-reused-value"), "{address}: {ids:?}");
        assert!(ids.contains(&"nonce-reuse"), "{address}: {ids:?}");
    }
}

#[test]
fn fresh_values_in_another_ike_sa_are_right() {
    let facts = collect(&with_another_spi(|message| {
        let (nonce, _) = payload(message, NONCE);
        message[nonce] ^= 1;
        let (ke, _) = payload(message, KE);
        // The sign of a point's y: still on the curve only by chance, but another value.
        message[ke + 10] ^= 1;
    }));
    for address in [INITIATOR, RESPONDER] {
        let ids = ids(&facts, address);
        assert!(!ids.contains(&"ke-reused-value"), "{address}: {ids:?}");
        assert!(!ids.contains(&"nonce-reuse"), "{address}: {ids:?}");
        // A point with one changed bit is no point of the curve.
        assert!(
            ids.contains(&"ke-invalid-public-value"),
            "{address}: {ids:?}"
        );
    }
}

#[test]
fn values_of_the_wrong_length_are_found() {
    let (packets, link) = frames(TUNNEL);
    let mut first = packets[0].clone();
    let (ke, _) = payload(&first.0[IKE..], KE);
    // MODP-2048 for a value of ECP-384.
    first.0[IKE + ke + 1] = 14;
    let ids = ids(&collect(&(vec![first], link)), INITIATOR);
    assert!(ids.contains(&"ke-length-mismatch"), "{ids:?}");
}

#[test]
fn a_nonce_without_randomness_is_found() {
    let (packets, link) = frames(TUNNEL);
    let mut first = packets[0].clone();
    let (nonce, length) = payload(&first.0[IKE..], NONCE);
    first.0[IKE + nonce..IKE + nonce + length].fill(0x41);
    let ids = ids(&collect(&(vec![first], link)), INITIATOR);
    assert!(ids.contains(&"nonce-low-entropy"), "{ids:?}");
}

/// RFC 5282, section 3: the vector of an AEAD cipher stands first in the SK payload.
#[test]
fn a_vector_that_comes_again_in_an_ike_sa_is_found() {
    let (mut packets, link) = frames(TUNNEL);
    let (mut again, time) = packets[2].clone();
    let last = again.len() - 1;
    again[last] ^= 1;
    packets.push((again, time + 5_000));
    let facts = collect(&(packets, link));
    let ids = ids(&facts, INITIATOR);
    assert!(ids.contains(&"ike-gcm-iv-reuse"), "{ids:?}");
    assert!(ids.contains(&"message-id-reuse"), "{ids:?}");
}

/// Frames of ESP without UDP.
fn esp_frames() -> (Vec<Packet>, LinkType) {
    let (mut packets, link) = frames(NATIVE);
    packets.retain(|(octets, _)| octets[IP + 9] == 50);
    assert!(packets.len() > 2);
    (packets, link)
}

#[test]
fn an_esp_vector_that_comes_again_is_found_at_the_sender() {
    let (mut packets, link) = esp_frames();
    let (mut again, time) = packets[0].clone();
    again[ESP + 7] ^= 0x40;
    packets.push((again, time + 1_000));
    let facts = collect(&(packets, link));
    let sender = [INITIATOR, RESPONDER]
        .into_iter()
        .filter(|address| facts.iter().any(|peer| peer.subject == *address))
        .find(|address| ids(&facts, address).contains(&"esp-gcm-iv-reuse"));
    assert!(sender.is_some());
}

#[test]
fn copies_and_fresh_vectors_of_esp_are_right() {
    let (mut packets, link) = esp_frames();
    let copies = packets.clone();
    packets.extend(copies);
    let facts = collect(&(packets, link));
    for peer in &facts {
        assert!(!ids(&facts, &peer.subject).contains(&"esp-gcm-iv-reuse"));
    }
}

#[test]
fn ah_is_found_by_its_protocol_and_esp_beside_it() {
    let (mut packets, link) = esp_frames();
    packets.truncate(2);
    let esp = packets.clone();
    for (octets, _) in &mut packets {
        octets[IP + 9] = 51;
        // Next header UDP, 4 words beyond the first two, reserved, SPI, sequence number (RFC 4302, section 2).
        octets[ESP..ESP + 12].copy_from_slice(&[17, 4, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
    }
    let alone = collect(&(packets.clone(), link));
    assert!(ids(&alone, INITIATOR).contains(&"ah-only"));
    packets.extend(esp);
    let beside = collect(&(packets, link));
    assert!(ids(&beside, INITIATOR).contains(&"ah-plus-esp"));
    assert!(!ids(&beside, INITIATOR).contains(&"ah-only"));
}

/// RFC 7296, section 1.2: IKE_AUTH is the second exchange.
#[test]
fn an_exchange_before_authentication_is_found() {
    for (exchange, id) in [
        (36, "create-child-before-auth"),
        (37, "informational-before-auth"),
    ] {
        let (mut packets, link) = frames(TUNNEL);
        packets.truncate(3);
        // Behind UDP 4500 the non-ESP marker stands first.
        let marker = usize::from(packets[2].0[IKE..IKE + 4] == [0; 4]) * 4;
        packets[2].0[IKE + marker + 18] = exchange;
        let ids = ids(&collect(&(packets, link)), INITIATOR);
        assert!(ids.contains(&id), "{ids:?}");
    }
}

/// RFC 7296, section 2.2: message IDs of requests go up.
#[test]
fn a_request_below_an_earlier_one_is_found() {
    let (packets, link) = frames("ikev2-rekey-ike/capture.pcapng");
    let is_request = |(octets, _): &Packet| {
        // Behind the non-ESP marker.
        octets[IP + 9] == 17
            && octets[IKE..IKE + 4] == [0; 4]
            && octets[IKE + 4 + 19] & 0x20 == 0
            && octets[IP + 12..IP + 16] == [10, 9, 0, 1]
    };
    let requests: Vec<usize> = (0..packets.len())
        .filter(|at| is_request(&packets[*at]))
        .collect();
    let spi = |at: usize| &packets[at].0[IKE + 4..IKE + 12];
    let (first, second) = requests
        .windows(2)
        .map(|pair| (pair[0], pair[1]))
        .find(|(first, second)| spi(*first) == spi(*second))
        .unwrap();
    let mut swapped = packets.clone();
    swapped.swap(first, second);
    for (packets, expected) in [(packets, false), (swapped, true)] {
        let ids = ids(&collect(&(packets, link)), INITIATOR);
        assert_eq!(ids.contains(&"message-id-reuse"), expected, "{ids:?}");
    }
}

/// RFC 3602, section 3: an initialization vector that was seen before it is used can be foreseen.
#[test]
fn a_vector_of_cbc_that_is_the_last_block_before_is_found() {
    let name = "strongswan6-native-esp-aes128-sha256";
    let (packets, link) = frames(&format!("{name}/capture.pcapng"));
    let mut chained = packets.clone();
    let mut before: Option<Vec<u8>> = None;
    for (octets, _) in &mut chained {
        let from_initiator = octets[IP + 12..IP + 16] == [10, 9, 0, 1];
        if octets[IP + 9] != 50 || !from_initiator {
            continue;
        }
        let iv = ESP + 8;
        if let Some(block) = before {
            octets[iv..iv + 16].copy_from_slice(&block);
        }
        // HMAC-SHA2-256-128 stands behind the last block.
        let end = octets.len() - 16;
        before = Some(octets[end - 16..end].to_vec());
    }
    for (packets, expected) in [(packets, false), (chained, true)] {
        let ids = ids(&collect_opened(&(packets, link), name), INITIATOR);
        assert_eq!(ids.contains(&"esp-cbc-iv-predictable"), expected, "{ids:?}");
    }
}

#[test]
fn packets_to_the_gateway_beside_its_tunnel_are_found() {
    for (protocol, from, expected) in [(6, 12, true), (50, 12, false), (6, 16, false)] {
        let (mut packets, link) = frames(NATIVE);
        let esp = packets
            .iter()
            .find(|(octets, _)| octets[IP + 9] == 50 && octets[IP + 12..IP + 16] == [10, 9, 0, 1]);
        let (mut octets, time) = esp.unwrap().clone();
        octets[IP + 9] = protocol;
        if from == 16 {
            // From the gateway to its client.
            let (src, dst) = octets[IP + 12..IP + 20].split_at_mut(4);
            src.swap_with_slice(dst);
        }
        packets.push((octets, time + 1_000));
        let ids = ids(&collect(&(packets, link)), INITIATOR);
        assert_eq!(
            ids.contains(&"tunnelcrack-outside-traffic"),
            expected,
            "protocol {protocol}: {ids:?}"
        );
    }
}

/// The child is gone and its traffic goes on in clear; what stands beside its ESP packet was decrypted from it.
#[test]
fn traffic_of_a_tunnel_in_clear_is_found_unless_it_was_in_the_tunnel_too() {
    let name = "fail-plaintext-leak";
    let (packets, link) = frames(&format!("{name}/capture.pcapng"));
    let is_plain = |(octets, _): &Packet| octets[IP + 9] == 1;
    let esp = packets.iter().find(|(octets, _)| {
        octets[IP + 9] == 17
            && octets[UDP..UDP + 4] == [0x11, 0x94, 0x11, 0x94]
            && octets[IKE..IKE + 4] != [0; 4]
    });
    let mut esp = esp.unwrap().0.clone();
    let mut beside = Vec::new();
    for packet in &packets {
        beside.push(packet.clone());
        if is_plain(packet) {
            // The next sequence number.
            esp[IKE + 6] += 1;
            beside.push((esp.clone(), packet.1 + 3));
        }
    }
    for (packets, expected) in [(packets, true), (beside, false)] {
        let facts = collect_opened(&(packets, link), name);
        for address in [INITIATOR, RESPONDER] {
            let ids = ids(&facts, address);
            assert_eq!(
                ids.contains(&"plaintext-traffic-to-remote-subnet"),
                expected,
                "{address}: {ids:?}"
            );
        }
    }
}

/// First exchanges that nobody finishes.
#[test]
fn half_open_ike_sas_without_a_cookie_are_found() {
    for (count, step, finished, expected) in [
        (8, 100, false, true),
        (7, 100, false, false),
        (8, 10_000, false, false),
        (8, 100, true, false),
    ] {
        let (packets, link) = frames(TUNNEL);
        let mut all = Vec::new();
        for number in 0..count {
            let kept = if finished { 4 } else { 2 };
            for (mut octets, time) in packets.iter().take(kept).cloned() {
                let marker = usize::from(octets[IKE..IKE + 4] == [0; 4]) * 4;
                octets[IKE + marker] ^= number;
                all.push((octets, time + i64::from(number) * step));
            }
        }
        let ids = ids(&collect(&(all, link)), RESPONDER);
        assert_eq!(
            ids.contains(&"no-cookie-under-load"),
            expected,
            "{count} in steps of {step}: {ids:?}"
        );
    }
}

/// An identity that is answered, and another one that is not.
#[test]
fn a_responder_that_tells_identities_apart_is_found() {
    let (packets, link) = frames("ikev1-aggressive-psk-aes256-sha384-ecp384/capture.pcapng");
    let (first, answer) = (packets[0].clone(), packets[1].clone());
    let changed = |change_identity: bool| {
        let (mut octets, time) = first.clone();
        octets[IKE] ^= 0x55;
        if change_identity {
            let (identity, length) = payload(&octets[IKE..], 5);
            octets[IKE + identity + length - 1] ^= 1;
        }
        (octets, time + 60_000)
    };
    let mut same_answer = answer.clone();
    same_answer.0[IKE] ^= 0x55;
    same_answer.1 += 60_001;
    let again = |(octets, time): Packet| (octets, time + 4_000);
    for (second, expected) in [
        (vec![changed(true), again(changed(true))], true),
        // Once may be lost.
        (vec![changed(true)], false),
        (vec![changed(true), same_answer], false),
        (vec![changed(false), again(changed(false))], false),
    ] {
        let mut all = vec![first.clone(), answer.clone()];
        all.extend(second);
        let ids = ids(&collect(&(all, link)), RESPONDER);
        assert_eq!(
            ids.contains(&"ikev1-group-id-enumeration"),
            expected,
            "{ids:?}"
        );
    }
}

/// What a prober hears is what a capture of it shows: the same datagrams of real peers, once as frames and once as said.
#[test]
fn a_conversation_shows_what_its_capture_shows() {
    for name in [
        "ikev1-aggressive-psk-des-md5-modp768",
        "ikev1-aggressive-rsa",
        "ikev1-main-psk-3des-sha1-modp1024",
        "ikev2-cookie",
        "ikev2-invalid-ke",
        "ikev2-psk-aes128-sha1-modp1024",
        "strongswan6-mlkem512",
        "fail-ikev2-no-proposal",
    ] {
        let (mut packets, link) = frames(&format!("{name}/capture.pcapng"));
        packets.retain(|(octets, _)| octets[IP + 9] == 17);
        packets.truncate(6);
        let mut conversation = Conversation::new(RESPONDER.parse().unwrap());
        let first = packets[0].1;
        for (octets, time) in &packets {
            let now = Duration::from_millis(u64::try_from(time - first).unwrap());
            match octets[IP + 12..IP + 16] == [10, 9, 0, 1] {
                true => conversation.sent(now, &octets[IKE..]),
                false => conversation.received(now, &octets[IKE..]),
            }
        }
        let heard = [conversation.facts()];
        let captured = collect(&(packets, link));
        assert!(!ids(&captured, RESPONDER).is_empty(), "{name}");
        assert_eq!(ids(&heard, RESPONDER), ids(&captured, RESPONDER), "{name}");
    }
}

#[test]
fn what_a_healthy_tunnel_shows_is_nothing_of_this() {
    for capture in [
        TUNNEL,
        NATIVE,
        "ikev2-rekey-ike/capture.pcapng",
        "ikev2-mobike/capture.pcapng",
    ] {
        let facts = collect(&frames(capture));
        for peer in &facts {
            for id in [
                "ke-reused-value",
                "nonce-reuse",
                "nonce-low-entropy",
                "spi-reuse-or-zero",
                "message-id-reuse",
                "ike-gcm-iv-reuse",
                "esp-gcm-iv-reuse",
                "esp-cbc-iv-predictable",
                "esp-replay-disabled",
                "ke-invalid-public-value",
                "ke-length-mismatch",
                "create-child-before-auth",
                "informational-before-auth",
                "missing-init-payloads",
                "ikev2-amplification",
            ] {
                assert!(
                    !ids(&facts, &peer.subject).contains(&id),
                    "{capture}: {}: {id}",
                    peer.subject
                );
            }
        }
    }
}
