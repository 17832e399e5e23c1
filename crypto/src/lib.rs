//! Ciphers, key derivation and opening of IKE, ESP and AH.
//!
//! Algorithms are chosen by their IANA numbers, so that what a proposal on the wire says is what is computed. Nothing here
//! knows files, sockets, clocks or randomness: octets and keys come in, octets come out.
//!
//! The code reads captures and speaks with test peers. It compares tags in constant time and clears keys, but the curves
//! and the modular exponentiations of [`key_exchange`] are not hardened against an observer of this machine's timing.

pub mod cipher;
pub mod error;
pub mod hash;
pub mod ikev1;
pub mod ikev2;
pub mod key_exchange;
pub mod key_material;
pub mod keys;
pub mod mac;
pub mod opening;
pub mod signature;

pub use error::CryptoError;
pub use keys::Secret;
