//! Signatures of AUTH and SIG payloads, verified with the key of a certificate.
//!
//! Only public values are computed with, so that nothing here needs to hide its timing.

mod der;
mod ecdsa;
mod ed25519;
mod public_key;
mod rsa;
mod scheme;

pub use public_key::PublicKey;
pub use scheme::Scheme;
