//! Payloads of IKEv1, of phase 1 and of phase 2.

use std::sync::Arc;

use ikescope_dissectors::ikev1::{Body, NotificationData, SecurityAssociation};
use ikescope_dissectors::registries::ikev1::{
    CertificateEncoding, ExchangeType, NotifyType, PayloadType,
};
use ikescope_dissectors::{Body as _, Payload, Value};

use super::super::algorithm::{Algorithm, Number};
use super::super::facts::{
    IdentityFact, Layer, Mode, Oddity, Role, Standing, SuiteFact, Transforms, Version,
};
use super::collector::{Collector, Context};
use super::convert::{layer_of_v1, lifetime, mode, offer_of_v1, transforms_of_v1};
use super::flows::{FlowKey, digest};
use super::peers::add;
use super::sa::{OfferedChild, Pending};
use super::tried::Answer;

impl Collector {
    /// The payloads of a message, in clear or opened.
    pub(super) fn phase_one(&mut self, payloads: &[Payload<'_, Body<'_>>], context: &Context) {
        let mode = mode(ExchangeType(context.exchange));
        let has = |kind: PayloadType| {
            payloads
                .iter()
                .any(|payload| payload.payload_type == kind.0)
        };
        let proves = has(PayloadType::SIGNATURE);
        let dead_peer_detection = payloads.iter().any(|payload| {
            matches!(&payload.body, Body::VendorId(body) if body.data.starts_with(&DEAD_PEER_DETECTION))
        });
        let mut place = 0;
        for payload in payloads {
            match &payload.body {
                Body::SecurityAssociation(sa) => match mode {
                    Some(Mode::Quick) => self.quick(sa, context, has(PayloadType::KE)),
                    Some(mode) => self.negotiation(sa, mode, dead_peer_detection, context),
                    None => {}
                },
                Body::KeyExchange(body) if mode != Some(Mode::Quick) => {
                    if let Some(group) = self.group(context) {
                        self.public_value(group, body.data, context);
                    }
                }
                Body::Nonce(body) => self.nonce(body.data, context, Version::V1),
                Body::VendorId(body) => self.vendor(body.data, context, Version::V1),
                Body::Identification(identity) if mode != Some(Mode::Quick) => {
                    let value = payload_value(payload);
                    if mode == Some(Mode::Aggressive) && context.from_initiator {
                        let state = self.sa(context);
                        let offer = digest(&state.offered);
                        state.asked = Some((offer, digest(&value), context.octets as u64));
                    }
                    let fact = IdentityFact {
                        version: Version::V1,
                        mode,
                        id_type: identity.id_type.0,
                        value,
                        clear: context.clear,
                        evidence: context.evidence.clone(),
                    };
                    self.identity(fact, context.src);
                }
                Body::Hash(_) if mode == Some(Mode::Aggressive) && !context.from_initiator => {
                    self.aggressive_hash(context);
                }
                Body::Certificate(certificate)
                    if certificate.encoding == CertificateEncoding::X509_SIGNATURE =>
                {
                    self.certificate(certificate.data, Version::V1, place, proves, context);
                    place += 1;
                }
                Body::Notification(notification) => {
                    let refuses = notification.notify.0 < FIRST_STATUS && !context.from_initiator;
                    if refuses && context.clear && self.sa(context).chosen.is_none() {
                        self.identity_met(context, Answer::Refusal);
                    }
                    if notification.notify == NotifyType::NO_PROPOSAL_CHOSEN && context.clear {
                        self.refused(context);
                    }
                    if matches!(notification.data, NotificationData::ReplayDetection(false)) {
                        let evidence = context.evidence.with("REPLAY-STATUS: off");
                        self.odd(context.src, Oddity::ReplayDetectionOff, evidence);
                    }
                }
                _ => {}
            }
        }
    }

    /// The SA payload of phase 1: an offer from the initiator, a choice from the responder.
    fn negotiation(
        &mut self,
        sa: &SecurityAssociation<'_>,
        mode: Mode,
        dead_peer_detection: bool,
        context: &Context,
    ) {
        let proposals = sa.proposals();
        let first = proposals
            .iter()
            .find_map(|proposal| Some((proposal, proposal.transforms.first()?)));
        let Some((proposal, transform)) = first else {
            return;
        };
        if layer_of_v1(proposal.protocol) != Some(Layer::Ike) {
            return;
        }
        if context.from_initiator {
            let role = Some(Role::Initiator);
            let offer = offer_of_v1(proposals, Layer::Ike, role, context.evidence.clone());
            let state = self.sa(context);
            state.offered = offer.proposals.as_slice().into();
            state.first_method = transform
                .group()
                .map(|group| Algorithm::new(Number::Group(group)));
            self.offer(offer, context.src);
            return;
        }
        if mode == Mode::Aggressive {
            self.identity_met(context, Answer::Agreement(dead_peer_detection));
        }
        let transforms = transforms_of_v1(transform);
        let lifetime = lifetime(transform);
        let state = self.sa(context);
        let offered = state.offered.clone();
        state.chosen = Some(transforms.clone());
        let all = union(&offered);
        for (address, role) in [
            (context.src, Role::Responder),
            (context.dst, Role::Initiator),
        ] {
            let fact = SuiteFact {
                role: Some(role),
                mode: Some(mode),
                transforms: transforms.clone(),
                lifetime: Some(lifetime),
                chosen_from: Some(all.clone()).filter(|all| !all.encr.is_empty()),
                offered: offered.clone(),
                ..SuiteFact::new(
                    Layer::Ike,
                    Version::V1,
                    Standing::Chosen,
                    context.evidence.clone(),
                )
            };
            self.peers.of(address).add_suite(fact);
        }
        self.selectors.client(context.dst, context.src);
    }

    /// An SA payload of quick mode. The hash before it shows who speaks; the group is that of the transform.
    fn quick(&mut self, sa: &SecurityAssociation<'_>, context: &Context, has_ke: bool) {
        let proposals = sa.proposals();
        let Some(first) = proposals.first() else {
            return;
        };
        let Some(layer) = layer_of_v1(first.protocol) else {
            return;
        };
        let key = (context.message_id, context.dst);
        let Some(pending) = self.sa(context).pending.remove(&key) else {
            self.quick_offer(sa, layer, context);
            return;
        };
        let offered: Arc<[Transforms]> = pending
            .offers
            .iter()
            .map(|offer| offer.transforms.clone())
            .collect();
        let ike_ke = self.sa(context).ke();
        for proposal in proposals {
            let Some((layer, transform)) =
                layer_of_v1(proposal.protocol).zip(proposal.transforms.first())
            else {
                continue;
            };
            let mut transforms = transforms_of_v1(transform);
            if !has_ke {
                transforms.ke.clear();
            }
            for (address, role) in [
                (context.src, Role::Responder),
                (context.dst, Role::Initiator),
            ] {
                let fact = SuiteFact {
                    role: Some(role),
                    mode: Some(Mode::Quick),
                    transforms: transforms.clone(),
                    lifetime: Some(lifetime(transform)),
                    chosen_from: Some(union(&offered)),
                    offered: offered.clone(),
                    ike_ke,
                    ..SuiteFact::new(
                        layer,
                        Version::V1,
                        Standing::Chosen,
                        context.evidence.clone(),
                    )
                };
                self.peers.of(address).add_suite(fact);
            }
            let asked = pending.offers.iter().find(|offer| {
                offer.number == proposal.number && offer.protocol == proposal.protocol.0
            });
            let spis = [
                (context.src, spi(proposal.spi)),
                (context.dst, asked.and_then(|offer| offer.spi)),
            ];
            for (dst, spi) in spis {
                let Some(spi) = spi else { continue };
                self.negotiated(FlowKey { layer, dst, spi }, &transforms, context);
            }
        }
    }

    fn quick_offer(&mut self, sa: &SecurityAssociation<'_>, layer: Layer, context: &Context) {
        let role = Some(Role::Initiator);
        let proposals = sa.proposals();
        self.offer(
            offer_of_v1(proposals, layer, role, context.evidence.clone()),
            context.src,
        );
        let offers = proposals
            .iter()
            .flat_map(|proposal| {
                proposal.transforms.iter().map(|transform| OfferedChild {
                    number: proposal.number,
                    protocol: proposal.protocol.0,
                    spi: spi(proposal.spi),
                    ike_spi: None,
                    transforms: transforms_of_v1(transform),
                })
            })
            .collect();
        let pending = Pending { offers };
        self.sa(context)
            .await_answer((context.message_id, context.src), pending);
    }

    /// The group of phase 1: what was chosen, or in aggressive mode what was offered.
    fn group(&mut self, context: &Context) -> Option<Algorithm> {
        let state = self.sa(context);
        state.ke().or(state.first_method)
    }

    /// HASH_R for everybody to guess at.
    fn aggressive_hash(&mut self, context: &Context) {
        let state = self.sa(context);
        let Some(method) = state
            .chosen
            .as_ref()
            .and_then(|chosen| chosen.auth.first().copied())
        else {
            return;
        };
        let evidence = context
            .evidence
            .with(format!("HASH_R in clear, authentication {method}"));
        for address in [context.src, context.dst] {
            let peer = self.peers.of(address);
            let fact = (method, evidence.clone());
            add(
                &mut peer.aggressive_hashes,
                &mut peer.left_out,
                fact,
                |one, other| one.0 == other.0,
            );
        }
    }

    fn refused(&mut self, context: &Context) {
        if context.from_initiator {
            return;
        }
        let offered = self.sa(context).offered.clone();
        for transforms in offered.iter().cloned() {
            let evidence = context
                .evidence
                .with(NotifyType::NO_PROPOSAL_CHOSEN.to_string());
            let fact = SuiteFact {
                role: Some(Role::Responder),
                transforms,
                ..SuiteFact::new(Layer::Ike, Version::V1, Standing::Refused, evidence)
            };
            self.peers.of(context.src).add_suite(fact);
        }
    }
}

/// Everything that was offered, by kind.
fn union(offered: &[Transforms]) -> Transforms {
    let mut all = Transforms::default();
    for transforms in offered {
        all.encr.extend(&transforms.encr);
        all.prf.extend(&transforms.prf);
        all.integ.extend(&transforms.integ);
        all.auth.extend(&transforms.auth);
        all.ke.extend(&transforms.ke);
    }
    all
}

fn spi(octets: &[u8]) -> Option<u32> {
    match octets.len() {
        4 => octets
            .first_chunk::<4>()
            .map(|spi| u32::from_be_bytes(*spi)),
        _ => None,
    }
}

/// The identity as people write it.
fn payload_value(payload: &Payload<'_, Body<'_>>) -> String {
    let value =
        payload
            .body
            .fields()
            .into_iter()
            .find_map(|field| match (field.name, field.value) {
                ("value", Value::Text(text)) => Some(text.into_owned()),
                _ => None,
            });
    value.unwrap_or_default()
}

/// RFC 3706, section 5.1, without the two octets of the version.
const DEAD_PEER_DETECTION: [u8; 14] = [
    0xaf, 0xca, 0xd7, 0x13, 0x68, 0xa1, 0xf1, 0xc9, 0x6b, 0x86, 0x96, 0xfc, 0x77, 0x57,
];

/// Notifications below are errors (RFC 2408, section 3.14.1).
const FIRST_STATUS: u16 = 16_384;
