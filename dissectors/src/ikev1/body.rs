//! What stands behind the payload header in IKEv1.

use crate::field::{Field, field};
use crate::issue::Issues;
use crate::octets::Octets;
use crate::payload::{self, Context};

/// One payload's content.
#[derive(Clone, Debug, PartialEq)]
pub enum Body<'a> {
    /// Unknown, or malformed as a whole: kept as octets.
    Raw(&'a [u8]),
}

impl<'a> payload::Body<'a> for Body<'a> {
    fn parse(_payload_type: u8, content: Octets<'a>, _context: Context, _issues: &mut Issues) -> Self {
        Self::Raw(content.as_slice())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Raw(octets) => out.extend_from_slice(octets),
        }
    }

    fn ends_chain(&self) -> bool {
        false
    }

    fn fields(&self) -> Vec<Field<'_>> {
        match self {
            Self::Raw(octets) => vec![field("data", *octets)],
        }
    }
}
