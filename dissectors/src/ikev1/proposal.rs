//! A proposal of an SA payload: a protocol, the SPI that its sender chose, and transforms to choose from (RFC 2408,
//! section 3.5).
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |  Proposal #   |  Protocol-Id  |    SPI Size   |# of Transforms|
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~                        SPI (variable)                         ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use nom::Parser;
use nom::bytes::complete::take;
use nom::number::complete::be_u8;

use super::transform::Transform;
use super::{spi, substructure};
use crate::field::{Value, field};
use crate::issue::{IssueKind, Issues};
use crate::octets::Octets;
use crate::registries::ikev1::{PayloadType, ProtocolId};

const LAYER: &str = "proposal";

/// One proposal.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal<'a> {
    /// Proposals with the same number are one offer of several protocols.
    pub number: u8,
    /// What is to be protected how.
    pub protocol: ProtocolId,
    /// The SPI for packets to the sender; empty or arbitrary in phase 1. A CPI of IPComp has two octets, or four of which
    /// the first two are zero.
    pub spi: &'a [u8],
    /// Alternatives in the order of preference.
    pub transforms: Vec<Transform<'a>>,
}

impl<'a> Proposal<'a> {
    pub(super) fn parse(content: Octets<'a>, issues: &mut Issues) -> Option<Self> {
        let (left, (number, protocol, size, count)) = (be_u8, be_u8.map(ProtocolId), be_u8, be_u8)
            .parse(content)
            .map_err(|cut| issues.note_cut(LAYER, &cut))
            .ok()?;
        let size = usize::from(size);
        let taken: crate::octets::IResult<'a, Octets<'a>> = take(size)(left);
        let Ok((chain, spi)) = taken else {
            let kind = IssueKind::LengthTooLarge {
                declared: size,
                available: left.len(),
            };
            issues.note(content.part(2, 1), LAYER, kind);
            return Some(Self {
                number,
                protocol,
                spi: left.as_slice(),
                transforms: Vec::new(),
            });
        };
        if let Some(expected) = spi::size(protocol).filter(|expected| *expected != size) {
            issues.note(
                content.part(2, 1),
                LAYER,
                IssueKind::LengthUnexpected {
                    found: size,
                    expected,
                },
            );
        }
        let contents = match (count, chain.len()) {
            (0, 0) => Vec::new(),
            _ => substructure::split(chain, PayloadType::TRANSFORM, "transform", issues),
        };
        if contents.len() != usize::from(count) {
            let kind = IssueKind::CountMismatch {
                declared: usize::from(count),
                found: contents.len(),
            };
            issues.note(content.part(3, 1), LAYER, kind);
        }
        let transforms = contents
            .into_iter()
            .filter_map(|transform| Transform::parse(transform, protocol, issues))
            .collect();
        Some(Self {
            number,
            protocol,
            spi: spi.as_slice(),
            transforms,
        })
    }

    /// Writes what stands behind the header of the proposal. More than 255 transforms cannot be counted.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let octet = |count: usize| u8::try_from(count).unwrap_or(u8::MAX);
        out.extend_from_slice(&[
            self.number,
            self.protocol.0,
            octet(self.spi.len()),
            octet(self.transforms.len()),
        ]);
        out.extend_from_slice(self.spi);
        substructure::join(
            &self.transforms,
            PayloadType::TRANSFORM,
            out,
            Transform::encode,
        );
    }

    /// Number, protocol, SPI and transforms.
    #[must_use]
    pub fn value(&self) -> Value<'_> {
        Value::Group(vec![
            field("number", self.number),
            field("protocol", spi::protocol(self.protocol)),
            field("spi", spi::spi(self.protocol, self.spi)),
            field(
                "transforms",
                Value::List(self.transforms.iter().map(Transform::value).collect()),
            ),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(octets: &[u8]) -> (Option<Proposal<'_>>, Issues) {
        let mut issues = Issues::default();
        (Proposal::parse(Octets::new(octets), &mut issues), issues)
    }

    #[test]
    fn a_cpi_has_two_octets_or_four() {
        for octets in [
            &[1, 4, 2, 1, 0xab, 0xcd, 0, 0, 0, 8, 1, 2, 0, 0][..],
            &[1, 4, 4, 1, 0, 0, 0xab, 0xcd, 0, 0, 0, 8, 1, 2, 0, 0],
        ] {
            let (proposal, issues) = parse(octets);
            assert!(issues.is_empty(), "{issues:?}");
            let mut written = Vec::new();
            proposal.unwrap().encode(&mut written);
            assert_eq!(written, octets);
        }
    }

    #[test]
    fn an_spi_of_esp_has_four_octets() {
        let (_, issues) = parse(&[1, 3, 2, 0, 0xab, 0xcd]);
        assert_eq!(
            issues.as_slice()[0].kind,
            IssueKind::LengthUnexpected {
                found: 2,
                expected: 4
            }
        );
    }

    #[test]
    fn a_wrong_count_is_reported_and_all_transforms_are_read() {
        let (proposal, issues) = parse(&[1, 1, 0, 9, 0, 0, 0, 8, 1, 1, 0, 0]);
        assert_eq!(proposal.unwrap().transforms.len(), 1);
        assert_eq!(
            issues.as_slice()[0].kind,
            IssueKind::CountMismatch {
                declared: 9,
                found: 1
            }
        );
    }

    #[test]
    fn every_truncation_is_reported() {
        let octets = [
            1, 3, 4, 1, 1, 2, 3, 4, 0, 0, 0, 12, 1, 12, 0, 0, 0x80, 4, 0, 1,
        ];
        assert!(parse(&octets).1.is_empty());
        for cut in 0..octets.len() {
            assert!(!parse(&octets[..cut]).1.is_empty(), "cut at {cut}");
        }
    }
}
