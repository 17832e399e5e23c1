//! Remote access in IKEv2: EAP and configuration.

use super::declaration::{Declaration, Need, Severity, Side};
use super::engine::TunnelRule;

/// Everything on this topic.
pub(super) const DECLARATIONS: &[&Declaration] = &[
    &EAP_METHOD_REJECTED,
    &EAP_BAD_CREDENTIALS,
    &EAP_RADIUS_TIMEOUT,
    &EAP_CERT_OF_SERVER_REFUSED,
    &ADDRESS_POOL_EXHAUSTED,
    &CP_REQUIRED,
];

/// The rules of this topic.
pub(super) const RULES: &[TunnelRule] = &[];

pub(super) static EAP_METHOD_REJECTED: Declaration = Declaration {
    id: "eap-method-rejected",
    title: "EAP: the method is refused",
    severity: Severity::Failure,
    weight: 50,
    explanation: "The server begins with an EAP method, and the client answers with a Nak that names the methods it can do. When none of these is allowed, the \
        server ends with EAP-Failure.",
    symptom: "\"Received EAP_NAK\", \"EAP method not supported\".",
    wire: "Two or three IKE_AUTH exchanges, all small after the first, and then nothing.",
    opened: "EAP-Nak (type 3) with the wanted methods.",
    checks: &[
        (
            Side::Responder,
            "which methods does it, or the RADIUS server, allow for this user?",
        ),
        (
            Side::Initiator,
            "which methods can it do? Apple: MSCHAPv2 and TLS only",
        ),
    ],
    needs: &[Need::Sizes, Need::IkeKeys],
    competitors: &[(
        "eap-bad-credentials",
        "there the method goes through several rounds before it fails",
    )],
    references: &["RFC 3748, section 5.3", "RFC 7296, section 2.16"],
    see: None,
};

pub(super) static EAP_BAD_CREDENTIALS: Declaration = Declaration {
    id: "eap-bad-credentials",
    title: "EAP: user name or password is wrong",
    severity: Severity::Failure,
    weight: 51,
    explanation: "The EAP method was agreed and went through some rounds, and the server then refused the user. The name, the password or the part before it \
        (the domain) is wrong, or the account is locked.",
    symptom: "Windows error 691, \"EAP method failed for peer\", Access-Reject of RADIUS.",
    wire: "Several IKE_AUTH exchanges that end early with a small response; later a new attempt.",
    opened: "MSCHAPv2 Failure with E=691, EAP-Failure; mostly no AUTHENTICATION_FAILED beside it.",
    checks: &[
        (
            Side::Initiator,
            "name, password, and whether the domain belongs to the name",
        ),
        (
            Side::Responder,
            "the account in the user database; MSCHAPv2 needs the password or its NT hash there",
        ),
    ],
    needs: &[Need::Sizes],
    competitors: &[
        (
            "eap-radius-timeout",
            "there an answer is missing for seconds",
        ),
        (
            "eap-method-rejected",
            "there it ends after the first EAP message",
        ),
    ],
    references: &[
        "RFC 7296, section 2.16",
        "RFC 2759, section 6",
        "RFC 3748, section 4.2",
    ],
    see: None,
};

pub(super) static EAP_RADIUS_TIMEOUT: Declaration = Declaration {
    id: "eap-radius-timeout",
    title: "EAP: the server behind the gateway does not answer",
    severity: Severity::Failure,
    weight: 50,
    explanation: "The gateway passes EAP on to a RADIUS server, and cannot answer the client before that does. The client repeats its request, and gives up or \
        gets a refusal when the gateway does.",
    symptom: "Login hangs, then fails; users known to the gateway itself can log in.",
    wire: "An IKE_AUTH request within EAP that is repeated for seconds without an answer, or answered late by a refusal. If RADIUS is in the \
        capture, its requests are repeated as well.",
    opened: "The request that is not answered carries EAP.",
    checks: &[
        (
            Side::Responder,
            "does it reach the RADIUS server, is the shared secret right, what do both logs say?",
        ),
        (
            Side::Network,
            "large RADIUS packets of EAP-TLS are fragmented: do they pass?",
        ),
    ],
    needs: &[Need::Timing, Need::BothDirections],
    competitors: &[
        (
            "eap-bad-credentials",
            "there the final answer comes quickly",
        ),
        (
            "auth-silent-drop",
            "there the very first IKE_AUTH gets no answer",
        ),
    ],
    references: &["RFC 3579, section 2", "RFC 7296, section 2.16"],
    see: None,
};

pub(super) static EAP_CERT_OF_SERVER_REFUSED: Declaration = Declaration {
    id: "eap-cert-of-server-refused",
    title: "EAP: the client does not accept the gateway's certificate",
    severity: Severity::Failure,
    weight: 52,
    explanation: "With EAP the gateway proves itself first, by a certificate. The client does not trust it, or does not find the name it expects, and goes away \
        before any password is asked for.",
    symptom: "Windows error 13801 before any password prompt; \"untrusted\" on Android.",
    wire: "The first response to IKE_AUTH is large, and the client sends nothing more, or a small Informational.",
    opened: "The certificate: issuer, dates, names, extended key usage; the Informational is AUTHENTICATION_FAILED.",
    checks: &[
        (Side::Initiator, "install the CA of the gateway"),
        (
            Side::Responder,
            "send intermediate certificates; name in the subject alternative name; serverAuth",
        ),
    ],
    needs: &[Need::Sizes],
    competitors: &[
        (
            "ike-ip-fragments-dropped",
            "there the response never arrives: capture at the client",
        ),
        ("eap-bad-credentials", "there the client goes on with EAP"),
    ],
    references: &["RFC 7296, section 2.16", "RFC 4945, section 5.1"],
    see: None,
};

pub(super) static ADDRESS_POOL_EXHAUSTED: Declaration = Declaration {
    id: "address-pool-exhausted",
    title: "No address is left for the client",
    severity: Severity::Failure,
    weight: 48,
    explanation: "Authentication succeeded, and the gateway has no inside address to give: the pool is full, or has no address of the family that was asked \
        for. The child is refused with INTERNAL_ADDRESS_FAILURE.",
    symptom: "INTERNAL_ADDRESS_FAILURE; the newest clients do not get in, older ones work.",
    wire: "The response to IKE_AUTH has room for identity and AUTH, but not for a child; then the client deletes the IKE SA.",
    opened: "INTERNAL_ADDRESS_FAILURE beside IDr and AUTH.",
    checks: &[
        (
            Side::Responder,
            "enlarge the pool, shorten leases, end stale logins",
        ),
        (
            Side::Initiator,
            "does it ask for IPv4 or IPv6, and does the pool have that?",
        ),
    ],
    needs: &[Need::Sizes, Need::IkeKeys],
    competitors: &[
        (
            "ts-unacceptable-in-auth",
            "the same size; decrypted messages tell",
        ),
        (
            "child-no-proposal-in-auth",
            "the same size; decrypted messages tell",
        ),
        ("cp-required", "there the client asks for no address"),
    ],
    references: &["RFC 7296, section 3.15.4", "RFC 8983"],
    see: None,
};

pub(super) static CP_REQUIRED: Declaration = Declaration {
    id: "cp-required",
    title: "The gateway insists on giving an address",
    severity: Severity::Failure,
    weight: 47,
    explanation: "The initiator does not ask for an inside address, and the connection at the gateway is one for clients that must.",
    symptom: "A site-to-site configuration against a gateway for remote access; FAILED_CP_REQUIRED.",
    wire: "The response to IKE_AUTH has room for identity and AUTH, but not for a child.",
    opened: "No CP payload in the request; FAILED_CP_REQUIRED, or the child refused, in the response.",
    checks: &[
        (Side::Initiator, "let it ask for a virtual address"),
        (
            Side::Responder,
            "or give this peer a connection without a pool",
        ),
    ],
    needs: &[Need::IkeKeys],
    competitors: &[
        (
            "address-pool-exhausted",
            "there the client asks for an address",
        ),
        (
            "ts-unacceptable-in-auth",
            "the same size; decrypted messages tell",
        ),
    ],
    references: &["RFC 7296, sections 2.19 and 3.10.1"],
    see: None,
};
