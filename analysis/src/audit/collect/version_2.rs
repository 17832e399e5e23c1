//! Payloads of IKEv2.

use std::net::IpAddr;
use std::sync::Arc;

use ikescope_dissectors::ikev2::{Body, Notify, Proposal, SecurityAssociation};
use ikescope_dissectors::registries::ikev2::{
    AuthenticationMethod, CertificateEncoding, ExchangeType, HashAlgorithm, NotifyType,
    PayloadType, ProtocolId,
};
use ikescope_dissectors::{Payload, Value};

use super::super::algorithm::Algorithm;
use super::super::certificate_facts::CertificateFacts;
use super::super::facts::{
    AuthenticationFact, EapFact, Evidence, IdentityFact, InvalidKeFact, KeyExchangeFact, Layer,
    NonceFact, NotifyFact, Oddity, Reused, Role, Standing, SuiteFact, Transforms, VendorFact,
    Version,
};
use super::collector::{Collector, Context};
use super::convert::{layer_of_v2, offer_of_v2, transforms_of_v2};
use super::flows::{FlowKey, digest, is_aead};
use super::oddness::{illegal_value, odd_nonce};
use super::peers::add;
use super::sa::{OfferedChild, Pending, Sa};

impl Collector {
    /// The payloads of a message, in clear or opened.
    pub(super) fn version_2(&mut self, payloads: &[Payload<'_, Body<'_>>], context: &Context) {
        let exchange = ExchangeType(context.exchange);
        if context.clear {
            self.order(payloads, context);
        }
        let method = payloads.iter().find_map(|payload| match &payload.body {
            Body::KeyExchange(body) => Some(Algorithm::ke(body.method)),
            _ => None,
        });
        let proves = payloads
            .iter()
            .any(|payload| payload.payload_type == PayloadType::AUTH.0);
        if exchange == ExchangeType::IKE_AUTH {
            self.eap_state(payloads, context);
        }
        let mut place = 0;
        for payload in payloads {
            match &payload.body {
                Body::SecurityAssociation(sa) if exchange == ExchangeType::IKE_SA_INIT => {
                    self.init(sa, context, method);
                }
                Body::SecurityAssociation(sa) => self.child(sa, context, method),
                Body::KeyExchange(body) => {
                    let method = Algorithm::ke(body.method);
                    self.public_value(method, body.data, context);
                }
                Body::Nonce(octets) => self.nonce(octets, context, Version::V2),
                Body::Notify(notify) => self.notify(notify, context),
                Body::VendorId(octets) => self.vendor(octets, context, Version::V2),
                Body::Identification(identity) => {
                    let fact = IdentityFact {
                        version: Version::V2,
                        mode: None,
                        id_type: identity.id_type.0,
                        value: identity.to_string(),
                        clear: context.clear,
                        evidence: context.evidence.clone(),
                    };
                    // The initiator's IDr names whom it wants, not itself.
                    let own = (payload.payload_type == PayloadType::ID_INITIATOR.0)
                        == context.from_initiator;
                    if own {
                        self.identity(fact, context.src);
                    }
                }
                Body::Certificate(certificate) => match certificate.encoding {
                    CertificateEncoding::X509_SIGNATURE => {
                        self.certificate(certificate.data, Version::V2, place, proves, context);
                        place += 1;
                    }
                    CertificateEncoding::HASH_AND_URL_CERTIFICATE
                    | CertificateEncoding::HASH_AND_URL_BUNDLE => {
                        let peer = self.peers.of(context.src);
                        let evidence = context.evidence.with("a certificate by its URL");
                        add(
                            &mut peer.certificate_urls,
                            &mut peer.left_out,
                            evidence,
                            |one, other| one == other,
                        );
                    }
                    _ => {}
                },
                Body::Authentication(auth) => {
                    let signature = auth.fields().into_iter().find_map(|field| {
                        match (field.name, field.value) {
                            ("signature_algorithm", Value::Text(text)) => Some(text.into_owned()),
                            ("signature_algorithm", _) => Some("of no known name".to_owned()),
                            _ => None,
                        }
                    });
                    self.auth(auth.method, signature, context);
                }
                Body::Eap(eap) => {
                    // Identity, Notification and Nak are no methods.
                    if let Some(eap_type) = eap.eap_type().filter(|eap_type| eap_type.0 > 3) {
                        let peer = self.peers.of(context.src);
                        let fact = EapFact {
                            eap_type,
                            evidence: context.evidence.clone(),
                        };
                        add(&mut peer.eap, &mut peer.left_out, fact, |one, other| {
                            one.eap_type == other.eap_type
                        });
                    }
                }
                _ => {}
            }
        }
        self.selectors_of(payloads, context);
    }

    /// What EAP means for AUTH payloads, before they are looked at.
    fn eap_state(&mut self, payloads: &[Payload<'_, Body<'_>>], context: &Context) {
        let has = |kind: PayloadType| {
            payloads
                .iter()
                .any(|payload| payload.payload_type == kind.0)
        };
        let sa = self.sa(context);
        sa.eap |= has(PayloadType::EAP);
        if context.from_initiator {
            sa.eap_only_offered |= payloads.iter().any(|payload| {
                matches!(&payload.body, Body::Notify(notify) if notify.notify_type == NotifyType::EAP_ONLY_AUTHENTICATION)
            });
            return;
        }
        sa.responder_authenticated |= has(PayloadType::AUTH);
        let accepted = sa.eap_only_offered && has(PayloadType::EAP) && !sa.responder_authenticated;
        if !accepted {
            return;
        }
        for (address, role) in [
            (context.src, Role::Responder),
            (context.dst, Role::Initiator),
        ] {
            let evidence = context
                .evidence
                .with("EAP without an AUTH payload of the responder");
            self.notify_fact(NotifyType::EAP_ONLY_AUTHENTICATION, role, evidence, address);
        }
    }

    fn notify_fact(&mut self, notify: NotifyType, role: Role, evidence: Evidence, address: IpAddr) {
        let fact = NotifyFact {
            notify,
            role: Some(role),
            evidence,
        };
        let peer = self.peers.of(address);
        add(
            &mut peer.notifies,
            &mut peer.left_out,
            fact,
            |one, other| one.notify == other.notify && one.role == other.role,
        );
    }

    /// Exchanges that come too early, requests that are incomplete, message IDs that come again.
    fn order(&mut self, payloads: &[Payload<'_, Body<'_>>], context: &Context) {
        let exchange = ExchangeType(context.exchange);
        let evidence = context.evidence.clone();
        let has = |kind: PayloadType| {
            payloads
                .iter()
                .any(|payload| payload.payload_type == kind.0)
        };
        if exchange == ExchangeType::IKE_SA_INIT && !context.response && context.from_initiator {
            let complete = [PayloadType::SA, PayloadType::KE, PayloadType::NONCE]
                .into_iter()
                .all(has);
            if !complete {
                self.odd(context.src, Oddity::IncompleteInit, evidence.clone());
            }
            if self.redirects.get(&context.src) == Some(&context.dst) {
                let evidence =
                    evidence.with(format!("{} went where it was redirected to", context.src));
                self.odd(context.src, Oddity::FollowedRedirect, evidence);
            }
        }
        let sa = self.sa(context);
        let init_seen = sa.exchanges.contains(&ExchangeType::IKE_SA_INIT.0);
        let auth_seen = [ExchangeType::IKE_AUTH, ExchangeType::IKE_SESSION_RESUME]
            .into_iter()
            .any(|exchange| sa.exchanges.contains(&exchange.0));
        sa.exchanges.insert(context.exchange);
        sa.rekeyed |= exchange == ExchangeType::CREATE_CHILD_SA;
        let early = init_seen && !auth_seen;
        match exchange {
            ExchangeType::CREATE_CHILD_SA if early => {
                self.odd(
                    context.src,
                    Oddity::ChildBeforeAuthentication,
                    evidence.clone(),
                );
            }
            ExchangeType::INFORMATIONAL if early && context.responder_spi != 0 => {
                self.odd(
                    context.src,
                    Oddity::InformationalBeforeAuthentication,
                    evidence.clone(),
                );
            }
            _ => {}
        }
        if exchange != ExchangeType::IKE_SA_INIT {
            let (initiator, responder) = match context.from_initiator {
                true => (context.src, context.dst),
                false => (context.dst, context.src),
            };
            self.tried.went_on(responder, initiator, context.spi);
        }
        if exchange == ExchangeType::IKE_SA_INIT || context.response {
            return;
        }
        for payload in payloads {
            let (octets, fragment) = match &payload.body {
                Body::Encrypted(body) => (body.octets, 0),
                Body::EncryptedFragment(body) => (body.octets, body.fragment),
                _ => continue,
            };
            let key = (context.message_id, context.src, fragment);
            let own = digest(&octets);
            let first = self.sa(context).request(key, own, &evidence);
            if let Some(first) = first {
                let what = format!(
                    "message ID {} with other octets, or below an earlier one",
                    context.message_id
                );
                self.reuse(context.src, Reused::MessageId, first, evidence.with(what));
            }
        }
    }

    /// Initialization vectors of encrypted payloads.
    pub(super) fn protected(&mut self, payloads: &[Payload<'_, Body<'_>>], context: &Context) {
        let cipher = self.sas.get(&context.spi).and_then(Sa::cipher);
        if !is_aead(cipher) {
            return;
        }
        for payload in payloads {
            let octets = match &payload.body {
                Body::Encrypted(body) => body.octets,
                Body::EncryptedFragment(body) => body.octets,
                _ => continue,
            };
            if let Some(first) = self.iv_used_before(context, octets) {
                let again = context
                    .evidence
                    .with("the same initialization vector for other octets");
                self.reuse(context.src, Reused::IkeIv, first, again);
            }
        }
    }

    /// The SA payload of IKE_SA_INIT.
    fn init(&mut self, sa: &SecurityAssociation<'_>, context: &Context, method: Option<Algorithm>) {
        let evidence = context.evidence.clone();
        if !context.response {
            let role = Some(Role::Initiator);
            let offer = offer_of_v2(&sa.proposals, Layer::Ike, role, evidence);
            let state = self.sa(context);
            state.offered = offer.proposals.as_slice().into();
            state.numbers = sa.proposals.iter().map(|one| one.number).collect();
            state.first_method = method;
            self.offer(offer, context.src);
            return;
        }
        let Some(proposal) = sa.proposals.first() else {
            return;
        };
        let transforms = transforms_of_v2(proposal);
        let state = self.sa(context);
        let again = state.chosen.is_some() && state.responder_spi == context.responder_spi;
        let first = state.evidence.clone();
        let at = state
            .numbers
            .iter()
            .position(|number| *number == proposal.number);
        let chosen_from = at.and_then(|at| state.offered.get(at).cloned());
        let offered = state.offered.clone();
        state.chosen = Some(transforms.clone());
        state.responder_spi = context.responder_spi;
        if again {
            let evidence = context
                .evidence
                .with("the same pair of SPIs for another IKE SA");
            self.reuse(context.src, Reused::IkeSpis, first, evidence);
        }
        for (address, role) in [
            (context.src, Role::Responder),
            (context.dst, Role::Initiator),
        ] {
            let fact = SuiteFact {
                role: Some(role),
                transforms: transforms.clone(),
                chosen_from: chosen_from.clone(),
                offered: offered.clone(),
                ..SuiteFact::new(Layer::Ike, Version::V2, Standing::Chosen, evidence.clone())
            };
            let peer = self.peers.of(address);
            peer.add_suite(fact);
            let init = evidence.clone();
            add(
                &mut peer.completed_inits,
                &mut peer.left_out,
                init,
                |_, _| true,
            );
        }
        let ends = (context.src, context.dst);
        let peer = self.peers.of(context.src);
        self.tried
            .opened(ends, context.spi, context.time, &context.evidence, peer);
        self.selectors.client(context.dst, context.src);
        self.nonces_with(context, transforms.prf.first().copied());
    }

    /// An SA payload of IKE_AUTH or CREATE_CHILD_SA.
    fn child(
        &mut self,
        sa: &SecurityAssociation<'_>,
        context: &Context,
        method: Option<Algorithm>,
    ) {
        let in_auth = ExchangeType(context.exchange) == ExchangeType::IKE_AUTH;
        // With EAP the answer comes some messages later.
        let message_id = if in_auth {
            u32::MAX
        } else {
            context.message_id
        };
        if !context.response {
            self.child_offer(sa, context, message_id);
            return;
        }
        let Some(proposal) = sa.proposals.first() else {
            return;
        };
        let Some(layer) = layer_of_v2(proposal.protocol) else {
            return;
        };
        let state = self.sa(context);
        let requester = context.dst;
        let pending = state.pending.remove(&(message_id, requester));
        let ike_ke = state.ke();
        let first_child = in_auth && state.first_child_to_come;
        if in_auth {
            state.first_child_to_come = false;
        }
        let mut transforms = transforms_of_v2(proposal);
        // The method of the KE payload is the one that is used, whatever the proposal repeats.
        if let Some(method) = method
            && transforms.ke.is_empty()
        {
            transforms.ke.push(method);
        }
        let offers = pending.map(|pending| pending.offers).unwrap_or_default();
        let offered: Arc<[Transforms]> = offers
            .iter()
            .map(|offer| offer.transforms.clone())
            .collect();
        let chosen_from = offers
            .iter()
            .find(|offer| offer.number == proposal.number && offer.protocol == proposal.protocol.0);
        for (address, role) in [(context.src, Role::Responder), (requester, Role::Initiator)] {
            let fact = SuiteFact {
                role: Some(role),
                transforms: transforms.clone(),
                chosen_from: chosen_from.map(|offer| offer.transforms.clone()),
                offered: offered.clone(),
                first_child,
                ike_ke,
                ..SuiteFact::new(
                    layer,
                    Version::V2,
                    Standing::Chosen,
                    context.evidence.clone(),
                )
            };
            self.peers.of(address).add_suite(fact);
        }
        if layer == Layer::Ike {
            if let Some(spi) = chosen_from.and_then(|offer| offer.ike_spi) {
                self.rekeyed(spi, transforms, context);
            }
            return;
        }
        let spis = [
            (context.src, spi_of(proposal)),
            (requester, chosen_from.and_then(|offer| offer.spi)),
        ];
        for (dst, spi) in spis {
            let Some(spi) = spi else { continue };
            self.negotiated(FlowKey { layer, dst, spi }, &transforms, context);
        }
    }

    fn child_offer(&mut self, sa: &SecurityAssociation<'_>, context: &Context, message_id: u32) {
        let Some(layer) = sa
            .proposals
            .first()
            .and_then(|one| layer_of_v2(one.protocol))
        else {
            return;
        };
        let role = Some(Role::Initiator);
        self.offer(
            offer_of_v2(&sa.proposals, layer, role, context.evidence.clone()),
            context.src,
        );
        let offers = sa
            .proposals
            .iter()
            .map(|proposal| OfferedChild {
                number: proposal.number,
                protocol: proposal.protocol.0,
                spi: spi_of(proposal),
                ike_spi: proposal
                    .spi
                    .first_chunk::<8>()
                    .map(|spi| u64::from_be_bytes(*spi)),
                transforms: transforms_of_v2(proposal),
            })
            .collect();
        let pending = Pending { offers };
        self.sa(context)
            .await_answer((message_id, context.src), pending);
    }

    /// A new IKE SA in the place of the old one: whoever asked for it is its initiator, and its SPI stood in the request.
    fn rekeyed(&mut self, spi: u64, transforms: Transforms, context: &Context) {
        let (initiator, responder) = (context.dst, context.src);
        let evidence = context.evidence.clone();
        let sa = self
            .sas
            .entry(spi, || Sa::new(initiator, responder, evidence));
        sa.chosen = Some(transforms);
        sa.first_child_to_come = false;
    }

    /// A Child SA was agreed on.
    pub(super) fn negotiated(&mut self, key: FlowKey, transforms: &Transforms, context: &Context) {
        if self.flows.negotiated(key, transforms) {
            let what = format!(
                "{} SPI {:#010x} with another suite",
                key.layer.title(),
                key.spi
            );
            let evidence = context.evidence.with(what);
            self.reuse(key.dst, Reused::EspSpi, evidence.clone(), evidence);
        }
    }

    pub(super) fn public_value(&mut self, method: Algorithm, octets: &[u8], context: &Context) {
        let in_init = context.exchange == ExchangeType::IKE_SA_INIT.0 && context.clear;
        let by_initiator = if method.is_of_v1() {
            context.from_initiator
        } else {
            !context.response
        };
        let illegal = match method.as_v2().map(|same| same.number) {
            Some(super::super::algorithm::Number::Ke(method))
                if self.peers.matters(context.src) =>
            {
                illegal_value(method, octets, by_initiator)
            }
            _ => None,
        };
        let fact = KeyExchangeFact {
            method,
            octets: octets.len(),
            by_initiator,
            in_sa_init_over_udp: in_init && context.over_udp,
            message_octets: context.octets,
            illegal,
            evidence: context.evidence.clone(),
        };
        let peer = self.peers.of(context.src);
        add(
            &mut peer.key_exchanges,
            &mut peer.left_out,
            fact,
            |one, other| {
                one.method == other.method
                    && one.octets == other.octets
                    && one.by_initiator == other.by_initiator
                    && one.in_sa_init_over_udp == other.in_sa_init_over_udp
                    && one.illegal == other.illegal
                    && (one.message_octets > 1280) == (other.message_octets > 1280)
            },
        );
        if !method.is_registered() {
            return;
        }
        if let Some(first) = self.used_before(context, Some(method), octets) {
            let again = context
                .evidence
                .with(format!("{method}: the public value of another IKE SA"));
            self.reuse(context.src, Reused::KeyExchange(method), first, again);
        }
    }

    pub(super) fn nonce(&mut self, octets: &[u8], context: &Context, version: Version) {
        let odd = odd_nonce(octets);
        let state = self.sa(context);
        if state.nonces.len() < 4 {
            let nonce = (context.src, octets.len(), odd, context.evidence.clone());
            state.nonces.push(nonce);
        }
        let fact = NonceFact {
            version,
            octets: octets.len(),
            prf: None,
            odd,
            evidence: context.evidence.clone(),
        };
        self.nonce_fact(fact, context.src);
        if let Some(first) = self.used_before(context, None, octets) {
            let again = context.evidence.with("the nonce of another IKE SA");
            self.reuse(context.src, Reused::Nonce, first, again);
        }
    }

    /// The nonces of an IKE SA whose PRF is known now.
    fn nonces_with(&mut self, context: &Context, prf: Option<Algorithm>) {
        let nonces = std::mem::take(&mut self.sa(context).nonces);
        for (address, octets, odd, evidence) in nonces {
            let fact = NonceFact {
                version: Version::V2,
                octets,
                prf,
                odd,
                evidence,
            };
            self.nonce_fact(fact, address);
        }
    }

    fn nonce_fact(&mut self, fact: NonceFact, address: IpAddr) {
        let peer = self.peers.of(address);
        add(&mut peer.nonces, &mut peer.left_out, fact, |one, other| {
            one.version == other.version
                && one.octets == other.octets
                && one.prf == other.prf
                && one.odd == other.odd
        });
    }

    fn notify(&mut self, notify: &Notify<'_>, context: &Context) {
        let evidence = context.evidence.with(notify.notify_type.to_string());
        let in_init = context.exchange == ExchangeType::IKE_SA_INIT.0;
        match notify.notify_type {
            NotifyType::SIGNATURE_HASH_ALGORITHMS => {
                let hashes: Vec<HashAlgorithm> = notify
                    .data
                    .chunks_exact(2)
                    .filter_map(|pair| pair.first_chunk::<2>())
                    .map(|pair| HashAlgorithm(u16::from_be_bytes(*pair)))
                    .collect();
                let peer = self.peers.of(context.src);
                add(
                    &mut peer.signature_hashes,
                    &mut peer.left_out,
                    (hashes, evidence),
                    |one, other| one.0 == other.0,
                );
            }
            NotifyType::INVALID_KE_PAYLOAD if in_init && context.response => {
                let sent = self.sa(context).first_method;
                let wanted = notify
                    .data
                    .first_chunk::<2>()
                    .map(|pair| u16::from_be_bytes(*pair));
                if let (Some(sent), Some(wanted)) = (sent, wanted) {
                    let wanted = Algorithm::ke(
                        ikescope_dissectors::registries::ikev2::KeyExchangeMethod(wanted),
                    );
                    let offered = Arc::clone(&self.sa(context).offered);
                    let peer = self.peers.of(context.src);
                    peer.add_suite(SuiteFact {
                        role: Some(Role::Responder),
                        transforms: certain(&offered, wanted),
                        ..SuiteFact::new(
                            Layer::Ike,
                            Version::V2,
                            Standing::Accepted,
                            evidence.with(format!("asks for {wanted}")),
                        )
                    });
                    let fact = InvalidKeFact {
                        sent,
                        wanted,
                        evidence,
                    };
                    add(
                        &mut peer.invalid_ke,
                        &mut peer.left_out,
                        fact,
                        |one, other| one.sent == other.sent && one.wanted == other.wanted,
                    );
                }
            }
            NotifyType::NO_PROPOSAL_CHOSEN if in_init && context.response => {
                let offered = self.sa(context).offered.clone();
                for transforms in offered.iter().cloned() {
                    let fact = SuiteFact {
                        role: Some(Role::Responder),
                        transforms,
                        ..SuiteFact::new(
                            Layer::Ike,
                            Version::V2,
                            Standing::Refused,
                            evidence.clone(),
                        )
                    };
                    self.peers.of(context.src).add_suite(fact);
                }
            }
            NotifyType::REDIRECT if in_init && context.response => {
                if let Some(target) = redirect_target(notify.data)
                    && self.redirects.len() < super::limits::MAX_PEERS
                {
                    self.redirects.insert(context.dst, target);
                }
            }
            kind if KEPT.contains(&kind) => {
                let role = if context.from_initiator {
                    Role::Initiator
                } else {
                    Role::Responder
                };
                self.notify_fact(kind, role, evidence, context.src);
            }
            _ => {}
        }
    }

    pub(super) fn vendor(&mut self, octets: &[u8], context: &Context, version: Version) {
        let fact = VendorFact {
            octets: octets.to_vec(),
            version,
            clear: context.clear,
            evidence: context.evidence.clone(),
        };
        let peer = self.peers.of(context.src);
        add(&mut peer.vendors, &mut peer.left_out, fact, |one, other| {
            one.octets == other.octets && one.version == other.version && one.clear == other.clear
        });
    }

    pub(super) fn identity(&mut self, fact: IdentityFact, address: IpAddr) {
        let peer = self.peers.of(address);
        add(
            &mut peer.identities,
            &mut peer.left_out,
            fact,
            |one, other| {
                one.version == other.version
                    && one.mode == other.mode
                    && one.id_type == other.id_type
                    && one.value == other.value
                    && one.clear == other.clear
            },
        );
    }

    pub(super) fn certificate(
        &mut self,
        der: &[u8],
        version: Version,
        place: usize,
        used: bool,
        context: &Context,
    ) {
        let seen = context.time.map(|time| time.seconds);
        let evidence = context.evidence.clone();
        let Some(fact) = CertificateFacts::read(der, version, place, used, seen, evidence) else {
            return;
        };
        let peer = self.peers.of(context.src);
        add(
            &mut peer.certificates,
            &mut peer.left_out,
            fact,
            |one, other| {
                one.key_octets == other.key_octets
                    && one.version == other.version
                    && one.place == other.place
                    && one.not_after == other.not_after
                    && one.subject == other.subject
            },
        );
    }

    fn auth(&mut self, method: AuthenticationMethod, signature: Option<String>, context: &Context) {
        // Behind EAP a shared key is the one that EAP made (RFC 7296, section 2.16).
        if method == AuthenticationMethod::PSK && self.sa(context).eap {
            return;
        }
        let role = if context.from_initiator {
            Role::Initiator
        } else {
            Role::Responder
        };
        let fact = AuthenticationFact {
            method,
            signature,
            role: Some(role),
            evidence: context.evidence.clone(),
        };
        let peer = self.peers.of(context.src);
        add(
            &mut peer.authentications,
            &mut peer.left_out,
            fact,
            |one, other| {
                one.method == other.method
                    && one.signature == other.signature
                    && one.role == other.role
            },
        );
    }

    /// What the tunnel carries, as the answer says.
    fn selectors_of(&mut self, payloads: &[Payload<'_, Body<'_>>], context: &Context) {
        if context.clear || !context.response {
            return;
        }
        let of = |kind: PayloadType| {
            payloads.iter().find_map(|payload| match &payload.body {
                Body::TrafficSelectors(body) if payload.payload_type == kind.0 => Some(body),
                _ => None,
            })
        };
        if let (Some(initiator), Some(responder)) =
            (of(PayloadType::TS_INITIATOR), of(PayloadType::TS_RESPONDER))
        {
            let (one, other) = (&initiator.selectors, &responder.selectors);
            self.selectors.protect(context.dst, context.src, one, other);
            self.selectors.protect(context.src, context.dst, other, one);
        }
    }

    pub(super) fn offer(&mut self, offer: super::super::facts::OfferFact, address: IpAddr) {
        let peer = self.peers.of(address);
        add(&mut peer.offers, &mut peer.left_out, offer, |one, other| {
            one.layer == other.layer
                && one.version == other.version
                && one.proposals == other.proposals
                && one.role == other.role
        });
    }

    pub(super) fn sa(&mut self, context: &Context) -> &mut Sa {
        let (initiator, responder) = if context.from_initiator {
            (context.src, context.dst)
        } else {
            (context.dst, context.src)
        };
        self.sas.entry(context.spi, || {
            Sa::new(initiator, responder, context.evidence.clone())
        })
    }
}

/// What a responder accepts for certain when it asks for another method of an offer: that method, and whatever the
/// proposals with it have no alternative to (RFC 7296, section 1.2).
fn certain(offered: &[Transforms], wanted: Algorithm) -> Transforms {
    let with_it: Vec<&Transforms> = offered
        .iter()
        .filter(|proposal| proposal.ke.contains(&wanted))
        .collect();
    let only = |kind: fn(&Transforms) -> &Vec<Algorithm>| {
        let mut lists = with_it.iter().map(|proposal| kind(proposal));
        let first = lists.next().filter(|first| first.len() == 1)?;
        lists.all(|list| list == first).then(|| first.clone())
    };
    let encr = only(|proposal| &proposal.encr).unwrap_or_default();
    let integ = only(|proposal| &proposal.integ).unwrap_or_default();
    // A cipher whose integrity algorithm is not known is not one without.
    let whole = !integ.is_empty() || encr.iter().all(|cipher| cipher.is_aead());
    Transforms {
        encr: if whole { encr } else { Vec::new() },
        prf: only(|proposal| &proposal.prf).unwrap_or_default(),
        integ,
        ke: vec![wanted],
        ..Transforms::default()
    }
}

fn spi_of(proposal: &Proposal<'_>) -> Option<u32> {
    match proposal.protocol {
        ProtocolId::ESP | ProtocolId::AH => proposal
            .spi
            .first_chunk::<4>()
            .map(|spi| u32::from_be_bytes(*spi)),
        _ => None,
    }
}

/// The address of a REDIRECT notification (RFC 5685, section 7.2).
fn redirect_target(data: &[u8]) -> Option<IpAddr> {
    let (kind, rest) = data.split_first()?;
    let (len, rest) = rest.split_first()?;
    let identity = rest.get(..usize::from(*len))?;
    match kind {
        1 => identity
            .first_chunk::<4>()
            .map(|octets| IpAddr::from(*octets)),
        2 => identity
            .first_chunk::<16>()
            .map(|octets| IpAddr::from(*octets)),
        _ => None,
    }
}

/// Notifications that findings ask for.
const KEPT: [NotifyType; 11] = [
    NotifyType::USE_PPK,
    NotifyType::USE_PPK_INT,
    NotifyType::NO_PPK_AUTH,
    NotifyType::INTERMEDIATE_EXCHANGE_SUPPORTED,
    NotifyType::ADDITIONAL_KEY_EXCHANGE,
    NotifyType::IKEV2_FRAGMENTATION_SUPPORTED,
    NotifyType::HTTP_CERT_LOOKUP_SUPPORTED,
    NotifyType::SUPPORTED_AUTH_METHODS,
    NotifyType::USE_AGGFRAG,
    NotifyType::COOKIE,
    NotifyType::REDIRECT,
];
