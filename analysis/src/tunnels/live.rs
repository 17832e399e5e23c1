//! A tunnel that is under way: from messages to what is known of it.

use ikescope_capture::Timestamp;
use ikescope_dissectors::registries::Registry as _;
use ikescope_dissectors::registries::eap::EapType;
use ikescope_dissectors::registries::ikev1::ExchangeType as ExchangeV1;
use ikescope_dissectors::registries::ikev2::{
    AuthenticationMethod, ExchangeType as ExchangeV2, NotifyType,
};
use ikescope_dissectors::{
    self as dissectors, Body as _, Content, Flags, IkeSpi, Issues, Octets, ikev1, ikev2, vendor_id,
};
use thin_vec::ThinVec;

use super::children;
use super::flow::IcmpError;
use super::message::{Message, Sender, SenderEnds, Step, Transmission};
use super::payloads::Payloads;
use super::sizes::Overhead;
use super::steps;
use super::tunnel::{
    Authentication, Mode, Opening, Peer, PskCheck, PskResult, Rekeys, Stage, State, Tunnel, Vendor,
};
use crate::limits::{
    CAPTURED_TWICE_NANOS, MAX_COPIES, MAX_ICMP, MAX_PSK_CHECKS, MAX_TUNNEL_MESSAGES, MAX_VENDORS,
    MIN_TUNNEL_MESSAGES,
};
use crate::observation::{Endpoint, FrameId, Ike, NatDetection, Observation};
use crate::opened::{Closed, Integrity, Proof, Verdict};

/// A tunnel that is under way.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) tunnel: Box<Tunnel>,
    /// One for each message of the tunnel, in the same order.
    details: Vec<Detail>,
    pub(super) overhead: Option<Overhead>,
    /// Where the initiator and the responder were last.
    ends: [Endpoint; 2],
    /// When a packet of it was seen last.
    pub(super) touched: Option<Timestamp>,
    /// Exchanges that may have made a child, for tunnels whose messages stay closed.
    pub(super) anchors: Vec<Anchor>,
    /// Whether the capture holds both sides of a NAT.
    shown_twice: bool,
}

/// What is needed to find copies of a message and other fragments of it.
#[derive(Debug)]
struct Detail {
    digest: u64,
    /// Number, first frame and transmissions of each fragment.
    parts: ThinVec<(u16, FrameId, u32)>,
    /// Identifies the fragments of an IKEv1 message.
    fragment_id: Option<u16>,
}

/// An exchange that may have made a child.
#[derive(Clone, Copy, Debug)]
pub(super) struct Anchor {
    pub(super) request: FrameId,
    pub(super) response: FrameId,
    pub(super) time: Option<Timestamp>,
    pub(super) requested_by: Sender,
    /// Whether it belongs to IKE_AUTH.
    pub(super) initial: bool,
}

/// What a message means for other tunnels.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// The IKE SA was rekeyed: the new one with its proposal; its initiator asked for it.
    IkeRekeyed {
        initiator_spi: IkeSpi,
        responder_spi: IkeSpi,
        chosen: Box<super::proposal::Proposal>,
        offered: Vec<super::proposal::Proposal>,
        /// Where the initiator and the responder of the new IKE SA are.
        ends: [Endpoint; 2],
        time: Option<Timestamp>,
    },
    /// A child that another IKE SA made was rekeyed or deleted by this one: the SPI, and whether the side that chose
    /// it is at this address.
    ForeignChild {
        spi: dissectors::Spi,
        rekeyed: bool,
        sender: Endpoint,
        frame: FrameId,
        time: Option<Timestamp>,
    },
}

/// Everything about one datagram that a tunnel takes.
pub(super) struct Arrival<'o, 'a> {
    pub(super) observation: &'o Observation<'a>,
    pub(super) ike: &'o Ike<'a>,
    pub(super) message: &'o dissectors::Message<'a>,
    pub(super) src: Endpoint,
    pub(super) dst: Endpoint,
}

impl Live {
    /// A tunnel that begins, for the capture at least, with this message.
    pub(super) fn new(id: u32, arrival: &Arrival<'_, '_>) -> Self {
        let header = &arrival.message.header;
        let version = header.version.major();
        let from_initiator = match version {
            1 => steps::first_sender_is_initiator(arrival.message),
            _ => header.flags.contains(Flags::INITIATOR),
        };
        let ends = if from_initiator {
            [arrival.src, arrival.dst]
        } else {
            [arrival.dst, arrival.src]
        };
        let beginning_seen = header.responder_spi == IkeSpi::NONE;
        Self::with_ends(id, version, header.initiator_spi, ends, beginning_seen)
    }

    /// A tunnel of which only the SPI and the ends are known.
    pub(super) fn with_ends(
        id: u32,
        version: u8,
        initiator_spi: IkeSpi,
        ends: [Endpoint; 2],
        beginning_seen: bool,
    ) -> Self {
        let [initiator, responder] = ends;
        Self {
            tunnel: Box::new(Tunnel {
                id,
                version,
                mode: None,
                initiator: Peer::new(initiator),
                responder: Peer::new(responder),
                initiator_spi,
                responder_spi: None,
                state: State::Incomplete,
                stage: Stage::Unknown,
                last_step: None,
                beginning_seen,
                offered: Vec::new(),
                chosen: None,
                authentication: None,
                children: Vec::new(),
                rekeys: Rekeys::default(),
                replaces: None,
                replaced_by: None,
                psk: Vec::new(),
                messages: Vec::new(),
                forgotten_messages: 0,
                deleted: None,
                floated: None,
                keepalives: None,
                icmp: Vec::new(),
                first: None,
                last: None,
            }),
            details: Vec::new(),
            overhead: None,
            ends,
            touched: None,
            anchors: Vec::new(),
            shown_twice: false,
        }
    }

    /// Takes one message and gives what it means for other tunnels.
    pub(super) fn observe(&mut self, arrival: &Arrival<'_, '_>, most: usize) -> Vec<Event> {
        let observation = arrival.observation;
        self.touched = observation.time.or(self.touched);
        if let Some(first) = observation.duplicate_of {
            if let Some(message) = self.at(first) {
                message.duplicates += 1;
            }
            return Vec::new();
        }
        self.tunnel.first = self.tunnel.first.or(observation.time);
        self.tunnel.last = observation.time.or(self.tunnel.last);
        let from = self.sender(arrival);
        let digest = digest(arrival.message.octets);
        let part = part(arrival.message);
        if let Some(index) = self.repeats(arrival, from, digest) {
            return self.sent_again(index, arrival, part);
        }
        if let Some(index) = part.and_then(|part| self.belongs(arrival, from, part)) {
            return self.add_part(index, arrival, part);
        }
        self.forget(most);
        let mut message = self.message(arrival, from);
        let mut detail = Detail {
            digest,
            parts: ThinVec::new(),
            fragment_id: part.and_then(|part| part.id),
        };
        if let Some(part) = part {
            detail.parts.push((part.number, observation.frame, 1));
            message.fragments.push(part.number);
            message.fragments_total = part.total;
        }
        self.remember_ends(from, arrival);
        self.tunnel.messages.push(message);
        self.details.push(detail);
        let index = self.tunnel.messages.len() - 1;
        self.fill(index, arrival);
        self.absorb(index)
    }

    /// An ICMP error about a message of this tunnel, or about its peers.
    pub(super) fn icmp(&mut self, message_id: Option<u32>, error: IcmpError) {
        if self.tunnel.icmp.len() < 2 * MAX_ICMP {
            self.tunnel.icmp.push(error);
        }
        let quoted = self.tunnel.messages.iter_mut().rev().find(|message| {
            message.ends.src.address == error.quoted_src.address
                && message_id.is_none_or(|id| id == message.message_id)
        });
        if let Some(message) = quoted
            && message.icmp.len() < MAX_ICMP
        {
            message.icmp.push(error);
        }
    }

    fn at(&mut self, frame: FrameId) -> Option<&mut Message> {
        let index = self.index_of(frame)?;
        self.tunnel.messages.get_mut(index)
    }

    /// The message that this frame carried first, or a fragment of it.
    fn index_of(&self, frame: FrameId) -> Option<usize> {
        let messages = self.tunnel.messages.iter().zip(&self.details);
        messages
            .enumerate()
            .rev()
            .find_map(|(index, (message, detail))| {
                let is = message.frame == frame || detail.parts.iter().any(|part| part.1 == frame);
                is.then_some(index)
            })
    }

    fn sender(&self, arrival: &Arrival<'_, '_>) -> Sender {
        let header = &arrival.message.header;
        if header.version.major() >= 2 {
            return if header.flags.contains(Flags::INITIATOR) {
                Sender::Initiator
            } else {
                Sender::Responder
            };
        }
        let [initiator, responder] = self.ends;
        let (src, dst) = (arrival.src, arrival.dst);
        if src == initiator {
            Sender::Initiator
        } else if src == responder {
            Sender::Responder
        } else if src.address == initiator.address && dst.address != initiator.address {
            Sender::Initiator
        } else if src.address == responder.address || dst.address == initiator.address {
            Sender::Responder
        } else if dst.address == responder.address {
            Sender::Initiator
        } else {
            Sender::Other
        }
    }

    fn remember_ends(&mut self, from: Sender, arrival: &Arrival<'_, '_>) {
        match from {
            Sender::Initiator => self.ends = [arrival.src, arrival.dst],
            Sender::Responder => self.ends = [arrival.dst, arrival.src],
            Sender::Other => {}
        }
    }

    /// The message that this one repeats: as the observation says, or octet for octet from elsewhere.
    fn repeats(&self, arrival: &Arrival<'_, '_>, from: Sender, digest: u64) -> Option<usize> {
        let known = arrival.observation.retransmission_of;
        if let Some(index) = known.and_then(|first| self.index_of(first)) {
            return Some(index);
        }
        // The first copy of these ends was itself one from elsewhere, as a capture on both sides of a NAT holds them.
        let messages = self.tunnel.messages.iter().zip(&self.details);
        messages
            .enumerate()
            .rev()
            .find(|(_, (message, detail))| {
                message.from == from
                    && message.message_id == arrival.message.header.message_id
                    && detail.digest == digest
            })
            .map(|(index, _)| index)
    }

    fn sent_again(
        &mut self,
        index: usize,
        arrival: &Arrival<'_, '_>,
        part: Option<Part>,
    ) -> Vec<Event> {
        let (Some(message), Some(detail)) = (
            self.tunnel.messages.get_mut(index),
            self.details.get_mut(index),
        ) else {
            return Vec::new();
        };
        let translated = translated(message, arrival);
        // Later requests of IKEv2 may come from two addresses for MOBIKE (RFC 4555, section 3.10).
        let first =
            message.version == 1 || message.step == Step::V2(ExchangeV2::IKE_SA_INIT, false);
        self.shown_twice |= translated && first;
        let times = match part {
            // A NAT shows what is sent once on both of its sides.
            _ if translated && self.shown_twice => message.transmissions,
            None => message.transmissions + 1,
            Some(part) => {
                let known = detail.parts.iter_mut().find(|known| known.0 == part.number);
                known.map_or(message.transmissions, |known| {
                    known.2 += 1;
                    known.2
                })
            }
        };
        let copy = part.is_none() && translated;
        if (times > message.transmissions || copy) && message.retransmissions.len() < MAX_COPIES {
            let ends = SenderEnds {
                src: arrival.src,
                dst: arrival.dst,
            };
            message.retransmissions.push(Transmission {
                frame: arrival.observation.frame,
                time: arrival.observation.time,
                elsewhere: ends != message.ends,
            });
        }
        message.transmissions = message.transmissions.max(times);
        let unopened = message.opened.is_none();
        if translated && first {
            let same_dst = message.ends.dst.address == arrival.dst.address;
            let inside = match (message.from == Sender::Initiator) == same_dst {
                true => &mut self.tunnel.initiator,
                false => &mut self.tunnel.responder,
            };
            inside.behind_nat = Some(true);
        }
        if unopened && arrival.ike.opened.is_some() {
            self.fill(index, arrival);
            return self.absorb(index);
        }
        Vec::new()
    }

    /// The message of which this is another fragment.
    fn belongs(&self, arrival: &Arrival<'_, '_>, from: Sender, part: Part) -> Option<usize> {
        let header = &arrival.message.header;
        let messages = self.tunnel.messages.iter().zip(&self.details);
        messages
            .enumerate()
            .rev()
            .find(|(_, (message, detail))| {
                !detail.parts.is_empty()
                    && message.from == from
                    && (message.exchange, message.message_id)
                        == (header.exchange, header.message_id)
                    && message.flags & Flags::RESPONSE.0 == header.flags.0 & Flags::RESPONSE.0
                    && detail.fragment_id == part.id
                    && message.fragments_total.or(part.total)
                        == part.total.or(message.fragments_total)
            })
            .map(|(index, _)| index)
    }

    fn add_part(
        &mut self,
        index: usize,
        arrival: &Arrival<'_, '_>,
        part: Option<Part>,
    ) -> Vec<Event> {
        if let (Some(message), Some(detail), Some(part)) = (
            self.tunnel.messages.get_mut(index),
            self.details.get_mut(index),
            part,
        ) {
            if let Err(at) = message.fragments.binary_search(&part.number) {
                message.fragments.insert(at, part.number);
                message.length = message.length.saturating_add(arrival.message.header.length);
            }
            detail
                .parts
                .push((part.number, arrival.observation.frame, 1));
            message.fragments_total = part.total.or(message.fragments_total);
            message.truncated |= arrival.observation.truncated;
        }
        self.fill(index, arrival);
        self.absorb(index)
    }

    /// Makes room for one more message. The first ones, and those without answer, are kept longest.
    fn forget(&mut self, most: usize) {
        let kept = MIN_TUNNEL_MESSAGES / 2;
        while self.tunnel.messages.len() >= most.max(MIN_TUNNEL_MESSAGES) {
            let last = self.tunnel.messages.len() - kept / 2;
            let routine = (kept..last).find(|index| {
                self.tunnel.messages.get(*index).is_some_and(|message| {
                    let informational = matches!(
                        message.step,
                        Step::Informational | Step::V2(ExchangeV2::INFORMATIONAL, _)
                    );
                    informational && (message.answered_by.is_some() || !message.request)
                })
            });
            let index = routine.unwrap_or(kept);
            self.tunnel.messages.remove(index);
            self.details.remove(index);
            self.tunnel.forgotten_messages += 1;
        }
    }

    fn message(&self, arrival: &Arrival<'_, '_>, from: Sender) -> Message {
        let Arrival {
            observation,
            message,
            ..
        } = arrival;
        let header = &message.header;
        let first_payload = match &message.content {
            Content::V2(payloads) => payloads
                .iter()
                .find(|payload| payload.body.ends_chain())
                .map_or(header.next_payload, |sealed| sealed.next_payload),
            _ => header.next_payload,
        };
        let fragments = observation.reassembled_from.len();
        Message {
            frame: observation.frame,
            time: observation.time,
            from,
            ends: SenderEnds {
                src: arrival.src,
                dst: arrival.dst,
            },
            encapsulation: observation.encapsulation,
            version: header.version.major(),
            responder_spi: header.responder_spi,
            exchange: header.exchange,
            message_id: header.message_id,
            flags: header.flags.0,
            step: steps::unknown(header),
            request: true,
            length: header.length,
            encrypted: is_encrypted(message),
            first_payload,
            retransmissions: ThinVec::new(),
            transmissions: 1,
            duplicates: 0,
            answers: None,
            answered_by: None,
            clear: Payloads::default(),
            opened: None,
            opening: Opening::Clear,
            verifications: ThinVec::new(),
            inner_octets: None,
            fragments: ThinVec::new(),
            fragments_total: None,
            ip_fragments: u16::try_from(fragments).unwrap_or(u16::MAX),
            nat: None,
            icmp: ThinVec::new(),
            truncated: observation.truncated,
            malformed: !observation.issues.is_empty(),
        }
    }

    /// What this datagram says of the content of a message.
    fn fill(&mut self, index: usize, arrival: &Arrival<'_, '_>) {
        let Some(message) = self.tunnel.messages.get_mut(index) else {
            return;
        };
        let (ike, header) = (arrival.ike, &arrival.message.header);
        let mut issues = Issues::default();
        let whole = ike.reassembled.as_ref().and_then(|reassembled| {
            dissectors::Message::parse(Octets::new(&reassembled.octets), &mut issues)
        });
        if let Some(whole) = &whole {
            message.clear = Payloads::read(&whole.content);
            message.encrypted = is_encrypted(whole);
            message.length = whole.header.length;
            message.first_payload = whole.header.next_payload;
        } else if message.clear.types.is_empty() {
            message.clear = Payloads::read(&arrival.message.content);
        }
        message.nat = message.nat.or(ike.nat);
        if message.encrypted {
            message.opening = match (&ike.opened, &ike.closed) {
                (Some(opened), _) => match opened.integrity {
                    Integrity::Verified => Opening::Verified,
                    Integrity::Failed => Opening::Failed,
                    Integrity::Unchecked => Opening::Unchecked,
                },
                (None, Some(Closed::Integrity)) => Opening::Failed,
                _ if message.opening != Opening::Clear => message.opening,
                _ => Opening::NoKey,
            };
        }
        if let Some(opened) = &ike.opened {
            let header = whole.as_ref().map_or(header, |whole| &whole.header);
            let (content, _) = opened.payloads(header);
            message.opened = Some(Box::new(Payloads::read(&content)));
        }
        if message.verifications.is_empty() {
            message.verifications = ike.verifications.iter().cloned().collect();
        }
        let outside = outside(&arrival.message.content);
        let fragmented = !message.fragments.is_empty() && whole.is_none();
        let hashed = message.version == 1
            && !matches!(
                ExchangeV1(message.exchange),
                ExchangeV1::BASE | ExchangeV1::IDENTITY_PROTECTION | ExchangeV1::AGGRESSIVE
            );
        if message.encrypted && !fragmented {
            message.inner_octets = self
                .overhead
                .and_then(|overhead| overhead.inner(message.length, outside, hashed));
        }
    }

    /// What is inside the messages where the suite was not seen, by their lengths.
    pub(super) fn estimate_sizes(&mut self) {
        if self.overhead.is_some() || self.tunnel.version != 2 {
            return;
        }
        let whole = |message: &&Message| message.encrypted && message.fragments.is_empty();
        let lengths = self.tunnel.messages.iter().filter(whole);
        self.overhead = Overhead::estimated(lengths.map(|message| message.length));
        let Some(overhead) = self.overhead else {
            return;
        };
        for message in &mut self.tunnel.messages {
            if whole(&&*message) {
                message.inner_octets = overhead.inner(message.length, 0, false);
            }
        }
    }

    /// What a message says about its tunnel.
    fn absorb(&mut self, index: usize) -> Vec<Event> {
        steps::place(&mut self.tunnel, index);
        if index >= self.tunnel.messages.len() {
            return Vec::new();
        }
        // It stands aside while it is read, so that nothing of it must be copied.
        let message = self.tunnel.messages.remove(index);
        let tunnel = &mut self.tunnel;
        if message.responder_spi != IkeSpi::NONE {
            tunnel.responder_spi = tunnel.responder_spi.or(Some(message.responder_spi));
        }
        if let Some(mode) = match message.step {
            Step::Main(_) => Some(Mode::Main),
            Step::Aggressive(_) => Some(Mode::Aggressive),
            Step::Base(_) => Some(Mode::Base),
            _ => None,
        } {
            tunnel.mode = tunnel.mode.or(Some(mode));
        }
        if !matches!(
            message.step,
            Step::Informational | Step::V2(ExchangeV2::INFORMATIONAL, _)
        ) || tunnel.last_step.is_none()
        {
            tunnel.last_step = Some(message.step);
        }
        vendors(tunnel, &message);
        nat(tunnel, &message);
        floated(tunnel, &message);
        self.proposals(&message);
        identities(&mut self.tunnel, &message);
        authentication(&mut self.tunnel, &message);
        psk_checks(&mut self.tunnel, &message);
        self.anchor(&message);
        let events = children::absorb(&mut self.tunnel, &message, self.ends);
        self.tunnel.messages.insert(index, message);
        events
    }

    /// Offer and choice of the IKE SA.
    fn proposals(&mut self, message: &Message) {
        let tunnel = &mut self.tunnel;
        let negotiates = matches!(
            message.step,
            Step::Main(1 | 2)
                | Step::Aggressive(1 | 2)
                | Step::Base(1 | 2)
                | Step::V2(ExchangeV2::IKE_SA_INIT, _)
        );
        if !negotiates || message.clear.proposals.is_empty() {
            return;
        }
        match message.from {
            Sender::Initiator => {
                if tunnel.offered.is_empty() {
                    tunnel.offered = message.clear.proposals.to_vec();
                }
            }
            Sender::Responder if message.clear.error().is_none() => {
                tunnel.chosen = message.clear.proposals.first().cloned();
                self.overhead = tunnel.chosen.as_ref().and_then(Overhead::of);
            }
            Sender::Responder | Sender::Other => {}
        }
    }

    fn anchor(&mut self, message: &Message) {
        let completes = match message.step {
            Step::V2(ExchangeV2::IKE_AUTH | ExchangeV2::CREATE_CHILD_SA, true) => true,
            Step::Quick(number) => number >= 2,
            _ => false,
        };
        let Some(request) = message.answers.filter(|_| completes) else {
            return;
        };
        let anchor = Anchor {
            request,
            response: message.frame,
            time: message.time,
            requested_by: match message.step {
                Step::Quick(3) => message.from,
                _ => message.from.opposite(),
            },
            initial: matches!(message.step, Step::V2(ExchangeV2::IKE_AUTH, _)),
        };
        // Quick mode is one exchange of three messages; IKE_AUTH with EAP has several.
        let room = self.anchors.len() < MAX_TUNNEL_MESSAGES;
        let same = self.anchors.iter_mut().rev().find(|known| {
            (anchor.initial && known.initial) || (message.version == 1 && known.response == request)
        });
        match same {
            Some(known) => {
                known.response = anchor.response;
                known.time = anchor.time;
            }
            None if room => {
                if self.anchors.is_empty() {
                    // Most tunnels have one.
                    self.anchors.reserve_exact(1);
                }
                self.anchors.push(anchor);
            }
            None => {}
        }
    }
}

/// Length and end of a message: two different ones of the same exchange from the same side hardly share both, because
/// encrypted ones end with an integrity check value or a block of a chain.
fn digest(octets: &[u8]) -> u64 {
    let end = |at: usize| {
        octets
            .get(octets.len().saturating_sub(at)..)
            .and_then(|end| end.first_chunk::<8>())
            .map_or(0, |end| u64::from_be_bytes(*end))
    };
    end(8) ^ end(16).rotate_left(17) ^ (octets.len() as u64).rotate_left(40)
}

/// A fragment of a message.
#[derive(Clone, Copy, Debug)]
struct Part {
    number: u16,
    total: Option<u16>,
    id: Option<u16>,
}

fn part(message: &dissectors::Message<'_>) -> Option<Part> {
    match &message.content {
        Content::V2(payloads) => payloads.iter().find_map(|payload| match &payload.body {
            ikev2::Body::EncryptedFragment(fragment) => Some(Part {
                number: fragment.fragment,
                total: Some(fragment.total),
                id: None,
            }),
            _ => None,
        }),
        Content::V1(payloads) => payloads.iter().find_map(|payload| match &payload.body {
            ikev1::Body::Fragment(fragment) => Some(Part {
                number: u16::from(fragment.number),
                total: fragment.last().then_some(u16::from(fragment.number)),
                id: Some(fragment.id),
            }),
            _ => None,
        }),
        _ => None,
    }
}

fn is_encrypted(message: &dissectors::Message<'_>) -> bool {
    match &message.content {
        Content::V1Encrypted(_) => true,
        // Where the capture was cut behind the header, that tells.
        Content::V2(payloads) => {
            message.header.next_payload == ikev2::PayloadType::SK.0
                || payloads.iter().any(|payload| payload.body.ends_chain())
        }
        Content::V1(_) | Content::Unknown(_) => false,
    }
}

/// Octets of payloads in front of the encrypted one.
fn outside(content: &Content<'_>) -> u32 {
    match content {
        Content::V2(payloads) => payloads
            .iter()
            .filter(|payload| !payload.body.ends_chain())
            .map(|payload| u32::from(payload.declared_len))
            .sum(),
        _ => 0,
    }
}

fn vendors(tunnel: &mut Tunnel, message: &Message) {
    let peer = match message.from {
        Sender::Initiator => &mut tunnel.initiator,
        Sender::Responder => &mut tunnel.responder,
        Sender::Other => return,
    };
    let opened = message.opened.iter().flat_map(|opened| &opened.vendor_ids);
    for octets in message.clear.vendor_ids.iter().chain(opened) {
        let known = peer.vendors.iter().any(|vendor| vendor.octets == *octets);
        if !known && peer.vendors.len() < MAX_VENDORS {
            // There may be very many tunnels, and most have one of each side.
            peer.vendors.reserve_exact(1);
            peer.vendors.push(Vendor {
                octets: octets.clone(),
                name: vendor_id::name(octets),
            });
        }
    }
}

/// Whether a message has another address of one peer than its copy just before, as on both sides of a NAT.
fn translated(message: &Message, arrival: &Arrival<'_, '_>) -> bool {
    let soon = match (message.last_copy().time, arrival.observation.time) {
        (Some(before), Some(now)) => now.nanos_since(before).abs() < CAPTURED_TWICE_NANOS,
        _ => false,
    };
    let same_src = message.ends.src.address == arrival.src.address;
    let same_dst = message.ends.dst.address == arrival.dst.address;
    soon && same_src != same_dst
}

/// A hash that does not match proves a translation; one that matches only speaks for the way to the capture point.
fn nat(tunnel: &mut Tunnel, message: &Message) {
    let Some(NatDetection {
        source_matches,
        destination_matches,
    }) = message.nat
    else {
        return;
    };
    let (sender, receiver) = match message.from {
        Sender::Initiator => (&mut tunnel.initiator, &mut tunnel.responder),
        Sender::Responder => (&mut tunnel.responder, &mut tunnel.initiator),
        Sender::Other => return,
    };
    for (peer, matches) in [(sender, source_matches), (receiver, destination_matches)] {
        if let Some(matches) = matches {
            peer.behind_nat = Some(peer.behind_nat.unwrap_or(false) || !matches);
        }
    }
}

fn floated(tunnel: &mut Tunnel, message: &Message) {
    let encapsulated = message.encapsulation.is_some();
    let before = tunnel
        .messages
        .iter()
        .any(|earlier| earlier.encapsulation.is_none());
    if encapsulated && before {
        tunnel.floated.get_or_insert(message.frame);
    }
}

fn identities(tunnel: &mut Tunnel, message: &Message) {
    let phase_one = match message.step {
        Step::Main(_) | Step::Aggressive(_) | Step::Base(_) => true,
        Step::V2(exchange, _) => exchange == ExchangeV2::IKE_AUTH,
        _ => false,
    };
    if !phase_one {
        return;
    }
    let opened = message.opened.iter().flat_map(|opened| &opened.identities);
    for identity in message.clear.identities.iter().chain(opened) {
        let own = message.version == 1
            || (identity.payload_type == ikev2::PayloadType::ID_INITIATOR.0)
                == (message.from == Sender::Initiator);
        let peer = match message.from {
            Sender::Initiator => &mut tunnel.initiator,
            Sender::Responder => &mut tunnel.responder,
            Sender::Other => return,
        };
        if own && peer.identity.is_none() {
            peer.identity = Some(identity.clone());
        }
    }
}

/// IKEv1 negotiates the method; in IKEv2 each side says its own in AUTH, or has none and uses EAP.
fn authentication(tunnel: &mut Tunnel, message: &Message) {
    if tunnel.version == 1 {
        let method = tunnel
            .chosen
            .as_ref()
            .and_then(|chosen| chosen.suites().first())
            .and_then(|suite| suite.auth.clone());
        if let (None, Some(method)) = (&tunnel.authentication, method) {
            tunnel.authentication = Some(methods_of_version_1(&method));
        }
        return;
    }
    let Some(opened) = message
        .opened
        .as_ref()
        .filter(|_| matches!(message.step, Step::V2(ExchangeV2::IKE_AUTH, _)))
    else {
        return;
    };
    let null = opened.notify(NotifyType::NULL_AUTH.0).is_some();
    let method = opened
        .auth_method()
        .map(|method| AuthenticationMethod(method).short_name().to_string());
    let method = method.or_else(|| null.then(|| "NULL".to_owned()));
    let eap = opened
        .eap
        .as_ref()
        .and_then(|eap| eap.eap_type)
        .filter(|kind| *kind > LAST_EAP_CONTROL)
        .map(eap_method);
    if method.is_none() && eap.is_none() {
        return;
    }
    let known = tunnel.authentication.get_or_insert_default();
    if let Some(eap) = eap {
        known.initiator = Some(eap);
    }
    let place = match message.from {
        Sender::Initiator => &mut known.initiator,
        _ => &mut known.responder,
    };
    // AUTH behind EAP proves the key that EAP gave, not another method.
    if place.is_none() {
        *place = method;
    }
}

/// What the proofs of a message say about pre-shared keys that the user gave.
fn psk_checks(tunnel: &mut Tunnel, message: &Message) {
    let with_psk = match message.version {
        1 => tunnel
            .authentication
            .as_ref()
            .and_then(|methods| methods.responder.as_deref())
            .is_some_and(|method| method == "PSK"),
        _ => message.payloads().auth_method() == Some(AuthenticationMethod::PSK.0),
    };
    if !with_psk {
        return;
    }
    for verification in &message.verifications {
        let proof = matches!(
            verification.proof,
            Proof::Auth | Proof::NoPpkAuth | Proof::HashI | Proof::HashR
        );
        let Some(source) = verification.against.as_ref().filter(|_| proof) else {
            continue;
        };
        let side = message.from.name();
        let (result, why) = match &verification.verdict {
            Verdict::Verified => (
                PskResult::Verified,
                format!("{} of the {side} was made with it", verification.proof),
            ),
            Verdict::Refuted => (
                PskResult::Refuted,
                format!("{} of the {side} was made with another", verification.proof),
            ),
            Verdict::CannotBeChecked(why) => (PskResult::CannotBeChecked, why.clone()),
        };
        let check = PskCheck {
            source: source.to_string(),
            result,
            why,
        };
        if tunnel.psk.len() < MAX_PSK_CHECKS && !tunnel.psk.contains(&check) {
            tunnel.psk.push(check);
        }
    }
}

fn eap_method(kind: u8) -> String {
    match EapType(kind) {
        // Named after its vendor, it is MSCHAPv2 wherever it is used.
        EapType::MS_EAP => EapType::MSCHAP_V2.short_name().to_string(),
        other => other.short_name().to_string(),
    }
}

/// With XAUTH the user is asked beside the method of phase 1; in hybrid mode the user alone is.
fn methods_of_version_1(method: &str) -> Authentication {
    let (initiator, responder) = match method.split_once('-') {
        Some(("XAUTH", phase_one)) => (
            method.to_owned(),
            match phase_one {
                "RSA" => "RSA-SIG".to_owned(),
                "DSS" => "DSS-SIG".to_owned(),
                other => other.to_owned(),
            },
        ),
        Some(("HYBRID", phase_one)) => ("XAUTH".to_owned(), format!("{phase_one}-SIG")),
        _ => (method.to_owned(), method.to_owned()),
    };
    Authentication {
        initiator: Some(initiator),
        responder: Some(responder),
    }
}

/// EAP types 1 to 3, Identity, Notification and Nak, are no methods (RFC 3748, section 5).
const LAST_EAP_CONTROL: u8 = 3;
