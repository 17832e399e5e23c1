//! Work on many tunnels, by several threads.

use std::sync::Mutex;
use std::thread;

/// Threads that so many parts of some work are worth.
pub(super) fn count(parts: usize) -> usize {
    let there = thread::available_parallelism().map_or(1, usize::from);
    parts.min(there).min(MOST_THREADS)
}

/// Works on each element. Where the system gives no thread, this one does the work.
pub(super) fn each<T: Send>(list: &mut [T], work: impl Fn(&mut T) + Sync) {
    let threads = count(list.len().div_ceil(PART));
    let parts = Mutex::new(list.chunks_mut(PART));
    let lane = || {
        let next = || parts.lock().ok()?.next();
        while let Some(part) = next() {
            part.iter_mut().for_each(&work);
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            let _ = thread::Builder::new().spawn_scoped(scope, lane);
        }
        lane();
    });
}

/// Elements that a thread works on before it asks for more.
const PART: usize = 256;

/// Threads beyond which taking the results is what takes the time.
const MOST_THREADS: usize = 8;
