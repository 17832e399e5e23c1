//! Whether the peers accept who the other one says it is: pre-shared keys, identities, methods.

use ikescope_dissectors::registries::ikev1::NotifyType as NotifyV1;
use ikescope_dissectors::registries::ikev2::{IdType, NotifyType, PayloadType};

use super::declaration::{Confidence, Declaration, Need, Severity, Side};
use super::diagnosis::Diagnosis;
use super::engine::TunnelRule;
use super::facts::{
    AUTH_REQUEST, AUTH_RESPONSE, Credentials, INIT_REQUEST, INIT_RESPONSE, Rounds,
    SHARED_KEY_METHOD, ThirdRound, clear_error, credentials, end, method_v1, never_up,
    on_both_sides_of_nat, opening_message, phase_one_answered, pre_shared, proof_of_responder,
    refusal, refused_authentication, rejected_by_initiator, seconds_between, times,
};
use super::nat::evidence;
use super::pace::with_pace;
use super::running::{answered, seconds};
use crate::tunnels::{Identity, Message, Mode, PskResult, Sender, Step, Surroundings, Tunnel};

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
pub(super) const RULES: &[TunnelRule] = &[
    psk_main,
    psk_aggressive,
    psk_at_responder,
    psk_at_initiator,
    identity_main,
    identity_aggressive,
    method_main,
    identity_v2,
    identity_of_responder,
    inside_address,
    dialup,
    method_v2,
    signature_hashes,
    ppk,
    silence,
    second_login,
];

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
            "type the key again; mind blanks at the end, quotes, encoding, text against hexadecimal",
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
        (Side::Both, "type the key again"),
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
        (Side::Both, "type the key again"),
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
        (
            "cert-not-sent",
            "there the proof is a signature; one of Ed25519 or ECDSA is as short as a pre-shared key's",
        ),
    ],
    references: &["RFC 7296, sections 2.15 and 2.16", "RFC 7427", "RFC 9593"],
    see: None,
};

pub(super) static SIGNATURE_HASH_MISMATCH: Declaration = Declaration {
    id: "signature-hash-mismatch",
    title: "IKEv2: no common hash for signatures",
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
            "the same refusal: the pre-shared key or the identity may be wrong as well",
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

fn is_pre_shared(tunnel: &Tunnel) -> bool {
    method_v1(tunnel).is_none_or(pre_shared)
}

/// What trying pre-shared keys showed: whether one fits, and whether one does not.
fn tried(tunnel: &Tunnel) -> (bool, bool) {
    let any = |result| tunnel.psk.iter().any(|check| check.result == result);
    (any(PskResult::Verified), any(PskResult::Refuted))
}

fn psk_main<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let round = ThirdRound::of(tunnel)?;
    if !never_up(tunnel) || round.sixth.is_some() || !is_pre_shared(tunnel) {
        return None;
    }
    let (fifth, fourth) = (round.fifth, round.fourth);
    if fifth.ip_fragments > 0 || !fifth.fragments.is_empty() {
        return None;
    }
    let copies = fifth.transmissions as usize;
    let sent = format!(
        "Messages 1 to 4 of main mode are complete; {} sent message 5 {}",
        end(fifth.ends.src),
        times(copies)
    );
    let (verified, refuted) = tried(tunnel);
    let refuted = refuted && !verified;
    let read_malformed = round.reaction.is_some_and(|reaction| {
        reaction
            .opened
            .as_ref()
            .is_some_and(|opened| opened.notify(NotifyV1::PAYLOAD_MALFORMED.0).is_some())
    });
    let found = match round.reaction {
        Some(reaction) => {
            let malformed = clear_error(reaction)
                .is_some_and(|error| error.number == NotifyV1::PAYLOAD_MALFORMED.0);
            let again = round.repeated_after_reaction();
            if malformed {
                psk_main_found(
                    Confidence::Likely,
                    62,
                    format!(
                        "{sent}, and {} answered PAYLOAD-MALFORMED in clear: it could not read it. The pre-shared keys differ.",
                        end(reaction.ends.src)
                    ),
                )
                .excludes("natt-4500-blocked", "the responder reacts to message 5")
            } else if read_malformed {
                psk_main_found(
                    Confidence::Certain,
                    88,
                    format!(
                        "{sent}; {} could not read it and says PAYLOAD-MALFORMED under other keys than the initiator has: the \
                         pre-shared keys differ.",
                        end(reaction.ends.src)
                    ),
                )
            } else if reaction.encrypted
                && again > 0
                && reaction.opened.is_none()
                && !round.refuses()
            {
                psk_main_found(
                    Confidence::Likely,
                    61,
                    format!(
                        "{sent}; {} answers with an encrypted Informational that the initiator cannot read, as it repeats \
                         message 5 after it. The pre-shared keys differ.",
                        end(reaction.ends.src)
                    ),
                )
                .excludes("natt-4500-blocked", "the responder reacts to message 5")
                .excludes(
                    "id-mismatch-main",
                    "an initiator that can read the refusal does not repeat message 5",
                )
            } else {
                return None;
            }
            .evidence(reaction.frame, "the responder's reaction")
        }
        None if round.fourth_repeated() > 0 && !round.floated() => psk_main_found(
            Confidence::Likely,
            58,
            format!(
                "{sent}, and {} repeats message 4 as if nothing readable had come. The pre-shared keys differ.",
                end(fourth.ends.src)
            ),
        )
        .evidence_if(
            fourth
                .retransmissions
                .iter()
                .find(|copy| copy.frame > fifth.frame)
                .map(|copy| copy.frame),
            "message 4 again, after message 5",
        )
        .excludes("natt-4500-blocked", "both messages use the same port"),
        None if round.fourth_repeated() > 0 && round.passed_the_nat() => psk_main_found(
            Confidence::Likely,
            BEHIND_THE_NAT_WEIGHT,
            format!(
                "{sent} through its NAT, and {} repeats message 4 on the old port as if nothing readable had come. The \
                 pre-shared keys differ.",
                end(fourth.ends.src)
            ),
        )
        .excludes(
            "natt-4500-blocked",
            "message 5 was captured behind the NAT, with UDP 4500 as its port",
        ),
        None if copies >= 2 => psk_main_found(
            Confidence::Possible,
            if round.floated() { 21 } else { 23 },
            format!(
                "{sent} without any reaction: some implementations keep silent when the pre-shared keys differ."
            ),
        ),
        None => return None,
    };
    let found = if refuted {
        let weight = found.weight.max(80);
        let mut found = found.weight(weight);
        found.confidence = Confidence::Certain;
        found
            .summary
            .push_str(" A key that was tried does not fit.");
        found
    } else {
        found
    };
    Some(
        found
            .evidence(fourth.frame, "message 4: the key exchange is complete")
            .evidence(fifth.frame, with_pace("message 5, encrypted", fifth))
            .evidence_if(
                fifth.retransmissions.first().map(|copy| copy.frame),
                "message 5 again, octet for octet",
            ),
    )
}

/// More than UDP 4500 that is blocked: most of what blocks it stands on the side of the NAT.
const BEHIND_THE_NAT_WEIGHT: u8 = 67;

fn psk_main_found(confidence: Confidence, weight: u8, summary: String) -> Diagnosis {
    Diagnosis::new(&PSK_MISMATCH_IKEV1_MAIN, confidence, Side::Both, summary).weight(weight)
}

fn psk_aggressive<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    if tunnel.mode != Some(Mode::Aggressive) || !is_pre_shared(tunnel) {
        return None;
    }
    let second = tunnel.first_of(Step::Aggressive(2))?;
    let third = tunnel.first_of(Step::Aggressive(3));
    let (verified, refuted) = tried(tunnel);
    let reaction = tunnel.messages.iter().find(|message| {
        message.step == Step::Informational
            && match third {
                // What is closed and comes later is about something else; message 3 is missing in the capture.
                None => {
                    let last = second.last_copy();
                    message.from == Sender::Initiator
                        && message.frame > second.frame
                        && (message.opened.is_some()
                            || !message.encrypted
                            || seconds(last.time, message.time)
                                .is_none_or(|late| late < REACTION_SECONDS))
                }
                Some(third) => message.from == Sender::Responder && message.frame > third.frame,
            }
    });
    if !never_up(tunnel) {
        return None;
    }
    let reaction = reaction?;
    let numbers = [
        NotifyV1::AUTHENTICATION_FAILED.0,
        NotifyV1::INVALID_HASH_INFORMATION.0,
        NotifyV1::PAYLOAD_MALFORMED.0,
    ];
    let error = reaction.payloads().error();
    if error.is_some_and(|error| !numbers.contains(&error.number)) {
        return None;
    }
    let who = end(reaction.ends.src);
    let mut summary = match third {
        None => format!(
            "{who} refuses message 2 of aggressive mode, in which the responder proves that it knows the key."
        ),
        Some(_) => format!(
            "{who} refuses message 3 of aggressive mode, in which the initiator proves that it knows the key."
        ),
    };
    let confidence = if refuted && !verified {
        summary.push_str(
            " HASH_R does not fit the key that was tried: the responder uses another one.",
        );
        Confidence::Certain
    } else if refuted {
        summary.push_str(" HASH_R fits one of the keys that were tried, and not the other.");
        Confidence::Likely
    } else {
        summary.push_str(" The pre-shared keys differ.");
        Confidence::Likely
    };
    Some(
        Diagnosis::new(
            &PSK_MISMATCH_IKEV1_AGGRESSIVE,
            confidence,
            Side::Both,
            summary,
        )
        .weight(if third.is_none() { 58 } else { 50 })
        .evidence(second.frame, "message 2 with HASH_R, in clear")
        .evidence(reaction.frame, "the refusal")
        .excludes(
            "id-mismatch-main",
            "message 2 came, so message 1 was accepted",
        ),
    )
}

fn psk_at_responder<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (request, response) = refused_authentication(tunnel)?;
    let what = credentials(request);
    if matches!(
        what,
        Credentials::Certificate | Credentials::Signature | Credentials::Eap
    ) {
        return None;
    }
    let (verified, refuted) = tried(tunnel);
    let head = format!(
        "IKE_SA_INIT is complete, and {} refuses the authentication of {}",
        end(response.ends.src),
        end(request.ends.src)
    );
    let (confidence, weight, summary) = if refuted && !verified {
        (
            Confidence::Certain,
            85,
            format!(
                "{head}: the AUTH payload does not fit the pre-shared key that was tried. The initiator uses another one."
            ),
        )
    } else if refuted {
        (
            Confidence::Likely,
            72,
            format!(
                "{head}: the initiator uses one of the pre-shared keys that were tried, the responder probably the other."
            ),
        )
    } else if verified {
        (
            Confidence::Possible,
            36,
            format!(
                "{head}, although its AUTH payload fits the pre-shared key that was tried; does the responder have the same key?"
            ),
        )
    } else if response.opened.is_some() {
        (
            Confidence::Likely,
            48,
            format!(
                "{head} with a pre-shared key: AUTHENTICATION_FAILED. The keys differ, or the identity is not known there."
            ),
        )
    } else {
        (
            Confidence::Possible,
            PSK_MISMATCH_IKEV2_AT_RESPONDER.weight,
            format!(
                "{head} with an answer that has room for one notification only: the pre-shared keys differ, or the identity is \
                 not accepted. Without keys the two cannot be told apart."
            ),
        )
    };
    Some(
        Diagnosis::new(
            &PSK_MISMATCH_IKEV2_AT_RESPONDER,
            confidence,
            Side::Both,
            summary,
        )
        .weight(weight)
        .evidence(request.frame, "IKE_AUTH request")
        .evidence(response.frame, "refused: one notification")
        .excludes(
            "cert-untrusted-or-invalid",
            "the request has no room for a certificate",
        ),
    )
}

fn psk_at_initiator<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let (response, ending) = rejected_by_initiator(tunnel, around)?;
    let rounds = Rounds::of(tunnel);
    let one_round = rounds.len() == 1;
    let what = proof_of_responder(tunnel, response);
    if !one_round || matches!(what, Credentials::Certificate | Credentials::Signature) {
        return None;
    }
    let (verified, refuted) = tried(tunnel);
    let failed = ending
        .opened
        .as_ref()
        .is_some_and(|opened| opened.notify(NotifyType::AUTHENTICATION_FAILED.0).is_some());
    let (confidence, weight) = if refuted && !verified {
        (Confidence::Certain, 85)
    } else if failed {
        (Confidence::Likely, 62)
    } else {
        (Confidence::Likely, 55)
    };
    let summary = format!(
        "{} accepted the initiator and answered completely, and {} ended the SA at once: it does not accept the \
         responder's proof, which by its size is no certificate. The pre-shared keys or the identities differ.",
        end(response.ends.src),
        end(ending.ends.src)
    );
    Some(
        Diagnosis::new(
            &PSK_MISMATCH_IKEV2_AT_INITIATOR,
            confidence,
            Side::Both,
            summary,
        )
        .weight(weight)
        .evidence(response.frame, "complete IKE_AUTH response")
        .evidence(ending.frame, "ended by the initiator at once")
        .excludes(
            "cert-untrusted-or-invalid",
            "the response has no room for a certificate",
        ),
    )
}

/// The initiator refuses the responder, who is another than it asked for, or whose pre-shared key fits.
fn identity_of_responder<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let (response, ending) = rejected_by_initiator(tunnel, around)?;
    let request = answered(tunnel, response)?;
    let named = |message: &'a Message| {
        let identities = &message.opened.as_ref()?.identities;
        identities
            .iter()
            .find(|identity| identity.payload_type == PayloadType::ID_RESPONDER.0)
    };
    let got = named(response)?;
    let shared = |message: &Message| {
        let opened = message.opened.as_ref();
        opened.and_then(|opened| opened.auth_method()) == Some(SHARED_KEY_METHOD)
    };
    // With certificates it is the name in them that is refused.
    if !shared(response) {
        return None;
    }
    let other =
        named(request).filter(|asked| (asked.id_type, &asked.value) != (got.id_type, &got.value));
    let (verified, refuted) = tried(tunnel);
    let (confidence, weight, why) = match other {
        Some(asked) => (
            Confidence::Likely,
            80,
            format!("it asked for {}", named_identity(asked)),
        ),
        None if verified && !refuted => (
            Confidence::Likely,
            66,
            "the pre-shared key fits, so it probably expects another identity".to_owned(),
        ),
        // A key that the responder accepts is a key that both have.
        None if !refuted && shared(request) && named(request).is_none() => (
            Confidence::Likely,
            64,
            "the responder accepted the pre-shared key, and the initiator did not say whom it expects".to_owned(),
        ),
        None => return None,
    };
    let summary = format!(
        "{} is {}, and {} ends the SA at once: {why}.",
        end(response.ends.src),
        named_identity(got),
        end(ending.ends.src)
    );
    let asked = other.map(|_| request.frame);
    Some(
        Diagnosis::new(&ID_MISMATCH_V2, confidence, Side::Both, summary)
            .weight(weight)
            .evidence_if(asked, "the identity that is asked for, decrypted")
            .evidence(response.frame, "the identity of the responder, decrypted")
            .evidence(ending.frame, "ended by the initiator at once"),
    )
}

/// The encrypted refusal of message 5, read by the initiator, or of message 6 by the responder.
pub(super) fn encrypted_refusal(tunnel: &Tunnel) -> Option<(&Message, &Message)> {
    let round = ThirdRound::of(tunnel).filter(|_| never_up(tunnel))?;
    match round.sixth {
        None => {
            let reaction = round.reaction?;
            let error = reaction.payloads().error().map(|error| error.number);
            let closed = reaction.opened.is_none() && !round.refuses();
            let unreadable = error == Some(NotifyV1::PAYLOAD_MALFORMED.0)
                || (closed && round.repeated_after_reaction() > 0);
            (reaction.encrypted && !unreadable).then_some((round.fifth, reaction))
        }
        Some(sixth) => {
            let ending = tunnel
                .messages
                .iter()
                .find(|message| message.frame > sixth.frame && message.from == Sender::Initiator)?;
            let soon =
                seconds_between(sixth, ending).is_none_or(|seconds| (0.0..1.0).contains(&seconds));
            let ends = ending.step == Step::Informational && ending.encrypted && soon;
            // A server asks for user and password before the client has judged message 6.
            let asked = tunnel
                .first_of(Step::Transaction(1))
                .is_some_and(|question| question.from == Sender::Initiator);
            let quiet = tunnel.first_of(Step::Quick(1)).is_none()
                && tunnel.first_of(Step::Transaction(2)).is_none()
                && !asked;
            (ends && quiet).then_some((sixth, ending))
        }
    }
}

fn identity_main<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (proof, refusal) = encrypted_refusal(tunnel)?;
    let signature = !is_pre_shared(tunnel);
    let error = refusal.payloads().error();
    let named = error.is_some_and(|error| error.number == NotifyV1::INVALID_ID_INFORMATION.0);
    if signature && !named {
        return None;
    }
    let identity = proof
        .opened
        .as_ref()
        .and_then(|opened| opened.identities.first());
    let (verified, refuted) = tried(tunnel);
    let confidence = if named || (identity.is_some() && error.is_some() && (verified || !refuted)) {
        Confidence::Certain
    } else {
        Confidence::Likely
    };
    let summary = format!(
        "{} can read {}{} and refuses it{}: the pre-shared key fits, the identity does not.",
        end(refusal.ends.src),
        proof.step,
        identity.map_or(String::new(), |identity| format!(
            " ({})",
            named_identity(identity)
        )),
        error.map_or(String::new(), |error| format!(
            " with {}",
            error.name.unwrap_or("an error")
        )),
    );
    Some(
        Diagnosis::new(&ID_MISMATCH_MAIN, confidence, Side::Both, summary)
            .weight(if named { 88 } else { 60 })
            .evidence(proof.frame, "the identity, encrypted")
            .evidence(refusal.frame, "the refusal, encrypted")
            .excludes(
                "psk-mismatch-ikev1-main",
                "the refusal is not PAYLOAD-MALFORMED, which answers a message that other keys encrypt",
            ),
    )
}

/// Type and value.
pub(super) fn named_identity(identity: &Identity) -> String {
    match identity.type_name {
        Some(kind) => format!("{kind} {}", identity.value),
        None => identity.value.clone(),
    }
}

fn identity_aggressive<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    if tunnel.mode != Some(Mode::Aggressive) || !never_up(tunnel) {
        return None;
    }
    let invalid = NotifyV1::INVALID_ID_INFORMATION.0;
    let after = |step, from| {
        let asked = tunnel.first_of(step)?;
        tunnel.messages.iter().find_map(|message| {
            let error = message.payloads().error()?;
            (message.from == from && message.frame > asked.frame).then_some((message, error))
        })
    };
    let (request, (answer, error)) = refusal(tunnel)
        .or_else(|| after(Step::Aggressive(3), Sender::Responder))
        .and_then(|refusal| Some((opening_message(tunnel)?, refusal)))
        .or_else(|| {
            // The initiator refuses message 2: another key has other notifications.
            let refusal = after(Step::Aggressive(2), Sender::Initiator)?;
            (refusal.1.number == invalid)
                .then_some((tunnel.first_of(Step::Aggressive(2))?, refusal))
        })?;
    let identity = request.clear.identities.first();
    let named = error.number == invalid;
    if !named && error.number != NotifyV1::AUTHENTICATION_FAILED.0 {
        return None;
    }
    let summary = format!(
        "{} refuses aggressive mode of {} with {}{}.",
        end(answer.ends.src),
        end(request.ends.src),
        error.name.unwrap_or("an error"),
        identity.map_or(String::new(), |identity| format!(
            ": it has no connection for the identity {}{}",
            named_identity(identity),
            if named {
                ""
            } else {
                " with this authentication method"
            }
        ))
    );
    Some(
        Diagnosis::new(
            &ID_MISMATCH_MAIN,
            if named {
                Confidence::Likely
            } else {
                Confidence::Possible
            },
            Side::Both,
            summary,
        )
        .weight(if named { 60 } else { 46 })
        .evidence(request.frame, "the identity, in clear")
        .evidence(answer.frame, "the refusal"),
    )
}

/// A signature was agreed on, and the responder neither asks for certificates nor accepts the proof.
fn method_main<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (proof, refusal) = encrypted_refusal(tunnel)?;
    if is_pre_shared(tunnel) || proof.from != Sender::Initiator {
        return None;
    }
    let asks = tunnel
        .from(Sender::Responder)
        .any(|message| !message.clear.certificate_requests.is_empty());
    if asks {
        return None;
    }
    let summary = format!(
        "The initiator proves itself by {}, {} asks for no certificate and refuses: its connection for this peer has another \
         authentication method.",
        tunnel
            .chosen
            .as_ref()
            .and_then(|chosen| chosen.suites().first()?.auth.clone())
            .unwrap_or_else(|| "a signature".to_owned()),
        end(refusal.ends.src)
    );
    Some(
        Diagnosis::new(
            &super::negotiation::AUTH_METHOD_MISMATCH_V1,
            Confidence::Likely,
            Side::Both,
            summary,
        )
        .weight(57)
        .evidence(proof.frame, "the initiator's proof")
        .evidence(refusal.frame, "the refusal, encrypted"),
    )
}

fn identity_v2<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (request, response) = refused_authentication(tunnel)?;
    let opened = request.opened.as_ref()?;
    let identity = |kind: PayloadType| {
        opened
            .identities
            .iter()
            .find(|identity| identity.payload_type == kind.0)
    };
    let (own, asked) = (
        identity(PayloadType::ID_INITIATOR),
        identity(PayloadType::ID_RESPONDER),
    );
    let (verified, refuted) = tried(tunnel);
    let shared = opened.auth_method() == Some(SHARED_KEY_METHOD);
    let (confidence, weight) = match (shared, verified, refuted) {
        (true, true, false) => (Confidence::Likely, 66),
        (true, true, true) => (Confidence::Possible, 45),
        (true, false, false) => (Confidence::Possible, 44),
        _ => (Confidence::Possible, 32),
    };
    let summary = format!(
        "{} refuses {}{}{}: it may have no connection for this pair of identities.",
        end(response.ends.src),
        own.map_or("the initiator".to_owned(), named_identity),
        asked.map_or(String::new(), |asked| format!(
            ", who asks for {}",
            named_identity(asked)
        )),
        if verified && shared {
            "; the pre-shared key fits"
        } else {
            ""
        }
    );
    Some(
        Diagnosis::new(&ID_MISMATCH_V2, confidence, Side::Both, summary)
            .weight(weight)
            .evidence(request.frame, "the identities, decrypted")
            .evidence(response.frame, "AUTHENTICATION_FAILED"),
    )
}

fn inside_address<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    if tunnel.version == 1 {
        return inside_address_v1(tunnel);
    }
    let (request, response) = refused_authentication(tunnel)?;
    let outside = tunnel.initiator.address;
    let Some(opened) = &request.opened else {
        // A hash that does not fit is also sent on purpose, to force encapsulation; a port that was changed is a NAT.
        let translated = request
            .ends
            .src
            .port
            .is_some_and(|port| port != 500 && port != 4500);
        let small = credentials(request) == Credentials::Small;
        if tunnel.initiator.behind_nat != Some(true) || !translated || !small {
            return None;
        }
        let summary = format!(
            "The initiator is behind NAT and is refused with one notification: if it names itself by its inside address while \
             {} expects {outside}, this is what is seen.",
            tunnel.responder.address
        );
        return Some(
            Diagnosis::new(
                &ID_IS_PRIVATE_ADDRESS,
                Confidence::Possible,
                Side::Initiator,
                summary,
            )
            // Without keys another key is the likelier reason, behind a NAT too.
            .weight(40)
            .evidence(request.frame, "IKE_AUTH request from behind NAT")
            .evidence(response.frame, "refused: one notification"),
        );
    };
    let identity = opened
        .identities
        .iter()
        .find(|identity| identity.payload_type == PayloadType::ID_INITIATOR.0)?;
    let is_address = [IdType::IPV4_ADDR.0, IdType::IPV6_ADDR.0].contains(&identity.id_type);
    let translated = seen_inside(tunnel);
    if !is_address || identity.value == outside.to_string() && !translated {
        return None;
    }
    Some(inside_address_found(identity, tunnel, request, response))
}

/// Whether the addresses of the initiator are those behind its NAT. A capture on both sides of it has the messages from the
/// inside address too, and one inside only those: then the responder's hash of where it sends to does not fit.
fn seen_inside(tunnel: &Tunnel) -> bool {
    tunnel.initiator.behind_nat == Some(true)
        && (on_both_sides_of_nat(tunnel)
            || evidence(tunnel)
                .any(|mismatch| mismatch.genuine && mismatch.behind == Sender::Initiator))
}

fn inside_address_v1(tunnel: &Tunnel) -> Option<Diagnosis> {
    let (proof, refusal) = encrypted_refusal(tunnel)?;
    let identity = proof.opened.as_ref()?.identities.first()?;
    let is_address = [1, 5].contains(&identity.id_type);
    let elsewhere = identity.value != tunnel.initiator.address.to_string()
        && tunnel.initiator.behind_nat == Some(true)
        || seen_inside(tunnel);
    (is_address && elsewhere && proof.from == Sender::Initiator)
        .then(|| inside_address_found(identity, tunnel, proof, refusal))
}

fn inside_address_found(
    identity: &Identity,
    tunnel: &Tunnel,
    request: &Message,
    response: &Message,
) -> Diagnosis {
    let outside = tunnel.initiator.address.to_string();
    let summary = format!(
        "The initiator names itself {}, but its packets {}, and {} refuses it.",
        named_identity(identity),
        if identity.value == outside {
            "get another address from a NAT".to_owned()
        } else {
            format!("come from {outside}")
        },
        end(response.ends.src)
    );
    Diagnosis::new(
        &ID_IS_PRIVATE_ADDRESS,
        Confidence::Likely,
        Side::Initiator,
        summary,
    )
    .weight(78)
    .evidence(request.frame, "the identity, decrypted")
    .evidence(response.frame, "the refusal")
}

fn dialup<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let mismatch = psk_main(tunnel, around)?;
    let works = around.tunnels.iter().copied().find(|other| {
        other.responder.address == tunnel.responder.address
            && other.initiator.address != tunnel.initiator.address
            && other.mode == Some(Mode::Main)
            && is_pre_shared(other)
            && other.first_of(Step::Main(6)).is_some()
    })?;
    let summary = format!(
        "Main mode of {} fails as with another pre-shared key, while {} gets through to the same responder: it may take the \
         key of another dial-up connection.",
        tunnel.initiator.address, works.initiator.address
    );
    Some(
        Diagnosis::new(
            &DIALUP_PSK_WRONG_CONNECTION,
            Confidence::Possible,
            Side::Responder,
            summary,
        )
        .weight(mismatch.weight.saturating_sub(3))
        .evidence_if(
            tunnel.first_of(Step::Main(5)).map(|message| message.frame),
            "message 5 that is not accepted",
        )
        .evidence_if(
            works.first_of(Step::Main(6)).map(|message| message.frame),
            "message 6 to another client",
        ),
    )
}

/// Whether the responder asks for a certificate in clear.
pub(super) fn asks_for_certificate(tunnel: &Tunnel) -> Option<&Message> {
    tunnel
        .of_step(INIT_RESPONSE)
        .find(|response| response.clear.has(PayloadType::CERTREQ.0))
}

/// Whether the responder says nothing of signatures where the initiator does: no authority that it trusts, and no hash that
/// it accepts (RFC 7427, section 4).
fn knows_no_signatures(tunnel: &Tunnel) -> bool {
    let announces = |step| {
        tunnel.of_step(step).last().is_some_and(|message| {
            let hashes = NotifyType::SIGNATURE_HASH_ALGORITHMS.0;
            message.clear.notify(hashes).is_some()
        })
    };
    announces(INIT_REQUEST) && !announces(INIT_RESPONSE) && asks_for_certificate(tunnel).is_none()
}

fn method_v2<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (request, response) = refused_authentication(tunnel)?;
    let asks = asks_for_certificate(tunnel);
    let what = credentials(request);
    let (confidence, weight, brings) = match (what, asks) {
        (Credentials::PreSharedKey, Some(_)) => (Confidence::Likely, 64, "a pre-shared key"),
        (Credentials::Small, Some(_)) => (
            Confidence::Possible,
            47,
            "no certificate, as far as its size tells",
        ),
        (Credentials::Eap, _) => (Confidence::Likely, 60, "nothing, which asks for EAP"),
        (Credentials::Certificate | Credentials::Signature, None)
            if knows_no_signatures(tunnel) =>
        {
            (Confidence::Likely, 60, "a signature")
        }
        // Who checks certificates says of which authorities.
        (Credentials::Certificate | Credentials::Signature, None) if request.opened.is_some() => {
            (Confidence::Possible, 55, "a signature")
        }
        (Credentials::Certificate | Credentials::Signature, None) => {
            (Confidence::Possible, 47, "a signature")
        }
        _ => return None,
    };
    let summary = format!(
        "{} brings {brings}, and {} {}refuses: the two sides expect different methods of authentication.",
        end(request.ends.src),
        end(response.ends.src),
        match asks {
            Some(_) => "asked for a certificate and ",
            None if knows_no_signatures(tunnel) => "announced no way to check one and ",
            None => "",
        }
    );
    Some(
        Diagnosis::new(&AUTH_METHOD_MISMATCH_V2, confidence, Side::Both, summary)
            .weight(weight)
            .evidence_if(asks.map(|message| message.frame), "CERTREQ, in clear")
            .evidence(request.frame, "IKE_AUTH request")
            .evidence(response.frame, "refused: one notification"),
    )
}

fn signature_hashes<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let refusal =
        refused_authentication(tunnel).or_else(|| rejected_by_initiator(tunnel, around))?;
    let list = |step: Step| {
        tunnel
            .messages
            .iter()
            .rfind(|message| message.step == step)
            .map(|message| {
                message
                    .clear
                    .notify(NotifyType::SIGNATURE_HASH_ALGORITHMS.0)
                    .map(|notify| hashes(&notify.data))
            })
    };
    let (request, response) = (list(INIT_REQUEST)?, list(INIT_RESPONSE)?);
    let signed = credentials(refusal.0);
    let signature = matches!(signed, Credentials::Certificate | Credentials::Signature);
    // What the signer used against what the verifier announced.
    let used = refusal.0.opened.as_ref().and_then(|opened| {
        let name = opened.auth.as_ref()?.signature_algorithm.as_deref()?;
        let accepted = if refusal.0.from == Sender::Initiator {
            response.as_ref()
        } else {
            request.as_ref()
        }?;
        let hash = HASHES
            .iter()
            .find(|(_, known)| normalized(name).contains(known))?;
        (!accepted.contains(&hash.0)).then_some(name)
    });
    let (confidence, weight, why) = match (&request, &response, used) {
        (_, _, Some(name)) => (
            Confidence::Certain,
            86,
            format!("the signature uses {name}, which the verifier did not announce"),
        ),
        (Some(one), Some(other), _) if !one.iter().any(|hash| other.contains(hash)) => (
            Confidence::Certain,
            70,
            "the lists of hashes for signatures have nothing in common".to_owned(),
        ),
        (Some(_), None, _) | (None, Some(_), _) if signature => (
            Confidence::Possible,
            41,
            "only one side announced hashes for signatures".to_owned(),
        ),
        _ => return None,
    };
    Some(
        Diagnosis::new(
            &SIGNATURE_HASH_MISMATCH,
            confidence,
            Side::Both,
            format!("Authentication is refused, and {why}."),
        )
        .weight(weight)
        .evidence(refusal.0.frame, format!("{}", refusal.0.step))
        .evidence(refusal.1.frame, "refused"),
    )
}

fn hashes(data: &[u8]) -> Vec<u16> {
    data.chunks_exact(2)
        .filter_map(|pair| <[u8; 2]>::try_from(pair).ok())
        .map(u16::from_be_bytes)
        .collect()
}

fn normalized(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect()
}

fn ppk<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let says = |step: Step| {
        tunnel
            .of_step(step)
            .any(|message| message.clear.notify(NotifyType::USE_PPK.0).is_some())
    };
    let (initiator, responder) = (says(INIT_REQUEST), says(INIT_RESPONSE));
    if !never_up(tunnel) || !phase_one_answered(tunnel) || !(initiator || responder) {
        return None;
    }
    let init = tunnel.of_step(INIT_RESPONSE).last()?;
    let refusal = refused_authentication(tunnel);
    if initiator && responder {
        let (request, response) = refusal?;
        let identity = request
            .opened
            .as_ref()
            .and_then(|opened| opened.notify(NotifyType::PPK_IDENTITY.0));
        let summary = format!(
            "Both sides use a post-quantum pre-shared key{}, and {} refuses the authentication: the values differ, or the \
             identity of the key is not known.",
            identity.map_or(String::new(), |notify| format!(
                " ({})",
                String::from_utf8_lossy(notify.data.get(1..).unwrap_or_default())
            )),
            end(response.ends.src)
        );
        let read = identity.is_some();
        let confidence = if read {
            Confidence::Likely
        } else {
            Confidence::Possible
        };
        return Some(
            Diagnosis::new(&PPK_MISMATCH, confidence, Side::Both, summary)
                .weight(if read { 68 } else { 56 })
                .evidence(init.frame, "USE_PPK from both sides")
                .evidence(response.frame, "refused: one notification"),
        );
    }
    let (who, other) = if initiator {
        (Sender::Initiator, Sender::Responder)
    } else {
        (Sender::Responder, Sender::Initiator)
    };
    let gave_up = tunnel.first_of(AUTH_REQUEST).is_none();
    if refusal.is_none() && !gave_up && tunnel.first_of(AUTH_RESPONSE).is_some() {
        return None;
    }
    let summary = format!(
        "The {} wants a post-quantum pre-shared key, the {} does not do it, and the negotiation ends {}.",
        who.name(),
        other.name(),
        if gave_up {
            "after IKE_SA_INIT"
        } else {
            "in IKE_AUTH"
        }
    );
    Some(
        Diagnosis::new(
            &PPK_REQUIRED_MISSING,
            Confidence::Likely,
            Side::Both,
            summary,
        )
        .evidence(init.frame, "USE_PPK from one side only")
        .evidence_if(refusal.map(|(_, response)| response.frame), "refused"),
    )
}

fn silence<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    if !never_up(tunnel) {
        return None;
    }
    let (before, request) = match tunnel.version {
        1 => {
            let round = ThirdRound::of(tunnel)?;
            let reacted =
                round.sixth.is_some() || round.reaction.is_some() || round.fourth_repeated() > 0;
            if reacted {
                return None;
            }
            (round.fourth, round.fifth)
        }
        _ => {
            let (request, response) = Rounds::of(tunnel).first()?;
            if response.is_some() {
                return None;
            }
            (tunnel.of_step(INIT_RESPONSE).last()?, request)
        }
    };
    let floated = request.ends.dst.port != before.ends.src.port;
    let fragmented = request.ip_fragments > 0 || !request.fragments.is_empty();
    // On both sides of a NAT each message is there twice.
    let again = request.retransmissions.iter().any(|copy| !copy.elsewhere);
    if !again || fragmented || !request.icmp.is_empty() {
        return None;
    }
    let summary = format!(
        "The key exchange succeeds; then {} sends {} {} and nothing comes back{}.",
        end(request.ends.src),
        request.step,
        times(request.transmissions as usize),
        if floated {
            ", neither on the new port nor on the old one"
        } else {
            ", on the same port and small enough to pass"
        }
    );
    Some(
        Diagnosis::new(
            &AUTH_SILENT_DROP,
            Confidence::Possible,
            Side::Unknown,
            summary,
        )
        .weight(if floated { 22 } else { AUTH_SILENT_DROP.weight })
        .cause(
            "the responder drops the message, as its integrity check fails or its connection is gone, or waits for something \
             slow, or the path drops it",
        )
        .evidence(before.frame, "the last answer")
        .evidence(request.frame, format!("{}, without answer", request.step))
        .evidence_if(
            request.retransmissions.last().map(|copy| copy.frame),
            "its last copy",
        ),
    )
}

fn second_login<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let (who, frame, time) = tunnel.deleted?;
    let time = time?;
    if who != Sender::Responder {
        return None;
    }
    let near = |message: &Message| {
        message.time.is_some_and(|asked| {
            let after = time.nanos_since(asked);
            (0..SOON_NANOS).contains(&after)
        })
    };
    let is_proof = |message: &&Message| {
        message.step == AUTH_REQUEST || matches!(message.step, Step::Main(5) | Step::Aggressive(3))
    };
    // Hosts behind one NAT have its address, and a port each.
    let own = tunnel.messages.iter().find(is_proof)?.ends.src;
    let translated = |port: Option<u16>| !matches!(port, Some(500 | 4500));
    let mut others = around.tunnels.iter().copied().filter_map(|other| {
        let proof = other
            .messages
            .iter()
            .filter(is_proof)
            .find(|message| near(message))?;
        let another = proof.ends.src.address != own.address
            || proof.ends.src.port != own.port
                && translated(own.port)
                && translated(proof.ends.src.port);
        let same = other.responder.address == tunnel.responder.address
            && other.version == tunnel.version
            && other.id != tunnel.id;
        (same && another).then_some((other, proof))
    });
    let (other, proof) = others.next()?;
    // Many logins at that time: one of them comes close to every deletion.
    if others.next().is_some() {
        return None;
    }
    let identities = (&tunnel.initiator.identity, &other.initiator.identity);
    let same = match identities {
        (Some(one), Some(other)) if one.value != other.value => return None,
        (Some(one), Some(_)) => Some(one),
        _ => None,
    };
    let summary = format!(
        "{} logs in{}, and at that moment {} ends the SA of {}: it allows one SA for one identity.",
        end(proof.ends.src),
        same.map_or(String::new(), |identity| format!(
            " with the same identity ({})",
            named_identity(identity)
        )),
        tunnel.responder.address,
        end(own)
    );
    let confidence = if same.is_some() {
        Confidence::Certain
    } else {
        Confidence::Likely
    };
    Some(
        Diagnosis::new(&UNIQUENESS_KILL, confidence, Side::Initiator, summary)
            .evidence(proof.frame, "the second login")
            .evidence(frame, "the first SA is deleted")
            .excludes("unilateral-delete-loop", "two addresses are involved"),
    )
}

/// Hash algorithms of signatures (RFC 7427, section 7), as names of signature algorithms contain them.
const HASHES: &[(u16, &str)] = &[
    (1, "sha1"),
    (2, "sha256"),
    (2, "sha2256"),
    (3, "sha384"),
    (3, "sha2384"),
    (4, "sha512"),
    (4, "sha2512"),
];

/// A login and the end of the older SA belong together within this time.
const SOON_NANOS: i64 = 2_000_000_000;

/// A refusal follows what it refuses within this time.
const REACTION_SECONDS: f64 = 2.0;

#[cfg(test)]
mod tests {
    use super::super::sample::{
        INFORMATIONAL, at, exchange, frame, ids, ids_among, notifies, open, proof_by, send, tunnel,
    };
    use super::*;
    use crate::tunnels::{Payloads, State};

    /// SHA2-256 in SIGNATURE_HASH_ALGORITHMS (RFC 7427, section 7).
    const SHA2_256: [u8; 2] = [0, 2];

    /// A signature without a certificate, refused, after an answer to IKE_SA_INIT with these notifications and payloads.
    fn signature(announced: &[NotifyType], payloads: &[PayloadType]) -> Vec<&'static str> {
        let mut tunnel = tunnel(2);
        (tunnel.state, tunnel.children) = (State::Failed, Vec::new());
        tunnel.messages[0].clear = notifies(&[NotifyType::SIGNATURE_HASH_ALGORITHMS]);
        tunnel.messages[1].clear = notifies(announced);
        for message in &mut tunnel.messages[..2] {
            let hashes = message.clear.notifies.iter_mut();
            hashes.for_each(|notify| notify.data = SHA2_256.into());
        }
        let types = payloads.iter().map(|payload| payload.0);
        tunnel.messages[1].clear.types.extend(types);
        let request = Payloads {
            auth: Some(proof_by(14)),
            ..Payloads::default()
        };
        open(
            &mut tunnel,
            request,
            notifies(&[NotifyType::AUTHENTICATION_FAILED]),
        );
        ids(&tunnel)
    }

    #[test]
    fn a_certificate_is_missed_by_who_asks_for_it() {
        let hashes = [NotifyType::SIGNATURE_HASH_ALGORITHMS];
        let told = |announced: &[NotifyType], payloads: &[PayloadType]| {
            signature(announced, payloads).first().copied()
        };
        assert_eq!(
            told(&hashes, &[PayloadType::CERTREQ]),
            Some("cert-not-sent")
        );
        assert_eq!(told(&hashes, &[]), Some("auth-method-mismatch-v2"));
        assert_eq!(told(&[], &[]), Some("auth-method-mismatch-v2"));
    }

    /// Pre-shared keys on both sides, and an initiator that ends the SA when it hears who the responder is.
    #[test]
    fn a_key_that_the_responder_accepts_is_the_same_on_both_sides() {
        let told = |asked: &[PayloadType]| {
            let mut tunnel = tunnel(2);
            (tunnel.state, tunnel.children) = (State::Failed, Vec::new());
            let proof = |whose: &[PayloadType], own: PayloadType| Payloads {
                types: vec![PayloadType::AUTH.0, PayloadType::SA.0],
                auth: Some(proof_by(SHARED_KEY_METHOD)),
                identities: [&[own], whose]
                    .concat()
                    .iter()
                    .map(|payload| Identity {
                        payload_type: payload.0,
                        id_type: IdType::FQDN.0,
                        type_name: None,
                        value: "gateway.example".to_owned(),
                        protocol: 0,
                        port: 0,
                    })
                    .collect(),
                ..Payloads::default()
            };
            let request = proof(asked, PayloadType::ID_INITIATOR);
            open(&mut tunnel, request, proof(&[], PayloadType::ID_RESPONDER));
            exchange(&mut tunnel, INFORMATIONAL, Sender::Initiator, 20);
            let failed = notifies(&[NotifyType::AUTHENTICATION_FAILED]);
            open(&mut tunnel, failed, Payloads::default());
            ids(&tunnel).first().copied()
        };
        assert_eq!(told(&[]), Some("id-mismatch-v2"));
        assert_eq!(
            told(&[PayloadType::ID_RESPONDER]),
            Some("psk-mismatch-ikev2-at-initiator")
        );
    }

    /// Two logins behind one NAT, on these ports, and the Delete of the first one.
    #[test]
    fn a_second_login_behind_one_nat_has_another_port() {
        let told = |ports: [u16; 2]| {
            let mut tunnels = ports.map(|port| {
                let mut tunnel = tunnel(1);
                send(&mut tunnel, Step::Main(5), Sender::Initiator, 20)
                    .ends
                    .src
                    .port = Some(port);
                tunnel
            });
            tunnels[0].deleted = Some((Sender::Responder, frame(40), Some(at(40))));
            tunnels[1].id = 2;
            let [one, other] = &tunnels;
            ids_among(one, &[one, other]).contains(&"uniqueness-kill")
        };
        assert!(told([20_001, 20_002]));
        // The same host logs in again.
        assert!(!told([20_001, 20_001]));
        assert!(!told([500, 4500]));
    }
}
