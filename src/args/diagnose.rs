//! `ikescope diagnose`.

use clap::{Args, ValueEnum};

use super::{Input, Keys, Output, Quiet, Selection, Time};

/// Say which tunnels are there, what happened to each, why, and what to check.
///
/// Follows every IKE SA of both versions message by message, its child SAs, and every flow of ESP and AH, and explains
/// what failed: who refused what, which message stayed without an answer, which side to look at, how certain that is,
/// and which frames show it. Works without keys; with --secrets what was encrypted is read too, and more becomes
/// certain.
///
/// Healthy tunnels stand in one table. `ikescope explain ID` tells everything about a diagnosis.
///
/// Exit code 3 says that there is a diagnosis at or above --fail-on.
///
/// Formats: text, json, ndjson.
#[derive(Debug, Args)]
#[command(after_help = DIAGNOSE_EXAMPLES)]
pub(crate) struct Diagnose {
    #[command(flatten)]
    pub(crate) input: Input,

    #[command(flatten, next_help_heading = "Keys")]
    pub(crate) keys: Keys,

    #[command(flatten, next_help_heading = "What is shown")]
    pub(crate) selection: Selection,

    /// Search the private address of a peer behind NAT in its detection hash
    ///
    /// Tries every private IPv4 address: some seconds for each peer whose address is not found.
    #[arg(long, help_heading = "What is shown")]
    pub(crate) find_nat_address: bool,

    /// Exit with code 3 from this severity on
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = FailOn::Failure, help_heading = "What is shown")]
    pub(crate) fail_on: FailOn,

    /// Every tunnel with all its messages, and everything about each diagnosis
    #[arg(short, long, help_heading = "How it is shown")]
    pub(crate) verbose: bool,

    /// Format of the result
    #[arg(long, value_enum, default_value_t = DiagnoseFormat::Text, help_heading = "How it is shown")]
    pub(crate) format: DiagnoseFormat,

    /// The time column of text output
    #[arg(long, value_enum, default_value_t = Time::Utc, help_heading = "How it is shown")]
    pub(crate) time: Time,

    #[command(flatten, next_help_heading = "How it is shown")]
    pub(crate) output: Output,

    #[command(flatten)]
    pub(crate) quiet: Quiet,
}

/// Formats of tunnels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiagnoseFormat {
    /// For people
    Text,
    /// One document
    Json,
    /// One tunnel a line as it ends, then a line about the capture
    Ndjson,
}

/// From which severity on a diagnosis decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Packets do not pass
    Failure,
    /// It works, but not well or not for long
    Warning,
    /// Always 0 if the capture could be read
    Never,
}

const DIAGNOSE_EXAMPLES: &str = "\
EXAMPLES:
  ikescope diagnose capture.pcapng
      What happened to each tunnel, why, and what to check.
  ikescope diagnose -v --host 192.0.2.1 --time relative capture.pcapng
      One peer, with the ladder of all messages.
  ikescope diagnose --secrets charon.log --psk-file keys.txt capture.pcapng
      With what was encrypted, and whether the keys fit.
  ikescope diagnose --find-nat-address --format json capture.pcapng
      For other programs, with the addresses behind NAT.
  sudo ikescope diagnose -i eth0 --duration 60
      A minute of an interface.";
