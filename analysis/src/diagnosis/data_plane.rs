//! ESP and AH: whether the data passes.

use super::declaration::{Declaration, Need, Severity, Side};

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
            "liveness checks without answer show it too",
        ),
        ("dpd-not-persistent", "the peer is dead, and not restarted"),
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
    wire: "TTL or IP identification of one SPI form several series; the order of sequence numbers is mixed.",
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
    wire: "The octets of ESP a second stay at a plateau without loss.",
    opened: "",
    checks: &[(Side::Both, "licence, processor load of one core, shapers")],
    needs: &[Need::Esp, Need::Timing],
    competitors: &[("esp-replay-drops", "packets are lost")],
    references: &["RFC 4301, section 4.4.2.1"],
    see: None,
};
