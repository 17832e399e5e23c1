//! Payloads that are octets only: Hash, Signature and Nonce (RFC 2408, sections 3.11 to 3.13).
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~                             Data                              ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use crate::field::{Field, field};
use crate::octets::Octets;

/// Octets whose meaning the exchange knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opaque<'a> {
    /// All of them.
    pub data: &'a [u8],
}

impl<'a> Opaque<'a> {
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
