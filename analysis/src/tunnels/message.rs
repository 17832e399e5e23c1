//! One IKE message of a tunnel with its copies.

use std::fmt;

use ikescope_capture::Timestamp;
use ikescope_dissectors::IkeSpi;
use thin_vec::ThinVec;

use super::flow::IcmpError;
use super::payloads::Payloads;
use super::tunnel::Opening;
use crate::observation::{Encapsulation, Endpoint, FrameId, NatDetection};
use crate::opened::Verification;

/// One message: what was sent once, however often it was sent again.
#[derive(Clone, Debug)]
pub struct Message {
    /// Frame of the first copy; of a message in IKE fragments that of the first fragment seen.
    pub frame: FrameId,
    /// Time of the first copy.
    pub time: Option<Timestamp>,
    /// Who sent it.
    pub from: Sender,
    /// From and to where.
    pub ends: SenderEnds,
    /// What it is carried in.
    pub encapsulation: Option<Encapsulation>,
    /// Major version of its header.
    pub version: u8,
    /// Responder SPI of its header.
    pub responder_spi: IkeSpi,
    /// Exchange type, in the registry of the version.
    pub exchange: u8,
    /// Message ID.
    pub message_id: u32,
    /// Flags of the header.
    pub flags: u8,
    /// Its place in the protocol.
    pub step: Step,
    /// Whether it opens an exchange (IKEv2: the R flag is not set; IKEv1: its sender began the exchange).
    pub request: bool,
    /// Octets of the ISAKMP message; of IKE fragments those of all seen.
    pub length: u32,
    /// Whether it is encrypted (IKEv1: the E flag; IKEv2: SK or SKF).
    pub encrypted: bool,
    /// Type of the first payload, in the registry of the version; inside SK for an encrypted IKEv2 message.
    pub first_payload: u8,
    /// Copies after the first one that the sender sent: at most the first 32.
    pub retransmissions: ThinVec<Transmission>,
    /// How often it was sent, the first time included.
    pub transmissions: u32,
    /// Copies that the capture made.
    pub duplicates: u32,
    /// Frame of the request that this answers.
    pub answers: Option<FrameId>,
    /// Frame of the first answer.
    pub answered_by: Option<FrameId>,
    /// Payloads in clear.
    pub clear: Payloads,
    /// Payloads that were encrypted, if they were opened.
    pub opened: Option<Box<Payloads>>,
    /// What became of the encrypted part.
    pub opening: Opening,
    /// What its proofs are worth.
    pub verifications: ThinVec<Verification>,
    /// Octets of payloads inside the encryption, smallest and largest possible, where the suite is known. The HASH of
    /// IKEv1 phase 2 and informational messages is not counted.
    pub inner_octets: Option<(u32, u32)>,
    /// Fragments of this message that were seen (IKEv2 SKF, IKEv1 payload 132), ascending; empty if it has none.
    pub fragments: ThinVec<u16>,
    /// How many fragments there are, where it is known.
    pub fragments_total: Option<u16>,
    /// IP fragments that carried the first copy; 0 when it was not fragmented.
    pub ip_fragments: u16,
    /// Whether the NAT detection hashes match the addresses.
    pub nat: Option<NatDetection>,
    /// ICMP errors that quote it or one of its copies, at most the first 8.
    pub icmp: ThinVec<IcmpError>,
    /// Whether the snap length cut it.
    pub truncated: bool,
    /// Whether its octets depart from the standard.
    pub malformed: bool,
}

/// Where a message came from and went to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SenderEnds {
    /// Source.
    pub src: Endpoint,
    /// Destination.
    pub dst: Endpoint,
}

/// A copy that the sender sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmission {
    /// Its frame.
    pub frame: FrameId,
    /// Its time.
    pub time: Option<Timestamp>,
    /// Whether it went between other addresses or ports than the first copy.
    pub elsewhere: bool,
}

/// Who sent a message, as the roles of the tunnel are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sender {
    /// The initiator of the IKE SA.
    Initiator,
    /// The responder of the IKE SA.
    Responder,
    /// A third address.
    Other,
}

/// The place of a message in its exchange. Numbers count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// IKEv1 main mode, 1 to 6.
    Main(u8),
    /// IKEv1 aggressive mode, 1 to 3.
    Aggressive(u8),
    /// IKEv1 base mode, 1 to 4.
    Base(u8),
    /// IKEv1 quick mode, 1 to 3; 4 with the commit bit.
    Quick(u8),
    /// IKEv1 transaction exchange: XAUTH or Mode Config.
    Transaction(u8),
    /// IKEv1 informational.
    Informational,
    /// An IKEv2 exchange and whether this is the response.
    V2(ikescope_dissectors::registries::ikev2::ExchangeType, bool),
    /// Another exchange of IKEv1.
    V1(ikescope_dissectors::registries::ikev1::ExchangeType),
}

impl Message {
    /// What can be read of it: decrypted if it was opened, else what was in clear.
    #[must_use]
    pub fn payloads(&self) -> &Payloads {
        self.opened.as_deref().unwrap_or(&self.clear)
    }

    /// Frame and time of the last copy.
    #[must_use]
    pub fn last_copy(&self) -> Transmission {
        self.retransmissions
            .last()
            .copied()
            .unwrap_or(Transmission {
                frame: self.frame,
                time: self.time,
                elsewhere: false,
            })
    }

    /// All frames of it that are remembered, the first one first.
    pub fn frames(&self) -> impl Iterator<Item = FrameId> + '_ {
        std::iter::once(self.frame).chain(self.retransmissions.iter().map(|copy| copy.frame))
    }

    /// Whether the inside of the encryption can be this short or shorter, padding considered; `false` where the suite is
    /// not known.
    #[must_use]
    pub fn at_most(&self, octets: u32) -> bool {
        self.inner_octets
            .is_some_and(|(smallest, _)| smallest <= octets)
    }

    /// Whether the inside of the encryption is this long at least; `false` where the suite is not known.
    #[must_use]
    pub fn at_least(&self, octets: u32) -> bool {
        self.inner_octets
            .is_some_and(|(smallest, _)| smallest >= octets)
    }
}

impl Sender {
    /// As in the reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Initiator => "initiator",
            Self::Responder => "responder",
            Self::Other => "other",
        }
    }

    /// The peer.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Initiator => Self::Responder,
            Self::Responder => Self::Initiator,
            Self::Other => Self::Other,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Main(number) => write!(f, "Main Mode message {number} of 6"),
            Self::Aggressive(number) => write!(f, "Aggressive Mode message {number} of 3"),
            Self::Base(number) => write!(f, "Base Mode message {number} of 4"),
            Self::Quick(number @ 1..=3) => write!(f, "Quick Mode message {number} of 3"),
            Self::Quick(number) => write!(f, "Quick Mode message {number}"),
            Self::Transaction(number) => write!(f, "Transaction message {number}"),
            Self::Informational => f.write_str("Informational"),
            Self::V2(exchange, response) => {
                let which = if response { "response" } else { "request" };
                write!(f, "{exchange} {which}")
            }
            Self::V1(exchange) => write!(f, "{exchange}"),
        }
    }
}
