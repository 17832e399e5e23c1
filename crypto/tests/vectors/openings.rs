//! Captures of real peers open to the plaintext that an independent program computed.

use std::collections::BTreeMap;

use ikescope_crypto::cipher::Cipher;
use ikescope_crypto::hash::Hash;
use ikescope_crypto::opening::{
    FirstBlock, Ivs, Protection, open_esp, open_message, open_payload, seal_esp, seal_payload,
    sealed_len,
};
use ikescope_crypto::{CryptoError, Secret, ikev1, ikev2};
use ikescope_dissectors::registries::ikev1::HashAlgorithm;
use ikescope_dissectors::registries::ikev2::Prf;

use crate::lab::{Keys, Plain, Scenario, payloads, scenarios};
use crate::pcap::{Frame, frames};

const SK: u8 = 46;
const SKF: u8 = 53;

fn plaintexts(scenario: &Scenario) -> BTreeMap<usize, Plain> {
    scenario
        .plaintexts()
        .into_iter()
        .filter(|plain| !plain.what.contains("reassembled"))
        .map(|plain| (plain.frame, plain))
        .collect()
}

fn protection(keys: &Keys, encryption: &str, integrity: &str) -> Option<Protection> {
    let suite = keys.child_suite()?;
    let encryption = keys.octets(encryption).unwrap_or_default();
    let integrity = keys.octets(integrity).unwrap_or_default();
    Protection::new(&suite, &encryption, &integrity).ok()
}

/// Where the body of the SK or SKF payload begins.
fn body(message: &[u8]) -> Option<usize> {
    let (mut kind, mut place) = (message[16], 28);
    while ![SK, SKF].contains(&kind) {
        if kind == 0 {
            return None;
        }
        kind = message[place];
        place += usize::from(u16::from_be_bytes([message[place + 2], message[place + 3]]));
    }
    Some(place + if kind == SKF { 8 } else { 4 })
}

#[test]
fn ikev2_messages_open() {
    let mut seen = 0;
    for scenario in scenarios() {
        let plaintexts = plaintexts(&scenario);
        for (number, frame) in frames(&scenario.folder.join("capture.pcap")) {
            let (Frame::Ike(message), Some(plain)) = (frame, plaintexts.get(&number)) else {
                continue;
            };
            if message[17] >> 4 != 2 {
                continue;
            }
            let context = format!("{}, frame {number}", scenario.name);
            let body = body(&message).expect("an encrypted payload");
            let [encryption, integrity] = match message[19] & 8 {
                0 => ["sk_er", "sk_ar"],
                _ => ["sk_ei", "sk_ai"],
            };
            let opened: Vec<Vec<u8>> = scenario
                .ike
                .iter()
                .filter(|ike| ike.octets("spi_i").as_deref() == Some(&message[..8]))
                .filter_map(|ike| protection(ike, encryption, integrity))
                .filter_map(|keys| open_payload(&keys, &message, body).ok())
                .map(|opened| opened.plaintext)
                .collect();
            assert_eq!(opened, std::slice::from_ref(&plain.octets), "{context}");
            seen += 1;
        }
    }
    assert!(seen >= 100, "only {seen} messages");
}

#[test]
fn a_changed_ikev2_message_does_not_open() {
    let scenario = scenarios()
        .into_iter()
        .find(|s| s.name == "ikev2-psk-ppk")
        .expect("a capture");
    let (_, message) = frames(&scenario.folder.join("capture.pcap"))
        .into_iter()
        .filter_map(|(number, frame)| match frame {
            Frame::Ike(message) if body(&message).is_some() => Some((number, message)),
            _ => None,
        })
        .next()
        .expect("an encrypted message");
    let keys = protection(&scenario.ike[0], "sk_ei", "sk_ai").expect("keys");
    let body = body(&message).expect("an encrypted payload");
    assert!(open_payload(&keys, &message, body).is_ok());
    for place in 0..message.len() {
        let mut changed = message.clone();
        changed[place] ^= 1;
        let opened = open_payload(&keys, &changed, body);
        assert_eq!(opened, Err(CryptoError::IntegrityMismatch), "octet {place}");
        assert!(
            open_payload(&keys, &message[..place], body).is_err(),
            "cut at {place}"
        );
    }
}

#[test]
fn esp_packets_open_and_seal_again() {
    let mut seen = 0;
    for scenario in scenarios() {
        let plaintexts = plaintexts(&scenario);
        let mut out = Vec::new();
        for (number, frame) in frames(&scenario.folder.join("capture.pcap")) {
            let (Frame::Esp(packet), Some(plain)) = (frame, plaintexts.get(&number)) else {
                continue;
            };
            let context = format!("{}, frame {number}", scenario.name);
            let keys = scenario
                .child
                .iter()
                .find_map(|child| {
                    let with = |spi: &str| child.octets(spi).as_deref() == Some(&packet[..4]);
                    match (with("spi_i2r"), with("spi_r2i")) {
                        (true, _) => protection(child, "enc_i2r", "integ_i2r"),
                        (_, true) => protection(child, "enc_r2i", "integ_r2i"),
                        _ => None,
                    }
                })
                .expect("keys");
            let content = open_esp(&keys, &packet, None, &mut out).expect(&context);
            assert_eq!(content.payload, plain.octets, "{context}");
            let numbers = [&packet[..4], &packet[4..8]]
                .map(|octets| u32::from_be_bytes(octets.try_into().expect("four octets")));
            let iv = &packet[8..8 + keys.facts().iv_len];
            let [spi, sequence] = numbers;
            let sealed = seal_esp(
                &keys,
                spi,
                sequence,
                None,
                iv,
                content.payload,
                content.next_header,
            );
            assert_eq!(sealed, Ok(packet.clone()), "{context}");
            let other = open_esp(&keys, &packet, Some(0), &mut out);
            assert_eq!(
                other,
                Err(CryptoError::IntegrityMismatch),
                "{context}: with ESN"
            );
            seen += 1;
        }
    }
    assert!(seen >= 50, "only {seen} packets");
}

#[test]
fn esp_with_extended_sequence_numbers_opens_with_its_high_half_alone() {
    let scenarios = scenarios();
    let children = scenarios.iter().flat_map(|s| &s.child);
    for keys in children.filter_map(|child| protection(child, "enc_i2r", "integ_i2r")) {
        let iv = vec![7; keys.facts().iv_len];
        let packet = seal_esp(&keys, 1, 2, Some(3), &iv, b"payload", 4).expect("a packet");
        let mut out = Vec::new();
        for (high, opens) in [(Some(3), true), (Some(2), false), (None, false)] {
            let opened = open_esp(&keys, &packet, high, &mut out);
            assert_eq!(
                opened.is_ok(),
                opens && keys.verifies(),
                "high half {high:?}"
            );
        }
    }
}

fn hash(keys: &Keys) -> Hash {
    let id = match keys.suite().expect("a suite").prf {
        Prf::HMAC_SHA1 => HashAlgorithm::SHA1,
        Prf::HMAC_SHA2_384 => HashAlgorithm::SHA2_384,
        _ => HashAlgorithm::SHA2_256,
    };
    Hash::new(id).expect("a hash")
}

/// Encrypted IKEv1 messages of one SA with their plaintext; fragments are left out.
fn ikev1_messages(scenario: &Scenario) -> Vec<(usize, Vec<u8>, Plain)> {
    let mut plaintexts = plaintexts(scenario);
    frames(&scenario.folder.join("capture.pcap"))
        .into_iter()
        .filter_map(|(number, frame)| match frame {
            Frame::Ike(message) if message[17] >> 4 == 1 && message[16] != 132 => {
                let plain = plaintexts.remove(&number)?;
                Some((number, message, plain))
            }
            _ => None,
        })
        .filter(|(_, _, plain)| !plain.what.contains("keys="))
        .collect()
}

fn message_id(message: &[u8]) -> u32 {
    u32::from_be_bytes(message[20..24].try_into().expect("four octets"))
}

struct PhaseOneSa<'k> {
    keys: &'k Keys,
    cipher: Cipher,
    ivs: Ivs,
}

fn ikev1_sa<'k>(keys: &'k Keys) -> Option<PhaseOneSa<'k>> {
    let suite = keys.suite()?;
    let cipher = Cipher::new(suite.encryption, suite.key_bits, &keys.octets("ka")?).ok()?;
    let ivs = Ivs::new(
        hash(keys),
        cipher.facts().block_len,
        keys.octets("initial_iv"),
    );
    Some(PhaseOneSa { keys, cipher, ivs })
}

#[test]
fn ikev1_messages_open_in_any_order() {
    let mut seen = 0;
    for scenario in scenarios() {
        for mut sa in scenario.ike.iter().filter_map(ikev1_sa) {
            let mut messages = ikev1_messages(&scenario);
            messages.retain(|(_, message, _)| {
                sa.keys.octets("spi_i").as_deref() == Some(&message[..8])
            });
            if frames(&scenario.folder.join("capture.pcap"))
                .iter()
                .any(|(_, frame)| matches!(frame, Frame::Ike(message) if message[16] == 132))
            {
                continue; // initialization vectors come out of fragments
            }
            for (_, message, _) in &messages {
                sa.ivs.note(message_id(message), &message[28..]);
            }
            for (number, message, plain) in messages.iter().rev() {
                let context = format!("{}, frame {number}", scenario.name);
                let opened = open_message(
                    &sa.cipher,
                    &sa.ivs,
                    message[16],
                    message_id(message),
                    &message[28..],
                );
                let opened = opened.expect(&context);
                assert_eq!(opened.plaintext, plain.octets, "{context}");
                assert_eq!(opened.first_block, FirstBlock::Known, "{context}");
                let chain = opened.chain_len.expect("a whole chain");
                verify_hash_1(&sa, message, &opened.plaintext[..chain], &context);
                seen += 1;
            }
        }
    }
    assert!(seen >= 40, "only {seen} messages");
}

/// An Informational exchange begins with HASH(1), which covers all that follows.
fn verify_hash_1(sa: &PhaseOneSa<'_>, message: &[u8], chain: &[u8], context: &str) {
    if message[18] != 5 {
        return;
    }
    let sent = &payloads(message[16], chain)[0];
    assert_eq!(sent.0, 8, "{context}: a HASH payload");
    let prf = sa
        .keys
        .suite()
        .and_then(|suite| suite.prf().ok())
        .expect("a function");
    let skeyid_a = Secret::new(sa.keys.octets("skeyid_a").expect("SKEYID_a"));
    let rest = &chain[4 + sent.1.len()..];
    let computed = ikev1::hash_1(prf, &skeyid_a, message_id(message), rest).expect("HASH(1)");
    assert_eq!(computed.expose(), sent.1, "{context}");
}

#[test]
fn without_phase_one_ikev1_messages_open_from_the_second_block_on() {
    let mut seen = 0;
    for scenario in scenarios() {
        for sa in scenario.ike.iter().filter_map(ikev1_sa) {
            let ivs = Ivs::new(hash(sa.keys), sa.cipher.facts().block_len, None);
            for (number, message, plain) in ikev1_messages(&scenario) {
                if message_id(&message) == 0
                    || sa.keys.octets("spi_i").as_deref() != Some(&message[..8])
                {
                    continue;
                }
                let opened = open_message(
                    &sa.cipher,
                    &ivs,
                    message[16],
                    message_id(&message),
                    &message[28..],
                );
                let block_len = sa.cipher.facts().block_len;
                let Ok(opened) = opened else {
                    assert!(plain.octets.len() <= 4 + hash(sa.keys).output_len() + block_len);
                    continue;
                };
                let context = format!("{}, frame {number}", scenario.name);
                assert_eq!(opened.first_block, FirstBlock::Unknown, "{context}");
                assert_eq!(
                    opened.plaintext[block_len..],
                    plain.octets[block_len..],
                    "{context}"
                );
                seen += 1;
            }
        }
    }
    assert!(seen >= 10, "only {seen} messages");
}

#[test]
fn a_foreign_key_opens_no_ikev1_message() {
    for scenario in scenarios() {
        for mut sa in scenario.ike.iter().filter_map(ikev1_sa) {
            let suite = sa.keys.suite().expect("a suite");
            let mut key = sa.keys.octets("ka").expect("a key");
            key[0] ^= 0xf0;
            let foreign = Cipher::new(suite.encryption, suite.key_bits, &key).expect("a cipher");
            let messages = ikev1_messages(&scenario);
            for (_, message, _) in &messages {
                sa.ivs.note(message_id(message), &message[28..]);
            }
            for (number, message, _) in &messages {
                let opened = open_message(
                    &foreign,
                    &sa.ivs,
                    message[16],
                    message_id(message),
                    &message[28..],
                );
                assert!(opened.is_err(), "{}, frame {number}", scenario.name);
            }
        }
    }
}

#[test]
fn a_sealed_payload_opens() {
    let scenarios = scenarios();
    let sas = scenarios.iter().flat_map(|s| &s.ike);
    for keys in sas.filter_map(|ike| protection(ike, "sk_ei", "sk_ai")) {
        for len in 0..40 {
            let plaintext = vec![0xa5; len];
            let mut message = vec![0x11; 32];
            let iv = vec![9; keys.facts().iv_len];
            seal_payload(&keys, &mut message, &iv, &plaintext).expect("a message");
            assert_eq!(message.len(), 32 + sealed_len(&keys, len));
            let opened = open_payload(&keys, &message, 32).expect("the same keys");
            assert_eq!(opened.plaintext, plaintext);
        }
    }
}

#[test]
fn auth_payloads_follow_from_the_preshared_key() {
    let mut seen = 0;
    for scenario in scenarios() {
        let Some(psk) = scenario.shared.octets("psk") else {
            continue;
        };
        if scenario.shared.text("psk_responder_ascii").is_some() {
            continue; // the two keys differ on purpose
        }
        let messages: BTreeMap<usize, Vec<u8>> = frames(&scenario.folder.join("capture.pcap"))
            .into_iter()
            .filter_map(|(number, frame)| match frame {
                Frame::Ike(message) if message[17] >> 4 == 2 => Some((number, message)),
                _ => None,
            })
            .collect();
        for plain in scenario.plaintexts() {
            let (Some(message), Some(what)) = (
                messages.get(&plain.frame),
                plain.what.strip_prefix("ikev2 ex=35 "),
            ) else {
                continue;
            };
            let first = what
                .split_once("first=")
                .and_then(|(_, first)| first.parse().ok());
            let chain = payloads(first.expect("a number"), &plain.octets);
            let from_initiator = message[19] & 8 != 0;
            let id_type = if from_initiator { 35 } else { 36 };
            let find = |kind| chain.iter().find(|p| p.0 == kind).map(|p| p.1.clone());
            let (Some(id), Some(auth)) = (find(id_type), find(39)) else {
                continue;
            };
            let ike = scenario.ike.iter().rfind(|ike| {
                ike.octets("spi_i").as_deref() == Some(&message[..8])
                    && ike.text("nonce_i").is_some()
            });
            let Some(ike) =
                ike.filter(|_| auth[0] == 2 && scenario.shared.text("psk_ascii").is_some())
            else {
                continue;
            };
            if ike.text("after_ike_intermediate").is_some() {
                continue; // IntAuth has a test of its own
            }
            let context = format!("{}, frame {}", scenario.name, plain.frame);
            let (sk_p, nonce) = match from_initiator {
                true => ("sk_pi", "nonce_r"),
                false => ("sk_pr", "nonce_i"),
            };
            let prf = ike
                .suite()
                .and_then(|suite| suite.prf().ok())
                .expect("a function");
            let sk_p = Secret::new(ike.octets(sk_p).expect("SK_p"));
            let maced_id = ikev2::maced_id(prf, &sk_p, &id).expect("MACedID");
            let nonce = ike.octets(nonce).expect("a nonce");
            // The last IKE_SA_INIT message of the signer is the one without a cookie or another group asked for.
            let init = messages
                .range(..plain.frame)
                .map(|(_, message)| message)
                .rfind(|init| {
                    init[18] == 34 && init[..8] == message[..8] && init[19] & 8 == message[19] & 8
                });
            let signed = ikev2::SignedOctets {
                message: init.expect("an IKE_SA_INIT message"),
                peer_nonce: &nonce,
                maced_id: maced_id.expose(),
                int_auth: &[],
            };
            let computed = ikev2::shared_key_auth(prf, &psk, &signed).expect("AUTH");
            assert_eq!(computed.expose(), &auth[4..], "{context}");
            seen += 1;
        }
    }
    assert!(seen >= 20, "only {seen} AUTH payloads");
}

#[test]
fn intermediate_exchanges_enter_the_auth_payload() {
    let mut seen = 0;
    for scenario in scenarios() {
        let ikes: Vec<&Keys> = scenario
            .ike
            .iter()
            .filter(|ike| ike.text("nonce_i").is_some())
            .collect();
        let [first, second] = ikes.as_slice() else {
            continue;
        };
        if second.text("after_ike_intermediate").is_none() {
            continue;
        }
        let psk = scenario.shared.octets("psk").expect("a key");
        let prf = first
            .suite()
            .and_then(|suite| suite.prf().ok())
            .expect("a function");
        let plaintexts = plaintexts(&scenario);
        let messages: Vec<(usize, Vec<u8>)> = frames(&scenario.folder.join("capture.pcap"))
            .into_iter()
            .filter_map(|(number, frame)| match frame {
                Frame::Ike(message) if message[..8] == first.spi("spi_i") => {
                    Some((number, message))
                }
                _ => None,
            })
            .collect();
        let from_initiator = |message: &[u8]| message[19] & 8 != 0;
        let mut int_auth = ikev2::IntAuth::default();
        for (number, message) in messages.iter().filter(|(_, message)| message[18] == 43) {
            let intermediate = ikev2::IntermediateMessage {
                associated: &message[..body(message).expect("an encrypted payload")],
                plaintext: &plaintexts[number].octets,
            };
            let secret = |name| Secret::new(first.octets(name).expect("SK_p"));
            match from_initiator(message) {
                true => int_auth.add_request(prf, &secret("sk_pi"), &intermediate),
                false => int_auth.add_response(prf, &secret("sk_pr"), &intermediate),
            }
            .expect("a message with headers");
        }
        for (number, message) in messages.iter().filter(|(_, message)| message[18] == 35) {
            let plain = &plaintexts[number];
            let chain = payloads(message[28], &plain.octets);
            let (id_type, sk_p, nonce) = match from_initiator(message) {
                true => (35, "sk_pi", "nonce_r"),
                false => (36, "sk_pr", "nonce_i"),
            };
            let find = |kind| chain.iter().find(|p| p.0 == kind).map(|p| &p.1);
            let (Some(id), Some(auth)) = (find(id_type), find(39)) else {
                continue;
            };
            let sk_p = Secret::new(second.octets(sk_p).expect("SK_p"));
            let maced_id = ikev2::maced_id(prf, &sk_p, id).expect("MACedID");
            let init = messages.iter().rfind(|(_, init)| {
                init[18] == 34 && from_initiator(init) == from_initiator(message)
            });
            let signed = ikev2::SignedOctets {
                message: &init.expect("an IKE_SA_INIT message").1,
                peer_nonce: &second.octets(nonce).expect("a nonce"),
                maced_id: maced_id.expose(),
                int_auth: &int_auth.octets(message_id(message)),
            };
            let computed = ikev2::shared_key_auth(prf, &psk, &signed).expect("AUTH");
            assert_eq!(
                computed.expose(),
                &auth[4..],
                "{}, frame {number}",
                scenario.name
            );
            seen += 1;
        }
    }
    assert!(seen >= 2, "only {seen} AUTH payloads");
}

#[test]
fn ikev1_hashes_follow_from_skeyid() {
    let mut seen = 0;
    for scenario in scenarios() {
        let all: Vec<Vec<u8>> = frames(&scenario.folder.join("capture.pcap"))
            .into_iter()
            .filter_map(|(_, frame)| match frame {
                Frame::Ike(message) if message[17] >> 4 == 1 => Some(message),
                _ => None,
            })
            .collect();
        for keys in scenario
            .ike
            .iter()
            .filter(|ike| ike.text("skeyid").is_some())
        {
            let clear =
                |message: &&Vec<u8>| message[..8] == keys.spi("spi_i") && message[19] & 1 == 0;
            let Some(offer) = all.iter().filter(clear).find(|message| message[16] == 1) else {
                continue;
            };
            let sa_body = payloads(1, &offer[28..])[0].1.clone();
            let (Some(public_i), Some(public_r)) = (keys.octets("ke_i"), keys.octets("ke_r"))
            else {
                continue;
            };
            let phase_one = ikev1::PhaseOne {
                public_i: &public_i,
                public_r: &public_r,
                spi_i: &keys.spi("spi_i"),
                spi_r: &keys.spi("spi_r"),
                sa_body: &sa_body,
            };
            let prf = keys
                .suite()
                .and_then(|suite| suite.prf().ok())
                .expect("a function");
            let secret = |name| Secret::new(keys.octets(name).expect("a secret"));
            let (skeyid, skeyid_a) = (secret("skeyid"), secret("skeyid_a"));
            let mut quick: BTreeMap<u32, Vec<Vec<u8>>> = BTreeMap::new();
            for (number, message, plain) in ikev1_messages(&scenario) {
                if message[..8] != keys.spi("spi_i") {
                    continue;
                }
                let context = format!("{}, frame {number}", scenario.name);
                let chain = payloads(message[16], &plain.octets);
                let find = |kind| chain.iter().find(|p| p.0 == kind).map(|p| p.1.clone());
                let Some(sent) = find(8) else { continue };
                let computed: Vec<Vec<u8>> = match (message[18], find(5)) {
                    // Main mode: the initiator speaks first, so one of both it must be.
                    (2, Some(id)) => [
                        phase_one.hash_i(prf, &skeyid, &id),
                        phase_one.hash_r(prf, &skeyid, &id),
                    ]
                    .map(|hash| hash.expect("a hash").expose().to_vec())
                    .to_vec(),
                    (32, _) => {
                        let nonces = quick.entry(message_id(&message)).or_default();
                        let used: usize = chain.iter().map(|p| p.1.len() + 4).sum();
                        let rest = &plain.octets[4 + sent.len()..used];
                        let id = message_id(&message);
                        let hash = match nonces.as_slice() {
                            [] => ikev1::hash_1(prf, &skeyid_a, id, rest),
                            [nonce_i] => ikev1::hash_2(prf, &skeyid_a, id, nonce_i, rest),
                            [nonce_i, nonce_r, ..] => {
                                ikev1::hash_3(prf, &skeyid_a, id, nonce_i, nonce_r)
                            }
                        };
                        nonces.extend(find(10));
                        vec![hash.expect("a hash").expose().to_vec()]
                    }
                    _ => continue,
                };
                assert!(computed.contains(&sent), "{context}");
                seen += 1;
            }
        }
    }
    assert!(seen >= 20, "only {seen} hashes");
}

#[test]
fn no_octets_panic() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        u8::try_from(state >> 56).expect("an octet")
    };
    let all = scenarios();
    let mut protections: Vec<Protection> = all
        .iter()
        .flat_map(|s| &s.child)
        .filter_map(|child| protection(child, "enc_i2r", "integ_i2r"))
        .collect();
    let suites = all
        .iter()
        .flat_map(|s| &s.child)
        .filter_map(Keys::child_suite);
    protections.extend(suites.filter_map(|suite| {
        let key = vec![1; suite.encryption_len().ok()?];
        let cipher = Cipher::new(suite.encryption, suite.key_bits, &key).ok()?;
        Some(Protection::unchecked(cipher, 12))
    }));
    let mut out = Vec::new();
    for keys in &protections {
        for len in 0..130 {
            let octets: Vec<u8> = (0..len).map(|_| random()).collect();
            for body in [0, 1, 32, 36, 200, usize::MAX] {
                let opened = open_payload(keys, &octets, body);
                assert!(opened.is_err() || !keys.verifies());
            }
            for high in [None, Some(1)] {
                let opened = open_esp(keys, &octets, high, &mut out);
                assert!(opened.is_err() || !keys.verifies());
            }
        }
    }
    let sas = all.iter().flat_map(|s| &s.ike);
    for mut sa in sas.filter_map(ikev1_sa).take(4) {
        for len in 0..130 {
            let octets: Vec<u8> = (0..len).map(|_| random()).collect();
            sa.ivs.note(u32::from(random()), &octets);
            for kind in [0, 8, 255] {
                let _ = open_message(&sa.cipher, &sa.ivs, kind, u32::from(random()), &octets);
            }
        }
    }
}

#[test]
fn a_preshared_key_is_verified_by_an_aggressive_mode_answer_alone() {
    let mut seen = 0;
    for scenario in scenarios() {
        let psks: Vec<Vec<u8>> = ["psk_responder_ascii", "psk_ascii"]
            .iter()
            .filter_map(|key| scenario.shared.text(key))
            .map(|psk| psk.as_bytes().to_vec())
            .collect();
        let clear: Vec<Vec<u8>> = frames(&scenario.folder.join("capture.pcap"))
            .into_iter()
            .filter_map(|(_, frame)| match frame {
                Frame::Ike(message)
                    if message[17] == 0x10 && message[18] == 4 && message[19] & 1 == 0 =>
                {
                    Some(message)
                }
                _ => None,
            })
            .collect();
        let [offer, answer, ..] = clear.as_slice() else {
            continue;
        };
        let Some(keys) = scenario.ike.first().filter(|_| !psks.is_empty()) else {
            continue;
        };
        let body = |message: &[u8], kind| {
            let chain = payloads(message[16], &message[28..]);
            chain.into_iter().find(|p| p.0 == kind).map(|p| p.1)
        };
        let (Some(sent), Some(id)) = (body(answer, 8), body(answer, 5)) else {
            continue;
        };
        let find = |message, kind| body(message, kind).expect("a payload");
        let phase_one = ikev1::PhaseOne {
            public_i: &find(offer, 4),
            public_r: &find(answer, 4),
            spi_i: &offer[..8].try_into().expect("eight octets"),
            spi_r: &answer[8..16].try_into().expect("eight octets"),
            sa_body: &find(offer, 1),
        };
        let prf = keys
            .suite()
            .and_then(|suite| suite.prf().ok())
            .expect("a function");
        let fits = |psk: &[u8]| {
            let skeyid =
                ikev1::skeyid_psk(prf, psk, &find(offer, 10), &find(answer, 10)).expect("SKEYID");
            phase_one
                .hash_r(prf, &skeyid, &id)
                .expect("HASH_R")
                .expose()
                == sent
        };
        assert!(fits(&psks[0]), "{}", scenario.name);
        assert!(!fits(b"another key"), "{}", scenario.name);
        seen += 1;
    }
    assert!(seen >= 1, "only {seen} answers");
}
