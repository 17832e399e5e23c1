//! Pages about findings, diagnoses and algorithms.

use std::io::{self, Write};

use colored::Colorize;
use ikescope_analysis::audit::{
    Algorithm, Date, Finding, Kind, Layer, Profile, Quantum, Status, catalogue, finding_by_id,
    judge_algorithm, names, near_names, strength,
};
use ikescope_analysis::diagnosis;
use serde_json::{Value, json};

use super::text::status as coloured;
use super::words::{Word, word, words};
use super::wrap::wrap;

/// Something that can be explained.
#[derive(Debug)]
pub enum Page {
    /// A finding of an audit.
    Finding(&'static Finding),
    /// A diagnosis.
    Diagnosis(&'static diagnosis::Declaration),
    /// Algorithms of this name.
    Algorithms(Vec<Algorithm>),
    /// A profile of `audit`.
    Profile(Box<Profile>),
    /// A word that results use as they use names of algorithms.
    Word(Word),
}

/// Everything that the name stands for; none if it is not known.
#[must_use]
pub fn explain(name: &str) -> Vec<Page> {
    let mut pages = Vec::new();
    pages.extend(finding_by_id(name).map(Page::Finding));
    let wanted = name.trim().to_ascii_lowercase();
    pages.extend(diagnosis::by_id(&wanted).map(Page::Diagnosis));
    let algorithms = names::any(name);
    if !algorithms.is_empty() {
        pages.push(Page::Algorithms(algorithms));
    }
    pages.extend(Profile::named(&wanted).map(|profile| Page::Profile(Box::new(profile))));
    pages.extend(word(&wanted).map(Page::Word));
    pages
}

/// Names that are close to one that nobody knows.
#[must_use]
pub fn explainable(name: &str) -> Vec<String> {
    let kinds = [
        Kind::Encryption,
        Kind::Prf,
        Kind::Integrity,
        Kind::KeyExchange,
        Kind::Authentication,
    ];
    let ids = catalogue()
        .map(|finding| finding.id)
        .chain(diagnosis::catalogue().map(|declaration| declaration.id));
    let algorithms = kinds
        .into_iter()
        .flat_map(|kind| [false, true].map(|v1| names::short_names(kind, v1)))
        .flatten();
    let others = words().chain(Profile::names());
    let near = near_names(name, ids.chain(algorithms).chain(others));
    near.into_iter().map(str::to_owned).collect()
}

/// A page for every finding and every diagnosis.
fn catalogue_pages() -> Vec<Page> {
    let findings = catalogue().map(Page::Finding);
    let diagnoses = diagnosis::catalogue().map(Page::Diagnosis);
    diagnoses.chain(findings).collect()
}

/// Writes the list of all ids, and of all algorithms.
pub fn write_catalogue_text(width: usize, mut out: impl Write) -> io::Result<()> {
    writeln!(out, "{}", "Diagnoses".bold())?;
    for declaration in diagnosis::catalogue() {
        writeln!(out, "  {:<38} {}", declaration.id, declaration.title)?;
    }
    writeln!(out, "\n{}", "Findings".bold())?;
    for finding in catalogue() {
        let severity = super::text::severity(finding.severity);
        writeln!(out, "  {:<38} {severity} {}", finding.id, finding.title)?;
    }
    for (title, kind, v1) in KINDS {
        writeln!(out, "\n{}", title.bold())?;
        for line in wrap(
            &names::short_names(kind, v1).join(" "),
            width.saturating_sub(2),
        ) {
            writeln!(out, "  {line}")?;
        }
    }
    writeln!(out, "\n{}", "Profiles".bold())?;
    let profiles: Vec<&str> = Profile::names().collect();
    for line in wrap(&profiles.join(" "), width.saturating_sub(2)) {
        writeln!(out, "  {line}")?;
    }
    out.flush()
}

/// Writes the list of all ids as JSON.
pub fn write_catalogue_json(mut out: impl Write) -> io::Result<()> {
    let entries: Vec<Value> = catalogue_pages()
        .iter()
        .map(|page| match page {
            Page::Finding(finding) => json!({
                "id": finding.id, "kind": "finding", "title": finding.title, "severity": finding.severity.name(),
            }),
            Page::Diagnosis(declaration) => json!({
                "id": declaration.id, "kind": "diagnosis", "title": declaration.title,
                "severity": declaration.severity.name(),
            }),
            _ => Value::Null,
        })
        .collect();
    let algorithms: Vec<Value> = KINDS
        .into_iter()
        .map(|(_, kind, v1)| {
            let version = if v1 { "1.0" } else { "2.0" };
            json!({ "kind": kind.name(), "ike_version": version, "names": names::short_names(kind, v1) })
        })
        .collect();
    write_document(
        &json!({ "schema": SCHEMA, "entries": entries, "algorithms": algorithms }),
        &mut out,
    )
}

/// Writes a page for people. `date` is the day for which profiles are asked.
pub fn write_page_text(
    page: &Page,
    date: &Date,
    width: usize,
    mut out: impl Write,
) -> io::Result<()> {
    match page {
        Page::Finding(finding) => write_finding(finding, width, &mut out)?,
        Page::Diagnosis(declaration) => write_diagnosis(declaration, width, &mut out)?,
        Page::Algorithms(algorithms) => {
            for (index, algorithm) in algorithms.iter().enumerate() {
                if index > 0 {
                    writeln!(out)?;
                }
                write_algorithm(*algorithm, date, width, &mut out)?;
            }
        }
        Page::Profile(profile) => write_profile(profile, width, &mut out)?,
        Page::Word(word) => {
            writeln!(out, "{}\n", word.name.bold())?;
            section(&mut out, "what", word.what, width)?;
            section(&mut out, "see", word.reference, width)?;
        }
    }
    out.flush()
}

/// Writes pages as one document.
pub fn write_page_json(pages: &[Page], date: &Date, mut out: impl Write) -> io::Result<()> {
    let entries: Vec<Value> = pages
        .iter()
        .flat_map(|page| page_values(page, date))
        .collect();
    write_document(&json!({ "schema": SCHEMA, "pages": entries }), &mut out)
}

fn write_document(value: &Value, out: &mut impl Write) -> io::Result<()> {
    let mut buffer = Vec::new();
    crate::json::formatter::write(&mut buffer, value)?;
    buffer.push(b'\n');
    out.write_all(&buffer)?;
    out.flush()
}

fn page_values(page: &Page, date: &Date) -> Vec<Value> {
    match page {
        Page::Finding(finding) => vec![json!({
            "id": finding.id, "kind": "finding", "title": finding.title, "severity": finding.severity.name(),
            "condition": finding.condition, "why": finding.why, "fix": finding.fix,
            "needs": finding.needs.iter().map(|need| need.name()).collect::<Vec<_>>(),
            "references": finding.references,
        })],
        Page::Diagnosis(declaration) => vec![json!({
            "id": declaration.id, "kind": "diagnosis", "title": declaration.title,
            "severity": declaration.severity.name(), "explanation": declaration.explanation,
            "symptom": declaration.symptom, "wire": declaration.wire, "opened": declaration.opened,
            "checks": declaration.checks.iter().map(|(side, what)| json!({ "side": side.name(), "what": what })).collect::<Vec<_>>(),
            "needs": declaration.needs.iter().map(|need| need.name()).collect::<Vec<_>>(),
            "competitors": declaration.competitors.iter().map(|(id, how)| json!({ "id": id, "told_apart_by": how })).collect::<Vec<_>>(),
            "references": declaration.references, "see": declaration.see,
        })],
        Page::Algorithms(algorithms) => algorithms
            .iter()
            .map(|algorithm| algorithm_value(*algorithm, date))
            .collect(),
        Page::Profile(profile) => vec![json!({
            "id": profile.name, "kind": "profile", "title": profile.title, "version": profile.version,
            "edition": profile.edition, "evidence": profile.evidence, "experimental": profile.experimental,
        })],
        Page::Word(word) => vec![json!({
            "id": word.name, "kind": "word", "what": word.what, "reference": word.reference,
        })],
    }
}

fn algorithm_value(algorithm: Algorithm, date: &Date) -> Value {
    let known = strength(algorithm);
    let profiles: Vec<Value> = policies(algorithm, date)
        .into_iter()
        .map(|policy| {
            json!({
                "profile": policy.profile, "experimental": policy.experimental, "layer": policy.layer.name(),
                "status": policy.status.name(), "text": policy.level, "source": policy.source,
            })
        })
        .collect();
    json!({
        "id": algorithm.to_string(), "kind": "algorithm", "type": algorithm.kind().name(),
        "number": algorithm.id(), "name": algorithm.iana_name(), "key_bits": algorithm.key_bits,
        "what": known.map(|known| &known.what), "strength_bits": known.map(|known| known.bits),
        "quantum": known.map(|known| quantum(known.quantum)),
        "reference": known.map(|known| known.source.as_str()).or(algorithm.reference()),
        "swanctl": names::swanctl(algorithm), "profiles": profiles,
    })
}

fn write_finding(finding: &Finding, width: usize, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", finding.id.bold())?;
    writeln!(out, "{}\n", finding.title)?;
    let severity = finding.severity.name();
    let needs: Vec<&str> = finding.needs.iter().map(|need| need.name()).collect();
    section(out, "severity", severity, width)?;
    section(out, "found when", finding.condition, width)?;
    section(out, "seen in", &needs.join(", "), width)?;
    section(out, "why", finding.why, width)?;
    section(out, "fix", finding.fix, width)?;
    section(out, "see", &finding.references.join("; "), width)
}

fn write_profile(profile: &Profile, width: usize, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", profile.name.bold())?;
    writeln!(out, "{}\n", profile.title)?;
    section(out, "version", &profile.version, width)?;
    section(out, "edition", &profile.edition, width)?;
    section(out, "evidence", &profile.evidence, width)?;
    let status = if profile.experimental {
        "experimental: lines could not be confirmed in the original"
    } else {
        "confirmed"
    };
    section(out, "status", status, width)?;
    let parameters = &profile.parameters;
    let rules = [
        ("IKEv1", &parameters.ikev1),
        ("AH", &parameters.ah),
        ("ESP without encryption", &parameters.esp_null),
        ("numbers of no registry", &parameters.unknown),
        ("no PFS", &parameters.pfs_missing),
        ("weaker PFS", &parameters.pfs_weaker),
    ];
    for (index, (what, parameter)) in rules.into_iter().enumerate() {
        let label = if index == 0 { "beside" } else { "" };
        let text = format!("{what}: {} ({})", parameter.value.name(), parameter.source);
        section(out, label, &text, width)?;
    }
    Ok(())
}

fn write_diagnosis(
    declaration: &diagnosis::Declaration,
    width: usize,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "{}", declaration.id.bold())?;
    writeln!(out, "{}\n", declaration.title)?;
    section(out, "severity", declaration.severity.name(), width)?;
    section(out, "what", declaration.explanation, width)?;
    section(out, "symptom", declaration.symptom, width)?;
    section(out, "on the wire", declaration.wire, width)?;
    section(out, "with keys", declaration.opened, width)?;
    for (index, (side, what)) in declaration.checks.iter().enumerate() {
        let label = if index == 0 { "check" } else { "" };
        section(out, label, &format!("{}: {what}", side.name()), width)?;
    }
    for (index, (id, how)) in declaration.competitors.iter().enumerate() {
        let label = if index == 0 { "alike" } else { "" };
        section(out, label, &format!("{id}: {how}"), width)?;
    }
    let needs: Vec<&str> = declaration.needs.iter().map(|need| need.name()).collect();
    section(out, "seen in", &needs.join(", "), width)?;
    section(out, "see", &declaration.references.join("; "), width)?;
    section(out, "see also", declaration.see.unwrap_or_default(), width)
}

fn write_algorithm(
    algorithm: Algorithm,
    date: &Date,
    width: usize,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "{}", algorithm.to_string().bold())?;
    let version = if algorithm.is_of_v1() {
        "IKEv1"
    } else {
        "IKEv2"
    };
    let purpose = match algorithm.kind() {
        Kind::Encryption => "encryption algorithm",
        Kind::Prf => "pseudorandom function",
        Kind::Integrity => "integrity algorithm",
        Kind::KeyExchange => "key exchange method",
        Kind::Authentication => "authentication method",
    };
    writeln!(out, "{purpose} of {version}, number {}\n", algorithm.id())?;
    section(
        out,
        "IANA",
        algorithm.iana_name().unwrap_or("not registered"),
        width,
    )?;
    if let Some(known) = strength(algorithm) {
        section(out, "what", &known.what, width)?;
        let bits = match known.bits {
            0 => "none".to_owned(),
            bits => format!("{bits} bits"),
        };
        section(out, "strength", &bits, width)?;
        section(out, "quantum", quantum(known.quantum), width)?;
    }
    if let Some(word) = names::swanctl(algorithm) {
        section(out, "swanctl", &word, width)?;
    }
    let source = strength(algorithm).map(|known| known.source.as_str());
    let reference = source.or(algorithm.reference()).unwrap_or_default();
    section(out, "see", reference, width)?;
    for (index, policy) in policies(algorithm, date).into_iter().enumerate() {
        let label = if index == 0 { "policies" } else { "" };
        let experimental = if policy.experimental {
            ", experimental"
        } else {
            ""
        };
        let source = if policy.source.is_empty() {
            String::new()
        } else {
            format!(" ({}{experimental})", policy.source)
        };
        writeln!(
            out,
            "{label:<LABEL$}{:<15} {:<4} {} {}{source}",
            policy.profile,
            policy.layer.title(),
            coloured(policy.status),
            policy.level
        )?;
    }
    Ok(())
}

/// What one profile says.
struct Policy {
    profile: &'static str,
    experimental: bool,
    layer: Layer,
    status: Status,
    level: String,
    source: String,
}

fn policies(algorithm: Algorithm, date: &Date) -> Vec<Policy> {
    let layers: &[Layer] = match algorithm.kind() {
        Kind::Encryption | Kind::Integrity => &[Layer::Ike, Layer::Esp],
        Kind::Prf | Kind::KeyExchange => &[Layer::Ike],
        Kind::Authentication => &[],
    };
    Profile::names()
        .filter_map(|name| Some((name, Profile::named(name)?)))
        .flat_map(|(name, profile)| {
            layers
                .iter()
                .map(|layer| {
                    let (status, level, source) =
                        judge_algorithm(&profile, date, *layer, algorithm);
                    Policy {
                        profile: name,
                        experimental: profile.experimental,
                        layer: *layer,
                        status,
                        level,
                        source,
                    }
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

const fn quantum(quantum: Quantum) -> &'static str {
    match quantum {
        Quantum::Yes => "holds against a quantum computer",
        Quantum::Partly => "less than 128 bits remain against a quantum computer",
        Quantum::No => "does not hold against a quantum computer",
    }
}

fn section(out: &mut impl Write, label: &str, text: &str, width: usize) -> io::Result<()> {
    for (index, line) in wrap(text, width.saturating_sub(LABEL).max(30))
        .iter()
        .enumerate()
    {
        let label = if index == 0 { label } else { "" };
        writeln!(out, "{:<LABEL$}{line}", label)?;
    }
    Ok(())
}

const KINDS: [(&str, Kind, bool); 10] = [
    ("Encryption (IKEv2, ESP)", Kind::Encryption, false),
    ("Pseudorandom functions", Kind::Prf, false),
    ("Integrity (IKEv2, ESP, AH)", Kind::Integrity, false),
    ("Key exchange", Kind::KeyExchange, false),
    ("Authentication (IKEv2)", Kind::Authentication, false),
    ("Encryption (IKEv1)", Kind::Encryption, true),
    ("Hashes (IKEv1)", Kind::Prf, true),
    ("Integrity (IKEv1)", Kind::Integrity, true),
    ("Groups (IKEv1)", Kind::KeyExchange, true),
    ("Authentication (IKEv1)", Kind::Authentication, true),
];

const LABEL: usize = 13;
const SCHEMA: &str = "ikescope.explain/1";
