//! Peers by address, and how facts about them are kept bounded.

use std::collections::HashMap;
use std::net::IpAddr;

use ikescope_capture::Timestamp;

use super::super::facts::{PeerFacts, Source};
use super::limits::{MAX_FACTS, MAX_PEERS};

/// What is known of each address, in the order of first sight.
#[derive(Debug, Default)]
pub(super) struct Peers {
    index: HashMap<IpAddr, usize>,
    list: Vec<PeerFacts>,
    /// The only address that matters, if there is one.
    only: Option<IpAddr>,
    /// Addresses beyond the bound.
    forgotten: PeerFacts,
}

impl Peers {
    /// Keeps nothing but what is about this address.
    pub(super) fn only(address: IpAddr) -> Self {
        Self {
            only: Some(address),
            list: Vec::with_capacity(1),
            ..Self::default()
        }
    }

    /// Whether anything is kept of this address.
    pub(super) fn matters(&self, address: IpAddr) -> bool {
        self.only.is_none_or(|only| only == address)
    }

    pub(super) fn get(&self, address: IpAddr) -> Option<&PeerFacts> {
        self.list.get(*self.index.get(&address)?)
    }

    /// The facts of an address. Beyond the bound all addresses share one that is thrown away.
    pub(super) fn of(&mut self, address: IpAddr) -> &mut PeerFacts {
        if let Some(at) = self.index.get(&address) {
            return self.list.get_mut(*at).unwrap_or(&mut self.forgotten);
        }
        if self.list.len() >= MAX_PEERS || !self.matters(address) {
            self.forgotten = PeerFacts::default();
            return &mut self.forgotten;
        }
        self.index.insert(address, self.list.len());
        self.list
            .push(PeerFacts::new(address.to_string(), Source::Capture));
        self.list.last_mut().unwrap_or(&mut self.forgotten)
    }

    pub(super) fn seen(&mut self, address: IpAddr, time: Option<Timestamp>) {
        let peer = self.of(address);
        peer.seen = time.or(peer.seen);
    }

    pub(super) fn into_list(self) -> Vec<PeerFacts> {
        self.list
    }
}

/// Adds a fact, unless one that says the same is there or there are too many.
pub(super) fn add<T>(
    list: &mut Vec<T>,
    left_out: &mut u64,
    fact: T,
    same: impl Fn(&T, &T) -> bool,
) {
    if list.iter().any(|known| same(known, &fact)) {
        return;
    }
    if list.len() >= MAX_FACTS {
        *left_out += 1;
        return;
    }
    list.push(fact);
}
