//! `ikescope inspect`: what is in these packets?

use std::io::{self, IsTerminal};

use ikescope_analysis::Observation;
use ikescope_capture::Frame;
use ikescope_report::{
    CsvWriter, JsonWriter, NdjsonWriter, PacketWriter, TextOptions, TextWriter, TimeColumn,
    TimeZone, counted,
};

use crate::args::{Format, Inspect, Time, View};
use crate::exit::{Error, Exit, complain};
use crate::output::{Output, width};
use crate::reading::{Consumer, Ended, Reading};

pub(crate) fn run(options: &Inspect) -> Result<Exit, Error> {
    let mut reading = Reading::open(
        "inspect",
        &options.input,
        &options.selection,
        options.all,
        false,
    )?;
    reading.open_with(&options.keys, options.unverified)?;
    let output = Output::open(&options.view.output, &options.input.inputs)?;
    let name = output.name().to_owned();
    reading.show_progress(&options.view.quiet, output.is_terminal());
    let mut inspection = Inspection {
        options,
        writer: writer(&options.view, reading.names().len() > 1, output),
        name,
        tally: Tally::default(),
    };
    let ended = reading.run(&mut inspection)?;
    if ended.interrupted && inspection.tally.shown == 0 {
        return Ok(Exit::Interrupted);
    }
    inspection.finish(&ended)
}

/// One run over a capture.
struct Inspection<'a> {
    options: &'a Inspect,
    writer: Box<dyn PacketWriter>,
    /// What the writer writes to, as it is called in messages.
    name: String,
    tally: Tally,
}

/// What was met.
#[derive(Default)]
struct Tally {
    ipsec: u64,
    shown: u64,
    with_issues: u64,
}

impl Consumer for Inspection<'_> {
    fn observe(&mut self, _: &Frame<'_>, observation: &Observation<'_>) -> Result<(), Error> {
        self.tally.count(observation);
        if !self.wants(observation) {
            return Ok(());
        }
        self.tally.shown += 1;
        let written = self.writer.packet(observation);
        written.map_err(|source| Error::write(&self.name, source))
    }

    fn pause(&mut self) -> Result<(), Error> {
        let flushed = self.writer.flush();
        flushed.map_err(|source| Error::write(&self.name, source))
    }
}

impl Inspection<'_> {
    fn wants(&self, observation: &Observation<'_>) -> bool {
        (self.options.all || observation.is_ipsec()) && self.options.selection.wants(observation)
    }

    fn finish(mut self, ended: &Ended) -> Result<Exit, Error> {
        let written = self.writer.finish(&ended.summary);
        written.map_err(|source| Error::write(&self.name, source))?;
        if ended.has_packets() {
            self.tally.tell(self.options, ended);
        }
        Ok(ended.exit())
    }
}

impl Tally {
    fn count(&mut self, observation: &Observation<'_>) {
        self.ipsec += u64::from(observation.is_ipsec());
        self.with_issues += u64::from(!observation.issues.is_empty());
    }

    /// A sentence on standard error: why nothing is shown, or for somebody at a terminal how much was.
    fn tell(&self, options: &Inspect, ended: &Ended) {
        let Self {
            ipsec,
            shown,
            with_issues,
        } = self;
        let frames = counted(ended.summary.packets, "packet");
        let place = ended.place();
        if *ipsec == 0 {
            let or = if options.all {
                ""
            } else {
                ", or --all to see everything"
            };
            complain(&ended.nothing(or));
        } else if *shown == 0 && options.selection.narrows() {
            complain(&format_args!(
                "none of the {} of IPsec in {place} match --host, --spi or --frames",
                counted(*ipsec, "packet")
            ));
        } else if !options.view.quiet.quiet && io::stderr().is_terminal() {
            let issues = match with_issues {
                0 => String::new(),
                _ => format!(", {with_issues} with issues"),
            };
            complain(&format_args!(
                "{shown} shown of {frames}, {ipsec} of IPsec{issues}"
            ));
        }
    }
}

fn writer(view: &View, several_files: bool, output: Output) -> Box<dyn PacketWriter> {
    match view.format {
        Format::Text => Box::new(TextWriter::new(output, text_options(view, several_files))),
        Format::Json => Box::new(JsonWriter::new(output)),
        Format::Ndjson => Box::new(NdjsonWriter::new(output)),
        Format::Csv => Box::new(CsvWriter::new(output)),
    }
}

fn text_options(view: &View, several_files: bool) -> TextOptions {
    let width = width();
    TextOptions {
        time: match view.time {
            Time::Utc => TimeColumn::Utc,
            Time::Local => TimeColumn::Local(TimeZone::system()),
            Time::Relative => TimeColumn::Relative,
            Time::Delta => TimeColumn::Delta,
        },
        verbose: view.verbose,
        octets: view.hex,
        color: colored::control::SHOULD_COLORIZE.should_colorize(),
        width,
        several_files,
    }
}
