//! Batches opened on several threads, and given back in order.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;

use super::batch::Batch;

/// Threads that open batches beside the one that reads, which opens what they have no time for instead of waiting.
pub(crate) struct Workers {
    lanes: Vec<Lane>,
    /// The lane of the next batch.
    next: usize,
    /// Batches under way, in order.
    queue: VecDeque<UnderWay>,
    free: Vec<Batch>,
    buffer: Vec<u8>,
    names: Arc<[String]>,
}

struct Lane {
    jobs: SyncSender<Batch>,
    results: Receiver<Batch>,
}

enum UnderWay {
    /// With the thread of this lane, which gives its batches back in turn.
    Lane(usize),
    Done(Batch),
}

impl Workers {
    /// As many threads as there are processors, this one counted. `names` are those of the inputs.
    pub(crate) fn start(names: &[String]) -> Self {
        let names: Arc<[String]> = names.into();
        let count = thread::available_parallelism().map_or(1, usize::from);
        Self {
            lanes: (1..count.min(MOST)).map(|_| lane(names.clone())).collect(),
            next: 0,
            queue: VecDeque::new(),
            free: Vec::new(),
            buffer: Vec::new(),
            names,
        }
    }

    /// An empty batch.
    pub(crate) fn batch(&mut self) -> Batch {
        self.free.pop().unwrap_or_default()
    }

    /// Takes a batch that was dealt with, for its memory.
    pub(crate) fn recycle(&mut self, mut batch: Batch) {
        batch.clear();
        if self.free.len() <= self.most_under_way() {
            self.free.push(batch);
        }
    }

    /// Has a batch opened. Gives the oldest one if as many are under way as may be.
    pub(crate) fn submit(&mut self, batch: Batch) -> Option<Batch> {
        let mut batch = Some(batch);
        for _ in 0..self.lanes.len() {
            let lane = self.next;
            self.next = (lane + 1) % self.lanes.len();
            let (Some(Lane { jobs, .. }), Some(job)) = (self.lanes.get(lane), batch.take()) else {
                break;
            };
            match jobs.try_send(job) {
                Ok(()) => self.queue.push_back(UnderWay::Lane(lane)),
                Err(TrySendError::Full(back) | TrySendError::Disconnected(back)) => {
                    batch = Some(back);
                }
            }
        }
        if let Some(mut batch) = batch {
            batch.open(&self.names, &mut self.buffer);
            self.queue.push_back(UnderWay::Done(batch));
        }
        match self.queue.len() > self.most_under_way() {
            true => self.oldest(),
            false => None,
        }
    }

    /// The oldest batch under way, when it is done.
    pub(crate) fn oldest(&mut self) -> Option<Batch> {
        match self.queue.pop_front()? {
            UnderWay::Done(batch) => Some(batch),
            UnderWay::Lane(lane) => self.lanes.get(lane)?.results.recv().ok(),
        }
    }

    /// So many that the oldest one is mostly done when its turn comes.
    fn most_under_way(&self) -> usize {
        (self.lanes.len() + 1) * AHEAD
    }
}

fn lane(names: Arc<[String]>) -> Lane {
    let (jobs, todo) = sync_channel::<Batch>(WAITING);
    let (done, results) = sync_channel::<Batch>(2 * AHEAD);
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

/// Batches that wait for a thread beside the one that it opens.
const WAITING: usize = 2;
/// Batches under way for each thread.
const AHEAD: usize = 4;
/// Threads beyond which reading is what takes the time.
const MOST: usize = 8;
