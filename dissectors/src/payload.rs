//! The generic payload header and the chain of payloads, the same in both versions (RFC 2408, section 3.2; RFC 7296,
//! section 3.2).
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! | Next Payload  |C|  RESERVED   |         Payload Length        |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use crate::field::Field;
use crate::issue::{IssueKind, Issues};
use crate::limits::MAX_PAYLOADS;
use crate::octets::{Octets, Span};

/// Octets of the generic payload header.
pub const PAYLOAD_HEADER_LEN: usize = 4;

/// What a body may need to know of its surroundings to be read.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// Exchange type of the message, in the registry of the version.
    pub exchange: u8,
    /// IKEv2: whether the R flag is set.
    pub response: bool,
}

/// What stands behind the generic payload header, for one version of the protocol.
pub trait Body<'a>: Sized {
    /// Reads what stands behind the payload header. What cannot be read is kept as octets, with an issue.
    fn parse(payload_type: u8, content: Octets<'a>, context: Context, issues: &mut Issues) -> Self;

    /// Keeps what stands behind the payload header without reading it.
    fn raw(content: Octets<'a>) -> Self;

    /// Writes the canonical form.
    fn encode(&self, out: &mut Vec<u8>);

    /// Type of the payload that this body is, where the body alone tells it.
    fn ends_chain(&self) -> bool;

    /// What it says, in the order of the wire.
    fn fields(&self) -> Vec<Field<'_>>;
}

/// One payload: what was on the wire beside what it means.
#[derive(Clone, Debug, PartialEq)]
pub struct Payload<'a, B> {
    /// Its type, as the payload before it (or the header) said; in the registry of the version.
    pub payload_type: u8,
    /// Type of the next payload; for SK and SKF that of the first one inside.
    pub next_payload: u8,
    /// The second octet: C in the highest bit, the rest is reserved.
    pub flags: u8,
    /// The length that stands in it, header included.
    pub declared_len: u16,
    /// Where it stands, header included.
    pub span: Span,
    /// All its octets, header included.
    pub octets: &'a [u8],
    /// What it means.
    pub body: B,
}

impl<'a, B: Body<'a>> Payload<'a, B> {
    /// A payload to be sent. Lengths and the chain are made right when it is written.
    pub const fn new(payload_type: u8, body: B) -> Self {
        Self {
            payload_type,
            next_payload: 0,
            flags: 0,
            declared_len: 0,
            span: Span { start: 0, len: 0 },
            octets: &[],
            body,
        }
    }

    /// Whether the C bit is set: who does not know this type must refuse the message (RFC 7296, section 2.5).
    #[must_use]
    pub const fn critical(&self) -> bool {
        self.flags & 0x80 != 0
    }
}

/// Reads a chain of payloads and gives what stands behind it. One bad payload does not hide those behind it as long as
/// its length can be believed; where it cannot, nothing is left.
pub fn parse_chain<'a, B: Body<'a>>(
    first: u8,
    chain: Octets<'a>,
    context: Context,
    issues: &mut Issues,
) -> (Vec<Payload<'a, B>>, Octets<'a>) {
    const LAYER: &str = "payload header";
    let mut payloads = Vec::with_capacity(if first == 0 { 0 } else { COMMON_PAYLOADS });
    let mut left = chain;
    let mut payload_type = first;
    while payload_type != 0 {
        if payloads.len() == MAX_PAYLOADS {
            issues.note(
                left,
                "payload chain",
                IssueKind::TooMany {
                    limit: MAX_PAYLOADS,
                },
            );
            return (payloads, left.from(left.len()));
        }
        let &[next_payload, flags, high, low, ..] = left.as_slice() else {
            let kind = if left.is_empty() {
                IssueKind::Chain {
                    what: "another payload is announced, but the octets end",
                }
            } else {
                IssueKind::Cut {
                    available: left.len(),
                }
            };
            issues.note(left, LAYER, kind);
            return (payloads, left.from(left.len()));
        };
        let declared_len = u16::from_be_bytes([high, low]);
        let Some(whole) = element(left, PAYLOAD_HEADER_LEN, LAYER, issues) else {
            // Its header is all that can be said of it: where it ends and the next one begins is unknown.
            let header = left.part(0, PAYLOAD_HEADER_LEN);
            payloads.push(Payload {
                payload_type,
                next_payload,
                flags,
                declared_len,
                span: header.span(),
                octets: header.as_slice(),
                body: B::raw(header.from(PAYLOAD_HEADER_LEN)),
            });
            return (payloads, left.from(left.len()));
        };
        issues.expect_zero(left.part(1, 1), LAYER, u32::from(flags & 0x7f));
        let body = B::parse(
            payload_type,
            whole.from(PAYLOAD_HEADER_LEN),
            context,
            issues,
        );
        let ends = body.ends_chain();
        payloads.push(Payload {
            payload_type,
            next_payload,
            flags,
            declared_len,
            span: whole.span(),
            octets: whole.as_slice(),
            body,
        });
        left = left.from(usize::from(declared_len));
        payload_type = if ends { 0 } else { next_payload };
    }
    (payloads, left)
}

/// The element at the start of `left`, which says in its third and fourth octet how long it is, header included; cut where
/// the octets end. `None` if the length is below `minimum`: then its end cannot be known.
pub(crate) fn element<'a>(
    left: Octets<'a>,
    minimum: usize,
    layer: &'static str,
    issues: &mut Issues,
) -> Option<Octets<'a>> {
    let length = left.part(2, 2);
    let &[high, low] = length.as_slice() else {
        return None;
    };
    let declared = usize::from(u16::from_be_bytes([high, low]));
    if declared < minimum {
        issues.note(
            length,
            layer,
            IssueKind::LengthTooSmall { declared, minimum },
        );
        return None;
    }
    if declared > left.len() {
        let available = left.len();
        let kind = IssueKind::LengthTooLarge {
            declared,
            available,
        };
        issues.note(length, layer, kind);
    }
    Some(left.part(0, declared))
}

/// Writes a chain: each payload names the type of the next, lengths are computed. The `next_payload` of a payload that
/// ends the chain is kept, because it tells what is inside.
pub fn encode_chain<'a, B: Body<'a>>(payloads: &[Payload<'a, B>], out: &mut Vec<u8>) {
    for (index, payload) in payloads.iter().enumerate() {
        let following = payloads.get(index + 1).map_or(0, |next| next.payload_type);
        let next_payload = if payload.body.ends_chain() {
            payload.next_payload
        } else {
            following
        };
        let start = out.len();
        out.extend_from_slice(&[next_payload, payload.flags & 0x80, 0, 0]);
        payload.body.encode(out);
        write_length(out, start, 2);
    }
}

/// Puts the number of octets written since `start` into the two octets at `start + at`. What does not fit in 16 bits
/// cannot be sent; the largest number stands there then.
pub(crate) fn write_length(out: &mut [u8], start: usize, at: usize) {
    let length = u16::try_from(out.len() - start)
        .unwrap_or(u16::MAX)
        .to_be_bytes();
    if let Some(field) = out.get_mut(start + at..start + at + 2) {
        field.copy_from_slice(&length);
    }
}

/// Payloads that most chains have room in; the list grows for others.
const COMMON_PAYLOADS: usize = 12;
