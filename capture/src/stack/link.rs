//! From the start of a frame to its IP header

use super::NotIp;
use crate::LinkType;
use crate::limits::MAX_LINK_STEPS;

/// What stands at a place of a frame
#[derive(Clone, Copy)]
enum Step {
    Ethernet,
    /// What an EtherType announced
    EtherType(u16),
    Llc,
    Pppoe,
    Ppp,
    /// PPP behind its address and control octets, if it has any
    PppProtocol,
    Mpls,
    Ip,
}

/// Where the outermost IP header begins in a frame of this link type, if it has one
pub(crate) fn outermost_ip_header(link: LinkType, octets: &[u8]) -> Option<usize> {
    ip_header(link, octets).ok()
}

/// Where the IP header begins in a frame of this link type
#[inline]
pub(super) fn ip_header(link: LinkType, octets: &[u8]) -> Result<usize, NotIp> {
    // Nearly every frame of nearly every capture
    if link == LinkType::ETHERNET && matches!(octets.get(12..14), Some([0x08, 0x00] | [0x86, 0xdd]))
    {
        return Ok(14);
    }
    let (step, at) = begin(link, octets)?;
    walk(octets, step, at)
}

/// Where the IP header begins behind an EtherType that announced `octets[at..]`
pub(super) fn ip_header_of_ether_type(
    ether_type: u16,
    octets: &[u8],
    at: usize,
) -> Result<usize, NotIp> {
    walk(octets, Step::EtherType(ether_type), at)
}

fn begin(link: LinkType, octets: &[u8]) -> Result<(Step, usize), NotIp> {
    let ether_type = |at| u16_at(octets, at).map(Step::EtherType);
    Ok(match link {
        LinkType::ETHERNET => (Step::Ethernet, 0),
        LinkType::RAW
        | LinkType::DLT_RAW_BSD
        | LinkType::DLT_RAW_OPENBSD
        | LinkType::IPV4
        | LinkType::IPV6 => (Step::Ip, 0),
        LinkType::LINUX_SLL => (cooked(u16_at(octets, 14)?), 16),
        LinkType::LINUX_SLL2 => (cooked(u16_at(octets, 0)?), 20),
        LinkType::NULL | LinkType::LOOP => (address_family(u32_at(octets, 0)?)?, 4),
        LinkType::ENC => (address_family(u32_at(octets, 0)?)?, 12),
        LinkType::PPP | LinkType::PPP_PPPD => (Step::Ppp, 0),
        LinkType::PPP_WITH_DIR => (Step::Ppp, 1),
        LinkType::PPP_HDLC => match octets.first().ok_or(NotIp::LinkCut)? {
            // Cisco HDLC: unicast and multicast
            0x0f | 0x8f => (ether_type(2)?, 4),
            _ => (Step::Ppp, 0),
        },
        LinkType::C_HDLC => (ether_type(2)?, 4),
        LinkType::PPP_ETHER => (Step::Pppoe, 0),
        LinkType::MPLS => (Step::Mpls, 0),
        other => return Err(NotIp::Link(other)),
    })
}

fn walk(octets: &[u8], mut step: Step, mut at: usize) -> Result<usize, NotIp> {
    for _ in 0..MAX_LINK_STEPS {
        (step, at) = match step {
            Step::Ip => return Ok(at),
            Step::Ethernet => (ether_type_or_length(u16_at(octets, at + 12)?), at + 14),
            Step::EtherType(ether_type) => match ether_type {
                0x0800 | 0x86dd => (Step::Ip, at),
                // 802.1Q, 802.1ad and what was used before it
                0x8100 | 0x88a8 | 0x9100 | 0x9200 | 0x9300 => {
                    (ether_type_or_length(u16_at(octets, at + 2)?), at + 4)
                }
                0x8864 => (Step::Pppoe, at),
                0x8847 | 0x8848 => (Step::Mpls, at),
                // Transparent Ethernet Bridging
                0x6558 => (Step::Ethernet, at),
                0x880b => (Step::Ppp, at),
                other => return Err(NotIp::EtherType(other)),
            },
            Step::Llc => llc(octets, at)?,
            Step::Pppoe => match octets.get(at + 1).ok_or(NotIp::LinkCut)? {
                0 => (Step::PppProtocol, at + 6),
                _ => return Err(NotIp::EtherType(0x8863)),
            },
            Step::Ppp => match octets.get(at..at + 2).ok_or(NotIp::LinkCut)? {
                // Address and control; pppd replaces the address by a direction of 0 or 1.
                [0xff | 0x00 | 0x01, 0x03] => (Step::PppProtocol, at + 2),
                _ => (Step::PppProtocol, at),
            },
            Step::PppProtocol => ppp_protocol(octets, at)?,
            Step::Mpls => mpls(octets, at)?,
        };
    }
    Err(NotIp::TooDeep)
}

fn ether_type_or_length(value: u16) -> Step {
    if value < FIRST_ETHER_TYPE {
        Step::Llc
    } else {
        Step::EtherType(value)
    }
}

/// The protocol field of Linux cooked captures: below the EtherTypes are Linux's own numbers of frame kinds.
fn cooked(protocol: u16) -> Step {
    match protocol {
        0x0001 | 0x0004 => Step::Llc,
        other => Step::EtherType(other),
    }
}

fn llc(octets: &[u8], at: usize) -> Result<(Step, usize), NotIp> {
    match octets.get(at..at + 3).ok_or(NotIp::LinkCut)? {
        // SNAP with an EtherType (RFC 1042), also as bridged by Cisco devices
        [0xaa, 0xaa, 0x03] => Ok((Step::EtherType(u16_at(octets, at + 6)?), at + 8)),
        [0x06, 0x06, 0x03] => Ok((Step::Ip, at + 3)),
        [dsap, ssap, _] => Err(NotIp::Llc(*dsap, *ssap)),
        _ => Err(NotIp::LinkCut),
    }
}

/// RFC 1661, section 2: the protocol field may be compressed to one octet, which is then odd.
fn ppp_protocol(octets: &[u8], at: usize) -> Result<(Step, usize), NotIp> {
    let first = *octets.get(at).ok_or(NotIp::LinkCut)?;
    let (protocol, at) = if first & 1 == 1 {
        (u16::from(first), at + 1)
    } else {
        (u16_at(octets, at)?, at + 2)
    };
    match protocol {
        0x0021 | 0x0057 => Ok((Step::Ip, at)),
        0x0281 | 0x0283 => Ok((Step::Mpls, at)),
        other => Err(NotIp::Ppp(other)),
    }
}

/// Behind the label stack nothing tells the content: its first four bits are looked at (RFC 4928, section 3).
fn mpls(octets: &[u8], at: usize) -> Result<(Step, usize), NotIp> {
    let rest = octets.get(at..).ok_or(NotIp::LinkCut)?;
    let depth = rest
        .chunks_exact(4)
        .position(|label| label[2] & 1 == 1)
        .ok_or(NotIp::LinkCut)?;
    let at = at + (depth + 1) * 4;
    let ethernet_behind = |at| u16_at(octets, at + 12).is_ok_and(is_known_ether_type);
    match octets.get(at).ok_or(NotIp::LinkCut)? >> 4 {
        4 | 6 if !ethernet_behind(at) => Ok((Step::Ip, at)),
        // A pseudowire control word (RFC 4385)
        0 if ethernet_behind(at + 4) => Ok((Step::Ethernet, at + 4)),
        _ if ethernet_behind(at) => Ok((Step::Ethernet, at)),
        4 | 6 => Ok((Step::Ip, at)),
        _ => Err(NotIp::Mpls),
    }
}

/// Those that make an Ethernet header behind MPLS obvious
fn is_known_ether_type(value: u16) -> bool {
    matches!(value, 0x0800 | 0x86dd | 0x8100 | 0x88a8 | 0x0806 | 0x8864)
}

/// The family is in the byte order of the host that captured. IPv6 has a number of its own on every system.
fn address_family(value: u32) -> Result<Step, NotIp> {
    // No family is above 16 bits, so the order can be told.
    let value = if value > 0xffff {
        value.swap_bytes()
    } else {
        value
    };
    match value {
        2 | 10 | 23 | 24 | 28 | 30 => Ok(Step::Ip),
        other => Err(NotIp::AddressFamily(other)),
    }
}

fn u16_at(octets: &[u8], at: usize) -> Result<u16, NotIp> {
    let two = octets
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .ok_or(NotIp::LinkCut)?;
    Ok(u16::from_be_bytes(*two))
}

fn u32_at(octets: &[u8], at: usize) -> Result<u32, NotIp> {
    let four = octets
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .ok_or(NotIp::LinkCut)?;
    Ok(u32::from_be_bytes(*four))
}

/// Below it the field is the length of an 802.3 frame.
const FIRST_ETHER_TYPE: u16 = 0x0600;
