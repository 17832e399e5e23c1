//! As much of DER as keys, signatures and algorithm identifiers take.

/// A value: its tag, its content, and what stands behind it.
pub(super) fn value(octets: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], rest) = octets.split_first_chunk::<2>()?;
    let (len, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let len = digits
                .iter()
                .fold(0_usize, |len, digit| len << 8 | usize::from(*digit));
            (len, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(len)?;
    Some((tag, content, rest))
}

/// The content of a value with this tag, and what stands behind it.
pub(super) fn expect(tag: u8, octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, content, rest) = value(octets)?;
    (found == tag).then_some((content, rest))
}

/// A positive INTEGER without its leading zero.
pub(super) fn unsigned(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (content, rest) = expect(INTEGER, octets)?;
    let zeros = content.iter().take_while(|octet| **octet == 0).count();
    Some((content.get(zeros..)?, rest))
}

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
