//! Identification payloads (RFC 7296, section 3.5), also of groups (RFC 9838).
//!
//! ```text
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |   ID Type     |                 RESERVED                      |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~                   Identification Data                         ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use std::fmt;

use crate::address::address;
use crate::certificate;
use crate::field::{Field, Value, field};
use crate::issue::{IssueKind, Issues};
use crate::octets::Octets;
use crate::registries::ikev2::IdType;

/// Who the sender is, or whom it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identification<'a> {
    /// How the data is to be read.
    pub id_type: IdType,
    /// The identity.
    pub data: &'a [u8],
}

impl<'a> Identification<'a> {
    /// Reads the payload.
    pub fn parse(content: Octets<'a>, issues: &mut Issues) -> Option<Self> {
        const LAYER: &str = "ID payload";
        let &[id_type, a, b, c, ref data @ ..] = content.as_slice() else {
            issues.note(
                content,
                LAYER,
                IssueKind::Cut {
                    available: content.len(),
                },
            );
            return None;
        };
        issues.expect_zero(content.part(1, 3), LAYER, u32::from_be_bytes([0, a, b, c]));
        let read = Self {
            id_type: IdType(id_type),
            data,
        };
        let expected = match read.id_type {
            IdType::IPV4_ADDR => 4,
            IdType::IPV6_ADDR => 16,
            _ => data.len(),
        };
        if data.len() != expected {
            let kind = IssueKind::LengthUnexpected {
                found: data.len(),
                expected,
            };
            issues.note(content.from(4), LAYER, kind);
        }
        if matches!(read.id_type, IdType::FQDN | IdType::RFC822_ADDR) {
            issues.expect_no_terminator(content.from(4), LAYER);
        }
        Some(read)
    }

    /// Writes the payload.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.id_type.0, 0, 0, 0]);
        out.extend_from_slice(self.data);
    }

    /// Type and value.
    #[must_use]
    pub fn fields(&self) -> Vec<Field<'a>> {
        vec![
            field("id_type", Value::registered(self.id_type)),
            field("value", Value::text(self.to_string())),
            field("data", self.data),
        ]
    }
}

/// The identity as people write it: an address, a name, a distinguished name; else hexadecimal digits.
impl fmt::Display for Identification<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.id_type {
            IdType::IPV4_ADDR | IdType::IPV6_ADDR => {
                address(self.data).map(|address| address.to_string())
            }
            IdType::FQDN | IdType::RFC822_ADDR => {
                std::str::from_utf8(self.data).ok().map(str::to_owned)
            }
            IdType::DER_ASN1_DN => certificate::name(self.data),
            _ => None,
        };
        match text {
            Some(text) => f.write_str(&text),
            None => self
                .data
                .iter()
                .try_for_each(|octet| write!(f, "{octet:02x}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_the_end_of_a_text_in_it_is_told() {
        for (id_type, name, issues_expected) in [
            (IdType::FQDN, &b"gw.example.com"[..], 0),
            (IdType::FQDN, b"gw\0.example.com", 1),
            (IdType::RFC822_ADDR, b"user@example.com\r\n", 1),
            (IdType::KEY_ID, b"\0\n", 0),
        ] {
            let octets = [&[id_type.0, 0, 0, 0][..], name].concat();
            let mut issues = Issues::default();
            let read = Identification::parse(Octets::new(&octets), &mut issues).unwrap();
            assert_eq!(read.data, name);
            assert_eq!(issues.as_slice().len(), issues_expected, "{name:?}");
        }
    }
}
