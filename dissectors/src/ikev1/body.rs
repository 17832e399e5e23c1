//! What stands behind the payload header in IKEv1.

use super::attributes::Attributes;
use super::certificate::{Certificate, CertificateRequest};
use super::delete::Delete;
use super::fragment::Fragment;
use super::gdoi::{Envelope, SequenceNumber};
use super::identification::Identification;
use super::key_exchange::KeyExchange;
use super::nat::{NatDetection, NatOriginalAddress};
use super::notification::Notification;
use super::opaque::Opaque;
use super::sa::SecurityAssociation;
use super::vendor_id::VendorId;
use crate::field::{Field, field};
use crate::issue::Issues;
use crate::octets::Octets;
use crate::payload::{self, Context};
use crate::registries::ikev1::{ExchangeType, PayloadType};

/// One payload's content.
#[derive(Clone, Debug, PartialEq)]
pub enum Body<'a> {
    /// Security Association.
    SecurityAssociation(SecurityAssociation<'a>),
    /// Key Exchange.
    KeyExchange(KeyExchange<'a>),
    /// Identification.
    Identification(Identification<'a>),
    /// Certificate.
    Certificate(Certificate<'a>),
    /// Certificate Request.
    CertificateRequest(CertificateRequest<'a>),
    /// Hash.
    Hash(Opaque<'a>),
    /// Signature.
    Signature(Opaque<'a>),
    /// Nonce.
    Nonce(Opaque<'a>),
    /// Notification.
    Notification(Notification<'a>),
    /// Delete.
    Delete(Delete<'a>),
    /// Vendor ID.
    VendorId(VendorId<'a>),
    /// Attribute, of Mode Config and XAUTH.
    Attributes(Attributes<'a>),
    /// NAT-D.
    NatDetection(NatDetection<'a>),
    /// NAT-OA.
    NatOriginalAddress(NatOriginalAddress<'a>),
    /// A fragment of a message.
    Fragment(Fragment<'a>),
    /// Sequence Number, of GDOI.
    SequenceNumber(SequenceNumber),
    /// Another payload of GDOI.
    Envelope(Envelope<'a>),
    /// Unknown, or malformed as a whole: kept as octets.
    Raw(&'a [u8]),
}

impl<'a> Body<'a> {
    /// The body, or nothing where the octets end before its fixed fields do.
    fn read(
        payload_type: PayloadType,
        content: Octets<'a>,
        context: Context,
        issues: &mut Issues,
    ) -> Option<Self> {
        Some(match draft_type(payload_type, context) {
            PayloadType::SA => {
                Self::SecurityAssociation(SecurityAssociation::parse(content, issues)?)
            }
            PayloadType::KE => Self::KeyExchange(KeyExchange::parse(content)),
            PayloadType::ID => Self::Identification(Identification::parse(content, issues)?),
            PayloadType::CERTIFICATE => Self::Certificate(Certificate::parse(content, issues)?),
            PayloadType::CERTIFICATE_REQUEST => {
                Self::CertificateRequest(CertificateRequest::parse(content, issues)?)
            }
            PayloadType::HASH => Self::Hash(Opaque::parse(content)),
            PayloadType::SIGNATURE => Self::Signature(Opaque::parse(content)),
            PayloadType::NONCE => Self::Nonce(Opaque::parse(content)),
            PayloadType::NOTIFICATION => Self::Notification(Notification::parse(content, issues)?),
            PayloadType::DELETE => Self::Delete(Delete::parse(content, issues)?),
            PayloadType::VENDOR_ID => Self::VendorId(VendorId::parse(content)),
            PayloadType::ATTRIBUTE => Self::Attributes(Attributes::parse(content, issues)?),
            PayloadType::NAT_D | PayloadType::NAT_D_DRAFT => {
                Self::NatDetection(NatDetection::parse(content))
            }
            PayloadType::NAT_OA | PayloadType::NAT_OA_DRAFT => {
                Self::NatOriginalAddress(NatOriginalAddress::parse(content, issues)?)
            }
            PayloadType::FRAGMENT => Self::Fragment(Fragment::parse(content, issues)?),
            PayloadType::SEQUENCE_NUMBER => {
                Self::SequenceNumber(SequenceNumber::parse(content, issues)?)
            }
            PayloadType::SA_KEK
            | PayloadType::SA_TEK
            | PayloadType::KEY_DOWNLOAD
            | PayloadType::PROOF_OF_POSSESSION
            | PayloadType::GROUP_ASSOCIATED_POLICY => Self::Envelope(Envelope::parse(content)),
            _ => Self::Raw(content.as_slice()),
        })
    }
}

impl<'a> payload::Body<'a> for Body<'a> {
    fn parse(payload_type: u8, content: Octets<'a>, context: Context, issues: &mut Issues) -> Self {
        Self::read(PayloadType(payload_type), content, context, issues)
            .unwrap_or(Self::Raw(content.as_slice()))
    }

    fn raw(content: Octets<'a>) -> Self {
        Self::Raw(content.as_slice())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::SecurityAssociation(body) => body.encode(out),
            Self::KeyExchange(body) => body.encode(out),
            Self::Identification(body) => body.encode(out),
            Self::Certificate(body) => body.encode(out),
            Self::CertificateRequest(body) => body.encode(out),
            Self::Hash(body) | Self::Signature(body) | Self::Nonce(body) => body.encode(out),
            Self::Notification(body) => body.encode(out),
            Self::Delete(body) => body.encode(out),
            Self::VendorId(body) => body.encode(out),
            Self::Attributes(body) => body.encode(out),
            Self::NatDetection(body) => body.encode(out),
            Self::NatOriginalAddress(body) => body.encode(out),
            Self::Fragment(body) => body.encode(out),
            Self::SequenceNumber(body) => body.encode(out),
            Self::Envelope(body) => body.encode(out),
            Self::Raw(octets) => out.extend_from_slice(octets),
        }
    }

    fn ends_chain(&self) -> bool {
        false
    }

    fn fields(&self) -> Vec<Field<'_>> {
        match self {
            Self::SecurityAssociation(body) => body.fields(),
            Self::KeyExchange(body) => body.fields(),
            Self::Identification(body) => body.fields(),
            Self::Certificate(body) => body.fields(),
            Self::CertificateRequest(body) => body.fields(),
            Self::Hash(body) | Self::Signature(body) | Self::Nonce(body) => body.fields(),
            Self::Notification(body) => body.fields(),
            Self::Delete(body) => body.fields(),
            Self::VendorId(body) => body.fields(),
            Self::Attributes(body) => body.fields(),
            Self::NatDetection(body) => body.fields(),
            Self::NatOriginalAddress(body) => body.fields(),
            Self::Fragment(body) => body.fields(),
            Self::SequenceNumber(body) => body.fields(),
            Self::Envelope(body) => body.fields(),
            Self::Raw(octets) => vec![field("data", *octets)],
        }
    }
}

/// The numbers 15 and 16 belong to GDOI, which has them inside SA payloads; later drafts of NAT traversal put them in
/// phase 1 and quick mode.
const fn draft_type(payload_type: PayloadType, context: Context) -> PayloadType {
    match (payload_type, ExchangeType(context.exchange)) {
        (
            PayloadType::SA_KEK,
            ExchangeType::BASE | ExchangeType::IDENTITY_PROTECTION | ExchangeType::AGGRESSIVE,
        ) => PayloadType::NAT_D,
        (PayloadType::SA_TEK, ExchangeType::QUICK_MODE) => PayloadType::NAT_OA,
        _ => payload_type,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::payload::Body as _;
    use crate::{HEADER_LEN, Message};

    fn parse(payload_type: u8, exchange: u8, content: &[u8]) -> (Body<'_>, Issues) {
        let mut issues = Issues::default();
        let context = Context {
            exchange,
            response: false,
        };
        (
            Body::parse(payload_type, Octets::new(content), context, &mut issues),
            issues,
        )
    }

    #[test]
    fn the_exchange_tells_drafts_from_gdoi() {
        assert!(matches!(parse(15, 2, &[1]).0, Body::NatDetection(_)));
        assert!(matches!(parse(15, 33, &[1]).0, Body::Envelope(_)));
        assert!(matches!(
            parse(16, 32, &[1, 0, 0, 0, 1, 2, 3, 4]).0,
            Body::NatOriginalAddress(_)
        ));
        assert!(matches!(parse(16, 33, &[1]).0, Body::Envelope(_)));
        assert!(matches!(parse(130, 2, &[1]).0, Body::NatDetection(_)));
        assert!(matches!(
            parse(131, 32, &[1, 0, 0, 0, 1, 2, 3, 4]).0,
            Body::NatOriginalAddress(_)
        ));
    }

    proptest! {
        #[test]
        fn what_is_read_without_issues_writes_back(
            payload_type in prop_oneof![0_u8..=22, 128_u8..=132],
            exchange in 0_u8..=34,
            content in proptest::collection::vec(any::<u8>(), 0..80),
        ) {
            let (body, issues) = parse(payload_type, exchange, &content);
            let _ = (body.fields(), crate::ikev1::notation(payload_type, &body));
            if issues.is_empty() {
                let mut written = Vec::new();
                body.encode(&mut written);
                prop_assert_eq!(written, content);
            }
        }

        /// Few values, so that lengths and types often fit.
        #[test]
        fn sound_messages_write_back_and_no_octets_panic(
            first in prop_oneof![0_u8..=22, 128_u8..=132],
            exchange in 0_u8..=34,
            body in proptest::collection::vec(prop_oneof![Just(0_u8), 0_u8..=16, any::<u8>()], 0..120),
        ) {
            let mut octets = vec![1; HEADER_LEN];
            octets[16] = first;
            octets[17] = 0x10;
            octets[18] = exchange;
            octets[19] = 0;
            octets[24..28].copy_from_slice(&u32::try_from(HEADER_LEN + body.len()).unwrap().to_be_bytes());
            octets.extend_from_slice(&body);
            let mut issues = Issues::default();
            let message = Message::parse(Octets::new(&octets), &mut issues).unwrap();
            prop_assert!(issues.as_slice().iter().all(|issue| issue.span.end() <= octets.len()));
            if let crate::Content::V1(payloads) = &message.content {
                payloads.iter().for_each(|payload| drop(payload.body.fields()));
            }
            if issues.is_empty() {
                prop_assert_eq!(message.encode(), octets);
            }
        }
    }
}
