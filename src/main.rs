//! The command line of ikescope.

mod args;
mod commands;
mod exit;
mod filter;
mod frame_filter;
mod input;
mod interrupt;
#[cfg(feature = "live")]
mod live;
mod output;
mod progress;
mod reading;
mod stdin;
mod targets;
mod udp;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    exit::report(commands::run(&args::Cli::parse()))
}
