//! Packets on their way to the output, in order.

use std::net::IpAddr;
use std::ops::Range;

use ikescope_analysis::Carriage;
use ikescope_analysis::opening::{InBulk, ReadySa};
use ikescope_capture::{Carried, Envelope, Frame, LinkType, Timestamp};

/// Packets that are opened together.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// Frames, as they were or as they will be written.
    pub(crate) octets: Vec<u8>,
    pub(crate) items: Vec<Item>,
    /// What workers made.
    pub(crate) made: Vec<u8>,
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
    /// Where the worker put the frame that it made; none if the key does not fit.
    pub(crate) made: Option<Range<usize>>,
}

impl Meta {
    pub(crate) fn of(frame: &Frame<'_>) -> Self {
        Self {
            file: frame.file,
            number: frame.number,
            time: frame.time,
            length: frame.length,
            link: frame.link,
        }
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

    /// Opens all ESP packets.
    pub(crate) fn open(&mut self, buffer: &mut Vec<u8>) {
        self.made.clear();
        for item in &mut self.items {
            let Kind::Esp(job) = &mut item.kind else {
                continue;
            };
            let Some(frame) = self.octets.get(item.place.clone()) else {
                continue;
            };
            job.open(frame, item.meta.link, buffer, &mut self.made);
        }
    }

    /// Empties it, and keeps its memory.
    pub(crate) fn clear(&mut self) {
        self.octets.clear();
        self.items.clear();
        self.made.clear();
    }
}

impl EspJob {
    fn open(&mut self, frame: &[u8], link: LinkType, buffer: &mut Vec<u8>, made: &mut Vec<u8>) {
        let Some(packet) = frame.get(self.packet.clone()) else {
            return;
        };
        let Some(InBulk {
            place,
            next_header,
            carriage,
        }) = self.ready.open(packet, buffer)
        else {
            return;
        };
        let Some(inner) = buffer.get(place) else {
            return;
        };
        let envelope = Envelope {
            link,
            frame,
            header: self.header,
            src: self.ends.0,
            dst: self.ends.1,
        };
        let start = made.len();
        let carried = match carriage {
            Carriage::Tunnel => Carried::Packet(inner),
            Carriage::Transport => Carried::Upper {
                protocol: next_header,
                octets: inner,
            },
        };
        if envelope.write(carried, made).is_some() {
            self.made = Some(start..made.len());
        }
    }
}

/// Octets of a batch: large enough that passing it on costs nothing, small enough for the second cache.
const FULL: usize = 512 << 10;
/// Packets of a batch.
const MANY: usize = 1_024;
