//! What a rule found in a capture.

use std::borrow::Cow;

use super::declaration::{Confidence, Declaration, Severity, Side};
use crate::observation::FrameId;

/// One explanation of what happened to a tunnel, or to the capture as a whole.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// What it is an instance of.
    pub declaration: &'static Declaration,
    /// How much it matters here.
    pub severity: Severity,
    /// How well it is founded here.
    pub confidence: Confidence,
    /// Where it went wrong.
    pub side: Side,
    /// In one or two sentences, with the numbers of this capture.
    pub summary: String,
    /// What it would be the cause of, in a list of causes: the title, unless that names only what was seen.
    pub cause: &'static str,
    /// The frames that show it.
    pub evidence: Vec<Evidence>,
    /// What looks alike, and why it is not that.
    pub competitors: Vec<Competitor>,
    /// What to look at next, in order.
    pub checks: Vec<String>,
    /// How much it explains here; see [`Declaration::weight`].
    pub weight: u8,
}

/// A frame that shows something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Which frame.
    pub frame: FrameId,
    /// What it shows.
    pub what: Cow<'static, str>,
}

/// An explanation that was weighed and not chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Competitor {
    /// Its id.
    pub id: &'static str,
    /// What speaks against it; `None` when this capture cannot tell.
    pub excluded_by: Option<Cow<'static, str>>,
    /// How the declaration tells the two apart.
    pub separated_by: Option<&'static str>,
}

impl Competitor {
    /// What is, or would be, seen if it is this one instead; or where to look, when one capture shows the same for both.
    #[must_use]
    pub fn told_apart(&self) -> Option<String> {
        let text = self.separated_by?;
        Some(match text.strip_prefix(SAME) {
            Some(rest) => rest.strip_prefix(" here: ").unwrap_or(text).to_owned(),
            None => format!("then {}", sign(text)),
        })
    }

    /// Its sign alone, when one capture can show it.
    pub(super) fn sign(&self) -> Option<&'static str> {
        self.separated_by
            .filter(|text| !text.starts_with(SAME))
            // What follows says how far the sign can be seen, and it was looked for.
            .map(|text| sign(text).split("; ").next().unwrap_or(text))
    }
}

/// Without the "there" of the catalogue, which speaks of one diagnosis on the page of another.
fn sign(text: &str) -> &str {
    text.strip_prefix("there ")
        .filter(|sign| !sign.starts_with("is ") && !sign.starts_with("are "))
        .unwrap_or(text)
}

impl Diagnosis {
    /// An instance with the severity, the weight and the checks of its declaration, and no evidence yet.
    #[must_use]
    pub fn new(
        declaration: &'static Declaration,
        confidence: Confidence,
        side: Side,
        summary: impl Into<String>,
    ) -> Self {
        Self {
            declaration,
            severity: declaration.severity,
            confidence,
            side,
            summary: summary.into(),
            cause: declaration.title,
            evidence: Vec::new(),
            competitors: declaration
                .competitors
                .iter()
                .map(|(id, separated_by)| Competitor {
                    id,
                    excluded_by: None,
                    separated_by: Some(separated_by),
                })
                .collect(),
            checks: declaration
                .checks
                .iter()
                .map(|(side, text)| match side {
                    Side::Initiator => format!("initiator: {text}"),
                    Side::Responder => format!("responder: {text}"),
                    Side::Network => format!("network: {text}"),
                    Side::Both => format!("both sides: {text}"),
                    Side::Unknown => (*text).to_owned(),
                })
                .collect(),
            weight: declaration.weight,
        }
    }

    /// With a frame that shows it.
    #[must_use]
    pub fn evidence(mut self, frame: FrameId, what: impl Into<Cow<'static, str>>) -> Self {
        self.evidence.push(Evidence {
            frame,
            what: what.into(),
        });
        self
    }

    /// With a frame that shows it, if there is one.
    #[must_use]
    pub fn evidence_if(self, frame: Option<FrameId>, what: impl Into<Cow<'static, str>>) -> Self {
        match frame {
            Some(frame) => self.evidence(frame, what),
            None => self,
        }
    }

    /// With what would be the cause, where the title names only what was seen.
    #[must_use]
    pub const fn cause(mut self, cause: &'static str) -> Self {
        self.cause = cause;
        self
    }

    /// With what speaks against a look-alike.
    #[must_use]
    pub fn excludes(mut self, id: &'static str, by: impl Into<Cow<'static, str>>) -> Self {
        let by = Some(by.into());
        match self.competitors.iter_mut().find(|known| known.id == id) {
            Some(known) => known.excluded_by = by,
            None => self.competitors.push(Competitor {
                id,
                excluded_by: by,
                separated_by: None,
            }),
        }
        self
    }

    /// With what to look at before everything that the declaration says.
    #[must_use]
    pub fn check_first(mut self, text: impl Into<String>) -> Self {
        self.checks.insert(0, text.into());
        self
    }

    /// With another severity than the declaration's.
    #[must_use]
    pub const fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// With another weight than the declaration's.
    #[must_use]
    pub const fn weight(mut self, weight: u8) -> Self {
        self.weight = weight;
        self
    }
}

/// How a declaration begins to say that nothing in one capture separates two diagnoses.
const SAME: &str = "the same";
