//! SARIF 2.1.0 (OASIS), for code scanning and pipelines.

use std::collections::BTreeMap;
use std::io::{self, Write};

use ikescope_analysis::audit::{Evidence, Found, Severity, Verdict};
use serde_json::{Value, json};

use super::report::{AuditReport, AuditedSubject};
use super::types::evidence_text;

/// Writes a log of one run: a rule a finding and one for the verdict, a result a finding and one a subject.
pub fn write_audit_sarif(
    report: &AuditReport,
    version: &str,
    mut out: impl Write,
) -> io::Result<()> {
    let profile = &report.profile;
    let used: BTreeMap<&str, &Found> = report
        .subjects
        .iter()
        .flat_map(|subject| &subject.found)
        .map(|found| (found.finding.id, found))
        .collect();
    let rules: Vec<Value> = std::iter::once(verdict_rule(report))
        .chain(used.values().map(|found| rule(found)))
        .collect();
    let index: BTreeMap<&str, usize> = used
        .keys()
        .enumerate()
        .map(|(index, id)| (*id, index + 1))
        .collect();
    let results: Vec<Value> = report
        .subjects
        .iter()
        .flat_map(|subject| {
            let findings = subject.found.iter().map(|found| {
                let at = index.get(found.finding.id).copied().unwrap_or_default();
                result(report, subject, found, at)
            });
            std::iter::once(verdict_result(report, subject)).chain(findings.collect::<Vec<_>>())
        })
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "ikescope",
                    "version": version,
                    "semanticVersion": version,
                    "rules": rules,
                }
            },
            "artifacts": report.files.iter().map(|file| json!({ "location": { "uri": uri(file) } })).collect::<Vec<_>>(),
            "columnKind": "unicodeCodePoints",
            "results": results,
            "properties": {
                "profile": profile.name,
                "profileVersion": profile.version,
                "profileEdition": profile.edition,
                "experimental": profile.experimental,
                "date": report.date.to_string(),
            },
        }],
    });
    let mut buffer = Vec::new();
    crate::json::formatter::write(&mut buffer, &log)?;
    buffer.push(b'\n');
    out.write_all(&buffer)?;
    out.flush()
}

fn verdict_rule(report: &AuditReport) -> Value {
    let profile = &report.profile;
    json!({
        "id": "profile-verdict",
        "name": "ProfileVerdict",
        "shortDescription": { "text": format!("What the profile {} says of a peer", profile.name) },
        "fullDescription": { "text": profile.title },
        "help": { "text": "See the reasons of each result, and `ikescope explain` for an algorithm." },
        "properties": { "tags": ["ipsec", "policy"] },
    })
}

fn rule(found: &Found) -> Value {
    let finding = found.finding;
    let references = finding.references.join("; ");
    json!({
        "id": finding.id,
        "name": pascal_case(finding.id),
        "shortDescription": { "text": finding.title },
        "fullDescription": { "text": finding.why },
        "help": { "text": format!("{} See {references}.", finding.fix) },
        "defaultConfiguration": { "level": level(finding.severity) },
        "properties": {
            "security-severity": score(finding.severity),
            "tags": ["ipsec", "security"],
            "references": finding.references,
        },
    })
}

fn verdict_result(report: &AuditReport, subject: &AuditedSubject) -> Value {
    let (kind, level) = match subject.assessment.verdict {
        Verdict::Pass => ("pass", "none"),
        Verdict::Warn => ("fail", "warning"),
        Verdict::Fail => ("fail", "error"),
        Verdict::Unknown => ("open", "none"),
    };
    let caps: Vec<String> = subject
        .assessment
        .reasons
        .iter()
        .filter(|reason| reason.status.name() != "pass")
        .map(|reason| {
            format!(
                "{} {} ({}): {}",
                reason.layer.title(),
                reason.algorithm,
                reason.status.name(),
                reason.text
            )
        })
        .collect();
    let experimental = if report.profile.experimental {
        " (experimental)"
    } else {
        ""
    };
    let mut text = format!(
        "{}: {} by profile {}{experimental}",
        subject.subject,
        subject.assessment.verdict.name(),
        report.profile.name
    );
    if !caps.is_empty() {
        text.push_str(". ");
        text.push_str(&caps.join("; "));
    }
    json!({
        "ruleId": "profile-verdict",
        "ruleIndex": 0,
        "kind": kind,
        "level": level,
        "message": { "text": text },
        "locations": [location(report, subject, subject.assessment.reasons.first().map(|reason| &reason.evidence))],
        "partialFingerprints": { "subjectAndRule/v1": format!("{}/profile-verdict", subject.subject) },
        "suppressions": suppressions(subject.accepted_failure().as_deref()),
        "properties": {
            "unknown": subject.assessment.unknown,
            "recommended": subject.assessment.recommended.as_ref().and_then(|one| one.ike_swanctl()),
        },
    })
}

fn result(report: &AuditReport, subject: &AuditedSubject, found: &Found, index: usize) -> Value {
    let several = report.files.len() > 1;
    let evidence: Vec<String> = found
        .evidence
        .iter()
        .map(|evidence| evidence_text(evidence, several))
        .collect();
    json!({
        "ruleId": found.finding.id,
        "ruleIndex": index,
        "level": level(found.severity),
        "message": { "text": format!("{}: {}. {}", subject.subject, found.finding.title, evidence.join("; ")) },
        "locations": [location(report, subject, found.evidence.first())],
        "partialFingerprints": { "subjectAndRule/v1": format!("{}/{}", subject.subject, found.finding.id) },
        "suppressions": suppressions(subject.acceptance(found.finding.id)),
        "properties": {
            "severity": found.severity.name(),
            "source": subject.source.name(),
            "frames": found.evidence.iter().filter_map(|one| one.frame).map(|frame| frame.number).collect::<Vec<_>>(),
        },
    })
}

/// Somebody's decision to live with a result, which code scanning then shows as closed (SARIF 2.1.0, section 3.35).
fn suppressions(reason: Option<&str>) -> Value {
    reason.map_or_else(
        || json!([]),
        |reason| json!([{ "kind": "external", "status": "accepted", "justification": reason }]),
    )
}

/// The capture that shows it, where there is one, and the peer.
fn location(report: &AuditReport, subject: &AuditedSubject, evidence: Option<&Evidence>) -> Value {
    let logical = json!([{ "name": subject.subject, "kind": "resource" }]);
    let file = evidence
        .and_then(|evidence| evidence.frame)
        .and_then(|frame| usize::try_from(frame.file).ok())
        .and_then(|index| Some((index, report.files.get(index)?)));
    match file {
        Some((index, name)) => json!({
            "physicalLocation": { "artifactLocation": { "uri": uri(name), "index": index } },
            "logicalLocations": logical,
        }),
        None => json!({ "logicalLocations": logical }),
    }
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// A number as code scanning sorts by: above 9 critical, from 7 high, from 4 medium.
const fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "0.0",
    }
}

fn pascal_case(id: &str) -> String {
    id.split('-')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| {
                first.to_uppercase().chain(letters).collect()
            })
        })
        .collect()
}

/// A path as a URI reference (RFC 3986): what is not unreserved or a slash is percent-encoded.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for octet in path.bytes() {
        match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(octet));
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_reference() {
        assert_eq!(uri("captures/a b.pcap"), "captures/a%20b.pcap");
        assert_eq!(uri("ü:1"), "%C3%BC%3A1");
    }

    #[test]
    fn names_of_rules_are_in_pascal_case() {
        assert_eq!(pascal_case("ke-modp1024"), "KeModp1024");
    }
}
