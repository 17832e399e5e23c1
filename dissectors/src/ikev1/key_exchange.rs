//! The Key Exchange payload: a public value (RFC 2408, section 3.7). Its group stands in the SA payload.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~                       Key Exchange Data                       ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use crate::field::{Field, Value, field};
use crate::octets::Octets;

/// A Key Exchange payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyExchange<'a> {
    /// The public value, as long as the prime of the group.
    pub data: &'a [u8],
}

impl<'a> KeyExchange<'a> {
    pub(super) const fn parse(content: Octets<'a>) -> Self {
        Self {
            data: content.as_slice(),
        }
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.data);
    }

    pub(super) fn fields(&self) -> Vec<Field<'_>> {
        vec![field("group", Value::Null), field("data", self.data)]
    }
}
