//! Lines of a large log of charon, by the number of the IKE SA in their tags.
//!
//! ```text
//! Nov 21 15:12:27.175 09[MGR] <gw|1> checkin IKEv2 SA gw[1] with SPIs ccb22ceaa05ed17b_i c70721b5c913af97_r
//! Nov 21 15:12:27.183 12[CHD] <gw|1>   SPI 0xb8be1754, src 10.9.0.2 dst 10.9.0.1
//! ```
//!
//! Keys are logged with such a tag, and so are the SPIs. IKE SAs of which one made the other belong together.

use std::collections::HashMap;

use ikescope_dissectors::IkeSpi;
use memchr::{memchr, memchr_iter, memmem};

use super::formats::strongswan::{begins_anew, bracketed, checkin, is_key};
use super::sift::{Piece, line};
use super::text::{as_text, spi_hex};

/// What is known of the lines so far.
#[derive(Default)]
pub(super) struct TaggedLines {
    groups: Vec<Group>,
    /// By how often the daemon began anew, which counts its IKE SAs from 1, and by number.
    known: HashMap<(u32, u32), usize>,
    lives: u32,
    /// Groups of which one's lines name the other's number.
    joins: Vec<(usize, usize)>,
    /// The group of the last line.
    last: Option<usize>,
    /// Whether a key has no tag, so that nothing is known of any and all is read.
    untagged: bool,
}

/// Lines that belong together.
#[derive(Default)]
pub(super) struct Group {
    pub(super) pieces: Vec<Piece>,
    /// SPIs of initiators, and of ESP and AH.
    pub(super) ike: Vec<u64>,
    pub(super) esp: Vec<u64>,
    has_child_keys: bool,
}

/// Where a line has its tag.
#[derive(Clone, Copy)]
struct Tag {
    start: usize,
    end: usize,
    number: u32,
}

impl TaggedLines {
    /// Octets of the lines that the text begins with, which belong to one IKE SA. None where they are none of charon.
    /// `place` is where the text begins.
    pub(super) fn take(&mut self, text: &[u8], is_last: bool, mut place: Piece) -> Option<usize> {
        if self.untagged {
            return None;
        }
        let mut known: Option<(Tag, &[u8])> = None;
        while let Some(next) = text.get(place.len..).map(line) {
            if next.is_empty() || (!next.ends_with(b"\n") && !is_last) {
                break;
            }
            // A tag mostly stands where it stood in the line before.
            let same = known.filter(|(tag, mark)| next.get(tag.start..tag.end) == Some(*mark));
            let tag = same.map(|(tag, _)| tag).or_else(|| Tag::of(next));
            match (tag, known) {
                (Some(tag), Some((of_run, _))) if tag.number != of_run.number => break,
                (Some(tag), _) => {
                    if same.is_none() {
                        known = Some((tag, next.get(tag.start..tag.end)?));
                        self.last = Some(self.group(self.lives, tag.number));
                    }
                    self.note(tag.number, next.get(tag.end..)?);
                }
                (None, _) => {
                    let message = as_text(untagged(next)?)?;
                    if begins_anew(message) {
                        if place.len > 0 {
                            break;
                        }
                        self.lives += 1;
                        self.last = None;
                    }
                    self.untagged |= is_key(message);
                }
            }
            // What has no tag says nothing of any key; it goes with the lines before.
            if self.last.is_none() {
                break;
            }
            place.len += next.len();
            place.lines += 1;
        }
        let len = place.len;
        let group = self.last.and_then(|group| self.groups.get_mut(group));
        group.filter(|_| len > 0)?.add(place);
        Some(len)
    }

    fn group(&mut self, life: u32, number: u32) -> usize {
        let next = self.groups.len();
        let group = *self.known.entry((life, number)).or_insert(next);
        if group == next {
            self.groups.push(Group::default());
        }
        group
    }

    /// Takes SPIs out of a message, and numbers of other IKE SAs.
    fn note(&mut self, number: u32, message: &[u8]) {
        let Some(own) = self.last else {
            return;
        };
        // Most lines are those of dumps.
        if message.first() == Some(&b' ') && message.get(2) != Some(&b'S') {
            return;
        }
        let names_another =
            memchr(b'[', message).is_some() && memmem::find(message, b"IKE").is_some();
        let other = as_text(message)
            .filter(|_| names_another)
            .and_then(bracketed);
        if let Some(other) = other.filter(|other| *other != number) {
            let other = self.group(self.lives, other);
            self.joins.push((own, other));
        }
        let Some(group) = self.groups.get_mut(own) else {
            return;
        };
        let keys_of_child: [&[u8]; 4] = [
            b"encryption ",
            b"integrity ",
            b"seed ",
            b"initiator SA seed ",
        ];
        let esp = |word: &str| spi_hex(word.get(..8)?).map(|spi| u64::from(spi.0));
        if keys_of_child.iter().any(|name| message.starts_with(name)) {
            group.has_child_keys = true;
        } else if let Some(rest) = message.strip_prefix(b"checkin IKEv") {
            let spis = as_text(rest).and_then(checkin);
            let initiator = spis.and_then(|(_, spis)| spis.initiator);
            group.ike.extend(
                initiator
                    .filter(|spi| *spi != IkeSpi::NONE)
                    .map(|spi| spi.0),
            );
        } else if let Some(rest) = message.strip_prefix(b"  SPI 0x") {
            group.esp.extend(as_text(rest).and_then(esp));
        } else if message.starts_with(b"CHILD_SA ")
            && let Some((_, spis)) =
                as_text(message).and_then(|text| text.split_once(" with SPIs "))
        {
            group.esp.extend(spis.split(' ').take(2).filter_map(esp));
        }
    }

    /// Adds what is known of the part behind, which begins behind so many lines.
    pub(super) fn append(&mut self, part: Self, lines: usize) {
        let mut places = vec![0; part.groups.len()];
        for ((life, number), group) in part.known {
            let place = self.group(self.lives + life, number);
            if let Some(known) = places.get_mut(group) {
                *known = place;
            }
        }
        for (group, place) in part.groups.into_iter().zip(&places) {
            if let Some(known) = self.groups.get_mut(*place) {
                known.join(group, lines);
            }
        }
        let place = |group: usize| places.get(group).copied().unwrap_or_default();
        let joins = part.joins.into_iter();
        self.joins
            .extend(joins.map(|(one, other)| (place(one), place(other))));
        self.lives += part.lives;
        self.untagged |= part.untagged;
    }

    /// Groups that can be found by SPIs, and what cannot.
    pub(super) fn finish(mut self, read_first: usize) -> (Vec<Group>, Vec<Piece>) {
        let mut of: Vec<usize> = (0..self.groups.len()).collect();
        let root = |of: &[usize], mut group: usize| {
            while let Some(next) = of.get(group).filter(|next| **next != group) {
                group = *next;
            }
            group
        };
        for (one, other) in std::mem::take(&mut self.joins) {
            let (one, other) = (root(&of, one), root(&of, other));
            if let Some(joined) = of.get_mut(one.max(other)) {
                *joined = one.min(other);
            }
        }
        for place in (0..of.len()).rev() {
            let to = root(&of, place);
            if let Some(group) = self
                .groups
                .get_mut(place)
                .filter(|_| to != place)
                .map(std::mem::take)
                && let Some(into) = self.groups.get_mut(to)
            {
                into.join(group, 0);
            }
        }
        let (mut found, mut rest) = (Vec::new(), Vec::new());
        for (place, mut group) in self.groups.into_iter().enumerate() {
            let is_whole =
                !group.ike.is_empty() && (!group.esp.is_empty() || !group.has_child_keys);
            if is_whole && place >= read_first && !self.untagged {
                group.pieces.sort_by_key(|piece| piece.start);
                for spis in [&mut group.ike, &mut group.esp] {
                    spis.sort_unstable();
                    spis.dedup();
                }
                found.push(group);
            } else {
                rest.append(&mut group.pieces);
            }
        }
        (found, rest)
    }
}

impl Group {
    fn add(&mut self, piece: Piece) {
        match self.pieces.last_mut() {
            Some(last) if last.start + last.len == piece.start => {
                last.len += piece.len;
                last.lines += piece.lines;
            }
            _ => self.pieces.push(piece),
        }
    }

    fn join(&mut self, other: Self, lines: usize) {
        let pieces = other.pieces.into_iter();
        self.pieces.extend(pieces.map(|piece| Piece {
            in_file: piece.in_file + lines,
            ..piece
        }));
        self.ike.extend(other.ike);
        self.esp.extend(other.esp);
        self.has_child_keys |= other.has_child_keys;
    }
}

impl Tag {
    /// Behind the thread and the group of the message: `09[MGR] <gw|1> `.
    fn of(line: &[u8]) -> Option<Self> {
        let open = memchr(b'<', line)?;
        let start = open.checked_sub(2)?;
        let close = open + memchr(b'>', line.get(open..)?)?;
        let before = line.get(open.checked_sub(7)?..open)?;
        let number = line
            .get(open + 1..close)?
            .rsplit(|octet| *octet == b'|')
            .next()?;
        (is_group(before) && line.get(close + 1) == Some(&b' ')).then_some(Self {
            start,
            end: close + 2,
            number: as_text(number)?.parse().ok()?,
        })
    }
}

/// The message of a line of charon without a tag.
fn untagged(line: &[u8]) -> Option<&[u8]> {
    memchr_iter(b'[', line).find_map(|at| {
        let group = line.get(at.checked_sub(1)?..at + 6)?;
        is_group(group).then(|| line.get(at + 6..))?
    })
}

/// `9[MGR] `.
fn is_group(octets: &[u8]) -> bool {
    matches!(
        octets,
        [
            b'0'..=b'9',
            b'[',
            b'A'..=b'Z',
            b'A'..=b'Z',
            b'A'..=b'Z',
            b']',
            b' '
        ]
    )
}
