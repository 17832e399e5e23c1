//! Reading on while what was read is looked at

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// A stream that a thread of its own reads, some buffers ahead
pub(super) struct ReadAhead {
    full: Receiver<io::Result<Chunk>>,
    empty: SyncSender<Vec<u8>>,
    capacity: usize,
}

/// Octets of the stream, with room before them
pub(super) struct Chunk {
    /// The first [`HEADROOM`] octets mean nothing
    pub(super) octets: Vec<u8>,
    /// The octets of the stream end here
    pub(super) end: usize,
}

impl ReadAhead {
    /// Begins to read, `capacity` octets at once; gives the stream back where the system gives no thread
    pub(super) fn start(
        source: Box<dyn Read + Send>,
        capacity: usize,
    ) -> Result<Self, Box<dyn Read + Send>> {
        let (to_fill, empty) = sync_channel(BUFFERS);
        let (filled, full) = sync_channel(BUFFERS);
        in_a_thread("read-ahead", source, move |source| {
            read(source, &empty, &filled)
        })?;
        let ahead = Self {
            full,
            empty: to_fill,
            capacity,
        };
        for _ in 0..BUFFERS {
            let _ = ahead.empty.try_send(ahead.buffer());
        }
        Ok(ahead)
    }

    /// What comes next; `None` at the end
    pub(super) fn next(&mut self) -> Option<io::Result<Chunk>> {
        self.full.recv().ok()
    }

    /// Gives a buffer back to be filled again; one that was grown is replaced
    pub(super) fn give_back(&mut self, buffer: Vec<u8>) {
        let fits = buffer.len() == HEADROOM + self.capacity;
        let buffer = if fits { buffer } else { self.buffer() };
        // The thread is gone when it has read everything.
        let _ = self.empty.try_send(buffer);
    }

    fn buffer(&self) -> Vec<u8> {
        vec![0; HEADROOM + self.capacity]
    }
}

/// Works on something in a thread of its own; gives it back where the system gives no thread
pub(super) fn in_a_thread<T: Send + 'static>(
    name: &str,
    what: T,
    work: impl FnOnce(T) + Send + 'static,
) -> Result<(), T> {
    let (hand_over, handed_over) = sync_channel(1);
    let named = thread::Builder::new().name(name.to_owned());
    let spawned = named.spawn(move || {
        if let Ok(what) = handed_over.recv() {
            work(what);
        }
    });
    if spawned.is_err() {
        return Err(what);
    }
    // The channel is neither full nor closed: the thread waits for it.
    let _ = hand_over.send(what);
    Ok(())
}

fn read(
    mut source: Box<dyn Read + Send>,
    empty: &Receiver<Vec<u8>>,
    filled: &SyncSender<io::Result<Chunk>>,
) {
    while let Ok(mut octets) = empty.recv() {
        let mut end = HEADROOM;
        let mut failure = None;
        let mut ended = false;
        while end < octets.len() && !ended {
            match source.read(&mut octets[end..]) {
                Ok(0) => ended = true,
                Ok(count) => end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    failure = Some(error);
                    ended = true;
                }
            }
        }
        // Nobody waits for more when the receiver is gone.
        if end > HEADROOM && filled.send(Ok(Chunk { octets, end })).is_err() {
            return;
        }
        if let Some(error) = failure {
            let _ = filled.send(Err(error));
        }
        if ended {
            return;
        }
    }
}

/// Octets before those of the stream, for what is left of the buffer before: more than any packet but the very largest
pub(super) const HEADROOM: usize = 1 << 16;

/// Buffers on their way: one is looked at, one is read, one is ready
const BUFFERS: usize = 3;
