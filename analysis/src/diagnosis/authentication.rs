//! Whether the peers accept who the other one says it is: pre-shared keys, identities, methods.

use super::declaration::{Declaration, Need, Severity, Side};
use super::engine::TunnelRule;

/// Everything on this topic.
pub(super) const DECLARATIONS: &[&Declaration] = &[
    &PSK_MISMATCH_IKEV1_MAIN,
    &PSK_MISMATCH_IKEV1_AGGRESSIVE,
    &PSK_MISMATCH_IKEV2_AT_RESPONDER,
    &PSK_MISMATCH_IKEV2_AT_INITIATOR,
    &ID_MISMATCH_MAIN,
    &ID_MISMATCH_V2,
    &ID_IS_PRIVATE_ADDRESS,
    &DIALUP_PSK_WRONG_CONNECTION,
    &AUTH_METHOD_MISMATCH_V2,
    &SIGNATURE_HASH_MISMATCH,
    &PPK_REQUIRED_MISSING,
    &PPK_MISMATCH,
    &AUTH_SILENT_DROP,
    &UNIQUENESS_KILL,
];

/// The rules of this topic.
pub(super) const RULES: &[TunnelRule] = &[];

pub(super) static PSK_MISMATCH_IKEV1_MAIN: Declaration = Declaration {
    id: "psk-mismatch-ikev1-main",
    title: "IKEv1 main mode: the pre-shared keys differ",
    severity: Severity::Failure,
    weight: 52,
    explanation: "In main mode the pre-shared key is an ingredient of the encryption keys. With different keys the two sides derive \
        different encryption keys after message 4, and message 5 opens to noise at the responder. It cannot tell a wrong key \
        from damage, and it has no working key to say so: it sends PAYLOAD-MALFORMED in clear, or encrypted with its own keys \
        so that the initiator cannot read it, or repeats message 4, or keeps silent. The initiator never learns the reason; \
        the responder's log is the place to look.",
    symptom: "Responder: \"decryption failed?\", \"probable pre-shared secret mismatch\", \"malformed payload\", \"wrong password\". \
        Initiator: no acceptable response to the first encrypted message, timeout.",
    wire: "Messages 1 to 4 are complete and the method is pre-shared key; message 5, encrypted, is repeated octet for octet; the \
        responder never sends an encrypted main mode message. Its reaction tells more: PAYLOAD-MALFORMED in clear, an encrypted Informational after \
        which the initiator still repeats, or message 4 again on the same port.",
    opened: "With candidates for the key and the secret of the key exchange, the message of one side opens with one candidate and that of the other does \
        not, which names the side that is wrong.",
    checks: &[
        (
            Side::Both,
            "type the key again on both sides; mind blanks at the end, quotes, encoding, text against hexadecimal",
        ),
        (
            Side::Responder,
            "it selects the key by the IP address of the initiator, before any identity is known: which key is set for that address?",
        ),
        (Side::Responder, "read its log at the time of message 5"),
    ],
    needs: &[Need::Clear, Need::Timing, Need::BothDirections],
    competitors: &[
        (
            "natt-4500-blocked",
            "there message 5 moves to UDP 4500 and nothing ever comes from there",
        ),
        (
            "id-mismatch-main",
            "there the initiator can read the refusal and stops at once",
        ),
        (
            "ike-ip-fragments-dropped",
            "there message 5 is large and fragmented",
        ),
        (
            "auth-silent-drop",
            "there nothing reacts to message 5, and the method is not a pre-shared key",
        ),
        (
            "dialup-psk-wrong-connection",
            "there other clients of the same responder succeed",
        ),
    ],
    references: &["RFC 2409, sections 5 and 5.4", "RFC 2408, section 5"],
    see: None,
};

pub(super) static PSK_MISMATCH_IKEV1_AGGRESSIVE: Declaration = Declaration {
    id: "psk-mismatch-ikev1-aggressive",
    title: "IKEv1 aggressive mode: the pre-shared keys differ",
    severity: Severity::Failure,
    weight: 52,
    explanation: "In aggressive mode the responder proves in message 2, in clear, that it knows the key. The initiator computes the same \
        hash, finds another value, and refuses instead of sending message 3. Everybody with a candidate for the key can \
        compute it as well, so this one can be proved from the capture alone.",
    symptom: "\"HASH mismatched\", AUTHENTICATION-FAILED, \"notify HASH not authenticated\".",
    wire: "Messages 1 and 2, then an Informational of the initiator in place of message 3 (or a refusal of message 3).",
    opened: "With a candidate: HASH_R says whether the responder uses this key. No other secret is needed.",
    checks: &[
        (Side::Both, "type the key again on both sides"),
        (
            Side::Responder,
            "the identity in message 1 selects the key: which one belongs to it?",
        ),
        (
            Side::Both,
            "main mode or IKEv2 would not show the hash to everybody",
        ),
    ],
    needs: &[Need::Clear],
    competitors: &[(
        "id-mismatch-main",
        "there the responder, not the initiator, refuses, or the notify is INVALID-ID-INFORMATION",
    )],
    references: &["RFC 2409, section 5.4"],
    see: None,
};

pub(super) static PSK_MISMATCH_IKEV2_AT_RESPONDER: Declaration = Declaration {
    id: "psk-mismatch-ikev2-at-responder",
    title: "IKEv2: the responder refuses the initiator's pre-shared key",
    severity: Severity::Failure,
    weight: 42,
    explanation: "IKE_SA_INIT is complete and the responder answers IKE_AUTH with nothing but an error. The keys of an IKEv2 SA do not depend \
        on the pre-shared key, so both sides read each other; the responder computed another AUTH value than it got. Without \
        keys the same is seen when an identity is refused, or another method was expected.",
    symptom: "Responder: \"MAC mismatched\", \"computed hash does not match\". Initiator: AUTHENTICATION_FAILED.",
    wire: "The response to IKE_AUTH has the size of one notify; no further packet of this SA.",
    opened: "The response is AUTHENTICATION_FAILED, and the AUTH payload of the request does not verify with the given key.",
    checks: &[
        (Side::Both, "type the key again on both sides"),
        (
            Side::Responder,
            "the identity selects the key: which key belongs to the identity that the initiator sends?",
        ),
        (
            Side::Responder,
            "its log tells a wrong key from an unknown identity",
        ),
    ],
    needs: &[Need::Sizes],
    competitors: &[
        (
            "id-mismatch-v2",
            "the same size; decrypted messages or the responder's log tell",
        ),
        (
            "auth-method-mismatch-v2",
            "the same size; decrypted messages or the responder's log tell",
        ),
        (
            "cert-untrusted-or-invalid",
            "there the request carries a certificate, and is much larger",
        ),
        ("ppk-mismatch", "there both sides said USE_PPK"),
    ],
    references: &["RFC 7296, sections 2.15 and 2.21.2"],
    see: None,
};

pub(super) static PSK_MISMATCH_IKEV2_AT_INITIATOR: Declaration = Declaration {
    id: "psk-mismatch-ikev2-at-initiator",
    title: "IKEv2: the initiator refuses the responder's authentication",
    severity: Severity::Failure,
    weight: 44,
    explanation: "The responder accepts the initiator and answers with its own proof, and the initiator does not accept that: keys that differ for the \
        two directions, another identity than expected, or a certificate that it does not trust. It tells so in an \
        Informational and forgets the SA. For a moment the responder believes that the tunnel is up.",
    symptom: "The responder's log shows an established SA that is deleted at once.",
    wire: "A response to IKE_AUTH of full size, and right after it a small Informational request of the initiator; no ESP of the \
        initiator.",
    opened: "The Informational holds AUTHENTICATION_FAILED or Delete; the AUTH payload of the response does not verify with the given key.",
    checks: &[
        (
            Side::Initiator,
            "its log says what it did not like: key, identity or certificate",
        ),
        (
            Side::Both,
            "one key for both directions, or each side's key configured on the other",
        ),
    ],
    needs: &[Need::Sizes, Need::Timing],
    competitors: &[
        (
            "child-rejected-by-initiator",
            "there the child's SPI is deleted and the IKE SA stays",
        ),
        (
            "cert-untrusted-or-invalid",
            "there the response carries a certificate",
        ),
        (
            "cert-san-mismatch",
            "there the response carries a certificate",
        ),
    ],
    references: &["RFC 7296, section 2.21.2"],
    see: None,
};

pub(super) static ID_MISMATCH_MAIN: Declaration = Declaration {
    id: "id-mismatch-main",
    title: "IKEv1: the identity is not accepted",
    severity: Severity::Failure,
    weight: 51,
    explanation: "The keys fit, as the other side can read what it gets, but no connection belongs to the identity, or the identity is not the \
        expected one. The refusal is encrypted, and as the initiator can read it, it stops.",
    symptom: "\"No peer config found\", \"peer identifier mismatch\", INVALID-ID-INFORMATION.",
    wire: "Message 5 is answered by an encrypted Informational, and the initiator does not repeat message 5 after it. Or message 6 comes and \
        the initiator answers it with an encrypted Informational. In aggressive mode the identities are in clear, and the \
        responder refuses message 1 or 3.",
    opened: "The identities, and INVALID-ID-INFORMATION or AUTHENTICATION-FAILED.",
    checks: &[
        (
            Side::Initiator,
            "send the identity, in type and value, that the responder expects",
        ),
        (
            Side::Responder,
            "accept this identity, or any; its log shows what came",
        ),
    ],
    needs: &[Need::Clear, Need::Sizes, Need::Timing],
    competitors: &[
        (
            "psk-mismatch-ikev1-main",
            "there the initiator cannot read the refusal and repeats message 5",
        ),
        (
            "cert-untrusted-or-invalid",
            "there the method is a signature and a certificate is refused",
        ),
        (
            "psk-mismatch-ikev1-aggressive",
            "there the initiator refuses message 2",
        ),
    ],
    references: &["RFC 2408, section 5.8", "RFC 2407, section 4.6.2"],
    see: None,
};

pub(super) static ID_MISMATCH_V2: Declaration = Declaration {
    id: "id-mismatch-v2",
    title: "IKEv2: the identity is not accepted",
    severity: Severity::Failure,
    weight: 41,
    explanation: "The responder finds no connection for the pair of identities in IKE_AUTH: the initiator names itself otherwise than expected, or \
        asks for an identity that the responder does not have. The type counts: a name as FQDN is not the same name as an \
        e-mail address, a key id or a distinguished name.",
    symptom: "Responder: \"no matching peer config found\". Initiator: AUTHENTICATION_FAILED, or \"received IDr X, but require Y\".",
    wire: "The response to IKE_AUTH has the size of one notify, as with a wrong key.",
    opened: "The identities and their types; AUTHENTICATION_FAILED while the AUTH value verifies with the given key.",
    checks: &[
        (
            Side::Initiator,
            "its own identity, and the one that it asks for: type and value",
        ),
        (
            Side::Responder,
            "the identities of its connection; its log shows the pair that it looked for",
        ),
    ],
    needs: &[Need::Sizes, Need::IkeKeys],
    competitors: &[
        (
            "psk-mismatch-ikev2-at-responder",
            "the same size; decrypted, the AUTH value does not verify",
        ),
        (
            "id-is-private-address",
            "there the identity is an address behind a NAT",
        ),
        (
            "auth-method-mismatch-v2",
            "the same size; the log of the responder tells",
        ),
    ],
    references: &["RFC 7296, sections 2.15 and 3.5", "RFC 4301, section 4.4.3"],
    see: None,
};

pub(super) static ID_IS_PRIVATE_ADDRESS: Declaration = Declaration {
    id: "id-is-private-address",
    title: "A gateway behind NAT names itself by its inside address",
    severity: Severity::Failure,
    weight: 53,
    explanation: "Where no identity is configured the local address is used. Behind a NAT that is the inside address, and the other side \
        expects the outside one.",
    symptom: "Authentication fails for a gateway behind a cloud or DSL router.",
    wire: "The NAT detection hash says that the initiator is behind NAT, and authentication is refused; the inside address can \
        be found from the hash.",
    opened: "An identity of an address type whose value is not the address that the packets come from.",
    checks: &[
        (
            Side::Initiator,
            "set its identity to the outside address, or better to a name",
        ),
        (Side::Responder, "or expect the inside address as identity"),
    ],
    needs: &[Need::Clear, Need::Sizes],
    competitors: &[
        (
            "psk-mismatch-ikev2-at-responder",
            "the same size; decrypted messages tell",
        ),
        (
            "id-mismatch-v2",
            "there the identity is not an address behind a NAT",
        ),
    ],
    references: &["RFC 7296, sections 2.23 and 3.5", "RFC 4301, section 4.4.3"],
    see: None,
};

pub(super) static DIALUP_PSK_WRONG_CONNECTION: Declaration = Declaration {
    id: "dialup-psk-wrong-connection",
    title: "Main mode from an unknown address: the key of another connection was taken",
    severity: Severity::Failure,
    weight: 47,
    explanation: "A responder with several dial-up connections must choose the key by address before it knows who calls, and takes the first \
        connection that fits any address. Clients of the other connections fail as with a wrong key.",
    symptom: "Clients of the first definition succeed, all others fail at message 5.",
    wire: "As a mismatch of pre-shared keys in main mode; other addresses get through to the same responder.",
    opened: "The message of the initiator opens with one candidate, the responder uses another one.",
    checks: &[
        (
            Side::Responder,
            "one key for all dial-up connections of main mode, or IKEv2, or certificates",
        ),
        (
            Side::Responder,
            "which connection did its log name for this attempt?",
        ),
    ],
    needs: &[Need::Clear, Need::OtherTunnels],
    competitors: &[(
        "psk-mismatch-ikev1-main",
        "there all clients fail; the octets are the same",
    )],
    references: &["RFC 2409, section 5.4"],
    see: None,
};

pub(super) static AUTH_METHOD_MISMATCH_V2: Declaration = Declaration {
    id: "auth-method-mismatch-v2",
    title: "IKEv2: the methods of authentication differ",
    severity: Severity::Failure,
    weight: 40,
    explanation: "In IKEv2 each side chooses how it proves itself, and nothing is negotiated. When the initiator brings a pre-shared key and the \
        responder wants a certificate or EAP, or the other way round, the responder refuses.",
    symptom: "\"Constraint check failed\", \"peer requested EAP\", AUTHENTICATION_FAILED.",
    wire: "The response to IKE_AUTH has the size of one notify. Hints: the responder asks for certificates (CERTREQ), or announces signature \
        hashes, while the request is too small to carry a certificate.",
    opened: "The method of the AUTH payload, or its absence, which asks for EAP.",
    checks: &[(
        Side::Both,
        "what one side has as its own method must be the other side's expected one, in both directions",
    )],
    needs: &[Need::Sizes, Need::IkeKeys],
    competitors: &[
        (
            "psk-mismatch-ikev2-at-responder",
            "there both sides want a pre-shared key",
        ),
        ("id-mismatch-v2", "there the method is the expected one"),
    ],
    references: &["RFC 7296, sections 2.15 and 2.16", "RFC 7427", "RFC 9593"],
    see: None,
};

pub(super) static SIGNATURE_HASH_MISMATCH: Declaration = Declaration {
    id: "signature-hash-mismatch",
    title: "No common hash for signatures",
    severity: Severity::Failure,
    weight: 54,
    explanation: "Each side says in IKE_SA_INIT which hashes it accepts in signatures. When a side has to sign with a hash that the other did not \
        name, or the lists have nothing in common, authentication fails.",
    symptom: "AUTHENTICATION_FAILED with good certificates on both sides.",
    wire: "SIGNATURE_HASH_ALGORITHMS from one side only, or two lists without a common value, and a refusal.",
    opened: "The algorithm of the signature in the AUTH payload against the list of the other side.",
    checks: &[
        (Side::Both, "allow a common hash: SHA2-256 at least"),
        (
            Side::Both,
            "RSA-PSS: the trailer field and the salt length differ between implementations",
        ),
    ],
    needs: &[Need::Clear, Need::Sizes],
    competitors: &[
        (
            "cert-untrusted-or-invalid",
            "there the lists have a common hash",
        ),
        (
            "auth-method-mismatch-v2",
            "there the responder wants no signature",
        ),
    ],
    references: &["RFC 7427, section 4"],
    see: None,
};

pub(super) static PPK_REQUIRED_MISSING: Declaration = Declaration {
    id: "ppk-required-missing",
    title: "A post-quantum pre-shared key is required, and one side has none",
    severity: Severity::Failure,
    weight: 55,
    explanation: "Both sides announce in IKE_SA_INIT that they can mix a post-quantum pre-shared key into the SA. Here only one did, or one has no key for \
        the identity, and the other insists.",
    symptom: "\"PPK required but peer does not support PPK\", \"no PPK found\".",
    wire: "USE_PPK in only one of the two IKE_SA_INIT messages, and the negotiation ends there or with a refusal of one notify in IKE_AUTH.",
    opened: "PPK_IDENTITY and NO_PPK_AUTH, or their absence, in IKE_AUTH.",
    checks: &[
        (
            Side::Both,
            "configure the same PPK and its identity on both sides",
        ),
        (Side::Both, "or make it optional while it is introduced"),
    ],
    needs: &[Need::Clear],
    competitors: &[(
        "psk-mismatch-ikev2-at-responder",
        "there neither side speaks of a PPK",
    )],
    references: &["RFC 8784, section 3"],
    see: None,
};

pub(super) static PPK_MISMATCH: Declaration = Declaration {
    id: "ppk-mismatch",
    title: "The post-quantum pre-shared keys differ",
    severity: Severity::Failure,
    weight: 49,
    explanation: "Both sides use a post-quantum pre-shared key, which changes the keys that authentication rests on; with different values the AUTH \
        payload does not verify, although everything else is right.",
    symptom: "AUTHENTICATION_FAILED; \"received PPK_ID a, but require b\".",
    wire: "USE_PPK in both IKE_SA_INIT messages, and IKE_AUTH is refused with one notify.",
    opened: "PPK_IDENTITY names the key that the initiator took.",
    checks: &[(
        Side::Both,
        "the same identity and the same value of the PPK on both sides",
    )],
    needs: &[Need::Clear, Need::Sizes],
    competitors: &[
        (
            "psk-mismatch-ikev2-at-responder",
            "the pre-shared key or the identity may be wrong as well",
        ),
        (
            "ppk-required-missing",
            "there one side does not say USE_PPK",
        ),
    ],
    references: &["RFC 8784, section 3"],
    see: None,
};

pub(super) static AUTH_SILENT_DROP: Declaration = Declaration {
    id: "auth-silent-drop",
    title: "The first encrypted message gets no answer",
    severity: Severity::Failure,
    weight: 24,
    explanation: "The first exchange succeeds, and the first encrypted message is repeated without an answer, on the same port and small enough to pass. \
        The responder drops it: its integrity check fails because the keys differ by a defect, it waits for something slow \
        (RADIUS, OCSP), or it is gone.",
    symptom: "The initiator gives up in IKE_AUTH or after message 5.",
    wire: "IKE_AUTH, or message 5 of main mode, is repeated and nothing comes back.",
    opened: "",
    checks: &[
        (
            Side::Responder,
            "its log at the time of the first encrypted message",
        ),
        (Side::Responder, "does it wait for RADIUS, LDAP or OCSP?"),
        (
            Side::Network,
            "capture at the responder: does the message arrive?",
        ),
    ],
    needs: &[Need::Clear, Need::BothDirections],
    competitors: &[
        (
            "natt-4500-blocked",
            "there the port changes to 4500 before the silence",
        ),
        (
            "ike-ip-fragments-dropped",
            "there the message is fragmented by IP",
        ),
        (
            "ike-frag-partial-loss",
            "there the message is fragmented by IKE",
        ),
        (
            "psk-mismatch-ikev1-main",
            "there the responder reacts, or the method is a pre-shared key",
        ),
    ],
    references: &["RFC 7296, sections 2.1 and 2.21.2", "RFC 2408, section 5.1"],
    see: None,
};

pub(super) static UNIQUENESS_KILL: Declaration = Declaration {
    id: "uniqueness-kill",
    title: "A second login with the same identity ends the first",
    severity: Severity::Failure,
    weight: 63,
    explanation: "A responder that allows one SA for each identity deletes the old one when the same identity logs in again. With two devices \
        of one identity each login throws out the other, and they alternate for ever.",
    symptom: "Two sites or clients take turns being connected.",
    wire: "A complete negotiation from one address, and right after it the responder deletes the SA of another address.",
    opened: "The same IDi in both, and INITIAL_CONTACT.",
    checks: &[
        (
            Side::Initiator,
            "give each device an identity of its own; was an image or a certificate copied?",
        ),
        (Side::Responder, "its setting for unique identities"),
    ],
    needs: &[Need::Sizes, Need::Timing, Need::OtherTunnels],
    competitors: &[
        (
            "unilateral-delete-loop",
            "there one address only is involved",
        ),
        (
            "initial-contact-wipes",
            "there the same address begins again",
        ),
    ],
    references: &["RFC 7296, section 2.4"],
    see: None,
};
