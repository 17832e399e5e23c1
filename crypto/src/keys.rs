//! The type that holds key material.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Key material: cleared when dropped, never shown by `Debug`, compared in constant time.
#[derive(Clone, Default, Zeroize, ZeroizeOnDrop)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes over the octets; they are cleared when the secret is dropped.
    #[must_use]
    pub fn new(octets: Vec<u8>) -> Self {
        Self(octets)
    }

    /// The octets themselves. Whoever calls this decides where they may go.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Length in octets.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no octet at all, as SK_a of a combined-mode cipher.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Cuts the first `len` octets off, or `None` when there are fewer.
    #[must_use]
    pub fn take(&mut self, len: usize) -> Option<Self> {
        if len > self.0.len() {
            return None;
        }
        let rest = self.0.split_off(len);
        let first = std::mem::replace(&mut self.0, rest);
        Some(Self(first))
    }
}

impl From<Vec<u8>> for Secret {
    fn from(octets: Vec<u8>) -> Self {
        Self::new(octets)
    }
}

impl From<&[u8]> for Secret {
    fn from(octets: &[u8]) -> Self {
        Self::new(octets.to_vec())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} octets)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_length_alone() {
        let secret = Secret::new(vec![0xab; 32]);
        assert_eq!(format!("{secret:?}"), "Secret(32 octets)");
    }

    #[test]
    fn taking_splits_in_order() {
        let mut secret = Secret::new(vec![1, 2, 3]);
        assert_eq!(secret.take(1), Some(Secret::new(vec![1])));
        assert_eq!(secret.take(3), None);
        assert_eq!(secret.take(2), Some(Secret::new(vec![2, 3])));
        assert!(secret.is_empty());
    }
}
