//! Frames from a file or any stream

use super::pcap::Pcap;
use super::pcapng::{
    ENHANCED_PACKET, INTERFACE_DESCRIPTION, PACKET, Pcapng, SECTION_HEADER, SECTION_HEADER_OCTETS,
    SIMPLE_PACKET,
};
use super::window::Window;
use super::zstd::Zstd;
use crate::limits::{MAX_BLOCK, READ_AHEAD_FROM, READ_BUFFER};
use crate::{CaptureError, Frame, LinkType, Lookalike, Timestamp};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The frames of one capture file or stream, recognised by content: pcap or pcapng, plain, gzip or zstd
///
/// Memory does not grow with the file. After an error, `next` returns `Ok(None)`.
pub struct FileReader {
    name: String,
    file: u32,
    window: Window,
    format: Format,
    compression: Option<&'static str>,
    packets: u64,
    finished: bool,
    bytes_read: Arc<AtomicU64>,
    size: Option<u64>,
    record: Option<Record>,
}

/// The frame read last: it lies in the window just before the present place
#[derive(Clone, Copy)]
struct Record {
    before: usize,
    captured: u32,
    length: u32,
    time: Option<Timestamp>,
    link: LinkType,
}

enum Format {
    Pcap(Pcap),
    Pcapng(Pcapng),
}

impl FileReader {
    /// Opens a file and reads as much as tells its format
    ///
    /// # Errors
    /// When the file cannot be opened, is empty, or is not a capture.
    pub fn open(path: impl AsRef<Path>, file_index: u32) -> Result<Self, CaptureError> {
        Self::open_with(path.as_ref(), file_index, READ_BUFFER, true)
    }

    /// Reads any stream; `name` stands in errors
    ///
    /// # Errors
    /// When the stream is empty or not a capture.
    pub fn from_read(
        source: Box<dyn Read + Send>,
        name: impl Into<String>,
        file_index: u32,
    ) -> Result<Self, CaptureError> {
        Self::start(source, name.into(), file_index, READ_BUFFER, false, None)
    }

    pub(crate) fn open_with(
        path: &Path,
        file_index: u32,
        buffer: usize,
        ahead: bool,
    ) -> Result<Self, CaptureError> {
        let name = path.display().to_string();
        let failed = |source| CaptureError::Open {
            name: name.clone(),
            source,
        };
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            let hint = format!("it is a directory; name its files, as in {name}/*");
            return Err(failed(io::Error::new(io::ErrorKind::IsADirectory, hint)));
        }
        // A pipe or a device has no size to compare with.
        let size = metadata.is_file().then_some(metadata.len());
        // Somebody may wait for what comes through a pipe, and a thousand files must not be a thousand threads.
        let large = buffer >= READ_BUFFER && size.is_some_and(|size| size >= READ_AHEAD_FROM);
        let ahead = ahead && large;
        Self::start(Box::new(file), name, file_index, buffer, ahead, size)
    }

    /// The next frame; `Ok(None)` after the last one
    ///
    /// # Errors
    /// Once, where the stream is cut, corrupt or cannot be read further. All frames before were delivered.
    #[allow(clippy::should_implement_trait)] // An iterator cannot lend.
    #[inline]
    pub fn next(&mut self) -> Result<Option<Frame<'_>>, CaptureError> {
        self.advance()?;
        Ok(self.current())
    }

    /// Octets read from the file so far, compressed ones as they are
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    /// Octets of the file, where that is known: not for a pipe
    pub fn total_size(&self) -> Option<u64> {
        self.size
    }

    /// The input as it was named
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.bytes_read)
    }

    pub(crate) fn file(&self) -> u32 {
        self.file
    }

    /// Frames delivered so far
    pub fn packets(&self) -> u64 {
        self.packets
    }

    /// Makes the next frame the current one; false after the last
    pub(crate) fn advance(&mut self) -> Result<bool, CaptureError> {
        self.record = None;
        if self.finished {
            return Ok(false);
        }
        let read = match &self.format {
            Format::Pcap(pcap) => {
                let pcap = *pcap;
                self.pcap_record(&pcap)
            }
            Format::Pcapng(_) => self.pcapng_record(),
        };
        match read {
            Ok(true) => {
                self.packets += 1;
                Ok(true)
            }
            Ok(false) => {
                self.finished = true;
                Ok(false)
            }
            Err(error) => {
                self.finished = true;
                Err(error)
            }
        }
    }

    /// The frame that `advance` read
    #[inline]
    pub(crate) fn current(&self) -> Option<Frame<'_>> {
        let record = self.record?;
        Some(Frame {
            file: self.file,
            number: self.packets,
            time: record.time,
            length: record.length,
            captured: record.captured,
            link: record.link,
            octets: self.window.behind(record.before, record.captured as usize),
        })
    }

    fn start(
        source: Box<dyn Read + Send>,
        name: String,
        file: u32,
        buffer: usize,
        ahead: bool,
        size: Option<u64>,
    ) -> Result<Self, CaptureError> {
        let bytes_read = Arc::new(AtomicU64::new(0));
        let counted = Counted {
            source,
            count: Arc::clone(&bytes_read),
        };
        let window_of = if ahead {
            Window::reading_ahead
        } else {
            Window::new
        };
        let mut window = window_of(Box::new(counted), buffer);
        window.ensure(4);
        let compression = compression(window.octets());
        window = match compression {
            Some("gzip") => window_of(Box::new(MultiGzDecoder::new(window)), buffer),
            Some(_) => window_of(Box::new(Zstd::new(window)), buffer),
            None => window,
        };
        let mut reader = Self {
            name,
            file,
            window,
            format: Format::Pcapng(Pcapng::default()),
            compression,
            packets: 0,
            finished: false,
            bytes_read,
            size,
            record: None,
        };
        reader.recognize()?;
        Ok(reader)
    }

    /// Only as many octets are asked for as decide: a live pipe may not have more yet.
    fn recognize(&mut self) -> Result<(), CaptureError> {
        if !self.window.ensure(4) {
            if let Some(error) = self.window.take_failure() {
                return Err(self.failed(error));
            }
            if self.window.octets().is_empty() {
                return Err(CaptureError::Empty {
                    name: self.name.clone(),
                });
            }
            return Err(self.not_a_capture());
        }
        if self.window.octets().starts_with(&SECTION_HEADER_OCTETS) {
            return Ok(());
        }
        if !Pcap::recognizes(self.window.octets()) {
            return Err(self.not_a_capture());
        }
        if !self.window.ensure(24) {
            return Err(self.cut("the file header", 24));
        }
        let pcap = self
            .window
            .octets()
            .first_chunk::<24>()
            .and_then(Pcap::parse);
        let Some(pcap) = pcap else {
            return Err(self.not_a_capture());
        };
        if !self.window.ensure(pcap.file_header) {
            return Err(self.cut("the file header", pcap.file_header));
        }
        self.window.consume(pcap.file_header);
        self.format = Format::Pcap(pcap);
        Ok(())
    }

    #[inline]
    fn pcap_record(&mut self, pcap: &Pcap) -> Result<bool, CaptureError> {
        if !self.window.ensure(pcap.record_header) {
            return self.end("a packet header", pcap.record_header);
        }
        let Some(header) = pcap.record(self.window.octets()) else {
            return Ok(false);
        };
        let captured = header.captured as usize;
        if captured > MAX_BLOCK {
            return Err(self.corrupt(format!(
                "the next packet would have {captured} captured octets; {MAX_BLOCK} is the most that is read"
            )));
        }
        if !self.window.ensure(pcap.record_header + captured) {
            return self.end("a packet", pcap.record_header + captured);
        }
        self.window.consume(pcap.record_header + captured);
        self.record = Some(Record {
            before: captured,
            captured: header.captured,
            // Some writers leave the length on the wire zero.
            length: header.length.max(header.captured),
            time: Some(header.time),
            link: pcap.link(),
        });
        Ok(true)
    }

    fn pcapng_record(&mut self) -> Result<bool, CaptureError> {
        loop {
            if !self.window.ensure(MINIMUM_BLOCK) {
                return self.end("a block header", MINIMUM_BLOCK);
            }
            let Format::Pcapng(pcapng) = &mut self.format else {
                return Ok(false);
            };
            let Some(header) = pcapng.block(self.window.octets()) else {
                return Err(
                    self.corrupt("the byte-order magic of a section is not 0x1a2b3c4d".into())
                );
            };
            let length = header.length as usize;
            if length < MINIMUM_BLOCK || !length.is_multiple_of(4) {
                return Err(self.corrupt(format!(
                    "a block of type {:#x} has the length {length}, which is not a multiple of 4 from {MINIMUM_BLOCK} up",
                    header.kind
                )));
            }
            if !KNOWN_BLOCKS.contains(&header.kind) {
                let began = self.window.offset();
                let there = self.window.skip(length as u64);
                if there < length as u64 {
                    return Err(self.cut_at(began, "a block", length as u64, there));
                }
                continue;
            }
            if length > MAX_BLOCK {
                return Err(self.corrupt(format!(
                    "a block has {length} octets; {MAX_BLOCK} is the most that is read"
                )));
            }
            if !self.window.ensure(length) {
                return self.end("a block", length);
            }
            let Format::Pcapng(pcapng) = &mut self.format else {
                return Ok(false);
            };
            let block = &self.window.octets()[..length];
            let trailer = pcapng.trailer(block).unwrap_or(0);
            if trailer != header.length {
                return Err(self.corrupt(format!(
                    "a block begins with the length {length} and ends with {trailer}"
                )));
            }
            if matches!(header.kind, SECTION_HEADER | INTERFACE_DESCRIPTION) {
                let described = pcapng.describe(block);
                described.map_err(|reason| self.corrupt(reason))?;
                self.window.consume(length);
                continue;
            }
            let packet = pcapng
                .packet(header.kind, block)
                .map_err(|reason| self.corrupt(reason))?;
            self.window.consume(length);
            self.record = Some(Record {
                before: length - packet.start,
                captured: packet.captured,
                length: packet.length.max(packet.captured),
                time: packet.time,
                link: packet.link,
            });
            return Ok(true);
        }
    }

    /// The stream ends before `needed` more octets: rightly when it has none
    #[cold]
    fn end(&mut self, what: &'static str, needed: usize) -> Result<bool, CaptureError> {
        if let Some(error) = self.window.take_failure() {
            return Err(self.failed(error));
        }
        if self.window.octets().is_empty() {
            return Ok(false);
        }
        Err(self.cut(what, needed))
    }

    fn cut(&mut self, what: &'static str, needed: usize) -> CaptureError {
        let available = self.window.octets().len() as u64;
        self.cut_at(self.window.offset(), what, needed as u64, available)
    }

    fn cut_at(
        &mut self,
        offset: u64,
        what: &'static str,
        needed: u64,
        available: u64,
    ) -> CaptureError {
        if let Some(error) = self.window.take_failure() {
            return self.failed(error);
        }
        CaptureError::Cut {
            name: self.name.clone(),
            what,
            offset,
            packets: self.packets,
            needed,
            available,
        }
    }

    fn corrupt(&self, reason: String) -> CaptureError {
        CaptureError::Corrupt {
            name: self.name.clone(),
            offset: self.window.offset(),
            packets: self.packets,
            reason,
        }
    }

    fn failed(&self, source: io::Error) -> CaptureError {
        let name = self.name.clone();
        let offset = self.window.offset() + self.window.octets().len() as u64;
        let packets = self.packets;
        let reason = match source.kind() {
            io::ErrorKind::UnexpectedEof => "ends early".to_owned(),
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                format!("is damaged ({source})")
            }
            _ => {
                return CaptureError::Io {
                    name,
                    offset,
                    packets,
                    source,
                };
            }
        };
        match self.compression {
            Some(method) => CaptureError::Compression {
                name,
                method,
                reason,
                offset,
                packets,
            },
            None => CaptureError::Io {
                name,
                offset,
                packets,
                source,
            },
        }
    }

    fn not_a_capture(&mut self) -> CaptureError {
        self.window.ensure(LOOKALIKE_OCTETS);
        CaptureError::NotACapture {
            name: self.name.clone(),
            found: Lookalike::of(self.window.octets()),
        }
    }
}

impl std::fmt::Debug for FileReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileReader")
            .field("name", &self.name)
            .field("file", &self.file)
            .field("packets", &self.packets)
            .finish_non_exhaustive()
    }
}

/// Counts the octets of a stream for a progress bar
struct Counted {
    source: Box<dyn Read + Send>,
    count: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(into)?;
        self.count.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

fn compression(octets: &[u8]) -> Option<&'static str> {
    if octets.starts_with(&[0x1f, 0x8b]) {
        return Some("gzip");
    }
    Zstd::recognizes(octets).then_some("zstd")
}

const MINIMUM_BLOCK: usize = 12;
const LOOKALIKE_OCTETS: usize = 512;
const KNOWN_BLOCKS: [u32; 5] = [
    ENHANCED_PACKET,
    SIMPLE_PACKET,
    PACKET,
    INTERFACE_DESCRIPTION,
    SECTION_HEADER,
];
