//! Remote access in IKEv1: XAUTH and mode config.

use super::declaration::{Confidence, Declaration, Need, Severity, Side};
use super::diagnosis::Diagnosis;
use super::engine::TunnelRule;
use super::facts::{end, method_v1, never_up, read_or, refusal};
use super::running::{at_least, duration, seconds};
use crate::tunnels::{Message, Sender, State, Step, Surroundings, Tunnel};

/// Everything on this topic.
pub(super) const DECLARATIONS: &[&Declaration] = &[
    &XAUTH_NOT_OFFERED_OR_UNSUPPORTED,
    &XAUTH_BAD_CREDENTIALS,
    &XAUTH_USER_PROMPT_TIMEOUT,
    &MODECFG_PUSH_PULL_MISMATCH,
    &V1_XAUTH_EVERY_REKEY,
];

/// The rules of this topic.
pub(super) const RULES: &[TunnelRule] = &[one_sided, password, slow_user, both_wait, asked_again];

pub(super) static XAUTH_NOT_OFFERED_OR_UNSUPPORTED: Declaration = Declaration {
    id: "xauth-not-offered-or-unsupported",
    title: "One side wants XAUTH, the other does not do it",
    severity: Severity::Failure,
    weight: 56,
    explanation: "XAUTH asks for a user and a password after phase 1. It is part of the authentication method of phase 1, and announced by a vendor ID. When \
        only one side wants it, phase 1 is refused, or the server waits for a user that the client never asks, or the client \
        for a question that never comes.",
    symptom: "The client waits for a prompt for ever; or \"no matching config allows XAuth\".",
    wire: "The XAUTH vendor ID 09002689dfd6b712 from one side only, or methods 65001 and following against 1 and 3; or phase 1 completes and \
        a Transaction of the responder gets no answer.",
    opened: "",
    checks: &[(
        Side::Both,
        "the same method on both sides: XAUTH with pre-shared key, XAUTH with signatures, hybrid, or none of them",
    )],
    needs: &[Need::Clear],
    competitors: &[
        ("modecfg-push-pull-mismatch", "there XAUTH has finished"),
        (
            "auth-method-mismatch-v1",
            "there neither side speaks of XAUTH",
        ),
    ],
    references: &[
        "draft-beaulieu-ike-xauth-02, section 6",
        "RFC 2409, appendix A",
    ],
    see: None,
};

pub(super) static XAUTH_BAD_CREDENTIALS: Declaration = Declaration {
    id: "xauth-bad-credentials",
    title: "XAUTH: user name or password is wrong",
    severity: Severity::Failure,
    weight: 53,
    explanation: "Phase 1 succeeded, the server asked for a user, and told that the login failed.",
    symptom: "\"Incorrect username or password\", \"XAuth authentication failed\".",
    wire: "Transaction exchanges: request, reply, status, acknowledgement; then an encrypted Informational, and no quick mode.",
    opened: "XAUTH-STATUS is 0.",
    checks: &[
        (Side::Initiator, "name and password"),
        (
            Side::Responder,
            "the user database, and the group of the user",
        ),
    ],
    needs: &[Need::Sizes],
    competitors: &[
        (
            "xauth-user-prompt-timeout",
            "there the reply comes late, or never",
        ),
        ("modecfg-push-pull-mismatch", "there nothing is deleted"),
    ],
    references: &["draft-beaulieu-ike-xauth-02, section 5"],
    see: None,
};

pub(super) static XAUTH_USER_PROMPT_TIMEOUT: Declaration = Declaration {
    id: "xauth-user-prompt-timeout",
    title: "XAUTH: the user types more slowly than the gateway waits",
    severity: Severity::Failure,
    weight: 46,
    explanation: "The gateway repeats its question for user and password while a person types, and gives up before the answer comes.",
    symptom: "The first login fails, a second one with the password at hand works.",
    wire: "A Transaction of the responder that is repeated for seconds; the reply comes late, or never.",
    opened: "The Transaction is an XAUTH request.",
    checks: &[
        (Side::Responder, "wait longer before giving up"),
        (
            Side::Initiator,
            "store the password, or type it before connecting",
        ),
    ],
    needs: &[Need::Timing],
    competitors: &[
        (
            "xauth-not-offered-or-unsupported",
            "there the client did not announce XAUTH",
        ),
        (
            "xauth-bad-credentials",
            "there the answer came and was refused",
        ),
    ],
    references: &["draft-beaulieu-ike-xauth-02, section 5"],
    see: None,
};

pub(super) static MODECFG_PUSH_PULL_MISMATCH: Declaration = Declaration {
    id: "modecfg-push-pull-mismatch",
    title: "Mode config: both sides wait for the other",
    severity: Severity::Failure,
    weight: 45,
    explanation: "The client's inside address is either asked for by the client (pull) or sent unasked by the gateway (push). When each side expects the \
        other to begin, nothing follows phase 1 and XAUTH.",
    symptom: "Phase 1 is up, and nothing more happens.",
    wire: "After the last message of phase 1, or of XAUTH, there is neither a Transaction nor a quick mode.",
    opened: "",
    checks: &[(
        Side::Both,
        "set mode config to pull on both sides, or to push on both",
    )],
    needs: &[Need::Clear, Need::Timing],
    competitors: &[
        (
            "xauth-not-offered-or-unsupported",
            "there XAUTH has not finished",
        ),
        ("qm-silent", "there a quick mode was begun"),
    ],
    references: &["draft-dukes-ike-mode-cfg-02, section 3"],
    see: None,
};

pub(super) static V1_XAUTH_EVERY_REKEY: Declaration = Declaration {
    id: "v1-xauth-every-rekey",
    title: "Each new phase 1 asks for the password again",
    severity: Severity::Warning,
    weight: 46,
    explanation: "An IKEv1 SA is not rekeyed, it is negotiated anew with everything that belongs to it, XAUTH too. When the user is not there to type \
        the password, the tunnel ends at that time, although the peers were alive.",
    symptom: "Users are asked for the password every 8 or 24 hours.",
    wire: "A new phase 1 between the same addresses while the old one lives, followed by Transaction exchanges again.",
    opened: "The Transactions are XAUTH requests.",
    checks: &[
        (Side::Both, "a longer lifetime of phase 1, or IKEv2"),
        (Side::Initiator, "let the client store the password"),
    ],
    needs: &[Need::Timing, Need::OtherTunnels],
    competitors: &[("dpd-timeout", "there the peer was silent before")],
    references: &[
        "RFC 2409, section 5.5",
        "draft-beaulieu-ike-xauth-02, section 5",
    ],
    see: None,
};

/// Transaction exchanges of a tunnel: their messages by message ID, in order.
fn transactions(tunnel: &Tunnel) -> Vec<Vec<&Message>> {
    let mut exchanges: Vec<Vec<&Message>> = Vec::new();
    for message in &tunnel.messages {
        if !matches!(message.step, Step::Transaction(_)) {
            continue;
        }
        let known = exchanges.iter_mut().find(|exchange| {
            exchange
                .first()
                .is_some_and(|first| first.message_id == message.message_id)
        });
        match known {
            Some(exchange) => exchange.push(message),
            None => exchanges.push(vec![message]),
        }
    }
    exchanges
}

/// Whether a side announces XAUTH, or brings it in its methods.
fn announces(tunnel: &Tunnel, sender: Sender) -> bool {
    tunnel.peer(sender).is_some_and(|peer| {
        peer.vendors
            .iter()
            .any(|vendor| vendor.octets.starts_with(&XAUTH_VENDOR_ID))
    })
}

/// Whether the method of phase 1 is followed by XAUTH.
fn expects_user(tunnel: &Tunnel) -> Option<bool> {
    let method = method_v1(tunnel)?;
    Some((XAUTH_METHODS.contains(&method.0)) || HYBRID_METHODS.contains(&method.0))
}

fn has_quick_mode(tunnel: &Tunnel) -> bool {
    tunnel
        .messages
        .iter()
        .any(|message| matches!(message.step, Step::Quick(_)))
}

/// The last message of phase 1.
fn phase_one_end(tunnel: &Tunnel) -> Option<&Message> {
    tunnel
        .first_of(Step::Main(6))
        .or_else(|| tunnel.first_of(Step::Aggressive(3)))
}

fn one_sided<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    if tunnel.version != 1 || !never_up(tunnel) || has_quick_mode(tunnel) {
        return None;
    }
    let exchanges = transactions(tunnel);
    let (initiator, responder) = (
        announces(tunnel, Sender::Initiator),
        announces(tunnel, Sender::Responder),
    );
    // The server asks a client that does not announce XAUTH, and gets no answer.
    let unanswered = exchanges.first().and_then(|exchange| {
        let first = exchange.first()?;
        (exchange.len() == 1 && first.from == Sender::Responder && !initiator).then_some(*first)
    });
    if let Some(question) = unanswered {
        let summary = format!(
            "{} asks for user and password, and {} does not announce XAUTH and does not answer.",
            end(question.ends.src),
            end(question.ends.dst)
        );
        return Some(
            Diagnosis::new(
                &XAUTH_NOT_OFFERED_OR_UNSUPPORTED,
                Confidence::Certain,
                Side::Both,
                summary,
            )
            .weight(70)
            .evidence(question.frame, "the question, without answer"),
        );
    }
    // Phase 1 with XAUTH is complete, and the server never asks.
    if let Some(last) = phase_one_end(tunnel)
        && expects_user(tunnel) == Some(true)
        && exchanges.is_empty()
        && !responder
    {
        let summary = format!(
            "The method of phase 1 includes XAUTH, and {} neither announces it nor asks.",
            tunnel.responder.address
        );
        return Some(
            Diagnosis::new(
                &XAUTH_NOT_OFFERED_OR_UNSUPPORTED,
                Confidence::Likely,
                Side::Both,
                summary,
            )
            .evidence(last.frame, "the end of phase 1"),
        );
    }
    // An offer with XAUTH alone is refused.
    let (answer, error) = refusal(tunnel)?;
    let methods: Vec<u16> = tunnel
        .offered
        .iter()
        .flat_map(|proposal| proposal.suites())
        .filter_map(|suite| Some(suite.auth_method?.0))
        .collect();
    let only_xauth = !methods.is_empty()
        && methods
            .iter()
            .all(|method| XAUTH_METHODS.contains(method) || HYBRID_METHODS.contains(method));
    if !only_xauth || error.number != NO_PROPOSAL_CHOSEN {
        return None;
    }
    let summary = format!(
        "Every transform of the offer includes XAUTH, and {} refuses them all: it may not do XAUTH for this client.",
        end(answer.ends.src)
    );
    Some(
        Diagnosis::new(
            &XAUTH_NOT_OFFERED_OR_UNSUPPORTED,
            Confidence::Possible,
            Side::Both,
            summary,
        )
        .weight(40)
        .evidence(answer.frame, "refused"),
    )
}

/// The message by which the server tells the result of XAUTH, and whether it was read.
fn failed_login<'a>(exchanges: &[Vec<&'a Message>]) -> Option<(&'a Message, bool)> {
    exchanges.iter().flatten().find_map(|message| {
        let configuration = message.opened.as_ref()?.configuration.as_ref()?;
        // The acknowledgement repeats the attribute without its value.
        (configuration.kind == SET && configuration.xauth_status == Some(0))
            .then_some((*message, true))
    })
}

fn password<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    if tunnel.version != 1 || !never_up(tunnel) || has_quick_mode(tunnel) {
        return None;
    }
    let exchanges = transactions(tunnel);
    let read = failed_login(&exchanges);
    let opened = exchanges
        .iter()
        .flatten()
        .any(|message| message.opened.is_some());
    let asked_anew = asked_anew(&exchanges);
    let ended = match (read, exchanges.as_slice()) {
        (Some((status, _)), _) => status,
        // Question and answer, result and acknowledgement, all begun by the server.
        (None, [question, result, ..]) if !opened && (exchanges.len() == 2 || asked_anew) => {
            let complete = question.len() >= 2 && !result.is_empty();
            let by_server = exchanges.iter().all(|exchange| {
                exchange
                    .first()
                    .is_some_and(|first| first.from == Sender::Responder)
            });
            if !complete || !by_server {
                return None;
            }
            result.first()?
        }
        _ => return None,
    };
    let informational = tunnel.messages.iter().find(|message| {
        message.step == Step::Informational && message.encrypted && message.frame > ended.frame
    });
    // Nothing shows that time passed: the capture may end in the middle of a login that succeeds.
    let told = informational.is_some() || asked_anew;
    let cut = read.is_none() && !told && !goes_on(around, ended);
    let summary = if read.is_some() {
        format!(
            "{} tells the client that the login failed (XAUTH-STATUS 0).",
            end(ended.ends.src)
        )
    } else {
        format!(
            "User and password were asked for and the result told; then {}.",
            if cut {
                "the capture ends. Without mode config and quick mode, the login may have failed"
            } else if informational.is_some() {
                "the SA is ended. The login probably failed"
            } else if asked_anew {
                "the same question comes again. The login probably failed"
            } else {
                "nothing more comes, no quick mode either. The login probably failed"
            }
        )
    };
    Some(
        Diagnosis::new(
            &XAUTH_BAD_CREDENTIALS,
            read_or(
                read.is_some(),
                if told {
                    Confidence::Likely
                } else {
                    Confidence::Possible
                },
            ),
            Side::Initiator,
            summary,
        )
        .weight(if read.is_some() { 86 } else { 53 })
        .severity(if cut {
            Severity::Warning
        } else {
            Severity::Failure
        })
        .evidence(ended.frame, "the result of XAUTH")
        .evidence_if(informational.map(|message| message.frame), "ended"),
    )
}

/// Whether the server asks its question again after the result: after a success it would send an address, or nothing.
fn asked_anew(exchanges: &[Vec<&Message>]) -> bool {
    let [question, _, again, ..] = exchanges else {
        return false;
    };
    question
        .first()
        .zip(again.first())
        .is_some_and(|(question, again)| {
            again.from == Sender::Responder && again.length == question.length
        })
}

/// Whether the capture goes on long enough behind a message for its sender's next one.
fn goes_on(around: &Surroundings<'_>, message: &Message) -> bool {
    at_least(message.time, around.capture.last, NEXT_SECONDS)
}

fn slow_user<'a>(tunnel: &'a Tunnel, _: &Surroundings<'a>) -> Option<Diagnosis> {
    if tunnel.version != 1 {
        return None;
    }
    let exchanges = transactions(tunnel);
    let question = exchanges.first()?.first().copied()?;
    let answer = exchanges
        .first()?
        .iter()
        .find(|message| message.from != question.from)
        .copied();
    let not_xauth = question
        .opened
        .as_ref()
        .is_some_and(|opened| !opened.has_xauth());
    // Some ask in a new exchange each time.
    let asked: Vec<&Message> = exchanges
        .iter()
        .take_while(|exchange| exchange.iter().all(|message| message.from == question.from))
        .filter_map(|exchange| exchange.first().copied())
        .collect();
    let last = asked.last().copied().unwrap_or(question);
    let times: u32 = asked.iter().map(|message| message.transmissions).sum();
    let times = times.max(question.transmissions);
    let repeated = times >= 3 && question.from == Sender::Responder;
    if !repeated || not_xauth || !announces(tunnel, Sender::Initiator) {
        return None;
    }
    let last = last.last_copy();
    let seconds = seconds(question.time, last.time).unwrap_or_default();
    let failed = never_up(tunnel) || tunnel.state == State::Closed;
    let summary = format!(
        "{} asks for user and password {times} times in {seconds:.1} s; {}.",
        end(question.ends.src),
        if answer.is_some() {
            "the answer comes late"
        } else {
            "no answer comes"
        }
    );
    Some(
        Diagnosis::new(
            &XAUTH_USER_PROMPT_TIMEOUT,
            Confidence::Likely,
            Side::Both,
            summary,
        )
        .severity(if failed {
            Severity::Failure
        } else {
            Severity::Note
        })
        .weight(60)
        .evidence(question.frame, "the question")
        .evidence(last.frame, "the question again")
        .evidence_if(answer.map(|answer| answer.frame), "the answer"),
    )
}

fn both_wait<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    if tunnel.version != 1 || !never_up(tunnel) || has_quick_mode(tunnel) {
        return None;
    }
    let exchanges = transactions(tunnel);
    let status = exchanges.iter().flatten().find_map(|message| {
        let configuration = message.opened.as_ref()?.configuration.as_ref()?;
        let status = configuration
            .xauth_status
            .filter(|_| configuration.kind == SET)?;
        Some((*message, status))
    });
    let read = match status {
        Some((_, 0)) => return None,
        Some(_) => true,
        None => false,
    };
    let last = exchanges.last()?.last().copied()?;
    let opened = exchanges
        .iter()
        .flatten()
        .any(|message| message.opened.is_some());
    let answered = exchanges.iter().all(|exchange| exchange.len() >= 2);
    let nothing_follows = !tunnel
        .messages
        .iter()
        .any(|message| message.frame > last.frame);
    if !answered || !nothing_follows || (opened && !read) || (!read && exchanges.len() != 2) {
        return None;
    }
    let summary = if read {
        "XAUTH succeeds, and then neither side begins mode config or quick mode: each waits for the other.".to_owned()
    } else {
        "After two Transaction exchanges neither side goes on: the login failed, or each side waits for the other to begin \
         mode config."
            .to_owned()
    };
    Some(
        Diagnosis::new(
            &MODECFG_PUSH_PULL_MISMATCH,
            if read {
                Confidence::Likely
            } else {
                Confidence::Possible
            },
            Side::Both,
            summary,
        )
        .weight(if read { 72 } else { 44 })
        .severity(if goes_on(around, last) {
            Severity::Failure
        } else {
            Severity::Warning
        })
        .evidence(last.frame, "the last message"),
    )
}

fn asked_again<'a>(tunnel: &'a Tunnel, around: &Surroundings<'a>) -> Option<Diagnosis> {
    if tunnel.version != 1 {
        return None;
    }
    let question = transactions(tunnel).first()?.first().copied()?;
    let begin = tunnel.first?;
    let older = around.same_peers(tunnel).find(|other| {
        other.version == 1
            && other.first.is_some_and(|first| first < begin)
            && !transactions(other).is_empty()
            && has_quick_mode(other)
            && other
                .deleted
                .is_none_or(|(_, _, time)| time.is_none_or(|time| time >= begin))
    })?;
    let age = older.age(begin)?;
    let failed = never_up(tunnel);
    let summary = format!(
        "After {} phase 1 is negotiated anew while the old one lives, and user and password are asked for again{}.",
        duration(age),
        if failed {
            "; it does not come to an end"
        } else {
            ""
        }
    );
    Some(
        Diagnosis::new(
            &V1_XAUTH_EVERY_REKEY,
            if question.opened.is_some() {
                Confidence::Certain
            } else {
                Confidence::Likely
            },
            Side::Both,
            summary,
        )
        .severity(if failed {
            Severity::Failure
        } else {
            Severity::Warning
        })
        .weight(88)
        .evidence_if(
            older.messages.first().map(|message| message.frame),
            "the older phase 1",
        )
        .evidence(question.frame, "the question again"),
    )
}

/// A program goes on at once; a path may lose a message once.
const NEXT_SECONDS: f64 = 4.0;

/// Vendor ID of XAUTH (draft-beaulieu-ike-xauth-02, section 2).
const XAUTH_VENDOR_ID: [u8; 8] = [0x09, 0x00, 0x26, 0x89, 0xdf, 0xd6, 0xb7, 0x12];

/// Methods of phase 1 that XAUTH follows (draft-beaulieu-ike-xauth-02, section 7.2), and hybrid ones.
const XAUTH_METHODS: std::ops::RangeInclusive<u16> = 65_001..=65_010;
const HYBRID_METHODS: std::ops::RangeInclusive<u16> = 64_221..=64_224;

/// Message type ISAKMP_CFG_SET (draft-dukes-ike-mode-cfg-02, section 3.2).
const SET: u8 = 3;

/// RFC 2408, section 3.14.1.
const NO_PROPOSAL_CHOSEN: u16 = 14;
