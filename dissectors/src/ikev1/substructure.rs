//! The chains inside an SA payload: proposals, and the transforms of a proposal, have the header of payloads (RFC 2408,
//! sections 3.5 and 3.6).
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! | 0 or own type |   RESERVED    |            Length             |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use crate::issue::{IssueKind, Issues};
use crate::limits::MAX_ELEMENTS;
use crate::octets::Octets;
use crate::payload::{self, PAYLOAD_HEADER_LEN, write_length};
use crate::registries::ikev1::PayloadType;

/// Cuts a chain of elements of one type into their contents. An element that cannot be read does not hide the next one
/// as long as its length can be believed.
pub(super) fn split<'a>(
    chain: Octets<'a>,
    element: PayloadType,
    layer: &'static str,
    issues: &mut Issues,
) -> Vec<Octets<'a>> {
    let mut contents = Vec::new();
    let mut left = chain;
    loop {
        if contents.len() == MAX_ELEMENTS {
            issues.note(
                left,
                layer,
                IssueKind::TooMany {
                    limit: MAX_ELEMENTS,
                },
            );
            return contents;
        }
        let &[next, reserved, _, _, ..] = left.as_slice() else {
            issues.note(
                left,
                layer,
                IssueKind::Cut {
                    available: left.len(),
                },
            );
            return contents;
        };
        let Some(whole) = payload::element(left, PAYLOAD_HEADER_LEN, layer, issues) else {
            return contents;
        };
        issues.expect_zero(left.part(1, 1), layer, u32::from(reserved));
        if next != 0 && next != element.0 {
            let kind = IssueKind::UnexpectedValue {
                field: "next payload",
                found: u32::from(next),
                expected: "0 or its own type",
            };
            issues.note(left.part(0, 1), layer, kind);
        }
        contents.push(whole.from(PAYLOAD_HEADER_LEN));
        left = left.from(whole.len());
        if next == 0 {
            issues.expect_end(left, layer);
            return contents;
        }
    }
}

/// Writes a chain: the header of each element, and what `encode` writes behind it.
pub(super) fn join<T>(
    elements: &[T],
    element: PayloadType,
    out: &mut Vec<u8>,
    encode: impl Fn(&T, &mut Vec<u8>),
) {
    for (index, content) in elements.iter().enumerate() {
        let start = out.len();
        let next = if index + 1 < elements.len() {
            element.0
        } else {
            0
        };
        out.extend_from_slice(&[next, 0, 0, 0]);
        encode(content, out);
        write_length(out, start, 2);
    }
}
