//! `ikescope probe`: what does this peer accept?

use std::fs::File;
use std::io::Read;

use ikescope_probe::{Config, Depth, Protocol, Report};
use ikescope_report::{ProbeJsonWriter, ProbeNdjsonWriter, ProbeTextWriter, ProbeWriter};

use crate::args::{self, ProbeFormat};
use crate::exit::{Error, Exit, complain};
use crate::interrupt::Interrupt;
use crate::output::Output;
use crate::targets::{Shard, Targets, Wanted, system_resolver};
use crate::udp::{Udp, UdpOptions};

pub(crate) fn run(options: &args::Probe) -> Result<Exit, Error> {
    let config = config(options)?;
    let mut targets = targets(options)?;
    for problem in targets.unresolved() {
        complain(problem);
    }
    let failed = !targets.unresolved().is_empty();
    let interrupt = Interrupt::listen()?;
    let output = Output::open::<&str>(&options.view.output, &[])?;
    let name = output.name().to_owned();
    let mut writer = writer(options.view.format, output);
    let mut udp = Udp::new(UdpOptions {
        rate: options.manner.rate,
        source: options.manner.source,
        source_port: options.manner.source_port.unwrap_or_default(),
    });
    let mut tally = Tally::default();
    udp.run(
        &interrupt,
        |udp| {
            let Some(target) = targets.next() else {
                return Ok(None);
            };
            let target = ikescope_probe::Target {
                name: target.name.to_string(),
                remote: target.address,
                local: udp.local(target.address)?,
            };
            Ok(Some(ikescope_probe::Probe::new(
                config.clone(),
                target,
                seed()?,
            )))
        },
        |report| {
            tally.count(report);
            writer
                .target(report)
                .map_err(|source| Error::write(&name, source))
        },
    )?;
    writer
        .finish()
        .map_err(|source| Error::write(&name, source))?;
    Ok(match tally {
        Tally { targets: 0, .. } if interrupt.is_set() => Exit::Interrupted,
        _ if failed => Exit::Failed,
        Tally {
            unanswered: 1.., ..
        } => Exit::Unanswered,
        _ => Exit::Done,
    })
}

/// What was met.
#[derive(Debug, Default)]
struct Tally {
    targets: u64,
    unanswered: u64,
}

impl Tally {
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
        ..Config::default()
    };
    config.ikev1.identity.clone_from(&questions.id);
    Ok(config)
}

fn targets(options: &args::Probe) -> Result<Targets, Error> {
    let shard = match &options.manner.shard {
        Some(text) => text.parse().map_err(Error::Usage)?,
        None => Shard::WHOLE,
    };
    let seed = seed()?
        .iter()
        .take(8)
        .fold(0, |number, octet| number << 8 | u64::from(*octet));
    let wanted = Wanted {
        arguments: &options.hosts,
        port: if options.manner.nat_t {
            NAT_TRAVERSAL
        } else {
            options.manner.port
        },
        shard,
        yes: options.manner.yes,
        seed,
    };
    Targets::read(&wanted, &system_resolver)
}

fn writer(format: ProbeFormat, output: Output) -> Box<dyn ProbeWriter> {
    let width = terminal_size::terminal_size().map_or(PIPE_WIDTH, |(width, _)| width.0.into());
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

/// UDP encapsulation of ESP and IKE (RFC 3948).
const NAT_TRAVERSAL: u16 = 4500;
/// Columns where there is no terminal to ask.
const PIPE_WIDTH: usize = 100;
