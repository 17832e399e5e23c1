//! What to ask an IKEv1 peer.

mod config;
mod report;
mod strategies;

pub use config::Ikev1Config;
pub use report::{Ikev1Box, Ikev1Report, Ikev1Suite};
pub use strategies::{ask_aggressive, ask_main};
