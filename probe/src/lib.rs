//! What to ask an IKE peer, when, and what its answers mean.
//!
//! A [`Probe`] is about one address. It has no socket, no clock and no source of randomness: whoever drives it sends what
//! [`Probe::poll_transmit`] gives, hands over what arrives, wakes it when [`Probe::poll_timeout`] says, and gives it a seed.
//!
//! Below are the exchanges: pacing, retransmission and which answer belongs to which question (`transport`). Above are the
//! strategies, one for each version and mode, which decide what to ask next (`ikev1`, `ikev2`). A strategy is an `async`
//! function: the compiler makes the state machine, and [`Dialogue`] is what it awaits.

mod config;
mod dialogue;
mod facts;
pub mod ikev1;
pub mod ikev2;
mod implementation;
mod key_exchanges;
mod limits;
mod named;
mod probe;
mod random;
mod report;
mod transport;

pub use config::{Config, Depth, Framing, Protocol, Target};
pub use dialogue::{Dialogue, Expected, Known, Reply, Request};
pub use facts::peer_facts;
pub use key_exchanges::KeyExchanges;
pub use limits::{HALF_OPEN_TIMEOUT, MAX_ACCEPTED, MAX_HALF_OPEN, MAX_NOTES, MAX_VENDOR_IDS};
pub use named::Named;
pub use probe::Probe;
pub use random::Random;
pub use report::{Icmp, NatFacts, Outcome, Report};
pub use transport::{Counters, Transmit};
