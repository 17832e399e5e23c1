//! What is read, the same for every command that reads packets.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};

use crate::filter::{Frames, Host, SpiFilter};

/// Files, standard input or an interface.
#[derive(Debug, Args)]
pub(crate) struct Input {
    /// Capture files; `-` is standard input
    ///
    /// pcap or pcapng, plain or compressed with gzip or zstd. Several are merged in time order.
    #[arg(value_name = "INPUT", value_hint = ValueHint::FilePath, conflicts_with = "interface")]
    pub(crate) inputs: Vec<PathBuf>,

    #[command(flatten, next_help_heading = "Live capture")]
    pub(crate) live: Live,
}

/// When to listen, and how long.
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

/// Which packets are of interest.
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
