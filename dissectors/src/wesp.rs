//! Wrapped ESP (RFC 5840, section 2): the envelope that tells the middle of the network what is inside.
//!
//! ```text
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |  Next Header  |   HdrLen      |  TrailerLen   |     Flags     |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use crate::issue::{IssueKind, Issues};
use crate::octets::Octets;

/// A WESP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wesp<'a> {
    /// Protocol inside of ESP when it is not encrypted, else 0.
    pub next_header: u8,
    /// Octets from the start of WESP to the payload data.
    pub header_len: u8,
    /// Octets of the ICV.
    pub trailer_len: u8,
    /// Version (2 bits), encrypted (1 bit), padding present (1 bit), reserved.
    pub flags: u8,
    /// ESP with its header.
    pub esp: Octets<'a>,
}

impl<'a> Wesp<'a> {
    /// Octets of the envelope without padding.
    pub const HEADER_LEN: usize = 4;

    /// Reads the envelope. `None` when it is cut.
    pub fn parse(octets: Octets<'a>, issues: &mut Issues) -> Option<Self> {
        let &[next_header, header_len, trailer_len, flags, ..] = octets.as_slice() else {
            issues.note(
                octets,
                "WESP",
                IssueKind::Cut {
                    available: octets.len(),
                },
            );
            return None;
        };
        // Padding of four octets keeps ESP aligned in IPv6 (RFC 5840, section 2).
        let padding = if flags & 0x10 != 0 { 4 } else { 0 };
        Some(Self {
            next_header,
            header_len,
            trailer_len,
            flags,
            esp: octets.from(Self::HEADER_LEN + padding),
        })
    }

    /// Whether the E bit says that the payload is encrypted.
    #[must_use]
    pub const fn encrypted(&self) -> bool {
        self.flags & 0x20 != 0
    }
}
