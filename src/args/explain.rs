//! `ikescope explain`.

use clap::Args;

use super::{ListFormat, Output};

/// Explain a diagnosis, a finding or an algorithm.
///
/// What it means, why it matters, what to do, and where it is written. For an algorithm also how strong it is and what
/// each profile of `ikescope audit` says of it. Without ID the list of everything that can be explained.
///
/// Formats: text, json.
#[derive(Debug, Args)]
#[command(after_help = EXPLAIN_EXAMPLES)]
pub(crate) struct Explain {
    /// Id of a diagnosis or of a finding, or name of an algorithm
    #[arg(value_name = "ID")]
    pub(crate) id: Option<String>,

    /// Format of the result
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub(crate) format: ListFormat,

    #[command(flatten)]
    pub(crate) output: Output,
}

const EXPLAIN_EXAMPLES: &str = "\
EXAMPLES:
  ikescope explain                             everything that can be explained
  ikescope explain psk-mismatch-ikev1-main     a diagnosis
  ikescope explain ke-modp1024                 a finding
  ikescope explain MODP-1024                   an algorithm, and what each policy says of it";
