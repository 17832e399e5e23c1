//! What a tracker hands out, and the look at each tunnel with its surroundings.

use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use super::capture_facts::{CaptureFacts, Surroundings};
use super::flow::Flow;
use super::threads;
use super::tunnel::Tunnel;
use crate::folding::Folding;

/// What is there at the end of a capture.
#[derive(Debug)]
pub struct Finished {
    /// The capture as a whole.
    pub capture: CaptureFacts,
    /// Tunnels that were not handed out before, in the order in which they began.
    // Each is where it was when it was followed: many are not worth a copy.
    pub tunnels: Vec<Box<Tunnel>>,
    /// Tunnels that were handed out before, the last of them.
    pub past: Vec<Arc<Tunnel>>,
    /// Flows of ESP and AH that belong to no tunnel seen, those between the same peers in a row.
    pub flows: Vec<Flow>,
}

/// All tunnels in the order in which they began, and where to find those of an address.
struct Neighbourhood<'a> {
    finished: &'a Finished,
    all: Vec<&'a Tunnel>,
    /// Places of the tunnels that were not handed out before.
    new: Vec<usize>,
    by_address: HashMap<IpAddr, Vec<usize>, Folding>,
    /// Where the flows without a tunnel are that go between two peers.
    by_peers: HashMap<(IpAddr, IpAddr), Range<usize>, Folding>,
    /// Tunnels of one address that are looked at.
    most: usize,
}

impl Finished {
    /// Looks at each tunnel with its surroundings: the tunnels that share an address with it. Where there are many, as at
    /// a gateway, those that began around the same time. Many tunnels are looked at on several threads; `take` is given what
    /// was seen, here and in the order of the tunnels.
    pub fn for_each<T: Send>(
        &self,
        look: impl for<'t> Fn(&'t Tunnel, &Surroundings<'t>) -> T + Sync,
        mut take: impl FnMut(&Tunnel, T),
    ) {
        let neighbourhood = Neighbourhood::of(self);
        let see = |chunk: Range<usize>| -> Vec<(&Tunnel, T)> {
            let places = neighbourhood.new.get(chunk).unwrap_or_default();
            let tunnels = places.iter().map(|place| neighbourhood.see(*place, &look));
            tunnels.flatten().collect()
        };
        let all = neighbourhood.new.len();
        let chunks = (0..all)
            .step_by(CHUNK)
            .map(|start| start..all.min(start + CHUNK));
        let count = threads::count(chunks.len());
        if count <= 1 {
            chunks
                .flat_map(see)
                .for_each(|(tunnel, seen)| take(tunnel, seen));
            return;
        }
        thread::scope(|scope| {
            // Each thread takes every so manieth chunk, so that the results are asked for in turn.
            let lanes: Vec<Option<Receiver<_>>> = (0..count)
                .map(|lane| {
                    let (done, results) = sync_channel(AHEAD);
                    let (chunks, see) = (chunks.clone(), &see);
                    let work = move || {
                        let mine = chunks.skip(lane).step_by(count);
                        let _ = mine.map(see).try_for_each(|seen| done.send(seen));
                    };
                    let started = thread::Builder::new().spawn_scoped(scope, work);
                    started.is_ok().then_some(results)
                })
                .collect();
            for (chunk, lane) in chunks.zip(lanes.iter().cycle()) {
                let seen = lane.as_ref().and_then(|results| results.recv().ok());
                // Where the system gives no thread, this one does the work.
                for (tunnel, seen) in seen.unwrap_or_else(|| see(chunk)) {
                    take(tunnel, seen);
                }
            }
        });
    }

    /// Everything, for rules about the capture as a whole.
    pub fn with_surroundings<T>(&self, look: impl FnOnce(&Surroundings<'_>) -> T) -> T {
        let past = self.past.iter().map(Arc::as_ref);
        let new = self.tunnels.iter().map(Box::as_ref);
        let mut tunnels: Vec<&Tunnel> = past.chain(new).collect();
        tunnels.sort_by_key(|tunnel| tunnel.id);
        look(&Surroundings {
            capture: &self.capture,
            tunnels: &tunnels,
            flows: &self.flows,
        })
    }
}

impl<'a> Neighbourhood<'a> {
    fn of(finished: &'a Finished) -> Self {
        let past = finished.past.iter().map(|tunnel| (tunnel.as_ref(), false));
        let new = finished
            .tunnels
            .iter()
            .map(|tunnel| (tunnel.as_ref(), true));
        let mut marked: Vec<(&Tunnel, bool)> = past.chain(new).collect();
        marked.sort_by_key(|(tunnel, _)| tunnel.id);
        let mut by_address: HashMap<IpAddr, Vec<usize>, Folding> =
            HashMap::with_capacity_and_hasher(marked.len(), Folding::default());
        for (place, (tunnel, _)) in marked.iter().enumerate() {
            let (one, other) = (tunnel.initiator.address, tunnel.responder.address);
            by_address.entry(one).or_default().push(place);
            if one != other {
                by_address.entry(other).or_default().push(place);
            }
        }
        let new = marked.iter().enumerate().filter(|(_, (_, new))| *new);
        let mut by_peers: HashMap<_, Range<usize>, Folding> = HashMap::default();
        for (place, flow) in finished.flows.iter().enumerate() {
            let peers = ordered(flow.src.address, flow.dst.address);
            by_peers.entry(peers).or_insert(place..place).end = place + 1;
        }
        Self {
            finished,
            new: new.map(|(place, _)| place).collect(),
            by_address,
            by_peers,
            most: (NEAR_IN_ALL / marked.len().max(1)).clamp(LEAST_NEAR, NEAR_TUNNELS),
            all: marked.into_iter().map(|(tunnel, _)| tunnel).collect(),
        }
    }

    fn see<T>(
        &self,
        place: usize,
        look: impl for<'t> Fn(&'t Tunnel, &Surroundings<'t>) -> T,
    ) -> Option<(&'a Tunnel, T)> {
        let tunnel = *self.all.get(place)?;
        let mut near: Vec<usize> = [tunnel.initiator.address, tunnel.responder.address]
            .iter()
            .filter_map(|address| self.by_address.get(address))
            .flat_map(|list| around(list, place, self.most))
            .copied()
            .collect();
        near.sort_unstable();
        near.dedup();
        let tunnels: Vec<&Tunnel> = near
            .into_iter()
            .filter_map(|place| self.all.get(place).copied())
            .collect();
        let surroundings = Surroundings {
            capture: &self.finished.capture,
            tunnels: &tunnels,
            flows: self.flows_between(tunnel),
        };
        Some((tunnel, look(tunnel, &surroundings)))
    }

    /// Flows without a tunnel: all where they are few, else those between the peers of this one.
    fn flows_between(&self, tunnel: &Tunnel) -> &'a [Flow] {
        let flows = &self.finished.flows;
        if flows.len() <= NEAR_TUNNELS {
            return flows;
        }
        let peers = ordered(tunnel.initiator.address, tunnel.responder.address);
        let range = self.by_peers.get(&peers).cloned().unwrap_or_default();
        flows.get(range).unwrap_or_default()
    }
}

/// The part of an ascending list around this place.
fn around(list: &[usize], place: usize, most: usize) -> &[usize] {
    let at = list.partition_point(|index| *index < place);
    let start = at.saturating_sub(most / 2);
    let end = (at + most / 2).min(list.len());
    list.get(start..end).unwrap_or_default()
}

/// Two addresses, the lower one first.
pub(super) fn ordered(one: IpAddr, other: IpAddr) -> (IpAddr, IpAddr) {
    if one <= other {
        (one, other)
    } else {
        (other, one)
    }
}

/// Tunnels and flows that rules see beside the one they judge, when there are few tunnels and when there are many: the
/// work of the rules grows with the product.
pub(super) const NEAR_TUNNELS: usize = 256;
const LEAST_NEAR: usize = 16;
const NEAR_IN_ALL: usize = 131_072;

/// Tunnels that a thread looks at before it hands over what it saw.
const CHUNK: usize = 64;

/// Chunks that a thread may be ahead.
const AHEAD: usize = 4;
