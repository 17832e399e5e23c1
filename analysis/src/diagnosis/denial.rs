//! Load, attacks and scans.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use ikescope_dissectors::registries::ikev2::{ExchangeType, NotifyType};

use super::declaration::{Confidence, Declaration, Need, Severity, Side};
use super::diagnosis::Diagnosis;
use super::engine::{CaptureRule, TunnelRule};
use super::facts::never_up;
use super::running::{responses, seconds};
use crate::observation::FrameId;
use crate::tunnels::{Message, Sender, Stage, State, Step, Surroundings, Tunnel};

/// Everything on this topic.
pub(super) const DECLARATIONS: &[&Declaration] = &[
    &COOKIE_CHALLENGE,
    &COOKIE_LOOP,
    &INIT_FLOOD,
    &IKE_SCAN_PROBE,
    &SPOOFED_ERROR_SUSPECT,
    &PUZZLE,
];

/// The rules of this topic.
pub(super) const RULES: &[TunnelRule] = &[
    asked_for_cookies,
    asked_for_a_puzzle,
    two_answers,
    looks_like_a_scan,
];

pub(super) static COOKIE_CHALLENGE: Declaration = Declaration {
    id: "cookie-challenge",
    title: "The responder asks for a cookie before it answers",
    severity: Severity::Note,
    weight: 14,
    explanation: "Under load the responder wants a proof that the initiator receives at its address. The initiator \
        repeats its request with the cookie and goes on. It costs one round trip; nothing is wrong.",
    symptom: "An extra round trip under load.",
    wire: "A response with COOKIE only; the same request again with COOKIE as the first payload.",
    opened: "",
    checks: &[(
        Side::Unknown,
        "nothing; see who sends many IKE_SA_INIT to the responder",
    )],
    needs: &[Need::Clear],
    competitors: &[("cookie-loop", "it comes more than twice in one attempt")],
    references: &["RFC 7296, section 2.6"],
    see: None,
};

pub(super) static COOKIE_LOOP: Declaration = Declaration {
    id: "cookie-loop",
    title: "The responder asks for a cookie again and again",
    severity: Severity::Failure,
    weight: 62,
    explanation: "The initiator never gets past the cookie: it does not send it back, changes it, or its address \
        changes between the packets, or cookie and key exchange method are asked for in turn.",
    symptom: "No connection while the responder is under load.",
    wire: "More than two responses with COOKIE in one attempt.",
    opened: "",
    checks: &[
        (
            Side::Initiator,
            "is the cookie sent back unchanged as the first payload?",
        ),
        (
            Side::Network,
            "does the port or address of the initiator change between its packets?",
        ),
        (
            Side::Responder,
            "its implementation, if cookie and address are right",
        ),
    ],
    needs: &[Need::Clear, Need::BothDirections],
    competitors: &[
        ("cookie-challenge", "once or twice only"),
        (
            "invalid-ke-loop",
            "INVALID_KE_PAYLOAD comes again and again",
        ),
    ],
    references: &["RFC 7296, section 2.6", "RFC 7296, section 2.6.1"],
    see: None,
};

pub(super) static INIT_FLOOD: Declaration = Declaration {
    id: "init-flood",
    title: "Very many negotiations are begun and not continued",
    severity: Severity::Warning,
    weight: 46,
    explanation: "Many first messages with new SPIs arrive and almost none is followed by authentication: a flood, a \
        scan, or clients that cannot authenticate.",
    symptom: "The responder is slow and asks everybody for cookies.",
    wire: "Many initiator SPIs, few IKE_AUTH; the number of sources tells whether they are forged.",
    opened: "",
    checks: &[
        (Side::Responder, "cookies and limits for half-open SAs"),
        (Side::Network, "limit the rate of first messages"),
    ],
    needs: &[Need::Clear, Need::OtherTunnels],
    competitors: &[
        ("half-open-limit-drop", "a single peer is throttled"),
        ("ike-scan-probe", "few messages of one pattern"),
    ],
    references: &["RFC 7296, section 2.6", "RFC 8019, section 4"],
    see: None,
};

pub(super) static IKE_SCAN_PROBE: Declaration = Declaration {
    id: "ike-scan-probe",
    title: "This looks like a scan",
    severity: Severity::Note,
    weight: 16,
    explanation: "A single first message with an unusual offer and no continuation, without the retransmissions of a \
        real initiator. Likely a tool that asks what the responder accepts. One that begins aggressive mode under many \
        names looks for a group name that the gateway knows.",
    symptom: "Unknown peers in the log.",
    wire: "One IKE_SA_INIT or main mode message, often with many transforms, never followed by the next message; or \
        aggressive mode message 1 of one address under many identities, never followed by message 3.",
    opened: "",
    checks: &[(Side::Network, "limit who may reach UDP 500")],
    needs: &[Need::Clear],
    competitors: &[(
        "no-response-to-first-message",
        "a real initiator repeats its message",
    )],
    references: &["RFC 8019, section 4"],
    see: None,
};

pub(super) static SPOOFED_ERROR_SUSPECT: Declaration = Declaration {
    id: "spoofed-error-suspect",
    title: "An error in clear and a valid answer to the same request",
    severity: Severity::Warning,
    weight: 40,
    explanation: "A request got an error that anybody could have sent and, shortly after, a proper response. The \
        error may be forged, or two hosts answer for one address.",
    symptom: "Refusals that come and go.",
    wire: "Two different responses to one request: an error in clear and a valid one.",
    opened: "",
    checks: &[
        (
            Side::Network,
            "TTL and IP identification of the two answers; two hosts behind one address",
        ),
        (Side::Responder, "did it send the error?"),
    ],
    needs: &[Need::Clear],
    competitors: &[(
        "invalid-ke-retry",
        "the error is INVALID_KE_PAYLOAD and the request is sent again changed",
    )],
    references: &["RFC 7296, section 2.21.1", "RFC 7296, section 2.21.4"],
    see: None,
};

pub(super) static PUZZLE: Declaration = Declaration {
    id: "puzzle",
    title: "The responder asks the initiator to solve a puzzle",
    severity: Severity::Note,
    weight: 16,
    explanation: "Under load the responder makes each negotiation cost computing time. The initiator solves the \
        puzzle and goes on; nothing is wrong.",
    symptom: "The client computes before it logs in.",
    wire: "A response with PUZZLE beside COOKIE.",
    opened: "",
    checks: &[(Side::Responder, "who sends many first messages to it?")],
    needs: &[Need::Clear],
    competitors: &[("cookie-challenge", "there is no PUZZLE")],
    references: &["RFC 8019, section 7.1"],
    see: None,
};

/// COOKIE, once or again and again.
fn asked_for_cookies<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let asked: Vec<&Message> = responses(tunnel, ExchangeType::IKE_SA_INIT)
        .filter(|message| message.clear.notify(NotifyType::COOKIE.0).is_some())
        .collect();
    let first = asked.first()?;
    let through = responses(tunnel, ExchangeType::IKE_SA_INIT)
        .any(|message| message.clear.key_exchange.is_some());
    let sent: Vec<&Message> = tunnel
        .of_step(Step::V2(ExchangeType::IKE_SA_INIT, false))
        .collect();
    let times: usize = asked
        .iter()
        .map(|message| message.transmissions as usize)
        .sum();
    if through || (asked.len() <= 2 && times <= 2) {
        let summary = "The responder asked for a cookie before it answered.";
        let cookie = sent
            .iter()
            .find(|message| message.clear.notify(NotifyType::COOKIE.0).is_some());
        return Some(
            Diagnosis::new(
                &COOKIE_CHALLENGE,
                Confidence::Certain,
                Side::Responder,
                summary,
            )
            .evidence(first.frame, "COOKIE from the responder")
            .evidence_if(cookie.map(|message| message.frame), "COOKIE sent back")
            .excludes("cookie-loop", "it is asked for no more than twice"),
        );
    }
    let moved: HashSet<_> = sent.iter().map(|message| message.ends.src).collect();
    let returned = sent.iter().filter(|message| {
        let data = message
            .clear
            .notify(NotifyType::COOKIE.0)
            .map(|cookie| &cookie.data);
        data.is_some_and(|data| {
            asked.iter().any(|asked| {
                asked
                    .clear
                    .notify(NotifyType::COOKIE.0)
                    .is_some_and(|cookie| &cookie.data == data)
            })
        })
    });
    let first_place = sent
        .iter()
        .filter(|message| message.clear.notify(NotifyType::COOKIE.0).is_some())
        .all(|message| message.first_payload == NOTIFY);
    let returned = returned.count();
    let (side, why) = if moved.len() > 1 {
        (
            Side::Network,
            "The address or port of the initiator changes between its requests, and the cookie is bound to it.",
        )
    } else if returned == 0 {
        (
            Side::Initiator,
            "The initiator does not send the cookie back as it came.",
        )
    } else if !first_place {
        (
            Side::Initiator,
            "The initiator does not send the cookie as the first payload.",
        )
    } else {
        (
            Side::Responder,
            "The cookies came back unchanged, as the first payload and from the same address.",
        )
    };
    let summary =
        format!("The responder asked for a cookie {times} times and never went on. {why}");
    let diagnosis = Diagnosis::new(&COOKIE_LOOP, Confidence::Certain, side, summary);
    Some(
        asked
            .iter()
            .take(SHOWN)
            .fold(diagnosis, |diagnosis, message| {
                diagnosis.evidence(message.frame, "COOKIE from the responder")
            })
            .excludes("cookie-challenge", "it comes more than twice"),
    )
}

/// PUZZLE.
fn asked_for_a_puzzle<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let message = tunnel
        .from(Sender::Responder)
        .find(|message| message.payloads().notify(NotifyType::PUZZLE.0).is_some())?;
    Some(
        Diagnosis::new(
            &PUZZLE,
            Confidence::Certain,
            Side::Responder,
            "The responder asks the initiator to solve a puzzle before it goes on.",
        )
        .evidence(message.frame, "PUZZLE"),
    )
}

fn two_answers_v2(tunnel: &Tunnel) -> Option<(&Message, &Message)> {
    let good = responses(tunnel, ExchangeType::IKE_SA_INIT)
        .find(|message| message.clear.key_exchange.is_some())?;
    let bad = responses(tunnel, ExchangeType::IKE_SA_INIT).find(|message| {
        let error = message
            .clear
            .error()
            .is_some_and(|error| error.number != NotifyType::INVALID_KE_PAYLOAD.0);
        error && message.clear.key_exchange.is_none() && message.answers == good.answers
    })?;
    Some((bad, good))
}

/// Before the initiator goes on there is nothing else that the error can be about.
fn two_answers_v1(tunnel: &Tunnel) -> Option<(&Message, &Message)> {
    let good = [Step::Main(2), Step::Aggressive(2)]
        .into_iter()
        .find_map(|step| tunnel.first_of(step))?;
    let next = [Step::Main(3), Step::Aggressive(3)]
        .into_iter()
        .find_map(|step| tunnel.first_of(step));
    let bad = tunnel.of_step(Step::Informational).find(|message| {
        let before = next.is_none_or(|next| message.frame < next.frame);
        message.from == good.from && !message.encrypted && message.clear.error().is_some() && before
    })?;
    Some((bad, good))
}

/// An error in clear and a proper answer to one request.
fn two_answers<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (bad, good) = match tunnel.version {
        1 => two_answers_v1(tunnel)?,
        _ => two_answers_v2(tunnel)?,
    };
    if !seconds(bad.time, good.time).is_none_or(|apart| apart.abs() < TWO_ANSWERS_SECONDS) {
        return None;
    }
    let error = bad.clear.error()?;
    let summary = format!(
        "One request got {} in clear and a proper answer too: the error may be forged, or two hosts answer.",
        super::running::notify_name(error)
    );
    Some(
        Diagnosis::new(
            &SPOOFED_ERROR_SUSPECT,
            Confidence::Possible,
            Side::Network,
            summary,
        )
        .severity(match never_up(tunnel) {
            true => Severity::Failure,
            false => SPOOFED_ERROR_SUSPECT.severity,
        })
        .evidence(bad.frame, "the error")
        .evidence(good.frame, "the proper answer"),
    )
}

/// One first message with an unusual offer, and no more.
fn looks_like_a_scan<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let [first, rest @ ..] = tunnel.messages.as_slice() else {
        return None;
    };
    let begins = matches!(
        first.step,
        Step::V2(ExchangeType::IKE_SA_INIT, false) | Step::Main(1) | Step::Aggressive(1)
    );
    let once =
        first.transmissions == 1 && rest.iter().all(|message| message.from == Sender::Responder);
    if !begins || !once || tunnel.stage > Stage::KeyExchange {
        return None;
    }
    let zero = first
        .clear
        .nonce
        .as_ref()
        .is_some_and(|nonce| nonce.iter().all(|octet| *octet == 0));
    let bare = tunnel.version == 2
        && first.clear.notifies.is_empty()
        && first.clear.vendor_ids.is_empty()
        && first.clear.nat_detection().next().is_none();
    let suites: usize = first
        .clear
        .proposals
        .iter()
        .map(|proposal| proposal.suites().len())
        .sum();
    let answered = rest.iter().any(|message| {
        message.clear.key_exchange.is_some() || matches!(message.step, Step::Main(2))
    });
    // A real initiator goes on when it is answered.
    let odd = zero || (answered && (bare || suites >= SCANNED_SUITES));
    if !odd {
        return None;
    }
    let summary = "One first message, sent once, and no continuation after the answer: a tool that asks what is accepted.";
    Some(
        Diagnosis::new(
            &IKE_SCAN_PROBE,
            Confidence::Likely,
            Side::Initiator,
            summary,
        )
        .evidence(first.frame, "the only message of this initiator"),
    )
}

/// The rules about many tunnels.
pub(super) const CAPTURE_RULES: &[CaptureRule] = &[flood, names_tried];

/// Very many first messages and almost no continuation.
fn flood(surroundings: &Surroundings<'_>) -> Option<Diagnosis> {
    let begun: Vec<&&Tunnel> = surroundings
        .tunnels
        .iter()
        .filter(|tunnel| tunnel.beginning_seen)
        .collect();
    let left: Vec<&&&Tunnel> = begun
        .iter()
        .filter(|tunnel| tunnel.state != State::Established && tunnel.stage <= Stage::KeyExchange)
        .collect();
    let target = left.first()?.responder.address;
    let to_target: Vec<&&&&Tunnel> = left
        .iter()
        .filter(|tunnel| tunnel.responder.address == target)
        .collect();
    let first = to_target.first()?;
    let last = to_target.last()?;
    let span = seconds(first.first, last.first)?;
    if to_target.len() < FLOOD || to_target.len() * 10 < begun.len() * 9 || span > FLOOD_SECONDS {
        return None;
    }
    let sources: HashSet<_> = to_target
        .iter()
        .map(|tunnel| tunnel.initiator.address)
        .collect();
    let summary = format!(
        "{} negotiations with {target} were begun within {span:.0} s from {} addresses and not continued.",
        to_target.len(),
        sources.len()
    );
    Some(
        Diagnosis::new(&INIT_FLOOD, Confidence::Likely, Side::Initiator, summary)
            .evidence_if(
                first.messages.first().map(|message| message.frame),
                "the first of them",
            )
            .evidence_if(
                last.messages.first().map(|message| message.frame),
                "the last of them",
            ),
    )
}

/// One address that begins aggressive mode under many names and never goes on: it asks which of them the gateway knows.
fn names_tried(surroundings: &Surroundings<'_>) -> Option<Diagnosis> {
    let mut tried: HashMap<(IpAddr, IpAddr), Vec<(&str, FrameId)>> = HashMap::new();
    let mut known = HashSet::new();
    for tunnel in surroundings.tunnels.iter().filter(|one| one.version == 1) {
        let goes_on = tunnel.first_of(Step::Aggressive(3)).is_some();
        let name = tunnel.initiator.identity.as_ref();
        let (Some(first), Some(name), false) =
            (tunnel.first_of(Step::Aggressive(1)), name, goes_on)
        else {
            continue;
        };
        let ends = (tunnel.initiator.address, tunnel.responder.address);
        // There may be very many names.
        if known.insert((ends, name.value.as_str())) {
            let names = tried.entry(ends).or_default();
            names.push((&name.value, first.frame));
        }
    }
    let ((from, to), names) = tried
        .into_iter()
        .filter(|(_, names)| names.len() >= NAMES)
        .max_by_key(|(ends, names)| (names.len(), *ends))?;
    let summary = format!(
        "{from} began aggressive mode with {to} under {} names and never went on: it looks for a group name that {to} \
         answers, whose pre-shared key can then be guessed offline.",
        names.len()
    );
    let found = Diagnosis::new(
        &IKE_SCAN_PROBE,
        Confidence::Likely,
        Side::Initiator,
        summary,
    )
    .severity(Severity::Warning);
    Some(
        names
            .iter()
            .take(SHOWN)
            .fold(found, |found, (name, frame)| {
                found.evidence(*frame, format!("as {name}"))
            }),
    )
}

/// Names of one user, or of several behind one NAT, that are mistyped at one time.
const NAMES: usize = 8;

/// Payload type Notify of IKEv2.
const NOTIFY: u8 = 41;

/// Transforms that scanners send; real initiators have fewer.
const SCANNED_SUITES: usize = 24;

/// Half-open SAs of one capture that no site has in so short a time.
const FLOOD: usize = 100;
const FLOOD_SECONDS: f64 = 120.0;

/// A forged answer races the true one.
const TWO_ANSWERS_SECONDS: f64 = 5.0;

/// Frames that are worth a line.
const SHOWN: usize = 6;

#[cfg(test)]
mod tests {
    use ikescope_dissectors::registries::ikev2::KeyExchangeMethod;

    use super::super::sample::{IKE_SA_INIT, again, at, frame, ids, notifies, send, tunnel};
    use super::*;
    use crate::tunnels::{CaptureFacts, KeyExchange};

    const I: Sender = Sender::Initiator;
    const R: Sender = Sender::Responder;

    #[test]
    fn many_names_of_one_address_that_never_goes_on_are_a_search() {
        let told = |names: usize, goes_on: bool| {
            let begun: Vec<Tunnel> = (0..names)
                .map(|number| {
                    let mut tunnel = tunnel(1);
                    tunnel.initiator.identity = Some(crate::tunnels::Identity {
                        payload_type: 5,
                        id_type: 11,
                        type_name: None,
                        value: format!("group{number}"),
                        protocol: 0,
                        port: 0,
                    });
                    send(&mut tunnel, Step::Aggressive(1), I, 10);
                    if goes_on {
                        send(&mut tunnel, Step::Aggressive(3), I, 20);
                    }
                    tunnel
                })
                .collect();
            names_tried(&Surroundings {
                capture: &CaptureFacts::default(),
                tunnels: &begun.iter().collect::<Vec<_>>(),
                flows: &[],
            })
            .is_some()
        };
        assert!(told(NAMES, false));
        assert!(!told(NAMES - 1, false));
        assert!(!told(NAMES, true));
    }

    /// A negotiation in which the responder asks for a cookie this often.
    fn cookies(times: i64, through: bool) -> Tunnel {
        let mut tunnel = tunnel(2);
        tunnel.messages.clear();
        for round in 0..times {
            send(&mut tunnel, Step::V2(IKE_SA_INIT, false), I, round * 10);
            let message = send(&mut tunnel, Step::V2(IKE_SA_INIT, true), R, round * 10 + 5);
            message.clear = notifies(&[NotifyType::COOKIE]);
        }
        send(&mut tunnel, Step::V2(IKE_SA_INIT, false), I, 1_000);
        if through {
            proper(send(&mut tunnel, Step::V2(IKE_SA_INIT, true), R, 1_005));
        }
        tunnel
    }

    fn proper(message: &mut Message) {
        message.clear.key_exchange = Some(KeyExchange {
            group: Some(KeyExchangeMethod(14)),
            length: 256,
        });
    }

    #[test]
    fn a_cookie_is_a_challenge_once_and_a_loop_thrice() {
        assert!(ids(&cookies(1, true)).contains(&"cookie-challenge"));
        assert!(ids(&cookies(3, true)).contains(&"cookie-challenge"));
        assert!(!ids(&cookies(2, false)).contains(&"cookie-loop"));
        assert!(ids(&cookies(3, false)).contains(&"cookie-loop"));
    }

    #[test]
    fn a_puzzle_is_told() {
        let mut tunnel = cookies(1, true);
        tunnel.messages[1].clear = notifies(&[NotifyType::COOKIE, NotifyType::PUZZLE]);
        assert!(ids(&tunnel).contains(&"puzzle"));
    }

    #[test]
    fn an_error_beside_a_proper_answer_is_suspicious() {
        let with = |error: NotifyType| {
            let mut tunnel = tunnel(2);
            tunnel.messages.clear();
            send(&mut tunnel, Step::V2(IKE_SA_INIT, false), I, 0);
            for (time, forged) in [(3, true), (5, false)] {
                let message = send(&mut tunnel, Step::V2(IKE_SA_INIT, true), R, time);
                message.answers = Some(frame(0));
                if forged {
                    message.clear = notifies(&[error]);
                } else {
                    proper(message);
                }
            }
            ids(&tunnel)
        };
        assert!(with(NotifyType::NO_PROPOSAL_CHOSEN).contains(&"spoofed-error-suspect"));
        assert!(!with(NotifyType::INVALID_KE_PAYLOAD).contains(&"spoofed-error-suspect"));
    }

    #[test]
    fn one_answered_message_without_continuation_is_a_scan() {
        let with = |copies: &[i64]| {
            let mut tunnel = tunnel(2);
            tunnel.messages.clear();
            tunnel.stage = Stage::KeyExchange;
            tunnel.state = State::Incomplete;
            send(&mut tunnel, Step::V2(IKE_SA_INIT, false), I, 0)
                .clear
                .nonce = Some([0; 20].into());
            again(&mut tunnel, copies);
            proper(send(&mut tunnel, Step::V2(IKE_SA_INIT, true), R, 5));
            ids(&tunnel)
        };
        assert!(with(&[]).contains(&"ike-scan-probe"));
        assert!(!with(&[4_000]).contains(&"ike-scan-probe"));
    }

    #[test]
    fn a_hundred_negotiations_that_nobody_continues_are_a_flood() {
        let with = |count: u32| {
            let half_open = |id: u32| {
                let mut tunnel = tunnel(2);
                tunnel.messages.truncate(2);
                (tunnel.state, tunnel.stage) = (State::Incomplete, Stage::KeyExchange);
                (tunnel.id, tunnel.first) = (id, Some(at(i64::from(id))));
                tunnel
            };
            let tunnels: Vec<Tunnel> = (1..=count).map(half_open).collect();
            let all: Vec<&Tunnel> = tunnels.iter().collect();
            let around = Surroundings {
                capture: &CaptureFacts::default(),
                tunnels: &all,
                flows: &[],
            };
            flood(&around).is_some()
        };
        assert!(with(100));
        assert!(!with(99));
    }
}
