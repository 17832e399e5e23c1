//! Key derivation of IKEv1 (RFC 2409).
