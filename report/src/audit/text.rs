//! For people.

use std::io::{self, Write};

use colored::{ColoredString, Colorize};
use ikescope_analysis::audit::{Reason, Severity, Source, Status, Verdict};

use super::report::{AuditReport, AuditedSubject};
use super::types::evidence_text;
use super::wrap::wrap;
use crate::sanitize::sanitize;

/// Writes a block a subject, in lines of at most `width` characters.
pub fn write_audit_text(report: &AuditReport, width: usize, mut out: impl Write) -> io::Result<()> {
    let profile = &report.profile;
    let experimental = if profile.experimental {
        " experimental".yellow().to_string()
    } else {
        String::new()
    };
    writeln!(
        out,
        "profile {} {}{experimental}  {}",
        sanitize(&profile.name).bold(),
        sanitize(&profile.version),
        sanitize(&profile.title)
    )?;
    if !profile.edition.is_empty() || !profile.evidence.is_empty() {
        let edition = [profile.edition.as_str(), profile.evidence.as_str()];
        let edition: Vec<_> = edition.into_iter().filter(|one| !one.is_empty()).collect();
        let edition = edition.join("; ");
        for line in wrap(&sanitize(&edition), width.saturating_sub(LABEL)) {
            writeln!(out, "{:LABEL$}{}", "", line.dimmed())?;
        }
    }
    let mut writer = Writer {
        several_files: report.files.len() > 1,
        width: width.max(60),
        out: &mut out,
    };
    for subject in &report.subjects {
        writer.subject(subject)?;
    }
    out.flush()
}

struct Writer<'a, W> {
    several_files: bool,
    width: usize,
    out: &'a mut W,
}

impl<W: Write> Writer<'_, W> {
    fn subject(&mut self, subject: &AuditedSubject) -> io::Result<()> {
        let source = match subject.source {
            Source::Capture => "",
            Source::Probe => "  probe",
            Source::Suite => "  suite",
        };
        let known = subject
            .known_as
            .map_or(String::new(), |name| format!("  {name}"));
        writeln!(
            self.out,
            "\n{}{}{}  {}",
            sanitize(&subject.subject).bold(),
            source.dimmed(),
            known,
            verdict(subject.assessment.verdict)
        )?;
        self.reasons(&subject.assessment.reasons)?;
        self.findings(subject)?;
        for (index, accepted) in subject.accepted.iter().enumerate() {
            let label = if index == 0 { "accepted" } else { "" };
            let text = format!("{}: {}", accepted.id, accepted.reason);
            self.labelled(label, &sanitize(&text))?;
        }
        if let Some(recommended) = &subject.assessment.recommended {
            let esp = recommended.esp_swanctl().unwrap_or_default();
            let ike = recommended.ike_swanctl().unwrap_or_default();
            self.labelled("instead", &recommended.words())?;
            self.labelled("", &format!("swanctl: proposals = {ike}"))?;
            self.labelled("", &format!("swanctl: esp_proposals = {esp}"))?;
        }
        for (index, what) in subject.assessment.unknown.iter().enumerate() {
            self.labelled(if index == 0 { "not seen" } else { "" }, &sanitize(what))?;
        }
        Ok(())
    }

    /// What caps the verdict; what passed is only counted.
    fn reasons(&mut self, reasons: &[Reason]) -> io::Result<()> {
        let mut label = "because";
        for reason in reasons.iter().filter(|reason| reason.status > Status::Pass) {
            let cited = if reason.source.is_empty() {
                String::new()
            } else {
                format!(" ({})", reason.source)
            };
            let text = match reason.text.starts_with(reason.layer.title()) {
                true => format!("{}{cited}", reason.text),
                false => format!("{} {}{cited}", reason.layer.title(), reason.text),
            };
            let head = format!("{label:<LABEL$}");
            let name = format!("{:<ALGORITHM$}", sanitize(&reason.algorithm));
            self.columns(&head, status(reason.status), &name, &sanitize(&text))?;
            label = "";
        }
        let passed: Vec<String> = reasons
            .iter()
            .filter(|reason| reason.status == Status::Pass)
            .map(|reason| format!("{} {}", reason.layer.title(), reason.algorithm))
            .collect();
        if !passed.is_empty() {
            self.labelled("passes", &sanitize(&passed.join(", ")))?;
        }
        Ok(())
    }

    fn findings(&mut self, subject: &AuditedSubject) -> io::Result<()> {
        let mut label = "findings";
        for found in &subject.found {
            let finding = found.finding;
            writeln!(
                self.out,
                "{label:<LABEL$}{} {}  {}",
                severity(found.severity),
                finding.id.bold(),
                finding.title
            )?;
            let evidence: Vec<String> = found
                .evidence
                .iter()
                .map(|evidence| evidence_text(evidence, self.several_files))
                .collect();
            let indent = LABEL + STATUS + 1;
            for line in wrap(&sanitize(&evidence.join("; ")), self.width - indent) {
                writeln!(self.out, "{:indent$}{}", "", line.dimmed())?;
            }
            for line in wrap(
                &format!("{} {}", finding.why, finding.fix),
                self.width - indent,
            ) {
                writeln!(self.out, "{:indent$}{line}", "")?;
            }
            label = "";
        }
        Ok(())
    }

    fn labelled(&mut self, label: &str, text: &str) -> io::Result<()> {
        for (index, line) in wrap(text, self.width - LABEL).iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            writeln!(self.out, "{label:<LABEL$}{line}")?;
        }
        Ok(())
    }

    fn columns(
        &mut self,
        head: &str,
        status: ColoredString,
        name: &str,
        text: &str,
    ) -> io::Result<()> {
        let indent = LABEL + STATUS + 1 + name.chars().count() + 1;
        let mut lines = wrap(text, self.width.saturating_sub(indent).max(30)).into_iter();
        let first = lines.next().unwrap_or_default();
        writeln!(self.out, "{head}{status} {} {first}", name.bold())?;
        for line in lines {
            writeln!(self.out, "{:indent$}{line}", "")?;
        }
        Ok(())
    }
}

pub(super) fn verdict(verdict: Verdict) -> ColoredString {
    let name = verdict.name();
    match verdict {
        Verdict::Pass => name.green().bold(),
        Verdict::Warn => name.yellow().bold(),
        Verdict::Fail => name.red().bold(),
        Verdict::Unknown => name.dimmed(),
    }
}

pub(super) fn status(status: Status) -> ColoredString {
    let name = format!("{:<STATUS$}", status.name());
    match status {
        Status::Pass => name.green(),
        Status::Info => name.dimmed(),
        Status::Warn => name.yellow(),
        Status::Fail => name.red(),
    }
}

pub(super) fn severity(severity: Severity) -> ColoredString {
    let name = format!("{:<STATUS$}", severity.name());
    match severity {
        Severity::Info => name.dimmed(),
        Severity::Low => name.normal(),
        Severity::Medium => name.yellow(),
        Severity::High => name.red(),
        Severity::Critical => name.red().bold(),
    }
}

const LABEL: usize = 10;
const STATUS: usize = 8;
const ALGORITHM: usize = 18;
