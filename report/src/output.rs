//! Output in blocks.

use std::io::{self, Write};

/// Octets that are collected before they are written: a system call a line would take longer than the line.
const BLOCK: usize = 64 * 1024;

/// A buffer in front of a writer. Renderers append to `buffer` and call [`Output::written`] after each packet.
#[derive(Debug)]
pub(crate) struct Output<W> {
    pub(crate) buffer: Vec<u8>,
    writer: W,
}

impl<W: Write> Output<W> {
    pub(crate) fn new(writer: W) -> Self {
        Self {
            buffer: Vec::with_capacity(BLOCK + 4096),
            writer,
        }
    }

    /// Passes full blocks on.
    pub(crate) fn written(&mut self) -> io::Result<()> {
        if self.buffer.len() < BLOCK {
            return Ok(());
        }
        self.pass_on()
    }

    /// Passes everything on.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.pass_on()?;
        self.writer.flush()
    }

    fn pass_on(&mut self) -> io::Result<()> {
        let result = self.writer.write_all(&self.buffer);
        self.buffer.clear();
        result
    }
}
