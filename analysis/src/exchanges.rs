//! Exchanges: which message repeats another, and which request a response answers.

use std::hash::BuildHasher;

use ikescope_capture::Timestamp;
use ikescope_dissectors::{Flags, Header, IkeSpi, Message};

use crate::folding::Folding;
use crate::limits::{CAPTURED_TWICE_NANOS, MAX_EXCHANGES, MAX_MESSAGES, MAX_TUNNELS};
use crate::observation::{Endpoint, FrameId};
use crate::recent::Recent;

/// How a message stands to those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) tunnel: Option<u32>,
    pub(crate) answers: Option<FrameId>,
    pub(crate) retransmission_of: Option<FrameId>,
    pub(crate) duplicate_of: Option<FrameId>,
}

/// A message that was seen, to be placed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) frame: FrameId,
    pub(crate) time: Option<Timestamp>,
    pub(crate) src: Endpoint,
    pub(crate) dst: Endpoint,
}

/// What is remembered of the exchanges seen.
#[derive(Debug)]
pub(crate) struct Exchanges {
    tunnels: Recent<IkeSpi, u32>,
    next_tunnel: u32,
    exchanges: Recent<Key, Exchange>,
    hasher: Folding,
}

/// IKEv2 counts messages for each direction, so the sender of the request belongs to the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    initiator_spi: IkeSpi,
    message_id: u32,
    exchange: u8,
    /// IKEv2: whether the original initiator of the IKE SA sent the request.
    by_initiator: Option<bool>,
}

#[derive(Debug)]
struct Exchange {
    messages: Vec<Sent>,
}

/// One message and its copies.
#[derive(Clone, Copy, Debug)]
struct Sent {
    digest: u64,
    from: Endpoint,
    request: bool,
    first: FrameId,
    last_time: Option<Timestamp>,
    /// How often it was sent, as far as is known; copies of the capture do not count.
    times: u32,
    /// For a response: how often the request had been sent when this was last sent.
    request_times: u32,
}

impl Exchanges {
    pub(crate) fn new() -> Self {
        Self {
            tunnels: Recent::new(MAX_TUNNELS),
            next_tunnel: 1,
            exchanges: Recent::new(MAX_EXCHANGES),
            hasher: Folding::default(),
        }
    }

    /// Finds the place of a message and remembers it.
    pub(crate) fn observe(&mut self, message: &Message<'_>, seen: Seen) -> Place {
        let header = &message.header;
        if header.initiator_spi == IkeSpi::NONE {
            return Place::default();
        }
        let next_tunnel = &mut self.next_tunnel;
        let tunnel = *self.tunnels.entry(header.initiator_spi, || {
            let number = *next_tunnel;
            *next_tunnel = next_tunnel.saturating_add(1);
            number
        });
        let digest = self.hasher.hash_one(message.octets);
        let exchange = self.exchanges.entry(key(header), Exchange::new);
        let place = exchange.place(header, digest, seen);
        Place {
            tunnel: Some(tunnel),
            ..place
        }
    }
}

fn key(header: &Header) -> Key {
    let v2 = header.version.major() >= 2;
    let (initiator, response) = (
        header.flags.contains(Flags::INITIATOR),
        header.flags.contains(Flags::RESPONSE),
    );
    Key {
        initiator_spi: header.initiator_spi,
        message_id: header.message_id,
        exchange: header.exchange,
        by_initiator: v2.then_some(initiator != response),
    }
}

impl Exchange {
    fn new() -> Self {
        // A request and its answer; of main mode there are more.
        Self {
            messages: Vec::with_capacity(2),
        }
    }

    fn place(&mut self, header: &Header, digest: u64, seen: Seen) -> Place {
        let request = self.is_request(header, seen.src);
        let answered = self
            .messages
            .iter()
            .rev()
            .find(|sent| sent.request)
            .copied()
            .filter(|_| !request);
        let answers = answered
            .filter(|sent| sent.from != seen.src)
            .map(|sent| sent.first);
        let request_times = answered.map_or(0, |sent| sent.times);
        let known = self
            .messages
            .iter_mut()
            .find(|sent| sent.digest == digest && sent.from == seen.src);
        let Some(sent) = known else {
            if self.messages.len() == MAX_MESSAGES {
                self.messages.remove(0);
            }
            self.messages.push(Sent {
                digest,
                from: seen.src,
                request,
                first: seen.frame,
                last_time: seen.time,
                times: 1,
                request_times,
            });
            return Place {
                answers,
                ..Place::default()
            };
        };
        // A request that came again is answered again, however soon; another request may get the same answer.
        let answered_again = request_times > sent.request_times
            || answered.is_some_and(|request| {
                request.first > sent.first && request.last_time > sent.last_time
            });
        if !answered_again && captured_twice(sent.last_time, seen.time) {
            return Place {
                answers,
                duplicate_of: Some(sent.first),
                ..Place::default()
            };
        }
        sent.times += 1;
        sent.last_time = seen.time;
        sent.request_times = request_times;
        Place {
            answers,
            retransmission_of: Some(sent.first),
            ..Place::default()
        }
    }

    /// IKEv2 has a flag for it. In IKEv1 who began the exchange asks, and the other side answers.
    fn is_request(&self, header: &Header, src: Endpoint) -> bool {
        if header.version.major() >= 2 {
            return !header.flags.contains(Flags::RESPONSE);
        }
        self.messages
            .first()
            .is_none_or(|first| first.from.address == src.address)
    }
}

fn captured_twice(before: Option<Timestamp>, now: Option<Timestamp>) -> bool {
    match (before, now) {
        (Some(before), Some(now)) => now.nanos_since(before) < CAPTURED_TWICE_NANOS,
        _ => false,
    }
}
