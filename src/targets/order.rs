//! A random order of numbers that is computed, not stored.

/// A permutation of `0..size`. The same seed gives the same one.
///
/// A Feistel network permutes the next even power of two; what falls outside is permuted again until it falls inside
/// (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002), which takes fewer than four steps on average.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    size: u64,
    half: u32,
    seed: u64,
}

impl Order {
    pub(super) const fn new(size: u64, seed: u64) -> Self {
        let bits = u64::BITS - size.saturating_sub(1).leading_zeros();
        Self {
            size,
            half: bits.div_ceil(2),
            seed,
        }
    }

    /// Which number comes at `position`; to be asked for positions below the size.
    pub(super) fn at(self, position: u64) -> u64 {
        if self.size <= 1 {
            return 0;
        }
        let mut number = self.permute(position);
        while number >= self.size {
            number = self.permute(number);
        }
        number
    }

    fn permute(self, number: u64) -> u64 {
        let mask = (1 << self.half) - 1;
        let (mut left, mut right) = (number >> self.half, number & mask);
        for round in 0..ROUNDS {
            let mixed = mix(right ^ self.seed.wrapping_add(round.wrapping_mul(GOLDEN)));
            (left, right) = (right, (left ^ mixed) & mask);
        }
        left << self.half | right
    }
}

/// The finalizer of `SplitMix64` (Steele, Lea and Flood, 2014): every bit depends on every other.
const fn mix(number: u64) -> u64 {
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

/// Four make a Feistel network of random functions a random permutation (Luby and Rackoff); nobody attacks this one.
const ROUNDS: u64 = 4;
/// The golden ratio in 64 bits: round keys far from each other.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_once() {
        for size in [0, 1, 2, 3, 4, 5, 15, 16, 17, 255, 256, 257, 65_536, 100_000] {
            let order = Order::new(size, 7);
            let mut seen = vec![false; usize::try_from(size).unwrap()];
            for position in 0..size {
                let number = usize::try_from(order.at(position)).unwrap();
                assert!(!seen[number], "{number} twice of {size}");
                seen[number] = true;
            }
        }
    }

    #[test]
    fn seeds_give_different_orders_that_are_not_the_natural_one() {
        let of = |seed| (0..1000).map(move |n| Order::new(1000, seed).at(n));
        assert!(of(1).eq(of(1)));
        assert!(!of(1).eq(of(2)));
        let neighbours = of(1)
            .zip(of(1).skip(1))
            .filter(|(a, b)| a.abs_diff(*b) == 1);
        assert!(neighbours.count() < 20);
    }

    #[test]
    fn large_lists_cost_nothing() {
        let order = Order::new(1 << 40, 3);
        assert!((0..1000).all(|n| order.at(n) < 1 << 40));
    }
}
