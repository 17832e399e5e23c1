//! Octets nobody can guess, from a seed that the caller draws.

use std::cell::Cell;

use ikescope_crypto::hash::Hash;
use ikescope_dissectors::registries::ikev1::HashAlgorithm;

/// A generator: SHA-256 over the seed and a counter. With the same seed it gives the same octets, which is what tests need.
#[derive(Debug)]
pub struct Random {
    seed: [u8; 32],
    drawn: Cell<u64>,
}

impl Random {
    /// Takes a seed, which must come from the operating system where peers are real.
    #[must_use]
    pub const fn new(seed: [u8; 32]) -> Self {
        Self {
            seed,
            drawn: Cell::new(0),
        }
    }

    /// This many octets.
    pub fn octets(&self, count: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(count.next_multiple_of(32));
        while out.len() < count {
            let counter = self.drawn.get();
            self.drawn.set(counter.wrapping_add(1));
            out.extend(block(&self.seed, counter));
        }
        out.truncate(count);
        out
    }

    /// A number, zero never: it may become an SPI.
    pub fn number(&self) -> u64 {
        let octets = self.octets(8);
        let number = octets
            .iter()
            .fold(0, |number, octet| number << 8 | u64::from(*octet));
        u64::max(number, 1)
    }

    /// An index below `count`; zero for an empty range.
    pub fn below(&self, count: usize) -> usize {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        usize::try_from(self.number().checked_rem(count).unwrap_or_default()).unwrap_or_default()
    }
}

fn block(seed: &[u8; 32], counter: u64) -> Vec<u8> {
    // SHA-256 is always supported; were it not, the seed itself would be the worst to give.
    Hash::new(HashAlgorithm::SHA2_256)
        .unwrap_or_else(|_| Hash::sha1())
        .digest(&[seed, &counter.to_be_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_octets_and_never_twice() {
        let (one, two) = (Random::new([7; 32]), Random::new([7; 32]));
        let first = one.octets(40);
        assert_eq!(first, two.octets(40));
        assert_eq!(first.len(), 40);
        assert_ne!(first, one.octets(40));
        assert_ne!(Random::new([8; 32]).octets(40), first);
    }
}
