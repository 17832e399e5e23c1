//! IP fragments put together again (RFC 791, section 3.2; RFC 8200, section 4.5)

use super::Note;
use super::ip::{self, Packet};
use super::notes::Notes;
use crate::limits::{MAX_FRAGMENT_AGE, MAX_FRAGMENT_OCTETS, MAX_FRAGMENTED, MAX_FRAGMENTS};
use crate::{Frame, Timestamp};
use std::collections::HashMap;
use std::mem;
use std::net::IpAddr;

/// The datagrams of which some fragments came
///
/// They are kept in two generations. When the young one has half of what is allowed it becomes the old one, and what
/// was old is given up: no search for the oldest, whoever sends the fragments.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    young: Generation,
    old: Generation,
    /// Given up for their age
    pub(super) incomplete: u64,
    /// Given up for others
    pub(super) crowded: u64,
}

/// A datagram put together
pub(super) struct Complete {
    pub(super) octets: Vec<u8>,
    /// In order of data
    pub(super) frames: Vec<u64>,
    pub(super) protocol: u8,
    pub(super) notes: Notes,
}

#[derive(Debug, Default)]
struct Generation {
    partial: HashMap<Key, Partial>,
    octets: usize,
}

/// Two inputs may have seen the same datagram at two places: each is put together from its own frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    file: u32,
    src: IpAddr,
    dst: IpAddr,
    id: u32,
    /// Of IPv4 only: IPv6 takes that of the first fragment
    protocol: u8,
}

#[derive(Debug, Default)]
struct Partial {
    octets: Vec<u8>,
    /// Octets that are there: ascending, apart
    ranges: Vec<(usize, usize)>,
    /// Known since the last fragment came
    length: Option<usize>,
    protocol: u8,
    /// Offset and number of each frame
    frames: Vec<(u32, u64)>,
    began: Option<Timestamp>,
    overlap: Option<bool>,
}

impl Fragments {
    /// Takes one fragment; the datagram if it is complete with it. What is odd is noted.
    pub(super) fn add(
        &mut self,
        packet: &Packet<'_>,
        fragment: ip::Fragment,
        frame: &Frame<'_>,
        notes: &mut Notes,
    ) -> Option<Complete> {
        // A fragment cut by the snap length leaves a hole that nothing fills.
        if packet.truncated {
            return None;
        }
        let Some((start, end)) = extent(packet, fragment) else {
            notes.add(Note::BadFragment);
            return None;
        };
        let key = Key {
            file: frame.file,
            src: packet.src,
            dst: packet.dst,
            id: fragment.id,
            protocol: if packet.src.is_ipv4() {
                packet.protocol
            } else {
                0
            },
        };
        let mut partial = self.take(&key, frame.time);
        if !partial.fits(end, fragment.more) {
            notes.add(Note::BadFragment);
            self.keep(key, partial);
            return None;
        }
        if !fragment.more {
            partial.length = Some(end);
        }
        if start == 0 {
            partial.protocol = packet.protocol;
        }
        partial.frames.push((fragment.offset, frame.number));
        if let Some(differ) = partial.insert(start, packet.payload) {
            notes.add(Note::OverlappingFragments { differ });
            partial.overlap = Some(differ || partial.overlap == Some(true));
        }
        if partial
            .length
            .is_some_and(|length| partial.ranges == [(0, length)])
        {
            return Some(partial.complete());
        }
        self.keep(key, partial);
        None
    }

    /// The datagram of this key, or a new one
    fn take(&mut self, key: &Key, now: Option<Timestamp>) -> Partial {
        let known = self.young.remove(key).or_else(|| self.old.remove(key));
        let fresh = || Partial {
            began: now,
            ..Partial::default()
        };
        let Some(partial) = known else {
            return fresh();
        };
        let too_old = now.zip(partial.began).is_some_and(|(now, began)| {
            now.seconds.saturating_sub(began.seconds) > MAX_FRAGMENT_AGE
        });
        if too_old {
            self.incomplete += 1;
            return fresh();
        }
        partial
    }

    fn keep(&mut self, key: Key, partial: Partial) {
        if partial.frames.is_empty() {
            return;
        }
        let full = self.young.partial.len() >= MAX_FRAGMENTED / 2
            || self.young.octets >= MAX_FRAGMENT_OCTETS / 2;
        if full {
            let given_up = mem::replace(&mut self.old, mem::take(&mut self.young));
            let now = partial.began;
            for other in given_up.partial.values() {
                let aged = now.zip(other.began).is_some_and(|(now, began)| {
                    now.seconds.saturating_sub(began.seconds) > MAX_FRAGMENT_AGE
                });
                *(if aged {
                    &mut self.incomplete
                } else {
                    &mut self.crowded
                }) += 1;
            }
        }
        self.young.octets += partial.octets.len();
        self.young.partial.insert(key, partial);
    }
}

impl Generation {
    fn remove(&mut self, key: &Key) -> Option<Partial> {
        let partial = self.partial.remove(key)?;
        self.octets -= partial.octets.len();
        Some(partial)
    }
}

impl Partial {
    /// Whether a fragment that ends here agrees with those before
    fn fits(&self, end: usize, more: bool) -> bool {
        let within = match (self.length, more) {
            (Some(length), true) => end <= length,
            (Some(length), false) => end == length,
            (None, true) => true,
            (None, false) => self.ranges.last().is_none_or(|last| last.1 <= end),
        };
        within && self.frames.len() < MAX_FRAGMENTS
    }

    /// Puts in the octets that are not there yet; when some are, whether they differ
    fn insert(&mut self, start: usize, octets: &[u8]) -> Option<bool> {
        let end = start + octets.len();
        if self.octets.len() < end {
            self.octets.resize(end, 0);
        }
        let new = |from: usize, to: usize| octets.get(from - start..to - start).unwrap_or_default();
        let mut overlap = None;
        let mut at = start;
        for &(from, to) in self
            .ranges
            .iter()
            .filter(|range| range.0 < end && range.1 > start)
        {
            if at < from {
                self.octets[at..from].copy_from_slice(new(at, from));
            }
            let (from, to) = (from.max(start), to.min(end));
            let differ = self.octets[from..to] != *new(from, to);
            overlap = Some(differ || overlap == Some(true));
            at = to;
        }
        if at < end {
            self.octets[at..end].copy_from_slice(new(at, end));
        }
        self.join(start, end);
        overlap
    }

    /// Adds a range and joins it with those it touches
    fn join(&mut self, mut start: usize, mut end: usize) {
        self.ranges.retain(|&(from, to)| {
            let apart = to < start || from > end;
            if !apart {
                (start, end) = (start.min(from), end.max(to));
            }
            apart
        });
        let at = self.ranges.partition_point(|range| range.0 < start);
        self.ranges.insert(at, (start, end));
    }

    fn complete(mut self) -> Complete {
        let mut notes = Notes::new();
        if let Some(differ) = self.overlap {
            notes.add(Note::OverlappingFragments { differ });
        }
        self.frames.sort_by_key(|frame| frame.0);
        Complete {
            octets: self.octets,
            frames: self.frames.into_iter().map(|frame| frame.1).collect(),
            protocol: self.protocol,
            notes,
        }
    }
}

/// Where the fragment lies in its datagram, if that can be
fn extent(packet: &Packet<'_>, fragment: ip::Fragment) -> Option<(usize, usize)> {
    let start = fragment.offset as usize;
    let end = start + packet.payload.len();
    let whole = !fragment.more || packet.payload.len().is_multiple_of(8);
    (end > start && end <= LARGEST && whole).then_some((start, end))
}

const LARGEST: usize = 65_535;
