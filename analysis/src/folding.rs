//! A hash for a few octets that is looked up for nearly every packet. The multiplication with a number that is not known
//! outside keeps a sender from choosing keys that collide; the tables it serves are bounded beside.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Makes hashes with a number of its own.
#[derive(Clone, Debug)]
pub(crate) struct Folding {
    seed: u64,
}

/// The state of one hash.
#[derive(Debug)]
pub(crate) struct Folded {
    state: u64,
    factor: u64,
}

impl Default for Folding {
    fn default() -> Self {
        Self {
            seed: RandomState::new().hash_one(0_u8),
        }
    }
}

impl BuildHasher for Folding {
    type Hasher = Folded;

    fn build_hasher(&self) -> Folded {
        Folded {
            state: self.seed,
            factor: self.seed.rotate_left(32) | 1,
        }
    }
}

impl Folded {
    fn fold(&mut self, value: u64) {
        let product = u128::from(self.state ^ value) * u128::from(self.factor ^ MIX);
        self.state = (product as u64) ^ ((product >> 64) as u64);
    }
}

impl Hasher for Folded {
    fn finish(&self) -> u64 {
        self.state
    }

    fn write(&mut self, octets: &[u8]) {
        let (words, rest) = octets.as_chunks();
        for word in words {
            self.fold(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut word = [0; 8];
            word.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            self.fold(u64::from_le_bytes(word));
        }
    }

    fn write_u32(&mut self, value: u32) {
        self.fold(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.fold(value);
    }

    fn write_usize(&mut self, value: usize) {
        self.fold(value as u64);
    }

    fn write_isize(&mut self, value: isize) {
        self.fold(value as u64);
    }
}

/// Bits without a pattern: the fractional part of the golden ratio.
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::net::IpAddr;

    use ikescope_dissectors::Spi;

    use super::*;

    #[test]
    fn neighbours_are_spread() {
        let folding = Folding::default();
        let mut hashes = HashSet::new();
        for spi in 0..1_000_u32 {
            for last in 0..8 {
                let address = IpAddr::from([192, 0, 2, last]);
                hashes.insert(folding.hash_one((Spi(spi), address)) >> 40);
            }
        }
        assert!(hashes.len() > 7_900, "{}", hashes.len());
    }
}
