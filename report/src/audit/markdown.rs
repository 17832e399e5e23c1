//! Markdown (CommonMark, with the tables of GitHub) for reports and tickets.

use std::io::{self, Write};

use ikescope_analysis::audit::Status;

use super::report::{AuditReport, AuditedSubject};
use super::types::evidence_text;
use crate::sanitize::sanitize;

/// Writes a section a subject.
pub fn write_audit_markdown(report: &AuditReport, mut out: impl Write) -> io::Result<()> {
    let profile = &report.profile;
    let experimental = if profile.experimental {
        " **experimental**"
    } else {
        ""
    };
    writeln!(out, "# IPsec audit\n")?;
    writeln!(
        out,
        "Profile `{}` {}{experimental}: {}. Judged on {}.",
        plain(&profile.name).replace('`', ""),
        cell(&profile.version),
        cell(&profile.title),
        report.date
    )?;
    if !profile.edition.is_empty() {
        writeln!(
            out,
            "Edition: {}; {}.",
            cell(&profile.edition),
            cell(&profile.evidence)
        )?;
    }
    let several = report.files.len() > 1;
    for subject in &report.subjects {
        write_subject(subject, several, &mut out)?;
    }
    out.flush()
}

fn write_subject(
    subject: &AuditedSubject,
    several_files: bool,
    out: &mut impl Write,
) -> io::Result<()> {
    let assessment = &subject.assessment;
    writeln!(
        out,
        "\n## {}: {}\n",
        cell(&subject.subject),
        assessment.verdict.name()
    )?;
    writeln!(out, "Source: {}.\n", subject.source.name())?;
    if !assessment.reasons.is_empty() {
        writeln!(out, "| status | for | what | why | source |")?;
        writeln!(out, "|---|---|---|---|---|")?;
        let mut reasons: Vec<_> = assessment.reasons.iter().collect();
        reasons.sort_by_key(|reason| reason.status == Status::Pass);
        for reason in reasons {
            writeln!(
                out,
                "| {} | {} | {} | {} | {} |",
                reason.status.name(),
                reason.layer.title(),
                cell(&reason.algorithm),
                cell(&reason.text),
                cell(&reason.source)
            )?;
        }
        writeln!(out)?;
    }
    for found in &subject.found {
        let finding = found.finding;
        writeln!(
            out,
            "### {}: {} (`{}`)\n",
            found.severity.name(),
            finding.title,
            finding.id
        )?;
        writeln!(
            out,
            "{}\n\n**Fix:** {}\n",
            cell(finding.why),
            cell(finding.fix)
        )?;
        for evidence in &found.evidence {
            writeln!(out, "- {}", cell(&evidence_text(evidence, several_files)))?;
        }
        writeln!(out, "\nSee {}.\n", cell(&finding.references.join("; ")))?;
    }
    if !subject.accepted.is_empty() {
        writeln!(out, "### Accepted\n")?;
        for accepted in &subject.accepted {
            let (id, reason) = (cell(&accepted.id), cell(&accepted.reason));
            writeln!(out, "- {id}: {reason}")?;
        }
        writeln!(out)?;
    }
    if let Some(recommended) = &assessment.recommended {
        writeln!(out, "### Use instead\n\n{}.\n", cell(&recommended.words()))?;
        writeln!(out, "```")?;
        writeln!(
            out,
            "proposals = {}",
            recommended.ike_swanctl().unwrap_or_default()
        )?;
        writeln!(
            out,
            "esp_proposals = {}",
            recommended.esp_swanctl().unwrap_or_default()
        )?;
        writeln!(out, "```")?;
    }
    if !assessment.unknown.is_empty() {
        writeln!(out, "\n### Not seen\n")?;
        for what in &assessment.unknown {
            writeln!(out, "- {}", cell(what))?;
        }
    }
    Ok(())
}

fn plain(text: &str) -> String {
    sanitize(text).into_owned()
}

/// Text in which nothing is markup: what a peer sent must not become a link or a column.
fn cell(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in sanitize(text).chars() {
        if matches!(
            character,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '!' | '&'
        ) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_peer_is_markup() {
        assert_eq!(cell("a|b"), "a\\|b");
        assert_eq!(cell("[x](http://y)"), "\\[x\\](http://y)");
        assert_eq!(cell("<b>"), "\\<b\\>");
        assert!(!cell("line\nline").contains('\n'));
    }
}
