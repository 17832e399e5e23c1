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
    let (ip, rest) = packet.split_at_mut_checked(ah.header)?;
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
                zero_options(headers.get_mut(place + 2..place + len)?)?
            }
            ROUTING => arrive(headers, place, len)?,
            _ => return None,
        }
        kind = next;
        place += len;
    }
    Some(())
}

/// Options whose third bit is set may change on the way; their data counts as zero (RFC 4302, section 3.3.3.1.2.2).
fn zero_options(options: &mut [u8]) -> Option<()> {
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
        place += 2 + len;
    }
    Some(())
}

/// A routing header of type 0 counts as it will arrive: the addresses turned by the segments left, and the last of them
/// as destination (RFC 4302, section 3.3.3.1.2.3).
fn arrive(headers: &mut [u8], place: usize, len: usize) -> Option<()> {
    let left = usize::from(*headers.get(place + 3)?);
    if left == 0 || *headers.get(place + 2)? != 0 {
        return Some(());
    }
    let destination: [u8; 16] = headers.get(24..40)?.try_into().ok()?;
    let addresses = headers.get_mut(place + 8..place + len)?;
    let start = addresses.len().checked_sub(left * 16)?;
    let ahead = addresses.get_mut(start..)?;
    let last: [u8; 16] = ahead.get(ahead.len().checked_sub(16)?..)?.try_into().ok()?;
    ahead.rotate_right(16);
    ahead.get_mut(..16)?.copy_from_slice(&destination);
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
const DESTINATION_OPTIONS: u8 = 60;
