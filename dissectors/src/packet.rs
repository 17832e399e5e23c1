//! Which protocol of IPsec a datagram carries.

use crate::ah::Ah;
use crate::esp::{Esp, Spi};
use crate::header::{HEADER_LEN, Header};
use crate::ipcomp::IpComp;
use crate::issue::{IssueKind, Issues};
use crate::message::Message;
use crate::octets::Octets;
use crate::wesp::Wesp;

/// A datagram of IPsec.
#[derive(Clone, Debug, PartialEq)]
pub enum Packet<'a> {
    /// IKE; `None` when not even a header is there.
    Ike(Option<Message<'a>>),
    /// ESP; `None` when its header is cut.
    Esp(Option<Esp<'a>>),
    /// AH; `None` when its header is cut.
    Ah(Option<Ah<'a>>),
    /// WESP and the ESP inside.
    Wesp(Option<(Wesp<'a>, Option<Esp<'a>>)>),
    /// IPComp.
    IpComp(Option<IpComp<'a>>),
    /// One octet 0xff that keeps a NAT mapping alive (RFC 3948, section 2.3).
    NatKeepalive,
}

/// SPI 0 in front of IKE where ESP could stand (RFC 3948, section 2.2).
const NON_ESP_MARKER: [u8; 4] = [0; 4];

/// SPI 2 and protocol numbers in front of WESP on UDP 4500 (RFC 5840, section 2.1).
const WESP_IN_UDP: Spi = Spi(2);

impl<'a> Packet<'a> {
    /// IKE without a marker, as on UDP 500 and 848.
    pub fn ike(octets: Octets<'a>, issues: &mut Issues) -> Self {
        Self::Ike(Message::parse(octets, issues))
    }

    /// What shares UDP 4500 or a stream of RFC 9329: IKE behind the marker, ESP, keepalives.
    pub fn nat_traversal(octets: Octets<'a>, issues: &mut Issues) -> Self {
        match octets.as_slice() {
            [0xff] => Self::NatKeepalive,
            slice if slice.starts_with(&NON_ESP_MARKER) => {
                Self::ike(octets.from(NON_ESP_MARKER.len()), issues)
            }
            slice if slice.starts_with(&WESP_IN_UDP.0.to_be_bytes()) => {
                Self::wesp(octets.from(4), issues)
            }
            // A peer that forgets the marker is read as what it means.
            slice if looks_like_ike(slice) => {
                let what = "the non-ESP marker is missing in front of IKE";
                issues.note(
                    octets.part(0, 4),
                    "UDP encapsulation",
                    IssueKind::Chain { what },
                );
                Self::ike(octets, issues)
            }
            _ => Self::Esp(Esp::parse(octets, issues)),
        }
    }

    /// By IP protocol; `None` for one that is not of IPsec.
    pub fn ip(protocol: u8, octets: Octets<'a>, issues: &mut Issues) -> Option<Self> {
        match protocol {
            50 => Some(Self::Esp(Esp::parse(octets, issues))),
            51 => Some(Self::Ah(Ah::parse(octets, issues))),
            108 => Some(Self::IpComp(IpComp::parse(octets, issues))),
            141 => Some(Self::wesp(octets, issues)),
            _ => None,
        }
    }

    fn wesp(octets: Octets<'a>, issues: &mut Issues) -> Self {
        let wesp = Wesp::parse(octets, issues);
        Self::Wesp(wesp.map(|wesp| (wesp, Esp::parse(wesp.esp, issues))))
    }
}

/// Whether these octets are an IKE message beyond reasonable doubt, on whatever port: an initiator SPI, a version, an
/// exchange type and a payload type that exist, and a length that is that of the datagram.
#[must_use]
pub fn looks_like_ike(octets: &[u8]) -> bool {
    let Ok((_, header)) = Header::parse(Octets::new(octets)) else {
        return false;
    };
    let known = match header.version.0 {
        0x10 => matches!(header.exchange, 1..=6 | 32..=36) && header.next_payload <= 23,
        0x20 => matches!(header.exchange, 34..=44) && matches!(header.next_payload, 0 | 33..=54),
        _ => false,
    };
    known
        && header.initiator_spi.0 != 0
        && octets.len() >= HEADER_LEN
        && u32::try_from(octets.len()) == Ok(header.length)
}
