//! A cipher and what verifies it: one direction of an SA.

use crate::CryptoError;
use crate::cipher::{Cipher, CipherFacts};
use crate::ikev2::ChildSuite;
use crate::mac::Integrity;

/// The keys of one direction of an SA, ready for any number of messages.
#[derive(Debug)]
pub struct Protection {
    pub(super) cipher: Cipher,
    check: Check,
}

#[derive(Debug)]
enum Check {
    /// The cipher verifies by itself.
    Cipher,
    Integrity(Integrity),
    /// Nothing verifies; so many octets are cut off.
    Skipped(usize),
}

impl Protection {
    /// From the algorithms and their keys; a combined mode ignores the integrity key.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`], [`CryptoError::KeyBits`] or [`CryptoError::KeyMaterial`].
    pub fn new(
        suite: &ChildSuite,
        encryption_key: &[u8],
        integrity_key: &[u8],
    ) -> Result<Self, CryptoError> {
        let cipher = Cipher::new(suite.encryption, suite.key_bits, encryption_key)?;
        let check = match cipher.facts().is_aead() {
            true => Check::Cipher,
            false => Check::Integrity(Integrity::new(suite.integrity, integrity_key)?),
        };
        Ok(Self { cipher, check })
    }

    /// From a cipher and an integrity algorithm set up already, such as [`Integrity::sha2_256_96`]. A combined mode ignores
    /// the latter.
    #[must_use]
    pub fn with_integrity(cipher: Cipher, integrity: Integrity) -> Self {
        let check = match cipher.facts().is_aead() {
            true => Check::Cipher,
            false => Check::Integrity(integrity),
        };
        Self { cipher, check }
    }

    /// Opens without verifying: what comes out must be marked as unchecked. `icv_len` octets are cut off the end. A
    /// combined mode verifies all the same.
    #[must_use]
    pub fn unchecked(cipher: Cipher, icv_len: usize) -> Self {
        let check = match cipher.facts().is_aead() {
            true => Check::Cipher,
            false => Check::Skipped(icv_len),
        };
        Self { cipher, check }
    }

    /// Whether opening proves that the octets are the peer's.
    #[must_use]
    pub fn verifies(&self) -> bool {
        match &self.check {
            Check::Cipher => true,
            Check::Integrity(integrity) => integrity.icv_len() > 0,
            Check::Skipped(_) => false,
        }
    }

    /// Octets of integrity check value at the end of a message or packet.
    #[must_use]
    pub fn icv_len(&self) -> usize {
        match &self.check {
            Check::Cipher => self.facts().icv_len,
            Check::Integrity(integrity) => integrity.icv_len(),
            Check::Skipped(icv_len) => *icv_len,
        }
    }

    /// The cipher's facts.
    #[must_use]
    pub fn facts(&self) -> &'static CipherFacts {
        self.cipher.facts()
    }

    /// Verifies and decrypts `protected[body..]`, which is initialization vector, ciphertext and integrity check value,
    /// into `out`. `extension` is what the check covers behind the octets on the wire (the high half of an ESN), `aad` what
    /// a combined mode authenticates, `implicit_iv` the sequence number.
    pub(super) fn open<'o>(
        &self,
        protected: &[u8],
        body: usize,
        aad: &[u8],
        extension: &[u8],
        implicit_iv: &[u8],
        out: &'o mut Vec<u8>,
    ) -> Result<&'o mut [u8], CryptoError> {
        let facts = self.facts();
        let available = protected.len().saturating_sub(body);
        let minimum = facts.iv_len + self.icv_len();
        let too_short = || CryptoError::TooShort { available, minimum };
        if available < minimum {
            return Err(too_short());
        }
        let mut end = protected.len();
        if !matches!(self.check, Check::Cipher) {
            end = end.saturating_sub(self.icv_len());
        }
        if let Check::Integrity(integrity) = &self.check {
            let (covered, icv) = protected.split_at_checked(end).ok_or_else(too_short)?;
            integrity.verify(&[covered, extension], icv)?;
        }
        let text_start = body.saturating_add(facts.iv_len);
        let iv = protected.get(body..text_start).ok_or_else(too_short)?;
        let text = protected.get(text_start..end).ok_or_else(too_short)?;
        out.clear();
        out.extend_from_slice(text);
        let iv = if facts.implicit_iv() { implicit_iv } else { iv };
        self.cipher.open(aad, iv, out)
    }

    /// The inverse of [`Self::open`]: appends initialization vector, ciphertext and integrity check value to `protected`.
    pub(super) fn seal(
        &self,
        protected: &mut Vec<u8>,
        iv: &[u8],
        aad: &[u8],
        extension: &[u8],
        mut text: Vec<u8>,
    ) -> Result<(), CryptoError> {
        self.cipher.seal(aad, iv, &mut text)?;
        if !self.facts().implicit_iv() {
            protected.extend_from_slice(iv);
        }
        protected.append(&mut text);
        if let Check::Integrity(integrity) = &self.check {
            let icv = integrity.icv(&[], &[protected, extension]);
            protected.extend(icv.unwrap_or_default());
        }
        Ok(())
    }
}
