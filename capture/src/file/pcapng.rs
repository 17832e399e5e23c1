//! The pcapng format: sections of typed blocks (draft-ietf-opsawg-pcapng)

use crate::limits::MAX_INTERFACES;
use crate::{LinkType, Timestamp};
use pcap_parser::pcapng::{OptionCode, parse_block_be, parse_block_le};
use pcap_parser::{Block, PcapNGOption};

/// What the blocks read so far say about those that follow
#[derive(Debug, Default)]
pub(super) struct Pcapng {
    big_endian: bool,
    interfaces: Vec<Interface>,
}

#[derive(Clone, Copy, Debug)]
struct Interface {
    link: LinkType,
    snap_length: u32,
    /// Units of a time stamp in a second, zero where that is beyond 64 bits
    units: u64,
    /// As `if_tsresol` has it
    resolution: u8,
    /// Seconds to add
    offset: i64,
}

/// A packet block without its packet
#[derive(Debug)]
pub(super) struct Packet {
    pub(super) time: Option<Timestamp>,
    pub(super) length: u32,
    /// Where the packet begins in the block
    pub(super) start: usize,
    pub(super) captured: u32,
    pub(super) link: LinkType,
}

/// How a block begins
#[derive(Clone, Copy, Debug)]
pub(super) struct BlockHeader {
    pub(super) kind: u32,
    pub(super) length: u32,
}

impl Pcapng {
    /// Type and length of the block that `octets` begin with. A Section Header Block decides the byte order, so twelve
    /// octets of it are needed; of others eight. `None` for a wrong byte-order magic.
    #[inline]
    pub(super) fn block(&mut self, octets: &[u8]) -> Option<BlockHeader> {
        if octets.starts_with(&SECTION_HEADER_OCTETS) {
            self.big_endian = match octets.get(8..12)? {
                [0x1a, 0x2b, 0x3c, 0x4d] => true,
                [0x4d, 0x3c, 0x2b, 0x1a] => false,
                _ => return None,
            };
        }
        Some(BlockHeader {
            kind: self.u32_at(octets, 0)?,
            length: self.u32_at(octets, 4)?,
        })
    }

    /// Reads a whole Section Header or Interface Description Block; a sentence when it is corrupt
    pub(super) fn describe(&mut self, octets: &[u8]) -> Result<(), String> {
        let parse = if self.big_endian {
            parse_block_be
        } else {
            parse_block_le
        };
        match parse(octets) {
            Ok((_, Block::SectionHeader(header))) => {
                if header.major_version != 1 {
                    return Err(format!(
                        "pcapng version {} is not known",
                        header.major_version
                    ));
                }
                self.interfaces.clear();
            }
            Ok((_, Block::InterfaceDescription(description))) => {
                if self.interfaces.len() >= MAX_INTERFACES {
                    return Err(format!(
                        "a section describes more than {MAX_INTERFACES} interfaces"
                    ));
                }
                let resolution = option(&description.options, OptionCode::IfTsresol)
                    .and_then(|value| value.first().copied())
                    .unwrap_or(MICROSECONDS);
                self.interfaces.push(Interface {
                    link: LinkType(description.linktype.0 as u16),
                    snap_length: description.snaplen,
                    units: units(resolution),
                    resolution,
                    offset: self.offset(&description.options),
                });
            }
            _ => return Err("a block that describes a section or interface cannot be read".into()),
        }
        Ok(())
    }

    /// Reads the fixed part of a packet block, of which `octets` is the whole; a sentence when it is corrupt
    ///
    /// By hand: pcap-parser collects the options of every packet in a list, and refuses the packet with a bad one.
    #[inline]
    pub(super) fn packet(&self, kind: u32, octets: &[u8]) -> Result<Packet, String> {
        let field = |at| self.u32_at(octets, at).ok_or(TOO_SHORT);
        let (index, start, captured, length) = match kind {
            ENHANCED_PACKET => (field(8)?, 28, field(20)?, field(24)?),
            PACKET => {
                let both = field(8)?;
                // The upper half in file order is the interface, the lower one counts drops.
                let index = if self.big_endian {
                    both >> 16
                } else {
                    both & 0xffff
                };
                (index, 28, field(20)?, field(24)?)
            }
            _ => (0, 12, u32::MAX, field(8)?),
        };
        let interface = self.interfaces.get(index as usize).ok_or_else(|| {
            format!(
                "a packet names interface {index}, but the section describes {}",
                self.interfaces.len()
            )
        })?;
        let room = (octets.len() as u32).saturating_sub(start as u32 + 4);
        if kind == SIMPLE_PACKET {
            let snap = if interface.snap_length == 0 {
                u32::MAX
            } else {
                interface.snap_length
            };
            return Ok(Packet {
                time: None,
                length,
                start,
                captured: length.min(snap).min(room),
                link: interface.link,
            });
        }
        if captured > room {
            return Err(format!(
                "a packet of {captured} captured octets stands in a block with room for {room}"
            ));
        }
        let stamp = u64::from(field(12)?) << 32 | u64::from(field(16)?);
        Ok(Packet {
            time: Some(interface.time(stamp)),
            length,
            start,
            captured,
            link: interface.link,
        })
    }

    /// The length again, which ends every block
    #[inline]
    pub(super) fn trailer(&self, octets: &[u8]) -> Option<u32> {
        self.u32_at(octets, octets.len().checked_sub(4)?)
    }

    #[inline]
    fn u32_at(&self, octets: &[u8], at: usize) -> Option<u32> {
        let four = *octets.get(at..)?.first_chunk::<4>()?;
        Some(if self.big_endian {
            u32::from_be_bytes(four)
        } else {
            u32::from_le_bytes(four)
        })
    }

    fn offset(&self, options: &[PcapNGOption<'_>]) -> i64 {
        let Some(eight) =
            option(options, OptionCode::IfTsoffset).and_then(|value| value.first_chunk::<8>())
        else {
            return 0;
        };
        if self.big_endian {
            i64::from_be_bytes(*eight)
        } else {
            i64::from_le_bytes(*eight)
        }
    }
}

impl Interface {
    #[inline]
    fn time(&self, stamp: u64) -> Timestamp {
        let (seconds, nanos) = match self.units {
            1_000_000 => (stamp / 1_000_000, stamp % 1_000_000 * 1000),
            1_000_000_000 => (stamp / 1_000_000_000, stamp % 1_000_000_000),
            0 => beyond(self.resolution, stamp),
            units => {
                let fraction = u128::from(stamp % units) * 1_000_000_000 / u128::from(units);
                (stamp / units, fraction as u64)
            }
        };
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        Timestamp::new(seconds.saturating_add(self.offset), nanos)
    }
}

/// Units in a second: a power of ten, with the uppermost bit of two; zero beyond 64 bits
fn units(resolution: u8) -> u64 {
    let exponent = u32::from(resolution & 0x7f);
    let base: u64 = if resolution & 0x80 == 0 { 10 } else { 2 };
    base.checked_pow(exponent).unwrap_or(0)
}

/// Seconds and nanoseconds where a second has more units than 64 bits can tell: there are no whole seconds but with 2^-64
fn beyond(resolution: u8, stamp: u64) -> (u64, u64) {
    let exponent = u32::from(resolution & 0x7f);
    let nanos = if resolution & 0x80 == 0 {
        10_u128
            .checked_pow(exponent)
            .map_or(0, |units| u128::from(stamp) * 1_000_000_000 / units)
    } else {
        (u128::from(stamp) * 1_000_000_000) >> exponent.min(127)
    };
    (0, nanos as u64)
}

fn option<'a>(options: &'a [PcapNGOption<'_>], code: OptionCode) -> Option<&'a [u8]> {
    options
        .iter()
        .find(|option| option.code == code)
        .map(PcapNGOption::value)
}

const TOO_SHORT: &str = "a packet block is too short for its fields";
const MICROSECONDS: u8 = 6;
pub(super) const SECTION_HEADER_OCTETS: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];
pub(super) const SECTION_HEADER: u32 = 0x0a0d_0d0a;
pub(super) const INTERFACE_DESCRIPTION: u32 = 1;
/// Obsolete since 2009, still found
pub(super) const PACKET: u32 = 2;
pub(super) const SIMPLE_PACKET: u32 = 3;
pub(super) const ENHANCED_PACKET: u32 = 6;
