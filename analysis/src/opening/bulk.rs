//! Packets of SAs whose keys are known, for whoever opens many of them on several threads.

use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

use super::esp_sa::{Numbers, SaKeys};
use super::flows::open_one;
use super::inner::unwrap;
use crate::opened::{Carriage, Integrity, KeySource, OpeningNote};

/// Keys that opened the packets of a flow before: ready to open the next one, on any thread.
#[derive(Clone, Debug)]
pub struct ReadySa {
    pub(super) keys: Arc<SaKeys>,
    pub(super) ends: (IpAddr, IpAddr),
}

/// A packet that was opened in a buffer.
#[derive(Clone, Debug)]
pub struct InBulk {
    /// Place of the inner packet in the buffer.
    pub place: Range<usize>,
    /// Next Header.
    pub next_header: u8,
    /// Whether the inner packet is an IP packet.
    pub carriage: Carriage,
}

impl ReadySa {
    /// Opens an ESP packet, from its SPI to the end of its ICV, into `out`. None if the keys do not fit, or if the packet is
    /// one for [`super::Opener::open`]: with ESP inside, or of BEET mode.
    #[must_use]
    pub fn open(&self, packet: &[u8], out: &mut Vec<u8>) -> Option<InBulk> {
        let (place, next_header) = open_one(&self.keys, packet, None, out).ok()?;
        let unwrapped = unwrap(out, place, next_header, self.ends, None);
        let beet = OpeningNote::Beet { told: false };
        let plain = unwrapped.nested.is_none() && !unwrapped.notes.contains(&beet);
        plain.then_some(InBulk {
            place: unwrapped.place,
            next_header: unwrapped.next_header,
            carriage: unwrapped.carriage,
        })
    }

    /// Addresses of the packets.
    #[must_use]
    pub fn ends(&self) -> (IpAddr, IpAddr) {
        self.ends
    }

    /// What opening proves.
    #[must_use]
    pub fn integrity(&self) -> Integrity {
        match self.keys.verifies() {
            true => Integrity::Verified,
            false => Integrity::Unchecked,
        }
    }

    /// Where the key stands.
    #[must_use]
    pub fn source(&self) -> KeySource {
        self.keys.origin.source()
    }

    pub(super) fn new(keys: Arc<SaKeys>, numbers: Numbers, ends: (IpAddr, IpAddr)) -> Option<Self> {
        // The high half of a sequence number follows from the packets before: these are opened in order.
        numbers.last.is_none().then_some(Self { keys, ends })
    }
}
