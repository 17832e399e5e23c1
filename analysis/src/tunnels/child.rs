//! Child SAs: the SAs of ESP and AH that an IKE SA made.

use ikescope_capture::Timestamp;
use ikescope_dissectors::Spi;
use ikescope_dissectors::registries::ikev1;

use super::flow::Flow;
use super::message::Sender;
use super::proposal::{Proposal, Protocol};
use crate::observation::FrameId;

/// A pair of SAs of ESP or AH.
#[derive(Clone, Debug)]
pub struct Child {
    /// ESP or AH.
    pub protocol: Protocol,
    /// Tunnel or transport, where it is known.
    pub mode: Option<EncapsulationMode>,
    /// The SPI that the initiator of the tunnel chose, of packets sent to it.
    pub spi_initiator: Option<Spi>,
    /// The SPI that the responder of the tunnel chose.
    pub spi_responder: Option<Spi>,
    /// What was offered, as far as it could be read.
    pub offered: Vec<Proposal>,
    /// What was chosen.
    pub chosen: Option<Proposal>,
    /// Perfect forward secrecy; `None` unknown.
    pub pfs: Option<ForwardSecrecy>,
    /// What the initiator of the tunnel has behind it.
    pub selectors_initiator: Vec<String>,
    /// What the responder of the tunnel has behind it.
    pub selectors_responder: Vec<String>,
    /// Negotiated lifetime (IKEv1).
    pub lifetime_seconds: Option<u64>,
    /// Whether only the timing of ESP tells of it.
    pub inferred: bool,
    /// What became of it.
    pub state: ChildState,
    /// Who asked for it.
    pub requested_by: Option<Sender>,
    /// Frame of the request.
    pub request: Option<FrameId>,
    /// Frame of the message that completed it or refused it.
    pub response: Option<FrameId>,
    /// When it came up, or was refused.
    pub time: Option<Timestamp>,
    /// Index of the child in [`Tunnel::children`](super::Tunnel::children) that this one replaced.
    pub replaces: Option<usize>,
    /// Who deleted it and in which frame.
    pub deleted: Option<(Sender, FrameId, Option<Timestamp>)>,
    /// Packets from the initiator of the tunnel.
    pub from_initiator: Option<Box<Flow>>,
    /// Packets from the responder of the tunnel.
    pub from_responder: Option<Box<Flow>>,
}

/// What became of a child SA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChildState {
    /// Up.
    Established,
    /// Refused, or never completed.
    Failed,
    /// Replaced by another.
    Rekeyed,
    /// Deleted, or ended with its IKE SA.
    Closed,
    /// Cannot be said.
    Unknown,
}

/// What is protected: packets between networks, or those of the peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EncapsulationMode {
    /// Tunnel mode.
    Tunnel,
    /// Transport mode.
    Transport,
    /// Bound end-to-end tunnel mode.
    Beet,
}

/// Whether a child has keys of an exchange of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForwardSecrecy {
    /// Keys from the IKE SA.
    Absent,
    /// A key exchange with this group.
    Group(String),
}

impl ChildState {
    /// As in the reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Established => "established",
            Self::Failed => "failed",
            Self::Rekeyed => "rekeyed",
            Self::Closed => "closed",
            Self::Unknown => "unknown",
        }
    }
}

impl EncapsulationMode {
    /// As in the reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tunnel => "tunnel",
            Self::Transport => "transport",
            Self::Beet => "beet",
        }
    }

    pub(super) const fn of_version_1(mode: ikev1::EncapsulationMode) -> Option<Self> {
        match mode {
            ikev1::EncapsulationMode::TUNNEL
            | ikev1::EncapsulationMode::UDP_ENCAPSULATED_TUNNEL
            | ikev1::EncapsulationMode::UDP_ENCAPSULATED_TUNNEL_DRAFT => Some(Self::Tunnel),
            ikev1::EncapsulationMode::TRANSPORT
            | ikev1::EncapsulationMode::UDP_ENCAPSULATED_TRANSPORT
            | ikev1::EncapsulationMode::UDP_ENCAPSULATED_TRANSPORT_DRAFT => Some(Self::Transport),
            _ => None,
        }
    }
}
