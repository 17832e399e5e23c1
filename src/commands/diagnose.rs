//! `ikescope diagnose`: which tunnels are there, what happened to each, why, what to check?

use std::io;

use ikescope_analysis::diagnosis::{self, Comparison, Diagnosis, Severity};
use ikescope_analysis::tunnels::{
    Finished, Flow, Surroundings, Tracker, Tunnel, find_nat_addresses,
};
use ikescope_analysis::{EspPacket, Inspector, Observation};
use ikescope_capture::Frame;
#[cfg(feature = "live")]
use ikescope_capture::Timestamp;
use ikescope_report::{
    DiagnoseJsonWriter, DiagnoseNdjsonWriter, DiagnoseTextOptions, DiagnoseTextWriter,
    DiagnoseWriter, Judged, Overview, Prepare, TimeColumn, TimeZone, counted,
};

use crate::args::{Diagnose, DiagnoseFormat, FailOn, Selection, Time};
use crate::exit::{Error, Exit, complain};
use crate::output::{Output, width};
use crate::reading::{Consumer, Ended, Reading};

pub(crate) fn run(options: &Diagnose) -> Result<Exit, Error> {
    let (input, selection) = (&options.input, &options.selection);
    // With keys, ESP must be looked into.
    let glance = !options.keys.are_given();
    let mut reading = Reading::open("diagnose", input, selection, false, glance)?;
    reading.open_with(&options.keys, false)?;
    let output = Output::open(&options.output, &options.input.inputs)?;
    let name = output.name().to_owned();
    // Nothing of a text or a document is shown before the end.
    let watched = output.is_terminal() && options.format == DiagnoseFormat::Ndjson;
    reading.show_progress(&options.quiet, watched);
    let mut diagnosing = Diagnosing {
        options,
        tracker: Tracker::new(options.format == DiagnoseFormat::Ndjson),
        writer: writer(options, output),
        name,
        worst: None,
        shown: 0,
        tunnels: 0,
    };
    let ended = reading.run(&mut diagnosing)?;
    diagnosing.finish(&ended)
}

/// One run over a capture.
struct Diagnosing<'a> {
    options: &'a Diagnose,
    tracker: Tracker,
    writer: Box<dyn DiagnoseWriter>,
    /// What the writer writes to, as it is called in messages.
    name: String,
    worst: Option<Severity>,
    shown: u64,
    tunnels: u64,
}

impl Consumer for Diagnosing<'_> {
    fn esp(&mut self, packets: &[EspPacket], inspector: &mut Inspector) -> Result<(), Error> {
        for packet in packets {
            let duplicate = inspector.duplicate_of(packet).is_some();
            if self.options.selection.wants_frame(packet.frame.number) {
                self.tracker.esp(packet, duplicate);
                self.ended()?;
            }
        }
        Ok(())
    }

    fn observe(&mut self, _: &Frame<'_>, observation: &Observation<'_>) -> Result<(), Error> {
        if !self.options.selection.wants_frame(observation.frame.number) {
            return Ok(());
        }
        self.tracker.observe(observation);
        self.ended()
    }

    #[cfg(feature = "live")]
    fn quiet(&mut self, now: Timestamp) -> Result<(), Error> {
        self.tracker.quiet(now);
        self.ended()?;
        self.pause()
    }

    fn pause(&mut self) -> Result<(), Error> {
        let flushed = self.writer.flush();
        flushed.map_err(|source| Error::write(&self.name, source))
    }
}

impl Diagnosing<'_> {
    fn ended(&mut self) -> Result<(), Error> {
        match self.tracker.ended() {
            Some(finished) => self.tunnels(finished).map(drop),
            None => Ok(()),
        }
    }

    /// Diagnoses and writes tunnels that have ended.
    fn tunnels(&mut self, mut finished: Finished) -> Result<Finished, Error> {
        if self.options.find_nat_address {
            for tunnel in &mut finished.tunnels {
                find_nat_addresses(tunnel);
            }
        }
        let (prepare, selection) = (self.writer.preparation(), &self.options.selection);
        let mut written = Ok(());
        let judge = |tunnel: &Tunnel, around: &Surroundings<'_>| {
            wants_tunnel(selection, tunnel).then(|| judged(tunnel, around, prepare))
        };
        finished.for_each(judge, |tunnel, judged| {
            self.tunnels += 1;
            if let (Ok(()), Some(judged)) = (&written, judged) {
                written = judged.and_then(|judged| self.tunnel(tunnel, &judged));
            }
        });
        written.map_err(|source| Error::write(&self.name, source))?;
        Ok(finished)
    }

    fn tunnel(&mut self, tunnel: &Tunnel, judged: &Judged) -> io::Result<()> {
        self.shown += 1;
        self.note(&judged.diagnoses);
        self.writer.tunnel(tunnel, judged)
    }

    fn note(&mut self, diagnoses: &[Diagnosis]) {
        let worst = diagnoses.iter().map(|diagnosis| diagnosis.severity).max();
        self.worst = self.worst.max(worst);
    }

    fn finish(mut self, ended: &Ended) -> Result<Exit, Error> {
        let tracker = std::mem::take(&mut self.tracker);
        let mut finished = self.tunnels(tracker.finish())?;
        if ended.interrupted && self.shown == 0 && finished.flows.is_empty() {
            return Ok(Exit::Interrupted);
        }
        let diagnoses = finished.with_surroundings(diagnosis::diagnose_capture);
        self.note(&diagnoses);
        finished
            .flows
            .retain(|flow| wants_flow(&self.options.selection, flow));
        let overview = Overview {
            summary: &ended.summary,
            facts: &finished.capture,
            flows: &finished.flows,
            diagnoses: &diagnoses,
            not_selected: self.tunnels - self.shown,
        };
        let written = self.writer.finish(&overview);
        written.map_err(|source| Error::write(&self.name, source))?;
        if ended.has_packets() {
            self.tell(ended, &finished);
        }
        // The program ends here: to give back thousands of tunnels one by one would only take time.
        std::mem::forget(finished);
        Ok(self.exit(ended))
    }

    fn exit(&self, ended: &Ended) -> Exit {
        let level = match self.options.fail_on {
            FailOn::Failure => Some(Severity::Failure),
            FailOn::Warning => Some(Severity::Warning),
            FailOn::Never => None,
        };
        let found = level.is_some_and(|level| self.worst.is_some_and(|worst| worst >= level));
        match ended.exit() {
            Exit::Done if found => Exit::Found,
            other => other,
        }
    }

    /// A sentence on standard error: why nothing is shown, or what is not in the result.
    fn tell(&self, ended: &Ended, finished: &Finished) {
        let facts = &finished.capture;
        let place = ended.place();
        let ipsec = facts.ike_messages + facts.esp_packets + facts.ah_packets;
        if ipsec == 0 && facts.tcp.is_empty() {
            complain(&ended.nothing(""));
        } else if self.shown == 0 && self.tunnels > 0 {
            complain(&match self.tunnels {
                1 => format!("the one tunnel in {place} does not match --host or --spi"),
                number => {
                    format!("none of the {number} tunnels in {place} matches --host or --spi")
                }
            });
        }
        if facts.crowded > 0 {
            complain(&format_args!(
                "{} were judged before their end because too many were open at once",
                counted(facts.crowded, "tunnel")
            ));
        }
        if facts.forgotten_flows > 0 {
            complain(&format_args!(
                "{} of ESP and AH were not counted because there were too many SPIs",
                counted(facts.forgotten_flows, "packet")
            ));
        }
    }
}

/// What explains a tunnel, and what can be written of it already.
fn judged(
    tunnel: &Tunnel,
    around: &Surroundings<'_>,
    prepare: Option<Prepare>,
) -> io::Result<Judged> {
    let diagnoses = diagnosis::diagnose(tunnel, around);
    let mut prepared = Vec::new();
    if let Some(prepare) = prepare {
        prepared.reserve(ROOM);
        prepare(tunnel, &diagnoses, &mut prepared)?;
    }
    Ok(Judged {
        comparison: mismatch(tunnel, around, &diagnoses),
        diagnoses,
        prepared,
    })
}

/// The offers of both sides, where the best explanation is that they do not go together.
fn mismatch(
    tunnel: &Tunnel,
    around: &Surroundings<'_>,
    diagnoses: &[Diagnosis],
) -> Option<Comparison> {
    let first = diagnoses.first()?;
    let is_of = |ids: &[&str]| ids.contains(&first.declaration.id);
    if is_of(ABOUT_OFFERS) {
        diagnosis::comparison(tunnel, around)
    } else if is_of(ABOUT_CHILDREN) {
        diagnosis::child_comparison(tunnel, around, first)
    } else {
        None
    }
}

fn wants_tunnel(selection: &Selection, tunnel: &Tunnel) -> bool {
    let host = selection.hosts.is_empty()
        || selection.hosts.iter().any(|host| {
            let ends = [tunnel.initiator.address, tunnel.responder.address];
            let moved = tunnel
                .messages
                .iter()
                .flat_map(|message| [message.ends.src.address, message.ends.dst.address]);
            ends.into_iter()
                .chain(moved)
                .any(|address| host.contains(address))
        });
    let spi = selection.spis.is_empty()
        || selection.spis.iter().any(|wanted| {
            let ike = [Some(tunnel.initiator_spi), tunnel.responder_spi];
            let esp = tunnel
                .children
                .iter()
                .flat_map(|child| [child.spi_initiator, child.spi_responder]);
            ike.into_iter().flatten().any(|spi| wanted.is_ike(spi))
                || esp.flatten().any(|spi| wanted.is_esp(spi))
        });
    host && spi
}

fn wants_flow(selection: &Selection, flow: &Flow) -> bool {
    let host = selection.hosts.is_empty()
        || selection
            .hosts
            .iter()
            .any(|host| host.contains(flow.src.address) || host.contains(flow.dst.address));
    let spi =
        selection.spis.is_empty() || selection.spis.iter().any(|wanted| wanted.is_esp(flow.spi));
    host && spi
}

fn writer(options: &Diagnose, output: Output) -> Box<dyn DiagnoseWriter> {
    match options.format {
        DiagnoseFormat::Text => Box::new(DiagnoseTextWriter::new(output, text_options(options))),
        DiagnoseFormat::Json => Box::new(DiagnoseJsonWriter::new(output)),
        DiagnoseFormat::Ndjson => Box::new(DiagnoseNdjsonWriter::new(output)),
    }
}

fn text_options(options: &Diagnose) -> DiagnoseTextOptions {
    DiagnoseTextOptions {
        time: match options.time {
            Time::Utc => TimeColumn::Utc,
            Time::Local => TimeColumn::Local(TimeZone::system()),
            Time::Relative => TimeColumn::Relative,
            Time::Delta => TimeColumn::Delta,
        },
        verbose: options.verbose,
        color: colored::control::SHOULD_COLORIZE.should_colorize(),
        width: width(),
        several_files: options.input.inputs.len() > 1,
    }
}

/// Diagnoses that the offers of both sides explain.
const ABOUT_OFFERS: &[&str] = &[
    "no-proposal-chosen-init",
    "no-proposal-chosen-main",
    "proposal-mismatch-silent",
    "legacy-only-offer",
    "auth-method-mismatch-v1",
    "lifetime-mismatch-v1",
    "key-length-attribute",
    "aead-integ-mix",
    "dh-group-unacceptable",
    "invalid-ke-loop",
    "too-many-proposals",
    "pq-multi-ke-unsupported",
];

/// Diagnoses that the offers of both sides for a child explain, where they can be read.
const ABOUT_CHILDREN: &[&str] = &[
    "qm-no-proposal",
    "qm-pfs-mismatch",
    "child-no-proposal-in-auth",
    "esn-mismatch",
    "additional-child-refused",
    "rekey-pfs-mismatch",
];

/// Octets of most tunnels as JSON.
const ROOM: usize = 4_096;
