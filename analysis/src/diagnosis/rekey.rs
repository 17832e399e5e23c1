//! Renewing keys: rekeys that are refused, collide or never happen.

use super::declaration::{Declaration, Need, Severity, Side};

/// Everything on this topic.
pub(super) const DECLARATIONS: &[&Declaration] = &[
    &REKEY_PFS_MISMATCH,
    &REKEY_TS_MISMATCH,
    &LIFETIME_NO_REKEY,
    &REKEY_UNANSWERED,
    &IKE_REKEY_REFUSED,
    &WINDOWS_REKEY_REFUSED,
    &REKEY_COLLISION,
    &REKEY_DELETE_RACE,
    &NEW_SA_NOT_USED,
    &OLD_SA_USED_AFTER_DELETE,
    &IKEV1_PH1_EXPIRED_KEEPS_PH2,
    &REAUTH_GAP,
    &AUTH_LIFETIME,
    &VOLUME_REKEY_STORM,
    &IOS_8_MINUTE,
    &MID_DESYNC,
    &DUPLICATE_CHILDREN,
    &IDLE_TIMEOUT_QM,
];

pub(super) static REKEY_PFS_MISMATCH: Declaration = Declaration {
    id: "rekey-pfs-mismatch",
    title: "The rekey of the child is refused: perfect forward secrecy differs",
    severity: Severity::Failure,
    weight: 60,
    explanation: "The first child comes from IKE_AUTH, where there is no key exchange for it. Only the rekey needs \
        one, and there the two sides disagree: one wants it, or another group, and the other does not. The tunnel \
        works for one lifetime and then fails.",
    symptom: "\"Drops every hour, comes back by itself.\" \"CHILD_SA rekeying failed, trying again.\"",
    wire: "A CREATE_CHILD_SA request some time after the setup and a response of the size of one notification; \
        repeated until the SA reaches its end of life.",
    opened: "The request has REKEY_SA, with or without a KE payload; the answer is NO_PROPOSAL_CHOSEN or \
        INVALID_KE_PAYLOAD without a second try.",
    checks: &[
        (
            Side::Both,
            "the same PFS group, or none, for the child on both sides",
        ),
        (
            Side::Unknown,
            "force a rekey to test it, rather than wait for an hour",
        ),
    ],
    needs: &[Need::Sizes, Need::BothDirections],
    competitors: &[
        ("rekey-ts-mismatch", "the notification is TS_UNACCEPTABLE"),
        (
            "additional-child-refused",
            "the request has no REKEY_SA: it is for another child",
        ),
        ("ike-rekey-refused", "the proposal is for IKE"),
        ("lifetime-no-rekey", "nobody asks for a rekey"),
    ],
    references: &["RFC 7296, section 1.3.3", "RFC 7296, section 2.17"],
    see: None,
};

pub(super) static REKEY_TS_MISMATCH: Declaration = Declaration {
    id: "rekey-ts-mismatch",
    title: "The rekey of the child is refused: the traffic selectors differ",
    severity: Severity::Failure,
    weight: 60,
    explanation: "The rekey asks for other networks than those that were agreed on, often the wide ones of the \
        configuration instead of what the peer had narrowed them to, and the peer refuses.",
    symptom: "Dies at the first rekey although PFS is equal.",
    wire: "A CREATE_CHILD_SA request some time after the setup and a response of the size of one notification.",
    opened: "The request has REKEY_SA and the answer is TS_UNACCEPTABLE.",
    checks: &[(
        Side::Both,
        "configure on both sides exactly the networks that were agreed on",
    )],
    needs: &[Need::IkeKeys],
    competitors: &[(
        "rekey-pfs-mismatch",
        "the notification is NO_PROPOSAL_CHOSEN or INVALID_KE_PAYLOAD",
    )],
    references: &["RFC 7296, section 2.9.2", "RFC 7296, section 2.8"],
    see: None,
};

pub(super) static LIFETIME_NO_REKEY: Declaration = Declaration {
    id: "lifetime-no-rekey",
    title: "The child reached the end of its life and nobody renewed it",
    severity: Severity::Warning,
    weight: 56,
    explanation: "A side deletes the child because its lifetime is over, and neither side had asked for a rekey \
        before. If a new one is set up at once, packets are lost for a moment; if not, traffic stops.",
    symptom: "\"Drops exactly at the lifetime, comes back with traffic.\"",
    wire: "ESP of a child stops at a certain age, an Informational request of the size of a Delete, and no \
        CREATE_CHILD_SA or quick mode before it; then perhaps a new child.",
    opened: "A Delete of the ESP SPI; the next child has no REKEY_SA.",
    checks: &[
        (Side::Both, "switch rekeying on, at one side at least"),
        (
            Side::Both,
            "a time for the rekey that is well before the lifetime",
        ),
    ],
    needs: &[Need::Timing, Need::Sizes, Need::BothDirections],
    competitors: &[
        ("rekey-pfs-mismatch", "a rekey was asked for and refused"),
        ("idle-teardown", "there was no traffic before the Delete"),
        ("reauth-gap", "the IKE SA is set up anew"),
    ],
    references: &["RFC 7296, section 2.8"],
    see: None,
};

pub(super) static REKEY_UNANSWERED: Declaration = Declaration {
    id: "rekey-unanswered",
    title: "The request for a rekey gets no answer",
    severity: Severity::Failure,
    weight: 58,
    explanation: "A CREATE_CHILD_SA request is repeated and not answered, so the side that asked gives the IKE SA up \
        after its last repetition. If data still passes, the path works and the peer ignores this message: its size, \
        its content, or a defect.",
    symptom: "\"Giving up after retransmits\" in CREATE_CHILD_SA; the tunnel drops at the time of the rekey.",
    wire: "The same CREATE_CHILD_SA request several times, no response; before it other messages of this IKE SA were \
        answered.",
    opened: "What the request asks for.",
    checks: &[
        (Side::Responder, "its log at the time of the request"),
        (
            Side::Network,
            "does a datagram of this size pass? A rekey with a key exchange is larger than a liveness check",
        ),
    ],
    needs: &[Need::Clear, Need::Timing, Need::BothDirections],
    competitors: &[
        ("dpd-timeout", "an empty Informational is not answered"),
        ("rekey-pfs-mismatch", "there is an answer, and it is small"),
    ],
    references: &["RFC 7296, section 2.1", "RFC 7296, section 2.4"],
    see: None,
};

pub(super) static IKE_REKEY_REFUSED: Declaration = Declaration {
    id: "ike-rekey-refused",
    title: "The rekey of the IKE SA is refused",
    severity: Severity::Failure,
    weight: 58,
    explanation: "The IKE SA itself was to be renewed, and the peer did not agree: the proposals differ from those \
        of the first negotiation, or one side does not do it. The tunnel ends with the life of the IKE SA, and is \
        set up anew.",
    symptom: "A drop every some hours; with some clients every 24 or 48 minutes.",
    wire: "A large CREATE_CHILD_SA request (with a key exchange, without traffic selectors) and a response of the \
        size of one notification, then a Delete and a new IKE_SA_INIT.",
    opened: "The proposal is for IKE; the answer is NO_PROPOSAL_CHOSEN or another error.",
    checks: &[
        (
            Side::Responder,
            "accept the proposals of the first negotiation in a rekey too",
        ),
        (
            Side::Both,
            "the lifetime of the IKE SA longer on the side that refuses",
        ),
    ],
    needs: &[Need::Sizes, Need::BothDirections],
    competitors: &[(
        "rekey-pfs-mismatch",
        "the proposal is for ESP and the request has REKEY_SA",
    )],
    references: &["RFC 7296, section 1.3.2", "RFC 7296, section 2.18"],
    see: None,
};

pub(super) static WINDOWS_REKEY_REFUSED: Declaration = Declaration {
    id: "windows-rekey-refused",
    title: "Windows refuses the rekey with an error of its own",
    severity: Severity::Failure,
    weight: 64,
    explanation: "The answer to the rekey is a private notification of Windows with its error number inside. Windows \
        behind a NAT does not accept rekeys that the server begins.",
    symptom: "The tunnel drops when the server rekeys; error 13863 or 13816.",
    wire: "A response that is a little larger than one notification alone.",
    opened: "Notification 12345 with four octets, the Windows error.",
    checks: &[(
        Side::Responder,
        "do not begin rekeys towards Windows clients; no key exchange in the proposals of the child",
    )],
    needs: &[Need::IkeKeys],
    competitors: &[("rekey-pfs-mismatch", "the notification is a standard one")],
    references: &["RFC 7296, section 3.10.1"],
    see: None,
};

pub(super) static REKEY_COLLISION: Declaration = Declaration {
    id: "rekey-collision",
    title: "Both sides began a rekey at the same time",
    severity: Severity::Note,
    weight: 16,
    explanation: "Two requests for a rekey crossed each other. The standard has a rule which of the two new SAs \
        survives, and the other one is deleted. Nothing is wrong unless a side goes on with an SA that is gone.",
    symptom: "\"Detected CHILD_REKEY collision\", \"TEMPORARY_FAILURE\".",
    wire: "A CREATE_CHILD_SA request of each side before either was answered; later two Deletes.",
    opened: "Four nonces, of which the lowest loses; perhaps TEMPORARY_FAILURE or CHILD_SA_NOT_FOUND.",
    checks: &[(Side::Both, "different times for rekeys on the two sides")],
    needs: &[Need::Clear, Need::Timing, Need::BothDirections],
    competitors: &[
        ("rekey-delete-race", "one side deletes, the other rekeys"),
        (
            "old-sa-used-after-delete",
            "data goes on in an SA that was deleted",
        ),
    ],
    references: &["RFC 7296, section 2.8.1", "RFC 7296, section 2.25"],
    see: None,
};

pub(super) static REKEY_DELETE_RACE: Declaration = Declaration {
    id: "rekey-delete-race",
    title: "The Delete of the old child overtook the rekey",
    severity: Severity::Warning,
    weight: 40,
    explanation: "A side deletes the old child right after, or together with, its answer to the rekey. A peer that \
        reads the Delete first may take the child for deleted and not for renewed.",
    symptom: "\"Detected CHILD_REKEY collision with CHILD_DELETE\"; the tunnel is gone until the next setup.",
    wire: "The CREATE_CHILD_SA response and an Informational request of the same side less than a millisecond apart, \
        or in the wrong order.",
    opened: "The Informational deletes the SPI of the old child.",
    checks: &[(Side::Both, "let only one side rekey; newer versions")],
    needs: &[Need::Timing, Need::BothDirections],
    competitors: &[("rekey-collision", "two requests for a rekey")],
    references: &["RFC 7296, section 2.8", "RFC 7296, section 2.25"],
    see: None,
};

pub(super) static NEW_SA_NOT_USED: Declaration = Declaration {
    id: "new-sa-not-used",
    title: "After the rekey one side stays on the old SA",
    severity: Severity::Failure,
    weight: 58,
    explanation: "The child was renewed and one side sends in the new SA, but the other goes on with the old one \
        after it was deleted. Those packets are dropped.",
    symptom: "Traffic stops for seconds or minutes after each rekey.",
    wire: "After a rekey one direction changes to a new SPI and the other does not, for longer than some seconds.",
    opened: "The Delete of the old SPI, and the packets that follow on it.",
    checks: &[
        (Side::Both, "update the side that keeps the old SA"),
        (Side::Both, "keep the old inbound SA for some seconds"),
    ],
    needs: &[Need::Esp, Need::Timing, Need::BothDirections],
    competitors: &[
        ("esp-unknown-spi", "no rekey was seen"),
        (
            "rekey-collision",
            "the collision explains which SA survived",
        ),
    ],
    references: &["RFC 7296, section 2.8"],
    see: None,
};

pub(super) static OLD_SA_USED_AFTER_DELETE: Declaration = Declaration {
    id: "old-sa-used-after-delete",
    title: "Packets go on in an SA that was deleted",
    severity: Severity::Failure,
    weight: 60,
    explanation: "A side keeps sending on an SPI after the peer deleted it and said so. The peer drops these \
        packets.",
    symptom: "Traffic stops in one direction after a rekey or a Delete.",
    wire: "ESP on an SPI goes on for more than some seconds after the Delete of its child.",
    opened: "The Delete payload names the SPI.",
    checks: &[(
        Side::Both,
        "update the side that goes on; avoid simultaneous rekeys",
    )],
    needs: &[Need::Esp, Need::IkeKeys],
    competitors: &[
        ("new-sa-not-used", "a rekey without a seen Delete"),
        (
            "esp-unknown-spi",
            "the SPI was never announced in this capture",
        ),
    ],
    references: &["RFC 7296, section 1.4.1", "RFC 7296, section 2.8"],
    see: None,
};

pub(super) static IKEV1_PH1_EXPIRED_KEEPS_PH2: Declaration = Declaration {
    id: "ikev1-ph1-expired-keeps-ph2",
    title: "Phase 1 is gone while the data goes on",
    severity: Severity::Warning,
    weight: 44,
    explanation: "The IKE SA of IKEv1 ended and its phase 2 lives on, as IKEv1 allows. There are no liveness checks \
        any more, and the next renewal of phase 2 needs a new phase 1; if that fails, the tunnel ends.",
    symptom: "Liveness checks stop; the tunnel dies at the next renewal of phase 2.",
    wire: "An Informational of the size of a Delete for the IKE SA, or a long time without IKE, while ESP goes on; \
        later quick mode on the old cookies without success.",
    opened: "A Delete of the IKE SA.",
    checks: &[
        (
            Side::Both,
            "the lifetime of phase 1 longer than that of phase 2",
        ),
        (Side::Both, "renew phase 1 in time"),
    ],
    needs: &[Need::Timing, Need::Esp],
    competitors: &[("peer-rebooted-stale-sa", "ESP of the peer stops too")],
    references: &["RFC 2408, section 4.3"],
    see: None,
};

pub(super) static REAUTH_GAP: Declaration = Declaration {
    id: "reauth-gap",
    title: "The tunnel is taken down before the new one is set up",
    severity: Severity::Warning,
    weight: 18,
    explanation: "A side authenticates again by deleting the IKE SA and beginning a new one at once. Packets are \
        lost in between; the gap is as long as the new negotiation, and longer if it fails.",
    symptom: "A short outage every some hours.",
    wire: "An Informational request of the size of a Delete, then at once IKE_SA_INIT between the same peers.",
    opened: "A Delete of the IKE SA.",
    checks: &[(
        Side::Both,
        "make before break, or rekey instead of reauthentication",
    )],
    needs: &[Need::Timing, Need::Sizes],
    competitors: &[
        ("lifetime-no-rekey", "no new negotiation follows at once"),
        ("unilateral-delete-loop", "it happens again and again"),
        (
            "auth-lifetime",
            "the peer had announced when it wants a new authentication",
        ),
    ],
    references: &["RFC 7296, section 2.8.3"],
    see: None,
};

pub(super) static AUTH_LIFETIME: Declaration = Declaration {
    id: "auth-lifetime",
    title: "The responder wants a new authentication after a certain time",
    severity: Severity::Note,
    weight: 20,
    explanation: "The responder announced a lifetime of the authentication. The initiator must authenticate again \
        before it is over, else the responder ends the IKE SA.",
    symptom: "Clients are cut off at exact multiples of a time.",
    wire: "The IKE SA ends at a constant age.",
    opened: "The AUTH_LIFETIME notification with the seconds.",
    checks: &[
        (Side::Initiator, "does it authenticate again in time?"),
        (Side::Responder, "a longer time"),
    ],
    needs: &[Need::IkeKeys],
    competitors: &[
        ("reauth-gap", "without keys the announcement is not visible"),
        ("idle-teardown", "the end depends on traffic"),
    ],
    references: &["RFC 4478, section 3"],
    see: None,
};

pub(super) static VOLUME_REKEY_STORM: Declaration = Declaration {
    id: "volume-rekey-storm",
    title: "The child is renewed again and again under load",
    severity: Severity::Warning,
    weight: 42,
    explanation: "Rekeys follow each other because the SA may carry only so many octets or packets. Each one costs a \
        negotiation and risks lost packets.",
    symptom: "Rekeys every some seconds or minutes while much data passes, and none while it is quiet.",
    wire: "CREATE_CHILD_SA or quick mode at distances that depend on the octets of ESP between them, and not on \
        time.",
    opened: "REKEY_SA in the requests.",
    checks: &[(
        Side::Both,
        "raise or switch off the volume limit of the SA; use ciphers with blocks of 128 bits",
    )],
    needs: &[Need::Timing, Need::Esp],
    competitors: &[
        ("ios-8-minute", "the times are constant"),
        ("idle-timeout-qm", "the times are constant"),
    ],
    references: &["RFC 7296, section 2.8", "RFC 4301, section 4.4.2.1"],
    see: None,
};

pub(super) static IOS_8_MINUTE: Declaration = Declaration {
    id: "ios-8-minute",
    title: "The client sets up its IKE SA anew at a constant age",
    severity: Severity::Warning,
    weight: 40,
    explanation: "A new IKE SA comes from the client 8 minutes after the last one, or 24 or 48, each time followed \
        by a Delete of the old one. Apple clients do so when their rekey did not succeed; whether this is one is \
        possible, not proven.",
    symptom: "Apple devices lose the VPN for a moment every 8 minutes.",
    wire: "IKE_SA_INIT from the same client at distances of 480, 1440 or 2880 s, each followed by the end of the old \
        SA.",
    opened: "",
    checks: &[(
        Side::Responder,
        "the key exchange methods and proposals for rekeys equal to those of the first negotiation",
    )],
    needs: &[Need::Timing, Need::OtherTunnels],
    competitors: &[("reauth-gap", "the server begins it, or at another age")],
    references: &["RFC 7296, section 2.8.3"],
    see: None,
};

pub(super) static MID_DESYNC: Declaration = Declaration {
    id: "mid-desync",
    title: "Message IDs do not fit each other",
    severity: Severity::Failure,
    weight: 54,
    explanation: "A side uses a message ID that the other cannot expect: it jumps ahead of the window, or answers a \
        request that was never sent. After a takeover by another node of a cluster the counters do not fit any more.",
    symptom: "\"Received message ID 7, expected 5, ignored.\"",
    wire: "Requests of one side whose message ID jumps by more than the window, without answer, or responses without \
        a request.",
    opened: "SET_WINDOW_SIZE, if the window is larger than one.",
    checks: &[(
        Side::Both,
        "synchronise message IDs in the cluster (RFC 6311), or set up a new SA after a takeover",
    )],
    needs: &[Need::Clear, Need::BothDirections],
    competitors: &[(
        "capture-artifact",
        "the messages in between are missing from the capture",
    )],
    references: &["RFC 7296, section 2.3", "RFC 6311, section 5"],
    see: None,
};

pub(super) static DUPLICATE_CHILDREN: Declaration = Declaration {
    id: "duplicate-children",
    title: "More and more children between the same peers",
    severity: Severity::Warning,
    weight: 36,
    explanation: "New child SAs are set up while the old ones are kept. Memory fills, and the sides may choose \
        different ones for the same traffic.",
    symptom: "The table of SAs grows; after a while one direction does not work.",
    wire: "The number of live pairs of SPIs grows with time.",
    opened: "Several children with the same selectors, none of them deleted or replaced.",
    checks: &[
        (
            Side::Both,
            "only one side begins; start on traffic instead of start at once on both",
        ),
        (
            Side::Both,
            "replace the old child when a new one with the same selectors comes",
        ),
    ],
    needs: &[Need::IkeKeys],
    competitors: &[("rekey-collision", "two children for a moment after a rekey")],
    references: &["RFC 7296, section 2.8"],
    see: None,
};

pub(super) static IDLE_TIMEOUT_QM: Declaration = Declaration {
    id: "idle-timeout-qm",
    title: "Quick mode again every five minutes",
    severity: Severity::Warning,
    weight: 38,
    explanation: "A new quick mode comes every 300 s although the lifetime is longer. Windows ends an SA after five \
        idle minutes; whether this is the reason is possible, not proven.",
    symptom: "Quick mode events every five minutes on Windows.",
    wire: "Quick mode at distances of 300 s.",
    opened: "A lifetime longer than 300 s in the proposal.",
    checks: &[(
        Side::Initiator,
        "the idle time of SAs in the registry; verify with Microsoft's documentation",
    )],
    needs: &[Need::Timing],
    competitors: &[("volume-rekey-storm", "the distance depends on the traffic")],
    references: &["RFC 2409, section 5.5"],
    see: None,
};
