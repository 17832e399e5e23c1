//! From payloads that were dissected to payloads that are kept.

use ikescope_dissectors::registries::ikev1::IdType as IdTypeV1;
use ikescope_dissectors::registries::ikev2::{IdType as IdTypeV2, KeyExchangeMethod};
use ikescope_dissectors::{
    self as dissectors, Attribute, AttributeValue, Body as _, Content, Registry, certificate,
    ikev1, ikev2,
};
use thin_vec::ThinVec;

use super::payloads::{
    Auth, Certificate, CertificateRequest, Configuration, Delete, Eap, Identity, KeyExchange,
    Notify, Payloads,
};
use super::proposal::{Proposal, Protocol};
use crate::limits::{
    MAX_CERTIFICATE_OCTETS, MAX_CERTIFICATES, MAX_KEPT_OCTETS, MAX_KEPT_PAYLOADS, MAX_VENDORS,
};

impl Payloads {
    /// What a chain of payloads says. Encrypted payloads are not looked into.
    pub(super) fn read(content: &Content<'_>) -> Self {
        let mut read = Self::default();
        match content {
            Content::V1(payloads) => {
                read.expect(
                    payloads.iter().map(|payload| payload.payload_type),
                    ikev1::PayloadType::NOTIFICATION.0,
                    ikev1::PayloadType::VENDOR_ID.0,
                );
                for payload in payloads {
                    read.version_1(payload);
                }
            }
            Content::V2(payloads) => {
                read.expect(
                    payloads.iter().map(|payload| payload.payload_type),
                    ikev2::PayloadType::NOTIFY.0,
                    ikev2::PayloadType::VENDOR_ID.0,
                );
                for payload in payloads {
                    read.version_2(payload);
                }
            }
            Content::V1Encrypted(_) | Content::Unknown(_) => {}
        }
        read
    }

    /// Takes the types, and makes room for what comes in number: there may be very many messages.
    fn expect(&mut self, types: impl Iterator<Item = u8>, notify: u8, vendor_id: u8) {
        self.types = types.take(MAX_KEPT_PAYLOADS).collect();
        let count = |kind: u8| self.types.iter().filter(|known| **known == kind).count();
        let (notifies, vendor_ids) = (count(notify), count(vendor_id).min(MAX_VENDORS));
        self.notifies = ThinVec::with_capacity(notifies);
        self.vendor_ids = ThinVec::with_capacity(vendor_ids);
    }

    fn version_1(&mut self, payload: &dissectors::Payload<'_, ikev1::Body<'_>>) {
        match &payload.body {
            ikev1::Body::SecurityAssociation(sa) if self.proposals.is_empty() => {
                self.proposals = Proposal::list_of_version_1(sa.proposals());
            }
            ikev1::Body::KeyExchange(body) => {
                self.key_exchange = Some(KeyExchange {
                    group: None,
                    length: octets(body.data),
                });
            }
            ikev1::Body::Nonce(body) => self.nonce = Some(bounded(body.data).into()),
            ikev1::Body::Notification(body) => {
                let mut data = Vec::new();
                body.data.encode(&mut data);
                push(
                    &mut self.notifies,
                    Notify {
                        number: body.notify.0,
                        name: body.notify.name(),
                        protocol: Protocol::of_version_1(body.protocol),
                        spi: bounded(body.spi).into(),
                        data: bounded(&data).into(),
                    },
                );
            }
            ikev1::Body::Delete(body) => push(
                &mut self.deletes,
                Delete {
                    protocol: Protocol::of_version_1(body.protocol),
                    spis: spis(&body.spis),
                },
            ),
            ikev1::Body::Identification(body) => push(
                &mut self.identities,
                Identity {
                    payload_type: payload.payload_type,
                    id_type: body.id_type.0,
                    type_name: IdTypeV1(body.id_type.0).name(),
                    value: shortened(&body.identity.text()),
                    protocol: body.protocol.0,
                    port: body.port,
                },
            ),
            ikev1::Body::Certificate(body) => self.certificate(body.encoding.0, body.data),
            ikev1::Body::CertificateRequest(body) => self.request(body.encoding.0, body.data),
            ikev1::Body::VendorId(body) => self.vendor(body.data),
            ikev1::Body::Attributes(body) => {
                self.configuration = Some(Box::new(Configuration {
                    kind: body.kind.0,
                    attributes: attributes(&body.attributes),
                    xauth_status: body.xauth_status().map(|status| status.0),
                }));
            }
            ikev1::Body::NatDetection(body) => {
                push(&mut self.nat_discovery, bounded(body.data));
            }
            _ => {}
        }
    }

    fn version_2(&mut self, payload: &dissectors::Payload<'_, ikev2::Body<'_>>) {
        match &payload.body {
            ikev2::Body::SecurityAssociation(sa) if self.proposals.is_empty() => {
                self.proposals = Proposal::list_of_version_2(&sa.proposals);
            }
            ikev2::Body::KeyExchange(body) if self.key_exchange.is_none() => {
                self.key_exchange = Some(KeyExchange {
                    group: Some(KeyExchangeMethod(body.method.0)),
                    length: octets(body.data),
                });
            }
            ikev2::Body::Nonce(octets) => self.nonce = Some(bounded(octets).into()),
            ikev2::Body::Notify(body) => {
                push(
                    &mut self.notifies,
                    Notify {
                        number: body.notify_type.0,
                        name: body.notify_type.name(),
                        protocol: Protocol::of_version_2(body.protocol),
                        spi: bounded(body.spi).into(),
                        data: bounded(body.data).into(),
                    },
                );
            }
            ikev2::Body::Delete(body) => push(
                &mut self.deletes,
                Delete {
                    protocol: Protocol::of_version_2(body.protocol),
                    spis: spis(&body.spis),
                },
            ),
            ikev2::Body::Identification(body) => push(
                &mut self.identities,
                Identity {
                    payload_type: payload.payload_type,
                    id_type: body.id_type.0,
                    type_name: IdTypeV2(body.id_type.0).name(),
                    value: shortened(&body.to_string()),
                    protocol: 0,
                    port: 0,
                },
            ),
            ikev2::Body::Certificate(body) => self.certificate(body.encoding.0, body.data),
            ikev2::Body::CertificateRequest(body) => {
                self.request(body.encoding.0, body.authorities);
            }
            ikev2::Body::Authentication(body) => {
                let signature_algorithm = payload
                    .body
                    .fields()
                    .into_iter()
                    .find(|field| field.name == "signature_algorithm")
                    .and_then(|field| match field.value {
                        dissectors::Value::Text(text) => Some(text.into_owned()),
                        _ => None,
                    });
                self.auth = Some(Box::new(Auth {
                    method: body.method.0,
                    signature_algorithm,
                }));
            }
            ikev2::Body::VendorId(octets) => self.vendor(octets),
            ikev2::Body::TrafficSelectors(body) => {
                let selectors = body
                    .selectors
                    .iter()
                    .take(MAX_KEPT_PAYLOADS)
                    .map(ToString::to_string)
                    .collect();
                if payload.payload_type == ikev2::PayloadType::TS_INITIATOR.0 {
                    self.selectors_initiator = selectors;
                } else {
                    self.selectors_responder = selectors;
                }
            }
            ikev2::Body::Configuration(body) => {
                self.configuration = Some(Box::new(Configuration {
                    kind: body.kind.0,
                    attributes: attributes(&body.attributes),
                    xauth_status: None,
                }));
            }
            ikev2::Body::Eap(body) => {
                self.eap = Some(Box::new(Eap {
                    code: body.code.0,
                    identifier: body.identifier,
                    eap_type: body.eap_type().map(|kind| kind.0),
                    type_name: body.eap_type().and_then(Registry::name),
                    data: bounded(body.data.get(1..).unwrap_or_default()),
                }));
            }
            _ => {}
        }
    }

    fn certificate(&mut self, encoding: u8, octets: &[u8]) {
        if self.certificates.len() >= MAX_CERTIFICATES {
            return;
        }
        let x509 = encoding == X509_SIGNATURE;
        self.certificates.push(Certificate {
            encoding,
            subject: certificate::subject(octets).filter(|_| x509),
            issuer: certificate::issuer(octets).filter(|_| x509),
            data: if octets.len() <= MAX_CERTIFICATE_OCTETS {
                octets.to_vec()
            } else {
                Vec::new()
            },
        });
    }

    fn request(&mut self, encoding: u8, octets: &[u8]) {
        if self.certificate_requests.len() < MAX_CERTIFICATES {
            self.certificate_requests.push(CertificateRequest {
                encoding,
                data: octets
                    .iter()
                    .copied()
                    .take(MAX_CERTIFICATE_OCTETS)
                    .collect(),
            });
        }
    }

    fn vendor(&mut self, octets: &[u8]) {
        if self.vendor_ids.len() < MAX_VENDORS {
            self.vendor_ids.push(bounded(octets));
        }
    }
}

fn push<T>(list: &mut ThinVec<T>, element: T) {
    if list.len() < MAX_KEPT_PAYLOADS {
        list.push(element);
    }
}

fn bounded(octets: &[u8]) -> Vec<u8> {
    octets.get(..MAX_KEPT_OCTETS).unwrap_or(octets).to_vec()
}

fn octets(data: &[u8]) -> u32 {
    u32::try_from(data.len()).unwrap_or(u32::MAX)
}

fn shortened(text: &str) -> String {
    text.chars().take(MAX_KEPT_OCTETS).collect()
}

fn spis(spis: &[&[u8]]) -> Vec<Vec<u8>> {
    spis.iter()
        .take(MAX_KEPT_PAYLOADS)
        .map(|spi| bounded(spi))
        .collect()
}

fn attributes(attributes: &[Attribute<'_>]) -> Vec<(u16, Vec<u8>)> {
    attributes
        .iter()
        .take(MAX_KEPT_PAYLOADS)
        .map(|attribute| {
            let value = match attribute.value {
                AttributeValue::Short(number) => number.to_be_bytes().to_vec(),
                AttributeValue::Long(octets) => bounded(octets),
            };
            (attribute.attribute_type, value)
        })
        .collect()
}

/// X.509 Certificate - Signature, the same number in both versions (RFC 7296, section 3.6; RFC 2408, section 3.9).
const X509_SIGNATURE: u8 = 4;
