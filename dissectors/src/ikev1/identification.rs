//! The Identification payload: who a peer is, or in quick mode what it wants to send (RFC 2408, section 3.8; RFC 2407,
//! section 4.6.2).
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |   ID Type     |  Protocol ID  |             Port              |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~                     Identification Data                       ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use std::borrow::Cow;
use std::net::IpAddr;

use nom::Parser;
use nom::number::complete::{be_u8, be_u16};

use super::spi;
use crate::address;
use crate::certificate;
use crate::field::{Field, Value, field};
use crate::issue::{IssueKind, Issues};
use crate::octets::Octets;
use crate::registries::ikev1::IdType;
use crate::registries::ip::IpProtocol;

const LAYER: &str = "ID payload";

/// An Identification payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identification<'a> {
    /// Type of the identity.
    pub id_type: IdType,
    /// IP protocol; 0 is any.
    pub protocol: IpProtocol,
    /// UDP or TCP port; 0 is any.
    pub port: u16,
    /// The identity.
    pub identity: Identity<'a>,
}

/// An identity by the layout of its octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity<'a> {
    /// `ID_IPV4_ADDR`, `ID_IPV6_ADDR`.
    Address(IpAddr),
    /// `ID_IPV4_ADDR_SUBNET`, `ID_IPV6_ADDR_SUBNET`.
    Subnet {
        /// The address.
        address: IpAddr,
        /// Bits that are fixed.
        mask: IpAddr,
    },
    /// `ID_IPV4_ADDR_RANGE`, `ID_IPV6_ADDR_RANGE`.
    Range {
        /// The first address.
        first: IpAddr,
        /// The last address.
        last: IpAddr,
    },
    /// `ID_FQDN`, `ID_USER_FQDN`.
    Text(&'a str),
    /// `ID_DER_ASN1_DN`: a distinguished name in DER.
    DistinguishedName(&'a [u8]),
    /// `ID_KEY_ID`, types without a known layout, and what does not have the layout of its type.
    Octets(&'a [u8]),
}

impl<'a> Identity<'a> {
    /// Reads the octets of an identity of this type.
    pub(super) fn parse(id_type: IdType, content: Octets<'a>, issues: &mut Issues) -> Self {
        let octets = content.as_slice();
        if matches!(id_type, IdType::FQDN | IdType::USER_FQDN) {
            issues.expect_no_terminator(content, LAYER);
        }
        let read = match id_type {
            IdType::IPV4_ADDR | IdType::IPV6_ADDR => {
                Self::fixed(id_type, octets, address::address(octets).map(Self::Address))
            }
            IdType::IPV4_ADDR_SUBNET | IdType::IPV6_ADDR_SUBNET => {
                let subnet =
                    address::pair(octets).map(|(address, mask)| Self::Subnet { address, mask });
                Self::fixed(id_type, octets, subnet)
            }
            IdType::IPV4_ADDR_RANGE | IdType::IPV6_ADDR_RANGE => {
                let range = address::pair(octets).map(|(first, last)| Self::Range { first, last });
                Self::fixed(id_type, octets, range)
            }
            IdType::FQDN | IdType::USER_FQDN => std::str::from_utf8(octets)
                .map(Self::Text)
                .map_err(|_| IssueKind::Unreadable {
                    field: "the identity",
                }),
            IdType::DER_ASN1_DN => Ok(Self::DistinguishedName(octets)),
            _ => Ok(Self::Octets(octets)),
        };
        read.unwrap_or_else(|kind| {
            issues.note(content, LAYER, kind);
            Self::Octets(octets)
        })
    }

    /// Only if there are as many octets as the type has: four could be the halves of something shorter otherwise.
    fn fixed(id_type: IdType, octets: &[u8], read: Option<Self>) -> Result<Self, IssueKind> {
        let expected = match id_type {
            IdType::IPV4_ADDR => 4,
            IdType::IPV4_ADDR_SUBNET | IdType::IPV4_ADDR_RANGE => 8,
            IdType::IPV6_ADDR => 16,
            _ => 32,
        };
        let found = octets.len();
        read.filter(|_| found == expected)
            .ok_or(IssueKind::LengthUnexpected { found, expected })
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Address(address) => address::encode(address, out),
            Self::Subnet {
                address: first,
                mask: second,
            }
            | Self::Range {
                first,
                last: second,
            } => {
                address::encode(first, out);
                address::encode(second, out);
            }
            Self::Text(text) => out.extend_from_slice(text.as_bytes()),
            Self::DistinguishedName(octets) | Self::Octets(octets) => out.extend_from_slice(octets),
        }
    }

    /// As it is written in configurations: an address, `10.1.0.0/24`, `10.0.0.1-10.0.0.9`, a name, `C=CH, O=…, CN=moon`;
    /// else hexadecimal digits.
    #[must_use]
    pub fn text(&self) -> Cow<'a, str> {
        match *self {
            Self::Address(address) => address.to_string().into(),
            Self::Subnet { address, mask } => address::subnet(address, mask).into(),
            Self::Range { first, last } => address::range(first, last).into(),
            Self::Text(text) => text.into(),
            Self::DistinguishedName(octets) => certificate::name(octets)
                .unwrap_or_else(|| spi::hex(octets))
                .into(),
            Self::Octets(octets) => spi::hex(octets).into(),
        }
    }
}

impl<'a> Identification<'a> {
    pub(super) fn parse(content: Octets<'a>, issues: &mut Issues) -> Option<Self> {
        let (left, (id_type, protocol, port)) = (be_u8.map(IdType), be_u8.map(IpProtocol), be_u16)
            .parse(content)
            .map_err(|cut| issues.note_cut(LAYER, &cut))
            .ok()?;
        Some(Self {
            id_type,
            protocol,
            port,
            identity: Identity::parse(id_type, left, issues),
        })
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.id_type.0, self.protocol.0]);
        out.extend_from_slice(&self.port.to_be_bytes());
        self.identity.encode(out);
    }

    pub(super) fn fields(&self) -> Vec<Field<'_>> {
        vec![
            field("id_type", Value::registered(self.id_type)),
            field("protocol", Value::registered(self.protocol)),
            field("port", self.port),
            field("value", Value::Text(self.identity.text())),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(octets: &[u8]) -> (Option<Identification<'_>>, Issues) {
        let mut issues = Issues::default();
        (
            Identification::parse(Octets::new(octets), &mut issues),
            issues,
        )
    }

    #[test]
    fn identities_are_written_as_in_configurations() {
        let cases: &[(&[u8], &str)] = &[
            (&[1, 17, 1, 244, 192, 0, 2, 1], "192.0.2.1"),
            (b"\x02\0\0\0moon.strongswan.org", "moon.strongswan.org"),
            (b"\x03\0\0\0carol@strongswan.org", "carol@strongswan.org"),
            (&[4, 0, 0, 0, 10, 1, 0, 0, 255, 255, 0, 0], "10.1.0.0/16"),
            (
                &[7, 6, 0, 80, 10, 0, 0, 1, 10, 0, 0, 9],
                "10.0.0.1-10.0.0.9",
            ),
            (&[11, 0, 0, 0, 0xca, 0xfe], "cafe"),
            (
                &[
                    5, 0, 0, 0, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
                ],
                "2001:db8::1",
            ),
        ];
        for (octets, text) in cases {
            let (identification, issues) = parse(octets);
            let identification = identification.unwrap();
            assert!(issues.is_empty(), "{text}: {issues:?}");
            assert_eq!(identification.identity.text(), *text);
            let mut written = Vec::new();
            identification.encode(&mut written);
            assert_eq!(written, *octets, "{text}");
        }
    }

    #[test]
    fn a_wrong_length_is_reported_and_the_octets_stay() {
        for octets in [
            &[1, 0, 0, 0, 1, 2, 3][..],
            &[4, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7],
            &[6, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8],
            &[2, 0, 0, 0, 0xff],
        ] {
            let (identification, issues) = parse(octets);
            assert_eq!(issues.as_slice().len(), 1, "{octets:?}");
            assert_eq!(
                identification.unwrap().identity,
                Identity::Octets(&octets[4..])
            );
        }
        for cut in 0..4 {
            assert!(!parse(&[1, 0, 0, 0][..cut]).1.is_empty(), "cut at {cut}");
        }
    }
}
