//! Transform substructure (RFC 7296, section 3.3.2).
//!
//! ```text
//!                      1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! | Last Substruc |   RESERVED    |        Transform Length       |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |Transform Type |   RESERVED    |          Transform ID         |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~                      Transform Attributes                     ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use std::fmt;

use crate::attribute::Attribute;
use crate::issue::Issues;
use crate::registries::ikev2::{
    EncryptionAlgorithm, GroupControllerAuthentication, IntegrityAlgorithm, KeyExchangeMethod,
    KeyWrapAlgorithm, Prf, SequenceNumbers, TransformAttribute, TransformType,
};
use crate::registries::suite_name;
use crate::registry::Registry;

use super::proposal::{Substructure, write_substructure};

/// One algorithm that is proposed or chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transform<'a> {
    /// What kind of algorithm.
    pub transform_type: TransformType,
    /// Which one, in the registry of the type.
    pub id: u16,
    /// Attributes; only Key Length is in use outside of group keying.
    pub attributes: Vec<Attribute<'a>>,
}

impl<'a> Transform<'a> {
    /// Octets of the fixed fields.
    pub(super) const MINIMUM: usize = 8;
    /// Last Substruc of a transform that is followed by another.
    pub(super) const MORE: u8 = 3;

    /// A transform to be sent.
    #[must_use]
    pub fn new(transform_type: TransformType, id: u16, key_length: Option<u16>) -> Self {
        let key_length =
            key_length.map(|bits| Attribute::short(TransformAttribute::KEY_LENGTH.0, bits));
        Self {
            transform_type,
            id,
            attributes: key_length.into_iter().collect(),
        }
    }

    /// The Key Length attribute, in bits (RFC 7296, section 3.3.5).
    #[must_use]
    pub fn key_length(&self) -> Option<u16> {
        self.attributes
            .iter()
            .find(|attribute| attribute.attribute_type == TransformAttribute::KEY_LENGTH.0)
            .and_then(Attribute::number)
            .and_then(|bits| u16::try_from(bits).ok())
    }

    pub(super) fn parse(substructure: Substructure<'a>, issues: &mut Issues) -> Self {
        const LAYER: &str = "transform";
        let whole = substructure.whole;
        let octet = |at: usize| whole.as_slice().get(at).copied().unwrap_or_default();
        issues.expect_zero(whole.part(5, 1), LAYER, u32::from(octet(5)));
        Self {
            transform_type: TransformType(octet(4)),
            id: u16::from_be_bytes([octet(6), octet(7)]),
            attributes: Attribute::parse_list(whole.from(Self::MINIMUM), LAYER, issues),
        }
    }

    pub(super) fn encode(&self, last: bool, out: &mut Vec<u8>) {
        write_substructure(if last { 0 } else { Self::MORE }, out, |out| {
            out.extend_from_slice(&[self.transform_type.0, 0]);
            out.extend_from_slice(&self.id.to_be_bytes());
            self.attributes
                .iter()
                .for_each(|attribute| attribute.encode(out));
        });
    }
}

/// The spelling used in suites: `AES-CBC-256`, `HMAC-SHA2-256`, `MODP-2048`.
impl fmt::Display for Transform<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id;
        match self.transform_type {
            TransformType::ENCR => {
                f.write_str(&suite_name(EncryptionAlgorithm(id), self.key_length()))
            }
            TransformType::PRF => Prf(id).short_name().fmt(f),
            TransformType::INTEG => IntegrityAlgorithm(id).short_name().fmt(f),
            TransformType::SN => match SequenceNumbers(id) {
                SequenceNumbers(0) => f.write_str("no"),
                SequenceNumbers(1) => f.write_str("yes"),
                SequenceNumbers(other) => other.fmt(f),
            },
            TransformType::KWA => KeyWrapAlgorithm(id).short_name().fmt(f),
            TransformType::GCAUTH => GroupControllerAuthentication(id).short_name().fmt(f),
            kind if kind == TransformType::KE || kind.additional_key_exchange().is_some() => {
                KeyExchangeMethod(id).short_name().fmt(f)
            }
            TransformType(other) => write!(f, "{}-{other}-{id}", TransformType::KIND),
        }
    }
}

impl TransformType {
    /// 1 to 7 for Additional Key Exchange 1 to 7 (RFC 9370).
    #[must_use]
    pub fn additional_key_exchange(self) -> Option<usize> {
        (Self::ADDKE1.0..=Self::ADDKE7.0)
            .contains(&self.0)
            .then(|| usize::from(self.0 - Self::ADDKE1.0) + 1)
    }
}
