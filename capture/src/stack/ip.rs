//! IPv4 and IPv6 headers up to what they carry

use super::notes::Notes;
use super::{NotIp, Note};
use etherparse::{Ipv4HeaderSlice, Ipv6FragmentHeaderSlice, Ipv6HeaderSlice};
use std::net::IpAddr;

/// One IP packet, its extension headers walked
#[derive(Clone, Copy)]
pub(super) struct Packet<'a> {
    pub(super) src: IpAddr,
    pub(super) dst: IpAddr,
    pub(super) protocol: u8,
    /// Without padding of the link layer
    pub(super) payload: &'a [u8],
    /// Where the payload begins behind the start of the header
    pub(super) offset: usize,
    /// Whether fewer octets are there than the header tells, because the frame is cut
    pub(super) truncated: bool,
    pub(super) fragment: Option<Fragment>,
}

/// What makes a packet a fragment
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fragment {
    pub(super) id: u32,
    /// In octets
    pub(super) offset: u32,
    pub(super) more: bool,
}

impl<'a> Packet<'a> {
    /// The packet whose fragments were put together to `octets`
    ///
    /// Behind the fragment header of IPv6 more extension headers may stand, which only the first fragment has.
    pub(super) fn reassembled<'b>(
        &self,
        protocol: u8,
        octets: &'b [u8],
        notes: &mut Notes,
    ) -> Packet<'b> {
        let (protocol, offset, fragment) = match self.src {
            IpAddr::V4(_) => (protocol, 0, None),
            IpAddr::V6(_) => walk_extensions(octets, protocol, 0, false, notes),
        };
        Packet {
            src: self.src,
            dst: self.dst,
            protocol,
            payload: octets.get(offset..).unwrap_or_default(),
            offset,
            truncated: false,
            fragment,
        }
    }
}

/// Reads the packet that begins `octets`; `cut` when the frame has fewer octets than were on the wire
#[inline]
pub(super) fn packet<'a>(
    octets: &'a [u8],
    cut: bool,
    notes: &mut Notes,
) -> Result<Packet<'a>, NotIp> {
    match octets.first().ok_or(NotIp::HeaderCut)? >> 4 {
        4 => version4(octets, cut, notes),
        6 => version6(octets, cut, notes),
        other => Err(NotIp::Version(other)),
    }
}

#[inline]
fn version4<'a>(octets: &'a [u8], cut: bool, notes: &mut Notes) -> Result<Packet<'a>, NotIp> {
    let header = Ipv4HeaderSlice::from_slice(octets).map_err(|_| NotIp::HeaderCut)?;
    let header_length = header.slice().len();
    let total = usize::from(header.total_len());
    let (end, truncated) = end(octets.len(), total, total == 0, header_length, cut, notes);
    let more = header.more_fragments();
    let offset = u32::from(header.fragments_offset().value()) * 8;
    Ok(Packet {
        src: IpAddr::V4(header.source_addr()),
        dst: IpAddr::V4(header.destination_addr()),
        protocol: header.protocol().0,
        payload: octets.get(header_length..end).unwrap_or_default(),
        offset: header_length,
        truncated,
        fragment: (more || offset > 0).then(|| Fragment {
            id: u32::from(header.identification()),
            offset,
            more,
        }),
    })
}

fn version6<'a>(octets: &'a [u8], cut: bool, notes: &mut Notes) -> Result<Packet<'a>, NotIp> {
    let header = Ipv6HeaderSlice::from_slice(octets).map_err(|_| NotIp::HeaderCut)?;
    let told = usize::from(header.payload_length());
    let (end, truncated) = end(
        octets.len(),
        IPV6_HEADER + told,
        told == 0 && octets.len() > IPV6_HEADER,
        IPV6_HEADER,
        cut,
        notes,
    );
    let within = octets.get(..end).unwrap_or_default();
    let (protocol, offset, fragment) = walk_extensions(
        within,
        header.next_header().0,
        IPV6_HEADER,
        truncated,
        notes,
    );
    Ok(Packet {
        src: IpAddr::V6(header.source_addr()),
        dst: IpAddr::V6(header.destination_addr()),
        protocol,
        payload: within.get(offset..).unwrap_or_default(),
        offset,
        truncated,
        fragment,
    })
}

/// Where the packet ends in what is there, and whether that is early
#[inline]
fn end(
    available: usize,
    told: usize,
    zero: bool,
    minimum: usize,
    cut: bool,
    notes: &mut Notes,
) -> (usize, bool) {
    if told >= minimum && told <= available && !zero {
        return (told, false);
    }
    if zero {
        notes.add(Note::IpLengthZero);
        return (available, cut);
    }
    if told < minimum {
        notes.add(Note::IpLengthTooSmall {
            declared: told as u32,
            minimum: minimum as u32,
        });
        return (available, cut);
    }
    if !cut {
        notes.add(Note::IpLengthTooLarge {
            declared: told as u32,
            available: available as u32,
        });
    }
    (available, cut)
}

/// RFC 8200, section 4. Stops at a header that is cut, at the fragment header of a real fragment and at everything that
/// is no extension header; AH and ESP are for the caller.
fn walk_extensions(
    octets: &[u8],
    first: u8,
    from: usize,
    truncated: bool,
    notes: &mut Notes,
) -> (u8, usize, Option<Fragment>) {
    let (mut protocol, mut at) = (first, from);
    loop {
        let rest = octets.get(at..).unwrap_or_default();
        match protocol {
            HOP_BY_HOP | ROUTING | DESTINATION_OPTIONS => {
                let length = rest
                    .get(1)
                    .map_or(usize::MAX, |&units| (usize::from(units) + 1) * 8);
                if rest.len() < length {
                    break;
                }
                protocol = rest.first().copied().unwrap_or(NO_NEXT_HEADER);
                at += length;
            }
            FRAGMENT => {
                let Ok(header) = Ipv6FragmentHeaderSlice::from_slice(rest) else {
                    break;
                };
                protocol = header.next_header().0;
                at += header.slice().len();
                let fragment = Fragment {
                    id: header.identification(),
                    offset: u32::from(header.fragment_offset().value()) * 8,
                    more: header.more_fragments(),
                };
                // RFC 6946: an atomic fragment is a whole datagram.
                if fragment.more || fragment.offset > 0 {
                    return (protocol, at, Some(fragment));
                }
            }
            _ => return (protocol, at, None),
        }
    }
    if !truncated {
        notes.add(Note::HeaderCut { protocol });
    }
    (protocol, at, None)
}

const IPV6_HEADER: usize = 40;
const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const DESTINATION_OPTIONS: u8 = 60;
const NO_NEXT_HEADER: u8 = 59;
