//! Large messages and packets: fragments, and what the path does not carry.

use super::declaration::{Declaration, Need, Severity, Side};

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
        "without keys the cause is not visible",
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
