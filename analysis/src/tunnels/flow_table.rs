//! Flows of ESP and AH, packet by packet. This is the path of nearly every packet of a capture: a look-up and a few
//! comparisons.

use std::collections::HashMap;
use std::net::IpAddr;

use ikescope_capture::Timestamp;
use ikescope_dissectors::Spi;

use super::flow::{Flow, IcmpError, PortChange};
use super::folding::Folding;
use super::proposal::Protocol;
use crate::limits::{MAX_ICMP, MAX_SOURCE_CHANGES, MAX_TRACKED_FLOWS, SEQUENCE_WINDOW};
use crate::observation::{Encapsulation, Endpoint, FrameId};
use crate::opened::EspOpened;

/// What is counted of one packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    pub(super) protocol: Protocol,
    pub(super) spi: Spi,
    pub(super) sequence: u32,
    /// What stands behind the header of ESP or AH.
    pub(super) octets: &'a [u8],
    pub(super) src: Endpoint,
    pub(super) dst: Endpoint,
    pub(super) encapsulation: Option<Encapsulation>,
    pub(super) frame: FrameId,
    pub(super) time: Option<Timestamp>,
    pub(super) duplicate: bool,
    pub(super) fragmented: bool,
    /// Whether keys opened it, or did not.
    pub(super) opened: Option<bool>,
    /// What was inside.
    pub(super) inside: Option<&'a EspOpened>,
}

/// All flows, by SPI and receiver: the receiver chose the SPI.
#[derive(Debug, Default)]
pub(super) struct FlowTable {
    index: HashMap<(Spi, IpAddr), usize, Folding>,
    /// The youngest flow from one address to another.
    youngest: HashMap<(IpAddr, IpAddr), usize>,
    flows: Vec<Counted>,
    last: usize,
    /// Packets of flows beyond the bound.
    pub(super) forgotten: u64,
}

/// A flow, and what is needed to count it.
#[derive(Debug)]
struct Counted {
    flow: Flow,
    lowest: u32,
    /// Which of the sequence numbers up to the highest came; the lowest bit is the highest number.
    window: Box<[u64; WINDOW_WORDS]>,
    /// Distinct sequence numbers that came.
    distinct: u64,
    length: u32,
    /// Nanoseconds of the longest silence.
    silence: i64,
    /// Lost before the sequence numbers began again.
    lost_before: u64,
    /// The flow of the other direction.
    partner: Option<usize>,
    /// Packets of the other direction when the last packet came.
    came_back: u64,
}

const WINDOW_WORDS: usize = (SEQUENCE_WINDOW / 64) as usize;

impl FlowTable {
    pub(super) fn observe(&mut self, packet: &Packet<'_>) {
        let known = self.flows.get(self.last).is_some_and(|counted| {
            counted.flow.spi == packet.spi && counted.flow.dst.address == packet.dst.address
        });
        if !known {
            let key = (packet.spi, packet.dst.address);
            self.last = match self.index.get(&key) {
                Some(index) => *index,
                None if self.flows.len() < MAX_TRACKED_FLOWS => {
                    self.index.insert(key, self.flows.len());
                    self.flows.push(Counted::new(packet));
                    self.pair(self.flows.len() - 1, packet);
                    self.flows.len() - 1
                }
                None => {
                    self.forgotten += 1;
                    return;
                }
            };
        }
        let came_back = self
            .flows
            .get(self.last)
            .and_then(|counted| self.flows.get(counted.partner?))
            .map_or(0, |partner| partner.flow.packets);
        if let Some(counted) = self.flows.get_mut(self.last) {
            if !packet.duplicate {
                counted.answered(packet, came_back);
            }
            counted.count(packet);
        }
    }

    /// Finds the other direction of a new flow: the youngest flow back. It keeps its own partner unless that one has
    /// found another: after a rekey the old pair stays together.
    fn pair(&mut self, new: usize, packet: &Packet<'_>) {
        let (src, dst) = (packet.src.address, packet.dst.address);
        self.youngest.insert((src, dst), new);
        let Some(back) = self.youngest.get(&(dst, src)).copied() else {
            return;
        };
        let partner_of = |flow: usize| self.flows.get(flow).and_then(|counted| counted.partner);
        let free = partner_of(back).is_none_or(|known| partner_of(known) != Some(back));
        if let Some(counted) = self.flows.get_mut(new) {
            counted.partner = Some(back);
        }
        if let Some(counted) = self.flows.get_mut(back).filter(|_| free) {
            counted.partner = Some(new);
        }
    }

    /// Notes an ICMP error about the flow with this SPI or, where the quotation is too short for an SPI, about the last
    /// flow from and to these addresses. Gives whether there is one.
    pub(super) fn icmp(&mut self, spi: Option<Spi>, error: IcmpError) -> bool {
        let flow = match spi {
            Some(spi) => self
                .index
                .get(&(spi, error.quoted_dst.address))
                .and_then(|index| self.flows.get_mut(*index)),
            None => self.flows.iter_mut().rev().find(|counted| {
                counted.flow.src.address == error.quoted_src.address
                    && counted.flow.dst.address == error.quoted_dst.address
            }),
        };
        let Some(counted) = flow else {
            return false;
        };
        if counted.flow.icmp.len() < MAX_ICMP {
            counted.flow.icmp.push(error);
        }
        true
    }

    pub(super) fn find(&self, spi: Spi, receiver: IpAddr) -> Option<usize> {
        self.index.get(&(spi, receiver)).copied()
    }

    /// When the youngest flows between two addresses had their last packets.
    pub(super) fn last_between(&self, one: IpAddr, other: IpAddr) -> Option<Timestamp> {
        [(one, other), (other, one)]
            .iter()
            .filter_map(|pair| self.flows.get(*self.youngest.get(pair)?)?.flow.last)
            .max()
    }

    /// Flows by SPI alone, for peers that moved: none where several have the same.
    pub(super) fn by_spi(&self) -> HashMap<Spi, Option<usize>> {
        let mut flows = HashMap::with_capacity(self.flows.len());
        for (index, counted) in self.flows.iter().enumerate() {
            flows
                .entry(counted.flow.spi)
                .and_modify(|known| *known = None)
                .or_insert(Some(index));
        }
        flows
    }

    /// A flow with its counts.
    pub(super) fn get(&self, index: usize) -> Option<Flow> {
        let counted = self.flows.get(index)?;
        let came_back = counted
            .partner
            .and_then(|partner| self.flows.get(partner))
            .map_or(0, |partner| partner.flow.packets);
        Some(counted.finished(came_back))
    }

    /// A flow without its final counts.
    pub(super) fn peek(&self, index: usize) -> Option<&Flow> {
        self.flows.get(index).map(|counted| &counted.flow)
    }

    pub(super) fn len(&self) -> usize {
        self.flows.len()
    }
}

impl Counted {
    fn new(packet: &Packet<'_>) -> Self {
        let length = length(packet);
        Self {
            flow: Flow {
                protocol: packet.protocol,
                spi: packet.spi,
                src: packet.src,
                dst: packet.dst,
                encapsulation: packet.encapsulation,
                packets: 0,
                octets: 0,
                lost: 0,
                replayed: 0,
                duplicates: 0,
                late: 0,
                reorder_depth: 0,
                resets: 0,
                reset_frame: None,
                sequence_first: packet.sequence,
                sequence_last: packet.sequence,
                sequence_highest: packet.sequence,
                frame_first: packet.frame,
                frame_last: packet.frame,
                first: packet.time,
                last: packet.time,
                longest_silence: None,
                smallest: length,
                largest: length,
                largest_frame: packet.frame,
                lengths_modulo_16: [0; 16],
                same_length: 0,
                large: 0,
                large_unanswered: 0,
                small: 0,
                small_unanswered: 0,
                unanswered: 0,
                unanswered_since: None,
                fragmented: 0,
                fragmented_frame: None,
                source_changes: Vec::new(),
                source_changed: 0,
                icmp: Vec::new(),
                opened: 0,
                failed: 0,
                readable: false,
                inside: None,
            },
            lowest: packet.sequence,
            window: Box::new([0; WINDOW_WORDS]),
            distinct: 0,
            length: 0,
            silence: 0,
            lost_before: 0,
            partner: None,
            came_back: 0,
        }
    }

    fn count(&mut self, packet: &Packet<'_>) {
        // The first packet of a flow repeats none of it.
        if packet.duplicate && self.flow.packets > 0 {
            self.flow.duplicates += 1;
            return;
        }
        let length = length(packet);
        self.moved(packet);
        self.sequence(packet);
        let flow = &mut self.flow;
        if let (Some(before), Some(now)) = (flow.last, packet.time) {
            let seconds = now.seconds.saturating_sub(before.seconds);
            let nanos = i64::from(now.nanos) - i64::from(before.nanos);
            let silence = seconds.saturating_mul(NANOS).saturating_add(nanos);
            if silence > self.silence {
                self.silence = silence;
                flow.longest_silence = Some((silence as f64 / NANOS as f64, before));
            }
        }
        if flow.packets == 0 {
            flow.readable = readable(packet.octets);
        } else {
            flow.same_length += u64::from(length == self.length);
            flow.readable &= readable(packet.octets);
        }
        flow.packets += 1;
        flow.octets += u64::from(length);
        flow.sequence_last = packet.sequence;
        flow.frame_last = packet.frame;
        flow.last = packet.time.or(flow.last);
        flow.smallest = flow.smallest.min(length);
        if length > flow.largest {
            flow.largest = length;
            flow.largest_frame = packet.frame;
        }
        if let Some(count) = flow.lengths_modulo_16.get_mut((length % 16) as usize) {
            *count = count.saturating_add(1);
        }
        if packet.fragmented {
            flow.fragmented += 1;
            flow.fragmented_frame.get_or_insert(packet.frame);
        }
        flow.opened += u64::from(packet.opened == Some(true));
        flow.failed += u64::from(packet.opened == Some(false));
        if let Some(opened) = packet.inside {
            let inside = flow.inside.get_or_insert_default();
            inside.note(opened, packet.frame, length);
        }
        self.length = length;
    }

    /// Notes whether the packet before this one was followed by one of the other direction.
    fn answered(&mut self, packet: &Packet<'_>, came_back: u64) {
        let flow = &mut self.flow;
        if flow.packets == 0 || came_back > self.came_back {
            flow.unanswered = 0;
        } else if self.length > LARGE {
            flow.large_unanswered += 1;
        } else {
            flow.small_unanswered += 1;
        }
        if flow.unanswered == 0 {
            flow.unanswered_since = Some((packet.frame, packet.time));
        }
        flow.unanswered += 1;
        if length(packet) > LARGE {
            flow.large += 1;
        } else {
            flow.small += 1;
        }
        self.came_back = came_back;
    }

    fn moved(&mut self, packet: &Packet<'_>) {
        let flow = &mut self.flow;
        if flow.src == packet.src && flow.dst == packet.dst {
            return;
        }
        if flow.src != packet.src {
            flow.source_changed = flow.source_changed.saturating_add(1);
            if flow.source_changes.len() < MAX_SOURCE_CHANGES {
                flow.source_changes.push(PortChange {
                    frame: packet.frame,
                    time: packet.time,
                    before: flow.src,
                    after: packet.src,
                });
            }
        }
        flow.src = packet.src;
        flow.dst = packet.dst;
        flow.encapsulation = packet.encapsulation;
    }

    fn sequence(&mut self, packet: &Packet<'_>) {
        let (sequence, highest) = (packet.sequence, self.flow.sequence_highest);
        if self.flow.packets == 0 {
            self.mark(0);
            self.distinct = 1;
            return;
        }
        let ahead = sequence.wrapping_sub(highest);
        // The low half of an extended sequence number begins again at 2^32 (RFC 4303, section 2.2.1).
        let wrapped = highest > WRAP_FROM && sequence < WRAP_TO;
        if sequence > highest || wrapped {
            self.advance(ahead);
            self.flow.sequence_highest = sequence;
            self.distinct += 1;
            return;
        }
        let behind = highest - sequence;
        let came = behind < SEQUENCE_WINDOW && self.came(behind);
        if came || behind >= SEQUENCE_WINDOW {
            // The counter began again: a small number, with other octets than the first time.
            if sequence <= RESTART_BELOW && highest > sequence {
                self.restart(packet);
                return;
            }
            if came {
                self.flow.replayed += 1;
                return;
            }
        }
        self.mark(behind);
        self.distinct += 1;
        self.lowest = self.lowest.min(sequence);
        self.flow.late += 1;
        self.flow.reorder_depth = self.flow.reorder_depth.max(behind);
    }

    fn restart(&mut self, packet: &Packet<'_>) {
        self.lost_before += self.lost();
        self.flow.resets = self.flow.resets.saturating_add(1);
        self.flow.reset_frame.get_or_insert(packet.frame);
        self.flow.sequence_highest = packet.sequence;
        self.lowest = packet.sequence;
        self.distinct = 1;
        self.window.fill(0);
        self.mark(0);
    }

    fn lost(&self) -> u64 {
        let span = u64::from(self.flow.sequence_highest.wrapping_sub(self.lowest)) + 1;
        span.saturating_sub(self.distinct)
    }

    fn finished(&self, came_back: u64) -> Flow {
        let mut flow = self.flow.clone();
        flow.lost = self.lost_before + self.lost();
        if came_back > self.came_back {
            flow.unanswered = 0;
            flow.unanswered_since = None;
        } else if self.length > LARGE {
            flow.large_unanswered += 1;
        } else {
            flow.small_unanswered += 1;
        }
        // A mirrored port shows nearly every packet twice, a path only some.
        if flow.duplicates * 3 < flow.packets {
            flow.replayed += flow.duplicates;
        }
        flow
    }

    fn came(&self, behind: u32) -> bool {
        let word = self.window.get((behind / 64) as usize).copied();
        word.unwrap_or(0) & (1 << (behind % 64)) != 0
    }

    fn mark(&mut self, behind: u32) {
        if let Some(word) = self.window.get_mut((behind / 64) as usize) {
            *word |= 1 << (behind % 64);
        }
    }

    /// Moves the window on; the new highest number has come.
    fn advance(&mut self, by: u32) {
        if by >= SEQUENCE_WINDOW {
            self.window.fill(0);
        } else {
            let (words, bits) = ((by / 64) as usize, by % 64);
            for index in (0..WINDOW_WORDS).rev() {
                let from =
                    |at: Option<usize>| at.and_then(|at| self.window.get(at)).copied().unwrap_or(0);
                let high = from(index.checked_sub(words)) << bits;
                let low = match bits {
                    0 => 0,
                    _ => from(index.checked_sub(words + 1)) >> (64 - bits),
                };
                if let Some(word) = self.window.get_mut(index) {
                    *word = high | low;
                }
            }
        }
        self.mark(0);
    }
}

fn length(packet: &Packet<'_>) -> u32 {
    let header = match packet.protocol {
        Protocol::Esp => ESP_HEADER,
        _ => 0,
    };
    u32::try_from(packet.octets.len()).map_or(u32::MAX, |octets| octets.saturating_add(header))
}

/// Whether an IPv4 or IPv6 header with a length that fits stands behind the ESP header (RFC 2410).
fn readable(octets: &[u8]) -> bool {
    match octets {
        [0x45, _, high, low, ..] => {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            (20..=octets.len()).contains(&length) && octets.len() - length <= READABLE_TRAILER
        }
        [first, _, _, _, high, low, ..] if first >> 4 == 6 => {
            let length = usize::from(u16::from_be_bytes([*high, *low])) + 40;
            length <= octets.len() && octets.len() - length <= READABLE_TRAILER
        }
        _ => false,
    }
}

/// SPI and sequence number.
const ESP_HEADER: u32 = 8;

/// Packets of more octets may be too large for a path; every path carries those of less.
const LARGE: u32 = 1_000;

/// Padding, its length, next header and the longest ICV.
const READABLE_TRAILER: usize = 255 + 2 + 64;

/// Nanoseconds of a second.
const NANOS: i64 = 1_000_000_000;

/// From and to where the low half of a sequence number may wrap.
const WRAP_FROM: u32 = 0xffff_0000;
const WRAP_TO: u32 = 0x0001_0000;

/// A sequence number that begins again is small: the first packets of a new counter.
const RESTART_BELOW: u32 = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn end(last: u8) -> Endpoint {
        Endpoint {
            address: IpAddr::from([192, 0, 2, last]),
            port: None,
        }
    }

    fn flow(sequences: &[u32]) -> Flow {
        let mut table = FlowTable::default();
        for (number, sequence) in (1..).zip(sequences) {
            table.observe(&Packet {
                protocol: Protocol::Esp,
                spi: Spi(0x100),
                sequence: *sequence,
                octets: &[0; 64],
                src: end(1),
                dst: end(2),
                encapsulation: None,
                frame: FrameId { file: 0, number },
                time: None,
                duplicate: false,
                fragmented: false,
                opened: None,
                inside: None,
            });
        }
        table.get(0).unwrap()
    }

    #[test]
    fn gaps_late_packets_and_replays_are_told_apart() {
        let counts = |sequences: &[u32]| {
            let flow = flow(sequences);
            (
                flow.packets,
                flow.lost,
                flow.replayed,
                flow.late,
                flow.reorder_depth,
            )
        };
        assert_eq!(counts(&[1, 2, 3]), (3, 0, 0, 0, 0));
        assert_eq!(counts(&[1, 2, 5]), (3, 2, 0, 0, 0));
        assert_eq!(counts(&[1, 4, 2, 3]), (4, 0, 0, 2, 2));
        assert_eq!(counts(&[70, 71, 71, 72]), (4, 0, 1, 0, 0));
        assert_eq!(counts(&[3, 1, 2]), (3, 0, 0, 2, 2));
        assert_eq!(counts(&[100, 2000, 1500]), (3, 1898, 0, 1, 500));
    }

    #[test]
    fn a_counter_that_begins_again_is_a_reset() {
        let again = flow(&[1, 2, 3, 4, 1, 2, 3]);
        assert_eq!((again.resets, again.lost, again.replayed), (1, 0, 0));
        assert_eq!(again.reset_frame.map(|frame| frame.number), Some(5));
        let later = flow(&[5000, 5001, 1, 2]);
        assert_eq!((later.resets, later.lost), (1, 0));
        let wrapped = flow(&[u32::MAX - 1, u32::MAX, 0, 1]);
        assert_eq!((wrapped.resets, wrapped.lost), (0, 0));
    }

    proptest::proptest! {
        /// Whatever comes, each packet is counted once.
        #[test]
        fn every_packet_is_counted(sequences in proptest::collection::vec(1_u32..3_000, 1..200)) {
            let counted = flow(&sequences);
            proptest::prop_assert_eq!(counted.packets, sequences.len() as u64);
            let mut distinct = sequences.clone();
            distinct.sort_unstable();
            distinct.dedup();
            if counted.resets == 0 {
                let span = u64::from(distinct[distinct.len() - 1] - distinct[0]) + 1;
                proptest::prop_assert!(counted.lost <= span - distinct.len() as u64 + counted.replayed);
            }
        }
    }
}
