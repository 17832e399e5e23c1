//! IPsec on the wire: octets to messages and back, and the IANA registries.
//!
//! Dissecting never fails and never panics: [`Message::parse`] returns what could be read, and [`Issues`] say where the
//! rest departs from the standard. Nothing here knows keys, files, sockets, clocks or severity.

mod address;
mod ah;
mod attribute;
pub mod certificate;
mod esp;
mod field;
mod header;
pub mod ikev1;
pub mod ikev2;
mod ipcomp;
mod issue;
mod limits;
mod message;
mod octets;
mod packet;
mod payload;
pub mod registries;
mod registry;
pub mod vendor_id;
mod wesp;

pub use ah::Ah;
pub use attribute::{Attribute, AttributeValue};
pub use esp::{Esp, Spi};
pub use field::{Field, Value, field};
pub use header::{Flags, HEADER_LEN, Header, IkeSpi, Version};
pub use ipcomp::IpComp;
pub use issue::{Issue, IssueKind, Issues};
pub use limits::MAX_ISSUES;
pub use message::{Content, Message};
pub use octets::{Cut, IResult, Octets, Span, rest};
pub use packet::{Packet, looks_like_ike, nat_traversal_is_esp};
pub use payload::{Body, Context, PAYLOAD_HEADER_LEN, Payload, encode_chain, parse_chain};
pub use registry::Registry;
pub use wesp::Wesp;
