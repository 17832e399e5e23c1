//! Whether the peers trust each other's certificates.

use ikescope_dissectors::registries::ikev1::{NotifyType as NotifyV1, PayloadType as PayloadV1};
use ikescope_dissectors::registries::ikev2::PayloadType;

use super::authentication::{asks_for_certificate, encrypted_refusal, named_identity};
use super::declaration::{Confidence, Declaration, Need, Severity, Side};
use super::diagnosis::Diagnosis;
use super::engine::TunnelRule;
use super::facts::{
    AUTH_REQUEST, Credentials, INIT_RESPONSE, Rounds, credentials, end, method_v1, never_up,
    pre_shared, proof_of_responder, refused_authentication, rejected_by_initiator, seconds_between,
    times,
};
use super::x509::{Leaf, Validity};
use crate::observation::FrameId;
use crate::tunnels::{Identity, Message, Mode, Payloads, Sender, Step, Surroundings, Tunnel};

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
pub(super) const RULES: &[TunnelRule] = &[
    untrusted,
    name,
    not_sent,
    usage,
    dropped,
    other_authority,
    slow,
];

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

/// A certificate, or a signature, that the other side did not accept.
struct Refused<'a> {
    /// The message with the proof.
    proof: &'a Message,
    /// The message that refuses it.
    refusal: &'a Message,
    /// How the proof was made.
    credentials: Credentials,
}

impl<'a> Refused<'a> {
    /// By either side, in either version; not within EAP.
    fn of(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Self> {
        if tunnel.version == 1 {
            if method_v1(tunnel).is_none_or(pre_shared) {
                return None;
            }
            let (proof, refusal) =
                encrypted_refusal(tunnel).or_else(|| aggressive_refusal(tunnel))?;
            let bare = proof.opened.is_none()
                && proof
                    .inner_octets
                    .is_some_and(|(_, largest)| largest < SHORTEST_PROOF_V1)
                // What the initiator asks for is encrypted in message 5.
                && (refusal.from == Sender::Initiator || asked_for(tunnel, refusal.from));
            return Some(Self {
                proof,
                refusal,
                credentials: if bare {
                    Credentials::Signature
                } else {
                    Credentials::Certificate
                },
            });
        }
        let (proof, refusal) =
            refused_authentication(tunnel).or_else(|| rejected_by_initiator(tunnel, around))?;
        if Rounds::of(tunnel).len() != 1 || is_eap(tunnel) {
            return None;
        }
        let credentials = match proof.from {
            Sender::Responder => proof_of_responder(tunnel, proof),
            _ => credentials(proof),
        };
        matches!(
            credentials,
            Credentials::Certificate | Credentials::Signature
        )
        .then_some(Self {
            proof,
            refusal,
            credentials,
        })
    }

    fn read(&self) -> Option<&'a Payloads> {
        let clear = (!self.proof.encrypted).then_some(&self.proof.clear);
        self.proof.opened.as_deref().or(clear)
    }

    fn leaf(&self) -> Option<Leaf> {
        Leaf::of(self.read()?.certificates.first()?)
    }

    /// The identity that the proof is for.
    fn identity(&self) -> Option<&'a Identity> {
        let wanted = match self.proof.from {
            Sender::Initiator => PayloadType::ID_INITIATOR.0,
            _ => PayloadType::ID_RESPONDER.0,
        };
        let identities = &self.read()?.identities;
        identities
            .iter()
            .find(|identity| identity.payload_type == wanted)
            .or_else(|| {
                identities
                    .first()
                    .filter(|identity| identity.payload_type == ID_V1)
            })
    }

    /// Whether who refuses sent a certificate of the same issuer.
    fn same_issuer(&self, tunnel: &Tunnel, leaf: &Leaf) -> bool {
        tunnel
            .from(self.refusal.from)
            .filter_map(|message| Leaf::of(message.payloads().certificates.first()?))
            .any(|own| own.issuer == leaf.issuer)
    }

    fn prover(&self) -> Side {
        match self.proof.from {
            Sender::Initiator => Side::Initiator,
            Sender::Responder => Side::Responder,
            Sender::Other => Side::Unknown,
        }
    }

    fn found(
        &self,
        declaration: &'static Declaration,
        confidence: Confidence,
        side: Side,
        summary: String,
    ) -> Diagnosis {
        Diagnosis::new(declaration, confidence, side, summary)
            .evidence(self.proof.frame, format!("{}: the proof", self.proof.step))
            .evidence(self.refusal.frame, "refused")
            .excludes(
                "psk-mismatch-ikev2-at-responder",
                "the proof is no pre-shared key",
            )
    }
}

/// Whether the initiator asks for EAP: the proof of the responder then comes before its own.
fn is_eap(tunnel: &Tunnel) -> bool {
    let rounds = Rounds::of(tunnel);
    let Some((request, Some(response))) = rounds.first() else {
        return false;
    };
    match credentials(request) {
        Credentials::Eap => true,
        Credentials::Small => credentials(response) == Credentials::Certificate,
        _ => false,
    }
}

/// What ends aggressive mode instead of the next message: the proof is message 3, or message 2 where no message 3 follows.
fn aggressive_refusal(tunnel: &Tunnel) -> Option<(&Message, &Message)> {
    if tunnel.mode != Some(Mode::Aggressive) || !never_up(tunnel) {
        return None;
    }
    let proof = tunnel
        .first_of(Step::Aggressive(3))
        .or_else(|| tunnel.first_of(Step::Aggressive(2)))?;
    let mut after = tunnel
        .from(proof.from.opposite())
        .filter(|message| message.frame > proof.frame)
        .peekable();
    let refusal = *after.peek()?;
    let ends = refusal
        .opened
        .as_ref()
        .is_none_or(|read| read.has(PayloadV1::DELETE.0) || read.error().is_some());
    (ends && after.all(|message| message.step == Step::Informational)).then_some((proof, refusal))
}

fn untrusted<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let refused = Refused::of(tunnel, around)?;
    let who = end(refused.proof.ends.src);
    let by = end(refused.refusal.ends.src);
    let expired = refused
        .leaf()
        .and_then(|leaf| match leaf.validity(refused.proof.time) {
            Validity::Expired => Some(("expired before the capture was made", leaf)),
            Validity::NotYet => Some(("is not valid before the capture was made", leaf)),
            Validity::Valid | Validity::Unknown => None,
        });
    if let Some((what, leaf)) = expired {
        let summary = format!(
            "The certificate of {who} ({}) {what}, and {by} refuses it.",
            leaf.subject
        );
        return Some(
            refused
                .found(
                    &CERT_UNTRUSTED_OR_INVALID,
                    Confidence::Certain,
                    refused.prover(),
                    summary,
                )
                .weight(90),
        );
    }
    if tunnel.version == 1 {
        // Without a request for a certificate another method is expected.
        let asked = tunnel
            .messages
            .iter()
            .any(|message| !message.payloads().certificate_requests.is_empty());
        let error = refused.refusal.payloads().error();
        let about_identity =
            error.is_some_and(|error| error.number == NotifyV1::INVALID_ID_INFORMATION.0);
        if about_identity || (!asked && refused.proof.from == Sender::Initiator) {
            return None;
        }
    }
    if refused.credentials != Credentials::Certificate {
        return None;
    }
    let (confidence, weight, summary) = match refused.leaf() {
        Some(leaf) => (
            Confidence::Likely,
            52,
            format!(
                "{by} refuses the certificate of {who} ({}, issued by {}): {}.",
                leaf.subject,
                leaf.issuer,
                if refused.same_issuer(tunnel, &leaf) {
                    "its own has the same issuer, so this one may be revoked, or not be for this use"
                } else {
                    "it probably does not trust the issuer"
                }
            ),
        ),
        None if tunnel.version == 1 => (
            Confidence::Likely,
            56,
            format!(
                "{by} can read the signature of {who} and refuses it: its certificate is not trusted or not valid."
            ),
        ),
        None => (
            Confidence::Possible,
            46,
            format!(
                "{by} refuses the authentication of {who}, which is as large as one with a certificate: not trusted, not valid, or \
                 without the expected identity."
            ),
        ),
    };
    Some(
        refused
            .found(&CERT_UNTRUSTED_OR_INVALID, confidence, Side::Both, summary)
            .weight(weight),
    )
}

fn name<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let refused = Refused::of(tunnel, around)?;
    let leaf = refused.leaf();
    let own = refused.identity();
    let asked = (refused.proof.from == Sender::Responder)
        .then(|| {
            let rounds = Rounds::of(tunnel);
            let (request, _) = rounds.first()?;
            request
                .opened
                .as_ref()?
                .identities
                .iter()
                .find(|identity| identity.payload_type == PayloadType::ID_RESPONDER.0)
        })
        .flatten();
    let who = end(refused.proof.ends.src);
    let missing = leaf.as_ref().and_then(|leaf| {
        [asked, own]
            .into_iter()
            .flatten()
            .find(|identity| !leaf.contains(identity))
    });
    let other = match (asked, own) {
        (Some(asked), Some(own)) if asked.value != own.value => Some((asked, own)),
        _ => None,
    };
    if let Some((asked, own)) = other {
        let summary = format!(
            "The initiator asks for {}, and {who} is {}.",
            named_identity(asked),
            named_identity(own)
        );
        return Some(
            refused
                .found(&CERT_SAN_MISMATCH, Confidence::Likely, Side::Both, summary)
                .weight(78),
        );
    }
    if let (Some(missing), Some(leaf)) = (missing, &leaf) {
        let summary = format!(
            "The certificate of {who} does not contain {}: its alternative names are {}.",
            named_identity(missing),
            if leaf.names.is_empty() {
                "none".to_owned()
            } else {
                leaf.names.join(", ")
            }
        );
        return Some(
            refused
                .found(
                    &CERT_SAN_MISMATCH,
                    Confidence::Certain,
                    refused.prover(),
                    summary,
                )
                .weight(84),
        );
    }
    // Who asks for a name and gets it, in the certificate too, refuses for another reason.
    let as_asked = asked.is_some() && leaf.is_some();
    if refused.credentials != Credentials::Certificate || tunnel.version == 1 || as_asked {
        return None;
    }
    if let Some(leaf) = leaf.filter(|leaf| {
        leaf.validity(refused.proof.time) == Validity::Valid && refused.same_issuer(tunnel, leaf)
    }) {
        let summary = format!(
            "{} refuses the certificate of {who} ({}), which is valid and from the issuer of its own: it probably \
             expects another identity than {}.",
            end(refused.refusal.ends.src),
            leaf.subject,
            own.map_or_else(|| "the one in it".to_owned(), named_identity)
        );
        return Some(
            refused
                .found(&CERT_SAN_MISMATCH, Confidence::Likely, Side::Both, summary)
                .weight(58)
                .excludes(
                    "cert-untrusted-or-invalid",
                    "both certificates have one issuer",
                ),
        );
    }
    let summary = format!(
        "{} refuses the authentication of {who}, perhaps because the certificate lacks the expected identity.",
        end(refused.refusal.ends.src)
    );
    Some(
        refused
            .found(
                &CERT_SAN_MISMATCH,
                Confidence::Possible,
                Side::Both,
                summary,
            )
            .weight(35),
    )
}

fn not_sent<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let refused = Refused::of(tunnel, around)?;
    let signature = match refused.read() {
        Some(read) if tunnel.version == 1 => {
            asked_for(tunnel, refused.refusal.from)
                && read.has(PayloadV1::SIGNATURE.0)
                && read.certificates.is_empty()
        }
        _ => refused.credentials == Credentials::Signature,
    };
    if !signature {
        return None;
    }
    // Who asks for no certificate may take none at all.
    let missed = tunnel.version == 1
        || refused.proof.from == Sender::Responder
        || asks_for_certificate(tunnel).is_some();
    let read = refused.read().is_some();
    let summary = format!(
        "{} signs {}, and {} refuses it.",
        end(refused.proof.ends.src),
        if read {
            "and sends no certificate"
        } else {
            "by its size, but has no room for a certificate"
        },
        end(refused.refusal.ends.src)
    );
    Some(
        refused
            .found(
                &CERT_NOT_SENT,
                if read {
                    Confidence::Certain
                } else {
                    Confidence::Possible
                },
                refused.prover(),
                summary,
            )
            .weight(match (read, missed) {
                (true, true) => 82,
                (true, false) => 54,
                (false, true) => 50,
                (false, false) => 45,
            }),
    )
}

/// Whether this side asks for certificates.
fn asked_for(tunnel: &Tunnel, by: Sender) -> bool {
    tunnel
        .from(by)
        .any(|message| !message.payloads().certificate_requests.is_empty())
}

/// The shortest identity, signature and certificate of IKEv1 together have more octets.
const SHORTEST_PROOF_V1: u32 = 480;

fn usage<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let (proof, refusal) = rejected_by_initiator(tunnel, around)
        .map(|(proof, refusal)| (proof, refusal.frame))
        .or_else(|| dropped_in_silence(tunnel, around))?;
    let leaf = Leaf::of(proof.opened.as_ref()?.certificates.first()?)?;
    if leaf.serves() {
        return None;
    }
    let summary = format!(
        "The certificate of {} ({}) has extended key usages, and serverAuth is not among them; the initiator refuses it.",
        end(proof.ends.src),
        leaf.subject
    );
    Some(
        Diagnosis::new(
            &CERT_EKU_MISSING,
            Confidence::Likely,
            Side::Responder,
            summary,
        )
        .weight(76)
        .evidence(proof.frame, "the certificate")
        .evidence(refusal, "refused"),
    )
}

/// A complete answer with a certificate, after which the initiator says nothing more in this tunnel and begins another at
/// once: some do not tell the responder that they refuse it. With the frame in which it begins anew.
fn dropped_in_silence<'a>(
    tunnel: &'a Tunnel,
    around: &Surroundings<'a>,
) -> Option<(&'a Message, FrameId)> {
    let rounds = Rounds::of(tunnel);
    let (_, response) = rounds.first().filter(|_| rounds.len() == 1)?;
    let response = response
        .filter(|response| proof_of_responder(tunnel, response) == Credentials::Certificate)?;
    let last = tunnel.messages.last()?.frame == response.frame;
    let used = tunnel
        .children
        .iter()
        .any(|child| child.from_initiator.is_some() || child.from_responder.is_some());
    let (first, anew) = around
        .same_peers(tunnel)
        .filter(|other| other.initiator.address == tunnel.initiator.address)
        .filter_map(|other| Some((other.messages.first()?, other)))
        .filter(|(first, _)| first.frame > response.frame)
        .min_by_key(|(first, _)| first.frame)?;
    let soon = seconds_between(response, first).is_some_and(|seconds| seconds < AGAIN_SECONDS);
    // Who begins anew with all that it has sent is not content with the answer.
    let same = anew
        .of_step(AUTH_REQUEST)
        .next()
        .zip(tunnel.of_step(AUTH_REQUEST).next())
        .is_some_and(|(one, other)| one.length == other.length);
    (last && !used && soon && same).then_some((response, first.frame))
}

/// The same without keys, or where the certificate shows no reason.
fn dropped<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let (response, anew) = dropped_in_silence(tunnel, around)?;
    let summary = format!(
        "{} answers completely, with a certificate, and {} says nothing more in this tunnel and begins another at once: it \
         probably refuses the certificate.",
        end(response.ends.src),
        end(response.ends.dst)
    );
    Some(
        Diagnosis::new(
            &CERT_UNTRUSTED_OR_INVALID,
            Confidence::Possible,
            Side::Both,
            summary,
        )
        .severity(Severity::Warning)
        .evidence(response.frame, "the certificate of the responder")
        .evidence(anew, "the initiator begins anew"),
    )
}

/// An initiator that begins anew by itself waits no longer.
const AGAIN_SECONDS: f64 = 0.5;

/// Hashes of authorities that a message asks for (RFC 7296, section 3.7).
fn authorities(payloads: &Payloads) -> Vec<&[u8]> {
    payloads
        .certificate_requests
        .iter()
        .flat_map(|request| request.data.chunks_exact(SHA1_OCTETS))
        .collect()
}

fn other_authority<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    if tunnel.version == 1 {
        return other_authority_v1(tunnel, around);
    }
    let refused = Refused::of(tunnel, around)?;
    let rounds = Rounds::of(tunnel);
    let (request, _) = rounds.first()?;
    let init = tunnel.of_step(INIT_RESPONSE).last()?;
    let (asked, offered) = (
        authorities(request.opened.as_ref()?),
        authorities(&init.clear),
    );
    let disjoint = !asked.is_empty()
        && !offered.is_empty()
        && !asked.iter().any(|authority| offered.contains(authority));
    if !disjoint {
        return None;
    }
    let (asking, known) = (refused.refusal.from.name(), refused.proof.from.name());
    let issuer = refused.leaf().map(|leaf| leaf.issuer);
    let summary = format!(
        "The {asking} asks for a certificate of other authorities than those that the {known} knows{}, and refuses what it \
         gets.",
        issuer.map_or(String::new(), |issuer| format!(
            "; the certificate of the {known} is issued by {issuer}"
        ))
    );
    Some(
        refused
            .found(
                &CERT_WRONG_CA_REQUESTED,
                Confidence::Likely,
                Side::Both,
                summary,
            )
            .weight(74)
            .evidence(request.frame, "CERTREQ of the initiator")
            .evidence(init.frame, "CERTREQ of the responder, in clear"),
    )
}

/// IKEv1 names authorities, so that the issuer of the certificate can be compared.
fn other_authority_v1<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let refused = Refused::of(tunnel, around)?;
    let leaf = refused.leaf()?;
    let asked: Vec<String> = tunnel
        .from(refused.refusal.from)
        .flat_map(|message| &message.payloads().certificate_requests)
        .filter_map(|request| ikescope_dissectors::certificate::name(&request.data))
        .collect();
    let read = refused.read()?;
    let chain = read
        .certificates
        .iter()
        .filter_map(|certificate| certificate.issuer.as_deref())
        .any(|issuer| asked.iter().any(|name| name == issuer));
    if asked.is_empty() || chain || leaf.validity(refused.proof.time) != Validity::Valid {
        return None;
    }
    let summary = format!(
        "{} asks for a certificate of {}, and gets one that {} issued.",
        end(refused.refusal.ends.src),
        asked.join(" or "),
        leaf.issuer
    );
    Some(
        refused
            .found(
                &CERT_UNTRUSTED_OR_INVALID,
                Confidence::Likely,
                Side::Both,
                summary,
            )
            .weight(72),
    )
}

fn slow<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let rounds = Rounds::of(tunnel);
    let (request, response) = rounds.first()?;
    let response = response?;
    let seconds = seconds_between(request, response)?;
    let certificate = credentials(request) == Credentials::Certificate;
    let init = tunnel.of_step(INIT_RESPONSE).last()?;
    // A slow path is slow in IKE_SA_INIT too.
    let path = init
        .answers
        .and_then(|frame| tunnel.message(frame))
        .and_then(|asked| seconds_between(asked, init))
        .unwrap_or_default();
    if !certificate || seconds < SLOW_SECONDS || path > seconds / 4.0 {
        return None;
    }
    let once = response.transmissions as usize <= 1;
    let summary = format!(
        "{} needs {seconds:.1} s to answer a request with a certificate{}; it may wait for a CRL or an OCSP server.",
        end(response.ends.src),
        if request.transmissions > 1 {
            format!(
                ", which is repeated {} meanwhile",
                times(request.transmissions as usize - 1)
            )
        } else {
            String::new()
        }
    );
    Some(
        Diagnosis::new(
            &CERT_SLOW_VALIDATION,
            if once {
                Confidence::Possible
            } else {
                Confidence::Likely
            },
            Side::Responder,
            summary,
        )
        .evidence(request.frame, "the request with the certificate")
        .evidence(response.frame, "its answer"),
    )
}

/// Octets of the hash of a key in CERTREQ.
const SHA1_OCTETS: usize = 20;

/// Payload type of identities in IKEv1.
const ID_V1: u8 = 5;

/// A signature takes milliseconds to check, a list on a server that does not answer takes this long at least.
const SLOW_SECONDS: f64 = 4.0;

#[cfg(test)]
mod tests {
    use super::super::sample::{at, flow, frame, ids_among, tunnel};
    use super::*;

    /// IKE_AUTH with certificates by its sizes, and the same initiator again after a time.
    #[test]
    fn an_initiator_that_begins_anew_without_a_word_refuses_the_certificate() {
        let with = |after: i64, used: bool| {
            let signed = |id: u32| {
                let mut tunnel = tunnel(2);
                tunnel.id = id;
                for message in &mut tunnel.messages[2..] {
                    message.inner_octets = Some((900, 915));
                }
                tunnel
            };
            let (mut refused, mut again) = (signed(1), signed(2));
            again.messages[0].frame = frame(15 + after);
            again.messages[0].time = Some(at(15 + after));
            if used {
                let child = super::super::sample::child(&mut refused);
                child.from_initiator = Some(flow(Sender::Initiator, 4, 16, 17));
            }
            ids_among(&refused, &[&refused, &again]).contains(&"cert-untrusted-or-invalid")
        };
        assert!(with(20, false));
        assert!(!with(20, true));
        assert!(!with(2_000, false));
    }
}
