//! What somebody who tries a responder finds out: whether it tells identities of aggressive mode apart, and how many
//! half-open IKE SAs it takes without a cookie.

use std::collections::HashMap;
use std::net::IpAddr;

use ikescope_capture::Timestamp;

use super::super::facts::{Evidence, PeerFacts};
use super::limits::{MAX_PEERS, MAX_TRIED};

/// The first messages of an initiator, as one responder takes them.
#[derive(Debug, Default)]
pub(super) struct Tried {
    aggressive: HashMap<Ends, Vec<Asked>>,
    /// SPIs, and since when.
    half_open: HashMap<Ends, Vec<(u64, Option<Timestamp>)>>,
}

/// A responder and an initiator.
type Ends = (IpAddr, IpAddr);

/// A first message of aggressive mode and what it met.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// What was offered and who was said to be there, in a short form.
    pub(super) offer: u64,
    pub(super) identity: u64,
    pub(super) answer: Answer,
}

/// How a responder takes an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Silence,
    Refusal,
    /// With the vendor ID of dead peer detection or without.
    Agreement(bool),
}

impl Tried {
    /// Another identity has met something. Whether the same offer met something else with an identity before it.
    pub(super) fn asked(&mut self, responder: IpAddr, initiator: IpAddr, asked: Asked) -> bool {
        let key = (responder, initiator);
        if self.aggressive.len() >= MAX_PEERS && !self.aggressive.contains_key(&key) {
            return false;
        }
        let list = self.aggressive.entry(key).or_default();
        let differs = list.iter().any(|other| {
            other.offer == asked.offer
                && other.identity != asked.identity
                && other.answer != asked.answer
        });
        if list.len() < MAX_TRIED {
            list.push(asked);
        }
        differs
    }

    /// IKE_SA_INIT was answered with keys to be made.
    pub(super) fn opened(
        &mut self,
        ends: Ends,
        spi: u64,
        time: Option<Timestamp>,
        evidence: &Evidence,
        peer: &mut PeerFacts,
    ) {
        if self.half_open.len() >= MAX_PEERS && !self.half_open.contains_key(&ends) {
            return;
        }
        let list = self.half_open.entry(ends).or_default();
        list.retain(|(_, since)| {
            time.zip(*since)
                .is_none_or(|(now, since)| now.seconds - since.seconds <= HALF_OPEN_SECONDS)
        });
        if list.len() < MAX_TRIED {
            list.push((spi, time));
        }
        let open = u32::try_from(list.len()).unwrap_or(u32::MAX);
        let most = peer.probe.half_open.as_ref().map_or(0, |(most, _)| *most);
        if open > most {
            peer.probe.half_open = Some((open, evidence.clone()));
        }
    }

    /// The IKE SA is not half-open any more.
    pub(super) fn went_on(&mut self, responder: IpAddr, initiator: IpAddr, spi: u64) {
        if let Some(list) = self.half_open.get_mut(&(responder, initiator)) {
            list.retain(|(open, _)| *open != spi);
        }
    }
}

/// How long responders wait for IKE_AUTH, by default or less.
const HALF_OPEN_SECONDS: i64 = 30;
