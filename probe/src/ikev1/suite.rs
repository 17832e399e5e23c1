//! What one transform of phase 1 says (RFC 2409, section 4 and appendix A).

use std::fmt;

use ikescope_dissectors::ikev1::{Transform, TransformId};
use ikescope_dissectors::registries::ikev1::{
    AuthenticationMethod, EncryptionAlgorithm, GroupDescription, HashAlgorithm, IsakmpTransform,
    LifeType, PhaseOneAttribute,
};
use ikescope_dissectors::registries::suite_name;
use ikescope_dissectors::{Attribute, Registry};

/// An encryption algorithm with the length of its key in bits, where that is not fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cipher {
    /// The algorithm.
    pub algorithm: EncryptionAlgorithm,
    /// The Key Length attribute.
    pub key_length: Option<u16>,
}

/// One suite: what a transform offers and what a peer takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Suite {
    /// Encryption.
    pub cipher: Cipher,
    /// Hash, from which HMAC makes the PRF.
    pub hash: HashAlgorithm,
    /// Authentication method.
    pub authentication: AuthenticationMethod,
    /// Diffie-Hellman group.
    pub group: GroupDescription,
}

impl Suite {
    /// The transform that offers it, for an SA that lives as many seconds.
    #[must_use]
    pub fn transform(&self, number: u8, lifetime: u16) -> Transform<'static> {
        let short = |attribute: PhaseOneAttribute, value| Attribute::short(attribute.0, value);
        let mut attributes = vec![
            short(
                PhaseOneAttribute::ENCRYPTION_ALGORITHM,
                self.cipher.algorithm.0,
            ),
            short(PhaseOneAttribute::HASH_ALGORITHM, self.hash.0),
            short(
                PhaseOneAttribute::AUTHENTICATION_METHOD,
                self.authentication.0,
            ),
            short(PhaseOneAttribute::GROUP_DESCRIPTION, self.group.0),
            short(PhaseOneAttribute::LIFE_TYPE, LifeType::SECONDS.0),
            short(PhaseOneAttribute::LIFE_DURATION, lifetime),
        ];
        let key_length = self.cipher.key_length;
        attributes.extend(key_length.map(|bits| short(PhaseOneAttribute::KEY_LENGTH, bits)));
        Transform {
            number,
            id: TransformId::Isakmp(IsakmpTransform::KEY_IKE),
            attributes,
        }
    }

    /// Octets of the transform on the wire: its header and attributes of four octets each.
    #[must_use]
    pub fn transform_len(&self) -> usize {
        let attributes = 6 + usize::from(self.cipher.key_length.is_some());
        8 + 4 * attributes
    }

    /// What a transform says; `None` if one of the four attributes is missing.
    #[must_use]
    pub fn of(transform: &Transform<'_>) -> Option<Self> {
        Some(Self {
            cipher: Cipher {
                algorithm: transform.encryption()?,
                key_length: transform.key_length(),
            },
            hash: transform.hash()?,
            authentication: transform.authentication()?,
            group: transform.group()?,
        })
    }
}

/// As suites spell it: `AES-CBC-128`.
impl fmt::Display for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&suite_name(self.algorithm, self.key_length))
    }
}

/// `AES-CBC-128/SHA1/PSK/MODP-1024`.
impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hash, authentication) = (self.hash.short_name(), self.authentication.short_name());
        write!(
            f,
            "{}/{hash}/{authentication}/{}",
            self.cipher,
            self.group.short_name()
        )
    }
}
