//! Key material, the same for every command that opens what is encrypted.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// Where keys come from.
#[derive(Debug, Args)]
pub(crate) struct Keys {
    /// Key material; the format is told by its content (repeatable)
    ///
    /// Logs of strongSwan and libreswan, `ip xfrm state`, the tables of Wireshark, files of `tcpdump -E`, dumps of
    /// appliances, and ikescope's own format; see `ikescope secrets --help`.
    #[arg(long = "secrets", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) secrets: Vec<PathBuf>,

    /// Pre-shared keys, one a line: `[ID or ADDRESS...] : "secret"` or the bare secret (repeatable)
    ///
    /// The octets between the quotes, or the line without its end; nothing is trimmed. 0x... is hexadecimal, 0s...
    /// base64.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) psk_file: Vec<PathBuf>,

    /// An environment variable that holds a pre-shared key, written as in --psk-file (repeatable)
    #[arg(long, value_name = "VAR")]
    pub(crate) psk_env: Vec<String>,
}

impl Keys {
    /// Whether the user gave any.
    pub(crate) fn are_given(&self) -> bool {
        !(self.secrets.is_empty() && self.psk_file.is_empty() && self.psk_env.is_empty())
    }
}
