//! Algorithms of IKEv1's registries as those of IKEv2's, which the rest of this crate speaks.
//!
//! The registries number differently and share the short names, so no second table is needed.

use ikescope_dissectors::Registry;
use ikescope_dissectors::registries::ikev1::{
    AhTransform, EncryptionAlgorithm as PhaseOneEncryption, EspTransform, IpsecAuthentication,
};
use ikescope_dissectors::registries::ikev2::{EncryptionAlgorithm, IntegrityAlgorithm};

use crate::CryptoError;

/// The encryption algorithm of phase 1.
///
/// # Errors
/// [`CryptoError::Unsupported`].
pub fn phase_one_encryption(id: PhaseOneEncryption) -> Result<EncryptionAlgorithm, CryptoError> {
    same_name(id)
}

/// The encryption algorithm of an ESP transform.
///
/// # Errors
/// [`CryptoError::Unsupported`].
pub fn esp_encryption(id: EspTransform) -> Result<EncryptionAlgorithm, CryptoError> {
    same_name(id)
}

/// The integrity algorithm of an Authentication Algorithm attribute.
///
/// # Errors
/// [`CryptoError::Unsupported`].
pub fn esp_integrity(id: IpsecAuthentication) -> Result<IntegrityAlgorithm, CryptoError> {
    same_name(id)
}

/// The integrity algorithm of an AH transform.
///
/// # Errors
/// [`CryptoError::Unsupported`].
pub fn ah_integrity(id: AhTransform) -> Result<IntegrityAlgorithm, CryptoError> {
    same_name(id)
}

fn same_name<From: Registry, To: Registry>(id: From) -> Result<To, CryptoError> {
    id.short()
        .and_then(|name| {
            let row = To::rows().iter().find(|row| row.short == Some(name))?;
            To::from_value(row.value)
        })
        .ok_or_else(|| CryptoError::Unsupported {
            what: id.short_name().to_string(),
        })
}
