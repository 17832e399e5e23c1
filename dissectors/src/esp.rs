//! Encapsulating Security Payload (RFC 4303, section 2): what is visible without keys.
//!
//! ```text
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |               Security Parameters Index (SPI)                 |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |                      Sequence Number                          |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~                    Payload Data, trailer, ICV                 ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use std::fmt;

use nom::Parser;
use nom::number::complete::be_u32;

use crate::issue::Issues;
use crate::octets::{Cut, Octets, rest};

/// The SPI of an ESP or AH SA.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spi(pub u32);

/// `0x` and eight hexadecimal digits.
impl fmt::Display for Spi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}

/// An ESP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Esp<'a> {
    /// Which SA of the receiver.
    pub spi: Spi,
    /// The lower 32 bits of the sequence number.
    pub sequence: u32,
    /// Everything behind: IV, ciphertext, ICV.
    pub octets: &'a [u8],
}

impl<'a> Esp<'a> {
    /// Octets of the visible header.
    pub const HEADER_LEN: usize = 8;

    /// Reads the header. `None` when it is cut.
    pub fn parse(octets: Octets<'a>, issues: &mut Issues) -> Option<Self> {
        match (be_u32::<_, Cut>, be_u32, rest).parse(octets) {
            Ok((_, (spi, sequence, octets))) => Some(Self {
                spi: Spi(spi),
                sequence,
                octets,
            }),
            Err(cut) => {
                issues.note_cut("ESP", &cut);
                None
            }
        }
    }

    /// Writes the packet.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.spi.0.to_be_bytes());
        out.extend_from_slice(&self.sequence.to_be_bytes());
        out.extend_from_slice(self.octets);
    }
}
