//! For spreadsheets: a row a verdict, a reason, a finding and a thing that was not seen.

use std::borrow::Cow;
use std::io::{self, Write};

use super::report::AuditReport;
use super::types::evidence_text;
use crate::csv::row;

/// Writes a header row and the rows of every subject.
pub fn write_audit_csv(report: &AuditReport, mut out: impl Write) -> io::Result<()> {
    let mut buffer = Vec::new();
    row(&mut buffer, COLUMNS.into_iter().map(Cow::Borrowed));
    let profile = &report.profile;
    let several = report.files.len() > 1;
    for subject in &report.subjects {
        let mut line =
            |kind: &str, name: &str, status: &str, text: &str, source: &str, evidence: &str| {
                let cells = [
                    subject.subject.as_str(),
                    subject.source.name(),
                    &profile.name,
                    &profile.version,
                    if profile.experimental {
                        "experimental"
                    } else {
                        ""
                    },
                    kind,
                    name,
                    status,
                    text,
                    source,
                    evidence,
                ];
                row(&mut buffer, cells.into_iter().map(Cow::Borrowed));
            };
        let assessment = &subject.assessment;
        line(
            "verdict",
            &profile.name,
            assessment.verdict.name(),
            &profile.title,
            "",
            "",
        );
        for reason in &assessment.reasons {
            line(
                "reason",
                &reason.algorithm,
                reason.status.name(),
                &format!("{} {}", reason.layer.title(), reason.text),
                &reason.source,
                &evidence_text(&reason.evidence, several),
            );
        }
        for found in &subject.found {
            let evidence: Vec<String> = found
                .evidence
                .iter()
                .map(|one| evidence_text(one, several))
                .collect();
            line(
                "finding",
                found.finding.id,
                found.severity.name(),
                found.finding.title,
                &found.finding.references.join("; "),
                &evidence.join("; "),
            );
        }
        for accepted in &subject.accepted {
            line("accepted", &accepted.id, "", &accepted.reason, "", "");
        }
        for what in &assessment.unknown {
            line("not seen", "", "unknown", what, "", "");
        }
        if let Some(recommended) = &assessment.recommended {
            let ike = recommended.ike_swanctl().unwrap_or_default();
            line("recommended", "ike", "", &ike, "", "");
            let esp = recommended.esp_swanctl().unwrap_or_default();
            line("recommended", "esp", "", &esp, "", "");
        }
    }
    out.write_all(&buffer)?;
    out.flush()
}

const COLUMNS: [&str; 11] = [
    "subject",
    "source",
    "profile",
    "version",
    "experimental",
    "kind",
    "name",
    "status",
    "text",
    "reference",
    "evidence",
];
