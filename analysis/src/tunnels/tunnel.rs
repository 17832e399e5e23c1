//! A tunnel: one IKE SA with everything that belongs to it.

use std::net::IpAddr;

use ikescope_capture::Timestamp;
use ikescope_dissectors::IkeSpi;

use super::child::Child;
use super::flow::IcmpError;
use super::message::{Message, Sender, Step};
use super::payloads::{Identity, Notify};
use super::proposal::Proposal;
use crate::observation::{Endpoint, FrameId};

/// One IKE SA.
#[derive(Clone, Debug)]
pub struct Tunnel {
    /// Counts from 1 in the order of the first messages.
    pub id: u32,
    /// Major version: 1 or 2.
    pub version: u8,
    /// How phase 1 was negotiated (IKEv1).
    pub mode: Option<Mode>,
    /// Who began it.
    pub initiator: Peer,
    /// Who answered, or was to answer.
    pub responder: Peer,
    /// Initiator SPI.
    pub initiator_spi: IkeSpi,
    /// Responder SPI, once it was seen.
    pub responder_spi: Option<IkeSpi>,
    /// What became of it.
    pub state: State,
    /// How far it got.
    pub stage: Stage,
    /// The last step of the protocol that was seen; without informational messages while the SA comes up.
    pub last_step: Option<Step>,
    /// Whether its beginning was seen.
    pub beginning_seen: bool,
    /// Proposals of the first message.
    pub offered: Vec<Proposal>,
    /// The proposal that the responder chose, with one algorithm of each type.
    pub chosen: Option<Proposal>,
    /// How each side proved its identity; `None` where nothing is known of either.
    pub authentication: Option<Authentication>,
    /// Child SAs in the order of their beginning.
    pub children: Vec<Child>,
    /// How often it and its children were rekeyed.
    pub rekeys: Rekeys,
    /// The tunnel that this one replaced.
    pub replaces: Option<u32>,
    /// The tunnel that replaced this one.
    pub replaced_by: Option<u32>,
    /// Results of trying pre-shared keys.
    pub psk: Vec<PskCheck>,
    /// Messages in the order of the capture. Where there are more than the bound, answered ones in the middle are
    /// forgotten.
    pub messages: Vec<Message>,
    /// Messages that were forgotten.
    pub forgotten_messages: u64,
    /// Who deleted the IKE SA and in which frame: certain with keys, else judged by size and by what followed.
    pub deleted: Option<(Sender, FrameId, Option<Timestamp>)>,
    /// Whether the peers moved from UDP 500 to 4500, and in which frame.
    pub floated: Option<FrameId>,
    /// Keepalives between the two addresses.
    pub keepalives: Option<Keepalives>,
    /// ICMP errors about its messages, at most the first 16.
    pub icmp: Vec<IcmpError>,
    /// Time of the first message.
    pub first: Option<Timestamp>,
    /// Time of the last message.
    pub last: Option<Timestamp>,
}

/// One end of a tunnel.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Address of its first message; where it moved later see [`Message::ends`].
    pub address: IpAddr,
    /// Port of its first message; none where only ESP is seen.
    pub port: Option<u16>,
    /// Identity, once it was read.
    pub identity: Option<Identity>,
    /// Vendor ids in clear or decrypted.
    pub vendors: Vec<Vendor>,
    /// Whether a NAT is in front of it; `None` if nothing tells.
    pub behind_nat: Option<bool>,
    /// Its address and port behind the NAT, if they were searched for and found.
    pub nat_address: Option<Endpoint>,
}

/// A vendor id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vendor {
    /// Its octets.
    pub octets: Vec<u8>,
    /// Who or what it stands for.
    pub name: Option<&'static str>,
}

/// How phase 1 of IKEv1 was negotiated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Main mode.
    Main,
    /// Aggressive mode.
    Aggressive,
    /// Base mode.
    Base,
}

/// What became of a tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Authenticated, and if a child was asked for one came up; nothing ended it.
    Established,
    /// Refused, given up, or unanswered after at least two transmissions.
    Failed,
    /// Was established, then deleted, replaced or declared dead.
    Closed,
    /// None of these can be said.
    Incomplete,
}

/// How far a tunnel got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Cannot be said.
    Unknown,
    /// Main mode 1 to 4, aggressive mode 1, IKE_SA_INIT, IKE_INTERMEDIATE.
    KeyExchange,
    /// Main mode 5 and 6, aggressive mode 2 and 3, IKE_AUTH, EAP.
    Authentication,
    /// Extended authentication of IKEv1.
    Xauth,
    /// Mode Config of IKEv1.
    ModeConfig,
    /// Quick mode, the child part of IKE_AUTH, CREATE_CHILD_SA.
    Child,
    /// Up.
    Established,
}

/// How each side proved its identity: `PSK`, `RSA-SIG`, `EAP-MSCHAPV2`, …
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authentication {
    /// The initiator.
    pub initiator: Option<String>,
    /// The responder.
    pub responder: Option<String>,
}

/// How often something was rekeyed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rekeys {
    /// The IKE SA.
    pub ike: u32,
    /// Child SAs.
    pub child: u32,
}

/// A pre-shared key that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PskCheck {
    /// Where the key stands: `psk.txt:3`.
    pub source: String,
    /// What came out.
    pub result: PskResult,
    /// On what this rests.
    pub why: String,
}

/// What trying a pre-shared key showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PskResult {
    /// The peers used this key.
    Verified,
    /// The peers used another key.
    Refuted,
    /// What was captured does not allow to tell.
    CannotBeChecked,
}

/// What became of an encrypted message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Opening {
    /// It was in clear.
    #[default]
    Clear,
    /// There is no key for it.
    NoKey,
    /// Decrypted, and its integrity was verified.
    Verified,
    /// Decrypted; there was nothing to check its integrity with.
    Unchecked,
    /// There is a key, but the integrity check or the decrypted payloads are wrong.
    Failed,
}

/// NAT keepalives between the two addresses of a tunnel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keepalives {
    /// From the initiator.
    pub from_initiator: u64,
    /// From the responder.
    pub from_responder: u64,
}

impl Tunnel {
    /// Messages of one step.
    pub fn of_step(&self, step: Step) -> impl Iterator<Item = &Message> {
        self.messages
            .iter()
            .filter(move |message| message.step == step)
    }

    /// The first message of this step.
    #[must_use]
    pub fn first_of(&self, step: Step) -> Option<&Message> {
        self.of_step(step).next()
    }

    /// The message that this frame carried, the first copy of it.
    #[must_use]
    pub fn message(&self, frame: FrameId) -> Option<&Message> {
        self.messages.iter().find(|message| message.frame == frame)
    }

    /// Whether the Delete that ended the tunnel was read; else the size and place of a message tell.
    #[must_use]
    pub fn read_its_end(&self) -> bool {
        self.deleted
            .and_then(|(_, frame, _)| self.message(frame))
            .is_some_and(|delete| delete.opened.is_some() || !delete.encrypted)
    }

    /// Whether a message shows that its sender hears the peer. A request of IKEv2 that is not answered, or is repeated
    /// after its answer, shows that one of the two does not (RFC 7296, section 2.1).
    #[must_use]
    pub fn connects(&self, message: &Message) -> bool {
        let answer = message.answered_by.and_then(|answer| self.message(answer));
        self.version == 1
            || !message.request
            || answer.is_some_and(|answer| message.last_copy().frame < answer.frame)
    }

    /// Messages from one side.
    pub fn from(&self, sender: Sender) -> impl Iterator<Item = &Message> {
        self.messages
            .iter()
            .filter(move |message| message.from == sender)
    }

    /// The end that has this role.
    #[must_use]
    pub const fn peer(&self, sender: Sender) -> Option<&Peer> {
        match sender {
            Sender::Initiator => Some(&self.initiator),
            Sender::Responder => Some(&self.responder),
            Sender::Other => None,
        }
    }

    /// The first notification of this number in any readable message, with its message.
    #[must_use]
    pub fn notify(&self, number: u16) -> Option<(&Message, &Notify)> {
        self.messages
            .iter()
            .find_map(|message| Some((message, message.payloads().notify(number)?)))
    }

    /// Whether any message was opened.
    #[must_use]
    pub fn opened(&self) -> bool {
        self.messages.iter().any(|message| message.opened.is_some())
    }

    /// Seconds from the first message to this time.
    #[must_use]
    pub fn age(&self, time: Timestamp) -> Option<f64> {
        Some(time.nanos_since(self.first?) as f64 / 1e9)
    }
}

impl Peer {
    /// Nothing known but its address.
    #[must_use]
    pub const fn new(end: Endpoint) -> Self {
        Self {
            address: end.address,
            port: end.port,
            identity: None,
            vendors: Vec::new(),
            behind_nat: None,
            nat_address: None,
        }
    }
}

impl Mode {
    /// As in the reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Aggressive => "aggressive",
            Self::Base => "base",
        }
    }
}

impl State {
    /// As in the reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Established => "established",
            Self::Failed => "failed",
            Self::Closed => "closed",
            Self::Incomplete => "incomplete",
        }
    }
}

impl Stage {
    /// As in the reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::KeyExchange => "key-exchange",
            Self::Authentication => "authentication",
            Self::Xauth => "xauth",
            Self::ModeConfig => "mode-config",
            Self::Child => "child",
            Self::Established => "established",
        }
    }
}

impl PskResult {
    /// As in the reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Refuted => "refuted",
            Self::CannotBeChecked => "cannot-be-checked",
        }
    }
}
