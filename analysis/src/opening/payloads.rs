//! What keys and proofs need of the payloads of an IKEv2 message.

use std::net::IpAddr;

use ikescope_dissectors::ikev2::{Body, SecurityAssociation, Selector, TrafficSelectors};
use ikescope_dissectors::registries::ikev2::{
    AuthenticationMethod, CertificateEncoding, KeyExchangeMethod, NotifyType, PayloadType,
};
use ikescope_dissectors::{Content, Payload};

use super::choice::{ChildChoice, IkeChoice, child_choices, ike_choice, ike_spi};

/// The facts of one chain of payloads, in clear or opened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) ike: Option<IkeChoice>,
    /// SPI of the IKE proposal, as a number.
    pub(crate) ike_spi: Option<u64>,
    pub(crate) children: Vec<ChildChoice>,
    pub(crate) key_exchange: Option<(KeyExchangeMethod, Vec<u8>)>,
    pub(crate) nonce: Option<Vec<u8>>,
    /// Bodies of IDi and IDr without the generic header.
    pub(crate) id_i: Option<Vec<u8>>,
    pub(crate) id_r: Option<Vec<u8>>,
    pub(crate) auth: Option<Auth>,
    pub(crate) no_ppk_auth: Option<Vec<u8>>,
    /// The first X.509 certificate: that of the key (RFC 7296, section 3.6).
    pub(crate) certificate: Option<Vec<u8>>,
    pub(crate) uses_ppk: bool,
    pub(crate) ppk_id: Option<Vec<u8>>,
    uses_beet: bool,
    /// TSi and TSr, where each is one address.
    selectors: (Option<IpAddr>, Option<IpAddr>),
}

/// An AUTH payload.
#[derive(Clone, Debug)]
pub(crate) struct Auth {
    pub(crate) method: AuthenticationMethod,
    pub(crate) data: Vec<u8>,
}

impl Facts {
    /// Of a message's content.
    pub(crate) fn of(content: &Content<'_>) -> Self {
        let mut facts = Self::default();
        if let Content::V2(payloads) = content {
            payloads.iter().for_each(|payload| facts.take(payload));
        }
        facts
    }

    fn take(&mut self, payload: &Payload<'_, Body<'_>>) {
        let body = || payload.octets.get(4..).map(<[u8]>::to_vec);
        match &payload.body {
            Body::SecurityAssociation(sa) => self.take_sa(sa),
            Body::KeyExchange(key_exchange) => {
                self.key_exchange = Some((key_exchange.method, key_exchange.data.to_vec()));
            }
            Body::Nonce(nonce) => self.nonce = Some(nonce.to_vec()),
            Body::Identification(_) => match PayloadType(payload.payload_type) {
                PayloadType::ID_INITIATOR => self.id_i = body(),
                PayloadType::ID_RESPONDER => self.id_r = body(),
                _ => {}
            },
            Body::Authentication(auth) => {
                self.auth = Some(Auth {
                    method: auth.method,
                    data: auth.data.to_vec(),
                });
            }
            Body::Certificate(certificate)
                if certificate.encoding == CertificateEncoding::X509_SIGNATURE
                    && self.certificate.is_none() =>
            {
                self.certificate = Some(certificate.data.to_vec());
            }
            Body::Notify(notify) => match notify.notify_type {
                NotifyType::NO_PPK_AUTH => self.no_ppk_auth = Some(notify.data.to_vec()),
                NotifyType::USE_PPK => self.uses_ppk = true,
                NotifyType::USE_BEET_MODE => self.uses_beet = true,
                NotifyType::PPK_IDENTITY => {
                    self.ppk_id = Some(notify.data.get(1..).unwrap_or_default().to_vec());
                }
                _ => {}
            },
            Body::TrafficSelectors(selectors) => {
                let single = single(selectors);
                match PayloadType(payload.payload_type) {
                    PayloadType::TS_INITIATOR => self.selectors.0 = single,
                    _ => self.selectors.1 = single,
                }
            }
            _ => {}
        }
    }

    /// The addresses of what BEET mode carries from who began the exchange to who answered with this.
    pub(crate) fn beet(&self) -> Option<(IpAddr, IpAddr)> {
        let (initiator, responder) = self.selectors;
        initiator.zip(responder).filter(|_| self.uses_beet)
    }

    fn take_sa(&mut self, sa: &SecurityAssociation<'_>) {
        self.ike = ike_choice(sa);
        self.ike_spi = ike_spi(sa);
        self.children = child_choices(sa);
    }
}

/// The address that all selectors mean, if it is one.
fn single(selectors: &TrafficSelectors<'_>) -> Option<IpAddr> {
    let mut addresses = selectors.selectors.iter().map(|selector| match selector {
        Selector::Range { addresses, .. } => Some(*addresses),
        Selector::Other { .. } => None,
    });
    let (first, last) = addresses.next()??;
    let same = first == last && addresses.all(|other| other == Some((first, last)));
    same.then_some(first)
}
