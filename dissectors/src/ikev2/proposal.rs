//! Proposal substructure (RFC 7296, section 3.3.1).
//!
//! ```text
//!                      1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! | Last Substruc |   RESERVED    |         Proposal Length       |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! | Proposal Num  |  Protocol ID  |    SPI Size   |Num  Transforms|
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~                        SPI (variable)                         ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~                        <Transforms>                           ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use crate::field::{Field, Value, field};
use crate::issue::{IssueKind, Issues};
use crate::limits::MAX_ELEMENTS;
use crate::octets::Octets;
use crate::payload::{self, write_length};
use crate::registries::ikev2::{ProtocolId, TransformType};

use super::transform::Transform;

/// Algorithms that may be combined, for one protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal<'a> {
    /// Counts from 1; a response repeats the number that was chosen.
    pub number: u8,
    /// IKE, AH or ESP.
    pub protocol: ProtocolId,
    /// The sender's inbound SPI; empty in an initial IKE negotiation.
    pub spi: &'a [u8],
    /// The transforms in the order of the wire.
    pub transforms: Vec<Transform<'a>>,
}

impl<'a> Proposal<'a> {
    /// Octets of the fixed fields.
    pub(super) const MINIMUM: usize = 8;
    /// Last Substruc of a proposal that is followed by another.
    pub(super) const MORE: u8 = 2;

    /// The transforms of one type.
    pub fn of_type(&self, transform_type: TransformType) -> impl Iterator<Item = &Transform<'a>> {
        self.transforms
            .iter()
            .filter(move |transform| transform.transform_type == transform_type)
    }

    pub(super) fn parse(substructure: Substructure<'a>, issues: &mut Issues) -> Self {
        const LAYER: &str = "proposal";
        let whole = substructure.whole;
        let octet = |at: usize| whole.as_slice().get(at).copied().unwrap_or_default();
        let (spi_size, declared) = (usize::from(octet(6)), usize::from(octet(7)));
        let spi = whole.part(Self::MINIMUM, spi_size);
        if spi.len() < spi_size {
            let kind = IssueKind::LengthTooLarge {
                declared: spi_size,
                available: spi.len(),
            };
            issues.note(whole.part(6, 1), LAYER, kind);
        }
        let transforms: Vec<_> = substructures(
            whole.from(Self::MINIMUM + spi_size),
            Transform::MINIMUM,
            Transform::MORE,
            "transform",
            issues,
        )
        .into_iter()
        .map(|substructure| Transform::parse(substructure, issues))
        .collect();
        if transforms.len() != declared {
            let kind = IssueKind::CountMismatch {
                declared,
                found: transforms.len(),
            };
            issues.note(whole.part(7, 1), LAYER, kind);
        }
        Self {
            number: octet(4),
            protocol: ProtocolId(octet(5)),
            spi: spi.as_slice(),
            transforms,
        }
    }

    pub(super) fn encode(&self, last: bool, out: &mut Vec<u8>) {
        write_substructure(if last { 0 } else { Self::MORE }, out, |out| {
            let saturated = |len: usize| u8::try_from(len).unwrap_or(u8::MAX);
            let (spi_size, count) = (saturated(self.spi.len()), saturated(self.transforms.len()));
            out.extend_from_slice(&[self.number, self.protocol.0, spi_size, count]);
            out.extend_from_slice(self.spi);
            for (index, transform) in self.transforms.iter().enumerate() {
                transform.encode(index + 1 == self.transforms.len(), out);
            }
        });
    }

    /// Number, protocol, SPI and the transforms by type, in short names.
    #[must_use]
    pub fn fields(&self) -> Vec<Field<'_>> {
        let named = |transform_type| {
            Value::List(
                self.of_type(transform_type)
                    .map(|transform| Value::text(transform.to_string()))
                    .collect(),
            )
        };
        let additional = (TransformType::ADDKE1.0..=TransformType::ADDKE7.0)
            .map(|kind| named(TransformType(kind)));
        let additional: Vec<_> = additional.collect();
        let is_empty = |value: &Value<'_>| matches!(value, Value::List(list) if list.is_empty());
        let used = additional
            .iter()
            .rposition(|list| !is_empty(list))
            .map_or(0, |last| last + 1);
        let other = self
            .transforms
            .iter()
            .filter(|transform| transform.transform_type.0 > TransformType::ADDKE7.0);
        let mut fields = vec![
            field("number", self.number),
            field("protocol", protocol_name(self.protocol)),
            field("spi", spi_value(self.protocol, self.spi)),
            field("encr", named(TransformType::ENCR)),
            field("prf", named(TransformType::PRF)),
            field("integ", named(TransformType::INTEG)),
            field("ke", named(TransformType::KE)),
            field("esn", named(TransformType::SN)),
            field(
                "additional_ke",
                Value::List(additional.into_iter().take(used).collect()),
            ),
        ];
        let other: Vec<_> = other
            .map(|transform| Value::text(transform.to_string()))
            .collect();
        if !other.is_empty() {
            fields.push(field("other", Value::List(other)));
        }
        fields
    }
}

/// `ike`, `ah`, `esp`, or what the registry says about another number.
fn protocol_name(protocol: ProtocolId) -> Value<'static> {
    Value::text(protocol.to_string().to_lowercase())
}

/// An SPI as the protocol writes it: 16 digits for IKE, `0x` and eight for ESP and AH.
pub(super) fn spi_value(protocol: ProtocolId, spi: &[u8]) -> Value<'_> {
    match (protocol, spi) {
        (_, []) => Value::Null,
        (ProtocolId::ESP | ProtocolId::AH, [a, b, c, d]) => {
            Value::text(format!("{:#010x}", u32::from_be_bytes([*a, *b, *c, *d])))
        }
        _ => Value::from(spi),
    }
}

/// A proposal or a transform: fields behind "Last Substruc", "RESERVED" and a length that includes them.
#[derive(Clone, Copy)]
pub(super) struct Substructure<'a> {
    /// All its octets, at least the minimum.
    pub(super) whole: Octets<'a>,
}

/// Cuts a list of substructures. `more` is what "Last Substruc" says of all but the last one.
pub(super) fn substructures<'a>(
    octets: Octets<'a>,
    minimum: usize,
    more: u8,
    layer: &'static str,
    issues: &mut Issues,
) -> Vec<Substructure<'a>> {
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
        let &[last, reserved, _, _, ..] = left.as_slice() else {
            issues.note(
                left,
                layer,
                IssueKind::Cut {
                    available: left.len(),
                },
            );
            break;
        };
        let Some(whole) = payload::element(left, minimum, layer, issues) else {
            break;
        };
        if whole.len() < minimum {
            break;
        }
        issues.expect_zero(left.part(1, 1), layer, u32::from(reserved));
        let last_field = left.part(0, 1);
        left = left.from(whole.len());
        let expected = if left.is_empty() { 0 } else { more };
        if last != expected {
            let kind = IssueKind::UnexpectedValue {
                field: "Last Substruc",
                found: u32::from(last),
                expected: if left.is_empty() {
                    "0 for the last one"
                } else {
                    "not 0: another one follows"
                },
            };
            issues.note(last_field, layer, kind);
        }
        list.push(Substructure { whole });
    }
    list
}

/// Writes the three common fields around what `content` writes.
pub(super) fn write_substructure(last: u8, out: &mut Vec<u8>, content: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[last, 0, 0, 0]);
    content(out);
    write_length(out, start, 2);
}
