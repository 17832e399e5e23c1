//! What stands behind the payload header in IKEv2, by payload type.

use crate::field::{Field, Value, field};
use crate::issue::Issues;
use crate::octets::Octets;
use crate::payload::{self, Context};
use crate::registries::ikev2::PayloadType;
use crate::vendor_id;

use super::authentication::Authentication;
use super::certificate::{Certificate, CertificateRequest};
use super::configuration::Configuration;
use super::delete::Delete;
use super::eap::Eap;
use super::encrypted::{Encrypted, EncryptedFragment};
use super::identification::Identification;
use super::key_exchange::KeyExchange;
use super::notify::Notify;
use super::security_association::SecurityAssociation;
use super::traffic_selector::TrafficSelectors;

/// One payload's content.
#[derive(Clone, Debug, PartialEq)]
pub enum Body<'a> {
    /// SA.
    SecurityAssociation(SecurityAssociation<'a>),
    /// KE.
    KeyExchange(KeyExchange<'a>),
    /// IDi, IDr and IDg.
    Identification(Identification<'a>),
    /// CERT.
    Certificate(Certificate<'a>),
    /// CERTREQ.
    CertificateRequest(CertificateRequest<'a>),
    /// AUTH.
    Authentication(Authentication<'a>),
    /// Ni and Nr.
    Nonce(&'a [u8]),
    /// N.
    Notify(Notify<'a>),
    /// D.
    Delete(Delete<'a>),
    /// V.
    VendorId(&'a [u8]),
    /// TSi and TSr.
    TrafficSelectors(TrafficSelectors<'a>),
    /// SK.
    Encrypted(Encrypted<'a>),
    /// SKF.
    EncryptedFragment(EncryptedFragment<'a>),
    /// CP.
    Configuration(Configuration<'a>),
    /// EAP.
    Eap(Eap<'a>),
    /// A type whose content is opaque (GSPM, PS, GSA, KD) or unknown, or a payload that is malformed as a whole.
    Raw(&'a [u8]),
}

impl<'a> payload::Body<'a> for Body<'a> {
    fn parse(
        payload_type: u8,
        content: Octets<'a>,
        _context: Context,
        issues: &mut Issues,
    ) -> Self {
        let octets = content.as_slice();
        let read = match PayloadType(payload_type) {
            PayloadType::SA => Some(Self::SecurityAssociation(SecurityAssociation::parse(
                content, issues,
            ))),
            PayloadType::KE => KeyExchange::parse(content, issues).map(Self::KeyExchange),
            PayloadType::ID_INITIATOR | PayloadType::ID_RESPONDER | PayloadType::ID_GROUP => {
                Identification::parse(content, issues).map(Self::Identification)
            }
            PayloadType::CERT => Certificate::parse(content, issues).map(Self::Certificate),
            PayloadType::CERTREQ => {
                CertificateRequest::parse(content, issues).map(Self::CertificateRequest)
            }
            PayloadType::AUTH => Authentication::parse(content, issues).map(Self::Authentication),
            PayloadType::NONCE => Some(Self::Nonce(octets)),
            PayloadType::NOTIFY => Notify::parse(content, issues).map(Self::Notify),
            PayloadType::DELETE => Delete::parse(content, issues).map(Self::Delete),
            PayloadType::VENDOR_ID => Some(Self::VendorId(octets)),
            PayloadType::TS_INITIATOR | PayloadType::TS_RESPONDER => {
                TrafficSelectors::parse(content, issues).map(Self::TrafficSelectors)
            }
            PayloadType::SK => Some(Self::Encrypted(Encrypted { octets })),
            PayloadType::SKF => {
                EncryptedFragment::parse(content, issues).map(Self::EncryptedFragment)
            }
            PayloadType::CP => Configuration::parse(content, issues).map(Self::Configuration),
            PayloadType::EAP => Eap::parse(content, issues).map(Self::Eap),
            _ => None,
        };
        read.unwrap_or(Self::Raw(octets))
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
            Self::Authentication(body) => body.encode(out),
            Self::Notify(body) => body.encode(out),
            Self::Delete(body) => body.encode(out),
            Self::TrafficSelectors(body) => body.encode(out),
            Self::EncryptedFragment(body) => body.encode(out),
            Self::Configuration(body) => body.encode(out),
            Self::Eap(body) => body.encode(out),
            Self::Encrypted(Encrypted { octets })
            | Self::Nonce(octets)
            | Self::VendorId(octets)
            | Self::Raw(octets) => out.extend_from_slice(octets),
        }
    }

    /// SK and SKF are the last payload; their Next Payload is the type of the first one inside (RFC 7296, 3.14).
    fn ends_chain(&self) -> bool {
        matches!(self, Self::Encrypted(_) | Self::EncryptedFragment(_))
    }

    fn fields(&self) -> Vec<Field<'_>> {
        match self {
            Self::SecurityAssociation(body) => body.fields(),
            Self::KeyExchange(body) => body.fields(),
            Self::Identification(body) => body.fields(),
            Self::Certificate(body) => body.fields(),
            Self::CertificateRequest(body) => body.fields(),
            Self::Authentication(body) => body.fields(),
            Self::Notify(body) => body.fields(),
            Self::Delete(body) => body.fields(),
            Self::TrafficSelectors(body) => body.fields(),
            Self::Encrypted(body) => body.fields(),
            Self::EncryptedFragment(body) => body.fields(),
            Self::Configuration(body) => body.fields(),
            Self::Eap(body) => body.fields(),
            Self::VendorId(octets) => {
                let vendor = vendor_id::name(octets).map(Value::text);
                vec![
                    field("data", *octets),
                    field("vendor", Value::or_null(vendor)),
                ]
            }
            Self::Nonce(octets) | Self::Raw(octets) => vec![field("data", *octets)],
        }
    }
}
