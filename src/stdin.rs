//! Standard input that can be interrupted, and that tells when nothing waits in it.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::interrupt::Interrupt;

/// Reads standard input on a thread of its own. After Ctrl-C it is as if the input ended.
pub(crate) struct Stdin {
    chunks: Receiver<io::Result<Vec<u8>>>,
    chunk: Vec<u8>,
    taken: usize,
    waiting: Waiting,
    interrupt: Interrupt,
}

/// How much of standard input was read ahead. Where that is nothing, the result should be let out, so that packets of
/// `tcpdump -w - | …` are seen when they come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    /// Whether the next octets may be long in coming.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }
}

impl Stdin {
    pub(crate) fn new(waiting: Waiting, interrupt: Interrupt) -> Self {
        let (sender, chunks) = mpsc::sync_channel(CHUNKS);
        let ahead = waiting.clone();
        thread::spawn(move || {
            let mut stdin = io::stdin().lock();
            loop {
                let mut chunk = vec![0; CHUNK];
                let read = match stdin.read(&mut chunk) {
                    Ok(0) => return,
                    Ok(count) => {
                        chunk.truncate(count);
                        Ok(chunk)
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => Err(error),
                };
                let failed = read.is_err();
                ahead.0.fetch_add(1, Ordering::Relaxed);
                if sender.send(read).is_err() || failed {
                    return;
                }
            }
        });
        Self {
            chunks,
            chunk: Vec::new(),
            taken: 0,
            waiting,
            interrupt,
        }
    }

    /// The next octets; `None` at the end.
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        while !self.interrupt.is_set() {
            match self.chunks.recv_timeout(PATIENCE) {
                Ok(chunk) => {
                    self.waiting.0.fetch_sub(1, Ordering::Relaxed);
                    return chunk.map(Some);
                }
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        Ok(None)
    }
}

impl Read for Stdin {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken >= self.chunk.len() {
            let Some(chunk) = self.next()? else {
                return Ok(0);
            };
            self.chunk = chunk;
            self.taken = 0;
        }
        let left = self.chunk.get(self.taken..).unwrap_or_default();
        let mut source = left;
        let count = source.read(buffer)?;
        self.taken += count;
        Ok(count)
    }
}

/// Octets read at once: what a pipe holds.
const CHUNK: usize = 1 << 16;
/// Chunks read ahead: a megabyte.
const CHUNKS: usize = 16;
/// How soon Ctrl-C is noticed.
const PATIENCE: Duration = Duration::from_millis(100);
