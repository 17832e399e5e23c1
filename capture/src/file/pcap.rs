//! The pcap format: a header of 24 octets, then records (draft-ietf-opsawg-pcap), and its variants

use crate::{LinkType, Timestamp};

/// How the records of one file are written
#[derive(Clone, Copy, Debug)]
pub(super) struct Pcap {
    big_endian: bool,
    nanoseconds: bool,
    /// Octets of a record before its packet
    pub(super) record_header: usize,
    /// Octets of the file before the first record
    pub(super) file_header: usize,
    lengths: Lengths,
    link: LinkType,
}

/// Old writers exchanged the two lengths
#[derive(Clone, Copy, Debug)]
enum Lengths {
    CapturedFirst,
    WireFirst,
    /// Version 2.3 and 543 did either: the smaller one is what was captured
    Smaller,
}

/// One record header
pub(super) struct RecordHeader {
    pub(super) time: Timestamp,
    pub(super) captured: u32,
    pub(super) length: u32,
}

impl Pcap {
    /// The header of a file, 24 octets with a magic number of [`Pcap::recognizes`]
    pub(super) fn parse(octets: &[u8; 24]) -> Option<Self> {
        let (magic, big_endian) = magic(octets)?;
        let u16_at = |at: usize| {
            let two = [octets[at], octets[at + 1]];
            if big_endian {
                u16::from_be_bytes(two)
            } else {
                u16::from_le_bytes(two)
            }
        };
        let (major, minor) = (u16_at(4), u16_at(6));
        let network = u32_at(octets, 20, big_endian);
        let aix = magic == MICROSECONDS && (major, minor) == (2, 2);
        Some(Self {
            big_endian,
            nanoseconds: magic == NANOSECONDS || aix,
            record_header: if magic == KUZNETZOV { 24 } else { 16 },
            file_header: if matches!(magic, IXIA_HARDWARE | IXIA_SOFTWARE) {
                28
            } else {
                24
            },
            lengths: match (major, minor) {
                (2, 0..3) if !aix => Lengths::WireFirst,
                (2, 3) | (543, 0) => Lengths::Smaller,
                _ => Lengths::CapturedFirst,
            },
            link: if aix {
                aix_link(network)
            } else {
                LinkType(network as u16)
            },
        })
    }

    /// Whether a file that begins so is a pcap file
    pub(super) fn recognizes(octets: &[u8]) -> bool {
        magic(octets).is_some()
    }

    /// The upper bits of the field tell the length of a frame check sequence, which IP's own length already excludes
    pub(super) fn link(&self) -> LinkType {
        self.link
    }

    #[inline]
    pub(super) fn record(&self, octets: &[u8]) -> Option<RecordHeader> {
        let octets = octets.first_chunk::<16>()?;
        let field = |at| u32_at(octets, at, self.big_endian);
        let fraction = u64::from(field(4));
        let (first, second) = (field(8), field(12));
        let (captured, length) = match self.lengths {
            Lengths::CapturedFirst => (first, second),
            Lengths::WireFirst => (second, first),
            Lengths::Smaller => (first.min(second), first.max(second)),
        };
        Some(RecordHeader {
            time: Timestamp::new(
                i64::from(field(0)),
                if self.nanoseconds {
                    fraction
                } else {
                    fraction * 1000
                },
            ),
            captured,
            length,
        })
    }
}

fn magic(octets: &[u8]) -> Option<(u32, bool)> {
    let first = *octets.first_chunk::<4>()?;
    let little = u32::from_le_bytes(first);
    if MAGICS.contains(&little) {
        return Some((little, false));
    }
    let big = u32::from_be_bytes(first);
    MAGICS.contains(&big).then_some((big, true))
}

#[inline]
fn u32_at<const N: usize>(octets: &[u8; N], at: usize, big_endian: bool) -> u32 {
    let four = [octets[at], octets[at + 1], octets[at + 2], octets[at + 3]];
    if big_endian {
        u32::from_be_bytes(four)
    } else {
        u32::from_le_bytes(four)
    }
}

/// AIX's tcpdump writes the interface type of RFC 1573 where others write a link type
fn aix_link(interface_type: u32) -> LinkType {
    match interface_type {
        6 => LinkType::ETHERNET,
        9 => LinkType(6),
        15 => LinkType(10),
        24 => LinkType::NULL,
        other => LinkType(other as u16),
    }
}

const MICROSECONDS: u32 = 0xa1b2_c3d4;
const NANOSECONDS: u32 = 0xa1b2_3c4d;
/// Alexey Kuznetzov's patched libpcap: 8 more octets in each record header
const KUZNETZOV: u32 = 0xa1b2_cd34;
/// IXIA's lcap, of hardware and of software: 4 more octets in the file header
const IXIA_HARDWARE: u32 = 0x1c00_01ac;
const IXIA_SOFTWARE: u32 = 0x1c00_01ab;
const MAGICS: [u32; 5] = [
    MICROSECONDS,
    NANOSECONDS,
    KUZNETZOV,
    IXIA_HARDWARE,
    IXIA_SOFTWARE,
];
