//! The same clear text from every source of keys.

use ikescope_analysis::Closed;
use ikescope_analysis::opening::Refusal;
use ikescope_crypto::Secret;
use ikescope_crypto::key_material::{
    DhSecret, Format, IkeSpis, Ikev2Keys, Key, Material, Ppk, Psk, Source,
};
use ikescope_dissectors::IkeSpi;
use serde_json::Value;

use crate::capture::{Scenario, keep_seeds_of_children, open, open_with, scenarios};

/// One side's log cannot open what the other side encrypted with other keys, after another pre-shared key.
const DIFFERENT_KEYS: [&str; 3] = [
    "fail-ikev1-psk-main",
    "fail-ikev1-dialup-psk",
    "fail-ikev1-psk-aggressive",
];

/// A private PRF of strongSwan: its IKE messages stay closed, and the program says so.
const UNSUPPORTED: &str = "ikev2-psk-camellia128-camelliaxcbc-prfcamelliaxcbc-modp2048";

fn supported() -> impl Iterator<Item = Scenario> {
    let all = scenarios().into_iter();
    all.filter(|scenario| scenario.name != UNSUPPORTED)
}

pub(crate) fn octets(digits: &str) -> Vec<u8> {
    (0..digits.len() / 2)
        .map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap())
        .collect()
}

pub(crate) fn key(material: Material) -> Key {
    Key {
        source: Source {
            file: "truth".into(),
            line: 1,
        },
        format: Format::Ikescope,
        material,
    }
}

fn secret(value: &Value) -> Option<Secret> {
    Some(octets(value.as_str()?).into())
}

#[test]
fn the_log_of_either_side_opens_everything() {
    let mut checked = 0;
    for scenario in supported() {
        if DIFFERENT_KEYS.contains(&scenario.name.as_str()) {
            continue;
        }
        for file in ["initiator.charon.log", "responder.charon.log"] {
            let Some(keys) = scenario.keys(file).filter(|keys| !keys.is_empty()) else {
                continue;
            };
            let result = open(&scenario.frames, keys);
            assert_eq!(
                (result.ike_opened(), result.esp_opened()),
                (result.ike.len(), result.esp.len()),
                "{} with {file}: {}",
                scenario.name,
                result.summary()
            );
            checked += 1;
        }
    }
    assert!(checked > 400, "{checked} logs");
}

#[test]
fn both_logs_open_what_different_secrets_encrypted() {
    for scenario in scenarios() {
        if !DIFFERENT_KEYS.contains(&scenario.name.as_str()) {
            continue;
        }
        let mut keys = scenario.keys("initiator.charon.log").unwrap();
        keys.extend(scenario.keys("responder.charon.log").unwrap());
        let result = open(&scenario.frames, keys);
        assert_eq!(
            result.ike_opened(),
            result.ike.len(),
            "{}: {}",
            scenario.name,
            result.summary()
        );
    }
}

/// Every Diffie-Hellman secret of a scenario, without a word on where it belongs, and its pre-shared keys.
pub(crate) fn exchange_secrets(scenario: &Scenario) -> Vec<Key> {
    let mut keys = Vec::new();
    let truth = &scenario.truth;
    let lists = [&truth["ike_sas"], &truth["child_sas"]];
    for sa in lists.into_iter().filter_map(Value::as_array).flatten() {
        let shared = &sa["keys"];
        let additional = shared["additional_shared"]
            .as_array()
            .cloned()
            .unwrap_or_else(|| vec![shared["additional_shared"].clone()]);
        for shared in [shared["dh_shared"].clone()].iter().chain(&additional) {
            keys.extend(secret(shared).map(|shared| {
                key(Material::DhSecret(DhSecret {
                    shared,
                    ..DhSecret::default()
                }))
            }));
        }
        keys.extend(
            secret(&shared["ppk"]).map(|secret| key(Material::Ppk(Ppk { id: None, secret }))),
        );
    }
    for psk in truth["psk"]
        .as_object()
        .into_iter()
        .flat_map(|psk| psk.values())
    {
        if let Some(psk) = psk.as_str() {
            keys.push(key(Material::Psk(Psk {
                selectors: Vec::new(),
                secret: psk.as_bytes().into(),
            })));
        }
    }
    keys
}

#[test]
pub(crate) fn exchange_secrets_and_psk_open_what_logs_open() {
    let mut checked = 0;
    for scenario in supported() {
        let Some(log) = scenario.keys("initiator.charon.log") else {
            continue;
        };
        let keys = exchange_secrets(&scenario);
        let secrets = |key: &&Key| matches!(key.material, Material::DhSecret(_));
        let logged = log.iter().filter(secrets).count();
        // A log at a lower level has no secret.
        if logged == 0 || keys.iter().filter(secrets).count() < logged {
            continue;
        }
        let (expected, result) = (open(&scenario.frames, log), open(&scenario.frames, keys));
        for (frame, ike) in &expected.ike {
            if ike.plain.is_some() {
                assert_eq!(
                    result.ike[frame].plain,
                    ike.plain,
                    "{} frame {frame}: {}",
                    scenario.name,
                    result.summary()
                );
            }
        }
        for (frame, esp) in &expected.esp {
            assert_eq!(
                result.esp[frame].plain,
                esp.plain,
                "{} frame {frame}: {}",
                scenario.name,
                result.summary()
            );
        }
        checked += 1;
    }
    assert!(checked > 200, "{checked} scenarios");
}

#[test]
fn sk_d_alone_opens_the_first_children() {
    let mut checked = 0;
    for scenario in supported() {
        let Some(log) = scenario.keys("initiator.charon.log") else {
            continue;
        };
        let first = &scenario.truth["ike_sas"][0];
        let children = scenario.truth["child_sas"].as_array().map_or(0, Vec::len);
        let single = scenario.truth["ike_sas"]
            .as_array()
            .is_some_and(|sas| sas.len() == 1);
        // Children of CREATE_CHILD_SA have nonces of their own, which only the keys of the IKE SA open.
        let childless = scenario.name.contains("childless");
        if first["version"] != 2 || !single || children != 1 || childless {
            continue;
        }
        let Some(sk_d) = secret(&first["keys"]["sk_d"]) else {
            continue;
        };
        let spi = |name: &str| {
            let digits = first[name].as_str().unwrap();
            IkeSpi(u64::from_str_radix(digits, 16).unwrap())
        };
        let keys = vec![key(Material::Ikev2Keys(Ikev2Keys {
            sa: IkeSpis::new(spi("initiator_spi"), spi("responder_spi")),
            sk_d: Some(sk_d),
            ..Ikev2Keys::default()
        }))];
        let expected = open(&scenario.frames, log);
        let result = open(&scenario.frames, keys);
        for (frame, esp) in &expected.esp {
            assert_eq!(
                result.esp[frame].plain,
                esp.plain,
                "{} frame {frame}: {}",
                scenario.name,
                result.summary()
            );
        }
        checked += usize::from(!expected.esp.is_empty());
    }
    assert!(checked > 60, "{checked} scenarios");
}

#[test]
fn what_sk_d_or_skeyid_d_alone_does_not_open_is_said() {
    for name in ["ikev2-rekey-child", "ikev1-rekey-quick"] {
        let all = scenarios();
        let scenario = all.iter().find(|scenario| scenario.name == name).unwrap();
        let mut keys = scenario.keys("initiator.charon.log").unwrap();
        keep_seeds_of_children(&mut keys);
        let (result, opener) = open_with(&scenario.frames, keys, Default::default(), true);
        let mut closed = result.ike.values().map(|ike| &ike.closed);
        assert!(
            closed.all(|closed| *closed == Some(Closed::ChildKeysOnly)),
            "{name}"
        );
        for used in opener.keys().uses().filter(|used| used.opened == 0) {
            assert!(
                matches!(used.refusal, Some(Refusal::Alone(_))),
                "{name}: {used:?}"
            );
        }
    }
}

#[test]
fn the_kernel_s_sas_open_the_packets() {
    let mut checked = 0;
    for scenario in scenarios() {
        let (Some(log), Some(xfrm)) = (
            scenario.keys("initiator.charon.log"),
            scenario.keys("ip-xfrm-state.txt"),
        ) else {
            continue;
        };
        // Ciphers that the lab's printout leaves out.
        let camellia_ccm = scenario.name.contains("camellia") && scenario.name.contains("ccm");
        if camellia_ccm
            || ["serpent", "twofish"]
                .iter()
                .any(|cipher| scenario.name.contains(cipher))
        {
            continue;
        }
        let (expected, result) = (open(&scenario.frames, log), open(&scenario.frames, xfrm));
        for (frame, esp) in &result.esp {
            if esp.plain.is_some() {
                assert_eq!(esp.plain, expected.esp[frame].plain, "{}", scenario.name);
                checked += 1;
            }
        }
        assert_eq!(
            result.esp_opened(),
            result.esp.len(),
            "{}: {}",
            scenario.name,
            result.summary()
        );
    }
    assert!(checked > 500, "{checked} packets");
}
