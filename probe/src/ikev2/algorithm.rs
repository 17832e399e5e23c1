//! One algorithm of a proposal, and the kinds of algorithms.

use std::fmt;

use ikescope_dissectors::Registry;
use ikescope_dissectors::ikev2::Transform;
use ikescope_dissectors::registries::ikev2::{
    EncryptionAlgorithm, IntegrityAlgorithm, KeyExchangeMethod, Prf, TransformType,
};

/// An algorithm of one kind; the kind is where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Algorithm {
    /// Transform ID.
    pub id: u16,
    /// Key Length attribute in bits.
    pub key_bits: Option<u16>,
}

impl Algorithm {
    /// INTEG of a combined mode: no transform is sent for it.
    pub const NONE: Self = Self::new(0);

    /// An algorithm without a Key Length attribute.
    #[must_use]
    pub const fn new(id: u16) -> Self {
        Self { id, key_bits: None }
    }
}

/// The kinds of algorithms that an IKE SA has one of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Axis {
    /// Transform Type 1.
    Encryption,
    /// Transform Type 2.
    Prf,
    /// Transform Type 3.
    Integrity,
    /// Transform Type 4.
    KeyExchange,
}

impl Axis {
    /// All, in the order of their transform types.
    pub const ALL: [Self; 4] = [
        Self::Encryption,
        Self::Prf,
        Self::Integrity,
        Self::KeyExchange,
    ];

    /// Transform type on the wire.
    #[must_use]
    pub const fn transform_type(self) -> TransformType {
        match self {
            Self::Encryption => TransformType::ENCR,
            Self::Prf => TransformType::PRF,
            Self::Integrity => TransformType::INTEG,
            Self::KeyExchange => TransformType::KE,
        }
    }

    /// The algorithm in the spelling of suites.
    #[must_use]
    pub fn name(self, algorithm: Algorithm) -> String {
        Transform::new(self.transform_type(), algorithm.id, algorithm.key_bits).to_string()
    }

    /// All algorithms that IANA has assigned: in combined mode or not for encryption.
    #[must_use]
    pub fn universe(self, combined: bool) -> Vec<Algorithm> {
        match self {
            Self::Encryption => encryption(combined),
            Self::Prf => assigned::<Prf>(),
            Self::Integrity if combined => vec![Algorithm::NONE],
            Self::Integrity => assigned::<IntegrityAlgorithm>(),
            Self::KeyExchange => assigned::<KeyExchangeMethod>(),
        }
    }
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Encryption => "encryption",
            Self::Prf => "PRF",
            Self::Integrity => "integrity",
            Self::KeyExchange => "key exchange",
        })
    }
}

/// The rows of a registry that IANA assigned, without NONE and private use.
fn assigned<R: Registry>() -> Vec<Algorithm> {
    let rows = R::rows().iter();
    rows.filter_map(|row| u16::try_from(row.value).ok())
        .filter(|id| (1..PRIVATE_USE).contains(id))
        .map(Algorithm::new)
        .collect()
}

fn encryption(combined: bool) -> Vec<Algorithm> {
    assigned::<EncryptionAlgorithm>()
        .into_iter()
        .filter(|algorithm| EncryptionAlgorithm(algorithm.id).is_aead() == combined)
        .flat_map(|algorithm| {
            let fixed = EncryptionAlgorithm(algorithm.id).has_fixed_key_length();
            let lengths: &[Option<u16>] = if fixed { &[None] } else { &KEY_LENGTHS };
            lengths.iter().map(move |key_bits| Algorithm {
                key_bits: *key_bits,
                ..algorithm
            })
        })
        .collect()
}

/// Where private use begins in all four registries (RFC 7296, section 3.3.2).
const PRIVATE_USE: u16 = 1024;

/// The key lengths that algorithms with a Key Length attribute are asked for.
const KEY_LENGTHS: [Option<u16>; 3] = [Some(128), Some(192), Some(256)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_universe_is_what_iana_assigned() {
        let sizes = |combined| Axis::ALL.map(|axis| axis.universe(combined).len());
        // 11 AES and Camellia modes and GMAC... with three key lengths, six with one; 9 PRFs, 27 groups (IANA, 2026).
        assert_eq!(sizes(true)[1..], [9, 1, 27]);
        assert_eq!(sizes(false)[1..], [9, 14, 27]);
        assert!(
            Axis::Encryption
                .universe(true)
                .iter()
                .all(|encr| EncryptionAlgorithm(encr.id).is_aead())
        );
    }
}
