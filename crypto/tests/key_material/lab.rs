//! The lab's captures: `truth.json` was made from both peers' logs by a program of its own.

use std::fs;
use std::path::{Path, PathBuf};

use ikescope_crypto::Secret;
use ikescope_crypto::key_material::{Key, Material, ReadKeys, read};
use ikescope_dissectors::IkeSpi;
use serde_json::Value;

/// A scenario with its folder.
pub struct Scenario {
    pub name: String,
    pub folder: PathBuf,
    pub truth: Value,
}

impl Scenario {
    /// What is in one of its files of secrets.
    pub fn read(&self, file: &str) -> Option<ReadKeys> {
        let octets = fs::read(self.folder.join("secrets").join(file)).ok()?;
        Some(read(file, &octets))
    }

    /// Whether nothing stands between the peers.
    fn direct(&self) -> bool {
        fs::read_to_string(self.folder.join("origin.md"))
            .is_ok_and(|origin| origin.contains("- topology: direct"))
    }

    pub fn list(&self, name: &str) -> &[Value] {
        self.truth[name].as_array().map_or(&[], Vec::as_slice)
    }
}

pub fn scenarios() -> Vec<Scenario> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata");
    let mut folders: Vec<PathBuf> = fs::read_dir(&root)
        .expect("the lab's captures")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("truth.json").exists())
        .collect();
    folders.sort();
    folders
        .into_iter()
        .map(|folder| Scenario {
            name: folder.file_name().unwrap().to_string_lossy().into_owned(),
            truth: serde_json::from_slice(&fs::read(folder.join("truth.json")).unwrap()).unwrap(),
            folder,
        })
        .collect()
}

pub fn hex(secret: &Secret) -> String {
    let octets = secret.expose().iter();
    octets.map(|octet| format!("{octet:02x}")).collect()
}

fn values(key: &Key) -> Vec<(&'static str, String)> {
    let values = key.material.values().into_iter();
    values.map(|(name, secret)| (name, hex(secret))).collect()
}

fn spi(value: &Value) -> Option<IkeSpi> {
    let spi = u64::from_str_radix(value.as_str()?, 16).ok()?;
    (spi != 0).then_some(IkeSpi(spi))
}

/// Whether some key of an IKE SA has all the values that the truth has under these names.
fn has(keys: &[Key], sa: &Value, kind: &str, names: &[(&str, &str)]) -> bool {
    let expected: Vec<(&str, &str)> = names
        .iter()
        .filter_map(|(ours, theirs)| Some((*ours, sa["keys"][theirs].as_str()?)))
        .collect();
    if expected.is_empty() {
        return true;
    }
    keys.iter().any(|key| {
        let spis = key.material.ike_sa();
        let own = values(key);
        key.material.kind() == kind
            && spis.initiator == spi(&sa["initiator_spi"])
            && (spis.responder == spi(&sa["responder_spi"]))
            && expected.iter().all(|(name, value)| {
                own.iter()
                    .any(|(own_name, own)| own_name == name && own == value)
            })
    })
}

const IKEV2: &[(&str, &str)] = &[
    ("sk_d", "sk_d"),
    ("sk_ai", "sk_ai"),
    ("sk_ar", "sk_ar"),
    ("sk_ei", "sk_ei"),
    ("sk_er", "sk_er"),
    ("sk_pi", "sk_pi"),
    ("sk_pr", "sk_pr"),
];
const IKEV1: &[(&str, &str)] = &[
    ("skeyid", "skeyid"),
    ("skeyid_d", "skeyid_d"),
    ("skeyid_a", "skeyid_a"),
    ("skeyid_e", "skeyid_e"),
    ("key", "ka"),
];

#[test]
fn logs_of_strongswan_tell_every_ike_sa() {
    let mut count = 0;
    for scenario in scenarios() {
        for side in ["initiator", "responder"] {
            let Some(found) = scenario.read(&format!("{side}.charon.log")) else {
                continue;
            };
            let name = format!("{} {side}", scenario.name);
            assert_eq!(found.problems, [], "{name}");
            for key in &found.keys {
                if let Material::Ikev2Keys(keys) = &key.material {
                    assert!(keys.encryption.is_some(), "{name}: {}", key.source);
                }
            }
            for sa in scenario.list("ike_sas") {
                let logged = sa["logged_by"].as_array().unwrap();
                if !logged.iter().any(|by| by == side) {
                    continue;
                }
                let keys = &found.keys;
                assert!(has(keys, sa, "ikev2-keys", IKEV2), "{name}: {sa}");
                assert!(has(keys, sa, "ikev1-skeyid", IKEV1), "{name}: {sa}");
                let seed = [("skeyseed", "skeyseed")];
                assert!(has(keys, sa, "skeyseed", &seed), "{name}: {sa}");
                let shared = [("shared_secret", "dh_shared")];
                assert!(has(keys, sa, "dh-secret", &shared), "{name}: {sa}");
                let shared = [("shared_secret", "additional_shared")];
                assert!(has(keys, sa, "dh-secret", &shared), "{name}: {sa}");
                count += 1;
            }
        }
    }
    assert!(count > 500, "{count}");
}

/// Key, integrity key, source and destination of the SA with this SPI.
fn child(keys: &[Key], spi: &str, protocol: &str) -> Option<(String, String, String, String)> {
    keys.iter().find_map(|key| {
        let address =
            |pattern: &Option<_>| pattern.as_ref().map_or(String::new(), ToString::to_string);
        match &key.material {
            Material::EspSa(sa) if protocol == "esp" && sa.spi?.to_string() == spi => Some((
                hex(&sa.encryption_key),
                hex(&sa.integrity_key),
                address(&sa.src),
                address(&sa.dst),
            )),
            Material::AhSa(sa) if protocol == "ah" && sa.spi?.to_string() == spi => Some((
                String::new(),
                hex(&sa.integrity_key),
                address(&sa.src),
                address(&sa.dst),
            )),
            _ => None,
        }
    })
}

fn children_are_told(file: impl Fn(&str) -> String, strict: bool) -> usize {
    let mut count = 0;
    for scenario in scenarios() {
        for side in ["initiator", "responder"] {
            let Some(found) = scenario.read(&file(side)) else {
                continue;
            };
            for sa in scenario.list("child_sas") {
                let logged = sa["logged_by"].as_array().unwrap();
                if !logged.iter().any(|by| by == side) {
                    continue;
                }
                for (direction, src, dst) in [("i2r", "src", "dst"), ("r2i", "dst", "src")] {
                    let spi = sa[format!("spi_{direction}")].as_str().unwrap();
                    let protocol = sa["protocol"].as_str().unwrap();
                    let key = |name| {
                        let key = &sa["keys"][format!("{name}_{direction}")];
                        key.as_str().unwrap_or_default().to_owned()
                    };
                    let Some(own) = child(&found.keys, spi, protocol) else {
                        assert!(!strict, "{} {side}: {spi}", scenario.name);
                        continue;
                    };
                    // The kernel's printout has no line for a cipher that it does not have.
                    if !strict && own.0.is_empty() && protocol == "esp" {
                        continue;
                    }
                    let text = |name: &str| sa[name].as_str().unwrap().to_owned();
                    let encryption = match protocol {
                        "ah" => String::new(),
                        _ => key("encr"),
                    };
                    assert_eq!(
                        (own.0, own.1),
                        (encryption, key("integ")),
                        "{} {side}: {spi}",
                        scenario.name
                    );
                    // A NAT makes the peers see different addresses.
                    if scenario.direct() && strict {
                        let addresses = (own.2, own.3);
                        assert_eq!(addresses, (text(src), text(dst)), "{}", scenario.name);
                    }
                    count += 1;
                }
            }
        }
    }
    count
}

#[test]
fn logs_of_strongswan_tell_every_child() {
    let count = children_are_told(|side| format!("{side}.charon.log"), true);
    assert!(count > 800, "{count}");
}

#[test]
fn states_of_the_kernel_agree_with_the_logs() {
    let count = children_are_told(|_| "ip-xfrm-state.txt".to_owned(), false);
    assert!(count > 400, "{count}");
}

#[test]
fn tables_of_wireshark_agree_with_the_logs() {
    let count = children_are_told(|_| "wireshark/esp_sa".to_owned(), false);
    assert!(count > 200, "{count}");
    let mut count = 0;
    for scenario in scenarios() {
        let Some(found) = scenario.read("wireshark/ikev2_decryption_table") else {
            continue;
        };
        assert_eq!(found.problems, [], "{}", scenario.name);
        for key in &found.keys {
            let Material::Ikev2Keys(keys) = &key.material else {
                panic!("{}: {}", scenario.name, key.material.kind());
            };
            let sk_ei = keys.sk_ei.as_ref().map(hex);
            let sa = scenario
                .list("ike_sas")
                .iter()
                .find(|sa| sa["keys"]["sk_ei"].as_str() == sk_ei.as_deref());
            let sa = sa.unwrap_or_else(|| panic!("{}: {}", scenario.name, key.source));
            let names = &IKEV2[1..5];
            assert!(
                has(&found.keys, sa, "ikev2-keys", names),
                "{}",
                scenario.name
            );
            count += 1;
        }
    }
    assert!(count > 150, "{count}");
}

#[test]
fn lines_of_libreswan_agree_with_the_other_peer() {
    let mut count = 0;
    for scenario in scenarios() {
        for side in ["initiator", "responder"] {
            let Some(found) = scenario.read(&format!("{side}.pluto.log")) else {
                continue;
            };
            for key in &found.keys {
                let Material::Ikev2Keys(keys) = &key.material else {
                    continue;
                };
                let sk_ei = keys.sk_ei.as_ref().map(hex).unwrap_or_default();
                let salted = |sa: &&Value| {
                    let theirs = sa["keys"]["sk_ei"].as_str().unwrap_or_default();
                    theirs.starts_with(&sk_ei)
                };
                let sa = scenario.list("ike_sas").iter().find(salted);
                let sa = sa.unwrap_or_else(|| panic!("{}: {}", scenario.name, key.source));
                assert_eq!(keys.sa.initiator, spi(&sa["initiator_spi"]));
                assert_eq!(keys.sa.responder, spi(&sa["responder_spi"]));
                // The salt of a combined mode is not in these lines, and that is said.
                let cut = sa["keys"]["sk_ei"].as_str() != Some(&sk_ei);
                assert_eq!(cut, !found.problems.is_empty(), "{}", scenario.name);
                count += 1;
            }
        }
    }
    assert!(count >= 7, "{count}");
}
