//! What to ask an IKEv2 peer.

mod algorithm;
mod block;
mod report;
mod strategy;

pub use algorithm::{Algorithm, Axis};
pub use block::{Block, Combination, Offer};
pub use report::{Chooses, Ikev2Box, Ikev2Report, Ikev2Suite, Preference};
pub use strategy::ask;
