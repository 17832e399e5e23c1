//! What the payloads of a message say, owned: in clear, or decrypted.

use ikescope_dissectors::registries::ikev1;
use ikescope_dissectors::registries::ikev2::{KeyExchangeMethod, NotifyType};
use thin_vec::ThinVec;

use super::proposal::{Proposal, Protocol};

/// The payloads of one message, or of the part of it that could be read.
///
/// Most are absent from most messages, of which there may be very many: a list that is empty takes one word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payloads {
    /// The types in the order of the wire, in the registry of the version.
    pub types: Vec<u8>,
    /// Proposals of the SA payload.
    pub proposals: ThinVec<Proposal>,
    /// KE.
    pub key_exchange: Option<KeyExchange>,
    /// Nonce.
    pub nonce: Option<Box<[u8]>>,
    /// N.
    pub notifies: ThinVec<Notify>,
    /// D.
    pub deletes: ThinVec<Delete>,
    /// IDi and IDr; of quick mode the selectors of both sides.
    pub identities: ThinVec<Identity>,
    /// AUTH.
    pub auth: Option<Box<Auth>>,
    /// CERT.
    pub certificates: ThinVec<Certificate>,
    /// CERTREQ.
    pub certificate_requests: ThinVec<CertificateRequest>,
    /// TSi as text: `10.1.0.0/24`.
    pub selectors_initiator: ThinVec<String>,
    /// TSr.
    pub selectors_responder: ThinVec<String>,
    /// EAP.
    pub eap: Option<Box<Eap>>,
    /// CP, and ATTR of IKEv1.
    pub configuration: Option<Box<Configuration>>,
    /// Vendor ids.
    pub vendor_ids: ThinVec<Vec<u8>>,
    /// NAT-D of IKEv1, in the order of the wire; IKEv2 has notifications for it.
    pub nat_discovery: ThinVec<Vec<u8>>,
}

/// A KE payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyExchange {
    /// Group of IKEv2; the payload of IKEv1 has none.
    pub group: Option<KeyExchangeMethod>,
    /// Octets of the public value.
    pub length: u32,
}

/// An AUTH payload of IKEv2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Auth {
    /// Authentication method, in the registry.
    pub method: u8,
    /// Algorithm of a digital signature (RFC 7427), where it is named.
    pub signature_algorithm: Option<String>,
}

/// A notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notify {
    /// The number, in the registry of the version.
    pub number: u16,
    /// IANA's name.
    pub name: Option<&'static str>,
    /// The protocol of the SPI.
    pub protocol: Protocol,
    /// The SA that it is about.
    pub spi: Box<[u8]>,
    /// Data, at most the first 256 octets.
    pub data: Box<[u8]>,
}

/// A Delete payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delete {
    /// Whose SAs these are.
    pub protocol: Protocol,
    /// Their SPIs; empty for an IKEv2 IKE SA.
    pub spis: Vec<Vec<u8>>,
}

/// An identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Type of the payload: IDi, IDr (IKEv2), or ID (IKEv1: 5).
    pub payload_type: u8,
    /// ID type, in the registry of the version.
    pub id_type: u8,
    /// IANA's name of the type.
    pub type_name: Option<&'static str>,
    /// In the notation of configurations.
    pub value: String,
    /// IP protocol of an IKEv1 identity; 0 is any.
    pub protocol: u8,
    /// Port of an IKEv1 identity; 0 is any.
    pub port: u16,
}

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Encoding, in the registry of the version.
    pub encoding: u8,
    /// Subject, where it is an X.509 certificate.
    pub subject: Option<String>,
    /// Issuer, where it is an X.509 certificate.
    pub issuer: Option<String>,
    /// The octets, DER for X.509; empty when longer than the bound.
    pub data: Vec<u8>,
}

/// A certificate request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRequest {
    /// Encoding, in the registry of the version.
    pub encoding: u8,
    /// Hashes of public keys (IKEv2) or a name in DER (IKEv1).
    pub data: Vec<u8>,
}

/// An EAP packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Eap {
    /// 1 request, 2 response, 3 success, 4 failure.
    pub code: u8,
    /// Pairs a response with its request.
    pub identifier: u8,
    /// Method; 1 Identity, 3 Nak.
    pub eap_type: Option<u8>,
    /// IANA's name of the method.
    pub type_name: Option<&'static str>,
    /// What stands behind the type, at most the first 256 octets.
    pub data: Vec<u8>,
}

/// A CP payload of IKEv2, or an ATTR payload of IKEv1 (Mode Config and XAUTH).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// 1 request, 2 reply, 3 set, 4 acknowledge.
    pub kind: u8,
    /// Attribute types and values, in the registry of the version.
    pub attributes: Vec<(u16, Vec<u8>)>,
    /// IKEv1: the result of XAUTH, 0 is failed.
    pub xauth_status: Option<u16>,
}

impl Payloads {
    /// The first notification of this number.
    #[must_use]
    pub fn notify(&self, number: u16) -> Option<&Notify> {
        self.notifies.iter().find(|notify| notify.number == number)
    }

    /// The first notification that is an error: below 16384 in both versions (RFC 7296, section 3.10.1; RFC 2408,
    /// section 3.14.1).
    #[must_use]
    pub fn error(&self) -> Option<&Notify> {
        self.notifies.iter().find(|notify| notify.is_error())
    }

    /// Hashes of addresses and ports, by which a NAT is found (RFC 7296, section 2.23; RFC 3947, section 3.2): whether it is
    /// that of the sender, and the hash.
    pub fn nat_detection(&self) -> impl Iterator<Item = (bool, &[u8])> {
        let told = self.notifies.iter().filter_map(|notify| {
            let of_source = match NotifyType(notify.number) {
                NotifyType::NAT_DETECTION_SOURCE_IP => true,
                NotifyType::NAT_DETECTION_DESTINATION_IP => false,
                _ => return None,
            };
            Some((of_source, &*notify.data))
        });
        // The first hash is that of the receiver, the others are those of the sender.
        let discovered = self.nat_discovery.iter().enumerate();
        discovered
            .map(|(place, hash)| (place > 0, hash.as_slice()))
            .chain(told)
    }

    /// Authentication method of AUTH (IKEv2), by number.
    #[must_use]
    pub fn auth_method(&self) -> Option<u8> {
        self.auth.as_ref().map(|auth| auth.method)
    }

    /// Whether it has a payload of this type.
    #[must_use]
    pub fn has(&self, payload_type: u8) -> bool {
        self.types.contains(&payload_type)
    }

    /// Whether XAUTH is in this ATTR payload.
    #[must_use]
    pub fn has_xauth(&self) -> bool {
        let xauth = ikev1::ConfigurationAttribute::XAUTH_TYPE.0
            ..=ikev1::ConfigurationAttribute::XAUTH_ANSWER.0;
        self.configuration.as_ref().is_some_and(|configuration| {
            configuration
                .attributes
                .iter()
                .any(|(kind, _)| xauth.contains(kind))
        })
    }
}

impl Notify {
    /// Whether it reports an error.
    #[must_use]
    pub const fn is_error(&self) -> bool {
        self.number < FIRST_STATUS
    }
}

/// The first number of status types, of both versions.
const FIRST_STATUS: u16 = 16_384;
