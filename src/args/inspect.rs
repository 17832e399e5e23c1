//! `ikescope inspect`.

use clap::{Args, ValueEnum};

use super::{Input, Keys, Output, Quiet, Selection, Time};

/// Say what is in these packets: one line a packet, the decoded tree, JSON or CSV.
///
/// Shows every packet of IKEv1, IKEv2, ESP, AH, WESP and IPComp, NAT keepalives, and ICMP errors about them. Recognised
/// are UDP 500, 848 and 4500, TCP 4500 (RFC 9329), IP protocols 50, 51, 108 and 141, and IKE on any other port by its
/// signature. What is malformed is shown as far as it can be read, with what is wrong and where.
///
/// Retransmissions, packets captured twice, which request a response answers, and whether the NAT detection hashes match
/// the addresses seen are told on the way.
///
/// With --secrets, what is encrypted is opened and shown in its place: files are read twice then, so that the order of
/// packets does not matter. With --psk-file alone the answers of IKEv1 aggressive mode are verified or refuted.
///
/// Several files are one capture in time order. A file that is cut or damaged gives the packets before that, and one
/// message.
///
/// Formats: text, json, ndjson, csv.
#[derive(Debug, Args)]
#[command(after_help = INSPECT_EXAMPLES)]
pub(crate) struct Inspect {
    #[command(flatten)]
    pub(crate) input: Input,

    #[command(flatten, next_help_heading = "What is shown")]
    pub(crate) selection: Selection,

    /// Also packets that are not of IPsec
    #[arg(long, help_heading = "What is shown")]
    pub(crate) all: bool,

    #[command(flatten, next_help_heading = "Keys")]
    pub(crate) keys: Keys,

    /// Also show clear text that no integrity check proves, marked as unchecked
    #[arg(long, help_heading = "Keys")]
    pub(crate) unverified: bool,

    #[command(flatten, next_help_heading = "How it is shown")]
    pub(crate) view: View,
}

/// How packets are shown.
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

    #[command(flatten)]
    pub(crate) quiet: Quiet,
}

/// Formats of packets.
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

const INSPECT_EXAMPLES: &str = "\
EXAMPLES:
  ikescope inspect capture.pcapng
      One line a packet.
  ikescope inspect -v --spi 8d3fbac99a0dc0a1 capture.pcapng
      Every field of the messages of one IKE SA.
  ikescope inspect --host 192.0.2.0/24 --time relative monday.pcap.gz tuesday.pcap.zst
      Two files as one capture, packets from or to a network.
  ikescope inspect --secrets charon.log capture.pcapng
      With what was encrypted, opened by the keys of a log of strongSwan.
  tcpdump -i eth0 -w - port 500 or port 4500 or esp | ikescope inspect -
      From a pipe, as packets come.
  sudo ikescope inspect -i eth0 --duration 60 --format ndjson -o minute.ndjson
      A minute of an interface, for other programs.
  ikescope inspect --format csv -q capture.pcap | column -s, -t
      As a table.";
