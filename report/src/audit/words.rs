//! Words of results that are no names of findings, diagnoses or algorithms, and where they come from.

use ikescope_dissectors::Registry;
use ikescope_dissectors::registries::eap::EapType;
use ikescope_dissectors::registries::{Row, ikev1, ikev2};

/// A word, what it means, and where that is written.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// As it is printed.
    pub(super) name: &'static str,
    /// What it means.
    pub(super) what: &'static str,
    /// Where that is written.
    pub(super) reference: &'static str,
}

/// A word of results, or a name of a registry; a number names nothing.
pub(super) fn word(name: &str) -> Option<Word> {
    let name = name.trim();
    let known = WORDS
        .iter()
        .find(|(known, ..)| known.eq_ignore_ascii_case(name));
    if let Some((name, what, reference)) = known {
        return Some(Word {
            name,
            what,
            reference,
        });
    }
    if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return None;
    }
    let (row, what) = REGISTRIES
        .iter()
        .find_map(|(row, what)| Some((row(name)?, what)))?;
    Some(Word {
        name: row.short.unwrap_or(row.name),
        what,
        reference: row.reference,
    })
}

/// Names of words and of notifications, for suggestions.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    let notifications = ikev2::NotifyType::rows()
        .iter()
        .chain(ikev1::NotifyType::rows());
    let words = WORDS.iter().map(|(name, ..)| *name);
    words.chain(notifications.map(|row| row.name))
}

fn row<R: Registry>(name: &str) -> Option<&'static Row> {
    R::by_name(name)?.row()
}

/// How a registry is asked for a name.
type Lookup = fn(&str) -> Option<&'static Row>;

const REGISTRIES: [(Lookup, &str); 13] = [
    (
        row::<EapType>,
        "A method of the Extensible Authentication Protocol, which IKEv2 carries in IKE_AUTH (RFC 7296, section 2.16).",
    ),
    (
        row::<ikev2::NotifyType>,
        "A notification of IKEv2: an error below 16384, else a state.",
    ),
    (
        row::<ikev1::NotifyType>,
        "A notification of IKEv1: an error below 16384, else a state.",
    ),
    (row::<ikev2::ExchangeType>, "An exchange of IKEv2."),
    (row::<ikev1::ExchangeType>, "An exchange of IKEv1."),
    (row::<ikev2::PayloadType>, "A payload of IKEv2."),
    (row::<ikev1::PayloadType>, "A payload of IKEv1."),
    (
        row::<ikev2::TransformType>,
        "A kind of algorithm in a proposal of IKEv2.",
    ),
    (
        row::<ikev2::ProtocolId>,
        "What an SA or a proposal of IKEv2 is for.",
    ),
    (row::<ikev2::IdType>, "A kind of identity in IKEv2."),
    (row::<ikev1::IdType>, "A kind of identity in IKEv1."),
    (
        row::<ikev2::CertificateEncoding>,
        "How a certificate payload of IKEv2 is encoded.",
    ),
    (
        row::<ikev2::HashAlgorithm>,
        "A hash algorithm for signatures in AUTH payloads (RFC 7427).",
    ),
];

const AUDIT: &str = "ikescope audit --help";
const DECRYPT: &str = "ikescope decrypt --help";
const DIAGNOSE: &str = "ikescope diagnose --help";
const PROBE: &str = "ikescope probe --help";
const SECRETS: &str = "ikescope secrets --help";

#[rustfmt::skip]
const WORDS: [(&str, &str, &str); 60] = [
    // Where names of algorithms stand.
    ("IKEv1", "The first version of IKE, historic since 2023: no protection of half-open exchanges, aggressive mode, hashes without agility. IKEv2 replaces it.", "RFC 2409; RFC 9395"),
    ("AH", "Authentication Header: integrity of packets without encryption, which no NAT lets pass. ESP replaces it.", "RFC 4302; RFC 8221, section 4"),
    ("ESP", "Encapsulating Security Payload: the packets that carry the data of a tunnel.", "RFC 4303; RFC 8221"),
    ("IKE", "Internet Key Exchange: the messages that negotiate a tunnel and its keys.", "RFC 7296; RFC 2409"),
    ("PFS", "Perfect forward secrecy: a key exchange of its own for each Child SA, so that a broken IKE SA does not open what its children carried. The first child of an IKEv2 SA has that of the IKE SA.", "RFC 7296, sections 1.3 and 2.12"),
    ("post-quantum", "Protection against somebody who records today and has a quantum computer later: ML-KEM as an additional key exchange, or a post-quantum pre-shared key.", "RFC 9370; RFC 8784; draft-ietf-ipsecme-ikev2-mlkem-08"),
    ("lifetime", "How long an SA may be used. IKEv1 negotiates it; in IKEv2 each side has its own limit, and only the age of an SA can be seen.", "RFC 7296, section 2.8; SP 800-77 Rev. 1, Table 1"),
    ("profile-verdict", "What a profile says of a subject as a whole, as a result of SARIF.", AUDIT),
    // Verdicts.
    ("pass", "The profile has nothing against it.", AUDIT),
    ("info", "Worth knowing, and no reason for another verdict.", AUDIT),
    ("warn", "The profile says that it should change.", AUDIT),
    ("fail", "The profile says that it must change.", AUDIT),
    ("unknown", "It could not be seen, and nothing is concluded from that.", AUDIT),
    // What can sign, as profiles ask for it.
    ("ECDSA-P384-SHA384", "A signature with ECDSA on P-384 and SHA2-384.", "RFC 9206, section 6"),
    ("RSA-3072-SHA384", "A signature with an RSA key of 3,072 bits or more and SHA2-384.", "RFC 9206, section 6"),
    ("ML-DSA-44", "A signature that holds against a quantum computer, of the lowest of three strengths.", "FIPS 204; RFC 9881"),
    ("ML-DSA-65", "A signature that holds against a quantum computer, of the middle one of three strengths.", "FIPS 204; RFC 9881"),
    ("ML-DSA-87", "A signature that holds against a quantum computer, of the highest of three strengths.", "FIPS 204; RFC 9881; draft-guthrie-cnsa2-ipsec-profile-04"),
    // Why something stays closed.
    ("no-key", "No key belongs to this SA.", DECRYPT),
    ("integrity", "The integrity check does not hold: the key is not that of this SA, or the packet was changed.", DECRYPT),
    ("unsupported", "The algorithms are known, and cannot be computed.", DECRYPT),
    ("truncated", "The capture does not hold the whole packet.", DECRYPT),
    ("unknown-iv", "The initialization vector of IKEv1 follows from messages that are not in the capture.", "RFC 2409, appendix B"),
    ("verified", "The proof was computed again and is the same.", DECRYPT),
    ("refuted", "The proof was computed again and differs.", DECRYPT),
    ("cannot-be-checked", "Something that the proof depends on is not known.", DECRYPT),
    // How a peer answers.
    ("accepted", "Something that was offered is accepted.", PROBE),
    ("refused", "The peer answers, and accepts nothing of what was offered.", PROBE),
    ("silent", "No answer, which may be a refusal, a filter, or nobody.", PROBE),
    ("unreachable", "The path or the host says that nobody is there (ICMP).", PROBE),
    ("rate-limited", "The peer answered at first, then stopped, also to what it had answered before.", PROBE),
    ("unstable", "The same question got different answers.", PROBE),
    ("not-tried", "Nobody asked.", PROBE),
    ("own-order", "Of several acceptable suites the peer takes the one that it prefers.", PROBE),
    ("initiator-order", "Of several acceptable suites the peer takes the first that it is offered.", PROBE),
    // States of tunnels and children, and how far they got.
    ("established", "The SA came up.", DIAGNOSE),
    ("failed", "The negotiation ended without an SA.", DIAGNOSE),
    ("closed", "The SA was up, and was deleted or found dead.", DIAGNOSE),
    ("rekeyed", "Another child has taken its place.", DIAGNOSE),
    ("incomplete", "The capture ends before it is decided.", DIAGNOSE),
    ("key-exchange", "Main mode 1 to 4, IKE_SA_INIT or IKE_INTERMEDIATE.", DIAGNOSE),
    ("authentication", "Main mode 5 and 6, aggressive mode 2 and 3, IKE_AUTH or EAP.", DIAGNOSE),
    ("xauth", "Extended authentication after phase 1 of IKEv1.", "draft-ietf-ipsec-isakmp-xauth-06"),
    ("mode-config", "Addresses and names for a client of IKEv1, between the phases.", "draft-ietf-ipsec-isakmp-mode-cfg-05"),
    ("child", "Quick mode, the child of IKE_AUTH, or CREATE_CHILD_SA.", DIAGNOSE),
    ("certain", "Nothing else shows this.", DIAGNOSE),
    ("likely", "Something else could show this, and is rarer.", DIAGNOSE),
    ("possible", "Other causes show the same.", DIAGNOSE),
    // Kinds of keys.
    ("ikev1-key", "The key that encrypts phase 1 of IKEv1.", SECRETS),
    ("ikev1-skeyid", "SKEYID and what follows from it, of an IKEv1 SA.", "RFC 2409, section 5"),
    ("ikev2-keys", "The keys of an IKEv2 SA, SK_ei and SK_er among them.", "RFC 7296, section 2.14"),
    ("skeyseed", "What all keys of an IKEv2 SA are made from.", "RFC 7296, section 2.14"),
    ("dh-secret", "The shared secret of a key exchange.", "RFC 7296, section 2.14"),
    ("dh-private", "The private value of one side of a key exchange.", "RFC 7296, section 2.14"),
    ("psk", "A pre-shared key.", "RFC 7296, section 2.15"),
    ("ppk", "A post-quantum pre-shared key.", "RFC 8784"),
    ("eap-msk", "The key that an EAP method leaves behind.", "RFC 7296, section 2.16; RFC 3748, section 7.10"),
    ("esp-sa", "Algorithms and keys of ESP in one direction.", SECRETS),
    ("ah-sa", "Algorithm and key of AH in one direction.", SECRETS),
    ("unchecked", "There is no key to check the integrity with.", DECRYPT),
];
