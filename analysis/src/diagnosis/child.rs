//! Phase 2 and child SAs: what IKE sets up for the data, and why it is refused.

use super::declaration::{Declaration, Need, Severity, Side};

/// Everything on this topic.
pub(super) const DECLARATIONS: &[&Declaration] = &[
    &QM_NO_PROPOSAL,
    &QM_ID_MISMATCH,
    &QM_PFS_MISMATCH,
    &QM_SILENT,
    &QM_MSG3_LOST_OR_COMMIT,
    &CHILD_NO_PROPOSAL_IN_AUTH,
    &TS_UNACCEPTABLE_IN_AUTH,
    &TS_NARROWED,
    &ADDITIONAL_CHILD_REFUSED,
    &NO_ADDITIONAL_SAS,
    &SINGLE_PAIR_REQUIRED,
    &TS_MAX_QUEUE,
    &TRANSPORT_TUNNEL_MISMATCH,
    &ESN_MISMATCH,
    &CHILD_REJECTED_BY_INITIATOR,
    &SUPERNET_DOMAIN,
    &IPCOMP_MISMATCH,
    &CHILDLESS_REQUIRED,
];

pub(super) static QM_NO_PROPOSAL: Declaration = Declaration {
    id: "qm-no-proposal",
    title: "Quick mode is refused: no common proposal for the data",
    severity: Severity::Failure,
    weight: 44,
    explanation: "Phase 1 is up. The responder does not accept any of the proposals for ESP or AH that the initiator \
        offers in quick mode, so there is no SA for the data. One identical combination of cipher with its key \
        length, integrity, mode and PFS group is needed on both sides.",
    symptom: "\"No proposal chosen\" in the log although phase 1 is up; \"all IPSec SA proposals found \
        unacceptable\"; a state machine stuck in QM_I1 or QM_IDLE.",
    wire: "Quick mode message 1, then an encrypted Informational with a message ID of its own, and no quick mode \
        message from the responder. The size of that Informational is that of HASH and a notification with an ESP \
        SPI.",
    opened: "The notification is NO-PROPOSAL-CHOSEN; the SA payload shows what was offered.",
    checks: &[
        (
            Side::Both,
            "compare cipher with key length, integrity, mode (tunnel or transport), PFS group and lifetime of phase \
                2",
        ),
        (
            Side::Responder,
            "its log names the part of the proposal that did not fit",
        ),
        (
            Side::Initiator,
            "let the responder begin once: then its own offer is on the wire",
        ),
    ],
    needs: &[Need::Sizes, Need::Timing, Need::BothDirections],
    competitors: &[
        (
            "qm-id-mismatch",
            "the notification is INVALID-ID-INFORMATION; without keys it looks the same",
        ),
        ("qm-pfs-mismatch", "the proposals differ in the group only"),
        ("qm-silent", "nothing comes back at all"),
    ],
    references: &["RFC 2409, section 5.5", "RFC 2408, section 3.14.1"],
    see: None,
};

pub(super) static QM_ID_MISMATCH: Declaration = Declaration {
    id: "qm-id-mismatch",
    title: "Quick mode is refused: the networks (proxy IDs) differ",
    severity: Severity::Failure,
    weight: 44,
    explanation: "Phase 1 is up. The initiator names the two networks of the tunnel in quick mode, and the responder \
        has no policy for exactly this pair. Addresses and masks must be the mirror image of each other, and so must \
        protocol and port if they are narrowed.",
    symptom: "\"Proxy identities not supported\", \"no matching CHILD_SA config found\", \"cannot find matching \
        phase-2 tunnel for received proxy ID\", \"encryption domain mismatch\".",
    wire: "Quick mode message 1, then an encrypted Informational with a message ID of its own, or silence; never \
        quick mode message 2.",
    opened: "The notification is INVALID-ID-INFORMATION; the payloads IDci and IDcr show the two networks.",
    checks: &[
        (
            Side::Both,
            "the local network of one side is the remote network of the other, with the same mask",
        ),
        (
            Side::Both,
            "protocol and port, if the policy is narrowed to one",
        ),
        (
            Side::Responder,
            "its log prints the two networks that it was asked for",
        ),
    ],
    needs: &[Need::Sizes, Need::Timing, Need::BothDirections],
    competitors: &[
        (
            "qm-no-proposal",
            "the notification is NO-PROPOSAL-CHOSEN; without keys it looks the same",
        ),
        (
            "transport-tunnel-mismatch",
            "the networks are the two gateways themselves, which transport mode asks for",
        ),
    ],
    references: &["RFC 2409, section 5.5", "RFC 2407, section 4.6.2"],
    see: None,
};

pub(super) static QM_PFS_MISMATCH: Declaration = Declaration {
    id: "qm-pfs-mismatch",
    title: "Quick mode is refused: perfect forward secrecy differs",
    severity: Severity::Failure,
    weight: 62,
    explanation: "One side wants a new key exchange for the data keys, and the other does not, or with another \
        group. The group is part of the proposal, so quick mode is refused although everything else is equal.",
    symptom: "As with proposals that differ. Typical: the tunnel comes up when one side begins and not when the \
        other does.",
    wire: "As any refused quick mode. The size of message 1 tells whether a key exchange is in it: 132 octets more \
        for MODP-1024, 260 for MODP-2048, 68 for ECP-256.",
    opened: "A group in the transforms and a KE payload on one side, none or another on the other side; \
        NO-PROPOSAL-CHOSEN as the answer.",
    checks: &[
        (Side::Both, "the same PFS group, or none, on both sides"),
        (Side::Responder, "its log says which group it expected"),
    ],
    needs: &[Need::Sizes, Need::Timing, Need::BothDirections],
    competitors: &[
        (
            "qm-no-proposal",
            "the proposals differ in more than the group",
        ),
        (
            "qm-id-mismatch",
            "the notification is INVALID-ID-INFORMATION",
        ),
    ],
    references: &["RFC 2409, section 5.5"],
    see: None,
};

pub(super) static QM_SILENT: Declaration = Declaration {
    id: "qm-silent",
    title: "Quick mode gets no answer although the IKE SA is up",
    severity: Severity::Failure,
    weight: 36,
    explanation: "Phase 1 is complete and quick mode begins, but no answer to it comes back. Some peers drop what \
        they do not want without a word; else the message is lost because of its size or on the way.",
    symptom: "\"Phase 2 times out\". The log of the peer has the reason, the wire does not.",
    wire: "Quick mode message 1 is repeated, octet for octet, and nothing follows from the responder: no quick mode \
        message, no Informational. If liveness checks of the same IKE SA are answered, the responder is alive.",
    opened: "What was offered: proposals, networks, PFS.",
    checks: &[
        (
            Side::Responder,
            "its log at the time of the first quick mode message: policy, networks, proposals",
        ),
        (
            Side::Responder,
            "let it begin once: then its own offer is on the wire",
        ),
        (Side::Network, "does a datagram of this size pass?"),
    ],
    needs: &[Need::Clear, Need::BothDirections],
    competitors: &[
        ("qm-no-proposal", "an Informational follows"),
        (
            "peer-rebooted-stale-sa",
            "the responder has forgotten phase 1; then liveness checks are not answered either",
        ),
        (
            "qm-msg3-lost-or-commit",
            "the responder answers with message 2",
        ),
    ],
    references: &["RFC 2409, section 5.5"],
    see: None,
};

pub(super) static QM_MSG3_LOST_OR_COMMIT: Declaration = Declaration {
    id: "qm-msg3-lost-or-commit",
    title: "Phase 2 stays half-open: quick mode message 3 does not arrive",
    severity: Severity::Failure,
    weight: 56,
    explanation: "The responder answered quick mode and waits for the third message before it uses its SA. It \
        repeats message 2, so message 3 did not reach it, or the initiator did not send it. Until then the initiator \
        may send data which the responder cannot use.",
    symptom: "One side says that phase 2 is up, the other does not; data in one direction only, or for seconds only.",
    wire: "Quick mode messages 1 and 2, then message 2 again and again although message 3 is in the capture, or \
        without it. ESP from the responder is missing.",
    opened: "",
    checks: &[
        (
            Side::Network,
            "the small third message is lost on the way to the responder",
        ),
        (
            Side::Initiator,
            "it must answer every copy of message 2 with message 3",
        ),
        (
            Side::Responder,
            "its timer for half-open phase 2, and what it says at that time",
        ),
    ],
    needs: &[Need::Clear, Need::Timing, Need::BothDirections],
    competitors: &[
        ("qm-silent", "there is no message 2"),
        ("esp-one-way", "quick mode ended well on both sides"),
    ],
    references: &["RFC 2409, section 5.5"],
    see: None,
};

pub(super) static CHILD_NO_PROPOSAL_IN_AUTH: Declaration = Declaration {
    id: "child-no-proposal-in-auth",
    title: "Authentication succeeds, the child is refused: no common proposal",
    severity: Severity::Failure,
    weight: 46,
    explanation: "Both sides proved who they are and the IKE SA is up. The responder does not accept any of the \
        proposals for the data, so there is no child SA and no packet can pass.",
    symptom: "\"NO_PROPOSAL_CHOSEN notify, no CHILD_SA built\", \"phase 2 was unable to establish while keeping \
        phase 1\".",
    wire: "An IKE_AUTH response that is too large for an error alone and too small for a child: it holds the \
        identity, AUTH and one notification. Afterwards the IKE SA may live on; there is no ESP.",
    opened: "NO_PROPOSAL_CHOSEN beside IDr and AUTH; SAi2 shows what was offered.",
    checks: &[
        (
            Side::Both,
            "cipher with key length, integrity (none beside an AEAD cipher) and extended sequence numbers of the \
                child",
        ),
        (
            Side::Responder,
            "its log names the transform that did not fit",
        ),
        (
            Side::Initiator,
            "a key exchange method of the child plays no part in IKE_AUTH, but does at the first rekey",
        ),
    ],
    needs: &[Need::Sizes, Need::BothDirections],
    competitors: &[
        (
            "ts-unacceptable-in-auth",
            "the notification is TS_UNACCEPTABLE; without keys it looks the same",
        ),
        ("esn-mismatch", "only the extended sequence numbers differ"),
        (
            "address-pool-exhausted",
            "the notification is INTERNAL_ADDRESS_FAILURE",
        ),
    ],
    references: &["RFC 7296, section 1.2", "RFC 7296, section 2.21.2"],
    see: None,
};

pub(super) static TS_UNACCEPTABLE_IN_AUTH: Declaration = Declaration {
    id: "ts-unacceptable-in-auth",
    title: "Authentication succeeds, the child is refused: the traffic selectors differ",
    severity: Severity::Failure,
    weight: 46,
    explanation: "Both sides proved who they are and the IKE SA is up. The networks that the initiator asks for have \
        nothing in common with what the responder allows, so there is no child SA and no packet can pass.",
    symptom: "\"TS_UNACCEPTABLE\", \"traffic selectors unacceptable\", a selector or proxy ID mismatch.",
    wire: "An IKE_AUTH response that is too large for an error alone and too small for a child: it holds the \
        identity, AUTH and one notification. Afterwards the IKE SA may live on; there is no ESP.",
    opened: "TS_UNACCEPTABLE beside IDr and AUTH; TSi and TSr show what was asked for.",
    checks: &[
        (
            Side::Both,
            "the local networks of one side are the remote networks of the other",
        ),
        (
            Side::Both,
            "one side policy-based with networks, the other route-based with 0.0.0.0/0",
        ),
        (
            Side::Responder,
            "its log prints the selectors that it was asked for",
        ),
    ],
    needs: &[Need::Sizes, Need::BothDirections],
    competitors: &[
        (
            "child-no-proposal-in-auth",
            "the notification is NO_PROPOSAL_CHOSEN; without keys it looks the same",
        ),
        ("cp-required", "the notification is FAILED_CP_REQUIRED"),
        (
            "address-pool-exhausted",
            "the notification is INTERNAL_ADDRESS_FAILURE",
        ),
    ],
    references: &["RFC 7296, section 2.9", "RFC 7296, section 2.21.2"],
    see: None,
};

pub(super) static TS_NARROWED: Declaration = Declaration {
    id: "ts-narrowed",
    title: "The responder narrowed the traffic selectors: only part of the networks is in the tunnel",
    severity: Severity::Warning,
    weight: 30,
    explanation: "The responder accepted less than it was asked for, as the standard allows. The tunnel is up, and \
        traffic of the networks that were cut away does not pass through it.",
    symptom: "\"Only the first subnet works.\"",
    wire: "Nothing: the selectors are encrypted.",
    opened: "TSi or TSr of the response are a strict part of those of the request; there may be \
        ADDITIONAL_TS_POSSIBLE.",
    checks: &[
        (
            Side::Both,
            "a child for each pair of networks if the peer takes one pair a child only",
        ),
        (
            Side::Responder,
            "which networks its policy holds for this peer",
        ),
    ],
    needs: &[Need::IkeKeys],
    competitors: &[(
        "wrong-sa-selected",
        "the selectors are whole, but the packets take the wrong child",
    )],
    references: &["RFC 7296, section 2.9"],
    see: None,
};

pub(super) static ADDITIONAL_CHILD_REFUSED: Declaration = Declaration {
    id: "additional-child-refused",
    title: "A further child SA is refused while the first one works",
    severity: Severity::Failure,
    weight: 50,
    explanation: "The IKE SA and its first child are up. The request for another child was refused, so part of the \
        traffic does not pass. The first child is set up in IKE_AUTH and never uses a key exchange of its own, so a \
        mismatch of PFS shows here first.",
    symptom: "\"Failed to establish CHILD_SA, keeping IKE_SA\" for the second network.",
    wire: "A CREATE_CHILD_SA request and a response of the size of one notification; ESP of the first child goes on.",
    opened: "The notification says why: NO_PROPOSAL_CHOSEN, TS_UNACCEPTABLE, INVALID_KE_PAYLOAD, NO_ADDITIONAL_SAS; \
        the request has no REKEY_SA.",
    checks: &[
        (Side::Both, "selectors of the second child on both sides"),
        (
            Side::Both,
            "the key exchange method (PFS) of the child on both sides",
        ),
        (Side::Responder, "its log at the time of the request"),
    ],
    needs: &[Need::Sizes, Need::BothDirections],
    competitors: &[
        (
            "rekey-pfs-mismatch",
            "the request has REKEY_SA: it renews a child",
        ),
        ("no-additional-sas", "the notification is NO_ADDITIONAL_SAS"),
        ("ike-rekey-refused", "the proposal is for IKE"),
    ],
    references: &["RFC 7296, section 1.3.1"],
    see: None,
};

pub(super) static NO_ADDITIONAL_SAS: Declaration = Declaration {
    id: "no-additional-sas",
    title: "The peer keeps one child only",
    severity: Severity::Failure,
    weight: 58,
    explanation: "The peer refuses every further child SA of this IKE SA. A minimal implementation does so: more \
        networks, and even a new key, need a new IKE SA.",
    symptom: "The second child, or every rekey, is refused by a small device.",
    wire: "A CREATE_CHILD_SA request and a response of the size of one notification.",
    opened: "The notification is NO_ADDITIONAL_SAS.",
    checks: &[
        (
            Side::Initiator,
            "use one child for everything; renew keys by reauthentication",
        ),
        (Side::Responder, "whether its limit of SAs can be raised"),
    ],
    needs: &[Need::IkeKeys],
    competitors: &[(
        "rekey-pfs-mismatch",
        "the notification is NO_PROPOSAL_CHOSEN or INVALID_KE_PAYLOAD",
    )],
    references: &["RFC 7296, section 1.3", "RFC 7296, section 4"],
    see: None,
};

pub(super) static SINGLE_PAIR_REQUIRED: Declaration = Declaration {
    id: "single-pair-required",
    title: "The peer wants one pair of addresses for a child",
    severity: Severity::Failure,
    weight: 58,
    explanation: "The responder can set up a child only for the selectors of one packet, and the request asked for \
        ranges without the addresses of the packet that caused it.",
    symptom: "A child is refused although the networks fit.",
    wire: "A response of the size of one notification to IKE_AUTH or CREATE_CHILD_SA.",
    opened: "The notification is SINGLE_PAIR_REQUIRED.",
    checks: &[
        (
            Side::Initiator,
            "ask for a child with the selectors of a packet first, as on-demand tunnels do",
        ),
        (Side::Responder, "allow ranges in the policy"),
    ],
    needs: &[Need::IkeKeys],
    competitors: &[(
        "ts-unacceptable-in-auth",
        "the notification is TS_UNACCEPTABLE",
    )],
    references: &["RFC 7296, section 2.9"],
    see: None,
};

pub(super) static TS_MAX_QUEUE: Declaration = Declaration {
    id: "ts-max-queue",
    title: "The peer has no more room for SAs of one processor each",
    severity: Severity::Failure,
    weight: 58,
    explanation: "The peer allows only so many child SAs with the same selectors, and the request asked for one \
        more. Traffic goes on over those that exist.",
    symptom: "Some of several SAs with equal selectors are refused.",
    wire: "A response of the size of one notification to CREATE_CHILD_SA.",
    opened: "The notification is TS_MAX_QUEUE.",
    checks: &[
        (Side::Initiator, "set up fewer SAs for the same traffic"),
        (Side::Responder, "raise the limit if processors are idle"),
    ],
    needs: &[Need::IkeKeys],
    competitors: &[("no-additional-sas", "the notification is NO_ADDITIONAL_SAS")],
    references: &["RFC 9611, section 5"],
    see: None,
};

pub(super) static TRANSPORT_TUNNEL_MISMATCH: Declaration = Declaration {
    id: "transport-tunnel-mismatch",
    title: "One side wants transport mode, the other tunnel mode",
    severity: Severity::Warning,
    weight: 60,
    explanation: "The initiator asks for transport mode and the responder does not agree. In IKEv2 the child then is \
        in tunnel mode, and the initiator may delete it; in IKEv1 quick mode is refused. For GRE or L2TP inside \
        IPsec both sides use transport mode as a rule.",
    symptom: "\"Policy dictates transport mode, but peer requested tunnel mode\"; the tunnel is up and no packet \
        passes.",
    wire: "A complete IKE_AUTH; then the initiator may send a Delete at once. In IKEv1 a refused quick mode.",
    opened: "IKEv2: USE_TRANSPORT_MODE in the request and not in the response. IKEv1: encapsulation mode transport \
        in the offer, and a refusal.",
    checks: &[
        (Side::Both, "the same mode on both sides"),
        (
            Side::Responder,
            "whether the policy for this peer is in transport mode",
        ),
    ],
    needs: &[Need::IkeKeys],
    competitors: &[
        (
            "ts-unacceptable-in-auth",
            "the notification is TS_UNACCEPTABLE and the modes agree",
        ),
        ("qm-id-mismatch", "the offer is in tunnel mode"),
    ],
    references: &["RFC 7296, section 1.3.1", "RFC 2407, section 4.5"],
    see: None,
};

pub(super) static ESN_MISMATCH: Declaration = Declaration {
    id: "esn-mismatch",
    title: "The child is refused because extended sequence numbers differ",
    severity: Severity::Failure,
    weight: 64,
    explanation: "One side insists on extended sequence numbers and the other does not have them, or the other way \
        round. Everything else of the proposal is equal.",
    symptom: "\"No acceptable EXTENDED_SEQUENCE_NUMBERS found\"; the child is refused with equal ciphers.",
    wire: "As any refused child.",
    opened: "The transform of type 5 in the request has one value only; the answer is NO_PROPOSAL_CHOSEN.",
    checks: &[(Side::Both, "offer both values, or agree on one")],
    needs: &[Need::IkeKeys],
    competitors: &[("child-no-proposal-in-auth", "cipher or integrity differ")],
    references: &["RFC 7296, section 3.3.2", "RFC 4303, section 2.2.1"],
    see: None,
};

pub(super) static CHILD_REJECTED_BY_INITIATOR: Declaration = Declaration {
    id: "child-rejected-by-initiator",
    title: "The initiator deletes the child as soon as it is up",
    severity: Severity::Failure,
    weight: 52,
    explanation: "The responder agreed to everything, and the initiator deleted the new child at once. It did not \
        like what it got (mode, selectors) or could not install it.",
    symptom: "The responder says that the tunnel was up for milliseconds; the initiator has an error about \
        installing SAs or policies.",
    wire: "A complete IKE_AUTH or quick mode, at once an Informational request from the initiator of the size of a \
        Delete, and no ESP from the initiator. The IKE SA stays.",
    opened: "A Delete payload with the initiator's own ESP SPI.",
    checks: &[
        (
            Side::Initiator,
            "its log at that time: policy conflict, mode, selectors",
        ),
        (Side::Both, "the same mode and selectors on both sides"),
    ],
    needs: &[Need::Sizes, Need::Timing, Need::BothDirections],
    competitors: &[
        (
            "psk-mismatch-ikev2-at-initiator",
            "the IKE SA is ended, not the child",
        ),
        (
            "transport-tunnel-mismatch",
            "opened, the request asks for transport mode",
        ),
    ],
    references: &["RFC 7296, section 1.4.1", "RFC 7296, section 1.3.1"],
    see: None,
};

pub(super) static SUPERNET_DOMAIN: Declaration = Declaration {
    id: "supernet-domain",
    title: "One side asks for a network that summarises several",
    severity: Severity::Failure,
    weight: 60,
    explanation: "The networks asked for are larger than those configured: neighbouring networks were summed up into \
        one with a shorter mask, as some firewalls do unless told otherwise. The other side knows the single \
        networks only and refuses.",
    symptom: "It works when one side begins, and is refused when the other does.",
    wire: "A refused quick mode, or a refused child.",
    opened: "The selector asked for contains the selectors that were agreed on in the other direction; the answer is \
        TS_UNACCEPTABLE or INVALID-ID-INFORMATION.",
    checks: &[
        (
            Side::Initiator,
            "one tunnel for each pair of networks, without summing up",
        ),
        (Side::Responder, "allow the larger network"),
    ],
    needs: &[Need::IkeKeys, Need::OtherTunnels],
    competitors: &[
        ("ts-unacceptable-in-auth", "the networks are not related"),
        ("qm-id-mismatch", "the networks are not related"),
    ],
    references: &["RFC 7296, section 2.9"],
    see: None,
};

pub(super) static IPCOMP_MISMATCH: Declaration = Declaration {
    id: "ipcomp-mismatch",
    title: "Compression was offered and not taken",
    severity: Severity::Note,
    weight: 12,
    explanation: "One side offers IPComp and the other does not answer to it. The child is up without compression; \
        nothing is wrong.",
    symptom: "\"Peer didn't accept our proposed IPComp transforms, IPComp is disabled.\"",
    wire: "Nothing.",
    opened: "IPCOMP_SUPPORTED in the request and not in the response.",
    checks: &[(
        Side::Both,
        "switch compression off on the side that offers it",
    )],
    needs: &[Need::IkeKeys],
    competitors: &[],
    references: &["RFC 7296, section 2.22"],
    see: None,
};

pub(super) static CHILDLESS_REQUIRED: Declaration = Declaration {
    id: "childless-required",
    title: "The responder wants an IKE SA without a child first",
    severity: Severity::Failure,
    weight: 64,
    explanation: "The responder accepts IKE_AUTH only without a child and wants it set up in CREATE_CHILD_SA. The \
        initiator does not do so, and is refused.",
    symptom: "\"Peer did not initiate a childless IKE_SA\"; INVALID_SYNTAX in IKE_AUTH although everything seems \
        equal.",
    wire: "CHILDLESS_IKEV2_SUPPORTED in the response to IKE_SA_INIT; an IKE_AUTH response of the size of one \
        notification.",
    opened: "The request has SA and TS payloads; the answer is INVALID_SYNTAX or another error.",
    checks: &[
        (
            Side::Responder,
            "allow, and do not force, childless initiation",
        ),
        (Side::Initiator, "switch childless initiation on"),
    ],
    needs: &[Need::Clear, Need::Sizes],
    competitors: &[(
        "psk-mismatch-ikev2-at-responder",
        "the notification is AUTHENTICATION_FAILED",
    )],
    references: &["RFC 6023, section 3"],
    see: None,
};
