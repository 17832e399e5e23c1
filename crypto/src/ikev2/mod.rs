//! Key derivation of IKEv2 (RFC 7296).
