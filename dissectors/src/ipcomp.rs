//! IP Payload Compression Protocol (RFC 3173, section 3.3).
//!
//! ```text
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |  Next Header  |     Flags     | Compression Parameter Index   |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use crate::issue::{IssueKind, Issues};
use crate::octets::Octets;

/// An IPComp packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpComp<'a> {
    /// IP protocol of what was compressed.
    pub next_header: u8,
    /// Which association, or below 64 a well-known algorithm.
    pub cpi: u16,
    /// What was compressed.
    pub octets: &'a [u8],
}

impl<'a> IpComp<'a> {
    /// Reads the header. `None` when it is cut.
    pub fn parse(octets: Octets<'a>, issues: &mut Issues) -> Option<Self> {
        const LAYER: &str = "IPComp";
        let &[next_header, flags, high, low, ref compressed @ ..] = octets.as_slice() else {
            issues.note(
                octets,
                LAYER,
                IssueKind::Cut {
                    available: octets.len(),
                },
            );
            return None;
        };
        issues.expect_zero(octets.part(1, 1), LAYER, u32::from(flags));
        Some(Self {
            next_header,
            cpi: u16::from_be_bytes([high, low]),
            octets: compressed,
        })
    }
}
