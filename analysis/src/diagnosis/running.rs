//! Questions that several rules ask of a tunnel that is up, or was.

use ikescope_capture::Timestamp;
use ikescope_dissectors::registries::ikev2::ExchangeType;

use super::declaration::{Severity, Side};
use super::diagnosis::Diagnosis;
use super::pace::with_pace;
use crate::observation::FrameId;
use crate::tunnels::{Child, Flow, Message, Notify, Sender, Step, Surroundings, Tunnel};

/// Both sides of a tunnel.
pub(super) const SIDES: [Sender; 2] = [Sender::Initiator, Sender::Responder];

/// Seconds from one time to another; `None` where the file has no times.
pub(super) fn seconds(from: Option<Timestamp>, to: Option<Timestamp>) -> Option<f64> {
    Some(to?.nanos_since(from?) as f64 / 1e9)
}

/// Whether `to` is this many seconds after `from` at least; `false` where the file has no times.
pub(super) fn at_least(from: Option<Timestamp>, to: Option<Timestamp>, wanted: f64) -> bool {
    seconds(from, to).is_some_and(|seconds| seconds >= wanted)
}

/// Whether `to` follows `from` within this many seconds; `true` where the file has no times.
pub(super) fn within(from: Option<Timestamp>, to: Option<Timestamp>, wanted: f64) -> bool {
    seconds(from, to).is_none_or(|seconds| (0.0..=wanted).contains(&seconds))
}

/// Requests of one IKEv2 exchange.
pub(super) fn requests(tunnel: &Tunnel, exchange: ExchangeType) -> impl Iterator<Item = &Message> {
    tunnel.of_step(Step::V2(exchange, false))
}

/// Responses of one IKEv2 exchange.
pub(super) fn responses(tunnel: &Tunnel, exchange: ExchangeType) -> impl Iterator<Item = &Message> {
    tunnel.of_step(Step::V2(exchange, true))
}

/// The answer to a request.
pub(super) fn answer<'a>(tunnel: &'a Tunnel, request: &Message) -> Option<&'a Message> {
    tunnel.message(request.answered_by?)
}

/// The request that this message answers.
pub(super) fn answered<'a>(tunnel: &'a Tunnel, response: &Message) -> Option<&'a Message> {
    tunnel.message(response.answers?)
}

/// Packets of a child from one side.
pub(super) fn flow_from(child: &Child, sender: Sender) -> Option<&Flow> {
    match sender {
        Sender::Initiator => child.from_initiator.as_deref(),
        Sender::Responder => child.from_responder.as_deref(),
        Sender::Other => None,
    }
}

/// Flows of ESP and AH that one side sent, with their children.
pub(super) fn flows_from(tunnel: &Tunnel, sender: Sender) -> impl Iterator<Item = (&Child, &Flow)> {
    tunnel
        .children
        .iter()
        .filter_map(move |child| Some((child, flow_from(child, sender)?)))
}

/// Flows of ESP and AH of both sides.
pub(super) fn flows(tunnel: &Tunnel) -> impl Iterator<Item = &Flow> {
    SIDES
        .into_iter()
        .flat_map(|sender| flows_from(tunnel, sender))
        .map(|(_, flow)| flow)
}

/// Packets of ESP and AH that one side sent.
pub(super) fn packets_from(tunnel: &Tunnel, sender: Sender) -> u64 {
    flows_from(tunnel, sender)
        .map(|(_, flow)| flow.packets)
        .sum()
}

/// When one side last sent anything of this tunnel.
pub(super) fn last_heard(tunnel: &Tunnel, sender: Sender) -> Option<Timestamp> {
    let messages = tunnel
        .from(sender)
        .filter_map(|message| message.last_copy().time);
    let packets = flows_from(tunnel, sender).filter_map(|(_, flow)| flow.last);
    messages.chain(packets).max()
}

/// How much it matters that a message got no answer: after one copy, and a capture that ends before the next one was due,
/// the answer may have come.
pub(super) fn unanswered_severity(message: &Message, around: &Surroundings<'_>) -> Severity {
    let last = message.last_copy().time;
    let (gap, rest) = (
        seconds(message.time, last),
        seconds(last, around.capture.last),
    );
    match (gap, rest) {
        (Some(gap), Some(rest)) if message.transmissions <= 2 && rest < gap => Severity::Warning,
        _ => Severity::Failure,
    }
}

/// Whether the peers have authenticated each other: a message that only an IKE SA allows was answered, or data passed.
pub(super) fn was_up(tunnel: &Tunnel) -> bool {
    let established = tunnel.children.iter().any(|child| {
        child.from_initiator.is_some()
            || child.from_responder.is_some()
            || child.spi_initiator.is_some() && child.spi_responder.is_some()
    });
    let answered = tunnel.messages.iter().any(|message| match message.step {
        Step::V2(
            ExchangeType::IKE_SA_INIT | ExchangeType::IKE_AUTH | ExchangeType::IKE_INTERMEDIATE,
            _,
        ) => false,
        Step::V2(..) => message.request && message.answered_by.is_some(),
        Step::Quick(number) => number > 1,
        _ => false,
    });
    established || answered
}

/// Whether somebody waits for answers to the packets from this frame on: what is inside says so or, unopened, they are as
/// long and as slow as the echo requests or the first segments of TCP that nothing answers.
pub(super) fn expects_answers(flow: &Flow, since: FrameId) -> bool {
    if let Some(inside) = &flow.inside {
        return inside.question >= Some(since);
    }
    // A clock that jumps is no pace.
    let pause = flow.longest_silence.map_or(0.0, |(silence, _)| silence);
    let slow = flow
        .seconds()
        .is_some_and(|seconds| seconds - pause >= ASKING_PACE_SECONDS * flow.packets as f64);
    slow && flow.same_length * 4 >= flow.packets.saturating_sub(1) * 3
}

/// Seconds from one question to the next where nothing answers; a stream of media is faster.
const ASKING_PACE_SECONDS: f64 = 0.1;

/// The side of a sender.
pub(super) const fn side(sender: Sender) -> Side {
    match sender {
        Sender::Initiator => Side::Initiator,
        Sender::Responder => Side::Responder,
        Sender::Other => Side::Unknown,
    }
}

/// What a notification is called, or its number.
pub(super) fn notify_name(notify: &Notify) -> String {
    notify
        .name
        .map_or_else(|| format!("notification {}", notify.number), str::to_owned)
}

/// `3 times`, `once`.
pub(super) fn times(count: u32) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        _ => format!("{count} times"),
    }
}

/// Seconds in words: `350 ms`, `4.2 s`, `61 min`.
pub(super) fn duration(seconds: f64) -> String {
    if seconds < 0.95 {
        format!("{:.0} ms", seconds * 1e3)
    } else if seconds < 99.5 {
        format!("{seconds:.1} s")
    } else if seconds < 5_400.0 {
        format!("{:.0} min", seconds / 60.0)
    } else {
        format!("{:.1} h", seconds / 3_600.0)
    }
}

/// A message with its copies as evidence.
pub(super) fn with_copies(diagnosis: Diagnosis, message: &Message, what: &str) -> Diagnosis {
    let first = diagnosis.evidence(message.frame, with_pace(what, message));
    message
        .retransmissions
        .iter()
        .take(SHOWN_COPIES)
        .fold(first, |diagnosis, copy| {
            diagnosis.evidence(copy.frame, "the same again")
        })
}

/// Copies of one message that are worth a line.
const SHOWN_COPIES: usize = 5;
