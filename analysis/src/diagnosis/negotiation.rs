//! Whether the peers agree on how to speak: IKE_SA_INIT, and the first messages of main and aggressive mode.

use super::declaration::{Declaration, Need, Severity, Side};
use super::engine::TunnelRule;

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
pub(super) const RULES: &[TunnelRule] = &[];

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
        "the gateway that was named may be the one that does not answer",
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
    competitors: &[(
        "no-proposal-chosen-init",
        "there no additional key exchange is offered",
    )],
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
