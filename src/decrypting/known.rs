//! The SAs of the packets seen lately.

use std::net::IpAddr;
use std::ops::Range;
use std::ptr;

use ikescope_analysis::opening::{Opener, ReadySa};
use ikescope_analysis::{Content, Observation};
use ikescope_capture::{Frame, outermost_ip_header};
use ikescope_dissectors::Spi;
use ikescope_dissectors::registries::ip::IpProtocol;

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

    /// The SA of a frame that carries ESP behind one IPv4 header, which most do, without looking further: with the place of
    /// that header, and of the packet. Only one of which packets were found before.
    pub(crate) fn of_frame(
        &mut self,
        frame: &Frame<'_>,
    ) -> Option<(&mut KnownSa, usize, Range<usize>)> {
        let header = outermost_ip_header(frame.link, frame.octets)?;
        let ip = frame
            .octets
            .get(header..)?
            .first_chunk::<IPV4_HEADER_LEN>()?;
        let [
            first,
            _,
            t0,
            t1,
            _,
            _,
            f0,
            f1,
            _,
            protocol,
            _,
            _,
            addresses @ ..,
        ] = *ip;
        let [s0, s1, s2, s3, d0, d1, d2, d3] = addresses;
        let fragmented = f0 & MORE_AND_OFFSET != 0 || f1 != 0;
        if first != WITHOUT_OPTIONS || fragmented || protocol != IpProtocol::ESP.0 {
            return None;
        }
        let end = header + usize::from(u16::from_be_bytes([t0, t1]));
        let packet = header + IPV4_HEADER_LEN..end;
        let [i0, i1, i2, i3, _, _, _, _] = *frame.octets.get(packet.clone())?.first_chunk()?;
        let spi = Spi(u32::from_be_bytes([i0, i1, i2, i3]));
        let ends = ([s0, s1, s2, s3].into(), [d0, d1, d2, d3].into());
        let sa = self.places.get_mut(index(spi))?.as_mut()?;
        let known = sa.spi == spi && sa.ends == ends && sa.tally.is_some();
        known.then_some((sa, header, packet))
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
const IPV4_HEADER_LEN: usize = 20;
/// Version 4, five words.
const WITHOUT_OPTIONS: u8 = 0x45;
/// More Fragments and the upper bits of Fragment Offset.
const MORE_AND_OFFSET: u8 = 0x3f;
