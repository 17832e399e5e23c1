//! TCP streams that carry IKE and ESP (RFC 9329): segments in order, then records

use super::ip::Packet;
use super::{Content, Note, TcpSegment};
use crate::limits::{
    MAX_STREAM_OCTETS, MAX_STREAM_PORTS, MAX_STREAM_SEGMENTS, MAX_STREAMS, MAX_STREAMS_OCTETS,
};
use etherparse::TcpHeaderSlice;
use std::collections::HashMap;
use std::mem;
use std::net::IpAddr;

/// All directions of connections that are followed
///
/// They are kept in two generations: when the young one has half of what is allowed, the old one is forgotten and what
/// was young is old. A direction that is used becomes young again.
#[derive(Debug)]
pub(super) struct Streams {
    ports: Vec<u16>,
    young: Generation,
    old: Generation,
    pub(super) forgotten: u64,
    pub(super) gaps: u64,
}

/// One TCP segment
#[derive(Clone, Copy)]
pub(super) struct Segment<'a> {
    key: Key,
    sequence: u32,
    acknowledged: Option<u32>,
    syn: bool,
    reset: bool,
    fin: bool,
    payload: &'a [u8],
    /// Where `payload` begins in the IP payload
    offset: usize,
    frame: u64,
}

/// What a segment gave
pub(super) struct Emitted<'a> {
    pub(super) content: Content<'a>,
    /// Frames the record came from, unless it is all of the present one
    pub(super) from: &'a [u64],
    /// Where it begins in the IP payload of the present frame
    pub(super) offset: usize,
    pub(super) note: Option<Note>,
}

#[derive(Debug, Default)]
struct Generation {
    directions: HashMap<Key, Direction>,
    octets: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    src: IpAddr,
    dst: IpAddr,
    src_port: u16,
    dst_port: u16,
}

/// One direction of a connection
#[derive(Debug, Default)]
struct Direction {
    mode: Mode,
    /// Sequence number of the octet that comes next
    next: Option<u32>,
    /// The other side has all octets before it
    acknowledged: Option<u32>,
    /// The beginning of a record that is not complete
    pending: Vec<u8>,
    /// Where in `pending` the octets of each frame end
    spans: Vec<(usize, u64)>,
    /// Segments behind a gap, in order
    held: Vec<Held>,
    held_octets: usize,
    note: Option<Note>,
}

#[derive(Debug)]
struct Held {
    sequence: u32,
    frame: u64,
    octets: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    /// The stream prefix may come
    Start,
    /// The capture began, or goes on, in the middle: the next segment may begin with a record or not
    #[default]
    Middle,
    /// A record begins at the next octet
    Records,
    /// No stream of records
    Other,
}

type Emit<'e> = &'e mut dyn FnMut(Emitted<'_>);

impl<'a> Segment<'a> {
    /// `None` when the TCP header is cut
    pub(super) fn parse(packet: &Packet<'a>, frame: u64) -> Option<Self> {
        let header = TcpHeaderSlice::from_slice(packet.payload).ok()?;
        let offset = header.slice().len();
        Some(Self {
            key: Key {
                src: packet.src,
                dst: packet.dst,
                src_port: header.source_port(),
                dst_port: header.destination_port(),
            },
            sequence: header.sequence_number(),
            acknowledged: header.ack().then(|| header.acknowledgment_number()),
            syn: header.syn(),
            reset: header.rst(),
            fin: header.fin(),
            payload: packet.payload.get(offset..).unwrap_or_default(),
            offset,
            frame,
        })
    }
}

impl Segment<'_> {
    fn facts(&self) -> TcpSegment {
        TcpSegment {
            opens: self.syn,
            acknowledges: self.acknowledged.is_some(),
            resets: self.reset,
            ends: self.fin,
            data: !self.payload.is_empty(),
            prefix: self.payload.starts_with(PREFIX),
        }
    }
}

impl Streams {
    pub(super) fn new(ports: Vec<u16>) -> Self {
        Self {
            ports,
            young: Generation::default(),
            old: Generation::default(),
            forgotten: 0,
            gaps: 0,
        }
    }

    /// Whether streams of these ports may carry records. On other ports the prefix tells, and the port is known from then on.
    pub(super) fn follows(&mut self, segment: &Segment<'_>) -> bool {
        let Key {
            src_port, dst_port, ..
        } = segment.key;
        if self.ports.contains(&src_port) || self.ports.contains(&dst_port) {
            return true;
        }
        let begins = segment.payload.starts_with(PREFIX) && self.ports.len() < MAX_STREAM_PORTS;
        if begins {
            self.ports.push(dst_port);
            // Its SYN was passed over.
            let direction = Direction {
                mode: Mode::Start,
                next: Some(segment.sequence),
                ..Direction::default()
            };
            self.keep(segment.key, direction);
        }
        begins
    }

    /// Emits every record that the segment completes, or once that there is none
    pub(super) fn segment(&mut self, segment: &Segment<'_>, emit: Emit<'_>) {
        let Key {
            src_port, dst_port, ..
        } = segment.key;
        let mut records = 0;
        let note = self.accept(segment, &mut |emitted| {
            records += 1;
            emit(emitted);
        });
        if records == 0 {
            let content = Content::TcpOther {
                src_port,
                dst_port,
                segment: Some(segment.facts()),
            };
            emit(Emitted {
                content,
                from: &[],
                offset: 0,
                note,
            });
        }
    }

    fn accept(&mut self, segment: &Segment<'_>, emit: Emit<'_>) -> Option<Note> {
        let key = segment.key;
        let reverse = Key {
            src: key.dst,
            dst: key.src,
            src_port: key.dst_port,
            dst_port: key.src_port,
        };
        if segment.reset {
            self.take(&key);
            self.take(&reverse);
            return None;
        }
        if let Some(acknowledged) = segment.acknowledged {
            self.acknowledge(&reverse, acknowledged);
        }
        if segment.payload.is_empty() && !segment.syn {
            return None;
        }
        let mut direction = self.take(&key).unwrap_or_default();
        self.gaps += direction.accept(segment, emit);
        let note = direction.note.take();
        self.keep(key, direction);
        note
    }

    fn acknowledge(&mut self, key: &Key, acknowledged: u32) {
        let direction = self
            .young
            .directions
            .get_mut(key)
            .or_else(|| self.old.directions.get_mut(key));
        if let Some(direction) = direction {
            direction.acknowledged = Some(acknowledged);
        }
    }

    fn take(&mut self, key: &Key) -> Option<Direction> {
        self.young.remove(key).or_else(|| self.old.remove(key))
    }

    fn keep(&mut self, key: Key, direction: Direction) {
        let full = self.young.directions.len() >= MAX_STREAMS / 2
            || self.young.octets >= MAX_STREAMS_OCTETS / 2;
        if full {
            let forgotten = mem::replace(&mut self.old, mem::take(&mut self.young));
            self.forgotten += forgotten.directions.len() as u64;
        }
        self.young.octets += direction.octets();
        self.young.directions.insert(key, direction);
    }
}

impl Generation {
    fn remove(&mut self, key: &Key) -> Option<Direction> {
        let direction = self.directions.remove(key)?;
        self.octets -= direction.octets();
        Some(direction)
    }
}

impl Direction {
    fn octets(&self) -> usize {
        self.pending.len() + self.held_octets
    }

    /// Takes one segment; the number of gaps stepped over
    fn accept(&mut self, segment: &Segment<'_>, emit: Emit<'_>) -> u64 {
        let mut sequence = segment.sequence;
        if segment.syn {
            sequence = sequence.wrapping_add(1);
            *self = Self {
                mode: Mode::Start,
                next: Some(sequence),
                ..Self::default()
            };
        }
        let next = *self.next.get_or_insert(sequence);
        let ahead = distance(next, sequence);
        if ahead.unsigned_abs() > OTHER_CONNECTION {
            *self = Self {
                next: Some(sequence),
                ..Self::default()
            };
        }
        let mut gaps = 0;
        if ahead > 0 && self.next == Some(next) {
            self.hold(sequence, segment.frame, segment.payload);
            let missed = self
                .acknowledged
                .is_some_and(|acknowledged| distance(next, acknowledged) > 0);
            let crowded = self.held.len() > MAX_STREAM_SEGMENTS
                || self.held_octets + self.pending.len() > MAX_STREAM_OCTETS;
            if !missed && !crowded {
                return 0;
            }
            self.step_over_gap();
            gaps += 1;
        } else {
            self.in_order(
                sequence,
                segment.payload,
                segment.frame,
                Some(segment.offset),
                segment,
                emit,
            );
        }
        self.release(segment, emit);
        gaps
    }

    /// Feeds the part of a segment that is new
    fn in_order(
        &mut self,
        sequence: u32,
        octets: &[u8],
        frame: u64,
        offset: Option<usize>,
        present: &Segment<'_>,
        emit: Emit<'_>,
    ) {
        let next = self.next.unwrap_or(sequence);
        let known = distance(sequence, next).max(0) as usize;
        let Some(new) = octets.get(known..).filter(|new| !new.is_empty()) else {
            return;
        };
        self.next = Some(next.wrapping_add(new.len() as u32));
        let offset = offset.map(|offset| offset + known);
        self.feed(new, frame, offset, present, emit);
    }

    fn hold(&mut self, sequence: u32, frame: u64, octets: &[u8]) {
        let next = self.next.unwrap_or(sequence);
        let at = self
            .held
            .partition_point(|held| distance(next, held.sequence) <= distance(next, sequence));
        // The same segment again
        if at
            .checked_sub(1)
            .and_then(|before| self.held.get(before))
            .is_some_and(|held| held.sequence == sequence && held.octets.len() >= octets.len())
        {
            return;
        }
        self.held_octets += octets.len();
        self.held.insert(
            at,
            Held {
                sequence,
                frame,
                octets: octets.to_vec(),
            },
        );
    }

    /// Goes on behind what the capture has not
    fn step_over_gap(&mut self) {
        let (Some(first), Some(next)) = (self.held.first(), self.next) else {
            return;
        };
        let octets = distance(next, first.sequence).max(0) as u32;
        self.next = Some(first.sequence);
        self.pending.clear();
        self.spans.clear();
        if self.mode != Mode::Other {
            self.mode = Mode::Middle;
        }
        self.note = Some(Note::StreamGap { octets });
    }

    /// Feeds held segments that are in order now
    fn release(&mut self, present: &Segment<'_>, emit: Emit<'_>) {
        while let (Some(first), Some(next)) = (self.held.first(), self.next) {
            if distance(next, first.sequence) > 0 {
                return;
            }
            let held = self.held.remove(0);
            self.held_octets -= held.octets.len();
            let offset = (held.frame == present.frame).then_some(present.offset);
            self.in_order(
                held.sequence,
                &held.octets,
                held.frame,
                offset,
                present,
                emit,
            );
        }
    }

    /// Cuts records out of octets that are in order
    fn feed(
        &mut self,
        octets: &[u8],
        frame: u64,
        offset: Option<usize>,
        present: &Segment<'_>,
        emit: Emit<'_>,
    ) {
        let mut buffer = mem::take(&mut self.pending);
        let mut spans = mem::take(&mut self.spans);
        let before = buffer.len();
        spans.push((before + octets.len(), frame));
        let view = if before == 0 {
            octets
        } else {
            buffer.extend_from_slice(octets);
            buffer.as_slice()
        };
        let mut at = self.begin(view);
        while self.mode == Mode::Records {
            let Some(length) = view.get(at..).and_then(|rest| rest.first_chunk()) else {
                break;
            };
            let declared = u16::from_be_bytes(*length);
            if usize::from(declared) < LENGTH_OCTETS {
                self.mode = Mode::Other;
                self.note = Some(Note::RecordLength { declared });
                break;
            }
            let end = at + usize::from(declared);
            let Some(payload) = view.get(at + LENGTH_OCTETS..end) else {
                break;
            };
            let from = frames(&spans, at, end);
            let present_only = from == [present.frame];
            emit(Emitted {
                content: Content::TcpRecord {
                    src_port: present.key.src_port,
                    dst_port: present.key.dst_port,
                    payload,
                },
                offset: offset.map_or(0, |offset| {
                    (offset + at + LENGTH_OCTETS).saturating_sub(before)
                }),
                from: if present_only { &[] } else { &from },
                note: self.note.take(),
            });
            at = end;
        }
        if matches!(self.mode, Mode::Other | Mode::Middle) {
            return;
        }
        if before == 0 {
            buffer.extend_from_slice(octets.get(at..).unwrap_or_default());
        } else {
            buffer.drain(..at.min(buffer.len()));
        }
        spans.retain_mut(|span| {
            span.0 = span.0.saturating_sub(at);
            span.0 > 0
        });
        (self.pending, self.spans) = (buffer, spans);
    }

    /// Decides what the stream is; the octets before its first record
    fn begin(&mut self, view: &[u8]) -> usize {
        match self.mode {
            Mode::Start if view.starts_with(PREFIX) => {
                self.mode = Mode::Records;
                PREFIX.len()
            }
            // More of the prefix may come.
            Mode::Start if PREFIX.starts_with(view) => 0,
            // The responder sends no prefix (RFC 9329, section 4).
            Mode::Start | Mode::Middle => {
                self.mode = if is_record_boundary(view) {
                    Mode::Records
                } else {
                    Mode::Middle
                };
                0
            }
            Mode::Records | Mode::Other => 0,
        }
    }
}

/// Whether a segment that begins so plausibly begins with a record: lengths lead from record to record, to the end of
/// the segment or to a record that goes on in the next one. That one alone must begin with a Non-ESP marker.
fn is_record_boundary(octets: &[u8]) -> bool {
    let mut rest = octets;
    while let Some(length) = rest.first_chunk() {
        let length = usize::from(u16::from_be_bytes(*length));
        if length <= LENGTH_OCTETS {
            return false;
        }
        let Some(behind) = rest.get(length..) else {
            let first = rest.len() == octets.len();
            return !first || rest.get(2..6) == Some(&NON_ESP_MARKER);
        };
        rest = behind;
    }
    rest.len() < octets.len()
}

/// The frames that have octets of `start..end`, each once
fn frames(spans: &[(usize, u64)], start: usize, end: usize) -> Vec<u64> {
    let mut frames = Vec::new();
    let mut from = 0;
    for &(to, frame) in spans {
        if from < end && to > start && frames.last() != Some(&frame) {
            frames.push(frame);
        }
        from = to;
    }
    frames
}

/// Octets from one sequence number to another, negative backwards (RFC 9293, section 3.4)
fn distance(from: u32, to: u32) -> i32 {
    to.wrapping_sub(from) as i32
}

/// What the originator sends first (RFC 9329, section 4)
const PREFIX: &[u8] = b"IKETCP";
/// The length field counts itself (RFC 9329, section 3).
const LENGTH_OCTETS: usize = 2;
const NON_ESP_MARKER: [u8; 4] = [0; 4];
/// A sequence number so far off is of another connection with the same ports.
const OTHER_CONNECTION: u32 = 16 << 20;
