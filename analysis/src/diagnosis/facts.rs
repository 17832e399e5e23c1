//! Questions that several rules ask of a tunnel.

use ikescope_dissectors::registries::ikev1;
use ikescope_dissectors::registries::ikev2::{ExchangeType, NotifyType, PayloadType};

use super::declaration::Confidence;
use crate::observation::Endpoint;
use crate::tunnels::{
    Flow, Message, Mode, Notify, Sender, Stage, State, Step, Surroundings, Tunnel,
};

/// Steps of IKEv2 by name.
pub(super) const INIT_REQUEST: Step = Step::V2(ExchangeType::IKE_SA_INIT, false);
pub(super) const INIT_RESPONSE: Step = Step::V2(ExchangeType::IKE_SA_INIT, true);
pub(super) const AUTH_REQUEST: Step = Step::V2(ExchangeType::IKE_AUTH, false);
pub(super) const AUTH_RESPONSE: Step = Step::V2(ExchangeType::IKE_AUTH, true);
pub(super) const INFORMATIONAL_REQUEST: Step = Step::V2(ExchangeType::INFORMATIONAL, false);

/// Whether the tunnel never came up.
pub(super) fn never_up(tunnel: &Tunnel) -> bool {
    matches!(tunnel.state, State::Failed | State::Incomplete)
}

/// Whether a step is the first message of a negotiation.
pub(super) fn opens_negotiation(step: Step) -> bool {
    matches!(
        step,
        INIT_REQUEST | Step::Main(1) | Step::Aggressive(1) | Step::Base(1)
    )
}

/// The first message of the negotiation; after a cookie or INVALID_KE_PAYLOAD the last one sent.
pub(super) fn opening_message(tunnel: &Tunnel) -> Option<&Message> {
    tunnel
        .messages
        .iter()
        .rfind(|message| opens_negotiation(message.step))
}

/// Whether the responder sent any IKE message, or anybody answered for it.
pub(super) fn responder_spoke(tunnel: &Tunnel) -> bool {
    tunnel
        .messages
        .iter()
        .any(|message| message.from != Sender::Initiator)
}

/// The answer to a message, if it was seen.
pub(super) fn answer_to<'a>(tunnel: &'a Tunnel, message: &Message) -> Option<&'a Message> {
    tunnel.message(message.answered_by?)
}

/// Copies of a message that were sent after this one was seen.
pub(super) fn copies_after(message: &Message, other: &Message) -> usize {
    message
        .retransmissions
        .iter()
        .filter(|copy| copy.frame > other.frame)
        .count()
}

/// Seconds from one message to the other.
pub(super) fn seconds_between(one: &Message, other: &Message) -> Option<f64> {
    Some(other.time?.nanos_since(one.time?) as f64 / 1e9)
}

/// Seconds from the first to the last copy of a message.
pub(super) fn seconds_repeated(message: &Message) -> Option<f64> {
    Some(message.last_copy().time?.nanos_since(message.time?) as f64 / 1e9)
}

/// Whether a message reports an error in clear.
pub(super) fn clear_error(message: &Message) -> Option<&Notify> {
    message.clear.error().filter(|_| !message.encrypted)
}

/// The error that refused the first message in clear, with the message that carried it.
pub(super) fn refusal(tunnel: &Tunnel) -> Option<(&Message, &Notify)> {
    tunnel
        .messages
        .iter()
        .filter(|message| message.from != Sender::Initiator)
        .filter(|message| {
            matches!(
                message.step,
                INIT_RESPONSE | Step::Informational | Step::V1(_)
            )
        })
        .find_map(|message| Some((message, clear_error(message)?)))
        .filter(|_| !phase_one_answered(tunnel))
}

/// Whether the responder accepted a proposal.
pub(super) fn phase_one_answered(tunnel: &Tunnel) -> bool {
    tunnel.chosen.is_some()
        || tunnel.messages.iter().any(|message| match message.step {
            Step::Main(2) | Step::Aggressive(2) | Step::Base(2) => true,
            INIT_RESPONSE => message.clear.has(PayloadType::SA.0),
            _ => false,
        })
}

/// The authentication method of the suite that was chosen, or of the only one offered (IKEv1).
pub(super) fn method_v1(tunnel: &Tunnel) -> Option<ikev1::AuthenticationMethod> {
    let chosen = tunnel
        .chosen
        .as_ref()
        .and_then(|chosen| chosen.suites().first());
    if let Some(suite) = chosen {
        return suite.auth_method;
    }
    let mut offered = tunnel
        .offered
        .iter()
        .flat_map(|proposal| proposal.suites())
        .filter_map(|suite| suite.auth_method);
    let first = offered.next()?;
    offered.all(|method| method == first).then_some(first)
}

/// Whether the capture holds both sides of a NAT: the first message comes from two addresses at once.
pub(super) fn on_both_sides_of_nat(tunnel: &Tunnel) -> bool {
    opening_message(tunnel)
        .into_iter()
        .flat_map(|message| &message.retransmissions)
        .any(|copy| copy.elsewhere)
}

/// Whether an IKEv1 method rests on a pre-shared key, with XAUTH or without.
pub(super) fn pre_shared(method: ikev1::AuthenticationMethod) -> bool {
    [
        ikev1::AuthenticationMethod::PSK,
        ikev1::AuthenticationMethod::XAUTH_INIT_PSK,
        ikev1::AuthenticationMethod::XAUTH_RESP_PSK,
    ]
    .contains(&method)
}

/// What an IKEv2 request for authentication brings, as far as it can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Credentials {
    /// Small: a pre-shared key, or nothing, which asks for EAP.
    Small,
    /// A signature without a certificate.
    Signature,
    /// A certificate.
    Certificate,
    /// A pre-shared key, for certain.
    PreSharedKey,
    /// Nothing yet, for certain: EAP is asked for.
    Eap,
    /// Cannot be said.
    Unknown,
}

/// What stands in a message of IKE_AUTH: read where it was opened, else judged by its size.
pub(super) fn credentials(message: &Message) -> Credentials {
    if let Some(opened) = &message.opened {
        return match opened.auth_method() {
            None => Credentials::Eap,
            Some(SHARED_KEY_METHOD) => Credentials::PreSharedKey,
            Some(_) if opened.has(PayloadType::CERT.0) => Credentials::Certificate,
            Some(_) => Credentials::Signature,
        };
    }
    let parts = u32::try_from(message.fragments.len()).unwrap_or(u32::MAX);
    let inner = message.inner_octets.or_else(|| {
        let seen = message
            .length
            .saturating_sub(parts.saturating_mul(FRAGMENT_OVERHEAD));
        // What is missing may be the larger part: only what does not fit one packet comes in fragments.
        let whole = message
            .fragments_total
            .is_none_or(|total| u32::from(total) <= parts);
        let least = if whole {
            seen
        } else {
            seen.max(CERTIFICATE_OCTETS)
        };
        (parts > 0).then_some((least, least.saturating_add(message.length)))
    });
    match inner {
        None => Credentials::Unknown,
        Some((smallest, _)) if smallest >= CERTIFICATE_OCTETS => Credentials::Certificate,
        Some((smallest, _)) if smallest >= SIGNATURE_OCTETS => Credentials::Signature,
        Some(_) => Credentials::Small,
    }
}

/// What the responder proves its identity with. It chooses one proposal and asks for nothing, so that a signature shows in
/// less than what a request has.
pub(super) fn proof_of_responder(tunnel: &Tunnel, response: &Message) -> Credentials {
    let signed = || {
        let asked_with_certificate = tunnel
            .first_of(AUTH_REQUEST)
            .is_some_and(|request| credentials(request) == Credentials::Certificate);
        asked_with_certificate && response.at_least(SIGNED_RESPONSE_OCTETS)
    };
    match credentials(response) {
        Credentials::Small if signed() => Credentials::Signature,
        found => found,
    }
}

/// Whether the encrypted part of a message has no room for more than one error notification.
pub(super) fn is_one_notify(message: &Message) -> bool {
    if let Some(opened) = &message.opened {
        return opened.error().is_some() && opened.auth_method().is_none();
    }
    match message.inner_octets {
        Some((smallest, _)) => smallest <= ONE_NOTIFY_OCTETS,
        None => message.length <= ONE_NOTIFY_LENGTH,
    }
}

/// IKE_AUTH as a whole: its rounds, by message ID.
#[derive(Debug, Default)]
pub(super) struct Rounds<'a> {
    /// Requests of the initiator with their answers, in order.
    pub(super) rounds: Vec<(&'a Message, Option<&'a Message>)>,
}

impl<'a> Rounds<'a> {
    pub(super) fn of(tunnel: &'a Tunnel) -> Self {
        let rounds = tunnel
            .of_step(AUTH_REQUEST)
            .map(|request| {
                let answer = answer_to(tunnel, request).or_else(|| {
                    tunnel
                        .of_step(AUTH_RESPONSE)
                        .find(|response| response.message_id == request.message_id)
                });
                (request, answer)
            })
            .collect();
        Self { rounds }
    }

    /// The first round.
    pub(super) fn first(&self) -> Option<(&'a Message, Option<&'a Message>)> {
        self.rounds.first().copied()
    }

    /// The last round.
    pub(super) fn last(&self) -> Option<(&'a Message, Option<&'a Message>)> {
        self.rounds.last().copied()
    }

    pub(super) fn len(&self) -> usize {
        self.rounds.len()
    }
}

/// A refusal of the only round of IKE_AUTH: request and response.
pub(super) fn refused_authentication(tunnel: &Tunnel) -> Option<(&Message, &Message)> {
    if !never_up(tunnel) {
        return None;
    }
    let rounds = Rounds::of(tunnel);
    let (request, response) = rounds.first().filter(|_| rounds.len() == 1)?;
    let response = response?;
    let other_error = response
        .opened
        .as_ref()
        .and_then(|opened| opened.error())
        .is_some_and(|error| error.number != NotifyType::AUTHENTICATION_FAILED.0);
    (is_one_notify(response) && !other_error).then_some((request, response))
}

/// The Informational by which the initiator ends an SA right after a complete answer: the answer to IKE_AUTH, and the
/// Informational.
pub(super) fn rejected_by_initiator<'a>(
    tunnel: &'a Tunnel,
    around: &Surroundings<'a>,
) -> Option<(&'a Message, &'a Message)> {
    tunnel.first_of(INFORMATIONAL_REQUEST)?;
    let rounds = Rounds::of(tunnel);
    let (_, response) = rounds.last()?;
    let response = response.filter(|response| !is_one_notify(response))?;
    let next = tunnel
        .messages
        .iter()
        .filter(|message| message.frame > response.frame && message.from == Sender::Initiator)
        .find(|message| message.step != AUTH_REQUEST)?;
    let seconds = seconds_between(response, next).unwrap_or_default();
    let soon = seconds <= at_once(tunnel);
    // A user or a script that ends a tunnel takes longer than a check of what has just come.
    let ends = next.step == INFORMATIONAL_REQUEST
        && match &next.opened {
            Some(opened) => {
                let told = opened.notify(NotifyType::AUTHENTICATION_FAILED.0).is_some();
                let deleted = opened.deletes.iter().any(|delete| delete.spis.is_empty());
                told || (deleted && soon)
            }
            // The answer to the end of the IKE SA is empty, to a Delete of a child it is not (RFC 7296, section 1.4.1).
            None => {
                let of_child = answer_to(tunnel, next)
                    .is_some_and(|answer| answer.at_least(ONE_DELETE_OCTETS));
                is_one_notify(next) && soon && !of_child
            }
        };
    // Where the child is refused beside the proof, the proof was accepted.
    let child_refused = tunnel.stage == Stage::Child;
    let silent = tunnel.children.iter().all(|child| {
        child
            .from_initiator
            .as_ref()
            .is_none_or(|flow| flow.packets == 0)
    });
    let last = !tunnel.messages.iter().any(|message| {
        message.frame > next.frame && message.from == Sender::Initiator && message.request
    });
    let refused = ends && !child_refused && silent && last;
    (refused && !went_well(tunnel, around, (response, next))).then_some((response, next))
}

/// Whether packets passed before the SA was ended, or another SA of the same peers took its place: then its end was no
/// refusal.
fn went_well(tunnel: &Tunnel, around: &Surroundings<'_>, between: (&Message, &Message)) -> bool {
    let (after, before) = (between.0.frame, between.1.frame);
    let peers = [tunnel.initiator.address, tunnel.responder.address];
    let passed = |flow: &Flow| {
        peers.contains(&flow.src.address)
            && peers.contains(&flow.dst.address)
            && flow.frame_first > after
            && flow.frame_first < before
    };
    let flows = around
        .tunnels
        .iter()
        .flat_map(|tunnel| &tunnel.children)
        .flat_map(|child| [&child.from_initiator, &child.from_responder])
        .filter_map(Option::as_deref)
        .chain(around.flows);
    let replaced = around.tunnels.iter().any(|other| {
        other.id != tunnel.id
            && peers.contains(&other.initiator.address)
            && peers.contains(&other.responder.address)
            && other.state == State::Established
            && other.messages.first().is_some_and(|first| {
                seconds_between(between.1, first)
                    .is_none_or(|seconds| seconds.abs() < REPLACED_SECONDS)
            })
    });
    replaced || flows.into_iter().any(passed)
}

/// Seconds within which an initiator reacts to an answer: more on a slow path, as the time from the first answer to the
/// next request shows.
pub(super) fn at_once(tunnel: &Tunnel) -> f64 {
    let path = tunnel
        .of_step(INIT_RESPONSE)
        .last()
        .zip(tunnel.first_of(AUTH_REQUEST))
        .and_then(|(answer, next)| seconds_between(answer, next))
        .unwrap_or_default();
    (path * 3.0).clamp(AT_ONCE_SECONDS, AT_MOST_SECONDS)
}

/// Messages 5 and what followed it, of main mode.
#[derive(Clone, Copy, Debug)]
pub(super) struct ThirdRound<'a> {
    /// Message 4.
    pub(super) fourth: &'a Message,
    /// Message 5.
    pub(super) fifth: &'a Message,
    /// Message 6, if it came.
    pub(super) sixth: Option<&'a Message>,
    /// Informationals of the responder after message 5, the first one first.
    pub(super) reaction: Option<&'a Message>,
}

impl<'a> ThirdRound<'a> {
    pub(super) fn of(tunnel: &'a Tunnel) -> Option<Self> {
        if tunnel.mode != Some(Mode::Main) {
            return None;
        }
        let fourth = tunnel.first_of(Step::Main(4))?;
        let fifth = tunnel.first_of(Step::Main(5))?;
        let sixth = tunnel.first_of(Step::Main(6));
        let reaction = tunnel.messages.iter().find(|message| {
            message.from == Sender::Responder
                && message.step == Step::Informational
                && message.frame > fifth.frame
        });
        Some(Self {
            fourth,
            fifth,
            sixth,
            reaction,
        })
    }

    /// Whether message 5 left on another port than message 4 came from.
    pub(super) fn floated(&self) -> bool {
        self.fifth.ends.dst.port != self.fourth.ends.src.port
    }

    /// Copies of message 5 after the responder's reaction.
    pub(super) fn repeated_after_reaction(&self) -> usize {
        self.reaction
            .map_or(0, |reaction| copies_after(self.fifth, reaction))
    }

    /// Whether the reaction stayed closed and is not PAYLOAD-MALFORMED, the answer to other keys: that has no SPI, and who
    /// sends message 4 again does not say it.
    pub(super) fn refuses(&self) -> bool {
        self.reaction.is_some_and(|reaction| {
            let longer = reaction
                .inner_octets
                .is_some_and(|(_, largest)| largest > MALFORMED_LARGEST);
            reaction.opened.is_none() && (longer || self.fourth_repeated() > 0)
        })
    }

    /// Whether the initiator is behind a NAT that message 5 had passed when it was captured: its port is none of IKE's.
    pub(super) fn passed_the_nat(&self) -> bool {
        self.floated() && !matches!(self.fifth.ends.src.port, Some(500 | 4500))
    }

    /// Copies of message 4 after message 5.
    pub(super) fn fourth_repeated(&self) -> usize {
        copies_after(self.fourth, self.fifth)
    }
}

/// `10.9.0.2` or `10.9.0.2:4500` where the port is none of IKE's own.
pub(super) fn end(endpoint: Endpoint) -> String {
    match endpoint.port {
        Some(port) if port != 500 => match endpoint.address {
            std::net::IpAddr::V4(address) => format!("{address}:{port}"),
            std::net::IpAddr::V6(address) => format!("[{address}]:{port}"),
        },
        _ => endpoint.address.to_string(),
    }
}

/// `1 time`, `3 times`.
pub(super) fn times(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => format!("{count} times"),
    }
}

/// A cause that was read, or one that fits the sizes.
pub(super) const fn read_or(opened: bool, otherwise: Confidence) -> Confidence {
    if opened {
        Confidence::Certain
    } else {
        otherwise
    }
}

/// Authentication method 2 of IKEv2 (RFC 7296, section 3.8).
pub(super) const SHARED_KEY_METHOD: u8 = 2;

/// Octets of a Delete of one child; a liveness check has none.
pub(super) const ONE_DELETE_OCTETS: u32 = 8;

/// One notification without SPI has 8 octets, INVALID_KE_PAYLOAD and a Delete of one child up to 12, the largest data of
/// an error notification 20 or so; identity and AUTH together have 40 and more.
pub(super) const ONE_NOTIFY_OCTETS: u32 = 24;

/// A notification of IKEv1 without SPI, and a block of padding.
const MALFORMED_LARGEST: u32 = 12 + 16;

/// The longest message of that content in the known suites, where the suite is not known.
const ONE_NOTIFY_LENGTH: u32 = 112;

/// The shortest certificate in use (ECDSA) has some 400 octets, and goes with a signature of 70.
const CERTIFICATE_OCTETS: u32 = 660;

/// Headers, initialization vector, padding and ICV of one fragment, at most.
const FRAGMENT_OVERHEAD: u32 = 28 + 8 + 16 + 16 + 32;

/// Two identities, SA, selectors and a few notifications have some 250 octets; an RSA signature 256 and more.
const SIGNATURE_OCTETS: u32 = 420;

/// An identity, an RSA signature of 2048 bits, one proposal and a pair of selectors have some 390 octets; with the longest
/// AUTH of a pre-shared key they have 240.
const SIGNED_RESPONSE_OCTETS: u32 = 300;

/// A peer that does not like an answer says so within this time on a fast path, and on any path.
const AT_ONCE_SECONDS: f64 = 0.4;
const AT_MOST_SECONDS: f64 = 3.0;

/// A tunnel that comes up this soon after another one was ended replaces it.
const REPLACED_SECONDS: f64 = 5.0;
