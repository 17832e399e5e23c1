//! One object a line, written as soon as it is complete.

use std::io::{self, Write};

use ikescope_analysis::Observation;

use super::{SCHEMA, formatter};
use crate::output::Output;
use crate::packet::{Frames, Packet};
use crate::packet_writer::{CaptureSummary, PacketWriter};

/// Writes each packet as an object on a line of its own.
#[derive(Debug)]
pub struct NdjsonWriter<W> {
    output: Output<W>,
    frames: Frames,
}

impl<W: Write> NdjsonWriter<W> {
    /// A writer of lines.
    pub fn new(writer: W) -> Self {
        Self {
            output: Output::new(writer),
            frames: Frames::new(Some(SCHEMA)),
        }
    }

    fn write(&mut self, packet: &Packet) -> io::Result<()> {
        formatter::write(&mut self.output.buffer, packet)?;
        self.output.buffer.push(b'\n');
        self.output.written()
    }
}

impl<W: Write> PacketWriter for NdjsonWriter<W> {
    fn packet(&mut self, observation: &Observation<'_>) -> io::Result<()> {
        self.frames
            .observe(observation)
            .iter()
            .flatten()
            .try_for_each(|packet| self.write(packet))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.frames
            .finish()
            .iter()
            .try_for_each(|packet| self.write(packet))?;
        self.output.flush()
    }

    fn finish(&mut self, _capture: &CaptureSummary) -> io::Result<()> {
        self.flush()
    }
}
