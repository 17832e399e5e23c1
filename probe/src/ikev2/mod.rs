//! What to ask an IKEv2 peer.

mod algorithm;
mod asides;
mod block;
mod close;
mod describe;
mod grow;
mod hybrid;
mod knowledge;
mod message;
mod nat;
mod oracle;
mod order;
mod refine;
mod report;
mod strategy;

pub use algorithm::{Algorithm, Axis};
pub use block::{Block, Combination, Offer};
pub use close::ProbeKeys;
pub use report::{Chooses, Ikev2Box, Ikev2Report, Ikev2Suite, Preference};
pub use strategy::ask;
