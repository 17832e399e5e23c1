//! Whom to ask: names, addresses, networks and lists of them, in random order, split over machines.

mod limits;
mod list;
mod order;
mod ranges;
mod shard;

pub(crate) use list::{Target, Targets, Wanted, system_resolver};
pub(crate) use shard::Shard;
