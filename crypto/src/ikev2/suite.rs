//! What two peers agreed on, as far as keys depend on it.

use ikescope_dissectors::registries::ikev2::{
    EncryptionAlgorithm, IntegrityAlgorithm, Prf as PrfId,
};

use crate::CryptoError;
use crate::cipher::CipherFacts;
use crate::mac::{IntegrityFacts, Prf};

/// The algorithms of an IKE SA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suite {
    /// Transform Type 1.
    pub encryption: EncryptionAlgorithm,
    /// Its Key Length attribute in bits.
    pub key_bits: Option<u16>,
    /// Transform Type 2.
    pub prf: PrfId,
    /// Transform Type 3; [`IntegrityAlgorithm::NONE`] for a combined mode.
    pub integrity: IntegrityAlgorithm,
}

/// The algorithms of a Child SA. AH has [`EncryptionAlgorithm::NULL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChildSuite {
    /// Transform Type 1.
    pub encryption: EncryptionAlgorithm,
    /// Its Key Length attribute in bits.
    pub key_bits: Option<u16>,
    /// Transform Type 3; [`IntegrityAlgorithm::NONE`] for a combined mode.
    pub integrity: IntegrityAlgorithm,
}

impl Suite {
    /// The pseudorandom function, ready for use.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`].
    pub fn prf(&self) -> Result<Prf, CryptoError> {
        Prf::new(self.prf)
    }

    /// The part that protects messages, as a Child SA would have it.
    #[must_use]
    pub fn protection(&self) -> ChildSuite {
        ChildSuite {
            encryption: self.encryption,
            key_bits: self.key_bits,
            integrity: self.integrity,
        }
    }
}

impl ChildSuite {
    /// Octets of encryption key, salt included (RFC 7296, section 2.17; RFC 5282, section 7.1).
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] or [`CryptoError::KeyBits`].
    pub fn encryption_len(&self) -> Result<usize, CryptoError> {
        CipherFacts::of(self.encryption)?.key_material_len(self.key_bits)
    }

    /// Octets of integrity key; zero for a combined mode, whatever the proposal named beside it (RFC 5282, section 8).
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`].
    pub fn integrity_len(&self) -> Result<usize, CryptoError> {
        match CipherFacts::of(self.encryption)?.is_aead() {
            true => Ok(0),
            false => IntegrityFacts::of(self.integrity).map(|facts| facts.key_len),
        }
    }
}
