//! Objects of the JSON document.

use std::fmt::Display;

use ikescope_analysis::audit::{Evidence, Found, Reason, Recommendation};
use serde::Serialize;

use super::report::{AuditReport, AuditedSubject};

#[derive(Debug, Serialize)]
pub(super) struct Document<'a> {
    schema: &'static str,
    profile: &'a str,
    profile_version: &'a str,
    experimental: bool,
    profile_title: &'a str,
    profile_edition: &'a str,
    profile_evidence: &'a str,
    date: String,
    files: &'a [String],
    unreadable: Option<&'a str>,
    subjects: Vec<Subject<'a>>,
}

#[derive(Debug, Serialize)]
struct Subject<'a> {
    subject: &'a str,
    source: &'static str,
    named_suite: Option<&'static str>,
    verdict: &'static str,
    reasons: Vec<ReasonObject<'a>>,
    unknown: &'a [String],
    recommended: Option<RecommendationObject>,
    findings: Vec<FindingObject<'a>>,
    accepted: Vec<AcceptedObject<'a>>,
}

#[derive(Debug, Serialize)]
struct AcceptedObject<'a> {
    id: &'a str,
    reason: &'a str,
}

#[derive(Debug, Serialize)]
struct ReasonObject<'a> {
    algorithm: &'a str,
    status: &'static str,
    text: &'a str,
    layer: &'static str,
    kind: Option<&'static str>,
    registered: bool,
    source: Option<&'a str>,
    evidence: EvidenceObject<'a>,
}

#[derive(Debug, Serialize)]
struct RecommendationObject {
    proposal: String,
    swanctl: Option<String>,
    esp_proposal: String,
    esp_swanctl: Option<String>,
    text: String,
}

/// A finding as in every result that has some.
#[derive(Debug, Serialize)]
pub(crate) struct FindingObject<'a> {
    id: &'static str,
    severity: &'static str,
    title: &'static str,
    why: &'static str,
    fix: &'static str,
    evidence: Vec<EvidenceObject<'a>>,
    references: &'static [&'static str],
}

#[derive(Debug, Serialize)]
struct EvidenceObject<'a> {
    file: Option<u32>,
    frame: Option<u64>,
    what: &'a str,
}

impl<'a> From<&'a AuditReport> for Document<'a> {
    fn from(report: &'a AuditReport) -> Self {
        let profile = &report.profile;
        Self {
            schema: SCHEMA,
            profile: &profile.name,
            profile_version: &profile.version,
            experimental: profile.experimental,
            profile_title: &profile.title,
            profile_edition: &profile.edition,
            profile_evidence: &profile.evidence,
            date: report.date.to_string(),
            files: &report.files,
            unreadable: report.unreadable.as_deref(),
            subjects: report.subjects.iter().map(Subject::from).collect(),
        }
    }
}

impl<'a> From<&'a AuditedSubject> for Subject<'a> {
    fn from(subject: &'a AuditedSubject) -> Self {
        let assessment = &subject.assessment;
        Self {
            subject: &subject.subject,
            source: subject.source.name(),
            named_suite: subject.known_as,
            verdict: assessment.verdict.name(),
            reasons: assessment.reasons.iter().map(ReasonObject::from).collect(),
            unknown: &assessment.unknown,
            recommended: assessment
                .recommended
                .as_ref()
                .map(RecommendationObject::from),
            findings: subject.found.iter().map(FindingObject::from).collect(),
            accepted: subject
                .accepted
                .iter()
                .map(|accepted| AcceptedObject {
                    id: &accepted.id,
                    reason: &accepted.reason,
                })
                .collect(),
        }
    }
}

impl<'a> From<&'a Reason> for ReasonObject<'a> {
    fn from(reason: &'a Reason) -> Self {
        Self {
            algorithm: &reason.algorithm,
            status: reason.status.name(),
            text: &reason.text,
            layer: reason.layer.name(),
            kind: reason.kind.map(|kind| kind.name()),
            registered: !reason.unregistered,
            source: (!reason.source.is_empty()).then_some(reason.source.as_str()),
            evidence: EvidenceObject::from(&reason.evidence),
        }
    }
}

impl From<&Recommendation> for RecommendationObject {
    fn from(recommended: &Recommendation) -> Self {
        Self {
            proposal: recommended.ike.to_string(),
            swanctl: recommended.ike_swanctl(),
            esp_proposal: recommended.esp.to_string(),
            esp_swanctl: recommended.esp_swanctl(),
            text: recommended.words(),
        }
    }
}

impl<'a> From<&'a Found> for FindingObject<'a> {
    fn from(found: &'a Found) -> Self {
        let finding = found.finding;
        Self {
            id: finding.id,
            severity: found.severity.name(),
            title: finding.title,
            why: finding.why,
            fix: finding.fix,
            evidence: found.evidence.iter().map(EvidenceObject::from).collect(),
            references: finding.references,
        }
    }
}

impl<'a> From<&'a Evidence> for EvidenceObject<'a> {
    fn from(evidence: &'a Evidence) -> Self {
        Self {
            file: evidence.frame.map(|frame| frame.file),
            frame: evidence.frame.map(|frame| frame.number),
            what: &evidence.what,
        }
    }
}

/// `frame 7: IKE MODP-1024`, with the file where there are several.
pub(super) fn evidence_text(evidence: &Evidence, several_files: bool) -> String {
    let what: &dyn Display = &evidence.what;
    match evidence.frame {
        None => what.to_string(),
        Some(frame) if several_files => {
            format!("file {} frame {}: {what}", frame.file + 1, frame.number)
        }
        Some(frame) => format!("frame {}: {what}", frame.number),
    }
}

const SCHEMA: &str = "ikescope.audit/1";
