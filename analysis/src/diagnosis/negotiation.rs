//! Whether the peers agree on how to speak: IKE_SA_INIT, and the first messages of main and aggressive mode.

use ikescope_crypto::cipher::{CipherFacts, KeySizes};
use ikescope_crypto::key_exchange::KeyExchangeFacts;
use ikescope_dissectors::Registry;
use ikescope_dissectors::registries::ikev1::{
    AuthenticationMethod, EncryptionAlgorithm as PhaseOneCipher, HashAlgorithm,
    NotifyType as NotifyV1,
};
use ikescope_dissectors::registries::ikev2::{
    EncryptionAlgorithm, ExchangeType, KeyExchangeMethod, NotifyType, Prf, TransformType,
};

use super::comparison::{
    self, Basis, common_place, comparison, has_common_suite, responder_wants, same_suite,
};
use super::declaration::{Confidence, Declaration, Need, Severity, Side};
use super::diagnosis::Diagnosis;
use super::engine::TunnelRule;
use super::facts::{
    INIT_REQUEST, INIT_RESPONSE, answer_to, clear_error, copies_after, end, is_one_notify,
    never_up, opening_message, phase_one_answered, refusal, responder_spoke, seconds_between,
    times,
};
use crate::tunnels::{
    Message, Mode, Notify, Proposal, Protocol, Sender, Step, Suite, Surroundings, Tunnel,
};

/// Everything on this topic.
pub(super) const DECLARATIONS: &[&Declaration] = &[
    &NO_PROPOSAL_CHOSEN_INIT,
    &NO_PROPOSAL_CHOSEN_MAIN,
    &PROPOSAL_MISMATCH_SILENT,
    &INVALID_KE_RETRY,
    &INVALID_KE_LOOP,
    &DH_GROUP_UNACCEPTABLE,
    &KEY_LENGTH_ATTRIBUTE,
    &AEAD_INTEG_MIX,
    &TOO_MANY_PROPOSALS,
    &MAIN_VS_AGGRESSIVE,
    &AUTH_METHOD_MISMATCH_V1,
    &LIFETIME_MISMATCH_V1,
    &LEGACY_ONLY_OFFER,
    &UNSUPPORTED_CRITICAL_PAYLOAD,
    &INVALID_SYNTAX_INIT,
    &REDIRECTED,
    &PQ_MULTI_KE_UNSUPPORTED,
    &UNAUTHENTICATED_ERROR_IGNORED,
];

/// The rules of this topic.
pub(super) const RULES: &[TunnelRule] = &[
    refused_init,
    refused_phase_one,
    silent_mismatch,
    other_group_first,
    other_group_first_encrypted,
    group_loop,
    bad_key_exchange,
    key_lengths,
    aead_with_integrity,
    too_late_in_the_list,
    modes,
    methods,
    lifetimes,
    outdated,
    critical_payload,
    syntax,
    sent_elsewhere,
    additional_key_exchanges,
    intermediate_unanswered,
    goes_on_asking,
];

pub(super) static NO_PROPOSAL_CHOSEN_INIT: Declaration = Declaration {
    id: "no-proposal-chosen-init",
    title: "IKE_SA_INIT refused: no proposal chosen",
    severity: Severity::Failure,
    weight: 50,
    explanation: "The responder accepts none of the proposals for the IKE SA. A proposal fits only when each type of transform \
        (encryption with its key length, PRF, integrity unless the cipher is an AEAD, key exchange) has a value that both sides \
        allow; one missing value is enough to refuse. Some implementations send the same notify when they have no \
        connection for the addresses, or cannot do something else that was asked.",
    symptom: "NO_PROPOSAL_CHOSEN, \"received proposals unacceptable\", \"no suitable proposal found\", Windows error 13868.",
    wire: "The response to IKE_SA_INIT holds NO_PROPOSAL_CHOSEN alone, 36 octets, within one round trip. The offer is in clear, \
        and so is what the refusing side offers when it begins itself.",
    opened: "",
    checks: &[
        (
            Side::Responder,
            "its log lists what it received and what it allows",
        ),
        (
            Side::Both,
            "agree on encryption with key length, PRF, integrity (none with an AEAD) and key exchange",
        ),
        (
            Side::Responder,
            "when the algorithms agree: is there a connection for this address?",
        ),
    ],
    needs: &[Need::Clear],
    competitors: &[
        (
            "wrong-peer-no-config",
            "the same octets: a full intersection with the responder's own offers speaks for it",
        ),
        (
            "ike-version-mismatch",
            "there the responder has a connection for this address with the other version",
        ),
        (
            "legacy-only-offer",
            "there the offer holds nothing but algorithms that are no longer allowed",
        ),
        (
            "pq-multi-ke-unsupported",
            "there the offer asks for additional key exchanges",
        ),
    ],
    references: &["RFC 7296, sections 2.7 and 3.3"],
    see: None,
};

pub(super) static NO_PROPOSAL_CHOSEN_MAIN: Declaration = Declaration {
    id: "no-proposal-chosen-main",
    title: "IKEv1 phase 1 refused: no proposal chosen",
    severity: Severity::Failure,
    weight: 50,
    explanation: "The responder accepts none of the transforms of the first message. In IKEv1 one transform must fit as a whole: \
        encryption, key length, hash, authentication method and group, with some implementations the lifetime too. In \
        aggressive mode the group cannot be negotiated at all, as the key exchange is in the first message already.",
    symptom: "NO-PROPOSAL-CHOSEN, \"no offers accepted\", \"all SA proposals found unacceptable\", an initiator stuck waiting for \
        message 2.",
    wire: "The first message of main or aggressive mode, then an Informational in clear with NO-PROPOSAL-CHOSEN, 40 octets, or 56 with \
        an SPI. The initiator stops, or ignores the notify and repeats.",
    opened: "",
    checks: &[
        (
            Side::Responder,
            "its log lists what it received and what it allows",
        ),
        (
            Side::Both,
            "configure one transform that is the same: encryption and key length, hash, authentication method, group",
        ),
        (
            Side::Both,
            "where the algorithms agree, compare the lifetimes and whether a connection exists for the address",
        ),
    ],
    needs: &[Need::Clear],
    competitors: &[
        (
            "wrong-peer-no-config",
            "the same octets: a full intersection with the responder's own offers speaks for it",
        ),
        (
            "auth-method-mismatch-v1",
            "there only the authentication method differs",
        ),
        ("lifetime-mismatch-v1", "there only the lifetime differs"),
        (
            "ike-version-mismatch",
            "there the responder has a connection for this address with the other version",
        ),
    ],
    references: &["RFC 2408, sections 3.5, 3.6 and 5.4", "RFC 2409, section 4"],
    see: None,
};

pub(super) static PROPOSAL_MISMATCH_SILENT: Declaration = Declaration {
    id: "proposal-mismatch-silent",
    title: "An offer that is refused without a word",
    severity: Severity::Failure,
    weight: 23,
    explanation: "A few implementations do not answer a first message whose proposals they cannot accept. It looks like loss until \
        the silent side begins a negotiation itself and shows what it would accept.",
    symptom: "No response, although the path works.",
    wire: "First messages without answer, while the same peer begins negotiations of its own whose offer has nothing in common with \
        this one.",
    opened: "",
    checks: &[
        (
            Side::Responder,
            "read its log; let it begin, so that its offer shows",
        ),
        (
            Side::Both,
            "compare the proposals of the two configurations",
        ),
    ],
    needs: &[Need::Clear, Need::OtherTunnels],
    competitors: &[(
        "no-response-to-first-message",
        "there nothing else speaks for a mismatch",
    )],
    references: &["RFC 7296, section 2.7"],
    see: None,
};

pub(super) static INVALID_KE_RETRY: Declaration = Declaration {
    id: "invalid-ke-retry",
    title: "The initiator guessed another group first",
    severity: Severity::Note,
    weight: 14,
    explanation: "The initiator has to put a key exchange of one group into its request before it knows which group the responder \
        takes. The responder asks for another one with INVALID_KE_PAYLOAD, and the initiator repeats the request with that \
        group. This is how the protocol works; it costs one round trip.",
    symptom: "INVALID_KE_PAYLOAD in a log, and then the tunnel comes up.",
    wire: "A request, INVALID_KE_PAYLOAD with the number of a group, and the same request with a key exchange of that group.",
    opened: "In CREATE_CHILD_SA the same happens inside encrypted messages.",
    checks: &[(
        Side::Initiator,
        "nothing is wrong; put the accepted group first to save a round trip",
    )],
    needs: &[Need::Clear],
    competitors: &[("invalid-ke-loop", "there it happens again and again")],
    references: &["RFC 7296, sections 1.2, 1.3 and 2.7"],
    see: None,
};

pub(super) static INVALID_KE_LOOP: Declaration = Declaration {
    id: "invalid-ke-loop",
    title: "The peers do not settle on a group",
    severity: Severity::Failure,
    weight: 64,
    explanation: "INVALID_KE_PAYLOAD should come once. Here the responder asks for a group that was not offered, asks again after it got \
        what it asked for, or the initiator repeats the group that was refused. The notify is not authenticated, so a forged one \
        can do the same.",
    symptom: "The negotiation never leaves its first exchange; several requests within a second.",
    wire: "Two or more INVALID_KE_PAYLOAD in one attempt, or one with a group that the request does not offer.",
    opened: "",
    checks: &[
        (Side::Both, "configure one common group only"),
        (
            Side::Initiator,
            "is the group that the responder asks for really in its proposal?",
        ),
        (
            Side::Network,
            "compare the TTL of the notify with that of other packets of the peer",
        ),
    ],
    needs: &[Need::Clear],
    competitors: &[
        (
            "invalid-ke-retry",
            "there exactly one notify comes, and the negotiation goes on",
        ),
        ("cookie-loop", "there the responder asks for cookies"),
    ],
    references: &["RFC 7296, sections 2.6.1 and 2.7"],
    see: None,
};

pub(super) static DH_GROUP_UNACCEPTABLE: Declaration = Declaration {
    id: "dh-group-unacceptable",
    title: "The key exchange value itself is refused",
    severity: Severity::Failure,
    weight: 66,
    explanation: "The proposals agree, but the value in the key exchange payload does not fit its group: it has the wrong length, \
        is zero or one, or fails the tests that RFC 6989 asks for. Or the group is agreed on paper and not implemented.",
    symptom: "Refused, although both administrators show the same settings.",
    wire: "A key exchange payload whose length is not that of its group, or whose value is all zero; IKEv1 answers \
        INVALID-KEY-INFORMATION in clear.",
    opened: "",
    checks: &[
        (
            Side::Initiator,
            "update it: it encodes the key exchange wrongly",
        ),
        (
            Side::Responder,
            "is the group implemented and allowed (FIPS mode)?",
        ),
    ],
    needs: &[Need::Clear],
    competitors: &[(
        "no-proposal-chosen-init",
        "there the proposals have nothing in common",
    )],
    references: &["RFC 6989, section 2", "RFC 7296, section 3.4"],
    see: None,
};

pub(super) static KEY_LENGTH_ATTRIBUTE: Declaration = Declaration {
    id: "key-length-attribute",
    title: "A cipher without the key length it needs, or with one it must not have",
    severity: Severity::Failure,
    weight: 62,
    explanation: "AES, Camellia and other ciphers with several key lengths need the Key Length attribute in each transform; DES, 3DES \
        and ChaCha20 must not have it. A strict peer refuses such a transform.",
    symptom: "\"Proposed key length does not match policy\", or NO_PROPOSAL_CHOSEN although the names of the algorithms agree.",
    wire: "An ENCR transform for AES without attribute 14, or one for 3DES or ChaCha20 with it, and a refusal.",
    opened: "",
    checks: &[
        (Side::Initiator, "set the size of the AES key explicitly"),
        (Side::Responder, "which sizes does it allow?"),
    ],
    needs: &[Need::Clear],
    competitors: &[(
        "no-proposal-chosen-init",
        "there both sides name a key length, and they differ",
    )],
    references: &["RFC 7296, section 3.3.5", "RFC 2409, appendix A"],
    see: None,
};

pub(super) static AEAD_INTEG_MIX: Declaration = Declaration {
    id: "aead-integ-mix",
    title: "An AEAD cipher together with an integrity algorithm",
    severity: Severity::Failure,
    weight: 61,
    explanation: "An AEAD cipher such as AES-GCM has integrity of its own. A proposal that pairs it with an integrity algorithm, or that \
        puts it beside classic ciphers under one number, is not allowed, and implementations treat it differently. An IKE \
        proposal with an AEAD also needs an explicit PRF.",
    symptom: "\"Both sides have AES-256-GCM\", and it is refused.",
    wire: "A proposal with an AEAD and an INTEG transform other than NONE, or with AEAD and other ciphers together, or without PRF.",
    opened: "For children the same is seen in the opened SA payload.",
    checks: &[(
        Side::Initiator,
        "put AEAD ciphers into a proposal of their own, without integrity, with an explicit PRF",
    )],
    needs: &[Need::Clear],
    competitors: &[(
        "no-proposal-chosen-init",
        "there the proposal is well formed",
    )],
    references: &["RFC 7296, section 3.3", "RFC 5282, section 8"],
    see: None,
};

pub(super) static TOO_MANY_PROPOSALS: Declaration = Declaration {
    id: "too-many-proposals",
    title: "The fitting proposal comes too late in the list",
    severity: Severity::Failure,
    weight: 58,
    explanation: "Some responders read only the first few proposals of an offer. When the common suite stands behind that limit, the offer \
        is refused in this direction and accepted in the other one.",
    symptom: "It works when the other side begins.",
    wire: "An offer of more than eight proposals or transforms that is refused, although the refusing side's own offers elsewhere in \
        the capture hold a suite from its end.",
    opened: "",
    checks: &[(
        Side::Initiator,
        "put the agreed suite first and remove what is not needed",
    )],
    needs: &[Need::Clear, Need::OtherTunnels],
    competitors: &[
        (
            "no-proposal-chosen-init",
            "there no common suite stands at any place",
        ),
        (
            "no-proposal-chosen-main",
            "there no common suite stands at any place",
        ),
        ("sa-init-too-big", "there nothing answers at all"),
    ],
    references: &["RFC 7296, section 3.3"],
    see: None,
};

pub(super) static MAIN_VS_AGGRESSIVE: Declaration = Declaration {
    id: "main-vs-aggressive",
    title: "One side does main mode, the other aggressive mode",
    severity: Severity::Failure,
    weight: 56,
    explanation: "IKEv1 has two ways to do phase 1, and a responder that is configured for one refuses or ignores the other. Responders \
        often refuse aggressive mode with a pre-shared key on purpose, as everybody who sees message 2 can test passwords \
        against it.",
    symptom: "The state stays in AM_… on one side and MM_… on the other; \"aggressive mode PSK disabled\".",
    wire: "A first message of aggressive mode that is refused in clear or not answered; or the two sides begin with different exchange \
        types.",
    opened: "",
    checks: &[(
        Side::Both,
        "use main mode, or better IKEv2; where identities must select the key, IKEv2 does that",
    )],
    needs: &[Need::Clear],
    competitors: &[
        (
            "no-proposal-chosen-main",
            "there both sides use the same exchange type",
        ),
        (
            "wrong-peer-no-config",
            "there both sides use the same exchange type",
        ),
        (
            "auth-method-mismatch-v1",
            "the same refusal, where the responder wants XAUTH or certificates",
        ),
    ],
    references: &["RFC 2409, section 5", "RFC 2408, section 4"],
    see: None,
};

pub(super) static AUTH_METHOD_MISMATCH_V1: Declaration = Declaration {
    id: "auth-method-mismatch-v1",
    title: "IKEv1: the authentication methods differ",
    severity: Severity::Failure,
    weight: 54,
    explanation: "In IKEv1 the authentication method (pre-shared key, signatures, XAUTH, hybrid) is part of each transform of phase 1. When \
        one side wants certificates and the other a pre-shared key, phase 1 is refused like any other mismatch.",
    symptom: "\"Authentication method offered does not match policy\", or NO-PROPOSAL-CHOSEN with equal algorithms.",
    wire: "Attribute 3 of the transforms: 1 pre-shared key, 3 RSA signatures, 65001 and following XAUTH, 64221 and following hybrid. \
        The offers of the two sides differ only there.",
    opened: "",
    checks: &[
        (
            Side::Both,
            "configure the same method; XAUTH and hybrid on the client's profile too",
        ),
        (
            Side::Responder,
            "its log says which methods it allows for this peer",
        ),
    ],
    needs: &[Need::Clear],
    competitors: &[
        ("no-proposal-chosen-main", "there the algorithms differ"),
        (
            "psk-mismatch-ikev1-main",
            "there phase 1 goes on to message 5",
        ),
        ("wrong-peer-no-config", "there any offer is refused"),
    ],
    references: &["RFC 2409, appendix A", "RFC 2408, section 5.4"],
    see: None,
};

pub(super) static LIFETIME_MISMATCH_V1: Declaration = Declaration {
    id: "lifetime-mismatch-v1",
    title: "IKEv1: the lifetimes differ",
    severity: Severity::Warning,
    weight: 25,
    explanation: "IKEv1 negotiates lifetimes. Most implementations take the shorter one; strict ones refuse an offer with another \
        lifetime than their own, which looks like a mismatch of algorithms that are all equal.",
    symptom: "NO-PROPOSAL-CHOSEN with equal algorithms, or a tunnel that drops when the shorter side expires.",
    wire: "The offers of the two sides are equal but for the life duration.",
    opened: "In quick mode: RESPONDER-LIFETIME, and the lifetimes of the SA payload.",
    checks: &[(
        Side::Both,
        "configure equal lifetimes, or relax the check on the strict side",
    )],
    needs: &[Need::Clear, Need::OtherTunnels],
    competitors: &[("no-proposal-chosen-main", "there an algorithm differs")],
    references: &["RFC 2407, sections 4.5.4 and 4.6.3.1"],
    see: None,
};

pub(super) static LEGACY_ONLY_OFFER: Declaration = Declaration {
    id: "legacy-only-offer",
    title: "The offer holds nothing but outdated algorithms, and is refused",
    severity: Severity::Failure,
    weight: 57,
    explanation: "Every proposal needs something that current policies no longer allow: MODP-768 or MODP-1024, DES or 3DES, MD5. Old clients \
        and some clients in their default settings offer no more than that.",
    symptom: "Refused since the server was hardened; \"policy match error\" on Windows.",
    wire: "Each proposal has only groups 1, 2 or 5, only DES, 3DES or weaker ciphers, or only MD5 and SHA-1, and the answer is \
        NO_PROPOSAL_CHOSEN.",
    opened: "",
    checks: &[
        (
            Side::Initiator,
            "offer modern algorithms; on Windows: NegotiateDH2048_AES256 or Set-VpnConnectionIPsecConfiguration",
        ),
        (
            Side::Responder,
            "a proposal for old clients would have to be added, for as long as it must be",
        ),
    ],
    needs: &[Need::Clear],
    competitors: &[
        (
            "no-proposal-chosen-init",
            "there modern algorithms are in the offer",
        ),
        (
            "no-proposal-chosen-main",
            "there modern algorithms are in the offer",
        ),
        ("wrong-peer-no-config", "there any offer is refused"),
    ],
    references: &["RFC 8247", "RFC 8221"],
    see: None,
};

pub(super) static UNSUPPORTED_CRITICAL_PAYLOAD: Declaration = Declaration {
    id: "unsupported-critical-payload",
    title: "A payload marked critical is not understood",
    severity: Severity::Failure,
    weight: 74,
    explanation: "A payload with the critical flag must be understood or the whole message refused. The notify names the type of the \
        payload. Payloads of RFC 7296 itself must not have the flag.",
    symptom: "Refused at once since one side was updated.",
    wire: "UNSUPPORTED_CRITICAL_PAYLOAD with one octet, the payload type; the request holds such a payload with the critical flag.",
    opened: "The same inside IKE_AUTH and later exchanges.",
    checks: &[(
        Side::Both,
        "update the side that does not know the payload, or switch off the extension on the other",
    )],
    needs: &[Need::Clear],
    competitors: &[("invalid-syntax-init", "there the message is malformed")],
    references: &["RFC 7296, section 2.5"],
    see: None,
};

pub(super) static INVALID_SYNTAX_INIT: Declaration = Declaration {
    id: "invalid-syntax-init",
    title: "The first message is called malformed",
    severity: Severity::Failure,
    weight: 64,
    explanation: "The responder answers INVALID_SYNTAX to IKE_SA_INIT: a length, a count or a reserved field is not as the standard says, or \
        a device on the way changed octets. The notify is also used for key exchange values that fail a test.",
    symptom: "INVALID_SYNTAX, \"message parsing failed\".",
    wire: "The response to IKE_SA_INIT holds INVALID_SYNTAX alone.",
    opened: "",
    checks: &[
        (
            Side::Initiator,
            "update it; `ikescope inspect -v` shows what is wrong with the request",
        ),
        (
            Side::Network,
            "capture at both ends and compare the octets of the request",
        ),
    ],
    needs: &[Need::Clear],
    competitors: &[
        (
            "dh-group-unacceptable",
            "there the message is well formed and the key exchange value is not",
        ),
        (
            "unsupported-critical-payload",
            "there the notify names a payload type",
        ),
    ],
    references: &["RFC 7296, sections 2.21.1 and 3.10.1"],
    see: None,
};

pub(super) static REDIRECTED: Declaration = Declaration {
    id: "redirected",
    title: "The gateway sends the client to another gateway",
    severity: Severity::Note,
    weight: 48,
    explanation: "A gateway can answer a client with the name or the address of another gateway, to share load or to be taken out of \
        service. The client begins again there. When the other gateway does not answer, this is where it went.",
    symptom: "The client talks to another gateway than the configured one.",
    wire: "REDIRECT_SUPPORTED in the request, REDIRECT with an address or a name in the response, and a new IKE_SA_INIT with REDIRECTED_FROM to that \
        address. In IKEv1 a private notify (40501) of one vendor.",
    opened: "A redirect can also come in IKE_AUTH or later, encrypted.",
    checks: &[
        (
            Side::Initiator,
            "does it follow redirects, and does it reach and trust the other gateway?",
        ),
        (
            Side::Responder,
            "is the gateway that it names the right one?",
        ),
    ],
    needs: &[Need::Clear],
    competitors: &[(
        "no-response-to-first-message",
        "the same, if the gateway that was named does not answer",
    )],
    references: &["RFC 5685, sections 3 to 6"],
    see: None,
};

pub(super) static PQ_MULTI_KE_UNSUPPORTED: Declaration = Declaration {
    id: "pq-multi-ke-unsupported",
    title: "Additional key exchanges that the peer does not know",
    severity: Severity::Failure,
    weight: 58,
    explanation: "The offer asks for additional key exchanges (RFC 9370), mostly with a post-quantum method, which need IKE_INTERMEDIATE \
        on both sides. A responder that does not know them refuses every proposal that asks for them, unless a proposal \
        without them is there as well.",
    symptom: "Refused since post-quantum key exchange was switched on.",
    wire: "Transform types 6 to 12 in every proposal, or INTERMEDIATE_EXCHANGE_SUPPORTED from one side only; the answer is \
        NO_PROPOSAL_CHOSEN. Or IKE_INTERMEDIATE gets no answer: then its size matters.",
    opened: "",
    checks: &[
        (
            Side::Initiator,
            "add a proposal without additional key exchanges, or remove them",
        ),
        (
            Side::Responder,
            "update it, or allow the method (RFC 9242, RFC 9370)",
        ),
    ],
    needs: &[Need::Clear],
    competitors: &[
        (
            "no-proposal-chosen-init",
            "there no additional key exchange is offered",
        ),
        (
            "auth-silent-drop",
            "the same silence, after the additional key exchange",
        ),
    ],
    references: &["RFC 9370, section 2", "RFC 9242, section 3"],
    see: None,
};

pub(super) static UNAUTHENTICATED_ERROR_IGNORED: Declaration = Declaration {
    id: "unauthenticated-error-ignored",
    title: "The initiator goes on asking after a refusal",
    severity: Severity::Note,
    weight: 8,
    explanation: "Error notifies of the first exchange are not authenticated, so an initiator may wait for a better answer and repeat its \
        request. Its log then says \"timeout\", although the peer refused each time.",
    symptom: "The log says timeout; the peer says that it refused.",
    wire: "An error notify in clear, and after it the same request again.",
    opened: "",
    checks: &[(
        Side::Initiator,
        "read it as a refusal: the cause is what the notify says",
    )],
    needs: &[Need::Clear],
    competitors: &[("reply-lost-on-return", "there the answer is no error")],
    references: &["RFC 7296, section 2.21.1"],
    see: None,
};

/// NO_PROPOSAL_CHOSEN against the first message: the message, the answer and the notification.
fn refused(tunnel: &Tunnel) -> Option<(&Message, &Message, &Notify)> {
    if !never_up(tunnel) {
        return None;
    }
    let (answer, error) = refusal(tunnel)?;
    let request = opening_message(tunnel)?;
    (error.number == NotifyType::NO_PROPOSAL_CHOSEN.0).then_some((request, answer, error))
}

fn refused_init<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let (request, answer, _) = refused(tunnel).filter(|_| tunnel.version == 2)?;
    Some(no_proposal_chosen(
        &NO_PROPOSAL_CHOSEN_INIT,
        tunnel,
        around,
        (request, answer),
    ))
}

fn refused_phase_one<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    if tunnel.version != 1 || !never_up(tunnel) {
        return None;
    }
    let (answer, error) = refusal(tunnel)?;
    let request = opening_message(tunnel)?;
    let about_the_offer = [
        NotifyV1::NO_PROPOSAL_CHOSEN,
        NotifyV1::BAD_PROPOSAL_SYNTAX,
        NotifyV1::ATTRIBUTES_NOT_SUPPORTED,
        NotifyV1::INVALID_TRANSFORM_ID,
    ]
    .map(|notify| notify.0);
    about_the_offer
        .contains(&error.number)
        .then(|| no_proposal_chosen(&NO_PROPOSAL_CHOSEN_MAIN, tunnel, around, (request, answer)))
}

fn no_proposal_chosen<'a>(
    declaration: &'static Declaration,
    tunnel: &'a Tunnel,
    around: &Surroundings<'a>,
    (request, answer): (&Message, &Message),
) -> Diagnosis {
    let (basis, wanted) = responder_wants(tunnel, around);
    let fits = has_common_suite(&tunnel.offered, wanted);
    // What it chose elsewhere is one of the things it allows, not all of them.
    let known = match basis {
        Basis::Chosen | Basis::OwnOffer(_) => true,
        Basis::OtherChoice(_) => fits,
        Basis::Nothing => false,
    };
    let mismatches: Vec<String> = comparison(tunnel, around)
        .iter()
        .filter(|_| known)
        .flat_map(comparison::Comparison::mismatches)
        .map(|row| {
            format!(
                "{} ({} offered, {} wanted)",
                row.kind,
                list(&row.offered),
                list(&row.wanted)
            )
        })
        .collect();
    let after = seconds_between(request, answer)
        .filter(|_| request.transmissions == 1)
        .map_or(String::new(), |seconds| {
            format!(" {:.0} ms later", seconds * 1e3)
        });
    let head = format!(
        "{} refused {} of {}{after} with NO_PROPOSAL_CHOSEN",
        end(answer.ends.src),
        request.step,
        end(request.ends.src)
    );
    let (summary, confidence) = if !mismatches.is_empty() {
        (
            format!("{head}: the offers differ in {}.", mismatches.join(", ")),
            Confidence::Likely,
        )
    } else if known && fits {
        (
            format!(
                "{head}, although what is known of its algorithms fits: it may have no connection for this address."
            ),
            Confidence::Possible,
        )
    } else if known {
        (
            format!(
                "{head}: each type of algorithm has a value that both sides allow, but no proposal has these values together."
            ),
            Confidence::Likely,
        )
    } else {
        (
            format!(
                "{head}: none of the offered combinations is allowed there ({}).",
                offer(tunnel)
            ),
            Confidence::Likely,
        )
    };
    let weight = if !mismatches.is_empty() || (known && !fits) {
        56
    } else if known {
        35
    } else {
        declaration.weight
    };
    Diagnosis::new(declaration, confidence, Side::Both, summary)
        .weight(weight)
        .evidence(request.frame, format!("{}: the offer", request.step))
        .evidence(answer.frame, "NO_PROPOSAL_CHOSEN, in clear")
}

/// The offer in a line, type by type.
fn offer(tunnel: &Tunnel) -> String {
    let rows = comparison::compare(&tunnel.offered, &[], Basis::Nothing).rows;
    let parts: Vec<String> = rows
        .iter()
        .filter(|row| row.kind != "LIFETIME")
        .map(|row| format!("{} {}", row.kind, list(&row.offered)))
        .collect();
    parts.join("; ")
}

/// Values in a sentence; long lists are cut.
fn list(values: &[String]) -> String {
    match values.len() {
        0 => "nothing".to_owned(),
        1..=LISTED => values.join(", "),
        more => {
            let shown: Vec<&str> = values.iter().take(LISTED).map(String::as_str).collect();
            format!("{} and {} more", shown.join(", "), more - LISTED)
        }
    }
}

fn silent_mismatch<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    if !never_up(tunnel) || responder_spoke(tunnel) {
        return None;
    }
    let request = opening_message(tunnel).filter(|request| request.transmissions >= 2)?;
    let compared = comparison(tunnel, around)?;
    if !matches!(compared.basis, Basis::OwnOffer(_)) {
        return None;
    }
    let mismatches: Vec<&str> = compared.mismatches().map(|row| row.kind.as_str()).collect();
    if mismatches.is_empty() {
        return None;
    }
    let summary = format!(
        "{} does not answer {} of {}, and its own offers differ from this one in {}.",
        tunnel.responder.address,
        request.step,
        end(request.ends.src),
        mismatches.join(", ")
    );
    Some(
        Diagnosis::new(
            &PROPOSAL_MISMATCH_SILENT,
            Confidence::Possible,
            Side::Both,
            summary,
        )
        .weight(40)
        .evidence(request.frame, "the offer that gets no answer"),
    )
}

/// Answers with INVALID_KE_PAYLOAD to IKE_SA_INIT, with the group that they ask for.
fn other_groups(tunnel: &Tunnel) -> Vec<(&Message, Option<u16>)> {
    tunnel
        .of_step(INIT_RESPONSE)
        .filter_map(|response| {
            let notify = response.clear.notify(NotifyType::INVALID_KE_PAYLOAD.0)?;
            Some((response, group_of(notify)))
        })
        .collect()
}

fn group_of(notify: &Notify) -> Option<u16> {
    <[u8; 2]>::try_from(&*notify.data)
        .ok()
        .map(u16::from_be_bytes)
}

fn group_name(group: Option<u16>) -> String {
    group.map_or_else(
        || "another group".to_owned(),
        |group| KeyExchangeMethod(group).short_name().to_string(),
    )
}

fn other_group_first<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let asked = other_groups(tunnel);
    let [(response, group)] = asked.as_slice() else {
        return None;
    };
    let again = tunnel
        .of_step(INIT_REQUEST)
        .find(|request| request.frame > response.frame)?;
    let summary = format!(
        "The initiator began with another group, and {} asked for {}; that is how the protocol works, and costs one round trip.",
        end(response.ends.src),
        group_name(*group)
    );
    Some(
        Diagnosis::new(
            &INVALID_KE_RETRY,
            Confidence::Certain,
            Side::Initiator,
            summary,
        )
        .evidence(response.frame, "INVALID_KE_PAYLOAD")
        .evidence(again.frame, "the request again, with that group")
        .excludes("invalid-ke-loop", "it happened once"),
    )
}

/// The same in CREATE_CHILD_SA: read, or a refusal of the size of INVALID_KE_PAYLOAD and at once a request of another size.
fn other_group_first_encrypted<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let request_step = Step::V2(ExchangeType::CREATE_CHILD_SA, false);
    let (response, again, read) = tunnel.of_step(request_step).find_map(|request| {
        let response = answer_to(tunnel, request).filter(|response| is_one_notify(response))?;
        let read = response
            .opened
            .as_ref()
            .map(|opened| opened.notify(NotifyType::INVALID_KE_PAYLOAD.0).is_some());
        if read == Some(false) {
            return None;
        }
        let again = tunnel.of_step(request_step).find(|again| {
            again.from == request.from
                && again.message_id == request.message_id.wrapping_add(1)
                && (read.is_some() || again.length != request.length)
                && seconds_between(response, again).is_some_and(|seconds| seconds < 1.0)
        })?;
        let accepted = answer_to(tunnel, again).is_some_and(|answer| !is_one_notify(answer));
        accepted.then_some((response, again, read == Some(true)))
    })?;
    let group = response
        .opened
        .as_ref()
        .and_then(|opened| opened.notify(NotifyType::INVALID_KE_PAYLOAD.0))
        .and_then(group_of);
    let summary = if read {
        format!(
            "A new SA was first asked for with another group, and {} wanted {}; the second request succeeded.",
            end(response.ends.src),
            group_name(group)
        )
    } else {
        "A request for a new SA was refused with one notification, came again at once with another size, and succeeded: a \
         key exchange of another group, probably."
            .to_owned()
    };
    let confidence = if read {
        Confidence::Certain
    } else {
        Confidence::Likely
    };
    Some(
        Diagnosis::new(&INVALID_KE_RETRY, confidence, Side::Unknown, summary)
            .evidence(response.frame, "refused with one notification")
            .evidence(again.frame, "the request again"),
    )
}

fn group_loop<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    if !never_up(tunnel) || phase_one_answered(tunnel) {
        return None;
    }
    let asked = other_groups(tunnel);
    let (response, group) = *asked.last()?;
    let offered = |group: u16| {
        tunnel
            .offered
            .iter()
            .flat_map(|proposal| proposal.of_kind(TransformType::KE))
            .any(|transform| transform.id == group)
    };
    let not_offered = group.is_some_and(|group| !offered(group));
    if asked.len() < 2 && !not_offered {
        return None;
    }
    let summary = if not_offered {
        format!(
            "{} asks for {}, which the initiator does not offer.",
            end(response.ends.src),
            group_name(group)
        )
    } else {
        format!(
            "{} asked for another group {}, the last time for {}, and the peers do not settle.",
            end(response.ends.src),
            times(asked.len()),
            group_name(group)
        )
    };
    let mut found = Diagnosis::new(&INVALID_KE_LOOP, Confidence::Certain, Side::Both, summary);
    for (response, group) in asked.iter().take(LISTED) {
        found = found.evidence(
            response.frame,
            format!("INVALID_KE_PAYLOAD, asks for {}", group_name(*group)),
        );
    }
    Some(found)
}

fn bad_key_exchange<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    if !never_up(tunnel) {
        return None;
    }
    let wrong_length = tunnel.messages.iter().find_map(|message| {
        let sent = message
            .clear
            .key_exchange
            .as_ref()
            .filter(|_| !message.truncated)?;
        let group = sent.group.map(|group| group.0);
        let group = group.or_else(|| chosen_group(tunnel))?;
        let facts = KeyExchangeFacts::of(KeyExchangeMethod(group)).ok()?;
        let expected = if message.from == Sender::Responder {
            facts.responder_len
        } else {
            facts.initiator_len
        };
        (sent.length as usize != expected).then_some((message, group, sent.length, expected))
    });
    if let Some((message, group, length, expected)) = wrong_length {
        let summary = format!(
            "{} sends {length} octets of key exchange for {}, which has {expected}.",
            end(message.ends.src),
            group_name(Some(group))
        );
        let side = match message.from {
            Sender::Responder => Side::Responder,
            _ => Side::Initiator,
        };
        return Some(
            Diagnosis::new(&DH_GROUP_UNACCEPTABLE, Confidence::Certain, side, summary)
                .evidence(message.frame, "key exchange of the wrong length"),
        );
    }
    let refused = tunnel.messages.iter().find(|message| {
        tunnel.version == 1
            && clear_error(message)
                .is_some_and(|error| error.number == NotifyV1::INVALID_KEY_INFORMATION.0)
    })?;
    let summary = format!(
        "{} refuses the key exchange itself: INVALID-KEY-INFORMATION.",
        end(refused.ends.src)
    );
    Some(
        Diagnosis::new(
            &DH_GROUP_UNACCEPTABLE,
            Confidence::Likely,
            Side::Unknown,
            summary,
        )
        .evidence(refused.frame, "INVALID-KEY-INFORMATION, in clear"),
    )
}

/// The group of the suite that the responder chose (IKEv1: the number stands behind the name).
fn chosen_group(tunnel: &Tunnel) -> Option<u16> {
    let chosen = tunnel.chosen.as_ref()?;
    if let Some(transform) = chosen.of_kind(TransformType::KE).next() {
        return Some(transform.id);
    }
    let name = chosen.suites().first()?.group.as_deref()?;
    Some(KeyExchangeMethod::by_name(name)?.0)
}

fn key_lengths<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (request, answer, _) = refused(tunnel)?;
    let wrong: Vec<String> = tunnel.offered.iter().flat_map(misstated_ciphers).collect();
    let all = tunnel
        .offered
        .iter()
        .all(|proposal| misstated_ciphers(proposal).len() == ciphers(proposal));
    let first = wrong.first()?;
    let summary = format!(
        "The offer names {first}{}, and is refused.",
        if all {
            ""
        } else {
            ", beside well-formed transforms"
        }
    );
    Some(
        Diagnosis::new(
            &KEY_LENGTH_ATTRIBUTE,
            if all {
                Confidence::Likely
            } else {
                Confidence::Possible
            },
            Side::Initiator,
            summary,
        )
        .weight(if all { KEY_LENGTH_ATTRIBUTE.weight } else { 34 })
        .evidence(request.frame, "the malformed transform")
        .evidence(answer.frame, "refused"),
    )
}

/// Ciphers of a proposal whose key length is missing or must not be there.
fn misstated_ciphers(proposal: &Proposal) -> Vec<String> {
    let of_v2 = proposal
        .of_kind(TransformType::ENCR)
        .filter_map(|transform| misstated(EncryptionAlgorithm(transform.id), transform.key_length));
    let of_v1 = proposal.suites().iter().filter_map(|suite| {
        let id = match suite.encryption? {
            PhaseOneCipher::AES_CBC => EncryptionAlgorithm::AES_CBC,
            PhaseOneCipher::CAMELLIA_CBC => EncryptionAlgorithm::CAMELLIA_CBC,
            PhaseOneCipher::TRIPLE_DES_CBC => EncryptionAlgorithm::TRIPLE_DES,
            PhaseOneCipher::DES_CBC => EncryptionAlgorithm::DES,
            _ => return None,
        };
        misstated(id, suite.key_length)
    });
    of_v2.chain(of_v1).collect()
}

fn misstated(id: EncryptionAlgorithm, key_length: Option<u16>) -> Option<String> {
    let facts = CipherFacts::of(id).ok()?;
    match (&facts.keys, key_length) {
        (KeySizes::Fixed(_), Some(bits)) => Some(format!(
            "{} with a key length of {bits}, which it must not have",
            id.short_name()
        )),
        (KeySizes::OneOf(_), None) => Some(format!("{} without a key length", id.short_name())),
        (KeySizes::OneOf(sizes), Some(bits)) if !sizes.contains(&bits) => Some(format!(
            "{} with a key length of {bits}, which does not exist",
            id.short_name()
        )),
        _ => None,
    }
}

fn ciphers(proposal: &Proposal) -> usize {
    proposal.of_kind(TransformType::ENCR).count() + proposal.suites().len()
}

fn aead_with_integrity<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (request, answer, _) = refused(tunnel).filter(|_| tunnel.version == 2)?;
    let what = tunnel.offered.iter().find_map(aead_oddity)?;
    let all = tunnel
        .offered
        .iter()
        .all(|proposal| aead_oddity(proposal).is_some());
    let summary = format!("The offer {what}, and is refused.");
    Some(
        Diagnosis::new(
            &AEAD_INTEG_MIX,
            if all {
                Confidence::Likely
            } else {
                Confidence::Possible
            },
            Side::Initiator,
            summary,
        )
        .weight(if all { AEAD_INTEG_MIX.weight } else { 33 })
        .evidence(request.frame, "the odd proposal")
        .evidence(answer.frame, "refused"),
    )
}

fn aead_oddity(proposal: &Proposal) -> Option<&'static str> {
    let is_aead =
        |id: u16| CipherFacts::of(EncryptionAlgorithm(id)).is_ok_and(CipherFacts::is_aead);
    let ciphers = || {
        proposal
            .of_kind(TransformType::ENCR)
            .map(|cipher| cipher.id)
    };
    let aead = ciphers().any(is_aead);
    if !aead || proposal.protocol != Protocol::Ike {
        return None;
    }
    if ciphers().any(|id| !is_aead(id)) {
        return Some("has an AEAD and a classic cipher under one number");
    }
    if proposal
        .of_kind(TransformType::INTEG)
        .any(|integrity| integrity.id != 0)
    {
        return Some("pairs an AEAD with an integrity algorithm");
    }
    if proposal.of_kind(TransformType::PRF).next().is_none() {
        return Some("has an AEAD without a PRF");
    }
    None
}

fn too_late_in_the_list<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let (request, answer, _) = refused(tunnel)?;
    let other = around.tunnels.iter().copied().find(|other| {
        other.version == tunnel.version
            && other.id != tunnel.id
            && [other.initiator.address, other.responder.address]
                .contains(&tunnel.responder.address)
            && other.chosen.is_some()
    })?;
    let place = common_place(&tunnel.offered, other.chosen.as_slice())?;
    if place < EVALUATED {
        return None;
    }
    let summary = format!(
        "What {} accepts elsewhere stands at place {} of the offer: it may read only the first ones.",
        tunnel.responder.address,
        place + 1
    );
    Some(
        Diagnosis::new(
            &TOO_MANY_PROPOSALS,
            Confidence::Likely,
            Side::Responder,
            summary,
        )
        .evidence(request.frame, "the long offer")
        .evidence(answer.frame, "refused")
        .evidence_if(
            other.messages.first().map(|message| message.frame),
            "a negotiation in which the suite was accepted",
        ),
    )
}

fn modes<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let mode = tunnel.mode?;
    if !never_up(tunnel) || phase_one_answered(tunnel) {
        return None;
    }
    let request = opening_message(tunnel)?;
    let own = around.same_peers(tunnel).find(|other| {
        other.initiator.address == tunnel.responder.address
            && other.mode.is_some_and(|theirs| theirs != mode)
    });
    let refusal = refusal(tunnel);
    let about_the_exchange = refusal.filter(|(_, error)| {
        [
            NotifyV1::INVALID_EXCHANGE_TYPE,
            NotifyV1::UNSUPPORTED_EXCHANGE_TYPE,
            NotifyV1::INVALID_FLAGS,
        ]
        .iter()
        .any(|notify| notify.0 == error.number)
    });
    let secret_in_clear = refusal.filter(|(_, error)| {
        mode == Mode::Aggressive
            && error.number == NotifyV1::AUTHENTICATION_FAILED.0
            && suites(tunnel).any(|suite| suite.auth_method == Some(AuthenticationMethod::PSK))
    });
    let found = if let Some(own) = own {
        Diagnosis::new(
            &MAIN_VS_AGGRESSIVE,
            Confidence::Certain,
            Side::Both,
            format!(
                "{} begins with {} mode, {} with {} mode.",
                tunnel.initiator.address,
                mode.name(),
                tunnel.responder.address,
                own.mode.map_or("another", Mode::name)
            ),
        )
        .evidence_if(
            own.messages.first().map(|message| message.frame),
            "the responder begins with the other mode",
        )
        .excludes("auth-method-mismatch-v1", "the modes differ")
    } else if let Some((answer, error)) = about_the_exchange {
        Diagnosis::new(
            &MAIN_VS_AGGRESSIVE,
            Confidence::Likely,
            Side::Both,
            format!(
                "{} refuses {} mode: {}.",
                end(answer.ends.src),
                mode.name(),
                error.name.unwrap_or("an error")
            ),
        )
        .evidence(answer.frame, "the refusal")
        .excludes(
            "auth-method-mismatch-v1",
            "it is the exchange that is refused",
        )
    } else if let Some((answer, _)) = secret_in_clear {
        Diagnosis::new(
            &MAIN_VS_AGGRESSIVE,
            Confidence::Possible,
            Side::Responder,
            format!(
                "{} refuses aggressive mode with a pre-shared key before it proves anything (AUTHENTICATION-FAILED): it does \
                 main mode only, or knows no connection for this identity.",
                end(answer.ends.src)
            ),
        )
        .evidence(answer.frame, "AUTHENTICATION-FAILED, in clear")
    } else {
        return None;
    };
    Some(found.evidence(request.frame, format!("{}", request.step)))
}

fn suites(tunnel: &Tunnel) -> impl Iterator<Item = &Suite> {
    tunnel.offered.iter().flat_map(Proposal::suites)
}

/// The offers of the two sides, or the offer and the choice elsewhere, differ in the method only.
fn methods<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    if tunnel.version != 1 {
        return None;
    }
    let (request, answer, _) = refused(tunnel)?;
    let compared = comparison(tunnel, around)?;
    let mut mismatches = compared.mismatches();
    let row = mismatches.next().filter(|row| row.kind == "AUTH")?;
    if mismatches.next().is_some() {
        return None;
    }
    let summary = format!(
        "The offers agree in everything but the authentication method: {} offered, {} wanted.",
        list(&row.offered),
        list(&row.wanted)
    );
    Some(
        Diagnosis::new(
            &AUTH_METHOD_MISMATCH_V1,
            Confidence::Likely,
            Side::Both,
            summary,
        )
        .weight(64)
        .evidence(request.frame, "the offer")
        .evidence(answer.frame, "refused"),
    )
}

fn lifetimes<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    if tunnel.version != 1 {
        return None;
    }
    let (request, answer, _) = refused(tunnel)?;
    let own = around.tunnels.iter().copied().find(|other| {
        other.version == 1
            && other.initiator.address == tunnel.responder.address
            && !other.offered.is_empty()
    })?;
    let (mine, theirs) = suites(tunnel).find_map(|one| {
        let other = suites(own).find(|other| same_suite(one, other))?;
        Some((one.lifetime.seconds?, other.lifetime.seconds?))
    })?;
    if mine == theirs {
        return None;
    }
    let summary = format!(
        "The offers of both sides are equal but for the lifetime: {mine} s here, {theirs} s there. A strict peer refuses that."
    );
    Some(
        Diagnosis::new(
            &LIFETIME_MISMATCH_V1,
            Confidence::Likely,
            Side::Both,
            summary,
        )
        .severity(Severity::Failure)
        .weight(63)
        .evidence(request.frame, "the offer")
        .evidence(answer.frame, "refused")
        .evidence_if(
            own.messages.first().map(|message| message.frame),
            "the offer of the other side",
        ),
    )
}

fn outdated<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let (request, answer, _) = refused(tunnel)?;
    if tunnel.offered.is_empty() || !tunnel.offered.iter().all(is_outdated) {
        return None;
    }
    let fits = comparison(tunnel, around)
        .is_some_and(|compared| compared.basis != Basis::Nothing && compared.agrees());
    if fits {
        return None;
    }
    let summary = format!(
        "The offer holds nothing but outdated algorithms ({}), and {} refuses it.",
        offer(tunnel),
        end(answer.ends.src)
    );
    Some(
        Diagnosis::new(
            &LEGACY_ONLY_OFFER,
            Confidence::Likely,
            Side::Initiator,
            summary,
        )
        .evidence(request.frame, "the offer")
        .evidence(answer.frame, "refused"),
    )
}

/// Whether every way to choose from a proposal needs an outdated cipher, hash and group, or something forbidden outright
/// (RFC 8247). In IKEv1 MD5 beside a cipher and a group of today is one value that differs, not an old offer.
fn is_outdated(proposal: &Proposal) -> bool {
    if !proposal.suites().is_empty() {
        return proposal.suites().iter().all(|suite| {
            let cipher = suite
                .encryption
                .is_some_and(|cipher| OLD_CIPHERS_V1.contains(&cipher));
            let hash = matches!(
                suite.hash_algorithm,
                Some(HashAlgorithm::MD5 | HashAlgorithm::SHA1)
            );
            let group = suite
                .group
                .as_deref()
                .is_some_and(|group| OLD_GROUPS.contains(&group));
            let forbidden = suite.encryption == Some(PhaseOneCipher::DES_CBC)
                || suite.hash_algorithm == Some(HashAlgorithm::MD5) && (cipher || group)
                || suite.group.as_deref() == Some("MODP-768");
            forbidden || (cipher && hash && group)
        });
    }
    let all = |kind: TransformType, old: &dyn Fn(u16) -> bool| {
        let mut values = proposal.of_kind(kind).peekable();
        values.peek().is_some() && values.all(|transform| old(transform.id))
    };
    let cipher = all(TransformType::ENCR, &|id| {
        (1..=9).contains(&id) || id == EncryptionAlgorithm::NULL.0
    });
    let prf = all(TransformType::PRF, &|id| {
        [Prf::HMAC_MD5.0, Prf::HMAC_SHA1.0].contains(&id)
    });
    let group = all(TransformType::KE, &|id| [1, 2, 5, 22].contains(&id));
    let forbidden = all(TransformType::ENCR, &|id| id == EncryptionAlgorithm::DES.0)
        || all(TransformType::PRF, &|id| id == Prf::HMAC_MD5.0)
        || all(TransformType::KE, &|id| id == KeyExchangeMethod::MODP_768.0);
    forbidden || (cipher && prf && group)
}

fn critical_payload<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (message, notify) = tunnel.messages.iter().find_map(|message| {
        let notify = message
            .payloads()
            .notify(NotifyType::UNSUPPORTED_CRITICAL_PAYLOAD.0)?;
        (tunnel.version == 2).then_some((message, notify))
    })?;
    let payload = notify.data.first().map_or_else(
        || "a payload".to_owned(),
        |number| {
            let name = ikescope_dissectors::registries::ikev2::PayloadType(*number);
            format!("the payload {name}")
        },
    );
    let summary = format!(
        "{} does not know {payload}, which is marked critical.",
        end(message.ends.src)
    );
    Some(
        Diagnosis::new(
            &UNSUPPORTED_CRITICAL_PAYLOAD,
            Confidence::Certain,
            Side::Both,
            summary,
        )
        .evidence_if(message.answers, "the request with that payload")
        .evidence(message.frame, "UNSUPPORTED_CRITICAL_PAYLOAD"),
    )
}

fn syntax<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    if !never_up(tunnel) || tunnel.version != 2 {
        return None;
    }
    let (answer, error) = refusal(tunnel)?;
    if error.number != NotifyType::INVALID_SYNTAX.0 {
        return None;
    }
    let request = opening_message(tunnel)?;
    let summary = format!(
        "{} calls {} malformed (INVALID_SYNTAX){}.",
        end(answer.ends.src),
        request.step,
        if request.malformed {
            ", and it does depart from the standard"
        } else {
            "; nothing in it departs from the standard as far as it can be read"
        }
    );
    Some(
        Diagnosis::new(
            &INVALID_SYNTAX_INIT,
            if request.malformed {
                Confidence::Likely
            } else {
                Confidence::Possible
            },
            Side::Initiator,
            summary,
        )
        .evidence(request.frame, format!("{}", request.step))
        .evidence(answer.frame, "INVALID_SYNTAX, in clear"),
    )
}

fn sent_elsewhere<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let number = if tunnel.version == 2 {
        NotifyType::REDIRECT.0
    } else {
        NotifyV1::UNITY_LOAD_BALANCE.0
    };
    let (message, notify) = tunnel.notify(number)?;
    let to = gateway(&notify.data, tunnel.version);
    let arrived = around.tunnels.iter().find(|other| {
        other.initiator.address == tunnel.initiator.address
            && other.id != tunnel.id
            && Some(other.responder.address.to_string()) == to
    });
    let unanswered = arrived.filter(|other| !responder_spoke(other));
    let summary = format!(
        "{} sends the client to {}{}.",
        end(message.ends.src),
        to.as_deref().unwrap_or("another gateway"),
        match (arrived, unanswered) {
            (_, Some(_)) => ", which does not answer",
            (Some(_), None) => ", where it begins again",
            (None, None) => "",
        }
    );
    let failed = unanswered.is_some();
    Some(
        Diagnosis::new(&REDIRECTED, Confidence::Certain, Side::Responder, summary)
            .severity(if failed {
                Severity::Failure
            } else {
                Severity::Note
            })
            .evidence(message.frame, "REDIRECT")
            .evidence_if(
                arrived
                    .and_then(|other| other.messages.first())
                    .map(|first| first.frame),
                "the negotiation with the other gateway",
            ),
    )
}

/// The new responder in the data of REDIRECT (RFC 5685, section 9.1): type, length, identity.
fn gateway(data: &[u8], version: u8) -> Option<String> {
    if version == 1 {
        let octets = <[u8; 4]>::try_from(data.get(..4)?).ok()?;
        return Some(std::net::Ipv4Addr::from(octets).to_string());
    }
    let (kind, rest) = data.split_first()?;
    let (length, rest) = rest.split_first()?;
    let identity = rest.get(..usize::from(*length))?;
    match kind {
        1 => Some(std::net::Ipv4Addr::from(<[u8; 4]>::try_from(identity).ok()?).to_string()),
        2 => Some(std::net::Ipv6Addr::from(<[u8; 16]>::try_from(identity).ok()?).to_string()),
        _ => std::str::from_utf8(identity).ok().map(str::to_owned),
    }
}

fn additional_key_exchanges<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (request, answer, _) = refused(tunnel).filter(|_| tunnel.version == 2)?;
    let wants = |proposal: &Proposal| {
        proposal.transforms().iter().any(|transform| {
            (TransformType::ADDKE1.0..=TransformType::ADDKE7.0).contains(&transform.kind.0)
                && transform.id != KeyExchangeMethod::NONE.0
        })
    };
    let post_quantum_only = |proposal: &Proposal| {
        let mut groups = proposal.of_kind(TransformType::KE).peekable();
        groups.peek().is_some()
            && groups.all(|group| {
                (KeyExchangeMethod::ML_KEM_512.0..=KeyExchangeMethod::ML_KEM_1024.0)
                    .contains(&group.id)
            })
    };
    let demanding = |proposal: &Proposal| wants(proposal) || post_quantum_only(proposal);
    if tunnel.offered.is_empty() || !tunnel.offered.iter().all(demanding) {
        return None;
    }
    let announced = request
        .clear
        .notify(NotifyType::INTERMEDIATE_EXCHANGE_SUPPORTED.0)
        .is_some();
    let additional = tunnel.offered.iter().any(wants);
    let (summary, confidence, side) = if additional && !announced {
        (
            "The offer asks for additional key exchanges and does not announce IKE_INTERMEDIATE, which they need.".to_owned(),
            Confidence::Certain,
            Side::Initiator,
        )
    } else {
        (
            format!(
                "Every proposal asks for {}, and {} refuses them all: it probably does not know that.",
                if additional {
                    "additional key exchanges"
                } else {
                    "a post-quantum key exchange"
                },
                end(answer.ends.src)
            ),
            Confidence::Likely,
            Side::Responder,
        )
    };
    Some(
        Diagnosis::new(&PQ_MULTI_KE_UNSUPPORTED, confidence, side, summary)
            .evidence(request.frame, "the offer")
            .evidence(answer.frame, "refused"),
    )
}

/// IKE_INTERMEDIATE that nothing answers: the key exchange before it succeeded.
fn intermediate_unanswered<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let request = tunnel
        .of_step(Step::V2(ExchangeType::IKE_INTERMEDIATE, false))
        .last()?;
    let before = tunnel.of_step(INIT_RESPONSE).last()?;
    let in_pieces = request.ip_fragments > 0 || !request.fragments.is_empty();
    let silent = request.answered_by.is_none() && request.transmissions > 1;
    if !never_up(tunnel) || !silent || in_pieces || !request.icmp.is_empty() {
        return None;
    }
    let summary = format!(
        "{} accepts the additional key exchange; then {} sends {} ({} octets) {} and nothing comes back.",
        end(before.ends.src),
        end(request.ends.src),
        request.step,
        request.length,
        times(request.transmissions as usize),
    );
    Some(
        Diagnosis::new(
            &PQ_MULTI_KE_UNSUPPORTED,
            Confidence::Possible,
            Side::Unknown,
            summary,
        )
        .weight(INTERMEDIATE_WEIGHT)
        .evidence(before.frame, "the key exchange is accepted")
        .evidence(request.frame, "IKE_INTERMEDIATE, without answer")
        .evidence_if(
            request.retransmissions.last().map(|copy| copy.frame),
            "its last copy",
        )
        .excludes("no-proposal-chosen-init", "the proposal is accepted"),
    )
}

/// Silence says less than a refusal.
const INTERMEDIATE_WEIGHT: u8 = 30;

fn goes_on_asking<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (answer, error) = refusal(tunnel)?;
    let request = opening_message(tunnel)?;
    let copies = copies_after(request, answer);
    if copies == 0 {
        return None;
    }
    let summary = format!(
        "{} refused with {}, and {} repeated its request {} all the same.",
        end(answer.ends.src),
        error.name.unwrap_or("an error"),
        end(request.ends.src),
        times(copies)
    );
    Some(
        Diagnosis::new(
            &UNAUTHENTICATED_ERROR_IGNORED,
            Confidence::Certain,
            Side::Initiator,
            summary,
        )
        .evidence(answer.frame, "the refusal, in clear")
        .evidence_if(
            request.retransmissions.last().map(|copy| copy.frame),
            "the request again",
        ),
    )
}

const OLD_CIPHERS_V1: &[PhaseOneCipher] = &[
    PhaseOneCipher::DES_CBC,
    PhaseOneCipher::IDEA_CBC,
    PhaseOneCipher::BLOWFISH_CBC,
    PhaseOneCipher::RC5_R16_B64_CBC,
    PhaseOneCipher::TRIPLE_DES_CBC,
    PhaseOneCipher::CAST_CBC,
];

const OLD_GROUPS: &[&str] = &["MODP-768", "MODP-1024", "MODP-1536", "MODP-1024-160"];

/// Values of a list that are named in a sentence.
const LISTED: usize = 6;

/// A responder in the field reads no more proposals than this.
const EVALUATED: usize = 8;

#[cfg(test)]
mod tests {
    use super::super::sample::{again, exchange, ids, send, tunnel};
    use super::*;
    use crate::tunnels::State;

    #[test]
    fn an_additional_key_exchange_without_answer_is_told() {
        let with = |copies: &[i64]| {
            let mut tunnel = tunnel(2);
            tunnel.state = State::Failed;
            tunnel.messages.clear();
            exchange(&mut tunnel, ExchangeType::IKE_SA_INIT, Sender::Initiator, 0);
            let step = Step::V2(ExchangeType::IKE_INTERMEDIATE, false);
            send(&mut tunnel, step, Sender::Initiator, 10);
            again(&mut tunnel, copies);
            ids(&tunnel).contains(&"pq-multi-ke-unsupported")
        };
        assert!(with(&[1_000, 2_500]));
        assert!(!with(&[]));
    }
}
