//! Security Association payload (RFC 7296, section 3.3): a list of proposals.

use crate::field::{Field, Value};
use crate::issue::Issues;
use crate::octets::Octets;

use super::proposal::{Proposal, substructures};

/// What is proposed, or the one proposal that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityAssociation<'a> {
    /// The proposals in the order of preference.
    pub proposals: Vec<Proposal<'a>>,
}

impl<'a> SecurityAssociation<'a> {
    /// Reads the proposals; a bad one does not hide those behind it while lengths can be believed.
    pub fn parse(content: Octets<'a>, issues: &mut Issues) -> Self {
        let proposals = substructures(
            content,
            Proposal::MINIMUM,
            Proposal::MORE,
            "proposal",
            issues,
        )
        .into_iter()
        .map(|substructure| Proposal::parse(substructure, issues))
        .collect();
        Self { proposals }
    }

    /// Writes the proposals.
    pub fn encode(&self, out: &mut Vec<u8>) {
        for (index, proposal) in self.proposals.iter().enumerate() {
            proposal.encode(index + 1 == self.proposals.len(), out);
        }
    }

    /// The proposals.
    #[must_use]
    pub fn fields(&self) -> Vec<Field<'_>> {
        let proposals = self
            .proposals
            .iter()
            .map(|proposal| Value::Group(proposal.fields()))
            .collect();
        vec![Field {
            name: "proposals",
            value: Value::List(proposals),
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registries::ikev2::{
        EncryptionAlgorithm, KeyExchangeMethod, ProtocolId, TransformType,
    };

    fn sample() -> SecurityAssociation<'static> {
        let transforms = vec![
            Transform::new(
                TransformType::ENCR,
                EncryptionAlgorithm::AES_CBC.0,
                Some(256),
            ),
            Transform::new(TransformType::KE, KeyExchangeMethod::MODP_2048.0, None),
        ];
        let first = Proposal {
            number: 1,
            protocol: ProtocolId::IKE,
            spi: &[],
            transforms,
        };
        let second = Proposal {
            number: 2,
            protocol: ProtocolId::ESP,
            spi: &[1, 2, 3, 4],
            transforms: vec![],
        };
        SecurityAssociation {
            proposals: vec![first, second],
        }
    }

    use super::super::transform::Transform;

    #[test]
    fn what_is_written_reads_back() {
        let mut octets = Vec::new();
        sample().encode(&mut octets);
        let mut issues = Issues::default();
        assert_eq!(
            SecurityAssociation::parse(Octets::new(&octets), &mut issues),
            sample()
        );
        assert!(issues.is_empty(), "{issues:?}");
    }

    #[test]
    fn every_cut_is_reported() {
        let mut octets = Vec::new();
        sample().encode(&mut octets);
        for cut in 1..octets.len() {
            let mut issues = Issues::default();
            SecurityAssociation::parse(Octets::new(&octets[..cut]), &mut issues);
            assert!(!issues.is_empty(), "cut at {cut}");
        }
    }

    #[test]
    fn a_bad_transform_does_not_hide_the_next_proposal() {
        let mut octets = Vec::new();
        sample().encode(&mut octets);
        octets[8 + 2..8 + 4].copy_from_slice(&[0, 3]); // the first transform's length
        let mut issues = Issues::default();
        let read = SecurityAssociation::parse(Octets::new(&octets), &mut issues);
        assert_eq!(read.proposals.len(), 2);
        assert_eq!(issues.as_slice()[0].span.start, 10);
    }
}
