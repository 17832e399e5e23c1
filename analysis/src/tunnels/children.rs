//! Child SAs of messages that were opened, and what messages do to them.

use ikescope_capture::Timestamp;
use ikescope_dissectors::registries::ikev2::{ExchangeType as ExchangeV2, NotifyType};
use ikescope_dissectors::registries::ip::IpProtocol;
use ikescope_dissectors::{Registry as _, Spi};

use super::child::{Child, ChildState, EncapsulationMode, ForwardSecrecy};
use super::live::Event;
use super::message::{Message, Sender, Step};
use super::payloads::{Notify, Payloads};
use super::proposal::{Proposal, Protocol};
use super::tunnel::Tunnel;
use crate::limits::MAX_TUNNEL_CHILDREN;
use crate::observation::{Endpoint, FrameId};

/// Takes what an opened message says about children.
pub(super) fn absorb(tunnel: &mut Tunnel, message: &Message, ends: [Endpoint; 2]) -> Vec<Event> {
    let mut events = Vec::new();
    if message.version == 1 && !message.encrypted {
        return events;
    }
    let Some(opened) = &message.opened else {
        return events;
    };
    deletes(tunnel, message, opened, ends, &mut events);
    match message.step {
        Step::V2(ExchangeV2::IKE_AUTH | ExchangeV2::CREATE_CHILD_SA, true) => {
            response(tunnel, message, opened, ends, &mut events);
        }
        Step::Quick(2 | 3) => quick_mode(tunnel, message),
        _ => {}
    }
    events
}

/// The response of IKE_AUTH or CREATE_CHILD_SA, which ends the exchange.
fn response(
    tunnel: &mut Tunnel,
    message: &Message,
    opened: &Payloads,
    ends: [Endpoint; 2],
    events: &mut Vec<Event>,
) {
    let initial = matches!(message.step, Step::V2(ExchangeV2::IKE_AUTH, _));
    let Some(request) = request_with_sa(tunnel, message, initial) else {
        return;
    };
    let Some(asked) = request.opened.clone() else {
        return;
    };
    let (request_frame, requester) = (request.frame, request.from);
    let wants_child = asked
        .proposals
        .iter()
        .any(|proposal| proposal.protocol != Protocol::Ike);
    let chosen = opened.proposals.first().cloned();
    if let Some(chosen) = chosen.filter(|_| opened.error().is_none() || !initial) {
        if chosen.protocol == Protocol::Ike {
            rekey_of_ike(tunnel, message, &asked, chosen, requester, ends, events);
            return;
        }
        let child = Child {
            pfs: Some(match (&opened.key_exchange, initial) {
                (Some(exchange), false) => {
                    let group = exchange.group.map(|group| group.short_name().to_string());
                    ForwardSecrecy::Group(group.unwrap_or_default())
                }
                _ => ForwardSecrecy::Absent,
            }),
            ..established(message, &asked, opened, chosen, request_frame, requester)
        };
        let rekeyed = asked.notify(NotifyType::REKEY_SA.0).cloned();
        add(tunnel, child, rekeyed.as_ref(), message, ends, events);
    } else if wants_child && (opened.error().is_some() || !initial) && !asked.proposals.is_empty() {
        // A peer that was refused for its identity was not asked about the child.
        let refused_ike = opened.notify(NotifyType::AUTHENTICATION_FAILED.0).is_some();
        let benign = opened.notify(NotifyType::INVALID_KE_PAYLOAD.0).is_some()
            || opened.notify(NotifyType::TEMPORARY_FAILURE.0).is_some();
        if !refused_ike && !benign && tunnel.children.len() < MAX_TUNNEL_CHILDREN {
            tunnel.children.push(Child {
                state: ChildState::Failed,
                response: Some(message.frame),
                time: message.time,
                ..asked_for(message, &asked, request_frame, requester)
            });
        }
    }
}

/// The request that this response ends. With EAP the SA payload stands in the first IKE_AUTH request.
fn request_with_sa<'t>(
    tunnel: &'t Tunnel,
    message: &Message,
    initial: bool,
) -> Option<&'t Message> {
    tunnel
        .messages
        .iter()
        .filter(|earlier| {
            earlier.request && earlier.from != message.from && earlier.exchange == message.exchange
        })
        .filter(|earlier| initial || earlier.message_id == message.message_id)
        .find(|earlier| {
            earlier
                .opened
                .as_ref()
                .is_some_and(|opened| !opened.proposals.is_empty())
        })
}

fn asked_for(message: &Message, asked: &Payloads, request: FrameId, requester: Sender) -> Child {
    let by_initiator = requester == Sender::Initiator;
    let first = asked.proposals.first();
    let spi = first.and_then(Proposal::esp_spi);
    let (mut selectors_initiator, mut selectors_responder) = (
        asked.selectors_initiator.clone(),
        asked.selectors_responder.clone(),
    );
    if !by_initiator {
        std::mem::swap(&mut selectors_initiator, &mut selectors_responder);
    }
    Child {
        protocol: first.map_or(Protocol::Esp, |proposal| proposal.protocol),
        mode: Some(mode(asked)),
        spi_initiator: spi.filter(|_| by_initiator),
        spi_responder: spi.filter(|_| !by_initiator),
        offered: asked.proposals.to_vec(),
        chosen: None,
        pfs: None,
        selectors_initiator: selectors_initiator.to_vec(),
        selectors_responder: selectors_responder.to_vec(),
        lifetime_seconds: None,
        inferred: false,
        state: ChildState::Unknown,
        requested_by: Some(requester),
        request: Some(request),
        response: None,
        time: message.time,
        replaces: None,
        deleted: None,
        from_initiator: None,
        from_responder: None,
    }
}

fn established(
    message: &Message,
    asked: &Payloads,
    answer: &Payloads,
    chosen: Proposal,
    request: FrameId,
    requester: Sender,
) -> Child {
    let by_initiator = requester == Sender::Initiator;
    let offer = asked
        .proposals
        .iter()
        .find(|offer| offer.number == chosen.number && offer.protocol == chosen.protocol)
        .or(asked.proposals.first());
    let (asking, answering) = (offer.and_then(Proposal::esp_spi), chosen.esp_spi());
    let (spi_initiator, spi_responder) = if by_initiator {
        (asking, answering)
    } else {
        (answering, asking)
    };
    let (mut selectors_initiator, mut selectors_responder) = (
        answer.selectors_initiator.clone(),
        answer.selectors_responder.clone(),
    );
    if !by_initiator {
        std::mem::swap(&mut selectors_initiator, &mut selectors_responder);
    }
    Child {
        protocol: chosen.protocol,
        mode: Some(mode(answer)),
        spi_initiator,
        spi_responder,
        chosen: Some(chosen),
        selectors_initiator: selectors_initiator.to_vec(),
        selectors_responder: selectors_responder.to_vec(),
        state: ChildState::Established,
        response: Some(message.frame),
        ..asked_for(message, asked, request, requester)
    }
}

fn mode(payloads: &Payloads) -> EncapsulationMode {
    if payloads.notify(NotifyType::USE_TRANSPORT_MODE.0).is_some() {
        EncapsulationMode::Transport
    } else if payloads.notify(NotifyType::USE_BEET_MODE.0).is_some() {
        EncapsulationMode::Beet
    } else {
        EncapsulationMode::Tunnel
    }
}

/// Adds a child. `rekeyed` names the SA that it replaces by the SPI that its requester chose (RFC 7296, section 1.3.3).
fn add(
    tunnel: &mut Tunnel,
    mut child: Child,
    rekeyed: Option<&Notify>,
    message: &Message,
    ends: [Endpoint; 2],
    events: &mut Vec<Event>,
) {
    if let Some(spi) = rekeyed.and_then(|notify| spi_of(&notify.spi)) {
        let requester = message.from.opposite();
        match find(tunnel, spi, requester) {
            Some(old) => {
                child.replaces = Some(old);
                if let Some(old) = tunnel.children.get_mut(old) {
                    old.state = ChildState::Rekeyed;
                }
            }
            None => events.push(Event::ForeignChild {
                spi,
                rekeyed: true,
                sender: end_of(ends, requester),
                frame: message.frame,
                time: message.time,
            }),
        }
        tunnel.rekeys.child += 1;
    }
    if tunnel.children.len() < MAX_TUNNEL_CHILDREN {
        tunnel.children.push(child);
    }
}

fn rekey_of_ike(
    tunnel: &mut Tunnel,
    message: &Message,
    asked: &Payloads,
    chosen: Proposal,
    requester: Sender,
    ends: [Endpoint; 2],
    events: &mut Vec<Event>,
) {
    let offer = asked
        .proposals
        .iter()
        .find(|offer| offer.number == chosen.number)
        .or(asked.proposals.first());
    let (Some(initiator_spi), Some(responder_spi)) =
        (offer.and_then(Proposal::ike_spi), chosen.ike_spi())
    else {
        return;
    };
    tunnel.rekeys.ike += 1;
    let [initiator, responder] = ends;
    events.push(Event::IkeRekeyed {
        initiator_spi,
        responder_spi,
        chosen: Box::new(chosen),
        offered: asked.proposals.to_vec(),
        ends: if requester == Sender::Initiator {
            [initiator, responder]
        } else {
            [responder, initiator]
        },
        time: message.time,
    });
}

/// Quick mode (RFC 2409, section 5.5): the second message chooses, the third completes.
fn quick_mode(tunnel: &mut Tunnel, message: &Message) {
    let same = |step: Step| {
        tunnel
            .messages
            .iter()
            .rev()
            .find(|earlier| earlier.step == step && earlier.message_id == message.message_id)
    };
    if message.step == Step::Quick(3) {
        let Some(first) = same(Step::Quick(1)).map(|first| first.frame) else {
            return;
        };
        complete(tunnel, first, message);
        return;
    }
    let Some((first, sender, asked)) = same(Step::Quick(1))
        .and_then(|first| Some((first.frame, first.from, first.opened.clone()?)))
    else {
        return;
    };
    let Some(answer) = &message.opened else {
        return;
    };
    let esp_or_ah =
        |proposal: &&Proposal| matches!(proposal.protocol, Protocol::Esp | Protocol::Ah);
    let Some(chosen) = answer.proposals.iter().find(esp_or_ah) else {
        return;
    };
    let suite = chosen.suites().first().cloned().unwrap_or_default();
    let pfs = match (&answer.key_exchange, &suite.group) {
        (Some(_), Some(group)) => ForwardSecrecy::Group(group.clone()),
        (Some(_), None) => ForwardSecrecy::Group(String::new()),
        (None, _) => ForwardSecrecy::Absent,
    };
    let identities = if answer.identities.len() >= 2 {
        &answer.identities
    } else {
        &asked.identities
    };
    let selector = |index: usize| -> Vec<String> {
        identities
            .get(index)
            .map(|identity| {
                let narrowed = match (identity.protocol, identity.port) {
                    (0, 0) => String::new(),
                    (protocol, port) => narrowing(protocol, port),
                };
                format!("{}{narrowed}", prefix(&identity.value))
            })
            .into_iter()
            .collect()
    };
    let answer = Payloads {
        selectors_initiator: selector(0).into(),
        selectors_responder: selector(1).into(),
        ..Payloads::default()
    };
    let mut child = established(message, &asked, &answer, chosen.clone(), first, sender);
    if identities.is_empty() {
        let hosts = [tunnel.initiator.address, tunnel.responder.address].map(|host| {
            let length = if host.is_ipv4() { 32 } else { 128 };
            vec![format!("{host}/{length}")]
        });
        let [initiator, responder] = hosts;
        child.selectors_initiator = initiator;
        child.selectors_responder = responder;
    }
    child.mode = suite.mode;
    child.pfs = Some(pfs);
    child.lifetime_seconds = suite.lifetime.seconds;
    child.state = ChildState::Unknown;
    if tunnel.children.len() < MAX_TUNNEL_CHILDREN {
        tunnel.children.push(child);
    }
}

/// The third message of quick mode: the child is up, and one with the same selectors is replaced.
fn complete(tunnel: &mut Tunnel, first: FrameId, message: &Message) {
    let Some(index) = tunnel
        .children
        .iter()
        .position(|child| child.request == Some(first))
    else {
        return;
    };
    let (earlier, rest) = tunnel.children.split_at_mut(index);
    let Some(child) = rest.first_mut() else {
        return;
    };
    if child.state != ChildState::Unknown {
        return;
    }
    child.state = ChildState::Established;
    child.time = message.time;
    let replaced = earlier.iter_mut().enumerate().rev().find(|(_, old)| {
        old.state == ChildState::Established
            && old.selectors_initiator == child.selectors_initiator
            && old.selectors_responder == child.selectors_responder
    });
    if let Some((index, old)) = replaced {
        old.state = ChildState::Rekeyed;
        child.replaces = Some(index);
        tunnel.rekeys.child += 1;
    }
}

fn deletes(
    tunnel: &mut Tunnel,
    message: &Message,
    opened: &Payloads,
    ends: [Endpoint; 2],
    events: &mut Vec<Event>,
) {
    for delete in &opened.deletes {
        if delete.protocol == Protocol::Ike {
            // The response to a Delete of the IKE SA may carry one too.
            tunnel
                .deleted
                .get_or_insert((message.from, message.frame, message.time));
            continue;
        }
        for spi in delete.spis.iter().filter_map(|spi| spi_of(spi)) {
            match find(tunnel, spi, message.from) {
                Some(index) => {
                    if let Some(child) = tunnel.children.get_mut(index) {
                        child
                            .deleted
                            .get_or_insert((message.from, message.frame, message.time));
                        if child.state != ChildState::Rekeyed {
                            child.state = ChildState::Closed;
                        }
                    }
                }
                None => events.push(Event::ForeignChild {
                    spi,
                    rekeyed: false,
                    sender: end_of(ends, message.from),
                    frame: message.frame,
                    time: message.time,
                }),
            }
        }
    }
}

/// What another IKE SA, the successor of this one, did to a child. Gives whether it is one of these.
pub(super) fn foreign(
    tunnel: &mut Tunnel,
    spi: Spi,
    rekeyed: bool,
    by: (Endpoint, FrameId, Option<Timestamp>),
) -> bool {
    let (end, frame, time) = by;
    let sender = if end.address == tunnel.initiator.address {
        Sender::Initiator
    } else {
        Sender::Responder
    };
    let Some(child) = find(tunnel, spi, sender).and_then(|index| tunnel.children.get_mut(index))
    else {
        return false;
    };
    if rekeyed {
        child.state = ChildState::Rekeyed;
    } else {
        child.deleted.get_or_insert((sender, frame, time));
        if child.state != ChildState::Rekeyed {
            child.state = ChildState::Closed;
        }
    }
    true
}

/// The child whose SPI this side chose.
fn find(tunnel: &Tunnel, spi: Spi, side: Sender) -> Option<usize> {
    tunnel.children.iter().rposition(|child| {
        let own = match side {
            Sender::Initiator => child.spi_initiator,
            _ => child.spi_responder,
        };
        own == Some(spi)
    })
}

fn spi_of(octets: &[u8]) -> Option<Spi> {
    <[u8; 4]>::try_from(octets)
        .ok()
        .map(|spi| Spi(u32::from_be_bytes(spi)))
}

fn end_of(ends: [Endpoint; 2], side: Sender) -> Endpoint {
    let [initiator, responder] = ends;
    match side {
        Sender::Initiator => initiator,
        _ => responder,
    }
}

/// An address of a quick mode identity is a network of one host.
fn prefix(identity: &str) -> String {
    match identity.parse::<std::net::IpAddr>() {
        Ok(address) => format!("{address}/{}", if address.is_ipv4() { 32 } else { 128 }),
        Err(_) => identity.to_owned(),
    }
}

/// `[tcp/443]`, as IKEv2 selectors are written.
fn narrowing(protocol: u8, port: u16) -> String {
    let known = IpProtocol(protocol);
    let name = match protocol {
        0 => "any".to_owned(),
        _ => known
            .short()
            .or(known.name())
            .map_or_else(|| protocol.to_string(), str::to_lowercase),
    };
    match port {
        0 => format!("[{name}]"),
        port => format!("[{name}/{port}]"),
    }
}
