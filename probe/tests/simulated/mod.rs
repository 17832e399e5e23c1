//! A responder written from RFC 7296: policy as a list of proposals, choice by its own or the initiator's order, cookies,
//! a limit of half-open SAs, and a path that loses datagrams.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use ikescope_crypto::ikev2::{IkeKeys, Nonces, Spis, Suite, skeyseed};
use ikescope_crypto::key_exchange::{KeyExchangeFacts, respond};
use ikescope_crypto::opening::{Protection, open_payload};
use ikescope_dissectors::ikev2::{
    Body, KeyExchange, Notify, PayloadType, Proposal, SecurityAssociation, Transform,
};
use ikescope_dissectors::registries::ikev2::{
    EncryptionAlgorithm, ExchangeType, IntegrityAlgorithm, KeyExchangeMethod, NotifyType, Prf,
    ProtocolId, TransformType,
};
use ikescope_dissectors::{
    Content, Flags, Header, IkeSpi, Issues, Message, Octets, Payload, Version,
};
use ikescope_probe::ikev2::{Algorithm, Axis, Block, Combination};
use ikescope_probe::{Config, Depth, Probe, Protocol, Random, Target};

/// How the responder chooses and defends itself.
#[derive(Clone, Debug)]
pub(crate) struct Behaviour {
    /// Configured proposals, best first.
    pub(crate) policy: Vec<Block>,
    /// Configured proposals of another peer behind the same address, which gets every other question at random.
    pub(crate) behind: Option<Vec<Block>>,
    /// Its own order decides, else the initiator's.
    pub(crate) own_order: bool,
    /// Half-open SAs from which on it asks for cookies; 0 asks always.
    pub(crate) cookies_from: usize,
    /// Half-open SAs from which on it answers nothing.
    pub(crate) block_from: usize,
    /// An initiator that offers a group and sends another is told which one; else it is refused.
    pub(crate) invalid_ke: bool,
    /// A failed authentication ends a half-open SA; else it stays until it is too old.
    pub(crate) closes: bool,
    /// Datagrams after which nothing is answered for a while.
    pub(crate) pause_after: Option<(u64, Duration)>,
    /// A request of another major version is answered with an error, else with nothing.
    pub(crate) names_its_version: bool,
    /// Octets of a datagram from which on it is lost.
    pub(crate) longest: usize,
    /// Proposals that are read.
    pub(crate) proposals_read: usize,
    /// What the prober draws its random octets from.
    pub(crate) seed: u8,
    /// Datagrams lost, of 1,000, in each direction.
    pub(crate) loss: u64,
    /// One way.
    pub(crate) delay: Duration,
}

impl Behaviour {
    /// strongSwan's defaults with this policy.
    pub(crate) fn of(policy: Vec<Block>) -> Self {
        Self {
            policy,
            behind: None,
            own_order: true,
            cookies_from: 3,
            block_from: 5,
            invalid_ke: true,
            closes: true,
            pause_after: None,
            names_its_version: true,
            longest: usize::MAX,
            proposals_read: 255,
            seed: 3,
            loss: 0,
            delay: Duration::from_millis(1),
        }
    }
}

struct HalfOpen {
    responder_spi: u64,
    nonces: (Vec<u8>, Vec<u8>),
    shared: Vec<u8>,
    choice: Combination,
    until: Duration,
    answer: Vec<u8>,
}

/// The responder and what it has seen.
pub(crate) struct Peer {
    behaviour: Behaviour,
    half_open: HashMap<u64, HalfOpen>,
    /// The most SAs that were half-open at one time.
    pub(crate) most_half_open: usize,
    /// Combinations that were offered, as sets.
    pub(crate) cookies: usize,
    /// Whole handshakes.
    pub(crate) accepted: usize,
    pub(crate) closed: usize,
    received: u64,
    silent_until: Duration,
}

impl Peer {
    pub(crate) fn new(behaviour: Behaviour) -> Self {
        Self {
            behaviour,
            half_open: HashMap::new(),
            most_half_open: 0,
            cookies: 0,
            accepted: 0,
            closed: 0,
            received: 0,
            silent_until: Duration::ZERO,
        }
    }

    /// Half-open SAs at this time.
    pub(crate) fn half_open(&mut self, now: Duration) -> usize {
        self.half_open.retain(|_, sa| sa.until > now);
        self.half_open.len()
    }

    pub(crate) fn answer(&mut self, now: Duration, octets: &[u8]) -> Option<Vec<u8>> {
        self.received += 1;
        if let Some((after, pause)) = self.behaviour.pause_after
            && self.received == after
        {
            self.silent_until = now + pause;
        }
        if now < self.silent_until || octets.len() > self.behaviour.longest {
            return None;
        }
        let mut issues = Issues::default();
        let message = Message::parse(Octets::new(octets), &mut issues).expect("a header");
        assert!(issues.is_empty(), "{issues:?}");
        let header = message.header;
        assert!(!header.flags.contains(Flags::RESPONSE));
        if header.version.major() != 2 {
            let answer = || error(&header, NotifyType::INVALID_MAJOR_VERSION, &[]);
            return self.behaviour.names_its_version.then(answer);
        }
        let Content::V2(payloads) = &message.content else {
            panic!("a message of version 2");
        };
        if ExchangeType(header.exchange) == ExchangeType::IKE_AUTH {
            return self.authenticate(&header, octets);
        }
        assert_eq!(ExchangeType(header.exchange), ExchangeType::IKE_SA_INIT);
        if let Some(sa) = self.half_open.get(&header.initiator_spi.0) {
            return Some(sa.answer.clone());
        }
        let half_open = self.half_open(now);
        if half_open >= self.behaviour.block_from {
            return None;
        }
        let cookie = header
            .initiator_spi
            .0
            .to_be_bytes()
            .map(|octet| octet ^ 0x5a);
        let mut proposals = Vec::new();
        let (mut group, mut public, mut nonce, mut has_cookie) = (0, Vec::new(), Vec::new(), false);
        for payload in payloads {
            match &payload.body {
                Body::SecurityAssociation(sa) => proposals = sa.proposals.clone(),
                Body::KeyExchange(ke) => (group, public) = (ke.method.0, ke.data.to_vec()),
                Body::Nonce(data) => nonce = data.to_vec(),
                Body::Notify(notify) if notify.notify_type == NotifyType::COOKIE => {
                    has_cookie = notify.data == cookie;
                }
                _ => {}
            }
        }
        if half_open >= self.behaviour.cookies_from && !has_cookie {
            self.cookies += 1;
            return Some(error(&header, NotifyType::COOKIE, &cookie));
        }
        proposals.truncate(self.behaviour.proposals_read);
        let offered: Vec<Block> = proposals.iter().filter_map(block).collect();
        let Some(choice) = self.choose(&offered, header.initiator_spi.0) else {
            return Some(error(&header, NotifyType::NO_PROPOSAL_CHOSEN, &[]));
        };
        let [.., wanted] = choice;
        if wanted.id != group {
            return Some(match self.behaviour.invalid_ke {
                true => error(
                    &header,
                    NotifyType::INVALID_KE_PAYLOAD,
                    &wanted.id.to_be_bytes(),
                ),
                false => error(&header, NotifyType::NO_PROPOSAL_CHOSEN, &[]),
            });
        }
        self.accept(now, &header, choice, &public, nonce)
    }

    fn choose(&self, offered: &[Block], spi: u64) -> Option<Combination> {
        let other = self
            .behaviour
            .behind
            .as_ref()
            .filter(|_| spi.is_multiple_of(2));
        let own = other.unwrap_or(&self.behaviour.policy);
        match self.behaviour.own_order {
            true => own
                .iter()
                .find_map(|own| offered.iter().find_map(|other| common(own, other))),
            false => offered
                .iter()
                .find_map(|other| own.iter().find_map(|own| common(other, own))),
        }
    }

    fn accept(
        &mut self,
        now: Duration,
        header: &Header,
        choice: Combination,
        public: &[u8],
        nonce: Vec<u8>,
    ) -> Option<Vec<u8>> {
        let [encr, prf, integ, ke] = choice;
        let method = KeyExchangeMethod(ke.id);
        let private_len = KeyExchangeFacts::of(method)
            .expect("a method")
            .responder_private_len;
        let (own_public, shared) =
            respond(method, &vec![7; private_len], public).expect("a valid public value");
        let responder_spi = header.initiator_spi.0.rotate_left(8) | 1;
        let own_nonce = vec![9; 32];
        let mut transforms = vec![
            Transform::new(TransformType::ENCR, encr.id, encr.key_bits),
            Transform::new(TransformType::PRF, prf.id, None),
        ];
        if integ != Algorithm::NONE {
            transforms.push(Transform::new(TransformType::INTEG, integ.id, None));
        }
        transforms.push(Transform::new(TransformType::KE, ke.id, None));
        let sa = SecurityAssociation {
            proposals: vec![Proposal {
                number: 1,
                protocol: ProtocolId::IKE,
                spi: &[],
                transforms,
            }],
        };
        let key_exchange = KeyExchange {
            method: KeyExchangeMethod(ke.id),
            data: &own_public,
        };
        let payloads = vec![
            Payload::new(PayloadType::SA.0, Body::SecurityAssociation(sa)),
            Payload::new(PayloadType::KE.0, Body::KeyExchange(key_exchange)),
            Payload::new(PayloadType::NONCE.0, Body::Nonce(&own_nonce)),
        ];
        let answer = response(header, IkeSpi(responder_spi), payloads);
        self.accepted += 1;
        let sa = HalfOpen {
            responder_spi,
            nonces: (nonce, own_nonce.clone()),
            shared: shared.expose().to_vec(),
            choice,
            until: now + Duration::from_secs(30),
            answer: answer.clone(),
        };
        self.half_open.insert(header.initiator_spi.0, sa);
        self.most_half_open = self.most_half_open.max(self.half_open.len());
        Some(answer)
    }

    /// Opens the request with keys of its own; authentication fails, and the SA is forgotten.
    fn authenticate(&mut self, header: &Header, octets: &[u8]) -> Option<Vec<u8>> {
        let sa = self.half_open.get(&header.initiator_spi.0)?;
        assert_eq!(header.responder_spi.0, sa.responder_spi);
        let [encr, prf, integ, _] = sa.choice;
        let suite = Suite {
            encryption: EncryptionAlgorithm(encr.id),
            key_bits: encr.key_bits,
            prf: Prf(prf.id),
            integrity: IntegrityAlgorithm(integ.id),
        };
        let nonces = Nonces {
            initiator: &sa.nonces.0,
            responder: &sa.nonces.1,
        };
        let spis = Spis {
            initiator: header.initiator_spi.0.to_be_bytes(),
            responder: sa.responder_spi.to_be_bytes(),
        };
        let seed = skeyseed(suite.prf().expect("a PRF"), nonces, &sa.shared).expect("a seed");
        let keys = IkeKeys::derive(&suite, &seed, nonces, spis).expect("keys");
        let protection = Protection::new(
            &suite.protection(),
            keys.sk_ei.expose(),
            keys.sk_ai.expose(),
        )
        .expect("a protection");
        open_payload(&protection, octets, 32).expect("an intact request");
        if !self.behaviour.closes {
            return None;
        }
        self.half_open.remove(&header.initiator_spi.0);
        self.closed += 1;
        Some(error(header, NotifyType::AUTHENTICATION_FAILED, &[]))
    }
}

/// The first of each kind in the order of the first block that the second has too.
fn common(first: &Block, second: &Block) -> Option<Combination> {
    let mut choice = [Algorithm::NONE; 4];
    for (place, axis) in choice.iter_mut().zip(Axis::ALL) {
        *place = *first
            .axis(axis)
            .iter()
            .find(|value| second.axis(axis).contains(value))?;
    }
    Some(choice)
}

/// A proposal as a block; `None` for one with transform types that this peer does not know (RFC 7296, section 3.3.6).
fn block(proposal: &Proposal<'_>) -> Option<Block> {
    let known = |transform: &Transform<'_>| (1..=4).contains(&transform.transform_type.0);
    if !proposal.transforms.iter().all(known) {
        return None;
    }
    let axes = Axis::ALL.map(|axis| {
        let list: Vec<Algorithm> = proposal
            .of_type(axis.transform_type())
            .map(|transform| Algorithm {
                id: transform.id,
                key_bits: transform.key_length(),
            })
            .collect();
        match axis == Axis::Integrity && list.is_empty() {
            true => vec![Algorithm::NONE],
            false => list,
        }
    });
    Some(Block {
        axes,
        additional: Vec::new(),
    })
}

fn error(header: &Header, kind: NotifyType, data: &[u8]) -> Vec<u8> {
    let notify = Body::Notify(Notify::new(kind, data));
    response(
        header,
        header.responder_spi,
        vec![Payload::new(PayloadType::NOTIFY.0, notify)],
    )
}

fn response(
    header: &Header,
    responder_spi: IkeSpi,
    payloads: Vec<Payload<'_, Body<'_>>>,
) -> Vec<u8> {
    let message = Message {
        header: Header {
            responder_spi,
            version: Version::V2,
            flags: Flags::RESPONSE,
            ..*header
        },
        content: Content::V2(payloads),
        octets: &[],
    };
    message.encode()
}

/// What a run left.
pub(crate) struct Run {
    pub(crate) report: ikescope_probe::Report,
    pub(crate) peer: Peer,
    pub(crate) most_half_open: usize,
    pub(crate) left_half_open: usize,
}

/// Probes a simulated peer until the probe is finished.
pub(crate) fn probe(behaviour: Behaviour, depth: Depth) -> Run {
    let config = Config {
        protocols: vec![Protocol::Ikev2],
        depth,
        ..Config::default()
    };
    probe_with(behaviour, config)
}

/// The same with a configuration.
pub(crate) fn probe_with(behaviour: Behaviour, config: Config) -> Run {
    let remote: SocketAddr = "192.0.2.1:500".parse().expect("an address");
    let local: SocketAddr = "192.0.2.2:40000".parse().expect("an address");
    let target = Target {
        name: "192.0.2.1".to_owned(),
        remote,
        local: Some(local),
    };
    let (loss, delay) = (behaviour.loss, behaviour.delay);
    let seed = behaviour.seed;
    let mut peer = Peer::new(behaviour);
    let mut probe = Probe::new(config, target, [seed; 32]);
    let path = Random::new([5; 32]);
    let lost = || path.number() % 1_000 < loss;
    let mut now = Duration::from_secs(1);
    let mut arriving: Vec<(Duration, Vec<u8>)> = Vec::new();
    for _ in 0..1_000_000 {
        while let Some(transmit) = probe.poll_transmit(now) {
            if lost() {
                continue;
            }
            if let Some(answer) = peer.answer(now, &transmit.octets)
                && !lost()
            {
                arriving.push((now + delay * 2, answer));
            }
        }
        if probe.is_finished() {
            break;
        }
        arriving.sort_by_key(|(at, _)| *at);
        let timeout = probe.poll_timeout().expect("not finished");
        match arriving.first() {
            Some((at, _)) if *at <= timeout.max(now) => {
                let (at, octets) = arriving.remove(0);
                now = now.max(at);
                probe.handle_datagram(now, &octets);
            }
            _ => {
                now = now.max(timeout);
                probe.handle_timeout(now);
            }
        }
    }
    assert!(probe.is_finished());
    Run {
        report: probe.report(),
        most_half_open: peer.most_half_open.max(probe.most_half_open()),
        left_half_open: peer.half_open(now),
        peer,
    }
}
