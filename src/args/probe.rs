//! `ikescope probe`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::{AuditFailOn, Output, Quiet};
use crate::targets::Shard;

/// Ask a peer what it accepts.
///
/// Finds out exactly which IKEv2 suites a peer accepts, with few packets and a proof that nothing else is accepted, and
/// whether it speaks IKEv1. Most questions leave no state at the peer: the key exchange they bring is of a group that the
/// peer refuses, so that it names the group it wants and forgets the rest. At most two SAs are half-open at any time, and
/// those are closed. A peer logs failed authentications for these.
///
/// What a peer accepts depends on the address it is asked from. "Complete" is said of the algorithms that IANA has
/// assigned, with keys of 128, 192 and 256 bits where they vary. Nobody authenticates: what is accepted for ESP and AH, and
/// whether credentials are right, is not asked ("child" and "authentication" are null in JSON).
///
/// Formats: text, json, ndjson.
#[derive(Debug, Args)]
#[command(after_help = PROBE_EXAMPLES)]
pub(crate) struct Probe {
    /// Names (all their addresses), addresses, networks; `@FILE` for a list, `-` for standard input
    #[arg(required = true, value_name = "HOST")]
    pub(crate) hosts: Vec<String>,

    #[command(flatten, next_help_heading = "What is asked")]
    pub(crate) questions: Questions,

    #[command(flatten, next_help_heading = "How it is asked")]
    pub(crate) manner: Manner,

    #[command(flatten, next_help_heading = "How it is shown")]
    pub(crate) view: ProbeView,
}

/// What is asked.
#[derive(Debug, Args)]
pub(crate) struct Questions {
    /// At most ten packets to a target: versions, what is chosen, whether something weak is accepted
    #[arg(long, conflicts_with = "full")]
    pub(crate) quick: bool,

    /// Also IKEv1 complete, and longer orders of preference
    #[arg(long)]
    pub(crate) full: bool,

    /// Also listen how answers of IKEv1 are repeated that are not continued: half a minute for each mode
    ///
    /// Implementations differ in the times. Responders of IKEv2 never repeat by themselves.
    #[arg(long)]
    pub(crate) fingerprint: bool,

    /// Ask this version only
    #[arg(long, value_name = "VERSION", value_parser = clap::value_parser!(u8).range(1..=2))]
    pub(crate) ike: Option<u8>,

    /// Ask this proposal and nothing else: `aes256-sha256-modp2048`, or transforms in any spelling
    ///
    /// Several are asked together, in this order. IKEv2 takes all of them in one question.
    #[arg(long, visible_alias = "transforms", value_name = "PROPOSAL")]
    pub(crate) proposal: Vec<String>,

    /// Profile that findings are judged by, or a TOML file of one's own
    #[arg(long, value_name = "NAME|FILE", default_value = "rfc")]
    pub(crate) profile: String,

    /// Exit with 3 at findings from this severity
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(crate) fail_on: Option<AuditFailOn>,

    /// Identity to send in IKEv1 aggressive mode
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
}

/// How it is asked.
#[derive(Debug, Args)]
pub(crate) struct Manner {
    /// Port of the peer, 500 if not given
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: Option<u16>,

    /// Ask port 4500, with the non-ESP marker
    #[arg(long, conflicts_with = "port")]
    pub(crate) nat_t: bool,

    /// Address to ask from
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) source: Option<IpAddr>,

    /// Port to ask from; one that the system chooses if not given
    #[arg(long, value_name = "PORT")]
    pub(crate) source_port: Option<u16>,

    /// Packets a second, to all targets together
    #[arg(long, value_name = "N", default_value_t = 1_000.0, value_parser = rate)]
    pub(crate) rate: f64,

    /// Packets a second to one target; fewer when packets are lost
    #[arg(long, value_name = "N", default_value_t = 20.0, value_parser = rate)]
    pub(crate) target_rate: f64,

    /// Octets of an IKE message at most
    #[arg(long, value_name = "OCTETS", default_value_t = 1_200)]
    pub(crate) max_size: u16,

    /// Ask the K-th of N parts of the list
    ///
    /// Each address of a list is in exactly one part: N machines with the same list and different K ask all of it once.
    #[arg(long, value_name = "K/N", default_value_t = Shard::WHOLE, hide_default_value = true)]
    pub(crate) shard: Shard,

    /// Ask more than 256 addresses
    #[arg(long)]
    pub(crate) yes: bool,

    /// Over TCP (RFC 9329), port 4500 unless --port says otherwise
    #[arg(long, conflicts_with_all = ["nat_t", "source", "source_port"])]
    pub(crate) tcp: bool,

    /// Keep in this file which targets were asked, and go on where it says
    ///
    /// The list, --shard and --port must be the same; the file keeps the order. Results of targets asked before are not
    /// printed again.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) resume: Option<PathBuf>,

    /// Write every packet sent and received to this file, as pcapng
    ///
    /// The keys of the SAs that were opened go to FILE.secrets.toml, which only its owner can read: with it as --secrets
    /// the other commands read all of the capture.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) write: Option<PathBuf>,

    /// Write over a file of --write that exists
    #[arg(long, requires = "write")]
    pub(crate) force: bool,
}

/// How it is shown.
#[derive(Debug, Args)]
pub(crate) struct ProbeView {
    /// Format of the result
    #[arg(long, value_enum, default_value_t = ProbeFormat::Text)]
    pub(crate) format: ProbeFormat,

    #[command(flatten)]
    pub(crate) output: Output,

    #[command(flatten)]
    pub(crate) quiet: Quiet,
}

/// Formats of targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProbeFormat {
    /// For people
    Text,
    /// One document
    Json,
    /// One object a line, written when a target is finished
    Ndjson,
}

/// Packets a second.
fn rate(text: &str) -> Result<f64, String> {
    let rate: Option<f64> = text.parse().ok();
    rate.filter(|rate| rate.is_finite() && *rate > 0.0)
        .ok_or_else(|| "a number above zero is expected".to_owned())
}

const PROBE_EXAMPLES: &str = "\
EXAMPLES:
  ikescope probe vpn.example.com
      Everything that IKEv2 accepts there, and whether it speaks IKEv1.
  ikescope probe --quick --format ndjson --yes 192.0.2.0/23
      Ten packets an address at most, one line an address.
  ikescope probe --shard 1/4 --resume state --format ndjson -o results @targets.txt
      The first quarter of a list, gone on with where it was interrupted.
  ikescope probe --proposal aes256gcm16-prfsha384-ecp384 192.0.2.1
      Would this be accepted?
  ikescope probe -w probe.pcapng vpn.example.com
  ikescope diagnose --secrets probe.pcapng.secrets.toml probe.pcapng
      What was said, packet by packet.

EXIT CODES:
  0    every target answered
  1    could not: no such name, no permission
  2    wrong usage
  3    a finding from the severity of --fail-on
  4    a target gave no answer of IKE in any version";
