//! From the command line to the command.

use crate::args::{Cli, Command};
use crate::commands::{
    audit, decrypt, diagnose, explain, generate, inspect, interfaces, probe, secrets,
};
use crate::exit::{Error, Exit};

/// Runs what the user asked for.
pub(crate) fn run(cli: &Cli) -> Result<Exit, Error> {
    match &cli.command {
        Command::Decrypt(options) => decrypt::run(options),
        Command::Inspect(options) => inspect::run(options),
        Command::Audit(options) => audit::run(options),
        Command::Explain(options) => explain::run(options),
        Command::Diagnose(options) => diagnose::run(options),
        Command::Probe(options) => probe::run(options),
        Command::Secrets(options) => secrets::run(options),
        Command::Interfaces(options) => interfaces::run(options),
        Command::Generate(options) => generate::run(options),
    }
}
