//! One document. The packets come first because only the end of the capture tells what stands in `capture`.

use std::io::{self, Write};

use ikescope_analysis::Observation;
use serde::Serialize;

use super::{SCHEMA, formatter};
use crate::output::Output;
use crate::packet::{Frames, Packet};
use crate::packet_writer::{CaptureSummary, PacketWriter};
use crate::time::Rfc3339;

/// Writes `{"schema", "packets", "capture"}`, packet by packet.
#[derive(Debug)]
pub struct JsonWriter<W> {
    output: Output<W>,
    frames: Frames,
    started: bool,
    counts: Counts,
}

#[derive(Debug, Default)]
struct Counts {
    ike_messages: u64,
    esp_packets: u64,
    ah_packets: u64,
    malformed: u64,
    truncated: u64,
}

/// The capture as a whole.
#[derive(Debug, Serialize)]
struct Capture<'a> {
    files: &'a [String],
    packets: u64,
    first: Option<Rfc3339>,
    last: Option<Rfc3339>,
    ike_messages: u64,
    esp_packets: u64,
    ah_packets: u64,
    malformed: u64,
    truncated: u64,
    unreadable: Option<&'a str>,
}

impl<W: Write> JsonWriter<W> {
    /// A writer of one document.
    pub fn new(writer: W) -> Self {
        Self {
            output: Output::new(writer),
            frames: Frames::new(None),
            started: false,
            counts: Counts::default(),
        }
    }

    fn start(&mut self) {
        if !self.started {
            self.output.buffer.extend_from_slice(b"{\"schema\":\"");
            self.output.buffer.extend_from_slice(SCHEMA.as_bytes());
            self.output.buffer.extend_from_slice(b"\",\"packets\":[");
        }
    }

    fn write(&mut self, packet: &Packet) -> io::Result<()> {
        self.counts.add(packet);
        self.start();
        self.output
            .buffer
            .extend_from_slice(if self.started { b",\n" } else { b"\n" });
        self.started = true;
        formatter::write(&mut self.output.buffer, packet)?;
        self.output.written()
    }
}

impl Counts {
    fn add(&mut self, packet: &Packet) {
        let messages =
            packet.messages.as_ref().map_or(0, Vec::len) + usize::from(packet.ike.is_some());
        self.ike_messages += messages as u64;
        let esp =
            packet.further_esp.as_ref().map_or(0, Vec::len) + usize::from(packet.esp.is_some());
        self.esp_packets += esp as u64;
        self.ah_packets += u64::from(packet.ah.is_some());
        self.malformed += u64::from(packet.issues.iter().any(|issue| issue.severity == "error"));
        self.truncated += u64::from(packet.truncated);
    }
}

impl<W: Write> PacketWriter for JsonWriter<W> {
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

    fn finish(&mut self, capture: &CaptureSummary) -> io::Result<()> {
        self.frames
            .finish()
            .iter()
            .try_for_each(|packet| self.write(packet))?;
        self.start();
        self.output.buffer.extend_from_slice(b"\n],\"capture\":");
        let counts = &self.counts;
        let object = Capture {
            files: &capture.files,
            packets: capture.packets,
            first: capture.first.map(Rfc3339),
            last: capture.last.map(Rfc3339),
            ike_messages: counts.ike_messages,
            esp_packets: counts.esp_packets,
            ah_packets: counts.ah_packets,
            malformed: counts.malformed,
            truncated: counts.truncated,
            unreadable: capture.unreadable.as_deref(),
        };
        formatter::write(&mut self.output.buffer, &object)?;
        self.output.buffer.extend_from_slice(b"}\n");
        self.output.flush()
    }
}
