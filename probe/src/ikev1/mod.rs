//! What to ask an IKEv1 peer.

mod config;
mod enumeration;
mod fingerprint;
mod messages;
mod mode;
mod report;
mod strategies;
mod suite;
mod summary;
mod universe;

pub use config::Ikev1Config;
pub use enumeration::Chooses;
pub use report::{Ikev1Box, Ikev1Report, Ikev1Suite};
pub use strategies::{ask_aggressive, ask_main};
pub use suite::{Cipher, Suite};
pub use universe::Universe;
