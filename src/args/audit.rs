//! `ikescope audit`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::{Input, Keys, Output, Quiet, Selection};
use crate::acceptance::Acceptance;

/// Judge how strong a peer, a capture or a suite is.
///
/// What was negotiated or is accepted is held against a published policy, algorithm by algorithm, and against a catalogue
/// of findings: weak algorithms, aggressive mode, certificates, reused values, what leaks. Every statement names its source.
/// What cannot be seen is named and never counted as good: with --secrets more is seen.
///
/// One subject an address of a capture, each end of a tunnel for itself; or the suite of --suite.
///
/// A suite is IKEv2 `ENCR/PRF[/INTEG]/KE` (no INTEG beside AEAD; `+KE` for additional key exchanges), IKEv1
/// `ENCR/HASH/AUTH/GROUP`, words of swanctl (`aes256-sha256-modp2048`), or the name of a suite of a user interface
/// (`VPN-B`, `Suite-B-GCM-256`). Algorithms are named as IANA, as this program, or by number.
///
/// Formats: text, json, csv, sarif, markdown.
#[derive(Debug, Args)]
#[command(after_help = AUDIT_EXAMPLES)]
pub(crate) struct Audit {
    #[command(flatten)]
    pub(crate) input: Input,

    #[command(flatten, next_help_heading = "Without a capture")]
    pub(crate) subject: Subject,

    #[command(flatten, next_help_heading = "What it is judged by")]
    pub(crate) policy: Policy,

    #[command(flatten, next_help_heading = "What is read")]
    pub(crate) selection: Selection,

    #[command(flatten, next_help_heading = "Keys")]
    pub(crate) keys: Keys,

    #[command(flatten, next_help_heading = "How it is shown")]
    pub(crate) view: AuditView,
}

/// What is judged without a capture.
#[derive(Debug, Args)]
pub(crate) struct Subject {
    /// Ask these peers what they accept, and judge that (repeatable)
    #[arg(long, value_name = "HOST", num_args = 1.., conflicts_with_all = ["inputs", "interface", "suite"])]
    pub(crate) probe: Vec<String>,

    /// Judge this suite of IKE, without traffic
    #[arg(long, value_name = "SUITE", conflicts_with_all = ["inputs", "interface"])]
    pub(crate) suite: Option<String>,

    /// With --suite: the suite of ESP, `ENCR[/INTEG][/KE]`
    #[arg(long, value_name = "SUITE", requires = "suite")]
    pub(crate) esp: Option<String>,
}

/// What is judged by.
#[derive(Debug, Args)]
pub(crate) struct Policy {
    /// Profile, or a TOML file of one's own
    ///
    /// rfc, nist-800-77r1, fips-140-3, bsi-tr-02102-3, cnsa-1.0, cnsa-2.0, modern, intermediate, legacy. Those that could
    /// not be confirmed in the original say `experimental` in every result.
    #[arg(long, value_name = "NAME|FILE", default_value = "rfc")]
    pub(crate) profile: String,

    /// Exit with 3 at findings from this severity, and at the verdict `fail`
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = AuditFailOn::High)]
    pub(crate) fail_on: AuditFailOn,

    /// Live with this finding or algorithm, at these peers, for this reason (repeatable)
    ///
    /// It stays in the result with the reason, and decides no exit code. The verdict of the profile is what it is.
    #[arg(long, value_name = "ID[,ID]...[@ADDRESS[/N]]=REASON")]
    pub(crate) accept: Vec<Acceptance>,

    /// Judge as of this day, YYYY-MM-DD; today if not given
    ///
    /// Some policies end the use of an algorithm on a day. Certificates are held against the time of the capture.
    #[arg(long, value_name = "DAY")]
    pub(crate) date: Option<String>,

    /// Write a profile that passes exactly what was seen, from peers known to be good
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) write_profile: Option<PathBuf>,
}

/// How the result is shown.
#[derive(Debug, Args)]
pub(crate) struct AuditView {
    /// Format of the result
    #[arg(long, value_enum, default_value_t = AuditFormat::Text)]
    pub(crate) format: AuditFormat,

    #[command(flatten)]
    pub(crate) output: Output,

    #[command(flatten)]
    pub(crate) quiet: Quiet,
}

/// From which severity on the exit code is 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AuditFailOn {
    /// Only the worst
    Critical,
    /// What should change soon
    High,
    /// What should change
    Medium,
    /// What should change some day
    Low,
    /// Not even at the verdict `fail`
    Never,
}

/// Formats of audits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AuditFormat {
    /// For people
    Text,
    /// One document
    Json,
    /// A table for spreadsheets
    Csv,
    /// SARIF 2.1.0 for pipelines
    Sarif,
    /// For reports and tickets
    #[value(alias = "md")]
    Markdown,
}

const AUDIT_EXAMPLES: &str = "\
EXAMPLES:
  ikescope audit capture.pcapng
      Each end of each tunnel by the requirement levels of the RFCs.
  ikescope audit --profile bsi-tr-02102-3 --secrets charon.log capture.pcapng
      With keys, so that ESP, authentication and PFS are judged too.
  ikescope audit --suite AES-CBC-128/HMAC-SHA1/HMAC-SHA1-96/MODP-1024 --esp AES-CBC-128/HMAC-SHA1-96
      A suite, without traffic.
  ikescope audit --profile cnsa-2.0 --format sarif -o audit.sarif capture.pcapng
      For a pipeline.
  ikescope audit --accept ke-modp1024@192.0.2.1='replaced in March' capture.pcapng
      Somebody has decided to live with that for now.
  ikescope audit good.pcapng --secrets charon.log --write-profile ours.toml
  ikescope audit --profile ours.toml --fail-on medium new.pcapng
      A peer known to be good as the measure for another.

EXIT CODES:
  0  done
  1  could not: unreadable input, unresolvable name
  2  wrong usage, unknown algorithm or profile
  3  done, and a verdict is `fail` or a finding is at or above --fail-on";
