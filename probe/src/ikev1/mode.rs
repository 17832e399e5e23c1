//! One question in main mode or aggressive mode, and the tidying up behind it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use ikescope_dissectors::registries::ikev1::{GroupDescription, NotifyType};
use ikescope_dissectors::registries::ikev2::KeyExchangeMethod;

use super::enumeration::{Answer, Asker, Found};
use super::fingerprint;
use super::messages::{self, Meaning, OurIdentity, Reading};
use super::report::Ikev1Report;
use super::suite::Suite;
use super::summary;
use super::universe::Ordered;
use crate::dialogue::{Dialogue, Expected, Reply, Request};
use crate::limits::HALF_OPEN_TIMEOUT;

/// Main mode, or aggressive mode with who we say we are.
#[derive(Clone, Debug)]
pub(super) enum Mode {
    Main,
    Aggressive(OurIdentity),
}

/// Carries questions to the peer.
pub(super) struct Conversation {
    pub(super) dialogue: Dialogue,
    pub(super) mode: Mode,
    pub(super) report: Rc<RefCell<Ikev1Report>>,
    pub(super) ordered: Arc<Ordered>,
    /// Octets of a message at most.
    pub(super) most: usize,
    pub(super) sent_before: u64,
    /// How often in a row the peer said nothing to being told to give up an SA.
    pub(super) unmoved: usize,
    /// Begun, and not answered.
    pub(super) unanswered: Vec<u64>,
    /// It gave up an SA when it was told to.
    pub(super) moved: bool,
    /// Whether it gives up what it answers such a message for, once that was seen; taken for granted where one SA is begun.
    pub(super) forgets: Option<bool>,
}

impl Asker for Conversation {
    async fn ask(&mut self, offer: &[Suite]) -> Answer {
        self.dialogue.half_open_slot().await;
        let spi = self.dialogue.random().number();
        let Some(octets) = self.first(spi, offer) else {
            return Answer::Confused;
        };
        let reply = self.exchange(octets).await;
        let reading = match reply {
            Reply::Silence => {
                // It may have arrived, and its answer been lost.
                self.dialogue.opened(spi);
                self.unanswered.push(spi);
                return Answer::Silent;
            }
            Reply::Unreachable => return Answer::Unreachable,
            Reply::Answer(octets) => messages::read(&octets),
        };
        self.note(&reading);
        match reading.meaning {
            Meaning::Chosen(suite) => {
                self.dialogue.opened(spi);
                if self.keeps() {
                    self.dialogue.kept(spi);
                }
                self.close(spi, &reading).await;
                Answer::Accepted(suite)
            }
            Meaning::Error(notify) if NOT_SPOKEN.contains(&notify) => {
                self.report
                    .borrow_mut()
                    .note(format!("it answers {notify}"));
                Answer::NotSpoken
            }
            Meaning::Error(notify)
                if matches!(self.mode, Mode::Aggressive(_)) && IDENTITY.contains(&notify) =>
            {
                self.report
                    .borrow_mut()
                    .note(format!("it answers {notify}"));
                Answer::WrongIdentity
            }
            Meaning::Error(notify) => {
                if notify != NotifyType::NO_PROPOSAL_CHOSEN {
                    self.report
                        .borrow_mut()
                        .note(format!("it refuses with {notify}"));
                }
                Answer::Refused
            }
            Meaning::OtherVersion(major) => {
                let note = format!("it answers in version {major} of IKE: it does not speak IKEv1");
                self.report.borrow_mut().note(note);
                Answer::NotSpoken
            }
            Meaning::Deleted | Meaning::Unclear => Answer::Confused,
        }
    }

    async fn rest(&mut self) {
        self.dialogue.slow_down();
        self.dialogue.pause(HALF_OPEN_TIMEOUT).await;
    }

    async fn wait(&mut self, duration: Duration) {
        self.dialogue.pause(duration).await;
    }

    fn refuses_by_silence(&mut self) {
        for spi in self.unanswered.drain(..) {
            self.dialogue.closed(spi);
        }
    }

    fn learned(&mut self, found: &Found) {
        summary::fill(&mut self.report.borrow_mut(), &self.ordered.universe, found);
    }

    fn keeps(&self) -> bool {
        self.unmoved >= UNMOVED
    }

    fn room(&self, first: &Suite) -> usize {
        let alone = self.first(1, std::slice::from_ref(first));
        let around = alone.map_or(0, |octets| {
            octets.len().saturating_sub(first.transform_len())
        });
        self.most.saturating_sub(around)
    }
}

impl Conversation {
    /// The first message of the mode; none for a group whose public value cannot be computed.
    fn first(&self, spi: u64, offer: &[Suite]) -> Option<Vec<u8>> {
        match &self.mode {
            Mode::Main => Some(messages::main_first(spi, offer)),
            Mode::Aggressive(identity) => {
                let group = method(offer.first()?.group);
                let (_, public) = self.dialogue.key_exchange(group).ok()?;
                let nonce = self.dialogue.random().octets(NONCE_LEN);
                Some(messages::aggressive_first(
                    spi, offer, &public, &nonce, identity,
                ))
            }
        }
    }

    /// Silence is frequent here: many do not speak IKEv1, say nothing when they refuse, or keep what was begun. Unless
    /// something was lost before, an answer is not waited for long.
    async fn exchange(&mut self, octets: Vec<u8>) -> Reply {
        let expected = Expected::Ikev1;
        let request = Request { octets, expected };
        let reply = match self.dialogue.is_lossless() {
            true => self.dialogue.exchange_briefly(request).await,
            false => self.dialogue.exchange(request).await,
        };
        let mut report = self.report.borrow_mut();
        report.packets_sent = self.dialogue.counters().sent - self.sent_before;
        report.answers |= matches!(reply, Reply::Answer(_));
        reply
    }

    fn note(&self, reading: &Reading) {
        for vendor_id in &reading.vendor_ids {
            self.dialogue.note_vendor_id(vendor_id);
        }
        let mut report = self.report.borrow_mut();
        report.lifetime_seconds = report.lifetime_seconds.or(reading.lifetime);
        if let Some(identity) = &reading.identity {
            report.note(format!("it says that it is {identity}"));
        }
        if reading.hash {
            report.note(
                "its answer has a hash made with the pre-shared key: passwords can be tried on it"
                    .to_owned(),
            );
        }
    }

    /// Listens how the peer repeats an answer that is not continued.
    pub(super) async fn fingerprint(&mut self, suite: &Suite) {
        self.dialogue.half_open_slot().await;
        let spi = self.dialogue.random().number();
        let Some(octets) = self.first(spi, std::slice::from_ref(suite)) else {
            return;
        };
        self.dialogue.watch(spi);
        let Reply::Answer(answer) = self.exchange(octets).await else {
            return;
        };
        let reading = messages::read(&answer);
        if !matches!(reading.meaning, Meaning::Chosen(_)) {
            return;
        }
        self.dialogue.opened(spi);
        self.dialogue.pause(fingerprint::LISTENED).await;
        let intervals = fingerprint::intervals(&self.dialogue.watched());
        let seconds: Vec<f64> = intervals.iter().map(Duration::as_secs_f64).collect();
        if let Some(name) = fingerprint::looks_like(&intervals) {
            self.dialogue.note_implementation(name);
        }
        self.report.borrow_mut().note(told(&seconds));
        self.report.borrow_mut().retransmissions = Some(seconds);
        self.close(spi, &reading).await;
    }

    /// Makes the peer give up what it began for us, so that nothing stays half-open.
    async fn close(&mut self, spi: u64, reading: &Reading) {
        if self.keeps() {
            return;
        }
        let nonce = self.dialogue.random().octets(NONCE_LEN);
        let octets = match self.mode {
            Mode::Main => messages::main_third_incomplete(spi, reading.responder_spi, &nonce),
            Mode::Aggressive(_) => {
                messages::aggressive_third_incomplete(spi, reading.responder_spi, &nonce)
            }
        };
        for _ in 0..CLOSINGS {
            let Reply::Answer(answer) = self.exchange(octets.clone()).await else {
                // Who has given up others was only not heard: who has forgotten an SA does not answer for it again.
                if !self.moved {
                    self.unmoved += 1;
                    self.dialogue.kept(spi);
                }
                return;
            };
            match messages::read(&answer).meaning {
                Meaning::Error(_) | Meaning::Deleted => {
                    if !self.forgets(&octets).await {
                        self.unmoved = UNMOVED;
                        self.dialogue.kept(spi);
                        return;
                    }
                    self.dialogue.closed(spi);
                    self.moved = true;
                    self.unmoved = 0;
                    return;
                }
                // The answer to the first message again, because that was sent twice.
                Meaning::Chosen(_) => {}
                _ => return,
            }
        }
    }
}

impl Conversation {
    /// Whether the peer gave up what it answered so: in aggressive mode libreswan complains and keeps it. Who has forgotten an
    /// SA does not answer for it a second time.
    async fn forgets(&mut self, closing: &[u8]) -> bool {
        if let Some(forgets) = self.forgets {
            return forgets;
        }
        let again = self.exchange(closing.to_vec()).await;
        let forgets = !matches!(again, Reply::Answer(_));
        self.forgets = Some(forgets);
        forgets
    }
}

/// How an answer was repeated.
fn told(seconds: &[f64]) -> String {
    let listened = fingerprint::LISTENED.as_secs();
    if seconds.is_empty() {
        return format!("an answer that is not continued is not repeated within {listened} s");
    }
    let list: Vec<String> = seconds.iter().map(|wait| format!("{wait:.1}")).collect();
    let list = list.join(", ");
    format!("an answer that is not continued is repeated after {list} s each")
}

/// The method of IKEv2 with the same number: groups of IKEv1 up to 30 are the same, and those above are used so.
fn method(group: GroupDescription) -> KeyExchangeMethod {
    KeyExchangeMethod(group.0)
}

/// Octets of a nonce: 8 to 256 (RFC 2409, section 5).
const NONCE_LEN: usize = 32;
/// Times that a peer is asked to give up an SA.
const CLOSINGS: usize = 2;
/// Who says this to the first message of aggressive mode has looked at the offer before.
const IDENTITY: [NotifyType; 2] = [
    NotifyType::AUTHENTICATION_FAILED,
    NotifyType::INVALID_ID_INFORMATION,
];
/// Silences after which nothing is given up any more: libreswan drops such a message and keeps the SA for a minute.
const UNMOVED: usize = 2;
/// Who says this does not speak the version or the mode, whatever is offered.
const NOT_SPOKEN: [NotifyType; 3] = [
    NotifyType::INVALID_MAJOR_VERSION,
    NotifyType::INVALID_EXCHANGE_TYPE,
    NotifyType::UNSUPPORTED_EXCHANGE_TYPE,
];
