//! Phase 2 and child SAs: what IKE sets up for the data, and why it is refused.

use std::net::IpAddr;

use ikescope_dissectors::registries::ikev1;
use ikescope_dissectors::registries::ikev2::{
    ExchangeType, NotifyType, PayloadType, TransformType,
};

use super::declaration::{Confidence, Declaration, Need, Severity, Side};
use super::diagnosis::Diagnosis;
use super::engine::TunnelRule;
use super::facts::{ONE_DELETE_OCTETS, ONE_NOTIFY_OCTETS};
use super::rekey::{REKEY_PFS_MISMATCH, REKEY_TS_MISMATCH};
use super::running::{
    SIDES, answer, answered, flow_from, flows_from, notify_name, packets_from, requests, responses,
    seconds, side, times, unanswered_severity, with_copies, within,
};
use crate::tunnels::{
    Child, ChildState, EncapsulationMode, InnerEnds, Message, Notify, Payloads, Protocol, Sender,
    Stage, State, Step, Suite, Surroundings, Tunnel,
};

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

/// The rules of this topic.
pub(super) const RULES: &[TunnelRule] = &[
    quick_mode_refused,
    quick_mode_unanswered,
    quick_mode_half_open,
    child_refused_in_auth,
    childless_wanted,
    narrowed,
    transport_not_granted,
    compression_not_taken,
    create_child_refused,
    rejected_by_initiator,
    summed_up,
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
        (
            "qm-pfs-mismatch",
            "the same notification, but the proposals differ in the group only",
        ),
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
            "the same notification, but the proposals differ in more than the group",
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

/// Refused quick mode: the notification says why, where it can be read.
fn quick_mode_refused<'a>(
    tunnel: &'a Tunnel,
    surroundings: &Surroundings<'a>,
) -> Option<Diagnosis> {
    let (offer, refusal) = refused_quick_mode(tunnel)?;
    let by = refusal.from;
    let error = refusal.payloads().error();
    // Quick mode may follow message 3 of aggressive mode before that is judged.
    if error.is_some_and(|error| AUTHENTICATION_ERRORS.contains(&error.number)) {
        return None;
    }
    let told = error.map_or_else(|| "an encrypted Informational".to_owned(), notify_name);
    let suites = || {
        offer
            .payloads()
            .proposals
            .iter()
            .flat_map(|proposal| proposal.suites())
    };
    let transport = suites().any(|suite| suite.mode == Some(EncapsulationMode::Transport));
    let networks = match offer.payloads().identities.as_slice() {
        [source, destination, ..] => Some(format!("{} and {}", source.value, destination.value)),
        _ => None,
    };
    // An error in clear after phase 1 is unauthenticated.
    let verified = refusal.opened.is_some();
    let other_networks = asked_for(tunnel, offer).filter(|asked| {
        let (asked, got) = (&asked.payloads().identities, &offer.payloads().identities);
        !asked.is_empty() && !got.is_empty() && asked != got
    });
    let between_gateways = networks_are_the_peers(tunnel, offer);
    let renewed = renews(tunnel, offer);
    let (declaration, confidence, summary) = match error.map(|error| error.number) {
        Some(_) if let Some(asked) = other_networks => (
            &QM_ID_MISMATCH,
            Confidence::Certain,
            format!(
                "Phase 1 is up. The {} asks for a tunnel between {}, the {} answers with {}, and that is refused with {told}.",
                by.name(),
                listed_identities(asked),
                offer.from.name(),
                listed_identities(offer),
            ),
        ),
        Some(number) if renewed.is_some() => {
            let declaration = match number {
                INVALID_ID_INFORMATION => &REKEY_TS_MISMATCH,
                _ => &REKEY_PFS_MISMATCH,
            };
            (
                declaration,
                Confidence::Likely,
                format!(
                    "A child between the same networks came up before; now the {} refuses to renew it with {told}: its \
                     configuration is another one. {}.",
                    by.name(),
                    secrecy(offer)
                ),
            )
        }
        Some(INVALID_ID_INFORMATION) if transport || between_gateways => (
            &TRANSPORT_TUNNEL_MISMATCH,
            if transport {
                Confidence::Likely
            } else {
                Confidence::Possible
            },
            format!(
                "The {} asks for {} mode between {}, and the {} has no such policy: it answers {told}.",
                offer.from.name(),
                if transport { "transport" } else { "tunnel" },
                networks.as_deref().unwrap_or("the gateways"),
                by.name()
            ),
        ),
        Some(INVALID_ID_INFORMATION) => (
            &QM_ID_MISMATCH,
            if verified {
                Confidence::Certain
            } else {
                Confidence::Likely
            },
            format!(
                "Phase 1 is up. The {} asks for a tunnel between {}, and the {} answers {told}.",
                offer.from.name(),
                networks.as_deref().unwrap_or("two networks"),
                by.name()
            ),
        ),
        Some(INVALID_PAYLOAD_TYPE | INVALID_KEY_INFORMATION) => (
            &QM_PFS_MISMATCH,
            Confidence::Likely,
            format!(
                "Phase 1 is up. {}, and the {} answers {told}.",
                secrecy(offer),
                by.name()
            ),
        ),
        Some(_) if transport && !differs_in_group_only(tunnel, offer) => (
            &QM_NO_PROPOSAL,
            if verified {
                Confidence::Certain
            } else {
                Confidence::Likely
            },
            format!(
                "Phase 1 is up. The {} refuses the proposals of quick mode, in transport mode, with {told}.",
                by.name()
            ),
        ),
        Some(_) => match shown_secrecy(tunnel, surroundings, offer) {
            Some((confidence, why)) => (
                &QM_PFS_MISMATCH,
                confidence,
                format!(
                    "Phase 1 is up. {}, and the {} answers {told}. {why}",
                    secrecy(offer),
                    by.name()
                ),
            ),
            None => (
                &QM_NO_PROPOSAL,
                if verified {
                    Confidence::Certain
                } else {
                    Confidence::Likely
                },
                format!(
                    "Phase 1 is up. The {} refuses the proposals of quick mode with {told}.",
                    by.name()
                ),
            ),
        },
        None => (
            &QM_NO_PROPOSAL,
            Confidence::Possible,
            format!(
                "Phase 1 is up, and the {} refuses quick mode: it answers {} with an encrypted Informational. \
                 Whether proposals, networks or PFS differ cannot be read without keys.",
                by.name(),
                message_of(offer)
            ),
        ),
    };
    let diagnosis = Diagnosis::new(declaration, confidence, Side::Both, summary)
        .severity(Severity::Failure)
        .weight(declaration.weight.max(REFUSED_WEIGHT))
        .evidence_if(
            renewed.map(|before| before.frame),
            "the quick mode that was accepted",
        )
        .evidence(
            offer.frame,
            format!("quick mode {}{}", message_of(offer), offered(offer)),
        )
        .evidence(refusal.frame, format!("{told} from the {}", by.name()));
    let group_only = declaration.id == QM_PFS_MISMATCH.id && confidence == Confidence::Certain;
    let diagnosis = if group_only {
        diagnosis.excludes(
            "qm-no-proposal",
            "cipher and integrity agree in both offers",
        )
    } else {
        diagnosis
    };
    Some(match error {
        Some(_) => diagnosis
            .excludes("qm-silent", "there is an answer")
            .excludes(
                if [
                    QM_ID_MISMATCH.id,
                    TRANSPORT_TUNNEL_MISMATCH.id,
                    REKEY_TS_MISMATCH.id,
                ]
                .contains(&declaration.id)
                {
                    "qm-no-proposal"
                } else {
                    "qm-id-mismatch"
                },
                format!("the notification is {told}"),
            ),
        None => diagnosis.excludes("qm-silent", "there is an answer"),
    })
}

/// An earlier quick mode between the same networks that the peer of this one accepted.
fn renews<'a>(tunnel: &'a Tunnel, offer: &Message) -> Option<&'a Message> {
    let identities = |message: &'a Message| &message.payloads().identities;
    let wanted = &offer.payloads().identities;
    let asks = offer.step == Step::Quick(1);
    tunnel
        .of_step(Step::Quick(1))
        .filter(|_| asks)
        .find(|before| {
            let accepted = tunnel
                .of_step(Step::Quick(2))
                .any(|answer| answer.message_id == before.message_id);
            let same = match (identities(before).as_slice(), wanted.as_slice()) {
                ([own, peers], [source, destination]) => {
                    let (own, peers) = if before.from == offer.from {
                        (own, peers)
                    } else {
                        (peers, own)
                    };
                    own.value == source.value && peers.value == destination.value
                }
                _ => false,
            };
            before.frame < offer.frame && accepted && same
        })
}

/// Message 1 of quick mode whose answer this message is.
fn asked_for<'a>(tunnel: &'a Tunnel, answer: &Message) -> Option<&'a Message> {
    tunnel
        .of_step(Step::Quick(1))
        .find(|asked| asked.message_id == answer.message_id && asked.from != answer.from)
}

/// Whether quick mode asks for the addresses of the two gateways and nothing behind them.
fn networks_are_the_peers(tunnel: &Tunnel, offer: &Message) -> bool {
    let peers = [&tunnel.initiator, &tunnel.responder].map(|peer| peer.address.to_string());
    match offer.payloads().identities.as_slice() {
        [source, destination, ..] => {
            source.value != destination.value
                && peers.contains(&source.value)
                && peers.contains(&destination.value)
        }
        _ => false,
    }
}

fn listed_identities(offer: &Message) -> String {
    let values: Vec<&str> = offer
        .payloads()
        .identities
        .iter()
        .map(|identity| identity.value.as_str())
        .collect();
    values.join(" and ")
}

const fn message_of(offer: &Message) -> &'static str {
    match offer.step {
        Step::Quick(2) => "message 2",
        _ => "message 1",
    }
}

/// What quick mode offers, behind a colon; empty where it cannot be read.
fn offered(offer: &Message) -> String {
    let suites: Vec<String> = offer
        .payloads()
        .proposals
        .iter()
        .flat_map(|proposal| proposal.suites())
        .take(SHOWN_SUITES)
        .map(|suite| {
            let group = suite.group.as_ref().map(|group| format!("PFS {group}"));
            let parts = [suite.encr.clone(), suite.integ.clone(), group];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" / ")
        })
        .collect();
    match suites.as_slice() {
        [] => String::new(),
        some => format!(": {}", some.join(", ")),
    }
}

/// Quick mode message 1 or 2 that was refused, and the message that refused it.
fn refused_quick_mode(tunnel: &Tunnel) -> Option<(&Message, &Message)> {
    let offers: Vec<_> = tunnel
        .messages
        .iter()
        .filter(|message| matches!(message.step, Step::Quick(1 | 2)))
        .collect();
    offers.iter().rev().copied().find_map(|offer| {
        let answered = tunnel.messages.iter().any(|message| {
            matches!(message.step, Step::Quick(_))
                && message.frame > offer.frame
                && message.message_id == offer.message_id
                && message.from != offer.from
        });
        let renewed = offers.iter().any(|later| {
            later.frame > offer.frame && later.from == offer.from && later.answered_by.is_some()
        });
        // All three messages, if in another order; or the last one, which holds a HASH and nothing else.
        let last_seen = matches!(offer.step, Step::Quick(2)) && offer.at_most(0);
        let whole = last_seen
            || tunnel
                .messages
                .iter()
                .filter(|message| {
                    matches!(message.step, Step::Quick(_)) && message.message_id == offer.message_id
                })
                .count()
                >= 3;
        if answered || renewed || whole {
            return None;
        }
        let refusal = tunnel.messages.iter().find(|message| {
            message.step == Step::Informational
                && message.from == offer.from.opposite()
                && message.frame > offer.frame
                && within(offer.time, message.time, REFUSAL_SECONDS)
                && refuses(message)
        })?;
        Some((offer, refusal))
    })
}

/// Whether this Informational can refuse something: it has an error, or the size of one.
fn refuses(message: &Message) -> bool {
    if message.opened.is_some() || !message.encrypted {
        return message.payloads().error().is_some();
    }
    match message.inner_octets {
        Some((smallest, _)) => smallest <= NOTIFY_WITH_LONG_SPI,
        // The capture cut the suite, and not the header; one that began later says nothing.
        None => message.truncated && message.length <= LONGEST_NOTIFY,
    }
}

/// What is offered in the way of perfect forward secrecy, as the beginning of a sentence.
fn secrecy(offer: &Message) -> String {
    let groups: Vec<&str> = offer
        .payloads()
        .proposals
        .iter()
        .flat_map(|proposal| proposal.suites())
        .filter_map(|suite| suite.group.as_deref())
        .collect();
    match groups.first() {
        Some(group) => format!("The {} wants PFS with {group}", offer.from.name()),
        None => format!("The {} offers no PFS", offer.from.name()),
    }
}

/// Whether PFS is what differs: the other side's own offer shows it, or the cipher is the one that phase 1 agreed on.
fn shown_secrecy<'a>(
    tunnel: &'a Tunnel,
    surroundings: &Surroundings<'a>,
    offer: &Message,
) -> Option<(Confidence, String)> {
    let group_of = |message: &Message| -> Option<Option<String>> {
        let mut suites = message
            .payloads()
            .proposals
            .iter()
            .flat_map(|proposal| proposal.suites());
        suites.next().map(|suite| suite.group.clone())
    };
    let ours = group_of(offer)?;
    let by = offer.from.opposite().name();
    let theirs = std::iter::once(tunnel)
        .chain(surroundings.same_peers(tunnel))
        .flat_map(|tunnel| {
            let sender = if tunnel.initiator.address == offer.ends.dst.address {
                Sender::Initiator
            } else {
                Sender::Responder
            };
            tunnel.from(sender)
        })
        .filter(|message| message.step == Step::Quick(1) && message.from != offer.from)
        .find_map(|message| Some((message, group_of(message)?)));
    match theirs {
        Some((theirs, group)) if group != ours && same_ciphers(offer, theirs) => Some((
            Confidence::Certain,
            format!(
                "In its own quick mode (#{}) the {by} has PFS {}; cipher and integrity agree.",
                theirs.frame.number,
                group.as_deref().unwrap_or("none")
            ),
        )),
        Some(_) => None,
        None => {
            let phase_1 = tunnel
                .chosen
                .as_ref()
                .and_then(|chosen| chosen.suites().first()?.group.clone());
            let why = if differs_in_group_only(tunnel, offer) {
                "Cipher and integrity are those that phase 1 agreed on"
            } else if ours.is_some() && phase_1.is_some() && ours != phase_1 {
                "The group is another than that of phase 1"
            } else {
                return None;
            };
            let first = format!("{why}, so PFS is the first thing to compare.");
            Some((Confidence::Possible, first))
        }
    }
}

/// Whether two offers have a suite in common but for the group.
fn same_ciphers(one: &Message, other: &Message) -> bool {
    let ciphers = |message: &Message| -> Vec<(Option<String>, Option<String>)> {
        let proposals = message.payloads().proposals.iter();
        proposals
            .flat_map(|proposal| proposal.suites())
            .map(|suite| (suite.encr.clone(), suite.integ.clone()))
            .collect()
    };
    let others = ciphers(other);
    ciphers(one).iter().any(|suite| others.contains(suite))
}

/// Whether cipher and integrity of the offer are those that phase 1 agreed on.
fn differs_in_group_only(tunnel: &Tunnel, offer: &Message) -> bool {
    let Some(phase_1) = tunnel
        .chosen
        .as_ref()
        .and_then(|chosen| chosen.suites().first())
    else {
        return false;
    };
    let same = |suite: &Suite| {
        let integrity = match (&suite.integ, &phase_1.hash) {
            (Some(integrity), Some(hash)) => integrity.contains(hash.as_str()),
            (None, _) => true,
            (Some(_), None) => false,
        };
        suite.encr.is_some() && suite.encr == phase_1.encr && integrity
    };
    offer
        .payloads()
        .proposals
        .iter()
        .flat_map(|proposal| proposal.suites())
        .any(same)
}

/// Quick mode message 1 again and again.
fn quick_mode_unanswered<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    if refused_quick_mode(tunnel).is_some() {
        return None;
    }
    let offer = tunnel.of_step(Step::Quick(1)).find(|offer| {
        offer.transmissions > 1
            && !tunnel.messages.iter().any(|message| {
                // Message 3 answers a message 2 that is not in the file.
                matches!(message.step, Step::Quick(2..)) && message.message_id == offer.message_id
            })
    })?;
    let renewed = tunnel
        .of_step(Step::Quick(1))
        .any(|later| later.frame > offer.frame && later.answered_by.is_some());
    // A peer of which nothing is here may be missing from the file only.
    let heard = tunnel.from(offer.from.opposite()).next().is_some();
    // Data in both directions needs a phase 2 that came up.
    let used = SIDES
        .into_iter()
        .all(|sender| packets_from(tunnel, sender) > 0);
    if renewed || offer.ip_fragments > 0 || !heard || used {
        return None;
    }
    let alive = tunnel
        .from(offer.from.opposite())
        .any(|message| message.frame > offer.frame);
    let summary = format!(
        "Phase 1 is up, and quick mode message 1 was sent {} without an answer{}.",
        times(offer.transmissions),
        if alive {
            ", although the peer still sends other messages"
        } else {
            ""
        }
    );
    let confidence = if alive {
        Confidence::Likely
    } else {
        Confidence::Possible
    };
    let diagnosis = Diagnosis::new(&QM_SILENT, confidence, Side::Unknown, summary)
        .severity(unanswered_severity(offer, around));
    Some(
        with_copies(diagnosis, offer, "quick mode message 1")
            .excludes("qm-no-proposal", "no Informational follows")
            .excludes("qm-msg3-lost-or-commit", "there is no message 2"),
    )
}

/// Message 2 of quick mode again and again.
fn quick_mode_half_open<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    tunnel.of_step(Step::Quick(2)).find_map(|answer| {
        let last = tunnel
            .messages
            .iter()
            .filter(|message| {
                matches!(message.step, Step::Quick(3..)) && message.message_id == answer.message_id
            })
            .min_by_key(|message| message.frame);
        let copies = answer
            .retransmissions
            .iter()
            .filter(|copy| last.is_none_or(|last| copy.frame > last.frame))
            .count();
        if copies < 2 || !on_a_timer(answer) {
            return None;
        }
        let heard = flows_from(tunnel, answer.from)
            .any(|(_, flow)| flow.frame_last > answer.last_copy().frame);
        let settled = tunnel.of_step(Step::Quick(1)).any(|offer| {
            offer.frame > answer.frame && offer.answered_by.is_some()
        });
        if heard || settled {
            return None;
        }
        let summary = match last {
            Some(_) => format!(
                "The {} repeats quick mode message 2 {} although message 3 answers it: message 3 does not reach it.",
                answer.from.name(),
                times(copies as u32)
            ),
            None => format!(
                "The {} repeats quick mode message 2 {}, and message 3 never comes.",
                answer.from.name(),
                times(copies as u32)
            ),
        };
        let diagnosis = Diagnosis::new(
            &QM_MSG3_LOST_OR_COMMIT,
            Confidence::Likely,
            if last.is_some() { Side::Network } else { Side::Unknown },
            summary,
        )
        .severity(unanswered_severity(answer, around));
        let diagnosis = with_copies(diagnosis, answer, "quick mode message 2")
            .evidence_if(last.map(|last| last.frame), "quick mode message 3")
            .excludes("qm-silent", "message 2 is there")
            .excludes("esp-one-way", "the responder still waits for message 3");
        Some(diagnosis)
    })
}

/// Whether the copies of a message come at intervals that do not shrink: a timer sends them, not a copy of what they answer.
fn on_a_timer(message: &Message) -> bool {
    let times: Vec<_> = std::iter::once(message.time)
        .chain(message.retransmissions.iter().map(|copy| copy.time))
        .collect();
    let gap = |pair: &[_]| match pair {
        [one, other] => seconds(*one, *other).unwrap_or_default(),
        _ => 0.0,
    };
    let gaps: Vec<f64> = times.windows(2).map(gap).collect();
    gaps.windows(2)
        .all(|pair| matches!(pair, [one, other] if *other >= one * SHORTEST_NEXT_GAP))
}

/// A child that was refused beside a successful authentication.
fn child_refused_in_auth<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let response = responses(tunnel, ExchangeType::IKE_AUTH).last()?;
    let request = answered(tunnel, response)?;
    match &response.opened {
        Some(payloads) => {
            let error = payloads.error()?;
            // Without AUTH the IKE SA itself was refused.
            if !payloads.has(PayloadType::AUTH.0) || payloads.has(PayloadType::SA.0) {
                return None;
            }
            refused_for(tunnel, request, response, error)
        }
        None => {
            let failed = tunnel.state == State::Failed && tunnel.stage == Stage::Child;
            if !response.encrypted {
                return None;
            }
            if !failed {
                return smaller_by_a_child(tunnel, request, response);
            }
            let summary = format!(
                "The peers authenticated each other, and the response to IKE_AUTH ({} octets) is too small for a child: \
                 the {} refused it. Why cannot be read without keys; traffic selectors and proposals are the usual \
                 reasons.",
                response.length,
                response.from.name()
            );
            Some(
                Diagnosis::new(
                    &TS_UNACCEPTABLE_IN_AUTH,
                    Confidence::Possible,
                    Side::Both,
                    summary,
                )
                .evidence(request.frame, "IKE_AUTH request")
                .evidence(response.frame, "IKE_AUTH response without a child"),
            )
        }
    }
}

/// With certificates the size of the response alone tells nothing, but both sides send about the same beside the child:
/// a response that is smaller by a child is one without.
fn smaller_by_a_child(tunnel: &Tunnel, request: &Message, response: &Message) -> Option<Diagnosis> {
    let used = SIDES
        .into_iter()
        .any(|sender| packets_from(tunnel, sender) > 0);
    let later = requests(tunnel, ExchangeType::CREATE_CHILD_SA)
        .next()
        .is_some();
    let rounds = requests(tunnel, ExchangeType::IKE_AUTH).count();
    let (asked, got) = (without_fragments(request), without_fragments(response));
    let certificates = got >= CERTIFICATE_OCTETS;
    let up = tunnel.state == State::Established && !used && !later && rounds == 1;
    // Certificates of two kinds differ by more than that.
    let by_a_child = (got + CHILD_OCTETS..got + LARGEST_CHILD_OCTETS).contains(&asked);
    if !up || !certificates || !by_a_child {
        return None;
    }
    let summary = format!(
        "The response to IKE_AUTH is {} octets smaller than the request, about what a child takes, and no data follows: \
         the {} may have refused the child beside a successful authentication.",
        asked - got,
        response.from.name()
    );
    Some(
        Diagnosis::new(
            &TS_UNACCEPTABLE_IN_AUTH,
            Confidence::Possible,
            Side::Both,
            summary,
        )
        .severity(Severity::Warning)
        .evidence(request.frame, "IKE_AUTH request")
        .evidence(response.frame, "IKE_AUTH response"),
    )
}

/// Octets of a message as if it were in one piece.
fn without_fragments(message: &Message) -> u32 {
    let more = message.fragments.len().saturating_sub(1) as u32;
    message.length.saturating_sub(more * FRAGMENT_OVERHEAD)
}

fn refused_for(
    tunnel: &Tunnel,
    request: &Message,
    response: &Message,
    error: &Notify,
) -> Option<Diagnosis> {
    let asked = request.payloads();
    let by = response.from.name();
    let told = notify_name(error);
    let up = "The peers authenticated each other and the IKE SA is up";
    let (declaration, confidence, summary) = match NotifyType(error.number) {
        NotifyType::TS_UNACCEPTABLE => (
            &TS_UNACCEPTABLE_IN_AUTH,
            Confidence::Certain,
            format!(
                "{up}. The {by} answers {told} to a child between {} and {}.",
                listed(&asked.selectors_initiator),
                listed(&asked.selectors_responder)
            ),
        ),
        NotifyType::NO_PROPOSAL_CHOSEN if insists_on_extended(asked) => (
            &ESN_MISMATCH,
            Confidence::Likely,
            format!(
                "{up}. The {by} answers {told}; the child is offered with extended sequence numbers only, which few \
                 peers insist on."
            ),
        ),
        NotifyType::NO_PROPOSAL_CHOSEN => (
            &CHILD_NO_PROPOSAL_IN_AUTH,
            Confidence::Certain,
            format!("{up}. The {by} answers {told} to the proposals of the child."),
        ),
        NotifyType::SINGLE_PAIR_REQUIRED => (
            &SINGLE_PAIR_REQUIRED,
            Confidence::Certain,
            format!("{up}. The {by} answers {told} to a child for ranges."),
        ),
        NotifyType::NO_ADDITIONAL_SAS => (
            &NO_ADDITIONAL_SAS,
            Confidence::Certain,
            format!("{up}. The {by} answers {told}."),
        ),
        // The rule about childless initiation says more.
        NotifyType::INVALID_SYNTAX if announces_childless(tunnel).is_some() => return None,
        // Addresses are a matter of remote access.
        NotifyType::INTERNAL_ADDRESS_FAILURE | NotifyType::FAILED_CP_REQUIRED => return None,
        _ => (
            &CHILD_NO_PROPOSAL_IN_AUTH,
            Confidence::Possible,
            format!("{up}. The {by} refuses the child with {told}."),
        ),
    };
    let diagnosis = Diagnosis::new(declaration, confidence, Side::Both, summary)
        .evidence(
            request.frame,
            "IKE_AUTH request with the offer for the child",
        )
        .evidence(response.frame, format!("AUTH and {told}"));
    let rivals = [&TS_UNACCEPTABLE_IN_AUTH, &CHILD_NO_PROPOSAL_IN_AUTH];
    Some(
        rivals
            .iter()
            .filter(|rival| rival.id != declaration.id && declaration.id != ESN_MISMATCH.id)
            .fold(diagnosis, |diagnosis, rival| {
                diagnosis.excludes(rival.id, format!("the notification is {told}"))
            }),
    )
}

/// Whether no proposal allows short sequence numbers.
fn insists_on_extended(payloads: &Payloads) -> bool {
    let mut values = payloads
        .proposals
        .iter()
        .flat_map(|proposal| proposal.of_kind(TransformType::SN))
        .peekable();
    values.peek().is_some() && values.all(|transform| transform.id == EXTENDED)
}

fn listed(selectors: &[String]) -> String {
    match selectors {
        [] => "nothing".to_owned(),
        some => some.join(", "),
    }
}

/// The responder wanted an IKE SA without child.
fn childless_wanted<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let announced = announces_childless(tunnel)?;
    let response = responses(tunnel, ExchangeType::IKE_AUTH).last()?;
    let request = answered(tunnel, response)?;
    let payloads = response.opened.as_ref()?;
    let error = payloads.error()?;
    let asked = requests(tunnel, ExchangeType::IKE_AUTH)
        .any(|message| message.payloads().has(PayloadType::SA.0));
    if error.number != NotifyType::INVALID_SYNTAX.0 || !asked {
        return None;
    }
    let summary = format!(
        "The responder announced childless initiation and answers {} to an IKE_AUTH request with a child: it wants the \
         IKE SA without one.",
        notify_name(error)
    );
    Some(
        Diagnosis::new(&CHILDLESS_REQUIRED, Confidence::Likely, Side::Both, summary)
            .evidence(announced.frame, "CHILDLESS_IKEV2_SUPPORTED")
            .evidence(request.frame, "IKE_AUTH request with a child")
            .evidence(response.frame, notify_name(error))
            .excludes(
                "psk-mismatch-ikev2-at-responder",
                format!("the notification is {}", notify_name(error)),
            ),
    )
}

/// The message in which the responder says that it can do without a child.
fn announces_childless(tunnel: &Tunnel) -> Option<&Message> {
    tunnel.from(Sender::Responder).find(|message| {
        message
            .clear
            .notify(NotifyType::CHILDLESS_IKEV2_SUPPORTED.0)
            .is_some()
    })
}

/// Selectors of the answer that are less than those of the request.
fn narrowed<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (request, response) = tunnel.messages.iter().find_map(|response| {
        let got = response.opened.as_ref()?;
        let request = answered(tunnel, response)?;
        let asked = request.opened.as_ref()?;
        let less = |asked: &[String], got: &[String]| {
            !asked.is_empty() && !got.is_empty() && asked != got && got.len() <= asked.len()
        };
        let fewer = less(&asked.selectors_initiator, &got.selectors_initiator)
            || less(&asked.selectors_responder, &got.selectors_responder);
        // An address that the gateway hands out narrows 0.0.0.0/0 on purpose.
        let assigned = got.configuration.is_some();
        (fewer && !assigned && !response.request).then_some((request, response))
    })?;
    let (asked, got) = (request.payloads(), response.payloads());
    let summary = format!(
        "The {} narrowed the traffic selectors from {} = {} to {} = {}.",
        response.from.name(),
        listed(&asked.selectors_initiator),
        listed(&asked.selectors_responder),
        listed(&got.selectors_initiator),
        listed(&got.selectors_responder)
    );
    Some(
        Diagnosis::new(&TS_NARROWED, Confidence::Certain, Side::Responder, summary)
            .evidence(request.frame, "the selectors asked for")
            .evidence(response.frame, "the selectors allowed"),
    )
}

/// Transport mode that was asked for and not granted (IKEv2).
fn transport_not_granted<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let hence = "the child is in tunnel mode";
    let found = not_granted(
        tunnel,
        &TRANSPORT_TUNNEL_MISMATCH,
        NotifyType::USE_TRANSPORT_MODE,
        ("transport mode", hence),
    )?;
    Some(match rejected_by_initiator(tunnel, around) {
        // Then no data passes.
        Some(rejected) => rejected
            .evidence
            .into_iter()
            .fold(found, |found, evidence| {
                found.evidence(evidence.frame, evidence.what)
            })
            .severity(Severity::Failure),
        None => found,
    })
}

/// IPComp that was offered and not taken.
fn compression_not_taken<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let hence = "the child is up without compression";
    not_granted(
        tunnel,
        &IPCOMP_MISMATCH,
        NotifyType::IPCOMP_SUPPORTED,
        ("IPComp", hence),
    )
}

/// What one side asks for with a notification, and the other sets up a child without.
pub(super) fn not_granted(
    tunnel: &Tunnel,
    declaration: &'static Declaration,
    wanted: NotifyType,
    (what, hence): (&str, &str),
) -> Option<Diagnosis> {
    let (request, response) = set_up_with(tunnel, wanted)?;
    let summary = format!(
        "The {} asked for {what}, and the {} answered without it: {hence}.",
        request.from.name(),
        response.from.name()
    );
    Some(
        Diagnosis::new(declaration, Confidence::Certain, Side::Both, summary)
            .evidence(request.frame, wanted.to_string())
            .evidence(response.frame, format!("a child without {wanted}")),
    )
}

/// The request with this notification whose answer set up a child and does not have it.
fn set_up_with(tunnel: &Tunnel, wanted: NotifyType) -> Option<(&Message, &Message)> {
    tunnel.messages.iter().find_map(|response| {
        let got = response.opened.as_ref()?;
        let last = answered(tunnel, response)?;
        // With EAP the offer is in the first of several requests.
        let request = std::iter::once(last)
            .chain(tunnel.messages.iter())
            .find(|message| {
                message.request
                    && message.from == last.from
                    && message.exchange == last.exchange
                    && message.frame <= last.frame
                    && message
                        .opened
                        .as_ref()
                        .is_some_and(|asked| asked.notify(wanted.0).is_some())
            })?;
        let later = last.exchange != ExchangeType::IKE_AUTH.0 && request.frame != last.frame;
        let up = got.has(PayloadType::SA.0);
        (up && !later && !response.request && got.notify(wanted.0).is_none())
            .then_some((request, response))
    })
}

/// Children and rekeys that were refused after the IKE SA was up.
fn create_child_refused<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let refused = refused_requests(tunnel).find(|refused| refused.wanted == Wanted::Child)?;
    // Who asks again for the child that IKE_AUTH refused gets the same answer for the same reason.
    if child_refused_in_auth(tunnel, around).is_some() {
        return None;
    }
    let told = refused.told();
    let by = refused.response.from.name();
    let (declaration, confidence) = match refused.error.map(|error| NotifyType(error.number)) {
        Some(NotifyType::NO_ADDITIONAL_SAS) => (&NO_ADDITIONAL_SAS, Confidence::Certain),
        Some(NotifyType::SINGLE_PAIR_REQUIRED) => (&SINGLE_PAIR_REQUIRED, Confidence::Certain),
        Some(NotifyType::TS_MAX_QUEUE) => (&TS_MAX_QUEUE, Confidence::Certain),
        Some(_) => (&ADDITIONAL_CHILD_REFUSED, Confidence::Certain),
        None => (&ADDITIONAL_CHILD_REFUSED, Confidence::Possible),
    };
    let asked = refused.request.payloads();
    let between = if asked.selectors_initiator.is_empty() {
        String::new()
    } else {
        format!(
            " between {} and {}",
            listed(&asked.selectors_initiator),
            listed(&asked.selectors_responder)
        )
    };
    let summary = format!("The {by} refuses a further child{between}: {told}.");
    let diagnosis = Diagnosis::new(declaration, confidence, Side::Both, summary)
        .evidence(refused.request.frame, "CREATE_CHILD_SA request")
        .evidence(refused.response.frame, told);
    Some(match refused.error {
        Some(_) => diagnosis
            .excludes("rekey-pfs-mismatch", "the request has no REKEY_SA")
            .excludes("ike-rekey-refused", "the proposal is not for IKE"),
        None => diagnosis,
    })
}

/// What a CREATE_CHILD_SA request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A further child.
    Child,
    /// A new key for a child.
    ChildRekey,
    /// A new key for the IKE SA.
    IkeRekey,
}

/// A CREATE_CHILD_SA request and its refusal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refused<'a> {
    pub(super) request: &'a Message,
    pub(super) response: &'a Message,
    /// What was refused: certain where it was opened, else judged by age.
    pub(super) wanted: Wanted,
    /// The notification, if it could be read.
    pub(super) error: Option<&'a Notify>,
}

impl Refused<'_> {
    /// What the refusal says.
    pub(super) fn told(&self) -> String {
        self.error.map_or_else(
            || {
                format!(
                    "a response of {} octets, the size of one notification",
                    self.response.length
                )
            },
            notify_name,
        )
    }
}

/// CREATE_CHILD_SA requests that were refused, and not for a collision or to be tried again at once.
pub(super) fn refused_requests(tunnel: &Tunnel) -> impl Iterator<Item = Refused<'_>> {
    requests(tunnel, ExchangeType::CREATE_CHILD_SA).filter_map(|request| {
        let response = answer(tunnel, request)?;
        let error = response.opened.as_deref().and_then(Payloads::error);
        let refused = match &response.opened {
            Some(_) => error.is_some(),
            None => response.encrypted && response.at_most(ONE_NOTIFY_OCTETS),
        };
        let in_passing = matches!(
            error.map(|error| NotifyType(error.number)),
            Some(NotifyType::TEMPORARY_FAILURE | NotifyType::CHILD_SA_NOT_FOUND)
        );
        let again = requests(tunnel, ExchangeType::CREATE_CHILD_SA).any(|later| {
            later.from == request.from
                && later.frame > response.frame
                && within(response.time, later.time, AGAIN_SECONDS)
                // A rekey of the IKE SA that succeeds says nothing of a child that was refused.
                && (request.opened.is_none()
                    || later.opened.is_none()
                    || wanted(tunnel, later) == wanted(tunnel, request))
                && answer(tunnel, later).is_some_and(|answer| match &answer.opened {
                    Some(payloads) => payloads.error().is_none(),
                    None => !answer.at_most(ONE_NOTIFY_OCTETS),
                })
        });
        // The other side was sooner with the same child (RFC 7296, section 2.25.1).
        let late = response.opened.is_none()
            && requests(tunnel, ExchangeType::CREATE_CHILD_SA).any(|other| {
                other.from != request.from
                    && within(other.time, request.time, CROSSED_SECONDS)
                    && answer(tunnel, other)
                        .is_some_and(|answer| !answer.at_most(ONE_NOTIFY_OCTETS))
            });
        if !refused || in_passing || again || late {
            return None;
        }
        Some(Refused {
            request,
            response,
            wanted: wanted(tunnel, request),
            error,
        })
    })
}

/// What a CREATE_CHILD_SA request is for: read where it was opened; else a request long after the setup is a rekey.
pub(super) fn wanted(tunnel: &Tunnel, request: &Message) -> Wanted {
    if let Some(payloads) = &request.opened {
        let ike = payloads
            .proposals
            .iter()
            .any(|proposal| proposal.protocol == Protocol::Ike);
        let rekey = payloads.notify(NotifyType::REKEY_SA.0).is_some();
        return match (ike, rekey) {
            (true, _) => Wanted::IkeRekey,
            (_, true) => Wanted::ChildRekey,
            _ => Wanted::Child,
        };
    }
    let old = request
        .time
        .and_then(|time| tunnel.age(time))
        .is_none_or(|age| age >= REKEY_AGE_SECONDS);
    if old || !tunnel.beginning_seen {
        Wanted::ChildRekey
    } else {
        Wanted::Child
    }
}

/// Who asked for a child takes it back; who granted one has no reason to.
fn rejected_by_initiator<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    // In a file without any data the packets may have been filtered away: then only a reaction is quick enough.
    let wait = match around.capture.esp_packets + around.capture.ah_packets {
        0 => REACTION_SECONDS,
        _ => AT_ONCE_SECONDS,
    };
    let taken_back = tunnel.children.iter().find_map(|child| {
        let (by, frame, time) = child.deleted?;
        let opened = tunnel
            .message(frame)
            .and_then(|message| message.opened.as_ref())
            .is_some_and(|payloads| {
                payloads
                    .deletes
                    .iter()
                    .any(|delete| matches!(delete.protocol, Protocol::Esp | Protocol::Ah))
            });
        let at_once = child.time.is_some() && within(child.time, time, wait);
        // Where both rekey at once, one of the new children goes at once.
        let asks_anew = child
            .request
            .and_then(|frame| tunnel.message(frame))
            .is_some_and(|asks| {
                asks.request && asks.payloads().notify(NotifyType::REKEY_SA.0).is_none()
            });
        let replaced = child.state == ChildState::Rekeyed || !asks_anew;
        let silent = flow_from(child, by).is_none();
        let asked = child.requested_by.unwrap_or(Sender::Initiator);
        (by == asked && at_once && !replaced && silent && opened).then_some((
            by,
            child.response,
            frame,
        ))
    });
    let (by, response, delete, confidence) = match taken_back {
        Some((by, response, frame)) => (by, response, frame, Confidence::Certain),
        None => {
            let (response, delete) = taken_back_unread(tunnel, wait)?;
            (
                delete.from,
                Some(response.frame),
                delete.frame,
                Confidence::Likely,
            )
        }
    };
    let summary = format!(
        "The child came up, and the {}, who had asked for it, deleted it at once without sending a packet.",
        by.name()
    );
    Some(
        Diagnosis::new(&CHILD_REJECTED_BY_INITIATOR, confidence, side(by), summary)
            .evidence_if(response, "the child is up")
            .evidence(
                delete,
                format!("Delete of the child from the {}", by.name()),
            )
            .excludes(
                "psk-mismatch-ikev2-at-initiator",
                "a child is deleted, not the IKE SA",
            ),
    )
}

/// The same without keys: the initiator says something small right after the answer to IKE_AUTH, of which it sends no
/// data. The answer to a Delete of the IKE SA is empty (RFC 7296, section 1.4.1), and no child follows it.
fn taken_back_unread(tunnel: &Tunnel, wait: f64) -> Option<(&Message, &Message)> {
    let response = responses(tunnel, ExchangeType::IKE_AUTH).last()?;
    let whole = response.opened.is_none() && response.inner_octets.is_some();
    let mut next = tunnel
        .from(Sender::Initiator)
        .filter(|message| message.frame > response.frame);
    let delete = next.next()?;
    let small = delete.step == Step::V2(ExchangeType::INFORMATIONAL, false)
        && delete.at_most(ONE_NOTIFY_OCTETS)
        && within(response.time, delete.time, wait);
    let again = next.next().is_some_and(|next| {
        next.step == Step::V2(ExchangeType::CREATE_CHILD_SA, false)
            && within(delete.time, next.time, wait)
    });
    let answered = answer(tunnel, delete)?;
    let holds = |message: &Message| {
        message.at_least(ONE_DELETE_OCTETS) && message.at_most(ONE_NOTIFY_OCTETS)
    };
    let deletes = holds(delete) && holds(answered) || again && answered.at_most(ONE_NOTIFY_OCTETS);
    let silent = packets_from(tunnel, Sender::Initiator) == 0;
    (whole && !response.at_most(ONE_NOTIFY_OCTETS) && small && deletes && silent)
        .then_some((response, delete))
}

/// A selector that sums up those that were agreed on the other way round.
fn summed_up<'a>(tunnel: &'a Tunnel, surroundings: &Surroundings<'a>) -> Option<Diagnosis> {
    let response = tunnel.messages.iter().find(|message| {
        message
            .payloads()
            .notify(NotifyType::TS_UNACCEPTABLE.0)
            .is_some()
            && tunnel.version == 2
    })?;
    let request = answered(tunnel, response)?;
    let asked = request.payloads();
    let wide: Vec<Network> = asked
        .selectors_initiator
        .iter()
        .chain(&asked.selectors_responder)
        .filter_map(|selector| Network::parse(selector))
        .filter(|network| network.bits > 0)
        .collect();
    let agreed = std::iter::once(tunnel)
        .chain(surroundings.same_peers(tunnel))
        .flat_map(|tunnel| &tunnel.children)
        .filter(|child| child.state != ChildState::Failed)
        .flat_map(|child| {
            child
                .selectors_initiator
                .iter()
                .chain(&child.selectors_responder)
        })
        .filter_map(|selector| Network::parse(selector));
    let narrow = agreed
        .filter(|narrow| {
            wide.iter()
                .any(|wide| wide.contains(narrow) && wide.bits < narrow.bits)
        })
        .count();
    if narrow == 0 {
        return None;
    }
    let summary = format!(
        "The {} asks for {} and {}, which covers networks that were agreed on one by one; the {} refuses.",
        request.from.name(),
        listed(&asked.selectors_initiator),
        listed(&asked.selectors_responder),
        response.from.name()
    );
    Some(
        Diagnosis::new(&SUPERNET_DOMAIN, Confidence::Likely, Side::Both, summary)
            .evidence(request.frame, "the networks asked for")
            .evidence(response.frame, "TS_UNACCEPTABLE"),
    )
}

/// An IPv4 or IPv6 network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    address: u128,
    version6: bool,
    /// Octets of the mask in bits.
    pub(super) bits: u32,
}

impl Network {
    /// `10.1.0.0/24`, with or without a narrowed protocol behind it.
    pub(super) fn parse(selector: &str) -> Option<Self> {
        let text = selector.split('[').next()?;
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        Some(Self {
            bits: bits.unwrap_or(if address.is_ipv4() { 32 } else { 128 }),
            ..Self::host(address)
        })
    }

    /// One address.
    pub(super) fn host(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self {
                address: u128::from(u32::from(address)) << 96,
                version6: false,
                bits: 32,
            },
            IpAddr::V6(address) => Self {
                address: u128::from(address),
                version6: true,
                bits: 128,
            },
        }
    }

    /// Whether the other network is part of this one.
    pub(super) fn contains(&self, other: &Self) -> bool {
        let mask = u128::MAX.checked_shl(128 - self.bits.min(128)).unwrap_or(0);
        self.version6 == other.version6
            && self.bits <= other.bits
            && (self.address & mask) == (other.address & mask)
    }
}

/// Whether the selectors of a child let packets pass that its sender has for this destination; `None` where they are not
/// known, or are no networks.
pub(super) fn allows(child: &Child, sender: Sender, ends: &InnerEnds) -> Option<bool> {
    let (from, to) = match sender {
        Sender::Initiator => (&child.selectors_initiator, &child.selectors_responder),
        _ => (&child.selectors_responder, &child.selectors_initiator),
    };
    let within = |selectors: &[String], address: IpAddr| {
        let networks: Option<Vec<Network>> = selectors
            .iter()
            .map(|selector| Network::parse(selector))
            .collect();
        let networks = networks.filter(|networks| !networks.is_empty())?;
        let host = Network::host(address);
        Some(networks.iter().any(|network| network.contains(&host)))
    };
    Some(within(from, ends.src)? && within(to, ends.dst)?)
}

/// Notifications of IKEv1 (RFC 2408, section 3.14.1).
const INVALID_PAYLOAD_TYPE: u16 = ikev1::NotifyType::INVALID_PAYLOAD_TYPE.0;
const INVALID_KEY_INFORMATION: u16 = ikev1::NotifyType::INVALID_KEY_INFORMATION.0;
const INVALID_ID_INFORMATION: u16 = ikev1::NotifyType::INVALID_ID_INFORMATION.0;

/// What refuses a proof: INVALID-HASH-INFORMATION, AUTHENTICATION-FAILED, INVALID-SIGNATURE.
const AUTHENTICATION_ERRORS: [u16; 3] = [
    ikev1::NotifyType::INVALID_HASH_INFORMATION.0,
    ikev1::NotifyType::AUTHENTICATION_FAILED.0,
    ikev1::NotifyType::INVALID_SIGNATURE.0,
];

/// Offers that are worth a place in one line.
const SHOWN_SUITES: usize = 4;

/// An initiator that goes on to quick mode accepted the responder's proof: the refusal is of quick mode.
const REFUSED_WEIGHT: u8 = 66;

/// Transform of type 5: extended sequence numbers (RFC 7296, section 3.3.2).
const EXTENDED: u16 = 1;

/// A response of fewer octets has no certificate in it.
const CERTIFICATE_OCTETS: u32 = 500;

/// What a child takes in IKE_AUTH, SA and selectors, and the identity of the responder that only the request may have
/// beside its own.
const CHILD_OCTETS: u32 = 140;

/// The same with several proposals, selectors and requests for certificates.
const LARGEST_CHILD_OCTETS: u32 = 400;

/// Header, fragment header, IV and ICV of one more fragment (RFC 7383, section 2.5).
const FRAGMENT_OVERHEAD: u32 = 64;

/// Octets of a notification with a 16-octet SPI, the largest that refuses something in IKEv1.
const NOTIFY_WITH_LONG_SPI: u32 = 28;

/// The same in a message of the widest block and hash: the header, HASH, the notification and padding.
const LONGEST_NOTIFY: u32 = 28 + 4 + 64 + NOTIFY_WITH_LONG_SPI + 15;

/// A refusal comes at once, or after one retransmission.
const REFUSAL_SECONDS: f64 = 10.0;

/// A second try with another group, or after a collision.
const AGAIN_SECONDS: f64 = 10.0;

/// A rekey of the other side is complete, with its Delete, within this time.
const CROSSED_SECONDS: f64 = 3.0;

/// No stack renews a child within the first minutes, if it is not told to.
const REKEY_AGE_SECONDS: f64 = 300.0;

/// Nobody uses a tunnel for so short a time.
const AT_ONCE_SECONDS: f64 = 0.4;

/// A program answers to what it does not like within this time; who wants to test a tunnel takes longer.
const REACTION_SECONDS: f64 = 0.1;

/// The next interval of a timer, in those before: jitter, or a host that is busy.
const SHORTEST_NEXT_GAP: f64 = 0.7;

#[cfg(test)]
mod tests {
    use super::super::sample::{
        INFORMATIONAL, again, at, child, delete_child, exchange, flow, frame, ids, ids_among,
        notifies, open, send, tunnel,
    };
    use super::*;

    const I: Sender = Sender::Initiator;
    const R: Sender = Sender::Responder;

    /// IKE_AUTH whose response has AUTH, and this notification instead of a child.
    fn refused(told: NotifyType) -> Tunnel {
        let mut tunnel = tunnel(2);
        let request = Payloads {
            types: vec![PayloadType::SA.0],
            selectors_initiator: vec!["10.0.0.0/23".to_owned()].into(),
            selectors_responder: vec!["10.2.0.0/24".to_owned()].into(),
            ..Payloads::default()
        };
        let mut response = notifies(&[told]);
        response.types.push(PayloadType::AUTH.0);
        open(&mut tunnel, request, response);
        tunnel
    }

    #[test]
    fn the_notification_tells_why_a_child_is_refused() {
        for (told, id) in [
            (NotifyType::TS_UNACCEPTABLE, "ts-unacceptable-in-auth"),
            (NotifyType::NO_PROPOSAL_CHOSEN, "child-no-proposal-in-auth"),
            (NotifyType::SINGLE_PAIR_REQUIRED, "single-pair-required"),
            (NotifyType::NO_ADDITIONAL_SAS, "no-additional-sas"),
        ] {
            assert!(ids(&refused(told)).contains(&id), "{id}");
        }
        let mut childless = refused(NotifyType::INVALID_SYNTAX);
        childless.messages[1].clear = notifies(&[NotifyType::CHILDLESS_IKEV2_SUPPORTED]);
        assert!(ids(&childless).contains(&"childless-required"));
    }

    #[test]
    fn a_sum_of_networks_is_told_by_what_was_agreed_on_before() {
        let refused = refused(NotifyType::TS_UNACCEPTABLE);
        let with = |network: &str| {
            let mut before = tunnel(2);
            before.id = 2;
            let child = child(&mut before);
            child.selectors_initiator = vec![network.to_owned()];
            ids_among(&refused, &[&refused, &before]).contains(&"supernet-domain")
        };
        assert!(with("10.0.1.0/24"));
        assert!(!with("10.0.0.0/23"));
        assert!(!with("10.9.0.0/24"));
    }

    #[test]
    fn a_child_that_is_deleted_at_once_was_not_wanted() {
        let with = |by: Sender, time: i64| {
            let mut tunnel = tunnel(2);
            exchange(&mut tunnel, INFORMATIONAL, by, time);
            open(&mut tunnel, delete_child(), delete_child());
            let child = child(&mut tunnel);
            child.deleted = Some((by, frame(time), Some(at(time))));
            child.state = ChildState::Closed;
            ids(&tunnel).contains(&"child-rejected-by-initiator")
        };
        assert!(with(I, 30));
        assert!(!with(I, 60_000));
        // Who granted it has no reason to take it back; a user may.
        assert!(!with(R, 30));
        // What was asked for is not in the file: perhaps a rekey that lost against another.
        let mut tunnel = tunnel(2);
        exchange(&mut tunnel, INFORMATIONAL, I, 30);
        open(&mut tunnel, delete_child(), delete_child());
        let child = child(&mut tunnel);
        child.deleted = Some((I, frame(30), Some(at(30))));
        child.request = None;
        assert!(!ids(&tunnel).contains(&"child-rejected-by-initiator"));
    }

    /// Octets inside as with AES-GCM: a Delete of a child has 12, its answer too, and that to the end of the IKE SA none.
    #[test]
    fn a_child_that_is_deleted_at_once_is_told_by_sizes() {
        let with = |answer: u32, time: i64| {
            let mut tunnel = tunnel(2);
            tunnel.messages[3].inner_octets = Some((150, 153));
            exchange(&mut tunnel, INFORMATIONAL, I, time);
            let count = tunnel.messages.len();
            tunnel.messages[count - 2].inner_octets = Some((12, 15));
            tunnel.messages[count - 1].inner_octets = Some((answer, answer + 3));
            ids(&tunnel).first().copied()
        };
        assert_eq!(with(12, 30), Some("child-rejected-by-initiator"));
        assert_eq!(with(0, 30), Some("psk-mismatch-ikev2-at-initiator"));
        assert_eq!(with(12, 60_000), None);
    }

    #[test]
    fn a_mode_that_is_not_granted_fails_where_the_child_is_taken_back() {
        let told = |taken_back: bool| {
            let mut tunnel = tunnel(2);
            let accepted = Payloads {
                types: vec![PayloadType::SA.0],
                ..Payloads::default()
            };
            open(
                &mut tunnel,
                notifies(&[NotifyType::USE_TRANSPORT_MODE]),
                accepted,
            );
            let child = child(&mut tunnel);
            if taken_back {
                child.deleted = Some((I, frame(30), Some(at(30))));
                exchange(&mut tunnel, INFORMATIONAL, I, 30);
                open(&mut tunnel, delete_child(), delete_child());
            }
            let around = Surroundings {
                capture: &crate::tunnels::CaptureFacts::default(),
                tunnels: &[&tunnel],
                flows: &[],
            };
            let found = crate::diagnosis::diagnose(&tunnel, &around);
            found
                .first()
                .map(|found| (found.declaration.id, found.severity))
        };
        let id = "transport-tunnel-mismatch";
        assert_eq!(told(true), Some((id, Severity::Failure)));
        assert_eq!(told(false), Some((id, Severity::Warning)));
    }

    #[test]
    fn what_is_asked_for_and_not_granted_is_told() {
        let with = |asked: NotifyType, got: &[NotifyType]| {
            let mut tunnel = tunnel(2);
            let mut response = notifies(got);
            response.types.push(PayloadType::SA.0);
            open(&mut tunnel, notifies(&[asked]), response);
            ids(&tunnel)
        };
        let transport = NotifyType::USE_TRANSPORT_MODE;
        assert!(with(transport, &[]).contains(&"transport-tunnel-mismatch"));
        assert!(!with(transport, &[transport]).contains(&"transport-tunnel-mismatch"));
        let compression = NotifyType::IPCOMP_SUPPORTED;
        assert!(with(compression, &[]).contains(&"ipcomp-mismatch"));
        assert!(!with(compression, &[compression]).contains(&"ipcomp-mismatch"));
        assert!(with(NotifyType::USE_AGGFRAG, &[]).contains(&"iptfs-mismatch"));
    }

    /// Quick mode with this offer, refused with this number.
    fn quick(suite: Suite, number: u16) -> Vec<&'static str> {
        let mut tunnel = tunnel(1);
        let phase_1 = Suite {
            encr: Some("AES-CBC-128".to_owned()),
            hash: Some("SHA2-256".to_owned()),
            ..Suite::default()
        };
        tunnel.chosen = Some(proposal(Protocol::Ike, phase_1));
        let offer = Payloads {
            proposals: vec![proposal(Protocol::Esp, suite)].into(),
            ..Payloads::default()
        };
        send(&mut tunnel, Step::Quick(1), I, 10).opened = Some(offer.into());
        let message = send(&mut tunnel, Step::Informational, R, 15);
        message.encrypted = true;
        message.opened = Some(notifies(&[NotifyType(number)]).into());
        ids(&tunnel)
    }

    fn proposal(protocol: Protocol, suite: Suite) -> crate::tunnels::Proposal {
        crate::tunnels::Proposal {
            number: 1,
            protocol,
            spi: Vec::new(),
            algorithms: crate::tunnels::Algorithms::Suites(vec![suite]),
        }
    }

    /// The networks of quick mode.
    fn networks(values: [&str; 2]) -> Payloads {
        let identity = |value: &str| crate::tunnels::Identity {
            payload_type: 5,
            id_type: 4,
            type_name: None,
            value: value.to_owned(),
            protocol: 0,
            port: 0,
        };
        Payloads {
            identities: values.map(identity).to_vec().into(),
            ..Payloads::default()
        }
    }

    #[test]
    fn message_2_of_quick_mode_is_refused_for_its_networks() {
        let with = |asked: &str, got: &str| {
            let mut tunnel = tunnel(1);
            send(&mut tunnel, Step::Quick(1), I, 10).opened =
                Some(networks([asked, "10.2.0.0/24"]).into());
            let answer = send(&mut tunnel, Step::Quick(2), R, 15);
            answer.message_id = 0;
            answer.opened = Some(networks([got, "10.2.0.0/24"]).into());
            let refusal = send(&mut tunnel, Step::Informational, I, 20);
            refusal.opened = Some(notifies(&[NotifyType::NO_PROPOSAL_CHOSEN]).into());
            ids(&tunnel)
        };
        assert!(with("10.1.0.0/16", "10.1.7.0/24").contains(&"qm-id-mismatch"));
        assert!(with("10.1.0.0/16", "10.1.0.0/16").contains(&"qm-no-proposal"));
    }

    #[test]
    fn what_was_accepted_before_is_refused_as_a_rekey() {
        let refused = |before: [&str; 2], by: Sender, notify: NotifyType| {
            let mut tunnel = tunnel(1);
            send(&mut tunnel, Step::Quick(1), by, 10).opened = Some(networks(before).into());
            send(&mut tunnel, Step::Quick(2), by.opposite(), 15).message_id = 0;
            send(&mut tunnel, Step::Quick(3), by, 20).message_id = 0;
            let offer = send(&mut tunnel, Step::Quick(1), I, 5_000);
            offer.opened = Some(networks(["10.1.0.0/24", "10.2.0.0/24"]).into());
            let refusal = send(&mut tunnel, Step::Informational, R, 5_010);
            refusal.opened = Some(notifies(&[notify]).into());
            ids(&tunnel)
        };
        let (same, mirrored) = (
            ["10.1.0.0/24", "10.2.0.0/24"],
            ["10.2.0.0/24", "10.1.0.0/24"],
        );
        let (proposal, identity) = (
            NotifyType::NO_PROPOSAL_CHOSEN,
            NotifyType(INVALID_ID_INFORMATION),
        );
        assert!(refused(same, I, proposal).contains(&"rekey-pfs-mismatch"));
        assert!(refused(mirrored, R, proposal).contains(&"rekey-pfs-mismatch"));
        assert!(refused(same, I, identity).contains(&"rekey-ts-mismatch"));
        assert!(refused(mirrored, I, identity).contains(&"qm-id-mismatch"));
    }

    #[test]
    fn all_three_messages_are_no_refusal_in_any_order() {
        let told = |steps: &[(u8, Sender, u32)]| {
            let mut tunnel = tunnel(1);
            for (step, from, inner) in steps {
                let time = 10 + i64::from(*step);
                let message = send(&mut tunnel, Step::Quick(*step), *from, time);
                (message.message_id, message.inner_octets) = (7, Some((*inner, inner + 15)));
            }
            let after = send(&mut tunnel, Step::Informational, R, 300);
            after.inner_octets = Some((13, 28));
            ids(&tunnel).contains(&"qm-no-proposal")
        };
        assert!(told(&[(1, I, 120)]));
        assert!(!told(&[(1, R, 120), (2, I, 120), (3, I, 0)]));
        // The second one that is here is the third: it holds a HASH and nothing else.
        assert!(told(&[(1, R, 120), (2, I, 120)]));
        assert!(!told(&[(1, R, 120), (2, I, 0)]));
    }

    #[test]
    fn the_notification_and_the_offer_tell_why_quick_mode_is_refused() {
        let suite = |encr: &str, group: Option<&str>| Suite {
            encr: Some(encr.to_owned()),
            integ: Some("HMAC-SHA2-256-128".to_owned()),
            group: group.map(str::to_owned),
            mode: Some(EncapsulationMode::Tunnel),
            ..Suite::default()
        };
        assert!(quick(suite("AES-CBC-256", None), 14).contains(&"qm-no-proposal"));
        assert!(quick(suite("AES-CBC-128", Some("MODP-2048")), 14).contains(&"qm-pfs-mismatch"));
        assert!(
            quick(suite("AES-CBC-256", None), INVALID_KEY_INFORMATION).contains(&"qm-pfs-mismatch")
        );
        assert!(
            quick(suite("AES-CBC-128", None), INVALID_ID_INFORMATION).contains(&"qm-id-mismatch")
        );
        let transport = Suite {
            mode: Some(EncapsulationMode::Transport),
            ..suite("AES-CBC-128", None)
        };
        assert!(quick(transport, INVALID_ID_INFORMATION).contains(&"transport-tunnel-mismatch"));
    }

    #[test]
    fn quick_mode_is_silent_only_without_any_reaction() {
        let mut tunnel = tunnel(1);
        send(&mut tunnel, Step::Main(6), R, 5);
        send(&mut tunnel, Step::Quick(1), I, 10);
        assert!(!ids(&tunnel).contains(&"qm-silent"));
        again(&mut tunnel, &[4_000]);
        assert!(ids(&tunnel).contains(&"qm-silent"));
        let refusal = send(&mut tunnel, Step::Informational, R, 4_005);
        refusal.encrypted = true;
        refusal.inner_octets = Some((13, 28));
        assert!(!ids(&tunnel).contains(&"qm-silent"));
    }

    #[test]
    fn a_repeated_message_2_leaves_phase_2_half_open() {
        let with = |copies: &[i64], packets: bool| {
            let mut tunnel = tunnel(1);
            send(&mut tunnel, Step::Quick(1), I, 10).message_id = 7;
            send(&mut tunnel, Step::Quick(2), R, 15).message_id = 7;
            again(&mut tunnel, copies);
            send(&mut tunnel, Step::Quick(3), I, 20).message_id = 7;
            if packets {
                child(&mut tunnel).from_responder = Some(flow(R, 5, 9_000, 9_900));
            }
            ids(&tunnel).contains(&"qm-msg3-lost-or-commit")
        };
        assert!(with(&[4_000, 8_000], false));
        assert!(!with(&[4_000], false));
        assert!(!with(&[4_000, 8_000], true));
    }

    #[test]
    fn networks_contain_their_parts() {
        let contains = |wide: &str, narrow: &str| {
            Network::parse(wide)
                .zip(Network::parse(narrow))
                .is_some_and(|(wide, narrow)| wide.contains(&narrow))
        };
        assert!(contains("10.0.0.0/23", "10.0.1.0/24"));
        assert!(contains("10.0.0.0/23", "10.0.1.7[tcp/443]"));
        assert!(!contains("10.0.0.0/24", "10.0.1.0/24"));
        assert!(!contains("10.0.1.0/24", "10.0.0.0/23"));
        assert!(contains("2001:db8::/32", "2001:db8:1::/48"));
        assert!(!contains("0.0.0.0/0", "2001:db8::/32"));
        assert!(contains("::/0", "2001:db8::1"));
        assert!(Network::parse("10.0.0.1-10.0.0.9").is_none());
    }
}
