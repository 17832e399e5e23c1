//! ESP and AH: whether the data passes.

use std::net::IpAddr;

use ikescope_capture::Timestamp;
use ikescope_dissectors::registries::ikev2::{
    EncryptionAlgorithm, ExchangeType, IntegrityAlgorithm, NotifyType, TransformType,
};

use super::child::{Network, allows, not_granted};
use super::declaration::{Confidence, Declaration, Need, Severity, Side};
use super::diagnosis::Diagnosis;
use super::engine::{CaptureRule, TunnelRule};
use super::running::{
    SIDES, at_least, duration, expects_answers, flow_from, flows, flows_from, packets_from,
    requests, seconds, side, was_up,
};
use crate::observation::{Encapsulation, FrameId};
use crate::tunnels::{
    Child, ChildState, Flow, InnerEnds, Protocol, Sender, State, Step, Surroundings, Traffic,
    Tunnel,
};

/// Everything on this topic.
pub(super) const DECLARATIONS: &[&Declaration] = &[
    &ESP_ONE_WAY,
    &ESP_NONE,
    &ESP_BLOCKED_PROTO50,
    &ESP_UNKNOWN_SPI,
    &ESP_REPLAY_DROPS,
    &ESP_SEQ_RESET,
    &ESP_SEQ_EXHAUSTION,
    &ESP_ICV_TRUNCATION,
    &ESP_LENGTH_ANALYSIS,
    &ESP_ICV_FAILURE,
    &ESP_NULL_OR_AH,
    &PLAINTEXT_LEAK,
    &WRONG_SA_SELECTED,
    &INTERNAL_NAT_OR_OVERLAP,
    &ANYCAST_OR_ECMP_PEER,
    &TUNNEL_KEEPALIVE_ONLY,
    &IPTFS_MISMATCH,
    &THROUGHPUT_LIMITS,
];

/// The rules of this topic.
pub(super) const RULES: &[TunnelRule] = &[
    one_way,
    dropped_here,
    one_way_since,
    nothing_sent,
    unknown_to_the_receiver,
    on_no_spi_of_a_child,
    replayed,
    counter_again,
    counter_nears_its_end,
    integrity_cut,
    integrity_fails,
    in_clear,
    keepalives_only,
    leaked,
    aggregation_not_taken,
    outside_selectors,
    overlapping,
    lengths_tell,
];

pub(super) static ESP_ONE_WAY: Declaration = Declaration {
    id: "esp-one-way",
    title: "Data passes in one direction only",
    severity: Severity::Failure,
    weight: 62,
    explanation: "IKE is up in both directions and ESP goes one way. The packets do not arrive, or the other side \
        has nothing to answer, does not route the answers into the tunnel, or its ESP is lost.",
    symptom: "\"Encaps count up, decaps stay at zero.\"",
    wire: "Many packets on one SPI and none on its partner.",
    opened: "With ESP keys: requests inside that would need a reply.",
    checks: &[
        (
            Side::Responder,
            "the counters of the SA: do packets arrive (decaps), are answers encrypted (encaps)?",
        ),
        (
            Side::Responder,
            "route, policy and NAT exemption for the way back; does the inner host answer?",
        ),
        (
            Side::Network,
            "does ESP pass in that direction (protocol 50, or UDP 4500)?",
        ),
    ],
    needs: &[Need::Esp, Need::BothDirections],
    competitors: &[
        ("esp-blocked-proto50", "ESP has no UDP around it"),
        ("esp-unknown-spi", "ESP came from both sides before"),
        (
            "dpd-not-persistent",
            "data of both directions passed before, and nothing else comes either",
        ),
        (
            "capture-artifact",
            "no packet at all of that side is in the capture",
        ),
    ],
    references: &["RFC 4301, section 5"],
    see: None,
};

pub(super) static ESP_NONE: Declaration = Declaration {
    id: "esp-none",
    title: "The tunnel is up and no data is sent",
    severity: Severity::Failure,
    weight: 52,
    explanation: "IKE and its child are up, and neither side sends a single ESP packet although there was time for \
        it. No traffic is routed into the tunnel on either side, or ESP is filtered before the point of capture.",
    symptom: "The tunnel is green, nothing works, all counters are zero.",
    wire: "A complete setup, liveness checks with answers, no ESP in either direction.",
    opened: "",
    checks: &[
        (
            Side::Both,
            "route, policy and NAT exemption; send traffic that fits the selectors",
        ),
        (Side::Unknown, "does the capture filter let ESP pass?"),
    ],
    needs: &[Need::Esp, Need::Timing, Need::BothDirections],
    competitors: &[
        (
            "tunnel-keepalive-only",
            "there are keepalives or tiny packets",
        ),
        ("esp-blocked-proto50", "the capture of the sender shows ESP"),
    ],
    references: &["RFC 4301, section 5.1"],
    see: None,
};

pub(super) static ESP_BLOCKED_PROTO50: Declaration = Declaration {
    id: "esp-blocked-proto50",
    title: "IP protocol 50 does not get through",
    severity: Severity::Failure,
    weight: 64,
    explanation: "IKE passes on UDP 500, and ESP without UDP around it does not come back. Many firewalls, carriers \
        and cloud networks drop IP protocol 50.",
    symptom: "Up but no data, unless UDP encapsulation is forced.",
    wire: "ESP as IP protocol 50 of one side, none of the other, and IKE is answered.",
    opened: "",
    checks: &[
        (Side::Network, "let IP protocol 50 pass in both directions"),
        (Side::Both, "force UDP encapsulation"),
    ],
    needs: &[Need::Esp, Need::BothDirections],
    competitors: &[
        ("esp-one-way", "ESP is in UDP 4500, where IKE passes too"),
        ("esp-none", "no side sends"),
    ],
    references: &["RFC 4303, section 2", "RFC 3948, section 2.1"],
    see: None,
};

pub(super) static ESP_UNKNOWN_SPI: Declaration = Declaration {
    id: "esp-unknown-spi",
    title: "ESP goes on to an SPI that the receiver does not know",
    severity: Severity::Failure,
    weight: 58,
    explanation: "Packets of one side go on after the SA was lost at the other: deleted, expired or forgotten in a \
        restart. The receiver drops them, and mostly says nothing.",
    symptom: "Messages about an invalid SPI at the receiver.",
    wire: "ESP of both directions, then of one side only while nothing at all comes back; or an SPI whose SA was \
        deleted earlier.",
    opened: "No SA payload announced this SPI, or a Delete named it.",
    checks: &[
        (
            Side::Responder,
            "was it restarted, or the SA cleared, at the time of its last packet?",
        ),
        (Side::Both, "liveness checks, so that the sender notices"),
    ],
    needs: &[Need::Esp, Need::BothDirections],
    competitors: &[
        (
            "peer-rebooted-stale-sa",
            "liveness checks stay without an answer too",
        ),
        (
            "dpd-not-persistent",
            "the same until the peer answers: it is dead, not restarted",
        ),
        (
            "esp-one-way",
            "one direction was missing from the beginning",
        ),
    ],
    references: &["RFC 4303, section 3.4.2", "RFC 7296, section 1.5"],
    see: None,
};

pub(super) static ESP_REPLAY_DROPS: Declaration = Declaration {
    id: "esp-replay-drops",
    title: "Packets arrive so late, or twice, that the replay protection drops them",
    severity: Severity::Warning,
    weight: 44,
    explanation: "Sequence numbers show packets that come long after later ones, or again. A receiver keeps a window \
        of the last numbers and drops what is older or known.",
    symptom: "\"Replay check failed\"; loss that grows with the load.",
    wire: "Sequence numbers that are lower than the highest one by more than the window, or that come twice with \
        other IP headers.",
    opened: "",
    checks: &[
        (
            Side::Network,
            "several paths, or queues after encryption, that change the order of packets",
        ),
        (Side::Both, "a larger replay window"),
    ],
    needs: &[Need::Esp],
    competitors: &[
        ("esp-pmtu-blackhole", "the loss depends on the size"),
        ("capture-artifact", "the capture has every packet twice"),
    ],
    references: &["RFC 4303, section 3.4.3"],
    see: None,
};

pub(super) static ESP_SEQ_RESET: Declaration = Declaration {
    id: "esp-seq-reset",
    title: "The sequence number begins again in the same SA",
    severity: Severity::Failure,
    weight: 60,
    explanation: "A sender starts counting at 1 again with the same SPI, as after a takeover by another node of a \
        cluster. The receiver has seen these numbers and drops the packets until the next rekey.",
    symptom: "After a failover silence until the rekey.",
    wire: "The sequence number of an SPI falls from a high value to 1 and counts up from there.",
    opened: "",
    checks: &[(
        Side::Both,
        "synchronise sequence numbers in the cluster, or rekey after a takeover",
    )],
    needs: &[Need::Esp],
    competitors: &[
        ("peer-rebooted-stale-sa", "new SPIs follow"),
        ("esp-replay-drops", "single packets are late"),
    ],
    references: &["RFC 4303, section 2.2", "RFC 6311, section 3"],
    see: None,
};

pub(super) static ESP_SEQ_EXHAUSTION: Declaration = Declaration {
    id: "esp-seq-exhaustion",
    title: "The sequence number nears its end",
    severity: Severity::Warning,
    weight: 50,
    explanation: "Without extended sequence numbers an SA can carry 4,294,967,295 packets. The SA must be renewed \
        before; if it is not, the sender must stop.",
    symptom: "The tunnel stops after very much traffic.",
    wire: "Sequence numbers of an SPI near 4,294,967,295 and no new SPI.",
    opened: "Whether extended sequence numbers were agreed on.",
    checks: &[(
        Side::Both,
        "extended sequence numbers, or a rekey by packets or octets",
    )],
    needs: &[Need::Esp],
    competitors: &[("lifetime-no-rekey", "the age ends the SA")],
    references: &["RFC 4303, section 3.3.3"],
    see: None,
};

pub(super) static ESP_ICV_TRUNCATION: Declaration = Declaration {
    id: "esp-icv-truncation",
    title: "The two sides cut the SHA-256 integrity value at different lengths",
    severity: Severity::Failure,
    weight: 62,
    explanation: "HMAC-SHA2-256 in ESP has 128 bits; some old implementations send 96. Each side then drops all \
        packets of the other, while IKE is fine.",
    symptom: "\"Connected, but no internet\", with old Android or some routers.",
    wire: "The lengths of all packets of one direction fit an integrity value of 12 octets, those of the other 16.",
    opened: "The integrity verifies with 96 bits only.",
    checks: &[(
        Side::Both,
        "switch the workaround for 96 bits on at the newer side, or use another integrity algorithm or AES-GCM",
    )],
    needs: &[Need::Esp],
    competitors: &[("esp-icv-failure", "the lengths fit")],
    references: &["RFC 4868, section 2.6"],
    see: None,
};

pub(super) static ESP_LENGTH_ANALYSIS: Declaration = Declaration {
    id: "esp-length-analysis",
    title: "What the lengths of ESP packets tell about the cipher",
    severity: Severity::Note,
    weight: 8,
    explanation: "The lengths of many packets show the block size and the length of the integrity value, and so the \
        kind of cipher. It helps when the negotiation is not in the capture.",
    symptom: "A question: which cipher is this?",
    wire: "All lengths leave the same remainder when divided by 16, 8 or 4.",
    opened: "",
    checks: &[(Side::Unknown, "nothing")],
    needs: &[Need::Esp],
    competitors: &[],
    references: &["RFC 4303, section 2"],
    see: None,
};

pub(super) static ESP_ICV_FAILURE: Declaration = Declaration {
    id: "esp-icv-failure",
    title: "ESP packets fail their integrity check with the given keys",
    severity: Severity::Warning,
    weight: 50,
    explanation: "The keys belong to this SPI by their source, and the packets do not verify with them. The keys may \
        be of another time, the packets changed on the way, or the two sides may not agree.",
    symptom: "Counters of integrity errors rise.",
    wire: "Nothing.",
    opened: "The integrity check fails with the keys, with 96 and 128 bits, and with the extended sequence numbers \
        tried.",
    checks: &[
        (Side::Unknown, "are the keys of this SA and this time?"),
        (
            Side::Network,
            "a network card or middlebox that changes packets",
        ),
    ],
    needs: &[Need::EspKeys],
    competitors: &[("esp-icv-truncation", "the check succeeds with 96 bits")],
    references: &["RFC 4303, section 3.4.4"],
    see: None,
};

pub(super) static ESP_NULL_OR_AH: Declaration = Declaration {
    id: "esp-null-or-ah",
    title: "The data is not encrypted",
    severity: Severity::Warning,
    weight: 24,
    explanation: "The packets are authenticated and not encrypted: ESP with NULL encryption, or AH. Anybody on the \
        path can read them.",
    symptom: "A finding of an audit.",
    wire: "An IP header stands in clear behind the ESP header, or the packets are AH.",
    opened: "The chosen cipher is ENCR_NULL, or the protocol is AH.",
    checks: &[(
        Side::Both,
        "agree on encryption, if the data is not meant to be read",
    )],
    needs: &[Need::Esp],
    competitors: &[],
    references: &["RFC 8221, section 5", "RFC 2410"],
    see: None,
};

pub(super) static PLAINTEXT_LEAK: Declaration = Declaration {
    id: "plaintext-leak",
    title: "Traffic of the tunnel is sent in clear",
    severity: Severity::Failure,
    weight: 68,
    explanation: "Packets between the inner networks are on the outer network without IPsec. When the SA is gone, or \
        the policy does not cover them, a host routes them as any other packet.",
    symptom: "The peer, or anybody, receives unencrypted inner traffic.",
    wire: "Packets in clear between inner addresses, or GRE and L2TP between the gateways, outside the tunnel.",
    opened: "The addresses are within the selectors of a child.",
    checks: &[
        (
            Side::Both,
            "a rule that drops packets of the inner networks on the outer interface",
        ),
        (Side::Both, "policies that stay when the SA goes"),
    ],
    needs: &[Need::OutsideTraffic],
    competitors: &[(
        "capture-artifact",
        "the capture holds the inner interface too",
    )],
    references: &["RFC 4301, section 5.1", "RFC 4301, section 4.4.1"],
    see: None,
};

pub(super) static WRONG_SA_SELECTED: Declaration = Declaration {
    id: "wrong-sa-selected",
    title: "Packets are in an SA whose selectors they do not fit",
    severity: Severity::Failure,
    weight: 62,
    explanation: "The inner addresses are outside the selectors of the SA that carries them. The receiver must drop \
        such packets.",
    symptom: "Some networks work, others do not.",
    wire: "All ESP is on one SPI although there are several children.",
    opened: "Inner addresses outside the selectors of the SPI; perhaps INVALID_SELECTORS.",
    checks: &[(
        Side::Unknown,
        "the policy of the side that sends: one SA for each pair of selectors",
    )],
    needs: &[Need::EspKeys],
    competitors: &[(
        "ts-narrowed",
        "the selectors of all children are too narrow",
    )],
    references: &["RFC 4301, section 5.2", "RFC 7296, section 3.10.1"],
    see: None,
};

pub(super) static INTERNAL_NAT_OR_OVERLAP: Declaration = Declaration {
    id: "internal-nat-or-overlap",
    title: "Inner addresses are translated before the tunnel, or are the same on both sides",
    severity: Severity::Warning,
    weight: 40,
    explanation: "A source address was translated before encryption so that it does not fit the selectors, or both \
        sites use the same network.",
    symptom: "No packet fits the policy, or answers never come back.",
    wire: "Nothing.",
    opened: "An inner source address that is outside the selectors, or the same network on both sides.",
    checks: &[(
        Side::Both,
        "exempt tunnel traffic from translation; agree on mapped networks where they overlap",
    )],
    needs: &[Need::EspKeys],
    competitors: &[("wrong-sa-selected", "another child would fit")],
    references: &["RFC 4301, section 4.4.1"],
    see: None,
};

pub(super) static ANYCAST_OR_ECMP_PEER: Declaration = Declaration {
    id: "anycast-or-ecmp-peer",
    title: "Several hosts send in one SA",
    severity: Severity::Warning,
    weight: 36,
    explanation: "The packets of one SPI come from several hosts that count together, as some cloud services do. \
        Their order is mixed on the way, so replay protection drops some.",
    symptom: "Random loss with a cloud service.",
    wire: "TTL or IP identification of one SPI form several series; the order of sequence numbers is mixed. These fields \
        are not compared here: what is told of such a peer is esp-replay-drops, and this stands for the explanation.",
    opened: "",
    checks: &[(
        Side::Both,
        "a larger replay window at the receiver; what the provider says about it",
    )],
    needs: &[Need::Esp],
    competitors: &[("esp-replay-drops", "the packets have one series of TTL")],
    references: &["RFC 4303, section 3.4.3"],
    see: None,
};

pub(super) static TUNNEL_KEEPALIVE_ONLY: Declaration = Declaration {
    id: "tunnel-keepalive-only",
    title: "The tunnel carries keepalives only",
    severity: Severity::Warning,
    weight: 48,
    explanation: "The tunnel is kept open by NAT keepalives or by tiny packets at a constant pace, and no other data \
        passes. The users' traffic does not reach the tunnel.",
    symptom: "The tunnel is green and users complain.",
    wire: "Keepalives, liveness checks, or tiny ESP packets of one size at a constant pace, and nothing else.",
    opened: "",
    checks: &[(Side::Both, "routes and policies for the users' traffic")],
    needs: &[Need::Esp, Need::Timing],
    competitors: &[("esp-none", "there are not even keepalives")],
    references: &["RFC 3948, section 4"],
    see: None,
};

pub(super) static IPTFS_MISMATCH: Declaration = Declaration {
    id: "iptfs-mismatch",
    title: "Aggregation and fragmentation of packets (AGGFRAG) was not agreed on",
    severity: Severity::Failure,
    weight: 60,
    explanation: "One side asks for AGGFRAG mode and the other does not answer to it. The SA is refused, or is set \
        up without it.",
    symptom: "The SA is refused, or its data cannot be read.",
    wire: "ESP packets of constant size at a constant rate.",
    opened: "USE_AGGFRAG in the request and not in the response; next header 144 in ESP.",
    checks: &[(Side::Both, "switch it on or off on both sides")],
    needs: &[Need::IkeKeys],
    competitors: &[(
        "child-no-proposal-in-auth",
        "the notification is there in both directions",
    )],
    references: &["RFC 9347, section 5.1"],
    see: None,
};

pub(super) static THROUGHPUT_LIMITS: Declaration = Declaration {
    id: "throughput-limits",
    title: "The rate of ESP stays at one value",
    severity: Severity::Note,
    weight: 20,
    explanation: "The data passes at a constant rate as if something limited it: a licence, one processor, a shaper. \
        This is no fault of the protocol, and only possible.",
    symptom: "\"The VPN is slow.\"",
    wire: "The octets of ESP a second stay at a plateau without loss. A sender that has no more to send looks the same, so \
        no capture proves it, and it is explained here only.",
    opened: "",
    checks: &[(Side::Both, "licence, processor load of one core, shapers")],
    needs: &[Need::Esp, Need::Timing],
    competitors: &[("esp-replay-drops", "packets are lost")],
    references: &["RFC 4301, section 4.4.2.1"],
    see: None,
};

/// Data of one side only, from the beginning.
fn one_way<'a>(tunnel: &'a Tunnel, surroundings: &Surroundings<'a>) -> Option<Diagnosis> {
    let (child, sender, flow) = tunnel
        .children
        .iter()
        .filter(|child| child.state != ChildState::Failed)
        .find_map(|child| {
            SIDES.into_iter().find_map(|sender| {
                let flow = flow_from(child, sender)?;
                let none = flow_from(child, sender.opposite()).is_none_or(|back| back.packets == 0);
                let enough = flow.packets >= ONE_WAY_PACKETS
                    && at_least(flow.first, flow.last, ONE_WAY_SECONDS);
                (none && enough).then_some((child, sender, flow))
            })
        })?;
    let silent = sender.opposite();
    // Another child of the same peers that carries the answers, as after a rekey, with several children, or where both
    // authenticate anew at once.
    let elsewhere = packets_from(tunnel, silent) > 0
        || surroundings.same_peers(tunnel).any(|other| {
            flows(other).any(|back| {
                back.src.address == flow.dst.address
                    && at_least(flow.first, back.last, ONE_WAY_SECONDS)
            })
        });
    // On both sides of a NAT the answers come from another address too.
    let translated = tunnel
        .messages
        .iter()
        .flat_map(|message| &message.retransmissions)
        .any(|copy| copy.elsewhere);
    let strays = surroundings.flows.iter().any(|stray| {
        (translated || stray.src.address == flow.dst.address)
            && stray.dst.address == flow.src.address
            && stray.last >= flow.first
    });
    // Quick mode that never ended says why nothing comes back: message 3 is missing, or does not end message 2.
    let half_open = tunnel.of_step(Step::Quick(2)).any(|answer| {
        let again = answer.last_copy().frame;
        let third = tunnel
            .of_step(Step::Quick(3))
            .any(|third| third.last_copy().frame > again);
        let times = if third { 3 } else { 2 };
        answer.transmissions >= times && again > flow.frame_first
    });
    if elsewhere || strays || half_open {
        return None;
    }
    let heard = tunnel.from(silent).next().is_some();
    if !heard {
        return None;
    }
    let native = flow.encapsulation.is_none() && flow.protocol == Protocol::Esp;
    let passed = match flow.encapsulation {
        Some(Encapsulation::Udp) => "ESP is in UDP, where IKE passes both ways",
        Some(Encapsulation::Tcp) => "ESP is in TCP, where IKE passes both ways",
        None => "ESP is IP protocol 50, while IKE passes in UDP",
    };
    let declaration = if native {
        &ESP_BLOCKED_PROTO50
    } else {
        &ESP_ONE_WAY
    };
    // Packets that the capture cut are all of one length.
    let cut = surroundings.capture.truncated > 0;
    let asks = expects_answers(flow, flow.frame_first) && !cut;
    let alike = match flow.seconds() {
        Some(seconds) if flow.smallest == flow.largest => format!(
            " All have {} octets, one every {}, as echo requests would.",
            flow.largest,
            duration(seconds / (flow.packets - 1) as f64)
        ),
        _ if !asks => {
            " Nothing shows that an answer was expected: some traffic goes one way by its nature."
                .to_owned()
        }
        _ => String::new(),
    };
    let summary = format!(
        "{} packets of the {} on SPI 0x{:08x} in {}, and not one from the {}. {passed}.{alike}",
        flow.packets,
        sender.name(),
        flow.spi.0,
        flow.seconds()
            .map_or_else(|| "some time".to_owned(), duration),
        silent.name()
    );
    let confidence = match (native, asks) {
        (true, true) => Confidence::Likely,
        (true, false) => Confidence::Possible,
        (false, _) => Confidence::Certain,
    };
    let severity = if asks {
        declaration.severity
    } else {
        Severity::Warning
    };
    let side = if native { Side::Network } else { Side::Unknown };
    let found = Diagnosis::new(declaration, confidence, side, summary)
        .severity(severity)
        .evidence_if(child.response, "the child is up")
        .evidence(flow.frame_first, "the first packet of this direction")
        .evidence(flow.frame_last, "the last one")
        .excludes("dpd-not-persistent", "no data of that side was ever seen");
    // Native ESP that the peer does not send looks like native ESP that a filter drops.
    Some(if native {
        found
    } else {
        found
            .excludes("esp-blocked-proto50", "ESP is in UDP")
            .cause(
                "the silent side has no route or policy for the way back, or a NAT before its policy, or the host \
                 behind it does not answer",
            )
    })
}

/// A capture on all interfaces of a router holds what it passes on twice: IKE of both sides and the packets of one, but not
/// those of the other.
fn dropped_here<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    SIDES.into_iter().find_map(|sender| {
        let kept = sender.opposite();
        // All but a few that a full buffer lost.
        let twice = |from| {
            let all = tunnel.from(from).count();
            let again = tunnel.from(from).filter(|message| message.duplicates > 0);
            all >= 3 && again.count() * 10 >= all * 9
        };
        if !SIDES.into_iter().all(twice) {
            return None;
        }
        let (child, flow) = flows_from(tunnel, sender)
            .find(|(_, flow)| flow.duplicates == 0 && flow.packets >= ONE_WAY_PACKETS)?;
        let back = flow_from(child, kept);
        let passed = back.filter(|back| {
            back.packets >= ONE_WAY_PACKETS && back.duplicates * 10 >= back.packets * 9
        });
        let native = flow.encapsulation.is_none() && flow.protocol == Protocol::Esp;
        // Data that is answered passed, whatever the capture doubles.
        let none = native
            && back.is_none_or(|back| {
                back.duplicates == 0 && (back.first > flow.last || back.last < flow.first)
            });
        let declaration = match passed {
            Some(_) => &ESP_ONE_WAY,
            None if none => &ESP_BLOCKED_PROTO50,
            None => return None,
        };
        let summary = format!(
            "The capture holds what it passes on twice: IKE{}. The {} packets of the {} on SPI 0x{:08x} came once: the \
             device that captured them did not pass them on.",
            passed.map_or_else(String::new, |_| format!(
                ", and the packets of the {}",
                kept.name()
            )),
            flow.packets,
            sender.name(),
            flow.spi.0
        );
        Some(
            Diagnosis::new(declaration, Confidence::Likely, Side::Network, summary)
                .severity(Severity::Failure)
                .evidence_if(passed.map(|back| back.frame_first), "passed on")
                .evidence(flow.frame_first, "not passed on")
                .evidence(flow.frame_last, "the last one"),
        )
    })
}

/// Data that went both ways and goes one way now, while the silent side answers in IKE.
fn one_way_since<'a>(tunnel: &'a Tunnel, surroundings: &Surroundings<'a>) -> Option<Diagnosis> {
    SIDES.into_iter().find_map(|sender| {
        let silent = sender.opposite();
        let (child, flow) = flows_from(tunnel, sender)
            .filter(|(child, _)| child.deleted.is_none() && child.state == ChildState::Established)
            .max_by_key(|(_, flow)| flow.last)?;
        let back = flow_from(child, silent)?;
        let (first, since) = flow.unanswered_since?;
        let alive = tunnel
            .from(silent)
            .filter(|message| at_least(since, message.time, ONE_WAY_SECONDS))
            .map(|message| message.frame)
            .max()?;
        let elsewhere = flows_from(tunnel, silent).any(|(_, other)| other.last > since)
            || surroundings.flows.iter().any(|stray| {
                (stray.src.address, stray.dst.address) == (flow.dst.address, flow.src.address)
                    && stray.last > since
            });
        let long = flow.unanswered >= SILENT_PACKETS && at_least(since, flow.last, SILENT_SECONDS);
        // Traffic that went mostly one way before proves nothing by going one way.
        let talkative = back.packets * 4 >= flow.packets - flow.unanswered;
        if elsewhere || !long || !talkative || !expects_answers(flow, first) {
            return None;
        }
        let summary = format!(
            "Data went both ways; then {} packets of the {} on SPI 0x{:08x} in {} stay without one of the {}, which is alive: \
             it goes on in IKE.",
            flow.unanswered,
            sender.name(),
            flow.spi.0,
            seconds(since, flow.last).map_or_else(|| "some time".to_owned(), duration),
            silent.name()
        );
        let (confidence, severity) = if flow.inside.is_some() {
            (Confidence::Certain, Severity::Failure)
        } else {
            (Confidence::Likely, Severity::Warning)
        };
        Some(
            Diagnosis::new(&ESP_ONE_WAY, confidence, Side::Unknown, summary)
                .severity(severity)
                .evidence(back.frame_last, format!("the last data of the {}", silent.name()))
                .evidence(first, "the first packet that nothing answers")
                .evidence(alive, format!("the {} in IKE, after that", silent.name()))
                .excludes("dpd-not-persistent", "the silent side is alive"),
        )
    })
}

/// A tunnel that is up for a while, checked and not used.
fn nothing_sent<'a>(tunnel: &'a Tunnel, surroundings: &Surroundings<'a>) -> Option<Diagnosis> {
    let up = tunnel.state == State::Established
        && tunnel
            .children
            .iter()
            .any(|child| child.state == ChildState::Established);
    let silent = SIDES
        .into_iter()
        .all(|sender| packets_from(tunnel, sender) == 0);
    let (one, other) = (tunnel.initiator.address, tunnel.responder.address);
    let strays = surroundings.flows.iter().any(|flow| {
        let ends = (flow.src.address, flow.dst.address);
        ends == (one, other) || ends == (other, one)
    });
    // The data may be in another tunnel of the same peers.
    let elsewhere = surroundings
        .same_peers(tunnel)
        .any(|other| flows(other).any(|flow| flow.last > tunnel.first));
    let checks = answered_checks(tunnel);
    let long = at_least(tunnel.first, tunnel.last, NOTHING_SECONDS);
    if !up || !silent || strays || elsewhere || checks < 2 || !long || tunnel.keepalives.is_some() {
        return None;
    }
    let summary = format!(
        "The tunnel is up for {}, {checks} liveness checks were answered, and neither side sent a packet of ESP or AH.",
        seconds(tunnel.first, tunnel.last).map_or_else(String::new, duration)
    );
    // Native ESP is easily left out of a capture; ESP in UDP comes with IKE.
    let encapsulated = tunnel
        .messages
        .iter()
        .any(|message| message.encapsulation.is_some());
    let severity = match encapsulated {
        true => Severity::Warning,
        false => Severity::Note,
    };
    Some(
        Diagnosis::new(&ESP_NONE, Confidence::Certain, Side::Both, summary)
            .severity(severity)
            .evidence_if(child_up(tunnel), "the child is up")
            .evidence_if(last_message(tunnel), "the last message of IKE")
            .excludes("tunnel-keepalive-only", "there are no keepalives"),
    )
}

/// The message that set up the last child.
fn child_up(tunnel: &Tunnel) -> Option<FrameId> {
    tunnel
        .children
        .iter()
        .rev()
        .find_map(|child| child.response)
}

fn last_message(tunnel: &Tunnel) -> Option<FrameId> {
    tunnel.messages.iter().map(|message| message.frame).max()
}

/// Requests beside the negotiation that were answered: both sides are alive.
fn answered_checks(tunnel: &Tunnel) -> usize {
    if tunnel.version == 2 {
        return requests(tunnel, ExchangeType::INFORMATIONAL)
            .filter(|request| request.answered_by.is_some())
            .count();
    }
    let of = |sender| {
        tunnel
            .from(sender)
            .filter(|message| message.step == Step::Informational && message.encrypted)
            .count()
    };
    of(Sender::Initiator).min(of(Sender::Responder))
}

/// Keepalives and nothing else.
fn keepalives_only<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let up = tunnel.state == State::Established && was_up(tunnel);
    let silent = SIDES
        .into_iter()
        .all(|sender| packets_from(tunnel, sender) == 0);
    let kept = tunnel.keepalives.map_or(0, |keepalives| {
        keepalives.from_initiator + keepalives.from_responder
    });
    if up && silent && kept >= 2 {
        let summary = format!(
            "The tunnel is up, {kept} NAT keepalives and {} answered liveness checks passed, and not a packet of data.",
            answered_checks(tunnel)
        );
        return Some(
            Diagnosis::new(
                &TUNNEL_KEEPALIVE_ONLY,
                Confidence::Certain,
                Side::Both,
                summary,
            )
            .evidence_if(child_up(tunnel), "the child is up")
            .evidence_if(last_message(tunnel), "the last message of IKE")
            .excludes("esp-none", "there are keepalives"),
        );
    }
    // Tiny packets of one size at an even pace, both ways.
    let tiny = |flow: &Flow| {
        flow.packets >= TINY_PACKETS
            && flow.smallest == flow.largest
            && flow.largest <= TINY_OCTETS
            && flow
                .seconds()
                .is_some_and(|seconds| seconds / flow.packets as f64 >= TINY_PACE_SECONDS)
            && flow.longest_silence.is_some_and(|(longest, _)| {
                flow.seconds()
                    .is_some_and(|seconds| longest <= 1.5 * seconds / (flow.packets - 1) as f64)
            })
    };
    let flows: Vec<&Flow> = flows(tunnel).collect();
    let both = SIDES
        .into_iter()
        .all(|sender| flows_from(tunnel, sender).next().is_some());
    let first = flows.first()?;
    if !both || !flows.iter().all(|flow| tiny(flow)) {
        return None;
    }
    let summary = format!(
        "Only packets of {} octets at an even pace pass, as a monitor of the tunnel sends them.",
        first.largest
    );
    Some(
        Diagnosis::new(
            &TUNNEL_KEEPALIVE_ONLY,
            Confidence::Likely,
            Side::Both,
            summary,
        )
        .severity(Severity::Note)
        .evidence(first.frame_first, "the first of them"),
    )
}

/// ESP that goes on while nothing at all comes back, and liveness checks that would tell are not sent.
fn unknown_to_the_receiver<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    SIDES.into_iter().find_map(|sender| {
        let message = tunnel.from(sender.opposite()).find(|message| {
            tunnel.version == 2 && message.clear.notify(NotifyType::INVALID_SPI.0).is_some()
        })?;
        let notify = message.clear.notify(NotifyType::INVALID_SPI.0)?;
        let spi = u32::from_be_bytes(*notify.data.first_chunk::<4>()?);
        let flow = flows_from(tunnel, sender)
            .find(|(_, flow)| flow.spi.0 == spi)?
            .1;
        let summary = format!(
            "The {} does not know SPI 0x{spi:08x}, on which the {} sends: it says INVALID_SPI.",
            sender.opposite().name(),
            sender.name()
        );
        Some(
            Diagnosis::new(
                &ESP_UNKNOWN_SPI,
                Confidence::Likely,
                side(sender.opposite()),
                summary,
            )
            .evidence(flow.frame_first, "the first packet of this SPI")
            .evidence(message.frame, "INVALID_SPI"),
        )
    })
}

/// Data on an SPI that is of no child, while the children have none: all their SPIs were read.
fn on_no_spi_of_a_child<'a>(
    tunnel: &'a Tunnel,
    surroundings: &Surroundings<'a>,
) -> Option<Diagnosis> {
    let child = tunnel
        .children
        .iter()
        .rfind(|child| child.state == ChildState::Established)?;
    // Two peers do not choose the same number: a capture on both sides of a NAT confuses them.
    let known = tunnel
        .children
        .iter()
        .all(|child| !child.inferred && child.spi_initiator != child.spi_responder);
    SIDES.into_iter().filter(|_| known).find_map(|sender| {
        let spi = match sender {
            Sender::Initiator => child.spi_responder,
            _ => child.spi_initiator,
        }?;
        let (from, to) = (tunnel.peer(sender)?, tunnel.peer(sender.opposite())?);
        if packets_from(tunnel, sender) > 0 {
            return None;
        }
        let stray = surroundings.flows.iter().find(|stray| {
            (stray.src.address, stray.dst.address) == (from.address, to.address)
                && stray.packets >= ONE_WAY_PACKETS
                && stray.first > child.time
                && stray.protocol == child.protocol
        })?;
        let of_another = surroundings.tunnels.iter().any(|other| {
            other.children.iter().any(|child| {
                child.inferred || [child.spi_initiator, child.spi_responder].contains(&Some(stray.spi))
            })
        });
        if of_another {
            return None;
        }
        let summary = format!(
            "The {} chose SPI 0x{:08x} and the {} sends {} packets on 0x{:08x}, which is of no child: the receiver drops them.",
            sender.opposite().name(),
            spi.0,
            sender.name(),
            stray.packets,
            stray.spi.0
        );
        Some(
            Diagnosis::new(&ESP_UNKNOWN_SPI, Confidence::Likely, side(sender), summary)
                .weight(VERIFIED_WEIGHT)
                .severity(Severity::Failure)
                .evidence_if(child.response, "the child is up")
                .evidence(stray.frame_first, "the first packet of the other SPI"),
        )
    })
}

/// Packets that a replay window drops.
fn replayed<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (sender, flow) = SIDES
        .into_iter()
        .flat_map(|sender| flows_from(tunnel, sender).map(move |(_, flow)| (sender, flow)))
        .filter(|(_, flow)| flow.replayed > 0 || flow.reorder_depth >= SMALLEST_WINDOW)
        .max_by_key(|(_, flow)| (flow.replayed, flow.reorder_depth))?;
    let windows = match flow.reorder_depth {
        0..32 => "within every usual window",
        32..64 => "outside a window of 32",
        64..128 => "outside windows of 32 and 64",
        128..1024 => "outside windows of 32 to 128",
        _ => "outside windows of up to 1,024",
    };
    let summary = format!(
        "Of {} packets of the {} {} came twice and {} came late, by up to {} numbers: {windows}.",
        flow.packets,
        sender.name(),
        flow.replayed,
        flow.late,
        flow.reorder_depth
    );
    Some(
        Diagnosis::new(
            &ESP_REPLAY_DROPS,
            Confidence::Certain,
            Side::Network,
            summary,
        )
        .evidence(flow.frame_first, "the first packet of this SPI")
        .evidence(flow.frame_last, "the last one"),
    )
}

/// A counter that begins again.
fn counter_again<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (sender, flow) = SIDES
        .into_iter()
        .flat_map(|sender| flows_from(tunnel, sender).map(move |(_, flow)| (sender, flow)))
        .find(|(_, flow)| flow.resets > 0)?;
    Some(reset(flow, side(sender), sender.name()))
}

fn reset(flow: &Flow, side: Side, who: &str) -> Diagnosis {
    let summary = format!(
        "The sequence number of SPI 0x{:08x} from {who} began again {}; a receiver drops what it has seen before.",
        flow.spi.0,
        super::running::times(flow.resets)
    );
    Diagnosis::new(&ESP_SEQ_RESET, Confidence::Certain, side, summary)
        .evidence_if(flow.reset_frame, "the sequence number begins again")
        .excludes("esp-replay-drops", "the numbers go on from there in order")
}

/// A counter near its end.
fn counter_nears_its_end<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (child, sender, flow) = SIDES
        .into_iter()
        .flat_map(|sender| {
            flows_from(tunnel, sender).map(move |(child, flow)| (child, sender, flow))
        })
        .find(|(child, _, flow)| {
            flow.sequence_highest >= NEAR_THE_END && child.state != ChildState::Rekeyed
        })?;
    let extended = child.chosen.as_ref().is_some_and(|chosen| {
        chosen
            .of_kind(TransformType::SN)
            .any(|transform| transform.id == 1)
    });
    if extended {
        return None;
    }
    let summary = format!(
        "The {} is at sequence number {} of 4294967295 on SPI 0x{:08x}, without a new SA.",
        sender.name(),
        flow.sequence_highest,
        flow.spi.0
    );
    Some(
        Diagnosis::new(
            &ESP_SEQ_EXHAUSTION,
            Confidence::Certain,
            side(sender),
            summary,
        )
        .evidence(flow.frame_last, "the last packet"),
    )
}

/// Lengths that tell of an integrity value of 96 bits with HMAC-SHA2-256.
fn integrity_cut<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let only = |flow: &Flow, remainder: usize| {
        flow.packets >= LENGTHS
            && flow
                .lengths_modulo_16
                .get(remainder)
                .is_some_and(|count| u64::from(*count) == flow.packets)
    };
    tunnel.children.iter().find_map(|child| {
        let truncated = SIDES.into_iter().find(|sender| {
            flow_from(child, *sender).is_some_and(|flow| only(flow, CUT_REMAINDER))
        })?;
        let flow = flow_from(child, truncated)?;
        let other = flow_from(child, truncated.opposite());
        let agreed = child.chosen.as_ref().is_some_and(|chosen| {
            chosen
                .of_kind(TransformType::ENCR)
                .any(|transform| transform.id == EncryptionAlgorithm::AES_CBC.0)
                && chosen
                    .of_kind(TransformType::INTEG)
                    .any(|transform| transform.id == IntegrityAlgorithm::HMAC_SHA2_256_128.0)
                || chosen.suites().iter().any(|suite| {
                    suite
                        .encr
                        .as_deref()
                        .is_some_and(|encr| encr.starts_with("AES-CBC"))
                        && suite.integ.as_deref() == Some("HMAC-SHA2-256-128")
                })
        });
        let unlike = other.is_some_and(|other| only(other, WHOLE_REMAINDER));
        if !agreed && !unlike {
            return None;
        }
        let summary = format!(
            "All {} packets of the {} have lengths of an integrity value of 12 octets, and {}.",
            flow.packets,
            truncated.name(),
            if agreed {
                "HMAC-SHA2-256-128 with its 16 was agreed on"
            } else {
                "those of the other side one of 16"
            }
        );
        let confidence = if agreed {
            Confidence::Certain
        } else {
            Confidence::Likely
        };
        Some(
            Diagnosis::new(&ESP_ICV_TRUNCATION, confidence, side(truncated), summary)
                .weight(if agreed {
                    VERIFIED_WEIGHT
                } else {
                    ESP_ICV_TRUNCATION.weight
                })
                .evidence(flow.frame_first, "a packet of this length"),
        )
    })
}

/// Packets that the keys do not open.
fn integrity_fails<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (child, sender, flow) = SIDES
        .into_iter()
        .flat_map(|sender| {
            flows_from(tunnel, sender).map(move |(child, flow)| (child, sender, flow))
        })
        .find(|(_, _, flow)| flow.failed >= FAILED_PACKETS && flow.failed * 50 >= flow.packets)?;
    // Keys that open the rest, or the other direction, are those of the child.
    let back = flow_from(child, sender.opposite());
    let proven = flow.opened > 0 || back.is_some_and(|back| back.opened > 0);
    let alone = back.is_none_or(|back| back.packets == 0);
    let summary = format!(
        "The keys for SPI 0x{:08x} open {} of {} packets of the {}{}.",
        flow.spi.0,
        match flow.opened {
            0 => "none".to_owned(),
            opened => format!("only {opened}"),
        },
        flow.failed + flow.opened,
        sender.name(),
        match (flow.opened, proven, alone) {
            (0, true, _) => ", and those of the other direction fit",
            (_, true, _) => ": the others were changed, or made with another key",
            (_, _, true) => ", and nothing comes back",
            _ => "",
        }
    );
    let diagnosis = Diagnosis::new(
        &ESP_ICV_FAILURE,
        Confidence::Certain,
        Side::Unknown,
        summary,
    )
    .evidence(flow.frame_first, "the first packet of this SPI");
    Some(if proven || alone {
        diagnosis.severity(Severity::Failure).weight(DROPPED_WEIGHT)
    } else {
        diagnosis
    })
}

/// Data that anybody can read.
fn in_clear<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    tunnel
        .children
        .iter()
        .filter(|child| child.state != ChildState::Failed)
        .find_map(|child| {
            let flow = SIDES.into_iter().find_map(|sender| {
                flow_from(child, sender).filter(|flow| flow.readable && flow.packets > 0)
            });
            let chosen = child.chosen.as_ref().is_some_and(null_encryption);
            let bundle = |header: &Flow| flows(tunnel).any(|inner| carries(header, inner));
            let header = child.protocol == Protocol::Ah
                && !SIDES
                    .into_iter()
                    .filter_map(|sender| flow_from(child, sender))
                    .any(bundle);
            let what = match (header, chosen, flow) {
                (true, ..) => "The child uses AH, which does not encrypt.",
                (_, true, _) => "The child uses ESP with NULL encryption.",
                (_, _, Some(_)) => "IP headers stand in clear behind the ESP headers.",
                _ => return None,
            };
            Some(
                Diagnosis::new(&ESP_NULL_OR_AH, Confidence::Certain, Side::Both, what)
                    .evidence_if(flow.map(|flow| flow.frame_first), "a packet in clear")
                    .evidence_if(child.response, "the child is up"),
            )
        })
}

fn null_encryption(chosen: &crate::tunnels::Proposal) -> bool {
    let mut ciphers = chosen.of_kind(TransformType::ENCR).peekable();
    let version_2 = ciphers.peek().is_some()
        && ciphers.all(|cipher| {
            [
                EncryptionAlgorithm::NULL.0,
                EncryptionAlgorithm::NULL_AUTH_AES_GMAC.0,
            ]
            .contains(&cipher.id)
        });
    let version_1 = !chosen.suites().is_empty()
        && chosen.suites().iter().all(|suite| {
            suite
                .encr
                .as_deref()
                .is_some_and(|encr| encr.starts_with("NULL"))
        });
    chosen.protocol == Protocol::Esp && (version_2 || version_1)
}

/// Packets in clear between the networks of a tunnel.
fn leaked<'a>(tunnel: &'a Tunnel, surroundings: &Surroundings<'a>) -> Option<Diagnosis> {
    let (traffic, agreed) = beside(tunnel, surroundings)?;
    let found = if agreed {
        let summary = format!(
            "{} packets from {} to {} are in clear here, between networks that the tunnel protects.",
            traffic.other, traffic.src, traffic.dst
        );
        Diagnosis::new(&PLAINTEXT_LEAK, Confidence::Likely, Side::Unknown, summary)
    } else {
        let back = surroundings.traffic(traffic.dst, traffic.src);
        let summary = format!(
            "Since the data of the tunnel stopped, {} packets pass in clear between {} and {}, which are neither gateway.",
            traffic.other + back.map_or(0, |back| back.other),
            traffic.src,
            traffic.dst
        );
        Diagnosis::new(
            &PLAINTEXT_LEAK,
            Confidence::Possible,
            Side::Unknown,
            summary,
        )
    };
    let found = found.evidence_if(traffic.other_frame, "a packet in clear");
    // What ended the data of the tunnel is the cause.
    Some(match last_data(tunnel) < traffic.first {
        true => found.weight(CONSEQUENCE_WEIGHT),
        false => found,
    })
}

fn last_data(tunnel: &Tunnel) -> Option<Timestamp> {
    flows(tunnel).filter_map(|flow| flow.last).max()
}

/// Traffic beside the tunnel that belongs inside, and whether selectors say so.
pub(super) fn beside<'a>(
    tunnel: &Tunnel,
    surroundings: &Surroundings<'a>,
) -> Option<(&'a Traffic, bool)> {
    if !was_up(tunnel) {
        return None;
    }
    let gateways = [tunnel.initiator.address, tunnel.responder.address];
    let outside = |traffic: &&Traffic| {
        traffic.other > 0 && !gateways.contains(&traffic.src) && !gateways.contains(&traffic.dst)
    };
    let agreed = tunnel.children.iter().find_map(|child| {
        let networks = |selectors: &[String]| -> Vec<Network> {
            selectors
                .iter()
                .filter_map(|selector| Network::parse(selector))
                // Everything is in everything; that proves nothing.
                .filter(|network| network.bits > 0)
                .collect()
        };
        let (one, other) = (
            networks(&child.selectors_initiator),
            networks(&child.selectors_responder),
        );
        let inside = |networks: &[Network], address: IpAddr| {
            networks
                .iter()
                .any(|network| network.contains(&Network::host(address)))
        };
        surroundings
            .capture
            .traffic
            .iter()
            .filter(outside)
            .find(|traffic| {
                inside(&one, traffic.src) && inside(&other, traffic.dst)
                    || inside(&other, traffic.src) && inside(&one, traffic.dst)
            })
    });
    if let Some(traffic) = agreed {
        return Some((traffic, true));
    }
    if tunnel.opened() {
        return None;
    }
    // Without keys: private addresses that talk here as soon as the tunnel's data stops, and never before.
    let last = last_data(tunnel)?;
    let traffic = surroundings
        .capture
        .traffic
        .iter()
        .filter(outside)
        .find(|traffic| {
            private(traffic.src)
                && private(traffic.dst)
                && traffic.first.is_some_and(|first| first > last)
        })?;
    Some((traffic, false))
}

/// Whether an address is one of an inner network.
fn private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private(),
        IpAddr::V6(address) => address.is_unique_local(),
    }
}

/// USE_AGGFRAG that was not answered.
fn aggregation_not_taken<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let hence = "packets are neither aggregated nor fragmented";
    let (wanted, words) = (NotifyType::USE_AGGFRAG, ("AGGFRAG mode", hence));
    not_granted(tunnel, &IPTFS_MISMATCH, wanted, words)
        .map(|diagnosis| diagnosis.severity(Severity::Warning))
}

/// Inner packets that the selectors of their SA do not allow.
fn outside_selectors<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (child, sender, ends) = SIDES.into_iter().find_map(|sender| {
        flows_from(tunnel, sender).find_map(|(child, flow)| {
            let inside = flow.inside.as_ref()?;
            // Frames in a wrong order mistake one side for the other.
            let stray = |ends: &&InnerEnds| {
                !ends.icmp_error
                    && allows(child, sender, ends) == Some(false)
                    && allows(child, sender.opposite(), ends) == Some(false)
            };
            Some((child, sender, inside.ends.iter().find(stray)?))
        })
    })?;
    let fitting = tunnel
        .children
        .iter()
        .find(|other| allows(other, sender, ends) == Some(true));
    let (from, to) = match sender {
        Sender::Initiator => (&child.selectors_initiator, &child.selectors_responder),
        _ => (&child.selectors_responder, &child.selectors_initiator),
    };
    let (declaration, confidence, hence) = match fitting {
        Some(_) => (
            &WRONG_SA_SELECTED,
            Confidence::Certain,
            "They fit another child of this tunnel",
        ),
        None => (
            &INTERNAL_NAT_OR_OVERLAP,
            Confidence::Likely,
            "No child of this tunnel fits them: perhaps an address is translated before encryption",
        ),
    };
    let summary = format!(
        "The {} sends packets from {} to {} in an SA for {} and {}. {hence}; the receiver must drop them.",
        sender.name(),
        ends.src,
        ends.dst,
        from.join(", "),
        to.join(", ")
    );
    Some(
        Diagnosis::new(declaration, confidence, side(sender), summary)
            .evidence_if(child.response, "the child with its selectors is up")
            .evidence(ends.frame, "the first packet that does not fit")
            .evidence_if(
                fitting.and_then(|fitting| fitting.response),
                "the child that it would fit is up",
            ),
    )
}

/// The same network behind both gateways.
fn overlapping<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let child = tunnel.children.iter().find(|child| {
        let network = |selector: &String| {
            Network::parse(selector).is_some_and(|network| network.bits > WIDEST_SITE)
        };
        child.selectors_initiator == child.selectors_responder
            && !child.selectors_initiator.is_empty()
            && child.selectors_initiator.iter().all(network)
    })?;
    let summary = format!(
        "Both sides have {} behind them, as the traffic selectors say: a host takes an address of the other site for a \
         neighbour, and never sends to the gateway.",
        child.selectors_initiator.join(", ")
    );
    Some(
        Diagnosis::new(
            &INTERNAL_NAT_OR_OVERLAP,
            Confidence::Possible,
            Side::Both,
            summary,
        )
        .evidence_if(child.response, "the selectors"),
    )
}

/// A tunnel whose negotiation is not in the capture: the lengths tell the kind of cipher.
fn lengths_tell<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    if tunnel.beginning_seen || tunnel.opened() {
        return None;
    }
    flows(tunnel).find_map(told_by_lengths)
}

fn told_by_lengths(flow: &Flow) -> Option<Diagnosis> {
    let changes = flow.packets.saturating_sub(flow.same_length + 1);
    if flow.protocol != Protocol::Esp || flow.readable || changes < CHANGES_OF_LENGTH {
        return None;
    }
    let remainders: Vec<usize> = (0..16)
        .filter(|remainder| flow.lengths_modulo_16.get(*remainder) > Some(&0))
        .collect();
    // Header 8, IV 16 or 8, a multiple of the block, integrity value (RFC 4303, section 2; RFC 4106, section 3).
    let what = match remainders.as_slice() {
        [4] => "AES-CBC or another cipher with blocks of 16 octets, and an integrity value of 12",
        [8] => {
            "AES-CBC or another cipher with blocks of 16 octets, and an integrity value of 16 or 32"
        }
        [0] => "AES-CBC or another cipher with blocks of 16 octets, and an integrity value of 24",
        [4, 12] => "a cipher with blocks of 8 octets, such as 3DES, and an integrity value of 12",
        [_, _, _, ..] if remainders.iter().all(|remainder| remainder % 4 == 0) => {
            "AES-GCM, ChaCha20-Poly1305, or another cipher without blocks"
        }
        _ => return None,
    };
    let summary = format!(
        "The lengths of {} packets on SPI 0x{:08x} fit {what}.",
        flow.packets, flow.spi.0
    );
    Some(
        Diagnosis::new(
            &ESP_LENGTH_ANALYSIS,
            Confidence::Likely,
            Side::Unknown,
            summary,
        )
        .evidence(flow.frame_first, "the first of them"),
    )
}

fn stray_lengths(surroundings: &Surroundings<'_>) -> Option<Diagnosis> {
    surroundings.flows.iter().find_map(told_by_lengths)
}

/// The rules about flows of no tunnel.
pub(super) const CAPTURE_RULES: &[CaptureRule] =
    &[stray_reset, stray_in_clear, stray_lengths, stray_one_way];

/// ESP or AH of which the setup is not in the capture, from one side only.
fn stray_one_way(surroundings: &Surroundings<'_>) -> Option<Diagnosis> {
    let flow = surroundings
        .flows
        .iter()
        .filter(|flow| {
            flow.packets >= SILENT_PACKETS && at_least(flow.first, flow.last, ONE_WAY_SECONDS)
        })
        .max_by_key(|flow| flow.packets)?;
    let (src, dst) = (flow.src.address, flow.dst.address);
    let back = surroundings
        .flows
        .iter()
        .any(|other| (other.src.address, other.dst.address) == (dst, src))
        || surroundings.tunnels.iter().any(|tunnel| {
            let of_tunnel = |child: &Child| {
                [child.spi_initiator, child.spi_responder].contains(&Some(flow.spi))
            };
            [tunnel.initiator.address, tunnel.responder.address].contains(&dst)
                || tunnel.children.iter().any(of_tunnel)
        });
    if back || dst.is_multicast() {
        return None;
    }
    // Anything of the other side in the file shows that the file has both directions.
    let heard = surroundings.traffic(dst, src).is_some();
    let summary = format!(
        "{} packets of {src} to {dst} on SPI 0x{:08x} in {}, and not one {} back{}.",
        flow.packets,
        flow.spi.0,
        flow.seconds()
            .map_or_else(|| "some time".to_owned(), duration),
        if heard { "of ESP" } else { "of any kind" },
        if heard {
            ""
        } else {
            ": the data passes in one direction only, or the file has one direction only"
        }
    );
    let confidence = match heard {
        true => Confidence::Likely,
        false => Confidence::Possible,
    };
    Some(
        Diagnosis::new(&ESP_ONE_WAY, confidence, Side::Unknown, summary)
            .severity(Severity::Warning)
            .evidence(flow.frame_first, "the first packet")
            .evidence(flow.frame_last, "the last one")
            .check_first("capture both directions, IKE included"),
    )
}

fn stray_reset(surroundings: &Surroundings<'_>) -> Option<Diagnosis> {
    let flow = surroundings.flows.iter().find(|flow| flow.resets > 0)?;
    Some(reset(flow, Side::Unknown, &flow.src.address.to_string()))
}

/// Whether AH stands in front of this ESP, in the same packets.
fn carries(header: &Flow, inner: &Flow) -> bool {
    header.protocol == Protocol::Ah
        && inner.protocol == Protocol::Esp
        && inner.frame_first == header.frame_first
}

fn stray_in_clear(surroundings: &Surroundings<'_>) -> Option<Diagnosis> {
    let flow = surroundings.flows.iter().find(|flow| {
        let around_esp = surroundings.flows.iter().any(|inner| carries(flow, inner));
        flow.readable || flow.protocol == Protocol::Ah && !around_esp
    })?;
    let summary = format!(
        "{} packets from {} to {} are not encrypted.",
        flow.packets, flow.src.address, flow.dst.address
    );
    Some(
        Diagnosis::new(&ESP_NULL_OR_AH, Confidence::Certain, Side::Both, summary)
            .evidence(flow.frame_first, "a packet in clear"),
    )
}

/// Fewer packets may have got no answer by chance.
const ONE_WAY_PACKETS: u64 = 3;

/// An answer takes a round trip.
const ONE_WAY_SECONDS: f64 = 0.4;

/// Data of both sides that becomes data of one: answers may be late.
const SILENT_PACKETS: u64 = 5;
const SILENT_SECONDS: f64 = 2.0;

/// A tunnel that is not used for so long is not about to be used.
const NOTHING_SECONDS: f64 = 5.0;

/// The smallest replay window in use.
const SMALLEST_WINDOW: u32 = 32;

/// One million packets before the end.
const NEAR_THE_END: u32 = u32::MAX - 1_000_000;

/// ESP with AES-CBC: 8 octets header, 16 IV, a multiple of 16, and 12 or 16 octets of integrity value.
const CUT_REMAINDER: usize = 4;
const WHOLE_REMAINDER: usize = 8;

/// Packets whose lengths must agree.
const LENGTHS: u64 = 3;

/// A network of a site is smaller than this; wider selectors leave the choice to the routes.
const WIDEST_SITE: u32 = 8;

/// How often the length must change from one packet to the next: all in one class by chance is out of the question.
const CHANGES_OF_LENGTH: u64 = 16;

/// Packets that must fail before a key is called wrong.
const FAILED_PACKETS: u64 = 3;

/// Packets that do not verify are dropped: that says more than that nothing comes back.
const DROPPED_WEIGHT: u8 = 66;

/// Traffic in clear after the end of the SA is a consequence: any explanation of the end says more.
const CONSEQUENCE_WEIGHT: u8 = 30;

/// What was agreed on and what is sent, both read: this explains why nothing comes back.
const VERIFIED_WEIGHT: u8 = 80;

/// What a monitor of a tunnel sends: a small echo request, at most each second, in ESP.
const TINY_PACKETS: u64 = 10;
const TINY_OCTETS: u32 = 180;
const TINY_PACE_SECONDS: f64 = 0.9;

#[cfg(test)]
mod tests {
    use super::super::sample::{INFORMATIONAL, notifies};
    use super::super::sample::{
        at, child, end, exchange, flow, frame, ids, ids_among, send, tunnel,
    };
    use super::*;
    use crate::tunnels::Inside;

    const I: Sender = Sender::Initiator;
    const R: Sender = Sender::Responder;

    /// A tunnel with these flows.
    fn with(one: Option<Box<Flow>>, other: Option<Box<Flow>>) -> Tunnel {
        let mut tunnel = tunnel(2);
        let child = child(&mut tunnel);
        child.from_initiator = one;
        child.from_responder = other;
        tunnel
    }

    fn severities(tunnel: &Tunnel) -> Vec<Severity> {
        let capture = crate::tunnels::CaptureFacts::default();
        let around = Surroundings {
            capture: &capture,
            tunnels: &[tunnel],
            flows: &[],
        };
        let found = super::super::engine::diagnose(tunnel, &around);
        found.into_iter().map(|found| found.severity).collect()
    }

    #[test]
    fn data_on_an_spi_that_nobody_chose_is_unknown_to_the_receiver() {
        let told = |spi: u32, inferred: bool| {
            let mut tunnel = with(None, None);
            tunnel.children[0].inferred = inferred;
            let mut stray = flow(I, 5, 100, 2_000);
            stray.spi.0 = spi;
            let capture = crate::tunnels::CaptureFacts::default();
            let around = Surroundings {
                capture: &capture,
                tunnels: &[&tunnel],
                flows: &[*stray],
            };
            let found = super::super::engine::diagnose(&tunnel, &around);
            found
                .iter()
                .any(|found| found.declaration.id == "esp-unknown-spi")
        };
        assert!(told(0x300, false));
        assert!(!told(0x200, false));
        assert!(!told(0x300, true));
    }

    #[test]
    fn one_direction_without_its_setup_is_told_where_nothing_comes_back() {
        let told = |flows: &[Flow]| {
            let around = Surroundings {
                capture: &crate::tunnels::CaptureFacts::default(),
                tunnels: &[],
                flows,
            };
            stray_one_way(&around).map(|found| found.severity)
        };
        let sent = *flow(I, 9, 100, 4_000);
        assert_eq!(told(std::slice::from_ref(&sent)), Some(Severity::Warning));
        assert_eq!(told(&[sent, *flow(R, 1, 110, 110)]), None);
        assert_eq!(told(&[*flow(I, 9, 100, 300)]), None);
    }

    /// Syslog and media streams have no answers, echo requests have.
    #[test]
    fn one_direction_is_a_failure_where_an_answer_is_expected() {
        let one = |change: fn(&mut Flow)| {
            let mut sent = flow(I, 20, 100, 6_000);
            change(&mut sent);
            severities(&with(Some(sent), None))
        };
        assert_eq!(one(|_| ()), [Severity::Failure]);
        assert_eq!(one(|sent| sent.same_length = 8), [Severity::Warning]);
        assert_eq!(one(|sent| sent.last = Some(at(1_000))), [Severity::Warning]);
        let inside = |question| {
            let mut sent = flow(I, 20, 100, 6_000);
            sent.inside = Some(Box::new(Inside {
                question,
                ..Inside::default()
            }));
            severities(&with(Some(sent), None))
        };
        assert_eq!(inside(None), [Severity::Warning]);
        assert_eq!(inside(Some(frame(300))), [Severity::Failure]);
    }

    #[test]
    fn data_that_stops_on_one_side_is_one_way_while_that_side_is_alive() {
        let told = |asked: i64, unanswered: u64| {
            let mut sent = flow(I, 20, 100, 8_000);
            (sent.unanswered, sent.unanswered_since) =
                (unanswered, Some((frame(2_000), Some(at(2_000)))));
            let mut tunnel = with(Some(sent), Some(flow(R, 10, 101, 1_901)));
            exchange(&mut tunnel, INFORMATIONAL, I, asked);
            ids(&tunnel)
        };
        assert_eq!(told(5_000, 10), ["esp-one-way"]);
        assert!(!told(5_000, 4).contains(&"esp-one-way"));
        assert!(!told(1_000, 10).contains(&"esp-one-way"));
    }

    #[test]
    fn one_direction_alone_is_one_way_and_its_carrier_decides() {
        let udp = flow(I, 3, 100, 600);
        let mut native = udp.clone();
        native.encapsulation = None;
        assert_eq!(ids(&with(Some(udp.clone()), None)), ["esp-one-way"]);
        assert_eq!(ids(&with(Some(native), None)), ["esp-blocked-proto50"]);
        assert!(ids(&with(Some(flow(I, 2, 100, 600)), None)).is_empty());
        assert!(ids(&with(Some(udp.clone()), Some(flow(R, 1, 100, 100)))).is_empty());
        // The answers may come in another tunnel.
        let other = |last: i64| {
            let (one, mut other) = (
                with(Some(udp.clone()), None),
                with(None, Some(flow(R, 3, 101, last))),
            );
            other.id = 2;
            ids_among(&one, &[&one, &other])
        };
        assert!(other(601).is_empty());
        assert_eq!(other(101), ["esp-one-way"]);
    }

    #[test]
    fn a_counter_that_begins_again_is_told() {
        let mut again = flow(I, 10, 100, 900);
        assert!(ids(&with(Some(again.clone()), Some(flow(R, 10, 101, 901)))).is_empty());
        again.resets = 1;
        again.reset_frame = Some(frame(500));
        let found = ids(&with(Some(again), Some(flow(R, 10, 101, 901))));
        assert_eq!(found, ["esp-seq-reset"]);
    }

    #[test]
    fn a_counter_near_its_end_is_told() {
        let at = |sequence: u32| {
            let mut sent = flow(I, 10, 100, 900);
            sent.sequence_highest = sequence;
            ids(&with(Some(sent), Some(flow(R, 10, 101, 901))))
        };
        assert_eq!(at(u32::MAX - 10), ["esp-seq-exhaustion"]);
        assert!(at(u32::MAX / 2).is_empty());
    }

    #[test]
    fn a_window_of_32_drops_what_is_32_late() {
        let late = |depth: u32| {
            let mut sent = flow(I, 100, 100, 900);
            (sent.late, sent.reorder_depth) = (1, depth);
            ids(&with(Some(sent), Some(flow(R, 100, 101, 901))))
        };
        assert_eq!(late(32), ["esp-replay-drops"]);
        assert!(late(31).is_empty());
    }

    /// RFC 4868, section 2.6: 16 octets of integrity value. The lengths of AES-CBC are 8 + 16 + 16 n + ICV.
    #[test]
    fn lengths_tell_a_cut_integrity_value() {
        let of = |remainder: usize| {
            let mut sent = flow(I, 10, 100, 900);
            sent.lengths_modulo_16[remainder] = 10;
            let mut back = flow(R, 10, 101, 901);
            back.lengths_modulo_16[8] = 10;
            ids(&with(Some(sent), Some(back)))
        };
        assert_eq!(of(4), ["esp-icv-truncation"]);
        assert!(of(8).is_empty());
    }

    #[test]
    fn keys_that_open_nothing_are_told() {
        let failed = |failed: u64, opened: u64| {
            let mut sent = flow(I, 10, 100, 900);
            (sent.failed, sent.opened) = (failed, opened);
            ids(&with(Some(sent), Some(flow(R, 10, 101, 901))))
        };
        assert_eq!(failed(10, 0), ["esp-icv-failure"]);
        assert_eq!(failed(4, 6), ["esp-icv-failure"]);
        assert!(failed(1, 9).is_empty());
    }

    /// Keys that open nothing may be those of another SA; those that open the other direction are not.
    #[test]
    fn keys_that_are_right_make_it_a_failure() {
        let with_opened = |opened: u64, back: u64| {
            let (mut sent, mut answers) = (flow(I, 10, 100, 900), flow(R, 10, 101, 901));
            (sent.failed, sent.opened) = (10 - opened, opened);
            (answers.opened, answers.failed) = (back, 10 - back);
            severities(&with(Some(sent), Some(answers)))
        };
        assert_eq!(with_opened(0, 0), [Severity::Warning]);
        assert_eq!(with_opened(0, 10), [Severity::Failure]);
        assert_eq!(with_opened(5, 10), [Severity::Failure]);
    }

    #[test]
    fn an_spi_that_the_receiver_disowns_is_told() {
        let mut tunnel = with(Some(flow(I, 10, 100, 900)), Some(flow(R, 10, 101, 901)));
        let message = send(&mut tunnel, Step::V2(INFORMATIONAL, false), R, 2_000);
        message.encrypted = false;
        message.clear = notifies(&[NotifyType::INVALID_SPI]);
        message.clear.notifies[0].data = [0, 0, 2, 0].into();
        let found = ids(&tunnel);
        assert!(found.contains(&"esp-unknown-spi") || found.contains(&"peer-rebooted-stale-sa"));
    }

    #[test]
    fn a_tunnel_that_is_checked_and_never_used_is_told() {
        let mut used = with(None, None);
        let mut unused = with(None, None);
        used.children[0].from_initiator = Some(flow(I, 10, 100, 900));
        used.children[0].from_responder = Some(flow(R, 10, 101, 901));
        for tunnel in [&mut used, &mut unused] {
            exchange(tunnel, INFORMATIONAL, R, 3_000);
            exchange(tunnel, INFORMATIONAL, R, 6_000);
        }
        assert_eq!(ids(&unused), ["esp-none"]);
        assert!(ids(&used).is_empty());
    }

    #[test]
    fn inner_addresses_in_clear_are_a_leak() {
        let mut tunnel = with(Some(flow(I, 10, 100, 900)), Some(flow(R, 10, 101, 901)));
        tunnel.children[0].selectors_initiator = vec!["10.1.0.0/24".to_owned()];
        tunnel.children[0].selectors_responder = vec!["10.2.0.0/24".to_owned()];
        let traffic = |src: [u8; 4], dst: [u8; 4]| {
            let capture = crate::tunnels::CaptureFacts {
                traffic: vec![Traffic {
                    src: src.into(),
                    dst: dst.into(),
                    ike: 0,
                    keepalives: 0,
                    fragments: 0,
                    other: 3,
                    other_frame: Some(frame(2_000)),
                    first: None,
                    last: None,
                }],
                ..Default::default()
            };
            let around = Surroundings {
                capture: &capture,
                tunnels: &[&tunnel],
                flows: &[],
            };
            leaked(&tunnel, &around).is_some()
        };
        assert!(traffic([10, 1, 0, 9], [10, 2, 0, 9]));
        assert!(!traffic([10, 1, 0, 9], [10, 3, 0, 9]));
        let gateway = end(I, 0).address;
        assert!(
            !matches!(gateway, IpAddr::V4(address) if traffic(address.octets(), [10, 2, 0, 9]))
        );
    }

    /// Two children, 10.1.0.0/24 with 10.2.0.0/24 and with 10.3.0.0/24; in the first one a packet with these ends.
    fn carrying(src: [u8; 4], dst: [u8; 4], icmp_error: bool) -> Vec<&'static str> {
        let mut sent = flow(I, 10, 100, 900);
        sent.inside = Some(Box::new(Inside {
            ends: vec![InnerEnds {
                src: src.into(),
                dst: dst.into(),
                icmp_error,
                frame: frame(100),
            }],
            ..Inside::default()
        }));
        let mut tunnel = with(Some(sent), Some(flow(R, 10, 101, 901)));
        child(&mut tunnel);
        for (child, behind) in tunnel
            .children
            .iter_mut()
            .zip(["10.2.0.0/24", "10.3.0.0/24"])
        {
            child.selectors_initiator = vec!["10.1.0.0/24".to_owned()];
            child.selectors_responder = vec![behind.to_owned()];
        }
        ids(&tunnel)
    }

    #[test]
    fn inner_packets_are_held_against_the_selectors() {
        assert!(carrying([10, 1, 0, 9], [10, 2, 0, 9], false).is_empty());
        let fits_the_other = carrying([10, 1, 0, 9], [10, 3, 0, 9], false);
        assert_eq!(fits_the_other, ["wrong-sa-selected"]);
        let translated = carrying([192, 0, 2, 9], [10, 2, 0, 9], false);
        assert_eq!(translated, ["internal-nat-or-overlap"]);
        let router = carrying([172, 16, 0, 1], [10, 2, 0, 9], true);
        assert_eq!(router, ["icmp-inner-not-in-policy"]);
    }

    #[test]
    fn one_network_on_both_sides_is_told_unless_it_is_everything() {
        let between = |one: &str, other: &str| {
            let mut tunnel = with(Some(flow(I, 9, 100, 900)), Some(flow(R, 9, 101, 901)));
            tunnel.children[0].selectors_initiator = vec![one.to_owned()];
            tunnel.children[0].selectors_responder = vec![other.to_owned()];
            ids(&tunnel).contains(&"internal-nat-or-overlap")
        };
        assert!(between("192.168.1.0/24", "192.168.1.0/24"));
        assert!(!between("192.168.1.0/24", "192.168.2.0/24"));
        assert!(!between("0.0.0.0/0", "0.0.0.0/0"));
    }

    /// RFC 4303, section 2: 8 octets, IV, blocks, integrity value. AES-CBC with 96 bits leaves 4 of 16, 3DES with 96
    /// bits 4 of 8, AES-GCM 0 of 4.
    #[test]
    fn lengths_tell_the_kind_of_cipher_where_nothing_else_does() {
        let with = |remainders: &[usize], changes: u64, beginning_seen: bool| {
            let mut sent = flow(I, 40, 100, 900);
            sent.same_length = 39 - changes;
            for remainder in remainders {
                sent.lengths_modulo_16[*remainder] = 10;
            }
            let mut tunnel = with(Some(sent), Some(flow(R, 40, 101, 901)));
            tunnel.beginning_seen = beginning_seen;
            let around = Surroundings {
                capture: &Default::default(),
                tunnels: &[&tunnel],
                flows: &[],
            };
            lengths_tell(&tunnel, &around).map(|found| found.summary)
        };
        let tells = |remainders: &[usize], what: &str| {
            with(remainders, 20, false).is_some_and(|summary| summary.contains(what))
        };
        assert!(tells(&[4], "AES-CBC"));
        assert!(tells(&[4, 12], "3DES"));
        assert!(tells(&[0, 4, 8, 12], "AES-GCM"));
        assert_eq!(with(&[1, 2, 3], 20, false), None);
        assert_eq!(with(&[4], 15, false), None);
        assert_eq!(with(&[4], 20, true), None);
    }

    #[test]
    fn what_a_router_takes_and_does_not_pass_on_is_told() {
        let told = |twice: (u64, u64), since: i64| {
            let (mut one, mut other) = (flow(I, 10, 100, 2_000), flow(R, 10, since, 5_000));
            (one.duplicates, other.duplicates) = twice;
            (one.encapsulation, other.encapsulation) = (None, None);
            let mut tunnel = with(Some(one), Some(other));
            exchange(&mut tunnel, INFORMATIONAL, I, 50);
            for message in &mut tunnel.messages {
                message.duplicates = 1;
            }
            ids(&tunnel)
        };
        assert_eq!(told((10, 0), 101), ["esp-one-way"]);
        assert!(told((10, 10), 101).is_empty());
        assert_eq!(told((0, 0), 3_000), ["esp-blocked-proto50"]);
        assert!(told((0, 0), 101).is_empty());
    }
}
