//! Whether the peer is still there: liveness checks, restarts, teardown.

use ikescope_capture::Timestamp;
use ikescope_dissectors::registries::ikev1;
use ikescope_dissectors::registries::ikev2::{ExchangeType, NotifyType};

use super::declaration::{Confidence, Declaration, Need, Severity, Side};
use super::diagnosis::Diagnosis;
use super::engine::{CaptureRule, TunnelRule};
use super::facts::{ONE_DELETE_OCTETS, read_or};
use super::running::{
    SIDES, at_least, duration, expects_answers, flow_from, flows, flows_from, last_heard,
    responses, seconds, side, times, was_up, with_copies, within,
};
use crate::observation::FrameId;
use crate::tunnels::{
    Child, ChildState, Flow, Message, Peer, Protocol, Sender, State, Step, Surroundings, Tunnel,
};

/// Everything on this topic.
pub(super) const DECLARATIONS: &[&Declaration] = &[
    &DPD_TIMEOUT,
    &DPD_ONE_SIDED,
    &DPD_TOO_AGGRESSIVE,
    &PEER_REBOOTED_STALE_SA,
    &UNILATERAL_DELETE_LOOP,
    &IDLE_TEARDOWN,
    &DPD_NOT_PERSISTENT,
    &INITIAL_CONTACT_WIPES,
];

/// The rules of this topic.
pub(super) const RULES: &[TunnelRule] = &[
    checks_unanswered,
    checks_answered_late,
    given_up_too_soon,
    checks_of_one_side,
    forgotten,
    knows_no_other,
    deleted_again_and_again,
    children_deleted_again_and_again,
    gone_for_idleness,
    nobody_checks,
    login_replaces,
];

pub(super) static DPD_TIMEOUT: Declaration = Declaration {
    id: "dpd-timeout",
    title: "The peer does not answer liveness checks any more",
    severity: Severity::Failure,
    weight: 60,
    explanation: "The tunnel was up, and from some moment on nothing comes back: neither answers to the liveness \
        checks nor, as a rule, data. The peer, its daemon or the path is gone. The side that asks gives up and ends \
        the tunnel.",
    symptom: "\"Peer is not responsive, declaring peer dead\", \"DPD timed out\", \"giving up after retransmits\" on \
        an Informational.",
    wire: "IKEv2: the same empty Informational request again and again. IKEv1: encrypted Informationals of one side \
        at regular distances. No answer; then perhaps a new first message.",
    opened: "The requests are empty, or R-U-THERE.",
    checks: &[
        (
            Side::Responder,
            "what happened at the time of its last packet: restart, failover, loss of the uplink",
        ),
        (
            Side::Network,
            "what stopped first: ESP of the peer, IKE of the peer, or both",
        ),
    ],
    needs: &[Need::Clear, Need::Timing, Need::BothDirections],
    competitors: &[
        (
            "peer-rebooted-stale-sa",
            "the peer answers, but does not know the SA",
        ),
        ("dpd-one-sided", "data of the peer goes on"),
        ("rekey-unanswered", "the request is a CREATE_CHILD_SA"),
        ("dpd-too-aggressive", "the answers come, too late"),
    ],
    references: &["RFC 7296, section 2.4", "RFC 3706, section 5"],
    see: None,
};

pub(super) static DPD_ONE_SIDED: Declaration = Declaration {
    id: "dpd-one-sided",
    title: "Liveness checks are not answered although data flows",
    severity: Severity::Failure,
    weight: 58,
    explanation: "One side asks for signs of life in the way of IKEv1, and the other never answers, while its data \
        goes on arriving. It does not do dead peer detection; the asking side ends a tunnel that works.",
    symptom: "Drops after a constant number of intervals although data flows.",
    wire: "Encrypted Informationals of one side at regular distances, no answers, ESP of both directions; the vendor \
        ID of dead peer detection may be missing on one side.",
    opened: "R-U-THERE without R-U-THERE-ACK.",
    checks: &[(
        Side::Both,
        "switch dead peer detection off for this peer, or update the peer",
    )],
    needs: &[Need::Timing, Need::Esp, Need::BothDirections],
    competitors: &[("dpd-timeout", "data of the peer stops too")],
    references: &["RFC 3706, section 5.1", "RFC 3706, section 5.5"],
    see: None,
};

pub(super) static DPD_TOO_AGGRESSIVE: Declaration = Declaration {
    id: "dpd-too-aggressive",
    title: "The liveness check gives up before the answers can come",
    severity: Severity::Failure,
    weight: 66,
    explanation: "The answers to the liveness checks arrive, but after the side that asked has given up. The \
        interval and the number of tries are too small for this path.",
    symptom: "Mobile users drop on a slow or lossy path.",
    wire: "The liveness check is repeated and the tunnel given up; then late answers, or answers of a peer that was \
        only slow.",
    opened: "",
    checks: &[
        (
            Side::Initiator,
            "longer intervals and more tries: 20 to 30 s and five tries",
        ),
        (Side::Network, "the delay of the path"),
    ],
    needs: &[Need::Timing, Need::BothDirections],
    competitors: &[("dpd-timeout", "no answer comes at all")],
    references: &["RFC 7296, section 2.4", "RFC 3706, section 5.3"],
    see: None,
};

pub(super) static PEER_REBOOTED_STALE_SA: Declaration = Declaration {
    id: "peer-rebooted-stale-sa",
    title: "One side has forgotten the SAs: it was restarted",
    severity: Severity::Failure,
    weight: 62,
    explanation: "One side goes on with IKE and ESP of a tunnel that the other does not know any more. The packets \
        are dropped until the first side notices by its liveness checks or the second side begins anew.",
    symptom: "\"Received packet with invalid SPI\"; \"one must clear the tunnel by hand\".",
    wire: "ESP of one side goes on and nothing comes back; liveness checks are not answered, or answered by \
        INVALID_IKE_SPI, INVALID_SPI or INVALID-COOKIE in clear, or the peer begins with a new IKE_SA_INIT.",
    opened: "INITIAL_CONTACT in the next IKE_AUTH, or phase 1, of the peer.",
    checks: &[
        (
            Side::Responder,
            "was it, or its daemon, restarted at the time of its last packet?",
        ),
        (
            Side::Both,
            "liveness checks on both sides, so that the recovery is quick",
        ),
    ],
    needs: &[Need::Timing, Need::BothDirections],
    competitors: &[
        (
            "dpd-timeout",
            "the same silence: a loss of the path, or the peer does not come back",
        ),
        (
            "esp-unknown-spi",
            "the same, but without liveness checks only ESP shows it",
        ),
    ],
    references: &[
        "RFC 7296, section 2.4",
        "RFC 7296, section 1.5",
        "RFC 6290, section 2",
    ],
    see: None,
};

pub(super) static UNILATERAL_DELETE_LOOP: Declaration = Declaration {
    id: "unilateral-delete-loop",
    title: "The tunnel is set up and deleted again and again",
    severity: Severity::Failure,
    weight: 64,
    explanation: "One side deletes the tunnel soon after it comes up, and it is set up again at once. The side that \
        sends the Delete decides, and its log says why.",
    symptom: "The tunnel flaps.",
    wire: "A complete setup, an Informational request of the size of a Delete, and the next setup between the same \
        addresses, several times.",
    opened: "The Delete of the IKE SA.",
    checks: &[
        (
            Side::Unknown,
            "the log of the side that deletes, at the time of the Delete",
        ),
        (
            Side::Both,
            "identities: a second peer with the same one ends the first",
        ),
    ],
    needs: &[Need::Timing, Need::Sizes, Need::OtherTunnels],
    competitors: &[
        (
            "uniqueness-kill",
            "another address logs in before each Delete",
        ),
        ("reauth-gap", "it happens once in a lifetime"),
    ],
    references: &["RFC 7296, section 1.4.1"],
    see: None,
};

pub(super) static IDLE_TEARDOWN: Declaration = Declaration {
    id: "idle-teardown",
    title: "The tunnel was taken down after a time without traffic",
    severity: Severity::Warning,
    weight: 50,
    explanation: "A side deletes the child because no packet passed for some time. The next packet must set it up \
        again, and is often lost.",
    symptom: "\"The first ping after a pause is lost.\"",
    wire: "No ESP for some seconds or minutes, then an Informational request of the size of a Delete.",
    opened: "A Delete of the ESP SPI by the side that has the idle timer.",
    checks: &[(
        Side::Both,
        "switch the idle timeout off, or let something send now and then",
    )],
    needs: &[Need::Timing, Need::Sizes, Need::Esp],
    competitors: &[
        ("lifetime-no-rekey", "there was traffic until the Delete"),
        ("unilateral-delete-loop", "the tunnel comes back at once"),
    ],
    references: &["RFC 7296, section 1.4.1", "RFC 7296, section 2.4"],
    see: None,
};

pub(super) static DPD_NOT_PERSISTENT: Declaration = Declaration {
    id: "dpd-not-persistent",
    title: "The peer stopped answering and nobody checks",
    severity: Severity::Failure,
    weight: 54,
    explanation: "One side sends data and nothing comes back, neither data nor IKE, and it does not ask for a sign \
        of life. It will notice at the next rekey at the earliest; until then the traffic is lost.",
    symptom: "The outage lasts until the next rekey.",
    wire: "ESP of both directions, then ESP of one direction only for long, and no IKE message at all.",
    opened: "",
    checks: &[
        (Side::Both, "switch liveness checks on"),
        (
            Side::Responder,
            "what happened at the time of its last packet",
        ),
    ],
    needs: &[Need::Timing, Need::Esp, Need::BothDirections],
    competitors: &[
        ("dpd-timeout", "liveness checks are sent"),
        (
            "esp-one-way",
            "one direction was missing from the beginning",
        ),
        (
            "esp-unknown-spi",
            "the same silence: the peer was restarted, and does not say so",
        ),
        ("idle-teardown", "a Delete ends it"),
    ],
    references: &["RFC 7296, section 2.4", "RFC 3706, section 4"],
    see: None,
};

pub(super) static INITIAL_CONTACT_WIPES: Declaration = Declaration {
    id: "initial-contact-wipes",
    title: "A new login of the same peer ended its old SAs",
    severity: Severity::Warning,
    weight: 46,
    explanation: "The peer began anew and said with INITIAL_CONTACT that it has no other SAs, or the gateway allows \
        one login for an identity. The old SAs are dropped without a Delete.",
    symptom: "After a restart of one side the old tunnel is gone; with two devices of one identity they alternate.",
    wire: "A new IKE SA of the same address while the old one lives; then the old one is not used any more.",
    opened: "INITIAL_CONTACT in IKE_AUTH or phase 1, the same identity as before.",
    checks: &[
        (
            Side::Initiator,
            "was it restarted, without deleting its SAs?",
        ),
        (Side::Both, "an identity of its own for each device"),
    ],
    needs: &[Need::OtherTunnels, Need::Timing],
    competitors: &[
        ("uniqueness-kill", "another address has the same identity"),
        ("reauth-gap", "the old SA is deleted before"),
    ],
    references: &["RFC 7296, section 2.4"],
    see: None,
};

/// Liveness checks that nothing answers.
fn checks_unanswered<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let unanswered = unanswered_checks(tunnel)?;
    let (asking, silent) = (unanswered.from, unanswered.from.opposite());
    let heard = last_heard(tunnel, silent);
    let after = seconds(heard, unanswered.last).filter(|after| *after >= 0.0);
    let summary = format!(
        "The {} asked for a sign of life {} and got no answer; {}.",
        asking.name(),
        times(unanswered.count),
        match after {
            Some(after) => format!(
                "the last packet of the {} came {} before the last of these requests",
                silent.name(),
                duration(after)
            ),
            None => format!(
                "packets of the {} go on: only IKE does not pass, or its daemon is gone",
                silent.name()
            ),
        }
    );
    // Who may still ask again has not given up: two losses in a row are no dead peer.
    let (confidence, severity) = match tunnel.state {
        State::Closed => (Confidence::Certain, Severity::Failure),
        _ => (Confidence::Likely, Severity::Warning),
    };
    let diagnosis =
        Diagnosis::new(&DPD_TIMEOUT, confidence, side(silent), summary).severity(severity);
    let diagnosis = unanswered
        .frames
        .iter()
        .take(SHOWN_CHECKS)
        .fold(diagnosis, |diagnosis, frame| {
            diagnosis.evidence(*frame, "a liveness check without an answer")
        });
    let data = flows_from(tunnel, silent)
        .map(|(_, flow)| flow.frame_last)
        .max();
    Some(
        diagnosis
            .evidence_if(data, format!("the last data of the {}", silent.name()))
            .excludes("dpd-too-aggressive", "no late answer comes")
            .excludes(
                "dpd-one-sided",
                match after {
                    Some(_) => format!("the {} sends no data either", silent.name()),
                    None => "every request of IKEv2 must be answered".to_owned(),
                },
            ),
    )
}

/// Liveness checks at the end of a tunnel, after which nothing of the peer was seen.
struct Unanswered {
    from: Sender,
    frames: Vec<FrameId>,
    count: u32,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

fn unanswered_checks(tunnel: &Tunnel) -> Option<Unanswered> {
    if !was_up(tunnel) && tunnel.state != State::Closed && tunnel.beginning_seen {
        return None;
    }
    SIDES.into_iter().find_map(|asking| {
        let mut checks: Vec<&Message> = tunnel
            .from(asking)
            .filter(|message| message.answered_by.is_none() && message.answers.is_none())
            .filter(|message| is_check(tunnel, message))
            .collect();
        checks.first()?;
        // A peer of which nothing is here may be missing from the file only.
        let heard = last_heard(tunnel, asking.opposite())?;
        let heard = last_connected(tunnel, asking.opposite()).unwrap_or(heard);
        checks.retain(|message| {
            message.time.is_some_and(|time| time > heard)
                || gave_up(tunnel, message)
                || in_vain(tunnel, message)
                || both_ask(tunnel, message)
        });
        let count: u32 = checks.iter().map(|message| message.transmissions).sum();
        let frames: Vec<FrameId> = checks.iter().flat_map(|message| message.frames()).collect();
        let last = checks
            .iter()
            .filter_map(|message| message.last_copy().time)
            .max();
        let first = checks.first().and_then(|message| message.time);
        let long = seconds(first, last).is_none_or(|seconds| seconds >= CHECKED_SECONDS);
        (count >= 2 && long).then_some(Unanswered {
            from: asking,
            frames,
            count,
            first,
            last,
        })
    })
}

/// When one side last sent what shows that both hear each other.
fn last_connected(tunnel: &Tunnel, sender: Sender) -> Option<Timestamp> {
    let messages = tunnel
        .from(sender)
        .filter(|message| tunnel.connects(message))
        .filter_map(|message| message.last_copy().time);
    let packets = flows_from(tunnel, sender).filter_map(|(_, flow)| flow.last);
    messages.chain(packets).max()
}

/// Whether the peer was silent while a message was repeated, and its sender silent afterwards: what the peer sends
/// later comes too late.
fn gave_up(tunnel: &Tunnel, message: &Message) -> bool {
    let (begin, end) = (message.time, message.last_copy().time);
    let outside = |time: Option<Timestamp>| time < begin || time > end;
    let peer = message.from.opposite();
    message.transmissions >= GIVEN_UP
        && tunnel.from(peer).all(|other| outside(other.time))
        && flows_from(tunnel, peer).all(|(_, flow)| flow.last < begin || flow.first > end)
        && tunnel.from(message.from).all(|other| other.time <= end)
}

/// Whether a request was repeated until it was given up, whatever else the peer sent meanwhile: IKE does not pass, or the
/// daemon is gone, while the kernel goes on with the data.
fn in_vain(tunnel: &Tunnel, message: &Message) -> bool {
    let end = message.last_copy().time;
    let last = tunnel
        .from(message.from)
        .all(|other| other.time <= end || !other.request);
    tunnel.version == 2 && message.transmissions >= GIVEN_UP && last
}

/// Whether all that comes from the peer are its own questions, and none of them is answered either: neither hears the other.
fn both_ask(tunnel: &Tunnel, message: &Message) -> bool {
    let peer = message.from.opposite();
    let later = |time: Option<Timestamp>| time >= message.time;
    message.opened.is_some()
        && tunnel
            .from(peer)
            .filter(|other| later(other.last_copy().time))
            .all(|other| {
                let asks = other.opened.is_some() && is_check(tunnel, other);
                asks && other.answered_by.is_none() && other.answers.is_none()
            })
        && !flows_from(tunnel, peer).any(|(_, flow)| later(flow.last))
}

/// Whether this message asks for a sign of life, or is of that kind as far as can be read.
fn is_check(tunnel: &Tunnel, message: &Message) -> bool {
    let payloads = message.opened.as_ref();
    match message.step {
        Step::V2(ExchangeType::INFORMATIONAL, false) => payloads
            .is_none_or(|payloads| payloads.deletes.is_empty() && payloads.error().is_none()),
        Step::Informational => {
            tunnel.version == 1
                && message.encrypted
                && payloads.is_none_or(|payloads| payloads.notify(R_U_THERE).is_some())
                && (payloads.is_some()
                    || message.inner_octets.is_none()
                    || !message.at_most(SMALLER_THAN_CHECK))
        }
        _ => false,
    }
}

/// Answers that come after the asking side has given up.
fn checks_answered_late<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let checks = || {
        tunnel
            .of_step(Step::V2(ExchangeType::INFORMATIONAL, false))
            .filter(|check| is_check(tunnel, check) && check.transmissions > 1)
    };
    checks().find_map(|check| {
        let answer = tunnel.message(check.answered_by?)?;
        let last = check.last_copy().time;
        let spacing = seconds(check.time, last)? / f64::from(check.transmissions - 1);
        let delay = seconds(check.time, answer.time)?;
        let over = !tunnel
            .messages
            .iter()
            .any(|later| later.frame > answer.last_copy().frame && later.from == check.from);
        // Seen at the side that asks: the answer comes when no more copies are sent. Seen at the other: every copy was
        // answered, and another followed sooner than any network needs.
        let late = seconds(last, answer.time).is_some_and(|late| late > spacing && late > SLOW_SECONDS);
        // Who did not answer before does not hear.
        let deaf = tunnel.from(check.from.opposite()).any(|other| {
            other.request
                && other.frame < check.frame
                && other.answered_by.is_none()
                && other.transmissions >= GIVEN_UP
        });
        let hasty = answer.transmissions >= check.transmissions
            && check.transmissions >= 3
            && spacing < HASTY_SECONDS
            && delay < spacing
            && !deaf;
        if !over || !(late || hasty) {
            return None;
        }
        let summary = if late {
            format!(
                "The {} asked for a sign of life {}, {} apart, and gave up; the answer came {} after the last try.",
                check.from.name(),
                times(check.transmissions),
                duration(spacing),
                duration(seconds(last, answer.time)?)
            )
        } else {
            format!(
                "The {} repeated its liveness check {}, {} apart, although each was answered at once here: it gives up \
                 before the answers can reach it.",
                check.from.name(),
                times(check.transmissions),
                duration(spacing)
            )
        };
        let confidence = if late { Confidence::Certain } else { Confidence::Likely };
        let diagnosis = Diagnosis::new(&DPD_TOO_AGGRESSIVE, confidence, side(check.from), summary);
        Some(
            with_copies(diagnosis, check, "a liveness check")
                .evidence(answer.frame, "its answer")
                .excludes("dpd-timeout", "answers come"),
        )
    })
}

/// A tunnel that is given up after a few tries in a few seconds, and a peer that answers as soon as it is asked again.
fn given_up_too_soon<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    if tunnel.deleted.is_some() {
        return None;
    }
    let unanswered = unanswered_checks(tunnel)?;
    let (asking, silent) = (unanswered.from, unanswered.from.opposite());
    let heard = last_heard(tunnel, silent)?;
    let address = tunnel.peer(asking)?.address;
    let back = around.same_peers(tunnel).find(|other| {
        let later = other.first > unanswered.last && other.initiator.address == address;
        later && was_up(other) && within(Some(heard), other.first, SHORT_OUTAGE_SECONDS)
    })?;
    let tried = seconds(unanswered.first, unanswered.last)?;
    if tried > SHORT_OUTAGE_SECONDS {
        return None;
    }
    let summary = format!(
        "The {} asked for a sign of life {} in {} and gave up; {} after the last packet of the {} tunnel {} is answered at \
         once. An outage of seconds ended the tunnel.",
        asking.name(),
        times(unanswered.count),
        duration(tried),
        duration(seconds(Some(heard), back.first)?),
        silent.name(),
        back.id
    );
    let diagnosis = Diagnosis::new(
        &DPD_TOO_AGGRESSIVE,
        Confidence::Likely,
        side(asking),
        summary,
    )
    .weight(DPD_TIMEOUT.weight + 1);
    Some(
        unanswered
            .frames
            .iter()
            .take(SHOWN_CHECKS)
            .fold(diagnosis, |diagnosis, frame| {
                diagnosis.evidence(*frame, "a liveness check without an answer")
            })
            .evidence_if(
                back.messages.first().map(|message| message.frame),
                "the negotiation that is answered",
            ),
    )
}

/// IKEv1 checks that are never answered while data of the peer goes on.
fn checks_of_one_side<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    if tunnel.version != 1 {
        return None;
    }
    SIDES.into_iter().find_map(|asking| {
        let silent = asking.opposite();
        let mut checks: Vec<&Message> = tunnel
            .from(asking)
            .filter(|message| is_check(tunnel, message) && message.answered_by.is_none())
            // A Delete looks the same where the suite is not known.
            .filter(|message| message.opened.is_some() || message.inner_octets.is_some())
            .collect();
        let first = *checks.first()?;
        checks.retain(|check| check.opened.is_some() || check.length == first.length);
        let answers = tunnel
            .from(silent)
            .any(|message| message.step == Step::Informational && message.frame > first.frame);
        let data = flows_from(tunnel, silent)
            .filter(|(_, flow)| flow.last > first.time)
            .map(|(_, flow)| flow.frame_last)
            .max()?;
        let last = checks.last()?;
        if checks.len() < 3 || answers || !at_least(first.time, last.time, CHECKED_SECONDS) {
            return None;
        }
        let does = |sender| {
            tunnel.peer(sender).is_some_and(|peer| {
                peer.vendors
                    .iter()
                    .any(|vendor| vendor.octets.starts_with(&DEAD_PEER_DETECTION))
            })
        };
        let announced = does(silent);
        let summary = format!(
            "The {} asked for a sign of life {} and never got one, while data of the {} went on{}.",
            asking.name(),
            times(checks.len() as u32),
            silent.name(),
            if announced {
                ""
            } else {
                "; that side does not announce dead peer detection"
            }
        );
        let confidence = if announced {
            Confidence::Likely
        } else {
            Confidence::Certain
        };
        let severity = match tunnel.state {
            State::Closed | State::Failed => Severity::Failure,
            _ => Severity::Warning,
        };
        Some(
            Diagnosis::new(&DPD_ONE_SIDED, confidence, side(silent), summary)
                .severity(severity)
                .evidence(first.frame, "the first check without an answer")
                .evidence(last.frame, "the last one")
                .evidence(data, format!("data of the {}", silent.name()))
                .excludes("dpd-timeout", "data goes on"),
        )
    })
}

/// A peer that does not know the SAs any more and says so, or begins anew while the old ones are still used.
fn forgotten<'a>(tunnel: &'a Tunnel, surroundings: &Surroundings<'a>) -> Option<Diagnosis> {
    if !was_up(tunnel) {
        return None;
    }
    let says = tunnel.messages.iter().find_map(|message| {
        let unknown = if tunnel.version == 2 {
            message.clear.notifies.iter().find(|notify| {
                [NotifyType::INVALID_IKE_SPI.0, NotifyType::INVALID_SPI.0].contains(&notify.number)
            })
        } else {
            message
                .clear
                .notify(ikev1::NotifyType::INVALID_COOKIE.0)
                .or_else(|| message.clear.notify(ikev1::NotifyType::INVALID_SPI.0))
        }?;
        Some((message, unknown))
    });
    if let Some((message, notify)) = says {
        let name = super::running::notify_name(notify);
        let summary = format!(
            "The {} answers {name} in clear: it does not know the SA that the {} still uses.",
            message.from.name(),
            message.from.opposite().name()
        );
        return Some(
            Diagnosis::new(
                &PEER_REBOOTED_STALE_SA,
                Confidence::Likely,
                side(message.from),
                summary,
            )
            .evidence(message.frame, name)
            .excludes("dpd-timeout", "the peer answers"),
        );
    }
    // The silent side begins a negotiation of its own while the other still uses the old SAs.
    let (from, unheard) = match unanswered_checks(tunnel) {
        Some(unanswered) => (unanswered.from, None),
        None => {
            let gone = gone_silent(tunnel, surroundings).filter(|_| tunnel.deleted.is_none())?;
            (gone.sending, gone.since)
        }
    };
    let silent = from.opposite();
    let address = tunnel.peer(silent)?.address;
    let heard = last_heard(tunnel, silent);
    // Who goes on asking in the old SA has not forgotten it: it does not hear.
    if last_connected(tunnel, silent) < heard {
        return None;
    }
    let anew = surroundings.same_peers(tunnel).find(|other| {
        other.initiator.address == address
            && other.first > heard
            && within(heard, other.first, RESTART_SECONDS)
            && unheard.is_none_or(|since| {
                seconds(Some(since), other.first).is_some_and(|span| span >= SPAN_SECONDS)
            })
    })?;
    let summary = format!(
        "The {} does not answer in this tunnel any more and began tunnel {} anew: it has forgotten this one.",
        silent.name(),
        anew.id
    );
    Some(
        Diagnosis::new(
            &PEER_REBOOTED_STALE_SA,
            Confidence::Likely,
            side(silent),
            summary,
        )
        .weight(PEER_REBOOTED_STALE_SA.weight)
        .evidence_if(
            anew.messages.first().map(|message| message.frame),
            "a new negotiation of the silent side",
        )
        .excludes("dpd-timeout", "the peer is alive and begins anew"),
    )
}

/// The responder begins anew while the tunnel is up, and says in INITIAL_CONTACT that it knows no other SA of the two
/// (RFC 7296, section 2.4).
fn knows_no_other<'a>(tunnel: &'a Tunnel, surroundings: &Surroundings<'a>) -> Option<Diagnosis> {
    let gone = tunnel.deleted.is_some() || tunnel.replaced_by.is_some();
    if tunnel.version != 2 || gone || !was_up(tunnel) {
        return None;
    }
    // Both may begin at once; who has answered knows the SA.
    let answered = responses(tunnel, ExchangeType::IKE_AUTH).last()?.time;
    let heard = SIDES.map(|sender| last_heard(tunnel, sender));
    let last = heard.into_iter().flatten().max();
    // Where one direction is missing, the end of the old one may be missing too.
    let both = heard.iter().all(Option::is_some);
    let named = |peer: &Peer| {
        let identity = peer.identity.as_ref();
        identity.map(|identity| (identity.id_type, identity.value.clone()))
    };
    let (anew, said) = surroundings.same_peers(tunnel).find_map(|other| {
        let turned = other.initiator.address == tunnel.responder.address
            && named(&other.initiator) == named(&tunnel.responder)
            && named(&other.responder) == named(&tunnel.initiator);
        let said = other.from(Sender::Initiator).find(|message| {
            let payloads = message.payloads();
            payloads.notify(NotifyType::INITIAL_CONTACT.0).is_some()
        });
        // Without keys only that nobody ended the old one, or uses it any more, speaks for it.
        let closed = both && !tunnel.opened() && !other.opened() && was_up(other);
        let said = match said {
            Some(said) => Some(said),
            None if closed => None,
            None => return None,
        };
        let later = answered.is_some() && answered < other.first && last < other.first;
        (turned && later).then_some((other, said))
    })?;
    let summary = format!(
        "The responder began tunnel {} while this one was up{}.",
        anew.id,
        match said {
            Some(_) => ", and said INITIAL_CONTACT: it knew nothing of this one any more",
            None =>
                ", and after that this one is not used any more: it probably knew nothing of it",
        }
    );
    let confidence = match said {
        Some(_) => Confidence::Likely,
        None => Confidence::Possible,
    };
    // The new one takes its place at once.
    Some(
        Diagnosis::new(
            &PEER_REBOOTED_STALE_SA,
            confidence,
            Side::Responder,
            summary,
        )
        .severity(Severity::Warning)
        .evidence_if(
            anew.messages.first().map(|message| message.frame),
            "the responder begins anew",
        )
        .evidence_if(said.map(|said| said.frame), "INITIAL_CONTACT")
        .excludes("dpd-timeout", "the peer is alive and begins anew"),
    )
}

/// Set up, deleted, and set up again.
fn deleted_again_and_again<'a>(
    tunnel: &'a Tunnel,
    surroundings: &Surroundings<'a>,
) -> Option<Diagnosis> {
    if !was_up(tunnel) {
        return None;
    }
    let mut cycle: Vec<&Tunnel> = surroundings
        .same_peers(tunnel)
        .chain(std::iter::once(tunnel))
        .filter(|other| {
            // A rekeyed IKE SA is deleted by design.
            other.replaced_by.is_none() && other.replaces.is_none()
        })
        .filter(|other| was_up(other))
        .collect();
    if !cycle.iter().any(|tunnel| tunnel.deleted.is_some()) {
        return None;
    }
    cycle.sort_by_key(|tunnel| tunnel.id);
    let returns: Vec<(&Tunnel, &Tunnel)> = cycle
        .iter()
        .zip(cycle.iter().skip(1))
        .filter(|(before, after)| {
            before
                .deleted
                .is_some_and(|(_, _, time)| within(time, after.first, RETURN_SECONDS))
        })
        .map(|(before, after)| (*before, *after))
        .collect();
    // Both sides may delete what is to end; who does it all the time has a reason.
    let deleter_of = |before: &Tunnel| Some(before.peer(before.deleted?.0)?.address);
    let deleters = || returns.iter().filter_map(|(before, _)| deleter_of(before));
    let deleter = deleters().max_by_key(|one| deleters().filter(|other| other == one).count())?;
    let returns: Vec<(&Tunnel, &Tunnel)> = returns
        .iter()
        .copied()
        .filter(|(before, _)| deleter_of(before) == Some(deleter))
        .collect();
    let part = returns
        .iter()
        .any(|(before, after)| before.id == tunnel.id || after.id == tunnel.id);
    let (first, next) = returns.first()?;
    let (by, ..) = first.deleted?;
    // Who deletes and begins anew by itself authenticates again, or was told to by hand, until it does so all the time.
    let needed = match next.initiator.address == deleter {
        true => OWN_RETURNS,
        false => 2,
    };
    if returns.len() < needed || !part {
        return None;
    }
    let ages: Vec<f64> = returns
        .iter()
        .filter_map(|(before, _)| seconds(before.first, before.deleted?.2))
        .collect();
    let mean = mean(&ages);
    let summary = format!(
        "The tunnel was set up and deleted {}, each time by {deleter} after {} on average, and came back at once.",
        times(returns.len() as u32),
        duration(mean)
    );
    let read = returns.iter().all(|(before, _)| before.read_its_end());
    let diagnosis = Diagnosis::new(
        &UNILATERAL_DELETE_LOOP,
        read_or(read, Confidence::Likely),
        side(by),
        summary,
    );
    Some(
        returns
            .iter()
            .filter_map(|(before, _)| before.deleted)
            .take(SHOWN_CHECKS)
            .fold(diagnosis, |diagnosis, (_, frame, _)| {
                diagnosis.evidence(frame, "Delete of the IKE SA")
            })
            .excludes("uniqueness-kill", "no other address is involved"),
    )
}

/// Children of IKEv1 that one side deletes, and the other one sets up anew at once. After a rekey the Delete follows the new
/// quick mode; here it comes first.
fn children_deleted_again_and_again<'a>(
    tunnel: &'a Tunnel,
    _: &Surroundings<'a>,
) -> Option<Diagnosis> {
    if tunnel.version != 1 {
        return None;
    }
    let returns: Vec<(&Message, &Message)> = tunnel
        .messages
        .iter()
        .filter(|message| deletes_child(message))
        .filter_map(|delete| {
            let before = |message: &&Message| message.frame < delete.frame;
            let set_up = tunnel.of_step(Step::Quick(3)).filter(before).count();
            let gone = tunnel
                .messages
                .iter()
                .filter(before)
                .filter(|message| deletes_child(message))
                .count();
            // The only child, not one of several or one that was replaced.
            if set_up != gone + 1 {
                return None;
            }
            let anew = tunnel.of_step(Step::Quick(1)).find(|offer| {
                offer.from == delete.from.opposite()
                    && offer.frame > delete.frame
                    && within(delete.time, offer.time, AT_ONCE_SECONDS)
            })?;
            Some((delete, anew))
        })
        .collect();
    let (first, _) = *returns.first()?;
    let by = first.from;
    if returns.len() < 2 || returns.iter().any(|(delete, _)| delete.from != by) {
        return None;
    }
    let ages: Vec<f64> = returns
        .iter()
        .filter_map(|(delete, _)| {
            let begun = tunnel
                .of_step(Step::Quick(3))
                .filter(|message| message.frame < delete.frame)
                .last()?;
            seconds(begun.time, delete.time)
        })
        .collect();
    let mean = mean(&ages);
    // A lifetime is a number of seconds, and the same each time.
    let lifetime = !ages.is_empty()
        && ages.iter().all(|age| {
            age.round() >= 1.0 && *age >= age.round() - 0.01 && *age < age.round() + LIFETIME_SLACK
        })
        && ages.iter().all(|age| (age - mean).abs() < LIFETIME_SLACK);
    let (declaration, which) = if lifetime {
        (
            &super::rekey::LIFETIME_NO_REKEY,
            "as a lifetime that nobody renews ends",
        )
    } else {
        (&UNILATERAL_DELETE_LOOP, "without a rekey before")
    };
    let summary = format!(
        "The {} deleted a child {}, after {} on average, {which}, and the {} set up a new one at once.",
        by.name(),
        times(returns.len() as u32),
        duration(mean),
        by.opposite().name()
    );
    let read = returns.iter().all(|(delete, _)| delete.opened.is_some());
    let found = Diagnosis::new(
        declaration,
        read_or(read, Confidence::Likely),
        side(by),
        summary,
    );
    Some(
        returns
            .iter()
            .take(SHOWN_CHECKS)
            .fold(found, |found, (delete, anew)| {
                found
                    .evidence(delete.frame, "Delete of the child")
                    .evidence(anew.frame, "a new quick mode")
            }),
    )
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Whether an Informational deletes a child or, unopened, has the size of it; in IKEv2 a liveness check is smaller, in
/// IKEv1 larger.
fn deletes_child(message: &Message) -> bool {
    let size = match message.step {
        Step::Informational => message.encrypted && message.at_most(SMALLER_THAN_CHECK),
        Step::V2(ExchangeType::INFORMATIONAL, false) => {
            message.at_least(ONE_DELETE_OCTETS) && message.at_most(LARGEST_DELETE)
        }
        _ => return false,
    };
    message.opened.as_ref().map_or(size, |payloads| {
        payloads
            .deletes
            .iter()
            .any(|delete| matches!(delete.protocol, Protocol::Esp | Protocol::Ah))
    })
}

/// The Delete of the old child follows its rekey within this time.
const REKEY_ENDS_SECONDS: f64 = 2.0;

/// Returns after a Delete of one's own that nobody makes by hand.
const OWN_RETURNS: usize = 4;

/// A child that was deleted after a time without packets.
fn gone_for_idleness<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (delete, read) = deleted_child(tunnel)?;
    let (by, time) = (delete.from, delete.time);
    let sent = |child: &Child| {
        SIDES
            .into_iter()
            .filter_map(|sender| flow_from(child, sender)?.last)
            .max()
            .or(child.time)
    };
    let child = tunnel
        .children
        .iter()
        // Without keys a child that follows another passes for its rekey.
        .filter(|child| child.state != ChildState::Rekeyed || child.inferred)
        .filter(|child| child.time <= time)
        .max_by_key(|child| sent(child))?;
    let idle = seconds(sent(child), time)?;
    let age = seconds(child.time.or(tunnel.first), time)?;
    // What comes back at once did not go for idleness, unless it goes again after the same time.
    let back = tunnel.children.iter().any(|later| {
        later.request > Some(delete.frame) && within(time, later.time, RETURN_SECONDS)
    }) && !idle_again(tunnel, delete, idle);
    // Who ends the IKE SA with its child ends the tunnel, for whatever reason.
    let whole = tunnel.deleted.is_some_and(|(_, _, ended)| {
        seconds(time, ended).is_none_or(|apart| apart.abs() <= RETURN_SECONDS)
    });
    // IKEv1 agrees on the lifetime.
    let expired = child
        .lifetime_seconds
        .is_some_and(|lifetime| (age - lifetime as f64).abs() < LIFETIME_TOLERANCE);
    if back || whole || expired || idle < IDLE_SECONDS || idle < age / 4.0 {
        return None;
    }
    let summary = format!(
        "The {} deleted the child after {} without a packet{}.",
        by.name(),
        duration(idle),
        if read {
            ""
        } else {
            ", as size and order of the messages tell"
        }
    );
    let confidence = if read {
        Confidence::Likely
    } else {
        Confidence::Possible
    };
    Some(
        Diagnosis::new(&IDLE_TEARDOWN, confidence, side(by), summary)
            .evidence(delete.frame, "Delete of the child")
            .excludes("lifetime-no-rekey", "no new child follows at once"),
    )
}

/// Whether another child was deleted after as long without a packet.
fn idle_again(tunnel: &Tunnel, delete: &Message, idle: f64) -> bool {
    let silence = |other: &Message| {
        let before = flows(tunnel)
            .filter_map(|flow| flow.last)
            .filter(|last| Some(*last) <= other.time)
            .max();
        seconds(before, other.time)
    };
    // Both sides may delete the child at once.
    let apart = |other: &&Message| {
        seconds(other.time, delete.time).is_some_and(|seconds| seconds.abs() > idle)
    };
    tunnel
        .messages
        .iter()
        .filter(|other| tunnel.version == 2 && (deletes_child(other) || may_delete(other)))
        .filter(apart)
        .filter_map(silence)
        .any(|other| other >= IDLE_SECONDS && (other - idle).abs() <= idle / 2.0)
}

/// The last message that deletes a child and replaces none, and whether it was read. Without keys a request and an
/// answer that both hold something are a Delete of a child: a liveness check is empty, and so is the answer to a Delete
/// of the IKE SA (RFC 7296, section 1.4.1).
fn deleted_child(tunnel: &Tunnel) -> Option<(&Message, bool)> {
    tunnel.messages.iter().rev().find_map(|message| {
        if let Some(payloads) = &message.opened {
            let named = payloads
                .deletes
                .iter()
                .any(|delete| matches!(delete.protocol, Protocol::Esp | Protocol::Ah));
            let asks = message.request || tunnel.version == 1;
            return (named && asks).then_some((message, true));
        }
        if message.step == Step::Informational {
            let small = message.encrypted && message.at_most(SMALLER_THAN_CHECK);
            return small.then_some((message, false));
        }
        let request = message.step == Step::V2(ExchangeType::INFORMATIONAL, false);
        let answer = tunnel.message(message.answered_by?)?;
        // A check of MOBIKE holds two NAT detection hashes, and is larger (RFC 4555, section 3.8).
        let of_delete = |message: &Message| {
            message.at_least(ONE_DELETE_OCTETS) && message.at_most(LARGEST_DELETE)
        };
        let both = of_delete(message) && of_delete(answer)
            || may_delete(message) && may_delete(answer) && gone_before_the_next(tunnel, message);
        let renewed = tunnel
            .of_step(Step::V2(ExchangeType::CREATE_CHILD_SA, false))
            .any(|request| within(request.time, message.time, RETURN_SECONDS));
        (request && both && !renewed).then_some((message, false))
    })
}

/// Whether the size of a closed message allows a Delete of a child, and a liveness check as well.
fn may_delete(message: &Message) -> bool {
    message.opened.is_none()
        && message.exchange == ExchangeType::INFORMATIONAL.0
        && message.inner_octets.is_some_and(|(smallest, largest)| {
            smallest < ONE_DELETE_OCTETS && largest > ONE_DELETE_OCTETS
        })
}

/// Whether the next child comes without the Delete that ends a rekey (RFC 7296, section 2.8), and no packet of an older one
/// after this message: then the message was the Delete.
fn gone_before_the_next(tunnel: &Tunnel, message: &Message) -> bool {
    let anew = tunnel
        .of_step(Step::V2(ExchangeType::CREATE_CHILD_SA, false))
        .find(|request| request.frame > message.frame && request.answered_by.is_some());
    let Some(anew) = anew else {
        return false;
    };
    let used = flows(tunnel).any(|flow| flow.first < message.time && flow.last > message.time);
    let carries = flows(tunnel).any(|flow| flow.first > anew.time);
    let rekey = tunnel.messages.iter().any(|other| {
        other.frame > anew.frame
            && other.request
            && other.exchange == ExchangeType::INFORMATIONAL.0
            && within(anew.time, other.time, REKEY_ENDS_SECONDS)
    });
    let watched = flows(tunnel)
        .filter_map(|flow| flow.last)
        .chain(tunnel.last)
        .max()
        .is_some_and(|last| at_least(anew.time, Some(last), REKEY_ENDS_SECONDS));
    !used && carries && !rekey && watched
}

/// Data of one side only, where both sent before.
struct GoneSilent<'a> {
    /// Who goes on sending.
    sending: Sender,
    /// The packets that the other side sent before.
    back: &'a Flow,
    /// Packets that nothing answers, the frame of the first of them, and its time.
    unanswered: u64,
    first: FrameId,
    since: Option<Timestamp>,
    /// Seconds from the last sign of the silent side to the last of these packets.
    gap: f64,
    /// Whether somebody waits for answers to them.
    asks: bool,
}

fn gone_silent<'a>(tunnel: &'a Tunnel, around: &Surroundings<'_>) -> Option<GoneSilent<'a>> {
    SIDES.into_iter().find_map(|sending| {
        let silent = sending.opposite();
        let heard = last_heard(tunnel, silent)?;
        let (child, flow) = flows_from(tunnel, sending)
            .filter(|(child, _)| {
                child.deleted.is_none()
                    && !matches!(child.state, ChildState::Rekeyed | ChildState::Closed)
            })
            .max_by_key(|(_, flow)| flow.last)?;
        let back = flow_from(child, silent)?;
        // The side that sends says something in IKE: then its checks tell more.
        let asked = tunnel
            .messages
            .iter()
            .any(|message| message.time > Some(heard));
        (!asked)
            .then(|| unanswered_data(sending, flow, back, heard))?
            .filter(|_| !goes_on_elsewhere(back, around))
    })
}

/// A NAT that captures on both sides has the same packets with two addresses: in one flow more than in the other.
fn goes_on_elsewhere(flow: &Flow, around: &Surroundings<'_>) -> bool {
    let same = |other: &Flow| other.spi == flow.spi && other.last > flow.last;
    around.flows.iter().any(same)
        || around.tunnels.iter().any(|tunnel| {
            SIDES
                .into_iter()
                .any(|sender| flows_from(tunnel, sender).any(|(_, other)| same(other)))
        })
}

/// The packets at the end of a flow, where nothing of the other side was heard since.
fn unanswered_data<'a>(
    sending: Sender,
    flow: &Flow,
    back: &'a Flow,
    heard: Timestamp,
) -> Option<GoneSilent<'a>> {
    let (first, since) = flow.unanswered_since?;
    let span = seconds(since, flow.last)?;
    let gap = seconds(Some(heard), flow.last)?;
    let usual = back.longest_silence.map_or(0.0, |(silence, _)| silence);
    let lost = flow.unanswered >= 3
        && span >= SPAN_SECONDS
        && (gap > usual * 1.5 || gap >= LONG_SECONDS)
        && u128::from(flow.unanswered) * 50 >= u128::from(flow.packets);
    // Who only answers has as many packets as were asked for, some of them late.
    let ahead = flow.packets.saturating_sub(back.packets) * 2 >= flow.unanswered
        && (flow.late + flow.replayed) * 2 < flow.unanswered;
    // Traffic that goes mostly one way proves nothing by going one way.
    let talkative = back.packets * 4 >= flow.packets - flow.unanswered;
    (lost && talkative && ahead).then_some(GoneSilent {
        sending,
        back,
        unanswered: flow.unanswered,
        first,
        since,
        gap,
        // One question may have lost its answer.
        asks: expects_answers(
            flow,
            FrameId {
                number: first.number + 1,
                ..first
            },
        ),
    })
}

/// The rules about flows of no tunnel.
pub(super) const CAPTURE_RULES: &[CaptureRule] = &[strays_gone_silent];

/// ESP whose setup is not in the capture, and that one side goes on with alone.
fn strays_gone_silent(surroundings: &Surroundings<'_>) -> Option<Diagnosis> {
    surroundings.flows.iter().find_map(|flow| {
        let (src, dst) = (flow.src.address, flow.dst.address);
        let answers = |other: &&Flow| (other.src.address, other.dst.address) == (dst, src);
        let back = surroundings
            .flows
            .iter()
            .filter(answers)
            .max_by_key(|back| back.last)?;
        let heard = back.last?;
        let gone = unanswered_data(Sender::Other, flow, back, heard)?;
        let of_silent = |tunnel: &&&Tunnel| {
            SIDES.into_iter().any(|sender| {
                tunnel.peer(sender).is_some_and(|peer| peer.address == dst)
                    && last_heard(tunnel, sender) > Some(heard)
            })
        };
        let anew = match surroundings.tunnels.iter().find(of_silent) {
            None => None,
            Some(tunnel) if tunnel.initiator.address == dst && tunnel.first > gone.since => {
                Some(tunnel)
            }
            Some(_) => return None,
        };
        let summary = format!(
            "{src} and {dst} sent ESP; then {} packets of {src} on SPI 0x{:08x} stay without any packet of {dst}{}.",
            gone.unanswered,
            flow.spi.0,
            anew.map_or_else(String::new, |tunnel| format!(
                ", which begins tunnel {} anew: it has forgotten the SA",
                tunnel.id
            ))
        );
        let (declaration, severity) = match anew {
            Some(_) => (&PEER_REBOOTED_STALE_SA, Severity::Failure),
            None if gone.gap >= SLOW_ANSWER_SECONDS && gone.asks => {
                (&DPD_NOT_PERSISTENT, Severity::Failure)
            }
            None => (&DPD_NOT_PERSISTENT, Severity::Warning),
        };
        let confidence = match anew {
            Some(_) => Confidence::Likely,
            None => Confidence::Possible,
        };
        Some(
            Diagnosis::new(declaration, confidence, Side::Unknown, summary)
                .severity(severity)
                .evidence(back.frame_last, "the last data of the silent side")
                .evidence(gone.first, "the first packet that nothing answers")
                .evidence_if(
                    anew.and_then(|tunnel| Some(tunnel.messages.first()?.frame)),
                    "a new negotiation of the silent side",
                ),
        )
    })
}

/// One side is silent, and there is no sign of a check.
fn nobody_checks<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    if unanswered_checks(tunnel).is_some() || tunnel.deleted.is_some() {
        return None;
    }
    let gone = gone_silent(tunnel, around)?;
    let (sending, silent, gap) = (gone.sending, gone.sending.opposite(), gone.gap);
    let summary = format!(
        "Both sides sent data until {} before the end; then {} packets of the {} stay without any packet of the {}, \
         and no liveness check is sent.",
        duration(gap),
        gone.unanswered,
        sending.name(),
        silent.name()
    );
    let confidence = if gap >= LONG_SECONDS {
        Confidence::Likely
    } else {
        Confidence::Possible
    };
    // A capture that ends while an answer is on its way looks the same.
    let cut = around.capture.truncated > 0;
    let severity = if gap >= SLOW_ANSWER_SECONDS && gone.asks && !cut {
        Severity::Failure
    } else {
        Severity::Warning
    };
    Some(
        Diagnosis::new(&DPD_NOT_PERSISTENT, confidence, side(silent), summary)
            .severity(severity)
            .evidence(
                gone.back.frame_last,
                format!("the last data of the {}", silent.name()),
            )
            .evidence(gone.first, "the first packet that nothing answers")
            .excludes("dpd-timeout", "no liveness check is sent")
            .excludes("esp-one-way", "both directions worked before"),
    )
}

/// A new login of the same address after which the old SAs are not used any more.
fn login_replaces<'a>(tunnel: &'a Tunnel, surroundings: &Surroundings<'a>) -> Option<Diagnosis> {
    if !was_up(tunnel) {
        return None;
    }
    let pair = |old: &Tunnel, new: &Tunnel| {
        let same = old.initiator.address == new.initiator.address
            && old.responder.address == new.responder.address
            && old.version == new.version;
        let apart = old.replaced_by.is_none() && new.replaces.is_none();
        if !(same && apart && old.first < new.first && was_up(old) && was_up(new)) {
            return false;
        }
        let ended_itself = super::rekey::ending(old).is_some_and(|(_, time)| {
            old.state == State::Closed
                || seconds(time, new.first).is_some_and(|gap| gap < RETURN_SECONDS)
        });
        let ended = SIDES
            .into_iter()
            .filter_map(|sender| last_heard(old, sender))
            .max();
        let given_up = unanswered_checks(old).is_some();
        !ended_itself && !given_up && ended.is_some() && ended < new.first
    };
    let (old, new) = surroundings.same_peers(tunnel).find_map(|other| {
        if pair(tunnel, other) {
            Some((tunnel, other))
        } else if pair(other, tunnel) {
            Some((other, tunnel))
        } else {
            None
        }
    })?;
    let said = new.from(Sender::Initiator).find(|message| {
        message
            .payloads()
            .notify(match new.version {
                1 => ikev1::NotifyType::INITIAL_CONTACT.0,
                _ => NotifyType::INITIAL_CONTACT.0,
            })
            .is_some()
    });
    // In IKEv1 a new phase 1 may stand beside the old one, whose data goes on.
    let data = |tunnel: &Tunnel| {
        SIDES
            .into_iter()
            .all(|sender| flows_from(tunnel, sender).next().is_some())
    };
    // A Delete that cannot be read would be the last message.
    let stopped = old
        .messages
        .last()
        .is_some_and(|last| last.step != Step::Informational);
    let moved = new.version == 2 || stopped && data(old) && data(new);
    if (new.opened() || !moved) && said.is_none() {
        return None;
    }
    let summary = format!(
        "{} began tunnel {} while tunnel {} was up; after that the old one is not used any more{}.",
        new.initiator.address,
        new.id,
        old.id,
        if said.is_some() {
            ", as INITIAL_CONTACT says"
        } else {
            ""
        }
    );
    let confidence = match (said, new.version) {
        (Some(_), _) => Confidence::Certain,
        (None, 1) => Confidence::Possible,
        (None, _) => Confidence::Likely,
    };
    Some(
        Diagnosis::new(&INITIAL_CONTACT_WIPES, confidence, Side::Initiator, summary)
            .evidence_if(
                old.messages.first().map(|message| message.frame),
                "the old tunnel begins",
            )
            .evidence_if(
                new.messages.first().map(|message| message.frame),
                "the new tunnel begins",
            )
            .evidence_if(said.map(|message| message.frame), "INITIAL_CONTACT")
            .excludes("uniqueness-kill", "both logins come from one address")
            .excludes("reauth-gap", "the old SA was not deleted"),
    )
}

/// Notifications of dead peer detection (RFC 3706, section 5.3).
const R_U_THERE: u16 = 36_136;

/// How the vendor ID of dead peer detection begins (RFC 3706, section 5.1).
const DEAD_PEER_DETECTION: [u8; 4] = [0xaf, 0xca, 0xd7, 0x13];

/// Octets of a notification that is smaller than R-U-THERE with its 16-octet SPI and number.
const SMALLER_THAN_CHECK: u32 = 16;

/// A single lost answer is made good within this time.
const CHECKED_SECONDS: f64 = 0.9;

/// Outages of radio links and of routes that change; RFC 7296, section 2.4, wants several minutes of tries.
const SHORT_OUTAGE_SECONDS: f64 = 30.0;

/// An answer that comes so long after the last try was not lost but slow.
const SLOW_SECONDS: f64 = 0.5;

/// Paths exist that need longer than this there and back; RFC 7296, section 2.4, wants several minutes of tries.
const HASTY_SECONDS: f64 = 1.0;

/// A restart of a gateway and of its daemon.
const RESTART_SECONDS: f64 = 3_600.0;

/// What comes back at once comes within this time.
const RETURN_SECONDS: f64 = 10.0;

/// A daemon that wants a child sets it up within this time.
const AT_ONCE_SECONDS: f64 = 0.3;

/// How long after the end of a lifetime a daemon deletes what it is the lifetime of.
const LIFETIME_SLACK: f64 = 0.1;

/// Delete of up to four children.
const LARGEST_DELETE: u32 = 24;

/// Nobody configures a shorter idle time.
const IDLE_SECONDS: f64 = 2.0;

/// Packets over a shorter time may all still be on their way.
const SPAN_SECONDS: f64 = 0.4;

/// Answers of a busy server may take as long.
const SLOW_ANSWER_SECONDS: f64 = 3.0;

/// After so long without any packet an answer is not to be expected any more.
const LONG_SECONDS: f64 = 10.0;

/// A request that was sent this often was given up, unless it was answered.
const GIVEN_UP: u32 = 4;

/// Frames that are worth a line.
const SHOWN_CHECKS: usize = 6;

/// Timers of daemons are late by less, in seconds.
const LIFETIME_TOLERANCE: f64 = 1.0;

#[cfg(test)]
mod tests {
    use super::super::sample::{
        INFORMATIONAL, again, at, child, delete_child, exchange, flow, frame, ids, ids_among,
        notifies, open, send, tunnel,
    };
    use super::*;

    const I: Sender = Sender::Initiator;
    const R: Sender = Sender::Responder;

    fn up(version: u8) -> Tunnel {
        let mut tunnel = tunnel(version);
        let child = child(&mut tunnel);
        child.from_initiator = Some(flow(I, 10, 100, 900));
        child.from_responder = Some(flow(R, 10, 101, 901));
        tunnel
    }

    /// ESP of which the setup is not in the capture, and what begins behind it.
    #[test]
    fn esp_alone_that_one_side_goes_on_with_is_told() {
        let told = |unanswered: u64, anew: Option<&Tunnel>| {
            let (mut sent, back) = (flow(I, 20, 100, 8_000), flow(R, 10, 101, 1_901));
            sent.unanswered = unanswered;
            sent.unanswered_since = Some((frame(2_000), Some(at(2_000))));
            strays_gone_silent(&Surroundings {
                capture: &crate::tunnels::CaptureFacts::default(),
                tunnels: anew.as_slice(),
                flows: &[*sent, *back],
            })
            .map(|found| found.declaration.id)
        };
        assert_eq!(told(10, None), Some("dpd-not-persistent"));
        assert_eq!(told(2, None), None);
        let mut anew = tunnel(2);
        std::mem::swap(&mut anew.initiator, &mut anew.responder);
        for message in &mut anew.messages {
            message.time = Some(at(9_000));
            message.from = message.from.opposite();
        }
        anew.first = Some(at(9_000));
        assert_eq!(told(10, Some(&anew)), Some("peer-rebooted-stale-sa"));
    }

    #[test]
    fn a_check_is_given_up_after_its_second_copy() {
        let mut tunnel = up(2);
        send(&mut tunnel, Step::V2(INFORMATIONAL, false), I, 10_000);
        assert!(ids(&tunnel).is_empty());
        again(&mut tunnel, &[14_000]);
        let severity =
            |tunnel: &Tunnel| checks_unanswered_alone(tunnel).map(|found| found.severity);
        assert_eq!(severity(&tunnel), Some(Severity::Warning));
        tunnel.state = State::Closed;
        assert_eq!(severity(&tunnel), Some(Severity::Failure));
    }

    fn checks_unanswered_alone(tunnel: &Tunnel) -> Option<Diagnosis> {
        let around = Surroundings {
            capture: &Default::default(),
            tunnels: &[tunnel],
            flows: &[],
        };
        checks_unanswered(tunnel, &around)
    }

    #[test]
    fn data_of_the_peer_means_that_it_lives() {
        let mut tunnel = up(2);
        send(&mut tunnel, Step::V2(INFORMATIONAL, false), I, 10_000);
        again(&mut tunnel, &[14_000]);
        tunnel.children[0].from_responder = Some(flow(R, 50, 101, 15_000));
        assert!(!ids(&tunnel).contains(&"dpd-timeout"));
    }

    #[test]
    fn checks_in_vain_beside_data_are_told() {
        let with = |copies: &[i64], later: Option<i64>| {
            let mut tunnel = up(2);
            send(&mut tunnel, Step::V2(INFORMATIONAL, false), I, 10_000);
            again(&mut tunnel, copies);
            if let Some(time) = later {
                exchange(&mut tunnel, INFORMATIONAL, I, time);
            }
            tunnel.children[0].from_responder = Some(flow(R, 50, 101, 30_000));
            ids(&tunnel).contains(&"dpd-timeout")
        };
        let copies = [11_000, 13_000, 17_000];
        assert!(with(&copies, None));
        assert!(!with(&copies[..2], None));
        assert!(!with(&copies, Some(25_000)));
    }

    #[test]
    fn a_peer_that_is_back_after_seconds_was_given_up_too_soon() {
        let with = |again_at: i64| {
            let mut old = up(2);
            send(&mut old, Step::V2(INFORMATIONAL, false), I, 2_000);
            again(&mut old, &[2_500, 3_300]);
            old.state = State::Closed;
            let mut new = up(2);
            (new.id, new.first) = (2, Some(at(again_at)));
            ids_among(&old, &[&old, &new]).first().copied()
        };
        assert_eq!(with(8_000), Some("dpd-too-aggressive"));
        assert_eq!(with(90_000), Some("dpd-timeout"));
    }

    #[test]
    fn what_comes_back_and_goes_again_after_the_same_silence_is_idle() {
        let with = |times: &[i64]| {
            let mut tunnel = up(2);
            tunnel.children.clear();
            for (number, begin) in (0..).zip(times) {
                if number > 0 {
                    exchange(&mut tunnel, ExchangeType::CREATE_CHILD_SA, I, *begin);
                }
                let child = child(&mut tunnel);
                (child.time, child.request) = (Some(at(*begin)), Some(frame(*begin)));
                child.from_initiator = Some(flow(I, 4, begin + 10, begin + 400));
                exchange(&mut tunnel, INFORMATIONAL, R, begin + 4_000);
                open(&mut tunnel, delete_child(), delete_child());
            }
            // The last one comes back too.
            let child = child(&mut tunnel);
            let back = times.last().unwrap() + 7_000;
            (child.time, child.request) = (Some(at(back)), Some(frame(back)));
            ids(&tunnel).contains(&"idle-teardown")
        };
        assert!(with(&[20, 8_000]));
        assert!(!with(&[20]));
    }

    #[test]
    fn an_answer_after_the_last_try_is_too_late() {
        let with = |answer: i64| {
            let mut tunnel = up(2);
            send(&mut tunnel, Step::V2(INFORMATIONAL, false), I, 10_000);
            again(&mut tunnel, &[10_500, 11_000]);
            tunnel.messages.last_mut().unwrap().answered_by = Some(frame(answer));
            let message = send(&mut tunnel, Step::V2(INFORMATIONAL, true), R, answer);
            message.answers = Some(frame(10_000));
            ids(&tunnel)
        };
        assert!(with(15_000).contains(&"dpd-too-aggressive"));
        assert!(!with(11_100).contains(&"dpd-too-aggressive"));
    }

    #[test]
    fn who_did_not_answer_before_does_not_hear_answers() {
        let with = |deaf: bool| {
            let mut tunnel = up(2);
            if deaf {
                send(&mut tunnel, Step::V2(INFORMATIONAL, false), I, 5_000);
                again(&mut tunnel, &[5_500, 6_500, 8_500]);
            }
            exchange(&mut tunnel, INFORMATIONAL, R, 10_000);
            let (answer, check) = (tunnel.messages.pop().unwrap(), &[10_500, 11_000, 11_500]);
            again(&mut tunnel, check);
            tunnel.messages.push(answer);
            again(&mut tunnel, check);
            tunnel.state = State::Closed;
            ids(&tunnel).first().copied()
        };
        assert_eq!(with(false), Some("dpd-too-aggressive"));
        assert_eq!(with(true), Some("dpd-timeout"));
    }

    /// RFC 3706, section 5.1: each R-U-THERE has its own answer.
    #[test]
    fn checks_of_both_sides_that_nobody_answers_are_no_answers() {
        let with = |read: bool, data: i64| {
            let mut tunnel = up(1);
            tunnel.children[0].from_initiator = Some(flow(I, 5, 100, data));
            tunnel.children[0].from_responder = Some(flow(R, 5, 101, data));
            for time in [10_000, 12_000, 14_000] {
                for from in [I, R] {
                    let check = send(&mut tunnel, Step::Informational, from, time);
                    let payloads = notifies(&[NotifyType(R_U_THERE)]);
                    check.opened = read.then(|| Box::new(payloads));
                }
            }
            ids(&tunnel).contains(&"dpd-timeout")
        };
        assert!(with(true, 5_000));
        assert!(!with(true, 20_000));
        assert!(!with(false, 5_000));
    }

    #[test]
    fn checks_of_one_side_beside_data_are_one_sided() {
        let sent = |last: i64, inner, lengths: [u32; 3]| {
            let mut tunnel = up(1);
            for (time, length) in [10_000, 20_000, 30_000].into_iter().zip(lengths) {
                let check = send(&mut tunnel, Step::Informational, I, time);
                (check.inner_octets, check.length) = (inner, length);
            }
            tunnel.children[0].from_responder = Some(flow(R, 50, 101, last));
            ids(&tunnel).contains(&"dpd-one-sided")
        };
        let with = |last, inner| sent(last, inner, [92; 3]);
        let check = Some((33, 48));
        assert!(with(40_000, check));
        // Those of one side are of one length; the last two may be Deletes.
        assert!(!sent(40_000, check, [92, 84, 76]));
        assert!(!with(9_000, check));
        // Where the suite is not known a Delete looks the same.
        assert!(!with(40_000, None));
    }

    #[test]
    fn an_unknown_spi_in_clear_tells_of_a_restart() {
        let mut tunnel = up(2);
        let message = send(&mut tunnel, Step::V2(INFORMATIONAL, false), R, 10_000);
        message.clear = notifies(&[NotifyType::INVALID_IKE_SPI]);
        message.encrypted = false;
        assert!(ids(&tunnel).contains(&"peer-rebooted-stale-sa"));
    }

    #[test]
    fn a_silent_side_that_begins_anew_was_restarted() {
        let mut old = up(2);
        send(&mut old, Step::V2(INFORMATIONAL, false), I, 10_000);
        again(&mut old, &[14_000]);
        let mut new = tunnel(2);
        std::mem::swap(&mut new.initiator, &mut new.responder);
        (new.id, new.first) = (2, Some(at(16_000)));
        assert_eq!(
            ids_among(&old, &[&old, &new]).first(),
            Some(&"peer-rebooted-stale-sa")
        );
    }

    #[test]
    fn data_that_stays_unanswered_until_the_peer_begins_anew_tells_of_a_restart() {
        let begins = |time: i64| {
            let mut old = up(2);
            let mut sent = flow(I, 13, 100, 4_000);
            sent.unanswered = 3;
            sent.unanswered_since = Some((frame(2_000), Some(at(2_000))));
            old.children[0].from_initiator = Some(sent);
            let mut new = tunnel(2);
            std::mem::swap(&mut new.initiator, &mut new.responder);
            (new.id, new.first) = (2, Some(at(time)));
            ids_among(&old, &[&old, &new])
        };
        assert_eq!(begins(6_000).first(), Some(&"peer-rebooted-stale-sa"));
        // A new SA takes over before anything is missed.
        assert!(!begins(2_100).contains(&"peer-rebooted-stale-sa"));
    }

    /// Sizes as with AES-CBC, which fills a Delete of a child and a check to one block: a new child that is no rekey tells.
    #[test]
    fn a_child_that_is_not_replaced_was_deleted() {
        let with = |rekey: bool| {
            let mut tunnel = up(2);
            tunnel.children.clear();
            for (number, begin) in [20, 8_000].into_iter().enumerate() {
                if number > 0 {
                    exchange(&mut tunnel, ExchangeType::CREATE_CHILD_SA, I, begin);
                }
                let child = child(&mut tunnel);
                (child.time, child.request) = (Some(at(begin)), Some(frame(begin)));
                child.from_initiator = Some(flow(I, 4, begin + 10, begin + 400));
                if number > 0 && rekey {
                    exchange(&mut tunnel, INFORMATIONAL, I, begin + 20);
                }
                exchange(&mut tunnel, INFORMATIONAL, R, begin + 4_000);
            }
            for message in &mut tunnel.messages {
                if message.exchange == INFORMATIONAL.0 {
                    message.inner_octets = Some((0, 15));
                }
            }
            ids(&tunnel).contains(&"idle-teardown")
        };
        assert!(with(false));
        assert!(!with(true));
    }

    #[test]
    fn a_login_of_ikev1_takes_over_where_the_data_moves_and_nothing_ended_the_old_one() {
        let told = |last: i64, ended: bool| {
            let (mut old, mut new) = (up(1), up(1));
            old.children[0].from_initiator = Some(flow(I, 10, 100, last));
            send(&mut old, Step::Quick(3), I, 20);
            if ended {
                send(&mut old, Step::Informational, I, 1_000);
            }
            (new.id, new.first) = (2, Some(at(2_000)));
            for sender in SIDES {
                let data = Some(flow(sender, 10, 2_100, 2_900));
                match sender {
                    I => new.children[0].from_initiator = data,
                    _ => new.children[0].from_responder = data,
                }
            }
            ids_among(&old, &[&old, &new]).contains(&"initial-contact-wipes")
        };
        assert!(told(900, false));
        assert!(!told(2_800, false));
        assert!(!told(900, true));
    }

    #[test]
    fn a_responder_that_begins_anew_with_initial_contact_was_restarted() {
        let begins = |time: i64, told: &[NotifyType]| {
            let old = up(2);
            let mut new = tunnel(2);
            std::mem::swap(&mut new.initiator, &mut new.responder);
            (new.id, new.first) = (2, Some(at(time)));
            new.messages[2].opened = Some(notifies(told).into());
            ids_among(&old, &[&old, &new]).contains(&"peer-rebooted-stale-sa")
        };
        let contact = [NotifyType::INITIAL_CONTACT];
        assert!(begins(100_000, &contact));
        assert!(!begins(100_000, &[]));
        // Both began at once.
        assert!(!begins(5, &contact));
        // Without keys that nobody ended the old one speaks for it.
        let closed = |deleted: bool| {
            let mut old = up(2);
            old.deleted = deleted.then_some((R, frame(50_000), Some(at(50_000))));
            let mut new = up(2);
            std::mem::swap(&mut new.initiator, &mut new.responder);
            (new.id, new.first) = (2, Some(at(100_000)));
            ids_among(&old, &[&old, &new]).contains(&"peer-rebooted-stale-sa")
        };
        assert!(closed(false));
        assert!(!closed(true));
    }

    #[test]
    fn one_reauthentication_is_no_loop() {
        let turns = |deleters: &[Sender]| {
            let mut tunnels = Vec::new();
            for (number, by) in (0_u32..).zip(deleters.iter().copied()) {
                let mut tunnel = up(2);
                let begin = i64::from(number) * 5_000;
                (tunnel.id, tunnel.first) = (number + 1, Some(at(begin)));
                tunnel.deleted = Some((by, frame(begin + 4_900), Some(at(begin + 4_900))));
                tunnels.push(tunnel);
            }
            let all: Vec<&Tunnel> = tunnels.iter().collect();
            ids_among(all[0], &all)
        };
        let cycle = |by, count| turns(&vec![by; count]);
        assert!(cycle(R, 3).contains(&"unilateral-delete-loop"));
        // Each in its turn.
        assert!(!turns(&[R, I, R]).contains(&"unilateral-delete-loop"));
        assert!(!cycle(R, 2).contains(&"unilateral-delete-loop"));
        assert!(cycle(I, 5).contains(&"unilateral-delete-loop"));
        assert!(!cycle(I, 4).contains(&"unilateral-delete-loop"));
    }

    #[test]
    fn data_without_any_answer_is_told_when_nobody_checks() {
        let with = |lost: u64| {
            let mut tunnel = up(2);
            let mut sent = flow(I, 10 + lost, 100, 60_000);
            sent.unanswered = lost;
            sent.unanswered_since = Some((frame(1_000), Some(at(1_000))));
            tunnel.children[0].from_initiator = Some(sent);
            ids(&tunnel)
        };
        assert!(with(3).contains(&"dpd-not-persistent"));
        assert!(!with(2).contains(&"dpd-not-persistent"));
    }

    #[test]
    fn data_with_another_address_is_no_silence() {
        let told = |spi_of_stray: u32| {
            let mut tunnel = tunnel(2);
            let mut sent = flow(I, 20, 100, 8_000);
            sent.unanswered = 10;
            sent.unanswered_since = Some((frame(2_000), Some(at(2_000))));
            let (back, mut stray) = (flow(R, 10, 101, 1_901), flow(R, 20, 101, 8_001));
            stray.spi.0 = spi_of_stray;
            let spi = back.spi.0;
            let child = child(&mut tunnel);
            (child.from_initiator, child.from_responder) = (Some(sent), Some(back));
            let around = Surroundings {
                capture: &crate::tunnels::CaptureFacts::default(),
                tunnels: &[&tunnel],
                flows: &[*stray],
            };
            (nobody_checks(&tunnel, &around).is_some(), spi)
        };
        let (silent, spi) = told(0xdead_beef);
        assert!(silent);
        assert!(!told(spi).0);
    }

    /// A child is deleted; sizes as with AES-GCM, which tell 12 octets from none.
    #[test]
    fn a_delete_after_silence_is_told_by_its_size() {
        let with = |inside: u32, answer: u32, last: i64| {
            let mut tunnel = up(2);
            tunnel.children[0].from_responder = Some(flow(R, 10, 101, last));
            exchange(&mut tunnel, INFORMATIONAL, R, 60_000);
            let count = tunnel.messages.len();
            tunnel.messages[count - 2].inner_octets = Some((inside, inside + 3));
            tunnel.messages[count - 1].inner_octets = Some((answer, answer + 3));
            ids(&tunnel).contains(&"idle-teardown")
        };
        assert!(with(12, 12, 901));
        assert!(!with(0, 0, 901));
        assert!(!with(8, 0, 901));
        assert!(!with(12, 12, 59_000));
    }

    #[test]
    fn answered_checks_are_healthy() {
        let mut tunnel = up(2);
        for time in [10_000, 20_000, 30_000] {
            exchange(&mut tunnel, INFORMATIONAL, I, time);
        }
        assert!(ids(&tunnel).is_empty());
    }

    /// Quick modes of the initiator and Deletes of the responder at these times.
    fn children(quick: &[i64], deletes: &[i64]) -> Vec<&'static str> {
        let mut tunnel = tunnel(1);
        let mut events: Vec<(i64, bool)> = quick.iter().map(|time| (*time, true)).collect();
        events.extend(deletes.iter().map(|time| (*time, false)));
        events.sort_unstable();
        for (time, is_quick) in events {
            if is_quick {
                for (number, from) in [(1, I), (2, R), (3, I)] {
                    let step = Step::Quick(number);
                    let message = send(&mut tunnel, step, from, time + i64::from(number));
                    message.message_id = time as u32;
                }
            } else {
                let message = send(&mut tunnel, Step::Informational, R, time);
                message.inner_octets = Some((1, SMALLER_THAN_CHECK));
            }
        }
        ids(&tunnel)
    }

    #[test]
    fn children_that_come_back_after_each_delete_are_told_and_rekeys_are_not() {
        let flapping = children(&[100, 2_850, 5_600], &[2_800, 5_550]);
        assert!(flapping.contains(&"unilateral-delete-loop"), "{flapping:?}");
        // Whole seconds are a lifetime.
        let expired = children(&[100, 6_150, 12_200], &[6_130, 12_180]);
        assert!(expired.contains(&"lifetime-no-rekey"), "{expired:?}");
        for (quick, deletes) in [
            // The Delete of a rekey follows the new quick mode.
            (&[100, 2_800, 5_600][..], &[2_850, 5_650][..]),
            // Old children that end while new ones are there.
            (&[100, 2_000, 4_050, 6_050][..], &[4_000, 6_000][..]),
        ] {
            let rekeyed = children(quick, deletes);
            assert!(!rekeyed.contains(&"unilateral-delete-loop"), "{rekeyed:?}");
            assert!(!rekeyed.contains(&"lifetime-no-rekey"), "{rekeyed:?}");
        }
    }
}
