//! A cipher with its key.

use std::fmt;

use ikescope_dissectors::Registry;
use ikescope_dissectors::registries::ikev2::EncryptionAlgorithm;

use super::engine::{Engine, engine};
use super::facts::CipherFacts;
use crate::{CryptoError, Secret};

/// A cipher with its key and salt, ready for any number of messages.
pub struct Cipher {
    facts: &'static CipherFacts,
    salt: Secret,
    engine: Box<dyn Engine>,
}

impl Cipher {
    /// Sets a cipher up. `key_bits` is the Key Length attribute, or `None` where there was none; `key_material` is the key,
    /// followed by the salt for counter modes and combined modes.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`], [`CryptoError::KeyBits`] or [`CryptoError::KeyMaterial`].
    pub fn new(
        id: EncryptionAlgorithm,
        key_bits: Option<u16>,
        key_material: &[u8],
    ) -> Result<Self, CryptoError> {
        let facts = CipherFacts::of(id)?;
        let key_len = facts.key_len(key_bits)?;
        let expected = key_len + facts.salt_len;
        let (key, salt) = key_material
            .split_at_checked(key_len)
            .filter(|_| key_material.len() == expected)
            .ok_or_else(|| CryptoError::KeyMaterial {
                what: id.short_name().to_string(),
                expected,
                actual: key_material.len(),
            })?;
        Ok(Self {
            facts,
            salt: salt.into(),
            engine: engine(facts, key)?,
        })
    }

    /// Lengths and mode of the algorithm.
    #[must_use]
    pub fn facts(&self) -> &'static CipherFacts {
        self.facts
    }

    /// Decrypts `text`, ciphertext followed by the integrity check value of the cipher, in place. Returns the plaintext,
    /// padding included.
    ///
    /// `iv` is what precedes the ciphertext in the packet; for an implicit initialization vector it is the 64-bit sequence
    /// number (RFC 8750, section 4). `aad` matters to combined modes only: a cipher without an integrity check value
    /// decrypts whatever it is given, so verify the integrity algorithm first.
    ///
    /// # Errors
    /// [`CryptoError::IntegrityMismatch`], after which the text is of no use, or what is wrong with a length.
    pub fn open<'t>(
        &self,
        aad: &[u8],
        iv: &[u8],
        text: &'t mut [u8],
    ) -> Result<&'t mut [u8], CryptoError> {
        let nonce = self.nonce(iv)?;
        let available = text.len();
        let minimum = self.facts.icv_len;
        let Some((body, icv)) = available
            .checked_sub(minimum)
            .and_then(|body_len| text.split_at_mut_checked(body_len))
        else {
            return Err(CryptoError::TooShort { available, minimum });
        };
        self.check_blocks(body)?;
        self.engine.open(nonce.octets(), aad, body, icv)?;
        Ok(body)
    }

    /// Encrypts `text`, which is padded already, in place and appends the integrity check value of the cipher.
    ///
    /// # Errors
    /// What is wrong with the length of `iv` or `text`.
    pub fn seal(&self, aad: &[u8], iv: &[u8], text: &mut Vec<u8>) -> Result<(), CryptoError> {
        let nonce = self.nonce(iv)?;
        self.check_blocks(text)?;
        let icv = self.engine.seal(nonce.octets(), aad, text)?;
        text.extend_from_slice(&icv);
        Ok(())
    }

    fn check_blocks(&self, text: &[u8]) -> Result<(), CryptoError> {
        match text.len() % self.facts.block_len {
            0 => Ok(()),
            _ => Err(CryptoError::BlockMultiple {
                len: text.len(),
                block_len: self.facts.block_len,
            }),
        }
    }

    fn nonce(&self, iv: &[u8]) -> Result<Nonce, CryptoError> {
        let expected = self.facts.nonce_iv_len();
        if iv.len() != expected {
            return Err(CryptoError::IvLength {
                what: self.facts.id.short_name().to_string(),
                expected,
                actual: iv.len(),
            });
        }
        let mut nonce = Nonce::default();
        for (to, from) in nonce
            .octets
            .iter_mut()
            .zip(self.salt.expose().iter().chain(iv))
        {
            *to = *from;
        }
        nonce.len = self.facts.salt_len + expected;
        Ok(nonce)
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cipher")
            .field("id", &self.facts.id)
            .finish_non_exhaustive()
    }
}

/// Salt and initialization vector; no cipher takes more than a block of 16 octets.
#[derive(Default)]
struct Nonce {
    octets: [u8; 16],
    len: usize,
}

impl Nonce {
    fn octets(&self) -> &[u8] {
        self.octets.get(..self.len).unwrap_or_default()
    }
}
