//! Pseudorandom functions, and prf+ (RFC 7296, section 2.13).

use std::fmt;

use ikescope_dissectors::Registry;
use ikescope_dissectors::registries::ikev2::Prf as Id;
use zeroize::Zeroizing;

use super::function::{Constructor, aes_cmac, aes_xcbc, hmac};
use crate::{CryptoError, Secret};

/// The lengths of a pseudorandom function, in octets.
#[derive(Debug, Clone, Copy)]
pub struct PrfFacts {
    /// Transform Type 2 of IKEv2.
    pub id: Id,
    /// Preferred key length: that of SK_d, SK_pi and SK_pr (RFC 7296, section 2.14). Equals the length of the output.
    pub key_len: usize,
    /// Octets of each nonce that enter SKEYSEED, for functions that began with keys of a fixed length (RFC 7296, section 2.14).
    pub nonce_len_in_seed: Option<usize>,
    constructor: Constructor,
    keys: Keys,
}

/// What becomes of a key that is not as long as the block cipher's.
#[derive(Debug, Clone, Copy)]
enum Keys {
    /// HMAC's own rules.
    Any,
    /// Shorter keys are filled with zeros, longer ones reduced (RFC 4434, section 2).
    PaddedOrReduced,
    /// All others are reduced (RFC 4615, section 3).
    Reduced,
}

impl PrfFacts {
    /// The row of a function.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] with its name, or its number where it has none.
    pub fn of(id: Id) -> Result<&'static Self, CryptoError> {
        FACTS
            .iter()
            .find(|facts| facts.id == id)
            .ok_or_else(|| CryptoError::Unsupported {
                what: format!("PRF {}", id.short_name()),
            })
    }

    /// All functions that are supported.
    #[must_use]
    pub fn all() -> &'static [Self] {
        FACTS
    }
}

/// A pseudorandom function; the key comes with every call.
#[derive(Clone, Copy)]
pub struct Prf {
    facts: &'static PrfFacts,
}

impl Prf {
    /// The function with this number.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`].
    pub fn new(id: Id) -> Result<Self, CryptoError> {
        PrfFacts::of(id).map(|facts| Self { facts })
    }

    /// Its lengths.
    #[must_use]
    pub fn facts(&self) -> &'static PrfFacts {
        self.facts
    }

    /// `prf(key, data)`, where `parts` stand for the data one after the other.
    ///
    /// # Errors
    /// None for the supported functions, which take keys of any length.
    pub fn compute(&self, key: &[u8], parts: &[&[u8]]) -> Result<Secret, CryptoError> {
        let key = self.fitted(key)?;
        Ok(Secret::new((self.facts.constructor)(&key)?.mac(parts)))
    }

    /// `prf+(key, seed)`, the first `len` octets (RFC 7296, section 2.13).
    ///
    /// # Errors
    /// [`CryptoError::TooMuchKeyMaterial`] beyond 255 outputs.
    pub fn plus(&self, key: &[u8], seed: &[&[u8]], len: usize) -> Result<Secret, CryptoError> {
        if len > self.facts.key_len * MAX_ROUNDS {
            return Err(CryptoError::TooMuchKeyMaterial { octets: len });
        }
        let key = self.fitted(key)?;
        let function = (self.facts.constructor)(&key)?;
        let mut stream = Zeroizing::new(Vec::with_capacity(len + self.facts.key_len));
        let mut last = Zeroizing::new(Vec::new());
        let mut round = 0_u8;
        while stream.len() < len {
            round = round.wrapping_add(1);
            let mut parts = vec![last.as_slice()];
            parts.extend_from_slice(seed);
            let count = [round];
            parts.push(&count);
            let next = Zeroizing::new(function.mac(&parts));
            stream.extend_from_slice(&next);
            last = next;
        }
        Ok(stream.get(..len).unwrap_or_default().into())
    }

    fn fitted(&self, key: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let fixed = self.facts.key_len;
        let key = match self.facts.keys {
            Keys::PaddedOrReduced if key.len() < fixed => {
                let mut padded = key.to_vec();
                padded.resize(fixed, 0);
                padded
            }
            Keys::PaddedOrReduced | Keys::Reduced if key.len() != fixed => {
                (self.facts.constructor)(&vec![0; fixed])?.mac(&[key])
            }
            _ => key.to_vec(),
        };
        Ok(Zeroizing::new(key))
    }
}

impl fmt::Debug for Prf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Prf").field(&self.facts.id).finish()
    }
}

/// The count of prf+ is one octet that starts with 1.
const MAX_ROUNDS: usize = 255;

const fn any(id: Id, key_len: usize, constructor: Constructor) -> PrfFacts {
    PrfFacts {
        id,
        key_len,
        nonce_len_in_seed: None,
        constructor,
        keys: Keys::Any,
    }
}

const fn fixed(id: Id, keys: Keys, constructor: Constructor) -> PrfFacts {
    PrfFacts {
        id,
        key_len: 16,
        nonce_len_in_seed: Some(8),
        constructor,
        keys,
    }
}

static FACTS: &[PrfFacts] = &[
    any(Id::HMAC_MD5, 16, hmac::<md5::Md5>),
    any(Id::HMAC_SHA1, 20, hmac::<sha1::Sha1>),
    fixed(Id::AES128_XCBC, Keys::PaddedOrReduced, aes_xcbc),
    any(Id::HMAC_SHA2_256, 32, hmac::<sha2::Sha256>),
    any(Id::HMAC_SHA2_384, 48, hmac::<sha2::Sha384>),
    any(Id::HMAC_SHA2_512, 64, hmac::<sha2::Sha512>),
    fixed(Id::AES128_CMAC, Keys::Reduced, aes_cmac),
];
