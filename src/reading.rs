//! Reading a capture from its first frame to its last, the same for every command.

use std::convert::identity;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::CommandFactory;
use clap::error::ErrorKind;
use ikescope_analysis::opening::{Opener, OpenerOptions};
use ikescope_analysis::{EspPacket, Inspector, InspectorOptions, Observation};
#[cfg(feature = "live")]
use ikescope_capture::Timestamp;
use ikescope_capture::{Arrival, CaptureError, Frame, Glanced, Inputs, Options, Stack};
use ikescope_report::{CaptureSummary, counted};

use crate::args::{Cli, Input, Keys, Quiet, Selection};
use crate::exit::{Error, Exit, complain};
use crate::frame_filter::FrameFilter;
use crate::input::{self, Next, Opened, Source};
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::secrets;

/// What a command does with packets.
pub(crate) trait Consumer {
    /// Takes a frame that need not be looked at further. Says whether it did.
    fn take(&mut self, _: &Frame<'_>) -> Result<bool, Error> {
        Ok(false)
    }

    /// The next packets, where a glance at their frames is enough.
    fn esp(&mut self, _: &[EspPacket], _: &mut Inspector) -> Result<(), Error> {
        Ok(())
    }

    /// The same packet before, for a consumer that opens what is encrypted by itself.
    fn prepare(&mut self, _frame: &Frame<'_>, _observation: &mut Observation<'_>) {}

    /// The next packet, and the frame that carried or completed it.
    fn observe(&mut self, frame: &Frame<'_>, observation: &Observation<'_>) -> Result<(), Error>;

    /// No packet came until this time.
    #[cfg(feature = "live")]
    fn quiet(&mut self, _: Timestamp) -> Result<(), Error> {
        Ok(())
    }

    /// The next packet may be long in coming: what is known should be shown.
    fn pause(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

/// A capture that is being read.
pub(crate) struct Reading {
    source: Source,
    /// Files that can be read twice.
    files: Option<Vec<PathBuf>>,
    frames_filter: Option<FrameFilter>,
    /// Whether a glance at ESP is enough.
    glance: bool,
    opener: Option<Opening>,
    stack: Stack,
    inspector: Inspector,
    progress: Progress,
    interrupt: Interrupt,
    summary: CaptureSummary,
    /// Whether an input gave no packet.
    failed: bool,
}

/// What opens encrypted payloads and packets.
pub(crate) struct Opening {
    pub(crate) opener: Opener,
    learning: Learning,
}

/// How the keys become known that follow from messages.
enum Learning {
    /// There are none that are not known.
    Done,
    /// Packets are learnt as they come, because they come once.
    AsTheyCome,
    /// The files are read before, once something needs it, so that nothing depends on the order of packets.
    Ahead(Box<Ahead>),
}

/// What reads files before they are read for their packets.
struct Ahead {
    files: Vec<PathBuf>,
    inspector: Inspector,
    interrupt: Interrupt,
}

/// How a capture ended.
pub(crate) struct Ended {
    /// Files, packets, times, and why reading stopped early.
    pub(crate) summary: CaptureSummary,
    /// Whether an input gave no packet.
    pub(crate) failed: bool,
    /// Whether Ctrl-C ended it.
    pub(crate) interrupted: bool,
}

impl Reading {
    /// Opens what the user named. `everything` is for live capture: also packets that cannot be of IPsec. With
    /// `glance` the consumer gets no more of ESP packets than a look tells, where that is possible.
    pub(crate) fn open(
        command: &str,
        input: &Input,
        selection: &Selection,
        everything: bool,
        glance: bool,
    ) -> Result<Self, Error> {
        require_input(command, input);
        let frames_filter = match (&selection.filter, &input.live.interface) {
            (Some(expression), None) => Some(FrameFilter::new(expression)?),
            // The kernel filters what comes from an interface.
            _ => None,
        };
        let interrupt = Interrupt::listen()?;
        let opened = match &input.live.interface {
            Some(interface) => open_live(interface, input, selection, everything),
            None => {
                // A filter looks at frames.
                let glance = glance && frames_filter.is_none();
                input::open_files(&input.inputs, glance, &interrupt)
            }
        }?;
        let Opened {
            source,
            names,
            unreadable,
        } = opened;
        let files = input.inputs.iter().all(|path| path.is_file());
        Ok(Self {
            source,
            files: (files && input.live.interface.is_none()).then(|| input.inputs.clone()),
            frames_filter,
            glance,
            opener: None,
            stack: Stack::new(Options::default()),
            inspector: Inspector::new(InspectorOptions {
                ports: selection.ports.clone(),
            }),
            progress: Progress::new(false),
            interrupt,
            failed: unreadable.is_some(),
            summary: CaptureSummary {
                files: names,
                packets: 0,
                first: None,
                last: None,
                unreadable,
            },
        })
    }

    /// Opens what is encrypted with these keys, and without a check if `unverified`. Without any key nothing changes.
    pub(crate) fn open_with(&mut self, keys: &Keys, unverified: bool) -> Result<(), Error> {
        if keys.are_given() || unverified {
            self.opener = Some(self.opening(keys, unverified)?);
        }
        Ok(())
    }

    /// As [`Self::open_with`], for a consumer that opens by itself.
    pub(crate) fn opening(&self, keys: &Keys, unverified: bool) -> Result<Opening, Error> {
        let opener = Opener::new(secrets::load(keys)?, OpenerOptions { unverified });
        let learning = match (&self.files, opener.learns()) {
            (_, false) => Learning::Done,
            (None, true) => Learning::AsTheyCome,
            (Some(files), true) => Learning::Ahead(Box::new(Ahead {
                files: files.clone(),
                inspector: self.inspector.anew(),
                interrupt: self.interrupt.clone(),
            })),
        };
        Ok(Opening { opener, learning })
    }

    /// The inputs as they were named, by index.
    pub(crate) fn names(&self) -> &[String] {
        &self.summary.files
    }

    /// Shows progress, unless the user wants quiet or `somebody_watches` the result as it comes.
    pub(crate) fn show_progress(&mut self, quiet: &Quiet, somebody_watches: bool) {
        let wanted = !quiet.quiet && !quiet.no_progress && !somebody_watches;
        self.progress = Progress::new(wanted);
    }

    /// Reads to the end, or to Ctrl-C.
    pub(crate) fn run(mut self, consumer: &mut impl Consumer) -> Result<Ended, Error> {
        self.read(consumer)?;
        self.progress.clear();
        #[cfg(feature = "live")]
        if let Source::Live(listening) = &mut self.source {
            listening.tell_drops();
        }
        tell_dropped(&self.stack);
        Ok(Ended {
            summary: self.summary,
            failed: self.failed,
            interrupted: self.interrupt.is_set(),
        })
    }

    fn read(&mut self, consumer: &mut impl Consumer) -> Result<(), Error> {
        loop {
            let arrival = match self.source.next(&self.interrupt) {
                Ok(Next::Arrival(arrival)) => arrival,
                #[cfg(feature = "live")]
                Ok(Next::Quiet) => {
                    consumer.quiet(crate::today::now())?;
                    continue;
                }
                Ok(Next::End) => return Ok(()),
                // What was cut by Ctrl-C is no fault of the input.
                Err(_) if self.interrupt.is_set() => return Ok(()),
                Err(error) => {
                    let ends = matches!(error, CaptureError::Live { .. });
                    self.note(&error);
                    if ends {
                        return Ok(());
                    }
                    continue;
                }
            };
            let glanced;
            let (esp, frame) = match arrival {
                Arrival::Glanced(packets) => (packets, None),
                Arrival::Frame(frame) => {
                    if let Some(filter) = &mut self.frames_filter
                        && !filter.matches(&frame)?
                    {
                        continue;
                    }
                    glanced = self.glance.then(|| EspPacket::glance(&frame)).flatten();
                    (glanced.as_slice(), Some(frame))
                }
            };
            let times = || esp.iter().map(|packet| packet.time);
            let (packets, first, last) = match &frame {
                Some(frame) => (1, frame.time, frame.time),
                None => (
                    esp.len(),
                    times().find_map(identity),
                    times().rev().find_map(identity),
                ),
            };
            self.summary.packets += packets as u64;
            self.summary.first = self.summary.first.or(first);
            self.summary.last = last.or(self.summary.last);
            let inspector = &mut self.inspector;
            if !esp.is_empty() {
                consumer.esp(esp, inspector)?;
            } else if let Some(frame) = frame
                && !consumer.take(&frame)?
            {
                let mut consumed = Ok(());
                let opening = &mut self.opener;
                self.stack.decode(&frame, &mut |datagram| {
                    if consumed.is_ok() {
                        let mut observation = inspector.observe(&datagram);
                        if let Some(opening) = opening {
                            opening.open(&mut observation, &frame);
                        }
                        consumer.prepare(&frame, &mut observation);
                        consumed = consumer.observe(&frame, &observation);
                    }
                });
                consumed?;
            }
            if self.source.may_wait() {
                consumer.pause()?;
            }
            self.progress.tick(|| self.source.octets());
        }
    }

    /// Tells why an input ended early.
    fn note(&mut self, error: &CaptureError) {
        self.progress.clear();
        complain(error);
        self.failed |= input::packets_before(error) == 0;
        self.summary
            .unreadable
            .get_or_insert_with(|| error.to_string());
    }
}

impl Opening {
    /// Opens a packet. `frame` is what carried or completed it.
    pub(crate) fn open(&mut self, observation: &mut Observation<'_>, frame: &Frame<'_>) {
        match &self.learning {
            Learning::Done => {}
            Learning::AsTheyCome => self.opener.learn(observation),
            Learning::Ahead(_) => {
                if !self.opener.awaits(observation) {
                    self.opener.open(observation, frame.octets);
                    if !observation.is_unverified() {
                        return;
                    }
                    observation.esp_closed = None;
                }
                self.learn_ahead();
            }
        }
        self.opener.open(observation, frame.octets);
    }

    /// What is wrong with an input is told when it is read for its packets.
    fn learn_ahead(&mut self) {
        let Learning::Ahead(mut ahead) = std::mem::replace(&mut self.learning, Learning::Done)
        else {
            return;
        };
        let Ok(mut inputs) = Inputs::open(&ahead.files) else {
            return;
        };
        let mut stack = Stack::new(Options::default());
        while !ahead.interrupt.is_set() {
            match inputs.next() {
                Ok(Some(frame)) => stack.decode(&frame, &mut |datagram| {
                    self.opener.learn(&ahead.inspector.observe(&datagram));
                }),
                Ok(None) => break,
                Err(_) => {}
            }
        }
    }
}

impl Ended {
    /// The code of a command that did what it could with the capture.
    pub(crate) fn exit(&self) -> Exit {
        if self.failed {
            Exit::Failed
        } else {
            Exit::Done
        }
    }

    /// Whether there was anything to look at, rather than only an error that was told.
    pub(crate) fn has_packets(&self) -> bool {
        self.summary.packets > 0 || !self.failed
    }

    /// Why nothing of IPsec is shown, and what may help; `or` is what helps beside another port.
    pub(crate) fn nothing(&self, or: &str) -> String {
        let place = self.place();
        match self.summary.packets {
            0 => format!(
                "no packet at all in {place}: does its capture filter fit, and is it the interface that has the tunnel?"
            ),
            packets => format!(
                "no IPsec in {} of {place} (try --port N{or})",
                counted(packets, "packet")
            ),
        }
    }

    /// The inputs in one line.
    pub(crate) fn place(&self) -> String {
        self.summary.files.join(", ")
    }
}

/// Bounds that were reached: what was given up is not in the result.
fn tell_dropped(stack: &Stack) {
    let dropped = stack.dropped();
    if let Some((link, frames)) = dropped.unknown_link {
        complain(&format_args!(
            "{link} is not decoded, so {} stayed unread; capture on an interface with IP, or convert with `editcap -T`",
            counted(frames, "packet")
        ));
    }
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

/// Ends the program if nothing was named to read.
fn require_input(command: &str, input: &Input) {
    if !input.inputs.is_empty() || input.live.interface.is_some() {
        return;
    }
    let what = if io::stdin().is_terminal() {
        format!(
            "no INPUT: name a capture file, for instance `ikescope {command} capture.pcapng`, or an interface with -i"
        )
    } else {
        format!(
            "no INPUT: to read standard input say so, for instance `tcpdump -w - | ikescope {command} -`"
        )
    };
    usage(command, &what)
}

/// Ends the program with a word on how the command is used.
pub(crate) fn usage(command: &str, what: &str) -> ! {
    let mut program = Cli::command();
    program.build();
    let kind = ErrorKind::MissingRequiredArgument;
    match program.find_subcommand_mut(command) {
        Some(command) => command.error(kind, what).exit(),
        None => program.error(kind, what).exit(),
    }
}

#[cfg(feature = "live")]
fn open_live(
    interface: &str,
    input: &Input,
    selection: &Selection,
    everything: bool,
) -> Result<Opened, Error> {
    let listening = crate::live::Listening::open(interface, &input.live, selection, everything)?;
    Ok(Opened {
        source: Source::Live(Box::new(listening)),
        names: vec![interface.to_owned()],
        unreadable: None,
    })
}

#[cfg(not(feature = "live"))]
fn open_live(_: &str, _: &Input, _: &Selection, _: bool) -> Result<Opened, Error> {
    Err(Error::Unable(crate::exit::WITHOUT_LIVE.to_owned()))
}
