//! Several inputs as one capture in time order

use crate::limits::{READ_BUFFER, SMALL_READ_BUFFER};
use crate::{CaptureError, FileReader, Frame, Timestamp};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::Path;

/// Frames of several inputs in time order, one frame of each held
///
/// Frames without a time follow the frame before them in their input; inputs without any times come first, one after
/// the other in order of naming. Of equal times the input named first comes first. An input whose own frames are not
/// in time order keeps its order.
#[derive(Debug)]
pub struct Inputs {
    readers: Vec<FileReader>,
    /// The time of the frame that each reader holds
    heads: BinaryHeap<Reverse<(Option<Timestamp>, usize)>>,
    /// The reader whose frame was delivered last
    delivered: Option<usize>,
    latest: Vec<Option<Timestamp>>,
    /// Readers that have no frame yet, the last one first
    unread: Vec<usize>,
}

impl Inputs {
    /// Opens files; their indices are their places in `paths`
    ///
    /// # Errors
    /// The first that cannot be opened or is not a capture.
    pub fn open<P: AsRef<Path>>(paths: &[P]) -> Result<Self, CaptureError> {
        let buffer = if paths.len() > MANY {
            SMALL_READ_BUFFER
        } else {
            READ_BUFFER
        };
        let open =
            |(index, path): (usize, &P)| FileReader::open_with(path.as_ref(), index as u32, buffer);
        paths
            .iter()
            .enumerate()
            .map(open)
            .collect::<Result<_, _>>()
            .map(Self::new)
    }

    /// Merges readers, which should have been given the indices 0, 1, 2, …
    pub fn new(readers: Vec<FileReader>) -> Self {
        Self {
            heads: BinaryHeap::with_capacity(readers.len()),
            delivered: None,
            latest: vec![None; readers.len()],
            unread: (0..readers.len()).rev().collect(),
            readers,
        }
    }

    /// The next frame; `Ok(None)` after the last one
    ///
    /// # Errors
    /// Once per input that is cut or corrupt. The others go on with the next call.
    #[allow(clippy::should_implement_trait)] // An iterator cannot lend.
    pub fn next(&mut self) -> Result<Option<Frame<'_>>, CaptureError> {
        if self.readers.len() == 1 {
            return self.readers.first_mut().map_or(Ok(None), FileReader::next);
        }
        self.unread.extend(self.delivered.take());
        while let Some(index) = self.unread.pop() {
            let Some(reader) = self.readers.get_mut(index) else {
                continue;
            };
            if !reader.advance()? {
                continue;
            }
            let time = reader.current().and_then(|frame| frame.time);
            if let Some(latest) = self.latest.get_mut(index) {
                *latest = (*latest).max(time);
                self.heads.push(Reverse((*latest, index)));
            }
        }
        let Some(Reverse((_, index))) = self.heads.pop() else {
            return Ok(None);
        };
        self.delivered = Some(index);
        Ok(self.readers.get(index).and_then(FileReader::current))
    }

    /// Octets read from all inputs so far, compressed ones as they are
    pub fn bytes_read(&self) -> u64 {
        self.readers.iter().map(FileReader::bytes_read).sum()
    }

    /// Octets of all inputs, where all are known
    pub fn total_size(&self) -> Option<u64> {
        self.readers.iter().map(FileReader::total_size).sum()
    }

    /// The inputs as they were named, by index
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.readers.iter().map(FileReader::name)
    }
}

/// From here on the read buffers would be noticed
const MANY: usize = 16;
