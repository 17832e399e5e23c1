//! A packet as an object: the types behind JSON and CSV, made from observations.

mod build;
mod fields;
mod merge;
mod opened;
mod types;

pub(crate) use merge::Frames;
pub(crate) use types::Packet;
