//! How strong an algorithm is, from the table that is embedded in the program.

use std::collections::HashMap;
use std::sync::OnceLock;

use ikescope_dissectors::registries::ikev1;

use super::algorithm::{Algorithm, Kind, Number};
use super::document::{self, Document};
use super::names;

/// What is known of an algorithm beside its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strength {
    /// Bits of strength against a classical computer; 0 is none.
    pub bits: u16,
    /// Whether it holds against a quantum computer.
    pub quantum: Quantum,
    /// Octets of the public value, of the initiator and of the responder (RFC 7296, section 3.4).
    pub value_octets: Option<(usize, usize)>,
    /// What it is, in a sentence or two.
    pub what: String,
    /// Where it is defined.
    pub source: String,
}

/// Whether an algorithm holds against a quantum computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantum {
    /// It does.
    Yes,
    /// Less than 128 bits remain (RFC 8784, section 6).
    Partly,
    /// It does not, or is broken without one.
    No,
}

type Key = (Kind, u32, Option<u16>);

/// What is known of an algorithm of IKEv2, or of one of IKEv1 that IKEv2 has too. `None` for numbers without a row, and
/// for a cipher of several key lengths whose length is not known.
#[must_use]
pub fn strength(algorithm: Algorithm) -> Option<&'static Strength> {
    let known = algorithm.as_v2()?;
    let table = table();
    table
        .get(&(known.kind(), known.id(), known.key_bits))
        .or_else(|| table.get(&(known.kind(), known.id(), None)))
}

/// Bits of strength, where they are known.
#[must_use]
pub fn bits(algorithm: Algorithm) -> Option<u16> {
    strength(algorithm).map(|strength| strength.bits)
}

/// Whether profiles know the algorithm: what they know and do not list fails.
#[must_use]
pub fn is_known(algorithm: Algorithm) -> bool {
    strength(algorithm).is_some() || is_known_of_v1_only(algorithm)
}

/// What IKEv1 has and IKEv2 has not, and implementations had.
fn is_known_of_v1_only(algorithm: Algorithm) -> bool {
    use ikev1::{EncryptionAlgorithm as E, EspTransform as T, IpsecAuthentication as A};
    match algorithm.number {
        Number::PhaseOneEncr(cipher) => matches!(
            cipher,
            E::MARS_CBC | E::RC6_CBC | E::SERPENT_CBC | E::TWOFISH_CBC | E::TWOFISH_CBC_SSH
        ),
        Number::EspTransform(cipher) => matches!(cipher, T::RC4 | T::SEED_CBC),
        Number::EspAuth(integ) => matches!(integ, A::HMAC_RIPEMD | A::SIG_RSA),
        _ => false,
    }
}

fn table() -> &'static HashMap<Key, Strength> {
    static TABLE: OnceLock<HashMap<Key, Strength>> = OnceLock::new();
    // A test holds that the embedded table is read without an error.
    TABLE.get_or_init(|| read(ALGORITHMS).unwrap_or_default())
}

fn read(text: &str) -> Result<HashMap<Key, Strength>, document::Problem> {
    let document = Document::parse(text)?;
    let mut table = HashMap::new();
    for (name, kind, algorithm) in SECTIONS {
        for line in document.section(&[name])? {
            let (name, fields) = line.table()?;
            let algorithm = algorithm(name.text)
                .ok_or_else(|| name.problem(format!("\"{}\" is no algorithm", name.text)))?;
            let octets = fields.integers("octets")?;
            let row = Strength {
                bits: u16::try_from(fields.integer("bits")?.unwrap_or(0)).unwrap_or(0),
                quantum: match fields.text("quantum")?.unwrap_or_default() {
                    "yes" => Quantum::Yes,
                    "partial" => Quantum::Partly,
                    _ => Quantum::No,
                },
                value_octets: match octets.as_slice() {
                    [initiator, responder] => usize::try_from(*initiator)
                        .ok()
                        .zip(usize::try_from(*responder).ok()),
                    _ => None,
                },
                what: fields.text("what")?.unwrap_or_default().to_owned(),
                source: fields.text("source")?.unwrap_or_default().to_owned(),
            };
            table.insert((kind, algorithm.id(), algorithm.key_bits), row);
        }
    }
    Ok(table)
}

type Section = (&'static str, Kind, fn(&str) -> Option<Algorithm>);

const SECTIONS: [Section; 4] = [
    ("encr", Kind::Encryption, names::cipher),
    ("prf", Kind::Prf, names::prf),
    ("integ", Kind::Integrity, names::integrity),
    ("ke", Kind::KeyExchange, names::key_exchange),
];

const ALGORITHMS: &str = include_str!("../../profiles/algorithms.toml");

#[cfg(test)]
mod tests {
    use ikescope_dissectors::Registry;
    use ikescope_dissectors::registries::ikev2::{
        EncryptionAlgorithm as E, IntegrityAlgorithm, KeyExchangeMethod as K, Prf,
    };

    use super::*;

    #[test]
    fn the_table_is_read() {
        let table = read(ALGORITHMS).unwrap();
        assert!(
            table
                .values()
                .all(|row| !row.what.is_empty() && !row.source.is_empty())
        );
    }

    #[test]
    fn every_registered_algorithm_of_ikev2_has_a_row() {
        for row in K::rows() {
            assert!(is_known(Algorithm::ke(K(row.value as u16))), "{}", row.name);
        }
        for row in Prf::rows() {
            assert!(
                is_known(Algorithm::prf(Prf(row.value as u16))),
                "{}",
                row.name
            );
        }
        for row in IntegrityAlgorithm::rows() {
            let integ = IntegrityAlgorithm(row.value as u16);
            assert!(is_known(Algorithm::integ(integ)), "{}", row.name);
        }
        for row in E::rows().iter().filter(|row| row.value < 1024) {
            let cipher = E(row.value as u16);
            assert!(is_known(Algorithm::encr(cipher, Some(128))), "{}", row.name);
        }
    }

    /// SP 800-57 Part 1 Rev. 5, table 2; RFC 3526, section 8 (lower estimate); RFC 8031, section 4.
    #[test]
    fn groups_have_the_strength_of_the_standards() {
        for (method, expected) in [
            (K::MODP_1024, 80),
            (K::MODP_1536, 90),
            (K::MODP_2048, 112),
            (K::MODP_3072, 128),
            (K::ECP_256, 128),
            (K::ECP_384, 192),
            (K::ECP_521, 256),
            (K::CURVE25519, 128),
            (K::CURVE448, 224),
            (K::ML_KEM_768, 192),
        ] {
            assert_eq!(bits(Algorithm::ke(method)), Some(expected), "{method}");
        }
    }

    #[test]
    fn a_cipher_of_several_lengths_without_one_is_not_known() {
        assert_eq!(strength(Algorithm::encr(E::AES_CBC, None)), None);
        assert_eq!(strength(Algorithm::encr(E::AES_CBC, Some(64))), None);
        assert!(strength(Algorithm::encr(E::BLOWFISH, Some(448))).is_some());
        assert!(strength(Algorithm::encr(E(2000), Some(256))).is_none());
    }
}
