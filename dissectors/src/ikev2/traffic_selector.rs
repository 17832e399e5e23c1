//! Traffic Selector payloads (RFC 7296, section 3.13) with security labels (RFC 9478).
//!
//! ```text
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! | Number of TSs |                 RESERVED                      |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |   TS Type     |IP Protocol ID*|       Selector Length         |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |           Start Port*         |           End Port*           |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~                         Starting Address*                     ~
//! ~                         Ending Address*                       ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use std::fmt;
use std::net::IpAddr;

use crate::field::{Field, Value, field};
use crate::issue::{IssueKind, Issues};
use crate::limits::MAX_ELEMENTS;
use crate::octets::Octets;
use crate::registries::ikev2::TrafficSelectorType;
use crate::registries::ip::IpProtocol;
use crate::{Registry, payload};

use crate::address;

/// Which packets belong into the child SA, seen from one end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficSelectors<'a> {
    /// Any one of them.
    pub selectors: Vec<Selector<'a>>,
}

/// One selector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selector<'a> {
    /// A range of addresses and ports.
    Range {
        /// IP protocol; 0 is any.
        protocol: u8,
        /// First and last port; for ICMP type and code.
        ports: (u16, u16),
        /// First and last address, of the same family.
        addresses: (IpAddr, IpAddr),
    },
    /// Another type, kept as octets: what stands behind the length.
    Other {
        /// Its type.
        selector_type: TrafficSelectorType,
        /// The second octet, reserved or a protocol.
        protocol: u8,
        /// The rest.
        data: &'a [u8],
    },
}

impl<'a> TrafficSelectors<'a> {
    /// Reads the selectors.
    pub fn parse(content: Octets<'a>, issues: &mut Issues) -> Option<Self> {
        const LAYER: &str = "TS payload";
        let &[declared, a, b, c, ..] = content.as_slice() else {
            issues.note(
                content,
                LAYER,
                IssueKind::Cut {
                    available: content.len(),
                },
            );
            return None;
        };
        issues.expect_zero(content.part(1, 3), LAYER, u32::from_be_bytes([0, a, b, c]));
        let mut selectors = Vec::new();
        let mut left = content.from(4);
        while !left.is_empty() && selectors.len() < MAX_ELEMENTS {
            let Some((selector, rest)) = Selector::parse(left, issues) else {
                break;
            };
            selectors.push(selector);
            left = rest;
        }
        if selectors.len() != usize::from(declared) {
            let kind = IssueKind::CountMismatch {
                declared: usize::from(declared),
                found: selectors.len(),
            };
            issues.note(content.part(0, 1), LAYER, kind);
        }
        Some(Self { selectors })
    }

    /// Writes the selectors.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[
            u8::try_from(self.selectors.len()).unwrap_or(u8::MAX),
            0,
            0,
            0,
        ]);
        self.selectors
            .iter()
            .for_each(|selector| selector.encode(out));
    }

    /// The selectors as text.
    #[must_use]
    pub fn fields(&self) -> Vec<Field<'a>> {
        let selectors = self
            .selectors
            .iter()
            .map(|selector| Value::text(selector.to_string()))
            .collect();
        vec![field("selectors", Value::List(selectors))]
    }
}

impl<'a> Selector<'a> {
    const HEADER_LEN: usize = 4;

    fn parse(octets: Octets<'a>, issues: &mut Issues) -> Option<(Self, Octets<'a>)> {
        const LAYER: &str = "traffic selector";
        let &[selector_type, protocol, high, low, ..] = octets.as_slice() else {
            issues.note(
                octets,
                LAYER,
                IssueKind::Cut {
                    available: octets.len(),
                },
            );
            return None;
        };
        let selector_type = TrafficSelectorType(selector_type);
        let declared = usize::from(u16::from_be_bytes([high, low]));
        if declared < Self::HEADER_LEN {
            let kind = IssueKind::LengthTooSmall {
                declared,
                minimum: Self::HEADER_LEN,
            };
            issues.note(octets.part(2, 2), LAYER, kind);
            return None;
        }
        if declared > octets.len() {
            let kind = IssueKind::LengthTooLarge {
                declared,
                available: octets.len(),
            };
            issues.note(octets.part(2, 2), LAYER, kind);
        }
        let data = octets.part(0, declared).from(Self::HEADER_LEN);
        let expected = match selector_type {
            TrafficSelectorType::IPV4_ADDR_RANGE => 12,
            TrafficSelectorType::IPV6_ADDR_RANGE => 36,
            _ => data.len(),
        };
        if data.len() != expected {
            issues.note(
                data,
                LAYER,
                IssueKind::LengthUnexpected {
                    found: data.len(),
                    expected,
                },
            );
        }
        let known = matches!(
            selector_type,
            TrafficSelectorType::IPV4_ADDR_RANGE | TrafficSelectorType::IPV6_ADDR_RANGE
        );
        let selector = Self::range(protocol, data.as_slice())
            .filter(|_| known && data.len() == expected)
            .unwrap_or(Self::Other {
                selector_type,
                protocol,
                data: data.as_slice(),
            });
        Some((selector, octets.from(declared)))
    }

    fn range(protocol: u8, data: &[u8]) -> Option<Self> {
        let &[a, b, c, d, ref addresses @ ..] = data else {
            return None;
        };
        let ports = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        Some(Self::Range {
            protocol,
            ports,
            addresses: address::pair(addresses)?,
        })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let start = out.len();
        match *self {
            Self::Range {
                protocol,
                ports,
                addresses,
            } => {
                let selector_type = match addresses.0 {
                    IpAddr::V4(_) => TrafficSelectorType::IPV4_ADDR_RANGE,
                    IpAddr::V6(_) => TrafficSelectorType::IPV6_ADDR_RANGE,
                };
                out.extend_from_slice(&[selector_type.0, protocol, 0, 0]);
                out.extend_from_slice(&ports.0.to_be_bytes());
                out.extend_from_slice(&ports.1.to_be_bytes());
                address::encode(addresses.0, out);
                address::encode(addresses.1, out);
            }
            Self::Other {
                selector_type,
                protocol,
                data,
            } => {
                out.extend_from_slice(&[selector_type.0, protocol, 0, 0]);
                out.extend_from_slice(data);
            }
        }
        payload::write_length(out, start, 2);
    }
}

/// `10.1.0.0/24`, `10.0.0.1-10.0.0.9`, with `[tcp/443]` where narrowed to a protocol or to ports.
impl fmt::Display for Selector<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Range {
                protocol,
                ports,
                addresses: (first, last),
            } => {
                match prefix_length(first, last) {
                    Some(length) => write!(f, "{first}/{length}")?,
                    None => write!(f, "{first}-{last}")?,
                }
                write_narrowing(f, protocol, ports)
            }
            Self::Other {
                selector_type,
                data,
                ..
            } => {
                write!(f, "{selector_type} ")?;
                data.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
            }
        }
    }
}

fn write_narrowing(f: &mut fmt::Formatter<'_>, protocol: u8, ports: (u16, u16)) -> fmt::Result {
    if protocol == 0 && ports == (0, u16::MAX) {
        return Ok(());
    }
    match IpProtocol(protocol) {
        IpProtocol(0) => f.write_str("[any")?,
        known => match known.short().or(known.name()) {
            Some(name) => write!(f, "[{}", name.to_lowercase())?,
            None => write!(f, "[{protocol}")?,
        },
    }
    match ports {
        (0, u16::MAX) => f.write_str("]"),
        (u16::MAX, 0) => f.write_str("/opaque]"),
        (first, last) if first == last => write!(f, "/{first}]"),
        (first, last) => write!(f, "/{first}-{last}]"),
    }
}

/// The length of the prefix that is exactly this range.
fn prefix_length(first: IpAddr, last: IpAddr) -> Option<u32> {
    let (first, last, bits) = match (first, last) {
        (IpAddr::V4(first), IpAddr::V4(last)) => {
            (u128::from(first.to_bits()), u128::from(last.to_bits()), 32)
        }
        (IpAddr::V6(first), IpAddr::V6(last)) => (first.to_bits(), last.to_bits(), 128),
        _ => return None,
    };
    let host = first ^ last;
    let is_prefix = host & host.wrapping_add(1) == 0 && first & host == 0;
    is_prefix.then(|| bits - host.count_ones())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(first: &str, last: &str) -> Selector<'static> {
        let addresses = (first.parse().unwrap(), last.parse().unwrap());
        Selector::Range {
            protocol: 0,
            ports: (0, u16::MAX),
            addresses,
        }
    }

    #[test]
    fn ranges_are_written_as_people_write_them() {
        assert_eq!(range("10.1.0.0", "10.1.0.255").to_string(), "10.1.0.0/24");
        assert_eq!(range("0.0.0.0", "255.255.255.255").to_string(), "0.0.0.0/0");
        assert_eq!(
            range("10.0.0.1", "10.0.0.9").to_string(),
            "10.0.0.1-10.0.0.9"
        );
        assert_eq!(
            range("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").to_string(),
            "::/0"
        );
        let addresses = ("10.0.0.1".parse().unwrap(), "10.0.0.1".parse().unwrap());
        let narrowed = Selector::Range {
            protocol: 6,
            ports: (443, 443),
            addresses,
        };
        assert_eq!(narrowed.to_string(), "10.0.0.1/32[tcp/443]");
    }

    #[test]
    fn what_is_written_reads_back_and_every_cut_is_reported() {
        let sent = TrafficSelectors {
            selectors: vec![range("10.1.0.0", "10.1.0.255"), range("fd00::", "fd00::9")],
        };
        let mut octets = Vec::new();
        sent.encode(&mut octets);
        let mut issues = Issues::default();
        assert_eq!(
            TrafficSelectors::parse(Octets::new(&octets), &mut issues),
            Some(sent)
        );
        assert!(issues.is_empty());
        for cut in 0..octets.len() {
            let mut issues = Issues::default();
            TrafficSelectors::parse(Octets::new(&octets[..cut]), &mut issues);
            assert!(!issues.is_empty(), "cut at {cut}");
        }
    }
}
