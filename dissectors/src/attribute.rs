//! Data attributes: type and value, or type, length and value (RFC 2408, section 3.3; RFC 7296, section 3.3.5).
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |A|       Attribute Type        |  AF=0: length, AF=1: value    |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |             AF=0: value ...
//! ```

use crate::issue::{IssueKind, Issues};
use crate::limits::MAX_ELEMENTS;
use crate::octets::Octets;

/// One attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// Its type, 15 bits, in the registry of what holds it.
    pub attribute_type: u16,
    /// Its value.
    pub value: AttributeValue<'a>,
}

/// The two forms of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeValue<'a> {
    /// AF is 1: 16 bits in place of the length.
    Short(u16),
    /// AF is 0: octets behind the length.
    Long(&'a [u8]),
}

impl<'a> Attribute<'a> {
    /// An attribute in the short form.
    #[must_use]
    pub const fn short(attribute_type: u16, value: u16) -> Self {
        Self {
            attribute_type,
            value: AttributeValue::Short(value),
        }
    }

    /// The value as a number: both forms occur, for example for lifetimes. `None` for more than eight octets.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        match self.value {
            AttributeValue::Short(value) => Some(u64::from(value)),
            AttributeValue::Long(octets) if octets.len() <= 8 => Some(
                octets
                    .iter()
                    .fold(0, |number, octet| number << 8 | u64::from(*octet)),
            ),
            AttributeValue::Long(_) => None,
        }
    }

    /// Reads attributes up to the end of the octets.
    pub fn parse_list(octets: Octets<'a>, layer: &'static str, issues: &mut Issues) -> Vec<Self> {
        let mut list = Vec::new();
        let mut left = octets;
        while !left.is_empty() {
            if list.len() == MAX_ELEMENTS {
                issues.note(
                    left,
                    layer,
                    IssueKind::TooMany {
                        limit: MAX_ELEMENTS,
                    },
                );
                break;
            }
            let &[a, b, c, d, ..] = left.as_slice() else {
                issues.note(
                    left,
                    layer,
                    IssueKind::Cut {
                        available: left.len(),
                    },
                );
                break;
            };
            let number = u16::from_be_bytes([c, d]);
            let attribute_type = u16::from_be_bytes([a & 0x7f, b]);
            if a & 0x80 != 0 {
                list.push(Self {
                    attribute_type,
                    value: AttributeValue::Short(number),
                });
                left = left.from(4);
                continue;
            }
            let declared = usize::from(number);
            if declared > left.len() - 4 {
                let kind = IssueKind::LengthTooLarge {
                    declared,
                    available: left.len() - 4,
                };
                issues.note(left.part(2, 2), layer, kind);
            }
            let value = AttributeValue::Long(left.part(4, declared).as_slice());
            list.push(Self {
                attribute_type,
                value,
            });
            left = left.from(4 + declared);
        }
        list
    }

    /// Writes it in the form that it has.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self.value {
            AttributeValue::Short(value) => {
                out.extend_from_slice(&(self.attribute_type | 0x8000).to_be_bytes());
                out.extend_from_slice(&value.to_be_bytes());
            }
            AttributeValue::Long(octets) => {
                out.extend_from_slice(&self.attribute_type.to_be_bytes());
                out.extend_from_slice(
                    &u16::try_from(octets.len())
                        .unwrap_or(u16::MAX)
                        .to_be_bytes(),
                );
                out.extend_from_slice(octets);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OCTETS: [u8; 11] = [0x80, 14, 1, 0, 0, 12, 0, 3, 9, 8, 7];

    #[test]
    fn what_is_read_writes_back() {
        let mut issues = Issues::default();
        let list = Attribute::parse_list(Octets::new(&OCTETS), "attribute", &mut issues);
        assert!(issues.is_empty());
        assert_eq!(list[0], Attribute::short(14, 256));
        assert_eq!(list[1].number(), Some(0x09_0807));
        let mut written = Vec::new();
        list.iter()
            .for_each(|attribute| attribute.encode(&mut written));
        assert_eq!(written, OCTETS);
    }

    #[test]
    fn every_cut_is_reported() {
        for cut in (1..OCTETS.len()).filter(|cut| *cut != 4) {
            let mut issues = Issues::default();
            Attribute::parse_list(Octets::new(&OCTETS[..cut]), "attribute", &mut issues);
            assert!(!issues.is_empty(), "cut at {cut}");
        }
    }
}
