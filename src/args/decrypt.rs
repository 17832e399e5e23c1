//! `ikescope decrypt`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::output::ListFormat;
use super::{Input, Keys, Output, Quiet, Selection};

/// Write the clear text to a capture, and say what was opened.
///
/// ESP and AH become the inner packet, IKE becomes a message whose encrypted payload is replaced by its content, so that
/// any program reads them. Link layers and times stay; the comment of each packet names the frame it came from and the
/// key that opened it. What stayed closed is left out unless --all.
///
/// Everything that the keys give is derived: SKEYSEED, SK_* and SKEYID_* from a Diffie-Hellman secret or private value,
/// the keys of children from SK_d or SKEYID_d, rekeyed SAs, post-quantum key exchanges and preshared keys. A packet counts as
/// opened only when its integrity check value verified; --unverified gives the others too, and marks them.
///
/// The summary says of each SA how many packets were opened and why the rest was not, and which keys opened nothing.
///
/// Formats: text, json.
#[derive(Debug, Args)]
#[command(after_help = DECRYPT_EXAMPLES)]
pub(crate) struct Decrypt {
    #[command(flatten)]
    pub(crate) input: Input,

    #[command(flatten, next_help_heading = "Keys")]
    pub(crate) keys: Keys,

    /// Also write clear text that no integrity check proves, marked as unchecked
    #[arg(long, help_heading = "Keys")]
    pub(crate) unverified: bool,

    /// Write the packets to this file, as pcapng
    #[arg(short = 'w', long = "write", value_name = "OUT", value_hint = ValueHint::FilePath, required = true, help_heading = "What is written")]
    pub(crate) out: PathBuf,

    /// Also write every other packet, as it was
    #[arg(long, help_heading = "What is written")]
    pub(crate) all: bool,

    /// Replace OUT if it is there
    #[arg(long, help_heading = "What is written")]
    pub(crate) force: bool,

    #[command(flatten, next_help_heading = "What is written")]
    pub(crate) selection: Selection,

    /// Format of the summary
    #[arg(long, value_enum, default_value_t = ListFormat::Text, help_heading = "How it is shown")]
    pub(crate) format: ListFormat,

    #[command(flatten, next_help_heading = "How it is shown")]
    pub(crate) output: Output,

    #[command(flatten)]
    pub(crate) quiet: Quiet,
}

const DECRYPT_EXAMPLES: &str = "\
EXAMPLES:
  ikescope decrypt capture.pcapng --secrets charon.log -w clear.pcapng
      All that a log of strongSwan opens: IKE messages and the packets of every child.
  ip xfrm state > keys.txt; ikescope decrypt capture.pcapng --secrets keys.txt -w clear.pcapng
      The packets of the SAs that a Linux kernel has.
  ikescope decrypt capture.pcapng --secrets dh.toml --psk-file psk.txt -w clear.pcapng --all
      IKEv1 from a Diffie-Hellman secret and the pre-shared key, with every other packet beside.
  tcpdump -w - | ikescope decrypt - --secrets keys.txt -w clear.pcapng
      From a pipe: what comes before its keys stays closed.";
