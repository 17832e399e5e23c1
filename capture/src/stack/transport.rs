//! What stands behind an IP header

use super::ip;
use super::notes::Notes;
use super::{Content, Note, Quoted};
use std::net::IpAddr;

/// Reads what an IP header carries, or an AH header behind it (RFC 4302): UDP, TCP and ICMP, all others as they are
///
/// A TCP segment alone completes no record, so it is [`Content::TcpOther`].
pub fn transport(protocol: u8, payload: &[u8]) -> Content<'_> {
    decode(protocol, payload, false, &mut Notes::new()).0
}

/// The content, and where its payload begins in `payload`
#[inline]
pub(super) fn decode<'a>(
    protocol: u8,
    payload: &'a [u8],
    truncated: bool,
    notes: &mut Notes,
) -> (Content<'a>, usize) {
    let read =
        match protocol {
            UDP => udp(payload, truncated, notes).map(|content| (content, UDP_HEADER)),
            TCP => ports(payload).filter(|_| payload.len() >= TCP_HEADER).map(
                |(src_port, dst_port)| {
                    let content = Content::TcpOther {
                        src_port,
                        dst_port,
                        segment: None,
                    };
                    (content, 0)
                },
            ),
            ICMP | ICMP6 => icmp(protocol == ICMP6, payload).map(|content| (content, 0)),
            _ => return (Content::Ip { protocol, payload }, 0),
        };
    read.unwrap_or_else(|| {
        if !truncated {
            notes.add(Note::HeaderCut { protocol });
        }
        (Content::Ip { protocol, payload }, 0)
    })
}

/// RFC 768. A wrong length is noted, and what the IP datagram has is taken.
#[inline]
fn udp<'a>(octets: &'a [u8], truncated: bool, notes: &mut Notes) -> Option<Content<'a>> {
    let header = octets.first_chunk::<UDP_HEADER>()?;
    let declared = u16::from_be_bytes([header[4], header[5]]);
    let end = match usize::from(declared) {
        length if length >= UDP_HEADER && length <= octets.len() => length,
        length if length > octets.len() && truncated => octets.len(),
        _ => {
            notes.add(Note::UdpLength {
                declared,
                available: octets.len() as u32,
            });
            octets.len()
        }
    };
    Some(Content::Udp {
        src_port: u16::from_be_bytes([header[0], header[1]]),
        dst_port: u16::from_be_bytes([header[2], header[3]]),
        payload: octets.get(UDP_HEADER..end)?,
    })
}

/// RFC 792 and RFC 4443
fn icmp(version6: bool, octets: &[u8]) -> Option<Content<'_>> {
    let header = octets.first_chunk::<8>()?;
    let (icmp_type, code) = (header[0], header[1]);
    let mtu = match (version6, icmp_type, code) {
        (false, 3, 4) => Some(u32::from(u16::from_be_bytes([header[6], header[7]]))),
        (true, 2, _) => Some(u32::from_be_bytes([
            header[4], header[5], header[6], header[7],
        ])),
        _ => None,
    };
    let about_a_packet = match version6 {
        false => matches!(icmp_type, 3 | 4 | 5 | 11 | 12),
        true => matches!(icmp_type, 1..=4),
    };
    // RFC 4884: behind so many words the quoted packet ends and extensions begin.
    let words = match version6 {
        false => usize::from(header[5]) * 4,
        true => usize::from(header[4]) * 8,
    };
    let extensible = if version6 {
        matches!(icmp_type, 1 | 3)
    } else {
        matches!(icmp_type, 3 | 11 | 12)
    };
    let quote = octets.get(8..).unwrap_or_default();
    let quote = match extensible && words > 0 {
        true => quote.get(..words).unwrap_or(quote),
        false => quote,
    };
    Some(Content::Icmp {
        version6,
        icmp_type,
        code,
        mtu,
        quoted: if about_a_packet { quoted(quote) } else { None },
    })
}

/// Reads as much of a quoted packet as is there; a quote is nearly always cut, so nothing is noted.
fn quoted(octets: &[u8]) -> Option<Quoted<'_>> {
    let packet = ip::packet(octets, true, &mut Notes::new()).ok()?;
    let first = packet.fragment.is_none_or(|fragment| fragment.offset == 0);
    let ports = match packet.protocol {
        UDP | TCP if first => ports(packet.payload),
        _ => None,
    };
    let payload = match packet.protocol {
        UDP if first => packet.payload.get(UDP_HEADER..).unwrap_or_default(),
        _ => packet.payload,
    };
    Some(Quoted {
        src: packet.src,
        dst: packet.dst,
        protocol: packet.protocol,
        ports,
        payload,
    })
}

/// UDP and TCP both begin with them.
#[inline]
pub(super) fn ports(octets: &[u8]) -> Option<(u16, u16)> {
    let four = octets.first_chunk::<4>()?;
    Some((
        u16::from_be_bytes([four[0], four[1]]),
        u16::from_be_bytes([four[2], four[3]]),
    ))
}

/// Addresses where there is no IP header
pub(super) const NO_ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
pub(super) const ICMP: u8 = 1;
pub(super) const TCP: u8 = 6;
pub(super) const UDP: u8 = 17;
pub(super) const ICMP6: u8 = 58;
pub(super) const UDP_HEADER: usize = 8;
const TCP_HEADER: usize = 20;
