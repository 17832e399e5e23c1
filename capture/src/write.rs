//! Writing pcapng

use crate::{Frame, LinkType, Timestamp};
use std::io::{self, Write};

/// Writes frames as pcapng (draft-ietf-opsawg-pcapng): one section, an interface for each link type, nanoseconds
///
/// What is written reads back the same, but for the numbers, and times before 1970 or after 2554, which the format
/// cannot tell.
#[derive(Debug)]
pub struct PcapngWriter<W: Write> {
    out: W,
    /// In order of their interface numbers
    links: Vec<LinkType>,
    block: Vec<u8>,
}

impl<W: Write> PcapngWriter<W> {
    /// Begins a section
    ///
    /// # Errors
    /// Those of `out`.
    pub fn new(out: W) -> io::Result<Self> {
        let mut writer = Self {
            out,
            links: Vec::new(),
            block: Vec::new(),
        };
        writer.begin(SECTION_HEADER);
        writer.put(&0x1a2b_3c4d_u32.to_le_bytes());
        writer.put(&[1, 0, 0, 0]);
        // The section's length is not known yet.
        writer.put(&u64::MAX.to_le_bytes());
        writer.option(SHB_USERAPPL, b"ikescope");
        writer.put(&END_OF_OPTIONS);
        writer.end()?;
        Ok(writer)
    }

    /// Writes one frame, with a comment if it is not empty. A frame without a time gets one of zero.
    ///
    /// # Errors
    /// Those of the stream; `InvalidInput` for more than 16 MiB, which nothing reads back.
    pub fn write(&mut self, frame: &Frame<'_>, comment: Option<&str>) -> io::Result<()> {
        if frame.octets.len() > MAX_FRAME {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the frame is too large for a capture file",
            ));
        }
        let interface = self.interface(frame.link)?;
        let nanos = frame
            .time
            .map_or(0, |time| time.as_nanos().clamp(0, u64::MAX.into()) as u64);
        self.begin(ENHANCED_PACKET);
        self.put(&interface.to_le_bytes());
        self.put(&((nanos >> 32) as u32).to_le_bytes());
        self.put(&(nanos as u32).to_le_bytes());
        self.put(&(frame.octets.len() as u32).to_le_bytes());
        self.put(&frame.length.max(frame.octets.len() as u32).to_le_bytes());
        self.put(frame.octets);
        self.pad();
        if let Some(comment) = comment.filter(|comment| !comment.is_empty()) {
            self.option(COMMENT, head(comment).as_bytes());
            self.put(&END_OF_OPTIONS);
        }
        self.end()
    }

    /// The number of the interface with this link type, described on first use
    ///
    /// # Errors
    /// Those of the stream.
    pub fn interface_of(&mut self, link: LinkType) -> io::Result<u32> {
        self.interface(link)
    }

    /// Writes blocks that [`PacketBlock::append`] made
    ///
    /// # Errors
    /// Those of the stream.
    pub fn write_blocks(&mut self, blocks: &[u8]) -> io::Result<()> {
        self.out.write_all(blocks)
    }

    /// Flushes and gives the stream back
    ///
    /// # Errors
    /// Those of the stream.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }

    /// The number of the interface with this link type, described on first use
    fn interface(&mut self, link: LinkType) -> io::Result<u32> {
        if let Some(known) = self.links.iter().position(|other| *other == link) {
            return Ok(known as u32);
        }
        self.begin(INTERFACE_DESCRIPTION);
        self.put(&link.0.to_le_bytes());
        self.put(&[0, 0]);
        // No limit
        self.put(&0_u32.to_le_bytes());
        self.option(IF_TSRESOL, &[9]);
        self.put(&END_OF_OPTIONS);
        self.end()?;
        self.links.push(link);
        Ok(self.links.len() as u32 - 1)
    }

    fn begin(&mut self, kind: u32) {
        self.block.clear();
        self.put(&kind.to_le_bytes());
        // Replaced by the length at the end
        self.put(&[0; 4]);
    }

    fn put(&mut self, octets: &[u8]) {
        self.block.extend_from_slice(octets);
    }

    fn option(&mut self, code: u16, value: &[u8]) {
        self.put(&code.to_le_bytes());
        self.put(&(value.len() as u16).to_le_bytes());
        self.put(value);
        self.pad();
    }

    fn pad(&mut self) {
        self.block.resize(self.block.len().next_multiple_of(4), 0);
    }

    fn end(&mut self) -> io::Result<()> {
        let length = (self.block.len() as u32 + 4).to_le_bytes();
        self.put(&length);
        if let Some(place) = self.block.get_mut(4..8) {
            place.copy_from_slice(&length);
        }
        self.out.write_all(&self.block)
    }
}

/// A packet to be made into a block, apart from the writer: blocks can be made on several threads
#[derive(Clone, Copy, Debug)]
pub struct PacketBlock {
    /// The number that [`PcapngWriter::interface_of`] gave
    pub interface: u32,
    /// When it was captured
    pub time: Option<Timestamp>,
    /// Octets on the wire; `None` if all are there
    pub length: Option<u32>,
}

impl PacketBlock {
    /// Appends an Enhanced Packet Block with what `packet` and `comment` append: the octets of the packet, and UTF-8 that
    /// may be empty. Nothing is appended if `packet` gives `None`, or what does not fit a block.
    pub fn append(
        &self,
        out: &mut Vec<u8>,
        packet: impl FnOnce(&mut Vec<u8>) -> Option<()>,
        comment: impl FnOnce(&mut Vec<u8>),
    ) -> Option<()> {
        let start = out.len();
        let made = self.put(out, packet, comment);
        if made.is_none() {
            out.truncate(start);
        }
        made
    }

    fn put(
        &self,
        out: &mut Vec<u8>,
        packet: impl FnOnce(&mut Vec<u8>) -> Option<()>,
        comment: impl FnOnce(&mut Vec<u8>),
    ) -> Option<()> {
        let start = out.len();
        out.resize(start + PACKET_HEADER_LEN, 0);
        packet(out)?;
        let captured = out.len() - start - PACKET_HEADER_LEN;
        if captured > MAX_FRAME {
            return None;
        }
        pad(out, start);
        let option = out.len();
        out.extend_from_slice(&[0; 4]);
        comment(out);
        let text = out.len() - option - 4;
        if text == 0 {
            out.truncate(option);
        } else {
            let length = u16::try_from(text).ok()?.to_le_bytes();
            out.get_mut(option..option + 2)?
                .copy_from_slice(&COMMENT.to_le_bytes());
            out.get_mut(option + 2..option + 4)?
                .copy_from_slice(&length);
            pad(out, start);
            out.extend_from_slice(&END_OF_OPTIONS);
        }
        let total = (out.len() - start + 4) as u32;
        out.extend_from_slice(&total.to_le_bytes());
        let nanos = self
            .time
            .map_or(0, |time| time.as_nanos().clamp(0, u64::MAX.into()) as u64);
        let captured = captured as u32;
        let fields = [
            ENHANCED_PACKET,
            total,
            self.interface,
            (nanos >> 32) as u32,
            nanos as u32,
            captured,
            self.length.unwrap_or(captured).max(captured),
        ];
        let header = out.get_mut(start..start + PACKET_HEADER_LEN)?;
        for (place, field) in header.chunks_exact_mut(4).zip(fields) {
            place.copy_from_slice(&field.to_le_bytes());
        }
        Some(())
    }
}

/// Fills the last word of a block
fn pad(out: &mut Vec<u8>, start: usize) {
    let len = (out.len() - start).next_multiple_of(4);
    out.resize(start + len, 0);
}

/// As much of a text as an option can hold
fn head(text: &str) -> &str {
    let longest = text.len().min(usize::from(u16::MAX));
    let end = (0..=longest)
        .rev()
        .find(|&end| text.is_char_boundary(end))
        .unwrap_or(0);
    text.get(..end).unwrap_or(text)
}

/// So that a block with a comment stays below what is read
const MAX_FRAME: usize = crate::limits::MAX_BLOCK - (1 << 17);
/// Block type, lengths, interface and time of an Enhanced Packet Block
const PACKET_HEADER_LEN: usize = 28;
const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const ENHANCED_PACKET: u32 = 6;
const COMMENT: u16 = 1;
const SHB_USERAPPL: u16 = 4;
const IF_TSRESOL: u16 = 9;
const END_OF_OPTIONS: [u8; 4] = [0; 4];
