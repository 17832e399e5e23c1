//! How an encryption algorithm is spelled in a suite.

use crate::registries::{ikev1, ikev2};
use crate::registry::Registry;

/// An encryption algorithm of IKEv2, of IKEv1's phase 1, or of IKEv1's ESP.
pub trait Cipher: Registry {
    /// Whether the key has one length only.
    fn has_fixed_key_length(self) -> bool;
}

impl Cipher for ikev2::EncryptionAlgorithm {
    fn has_fixed_key_length(self) -> bool {
        self.has_fixed_key_length()
    }
}

impl Cipher for ikev1::EncryptionAlgorithm {
    fn has_fixed_key_length(self) -> bool {
        self.has_fixed_key_length()
    }
}

impl Cipher for ikev1::EspTransform {
    fn has_fixed_key_length(self) -> bool {
        self.has_fixed_key_length()
    }
}

/// The short name with the key length in bits of a Key Length attribute: `AES-CBC-256`, `ENCR-2000-256`. Without the
/// attribute, and for a cipher of fixed key length, the short name alone.
pub fn suite_name<C: Cipher>(cipher: C, key_bits: Option<u16>) -> String {
    match key_bits {
        Some(bits) if !cipher.has_fixed_key_length() => format!("{}-{bits}", cipher.short_name()),
        _ => cipher.short_name().to_string(),
    }
}
