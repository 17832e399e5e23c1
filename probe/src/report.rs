//! What is known of a peer after it was asked.

use std::net::IpAddr;
use std::time::Duration;

use ikescope_analysis::audit::PeerFacts;

use crate::config::Target;
use crate::ikev1::Ikev1Report;
use crate::ikev2::Ikev2Report;
use crate::transport::Counters;

/// How a peer answered in one version and mode. Six different things: none of them is said where another is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// Something that was offered is accepted.
    Accepted,
    /// It answered, and accepts nothing of what was offered.
    Refused,
    /// No answer, which may be a refusal, a filter, or nobody.
    Silent,
    /// The path or the host said that nobody is there (ICMP).
    Unreachable,
    /// It answered at first, then stopped, also to what it had answered before.
    RateLimited,
    /// The same question got different answers.
    Unstable,
    /// Nobody asked.
    #[default]
    NotTried,
}

/// An ICMP message about a datagram that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Icmp {
    /// Its type (RFC 792; RFC 4443).
    pub kind: u8,
    /// Its code.
    pub code: u8,
    /// Who sent it.
    pub from: Option<IpAddr>,
}

/// Whether NAT detection hashes of the peer match the addresses that were used (RFC 7296, section 2.23).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NatFacts {
    /// The peer's own address, as it knows it.
    pub source_matches: Option<bool>,
    /// Ours, as the peer sees it.
    pub destination_matches: Option<bool>,
}

/// Everything about one target.
#[derive(Clone, Debug)]
pub struct Report {
    /// Who was asked.
    pub target: Target,
    /// IKEv2; `None` when the configuration leaves it out.
    pub ikev2: Option<Ikev2Report>,
    /// IKEv1 main mode.
    pub ikev1_main: Option<Ikev1Report>,
    /// IKEv1 aggressive mode.
    pub ikev1_aggressive: Option<Ikev1Report>,
    /// The last ICMP message that came.
    pub icmp: Option<Icmp>,
    /// Vendor ids of all answers, in the order in which they were first seen.
    pub vendor_ids: Vec<Vec<u8>>,
    /// What a capture of the answers would show.
    pub heard: PeerFacts,
    /// What the peer looks like, by vendor ids and behaviour.
    pub implementation: Option<String>,
    /// Address translation on the path.
    pub nat: NatFacts,
    /// Datagrams and octets.
    pub counters: Counters,
    /// From the first datagram to the end.
    pub duration: Duration,
}
