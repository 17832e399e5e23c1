//! One IKE SA while its messages are read.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use ikescope_capture::Timestamp;

use super::super::algorithm::Algorithm;
use super::super::facts::{Evidence, Transforms};
use super::limits::{MAX_MESSAGES, MAX_PENDING};

/// What is remembered of an IKE SA.
#[derive(Debug)]
pub(super) struct Sa {
    pub(super) initiator: IpAddr,
    pub(super) responder: IpAddr,
    pub(super) first: Option<Timestamp>,
    pub(super) last: Option<Timestamp>,
    pub(super) evidence: Evidence,
    /// What the initiator offered for the IKE SA.
    pub(super) offered: Arc<[Transforms]>,
    /// Numbers of these proposals.
    pub(super) numbers: Vec<u8>,
    /// Method of the initiator's first public value.
    pub(super) first_method: Option<Algorithm>,
    /// What was agreed on.
    pub(super) chosen: Option<Transforms>,
    /// SPI of the responder in the message that agreed.
    pub(super) responder_spi: u64,
    /// Nonces of both sides before the PRF is known: whose, octets, why odd, and the message.
    pub(super) nonces: Vec<(IpAddr, usize, Option<&'static str>, Evidence)>,
    /// Exchanges that were seen, as numbers of IKEv2.
    pub(super) exchanges: HashSet<u8>,
    /// Whether a new key exchange was begun.
    pub(super) rekeyed: bool,
    /// Requests that await an answer: message ID and who asked.
    pub(super) pending: HashMap<(u32, IpAddr), Pending>,
    /// Octets of requests by message ID, sender and fragment.
    pub(super) requests: HashMap<(u32, IpAddr, u16), (u64, Evidence)>,
    /// Octets of the first request and of all answers to it, for IKE_SA_INIT and phase 1.
    pub(super) first_exchange: FirstExchange,
    /// Offer and identity of a first message of aggressive mode, in a short form, and its octets.
    pub(super) asked: Option<(u64, u64, u64)>,
    /// Whether the initiator would do without an AUTH payload of the responder (RFC 5998).
    pub(super) eap_only_offered: bool,
    /// Whether EAP authenticates the initiator.
    pub(super) eap: bool,
    /// Whether the responder has sent an AUTH payload.
    pub(super) responder_authenticated: bool,
    /// Whether the first child is still to come.
    pub(super) first_child_to_come: bool,
    /// Whether the suite of the IKE SA was handed out.
    pub(super) told: bool,
}

/// A request that offers something.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) offers: Vec<OfferedChild>,
}

/// One proposal of a request.
#[derive(Clone, Debug)]
pub(super) struct OfferedChild {
    pub(super) number: u8,
    pub(super) protocol: u8,
    pub(super) spi: Option<u32>,
    /// SPI of a new IKE SA.
    pub(super) ike_spi: Option<u64>,
    pub(super) transforms: Transforms,
}

/// How many octets the first exchange took.
#[derive(Debug, Default)]
pub(super) struct FirstExchange {
    pub(super) request_octets: u64,
    pub(super) reply_octets: u64,
    pub(super) over: bool,
    pub(super) first_request: Option<u64>,
}

impl Sa {
    pub(super) fn new(initiator: IpAddr, responder: IpAddr, evidence: Evidence) -> Self {
        Self {
            initiator,
            responder,
            first: None,
            last: None,
            evidence,
            offered: Arc::default(),
            numbers: Vec::new(),
            first_method: None,
            chosen: None,
            responder_spi: 0,
            nonces: Vec::new(),
            exchanges: HashSet::new(),
            rekeyed: false,
            pending: HashMap::new(),
            requests: HashMap::new(),
            first_exchange: FirstExchange::default(),
            asked: None,
            eap_only_offered: false,
            eap: false,
            responder_authenticated: false,
            first_child_to_come: true,
            told: false,
        }
    }

    pub(super) fn await_answer(&mut self, key: (u32, IpAddr), pending: Pending) {
        if self.pending.len() < MAX_PENDING {
            self.pending.insert(key, pending);
        }
    }

    /// Remembers a request; the earlier one with the same message ID and other octets, or with a higher message ID, if
    /// there is one.
    pub(super) fn request(
        &mut self,
        key: (u32, IpAddr, u16),
        digest: u64,
        evidence: &Evidence,
    ) -> Option<Evidence> {
        match self.requests.get(&key) {
            Some((known, _)) if *known == digest => None,
            Some((_, first)) => Some(first.clone()),
            None => {
                let (message_id, sender, _) = key;
                let of_sender = self
                    .requests
                    .iter()
                    .filter(|((_, from, _), _)| *from == sender);
                let highest = of_sender.max_by_key(|((id, ..), _)| *id);
                let higher = highest
                    .filter(|((id, ..), _)| *id > message_id)
                    .map(|(_, (_, first))| first.clone());
                if self.requests.len() < MAX_MESSAGES {
                    self.requests.insert(key, (digest, evidence.clone()));
                }
                higher
            }
        }
    }

    /// Strength and name of the key exchange.
    pub(super) fn ke(&self) -> Option<Algorithm> {
        self.chosen.as_ref()?.real_ke().next()
    }

    /// The cipher of the IKE SA.
    pub(super) fn cipher(&self) -> Option<Algorithm> {
        self.chosen.as_ref()?.encr.first().copied()
    }
}
