//! Packets that go in clear where a tunnel should carry them.

use std::net::IpAddr;

use ikescope_capture::Timestamp;
use ikescope_dissectors::ikev2::Selector;

use super::super::facts::{Evidence, Outside, OutsideFact};
use super::flows::Flows;
use super::limits::MAX_SELECTORS;
use super::peers::{Peers, add};

/// Selectors of opened tunnels, and who is whose client.
#[derive(Debug, Default)]
pub(super) struct Selectors {
    clients: Vec<(IpAddr, IpAddr)>,
    ranges: Vec<Protected>,
}

/// What a tunnel carries, seen from one end.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Protected {
    gateway: IpAddr,
    peer: IpAddr,
    local: (IpAddr, IpAddr),
    remote: (IpAddr, IpAddr),
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
        &self,
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
        for protected in &self.ranges {
            let within =
                |(first, last): (IpAddr, IpAddr), address| first <= address && address <= last;
            let is_tunnel_end = [protected.gateway, protected.peer].contains(&src)
                || [protected.gateway, protected.peer].contains(&dst);
            // What a receiver has decrypted appears beside the packet that carried it.
            let decrypted = flows.active(protected.gateway, protected.peer, time)
                || flows.active(protected.peer, protected.gateway, time);
            if within(protected.local, src)
                && within(protected.remote, dst)
                && !is_tunnel_end
                && !decrypted
            {
                let what = format!("{src} to {dst} in clear");
                tell(
                    peers,
                    protected.gateway,
                    Outside::ToProtectedNetwork,
                    evidence.with(what),
                );
            }
        }
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
