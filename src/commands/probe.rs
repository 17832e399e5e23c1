//! `ikescope probe`: what does this peer accept?

use std::fs::File;
use std::io::Read;

use ikescope_probe::{Config, Depth, Framing, Named, Protocol, Report, peer_facts};
use ikescope_report::{
    AuditedSubject, ProbeJsonWriter, ProbeNdjsonWriter, ProbeTextWriter, ProbeWriter,
};

use crate::args::{self, AuditFailOn, ProbeFormat};
use crate::exit::{Error, Exit, complain};
use crate::interrupt::Interrupt;
use crate::output::{Output, width};
use crate::probing::{Asked, Driver, Recorder, Resume, Settings, Tally, tcp};
use crate::progress::TargetProgress;
use crate::targets::{Shard, Target, Targets, Wanted, system_resolver};
use crate::today::today;

pub(crate) fn run(options: &args::Probe) -> Result<Exit, Error> {
    let manner = &options.manner;
    let profile = super::audit::profile(&options.questions.profile)?;
    let date = today();
    let settings = Settings {
        config: config(options)?,
        rate: manner.rate,
        source: manner.source,
        source_port: manner.source_port.unwrap_or_default(),
    };
    let mut resume = manner
        .resume
        .as_deref()
        .map(|path| Resume::open(path, number(seed()?)));
    let mut resume = match resume.take() {
        Some(resume) => Some(resume?),
        None => None,
    };
    let order = match &resume {
        Some(resume) => resume.seed(),
        None => number(seed()?),
    };
    let mut targets = targets(options, order)?;
    for problem in targets.unresolved() {
        complain(problem);
    }
    let failed = !targets.unresolved().is_empty();
    let mut asked_before = Vec::new();
    if let Some(resume) = &mut resume {
        resume.of_list(targets.fingerprint())?;
        targets.skip_to(resume.first());
        asked_before = resume.beyond();
    }
    let interrupt = Interrupt::listen()?;
    let output = Output::open::<&str>(&options.view.output, &[])?;
    let name = output.name().to_owned();
    let quiet = &options.view.quiet;
    let show = !quiet.quiet && !quiet.no_progress && !output.is_terminal();
    let mut progress = TargetProgress::new(show, targets.size());
    let finished_before = targets.position() + asked_before.len() as u64;
    let mut writer = writer(options.view.format, output);
    let recorder = manner
        .write
        .as_deref()
        .map(|path| Recorder::create(path, manner.force));
    let recorder = recorder.transpose()?;
    let mut met = Met::default();
    let list = std::iter::from_fn(|| {
        loop {
            let position = targets.position();
            let target = targets.next()?;
            if asked_before.binary_search(&position).is_err() {
                return Some((position, probe_target(target)));
            }
        }
    });
    let mut done = |asked: Asked| {
        let judged = AuditedSubject::new(&peer_facts(&asked.report), &profile, &date);
        met.count(&asked.report);
        met.judge(&judged, options.questions.fail_on);
        writer
            .target(&asked.report, &judged.found)
            .map_err(|source| Error::write(&name, source))?;
        match &mut resume {
            Some(resume) if asked.finished => resume.finished(asked.position),
            _ => Ok(()),
        }
    };
    let mut tell = |tally: Tally| {
        let finished = finished_before + tally.finished;
        progress.show(finished, tally.sent, tally.received, tally.pause);
    };
    let seed = seed()?;
    let (_, recorder) = match manner.tcp {
        true => tcp::run(
            &settings, recorder, seed, list, &interrupt, &mut done, &mut tell,
        )?,
        false => {
            Driver::new(&settings, recorder, seed).run(list, &interrupt, &mut done, &mut tell)?
        }
    };
    progress.clear();
    if let Some(recorder) = recorder {
        recorder.finish()?;
    }
    if let Some(resume) = &mut resume {
        resume.save()?;
    }
    if met.targets == 0 && interrupt.is_set() {
        return Ok(Exit::Interrupted);
    }
    writer
        .finish()
        .map_err(|source| Error::write(&name, source))?;
    Ok(match met {
        _ if failed => Exit::Failed,
        Met { failing: 1.., .. } => Exit::Found,
        met => met.exit(),
    })
}

/// Peers that were asked for another command.
pub(super) struct Peers {
    /// What is known of each.
    pub(super) reports: Vec<Report>,
    /// How asking ended.
    pub(super) exit: Exit,
}

/// Asks peers everything that `probe` asks without options.
pub(super) fn peers(hosts: &[String]) -> Result<Peers, Error> {
    let settings = Settings {
        config: Config::default(),
        rate: USUAL_RATE,
        source: None,
        source_port: 0,
    };
    let wanted = Wanted {
        arguments: hosts,
        port: IKE,
        shard: Shard::WHOLE,
        yes: false,
        seed: number(seed()?),
    };
    let targets = Targets::read(&wanted, &system_resolver)?;
    for problem in targets.unresolved() {
        complain(problem);
    }
    let failed = !targets.unresolved().is_empty();
    let list = (0..).zip(targets.map(probe_target));
    let (mut met, mut reports) = (Met::default(), Vec::new());
    let mut done = |asked: Asked| {
        met.count(&asked.report);
        reports.push(asked.report);
        Ok(())
    };
    let interrupt = Interrupt::listen()?;
    Driver::new(&settings, None, seed()?).run(list, &interrupt, &mut done, &mut |_| {})?;
    let exit = match failed {
        true => Exit::Failed,
        false => met.exit(),
    };
    Ok(Peers { reports, exit })
}

fn probe_target(target: Target) -> ikescope_probe::Target {
    ikescope_probe::Target {
        name: target.name.to_string(),
        remote: target.address,
        local: None,
    }
}

/// What was met.
#[derive(Debug, Default)]
struct Met {
    targets: u64,
    unanswered: u64,
    failing: u64,
}

impl Met {
    /// Counts a target that fails at what `--fail-on` says.
    fn judge(&mut self, judged: &AuditedSubject, fail_on: Option<AuditFailOn>) {
        let least = fail_on.and_then(super::audit::severity);
        self.failing += u64::from(least.is_some_and(|least| judged.fails(least)));
    }

    /// Whether a target was silent in every version.
    const fn exit(&self) -> Exit {
        match self.unanswered {
            0 => Exit::Done,
            _ => Exit::Unanswered,
        }
    }

    fn count(&mut self, report: &Report) {
        self.targets += 1;
        let ikev1 = [&report.ikev1_main, &report.ikev1_aggressive];
        let answered = report.ikev2.as_ref().is_some_and(|ikev2| ikev2.answers)
            || ikev1.into_iter().flatten().any(|mode| mode.answers);
        self.unanswered += u64::from(!answered);
    }
}

fn config(options: &args::Probe) -> Result<Config, Error> {
    let questions = &options.questions;
    let protocols = match questions.ike {
        Some(1) => vec![Protocol::Ikev1Main, Protocol::Ikev1Aggressive],
        Some(_) => vec![Protocol::Ikev2],
        None => Config::default().protocols,
    };
    let mut config = Config {
        protocols,
        depth: match (questions.quick, questions.full) {
            (true, _) => Depth::Quick,
            (_, true) => Depth::Full,
            _ => Depth::Standard,
        },
        target_rate: options.manner.target_rate,
        max_message: options.manner.max_size.into(),
        fingerprint: questions.fingerprint,
        ..Config::default()
    };
    if options.manner.tcp {
        config.framing = Framing::Stream;
    }
    config.ikev1.identity.clone_from(&questions.id);
    if !questions.proposal.is_empty() {
        ask_only(&mut config, &questions.proposal)?;
    }
    Ok(config)
}

/// These proposals, in the versions that they are of.
fn ask_only(config: &mut Config, proposals: &[String]) -> Result<(), Error> {
    let named = Named::parse(proposals)
        .map_err(|problem| Error::Usage(format!("--proposal: {problem}")))?;
    config.protocols.retain(|protocol| match protocol {
        Protocol::Ikev2 => named.ikev2.is_some(),
        Protocol::Ikev1Main | Protocol::Ikev1Aggressive => named.ikev1.is_some(),
    });
    if config.protocols.is_empty() {
        let problem = "--proposal names nothing of the version that --ike leaves";
        return Err(Error::Usage(problem.to_owned()));
    }
    config.ikev2_only = named.ikev2;
    if let Some(universe) = named.ikev1 {
        config.ikev1.universe = universe;
        config.depth = Depth::Full;
    }
    Ok(())
}

fn targets(options: &args::Probe, order: u64) -> Result<Targets, Error> {
    let manner = &options.manner;
    let usual = match manner.nat_t || manner.tcp {
        true => NAT_TRAVERSAL,
        false => IKE,
    };
    let wanted = Wanted {
        arguments: &options.hosts,
        port: manner.port.unwrap_or(usual),
        shard: manner.shard,
        yes: manner.yes,
        seed: order,
    };
    Targets::read(&wanted, &system_resolver)
}

fn writer(format: ProbeFormat, output: Output) -> Box<dyn ProbeWriter> {
    let width = width();
    match format {
        ProbeFormat::Text => Box::new(ProbeTextWriter::new(output, width)),
        ProbeFormat::Json => Box::new(ProbeJsonWriter::new(output)),
        ProbeFormat::Ndjson => Box::new(ProbeNdjsonWriter::new(output)),
    }
}

/// Randomness of the operating system.
fn seed() -> Result<[u8; 32], Error> {
    let mut seed = [0; 32];
    File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut seed))
        .map_err(|error| Error::Unable(format!("no randomness: /dev/urandom: {error}")))?;
    Ok(seed)
}

fn number(seed: [u8; 32]) -> u64 {
    let octets = seed.iter().take(8);
    octets.fold(0, |number, octet| number << 8 | u64::from(*octet))
}

/// RFC 7296, section 2.
const IKE: u16 = 500;
/// UDP encapsulation of ESP and IKE (RFC 3948).
const NAT_TRAVERSAL: u16 = 4500;
/// Packets a second, as without `--rate`.
const USUAL_RATE: f64 = 1_000.0;
