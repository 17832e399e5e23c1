//! The one definition of the command line: parser, help, manual and completions come from it.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use crate::filter::{Frames, Host, SpiFilter};

/// See into IPsec: IKEv1, IKEv2, ESP and AH, from captures or live.
///
/// ikescope reads pcap and pcapng files (plain, gzip or zstd, told by content and not by name), standard input and live
/// interfaces, and says what is in the packets.
#[derive(Debug, Parser)]
#[command(
    name = "ikescope",
    version,
    after_help = EXAMPLES,
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    max_term_width = 110
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Inspect(Box<Inspect>),
    Interfaces(Interfaces),
    #[command(hide = true)]
    Generate(Generate),
}

/// Say what is in these packets: one line a packet, the decoded tree, JSON or CSV.
///
/// Shows every packet of IKEv1, IKEv2, ESP, AH, WESP and IPComp, NAT keepalives, and ICMP errors about them. Recognised
/// are UDP 500, 848 and 4500, TCP 4500 (RFC 9329), IP protocols 50, 51, 108 and 141, and IKE on any other port by its
/// signature. What is malformed is shown as far as it can be read, with what is wrong and where.
///
/// Retransmissions, packets captured twice, which request a response answers, and whether the NAT detection hashes match
/// the addresses seen are told on the way.
///
/// Several files are one capture in time order. A file that is cut or damaged gives the packets before that, and one
/// message.
///
/// Formats: text, json, ndjson, csv.
#[derive(Debug, Args)]
#[command(after_help = INSPECT_EXAMPLES)]
pub(crate) struct Inspect {
    /// Capture files; `-` is standard input
    ///
    /// pcap or pcapng, plain or compressed with gzip or zstd. Several are merged in time order.
    #[arg(value_name = "INPUT", value_hint = ValueHint::FilePath, conflicts_with = "interface")]
    pub(crate) inputs: Vec<PathBuf>,

    #[command(flatten, next_help_heading = "Live capture")]
    pub(crate) live: Live,

    #[command(flatten, next_help_heading = "What is shown")]
    pub(crate) selection: Selection,

    #[command(flatten, next_help_heading = "How it is shown")]
    pub(crate) view: View,
}

#[derive(Debug, Args)]
pub(crate) struct Live {
    /// Capture on this interface until Ctrl-C (`ikescope interfaces` lists them)
    ///
    /// Only packets that can be IPsec are captured, unless --filter or --all is given: UDP 500, 848, 4500 and those of
    /// --port, TCP 4500, IP protocols 50, 51, 108 and 141, ICMP, and IP fragments; with VLAN tags or without.
    #[arg(short, long, value_name = "IFACE")]
    pub(crate) interface: Option<String>,

    /// Stop after this many captured packets
    #[arg(long, value_name = "N", requires = "interface", conflicts_with = "inputs", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) count: Option<u64>,

    /// Stop after this many seconds
    #[arg(long, value_name = "SECONDS", requires = "interface", conflicts_with = "inputs", value_parser = seconds)]
    pub(crate) duration: Option<Duration>,
}

#[derive(Debug, Args)]
pub(crate) struct Selection {
    /// Also read IKE and ESP on this UDP port (repeatable)
    #[arg(long = "port", value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) ports: Vec<u16>,

    /// Only packets from or to this address or network (repeatable)
    ///
    /// An ICMP error also counts if the packet that it quotes does.
    #[arg(long = "host", value_name = "ADDRESS[/N]")]
    pub(crate) hosts: Vec<Host>,

    /// Only packets with this SPI (repeatable)
    ///
    /// 16 hexadecimal digits are an SPI of IKE, of either side; up to 8 are one of ESP or AH. With or without 0x, in
    /// any case.
    #[arg(long = "spi", value_name = "HEX")]
    pub(crate) spis: Vec<SpiFilter>,

    /// Only these frames of each file, for instance 3-9,12
    #[arg(long, value_name = "LIST")]
    pub(crate) frames: Option<Frames>,

    /// Only frames that match this filter of libpcap (see pcap-filter(7))
    ///
    /// Applied before anything else, so that fragments and streams whose parts do not match are not put together.
    #[arg(long, value_name = "BPF")]
    pub(crate) filter: Option<String>,

    /// Also packets that are not of IPsec
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct View {
    /// Show the decoded tree of each packet
    #[arg(short, long)]
    pub(crate) verbose: bool,

    /// Show the octets of each packet
    #[arg(short = 'x', long)]
    pub(crate) hex: bool,

    /// Format of the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    /// The time column of text output
    #[arg(long, value_enum, default_value_t = Time::Utc)]
    pub(crate) time: Time,

    #[command(flatten)]
    pub(crate) output: Output,

    /// Neither progress nor a summary on standard error
    #[arg(short, long)]
    pub(crate) quiet: bool,

    /// No progress on standard error
    ///
    /// It is shown only when standard error is a terminal and the work takes over a second.
    #[arg(long)]
    pub(crate) no_progress: bool,
}

/// Where the result goes, the same for every command.
#[derive(Debug, Args)]
pub(crate) struct Output {
    /// Colours in text output
    ///
    /// `auto` looks at NO_COLOR (if it is not empty), CLICOLOR_FORCE, TERM=dumb and whether standard output is a
    /// terminal, in this order.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    pub(crate) color: Color,

    /// Write the result to this file instead of standard output
    #[arg(short = 'o', long = "output", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: Option<PathBuf>,
}

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

/// Write what is generated from this definition.
#[derive(Debug, Args)]
pub(crate) struct Generate {
    /// What to write
    #[arg(value_enum)]
    pub(crate) kind: Generated,
    /// The folder to write to; it is created if it is not there
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) folder: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Generated {
    /// Manual pages
    Man,
    /// Completions of bash, zsh, fish, PowerShell and elvish
    Completions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// One document
    Json,
    /// One object a line, written as it is known
    Ndjson,
    /// A table for spreadsheets
    Csv,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// For people
    Text,
    /// One document
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Time {
    /// Coordinated universal time
    Utc,
    /// The time zone of this machine
    Local,
    /// Seconds since the first packet
    Relative,
    /// Seconds since the packet before
    Delta,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// As the environment and the terminal say
    Auto,
    /// Also to files and pipes
    Always,
    /// Not even to a terminal
    Never,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| "a number of seconds is expected, for instance 30 or 0.5".to_owned())?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("the duration must be above zero".to_owned()),
    }
}

const EXAMPLES: &str = "\
EXAMPLES:
  ikescope inspect capture.pcapng          what is in this capture, one line a packet
  ikescope inspect -v --frames 1-4 c.pcap  every field of the first four packets
  sudo ikescope inspect -i eth0            live, until Ctrl-C
  ikescope interfaces                      where live capture is possible

EXIT CODES:
  0    done
  1    could not: unreadable input, no permission, no such interface
  2    wrong usage
  130  interrupted before there was anything to print

`ikescope COMMAND --help` tells everything about a command, `-h` the options in brief.";

const INSPECT_EXAMPLES: &str = "\
EXAMPLES:
  ikescope inspect capture.pcapng
      One line a packet.
  ikescope inspect -v --spi 8d3fbac99a0dc0a1 capture.pcapng
      Every field of the messages of one IKE SA.
  ikescope inspect --host 192.0.2.0/24 --time relative monday.pcap.gz tuesday.pcap.zst
      Two files as one capture, packets from or to a network.
  tcpdump -i eth0 -w - udp port 500 | ikescope inspect -
      From a pipe, as packets come.
  sudo ikescope inspect -i eth0 --duration 60 --format ndjson -o minute.ndjson
      A minute of an interface, for other programs.
  ikescope inspect --format csv -q capture.pcap | column -s, -t
      As a table.";

const INTERFACES_EXAMPLES: &str = "\
EXAMPLES:
  ikescope interfaces
  ikescope interfaces --format json";
