//! Whether the peers trust each other's certificates.

use super::declaration::{Declaration, Need, Severity, Side};
use super::engine::TunnelRule;

/// Everything on this topic.
pub(super) const DECLARATIONS: &[&Declaration] = &[
    &CERT_IKE_AUTH_FRAGMENTS_LOST,
    &CERT_UNTRUSTED_OR_INVALID,
    &CERT_SAN_MISMATCH,
    &CERT_NOT_SENT,
    &CERT_EKU_MISSING,
    &CERT_WRONG_CA_REQUESTED,
    &CERT_SLOW_VALIDATION,
];

/// The rules of this topic.
pub(super) const RULES: &[TunnelRule] = &[];

pub(super) static CERT_IKE_AUTH_FRAGMENTS_LOST: Declaration = Declaration {
    id: "cert-ike-auth-fragments-lost",
    title: "The message with the certificates never arrives",
    severity: Severity::Failure,
    weight: 59,
    explanation: "Certificates make IKE_AUTH, or message 5, larger than one packet. When IP fragments are dropped on the way, login with a \
        pre-shared key works and login with certificates does not. It is the most frequent reason why certificates \"do not \
        work\", and has nothing to do with them; it is reported as ike-ip-fragments-dropped.",
    symptom: "Works with a pre-shared key, not with certificates; broke after a certificate was renewed.",
    wire: "A large, fragmented IKE_AUTH request that is repeated without an answer.",
    opened: "",
    checks: &[
        (Side::Both, "switch on IKE fragmentation (RFC 7383)"),
        (
            Side::Network,
            "let fragments pass; use a shorter chain or ECDSA certificates",
        ),
    ],
    needs: &[Need::Fragments, Need::BothDirections],
    competitors: &[(
        "cert-untrusted-or-invalid",
        "there an answer comes, and it is a refusal",
    )],
    references: &["RFC 7383, section 1"],
    see: Some("ike-ip-fragments-dropped"),
};

pub(super) static CERT_UNTRUSTED_OR_INVALID: Declaration = Declaration {
    id: "cert-untrusted-or-invalid",
    title: "A certificate is not trusted, expired or revoked",
    severity: Severity::Failure,
    weight: 43,
    explanation: "The side that checks the certificate finds no path to a CA that it trusts, or a certificate outside its dates, revoked, or with an \
        algorithm that it does not allow. Where the responder checks, it refuses IKE_AUTH; where the initiator does, it ends the SA \
        right after a complete response.",
    symptom: "\"No trusted public key found\", \"no issuer certificate found\", \"certificate invalid\", Windows errors 13801 and 13806.",
    wire: "A large IKE_AUTH request and a response of one notify; or a large response, and right after it a small Informational of \
        the initiator.",
    opened: "The certificates: dates against the time of the capture, issuer, algorithms; missing intermediate certificates.",
    checks: &[
        (Side::Both, "the clocks, and the dates of the certificates"),
        (
            Side::Initiator,
            "does it have the CA of the other side, and does it send its intermediate certificates?",
        ),
        (
            Side::Responder,
            "does it have the CA of the other side, and does it reach CRL and OCSP?",
        ),
    ],
    needs: &[Need::Sizes],
    competitors: &[
        (
            "psk-mismatch-ikev2-at-responder",
            "there the request is too small for a certificate",
        ),
        (
            "cert-san-mismatch",
            "the same pattern; the identity in the opened certificate tells",
        ),
        (
            "signature-hash-mismatch",
            "there the lists of hashes have nothing in common",
        ),
    ],
    references: &[
        "RFC 5280, section 6",
        "RFC 7296, section 3.6",
        "RFC 4945, section 5",
    ],
    see: None,
};

pub(super) static CERT_SAN_MISMATCH: Declaration = Declaration {
    id: "cert-san-mismatch",
    title: "The identity is not in the certificate",
    severity: Severity::Failure,
    weight: 42,
    explanation: "The certificate is trusted, but it does not contain the identity that the other side asks for, as a subject alternative name of \
        the same type. Most clients ignore the common name.",
    symptom: "\"Identity required\" or \"subjectAltName does not match\"; Apple clients end the connection without a word.",
    wire: "A response to IKE_AUTH of full size, and right after it a small Informational of the initiator; or the responder refuses \
        a large request.",
    opened: "IDr against the subject alternative names of the certificate.",
    checks: &[
        (
            Side::Responder,
            "issue a certificate whose subject alternative name is the name that clients use",
        ),
        (
            Side::Initiator,
            "or expect an identity that the certificate has",
        ),
    ],
    needs: &[Need::Sizes, Need::IkeKeys],
    competitors: &[
        (
            "cert-untrusted-or-invalid",
            "the same pattern; the opened certificate tells",
        ),
        (
            "psk-mismatch-ikev2-at-initiator",
            "there no certificate is in play",
        ),
    ],
    references: &["RFC 4945, section 3", "RFC 7296, section 3.5"],
    see: None,
};

pub(super) static CERT_NOT_SENT: Declaration = Declaration {
    id: "cert-not-sent",
    title: "A signature without the certificate it needs",
    severity: Severity::Failure,
    weight: 45,
    explanation: "A side proves itself by a signature but does not send its certificate: the policy says never, or the other side did not ask for one. The \
        verifier that does not have the certificate already cannot check the signature.",
    symptom: "\"No trusted public key found\", and nothing in the sender's log about a certificate that is sent.",
    wire: "A request to IKE_AUTH with the size of a signature and without room for a certificate, and a refusal of one notify.",
    opened: "An AUTH payload with a signature, and no CERT payload.",
    checks: &[
        (Side::Initiator, "set it to send its certificate always"),
        (Side::Responder, "does it send CERTREQ for the right CA?"),
    ],
    needs: &[Need::Sizes, Need::IkeKeys],
    competitors: &[
        (
            "cert-untrusted-or-invalid",
            "there a certificate is in the message",
        ),
        (
            "auth-method-mismatch-v2",
            "there a pre-shared key is in the message",
        ),
    ],
    references: &["RFC 7296, sections 1.2 and 3.7"],
    see: None,
};

pub(super) static CERT_EKU_MISSING: Declaration = Declaration {
    id: "cert-eku-missing",
    title: "The certificate lacks an extended key usage that the client wants",
    severity: Severity::Failure,
    weight: 41,
    explanation: "Windows and Apple clients want serverAuth (older ones ikeIntermediate as well) in the certificate of a gateway; some gateways want clientAuth in \
        that of a client.",
    symptom: "Windows error 13801; Apple clients end the connection without a word.",
    wire: "A response to IKE_AUTH of full size, and the client goes away.",
    opened: "A certificate with extended key usage that lacks serverAuth, while dates and names are right.",
    checks: &[
        (
            Side::Responder,
            "a certificate with serverAuth, and ikeIntermediate for old clients",
        ),
        (Side::Initiator, "a machine certificate with clientAuth"),
    ],
    needs: &[Need::IkeKeys],
    competitors: &[
        ("cert-san-mismatch", "there the names do not fit"),
        (
            "cert-untrusted-or-invalid",
            "there the issuer or the dates do not fit",
        ),
    ],
    references: &["RFC 4945, section 5.1.3.12", "RFC 5280, section 4.2.1.12"],
    see: None,
};

pub(super) static CERT_WRONG_CA_REQUESTED: Declaration = Declaration {
    id: "cert-wrong-ca-requested",
    title: "The certificate request names another CA",
    severity: Severity::Failure,
    weight: 44,
    explanation: "A CERTREQ names the CAs that its sender trusts. The other side has no certificate of any of them, and sends none, or a wrong one.",
    symptom: "A client with several certificates sends none, or the wrong one.",
    wire: "CERTREQ in the response to IKE_SA_INIT (hashes of the keys of CAs), or in message 4 of main mode (names), and a refusal later.",
    opened: "The issuer of the certificate that was sent is not among those that the other side asked for.",
    checks: &[
        (
            Side::Responder,
            "announce the CA that issued the other side's certificate",
        ),
        (
            Side::Initiator,
            "choose the certificate of a CA that the other side asks for",
        ),
    ],
    needs: &[Need::Clear, Need::IkeKeys],
    competitors: &[
        (
            "cert-untrusted-or-invalid",
            "there the CA is the requested one",
        ),
        (
            "cert-not-sent",
            "there the policy forbids to send the certificate",
        ),
    ],
    references: &["RFC 7296, section 3.7", "RFC 2408, section 3.10"],
    see: None,
};

pub(super) static CERT_SLOW_VALIDATION: Declaration = Declaration {
    id: "cert-slow-validation",
    title: "Checking a certificate takes long",
    severity: Severity::Warning,
    weight: 26,
    explanation: "The responder asks for a CRL or an OCSP answer before it answers IKE_AUTH, and the server does not answer. The initiator repeats its request \
        and may give up before the check does.",
    symptom: "Login takes 10 to 30 seconds, or fails only where the way to the CRL is filtered.",
    wire: "The response to a large IKE_AUTH request comes only after seconds, always after about the same time, while the request is \
        repeated.",
    opened: "",
    checks: &[(
        Side::Responder,
        "make CRL and OCSP reachable, cache them, or do not insist on them",
    )],
    needs: &[Need::Timing, Need::Sizes],
    competitors: &[("auth-silent-drop", "there no answer comes at all")],
    references: &["RFC 5280, section 6.3", "RFC 4806"],
    see: None,
};
