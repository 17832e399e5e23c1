//! CSV (RFC 4180): one packet a row, fixed columns.

use std::borrow::Cow;
use std::io::{self, Write};

use ikescope_analysis::Observation;

use crate::output::Output;
use crate::packet::{Frames, Packet};
use crate::packet_writer::{CaptureSummary, PacketWriter};

/// Writes a header row and a row a packet.
#[derive(Debug)]
pub struct CsvWriter<W> {
    output: Output<W>,
    frames: Frames,
    started: bool,
}

/// What a column is called and what stands in it; absent is empty.
type Column = (&'static str, fn(&Packet) -> Cow<'_, str>);

const COLUMNS: [Column; 26] = [
    ("file", |packet| text(packet.file)),
    ("frame", |packet| text(packet.frame)),
    ("time", |packet| {
        optional(packet.time.and_then(|time| time.text()))
    }),
    ("length", |packet| text(packet.length)),
    ("captured", |packet| text(packet.captured)),
    ("src", |packet| optional(packet.src.address)),
    ("src_port", |packet| optional(packet.src.port)),
    ("dst", |packet| optional(packet.dst.address)),
    ("dst_port", |packet| optional(packet.dst.port)),
    ("protocol", |packet| Cow::Borrowed(packet.protocol)),
    ("encapsulation", |packet| {
        Cow::Borrowed(packet.encapsulation.unwrap_or_default())
    }),
    ("initiator_spi", |packet| {
        borrowed(packet.ike.as_ref().map(|ike| ike.initiator_spi.as_str()))
    }),
    ("responder_spi", |packet| {
        borrowed(packet.ike.as_ref().map(|ike| ike.responder_spi.as_str()))
    }),
    ("exchange", |packet| {
        match packet.ike.as_ref().map(|ike| &ike.exchange) {
            Some(exchange) => exchange
                .name
                .map_or_else(|| text(exchange.id), Cow::Borrowed),
            None => Cow::Borrowed(""),
        }
    }),
    ("message_id", |packet| {
        optional(packet.ike.as_ref().map(|ike| ike.message_id))
    }),
    ("response", |packet| {
        optional(packet.ike.as_ref().and_then(|ike| ike.flags.response))
    }),
    ("encrypted", |packet| {
        optional(packet.ike.as_ref().map(|ike| ike.encrypted))
    }),
    ("payloads", |packet| {
        borrowed(packet.ike.as_ref().map(|ike| ike.notations.as_str()))
    }),
    ("answers", |packet| {
        optional(packet.ike.as_ref().and_then(|ike| ike.answers))
    }),
    ("spi", |packet| {
        let spi = packet
            .esp
            .as_ref()
            .map(|esp| esp.spi)
            .or(packet.ah.as_ref().map(|ah| ah.spi));
        optional(spi.map(|spi| spi.0))
    }),
    ("sequence", |packet| {
        let sequence = packet
            .esp
            .as_ref()
            .map(|esp| esp.sequence)
            .or(packet.ah.as_ref().map(|ah| ah.sequence));
        optional(sequence)
    }),
    ("icmp", |packet| match &packet.icmp {
        Some(icmp) => icmp.name.map_or_else(
            || text(format!("{}/{}", icmp.icmp_type, icmp.code)),
            Cow::Borrowed,
        ),
        None => Cow::Borrowed(""),
    }),
    ("tunnel", |packet| optional(packet.tunnel)),
    ("retransmission_of", |packet| {
        optional(packet.retransmission_of)
    }),
    ("duplicate_of", |packet| optional(packet.duplicate_of)),
    ("issues", |packet| {
        let messages: Vec<_> = packet
            .issues
            .iter()
            .map(|issue| format!("{}: {}", issue.layer, issue.message))
            .collect();
        text(messages.join("; "))
    }),
];

impl<W: Write> CsvWriter<W> {
    /// A writer of rows.
    pub fn new(writer: W) -> Self {
        Self {
            output: Output::new(writer),
            frames: Frames::new(None),
            started: false,
        }
    }

    fn start(&mut self) {
        if !self.started {
            row(
                &mut self.output.buffer,
                COLUMNS.iter().map(|(name, _)| Cow::Borrowed(*name)),
            );
            self.started = true;
        }
    }

    fn write(&mut self, packet: &Packet) -> io::Result<()> {
        self.start();
        row(
            &mut self.output.buffer,
            COLUMNS.iter().map(|(_, column)| column(packet)),
        );
        self.output.written()
    }
}

impl<W: Write> PacketWriter for CsvWriter<W> {
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
        self.start();
        self.flush()
    }
}

fn text(value: impl ToString) -> Cow<'static, str> {
    Cow::Owned(value.to_string())
}

fn optional(value: Option<impl ToString>) -> Cow<'static, str> {
    value.map_or(Cow::Borrowed(""), text)
}

fn borrowed(value: Option<&str>) -> Cow<'_, str> {
    Cow::Borrowed(value.unwrap_or_default())
}

/// A row, each cell in quotes where RFC 4180, section 2, asks for them. A spreadsheet takes a cell that begins with one
/// of `=+-@` for a formula; no column begins with what a peer sent.
pub(crate) fn row<'c>(out: &mut Vec<u8>, cells: impl Iterator<Item = Cow<'c, str>>) {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        if cell.contains(['"', ',', '\r', '\n']) {
            out.push(b'"');
            out.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
            out.push(b'"');
        } else {
            out.extend_from_slice(cell.as_bytes());
        }
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads one row as RFC 4180 describes it.
    fn read(line: &str) -> Vec<String> {
        let mut cells = vec![String::new()];
        let mut quoted = false;
        let mut characters = line.strip_suffix("\r\n").unwrap().chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '"' if quoted && characters.peek() == Some(&'"') => {
                    characters.next();
                    cells.last_mut().unwrap().push('"');
                }
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(String::new()),
                other => cells.last_mut().unwrap().push(other),
            }
        }
        cells
    }

    #[test]
    fn cells_read_back() {
        let cells = ["", "plain", "a,b", "say \"no\"", "two\r\nlines", "\"", ","];
        let mut out = Vec::new();
        row(&mut out, cells.iter().map(|cell| Cow::Borrowed(*cell)));
        assert_eq!(read(&String::from_utf8(out).unwrap()), cells);
    }
}
