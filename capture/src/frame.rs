//! One frame as captured, and its time

use crate::LinkType;
use std::fmt;

/// A time since the Unix epoch, UTC
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Whole seconds, rounded down
    pub seconds: i64,
    /// Nanoseconds after `seconds`, below 1,000,000,000
    pub nanos: u32,
}

impl Timestamp {
    /// Seconds and any number of nanoseconds after them: capture files do not promise fewer than a second's.
    pub fn new(seconds: i64, nanos: u64) -> Self {
        let carry = i64::try_from(nanos / NANOS).unwrap_or(i64::MAX);
        Self {
            seconds: seconds.saturating_add(carry),
            nanos: (nanos % NANOS) as u32,
        }
    }

    /// Nanoseconds since the epoch
    pub fn as_nanos(self) -> i128 {
        i128::from(self.seconds) * i128::from(NANOS) + i128::from(self.nanos)
    }

    /// Nanoseconds from `earlier` to this time, negative when `earlier` is later; saturates after 292 years
    pub fn nanos_since(self, earlier: Self) -> i64 {
        let seconds = self.seconds.saturating_sub(earlier.seconds);
        let nanos = i64::from(self.nanos) - i64::from(earlier.nanos);
        seconds.saturating_mul(NANOS as i64).saturating_add(nanos)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09}", self.seconds, self.nanos)
    }
}

/// One frame as captured
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Index of the input it came from
    pub file: u32,
    /// Counts from 1 within its input
    pub number: u64,
    /// `None` where the file has no times (pcapng Simple Packet Blocks)
    pub time: Option<Timestamp>,
    /// Octets on the wire
    pub length: u32,
    /// Octets captured
    pub captured: u32,
    /// What the octets begin with
    pub link: LinkType,
    /// The captured octets; the first of them where no more were asked for
    pub octets: &'a [u8],
}

const NANOS: u64 = 1_000_000_000;
