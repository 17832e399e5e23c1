//! Why a computation was not possible. No variant carries key material.

use thiserror::Error;

/// Why an algorithm could not be set up or its input not be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CryptoError {
    /// The algorithm is known or unknown to the registry, but not implemented.
    #[error("{what} is not supported")]
    Unsupported {
        /// The algorithm's name, or its number where it has none.
        what: String,
    },
    /// A Key Length attribute that the algorithm does not have.
    #[error("{what} has no key of {bits} bits")]
    KeyBits {
        /// The algorithm.
        what: String,
        /// The length asked for, in bits.
        bits: u16,
    },
    /// Key material (key, and salt where there is one) of the wrong length.
    #[error("{what} needs {expected} octets of key material, not {actual}")]
    KeyMaterial {
        /// The algorithm.
        what: String,
        /// Octets the algorithm takes.
        expected: usize,
        /// Octets given.
        actual: usize,
    },
    /// An initialization vector of the wrong length.
    #[error("{what} needs an initialization vector of {expected} octets, not {actual}")]
    IvLength {
        /// The algorithm.
        what: String,
        /// Octets the algorithm takes.
        expected: usize,
        /// Octets given.
        actual: usize,
    },
    /// Fewer octets than the fixed parts need.
    #[error("{available} octets are too few: at least {minimum} are needed")]
    TooShort {
        /// Octets given.
        available: usize,
        /// Octets that the fixed parts take.
        minimum: usize,
    },
    /// A ciphertext that is no whole number of blocks.
    #[error(
        "the encrypted part has {len} octets, which is no multiple of the block of {block_len}"
    )]
    BlockMultiple {
        /// Octets given.
        len: usize,
        /// Octets of a block.
        block_len: usize,
    },
    /// A Pad Length that exceeds what was decrypted.
    #[error("the padding of {declared} octets exceeds the {available} that were decrypted")]
    Padding {
        /// Octets that Pad Length says.
        declared: u8,
        /// Octets before Pad Length.
        available: usize,
    },
    /// The integrity check value does not belong to these octets and this key.
    #[error("the integrity check value does not match")]
    IntegrityMismatch,
    /// More octets asked of a pseudorandom function than 255 rounds give (RFC 7296, section 2.13).
    #[error("{octets} octets of key material exceed what the pseudorandom function can give")]
    TooMuchKeyMaterial {
        /// Octets asked for.
        octets: usize,
    },
    /// A private value that the key exchange method cannot use.
    #[error("the private value does not fit {method}: {reason}")]
    PrivateValue {
        /// The key exchange method.
        method: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A public value that the key exchange method must refuse (RFC 6989).
    #[error("the public value does not fit {method}: {reason}")]
    PublicValue {
        /// The key exchange method.
        method: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl CryptoError {
    /// What is not supported, by name; any other error in words. For sentences that say themselves that it is not supported.
    pub fn into_subject(self) -> String {
        match self {
            Self::Unsupported { what } => what,
            error => error.to_string(),
        }
    }
}
