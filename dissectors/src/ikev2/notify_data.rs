//! Data of notifications, for the types to which an RFC gives a layout.

use crate::field::{Field, Value, field};
use crate::octets::Octets;
use crate::registries::ikev2::{
    AuthenticationMethod, GatewayIdType, HashAlgorithm, IpcompTransform, KeyExchangeMethod,
    NotifyType, PpkIdType, Prf, RohcAttribute, SecurePasswordMethod,
};
use crate::{Attribute, Issues};

use crate::address::address;

/// Types whose data has one length, in octets.
const FIXED_LENGTHS: [(NotifyType, usize); 21] = [
    (NotifyType::UNSUPPORTED_CRITICAL_PAYLOAD, 1),
    (NotifyType::INVALID_MESSAGE_ID, 4),
    (NotifyType::INVALID_KE_PAYLOAD, 2),
    (NotifyType::INITIAL_CONTACT, 0),
    (NotifyType::SET_WINDOW_SIZE, 4),
    (NotifyType::ADDITIONAL_TS_POSSIBLE, 0),
    (NotifyType::IPCOMP_SUPPORTED, 3),
    (NotifyType::NAT_DETECTION_SOURCE_IP, 20),
    (NotifyType::NAT_DETECTION_DESTINATION_IP, 20),
    (NotifyType::USE_TRANSPORT_MODE, 0),
    (NotifyType::REKEY_SA, 0),
    (NotifyType::ESP_TFC_PADDING_NOT_SUPPORTED, 0),
    (NotifyType::NON_FIRST_FRAGMENTS_ALSO, 0),
    (NotifyType::ADDITIONAL_IP4_ADDRESS, 4),
    (NotifyType::ADDITIONAL_IP6_ADDRESS, 16),
    (NotifyType::NO_ADDITIONAL_ADDRESSES, 0),
    (NotifyType::UPDATE_SA_ADDRESSES, 0),
    (NotifyType::AUTH_LIFETIME, 4),
    (NotifyType::REDIRECT_SUPPORTED, 0),
    (NotifyType::IKEV2_FRAGMENTATION_SUPPORTED, 0),
    (NotifyType::IKEV2_MESSAGE_ID_SYNC, 12),
];

/// The length that data of this type should have, where `found` is another.
pub(super) fn unexpected_length(notify_type: NotifyType, found: usize) -> Option<usize> {
    let (_, expected) = FIXED_LENGTHS
        .iter()
        .find(|(known, _)| *known == notify_type)?;
    (*expected != found).then_some(*expected)
}

/// What the data says; nothing for types without a known layout or data that does not fit it.
pub(super) fn fields(notify_type: NotifyType, data: &[u8]) -> Vec<Field<'_>> {
    decode(notify_type, data).unwrap_or_default()
}

fn decode(notify_type: NotifyType, data: &[u8]) -> Option<Vec<Field<'_>>> {
    let one = |field| Some(vec![field]);
    match notify_type {
        NotifyType::UNSUPPORTED_CRITICAL_PAYLOAD => one(field(
            "payload_type",
            Value::registered(super::PayloadType(*data.first()?)),
        )),
        NotifyType::INVALID_KE_PAYLOAD => one(field(
            "accepted_group",
            Value::registered(KeyExchangeMethod(number16(data)?)),
        )),
        NotifyType::INVALID_MESSAGE_ID => one(field("message_id", number32(data)?)),
        NotifyType::SET_WINDOW_SIZE => one(field("window_size", number32(data)?)),
        NotifyType::AUTH_LIFETIME => one(field("lifetime_seconds", number32(data)?)),
        NotifyType::ADDITIONAL_IP4_ADDRESS | NotifyType::ADDITIONAL_IP6_ADDRESS => {
            one(field("address", address(data)?))
        }
        NotifyType::SIGNATURE_HASH_ALGORITHMS => {
            let (pairs, []) = data.as_chunks::<2>() else {
                return None;
            };
            let hashes = pairs
                .iter()
                .map(|pair| Value::registered(HashAlgorithm(u16::from_be_bytes(*pair))));
            one(field("hash_algorithms", Value::List(hashes.collect())))
        }
        NotifyType::SECURE_PASSWORD_METHODS => {
            let (pairs, []) = data.as_chunks::<2>() else {
                return None;
            };
            let methods = pairs
                .iter()
                .map(|pair| Value::registered(SecurePasswordMethod(u16::from_be_bytes(*pair))));
            one(field("methods", Value::List(methods.collect())))
        }
        NotifyType::IPCOMP_SUPPORTED => {
            let &[a, b, transform] = data else {
                return None;
            };
            Some(vec![
                field("cpi", u16::from_be_bytes([a, b])),
                field("transform", Value::registered(IpcompTransform(transform))),
            ])
        }
        NotifyType::REDIRECT => {
            let (mut fields, nonce) = gateway(data)?;
            fields.push(field("nonce", Value::octets_or_null(nonce)));
            Some(fields)
        }
        NotifyType::REDIRECTED_FROM => gateway(data).map(|(fields, _)| fields),
        NotifyType::TICKET_LT_OPAQUE => {
            let (lifetime, ticket) = data.split_at_checked(4)?;
            Some(vec![
                field("lifetime_seconds", number32(lifetime)?),
                field("ticket", ticket),
            ])
        }
        NotifyType::IKEV2_MESSAGE_ID_SYNC => {
            let (nonce, rest) = data.split_at_checked(4)?;
            let (send, receive) = rest.split_at_checked(4)?;
            Some(vec![
                field("nonce", nonce),
                field("expected_send_message_id", number32(send)?),
                field("expected_receive_message_id", number32(receive)?),
            ])
        }
        NotifyType::PPK_IDENTITY => {
            let (kind, identity) = data.split_first()?;
            Some(vec![
                field("ppk_id_type", Value::registered(PpkIdType(*kind))),
                field("ppk_id", identity),
            ])
        }
        NotifyType::ROHC_SUPPORTED => {
            let mut issues = Issues::default();
            let list = Attribute::parse_list(Octets::new(data), "ROHC attribute", &mut issues);
            let value = |attribute: &Attribute<'_>| {
                let kind = Value::registered(RohcAttribute(attribute.attribute_type));
                let number = attribute.number().map(Value::from);
                Value::Group(vec![
                    field("type", kind),
                    field("value", Value::or_null(number)),
                ])
            };
            one(field(
                "attributes",
                Value::List(list.iter().map(value).collect()),
            ))
        }
        NotifyType::PUZZLE => {
            let &[a, b, difficulty, ref cookie @ ..] = data else {
                return None;
            };
            let prf = Prf(u16::from_be_bytes([a, b]));
            Some(vec![
                field("prf", Value::registered(prf)),
                field("difficulty", difficulty),
                field("cookie", cookie),
            ])
        }
        NotifyType::SUPPORTED_AUTH_METHODS => auth_methods(data),
        _ => None,
    }
}

/// Announcements of authentication methods (RFC 9593, section 3.2): each has its length, the method, and from four
/// octets on a link to a CA; from five an AlgorithmIdentifier for method 14.
fn auth_methods(data: &[u8]) -> Option<Vec<Field<'_>>> {
    let mut list = Vec::new();
    let mut left = data;
    while let [len, method, ..] = *left {
        let (this, rest) = left.split_at_checked(usize::from(len).max(2))?;
        let mut fields = vec![field(
            "method",
            Value::registered(AuthenticationMethod(method)),
        )];
        if let Some(link) = this.get(2) {
            fields.push(field("certificate_link", *link));
        }
        if let Some(identifier @ [_, ..]) = this.get(3..) {
            fields.push(field("algorithm_identifier", identifier));
        }
        list.push(Value::Group(fields));
        left = rest;
    }
    left.is_empty()
        .then(|| vec![field("auth_methods", Value::List(list))])
}

/// Gateway identity of REDIRECT (RFC 5685, sections 3.2 and 3.3): type, length, identity; then a nonce.
fn gateway(data: &[u8]) -> Option<(Vec<Field<'_>>, &[u8])> {
    let &[kind, len, ref rest @ ..] = data else {
        return None;
    };
    let (identity, nonce) = rest.split_at_checked(usize::from(len))?;
    let text = match address(identity) {
        Some(address) if kind != GatewayIdType::FQDN.0 => address.to_string(),
        _ => String::from_utf8(identity.to_vec()).ok()?,
    };
    let fields = vec![
        field("gateway_type", Value::registered(GatewayIdType(kind))),
        field("gateway", Value::text(text)),
    ];
    Some((fields, nonce))
}

fn number16(data: &[u8]) -> Option<u16> {
    data.try_into().ok().map(u16::from_be_bytes)
}

fn number32(data: &[u8]) -> Option<u32> {
    data.try_into().ok().map(u32::from_be_bytes)
}
