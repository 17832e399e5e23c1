//! The one definition of the command line: parser, help, manual and completions come from it.

mod audit;
mod cli;
mod decrypt;
mod diagnose;
mod explain;
mod generate;
mod input;
mod inspect;
mod interfaces;
mod keys;
mod output;
mod probe;
mod secrets;

pub(crate) use audit::{Audit, AuditFailOn, AuditFormat};
pub(crate) use cli::{Cli, Command};
pub(crate) use decrypt::Decrypt;
pub(crate) use diagnose::{Diagnose, DiagnoseFormat, FailOn};
pub(crate) use explain::Explain;
pub(crate) use generate::{Generate, Generated};
#[cfg(feature = "live")]
pub(crate) use input::Live;
pub(crate) use input::{Input, Selection};
pub(crate) use inspect::{Format, Inspect, View};
pub(crate) use interfaces::Interfaces;
pub(crate) use keys::Keys;
pub(crate) use output::{Color, ListFormat, Output, Quiet, Time};
pub(crate) use probe::{Probe, ProbeFormat};
pub(crate) use secrets::{Secrets, SecretsFormat, SecretsTarget};
