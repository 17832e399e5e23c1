//! Facts about peers from the packets of a capture.

mod collector;
mod conversation;
mod convert;
mod flows;
mod limits;
mod oddness;
mod outside;
mod peers;
mod phase_one;
mod sa;
mod tried;
mod version_2;

pub use collector::Collector;
pub use conversation::Conversation;
pub use convert::{offer_of_v1, offer_of_v2, transforms_of_v1, transforms_of_v2};
