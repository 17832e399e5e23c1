//! From a frame to the datagrams it carries

mod datagram;
mod decode;
mod fragments;
mod ip;
mod link;
mod notes;
mod plain;
mod tcp;
mod transport;

pub use datagram::{Content, Datagram, NotIp, Note, Quoted, TcpSegment};
pub use decode::{Dropped, Options, Stack};
pub(crate) use link::outermost_ip_header;
pub use plain::PlainPacket;
pub use transport::transport;
