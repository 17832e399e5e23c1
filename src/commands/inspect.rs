//! `ikescope inspect`: what is in these packets?

use std::io::{self, IsTerminal};

use clap::CommandFactory;
use clap::error::ErrorKind;
use ikescope_analysis::{Inspector, InspectorOptions, Observation};
use ikescope_capture::{CaptureError, Options, Stack, Timestamp};
use ikescope_report::{
    CaptureSummary, CsvWriter, JsonWriter, NdjsonWriter, PacketWriter, TextOptions, TextWriter,
    TimeColumn, TimeZone,
};

use crate::args::{Cli, Format, Inspect, Selection, Time, View};
use crate::exit::{Error, Exit, complain};
use crate::frame_filter::FrameFilter;
use crate::input::{self, Next, Opened, Source};
use crate::interrupt::Interrupt;
use crate::output::Output;
use crate::progress::Progress;

pub(crate) fn run(options: &Inspect) -> Result<Exit, Error> {
    require_input(options);
    let selection = &options.selection;
    let frames_filter = match &options.live.interface {
        None => selection
            .filter
            .as_deref()
            .map(FrameFilter::new)
            .transpose()?,
        Some(_) => None,
    };
    let interrupt = Interrupt::listen()?;
    let Opened {
        source,
        names,
        unreadable,
    } = open(options, &interrupt)?;
    let output = Output::open(&options.view.output, &options.inputs)?;
    let name = output.name().to_owned();
    let progress = !options.view.quiet && !options.view.no_progress && !output.is_terminal();
    let mut inspection = Inspection {
        selection,
        frames_filter,
        stack: Stack::new(Options::default()),
        inspector: Inspector::new(InspectorOptions {
            ports: selection.ports.clone(),
        }),
        writer: writer(&options.view, names.len() > 1, output),
        progress: Progress::new(progress),
        tally: Tally::default(),
        failed: unreadable.is_some(),
        unreadable,
    };
    let mut source = source;
    inspection.read(&mut source, &interrupt, &name)?;
    #[cfg(feature = "live")]
    if let Source::Live(listening) = &mut source {
        listening.tell_drops();
    }
    if interrupt.is_set() && inspection.tally.shown == 0 {
        return Ok(Exit::Interrupted);
    }
    inspection.finish(names, &name, options.view.quiet)
}

/// One run over a capture.
struct Inspection<'a> {
    selection: &'a Selection,
    frames_filter: Option<FrameFilter>,
    stack: Stack,
    inspector: Inspector,
    writer: Box<dyn PacketWriter>,
    progress: Progress,
    tally: Tally,
    /// Whether an input gave no packet.
    failed: bool,
    /// Why reading stopped early.
    unreadable: Option<String>,
}

/// What was met.
#[derive(Default)]
struct Tally {
    frames: u64,
    ipsec: u64,
    shown: u64,
    with_issues: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

impl Inspection<'_> {
    fn read(
        &mut self,
        source: &mut Source,
        interrupt: &Interrupt,
        output: &str,
    ) -> Result<(), Error> {
        loop {
            let frame = match source.next(interrupt) {
                Ok(Next::Frame(frame)) => frame,
                #[cfg(feature = "live")]
                Ok(Next::Quiet) => continue,
                Ok(Next::End) => return Ok(()),
                // What was cut by Ctrl-C is no fault of the input.
                Err(_) if interrupt.is_set() => return Ok(()),
                Err(error) => {
                    let ends = matches!(error, CaptureError::Live { .. });
                    self.note(&error);
                    if ends {
                        return Ok(());
                    }
                    continue;
                }
            };
            if let Some(filter) = &mut self.frames_filter
                && !filter.matches(&frame)?
            {
                continue;
            }
            self.tally.frames += 1;
            if frame.time.is_some() {
                self.tally.first = self.tally.first.or(frame.time);
                self.tally.last = frame.time;
            }
            let mut written = Ok(());
            let Self {
                selection,
                stack,
                inspector,
                writer,
                tally,
                ..
            } = self;
            stack.decode(&frame, &mut |datagram| {
                let observation = inspector.observe(&datagram);
                tally.count(&observation);
                if selection.wants(&observation) && written.is_ok() {
                    tally.shown += 1;
                    written = writer.packet(&observation);
                }
            });
            if written.is_ok() && source.may_wait() {
                written = self.writer.flush();
            }
            written.map_err(|source| Error::write(output, source))?;
            self.progress.tick(|| source.octets());
        }
    }

    /// Tells why an input ended early.
    fn note(&mut self, error: &CaptureError) {
        self.progress.clear();
        complain(error);
        self.failed |= input::packets_before(error) == 0;
        self.unreadable.get_or_insert(error.to_string());
    }

    fn finish(mut self, names: Vec<String>, output: &str, quiet: bool) -> Result<Exit, Error> {
        self.progress.clear();
        let place = names.join(", ");
        let summary = CaptureSummary {
            files: names,
            packets: self.tally.frames,
            first: self.tally.first,
            last: self.tally.last,
            unreadable: self.unreadable,
        };
        self.writer
            .finish(&summary)
            .map_err(|source| Error::write(output, source))?;
        tell_dropped(&self.stack);
        let code = if self.failed {
            Exit::Failed
        } else {
            Exit::Done
        };
        if self.tally.frames > 0 || !self.failed {
            self.tally.tell(self.selection, &place, quiet);
        }
        Ok(code)
    }
}

impl Tally {
    fn count(&mut self, observation: &Observation<'_>) {
        self.ipsec += u64::from(Selection::is_ipsec(observation));
        self.with_issues += u64::from(!observation.issues.is_empty());
    }

    /// A sentence on standard error: why nothing is shown, or for somebody at a terminal how much was.
    fn tell(&self, selection: &Selection, place: &str, quiet: bool) {
        let Self {
            frames,
            ipsec,
            shown,
            with_issues,
            ..
        } = self;
        let frames = counted(*frames, "packet");
        if *ipsec == 0 {
            let hint = if selection.all {
                ""
            } else {
                " (try --port N, or --all to see everything)"
            };
            complain(&format_args!("no IPsec in {frames} of {place}{hint}"));
        } else if *shown == 0 && selection.narrows() {
            complain(&format_args!(
                "none of the {} of IPsec in {place} match --host, --spi or --frames",
                counted(*ipsec, "packet")
            ));
        } else if !quiet && io::stderr().is_terminal() {
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

/// Bounds that were reached: what was given up is not in the result.
fn tell_dropped(stack: &Stack) {
    let dropped = stack.dropped();
    if dropped.crowded_datagrams > 0 {
        complain(&format_args!(
            "{} were given up because too many were open at once",
            counted(dropped.crowded_datagrams, "fragmented IP datagram")
        ));
    }
    if dropped.streams > 0 {
        complain(&format_args!(
            "{} were forgotten because too many were open at once",
            counted(dropped.streams, "TCP stream")
        ));
    }
}

fn counted(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// Ends the program if nothing was named to read.
fn require_input(options: &Inspect) {
    if !options.inputs.is_empty() || options.live.interface.is_some() {
        return;
    }
    let what = if io::stdin().is_terminal() {
        "no INPUT: name a capture file, for instance `ikescope inspect capture.pcapng`, or an interface with -i"
    } else {
        "no INPUT: to read standard input say so, for instance `tcpdump -w - | ikescope inspect -`"
    };
    let mut command = Cli::command();
    command.build();
    let inspect = command.find_subcommand_mut("inspect");
    match inspect {
        Some(inspect) => inspect
            .error(ErrorKind::MissingRequiredArgument, what)
            .exit(),
        None => command
            .error(ErrorKind::MissingRequiredArgument, what)
            .exit(),
    }
}

fn open(options: &Inspect, interrupt: &Interrupt) -> Result<Opened, Error> {
    match &options.live.interface {
        Some(interface) => open_live(interface, options),
        None => input::open_files(&options.inputs, interrupt),
    }
}

#[cfg(feature = "live")]
fn open_live(interface: &str, options: &Inspect) -> Result<Opened, Error> {
    let listening = crate::live::Listening::open(interface, &options.live, &options.selection)?;
    Ok(Opened {
        source: Source::Live(Box::new(listening)),
        names: vec![interface.to_owned()],
        unreadable: None,
    })
}

#[cfg(not(feature = "live"))]
fn open_live(_: &str, _: &Inspect) -> Result<Opened, Error> {
    Err(Error::Unable(crate::exit::WITHOUT_LIVE.to_owned()))
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
    let width = terminal_size::terminal_size().map_or(PIPE_WIDTH, |(width, _)| width.0.into());
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

/// Columns where there is no terminal to ask.
const PIPE_WIDTH: usize = 100;
