//! Several inputs as one capture in time order

use crate::file::FramesAhead;
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
pub struct Inputs<G = NoGlance> {
    readers: Vec<Reader<G>>,
    /// The time of the frame that each reader holds
    heads: BinaryHeap<Reverse<(Option<Timestamp>, usize)>>,
    /// The reader whose frame was delivered last
    delivered: Option<usize>,
    latest: Vec<Option<Timestamp>>,
    /// Readers that have no frame yet, the last one first
    unread: Vec<usize>,
}

/// What a glance at a frame tells
pub trait Glanced: Send + Sized + 'static {
    /// All that will be asked of a frame; `None` where it takes more than a glance
    fn glance(frame: &Frame<'_>) -> Option<Self>;

    /// Time of the frame
    fn time(&self) -> Option<Timestamp>;
}

/// Where each frame is looked at
#[derive(Debug)]
pub enum NoGlance {}

/// What came of the inputs
#[derive(Clone, Copy, Debug)]
pub enum Arrival<'a, G> {
    /// A frame
    Frame(Frame<'a>),
    /// One or more in a row of which a glance told enough
    Glanced(&'a [G]),
}

#[derive(Debug)]
enum Reader<G> {
    Here(Box<FileReader>),
    Ahead(Box<FramesAhead<G>>),
}

impl Inputs {
    /// The next frame; `Ok(None)` after the last one
    ///
    /// # Errors
    /// Once per input that is cut or corrupt. The others go on with the next call.
    #[allow(clippy::should_implement_trait)] // An iterator cannot lend.
    pub fn next(&mut self) -> Result<Option<Frame<'_>>, CaptureError> {
        Ok(self.arrive()?.and_then(|arrival| match arrival {
            Arrival::Frame(frame) => Some(frame),
            Arrival::Glanced(_) => None,
        }))
    }
}

impl<G: Glanced> Inputs<G> {
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
        let open = |(index, path): (usize, &P)| {
            FileReader::open_with(path.as_ref(), index as u32, buffer, true)
        };
        let readers = paths.iter().enumerate().map(open);
        readers.collect::<Result<_, _>>().map(Self::new)
    }

    /// The same, where a glance at most frames is enough: large files are read, and glanced at, by threads. Of the other
    /// files every frame is delivered.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_at_a_glance<P: AsRef<Path>>(paths: &[P]) -> Result<Self, CaptureError> {
        if paths.len() > MANY {
            return Self::open(paths);
        }
        let open = |(index, path): (usize, &P)| {
            FileReader::open_with(path.as_ref(), index as u32, READ_BUFFER, false)
        };
        let ahead = |reader| {
            FramesAhead::start(Box::new(reader))
                .map_or_else(Reader::Here, |reader| Reader::Ahead(Box::new(reader)))
        };
        let readers = paths.iter().enumerate().map(open);
        let readers = readers.map(|reader| reader.map(ahead));
        readers.collect::<Result<_, _>>().map(Self::of)
    }

    /// Merges readers, which should have been given the indices 0, 1, 2, …
    pub fn new(readers: Vec<FileReader>) -> Self {
        let here = |reader| Reader::Here(Box::new(reader));
        Self::of(readers.into_iter().map(here).collect())
    }

    fn of(readers: Vec<Reader<G>>) -> Self {
        Self {
            heads: BinaryHeap::with_capacity(readers.len()),
            delivered: None,
            latest: vec![None; readers.len()],
            unread: (0..readers.len()).rev().collect(),
            readers,
        }
    }

    /// What is next; `Ok(None)` at the end
    ///
    /// # Errors
    /// Once per input that is cut or corrupt. The others go on with the next call.
    #[inline]
    pub fn arrive(&mut self) -> Result<Option<Arrival<'_, G>>, CaptureError> {
        if self.readers.len() == 1 {
            return self.readers.first_mut().map_or(Ok(None), Reader::next);
        }
        self.unread.extend(self.delivered.take());
        while let Some(index) = self.unread.pop() {
            let Some(reader) = self.readers.get_mut(index) else {
                continue;
            };
            if !reader.advance(1)? {
                continue;
            }
            let time = reader.current().and_then(|arrival| arrival.time());
            if let Some(latest) = self.latest.get_mut(index) {
                *latest = (*latest).max(time);
                self.heads.push(Reverse((*latest, index)));
            }
        }
        let Some(Reverse((_, index))) = self.heads.pop() else {
            return Ok(None);
        };
        self.delivered = Some(index);
        Ok(self.readers.get(index).and_then(Reader::current))
    }

    /// Octets read from all inputs so far, compressed ones as they are
    pub fn bytes_read(&self) -> u64 {
        self.readers.iter().map(Reader::bytes_read).sum()
    }

    /// Octets of all inputs, where all are known
    pub fn total_size(&self) -> Option<u64> {
        self.readers.iter().map(Reader::total_size).sum()
    }

    /// The inputs as they were named, by index
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.readers.iter().map(Reader::name)
    }
}

impl Glanced for NoGlance {
    fn glance(_: &Frame<'_>) -> Option<Self> {
        None
    }

    fn time(&self) -> Option<Timestamp> {
        match *self {}
    }
}

impl<G: Glanced> Arrival<'_, G> {
    /// Time of the last frame
    fn time(&self) -> Option<Timestamp> {
        match self {
            Self::Frame(frame) => frame.time,
            Self::Glanced(glanced) => glanced.last()?.time(),
        }
    }
}

impl<G: Glanced> Reader<G> {
    #[inline]
    fn next(&mut self) -> Result<Option<Arrival<'_, G>>, CaptureError> {
        self.advance(usize::MAX)?;
        Ok(self.current())
    }

    #[inline]
    fn advance(&mut self, most: usize) -> Result<bool, CaptureError> {
        match self {
            Self::Here(reader) => reader.advance(),
            Self::Ahead(reader) => reader.advance(most),
        }
    }

    #[inline]
    fn current(&self) -> Option<Arrival<'_, G>> {
        match self {
            Self::Here(reader) => reader.current().map(Arrival::Frame),
            Self::Ahead(reader) => reader.current(),
        }
    }

    fn bytes_read(&self) -> u64 {
        match self {
            Self::Here(reader) => reader.bytes_read(),
            Self::Ahead(reader) => reader.bytes_read(),
        }
    }

    fn total_size(&self) -> Option<u64> {
        match self {
            Self::Here(reader) => reader.total_size(),
            Self::Ahead(reader) => reader.total_size(),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Here(reader) => reader.name(),
            Self::Ahead(reader) => reader.name(),
        }
    }
}

/// From here on the read buffers, and a thread for each, would be noticed
const MANY: usize = 16;
