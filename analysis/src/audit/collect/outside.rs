//! Packets that go in clear where a tunnel should carry them.

use std::collections::VecDeque;
use std::net::IpAddr;

use ikescope_capture::Timestamp;
use ikescope_dissectors::ikev2::Selector;

use super::super::facts::{Evidence, Outside, OutsideFact};
use super::flows::Flows;
use super::limits::{MAX_SELECTORS, MAX_TWINS};
use super::peers::{Peers, add};

/// Selectors of opened tunnels, and who is whose client.
#[derive(Debug, Default)]
pub(super) struct Selectors {
    clients: Vec<(IpAddr, IpAddr)>,
    ranges: Vec<Protected>,
    /// Packets in clear whose ESP is awaited, and ESP whose packet in clear is.
    plain: VecDeque<Plain>,
    esp: VecDeque<(IpAddr, IpAddr, Option<Timestamp>)>,
}

/// What a tunnel carries, seen from one end.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Protected {
    gateway: IpAddr,
    peer: IpAddr,
    local: (IpAddr, IpAddr),
    remote: (IpAddr, IpAddr),
}

/// A packet in clear that a tunnel should carry.
#[derive(Debug)]
struct Plain {
    gateway: IpAddr,
    peer: IpAddr,
    time: Option<Timestamp>,
    evidence: Evidence,
}

impl Selectors {
    /// A tunnel from a client to a gateway came up.
    pub(super) fn client(&mut self, client: IpAddr, gateway: IpAddr) {
        if self.clients.len() < MAX_SELECTORS && !self.clients.contains(&(client, gateway)) {
            self.clients.push((client, gateway));
        }
    }

    /// What a tunnel between these two carries.
    pub(super) fn protect(
        &mut self,
        gateway: IpAddr,
        peer: IpAddr,
        local: &[Selector<'_>],
        remote: &[Selector<'_>],
    ) {
        for local in local.iter().filter_map(range) {
            for remote in remote.iter().filter_map(range) {
                let protected = Protected {
                    gateway,
                    peer,
                    local,
                    remote,
                };
                if self.ranges.len() < MAX_SELECTORS && !self.ranges.contains(&protected) {
                    self.ranges.push(protected);
                }
            }
        }
    }

    /// A packet that is no IPsec.
    pub(super) fn plain_packet(
        &mut self,
        (src, dst): (IpAddr, IpAddr),
        time: Option<Timestamp>,
        evidence: &Evidence,
        flows: &Flows,
        peers: &mut Peers,
    ) {
        if self.clients.contains(&(src, dst)) && flows.active(src, dst, time) {
            let what = format!("{src} to {dst} in clear");
            tell(peers, src, Outside::ToGateway, evidence.with(what));
        }
        let within = |(first, last): (IpAddr, IpAddr), address| first <= address && address <= last;
        let Some(protected) = self.ranges.iter().find(|protected| {
            let ends = [protected.gateway, protected.peer];
            within(protected.local, src)
                && within(protected.remote, dst)
                && !ends.contains(&src)
                && !ends.contains(&dst)
        }) else {
            return;
        };
        let plain = Plain {
            gateway: protected.gateway,
            peer: protected.peer,
            time,
            evidence: evidence.with(format!("{src} to {dst} in clear")),
        };
        self.settle(time, peers);
        let twin = |(one, other, _): &(IpAddr, IpAddr, _)| plain.is_between(*one, *other);
        match self.esp.iter().position(twin) {
            Some(twin) => drop(self.esp.remove(twin)),
            None => self.plain.push_back(plain),
        }
        self.bound(peers);
    }

    /// ESP between two gateways. Beside it the packet that it carries may appear in clear: before it was encrypted, or
    /// after it was decrypted.
    pub(super) fn esp_packet(
        &mut self,
        (src, dst): (IpAddr, IpAddr),
        time: Option<Timestamp>,
        peers: &mut Peers,
    ) {
        if self.ranges.is_empty() {
            return;
        }
        self.settle(time, peers);
        match self
            .plain
            .iter()
            .position(|plain| plain.is_between(src, dst))
        {
            Some(twin) => drop(self.plain.remove(twin)),
            None => self.esp.push_back((src, dst, time)),
        }
        self.bound(peers);
    }

    /// Tells of all packets in clear whose ESP did not come.
    pub(super) fn finish(&mut self, peers: &mut Peers) {
        for plain in self.plain.drain(..) {
            plain.tell(peers);
        }
    }

    /// Forgets what is too old to have a twin.
    fn settle(&mut self, now: Option<Timestamp>, peers: &mut Peers) {
        let old = |time: Option<Timestamp>| match (time, now) {
            (Some(time), Some(now)) => now.nanos_since(time) > TWINS_WITHIN_NANOS,
            _ => true,
        };
        while self.plain.front().is_some_and(|plain| old(plain.time)) {
            if let Some(plain) = self.plain.pop_front() {
                plain.tell(peers);
            }
        }
        while self.esp.front().is_some_and(|(.., time)| old(*time)) {
            self.esp.pop_front();
        }
    }

    fn bound(&mut self, peers: &mut Peers) {
        if self.plain.len() > MAX_TWINS
            && let Some(plain) = self.plain.pop_front()
        {
            plain.tell(peers);
        }
        if self.esp.len() > MAX_TWINS {
            self.esp.pop_front();
        }
    }
}

impl Plain {
    fn is_between(&self, one: IpAddr, other: IpAddr) -> bool {
        (self.gateway, self.peer) == (one, other) || (self.gateway, self.peer) == (other, one)
    }

    fn tell(self, peers: &mut Peers) {
        let what = Outside::ToProtectedNetwork;
        tell(peers, self.gateway, what, self.evidence);
    }
}

fn tell(peers: &mut Peers, address: IpAddr, what: Outside, evidence: Evidence) {
    let peer = peers.of(address);
    let fact = OutsideFact { what, evidence };
    add(&mut peer.outside, &mut peer.left_out, fact, |one, other| {
        one.what == other.what && one.evidence.what == other.evidence.what
    });
}

fn range(selector: &Selector<'_>) -> Option<(IpAddr, IpAddr)> {
    match selector {
        Selector::Range { addresses, .. } => Some(*addresses),
        Selector::Other { .. } => None,
    }
}

/// How long after a packet in clear its ESP comes, or the other way round, on one machine.
const TWINS_WITHIN_NANOS: i64 = 50_000_000;
