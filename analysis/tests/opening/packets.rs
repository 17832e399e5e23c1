//! Packets that the lab does not have: extended sequence numbers, truncated ICVs, ESP within ESP, AH, unchecked keys.

use ikescope_analysis::opening::OpenerOptions;
use ikescope_analysis::{Closed, Integrity};
use ikescope_capture::LinkType;
use ikescope_crypto::cipher::Cipher;
use ikescope_crypto::ikev2::ChildSuite;
use ikescope_crypto::key_material::{AhSa, EspSa, Key, Material};
use ikescope_crypto::mac::Integrity as Mac;
use ikescope_crypto::opening::{Protection, seal_esp};
use ikescope_dissectors::Spi;
use ikescope_dissectors::registries::ikev2::{EncryptionAlgorithm, IntegrityAlgorithm};

use crate::capture::{Owned, Result, open, open_with};
use crate::sources::key;

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
    for esn in [Some(true), None] {
        let keys = vec![key(Material::EspSa(EspSa { esn, ..sa(1, 2) }))];
        let result = open(&frames, keys);
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
}

#[test]
fn ah_is_verified_whatever_routers_changed() {
    let upper = [8, 0, 0xf7, 0xff];
    let mut ah = vec![1, 4, 0, 0];
    ah.extend(SPI.to_be_bytes());
    ah.extend(1_u32.to_be_bytes());
    ah.extend([0; 12]);
    ah.extend(upper);
    let mut packet = ipv4(1, 2, 51, &ah);
    // RFC 4302, section 3.3.3.1.1.1: time to live and checksum count as zero.
    packet[8] = 0;
    let mac = Mac::new(IntegrityAlgorithm::HMAC_SHA1_96, &[5; 20]).unwrap();
    let icv = mac.icv(&[], &[&packet]).unwrap();
    packet[32..44].copy_from_slice(&icv);
    packet[8] = 61;
    let sa = |octet| {
        vec![key(Material::AhSa(AhSa {
            spi: Some(Spi(SPI)),
            integrity: Some(IntegrityAlgorithm::HMAC_SHA1_96),
            integrity_key: vec![octet; 20].into(),
            ..AhSa::default()
        }))]
    };
    let verified = open(&[frame(1, &packet)], sa(5));
    assert_eq!(verified.ah[&1], Some(Integrity::Verified));
    let wrong = open(&[frame(1, &packet)], sa(6));
    assert_eq!(wrong.ah[&1], Some(Integrity::Failed));
}
