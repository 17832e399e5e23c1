//! Payloads of the Group Domain of Interpretation (RFC 6407, section 5), which share header and exchange numbers with
//! IKEv1. Their inside belongs to group keys and is kept as octets.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |                    Sequence Number (SEQ)                      |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use nom::number::complete::be_u32;

use crate::field::{Field, field};
use crate::issue::Issues;
use crate::octets::{Cut, Octets};

/// A payload of GDOI whose inside is not read: SAK, SAT, KD, POP, GAP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// What stands in it.
    pub data: &'a [u8],
}

/// A Sequence Number payload: counts the messages of the group's key server (RFC 6407, section 5.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SequenceNumber {
    /// The number.
    pub number: u32,
}

impl<'a> Envelope<'a> {
    pub(super) const fn parse(content: Octets<'a>) -> Self {
        Self {
            data: content.as_slice(),
        }
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.data);
    }

    pub(super) fn fields(&self) -> Vec<Field<'_>> {
        vec![field("data", self.data)]
    }
}

impl SequenceNumber {
    pub(super) fn parse(content: Octets<'_>, issues: &mut Issues) -> Option<Self> {
        const LAYER: &str = "SEQ payload";
        let (left, number) = be_u32::<_, Cut>(content)
            .map_err(|cut| issues.note_cut(LAYER, &cut))
            .ok()?;
        issues.expect_end(left, LAYER);
        Some(Self { number })
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.number.to_be_bytes());
    }

    pub(super) fn fields(&self) -> Vec<Field<'_>> {
        vec![field("sequence", self.number)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_number_has_four_octets() {
        for (octets, sound) in [
            (&[0, 0, 1, 0][..], true),
            (&[0, 0, 1], false),
            (&[0, 0, 1, 0, 0], false),
        ] {
            let mut issues = Issues::default();
            let read = SequenceNumber::parse(Octets::new(octets), &mut issues);
            assert_eq!(issues.is_empty(), sound, "{octets:?}");
            assert_eq!(
                read,
                (octets.len() >= 4).then_some(SequenceNumber { number: 256 })
            );
        }
    }
}
