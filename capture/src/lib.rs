//! Packets from capture files and interfaces, up to the datagram
//!
//! ```text
//! FileReader, Inputs, live::Source -> Frame -> Stack -> Datagram
//! ```
//!
//! A [`Frame`] is what was captured, with its time and link type. A [`Stack`] walks from the link layer to the
//! datagram, puts IP fragments and TCP streams together again and calls back once per [`Datagram`].
//! Nothing here knows IKE or keys.

mod error;
mod file;
mod frame;
mod inputs;
pub mod limits;
mod link_type;
mod rewrite;
mod stack;
mod write;

#[cfg(feature = "live")]
pub mod filter;
#[cfg(feature = "live")]
pub mod live;

pub use error::{CaptureError, Lookalike};
pub use file::FileReader;
pub use frame::{Frame, Timestamp};
pub use inputs::{Arrival, Glanced, Inputs, NoGlance};
pub use link_type::LinkType;
pub use rewrite::{Carried, Envelope};
pub use stack::{
    Content, Datagram, Dropped, NotIp, Note, Options, PlainPacket, Quoted, Stack, TcpSegment,
    transport,
};
pub use write::{PacketBlock, PcapngWriter};
