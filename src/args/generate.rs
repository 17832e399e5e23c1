//! `ikescope generate`, which users do not see.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

/// Write what is generated from this definition.
#[derive(Debug, Args)]
pub(crate) struct Generate {
    /// What to write
    #[arg(value_enum)]
    pub(crate) kind: Generated,
    /// The folder to write to; it is created if it is not there
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) folder: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Generated {
    /// Manual pages
    Man,
    /// Completions of bash, zsh, fish, PowerShell and elvish
    Completions,
}
