//! One datagram with what it means beside the others.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use ikescope_capture::{NotIp, Note, TcpSegment, Timestamp};
use ikescope_dissectors::registries::ip::IpProtocol;
use ikescope_dissectors::{Ah, Esp, IkeSpi, IpComp, Issues, Message, Registry, Spi, Wesp};

use crate::opened::{Closed, EspOpened, Integrity, KeySource, Opened, Verification};

/// A frame by its place: the index of the file and the number of the frame in it, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameId {
    /// Index of the file in the order in which files were named.
    pub file: u32,
    /// Number of the frame within its file, from 1.
    pub number: u64,
}

/// One end of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// Address.
    pub address: IpAddr,
    /// UDP or TCP port; none for protocols 50, 51, 108 and for ICMP.
    pub port: Option<u16>,
}

/// What carries IKE, ESP or AH other than IP itself, or UDP 500 for IKE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encapsulation {
    /// UDP with the non-ESP marker, or ESP in UDP (RFC 3948).
    Udp,
    /// A TCP stream (RFC 9329).
    Tcp,
}

/// One datagram, one record of a TCP stream, or one frame that is no IPsec.
#[derive(Debug)]
pub struct Observation<'a> {
    /// Which frame carried it, or completed it.
    pub frame: FrameId,
    /// Time of that frame, if the file has times.
    pub time: Option<Timestamp>,
    /// Octets of the frame on the wire.
    pub length: u32,
    /// Octets of the frame that were captured.
    pub captured: u32,
    /// Source; none for frames without IP.
    pub src: Option<Endpoint>,
    /// Destination; none for frames without IP.
    pub dst: Option<Endpoint>,
    /// What carries it.
    pub encapsulation: Option<Encapsulation>,
    /// Frames of IP fragments or TCP segments that it was put together from; empty if one frame carried it.
    pub reassembled_from: &'a [u64],
    /// What it is.
    pub content: Content<'a>,
    /// What capture noticed below IPsec: overlapping fragments, a total length of zero, …
    pub notes: &'a [Note],
    /// What is wrong with the octets. Offsets count from the start of `octets`.
    pub issues: Issues,
    /// Where the innermost IP header begins in the frame; none where there is none or it was put together from fragments.
    pub header: Option<usize>,
    /// Where the octets of the datagram stand in the frame; 0 when they were put together.
    pub offset: usize,
    /// Whether the snap length cut it.
    pub truncated: bool,
    /// The octets behind IP, UDP or the stream's length field.
    pub octets: &'a [u8],
    /// Number of the tunnel (IKE SA) that it belongs to, from 1.
    pub tunnel: Option<u32>,
    /// The frame that this one repeats: sent again by the peer.
    pub retransmission_of: Option<FrameId>,
    /// The frame that this one repeats: captured twice.
    pub duplicate_of: Option<FrameId>,
    /// What was inside ESP; always none without keys.
    pub esp_opened: Option<Box<EspOpened>>,
    /// Why ESP or AH was not opened or verified; none without keys.
    pub esp_closed: Option<Closed>,
    /// Whether the ICV of AH belongs to the packet; none without a key.
    pub ah_integrity: Option<Integrity>,
    /// The key that verified AH.
    pub ah_key: Option<KeySource>,
}

/// An ESP packet behind IPv4 as seen without keys: what is left of an [`Observation`] of the packets that most captures
/// are full of.
#[derive(Clone, Copy, Debug)]
pub struct EspPacket {
    /// Which frame carried it.
    pub frame: FrameId,
    /// Time of that frame, if the file has times.
    pub time: Option<Timestamp>,
    /// Source.
    pub src: Ipv4Addr,
    /// Destination.
    pub dst: Ipv4Addr,
    /// Source and destination port, in UDP.
    pub ports: Option<(u16, u16)>,
    /// Which SA of the receiver.
    pub spi: Spi,
    /// The lower 32 bits of the sequence number.
    pub sequence: u32,
    /// What is behind.
    pub body: Body,
}

/// What is kept of what stands behind the header of ESP or AH.
#[derive(Clone, Copy, Debug)]
pub struct Body {
    /// Octets on the wire.
    pub length: u32,
    /// Differs where the length, or octets near the beginning, differ: ciphertext, which the processor has at hand, unlike
    /// the end.
    pub digest: u64,
    /// Whether it begins with an IPv4 or IPv6 header whose length fits: encryption NULL (RFC 2410).
    pub readable: bool,
}

impl From<&[u8]> for Body {
    #[inline]
    fn from(octets: &[u8]) -> Self {
        let word = |at: usize| {
            let eight = octets.get(at..).and_then(<[u8]>::first_chunk);
            eight.map_or(0, |eight| u64::from_le_bytes(*eight))
        };
        Self {
            length: u32::try_from(octets.len()).unwrap_or(u32::MAX),
            digest: word(8) ^ word(16).rotate_left(32) ^ ((octets.len() as u64) << 48),
            readable: readable(octets),
        }
    }
}

fn readable(octets: &[u8]) -> bool {
    let length = match octets {
        [0x45, _, high, low, ..] => usize::from(u16::from_be_bytes([*high, *low])),
        [first, _, _, _, high, low, ..] if first >> 4 == 6 => {
            usize::from(u16::from_be_bytes([*high, *low])) + IPV6_HEADER
        }
        _ => return false,
    };
    length >= IPV4_HEADER && (length..=length + READABLE_TRAILER).contains(&octets.len())
}

const IPV4_HEADER: usize = 20;
const IPV6_HEADER: usize = 40;

/// Padding, its length, next header and the longest ICV.
const READABLE_TRAILER: usize = 255 + 2 + 64;

impl Observation<'_> {
    /// Whether this is IPsec, a fragment that may be, or an ICMP error about it.
    #[must_use]
    pub const fn is_ipsec(&self) -> bool {
        !matches!(
            self.content,
            Content::Other(_) | Content::Icmp { quoted: None, .. }
        )
    }

    /// Whether what came where IKE belongs is none: no version, exchange or length of IKE fits. The first four octets may
    /// be an SPI of ESP then, and the next ones a sequence number.
    #[must_use]
    pub fn is_no_ike(&self) -> bool {
        let Content::Ike(Ike {
            message: Some(message),
            ..
        }) = &self.content
        else {
            return false;
        };
        let header = &message.header;
        let exchange = match header.version.major() {
            1 => matches!(header.exchange, 1..=6 | 32..=36),
            2 => matches!(header.exchange, 34..=44),
            _ => false,
        };
        let whole = u32::try_from(self.octets.len()) == Ok(header.length);
        !exchange && !whole && !self.truncated && header.initiator_spi != IkeSpi::NONE
    }

    /// Whether ESP or AH is here that was to be opened, and that no key verified.
    #[must_use]
    pub fn is_unverified(&self) -> bool {
        let opened = self.esp_opened.as_ref();
        self.esp_closed.is_some()
            || opened.is_some_and(|opened| opened.integrity != Integrity::Verified)
    }
}

/// What an [`Observation`] is.
#[derive(Debug)]
pub enum Content<'a> {
    /// An IKE message.
    Ike(Ike<'a>),
    /// ESP; `None` where its header is cut.
    Esp(Option<Esp<'a>>),
    /// AH, and what stands behind it if that is ESP or IKE.
    Ah(Option<Ah<'a>>, Option<Box<Content<'a>>>),
    /// WESP and the ESP inside.
    Wesp(Option<(Wesp<'a>, Option<Esp<'a>>)>),
    /// IPComp.
    IpComp(Option<IpComp<'a>>),
    /// NAT keepalive.
    NatKeepalive,
    /// A fragment of an IP datagram that could carry IPsec.
    Fragment {
        /// IP protocol of the datagram.
        protocol: u8,
        /// Offset of this part in octets.
        offset: u32,
        /// Whether more parts follow.
        more: bool,
        /// IP identification.
        id: u32,
    },
    /// ICMP; `quoted` is what it is about.
    Icmp {
        /// Whether it is ICMPv6.
        version6: bool,
        /// ICMP type.
        icmp_type: u8,
        /// ICMP code.
        code: u8,
        /// Next-hop MTU of "fragmentation needed" and "packet too big".
        mtu: Option<u32>,
        /// The datagram that caused the error, if it was IPsec's.
        quoted: Option<Quoted<'a>>,
    },
    /// Nothing of IPsec.
    Other(Unrelated),
}

/// What a frame without IPsec carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unrelated {
    /// UDP on ports that are not IKE's, without IKE's signature.
    Udp,
    /// TCP; on a port where IKE may come, what the segment does.
    Tcp(Option<TcpSegment>),
    /// Another IP protocol.
    Ip(u8),
    /// No IP at all, or nothing that could be read.
    NotIp(NotIp),
}

/// In a word or two.
impl fmt::Display for Unrelated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Udp => f.write_str("UDP"),
            Self::Tcp(_) => f.write_str("TCP"),
            Self::Ip(protocol) => match IpProtocol(*protocol).name() {
                Some(name) => f.write_str(name),
                None => write!(f, "IP protocol {protocol}"),
            },
            Self::NotIp(what) => what.fmt(f),
        }
    }
}

/// A datagram that an ICMP error quotes.
#[derive(Debug)]
pub struct Quoted<'a> {
    /// Source of the quoted datagram.
    pub src: Endpoint,
    /// Destination of the quoted datagram.
    pub dst: Endpoint,
    /// What could be read of it: IKE or ESP or AH.
    pub content: Box<Content<'a>>,
}

/// An IKE message and its place in the conversation.
#[derive(Debug, Default)]
pub struct Ike<'a> {
    /// The message; `None` when not even the header is there.
    pub message: Option<Message<'a>>,
    /// The frame of the request that this response answers.
    pub answers: Option<FrameId>,
    /// Whether the NAT detection hashes of this message match the addresses seen; `None` without hashes.
    pub nat: Option<NatDetection>,
    /// The message that IKEv1 fragments gave, at the fragment that completed it.
    pub reassembled: Option<Reassembled>,
    /// What was inside its encrypted payload, or behind its header in IKEv1; always none without keys. For a message in
    /// fragments it stands at the fragment that completed it.
    pub opened: Option<Box<Opened>>,
    /// Why an encrypted message was not opened; none where it was, where nothing is encrypted, and without keys.
    pub closed: Option<Closed>,
    /// What its proofs are worth: AUTH, HASH and signatures. Empty without keys.
    pub verifications: Vec<Verification>,
}

/// An IKEv1 message that was put together from fragments: its octets are its own.
#[derive(Debug)]
pub struct Reassembled {
    /// The octets of the message.
    pub octets: Vec<u8>,
    /// The frames of the fragments, in the order of the message.
    pub frames: Vec<FrameId>,
}

/// NAT detection hashes against the addresses and ports of the datagram (RFC 7296, section 2.23; RFC 3947, section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NatDetection {
    /// The source hash matches: nothing translated the sender's address. `None` if the message has no such hash or the
    /// algorithm is not known (IKEv1 without a seen SA payload).
    pub source_matches: Option<bool>,
    /// The destination hash matches: nothing translated the receiver's address.
    pub destination_matches: Option<bool>,
}
