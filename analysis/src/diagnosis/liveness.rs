//! Whether the peer is still there: liveness checks, restarts, teardown.

use super::declaration::{Declaration, Need, Severity, Side};

/// Everything on this topic.
pub(super) const DECLARATIONS: &[&Declaration] = &[
    &DPD_TIMEOUT,
    &DPD_ONE_SIDED,
    &DPD_TOO_AGGRESSIVE,
    &PEER_REBOOTED_STALE_SA,
    &UNILATERAL_DELETE_LOOP,
    &IDLE_TEARDOWN,
    &DPD_NOT_PERSISTENT,
    &INITIAL_CONTACT_WIPES,
];

pub(super) static DPD_TIMEOUT: Declaration = Declaration {
    id: "dpd-timeout",
    title: "The peer does not answer liveness checks any more",
    severity: Severity::Failure,
    weight: 60,
    explanation: "The tunnel was up, and from some moment on nothing comes back: neither answers to the liveness \
        checks nor, as a rule, data. The peer, its daemon or the path is gone. The side that asks gives up and ends \
        the tunnel.",
    symptom: "\"Peer is not responsive, declaring peer dead\", \"DPD timed out\", \"giving up after retransmits\" on \
        an Informational.",
    wire: "IKEv2: the same empty Informational request again and again. IKEv1: encrypted Informationals of one side \
        at regular distances. No answer; then perhaps a new first message.",
    opened: "The requests are empty, or R-U-THERE.",
    checks: &[
        (
            Side::Responder,
            "what happened at the time of its last packet: restart, failover, loss of the uplink",
        ),
        (
            Side::Network,
            "what stopped first: ESP of the peer, IKE of the peer, or both",
        ),
    ],
    needs: &[Need::Clear, Need::Timing, Need::BothDirections],
    competitors: &[
        (
            "peer-rebooted-stale-sa",
            "the peer answers, but does not know the SA",
        ),
        ("dpd-one-sided", "data of the peer goes on"),
        ("rekey-unanswered", "the request is a CREATE_CHILD_SA"),
        ("dpd-too-aggressive", "the answers come, too late"),
    ],
    references: &["RFC 7296, section 2.4", "RFC 3706, section 5"],
    see: None,
};

pub(super) static DPD_ONE_SIDED: Declaration = Declaration {
    id: "dpd-one-sided",
    title: "Liveness checks are not answered although data flows",
    severity: Severity::Failure,
    weight: 58,
    explanation: "One side asks for signs of life in the way of IKEv1, and the other never answers, while its data \
        goes on arriving. It does not do dead peer detection; the asking side ends a tunnel that works.",
    symptom: "Drops after a constant number of intervals although data flows.",
    wire: "Encrypted Informationals of one side at regular distances, no answers, ESP of both directions; the vendor \
        ID of dead peer detection may be missing on one side.",
    opened: "R-U-THERE without R-U-THERE-ACK.",
    checks: &[(
        Side::Both,
        "switch dead peer detection off for this peer, or update the peer",
    )],
    needs: &[Need::Timing, Need::Esp, Need::BothDirections],
    competitors: &[("dpd-timeout", "data of the peer stops too")],
    references: &["RFC 3706, section 5.1", "RFC 3706, section 5.5"],
    see: None,
};

pub(super) static DPD_TOO_AGGRESSIVE: Declaration = Declaration {
    id: "dpd-too-aggressive",
    title: "The liveness check gives up before the answers can come",
    severity: Severity::Failure,
    weight: 66,
    explanation: "The answers to the liveness checks arrive, but after the side that asked has given up. The \
        interval and the number of tries are too small for this path.",
    symptom: "Mobile users drop on a slow or lossy path.",
    wire: "The liveness check is repeated and the tunnel given up; then late answers, or answers of a peer that was \
        only slow.",
    opened: "",
    checks: &[
        (
            Side::Initiator,
            "longer intervals and more tries: 20 to 30 s and five tries",
        ),
        (Side::Network, "the delay of the path"),
    ],
    needs: &[Need::Timing, Need::BothDirections],
    competitors: &[("dpd-timeout", "no answer comes at all")],
    references: &["RFC 7296, section 2.4", "RFC 3706, section 5.3"],
    see: None,
};

pub(super) static PEER_REBOOTED_STALE_SA: Declaration = Declaration {
    id: "peer-rebooted-stale-sa",
    title: "One side has forgotten the SAs: it was restarted",
    severity: Severity::Failure,
    weight: 62,
    explanation: "One side goes on with IKE and ESP of a tunnel that the other does not know any more. The packets \
        are dropped until the first side notices by its liveness checks or the second side begins anew.",
    symptom: "\"Received packet with invalid SPI\"; \"one must clear the tunnel by hand\".",
    wire: "ESP of one side goes on and nothing comes back; liveness checks are not answered, or answered by \
        INVALID_IKE_SPI, INVALID_SPI or INVALID-COOKIE in clear, or the peer begins with a new IKE_SA_INIT.",
    opened: "INITIAL_CONTACT in the next IKE_AUTH of the peer.",
    checks: &[
        (
            Side::Responder,
            "was it, or its daemon, restarted at the time of its last packet?",
        ),
        (
            Side::Both,
            "liveness checks on both sides, so that the recovery is quick",
        ),
    ],
    needs: &[Need::Timing, Need::BothDirections],
    competitors: &[
        (
            "dpd-timeout",
            "the peer sends nothing at all, so a loss of the path looks the same",
        ),
        (
            "esp-unknown-spi",
            "without liveness checks only ESP shows it",
        ),
    ],
    references: &[
        "RFC 7296, section 2.4",
        "RFC 7296, section 1.5",
        "RFC 6290, section 2",
    ],
    see: None,
};

pub(super) static UNILATERAL_DELETE_LOOP: Declaration = Declaration {
    id: "unilateral-delete-loop",
    title: "The tunnel is set up and deleted again and again",
    severity: Severity::Failure,
    weight: 64,
    explanation: "One side deletes the tunnel soon after it comes up, and it is set up again at once. The side that \
        sends the Delete decides, and its log says why.",
    symptom: "The tunnel flaps.",
    wire: "A complete setup, an Informational request of the size of a Delete, and the next setup between the same \
        addresses, several times.",
    opened: "The Delete of the IKE SA.",
    checks: &[
        (
            Side::Unknown,
            "the log of the side that deletes, at the time of the Delete",
        ),
        (
            Side::Both,
            "identities: a second peer with the same one ends the first",
        ),
    ],
    needs: &[Need::Timing, Need::Sizes, Need::OtherTunnels],
    competitors: &[
        (
            "uniqueness-kill",
            "another address logs in before each Delete",
        ),
        ("reauth-gap", "it happens once in a lifetime"),
    ],
    references: &["RFC 7296, section 1.4.1"],
    see: None,
};

pub(super) static IDLE_TEARDOWN: Declaration = Declaration {
    id: "idle-teardown",
    title: "The tunnel was taken down after a time without traffic",
    severity: Severity::Warning,
    weight: 50,
    explanation: "A side deletes the child because no packet passed for some time. The next packet must set it up \
        again, and is often lost.",
    symptom: "\"The first ping after a pause is lost.\"",
    wire: "No ESP for some seconds or minutes, then an Informational request of the size of a Delete.",
    opened: "A Delete of the ESP SPI by the side that has the idle timer.",
    checks: &[(
        Side::Both,
        "switch the idle timeout off, or let something send now and then",
    )],
    needs: &[Need::Timing, Need::Sizes, Need::Esp],
    competitors: &[
        ("lifetime-no-rekey", "there was traffic until the Delete"),
        ("unilateral-delete-loop", "the tunnel comes back at once"),
    ],
    references: &["RFC 7296, section 1.4.1", "RFC 7296, section 2.4"],
    see: None,
};

pub(super) static DPD_NOT_PERSISTENT: Declaration = Declaration {
    id: "dpd-not-persistent",
    title: "The peer stopped answering and nobody checks",
    severity: Severity::Failure,
    weight: 54,
    explanation: "One side sends data and nothing comes back, neither data nor IKE, and it does not ask for a sign \
        of life. It will notice at the next rekey at the earliest; until then the traffic is lost.",
    symptom: "The outage lasts until the next rekey.",
    wire: "ESP of both directions, then ESP of one direction only for long, and no IKE message at all.",
    opened: "",
    checks: &[
        (Side::Both, "switch liveness checks on"),
        (
            Side::Responder,
            "what happened at the time of its last packet",
        ),
    ],
    needs: &[Need::Timing, Need::Esp, Need::BothDirections],
    competitors: &[
        ("dpd-timeout", "liveness checks are sent"),
        (
            "esp-one-way",
            "one direction was missing from the beginning",
        ),
        (
            "esp-unknown-spi",
            "the peer was restarted: without its answer it looks the same",
        ),
        ("idle-teardown", "the Delete says so"),
    ],
    references: &["RFC 7296, section 2.4", "RFC 3706, section 4"],
    see: None,
};

pub(super) static INITIAL_CONTACT_WIPES: Declaration = Declaration {
    id: "initial-contact-wipes",
    title: "A new login of the same peer ended its old SAs",
    severity: Severity::Warning,
    weight: 46,
    explanation: "The peer began anew and said with INITIAL_CONTACT that it has no other SAs, or the gateway allows \
        one login for an identity. The old SAs are dropped without a Delete.",
    symptom: "After a restart of one side the old tunnel is gone; with two devices of one identity they alternate.",
    wire: "A new IKE_SA_INIT and IKE_AUTH of the same address while the old IKE SA lives; then the old SA is not \
        used any more.",
    opened: "INITIAL_CONTACT in IKE_AUTH, the same identity as before.",
    checks: &[
        (
            Side::Initiator,
            "was it restarted, without deleting its SAs?",
        ),
        (Side::Both, "an identity of its own for each device"),
    ],
    needs: &[Need::OtherTunnels, Need::Timing],
    competitors: &[
        ("uniqueness-kill", "another address has the same identity"),
        ("reauth-gap", "the old SA is deleted before"),
    ],
    references: &["RFC 7296, section 2.4"],
    see: None,
};
