//! Bounds, each with its reason.

use std::time::Duration;

/// IKE SAs that may be half-open at a peer at any time. strongSwan asks for cookies from three on and blocks the address
/// from five on.
pub const MAX_HALF_OPEN: usize = 2;

/// For how long a half-open IKE SA is taken to stay at a peer that was not seen to forget it: strongSwan's default.
pub const HALF_OPEN_TIMEOUT: Duration = Duration::from_secs(30);

/// The same of a peer that was told to give it up and said nothing: libreswan's default, and a second for the way.
pub(crate) const KEPT_TIMEOUT: Duration = Duration::from_secs(61);

/// Seconds before each question to a peer that answered before and that ICMP now says to be gone: a daemon takes some to
/// start anew.
pub(crate) const RESTART: [u64; 4] = [1, 3, 5, 8];

/// Suites of a policy that are listed one by one. The boxes are exact; more lines than this nobody reads.
pub const MAX_ACCEPTED: usize = 1_000;

/// Notes in one report: each kind is written once, and there are fewer kinds than this.
pub const MAX_NOTES: usize = 64;

/// Repetitions of one answer that are noted: the most eager implementation makes seven in the time that is listened.
pub(crate) const MAX_ARRIVALS: usize = 32;

/// Answers from elsewhere that are told of one target: more say nothing new.
pub(crate) const MAX_STRAYS: usize = 4;

/// Vendor ids kept of a peer. Real ones send fewer than twenty.
pub const MAX_VENDOR_IDS: usize = 64;

/// Octets of an IKE message that fit a datagram on a path of 1,280 octets without fragments (IPv6, RFC 8200, section 5),
/// with room for the marker and tunnels.
pub(crate) const MAX_MESSAGE: usize = 1_200;

/// Datagrams that one strategy may send. The largest policy of a real peer took 120; a peer that answers at random must
/// not be asked for ever.
pub(crate) const MAX_DATAGRAMS: u64 = 4_000;

/// Datagrams that a quick look at a target may take, whatever is lost and however it answers.
pub(crate) const MAX_QUICK: u64 = 10;

/// Datagrams that are remembered of a quick look: what was sent, and as many answers, some of them twice.
pub(crate) const MAX_TRANSCRIPT: usize = 32;
