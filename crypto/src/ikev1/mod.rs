//! Key derivation and authentication of IKEv1 (RFC 2409).

mod algorithms;
mod hashes;
mod keys;

pub use algorithms::{ah_integrity, esp_encryption, esp_integrity, phase_one_encryption};
pub use hashes::{PhaseOne, hash_1, hash_2, hash_3};
pub use keys::{
    PhaseOneKeys, QuickMode, SaKeys, initial_iv, phase_two_iv, skeyid_psk, skeyid_public_key,
    skeyid_signature,
};
