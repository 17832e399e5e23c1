//! Integrity algorithms of IKE, ESP and AH.

use std::fmt;

use ikescope_dissectors::Registry;
use ikescope_dissectors::registries::ikev2::IntegrityAlgorithm as Id;
use subtle::ConstantTimeEq;

use super::function::{Constructor, MacFunction, aes_cmac, aes_xcbc, hmac};
use super::gmac::{self, Gmac};
use crate::CryptoError;

/// The lengths of an integrity algorithm, in octets.
#[derive(Debug, Clone, Copy)]
pub struct IntegrityFacts {
    /// Transform Type 3 of IKEv2.
    pub id: Id,
    /// Octets of key material, salt included.
    pub key_len: usize,
    /// Octets of the integrity check value on the wire; for AES-GMAC those of initialization vector and tag.
    pub icv_len: usize,
    function: Function,
}

#[derive(Debug, Clone, Copy)]
enum Function {
    None,
    Mac(Constructor),
    Gmac,
}

impl IntegrityFacts {
    /// The row of an algorithm. [`Id::NONE`] has one, with lengths of zero.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] with its name, or its number where it has none.
    pub fn of(id: Id) -> Result<&'static Self, CryptoError> {
        FACTS
            .iter()
            .find(|facts| facts.id == id)
            .ok_or_else(|| CryptoError::Unsupported {
                what: id.short_name().to_string(),
            })
    }

    /// All algorithms that are supported.
    #[must_use]
    pub fn all() -> &'static [Self] {
        FACTS
    }
}

/// An integrity algorithm with its key.
pub struct Integrity {
    facts: &'static IntegrityFacts,
    icv_len: usize,
    engine: Engine,
}

enum Engine {
    None,
    Mac(Box<dyn MacFunction>),
    Gmac(Gmac),
}

impl Integrity {
    /// Sets an algorithm up.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] or [`CryptoError::KeyMaterial`].
    pub fn new(id: Id, key: &[u8]) -> Result<Self, CryptoError> {
        let facts = IntegrityFacts::of(id)?;
        let name = id.short_name().to_string();
        if key.len() != facts.key_len {
            return Err(CryptoError::KeyMaterial {
                what: name,
                expected: facts.key_len,
                actual: key.len(),
            });
        }
        let engine = match facts.function {
            Function::None => Engine::None,
            Function::Mac(constructor) => Engine::Mac(constructor(key)?),
            Function::Gmac => Engine::Gmac(Gmac::new(&name, key, facts.key_len)?),
        };
        Ok(Self {
            facts,
            icv_len: facts.icv_len,
            engine,
        })
    }

    /// HMAC-SHA2-256 cut to 96 bits, which Linux before 2.6.33 and peers of its age compute under the number of
    /// HMAC-SHA2-256-128 (draft-ietf-ipsec-ciph-sha-256-00).
    ///
    /// # Errors
    /// [`CryptoError::KeyMaterial`].
    pub fn sha2_256_96(key: &[u8]) -> Result<Self, CryptoError> {
        Ok(Self {
            icv_len: 12,
            ..Self::new(Id::HMAC_SHA2_256_128, key)?
        })
    }

    /// The algorithm.
    #[must_use]
    pub fn id(&self) -> Id {
        self.facts.id
    }

    /// Octets of the integrity check value on the wire.
    #[must_use]
    pub fn icv_len(&self) -> usize {
        self.icv_len
    }

    /// Whether `icv` belongs to the parts, one after the other; in constant time.
    ///
    /// # Errors
    /// [`CryptoError::IntegrityMismatch`].
    pub fn verify(&self, parts: &[&[u8]], icv: &[u8]) -> Result<(), CryptoError> {
        let iv = match &self.engine {
            Engine::Gmac(_) => icv.get(..gmac::IV_LEN).unwrap_or_default(),
            _ => &[],
        };
        let expected = self.icv(iv, parts).ok_or(CryptoError::IntegrityMismatch)?;
        match expected.ct_eq(icv).into() {
            true => Ok(()),
            false => Err(CryptoError::IntegrityMismatch),
        }
    }

    /// The integrity check value of the parts. `iv` matters to AES-GMAC, which takes eight octets that must never be used
    /// twice with one key; it is ignored otherwise. `None` when it has the wrong length.
    #[must_use]
    pub fn icv(&self, iv: &[u8], parts: &[&[u8]]) -> Option<Vec<u8>> {
        match &self.engine {
            Engine::None => Some(Vec::new()),
            Engine::Mac(function) => {
                let mut icv = function.mac(parts);
                icv.truncate(self.icv_len);
                Some(icv)
            }
            Engine::Gmac(gmac) => gmac.field(iv, parts),
        }
    }
}

impl fmt::Debug for Integrity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Integrity")
            .field("id", &self.facts.id)
            .field("icv_len", &self.icv_len)
            .finish_non_exhaustive()
    }
}

const fn mac(id: Id, key_len: usize, icv_len: usize, constructor: Constructor) -> IntegrityFacts {
    IntegrityFacts {
        id,
        key_len,
        icv_len,
        function: Function::Mac(constructor),
    }
}

const fn gmac(id: Id, aes_key_len: usize) -> IntegrityFacts {
    IntegrityFacts {
        id,
        key_len: aes_key_len + gmac::SALT_LEN,
        icv_len: gmac::IV_LEN + 16,
        function: Function::Gmac,
    }
}

static FACTS: &[IntegrityFacts] = &[
    IntegrityFacts {
        id: Id::NONE,
        key_len: 0,
        icv_len: 0,
        function: Function::None,
    },
    mac(Id::HMAC_MD5_96, 16, 12, hmac::<md5::Md5>),
    mac(Id::HMAC_SHA1_96, 20, 12, hmac::<sha1::Sha1>),
    mac(Id::AES_XCBC_96, 16, 12, aes_xcbc),
    mac(Id::HMAC_MD5_128, 16, 16, hmac::<md5::Md5>),
    mac(Id::HMAC_SHA1_160, 20, 20, hmac::<sha1::Sha1>),
    mac(Id::AES_CMAC_96, 16, 12, aes_cmac),
    gmac(Id::AES_128_GMAC, 16),
    gmac(Id::AES_192_GMAC, 24),
    gmac(Id::AES_256_GMAC, 32),
    mac(Id::HMAC_SHA2_256_128, 32, 16, hmac::<sha2::Sha256>),
    mac(Id::HMAC_SHA2_384_192, 48, 24, hmac::<sha2::Sha384>),
    mac(Id::HMAC_SHA2_512_256, 64, 32, hmac::<sha2::Sha512>),
];
