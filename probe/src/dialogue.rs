//! What a strategy speaks through: it asks, waits, and reads the answer.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use ikescope_crypto::CryptoError;
use ikescope_crypto::key_exchange::KeyExchange;
use ikescope_dissectors::registries::ikev2::KeyExchangeMethod;
use ikescope_dissectors::{Flags, Header, IkeSpi};

use crate::config::{Config, Target};
use crate::key_exchanges::KeyExchanges;
use crate::limits::{HALF_OPEN_TIMEOUT, KEPT_TIMEOUT, MAX_ARRIVALS, MAX_HALF_OPEN, MAX_VENDOR_IDS};
use crate::random::Random;
use crate::report::NatFacts;
use crate::transport::Counters;

/// An IKE message to be sent, and what answers it.
#[derive(Clone, Debug)]
pub struct Request {
    /// The message from the first octet of its header, without marker.
    pub octets: Vec<u8>,
    /// Which messages are answers.
    pub expected: Expected,
}

/// Which messages with the initiator SPI of a request answer it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Any message of IKEv1, or one of another major version, which is an answer too.
    Ikev1,
    /// A response of IKEv2 with this message id; not one with exactly these octets in it, which was sent before and is the
    /// answer to an earlier request with the same SPI (an old COOKIE).
    Ikev2 {
        /// The message id of the request.
        message_id: u32,
        /// Octets that mark an answer to something earlier.
        stale: Option<Vec<u8>>,
    },
    /// Nothing: it is sent once and not waited for.
    Nothing,
}

impl Expected {
    pub(crate) fn answers(&self, header: &Header, octets: &[u8]) -> bool {
        match self {
            Self::Ikev1 => true,
            Self::Ikev2 { message_id, stale } => {
                let response = header.flags.contains(Flags::RESPONSE);
                let other_version = header.version.major() != 2;
                let old = stale.as_ref().is_some_and(|stale| {
                    octets.windows(stale.len().max(1)).any(|part| part == stale)
                });
                !old && (other_version || (response && header.message_id == *message_id))
            }
            Self::Nothing => false,
        }
    }
}

/// How an exchange ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A message, without marker.
    Answer(Vec<u8>),
    /// No answer to any transmission.
    Silence,
    /// An error of the path or of this machine to two transmissions.
    Unreachable,
}

/// What was learned that is not of one version: strategies of the same target share it.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Vendor ids in the order in which they came, each once.
    pub vendor_ids: Vec<Vec<u8>>,
    /// Address translation.
    pub nat: NatFacts,
    /// What the behaviour looks like.
    pub implementation: Option<String>,
}

/// Handle of a strategy to the exchanges of its target. Copies share all.
#[derive(Clone)]
pub struct Dialogue(Rc<Shared>);

struct Shared {
    target: Target,
    random: Random,
    now: Cell<Duration>,
    wake: Cell<Option<Duration>>,
    request: Cell<Option<Request>>,
    reply: Cell<Option<Reply>>,
    counters: Cell<Counters>,
    answered: Cell<bool>,
    lossless: Cell<bool>,
    slower: Cell<bool>,
    brief: Cell<bool>,
    known: RefCell<Known>,
    key_exchanges: KeyExchanges,
    half_open: RefCell<Vec<HalfOpen>>,
    most_half_open: Cell<usize>,
    watched: RefCell<Option<Watched>>,
    half_open_limit: usize,
}

/// Arrivals with an initiator SPI.
#[derive(Debug)]
struct Watched {
    spi: IkeSpi,
    arrivals: Vec<Duration>,
}

#[derive(Clone, Copy, Debug)]
struct HalfOpen {
    spi: u64,
    until: Duration,
}

impl fmt::Debug for Dialogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Dialogue").field(&self.0.target).finish()
    }
}

impl Dialogue {
    pub(crate) fn new(target: Target, random: Random, config: &Config) -> Self {
        let half_open_limit = config.half_open;
        Self(Rc::new(Shared {
            target,
            random,
            now: Cell::default(),
            wake: Cell::default(),
            request: Cell::default(),
            reply: Cell::default(),
            counters: Cell::default(),
            answered: Cell::default(),
            lossless: Cell::default(),
            slower: Cell::default(),
            brief: Cell::default(),
            known: RefCell::default(),
            key_exchanges: config.key_exchanges.clone(),
            half_open: RefCell::default(),
            most_half_open: Cell::default(),
            watched: RefCell::default(),
            half_open_limit: half_open_limit.clamp(1, MAX_HALF_OPEN.max(half_open_limit)),
        }))
    }

    /// Sends a message and waits for its answer: retransmission and pacing are done below.
    pub async fn exchange(&self, request: Request) -> Reply {
        self.0.reply.set(None);
        self.0.request.set(Some(request));
        poll_fn(|_| match self.0.reply.take() {
            Some(reply) => Poll::Ready(reply),
            None => Poll::Pending,
        })
        .await
    }

    /// Sends a message twice at most: for questions whose answer nothing depends on.
    pub async fn exchange_briefly(&self, request: Request) -> Reply {
        self.0.brief.set(true);
        self.exchange(request).await
    }

    /// Sends a message once and does not wait for an answer.
    pub async fn send(&self, octets: Vec<u8>) {
        let expected = Expected::Nothing;
        self.exchange(Request { octets, expected }).await;
    }

    /// Waits.
    pub async fn pause(&self, duration: Duration) {
        let until = self.now() + duration;
        poll_fn(|_| match self.now() >= until {
            true => {
                self.0.wake.set(None);
                Poll::Ready(())
            }
            false => {
                self.0.wake.set(Some(until));
                Poll::Pending
            }
        })
        .await;
    }

    /// The time as the driver counts it.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.0.now.get()
    }

    /// Who is asked.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.0.target
    }

    /// Where questions go.
    #[must_use]
    pub fn remote(&self) -> SocketAddr {
        self.0.target.remote
    }

    /// Random octets.
    #[must_use]
    pub fn random(&self) -> &Random {
        &self.0.random
    }

    /// Datagrams sent and received so far, by all strategies of this target.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.0.counters.get()
    }

    /// Whether the peer answered anything yet, in any version.
    #[must_use]
    pub fn answered(&self) -> bool {
        self.0.answered.get()
    }

    /// Whether the peer answered, and everything that it answered at the first time.
    #[must_use]
    pub fn is_lossless(&self) -> bool {
        self.answered() && self.0.lossless.get()
    }

    /// Halves the rate: the peer shows that it is asked too often.
    pub fn slow_down(&self) {
        self.0.slower.set(true);
    }

    /// A key exchange with a valid public value, made once for each method and used again, also for other targets.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] for a method that cannot be computed.
    pub fn key_exchange(
        &self,
        method: KeyExchangeMethod,
    ) -> Result<(Arc<KeyExchange>, Arc<[u8]>), CryptoError> {
        self.0.key_exchanges.of(method, self.random())
    }

    /// Notes a vendor id.
    pub fn note_vendor_id(&self, vendor_id: &[u8]) {
        let mut known = self.0.known.borrow_mut();
        let new = !known.vendor_ids.iter().any(|other| other == vendor_id);
        if new && known.vendor_ids.len() < MAX_VENDOR_IDS {
            known.vendor_ids.push(vendor_id.to_vec());
        }
    }

    /// Notes what NAT detection says.
    pub fn note_nat(&self, nat: NatFacts) {
        self.0.known.borrow_mut().nat = nat;
    }

    /// Notes what the peer looks like by its behaviour; the first word stays.
    pub fn note_implementation(&self, name: &str) {
        let mut known = self.0.known.borrow_mut();
        known.implementation.get_or_insert_with(|| name.to_owned());
    }

    /// What all strategies know.
    #[must_use]
    pub fn known(&self) -> Known {
        self.0.known.borrow().clone()
    }

    /// Waits until one more half-open SA at the peer is within the limit.
    pub async fn half_open_slot(&self) {
        while !self.may_open() {
            self.pause(self.until_next_expires()).await;
        }
    }

    fn until_next_expires(&self) -> Duration {
        let now = self.now();
        let open = self.0.half_open.borrow();
        let left = open.iter().map(|sa| sa.until.saturating_sub(now));
        left.filter(|left| !left.is_zero())
            .min()
            .unwrap_or_default()
    }

    /// Whether one more half-open SA at the peer is within the limit.
    #[must_use]
    pub fn may_open(&self) -> bool {
        self.half_open() < self.0.half_open_limit
    }

    /// An SA stands half-open at the peer from now on, or may: a request was not answered that would have opened one.
    pub fn opened(&self, spi: u64) {
        let until = self.now() + HALF_OPEN_TIMEOUT;
        let mut open = self.0.half_open.borrow_mut();
        open.retain(|sa| sa.spi != spi);
        open.push(HalfOpen { spi, until });
        drop(open);
        let most = self.0.most_half_open.get().max(self.half_open());
        self.0.most_half_open.set(most);
    }

    /// The peer said nothing to being told to give it up, and keeps it for as long as any implementation does.
    pub fn kept(&self, spi: u64) {
        let until = self.now() + KEPT_TIMEOUT;
        for sa in self.0.half_open.borrow_mut().iter_mut() {
            if sa.spi == spi {
                sa.until = until;
            }
        }
    }

    /// The peer was seen to forget it.
    pub fn closed(&self, spi: u64) {
        self.0.half_open.borrow_mut().retain(|sa| sa.spi != spi);
    }

    /// SAs that the peer may still hold half-open.
    #[must_use]
    pub fn half_open(&self) -> usize {
        let now = self.now();
        let open = self.0.half_open.borrow();
        open.iter().filter(|sa| sa.until > now).count()
    }

    /// Notes from now on when messages with this initiator SPI arrive, also those that answer nothing any more.
    pub fn watch(&self, spi: u64) {
        *self.0.watched.borrow_mut() = Some(Watched {
            spi: IkeSpi(spi),
            arrivals: Vec::new(),
        });
    }

    /// When they arrived.
    #[must_use]
    pub fn watched(&self) -> Vec<Duration> {
        let watched = self.0.watched.borrow_mut().take();
        watched.map(|watched| watched.arrivals).unwrap_or_default()
    }

    pub(crate) fn note_arrival(&self, now: Duration, header: &Header) {
        if let Some(watched) = self.0.watched.borrow_mut().as_mut()
            && watched.spi == header.initiator_spi
            && watched.arrivals.len() < MAX_ARRIVALS
        {
            watched.arrivals.push(now);
        }
    }

    /// The most that were half-open at one time.
    #[must_use]
    pub fn most_half_open(&self) -> usize {
        self.0.most_half_open.get()
    }

    pub(crate) fn set_now(&self, now: Duration) {
        self.0.now.set(now);
    }

    pub(crate) fn set_progress(&self, counters: Counters, answered: bool, lossless: bool) {
        self.0.counters.set(counters);
        self.0.answered.set(answered);
        self.0.lossless.set(lossless);
    }

    pub(crate) fn wake(&self) -> Option<Duration> {
        self.0.wake.get()
    }

    pub(crate) fn take_request(&self) -> Option<Request> {
        self.0.request.take()
    }

    /// Whether the request that was taken is to be sent twice at most.
    pub(crate) fn take_brief(&self) -> bool {
        self.0.brief.take()
    }

    pub(crate) fn take_slower(&self) -> bool {
        self.0.slower.take()
    }

    pub(crate) fn deliver(&self, reply: Reply) {
        self.0.reply.set(Some(reply));
    }
}
