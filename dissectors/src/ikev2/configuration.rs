//! Configuration payload (RFC 7296, section 3.15).
//!
//! ```text
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |   CFG Type    |                    RESERVED                   |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |R|         Attribute Type      |            Length             |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~                             Value                             ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use crate::attribute::{Attribute, AttributeValue};
use crate::field::{Field, Value, field};
use crate::issue::{IssueKind, Issues};
use crate::octets::Octets;
use crate::registries::ikev2::{ConfigurationAttribute, ConfigurationType};

use crate::address::address;

/// Addresses and more that one peer gives to the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration<'a> {
    /// Request, reply, set or acknowledge.
    pub kind: ConfigurationType,
    /// What is asked for or given. The R bit is read as the short form, which the standard does not have here.
    pub attributes: Vec<Attribute<'a>>,
}

impl<'a> Configuration<'a> {
    /// Reads the payload.
    pub fn parse(content: Octets<'a>, issues: &mut Issues) -> Option<Self> {
        const LAYER: &str = "CP payload";
        let &[kind, a, b, c, ..] = content.as_slice() else {
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
        let attributes = Attribute::parse_list(content.from(4), "configuration attribute", issues);
        Some(Self {
            kind: ConfigurationType(kind),
            attributes,
        })
    }

    /// Writes the payload.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.kind.0, 0, 0, 0]);
        self.attributes
            .iter()
            .for_each(|attribute| attribute.encode(out));
    }

    /// Kind and attributes.
    #[must_use]
    pub fn fields(&self) -> Vec<Field<'a>> {
        let one = |attribute: &Attribute<'a>| {
            let kind = ConfigurationAttribute(attribute.attribute_type);
            let value = match attribute.value {
                AttributeValue::Short(number) => Value::from(number),
                AttributeValue::Long(octets) => value(kind, octets),
            };
            Value::Group(vec![
                field("type", Value::registered(kind)),
                field("value", value),
            ])
        };
        let attributes = self.attributes.iter().map(one).collect();
        vec![
            field("kind", Value::registered(self.kind)),
            field("attributes", Value::List(attributes)),
        ]
    }
}

/// What an attribute says: an address, a subnet, a text, a list of types; else its octets.
fn value(kind: ConfigurationAttribute, octets: &[u8]) -> Value<'_> {
    use ConfigurationAttribute as A;
    let text = match kind {
        _ if octets.is_empty() => return Value::Null,
        A::INTERNAL_IP4_SUBNET => octets.split_at_checked(4).and_then(|(net, mask)| {
            let mask: [u8; 4] = mask.try_into().ok()?;
            Some(format!(
                "{}/{}",
                address(net)?,
                u32::from_be_bytes(mask).count_ones()
            ))
        }),
        A::INTERNAL_IP6_ADDRESS | A::INTERNAL_IP6_SUBNET | A::INTERNAL_IP6_PREFIX
            if octets.len() == 17 =>
        {
            octets
                .split_last()
                .and_then(|(length, net)| Some(format!("{}/{length}", address(net)?)))
        }
        A::APPLICATION_VERSION | A::INTERNAL_DNS_DOMAIN => String::from_utf8(octets.to_vec()).ok(),
        A::SUPPORTED_ATTRIBUTES => {
            let (pairs, []) = octets.as_chunks::<2>() else {
                return Value::from(octets);
            };
            let types = pairs
                .iter()
                .map(|pair| Value::registered(A(u16::from_be_bytes(*pair) & 0x7fff)));
            return Value::List(types.collect());
        }
        _ => None,
    };
    match (text, address(octets)) {
        (Some(text), _) => Value::text(text),
        (None, Some(address)) if ADDRESSES.contains(&kind) => Value::Address(address),
        _ => Value::from(octets),
    }
}

const ADDRESSES: [ConfigurationAttribute; 9] = [
    ConfigurationAttribute::INTERNAL_IP4_ADDRESS,
    ConfigurationAttribute::INTERNAL_IP4_NETMASK,
    ConfigurationAttribute::INTERNAL_IP4_DNS,
    ConfigurationAttribute::INTERNAL_IP4_NBNS,
    ConfigurationAttribute::INTERNAL_IP4_DHCP,
    ConfigurationAttribute::INTERNAL_IP6_DNS,
    ConfigurationAttribute::INTERNAL_IP6_DHCP,
    ConfigurationAttribute::P_CSCF_IP4_ADDRESS,
    ConfigurationAttribute::P_CSCF_IP6_ADDRESS,
];
