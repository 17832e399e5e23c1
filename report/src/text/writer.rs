//! The text of a capture, packet by packet.

use std::io::{self, Write};

use ikescope_analysis::{FrameId, Observation};
use ikescope_capture::Timestamp;

use super::clock::Clock;
use super::hexdump::hexdump;
use super::line::LineWriter;
use super::options::TextOptions;
use super::style::Styles;
use super::tree::Tree;
use crate::digits::{decimal, pad_end, right_aligned};
use crate::output::Output;
use crate::packet_writer::{CaptureSummary, PacketWriter};

/// Digits of the frame number that stay aligned.
const FRAME_WIDTH: usize = 6;

/// Addresses are aligned to the longest seen, but not beyond two of IPv4 with ports and some of IPv6.
const MAX_ADDRESSES: usize = 60;

/// Writes one line a packet, and below it what the options ask for.
#[derive(Debug)]
pub struct TextWriter<W> {
    output: Output<W>,
    options: TextOptions,
    clock: Clock,
    lines: LineWriter,
    addresses: usize,
    /// The IP fragment that was written last, as long as the datagram that it may have completed can replace it.
    fragment: Option<Mark>,
}

/// A place to go back to.
#[derive(Debug)]
struct Mark {
    frame: FrameId,
    start: usize,
    reference: Option<Timestamp>,
}

impl<W: Write> TextWriter<W> {
    /// A writer with these options.
    pub fn new(writer: W, options: TextOptions) -> Self {
        let lines = LineWriter {
            styles: Styles::new(options.color),
            several_files: options.several_files,
        };
        Self {
            output: Output::new(writer),
            clock: Clock::new(options.time.clone()),
            lines,
            options,
            addresses: 0,
            fragment: None,
        }
    }

    fn line(&mut self, observation: &Observation<'_>) {
        let out = &mut self.output.buffer;
        let frame = observation.frame;
        if self.options.several_files {
            right_aligned(out, u64::from(frame.file) + 1, 3);
            out.push(b':');
            let start = out.len();
            decimal(out, frame.number);
            pad_end(out, start, FRAME_WIDTH);
        } else {
            right_aligned(out, frame.number, FRAME_WIDTH);
        }
        out.extend_from_slice(b"  ");
        self.clock.write(out, observation.time);
        out.extend_from_slice(b"  ");
        let start = out.len();
        self.lines.endpoints(out, observation.src, observation.dst);
        self.addresses = self.addresses.max((out.len() - start).min(MAX_ADDRESSES));
        pad_end(out, start, self.addresses);
        out.extend_from_slice(b"  ");
        self.lines.rest(out, observation);
        out.push(b'\n');
    }

    /// Takes back the line of the fragment that completed this datagram: it is the same frame.
    fn replace_fragment(&mut self, observation: &Observation<'_>) {
        if let Some(mark) = self.fragment.take()
            && mark.frame == observation.frame
        {
            self.output.buffer.truncate(mark.start);
            self.clock.set_reference(mark.reference);
        }
    }
}

impl<W: Write> PacketWriter for TextWriter<W> {
    fn packet(&mut self, observation: &Observation<'_>) -> io::Result<()> {
        self.replace_fragment(observation);
        self.output.written()?;
        if matches!(
            observation.content,
            ikescope_analysis::Content::Fragment { .. }
        ) {
            self.fragment = Some(Mark {
                frame: observation.frame,
                start: self.output.buffer.len(),
                reference: self.clock.reference(),
            });
        }
        self.line(observation);
        if self.options.verbose {
            Tree::new(&mut self.output.buffer, &self.options, &self.lines.styles)
                .observation(observation);
        }
        if self.options.octets {
            hexdump(&mut self.output.buffer, observation.octets);
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.fragment = None;
        self.output.flush()
    }

    fn finish(&mut self, _capture: &CaptureSummary) -> io::Result<()> {
        self.flush()
    }
}
