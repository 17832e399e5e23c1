//! IKE_SA_INIT as it is asked and answered.

use ikescope_dissectors::ikev2::{
    Body, KeyExchange, Notify, PayloadType, Proposal, SecurityAssociation, Transform,
};
use ikescope_dissectors::registries::ikev2::{
    ExchangeType, KeyExchangeMethod, NotifyType, ProtocolId, TransformType,
};
use ikescope_dissectors::{
    Content, Flags, Header, IkeSpi, Issues, Message, Octets, Payload, Version,
};

use super::algorithm::{Algorithm, Axis};
use super::block::{Block, Combination};

/// What one IKE_SA_INIT request is made of. A retry with a cookie repeats all of it (RFC 7296, section 2.6).
#[derive(Clone, Debug)]
pub(crate) struct InitRequest<'a> {
    pub(crate) spi: IkeSpi,
    pub(crate) version: Version,
    pub(crate) nonce: &'a [u8],
    pub(crate) proposals: &'a [Block],
    pub(crate) method: KeyExchangeMethod,
    pub(crate) public: &'a [u8],
    pub(crate) cookie: Option<&'a [u8]>,
    /// Status notifications behind the nonce.
    pub(crate) notifies: &'a [(NotifyType, Vec<u8>)],
}

impl InitRequest<'_> {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let proposals = self
            .proposals
            .iter()
            .zip(1..=u8::MAX)
            .map(|(block, number)| proposal(block, number));
        let sa = SecurityAssociation {
            proposals: proposals.collect(),
        };
        let ke = KeyExchange {
            method: self.method,
            data: self.public,
        };
        let notify =
            |kind, data| Payload::new(PayloadType::NOTIFY.0, Body::Notify(Notify::new(kind, data)));
        let mut payloads = Vec::new();
        payloads.extend(self.cookie.map(|cookie| notify(NotifyType::COOKIE, cookie)));
        payloads.push(Payload::new(
            PayloadType::SA.0,
            Body::SecurityAssociation(sa),
        ));
        payloads.push(Payload::new(PayloadType::KE.0, Body::KeyExchange(ke)));
        payloads.push(Payload::new(PayloadType::NONCE.0, Body::Nonce(self.nonce)));
        payloads.extend(self.notifies.iter().map(|(kind, data)| notify(*kind, data)));
        let message = Message {
            header: Header {
                initiator_spi: self.spi,
                responder_spi: IkeSpi::NONE,
                next_payload: 0,
                version: self.version,
                exchange: ExchangeType::IKE_SA_INIT.0,
                flags: Flags::INITIATOR,
                message_id: 0,
                length: 0,
            },
            content: Content::V2(payloads),
            octets: &[],
        };
        message.encode()
    }
}

fn proposal(block: &Block, number: u8) -> Proposal<'static> {
    let main = Axis::ALL.into_iter().flat_map(|axis| {
        let sent = block
            .axis(axis)
            .iter()
            .filter(move |value| axis != Axis::Integrity || **value != Algorithm::NONE);
        sent.map(move |value| Transform::new(axis.transform_type(), value.id, value.key_bits))
    });
    let additional = (TransformType::ADDKE1.0..)
        .zip(&block.additional)
        .flat_map(|(kind, list)| {
            list.iter()
                .map(move |value| Transform::new(TransformType(kind), value.id, value.key_bits))
        });
    Proposal {
        number,
        protocol: ProtocolId::IKE,
        spi: &[],
        transforms: main.chain(additional).collect(),
    }
}

/// What a peer said to an IKE_SA_INIT request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum InitAnswer {
    /// An SA stands half-open at the peer.
    Accepted(Box<Accepted>),
    /// It wants a key exchange of this method.
    InvalidKe(Algorithm),
    /// It wants the request again with these octets.
    Cookie(Vec<u8>),
    /// An error notification.
    Refused(NotifyType),
    /// Not a response of IKEv2: another major version, or nothing that can be read.
    Other(Version),
}

/// A peer's choice and what keys are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) responder_spi: IkeSpi,
    pub(crate) choice: Combination,
    pub(crate) additional: Vec<Algorithm>,
    pub(crate) public: Vec<u8>,
    pub(crate) nonce: Vec<u8>,
    pub(crate) notifies: Vec<(NotifyType, Vec<u8>)>,
}

/// Reads an answer, and the vendor ids in it.
pub(crate) fn read(octets: &[u8]) -> (InitAnswer, Vec<Vec<u8>>) {
    let mut issues = Issues::default();
    let Some(message) = Message::parse(Octets::new(octets), &mut issues) else {
        return (InitAnswer::Other(Version(0)), Vec::new());
    };
    let Content::V2(payloads) = &message.content else {
        return (InitAnswer::Other(message.header.version), Vec::new());
    };
    let mut accepted = Accepted {
        responder_spi: message.header.responder_spi,
        choice: [Algorithm::NONE; 4],
        additional: Vec::new(),
        public: Vec::new(),
        nonce: Vec::new(),
        notifies: Vec::new(),
    };
    let (mut chosen, mut vendor_ids) = (false, Vec::new());
    for payload in payloads {
        match &payload.body {
            Body::SecurityAssociation(sa) => {
                if let Some(proposal) = sa.proposals.first() {
                    chosen = true;
                    read_choice(proposal, &mut accepted);
                }
            }
            Body::KeyExchange(ke) => accepted.public = ke.data.to_vec(),
            Body::Nonce(nonce) => accepted.nonce = nonce.to_vec(),
            Body::Notify(notify) => accepted
                .notifies
                .push((notify.notify_type, notify.data.to_vec())),
            Body::VendorId(id) => vendor_ids.push(id.to_vec()),
            _ => {}
        }
    }
    if chosen {
        return (InitAnswer::Accepted(Box::new(accepted)), vendor_ids);
    }
    let answer =
        accepted
            .notifies
            .into_iter()
            .find_map(|(kind, data)| match (kind, data.as_slice()) {
                (NotifyType::INVALID_KE_PAYLOAD, [high, low, ..]) => {
                    Some(InitAnswer::InvalidKe(Algorithm::new(u16::from_be_bytes([
                        *high, *low,
                    ]))))
                }
                (NotifyType::COOKIE, _) => Some(InitAnswer::Cookie(data)),
                (kind, _) if kind.is_error() => Some(InitAnswer::Refused(kind)),
                _ => None,
            });
    (
        answer.unwrap_or(InitAnswer::Other(message.header.version)),
        vendor_ids,
    )
}

fn read_choice(proposal: &Proposal<'_>, accepted: &mut Accepted) {
    accepted.choice = Axis::ALL.map(|axis| {
        let chosen = proposal.of_type(axis.transform_type()).next();
        chosen.map_or(Algorithm::NONE, |transform| Algorithm {
            id: transform.id,
            key_bits: transform.key_length(),
        })
    });
    let additional = (TransformType::ADDKE1.0..=TransformType::ADDKE7.0)
        .map_while(|kind| proposal.of_type(TransformType(kind)).next())
        .map(|transform| Algorithm::new(transform.id));
    accepted.additional = additional.collect();
    // NONE at the end says that nothing follows.
    while accepted.additional.last() == Some(&Algorithm::NONE) {
        accepted.additional.pop();
    }
}
