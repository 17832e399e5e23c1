//! `ikescope audit`: how strong is it?

use std::fs;
use std::io;
use std::path::Path;

use ikescope_analysis::Observation;
use ikescope_analysis::audit::{
    Collector, Date, NamedSuite, PeerFacts, Profile, Severity, near_names, profile_of,
};
use ikescope_capture::Frame;
use ikescope_probe::peer_facts;
use ikescope_report::{
    AuditReport, AuditedSubject, write_audit_csv, write_audit_json, write_audit_markdown,
    write_audit_sarif, write_audit_text,
};

use crate::args::{Audit, AuditFailOn, AuditFormat, Selection};
use crate::exit::{Error, Exit, complain};
use crate::output::{Output, width};
use crate::reading::{Consumer, Reading};
use crate::today::today;

pub(crate) fn run(options: &Audit) -> Result<Exit, Error> {
    let profile = profile(&options.policy.profile)?;
    let date = match &options.policy.date {
        None => today(),
        Some(text) => Date::parse(text)
            .ok_or_else(|| Error::Usage(format!("\"{text}\" is no day; write YYYY-MM-DD")))?,
    };
    let mut report = AuditReport {
        profile,
        date,
        files: Vec::new(),
        unreadable: None,
        subjects: Vec::new(),
    };
    if options.subject.esp.is_some() && options.subject.suite.is_none() {
        return Err(Error::Usage(
            "--esp names the ESP beside a suite of IKE: it needs --suite".to_owned(),
        ));
    }
    match &options.subject.suite {
        Some(suite) => {
            let suite = NamedSuite::parse(suite, options.subject.esp.as_deref())
                .map_err(|problem| Error::Usage(problem.to_string()))?;
            let mut subject = AuditedSubject::new(&suite.facts(), &report.profile, &report.date);
            subject.known_as = suite.known_as().map(|known| known.name);
            report.subjects.push(subject);
            accept(&mut report, options)?;
            write_profile(options, &[suite.facts()], &report.date)?;
            let output = Output::open::<&Path>(&options.view.output, &[])?;
            write(&report, options, output)?;
            Ok(exit(&report, options))
        }
        None if !options.subject.probe.is_empty() => audit_peers(options, report),
        None => audit_capture(options, report),
    }
}

/// Asks peers, and judges what they accept.
fn audit_peers(options: &Audit, mut report: AuditReport) -> Result<Exit, Error> {
    let peers = super::probe::peers(&options.subject.probe)?;
    let facts: Vec<PeerFacts> = peers.reports.iter().map(peer_facts).collect();
    report.subjects = facts
        .iter()
        .map(|facts| AuditedSubject::new(facts, &report.profile, &report.date))
        .collect();
    accept(&mut report, options)?;
    write_profile(options, &facts, &report.date)?;
    let output = Output::open::<&Path>(&options.view.output, &[])?;
    write(&report, options, output)?;
    Ok(match exit(&report, options) {
        Exit::Done => peers.exit,
        found => found,
    })
}

fn audit_capture(options: &Audit, mut report: AuditReport) -> Result<Exit, Error> {
    let mut reading = Reading::open("audit", &options.input, &options.selection, false, false)?;
    reading.open_with(&options.keys, false)?;
    let output = Output::open(&options.view.output, &options.input.inputs)?;
    reading.show_progress(&options.view.quiet, false);
    let mut collecting = Collecting {
        selection: &options.selection,
        collector: Collector::new(),
        ipsec: 0,
    };
    let ended = reading.run(&mut collecting)?;
    let facts = collecting.finish();
    if ended.interrupted && facts.is_empty() {
        return Ok(Exit::Interrupted);
    }
    report.files.clone_from(&ended.summary.files);
    report.unreadable.clone_from(&ended.summary.unreadable);
    report.subjects = facts
        .iter()
        .map(|facts| AuditedSubject::new(facts, &report.profile, &report.date))
        .collect();
    accept(&mut report, options)?;
    write_profile(options, &facts, &report.date)?;
    write(&report, options, output)?;
    if ended.has_packets() && facts.is_empty() {
        complain(&ended.nothing(""));
    }
    match ended.exit() {
        Exit::Done => Ok(exit(&report, options)),
        other => Ok(other),
    }
}

/// One run over a capture.
struct Collecting<'a> {
    selection: &'a Selection,
    collector: Collector,
    ipsec: u64,
}

impl Consumer for Collecting<'_> {
    fn observe(&mut self, _: &Frame<'_>, observation: &Observation<'_>) -> Result<(), Error> {
        if self.selection.wants_frame(observation.frame.number) {
            self.ipsec += u64::from(observation.is_ipsec());
            self.collector.observe(observation);
        }
        Ok(())
    }
}

impl Collecting<'_> {
    /// Facts of the addresses that the user wants.
    fn finish(self) -> Vec<PeerFacts> {
        let hosts = &self.selection.hosts;
        let mut facts = self.collector.finish();
        facts.retain(|facts| {
            let wanted = |address| hosts.iter().any(|host| host.contains(address));
            hosts.is_empty() || facts.subject.parse().is_ok_and(wanted)
        });
        facts
    }
}

fn accept(report: &mut AuditReport, options: &Audit) -> Result<(), Error> {
    let accepted = &options.policy.accept;
    accepted
        .iter()
        .try_for_each(|accepted| accepted.apply(&mut report.subjects))
}

fn write(report: &AuditReport, options: &Audit, mut output: Output) -> Result<(), Error> {
    let width = width();
    let written = match options.view.format {
        AuditFormat::Text => write_audit_text(report, width, &mut output),
        AuditFormat::Json => write_audit_json(report, &mut output),
        AuditFormat::Csv => write_audit_csv(report, &mut output),
        AuditFormat::Sarif => write_audit_sarif(report, env!("CARGO_PKG_VERSION"), &mut output),
        AuditFormat::Markdown => write_audit_markdown(report, &mut output),
    };
    written.map_err(|source| Error::write(output.name(), source))
}

fn write_profile(options: &Audit, facts: &[PeerFacts], date: &Date) -> Result<(), Error> {
    let Some(path) = &options.policy.write_profile else {
        return Ok(());
    };
    let place = path.display().to_string();
    if facts.iter().all(|facts| facts.counted().next().is_none()) {
        return Err(Error::Unable(format!(
            "{place}: not written: nothing was agreed on that a profile could pass"
        )));
    }
    let name = path.file_stem().map_or_else(
        || "own".to_owned(),
        |stem| stem.to_string_lossy().into_owned(),
    );
    fs::write(path, profile_of(facts, &name, date)).map_err(|source| Error::write(&place, source))
}

fn exit(report: &AuditReport, options: &Audit) -> Exit {
    let Some(severity) = severity(options.policy.fail_on) else {
        return Exit::Done;
    };
    if report
        .subjects
        .iter()
        .any(|subject| subject.fails(severity))
    {
        Exit::Found
    } else {
        Exit::Done
    }
}

/// From which severity on it fails; `None` for never.
pub(super) const fn severity(fail_on: AuditFailOn) -> Option<Severity> {
    match fail_on {
        AuditFailOn::Critical => Some(Severity::Critical),
        AuditFailOn::High => Some(Severity::High),
        AuditFailOn::Medium => Some(Severity::Medium),
        AuditFailOn::Low => Some(Severity::Low),
        AuditFailOn::Never => None,
    }
}

/// An embedded profile, or a file of the user.
pub(super) fn profile(name: &str) -> Result<Profile, Error> {
    if let Some(profile) = Profile::named(name) {
        return Ok(profile);
    }
    match fs::read_to_string(name) {
        Ok(text) => Profile::parse(&text).map_err(|problem| {
            Error::Usage(format!("{name}:{}: {}", problem.line, problem.message))
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let near = near_names(name, Profile::names());
            let hint = if near.is_empty() {
                let names: Vec<_> = Profile::names().collect();
                format!("profiles are {}", names.join(", "))
            } else {
                format!("did you mean {}?", near.join(", "))
            };
            Err(Error::Usage(format!(
                "\"{name}\" is no profile and no file; {hint}"
            )))
        }
        Err(error) => Err(Error::Unable(format!(
            "{name}: the profile cannot be read: {error}"
        ))),
    }
}
