//! IKEv1 against a simulated responder whose policy is known: what is reported must be exactly that.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::time::Duration;

use ikescope_dissectors::ikev1::{
    Body, Notification, NotificationData, PayloadType, Proposal, SecurityAssociation,
};
use ikescope_dissectors::registries::ikev1::{
    AuthenticationMethod as Auth, Doi, EncryptionAlgorithm as Encr, ExchangeType, GroupDescription,
    HashAlgorithm, NotifyType, ProtocolId,
};
use ikescope_dissectors::{Content, Header, IkeSpi, Issues, Message, Octets, Payload, Version};
use ikescope_probe::ikev1::{Cipher, Ikev1Report, Suite, Universe};
use ikescope_probe::{Config, Depth, Icmp, Outcome, Probe, Protocol, Report, Target};
use proptest::prelude::*;

/// What a responder does.
#[derive(Clone, Debug)]
struct Policy {
    /// In its order of preference.
    accepted: Vec<Suite>,
    own_order: bool,
    /// Whether the method counts when it chooses.
    looks_at_method: bool,
    /// Whether it says that it refuses.
    notifies: bool,
    /// Transforms that it reads.
    reads: usize,
    /// Half-open SAs of one address from which on it is silent.
    blocks_at: usize,
    /// Whether it speaks aggressive mode, and whether it speaks IKEv1 at all.
    aggressive: bool,
    speaks: bool,
    /// Whether it has a pre-shared key with who we say we are.
    knows_us: bool,
    /// Whether its choice has the method of the first suite, whatever it chose.
    echoes_method: bool,
    /// Whether it is silent to an offer with a method of XAUTH, which it does not have: so does libreswan.
    drops_xauth: bool,
    /// Whether it keeps what it accepted for a minute, and says nothing to what should end that, or complains in aggressive
    /// mode: so does libreswan.
    keeps: bool,
    /// What another responder behind the same address accepts, which gets every other question at random.
    behind: Option<Vec<Suite>>,
}

impl Policy {
    fn of(accepted: Vec<Suite>) -> Self {
        Self {
            accepted,
            own_order: true,
            looks_at_method: true,
            notifies: true,
            reads: 255,
            blocks_at: 5,
            aggressive: true,
            speaks: true,
            knows_us: true,
            echoes_method: false,
            drops_xauth: false,
            keeps: false,
            behind: None,
        }
    }

    fn takes(&self, suite: &Suite) -> Option<usize> {
        self.accepted.iter().position(|own| {
            let method = !self.looks_at_method || own.authentication == suite.authentication;
            method && (own.cipher, own.hash, own.group) == (suite.cipher, suite.hash, suite.group)
        })
    }

    fn choose(&self, offer: &[Suite]) -> Option<Suite> {
        let read = &offer[..offer.len().min(self.reads)];
        let taken = read
            .iter()
            .filter_map(|suite| Some((self.takes(suite)?, *suite)));
        match self.own_order {
            true => taken
                .min_by_key(|(place, _)| *place)
                .map(|(_, suite)| suite),
            false => taken.map(|(_, suite)| suite).next(),
        }
    }
}

struct Peer {
    policy: Policy,
    /// SAs by the initiator's SPI, with the time when they are forgotten.
    half_open: HashMap<u64, Duration>,
    most_half_open: usize,
    received: u64,
    longest_offer: usize,
    longest_message: usize,
}

impl Peer {
    fn new(policy: Policy) -> Self {
        Self {
            policy,
            half_open: HashMap::new(),
            most_half_open: 0,
            received: 0,
            longest_offer: 0,
            longest_message: 0,
        }
    }

    fn answer(&mut self, now: Duration, octets: &[u8]) -> Option<Vec<u8>> {
        self.received += 1;
        self.longest_message = self.longest_message.max(octets.len());
        self.half_open.retain(|_, until| *until > now);
        let mut issues = Issues::default();
        let message = Message::parse(Octets::new(octets), &mut issues).unwrap();
        assert!(issues.is_empty(), "what is sent is well-formed: {issues:?}");
        assert_eq!(message.header.version, Version::V1, "only IKEv1 is asked");
        let spi = message.header.initiator_spi.0;
        let Content::V1(payloads) = &message.content else {
            panic!("nothing is encrypted")
        };
        if !self.policy.speaks {
            return Some(notify(&message.header, NotifyType::INVALID_MAJOR_VERSION));
        }
        if message.header.responder_spi != IkeSpi::NONE {
            assert!(
                !payloads
                    .iter()
                    .any(|payload| payload.payload_type == PayloadType::KE.0),
                "nothing is negotiated to its end"
            );
            if self.policy.keeps {
                let aggressive = message.header.exchange == ExchangeType::AGGRESSIVE.0;
                let complaint = || notify(&message.header, NotifyType::INVALID_PAYLOAD_TYPE);
                return aggressive.then(complaint);
            }
            // Without KE, or without HASH: given up.
            self.half_open.remove(&spi)?;
            return Some(notify(&message.header, NotifyType::INVALID_PAYLOAD_TYPE));
        }
        if self.half_open.len() >= self.policy.blocks_at {
            return None;
        }
        let aggressive = message.header.exchange == ExchangeType::AGGRESSIVE.0;
        if aggressive && !self.policy.aggressive {
            return self.refusal(&message.header);
        }
        let Body::SecurityAssociation(sa) = &payloads[0].body else {
            panic!("an offer comes first")
        };
        let offer: Vec<_> = sa.proposals()[0]
            .transforms
            .iter()
            .filter_map(Suite::of)
            .collect();
        if aggressive {
            let groups: BTreeSet<_> = offer.iter().map(|suite| suite.group).collect();
            assert_eq!(groups.len(), 1, "one public value serves one group");
            if !self.policy.knows_us && self.policy.choose(&offer).is_some() {
                return Some(notify(&message.header, NotifyType::AUTHENTICATION_FAILED));
            }
        }
        self.longest_offer = self.longest_offer.max(offer.len());
        let xauth = |suite: &Suite| suite.authentication.0 >= Auth::HYBRID_INIT_RSA.0;
        if self.policy.drops_xauth && offer.iter().any(xauth) {
            return None;
        }
        let other = self.policy.behind.clone().filter(|_| spi.is_multiple_of(2));
        let responder = Policy {
            accepted: other.unwrap_or_else(|| self.policy.accepted.clone()),
            ..self.policy.clone()
        };
        let Some(chosen) = responder.choose(&offer) else {
            return self.refusal(&message.header);
        };
        let chosen = match self.policy.echoes_method {
            true => Suite {
                authentication: offer[0].authentication,
                ..chosen
            },
            false => chosen,
        };
        let seconds = if self.policy.keeps { 60 } else { 30 };
        self.half_open
            .insert(spi, now + Duration::from_secs(seconds));
        self.most_half_open = self.most_half_open.max(self.half_open.len());
        let sa = SecurityAssociation::new(vec![Proposal {
            number: 1,
            protocol: ProtocolId::ISAKMP,
            spi: &[],
            transforms: vec![chosen.transform(1, 3_600)],
        }]);
        let payload = Payload::new(PayloadType::SA.0, Body::SecurityAssociation(sa));
        Some(response(&message.header, message.header.exchange, payload))
    }

    fn refusal(&self, header: &Header) -> Option<Vec<u8>> {
        let refusal = || notify(header, NotifyType::NO_PROPOSAL_CHOSEN);
        self.policy.notifies.then(refusal)
    }
}

fn notify(header: &Header, notify: NotifyType) -> Vec<u8> {
    let notification = Notification {
        doi: Doi::IPSEC,
        protocol: ProtocolId::ISAKMP,
        notify,
        spi: &[],
        data: NotificationData::Octets(&[]),
    };
    let payload = Payload::new(
        PayloadType::NOTIFICATION.0,
        Body::Notification(notification),
    );
    response(header, ExchangeType::INFORMATIONAL.0, payload)
}

fn response(header: &Header, exchange: u8, payload: Payload<'_, Body<'_>>) -> Vec<u8> {
    let header = Header {
        responder_spi: IkeSpi(header.initiator_spi.0 ^ 0xffff),
        exchange,
        ..*header
    };
    let content = Content::V1(vec![payload]);
    let message = Message {
        header,
        content,
        octets: &[],
    };
    message.encode()
}

/// Drives a probe against a peer. `lost` decides for each datagram, in order, whether it arrives.
fn run(config: Config, peer: &mut Peer, mut lost: impl FnMut() -> bool) -> Report {
    let remote: SocketAddr = "192.0.2.9:500".parse().unwrap();
    let target = Target {
        name: "peer".into(),
        remote,
        local: None,
    };
    let mut probe = Probe::new(config, target, [5; 32]);
    let mut now = Duration::ZERO;
    let path = Duration::from_millis(15);
    while !probe.is_finished() {
        if let Some(transmit) = probe.poll_transmit(now) {
            let answer = (!lost())
                .then(|| peer.answer(now + path, &transmit.octets))
                .flatten();
            if let Some(answer) = answer.filter(|_| !lost()) {
                now += 2 * path;
                probe.handle_datagram(now, &answer);
            }
            continue;
        }
        let Some(due) = probe.poll_timeout() else {
            break;
        };
        now = due.max(now + Duration::from_micros(1));
        probe.handle_timeout(now);
        assert!(now < Duration::from_secs(36_000), "it ends");
    }
    assert!(probe.most_half_open() <= 2);
    probe.report()
}

fn config(protocol: Protocol, depth: Depth) -> Config {
    Config {
        protocols: vec![protocol],
        depth,
        ..Config::default()
    }
}

fn main_mode(policy: Policy) -> (Ikev1Report, Peer) {
    let mut peer = Peer::new(policy);
    let report = run(config(Protocol::Ikev1Main, Depth::Full), &mut peer, || {
        false
    });
    (report.ikev1_main.unwrap(), peer)
}

/// Suites of a policy in the words of a report, without the method where it does not count.
fn names(policy: &Policy) -> BTreeSet<String> {
    let methods = match policy.looks_at_method {
        true => None,
        false => Some(Universe::known().authentications),
    };
    policy
        .accepted
        .iter()
        .flat_map(|suite| {
            let methods = methods.clone().unwrap_or(vec![suite.authentication]);
            methods.into_iter().map(|authentication| {
                Suite {
                    authentication,
                    ..*suite
                }
                .to_string()
            })
        })
        .collect()
}

/// The union of the boxes.
fn reported(report: &Ikev1Report) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for policy in &report.policy {
        for encr in &policy.encr {
            for hash in &policy.hash {
                for auth in &policy.auth {
                    all.extend(
                        policy
                            .group
                            .iter()
                            .map(|group| format!("{encr}/{hash}/{auth}/{group}")),
                    );
                }
            }
        }
    }
    all
}

fn product(
    ciphers: &[Cipher],
    hashes: &[HashAlgorithm],
    methods: &[Auth],
    groups: &[u16],
) -> Vec<Suite> {
    let mut suites = Vec::new();
    for &cipher in ciphers {
        for &hash in hashes {
            for &authentication in methods {
                for &group in groups {
                    let group = GroupDescription(group);
                    suites.push(Suite {
                        cipher,
                        hash,
                        authentication,
                        group,
                    });
                }
            }
        }
    }
    suites
}

const fn cipher(algorithm: Encr, bits: u16) -> Cipher {
    let key_length = if bits == 0 { None } else { Some(bits) };
    Cipher {
        algorithm,
        key_length,
    }
}

/// What strongSwan 5.9 has in main mode when nothing is configured: it looks at the method later.
fn strongswan() -> Policy {
    let ciphers = [
        cipher(Encr::AES_CBC, 128),
        cipher(Encr::AES_CBC, 192),
        cipher(Encr::AES_CBC, 256),
        cipher(Encr::CAMELLIA_CBC, 128),
        cipher(Encr::CAMELLIA_CBC, 192),
        cipher(Encr::CAMELLIA_CBC, 256),
        cipher(Encr::TRIPLE_DES_CBC, 0),
    ];
    let hashes = [
        HashAlgorithm::SHA2_256,
        HashAlgorithm::SHA2_384,
        HashAlgorithm::SHA2_512,
        HashAlgorithm::SHA1,
    ];
    let groups = [
        19, 20, 21, 28, 29, 30, 31, 32, 15, 16, 17, 18, 14, 5, 22, 23, 24,
    ];
    Policy {
        looks_at_method: false,
        echoes_method: true,
        ..Policy::of(product(&ciphers, &hashes, &[Auth::PSK], &groups))
    }
}

#[test]
fn a_default_strongswan_is_exact_within_its_budget() {
    let policy = strongswan();
    let (report, peer) = main_mode(policy.clone());
    assert_eq!(report.outcome, Outcome::Accepted);
    assert!(report.complete, "{:?}", report.not_determined);
    assert_eq!(reported(&report), names(&policy));
    assert!(!report.auth_discriminated);
    assert_eq!(report.lifetime_seconds, Some(3_600));
    assert_eq!(report.packets_sent, peer.received);
    assert!(peer.received <= 260, "{} datagrams", peer.received);
    assert!(peer.most_half_open <= 2);
    assert_eq!(report.half_open_left, 0);
    assert!(peer.longest_offer <= 34 && peer.longest_message <= 1_200);
}

#[test]
fn single_suites_are_found() {
    for (encr, hash, auth, group) in [
        (
            cipher(Encr::AES_CBC, 256),
            HashAlgorithm::SHA2_256,
            Auth::PSK,
            14,
        ),
        (
            cipher(Encr::BLOWFISH_CBC, 192),
            HashAlgorithm::MD5,
            Auth::XAUTH_INIT_RSA,
            26,
        ),
    ] {
        let policy = Policy::of(product(&[encr], &[hash], &[auth], &[group]));
        let (report, peer) = main_mode(policy.clone());
        assert!(report.complete);
        assert_eq!(reported(&report), names(&policy));
        assert!(report.auth_discriminated);
        assert!(peer.most_half_open <= 2);
    }
}

#[test]
fn a_method_that_was_not_offered_with_the_choice_tells_that_methods_do_not_count() {
    let one = product(
        &[cipher(Encr::AES_CBC, 128)],
        &[HashAlgorithm::SHA2_256],
        &[Auth::PSK],
        &[15],
    );
    let (report, peer) = main_mode(Policy {
        looks_at_method: false,
        echoes_method: true,
        ..Policy::of(one)
    });
    assert!(report.complete && !report.auth_discriminated);
    assert_eq!(reported(&report), names(&peer.policy));
    assert!(peer.received <= 80, "{} datagrams", peer.received);
}

#[test]
fn xauth_is_asked_about_on_its_own() {
    let suites = product(
        &[cipher(Encr::AES_CBC, 128), cipher(Encr::AES_CBC, 256)],
        &[HashAlgorithm::SHA2_256, HashAlgorithm::SHA1],
        &[Auth::PSK],
        &[14, 5],
    );
    let (report, peer) = main_mode(Policy {
        drops_xauth: true,
        ..Policy::of(suites)
    });
    assert_eq!(report.outcome, Outcome::Accepted);
    assert_eq!(reported(&report), names(&peer.policy));
    // It was silent twice, and answered what it had answered before in between.
    assert!(report.complete, "{:?}", report.not_determined);
    let silence = |note: &&String| note.contains("XAUTH") && note.contains("by silence");
    assert_eq!(report.notes.iter().filter(silence).count(), 1);
    assert_eq!(report.half_open_left, 0);
}

/// What was not answered may have arrived, and then an SA stands half-open at the peer.
#[test]
fn answers_that_are_lost_leave_no_more_than_two_half_open() {
    for depth in [Depth::Standard, Depth::Full] {
        let mut peer = Peer::new(strongswan());
        let config = Config {
            protocols: vec![Protocol::Ikev1Main, Protocol::Ikev1Aggressive],
            ..config(Protocol::Ikev1Main, depth)
        };
        let mut answer = true;
        let report = run(config, &mut peer, || {
            answer = !answer;
            answer
        });
        assert!(peer.most_half_open > 0 && peer.most_half_open <= 2);
        let left = report.ikev1_aggressive.unwrap().half_open_left;
        assert!((1..=2).contains(&left), "{left}");
    }
}

#[test]
fn two_peers_behind_one_address_contradict_each_other() {
    let mut found_out = 0;
    for number in 0..12_u16 {
        let of = |hash, groups: &[u16]| {
            product(&[cipher(Encr::AES_CBC, 128)], &[hash], &[Auth::PSK], groups)
        };
        let (report, _) = main_mode(Policy {
            behind: Some(of(HashAlgorithm::SHA1, &[2, 14 + number % 3])),
            ..Policy::of(of(HashAlgorithm::SHA2_256, &[14 + number % 4, 5]))
        });
        assert_eq!(report.complete, report.outcome != Outcome::Unstable);
        found_out += usize::from(report.outcome == Outcome::Unstable);
    }
    assert!(found_out >= 10, "{found_out} of 12");
}

/// Each accepted offer costs half a minute: as few as there are values of the longest attribute are needed.
#[test]
fn who_keeps_what_was_begun_is_asked_with_few_accepted_offers() {
    let ciphers = [
        cipher(Encr::AES_CBC, 256),
        cipher(Encr::AES_CBC, 128),
        cipher(Encr::TRIPLE_DES_CBC, 0),
        cipher(Encr::AES_CBC, 192),
        cipher(Encr::CAMELLIA_CBC, 256),
    ];
    let hashes = [HashAlgorithm::SHA2_256, HashAlgorithm::SHA1];
    let groups = [14, 5, 15, 16, 18, 19, 20, 21];
    let policy = Policy {
        own_order: false,
        drops_xauth: true,
        keeps: true,
        ..Policy::of(product(&ciphers, &hashes, &[Auth::PSK], &groups))
    };
    let mut peer = Peer::new(policy.clone());
    let report = run(config(Protocol::Ikev1Main, Depth::Full), &mut peer, || {
        false
    });
    assert!(peer.most_half_open <= 2);
    assert!(
        report.duration < Duration::from_secs(6 * 60),
        "{:?}",
        report.duration
    );
    let report = report.ikev1_main.unwrap();
    assert_eq!(reported(&report), names(&policy));
}

#[test]
fn a_complaint_about_the_end_is_no_end() {
    let suites = product(
        &[cipher(Encr::AES_CBC, 256), cipher(Encr::AES_CBC, 128)],
        &[HashAlgorithm::SHA1],
        &[Auth::PSK],
        &[2, 5, 14],
    );
    let policy = Policy {
        keeps: true,
        ..Policy::of(suites)
    };
    let mut peer = Peer::new(policy.clone());
    let config = config(Protocol::Ikev1Aggressive, Depth::Full);
    let report = run(config, &mut peer, || false).ikev1_aggressive.unwrap();
    assert_eq!(reported(&report), names(&policy));
    assert!(peer.most_half_open <= 2, "{}", peer.most_half_open);
}

#[test]
fn silence_to_the_only_question_is_no_refusal() {
    let mut config = config(Protocol::Ikev1Main, Depth::Full);
    config.ikev1.universe = Universe {
        ciphers: vec![cipher(Encr::AES_CBC, 128)],
        hashes: vec![HashAlgorithm::SHA1],
        authentications: vec![Auth::PSK],
        groups: vec![GroupDescription(2)],
    };
    let mut peer = Peer::new(Policy {
        notifies: false,
        ..Policy::of(Vec::new())
    });
    let report = run(config, &mut peer, || false).ikev1_main.unwrap();
    assert_eq!((report.outcome, report.complete), (Outcome::Silent, false));
}

#[test]
fn one_question_is_asked_by_default() {
    for (protocol, accepted) in [
        (Protocol::Ikev1Main, strongswan().accepted),
        (Protocol::Ikev1Aggressive, strongswan().accepted),
        (Protocol::Ikev1Main, Vec::new()),
    ] {
        let mut peer = Peer::new(Policy::of(accepted));
        let report = run(config(protocol, Depth::Standard), &mut peer, || false);
        let report = report.ikev1_main.or(report.ikev1_aggressive).unwrap();
        let refused = peer.policy.accepted.is_empty();
        // What was accepted is given up with one more.
        assert_eq!(peer.received, if refused { 1 } else { 2 });
        assert_eq!(
            report.outcome,
            if refused {
                Outcome::Refused
            } else {
                Outcome::Accepted
            }
        );
        assert!(report.answers && !report.complete && !report.not_determined.is_empty());
        assert_eq!(report.half_open_left, 0);
    }
}

#[test]
fn what_is_lost_is_sent_again() {
    for seed in 1..4_u64 {
        let mut state = seed;
        let mut peer = Peer::new(strongswan());
        let report = run(config(Protocol::Ikev1Main, Depth::Full), &mut peer, || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % 100 < 5
        });
        let report = report.ikev1_main.unwrap();
        assert!(report.complete, "{:?}", report.not_determined);
        assert_eq!(reported(&report), names(&peer.policy));
        assert!(
            peer.most_half_open <= 2,
            "{} half-open",
            peer.most_half_open
        );
    }
}

#[test]
fn silence_is_no_refusal() {
    for protocol in [Protocol::Ikev1Main, Protocol::Ikev1Aggressive] {
        for depth in [Depth::Quick, Depth::Standard, Depth::Full] {
            let mut peer = Peer::new(Policy {
                notifies: false,
                ..Policy::of(Vec::new())
            });
            let report = run(config(protocol, depth), &mut peer, || false);
            let report = report.ikev1_main.or(report.ikev1_aggressive).unwrap();
            assert_eq!(report.outcome, Outcome::Silent);
            assert!(!report.answers && !report.complete);
            assert!(peer.received < 20, "{} datagrams to nobody", peer.received);
        }
    }
}

#[test]
fn a_peer_that_drops_what_it_refuses_is_found_out_and_said_so() {
    let accepted = product(
        &[cipher(Encr::AES_CBC, 256), cipher(Encr::TRIPLE_DES_CBC, 0)],
        &[HashAlgorithm::SHA1],
        &[Auth::PSK],
        &[14, 2],
    );
    let mut peer = Peer::new(Policy {
        notifies: false,
        looks_at_method: false,
        ..Policy::of(accepted)
    });
    let report = run(config(Protocol::Ikev1Main, Depth::Full), &mut peer, || {
        false
    });
    let report = report.ikev1_main.unwrap();
    assert_eq!(reported(&report), names(&peer.policy));
    assert!(
        !report.complete
            && report
                .not_determined
                .iter()
                .any(|what| what.contains("no answer"))
    );
}

#[test]
fn a_peer_that_stops_answering_is_not_said_to_refuse() {
    let mut peer = Peer::new(strongswan());
    let mut datagrams = 0;
    let report = run(config(Protocol::Ikev1Main, Depth::Full), &mut peer, || {
        datagrams += 1;
        datagrams > 60
    });
    let report = report.ikev1_main.unwrap();
    assert_eq!(report.outcome, Outcome::RateLimited);
    assert!(!report.complete);
    assert!(reported(&report).is_subset(&names(&peer.policy)));
    assert!(!report.policy.is_empty());
}

#[test]
fn a_peer_that_reads_few_transforms_is_asked_in_small_offers() {
    let policy = Policy {
        reads: 10,
        ..Policy::of(product(
            &[cipher(Encr::AES_CBC, 256), cipher(Encr::AES_CBC, 128)],
            &[HashAlgorithm::SHA2_256],
            &[Auth::PSK],
            &[14, 19, 26],
        ))
    };
    let (report, _) = main_mode(policy.clone());
    assert_eq!(reported(&report), names(&policy));
    assert!(
        report.notes.iter().any(|note| note.contains("transforms")),
        "{:?}",
        report.notes
    );
}

#[test]
fn who_does_not_speak_it_is_asked_once() {
    let (report, peer) = main_mode(Policy {
        speaks: false,
        ..strongswan()
    });
    assert_eq!(
        (report.outcome, report.complete, peer.received),
        (Outcome::Refused, true, 1)
    );
}

#[test]
fn who_cannot_be_reached_is_not_silent() {
    let remote: SocketAddr = "192.0.2.9:500".parse().unwrap();
    let target = Target {
        name: "peer".into(),
        remote,
        local: None,
    };
    let mut probe = Probe::new(config(Protocol::Ikev1Main, Depth::Full), target, [5; 32]);
    let mut now = Duration::ZERO;
    while !probe.is_finished() {
        if probe.poll_transmit(now).is_some() {
            probe.handle_icmp(
                now,
                Icmp {
                    kind: 3,
                    code: 3,
                    from: None,
                },
            );
        } else {
            now = probe.poll_timeout().unwrap().max(now);
            probe.handle_timeout(now);
        }
    }
    let report = probe.report();
    assert_eq!(report.ikev1_main.unwrap().outcome, Outcome::Unreachable);
    assert!(report.counters.sent <= 3);
}

#[test]
fn aggressive_mode_is_complete_with_one_group_an_offer() {
    let policy = Policy {
        looks_at_method: false,
        ..Policy::of(product(
            &[cipher(Encr::AES_CBC, 256), cipher(Encr::AES_CBC, 128)],
            &[HashAlgorithm::SHA2_256, HashAlgorithm::SHA1],
            &[Auth::PSK],
            &[14, 19],
        ))
    };
    let mut peer = Peer::new(policy.clone());
    let report = run(
        config(Protocol::Ikev1Aggressive, Depth::Full),
        &mut peer,
        || false,
    );
    let report = report.ikev1_aggressive.unwrap();
    assert!(report.complete, "{:?}", report.not_determined);
    let methods = ["PSK", "RSA-SIG", "XAUTH-PSK", "HYBRID-RSA"];
    let asked = |name: &String| {
        methods
            .iter()
            .any(|method| name.contains(&format!("/{method}/")))
    };
    assert_eq!(
        reported(&report),
        names(&policy).into_iter().filter(asked).collect()
    );
    assert!(peer.most_half_open <= 2);
}

#[test]
fn an_identity_that_is_not_known_is_no_refusal_of_suites() {
    for depth in [Depth::Standard, Depth::Full] {
        let mut peer = Peer::new(Policy {
            knows_us: false,
            ..strongswan()
        });
        let report = run(config(Protocol::Ikev1Aggressive, depth), &mut peer, || {
            false
        });
        let report = report.ikev1_aggressive.unwrap();
        assert_eq!(report.outcome, Outcome::Refused);
        assert!(
            !report.complete
                && report
                    .not_determined
                    .iter()
                    .any(|what| what.contains("--id"))
        );
        assert!(peer.received <= 4, "{} datagrams", peer.received);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn unions_of_boxes_are_exact(boxes in prop::collection::vec(boxes(), 1..4), own_order: bool, looks: bool) {
        let mut accepted: Vec<Suite> = Vec::new();
        for suite in boxes.into_iter().flatten() {
            if !accepted.contains(&suite) {
                accepted.push(suite);
            }
        }
        let policy = Policy { own_order, looks_at_method: looks, ..Policy::of(accepted) };
        let (report, peer) = main_mode(policy.clone());
        prop_assert!(report.complete);
        let (found, truth) = (reported(&report), names(&policy));
        let wrong: Vec<_> = found.symmetric_difference(&truth).collect();
        prop_assert!(wrong.is_empty(), "{} of {}: {:?} {:?}", wrong.len(), truth.len(), wrong, report.policy);
        prop_assert!(peer.most_half_open <= 2);
    }
}

fn some<T: Clone + std::fmt::Debug + 'static>(
    of: Vec<T>,
    most: usize,
) -> impl Strategy<Value = Vec<T>> {
    prop::sample::subsequence(of, 1..=most)
}

fn boxes() -> impl Strategy<Value = Vec<Suite>> {
    let universe = Universe::known();
    let groups = universe.groups.iter().map(|group| group.0).collect();
    (
        some(universe.ciphers, 4),
        some(universe.hashes, 3),
        some(universe.authentications, 2),
        some(groups, 6),
    )
        .prop_map(|(ciphers, hashes, methods, groups)| {
            product(&ciphers, &hashes, &methods, &groups)
        })
}
