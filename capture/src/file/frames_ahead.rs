//! Frames found by a thread of their own while those before are looked at

use super::FileReader;
use super::read_ahead::in_a_thread;
use crate::inputs::Needed;
use crate::limits::READ_AHEAD_FROM;
use crate::{CaptureError, Frame, LinkType, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// A file whose frames come in batches, each frame only as far as it is needed
///
/// Where the thread reads, the octets are in its processor's cache; what it hands over is little.
#[derive(Debug)]
pub(crate) struct FramesAhead {
    name: String,
    file: u32,
    size: Option<u64>,
    bytes_read: Arc<AtomicU64>,
    full: Receiver<Batch>,
    empty: SyncSender<Batch>,
    batch: Batch,
    /// The place behind the current frame
    next: usize,
}

/// Frames in a row
#[derive(Debug, Default)]
struct Batch {
    octets: Vec<u8>,
    records: Vec<Record>,
    /// The number of the first one
    first: u64,
    /// Why the file ended behind them, if not rightly
    failure: Option<CaptureError>,
}

/// A frame, and the place of its octets in the batch
#[derive(Clone, Copy, Debug)]
struct Record {
    time: Option<Timestamp>,
    length: u32,
    captured: u32,
    link: LinkType,
    start: u32,
    end: u32,
}

impl FramesAhead {
    /// Begins to read; gives the reader back where that is not worth a thread, or the system gives none
    pub(crate) fn start(reader: Box<FileReader>, needed: Needed) -> Result<Self, Box<FileReader>> {
        if reader
            .total_size()
            .is_none_or(|size| size < READ_AHEAD_FROM)
        {
            return Err(reader);
        }
        let (filled, full) = sync_channel(BATCHES);
        let (empty, to_fill) = sync_channel(BATCHES);
        let ahead = Self {
            name: reader.name().to_owned(),
            file: reader.file(),
            size: reader.total_size(),
            bytes_read: reader.counter(),
            full,
            empty,
            batch: Batch::default(),
            next: 0,
        };
        in_a_thread("frames-ahead", reader, move |reader| {
            read(*reader, needed, &to_fill, &filled);
        })?;
        for _ in 0..BATCHES {
            let _ = ahead.empty.try_send(Batch::default());
        }
        Ok(ahead)
    }

    /// As [`FileReader::advance`]
    #[inline]
    pub(crate) fn advance(&mut self) -> Result<bool, CaptureError> {
        while self.next >= self.batch.records.len() {
            if let Some(failure) = self.batch.failure.take() {
                return Err(failure);
            }
            let Ok(batch) = self.full.recv() else {
                self.batch.records.clear();
                return Ok(false);
            };
            // The thread is gone when it has read everything.
            let _ = self
                .empty
                .try_send(std::mem::replace(&mut self.batch, batch));
            self.next = 0;
        }
        self.next += 1;
        Ok(true)
    }

    /// As [`FileReader::current`]
    #[inline]
    pub(crate) fn current(&self) -> Option<Frame<'_>> {
        let place = self.next.checked_sub(1)?;
        let record = self.batch.records.get(place)?;
        Some(Frame {
            file: self.file,
            number: self.batch.first + place as u64,
            time: record.time,
            length: record.length,
            captured: record.captured,
            link: record.link,
            octets: self
                .batch
                .octets
                .get(record.start as usize..record.end as usize)?,
        })
    }

    pub(crate) fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    pub(crate) fn total_size(&self) -> Option<u64> {
        self.size
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl Batch {
    fn push(&mut self, frame: &Frame<'_>, needed: usize) {
        if self.records.is_empty() {
            self.first = frame.number;
        }
        let start = self.octets.len() as u32;
        let octets = frame.octets.get(..needed).unwrap_or(frame.octets);
        self.octets.extend_from_slice(octets);
        self.records.push(Record {
            time: frame.time,
            length: frame.length,
            captured: frame.captured,
            link: frame.link,
            start,
            end: self.octets.len() as u32,
        });
    }

    fn is_full(&self) -> bool {
        self.records.len() >= FRAMES || self.octets.len() >= OCTETS
    }
}

fn read(
    mut reader: FileReader,
    needed: Needed,
    empty: &Receiver<Batch>,
    filled: &SyncSender<Batch>,
) {
    while let Ok(mut batch) = empty.recv() {
        batch.octets.clear();
        batch.records.clear();
        let mut ended = false;
        while !ended && !batch.is_full() {
            match reader.next() {
                Ok(Some(frame)) => batch.push(&frame, needed(&frame)),
                Ok(None) => ended = true,
                Err(failure) => {
                    batch.failure = Some(failure);
                    ended = true;
                }
            }
        }
        // Nobody waits for more when the receiver is gone.
        if filled.send(batch).is_err() || ended {
            return;
        }
    }
}

/// Batches on their way: two are looked at or filled, two are ready
const BATCHES: usize = 4;

/// Frames and octets of a batch: many enough that handing it over costs nothing, few enough for the second cache
const FRAMES: usize = 1_024;
const OCTETS: usize = 128 << 10;
