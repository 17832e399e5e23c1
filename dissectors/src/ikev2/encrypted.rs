//! Encrypted payload (RFC 7296, section 3.14) and Encrypted Fragment payload (RFC 7383, section 2.5).
//!
//! ```text
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |        Fragment Number*       |        Total Fragments*       |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~      Initialization Vector, ciphertext with padding, ICV      ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```
//!
//! Where the parts begin depends on the algorithms of the IKE SA, which the message does not tell.

use nom::Parser;
use nom::number::complete::be_u16;

use crate::field::{Field, field};
use crate::issue::{IssueKind, Issues};
use crate::octets::{Cut, Octets, rest};

/// SK: payloads that only the peers can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encrypted<'a> {
    /// Initialization vector, ciphertext and integrity check value.
    pub octets: &'a [u8],
}

impl<'a> Encrypted<'a> {
    /// Length of what is encrypted.
    #[must_use]
    pub fn fields(&self) -> Vec<Field<'a>> {
        vec![
            field("encrypted_length", self.octets.len() as u64),
            field("data", self.octets),
        ]
    }
}

/// SKF: a part of them, encrypted on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncryptedFragment<'a> {
    /// Counts from 1.
    pub fragment: u16,
    /// How many there are.
    pub total: u16,
    /// Initialization vector, ciphertext and integrity check value.
    pub octets: &'a [u8],
}

impl<'a> EncryptedFragment<'a> {
    /// Reads the payload.
    pub fn parse(content: Octets<'a>, issues: &mut Issues) -> Option<Self> {
        const LAYER: &str = "SKF payload";
        match (be_u16::<_, Cut>, be_u16, rest).parse(content) {
            Ok((_, (fragment, total, octets))) => {
                if fragment == 0 || fragment > total {
                    let kind = IssueKind::UnexpectedValue {
                        field: "Fragment Number",
                        found: u32::from(fragment),
                        expected: "1 to Total Fragments",
                    };
                    issues.note(content.part(0, 2), LAYER, kind);
                }
                Some(Self {
                    fragment,
                    total,
                    octets,
                })
            }
            Err(cut) => {
                issues.note_cut(LAYER, &cut);
                None
            }
        }
    }

    /// Writes the payload.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.fragment.to_be_bytes());
        out.extend_from_slice(&self.total.to_be_bytes());
        out.extend_from_slice(self.octets);
    }

    /// Number, total and length.
    #[must_use]
    pub fn fields(&self) -> Vec<Field<'a>> {
        vec![
            field("fragment", self.fragment),
            field("total", self.total),
            field("encrypted_length", self.octets.len() as u64),
            field("data", self.octets),
        ]
    }
}
