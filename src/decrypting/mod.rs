//! Clear text as packets.

mod batch;
mod rewrite;
mod target;
mod workers;

pub(crate) use batch::{Batch, Kind, Meta, numbers};
pub(crate) use rewrite::{esp_job, rewrite, write_again};
pub(crate) use target::Target;
pub(crate) use workers::Workers;
