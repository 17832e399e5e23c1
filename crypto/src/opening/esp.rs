//! ESP (RFC 4303; combined modes: RFC 4106, 4309, 4543, 7634, 8750).

use super::protection::Protection;
use crate::CryptoError;

/// What was inside an ESP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EspContent<'o> {
    /// The payload data, and TFC padding where there is some.
    pub payload: &'o [u8],
    /// The padding, without Pad Length and Next Header.
    pub padding: &'o [u8],
    /// The number of the protocol inside.
    pub next_header: u8,
}

/// Verifies and decrypts an ESP packet, from its SPI to the end of its ICV, into `out`, which is cleared and can be used
/// again. `high` is the high half of the sequence number where the SA has extended ones (RFC 4303, section 2.2.1).
///
/// # Errors
/// [`CryptoError::IntegrityMismatch`] when the key, the algorithm or `high` does not fit or the packet was changed;
/// otherwise which length is wrong.
pub fn open_esp<'o>(
    protection: &Protection,
    packet: &[u8],
    high: Option<u32>,
    out: &'o mut Vec<u8>,
) -> Result<EspContent<'o>, CryptoError> {
    let header: [u8; HEADER_LEN] = packet
        .get(..HEADER_LEN)
        .and_then(|header| header.try_into().ok())
        .ok_or(CryptoError::TooShort {
            available: packet.len(),
            minimum: HEADER_LEN,
        })?;
    let numbers = Numbers::new(header, high);
    let clear = protection.open(
        packet,
        HEADER_LEN,
        numbers.aad(),
        numbers.extension(),
        &numbers.implicit_iv(),
        out,
    )?;
    let [rest @ .., declared, next_header] = clear else {
        return Err(CryptoError::TooShort {
            available: clear.len(),
            minimum: TRAILER_LEN,
        });
    };
    let (payload, padding) = rest
        .len()
        .checked_sub(usize::from(*declared))
        .and_then(|end| rest.split_at_checked(end))
        .ok_or(CryptoError::Padding {
            declared: *declared,
            available: rest.len(),
        })?;
    Ok(EspContent {
        payload,
        padding,
        next_header: *next_header,
    })
}

/// Makes an ESP packet: SPI, the low half of the sequence number, and the sealed payload with the padding that RFC 4303,
/// section 2.4 asks for.
///
/// # Errors
/// [`CryptoError::IvLength`].
pub fn seal_esp(
    protection: &Protection,
    spi: u32,
    sequence: u32,
    high: Option<u32>,
    iv: &[u8],
    payload: &[u8],
    next_header: u8,
) -> Result<Vec<u8>, CryptoError> {
    let mut header = [0; HEADER_LEN];
    for (to, from) in header
        .iter_mut()
        .zip(spi.to_be_bytes().into_iter().chain(sequence.to_be_bytes()))
    {
        *to = from;
    }
    let numbers = Numbers::new(header, high);
    let facts = protection.facts();
    let len = payload.len() + TRAILER_LEN;
    let padding = len.next_multiple_of(facts.block_len.max(ALIGNMENT)) - len;
    let mut text = payload.to_vec();
    text.extend((1..=padding).filter_map(|octet| u8::try_from(octet).ok()));
    text.extend([u8::try_from(padding).unwrap_or_default(), next_header]);
    let implicit_iv = numbers.implicit_iv();
    let iv = if facts.implicit_iv() {
        &implicit_iv
    } else {
        iv
    };
    let mut packet = header.to_vec();
    protection.seal(&mut packet, iv, numbers.aad(), numbers.extension(), text)?;
    Ok(packet)
}

/// SPI, the high half of the sequence number where there is one, and the low half: what a combined mode authenticates.
struct Numbers {
    octets: [u8; 12],
    len: usize,
}

impl Numbers {
    fn new([s0, s1, s2, s3, l0, l1, l2, l3]: [u8; HEADER_LEN], high: Option<u32>) -> Self {
        match high.map(u32::to_be_bytes) {
            Some([h0, h1, h2, h3]) => Self {
                octets: [s0, s1, s2, s3, h0, h1, h2, h3, l0, l1, l2, l3],
                len: 12,
            },
            None => Self {
                octets: [s0, s1, s2, s3, l0, l1, l2, l3, 0, 0, 0, 0],
                len: 8,
            },
        }
    }

    fn aad(&self) -> &[u8] {
        self.octets.get(..self.len).unwrap_or_default()
    }

    /// The high half, which an integrity algorithm covers behind the packet (RFC 4303, section 2.2.1).
    fn extension(&self) -> &[u8] {
        match self.len {
            12 => self.octets.get(4..8).unwrap_or_default(),
            _ => &[],
        }
    }

    /// The 64-bit sequence number (RFC 8750, section 4).
    fn implicit_iv(&self) -> [u8; 8] {
        let [_, _, _, _, a, b, c, d, e, f, g, h] = self.octets;
        match self.len {
            12 => [a, b, c, d, e, f, g, h],
            _ => [0, 0, 0, 0, a, b, c, d],
        }
    }
}

/// SPI and Sequence Number.
const HEADER_LEN: usize = 8;
/// Pad Length and Next Header.
const TRAILER_LEN: usize = 2;
/// The trailer ends on a multiple of four octets.
const ALIGNMENT: usize = 4;
