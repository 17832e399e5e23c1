//! Runs commands in turn, several times, and prints the median of their wall times and the most memory each took
//!
//! The commands take turns, so that a slow minute of the machine falls on all of them.

use std::error::Error;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clap::Parser;
use nix::sys::resource::{UsageWho, getrusage};

/// Time commands beside each other: `measure -- NAME COMMAND… -- NAME COMMAND…`
#[derive(Parser)]
struct Arguments {
    /// Rounds; the median counts
    #[arg(long, default_value_t = 3)]
    repeat: usize,

    /// Run one command once and print its nanoseconds and KiB: how this program starts itself
    #[arg(long, hide = true)]
    once: bool,

    /// Commands, each with its name before it, separated by `--`
    #[arg(last = true, required = true, allow_hyphen_values = true)]
    commands: Vec<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    if arguments.once {
        let run = run(&arguments.commands)?;
        println(&format!("{} {}", run.wall.as_nanos(), run.memory_kib));
        return Ok(());
    }
    let mut subjects = Vec::new();
    for part in arguments.commands.split(|word| word == "--") {
        let [name, command @ ..] = part else {
            return Err("a command is empty".into());
        };
        subjects.push(Subject {
            name,
            command,
            runs: Vec::new(),
        });
    }
    for _ in 0..arguments.repeat {
        for subject in &mut subjects {
            subject.runs.push(run_in_own_process(subject.command)?);
        }
    }
    let reference = subjects
        .first()
        .map(Subject::median)
        .unwrap_or_default()
        .as_secs_f64();
    println(&format!(
        "{:<28} {:>12} {:>9} {:>12}",
        "", "median ms", "ratio", "memory MiB"
    ));
    for subject in &subjects {
        println(&format!(
            "{:<28} {:>12.1} {:>8.1}x {:>12.1}",
            subject.name,
            subject.median().as_secs_f64() * 1000.0,
            subject.median().as_secs_f64() / reference,
            subject.memory_kib() as f64 / 1024.0,
        ));
    }
    Ok(())
}

struct Subject<'a> {
    name: &'a str,
    command: &'a [String],
    runs: Vec<Run>,
}

impl Subject<'_> {
    fn median(&self) -> Duration {
        let mut walls: Vec<_> = self.runs.iter().map(|run| run.wall).collect();
        walls.sort();
        walls.get(walls.len() / 2).copied().unwrap_or_default()
    }

    fn memory_kib(&self) -> i64 {
        self.runs
            .iter()
            .map(|run| run.memory_kib)
            .max()
            .unwrap_or_default()
    }
}

struct Run {
    wall: Duration,
    /// Largest resident size of the command and of what it started
    memory_kib: i64,
}

/// The kernel keeps one maximum for all children of a process: a process of its own has one child.
fn run_in_own_process(command: &[String]) -> Result<Run, Box<dyn Error>> {
    let output = Command::new(std::env::current_exe()?)
        .args(["--once", "--"])
        .args(command)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("{}: {}", command.join(" "), output.status).into());
    }
    let line = String::from_utf8(output.stdout)?;
    let (nanoseconds, memory) = line.trim().split_once(' ').ok_or("no measurement")?;
    Ok(Run {
        wall: Duration::from_nanos(nanoseconds.parse()?),
        memory_kib: memory.parse()?,
    })
}

fn run(command: &[String]) -> Result<Run, Box<dyn Error>> {
    let [program, arguments @ ..] = command else {
        return Err("a command is empty".into());
    };
    let started = Instant::now();
    // The messages of the commands ("reading from file …") would stand between the lines of the table.
    let status = Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let wall = started.elapsed();
    let status = status.map_err(|error| format!("{program}: {error}"))?;
    if !status.success() {
        return Err(format!("{}: {status}", command.join(" ")).into());
    }
    Ok(Run {
        wall,
        memory_kib: getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss(),
    })
}

#[expect(
    clippy::print_stdout,
    reason = "the table is the result of this program"
)]
fn println(line: &str) {
    println!("{line}");
}
