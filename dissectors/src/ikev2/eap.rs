//! EAP payload (RFC 7296, section 3.16): one EAP packet (RFC 3748, section 4).
//!
//! ```text
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |     Code      | Identifier    |           Length              |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |     Type      | Type_Data...
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-
//! ```

use nom::Parser;
use nom::number::complete::{be_u8, be_u16};

use crate::field::{Field, Value, field};
use crate::issue::{IssueKind, Issues};
use crate::octets::{Cut, Octets};
use crate::registries::eap::{EapCode, EapType};

/// An EAP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Eap<'a> {
    /// Request, response, success or failure.
    pub code: EapCode,
    /// Pairs a response with its request.
    pub identifier: u8,
    /// Type and data behind it; empty for success and failure.
    pub data: &'a [u8],
}

impl<'a> Eap<'a> {
    const MINIMUM: usize = 4;

    /// Reads the payload.
    pub fn parse(content: Octets<'a>, issues: &mut Issues) -> Option<Self> {
        const LAYER: &str = "EAP payload";
        let (_, (code, identifier, length)) = match (be_u8::<_, Cut>, be_u8, be_u16).parse(content)
        {
            Ok(fields) => fields,
            Err(cut) => {
                issues.note_cut(LAYER, &cut);
                return None;
            }
        };
        let declared = usize::from(length);
        let length_field = content.part(2, 2);
        if declared < Self::MINIMUM {
            issues.note(
                length_field,
                LAYER,
                IssueKind::LengthTooSmall {
                    declared,
                    minimum: Self::MINIMUM,
                },
            );
            return None;
        }
        if declared > content.len() {
            issues.note(
                length_field,
                LAYER,
                IssueKind::LengthTooLarge {
                    declared,
                    available: content.len(),
                },
            );
        }
        issues.expect_end(content.from(declared), LAYER);
        let data = content.part(0, declared).from(Self::MINIMUM).as_slice();
        Some(Self {
            code: EapCode(code),
            identifier,
            data,
        })
    }

    /// Writes the payload.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let length = u16::try_from(Self::MINIMUM + self.data.len()).unwrap_or(u16::MAX);
        out.extend_from_slice(&[self.code.0, self.identifier]);
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(self.data);
    }

    /// The method, in requests and responses.
    #[must_use]
    pub fn eap_type(&self) -> Option<EapType> {
        self.data.first().map(|number| EapType(*number))
    }

    /// Code, identifier, type, and what the data of well-known types says.
    #[must_use]
    pub fn fields(&self) -> Vec<Field<'a>> {
        let mut fields = vec![
            field("code", Value::registered(self.code)),
            field("identifier", self.identifier),
            field(
                "eap_type",
                Value::or_null(self.eap_type().map(Value::registered)),
            ),
        ];
        let type_data = self.data.get(1..).unwrap_or_default();
        match self.eap_type() {
            Some(EapType::IDENTITY) => {
                fields.push(field(
                    "identity",
                    Value::text(String::from_utf8_lossy(type_data)),
                ));
            }
            Some(EapType::MSCHAP_V2) => fields.extend(mschapv2(type_data)),
            Some(EapType::TLS | EapType::TTLS | EapType::PEAP) => fields.extend(tls(type_data)),
            _ => {}
        }
        fields.push(field("data", Value::octets_or_null(self.data)));
        fields
    }
}

/// EAP-MSCHAPv2: OpCode, MS-CHAPv2-ID, MS-Length, then a challenge or a response and the name, or a message.
fn mschapv2(data: &[u8]) -> Vec<Field<'_>> {
    let Some(&code) = data.first() else {
        return Vec::new();
    };
    let name = |from: usize| {
        Value::text(String::from_utf8_lossy(
            data.get(from..).unwrap_or_default(),
        ))
    };
    let operation = |text: &'static str| field("operation", Value::text(text));
    // Behind the four octets: length of the value (16 or 49) and the value, then the name.
    let behind_value = data.get(4).map_or(data.len(), |len| 5 + usize::from(*len));
    match code {
        1 => vec![operation("Challenge"), field("name", name(behind_value))],
        2 => vec![operation("Response"), field("name", name(behind_value))],
        3 => vec![operation("Success"), field("message", name(4))],
        4 => vec![operation("Failure"), field("message", name(4))],
        7 => vec![operation("Change-Password")],
        other => vec![field("operation", other)],
    }
}

/// EAP-TLS framing (RFC 5216, section 3.1): flags, the length of the whole message where L is set, TLS records.
fn tls(data: &[u8]) -> Vec<Field<'_>> {
    let Some((&flags, rest)) = data.split_first() else {
        return Vec::new();
    };
    let (length, records) = match rest.split_at_checked(4) {
        Some((length, records)) if flags & 0x80 != 0 => {
            (length.try_into().ok().map(u32::from_be_bytes), records)
        }
        _ => (None, rest),
    };
    let mut fields = vec![
        field("more_fragments", flags & 0x40 != 0),
        field("start", flags & 0x20 != 0),
        field(
            "tls_message_length",
            Value::or_null(length.map(Value::from)),
        ),
    ];
    if let &[content_type, major, minor, ..] = records
        && let Some(name) = TLS_CONTENT_TYPES.get(usize::from(content_type).wrapping_sub(20))
    {
        fields.push(field("tls_record", Value::text(*name)));
        fields.push(field(
            "tls_version",
            Value::text(format!("{major}.{minor}")),
        ));
        if let (22, Some(&handshake)) = (content_type, records.get(5)) {
            let known = TLS_HANDSHAKE_TYPES
                .iter()
                .find(|(number, _)| *number == handshake);
            let name = known.map_or_else(|| Value::from(handshake), |(_, name)| Value::text(*name));
            fields.push(field("tls_handshake", name));
        }
    }
    fields
}

const TLS_CONTENT_TYPES: [&str; 4] = [
    "change_cipher_spec",
    "alert",
    "handshake",
    "application_data",
];

const TLS_HANDSHAKE_TYPES: [(u8, &str); 8] = [
    (1, "client_hello"),
    (2, "server_hello"),
    (11, "certificate"),
    (12, "server_key_exchange"),
    (13, "certificate_request"),
    (14, "server_hello_done"),
    (16, "client_key_exchange"),
    (20, "finished"),
];
