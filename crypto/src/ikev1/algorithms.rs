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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_differ_between_the_versions_meet_by_name() {
        // RFC 2409, appendix A, and RFC 4312 against RFC 7296, section 3.3.2, and RFC 5529.
        for (one, two) in [(1, 2), (2, 5), (3, 7), (5, 3), (6, 6), (7, 12), (8, 23)] {
            let mapped = phase_one_encryption(PhaseOneEncryption(one));
            assert_eq!(mapped, Ok(EncryptionAlgorithm(two)), "{one}");
        }
        // RFC 2407, section 4.4.4, and its successors: equal but for Camellia and GMAC.
        for (one, two) in [
            (2, 2),
            (3, 3),
            (7, 7),
            (11, 11),
            (12, 12),
            (13, 13),
            (14, 14),
            (20, 20),
            (22, 23),
            (23, 21),
        ] {
            let mapped = esp_encryption(EspTransform(one));
            assert_eq!(mapped, Ok(EncryptionAlgorithm(two)), "{one}");
        }
        // RFC 2407, section 4.5, RFC 4868 and RFC 4543.
        for (one, two) in [
            (1, 1),
            (2, 2),
            (5, 12),
            (6, 13),
            (7, 14),
            (9, 5),
            (11, 9),
            (12, 10),
            (13, 11),
        ] {
            let mapped = esp_integrity(IpsecAuthentication(one));
            assert_eq!(mapped, Ok(IntegrityAlgorithm(two)), "{one}");
        }
        for (one, two) in [(2, 1), (3, 2), (5, 12), (6, 13), (7, 14), (9, 5), (11, 9)] {
            let mapped = ah_integrity(AhTransform(one));
            assert_eq!(mapped, Ok(IntegrityAlgorithm(two)), "{one}");
        }
    }

    #[test]
    fn what_has_no_counterpart_is_named() {
        let refused = esp_encryption(EspTransform::SEED_CBC).map_err(|error| error.to_string());
        assert_eq!(refused, Err("SEED-CBC is not supported".to_owned()));
    }
}
