//! What packets mean together: exchanges, retransmissions, tunnels.
//!
//! An [`Inspector`] takes the datagrams of a capture in order and says of each what it is and how it stands to those
//! before it. It holds a bounded amount of state, whatever the capture holds.

pub mod audit;
pub mod diagnosis;
mod duplicates;
mod exchanges;
mod folding;
mod fragments;
mod inspector;
mod limits;
mod nat_detection;
mod observation;
mod opened;
pub mod opening;
mod recent;
pub mod tunnels;

pub use inspector::{Inspector, InspectorOptions, plain_esp};
pub use observation::{
    Body, Content, Encapsulation, Endpoint, EspPacket, FrameId, Ike, NatDetection, Observation,
    Quoted, Reassembled, Unrelated,
};
pub use opened::{
    Carriage, Closed, EspOpened, Inner, Integrity, KeySource, Opened, OpeningNote, Proof, Verdict,
    Verification,
};
