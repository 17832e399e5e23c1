//! What became of a tunnel and how far it got.

use ikescope_capture::Timestamp;
use ikescope_dissectors::registries::ikev2::{ExchangeType as ExchangeV2, NotifyType};

use super::child::{Child, ChildState};
use super::message::{Message, Sender, Step};
use super::sizes::{Overhead, USUAL_PRF};
use super::tunnel::{Mode, Opening, Stage, State, Tunnel};

/// Sets state and stage.
pub(super) fn judge(tunnel: &mut Tunnel, overhead: Option<Overhead>, end: Option<Timestamp>) {
    let (state, stage) = if tunnel.version == 1 {
        version_1(tunnel)
    } else {
        version_2(tunnel, overhead)
    };
    tunnel.stage = stage;
    tunnel.state = state;
    if state == State::Established {
        if let Some(deleted) = deleted(tunnel) {
            tunnel.deleted = Some(deleted);
            tunnel.state = State::Closed;
        } else if tunnel.replaced_by.is_some() || is_dead(tunnel, end) {
            tunnel.state = State::Closed;
        }
    }
    for child in &mut tunnel.children {
        child_state(child, tunnel.state);
    }
}

fn child_state(child: &mut Child, tunnel: State) {
    // What the responder set up is of no use to who does not accept the responder.
    if child.state == ChildState::Established && tunnel == State::Failed && !child.has_packets() {
        child.state = ChildState::Failed;
    }
    if child.state == ChildState::Unknown
        && (child.from_initiator.is_some() || child.from_responder.is_some())
    {
        child.state = ChildState::Established;
    }
    if child.state == ChildState::Unknown && child.inferred && tunnel == State::Established {
        child.state = ChildState::Established;
    }
    if child.state == ChildState::Established && tunnel == State::Closed {
        child.state = ChildState::Closed;
    }
}

fn version_2(tunnel: &Tunnel, overhead: Option<Overhead>) -> (State, Stage) {
    let init = |response| Step::V2(ExchangeV2::IKE_SA_INIT, response);
    let accepted = tunnel
        .of_step(init(true))
        .find(|response| !response.clear.proposals.is_empty() && response.clear.error().is_none());
    let auth: Vec<&Message> = tunnel
        .messages
        .iter()
        .filter(|message| message.step == Step::V2(ExchangeV2::IKE_AUTH, false))
        .collect();
    let auth_answer = tunnel
        .messages
        .iter()
        .rev()
        .find(|message| message.step == Step::V2(ExchangeV2::IKE_AUTH, true));
    let has_init = tunnel.first_of(init(false)).is_some() || tunnel.first_of(init(true)).is_some();
    if !has_init && auth.is_empty() && auth_answer.is_none() {
        return beginning_unseen(tunnel);
    }
    if auth.is_empty() && auth_answer.is_none() {
        return key_exchange(tunnel, accepted.is_some());
    }
    let both_ways = esp_both_ways(tunnel);
    let Some(answer) = auth_answer else {
        if both_ways || later_exchange_answered(tunnel) {
            return (State::Established, Stage::Established);
        }
        return (unanswered(&auth), Stage::Authentication);
    };
    // EAP: the last request is not answered.
    if let Some(last) = auth.last()
        && last.answered_by.is_none()
        && last.message_id > answer.message_id
    {
        return (unanswered(&auth[auth.len() - 1..]), Stage::Authentication);
    }
    if let Some(last) = auth.last()
        && asks_on(tunnel, last, answer)
    {
        return (State::Failed, Stage::Authentication);
    }
    match &answer.opened {
        Some(_) => opened_answer(tunnel, answer),
        None => closed_answer(tunnel, answer, &auth, overhead),
    }
}

/// Nothing before the first message: a tunnel that was there before the capture, or one that a rekey made.
fn beginning_unseen(tunnel: &Tunnel) -> (State, Stage) {
    if tunnel.replaces.is_some()
        || later_exchange_answered(tunnel)
        || (tunnel.messages.iter().any(|message| message.encrypted) && esp_both_ways(tunnel))
    {
        return (State::Established, Stage::Established);
    }
    (State::Incomplete, Stage::Unknown)
}

fn key_exchange(tunnel: &Tunnel, accepted: bool) -> (State, Stage) {
    let stage = Stage::KeyExchange;
    let refused = tunnel.from(Sender::Responder).any(|message| {
        message
            .clear
            .error()
            .is_some_and(|error| !is_retry(error.number))
    });
    let loops = tunnel
        .of_step(Step::V2(ExchangeV2::IKE_SA_INIT, true))
        .count()
        > 1
        && !accepted;
    let requests: Vec<&Message> = tunnel
        .messages
        .iter()
        .filter(|message| message.request && message.from == Sender::Initiator)
        .collect();
    let given_up = requests.iter().any(|request| request.transmissions >= 2);
    if (refused && !accepted) || loops || given_up || unreachable(tunnel) {
        return (State::Failed, stage);
    }
    let last = requests.last();
    let unsupported = tunnel
        .of_step(Step::V2(ExchangeV2::IKE_INTERMEDIATE, true))
        .any(|response| response.payloads().error().is_some());
    if unsupported || last.is_some_and(|last| last.transmissions >= 2) {
        return (State::Failed, stage);
    }
    (State::Incomplete, stage)
}

const fn is_retry(notify: u16) -> bool {
    notify == NotifyType::INVALID_KE_PAYLOAD.0
}

fn unanswered(requests: &[&Message]) -> State {
    let failed = requests.iter().any(|request| {
        request.answered_by.is_none()
            && (request.transmissions >= 2 || request.icmp.iter().any(|icmp| !icmp.too_big()))
    });
    if failed {
        State::Failed
    } else {
        State::Incomplete
    }
}

/// The last IKE_AUTH response was read.
fn opened_answer(tunnel: &Tunnel, answer: &Message) -> (State, Stage) {
    let payloads = answer.payloads();
    if payloads.auth_method().is_none() && payloads.notify(NotifyType::NULL_AUTH.0).is_none() {
        let failed = payloads.error().is_some()
            || payloads
                .eap
                .as_ref()
                .is_some_and(|eap| eap.code == EAP_FAILURE)
            || refusal_by_initiator(tunnel, answer).is_some();
        // EAP goes on, or its end was not seen.
        let state = if failed {
            State::Failed
        } else {
            State::Incomplete
        };
        return (state, Stage::Authentication);
    }
    if refusal_by_initiator(tunnel, answer).is_some() {
        return (State::Failed, Stage::Authentication);
    }
    // The first response of EAP has AUTH, and an EAP request.
    if payloads.eap.is_some() {
        let state = if tunnel.deleted.is_some() {
            State::Failed
        } else {
            State::Incomplete
        };
        return (state, Stage::Authentication);
    }
    if payloads.proposals.is_empty() && payloads.error().is_some() {
        return (State::Failed, Stage::Child);
    }
    (State::Established, Stage::Established)
}

/// The initiator says that it does not accept the responder's proof (RFC 7296, section 2.21.2).
fn refusal_by_initiator<'t>(tunnel: &'t Tunnel, answer: &Message) -> Option<&'t Message> {
    tunnel.from(Sender::Initiator).find(|message| {
        message.request
            && message.message_id > answer.message_id
            && message
                .payloads()
                .notify(NotifyType::AUTHENTICATION_FAILED.0)
                .is_some()
    })
}

/// The last IKE_AUTH response stayed closed: its length tells (RFC 7296, sections 1.2 and 2.21.2).
fn closed_answer(
    tunnel: &Tunnel,
    answer: &Message,
    requests: &[&Message],
    overhead: Option<Overhead>,
) -> (State, Stage) {
    let packets = tunnel.children.iter().any(Child::has_packets);
    if packets || later_child(tunnel) {
        return (State::Established, Stage::Established);
    }
    let fragments_missing = answer
        .fragments_total
        .is_some_and(|total| answer.fragments.len() < usize::from(total));
    if fragments_missing && requests.last().is_some_and(|last| last.transmissions >= 2) {
        return (State::Failed, Stage::Authentication);
    }
    let largest = answer.inner_octets.map(|(_, largest)| largest);
    if largest.is_some_and(|largest| largest < ONE_NOTIFY_LARGEST) {
        return (State::Failed, Stage::Authentication);
    }
    if largest.is_none() && requests.len() < 2 && answer.length < LEAST_PROOF {
        return (State::Failed, Stage::Authentication);
    }
    let child = WITHOUT_CHILD + overhead.map_or(USUAL_PRF, |overhead| overhead.prf);
    // EAP goes on for as many rounds as it needs; what follows its end is no IKE_AUTH.
    if requests.len() > 1 && largest.is_some_and(|largest| largest < child) {
        let last = tunnel
            .messages
            .iter()
            .all(|message| message.frame <= answer.frame);
        return match ends_without_child(tunnel, answer, requests, overhead) {
            true => (State::Failed, Stage::Child),
            false if last => (State::Incomplete, Stage::Authentication),
            false => (State::Failed, Stage::Authentication),
        };
    }
    if largest.is_some_and(|largest| largest < child) {
        // Who did not ask for a child is not refused one (RFC 6023).
        let asked = requests.first().is_none_or(|request| {
            request.inner_octets.is_none_or(|(smallest, largest)| {
                let response = answer.inner_octets.map_or(0, |(smallest, _)| smallest);
                largest >= child && smallest >= response + OFFER_OF_CHILD
            })
        });
        return if asked {
            (State::Failed, Stage::Child)
        } else {
            (State::Established, Stage::Established)
        };
    }
    if quits(tunnel, answer) {
        return (State::Failed, Stage::Authentication);
    }
    (State::Established, Stage::Established)
}

/// Whether EAP is over and the last response has no room for a child: EAP-Success has four octets and its payload header,
/// which nothing else within EAP has, and is followed by AUTH on both sides (RFC 7296, section 2.16).
fn ends_without_child(
    tunnel: &Tunnel,
    answer: &Message,
    requests: &[&Message],
    overhead: Option<Overhead>,
) -> bool {
    let fits = |message: &Message, octets: u32| {
        message
            .inner_octets
            .is_some_and(|(smallest, largest)| (smallest..=largest).contains(&octets))
    };
    let [.., before, last] = requests else {
        return false;
    };
    let proof = AUTH_HEADER + overhead.map_or(USUAL_PRF, |overhead| overhead.prf);
    let success = before
        .answered_by
        .and_then(|frame| tunnel.message(frame))
        .is_some_and(|response| fits(response, EAP_SUCCESS));
    let room = answer
        .inner_octets
        .map(|(smallest, _)| smallest.saturating_sub(proof));
    answer.answers == Some(last.frame)
        && success
        && fits(last, proof)
        && room.is_some_and(|room| (ONE_NOTIFY..OFFER_OF_CHILD).contains(&room))
}

/// What a request has more than its answer if it asks for a child that is refused: SA with one small proposal, TSi and
/// TSr for IPv4.
const OFFER_OF_CHILD: u32 = 36 + 24 + 24;

/// The initiator ends the IKE SA at once after the response: it does not accept it.
fn quits(tunnel: &Tunnel, answer: &Message) -> bool {
    let after: Vec<&Message> = tunnel
        .messages
        .iter()
        .filter(|message| message.frame > answer.frame)
        .collect();
    let Some(first) = after.first() else {
        return false;
    };
    let soon = match (first.time, answer.time) {
        (Some(first), Some(answer)) => first.nanos_since(answer) < QUITS_NANOS,
        _ => true,
    };
    let small = first
        .inner_octets
        .is_none_or(|(smallest, _)| smallest <= ONE_NOTIFY);
    soon && small
        && first.from == Sender::Initiator
        && first.step == Step::V2(ExchangeV2::INFORMATIONAL, false)
        && after.len() <= 2
}

fn version_1(tunnel: &Tunnel) -> (State, Stage) {
    let of_main = |number| tunnel.first_of(Step::Main(number));
    let quick: Vec<&Message> = tunnel
        .messages
        .iter()
        .filter(|message| matches!(message.step, Step::Quick(_)))
        .collect();
    let transactions: Vec<&Message> = tunnel
        .messages
        .iter()
        .filter(|message| matches!(message.step, Step::Transaction(_)))
        .collect();
    let phase_one_seen = tunnel.mode.is_some();
    if !phase_one_seen {
        let stage = if quick.is_empty() {
            Stage::Unknown
        } else {
            Stage::Child
        };
        return (State::Incomplete, stage);
    }
    let main = tunnel.mode == Some(Mode::Main);
    let done = match tunnel.mode {
        Some(Mode::Main) => of_main(6).is_some(),
        Some(Mode::Aggressive) => tunnel.first_of(Step::Aggressive(3)).is_some(),
        _ => tunnel.first_of(Step::Base(4)).is_some(),
    };
    if !done && quick.is_empty() && transactions.is_empty() {
        return phase_one(tunnel);
    }
    if let Some(result) = phase_two(tunnel, &quick) {
        return result;
    }
    // Only phase 1: the proof of one side may have been refused.
    let last_proof = tunnel.messages.iter().rev().find(|message| {
        matches!(
            message.step,
            Step::Main(5 | 6) | Step::Aggressive(2 | 3) | Step::Base(3 | 4)
        )
    });
    if transactions.is_empty() {
        let within = |proof: &Message| match proof.from {
            // Who has the last proof has nothing to wait for.
            Sender::Responder => QUITS_NANOS,
            _ => AT_ONCE_NANOS,
        };
        let answered_badly =
            last_proof.is_some_and(|proof| refused_within(tunnel, proof, within(proof)));
        let ended = match last_proof.filter(|_| !expects_user(tunnel)) {
            Some(proof) => tunnel
                .deleted
                .is_some_and(|(_, _, time)| is_within(proof.last_copy().time, time, within(proof))),
            None => deleted_soon(tunnel),
        };
        let accepted = last_proof.is_some_and(|proof| done && answers_a_check(tunnel, proof));
        if (answered_badly || ended) && !accepted {
            let stage = if expects_user(tunnel) && !answered_badly {
                Stage::Xauth
            } else {
                Stage::Authentication
            };
            return (State::Failed, stage);
        }
        let repeated = last_proof.is_some_and(|proof| proof.transmissions >= 3);
        // Who asks for message 6 again and again does not take it.
        let asks_again = tunnel
            .first_of(Step::Main(5))
            .is_some_and(|asked| asked.transmissions >= 3);
        if repeated && (!main || asks_again) {
            return (State::Failed, Stage::Authentication);
        }
        if expects_user(tunnel) {
            return (State::Failed, Stage::Xauth);
        }
        return (State::Established, Stage::Established);
    }
    remote_access(tunnel, &transactions)
}

/// Main, aggressive or base mode did not come to its end.
fn phase_one(tunnel: &Tunnel) -> (State, Stage) {
    let stage = if tunnel.messages.iter().any(|message| {
        matches!(
            message.step,
            Step::Main(5 | 6) | Step::Aggressive(2 | 3) | Step::Base(3 | 4)
        )
    }) {
        Stage::Authentication
    } else {
        Stage::KeyExchange
    };
    let repeated = tunnel
        .messages
        .iter()
        .any(|message| message.transmissions >= 2 && message.step != Step::Informational);
    let notified = tunnel.messages.iter().any(|message| {
        message.step == Step::Informational
            && (message.encrypted
                || message.payloads().error().is_some()
                || !message.payloads().deletes.is_empty())
    });
    let version = tunnel
        .messages
        .iter()
        .any(|message| message.version != 1 && message.clear.error().is_some());
    if repeated || notified || version || unreachable(tunnel) {
        (State::Failed, stage)
    } else {
        (State::Incomplete, stage)
    }
}

/// What quick mode says; `None` without any.
fn phase_two(tunnel: &Tunnel, quick: &[&Message]) -> Option<(State, Stage)> {
    if quick.is_empty() {
        return None;
    }
    let packets = tunnel.children.iter().any(Child::has_packets);
    let both_ways = esp_both_ways(tunnel);
    let complete = quick.iter().any(|third| {
        third.step == Step::Quick(3)
            && quick.iter().any(|second| {
                second.step == Step::Quick(2)
                    && second.message_id == third.message_id
                    // Who repeats its answer did not get the third message.
                    && !(second.transmissions >= 2 && repeated_after(second, third))
            })
    });
    if complete
        || both_ways
        || (packets && !quick.iter().any(|message| message.step == Step::Quick(2)))
    {
        return Some((State::Established, Stage::Established));
    }
    let refused = quick.iter().any(|message| {
        message.transmissions >= 2
            || refused_after(tunnel, message)
            || message.icmp.iter().any(|icmp| !icmp.too_big())
    });
    let state = if refused || tunnel.deleted.is_some() {
        State::Failed
    } else {
        State::Incomplete
    };
    Some((state, Stage::Child))
}

fn repeated_after(second: &Message, third: &Message) -> bool {
    second.retransmissions.iter().any(|copy| {
        let late = match (copy.time, third.time) {
            (Some(copy), Some(third)) => copy.nanos_since(third) > SOON_NANOS,
            _ => copy.frame > third.frame,
        };
        copy.frame > third.frame && late
    })
}

/// XAUTH and Mode Config without quick mode behind them.
fn remote_access(tunnel: &Tunnel, transactions: &[&Message]) -> (State, Stage) {
    let exchanges = {
        let mut ids: Vec<u32> = transactions
            .iter()
            .map(|message| message.message_id)
            .collect();
        ids.dedup();
        ids.len()
    };
    let opened = transactions.iter().any(|message| message.opened.is_some());
    let status = |wanted: u16| {
        transactions.iter().any(|message| {
            message
                .payloads()
                .configuration
                .as_ref()
                .is_some_and(|configuration| configuration.xauth_status == Some(wanted))
        })
    };
    let xauth = if opened {
        !status(XAUTH_OK)
            && transactions
                .last()
                .is_some_and(|last| last.payloads().has_xauth())
    } else {
        expects_user(tunnel) && exchanges <= XAUTH_EXCHANGES
    };
    let stage = if xauth {
        Stage::Xauth
    } else {
        Stage::ModeConfig
    };
    let unanswered = transactions
        .iter()
        .all(|message| message.request && message.from == Sender::Responder);
    let repeated = unanswered && exchanges >= 3
        || transactions
            .iter()
            .any(|message| message.transmissions >= 2);
    let ended = tunnel.deleted.is_some()
        || transactions
            .last()
            .is_some_and(|last| refused_after(tunnel, last));
    // Nobody asked for a child: the initiator gave up. While a question is open, somebody may be typing.
    let answered = transactions.last().is_some_and(|last| !last.request);
    if repeated || status(XAUTH_FAIL) || ended || answered {
        (State::Failed, stage)
    } else {
        (State::Incomplete, stage)
    }
}

/// Whether the negotiated method asks a user after phase 1.
fn expects_user(tunnel: &Tunnel) -> bool {
    tunnel
        .chosen
        .as_ref()
        .and_then(|chosen| chosen.suites().first())
        .and_then(|suite| suite.auth.as_deref())
        .is_some_and(|method| method.starts_with("XAUTH") || method.starts_with("HYBRID"))
}

/// Whether an error or something encrypted came back soon after this message, instead of an answer.
fn refused_after(tunnel: &Tunnel, message: &Message) -> bool {
    refused_within(tunnel, message, AT_ONCE_NANOS)
}

/// Whether the first that comes after a proof is a liveness check of who sent it, and its answer: then the proof was accepted.
fn answers_a_check(tunnel: &Tunnel, proof: &Message) -> bool {
    let mut later = tunnel.messages.iter().filter(|message| {
        message.step == Step::Informational && message.encrypted && message.frame > proof.frame
    });
    let (Some(asked), Some(answer)) = (later.next(), later.next()) else {
        return false;
    };
    asked.from == proof.from
        && answer.from != proof.from
        && answer.length == asked.length
        && is_within(asked.time, answer.time, PAIR_NANOS)
}

fn is_within(begin: Option<Timestamp>, end: Option<Timestamp>, nanos: i64) -> bool {
    match (begin, end) {
        (Some(begin), Some(end)) => end.nanos_since(begin) < nanos,
        _ => true,
    }
}

fn refused_within(tunnel: &Tunnel, message: &Message, nanos: i64) -> bool {
    tunnel.messages.iter().any(|later| {
        let soon = is_within(message.last_copy().time, later.time, nanos);
        let bad = match &later.opened {
            Some(opened) => opened.error().is_some() || deletes_ike(opened),
            None => {
                later.encrypted && later.opening != Opening::Clear || later.clear.error().is_some()
            }
        };
        later.step == Step::Informational
            && later.frame > message.frame
            && later.from != message.from
            && soon
            && bad
    })
}

fn deletes_ike(payloads: &super::payloads::Payloads) -> bool {
    payloads
        .deletes
        .iter()
        .any(|delete| delete.protocol == super::proposal::Protocol::Ike)
}

fn deleted_soon(tunnel: &Tunnel) -> bool {
    match (tunnel.deleted, tunnel.first) {
        (Some((_, _, Some(time))), Some(first)) => time.nanos_since(first) < AT_ONCE_NANOS * 2,
        (Some(_), None) => true,
        _ => false,
    }
}

fn unreachable(tunnel: &Tunnel) -> bool {
    tunnel.icmp.iter().any(|icmp| !icmp.too_big())
}

fn esp_both_ways(tunnel: &Tunnel) -> bool {
    tunnel
        .children
        .iter()
        .any(|child| child.from_initiator.is_some() && child.from_responder.is_some())
}

/// A child that CREATE_CHILD_SA made proves that the tunnel is of use; a further refusal does not.
fn later_child(tunnel: &Tunnel) -> bool {
    tunnel
        .of_step(Step::V2(ExchangeV2::CREATE_CHILD_SA, true))
        .any(|response| {
            response
                .inner_octets
                .is_none_or(|(_, largest)| largest >= ONE_NOTIFY_LARGEST)
        })
}

/// Whether the initiator repeats its last IKE_AUTH request after the answer, and sends nothing else: it does not get it.
fn asks_on(tunnel: &Tunnel, request: &Message, answer: &Message) -> bool {
    let after = request
        .retransmissions
        .iter()
        .filter(|copy| copy.frame > answer.frame)
        .count();
    let more = tunnel
        .from(Sender::Initiator)
        .any(|message| message.frame > request.frame);
    let packets = tunnel
        .children
        .iter()
        .any(|child| child.from_initiator.is_some());
    request.answered_by == Some(answer.frame) && after >= 2 && !more && !packets
}

/// Whether an encrypted exchange behind IKE_AUTH was answered.
fn later_exchange_answered(tunnel: &Tunnel) -> bool {
    tunnel.messages.iter().any(|message| {
        matches!(
            message.step,
            Step::V2(
                ExchangeV2::CREATE_CHILD_SA | ExchangeV2::INFORMATIONAL,
                true
            )
        ) && message.encrypted
            && message.answers.is_some()
    })
}

/// Who deleted the IKE SA: as a Delete payload says, else the single small INFORMATIONAL exchange that is the last that
/// is heard of the tunnel.
fn deleted(tunnel: &Tunnel) -> Option<(Sender, crate::observation::FrameId, Option<Timestamp>)> {
    if tunnel.deleted.is_some() {
        return tunnel.deleted;
    }
    if tunnel.opened() {
        return None;
    }
    let informational = |message: &&Message| {
        message.encrypted
            && message.request
            && matches!(
                message.step,
                Step::Informational | Step::V2(ExchangeV2::INFORMATIONAL, false)
            )
    };
    let last = tunnel.messages.iter().rev().find(informational)?;
    let alike = tunnel
        .messages
        .iter()
        .filter(informational)
        .filter(|message| {
            message.answered_by.is_some()
                && message.length == last.length
                && message.from == last.from
        })
        .count()
        > 1;
    // The old child is deleted right after its rekey.
    let renewed = tunnel
        .of_step(Step::V2(ExchangeV2::CREATE_CHILD_SA, true))
        .any(|response| match (response.time, last.time) {
            (Some(response), Some(last)) => {
                (0..SHORTEST_CHECK_NANOS).contains(&last.nanos_since(response))
            }
            _ => false,
        });
    // In IKEv2 the Delete of the IKE SA has no SPI: what is longer deletes a child.
    let most = if tunnel.version == 1 {
        DELETE_LARGEST
    } else {
        ONE_NOTIFY
    };
    let small = last
        .inner_octets
        .is_none_or(|(smallest, largest)| smallest <= most && largest >= ONE_NOTIFY);
    // The Deletes of child and IKE SA follow each other at once; some peers pad them by a whole block.
    let in_pair = tunnel.version == 1
        && tunnel.from(last.from).any(|before| {
            before.step == Step::Informational
                && before.frame < last.frame
                && match (before.time, last.time) {
                    (Some(before), Some(last)) => last.nanos_since(before) < PAIR_NANOS,
                    _ => false,
                }
        });
    let small = small || in_pair;
    let routine = alike && !in_pair && (renewed || !right_after(tunnel, last));
    // Who ends both says so of both; one message that may be for the child is for it.
    let of_child = tunnel.version == 1
        && !in_pair
        && last
            .inner_octets
            .is_some_and(|(smallest, _)| smallest <= DELETE_OF_CHILD)
        && tunnel.children.iter().any(Child::has_packets);
    let is_last = tunnel.messages.iter().all(|message| {
        message.frame <= last.frame
            // Both sides may delete at once.
            || message.answers.is_some()
            || message.from == last.from && message.step == Step::Informational
            // Sent before the Delete came.
            || message.step == Step::Quick(1) && message.answered_by.is_none()
    });
    let silent = tunnel.children.iter().all(|child| {
        [&child.from_initiator, &child.from_responder]
            .into_iter()
            .flatten()
            // What was sent before the Delete came arrives after it.
            .all(|flow| flow.frame_last < last.answered_by.unwrap_or(last.frame))
    });
    let acknowledged = tunnel.version == 1 || last.answered_by.is_some();
    let dpd = tunnel.version == 1 && last.answered_by.is_some();
    (small && !of_child && is_last && silent && acknowledged && !routine && !dpd)
        .then_some((last.from, last.frame, last.time))
}

/// Whether the other side was heard just before this request: nobody checks whether it is alive then. Requests that cross
/// are sent by timers of both sides.
fn right_after(tunnel: &Tunnel, request: &Message) -> bool {
    let crosses = |message: &Message| message.answered_by.is_some_and(|by| by > request.frame);
    let messages = tunnel
        .from(request.from.opposite())
        .filter(|message| message.frame < request.frame && !crosses(message))
        .filter_map(|message| message.last_copy().time);
    let packets = tunnel.children.iter().filter_map(|child| {
        let flow = match request.from {
            Sender::Initiator => child.from_responder.as_ref(),
            _ => child.from_initiator.as_ref(),
        };
        flow?.last
    });
    match (messages.chain(packets).max(), request.time) {
        (Some(heard), Some(asked)) => asked.nanos_since(heard) < SHORTEST_CHECK_NANOS,
        _ => false,
    }
}

/// Whether the last thing that is heard of a tunnel is a request that is repeated although it was answered: who asks
/// does not get the answers, and gives up.
fn unheard(tunnel: &Tunnel) -> bool {
    let Some(last) = tunnel.messages.iter().rev().find(|message| message.request) else {
        return false;
    };
    let end = last.last_copy().frame;
    let routine = matches!(
        last.step,
        Step::V2(
            ExchangeV2::INFORMATIONAL | ExchangeV2::CREATE_CHILD_SA,
            false
        )
    );
    let silent = tunnel.children.iter().all(|child| {
        [&child.from_initiator, &child.from_responder]
            .into_iter()
            .flatten()
            .all(|flow| flow.frame_last < end)
    });
    routine && silent && last.answered_by.is_some() && last.transmissions as usize >= DEAD_AFTER
}

/// Whether one side repeated a request until it gave up, and nothing more came from the other.
fn is_dead(tunnel: &Tunnel, end: Option<Timestamp>) -> bool {
    if unheard(tunnel) {
        return true;
    }
    let Some(last) = tunnel
        .messages
        .iter()
        .rev()
        .filter(|message| message.request && message.encrypted && message.answered_by.is_none())
        .find(|message| tunnel.version == 1 || message.transmissions as usize >= DEAD_AFTER)
    else {
        return false;
    };
    let copies = last
        .retransmissions
        .iter()
        .map(|copy| copy.time)
        .collect::<Vec<_>>();
    let heard = |time: Option<Timestamp>| match (time, last.time) {
        (Some(time), Some(asked)) => time > asked,
        _ => false,
    };
    let message_heard = tunnel.messages.iter().any(|message| {
        message.from != last.from && heard(message.last_copy().time) && tunnel.connects(message)
    });
    let flow_heard = tunnel.children.iter().any(|child| {
        let flow = match last.from {
            Sender::Initiator => &child.from_responder,
            _ => &child.from_initiator,
        };
        flow.as_ref().is_some_and(|flow| heard(flow.last))
    });
    if message_heard || flow_heard {
        return false;
    }
    if tunnel.version == 1 {
        // R-U-THERE is asked anew each time.
        let asked = tunnel
            .messages
            .iter()
            .rev()
            .take_while(|message| message.from == last.from)
            .filter(|message| {
                message.step == Step::Informational
                    && message.encrypted
                    && message.answers.is_none()
            })
            .count();
        return asked >= DEAD_AFTER_V1 || last.transmissions as usize >= DEAD_AFTER;
    }
    let gave_up = match (copies.last().copied().flatten(), copies.len(), end) {
        (Some(latest), count @ 1.., Some(end)) => {
            let before = count
                .checked_sub(2)
                .and_then(|index| copies.get(index).copied().flatten())
                .or(last.time);
            let gap = before.map_or(0, |before| latest.nanos_since(before));
            end.nanos_since(latest) > gap.saturating_mul(2)
        }
        _ => false,
    };
    last.transmissions as usize >= DEAD_AFTER && (gave_up || last.transmissions >= 4)
}

impl Child {
    /// Whether any packet of it was seen.
    pub(super) fn has_packets(&self) -> bool {
        self.from_initiator.is_some() || self.from_responder.is_some()
    }
}

/// EAP-Failure (RFC 3748, section 4.2).
const EAP_FAILURE: u8 = 4;

/// The payload of EAP-Success or EAP-Failure, which have no data (RFC 3748, section 4.2; RFC 7296, section 3.16).
const EAP_SUCCESS: u32 = 8;

/// AUTH without its data (RFC 7296, section 3.8).
const AUTH_HEADER: u32 = 8;

/// Octets of the smallest message with an identity (an IPv4 address) and a proof (of 16 octets) in it, whatever the suite:
/// header, SK header, two payloads, the initialization vector and the integrity check value of 3DES with HMAC-MD5-96.
const LEAST_PROOF: u32 = 28 + 4 + 12 + 24 + 8 + 12;

/// One notification without data and without SPI, or the Delete of an IKE SA.
const ONE_NOTIFY: u32 = 8;

/// One notification with the data that errors have, padded to a block of 16.
const ONE_NOTIFY_LARGEST: u32 = 32;

/// Delete of an ESP SA, or of an ISAKMP SA with both cookies.
const DELETE_LARGEST: u32 = 28;

/// Delete of one ESP SA of IKEv1 (RFC 2408, section 3.15).
const DELETE_OF_CHILD: u32 = 16;

/// IDr of a few octets, AUTH without its data, a notification: less than this without SA, TSi and TSr, which have 88
/// octets at least.
const WITHOUT_CHILD: u32 = 104;

/// An answer that comes this soon is a reaction.
const AT_ONCE_NANOS: i64 = 2_000_000_000;

/// Two messages that one event causes.
const PAIR_NANOS: i64 = 100_000_000;

/// Liveness checks are seconds apart, and need silence before them (RFC 7296, section 2.4).
const SHORTEST_CHECK_NANOS: i64 = 900_000_000;

/// An initiator that refuses an answer needs no longer than to check it; a user who ends the tunnel does.
const QUITS_NANOS: i64 = 400_000_000;

/// A copy that was on its way.
const SOON_NANOS: i64 = 400_000_000;

/// XAUTH has two exchanges: the question and the result.
const XAUTH_EXCHANGES: usize = 2;

/// XAUTH-STATUS (draft-ietf-ipsec-isakmp-xauth-06, section 6.2).
const XAUTH_FAIL: u16 = 0;
const XAUTH_OK: u16 = 1;

/// A peer is dead when this many requests, or copies of one, were not answered.
const DEAD_AFTER: usize = 3;

/// Questions of DPD, each with a number of its own, that were not answered.
const DEAD_AFTER_V1: usize = 2;
