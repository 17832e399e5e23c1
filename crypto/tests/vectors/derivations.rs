//! Keys derived from secrets, nonces and SPIs are those that real peers logged.

use ikescope_crypto::Secret;
use ikescope_crypto::hash::Hash;
use ikescope_crypto::ikev1::{
    PhaseOneKeys, QuickMode, SaKeys, initial_iv, skeyid_psk, skeyid_signature,
};
use ikescope_crypto::ikev2::{
    ChildKeys, IkeKeys, Nonces, Spis, intermediate_skeyseed, rekey_skeyseed, skeyseed,
};
use ikescope_crypto::mac::Prf;
use ikescope_dissectors::registries::ikev1::{HashAlgorithm, ProtocolId};
use ikescope_dissectors::registries::ikev2::{IntegrityAlgorithm, Prf as PrfId};

use crate::lab::{Keys, Scenario, payloads, scenarios};

fn spis(ike: &Keys) -> Spis {
    Spis {
        initiator: ike.spi("spi_i"),
        responder: ike.spi("spi_r"),
    }
}

fn assert_keys(ike: &Keys, keys: &IkeKeys, context: &str) {
    let suffix = |name: &str| match ike.text(&format!("{name}_before_ppk")) {
        Some(_) => format!("{name}_before_ppk"),
        None => name.to_owned(),
    };
    for (name, secret) in [
        ("sk_d", &keys.sk_d),
        ("sk_ai", &keys.sk_ai),
        ("sk_ar", &keys.sk_ar),
        ("sk_ei", &keys.sk_ei),
        ("sk_er", &keys.sk_er),
        ("sk_pi", &keys.sk_pi),
        ("sk_pr", &keys.sk_pr),
    ] {
        let logged = ike.octets(&suffix(name)).unwrap_or_default();
        assert_eq!(secret.expose(), logged, "{context}: {name}");
    }
}

#[test]
fn ikev2_keys_follow_from_the_shared_secret() {
    let mut seen = 0;
    for scenario in scenarios() {
        let mut before: Option<&Keys> = None;
        for ike in &scenario.ike {
            let context = &scenario.name;
            let (Some(seed), Some(initiator), Some(responder), Some(suite)) = (
                ike.octets("skeyseed"),
                ike.octets("nonce_i"),
                ike.octets("nonce_r"),
                ike.suite(),
            ) else {
                continue;
            };
            let nonces = Nonces {
                initiator: &initiator,
                responder: &responder,
            };
            let prf = suite.prf().expect("a supported function");
            let shared = ike.octets("dh_shared").expect("a shared secret");
            let computed = match (ike.text("after_ike_intermediate"), before) {
                (Some(_), Some(before)) => {
                    let sk_d = Secret::new(before.octets("sk_d").expect("SK_d"));
                    intermediate_skeyseed(prf, &sk_d, nonces, &shared)
                }
                _ => skeyseed(prf, nonces, &shared),
            }
            .expect("SKEYSEED");
            assert_eq!(computed.expose(), seed, "{context}");
            let keys = IkeKeys::derive(&suite, &computed, nonces, spis(ike)).expect("SK_*");
            assert_keys(ike, &keys, context);
            if let Some(ppk) = ike.octets("ppk") {
                let mixed = keys.mix_ppk(prf, &ppk).expect("SK_*");
                for (name, secret) in [
                    ("sk_d", &mixed.sk_d),
                    ("sk_pi", &mixed.sk_pi),
                    ("sk_pr", &mixed.sk_pr),
                    ("sk_ei", &keys.sk_ei),
                ] {
                    let logged = ike.octets(name).unwrap_or_default();
                    assert_eq!(secret.expose(), logged, "{context}: {name} with PPK");
                }
            }
            before = Some(ike);
            seen += 1;
        }
    }
    assert!(seen >= 20, "only {seen} IKE SAs");
}

#[test]
fn keys_of_a_rekeyed_ike_sa_follow_from_sk_d() {
    let mut seen = 0;
    for scenario in scenarios() {
        for (request, response) in rekeyings(&scenario) {
            let Some(ike) = scenario
                .ike_with("spi_i", &request.spi)
                .filter(|ike| ike.octets("spi_r").as_ref() == Some(&response.spi))
            else {
                continue;
            };
            let nonces = Nonces {
                initiator: &request.nonce,
                responder: &response.nonce,
            };
            let shared = ike.octets("dh_shared").expect("a shared secret");
            let additional = ike.octets("additional_ke_shared");
            let additional: Vec<&[u8]> = additional.iter().map(Vec::as_slice).collect();
            let suite = ike.suite().expect("a suite");
            let computed = scenario
                .ike
                .iter()
                .filter_map(|old| {
                    let prf = old.suite()?.prf().ok()?;
                    let sk_d = Secret::new(old.octets("sk_d")?);
                    rekey_skeyseed(prf, &sk_d, nonces, &shared, &additional).ok()
                })
                .find(|seed| ike.octets("skeyseed").as_deref() == Some(seed.expose()))
                .unwrap_or_else(|| panic!("{}: no SK_d gives SKEYSEED", scenario.name));
            let keys = IkeKeys::derive(&suite, &computed, nonces, spis(ike)).expect("SK_*");
            assert_keys(ike, &keys, &scenario.name);
            seen += 1;
        }
    }
    assert!(seen >= 2, "only {seen} rekeyings");
}

struct Half {
    spi: Vec<u8>,
    nonce: Vec<u8>,
}

/// SPI and nonce of both sides of each CREATE_CHILD_SA exchange that negotiates an IKE SA.
fn rekeyings(scenario: &Scenario) -> Vec<(Half, Half)> {
    let halves: Vec<(String, Half)> = scenario
        .plaintexts()
        .iter()
        .filter_map(|plain| {
            let what = plain.what.strip_prefix("ikev2 ex=36 ")?;
            let first = what.split_once("first=")?.1.parse().ok()?;
            let chain = payloads(first, &plain.octets);
            let sa = chain.iter().find(|p| p.0 == 33).map(|p| p.1.clone())?;
            let nonce = chain.iter().find(|p| p.0 == 40).map(|p| p.1.clone())?;
            (sa.get(5..7)? == [1, 8]).then(|| {
                let spi = sa[8..16].to_vec();
                let mid = what.split(' ').next().unwrap_or_default().to_owned();
                (mid, Half { spi, nonce })
            })
        })
        .collect();
    let mut pairs = Vec::new();
    let mut halves = halves.into_iter();
    while let (Some((mid, request)), Some((answer, response))) = (halves.next(), halves.next()) {
        if mid == answer {
            pairs.push((request, response));
        }
    }
    pairs
}

#[test]
fn ikev2_child_keys_follow_from_sk_d() {
    let mut seen = 0;
    for scenario in scenarios() {
        for child in &scenario.child {
            let (Some(seed), Some(suite)) = (child.octets("seed"), child.child_suite()) else {
                continue;
            };
            let context = format!("{}, SPI {:?}", scenario.name, child.text("spi_i2r"));
            let shared = child.octets("dh_shared");
            let rest = &seed[shared.as_ref().map_or(0, Vec::len)..];
            assert!(rest.len() >= 64, "{context}: two nonces of 32 octets");
            let additional: Vec<&[u8]> = match rest.len() {
                64 => Vec::new(),
                _ => vec![&rest[64..]],
            };
            let nonces = Nonces {
                initiator: &rest[..32],
                responder: &rest[32..64],
            };
            let expected = ["enc_i2r", "integ_i2r", "enc_r2i", "integ_r2i"]
                .map(|key| Secret::new(child.octets(key).unwrap_or_default()));
            let fits = scenario.ike.iter().any(|ike| {
                let prf = ike.suite().and_then(|suite| suite.prf().ok());
                let (Some(prf), Some(sk_d)) = (prf, ike.octets("sk_d")) else {
                    return false;
                };
                let sk_d = Secret::new(sk_d);
                ChildKeys::derive(prf, &sk_d, &suite, nonces, shared.as_deref(), &additional)
                    .is_ok_and(|keys| {
                        [
                            keys.encryption_i,
                            keys.integrity_i,
                            keys.encryption_r,
                            keys.integrity_r,
                        ] == expected
                    })
            });
            assert!(fits, "{context}");
            seen += 1;
        }
    }
    assert!(seen >= 20, "only {seen} Child SAs");
}

fn hash_and_prf(ike: &Keys) -> (Hash, Prf) {
    let prf = ike.suite().expect("a suite").prf;
    let id = match prf {
        PrfId::HMAC_MD5 => HashAlgorithm::MD5,
        PrfId::HMAC_SHA1 => HashAlgorithm::SHA1,
        PrfId::HMAC_SHA2_256 => HashAlgorithm::SHA2_256,
        PrfId::HMAC_SHA2_384 => HashAlgorithm::SHA2_384,
        _ => HashAlgorithm::SHA2_512,
    };
    let hash = Hash::new(id).expect("a supported hash");
    assert_eq!(hash.prf(), prf);
    (hash, Prf::new(prf).expect("a supported function"))
}

#[test]
fn ikev1_keys_follow_from_the_shared_secret() {
    let mut seen = 0;
    for scenario in scenarios() {
        for ike in &scenario.ike {
            let context = &scenario.name;
            let (Some(skeyid), Some(initiator), Some(responder), Some(shared)) = (
                ike.octets("skeyid"),
                ike.octets("nonce_i"),
                ike.octets("nonce_r"),
                ike.octets("dh_shared"),
            ) else {
                continue;
            };
            if ike.spi("spi_r") == [0; 8] {
                continue; // logged before the responder's SPI was known
            }
            let (hash, prf) = hash_and_prf(ike);
            let psks = ["psk", "psk_responder_ascii"].map(|key| match key {
                "psk" => scenario.shared.octets(key),
                _ => scenario
                    .shared
                    .text(key)
                    .map(|text| text.as_bytes().to_vec()),
            });
            let computed = psks
                .into_iter()
                .flatten()
                .filter_map(|psk| skeyid_psk(prf, &psk, &initiator, &responder).ok())
                .chain(skeyid_signature(prf, &initiator, &responder, &shared).ok())
                .find(|computed| computed.expose() == skeyid)
                .unwrap_or_else(|| panic!("{context}: SKEYID"));
            let (spi_i, spi_r) = (ike.spi("spi_i"), ike.spi("spi_r"));
            let keys =
                PhaseOneKeys::derive(prf, computed, &shared, &spi_i, &spi_r).expect("SKEYID_*");
            let suite = ike.suite().expect("a suite");
            let ka = keys
                .encryption_key(prf, suite.encryption, suite.key_bits)
                .expect("a key");
            for (name, secret) in [
                ("skeyid_d", &keys.skeyid_d),
                ("skeyid_a", &keys.skeyid_a),
                ("skeyid_e", &keys.skeyid_e),
                ("ka", &ka),
            ] {
                let logged = ike.octets(name).unwrap_or_default();
                assert_eq!(secret.expose(), logged, "{context}: {name}");
            }
            if let (Some(ke_i), Some(ke_r), Some(iv)) = (
                ike.octets("ke_i"),
                ike.octets("ke_r"),
                ike.octets("initial_iv"),
            ) {
                assert_eq!(initial_iv(hash, &ke_i, &ke_r, iv.len()), iv, "{context}");
            }
            seen += 1;
        }
    }
    assert!(seen >= 5, "only {seen} ISAKMP SAs");
}

#[test]
fn ikev1_child_keys_follow_from_skeyid_d() {
    let mut seen = 0;
    for scenario in scenarios() {
        for child in &scenario.child {
            let context = format!("{}, SPI {:?}", scenario.name, child.text("spi_i2r"));
            for (seed, enc, integ) in [
                ("initiator_seed", "enc_i2r", "integ_i2r"),
                ("responder_seed", "enc_r2i", "integ_r2i"),
            ] {
                let (Some(seed), Some(suite)) = (child.octets(seed), child.child_suite()) else {
                    continue;
                };
                let pfs = child.octets("dh_shared");
                let rest = &seed[pfs.as_ref().map_or(0, Vec::len)..];
                let expected = SaKeys {
                    encryption: Secret::new(child.octets(enc).unwrap_or_default()),
                    integrity: Secret::new(child.octets(integ).unwrap_or_default()),
                };
                assert!(suite.integrity != IntegrityAlgorithm::NONE, "{context}");
                let (spi, nonces) = rest[1..].split_at(4);
                let (nonce_i, nonce_r) = nonces.split_at(nonces.len() / 2);
                let quick_mode = QuickMode {
                    nonce_i,
                    nonce_r,
                    shared: pfs.as_deref(),
                };
                let phase_one = scenario
                    .ike
                    .iter()
                    .filter(|ike| ike.text("skeyid_d").is_some());
                let fits = phase_one.into_iter().any(|ike| {
                    let (_, prf) = hash_and_prf(ike);
                    let skeyid_d = Secret::new(ike.octets("skeyid_d").unwrap_or_default());
                    quick_mode.keys(prf, &skeyid_d, &suite, ProtocolId(rest[0]), spi)
                        == Ok(expected.clone())
                });
                assert!(fits, "{context}");
                seen += 1;
            }
        }
    }
    assert!(seen >= 8, "only {seen} SAs");
}
