//! Remote access in IKEv2: EAP and configuration.

use ikescope_dissectors::registries::eap::EapType;
use ikescope_dissectors::registries::ikev2::{NotifyType, PayloadType};

use super::declaration::{Confidence, Declaration, Need, Severity, Side};
use super::diagnosis::Diagnosis;
use super::engine::TunnelRule;
use super::facts::{
    AUTH_RESPONSE, Credentials, Rounds, credentials, end, is_one_notify, never_up, read_or,
    rejected_by_initiator, seconds_between,
};
use crate::tunnels::{Eap, Message, Sender, Stage, State, Step, Surroundings, Tunnel};

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
pub(super) const RULES: &[TunnelRule] = &[
    method,
    password,
    certificate,
    server_behind,
    gateway_refused,
    pool,
    address_not_asked_for,
];

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
            "there the response never arrives at the client",
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

/// IKE_AUTH with EAP in it that did not come to a good end.
struct Failed<'a> {
    rounds: Vec<(&'a Message, Option<&'a Message>)>,
}

impl<'a> Failed<'a> {
    fn of(tunnel: &'a Tunnel) -> Option<Self> {
        // Where the child is refused, EAP went well.
        if !never_up(tunnel) || tunnel.version != 2 || tunnel.stage == Stage::Child {
            return None;
        }
        let rounds = Rounds::of(tunnel).rounds;
        let says_eap = rounds
            .iter()
            .any(|(request, response)| eap(request).is_some() || response.and_then(eap).is_some());
        let first_is_eap = rounds.first().is_some_and(|(request, _)| {
            matches!(
                credentials(request),
                Credentials::Small | Credentials::Eap | Credentials::Unknown
            )
        });
        // After a signature EAP may be the second proof (RFC 4739); nothing else takes so many rounds.
        let many = rounds.len() > 2;
        (rounds.len() >= 2 && (says_eap || first_is_eap || many)).then_some(Self { rounds })
    }

    fn last(&self) -> Option<(&'a Message, Option<&'a Message>)> {
        self.rounds.last().copied()
    }

    /// The round that the other side kept waiting, or did not answer: request, answer, seconds.
    fn slow_round(&self) -> Option<(&'a Message, Option<&'a Message>, Option<f64>)> {
        self.rounds.iter().skip(1).find_map(|(request, response)| {
            let seconds = response.and_then(|response| seconds_between(request, response));
            let slow = match response {
                None => request.transmissions >= 2,
                Some(_) => seconds.is_some_and(|seconds| seconds >= SLOW_SECONDS),
            };
            slow.then_some((*request, *response, seconds))
        })
    }

    /// What EAP says in the answers.
    fn says(&self, wanted: impl Fn(&Eap) -> bool) -> Option<&'a Message> {
        self.rounds
            .iter()
            .flat_map(|(request, response)| [Some(*request), *response])
            .flatten()
            .find(|message| eap(message).is_some_and(&wanted))
    }

    /// Whether the answer to the last round was the end: the initiator sends something else after it, or nothing for long,
    /// or begins anew. Else the capture may end in the middle.
    fn ended<'b>(&self, tunnel: &'b Tunnel, around: &Surroundings<'b>) -> bool {
        let Some((_, Some(response))) = self.last() else {
            return true;
        };
        let goes_on = tunnel
            .messages
            .iter()
            .any(|message| message.frame > response.frame);
        let waited = around
            .capture
            .last
            .zip(response.time)
            .is_some_and(|(end, time)| end.nanos_since(time) >= ENDED_NANOS);
        let anew = around
            .same_peers(tunnel)
            .any(|other| other.first > response.time);
        goes_on || waited || anew
    }

    fn opened(&self) -> bool {
        self.rounds
            .iter()
            .any(|(request, _)| request.opened.is_some())
    }
}

fn eap(message: &Message) -> Option<&Eap> {
    message.opened.as_ref()?.eap.as_deref()
}

fn method<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let failed = Failed::of(tunnel)?;
    let (request, response) = failed.last()?;
    let response = response?;
    let nak = failed.says(|eap| eap.eap_type == Some(NAK));
    // A Nak has 10 octets in a payload; the responses of methods have more.
    let small = request.opened.is_none()
        && request
            .inner_octets
            .is_some_and(|(smallest, largest)| smallest <= NAK_OCTETS && largest >= SHORTEST_NAK)
        && is_one_notify(response);
    let told = small && failed.ended(tunnel, around);
    if nak.is_none() && (failed.opened() || !told) {
        return None;
    }
    let wanted = nak.and_then(eap).map(|eap| {
        let names: Vec<String> = eap
            .data
            .iter()
            .map(|number| {
                use ikescope_dissectors::Registry;
                EapType(*number)
                    .name()
                    .map_or_else(|| number.to_string(), str::to_owned)
            })
            .collect();
        names.join(", ")
    });
    let summary = match wanted {
        Some(wanted) => format!(
            "{} does not do the EAP method that {} begins with; it can do {}.",
            end(request.ends.src),
            end(response.ends.src),
            if wanted.is_empty() { "none" } else { &wanted }
        ),
        None => format!(
            "EAP ends after {} rounds with a short answer of {}, too short for a method: it probably refuses the method.",
            failed.rounds.len(),
            end(request.ends.src)
        ),
    };
    Some(
        Diagnosis::new(
            &EAP_METHOD_REJECTED,
            match nak {
                Some(_) => Confidence::Certain,
                // The answer to the first question may also be a short name.
                None if failed.rounds.len() < 3 => Confidence::Possible,
                None => Confidence::Likely,
            },
            Side::Both,
            summary,
        )
        .weight(if nak.is_some() { 84 } else { 57 })
        .evidence(nak.unwrap_or(request).frame, "the client's short answer")
        .evidence(response.frame, "the end of EAP"),
    )
}

fn password<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let failed = Failed::of(tunnel)?;
    let (request, response) = failed.last()?;
    let response = response?;
    let refused = failed
        .says(|eap| eap.eap_type == Some(MSCHAPV2) && eap.data.first() == Some(&MSCHAPV2_FAILURE));
    let failure = failed.says(|eap| eap.code == FAILURE);
    let waited = failed.slow_round().is_some();
    let weight = match (refused, failure) {
        (Some(_), _) => 85,
        (None, Some(_)) => 62,
        (None, None) if failed.opened() || !failed.ended(tunnel, around) => return None,
        (None, None) if failed.rounds.len() >= 3 => 54,
        (None, None) => 46,
    };
    let summary = match refused {
        Some(message) => format!(
            "{} refuses the password: MSCHAPv2 Failure{}.",
            end(message.ends.src),
            eap(message).map_or(String::new(), |eap| {
                let text = String::from_utf8_lossy(&eap.data);
                text.find("E=").map_or(String::new(), |at| {
                    let code: String = text
                        .get(at..)
                        .unwrap_or_default()
                        .chars()
                        .take_while(|letter| !letter.is_whitespace())
                        .collect();
                    format!(" ({code})")
                })
            })
        ),
        None => format!(
            "EAP goes through {} rounds and ends with a {} from {}: it probably refuses the user.",
            failed.rounds.len(),
            if failure.is_some() {
                "Failure"
            } else {
                "short answer"
            },
            end(response.ends.src)
        ),
    };
    let confidence = match (refused, failure, waited) {
        (Some(_), ..) => Confidence::Certain,
        (None, Some(_), _) | (None, None, false) => Confidence::Likely,
        (None, None, true) => Confidence::Possible,
    };
    Some(
        Diagnosis::new(&EAP_BAD_CREDENTIALS, confidence, Side::Initiator, summary)
            .weight(weight)
            .evidence(request.frame, "the client's last answer in EAP")
            .evidence(refused.or(failure).unwrap_or(response).frame, "refused"),
    )
}

/// A TLS alert within EAP, or an initiator that ends EAP in the middle.
fn certificate<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let failed = Failed::of(tunnel)?;
    let (request, response) = failed.last()?;
    let alert = failed.says(|eap| fatal_alert(eap).is_some());
    let ending = tunnel.from(Sender::Initiator).find(|message| {
        message.frame > request.frame
            && message
                .payloads()
                .notify(NotifyType::AUTHENTICATION_FAILED.0)
                .is_some()
    });
    let by_client = alert.map_or(ending.is_some(), |alert| alert.from == Sender::Initiator);
    let message = alert.or(ending)?;
    let method = response
        .and_then(eap)
        .or_else(|| eap(request))
        .and_then(|eap| eap.type_name)
        .unwrap_or("EAP");
    let (declaration, weight) = match (alert, by_client) {
        (Some(_), true) => (&EAP_CERT_OF_SERVER_REFUSED, 80),
        (Some(_), false) => (&EAP_BAD_CREDENTIALS, 82),
        (None, _) => (&EAP_BAD_CREDENTIALS, 44),
    };
    let summary = match alert.and_then(eap).and_then(fatal_alert) {
        Some(number) => format!(
            "{} ends {method} with the fatal TLS alert {}: it does not accept the {}.",
            end(message.ends.src),
            alert_name(number),
            if by_client {
                "certificate of the server"
            } else {
                "client or its certificate"
            }
        ),
        None => format!(
            "{} ends {method} itself after {} rounds with AUTHENTICATION_FAILED: client and server do not accept each \
             other within EAP.",
            end(message.ends.src),
            failed.rounds.len()
        ),
    };
    Some(
        Diagnosis::new(
            declaration,
            read_or(alert.is_some(), Confidence::Possible),
            if by_client {
                Side::Both
            } else {
                Side::Initiator
            },
            summary,
        )
        .weight(weight)
        .evidence(
            message.frame,
            if alert.is_some() {
                "the alert"
            } else {
                "the end"
            },
        ),
    )
}

/// The number of a fatal alert in clear (RFC 8446, section 6; RFC 5216, section 3.1 for the octets of EAP before it).
fn fatal_alert(eap: &Eap) -> Option<u8> {
    if !eap
        .eap_type
        .is_some_and(|method| OVER_TLS.contains(&method))
    {
        return None;
    }
    let (flags, rest) = eap.data.split_first()?;
    let records = if flags & LENGTH_INCLUDED == 0 {
        rest
    } else {
        rest.get(4..)?
    };
    match records {
        [ALERT, 3, _, 0, 2, FATAL, number, ..] => Some(*number),
        _ => None,
    }
}

/// Names of the alerts that tell who is not accepted (RFC 8446, section 6).
fn alert_name(number: u8) -> String {
    let name = match number {
        40 => "handshake_failure",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        48 => "unknown_ca",
        49 => "access_denied",
        51 => "decrypt_error",
        70 => "protocol_version",
        116 => "certificate_required",
        _ => return number.to_string(),
    };
    format!("{name} ({number})")
}

fn server_behind<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    let failed = Failed::of(tunnel)?;
    let (request, response, seconds) = failed.slow_round()?;
    let is_last = failed
        .last()
        .is_some_and(|(last, _)| last.frame == request.frame);
    let short = response.is_none_or(|response| {
        is_one_notify(response) || eap(response).is_some_and(|eap| eap.code == FAILURE)
    });
    if !is_last || !short {
        return None;
    }
    let told = response.and_then(eap).is_some_and(|eap| {
        eap.code == FAILURE && seconds.is_some_and(|seconds| seconds < PATIENT_SECONDS)
    });
    let summary = match (response, seconds) {
        (Some(response), Some(seconds)) => format!(
            "{} answers within EAP only after {seconds:.1} s, and then refuses: the server behind it probably did not answer.",
            end(response.ends.src)
        ),
        _ => format!(
            "The gateway stops answering in the middle of EAP; the request was sent {} times. The server behind it probably \
             does not answer.",
            request.transmissions
        ),
    };
    Some(
        Diagnosis::new(
            &EAP_RADIUS_TIMEOUT,
            if failed.opened() {
                Confidence::Likely
            } else {
                Confidence::Possible
            },
            Side::Responder,
            summary,
        )
        .weight(if told { 55 } else { 64 })
        .evidence(request.frame, "a request within EAP")
        .evidence_if(
            request.retransmissions.last().map(|copy| copy.frame),
            "repeated",
        )
        .evidence_if(response.map(|response| response.frame), "the late answer"),
    )
}

fn gateway_refused<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    if tunnel.version != 2 {
        return None;
    }
    let rounds = Rounds::of(tunnel);
    let (request, response) = rounds.first().filter(|_| rounds.len() == 1)?;
    let response = response?;
    let asks_for_eap = match credentials(request) {
        Credentials::Eap => true,
        Credentials::Small => matches!(
            credentials(response),
            Credentials::Certificate | Credentials::Signature
        ),
        _ => false,
    };
    let offered = response
        .opened
        .as_ref()
        .is_none_or(|opened| opened.eap.is_some());
    let proves_by_key = credentials(response) == Credentials::PreSharedKey;
    if !asks_for_eap || !offered || proves_by_key || is_one_notify(response) {
        return None;
    }
    let ending = rejected_by_initiator(tunnel, around).map(|(_, ending)| ending);
    let waited = around
        .capture
        .last
        .zip(response.time)
        .is_some_and(|(end, time)| end.nanos_since(time) >= SILENT_NANOS);
    let gone = !tunnel
        .messages
        .iter()
        .any(|message| message.frame > response.frame && message.from == Sender::Initiator);
    let idle = tunnel
        .children
        .iter()
        .all(|child| child.from_initiator.is_none() && child.from_responder.is_none());
    if ending.is_none() && !(waited && gone && idle) {
        return None;
    }
    let read = response.opened.is_some() && ending.is_some();
    let summary = format!(
        "{} sends its certificate, and the client {} before EAP begins: it does not accept the certificate.",
        end(response.ends.src),
        if ending.is_some() {
            "ends the SA"
        } else {
            "goes away"
        }
    );
    Some(
        Diagnosis::new(
            &EAP_CERT_OF_SERVER_REFUSED,
            if read || ending.is_some() {
                Confidence::Likely
            } else {
                Confidence::Possible
            },
            Side::Both,
            summary,
        )
        .weight(if read { 80 } else { 66 })
        .evidence(response.frame, "the certificate of the gateway")
        .evidence_if(ending.map(|ending| ending.frame), "ended by the client"),
    )
}

/// The request of mode config for an address, and the reply that gives none, where the tunnel fails (IKEv1).
fn address_not_given(tunnel: &Tunnel) -> Option<(&Message, &Message)> {
    let asks = |message: &&Message| {
        let configuration = &message.payloads().configuration;
        configuration.as_ref().is_some_and(|configuration| {
            let address = configuration
                .attributes
                .iter()
                .any(|(kind, _)| *kind == INTERNAL_IP4_ADDRESS);
            configuration.kind == CFG_REQUEST && address
        })
    };
    let gives = |message: &Message| {
        let configuration = &message.payloads().configuration;
        configuration.as_ref().is_none_or(|configuration| {
            configuration
                .attributes
                .iter()
                .any(|(kind, value)| *kind == INTERNAL_IP4_ADDRESS && !value.is_empty())
        })
    };
    let request = tunnel
        .from(Sender::Initiator)
        .filter(|message| matches!(message.step, Step::Transaction(_)))
        .find(asks)?;
    let reply = tunnel.messages.iter().find(|message| {
        message.from == Sender::Responder && message.message_id == request.message_id
    })?;
    (tunnel.version == 1 && tunnel.state == State::Failed && !gives(reply))
        .then_some((request, reply))
}

/// Configuration of IKEv1 (draft-dukes-ike-mode-cfg-02, sections 3.2 and 3.3).
const CFG_REQUEST: u8 = 1;
const INTERNAL_IP4_ADDRESS: u16 = 1;

fn pool<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    let refused = tunnel.messages.iter().find(|message| {
        message
            .payloads()
            .notify(NotifyType::INTERNAL_ADDRESS_FAILURE.0)
            .is_some()
            && message.step == AUTH_RESPONSE
    });
    if let Some(message) = refused.filter(|_| tunnel.version == 2) {
        let summary = format!(
            "{} accepts the client and has no address for it: INTERNAL_ADDRESS_FAILURE.",
            end(message.ends.src)
        );
        return Some(
            Diagnosis::new(
                &ADDRESS_POOL_EXHAUSTED,
                Confidence::Certain,
                Side::Responder,
                summary,
            )
            .weight(86)
            .evidence(message.frame, "INTERNAL_ADDRESS_FAILURE"),
        );
    }
    if let Some((request, reply)) = address_not_given(tunnel) {
        let summary = format!(
            "{} asks for an inside address, and the reply of {} has none; then quick mode fails.",
            end(request.ends.src),
            end(reply.ends.src)
        );
        return Some(
            Diagnosis::new(
                &ADDRESS_POOL_EXHAUSTED,
                Confidence::Likely,
                Side::Responder,
                summary,
            )
            .weight(86)
            .evidence(request.frame, "the request for an address")
            .evidence(reply.frame, "the reply without one"),
        );
    }
    // Without keys: a request of the same size got a whole child before.
    let child_refused = tunnel.version == 2
        && tunnel.state == State::Failed
        && tunnel.stage == Stage::Child
        && !tunnel.opened();
    let rounds = Rounds::of(tunnel);
    let (request, response) = rounds.last().filter(|_| child_refused)?;
    let response = response?;
    let other = around.tunnels.iter().copied().find(|other| {
        let same = other.responder.address == tunnel.responder.address
            && other.initiator.address != tunnel.initiator.address
            && other.first < tunnel.first
            && other.state == State::Established;
        let rounds = Rounds::of(other);
        let sizes = rounds
            .last()
            .and_then(|(asked, got)| Some((asked.length, got?.length)));
        same && sizes.is_some_and(|(asked, got)| asked == request.length && got > response.length)
    })?;
    let summary = format!(
        "{} accepts {} but gives it no child, while {} got one with a request of the same size: no address may be left.",
        end(response.ends.src),
        end(request.ends.src),
        other.initiator.address
    );
    Some(
        Diagnosis::new(
            &ADDRESS_POOL_EXHAUSTED,
            Confidence::Possible,
            Side::Responder,
            summary,
        )
        .weight(61)
        .evidence(response.frame, "too short for a child")
        .evidence_if(
            Rounds::of(other)
                .last()
                .and_then(|(_, response)| response)
                .map(|response| response.frame),
            "the other client's answer",
        ),
    )
}

fn address_not_asked_for<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    if tunnel.version != 2 || !never_up(tunnel) {
        return None;
    }
    let response = tunnel
        .of_step(AUTH_RESPONSE)
        .filter(|response| response.opened.is_some())
        .last()?;
    let opened = response.opened.as_ref()?;
    let told = opened.notify(NotifyType::FAILED_CP_REQUIRED.0).is_some();
    if !told {
        return None;
    }
    let asked = Rounds::of(tunnel).rounds.iter().any(|(request, _)| {
        request
            .opened
            .as_ref()
            .is_some_and(|opened| opened.has(PayloadType::CP.0))
    });
    let summary = format!(
        "{} insists on giving the initiator an address (FAILED_CP_REQUIRED){}.",
        end(response.ends.src),
        if asked {
            ", and what was asked for does not suffice"
        } else {
            ", and the initiator asks for none"
        }
    );
    Some(
        Diagnosis::new(&CP_REQUIRED, Confidence::Certain, Side::Both, summary)
            .weight(86)
            .evidence(response.frame, "FAILED_CP_REQUIRED"),
    )
}

/// EAP codes and types (RFC 3748, sections 4 and 5; draft-kamath-pppext-eap-mschapv2).
const FAILURE: u8 = 4;
const NAK: u8 = 3;
const MSCHAPV2: u8 = 26;
const MSCHAPV2_FAILURE: u8 = 4;

/// Methods that hold octets of TLS behind one octet of flags.
const OVER_TLS: [u8; 5] = [
    EapType::TLS.0,
    EapType::TTLS.0,
    EapType::PEAP.0,
    EapType::FAST.0,
    EapType::TEAP.0,
];

/// The flag of EAP-TLS that four octets of length follow, the record type of alerts, and the level of those that end TLS.
const LENGTH_INCLUDED: u8 = 0x80;
const ALERT: u8 = 21;
const FATAL: u8 = 2;

/// Payload header, EAP header, type and some wanted methods.
const NAK_OCTETS: u32 = 12;

/// Payload header, code, identifier, length, type, and the number of one method (RFC 3748, section 5.3.1).
const SHORTEST_NAK: u32 = 10;

/// An answer within EAP that takes this long waits for somebody else.
const SLOW_SECONDS: f64 = 1.8;

/// Gateways delay the refusal of a password by up to this long, on purpose.
const PATIENT_SECONDS: f64 = 2.2;

/// An initiator that has something to send does so within this time.
const ENDED_NANOS: i64 = 2_000_000_000;

/// A client that goes on does so within this time.
const SILENT_NANOS: i64 = 10_000_000_000;

#[cfg(test)]
mod tests {
    use super::super::sample::{
        IKE_AUTH, INFORMATIONAL, exchange, ids, notifies, open, proof_by, tunnel,
    };
    use super::*;
    use crate::tunnels::{Payloads, Stage, State};

    #[test]
    fn an_alert_is_read_with_and_without_a_length() {
        let with = |method: EapType, data: &[u8]| {
            fatal_alert(&Eap {
                code: 1,
                identifier: 1,
                eap_type: Some(method.0),
                type_name: None,
                data: data.to_vec(),
            })
        };
        let alert = [21, 3, 3, 0, 2, 2, 48];
        let after = |head: &[u8]| [head, &alert].concat();
        assert_eq!(with(EapType::TLS, &after(&[0])), Some(48));
        assert_eq!(with(EapType::TTLS, &after(&[0x80, 0, 0, 0, 7])), Some(48));
        assert_eq!(with(EapType::TLS, &[0, 21, 3, 3, 0, 2, 1, 0]), None);
        assert_eq!(with(EapType::TLS, &[0x80, 0]), None);
        assert_eq!(with(EapType(MSCHAPV2), &after(&[0])), None);
    }

    /// IKE_AUTH with these octets in requests and in responses, ended by the initiator; nothing can be read.
    fn rounds(inside: &[(u32, u32)]) -> Vec<&'static str> {
        let mut tunnel = tunnel(2);
        (tunnel.state, tunnel.stage) = (State::Failed, Stage::Authentication);
        tunnel.messages.truncate(2);
        for (number, (request, response)) in (0..).zip(inside) {
            exchange(&mut tunnel, IKE_AUTH, Sender::Initiator, 100 + number * 10);
            let [.., asks, answers] = &mut tunnel.messages[..] else {
                unreachable!("the exchange has two messages");
            };
            asks.inner_octets = Some((*request, *request));
            answers.inner_octets = Some((*response, *response));
        }
        exchange(&mut tunnel, INFORMATIONAL, Sender::Initiator, 500);
        ids(&tunnel)
    }

    #[test]
    fn a_gateway_that_proves_itself_by_key_has_no_certificate_to_refuse() {
        let told = |method: u8| {
            let mut tunnel = tunnel(2);
            (tunnel.state, tunnel.stage) = (State::Failed, Stage::Authentication);
            let answer = Payloads {
                auth: Some(proof_by(method)),
                eap: Some(
                    Eap {
                        code: 1,
                        identifier: 1,
                        eap_type: Some(EapType::IDENTITY.0),
                        type_name: None,
                        data: Vec::new(),
                    }
                    .into(),
                ),
                ..Payloads::default()
            };
            open(&mut tunnel, Payloads::default(), answer);
            exchange(&mut tunnel, INFORMATIONAL, Sender::Initiator, 20);
            let failed = notifies(&[NotifyType::AUTHENTICATION_FAILED]);
            open(&mut tunnel, failed, Payloads::default());
            ids(&tunnel).first().copied()
        };
        assert_eq!(told(2), Some("psk-mismatch-ikev2-at-initiator"));
        assert_eq!(told(1), Some("eap-cert-of-server-refused"));
    }

    #[test]
    fn sizes_tell_a_refused_method_from_a_refused_user() {
        let told = |inside: &[(u32, u32)]| rounds(inside).first().copied();
        // A Nak for one method, at once or after the identity, and the response to MD5-Challenge (RFC 3748, section 5).
        assert_eq!(told(&[(240, 1200), (10, 8)]), Some("eap-method-rejected"));
        assert_eq!(
            told(&[(240, 1200), (24, 10), (10, 8)]),
            Some("eap-method-rejected")
        );
        assert_eq!(
            told(&[(240, 1200), (24, 34), (34, 8)]),
            Some("eap-bad-credentials")
        );
    }

    #[test]
    fn after_a_signature_many_rounds_are_a_second_proof() {
        let told = |inside: &[(u32, u32)]| rounds(inside).contains(&"eap-bad-credentials");
        assert!(told(&[(1400, 1200), (16, 34), (34, 8)]));
        assert!(!told(&[(1400, 1200), (1400, 8)]));
    }
}
