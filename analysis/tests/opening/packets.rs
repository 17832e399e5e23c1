//! Packets that the lab does not have: extended sequence numbers, truncated ICVs, ESP within ESP, AH, unchecked keys.

use ikescope_analysis::opening::OpenerOptions;
use ikescope_analysis::{Closed, Integrity, OpeningNote};
use ikescope_capture::LinkType;
use ikescope_crypto::cipher::Cipher;
use ikescope_crypto::ikev2::ChildSuite;
use ikescope_crypto::key_material::{AhSa, EspSa, Key, Material, read};
use ikescope_crypto::mac::Integrity as Mac;
use ikescope_crypto::opening::{Protection, seal_esp};
use ikescope_dissectors::Spi;
use ikescope_dissectors::registries::ikev2::{EncryptionAlgorithm, IntegrityAlgorithm};

use serde_json::Value;

use crate::capture::{Esp, Owned, Result, keep_seeds_of_children, open, open_with, scenarios};
use crate::sources::{key, octets};

const SPI: u32 = 0xc0ff_ee01;

fn suite() -> ChildSuite {
    ChildSuite {
        encryption: EncryptionAlgorithm::AES_CBC,
        key_bits: Some(128),
        integrity: IntegrityAlgorithm::HMAC_SHA2_256_128,
    }
}

fn sa(encryption: u8, integrity: u8) -> EspSa {
    EspSa {
        spi: Some(Spi(SPI)),
        encryption: Some(EncryptionAlgorithm::AES_CBC),
        encryption_key: vec![encryption; 16].into(),
        integrity: Some(IntegrityAlgorithm::HMAC_SHA2_256_128),
        integrity_key: vec![integrity; 32].into(),
        ..EspSa::default()
    }
}

fn protection(encryption: u8, integrity: u8) -> Protection {
    Protection::new(&suite(), &[encryption; 16], &[integrity; 32]).unwrap()
}

/// An IPv4 packet between these last octets of 192.0.2.0/24.
fn ipv4(src: u8, dst: u8, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let total = u16::try_from(20 + payload.len()).unwrap().to_be_bytes();
    let mut packet = vec![0x45, 0, total[0], total[1], 0, 0, 0, 0, 64, protocol, 0, 0];
    packet.extend([192, 0, 2, src, 192, 0, 2, dst]);
    packet.extend_from_slice(payload);
    packet
}

fn frame(number: u64, packet: &[u8]) -> Owned {
    let mut octets = vec![0; 12];
    octets.extend([0x08, 0x00]);
    octets.extend_from_slice(packet);
    Owned {
        number,
        time: None,
        length: octets.len() as u32,
        link: LinkType::ETHERNET,
        octets,
    }
}

fn esp_frame(number: u64, esp: &[u8]) -> Owned {
    frame(number, &ipv4(1, 2, 50, esp))
}

fn only(result: &Result) -> (Option<Vec<u8>>, Option<Closed>) {
    let esp = result.esp.values().next().unwrap();
    (esp.plain.clone(), esp.closed.clone())
}

#[test]
fn the_high_half_of_a_sequence_number_is_found_and_followed() {
    let protection = protection(1, 2);
    let inner = ipv4(10, 20, 1, &[8; 16]);
    // The low half turns over between the second packet and the third.
    let numbers = [(3, u32::MAX - 1), (3, u32::MAX), (4, 0), (4, 1)];
    let frames: Vec<Owned> = numbers
        .into_iter()
        .zip(1..)
        .map(|((high, low), number)| {
            let esp = seal_esp(&protection, SPI, low, Some(high), &[9; 16], &inner, 4);
            esp_frame(number, &esp.unwrap())
        })
        .collect();
    let extended = Some(true);
    for (esn, sequence_high) in [(extended, None), (None, None), (extended, Some(9))] {
        let told = EspSa {
            esn,
            sequence_high,
            ..sa(1, 2)
        };
        let result = open(&frames, vec![key(Material::EspSa(told))]);
        assert_eq!(result.esp_opened(), 4, "{esn:?}: {}", result.summary());
    }
}

#[test]
fn sha2_256_cut_to_96_bits_is_found() {
    let cipher = Cipher::new(EncryptionAlgorithm::AES_CBC, Some(128), &[1; 16]).unwrap();
    let protection = Protection::with_integrity(cipher, Mac::sha2_256_96(&[2; 32]).unwrap());
    let inner = ipv4(10, 20, 1, &[8; 16]);
    let esp = seal_esp(&protection, SPI, 1, None, &[9; 16], &inner, 4).unwrap();
    let result = open(&[esp_frame(1, &esp)], vec![key(Material::EspSa(sa(1, 2)))]);
    assert_eq!(only(&result), (Some(inner), None));
}

#[test]
fn packets_of_beet_mode_have_the_addresses_of_their_sa() {
    let datagram = [0, 7, 0, 7, 0, 8, 0, 0];
    // The pseudo header that stands for IPv4 options: next header, length, padding.
    let behind_options = [[17, 0, 1, 2, 3, 4, 5, 6], datagram].concat();
    let packet = |number, next, payload: &[u8]| {
        let sealed = seal_esp(&protection(1, 2), SPI, 1, None, &[9; 16], payload, next);
        esp_frame(number, &sealed.unwrap())
    };
    let frames = [packet(1, 17, &datagram), packet(2, 94, &behind_options)];
    let state = format!(
        "src 192.0.2.1 dst 192.0.2.2\n\tproto esp spi {SPI:#x} reqid 1 mode beet\n\treplay-window 0 flag af-unspec\n\
         \tauth-trunc hmac(sha256) 0x{} 128\n\tenc cbc(aes) 0x{}\n\
         \tsel src 10.1.0.1/32 dst 10.2.0.1/32 \n",
        "02".repeat(32),
        "01".repeat(16),
    );
    let result = open(&frames, read("state", state.as_bytes()).keys);
    for esp in result.esp.values() {
        assert_eq!(esp.plain.as_deref(), Some(&datagram[..]));
        assert_eq!(esp.inner, "10.1.0.1 10.2.0.1");
        assert_eq!(esp.notes, [OpeningNote::Beet { told: true }]);
    }
    // A key that does not say where the packets go: the pseudo header alone tells the mode.
    let result = open(&frames, vec![key(Material::EspSa(sa(1, 2)))]);
    let told: Vec<_> = result.esp.values().map(|esp| &esp.notes[..]).collect();
    assert_eq!(told, [&[][..], &[OpeningNote::Beet { told: false }]]);
    assert!(
        result
            .esp
            .values()
            .all(|esp| esp.inner == "192.0.2.1 192.0.2.2")
    );
}

#[test]
fn esp_within_esp_is_opened_to_the_innermost_packet() {
    let innermost = ipv4(10, 20, 1, &[8; 16]);
    let inner = seal_esp(&protection(3, 4), 0x77, 1, None, &[9; 16], &innermost, 4).unwrap();
    let tunnel = ipv4(5, 6, 50, &inner);
    let esp = seal_esp(&protection(1, 2), SPI, 1, None, &[9; 16], &tunnel, 4).unwrap();
    let second = EspSa {
        spi: Some(Spi(0x77)),
        ..sa(3, 4)
    };
    let keys = vec![key(Material::EspSa(sa(1, 2))), key(Material::EspSa(second))];
    let result = open(&[esp_frame(1, &esp)], keys);
    assert_eq!(only(&result), (Some(innermost), None));
    // Without the second key the packet is what the first gives.
    let result = open(&[esp_frame(1, &esp)], vec![key(Material::EspSa(sa(1, 2)))]);
    assert_eq!(only(&result), (Some(tunnel), None));
}

#[test]
fn a_key_for_any_spi_opens_and_a_wrong_one_is_no_random_protocol() {
    let inner = ipv4(10, 20, 1, &[8; 16]);
    let esp = seal_esp(&protection(1, 2), SPI, 1, None, &[9; 16], &inner, 4).unwrap();
    let any = EspSa {
        spi: None,
        ..sa(1, 2)
    };
    let wrong = |unverified: bool, keys: Vec<Key>| {
        let options = OpenerOptions { unverified };
        only(&open_with(&[esp_frame(1, &esp)], keys, options, true).0)
    };
    let result = wrong(false, vec![key(Material::EspSa(any))]);
    assert_eq!(result, (Some(inner.clone()), None));
    for unverified in [false, true] {
        let result = wrong(unverified, vec![key(Material::EspSa(sa(7, 7)))]);
        assert_eq!(result, (None, Some(Closed::Integrity)));
    }
    let without_mac = |octet| EspSa {
        integrity: None,
        integrity_key: Vec::new().into(),
        icv_len: Some(16),
        ..sa(octet, 0)
    };
    let right = vec![key(Material::EspSa(without_mac(1)))];
    assert_eq!(wrong(false, right.clone()).1, Some(Closed::Unverifiable));
    assert_eq!(wrong(true, right), (Some(inner), None));
    let other = vec![key(Material::EspSa(without_mac(7)))];
    assert_eq!(wrong(true, other), (None, Some(Closed::Integrity)));
    let short = EspSa {
        encryption_key: vec![1; 31].into(),
        ..sa(1, 2)
    };
    let closed = wrong(false, vec![key(Material::EspSa(short))]).1;
    let why = closed.expect("it stays closed").to_string();
    assert!(why.contains("32 octets") && why.contains("not 31"), "{why}");
}

/// A packet with AH over `upper`, as it arrives.
fn ah_packet(protocol: u8, upper: &[u8]) -> Vec<u8> {
    let mac = Mac::new(IntegrityAlgorithm::HMAC_SHA1_96, &[5; 20]).unwrap();
    with_ah(ipv4(1, 2, 51, upper), protocol, (SPI, 12), &mac)
}

/// The same with another header before it, SPI and length of the ICV.
fn with_ah(packet: Vec<u8>, protocol: u8, (spi, icv_len): (u32, u8), mac: &Mac) -> Vec<u8> {
    let (header, upper) = packet.split_at(20);
    let mut ah = vec![protocol, 1 + icv_len / 4, 0, 0];
    ah.extend(spi.to_be_bytes());
    ah.extend(1_u32.to_be_bytes());
    ah.extend(vec![0; icv_len.into()]);
    let mut packet = [header, &ah, upper].concat();
    let total = u16::try_from(packet.len()).unwrap();
    packet[2..4].copy_from_slice(&total.to_be_bytes());
    packet[4..6].copy_from_slice(&[0x12, 0x34]);
    // RFC 4302, section 3.3.3.1.1.1: time to live and checksum count as zero.
    packet[8] = 0;
    let icv = mac.icv(&[], &[&packet]).unwrap();
    packet[32..32 + icv.len()].copy_from_slice(&icv);
    packet[8] = 61;
    packet
}

fn ah_sa(octet: u8) -> Vec<Key> {
    vec![key(Material::AhSa(AhSa {
        spi: Some(Spi(SPI)),
        integrity: Some(IntegrityAlgorithm::HMAC_SHA1_96),
        integrity_key: vec![octet; 20].into(),
        ..AhSa::default()
    }))]
}

#[test]
fn ah_is_verified_whatever_routers_changed() {
    let packet = frame(1, &ah_packet(1, &[8, 0, 0xf7, 0xff]));
    let verified = open(std::slice::from_ref(&packet), ah_sa(5));
    assert_eq!(verified.ah[&1], Some(Integrity::Verified));
    let wrong = open(&[packet], ah_sa(6));
    assert_eq!(wrong.ah[&1], Some(Integrity::Failed));
}

#[test]
fn sk_d_alone_opens_extended_numbers_and_verifies_ah() {
    let scenarios = scenarios();
    let first_child = |name: &str| {
        let scenario = scenarios.iter().find(|scenario| scenario.name == name);
        let scenario = scenario.unwrap();
        let mut keys = scenario.keys("initiator.charon.log").unwrap();
        keep_seeds_of_children(&mut keys);
        // What charon logged of the child.
        let child = &scenario.truth["child_sas"][0];
        let text = |value: &Value| value.as_str().unwrap().trim_start_matches("0x").to_owned();
        let spi = u32::from_str_radix(&text(&child["spi_i2r"]), 16).unwrap();
        let child_key = move |name: &str| octets(&text(&child["keys"][name]));
        (scenario.frames.clone(), keys, spi, child_key)
    };
    let ends = |mut packet: Vec<u8>| {
        packet[12..20].copy_from_slice(&[10, 9, 0, 1, 10, 9, 0, 2]);
        packet
    };
    let inner = ipv4(10, 20, 1, &[8; 16]);

    let (mut frames, keys, spi, child) = first_child("ikev2-esn");
    let sa = Protection::new(&suite(), &child("encr_i2r"), &child("integ_i2r")).unwrap();
    for (number, low) in [(100, 7), (101, 8)] {
        let esp = seal_esp(&sa, spi, low, Some(0), &[9; 16], &inner, 4).unwrap();
        frames.push(frame(number, &ends(ipv4(1, 2, 50, &esp))));
    }
    let result = open(&frames, keys);
    assert_eq!(result.esp_opened(), 2, "{}", result.summary());

    let (mut frames, keys, spi, child) = first_child("ikev2-ah");
    let mac = Mac::new(IntegrityAlgorithm::HMAC_SHA2_256_128, &child("integ_i2r")).unwrap();
    let packet = with_ah(ends(ipv4(1, 2, 51, &inner)), 4, (spi, 16), &mac);
    frames.push(frame(100, &packet));
    let result = open(&frames, keys);
    assert_eq!(result.ah[&100], Some(Integrity::Verified));
}

#[test]
fn esp_that_encrypts_nothing_is_recognised_without_a_key_and_ciphertext_never_is() {
    let mut recognised = 0;
    for scenario in scenarios() {
        let without_its_keys = |unverified| {
            let keys = vec![key(Material::EspSa(sa(1, 2)))];
            open_with(&scenario.frames, keys, OpenerOptions { unverified }, true).0
        };
        let (shown, told) = (without_its_keys(true), without_its_keys(false));
        let Some(keys) = scenario.keys("initiator.charon.log") else {
            continue;
        };
        let is_null = scenario.name.contains("null");
        let expected = open(&scenario.frames, keys);
        for (frame, esp) in &shown.esp {
            let Some(plain) = &esp.plain else { continue };
            assert!(is_null, "{} frame {frame}", scenario.name);
            assert_eq!(
                Some(plain),
                expected.esp[frame].plain.as_ref(),
                "{}",
                scenario.name
            );
            recognised += 1;
        }
        let not_encrypted = |esp: &&Esp| esp.closed == Some(Closed::NotEncrypted);
        assert_eq!(told.esp_opened(), 0, "{}", scenario.name);
        assert_eq!(
            told.esp.values().filter(not_encrypted).count(),
            shown.esp_opened()
        );
    }
    assert!(recognised > 5, "{recognised} packets");
}

/// A packet in fragments of IPv4 (RFC 791, section 3.2), each with so many octets of data.
fn fragments(packet: &[u8], each: usize) -> Vec<Vec<u8>> {
    let (header, data) = packet.split_at(20);
    let count = data.len().div_ceil(each);
    let chunks = data.chunks(each).enumerate();
    chunks
        .map(|(index, chunk)| {
            let mut fragment = header.to_vec();
            fragment[2..4].copy_from_slice(&(20 + chunk.len() as u16).to_be_bytes());
            let more = if index + 1 < count { 0x2000 } else { 0 };
            let place = more | (index * each / 8) as u16;
            fragment[4..8].copy_from_slice(&[[0x12, 0x34], place.to_be_bytes()].concat());
            fragment.extend_from_slice(chunk);
            fragment
        })
        .collect()
}

#[test]
fn ah_in_fragments_is_verified_as_its_sender_made_it() {
    let parts = fragments(&ah_packet(17, &[0x5a; 2_000]), 800);
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
        let frames = order.into_iter().zip(1..);
        let frames: Vec<Owned> = frames
            .map(|(at, number)| frame(number, &parts[at]))
            .collect();
        assert_eq!(
            open(&frames, ah_sa(5)).ah[&3],
            Some(Integrity::Verified),
            "{order:?}"
        );
        assert_eq!(
            open(&frames, ah_sa(6)).ah[&3],
            Some(Integrity::Failed),
            "{order:?}"
        );
    }
}
