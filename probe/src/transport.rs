//! Exchanges with one peer: pacing, retransmission, and which answer belongs to which request.

use std::time::Duration;

use ikescope_dissectors::{Header, IkeSpi, Octets};

use crate::config::{Config, Depth, Framing};
use crate::dialogue::{Dialogue, Expected, Reply, Request};
use crate::limits::MAX_QUICK;

/// A datagram to be sent to the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// The payload of the datagram.
    pub octets: Vec<u8>,
}

/// What went over the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Datagrams sent.
    pub sent: u64,
    /// Their octets, without headers of IP and UDP.
    pub octets_sent: u64,
    /// Datagrams received, also those that answered nothing.
    pub received: u64,
    /// Their octets.
    pub octets_received: u64,
    /// Datagrams sent again because no answer came.
    pub retransmissions: u64,
}

/// The exchange in flight, and what was learned about the path.
#[derive(Debug)]
pub(crate) struct Transport {
    framing: Framing,
    port: u16,
    transmissions: u32,
    most: f64,
    rate: f64,
    not_before: Duration,
    round_trip: Option<Duration>,
    answered: bool,
    /// Whether a question was answered only when it was repeated.
    lossy: bool,
    /// Datagrams that may be sent in all, if that is limited, and those of them that are for later questions.
    most_sent: Option<u64>,
    reserved: u64,
    flight: Option<Flight>,
    pub(crate) counters: Counters,
}

#[derive(Debug)]
struct Flight {
    request: Request,
    spi: IkeSpi,
    brief: bool,
    sent: u32,
    at: Duration,
    /// When to send again, or to give up.
    due: Duration,
    unreachable: bool,
}

impl Transport {
    pub(crate) fn new(config: &Config, port: u16) -> Self {
        Self {
            framing: config.framing,
            port,
            transmissions: config.transmissions.max(1),
            most: config.target_rate.max(SLOWEST),
            rate: config.target_rate.max(SLOWEST),
            not_before: Duration::ZERO,
            round_trip: None,
            answered: false,
            lossy: false,
            most_sent: (config.depth == Depth::Quick).then_some(MAX_QUICK),
            reserved: 0,
            flight: None,
            counters: Counters::default(),
        }
    }

    /// Whether the peer answered anything yet.
    pub(crate) fn answered(&self) -> bool {
        self.answered
    }

    /// Whether a question was answered only when it was repeated.
    pub(crate) fn is_lossy(&self) -> bool {
        self.lossy
    }

    /// The request in flight.
    pub(crate) fn question(&self) -> Option<&[u8]> {
        self.flight
            .as_ref()
            .map(|flight| flight.request.octets.as_slice())
    }

    /// How often the request in flight was sent.
    pub(crate) fn in_flight(&self) -> Option<u32> {
        self.flight.as_ref().map(|flight| flight.sent)
    }

    /// Datagrams a second go down to half.
    pub(crate) fn slow_down(&mut self) {
        self.rate = f64::max(self.rate / 2.0, SLOWEST);
    }

    /// Of the datagrams that are left, so many are for what is asked later.
    pub(crate) fn reserve(&mut self, datagrams: usize) {
        self.reserved = datagrams as u64;
    }

    /// Takes a request; only one is in flight at a time.
    pub(crate) fn begin(&mut self, request: Request, brief: bool) {
        let header = Header::parse(Octets::new(&request.octets));
        let spi = header.map_or(IkeSpi::NONE, |(_, header)| header.initiator_spi);
        self.flight = Some(Flight {
            request,
            spi,
            brief,
            sent: 0,
            at: Duration::ZERO,
            due: Duration::ZERO,
            unreachable: false,
        });
    }

    pub(crate) fn poll_transmit(&mut self, now: Duration) -> Option<Transmit> {
        let marked = self.marked();
        let wait = self.retransmission_timeout();
        let last = self.last_transmission();
        let flight = self.flight.as_mut()?;
        if flight.sent >= last || now < flight.due.max(self.not_before) {
            return None;
        }
        if flight.sent > 0 {
            self.counters.retransmissions += 1;
            // A path that loses some packets at random must not bring everything to a halt; silence does, above.
            self.rate = f64::max(self.rate / 2.0, (self.most * LOSSY).max(SLOWEST));
        }
        let mut octets = Vec::with_capacity(flight.request.octets.len() + MARKER.len());
        if marked {
            octets.extend_from_slice(&MARKER);
        }
        octets.extend_from_slice(&flight.request.octets);
        let back_off = 1_u32.checked_shl(flight.sent).unwrap_or(u32::MAX);
        flight.sent += 1;
        flight.at = now;
        flight.due = now + wait.saturating_mul(back_off).min(LONGEST);
        self.not_before = now + Duration::from_secs_f64(1.0 / self.rate);
        self.counters.sent += 1;
        self.counters.octets_sent += octets.len() as u64;
        Some(Transmit { octets })
    }

    /// Takes a datagram; gives the end of the exchange if it answers the request in flight.
    pub(crate) fn handle_datagram(
        &mut self,
        now: Duration,
        datagram: &[u8],
        dialogue: &Dialogue,
    ) -> Option<Reply> {
        self.counters.received += 1;
        self.counters.octets_received += datagram.len() as u64;
        let marked = datagram.starts_with(&MARKER);
        let octets = match marked {
            true => datagram.get(MARKER.len()..)?,
            false => datagram,
        };
        let (_, header) = Header::parse(Octets::new(octets)).ok()?;
        dialogue.note_arrival(now, &header);
        let flight = self.flight.as_ref()?;
        if flight.sent == 0
            || header.initiator_spi != flight.spi
            || !flight.request.expected.answers(&header, octets)
        {
            return None;
        }
        self.lossy |= flight.sent > 1;
        // Karn: the time of a repeated request says nothing about the path.
        if flight.sent == 1 {
            let sample = now.saturating_sub(flight.at);
            let smoothed = self.round_trip.map_or(sample, |old| (old * 7 + sample) / 8);
            self.round_trip = Some(smoothed);
            self.rate = f64::min(self.rate + 1.0, self.most);
        }
        if self.framing == Framing::ByPort && !STANDARD_PORTS.contains(&self.port) {
            self.framing = match marked {
                true => Framing::Marker,
                false => Framing::Plain,
            };
        }
        self.answered = true;
        self.flight = None;
        Some(Reply::Answer(octets.to_vec()))
    }

    /// Takes an error of the path. The request is sent once more before it is believed: one error may be of a passing
    /// state.
    pub(crate) fn handle_unreachable(&mut self, now: Duration) -> Option<Reply> {
        let flight = self.flight.as_mut()?;
        if std::mem::replace(&mut flight.unreachable, true) && flight.sent > 1 {
            self.flight = None;
            return Some(Reply::Unreachable);
        }
        flight.due = flight.due.min(now + AFTER_ICMP);
        None
    }

    /// Gives the end of an exchange whose last transmission was not answered in time.
    pub(crate) fn handle_timeout(&mut self, now: Duration) -> Option<Reply> {
        let last = self.last_transmission();
        let flight = self.flight.as_ref()?;
        if flight.sent < last || now < flight.due {
            return None;
        }
        let unreachable = flight.unreachable;
        self.flight = None;
        Some(match unreachable {
            true => Reply::Unreachable,
            false => Reply::Silence,
        })
    }

    /// When something is to be done next.
    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        let flight = self.flight.as_ref()?;
        Some(match flight.sent < self.last_transmission() {
            true => flight.due.max(self.not_before),
            false => flight.due,
        })
    }

    /// Which transmission is the last one of the exchange in flight.
    fn last_transmission(&self) -> u32 {
        let flight = self.flight.as_ref();
        let once = flight.is_some_and(|flight| flight.request.expected == Expected::Nothing);
        let twice = flight.is_some_and(|flight| flight.brief || flight.unreachable);
        let most = match (once, twice, self.answered) {
            (true, _, _) => 1,
            (_, true, _) => 2,
            (_, _, true) => self.transmissions,
            // Nobody may be there; a retransmission less saves the longest wait.
            (_, _, false) => self.transmissions.saturating_sub(1).max(1),
        };
        let Some(most_sent) = self.most_sent else {
            return most;
        };
        let left = most_sent.saturating_sub(self.counters.sent + self.reserved);
        let sent = flight.map_or(0, |flight| flight.sent);
        most.min(sent.saturating_add(u32::try_from(left).unwrap_or(u32::MAX)))
    }

    /// The first wait for an answer; it doubles with every transmission.
    fn retransmission_timeout(&self) -> Duration {
        let flight = self.flight.as_ref();
        if let Some(flight) = flight
            && flight.request.expected == Expected::Nothing
        {
            return Duration::ZERO;
        }
        if flight.is_some_and(|flight| flight.unreachable) {
            return AFTER_ICMP;
        }
        match self.round_trip {
            None if !self.answered => FIRST_WAIT,
            None => SHORTEST,
            Some(round_trip) => (round_trip * 3).clamp(SHORTEST, LONGEST),
        }
    }

    /// Whether the marker stands in front of what is sent next.
    fn marked(&self) -> bool {
        match self.framing {
            Framing::Marker | Framing::Stream => true,
            Framing::Plain => false,
            Framing::ByPort if PLAIN_PORTS.contains(&self.port) => false,
            Framing::ByPort if self.port == NAT_TRAVERSAL => true,
            // Most daemons on another port want the marker (neither port is 500), so it comes first.
            Framing::ByPort => self
                .flight
                .as_ref()
                .is_none_or(|flight| flight.sent % 2 == 0),
        }
    }
}

/// Four zero octets where ESP has its SPI (RFC 3948, section 2.2).
pub(crate) const MARKER: [u8; 4] = [0; 4];

/// IKE (RFC 7296) and GDOI (RFC 6407) without a marker.
const PLAIN_PORTS: [u16; 2] = [500, 848];
const NAT_TRAVERSAL: u16 = 4500;
const STANDARD_PORTS: [u16; 3] = [500, 848, NAT_TRAVERSAL];

/// Wait for the first answer of a peer that may not be there.
const FIRST_WAIT: Duration = Duration::from_millis(700);
/// A peer that computes a large group answers late: a second datagram in that time would be wasted.
const SHORTEST: Duration = Duration::from_millis(1_000);
const LONGEST: Duration = Duration::from_secs(8);
/// Between an ICMP error and the transmission that proves it.
const AFTER_ICMP: Duration = Duration::from_millis(250);
/// What is left of the rate on a path that loses packets.
const LOSSY: f64 = 0.25;
/// Datagrams a second that are left when the peer stops answering.
const SLOWEST: f64 = 1.0;
