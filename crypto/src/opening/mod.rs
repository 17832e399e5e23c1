//! Opening of encrypted messages and packets, and sealing as its inverse.
//!
//! All functions work on the octets as they were on the wire: what is covered by an integrity check value is not what a
//! parser understood of a message.

mod ah;
mod esp;
mod ikev1;
mod ikev2;
mod limits;
mod protection;

pub use ah::{AhPacket, verify_ah};
pub use esp::{EspContent, open_esp, seal_esp};
pub use ikev1::{FirstBlock, Ivs, OpenedMessage, open_message};
pub use ikev2::{OpenedPayload, open_payload, seal_payload, sealed_len};
pub use limits::{MAX_EXCHANGES, MAX_IVS};
pub use protection::Protection;
