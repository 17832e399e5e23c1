//! Clear text from secrets: what follows from the keys of the user, and which message or packet it opens.

mod bulk;
mod children;
mod choice;
mod derived;
mod epoch;
mod esp_sa;
mod flows;
mod held;
mod ike_sa_v1;
mod ike_sa_v2;
mod inner;
mod key_ring;
mod null;
mod opener;
mod origin;
mod payloads;
mod proofs;
mod signature;
mod split;
mod tally;

pub use bulk::{InBulk, ReadySa};
pub use key_ring::{KeyRing, KeyUse, Refusal};
pub use opener::{Opener, OpenerOptions};
pub use tally::{SaName, SaTally, Tally};
