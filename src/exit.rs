//! How the program ends: exit codes, and one sentence when it could not do what was asked.

use std::io::{self, Write};
use std::process::ExitCode;

use ikescope_capture::CaptureError;
use thiserror::Error;

/// How a command ended that did what it could.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// A part could not be done, and was told.
    Failed,
    /// Done, and there is something: a failure that was diagnosed, a finding, a verdict.
    Found,
    /// A target gave no answer of IKE.
    Unanswered,
    /// Interrupted before there was anything to print.
    Interrupted,
}

/// Why a command stopped.
#[derive(Debug, Error)]
pub(crate) enum Error {
    /// An input or an interface.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// The command line, beyond what its parser can tell.
    #[error("{0}")]
    Usage(String),
    /// Something that this program was built without, or the system does not give.
    #[error("{0}")]
    Unable(String),
    /// A file could not be written.
    #[error("{name}: cannot be written: {source}")]
    Write {
        /// The file as it was named.
        name: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The reader of standard output went away.
    #[error("the reader of the result went away")]
    ClosedPipe,
}

impl Error {
    /// What a failure to write to `name` means.
    pub(crate) fn write(name: &str, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::BrokenPipe {
            return Self::ClosedPipe;
        }
        Self::Write {
            name: name.to_owned(),
            source,
        }
    }
}

/// Prints why it failed, if it did, and gives the code.
pub(crate) fn report(result: Result<Exit, Error>) -> ExitCode {
    let code = match result {
        Ok(Exit::Done) | Err(Error::ClosedPipe) => DONE,
        Ok(Exit::Failed) => FAILED,
        Ok(Exit::Found) => FOUND,
        Ok(Exit::Unanswered) => UNANSWERED,
        Ok(Exit::Interrupted) => INTERRUPTED,
        Err(error) => {
            complain(&error);
            code_of(&error)
        }
    };
    ExitCode::from(code)
}

/// One sentence on standard error. Nobody can be told when that fails.
pub(crate) fn complain(message: &dyn std::fmt::Display) {
    let _ = writeln!(io::stderr(), "ikescope: {message}");
}

fn code_of(error: &Error) -> u8 {
    match error {
        Error::Usage(_) | Error::Capture(CaptureError::Filter { .. }) => USAGE,
        _ => FAILED,
    }
}

const DONE: u8 = 0;
const FAILED: u8 = 1;
const USAGE: u8 = 2;
const FOUND: u8 = 3;
const UNANSWERED: u8 = 4;
/// 128 and the number of SIGINT, as shells count.
pub(crate) const INTERRUPTED: u8 = 130;
/// What live capture says where it was left out.
#[cfg(not(feature = "live"))]
pub(crate) const WITHOUT_LIVE: &str = "this ikescope was built without live capture; build it with `cargo build --release --features live`, which needs libpcap's headers";
