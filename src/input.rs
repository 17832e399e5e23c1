//! Files, standard input and interfaces as one source of frames.

use std::path::{Path, PathBuf};

use ikescope_analysis::EspPacket;
use ikescope_capture::{Arrival, CaptureError, FileReader, Inputs};

use crate::exit::{Error, complain};
use crate::interrupt::Interrupt;
#[cfg(feature = "live")]
use crate::live::Listening;
use crate::stdin::{Stdin, Waiting};

/// Where frames come from.
pub(crate) enum Source {
    /// Files and streams; one of them may be standard input.
    Files(Inputs<EspPacket>, Option<Waiting>),
    /// An interface.
    #[cfg(feature = "live")]
    Live(Box<Listening>),
}

/// Inputs that were opened.
pub(crate) struct Opened {
    /// What to read.
    pub(crate) source: Source,
    /// The inputs as they were named, by index.
    pub(crate) names: Vec<String>,
    /// Why one could not be opened while others could; it was told.
    pub(crate) unreadable: Option<String>,
}

/// What came next.
pub(crate) enum Next<'a> {
    /// A frame, or what a glance at some told.
    Arrival(Arrival<'a, EspPacket>),
    /// Nothing for a while: there may be more.
    #[cfg(feature = "live")]
    Quiet,
    /// Nothing more.
    End,
}

impl Source {
    /// The next frame. Reading goes on after an error, with the other inputs.
    #[inline]
    pub(crate) fn next(&mut self, interrupt: &Interrupt) -> Result<Next<'_>, CaptureError> {
        if interrupt.is_set() {
            return Ok(Next::End);
        }
        match self {
            Self::Files(inputs, _) => Ok(inputs.arrive()?.map_or(Next::End, Next::Arrival)),
            #[cfg(feature = "live")]
            Self::Live(listening) => listening.next(),
        }
    }

    /// Whether the next frame may be long in coming, so that what is known should be shown.
    #[inline]
    pub(crate) fn may_wait(&self) -> bool {
        match self {
            Self::Files(_, waiting) => waiting.as_ref().is_some_and(Waiting::is_empty),
            #[cfg(feature = "live")]
            Self::Live(_) => true,
        }
    }

    /// Octets read, and of how many, where that is known.
    pub(crate) fn octets(&self) -> (u64, Option<u64>) {
        match self {
            Self::Files(inputs, _) => (inputs.bytes_read(), inputs.total_size()),
            #[cfg(feature = "live")]
            Self::Live(_) => (0, None),
        }
    }
}

fn has_stdin(paths: &[PathBuf]) -> bool {
    paths.iter().any(|path| is_stdin(path))
}

/// Opens files; `-` is standard input. Where a `glance` at ESP is enough, large files are read for that. One that cannot be
/// opened is told if others can.
pub(crate) fn open_files(
    paths: &[PathBuf],
    glance: bool,
    interrupt: &Interrupt,
) -> Result<Opened, Error> {
    if paths.iter().filter(|path| is_stdin(path)).count() > 1 {
        let message = "standard input can be read once: `-` was given twice";
        return Err(Error::Usage(message.to_owned()));
    }
    let names = paths.iter().map(|path| name_of(path)).collect();
    // All at once, because it knows how many there are and takes smaller buffers for many.
    if !has_stdin(paths)
        && let Ok(inputs) = match glance {
            true => Inputs::open_at_a_glance(paths),
            false => Inputs::open(paths),
        }
    {
        let source = Source::Files(inputs, None);
        return Ok(Opened {
            source,
            names,
            unreadable: None,
        });
    }
    let mut readers = Vec::new();
    let mut failed: Option<CaptureError> = None;
    let mut unreadable = None;
    let mut waiting = None;
    for (index, path) in (0..).zip(paths) {
        let opened = if is_stdin(path) {
            let ahead = waiting.insert(Waiting::default()).clone();
            let stdin = Stdin::new(ahead, interrupt.clone());
            FileReader::from_read(Box::new(stdin), STDIN, index)
        } else {
            FileReader::open(path, index)
        };
        match opened {
            Ok(reader) => readers.push(reader),
            Err(error) => {
                if let Some(before) = failed.replace(error) {
                    complain(&before);
                    unreadable.get_or_insert(before.to_string());
                }
            }
        }
    }
    if let Some(error) = failed {
        if readers.is_empty() {
            return Err(error.into());
        }
        complain(&error);
        unreadable.get_or_insert(error.to_string());
    }
    let source = Source::Files(Inputs::new(readers), waiting);
    Ok(Opened {
        source,
        names,
        unreadable,
    })
}

/// Packets that were read from the input before this happened to it.
pub(crate) fn packets_before(error: &CaptureError) -> u64 {
    match error {
        CaptureError::Io { packets, .. }
        | CaptureError::Cut { packets, .. }
        | CaptureError::Compression { packets, .. }
        | CaptureError::Corrupt { packets, .. } => *packets,
        _ => 0,
    }
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn name_of(path: &Path) -> String {
    if is_stdin(path) {
        STDIN.to_owned()
    } else {
        path.display().to_string()
    }
}

const STDIN: &str = "standard input";
