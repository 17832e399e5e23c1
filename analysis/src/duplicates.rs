//! ESP and AH packets that were captured twice.

use ikescope_dissectors::Spi;

use crate::limits::RECENT_PACKETS;
use crate::observation::FrameId;

/// The last packets by SPI and sequence number. A packet has a pair of slots, of which it takes the one used less lately.
///
/// Small enough for the first cache: every packet looks here, and at a place that nothing foretells.
///
/// Nothing is held before the first packet: of thousands of peers that are asked at once none sends any.
#[derive(Debug)]
pub(crate) struct RecentPackets {
    pairs: Vec<[Slot; 2]>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    spi: u32,
    sequence: u32,
    digest: u64,
    /// Frame number 0 where the slot is empty.
    frame: FrameId,
}

impl RecentPackets {
    pub(crate) const fn new() -> Self {
        Self { pairs: Vec::new() }
    }

    /// Remembers this packet and gives the frame of the first copy, if this one is the same octet for octet as far as
    /// its digest tells.
    pub(crate) fn observe(
        &mut self,
        spi: Spi,
        sequence: u32,
        digest: u64,
        frame: FrameId,
    ) -> Option<FrameId> {
        let mixed = (spi.0 ^ sequence.rotate_left(16)).wrapping_mul(0x9e37_79b1);
        let index = (mixed >> 8) as usize & (RECENT_PACKETS / 2 - 1);
        if self.pairs.is_empty() {
            self.pairs.resize_with(RECENT_PACKETS / 2, Default::default);
        }
        let pair = self.pairs.get_mut(index)?;
        let same = |slot: &&Slot| {
            slot.frame.number != 0
                && (slot.spi, slot.sequence, slot.digest) == (spi.0, sequence, digest)
        };
        if let Some(first) = pair.iter().find(same) {
            return Some(first.frame);
        }
        pair.swap(0, 1);
        pair[0] = Slot {
            spi: spi.0,
            sequence,
            digest,
            frame,
        };
        None
    }
}
