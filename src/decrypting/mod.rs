//! Clear text as packets.

mod batch;
mod known;
mod rewrite;
mod target;
mod workers;

pub(crate) use batch::{Batch, EspJob, Kind, Meta};
pub(crate) use known::KnownSas;
pub(crate) use rewrite::{rewrite, write_again};
pub(crate) use target::Target;
pub(crate) use workers::Workers;
