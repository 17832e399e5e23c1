//! The command line of ikescope.

mod acceptance;
mod args;
mod commands;
mod decrypting;
mod exit;
mod filter;
mod frame_filter;
mod input;
mod interrupt;
#[cfg(feature = "live")]
mod live;
mod output;
mod private_file;
mod probing;
mod progress;
mod reading;
mod secrets;
mod stdin;
mod targets;
mod today;

use std::process::ExitCode;

use clap::Parser;

/// Tunnels are made of many small pieces, by one thread, and written by others.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    exit::report(commands::run(&args::Cli::parse()))
}
