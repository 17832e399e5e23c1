//! What an opened ESP packet carries: IP packets, upper layers, compressed packets, padding.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use flate2::{Decompress, FlushDecompress};
use ikescope_dissectors::registries::ip::IpProtocol;

use crate::limits::MAX_DECOMPRESSED;
use crate::opened::{Carriage, Inner, OpeningNote};

/// The inner packet, as a place in the octets that were opened.
#[derive(Debug)]
pub(crate) struct Unwrapped {
    pub(crate) place: Range<usize>,
    pub(crate) next_header: u8,
    pub(crate) carriage: Carriage,
    pub(crate) inner: Inner,
    pub(crate) notes: Vec<OpeningNote>,
    /// Where ESP begins that the inner packet carries.
    pub(crate) nested: Option<Range<usize>>,
}

/// Reads what stands behind the ESP header. `place` is the payload data in `octets`, which a compressed packet replaces;
/// `ends` are the addresses of the packet that carried it, `beet` those that it leaves out.
pub(crate) fn unwrap(
    octets: &mut Vec<u8>,
    mut place: Range<usize>,
    mut next_header: u8,
    ends: (IpAddr, IpAddr),
    beet: Option<(IpAddr, IpAddr)>,
) -> Unwrapped {
    let mut notes = Vec::new();
    if beet.is_some() {
        notes.push(OpeningNote::Beet { told: true });
    }
    if next_header == BEET_PSEUDO_HEADER
        && let Some((skip, next)) = pseudo_header(octets.get(place.clone()).unwrap_or_default())
    {
        place.start += skip;
        next_header = next;
        if beet.is_none() {
            notes.push(OpeningNote::Beet { told: false });
        }
    }
    let ends = beet.unwrap_or(ends);
    if next_header == IpProtocol::IPCOMP.0
        && let Some((next, plain)) = decompress(octets.get(place.clone()).unwrap_or_default())
    {
        *octets = plain;
        place = 0..octets.len();
        next_header = next;
        notes.push(OpeningNote::IpComp);
    }
    let content = octets.get(place.clone()).unwrap_or_default();
    let packet = match next_header {
        IPV4 => ipv4(content),
        IPV6 => ipv6(content),
        _ => None,
    };
    let Some(mut packet) = packet else {
        if next_header == NO_NEXT_HEADER {
            notes.push(OpeningNote::Dummy);
        }
        let nested = (next_header == IpProtocol::ESP.0).then(|| place.clone());
        return Unwrapped {
            next_header,
            carriage: Carriage::Transport,
            inner: Inner {
                protocol: next_header,
                src: ends.0,
                dst: ends.1,
                length: place.len(),
            },
            place,
            notes,
            nested,
        };
    };
    // IPComp may also stand behind the inner header, as in transport mode between the ends of the tunnel.
    let padding = content.len() - packet.length;
    if padding > 0 {
        notes.push(OpeningNote::TfcPadding { octets: padding });
    }
    place.end = place.start + packet.length;
    let nested = (packet.inner.protocol == IpProtocol::ESP.0)
        .then(|| place.start + packet.payload..place.end);
    packet.inner.length = packet.length;
    Unwrapped {
        place,
        next_header,
        carriage: Carriage::Tunnel,
        inner: packet.inner,
        notes,
        nested,
    }
}

struct Packet {
    inner: Inner,
    /// Octets of the packet as its header says.
    length: usize,
    /// Where the payload begins.
    payload: usize,
}

fn ipv4(octets: &[u8]) -> Option<Packet> {
    let first = *octets.first()?;
    let header_len = usize::from(first & 0x0f) * 4;
    let length = usize::from(u16::from_be_bytes(octets.get(2..4)?.try_into().ok()?));
    if first >> 4 != 4 || header_len < 20 || length < header_len || length > octets.len() {
        return None;
    }
    let address = |at: usize| {
        let octets: [u8; 4] = octets.get(at..at + 4)?.try_into().ok()?;
        Some(IpAddr::V4(Ipv4Addr::from(octets)))
    };
    Some(Packet {
        inner: Inner {
            protocol: *octets.get(9)?,
            src: address(12)?,
            dst: address(16)?,
            length,
        },
        length,
        payload: header_len,
    })
}

fn ipv6(octets: &[u8]) -> Option<Packet> {
    let payload = usize::from(u16::from_be_bytes(octets.get(4..6)?.try_into().ok()?));
    let length = payload + IPV6_HEADER_LEN;
    if octets.first()? >> 4 != 6 || length > octets.len() {
        return None;
    }
    let address = |at: usize| {
        let octets: [u8; 16] = octets.get(at..at + 16)?.try_into().ok()?;
        Some(IpAddr::V6(Ipv6Addr::from(octets)))
    };
    let (protocol, payload) = upper_layer(octets)?;
    Some(Packet {
        inner: Inner {
            protocol,
            src: address(8)?,
            dst: address(24)?,
            length,
        },
        length,
        payload,
    })
}

/// The protocol behind hop-by-hop options, routing headers and destination options, and where it begins.
fn upper_layer(octets: &[u8]) -> Option<(u8, usize)> {
    let mut protocol = *octets.get(6)?;
    let mut at = IPV6_HEADER_LEN;
    while matches!(protocol, 0 | 43 | 60) {
        let Some(&[next, len]) = octets
            .get(at..at + 2)
            .and_then(|header| <&[u8; 2]>::try_from(header).ok())
        else {
            break;
        };
        protocol = next;
        at += (usize::from(len) + 1) * 8;
    }
    Some((protocol, at))
}

/// The pseudo header of BEET mode, which carries the options of an inner IPv4 header
/// (draft-nikander-esp-beet-mode-09, section 4.2): next header, length in units of eight octets less one, padding.
fn pseudo_header(octets: &[u8]) -> Option<(usize, u8)> {
    let (&next, &len) = (octets.first()?, octets.get(1)?);
    let skip = (usize::from(len) + 1) * 8;
    (skip <= octets.len()).then_some((skip, next))
}

/// The next header and the octets behind an IPComp header (RFC 3173; DEFLATE: RFC 2394).
fn decompress(octets: &[u8]) -> Option<(u8, Vec<u8>)> {
    let next = *octets.first()?;
    let compressed = octets.get(IPCOMP_HEADER_LEN..)?;
    let mut plain = Vec::with_capacity(MAX_DECOMPRESSED.min(compressed.len().saturating_mul(8)));
    let mut inflate = Decompress::new(false);
    loop {
        let before = (inflate.total_in(), inflate.total_out());
        let rest = compressed.get(usize::try_from(before.0).ok()?..)?;
        let status = inflate
            .decompress_vec(rest, &mut plain, FlushDecompress::Finish)
            .ok()?;
        match status {
            flate2::Status::StreamEnd => return Some((next, plain)),
            _ if plain.len() < plain.capacity() => return None,
            _ if plain.len() >= MAX_DECOMPRESSED => return None,
            _ => plain.reserve(plain.len().max(1_024).min(MAX_DECOMPRESSED - plain.len())),
        }
        if before == (inflate.total_in(), inflate.total_out()) && plain.len() == plain.capacity() {
            continue;
        }
    }
}

/// Whether what a key without an integrity check gave can be a packet: a key that does not fit gives noise.
pub(crate) fn plausible(payload: &[u8], padding: &[u8], next_header: u8) -> bool {
    // RFC 4303, section 2.4: 1, 2, 3, …; some peers pad with zeros.
    let counted = padding
        .iter()
        .enumerate()
        .all(|(index, octet)| usize::from(*octet) == index + 1);
    let zeros = padding.iter().all(|octet| *octet == 0);
    let inner = match next_header {
        IPV4 => ipv4(payload).is_some(),
        IPV6 => ipv6(payload).is_some(),
        NO_NEXT_HEADER => true,
        1 | 6 | 17 | 47 | 50 | 51 | 58 | 89 | 94 | 103 | 108 | 112 | 115 | 132 => {
            padding.len() >= 2
        }
        _ => false,
    };
    (counted || zeros) && inner
}

const IPV4: u8 = 4;
const IPV6: u8 = 41;
const NO_NEXT_HEADER: u8 = 59;
const BEET_PSEUDO_HEADER: u8 = 94;
const IPV6_HEADER_LEN: usize = 40;
/// Next Header, Flags, CPI.
const IPCOMP_HEADER_LEN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const ENDS: (IpAddr, IpAddr) = (
        IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
        IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)),
    );

    /// An ICMP packet from 10.1.0.1 to 10.2.0.1 with `len` octets.
    fn packet(len: usize) -> Vec<u8> {
        let mut packet = vec![0; len];
        packet[0] = 0x45;
        packet[2..4].copy_from_slice(&u16::try_from(len).expect("short").to_be_bytes());
        packet[9] = 1;
        packet[12..16].copy_from_slice(&[10, 1, 0, 1]);
        packet[16..20].copy_from_slice(&[10, 2, 0, 1]);
        packet
    }

    #[test]
    fn padding_for_flow_confidentiality_is_cut_off() {
        let mut octets = packet(84);
        octets.resize(1_000, 0);
        let unwrapped = unwrap(&mut octets, 0..1_000, IPV4, ENDS, None);
        assert_eq!(unwrapped.place, 0..84);
        assert_eq!(unwrapped.carriage, Carriage::Tunnel);
        assert_eq!(unwrapped.notes, [OpeningNote::TfcPadding { octets: 916 }]);
        assert_eq!(unwrapped.inner.src.to_string(), "10.1.0.1");
    }

    #[test]
    fn compressed_packets_are_decompressed() {
        let whole = packet(1_400);
        let mut deflate =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        deflate.write_all(&whole).expect("memory");
        let mut octets = vec![IPV4, 0, 0, 2];
        octets.extend(deflate.finish().expect("memory"));
        let len = octets.len();
        let unwrapped = unwrap(&mut octets, 0..len, IpProtocol::IPCOMP.0, ENDS, None);
        assert_eq!(octets[unwrapped.place], whole);
        assert_eq!(unwrapped.notes, [OpeningNote::IpComp]);
    }

    #[test]
    fn what_grows_without_end_is_not_decompressed() {
        let mut deflate =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        deflate.write_all(&vec![0; 1 << 20]).expect("memory");
        let mut octets = vec![IPV4, 0, 0, 2];
        octets.extend(deflate.finish().expect("memory"));
        let len = octets.len();
        let unwrapped = unwrap(&mut octets, 0..len, IpProtocol::IPCOMP.0, ENDS, None);
        assert_eq!(unwrapped.carriage, Carriage::Transport);
        assert_eq!(octets.len(), len);
    }

    #[test]
    fn upper_layers_keep_the_addresses_of_their_packet() {
        let mut octets = vec![1; 30];
        let unwrapped = unwrap(&mut octets, 4..30, 17, ENDS, None);
        assert_eq!(unwrapped.place, 4..30);
        assert_eq!(
            (unwrapped.inner.protocol, unwrapped.inner.src),
            (17, ENDS.0)
        );
        let dummy = unwrap(&mut octets, 0..30, NO_NEXT_HEADER, ENDS, None);
        assert_eq!(dummy.notes, [OpeningNote::Dummy]);
    }
}
