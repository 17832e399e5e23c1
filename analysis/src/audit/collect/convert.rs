//! Proposals of the wire as facts.

use ikescope_dissectors::registries::{ikev1, ikev2};
use ikescope_dissectors::{ikev1 as wire1, ikev2 as wire2};

use super::super::algorithm::{Algorithm, Kind, Number};
use super::super::facts::{Evidence, Layer, Lifetime, Mode, OfferFact, Role, Transforms, Version};

/// The algorithms of a proposal of IKEv2.
#[must_use]
pub fn transforms_of_v2(proposal: &wire2::Proposal<'_>) -> Transforms {
    let mut transforms = Transforms::default();
    for transform in &proposal.transforms {
        if transform.transform_type == ikev2::TransformType::SN {
            transforms
                .sequence_numbers
                .push(ikev2::SequenceNumbers(transform.id));
            continue;
        }
        let Some(algorithm) = Algorithm::of_transform(transform) else {
            continue;
        };
        if let Some(number) = transform.transform_type.additional_key_exchange() {
            if transforms.additional_ke.len() < number {
                transforms.additional_ke.resize(number, Vec::new());
            }
            if let Some(list) = transforms.additional_ke.get_mut(number - 1) {
                list.push(algorithm);
            }
            continue;
        }
        match algorithm.kind() {
            Kind::Encryption => transforms.encr.push(algorithm),
            Kind::Prf => transforms.prf.push(algorithm),
            Kind::Integrity => transforms.integ.push(algorithm),
            Kind::KeyExchange => transforms.ke.push(algorithm),
            Kind::Authentication => {}
        }
    }
    transforms
}

/// The algorithms of a transform of IKEv1, of phase 1 or of phase 2.
#[must_use]
pub fn transforms_of_v1(transform: &wire1::Transform<'_>) -> Transforms {
    let one = |number: Option<Number>| number.map(Algorithm::new).into_iter().collect::<Vec<_>>();
    Transforms {
        encr: Algorithm::cipher_of(transform).into_iter().collect(),
        prf: one(transform.hash().map(Number::Hash)),
        integ: one(transform.integrity().map(Number::EspAuth)),
        auth: one(transform.authentication().map(Number::PhaseOneAuth)),
        ke: one(transform.group().map(Number::Group)),
        ..Transforms::default()
    }
}

/// A whole offer of IKEv2.
#[must_use]
pub fn offer_of_v2(
    proposals: &[wire2::Proposal<'_>],
    layer: Layer,
    role: Option<Role>,
    evidence: Evidence,
) -> OfferFact {
    let types = |proposal: &wire2::Proposal<'_>| {
        let count = |kind| {
            proposal
                .transforms
                .iter()
                .filter(|transform| transform.transform_type == kind)
                .count()
        };
        let kinds = proposal
            .transforms
            .iter()
            .map(|transform| transform.transform_type);
        kinds.map(count).max().unwrap_or(0)
    };
    OfferFact {
        layer,
        version: Version::V2,
        proposals: proposals.iter().map(transforms_of_v2).collect(),
        proposal_count: proposals.len(),
        most_of_a_type: proposals.iter().map(types).max().unwrap_or(0),
        role,
        evidence,
    }
}

/// A whole offer of IKEv1.
#[must_use]
pub fn offer_of_v1(
    proposals: &[wire1::Proposal<'_>],
    layer: Layer,
    role: Option<Role>,
    evidence: Evidence,
) -> OfferFact {
    let transforms = proposals.iter().flat_map(|proposal| &proposal.transforms);
    let most = proposals
        .iter()
        .map(|proposal| proposal.transforms.len())
        .max();
    OfferFact {
        layer,
        version: Version::V1,
        proposals: transforms.map(transforms_of_v1).collect(),
        proposal_count: proposals.len(),
        most_of_a_type: most.unwrap_or(0),
        role,
        evidence,
    }
}

/// Which SA a protocol of IKEv2 is.
pub(super) const fn layer_of_v2(protocol: ikev2::ProtocolId) -> Option<Layer> {
    match protocol {
        ikev2::ProtocolId::IKE => Some(Layer::Ike),
        ikev2::ProtocolId::ESP => Some(Layer::Esp),
        ikev2::ProtocolId::AH => Some(Layer::Ah),
        _ => None,
    }
}

/// Which SA a protocol of IKEv1 is.
pub(super) const fn layer_of_v1(protocol: ikev1::ProtocolId) -> Option<Layer> {
    match protocol {
        ikev1::ProtocolId::ISAKMP => Some(Layer::Ike),
        ikev1::ProtocolId::IPSEC_ESP => Some(Layer::Esp),
        ikev1::ProtocolId::IPSEC_AH => Some(Layer::Ah),
        _ => None,
    }
}

/// Lifetimes of a transform of IKEv1.
pub(super) fn lifetime(transform: &wire1::Transform<'_>) -> Lifetime {
    let lifetimes = transform.lifetimes();
    Lifetime {
        seconds: lifetimes.seconds,
        kilobytes: lifetimes.kilobytes,
    }
}

/// Exchanges of IKEv1 that negotiate.
pub(super) const fn mode(exchange: ikev1::ExchangeType) -> Option<Mode> {
    match exchange {
        ikev1::ExchangeType::IDENTITY_PROTECTION => Some(Mode::Main),
        ikev1::ExchangeType::AGGRESSIVE => Some(Mode::Aggressive),
        ikev1::ExchangeType::QUICK_MODE => Some(Mode::Quick),
        _ => None,
    }
}
