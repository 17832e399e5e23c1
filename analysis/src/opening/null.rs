//! ESP that encrypts nothing, recognised without a key (RFC 5879).
//!
//! What is inside must prove itself: the padding, the protocol and the checksums of the packet. Ciphertext passes for it once in
//! some 10^8 packets, and the first packets of a flow alone are looked at.

use std::net::IpAddr;

use super::esp_sa::SaKeys;
use super::flows::open_one;

/// Keys, in form, that read this packet and the others of its flow, if nothing is encrypted in it.
pub(crate) fn recognised(packet: &[u8], ends: (IpAddr, IpAddr)) -> Option<SaKeys> {
    let mut buffer = Vec::new();
    ICV_LENGTHS.into_iter().find_map(|icv_len| {
        let keys = SaKeys::without_encryption(icv_len)?;
        let (place, next_header) = open_one(&keys, packet, None, &mut buffer).ok()?;
        proves_itself(buffer.get(place)?, next_header, ends).then_some(keys)
    })
}

/// Whether checksums and lengths say that these octets are what Next Header says.
fn proves_itself(payload: &[u8], next_header: u8, ends: (IpAddr, IpAddr)) -> bool {
    let u16_at = |at: usize| {
        let octets = payload.get(at..)?.first_chunk()?;
        Some(u16::from_be_bytes(*octets))
    };
    let len = payload.len();
    let whole = |declared: Option<u16>| declared.map(usize::from) == Some(len);
    let first = payload.first().copied().unwrap_or_default();
    match next_header {
        IPV4 => {
            let header = payload.get(..usize::from(first & 0x0f) * 4);
            whole(u16_at(2)) && header.is_some_and(|header| sums_up(&[header]))
        }
        IPV6 => {
            let declared = len.checked_sub(IPV6_HEADER_LEN);
            u16_at(4).map(usize::from) == declared && first >> 4 == 6
        }
        ICMP => matches!(first, 0 | 3..=5 | 8..=14) && sums_up(&[payload]),
        TCP => {
            let header_len = payload.get(12).map(|octet| usize::from(octet >> 4) * 4);
            header_len.is_some_and(|header_len| (20..=len).contains(&header_len))
                && sums_up(&[&pseudo_header(ends, next_header, len), payload])
        }
        UDP => whole(u16_at(4)) && sums_up(&[&pseudo_header(ends, next_header, len), payload]),
        ICMPV6 => sums_up(&[&pseudo_header(ends, next_header, len), payload]),
        _ => false,
    }
}

/// RFC 8200, section 8.1; the sum is the same for IPv4 (RFC 9293, section 3.1).
fn pseudo_header((src, dst): (IpAddr, IpAddr), next_header: u8, len: usize) -> Vec<u8> {
    let mut header = Vec::new();
    for address in [src, dst] {
        match address {
            IpAddr::V4(address) => header.extend(address.octets()),
            IpAddr::V6(address) => header.extend(address.octets()),
        }
    }
    header.extend(u32::try_from(len).unwrap_or_default().to_be_bytes());
    header.extend([0, 0, 0, next_header]);
    header
}

/// Whether a checksum among these octets is right (RFC 1071): all but the last part have whole words.
fn sums_up(parts: &[&[u8]]) -> bool {
    let word = |pair: &[u8]| {
        let high = u64::from(pair.first().copied().unwrap_or_default());
        high << 8 | u64::from(pair.get(1).copied().unwrap_or_default())
    };
    let sum: u64 = parts.iter().flat_map(|part| part.chunks(2)).map(word).sum();
    sum > 0 && sum.is_multiple_of(0xffff)
}

/// Of the algorithms of RFC 8221 and those before them; without an ICV nothing but NULL may stand.
const ICV_LENGTHS: [usize; 6] = [12, 16, 24, 32, 20, 0];
const IPV6_HEADER_LEN: usize = 40;
const ICMP: u8 = 1;
const IPV4: u8 = 4;
const TCP: u8 = 6;
const UDP: u8 = 17;
const IPV6: u8 = 41;
const ICMPV6: u8 = 58;
