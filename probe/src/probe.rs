//! The probe of one target: drives its strategies, one after the other.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::Duration;

use ikescope_analysis::audit::{Conversation, PeerFacts};

use crate::config::{Config, Depth, Framing, Protocol, Target};
use crate::dialogue::{Dialogue, Reply};
use crate::ikev1::{self, Ikev1Report};
use crate::ikev2::{self, Ikev2Report};
use crate::implementation;
use crate::limits::{MAX_STRAYS, MAX_TRANSCRIPT};
use crate::random::Random;
use crate::report::{Icmp, Outcome, Report};
use crate::transport::{Transmit, Transport};

/// The questions to one target and what is known so far. All times count from an origin that the driver chooses.
pub struct Probe {
    target: Target,
    config: Config,
    dialogue: Dialogue,
    transport: Transport,
    conversation: Conversation,
    /// What was said in a quick look, which is read when it is over: thousands are under way at once.
    transcript: Vec<(Duration, Said)>,
    waiting: VecDeque<Protocol>,
    running: Option<Pin<Box<dyn Future<Output = ()>>>>,
    ikev2: Option<Rc<RefCell<Ikev2Report>>>,
    ikev1_main: Option<Rc<RefCell<Ikev1Report>>>,
    ikev1_aggressive: Option<Rc<RefCell<Ikev1Report>>>,
    /// What [`Self::running`] asks, and how much had been sent before.
    asking: Option<Protocol>,
    sent_before: u64,
    icmp: Option<Icmp>,
    strays: usize,
    began: Option<Duration>,
    ended: Option<Duration>,
}

/// One datagram of a conversation.
#[derive(Debug)]
enum Said {
    ByUs(Vec<u8>),
    ByPeer(Vec<u8>),
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probe")
            .field("target", &self.target)
            .field("waiting", &self.waiting)
            .finish_non_exhaustive()
    }
}

impl Probe {
    /// A probe that has sent nothing yet. The seed must come from the operating system where the peer is real.
    #[must_use]
    pub fn new(config: Config, target: Target, seed: [u8; 32]) -> Self {
        let transport = Transport::new(&config, target.remote.port());
        let asked = |protocol| config.protocols.contains(&protocol);
        let (ikev2, main, aggressive) = (
            asked(Protocol::Ikev2),
            asked(Protocol::Ikev1Main),
            asked(Protocol::Ikev1Aggressive),
        );
        Self {
            dialogue: Dialogue::new(target.clone(), Random::new(seed), &config),
            waiting: config.protocols.iter().copied().collect(),
            running: None,
            ikev2: ikev2.then(Rc::default),
            ikev1_main: main.then(Rc::default),
            ikev1_aggressive: aggressive.then(Rc::default),
            transport,
            conversation: conversation(&target, &config),
            transcript: Vec::new(),
            target,
            config,
            asking: None,
            sent_before: 0,
            icmp: None,
            strays: 0,
            began: None,
            ended: None,
        }
    }

    /// The next datagram to send, if it is time for one. To be called until it gives `None`.
    pub fn poll_transmit(&mut self, now: Duration) -> Option<Transmit> {
        self.advance(now);
        let transmit = self.transport.poll_transmit(now)?;
        // Reading our own questions takes longer than all else: where very many are asked, only those that get a choice.
        if self.config.depth != Depth::Quick {
            self.conversation.sent(now, &transmit.octets);
        }
        self.began.get_or_insert(now);
        self.note_progress();
        Some(transmit)
    }

    /// Takes a datagram of the target. Gives how often the question had been sent that it answers, if it answers one: more
    /// than once means that something was lost, or that the peer is slow.
    pub fn handle_datagram(&mut self, now: Duration, octets: &[u8]) -> Option<u32> {
        let sent = self.transport.in_flight();
        match self.config.depth {
            Depth::Quick => self.remember(now, octets),
            _ => self.conversation.received(now, octets),
        }
        let reply = self.transport.handle_datagram(now, octets, &self.dialogue);
        let answered = sent.filter(|_| reply.is_some());
        self.take(now, reply);
        answered
    }

    fn remember(&mut self, now: Duration, answer: &[u8]) {
        if self.transcript.len() >= MAX_TRANSCRIPT {
            return;
        }
        if answer.len() > LONGEST_REFUSAL
            && let Some(question) = self.transport.question()
        {
            self.transcript.push((now, Said::ByUs(question.to_vec())));
        }
        self.transcript.push((now, Said::ByPeer(answer.to_vec())));
    }

    /// What a capture of the answers shows.
    fn heard(&self) -> PeerFacts {
        if self.transcript.is_empty() {
            return self.conversation.facts();
        }
        let mut conversation = conversation(&self.target, &self.config);
        for (time, said) in &self.transcript {
            match said {
                Said::ByUs(octets) => conversation.sent(*time, octets),
                Said::ByPeer(octets) => conversation.received(*time, octets),
            }
        }
        conversation.facts()
    }

    /// Takes an ICMP error about a datagram that was sent to the target.
    pub fn handle_icmp(&mut self, now: Duration, icmp: Icmp) {
        self.icmp = Some(icmp);
        let reply = self.transport.handle_unreachable(now);
        self.take(now, reply);
    }

    /// Takes an error that nobody sent as ICMP: a connection that was refused, or what the system says of the address.
    pub fn handle_unreachable(&mut self, now: Duration, why: &str) {
        self.note(why.to_owned());
        let reply = self.transport.handle_unreachable(now);
        self.take(now, reply);
    }

    /// Takes an answer that came from elsewhere: a responder answers from where it was asked (RFC 7296, section 2.11), so
    /// that this one counts as no answer of the target.
    pub fn handle_stray(&mut self, from: SocketAddr) {
        if self.strays < MAX_STRAYS {
            self.strays += 1;
            self.note(format!(
                "an answer came from {from}, not from where the question went: it does not count"
            ));
        }
    }

    /// Lets time pass. To be called when [`Self::poll_timeout`] says so; then there may be something to transmit.
    pub fn handle_timeout(&mut self, now: Duration) {
        let reply = self.transport.handle_timeout(now);
        self.take(now, reply);
    }

    /// Writes down what concerns whatever is being asked.
    fn note(&self, text: String) {
        match self.asking {
            Some(Protocol::Ikev2) => self
                .ikev2
                .iter()
                .for_each(|report| report.borrow_mut().note(&text)),
            Some(Protocol::Ikev1Main) => note_ikev1(self.ikev1_main.as_ref(), text),
            Some(Protocol::Ikev1Aggressive) => note_ikev1(self.ikev1_aggressive.as_ref(), text),
            None => {}
        }
    }

    /// When [`Self::handle_timeout`] and [`Self::poll_transmit`] are to be called next; `None` when the probe is finished.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        if self.is_finished() {
            return None;
        }
        let idle = self.running.is_none().then_some(Duration::ZERO);
        self.transport
            .poll_timeout()
            .or_else(|| self.dialogue.wake())
            .or(idle)
            .or(Some(Duration::ZERO))
    }

    /// Whether everything was asked.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.running.is_none() && self.waiting.is_empty()
    }

    /// Where datagrams go.
    #[must_use]
    pub fn remote(&self) -> SocketAddr {
        self.target.remote
    }

    /// The most SAs that were half-open at the peer at one time.
    #[must_use]
    pub fn most_half_open(&self) -> usize {
        self.dialogue.most_half_open()
    }

    /// What is known so far; also in the middle, when the user has seen enough.
    #[must_use]
    pub fn report(&self) -> Report {
        let known = self.dialogue.known();
        let now = self.ended.unwrap_or_else(|| self.dialogue.now());
        let ikev1 = |report: &Rc<RefCell<Ikev1Report>>, protocol| {
            let mut report = report.borrow().clone();
            if let Some(sent) = self.under_way(protocol) {
                report.packets_sent = sent;
                report.outcome = so_far(report.answers, !report.policy.is_empty());
                report.not_determined.push(ENDED_EARLY.to_owned());
            }
            report
        };
        let ikev2 = |report: &Rc<RefCell<Ikev2Report>>| {
            let mut report = report.borrow().clone();
            if let Some(sent) = self.under_way(Protocol::Ikev2) {
                report.packets_sent = sent;
                report.outcome = so_far(report.answers, !report.policy.is_empty());
                report.miss(ENDED_EARLY);
            }
            report
        };
        let main = self.ikev1_main.as_ref();
        let aggressive = self.ikev1_aggressive.as_ref();
        Report {
            target: self.target.clone(),
            ikev2: self.ikev2.as_ref().map(ikev2),
            ikev1_main: main.map(|report| ikev1(report, Protocol::Ikev1Main)),
            ikev1_aggressive: aggressive.map(|report| ikev1(report, Protocol::Ikev1Aggressive)),
            icmp: self.icmp,
            implementation: known
                .implementation
                .or_else(|| implementation::of_vendor_ids(&known.vendor_ids)),
            vendor_ids: known.vendor_ids,
            heard: self.heard(),
            nat: known.nat,
            counters: self.transport.counters,
            duration: self
                .began
                .map_or(Duration::ZERO, |began| now.saturating_sub(began)),
        }
    }

    /// Datagrams sent for a version that is still being asked.
    fn under_way(&self, protocol: Protocol) -> Option<u64> {
        let asking = self.running.is_some() && self.asking == Some(protocol);
        let sent = self
            .transport
            .counters
            .sent
            .saturating_sub(self.sent_before);
        Some(sent).filter(|sent| asking && *sent > 0)
    }

    fn take(&mut self, now: Duration, reply: Option<Reply>) {
        self.note_progress();
        if let Some(reply) = reply {
            self.dialogue.deliver(reply);
        }
        self.advance(now);
    }

    fn note_progress(&self) {
        let lossless = !self.transport.is_lossy();
        self.dialogue
            .set_progress(self.transport.counters, self.transport.answered(), lossless);
    }

    /// Runs strategies until all wait for something from outside.
    fn advance(&mut self, now: Duration) {
        self.dialogue.set_now(now);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if self.running.is_none() {
                let Some(protocol) = self.waiting.pop_front() else {
                    self.ended.get_or_insert(now);
                    return;
                };
                self.asking = Some(protocol);
                self.sent_before = self.transport.counters.sent;
                self.transport.reserve(self.waiting.len());
                self.running = self.strategy(protocol);
            }
            let Some(strategy) = self.running.as_mut() else {
                continue;
            };
            let finished = strategy.as_mut().poll(&mut context).is_ready();
            if self.dialogue.take_slower() {
                self.transport.slow_down();
            }
            if let Some(request) = self.dialogue.take_request() {
                let brief = self.dialogue.take_brief();
                self.transport.begin(request, brief);
            }
            if !finished {
                return;
            }
            self.running = None;
        }
    }

    fn strategy(&self, protocol: Protocol) -> Option<Pin<Box<dyn Future<Output = ()>>>> {
        let (dialogue, config) = (self.dialogue.clone(), self.config.clone());
        Some(match protocol {
            Protocol::Ikev2 => Box::pin(ikev2::ask(dialogue, config, self.ikev2.clone()?)),
            Protocol::Ikev1Main => {
                Box::pin(ikev1::ask_main(dialogue, config, self.ikev1_main.clone()?))
            }
            Protocol::Ikev1Aggressive => {
                let report = self.ikev1_aggressive.clone()?;
                Box::pin(ikev1::ask_aggressive(dialogue, config, report))
            }
        })
    }
}

fn conversation(target: &Target, config: &Config) -> Conversation {
    let conversation = Conversation::new(target.remote.ip());
    match config.framing {
        Framing::Stream => conversation.over_tcp(),
        _ => conversation,
    }
}

fn note_ikev1(report: Option<&Rc<RefCell<Ikev1Report>>>, text: String) {
    if let Some(report) = report {
        report.borrow_mut().note(text);
    }
}

/// Octets of an answer with notifications only; one with a choice of either version is longer.
const LONGEST_REFUSAL: usize = 80;

/// What can be said of a version while it is asked.
fn so_far(answers: bool, accepted: bool) -> Outcome {
    match (answers, accepted) {
        (_, true) => Outcome::Accepted,
        (true, false) => Outcome::Refused,
        (false, false) => Outcome::Silent,
    }
}

const ENDED_EARLY: &str =
    "what was still to be asked when asking was ended, the last question included";
