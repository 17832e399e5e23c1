//! What decrypted ESP packets of a flow hold, as far as rules compare it with selectors and with the MTU of the path.

use std::net::IpAddr;

use crate::limits::MAX_INNER_ENDS;
use crate::observation::FrameId;
use crate::opened::{Carriage, EspOpened};

/// What was inside the packets of a flow in tunnel mode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inside {
    /// Who speaks to whom, and the first frame in which they do: at most the first 16.
    pub ends: Vec<InnerEnds>,
    /// The largest MSS that a TCP SYN announces (RFC 9293, section 3.7.1), and its frame.
    pub mss: Option<(u16, FrameId)>,
    /// The last packet that its receiver answers unless it is not there: an echo request, or a segment of TCP.
    pub question: Option<FrameId>,
    /// Octets that ESP adds to an inner packet, from the SPI to the ICV, at most.
    pub overhead: u32,
}

/// Source and destination of inner packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InnerEnds {
    /// Source.
    pub src: IpAddr,
    /// Destination.
    pub dst: IpAddr,
    /// Whether the packets are ICMP errors, which any router on the way may send.
    pub icmp_error: bool,
    /// The first of these packets.
    pub frame: FrameId,
}

impl Inside {
    /// Notes one packet of this many octets of ESP.
    pub(super) fn note(&mut self, opened: &EspOpened, frame: FrameId, octets: u32) {
        if opened.carriage != Carriage::Tunnel {
            return;
        }
        let inner = opened.inner;
        let length = u32::try_from(inner.length).unwrap_or(u32::MAX);
        self.overhead = self.overhead.max(octets.saturating_sub(length));
        let upper = upper_layer(&opened.octets, inner.src.is_ipv4());
        let icmp_error = match (inner.protocol, upper.first()) {
            (ICMP, Some(3 | 4 | 11 | 12)) => true,
            (ICMPV6, Some(kind)) => *kind < ICMPV6_INFORMATIONAL,
            _ => false,
        };
        let asks = matches!(
            (inner.protocol, upper.first()),
            (ICMP, Some(&ECHO_REQUEST)) | (ICMPV6, Some(&ECHO_REQUEST_V6)) | (TCP, _)
        );
        if asks {
            self.question = Some(frame);
        }
        let known = self.ends.iter().any(|ends| {
            (ends.src, ends.dst, ends.icmp_error) == (inner.src, inner.dst, icmp_error)
        });
        if !known && self.ends.len() < MAX_INNER_ENDS {
            self.ends.push(InnerEnds {
                src: inner.src,
                dst: inner.dst,
                icmp_error,
                frame,
            });
        }
        if let Some(mss) = (inner.protocol == TCP).then(|| announced(upper)).flatten()
            && self.mss.is_none_or(|(largest, _)| mss > largest)
        {
            self.mss = Some((mss, frame));
        }
    }
}

/// What stands behind an IPv4 header, or an IPv6 header without extensions.
fn upper_layer(packet: &[u8], version4: bool) -> &[u8] {
    let header = match packet.first() {
        Some(first) if version4 => usize::from(first & 15) * 4,
        _ => 40,
    };
    packet.get(header..).unwrap_or_default()
}

/// The MSS option of a TCP SYN (RFC 9293, section 3.2).
fn announced(tcp: &[u8]) -> Option<u16> {
    const SYN: u8 = 2;
    if tcp.get(13)? & SYN == 0 {
        return None;
    }
    let mut options = tcp.get(20..usize::from(tcp.get(12)? >> 4) * 4)?;
    loop {
        match options {
            [2, 4, high, low, ..] => return Some(u16::from_be_bytes([*high, *low])),
            [1, rest @ ..] => options = rest,
            [0, ..] | [] => return None,
            [_, length, ..] => options = options.get(usize::from((*length).max(2))..)?,
            [_] => return None,
        }
    }
}

/// IP protocols.
const ICMP: u8 = 1;
const TCP: u8 = 6;
const ICMPV6: u8 = 58;

/// Echo requests (RFC 792; RFC 4443, section 4.1).
const ECHO_REQUEST: u8 = 8;
const ECHO_REQUEST_V6: u8 = 128;

/// ICMPv6 types from here on are no errors (RFC 4443, section 2.1).
const ICMPV6_INFORMATIONAL: u8 = 128;

#[cfg(test)]
mod tests {
    use super::*;

    /// SYN of RFC 9293, figure 1, with NOP, a window scale of RFC 7323 and the MSS.
    #[test]
    fn the_mss_of_a_syn_is_found_behind_other_options() {
        let mut segment = vec![0; 20];
        segment[13] = 2;
        segment.extend([1, 3, 3, 7, 2, 4, 0x05, 0xb4]);
        segment[12] = (segment.len() as u8 / 4) << 4;
        assert_eq!(announced(&segment), Some(1460));
        segment[13] = 16;
        assert_eq!(announced(&segment), None);
    }

    proptest::proptest! {
        #[test]
        fn no_octets_panic(octets in proptest::collection::vec(0_u8.., 0..80), version4: bool) {
            announced(upper_layer(&octets, version4));
        }
    }
}
