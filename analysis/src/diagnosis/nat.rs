//! NAT traversal: translators on the path, and what they break.

use std::net::IpAddr;

use ikescope_capture::Timestamp;
use ikescope_dissectors::registries::ikev2::{ExchangeType, NotifyType};

use super::declaration::{Confidence, Declaration, Need, Severity, Side};
use super::diagnosis::Diagnosis;
use super::engine::{CaptureRule, TunnelRule};
use super::facts::{copies_after, opening_message};
use super::fragmentation::unanswered;
use super::running::{
    SIDES, duration, flow_from, flows_from, packets_from, seconds, side, times,
    unanswered_severity, was_up, with_copies, within,
};
use crate::observation::Endpoint;
use crate::tunnels::{
    ChildState, Flow, IcmpError, Message, Protocol, Sender, State, Step, Surroundings, Tunnel,
};

/// Everything on this topic.
pub(super) const DECLARATIONS: &[&Declaration] = &[
    &NATT_4500_BLOCKED,
    &NATT_NOT_SUPPORTED,
    &NAT_PRESENT_INFO,
    &FALSE_NAT_DETECTION,
    &MISSED_NAT,
    &NAT_MAPPING_EXPIRED,
    &NAT_PORT_CHANGED,
    &DOUBLE_NAT,
    &NATT_UDP_ENCAP_ON_500,
    &NATT_MARKER_MISSING,
    &WINDOWS_NATT_POLICY,
    &L2TP_MULTIPLE_CLIENTS_ONE_NAT,
    &AH_THROUGH_NAT,
];

/// The rules of this topic.
pub(super) const RULES: &[TunnelRule] = &[
    port_4500_blocked,
    stopped_before_4500,
    third_of_aggressive_lost,
    not_agreed_on,
    translated,
    not_translated,
    twice_translated,
    mapping_lost,
    port_moved,
    authenticated_header,
    several_behind_one,
    windows_behind,
    data_on_500,
];

/// The rules about flows of no tunnel.
pub(super) const CAPTURE_RULES: &[CaptureRule] = &[stray_data_on_500];

pub(super) static NATT_4500_BLOCKED: Declaration = Declaration {
    id: "natt-4500-blocked",
    title: "UDP 4500 does not get through",
    severity: Severity::Failure,
    weight: 66,
    explanation: "The first messages pass on UDP 500. Then the initiator moves to UDP 4500, as NAT traversal and \
        MOBIKE want, and from there on nothing comes back. A filter lets port 500 pass and not 4500. The logs of \
        both sides make it look like a wrong key.",
    symptom: "\"Giving up after 5 retransmits\" in IKE_AUTH or main mode; \"possible authentication failure: no \
        acceptable response to our first encrypted message\".",
    wire: "IKE_SA_INIT, or main mode messages 1 to 4, are answered on port 500. The next request goes to port 4500 \
        and is repeated; no packet from the peer comes from there.",
    opened: "",
    checks: &[
        (
            Side::Network,
            "let UDP 4500 pass in both directions, beside UDP 500: firewall, security group, host firewall",
        ),
        (
            Side::Responder,
            "does it listen on UDP 4500 on that address?",
        ),
        (
            Side::Responder,
            "capture there: does the message on port 4500 arrive?",
        ),
    ],
    needs: &[Need::Clear, Need::BothDirections],
    competitors: &[
        (
            "psk-mismatch-ikev1-main",
            "the responder reacts to message 5",
        ),
        ("auth-silent-drop", "the ports do not change"),
        (
            "ike-ip-fragments-dropped",
            "the message on port 4500 is in IP fragments",
        ),
        (
            "mobike-port-switch-blocked",
            "there is no NAT: the port changes for MOBIKE",
        ),
    ],
    references: &["RFC 7296, section 2.23", "RFC 3947, section 4"],
    see: None,
};

pub(super) static NATT_NOT_SUPPORTED: Declaration = Declaration {
    id: "natt-not-supported",
    title: "NAT traversal was not agreed on",
    severity: Severity::Warning,
    weight: 44,
    explanation: "One side does not announce NAT traversal, so ESP is sent as IP protocol 50 and no translator on \
        the path is noticed. With a NAT between the peers data does not pass, or for one client only.",
    symptom: "The tunnel is up and carries no traffic, or works for the first of several clients only.",
    wire: "IKEv1: the vendor IDs of NAT traversal are missing on one side, and there are no NAT-D payloads. IKEv2: \
        NAT_DETECTION_SOURCE_IP and NAT_DETECTION_DESTINATION_IP are missing.",
    opened: "",
    checks: &[
        (Side::Both, "switch NAT traversal on"),
        (Side::Network, "is there a NAT between the two?"),
    ],
    needs: &[Need::Clear, Need::BothDirections],
    competitors: &[
        (
            "natt-4500-blocked",
            "it was agreed on, and port 4500 does not pass",
        ),
        ("missed-nat", "both sides announce it"),
    ],
    references: &[
        "RFC 3947, section 3.1",
        "RFC 7296, section 2.23",
        "RFC 3948, section 2",
    ],
    see: None,
};

pub(super) static NAT_PRESENT_INFO: Declaration = Declaration {
    id: "nat-present-info",
    title: "There is a NAT between the peers",
    severity: Severity::Note,
    weight: 5,
    explanation: "The hashes of addresses and ports that the peers exchange do not fit the packets, so a translator \
        changed them on the way. Both sides encapsulate ESP in UDP then. Nothing is wrong.",
    symptom: "A question: is there NAT in between?",
    wire: "A NAT detection hash does not fit the address and port of its packet. The address before the NAT can be \
        found by trying those that are likely.",
    opened: "",
    checks: &[(Side::Unknown, "nothing: this is how NAT traversal works")],
    needs: &[Need::Clear],
    competitors: &[(
        "false-nat-detection",
        "a hash fits no address at all, or another port",
    )],
    references: &["RFC 7296, section 2.23", "RFC 3947, section 3.2"],
    see: None,
};

pub(super) static FALSE_NAT_DETECTION: Declaration = Declaration {
    id: "false-nat-detection",
    title: "ESP is encapsulated in UDP although there is no NAT",
    severity: Severity::Note,
    weight: 4,
    explanation: "The source hash of one side does not fit, and the addresses were not translated: the side asks for \
        encapsulation on purpose, or computed the hash for another port or address. It costs eight octets a packet.",
    symptom: "ESP in UDP although both sides have public addresses; a smaller MTU.",
    wire: "The source hash fits neither the address of the packet nor any private address, or fits another port than \
        the one used.",
    opened: "",
    checks: &[(
        Side::Both,
        "forced encapsulation in the configuration; the address that the daemon thinks it has",
    )],
    needs: &[Need::Clear],
    competitors: &[(
        "nat-present-info",
        "the same hash, but two captures show different addresses",
    )],
    references: &["RFC 7296, section 2.23", "RFC 3948, section 2"],
    see: None,
};

pub(super) static MISSED_NAT: Declaration = Declaration {
    id: "missed-nat",
    title: "A NAT on the path was not noticed",
    severity: Severity::Failure,
    weight: 64,
    explanation: "The NAT detection hashes fit the packets on both sides of a translator, so neither peer \
        encapsulates, and plain ESP does not survive the translation.",
    symptom: "The SA is up; ESP vanishes behind the router.",
    wire: "Two captures show different addresses for the same packets, and the hashes fit in both. One capture cannot \
        show it: there, hashes that fit mean that no NAT is in between.",
    opened: "",
    checks: &[
        (Side::Both, "force UDP encapsulation"),
        (
            Side::Network,
            "switch off the application gateway for IPsec in the router",
        ),
    ],
    needs: &[Need::Clear, Need::SecondCapture],
    competitors: &[(
        "esp-blocked-proto50",
        "the addresses are the same on both sides",
    )],
    references: &["RFC 7296, section 2.23"],
    see: None,
};

pub(super) static NAT_MAPPING_EXPIRED: Declaration = Declaration {
    id: "nat-mapping-expired",
    title: "The NAT forgot the tunnel while it was idle",
    severity: Severity::Failure,
    weight: 66,
    explanation: "A translator keeps its entry only while packets pass. After a pause packets from outside go to a \
        port that it no longer knows, and they are lost until the inside sends again.",
    symptom: "\"Drops after a minute of silence, comes back when the inside pings.\"",
    wire: "After a pause without keepalives (one octet 0xFF on port 4500), packets to the translated address stay \
        without answer, or an ICMP error from that address answers them; the next packet from inside may come from \
        another port.",
    opened: "",
    checks: &[
        (
            Side::Initiator,
            "NAT keepalives every 20 s or less; liveness checks from the inside",
        ),
        (Side::Network, "how long the NAT keeps UDP entries"),
    ],
    needs: &[Need::Timing, Need::BothDirections],
    competitors: &[
        (
            "nat-port-changed",
            "the inside sends from the new port, and the outside goes on to the old one",
        ),
        ("dpd-timeout", "the pause has nothing to do with it"),
    ],
    references: &["RFC 3948, section 4", "RFC 7296, section 2.23"],
    see: None,
};

pub(super) static NAT_PORT_CHANGED: Declaration = Declaration {
    id: "nat-port-changed",
    title: "The NAT gave the tunnel another port, and the peer did not follow",
    severity: Severity::Failure,
    weight: 68,
    explanation: "Packets of the same SA suddenly come from another port of the translator. The other side goes on \
        sending to the old port, where nothing listens any more.",
    symptom: "The tunnel dies when the router renews its table or restarts.",
    wire: "The same ESP SPI from another source port; the answers go to the old port, often followed by ICMP errors.",
    opened: "",
    checks: &[
        (
            Side::Responder,
            "follow the address and port of packets that verify, as RFC 7296 wants of the side that is not behind a \
                NAT",
        ),
        (
            Side::Initiator,
            "NAT keepalives, so that the port does not change",
        ),
        (Side::Both, "MOBIKE, which announces such changes"),
    ],
    needs: &[Need::Esp, Need::BothDirections],
    competitors: &[
        ("address-change-without-mobike", "the address changes too"),
        ("nat-mapping-expired", "the inside does not send"),
    ],
    references: &["RFC 7296, section 2.23", "RFC 4555, section 3.5"],
    see: None,
};

pub(super) static DOUBLE_NAT: Declaration = Declaration {
    id: "double-nat",
    title: "Both peers are behind a NAT",
    severity: Severity::Warning,
    weight: 30,
    explanation: "Both destination hashes, or the source hashes of both sides, do not fit. The responder can be \
        reached only if its NAT forwards UDP 500 and 4500 to it, and addresses cannot serve as identities.",
    symptom: "Only one side can begin, or none.",
    wire: "NAT detection hashes of both directions do not fit.",
    opened: "",
    checks: &[
        (Side::Network, "forward UDP 500 and 4500 to the responder"),
        (Side::Both, "identities that are not addresses"),
    ],
    needs: &[Need::Clear, Need::BothDirections],
    competitors: &[("nat-present-info", "one side only is behind a NAT")],
    references: &["RFC 7296, section 2.23", "RFC 3947, section 3.2"],
    see: None,
};

pub(super) static NATT_UDP_ENCAP_ON_500: Declaration = Declaration {
    id: "natt-udp-encap-on-500",
    title: "ESP is sent in UDP on port 500",
    severity: Severity::Failure,
    weight: 66,
    explanation: "Datagrams on UDP 500 are not IKE but ESP. The peer reads them as IKE and drops them; ESP in UDP \
        belongs on port 4500.",
    symptom: "The SA is up and no data arrives, after a restart or a change of route.",
    wire: "Datagrams on UDP 500 that are no IKE messages: the first four octets stay the same and the next four \
        count up by one.",
    opened: "",
    checks: &[(
        Side::Initiator,
        "the source address and route when the daemon starts; begin the SA anew; a newer version",
    )],
    needs: &[Need::Clear],
    competitors: &[("ike-in-wrong-framing", "behind the marker stands IKE")],
    references: &["RFC 3948, section 2.1"],
    see: None,
};

pub(super) static NATT_MARKER_MISSING: Declaration = Declaration {
    id: "natt-marker-missing",
    title: "IKE on UDP 4500 without the non-ESP marker",
    severity: Severity::Failure,
    weight: 60,
    explanation: "On port 4500 four zero octets stand before every IKE message so that it can be told from ESP. They \
        are missing here, so the peer reads the message as ESP.",
    symptom: "No answer on port 4500.",
    wire: "A datagram on UDP 4500 is a correct IKE message without the four zero octets.",
    opened: "",
    checks: &[(
        Side::Initiator,
        "NAT traversal or a custom port that is configured on one side only",
    )],
    needs: &[Need::Clear],
    competitors: &[],
    references: &["RFC 3948, section 2.2"],
    see: Some("ike-in-wrong-framing"),
};

pub(super) static WINDOWS_NATT_POLICY: Declaration = Declaration {
    id: "windows-natt-policy",
    title: "A Windows peer may refuse NAT traversal to a server behind NAT",
    severity: Severity::Failure,
    weight: 40,
    explanation: "Windows by itself does not set up ESP in UDP with a server that is behind a NAT. Phase 1 may come \
        up, and phase 2 is refused or no ESP in UDP follows. This is possible, not proven by the capture.",
    symptom: "L2TP error 789 or 809 when the server is behind a NAT.",
    wire: "IKEv1 with a Windows vendor ID, the responder behind a NAT by its hashes, and quick mode without success.",
    opened: "",
    checks: &[
        (
            Side::Initiator,
            "the registry value AssumeUDPEncapsulationContextOnSendRule; verify with Microsoft's documentation",
        ),
        (Side::Responder, "a server with a public address, or IKEv2"),
    ],
    needs: &[Need::Clear, Need::OtherTunnels],
    competitors: &[("natt-4500-blocked", "nothing passes on port 4500")],
    references: &["RFC 3947, section 3.2", "RFC 3948, section 2"],
    see: None,
};

pub(super) static L2TP_MULTIPLE_CLIENTS_ONE_NAT: Declaration = Declaration {
    id: "l2tp-multiple-clients-one-nat",
    title: "Several clients in transport mode behind one NAT",
    severity: Severity::Failure,
    weight: 60,
    explanation: "Transport mode protects the addresses of the two hosts, and behind one NAT several clients have \
        the same one. The server cannot tell their SAs apart, so the second client takes the traffic of the first.",
    symptom: "The second L2TP client ends or blocks the first.",
    wire: "Two tunnels from the same address and different ports of UDP 4500; answers for both go to the newest \
        port.",
    opened: "Quick mode names the same addresses with UDP port 1701 in both.",
    checks: &[
        (
            Side::Responder,
            "IKEv2 or XAUTH in tunnel mode instead of L2TP",
        ),
        (
            Side::Responder,
            "marks of connections per SA, if its kernel can",
        ),
    ],
    needs: &[Need::OtherTunnels, Need::Esp],
    competitors: &[("uniqueness-kill", "the same identity, in tunnel mode")],
    references: &["RFC 3948, section 5.2"],
    see: None,
};

pub(super) static AH_THROUGH_NAT: Declaration = Declaration {
    id: "ah-through-nat",
    title: "AH cannot pass a NAT",
    severity: Severity::Failure,
    weight: 70,
    explanation: "AH protects the IP addresses, and a NAT changes them: every packet fails its integrity check. Only \
        ESP in UDP passes a NAT.",
    symptom: "The AH tunnel is up and never carries data.",
    wire: "IP protocol 51 between peers whose NAT detection hashes do not fit, or AH in the offer with NAT detected.",
    opened: "The proposal of the child is for AH.",
    checks: &[(Side::Both, "use ESP with NAT traversal")],
    needs: &[Need::Clear, Need::Esp],
    competitors: &[],
    references: &["RFC 4302, section 3.3.3", "RFC 3715, section 2.1"],
    see: None,
};

/// The move to UDP 4500, after which nothing comes back.
fn port_4500_blocked<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let message = lost_on_4500(tunnel)?;
    let unseen = evidence(tunnel).next().is_none();
    if tunnel.version == 2 && unseen && hashes_fit(tunnel) {
        return None;
    }
    let before = tunnel
        .messages
        .iter()
        .find(|other| other.from != message.from && other.ends.src.port == Some(IKE_PORT));
    let summary = format!(
        "Up to here the {} answered on UDP 500. {} went to UDP 4500 {} and got no answer; nothing at all came from that \
         port.",
        message.from.opposite().name(),
        message.step,
        times(message.transmissions)
    );
    let diagnosis = Diagnosis::new(
        &NATT_4500_BLOCKED,
        Confidence::Likely,
        Side::Network,
        summary,
    );
    // A router that says so names the port: it is the cause that explains its message.
    let refused = message.icmp.iter().find(|error| {
        !error.too_big()
            && !error.port_unreachable()
            && error.quoted_dst.port == Some(NAT_TRAVERSAL_PORT)
    });
    let diagnosis = match refused {
        Some(error) => diagnosis.weight(REFUSED_WEIGHT).evidence(
            error.frame,
            format!("ICMP from {}: it does not let it pass", error.from),
        ),
        None => diagnosis,
    };
    let diagnosis = with_copies(diagnosis, message, "to UDP 4500")
        .severity(unanswered_severity(message, around))
        .evidence_if(before.map(|before| before.frame), "an answer on UDP 500")
        .excludes("auth-silent-drop", "the ports changed before the silence")
        .excludes(
            "ike-ip-fragments-dropped",
            "the message is not in fragments",
        );
    Some(if unseen {
        diagnosis
    } else {
        diagnosis.excludes(
            "mobike-port-switch-blocked",
            "a NAT detection hash does not fit",
        )
    })
}

/// The first request on UDP 4500, if it stays without any answer from there while UDP 500 worked.
pub(super) fn lost_on_4500(tunnel: &Tunnel) -> Option<&Message> {
    let message = tunnel.messages.iter().find(|message| {
        message.ends.dst.port == Some(NAT_TRAVERSAL_PORT)
            && !matches!(
                message.step,
                // Message 3 of aggressive mode wants no answer; quick mode behind it does.
                Step::V2(ExchangeType::IKE_SA_INIT, _) | Step::Main(1) | Step::Aggressive(_)
            )
    })?;
    let heard = tunnel
        .messages
        .iter()
        .any(|other| other.from != message.from && other.ends.src.port == Some(NAT_TRAVERSAL_PORT));
    let worked = tunnel.messages.iter().any(|other| {
        other.from != message.from
            && other.frame < message.frame
            && other.ends.src.port == Some(IKE_PORT)
    });
    let whole = message.ip_fragments == 0 && message.fragments.is_empty();
    let silent = unanswered(tunnel, message)
        && packets_from(tunnel, message.from.opposite()) == 0
        && message.transmissions > 1;
    (!heard && worked && whole && silent).then_some(message)
}

/// A message whose NAT detection hashes do not fit, and who is behind the NAT by it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mismatch<'a> {
    pub(super) message: &'a Message,
    pub(super) behind: Sender,
    /// Whether the receiver of packets said so: a sender may falsify the hash of its own address to force encapsulation.
    pub(super) genuine: bool,
}

/// What the NAT detection hashes say. Peers that believe in a NAT leave UDP 500; where they stayed, the hashes are not
/// theirs: addresses were rewritten in the file, or the peer computes them in its own way.
pub(super) fn evidence(tunnel: &Tunnel) -> impl Iterator<Item = Mismatch<'_>> {
    let stayed = tunnel.messages.iter().any(|message| {
        let ports = (message.ends.src.port, message.ends.dst.port);
        let went_on = matches!(
            message.step,
            Step::V2(ExchangeType::IKE_AUTH, true)
                | Step::Main(6)
                | Step::Aggressive(3)
                | Step::Quick(_)
        );
        went_on && ports == (Some(IKE_PORT), Some(IKE_PORT))
    });
    let looked_at = if stayed { &[][..] } else { &tunnel.messages };
    looked_at
        .iter()
        .filter_map(|message| Some((message, message.nat?)))
        .filter(|(message, _)| message.from != Sender::Other)
        .flat_map(|(message, nat)| {
            let own = (nat.source_matches == Some(false)).then_some(Mismatch {
                message,
                behind: message.from,
                genuine: false,
            });
            let others = (nat.destination_matches == Some(false)).then_some(Mismatch {
                message,
                behind: message.from.opposite(),
                genuine: true,
            });
            own.into_iter().chain(others)
        })
}

/// Whether hashes of both directions were seen and all of them fit.
pub(super) fn hashes_fit(tunnel: &Tunnel) -> bool {
    let seen = |sender| {
        tunnel.from(sender).any(|message| {
            message.nat.is_some_and(|nat| {
                nat.source_matches == Some(true) && nat.destination_matches != Some(false)
            })
        })
    };
    let behind = [&tunnel.initiator, &tunnel.responder]
        .iter()
        .any(|peer| peer.behind_nat == Some(true));
    seen(Sender::Initiator)
        && seen(Sender::Responder)
        && !behind
        && evidence(tunnel).next().is_none()
}

/// Whether something beside a hash of the sender itself says that this side is behind a NAT.
fn surely_behind(tunnel: &Tunnel, sender: Sender) -> Option<String> {
    let of_sender = || evidence(tunnel).filter(|mismatch| mismatch.behind == sender);
    if of_sender().any(|mismatch| mismatch.genuine) {
        return Some("the peer sees another address than the one in this capture".to_owned());
    }
    let own = of_sender().next()?;
    if let Some(found) = tunnel.peer(sender).and_then(|peer| peer.nat_address) {
        let translated = found.address != own.message.ends.src.address;
        return translated.then(|| format!("its own address is {}", found.address));
    }
    let port = own.message.ends.src.port?;
    if ![IKE_PORT, NAT_TRAVERSAL_PORT].contains(&port) {
        return Some(format!("its packets come from port {port}"));
    }
    let kept = tunnel.keepalives.is_some_and(|keepalives| match sender {
        Sender::Initiator => keepalives.from_initiator > 0,
        Sender::Responder => keepalives.from_responder > 0,
        Sender::Other => false,
    });
    kept.then(|| "it sends NAT keepalives".to_owned())
}

/// A NAT between the peers: this is how NAT traversal works.
fn translated<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (sender, why) = SIDES
        .into_iter()
        .find_map(|sender| Some((sender, surely_behind(tunnel, sender)?)))?;
    let shown = evidence(tunnel).find(|mismatch| mismatch.behind == sender)?;
    let summary = format!(
        "The {} is behind a NAT: {why}. ESP has to go in UDP.",
        sender.name()
    );
    Some(
        Diagnosis::new(
            &NAT_PRESENT_INFO,
            Confidence::Certain,
            Side::Network,
            summary,
        )
        .evidence(
            shown.message.frame,
            "a NAT detection hash that does not fit",
        )
        .excludes("false-nat-detection", why),
    )
}

/// A hash that fits nothing, without any other sign of a NAT.
fn not_translated<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    if SIDES
        .into_iter()
        .any(|sender| surely_behind(tunnel, sender).is_some())
    {
        return None;
    }
    let mismatch = evidence(tunnel).find(|mismatch| !mismatch.genuine)?;
    let sender = mismatch.behind;
    let end = mismatch.message.ends.src.address;
    // Between public addresses a NAT is the rule; within a private network it would be a second one.
    if !private(end) {
        let summary = format!(
            "The hash that the {} sends of its own address is not that of {end}: most likely a NAT is in front of it. \
             It may also ask for encapsulation on purpose.",
            sender.name()
        );
        return Some(
            Diagnosis::new(
                &NAT_PRESENT_INFO,
                Confidence::Likely,
                Side::Network,
                summary,
            )
            .evidence(
                mismatch.message.frame,
                "a NAT detection hash that does not fit",
            ),
        );
    }
    let summary = format!(
        "The hash that the {} sends of its own address does not fit {end}, and nothing else tells of a NAT: perhaps \
         encapsulation is forced on purpose.",
        sender.name()
    );
    Some(
        Diagnosis::new(
            &FALSE_NAT_DETECTION,
            Confidence::Possible,
            side(sender),
            summary,
        )
        .evidence(mismatch.message.frame, "a source hash that fits nothing"),
    )
}

/// Whether an address is of those that are not routed in the internet.
fn private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            address.is_private() || address.is_link_local() || address.is_loopback()
        }
        IpAddr::V6(address) => address.is_unique_local() || address.is_unicast_link_local(),
    }
}

/// Both peers behind a NAT.
fn twice_translated<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let initiator = surely_behind(tunnel, Sender::Initiator)?;
    let responder = surely_behind(tunnel, Sender::Responder)?;
    let summary = format!(
        "Both peers are behind a NAT. The initiator: {initiator}. The responder: {responder}."
    );
    let shown = SIDES.into_iter().filter_map(|sender| {
        evidence(tunnel)
            .find(|mismatch| mismatch.behind == sender)
            .map(|mismatch| mismatch.message.frame)
    });
    let found = Diagnosis::new(&DOUBLE_NAT, Confidence::Certain, Side::Network, summary);
    // The ports are forwarded then.
    let found = if was_up(tunnel) {
        found.severity(Severity::Note)
    } else {
        found
    };
    Some(shown.fold(found, |diagnosis, frame| {
        diagnosis.evidence(frame, "a NAT detection hash that does not fit")
    }))
}

/// NAT traversal that one side announces and the other does not.
fn not_agreed_on<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (answered, announces): (bool, fn(&Message) -> bool) = if tunnel.version == 2 {
        (
            tunnel
                .from(Sender::Responder)
                .any(|message| message.clear.key_exchange.is_some()),
            |message| {
                message
                    .clear
                    .notify(NotifyType::NAT_DETECTION_SOURCE_IP.0)
                    .is_some()
            },
        )
    } else {
        let answered = tunnel
            .from(Sender::Responder)
            .any(|message| matches!(message.step, Step::Main(2) | Step::Aggressive(2)));
        (answered, announces_in_vendor_id)
    };
    let by = |sender| tunnel.from(sender).find(|message| announces(message));
    let (initiator, responder) = (by(Sender::Initiator), by(Sender::Responder));
    // Where messages are cut, so may be what they announce.
    let cut = tunnel
        .messages
        .iter()
        .any(|message| message.truncated && !message.encrypted);
    if !answered || !tunnel.beginning_seen || cut {
        return None;
    }
    let (announced, missing) = match (initiator, responder) {
        (Some(message), None) => (message, Sender::Responder),
        (None, Some(message)) => (message, Sender::Initiator),
        (None, None) => return translated_unnoticed(tunnel),
        _ => return None,
    };
    // A tunnel that is up shows that there is no NAT, or that it does no harm.
    let severity = match tunnel.state {
        State::Established | State::Closed => Severity::Note,
        _ => Severity::Warning,
    };
    let summary = format!(
        "The {} announces NAT traversal and the {} does not: ESP goes without UDP, and a NAT on the path would not be \
         noticed.",
        missing.opposite().name(),
        missing.name()
    );
    Some(
        Diagnosis::new(
            &NATT_NOT_SUPPORTED,
            Confidence::Certain,
            side(missing),
            summary,
        )
        .severity(severity)
        .evidence(announced.frame, "NAT traversal announced")
        .excludes("natt-4500-blocked", "it was not agreed on"),
    )
}

/// Whether a message of IKEv1 announces NAT traversal (RFC 3947, section 3.1).
fn announces_in_vendor_id(message: &Message) -> bool {
    message
        .clear
        .vendor_ids
        .iter()
        .any(|id| NAT_TRAVERSAL.iter().any(|known| id.starts_with(known)))
}

/// A port that only a translator chooses, while neither side does NAT traversal.
fn translated_unnoticed(tunnel: &Tunnel) -> Option<Diagnosis> {
    let request = opening_message(tunnel)?;
    let port = request.ends.src.port?;
    let used = SIDES
        .into_iter()
        .all(|sender| packets_from(tunnel, sender) > 0);
    if used || port <= LARGEST_SYSTEM_PORT || request.ends.dst.port != Some(IKE_PORT) {
        return None;
    }
    let summary = format!(
        "The packets of the initiator come from port {port}, as a NAT makes them, and neither side announces NAT traversal: ESP \
         goes without UDP, and the NAT cannot tell whose it is."
    );
    Some(
        Diagnosis::new(
            &NATT_NOT_SUPPORTED,
            Confidence::Certain,
            Side::Both,
            summary,
        )
        .severity(match was_up(tunnel) {
            true => Severity::Warning,
            false => Severity::Note,
        })
        .evidence(request.frame, "from the port of a NAT")
        .excludes("natt-4500-blocked", "it was not agreed on"),
    )
}

/// Packets to a translated address that nothing answers after a pause.
fn mapping_lost<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    SIDES.into_iter().find_map(|outside| {
        let inside = outside.opposite();
        let translated = tunnel.peer(inside)?.behind_nat == Some(true)
            || evidence(tunnel).any(|mismatch| mismatch.behind == inside);
        if !translated {
            return None;
        }
        let (flow, back) = flows_from(tunnel, outside)
            .filter(|(child, _)| child.state != ChildState::Rekeyed)
            .filter_map(|(child, flow)| Some((flow, flow_from(child, inside)?)))
            .last()?;
        // A capture on both sides of the NAT has the outer packets as a flow of their own.
        let own = flows_from(tunnel, outside).map(|(_, flow)| flow);
        let outer = own
            .chain(around.flows)
            .find(|outer| outer.spi == flow.spi && refusals(outer).next().is_some());
        let flow = outer.unwrap_or(flow);
        let refused = refusals(flow).next();
        // The pause is in this direction: the inside has been silent since before it, until it sends anew.
        let (pause, begin) = flow.longest_silence?;
        let until = refused.and_then(|icmp| icmp.time);
        let again = |time: Option<Timestamp>| until.is_some_and(|until| time > Some(until));
        let resumed = again(back.last)
            && back.longest_silence.is_some_and(|(seconds, since)| {
                within(Some(since), Some(begin), ROUND_TRIP_SECONDS) && seconds >= pause
            });
        let silent = within(back.last, Some(begin), ROUND_TRIP_SECONDS)
            || back.last < Some(begin)
            || resumed;
        let heard = tunnel.from(inside).any(|message| {
            let after = seconds(Some(begin), message.last_copy().time);
            after.is_some_and(|after| after > ROUND_TRIP_SECONDS) && !again(message.time)
        });
        let moved = back.source_changed > 0;
        let enough = match refused {
            Some(_) => flow.unanswered >= 2 || refusals(flow).nth(1).is_some(),
            None => flow.unanswered >= 4,
        };
        if pause < PAUSE_SECONDS || !silent || heard || moved || !enough {
            return None;
        }
        let kept = tunnel.keepalives.map_or(0, |keepalives| {
            keepalives.from_initiator + keepalives.from_responder
        });
        let summary = format!(
            "After {} of silence the packets to the translated address of the {} stay without an answer{}. {}",
            duration(pause),
            inside.name(),
            if refused.is_some() {
                ", and ICMP says that the port is closed"
            } else {
                ""
            },
            if kept == 0 {
                "No NAT keepalive was seen."
            } else {
                "NAT keepalives were seen."
            }
        );
        let confidence = if refused.is_some() {
            Confidence::Likely
        } else {
            Confidence::Possible
        };
        Some(
            Diagnosis::new(&NAT_MAPPING_EXPIRED, confidence, Side::Network, summary)
                .evidence(back.frame_last, "the last packet from behind the NAT")
                .evidence(flow.frame_last, "a packet that nothing answers")
                .evidence_if(refused.map(|icmp| icmp.frame), "ICMP: port unreachable")
                .excludes(
                    "nat-port-changed",
                    "the inside does not send from another port",
                )
                .excludes("dpd-not-persistent", "the silence began with a pause"),
        )
    })
}

/// What the receiver of a flow, or the NAT in front of it, says of a port that is closed.
fn refusals(flow: &Flow) -> impl Iterator<Item = &IcmpError> {
    let receiver = flow.dst.address;
    flow.icmp
        .iter()
        .filter(move |icmp| icmp.port_unreachable() && icmp.from == receiver)
}

/// A NAT, and no continuation: the next message would have come to UDP 4500.
fn stopped_before_4500<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let (response, done) = tunnel
        .first_of(Step::V2(ExchangeType::IKE_SA_INIT, true))
        .filter(|response| response.clear.key_exchange.is_some())
        .map(|response| (response, "IKE_SA_INIT"))
        .or_else(|| {
            Some((
                tunnel.first_of(Step::Main(4))?,
                "The key exchange of main mode",
            ))
        })?;
    let last = tunnel.messages.last()?;
    let shown = evidence(tunnel).next()?;
    let on_500 = response.ends.src.port == Some(IKE_PORT);
    // Who asks again has not got the answer yet.
    let asked_again = tunnel
        .from(Sender::Initiator)
        .any(|message| copies_after(message, response) > 0);
    if last.frame != response.frame || asked_again || !on_500 || !tunnel.icmp.is_empty() {
        return None;
    }
    // A responder that repeats its answer waits for the next message in vain.
    let waits = response.transmissions >= WAITING_COPIES;
    let summary = format!(
        "{done} succeeded on UDP 500 with a NAT between the peers, and {}: the next message goes to UDP 4500 \
         and does not arrive here.",
        if waits {
            format!(
                "the responder repeats its answer {}",
                times(response.transmissions - 1)
            )
        } else {
            "nothing follows".to_owned()
        }
    );
    // Once, it may be a capture of UDP 500 only.
    let again = around
        .same_peers(tunnel)
        .any(|other| other.state == State::Incomplete && other.version == tunnel.version);
    let (confidence, severity) = match (waits, again) {
        (true, _) => (Confidence::Likely, Severity::Failure),
        (false, true) => (Confidence::Possible, Severity::Warning),
        (false, false) => (Confidence::Possible, Severity::Note),
    };
    Some(
        Diagnosis::new(&NATT_4500_BLOCKED, confidence, Side::Network, summary)
            .severity(severity)
            .evidence(
                shown.message.frame,
                "a NAT detection hash that does not fit",
            )
            .evidence(response.frame, "the last message of this negotiation")
            .check_first("does the capture filter let UDP 4500 pass?"),
    )
}

/// Message 2 of aggressive mode again and again, for a peer behind a NAT that does not ask again: it has message 2, and its
/// message 3 goes to UDP 4500.
fn third_of_aggressive_lost<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let first = tunnel.first_of(Step::Aggressive(1))?;
    let second = tunnel.first_of(Step::Aggressive(2))?;
    let waits = second.transmissions >= WAITING_COPIES && copies_after(first, second) == 0;
    let nothing_more = tunnel.from(Sender::Initiator).count() == 1 && tunnel.icmp.is_empty();
    let behind = first
        .ends
        .src
        .port
        .is_some_and(|port| ![IKE_PORT, NAT_TRAVERSAL_PORT].contains(&port))
        || evidence(tunnel)
            .any(|mismatch| mismatch.behind == Sender::Initiator || mismatch.genuine);
    let supported = [first, second].into_iter().all(announces_in_vendor_id);
    if !waits || !nothing_more || !behind || !supported {
        return None;
    }
    let summary = format!(
        "The responder sends message 2 of aggressive mode {}, and the initiator, behind a NAT, does not ask again: it has \
         the message, and its message 3 goes to UDP 4500 and does not arrive here.",
        times(second.transmissions)
    );
    let diagnosis = Diagnosis::new(
        &NATT_4500_BLOCKED,
        Confidence::Likely,
        Side::Network,
        summary,
    );
    Some(
        with_copies(diagnosis, second, "message 2, which waits for message 3")
            .check_first("does the capture filter let UDP 4500 pass?"),
    )
}

/// A flow whose sender moved while the other direction stays where it was.
pub(super) fn left_behind(tunnel: &Tunnel) -> Option<(Sender, &Flow, &Flow, Endpoint, Endpoint)> {
    SIDES.into_iter().find_map(|sender| {
        flows_from(tunnel, sender).find_map(|(child, flow)| {
            let change = flow.source_changes.last()?;
            let back = flow_from(child, sender.opposite())?;
            let stays = back.dst == change.before && back.frame_last > change.frame;
            stays.then_some((sender, flow, back, change.before, change.after))
        })
    })
}

/// Another port of the NAT, which the other side does not follow.
fn port_moved<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (sender, flow, back, before, after) = left_behind(tunnel)?;
    if before.address != after.address {
        return None;
    }
    let change = flow.source_changes.last()?;
    let summary = format!(
        "Packets of the {} come from port {} instead of {}, and the {} goes on sending to the old one.",
        sender.name(),
        after.port.unwrap_or(0),
        before.port.unwrap_or(0),
        sender.opposite().name()
    );
    let refused = back.icmp.iter().find(|icmp| icmp.port_unreachable());
    Some(
        Diagnosis::new(
            &NAT_PORT_CHANGED,
            Confidence::Certain,
            side(sender.opposite()),
            summary,
        )
        .evidence(change.frame, "the first packet from the new port")
        .evidence(back.frame_last, "a packet to the old port")
        .evidence_if(refused.map(|icmp| icmp.frame), "ICMP: port unreachable")
        .excludes("address-change-without-mobike", "the address is the same")
        .excludes("nat-mapping-expired", "the inside sends, from another port"),
    )
}

/// AH between peers with a NAT between them.
fn authenticated_header<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let child = tunnel
        .children
        .iter()
        .find(|child| child.protocol == Protocol::Ah)?;
    let behind = SIDES
        .into_iter()
        .find(|sender| surely_behind(tunnel, *sender).is_some())?;
    let shown = evidence(tunnel).find(|mismatch| mismatch.behind == behind)?;
    let summary = format!(
        "The child uses AH, and the {} is behind a NAT.",
        behind.name()
    );
    Some(
        Diagnosis::new(&AH_THROUGH_NAT, Confidence::Certain, Side::Both, summary)
            .evidence(
                shown.message.frame,
                "a NAT detection hash that does not fit",
            )
            .evidence_if(child.response, "a child with AH"),
    )
}

/// Two tunnels in transport mode for L2TP from one address.
fn several_behind_one<'a>(
    tunnel: &'a Tunnel,
    surroundings: &Surroundings<'a>,
) -> Option<Diagnosis> {
    let l2tp = |tunnel: &'a Tunnel| {
        tunnel.of_step(Step::Quick(1)).find(|message| {
            message
                .payloads()
                .identities
                .iter()
                .any(|identity| identity.port == L2TP_PORT)
        })
    };
    let ours = l2tp(tunnel)?;
    let (other, theirs) = surroundings.same_peers(tunnel).find_map(|other| {
        let same = other.initiator.address == tunnel.initiator.address
            && other.initiator.port != tunnel.initiator.port
            && other.initiator_spi != tunnel.initiator_spi;
        Some((other, l2tp(other).filter(|_| same)?))
    })?;
    let summary = format!(
        "Two clients behind {} use L2TP in transport mode with the same peer (tunnels {} and {}): their SAs cannot be \
         told apart.",
        tunnel.initiator.address, other.id, tunnel.id
    );
    Some(
        Diagnosis::new(
            &L2TP_MULTIPLE_CLIENTS_ONE_NAT,
            Confidence::Likely,
            Side::Responder,
            summary,
        )
        .evidence(ours.frame, "quick mode for UDP 1701")
        .evidence(theirs.frame, "quick mode for UDP 1701 of another client"),
    )
}

/// A Windows initiator whose peer is behind a NAT.
fn windows_behind<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    if tunnel.version != 1 {
        return None;
    }
    let windows = tunnel
        .initiator
        .vendors
        .iter()
        .any(|vendor| vendor.name.is_some_and(|name| name.contains("Windows")));
    let refused = tunnel.of_step(Step::Quick(1)).next().is_some()
        && tunnel.of_step(Step::Quick(3)).next().is_none();
    if !windows || !refused {
        return None;
    }
    let why = surely_behind(tunnel, Sender::Responder)?;
    let summary = format!(
        "The initiator is Windows, the responder is behind a NAT ({why}), and quick mode does not succeed."
    );
    Some(Diagnosis::new(
        &WINDOWS_NATT_POLICY,
        Confidence::Possible,
        Side::Initiator,
        summary,
    ))
}

/// ESP in UDP where only IKE belongs.
fn data_on_500<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    SIDES.into_iter().find_map(|sender| {
        flows_from(tunnel, sender).find_map(|(_, flow)| on_500(flow, side(sender)))
    })
}

fn stray_data_on_500(surroundings: &Surroundings<'_>) -> Option<Diagnosis> {
    surroundings
        .flows
        .iter()
        .find_map(|flow| on_500(flow, Side::Unknown))
}

fn on_500(flow: &Flow, side: Side) -> Option<Diagnosis> {
    let counts = flow.packets >= COUNTED_PACKETS && flow.resets == 0 && flow.lost <= flow.packets;
    let there = flow.src.port == Some(IKE_PORT) || flow.dst.port == Some(IKE_PORT);
    if !there || !counts {
        return None;
    }
    let summary = format!(
        "{} datagrams from {} to {} on UDP 500 are no IKE: they begin with 0x{:08x}, and the next four octets count up. \
         This is ESP, which the receiver reads as broken IKE and drops.",
        flow.packets, flow.src.address, flow.dst.address, flow.spi.0
    );
    Some(
        Diagnosis::new(&NATT_UDP_ENCAP_ON_500, Confidence::Certain, side, summary)
            .evidence(flow.frame_first, "ESP on UDP 500")
            .evidence(flow.frame_last, "the last one")
            .excludes("ike-in-wrong-framing", "no octets of it read as IKE"),
    )
}

/// Datagrams of one SPI whose numbers go up: no accident.
const COUNTED_PACKETS: u64 = 3;

/// An answer that was lost once comes a second time.
const WAITING_COPIES: u32 = 3;

/// More than an ICMP error that is looked at alone.
const REFUSED_WEIGHT: u8 = 80;

const IKE_PORT: u16 = 500;

/// IKE is sent from port 500; only a translator takes one of the dynamic ports instead.
const LARGEST_SYSTEM_PORT: u16 = 1023;
const NAT_TRAVERSAL_PORT: u16 = 4500;
const L2TP_PORT: u16 = 1701;

/// How the vendor IDs of NAT traversal begin: RFC 3947 and its drafts 00, 02, 02 with a line end, 03.
const NAT_TRAVERSAL: [[u8; 4]; 5] = [
    [0x4a, 0x13, 0x1c, 0x81],
    [0x44, 0x85, 0x15, 0x2d],
    [0xcd, 0x60, 0x46, 0x43],
    [0x90, 0xcb, 0x80, 0x91],
    [0x7d, 0x94, 0x19, 0xa6],
];

/// An answer that is still on its way.
const ROUND_TRIP_SECONDS: f64 = 1.0;

/// No NAT forgets an entry sooner.
const PAUSE_SECONDS: f64 = 2.0;

#[cfg(test)]
mod tests {
    use super::super::sample::{again, at, child, end, flow, frame, ids, moved, send, tunnel};
    use super::*;
    use crate::observation::NatDetection;

    const I: Sender = Sender::Initiator;
    const R: Sender = Sender::Responder;

    /// A tunnel that went to UDP 4500.
    fn floated() -> Tunnel {
        let mut tunnel = tunnel(2);
        for message in tunnel.messages.iter_mut().skip(2) {
            message.ends.src.port = Some(4500);
            message.ends.dst.port = Some(4500);
        }
        tunnel
    }

    fn hashes(source: bool, destination: bool) -> Option<NatDetection> {
        Some(NatDetection {
            source_matches: Some(source),
            destination_matches: Some(destination),
        })
    }

    /// IKE_SA_INIT answered on port 500, IKE_AUTH sent to another port, three times.
    fn moved_to(port: u16, nat: [Option<NatDetection>; 2]) -> Tunnel {
        let mut tunnel = tunnel(2);
        tunnel.messages.truncate(2);
        [tunnel.messages[0].nat, tunnel.messages[1].nat] = nat;
        let step = Step::V2(ExchangeType::IKE_AUTH, false);
        let message = send(&mut tunnel, step, I, 10);
        message.ends.src.port = Some(port);
        message.ends.dst.port = Some(port);
        again(&mut tunnel, &[4_000, 11_000]);
        tunnel
    }

    #[test]
    fn silence_behind_a_move_of_ports_blames_the_port() {
        let translated = [hashes(false, true), hashes(true, true)];
        let found = ids(&moved_to(4500, translated));
        assert!(found.contains(&"natt-4500-blocked"), "{found:?}");
        assert!(!ids(&moved_to(500, translated)).contains(&"natt-4500-blocked"));
    }

    #[test]
    fn without_a_nat_the_move_is_that_of_mobike() {
        let found = ids(&moved_to(4500, [hashes(true, true), hashes(true, true)]));
        assert!(found.contains(&"mobike-port-switch-blocked"), "{found:?}");
        assert!(!found.contains(&"natt-4500-blocked"));
        // The hashes fit on the inner side of a NAT that the capture has both sides of.
        let mut both = moved_to(4500, [hashes(true, true), hashes(true, true)]);
        both.initiator.behind_nat = Some(true);
        assert!(!ids(&both).contains(&"mobike-port-switch-blocked"));
    }

    #[test]
    fn message_3_of_aggressive_mode_is_missing_on_the_port() {
        let with = |port: u16, asked_again: &[i64]| {
            let mut tunnel = tunnel(1);
            tunnel.state = State::Failed;
            let vendor_ids = || [NAT_TRAVERSAL[0].to_vec()].into_iter().collect();
            let first = send(&mut tunnel, Step::Aggressive(1), I, 0);
            first.clear.vendor_ids = vendor_ids();
            first.ends.src.port = Some(port);
            again(&mut tunnel, asked_again);
            let second = send(&mut tunnel, Step::Aggressive(2), R, 5);
            second.clear.vendor_ids = vendor_ids();
            again(&mut tunnel, &[1_000, 2_500]);
            ids(&tunnel).contains(&"natt-4500-blocked")
        };
        assert!(with(27_000, &[]));
        assert!(!with(500, &[]));
        // Who asks again has not got the answer.
        assert!(!with(27_000, &[1_000]));
    }

    #[test]
    fn an_answer_from_the_port_clears_it() {
        let mut tunnel = moved_to(4500, [hashes(false, true), hashes(true, true)]);
        let step = Step::V2(ExchangeType::IKE_AUTH, true);
        let message = send(&mut tunnel, step, R, 12_000);
        message.ends.src.port = Some(4500);
        message.answers = Some(frame(10));
        tunnel.messages[2].answered_by = Some(frame(12_000));
        assert!(!ids(&tunnel).contains(&"natt-4500-blocked"));
    }

    #[test]
    fn who_hears_of_another_address_is_behind_a_nat() {
        let with = |init: Option<NatDetection>, answer: Option<NatDetection>| {
            let mut tunnel = floated();
            tunnel.messages[0].nat = init;
            tunnel.messages[1].nat = answer;
            ids(&tunnel)
        };
        // The responder saw the initiator elsewhere: that cannot be pretended.
        assert_eq!(
            with(hashes(true, true), hashes(true, false)),
            ["nat-present-info"]
        );
        // A hash of one's own address can, but not between public addresses as a rule.
        let own = (hashes(false, true), hashes(true, true));
        assert_eq!(with(own.0, own.1), ["nat-present-info"]);
        let mut within = floated();
        [within.messages[0].nat, within.messages[1].nat] = [own.0, own.1];
        within.messages[0].ends.src.address = IpAddr::from([10, 0, 0, 1]);
        assert!(ids(&within).contains(&"false-nat-detection"));
        assert!(with(hashes(true, true), hashes(true, true)).is_empty());
        let both = with(hashes(true, false), hashes(true, false));
        assert!(both.contains(&"double-nat"), "{both:?}");
    }

    #[test]
    fn hashes_of_peers_that_stay_on_port_500_mean_nothing() {
        let mut tunnel = tunnel(2);
        tunnel.messages[0].nat = hashes(false, false);
        tunnel.messages[1].nat = hashes(false, false);
        assert!(ids(&tunnel).is_empty());
    }

    #[test]
    fn only_one_side_with_nat_traversal_is_told() {
        let vendor = |first: u8| vec![first, 0x13, 0x1c, 0x81, 0, 0, 0, 0];
        let with = |answer: u8| {
            let mut tunnel = tunnel(1);
            send(&mut tunnel, Step::Main(1), I, 0).clear.vendor_ids = vec![vendor(0x4a)].into();
            send(&mut tunnel, Step::Main(2), R, 5).clear.vendor_ids = vec![vendor(answer)].into();
            ids(&tunnel)
        };
        assert!(with(0x00).contains(&"natt-not-supported"));
        assert!(!with(0x4a).contains(&"natt-not-supported"));
    }

    #[test]
    fn another_port_or_another_address_that_nobody_follows() {
        let with = |address: Sender, port: u16, follows: bool| {
            let mut tunnel = tunnel(2);
            let after = Endpoint {
                port: Some(port),
                ..end(address, port)
            };
            let mut sent = flow(I, 20, 100, 20_000);
            moved(&mut sent, 10_000, after);
            let mut back = flow(R, 20, 101, 20_001);
            if follows {
                back.dst = after;
            }
            let child = child(&mut tunnel);
            child.from_initiator = Some(sent);
            child.from_responder = Some(back);
            ids(&tunnel)
        };
        let first = |found: Vec<&'static str>| found.first().copied();
        assert_eq!(first(with(I, 40_000, false)), Some("nat-port-changed"));
        assert!(!with(I, 40_000, true).contains(&"nat-port-changed"));
        let moved = first(with(R, 4500, false));
        assert_eq!(moved, Some("address-change-without-mobike"));
    }

    #[test]
    fn a_pause_loses_the_mapping_and_a_steady_flow_does_not() {
        let with = |pause: f64| {
            let mut tunnel = floated();
            tunnel.messages[0].nat = hashes(false, true);
            tunnel.messages[1].nat = hashes(true, true);
            let mut sent = flow(R, 10, 100, 60_000);
            sent.unanswered = 5;
            sent.unanswered_since = Some((frame(900), Some(at(900))));
            sent.longest_silence = Some((pause, at(950)));
            let child = child(&mut tunnel);
            child.from_responder = Some(sent);
            child.from_initiator = Some(flow(I, 5, 101, 900));
            ids(&tunnel)
        };
        assert!(with(30.0).contains(&"nat-mapping-expired"));
        assert!(!with(1.0).contains(&"nat-mapping-expired"));
    }

    #[test]
    fn ah_behind_a_nat_cannot_work() {
        let with = |destination: bool| {
            let mut tunnel = floated();
            tunnel.messages[1].nat = hashes(true, destination);
            child(&mut tunnel).protocol = Protocol::Ah;
            ids(&tunnel)
        };
        assert!(with(false).contains(&"ah-through-nat"));
        assert!(!with(true).contains(&"ah-through-nat"));
    }

    #[test]
    fn a_responder_that_waits_behind_a_nat_does_not_get_what_goes_to_4500() {
        let told = |copies: &[i64]| {
            let mut tunnel = tunnel(1);
            (tunnel.state, tunnel.mode) = (State::Failed, Some(crate::tunnels::Mode::Main));
            for (number, from) in [(1, I), (2, R), (3, I), (4, R)] {
                let message = send(&mut tunnel, Step::Main(number), from, i64::from(number));
                message.encrypted = false;
                message.nat = (number > 2).then_some(hashes(from == R, true)).flatten();
            }
            again(&mut tunnel, copies);
            let found = stopped_before_4500(
                &tunnel,
                &Surroundings {
                    capture: &crate::tunnels::CaptureFacts::default(),
                    tunnels: &[],
                    flows: &[],
                },
            );
            found.map(|found| found.severity)
        };
        assert_eq!(told(&[]), Some(Severity::Note));
        assert_eq!(told(&[500, 1_500, 3_500]), Some(Severity::Failure));
    }

    #[test]
    fn a_port_of_a_nat_without_nat_traversal_is_told_until_data_passes() {
        let told = |port: u16, data: bool| {
            let mut tunnel = tunnel(1);
            for (number, from) in [(1, I), (2, R), (3, I), (4, R), (5, I), (6, R)] {
                let message = send(&mut tunnel, Step::Main(number), from, i64::from(number));
                let own = if from == I {
                    &mut message.ends.src
                } else {
                    &mut message.ends.dst
                };
                own.port = Some(port);
            }
            if data {
                let child = child(&mut tunnel);
                child.from_initiator = Some(flow(I, 10, 100, 900));
                child.from_responder = Some(flow(R, 10, 101, 901));
            }
            ids(&tunnel).contains(&"natt-not-supported")
        };
        assert!(told(27_722, false));
        assert!(!told(27_722, true));
        assert!(!told(500, false));
    }
}
