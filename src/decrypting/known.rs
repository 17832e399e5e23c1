//! The SAs of the packets seen lately.

use std::net::IpAddr;

use ikescope_analysis::opening::{Opener, ReadySa};
use ikescope_analysis::{Content, Observation};
use ikescope_dissectors::Spi;

/// SAs whose keys are known, so that most packets need no search. The SPI tells the place; of two SAs that want the same the
/// later one has it.
#[derive(Debug)]
pub(crate) struct KnownSas {
    places: Vec<Option<KnownSa>>,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct KnownSa {
    pub(crate) spi: Spi,
    ends: (IpAddr, IpAddr),
    pub(crate) ready: ReadySa,
    /// Its place in the tally, once a packet of it is counted.
    pub(crate) tally: Option<usize>,
    /// The batch that it stands in, and its place there.
    pub(crate) batch: Option<(u64, usize)>,
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

    /// The SA of a packet that can be opened in any order; see [`Opener::ready`].
    pub(crate) fn find(
        &mut self,
        observation: &Observation<'_>,
        opener: &Opener,
    ) -> Option<&mut KnownSa> {
        let (Content::Esp(Some(esp)), false) = (&observation.content, observation.truncated) else {
            return None;
        };
        let (spi, ends) = (
            esp.spi,
            (observation.src?.address, observation.dst?.address),
        );
        let index = (spi.0.wrapping_mul(0x9e37_79b1) >> 16) as usize & (PLACES - 1);
        let place = self.places.get_mut(index)?;
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
        place.as_mut()
    }
}

/// A power of two. Gateways with more SAs than this have their packets searched for, which is slower and nothing else.
const PLACES: usize = 4_096;
