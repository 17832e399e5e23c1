//! Packets on their way to the output, in order.

use std::io::Write;
use std::net::IpAddr;
use std::ops::Range;

use ikescope_analysis::opening::{InBulk, ReadySa};
use ikescope_analysis::{Carriage, Integrity};
use ikescope_capture::{Carried, Envelope, Frame, LinkType, PacketBlock, Timestamp};

/// Packets that are opened together.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// Frames, as they were or as they will be written.
    pub(crate) octets: Vec<u8>,
    pub(crate) items: Vec<Item>,
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
    pub(crate) ready: ReadySa,
    pub(crate) header: Option<usize>,
    pub(crate) ends: (IpAddr, IpAddr),
    /// Where ESP stands in the frame.
    pub(crate) packet: Range<usize>,
    /// Place of its SA in the tally.
    pub(crate) sa: usize,
    /// Whether the worker opened it.
    pub(crate) opened: bool,
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
        drop(match name {
            Some(name) => write!(out, "frame {} of {name}: ", self.number),
            None => write!(out, "frame {}: ", self.number),
        });
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
            made,
            closed,
        } = self;
        made.clear();
        closed.clear();
        for (index, item) in items.iter_mut().enumerate() {
            let frame = octets.get(item.place.clone()).unwrap_or_default();
            let meta = item.meta;
            let copy = |out: &mut Vec<u8>| {
                out.extend_from_slice(frame);
                Some(())
            };
            match &mut item.kind {
                Kind::Dropped => {}
                Kind::Original => {
                    meta.block(Some(meta.length)).append(made, copy, |_| ());
                }
                Kind::Ready(comment) => {
                    let text = |out: &mut Vec<u8>| out.extend_from_slice(comment.as_bytes());
                    meta.block(None).append(made, copy, text);
                }
                Kind::Esp(job) => {
                    let source = job.ready.source();
                    let packet = frame.get(job.packet.clone()).unwrap_or_default();
                    let unchecked = match job.ready.integrity() {
                        Integrity::Verified => "",
                        _ => ", unchecked",
                    };
                    let text = |out: &mut Vec<u8>| {
                        meta.origin(names, out);
                        numbers(packet, out);
                        out.extend_from_slice(b"opened with ");
                        out.extend_from_slice(source.as_bytes());
                        out.extend_from_slice(unchecked.as_bytes());
                    };
                    let inner = |out: &mut Vec<u8>| job.write(frame, meta.link, buffer, out);
                    let opened = meta.block(None).append(made, inner, text).is_some();
                    job.opened = opened;
                    if !opened {
                        closed.push((made.len(), index));
                    }
                }
            }
        }
    }

    /// Empties it, and keeps its memory.
    pub(crate) fn clear(&mut self) {
        self.octets.clear();
        self.items.clear();
        self.made.clear();
        self.closed.clear();
    }
}

impl EspJob {
    /// Appends the frame with what is inside instead of ESP.
    fn write(
        &self,
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
        } = self.ready.open(packet, buffer)?;
        let octets = buffer.get(place)?;
        let envelope = Envelope {
            link,
            frame,
            header: self.header,
            src: self.ends.0,
            dst: self.ends.1,
        };
        let carried = match carriage {
            Carriage::Tunnel => Carried::Packet(octets),
            Carriage::Transport => Carried::Upper {
                protocol: next_header,
                octets,
            },
        };
        envelope.write(carried, out)
    }
}

/// SPI and sequence number of an ESP packet, in front of what is said about it.
pub(crate) fn numbers(packet: &[u8], out: &mut Vec<u8>) {
    let number = |at: usize| {
        packet
            .get(at..at + 4)
            .and_then(|octets| octets.try_into().ok())
            .map_or(0, u32::from_be_bytes)
    };
    // A Vec takes every write.
    drop(write!(
        out,
        "ESP {:#010x}, sequence number {}, ",
        number(0),
        number(4)
    ));
}

/// Octets of a batch: large enough that passing it on costs nothing, small enough for the second cache.
const FULL: usize = 512 << 10;
/// Packets of a batch.
const MANY: usize = 1_024;
