//! ESP and AH packets that were captured twice.

use ikescope_dissectors::Spi;

use crate::limits::RECENT_PACKETS;
use crate::observation::FrameId;

/// The last packets by SPI and sequence number. A slot holds one packet: older ones are overwritten.
#[derive(Debug)]
pub(crate) struct RecentPackets {
    slots: Vec<Slot>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    spi: u32,
    sequence: u32,
    digest: u64,
    frame: Option<FrameId>,
}

impl RecentPackets {
    pub(crate) fn new() -> Self {
        Self {
            slots: vec![Slot::default(); RECENT_PACKETS],
        }
    }

    /// Remembers this packet and gives the frame of the first copy, if this one is the same octet for octet as far as
    /// length and end (where the ICV stands) tell.
    pub(crate) fn observe(
        &mut self,
        spi: Spi,
        sequence: u32,
        octets: &[u8],
        frame: FrameId,
    ) -> Option<FrameId> {
        let mixed = (spi.0 ^ sequence.rotate_left(16)).wrapping_mul(0x9e37_79b1);
        let index = (mixed >> 8) as usize & (RECENT_PACKETS - 1);
        let tail = octets
            .last_chunk::<8>()
            .map_or(0, |tail| u64::from_be_bytes(*tail));
        let digest = tail ^ ((octets.len() as u64) << 48);
        let slot = self.slots.get_mut(index)?;
        if let Some(first) = slot.frame
            && (slot.spi, slot.sequence, slot.digest) == (spi.0, sequence, digest)
        {
            return Some(first);
        }
        *slot = Slot {
            spi: spi.0,
            sequence,
            digest,
            frame: Some(frame),
        };
        None
    }
}
