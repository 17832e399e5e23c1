//! Whether the peers reach each other at all.

use std::net::IpAddr;

use ikescope_capture::Timestamp;
use ikescope_dissectors::registries::ikev2::ExchangeType;

use super::declaration::{Confidence, Declaration, Need, Severity, Side};
use super::diagnosis::Diagnosis;
use super::engine::{CaptureRule, TunnelRule};
use super::facts::{
    INIT_RESPONSE, answer_to, clear_error, copies_after, end, method_v1, never_up, opening_message,
    opens_negotiation, phase_one_answered, pre_shared, refusal, responder_spoke, seconds_repeated,
    times,
};
use super::pace;
use super::running::{SIDES, at_least, flows, last_heard, side, within};
use crate::observation::{Encapsulation, FrameId};
use crate::tunnels::{
    IcmpError, Message, Sender, State, Step, Surroundings, TcpConnection, Tunnel,
};

/// Everything on this topic.
pub(super) const DECLARATIONS: &[&Declaration] = &[
    &NO_RESPONSE_TO_FIRST_MESSAGE,
    &ICMP_PORT_UNREACHABLE,
    &ICMP_ADMIN_PROHIBITED_OR_UNREACHABLE,
    &REPLY_LOST_ON_RETURN,
    &ASYMMETRIC_SOURCE_ADDRESS,
    &IKE_VERSION_MISMATCH,
    &WRONG_PEER_NO_CONFIG,
    &RESPONDER_SILENT_ON_POLICY,
    &HALF_OPEN_LIMIT_DROP,
    &IKE_IN_WRONG_FRAMING,
    &MIDDLEBOX_IPSEC_ALG,
    &TCP_ENCAP_FAILURE,
    &INITIATOR_NEVER_STARTS,
    &CAPTURE_ARTIFACT,
];

/// The rules of this topic.
pub(super) const RULES: &[TunnelRule] = &[
    no_response,
    port_unreachable,
    unreachable,
    reply_lost,
    other_source,
    version_mismatch,
    no_connection,
    silent_policy,
    half_open_limit,
    wrong_framing,
    passthrough,
    tcp,
    one_port_only,
    beginning_missing,
];

/// Its rules for whole captures.
pub(super) const CAPTURE_RULES: &[CaptureRule] = &[incomplete_file, no_stream, nobody_begins];

pub(super) static NO_RESPONSE_TO_FIRST_MESSAGE: Declaration = Declaration {
    id: "no-response-to-first-message",
    title: "The first message of the negotiation gets no answer",
    severity: Severity::Failure,
    weight: 20,
    explanation: "One side sends the first message again and again, and neither an answer nor an ICMP error comes back. \
        From one capture it cannot be told whether the request, or the answer, was lost on the way, or whether the peer \
        chose not to answer.",
    symptom: "\"Phase 1 times out\". The initiator gives up after its retransmissions and begins again with a new SPI; \
        the log of the responder is empty or speaks of packets that it did not want.",
    wire: "Identical IKE_SA_INIT requests, or identical first messages of main or aggressive mode, with a responder SPI of \
        zero. Nothing comes from the peer's address. Then the same with a new initiator SPI. The gaps between the copies \
        tell which implementation sends.",
    opened: "",
    checks: &[
        (
            Side::Network,
            "let UDP 500 and 4500 pass both ways, IP protocol 50 too; check the route to the peer",
        ),
        (
            Side::Responder,
            "capture on its outside interface. No request arrives: look at the network. Requests arrive and no answer \
             leaves: read its IKE log at that time. Answers leave: look at the way back",
        ),
        (
            Side::Responder,
            "is IKE enabled on that interface, and is the initiator's address configured as a peer?",
        ),
        (
            Side::Initiator,
            "is the peer address right, and does the request leave from the expected address?",
        ),
    ],
    needs: &[Need::Clear, Need::BothDirections],
    competitors: &[
        (
            "responder-silent-on-policy",
            "the same here: only a capture at the responder shows the requests arriving and no answer leaving",
        ),
        (
            "reply-lost-on-return",
            "the same here: only a capture at the responder shows the answers leaving",
        ),
        (
            "icmp-port-unreachable",
            "there an ICMP error comes back from the peer",
        ),
    ],
    references: &["RFC 7296, section 2.1", "RFC 2408, section 5.1"],
    see: None,
};

pub(super) static ICMP_PORT_UNREACHABLE: Declaration = Declaration {
    id: "icmp-port-unreachable",
    title: "The host answers, but nothing listens on the IKE port",
    severity: Severity::Failure,
    weight: 70,
    explanation: "The peer's own address answers with ICMP \"port unreachable\": the host is up and reachable, but no IKE \
        daemon has that address and port open at that moment. The daemon is stopped, listens on another address, or \
        another node of a cluster holds the address. After a tunnel was up it says why nothing comes any more.",
    symptom: "\"Connection refused\" in the log of the initiator, at once or after the retransmissions.",
    wire: "ICMP type 3 code 3 (ICMPv6 type 1 code 4) from the peer's address, quoting the UDP header of the IKE request. \
        Most initiators go on sending. When only UDP 4500 is refused, the daemon listens without NAT traversal.",
    opened: "",
    checks: &[
        (
            Side::Responder,
            "start the IKE daemon; look for the UDP ports 500 and 4500 among its open sockets",
        ),
        (
            Side::Responder,
            "is it bound to this address, and does this node hold the address?",
        ),
    ],
    needs: &[Need::Icmp],
    competitors: &[
        (
            "icmp-admin-prohibited-or-unreachable",
            "there the error comes from a router, or with another code",
        ),
        (
            "no-response-to-first-message",
            "there nothing comes back, no ICMP either",
        ),
    ],
    references: &[
        "RFC 792",
        "RFC 4443, section 3.1",
        "RFC 1122, section 3.2.2.1",
    ],
    see: None,
};

pub(super) static ICMP_ADMIN_PROHIBITED_OR_UNREACHABLE: Declaration = Declaration {
    id: "icmp-admin-prohibited-or-unreachable",
    title: "A router on the way refuses the packets",
    severity: Severity::Failure,
    weight: 68,
    explanation: "A hop between the peers answers that the destination cannot be reached or that the traffic is forbidden. \
        That this hop drops what it quotes is a fact; that nothing else is wrong behind it is not known.",
    symptom: "As when nothing answers; the initiator may log the ICMP error.",
    wire: "ICMP type 3 with code 0, 1, 9, 10 or 13 (ICMPv6 type 1 with code 0, 1, 3, 5 or 6), mostly from a third address, quoting the \
        request. Code 4 belongs to the path MTU, \"time exceeded\" to a routing loop.",
    opened: "",
    checks: &[
        (
            Side::Network,
            "the hop that sent the ICMP error: its filter, or its route to the peer",
        ),
        (Side::Initiator, "is the peer address right?"),
    ],
    needs: &[Need::Icmp],
    competitors: &[
        (
            "icmp-port-unreachable",
            "there the peer itself says that nothing listens",
        ),
        (
            "no-response-to-first-message",
            "there nothing comes back, no ICMP either",
        ),
    ],
    references: &[
        "RFC 792",
        "RFC 1812, section 5.2.7.1",
        "RFC 4443, section 3.1",
    ],
    see: None,
};

pub(super) static REPLY_LOST_ON_RETURN: Declaration = Declaration {
    id: "reply-lost-on-return",
    title: "The responder answers, the initiator never sees it",
    severity: Severity::Failure,
    weight: 60,
    explanation: "The initiator repeats a request although a complete answer to it stands before the repetition in the same \
        capture. So the request arrives, and the answer is lost between the point of capture and the initiator, or the \
        initiator does not accept it.",
    symptom: "The initiator reports no response; the responder has a half-open SA and logs that it received a retransmission.",
    wire: "Captured at the responder: each copy of the request is followed by the same answer, and the initiator never goes on \
        to the next message.",
    opened: "",
    checks: &[
        (
            Side::Network,
            "the way back: stateful firewalls, filters on source port 500, asymmetric routes",
        ),
        (
            Side::Initiator,
            "capture there: when the answer arrives, its host firewall or its check of the addresses drops it",
        ),
        (
            Side::Responder,
            "does the answer leave on the interface that leads to the initiator?",
        ),
    ],
    needs: &[Need::Clear, Need::BothDirections],
    competitors: &[
        (
            "asymmetric-source-address",
            "there the answer comes from another address or port than the request was sent to",
        ),
        (
            "unauthenticated-error-ignored",
            "there the answer is an error notify that the initiator does not trust",
        ),
        (
            "no-response-to-first-message",
            "there no answer is in the capture",
        ),
    ],
    references: &["RFC 7296, section 2.1"],
    see: None,
};

pub(super) static ASYMMETRIC_SOURCE_ADDRESS: Declaration = Declaration {
    id: "asymmetric-source-address",
    title: "The answer comes from another address or port",
    severity: Severity::Failure,
    weight: 66,
    explanation: "The responder must answer from the address and port that the request was sent to. It answers from another \
        one: several addresses on one interface, a virtual address of a cluster, or policy routing. Firewalls and many \
        initiators drop such an answer.",
    symptom: "No response at the initiator; a firewall logs unsolicited UDP.",
    wire: "A response with the initiator's SPI and message ID whose source is not the address, or not the port, that the request \
        went to. Where the responder's NAT detection hash fits the address that it sends from, no NAT did this.",
    opened: "",
    checks: &[
        (
            Side::Responder,
            "bind IKE to the address that peers use (virtual address, loopback), or set the source address of its answers",
        ),
        (
            Side::Responder,
            "in a cluster: is MOBIKE off, and does the virtual address stand first?",
        ),
        (
            Side::Network,
            "is there a NAT that rewrites only one direction?",
        ),
    ],
    needs: &[Need::Clear, Need::BothDirections],
    competitors: &[
        (
            "reply-lost-on-return",
            "there the answer comes from the right address",
        ),
        (
            "middlebox-ipsec-alg",
            "there the NAT detection hashes of the responder do not fit what is seen",
        ),
    ],
    references: &["RFC 7296, section 2.11"],
    see: None,
};

pub(super) static IKE_VERSION_MISMATCH: Declaration = Declaration {
    id: "ike-version-mismatch",
    title: "One side speaks IKEv1, the other IKEv2",
    severity: Severity::Failure,
    weight: 72,
    explanation: "The two versions of IKE do not understand each other. A responder that knows only the other version answers \
        with a notify about the version, with NO_PROPOSAL_CHOSEN because no connection of this version is configured, or \
        not at all.",
    symptom: "\"Unsupported IKE version\", \"no connection found with IKEv2 policy\", or nothing at all. Cloud gateways of the \
        policy-based kind often do IKEv1 only, those of the route-based kind IKEv2.",
    wire: "A request of one version, answered by INVALID_MAJOR_VERSION or by a message of the other version; or each side \
        begins with its own version.",
    opened: "",
    checks: &[
        (
            Side::Both,
            "configure the same version; IKEv1 is deprecated (RFC 9395)",
        ),
        (
            Side::Responder,
            "is there a connection of this version for the initiator's address?",
        ),
    ],
    needs: &[Need::Clear],
    competitors: &[
        (
            "wrong-peer-no-config",
            "there both sides use the same version",
        ),
        (
            "no-proposal-chosen-init",
            "there an offer of the same version was read and refused",
        ),
    ],
    references: &["RFC 7296, section 2.5", "RFC 9395"],
    see: None,
};

pub(super) static WRONG_PEER_NO_CONFIG: Declaration = Declaration {
    id: "wrong-peer-no-config",
    title: "The responder has no connection for these addresses",
    severity: Severity::Failure,
    weight: 45,
    explanation: "The responder reads the first message, finds no connection that fits the pair of addresses, and refuses \
        before it looks at the proposals. Many implementations say NO_PROPOSAL_CHOSEN here, with the same octets as for a \
        mismatch of algorithms: only the responder's log, or its own offers elsewhere in the capture, can tell.",
    symptom: "The first message is refused at once although both sides have the same algorithms configured. The responder logs that no \
        configuration or connection was found for the addresses.",
    wire: "NO_PROPOSAL_CHOSEN in clear, right after the first message. Other initiators with the same offer succeed, or the \
        refusing side itself offers the same suite when it begins.",
    opened: "",
    checks: &[
        (
            Side::Responder,
            "which peer address is configured? It must be the address that arrives, after any NAT",
        ),
        (
            Side::Responder,
            "the log at this second: \"no config found\" or \"no proposal chosen\"?",
        ),
        (
            Side::Initiator,
            "from which address does the request leave?",
        ),
    ],
    needs: &[Need::Clear, Need::OtherTunnels],
    competitors: &[
        (
            "no-proposal-chosen-init",
            "the same octets: only the responder's log or its own offers tell",
        ),
        (
            "no-proposal-chosen-main",
            "the same octets: only the responder's log or its own offers tell",
        ),
        (
            "ike-version-mismatch",
            "there the responder has a connection for this address with the other version",
        ),
    ],
    references: &["RFC 7296, section 2.7", "RFC 2408, section 5.4"],
    see: None,
};

pub(super) static RESPONDER_SILENT_ON_POLICY: Declaration = Declaration {
    id: "responder-silent-on-policy",
    title: "The responder gets the requests and keeps silent",
    severity: Severity::Failure,
    weight: 22,
    explanation: "Some implementations do not answer what their policy forbids: unknown peers, a version or exchange that is \
        switched off, too many half-open SAs, packets without integrity. The requests arrive, and nothing leaves.",
    symptom: "As when nothing answers; the responder's log names the reason.",
    wire: "Captured at the responder: requests in, no answer, no ICMP, while the host answers other traffic. In a capture at \
        the initiator it looks like loss.",
    opened: "",
    checks: &[
        (
            Side::Responder,
            "read its log at the time of the request: it knows why",
        ),
        (
            Side::Responder,
            "let it begin: then the initiator's log tells what it does not like",
        ),
        (
            Side::Network,
            "when the requests do not arrive at the responder, look for a filter on the way",
        ),
    ],
    needs: &[Need::Clear, Need::SecondCapture],
    competitors: &[
        (
            "no-response-to-first-message",
            "there the requests do not reach the responder, which its own capture shows",
        ),
        (
            "half-open-limit-drop",
            "there earlier attempts were answered",
        ),
    ],
    references: &["RFC 7296, section 2.4"],
    see: None,
};

pub(super) static HALF_OPEN_LIMIT_DROP: Declaration = Declaration {
    id: "half-open-limit-drop",
    title: "The responder ignores more attempts from one address",
    severity: Severity::Failure,
    weight: 62,
    explanation: "A responder keeps only so many half-open SAs for one address and drops further first messages until some of \
        them expire. A client that tries in parallel, or many clients behind one NAT, run into this limit.",
    symptom: "It works again after a minute. The responder logs that the limit of half-open SAs was reached.",
    wire: "Several first messages with different SPIs from one address within seconds. The first ones are answered, perhaps \
        with a cookie, and stay half-open; the later ones get no answer.",
    opened: "",
    checks: &[
        (
            Side::Initiator,
            "stop parallel attempts; why do the first ones not complete?",
        ),
        (
            Side::Responder,
            "the limit of half-open SAs for one address, and the time after which they expire",
        ),
    ],
    needs: &[Need::Clear, Need::OtherTunnels],
    competitors: &[
        (
            "no-response-to-first-message",
            "there no attempt of this address is answered",
        ),
        (
            "init-flood",
            "there many addresses, or far more attempts, are involved",
        ),
    ],
    references: &["RFC 7296, section 2.6", "RFC 8019, section 3"],
    see: None,
};

pub(super) static IKE_IN_WRONG_FRAMING: Declaration = Declaration {
    id: "ike-in-wrong-framing",
    title: "The non-ESP marker is missing, or stands where it must not",
    severity: Severity::Failure,
    weight: 75,
    explanation: "On UDP 4500 four octets of zero stand before an IKE message, so that it is told from ESP; on UDP 500 nothing \
        does. A message framed the other way is read as ESP with the SPI's first octets as its SPI, or as an IKE header \
        that makes no sense, and is dropped.",
    symptom: "No response, or \"invalid IKE header\" in the peer's log; often with custom ports.",
    wire: "UDP 4500 with an IKE header that begins at the first octet, or UDP 500 with an IKE header behind four octets of zero.",
    opened: "",
    checks: &[
        (
            Side::Initiator,
            "custom ports: the marker is needed on every port but 500",
        ),
        (Side::Responder, "does it expect the marker on this port?"),
        (
            Side::Network,
            "does a port translation lead from 500 to 4500 or back?",
        ),
    ],
    needs: &[Need::Clear],
    competitors: &[(
        "natt-udp-encap-on-500",
        "there ESP, not IKE, is on UDP 500: a constant SPI and a counter",
    )],
    references: &["RFC 3948, section 2.2", "RFC 7296, section 2.23"],
    see: None,
};

pub(super) static MIDDLEBOX_IPSEC_ALG: Declaration = Declaration {
    id: "middlebox-ipsec-alg",
    title: "A device on the way interferes with IKE",
    severity: Severity::Warning,
    weight: 30,
    explanation: "Some routers have an \"IPsec passthrough\" that holds the source port at 500, or that tells clients apart by \
        SPIs. It works for one client and fails for the second, and it hides the NAT from neither side: the hashes show that \
        the address was changed although the port was not.",
    symptom: "The first client works, the second does not; it works over another network.",
    wire: "The NAT detection hash says that the sender's address was translated, yet its source port is 500; later answers go to \
        another client of the same address, or only UDP 4500 is dropped.",
    opened: "",
    checks: &[
        (
            Side::Network,
            "switch off IPsec passthrough or the IPsec helper of the router, update its firmware",
        ),
        (Side::Initiator, "begin on UDP 4500"),
    ],
    needs: &[Need::Clear],
    competitors: &[
        (
            "natt-4500-blocked",
            "there no client gets through on UDP 4500",
        ),
        (
            "uniqueness-kill",
            "there two clients have the same identity",
        ),
    ],
    references: &["RFC 3715, section 2.3"],
    see: None,
};

pub(super) static TCP_ENCAP_FAILURE: Declaration = Declaration {
    id: "tcp-encap-failure",
    title: "IKE over TCP does not come about",
    severity: Severity::Failure,
    weight: 70,
    explanation: "IKE can run in a TCP stream where UDP does not pass. The stream begins with \"IKETCP\". Here the connection is \
        not accepted, is reset or closed early, or the stream does not begin as it should.",
    symptom: "The fallback to TCP hangs or ends at once.",
    wire: "TCP on port 4500 (or another one that was agreed): SYN without answer, RST, a stream without the prefix, or FIN in the \
        middle of the negotiation. Over TCP no IKE message is repeated.",
    opened: "",
    checks: &[
        (
            Side::Network,
            "let TCP 4500 pass; a proxy that inspects TLS resets this stream",
        ),
        (
            Side::Responder,
            "is TCP encapsulation switched on, and on which port?",
        ),
    ],
    needs: &[Need::Clear],
    competitors: &[("no-response-to-first-message", "there only UDP was tried")],
    references: &["RFC 9329, sections 4 and 6"],
    see: None,
};

pub(super) static INITIATOR_NEVER_STARTS: Declaration = Declaration {
    id: "initiator-never-starts",
    title: "Nobody begins a negotiation",
    severity: Severity::Warning,
    weight: 10,
    explanation: "The capture holds traffic, but no IKE at all. Both sides may wait for the other, no packet asks for the \
        tunnel, or a NAT rule takes the packets before the tunnel's policy sees them.",
    symptom: "\"The tunnel does not come up\", and nothing is in either log. With cloud gateways: they only answer.",
    wire: "No UDP 500 or 4500 from the side that should begin; perhaps the inner traffic in clear, or translated.",
    opened: "",
    checks: &[
        (
            Side::Initiator,
            "send traffic with the right source address, or start the connection by hand",
        ),
        (
            Side::Initiator,
            "exempt the tunnel's networks from NAT; look at the order of the policies",
        ),
        (Side::Both, "at least one side must be allowed to begin"),
    ],
    needs: &[Need::BothDirections, Need::OutsideTraffic],
    competitors: &[(
        "capture-artifact",
        "there the filter or the place of the capture hides IKE",
    )],
    references: &["RFC 4301, section 4.4.1"],
    see: None,
};

pub(super) static CAPTURE_ARTIFACT: Declaration = Declaration {
    id: "capture-artifact",
    title: "The file is incomplete, not the tunnel",
    severity: Severity::Warning,
    weight: 12,
    explanation: "What the capture does not hold cannot be told from what was never sent. Packets cut by the snap length, one \
        direction missing altogether, an IKE SA that begins in the middle, missing first fragments, and times that run \
        backwards all make a conclusion weaker.",
    symptom: "A conclusion blames a side that did nothing wrong.",
    wire: "Captured lengths below the lengths on the wire, packets of one direction only, messages of an SA whose beginning is \
        missing, times that go back, packets larger than the link, everything twice.",
    opened: "",
    checks: &[
        (
            Side::Both,
            "capture again with full length: tcpdump -s 0 'udp port 500 or udp port 4500 or esp or icmp or icmp6 or ip[6:2] & 0x3fff != 0'",
        ),
        (
            Side::Both,
            "capture at both ends at the same time, outside of any NAT",
        ),
    ],
    needs: &[Need::BothDirections],
    competitors: &[(
        "no-response-to-first-message",
        "a packet of the missing direction is somewhere in the file",
    )],
    references: &["RFC 7296, section 2.1"],
    see: None,
};

/// A first message that was sent at least twice, or a long time before the end of the capture, without any answer.
fn unanswered<'a>(tunnel: &'a Tunnel, around: &Surroundings<'_>) -> Option<&'a Message> {
    // Who knows the responder's SPI got an answer, though the file does not hold it.
    let answered = tunnel
        .from(Sender::Initiator)
        .any(|message| message.responder_spi.0 != 0);
    if !never_up(tunnel) || responder_spoke(tunnel) || answered {
        return None;
    }
    let request = opening_message(tunnel)?;
    let waited = around
        .capture
        .last
        .zip(request.time)
        .is_some_and(|(end, time)| end.nanos_since(time) >= LONG_ENOUGH_NANOS);
    (request.transmissions >= 2 || waited).then_some(request)
}

fn no_response<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let request = unanswered(tunnel, around)?;
    let other = around.traffic(request.ends.dst.address, request.ends.src.address);
    let alive = other.is_some_and(|traffic| traffic.ike > 0 || traffic.other > 0);
    let mut summary = format!(
        "{} sent {} {}{} to {} and got no answer{}.",
        end(request.ends.src),
        request.step,
        times(request.transmissions as usize),
        seconds_repeated(request)
            .filter(|seconds| *seconds > 0.0)
            .map_or(String::new(), |seconds| format!(" in {seconds:.1} s")),
        end(request.ends.dst),
        if alive {
            "; other packets do come from there"
        } else {
            ""
        }
    );
    if other.is_none() {
        let others_arrive = around.capture.traffic.iter().any(|traffic| {
            traffic.dst == request.ends.src.address
                && traffic.src != request.ends.dst.address
                && traffic.ike + traffic.other > 0
        });
        summary.push_str(" Nothing at all comes from there");
        summary.push_str(match others_arrive {
            true => ", while packets of others do arrive: the capture itself looks healthy.",
            false => ".",
        });
    }
    if let Some(pace) = pace::described(request) {
        summary.push_str(&format!(" The copies follow after {pace}."));
    }
    summary.push_str(" Why, cannot be told from this capture alone.");
    let mut found = Diagnosis::new(
        &NO_RESPONSE_TO_FIRST_MESSAGE,
        Confidence::Certain,
        // The fact is certain; whose fault it is one side of the path cannot tell.
        Side::Unknown,
        summary,
    )
    .cause("UDP is filtered on the way to the peer, or its address is wrong")
    .evidence(request.frame, format!("{}, first copy", request.step))
    .evidence_if(
        request.retransmissions.last().map(|copy| copy.frame),
        "last copy",
    )
    .excludes(
        "icmp-port-unreachable",
        "no ICMP error about it is in the capture",
    );
    let command = format!(
        "interface: tcpdump -ns0 'host {} or icmp'.",
        request.ends.src.address
    );
    for check in &mut found.checks {
        *check = check.replacen("interface.", &command, 1);
    }
    Some(found)
}

fn port_unreachable<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let error = icmp_that_stopped(tunnel, around)
        .find(|error| error.port_unreachable() && error.from == error.quoted_dst.address)?;
    let port = error.quoted_dst.port.unwrap_or_default();
    // An initiator that is gone does not explain why its negotiation failed.
    if never_up(tunnel) && error.from != tunnel.responder.address {
        return None;
    }
    // A NAT says that of a mapping, not of the daemon behind it.
    let behind_nat = receiver(tunnel, error)
        .and_then(|receiver| tunnel.peer(receiver))
        .is_some_and(|peer| peer.behind_nat == Some(true));
    if !never_up(tunnel) && behind_nat {
        return None;
    }
    let answered = responder_spoke(tunnel);
    let same_port = tunnel
        .messages
        .iter()
        .any(|message| message.ends.src == error.quoted_dst && message.frame < error.frame);
    let summary = format!(
        "{} is up, but nothing listens there on UDP {port}{}.",
        error.from,
        match (never_up(tunnel), same_port, answered) {
            (false, true, _) =>
                " any more: its daemon ended, or closed the port, while the tunnel was up",
            (false, false, _) => ", and nothing was heard of it since",
            (true, true, _) => " any more: the daemon ended during the negotiation",
            (true, false, true) => ", although it answered on another port",
            (true, false, false) => "",
        }
    );
    let weight = match (never_up(tunnel), same_port) {
        // The host itself says why the checks stay unanswered.
        (false, true) => WEIGHT_OF_ENDED_DAEMON,
        (false, false) => WEIGHT_WHEN_UP,
        (true, true) => 40,
        (true, false) => ICMP_PORT_UNREACHABLE.weight,
    };
    Some(
        icmp_found(tunnel, around, &ICMP_PORT_UNREACHABLE, error, summary)
            .weight(weight)
            .excludes("no-response-to-first-message", "the host answers, by ICMP")
            .excludes(
                "icmp-admin-prohibited-or-unreachable",
                "the peer itself answers, and its code is \"port unreachable\"",
            ),
    )
}

fn unreachable<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let error = icmp_that_stopped(tunnel, around).find(|error| {
        let third = error.from != error.quoted_dst.address;
        match (error.version6, error.icmp_type, error.code) {
            (false, 3, 4) => false,
            (false, 3, 3) | (true, 1, 4) => third,
            (false, 3, _) | (true, 1, _) => true,
            _ => false,
        }
    })?;
    let up = !never_up(tunnel);
    let summary = format!(
        "{} says that packets to {} do not pass{}: {}.",
        error.from,
        end(error.quoted_dst),
        if up { " any more" } else { "" },
        icmp_meaning(error)
    );
    let found = icmp_found(
        tunnel,
        around,
        &ICMP_ADMIN_PROHIBITED_OR_UNREACHABLE,
        error,
        summary,
    )
    .excludes("no-response-to-first-message", "a hop answers, by ICMP")
    .check_first(format!("network: the hop {}", error.from));
    Some(if up {
        found.weight(WEIGHT_WHEN_UP)
    } else {
        found
    })
}

/// What an ICMP error says, with its first copies.
fn icmp_found(
    tunnel: &Tunnel,
    around: &Surroundings<'_>,
    declaration: &'static Declaration,
    error: &IcmpError,
    summary: String,
) -> Diagnosis {
    let of_the_peer = error.from == error.quoted_dst.address;
    let side = match receiver(tunnel, error) {
        Some(receiver) if of_the_peer => side(receiver),
        _ => Side::Network,
    };
    let mut found = Diagnosis::new(declaration, Confidence::Certain, side, summary).evidence(
        error.frame,
        format!(
            "ICMP type {} code {} from {}, about a packet to {}",
            error.icmp_type,
            error.code,
            error.from,
            end(error.quoted_dst)
        ),
    );
    if side == Side::Initiator {
        for check in &mut found.checks {
            *check = check.replacen("responder:", "initiator:", 1);
        }
    }
    // A peer of which one packet was refused may just be starting again.
    let again = icmp_that_stopped(tunnel, around).any(|other| other.frame != error.frame);
    if never_up(tunnel) || again {
        found
    } else {
        found.severity(Severity::Warning)
    }
}

/// The side to which the packet went that an ICMP error is about.
fn receiver(tunnel: &Tunnel, error: &IcmpError) -> Option<Sender> {
    SIDES.into_iter().find(|receiver| {
        let peer = match receiver {
            Sender::Initiator => &tunnel.initiator,
            _ => &tunnel.responder,
        };
        peer.address == error.quoted_dst.address
    })
}

/// ICMP errors about packets of a tunnel that did not come up, or about its addresses, after which nothing of the
/// receiver was seen.
fn icmp_that_stopped<'a>(
    tunnel: &'a Tunnel,
    around: &Surroundings<'a>,
) -> impl Iterator<Item = &'a IcmpError> {
    let ends = [tunnel.initiator.address, tunnel.responder.address];
    let of_messages = tunnel.messages.iter().flat_map(|message| &message.icmp);
    let of_data = flows(tunnel).flat_map(|flow| &flow.icmp);
    let others = around.capture.icmp.iter().filter(move |error| {
        ends.contains(&error.quoted_src.address) && ends.contains(&error.quoted_dst.address)
    });
    of_messages
        .chain(&tunnel.icmp)
        .chain(others.filter(|_| !responder_spoke(tunnel)))
        .chain(of_data.filter(|_| !never_up(tunnel)))
        .filter(|error| silent_since(tunnel, error))
}

/// Whether a peer was not heard after an ICMP error about a packet to it; of a tunnel that was up, and that nobody ended,
/// it must have been heard before.
fn silent_since(tunnel: &Tunnel, error: &IcmpError) -> bool {
    let heard = receiver(tunnel, error).and_then(|receiver| last_heard(tunnel, receiver));
    let before = heard.zip(error.time).map(|(heard, told)| heard < told);
    if never_up(tunnel) {
        return before.unwrap_or(true);
    }
    tunnel.deleted.is_none() && tunnel.replaced_by.is_none() && before == Some(true)
}

fn icmp_meaning(error: &IcmpError) -> &'static str {
    match (error.version6, error.code) {
        (false, 0) => "it has no route to that network",
        (false, 1) => "the host cannot be reached from there",
        (false, 2) => "the protocol is not accepted",
        (false, 3) | (true, 4) => "the port is closed",
        (false, 9 | 10 | 13) | (true, 1) => "administratively prohibited",
        (true, 0) => "it has no route there",
        (true, 3) => "the address cannot be reached from there",
        (true, 5) => "the source address fails its policy",
        (true, 6) => "its route rejects the destination",
        _ => "destination unreachable",
    }
}

fn reply_lost<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (request, response) =
        lost_answer(tunnel).filter(|(_, response)| response.ip_fragments == 0)?;
    let copies = copies_after(request, response);
    let moved = tunnel.messages.iter().any(|before| {
        before.from == response.from
            && before.frame < response.frame
            && before.ends.src.port != response.ends.src.port
    });
    let summary = format!(
        "{} answered {} {}, and {} still repeated it {}: the answer does not reach it, or is not accepted.{}{}",
        end(response.ends.src),
        request.step,
        times(response.transmissions as usize),
        end(request.ends.src),
        times(copies),
        match response.ends.src.port {
            Some(port) if moved => format!(
                " Earlier answers, from another port than {port}, did arrive: perhaps UDP {port} does not pass on the \
                 way back."
            ),
            _ => String::new(),
        },
        match response.fragments_total {
            Some(total) => format!(
                " The answer travels in {total} fragments (RFC 7383): one that is lost is enough."
            ),
            None => String::new(),
        }
    );
    Some(
        Diagnosis::new(
            &REPLY_LOST_ON_RETURN,
            Confidence::Likely,
            Side::Network,
            summary,
        )
        .evidence(request.frame, format!("{}", request.step))
        .evidence(response.frame, format!("{}: the answer", response.step))
        .evidence_if(
            request.retransmissions.last().map(|copy| copy.frame),
            "the request again, after the answer",
        )
        .excludes(
            "no-response-to-first-message",
            "the answer is in the capture",
        )
        .excludes("unauthenticated-error-ignored", "the answer is no error"),
    )
}

/// A request of the initiator that is repeated after its answer, and the answer, where nothing else follows.
pub(super) fn lost_answer(tunnel: &Tunnel) -> Option<(&Message, &Message)> {
    // The last message of main mode makes an SA, also where it does not arrive.
    let phase_1_only = tunnel.version == 1 && tunnel.children.is_empty();
    if !never_up(tunnel) && !phase_1_only {
        return None;
    }
    // With a signature the keys are those of the key exchange: the initiator reads what arrives.
    let readable = method_v1(tunnel).is_some_and(|method| !pre_shared(method));
    tunnel
        .from(Sender::Initiator)
        .filter(|message| message.request || tunnel.version == 1)
        .filter_map(|request| Some((request, next_answer(tunnel, request)?)))
        .find(|(request, response)| {
            copies_after(request, response) >= 2
                && clear_error(response).is_none()
                && went_no_further(tunnel, request)
                // An encrypted answer that is repeated is no loss when the initiator cannot read it, or does not take what it
                // reads; the first one on another port may be.
                && (tunnel.version == 2 || !response.encrypted || readable || first_on_its_port(tunnel, response))
        })
}

/// Whether what the sender of a message sent before came from another port.
fn first_on_its_port(tunnel: &Tunnel, message: &Message) -> bool {
    tunnel
        .from(message.from)
        .take_while(|before| before.frame < message.frame)
        .all(|before| before.ends.src.port != message.ends.src.port)
}

/// The message that answers another one, in IKEv1 the next number of the same exchange.
fn next_answer<'a>(tunnel: &'a Tunnel, request: &Message) -> Option<&'a Message> {
    let next = match request.step {
        Step::Main(number) => Some(Step::Main(number + 1)),
        Step::Aggressive(number) => Some(Step::Aggressive(number + 1)),
        Step::Quick(number) => Some(Step::Quick(number + 1)),
        _ => None,
    };
    match next {
        Some(step) => tunnel
            .of_step(step)
            .find(|answer| answer.message_id == request.message_id),
        None if tunnel.version == 1 => None,
        None => answer_to(tunnel, request),
    }
}

/// Whether the sender of a message sent nothing new after it.
fn went_no_further(tunnel: &Tunnel, last: &Message) -> bool {
    !tunnel
        .from(last.from)
        .any(|message| message.frame > last.frame && message.step != Step::Informational)
}

fn other_source<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (request, response) = tunnel
        .messages
        .iter()
        .filter(|message| message.from != Sender::Initiator && !message.request)
        .filter_map(|response| Some((answered_request(tunnel, response)?, response)))
        .find(|(request, response)| {
            // A capture on both sides of a NAT has each message from two addresses.
            let copies = request
                .retransmissions
                .iter()
                .chain(&response.retransmissions);
            let moved = copies.into_iter().any(|copy| copy.elsewhere);
            let (asked, answered) = (request.ends.dst, response.ends.src);
            !moved && (asked.address, asked.port) != (answered.address, answered.port)
        })?;
    let (asked, answered) = (request.ends.dst, response.ends.src);
    let genuine = response.nat.and_then(|nat| nat.source_matches) == Some(true);
    // Who does not ask again has the answer, and fails for what is in it.
    let failed = never_up(tunnel) && copies_after(request, response) > 0;
    let summary = format!(
        "{} asked {}, and the answer came from {}{}{}.",
        end(request.ends.src),
        end(asked),
        end(answered),
        if genuine {
            ", which the responder believes to be its own address: no NAT did this"
        } else {
            ""
        },
        if failed {
            ""
        } else {
            "; the initiator followed, but a firewall on the way would not"
        }
    );
    Some(
        Diagnosis::new(
            &ASYMMETRIC_SOURCE_ADDRESS,
            Confidence::Certain,
            Side::Responder,
            summary,
        )
        .severity(if failed {
            Severity::Failure
        } else {
            Severity::Warning
        })
        .evidence(request.frame, format!("{} to {}", request.step, end(asked)))
        .evidence(
            response.frame,
            format!("{} from {}", response.step, end(answered)),
        )
        .excludes(
            "reply-lost-on-return",
            "the address of the answer is another one",
        ),
    )
}

/// The request that a response answers: by the exchange, or, when it came from a stranger, by its message ID.
fn answered_request<'a>(tunnel: &'a Tunnel, response: &Message) -> Option<&'a Message> {
    if let Some(frame) = response.answers {
        let request = tunnel.message(frame)?;
        // Where the capture misses a message of IKEv1, the one after it seems to answer the one before.
        let follows = match (request.step, response.step) {
            (Step::Main(asked), Step::Main(answered))
            | (Step::Aggressive(asked), Step::Aggressive(answered))
            | (Step::Quick(asked), Step::Quick(answered)) => answered == asked + 1,
            (asked, Step::Informational) => asked == Step::Informational,
            _ => true,
        };
        return follows.then_some(request);
    }
    let Step::V2(exchange, true) = response.step else {
        return None;
    };
    tunnel.of_step(Step::V2(exchange, false)).find(|request| {
        request.message_id == response.message_id
            && request.from == Sender::Initiator
            && request.frame < response.frame
    })
}

fn version_mismatch<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    if !never_up(tunnel) || phase_one_answered(tunnel) {
        return None;
    }
    // A request of an unknown version cannot be read, the answer to it can.
    let request = opening_message(tunnel).or_else(|| tunnel.messages.first())?;
    let names_version = tunnel.messages.iter().find(|message| {
        clear_error(message).is_some_and(|error| {
            error.number == INVALID_MAJOR_VERSION
                || (tunnel.version == 1 && error.number == INVALID_MINOR_VERSION)
        })
    });
    let other_version = around.same_peers(tunnel).find(|other| {
        other.version != tunnel.version && other.initiator.address == tunnel.responder.address
    });
    let unlike = around
        .same_peers(tunnel)
        .find(|other| other.version != tunnel.version && other.state == State::Established);
    let found = match (names_version, other_version, unlike) {
        (Some(message), ..) => Diagnosis::new(
            &IKE_VERSION_MISMATCH,
            Confidence::Certain,
            Side::Both,
            format!(
                "{} begins with {}, and {} answers that it does not do this version.",
                tunnel.initiator.address,
                if request.frame == message.frame {
                    "another version".to_owned()
                } else {
                    format!("IKEv{}", tunnel.version)
                },
                end(message.ends.src)
            ),
        )
        .evidence(message.frame, "notification about the version"),
        (None, Some(other), _) => Diagnosis::new(
            &IKE_VERSION_MISMATCH,
            Confidence::Likely,
            Side::Both,
            format!(
                "{} begins with IKEv{}, while {} itself begins with IKEv{}.",
                tunnel.initiator.address, tunnel.version, tunnel.responder.address, other.version
            ),
        )
        .evidence_if(
            other.messages.first().map(|message| message.frame),
            "the other version, from the responder",
        ),
        (None, None, Some(other)) => Diagnosis::new(
            &IKE_VERSION_MISMATCH,
            Confidence::Likely,
            Side::Both,
            format!(
                "IKEv{} is refused, and the same peers have a tunnel of IKEv{}.",
                tunnel.version, other.version
            ),
        )
        .evidence_if(
            other.messages.first().map(|message| message.frame),
            "the version that works",
        ),
        (None, None, None) => return None,
    };
    let read = opens_negotiation(request.step).then_some(request.frame);
    Some(found.evidence_if(read, format!("{}", request.step)))
}

/// NO_PROPOSAL_CHOSEN that came before any proposal was looked at.
fn no_connection<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    if !never_up(tunnel) {
        return None;
    }
    let (answer, error) =
        refusal(tunnel).filter(|(_, error)| error.number == NO_PROPOSAL_CHOSEN)?;
    let request = opening_message(tunnel)?;
    let succeeded = around.tunnels.iter().find(|other| {
        other.responder.address == tunnel.responder.address
            && other.initiator.address != tunnel.initiator.address
            && other.version == tunnel.version
            && other.offered == tunnel.offered
            && other.chosen.is_some()
    });
    // One implementation gives the refusal an SPI of its own only when it did not get as far as the proposals (IKEv2), and
    // names the SA in the notification only when it did (IKEv1).
    let early = if tunnel.version == 2 {
        answer.responder_spi.0 != 0
    } else {
        error.spi.is_empty() && answer.responder_spi.0 != 0
    };
    let (confidence, weight) = match (succeeded, early) {
        (Some(_), _) => (Confidence::Likely, 59),
        (None, true) => (Confidence::Possible, 51),
        (None, false) => (Confidence::Possible, 30),
    };
    let peer = tunnel.initiator.address;
    let summary = match succeeded {
        Some(other) => format!(
            "{} refuses {peer} and accepts the same offer from {}: it has no connection for {peer}.",
            tunnel.responder.address, other.initiator.address
        ),
        None => format!(
            "{} refused {} of {peer} at once with NO_PROPOSAL_CHOSEN. That is a fact; whether it has no connection for \
             this address or version, or does not like the algorithms, only its log can tell.",
            tunnel.responder.address, request.step
        ),
    };
    Some(
        Diagnosis::new(&WRONG_PEER_NO_CONFIG, confidence, Side::Responder, summary)
            .weight(weight)
            .evidence(request.frame, format!("{}", request.step))
            .evidence(answer.frame, "NO_PROPOSAL_CHOSEN, in clear"),
    )
}

fn silent_policy<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let request = unanswered(tunnel, around)?;
    let (responder, initiator) = (request.ends.dst.address, request.ends.src.address);
    let answers_others = around.tunnels.iter().find(|other| {
        other.responder.address == responder
            && other.initiator.address == initiator
            && other.id != tunnel.id
            && responder_spoke(other)
    });
    let host_is_up = around
        .traffic(responder, initiator)
        .is_some_and(|traffic| traffic.other > 0);
    if answers_others.is_none() && !host_is_up {
        return None;
    }
    let summary = format!(
        "{responder} answers {initiator} otherwise, but not this {}: it seems to drop it on purpose.",
        request.step
    );
    Some(
        Diagnosis::new(
            &RESPONDER_SILENT_ON_POLICY,
            Confidence::Possible,
            Side::Responder,
            summary,
        )
        .evidence(request.frame, format!("{}, without answer", request.step))
        .evidence_if(
            answers_others
                .and_then(|other| other.messages.first())
                .map(|message| message.frame),
            "another attempt, which was answered",
        ),
    )
}

fn half_open_limit<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    if !never_up(tunnel) {
        return None;
    }
    let request = opening_message(tunnel)?;
    let silent = unanswered(tunnel, around).is_some();
    let half_open: Vec<&Tunnel> = around
        .tunnels
        .iter()
        .copied()
        .filter(|other| {
            other.id != tunnel.id
                && other.initiator.address == tunnel.initiator.address
                && other.responder.address == tunnel.responder.address
                && never_up(other)
                && phase_one_answered(other)
                && (at_the_same_time(tunnel, other)
                    || silent && within(other.last, tunnel.first, HALF_OPEN_SECONDS))
        })
        .collect();
    let needed = if silent {
        HALF_OPEN_SAS
    } else {
        HALF_OPEN_SAS_ANSWERED
    };
    if half_open.len() < needed {
        return None;
    }
    let summary = if silent {
        format!(
            "{} attempts of {} were answered and are still half-open; this one is not answered any more.",
            half_open.len(),
            tunnel.initiator.address
        )
    } else {
        format!(
            "{} attempts of {} are half-open at the same time; a responder that limits them stops answering.",
            half_open.len() + 1,
            tunnel.initiator.address
        )
    };
    let mut found = Diagnosis::new(
        &HALF_OPEN_LIMIT_DROP,
        if silent {
            Confidence::Likely
        } else {
            Confidence::Possible
        },
        Side::Responder,
        summary,
    )
    .weight(if silent {
        HALF_OPEN_LIMIT_DROP.weight
    } else {
        67
    })
    .evidence(
        request.frame,
        if silent {
            format!("{}, without answer", request.step)
        } else {
            format!("{} of this attempt", request.step)
        },
    );
    for other in half_open.iter().take(EVIDENCE) {
        found = found.evidence_if(
            other.messages.first().map(|message| message.frame),
            "another attempt, answered and half-open",
        );
    }
    Some(found)
}

/// Whether two attempts were under way together, not one after the other was given up.
fn at_the_same_time(tunnel: &Tunnel, other: &Tunnel) -> bool {
    let (Some(first), Some(last)) = (tunnel.first, tunnel.last) else {
        return false;
    };
    let (Some(other_first), Some(other_last)) = (other.first, other.last) else {
        return false;
    };
    first <= other_last && other_first <= last
}

fn wrong_framing<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    if !never_up(tunnel) {
        return None;
    }
    let message = tunnel.messages.iter().find(|message| {
        let ports = (message.ends.src.port, message.ends.dst.port);
        match message.encapsulation {
            Some(Encapsulation::Udp) => ports.0 == Some(500) || ports.1 == Some(500),
            None => ports.0 == Some(4500) || ports.1 == Some(4500),
            Some(Encapsulation::Tcp) => false,
        }
    })?;
    let marker = message.encapsulation.is_some();
    let port = if marker { 500 } else { 4500 };
    let summary = format!(
        "{} sends IKE on UDP {port} {} the non-ESP marker; its peer takes it for something else.",
        end(message.ends.src),
        if marker { "with" } else { "without" }
    );
    let side = match message.from {
        Sender::Initiator => Side::Initiator,
        Sender::Responder => Side::Responder,
        Sender::Other => Side::Unknown,
    };
    Some(
        Diagnosis::new(&IKE_IN_WRONG_FRAMING, Confidence::Certain, side, summary)
            .evidence(message.frame, format!("{} on UDP {port}", message.step)),
    )
}

fn passthrough<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let held = |tunnel: &Tunnel| {
        tunnel.initiator.behind_nat == Some(true)
            && opening_message(tunnel).is_some_and(|message| message.ends.src.port == Some(500))
    };
    if !never_up(tunnel) || !held(tunnel) {
        return None;
    }
    let other = around.same_peers(tunnel).find(|other| {
        held(other)
            && other.initiator.address == tunnel.initiator.address
            && other.first < tunnel.first
            && tunnel.first < other.last
    })?;
    let summary = format!(
        "Two clients behind {} use source port 500 at the same time: the NAT holds the port, and answers to one may reach \
         the other.",
        tunnel.initiator.address
    );
    let mut found = Diagnosis::new(
        &MIDDLEBOX_IPSEC_ALG,
        Confidence::Possible,
        Side::Network,
        summary,
    );
    for tunnel in [other, tunnel] {
        found = found.evidence_if(
            tunnel.messages.first().map(|message| message.frame),
            "source port 500 behind NAT",
        );
    }
    Some(found)
}

fn tcp<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    if !never_up(tunnel) {
        return None;
    }
    let last = tunnel
        .messages
        .iter()
        .rfind(|message| message.encapsulation == Some(Encapsulation::Tcp))?;
    let unanswered = last.request && last.answered_by.is_none() && last.from == Sender::Initiator;
    if !unanswered {
        return None;
    }
    let summary = format!(
        "The stream of {} to {} ends after {}: no answer comes.",
        end(last.ends.src),
        end(last.ends.dst),
        last.step
    );
    Some(
        Diagnosis::new(
            &TCP_ENCAP_FAILURE,
            Confidence::Likely,
            Side::Unknown,
            summary,
        )
        .evidence(last.frame, format!("{} over TCP", last.step)),
    )
}

/// A TCP connection for IKE that is not accepted, or ends before the server sent anything of IKE.
fn no_stream(around: &Surroundings<'_>) -> Option<Diagnosis> {
    let connections = &around.capture.tcp;
    connections.iter().rev().find_map(|connection| {
        let peers = (connection.client.address, connection.server.address);
        let worked = connections.iter().any(|other| {
            other.from_server > 0 && (other.client.address, other.server.address) == peers
        });
        // What the client sent is judged with its tunnel.
        if worked || connection.from_client > 0 {
            return None;
        }
        let (summary, side, frame, what) = outcome_of(connection, around.capture.last)?;
        let up = around.tunnels.iter().any(|tunnel| {
            let ends = (tunnel.initiator.address, tunnel.responder.address);
            !never_up(tunnel) && (ends == peers || ends == (peers.1, peers.0))
        });
        let severity = match up {
            true => Severity::Warning,
            false => Severity::Failure,
        };
        Some(
            Diagnosis::new(&TCP_ENCAP_FAILURE, Confidence::Certain, side, summary)
                .severity(severity)
                .evidence(connection.frame, "the connection is asked for")
                .evidence_if(connection.accepted, "it is accepted")
                .evidence_if(connection.prefix, "the stream prefix")
                .evidence_if(frame, what),
        )
    })
}

/// How a connection without any answer of IKE ended: in words, the side to look at, and the frame that shows it.
fn outcome_of(
    connection: &TcpConnection,
    end_of_capture: Option<Timestamp>,
) -> Option<(String, Side, Option<FrameId>, &'static str)> {
    let server = end(connection.server);
    let port = connection.server.port.unwrap_or_default();
    let begun = match connection.prefix {
        Some(_) => "after the stream prefix",
        None => "before anything of IKE was sent",
    };
    let who = |by_server: bool| if by_server { "peer" } else { "initiator" };
    Some(
        match (connection.accepted, connection.reset, connection.closed) {
            (None, Some((frame, true)), _) => (
                format!(
                    "{server} refuses TCP port {port}: nothing listens there, or a filter resets it."
                ),
                Side::Responder,
                Some(frame),
                "refused",
            ),
            (_, Some((frame, by_server)), _) => (
                format!(
                    "The connection to {server} is accepted and reset {begun}, in the name of the {}: a device on the way, or the \
                 peer, does not take this stream.",
                    who(by_server)
                ),
                Side::Network,
                Some(frame),
                "reset",
            ),
            (Some(_), None, Some((frame, by_server))) => (
                format!(
                    "The connection to {server} is accepted, and the {} closes it {begun}: no message of IKE follows.",
                    who(by_server)
                ),
                if by_server {
                    Side::Responder
                } else {
                    Side::Initiator
                },
                Some(frame),
                "closed",
            ),
            (Some(_), None, None) if connection.other_data.is_some() => (
                format!("The stream to {server} does not begin with IKETCP."),
                Side::Initiator,
                connection.other_data,
                "something else",
            ),
            (accepted, None, _) => {
                let waited = at_least(connection.last, end_of_capture, WAITING_SECONDS);
                let asked_again = connection.asked > 1;
                if !waited && !asked_again {
                    return None;
                }
                let summary = match accepted {
                    Some(_) if asked_again && connection.prefix.is_none() => format!(
                        "The connection to {server} was asked for {}, and each time accepted: the answer does not reach the \
                     initiator.",
                        times(connection.asked as usize)
                    ),
                    None => format!(
                        "The connection to {server} was asked for {} and never accepted: TCP port {port} does not pass, or the peer \
                     does not answer there.",
                        times(connection.asked as usize)
                    ),
                    Some(_) => format!(
                        "The connection to {server} is accepted, and nothing follows {begun}."
                    ),
                };
                (summary, Side::Network, None, "")
            }
        },
    )
}

/// One direction of a negotiation is not in the file, although the messages of the other show that it took place.
fn beginning_missing<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let went_on = |sender: Sender| {
        tunnel.from(sender).any(|message| {
            !opens_negotiation(message.step)
                && message.step != INIT_RESPONSE
                && message.responder_spi.0 != 0
                && message.step != Step::Informational
        }) && tunnel.from(sender).count() > 1
    };
    let missing = match (
        tunnel.from(Sender::Initiator).next(),
        tunnel.from(Sender::Responder).next(),
    ) {
        (Some(_), None) if went_on(Sender::Initiator) => Sender::Responder,
        (None, Some(_)) if went_on(Sender::Responder) => Sender::Initiator,
        _ => return None,
    };
    let flows = tunnel.children.iter().any(|child| {
        let flow = match missing {
            Sender::Initiator => &child.from_initiator,
            _ => &child.from_responder,
        };
        flow.as_ref().is_some_and(|flow| flow.packets > 0)
    });
    if flows {
        return None;
    }
    let summary = format!(
        "No packet of the {} is in the capture, although the negotiation went on: the file has one direction only.",
        missing.name()
    );
    Some(incomplete(summary).evidence_if(
        tunnel.messages.first().map(|message| message.frame),
        "one direction of the negotiation",
    ))
}

/// The negotiation moves to UDP 4500 when a NAT is seen (RFC 3947, section 4; RFC 7296, section 2.23), and a capture of one of
/// the two ports has one half of it.
fn one_port_only<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let undecided = matches!(tunnel.state, State::Failed | State::Incomplete);
    if !undecided || tunnel.replaces.is_some() {
        return None;
    }
    let first_of = |wanted: fn(Step) -> bool| {
        let mut messages = tunnel.messages.iter();
        messages.find(move |message| wanted(message.step))
    };
    let begun = first_of(|step| {
        matches!(
            step,
            Step::Main(1..=4) | Step::V2(ExchangeType::IKE_SA_INIT, _)
        )
    });
    let proof = first_of(|step| {
        matches!(
            step,
            Step::Main(5 | 6) | Step::V2(ExchangeType::IKE_AUTH, _)
        )
    });
    let (frame, what, summary) = match (begun, proof) {
        (None, Some(proof)) => (
            proof.frame,
            "the first message that is here",
            format!(
                "The negotiation begins with {}: the messages before it, which go to UDP 500, are not in the capture, and what \
                 they agreed on is not known.",
                proof.step
            ),
        ),
        (Some(_), None) => {
            let reaction = tunnel.first_of(Step::Main(4)).and_then(|last| {
                tunnel.from(Sender::Responder).find(|message| {
                    message.step == Step::Informational
                        && message.encrypted
                        && message.frame > last.frame
                })
            })?;
            (
                reaction.frame,
                "the reaction to a message that is not here",
                "The responder reacts to message 5 of main mode, and that message is not in the capture: it went to UDP 4500."
                    .to_owned(),
            )
        }
        _ => return None,
    };
    Some(incomplete(summary).evidence(frame, what).excludes(
        "no-response-to-first-message",
        "later messages are in the capture",
    ))
}

fn incomplete_file(around: &Surroundings<'_>) -> Option<Diagnosis> {
    let capture = around.capture;
    let mut said: Vec<String> = Vec::new();
    if capture.truncated > 0 {
        said.push(cut_packets(capture.truncated));
    }
    if capture.backwards > 0 {
        said.push(format!(
            "times run backwards {}",
            times(capture.backwards as usize)
        ));
    }
    if said.is_empty() {
        return None;
    }
    let summary = format!(
        "The capture is incomplete: {}. What is missing in it cannot be blamed on a peer.",
        said.join(", ")
    );
    Some(
        incomplete(summary)
            .evidence_if(capture.truncated_frame, "cut")
            .evidence_if(
                capture.backwards_frame,
                "a time before that of the frame before",
            )
            .excludes(
                "no-response-to-first-message",
                "this is said of the file, whatever became of the tunnels",
            ),
    )
}

/// The file lacks something: no side of the tunnel does.
fn incomplete(summary: String) -> Diagnosis {
    Diagnosis::new(
        &CAPTURE_ARTIFACT,
        Confidence::Certain,
        Side::Unknown,
        summary,
    )
}

fn cut_packets(count: u64) -> String {
    match count {
        1 => "one packet is cut by the snap length".to_owned(),
        count => format!("{count} packets are cut by the snap length"),
    }
}

fn nobody_begins(around: &Surroundings<'_>) -> Option<Diagnosis> {
    let capture = around.capture;
    let ipsec = capture.ike_messages + capture.esp_packets + capture.ah_packets;
    if ipsec > 0 || !capture.icmp.is_empty() || capture.fragments > 0 || !capture.tcp.is_empty() {
        return None;
    }
    let busiest = capture
        .traffic
        .iter()
        .filter(|traffic| {
            traffic.other >= ENOUGH_PACKETS && is_host(traffic.src) && is_host(traffic.dst)
        })
        .max_by_key(|traffic| traffic.other)?;
    let summary = format!(
        "{} packets from {} to {} and no IKE from anybody: no side begins a tunnel, or the capture is at the wrong place.",
        busiest.other, busiest.src, busiest.dst
    );
    Some(
        Diagnosis::new(
            &INITIATOR_NEVER_STARTS,
            Confidence::Possible,
            Side::Unknown,
            summary,
        )
        .severity(Severity::Note)
        .evidence_if(busiest.other_frame, "traffic without a tunnel"),
    )
}

fn is_host(address: IpAddr) -> bool {
    let broadcast = matches!(address, IpAddr::V4(address) if address.is_broadcast());
    !(address.is_multicast() || address.is_unspecified() || broadcast)
}

/// An ICMP error about a tunnel that was up: more than silence that nobody checks, less than what IKE says of the same.
const WEIGHT_WHEN_UP: u8 = 52;

/// The host itself says that its daemon is gone: more than liveness checks without an answer, less than a peer that begins
/// anew.
const WEIGHT_OF_ENDED_DAEMON: u8 = 61;

/// Error notifications of both versions (RFC 7296, section 3.10.1; RFC 2408, section 3.14.1).
const NO_PROPOSAL_CHOSEN: u16 = 14;
const INVALID_MAJOR_VERSION: u16 = 5;
const INVALID_MINOR_VERSION: u16 = 6;

/// A first message without an answer for this long has none: most initiators repeat after 0.5 to 10 seconds.
const LONG_ENOUGH_NANOS: i64 = 15_000_000_000;

/// The usual limits are 3 and 5 half-open SAs for one address, this attempt among them or not.
const HALF_OPEN_SAS: usize = 2;
const HALF_OPEN_SAS_ANSWERED: usize = 2;

/// How long a responder keeps a half-open SA; strongSwan as long as this.
const HALF_OPEN_SECONDS: f64 = 30.0;

/// An answer of TCP that has not come within this time was asked for again.
const WAITING_SECONDS: f64 = 1.0;

/// Frames named for one fact.
const EVIDENCE: usize = 5;

/// Below it is no traffic that somebody waits for.
const ENOUGH_PACKETS: u64 = 3;

#[cfg(test)]
mod tests {
    use super::super::sample::{
        INFORMATIONAL, again, at, child, end as endpoint, exchange, flow, frame, ids, ids_among,
        send, tunnel,
    };
    use super::*;
    use ikescope_dissectors::registries::ikev2::{ExchangeType, PayloadType};

    const I: Sender = Sender::Initiator;
    const R: Sender = Sender::Responder;

    /// ICMP says of packets to the responder that nothing takes them.
    fn unreachable_at(time: i64) -> IcmpError {
        IcmpError {
            frame: frame(time),
            time: Some(at(time)),
            from: endpoint(R, 0).address,
            version6: false,
            icmp_type: 3,
            code: 3,
            mtu: None,
            quoted_src: endpoint(I, 4500),
            quoted_dst: endpoint(R, 4500),
        }
    }

    #[test]
    fn a_stream_fails_unless_its_server_sends_records() {
        let told = |change: fn(&mut TcpConnection)| {
            let mut connection = TcpConnection {
                client: endpoint(I, 40_000),
                server: endpoint(R, 4500),
                frame: frame(0),
                asked: 1,
                accepted: None,
                prefix: None,
                other_data: None,
                reset: None,
                closed: None,
                from_client: 0,
                from_server: 0,
                last: Some(at(10)),
            };
            change(&mut connection);
            let capture = crate::tunnels::CaptureFacts {
                tcp: vec![connection],
                last: Some(at(20)),
                ..Default::default()
            };
            let around = Surroundings {
                capture: &capture,
                tunnels: &[],
                flows: &[],
            };
            no_stream(&around).map(|found| found.side)
        };
        // Asked for once, at the end of the capture.
        assert_eq!(told(|_| ()), None);
        assert_eq!(told(|it| it.asked = 3), Some(Side::Network));
        assert_eq!(
            told(|it| it.reset = Some((frame(1), true))),
            Some(Side::Responder)
        );
        let after_the_prefix = |it: &mut TcpConnection| {
            (it.accepted, it.prefix) = (Some(frame(1)), Some(frame(2)));
            it.reset = Some((frame(3), true));
        };
        assert_eq!(told(after_the_prefix), Some(Side::Network));
        let closed = |it: &mut TcpConnection| {
            it.accepted = Some(frame(1));
            it.closed = Some((frame(3), false));
        };
        assert_eq!(told(closed), Some(Side::Initiator));
        // Closed when the work was done.
        let used = |it: &mut TcpConnection| {
            it.accepted = Some(frame(1));
            (it.from_client, it.from_server) = (9, 9);
            it.closed = Some((frame(3), false));
        };
        assert_eq!(told(used), None);
    }

    #[test]
    fn icmp_counts_when_nothing_is_heard_after_it() {
        let with = |time: i64| {
            let mut tunnel = tunnel(2);
            exchange(&mut tunnel, INFORMATIONAL, I, 1_000);
            let child = child(&mut tunnel);
            child.from_initiator = Some(flow(I, 20, 100, 5_000));
            child.from_responder = Some(flow(R, 8, 110, 2_000));
            child.from_initiator.as_mut().unwrap().icmp = vec![unreachable_at(time)];
            ids(&tunnel).contains(&"icmp-port-unreachable")
        };
        assert!(with(2_500));
        assert!(!with(1_500));
    }

    #[test]
    fn a_daemon_that_starts_late_is_none_that_is_missing() {
        let with = |time: i64| {
            let mut tunnel = tunnel(2);
            tunnel.state = State::Failed;
            tunnel.messages[0].icmp = vec![unreachable_at(time)].into();
            ids(&tunnel).contains(&"icmp-port-unreachable")
        };
        assert!(with(20));
        assert!(!with(2));
    }

    #[test]
    fn the_host_says_why_the_checks_stay_unanswered() {
        let mut tunnel = tunnel(2);
        exchange(&mut tunnel, INFORMATIONAL, I, 1_000);
        tunnel.messages.last_mut().unwrap().ends.src = endpoint(R, 4500);
        send(&mut tunnel, Step::V2(INFORMATIONAL, false), I, 5_000);
        again(&mut tunnel, &[6_000, 8_000, 12_000]);
        tunnel.state = State::Closed;
        assert_eq!(ids(&tunnel).first(), Some(&"dpd-timeout"));
        tunnel.messages.last_mut().unwrap().icmp =
            vec![unreachable_at(5_001), unreachable_at(6_001)].into();
        assert_eq!(ids(&tunnel).first(), Some(&"icmp-port-unreachable"));
    }

    #[test]
    fn half_open_sas_stand_in_the_way_for_half_a_minute() {
        let attempt = |id: u32, begin: i64, answered: bool| {
            let mut tunnel = tunnel(2);
            tunnel.state = State::Incomplete;
            tunnel.messages.truncate(if answered { 2 } else { 1 });
            for message in &mut tunnel.messages {
                message.clear.types.push(PayloadType::SA.0);
            }
            (tunnel.id, tunnel.first, tunnel.last) = (id, Some(at(begin)), Some(at(begin)));
            tunnel
        };
        let with = |pause: i64| {
            let mut silent = attempt(3, 100 + pause, false);
            silent.messages[0].responder_spi.0 = 0;
            again(&mut silent, &[101 + pause, 103 + pause]);
            let earlier = [attempt(1, 0, true), attempt(2, 100, true)];
            ids_among(&silent, &[&earlier[0], &earlier[1], &silent])
                .contains(&"half-open-limit-drop")
        };
        assert!(with(10_000));
        assert!(!with(40_000));
    }

    #[test]
    fn who_asks_again_after_the_answer_did_not_get_it() {
        let with = |copies: &[i64], fragments: u16| {
            let mut tunnel = tunnel(2);
            tunnel.state = State::Failed;
            tunnel.messages.truncate(2);
            let auth = |response| Step::V2(ExchangeType::IKE_AUTH, response);
            send(&mut tunnel, auth(false), I, 10).answered_by = Some(frame(15));
            again(&mut tunnel, copies);
            let answer = send(&mut tunnel, auth(true), R, 15);
            answer.request = false;
            answer.ip_fragments = fragments;
            ids(&tunnel)
        };
        assert!(with(&[1_000, 2_500], 0).contains(&"reply-lost-on-return"));
        assert!(with(&[1_000, 2_500], 2).contains(&"ike-ip-fragments-dropped"));
        assert!(!with(&[1_000], 0).contains(&"reply-lost-on-return"));
    }
}
