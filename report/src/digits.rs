//! Numbers and addresses as text, written into a buffer without the machinery of `format!`: a busy gateway's capture has
//! millions of lines of ESP.

use std::io::Write;
use std::net::IpAddr;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Decimal digits.
pub(crate) fn decimal(out: &mut Vec<u8>, number: u64) {
    filled_decimal(out, number, 1, b'0');
}

/// Decimal digits, at least `width` of them, with zeros in front.
pub(crate) fn zero_padded(out: &mut Vec<u8>, number: u64, width: usize) {
    filled_decimal(out, number, width, b'0');
}

/// Decimal digits at the right end of a column.
pub(crate) fn right_aligned(out: &mut Vec<u8>, number: u64, width: usize) {
    filled_decimal(out, number, width, b' ');
}

/// Decimal digits with `fill` in front of them up to `width`, which is at most 20.
fn filled_decimal(out: &mut Vec<u8>, number: u64, width: usize, fill: u8) {
    let mut digits = [fill; 20];
    let mut first = digits.len();
    let mut left = number;
    for (index, digit) in digits.iter_mut().enumerate().rev() {
        *digit = b'0' + (left % 10) as u8;
        left /= 10;
        first = index;
        if left == 0 {
            break;
        }
    }
    let start = first.min(digits.len().saturating_sub(width));
    out.extend_from_slice(digits.get(start..).unwrap_or_default());
}

/// Two decimal digits per octet of `numbers`: for the parts of a time, each below 100.
pub(crate) fn two_digits(number: u32) -> [u8; 2] {
    [b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8]
}

/// Six decimal digits of a number below 1,000,000.
pub(crate) fn six_digits(number: u32) -> [u8; 6] {
    let [a, b] = two_digits(number / 10_000);
    let [c, d] = two_digits(number / 100 % 100);
    let [e, f] = two_digits(number % 100);
    [a, b, c, d, e, f]
}

/// Eight lower-case hexadecimal digits.
pub(crate) fn hex_u32(out: &mut Vec<u8>, number: u32) {
    let four_bits = |place: usize| (number >> (28 - 4 * place)) as usize & 0x0f;
    let digits: [u8; 8] = std::array::from_fn(|place| HEX[four_bits(place)]);
    out.extend_from_slice(&digits);
}

/// Two lower-case hexadecimal digits per octet.
pub(crate) fn hex(out: &mut Vec<u8>, octets: &[u8]) {
    out.reserve(octets.len() * 2);
    for octet in octets {
        out.extend_from_slice(&[HEX[usize::from(octet >> 4)], HEX[usize::from(octet & 0x0f)]]);
    }
}

/// Two lower-case hexadecimal digits per octet, as text.
pub(crate) fn hex_text(octets: &[u8]) -> String {
    let digit = |four_bits: u8| char::from(HEX[usize::from(four_bits & 0x0f)]);
    octets
        .iter()
        .flat_map(|octet| [digit(octet >> 4), digit(*octet)])
        .collect()
}

/// An address, without brackets.
pub(crate) fn address(out: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(address) => {
            // Each octet writes its digits, the point behind them, and what the next one overwrites.
            let mut text = [0; 16];
            let mut end = 0;
            for octet in address.octets() {
                let (digits, len) = OCTETS[usize::from(octet)];
                if let Some(place) = text.get_mut(end..).and_then(<[u8]>::first_chunk_mut) {
                    *place = digits;
                }
                end += usize::from(len);
            }
            // A copy of a length that the compiler knows.
            let start = out.len();
            out.extend_from_slice(&text);
            out.truncate(start + end - 1);
        }
        // A Vec takes every write.
        IpAddr::V6(address) => drop(write!(out, "{address}")),
    }
}

/// The decimal digits of each octet with a point behind them, and their number.
static OCTETS: [([u8; 4], u8); 256] = {
    let mut table = [([b'.'; 4], 0); 256];
    let mut octet = 0;
    while octet < table.len() {
        let digits = [octet / 100, octet / 10 % 10, octet % 10];
        let first = if octet >= 100 {
            0
        } else {
            (octet < 10) as usize + 1
        };
        let mut place = first;
        while place < digits.len() {
            table[octet].0[place - first] = b'0' + digits[place] as u8;
            place += 1;
        }
        table[octet].1 = (digits.len() - first + 1) as u8;
        octet += 1;
    }
    table
};

/// Fills up with spaces what was written since `start`.
pub(crate) fn pad_end(out: &mut Vec<u8>, start: usize, width: usize) {
    let written = out.len().saturating_sub(start);
    out.resize(out.len() + width.saturating_sub(written), b' ');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_those_of_the_standard_library() {
        for number in [0, 1, 9, 10, 99, 100, 4_294_967_295, u64::MAX] {
            assert_eq!(text(|out| decimal(out, number)), number.to_string());
            assert_eq!(
                text(|out| zero_padded(out, number, 3)),
                format!("{number:03}")
            );
            assert_eq!(
                text(|out| right_aligned(out, number, 5)),
                format!("{number:5}")
            );
        }
        for number in [0, 7, 123_456, 999_999] {
            assert_eq!(
                six_digits(number).as_slice(),
                format!("{number:06}").as_bytes()
            );
        }
        assert_eq!(text(|out| hex_u32(out, 0xc0ff_ee01)), "c0ffee01");
    }

    #[test]
    fn addresses_read_back() {
        for expected in ["0.0.0.0", "192.0.2.255", "2001:db8::1", "::ffff:192.0.2.1"] {
            let ip: IpAddr = expected.parse().unwrap();
            assert_eq!(text(|out| address(out, ip)).parse(), Ok(ip));
        }
        for octet in 0..=255 {
            let ip = IpAddr::from([octet, 255 - octet, octet / 7, octet]);
            assert_eq!(text(|out| address(out, ip)), ip.to_string());
        }
    }
}
