//! The Security Association payload: what is offered or chosen (RFC 2408, section 3.4; RFC 2407, section 4.6.1).
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |              Domain of Interpretation (DOI)                   |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |                           Situation                           |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~         Labels, with SIT_SECRECY or SIT_INTEGRITY             ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~                           Proposals                           ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use nom::Parser;
use nom::number::complete::be_u32;

use super::proposal::Proposal;
use super::substructure;
use crate::field::{Field, Value, field};
use crate::issue::{IssueKind, Issues};
use crate::octets::{Cut, Octets};
use crate::registries::ikev1::{Doi, PayloadType, Situation};

const LAYER: &str = "SA payload";

/// A Security Association payload.
#[derive(Clone, Debug, PartialEq)]
pub struct SecurityAssociation<'a> {
    /// Domain of interpretation: decides the layout of the rest.
    pub doi: Doi,
    /// What stands behind it.
    pub definition: Definition<'a>,
}

/// What the domain of interpretation makes of an SA payload.
#[derive(Clone, Debug, PartialEq)]
pub enum Definition<'a> {
    /// The IPsec DOI.
    Ipsec {
        /// What the proposals are for; [`Situation::IDENTITY_ONLY`] in practice.
        situation: Situation,
        /// Labelled domain, secrecy and integrity levels and categories with their lengths; empty where the situation has
        /// neither secrecy nor integrity.
        labels: &'a [u8],
        /// The proposals in the order of preference. Those with the same number belong together.
        proposals: Vec<Proposal<'a>>,
    },
    /// Another domain (GDOI), or an IPsec situation that is cut: kept as octets.
    Other(&'a [u8]),
}

impl<'a> SecurityAssociation<'a> {
    /// An offer or a choice of the IPsec DOI.
    #[must_use]
    pub const fn new(proposals: Vec<Proposal<'a>>) -> Self {
        let definition = Definition::Ipsec {
            situation: Situation::IDENTITY_ONLY,
            labels: &[],
            proposals,
        };
        Self {
            doi: Doi::IPSEC,
            definition,
        }
    }

    /// The proposals; none of a domain that is not the IPsec DOI.
    #[must_use]
    pub fn proposals(&self) -> &[Proposal<'a>] {
        match &self.definition {
            Definition::Ipsec { proposals, .. } => proposals,
            Definition::Other(_) => &[],
        }
    }

    pub(super) fn parse(content: Octets<'a>, issues: &mut Issues) -> Option<Self> {
        let (left, doi) = be_u32::<_, Cut>(content)
            .map_err(|cut| issues.note_cut(LAYER, &cut))
            .ok()?;
        let doi = Doi(doi);
        if doi != Doi::IPSEC {
            return Some(Self {
                doi,
                definition: Definition::Other(left.as_slice()),
            });
        }
        let Some((labels, chain, situation)) = situation(left, issues) else {
            return Some(Self {
                doi,
                definition: Definition::Other(left.as_slice()),
            });
        };
        let proposals = substructure::split(chain, PayloadType::PROPOSAL, "proposal", issues)
            .into_iter()
            .filter_map(|proposal| Proposal::parse(proposal, issues))
            .collect();
        Some(Self {
            doi,
            definition: Definition::Ipsec {
                situation,
                labels: labels.as_slice(),
                proposals,
            },
        })
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.doi.0.to_be_bytes());
        match &self.definition {
            Definition::Ipsec {
                situation,
                labels,
                proposals,
            } => {
                out.extend_from_slice(&situation.0.to_be_bytes());
                out.extend_from_slice(labels);
                substructure::join(proposals, PayloadType::PROPOSAL, out, Proposal::encode);
            }
            Definition::Other(octets) => out.extend_from_slice(octets),
        }
    }

    pub(super) fn fields(&self) -> Vec<Field<'_>> {
        let mut fields = vec![field("doi", Value::registered(self.doi))];
        match &self.definition {
            Definition::Ipsec {
                situation,
                labels,
                proposals,
            } => {
                fields.push(field("situation", Value::registered(*situation)));
                if !labels.is_empty() {
                    fields.push(field("labels", *labels));
                }
                let proposals = proposals.iter().map(Proposal::value).collect();
                fields.push(field("proposals", Value::List(proposals)));
            }
            Definition::Other(octets) => {
                fields.push(field("situation", Value::Null));
                fields.push(field("proposals", Value::List(Vec::new())));
                fields.push(field("data", *octets));
            }
        }
        fields
    }
}

/// Reads the situation and finds the end of its labels: gives the labels, what follows, and the situation.
fn situation<'a>(
    content: Octets<'a>,
    issues: &mut Issues,
) -> Option<(Octets<'a>, Octets<'a>, Situation)> {
    let (left, situation) = be_u32::<_, Cut>
        .map(Situation)
        .parse(content)
        .map_err(|cut| issues.note_cut(LAYER, &cut))
        .ok()?;
    let labelled = situation.0 & (Situation::SECRECY.0 | Situation::INTEGRITY.0) != 0;
    if !labelled {
        return Some((left.part(0, 0), left, situation));
    }
    // The labelled domain, then length, RESERVED and value of: secrecy level, secrecy categories, integrity level,
    // integrity categories. Levels count octets, categories bits; both are padded to 32 bits.
    let mut end = 4;
    for unit in [8, 1, 8, 1] {
        let &[high, low, reserved_high, reserved_low, ..] = left.from(end).as_slice() else {
            issues.note(
                left.from(end),
                LAYER,
                IssueKind::Cut {
                    available: left.from(end).len(),
                },
            );
            return None;
        };
        let reserved = u16::from_be_bytes([reserved_high, reserved_low]);
        issues.expect_zero(left.part(end + 2, 2), LAYER, u32::from(reserved));
        let bits = usize::from(u16::from_be_bytes([high, low])) * unit;
        end += 4 + bits.div_ceil(32) * 4;
    }
    if end > left.len() {
        issues.note(
            left,
            LAYER,
            IssueKind::LengthTooLarge {
                declared: end,
                available: left.len(),
            },
        );
        return None;
    }
    Some((left.part(0, end), left.from(end), situation))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::Attribute;
    use crate::ikev1::{Transform, TransformId};
    use crate::registries::ikev1::{IsakmpTransform, ProtocolId};

    fn offer() -> SecurityAssociation<'static> {
        let transform = |number, encryption| Transform {
            number,
            id: TransformId::Isakmp(IsakmpTransform::KEY_IKE),
            attributes: vec![Attribute::short(1, encryption), Attribute::short(14, 128)],
        };
        let proposal = |number, transforms| Proposal {
            number,
            protocol: ProtocolId::ISAKMP,
            spi: &[],
            transforms,
        };
        SecurityAssociation::new(vec![
            proposal(0, vec![transform(1, 7), transform(2, 5)]),
            proposal(1, vec![transform(1, 7)]),
        ])
    }

    fn encode(sa: &SecurityAssociation<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        sa.encode(&mut out);
        out
    }

    #[test]
    fn what_is_written_reads_back() {
        let octets = encode(&offer());
        let mut issues = Issues::default();
        assert_eq!(
            SecurityAssociation::parse(Octets::new(&octets), &mut issues),
            Some(offer())
        );
        assert!(issues.is_empty(), "{issues:?}");
    }

    #[test]
    fn every_truncation_is_reported() {
        let octets = encode(&offer());
        for cut in 0..octets.len() {
            let mut issues = Issues::default();
            SecurityAssociation::parse(Octets::new(&octets[..cut]), &mut issues);
            assert!(!issues.is_empty(), "cut at {cut}");
            assert!(
                issues
                    .as_slice()
                    .iter()
                    .all(|issue| issue.span.end() <= cut),
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn a_bad_transform_does_not_hide_the_next() {
        let mut octets = encode(&offer());
        // The first attribute of the first transform claims a long value that reaches behind the transform.
        octets[28] &= 0x7f;
        octets[30] = 0xff;
        let mut issues = Issues::default();
        let sa = SecurityAssociation::parse(Octets::new(&octets), &mut issues).unwrap();
        assert_eq!(issues.as_slice().len(), 1, "{issues:?}");
        assert_eq!(
            sa.proposals()[0].transforms[1],
            offer().proposals()[0].transforms[1]
        );
        assert_eq!(sa.proposals()[1], offer().proposals()[1]);
    }

    #[test]
    fn labels_end_where_their_lengths_say() {
        let mut octets = vec![0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 9];
        octets.extend([0, 2, 0, 0, 7, 7, 0, 0]); // level of two octets
        octets.extend([0, 33, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0]); // 33 categories
        octets.extend([0, 0, 0, 0, 0, 0, 0, 0]);
        let labels = octets.len();
        let written = encode(&offer());
        octets.extend_from_slice(&written[8..]);
        let mut issues = Issues::default();
        let sa = SecurityAssociation::parse(Octets::new(&octets), &mut issues).unwrap();
        assert!(issues.is_empty(), "{issues:?}");
        assert_eq!(sa.proposals(), offer().proposals());
        assert!(
            matches!(sa.definition, Definition::Ipsec { labels: found, .. } if found.len() == labels - 8)
        );
        assert_eq!(encode(&sa), octets);
    }
}
