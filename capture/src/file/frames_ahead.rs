//! Frames found, and most of them told at a glance, by a thread of their own while those before are looked at

use super::FileReader;
use super::read_ahead::in_a_thread;
use crate::inputs::Glanced;
use crate::limits::READ_AHEAD_FROM;
use crate::{Arrival, CaptureError, Frame, LinkType, Timestamp};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// A file whose frames come in batches, most of them as no more than a glance tells
///
/// Where the thread reads, the octets are in its processor's cache; what it hands over is little.
#[derive(Debug)]
pub(crate) struct FramesAhead<G> {
    name: String,
    file: u32,
    size: Option<u64>,
    bytes_read: Arc<AtomicU64>,
    full: Receiver<Batch<G>>,
    empty: SyncSender<Batch<G>>,
    batch: Batch<G>,
    /// Places of the current ones among those told at a glance; none where a frame is the current one
    glanced: Range<usize>,
    /// Frames up to the current one
    frames: usize,
}

/// Frames in a row
#[derive(Debug)]
struct Batch<G> {
    /// Those told at a glance
    glanced: Vec<G>,
    /// The others
    records: Vec<Record>,
    octets: Vec<u8>,
    /// Why the file ended behind them, if not rightly
    failure: Option<CaptureError>,
}

/// A frame, and the place of its octets in the batch
#[derive(Clone, Copy, Debug)]
struct Record {
    /// How many of those told at a glance are before it
    behind: usize,
    number: u64,
    time: Option<Timestamp>,
    length: u32,
    captured: u32,
    link: LinkType,
    start: usize,
    end: usize,
}

impl<G: Glanced> FramesAhead<G> {
    /// Begins to read; gives the reader back where that is not worth a thread, or the system gives none
    pub(crate) fn start(reader: Box<FileReader>) -> Result<Self, Box<FileReader>> {
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
            glanced: 0..0,
            frames: 0,
        };
        in_a_thread("frames-ahead", reader, move |reader| {
            read(*reader, &to_fill, &filled);
        })?;
        for _ in 0..BATCHES {
            let _ = ahead.empty.try_send(Batch::default());
        }
        Ok(ahead)
    }

    /// As [`FileReader::advance`]: to the next frame, or to the next of those told at a glance, at most as many as said
    #[inline]
    pub(crate) fn advance(&mut self, most: usize) -> Result<bool, CaptureError> {
        loop {
            let batch = &self.batch;
            let next = batch.records.get(self.frames);
            let behind = next.map_or(batch.glanced.len(), |record| record.behind);
            let start = self.glanced.end;
            if start < behind {
                self.glanced = start..behind.min(start.saturating_add(most));
                return Ok(true);
            }
            if next.is_some() {
                self.glanced = start..start;
                self.frames += 1;
                return Ok(true);
            }
            if let Some(failure) = self.batch.failure.take() {
                return Err(failure);
            }
            let Ok(batch) = self.full.recv() else {
                self.batch = Batch::default();
                return Ok(false);
            };
            // The thread is gone when it has read everything.
            let _ = self
                .empty
                .try_send(std::mem::replace(&mut self.batch, batch));
            (self.glanced, self.frames) = (0..0, 0);
        }
    }

    /// What [`Self::advance`] came to
    #[inline]
    pub(crate) fn current(&self) -> Option<Arrival<'_, G>> {
        if !self.glanced.is_empty() {
            let glanced = self.batch.glanced.get(self.glanced.clone())?;
            return Some(Arrival::Glanced(glanced));
        }
        let record = self.batch.records.get(self.frames.checked_sub(1)?)?;
        Some(Arrival::Frame(Frame {
            file: self.file,
            number: record.number,
            time: record.time,
            length: record.length,
            captured: record.captured,
            link: record.link,
            octets: self.batch.octets.get(record.start..record.end)?,
        }))
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

impl<G> Default for Batch<G> {
    fn default() -> Self {
        Self {
            glanced: Vec::new(),
            records: Vec::new(),
            octets: Vec::new(),
            failure: None,
        }
    }
}

impl<G> Batch<G> {
    fn push(&mut self, frame: &Frame<'_>) {
        let start = self.octets.len();
        self.octets.extend_from_slice(frame.octets);
        self.records.push(Record {
            behind: self.glanced.len(),
            number: frame.number,
            time: frame.time,
            length: frame.length,
            captured: frame.captured,
            link: frame.link,
            start,
            end: self.octets.len(),
        });
    }

    fn is_full(&self) -> bool {
        self.glanced.len() + self.records.len() >= FRAMES || self.octets.len() >= OCTETS
    }
}

fn read<G: Glanced>(
    mut reader: FileReader,
    empty: &Receiver<Batch<G>>,
    filled: &SyncSender<Batch<G>>,
) {
    while let Ok(mut batch) = empty.recv() {
        batch.glanced.clear();
        batch.records.clear();
        batch.octets.clear();
        let mut ended = false;
        while !ended && !batch.is_full() {
            match reader.next() {
                Ok(Some(frame)) => match G::glance(&frame) {
                    Some(glanced) => batch.glanced.push(glanced),
                    None => batch.push(&frame),
                },
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

/// Frames and octets of a batch: many enough that the two threads seldom wait for each other, few enough for the third cache
const FRAMES: usize = 4_096;
const OCTETS: usize = 512 << 10;
