//! Frames that carry something else than they did: the link layer stays, lengths and checksums are made right

use crate::LinkType;
use crate::stack::outermost_ip_header;
use std::net::IpAddr;

/// A frame whose IP packet is to be replaced
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// What the frame begins with
    pub link: LinkType,
    /// The frame
    pub frame: &'a [u8],
    /// Where the IP header begins whose payload is replaced; `None` to make one from the addresses
    pub header: Option<usize>,
    /// Source of the packet
    pub src: IpAddr,
    /// Destination of the packet
    pub dst: IpAddr,
}

/// What stands behind the IP header
#[derive(Clone, Copy, Debug)]
pub enum Carried<'a> {
    /// A whole IP packet instead
    Packet(&'a [u8]),
    /// An upper layer of this protocol
    Upper {
        /// The protocol
        protocol: u8,
        /// Its octets
        octets: &'a [u8],
    },
    /// UDP
    Udp {
        /// Source port
        src_port: u16,
        /// Destination port
        dst_port: u16,
        /// What stands behind the UDP header, in two parts
        octets: [&'a [u8]; 2],
    },
}

impl Envelope<'_> {
    /// Writes the frame with other content behind what `out` holds. `None` where there is no IP header, or where the
    /// content is longer than IP can carry; `out` is as it was then.
    pub fn write(&self, carried: Carried<'_>, out: &mut Vec<u8>) -> Option<()> {
        let start = out.len();
        let written = self.put(carried, out);
        if written.is_none() {
            out.truncate(start);
        }
        written
    }

    fn put(&self, carried: Carried<'_>, out: &mut Vec<u8>) -> Option<()> {
        let link_len = outermost_ip_header(self.link, self.frame)?;
        let start = out.len();
        out.extend_from_slice(self.frame.get(..link_len)?);
        match carried {
            Carried::Packet(packet) => {
                let six = packet.first()? >> 4 == 6;
                let was_six = self.frame.get(link_len)? >> 4 == 6;
                if six != was_six {
                    announce(self.link, six, out.get_mut(start..)?)?;
                }
                out.extend_from_slice(packet);
            }
            Carried::Upper { protocol, octets } => {
                let at = self.ip_header(protocol, link_len, start, out)?;
                out.extend_from_slice(octets);
                finish(out.get_mut(at..)?)?;
            }
            Carried::Udp {
                src_port,
                dst_port,
                octets,
            } => {
                let at = self.ip_header(UDP, link_len, start, out)?;
                let udp = out.len();
                let len = UDP_HEADER_LEN + octets.iter().map(|part| part.len()).sum::<usize>();
                for field in [src_port, dst_port, u16::try_from(len).ok()?, 0] {
                    out.extend_from_slice(&field.to_be_bytes());
                }
                octets.iter().for_each(|part| out.extend_from_slice(part));
                let checksum = self.udp_checksum(out.get(udp..)?);
                out.get_mut(udp + 6..udp + 8)?
                    .copy_from_slice(&checksum.to_be_bytes());
                finish(out.get_mut(at..)?)?;
            }
        }
        Some(())
    }

    /// Writes the IP header with another protocol; gives where it begins.
    fn ip_header(
        &self,
        protocol: u8,
        link_len: usize,
        start: usize,
        out: &mut Vec<u8>,
    ) -> Option<usize> {
        let at = out.len();
        let header = self.header.and_then(|header| self.frame.get(header..));
        let six = self.src.is_ipv6();
        if (self.frame.get(link_len)? >> 4 == 6) != six {
            announce(self.link, six, out.get_mut(start..)?)?;
        }
        match (header, self.src, self.dst) {
            (Some(header), IpAddr::V4(_), _) => {
                let len = usize::from(header.first()? & 0x0f) * 4;
                out.extend_from_slice(header.get(..len)?);
            }
            (None, IpAddr::V4(src), IpAddr::V4(dst)) => {
                out.extend_from_slice(&[0x45, 0, 0, 0, 0, 0, 0, 0, HOPS, 0, 0, 0]);
                out.extend_from_slice(&src.octets());
                out.extend_from_slice(&dst.octets());
            }
            // Extension headers belong to the packet as it was; what is left says the same without them.
            (Some(header), IpAddr::V6(_), _) => {
                out.extend_from_slice(header.get(..IPV6_HEADER_LEN)?);
            }
            (None, IpAddr::V6(src), IpAddr::V6(dst)) => {
                out.extend_from_slice(&[0x60, 0, 0, 0, 0, 0, 0, HOPS]);
                out.extend_from_slice(&src.octets());
                out.extend_from_slice(&dst.octets());
            }
            _ => return None,
        }
        let place = if six { 6 } else { 9 };
        *out.get_mut(at + place)? = protocol;
        Some(at)
    }

    /// RFC 768, RFC 8200, section 8.1: never zero, which would say that there is none
    fn udp_checksum(&self, datagram: &[u8]) -> u16 {
        let len = u32::try_from(datagram.len()).unwrap_or_default();
        let mut sum = u64::from(UDP) + u64::from(len);
        match (self.src, self.dst) {
            (IpAddr::V4(src), IpAddr::V4(dst)) => {
                sum += words(&src.octets()) + words(&dst.octets())
            }
            (IpAddr::V6(src), IpAddr::V6(dst)) => {
                sum += words(&src.octets()) + words(&dst.octets())
            }
            _ => {}
        }
        match folded(sum + words(datagram)) {
            0 => u16::MAX,
            checksum => checksum,
        }
    }
}

/// Puts the length and the checksum into the IP header that begins the packet
fn finish(packet: &mut [u8]) -> Option<()> {
    let len = packet.len();
    if packet.first()? >> 4 == 6 {
        let payload = u16::try_from(len.checked_sub(IPV6_HEADER_LEN)?).ok()?;
        packet
            .get_mut(4..6)?
            .copy_from_slice(&payload.to_be_bytes());
        return Some(());
    }
    let total = u16::try_from(len).ok()?;
    let header_len = usize::from(packet.first()? & 0x0f) * 4;
    packet.get_mut(2..4)?.copy_from_slice(&total.to_be_bytes());
    // It is whole: don't fragment stays, more fragments and the offset do not.
    *packet.get_mut(6)? &= 0x40;
    *packet.get_mut(7)? = 0;
    packet.get_mut(10..12)?.fill(0);
    let checksum = folded(words(packet.get(..header_len)?));
    packet
        .get_mut(10..12)?
        .copy_from_slice(&checksum.to_be_bytes());
    Some(())
}

/// Says in the link header, which is `head`, that IPv6 or IPv4 follows
fn announce(link: LinkType, six: bool, head: &mut [u8]) -> Option<()> {
    let ether_type: u16 = if six { 0x86dd } else { 0x0800 };
    let last = head.len();
    let ether_type_at = match link {
        LinkType::ETHERNET | LinkType::LINUX_SLL => last.checked_sub(2)?,
        LinkType::LINUX_SLL2 => 0,
        // Raw IP tells itself what it is.
        LinkType::RAW | LinkType::DLT_RAW_BSD | LinkType::DLT_RAW_OPENBSD => return Some(()),
        LinkType::NULL | LinkType::LOOP | LinkType::ENC => {
            // The family of IPv6 differs between systems; all readers take FreeBSD's.
            let family: u32 = if six { 28 } else { 2 };
            let was = head.get(..4)?;
            let big = was.first() == Some(&0);
            let octets = if big {
                family.to_be_bytes()
            } else {
                family.to_le_bytes()
            };
            head.get_mut(..4)?.copy_from_slice(&octets);
            return Some(());
        }
        _ => return None,
    };
    head.get_mut(ether_type_at..ether_type_at + 2)?
        .copy_from_slice(&ether_type.to_be_bytes());
    Some(())
}

/// The sum of 16-bit words, the last one filled with a zero (RFC 1071)
fn words(octets: &[u8]) -> u64 {
    let (pairs, rest) = octets.as_chunks::<2>();
    let whole: u64 = pairs
        .iter()
        .map(|pair| u64::from(u16::from_be_bytes(*pair)))
        .sum();
    whole + rest.first().map_or(0, |last| u64::from(*last) << 8)
}

fn folded(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

const UDP: u8 = 17;
const UDP_HEADER_LEN: usize = 8;
const IPV6_HEADER_LEN: usize = 40;
/// Time to live of headers that are made
const HOPS: u8 = 64;

#[cfg(test)]
mod tests {
    use super::*;

    /// Ethernet, IPv4 from 192.0.2.1 to 192.0.2.2 with protocol 50
    fn esp_frame() -> Vec<u8> {
        let mut frame = vec![2; 12];
        frame.extend([0x08, 0x00, 0x45, 0, 0, 30, 1, 2, 0x40, 0, 63, 50, 0, 0]);
        frame.extend([192, 0, 2, 1, 192, 0, 2, 2]);
        frame.extend([7; 10]);
        frame
    }

    fn envelope(frame: &[u8]) -> Envelope<'_> {
        Envelope {
            link: LinkType::ETHERNET,
            frame,
            header: Some(14),
            src: "192.0.2.1".parse().unwrap(),
            dst: "192.0.2.2".parse().unwrap(),
        }
    }

    #[test]
    fn an_upper_layer_gets_a_header_with_a_right_length_and_checksum() {
        let frame = esp_frame();
        let mut out = Vec::new();
        let carried = Carried::Upper {
            protocol: 1,
            octets: &[8, 0, 0xf7, 0xff],
        };
        envelope(&frame).write(carried, &mut out).unwrap();
        assert_eq!(out[14 + 2..14 + 4], [0, 24]);
        assert_eq!(out[14 + 9], 1);
        assert_eq!(folded(words(&out[14..34])), 0, "RFC 1071: all ones");
        assert_eq!(out[34..], [8, 0, 0xf7, 0xff]);
    }

    #[test]
    fn an_ipv6_packet_changes_the_ether_type() {
        let frame = esp_frame();
        let mut packet = vec![0; 40];
        packet[0] = 0x60;
        let mut out = Vec::new();
        envelope(&frame)
            .write(Carried::Packet(&packet), &mut out)
            .unwrap();
        assert_eq!(out[12..14], [0x86, 0xdd]);
        assert_eq!(out.len(), 14 + 40);
    }

    #[test]
    fn udp_sums_to_all_ones() {
        let frame = esp_frame();
        let mut out = Vec::new();
        let carried = Carried::Udp {
            src_port: 4500,
            dst_port: 4500,
            octets: [&[0; 4], &[1, 2, 3]],
        };
        envelope(&frame).write(carried, &mut out).unwrap();
        let pseudo = words(&out[26..34]) + 17 + 15;
        assert_eq!(folded(pseudo + words(&out[34..])), 0);
    }

    #[test]
    fn what_ip_cannot_carry_is_refused() {
        let frame = esp_frame();
        let octets = vec![0; 65_536];
        let mut out = vec![9];
        let carried = Carried::Upper {
            protocol: 17,
            octets: &octets,
        };
        assert!(envelope(&frame).write(carried, &mut out).is_none());
        assert_eq!(out, [9]);
    }
}
