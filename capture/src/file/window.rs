//! The part of a stream that is being looked at

use super::read_ahead::{Chunk, HEADROOM, ReadAhead};
use crate::limits::MAX_BLOCK;
use std::io::{self, Read};

/// A buffer that slides over a stream: whole records are seen as one slice and nothing is copied but the seam
pub(super) struct Window {
    source: Source,
    octets: Vec<u8>,
    start: usize,
    end: usize,
    /// Octets of the stream before `start`
    offset: u64,
    ended: bool,
    failure: Option<io::Error>,
}

enum Source {
    Direct(Box<dyn Read + Send>),
    Ahead(ReadAhead),
}

impl Window {
    /// Reads when something is needed, `capacity` octets at once
    pub(super) fn new(source: Box<dyn Read + Send>, capacity: usize) -> Self {
        Self::of(Source::Direct(source), vec![0; capacity])
    }

    /// Reads before something is needed: for streams that nobody waits for to grow
    pub(super) fn reading_ahead(source: Box<dyn Read + Send>, capacity: usize) -> Self {
        match ReadAhead::start(source, capacity) {
            Ok(ahead) => Self::of(Source::Ahead(ahead), Vec::new()),
            Err(source) => Self::new(source, capacity),
        }
    }

    fn of(source: Source, octets: Vec<u8>) -> Self {
        Self {
            source,
            octets,
            start: 0,
            end: 0,
            offset: 0,
            ended: false,
            failure: None,
        }
    }

    /// Reads until `needed` octets are there; fewer stay only where the stream ends or fails
    #[inline]
    pub(super) fn ensure(&mut self, needed: usize) -> bool {
        self.end - self.start >= needed || self.fill(needed)
    }

    /// What is there
    #[inline]
    pub(super) fn octets(&self) -> &[u8] {
        self.octets.get(self.start..self.end).unwrap_or_default()
    }

    /// `length` octets that lie `before` octets before the present place: the record consumed last
    #[inline]
    pub(super) fn behind(&self, before: usize, length: usize) -> &[u8] {
        let Some(from) = self.start.checked_sub(before) else {
            return &[];
        };
        self.octets.get(from..from + length).unwrap_or_default()
    }

    /// Steps over octets that are there
    #[inline]
    pub(super) fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.offset += count as u64;
    }

    /// Steps over octets without holding them; the number of octets that were there
    pub(super) fn skip(&mut self, count: u64) -> u64 {
        let mut left = count;
        while left > 0 && self.ensure(1) {
            let step = left.min((self.end - self.start) as u64);
            self.consume(step as usize);
            left -= step;
        }
        count - left
    }

    /// Octets of the stream before the present place
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Why the stream ended, once, unless it simply ended
    pub(super) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    #[cold]
    fn fill(&mut self, needed: usize) -> bool {
        debug_assert!(needed <= MAX_BLOCK + 64);
        while self.end - self.start < needed && !self.ended {
            let more = match &mut self.source {
                Source::Ahead(ahead) => match ahead.next() {
                    Some(Ok(chunk)) => {
                        self.append(chunk);
                        continue;
                    }
                    Some(Err(error)) => Err(error),
                    None => Ok(0),
                },
                Source::Direct(_) => self.read_more(needed),
            };
            match more {
                Ok(0) => self.ended = true,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.ended = true;
                    self.failure = Some(error);
                }
            }
        }
        self.end - self.start >= needed
    }

    /// Reads behind what is there, which moves to the front to make room
    fn read_more(&mut self, needed: usize) -> io::Result<usize> {
        let Source::Direct(source) = &mut self.source else {
            return Ok(0);
        };
        self.octets.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.octets.len() < needed {
            self.octets.resize(needed.next_power_of_two(), 0);
        }
        source.read(&mut self.octets[self.end..])
    }

    /// What is there goes before what was read, and the buffer back
    fn append(&mut self, mut chunk: Chunk) {
        let seam = self.end - self.start;
        match HEADROOM.checked_sub(seam) {
            Some(start) => {
                chunk.octets[start..HEADROOM].copy_from_slice(&self.octets[self.start..self.end]);
                std::mem::swap(&mut self.octets, &mut chunk.octets);
                (self.start, self.end) = (start, chunk.end);
            }
            // A record longer than the room: it is collected.
            None => {
                self.octets.truncate(self.end);
                self.octets.drain(..self.start);
                self.octets
                    .extend_from_slice(&chunk.octets[HEADROOM..chunk.end]);
                (self.start, self.end) = (0, self.octets.len());
            }
        }
        if let Source::Ahead(ahead) = &mut self.source {
            ahead.give_back(chunk.octets);
        }
    }
}

/// What is there first, then the rest of the stream
impl Read for Window {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if !self.ensure(1) {
            return match self.take_failure() {
                Some(error) => Err(error),
                None => Ok(0),
            };
        }
        let count = into.len().min(self.end - self.start);
        into[..count].copy_from_slice(&self.octets()[..count]);
        self.consume(count);
        Ok(count)
    }
}
