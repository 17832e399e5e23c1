//! The SAs of the packets seen lately.

use std::net::IpAddr;
use std::ops::Range;
use std::ptr;

use ikescope_analysis::opening::{Opener, ReadySa};
use ikescope_analysis::{Content, Observation, plain_esp};
use ikescope_capture::Frame;
use ikescope_dissectors::Spi;

use super::batch::{Batch, BatchSa};

/// SAs whose keys are known, so that most packets need no search. The SPI tells the place; of two SAs that want the same the
/// later one has it.
#[derive(Debug)]
pub(crate) struct KnownSas {
    places: Vec<Option<KnownSa>>,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct KnownSa {
    spi: Spi,
    ends: (IpAddr, IpAddr),
    ready: ReadySa,
    /// Its place in the tally, once a packet of it is counted.
    pub(crate) tally: Option<usize>,
    /// The batch that it stands in, and its place there.
    batch: Option<(u64, usize)>,
}

impl KnownSas {
    pub(crate) fn new() -> Self {
        Self {
            places: std::iter::repeat_with(|| None).take(PLACES).collect(),
        }
    }

    /// Forgets all: other keys may fit by now.
    pub(crate) fn clear(&mut self) {
        self.places.fill_with(|| None);
    }

    /// The SA of a packet that can be opened in any order and stands in the frame, with the places of its IP header and of
    /// itself; see [`Opener::ready`].
    pub(crate) fn find(
        &mut self,
        frame: &Frame<'_>,
        observation: &Observation<'_>,
        opener: &Opener,
    ) -> Option<(&mut KnownSa, usize, Range<usize>)> {
        let (Content::Esp(Some(esp)), false) = (&observation.content, observation.truncated) else {
            return None;
        };
        let header = observation.header?;
        let packet = observation.offset..observation.offset + observation.octets.len();
        // What was put together from several stands in no frame.
        if !ptr::eq(frame.octets.get(packet.clone())?, observation.octets) {
            return None;
        }
        let (spi, ends) = (
            esp.spi,
            (observation.src?.address, observation.dst?.address),
        );
        let place = self.places.get_mut(index(spi))?;
        let known = place
            .as_ref()
            .is_some_and(|sa| sa.spi == spi && sa.ends == ends);
        if !known {
            *place = Some(KnownSa {
                spi,
                ends,
                ready: opener.ready(observation)?,
                tally: None,
                batch: None,
            });
        }
        Some((place.as_mut()?, header, packet))
    }

    /// The SA of a frame of which a look tells the ESP packet in it, as of most: with the place of the IP header, and of the
    /// packet. Only one of which packets were found before.
    pub(crate) fn of_frame(
        &mut self,
        frame: &Frame<'_>,
    ) -> Option<(&mut KnownSa, usize, Range<usize>)> {
        let (packet, esp) = plain_esp(frame)?;
        let ends = (packet.src.into(), packet.dst.into());
        let sa = self.places.get_mut(index(esp.spi))?.as_mut()?;
        let known = sa.spi == esp.spi && sa.ends == ends && sa.tally.is_some();
        let place = packet.offset..packet.offset + packet.length;
        known.then_some((sa, packet.header, place))
    }
}

impl KnownSa {
    /// Its place in a batch with this number. None before a packet of it was counted.
    pub(crate) fn place_in(&mut self, batch: &mut Batch, number: u64) -> Option<usize> {
        if let Some((known, place)) = self.batch
            && known == number
        {
            return Some(place);
        }
        let place = batch.sas.len();
        batch.sas.push(BatchSa {
            ready: self.ready.clone(),
            spi: self.spi,
            tally: self.tally?,
            opened: 0,
        });
        self.batch = Some((number, place));
        Some(place)
    }
}

fn index(spi: Spi) -> usize {
    (spi.0.wrapping_mul(0x9e37_79b1) >> 16) as usize & (PLACES - 1)
}

/// A power of two. Gateways with more SAs than this have their packets searched for, which is slower and nothing else.
const PLACES: usize = 4_096;
