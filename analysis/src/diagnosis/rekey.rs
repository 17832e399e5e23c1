//! Renewing keys: rekeys that are refused, collide or never happen.

use ikescope_capture::Timestamp;
use ikescope_dissectors::Registry as _;
use ikescope_dissectors::registries::ikev2::{ExchangeType, NotifyType};

use super::child::{Refused, Wanted, refused_requests, wanted};
use super::declaration::{Confidence, Declaration, Need, Severity, Side};
use super::diagnosis::Diagnosis;
use super::engine::TunnelRule;
use super::facts::{ONE_DELETE_OCTETS, ONE_NOTIFY_OCTETS};
use super::running::{
    SIDES, answer, at_least, duration, flow_from, flows_from, last_heard, requests, seconds, side,
    times, was_up, with_copies, within,
};
use crate::observation::FrameId;
use crate::tunnels::{Child, ChildState, Message, Protocol, Sender, Step, Surroundings, Tunnel};

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

/// The rules of this topic.
pub(super) const RULES: &[TunnelRule] = &[
    child_rekey_refused,
    ike_rekey_refused,
    rekey_unanswered,
    collision,
    delete_race,
    not_renewed,
    old_one_used,
    authenticated_again,
    lifetime_of_authentication,
    renewed_by_volume,
    eight_minutes,
    quick_mode_again,
    ids_out_of_step,
    many_children,
    phase_1_gone,
];

pub(super) static REKEY_PFS_MISMATCH: Declaration = Declaration {
    id: "rekey-pfs-mismatch",
    title: "The rekey of the child is refused: perfect forward secrecy differs",
    severity: Severity::Failure,
    weight: 60,
    explanation: "The first child comes from IKE_AUTH, where there is no key exchange for it. Only the rekey needs \
        one, and there the two sides disagree: one wants it, or another group, and the other does not. The tunnel \
        works for one lifetime and then fails. In IKEv1 a rekey is one more quick mode: one that is refused after the \
        first was accepted shows that the configuration of a side changed meanwhile.",
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
    wire: "The same CREATE_CHILD_SA request (IKEv1: quick mode message 1) several times, no response; before it other \
        messages of this IKE SA were answered.",
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
        ("reauth-gap", "data stops until the new one is up"),
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

/// The rekey of a child that was refused.
fn child_rekey_refused<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let refused = refused_requests(tunnel).find(|refused| refused.wanted == Wanted::ChildRekey)?;
    let Refused {
        request,
        response,
        error,
        ..
    } = refused;
    let told = refused.told();
    let by = response.from.name();
    let asked = request.payloads();
    let secrecy = match &asked.key_exchange {
        Some(exchange) => format!(
            "with a key exchange ({})",
            exchange.group.map_or_else(
                || "another group".to_owned(),
                |group| group.short_name().to_string()
            )
        ),
        None => "without a key exchange".to_owned(),
    };
    let (declaration, confidence, summary) = match error.map(|error| NotifyType(error.number)) {
        Some(NotifyType::TS_UNACCEPTABLE) => (
            &REKEY_TS_MISMATCH,
            Confidence::Certain,
            format!("The {by} refuses to renew the child with {told}."),
        ),
        Some(
            NotifyType::NO_PROPOSAL_CHOSEN
            | NotifyType::INVALID_KE_PAYLOAD
            | NotifyType::INVALID_SYNTAX,
        ) => (
            &REKEY_PFS_MISMATCH,
            Confidence::Likely,
            format!(
                "The first child came up, and the {by} refuses to renew it: the {} asks {secrecy} and gets {told}.",
                request.from.name()
            ),
        ),
        Some(NotifyType(WINDOWS_ERROR)) => (
            &WINDOWS_REKEY_REFUSED,
            Confidence::Certain,
            format!(
                "The {by} refuses to renew the child with the notification of Windows, error {}.",
                error
                    .and_then(|error| error.data.first_chunk::<4>())
                    .map_or(0, |data| u32::from_be_bytes(*data))
            ),
        ),
        // What children there may be is told by the rule about further children.
        Some(NotifyType::NO_ADDITIONAL_SAS) => (
            &super::child::NO_ADDITIONAL_SAS,
            Confidence::Certain,
            format!("The {by} refuses to renew the child with {told}."),
        ),
        Some(_) => (
            &REKEY_PFS_MISMATCH,
            Confidence::Possible,
            format!("The {by} refuses to renew the child with {told}."),
        ),
        None => (
            &REKEY_PFS_MISMATCH,
            Confidence::Possible,
            format!(
                "The {by} answers a CREATE_CHILD_SA request{} with {told}: it refuses it. A rekey that wants another PFS \
                 than the peer is the usual reason.",
                seconds(tunnel.first, request.time)
                    .filter(|_| tunnel.beginning_seen)
                    .map_or_else(String::new, |age| format!(
                        ", {} after the setup,",
                        duration(age)
                    ))
            ),
        ),
    };
    let diagnosis = Diagnosis::new(declaration, confidence, Side::Both, summary)
        .evidence(request.frame, "the request to renew")
        .evidence(response.frame, told);
    Some(match error {
        Some(_) => diagnosis.excludes("additional-child-refused", "the request has REKEY_SA"),
        None => diagnosis,
    })
}

/// The rekey of the IKE SA that was refused.
fn ike_rekey_refused<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let refused = refused_requests(tunnel).find(|refused| refused.wanted == Wanted::IkeRekey)?;
    let told = refused.told();
    let first = refused
        .request
        .payloads()
        .proposals
        .first()
        .map_or(1, |proposal| proposal.number);
    let declaration = if first == 1 {
        &IKE_REKEY_REFUSED
    } else {
        &super::interop::MACOS14_IKE_REKEY
    };
    let summary = format!(
        "The {} wanted to renew the IKE SA{}, and the {} refuses with {told}.",
        refused.request.from.name(),
        if first == 1 {
            String::new()
        } else {
            format!(", with proposals that begin with number {first}")
        },
        refused.response.from.name()
    );
    Some(
        Diagnosis::new(declaration, Confidence::Certain, Side::Both, summary)
            .evidence(refused.request.frame, "the request to renew the IKE SA")
            .evidence(refused.response.frame, told)
            .excludes("rekey-pfs-mismatch", "the proposal is for IKE"),
    )
}

/// A CREATE_CHILD_SA request that nothing answers.
fn rekey_unanswered<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    if tunnel.version == 1 {
        return quick_mode_not_answered(tunnel);
    }
    let request = requests(tunnel, ExchangeType::CREATE_CHILD_SA)
        .find(|request| request.answered_by.is_none() && request.transmissions >= 2)?;
    // One that is merely late is answered by a later copy.
    let settled = requests(tunnel, ExchangeType::CREATE_CHILD_SA)
        .any(|later| later.frame > request.frame && later.answered_by.is_some());
    // Nor does a request for which the other side was sooner need an answer.
    if settled || tunnel.replaced_by.is_some() {
        return None;
    }
    let peer = request.from.opposite();
    let data = flows_from(tunnel, peer).any(|(_, flow)| flow.last > request.last_copy().time);
    let summary = format!(
        "The request of the {} for new keys was sent {} without an answer{}.",
        request.from.name(),
        times(request.transmissions),
        if data {
            ", while data of the peer went on"
        } else {
            ""
        }
    );
    let diagnosis = Diagnosis::new(&REKEY_UNANSWERED, Confidence::Certain, side(peer), summary);
    Some(
        with_copies(diagnosis, request, "CREATE_CHILD_SA request")
            .excludes("dpd-timeout", "the request is a CREATE_CHILD_SA")
            .excludes("rekey-pfs-mismatch", "there is no answer at all"),
    )
}

/// Another quick mode that nothing answers, while the first child still carries data of the peer.
fn quick_mode_not_answered(tunnel: &Tunnel) -> Option<Diagnosis> {
    let offer = tunnel.of_step(Step::Quick(1)).find(|offer| {
        offer.transmissions >= UNANSWERED_COPIES
            && !tunnel.messages.iter().any(|message| {
                matches!(message.step, Step::Quick(2..)) && message.message_id == offer.message_id
            })
    })?;
    let settled = tunnel
        .of_step(Step::Quick(2))
        .any(|later| later.frame > offer.frame);
    let peer = offer.from.opposite();
    let refused = tunnel
        .from(peer)
        .any(|message| message.step == Step::Informational && message.frame > offer.frame);
    let data = flows_from(tunnel, peer).any(|(_, flow)| {
        flow.frame_first < offer.frame
            && flow.last > offer.retransmissions.first().and_then(|copy| copy.time)
    });
    if settled || refused || !data {
        return None;
    }
    let summary = format!(
        "The {} began another quick mode, sent {}, and the {} did not answer, while its data went on.",
        offer.from.name(),
        times(offer.transmissions),
        peer.name()
    );
    let diagnosis = Diagnosis::new(&REKEY_UNANSWERED, Confidence::Certain, side(peer), summary);
    Some(
        with_copies(diagnosis, offer, "quick mode message 1")
            .excludes("dpd-timeout", "the peer goes on sending data")
            .excludes("rekey-pfs-mismatch", "there is no answer at all"),
    )
}

/// Two requests for new keys that crossed each other.
fn collision<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let of = |sender: Sender| {
        requests(tunnel, ExchangeType::CREATE_CHILD_SA)
            .filter(move |request| request.from == sender)
    };
    let (one, other) = of(Sender::Initiator).find_map(|one| {
        let crossing = of(Sender::Responder).find(|other| {
            let (earlier, later) = if one.frame < other.frame {
                (one, *other)
            } else {
                (*other, one)
            };
            let ends = earlier.answered_by.or_else(|| {
                // Never answered: only what follows closely crossed it.
                within(earlier.time, later.time, CROSSING_SECONDS).then_some(later.frame)
            });
            let rekeys = |message: &Message| {
                message.opened.is_none() || wanted(tunnel, message) != Wanted::Child
            };
            ends.is_some_and(|answered| later.frame <= answered) && rekeys(one) && rekeys(other)
        })?;
        Some((one, crossing))
    })?;
    let kind = match (wanted(tunnel, one), wanted(tunnel, other)) {
        _ if one.opened.is_none() || other.opened.is_none() => "new keys",
        (Wanted::IkeRekey, Wanted::IkeRekey) => "a new IKE SA",
        _ => "a new child",
    };
    let summary = format!(
        "Both sides asked for {kind} before either had an answer; the standard decides which one survives."
    );
    let confidence = if one.opened.is_some() && other.opened.is_some() {
        Confidence::Certain
    } else {
        Confidence::Likely
    };
    Some(
        Diagnosis::new(&REKEY_COLLISION, confidence, Side::Both, summary)
            .evidence(one.frame, "the request of the initiator")
            .evidence(other.frame, "the request of the responder"),
    )
}

/// The side that answers a rekey deletes the old child at the same time.
fn delete_race<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    // Where both rekey at once, one of the new children is deleted at once.
    if collision(tunnel, around).is_some() {
        return None;
    }
    let (response, delete) =
        requests(tunnel, ExchangeType::CREATE_CHILD_SA).find_map(|request| {
            let response = answer(tunnel, request)?;
            let delete = requests(tunnel, ExchangeType::INFORMATIONAL).find(|delete| {
                let read = delete.opened.as_ref();
                let small = delete
                    .inner_octets
                    .is_none_or(|(smallest, _)| smallest <= LARGEST_DELETE);
                let apart = seconds(response.time, delete.time).map(f64::abs);
                delete.from == response.from
                    && apart.is_some_and(|apart| apart < RACE_SECONDS)
                    && read.map_or(small, |read| {
                        read.deletes
                            .iter()
                            .any(|delete| matches!(delete.protocol, Protocol::Esp | Protocol::Ah))
                    })
            })?;
            Some((response, delete))
        })?;
    let apart = seconds(response.time, delete.time).unwrap_or(0.0).abs();
    let crossed = delete.frame < response.frame;
    let summary = format!(
        "The {} answered a request for new keys and sent another request {:.2} ms {}: a Delete of the old child may \
         overtake the answer.",
        response.from.name(),
        apart * 1e3,
        if crossed { "before" } else { "after" }
    );
    let confidence = if delete.opened.is_some() {
        Confidence::Certain
    } else {
        Confidence::Possible
    };
    Some(
        Diagnosis::new(&REKEY_DELETE_RACE, confidence, side(response.from), summary)
            .evidence(response.frame, "the answer to the request for new keys")
            .evidence(delete.frame, "the request right beside it"),
    )
}

/// A child that ends by age and is set up anew instead of renewed.
fn not_renewed<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    if tunnel.version != 2 {
        return not_renewed_v1(tunnel, around);
    }
    let (delete, anew) = requests(tunnel, ExchangeType::INFORMATIONAL).find_map(|delete| {
        if let Some(read) = &delete.opened {
            read.deletes
                .iter()
                .find(|delete| matches!(delete.protocol, Protocol::Esp | Protocol::Ah))?;
        }
        let asked_before = requests(tunnel, ExchangeType::CREATE_CHILD_SA).any(|request| {
            request.frame < delete.frame && within(request.time, delete.time, REKEY_SECONDS)
        });
        // By hand it takes longer.
        let old = at_least(tunnel.first, delete.time, REKEY_SECONDS);
        let anew = requests(tunnel, ExchangeType::CREATE_CHILD_SA).find(|request| {
            request.frame > delete.frame
                && (within(delete.time, request.time, AT_ONCE_SECONDS)
                    || old && within(delete.time, request.time, ANEW_SECONDS))
                && request.answered_by.is_some()
                && (request.opened.is_none() || wanted(tunnel, request) == Wanted::Child)
        })?;
        // Without keys a change of SPIs must show that the first message was a Delete.
        // A new address is announced in more octets and tested in none; both may come before a rekey.
        let small = delete.inner_octets.is_none_or(|(smallest, largest)| {
            smallest <= ONE_NOTIFY_OCTETS && largest >= ONE_DELETE_OCTETS
        });
        let aged = !tunnel.beginning_seen || at_least(tunnel.first, delete.time, SHORTEST_LIFETIME);
        // A rekey ends with the Delete of the old child, by who asked for it.
        let rekey = requests(tunnel, ExchangeType::INFORMATIONAL).any(|other| {
            other.from == anew.from
                && other.frame > anew.frame
                && within(anew.time, other.time, ANEW_SECONDS)
        });
        let told =
            aged && (delete.opened.is_some() || small && !rekey && !spi_goes_on(tunnel, delete));
        (!asked_before && told).then_some((delete, anew))
    })?;
    let age = seconds(tunnel.first, delete.time).filter(|_| tunnel.beginning_seen);
    let summary = format!(
        "The {} deleted the child {}without a rekey before, and a new one was set up at once.",
        delete.from.name(),
        age.map_or_else(String::new, |age| format!(
            "{} after the setup ",
            duration(age)
        ))
    );
    let confidence = if delete.opened.is_some() {
        Confidence::Certain
    } else {
        Confidence::Likely
    };
    Some(
        Diagnosis::new(&LIFETIME_NO_REKEY, confidence, side(delete.from), summary)
            .evidence(delete.frame, "Delete of the child")
            .evidence(anew.frame, "a new child is asked for, not a rekey")
            .excludes("rekey-pfs-mismatch", "no rekey was asked for")
            .excludes("idle-teardown", "a new child follows at once"),
    )
}

/// A child of IKEv1 that is deleted at the age that quick mode agreed on.
fn not_renewed_v1(tunnel: &Tunnel, around: &Surroundings<'_>) -> Option<Diagnosis> {
    let (child, lifetime, (by, frame, time)) = tunnel.children.iter().find_map(|child| {
        let (lifetime, deleted) = (child.lifetime_seconds?, child.deleted?);
        let age = seconds(child.time, deleted.2)?;
        let past = age - lifetime as f64;
        let expired = (-EARLY_SECONDS..LATE_SECONDS).contains(&past);
        expired.then_some((child, lifetime, deleted))
    })?;
    // A quick mode before that is the rekey that was missing.
    let asked = tunnel
        .of_step(Step::Quick(1))
        .any(|offer| Some(offer.frame) > child.response && offer.frame < frame);
    if asked || child.state == ChildState::Rekeyed {
        return None;
    }
    let summary = format!(
        "The child was agreed on for {lifetime} s, nobody began a quick mode in that time, and the {} deleted it after {}.",
        by.name(),
        seconds(child.time, time).map_or_else(String::new, duration)
    );
    // Who goes on sending misses it.
    let wanted =
        super::data_plane::beside(tunnel, around).is_some_and(|(traffic, _)| traffic.first > time);
    let severity = match wanted {
        true => Severity::Failure,
        false => LIFETIME_NO_REKEY.severity,
    };
    Some(
        Diagnosis::new(&LIFETIME_NO_REKEY, Confidence::Certain, side(by), summary)
            .severity(severity)
            .evidence_if(child.response, "the child is up")
            .evidence(frame, "Delete of the child")
            .excludes(
                "idle-teardown",
                "the age is the lifetime that was agreed on",
            ),
    )
}

/// Whether data goes on with SPIs from before this message.
fn spi_goes_on(tunnel: &Tunnel, message: &Message) -> bool {
    SIDES.into_iter().any(|sender| {
        flows_from(tunnel, sender).any(|(_, flow)| {
            flow.frame_first < message.frame && flow.frame_last > message.last_copy().frame
        })
    })
}

/// Packets of an SA long after it was deleted or replaced.
fn old_one_used<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let used = |child: &'a Child| {
        let (_, frame, time) = child.deleted?;
        SIDES.into_iter().find_map(|sender| {
            let flow = flow_from(child, sender)?;
            let late = seconds(time, flow.last)?;
            // A clock that was set makes it late, and not the last packet.
            (late > OVERLAP_SECONDS && flow.frame_last > frame)
                .then_some((child, sender, flow, late, frame))
        })
    };
    let (child, sender, flow, late, frame) = tunnel.children.iter().find_map(used)?;
    let read = tunnel
        .message(frame)
        .is_some_and(|message| message.opened.is_some());
    let renewed = child.state == ChildState::Rekeyed;
    let declaration = if read || !renewed {
        &OLD_SA_USED_AFTER_DELETE
    } else {
        &NEW_SA_NOT_USED
    };
    let summary = format!(
        "The {} goes on sending with SPI 0x{:08x} for {} after that SA was deleted{}.",
        sender.name(),
        flow.spi.0,
        duration(late),
        if renewed {
            " in favour of a new one"
        } else {
            ""
        }
    );
    let confidence = if read {
        Confidence::Certain
    } else {
        Confidence::Possible
    };
    Some(
        Diagnosis::new(declaration, confidence, side(sender), summary)
            .evidence(frame, "the Delete")
            .evidence(flow.frame_last, "a packet of the deleted SA"),
    )
}

/// The end of an IKE SA and a new one at once, by one side.
fn authenticated_again<'a>(
    tunnel: &'a Tunnel,
    surroundings: &Surroundings<'a>,
) -> Option<Diagnosis> {
    if !was_up(tunnel) {
        return None;
    }
    let pair = |old: &'a Tunnel, new: &'a Tunnel| {
        // Most neighbours were there at another time: only then is it worth a look at their messages.
        let apart = old.replaced_by.is_none() && new.replaces.is_none();
        let near = seconds(old.last, new.first).is_none_or(|gap| gap <= REAUTH_SECONDS);
        if !apart || !near || old.first > new.first {
            return None;
        }
        let (frame, time) = ending(old)?;
        let gap = seconds(time, new.first)?;
        let at_once = (0.0..=REAUTH_SECONDS).contains(&gap);
        (at_once && was_up(old) && was_up(new)).then_some((old, new, frame))
    };
    let (old, new, frame) = surroundings
        .same_peers(tunnel)
        .find_map(|other| pair(tunnel, other).or_else(|| pair(other, tunnel)))?;
    // The peer announced it: then that is the explanation.
    let announced = [old, new]
        .iter()
        .any(|tunnel| tunnel.notify(NotifyType::AUTH_LIFETIME.0).is_some());
    // Another one was up already and stays.
    let time = ending(old)?.1;
    let covered = surroundings.same_peers(old).any(|third| {
        third.id != new.id
            && third.first < time
            && was_up(third)
            && ending(third).is_none_or(|(_, ended)| ended > time)
    });
    if announced || covered {
        return None;
    }
    let last = SIDES
        .into_iter()
        .filter_map(|sender| {
            flows_from(old, sender)
                .filter_map(|(_, flow)| flow.last)
                .max()
        })
        .max();
    let first = SIDES
        .into_iter()
        .filter_map(|sender| {
            flows_from(new, sender)
                .filter_map(|(_, flow)| flow.first)
                .min()
        })
        .min();
    // Who is thrown out and comes back does not authenticate again of its own will.
    let thrown_out = old
        .deleted
        .and_then(|(by, ..)| old.peer(by))
        .is_some_and(|by| by.address != new.initiator.address);
    if thrown_out {
        return None;
    }
    let pause = seconds(last, first);
    let summary = format!(
        "Tunnel {} was deleted and tunnel {} set up at once{}.",
        old.id,
        new.id,
        pause.map_or_else(String::new, |pause| format!(
            "; between the last packet of the one and the first of the other are {}",
            duration(pause.max(0.0))
        ))
    );
    Some(
        Diagnosis::new(&REAUTH_GAP, Confidence::Likely, Side::Both, summary)
            .evidence(frame, "Delete of the old IKE SA")
            .evidence_if(
                new.messages.first().map(|message| message.frame),
                "the new negotiation",
            ),
    )
}

/// The Delete of an IKE SA: known, or an Informational exchange that ended it.
pub(super) fn ending(tunnel: &Tunnel) -> Option<(FrameId, Option<Timestamp>)> {
    if let Some((_, frame, time)) = tunnel.deleted {
        return Some((frame, time));
    }
    // Most tunnels do not end so, and many are asked: the last message tells.
    tunnel
        .messages
        .last()
        .filter(|message| message.exchange == ExchangeType::INFORMATIONAL.0)?;
    let last = tunnel
        .messages
        .iter()
        .rev()
        .find(|message| message.request && message.exchange == ExchangeType::INFORMATIONAL.0)?;
    let heard = SIDES
        .into_iter()
        .filter_map(|sender| {
            flows_from(tunnel, sender)
                .filter_map(|(_, flow)| flow.last)
                .max()
        })
        .max();
    let final_one = tunnel
        .messages
        .iter()
        .all(|message| message.frame <= last.frame || message.answers == Some(last.frame));
    let closed = last.opened.is_none() && tunnel.version == 2;
    // What was sent before the Delete came arrives after it.
    let end = last
        .answered_by
        .and_then(|answer| tunnel.message(answer)?.time)
        .max(last.last_copy().time);
    (closed && final_one && heard <= end).then_some((last.frame, last.time))
}

/// AUTH_LIFETIME.
fn lifetime_of_authentication<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (message, notify) = tunnel.notify(NotifyType::AUTH_LIFETIME.0)?;
    if tunnel.version != 2 {
        return None;
    }
    let lifetime = u32::from_be_bytes(*notify.data.first_chunk::<4>()?);
    let summary = format!(
        "The {} wants a new authentication within {lifetime} s ({}).",
        message.from.name(),
        duration(f64::from(lifetime))
    );
    Some(
        Diagnosis::new(
            &AUTH_LIFETIME,
            Confidence::Certain,
            side(message.from),
            summary,
        )
        .evidence(message.frame, "AUTH_LIFETIME"),
    )
}

/// Children that carry about the same amount each and follow each other quickly.
fn renewed_by_volume<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let packets = |child: &Child| {
        SIDES
            .into_iter()
            .filter_map(|sender| Some(flow_from(child, sender)?.packets))
            .max()
            .unwrap_or(0)
    };
    let renewed: Vec<&Child> = tunnel
        .children
        .iter()
        .filter(|child| child.state == ChildState::Rekeyed && child.time.is_some())
        .collect();
    let counts: Vec<u64> = renewed.iter().map(|child| packets(child)).collect();
    let least = counts.iter().min().copied()?;
    let most = counts.iter().max().copied()?;
    let spacings: Vec<f64> = renewed
        .iter()
        .zip(renewed.iter().skip(1))
        .filter_map(|(one, next)| seconds(one.time, next.time))
        .collect();
    let longest = spacings.iter().copied().fold(0.0, f64::max);
    let shortest = spacings.iter().copied().fold(f64::INFINITY, f64::min);
    // A clock renews at even distances whatever passes; a counter after the same amount whenever it passed.
    let by_volume = most <= least + least / 2 && least >= MANY_PACKETS;
    let by_clock = longest < shortest * 1.15 && most > least + least / 10;
    // What makes the counter full is a packet.
    let under_load = renewed.iter().all(|child| {
        let last = SIDES
            .into_iter()
            .filter_map(|sender| flow_from(child, sender)?.last)
            .max();
        let next = tunnel
            .children
            .iter()
            .filter_map(|next| next.time.filter(|time| Some(*time) > child.time))
            .min();
        next.is_none() || within(next, last, STORM_SECONDS) || within(last, next, COUNTED_SECONDS)
    });
    let of_volume = by_volume && !by_clock && under_load;
    if renewed.len() < MANY_REKEYS || !of_volume || longest > STORM_SECONDS {
        return None;
    }
    let amount = if least == most {
        least.to_string()
    } else {
        format!("{least} to {most}")
    };
    let summary = format!(
        "The child was renewed {}, each time after {amount} packets, {} to {} apart: the limit is an amount of \
         data and not a time.",
        times(renewed.len() as u32),
        duration(shortest),
        duration(longest)
    );
    let diagnosis = Diagnosis::new(&VOLUME_REKEY_STORM, Confidence::Likely, Side::Both, summary);
    Some(
        renewed
            .iter()
            .filter_map(|child| child.request)
            .take(SHOWN_REKEYS)
            .fold(diagnosis, |diagnosis, frame| {
                diagnosis.evidence(frame, "a new child")
            }),
    )
}

/// A client that begins anew at the ages that Apple's have.
fn eight_minutes<'a>(tunnel: &'a Tunnel, surroundings: &Surroundings<'a>) -> Option<Diagnosis> {
    if !was_up(tunnel) {
        return None;
    }
    let (new, age) = surroundings.same_peers(tunnel).find_map(|other| {
        let age = seconds(tunnel.first, other.first)?;
        let usual = APPLE_AGES
            .iter()
            .any(|usual| (age - usual).abs() < AGE_TOLERANCE_SECONDS);
        let same = other.initiator.address == tunnel.initiator.address && other.replaces.is_none();
        (usual && same && was_up(other)).then_some((other, age))
    })?;
    let ended = [
        tunnel.deleted.and_then(|(_, _, time)| time),
        last_heard(tunnel, Sender::Initiator),
    ];
    let soon =
        ended.into_iter().flatten().max().is_some_and(|end| {
            seconds(new.first, Some(end)).is_some_and(|after| after < ENDS_SECONDS)
        });
    if !soon {
        return None;
    }
    let summary = format!(
        "The initiator set up tunnel {} anew {} after this one, as Apple clients do whose rekey did not succeed.",
        new.id,
        duration(age)
    );
    Some(
        Diagnosis::new(
            &IOS_8_MINUTE,
            Confidence::Possible,
            Side::Initiator,
            summary,
        )
        .evidence_if(
            new.messages.first().map(|message| message.frame),
            "the new negotiation",
        ),
    )
}

/// Quick mode every five minutes.
fn quick_mode_again<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let offers: Vec<&Message> = tunnel.of_step(Step::Quick(1)).collect();
    let even = offers
        .iter()
        .zip(offers.iter().skip(1))
        .filter_map(|(one, next)| seconds(one.time, next.time))
        .filter(|apart| (apart - IDLE_QUICK_SECONDS).abs() < AGE_TOLERANCE_SECONDS)
        .count();
    let first = offers.first()?;
    if even < 2 {
        return None;
    }
    let summary = format!("Quick mode was done {even} times 300 s after the last one.");
    Some(
        Diagnosis::new(
            &IDLE_TIMEOUT_QM,
            Confidence::Possible,
            side(first.from),
            summary,
        )
        .evidence(first.frame, "quick mode message 1"),
    )
}

/// Message IDs that the peer cannot expect.
fn ids_out_of_step<'a>(tunnel: &'a Tunnel, surroundings: &Surroundings<'a>) -> Option<Diagnosis> {
    if tunnel.version != 2 || surroundings.capture.truncated > 0 {
        return None;
    }
    SIDES.into_iter().find_map(|sender| {
        let sent: Vec<&Message> = tunnel
            .from(sender)
            .filter(|message| message.request)
            .collect();
        let window = tunnel
            .from(sender.opposite())
            .filter_map(|message| message.payloads().notify(NotifyType::SET_WINDOW_SIZE.0))
            .filter_map(|notify| Some(u32::from_be_bytes(*notify.data.first_chunk::<4>()?)))
            .max()
            .unwrap_or(1);
        let none_answered = sent.iter().all(|request| request.answered_by.is_none());
        // The responder's first request has number 0 (RFC 7296, section 2.2).
        let first = sent.first().filter(|first| {
            sender == Sender::Responder
                && tunnel.beginning_seen
                && tunnel.replaces.is_none()
                && none_answered
                && first.message_id > window
                && (sent.len() > 1 || first.transmissions > 1)
        });
        let jump = sent
            .iter()
            .zip(sent.iter().skip(1))
            .find(|(before, after)| {
                let ahead = after.message_id.saturating_sub(before.message_id) > window.max(1);
                let back = after.message_id <= before.message_id
                    && after.exchange != ExchangeType::IKE_SA_INIT.0;
                before.answered_by.is_some()
                    && after.answered_by.is_none()
                    && after.transmissions > 1
                    && (ahead || back)
            })
            .map(|(before, after)| (Some(before), after));
        let (before, jump) = jump
            .or_else(|| Some((None, first?)))
            .filter(|_| tunnel.forgotten_messages == 0)?;
        let summary = format!(
            "The {} {} message ID {}, and that request is not answered.",
            sender.name(),
            before.map_or_else(
                || "begins with".to_owned(),
                |before| format!("goes from message ID {} to", before.message_id)
            ),
            jump.message_id
        );
        let diagnosis = Diagnosis::new(&MID_DESYNC, Confidence::Certain, side(sender), summary)
            .evidence_if(before.map(|before| before.frame), "the request before");
        Some(with_copies(
            diagnosis,
            jump,
            "a message ID that the peer cannot expect",
        ))
    })
}

/// Children with the same selectors that pile up.
fn many_children<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let live: Vec<&Child> = tunnel
        .children
        .iter()
        .filter(|child| {
            child.state == ChildState::Established
                && !child.inferred
                && !child.selectors_initiator.is_empty()
        })
        .collect();
    let (first, same) = live.iter().find_map(|child| {
        let same: Vec<&&Child> = live
            .iter()
            .filter(|other| {
                other.selectors_initiator == child.selectors_initiator
                    && other.selectors_responder == child.selectors_responder
            })
            .collect();
        (same.len() >= MANY_CHILDREN).then_some((child, same))
    })?;
    let summary = format!(
        "{} children between {} and {} are up at the same time, and none was deleted.",
        same.len(),
        first.selectors_initiator.join(", "),
        first.selectors_responder.join(", ")
    );
    Some(
        same.iter()
            .filter_map(|child| child.response)
            .take(SHOWN_REKEYS)
            .fold(
                Diagnosis::new(
                    &DUPLICATE_CHILDREN,
                    Confidence::Certain,
                    Side::Both,
                    summary,
                ),
                |diagnosis, frame| diagnosis.evidence(frame, "one more child"),
            ),
    )
}

/// Phase 1 deleted while its phase 2 goes on.
fn phase_1_gone<'a>(tunnel: &'a Tunnel, surroundings: &Surroundings<'a>) -> Option<Diagnosis> {
    let (by, frame, time) = tunnel.deleted.filter(|_| tunnel.version == 1)?;
    let (goes_on, flow) = SIDES.into_iter().find_map(|sender| {
        flows_from(tunnel, sender)
            .filter(|(_, flow)| seconds(time, flow.last).is_some_and(|late| late > OVERLAP_SECONDS))
            .map(|(_, flow)| (sender, flow))
            .next()
    })?;
    let renewed = surroundings
        .same_peers(tunnel)
        .any(|other| other.first > tunnel.first && was_up(other));
    if renewed {
        return None;
    }
    let summary = format!(
        "The {} deleted phase 1, and data of the {} goes on for {}.",
        by.name(),
        goes_on.name(),
        seconds(time, flow.last).map_or_else(String::new, duration)
    );
    Some(
        Diagnosis::new(
            &IKEV1_PH1_EXPIRED_KEEPS_PH2,
            Confidence::Likely,
            Side::Both,
            summary,
        )
        .evidence(frame, "Delete of the IKE SA")
        .evidence(flow.frame_last, "data after that"),
    )
}

/// A notification of Windows with its error number (private use, MS-IKEE, section 2.2.5).
const WINDOWS_ERROR: u16 = 12_345;

/// One copy may be lost, and its answer too.
const UNANSWERED_COPIES: u32 = 3;

/// A request that crosses one without an answer follows within a round trip.
const CROSSING_SECONDS: f64 = 1.0;

/// Closer than a message can be installed and a new one made.
const RACE_SECONDS: f64 = 0.001;

/// A rekey and the Delete of the old SA belong together within this time.
const REKEY_SECONDS: f64 = 30.0;

/// Delete of one or two children.
const LARGEST_DELETE: u32 = 16;

/// What a daemon does at once.
const AT_ONCE_SECONDS: f64 = 0.3;

/// What is set up at once comes within this time.
const ANEW_SECONDS: f64 = 3.0;

/// A daemon that authenticates again begins at once, after a round trip or two; by hand it takes longer.
const REAUTH_SECONDS: f64 = 1.0;

/// Both SAs may be used for a while after a rekey; strongSwan keeps the old one for five seconds.
const OVERLAP_SECONDS: f64 = 10.0;

/// Fewer than these could be a test by hand.
const MANY_REKEYS: usize = 2;

/// Fewer than these tell nothing about a limit.
const MANY_PACKETS: u64 = 4;

/// Children renewed less often than this do no harm.
const STORM_SECONDS: f64 = 300.0;

/// Ages at which Apple clients begin anew: 8, 24 and 48 minutes.
const APPLE_AGES: [f64; 3] = [480.0, 1_440.0, 2_880.0];

/// The idle time of Windows.
const IDLE_QUICK_SECONDS: f64 = 300.0;

const AGE_TOLERANCE_SECONDS: f64 = 5.0;

/// The old tunnel ends soon after the new one is up.
const ENDS_SECONDS: f64 = 30.0;

/// More than a rekey and a collision leave for a moment.
const MANY_CHILDREN: usize = 4;

/// Frames that are worth a line.
const SHOWN_REKEYS: usize = 6;

/// A daemon deletes an expired SA within this time.
const LATE_SECONDS: f64 = 2.0;

/// The initiator counts from message 2, the responder from message 1; the child is seen to be up later than both.
const EARLY_SECONDS: f64 = 0.5;

/// A daemon asks the kernel for its counters, or is told, within this time.
const COUNTED_SECONDS: f64 = 2.0;

/// No SA is meant to live for less, in seconds.
const SHORTEST_LIFETIME: f64 = 3.0;

#[cfg(test)]
mod tests {
    use super::super::sample::{
        CREATE_CHILD_SA, INFORMATIONAL, again, at, child, delete_child, exchange, flow, frame, ids,
        ids_among, notifies, open, send, tunnel,
    };
    use super::*;

    const I: Sender = Sender::Initiator;
    const R: Sender = Sender::Responder;

    fn up() -> Tunnel {
        let mut tunnel = tunnel(2);
        let child = child(&mut tunnel);
        child.from_initiator = Some(flow(I, 10, 100, 900));
        child.from_responder = Some(flow(R, 10, 101, 901));
        tunnel
    }

    /// A refused rekey, as opened messages show it.
    fn refused(asked: &[NotifyType], told: NotifyType) -> Vec<&'static str> {
        let mut tunnel = up();
        exchange(&mut tunnel, CREATE_CHILD_SA, I, 400_000);
        open(&mut tunnel, notifies(asked), notifies(&[told]));
        ids(&tunnel)
    }

    #[test]
    fn the_notification_tells_why_a_rekey_is_refused() {
        let rekey = [NotifyType::REKEY_SA];
        assert_eq!(
            refused(&rekey, NotifyType::NO_PROPOSAL_CHOSEN),
            ["rekey-pfs-mismatch"]
        );
        assert_eq!(
            refused(&rekey, NotifyType::TS_UNACCEPTABLE),
            ["rekey-ts-mismatch"]
        );
        assert_eq!(
            refused(&rekey, NotifyType::NO_ADDITIONAL_SAS),
            ["no-additional-sas"]
        );
        assert_eq!(
            refused(&rekey, NotifyType(WINDOWS_ERROR)),
            ["windows-rekey-refused"]
        );
        assert_eq!(refused(&[], NotifyType::TS_MAX_QUEUE), ["ts-max-queue"]);
        assert_eq!(
            refused(&[], NotifyType::SINGLE_PAIR_REQUIRED),
            ["single-pair-required"]
        );
        assert_eq!(
            refused(&[], NotifyType::NO_PROPOSAL_CHOSEN),
            ["additional-child-refused"]
        );
    }

    #[test]
    fn what_is_refused_in_passing_is_no_failure() {
        let rekey = [NotifyType::REKEY_SA];
        assert!(refused(&rekey, NotifyType::TEMPORARY_FAILURE).is_empty());
        assert!(refused(&rekey, NotifyType::CHILD_SA_NOT_FOUND).is_empty());
        let mut tunnel = up();
        exchange(&mut tunnel, CREATE_CHILD_SA, I, 400_000);
        open(
            &mut tunnel,
            notifies(&rekey),
            notifies(&[NotifyType::INVALID_KE_PAYLOAD]),
        );
        exchange(&mut tunnel, CREATE_CHILD_SA, I, 400_020);
        open(&mut tunnel, notifies(&rekey), notifies(&[]));
        assert!(!ids(&tunnel).contains(&"rekey-pfs-mismatch"));
    }

    #[test]
    fn a_request_is_unanswered_after_its_second_copy() {
        let mut tunnel = up();
        send(&mut tunnel, Step::V2(CREATE_CHILD_SA, false), I, 400_000);
        assert!(!ids(&tunnel).contains(&"rekey-unanswered"));
        again(&mut tunnel, &[404_000]);
        assert!(ids(&tunnel).contains(&"rekey-unanswered"));
        tunnel.replaced_by = Some(2);
        assert!(!ids(&tunnel).contains(&"rekey-unanswered"));
    }

    #[test]
    fn who_authenticates_again_does_so_at_once() {
        let with = |begin: i64| {
            let (mut old, mut new) = (up(), up());
            old.deleted = Some((I, frame(4_900), Some(at(4_900))));
            old.last = Some(at(4_900));
            (new.id, new.first) = (2, Some(at(begin)));
            // Make before break: another one is there.
            let mut other = up();
            (other.id, other.first) = (3, Some(at(4_000)));
            let alone = ids_among(&old, &[&old, &new]).contains(&"reauth-gap");
            assert!(!ids_among(&old, &[&old, &new, &other]).contains(&"reauth-gap"));
            alone
        };
        assert!(with(5_000));
        assert!(!with(7_000));
    }

    #[test]
    fn a_request_before_a_rekey_is_no_delete() {
        let with = |end: i64| {
            let mut tunnel = up();
            exchange(&mut tunnel, INFORMATIONAL, R, 60_000);
            exchange(&mut tunnel, CREATE_CHILD_SA, I, 60_100);
            exchange(&mut tunnel, INFORMATIONAL, I, end);
            ids(&tunnel).contains(&"lifetime-no-rekey")
        };
        assert!(with(70_000));
        assert!(!with(60_200));
    }

    #[test]
    fn a_child_of_ikev1_that_ends_at_its_agreed_age_was_not_renewed() {
        let with = |deleted: i64| {
            let mut tunnel = tunnel(1);
            let child = child(&mut tunnel);
            (child.time, child.lifetime_seconds) = (Some(at(20)), Some(7));
            child.deleted = Some((I, frame(deleted), Some(at(deleted))));
            ids(&tunnel).contains(&"lifetime-no-rekey")
        };
        assert!(with(7_025));
        // The initiator counts from before its last message.
        assert!(with(7_010));
        assert!(!with(6_000));
        assert!(!with(12_000));
    }

    #[test]
    fn requests_that_cross_collide_and_those_in_turn_do_not() {
        let mut tunnel = up();
        exchange(&mut tunnel, CREATE_CHILD_SA, I, 400_000);
        exchange(&mut tunnel, CREATE_CHILD_SA, R, 400_010);
        assert!(!ids(&tunnel).contains(&"rekey-collision"));
        let mut tunnel = up();
        exchange(&mut tunnel, CREATE_CHILD_SA, I, 400_000);
        exchange(&mut tunnel, CREATE_CHILD_SA, R, 400_003);
        assert!(ids(&tunnel).contains(&"rekey-collision"));
    }

    #[test]
    fn packets_long_after_a_delete_are_told() {
        let with = |last: i64| {
            let mut tunnel = up();
            exchange(&mut tunnel, INFORMATIONAL, I, 20_000);
            open(&mut tunnel, delete_child(), delete_child());
            let child = tunnel.children.last_mut().unwrap();
            child.deleted = Some((I, frame(20_000), Some(at(20_000))));
            child.state = ChildState::Closed;
            child.from_responder = Some(flow(R, 100, 100, last));
            ids(&tunnel)
        };
        assert!(with(31_000).contains(&"old-sa-used-after-delete"));
        assert!(!with(24_000).contains(&"old-sa-used-after-delete"));
    }

    #[test]
    fn a_message_id_may_not_jump() {
        let with = |number: u32| {
            let mut tunnel = up();
            exchange(&mut tunnel, INFORMATIONAL, I, 20_000);
            let before = tunnel.messages[tunnel.messages.len() - 2].message_id;
            send(&mut tunnel, Step::V2(INFORMATIONAL, false), I, 30_000).message_id =
                before + number;
            again(&mut tunnel, &[31_000, 33_000]);
            ids(&tunnel)
        };
        assert!(with(5).contains(&"mid-desync"));
        assert!(!with(1).contains(&"mid-desync"));
    }

    /// RFC 7296, section 2.2: each side begins with 0.
    #[test]
    fn nor_may_the_first_one_of_the_responder_be_ahead() {
        let with = |number: u32| {
            let mut tunnel = up();
            send(&mut tunnel, Step::V2(INFORMATIONAL, false), R, 30_000).message_id = number;
            again(&mut tunnel, &[31_000]);
            ids(&tunnel)
        };
        assert!(with(5).contains(&"mid-desync"));
        assert!(!with(0).contains(&"mid-desync"));
    }

    #[test]
    fn the_authentication_lifetime_is_told() {
        let mut tunnel = up();
        let mut payloads = notifies(&[NotifyType::AUTH_LIFETIME]);
        payloads.notifies[0].data = [0, 0, 0x0e, 0x10].into();
        tunnel.messages[3].opened = Some(payloads.into());
        assert!(ids(&tunnel).contains(&"auth-lifetime"));
    }

    #[test]
    fn four_children_for_one_pair_of_networks_are_too_many() {
        let with = |count: usize| {
            let mut tunnel = tunnel(2);
            for _ in 0..count {
                let child = child(&mut tunnel);
                child.selectors_initiator = vec!["10.1.0.0/24".to_owned()];
                child.selectors_responder = vec!["10.2.0.0/24".to_owned()];
            }
            ids(&tunnel)
        };
        assert!(with(4).contains(&"duplicate-children"));
        assert!(!with(3).contains(&"duplicate-children"));
    }

    #[test]
    fn quick_mode_every_five_minutes_is_told() {
        let with = |apart: i64| {
            let mut tunnel = tunnel(1);
            for number in 0..4 {
                send(&mut tunnel, Step::Quick(1), I, number * apart);
            }
            ids(&tunnel)
        };
        assert!(with(300_000).contains(&"idle-timeout-qm"));
        assert!(!with(330_000).contains(&"idle-timeout-qm"));
    }

    #[test]
    fn an_answer_and_a_delete_at_the_same_moment_are_a_race() {
        let with = |apart: i64| {
            let mut tunnel = up();
            exchange(&mut tunnel, CREATE_CHILD_SA, I, 20_000);
            exchange(&mut tunnel, INFORMATIONAL, R, 20_005 + apart);
            ids(&tunnel)
        };
        assert!(with(0).contains(&"rekey-delete-race"));
        assert!(!with(2).contains(&"rekey-delete-race"));
        // Of the children of a collision one goes at once.
        let mut tunnel = up();
        exchange(&mut tunnel, CREATE_CHILD_SA, I, 20_000);
        exchange(&mut tunnel, CREATE_CHILD_SA, R, 20_003);
        exchange(&mut tunnel, INFORMATIONAL, R, 20_005);
        assert!(!ids(&tunnel).contains(&"rekey-delete-race"));
    }

    #[test]
    fn a_quick_mode_without_answer_beside_data_is_a_rekey_that_is_not_answered() {
        let told = |until: i64| {
            let mut tunnel = tunnel(1);
            for (number, from) in [(1, I), (2, R), (3, I)] {
                send(&mut tunnel, Step::Quick(number), from, i64::from(number)).message_id = 7;
            }
            let child = child(&mut tunnel);
            child.from_initiator = Some(flow(I, 50, 100, 9_000));
            child.from_responder = Some(flow(R, 50, 101, until));
            send(&mut tunnel, Step::Quick(1), I, 1_000).message_id = 8;
            again(&mut tunnel, &[2_000, 3_500, 5_750]);
            ids(&tunnel).contains(&"rekey-unanswered")
        };
        assert!(told(9_001));
        // A peer that is silent altogether has not ignored this message.
        assert!(!told(900));
    }
}
