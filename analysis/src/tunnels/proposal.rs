//! Proposals as they were on the wire, owned.

use std::fmt;

use ikescope_dissectors::registries::ikev1;
use ikescope_dissectors::registries::ikev2::{ProtocolId, TransformType};
use ikescope_dissectors::{self as dissectors, Registry, ikev2};
use thin_vec::ThinVec;

use super::child::EncapsulationMode;
use crate::limits::{MAX_PROPOSALS, MAX_TRANSFORMS};

/// What a proposal is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// The IKE SA itself.
    Ike,
    /// ESP.
    Esp,
    /// AH.
    Ah,
    /// IPComp.
    IpComp,
    /// Another number, in the registry of the version.
    Other(u8),
}

/// A proposal: algorithms for one protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Counts from 1; a response repeats the number that was chosen.
    pub number: u8,
    /// What it is for.
    pub protocol: Protocol,
    /// The sender's inbound SPI; empty in an initial IKE negotiation.
    pub spi: Vec<u8>,
    /// What may be used.
    pub algorithms: Algorithms,
}

/// The algorithms of a proposal, as the versions have them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Algorithms {
    /// IKEv2: one of each type is to be chosen (RFC 7296, section 3.3).
    Transforms(Vec<Transform>),
    /// IKEv1: one of these suites is to be chosen (RFC 2408, section 3.6).
    Suites(Vec<Suite>),
}

/// One algorithm of IKEv2. `Display` writes the name used in suites: `AES-CBC-256`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Transform {
    /// What kind of algorithm.
    pub kind: TransformType,
    /// Which one, in the registry of the kind.
    pub id: u16,
    /// Key Length attribute in bits.
    pub key_length: Option<u16>,
}

/// One transform of IKEv1: a whole suite, in the names used in suites. Absent attributes are `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suite {
    /// Counts the transforms of the proposal.
    pub number: u8,
    /// Identifier of the transform: the algorithm of ESP and AH, 1 in phase 1.
    pub id: u8,
    /// Encryption with its key length: `AES-CBC-128`.
    pub encr: Option<String>,
    /// Encryption algorithm of phase 1, by number.
    pub encryption: Option<ikev1::EncryptionAlgorithm>,
    /// Key Length attribute in bits.
    pub key_length: Option<u16>,
    /// Hash of phase 1, by number.
    pub hash_algorithm: Option<ikev1::HashAlgorithm>,
    /// Hash of phase 1.
    pub hash: Option<String>,
    /// Integrity of ESP or AH.
    pub integ: Option<String>,
    /// Authentication method of phase 1: `PSK`, `RSA-SIG`, …
    pub auth: Option<String>,
    /// The number of the authentication method.
    pub auth_method: Option<ikev1::AuthenticationMethod>,
    /// Diffie-Hellman group; in quick mode that of perfect forward secrecy.
    pub group: Option<String>,
    /// Encapsulation mode of ESP and AH.
    pub mode: Option<EncapsulationMode>,
    /// Lifetime.
    pub lifetime: Lifetime,
}

/// How long an SA may live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lifetime {
    /// In seconds.
    pub seconds: Option<u64>,
    /// In kilobytes of traffic.
    pub kilobytes: Option<u64>,
}

impl Protocol {
    /// As in the reports; `None` for a number that is not known.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Ike => Some("ike"),
            Self::Esp => Some("esp"),
            Self::Ah => Some("ah"),
            Self::IpComp => Some("ipcomp"),
            Self::Other(_) => None,
        }
    }

    pub(super) const fn of_version_1(protocol: ikev1::ProtocolId) -> Self {
        match protocol {
            ikev1::ProtocolId::ISAKMP => Self::Ike,
            ikev1::ProtocolId::IPSEC_AH => Self::Ah,
            ikev1::ProtocolId::IPSEC_ESP => Self::Esp,
            ikev1::ProtocolId::IPCOMP => Self::IpComp,
            ikev1::ProtocolId(other) => Self::Other(other),
        }
    }

    pub(super) const fn of_version_2(protocol: ProtocolId) -> Self {
        match protocol {
            ProtocolId::IKE => Self::Ike,
            ProtocolId::AH => Self::Ah,
            ProtocolId::ESP => Self::Esp,
            ProtocolId(other) => Self::Other(other),
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name(), self) {
            (Some(name), _) => f.pad(name),
            (None, Self::Other(number)) => write!(f, "protocol {number}"),
            (None, _) => Ok(()),
        }
    }
}

impl Proposal {
    /// The transforms of one type; none of an IKEv1 proposal.
    pub fn of_kind(&self, kind: TransformType) -> impl Iterator<Item = Transform> + Clone + '_ {
        self.transforms()
            .iter()
            .copied()
            .filter(move |transform| transform.kind == kind)
    }

    /// The transforms of an IKEv2 proposal.
    #[must_use]
    pub fn transforms(&self) -> &[Transform] {
        match &self.algorithms {
            Algorithms::Transforms(transforms) => transforms,
            Algorithms::Suites(_) => &[],
        }
    }

    /// The suites of an IKEv1 proposal.
    #[must_use]
    pub fn suites(&self) -> &[Suite] {
        match &self.algorithms {
            Algorithms::Transforms(_) => &[],
            Algorithms::Suites(suites) => suites,
        }
    }

    /// The SPI of ESP or AH.
    #[must_use]
    pub fn esp_spi(&self) -> Option<dissectors::Spi> {
        <[u8; 4]>::try_from(self.spi.as_slice())
            .ok()
            .filter(|_| matches!(self.protocol, Protocol::Esp | Protocol::Ah))
            .map(|spi| dissectors::Spi(u32::from_be_bytes(spi)))
    }

    /// The SPI of IKE, in a rekey of the IKE SA.
    #[must_use]
    pub fn ike_spi(&self) -> Option<dissectors::IkeSpi> {
        <[u8; 8]>::try_from(self.spi.as_slice())
            .ok()
            .filter(|_| self.protocol == Protocol::Ike)
            .map(|spi| dissectors::IkeSpi(u64::from_be_bytes(spi)))
    }

    pub(super) fn list_of_version_2(proposals: &[ikev2::Proposal<'_>]) -> ThinVec<Self> {
        let proposal = |proposal: &ikev2::Proposal<'_>| Self {
            number: proposal.number,
            protocol: Protocol::of_version_2(proposal.protocol),
            spi: proposal.spi.to_vec(),
            algorithms: Algorithms::Transforms(
                proposal
                    .transforms
                    .iter()
                    .take(MAX_TRANSFORMS)
                    .map(|transform| Transform {
                        kind: transform.transform_type,
                        id: transform.id,
                        key_length: transform.key_length(),
                    })
                    .collect(),
            ),
        };
        exactly(proposals.iter().take(MAX_PROPOSALS).map(proposal))
    }

    pub(super) fn list_of_version_1(
        proposals: &[dissectors::ikev1::Proposal<'_>],
    ) -> ThinVec<Self> {
        let proposal = |proposal: &dissectors::ikev1::Proposal<'_>| Self {
            number: proposal.number,
            protocol: Protocol::of_version_1(proposal.protocol),
            spi: proposal.spi.to_vec(),
            algorithms: Algorithms::Suites(
                proposal
                    .transforms
                    .iter()
                    .take(MAX_TRANSFORMS)
                    .map(Suite::new)
                    .collect(),
            ),
        };
        exactly(proposals.iter().take(MAX_PROPOSALS).map(proposal))
    }
}

impl Suite {
    fn new(transform: &dissectors::ikev1::Transform<'_>) -> Self {
        let lifetimes = transform.lifetimes();
        Self {
            number: transform.number,
            id: transform.id.value(),
            encr: transform.encryption_name(),
            encryption: transform.encryption(),
            key_length: transform.key_length(),
            hash_algorithm: transform.hash(),
            hash: transform.hash().map(|hash| hash.short_name().to_string()),
            integ: transform.integrity_name(),
            auth: transform
                .authentication()
                .map(|method| method.short_name().to_string()),
            auth_method: transform.authentication(),
            group: transform
                .group()
                .map(|group| group.short_name().to_string()),
            mode: transform.mode().and_then(EncapsulationMode::of_version_1),
            lifetime: Lifetime {
                seconds: lifetimes.seconds,
                kilobytes: lifetimes.kilobytes,
            },
        }
    }
}

impl fmt::Display for Transform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ikev2::Transform::new(self.kind, self.id, self.key_length).fmt(f)
    }
}

/// A list without room for more: there may be very many.
fn exactly<T>(elements: impl ExactSizeIterator<Item = T>) -> ThinVec<T> {
    let mut list = ThinVec::with_capacity(elements.len());
    list.extend(elements);
    list
}
