//! What packets mean together: exchanges, retransmissions, tunnels.

mod observation;

pub use observation::{
    Content, Encapsulation, Endpoint, FrameId, Ike, NatDetection, Observation, Quoted, Reassembled,
};
