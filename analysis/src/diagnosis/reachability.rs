//! Whether the peers reach each other at all.

use super::declaration::{Declaration, Need, Severity, Side};
use super::engine::{CaptureRule, TunnelRule};

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
pub(super) const RULES: &[TunnelRule] = &[];

/// Its rules for whole captures.
pub(super) const CAPTURE_RULES: &[CaptureRule] = &[];

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
            "capture on its outside interface: do the requests arrive, does an answer leave?",
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
            "a capture at the responder shows the requests arriving and no answer leaving",
        ),
        (
            "reply-lost-on-return",
            "a capture at the responder shows the answers leaving",
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
        another node of a cluster holds the address.",
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
        "with real loss at least one packet of the missing direction is somewhere in the file",
    )],
    references: &["RFC 7296, section 2.1"],
    see: None,
};
