//! Packets on their way to the output, in order.

use std::ops::Range;

use ikescope_analysis::opening::{InBulk, ReadySa};
use ikescope_analysis::{Carriage, Integrity};
use ikescope_capture::{Carried, Envelope, Frame, LinkType, PacketBlock, Timestamp};
use ikescope_dissectors::Spi;

/// Packets that are opened together.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// Frames, as they were or as they will be written.
    pub(crate) octets: Vec<u8>,
    pub(crate) items: Vec<Item>,
    /// The SAs of its ESP packets.
    pub(crate) sas: Vec<BatchSa>,
    /// Blocks that workers made, in order.
    pub(crate) made: Vec<u8>,
    /// Items whose keys did not fit, with the place in `made` where they would stand.
    pub(crate) closed: Vec<(usize, usize)>,
}

/// One packet.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) meta: Meta,
    /// Its place in `octets`.
    pub(crate) place: Range<usize>,
    pub(crate) kind: Kind,
}

/// What is known of the frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meta {
    pub(crate) file: u32,
    pub(crate) number: u64,
    pub(crate) time: Option<Timestamp>,
    pub(crate) length: u32,
    pub(crate) link: LinkType,
    /// The number of the interface in the output.
    pub(crate) interface: u32,
}

/// What is to be done with it.
#[derive(Debug)]
pub(crate) enum Kind {
    /// It is ready, with a comment.
    Ready(String),
    /// As it was.
    Original,
    /// ESP, to be opened.
    Esp(EspJob),
    /// Something of the same frame was opened instead.
    Dropped,
}

/// An ESP packet in a frame.
#[derive(Debug)]
pub(crate) struct EspJob {
    /// Its SA, by its place in the batch.
    pub(crate) sa: usize,
    pub(crate) header: Option<usize>,
    /// Where ESP stands in the frame.
    pub(crate) packet: Range<usize>,
}

/// An SA of which a batch has packets: what is the same for all of them is there once.
#[derive(Debug)]
pub(crate) struct BatchSa {
    pub(crate) ready: ReadySa,
    pub(crate) spi: Spi,
    /// Its place in the tally.
    pub(crate) tally: usize,
    /// Packets that a worker opened.
    pub(crate) opened: u64,
}

impl Meta {
    pub(crate) fn of(frame: &Frame<'_>, interface: u32) -> Self {
        Self {
            interface,
            file: frame.file,
            number: frame.number,
            time: frame.time,
            length: frame.length,
            link: frame.link,
        }
    }
}

impl Meta {
    /// The block of the packet; `length` where octets are missing.
    fn block(&self, length: Option<u32>) -> PacketBlock {
        PacketBlock {
            interface: self.interface,
            time: self.time,
            length,
        }
    }

    /// `frame 7 of capture.pcapng: `
    pub(crate) fn origin(&self, names: &[String], out: &mut Vec<u8>) {
        let name = usize::try_from(self.file)
            .ok()
            .and_then(|file| names.get(file));
        out.extend_from_slice(b"frame ");
        decimal(self.number, out);
        if let Some(name) = name {
            out.extend_from_slice(b" of ");
            out.extend_from_slice(name.as_bytes());
        }
        out.extend_from_slice(b": ");
    }
}

impl Batch {
    /// Adds octets with what is to be done with them.
    pub(crate) fn push(&mut self, meta: Meta, octets: &[u8], kind: Kind) {
        let start = self.octets.len();
        self.octets.extend_from_slice(octets);
        self.items.push(Item {
            meta,
            place: start..self.octets.len(),
            kind,
        });
    }

    /// Whether it is time to pass it on.
    pub(crate) fn is_full(&self) -> bool {
        self.octets.len() >= FULL || self.items.len() >= MANY
    }

    /// Opens all ESP packets and makes all blocks. `names` are those of the inputs, for comments.
    pub(crate) fn open(&mut self, names: &[String], buffer: &mut Vec<u8>) {
        let Self {
            octets,
            items,
            sas,
            made,
            closed,
        } = self;
        made.clear();
        closed.clear();
        let comments: Vec<(String, String)> = sas.iter().map(BatchSa::comment).collect();
        for (index, item) in items.iter().enumerate() {
            let frame = octets.get(item.place.clone()).unwrap_or_default();
            let meta = item.meta;
            let copy = |out: &mut Vec<u8>| {
                out.extend_from_slice(frame);
                Some(())
            };
            match &item.kind {
                Kind::Dropped => {}
                Kind::Original => {
                    meta.block(Some(meta.length)).append(made, copy, |_| ());
                }
                Kind::Ready(comment) => {
                    let text = |out: &mut Vec<u8>| out.extend_from_slice(comment.as_bytes());
                    meta.block(None).append(made, copy, text);
                }
                Kind::Esp(job) => {
                    let (Some(sa), Some((spi, key))) = (sas.get_mut(job.sa), comments.get(job.sa))
                    else {
                        continue;
                    };
                    let text = |out: &mut Vec<u8>| {
                        meta.origin(names, out);
                        out.extend_from_slice(spi.as_bytes());
                        decimal(u64::from(job.sequence(frame)), out);
                        out.extend_from_slice(key.as_bytes());
                    };
                    let inner =
                        |out: &mut Vec<u8>| job.write(&sa.ready, frame, meta.link, buffer, out);
                    match meta.block(None).append(made, inner, text) {
                        Some(()) => sa.opened += 1,
                        None => closed.push((made.len(), index)),
                    }
                }
            }
        }
    }

    /// Empties it, and keeps its memory.
    pub(crate) fn clear(&mut self) {
        self.octets.clear();
        self.items.clear();
        self.sas.clear();
        self.made.clear();
        self.closed.clear();
    }
}

impl BatchSa {
    /// What a comment says before and behind the sequence number.
    fn comment(&self) -> (String, String) {
        let unchecked = match self.ready.integrity() {
            Integrity::Verified => "",
            _ => ", unchecked",
        };
        let spi = format!("ESP {}, sequence number ", self.spi);
        (
            spi,
            format!(", opened with {}{unchecked}", self.ready.source()),
        )
    }
}

impl EspJob {
    /// The sequence number on the wire.
    pub(crate) fn sequence(&self, frame: &[u8]) -> u32 {
        let place = self.packet.start + 4..self.packet.start + 8;
        frame
            .get(place)
            .and_then(|octets| octets.try_into().ok())
            .map_or(0, u32::from_be_bytes)
    }

    /// Appends the frame with what is inside instead of ESP.
    fn write(
        &self,
        ready: &ReadySa,
        frame: &[u8],
        link: LinkType,
        buffer: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Option<()> {
        let packet = frame.get(self.packet.clone())?;
        let InBulk {
            place,
            next_header,
            carriage,
        } = ready.open(packet, buffer)?;
        let octets = buffer.get(place)?;
        let carried = match carriage {
            Carriage::Tunnel => Carried::Packet(octets),
            Carriage::Transport => Carried::Upper {
                protocol: next_header,
                octets,
            },
        };
        self.envelope(ready, frame, link).write(carried, out)
    }

    /// The frame around what is written.
    pub(super) fn envelope<'f>(
        &self,
        ready: &ReadySa,
        frame: &'f [u8],
        link: LinkType,
    ) -> Envelope<'f> {
        let (src, dst) = ready.ends();
        Envelope {
            link,
            frame,
            header: self.header,
            src,
            dst,
        }
    }
}

/// Appends a number: every comment has two, and formatting them is what takes its time.
fn decimal(mut number: u64, out: &mut Vec<u8>) {
    let start = out.len();
    loop {
        out.push(b'0' + (number % 10) as u8);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    if let Some(digits) = out.get_mut(start..) {
        digits.reverse();
    }
}

/// Octets of a batch: large enough that passing it on costs nothing, small enough for the second cache.
const FULL: usize = 512 << 10;
/// Packets of a batch.
const MANY: usize = 1_024;
