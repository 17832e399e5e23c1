//! `ikescope secrets`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::{Output, Quiet};

/// Show which keys are in files, and convert them.
///
/// A line a key: where it stands, what it is, which SA it belongs to, its algorithms and lengths. The keys themselves are
/// shown only with --reveal. A line that cannot be read is named with its number and the reason.
///
/// Formats are recognised by their content: Wireshark's ikev1_decryption_table, ikev2_decryption_table and esp_sa, files
/// of `tcpdump -E`, logs of strongSwan (ike and chd at 4) and what its save-keys plugin writes, logs of libreswan
/// (plutodebug=private), `ip xfrm state`, `setkey -D`, `ipsecctl -k -s sa` and `ipsecctl -m -v`, `iked -dvvv`,
/// `racoon -dd`, VPP's `show ikev2 sa details`, FortiGate's `diagnose vpn tunnel list` and `diagnose debug application
/// ike -1`, MikroTik's `installed-sa print`, ipsec.secrets, swanctl.conf, and ikescope's own format, in TOML, for what
/// none of them can say.
///
/// Formats: text, json, ndjson.
#[derive(Debug, Args)]
#[command(after_help = SECRETS_EXAMPLES)]
pub(crate) struct Secrets {
    /// Files with key material; `-` is standard input
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath, required_unless_present_any = ["psk_file", "psk_env"])]
    pub(crate) files: Vec<PathBuf>,

    /// Pre-shared keys, one a line: `[ID or ADDRESS...] : "secret"` or the bare secret (repeatable)
    ///
    /// The octets between the quotes, or the line without its end; nothing is trimmed. 0x... is hexadecimal, 0s...
    /// base64.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) psk_file: Vec<PathBuf>,

    /// An environment variable that holds a pre-shared key, written as in --psk-file (repeatable)
    #[arg(long, value_name = "VAR")]
    pub(crate) psk_env: Vec<String>,

    /// Derive what these captures allow, and show or convert that too
    ///
    /// Keys of IKE SAs from shared secrets and pre-shared keys, of children from SK_d and nonces, of rekeyed SAs, and the
    /// SPIs and algorithms of keys that come without. Only keys whose check verified are derived from.
    #[arg(long, value_name = "FILE", num_args = 1.., value_hint = ValueHint::FilePath)]
    pub(crate) capture: Vec<PathBuf>,

    /// Show the keys themselves
    #[arg(long, help_heading = "How it is shown")]
    pub(crate) reveal: bool,

    /// Write the keys for another program
    ///
    /// What the program lacks is left out, with the reason on standard error. Files of Wireshark go to its folder of
    /// personal configuration or to WIRESHARK_CONFIG_DIR, under the name of the table.
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        conflicts_with = "format",
        help_heading = "How it is shown"
    )]
    pub(crate) to: Option<SecretsTarget>,

    /// Write over a file that is there already
    #[arg(long, requires = "file", help_heading = "How it is shown")]
    pub(crate) force: bool,

    /// Format of the result
    #[arg(long, value_enum, default_value_t = SecretsFormat::Text, help_heading = "How it is shown")]
    pub(crate) format: SecretsFormat,

    #[command(flatten, next_help_heading = "How it is shown")]
    pub(crate) output: Output,

    #[command(flatten)]
    pub(crate) quiet: Quiet,
}

/// Formats of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SecretsFormat {
    /// For people
    Text,
    /// One document
    Json,
    /// One key a line
    Ndjson,
}

/// Formats that keys are converted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SecretsTarget {
    /// Wireshark's ikev1_decryption_table
    WiresharkIkev1,
    /// Wireshark's ikev2_decryption_table
    WiresharkIkev2,
    /// Wireshark's esp_sa
    WiresharkEsp,
    /// A file for `tcpdump -E "file NAME"`
    Tcpdump,
    /// The format of this program, which loses nothing
    Ikescope,
}

const SECRETS_EXAMPLES: &str = "\
EXAMPLES:
  ikescope secrets charon.log
      Which keys are in this log.
  ip xfrm state | ikescope secrets - --reveal
      From a pipe, with the keys themselves.
  ikescope secrets charon.log --to wireshark-esp -o ~/.config/wireshark/esp_sa
      For Wireshark; the file is readable for its owner alone.
  ikescope secrets keys.toml --capture capture.pcapng --to ikescope -o all.toml
      With everything that follows from the keys and the capture.

KEYS FILE:
  The format of this program is TOML with a table for each key, `[[KIND]]`. Octets are hexadecimal, with spaces, colons
  and line ends as one likes, or base64 behind 0s. Of the fields that say what a key belongs to none is required.

  [[ikev2-keys]]   sk_d sk_ai sk_ar sk_ei sk_er sk_pi sk_pr  (SK_e* with their salt; all or some)
  [[skeyseed]]     skeyseed
  [[ikev1-skeyid]] skeyid skeyid_d skeyid_a skeyid_e key initial_iv
  [[ikev1-key]]    key
  [[dh-secret]]    shared_secret
  [[dh-private]]   private_value, side = \"initiator\" or \"responder\"
  [[psk]]          psk = \"text\", \"0x...\" or \"0s...\", for = [\"gw.example.com\", \"192.0.2.1\"]
  [[ppk]]          ppk as psk, id = \"PPK_ID\"
  [[eap-msk]]      msk
  [[esp-sa]]       spi src dst encr encr_key integ integ_key esn icv_length, inner_src inner_dst (BEET mode)
  [[ah-sa]]        spi src dst integ integ_key esn icv_length

  Everywhere: initiator_spi, responder_spi (16 hexadecimal digits); where they matter: encr = \"AES-CBC-128\", integ, prf,
  nonce_i, nonce_r, epoch (0 for the keys of IKE_SA_INIT, n after the n-th additional key exchange of RFC 9370).
  Key exchanges: group = \"MODP-2048\" or 14, public (Key Exchange Data of either side), child_spis = [\"0x...\"].

EXIT CODES:
  0  done
  1  could not: a file that cannot be read or has no key in it
  2  wrong usage";
