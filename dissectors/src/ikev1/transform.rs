//! A transform of a proposal: one suite (RFC 2408, section 3.6; RFC 2409, appendix A; RFC 2407, sections 4.4 and 4.5).
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |  Transform #  |  Transform-Id |           RESERVED2           |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~                        SA Attributes                          ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use nom::Parser;
use nom::number::complete::{be_u8, be_u16};

use crate::attribute::{Attribute, AttributeValue};
use crate::field::{Value, field};
use crate::issue::Issues;
use crate::octets::Octets;
use crate::registries::ikev1::{
    AddressPreservation, AhTransform, AuthenticationMethod, EncapsulationMode, EncryptionAlgorithm,
    EspTransform, GroupDescription, GroupType, HashAlgorithm, IpcompTransform, IpsecAttribute,
    IpsecAuthentication, IpsecLifeType, IsakmpTransform, LifeType, PhaseOneAttribute, Prf,
    ProtocolId, SaDirection, SignatureEncoding,
};
use crate::registries::{Registry, suite_name};

const LAYER: &str = "transform";

/// One transform.
#[derive(Clone, Debug, PartialEq)]
pub struct Transform<'a> {
    /// Counts the transforms of a proposal.
    pub number: u8,
    /// What the protocol is to do.
    pub id: TransformId,
    /// Its attributes in the order of the wire. Their types are [`PhaseOneAttribute`] with
    /// [`TransformId::Isakmp`], else [`IpsecAttribute`].
    pub attributes: Vec<Attribute<'a>>,
}

/// The identifier of a transform. The same number means another thing in each protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransformId {
    /// Phase 1.
    Isakmp(IsakmpTransform),
    /// AH: the algorithm; its authenticator stands in an attribute too.
    Ah(AhTransform),
    /// ESP: the encryption algorithm.
    Esp(EspTransform),
    /// IPComp: the compression algorithm.
    Ipcomp(IpcompTransform),
    /// A protocol that is not known.
    Other(u8),
}

impl TransformId {
    /// The meaning of a number in this protocol.
    #[must_use]
    pub const fn new(protocol: ProtocolId, value: u8) -> Self {
        match protocol {
            ProtocolId::ISAKMP => Self::Isakmp(IsakmpTransform(value)),
            ProtocolId::IPSEC_AH => Self::Ah(AhTransform(value)),
            ProtocolId::IPSEC_ESP => Self::Esp(EspTransform(value)),
            ProtocolId::IPCOMP => Self::Ipcomp(IpcompTransform(value)),
            _ => Self::Other(value),
        }
    }

    /// The number on the wire.
    #[must_use]
    pub const fn value(self) -> u8 {
        match self {
            Self::Isakmp(IsakmpTransform(value))
            | Self::Ah(AhTransform(value))
            | Self::Esp(EspTransform(value))
            | Self::Ipcomp(IpcompTransform(value))
            | Self::Other(value) => value,
        }
    }

    fn field_value(self) -> Value<'static> {
        match self {
            Self::Isakmp(id) => Value::registered(id),
            Self::Ah(id) => Value::registered(id),
            Self::Esp(id) => Value::registered(id),
            Self::Ipcomp(id) => Value::registered(id),
            Self::Other(id) => Value::Registered {
                id: u32::from(id),
                name: None,
            },
        }
    }
}

/// How long an SA may live. The first duration of each unit counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Lifetimes {
    /// In seconds.
    pub seconds: Option<u64>,
    /// In kilobytes of traffic.
    pub kilobytes: Option<u64>,
}

impl Lifetimes {
    /// Reads the pairs of life type and duration (RFC 2407, section 4.5). The units have the same numbers in both phases.
    pub(super) fn of(attributes: &[Attribute<'_>], life_type: u16, duration: u16) -> Self {
        let mut lifetimes = Self::default();
        let mut unit = None;
        for attribute in attributes {
            if attribute.attribute_type == life_type {
                unit = attribute.number();
            } else if attribute.attribute_type == duration {
                let place = match unit.take() {
                    Some(SECONDS) => &mut lifetimes.seconds,
                    Some(KILOBYTES) => &mut lifetimes.kilobytes,
                    _ => continue,
                };
                *place = place.or(attribute.number());
            }
        }
        lifetimes
    }
}

impl<'a> Transform<'a> {
    pub(super) fn parse(
        content: Octets<'a>,
        protocol: ProtocolId,
        issues: &mut Issues,
    ) -> Option<Self> {
        let (left, (number, id, reserved)) = (be_u8, be_u8, be_u16)
            .parse(content)
            .map_err(|cut| issues.note_cut(LAYER, &cut))
            .ok()?;
        issues.expect_zero(content.part(2, 2), LAYER, u32::from(reserved));
        let attributes = Attribute::parse_list(left, "transform attribute", issues);
        Some(Self {
            number,
            id: TransformId::new(protocol, id),
            attributes,
        })
    }

    /// Writes what stands behind the header of the transform.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.number, self.id.value(), 0, 0]);
        self.attributes
            .iter()
            .for_each(|attribute| attribute.encode(out));
    }

    /// Encryption algorithm of phase 1. That of ESP is the identifier of the transform.
    #[must_use]
    pub fn encryption(&self) -> Option<EncryptionAlgorithm> {
        self.phase_one(PhaseOneAttribute::ENCRYPTION_ALGORITHM)
            .map(EncryptionAlgorithm)
    }

    /// Length of the encryption key in bits, where it stands there.
    #[must_use]
    pub fn key_length(&self) -> Option<u16> {
        self.either(PhaseOneAttribute::KEY_LENGTH, IpsecAttribute::KEY_LENGTH)
    }

    /// Hash algorithm of phase 1.
    #[must_use]
    pub fn hash(&self) -> Option<HashAlgorithm> {
        self.phase_one(PhaseOneAttribute::HASH_ALGORITHM)
            .map(HashAlgorithm)
    }

    /// Authentication method of phase 1.
    #[must_use]
    pub fn authentication(&self) -> Option<AuthenticationMethod> {
        self.phase_one(PhaseOneAttribute::AUTHENTICATION_METHOD)
            .map(AuthenticationMethod)
    }

    /// Diffie-Hellman group of phase 1; that of quick mode, where it is there, gives perfect forward secrecy.
    #[must_use]
    pub fn group(&self) -> Option<GroupDescription> {
        self.either(
            PhaseOneAttribute::GROUP_DESCRIPTION,
            IpsecAttribute::GROUP_DESCRIPTION,
        )
        .map(GroupDescription)
    }

    /// Integrity algorithm of ESP or AH.
    #[must_use]
    pub fn integrity(&self) -> Option<IpsecAuthentication> {
        self.phase_two(IpsecAttribute::AUTHENTICATION_ALGORITHM)
            .map(IpsecAuthentication)
    }

    /// Encapsulation mode of ESP, AH or IPComp.
    #[must_use]
    pub fn mode(&self) -> Option<EncapsulationMode> {
        self.phase_two(IpsecAttribute::ENCAPSULATION_MODE)
            .map(EncapsulationMode)
    }

    /// Lifetimes.
    #[must_use]
    pub fn lifetimes(&self) -> Lifetimes {
        let (life_type, duration) = self.life_attributes();
        Lifetimes::of(&self.attributes, life_type, duration)
    }

    /// The encryption algorithm as suites spell it: `AES-CBC-128`. `None` where nothing is encrypted.
    #[must_use]
    pub fn encryption_name(&self) -> Option<String> {
        match self.id {
            TransformId::Esp(cipher) => Some(suite_name(cipher, self.key_length())),
            _ => self
                .encryption()
                .map(|cipher| suite_name(cipher, self.key_length())),
        }
    }

    /// The integrity algorithm as suites spell it: `HMAC-SHA1-96`. AH without the attribute has it in its identifier.
    #[must_use]
    pub fn integrity_name(&self) -> Option<String> {
        match (self.integrity(), self.id) {
            (Some(integrity), _) => Some(integrity.short_name().to_string()),
            (None, TransformId::Ah(id)) => Some(id.short_name().to_string()),
            (None, _) => None,
        }
    }

    /// The transform as results show it. Attributes that the suite does not show stand in a list of their own.
    #[must_use]
    pub fn value(&self) -> Value<'_> {
        let text = |text: Option<String>| Value::or_null(text.map(Value::text));
        let number = |number: Option<u64>| Value::or_null(number.map(Value::Number));
        let lifetimes = self.lifetimes();
        let attributes = self
            .attributes
            .iter()
            .enumerate()
            .filter(|(index, attribute)| !self.is_shown(*index, attribute));
        Value::Group(vec![
            field("number", self.number),
            field("transform", self.id.field_value()),
            field("encr", text(self.encryption_name())),
            field(
                "hash",
                text(self.hash().map(|hash| hash.short_name().to_string())),
            ),
            field("integ", text(self.integrity_name())),
            field(
                "auth",
                text(
                    self.authentication()
                        .map(|method| method.short_name().to_string()),
                ),
            ),
            field(
                "group",
                text(self.group().map(|group| group.short_name().to_string())),
            ),
            field("mode", text(self.mode().map(mode_name))),
            field("lifetime_seconds", number(lifetimes.seconds)),
            field("lifetime_kilobytes", number(lifetimes.kilobytes)),
            field(
                "attributes",
                Value::List(
                    attributes
                        .map(|(_, attribute)| self.attribute_value(attribute))
                        .collect(),
                ),
            ),
        ])
    }

    const fn is_phase_one(&self) -> bool {
        matches!(self.id, TransformId::Isakmp(_))
    }

    const fn life_attributes(&self) -> (u16, u16) {
        if self.is_phase_one() {
            (
                PhaseOneAttribute::LIFE_TYPE.0,
                PhaseOneAttribute::LIFE_DURATION.0,
            )
        } else {
            (
                IpsecAttribute::SA_LIFE_TYPE.0,
                IpsecAttribute::SA_LIFE_DURATION.0,
            )
        }
    }

    fn phase_one(&self, attribute: PhaseOneAttribute) -> Option<u16> {
        self.is_phase_one()
            .then(|| self.short(attribute.0))
            .flatten()
    }

    fn phase_two(&self, attribute: IpsecAttribute) -> Option<u16> {
        if self.is_phase_one() {
            None
        } else {
            self.short(attribute.0)
        }
    }

    fn either(&self, phase_one: PhaseOneAttribute, phase_two: IpsecAttribute) -> Option<u16> {
        self.short(if self.is_phase_one() {
            phase_one.0
        } else {
            phase_two.0
        })
    }

    /// The first attribute of this type as a number of 16 bits.
    fn short(&self, attribute_type: u16) -> Option<u16> {
        let attribute = self
            .attributes
            .iter()
            .find(|attribute| attribute.attribute_type == attribute_type)?;
        u16::try_from(attribute.number()?).ok()
    }

    /// Whether the suite says what this attribute says.
    fn is_shown(&self, index: usize, attribute: &Attribute<'_>) -> bool {
        let (life_type, duration) = self.life_attributes();
        let wanted = attribute.attribute_type;
        if wanted == duration || wanted == life_type {
            let without: Vec<_> = self
                .attributes
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != index)
                .map(|(_, other)| *other)
                .collect();
            return Lifetimes::of(&without, life_type, duration) != self.lifetimes();
        }
        let shown: &[u16] = if self.is_phase_one() {
            SHOWN_OF_PHASE_ONE
        } else {
            SHOWN_OF_PHASE_TWO
        };
        let first = self
            .attributes
            .iter()
            .position(|other| other.attribute_type == wanted)
            == Some(index);
        shown.contains(&wanted) && first && self.short(wanted).is_some()
    }

    fn attribute_value(&self, attribute: &Attribute<'a>) -> Value<'a> {
        if self.is_phase_one() {
            phase_one_value(attribute)
        } else {
            phase_two_value(attribute)
        }
    }
}

/// How results spell a mode.
fn mode_name(mode: EncapsulationMode) -> String {
    let name = match mode {
        EncapsulationMode::TUNNEL => "tunnel",
        EncapsulationMode::TRANSPORT => "transport",
        EncapsulationMode::UDP_ENCAPSULATED_TUNNEL
        | EncapsulationMode::UDP_ENCAPSULATED_TUNNEL_DRAFT => "udp-tunnel",
        EncapsulationMode::UDP_ENCAPSULATED_TRANSPORT
        | EncapsulationMode::UDP_ENCAPSULATED_TRANSPORT_DRAFT => "udp-transport",
        other => return other.short_name().to_string(),
    };
    name.to_owned()
}

/// Type and value of an attribute of phase 1.
fn phase_one_value<'a>(attribute: &Attribute<'a>) -> Value<'a> {
    let attribute_type = PhaseOneAttribute(attribute.attribute_type);
    let value = match attribute_type {
        PhaseOneAttribute::GROUP_TYPE => registered::<GroupType>(attribute),
        PhaseOneAttribute::LIFE_TYPE => registered::<LifeType>(attribute),
        PhaseOneAttribute::PRF => registered::<Prf>(attribute),
        PhaseOneAttribute::ENCRYPTION_ALGORITHM => registered::<EncryptionAlgorithm>(attribute),
        PhaseOneAttribute::HASH_ALGORITHM => registered::<HashAlgorithm>(attribute),
        PhaseOneAttribute::AUTHENTICATION_METHOD => registered::<AuthenticationMethod>(attribute),
        PhaseOneAttribute::GROUP_DESCRIPTION => registered::<GroupDescription>(attribute),
        _ => plain(attribute),
    };
    Value::Group(vec![
        field("type", Value::registered(attribute_type)),
        field("value", value),
    ])
}

/// Type and value of an attribute of AH, ESP or IPComp.
fn phase_two_value<'a>(attribute: &Attribute<'a>) -> Value<'a> {
    let attribute_type = IpsecAttribute(attribute.attribute_type);
    let value = match attribute_type {
        IpsecAttribute::SA_LIFE_TYPE => registered::<IpsecLifeType>(attribute),
        IpsecAttribute::GROUP_DESCRIPTION => registered::<GroupDescription>(attribute),
        IpsecAttribute::ENCAPSULATION_MODE => registered::<EncapsulationMode>(attribute),
        IpsecAttribute::AUTHENTICATION_ALGORITHM => registered::<IpsecAuthentication>(attribute),
        IpsecAttribute::SIGNATURE_ENCODING_ALGORITHM => registered::<SignatureEncoding>(attribute),
        IpsecAttribute::ADDRESS_PRESERVATION => registered::<AddressPreservation>(attribute),
        IpsecAttribute::SA_DIRECTION => registered::<SaDirection>(attribute),
        _ => plain(attribute),
    };
    Value::Group(vec![
        field("type", Value::registered(attribute_type)),
        field("value", value),
    ])
}

/// The value as a number of a registry; as it stands there where it does not fit.
pub(super) fn registered<'a, R: Registry>(attribute: &Attribute<'a>) -> Value<'a> {
    let number = attribute
        .number()
        .and_then(|number| u32::try_from(number).ok())
        .and_then(R::from_value);
    number.map_or_else(|| plain(attribute), Value::registered)
}

/// The value as it stands there: a number in the short form, else octets.
pub(super) fn plain<'a>(attribute: &Attribute<'a>) -> Value<'a> {
    match attribute.value {
        AttributeValue::Short(number) => number.into(),
        AttributeValue::Long(octets) => octets.into(),
    }
}

const SECONDS: u64 = LifeType::SECONDS.0 as u64;
const KILOBYTES: u64 = LifeType::KILOBYTES.0 as u64;

/// What the suite of phase 1 shows, beside lifetimes.
const SHOWN_OF_PHASE_ONE: &[u16] = &[
    PhaseOneAttribute::ENCRYPTION_ALGORITHM.0,
    PhaseOneAttribute::HASH_ALGORITHM.0,
    PhaseOneAttribute::AUTHENTICATION_METHOD.0,
    PhaseOneAttribute::GROUP_DESCRIPTION.0,
    PhaseOneAttribute::KEY_LENGTH.0,
];

/// What the suite of phase 2 shows, beside lifetimes.
const SHOWN_OF_PHASE_TWO: &[u16] = &[
    IpsecAttribute::GROUP_DESCRIPTION.0,
    IpsecAttribute::ENCAPSULATION_MODE.0,
    IpsecAttribute::AUTHENTICATION_ALGORITHM.0,
    IpsecAttribute::KEY_LENGTH.0,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// AES-CBC-128, SHA, pre-shared key, group 5, four hours as TLV: written by hand after RFC 2409, appendix A.
    const PHASE_ONE: &[u8] = &[
        1, 1, 0, 0, 0x80, 1, 0, 7, 0x80, 14, 0, 128, 0x80, 2, 0, 2, 0x80, 4, 0, 5, 0x80, 3, 0, 1,
        0x80, 11, 0, 1, 0, 12, 0, 4, 0, 0, 0x38, 0x40,
    ];

    fn parse(octets: &[u8], protocol: ProtocolId) -> (Option<Transform<'_>>, Issues) {
        let mut issues = Issues::default();
        (
            Transform::parse(Octets::new(octets), protocol, &mut issues),
            issues,
        )
    }

    fn named<'v>(value: &'v Value<'_>, name: &str) -> &'v Value<'v> {
        let Value::Group(fields) = value else {
            panic!("{value:?}")
        };
        &fields
            .iter()
            .find(|field| field.name == name)
            .unwrap()
            .value
    }

    #[test]
    fn a_suite_of_phase_one_has_the_short_names() {
        let (transform, issues) = parse(PHASE_ONE, ProtocolId::ISAKMP);
        assert!(issues.is_empty(), "{issues:?}");
        let transform = transform.unwrap();
        let value = transform.value();
        assert_eq!(named(&value, "encr"), &Value::text("AES-CBC-128"));
        assert_eq!(named(&value, "hash"), &Value::text("SHA1"));
        assert_eq!(named(&value, "integ"), &Value::Null);
        assert_eq!(named(&value, "auth"), &Value::text("PSK"));
        assert_eq!(named(&value, "group"), &Value::text("MODP-1536"));
        assert_eq!(named(&value, "mode"), &Value::Null);
        assert_eq!(named(&value, "lifetime_seconds"), &Value::Number(14_400));
        assert_eq!(named(&value, "lifetime_kilobytes"), &Value::Null);
        assert_eq!(named(&value, "attributes"), &Value::List(vec![]));
        let mut written = Vec::new();
        transform.encode(&mut written);
        assert_eq!(written, PHASE_ONE);
    }

    #[test]
    fn attributes_outside_the_suite_are_listed() {
        let octets = [
            1, 12, 0, 0, 0x80, 5, 0, 2, 0x80, 4, 0xf0, 3, 0x80, 11, 0, 1, 0x80, 1, 0, 1, 0x80, 1,
            0, 2, 0x80, 2, 1, 0,
        ];
        let transform = parse(&octets, ProtocolId::IPSEC_ESP).0.unwrap();
        let value = transform.value();
        assert_eq!(named(&value, "integ"), &Value::text("HMAC-SHA1-96"));
        assert_eq!(named(&value, "mode"), &Value::text("udp-tunnel"));
        assert_eq!(named(&value, "lifetime_kilobytes"), &Value::Number(256));
        // Extended sequence numbers, and a life type without a duration.
        let Value::List(attributes) = named(&value, "attributes") else {
            panic!()
        };
        assert_eq!(attributes.len(), 2, "{attributes:?}");
    }

    #[test]
    fn numbers_mean_what_the_protocol_makes_of_them() {
        let octets = [1, 3, 0, 0, 0x80, 1, 0, 2];
        assert_eq!(
            parse(&octets, ProtocolId::ISAKMP).0.unwrap().encryption(),
            Some(EncryptionAlgorithm::IDEA_CBC)
        );
        let esp = parse(&octets, ProtocolId::IPSEC_ESP).0.unwrap();
        assert_eq!(
            (esp.encryption(), esp.encryption_name().as_deref()),
            (None, Some("3DES"))
        );
        let ah = parse(&octets, ProtocolId::IPSEC_AH).0.unwrap();
        assert_eq!(
            (ah.encryption_name(), ah.integrity_name().as_deref()),
            (None, Some("HMAC-SHA1-96"))
        );
    }

    #[test]
    fn reserved_octets_are_reported() {
        assert!(!parse(&[1, 1, 0, 1], ProtocolId::ISAKMP).1.is_empty());
        for cut in 0..4 {
            assert!(
                !parse(&PHASE_ONE[..cut], ProtocolId::ISAKMP).1.is_empty(),
                "cut at {cut}"
            );
        }
    }
}
