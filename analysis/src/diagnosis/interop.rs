//! Known disagreements of particular implementations.

use ikescope_dissectors::Flags;
use ikescope_dissectors::registries::ikev1;
use ikescope_dissectors::registries::ikev2::{
    EncryptionAlgorithm, ExchangeType, NotifyType, PayloadType, Prf, TransformType,
};

use super::child::refused_requests;
use super::declaration::{Confidence, Declaration, Need, Severity, Side};
use super::diagnosis::Diagnosis;
use super::engine::TunnelRule;
use super::facts::refused_authentication;
use super::running::{requests, side, times, with_copies};
use crate::tunnels::{Opening, Peer, Proposal, Sender, State, Step, Suite, Surroundings, Tunnel};

/// Everything on this topic.
pub(super) const DECLARATIONS: &[&Declaration] = &[
    &MS_FRAGMENT_TINY,
    &ASA_AEAD_INTEG,
    &ASA_MULTI_TS,
    &ROUTEROS_STARTS_4500,
    &MACOS14_IKE_REKEY,
    &APPLE_NO_PFS_MACOS,
    &APPLE_DN_AS_FQDN,
    &WINDOWS_MODP1024_DEFAULT,
    &WINDOWS_NO_IDR,
    &WINDOWS_SERVER_REKEY_12345,
    &FORTINET_PSS_TRAILER,
    &SONICWALL_CLEAR_MSG5,
    &RACOON_E_FLAG_FRAGMENT,
    &LIBRESWAN_WRONG_IV_NOTIFY,
    &LIBRESWAN_MALFORMED_SUPPRESSED,
    &ANDROID6_SHA2_96,
    &PALOALTO_FAST_DELETE,
    &CHECKPOINT_SUPERNET,
    &CHECKPOINT_SHA384_VERSION_ISSUES,
    &EIGHT_PROPOSAL_LIMIT,
    &INTERMEDIATE_IKE_REKEY_BADKEYS,
    &STRONGSWAN_KE_VS_NOPROP,
];

/// The rules of this topic.
pub(super) const RULES: &[TunnelRule] = &[
    begins_on_4500,
    no_identity_of_the_responder,
    identity_of_another_type,
    message_5_in_clear,
    fragment_with_e_flag,
    tiny_fragments,
    aead_with_none,
    probabilistic_signature,
    unreadable_notification,
    sha_384_of_check_point,
    dead_after_rekey,
];

pub(super) static MS_FRAGMENT_TINY: Declaration = Declaration {
    id: "ms-fragment-tiny",
    title: "The peer splits its IKE messages into very small fragments",
    severity: Severity::Note,
    weight: 14,
    explanation: "Windows splits IKE messages for an IP packet of 576 octets. The number of fragments can exceed \
        what an old peer accepts.",
    symptom: "Works with some gateways only; error 809.",
    wire: "Encrypted fragments of at most 576 octets of IP, in a message of many fragments.",
    opened: "",
    checks: &[(Side::Responder, "a version that accepts more fragments")],
    needs: &[Need::Clear],
    competitors: &[("ike-frag-limit-exceeded", "no answer follows")],
    references: &["RFC 7383, section 2.5.1"],
    see: None,
};

pub(super) static ASA_AEAD_INTEG: Declaration = Declaration {
    id: "asa-aead-integ",
    title: "AEAD cipher with an integrity transform, as some Cisco versions want or refuse",
    severity: Severity::Warning,
    weight: 50,
    explanation: "Beside an AEAD cipher there is no integrity algorithm. Some peers demand the value NONE, others \
        demand that the transform is left out; a rekey between the two is refused. Whether this is one is possible.",
    symptom: "A rekey with AES-GCM fails between ASA and another implementation.",
    wire: "With a vendor ID of Cisco: a refused CREATE_CHILD_SA.",
    opened: "A proposal with an AEAD cipher and INTEG NONE, refused with NO_PROPOSAL_CHOSEN.",
    checks: &[(
        Side::Both,
        "versions; the proposal with and without INTEG NONE",
    )],
    needs: &[Need::IkeKeys],
    competitors: &[("rekey-pfs-mismatch", "the group differs")],
    references: &["RFC 7296, section 3.3", "RFC 5282, section 8"],
    see: None,
};

pub(super) static ASA_MULTI_TS: Declaration = Declaration {
    id: "asa-multi-ts",
    title: "A peer of Cisco takes one pair of networks for a child",
    severity: Severity::Warning,
    weight: 40,
    explanation: "Crypto maps of ASA and IOS know one pair of networks for each SA, and narrow a request for several \
        to the first. The others need a child each.",
    symptom: "Only the first network works towards an ASA.",
    wire: "With a vendor ID of Cisco.",
    opened: "Several selectors in the request, one in the response.",
    checks: &[(Side::Initiator, "one child for each pair of networks")],
    needs: &[Need::IkeKeys],
    competitors: &[],
    references: &["RFC 7296, section 2.9"],
    see: Some("ts-narrowed"),
};

pub(super) static ROUTEROS_STARTS_4500: Declaration = Declaration {
    id: "routeros-starts-4500",
    title: "The first message goes to UDP 4500 already",
    severity: Severity::Note,
    weight: 18,
    explanation: "The initiator begins on UDP 4500 with the non-ESP marker, as the standard allows. Older RouterOS \
        did so with a NAT detection hash of port 500, so that encapsulation follows without a NAT.",
    symptom: "Encapsulation in UDP without a NAT.",
    wire: "IKE_SA_INIT or the first message of IKEv1 to UDP 4500.",
    opened: "",
    checks: &[
        (
            Side::Initiator,
            "a port of 500 in the configuration of the peer, if encapsulation is not wanted",
        ),
        (Side::Network, "UDP 4500 must pass from the first packet"),
    ],
    needs: &[Need::Clear],
    competitors: &[(
        "false-nat-detection",
        "the hash fits another port than the one used",
    )],
    references: &["RFC 7296, section 2.23", "RFC 3948, section 2.2"],
    see: None,
};

pub(super) static MACOS14_IKE_REKEY: Declaration = Declaration {
    id: "macos14-ike-rekey",
    title: "The proposals of an IKE rekey do not begin with number 1",
    severity: Severity::Failure,
    weight: 62,
    explanation: "The request to renew the IKE SA has proposals whose first number is not 1, as macOS 14 sent. A \
        strict responder refuses it.",
    symptom: "A drop every 24 or 48 minutes with macOS 14.",
    wire: "A refused CREATE_CHILD_SA with a key exchange, at 24 or 48 minutes.",
    opened: "The SA payload of the request begins with proposal number 3.",
    checks: &[
        (Side::Initiator, "update macOS"),
        (
            Side::Responder,
            "accept other numbers, or a longer life of the IKE SA than the client's",
        ),
    ],
    needs: &[Need::IkeKeys],
    competitors: &[("ike-rekey-refused", "the proposals begin with number 1")],
    references: &["RFC 7296, section 3.3.1"],
    see: None,
};

pub(super) static APPLE_NO_PFS_MACOS: Declaration = Declaration {
    id: "apple-no-pfs-macos",
    title: "Apple clients differ in PFS for rekeys",
    severity: Severity::Note,
    weight: 30,
    explanation: "iOS offers rekeys with and without PFS, macOS without only. A server that demands PFS ends the \
        tunnel of macOS at the first rekey.",
    symptom: "macOS drops at the first rekey, iOS does not.",
    wire: "As rekey-pfs-mismatch, with an Apple client.",
    opened: "The request has no KE payload, the answer is NO_PROPOSAL_CHOSEN.",
    checks: &[(
        Side::Responder,
        "allow rekeys without PFS for these clients",
    )],
    needs: &[Need::IkeKeys],
    competitors: &[],
    references: &["RFC 7296, section 1.3.3"],
    see: Some("rekey-pfs-mismatch"),
};

pub(super) static APPLE_DN_AS_FQDN: Declaration = Declaration {
    id: "apple-dn-as-fqdn",
    title: "An identity of type FQDN holds a distinguished name",
    severity: Severity::Warning,
    weight: 56,
    explanation: "The identity is announced as a domain name, and its text is a distinguished name of a certificate. \
        The peer compares type and text and finds no match. Apple clients send it so.",
    symptom: "\"No matching peer config found\" for an identity that looks right.",
    wire: "Nothing: the identities are encrypted.",
    opened: "ID_FQDN whose text contains attributes like CN= and commas.",
    checks: &[
        (
            Side::Initiator,
            "use a name from the subjectAltName of the certificate as identity",
        ),
        (
            Side::Responder,
            "a connection with an identity of type FQDN and this text",
        ),
    ],
    needs: &[Need::IkeKeys],
    competitors: &[("id-mismatch-v2", "type and text belong together")],
    references: &["RFC 7296, section 3.5"],
    see: None,
};

pub(super) static WINDOWS_MODP1024_DEFAULT: Declaration = Declaration {
    id: "windows-modp1024-default",
    title: "Windows offers MODP-1024 only, as shipped",
    severity: Severity::Note,
    weight: 30,
    explanation: "Windows offers the key exchange of 1024 bits only, unless it is told otherwise, and gateways \
        refuse it today.",
    symptom: "\"Policy match error\", 13868.",
    wire: "All proposals of a Windows initiator have MODP-1024.",
    opened: "",
    checks: &[(
        Side::Initiator,
        "Set-VpnConnectionIPsecConfiguration, or the registry value NegotiateDH2048_AES256",
    )],
    needs: &[Need::Clear],
    competitors: &[],
    references: &["RFC 8247, section 2.4"],
    see: Some("legacy-only-offer"),
};

pub(super) static WINDOWS_NO_IDR: Declaration = Declaration {
    id: "windows-no-idr",
    title: "The initiator does not say whom it wants to reach",
    severity: Severity::Note,
    weight: 12,
    explanation: "The first IKE_AUTH request has no IDr. A responder with several identities chooses one itself, \
        which may be the wrong one. Windows sends none; alone it is no fault.",
    symptom: "A gateway with several certificates presents the wrong one.",
    wire: "Nothing.",
    opened: "IKE_AUTH without IDr in the request.",
    checks: &[(
        Side::Responder,
        "the connection that serves clients without IDr must have the right certificate",
    )],
    needs: &[Need::IkeKeys],
    competitors: &[("id-mismatch-v2", "the responder refuses")],
    references: &["RFC 7296, section 1.2", "RFC 7296, section 2.15"],
    see: None,
};

pub(super) static WINDOWS_SERVER_REKEY_12345: Declaration = Declaration {
    id: "windows-server-rekey-12345",
    title: "Windows refuses rekeys that the server begins",
    severity: Severity::Failure,
    weight: 64,
    explanation: "The answer of Windows to the rekey is its private notification 12345 with an error number.",
    symptom: "The tunnel drops when the server rekeys.",
    wire: "A response that is a little larger than one notification alone.",
    opened: "Notification 12345 with four octets.",
    checks: &[(
        Side::Responder,
        "do not begin rekeys towards Windows clients",
    )],
    needs: &[Need::IkeKeys],
    competitors: &[],
    references: &["RFC 7296, section 3.10.1"],
    see: Some("windows-rekey-refused"),
};

pub(super) static FORTINET_PSS_TRAILER: Declaration = Declaration {
    id: "fortinet-pss-trailer",
    title: "A signature with RSA-PSS may differ in its trailer field",
    severity: Severity::Warning,
    weight: 40,
    explanation: "FortiGate may leave the trailer field of RSA-PSS out or write it where others do not, so the \
        algorithm identifiers differ octet for octet. Whether this is the cause is possible.",
    symptom: "Authentication with certificates fails against FortiGate with RSA-PSS.",
    wire: "SIGNATURE_HASH_ALGORITHMS in both directions, and a refused IKE_AUTH.",
    opened: "A digital signature with RSA-PSS parameters with an explicit trailer field.",
    checks: &[(
        Side::Both,
        "switch RSA-PSS off, or the trailer field on (rsa_pss_trailerfield in strongSwan)",
    )],
    needs: &[Need::IkeKeys],
    competitors: &[("signature-hash-mismatch", "the hashes differ")],
    references: &["RFC 7427, section 3", "RFC 4055, section 3.1"],
    see: None,
};

pub(super) static SONICWALL_CLEAR_MSG5: Declaration = Declaration {
    id: "sonicwall-clear-msg5",
    title: "Main mode message 5 is not encrypted",
    severity: Severity::Warning,
    weight: 52,
    explanation: "The third round of main mode must be encrypted, and here identity and hash are sent in clear. Some \
        implementations accept it, others refuse, as it shows the identity.",
    symptom: "\"Unencrypted message 5 refused\"; it works with one product only.",
    wire: "Main mode with the payloads ID and HASH and without the encryption flag.",
    opened: "",
    checks: &[
        (Side::Initiator, "update the device, or use IKEv2"),
        (
            Side::Responder,
            "whether unencrypted messages in main mode are accepted",
        ),
    ],
    needs: &[Need::Clear],
    competitors: &[("psk-mismatch-ikev1-main", "message 5 is encrypted")],
    references: &["RFC 2409, section 5.4"],
    see: None,
};

pub(super) static RACOON_E_FLAG_FRAGMENT: Declaration = Declaration {
    id: "racoon-e-flag-fragment",
    title: "Fragments of IKEv1 carry the encryption flag",
    severity: Severity::Note,
    weight: 16,
    explanation: "The fragment payload itself is never encrypted; the message inside is. racoon sets the encryption \
        flag on the fragments too, which strict receivers may refuse.",
    symptom: "Fragments are dropped by one vendor.",
    wire: "Payload 132 in a message with the encryption flag.",
    opened: "",
    checks: &[(Side::Both, "update, or switch IKEv1 fragmentation off")],
    needs: &[Need::Clear],
    competitors: &[("ikev1-fragmentation-quirks", "fragments are missing")],
    references: &["RFC 2408, section 3.1"],
    see: None,
};

pub(super) static LIBRESWAN_WRONG_IV_NOTIFY: Declaration = Declaration {
    id: "libreswan-wrong-iv-notify",
    title: "A notification that cannot be decrypted with the right keys",
    severity: Severity::Note,
    weight: 14,
    explanation: "Some versions of libreswan encrypt INVALID-ID-INFORMATION with a wrong IV, so it cannot be read \
        even with the keys. It does not say that the keys differ.",
    symptom: "An Informational that nobody can read.",
    wire: "An encrypted Informational after main mode message 5.",
    opened: "Message 5 opens with the keys and the Informational does not.",
    checks: &[(Side::Responder, "its log; a newer version")],
    needs: &[Need::IkeKeys],
    competitors: &[(
        "psk-mismatch-ikev1-main",
        "message 5 does not open with the keys of the responder",
    )],
    references: &["RFC 2409, section 5.7"],
    see: None,
};

pub(super) static LIBRESWAN_MALFORMED_SUPPRESSED: Declaration = Declaration {
    id: "libreswan-malformed-suppressed",
    title: "libreswan does not send the notification about a malformed message",
    severity: Severity::Note,
    weight: 10,
    explanation: "libreswan limits its notifications to one a second and, in some versions, sends none at all. So a \
        wrong key shows as message 4 again and again, without a notification.",
    symptom: "The log speaks of a malformed payload, the wire has no notification.",
    wire: "Main mode message 4 repeated after message 5, with a vendor ID of libreswan.",
    opened: "",
    checks: &[(Side::Both, "the pre-shared key")],
    needs: &[Need::Clear],
    competitors: &[],
    references: &["RFC 2408, section 5"],
    see: Some("psk-mismatch-ikev1-main"),
};

pub(super) static ANDROID6_SHA2_96: Declaration = Declaration {
    id: "android6-sha2-96",
    title: "Old Android cuts HMAC-SHA2-256 at 96 bits",
    severity: Severity::Failure,
    weight: 60,
    explanation: "Kernels of old Android devices send 96 bits of integrity value for HMAC-SHA2-256 instead of 128.",
    symptom: "Connected, and no data, with Android 6 or 7.",
    wire: "Lengths of ESP that fit an integrity value of 12 octets only.",
    opened: "",
    checks: &[(
        Side::Responder,
        "the workaround for 96 bits, or another integrity algorithm",
    )],
    needs: &[Need::Esp],
    competitors: &[],
    references: &["RFC 4868, section 2.6"],
    see: Some("esp-icv-truncation"),
};

pub(super) static PALOALTO_FAST_DELETE: Declaration = Declaration {
    id: "paloalto-fast-delete",
    title: "The Delete follows the answer to the rekey within half a millisecond",
    severity: Severity::Warning,
    weight: 42,
    explanation: "The peer deletes the old child together with its answer, faster than the other side can install \
        the new one. Palo Alto gateways do so; a peer may take the child for deleted.",
    symptom: "The tunnel is gone after a rekey.",
    wire: "A CREATE_CHILD_SA response and an Informational request of the same side less than half a millisecond \
        later.",
    opened: "",
    checks: &[(Side::Both, "newer versions; let the other side rekey")],
    needs: &[Need::Timing],
    competitors: &[],
    references: &["RFC 7296, section 2.8"],
    see: Some("rekey-delete-race"),
};

pub(super) static CHECKPOINT_SUPERNET: Declaration = Declaration {
    id: "checkpoint-supernet",
    title: "Check Point sums up neighbouring networks",
    severity: Severity::Failure,
    weight: 60,
    explanation: "Check Point asks for the largest network that covers several configured ones, unless told \
        otherwise.",
    symptom: "It fails when Check Point begins and works when it answers.",
    wire: "A refused quick mode or child.",
    opened: "A selector larger than those configured.",
    checks: &[(Side::Initiator, "one tunnel for each pair of networks")],
    needs: &[Need::IkeKeys],
    competitors: &[],
    references: &["RFC 7296, section 2.9"],
    see: Some("supernet-domain"),
};

pub(super) static CHECKPOINT_SHA384_VERSION_ISSUES: Declaration = Declaration {
    id: "checkpoint-sha384-version-issues",
    title: "SHA-384 may fail between versions of Check Point",
    severity: Severity::Note,
    weight: 10,
    explanation: "Some versions of Check Point are reported not to agree with others on SHA-384. This is a hint for \
        a mismatch with such a peer, and possible only.",
    symptom: "Negotiations with SHA-384 fail after an update.",
    wire: "SHA-384 is in the only proposal in common, with a vendor ID of Check Point.",
    opened: "",
    checks: &[(Side::Both, "SHA-256 instead of SHA-384; versions")],
    needs: &[Need::Clear],
    competitors: &[],
    references: &["RFC 4868, section 2"],
    see: None,
};

pub(super) static EIGHT_PROPOSAL_LIMIT: Declaration = Declaration {
    id: "eight-proposal-limit",
    title: "The peer may look at the first eight proposals only",
    severity: Severity::Warning,
    weight: 50,
    explanation: "The matching proposal stands behind the eighth, and the peer refuses all. Some implementations \
        read no more than eight; whether this one does is possible.",
    symptom: "Works when the other side begins.",
    wire: "More than eight proposals in IKE_SA_INIT and NO_PROPOSAL_CHOSEN.",
    opened: "",
    checks: &[(
        Side::Initiator,
        "the proposal that matches first; fewer proposals",
    )],
    needs: &[Need::Clear],
    competitors: &[],
    references: &["RFC 7296, section 3.3"],
    see: Some("too-many-proposals"),
};

pub(super) static INTERMEDIATE_IKE_REKEY_BADKEYS: Declaration = Declaration {
    id: "intermediate-ike-rekey-badkeys",
    title: "After an IKE rekey with several key exchanges the keys may differ",
    severity: Severity::Warning,
    weight: 46,
    explanation: "When the first negotiation used IKE_INTERMEDIATE, versions of libreswan and strongSwan derived \
        different keys in the rekey of the IKE SA. All messages of the new SA then stay without answer. Possible, \
        with both vendors seen.",
    symptom: "The tunnel dies after the first rekey of the IKE SA.",
    wire: "IKE_INTERMEDIATE in the setup, a CREATE_CHILD_SA with IKE_FOLLOWUP_KE, then unanswered messages with the \
        new SPIs.",
    opened: "Messages of the new SA do not open with keys derived as RFC 9370 says.",
    checks: &[(
        Side::Both,
        "newer versions; reauthentication instead of a rekey",
    )],
    needs: &[Need::IkeKeys],
    competitors: &[(
        "rekey-unanswered",
        "the request for the rekey itself is not answered",
    )],
    references: &["RFC 9370, section 2.2.4", "RFC 9242, section 3.3"],
    see: None,
};

pub(super) static STRONGSWAN_KE_VS_NOPROP: Declaration = Declaration {
    id: "strongswan-ke-vs-noprop",
    title: "NO_PROPOSAL_CHOSEN where INVALID_KE_PAYLOAD was to be expected",
    severity: Severity::Note,
    weight: 12,
    explanation: "When the group of a rekey is not the one it wants, strongSwan may answer NO_PROPOSAL_CHOSEN though \
        another group of the offer would do. The initiator then does not try again with that group.",
    symptom: "A rekey is refused though a common group is in the offer.",
    wire: "A refused CREATE_CHILD_SA.",
    opened: "A KE payload of one group, several groups in the proposal, NO_PROPOSAL_CHOSEN.",
    checks: &[(
        Side::Initiator,
        "the group that the peer wants first in the list",
    )],
    needs: &[Need::IkeKeys],
    competitors: &[],
    references: &["RFC 7296, section 1.3"],
    see: Some("rekey-pfs-mismatch"),
};

/// The first message goes to UDP 4500.
fn begins_on_4500<'a>(tunnel: &'a Tunnel, surroundings: &Surroundings<'a>) -> Option<Diagnosis> {
    let first = tunnel.messages.first()?;
    let begins = matches!(
        first.step,
        Step::V2(ExchangeType::IKE_SA_INIT, false) | Step::Main(1) | Step::Aggressive(1)
    );
    // A negotiation that follows another one stays on its ports.
    let again = || {
        surroundings
            .same_peers(tunnel)
            .any(|other| other.first < tunnel.first)
    };
    if !begins || first.ends.dst.port != Some(4500) || again() {
        return None;
    }
    let summary = format!(
        "The {} sends its first message to UDP 4500.",
        first.from.name()
    );
    Some(
        Diagnosis::new(
            &ROUTEROS_STARTS_4500,
            Confidence::Certain,
            side(first.from),
            summary,
        )
        .evidence(first.frame, "the first message"),
    )
}

/// IKE_AUTH without IDr.
fn no_identity_of_the_responder<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let request = requests(tunnel, ExchangeType::IKE_AUTH).next()?;
    let read = request.opened.as_ref()?;
    let whole = read.has(PayloadType::ID_INITIATOR.0);
    if !whole || read.has(PayloadType::ID_RESPONDER.0) {
        return None;
    }
    let summary = "The initiator does not name the responder that it wants to reach.";
    Some(
        Diagnosis::new(
            &WINDOWS_NO_IDR,
            Confidence::Certain,
            Side::Initiator,
            summary,
        )
        .evidence(request.frame, "IKE_AUTH request without IDr"),
    )
}

/// A distinguished name in an identity of type FQDN.
fn identity_of_another_type<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    [Sender::Initiator, Sender::Responder]
        .into_iter()
        .find_map(|sender| {
            let identity = tunnel.peer(sender)?.identity.as_ref()?;
            let fqdn = identity.id_type == FQDN;
            let named = identity.value.contains("CN=") || identity.value.contains("O=");
            if !fqdn || !named {
                return None;
            }
            let summary = format!(
                "The identity of the {} is of type {} and its text is a distinguished name: {}.",
                sender.name(),
                identity.type_name.unwrap_or("FQDN"),
                identity.value
            );
            Some(Diagnosis::new(
                &APPLE_DN_AS_FQDN,
                Confidence::Certain,
                side(sender),
                summary,
            ))
        })
}

/// The third round of main mode without encryption.
fn message_5_in_clear<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let message = tunnel.messages.iter().find(|message| {
        matches!(message.step, Step::Main(5 | 6))
            && !message.encrypted
            && message.clear.has(ikev1::PayloadType::ID.0)
            && message.fragments.is_empty()
    })?;
    let summary = format!(
        "{} is not encrypted and shows identity and hash.",
        message.step
    );
    Some(
        Diagnosis::new(
            &SONICWALL_CLEAR_MSG5,
            Confidence::Certain,
            side(message.from),
            summary,
        )
        .evidence(message.frame, "identity in clear"),
    )
}

/// Fragments of IKEv1 with the encryption flag.
fn fragment_with_e_flag<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let message = tunnel.messages.iter().find(|message| {
        tunnel.version == 1
            && !message.fragments.is_empty()
            && Flags(message.flags).contains(Flags::ENCRYPTION)
            && message.first_payload == ikev1::PayloadType::FRAGMENT.0
    })?;
    let summary = format!(
        "The {} sets the encryption flag on fragments, which are not encrypted.",
        message.from.name()
    );
    Some(
        Diagnosis::new(
            &RACOON_E_FLAG_FRAGMENT,
            Confidence::Certain,
            side(message.from),
            summary,
        )
        .evidence(message.frame, "a fragment with the flag"),
    )
}

/// Many very small fragments from Windows.
fn tiny_fragments<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let message = tunnel.messages.iter().find(|message| {
        let count = message.fragments.len() as u32;
        count >= 4 && message.length / count <= TINY_FRAGMENT
    })?;
    let windows = made_by(&tunnel.initiator, &["Windows", "Microsoft"]);
    if !windows || message.from != Sender::Initiator {
        return None;
    }
    let summary = format!(
        "{} of Windows is in {} fragments of at most {TINY_FRAGMENT} octets.",
        message.step,
        message.fragments.len()
    );
    Some(
        Diagnosis::new(
            &MS_FRAGMENT_TINY,
            Confidence::Certain,
            Side::Initiator,
            summary,
        )
        .evidence(message.frame, "the fragments"),
    )
}

/// An AEAD cipher with INTEG NONE that a Cisco peer refuses.
fn aead_with_none<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let refused = refused_requests(tunnel).find(|refused| {
        refused
            .error
            .is_some_and(|error| error.number == NotifyType::NO_PROPOSAL_CHOSEN.0)
            && refused.request.payloads().proposals.iter().any(|proposal| {
                let aead = proposal
                    .of_kind(TransformType::ENCR)
                    .any(|cipher| AEAD.contains(&EncryptionAlgorithm(cipher.id)));
                let none = proposal
                    .of_kind(TransformType::INTEG)
                    .any(|integrity| integrity.id == 0);
                aead && none
            })
    })?;
    if !one_is(tunnel, &["Cisco"]) {
        return None;
    }
    let summary =
        "A proposal with an AEAD cipher and INTEG NONE is refused, and one side is Cisco's.";
    Some(
        Diagnosis::new(&ASA_AEAD_INTEG, Confidence::Possible, Side::Both, summary)
            .evidence(refused.request.frame, "the proposal")
            .evidence(refused.response.frame, "NO_PROPOSAL_CHOSEN"),
    )
}

/// Whether a vendor ID of this side says one of these names.
fn made_by(peer: &Peer, names: &[&str]) -> bool {
    peer.vendors
        .iter()
        .filter_map(|vendor| vendor.name)
        .any(|vendor| names.iter().any(|name| vendor.contains(name)))
}

fn one_is(tunnel: &Tunnel, names: &[&str]) -> bool {
    made_by(&tunnel.initiator, names) || made_by(&tunnel.responder, names)
}

/// A signature with RSASSA-PSS that is refused, and one side is Fortinet's.
fn probabilistic_signature<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let (request, response) = refused_authentication(tunnel)?;
    let auth = request.opened.as_ref()?.auth.as_ref()?;
    let signature = auth.signature_algorithm.as_deref()?;
    if !signature.to_ascii_uppercase().contains("PSS") || !one_is(tunnel, &["Forti"]) {
        return None;
    }
    let summary = format!(
        "The {} signs with {signature}, one side is Fortinet's, and the {} refuses.",
        request.from.name(),
        response.from.name()
    );
    Some(
        Diagnosis::new(
            &FORTINET_PSS_TRAILER,
            Confidence::Possible,
            Side::Both,
            summary,
        )
        .evidence(request.frame, "the signature")
        .evidence(response.frame, "refused"),
    )
}

/// An Informational that the keys of a phase 1 do not open, although they opened both proofs.
fn unreadable_notification<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let proofs = [Step::Main(5), Step::Main(6)];
    let read = proofs.into_iter().all(|step| {
        tunnel
            .first_of(step)
            .is_some_and(|message| message.opened.is_some())
    });
    let closed = tunnel
        .of_step(Step::Informational)
        .find(|message| message.encrypted && message.opening == Opening::Failed)?;
    let sender = tunnel.peer(closed.from)?;
    if !read || closed.truncated || !made_by(sender, &["swan"]) {
        return None;
    }
    let summary = format!(
        "The keys open both proofs of phase 1 and not the Informational of the {}: it was encrypted with another IV.",
        closed.from.name()
    );
    Some(
        Diagnosis::new(
            &LIBRESWAN_WRONG_IV_NOTIFY,
            Confidence::Likely,
            side(closed.from),
            summary,
        )
        .evidence(closed.frame, "the Informational that does not open")
        .excludes(
            "psk-mismatch-ikev1-main",
            "messages 5 and 6 open with one key",
        ),
    )
}

/// A refusal where nothing but SHA-384 is offered, and one side is Check Point's.
fn sha_384_of_check_point<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    if tunnel.state != State::Failed || !one_is(tunnel, &["Check Point"]) {
        return None;
    }
    let first = tunnel.messages.first()?;
    let hash = |suite: &Suite| {
        let hash = suite.hash.as_deref();
        hash.is_some_and(|hash| hash.contains("384"))
    };
    let suites = || tunnel.offered.iter().flat_map(Proposal::suites);
    let transforms = || {
        tunnel
            .offered
            .iter()
            .flat_map(|proposal| proposal.of_kind(TransformType::PRF))
    };
    let offered = suites().next().is_some() && suites().all(hash)
        || transforms().next().is_some()
            && transforms().all(|transform| transform.id == Prf::HMAC_SHA2_384.0);
    if !offered {
        return None;
    }
    let summary =
        "One side is Check Point's, the negotiation fails, and every proposal has SHA-384.";
    Some(
        Diagnosis::new(
            &CHECKPOINT_SHA384_VERSION_ISSUES,
            Confidence::Possible,
            Side::Both,
            summary,
        )
        .evidence(first.frame, "the proposals"),
    )
}

/// An IKE SA that a rekey made, and that gets no answer, after a negotiation with IKE_INTERMEDIATE.
fn dead_after_rekey<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let replaced = tunnel.replaces?;
    let intermediate = Step::V2(ExchangeType::IKE_INTERMEDIATE, true);
    let old = around
        .same_peers(tunnel)
        .find(|old| old.id == replaced && old.first_of(intermediate).is_some())?;
    let request = tunnel.messages.iter().find(|message| message.request)?;
    let silent = tunnel
        .messages
        .iter()
        .all(|message| message.from == request.from && message.answered_by.is_none());
    if !silent || request.transmissions < 2 {
        return None;
    }
    let summary = format!(
        "The IKE SA that the rekey made gets no answer to a request that was sent {}. The first negotiation used \
         IKE_INTERMEDIATE: the two sides may have derived different keys.",
        times(request.transmissions)
    );
    let diagnosis = Diagnosis::new(
        &INTERMEDIATE_IKE_REKEY_BADKEYS,
        Confidence::Possible,
        Side::Both,
        summary,
    )
    .severity(Severity::Failure)
    .evidence_if(
        old.first_of(intermediate).map(|message| message.frame),
        "IKE_INTERMEDIATE of the SA before",
    );
    Some(
        with_copies(diagnosis, request, "the request in the new SA")
            .excludes("rekey-unanswered", "the rekey itself was answered"),
    )
}

/// ID type FQDN, of both versions.
const FQDN: u8 = 2;

/// Octets of a fragment in an IP packet of 576.
const TINY_FRAGMENT: u32 = 560;

const AEAD: [EncryptionAlgorithm; 4] = [
    EncryptionAlgorithm::AES_GCM_8,
    EncryptionAlgorithm::AES_GCM_12,
    EncryptionAlgorithm::AES_GCM_16,
    EncryptionAlgorithm::CHACHA20_POLY1305,
];

#[cfg(test)]
mod tests {
    use super::super::sample::{
        IKE_AUTH, again, ids, ids_among, notifies, open, proof_by, send, tunnel,
    };
    use super::*;
    use crate::tunnels::{Auth, Identity, Payloads, Vendor};

    #[test]
    fn the_first_port_is_told() {
        let mut tunnel = tunnel(2);
        assert!(!ids(&tunnel).contains(&"routeros-starts-4500"));
        tunnel.messages[0].ends.dst.port = Some(4500);
        assert!(ids(&tunnel).contains(&"routeros-starts-4500"));
    }

    #[test]
    fn an_initiator_that_does_not_name_its_peer_is_told() {
        let with = |types: &[PayloadType]| {
            let mut tunnel = tunnel(2);
            assert_eq!(tunnel.messages[2].step, Step::V2(IKE_AUTH, false));
            let request = Payloads {
                types: types.iter().map(|kind| kind.0).collect(),
                ..Payloads::default()
            };
            open(&mut tunnel, request, notifies(&[]));
            ids(&tunnel).contains(&"windows-no-idr")
        };
        assert!(with(&[PayloadType::ID_INITIATOR, PayloadType::AUTH]));
        assert!(!with(&[
            PayloadType::ID_INITIATOR,
            PayloadType::ID_RESPONDER
        ]));
    }

    #[test]
    fn a_name_of_a_certificate_is_no_domain_name() {
        let with = |value: &str| {
            let mut tunnel = tunnel(2);
            tunnel.initiator.identity = Some(Identity {
                payload_type: PayloadType::ID_INITIATOR.0,
                id_type: FQDN,
                type_name: Some("ID_FQDN"),
                value: value.to_owned(),
                protocol: 0,
                port: 0,
            });
            ids(&tunnel).contains(&"apple-dn-as-fqdn")
        };
        assert!(with("CN=client, O=Example"));
        assert!(!with("client.example"));
    }

    #[test]
    fn main_mode_in_clear_is_told() {
        let with = |encrypted: bool| {
            let mut tunnel = tunnel(1);
            let message = send(&mut tunnel, Step::Main(5), Sender::Initiator, 10);
            message.encrypted = encrypted;
            message.clear.types = vec![ikev1::PayloadType::ID.0];
            ids(&tunnel).contains(&"sonicwall-clear-msg5")
        };
        assert!(with(false));
        assert!(!with(true));
    }

    #[test]
    fn the_flag_on_a_fragment_is_told() {
        let with = |flags: Flags| {
            let mut tunnel = tunnel(1);
            let message = send(&mut tunnel, Step::Main(5), Sender::Initiator, 10);
            message.fragments = vec![1, 2].into();
            message.flags = flags.0;
            message.first_payload = ikev1::PayloadType::FRAGMENT.0;
            ids(&tunnel).contains(&"racoon-e-flag-fragment")
        };
        assert!(with(Flags::ENCRYPTION));
        assert!(!with(Flags::default()));
    }

    fn named(peer: &mut Peer, name: &'static str) {
        peer.vendors.push(Vendor {
            octets: Vec::new(),
            name: Some(name),
        });
    }

    #[test]
    fn a_signature_with_pss_is_a_hint_at_fortinet_only() {
        let with = |vendor: &'static str, algorithm: &str| {
            let mut tunnel = tunnel(2);
            tunnel.state = State::Failed;
            named(&mut tunnel.responder, vendor);
            let request = Payloads {
                auth: Some(
                    Auth {
                        signature_algorithm: Some(algorithm.to_owned()),
                        ..*proof_by(14)
                    }
                    .into(),
                ),
                ..Payloads::default()
            };
            open(
                &mut tunnel,
                request,
                notifies(&[NotifyType::AUTHENTICATION_FAILED]),
            );
            ids(&tunnel).contains(&"fortinet-pss-trailer")
        };
        assert!(with("FortiGate", "RSASSA-PSS with SHA2-256"));
        assert!(!with("FortiGate", "ECDSA with SHA2-256"));
        assert!(!with("strongSwan", "RSASSA-PSS with SHA2-256"));
    }

    #[test]
    fn a_notification_that_right_keys_do_not_open_has_a_wrong_iv() {
        let with = |sixth: bool, opening: Opening| {
            let mut tunnel = tunnel(1);
            named(&mut tunnel.responder, "Libreswan 3.6 or later");
            for (number, opened) in [(5, true), (6, sixth)] {
                let from = if number == 5 {
                    Sender::Initiator
                } else {
                    Sender::Responder
                };
                let message = send(&mut tunnel, Step::Main(number), from, number.into());
                message.opened = opened.then(Box::default);
            }
            let message = send(&mut tunnel, Step::Informational, Sender::Responder, 20);
            message.encrypted = true;
            message.opening = opening;
            ids(&tunnel).contains(&"libreswan-wrong-iv-notify")
        };
        assert!(with(true, Opening::Failed));
        assert!(!with(true, Opening::NoKey));
        assert!(!with(false, Opening::Failed));
    }

    #[test]
    fn sha_384_and_nothing_else_is_a_hint_at_check_point() {
        let with = |prf: &[Prf], state: State| {
            let mut tunnel = tunnel(2);
            tunnel.state = state;
            named(&mut tunnel.responder, "Check Point");
            let transforms = prf.iter().map(|prf| crate::tunnels::Transform {
                kind: TransformType::PRF,
                id: prf.0,
                key_length: None,
            });
            tunnel.offered = vec![Proposal {
                number: 1,
                protocol: crate::tunnels::Protocol::Ike,
                spi: Vec::new(),
                algorithms: crate::tunnels::Algorithms::Transforms(transforms.collect()),
            }];
            ids(&tunnel).contains(&"checkpoint-sha384-version-issues")
        };
        assert!(with(&[Prf::HMAC_SHA2_384], State::Failed));
        assert!(!with(
            &[Prf::HMAC_SHA2_384, Prf::HMAC_SHA2_256],
            State::Failed
        ));
        assert!(!with(&[Prf::HMAC_SHA2_384], State::Established));
    }

    #[test]
    fn a_rekeyed_sa_without_answers_is_told_where_keys_were_mixed() {
        let with = |exchange: ExchangeType, copies: &[i64]| {
            let mut old = tunnel(2);
            send(&mut old, Step::V2(exchange, true), Sender::Responder, 7);
            let mut new = tunnel(2);
            (new.id, new.replaces) = (2, Some(1));
            new.messages.clear();
            let step = Step::V2(ExchangeType::INFORMATIONAL, false);
            send(&mut new, step, Sender::Initiator, 5_000);
            again(&mut new, copies);
            ids_among(&new, &[&old, &new]).contains(&"intermediate-ike-rekey-badkeys")
        };
        assert!(with(ExchangeType::IKE_INTERMEDIATE, &[9_000]));
        assert!(!with(ExchangeType::IKE_INTERMEDIATE, &[]));
        assert!(!with(ExchangeType::INFORMATIONAL, &[9_000]));
    }
}
