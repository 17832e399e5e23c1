//! AH and ESP packets that another implementation (scapy 2) made: with extended sequence numbers, options and extension headers.

use ikescope_crypto::ikev2::ChildSuite;
use ikescope_crypto::mac::Integrity;
use ikescope_crypto::opening::{AhPacket, Protection, open_esp, verify_ah};
use ikescope_dissectors::registries::ikev2::{EncryptionAlgorithm, IntegrityAlgorithm};

use crate::hex::octets;

/// Where the Authentication Header begins: behind the IP header and the extension headers.
fn ah_place(packet: &[u8]) -> usize {
    match packet[0] >> 4 {
        4 => usize::from(packet[0] & 15) * 4,
        _ if packet[6] == 51 => 40,
        _ => 40 + (usize::from(packet[41]) + 1) * 8,
    }
}

#[test]
fn authentication_headers_verify() {
    for (name, id, key, packet, high) in AH {
        let integrity = Integrity::new(*id, &octets(key)).expect("a key");
        let packet = octets(packet);
        let header = ah_place(&packet);
        let verify =
            |packet: &[u8], high| verify_ah(&integrity, &AhPacket { packet, header }, high);
        assert_eq!(verify(&packet, *high), Ok(()), "{name}");
        assert!(
            verify(&packet, Some(99)).is_err(),
            "{name}: another high half"
        );
        for cut in 0..packet.len() {
            assert!(
                verify(&packet[..cut], *high).is_err(),
                "{name}: cut at {cut}"
            );
        }
        let time_to_live = if packet[0] >> 4 == 4 { 8 } else { 7 };
        for place in 0..packet.len() {
            let mut changed = packet.clone();
            changed[place] ^= 1;
            let verdict = verify(&changed, *high);
            if place == time_to_live {
                assert_eq!(verdict, Ok(()), "{name}: a router passed it on");
            }
            if place >= header + 12 {
                assert!(verdict.is_err(), "{name}: octet {place}");
            }
        }
    }
}

#[test]
fn esp_packets_open() {
    for (name, encryption, key_bits, key, integrity, integrity_key, packet, inner, high) in ESP {
        let suite = ChildSuite {
            encryption: *encryption,
            key_bits: *key_bits,
            integrity: *integrity,
        };
        let keys = Protection::new(&suite, &octets(key), &octets(integrity_key)).expect("keys");
        let packet = octets(packet);
        let mut out = Vec::new();
        let content = open_esp(&keys, &packet, *high, &mut out).expect(name);
        assert_eq!(content.payload, octets(inner), "{name}");
        assert_eq!(content.next_header, 4, "{name}");
        assert!(
            open_esp(&keys, &packet, Some(99), &mut out).is_err(),
            "{name}: another high half"
        );
        for cut in 0..packet.len() {
            assert!(
                open_esp(&keys, &packet[..cut], *high, &mut out).is_err(),
                "{name}: cut at {cut}"
            );
        }
    }
}

/// What it shows, algorithm, key, packet, high half of the sequence number.
const AH: &[(&str, IntegrityAlgorithm, &str, &str, Option<u32>)] = &[
    (
        "IPv4",
        IntegrityAlgorithm::HMAC_SHA1_96,
        "000102030405060708090a0b0c0d0e0f10111213",
        "4528004b004d40003d3328f70a0900010a090002110400000000022100000007d201a7e5895de45bc26e95df00090009001f8dd07061796c6f6164206f6620616e204148207061636b6574",
        None,
    ),
    (
        "IPv4, router alert and record route",
        IntegrityAlgorithm::HMAC_SHA2_256_128,
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "4928005f004d40003d336fc90a0900010a09000294040000070b080a09000900000000001105000000000221000000077481c95a09aa87e62be35974d08949d400090009001f8dd07061796c6f6164206f6620616e204148207061636b6574",
        None,
    ),
    (
        "IPv6",
        IntegrityAlgorithm::HMAC_SHA1_96,
        "000102030405060708090a0b0c0d0e0f10111213",
        "6b8123450037333efd000000000000000000000000000001fd000000000000000000000000000002110400000000022100000007bd5474a41059342beb5bad3200090009001fa7e07061796c6f6164206f6620616e204148207061636b6574",
        None,
    ),
    (
        "IPv6, hop-by-hop option that may change",
        IntegrityAlgorithm::HMAC_SHA2_512_256,
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",
        "6b812345005f003efd000000000000000000000000000001fd00000000000000000000000000000233013e04616263640502000001020000110a00000000022100000007031680e88378b210f59e6967a86f3fed4f6513325117ee919d262a397b32b1c30000000000090009001fa7e07061796c6f6164206f6620616e204148207061636b6574",
        None,
    ),
    (
        "IPv4, extended sequence number",
        IntegrityAlgorithm::HMAC_SHA2_256_128,
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "4528004f004d40003d3328f30a0900010a090002110500000000022100000007f2f20b1360387eda75cd3f8a27af505100090009001f8dd07061796c6f6164206f6620616e204148207061636b6574",
        Some(5),
    ),
];

/// Name, encryption, Key Length, key, integrity, its key, packet, what is inside, high half of the sequence number.
type Esp = (
    &'static str,
    EncryptionAlgorithm,
    Option<u16>,
    &'static str,
    IntegrityAlgorithm,
    &'static str,
    &'static str,
    &'static str,
    Option<u32>,
);

const ESP: &[Esp] = &[
    (
        "CBC",
        EncryptionAlgorithm::AES_CBC,
        Some(128),
        "000102030405060708090a0b0c0d0e0f",
        IntegrityAlgorithm::HMAC_SHA2_256_128,
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "00000222000000090102030405060708090a0b0c0d0e0f10ce00a6dcbce5e264f5847d7f6f8e420086e9073429e5e33a002dda87e62bdef057f31249b1f8032e2f5201b7107ff07536c867d1a18dddc3091b4d8da4942597",
        "4500002100010000401166c70a0100010a02000100050006000da1f0696e6e6572",
        None,
    ),
    (
        "CTR",
        EncryptionAlgorithm::AES_CTR,
        Some(128),
        "000102030405060708090a0b0c0d0e0f10111213",
        IntegrityAlgorithm::HMAC_SHA1_96,
        "000102030405060708090a0b0c0d0e0f10111213",
        "00000222000000090102030405060708493ab353ddbd841b874b4f729fbad3679a5457a1d038e7f71db5f83ab438ec2929c790dbc6cae254375fb674241d3ed3",
        "4500002100010000401166c70a0100010a02000100050006000da1f0696e6e6572",
        None,
    ),
    (
        "GCM",
        EncryptionAlgorithm::AES_GCM_16,
        Some(128),
        "000102030405060708090a0b0c0d0e0f10111213",
        IntegrityAlgorithm::NONE,
        "",
        "00000222000000090102030405060708d5565781d03ce7f15da93f0dd757824d51c491de00a3941fddc468d02ec53c3df06c5217849964343495de64cb5eb2a40680123d",
        "4500002100010000401166c70a0100010a02000100050006000da1f0696e6e6572",
        None,
    ),
    (
        "CCM",
        EncryptionAlgorithm::AES_CCM_16,
        Some(128),
        "000102030405060708090a0b0c0d0e0f101112",
        IntegrityAlgorithm::NONE,
        "",
        "000002220000000901020304050607086d3f57cb2f4fdd5e4e9166a241bffa410eceb6bb22b9ce5b4eb3655075db89bcab8ae49976e8494b96b2e5204c075e6bff010a3d",
        "4500002100010000401166c70a0100010a02000100050006000da1f0696e6e6572",
        None,
    ),
    (
        "ChaCha",
        EncryptionAlgorithm::CHACHA20_POLY1305,
        None,
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223",
        IntegrityAlgorithm::NONE,
        "",
        "00000222000000090102030405060708102ca3e2857020099d06084d0f5af95cdcb7bd8823c2d19d930ea87399af96525bd5628d44ef74329995122142bf762ac503e152",
        "4500002100010000401166c70a0100010a02000100050006000da1f0696e6e6572",
        None,
    ),
    (
        "GMAC",
        EncryptionAlgorithm::NULL_AUTH_AES_GMAC,
        Some(128),
        "000102030405060708090a0b0c0d0e0f10111213",
        IntegrityAlgorithm::NONE,
        "",
        "000002220000000901020304050607084500002100010000401166c70a0100010a02000100050006000da1f0696e6e65720101041b69f8fc9bdb8f9435dafca7c476e0cd",
        "4500002100010000401166c70a0100010a02000100050006000da1f0696e6e6572",
        None,
    ),
    (
        "NULL",
        EncryptionAlgorithm::NULL,
        None,
        "",
        IntegrityAlgorithm::HMAC_SHA1_96,
        "000102030405060708090a0b0c0d0e0f10111213",
        "00000222000000094500002100010000401166c70a0100010a02000100050006000da1f0696e6e6572010104a0e0c69be7a336b01ebbdd06",
        "4500002100010000401166c70a0100010a02000100050006000da1f0696e6e6572",
        None,
    ),
    (
        "CBC, ESN",
        EncryptionAlgorithm::AES_CBC,
        Some(128),
        "000102030405060708090a0b0c0d0e0f",
        IntegrityAlgorithm::HMAC_SHA2_256_128,
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "00000222000000090102030405060708090a0b0c0d0e0f10ce00a6dcbce5e264f5847d7f6f8e420086e9073429e5e33a002dda87e62bdef057f31249b1f8032e2f5201b7107ff075930f666807daeb985f21d544f0f23119",
        "4500002100010000401166c70a0100010a02000100050006000da1f0696e6e6572",
        Some(6),
    ),
    (
        "CTR, ESN",
        EncryptionAlgorithm::AES_CTR,
        Some(128),
        "000102030405060708090a0b0c0d0e0f10111213",
        IntegrityAlgorithm::HMAC_SHA1_96,
        "000102030405060708090a0b0c0d0e0f10111213",
        "00000222000000090102030405060708493ab353ddbd841b874b4f729fbad3679a5457a1d038e7f71db5f83ab438ec2929c790dbc7000224339ee765ea96263d",
        "4500002100010000401166c70a0100010a02000100050006000da1f0696e6e6572",
        Some(6),
    ),
    (
        "GCM, ESN",
        EncryptionAlgorithm::AES_GCM_16,
        Some(128),
        "000102030405060708090a0b0c0d0e0f10111213",
        IntegrityAlgorithm::NONE,
        "",
        "00000222000000090102030405060708d5565781d03ce7f15da93f0dd757824d51c491de00a3941fddc468d02ec53c3df06c5217d0ae2339bcbde13f35dd2c4c9f802581",
        "4500002100010000401166c70a0100010a02000100050006000da1f0696e6e6572",
        Some(6),
    ),
    (
        "CCM, ESN",
        EncryptionAlgorithm::AES_CCM_16,
        Some(128),
        "000102030405060708090a0b0c0d0e0f101112",
        IntegrityAlgorithm::NONE,
        "",
        "000002220000000901020304050607086d3f57cb2f4fdd5e4e9166a241bffa410eceb6bb22b9ce5b4eb3655075db89bcab8ae499044dc733ec58f64566ce232dea9a7106",
        "4500002100010000401166c70a0100010a02000100050006000da1f0696e6e6572",
        Some(6),
    ),
    (
        "ChaCha, ESN",
        EncryptionAlgorithm::CHACHA20_POLY1305,
        None,
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223",
        IntegrityAlgorithm::NONE,
        "",
        "00000222000000090102030405060708102ca3e2857020099d06084d0f5af95cdcb7bd8823c2d19d930ea87399af96525bd5628dd5acdee159ff346d1b8f51c8d7d07120",
        "4500002100010000401166c70a0100010a02000100050006000da1f0696e6e6572",
        Some(6),
    ),
    (
        "GMAC, ESN",
        EncryptionAlgorithm::NULL_AUTH_AES_GMAC,
        Some(128),
        "000102030405060708090a0b0c0d0e0f10111213",
        IntegrityAlgorithm::NONE,
        "",
        "000002220000000901020304050607084500002100010000401166c70a0100010a02000100050006000da1f0696e6e657201010430699376f638441a264bcae582c4c7b3",
        "4500002100010000401166c70a0100010a02000100050006000da1f0696e6e6572",
        Some(6),
    ),
    (
        "NULL, ESN",
        EncryptionAlgorithm::NULL,
        None,
        "",
        IntegrityAlgorithm::HMAC_SHA1_96,
        "000102030405060708090a0b0c0d0e0f10111213",
        "00000222000000094500002100010000401166c70a0100010a02000100050006000da1f0696e6e657201010489220dc3d0ea6ef3afb79318",
        "4500002100010000401166c70a0100010a02000100050006000da1f0696e6e6572",
        Some(6),
    ),
];
