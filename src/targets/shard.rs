//! One part of a list that is split over machines.

use std::fmt;
use std::str::FromStr;

/// `K/N`: of N parts the K-th, from 1. Every address of a list is in exactly one part, whatever the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shard {
    index: u64,
    count: u64,
}

impl Shard {
    /// The whole list.
    pub(crate) const WHOLE: Self = Self { index: 0, count: 1 };

    /// How many of `total` are in this part.
    pub(super) fn size(self, total: u64) -> u64 {
        total.saturating_sub(self.index).div_ceil(self.count)
    }

    /// Where in the whole list the `position`-th of this part stands.
    pub(super) fn place(self, position: u64) -> u64 {
        position * self.count + self.index
    }
}

impl Default for Shard {
    fn default() -> Self {
        Self::WHOLE
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index + 1, self.count)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(part, count)| {
            let part: u32 = part.parse().ok()?;
            let count: u32 = count.parse().ok()?;
            (1..=count).contains(&part).then_some((part, count))
        });
        match parts {
            Some((part, count)) => Ok(Self {
                index: u64::from(part - 1),
                count: u64::from(count),
            }),
            None => Err(
                "K/N is expected with K from 1 to N, for instance 2/4: the second of four parts"
                    .to_owned(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_the_list_once() {
        for total in [0, 1, 2, 7, 256, 1000] {
            for count in [1, 2, 3, 7, 300] {
                let mut seen: Vec<u64> = (1..=count)
                    .map(|part| format!("{part}/{count}").parse::<Shard>().unwrap())
                    .flat_map(|shard| (0..shard.size(total)).map(move |n| shard.place(n)))
                    .collect();
                seen.sort_unstable();
                assert!(seen.iter().copied().eq(0..total), "{total} in {count}");
            }
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "1", "0/2", "3/2", "1/0", "a/b", "1/2/3", "-1/2"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
        assert_eq!("2/4".parse::<Shard>().unwrap().to_string(), "2/4");
    }
}
