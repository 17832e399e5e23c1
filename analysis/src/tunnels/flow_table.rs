//! Flows of ESP and AH, packet by packet. This is the path of nearly every packet of a capture: a look-up and a few
//! comparisons.

use std::collections::HashMap;
use std::net::IpAddr;

use ikescope_capture::Timestamp;
use ikescope_dissectors::Spi;

use super::flow::{Flow, IcmpError, PortChange};
use super::proposal::Protocol;
use crate::folding::Folding;
use crate::limits::{MAX_ICMP, MAX_SOURCE_CHANGES, MAX_TRACKED_FLOWS, SEQUENCE_WINDOW};
use crate::observation::{Body, Encapsulation, Endpoint, FrameId};
use crate::opened::EspOpened;

/// What is counted of one packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    pub(super) protocol: Protocol,
    pub(super) spi: Spi,
    pub(super) sequence: u32,
    /// What stands behind the header of ESP or AH.
    pub(super) body: Body,
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
    /// The flow that was asked for last, by a few bits of the SPI: most packets need not be looked up in `index`, which is
    /// too large for the nearest cache.
    nearest: Vec<u32>,
    /// The youngest flow from one address to another.
    youngest: HashMap<(IpAddr, IpAddr), usize, Folding>,
    counts: Vec<Counts>,
    /// One for each of `counts`, without what stands there.
    flows: Vec<Flow>,
    /// Packets of flows beyond the bound.
    pub(super) forgotten: u64,
}

/// Places of flows by SPI; none where several have the same.
pub(super) type BySpi = HashMap<Spi, Option<usize>, Folding>;

/// What every packet of a flow changes, close together.
#[derive(Debug)]
struct Counts {
    spi: Spi,
    src: Endpoint,
    dst: Endpoint,
    /// The flow of the other direction.
    partner: Option<u32>,
    packets: u64,
    octets: u64,
    /// Octets of the last packet, and how many in a row were as long.
    length: u32,
    alike: u32,
    sequence: u32,
    /// What was known before the numbers seemed to begin again.
    before: Option<Box<Before>>,
    frame: FrameId,
    time: Option<Timestamp>,
    /// Nanoseconds of the longest silence.
    silence: i64,
    /// Packets of the other direction when the last packet came.
    came_back: u64,
    unanswered: u64,
    unanswered_since: (FrameId, Option<Timestamp>),
    small: u64,
    small_unanswered: u64,
    large: u64,
    large_unanswered: u64,
    readable: bool,
    counter: Counter,
    /// Of the octets that came with the first numbers; 0 where none came yet.
    first: [u8; RESTART_BELOW as usize],
}

/// Sequence numbers that came of one counter.
#[derive(Debug)]
struct Counter {
    lowest: u32,
    highest: u32,
    /// Distinct ones.
    distinct: u64,
    /// Which of those up to the highest came: each has the bit of its remainder.
    window: [u64; WINDOW_WORDS],
}

/// A counter that a small number may have ended. When the counter goes on, that was an old packet again.
#[derive(Debug)]
struct Before {
    counter: Counter,
    /// Packets when it ended.
    packets: u64,
    /// Packets after that with the same octets as the first time.
    repeated: u64,
    frame: FrameId,
}

const WINDOW_WORDS: usize = (SEQUENCE_WINDOW / 64) as usize;

impl FlowTable {
    pub(super) fn observe(&mut self, packet: &Packet<'_>) {
        let Some(place) = self.place(packet) else {
            self.forgotten += 1;
            return;
        };
        let came_back = self.came_back(place);
        if let (Some(counts), Some(flow)) = (self.counts.get_mut(place), self.flows.get_mut(place))
        {
            counts.count(flow, packet, came_back);
        }
    }

    /// Where the flow of a packet is counted; `None` beyond the bound.
    fn place(&mut self, packet: &Packet<'_>) -> Option<usize> {
        let slot = packet.spi.0.wrapping_mul(MIX) >> (u32::BITS - NEAREST_BITS);
        let near = self.nearest.get(slot as usize).map(|near| *near as usize);
        let is =
            |counts: &Counts| counts.spi == packet.spi && counts.dst.address == packet.dst.address;
        if let Some(near) = near.filter(|near| self.counts.get(*near).is_some_and(is)) {
            return Some(near);
        }
        let key = (packet.spi, packet.dst.address);
        let place = match self.index.get(&key) {
            Some(place) => *place,
            None if self.flows.len() < MAX_TRACKED_FLOWS => {
                let new = self.flows.len();
                self.index.insert(key, new);
                self.flows.push(begun(packet));
                self.counts.push(Counts::new(packet));
                self.pair(new, packet);
                self.nearest.resize(1 << NEAREST_BITS, 0);
                new
            }
            None => return None,
        };
        if let (Some(near), Ok(place)) = (self.nearest.get_mut(slot as usize), place.try_into()) {
            *near = place;
        }
        Some(place)
    }

    /// Finds the other direction of a new flow: the youngest flow back. It keeps its own partner unless that one has
    /// found another: after a rekey the old pair stays together.
    fn pair(&mut self, new: usize, packet: &Packet<'_>) {
        let (src, dst) = (packet.src.address, packet.dst.address);
        self.youngest.insert((src, dst), new);
        let Some(back) = self.youngest.get(&(dst, src)).copied() else {
            return;
        };
        let (Ok(new), Ok(back)) = (u32::try_from(new), u32::try_from(back)) else {
            return;
        };
        let partner_of = |flow: u32| {
            let counts = self.counts.get(flow as usize);
            counts.and_then(|counts| counts.partner)
        };
        let free = partner_of(back).is_none_or(|known| partner_of(known) != Some(back));
        if let Some(counts) = self.counts.get_mut(new as usize) {
            counts.partner = Some(back);
        }
        if let Some(counts) = self.counts.get_mut(back as usize).filter(|_| free) {
            counts.partner = Some(new);
        }
    }

    /// Packets of the other direction.
    fn came_back(&self, place: usize) -> u64 {
        self.counts
            .get(place)
            .and_then(|counts| self.counts.get(counts.partner? as usize))
            .map_or(0, |partner| partner.packets)
    }

    /// Notes an ICMP error about the flow with this SPI or, where the quotation is too short for an SPI, about the last
    /// flow from and to these addresses. Gives whether there is one.
    pub(super) fn icmp(&mut self, spi: Option<Spi>, error: IcmpError) -> bool {
        let flow = match spi {
            Some(spi) => self
                .index
                .get(&(spi, error.quoted_dst.address))
                .and_then(|index| self.flows.get_mut(*index)),
            None => self.flows.iter_mut().rev().find(|flow| {
                flow.src.address == error.quoted_src.address
                    && flow.dst.address == error.quoted_dst.address
            }),
        };
        let Some(flow) = flow else {
            return false;
        };
        if flow.icmp.len() < MAX_ICMP {
            flow.icmp.push(error);
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
            .filter_map(|pair| self.counts.get(*self.youngest.get(pair)?)?.time)
            .max()
    }

    /// Flows by SPI alone, for peers that moved: none where several have the same.
    pub(super) fn by_spi(&self) -> BySpi {
        let mut flows = BySpi::with_capacity_and_hasher(self.flows.len(), Folding::default());
        for (index, flow) in self.flows.iter().enumerate() {
            flows
                .entry(flow.spi)
                .and_modify(|known| *known = None)
                .or_insert(Some(index));
        }
        flows
    }

    /// A flow with its counts.
    pub(super) fn get(&self, index: usize) -> Option<Flow> {
        let (counts, flow) = (self.counts.get(index)?, self.flows.get(index)?);
        Some(counts.finished(flow.clone(), self.came_back(index)))
    }

    /// A flow without its counts.
    pub(super) fn peek(&self, index: usize) -> Option<&Flow> {
        self.flows.get(index)
    }

    pub(super) fn len(&self) -> usize {
        self.flows.len()
    }
}

/// A flow that begins with this packet, which is not counted yet.
fn begun(packet: &Packet<'_>) -> Flow {
    let length = length(packet);
    Flow {
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
    }
}

impl Counts {
    fn new(packet: &Packet<'_>) -> Self {
        Self {
            spi: packet.spi,
            src: packet.src,
            dst: packet.dst,
            partner: None,
            packets: 0,
            octets: 0,
            length: 0,
            alike: 0,
            sequence: packet.sequence,
            before: None,
            frame: packet.frame,
            time: packet.time,
            silence: 0,
            came_back: 0,
            unanswered: 0,
            unanswered_since: (packet.frame, packet.time),
            small: 0,
            small_unanswered: 0,
            large: 0,
            large_unanswered: 0,
            readable: true,
            counter: Counter::beginning(packet.sequence),
            first: [0; RESTART_BELOW as usize],
        }
    }

    fn count(&mut self, flow: &mut Flow, packet: &Packet<'_>, came_back: u64) {
        // The first packet of a flow repeats none of it; on the other side of a NAT, where it has another address, none does.
        if packet.duplicate && self.packets > 0 && packet.sequence <= self.counter.highest {
            flow.duplicates += 1;
            return;
        }
        self.answered(packet, came_back);
        self.moved(flow, packet);
        self.sequence(flow, packet);
        if packet.sequence <= RESTART_BELOW {
            let repeats = self.repeats_a_first_one(packet);
            if let Some(before) = self.before.as_mut() {
                before.repeated += u64::from(repeats);
            }
        }
        self.length(flow, packet);
        if let (Some(before), Some(now)) = (self.time, packet.time) {
            let silence = now.nanos_since(before);
            if silence > self.silence {
                self.silence = silence;
                flow.longest_silence = Some((silence as f64 / NANOS as f64, before));
            }
        }
        self.readable = self.readable && packet.body.readable;
        self.packets += 1;
        self.sequence = packet.sequence;
        self.frame = packet.frame;
        self.time = packet.time.or(self.time);
        if packet.fragmented {
            flow.fragmented += 1;
            flow.fragmented_frame.get_or_insert(packet.frame);
        }
        match packet.opened {
            Some(true) => flow.opened += 1,
            Some(false) => flow.failed += 1,
            None => {}
        }
        if let Some(opened) = packet.inside {
            let inside = flow.inside.get_or_insert_default();
            inside.note(opened, packet.frame, self.length);
        }
    }

    fn length(&mut self, flow: &mut Flow, packet: &Packet<'_>) {
        let length = length(packet);
        self.octets += u64::from(length);
        if length == self.length && self.alike < u32::MAX {
            self.alike += 1;
            return;
        }
        self.count_alike(flow);
        self.length = length;
        self.alike = 1;
        flow.smallest = flow.smallest.min(length);
        if length > flow.largest {
            flow.largest = length;
            flow.largest_frame = packet.frame;
        }
    }

    /// Counts the packets in a row that were as long as the last one.
    fn count_alike(&self, flow: &mut Flow) {
        let place = (self.length % 16) as usize;
        if let Some(count) = flow.lengths_modulo_16.get_mut(place) {
            *count = count.saturating_add(self.alike);
        }
        flow.same_length += u64::from(self.alike.saturating_sub(1));
    }

    /// Notes whether the packet before this one was followed by one of the other direction.
    fn answered(&mut self, packet: &Packet<'_>, came_back: u64) {
        if self.packets == 0 || came_back > self.came_back {
            self.unanswered = 0;
        } else if self.length > LARGE {
            self.large_unanswered += 1;
        } else {
            self.small_unanswered += 1;
        }
        if self.unanswered == 0 {
            self.unanswered_since = (packet.frame, packet.time);
        }
        self.unanswered += 1;
        if length(packet) > LARGE {
            self.large += 1;
        } else {
            self.small += 1;
        }
        self.came_back = came_back;
    }

    fn moved(&mut self, flow: &mut Flow, packet: &Packet<'_>) {
        if self.src == packet.src && self.dst == packet.dst {
            return;
        }
        if self.src != packet.src {
            flow.source_changed = flow.source_changed.saturating_add(1);
            if flow.source_changes.len() < MAX_SOURCE_CHANGES {
                flow.source_changes.push(PortChange {
                    frame: packet.frame,
                    time: packet.time,
                    before: self.src,
                    after: packet.src,
                });
            }
        }
        (self.src, self.dst) = (packet.src, packet.dst);
        (flow.src, flow.dst) = (packet.src, packet.dst);
        flow.encapsulation = packet.encapsulation;
    }

    fn sequence(&mut self, flow: &mut Flow, packet: &Packet<'_>) {
        let (sequence, highest) = (packet.sequence, self.counter.highest);
        if self.packets == 0 {
            return;
        }
        // The low half of an extended sequence number begins again at 2^32 (RFC 4303, section 2.2.1).
        let wrapped = highest > WRAP_FROM && sequence < WRAP_TO;
        if sequence > highest || wrapped {
            if self.before.is_some() && self.went_on(flow, sequence) {
                return self.sequence(flow, packet);
            }
            self.counter.advance(sequence);
            return;
        }
        let behind = highest - sequence;
        let came = behind < SEQUENCE_WINDOW && self.counter.came(sequence);
        if came || behind >= SEQUENCE_WINDOW {
            // The counter began again: a small number, with other octets than the first time.
            if sequence <= RESTART_BELOW && highest > sequence {
                self.restart(flow, packet);
                return;
            }
            if came {
                flow.replayed += 1;
                return;
            }
        } else {
            self.counter.mark(sequence);
        }
        self.counter.distinct += 1;
        self.counter.lowest = self.counter.lowest.min(sequence);
        flow.late += 1;
        flow.reorder_depth = flow.reorder_depth.max(behind);
    }

    /// Whether one of the first numbers came before with the same octets; the same key and number give others with another
    /// IV or other data.
    fn repeats_a_first_one(&mut self, packet: &Packet<'_>) -> bool {
        let digest = packet.body.digest.wrapping_mul(u64::from(MIX)) >> 40;
        let digest = (digest as u8).max(1);
        let place = packet.sequence.wrapping_sub(1) as usize;
        let Some(known) = self.first.get_mut(place) else {
            return false;
        };
        let repeats = *known == digest;
        if *known == 0 {
            *known = digest;
        }
        repeats
    }

    fn restart(&mut self, flow: &mut Flow, packet: &Packet<'_>) {
        if let Some(before) = self.before.take()
            && !self.settle(flow, &before)
        {
            self.counter = before.counter;
        }
        let new = Counter::beginning(packet.sequence);
        self.before = Some(Box::new(Before {
            counter: std::mem::replace(&mut self.counter, new),
            packets: self.packets,
            repeated: 0,
            frame: packet.frame,
        }));
    }

    /// Whether the counter from before goes on with this number. Then it never ended, and what seemed to be a new one was
    /// old packets again.
    fn went_on(&mut self, flow: &mut Flow, sequence: u32) -> bool {
        let highest = self.counter.highest;
        let goes_on = |before: &mut Box<Before>| {
            let ended = before.counter.highest;
            highest < ended && sequence > ended && sequence - ended < SEQUENCE_WINDOW
        };
        let Some(before) = self.before.take_if(goes_on) else {
            return false;
        };
        flow.replayed += self.packets - before.packets;
        self.counter = before.counter;
        true
    }

    /// Counts a new counter as one, or the few packets of it as old ones of the counter before. Says whether it is one.
    fn settle(&self, flow: &mut Flow, before: &Before) -> bool {
        let packets = self.packets - before.packets;
        // From the first numbers on, without large gaps, with other octets than the first time.
        let begins_again = packets >= RESTART_PACKETS
            && before.repeated * 2 <= packets.min(RESTART_BELOW.into())
            && self.counter.lowest <= RESTART_FROM
            && self.counter.span() <= packets * 4;
        if begins_again {
            flow.lost += before.counter.lost();
            flow.resets = flow.resets.saturating_add(1);
            flow.reset_frame.get_or_insert(before.frame);
        } else {
            flow.replayed += packets;
        }
        begins_again
    }

    fn finished(&self, mut flow: Flow, came_back: u64) -> Flow {
        self.count_alike(&mut flow);
        flow.packets = self.packets;
        flow.octets = self.octets;
        flow.sequence_last = self.sequence;
        flow.frame_last = self.frame;
        flow.last = self.time;
        let counter = match &self.before {
            Some(before) if !self.settle(&mut flow, before) => &before.counter,
            _ => &self.counter,
        };
        flow.sequence_highest = counter.highest;
        flow.lost += counter.lost();
        flow.readable = self.readable && self.packets > 0;
        flow.small = self.small;
        flow.small_unanswered = self.small_unanswered;
        flow.large = self.large;
        flow.large_unanswered = self.large_unanswered;
        if came_back > self.came_back {
            flow.unanswered = 0;
        } else {
            flow.unanswered = self.unanswered;
            flow.unanswered_since = (self.packets > 0).then_some(self.unanswered_since);
            if self.length > LARGE {
                flow.large_unanswered += 1;
            } else {
                flow.small_unanswered += 1;
            }
        }
        // A mirrored port shows nearly every packet twice, a path only some.
        if flow.duplicates * 3 < flow.packets {
            flow.replayed += flow.duplicates;
        }
        flow
    }
}

impl Counter {
    /// With its first number.
    fn beginning(sequence: u32) -> Self {
        let mut counter = Self {
            lowest: sequence,
            highest: sequence,
            distinct: 1,
            window: [0; WINDOW_WORDS],
        };
        counter.mark(sequence);
        counter
    }

    /// Whether a sequence number within the window came.
    fn came(&self, sequence: u32) -> bool {
        let (word, bit) = place_in_window(sequence);
        self.window.get(word).is_some_and(|word| word & bit != 0)
    }

    fn mark(&mut self, sequence: u32) {
        let (word, bit) = place_in_window(sequence);
        if let Some(word) = self.window.get_mut(word) {
            *word |= bit;
        }
    }

    /// Moves the window on to a new highest number, which has come.
    fn advance(&mut self, to: u32) {
        let by = to.wrapping_sub(self.highest);
        if by >= SEQUENCE_WINDOW {
            self.window.fill(0);
        } else {
            for missing in 1..by {
                let (word, bit) = place_in_window(self.highest.wrapping_add(missing));
                if let Some(word) = self.window.get_mut(word) {
                    *word &= !bit;
                }
            }
        }
        self.highest = to;
        self.distinct += 1;
        self.mark(to);
    }

    /// Numbers from the lowest to the highest one, which may be behind 2^32.
    fn span(&self) -> u64 {
        u64::from(self.highest.wrapping_sub(self.lowest)) + 1
    }

    /// Numbers of these that never came.
    fn lost(&self) -> u64 {
        self.span().saturating_sub(self.distinct)
    }
}

/// The word and the bit of a sequence number. 2^32 is a multiple of the window.
const fn place_in_window(sequence: u32) -> (usize, u64) {
    let place = sequence % SEQUENCE_WINDOW;
    ((place / 64) as usize, 1 << (place % 64))
}

fn length(packet: &Packet<'_>) -> u32 {
    let header = match packet.protocol {
        Protocol::Esp => ESP_HEADER,
        _ => 0,
    };
    packet.body.length.saturating_add(header)
}

/// Flows that are found without a look into the map: 32 KiB of places, for more tunnels than are busy at one time.
const NEAREST_BITS: u32 = 13;

/// Bits without a pattern: the fractional part of the golden ratio.
const MIX: u32 = 0x9e37_79b9;

/// SPI and sequence number.
const ESP_HEADER: u32 = 8;

/// Packets of more octets may be too large for a path; every path carries those of less.
const LARGE: u32 = 1_000;

/// Nanoseconds of a second.
const NANOS: i64 = 1_000_000_000;

/// From and to where the low half of a sequence number may wrap.
const WRAP_FROM: u32 = 0xffff_0000;
const WRAP_TO: u32 = 0x0001_0000;

/// A sequence number that begins again is small: the first packets of a new counter.
const RESTART_BELOW: u32 = 64;

/// Packets of a counter that begins again: fewer are old ones that came once more.
const RESTART_PACKETS: u64 = 2;

/// The first packets of a new counter may be missing from the capture.
const RESTART_FROM: u32 = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn end(last: u8) -> Endpoint {
        Endpoint {
            address: IpAddr::from([192, 0, 2, last]),
            port: None,
        }
    }

    /// Packets with these numbers, each with octets of its own.
    fn flow(sequences: &[u32]) -> Flow {
        let packets: Vec<(u32, u8)> = (0..).zip(sequences).map(|(own, n)| (*n, own)).collect();
        flow_of(&packets)
    }

    fn packet(number: u64, sequence: u32, octet: u8) -> Packet<'static> {
        Packet {
            protocol: Protocol::Esp,
            spi: Spi(0x100),
            sequence,
            body: Body::from([[octet; 16], [0; 16]].as_flattened()),
            src: end(1),
            dst: end(2),
            encapsulation: None,
            frame: FrameId { file: 0, number },
            time: None,
            duplicate: false,
            fragmented: false,
            opened: None,
            inside: None,
        }
    }

    /// Packets with these numbers and octets.
    fn flow_of(packets: &[(u32, u8)]) -> Flow {
        let mut table = FlowTable::default();
        for (number, (sequence, octet)) in (1..).zip(packets) {
            table.observe(&packet(number, *sequence, *octet));
        }
        table.get(0).unwrap()
    }

    #[test]
    fn a_copy_on_the_other_side_of_a_nat_counts_there() {
        let mut table = FlowTable::default();
        for sequence in 1..=5 {
            let outside = packet(sequence.into(), sequence, 0);
            table.observe(&outside);
            // Inside, and there twice.
            for _ in 0..2 {
                table.observe(&Packet {
                    dst: end(3),
                    duplicate: true,
                    ..packet(sequence.into(), sequence, 0)
                });
            }
        }
        let counts = |place| table.get(place).map(|flow| (flow.packets, flow.duplicates));
        assert_eq!((counts(0), counts(1)), (Some((5, 0)), Some((5, 5))));
    }

    /// What `MAX_TRACKED_FLOWS` says of the memory of a flow.
    #[test]
    fn a_flow_takes_a_kibibyte() {
        let octets = size_of::<Counts>() + size_of::<Flow>();
        assert!((900..=1_100).contains(&octets), "{octets}");
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
        let replayed = |sequences: &[u32]| {
            let flow = flow(sequences);
            (flow.resets, flow.replayed, flow.sequence_highest, flow.lost)
        };
        assert_eq!(replayed(&[1, 2, 3, 4, 1, 5, 2, 3, 6, 7]), (0, 3, 7, 0));
        assert_eq!(replayed(&[1, 2, 4, 5, 1, 2, 4, 6]), (0, 3, 6, 1));
        assert_eq!(replayed(&[1, 2, 3, 2]), (0, 1, 3, 0));
        assert_eq!(replayed(&[7, 8, 9, 1, 2, 3]), (0, 0, 9, 3));
        assert_eq!(replayed(&[30, 40, 41, 42, 30, 40]), (0, 2, 42, 9));
        let wrapped = flow(&[u32::MAX - 1, u32::MAX, 0, 1]);
        assert_eq!((wrapped.resets, wrapped.lost), (0, 0));
    }

    /// A counter that begins again encrypts something else; who repeats packets has none but the old ones.
    #[test]
    fn first_packets_that_come_again_are_no_reset() {
        let first: Vec<(u32, u8)> = (1..=10).map(|n| (n, n as u8)).collect();
        let counts = |again: &[(u32, u8)]| {
            let flow = flow_of(&[&first, again].concat());
            (flow.resets, flow.replayed)
        };
        assert_eq!(counts(&first), (0, 10));
        assert_eq!(counts(&first[..3]), (0, 3));
        let others: Vec<(u32, u8)> = (1..=10).map(|n| (n, 100 + n as u8)).collect();
        assert_eq!(counts(&others), (1, 0));
    }

    proptest::proptest! {
        /// Also where a counter begins again and then wraps.
        #[test]
        fn no_number_is_too_much(
            first in 0_u32..RESTART_FROM,
            others in proptest::collection::vec(proptest::prop_oneof![0_u32..100, u32::MAX - 100..=u32::MAX], 0..4),
            last in 0_u32..RESTART_FROM,
        ) {
            let begun_again = [first, first + 1, first, u32::MAX];
            let sequences = [&begun_again, others.as_slice(), &[last]].concat();
            proptest::prop_assert_eq!(flow(&sequences).packets, sequences.len() as u64);
        }

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
