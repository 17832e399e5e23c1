//! The Delete payload: SAs that the sender has removed (RFC 2408, section 3.15).
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |              Domain of Interpretation  (DOI)                  |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |  Protocol-Id  |   SPI Size    |           # of SPIs           |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~               Security Parameter Index(es) (SPI)              ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use nom::Parser;
use nom::number::complete::{be_u8, be_u16, be_u32};

use super::spi;
use crate::field::{Field, Value, field};
use crate::issue::{IssueKind, Issues};
use crate::limits::MAX_ELEMENTS;
use crate::octets::Octets;
use crate::registries::ikev1::{Doi, ProtocolId};

const LAYER: &str = "Delete payload";

/// A Delete payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delete<'a> {
    /// Domain of interpretation.
    pub doi: Doi,
    /// Whose SAs these are.
    pub protocol: ProtocolId,
    /// Octets of each SPI.
    pub spi_size: u8,
    /// The SPIs: for ESP and AH those of packets to the sender, for ISAKMP both cookies together.
    pub spis: Vec<&'a [u8]>,
}

impl<'a> Delete<'a> {
    pub(super) fn parse(content: Octets<'a>, issues: &mut Issues) -> Option<Self> {
        let (left, (doi, protocol, spi_size, count)) =
            (be_u32.map(Doi), be_u8.map(ProtocolId), be_u8, be_u16)
                .parse(content)
                .map_err(|cut| issues.note_cut(LAYER, &cut))
                .ok()?;
        let size = usize::from(spi_size);
        if let Some(expected) = spi::size(protocol).filter(|expected| *expected != size) {
            issues.note(
                content.part(5, 1),
                LAYER,
                IssueKind::LengthUnexpected {
                    found: size,
                    expected,
                },
            );
        }
        let available = left.len().checked_div(size).unwrap_or(0);
        let declared = usize::from(count);
        if declared > available {
            issues.note(
                content.part(6, 2),
                LAYER,
                IssueKind::CountMismatch {
                    declared,
                    found: available,
                },
            );
        }
        if declared.min(available) > MAX_ELEMENTS {
            issues.note(
                left.from(MAX_ELEMENTS * size),
                LAYER,
                IssueKind::TooMany {
                    limit: MAX_ELEMENTS,
                },
            );
        }
        issues.expect_end(left.from(declared.min(available) * size), LAYER);
        // A size of zero leaves nothing to cut; a chunk of one octet is never reached then.
        let spis = left
            .as_slice()
            .chunks_exact(size.max(1))
            .take(declared.min(available))
            .take(MAX_ELEMENTS)
            .collect();
        Some(Self {
            doi,
            protocol,
            spi_size,
            spis,
        })
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.doi.0.to_be_bytes());
        out.extend_from_slice(&[self.protocol.0, self.spi_size]);
        out.extend_from_slice(
            &u16::try_from(self.spis.len())
                .unwrap_or(u16::MAX)
                .to_be_bytes(),
        );
        self.spis.iter().for_each(|spi| out.extend_from_slice(spi));
    }

    pub(super) fn fields(&self) -> Vec<Field<'_>> {
        let spis = self
            .spis
            .iter()
            .map(|spi| spi::spi(self.protocol, spi))
            .collect();
        vec![
            field("doi", Value::registered(self.doi)),
            field("protocol", Value::registered(self.protocol)),
            field("spis", Value::List(spis)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OCTETS: &[u8] = &[0, 0, 0, 1, 3, 4, 0, 2, 0xc0, 1, 2, 3, 0xc4, 5, 6, 7];

    fn parse(octets: &[u8]) -> (Option<Delete<'_>>, Issues) {
        let mut issues = Issues::default();
        (Delete::parse(Octets::new(octets), &mut issues), issues)
    }

    #[test]
    fn what_is_read_writes_back() {
        let (delete, issues) = parse(OCTETS);
        let delete = delete.unwrap();
        assert!(issues.is_empty(), "{issues:?}");
        let spis = delete.fields().pop().unwrap().value;
        assert_eq!(
            spis,
            Value::List(vec![Value::text("0xc0010203"), Value::text("0xc4050607")])
        );
        let mut written = Vec::new();
        delete.encode(&mut written);
        assert_eq!(written, OCTETS);
    }

    #[test]
    fn every_truncation_is_reported() {
        for cut in 0..OCTETS.len() {
            assert!(!parse(&OCTETS[..cut]).1.is_empty(), "cut at {cut}");
        }
    }

    #[test]
    fn spis_of_no_octets_end() {
        let (delete, issues) = parse(&[0, 0, 0, 1, 1, 0, 0xff, 0xff, 1, 2]);
        assert!(delete.unwrap().spis.is_empty());
        assert_eq!(
            issues.as_slice()[0].kind,
            IssueKind::CountMismatch {
                declared: 65_535,
                found: 0
            }
        );
    }
}
