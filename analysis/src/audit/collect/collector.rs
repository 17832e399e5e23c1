//! From observations to facts about peers.

use std::collections::HashMap;
use std::net::IpAddr;

use ikescope_capture::Timestamp;
use ikescope_dissectors::registries::{ikev1, ikev2};
use ikescope_dissectors::{
    Ah, Content as Payloads, Esp, Flags, Issues, Message, Octets, Version as WireVersion,
};

use super::super::algorithm::Algorithm;
use super::super::facts::{
    AmplificationFact, Evidence, Layer, Oddity, OddityFact, PeerFacts, ReuseFact, Reused, Version,
};
use super::flows::{FlowKey, FlowPacket, Flows, digest, is_sha256_128};
use super::limits::{MAX_OWN_SAS, MAX_PEERS, MAX_SAS, MAX_SPIS, MAX_VALUES};
use super::oddness::{counts, odd_spi};
use super::outside::Selectors;
use super::peers::{Peers, add};
use super::sa::Sa;
use super::tried::{Answer, Asked, Tried};
use crate::observation::{Content, Encapsulation, Ike, Observation, Unrelated};
use crate::opened::OpeningNote;
use crate::recent::Recent;

/// Takes the packets of a capture in order and says in the end what is known of each address.
#[derive(Debug)]
pub struct Collector {
    pub(super) peers: Peers,
    pub(super) sas: Recent<u64, Sa>,
    pub(super) flows: Flows,
    pub(super) selectors: Selectors,
    /// Public values and nonces: whose, what, and in which IKE SA.
    values: Recent<(IpAddr, u64), (u64, Evidence)>,
    /// Initialization vectors of IKE SAs with an AEAD cipher.
    ivs: Recent<(u64, bool, u64), (u64, Evidence)>,
    spis: HashMap<IpAddr, Vec<u64>>,
    /// Whether ESP or AH went between two addresses.
    pairs: HashMap<(IpAddr, IpAddr), (bool, Option<Evidence>)>,
    pub(super) tried: Tried,
    /// Where a gateway has sent an initiator.
    pub(super) redirects: HashMap<IpAddr, IpAddr>,
}

/// A message and its place.
pub(super) struct Context {
    pub(super) spi: u64,
    pub(super) responder_spi: u64,
    pub(super) src: IpAddr,
    pub(super) dst: IpAddr,
    pub(super) from_initiator: bool,
    pub(super) response: bool,
    pub(super) exchange: u8,
    pub(super) message_id: u32,
    pub(super) over_udp: bool,
    pub(super) octets: usize,
    pub(super) time: Option<Timestamp>,
    /// Whether everybody could read what is being looked at.
    pub(super) clear: bool,
    pub(super) evidence: Evidence,
}

impl Default for Collector {
    fn default() -> Self {
        Self::new()
    }
}

impl Collector {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            peers: Peers::default(),
            sas: Recent::new(MAX_SAS),
            flows: Flows::new(),
            selectors: Selectors::default(),
            values: Recent::new(MAX_VALUES),
            ivs: Recent::new(MAX_VALUES),
            spis: HashMap::new(),
            pairs: HashMap::new(),
            tried: Tried::default(),
            redirects: HashMap::new(),
        }
    }

    /// Nothing seen yet, and nothing kept but what is about this address.
    pub(super) fn about(address: IpAddr) -> Self {
        Self {
            peers: Peers::only(address),
            sas: Recent::new(MAX_OWN_SAS),
            ..Self::new()
        }
    }

    /// What is known of an address so far, without ESP and AH.
    pub(super) fn known_of(&self, address: IpAddr) -> PeerFacts {
        self.peers.get(address).cloned().unwrap_or_default()
    }

    /// The next packet of the capture.
    pub fn observe(&mut self, observation: &Observation<'_>) {
        if observation.duplicate_of.is_some() {
            return;
        }
        let (Some(src), Some(dst)) = (observation.src, observation.dst) else {
            return;
        };
        self.content(&observation.content, observation, src.address, dst.address);
    }

    /// What is known of each address, in the order of first sight. An address that was in no IPsec is left out.
    #[must_use]
    pub fn finish(mut self) -> Vec<PeerFacts> {
        for ((one, other), (esp, ah)) in std::mem::take(&mut self.pairs) {
            let Some(evidence) = ah else { continue };
            for address in [one, other] {
                self.peers.of(address).ah = Some((esp, evidence.clone()));
            }
        }
        self.selectors.finish(&mut self.peers);
        self.unanswered();
        self.flows.finish(&mut self.peers);
        self.peers.into_list()
    }

    fn content(
        &mut self,
        content: &Content<'_>,
        observation: &Observation<'_>,
        src: IpAddr,
        dst: IpAddr,
    ) {
        match content {
            Content::Ike(ike) => self.ike(ike, observation, src, dst),
            Content::Esp(Some(esp)) | Content::Wesp(Some((_, Some(esp)))) => {
                self.esp(esp, observation, src, dst);
            }
            Content::Ah(Some(ah), inner) => {
                self.ah(ah, observation, src, dst);
                if let Some(inner) = inner {
                    self.content(inner, observation, src, dst);
                }
            }
            Content::Other(Unrelated::Udp | Unrelated::Tcp(_) | Unrelated::Ip(_))
            | Content::Icmp { quoted: None, .. } => {
                let evidence = Evidence::of_frame(observation.frame, String::new());
                let ends = (src, dst);
                let Self {
                    selectors,
                    flows,
                    peers,
                    ..
                } = self;
                selectors.plain_packet(ends, observation.time, &evidence, flows, peers);
            }
            _ => {}
        }
    }

    fn esp(&mut self, esp: &Esp<'_>, observation: &Observation<'_>, src: IpAddr, dst: IpAddr) {
        self.both_seen(src, dst, observation.time);
        let Self {
            selectors, peers, ..
        } = self;
        selectors.esp_packet((src, dst), observation.time, peers);
        let key = FlowKey {
            layer: Layer::Esp,
            dst,
            spi: esp.spi.0,
        };
        if observation.encapsulation.is_none()
            && let Some(pair) = self.pair(src, dst)
        {
            pair.0 = true;
        }
        let cut = observation.esp_opened.as_ref().is_some_and(|opened| {
            opened
                .notes
                .iter()
                .any(|note| matches!(note, OpeningNote::Sha256Truncated))
        });
        let negotiated = self.flows.negotiated_for(key).is_none_or(is_sha256_128);
        self.flows.packet(FlowPacket {
            key,
            src,
            sequence: esp.sequence,
            octets: esp.octets,
            length: (esp.octets.len() + Esp::HEADER_LEN) as u64,
            in_udp: observation.encapsulation == Some(Encapsulation::Udp),
            repeated: observation.retransmission_of.is_some(),
            time: observation.time,
            evidence: Evidence::of_frame(observation.frame, format!("ESP {:#010x}", esp.spi.0)),
            truncated_icv: cut && negotiated,
        });
    }

    fn ah(&mut self, ah: &Ah<'_>, observation: &Observation<'_>, src: IpAddr, dst: IpAddr) {
        self.both_seen(src, dst, observation.time);
        let evidence = Evidence::of_frame(observation.frame, format!("AH {:#010x}", ah.spi.0));
        if let Some(pair) = self.pair(src, dst) {
            pair.1.get_or_insert_with(|| evidence.clone());
        }
        self.flows.packet(FlowPacket {
            key: FlowKey {
                layer: Layer::Ah,
                dst,
                spi: ah.spi.0,
            },
            src,
            sequence: ah.sequence,
            octets: &[],
            length: (ah.payload.as_slice().len() + Ah::FIXED_LEN) as u64,
            in_udp: false,
            repeated: observation.retransmission_of.is_some(),
            time: observation.time,
            evidence,
            truncated_icv: false,
        });
    }

    fn pair(&mut self, one: IpAddr, other: IpAddr) -> Option<&mut (bool, Option<Evidence>)> {
        let key = (one.min(other), one.max(other));
        if self.pairs.len() >= MAX_PEERS && !self.pairs.contains_key(&key) {
            return None;
        }
        Some(self.pairs.entry(key).or_default())
    }

    fn both_seen(&mut self, src: IpAddr, dst: IpAddr, time: Option<Timestamp>) {
        self.peers.seen(src, time);
        self.peers.seen(dst, None);
    }

    fn ike(&mut self, ike: &Ike<'_>, observation: &Observation<'_>, src: IpAddr, dst: IpAddr) {
        let Some(message) = &ike.message else {
            return;
        };
        self.both_seen(src, dst, observation.time);
        let header = &message.header;
        let version = match header.version.major() {
            1 => Version::V1,
            2 => Version::V2,
            _ => return,
        };
        let spi = header.initiator_spi.0;
        let name = match version {
            Version::V1 => ikev1::ExchangeType(header.exchange).to_string(),
            Version::V2 => ikev2::ExchangeType(header.exchange).to_string(),
        };
        let evidence = Evidence::of_frame(observation.frame, name);
        let is_new = self.sas.get(&spi).is_none();
        let response = version == Version::V2 && header.flags.contains(Flags::RESPONSE);
        let by_flag = header.flags.contains(Flags::INITIATOR);
        let sa = self.sas.entry(spi, || {
            let begun_by_src = match version {
                Version::V1 => true,
                Version::V2 => by_flag,
            };
            let (initiator, responder) = if begun_by_src { (src, dst) } else { (dst, src) };
            Sa::new(initiator, responder, evidence.clone())
        });
        let from_initiator = match version {
            Version::V1 => src == sa.initiator,
            Version::V2 => by_flag,
        };
        let context = Context {
            spi,
            responder_spi: header.responder_spi.0,
            src,
            dst,
            from_initiator,
            response,
            exchange: header.exchange,
            message_id: header.message_id,
            over_udp: observation.encapsulation != Some(Encapsulation::Tcp),
            octets: message.octets.len(),
            time: observation.time,
            clear: true,
            evidence,
        };
        let repeated = observation.retransmission_of.is_some();
        self.lifetime(&context);
        self.amplification(&context, version, message);
        if repeated {
            return;
        }
        if is_new && from_initiator {
            self.spi(&context);
        }
        self.zero_spi(&context, version, message);
        match version {
            Version::V1 => self.of_version_1(ike, message, context),
            Version::V2 => self.of_version_2(ike, message, context),
        }
    }

    fn of_version_1(&mut self, ike: &Ike<'_>, message: &Message<'_>, mut context: Context) {
        if let Payloads::V1(payloads) = &message.content {
            self.phase_one(payloads, &context);
        }
        let mut issues = Issues::default();
        let whole = ike
            .reassembled
            .as_ref()
            .and_then(|whole| Message::parse(Octets::new(&whole.octets), &mut issues));
        if let Some(Message {
            content: Payloads::V1(payloads),
            header,
            ..
        }) = &whole
        {
            context.exchange = header.exchange;
            self.phase_one(payloads, &context);
        }
        let header = whole
            .as_ref()
            .map_or(&message.header, |whole| &whole.header);
        let encrypted = matches!(
            whole
                .as_ref()
                .map_or(&message.content, |whole| &whole.content),
            Payloads::V1Encrypted(_)
        );
        context.clear = false;
        context.exchange = header.exchange;
        match &ike.opened {
            Some(opened) => {
                if let (Payloads::V1(payloads), _) = opened.payloads(header) {
                    self.phase_one(&payloads, &context);
                }
                self.peers.of(context.src).opened += 1;
            }
            None if encrypted => self.peers.of(context.src).closed += 1,
            None => {}
        }
    }

    fn of_version_2(&mut self, ike: &Ike<'_>, message: &Message<'_>, mut context: Context) {
        let Payloads::V2(payloads) = &message.content else {
            return;
        };
        self.version_2(payloads, &context);
        self.protected(payloads, &context);
        let encrypted = payloads.iter().any(|payload| {
            matches!(
                ikev2::PayloadType(payload.payload_type),
                ikev2::PayloadType::SK | ikev2::PayloadType::SKF
            )
        });
        context.clear = false;
        match &ike.opened {
            Some(opened) => {
                if let (Payloads::V2(payloads), _) = opened.payloads(&message.header) {
                    self.version_2(&payloads, &context);
                }
                self.peers.of(context.src).opened += 1;
            }
            None if encrypted => self.peers.of(context.src).closed += 1,
            None => {}
        }
    }

    /// An IKE SA that lives for long without a new key exchange.
    fn lifetime(&mut self, context: &Context) {
        let sa = self.sas.entry(context.spi, || {
            Sa::new(context.src, context.dst, context.evidence.clone())
        });
        sa.first = sa.first.or(context.time);
        sa.last = context.time.or(sa.last);
        let seconds = match (sa.first, sa.last) {
            (Some(first), Some(last)) => last.seconds - first.seconds,
            _ => 0,
        };
        if seconds <= DAY || sa.rekeyed || sa.told {
            return;
        }
        sa.told = true;
        let evidence = sa.evidence.clone();
        for address in [sa.initiator, sa.responder] {
            let peer = self.peers.of(address);
            let fact = (seconds as f64, evidence.clone());
            add(
                &mut peer.old_ike_sas,
                &mut peer.left_out,
                fact,
                |one, other| one.1 == other.1,
            );
        }
    }

    /// Octets of the first exchange, both ways.
    fn amplification(&mut self, context: &Context, version: Version, message: &Message<'_>) {
        let octets = message.octets.len() as u64;
        let digest = digest(&message.octets);
        let Some(first) = self.sas.get(&context.spi) else {
            return;
        };
        let responder = first.responder;
        let sa = self.sas.entry(context.spi, || {
            Sa::new(context.src, context.dst, context.evidence.clone())
        });
        let evidence = sa.evidence.clone();
        let exchange = &mut sa.first_exchange;
        if exchange.over {
            return;
        }
        let is_first = match version {
            Version::V2 => context.exchange == ikev2::ExchangeType::IKE_SA_INIT.0,
            Version::V1 => {
                !context.from_initiator
                    || exchange.first_request.is_none_or(|known| known == digest)
            }
        };
        if !is_first {
            exchange.over = true;
            return;
        }
        if context.from_initiator {
            exchange.first_request.get_or_insert(digest);
            exchange.request_octets += octets;
            return;
        }
        exchange.reply_octets += octets;
        // Without the request nothing can be compared.
        if exchange.request_octets == 0 || exchange.reply_octets <= exchange.request_octets * 3 {
            return;
        }
        let fact = AmplificationFact {
            version,
            request_octets: exchange.request_octets,
            reply_octets: exchange.reply_octets,
            evidence,
        };
        let peer = self.peers.of(responder);
        let known = peer
            .amplifications
            .iter_mut()
            .find(|known| known.evidence == fact.evidence);
        match known {
            Some(known) => *known = fact,
            None => add(
                &mut peer.amplifications,
                &mut peer.left_out,
                fact,
                |_, _| false,
            ),
        }
    }

    /// The SPI of a new IKE SA, beside the others of its initiator.
    fn spi(&mut self, context: &Context) {
        let mut odd = odd_spi(context.spi);
        if self.spis.len() < MAX_PEERS || self.spis.contains_key(&context.src) {
            let list = self.spis.entry(context.src).or_default();
            if list.len() >= MAX_SPIS {
                list.remove(0);
            }
            list.push(context.spi);
            if odd.is_none() && counts(list) {
                odd = Some("the SPIs count");
            }
        }
        if let Some(why) = odd {
            let peer = self.peers.of(context.src);
            let fact = (why, context.evidence.clone());
            add(
                &mut peer.odd_spis,
                &mut peer.left_out,
                fact,
                |one, other| one.0 == other.0,
            );
        }
    }

    fn zero_spi(&mut self, context: &Context, version: Version, message: &Message<'_>) {
        let begins = match version {
            Version::V1 => {
                context.from_initiator || context.exchange == ikev1::ExchangeType::INFORMATIONAL.0
            }
            Version::V2 => matches!(
                ikev2::ExchangeType(context.exchange),
                ikev2::ExchangeType::IKE_SA_INIT | ikev2::ExchangeType::IKE_SESSION_RESUME
            ),
        };
        let agrees = context.response
            && match &message.content {
                Payloads::V2(payloads) => payloads
                    .iter()
                    .any(|payload| payload.payload_type == ikev2::PayloadType::SA.0),
                _ => false,
            };
        let error_outside = version == Version::V2
            && context.exchange == ikev2::ExchangeType::INFORMATIONAL.0
            && !agrees;
        let zero =
            context.responder_spi == 0 && (!begins || agrees) && !error_outside || context.spi == 0;
        if zero && message.header.version != WireVersion(0) {
            self.odd(
                context.src,
                Oddity::ZeroSpi,
                context.evidence.with("an IKE SPI of zero"),
            );
        }
    }

    /// What an identity of aggressive mode met.
    pub(super) fn identity_met(&mut self, context: &Context, answer: Answer) {
        let state = self.sa(context);
        let (responder, initiator) = (state.responder, state.initiator);
        if let Some((offer, identity, _)) = state.asked {
            let evidence = context.evidence.clone();
            self.asked(
                responder,
                initiator,
                Asked {
                    offer,
                    identity,
                    answer,
                },
                evidence,
            );
        }
    }

    fn asked(&mut self, responder: IpAddr, initiator: IpAddr, asked: Asked, evidence: Evidence) {
        if self.tried.asked(responder, initiator, asked) {
            let evidence = evidence.with("another identity with the same offer met something else");
            let probe = &mut self.peers.of(responder).probe;
            probe.group_ids_differ.get_or_insert(evidence);
        }
    }

    /// First messages of aggressive mode that were sent again and met nothing.
    fn unanswered(&mut self) {
        let silent: Vec<_> = self
            .sas
            .values()
            .filter_map(|sa| {
                let (offer, identity, octets) = sa.asked?;
                let exchange = &sa.first_exchange;
                let again = exchange.request_octets >= 2 * octets && exchange.reply_octets == 0;
                let asked = Asked {
                    offer,
                    identity,
                    answer: Answer::Silence,
                };
                again.then(|| (sa.responder, sa.initiator, asked, sa.evidence.clone()))
            })
            .collect();
        for (responder, initiator, asked, evidence) in silent {
            self.asked(responder, initiator, asked, evidence);
        }
    }

    pub(super) fn odd(&mut self, address: IpAddr, what: Oddity, evidence: Evidence) {
        let peer = self.peers.of(address);
        let fact = OddityFact { what, evidence };
        add(
            &mut peer.oddities,
            &mut peer.left_out,
            fact,
            |one, other| one == other,
        );
    }

    pub(super) fn reuse(
        &mut self,
        address: IpAddr,
        what: Reused,
        first: Evidence,
        again: Evidence,
    ) {
        let peer = self.peers.of(address);
        let fact = ReuseFact { what, first, again };
        add(&mut peer.reuses, &mut peer.left_out, fact, |one, other| {
            one == other
        });
    }

    /// Octets that must be fresh: the first use in another IKE SA, if there was one.
    pub(super) fn used_before(
        &mut self,
        context: &Context,
        method: Option<Algorithm>,
        octets: &[u8],
    ) -> Option<Evidence> {
        let key = (context.src, digest(&(method, octets)));
        let (spi, first) = self
            .values
            .entry(key, || (context.spi, context.evidence.clone()));
        (*spi != context.spi).then(|| first.clone())
    }

    /// An initialization vector of an IKE SA: the first use with other octets, if there was one.
    pub(super) fn iv_used_before(&mut self, context: &Context, octets: &[u8]) -> Option<Evidence> {
        let iv = u64::from_be_bytes(*octets.first_chunk::<8>()?);
        let own = digest(&octets);
        let (known, first) = self
            .ivs
            .entry((context.spi, context.from_initiator, iv), || {
                (own, context.evidence.clone())
            });
        (*known != own).then(|| first.clone())
    }
}

/// Seconds that an IKE SA may live without a new key exchange (SP 800-77 Rev. 1, Table 1).
const DAY: i64 = 86_400;
