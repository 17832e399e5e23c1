//! Message authentication codes: integrity algorithms and pseudorandom functions, by their numbers.

mod function;
mod gmac;
mod integrity;
mod prf;
mod xcbc;

pub use integrity::{Integrity, IntegrityFacts};
pub use prf::{Prf, PrfFacts};
