//! What keys made of a message: decrypted payloads in their place, and what is to be said about them.

use ikescope_analysis::{self as analysis, Closed, Integrity, Observation, Verdict};
use ikescope_dissectors::{Content, Message};

use super::build::{add_issues, number, payloads, version_1_type, version_2_type};
use super::types::{Ike, Issue, Opening, Payload, Verification};
use crate::describe;

/// Fills in what was inside. Decrypted payloads stand behind the one that carried them.
pub(super) fn fill(
    object: &mut Ike,
    message: &Message<'_>,
    ike: &analysis::Ike<'_>,
    issues: &mut Vec<Issue>,
) {
    if ike.opened.is_none() && ike.closed.is_none() && ike.verifications.is_empty() {
        return;
    }
    object.integrity = match (&ike.opened, &ike.closed) {
        (Some(opened), _) => Some(integrity(opened.integrity)),
        (None, Some(Closed::Integrity)) => Some(integrity(Integrity::Failed)),
        (None, Some(Closed::Fragment { .. })) => Some(integrity(Integrity::Verified)),
        _ => None,
    };
    if let Some(opened) = &ike.opened {
        object.decrypted = true;
        let (content, found) = opened.payloads(&message.header);
        let mut inside: Vec<Payload> = match &content {
            Content::V1(list) => payloads(list, version_1_type, false),
            Content::V2(list) => payloads(list, version_2_type, true),
            Content::V1Encrypted(_) | Content::Unknown(_) => Vec::new(),
        };
        for payload in &mut inside {
            payload.decrypted_from = Some(opened.carrier);
        }
        let place = (opened.carrier + 1).min(object.payloads.len());
        object.payloads.splice(place..place, inside);
        if !opened.frames.is_empty() {
            let frames = opened.frames.iter().copied().map(number);
            object.reassembled_from = Some(frames.collect());
        }
        add_issues(issues, &found, 0, "decrypted");
        object.notations = describe::notations_with(message, opened).join(" ");
    }
    object.opening = Some(Opening {
        key: ike.opened.as_ref().map(|opened| opened.key.to_string()),
        closed: ike.closed.as_ref().map(ToString::to_string),
        notes: ike
            .opened
            .iter()
            .flat_map(|opened| &opened.notes)
            .map(ToString::to_string)
            .collect(),
        verifications: ike.verifications.iter().map(verification).collect(),
    });
}

/// What keys did with an ESP packet.
pub(super) fn of_esp(observation: &Observation<'_>) -> Option<Opening> {
    let opened = observation.esp_opened.as_ref();
    let closed = observation.esp_closed.as_ref();
    if opened.is_none() && closed.is_none() {
        return None;
    }
    Some(Opening {
        key: opened.map(|opened| opened.key.to_string()),
        closed: closed.map(ToString::to_string),
        notes: opened
            .into_iter()
            .flat_map(|opened| &opened.notes)
            .map(ToString::to_string)
            .collect(),
        verifications: Vec::new(),
    })
}

fn verification(verification: &analysis::Verification) -> Verification {
    let (result, why) = match &verification.verdict {
        Verdict::Verified => ("verified", None),
        Verdict::Refuted => ("refuted", None),
        Verdict::CannotBeChecked(why) => ("cannot-be-checked", Some(why.clone())),
    };
    Verification {
        proof: verification.proof.to_string(),
        result,
        against: verification.against.as_ref().map(ToString::to_string),
        why,
    }
}

/// As JSON names it.
pub(super) const fn integrity(integrity: Integrity) -> &'static str {
    match integrity {
        Integrity::Verified => "verified",
        Integrity::Failed => "failed",
        Integrity::Unchecked => "unchecked",
    }
}
