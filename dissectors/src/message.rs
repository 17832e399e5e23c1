//! A message of IKEv1 or IKEv2: header and payloads.

use crate::header::{Flags, HEADER_LEN, Header};
use crate::issue::{IssueKind, Issues};
use crate::octets::Octets;
use crate::payload::{Context, Payload, encode_chain, parse_chain};
use crate::{ikev1, ikev2};

/// One message with everything that could be read of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Message<'a> {
    /// The header as it was on the wire.
    pub header: Header,
    /// What stands behind it.
    pub content: Content<'a>,
    /// All octets of the message as received; empty for a message that was made to be sent.
    pub octets: &'a [u8],
}

/// What stands behind the header.
#[derive(Clone, Debug, PartialEq)]
pub enum Content<'a> {
    /// Payloads of IKEv1.
    V1(Vec<Payload<'a, ikev1::Body<'a>>>),
    /// IKEv1 with the E flag: encrypted payloads and padding.
    V1Encrypted(&'a [u8]),
    /// Payloads of IKEv2; encrypted ones stand in an SK or SKF payload.
    V2(Vec<Payload<'a, ikev2::Body<'a>>>),
    /// Another major version: nothing is known of it.
    Unknown(&'a [u8]),
}

impl<'a> Message<'a> {
    /// Reads a message. `None` only when there are too few octets for a header.
    pub fn parse(octets: Octets<'a>, issues: &mut Issues) -> Option<Self> {
        let header = match Header::parse(octets) {
            Ok((_, header)) => header,
            Err(cut) => {
                issues.note_cut("header", &cut);
                return None;
            }
        };
        let declared = usize::try_from(header.length).unwrap_or(usize::MAX);
        let length_field = octets.part(HEADER_LEN - 4, 4);
        if declared < HEADER_LEN {
            issues.note(
                length_field,
                "header",
                IssueKind::LengthTooSmall {
                    declared,
                    minimum: HEADER_LEN,
                },
            );
        } else if declared > octets.len() {
            issues.note(
                length_field,
                "header",
                IssueKind::LengthTooLarge {
                    declared,
                    available: octets.len(),
                },
            );
        }
        // A length that is below the header says nothing about the payloads: they are read as far as octets go.
        let end = if declared < HEADER_LEN {
            octets.len()
        } else {
            declared
        };
        let whole = octets.part(0, end);
        issues.expect_end(octets.from(end), "datagram");
        let content = Self::parse_content(&header, whole.from(HEADER_LEN), issues);
        Some(Self {
            header,
            content,
            octets: whole.as_slice(),
        })
    }

    fn parse_content(header: &Header, body: Octets<'a>, issues: &mut Issues) -> Content<'a> {
        let encrypted = header.version.major() == 1
            && header.flags.contains(Flags::ENCRYPTION)
            && header.next_payload != ikev1::PayloadType::FRAGMENT.0;
        if encrypted {
            return Content::V1Encrypted(body.as_slice());
        }
        let (content, left) = Self::parse_payloads(header, header.next_payload, body, issues);
        issues.expect_end(left, "message");
        content
    }

    /// Reads payloads that stand in a buffer of their own: decrypted or reassembled octets. Gives what is left behind
    /// the last payload, which in IKEv1 may be padding.
    pub fn parse_payloads(
        header: &Header,
        first: u8,
        octets: Octets<'a>,
        issues: &mut Issues,
    ) -> (Content<'a>, Octets<'a>) {
        let context = Context {
            exchange: header.exchange,
            response: header.flags.contains(Flags::RESPONSE),
        };
        match header.version.major() {
            1 => {
                let (payloads, left) = parse_chain(first, octets, context, issues);
                (Content::V1(payloads), left)
            }
            2 => {
                let (payloads, left) = parse_chain(first, octets, context, issues);
                (Content::V2(payloads), left)
            }
            _ => (
                Content::Unknown(octets.as_slice()),
                octets.from(octets.len()),
            ),
        }
    }

    /// Writes the message in canonical form: the chain and all lengths are made right.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(USUAL_LEN);
        let first = match &self.content {
            Content::V1(payloads) => {
                encode_chain(payloads, &mut body);
                payloads.first().map_or(0, |payload| payload.payload_type)
            }
            Content::V2(payloads) => {
                encode_chain(payloads, &mut body);
                payloads.first().map_or(0, |payload| payload.payload_type)
            }
            Content::V1Encrypted(octets) | Content::Unknown(octets) => {
                body.extend_from_slice(octets);
                self.header.next_payload
            }
        };
        let length = u32::try_from(HEADER_LEN + body.len()).unwrap_or(u32::MAX);
        let mut out = Vec::with_capacity(HEADER_LEN + body.len());
        Header {
            next_payload: first,
            length,
            ..self.header
        }
        .encode(&mut out);
        out.append(&mut body);
        out
    }
}

/// Octets that most messages have at most: room for them is made at once.
const USUAL_LEN: usize = 1_280;
