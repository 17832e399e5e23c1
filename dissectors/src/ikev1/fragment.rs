//! A fragment of an IKE message, in the form of Cisco and Microsoft (no RFC; type 132). The octets of all fragments of
//! one identifier together are the message, header included.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |          Fragment ID          |    Number     |     Flags     |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~                             Data                              ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use nom::Parser;
use nom::number::complete::{be_u8, be_u16};

use crate::field::{Field, field};
use crate::issue::{IssueKind, Issues};
use crate::octets::Octets;

const LAYER: &str = "fragment";
const LAST: u8 = 1;

/// One fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment<'a> {
    /// The same in all fragments of one message.
    pub id: u16,
    /// Its place in the message, from 1 on.
    pub number: u8,
    /// The lowest bit marks the last fragment.
    pub flags: u8,
    /// A part of the message.
    pub data: &'a [u8],
}

impl<'a> Fragment<'a> {
    /// Whether no further fragment follows.
    #[must_use]
    pub const fn last(&self) -> bool {
        self.flags & LAST != 0
    }

    pub(super) fn parse(content: Octets<'a>, issues: &mut Issues) -> Option<Self> {
        let (left, (id, number, flags)) = (be_u16, be_u8, be_u8)
            .parse(content)
            .map_err(|cut| issues.note_cut(LAYER, &cut))
            .ok()?;
        if flags & !LAST != 0 {
            let kind = IssueKind::UnexpectedValue {
                field: "flags",
                found: u32::from(flags),
                expected: "0 or 1",
            };
            issues.note(content.part(3, 1), LAYER, kind);
        }
        if number == 0 {
            let kind = IssueKind::UnexpectedValue {
                field: "number",
                found: 0,
                expected: "1 or more",
            };
            issues.note(content.part(2, 1), LAYER, kind);
        }
        Some(Self {
            id,
            number,
            flags,
            data: left.as_slice(),
        })
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.id.to_be_bytes());
        out.extend_from_slice(&[self.number, self.flags]);
        out.extend_from_slice(self.data);
    }

    pub(super) fn fields(&self) -> Vec<Field<'_>> {
        vec![
            field("fragment", self.number),
            field("last", self.last()),
            field("id", self.id),
            field("data", self.data),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let fragment = Fragment {
            id: 0x0102,
            number: 2,
            flags: LAST,
            data: &[7, 8],
        };
        let mut octets = Vec::new();
        fragment.encode(&mut octets);
        let mut issues = Issues::default();
        assert_eq!(
            Fragment::parse(Octets::new(&octets), &mut issues),
            Some(fragment)
        );
        assert!(issues.is_empty() && fragment.last());
        for cut in 0..4 {
            let mut issues = Issues::default();
            assert_eq!(
                Fragment::parse(Octets::new(&octets[..cut]), &mut issues),
                None
            );
            assert!(!issues.is_empty(), "cut at {cut}");
        }
    }
}
