//! IKEv1: the payloads of RFC 2408, RFC 2407, RFC 2409, RFC 3947 and the drafts that were deployed.

mod body;

pub use body::Body;

pub use crate::registries::ikev1::PayloadType;
