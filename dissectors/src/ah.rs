//! Authentication Header (RFC 4302, section 2).
//!
//! ```text
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! | Next Header   |  Payload Len  |          RESERVED             |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |                 Security Parameters Index (SPI)               |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |                    Sequence Number Field                      |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~                Integrity Check Value (variable)               ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use nom::Parser;
use nom::number::complete::{be_u8, be_u16, be_u32};

use crate::esp::Spi;
use crate::issue::{IssueKind, Issues};
use crate::octets::{Cut, Octets};

/// An AH packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ah<'a> {
    /// IP protocol of what stands behind.
    pub next_header: u8,
    /// Which SA of the receiver.
    pub spi: Spi,
    /// The lower 32 bits of the sequence number.
    pub sequence: u32,
    /// Integrity check value, with padding.
    pub icv: &'a [u8],
    /// What is authenticated and stands behind the header.
    pub payload: Octets<'a>,
}

impl<'a> Ah<'a> {
    /// Octets in front of the ICV.
    pub const FIXED_LEN: usize = 12;

    /// Reads the header. `None` when its fixed part is cut.
    pub fn parse(octets: Octets<'a>, issues: &mut Issues) -> Option<Self> {
        const LAYER: &str = "AH";
        let fields = (be_u8::<_, Cut>, be_u8, be_u16, be_u32, be_u32).parse(octets);
        let (next_header, length, reserved, spi, sequence) = match fields {
            Ok((_, fields)) => fields,
            Err(cut) => {
                issues.note_cut(LAYER, &cut);
                return None;
            }
        };
        issues.expect_zero(octets.part(2, 2), LAYER, u32::from(reserved));
        // In words of four octets, less two.
        let declared = (usize::from(length) + 2) * 4;
        if declared < Self::FIXED_LEN {
            let kind = IssueKind::LengthTooSmall {
                declared,
                minimum: Self::FIXED_LEN,
            };
            issues.note(octets.part(1, 1), LAYER, kind);
        } else if declared > octets.len() {
            let kind = IssueKind::LengthTooLarge {
                declared,
                available: octets.len(),
            };
            issues.note(octets.part(1, 1), LAYER, kind);
        }
        let end = declared.max(Self::FIXED_LEN);
        Some(Self {
            next_header,
            spi: Spi(spi),
            sequence,
            icv: octets.part(0, end).from(Self::FIXED_LEN).as_slice(),
            payload: octets.from(end),
        })
    }

    /// Writes the header and what stands behind it. The ICV is as long as it is; its length with the fixed part must be
    /// a multiple of four octets.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let words = (Self::FIXED_LEN + self.icv.len()) / 4;
        let length = u8::try_from(words - 2).unwrap_or(u8::MAX);
        out.extend_from_slice(&[self.next_header, length, 0, 0]);
        out.extend_from_slice(&self.spi.0.to_be_bytes());
        out.extend_from_slice(&self.sequence.to_be_bytes());
        out.extend_from_slice(self.icv);
        out.extend_from_slice(self.payload.as_slice());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_and_every_cut_of_the_header_is_reported() {
        let ah = Ah {
            next_header: 50,
            spi: Spi(0x1234),
            sequence: 9,
            icv: &[7; 12],
            payload: Octets::new(&[]),
        };
        let mut octets = Vec::new();
        ah.encode(&mut octets);
        let mut issues = Issues::default();
        let read = Ah::parse(Octets::new(&octets), &mut issues).unwrap();
        assert!(issues.is_empty());
        assert_eq!((read.icv, read.spi, read.next_header), (ah.icv, ah.spi, 50));
        for cut in 0..octets.len() {
            let mut issues = Issues::default();
            Ah::parse(Octets::new(&octets[..cut]), &mut issues);
            assert!(!issues.is_empty(), "cut at {cut}");
        }
    }
}
