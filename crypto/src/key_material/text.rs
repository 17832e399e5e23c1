//! Numbers and octets as daemons print them.

use ikescope_dissectors::{IkeSpi, Spi};

use super::problem::Problem;
use crate::Secret;

/// A line of a file, without its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// From 1.
    pub(super) number: usize,
    pub(super) text: &'a str,
}

impl Line<'_> {
    pub(super) fn problem(&self, what: impl Into<String>) -> Problem {
        Problem::new(self.number, what)
    }
}

/// As [`str::lines`], several times as fast.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]);
    let mut start = 0;
    ends.filter_map(move |end| {
        let line = text.get(start..end).filter(|_| start < text.len())?;
        start = end + 1;
        Some(line.strip_suffix('\r').unwrap_or(line))
    })
}

/// A part of a file that is UTF-8.
pub(super) fn as_text(octets: &[u8]) -> Option<&str> {
    std::str::from_utf8(octets).ok()
}

/// Octets from hexadecimal digits, with or without `0x`. None where there is anything else, or an odd number of digits.
pub(super) fn hex(text: &str) -> Option<Secret> {
    hex_octets(text).map(Secret::new)
}

pub(super) fn hex_octets(text: &str) -> Option<Vec<u8>> {
    let digits = without_0x(text).as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let mut octets = Vec::with_capacity(digits.len() / 2);
    let mut seen = 0;
    octets.extend(digits.chunks_exact(2).map(|pair| {
        let [high, low] = [0, 1].map(|at| pair.get(at).map_or(NO_DIGIT, |octet| value(*octet)));
        seen |= high | low;
        high << 4 | low & 0x0f
    }));
    (seen < NO_DIGIT).then_some(octets)
}

/// An octet from two hexadecimal digits.
pub(super) fn octet(text: &str) -> Option<u8> {
    let &[high, low] = text.as_bytes() else {
        return None;
    };
    Some(digit(high)? << 4 | digit(low)?)
}

/// Why [`hex`] refused, without quoting what may be a key.
pub(super) fn hex_fault(text: &str) -> &'static str {
    let digits = without_0x(text);
    if digits.is_empty() {
        "is empty"
    } else if digits.bytes().any(|octet| digit(octet).is_none()) {
        "is not hexadecimal"
    } else {
        "has an odd number of hexadecimal digits"
    }
}

/// Reads a hexadecimal value that has a name in messages.
pub(super) fn named_hex(name: &str, text: &str) -> Result<Secret, String> {
    hex(text).ok_or_else(|| format!("{name} {}", hex_fault(text)))
}

pub(super) fn without_0x(text: &str) -> &str {
    text.strip_prefix("0x")
        .or_else(|| text.strip_prefix("0X"))
        .unwrap_or(text)
}

fn digit(octet: u8) -> Option<u8> {
    Some(value(octet)).filter(|value| *value != NO_DIGIT)
}

/// What a hexadecimal digit is worth.
fn value(octet: u8) -> u8 {
    VALUES.get(usize::from(octet)).copied().unwrap_or(NO_DIGIT)
}

/// What is no digit has a bit that none has.
const NO_DIGIT: u8 = 0x10;

/// Files of ten thousand keys have millions of digits: they are looked up.
const VALUES: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value] as usize] = value as u8;
        values[b"0123456789ABCDEF"[value] as usize] = value as u8;
        value += 1;
    }
    values
};

/// An SPI of IKE: exactly 16 hexadecimal digits, with or without `0x`.
pub(super) fn ike_spi(text: impl AsRef<[u8]>) -> Option<IkeSpi> {
    let (digits, _) = behind_0x(text.as_ref());
    number(digits).filter(|_| digits.len() == 16).map(IkeSpi)
}

/// An SPI of ESP or AH in hexadecimal, with or without `0x` and leading zeros.
pub(super) fn spi_hex(text: impl AsRef<[u8]>) -> Option<Spi> {
    let (digits, _) = behind_0x(text.as_ref());
    u32::try_from(number(digits)?).ok().map(Spi)
}

/// At most 16 hexadecimal digits.
fn number(digits: &[u8]) -> Option<u64> {
    if !(1..=16).contains(&digits.len()) {
        return None;
    }
    let (number, seen) = digits.iter().fold((0, 0), |(number, seen), octet| {
        let value = value(*octet);
        (number << 4 | u64::from(value), seen | value)
    });
    (seen < NO_DIGIT).then_some(number)
}

/// An SPI of ESP or AH: hexadecimal with `0x`, else decimal.
pub(super) fn spi_number(text: impl AsRef<[u8]>) -> Option<Spi> {
    match behind_0x(text.as_ref()) {
        (_, true) => spi_hex(text),
        (digits, false) => as_text(digits)?.parse().ok().map(Spi),
    }
}

fn behind_0x(text: &[u8]) -> (&[u8], bool) {
    match text {
        [b'0', b'x' | b'X', digits @ ..] => (digits, true),
        digits => (digits, false),
    }
}

/// The word behind a label, as `1` in `proto esp mode 1` behind `mode`.
pub(super) fn after<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(label)?;
    rest.split_ascii_whitespace().next()
}

/// Standard base64 with or without padding, as `0s…` of ipsec.secrets.
pub(super) fn base64(text: &str) -> Option<Secret> {
    let text = text.trim_end_matches('=').as_bytes();
    let mut octets = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for group in text.chunks(4) {
        if group.len() == 1 {
            return None;
        }
        let mut bits = 0_u32;
        for octet in group {
            let value = match octet {
                b'A'..=b'Z' => octet - b'A',
                b'a'..=b'z' => octet - b'a' + 26,
                b'0'..=b'9' => octet - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            };
            bits = bits << 6 | u32::from(value);
        }
        let missing = 4 - group.len();
        bits <<= 6 * missing;
        let [_, a, b, c] = bits.to_be_bytes();
        octets.extend([a, b, c].into_iter().take(3 - missing));
    }
    Some(Secret::new(octets))
}

/// The octets of a hexadecimal dump that does not say how long it is: groups of digits up to two spaces before the
/// characters, or up to the end. At most `most` octets.
pub(super) fn dump_octets(text: &str, most: usize) -> Vec<u8> {
    let mut octets = Vec::new();
    for word in text.split_ascii_whitespace() {
        if octets.len() >= most {
            break;
        }
        match hex_octets(word) {
            Some(more) if !more.is_empty() && octets.len() + more.len() <= most => {
                octets.extend(more);
            }
            _ => break,
        }
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_reads_the_vectors_of_rfc_4648() {
        for (text, clear) in [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYg==", "foob"),
            ("Zm9vYmE", "fooba"),
            ("Zm9vYmFy", "foobar"),
        ] {
            assert_eq!(base64(text), Some(clear.as_bytes().into()), "{text}");
        }
        assert_eq!(base64("Zm9v!"), None);
        assert_eq!(base64("Zm9vY"), None);
    }

    #[test]
    fn faults_of_hexadecimal_are_told_apart() {
        assert_eq!(hex("0x0aFf"), Some(Secret::new(vec![0x0a, 0xff])));
        for (text, fault) in [
            ("0x", "is empty"),
            ("0x0g", "is not hexadecimal"),
            ("abc", "has an odd number of hexadecimal digits"),
        ] {
            assert_eq!(hex_fault(text), fault);
        }
    }
}
