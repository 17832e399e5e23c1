//! What a frame carries

use crate::{LinkType, Timestamp};
use std::fmt;
use std::net::IpAddr;

/// One datagram, or why there is none
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    /// Index of the input
    pub file: u32,
    /// Number of the frame within its input, from 1; of the frame that completed what was put together
    pub frame: u64,
    /// When that frame was captured
    pub time: Option<Timestamp>,
    /// Octets of that frame on the wire
    pub length: u32,
    /// Octets of that frame captured
    pub captured: u32,
    /// Source of the innermost IP header; unspecified where there is none
    pub src: IpAddr,
    /// Destination of the innermost IP header; unspecified where there is none
    pub dst: IpAddr,
    /// Where the innermost IP header begins in the frame; `None` where there is none, or where the packet was put together
    /// from fragments
    pub header: Option<usize>,
    /// Where the payload begins in the frame; 0 for what was put together from several
    pub offset: usize,
    /// Whether the snap length cut the payload
    pub truncated: bool,
    /// Frames of the IP fragments or TCP segments this was put together from, in order of data; empty if one was enough
    pub reassembled_from: &'a [u64],
    /// IP headers outside the one of `src` and `dst`
    pub outer: u8,
    /// What was odd on the way
    pub notes: &'a [Note],
    /// The datagram
    pub content: Content<'a>,
}

/// What a TCP segment does with its connection (RFC 9293, section 3.1)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpSegment {
    /// SYN: it opens the connection, or accepts it
    pub opens: bool,
    /// ACK
    pub acknowledges: bool,
    /// RST
    pub resets: bool,
    /// FIN
    pub ends: bool,
    /// Whether it carries data
    pub data: bool,
    /// Whether its data begins with the stream prefix (RFC 9329, section 3)
    pub prefix: bool,
}

/// The content of a datagram
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// UDP
    Udp {
        /// Source port
        src_port: u16,
        /// Destination port
        dst_port: u16,
        /// What stands behind the UDP header
        payload: &'a [u8],
    },
    /// One record of a TCP stream that carries IKE and ESP (RFC 9329, section 3), without its length field
    TcpRecord {
        /// Source port
        src_port: u16,
        /// Destination port
        dst_port: u16,
        /// The record
        payload: &'a [u8],
    },
    /// A TCP segment that completes no record
    TcpOther {
        /// Source port
        src_port: u16,
        /// Destination port
        dst_port: u16,
        /// What it does with its connection, on a port where streams of records are looked for
        segment: Option<TcpSegment>,
    },
    /// Any other IP protocol, ESP (50), AH (51) and IPComp (108) among them; UDP, TCP and ICMP whose header is cut
    Ip {
        /// The protocol
        protocol: u8,
        /// What stands behind the IP header
        payload: &'a [u8],
    },
    /// ICMP
    Icmp {
        /// ICMPv6
        version6: bool,
        /// Type
        icmp_type: u8,
        /// Code
        code: u8,
        /// The next hop's MTU of "fragmentation needed" (RFC 1191; zero is not told) and "packet too big" (RFC 4443)
        mtu: Option<u32>,
        /// The packet that an error message is about
        quoted: Option<Quoted<'a>>,
    },
    /// One IP fragment; the whole datagram follows separately when the last one came
    Fragment {
        /// The protocol of the datagram
        protocol: u8,
        /// In octets
        offset: u32,
        /// Whether more fragments follow
        more: bool,
        /// Identification
        id: u32,
        /// Ports, in the first fragment of UDP or TCP
        first_ports: Option<(u16, u16)>,
        /// The part of the datagram
        payload: &'a [u8],
    },
    /// No IP datagram
    NotIp {
        /// What it is instead
        what: NotIp,
    },
}

/// The packet that an ICMP error is about, as far as it was quoted
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quoted<'a> {
    /// Source
    pub src: IpAddr,
    /// Destination
    pub dst: IpAddr,
    /// IP protocol
    pub protocol: u8,
    /// Ports of UDP and TCP
    pub ports: Option<(u16, u16)>,
    /// What stands behind the UDP header, for other protocols behind the IP header
    pub payload: &'a [u8],
}

/// Why a frame has no IP datagram
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotIp {
    /// Another protocol by its EtherType
    EtherType(u16),
    /// Another protocol by its PPP protocol field
    Ppp(u16),
    /// Another protocol by its BSD address family
    AddressFamily(u32),
    /// IEEE 802.2 LLC without an EtherType: source and destination service access points
    Llc(u8, u8),
    /// MPLS whose content is neither IP nor Ethernet
    Mpls,
    /// Link headers nested deeper than is followed
    TooDeep,
    /// A link type that is not decoded
    Link(LinkType),
    /// The frame ends inside a link header
    LinkCut,
    /// Where IP should begin stands another version
    Version(u8),
    /// The frame ends inside the IP header, or its header length is below the minimum
    HeaderCut,
}

/// Something odd on the way to the datagram. It is delivered all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// IP length zero: segmentation offload wrote it, or a jumbogram; what is there was taken
    IpLengthZero,
    /// The IP length is below its header's
    IpLengthTooSmall {
        /// As told
        declared: u32,
        /// Of the header
        minimum: u32,
    },
    /// The IP length is beyond a frame that the snap length did not cut
    IpLengthTooLarge {
        /// As told
        declared: u32,
        /// There
        available: u32,
    },
    /// The UDP length is below 8 or beyond the IP datagram; what the IP datagram has was taken
    UdpLength {
        /// As told
        declared: u16,
        /// There
        available: u32,
    },
    /// The datagram ends inside its UDP, TCP or ICMP header or an IPv6 extension header
    HeaderCut {
        /// The protocol of the header
        protocol: u8,
    },
    /// IP fragments overlap; the octets that came first were taken
    OverlappingFragments {
        /// Whether the octets differ: an error, or an attack
        differ: bool,
    },
    /// The first fragment of a datagram is cut by the snap length: what is there is read, the datagram is never whole
    FirstFragmentCut,
    /// A fragment that cannot be: beyond 65,535 octets, not a multiple of 8 or behind the last one; it was not used
    BadFragment,
    /// More IP headers than are followed
    TooManyOuterHeaders,
    /// Octets of a TCP stream are not in the capture
    StreamGap {
        /// How many
        octets: u32,
    },
    /// A record of a TCP stream has a length below 2; the stream is not followed further
    RecordLength {
        /// As told
        declared: u16,
    },
}

impl fmt::Display for NotIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EtherType(value) => match ether_type_name(*value) {
                Some(name) => write!(f, "{name}"),
                None => write!(f, "EtherType {value:#06x}"),
            },
            Self::Ppp(value) => write!(f, "PPP protocol {value:#06x}"),
            Self::AddressFamily(value) => write!(f, "address family {value}"),
            Self::Llc(dsap, ssap) => write!(f, "LLC from {ssap:#04x} to {dsap:#04x}"),
            Self::Mpls => f.write_str("MPLS without IP"),
            Self::TooDeep => f.write_str("link headers nested too deep"),
            Self::Link(link) => write!(f, "{link} is not decoded"),
            Self::LinkCut => f.write_str("cut inside the link header"),
            Self::Version(version) => write!(f, "IP version {version}"),
            Self::HeaderCut => f.write_str("cut inside the IP header"),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IpLengthZero => f.write_str("the IP length is zero (segmentation offload?)"),
            Self::IpLengthTooSmall { declared, minimum } => {
                write!(
                    f,
                    "the IP length is {declared}, below the header's {minimum}"
                )
            }
            Self::IpLengthTooLarge {
                declared,
                available,
            } => {
                write!(
                    f,
                    "the IP length is {declared}, but {available} octets are there"
                )
            }
            Self::UdpLength {
                declared,
                available,
            } => {
                write!(
                    f,
                    "the UDP length is {declared}, but {available} octets are there"
                )
            }
            Self::HeaderCut { protocol } => write!(f, "the header of protocol {protocol} is cut"),
            Self::OverlappingFragments { differ: false } => {
                f.write_str("IP fragments overlap with the same octets")
            }
            Self::OverlappingFragments { differ: true } => f.write_str(
                "IP fragments overlap with different octets; those that came first were taken",
            ),
            Self::FirstFragmentCut => f.write_str(
                "a first IP fragment, cut by the snap length: the datagram cannot be put together",
            ),
            Self::BadFragment => {
                f.write_str("the IP fragment does not fit its datagram and was not used")
            }
            Self::TooManyOuterHeaders => f.write_str("more IP headers than are followed"),
            Self::StreamGap { octets } => write!(
                f,
                "{octets} octets of the TCP stream are not in the capture"
            ),
            Self::RecordLength { declared } => {
                write!(
                    f,
                    "the record length in the TCP stream is {declared}, below the minimum 2"
                )
            }
        }
    }
}

/// Those met between IP packets
fn ether_type_name(value: u16) -> Option<&'static str> {
    Some(match value {
        0x0806 => "ARP",
        0x8035 => "RARP",
        0x8100 => "802.1Q",
        0x8809 => "slow protocols (LACP)",
        0x8863 => "PPPoE discovery",
        0x888e => "EAPOL",
        0x88cc => "LLDP",
        0x88e5 => "MACsec",
        0x88f7 => "PTP",
        0x9000 => "loopback test",
        _ => return None,
    })
}
