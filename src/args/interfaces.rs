//! `ikescope interfaces`.

use clap::Args;

use super::{ListFormat, Output};

/// List the interfaces that can be captured on.
///
/// A line an interface: its name, its state, its addresses, and what the system says about it.
///
/// Formats: text, json.
#[derive(Debug, Args)]
#[command(after_help = INTERFACES_EXAMPLES)]
pub(crate) struct Interfaces {
    /// Format of the result
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub(crate) format: ListFormat,

    #[command(flatten)]
    pub(crate) output: Output,
}

const INTERFACES_EXAMPLES: &str = "\
EXAMPLES:
  ikescope interfaces
  ikescope interfaces --format json";
