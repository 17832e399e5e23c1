//! IKE over TCP (RFC 9329): a connection to each target.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::os::fd::{AsFd, AsRawFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use ikescope_probe::{Probe, Random, Target};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrStorage, bind, connect, socket};

use super::driver::{Asked, Settings, Tally};
use super::limits::{MAX_CONNECTIONS, MAX_DATAGRAM, PATIENCE};
use super::pace::Pace;
use super::record::{Recorder, Segment};
use super::sockets::route;
use super::unreachable::why;
use crate::exit::Error;
use crate::interrupt::Interrupt;

/// Asks all targets over TCP, some at a time.
pub(crate) fn run(
    settings: &Settings,
    recorder: Option<Recorder>,
    seed: [u8; 32],
    targets: impl Iterator<Item = (u64, Target)> + Send,
    interrupt: &Interrupt,
    done: &mut dyn FnMut(Asked) -> Result<(), Error>,
    progress: &mut dyn FnMut(Tally),
) -> Result<(Tally, Option<Recorder>), Error> {
    let shared = Shared {
        settings,
        began: Instant::now(),
        pace: Mutex::new(Pace::new(settings.rate)),
        recorder: Mutex::new(recorder),
        tally: Mutex::default(),
        ended: AtomicBool::new(false),
    };
    let random = Random::new(seed);
    let targets = Mutex::new(targets.map(move |(position, target)| {
        let mut seed = [0; 32];
        seed.copy_from_slice(&random.octets(32));
        (position, target, seed)
    }));
    let result = thread::scope(|scope| {
        let (sender, reports) = mpsc::sync_channel(MAX_CONNECTIONS);
        for _ in 0..MAX_CONNECTIONS {
            let (sender, shared, targets) = (sender.clone(), &shared, &targets);
            scope.spawn(move || {
                while !shared.ended(interrupt) {
                    let Some((position, target, seed)) = locked(targets).next() else {
                        return;
                    };
                    locked(&shared.tally).begun += 1;
                    let asked = shared.ask(position, target, seed, interrupt);
                    locked(&shared.tally).finished += 1;
                    if sender.send(asked).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        loop {
            let finished = match reports.recv_timeout(PATIENCE) {
                Ok(asked) => asked.and_then(&mut *done),
                Err(mpsc::RecvTimeoutError::Timeout) => Ok(()),
                Err(mpsc::RecvTimeoutError::Disconnected) => return Ok(()),
            };
            progress(*locked(&shared.tally));
            if let Err(error) = finished {
                shared.ended.store(true, Ordering::Relaxed);
                return Err(error);
            }
        }
    });
    let tally = *locked(&shared.tally);
    let recorder = shared
        .recorder
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    result.map(|()| (tally, recorder))
}

/// What the threads have in common.
struct Shared<'a> {
    settings: &'a Settings,
    began: Instant,
    pace: Mutex<Pace>,
    recorder: Mutex<Option<Recorder>>,
    tally: Mutex<Tally>,
    /// Whether the result can no longer be written.
    ended: AtomicBool,
}

impl Shared<'_> {
    fn ended(&self, interrupt: &Interrupt) -> bool {
        interrupt.is_set() || self.ended.load(Ordering::Relaxed)
    }

    fn ask(
        &self,
        position: u64,
        mut target: Target,
        seed: [u8; 32],
        interrupt: &Interrupt,
    ) -> Result<Asked, Error> {
        let remote = target.remote;
        let mut connection = Connection::new(remote);
        // The first connection tells where we are asked from; without one the probe finds out that there is none.
        if connection.open(&self.recorder)?.is_ok() {
            target.local = connection.local();
        }
        let mut probe = Probe::new(self.settings.config.clone(), target, seed);
        while !probe.is_finished() && !self.ended(interrupt) {
            let now = self.began.elapsed();
            if locked(&self.pace).take(now) {
                match probe.poll_transmit(now) {
                    Some(transmit) => {
                        locked(&self.tally).sent += 1;
                        match connection.send(&transmit.octets, &self.recorder)? {
                            Ok(()) => {}
                            // Nobody answers: that is silence.
                            Err(error) if error.kind() == ErrorKind::TimedOut => {}
                            Err(error) => {
                                probe.handle_unreachable(self.began.elapsed(), &why(&error));
                            }
                        }
                        continue;
                    }
                    None => locked(&self.pace).give_back(),
                }
            }
            let now = self.began.elapsed();
            let due = probe
                .poll_timeout()
                .map_or(Duration::ZERO, |due| due.saturating_sub(now));
            let received = connection.receive(due.clamp(SHORTEST, PATIENCE), &self.recorder)?;
            let now = self.began.elapsed();
            for message in received {
                locked(&self.tally).received += 1;
                probe.handle_datagram(now, &message);
            }
            probe.handle_timeout(now);
        }
        connection.close(&self.recorder)?;
        let report = probe.report();
        if let Some(recorder) = locked(&self.recorder).as_mut() {
            recorder.keys(&report)?;
        }
        Ok(Asked {
            position,
            finished: probe.is_finished(),
            report,
        })
    }
}

/// A stream of messages, each behind its length (RFC 9329, section 3.1).
struct Connection {
    remote: SocketAddr,
    stream: Option<TcpStream>,
    received: Vec<u8>,
    opened: u32,
    /// Octets of the streams, as a capture counts them.
    sent: u32,
    taken: u32,
}

impl Connection {
    fn new(remote: SocketAddr) -> Self {
        Self {
            remote,
            stream: None,
            received: Vec::new(),
            opened: 0,
            sent: 0,
            taken: 0,
        }
    }

    fn local(&self) -> Option<SocketAddr> {
        self.stream.as_ref()?.local_addr().ok()
    }

    /// Makes a connection; the inner error is the network's.
    fn open(&mut self, recorder: &Mutex<Option<Recorder>>) -> Result<io::Result<()>, Error> {
        if self.opened == MOST_CONNECTIONS {
            return Ok(Err(ErrorKind::ConnectionReset.into()));
        }
        let stream = match self.connect() {
            (_, Ok(stream)) => stream,
            (local, Err(error)) => {
                self.record_failure(recorder, local, &error)?;
                return Ok(Err(error));
            }
        };
        self.opened += 1;
        self.received.clear();
        (self.sent, self.taken) = (0, 0);
        self.stream = Some(stream);
        // Whoever reads the capture wants to know where the streams begin; their real numbers the system does not tell.
        let (syn, answer) = (
            FIRST,
            Segment {
                acknowledged: Some(1),
                ..FIRST
            },
        );
        self.record(recorder, true, syn, &[])?;
        self.record(recorder, false, answer, &[])?;
        self.record(recorder, true, self.ours(), &[])?;
        Ok(Ok(()))
    }

    /// A connection, and where it comes from: the system no longer tells of one that failed.
    fn connect(&self) -> (Option<SocketAddr>, io::Result<TcpStream>) {
        let any: IpAddr = match self.remote {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let family = match self.remote {
            SocketAddr::V4(_) => AddressFamily::Inet,
            SocketAddr::V6(_) => AddressFamily::Inet6,
        };
        let opened = || {
            let stream = socket(family, SockType::Stream, SockFlag::empty(), None)?;
            let stream = TcpStream::from(stream);
            let any = SockaddrStorage::from(SocketAddr::new(any, 0));
            bind(stream.as_raw_fd(), &any)?;
            stream.set_nonblocking(true)?;
            stream.set_nodelay(true)?;
            let port = stream.local_addr()?.port();
            io::Result::Ok((stream, port))
        };
        let (stream, port) = match opened() {
            Ok(opened) => opened,
            Err(error) => return (None, Err(error)),
        };
        let local = route(self.remote).map(|ip| SocketAddr::new(ip, port));
        let connected = || {
            match connect(stream.as_raw_fd(), &SockaddrStorage::from(self.remote)) {
                Ok(()) => {}
                Err(Errno::EINPROGRESS) => {
                    let timeout =
                        PollTimeout::try_from(CONNECT_TIMEOUT).unwrap_or(PollTimeout::MAX);
                    let mut waiting = [PollFd::new(stream.as_fd(), PollFlags::POLLOUT)];
                    if poll(&mut waiting, timeout)? == 0 {
                        return Err(ErrorKind::TimedOut.into());
                    }
                }
                Err(error) => return Err(error.into()),
            }
            stream
                .take_error()?
                .map_or(Ok(()), Err)
                .and_then(|()| stream.set_nonblocking(false))
        };
        let connected: io::Result<()> = connected();
        (local, connected.map(|()| stream))
    }

    /// Writes down what is known of a connection that was not made: that it was asked for, and who refused it.
    fn record_failure(
        &self,
        recorder: &Mutex<Option<Recorder>>,
        local: Option<SocketAddr>,
        error: &io::Error,
    ) -> Result<(), Error> {
        let mut recorder = locked(recorder);
        let (Some(recorder), Some(local)) = (recorder.as_mut(), local) else {
            return Ok(());
        };
        recorder.segment(local, self.remote, FIRST, &[])?;
        if error.kind() != ErrorKind::ConnectionRefused {
            return Ok(());
        }
        let refusal = Segment {
            refused: true,
            acknowledged: Some(1),
            ..Segment::default()
        };
        recorder.segment(self.remote, local, refusal, &[])
    }

    /// Ends the connection, if there is one.
    fn close(&mut self, recorder: &Mutex<Option<Recorder>>) -> Result<(), Error> {
        let ends = Segment {
            ends: true,
            ..self.ours()
        };
        self.record(recorder, true, ends, &[])?;
        self.stream = None;
        Ok(())
    }

    /// Writes a segment to the capture, to the peer or from it.
    fn record(
        &self,
        recorder: &Mutex<Option<Recorder>>,
        to_peer: bool,
        segment: Segment,
        octets: &[u8],
    ) -> Result<(), Error> {
        match (locked(recorder).as_mut(), self.local()) {
            (Some(recorder), Some(local)) if to_peer => {
                recorder.segment(local, self.remote, segment, octets)
            }
            (Some(recorder), Some(local)) => recorder.segment(self.remote, local, segment, octets),
            _ => Ok(()),
        }
    }

    /// The next segment to the peer: its octets count from 1, behind SYN.
    fn ours(&self) -> Segment {
        Segment {
            sequence: self.sent.wrapping_add(1),
            acknowledged: Some(self.taken.wrapping_add(1)),
            ..Segment::default()
        }
    }

    /// The next segment of the peer.
    fn theirs(&self) -> Segment {
        Segment {
            sequence: self.taken.wrapping_add(1),
            acknowledged: Some(self.sent.wrapping_add(1)),
            ..Segment::default()
        }
    }

    /// Sends a message; opens the connection if there is none. The inner error is the network's.
    fn send(
        &mut self,
        octets: &[u8],
        recorder: &Mutex<Option<Recorder>>,
    ) -> Result<io::Result<()>, Error> {
        if self.stream.is_none()
            && let Err(error) = self.open(recorder)?
        {
            return Ok(Err(error));
        }
        let mut framed = Vec::with_capacity(octets.len() + STREAM_PREFIX.len() + LENGTH);
        if self.sent == 0 {
            framed.extend_from_slice(STREAM_PREFIX);
        }
        let length = u16::try_from(octets.len() + LENGTH).unwrap_or(u16::MAX);
        framed.extend_from_slice(&length.to_be_bytes());
        framed.extend_from_slice(octets);
        let Some(stream) = &mut self.stream else {
            return Ok(Ok(()));
        };
        if let Err(error) = stream.write_all(&framed) {
            self.stream = None;
            return Ok(Err(error));
        }
        self.record(recorder, true, self.ours(), &framed)?;
        self.sent = self
            .sent
            .wrapping_add(u32::try_from(framed.len()).unwrap_or_default());
        Ok(Ok(()))
    }

    /// Waits for messages, at most so long.
    fn receive(
        &mut self,
        timeout: Duration,
        recorder: &Mutex<Option<Recorder>>,
    ) -> Result<Vec<Vec<u8>>, Error> {
        let Some(stream) = &mut self.stream else {
            thread::sleep(timeout);
            return Ok(Vec::new());
        };
        let mut buffer = [0; 4096];
        let read = stream
            .set_read_timeout(Some(timeout))
            .and_then(|()| stream.read(&mut buffer));
        match read {
            Ok(0) => self.stream = None,
            Ok(len) => {
                let octets = buffer.get(..len).unwrap_or_default();
                self.record(recorder, false, self.theirs(), octets)?;
                self.taken = self
                    .taken
                    .wrapping_add(u32::try_from(len).unwrap_or_default());
                self.received.extend_from_slice(octets);
            }
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                ) => {}
            Err(_) => self.stream = None,
        }
        Ok(self.messages())
    }

    /// Takes whole messages from what was received; a length below its own octets is no stream of IKE.
    fn messages(&mut self) -> Vec<Vec<u8>> {
        let mut messages = Vec::new();
        while let Some((length, rest)) = self.received.split_at_checked(LENGTH) {
            let length = length
                .iter()
                .fold(0, |length, octet| length << 8 | usize::from(*octet));
            let Some(len) = length.checked_sub(LENGTH) else {
                self.stream = None;
                self.received.clear();
                break;
            };
            let Some(message) = rest.get(..len.min(MAX_DATAGRAM)) else {
                break;
            };
            messages.push(message.to_vec());
            self.received.drain(..length);
        }
        messages
    }
}

/// A thread that failed leaves nothing half-written behind a lock.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What begins the stream of the side that opened it (RFC 9329, section 4).
const STREAM_PREFIX: &[u8] = b"IKETCP";
/// Octets of the length, which counts itself.
const LENGTH: usize = 2;
/// SYN of either side.
const FIRST: Segment = Segment {
    begins: true,
    ends: false,
    refused: false,
    sequence: 0,
    acknowledged: None,
};
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const SHORTEST: Duration = Duration::from_millis(1);
/// A peer that closes so many connections does not want to speak.
const MOST_CONNECTIONS: u32 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_cut_where_their_lengths_say() {
        let mut connection = Connection::new(([127, 0, 0, 1], 4500).into());
        connection.received = vec![0, 5, 1, 2, 3, 0, 2, 0, 4, 9];
        assert_eq!(connection.messages(), [vec![1, 2, 3], Vec::new()]);
        assert!(connection.messages().is_empty());
        connection.received.push(8);
        assert_eq!(connection.messages(), [vec![9, 8]]);
        connection.received = vec![0, 1, 7];
        assert!(connection.messages().is_empty() && connection.received.is_empty());
    }
}
