//! The messages of IKEv1 that are sent, and what answers to them mean.

use ikescope_dissectors::ikev1::{
    Body, Identification, Identity, KeyExchange, Opaque, PayloadType, Proposal,
    SecurityAssociation, VendorId,
};
use ikescope_dissectors::registries::ikev1::{ExchangeType, IdType, NotifyType, ProtocolId};
use ikescope_dissectors::registries::ip::IpProtocol;
use ikescope_dissectors::{
    Content, Flags, Header, IkeSpi, Issues, Message, Octets, Payload, Version,
};

use super::suite::Suite;

/// Who we say we are in aggressive mode: text is a name, or a mail address if it has an `@`; an address is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OurIdentity {
    id_type: IdType,
    text: String,
}

impl OurIdentity {
    pub(super) fn new(text: &str) -> Self {
        let id_type = match text.parse() {
            Ok(std::net::IpAddr::V4(_)) => IdType::IPV4_ADDR,
            Ok(std::net::IpAddr::V6(_)) => IdType::IPV6_ADDR,
            Err(_) if text.contains('@') => IdType::USER_FQDN,
            Err(_) => IdType::FQDN,
        };
        Self {
            id_type,
            // swanctl and ipsec.conf write names with an @ in front, which is not sent.
            text: text.strip_prefix('@').unwrap_or(text).to_owned(),
        }
        .named()
    }

    fn named(self) -> Self {
        let is_name = self.id_type == IdType::USER_FQDN && !self.text.contains('@');
        Self {
            id_type: if is_name { IdType::FQDN } else { self.id_type },
            ..self
        }
    }

    fn body(&self) -> Identification<'_> {
        let identity = match self.text.parse() {
            Ok(address) => Identity::Address(address),
            Err(_) => Identity::Text(&self.text),
        };
        Identification {
            id_type: self.id_type,
            protocol: IpProtocol(0),
            port: 0,
            identity,
        }
    }
}

/// The first message of main mode: an offer (RFC 2409, section 5).
pub(super) fn main_first(spi: u64, offer: &[Suite]) -> Vec<u8> {
    let mut payloads = vec![sa_payload(offer)];
    payloads.extend(vendor_ids());
    encode(spi, 0, ExchangeType::IDENTITY_PROTECTION, payloads)
}

/// The third message of main mode without its KE payload: a responder that follows RFC 2408, section 5.1, gives up the
/// SA, and says so.
pub(super) fn main_third_incomplete(spi: u64, responder_spi: u64, nonce: &[u8]) -> Vec<u8> {
    let payloads = vec![nonce_payload(nonce)];
    encode(
        spi,
        responder_spi,
        ExchangeType::IDENTITY_PROTECTION,
        payloads,
    )
}

/// The first message of aggressive mode (RFC 2409, section 5.4). All suites must have the group of the public value.
pub(super) fn aggressive_first(
    spi: u64,
    offer: &[Suite],
    public: &[u8],
    nonce: &[u8],
    identity: &OurIdentity,
) -> Vec<u8> {
    let mut payloads = vec![
        sa_payload(offer),
        Payload::new(
            PayloadType::KE.0,
            Body::KeyExchange(KeyExchange { data: public }),
        ),
        nonce_payload(nonce),
        Payload::new(PayloadType::ID.0, Body::Identification(identity.body())),
    ];
    payloads.extend(vendor_ids());
    encode(spi, 0, ExchangeType::AGGRESSIVE, payloads)
}

/// The third message of aggressive mode without its HASH payload: the responder cannot authenticate us and gives up the
/// SA.
pub(super) fn aggressive_third_incomplete(spi: u64, responder_spi: u64, nonce: &[u8]) -> Vec<u8> {
    encode(
        spi,
        responder_spi,
        ExchangeType::AGGRESSIVE,
        vec![nonce_payload(nonce)],
    )
}

fn encode(
    spi: u64,
    responder_spi: u64,
    exchange: ExchangeType,
    payloads: Vec<Payload<'_, Body<'_>>>,
) -> Vec<u8> {
    let header = Header {
        initiator_spi: IkeSpi(spi),
        responder_spi: IkeSpi(responder_spi),
        next_payload: 0,
        version: Version::V1,
        exchange: exchange.0,
        flags: Flags::default(),
        message_id: 0,
        length: 0,
    };
    let message = Message {
        header,
        content: Content::V1(payloads),
        octets: &[],
    };
    message.encode()
}

fn sa_payload(offer: &[Suite]) -> Payload<'static, Body<'static>> {
    let transforms = offer
        .iter()
        .zip(1..)
        .map(|(suite, number)| suite.transform(number, LIFETIME));
    let sa = SecurityAssociation::new(vec![Proposal {
        number: 1,
        protocol: ProtocolId::ISAKMP,
        spi: &[],
        transforms: transforms.collect(),
    }]);
    Payload::new(PayloadType::SA.0, Body::SecurityAssociation(sa))
}

fn nonce_payload(nonce: &[u8]) -> Payload<'_, Body<'_>> {
    Payload::new(PayloadType::NONCE.0, Body::Nonce(Opaque { data: nonce }))
}

fn vendor_ids<'a>() -> impl Iterator<Item = Payload<'a, Body<'a>>> {
    VENDOR_IDS.iter().map(|data| {
        let body = Body::VendorId(VendorId { data });
        Payload::new(PayloadType::VENDOR_ID.0, body)
    })
}

/// What an answer says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) meaning: Meaning,
    pub(super) responder_spi: u64,
    pub(super) vendor_ids: Vec<Vec<u8>>,
    /// In seconds, of the suite that was chosen.
    pub(super) lifetime: Option<u64>,
    /// Who the responder says it is, in aggressive mode.
    pub(super) identity: Option<String>,
    /// Whether there is a HASH payload, from which passwords can be tried.
    pub(super) hash: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Meaning {
    /// This suite was chosen.
    Chosen(Suite),
    /// An error notification.
    Error(NotifyType),
    /// A message of another version.
    OtherVersion(u8),
    /// A message with a DELETE payload, or one that is encrypted, which before we are authenticated can be nothing else.
    Deleted,
    /// Nothing of these.
    #[default]
    Unclear,
}

/// Reads an answer.
pub(super) fn read(octets: &[u8]) -> Reading {
    let mut issues = Issues::default();
    let Some(message) = Message::parse(Octets::new(octets), &mut issues) else {
        return Reading::default();
    };
    let mut reading = Reading {
        responder_spi: message.header.responder_spi.0,
        ..Reading::default()
    };
    let Content::V1(payloads) = &message.content else {
        if matches!(message.content, Content::V1Encrypted(_)) {
            reading.meaning = Meaning::Deleted;
        }
        if message.header.version.major() != Version::V1.major() {
            reading.meaning = Meaning::OtherVersion(message.header.version.major());
        }
        return reading;
    };
    for payload in payloads {
        match &payload.body {
            Body::SecurityAssociation(sa) => {
                let transform = sa
                    .proposals()
                    .first()
                    .and_then(|proposal| proposal.transforms.first());
                if let Some(transform) = transform
                    && let Some(suite) = Suite::of(transform)
                {
                    reading.meaning = Meaning::Chosen(suite);
                    reading.lifetime = transform.lifetimes().seconds;
                }
            }
            Body::Notification(notification) if notification.notify.is_error() => {
                reading.meaning = Meaning::Error(notification.notify);
            }
            Body::Delete(_) => reading.meaning = Meaning::Deleted,
            Body::VendorId(vendor_id) => reading.vendor_ids.push(vendor_id.data.to_vec()),
            Body::Hash(_) => reading.hash = true,
            Body::Identification(id) => {
                reading.identity = match id.identity {
                    Identity::Address(address) => Some(address.to_string()),
                    Identity::Text(text) => Some(text.to_owned()),
                    _ => None,
                };
            }
            _ => {}
        }
    }
    reading
}

/// Seconds that an SA is offered to live: eight hours, which no device is known to refuse as too long.
const LIFETIME: u16 = 28_800;

/// RFC 3947 (the MD5 hash of "RFC 3947") and dead peer detection (RFC 3706, section 5): without the first, some responders
/// do not say who they are.
const VENDOR_IDS: [&[u8]; 2] = [
    &[
        0x4a, 0x13, 0x1c, 0x81, 0x07, 0x03, 0x58, 0x45, 0x5c, 0x57, 0x28, 0xf2, 0x0e, 0x95, 0x45,
        0x2f,
    ],
    &[
        0xaf, 0xca, 0xd7, 0x13, 0x68, 0xa1, 0xf1, 0xc9, 0x6b, 0x86, 0x96, 0xfc, 0x77, 0x57, 0x01,
        0x00,
    ],
];
