//! Large messages and packets: fragments, and what the path does not carry.

use std::net::IpAddr;

use ikescope_dissectors::registries::ikev2::{ExchangeType, NotifyType};

use super::child::allows;
use super::declaration::{Confidence, Declaration, Need, Severity, Side};
use super::diagnosis::Diagnosis;
use super::engine::TunnelRule;
use super::facts::copies_after;
use super::reachability::lost_answer;
use super::running::{SIDES, at_least, flow_from, flows, flows_from, side, times, with_copies};
use crate::tunnels::{FragmentedDatagram, InnerEnds, Message, Sender, Step, Surroundings, Tunnel};

/// Everything on this topic.
pub(super) const DECLARATIONS: &[&Declaration] = &[
    &IKE_IP_FRAGMENTS_DROPPED,
    &IKE_FRAG_NOT_NEGOTIATED,
    &IKE_FRAG_PARTIAL_LOSS,
    &IKE_FRAG_LIMIT_EXCEEDED,
    &IKEV1_FRAGMENTATION_QUIRKS,
    &SA_INIT_TOO_BIG,
    &ESP_PMTU_BLACKHOLE,
    &ESP_FRAGMENTED_OUTER,
    &ESP_MSS_NOT_CLAMPED,
    &ICMP_INNER_NOT_IN_POLICY,
];

/// The rules of this topic.
pub(super) const RULES: &[TunnelRule] = &[
    fragments_of_ip,
    fragments_of_version_2,
    fragments_of_version_1,
    data_in_fragments,
    large_packets_vanish,
    segments_too_large,
    errors_outside_selectors,
];

pub(super) static IKE_IP_FRAGMENTS_DROPPED: Declaration = Declaration {
    id: "ike-ip-fragments-dropped",
    title: "A large IKE message in IP fragments gets no answer",
    severity: Severity::Failure,
    weight: 68,
    explanation: "A message with certificates is larger than one packet, so IP splits it. Firewalls, translators and \
        clouds often drop such fragments, and then the whole message is lost every time, while all smaller ones \
        pass.",
    symptom: "\"Works with a PSK and not with certificates\"; \"broke when the certificate was renewed\"; Windows \
        error 809.",
    wire: "IKE_AUTH or main mode message 5 is sent in IP fragments, repeated, and stays without answer; smaller \
        messages before it were answered.",
    opened: "",
    checks: &[
        (
            Side::Both,
            "switch on IKE fragmentation (RFC 7383; FRAGMENTATION vendor ID in IKEv1)",
        ),
        (
            Side::Network,
            "let IP fragments pass: firewall, NAT, provider, cloud",
        ),
        (
            Side::Both,
            "smaller certificates: ECDSA, no intermediates in the message",
        ),
    ],
    needs: &[Need::Fragments, Need::BothDirections],
    competitors: &[
        (
            "ike-frag-not-negotiated",
            "one side offers IKE fragmentation and the other does not",
        ),
        ("auth-silent-drop", "the message is small"),
        ("sa-init-too-big", "the fragments are of IKE_SA_INIT"),
    ],
    references: &["RFC 7383, section 1", "RFC 7296, section 2"],
    see: None,
};

pub(super) static IKE_FRAG_NOT_NEGOTIATED: Declaration = Declaration {
    id: "ike-frag-not-negotiated",
    title: "IKE fragmentation was not agreed on, and large messages are lost as IP fragments",
    severity: Severity::Failure,
    weight: 70,
    explanation: "One side offers to split large messages in IKE itself and the other does not. So a message with \
        certificates goes as IP fragments, which something on the path drops.",
    symptom: "Logins with certificates fail for one kind of client only.",
    wire: "IKEV2_FRAGMENTATION_SUPPORTED in the request or in the response of IKE_SA_INIT but not in both (IKEv1: \
        the FRAGMENTATION vendor ID on one side only); then a message in IP fragments without answer.",
    opened: "",
    checks: &[
        (
            Side::Unknown,
            "switch IKE fragmentation on, on the side that does not announce it",
        ),
        (Side::Both, "update old clients; smaller certificates"),
        (Side::Network, "let IP fragments pass"),
    ],
    needs: &[Need::Clear, Need::Fragments, Need::BothDirections],
    competitors: &[
        ("ike-frag-partial-loss", "IKE fragmentation is in use"),
        ("ike-ip-fragments-dropped", "neither side offers it"),
    ],
    references: &["RFC 7383, section 2.3"],
    see: None,
};

pub(super) static IKE_FRAG_PARTIAL_LOSS: Declaration = Declaration {
    id: "ike-frag-partial-loss",
    title: "Some fragments of an IKE message never arrive",
    severity: Severity::Failure,
    weight: 68,
    explanation: "The message was split in IKE itself, as agreed, and it stays without answer through all \
        repetitions. If fragments of one size are lost every time, the path does not carry that size; if it is \
        different ones, packets are lost at random.",
    symptom: "IKE_AUTH times out although fragmentation is on.",
    wire: "Encrypted fragments (payload SKF), whose number and total are readable, sent again and again; no answer.",
    opened: "",
    checks: &[
        (Side::Both, "a smaller fragment size, 576 to 1200 octets"),
        (
            Side::Network,
            "what drops datagrams of this size; capture at the receiver to see which fragments arrive",
        ),
    ],
    needs: &[Need::Clear, Need::BothDirections],
    competitors: &[
        ("auth-silent-drop", "the message is not in fragments"),
        ("ike-frag-limit-exceeded", "there are very many fragments"),
    ],
    references: &["RFC 7383, section 2.5"],
    see: None,
};

pub(super) static IKE_FRAG_LIMIT_EXCEEDED: Declaration = Declaration {
    id: "ike-frag-limit-exceeded",
    title: "The message has more fragments than the peer may accept",
    severity: Severity::Failure,
    weight: 60,
    explanation: "A message was split into more than 16 fragments, and no answer comes though all of them are in the \
        capture. Some implementations accept only so many; whether this one does is possible and not proven.",
    symptom: "Windows error 809 from networks with a tiny MTU.",
    wire: "More than 16 fragments in one message, all of them seen, and no answer.",
    opened: "",
    checks: &[
        (Side::Responder, "a version that accepts more fragments"),
        (
            Side::Initiator,
            "a larger MTU of the interface, or larger fragments",
        ),
    ],
    needs: &[Need::Clear, Need::BothDirections],
    competitors: &[("ike-frag-partial-loss", "fragments are missing")],
    references: &["RFC 7383, section 2.6"],
    see: None,
};

pub(super) static IKEV1_FRAGMENTATION_QUIRKS: Declaration = Declaration {
    id: "ikev1-fragmentation-quirks",
    title: "IKEv1 fragments do not make a whole message",
    severity: Severity::Failure,
    weight: 54,
    explanation: "IKEv1 fragmentation is no standard. A message was sent in fragments of which the last one, or one \
        in between, is not there, or whose flags are unusual, and no answer follows.",
    symptom: "IKEv1 logins with certificates fail with one vendor.",
    wire: "Payload 132 with gaps in its numbers, without the flag of the last fragment, or with the encryption flag \
        set; no answer.",
    opened: "",
    checks: &[
        (
            Side::Both,
            "switch IKEv1 fragmentation off on one side, or update",
        ),
        (Side::Network, "are datagrams of this size lost?"),
    ],
    needs: &[Need::Clear, Need::BothDirections],
    competitors: &[("ike-ip-fragments-dropped", "the fragments are IP's")],
    references: &["RFC 2408, section 3.1"],
    see: None,
};

pub(super) static SA_INIT_TOO_BIG: Declaration = Declaration {
    id: "sa-init-too-big",
    title: "IKE_SA_INIT is larger than a packet and gets no answer",
    severity: Severity::Failure,
    weight: 68,
    explanation: "The first message cannot be split by IKE, as nothing is agreed on yet. With many proposals, large \
        groups or post-quantum keys it exceeds the MTU and travels in IP fragments, which are often dropped.",
    symptom: "Never any answer, after a post-quantum or a very large group was added.",
    wire: "IKE_SA_INIT requests in IP fragments, repeated, without an answer.",
    opened: "",
    checks: &[
        (
            Side::Initiator,
            "fewer proposals, a smaller first key exchange, large ones as additional key exchanges in \
                IKE_INTERMEDIATE",
        ),
        (Side::Network, "let IP fragments pass"),
    ],
    needs: &[Need::Fragments, Need::BothDirections],
    competitors: &[
        (
            "no-response-to-first-message",
            "a small first message gets no answer either",
        ),
        (
            "ike-ip-fragments-dropped",
            "the fragments are of a later message",
        ),
    ],
    references: &["RFC 7383, section 1", "RFC 9242, section 1"],
    see: None,
};

pub(super) static ESP_PMTU_BLACKHOLE: Declaration = Declaration {
    id: "esp-pmtu-blackhole",
    title: "Large packets vanish in the tunnel, small ones pass",
    severity: Severity::Failure,
    weight: 64,
    explanation: "The tunnel makes packets larger, and somewhere on the path the largest ones do not pass; the \
        sender does not learn of it. Connections open, and stall with the first large transfer.",
    symptom: "Ping and login work, file transfer and HTTPS hang.",
    wire: "ESP packets of both directions while they are small; the large ones of one side are followed by nothing, \
        or repeated at growing gaps. ICMP \"fragmentation needed\" may tell the MTU.",
    opened: "The inner TCP connection repeats full segments, or large echo requests stay without reply.",
    checks: &[
        (
            Side::Both,
            "clamp the TCP MSS on the tunnel, or lower the MTU of the tunnel interface",
        ),
        (
            Side::Network,
            "let ICMP \"fragmentation needed\" and \"packet too big\" pass",
        ),
        (Side::Network, "which hop has a smaller MTU?"),
    ],
    needs: &[Need::Esp, Need::BothDirections],
    competitors: &[
        ("esp-replay-drops", "the loss does not depend on the size"),
        (
            "esp-fragmented-outer",
            "the large packets travel in fragments",
        ),
    ],
    references: &["RFC 4301, section 8", "RFC 1191", "RFC 8201"],
    see: None,
};

pub(super) static ESP_FRAGMENTED_OUTER: Declaration = Declaration {
    id: "esp-fragmented-outer",
    title: "ESP packets are split after encryption",
    severity: Severity::Warning,
    weight: 34,
    explanation: "Packets are larger than the MTU once they are encrypted, so the outer packet travels in fragments. \
        The receiver must put them together before it can decrypt: this costs much, and one lost fragment loses the \
        packet.",
    symptom: "Slow, much CPU, now and then messages about replay.",
    wire: "IP fragments of protocol 50 or of UDP 4500 that give ESP when put together.",
    opened: "",
    checks: &[(
        Side::Both,
        "lower the MTU of the tunnel, or clamp the TCP MSS, so that packets are split before encryption",
    )],
    needs: &[Need::Fragments, Need::Esp],
    competitors: &[(
        "esp-pmtu-blackhole",
        "the large packets do not arrive at all",
    )],
    references: &["RFC 4301, section 8.1", "RFC 4303, section 3.3.4"],
    see: None,
};

pub(super) static ESP_MSS_NOT_CLAMPED: Declaration = Declaration {
    id: "esp-mss-not-clamped",
    title: "TCP in the tunnel announces segments that are too large for it",
    severity: Severity::Warning,
    weight: 50,
    explanation: "The hosts agree on a segment size that fits their own link and not the tunnel. Full segments plus \
        the overhead of ESP exceed the MTU of the path.",
    symptom: "Web pages hang over the tunnel.",
    wire: "Large ESP packets of one size, repeated.",
    opened: "A TCP SYN inside with an MSS larger than the MTU of the tunnel less 40 octets.",
    checks: &[(
        Side::Both,
        "clamp the MSS on the tunnel interfaces of both sides",
    )],
    needs: &[Need::EspKeys],
    competitors: &[(
        "esp-pmtu-blackhole",
        "the same: without keys the cause is not visible",
    )],
    references: &["RFC 4301, section 8", "RFC 9293, section 3.7.1"],
    see: None,
};

pub(super) static ICMP_INNER_NOT_IN_POLICY: Declaration = Declaration {
    id: "icmp-inner-not-in-policy",
    title: "ICMP errors of inner routers do not fit the traffic selectors",
    severity: Severity::Warning,
    weight: 30,
    explanation: "A router behind one gateway answers with an ICMP error from its own address. That address is not \
        in the selectors, so the error does not pass the tunnel and the sender does not learn of the smaller MTU.",
    symptom: "Path MTU discovery fails only for hops behind the peer.",
    wire: "Nothing.",
    opened: "An inner ICMP error whose source is outside the selectors of its SA.",
    checks: &[(
        Side::Both,
        "add the addresses of the routers to the selectors, or use a route-based tunnel",
    )],
    needs: &[Need::EspKeys],
    competitors: &[("esp-pmtu-blackhole", "the loss is outside the tunnel")],
    references: &["RFC 4301, section 6.2"],
    see: None,
};

/// A message that travels in IP fragments and stays without an answer.
fn fragments_of_ip<'a>(tunnel: &'a Tunnel, surroundings: &Surroundings<'a>) -> Option<Diagnosis> {
    if let Some(message) = tunnel.messages.iter().find(|message| {
        message.ip_fragments > 0 && message.transmissions > 1 && unanswered(tunnel, message)
    }) {
        return Some(lost_in_fragments(tunnel, message));
    }
    if let Some((request, answer)) =
        lost_answer(tunnel).filter(|(_, answer)| answer.ip_fragments > 0)
    {
        return Some(answer_lost_in_fragments(tunnel, request, answer));
    }
    let lost = cut_short(tunnel, surroundings)?;
    let sender = if lost.src == tunnel.initiator.address {
        Sender::Initiator
    } else {
        Sender::Responder
    };
    let (declaration, side) = one_sided_support(tunnel)
        .map_or((&IKE_IP_FRAGMENTS_DROPPED, Side::Network), |side| {
            (&IKE_FRAG_NOT_NEGOTIATED, side)
        });
    let summary = format!(
        "A large message of the {} arrives here in part only: {} of its IP fragments came, and the rest was dropped on \
         the way. {}",
        sender.name(),
        if lost.has_first {
            "the first"
        } else {
            "not the first"
        },
        support(tunnel)
    );
    Some(
        Diagnosis::new(declaration, Confidence::Certain, side, summary)
            .evidence(lost.frame, "a fragment of a datagram that was never whole"),
    )
}

/// Datagrams between the peers of which a part is missing, while the negotiation does not go on.
fn cut_short(tunnel: &Tunnel, surroundings: &Surroundings<'_>) -> Option<FragmentedDatagram> {
    let ends = (tunnel.initiator.address, tunnel.responder.address);
    let stuck = tunnel.messages.last().is_some_and(|last| {
        matches!(
            last.step,
            Step::V2(
                ExchangeType::IKE_SA_INIT | ExchangeType::IKE_INTERMEDIATE,
                true
            ) | Step::Main(4)
                | Step::Aggressive(2)
        )
    });
    let last = tunnel.messages.last()?.frame;
    let mut lost = surroundings.capture.incomplete.iter().filter(|lost| {
        let pair = (lost.src, lost.dst);
        (pair == ends || pair == (ends.1, ends.0)) && lost.protocol == UDP && lost.frame > last
    });
    let first = lost.next().copied();
    // A snap length cuts fragments too, so that nothing can be put together.
    let whole = surroundings.capture.truncated == 0;
    first.filter(|_| stuck && whole && lost.next().is_some())
}

fn lost_in_fragments(tunnel: &Tunnel, message: &Message) -> Diagnosis {
    let sent = format!(
        "{} ({} octets, in {} IP fragments) was sent {} without an answer",
        message.step,
        message.length,
        message.ip_fragments,
        times(message.transmissions)
    );
    let first = matches!(
        message.step,
        Step::V2(ExchangeType::IKE_SA_INIT, _) | Step::Main(1) | Step::Aggressive(1)
    );
    let what = "a message in IP fragments";
    if first {
        let summary = format!("{sent}. IKE itself cannot split this first message.");
        let diagnosis =
            Diagnosis::new(&SA_INIT_TOO_BIG, Confidence::Likely, Side::Network, summary);
        return with_copies(diagnosis, message, what)
            .excludes("ike-ip-fragments-dropped", "it is the first message");
    }
    let smaller = "smaller messages were answered";
    match one_sided_support(tunnel) {
        Some(side) => {
            let summary = format!("{sent}, while {smaller}. {}", support(tunnel));
            let diagnosis =
                Diagnosis::new(&IKE_FRAG_NOT_NEGOTIATED, Confidence::Likely, side, summary);
            with_copies(diagnosis, message, what)
                .excludes(
                    "ike-frag-partial-loss",
                    "the message is not in fragments of IKE",
                )
                .excludes(
                    "ike-ip-fragments-dropped",
                    "one side offers IKE fragmentation",
                )
        }
        None => {
            let summary = format!("{sent}, while {smaller}. {}", support(tunnel));
            let diagnosis = Diagnosis::new(
                &IKE_IP_FRAGMENTS_DROPPED,
                Confidence::Likely,
                Side::Network,
                summary,
            );
            with_copies(diagnosis, message, what)
                .excludes("auth-silent-drop", "the message is large and in fragments")
        }
    }
}

/// The answer travels in IP fragments, and the request is repeated after each.
fn answer_lost_in_fragments(tunnel: &Tunnel, request: &Message, answer: &Message) -> Diagnosis {
    let (declaration, side) = one_sided_support(tunnel)
        .map_or((&IKE_IP_FRAGMENTS_DROPPED, Side::Network), |side| {
            (&IKE_FRAG_NOT_NEGOTIATED, side)
        });
    let summary = format!(
        "The {} answers {} with {} octets in {} IP fragments, and the {} repeats the request {}: the fragments do not \
         reach it. {}",
        answer.from.name(),
        request.step,
        answer.length,
        answer.ip_fragments,
        request.from.name(),
        times(copies_after(request, answer) as u32),
        support(tunnel)
    );
    let found = Diagnosis::new(declaration, Confidence::Likely, side, summary)
        .evidence(answer.frame, "the answer, in IP fragments");
    with_copies(found, request, "the request")
        .excludes(
            "reply-lost-on-return",
            "the answer is in IP fragments, and smaller ones arrived",
        )
        .excludes("auth-silent-drop", "there is an answer, in fragments")
}

/// Which side does not announce IKE fragmentation while the other one does.
fn one_sided_support(tunnel: &Tunnel) -> Option<Side> {
    match (
        announces(tunnel, Sender::Initiator),
        announces(tunnel, Sender::Responder),
    ) {
        (true, false) => Some(Side::Responder),
        (false, true) => Some(Side::Initiator),
        _ => None,
    }
}

/// Whether a side announces that it puts IKE fragments together.
fn announces(tunnel: &Tunnel, sender: Sender) -> bool {
    tunnel.from(sender).any(|message| {
        let vendors = &message.clear.vendor_ids;
        message
            .clear
            .notify(NotifyType::IKEV2_FRAGMENTATION_SUPPORTED.0)
            .is_some()
            || tunnel.version == 1 && vendors.iter().any(|id| id.starts_with(&FRAGMENTATION))
    })
}

fn support(tunnel: &Tunnel) -> String {
    match (
        announces(tunnel, Sender::Initiator),
        announces(tunnel, Sender::Responder),
    ) {
        (true, true) => "Both sides announce IKE fragmentation, and it was not used.".to_owned(),
        (true, false) => {
            "The initiator announces IKE fragmentation, the responder does not.".to_owned()
        }
        (false, true) => {
            "The responder announces IKE fragmentation, the initiator does not.".to_owned()
        }
        (false, false) => "Neither side announces IKE fragmentation.".to_owned(),
    }
}

/// A message in encrypted fragments of IKEv2 without an answer.
fn fragments_of_version_2<'a>(
    tunnel: &'a Tunnel,
    surroundings: &Surroundings<'a>,
) -> Option<Diagnosis> {
    let message = tunnel.messages.iter().find(|message| {
        tunnel.version == 2
            && message.request
            && !message.fragments.is_empty()
            && unanswered(tunnel, message)
            && (message.transmissions > 1
                || message.fragments.len() < total(message)
                    && at_least(message.time, surroundings.capture.last, COMPLETE_SECONDS))
    })?;
    let total = total(message);
    let missing: Vec<String> = (1..=total)
        .filter(|number| {
            !message
                .fragments
                .iter()
                .any(|seen| usize::from(*seen) == *number)
        })
        .map(|number| number.to_string())
        .take(SHOWN_NUMBERS)
        .collect();
    let sent = format!("{} in {total} fragments", message.step);
    if !missing.is_empty() {
        let summary = format!(
            "{sent} is incomplete here: of its fragments {} did not come in {}.",
            missing.join(", "),
            attempts(message.transmissions)
        );
        let diagnosis = Diagnosis::new(
            &IKE_FRAG_PARTIAL_LOSS,
            Confidence::Certain,
            Side::Network,
            summary,
        );
        return Some(
            with_copies(diagnosis, message, "a fragment")
                .excludes("auth-silent-drop", "fragments are missing"),
        );
    }
    let summary = format!(
        "{sent} was sent {} without an answer; all fragments are in this capture, so some of them or the answer do not \
         arrive.",
        times(message.transmissions)
    );
    let many = total > MANY_FRAGMENTS;
    let declaration = if many {
        &IKE_FRAG_LIMIT_EXCEEDED
    } else {
        &IKE_FRAG_PARTIAL_LOSS
    };
    let confidence = if many {
        Confidence::Possible
    } else {
        Confidence::Likely
    };
    let diagnosis = Diagnosis::new(declaration, confidence, Side::Network, summary);
    Some(
        with_copies(diagnosis, message, "the fragments")
            .excludes("ike-ip-fragments-dropped", "IKE fragmentation is in use"),
    )
}

fn total(message: &Message) -> usize {
    let highest = message.fragments.last().copied().unwrap_or(0);
    usize::from(message.fragments_total.unwrap_or(highest))
}

fn attempts(transmissions: u32) -> String {
    match transmissions {
        1 => "its only transmission".to_owned(),
        more => format!("{more} transmissions"),
    }
}

/// Fragments of IKEv1 that make no whole message, or are not answered.
fn fragments_of_version_1<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let message = tunnel.messages.iter().find(|message| {
        tunnel.version == 1
            && !message.fragments.is_empty()
            && unanswered(tunnel, message)
            && message.transmissions > 1
            // Who sent it whole before, and got an answer, splits it in vain.
            && !tunnel
                .of_step(message.step)
                .any(|whole| whole.from == message.from && !unanswered(tunnel, whole))
    })?;
    let gap = (1..=total(message)).any(|number| {
        !message
            .fragments
            .iter()
            .any(|seen| usize::from(*seen) == number)
    });
    let numbered = message.fragments_total.is_some();
    let summary = if gap || !numbered {
        format!(
            "{} was sent in fragments of IKEv1, {}, of which not all are here; no answer follows.",
            message.step,
            times(message.transmissions)
        )
    } else {
        format!(
            "{} was sent {} in {} fragments of IKEv1, and no answer follows.",
            message.step,
            times(message.transmissions),
            message.fragments.len()
        )
    };
    let confidence = if gap {
        Confidence::Certain
    } else {
        Confidence::Likely
    };
    // Without one that says to be the last, the sender counts in its own way.
    let (declaration, side) = if numbered {
        (&IKE_FRAG_PARTIAL_LOSS, Side::Network)
    } else {
        (&IKEV1_FRAGMENTATION_QUIRKS, Side::Unknown)
    };
    let diagnosis = Diagnosis::new(declaration, confidence, side, summary);
    Some(with_copies(diagnosis, message, "the fragments"))
}

/// Whether nothing came back that answers a message which wants an answer.
pub(super) fn unanswered(tunnel: &Tunnel, message: &Message) -> bool {
    let wants = match message.step {
        Step::Main(number) => number < 6,
        Step::Aggressive(number) => number < 3,
        Step::Base(number) => number < 4,
        Step::Quick(number) => number < 3,
        _ => message.request,
    };
    let followed = match message.step {
        Step::Main(number) => tunnel.messages.iter().any(|later| {
            matches!(later.step, Step::Main(next) if next > number) && later.from != message.from
        }),
        Step::Aggressive(number) => tunnel.messages.iter().any(|later| {
            matches!(later.step, Step::Aggressive(next) if next > number)
                && later.from != message.from
        }),
        // A capture that begins in the middle has the answer before the request, and again after it.
        _ => {
            message.answered_by.is_some()
                || tunnel.from(message.from.opposite()).any(|other| {
                    !other.request
                        && (other.exchange, other.message_id)
                            == (message.exchange, message.message_id)
                        && other.last_copy().frame > message.frame
                })
        }
    };
    // An Informational of the peer is an answer too, if not a friendly one.
    let told = tunnel.version == 1
        && tunnel.messages.iter().any(|later| {
            later.frame > message.frame
                && later.from != message.from
                && later.step == Step::Informational
        });
    wants && !followed && !told
}

/// ESP that was split after encryption.
fn data_in_fragments<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (sender, flow) = SIDES
        .into_iter()
        .flat_map(|sender| flows_from(tunnel, sender).map(move |(_, flow)| (sender, flow)))
        .filter(|(_, flow)| flow.fragmented > 0)
        .max_by_key(|(_, flow)| flow.fragmented)?;
    let summary = format!(
        "{} of {} packets of the {} were split into IP fragments after encryption; the largest has {} octets of ESP.",
        flow.fragmented,
        flow.packets,
        sender.name(),
        flow.largest
    );
    let frame = flow.fragmented_frame.unwrap_or(flow.largest_frame);
    Some(
        Diagnosis::new(
            &ESP_FRAGMENTED_OUTER,
            Confidence::Certain,
            side(sender),
            summary,
        )
        .evidence(frame, "ESP put together from IP fragments"),
    )
}

/// Large packets of ESP that nothing answers, while small ones are answered.
fn large_packets_vanish<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    SIDES
        .into_iter()
        .flat_map(|sender| {
            flows_from(tunnel, sender).map(move |(child, flow)| (sender, child, flow))
        })
        .find_map(|(sender, child, flow)| {
            let too_big: Vec<_> = flow.icmp.iter().filter(|icmp| icmp.too_big()).collect();
            // What comes back in the same length answers, or is answered, though another packet came between: what is too
            // large for the tunnel is sent in two.
            let returned = flow_from(child, sender.opposite())
                .is_some_and(|back| back.large > 0 && back.largest == flow.largest);
            let vanish = flow.large >= 3
                && !returned
                && flow.large_unanswered == flow.large
                && flow.small >= 3
                && flow.small_unanswered * 3 <= flow.small
                // Fragments that a sender makes because a router told it to may vanish too.
                && (flow.fragmented == 0 || !too_big.is_empty());
            if !vanish && too_big.len() < 2 {
                return None;
            }
            let told = too_big.first().map_or_else(
                || "No ICMP error about it is in this capture.".to_owned(),
                |icmp| match icmp.mtu {
                    Some(mtu) => format!("{} reports that its next link takes {mtu} octets.", icmp.from),
                    None => format!("{} reports that a packet is too big.", icmp.from),
                },
            );
            let summary = if vanish {
                format!(
                    "{} large packets of the {} (up to {} octets of ESP) were followed by nothing, while {} of {} small \
                     ones got an answer. {told}",
                    flow.large,
                    sender.name(),
                    flow.largest,
                    flow.small - flow.small_unanswered,
                    flow.small
                )
            } else {
                format!("Packets of the {} are too big for the path. {told}", sender.name())
            };
            let certain = !too_big.is_empty();
            let confidence = if certain { Confidence::Certain } else { Confidence::Likely };
            let severity = if vanish { Severity::Failure } else { Severity::Warning };
            let diagnosis = Diagnosis::new(&ESP_PMTU_BLACKHOLE, confidence, Side::Network, summary)
                .severity(severity)
                .evidence(flow.largest_frame, "a large packet that nothing answers")
                .evidence_if(too_big.first().map(|icmp| icmp.frame), "ICMP: too big");
            let diagnosis = match flow.fragmented {
                0 => diagnosis.excludes("esp-fragmented-outer", "the large packets are whole"),
                _ => diagnosis.excludes("esp-fragmented-outer", "no fragment helps: nothing answers"),
            };
            Some(match too_big.iter().filter_map(|icmp| icmp.mtu).min() {
                Some(mtu) => diagnosis.check_first(format!(
                    "both sides: a TCP MSS of {} octets or less on the tunnel, for a path of {mtu} octets",
                    mtu.saturating_sub(USUAL_OVERHEAD)
                )),
                None => diagnosis,
            })
        })
}

/// A segment size that does not fit the tunnel, where packets too large for the path were seen.
fn segments_too_large<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let told = flows(tunnel)
        .flat_map(|flow| &flow.icmp)
        .filter(|icmp| icmp.too_big())
        .min_by_key(|icmp| icmp.mtu.unwrap_or(u32::MAX));
    let fragment = flows(tunnel).find_map(|flow| flow.fragmented_frame);
    let harm = told.map(|icmp| icmp.frame).or(fragment)?;
    let mtu = told.and_then(|icmp| icmp.mtu).unwrap_or(ETHERNET_MTU);
    flows(tunnel).find_map(|flow| {
        let inside = flow.inside.as_ref()?;
        let (mss, frame) = inside.mss?;
        let ip = |address: IpAddr| if address.is_ipv4() { 20 } else { 40 };
        let udp = if flow.encapsulation.is_some() { 8 } else { 0 };
        let inner = ip(inside.ends.first()?.src) + TCP_HEADER;
        let fits = mtu.saturating_sub(ip(flow.src.address) + udp + inside.overhead + inner);
        if u32::from(mss) <= fits {
            return None;
        }
        let summary = format!(
            "TCP inside announces segments of {mss} octets. A packet of {mtu} octets holds {fits} of them in this SA: the \
             headers outside and ESP take {} octets.",
            mtu - fits - inner
        );
        Some(
            Diagnosis::new(&ESP_MSS_NOT_CLAMPED, Confidence::Likely, Side::Both, summary)
                .evidence(frame, format!("a SYN with MSS {mss}"))
                .evidence(
                    harm,
                    if told.is_some() {
                        "a router says that a packet is too big"
                    } else {
                        "a packet in IP fragments"
                    },
                )
                .check_first(format!(
                    "both sides: clamp the MSS of TCP in the tunnel to {fits}"
                )),
        )
    })
}

/// ICMP errors of inner routers that the selectors do not let pass.
fn errors_outside_selectors<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (sender, ends) = SIDES.into_iter().find_map(|sender| {
        flows_from(tunnel, sender).find_map(|(child, flow)| {
            let stray =
                |ends: &&InnerEnds| ends.icmp_error && allows(child, sender, ends) == Some(false);
            Some((sender, flow.inside.as_ref()?.ends.iter().find(stray)?))
        })
    })?;
    let summary = format!(
        "The {} sends ICMP errors of {} to {}, and the selectors of the SA do not include them: a receiver that checks its \
         policy drops them, and {} does not learn what was wrong.",
        sender.name(),
        ends.src,
        ends.dst,
        ends.dst
    );
    Some(
        Diagnosis::new(
            &ICMP_INNER_NOT_IN_POLICY,
            Confidence::Likely,
            side(sender),
            summary,
        )
        .evidence(ends.frame, "the first of them"),
    )
}

/// What most links carry, where nothing tells.
const ETHERNET_MTU: u32 = 1500;

/// RFC 9293, section 3.1, without options, as the MSS counts (section 3.7.1).
const TCP_HEADER: u32 = 20;

const UDP: u8 = 17;

/// How the vendor ID FRAGMENTATION of IKEv1 begins: the MD5 of that word.
const FRAGMENTATION: [u8; 4] = [0x40, 0x48, 0xb7, 0xd5];

/// What old versions take (libreswan until 3.29: 16).
const MANY_FRAGMENTS: usize = 16;

/// Fragments of one message follow each other at once.
const COMPLETE_SECONDS: f64 = 3.0;

/// Numbers of fragments in one sentence.
const SHOWN_NUMBERS: usize = 8;

/// Tunnel mode over UDP with AES-CBC and SHA-256: outer IP 20, UDP 8, ESP 8, IV 16, trailer up to 17, ICV 16, and 40 for
/// the inner IP and TCP.
const USUAL_OVERHEAD: u32 = 125;

#[cfg(test)]
mod tests {
    use super::super::sample::{again, child, flow, frame, ids, notifies, send, tunnel};
    use super::*;
    use crate::tunnels::Inside;

    const I: Sender = Sender::Initiator;
    const R: Sender = Sender::Responder;

    /// IKE_AUTH sent three times without an answer.
    fn stuck() -> Tunnel {
        let mut tunnel = tunnel(2);
        tunnel.messages.truncate(2);
        send(&mut tunnel, Step::V2(ExchangeType::IKE_AUTH, false), I, 10);
        again(&mut tunnel, &[4_000, 11_000]);
        tunnel
    }

    #[test]
    fn a_message_in_ip_fragments_without_answer_blames_them() {
        let with = |one: bool, other: bool, fragments: u16| {
            let mut tunnel = stuck();
            let announced = notifies(&[NotifyType::IKEV2_FRAGMENTATION_SUPPORTED]);
            for (index, does) in [one, other].into_iter().enumerate() {
                if does {
                    tunnel.messages[index].clear = announced.clone();
                }
            }
            tunnel.messages[2].ip_fragments = fragments;
            ids(&tunnel)
        };
        assert!(with(false, false, 2).contains(&"ike-ip-fragments-dropped"));
        assert!(with(true, false, 2).contains(&"ike-frag-not-negotiated"));
        assert!(with(false, true, 2).contains(&"ike-frag-not-negotiated"));
        let whole = with(true, false, 0);
        assert!(!whole.iter().any(|id| id.contains("frag")), "{whole:?}");
    }

    #[test]
    fn a_first_message_in_ip_fragments_is_too_big() {
        let with = |fragments: u16| {
            let mut tunnel = tunnel(2);
            tunnel.messages.truncate(1);
            tunnel.messages[0].answered_by = None;
            tunnel.messages[0].ip_fragments = fragments;
            again(&mut tunnel, &[4_000]);
            ids(&tunnel)
        };
        assert!(with(2).contains(&"sa-init-too-big"));
        assert!(!with(0).contains(&"sa-init-too-big"));
    }

    #[test]
    fn fragments_of_ike_without_answer_are_counted() {
        let with = |seen: std::ops::RangeInclusive<u16>, total: u16| {
            let mut tunnel = stuck();
            tunnel.messages[2].fragments = seen.collect();
            tunnel.messages[2].fragments_total = Some(total);
            ids(&tunnel)
        };
        assert!(with(1..=2, 2).contains(&"ike-frag-partial-loss"));
        assert!(with(1..=1, 2).contains(&"ike-frag-partial-loss"));
        assert!(with(1..=17, 17).contains(&"ike-frag-limit-exceeded"));
        assert!(!with(1..=16, 16).contains(&"ike-frag-limit-exceeded"));
    }

    #[test]
    fn fragments_of_version_1_without_answer_are_told() {
        let with = |answered: bool| {
            let mut tunnel = tunnel(1);
            send(&mut tunnel, Step::Main(5), I, 10).fragments = vec![1, 2].into();
            again(&mut tunnel, &[4_000]);
            if answered {
                send(&mut tunnel, Step::Main(6), R, 5_000);
            }
            ids(&tunnel)
        };
        assert!(with(false).contains(&"ikev1-fragmentation-quirks"));
        assert!(!with(true).contains(&"ikev1-fragmentation-quirks"));
    }

    #[test]
    fn large_packets_that_nothing_answers_vanish() {
        let with = |large_unanswered: u64, small_unanswered: u64, returned: u64| {
            let mut tunnel = tunnel(2);
            let mut sent = flow(I, 20, 100, 900);
            let mut back = flow(R, 15, 101, 901);
            back.large = returned;
            (sent.large, sent.small) = (5, 15);
            (sent.large_unanswered, sent.small_unanswered) = (large_unanswered, small_unanswered);
            let child = child(&mut tunnel);
            child.from_initiator = Some(sent);
            child.from_responder = Some(back);
            ids(&tunnel)
        };
        assert_eq!(with(5, 1, 0), ["esp-pmtu-blackhole"]);
        assert!(with(4, 1, 0).is_empty());
        assert!(with(5, 15, 0).is_empty());
        assert!(with(5, 1, 5).is_empty());
    }

    #[test]
    fn data_in_ip_fragments_is_told() {
        let mut tunnel = tunnel(2);
        let mut sent = flow(I, 20, 100, 900);
        (sent.fragmented, sent.fragmented_frame) = (3, Some(frame(200)));
        let child = child(&mut tunnel);
        child.from_initiator = Some(sent);
        child.from_responder = Some(flow(R, 20, 101, 901));
        assert_eq!(ids(&tunnel), ["esp-fragmented-outer"]);
    }

    /// 1500 octets of IPv4 less 20 and 8 for UDP, 62 of ESP, 40 of TCP in IPv4 are 1370.
    #[test]
    fn a_segment_must_fit_the_tunnel_where_packets_are_too_large() {
        let with = |mss: u16, in_fragments: bool| {
            let mut sent = flow(I, 10, 100, 900);
            sent.fragmented_frame = in_fragments.then(|| frame(200));
            sent.inside = Some(Box::new(Inside {
                ends: vec![InnerEnds {
                    src: [10, 1, 0, 9].into(),
                    dst: [10, 2, 0, 9].into(),
                    icmp_error: false,
                    frame: frame(100),
                }],
                mss: Some((mss, frame(100))),
                overhead: 62,
                ..Inside::default()
            }));
            let mut tunnel = tunnel(2);
            let child = child(&mut tunnel);
            child.from_initiator = Some(sent);
            child.from_responder = Some(flow(R, 10, 101, 901));
            ids(&tunnel).contains(&"esp-mss-not-clamped")
        };
        assert!(with(1371, true));
        assert!(!with(1370, true));
        assert!(!with(1460, false));
    }
}
