//! Which flows belong to which child, by SPI where messages were opened, else by address, port and time.

use ikescope_capture::Timestamp;

use super::child::{Child, ChildState};
use super::flow::Flow;
use super::flow_table::{BySpi, FlowTable};
use super::live::Anchor;
use super::message::Sender;
use super::proposal::Protocol;
use super::tunnel::Tunnel;
use crate::observation::Endpoint;

/// Gives each child whose SPIs are known its flows.
pub(super) fn claim(tunnel: &mut Tunnel, flows: &FlowTable, by_spi: &BySpi, claimed: &mut [bool]) {
    let (initiator, responder) = (tunnel.initiator.address, tunnel.responder.address);
    for child in &mut tunnel.children {
        for (spi, receiver, place) in [
            (child.spi_responder, responder, &mut child.from_initiator),
            (child.spi_initiator, initiator, &mut child.from_responder),
        ] {
            let Some(index) = spi.and_then(|spi| {
                flows
                    .find(spi, receiver)
                    .or_else(|| by_spi.get(&spi).copied().flatten())
                    .filter(|index| claimed.get(*index) == Some(&false))
            }) else {
                continue;
            };
            if let Some(taken) = claimed.get_mut(index) {
                *taken = true;
            }
            *place = flows.get(index).map(Box::new);
        }
    }
}

/// A flow that may belong to a tunnel whose messages stay closed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) index: usize,
    pub(super) first: Option<Timestamp>,
    pub(super) from: Sender,
}

/// Makes children of the flows that began after an exchange that may have made them. `candidates` are in the order of
/// their first packets.
pub(super) fn infer(
    tunnel: &mut Tunnel,
    anchors: &[Anchor],
    candidates: &[Candidate],
    flows: &FlowTable,
) {
    tunnel.children.reserve_exact(anchors.len());
    for anchor in anchors {
        tunnel.children.push(inferred(Some(anchor)));
    }
    for candidate in candidates {
        let Some(flow) = flows.get(candidate.index) else {
            continue;
        };
        let place = best_place(tunnel, candidate);
        let child = match place {
            Some(index) => tunnel.children.get_mut(index),
            // More flows than exchanges, or none were seen: what began together belongs together.
            None => {
                let later = |child: &Child| child.inferred && child.time > candidate.first;
                let place = tunnel.children.iter().position(later);
                let place = place.unwrap_or(tunnel.children.len());
                tunnel.children.insert(place, inferred(None));
                tunnel.children.get_mut(place)
            }
        };
        let Some(child) = child else { continue };
        assign(child, candidate.from, flow);
    }
    order(tunnel);
}

/// The last child that could have been there when the flow began and has no flow in this direction.
fn best_place(tunnel: &Tunnel, candidate: &Candidate) -> Option<usize> {
    tunnel
        .children
        .iter()
        .enumerate()
        .rev()
        .find(|(_, child)| {
            let free = match candidate.from {
                Sender::Initiator => child.from_initiator.is_none(),
                _ => child.from_responder.is_none(),
            };
            let begun = match (child.time, candidate.first) {
                (Some(time), Some(first)) => first.nanos_since(time) >= -BEFORE_NANOS,
                _ => true,
            };
            let together = child.request.is_some() || began_together(child, candidate.first);
            child.inferred && free && begun && together
        })
        .map(|(index, _)| index)
}

fn began_together(child: &Child, first: Option<Timestamp>) -> bool {
    let other = child
        .from_initiator
        .as_ref()
        .or(child.from_responder.as_ref());
    match (other.and_then(|flow| flow.first), first) {
        (Some(one), Some(other)) => other.nanos_since(one).abs() <= TOGETHER_NANOS,
        _ => true,
    }
}

fn assign(child: &mut Child, from: Sender, flow: Flow) {
    child.protocol = flow.protocol;
    child.state = ChildState::Established;
    match from {
        Sender::Initiator => {
            child.spi_responder = Some(flow.spi);
            child.from_initiator = Some(Box::new(flow));
        }
        _ => {
            child.spi_initiator = Some(flow.spi);
            child.from_responder = Some(Box::new(flow));
        }
    }
}

fn inferred(anchor: Option<&Anchor>) -> Child {
    Child {
        protocol: Protocol::Esp,
        mode: None,
        spi_initiator: None,
        spi_responder: None,
        offered: Vec::new(),
        chosen: None,
        pfs: None,
        selectors_initiator: Vec::new(),
        selectors_responder: Vec::new(),
        lifetime_seconds: None,
        inferred: true,
        state: ChildState::Unknown,
        requested_by: anchor.map(|anchor| anchor.requested_by),
        request: anchor.map(|anchor| anchor.request),
        response: anchor.map(|anchor| anchor.response),
        time: anchor.and_then(|anchor| anchor.time),
        replaces: None,
        deleted: None,
        from_initiator: None,
        from_responder: None,
    }
}

/// A child whose packets ended when those of the next one began was rekeyed.
fn order(tunnel: &mut Tunnel) {
    let ends: Vec<(Option<Timestamp>, Option<Timestamp>)> = tunnel
        .children
        .iter()
        .map(|child| {
            let flows = || {
                [&child.from_initiator, &child.from_responder]
                    .into_iter()
                    .flatten()
            };
            (
                flows().filter_map(|flow| flow.first).min(),
                flows().filter_map(|flow| flow.last).max(),
            )
        })
        .collect();
    for index in 1..tunnel.children.len() {
        let (Some((_, Some(last))), Some((Some(first), Some(end)))) =
            (ends.get(index - 1), ends.get(index))
        else {
            continue;
        };
        let handed_over = last.nanos_since(*first) <= OVERLAP_NANOS && end > last;
        let asked = tunnel
            .children
            .get(index)
            .is_some_and(|child| child.request.is_some());
        if !(handed_over && asked) {
            continue;
        }
        if let Some(old) = tunnel.children.get_mut(index - 1) {
            old.state = ChildState::Rekeyed;
        }
        if let Some(new) = tunnel.children.get_mut(index) {
            new.replaces = Some(index - 1);
        }
        tunnel.rekeys.child += 1;
    }
}

/// Where the sender of a flow was at first: it may have moved.
pub(super) fn first_source(flow: &Flow) -> Endpoint {
    flow.source_changes
        .first()
        .map_or(flow.src, |change| change.before)
}

/// Who sends a flow, as seen from the tunnel; `None` if it is not between its peers.
pub(super) fn sender(
    flow: &Flow,
    initiator: &[Endpoint],
    responder: &[Endpoint],
) -> Option<Sender> {
    let has = |ends: &[Endpoint], end: Endpoint| {
        ends.iter().any(|known| {
            known.address == end.address
                && (known.port == end.port || flow.encapsulation.is_none() || end.port.is_none())
        })
    };
    // Where it began: a sender that moved since is not known there.
    let src = flow
        .source_changes
        .first()
        .map_or(flow.src, |change| change.before);
    if has(initiator, src) && has(responder, flow.dst) {
        Some(Sender::Initiator)
    } else if has(responder, src) && has(initiator, flow.dst) {
        Some(Sender::Responder)
    } else {
        None
    }
}

/// A flow may be seen before the message that made its SA: the responder may send first, and captures reorder.
const BEFORE_NANOS: i64 = 500_000_000;

/// Two directions of one child begin within this time, unless one side has nothing to send.
const TOGETHER_NANOS: i64 = 60_000_000_000;

/// Packets on the way when a child is rekeyed.
const OVERLAP_NANOS: i64 = 5_000_000_000;
