//! Whom to ask, and how.

use std::net::SocketAddr;

use crate::key_exchanges::KeyExchanges;

/// One address of a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// What the user named: a name or an address.
    pub name: String,
    /// Where questions go.
    pub remote: SocketAddr,
    /// Where they come from, as the peer would see it without address translation; `None` when it is not known, and then
    /// nothing is said about NAT.
    pub local: Option<SocketAddr>,
}

/// A version and mode, each with a strategy of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// IKEv2.
    Ikev2,
    /// IKEv1 main mode.
    Ikev1Main,
    /// IKEv1 aggressive mode.
    Ikev1Aggressive,
}

/// How much to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// At most ten datagrams to the target: versions, what is chosen, whether something weak is accepted.
    Quick,
    /// IKEv2 complete, one question each to the modes of IKEv1.
    Standard,
    /// IKEv1 complete too, longer orders of preference, and additional key exchanges with uncommon algorithms.
    Full,
}

/// What stands in front of an IKE message in a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// The marker on every port but 500 and 848; on a port of no standing both forms are tried until one is answered.
    ByPort,
    /// Nothing (RFC 7296, section 2).
    Plain,
    /// The non-ESP marker (RFC 3948, section 2.2).
    Marker,
    /// The non-ESP marker before every message of a TCP stream (RFC 9329, section 3.1).
    Stream,
}

/// How to ask.
#[derive(Clone, Debug)]
pub struct Config {
    /// In the order in which they are asked.
    pub protocols: Vec<Protocol>,
    /// How much to ask.
    pub depth: Depth,
    /// Datagrams a second to this target at most; halved on loss, raised again by one on each answer.
    pub target_rate: f64,
    /// What stands in front of a message.
    pub framing: Framing,
    /// Transmissions of one question before it counts as silence.
    pub transmissions: u32,
    /// Octets of one message at most, where a question can be split.
    pub max_message: usize,
    /// IKE SAs half-open at the peer at most.
    pub half_open: usize,
    /// One thing to ask IKEv2 in place of everything.
    pub ikev2_only: Option<crate::ikev2::Offer>,
    /// Questions of IKEv1.
    pub ikev1: crate::ikev1::Ikev1Config,
    /// Whether to listen how an answer is repeated that is not continued, which takes half a minute for each mode of IKEv1.
    pub fingerprint: bool,
    /// Key exchanges that all probes with a copy of this configuration share.
    pub key_exchanges: KeyExchanges,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            protocols: vec![
                Protocol::Ikev2,
                Protocol::Ikev1Main,
                Protocol::Ikev1Aggressive,
            ],
            depth: Depth::Standard,
            target_rate: 20.0,
            framing: Framing::ByPort,
            transmissions: 4,
            max_message: crate::limits::MAX_MESSAGE,
            half_open: crate::limits::MAX_HALF_OPEN,
            ikev2_only: None,
            ikev1: crate::ikev1::Ikev1Config::default(),
            fingerprint: false,
            key_exchanges: KeyExchanges::default(),
        }
    }
}
