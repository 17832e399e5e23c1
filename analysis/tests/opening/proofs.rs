//! AUTH of IKEv2 with what goes into it beside the pre-shared key: verified with the right secrets, refuted with a wrong one.

use ikescope_crypto::key_material::{EapMsk, Key, Material, Ppk, Psk};

use crate::capture::{Scenario, open, scenarios};
use crate::sources::{exchange_secrets, key};

fn scenario(name: &str) -> Scenario {
    let named = |scenario: &Scenario| scenario.name == name;
    scenarios().into_iter().find(named).expect(name)
}

fn psk(secret: &str) -> Key {
    key(Material::Psk(Psk {
        selectors: Vec::new(),
        secret: secret.as_bytes().into(),
    }))
}

/// What is said of each AUTH of a pre-shared or EAP key.
fn auth(scenario: &Scenario, keys: Vec<Key>) -> Vec<String> {
    let proofs = open(&scenario.frames, keys).proofs;
    let by_key = proofs
        .into_iter()
        .filter(|(_, text)| !text.contains("certificate"));
    by_key.map(|(_, text)| text).collect()
}

#[test]
fn auth_covers_intermediate_exchanges() {
    for name in ["strongswan6-mlkem768", "strongswan6-mlkem1024-twice"] {
        let scenario = scenario(name);
        let with = |secret: &str| {
            let mut keys = scenario.keys("initiator.charon.log").expect(name);
            keys.push(psk(secret));
            auth(&scenario, keys)
        };
        assert_eq!(
            with("lab-psk-0123456789"),
            ["AUTH verified against truth:1"; 2],
            "{name}"
        );
        assert_eq!(
            with("another"),
            ["AUTH refuted against truth:1"; 2],
            "{name}"
        );
    }
}

#[test]
fn auth_with_a_post_quantum_key_needs_both() {
    let scenario = scenario("ikev2-ppk");
    let with = |ppk: Option<&[u8]>, secret: &str| {
        let mut keys = exchange_secrets(&scenario);
        keys.retain(|key| matches!(key.material, Material::DhSecret(_)));
        keys.extend(ppk.map(|ppk| {
            key(Material::Ppk(Ppk {
                id: None,
                secret: ppk.into(),
            }))
        }));
        keys.push(psk(secret));
        auth(&scenario, keys)
    };
    let own = exchange_secrets(&scenario)
        .into_iter()
        .find_map(|key| match key.material {
            Material::Ppk(ppk) => Some(ppk.secret.expose().to_vec()),
            _ => None,
        });
    let right = "lab-psk-0123456789";
    assert_eq!(
        with(own.as_deref(), right),
        ["AUTH verified against truth:1"; 2]
    );
    let together = ["AUTH refuted against truth:1 with the PPK of truth:1"; 2];
    assert_eq!(with(own.as_deref(), "another"), together);
    assert_eq!(with(Some(b"another"), right), together);
    for text in with(None, right) {
        assert!(text.contains("cannot be checked: a post-quantum"), "{text}");
    }
}

#[test]
fn auth_after_eap_is_made_with_its_key() {
    let scenario = scenario("ikev2-eap-mschapv2");
    // RFC 3079, section 3, of the password of the lab and the NT-Response in frame 7: both session keys, then zeros.
    let halves = "36a083eddd0b16341669ada614569749ef46bedef9affb9a3f56900b585d104a";
    let mut msk: Vec<u8> = (0..halves.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&halves[at..at + 2], 16).expect("hexadecimal"))
        .collect();
    msk.resize(64, 0);
    let with = |msk: Option<&[u8]>| {
        let mut keys = scenario.keys("initiator.charon.log").expect("a log");
        keys.extend(msk.map(|msk| {
            key(Material::EapMsk(EapMsk {
                msk: msk.into(),
                ..EapMsk::default()
            }))
        }));
        auth(&scenario, keys)
    };
    assert_eq!(with(Some(&msk)), ["AUTH verified against truth:1"; 2]);
    assert_eq!(with(Some(&[7; 64])), ["AUTH refuted against truth:1"; 2]);
    for text in with(None) {
        assert!(
            text.contains("cannot be checked: it is made with the key of the EAP method"),
            "{text}"
        );
    }
}
