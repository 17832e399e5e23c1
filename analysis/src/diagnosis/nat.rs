//! NAT traversal: translators on the path, and what they break.

use super::declaration::{Declaration, Need, Severity, Side};

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
    weight: 14,
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
    weight: 16,
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
        "there is a translator: two captures show different addresses",
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
    wire: "Two captures show different addresses for the same packets, and the hashes fit in both.",
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
