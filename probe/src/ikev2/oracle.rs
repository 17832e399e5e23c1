//! One question: is any of these combinations accepted?
//!
//! The KE payload is of a *decoy*: a group that the peer refuses. A peer that finds an acceptable combination answers
//! INVALID_KE_PAYLOAD with the group it wants (RFC 7296, section 1.2), one that finds none NO_PROPOSAL_CHOSEN; in both cases
//! it keeps no state and computes nothing.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use ikescope_crypto::key_exchange::KeyExchangeFacts;
use ikescope_dissectors::registries::ikev2::{KeyExchangeMethod, NotifyType};
use ikescope_dissectors::{IkeSpi, Version};

use crate::config::{Config, Depth};
use crate::dialogue::{Dialogue, Expected, Reply, Request};
use crate::limits::{HALF_OPEN_TIMEOUT, MAX_DATAGRAMS, MAX_MESSAGE, MAX_NOTES, RESTART};
use crate::report::Outcome;

use super::algorithm::{Algorithm, Axis};
use super::block::{Block, Combination, pack};
use super::close;
use super::knowledge::Knowledge;
use super::message::{Accepted, InitAnswer, InitRequest, read};
use super::nat;
use super::report::Ikev2Report;

/// Why asking ended before everything was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stop(pub(crate) Outcome);

/// What was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    /// The group of the combination.
    pub(crate) group: Algorithm,
    /// All of it, where the peer told.
    pub(crate) choice: Option<Combination>,
}

/// Asks one peer.
#[derive(Debug)]
pub(crate) struct Oracle {
    pub(crate) dialogue: Dialogue,
    pub(crate) config: Config,
    pub(crate) report: Rc<RefCell<Ikev2Report>>,
    sent_before: u64,
    /// A group that the peer refuses.
    decoy: KeyExchangeMethod,
    /// The decoy does not work here: the peer answers nothing useful to a group it did not choose.
    stateful: bool,
    /// Something that is accepted, to be asked after silence.
    canary: Option<Combination>,
    /// INVALID_KE_PAYLOAD was seen with a group that was offered.
    pub(crate) names_groups: bool,
    /// Something was accepted of a proposal that was not the first.
    pub(crate) reads_all_proposals: bool,
    /// Groups of the first box in the order in which the peer named them.
    pub(crate) sequence: Vec<Algorithm>,
    /// One combination of each box in the peer's order.
    pub(crate) ranked: Vec<Combination>,
    /// What the peer chose of everything that was offered first.
    pub(crate) favourite: Option<Combination>,
    /// The peer looks at the first proposal only.
    pub(crate) one_proposal: bool,
    /// Additional key exchanges that go with every proposal.
    pub(crate) fixed_additional: Vec<Vec<Algorithm>>,
    /// Additional key exchanges of the last choice.
    pub(crate) additional: Vec<Algorithm>,
    /// Octets of the longest question that was answered.
    longest_answered: usize,
    /// Every question that was answered, and what was accepted of it.
    answers: Vec<(Vec<Block>, Option<Hit>)>,
    /// Questions that stayed without an answer, which is no refusal.
    pub(crate) unanswered: usize,
    /// What is asked now is sent twice at most.
    brief: bool,
    /// The last question found nobody, and something on the path said so.
    unreachable: bool,
}

impl Oracle {
    pub(crate) fn new(
        dialogue: Dialogue,
        config: Config,
        report: Rc<RefCell<Ikev2Report>>,
    ) -> Self {
        Self {
            sent_before: dialogue.counters().sent,
            dialogue,
            config,
            report,
            decoy: KeyExchangeMethod::ECP_192,
            stateful: false,
            canary: None,
            names_groups: false,
            reads_all_proposals: false,
            sequence: Vec::new(),
            ranked: Vec::new(),
            favourite: None,
            one_proposal: false,
            fixed_additional: Vec::new(),
            additional: Vec::new(),
            longest_answered: 0,
            answers: Vec::new(),
            unanswered: 0,
            brief: false,
            unreachable: false,
        }
    }

    /// The groups of a box in the order in which the peer named them: of the first box nothing but its own order or ours
    /// decided about that.
    pub(crate) fn note_sequence(&mut self, groups: &[Algorithm]) {
        if self.sequence.is_empty() {
            self.sequence = groups.to_vec();
        }
    }

    /// Octets of proposals that fit one question: more once a longer one was answered.
    pub(crate) fn room(&self) -> usize {
        let short = self.config.max_message < MAX_MESSAGE;
        let octets = match short {
            true => self.config.max_message,
            false => self.longest_answered.max(self.config.max_message),
        };
        octets.saturating_sub(OVERHEAD + public_len(self.decoy).unwrap_or(LONGEST_DECOY))
    }

    /// The same beside a public value of this group; `None` where handshakes or short questions are all there is.
    pub(crate) fn room_beside(&self, group: Algorithm) -> Option<usize> {
        let public_len = public_len(KeyExchangeMethod(group.id))?;
        let short = self.config.max_message < MAX_MESSAGE;
        if self.stateful || self.one_proposal || short {
            return None;
        }
        MAX_HANDSHAKE.checked_sub(OVERHEAD + public_len + NOTIFIES)
    }

    /// Datagrams sent for IKEv2.
    pub(crate) fn sent(&self) -> u64 {
        self.dialogue
            .counters()
            .sent
            .saturating_sub(self.sent_before)
    }

    /// What was learned, once.
    pub(crate) fn note(&self, text: &str) {
        self.report.borrow_mut().note(text);
    }

    /// What could not be learned, once.
    pub(crate) fn not_determined(&self, text: &str) {
        self.report.borrow_mut().miss(text);
    }

    /// Whether the peer must be asked with whole handshakes.
    pub(crate) fn is_stateful(&self) -> bool {
        self.stateful
    }

    pub(crate) fn set_stateful(&mut self) {
        self.stateful = true;
    }

    pub(crate) fn set_canary(&mut self, combination: Combination) {
        self.canary = Some(combination);
    }

    /// A group that the peer refuses, as far as is known.
    pub(crate) fn decoy(&self) -> KeyExchangeMethod {
        self.decoy
    }

    /// Takes a decoy that is not among groups known to be accepted.
    pub(crate) fn choose_decoy(&mut self, accepted: &[Algorithm]) {
        let free = |method: &&KeyExchangeMethod| !accepted.contains(&Algorithm::new(method.0));
        if let Some(decoy) = DECOYS.iter().find(free) {
            self.decoy = *decoy;
        }
    }

    /// Whether anything in these proposals is accepted; in several questions where one would be too long.
    pub(crate) async fn ask(&mut self, proposals: &[Block]) -> Result<Option<Hit>, Stop> {
        let questions = match self.one_proposal {
            true => proposals.iter().map(|block| vec![block.clone()]).collect(),
            false => self.questions(proposals),
        };
        for question in questions {
            if let Some(hit) = self.ask_together(&question).await? {
                return Ok(Some(hit));
            }
        }
        Ok(None)
    }

    /// Whether anything in these proposals is accepted, in one question with this group: where the peer chooses that one, it
    /// tells the whole combination, and the SA is closed again.
    pub(crate) async fn ask_with(
        &mut self,
        proposals: &[Block],
        group: Algorithm,
    ) -> Result<Option<Hit>, Stop> {
        let answer = self
            .init(proposals, KeyExchangeMethod(group.id), true)
            .await?;
        Ok(self.read(answer, proposals))
    }

    async fn ask_together(&mut self, proposals: &[Block]) -> Result<Option<Hit>, Stop> {
        if self.stateful {
            return self.ask_each_group(proposals).await;
        }
        let answer = self.init(proposals, self.decoy, true).await?;
        let hit = self.read(answer, proposals);
        if let Some(Hit {
            group,
            choice: Some(_),
        }) = &hit
            && group.id == self.decoy.0
        {
            let group = *group;
            self.choose_decoy(&[group]);
        }
        Ok(hit)
    }

    /// A whole handshake with one group, which tells the whole combination; the SA is closed again.
    pub(crate) async fn shake_hands(
        &mut self,
        proposals: &[Block],
        group: Algorithm,
    ) -> Result<Option<Hit>, Stop> {
        let only: Vec<Block> = proposals
            .iter()
            .filter(|block| block.axis(Axis::KeyExchange).contains(&group))
            .map(|block| block.with(Axis::KeyExchange, vec![group]))
            .collect();
        let questions: Vec<&[Block]> = match self.one_proposal {
            true => only.chunks(1).collect(),
            false => vec![only.as_slice()],
        };
        for question in questions {
            let answer = self
                .init(question, KeyExchangeMethod(group.id), true)
                .await?;
            if let Some(hit) = self.read(answer, question) {
                return Ok(Some(hit));
            }
        }
        Ok(None)
    }

    /// Without INVALID_KE_PAYLOAD only a handshake tells: one for each group.
    async fn ask_each_group(&mut self, proposals: &[Block]) -> Result<Option<Hit>, Stop> {
        let mut groups: Vec<Algorithm> = Vec::new();
        for group in proposals
            .iter()
            .flat_map(|block| block.axis(Axis::KeyExchange))
        {
            if !groups.contains(group) {
                groups.push(*group);
            }
        }
        for group in groups {
            if !computable(group) {
                self.not_determined(&format!(
                    "whether {} is accepted: the peer tells only after a key exchange, which cannot be computed here",
                    Axis::KeyExchange.name(group)
                ));
                continue;
            }
            if let Some(hit) = self.shake_hands(proposals, group).await? {
                return Ok(Some(hit));
            }
        }
        Ok(None)
    }

    /// What an answer says of a question.
    pub(crate) fn read(&mut self, answer: InitAnswer, proposals: &[Block]) -> Option<Hit> {
        let hit = self.meaning(answer, proposals);
        let additional = proposals.iter().any(|block| !block.additional.is_empty());
        if !additional && self.fixed_additional.is_empty() {
            self.answers.push((proposals.to_vec(), hit.clone()));
        }
        hit
    }

    /// Whether everything that the peer answered goes with what it accepts. Two peers behind one address contradict each
    /// other: what one has chosen the other refuses.
    pub(crate) fn contradicted(&self, knowledge: &Knowledge) -> bool {
        let refusals_count = self.names_groups && !self.stateful && !self.one_proposal;
        self.answers.iter().any(|(offer, hit)| match hit {
            Some(Hit { group, .. }) => {
                let chosen = |block: &Block| block.with(Axis::KeyExchange, vec![*group]);
                let mut both = offer
                    .iter()
                    .filter(|block| block.axis(Axis::KeyExchange).contains(group));
                !both.any(|block| {
                    knowledge
                        .boxes
                        .iter()
                        .any(|known| known.overlaps(&chosen(block)))
                })
            }
            None => {
                let offered = |one: &Combination| offer.iter().any(|block| block.contains(one));
                refusals_count && knowledge.accepted.iter().any(offered)
            }
        })
    }

    /// Whether an answer was not what the initiator's order makes of an offer: the first proposal that is accepted, and the
    /// first algorithm of each kind in it that is.
    pub(crate) fn departs_from_our_order(&self, boxes: &[Block]) -> bool {
        self.answers.iter().any(|(offer, hit)| {
            let known = |block: &&Block| boxes.iter().any(|own| own.overlaps(block));
            let (Some(hit), Some(first)) = (hit, offer.iter().find(known)) else {
                return false;
            };
            let mut expected = boxes.iter().filter_map(|own| first.first_in(own));
            !expected.any(|one| match hit.choice {
                Some(choice) => one == choice,
                None => matches!(one, [.., group] if group == hit.group),
            })
        })
    }

    fn meaning(&mut self, answer: InitAnswer, proposals: &[Block]) -> Option<Hit> {
        match answer {
            InitAnswer::Accepted(accepted) => {
                self.additional = accepted.additional;
                let [.., group] = accepted.choice;
                let place = proposals
                    .iter()
                    .position(|block| block.contains(&accepted.choice));
                self.reads_all_proposals |= place.is_some_and(|place| place > 0);
                Some(Hit {
                    group,
                    choice: Some(accepted.choice),
                })
            }
            InitAnswer::InvalidKe(group) => {
                let place = proposals
                    .iter()
                    .position(|block| block.axis(Axis::KeyExchange).contains(&group));
                let Some(place) = place else {
                    self.note("INVALID_KE_PAYLOAD names a group that was not offered");
                    return Some(Hit {
                        group,
                        choice: None,
                    });
                };
                self.names_groups = true;
                self.reads_all_proposals |= place > 0;
                Some(Hit {
                    group,
                    choice: None,
                })
            }
            InitAnswer::Refused(NotifyType::NO_PROPOSAL_CHOSEN) => None,
            InitAnswer::Refused(other) => {
                self.note(&format!("a refusal is answered with {other}"));
                None
            }
            InitAnswer::Cookie(_) | InitAnswer::Other(_) => None,
        }
    }

    /// One IKE_SA_INIT exchange, repeated after silence when something known to be accepted is answered.
    pub(crate) async fn init(
        &mut self,
        proposals: &[Block],
        method: KeyExchangeMethod,
        may_wait: bool,
    ) -> Result<InitAnswer, Stop> {
        for _ in 0..MAX_REPEATS {
            if let Some(answer) = self.init_once(proposals, method).await? {
                return Ok(answer);
            }
            if !self.report.borrow().answers {
                return Err(Stop(Outcome::Silent));
            }
            if may_wait {
                self.wait_for_canary().await?;
            }
        }
        self.unanswered += 1;
        self.not_determined("a question that stays without answer though the peer answers others");
        Ok(InitAnswer::Other(Version(0)))
    }

    /// After silence: asks something known to be accepted until it is answered again. In between is the pause that peers take
    /// to forget half-open SAs, or, where something says that nobody is there, the time that a restart takes.
    async fn wait_for_canary(&mut self) -> Result<(), Stop> {
        let Some(canary) = self.canary else {
            return Ok(());
        };
        let blocks = [Block::single(&canary)];
        let gone = self.unreachable;
        let began = self.dialogue.now();
        let pauses: &[u64] = match gone {
            true => &RESTART,
            false => &AFTER_SILENCE,
        };
        for (attempt, pause) in pauses.iter().enumerate() {
            if *pause > 0 {
                self.dialogue.slow_down();
                self.dialogue.pause(Duration::from_secs(*pause)).await;
            }
            self.brief = self.dialogue.is_lossless();
            let answer = self.init_once(&blocks, self.decoy).await;
            self.brief = false;
            if answer?.is_some() {
                if attempt > 0 {
                    self.note(match gone {
                        true => "nobody was there for a while: the peer or the path to it began anew",
                        false => "the peer stopped answering for a while: it limits how often it is asked",
                    });
                }
                return Ok(());
            }
        }
        let seconds = self.dialogue.now().saturating_sub(began).as_secs();
        let (what, outcome) = match self.unreachable {
            true => ("nobody is there any more", Outcome::Unreachable),
            false => (
                "the peer has gone, or it or a filter blocks this address",
                Outcome::RateLimited,
            ),
        };
        self.note(&format!(
            "what was accepted before was not answered again within {seconds} s: {what}"
        ));
        Err(Stop(outcome))
    }

    /// One exchange with its cookies; `None` for silence.
    async fn init_once(
        &mut self,
        proposals: &[Block],
        method: KeyExchangeMethod,
    ) -> Result<Option<InitAnswer>, Stop> {
        let Ok((key_exchange, public)) = self.dialogue.key_exchange(method) else {
            self.not_determined(&format!(
                "what is accepted with {}: it cannot be computed here",
                Axis::KeyExchange.name(Algorithm::new(method.0))
            ));
            return Ok(Some(InitAnswer::Refused(NotifyType::NO_PROPOSAL_CHOSEN)));
        };
        let mut proposals = Cow::Borrowed(proposals);
        if !self.fixed_additional.is_empty() {
            for block in proposals.to_mut() {
                block.additional.clone_from(&self.fixed_additional);
            }
        }
        let proposals = &*proposals;
        let offered = proposals.iter().any(|block| {
            block
                .axis(Axis::KeyExchange)
                .contains(&Algorithm::new(method.0))
        });
        if offered {
            self.dialogue.half_open_slot().await;
        }
        let opens = offered && method != self.decoy;
        let spi = IkeSpi(self.dialogue.random().number());
        let nonce = self.dialogue.random().octets(NONCE_LEN);
        let notifies = self.notifies(spi, opens);
        let mut cookie: Option<Vec<u8>> = None;
        for _ in 0..=MAX_COOKIES {
            if self.sent() >= MAX_DATAGRAMS {
                self.not_determined("everything behind the limit of datagrams to one target");
                return Err(Stop(Outcome::Unstable));
            }
            let request = InitRequest {
                spi,
                version: Version::V2,
                nonce: &nonce,
                proposals,
                method,
                public: &public,
                cookie: cookie.as_deref(),
                notifies: &notifies,
            };
            let request = Request {
                octets: request.encode(),
                expected: Expected::Ikev2 {
                    message_id: 0,
                    stale: cookie.clone(),
                },
            };
            let length = request.octets.len();
            let reply = match self.brief {
                true => self.dialogue.exchange_briefly(request).await,
                false => self.dialogue.exchange(request).await,
            };
            self.report.borrow_mut().packets_sent = self.sent();
            let octets = match reply {
                Reply::Answer(octets) => {
                    self.longest_answered = self.longest_answered.max(length);
                    octets
                }
                Reply::Silence => {
                    self.unreachable = false;
                    if opens {
                        // It may have arrived, and its answer been lost.
                        self.dialogue.opened(spi.0);
                    }
                    return Ok(None);
                }
                Reply::Unreachable if self.report.borrow().answers => {
                    self.unreachable = true;
                    return Ok(None);
                }
                Reply::Unreachable => return Err(Stop(Outcome::Unreachable)),
            };
            let (answer, vendor_ids) = read(&octets);
            vendor_ids
                .iter()
                .for_each(|id| self.dialogue.note_vendor_id(id));
            if !matches!(answer, InitAnswer::Other(_)) {
                self.report.borrow_mut().answers = true;
            }
            match answer {
                InitAnswer::Cookie(data) => {
                    self.report.borrow_mut().cookie = true;
                    cookie = Some(data);
                }
                InitAnswer::Accepted(accepted) => {
                    self.accepted(spi, &nonce, &key_exchange, &accepted, &octets)
                        .await;
                    return Ok(Some(InitAnswer::Accepted(accepted)));
                }
                other => return Ok(Some(other)),
            }
        }
        self.note("the peer asks for a cookie again and again");
        Ok(None)
    }

    /// Learns from an accepted handshake, and makes the peer forget it.
    async fn accepted(
        &self,
        spi: IkeSpi,
        nonce: &[u8],
        key_exchange: &ikescope_crypto::key_exchange::KeyExchange,
        accepted: &Accepted,
        octets: &[u8],
    ) {
        self.dialogue.opened(spi.0);
        if let Some(facts) = nat::facts(self.dialogue.target(), octets) {
            self.dialogue.note_nat(facts);
        }
        self.note_capabilities(accepted);
        let random = self.dialogue.random().octets(16);
        let made = close::keys(spi, nonce, key_exchange, accepted)
            .and_then(|keys| close::request(&keys, &random).map(|request| (keys, request)));
        let Ok((keys, octets)) = made else {
            self.note("an accepted SA could not be closed: its algorithms cannot be computed here");
            return self.count_half_open();
        };
        self.report.borrow_mut().keys.push(keys);
        let expected = Expected::Ikev2 {
            message_id: 1,
            stale: None,
        };
        let request = Request { octets, expected };
        let reply = match self.config.depth {
            // Waiting for one that does not answer this holds up thousands.
            Depth::Quick => self.dialogue.exchange_briefly(request).await,
            _ => self.dialogue.exchange(request).await,
        };
        self.report.borrow_mut().packets_sent = self.sent();
        if let Reply::Answer(_) = reply {
            self.dialogue.closed(spi.0);
        }
        self.count_half_open();
    }

    fn count_half_open(&self) {
        self.report.borrow_mut().half_open_left = self.dialogue.half_open();
    }

    /// What the peer says that it can do.
    fn note_capabilities(&self, accepted: &Accepted) {
        let announced = &mut self.report.borrow_mut().announced;
        for (kind, _) in &accepted.notifies {
            let new = !announced.contains(kind) && announced.len() < MAX_NOTES;
            if new && !kind.is_error() && !NOT_CAPABILITIES.contains(kind) {
                announced.push(*kind);
            }
        }
    }

    /// Writes what the peer announced into the notes.
    pub(crate) fn note_announced(&self) {
        let names: Vec<String> = self
            .report
            .borrow()
            .announced
            .iter()
            .map(ToString::to_string)
            .collect();
        if !names.is_empty() {
            self.note(&format!("announces {}", names.join(", ")));
        }
    }

    /// NAT detection and capabilities go with a real handshake only: a question that keeps no state needs no more octets.
    fn notifies(&self, spi: IkeSpi, opens: bool) -> Vec<(NotifyType, Vec<u8>)> {
        if !opens {
            return Vec::new();
        }
        let mut list = nat::notifies(self.dialogue.target(), spi);
        list.push((NotifyType::IKEV2_FRAGMENTATION_SUPPORTED, Vec::new()));
        list.push((NotifyType::INTERMEDIATE_EXCHANGE_SUPPORTED, Vec::new()));
        list
    }

    /// Asks blocks in as few questions as fit.
    pub(crate) fn questions(&self, blocks: &[Block]) -> Vec<Vec<Block>> {
        pack(blocks, self.room())
    }
}

/// Whether a key exchange of this method can be made here.
pub(crate) fn computable(group: Algorithm) -> bool {
    public_len(KeyExchangeMethod(group.id)).is_some()
}

/// Octets of the initiator's public value.
fn public_len(method: KeyExchangeMethod) -> Option<usize> {
    let facts = KeyExchangeFacts::of(method).ok()?;
    Some(facts.initiator_len)
}

/// Many peers take it, and it costs little to compute.
pub(crate) const LIKELY_GROUP: KeyExchangeMethod = KeyExchangeMethod::CURVE25519;

/// Groups that few peers accept and whose public values are short; assigned, because some answer INVALID_SYNTAX to others.
const DECOYS: [KeyExchangeMethod; 6] = [
    KeyExchangeMethod::ECP_192,
    KeyExchangeMethod::MODP_768,
    KeyExchangeMethod::ECP_224,
    KeyExchangeMethod::BRAINPOOL_P224R1,
    KeyExchangeMethod::MODP_1024_160,
    KeyExchangeMethod::BRAINPOOL_P512R1,
];

/// Notifications that are said of addresses, not of abilities.
const NOT_CAPABILITIES: [NotifyType; 3] = [
    NotifyType::NAT_DETECTION_SOURCE_IP,
    NotifyType::NAT_DETECTION_DESTINATION_IP,
    NotifyType::COOKIE,
];

/// Octets of a nonce; at least half the key of every PRF (RFC 7296, section 2.10).
const NONCE_LEN: usize = 32;
/// Header, headers of SA, KE and nonce payload, nonce, a marker.
const OVERHEAD: usize = 28 + 4 + 8 + 4 + NONCE_LEN + 4;
const LONGEST_DECOY: usize = 96;
/// Octets of notifications beside a handshake: NAT detection twice, fragmentation, IKE_INTERMEDIATE.
const NOTIFIES: usize = 28 + 28 + 8 + 8;
/// Octets of a question that may become a handshake: a path of 1,500 octets takes it whole, also through a tunnel.
const MAX_HANDSHAKE: usize = 1_400;
/// A peer asks for a cookie once, and once more when its secret has changed.
const MAX_COOKIES: usize = 3;
/// Times that a question is asked whose retransmissions were all lost.
const MAX_REPEATS: usize = 3;
/// Seconds before each question known to be accepted, until the peer is taken to be gone: beyond the half-open timeout of
/// one that says nothing.
const AFTER_SILENCE: [u64; 2] = [0, HALF_OPEN_TIMEOUT.as_secs() + 1];
