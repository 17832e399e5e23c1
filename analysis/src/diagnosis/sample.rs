//! Tunnels made by hand, for the tests of rules.

use std::net::IpAddr;

use ikescope_capture::Timestamp;
use ikescope_dissectors::registries::ikev2::{ExchangeType, NotifyType, PayloadType};
use ikescope_dissectors::{IkeSpi, Spi};
use thin_vec::ThinVec;

use super::engine::diagnose;
use crate::observation::{Encapsulation, Endpoint, FrameId};
use crate::tunnels::{
    Auth, CaptureFacts, Child, ChildState, Delete, Flow, Message, Notify, Opening, Payloads, Peer,
    PortChange, Protocol, Rekeys, Sender, SenderEnds, Stage, State, Step, Surroundings,
    Transmission, Tunnel,
};

pub(super) const INFORMATIONAL: ExchangeType = ExchangeType::INFORMATIONAL;
pub(super) const CREATE_CHILD_SA: ExchangeType = ExchangeType::CREATE_CHILD_SA;
pub(super) const IKE_AUTH: ExchangeType = ExchangeType::IKE_AUTH;
pub(super) const IKE_SA_INIT: ExchangeType = ExchangeType::IKE_SA_INIT;

/// Milliseconds after the beginning of the capture.
pub(super) fn at(milliseconds: i64) -> Timestamp {
    let nanos = milliseconds.rem_euclid(1000) as u64 * 1_000_000;
    Timestamp::new(1_000 + milliseconds.div_euclid(1000), nanos)
}

/// The frame at this time: later frames have higher numbers.
pub(super) fn frame(milliseconds: i64) -> FrameId {
    FrameId {
        file: 0,
        number: 1 + milliseconds as u64,
    }
}

pub(super) fn end(sender: Sender, port: u16) -> Endpoint {
    let last = if sender == Sender::Initiator { 1 } else { 2 };
    Endpoint {
        address: IpAddr::from([192, 0, 2, last]),
        port: Some(port),
    }
}

/// A tunnel whose negotiation was answered, and which is up.
pub(super) fn tunnel(version: u8) -> Tunnel {
    let mut tunnel = Tunnel {
        id: 1,
        version,
        mode: None,
        initiator: Peer::new(end(Sender::Initiator, 500)),
        responder: Peer::new(end(Sender::Responder, 500)),
        initiator_spi: IkeSpi(1),
        responder_spi: Some(IkeSpi(2)),
        state: State::Established,
        stage: Stage::Established,
        last_step: None,
        beginning_seen: true,
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
        first: Some(at(0)),
        last: Some(at(0)),
    };
    if version == 2 {
        exchange(&mut tunnel, IKE_SA_INIT, Sender::Initiator, 0);
        exchange(&mut tunnel, IKE_AUTH, Sender::Initiator, 10);
    }
    tunnel
}

/// Adds one message and gives it back to be changed.
pub(super) fn send(tunnel: &mut Tunnel, step: Step, from: Sender, time: i64) -> &mut Message {
    let number = tunnel.messages.len() as u32;
    let (exchange, request) = match step {
        Step::V2(exchange, response) => (exchange.0, !response),
        _ => (0, true),
    };
    let encrypted = exchange != IKE_SA_INIT.0;
    tunnel.messages.push(Message {
        frame: frame(time),
        time: Some(at(time)),
        from,
        ends: SenderEnds {
            src: end(from, 500),
            dst: end(from.opposite(), 500),
        },
        encapsulation: None,
        version: tunnel.version,
        responder_spi: IkeSpi(2),
        exchange,
        message_id: number,
        flags: 0,
        step,
        request,
        length: 80,
        encrypted,
        first_payload: 0,
        retransmissions: ThinVec::new(),
        transmissions: 1,
        duplicates: 0,
        answers: None,
        answered_by: None,
        clear: Payloads::default(),
        opened: None,
        opening: Opening::default(),
        verifications: ThinVec::new(),
        inner_octets: None,
        fragments: ThinVec::new(),
        fragments_total: None,
        ip_fragments: 0,
        nat: None,
        icmp: ThinVec::new(),
        truncated: false,
        malformed: false,
    });
    tunnel.last = Some(at(time));
    let last = tunnel.messages.len() - 1;
    &mut tunnel.messages[last]
}

/// Sends the last message again at these times.
pub(super) fn again(tunnel: &mut Tunnel, times: &[i64]) {
    let message = tunnel.messages.last_mut().unwrap();
    for time in times {
        message.transmissions += 1;
        message.retransmissions.push(Transmission {
            frame: frame(*time),
            time: Some(at(*time)),
            elsewhere: false,
        });
    }
}

/// A request and its answer, five milliseconds later.
pub(super) fn exchange(tunnel: &mut Tunnel, exchange: ExchangeType, from: Sender, time: i64) {
    send(tunnel, Step::V2(exchange, false), from, time);
    let message = send(tunnel, Step::V2(exchange, true), from.opposite(), time + 5);
    message.answers = Some(frame(time));
    let request = tunnel.messages.len() - 2;
    tunnel.messages[request].answered_by = Some(frame(time + 5));
}

/// What the last but one, and the last message have inside, as if they had been opened.
pub(super) fn open(tunnel: &mut Tunnel, request: Payloads, response: Payloads) {
    let count = tunnel.messages.len();
    tunnel.messages[count - 2].opened = Some(request.into());
    tunnel.messages[count - 1].opened = Some(response.into());
}

/// Payloads with notifications.
pub(super) fn notifies(numbers: &[NotifyType]) -> Payloads {
    Payloads {
        types: vec![PayloadType::NOTIFY.0; numbers.len()],
        notifies: numbers
            .iter()
            .map(|number| Notify {
                number: number.0,
                name: None,
                protocol: Protocol::Other(0),
                spi: Box::default(),
                data: Box::default(),
            })
            .collect(),
        ..Payloads::default()
    }
}

/// An AUTH payload that names no algorithm.
pub(super) fn proof_by(method: u8) -> Box<Auth> {
    Box::new(Auth {
        method,
        signature_algorithm: None,
    })
}

/// A Delete of a child.
pub(super) fn delete_child() -> Payloads {
    Payloads {
        deletes: vec![Delete {
            protocol: Protocol::Esp,
            spis: vec![vec![0, 0, 1, 0]],
        }]
        .into(),
        ..Payloads::default()
    }
}

/// A child that came up with IKE_AUTH.
pub(super) fn child(tunnel: &mut Tunnel) -> &mut Child {
    tunnel.children.push(Child {
        protocol: Protocol::Esp,
        mode: None,
        spi_initiator: Some(Spi(0x100)),
        spi_responder: Some(Spi(0x200)),
        offered: Vec::new(),
        chosen: None,
        pfs: None,
        selectors_initiator: Vec::new(),
        selectors_responder: Vec::new(),
        lifetime_seconds: None,
        inferred: false,
        state: ChildState::Established,
        requested_by: Some(Sender::Initiator),
        request: Some(frame(10)),
        response: Some(frame(15)),
        time: Some(at(15)),
        replaces: None,
        deleted: None,
        from_initiator: None,
        from_responder: None,
    });
    tunnel.children.last_mut().unwrap()
}

/// Packets from one side between two times, evenly.
pub(super) fn flow(from: Sender, packets: u64, first: i64, last: i64) -> Box<Flow> {
    Box::new(Flow {
        protocol: Protocol::Esp,
        spi: Spi(if from == Sender::Initiator {
            0x200
        } else {
            0x100
        }),
        src: end(from, 4500),
        dst: end(from.opposite(), 4500),
        encapsulation: Some(Encapsulation::Udp),
        packets,
        octets: packets * 136,
        lost: 0,
        replayed: 0,
        duplicates: 0,
        late: 0,
        reorder_depth: 0,
        resets: 0,
        reset_frame: None,
        sequence_first: 1,
        sequence_last: packets as u32,
        sequence_highest: packets as u32,
        frame_first: frame(first),
        frame_last: frame(last),
        first: Some(at(first)),
        last: Some(at(last)),
        longest_silence: Some(((last - first) as f64 / 1e3 / packets as f64, at(first))),
        smallest: 136,
        largest: 136,
        largest_frame: frame(first),
        lengths_modulo_16: [0; 16],
        same_length: packets,
        large: 0,
        large_unanswered: 0,
        small: packets,
        small_unanswered: 0,
        unanswered: 0,
        unanswered_since: None,
        fragmented: 0,
        fragmented_frame: None,
        source_changes: Vec::new(),
        source_changed: 0,
        icmp: Vec::new(),
        opened: 0,
        failed: 0,
        readable: false,
        inside: None,
    })
}

/// A sender that moved.
pub(super) fn moved(flow: &mut Flow, time: i64, after: Endpoint) {
    flow.source_changes.push(PortChange {
        frame: frame(time),
        time: Some(at(time)),
        before: flow.src,
        after,
    });
    flow.source_changed += 1;
    flow.src = after;
}

/// What the rules say of a tunnel alone.
pub(super) fn ids(tunnel: &Tunnel) -> Vec<&'static str> {
    ids_among(tunnel, &[tunnel])
}

/// What the rules say of a tunnel among others.
pub(super) fn ids_among(tunnel: &Tunnel, tunnels: &[&Tunnel]) -> Vec<&'static str> {
    let around = Surroundings {
        capture: &CaptureFacts::default(),
        tunnels,
        flows: &[],
    };
    diagnose(tunnel, &around)
        .iter()
        .map(|found| found.declaration.id)
        .collect()
}
