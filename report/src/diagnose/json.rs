//! JSON of `diagnose`: one document, or one tunnel a line.

use std::io::{self, Write};

use ikescope_analysis::diagnosis::Diagnosis;
use ikescope_analysis::tunnels::Tunnel;

use super::types;
use super::writer::{DiagnoseWriter, Judged, Overview, Prepare};
use crate::json::formatter;
use crate::output::Output;

const SCHEMA: &str = "ikescope.diagnose/1";

/// Writes `{"schema", "tunnels", "capture", "flows", "diagnoses"}`, tunnel by tunnel.
#[derive(Debug)]
pub struct DiagnoseJsonWriter<W> {
    output: Output<W>,
    started: bool,
    tunnels: bool,
}

/// Writes each tunnel as an object on a line of its own, and a last line about the capture.
#[derive(Debug)]
pub struct DiagnoseNdjsonWriter<W> {
    output: Output<W>,
}

impl<W: Write> DiagnoseJsonWriter<W> {
    /// A writer of one document.
    pub fn new(writer: W) -> Self {
        Self {
            output: Output::new(writer),
            started: false,
            tunnels: false,
        }
    }

    fn start(&mut self) {
        if !self.started {
            let out = &mut self.output.buffer;
            out.extend_from_slice(b"{\"schema\":\"");
            out.extend_from_slice(SCHEMA.as_bytes());
            out.extend_from_slice(b"\",\"tunnels\":[");
            self.started = true;
        }
    }
}

impl<W: Write> DiagnoseWriter for DiagnoseJsonWriter<W> {
    fn preparation(&self) -> Option<Prepare> {
        Some(|tunnel, diagnoses, out| object(None, tunnel, diagnoses, out))
    }

    fn tunnel(&mut self, _: &Tunnel, judged: &Judged) -> io::Result<()> {
        self.start();
        let separator: &[u8] = if self.tunnels { b",\n" } else { b"\n" };
        self.output.buffer.extend_from_slice(separator);
        self.tunnels = true;
        self.output.buffer.extend_from_slice(&judged.prepared);
        self.output.written()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }

    fn finish(&mut self, overview: &Overview<'_>) -> io::Result<()> {
        self.start();
        self.output.buffer.extend_from_slice(b"\n],");
        // The end is an object of its own, whose fields join those before it.
        let mut ending = Vec::new();
        formatter::write(&mut ending, &types::Ending::new(None, overview))?;
        let fields = ending.strip_prefix(b"{").unwrap_or(&ending);
        self.output.buffer.extend_from_slice(fields);
        self.output.buffer.push(b'\n');
        self.output.flush()
    }
}

impl<W: Write> DiagnoseNdjsonWriter<W> {
    /// A writer of lines.
    pub fn new(writer: W) -> Self {
        Self {
            output: Output::new(writer),
        }
    }
}

impl<W: Write> DiagnoseWriter for DiagnoseNdjsonWriter<W> {
    fn preparation(&self) -> Option<Prepare> {
        Some(|tunnel, diagnoses, out| object(Some(SCHEMA), tunnel, diagnoses, out))
    }

    fn tunnel(&mut self, _: &Tunnel, judged: &Judged) -> io::Result<()> {
        self.output.buffer.extend_from_slice(&judged.prepared);
        self.output.buffer.push(b'\n');
        self.output.written()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }

    fn finish(&mut self, overview: &Overview<'_>) -> io::Result<()> {
        let object = types::Ending::new(Some(SCHEMA), overview);
        formatter::write(&mut self.output.buffer, &object)?;
        self.output.buffer.push(b'\n');
        self.output.flush()
    }
}

fn object(
    schema: Option<&'static str>,
    tunnel: &Tunnel,
    diagnoses: &[Diagnosis],
    out: &mut Vec<u8>,
) -> io::Result<()> {
    formatter::write(out, &types::Tunnel::new(schema, tunnel, diagnoses))
}
