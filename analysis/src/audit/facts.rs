//! What is known of a peer, whoever found it out: a capture, a probe, or somebody who named a suite.
//!
//! A fact is added with what shows it. What is not here was not seen, and nothing is concluded from that.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use ikescope_capture::Timestamp;
use ikescope_dissectors::registries::ikev2::NotifyType;
use ikescope_dissectors::registries::{eap, ikev1, ikev2};

use super::algorithm::Algorithm;
use super::certificate_facts::CertificateFacts;
use crate::observation::FrameId;

/// Where facts come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// Packets that somebody else exchanged.
    #[default]
    Capture,
    /// Answers to our own questions.
    Probe,
    /// A suite that was named, without traffic.
    Suite,
}

/// What shows a fact.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Evidence {
    /// The frame of a capture.
    pub frame: Option<FrameId>,
    /// In a few words; text of the peer is not yet made harmless for a terminal.
    pub what: String,
}

impl Evidence {
    /// What a frame shows. Frames count from 1: number 0 is none.
    pub fn of_frame(frame: FrameId, what: impl Into<String>) -> Self {
        Self {
            frame: (frame.number > 0).then_some(frame),
            what: what.into(),
        }
    }

    /// What is known without a frame.
    pub fn said(what: impl Into<String>) -> Self {
        Self {
            frame: None,
            what: what.into(),
        }
    }

    /// The same frame, said otherwise.
    #[must_use]
    pub fn with(&self, what: impl Into<String>) -> Self {
        Self {
            frame: self.frame,
            what: what.into(),
        }
    }
}

/// Which SA a suite is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// The IKE SA, or phase 1.
    Ike,
    /// ESP.
    Esp,
    /// AH.
    Ah,
}

/// Version of IKE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// IKEv1.
    V1,
    /// IKEv2.
    V2,
}

/// What became of a suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// The subject proposed it; nobody has agreed.
    Offered,
    /// The subject asked for it in a retry, or named it in a refusal.
    Wanted,
    /// It was negotiated: one algorithm of each kind.
    Chosen,
    /// The subject says yes to it, or to every combination of what is listed.
    Accepted,
    /// The subject said no.
    Refused,
}

impl Standing {
    /// Whether it counts for a verdict: what was only offered is told beside it.
    #[must_use]
    pub const fn counts(self) -> bool {
        matches!(self, Self::Chosen | Self::Accepted)
    }
}

/// Which side of an exchange the subject was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// It began.
    Initiator,
    /// It answered.
    Responder,
}

/// Exchanges of IKEv1 that negotiate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Identity protection.
    Main,
    /// Aggressive.
    Aggressive,
    /// Phase 2.
    Quick,
}

/// Algorithms of a proposal by kind, in the order of the wire. Of what was chosen there is one each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Transforms {
    /// Ciphers.
    pub encr: Vec<Algorithm>,
    /// Pseudorandom functions; hashes of IKEv1.
    pub prf: Vec<Algorithm>,
    /// Integrity algorithms; NONE where transform 0 stood there.
    pub integ: Vec<Algorithm>,
    /// Authentication methods of IKEv1's phase 1.
    pub auth: Vec<Algorithm>,
    /// Key exchange methods; empty for a Child SA without PFS.
    pub ke: Vec<Algorithm>,
    /// Additional key exchanges (RFC 9370), a list for each of the seven types that is used.
    pub additional_ke: Vec<Vec<Algorithm>>,
    /// Sequence numbers (transform type 5).
    pub sequence_numbers: Vec<ikev2::SequenceNumbers>,
}

impl Transforms {
    /// All that are algorithms, authentication methods left out.
    pub fn algorithms(&self) -> impl Iterator<Item = Algorithm> + '_ {
        [&self.encr, &self.prf, &self.integ, &self.ke]
            .into_iter()
            .chain(&self.additional_ke)
            .flatten()
            .copied()
    }

    /// Integrity algorithms other than NONE.
    pub fn real_integ(&self) -> impl Iterator<Item = Algorithm> + '_ {
        self.integ.iter().copied().filter(|one| !one.is_none())
    }

    /// Key exchanges other than NONE.
    pub fn real_ke(&self) -> impl Iterator<Item = Algorithm> + '_ {
        self.ke.iter().copied().filter(|one| !one.is_none())
    }
}

/// As a suite: parts joined by slashes, alternatives by commas, additional key exchanges behind a plus.
impl fmt::Display for Transforms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |list: &[Algorithm]| {
            let names: Vec<String> = list.iter().map(ToString::to_string).collect();
            names.join(",")
        };
        let mut parts: Vec<String> = [&self.encr, &self.prf, &self.integ, &self.auth, &self.ke]
            .into_iter()
            .filter(|kind| !kind.is_empty())
            .map(|kind| list(kind))
            .collect();
        if let Some(last) = parts.last_mut() {
            for additional in self.additional_ke.iter().filter(|list| !list.is_empty()) {
                last.push('+');
                last.push_str(&list(additional));
            }
        }
        f.write_str(&parts.join("/"))
    }
}

/// Lifetimes that a proposal names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Lifetime {
    /// In seconds.
    pub seconds: Option<u64>,
    /// In kilobytes.
    pub kilobytes: Option<u64>,
}

/// A suite of the subject: offered, chosen, accepted or refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuiteFact {
    /// Which SA it is for.
    pub layer: Layer,
    /// Version of IKE that negotiates it.
    pub version: Version,
    /// What became of it.
    pub standing: Standing,
    /// Which side the subject was; `None` for a suite that somebody named.
    pub role: Option<Role>,
    /// Exchange of IKEv1.
    pub mode: Option<Mode>,
    /// The algorithms.
    pub transforms: Transforms,
    /// Lifetimes of IKEv1; `None` where none are negotiated, as in IKEv2.
    pub lifetime: Option<Lifetime>,
    /// Whether it is the first child of its IKE SA in IKEv2: there PFS is no question (RFC 7296, section 1.2).
    pub first_child: bool,
    /// What was proposed where it was chosen: the one proposal that the answer names.
    pub chosen_from: Option<Transforms>,
    /// All proposals of that offer.
    pub offered: Arc<[Transforms]>,
    /// Strength of the key exchange of the IKE SA above a Child SA.
    pub ike_ke: Option<Algorithm>,
    /// What shows it.
    pub evidence: Evidence,
}

impl SuiteFact {
    /// A suite of which nothing else is known.
    #[must_use]
    pub fn new(layer: Layer, version: Version, standing: Standing, evidence: Evidence) -> Self {
        Self {
            layer,
            version,
            standing,
            role: None,
            mode: None,
            transforms: Transforms::default(),
            lifetime: None,
            first_child: false,
            chosen_from: None,
            offered: Arc::default(),
            ike_ke: None,
            evidence,
        }
    }

    /// Whether it counts for a verdict.
    #[must_use]
    pub const fn counts(&self) -> bool {
        self.standing.counts()
    }

    /// The authentication method of IKEv1's phase 1.
    #[must_use]
    pub fn phase_one_auth(&self) -> Option<ikev1::AuthenticationMethod> {
        self.transforms
            .auth
            .iter()
            .find_map(|method| match method.number {
                super::algorithm::Number::PhaseOneAuth(method) => Some(method),
                _ => None,
            })
    }

    /// Whether the method of authentication may be no more than what the peer was offered: a responder of main mode agrees
    /// to one before it looks for a key.
    #[must_use]
    pub fn may_repeat_the_method(&self) -> bool {
        self.role == Some(Role::Responder) && self.mode == Some(Mode::Main)
    }
}

/// One SA payload as a whole: how much it offers, and what is odd about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferFact {
    /// Which SA it is for.
    pub layer: Layer,
    /// Version of IKE.
    pub version: Version,
    /// What was offered: the proposals of IKEv2, the transforms of IKEv1.
    pub proposals: Vec<Transforms>,
    /// Proposals in the payload.
    pub proposal_count: usize,
    /// The most transforms of one type in one proposal.
    pub most_of_a_type: usize,
    /// Which side the subject was.
    pub role: Option<Role>,
    /// What shows it.
    pub evidence: Evidence,
}

/// A notification of the subject. Only those that a finding asks for are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifyFact {
    /// Which one, in the registry of IKEv2.
    pub notify: NotifyType,
    /// Which side the subject was.
    pub role: Option<Role>,
    /// What shows it.
    pub evidence: Evidence,
}

/// An INVALID_KE_PAYLOAD of the subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidKeFact {
    /// The method of the initiator's KE payload.
    pub sent: Algorithm,
    /// The method that the subject asks for.
    pub wanted: Algorithm,
    /// What shows it.
    pub evidence: Evidence,
}

/// A public value of a key exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyExchangeFact {
    /// Its method.
    pub method: Algorithm,
    /// Octets of the value.
    pub octets: usize,
    /// Whether the subject was the initiator: values of key encapsulation differ in length.
    pub by_initiator: bool,
    /// Whether it stood in IKE_SA_INIT over UDP.
    pub in_sa_init_over_udp: bool,
    /// Octets of the message that carried it.
    pub message_octets: usize,
    /// Why the value is not a legal one, if it is not.
    pub illegal: Option<&'static str>,
    /// What shows it.
    pub evidence: Evidence,
}

/// Random octets, or a public value, that came again where they must be fresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReuseFact {
    /// What was used again.
    pub what: Reused,
    /// The first use.
    pub first: Evidence,
    /// The second use.
    pub again: Evidence,
}

/// What can be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reused {
    /// The value of a KE payload of this method.
    KeyExchange(Algorithm),
    /// A nonce.
    Nonce,
    /// A pair of IKE SPIs.
    IkeSpis,
    /// An ESP SPI with another suite.
    EspSpi,
    /// A message ID of IKEv2, with other octets.
    MessageId,
    /// An initialization vector of an IKE SA with an AEAD cipher.
    IkeIv,
}

/// A nonce of the subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NonceFact {
    /// Version of IKE.
    pub version: Version,
    /// Octets of the nonce.
    pub octets: usize,
    /// The PRF that was negotiated with it.
    pub prf: Option<Algorithm>,
    /// Why it does not look random, if it does not.
    pub odd: Option<&'static str>,
    /// What shows it.
    pub evidence: Evidence,
}

/// A vendor ID of the subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VendorFact {
    /// The octets.
    pub octets: Vec<u8>,
    /// Version of IKE of the message.
    pub version: Version,
    /// Whether it was readable by everybody.
    pub clear: bool,
    /// What shows it.
    pub evidence: Evidence,
}

/// An identity of the subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityFact {
    /// Version of IKE.
    pub version: Version,
    /// Exchange of IKEv1.
    pub mode: Option<Mode>,
    /// Type, in the registry of the version.
    pub id_type: u8,
    /// The identity as people write it.
    pub value: String,
    /// Whether it was readable by everybody.
    pub clear: bool,
    /// What shows it.
    pub evidence: Evidence,
}

/// How the subject authenticated itself in IKEv2, or what it accepted of us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticationFact {
    /// Method of the AUTH payload.
    pub method: ikev2::AuthenticationMethod,
    /// Name of the signature algorithm of method 14.
    pub signature: Option<String>,
    /// Which side the subject was.
    pub role: Option<Role>,
    /// What shows it.
    pub evidence: Evidence,
}

/// An EAP method that was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EapFact {
    /// Its type.
    pub eap_type: eap::EapType,
    /// What shows it.
    pub evidence: Evidence,
}

/// Octets that a first message brought in answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmplificationFact {
    /// Version of IKE.
    pub version: Version,
    /// Octets of the request, each transmission counted.
    pub request_octets: u64,
    /// Octets of all answers, retransmissions included.
    pub reply_octets: u64,
    /// What shows it.
    pub evidence: Evidence,
}

/// What was seen of an ESP or AH SA towards the subject or from it.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowFact {
    /// ESP or AH.
    pub layer: Layer,
    /// The SPI.
    pub spi: u32,
    /// The negotiated cipher, if it is known.
    pub cipher: Option<Algorithm>,
    /// Whether extended sequence numbers are in use, if it is known.
    pub extended_sequence: Option<bool>,
    /// Packets.
    pub packets: u64,
    /// Octets of ESP or AH.
    pub octets: u64,
    /// Highest sequence number.
    pub highest_sequence: u32,
    /// Packets whose sequence number was not above the one before, copies left out.
    pub out_of_order: u64,
    /// Whether every packet had the same sequence number.
    pub constant_sequence: bool,
    /// Seconds between the first packet and the last.
    pub seconds: f64,
    /// Whether another SPI took over for the same addresses.
    pub replaced: bool,
    /// Packets, other than copies, that carried an initialization vector of 8 octets that was there before.
    pub repeated_iv: Option<Evidence>,
    /// How initialization vectors of CBC could be foreseen.
    pub predictable_iv: Option<(&'static str, Evidence)>,
    /// The inner packet was readable.
    pub readable: Option<Evidence>,
    /// An ICV of another length than the negotiated algorithm has, as opening found.
    pub truncated_icv: Option<Evidence>,
    /// Seen both as protocol 50 and inside UDP.
    pub both_encapsulations: bool,
    /// What shows it.
    pub evidence: Evidence,
}

/// What was odd about the messages of an IKE SA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddityFact {
    /// What it was.
    pub what: Oddity,
    /// What shows it.
    pub evidence: Evidence,
}

/// Things that messages should not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Oddity {
    /// CREATE_CHILD_SA before IKE_AUTH.
    ChildBeforeAuthentication,
    /// INFORMATIONAL before IKE_AUTH.
    InformationalBeforeAuthentication,
    /// An IKE_SA_INIT request without SA, KE or nonce.
    IncompleteInit,
    /// An SPI of zero where there must be one.
    ZeroSpi,
    /// The initiator followed a REDIRECT of IKE_SA_INIT.
    FollowedRedirect,
    /// A REPLAY-STATUS notification that says no.
    ReplayDetectionOff,
}

/// Traffic of the subject outside of its tunnels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutsideFact {
    /// What left in clear.
    pub what: Outside,
    /// What shows it.
    pub evidence: Evidence,
}

/// Kinds of traffic outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outside {
    /// To the gateway itself while a tunnel to it was up.
    ToGateway,
    /// To an address that the selectors of the tunnel cover.
    ToProtectedNetwork,
}

/// What only questions of our own can find out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProbeFacts {
    /// Answers of aggressive mode differ between identities.
    pub group_ids_differ: Option<Evidence>,
    /// The most IKE SAs of one initiator that were half-open at one time.
    pub half_open: Option<(u32, Evidence)>,
    /// Every proposal was refused, or met silence.
    pub nothing_accepted: Option<Evidence>,
}

/// All that is known of one peer.
#[derive(Clone, Debug, Default)]
pub struct PeerFacts {
    /// Its address, or the suite.
    pub subject: String,
    /// Where the facts come from.
    pub source: Source,
    /// Suites.
    pub suites: Vec<SuiteFact>,
    /// SA payloads of the subject.
    pub offers: Vec<OfferFact>,
    /// Notifications of the subject.
    pub notifies: Vec<NotifyFact>,
    /// Hash algorithms for signatures that the subject announces (RFC 7427).
    pub signature_hashes: Vec<(Vec<ikev2::HashAlgorithm>, Evidence)>,
    /// IKE_SA_INIT exchanges of the subject that brought forth keys: without one, absence of a notification says nothing.
    pub completed_inits: Vec<Evidence>,
    /// Groups that the subject asked for.
    pub invalid_ke: Vec<InvalidKeFact>,
    /// Public values.
    pub key_exchanges: Vec<KeyExchangeFact>,
    /// What was used twice.
    pub reuses: Vec<ReuseFact>,
    /// Nonces.
    pub nonces: Vec<NonceFact>,
    /// SPIs that do not look random.
    pub odd_spis: Vec<(&'static str, Evidence)>,
    /// Vendor IDs.
    pub vendors: Vec<VendorFact>,
    /// Identities.
    pub identities: Vec<IdentityFact>,
    /// AUTH payloads of IKEv2.
    pub authentications: Vec<AuthenticationFact>,
    /// EAP methods.
    pub eap: Vec<EapFact>,
    /// Certificates.
    pub certificates: Vec<CertificateFacts>,
    /// CERT payloads that name a URL instead.
    pub certificate_urls: Vec<Evidence>,
    /// Answers to first messages.
    pub amplifications: Vec<AmplificationFact>,
    /// ESP and AH.
    pub flows: Vec<FlowFact>,
    /// AH without ESP between the same addresses, or beside it.
    pub ah: Option<(bool, Evidence)>,
    /// IKE SAs that lived longer than a day without a new key exchange: seconds.
    pub old_ike_sas: Vec<(f64, Evidence)>,
    /// What was odd about messages.
    pub oddities: Vec<OddityFact>,
    /// Traffic in clear.
    pub outside: Vec<OutsideFact>,
    /// IKEv1 messages of aggressive mode whose answer carried HASH_R.
    pub aggressive_hashes: Vec<(Algorithm, Evidence)>,
    /// Messages that were encrypted and stayed closed.
    pub closed: u64,
    /// Encrypted messages that were opened.
    pub opened: u64,
    /// What a probe alone can say.
    pub probe: ProbeFacts,
    /// Facts that were left out because there were too many of their kind.
    pub left_out: u64,
    /// Time of the last packet of the subject, for the validity of certificates.
    pub seen: Option<Timestamp>,
}

impl PeerFacts {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(subject: impl Into<String>, source: Source) -> Self {
        Self {
            subject: subject.into(),
            source,
            ..Self::default()
        }
    }

    /// Suites that count for the verdict.
    pub fn counted(&self) -> impl Iterator<Item = &SuiteFact> {
        self.suites.iter().filter(|suite| suite.counts())
    }

    /// Suites that count, of one kind of SA.
    pub fn counted_of(&self, layer: Layer) -> impl Iterator<Item = &SuiteFact> {
        self.counted().filter(move |suite| suite.layer == layer)
    }

    /// The first notification of this type.
    #[must_use]
    pub fn notify(&self, notify: NotifyType) -> Option<&NotifyFact> {
        self.notifies.iter().find(|fact| fact.notify == notify)
    }

    /// Whether anything of IKEv2 was negotiated.
    #[must_use]
    pub fn has_v2(&self) -> bool {
        self.counted_of(Layer::Ike)
            .any(|suite| suite.version == Version::V2)
    }

    /// Whether anything of IKEv1 was negotiated.
    #[must_use]
    pub fn has_v1(&self) -> bool {
        self.counted_of(Layer::Ike)
            .any(|suite| suite.version == Version::V1)
    }

    /// The authentication method of a phase 1 that says something about the subject. A responder that agrees to whatever
    /// it is asked for in main mode shows only later what it wants.
    #[must_use]
    pub fn phase_one_auth(&self, suite: &SuiteFact) -> Option<ikev1::AuthenticationMethod> {
        let answers = |one: &SuiteFact| one.may_repeat_the_method() && one.counts();
        if answers(suite) {
            let methods = self.suites.iter().filter(|one| answers(one));
            let methods: HashSet<_> = methods.filter_map(SuiteFact::phase_one_auth).collect();
            if methods.len() >= EVERY_METHOD {
                return None;
            }
        }
        suite.phase_one_auth()
    }

    /// Adds a suite, unless the same is known already.
    pub fn add_suite(&mut self, suite: SuiteFact) {
        let known = self.suites.iter().any(|other| {
            other.layer == suite.layer
                && other.version == suite.version
                && other.standing == suite.standing
                && other.role == suite.role
                && other.mode == suite.mode
                && other.transforms == suite.transforms
                && other.lifetime == suite.lifetime
                && other.first_child == suite.first_child
                && other.chosen_from == suite.chosen_from
                && other.offered == suite.offered
        });
        if known {
            return;
        }
        if self.suites.len() >= super::limits::MAX_SUITE_FACTS {
            self.left_out += 1;
            return;
        }
        self.suites.push(suite);
    }
}

/// Methods that nobody has configured all at once: keys, certificates of two kinds, hybrid and extended authentication.
const EVERY_METHOD: usize = 6;

impl Source {
    /// As in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Probe => "probe",
            Self::Suite => "suite",
        }
    }
}

impl Layer {
    /// As in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ike => "ike",
            Self::Esp => "esp",
            Self::Ah => "ah",
        }
    }

    /// As people write it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Ike => "IKE",
            Self::Esp => "ESP",
            Self::Ah => "AH",
        }
    }
}
