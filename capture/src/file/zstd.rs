//! zstd streams of any number of frames (RFC 8878)

use crate::limits::MAX_ZSTD_WINDOW;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::io::{self, Read};

/// Decompresses block by block, so that a stream cut in the middle still gives every whole block
///
/// The decoder keeps back what later blocks may refer to, up to a window of megabytes. Where the stream ends early, an
/// empty last block is put in its place to get that out before the error is returned.
pub(super) struct Zstd<R> {
    source: R,
    decoder: FrameDecoder,
    block: Vec<u8>,
    checksum: bool,
    state: State,
    failure: Option<io::Error>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    BetweenFrames,
    InFrame,
    Draining,
    Ended,
}

impl Zstd<()> {
    /// Whether a stream begins with a frame, be it a skippable one
    pub(super) fn recognizes(octets: &[u8]) -> bool {
        octets.first_chunk().is_some_and(|four| {
            let magic = u32::from_le_bytes(*four);
            magic == MAGIC || magic & SKIPPABLE_MASK == SKIPPABLE
        })
    }
}

impl<R: Read> Zstd<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            source,
            decoder: FrameDecoder::new(),
            block: Vec::new(),
            checksum: false,
            state: State::BetweenFrames,
            failure: None,
        }
    }

    fn step(&mut self) -> io::Result<State> {
        match self.state {
            State::BetweenFrames => self.begin_frame(),
            State::InFrame => self.next_block(),
            State::Draining => self.end_frame(),
            State::Ended => Ok(State::Ended),
        }
    }

    fn begin_frame(&mut self) -> io::Result<State> {
        let mut header = Vec::with_capacity(18);
        self.source.by_ref().take(4).read_to_end(&mut header)?;
        if header.is_empty() {
            return Ok(State::Ended);
        }
        let magic = u32::from_le_bytes(*header.first_chunk().ok_or(io::ErrorKind::UnexpectedEof)?);
        if magic & SKIPPABLE_MASK == SKIPPABLE {
            return self.skip_frame();
        }
        if magic != MAGIC {
            return Err(invalid("octets that are no frame follow"));
        }
        let descriptor = self.more(&mut header, 1)?;
        let single_segment = descriptor & 0x20 != 0;
        self.checksum = descriptor & 0x04 != 0;
        if !single_segment {
            let window = self.more(&mut header, 1)?;
            let base = 1_u64 << (10 + (window >> 3));
            let size = base + base / 8 * u64::from(window & 7);
            if size > MAX_ZSTD_WINDOW {
                return Err(invalid("it needs a larger window than is held"));
            }
        }
        self.more(&mut header, [0, 1, 2, 4][usize::from(descriptor & 3)])?;
        let before = header.len();
        let size_octets = [usize::from(single_segment), 2, 4, 8][usize::from(descriptor >> 6)];
        self.more(&mut header, size_octets)?;
        let mut size = [0; 8];
        size[..size_octets].copy_from_slice(&header[before..]);
        if single_segment && u64::from_le_bytes(size) > MAX_ZSTD_WINDOW {
            return Err(invalid("it needs a larger window than is held"));
        }
        self.decoder = FrameDecoder::new();
        self.decoder.init(header.as_slice()).map_err(invalid)?;
        Ok(State::InFrame)
    }

    /// Appends `count` octets of the source; the last of them
    fn more(&mut self, header: &mut Vec<u8>, count: usize) -> io::Result<u8> {
        let from = header.len();
        header.resize(from + count, 0);
        self.source.read_exact(&mut header[from..])?;
        Ok(header.last().copied().unwrap_or(0))
    }

    fn skip_frame(&mut self) -> io::Result<State> {
        let mut length = [0; 4];
        self.source.read_exact(&mut length)?;
        let length = u64::from(u32::from_le_bytes(length));
        let skipped = io::copy(&mut self.source.by_ref().take(length), &mut io::sink())?;
        if skipped < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(State::BetweenFrames)
    }

    fn next_block(&mut self) -> io::Result<State> {
        let mut header = [0; 3];
        self.source.read_exact(&mut header)?;
        let word = u32::from_le_bytes([header[0], header[1], header[2], 0]);
        let last = word & 1 == 1;
        let repeated = word >> 1 & 3 == 1;
        let content = if repeated { 1 } else { (word >> 3) as usize };
        if content > MAX_BLOCK_CONTENT {
            return Err(invalid("a block is larger than the format allows"));
        }
        let checksum = if last && self.checksum { 4 } else { 0 };
        self.block.clear();
        self.block.extend_from_slice(&header);
        self.block.resize(3 + content + checksum, 0);
        self.source.read_exact(&mut self.block[3..])?;
        self.decoder
            .decode_blocks(self.block.as_slice(), BlockDecodingStrategy::UptoBlocks(1))
            .map_err(invalid)?;
        Ok(if last {
            State::Draining
        } else {
            State::InFrame
        })
    }

    fn end_frame(&mut self) -> io::Result<State> {
        if let Some(error) = self.failure.take() {
            return Err(error);
        }
        let told = self.decoder.get_checksum_from_data();
        if self.checksum && told != self.decoder.get_calculated_checksum() {
            return Err(invalid("the checksum of a frame does not match"));
        }
        Ok(State::BetweenFrames)
    }

    /// Ends the frame where it was cut, to get out what the decoder keeps back
    fn end_early(&mut self, error: io::Error) -> io::Result<State> {
        const EMPTY_LAST_BLOCK_AND_CHECKSUM: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];
        if self.state != State::InFrame {
            self.state = State::Ended;
            return Err(error);
        }
        let ended = self.decoder.decode_blocks(
            EMPTY_LAST_BLOCK_AND_CHECKSUM.as_slice(),
            BlockDecodingStrategy::UptoBlocks(1),
        );
        if ended.is_err() {
            self.state = State::Ended;
            return Err(error);
        }
        self.failure = Some(error);
        Ok(State::Draining)
    }
}

impl<R: Read> Read for Zstd<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            let count = self.decoder.read(into)?;
            if count > 0 {
                return Ok(count);
            }
            if self.state == State::Ended {
                return Ok(0);
            }
            self.state = match self.step() {
                Ok(state) => state,
                Err(error) => self.end_early(error)?,
            };
        }
    }
}

fn invalid(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

const MAGIC: u32 = 0xfd2f_b528;
const SKIPPABLE: u32 = 0x184d_2a50;
const SKIPPABLE_MASK: u32 = 0xffff_fff0;
/// RFC 8878, section 3.1.1.2.4
const MAX_BLOCK_CONTENT: usize = 128 << 10;
