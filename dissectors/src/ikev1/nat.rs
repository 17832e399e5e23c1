//! NAT traversal: NAT-D, a hash of an address and port, and NAT-OA, an original address (RFC 3947, sections 3.2 and
//! 5.2). The drafts used other payload types with the same contents.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! | NAT-OA: ID    |           RESERVED            |    RESERVED   |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~           IPv4 (4 octets) or IPv6 address (16 octets)         ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use nom::Parser;
use nom::number::complete::{be_u8, be_u24};

use super::identification::Identity;
use crate::field::{Field, Value, field};
use crate::issue::Issues;
use crate::octets::Octets;
use crate::registries::ikev1::IdType;

const LAYER: &str = "NAT-OA payload";

/// A NAT-D payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NatDetection<'a> {
    /// HASH(initiator's cookie | responder's cookie | address | port) with the hash of phase 1. The first payload of a
    /// message is about its destination, the others are about its source.
    pub data: &'a [u8],
}

/// A NAT-OA payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NatOriginalAddress<'a> {
    /// `ID_IPV4_ADDR` or `ID_IPV6_ADDR`.
    pub id_type: IdType,
    /// The address as its sender sees it.
    pub address: Identity<'a>,
}

impl<'a> NatDetection<'a> {
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

impl<'a> NatOriginalAddress<'a> {
    pub(super) fn parse(content: Octets<'a>, issues: &mut Issues) -> Option<Self> {
        let (left, (id_type, reserved)) = (be_u8.map(IdType), be_u24)
            .parse(content)
            .map_err(|cut| issues.note_cut(LAYER, &cut))
            .ok()?;
        issues.expect_zero(content.part(1, 3), LAYER, reserved);
        Some(Self {
            id_type,
            address: Identity::parse(id_type, left, issues),
        })
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.id_type.0, 0, 0, 0]);
        self.address.encode(out);
    }

    pub(super) fn fields(&self) -> Vec<Field<'_>> {
        vec![
            field("id_type", Value::registered(self.id_type)),
            field("value", Value::Text(self.address.text())),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_original_address_reads_and_writes() {
        let octets = [1, 0, 0, 0, 10, 1, 0, 10];
        let mut issues = Issues::default();
        let read = NatOriginalAddress::parse(Octets::new(&octets), &mut issues).unwrap();
        assert!(issues.is_empty());
        assert_eq!(read.address.text(), "10.1.0.10");
        let mut written = Vec::new();
        read.encode(&mut written);
        assert_eq!(written, octets);
        for cut in 0..octets.len() {
            let mut issues = Issues::default();
            NatOriginalAddress::parse(Octets::new(&octets[..cut]), &mut issues);
            assert!(!issues.is_empty(), "cut at {cut}");
        }
    }
}
