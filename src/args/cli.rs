//! The program and its commands.

use clap::{Parser, Subcommand};

use super::{Audit, Explain, Decrypt, Diagnose, Generate, Inspect, Interfaces, Probe, Secrets};

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
    Decrypt(Box<Decrypt>),
    Diagnose(Box<Diagnose>),
    Probe(Box<Probe>),
    Secrets(Box<Secrets>),
    Audit(Box<Audit>),
    Explain(Explain),
    Interfaces(Interfaces),
    #[command(hide = true)]
    Generate(Generate),
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
