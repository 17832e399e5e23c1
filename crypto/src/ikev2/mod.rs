//! Key derivation and authentication of IKEv2 (RFC 7296, RFC 8784, RFC 9242, RFC 9370).

mod auth;
mod keys;
mod suite;

pub use auth::{IntAuth, IntermediateMessage, SignedOctets, maced_id, shared_key_auth};
pub use keys::{ChildKeys, IkeKeys, Nonces, Spis, intermediate_skeyseed, rekey_skeyseed, skeyseed};
pub use suite::{ChildSuite, Suite};
