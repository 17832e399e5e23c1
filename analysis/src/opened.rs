//! What came out of an encrypted payload or packet, and what became of one that stayed closed.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use ikescope_dissectors::{Content, Header, Issues, Message, Octets};

use crate::observation::FrameId;

/// Where a key came from, as the user knows it: `charon.log:118`.
pub type KeySource = Arc<str>;

/// What is known of the integrity of octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Integrity {
    /// An ICV, or a HASH payload of IKEv1, belongs to them.
    Verified,
    /// It does not.
    Failed,
    /// There was nothing to check, or no check was asked for.
    Unchecked,
}

/// The content of the encrypted payload of an IKE message, or of an encrypted IKEv1 message.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The chain of payloads without padding; issues in it count from its first octet.
    pub octets: Vec<u8>,
    /// Type of the first payload, in the registry of the version.
    pub first: u8,
    /// Index of the payload that carried it; 0 for IKEv1.
    pub carrier: usize,
    /// Whether something proved that the octets are the peer's.
    pub integrity: Integrity,
    /// The frames of the fragments that it was put together from, in the order of the message; empty for a whole message.
    pub frames: Vec<FrameId>,
    /// The key that opened it.
    pub key: KeySource,
    /// What must be said beside it.
    pub notes: Vec<OpeningNote>,
}

impl Opened {
    /// The payloads, and what is wrong with them. `header` is that of the message that carried them.
    #[must_use]
    pub fn payloads(&self, header: &Header) -> (Content<'_>, Issues) {
        let mut issues = Issues::default();
        let (content, left) =
            Message::parse_payloads(header, self.first, Octets::new(&self.octets), &mut issues);
        issues.expect_end(left, "decrypted payloads");
        (content, issues)
    }
}

/// What is peculiar about octets that were opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpeningNote {
    /// IKEv1: the message before was not seen, so that the first block of this many octets is noise.
    FirstBlockUnknown {
        /// Octets that mean nothing.
        octets: usize,
    },
    /// HMAC-SHA2-256 cut to 96 bits instead of 128 (draft-ietf-ipsec-ciph-sha-256-00).
    Sha256Truncated,
    /// The high half of the extended sequence number, which is not on the wire.
    EsnHigh(u32),
    /// Fragments of the same message whose integrity check failed.
    ForgedFragments {
        /// Their frames.
        frames: Vec<FrameId>,
    },
    /// Octets behind the inner packet (RFC 4303, section 2.7).
    TfcPadding {
        /// How many.
        octets: usize,
    },
    /// A packet without content (RFC 4303, section 2.6).
    Dummy,
    /// The inner packet was compressed (RFC 3173).
    IpComp,
    /// Bound end-to-end tunnel mode, whose packets have no inner header.
    Beet {
        /// Whether the inner addresses are those of the SA's selectors; else those of the outer header stand for them.
        told: bool,
    },
    /// ESP within ESP, opened as well.
    Nested {
        /// SPI of the inner packet.
        spi: u32,
    },
}

impl fmt::Display for OpeningNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FirstBlockUnknown { octets } => write!(
                f,
                "the message before was not seen: the first {octets} octets are unknown"
            ),
            Self::Sha256Truncated => f.write_str("HMAC-SHA2-256 cut to 96 bits"),
            Self::EsnHigh(high) => write!(f, "high half of the sequence number {high}"),
            Self::ForgedFragments { frames } => {
                f.write_str("fragments that do not belong to it: frames")?;
                frames
                    .iter()
                    .try_for_each(|frame| write!(f, " {}", frame.number))
            }
            Self::TfcPadding { octets } => write!(f, "{octets} octets of TFC padding"),
            Self::Dummy => f.write_str("dummy packet"),
            Self::IpComp => f.write_str("compressed by IPComp"),
            Self::Beet { told: true } => f.write_str(
                "BEET mode: the inner header is made from the addresses of the SA",
            ),
            Self::Beet { told: false } => f.write_str(
                "BEET mode, whose inner addresses are not in the packet: those of the outer header stand for them",
            ),
            Self::Nested { spi } => write!(f, "ESP {spi:#010x} within ESP"),
        }
    }
}

/// Why something encrypted was not opened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Closed {
    /// No key for its SA, or nothing that one follows from.
    NoKey,
    /// Of its IKE SA only SK_d or SKEYID_d is known, from which the keys of children follow and not those of messages.
    ChildKeysOnly,
    /// No key for its SA, and none is needed but to verify it: it looks like ESP with NULL encryption.
    NotEncrypted,
    /// There are keys for its SA, and none fits.
    Integrity,
    /// There is a key for its SA, of a length that its algorithm does not have.
    KeyLength(String),
    /// The key came without what verifies what it gives.
    Unverifiable,
    /// The algorithm with this name is not supported.
    Unsupported(String),
    /// The capture or the sender cut it.
    Truncated,
    /// IKEv1: no initialization vector is known that gives a well-formed message.
    UnknownIv,
    /// A fragment that verified; the message is shown where it is complete.
    Fragment {
        /// Number of this fragment, from 1.
        number: u16,
        /// How many there are.
        total: u16,
        /// Fragments that were not seen so far.
        missing: Vec<u16>,
    },
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKey => f.write_str("no key"),
            Self::ChildKeysOnly => f.write_str(
                "SK_d or SKEYID_d alone opens no message, nor children whose nonces are in it",
            ),
            Self::NotEncrypted => f.write_str(
                "no key that verifies it; it looks like NULL encryption: --unverified shows it",
            ),
            Self::Integrity => f.write_str("the key does not fit: the integrity check failed"),
            Self::KeyLength(why) => write!(f, "the key has the wrong length: {why}"),
            Self::Unverifiable => f.write_str(
                "the key came without one that verifies what it gives: --unverified shows it",
            ),
            Self::Unsupported(name) => write!(f, "{name} is not supported"),
            Self::Truncated => f.write_str("it is cut"),
            Self::UnknownIv => f.write_str("its initialization vector is not known"),
            Self::Fragment {
                number,
                total,
                missing,
            } => {
                write!(f, "fragment {number} of {total} verified")?;
                if !missing.is_empty() {
                    f.write_str(", missing")?;
                    missing
                        .iter()
                        .try_for_each(|number| write!(f, " {number}"))?;
                }
                Ok(())
            }
        }
    }
}

/// A statement of a peer that keys can prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Proof {
    /// AUTH of IKEv2 (RFC 7296, section 2.15).
    Auth,
    /// NO_PPK_AUTH (RFC 8784, section 3).
    NoPpkAuth,
    /// HASH_I (RFC 2409, section 5).
    HashI,
    /// HASH_R.
    HashR,
    /// HASH(1), HASH(2) or HASH(3).
    Hash(u8),
    /// SIG of IKEv1.
    Signature,
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auth => f.write_str("AUTH"),
            Self::NoPpkAuth => f.write_str("NO_PPK_AUTH"),
            Self::HashI => f.write_str("HASH_I"),
            Self::HashR => f.write_str("HASH_R"),
            Self::Hash(number) => write!(f, "HASH({number})"),
            Self::Signature => f.write_str("SIG"),
        }
    }
}

/// What became of a [`Proof`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is right.
    Verified,
    /// It is wrong.
    Refuted,
    /// It can be neither verified nor refuted, and why.
    CannotBeChecked(String),
}

/// A proof of a message, held against what the user or the capture gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// What was checked.
    pub proof: Proof,
    /// With what result.
    pub verdict: Verdict,
    /// Against what: `psk.txt:3`, or `certificate CN=gateway`; none where there was nothing.
    pub against: Option<KeySource>,
}

impl fmt::Display for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.proof.fmt(f)?;
        match &self.verdict {
            Verdict::Verified => f.write_str(" verified")?,
            Verdict::Refuted => f.write_str(" refuted")?,
            Verdict::CannotBeChecked(why) => return write!(f, " cannot be checked: {why}"),
        }
        match &self.against {
            Some(against) => write!(f, " against {against}"),
            None => Ok(()),
        }
    }
}

/// How an ESP packet or AH carries what is inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Carriage {
    /// A whole IP packet (RFC 4301, section 4.1).
    Tunnel,
    /// What stood behind the IP header.
    Transport,
}

/// An ESP packet that was opened.
#[derive(Clone, Debug)]
pub struct EspOpened {
    /// The inner packet: an IP packet in tunnel mode, what stands behind the IP header in transport mode; without TFC
    /// padding, decompressed.
    pub octets: Vec<u8>,
    /// Next Header of the trailer, or of the innermost ESP or IPComp header.
    pub next_header: u8,
    /// Whether the octets are an IP packet.
    pub carriage: Carriage,
    /// Whether the ICV belongs to the packet.
    pub integrity: Integrity,
    /// What is inside, in a word.
    pub inner: Inner,
    /// The key that opened it.
    pub key: KeySource,
    /// What must be said beside it.
    pub notes: Vec<OpeningNote>,
}

/// The inner packet of ESP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inner {
    /// Protocol that the inner IP packet carries; in transport mode Next Header.
    pub protocol: u8,
    /// Source: of the inner header, or of the packet in transport mode.
    pub src: IpAddr,
    /// Destination.
    pub dst: IpAddr,
    /// Octets of the inner packet.
    pub length: usize,
}
