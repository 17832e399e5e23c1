//! Many probes over a few sockets: a heap of timers, one rate for all, and every answer to its probe.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use ikescope_probe::{Config, Probe, Random, Report, Target, Transmit};

use super::limits::{MAX_ACTIVE, MAX_DATAGRAM, PATIENCE, RECEIVED_AT_ONCE, SENT_AT_ONCE};
use super::pace::Pace;
use super::record::Recorder;
use super::sockets::Sockets;
use super::unreachable::why;
use crate::exit::Error;
use crate::interrupt::Interrupt;

/// How to ask everybody.
pub(crate) struct Settings {
    /// What to ask each.
    pub(crate) config: Config,
    /// Datagrams a second, to all together.
    pub(crate) rate: f64,
    /// Where datagrams come from.
    pub(crate) source: Option<IpAddr>,
    /// From which port; zero lets the system choose.
    pub(crate) source_port: u16,
}

/// A target that was asked, or for as long as the user let it be asked.
pub(crate) struct Asked {
    /// Its place in the list.
    pub(crate) position: u64,
    /// Whether everything was asked.
    pub(crate) finished: bool,
    /// What is known of it.
    pub(crate) report: Report,
}

/// How far the work is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Targets that were begun.
    pub(crate) begun: u64,
    /// Targets that are done.
    pub(crate) finished: u64,
    /// Datagrams sent.
    pub(crate) sent: u64,
    /// Datagrams received.
    pub(crate) received: u64,
    /// Of these, from addresses that nobody asked, or that came too late.
    pub(crate) unmatched: u64,
    /// How long the only target is left alone.
    pub(crate) pause: Option<Duration>,
}

/// Drives the probes.
pub(crate) struct Driver<'a> {
    settings: &'a Settings,
    sockets: Sockets,
    pace: Pace,
    began: Instant,
    random: Random,
    slots: Vec<Option<Slot>>,
    free: Vec<usize>,
    by_address: HashMap<SocketAddr, usize>,
    /// Who asked with the initiator's SPI that was sent last.
    by_spi: HashMap<[u8; 8], usize>,
    timers: BinaryHeap<Reverse<(Duration, usize)>>,
    /// Those that may have something to send.
    ready: VecDeque<usize>,
    recorder: Option<Recorder>,
    tally: Tally,
}

struct Slot {
    probe: Probe,
    position: u64,
    remote: SocketAddr,
    local: Option<SocketAddr>,
    /// The timer that counts; others of this slot in the heap are old.
    due: Option<Duration>,
    /// The initiator's SPI of what was sent last.
    spi: Option<[u8; 8]>,
    /// Whether it stands in `ready`.
    ready: bool,
}

impl<'a> Driver<'a> {
    /// The seed must come from the operating system.
    pub(crate) fn new(settings: &'a Settings, recorder: Option<Recorder>, seed: [u8; 32]) -> Self {
        Self {
            sockets: Sockets::new(settings.source, settings.source_port),
            pace: Pace::new(settings.rate),
            settings,
            began: Instant::now(),
            random: Random::new(seed),
            slots: Vec::new(),
            free: Vec::new(),
            by_address: HashMap::new(),
            by_spi: HashMap::new(),
            timers: BinaryHeap::new(),
            ready: VecDeque::new(),
            recorder,
            tally: Tally::default(),
        }
    }

    /// Asks all targets; `done` is called with each as it ends, `progress` now and then. After Ctrl-C it is called with
    /// those that were being asked.
    pub(crate) fn run(
        mut self,
        mut targets: impl Iterator<Item = (u64, Target)>,
        interrupt: &Interrupt,
        done: &mut dyn FnMut(Asked) -> Result<(), Error>,
        progress: &mut dyn FnMut(Tally),
    ) -> Result<(Tally, Option<Recorder>), Error> {
        let mut buffer = vec![0; MAX_DATAGRAM];
        let mut waiting = None;
        loop {
            let now = self.began.elapsed();
            if interrupt.is_set() {
                break;
            }
            self.begin_targets(now, &mut targets, &mut waiting)?;
            self.expire(now);
            let more = self.transmit(now, done)?;
            self.tally.pause = self.pause(now);
            progress(self.tally);
            if self.is_idle() && waiting.is_none() {
                return Ok((self.tally, self.recorder));
            }
            let sleep = match more {
                true => Duration::ZERO,
                false => self.sleep(self.began.elapsed(), waiting.is_some()),
            };
            let ready = self.sockets.wait(sleep);
            if ready.datagrams {
                self.receive(&mut buffer)?;
            }
            if ready.errors {
                self.take_errors();
            }
        }
        for slot in std::mem::take(&mut self.slots).into_iter().flatten() {
            let report = slot.probe.report();
            if report.counters.sent > 0 {
                if let Some(recorder) = &mut self.recorder {
                    recorder.keys(&report)?;
                }
                done(Asked {
                    position: slot.position,
                    finished: false,
                    report,
                })?;
            }
        }
        Ok((self.tally, self.recorder))
    }

    /// How long it will be until the next question, where there is one target.
    fn pause(&self, now: Duration) -> Option<Duration> {
        let [Some(only)] = self.slots.as_slice() else {
            return None;
        };
        only.due.map(|due| due.saturating_sub(now))
    }

    fn is_idle(&self) -> bool {
        self.by_address.is_empty()
    }

    /// Begins as many targets as may send at once; those that were begun go first.
    fn begin_targets(
        &mut self,
        now: Duration,
        targets: &mut impl Iterator<Item = (u64, Target)>,
        waiting: &mut Option<(u64, Target)>,
    ) -> Result<(), Error> {
        let room = self.pace.held(now);
        while self.by_address.len() < MAX_ACTIVE && self.ready.len() < room {
            let Some((position, mut target)) = waiting.take().or_else(|| targets.next()) else {
                return Ok(());
            };
            target.local = self.sockets.prepare(target.remote)?;
            self.begin(position, target);
        }
        if waiting.is_none() {
            *waiting = targets.next();
        }
        Ok(())
    }

    fn begin(&mut self, position: u64, target: Target) {
        let mut seed = [0; 32];
        seed.copy_from_slice(&self.random.octets(32));
        let (remote, local) = (target.remote, target.local);
        let slot = Slot {
            probe: Probe::new(self.settings.config.clone(), target, seed),
            position,
            remote,
            local,
            due: None,
            spi: None,
            ready: false,
        };
        let index = match self.free.pop() {
            Some(index) => index,
            None => {
                self.slots.push(None);
                self.slots.len() - 1
            }
        };
        self.by_address.insert(remote, index);
        self.tally.begun += 1;
        if let Some(place) = self.slots.get_mut(index) {
            *place = Some(slot);
        }
        self.make_ready(index);
    }

    fn make_ready(&mut self, index: usize) {
        if let Some(Some(slot)) = self.slots.get_mut(index)
            && !slot.ready
        {
            slot.ready = true;
            self.ready.push_back(index);
        }
    }

    /// Lets time pass for those whose timer is due.
    fn expire(&mut self, now: Duration) {
        while let Some(Reverse((due, index))) = self.timers.peek().copied()
            && due <= now
        {
            self.timers.pop();
            if let Some(Some(slot)) = self.slots.get_mut(index)
                && slot.due == Some(due)
            {
                slot.due = None;
                slot.probe.handle_timeout(now);
                self.make_ready(index);
            }
        }
    }

    /// Sends what is to be sent, as far as the rate lets; `true` if there is more. Answers are taken in between, so that they
    /// do not pile up while questions are sent.
    fn transmit(
        &mut self,
        now: Duration,
        done: &mut dyn FnMut(Asked) -> Result<(), Error>,
    ) -> Result<bool, Error> {
        let mut sent = 0;
        while let Some(index) = self.ready.front().copied() {
            if sent == SENT_AT_ONCE {
                return Ok(true);
            }
            if !self.pace.take(now) {
                return Ok(false);
            }
            let Some(Some(slot)) = self.slots.get_mut(index) else {
                self.ready.pop_front();
                continue;
            };
            match slot.probe.poll_transmit(now) {
                Some(transmit) => {
                    sent += 1;
                    self.send(now, index, &transmit)?;
                }
                None => {
                    self.pace.give_back();
                    self.ready.pop_front();
                    self.settle(index, done)?;
                }
            }
        }
        Ok(false)
    }

    /// Sets the timer of one that has nothing to send, or reports it.
    fn settle(
        &mut self,
        index: usize,
        done: &mut dyn FnMut(Asked) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Some(place) = self.slots.get_mut(index) else {
            return Ok(());
        };
        let Some(slot) = place else {
            return Ok(());
        };
        slot.ready = false;
        if !slot.probe.is_finished() {
            slot.due = slot.probe.poll_timeout();
            if let Some(due) = slot.due {
                self.timers.push(Reverse((due, index)));
            }
            return Ok(());
        }
        let (position, report) = (slot.position, slot.probe.report());
        self.by_address.remove(&slot.remote);
        if let Some(spi) = slot.spi {
            self.by_spi.remove(&spi);
        }
        *place = None;
        self.free.push(index);
        self.tally.finished += 1;
        if let Some(recorder) = &mut self.recorder {
            recorder.keys(&report)?;
        }
        done(Asked {
            position,
            finished: true,
            report,
        })
    }

    fn send(&mut self, now: Duration, index: usize, transmit: &Transmit) -> Result<(), Error> {
        let Some(Some(slot)) = self.slots.get_mut(index) else {
            return Ok(());
        };
        let spi = initiator_spi(&transmit.octets);
        if spi != slot.spi {
            if let Some(old) = std::mem::replace(&mut slot.spi, spi) {
                self.by_spi.remove(&old);
            }
            self.by_spi.extend(spi.map(|spi| (spi, index)));
        }
        let sent = self.sockets.send(slot.remote, &transmit.octets);
        self.tally.sent += 1;
        match sent {
            Ok(()) => {
                if let (Some(recorder), Some(local)) = (&mut self.recorder, slot.local) {
                    recorder.datagram(local, slot.remote, &transmit.octets)?;
                }
            }
            Err(error) => slot.probe.handle_unreachable(now, &why(&error)),
        }
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8]) -> Result<(), Error> {
        let now = self.began.elapsed();
        let Self {
            sockets,
            slots,
            by_address,
            by_spi,
            recorder,
            tally,
            ready,
            pace,
            ..
        } = self;
        let mut recorded = Ok(());
        sockets.receive(RECEIVED_AT_ONCE, buffer, &mut |from, octets| {
            tally.received += 1;
            // Answers may come from elsewhere than where the question went.
            let index = by_address.get(&from).copied();
            let asked = index.or_else(|| by_spi.get(&initiator_spi(octets)?).copied());
            let slot = asked.and_then(|index| slots.get_mut(index)?.as_mut());
            let (Some(asked), Some(slot)) = (asked, slot) else {
                tally.unmatched += 1;
                return;
            };
            if let (Some(recorder), Some(local)) = (recorder.as_mut(), slot.local)
                && recorded.is_ok()
            {
                recorded = recorder.datagram(from, local, octets);
            }
            if index.is_none() {
                return slot.probe.handle_stray(from);
            }
            if let Some(transmissions) = slot.probe.handle_datagram(now, octets) {
                pace.answered(now, transmissions);
            }
            if !slot.ready {
                slot.ready = true;
                ready.push_back(asked);
            }
        });
        recorded
    }

    fn take_errors(&mut self) {
        let now = self.began.elapsed();
        let Self {
            sockets,
            slots,
            by_address,
            ready,
            ..
        } = self;
        sockets.errors(&mut |remote, icmp| {
            let index = by_address.get(&remote).copied();
            let slot = index.and_then(|index| slots.get_mut(index)?.as_mut());
            if let (Some(index), Some(slot)) = (index, slot) {
                slot.probe.handle_icmp(now, icmp);
                if !slot.ready {
                    slot.ready = true;
                    ready.push_back(index);
                }
            }
        });
    }

    /// Until the next timer, the next leave to send, or the next look at Ctrl-C.
    fn sleep(&self, now: Duration, more: bool) -> Duration {
        let timer = self.timers.peek();
        let timer = timer.map_or(PATIENCE, |Reverse((due, _))| due.saturating_sub(now));
        let room = more && self.by_address.len() < MAX_ACTIVE;
        let pace = match !self.ready.is_empty() || room {
            true => self.pace.wait(),
            false => PATIENCE,
        };
        timer.min(pace).min(PATIENCE)
    }
}

/// The first field of an IKE header, with or without the non-ESP marker in front.
fn initiator_spi(datagram: &[u8]) -> Option<[u8; 8]> {
    let header = datagram.strip_prefix(&[0; 4]).unwrap_or(datagram);
    header.first_chunk().copied()
}
