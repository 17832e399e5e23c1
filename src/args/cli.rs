//! The program and its commands.

use clap::{Parser, Subcommand};

use super::{Audit, Decrypt, Diagnose, Explain, Generate, Inspect, Interfaces, Probe, Secrets};

/// See into IPsec: IKEv1, IKEv2, ESP and AH, from captures or live.
///
/// ikescope reads pcap and pcapng files (plain, gzip or zstd, told by content and not by name), standard input and live
/// interfaces. It says what is in the packets, opens what your keys open, says what happened to each tunnel and why,
/// judges what was negotiated, and asks peers what they accept.
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
  ikescope diagnose capture.pcapng         what happened to each tunnel, why, what to check
  ikescope inspect capture.pcapng          what is in this capture, one line a packet
  ikescope decrypt c.pcap --secrets charon.log -w clear.pcapng
                                           the clear text, as packets
  ikescope audit c.pcap --profile modern   how strong is what was negotiated
  ikescope probe vpn.example.com           what this peer accepts
  ikescope explain MODP-1024               what an id or an algorithm means
  sudo ikescope diagnose -i eth0           live, until Ctrl-C

EXIT CODES:
  0    done
  1    could not: unreadable input, no permission, no such interface or name, nothing opened
  2    wrong usage
  3    done, and there is something: a failed tunnel, a failed policy, a finding
  4    a probed target gave no IKE answer
  130  interrupted before there was anything to print

`ikescope COMMAND --help` tells everything about a command, `-h` the options in brief.";
