//! What a Security Association payload chose, as key derivation needs it.

use ikescope_crypto::CryptoError;
use ikescope_crypto::hash::Hash;
use ikescope_crypto::ikev1 as crypto_v1;
use ikescope_crypto::ikev2::{ChildSuite, Suite};
use ikescope_dissectors::registries::ikev1::{
    AuthenticationMethod, EncapsulationMode, ProtocolId as ProtocolId1,
};
use ikescope_dissectors::registries::ikev2::{
    EncryptionAlgorithm, IntegrityAlgorithm, KeyExchangeMethod, Prf, ProtocolId, SequenceNumbers,
    TransformType,
};
use ikescope_dissectors::{ikev1, ikev2};

/// What the responder of an IKEv2 exchange chose for an IKE SA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IkeChoice {
    pub(crate) suite: Suite,
    /// The SPI that the sender of the payload chose; empty in IKE_SA_INIT.
    pub(crate) spi: Vec<u8>,
    /// Additional key exchanges in order (RFC 9370); those that are NONE are left out.
    pub(crate) additional: Vec<KeyExchangeMethod>,
}

/// What was chosen for a pair of ESP or AH SAs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChildChoice {
    pub(crate) number: u8,
    pub(crate) protocol: SaProtocol,
    pub(crate) suite: ChildSuite,
    pub(crate) esn: bool,
    /// The SPI that the sender of the payload chose, for packets to it.
    pub(crate) spi: u32,
    pub(crate) additional: Vec<KeyExchangeMethod>,
    /// IKEv1: a group of quick mode's own.
    pub(crate) pfs: Option<KeyExchangeMethod>,
    /// IKEv1: the mode that was negotiated.
    pub(crate) transport: Option<bool>,
}

/// Which protocol an SA is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum SaProtocol {
    Esp,
    Ah,
}

fn first(proposal: &ikev2::Proposal<'_>, kind: TransformType) -> Option<(u16, Option<u16>)> {
    let transform = proposal.of_type(kind).next()?;
    Some((transform.id, transform.key_length()))
}

fn additional(proposal: &ikev2::Proposal<'_>) -> Vec<KeyExchangeMethod> {
    (TransformType::ADDKE1.0..=TransformType::ADDKE7.0)
        .filter_map(|kind| first(proposal, TransformType(kind)))
        .map(|(id, _)| KeyExchangeMethod(id))
        .filter(|method| *method != KeyExchangeMethod::NONE)
        .collect()
}

/// The choice of a responder's SA payload for an IKE SA.
pub(crate) fn ike_choice(sa: &ikev2::SecurityAssociation<'_>) -> Option<IkeChoice> {
    let proposal = sa
        .proposals
        .iter()
        .find(|proposal| proposal.protocol == ProtocolId::IKE)?;
    let (encryption, key_bits) = first(proposal, TransformType::ENCR)?;
    let (prf, _) = first(proposal, TransformType::PRF)?;
    let integrity = first(proposal, TransformType::INTEG).map_or(0, |(id, _)| id);
    Some(IkeChoice {
        suite: Suite {
            encryption: EncryptionAlgorithm(encryption),
            key_bits,
            prf: Prf(prf),
            integrity: IntegrityAlgorithm(integrity),
        },
        spi: proposal.spi.to_vec(),
        additional: additional(proposal),
    })
}

/// The SPIs of all IKE proposals, with their numbers: the initiator's SPI stands in its offer.
pub(crate) fn ike_spi(sa: &ikev2::SecurityAssociation<'_>) -> Option<u64> {
    let proposal = sa
        .proposals
        .iter()
        .find(|proposal| proposal.protocol == ProtocolId::IKE)?;
    Some(u64::from_be_bytes(proposal.spi.try_into().ok()?))
}

/// ESP and AH proposals of IKEv2. In an offer the algorithms are the first ones; only SPI and number count there.
pub(crate) fn child_choices(sa: &ikev2::SecurityAssociation<'_>) -> Vec<ChildChoice> {
    sa.proposals.iter().filter_map(child_choice).collect()
}

fn child_choice(proposal: &ikev2::Proposal<'_>) -> Option<ChildChoice> {
    let protocol = match proposal.protocol {
        ProtocolId::ESP => SaProtocol::Esp,
        ProtocolId::AH => SaProtocol::Ah,
        _ => return None,
    };
    let (encryption, key_bits) = match protocol {
        SaProtocol::Esp => first(proposal, TransformType::ENCR)?,
        SaProtocol::Ah => (EncryptionAlgorithm::NULL.0, None),
    };
    let integrity = first(proposal, TransformType::INTEG).map_or(0, |(id, _)| id);
    let esn = first(proposal, TransformType::SN)
        .is_some_and(|(id, _)| id == SequenceNumbers::PARTIALLY_TRANSMITTED_64.0);
    Some(ChildChoice {
        number: proposal.number,
        protocol,
        suite: ChildSuite {
            encryption: EncryptionAlgorithm(encryption),
            key_bits,
            integrity: IntegrityAlgorithm(integrity),
        },
        esn,
        spi: u32::from_be_bytes(proposal.spi.try_into().ok()?),
        additional: additional(proposal),
        pfs: None,
        transport: None,
    })
}

/// What the responder of phase 1 chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PhaseOneChoice {
    pub(crate) encryption: Result<EncryptionAlgorithm, String>,
    pub(crate) key_bits: Option<u16>,
    pub(crate) hash: Option<ikescope_dissectors::registries::ikev1::HashAlgorithm>,
    pub(crate) authentication: AuthenticationMethod,
    pub(crate) group: KeyExchangeMethod,
}

impl PhaseOneChoice {
    /// The hash function, if it is known and supported.
    pub(crate) fn hash(&self) -> Option<Hash> {
        Hash::new(self.hash?).ok()
    }
}

/// The choice of a responder's SA payload in phase 1.
pub(crate) fn phase_one_choice(sa: &ikev1::SecurityAssociation<'_>) -> Option<PhaseOneChoice> {
    let proposal = sa.proposals().first()?;
    let transform = proposal.transforms.first()?;
    let encryption = transform.encryption()?;
    Some(PhaseOneChoice {
        encryption: crypto_v1::phase_one_encryption(encryption)
            .map_err(|_| ikescope_dissectors::Registry::short_name(encryption).to_string()),
        key_bits: transform.key_length(),
        hash: transform.hash(),
        authentication: transform.authentication()?,
        group: KeyExchangeMethod(
            transform
                .group()
                .map_or(KeyExchangeMethod::MODP_1024.0, |group| group.0),
        ),
    })
}

/// ESP and AH proposals of quick mode. What is not supported keeps its name.
pub(crate) fn quick_choices(
    sa: &ikev1::SecurityAssociation<'_>,
) -> Vec<Result<ChildChoice, String>> {
    sa.proposals()
        .iter()
        .filter_map(|proposal| {
            let transform = proposal.transforms.first()?;
            let (protocol, encryption) = match transform.id {
                ikev1::TransformId::Esp(id) => (
                    SaProtocol::Esp,
                    crypto_v1::esp_encryption(id).map_err(CryptoError::into_subject),
                ),
                ikev1::TransformId::Ah(_) => (SaProtocol::Ah, Ok(EncryptionAlgorithm::NULL)),
                _ => return None,
            };
            let integrity = match (transform.integrity(), transform.id) {
                (Some(id), _) => crypto_v1::esp_integrity(id).map_err(CryptoError::into_subject),
                (None, ikev1::TransformId::Ah(id)) => {
                    crypto_v1::ah_integrity(id).map_err(CryptoError::into_subject)
                }
                (None, _) => Ok(IntegrityAlgorithm::NONE),
            };
            let spi = u32::from_be_bytes(proposal.spi.try_into().ok()?);
            let choice = encryption.and_then(|encryption| {
                Ok(ChildChoice {
                    number: proposal.number,
                    protocol,
                    suite: ChildSuite {
                        encryption,
                        key_bits: transform.key_length(),
                        integrity: integrity?,
                    },
                    esn: extended_sequence(transform),
                    spi,
                    additional: Vec::new(),
                    pfs: transform.group().map(|group| KeyExchangeMethod(group.0)),
                    transport: transform.mode().map(is_transport),
                })
            });
            Some(choice)
        })
        .collect()
}

/// The protocol number that enters KEYMAT (RFC 2409, section 5.5).
pub(crate) const fn keymat_protocol(protocol: SaProtocol) -> ProtocolId1 {
    match protocol {
        SaProtocol::Esp => ProtocolId1::IPSEC_ESP,
        SaProtocol::Ah => ProtocolId1::IPSEC_AH,
    }
}

fn extended_sequence(transform: &ikev1::Transform<'_>) -> bool {
    transform.attributes.iter().any(|attribute| {
        attribute.attribute_type
            == ikescope_dissectors::registries::ikev1::IpsecAttribute::EXTENDED_SEQUENCE_NUMBER.0
            && attribute.number() == Some(1)
    })
}

fn is_transport(mode: EncapsulationMode) -> bool {
    [
        EncapsulationMode::TRANSPORT,
        EncapsulationMode::UDP_ENCAPSULATED_TRANSPORT,
        EncapsulationMode::UDP_ENCAPSULATED_TRANSPORT_DRAFT,
    ]
    .contains(&mode)
}
