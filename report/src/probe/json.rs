//! Targets as one document, or as lines.

use std::io::{self, Write};

use ikescope_analysis::audit::Found;
use ikescope_probe::Report;
use serde::Serialize;

use super::types::TargetObject;
use super::writer::ProbeWriter;
use crate::json::formatter;
use crate::output::Output;

const SCHEMA: &str = "ikescope.probe/1";

/// Writes `{"schema", "targets"}`, target by target.
#[derive(Debug)]
pub struct ProbeJsonWriter<W> {
    output: Output<W>,
    started: bool,
}

/// Writes one object a line.
#[derive(Debug)]
pub struct ProbeNdjsonWriter<W> {
    output: Output<W>,
}

#[derive(Debug, Serialize)]
struct Line<'a> {
    schema: &'static str,
    #[serde(flatten)]
    target: TargetObject<'a>,
}

impl<W: Write> ProbeJsonWriter<W> {
    /// A writer of one document.
    pub fn new(writer: W) -> Self {
        Self {
            output: Output::new(writer),
            started: false,
        }
    }

    fn start(&mut self) {
        if !self.started {
            let start = format!("{{\"schema\":\"{SCHEMA}\",\"targets\":[\n");
            self.output.buffer.extend_from_slice(start.as_bytes());
        }
    }
}

impl<W: Write> ProbeWriter for ProbeJsonWriter<W> {
    fn target(&mut self, report: &Report, found: &[Found]) -> io::Result<()> {
        self.start();
        if self.started {
            self.output.buffer.extend_from_slice(b",\n");
        }
        self.started = true;
        formatter::write(&mut self.output.buffer, &TargetObject::new(report, found))?;
        self.output.written()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.start();
        self.output.buffer.extend_from_slice(b"\n]}\n");
        self.output.flush()
    }
}

impl<W: Write> ProbeNdjsonWriter<W> {
    /// A writer of lines.
    pub fn new(writer: W) -> Self {
        Self {
            output: Output::new(writer),
        }
    }
}

impl<W: Write> ProbeWriter for ProbeNdjsonWriter<W> {
    fn target(&mut self, report: &Report, found: &[Found]) -> io::Result<()> {
        let line = Line {
            schema: SCHEMA,
            target: TargetObject::new(report, found),
        };
        formatter::write(&mut self.output.buffer, &line)?;
        self.output.buffer.push(b'\n');
        self.output.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}
