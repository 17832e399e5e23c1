//! The Attribute payload of Mode Config and XAUTH (draft-ietf-ipsec-isakmp-mode-cfg-05, section 3.2;
//! draft-ietf-ipsec-isakmp-xauth-06, section 4).
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |     Type      |   RESERVED    |           Identifier          |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~                          Attributes                           ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use std::net::IpAddr;

use nom::Parser;
use nom::number::complete::{be_u8, be_u16};

use super::transform::{plain, registered};
use crate::address;
use crate::attribute::{Attribute, AttributeValue};
use crate::field::{Field, Value, field};
use crate::issue::Issues;
use crate::octets::Octets;
use crate::registries::ikev1::{ConfigurationAttribute, ConfigurationType, XauthStatus, XauthType};

const LAYER: &str = "ATTR payload";

/// An Attribute payload.
#[derive(Clone, Debug, PartialEq)]
pub struct Attributes<'a> {
    /// Request, reply, set or acknowledgement.
    pub kind: ConfigurationType,
    /// The same in request and reply.
    pub identifier: u16,
    /// The attributes; their types are [`ConfigurationAttribute`].
    pub attributes: Vec<Attribute<'a>>,
}

impl<'a> Attributes<'a> {
    /// The first attribute of this type.
    #[must_use]
    pub fn get(&self, attribute: ConfigurationAttribute) -> Option<&Attribute<'a>> {
        self.attributes
            .iter()
            .find(|found| found.attribute_type == attribute.0)
    }

    /// The result of XAUTH, where it stands there.
    #[must_use]
    pub fn xauth_status(&self) -> Option<XauthStatus> {
        let number = self.get(ConfigurationAttribute::XAUTH_STATUS)?.number()?;
        u16::try_from(number).ok().map(XauthStatus)
    }

    pub(super) fn parse(content: Octets<'a>, issues: &mut Issues) -> Option<Self> {
        let (left, (kind, reserved, identifier)) = (be_u8.map(ConfigurationType), be_u8, be_u16)
            .parse(content)
            .map_err(|cut| issues.note_cut(LAYER, &cut))
            .ok()?;
        issues.expect_zero(content.part(1, 1), LAYER, u32::from(reserved));
        let attributes = Attribute::parse_list(left, "configuration attribute", issues);
        Some(Self {
            kind,
            identifier,
            attributes,
        })
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.kind.0, 0]);
        out.extend_from_slice(&self.identifier.to_be_bytes());
        self.attributes
            .iter()
            .for_each(|attribute| attribute.encode(out));
    }

    pub(super) fn fields(&self) -> Vec<Field<'_>> {
        let attributes = self.attributes.iter().map(|attribute| {
            let attribute_type = ConfigurationAttribute(attribute.attribute_type);
            let value = value(attribute_type, attribute);
            Value::Group(vec![
                field("type", Value::registered(attribute_type)),
                field("value", value),
            ])
        });
        vec![
            field("kind", Value::registered(self.kind)),
            field("identifier", self.identifier),
            field("attributes", Value::List(attributes.collect())),
        ]
    }
}

/// What an attribute says; `Null` where it only asks.
fn value<'a>(attribute_type: ConfigurationAttribute, attribute: &Attribute<'a>) -> Value<'a> {
    use ConfigurationAttribute as Type;
    let octets = match attribute.value {
        AttributeValue::Long([]) => return Value::Null,
        AttributeValue::Long(octets) => octets,
        AttributeValue::Short(_) => &[],
    };
    let decoded = match attribute_type {
        Type::INTERNAL_IP4_ADDRESS
        | Type::INTERNAL_IP4_NETMASK
        | Type::INTERNAL_IP4_DNS
        | Type::INTERNAL_IP4_NBNS
        | Type::INTERNAL_IP4_DHCP
        | Type::INTERNAL_IP4_SERVER
        | Type::INTERNAL_IP6_ADDRESS
        | Type::INTERNAL_IP6_NETMASK
        | Type::INTERNAL_IP6_DNS
        | Type::INTERNAL_IP6_NBNS
        | Type::INTERNAL_IP6_DHCP
        | Type::INTERNAL_IP6_SERVER => address::address(octets)
            .map(Value::Address)
            .or_else(|| prefixed(octets)),
        Type::INTERNAL_IP4_SUBNET => {
            address::pair(octets).map(|(first, mask)| Value::text(address::subnet(first, mask)))
        }
        Type::INTERNAL_IP6_SUBNET => prefixed(octets),
        Type::INTERNAL_ADDRESS_EXPIRY
        | Type::UNITY_SAVE_PASSWD
        | Type::UNITY_NATT_PORT
        | Type::UNITY_PFS => attribute.number().map(Value::Number),
        Type::SUPPORTED_ATTRIBUTES => supported(octets),
        Type::XAUTH_TYPE => Some(registered::<XauthType>(attribute)),
        Type::XAUTH_STATUS => Some(registered::<XauthStatus>(attribute)),
        Type::XAUTH_USER_PASSWORD | Type::XAUTH_PASSCODE | Type::XAUTH_NEXT_PIN => {
            Some(Value::text(format!("{} octets, not shown", octets.len())))
        }
        Type::APPLICATION_VERSION
        | Type::XAUTH_USER_NAME
        | Type::XAUTH_MESSAGE
        | Type::XAUTH_DOMAIN
        | Type::XAUTH_ANSWER
        | Type::UNITY_BANNER
        | Type::UNITY_DEF_DOMAIN
        | Type::UNITY_SPLITDNS_NAME
        | Type::UNITY_BACKUP_SERVERS
        | Type::UNITY_DDNS_HOSTNAME => text(octets),
        Type::UNITY_SPLIT_INCLUDE | Type::UNITY_SPLIT_EXCLUDE => split_networks(octets),
        _ => None,
    };
    decoded.unwrap_or_else(|| plain(attribute))
}

fn text(octets: &[u8]) -> Option<Value<'_>> {
    // Some senders count the terminator of the string.
    let text = octets.strip_suffix(&[0]).unwrap_or(octets);
    std::str::from_utf8(text)
        .ok()
        .filter(|text| !text.is_empty())
        .map(Value::text)
}

/// An IPv6 address with a prefix length behind it.
fn prefixed(octets: &[u8]) -> Option<Value<'static>> {
    let (length, address) = octets.split_last()?;
    let address = IpAddr::from(<[u8; 16]>::try_from(address).ok()?);
    Some(Value::text(format!("{address}/{length}")))
}

/// Types of attributes, 16 bits each.
fn supported(octets: &[u8]) -> Option<Value<'static>> {
    let (types, []) = octets.as_chunks::<2>() else {
        return None;
    };
    let types = types
        .iter()
        .map(|octets| Value::registered(ConfigurationAttribute(u16::from_be_bytes(*octets))));
    Some(Value::List(types.collect()))
}

/// Cisco's networks: address, mask, protocol and two ports in 14 octets each; protocol and ports are zero in practice.
fn split_networks(octets: &[u8]) -> Option<Value<'static>> {
    let (networks, []) = octets.as_chunks::<14>() else {
        return None;
    };
    let networks = networks.iter().filter_map(|network| {
        let (first, mask) = address::pair(network.get(..8)?)?;
        let narrowed = network.get(8..)?.iter().any(|octet| *octet != 0);
        (!narrowed).then(|| Value::text(address::subnet(first, mask)))
    });
    let networks: Vec<_> = networks.collect();
    (networks.len() == octets.len() / 14).then_some(Value::List(networks))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OCTETS: &[u8] = &[
        2, 0, 0, 7, 0, 1, 0, 4, 10, 3, 0, 1, // an address
        0xc0, 0x8f, 0, 1, // XAUTH-STATUS OK
        0x70, 4, 0, 14, 10, 1, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, // a split network
        0, 3, 0, 0, // a question for a DNS server
        0x40, 0x89, 0, 5, b'c', b'a', b'r', b'o', b'l', // a user
    ];

    fn parse(octets: &[u8]) -> (Option<Attributes<'_>>, Issues) {
        let mut issues = Issues::default();
        (Attributes::parse(Octets::new(octets), &mut issues), issues)
    }

    #[test]
    fn values_have_the_form_of_their_type() {
        let (read, issues) = parse(OCTETS);
        let read = read.unwrap();
        assert!(issues.is_empty(), "{issues:?}");
        assert_eq!(read.xauth_status(), Some(XauthStatus::OK));
        let values: Vec<_> = read
            .attributes
            .iter()
            .map(|found| value(ConfigurationAttribute(found.attribute_type), found))
            .collect();
        let expected = vec![
            Value::Address([10, 3, 0, 1].into()),
            Value::registered(XauthStatus::OK),
            Value::List(vec![Value::text("10.1.0.0/16")]),
            Value::Null,
            Value::text("carol"),
        ];
        assert_eq!(values, expected);
        let mut written = Vec::new();
        read.encode(&mut written);
        assert_eq!(written, OCTETS);
    }

    #[test]
    fn passwords_are_not_shown() {
        let octets = [
            2, 0, 0, 7, 0x40, 0x8a, 0, 6, b's', b'e', b'c', b'r', b'e', b't',
        ];
        let shown = format!("{:?}", parse(&octets).0.unwrap().fields());
        assert!(
            !shown.contains("secret") && !shown.contains("115"),
            "{shown}"
        );
    }

    #[test]
    fn truncations_inside_an_attribute_are_reported() {
        let boundaries = [4, 12, 16, 34, 38];
        for cut in (0..OCTETS.len()).filter(|cut| !boundaries.contains(cut)) {
            assert!(!parse(&OCTETS[..cut]).1.is_empty(), "cut at {cut}");
        }
    }
}
