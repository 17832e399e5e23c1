//! AH (RFC 4302).

use ikescope_dissectors::registries::ikev2::IntegrityAlgorithm;

use crate::CryptoError;
use crate::mac::Integrity;

/// An IP packet with an Authentication Header.
#[derive(Debug, Clone, Copy)]
pub struct AhPacket<'a> {
    /// The packet from the first octet of the IP header, cut to the length that the header says, its fragments put together.
    pub packet: &'a [u8],
    /// Where the Authentication Header begins.
    pub header: usize,
}

/// Verifies the Authentication Header. `high` is the high half of the sequence number where the SA has extended ones.
///
/// # Errors
/// [`CryptoError::IntegrityMismatch`]; [`CryptoError::TooShort`] for headers that are cut.
pub fn verify_ah(
    integrity: &Integrity,
    ah: &AhPacket<'_>,
    high: Option<u32>,
) -> Result<(), CryptoError> {
    let too_short = CryptoError::TooShort {
        available: ah.packet.len(),
        minimum: ah.header.saturating_add(FIXED_LEN),
    };
    let (covered, icv) = covered(ah, integrity).ok_or(too_short)?;
    let high = high.map(u32::to_be_bytes);
    let extension = high.as_ref().map_or(&[][..], <[u8; 4]>::as_slice);
    integrity.verify(&[&covered, extension], &icv)
}

/// The packet with everything zeroed that may change on its way, and the integrity check value.
fn covered(ah: &AhPacket<'_>, integrity: &Integrity) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut packet = ah.packet.to_vec();
    let mut header = ah.header;
    if packet.first()? >> 4 == 6 {
        header -= without_fragment_header(&mut packet, header)?;
    }
    let (ip, rest) = packet.split_at_mut_checked(header)?;
    match ip.first()? >> 4 {
        4 => zero_ipv4(ip)?,
        6 => zero_ipv6(ip)?,
        _ => return None,
    }
    // The length of AH is in words of 32 bits, less two (RFC 4302, section 2.2).
    let len = (usize::from(*rest.get(1)?) + 2) * 4;
    let field = rest.get_mut(FIXED_LEN..len)?;
    let icv_len = match integrity.id() {
        IntegrityAlgorithm::NONE => field.len(),
        _ => integrity.icv_len(),
    };
    // What follows the value in its field is padding, which is covered.
    let icv = field.get_mut(..icv_len)?;
    let value = icv.to_vec();
    icv.fill(0);
    Some((packet, value))
}

/// RFC 4302, section 3.3.3.1.1.
fn zero_ipv4(header: &mut [u8]) -> Option<()> {
    *header.get_mut(1)? = 0; // DSCP and ECN
    header.get_mut(6..9)?.fill(0); // flags, fragment offset, time to live
    header.get_mut(10..12)?.fill(0); // checksum
    let mut place = 20;
    while let Some(&kind) = header.get(place) {
        let len = match kind {
            0 | 1 => 1,
            _ => usize::from(*header.get(place + 1)?).max(2),
        };
        if !IMMUTABLE_OPTIONS.contains(&kind) {
            header.get_mut(place..place + len)?.fill(0);
        }
        place += len;
    }
    Some(())
}

/// RFC 4302, section 3.3.3.1.2.
fn zero_ipv6(headers: &mut [u8]) -> Option<()> {
    *headers.get_mut(0)? = 0x60; // version stays, traffic class and flow label go
    headers.get_mut(1..4)?.fill(0);
    let mut kind = *headers.get(6)?;
    *headers.get_mut(7)? = 0; // hop limit
    let mut place = 40;
    while place < headers.len() {
        let next = *headers.get(place)?;
        let len = (usize::from(*headers.get(place + 1)?) + 1) * 8;
        match kind {
            HOP_BY_HOP | DESTINATION_OPTIONS => {
                let (ip, extension) = headers.split_at_mut_checked(place)?;
                zero_options(extension.get_mut(2..len)?, ip.get_mut(8..24)?)?;
            }
            ROUTING => arrive(headers, place, len)?,
            _ => return None,
        }
        kind = next;
        place += len;
    }
    Some(())
}

/// AH is made before a packet is fragmented, so that the header of a fragment which is the whole packet (RFC 6946) does not
/// count. Gives how many octets went.
fn without_fragment_header(packet: &mut Vec<u8>, ah: usize) -> Option<usize> {
    let (mut says, mut place) = (6, 40);
    while place < ah {
        let next = *packet.get(place)?;
        if *packet.get(says)? == FRAGMENT {
            *packet.get_mut(says)? = next;
            packet.get(place..place + FRAGMENT_LEN)?;
            packet.drain(place..place + FRAGMENT_LEN);
            let length = packet.get_mut(4..6)?;
            let less = u16::from_be_bytes((&*length).try_into().ok()?).checked_sub(8)?;
            length.copy_from_slice(&less.to_be_bytes());
            return Some(FRAGMENT_LEN);
        }
        says = place;
        place += (usize::from(*packet.get(place + 1)?) + 1) * 8;
    }
    Some(0)
}

/// Options whose third bit is set may change on the way; their data counts as zero (RFC 4302, section 3.3.3.1.2.2). A home
/// address counts as the source, which stands where it stood (RFC 6275, section 6.3).
fn zero_options(options: &mut [u8], source: &mut [u8]) -> Option<()> {
    let mut place = 0;
    while let Some(&kind) = options.get(place) {
        if kind == 0 {
            place += 1;
            continue;
        }
        let len = usize::from(*options.get(place + 1)?);
        let data = options.get_mut(place + 2..place + 2 + len)?;
        if kind & 0x20 != 0 {
            data.fill(0);
        }
        if kind == HOME_ADDRESS && len == source.len() {
            data.swap_with_slice(source);
        }
        place += 2 + len;
    }
    Some(())
}

/// A routing header counts as it will arrive. Type 0 and 2: the addresses turned by the segments left, and the last of them as
/// destination (RFC 4302, section 3.3.3.1.2.3; RFC 6275, section 6.4). Type 4, whose list nobody changes: the first address of
/// it as destination (RFC 8754, section 4.3.1.1); that document leaves AH open.
fn arrive(headers: &mut [u8], place: usize, len: usize) -> Option<()> {
    let (kind, left) = (*headers.get(place + 2)?, *headers.get(place + 3)?);
    if left == 0 || !matches!(kind, 0 | 2 | 4) {
        return Some(());
    }
    let destination: [u8; 16] = headers.get(24..40)?.try_into().ok()?;
    let addresses = headers.get_mut(place + 8..place + len)?;
    let last: [u8; 16] = if kind == 4 {
        addresses.get(..16)?.try_into().ok()?
    } else {
        let start = addresses.len().checked_sub(usize::from(left) * 16)?;
        let ahead = addresses.get_mut(start..)?;
        ahead.rotate_right(16);
        let first = ahead.get_mut(..16)?;
        let last = (&*first).try_into().ok()?;
        first.copy_from_slice(&destination);
        last
    };
    *headers.get_mut(place + 3)? = 0;
    headers.get_mut(24..40)?.copy_from_slice(&last);
    Some(())
}

/// Next Header to Sequence Number.
const FIXED_LEN: usize = 12;
/// Options of IPv4 that no router changes: end, no operation, security, extended and commercial security, router alert,
/// selective directed broadcast (RFC 4302, appendix A1).
const IMMUTABLE_OPTIONS: [u8; 7] = [0, 1, 130, 133, 134, 148, 149];
const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const FRAGMENT_LEN: usize = 8;
const HOME_ADDRESS: u8 = 0xc9;
const DESTINATION_OPTIONS: u8 = 60;

#[cfg(test)]
mod tests {
    use super::*;

    /// An IPv6 packet between addresses of one octet, with these extension headers and AH.
    fn packet(first: u8, (src, dst): (u8, u8), extensions: &[u8]) -> Vec<u8> {
        let ah = [17, 4, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 1];
        let length = u8::try_from(extensions.len() + ah.len() + 12).expect("short");
        let mut packet = vec![0x6a, 0xbc, 0xde, 0xf0, 0, length, first, 64];
        packet.extend([src; 16]);
        packet.extend([dst; 16]);
        packet.extend_from_slice(extensions);
        packet.extend(ah);
        packet.extend([0; 12]);
        packet
    }

    fn routing(next: u8, kind: u8, left: u8, addresses: &[u8]) -> Vec<u8> {
        let words = u8::try_from(addresses.len() * 2).expect("short");
        let mut header = vec![next, words, kind, left, 0, 0, 0, 0];
        addresses
            .iter()
            .for_each(|octet| header.extend([*octet; 16]));
        header
    }

    fn home_address(octet: u8) -> Vec<u8> {
        let mut header = vec![51, 2, 1, 2, 0, 0, HOME_ADDRESS, 16];
        header.extend([octet; 16]);
        header
    }

    #[test]
    fn what_is_sent_counts_as_what_arrives() {
        let fragment = |next| vec![next, 0, 0, 0, 1, 2, 3, 4];
        let both = [routing(FRAGMENT, 2, 1, &[5]), fragment(51)].concat();
        for (sent, arrives) in [
            // RFC 4302, section 3.3.3.1.2.3; RFC 6275, sections 6.4 and 6.3; RFC 8754, section 4.3.1.1; RFC 6946.
            (
                packet(ROUTING, (1, 2), &routing(51, 0, 2, &[5, 6])),
                packet(ROUTING, (1, 6), &routing(51, 0, 0, &[2, 5])),
            ),
            (
                packet(ROUTING, (1, 2), &routing(51, 2, 1, &[5])),
                packet(ROUTING, (1, 5), &routing(51, 2, 0, &[2])),
            ),
            (
                packet(ROUTING, (1, 6), &routing(51, 4, 1, &[5, 6])),
                packet(ROUTING, (1, 5), &routing(51, 4, 0, &[5, 6])),
            ),
            (
                packet(FRAGMENT, (1, 2), &fragment(51)),
                packet(51, (1, 2), &[]),
            ),
            (
                packet(ROUTING, (1, 2), &both),
                packet(ROUTING, (1, 5), &routing(51, 2, 0, &[2])),
            ),
        ] {
            assert_eq!(octets(&sent), octets(&arrives));
        }
        let home = octets(&packet(DESTINATION_OPTIONS, (1, 2), &home_address(5)));
        let home = home.expect("well formed");
        assert_eq!((home[8], home[40 + 8]), (5, 1));
    }

    fn octets(packet: &[u8]) -> Option<Vec<u8>> {
        let header = packet.len() - FIXED_LEN - 12;
        let mac = Integrity::new(IntegrityAlgorithm::HMAC_SHA1_96, &[0; 20]).ok()?;
        covered(&AhPacket { packet, header }, &mac).map(|(octets, _)| octets)
    }
}
