//! Which protocol of IPsec a datagram carries.

use crate::ah::Ah;
use crate::esp::Esp;
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

/// Where the version stands in the header.
const VERSION_AT: usize = 17;

/// SPI 2 and protocol numbers in front of WESP on UDP 4500 (RFC 5840, section 2.1).
const WESP_IN_UDP: [u8; 4] = [0, 0, 0, 2];

impl<'a> Packet<'a> {
    /// IKE without a marker, as on UDP 500 and 848.
    pub fn ike(octets: Octets<'a>, issues: &mut Issues) -> Self {
        Self::Ike(Message::parse(octets, issues))
    }

    /// What shares UDP 4500 or a stream of RFC 9329: IKE behind the marker, ESP, keepalives.
    pub fn nat_traversal(octets: Octets<'a>, issues: &mut Issues) -> Self {
        match Encapsulated::of(octets.as_slice(), octets.as_slice().len()) {
            Encapsulated::Keepalive => Self::NatKeepalive,
            Encapsulated::Ike => Self::ike(octets.from(NON_ESP_MARKER.len()), issues),
            Encapsulated::Wesp => Self::wesp(octets.from(4), issues),
            // A peer that forgets the marker is read as what it means.
            Encapsulated::IkeWithoutMarker => {
                let what = "the non-ESP marker is missing in front of IKE";
                issues.note(
                    octets.part(0, 4),
                    "UDP encapsulation",
                    IssueKind::Chain { what },
                );
                Self::ike(octets, issues)
            }
            Encapsulated::Esp => Self::Esp(Esp::parse(octets, issues)),
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

/// What shares UDP 4500, as its first octets tell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encapsulated {
    Keepalive,
    Ike,
    Wesp,
    IkeWithoutMarker,
    Esp,
}

impl Encapsulated {
    #[inline]
    fn of(octets: &[u8], length: usize) -> Self {
        if length == 1 && octets == [0xff] {
            return Self::Keepalive;
        }
        match octets.first_chunk() {
            Some(&NON_ESP_MARKER) => Self::Ike,
            Some(&WESP_IN_UDP) => Self::Wesp,
            _ if begins_like_ike(octets, length) => Self::IkeWithoutMarker,
            _ => Self::Esp,
        }
    }
}

/// Whether [`Packet::nat_traversal`] reads a datagram of this length, of which at least the header of IKE is there, as ESP.
#[inline]
#[must_use]
pub fn nat_traversal_is_esp(octets: &[u8], length: usize) -> bool {
    Encapsulated::of(octets, length) == Encapsulated::Esp
}

/// Whether these octets are an IKE message beyond reasonable doubt, on whatever port: an initiator SPI, a version, an
/// exchange type and a payload type that exist, and a length that is that of the datagram.
#[must_use]
pub fn looks_like_ike(octets: &[u8]) -> bool {
    begins_like_ike(octets, octets.len())
}

/// The same by the beginning of a datagram of this length.
fn begins_like_ike(octets: &[u8], length: usize) -> bool {
    if !matches!(octets.get(VERSION_AT), Some(0x10 | 0x20)) {
        return false;
    }
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
        && length >= HEADER_LEN
        && u32::try_from(length) == Ok(header.length)
}
