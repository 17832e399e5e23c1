//! From observations to tunnels.

use std::cell::{LazyCell, OnceCell};
use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use ikescope_capture::Timestamp;
use ikescope_dissectors::registries::ikev2::ExchangeType as ExchangeV2;
use ikescope_dissectors::{Esp, IkeSpi, Issues, Message as Dissected, Octets, Spi};

use super::capture_facts::{CaptureFacts, Traffic};
use super::children;
use super::finished::{Finished, NEAR_TUNNELS, ordered};
use super::flow::{Flow, IcmpError};
use super::flow_table::{FlowTable, Packet};
use super::fragmented::Fragmented;
use super::inference::{self, Candidate};
use super::live::{Arrival, Event, Live};
use super::message::{Sender, Step};
use super::outcome;
use super::proposal::Protocol;
use super::sizes::Overhead;
use super::tcp::TcpConnections;
use super::threads;
use super::tunnel::{Keepalives, State, Tunnel};
use crate::folding::Folding;
use crate::limits::{
    LINGER_NANOS, MAX_ICMP, MAX_INCOMPLETE, MAX_KEPT_MESSAGES, MAX_LIVE_TUNNELS, MAX_PAST_TUNNELS,
    MAX_TRAFFIC, MAX_TUNNEL_MESSAGES, MIN_TUNNEL_MESSAGES,
};
use crate::observation::{
    Content, Encapsulation, Endpoint, EspPacket, FrameId, Observation, Quoted, Unrelated,
};
use crate::opened::Integrity;

/// Follows every tunnel and every flow of a capture.
#[derive(Debug)]
pub struct Tracker {
    capture: CaptureFacts,
    live: HashMap<IkeSpi, Live, Folding>,
    next_id: u32,
    flows: FlowTable,
    /// Flows that a tunnel which was handed out has taken.
    claimed: Vec<bool>,
    traffic: HashMap<(IpAddr, IpAddr), usize, Folding>,
    fragmented: Fragmented,
    connections: TcpConnections,
    ended: VecDeque<Box<Tunnel>>,
    past: VecDeque<Arc<Tunnel>>,
    /// When tunnels that have ended were looked for last.
    swept: Option<Timestamp>,
    eager: bool,
}

impl Default for Tracker {
    fn default() -> Self {
        Self::new(false)
    }
}

impl Tracker {
    /// Nothing seen yet. An `eager` tracker hands out tunnels some minutes after they have ended; another keeps them as
    /// long as there is room, so that rules see more of their surroundings.
    #[must_use]
    pub fn new(eager: bool) -> Self {
        Self {
            capture: CaptureFacts::default(),
            live: HashMap::default(),
            next_id: 1,
            flows: FlowTable::default(),
            claimed: Vec::new(),
            traffic: HashMap::default(),
            fragmented: Fragmented::default(),
            connections: TcpConnections::default(),
            ended: VecDeque::new(),
            past: VecDeque::new(),
            swept: None,
            eager,
        }
    }

    /// Takes the next observation.
    pub fn observe(&mut self, observation: &Observation<'_>) {
        let duplicate = observation.duplicate_of.is_some();
        self.come(observation.frame, observation.time, duplicate);
        self.count(observation);
        if !observation.reassembled_from.is_empty()
            || matches!(observation.content, Content::Fragment { .. })
        {
            self.fragmented.observe(observation, &mut self.capture);
        }
        let (Some(src), Some(dst)) = (observation.src, observation.dst) else {
            return;
        };
        if let Content::Other(Unrelated::Tcp(Some(segment))) = &observation.content {
            self.connections.segment(segment, observation, src, dst);
        } else if !self.connections.0.is_empty() {
            self.connections.record(observation, src, dst);
        }
        self.content(&observation.content, observation, src, dst);
    }

    /// Takes the next packet, in place of an observation of it; `duplicate` if it was captured before.
    #[inline]
    pub fn esp(&mut self, packet: &EspPacket, duplicate: bool) {
        let EspPacket { frame, time, .. } = *packet;
        let end = |address: Ipv4Addr, port| Endpoint {
            address: address.into(),
            port,
        };
        self.come(frame, time, duplicate);
        self.capture.esp_packets += 1;
        self.flows.observe(&Packet {
            protocol: Protocol::Esp,
            spi: packet.spi,
            sequence: packet.sequence,
            body: packet.body,
            src: end(packet.src, packet.ports.map(|ports| ports.0)),
            dst: end(packet.dst, packet.ports.map(|ports| ports.1)),
            encapsulation: packet.ports.map(|_| Encapsulation::Udp),
            frame,
            time,
            duplicate,
            fragmented: false,
            opened: None,
            inside: None,
        });
    }

    /// Nothing came until this time, by the clock of the capture: tunnels may have ended.
    pub fn quiet(&mut self, now: Timestamp) {
        if self.eager {
            self.sweep(now);
        }
    }

    fn content(
        &mut self,
        content: &Content<'_>,
        observation: &Observation<'_>,
        src: Endpoint,
        dst: Endpoint,
    ) {
        match content {
            Content::Esp(Some(esp)) | Content::Wesp(Some((_, Some(esp)))) => {
                self.capture.esp_packets += 1;
                let opened = match (&observation.esp_opened, &observation.esp_closed) {
                    // No key opens a packet that the capture cut.
                    _ if observation.truncated => None,
                    (Some(opened), _) => Some(opened.integrity != Integrity::Failed),
                    (None, Some(_)) => Some(false),
                    (None, None) => None,
                };
                let packet = (Protocol::Esp, esp.spi, esp.sequence, esp.octets, opened);
                self.packet(observation, src, dst, packet);
            }
            Content::Esp(None) | Content::Wesp(_) => {
                self.capture.esp_packets += u64::from(matches!(content, Content::Esp(None)));
            }
            Content::Ah(ah, inner) => {
                self.capture.ah_packets += 1;
                if let Some(ah) = ah {
                    let verified = observation
                        .ah_integrity
                        .map(|integrity| integrity == Integrity::Verified);
                    let octets = ah.payload.as_slice();
                    let packet = (Protocol::Ah, ah.spi, ah.sequence, octets, verified);
                    self.packet(observation, src, dst, packet);
                }
                if let Some(inner) = inner {
                    self.content(inner, observation, src, dst);
                }
            }
            Content::Ike(_) if observation.is_no_ike() => {
                let mut issues = Issues::default();
                if let Some(esp) = Esp::parse(Octets::new(observation.octets), &mut issues) {
                    self.capture.esp_packets += 1;
                    let packet = (Protocol::Esp, esp.spi, esp.sequence, esp.octets, None);
                    self.packet(observation, src, dst, packet);
                }
            }
            Content::Ike(ike) => {
                self.capture.ike_messages += 1;
                if let Some(traffic) = self.traffic(src, dst, observation) {
                    traffic.ike += 1;
                }
                if let Some(message) = &ike.message {
                    let arrival = Arrival {
                        observation,
                        ike,
                        message,
                        src,
                        dst,
                    };
                    self.ike(&arrival);
                }
            }
            Content::NatKeepalive => {
                if let Some(traffic) = self.traffic(src, dst, observation) {
                    traffic.keepalives += 1;
                }
            }
            Content::Fragment { .. } => {
                if let Some(traffic) = self.traffic(src, dst, observation) {
                    traffic.fragments += 1;
                }
            }
            Content::Icmp {
                quoted,
                version6,
                icmp_type,
                ..
            } => {
                self.capture.icmp_packets += 1;
                if let Some(quoted) = quoted {
                    self.icmp(content, quoted, observation, src);
                } else if !(*version6 && OF_THE_LINK.contains(icmp_type)) {
                    self.other(src, dst, observation);
                }
            }
            Content::Other(_) => self.other(src, dst, observation),
            Content::IpComp(_) => {}
        }
    }

    /// Tunnels that ended, with what rules may look at; each is handed out once.
    pub fn ended(&mut self) -> Option<Finished> {
        if self.ended.is_empty() {
            return None;
        }
        let mut capture = self.capture.clone();
        capture.tcp.clone_from(&self.connections.0);
        capture
            .traffic
            .sort_by_key(|traffic| (traffic.src, traffic.dst));
        let finished = Finished {
            capture,
            tunnels: self.ended.drain(..).collect(),
            past: self.past.iter().cloned().collect(),
            flows: Vec::new(),
        };
        for tunnel in &finished.tunnels {
            self.past.push_back(Arc::new(Tunnel::clone(tunnel)));
        }
        while self.past.len() > MAX_PAST_TUNNELS {
            self.past.pop_front();
        }
        Some(finished)
    }

    /// The end of the capture: everything that was not handed out.
    #[must_use]
    pub fn finish(mut self) -> Finished {
        self.fragmented.finish(&mut self.capture);
        self.capture.tcp = std::mem::take(&mut self.connections.0);
        let live = self.live.drain().map(|(_, live)| live).collect();
        let mut tunnels = self.conclude(live);
        tunnels.extend(self.ended.drain(..));
        tunnels.sort_by_key(|tunnel| tunnel.id);
        self.capture.forgotten_flows = self.flows.forgotten;
        self.claimed.resize(self.flows.len(), false);
        let mut flows: Vec<Flow> = (0..self.flows.len())
            .zip(&self.claimed)
            .filter(|(_, claimed)| !**claimed)
            .filter_map(|(index, _)| self.flows.get(index))
            .collect();
        flows.sort_by_key(|flow| {
            let peers = ordered(flow.src.address, flow.dst.address);
            (peers, flow.frame_first)
        });
        self.capture
            .traffic
            .sort_by_key(|traffic| (traffic.src, traffic.dst));
        Finished {
            capture: self.capture,
            tunnels,
            past: self.past.into_iter().collect(),
            flows,
        }
    }

    /// The next packet is there.
    #[inline]
    fn come(&mut self, frame: FrameId, time: Option<Timestamp>, duplicate: bool) {
        let capture = &mut self.capture;
        capture.packets += 1;
        capture.duplicates += u64::from(duplicate);
        let Some(time) = time else {
            return;
        };
        if capture.last.is_some_and(|last| time < last) {
            capture.backwards += 1;
            capture.backwards_frame.get_or_insert(frame);
        }
        capture.first = capture.first.or(Some(time));
        capture.last = capture.last.max(Some(time));
        self.quiet(time);
    }

    fn count(&mut self, observation: &Observation<'_>) {
        let capture = &mut self.capture;
        capture.malformed += u64::from(!observation.issues.is_empty() && observation.is_ipsec());
        if observation.truncated && observation.is_ipsec() {
            capture.truncated += 1;
            capture.truncated_frame.get_or_insert(observation.frame);
        }
    }

    fn packet(
        &mut self,
        observation: &Observation<'_>,
        src: Endpoint,
        dst: Endpoint,
        (protocol, spi, sequence, octets, opened): (Protocol, Spi, u32, &[u8], Option<bool>),
    ) {
        self.flows.observe(&Packet {
            protocol,
            spi,
            sequence,
            body: octets.into(),
            src,
            dst,
            // ESP on UDP 500 has ports, and the dissector saw no encapsulation there.
            encapsulation: observation
                .encapsulation
                .or_else(|| src.port.map(|_| Encapsulation::Udp)),
            frame: observation.frame,
            time: observation.time,
            duplicate: observation.duplicate_of.is_some(),
            fragmented: !observation.reassembled_from.is_empty(),
            opened,
            inside: observation
                .esp_opened
                .as_deref()
                .filter(|_| opened == Some(true)),
        });
    }

    /// A packet that is not of IPsec.
    fn other(&mut self, src: Endpoint, dst: Endpoint, observation: &Observation<'_>) {
        let frame = observation.frame;
        if let Some(traffic) = self.traffic(src, dst, observation) {
            traffic.other += 1;
            traffic.other_frame.get_or_insert(frame);
        }
    }

    fn traffic(
        &mut self,
        src: Endpoint,
        dst: Endpoint,
        observation: &Observation<'_>,
    ) -> Option<&mut Traffic> {
        let key = (src.address, dst.address);
        let list = &mut self.capture.traffic;
        let index = match self.traffic.get(&key) {
            Some(index) => *index,
            None if list.len() < MAX_TRAFFIC => {
                self.traffic.insert(key, list.len());
                list.push(Traffic {
                    src: src.address,
                    dst: dst.address,
                    ike: 0,
                    keepalives: 0,
                    fragments: 0,
                    other: 0,
                    other_frame: None,
                    first: observation.time,
                    last: observation.time,
                });
                list.len() - 1
            }
            None => return None,
        };
        let traffic = list.get_mut(index)?;
        traffic.last = observation.time.or(traffic.last);
        Some(traffic)
    }

    fn ike(&mut self, arrival: &Arrival<'_, '_>) {
        let header = &arrival.message.header;
        if header.initiator_spi == IkeSpi::NONE || !matches!(header.version.major(), 1 | 2) {
            return;
        }
        if !self.live.contains_key(&header.initiator_spi) {
            self.begin(arrival);
        }
        let most = (MAX_KEPT_MESSAGES / self.live.len().max(1))
            .clamp(MIN_TUNNEL_MESSAGES, MAX_TUNNEL_MESSAGES);
        let Some(live) = self.live.get_mut(&header.initiator_spi) else {
            return;
        };
        let id = live.tunnel.id;
        let events = live.observe(arrival, most);
        for event in events {
            self.event(header.initiator_spi, id, event);
        }
    }

    fn begin(&mut self, arrival: &Arrival<'_, '_>) {
        let header = &arrival.message.header;
        self.make_room();
        let mut live = Live::new(self.take_id(), arrival);
        if header.version.major() == 2
            && header.exchange != ExchangeV2::IKE_SA_INIT.0
            && header.exchange != ExchangeV2::IKE_AUTH.0
        {
            self.succeed(&mut live, arrival);
        }
        self.live.insert(header.initiator_spi, live);
    }

    /// An IKE SA without a beginning between peers that had just made an exchange that may have rekeyed theirs.
    fn succeed(&mut self, live: &mut Live, arrival: &Arrival<'_, '_>) {
        let ends = (arrival.src.address, arrival.dst.address);
        let now = arrival.observation.time;
        let between = |tunnel: &Tunnel| {
            let peers = (tunnel.initiator.address, tunnel.responder.address);
            peers == ends || (peers.1, peers.0) == ends
        };
        let predecessor = self
            .live
            .values_mut()
            .filter(|old| old.tunnel.version == 2 && old.tunnel.replaced_by.is_none())
            .filter(|old| between(&old.tunnel) && !old.tunnel.opened())
            .filter_map(|old| {
                let rekey = old
                    .tunnel
                    .of_step(Step::V2(ExchangeV2::CREATE_CHILD_SA, true))
                    .last()?;
                let (frame, time) = (rekey.frame, rekey.time);
                Some((frame, time, old))
            })
            .max_by_key(|(frame, ..)| *frame);
        let Some((frame, time, old)) = predecessor else {
            return;
        };
        if let (Some(now), Some(time)) = (now, time)
            && now.nanos_since(time) > LINGER_NANOS
        {
            return;
        }
        old.tunnel.replaced_by = Some(live.tunnel.id);
        old.tunnel.rekeys.ike += 1;
        // That exchange made no child.
        old.anchors.retain(|anchor| anchor.response != frame);
        live.tunnel.replaces = Some(old.tunnel.id);
        live.overhead = old.overhead;
    }

    fn event(&mut self, spi: IkeSpi, id: u32, event: Event) {
        match event {
            Event::IkeRekeyed {
                initiator_spi,
                responder_spi,
                chosen,
                offered,
                ends,
                time,
            } => {
                if self.live.contains_key(&initiator_spi) {
                    return;
                }
                self.make_room();
                let new = self.take_id();
                let mut live = Live::with_ends(new, 2, initiator_spi, ends, true);
                live.tunnel.responder_spi = Some(responder_spi);
                live.overhead = Overhead::of(&chosen);
                live.tunnel.chosen = Some(*chosen);
                live.tunnel.offered = offered;
                live.tunnel.replaces = Some(id);
                live.tunnel.first = time;
                live.tunnel.last = time;
                live.touched = time;
                if let Some(old) = self.live.get_mut(&spi) {
                    // Of two rekeys that crossed, the later answered one is taken.
                    old.tunnel.replaced_by = Some(new);
                    live.tunnel
                        .authentication
                        .clone_from(&old.tunnel.authentication);
                    let own = old.tunnel.initiator.address == live.tunnel.initiator.address;
                    let (one, other) = if own {
                        (&old.tunnel.initiator, &old.tunnel.responder)
                    } else {
                        (&old.tunnel.responder, &old.tunnel.initiator)
                    };
                    for (new, old) in [
                        (&mut live.tunnel.initiator, one),
                        (&mut live.tunnel.responder, other),
                    ] {
                        new.identity.clone_from(&old.identity);
                        new.vendors.clone_from(&old.vendors);
                        new.behind_nat = old.behind_nat;
                    }
                }
                self.live.insert(initiator_spi, live);
            }
            Event::ForeignChild {
                spi: child,
                rekeyed,
                sender,
                frame,
                time,
            } => {
                let mut successor = id;
                while let Some(older) = self
                    .live
                    .values_mut()
                    .find(|live| live.tunnel.replaced_by == Some(successor))
                {
                    if children::foreign(&mut older.tunnel, child, rekeyed, (sender, frame, time)) {
                        return;
                    }
                    if older.tunnel.id >= successor {
                        return;
                    }
                    successor = older.tunnel.id;
                }
            }
        }
    }

    fn icmp(
        &mut self,
        content: &Content<'_>,
        quoted: &Quoted<'_>,
        observation: &Observation<'_>,
        src: Endpoint,
    ) {
        let &Content::Icmp {
            version6,
            icmp_type,
            code,
            mtu,
            ..
        } = content
        else {
            return;
        };
        let error = IcmpError {
            frame: observation.frame,
            time: observation.time,
            from: src.address,
            version6,
            icmp_type,
            code,
            mtu,
            quoted_src: quoted.src,
            quoted_dst: quoted.dst,
        };
        let taken = match quoted.content.as_ref() {
            Content::Ike(ike) => self.icmp_about_ike(ike.message.as_ref(), error),
            Content::Esp(esp) => self.flows.icmp(esp.as_ref().map(|esp| esp.spi), error),
            Content::Ah(ah, _) => self.flows.icmp(ah.as_ref().map(|ah| ah.spi), error),
            _ => false,
        } || self.icmp_about_ike(None, error);
        if !taken && self.capture.icmp.len() < MAX_INCOMPLETE.max(MAX_ICMP) {
            self.capture.icmp.push(error);
        }
    }

    fn icmp_about_ike(&mut self, message: Option<&Dissected<'_>>, error: IcmpError) -> bool {
        if let Some(message) = message
            && let Some(live) = self.live.get_mut(&message.header.initiator_spi)
        {
            live.icmp(Some(message.header.message_id), error);
            return true;
        }
        let between = |tunnel: &Tunnel| {
            let peers = (tunnel.initiator.address, tunnel.responder.address);
            let ends = (error.quoted_src.address, error.quoted_dst.address);
            peers == ends || (peers.1, peers.0) == ends
        };
        let live = self
            .live
            .values_mut()
            .filter(|live| between(&live.tunnel))
            .max_by_key(|live| live.tunnel.id);
        let Some(live) = live else {
            return false;
        };
        live.icmp(None, error);
        true
    }

    const fn take_id(&mut self) -> u32 {
        let id = self.next_id;
        self.next_id = self.next_id.saturating_add(1);
        id
    }

    /// Hands out tunnels that have ended and were quiet for long, in capture time.
    fn sweep(&mut self, now: Timestamp) {
        let swept = *self.swept.get_or_insert(now);
        if now.seconds.saturating_sub(swept.seconds) < SWEEP_SECONDS {
            return;
        }
        self.swept = Some(now);
        let is_quiet = |live: &Live| {
            let (one, other) = (live.tunnel.initiator.address, live.tunnel.responder.address);
            let last = live.touched.max(self.flows.last_between(one, other));
            last.is_some_and(|last| now.nanos_since(last) > LINGER_NANOS)
        };
        let quiet: Vec<IkeSpi> = self
            .live
            .iter()
            .filter(|(_, live)| is_quiet(live))
            .map(|(spi, _)| *spi)
            .collect();
        let mut over = Vec::new();
        for spi in quiet {
            let Some(mut live) = self.live.remove(&spi) else {
                continue;
            };
            let before = (live.tunnel.children.len(), live.tunnel.rekeys);
            outcome::judge(&mut live.tunnel, live.overhead, self.capture.last);
            live.tunnel.children.truncate(before.0);
            live.tunnel.rekeys = before.1;
            if matches!(live.tunnel.state, State::Failed | State::Closed) {
                over.push(live);
            } else {
                self.live.insert(spi, live);
            }
        }
        let concluded = self.conclude(over);
        self.ended.extend(concluded);
    }

    /// When there are too many tunnels, those that were quiet longest are handed out as they are.
    fn make_room(&mut self) {
        if self.live.len() < MAX_LIVE_TUNNELS {
            return;
        }
        let mut touched: Vec<(Option<Timestamp>, u32, IkeSpi)> = self
            .live
            .iter()
            .map(|(spi, live)| (live.touched, live.tunnel.id, *spi))
            .collect();
        touched.sort_unstable();
        let oldest: Vec<Live> = touched
            .into_iter()
            .take(MAX_LIVE_TUNNELS / 4)
            .filter_map(|(_, _, spi)| self.live.remove(&spi))
            .collect();
        self.capture.crowded += oldest.len() as u64;
        let concluded = self.conclude(oldest);
        self.ended.extend(concluded);
    }

    /// Gives tunnels their flows and judges them.
    // Many tunnels are not worth a copy.
    #[expect(clippy::vec_box)]
    fn conclude(&mut self, mut live: Vec<Live>) -> Vec<Box<Tunnel>> {
        live.sort_by_cached_key(|live| live.tunnel.id);
        self.claimed.resize(self.flows.len(), false);
        // Few peers moved.
        let by_spi = LazyCell::new(|| self.flows.by_spi());
        for live in &mut live {
            inference::claim(&mut live.tunnel, &self.flows, &by_spi, &mut self.claimed);
        }
        let candidates = self.candidates(&live);
        for candidate in candidates.values().flatten() {
            if let Some(taken) = self.claimed.get_mut(candidate.index) {
                *taken = true;
            }
        }
        let tracker = &*self;
        threads::each(&mut live, |live| {
            let candidates = candidates.get(&live.tunnel.id);
            tracker.judge(live, candidates.map(Vec::as_slice));
        });
        live.into_iter().map(|live| live.tunnel).collect()
    }

    /// Gives a tunnel the children that its messages do not tell, and judges it.
    fn judge(&self, live: &mut Live, candidates: Option<&[Candidate]>) {
        // What made a child was read.
        let read = live.tunnel.opened();
        if !read {
            live.estimate_sizes();
        }
        if candidates.is_some() || !read {
            let likely: Vec<_> = live
                .anchors
                .iter()
                .copied()
                .filter(|anchor| !read && live.may_have_made_a_child(anchor))
                .collect();
            let candidates = candidates.unwrap_or_default();
            inference::infer(&mut live.tunnel, &likely, candidates, &self.flows);
        }
        live.tunnel.keepalives = self.keepalives(&live.tunnel);
        outcome::judge(&mut live.tunnel, live.overhead, self.capture.last);
    }

    /// Flows that nobody claimed, each for the closed tunnel between its ends that was there last when it began.
    fn candidates(&self, live: &[Live]) -> HashMap<u32, Vec<Candidate>, Folding> {
        type Since = Option<Timestamp>;
        let unclaimed = || {
            let free = |index: &usize| self.claimed.get(*index) == Some(&false);
            let places = (0..self.flows.len()).filter(free);
            places.filter_map(|index| {
                let flow = self.flows.peek(index)?;
                let src = inference::first_source(flow).address;
                Some((index, flow, ordered(src, flow.dst.address)))
            })
        };
        let mut by_peers: HashMap<(IpAddr, IpAddr), Vec<(Since, usize)>, Folding> =
            unclaimed().map(|(.., peers)| (peers, Vec::new())).collect();
        // Few tunnels are between the ends of a flow that nobody claimed.
        let ends: Vec<OnceCell<_>> = vec![OnceCell::new(); live.len()];
        for (index, live) in live.iter().enumerate() {
            // Before the first message in the capture children were made that no key shows.
            if live.tunnel.opened() && live.tunnel.beginning_seen {
                continue;
            }
            let Some(since) = live.could_carry_since() else {
                continue;
            };
            for message in &live.tunnel.messages {
                let peers = ordered(message.ends.src.address, message.ends.dst.address);
                let Some(list) = by_peers.get_mut(&peers) else {
                    continue;
                };
                if list.last().is_none_or(|(_, last)| *last != index) {
                    list.push((since, index));
                }
            }
        }
        by_peers.values_mut().for_each(|list| list.sort_unstable());
        let mut found: HashMap<u32, Vec<Candidate>, Folding> = HashMap::default();
        for (index, flow, peers) in unclaimed() {
            let Some(tunnels) = by_peers.get(&peers) else {
                continue;
            };
            let begun = |since: Since| match (since, flow.first) {
                (Some(since), Some(first)) => first.nanos_since(since) >= -BEFORE_NANOS,
                _ => true,
            };
            let last = tunnels.partition_point(|(since, _)| begun(*since));
            // Packets before their tunnel are a matter of the order of capture: one that was there goes first.
            let there = tunnels
                .partition_point(|(since, _)| *since <= flow.first)
                .min(last);
            let before = tunnels.get(..there).unwrap_or_default();
            let after = tunnels.get(there..last).unwrap_or_default();
            // What was there before the capture may have carried what began before its first message.
            let rest = tunnels.get(last..).unwrap_or_default();
            let older = rest.iter().take(NEAR_TUNNELS).filter(|(_, at)| {
                let candidate = live.get(*at);
                candidate.is_some_and(|candidate| !candidate.tunnel.beginning_seen)
            });
            let best = before
                .iter()
                .rev()
                .chain(after)
                .chain(older)
                .take(NEAR_TUNNELS)
                .find_map(|(_, at)| {
                    let candidate = live.get(*at)?;
                    let (initiator, responder) =
                        ends.get(*at)?.get_or_init(|| candidate.all_ends());
                    let from = inference::sender(flow, initiator, responder)?;
                    Some((candidate.tunnel.id, from))
                });
            if let Some((id, from)) = best {
                found.entry(id).or_default().push(Candidate {
                    index,
                    first: flow.first,
                    from,
                });
            }
        }
        for candidates in found.values_mut() {
            candidates.sort_by_key(|candidate| (candidate.first, candidate.index));
        }
        found
    }

    fn keepalives(&self, tunnel: &Tunnel) -> Option<Keepalives> {
        let (initiator, responder) = (tunnel.initiator.address, tunnel.responder.address);
        let of = |src: IpAddr, dst: IpAddr| {
            self.traffic
                .get(&(src, dst))
                .and_then(|index| self.capture.traffic.get(*index))
                .map_or(0, |traffic| traffic.keepalives)
        };
        let keepalives = Keepalives {
            from_initiator: of(initiator, responder),
            from_responder: of(responder, initiator),
        };
        (keepalives.from_initiator + keepalives.from_responder > 0).then_some(keepalives)
    }
}

impl Live {
    /// Every address and port that each side had.
    fn all_ends(&self) -> (Vec<Endpoint>, Vec<Endpoint>) {
        let mut initiator = Vec::new();
        let mut responder = Vec::new();
        for message in &self.tunnel.messages {
            let (one, other) = match message.from {
                Sender::Initiator => (message.ends.src, message.ends.dst),
                Sender::Responder => (message.ends.dst, message.ends.src),
                Sender::Other => continue,
            };
            for (list, end) in [(&mut initiator, one), (&mut responder, other)] {
                if !list.contains(&end) {
                    list.push(end);
                }
            }
        }
        // ESP may be in UDP 4500 before any IKE message moved there.
        for list in [&mut initiator, &mut responder] {
            for index in 0..list.len() {
                if let Some(end) = list.get(index).copied()
                    && end.port == Some(500)
                {
                    list.push(Endpoint {
                        port: Some(4500),
                        ..end
                    });
                }
            }
        }
        (initiator, responder)
    }

    /// Since when there may have been children, as far as the capture shows: the first exchange that made one, or the first
    /// message where the beginning was not seen. `None` if there were none.
    fn could_carry_since(&self) -> Option<Option<Timestamp>> {
        let anchor = self.anchors.first().filter(|_| self.tunnel.beginning_seen);
        if let Some(anchor) = anchor {
            return Some(anchor.time);
        }
        let authenticates = self.tunnel.messages.iter().any(|message| {
            matches!(
                message.step,
                Step::V2(ExchangeV2::IKE_AUTH, _) | Step::Quick(_)
            )
        });
        (!self.tunnel.beginning_seen || authenticates).then_some(self.tunnel.first)
    }

    /// Whether the length of the response, or the number of messages, allows a child.
    fn may_have_made_a_child(&self, anchor: &super::live::Anchor) -> bool {
        let Some(response) = self.tunnel.message(anchor.response) else {
            return true;
        };
        match response.step {
            Step::V2(ExchangeV2::IKE_AUTH, true) => {
                response.inner_octets.is_none_or(|(_, largest)| {
                    largest >= LEAST_WITH_CHILD + self.overhead.map_or(0, |overhead| overhead.prf)
                })
            }
            Step::V2(..) => response
                .inner_octets
                .is_none_or(|(_, largest)| largest >= LEAST_CREATED),
            Step::Quick(number) => number == 3,
            _ => false,
        }
    }
}

/// Multicast listeners and neighbour discovery (RFC 2710, section 3; RFC 4861, section 4): no word of IPsec.
const OF_THE_LINK: [u8; 8] = [130, 131, 132, 133, 134, 135, 136, 137];

/// Seconds between two looks for tunnels that have ended.
const SWEEP_SECONDS: i64 = 10;

/// A flow may be seen before the exchange that made it is complete.
const BEFORE_NANOS: i64 = 500_000_000;

/// IDr, AUTH without its data, SA, TSi and TSr at their smallest.
const LEAST_WITH_CHILD: u32 = 8 + 8 + 36 + 24 + 24;

/// SA, nonce, TSi and TSr at their smallest.
const LEAST_CREATED: u32 = 36 + 20 + 24 + 24;
