//! The sockets and the clock of `probe`: many targets at once, within a rate.

mod driver;
mod icmp;
mod limits;
mod pace;
mod record;
mod resume;
mod sockets;
pub(crate) mod tcp;
mod unreachable;

pub(crate) use driver::{Asked, Driver, Settings, Tally};
pub(crate) use record::Recorder;
pub(crate) use resume::Resume;
