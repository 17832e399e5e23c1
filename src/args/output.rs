//! How results are shown, the same for every command.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

/// Where the result goes, the same for every command.
#[derive(Debug, Args)]
pub(crate) struct Output {
    /// Colours in text output
    ///
    /// `auto` looks at NO_COLOR (if it is not empty), CLICOLOR_FORCE, TERM=dumb and whether standard output is a
    /// terminal, in this order.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    pub(crate) color: Color,

    /// Write the result to this file instead of standard output
    #[arg(short = 'o', long = "output", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: Option<PathBuf>,
}

/// What standard error is spared.
#[derive(Debug, Args)]
pub(crate) struct Quiet {
    /// Neither progress nor a summary on standard error
    #[arg(short, long)]
    pub(crate) quiet: bool,

    /// No progress on standard error
    ///
    /// It is shown only when standard error is a terminal and the work takes over a second.
    #[arg(long)]
    pub(crate) no_progress: bool,
}

/// Formats of lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// For people
    Text,
    /// One document
    Json,
}

/// Columns of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Time {
    /// Coordinated universal time
    Utc,
    /// The time zone of this machine
    Local,
    /// Seconds since the first packet
    Relative,
    /// Seconds since the packet before
    Delta,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// As the environment and the terminal say
    Auto,
    /// Also to files and pipes
    Always,
    /// Not even to a terminal
    Never,
}
