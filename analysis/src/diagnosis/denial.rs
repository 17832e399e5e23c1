//! Load, attacks and scans.

use super::declaration::{Declaration, Need, Severity, Side};

/// Everything on this topic.
pub(super) const DECLARATIONS: &[&Declaration] = &[
    &COOKIE_CHALLENGE,
    &COOKIE_LOOP,
    &INIT_FLOOD,
    &IKE_SCAN_PROBE,
    &SPOOFED_ERROR_SUSPECT,
    &PUZZLE,
];

pub(super) static COOKIE_CHALLENGE: Declaration = Declaration {
    id: "cookie-challenge",
    title: "The responder asks for a cookie before it answers",
    severity: Severity::Note,
    weight: 14,
    explanation: "Under load the responder wants a proof that the initiator receives at its address. The initiator \
        repeats its request with the cookie and goes on. It costs one round trip; nothing is wrong.",
    symptom: "An extra round trip under load.",
    wire: "A response with COOKIE only; the same request again with COOKIE as the first payload.",
    opened: "",
    checks: &[(
        Side::Unknown,
        "nothing; see who sends many IKE_SA_INIT to the responder",
    )],
    needs: &[Need::Clear],
    competitors: &[("cookie-loop", "it comes more than twice in one attempt")],
    references: &["RFC 7296, section 2.6"],
    see: None,
};

pub(super) static COOKIE_LOOP: Declaration = Declaration {
    id: "cookie-loop",
    title: "The responder asks for a cookie again and again",
    severity: Severity::Failure,
    weight: 62,
    explanation: "The initiator never gets past the cookie: it does not send it back, changes it, or its address \
        changes between the packets, or cookie and key exchange method are asked for in turn.",
    symptom: "No connection while the responder is under load.",
    wire: "More than two responses with COOKIE in one attempt.",
    opened: "",
    checks: &[
        (
            Side::Initiator,
            "is the cookie sent back unchanged as the first payload?",
        ),
        (
            Side::Network,
            "does the port or address of the initiator change between its packets?",
        ),
        (
            Side::Responder,
            "its implementation, if cookie and address are right",
        ),
    ],
    needs: &[Need::Clear, Need::BothDirections],
    competitors: &[
        ("cookie-challenge", "once or twice only"),
        (
            "invalid-ke-loop",
            "INVALID_KE_PAYLOAD comes again and again",
        ),
    ],
    references: &["RFC 7296, section 2.6", "RFC 7296, section 2.6.1"],
    see: None,
};

pub(super) static INIT_FLOOD: Declaration = Declaration {
    id: "init-flood",
    title: "Very many negotiations are begun and not continued",
    severity: Severity::Warning,
    weight: 46,
    explanation: "Many first messages with new SPIs arrive and almost none is followed by authentication: a flood, a \
        scan, or clients that cannot authenticate.",
    symptom: "The responder is slow and asks everybody for cookies.",
    wire: "Many initiator SPIs, few IKE_AUTH; the number of sources tells whether they are forged.",
    opened: "",
    checks: &[
        (Side::Responder, "cookies and limits for half-open SAs"),
        (Side::Network, "limit the rate of first messages"),
    ],
    needs: &[Need::Clear, Need::OtherTunnels],
    competitors: &[
        ("half-open-limit-drop", "a single peer is throttled"),
        ("ike-scan-probe", "few messages of one pattern"),
    ],
    references: &["RFC 7296, section 2.6", "RFC 8019, section 4"],
    see: None,
};

pub(super) static IKE_SCAN_PROBE: Declaration = Declaration {
    id: "ike-scan-probe",
    title: "This looks like a scan",
    severity: Severity::Note,
    weight: 16,
    explanation: "A single first message with an unusual offer and no continuation, without the retransmissions of a \
        real initiator. Likely a tool that asks what the responder accepts.",
    symptom: "Unknown peers in the log.",
    wire: "One IKE_SA_INIT or main mode message, often with many transforms, never followed by the next message.",
    opened: "",
    checks: &[(Side::Network, "limit who may reach UDP 500")],
    needs: &[Need::Clear],
    competitors: &[(
        "no-response-to-first-message",
        "a real initiator repeats its message",
    )],
    references: &["RFC 8019, section 4"],
    see: None,
};

pub(super) static SPOOFED_ERROR_SUSPECT: Declaration = Declaration {
    id: "spoofed-error-suspect",
    title: "An error in clear and a valid answer to the same request",
    severity: Severity::Warning,
    weight: 40,
    explanation: "A request got an error that anybody could have sent and, shortly after, a proper response. The \
        error may be forged, or two hosts answer for one address.",
    symptom: "Refusals that come and go.",
    wire: "Two different responses to one request: an error in clear and a valid one.",
    opened: "",
    checks: &[
        (
            Side::Network,
            "TTL and IP identification of the two answers; two hosts behind one address",
        ),
        (Side::Responder, "did it send the error?"),
    ],
    needs: &[Need::Clear],
    competitors: &[(
        "invalid-ke-retry",
        "the error is INVALID_KE_PAYLOAD and the request is sent again changed",
    )],
    references: &["RFC 7296, section 2.21.1", "RFC 7296, section 2.21.4"],
    see: None,
};

pub(super) static PUZZLE: Declaration = Declaration {
    id: "puzzle",
    title: "The responder asks the initiator to solve a puzzle",
    severity: Severity::Note,
    weight: 14,
    explanation: "Under load the responder makes each negotiation cost computing time. The initiator solves the \
        puzzle and goes on; nothing is wrong.",
    symptom: "The client computes before it logs in.",
    wire: "A response with PUZZLE beside COOKIE.",
    opened: "",
    checks: &[(Side::Responder, "who sends many first messages to it?")],
    needs: &[Need::Clear],
    competitors: &[("cookie-challenge", "there is no PUZZLE")],
    references: &["RFC 8019, section 7.1"],
    see: None,
};
