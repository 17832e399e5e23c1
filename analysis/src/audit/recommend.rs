//! What to use instead.

use super::algorithm::{Algorithm, Kind};
use super::facts::{Layer, Transforms};
use super::names;
use super::profile::{Date, PostQuantum, Profile, Status};
use super::verdict::judge_algorithm;

/// A proposal of IKEv2 that a profile passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recommendation {
    /// The IKE SA.
    pub ike: Transforms,
    /// ESP, with PFS.
    pub esp: Transforms,
}

/// The first suite in the order of preference that the profile passes; `None` where it passes none.
#[must_use]
pub fn recommend(profile: &Profile, date: &Date) -> Option<Recommendation> {
    let passes = |layer: Layer, algorithm: Algorithm| {
        judge_algorithm(profile, date, layer, algorithm).0 <= Status::Info
    };
    let first = |layer: Layer, list: &[&str], read: fn(&str) -> Option<Algorithm>| {
        list.iter()
            .filter_map(|name| read(name))
            .find(|algorithm| passes(layer, *algorithm))
    };
    let ike_cipher = first(Layer::Ike, &CIPHERS, names::cipher)?;
    let esp_cipher = first(Layer::Esp, &CIPHERS, names::cipher)?;
    let integ = |layer: Layer, cipher: Algorithm| {
        if cipher.is_aead() {
            return Some(Vec::new());
        }
        first(layer, &INTEGRITY, names::integrity).map(|integ| vec![integ])
    };
    let prf = first(Layer::Ike, &PRFS, names::prf)?;
    let ke = first(Layer::Ike, &METHODS, names::key_exchange)?;
    let deadline_passed = profile
        .parameters
        .pq_deadline
        .as_ref()
        .is_some_and(|deadline| *date > deadline.value);
    let additional = match &profile.parameters.pq.value {
        PostQuantum::Require(method) if *method != ke => vec![vec![*method]],
        _ if deadline_passed => names::key_exchange("ML-KEM-1024")
            .map(|method| vec![vec![method]])
            .unwrap_or_default(),
        _ => Vec::new(),
    };
    Some(Recommendation {
        ike: Transforms {
            encr: vec![ike_cipher],
            prf: vec![prf],
            integ: integ(Layer::Ike, ike_cipher)?,
            ke: vec![ke],
            additional_ke: additional,
            ..Transforms::default()
        },
        esp: Transforms {
            encr: vec![esp_cipher],
            integ: integ(Layer::Esp, esp_cipher)?,
            ke: vec![ke],
            ..Transforms::default()
        },
    })
}

impl Recommendation {
    /// The IKE proposal for `proposals` of swanctl.conf.
    #[must_use]
    pub fn ike_swanctl(&self) -> Option<String> {
        spelled(&self.ike)
    }

    /// The ESP proposal for `esp_proposals` of swanctl.conf.
    #[must_use]
    pub fn esp_swanctl(&self) -> Option<String> {
        spelled(&self.esp)
    }

    /// In plain words.
    #[must_use]
    pub fn words(&self) -> String {
        let describe = |transforms: &Transforms| {
            let mut parts = Vec::new();
            for algorithm in transforms.algorithms() {
                let name = algorithm.to_string();
                parts.push(match algorithm.kind() {
                    Kind::Encryption if algorithm.is_aead() => {
                        format!("encryption and integrity {name}")
                    }
                    Kind::Encryption => format!("encryption {name}"),
                    Kind::Prf => format!("PRF {name}"),
                    Kind::Integrity => format!("integrity {name}"),
                    Kind::KeyExchange => format!("key exchange {name}"),
                    Kind::Authentication => name,
                });
            }
            parts.join(", ")
        };
        format!(
            "IKEv2 with {}; ESP with {} for PFS",
            describe(&self.ike),
            describe(&self.esp)
        )
    }
}

fn spelled(transforms: &Transforms) -> Option<String> {
    let plain = [
        &transforms.encr,
        &transforms.integ,
        &transforms.prf,
        &transforms.ke,
    ];
    let mut words = plain
        .into_iter()
        .flatten()
        .map(|algorithm| names::swanctl(*algorithm))
        .collect::<Option<Vec<_>>>()?;
    for (index, method) in transforms.additional_ke.iter().flatten().enumerate() {
        words.push(format!("ke{}_{}", index + 1, names::swanctl(*method)?));
    }
    Some(words.join("-"))
}

const CIPHERS: [&str; 5] = [
    "AES-GCM-16-256",
    "AES-GCM-16-128",
    "CHACHA20-POLY1305",
    "AES-CBC-256",
    "AES-CBC-128",
];
const PRFS: [&str; 3] = ["HMAC-SHA2-384", "HMAC-SHA2-512", "HMAC-SHA2-256"];
const INTEGRITY: [&str; 3] = [
    "HMAC-SHA2-384-192",
    "HMAC-SHA2-512-256",
    "HMAC-SHA2-256-128",
];
const METHODS: [&str; 8] = [
    "ECP-384",
    "ECP-521",
    "ECP-256",
    "CURVE25519",
    "MODP-4096",
    "MODP-3072",
    "MODP-2048",
    "ML-KEM-1024",
];
