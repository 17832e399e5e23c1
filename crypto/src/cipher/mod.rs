//! Ciphers of IKE and ESP, by their numbers.

mod context;
mod engine;
mod facts;

pub use context::Cipher;
pub use facts::{CipherFacts, KeySizes, Mode};
