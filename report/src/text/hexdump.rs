//! Octets in rows of sixteen.

use crate::digits::{hex, pad_end};

const ROW: usize = 16;

/// Offset, octets in pairs, and what of them is printable ASCII.
pub(super) fn hexdump(out: &mut Vec<u8>, octets: &[u8]) {
    for (index, row) in octets.chunks(ROW).enumerate() {
        out.extend_from_slice(b"        0x");
        hex(
            out,
            &u32::try_from(index * ROW).unwrap_or(u32::MAX).to_be_bytes()[2..],
        );
        out.extend_from_slice(b":  ");
        let start = out.len();
        for pair in row.chunks(2) {
            hex(out, pair);
            out.push(b' ');
        }
        pad_end(out, start, ROW / 2 * 5 + 1);
        out.extend(row.iter().map(|octet| {
            if matches!(octet, b' '..=b'~') {
                *octet
            } else {
                b'.'
            }
        }));
        out.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The layout of `tcpdump -X`.
    #[test]
    fn rows_are_those_of_tcpdump() {
        let mut out = Vec::new();
        hexdump(&mut out, b"ikescope\x00\x1b\xffabcdef");
        let expected = "        0x0000:  696b 6573 636f 7065 001b ff61 6263 6465  ikescope...abcde\n\
                        \x20       0x0010:  66                                       f\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
