//! Remote access in IKEv1: XAUTH and mode config.

use super::declaration::{Declaration, Need, Severity, Side};
use super::engine::TunnelRule;

/// Everything on this topic.
pub(super) const DECLARATIONS: &[&Declaration] = &[
    &XAUTH_NOT_OFFERED_OR_UNSUPPORTED,
    &XAUTH_BAD_CREDENTIALS,
    &XAUTH_USER_PROMPT_TIMEOUT,
    &MODECFG_PUSH_PULL_MISMATCH,
    &V1_XAUTH_EVERY_REKEY,
];

/// The rules of this topic.
pub(super) const RULES: &[TunnelRule] = &[];

pub(super) static XAUTH_NOT_OFFERED_OR_UNSUPPORTED: Declaration = Declaration {
    id: "xauth-not-offered-or-unsupported",
    title: "One side wants XAUTH, the other does not do it",
    severity: Severity::Failure,
    weight: 56,
    explanation: "XAUTH asks for a user and a password after phase 1. It is part of the authentication method of phase 1, and announced by a vendor ID. When \
        only one side wants it, phase 1 is refused, or the server waits for a user that the client never asks, or the client \
        for a question that never comes.",
    symptom: "The client waits for a prompt for ever; or \"no matching config allows XAuth\".",
    wire: "The XAUTH vendor ID 09002689dfd6b712 from one side only, or methods 65001 and following against 1 and 3; or phase 1 completes and \
        a Transaction of the responder gets no answer.",
    opened: "",
    checks: &[(
        Side::Both,
        "the same method on both sides: XAUTH with pre-shared key, XAUTH with signatures, hybrid, or none of them",
    )],
    needs: &[Need::Clear],
    competitors: &[
        ("modecfg-push-pull-mismatch", "there XAUTH has finished"),
        (
            "auth-method-mismatch-v1",
            "there neither side speaks of XAUTH",
        ),
    ],
    references: &[
        "draft-beaulieu-ike-xauth-02, section 6",
        "RFC 2409, appendix A",
    ],
    see: None,
};

pub(super) static XAUTH_BAD_CREDENTIALS: Declaration = Declaration {
    id: "xauth-bad-credentials",
    title: "XAUTH: user name or password is wrong",
    severity: Severity::Failure,
    weight: 53,
    explanation: "Phase 1 succeeded, the server asked for a user, and told that the login failed.",
    symptom: "\"Incorrect username or password\", \"XAuth authentication failed\".",
    wire: "Transaction exchanges: request, reply, status, acknowledgement; then an encrypted Informational, and no quick mode.",
    opened: "XAUTH-STATUS is 0.",
    checks: &[
        (Side::Initiator, "name and password"),
        (
            Side::Responder,
            "the user database, and the group of the user",
        ),
    ],
    needs: &[Need::Sizes],
    competitors: &[
        (
            "xauth-user-prompt-timeout",
            "there the reply comes late, or never",
        ),
        ("modecfg-push-pull-mismatch", "there nothing is deleted"),
    ],
    references: &["draft-beaulieu-ike-xauth-02, section 5"],
    see: None,
};

pub(super) static XAUTH_USER_PROMPT_TIMEOUT: Declaration = Declaration {
    id: "xauth-user-prompt-timeout",
    title: "XAUTH: the user types more slowly than the gateway waits",
    severity: Severity::Failure,
    weight: 46,
    explanation: "The gateway repeats its question for user and password while a person types, and gives up before the answer comes.",
    symptom: "The first login fails, a second one with the password at hand works.",
    wire: "A Transaction of the responder that is repeated for seconds; the reply comes late, or never.",
    opened: "The Transaction is an XAUTH request.",
    checks: &[
        (Side::Responder, "wait longer before giving up"),
        (
            Side::Initiator,
            "store the password, or type it before connecting",
        ),
    ],
    needs: &[Need::Timing],
    competitors: &[
        (
            "xauth-not-offered-or-unsupported",
            "there the client did not announce XAUTH",
        ),
        (
            "xauth-bad-credentials",
            "there the answer came and was refused",
        ),
    ],
    references: &["draft-beaulieu-ike-xauth-02, section 5"],
    see: None,
};

pub(super) static MODECFG_PUSH_PULL_MISMATCH: Declaration = Declaration {
    id: "modecfg-push-pull-mismatch",
    title: "Mode config: both sides wait for the other",
    severity: Severity::Failure,
    weight: 45,
    explanation: "The client's inside address is either asked for by the client (pull) or sent unasked by the gateway (push). When each side expects the \
        other to begin, nothing follows phase 1 and XAUTH.",
    symptom: "Phase 1 is up, and nothing more happens.",
    wire: "After the last message of phase 1, or of XAUTH, there is neither a Transaction nor a quick mode.",
    opened: "",
    checks: &[(
        Side::Both,
        "set mode config to pull on both sides, or to push on both",
    )],
    needs: &[Need::Clear, Need::Timing],
    competitors: &[
        (
            "xauth-not-offered-or-unsupported",
            "there XAUTH has not finished",
        ),
        ("qm-silent", "there a quick mode was begun"),
    ],
    references: &["draft-dukes-ike-mode-cfg-02, section 3"],
    see: None,
};

pub(super) static V1_XAUTH_EVERY_REKEY: Declaration = Declaration {
    id: "v1-xauth-every-rekey",
    title: "Each new phase 1 asks for the password again",
    severity: Severity::Warning,
    weight: 46,
    explanation: "An IKEv1 SA is not rekeyed, it is negotiated anew with everything that belongs to it, XAUTH too. When the user is not there to type \
        the password, the tunnel ends at that time, although the peers were alive.",
    symptom: "Users are asked for the password every 8 or 24 hours.",
    wire: "A new phase 1 between the same addresses while the old one lives, followed by Transaction exchanges again.",
    opened: "The Transactions are XAUTH requests.",
    checks: &[
        (Side::Both, "a longer lifetime of phase 1, or IKEv2"),
        (Side::Initiator, "let the client store the password"),
    ],
    needs: &[Need::Timing, Need::OtherTunnels],
    competitors: &[("dpd-timeout", "there the peer was silent before")],
    references: &[
        "RFC 2409, section 5.5",
        "draft-beaulieu-ike-xauth-02, section 5",
    ],
    see: None,
};
