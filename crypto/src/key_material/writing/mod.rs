//! Key material written down for other programs, and for this one.

mod ikescope;
mod target;
mod tcpdump;
mod wireshark;

pub use target::{LeftOut, Target, Written, write};
