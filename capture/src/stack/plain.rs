//! The frame that most frames are, without the walk

use super::outermost_ip_header;
use super::transport::{UDP, UDP_HEADER};
use crate::Frame;
use std::net::Ipv4Addr;

/// A whole IPv4 packet without options, no fragment, right behind the link layer
///
/// Where it carries UDP, or a protocol that is not walked into, [`Stack::decode`](super::Stack::decode) gives the same of
/// the frame: one datagram, without a note. The beginning of a frame tells as much as all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlainPacket<'f> {
    /// Where the IP header begins in the frame
    pub header: usize,
    /// Source of the IP header
    pub src: Ipv4Addr,
    /// Destination of the IP header
    pub dst: Ipv4Addr,
    /// Protocol of the IP header
    pub protocol: u8,
    /// Source and destination port of UDP
    pub ports: Option<(u16, u16)>,
    /// Where the payload begins in the frame
    pub offset: usize,
    /// What is behind IP, or behind UDP: as much as there is of the frame
    pub payload: &'f [u8],
    /// Octets of the payload in the whole frame
    pub length: usize,
}

impl<'f> PlainPacket<'f> {
    /// The packet of this frame; `None` where it takes more than a look to say what is in it
    #[inline]
    #[must_use]
    pub fn of(frame: &Frame<'f>) -> Option<Self> {
        if frame.captured != frame.length {
            return None;
        }
        let header = outermost_ip_header(frame.link, frame.octets)?;
        let ip = frame.octets.get(header..)?;
        let [
            first,
            _,
            t0,
            t1,
            _,
            _,
            f0,
            f1,
            _,
            protocol,
            _,
            _,
            s0,
            s1,
            s2,
            s3,
            d0,
            d1,
            d2,
            d3,
        ] = *ip.first_chunk::<IPV4_HEADER>()?;
        if first != WITHOUT_OPTIONS || f0 & MORE_AND_OFFSET != 0 || f1 != 0 {
            return None;
        }
        let total = usize::from(u16::from_be_bytes([t0, t1]));
        let length = total.checked_sub(IPV4_HEADER)?;
        if header + total > frame.captured as usize {
            return None;
        }
        let mut plain = Self {
            header,
            src: Ipv4Addr::new(s0, s1, s2, s3),
            dst: Ipv4Addr::new(d0, d1, d2, d3),
            protocol,
            ports: None,
            offset: header + IPV4_HEADER,
            payload: ip.get(IPV4_HEADER..total.min(ip.len()))?,
            length,
        };
        if protocol == UDP {
            let [s0, s1, d0, d1, l0, l1, _, _] = *plain.payload.first_chunk::<UDP_HEADER>()?;
            let told = usize::from(u16::from_be_bytes([l0, l1]));
            if !(UDP_HEADER..=length).contains(&told) {
                return None;
            }
            plain.ports = Some((u16::from_be_bytes([s0, s1]), u16::from_be_bytes([d0, d1])));
            plain.offset += UDP_HEADER;
            let there = told.min(plain.payload.len());
            plain.payload = plain.payload.get(UDP_HEADER..there)?;
            plain.length = told - UDP_HEADER;
        }
        Some(plain)
    }
}

const IPV4_HEADER: usize = 20;
/// Version 4, five words
const WITHOUT_OPTIONS: u8 = 0x45;
/// More Fragments and the upper bits of Fragment Offset; Don't Fragment and the reserved bit do not matter
const MORE_AND_OFFSET: u8 = 0x3f;
