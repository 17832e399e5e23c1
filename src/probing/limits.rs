//! Bounds, each with its reason.

use std::time::Duration;

/// Targets asked at a time. One that is silent takes fifteen seconds and nine datagrams, so that this many keep 9,000
/// datagrams a second going where nobody answers, and far more where somebody does.
pub(super) const MAX_ACTIVE: usize = 1 << 14;

/// Datagrams taken from a socket before anything else is done: timers must not wait behind a flood.
pub(super) const RECEIVED_AT_ONCE: usize = 256;

/// Datagrams sent before answers are taken: fewer answers than a socket of any system can hold.
pub(super) const SENT_AT_ONCE: usize = 64;

/// Octets of a datagram: the most that UDP can carry.
pub(super) const MAX_DATAGRAM: usize = 65_535;

/// How soon Ctrl-C is noticed.
pub(super) const PATIENCE: Duration = Duration::from_millis(100);

/// Connections of TCP at a time: each has a thread.
pub(super) const MAX_CONNECTIONS: usize = 64;

/// Octets that the system may hold for a socket; it gives as much as the administrator allows.
pub(super) const BUFFER: usize = 4 << 20;

/// Times that a datagram is given to the system again, which first reports the ICMP errors of earlier ones.
pub(super) const SEND_ATTEMPTS: usize = 4;
