//! Tunnels: IKE SAs with their messages, child SAs and flows of ESP and AH.
//!
//! A [`Tracker`] takes observations in order and hands out each [`Tunnel`] when it has ended. What it knows is owned,
//! bounded, and in the time of the capture.

mod capture_facts;
mod child;
mod children;
mod finished;
mod flow;
mod flow_table;
mod fragmented;
mod inference;
mod inside;
mod live;
mod message;
mod nat_address;
mod outcome;
mod payloads;
mod proposal;
mod reading;
mod sizes;
mod steps;
mod tcp;
mod threads;
mod tracker;
mod tunnel;

pub use capture_facts::{CaptureFacts, FragmentedDatagram, Surroundings, Traffic};
pub use child::{Child, ChildState, EncapsulationMode, ForwardSecrecy};
pub use finished::Finished;
pub use flow::{Flow, IcmpError, PortChange};
pub use inside::{InnerEnds, Inside};
pub use message::{Message, Sender, SenderEnds, Step, Transmission};
pub use nat_address::find_nat_addresses;
pub use payloads::{
    Auth, Certificate, CertificateRequest, Configuration, Delete, Eap, Identity, KeyExchange,
    Notify, Payloads,
};
pub use proposal::{Algorithms, Lifetime, Proposal, Protocol, Suite, Transform};
pub use tcp::TcpConnection;
pub use tracker::Tracker;
pub use tunnel::{
    Authentication, Keepalives, Mode, Opening, Peer, PskCheck, PskResult, Rekeys, Stage, State,
    Tunnel, Vendor,
};
