//! Batches opened on several threads, and given back in order.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::batch::Batch;

/// Threads that open batches, each in turn, so that their results come in turn as well.
pub(crate) struct Workers {
    lanes: Vec<Lane>,
    /// The lane of the next batch, and how many are under way.
    next: usize,
    oldest: usize,
    under_way: usize,
    free: VecDeque<Batch>,
    buffer: Vec<u8>,
    names: Arc<[String]>,
}

struct Lane {
    jobs: SyncSender<Batch>,
    results: Receiver<Batch>,
}

impl Workers {
    /// As many threads as there are processors; none for one. `names` are those of the inputs.
    pub(crate) fn start(names: &[String]) -> Self {
        let names: Arc<[String]> = names.into();
        let count = thread::available_parallelism().map_or(1, usize::from);
        let lanes = match count {
            1 => Vec::new(),
            many => (0..many.min(MOST)).map(|_| lane(names.clone())).collect(),
        };
        Self {
            lanes,
            next: 0,
            oldest: 0,
            under_way: 0,
            free: VecDeque::new(),
            buffer: Vec::new(),
            names,
        }
    }

    /// An empty batch.
    pub(crate) fn batch(&mut self) -> Batch {
        self.free.pop_front().unwrap_or_default()
    }

    /// Takes a batch that was dealt with, for its memory.
    pub(crate) fn recycle(&mut self, mut batch: Batch) {
        batch.clear();
        if self.free.len() <= self.lanes.len() * AHEAD {
            self.free.push_back(batch);
        }
    }

    /// Has a batch opened. Gives the oldest one if as many are under way as may be.
    pub(crate) fn submit(&mut self, mut batch: Batch) -> Option<Batch> {
        let count = self.lanes.len();
        if count == 0 {
            batch.open(&self.names, &mut self.buffer);
            return Some(batch);
        }
        let done = match self.under_way >= count * AHEAD {
            true => self.oldest(),
            false => None,
        };
        if let Some(lane) = self.lanes.get(self.next)
            && lane.jobs.send(batch).is_ok()
        {
            self.next = (self.next + 1) % count;
            self.under_way += 1;
        }
        done
    }

    /// The oldest batch under way, when it is done.
    pub(crate) fn oldest(&mut self) -> Option<Batch> {
        if self.under_way == 0 {
            return None;
        }
        let batch = self.lanes.get(self.oldest)?.results.recv().ok()?;
        self.oldest = (self.oldest + 1) % self.lanes.len();
        self.under_way -= 1;
        Some(batch)
    }
}

fn lane(names: Arc<[String]>) -> Lane {
    let (jobs, todo) = sync_channel::<Batch>(AHEAD);
    let (done, results) = sync_channel::<Batch>(AHEAD);
    thread::spawn(move || {
        let mut buffer = Vec::new();
        for mut batch in todo {
            batch.open(&names, &mut buffer);
            if done.send(batch).is_err() {
                return;
            }
        }
    });
    Lane { jobs, results }
}

/// Batches under way for each thread: one in work and one that waits.
const AHEAD: usize = 2;
/// Threads beyond which reading is what takes the time.
const MOST: usize = 8;
