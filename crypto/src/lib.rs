//! Ciphers, key derivation and opening of IKE, ESP and AH
