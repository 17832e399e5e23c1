//! How far reading is, on standard error.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar that appears only when there is a terminal to draw on and the work takes over a second.
pub(crate) struct Progress {
    began: Instant,
    ticks: u32,
    wanted: bool,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// `wanted` is what the options say; the terminal decides as well.
    pub(crate) fn new(wanted: bool) -> Self {
        Self {
            began: Instant::now(),
            ticks: 0,
            wanted: wanted && io::stderr().is_terminal(),
            bar: None,
        }
    }

    /// To be called once a packet or some of them; `octets` gives how many were read, and of how many.
    #[inline]
    pub(crate) fn tick(&mut self, octets: impl FnOnce() -> (u64, Option<u64>)) {
        self.ticks = self.ticks.wrapping_add(1);
        if self.wanted && self.ticks.is_multiple_of(PACKETS) && self.began.elapsed() > PATIENCE {
            let (read, total) = octets();
            self.draw(read, total);
        }
    }

    /// Takes the bar away, for something else to be written.
    pub(crate) fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn draw(&mut self, read: u64, total: Option<u64>) {
        let bar = self.bar.get_or_insert_with(|| {
            let target = ProgressDrawTarget::stderr();
            let bar = ProgressBar::with_draw_target(total, target);
            let template = if total.is_some() {
                WITH_TOTAL
            } else {
                WITHOUT_TOTAL
            };
            match ProgressStyle::with_template(template) {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            }
        });
        bar.set_position(read);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

/// How many targets were asked, at which rate: the same bar for work that is counted in targets.
pub(crate) struct TargetProgress {
    began: Instant,
    drawn: Option<Instant>,
    total: u64,
    wanted: bool,
    bar: Option<ProgressBar>,
}

impl TargetProgress {
    /// `wanted` is what the options say; the terminal decides as well.
    pub(crate) fn new(wanted: bool, total: u64) -> Self {
        Self {
            began: Instant::now(),
            drawn: None,
            total,
            wanted: wanted && io::stderr().is_terminal(),
            bar: None,
        }
    }

    /// To be called often: draws ten times a second at most.
    pub(crate) fn show(
        &mut self,
        finished: u64,
        sent: u64,
        received: u64,
        pause: Option<Duration>,
    ) {
        if !self.wanted || self.drawn.is_some_and(|drawn| drawn.elapsed() < REDRAW) {
            return;
        }
        let elapsed = self.began.elapsed();
        if elapsed < PATIENCE {
            return;
        }
        self.drawn = Some(Instant::now());
        let total = self.total;
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
            let template = if total == 1 { OF_ONE } else { OF_TARGETS };
            match ProgressStyle::with_template(template) {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            }
        });
        let rate = sent as f64 / elapsed.as_secs_f64();
        let next = match pause {
            Some(pause) if total == 1 && pause >= LONG_PAUSE => {
                format!(", the next in {} s", pause.as_secs())
            }
            _ => String::new(),
        };
        bar.set_message(match total {
            1 => format!("{sent} datagrams sent, {received} received{next}"),
            _ => format!("{rate:.0} datagrams/s, {received} received"),
        });
        bar.set_position(finished);
    }

    /// Takes the bar away, for something else to be written.
    pub(crate) fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for TargetProgress {
    fn drop(&mut self) {
        self.clear();
    }
}

const REDRAW: Duration = Duration::from_millis(100);
/// A pause of a peer that is asked slowly.
const LONG_PAUSE: Duration = Duration::from_secs(3);
const OF_ONE: &str = "{spinner} {msg}, {elapsed}";
const OF_TARGETS: &str = "{wide_bar} {pos} of {len} targets, {msg}, {eta} left";
/// Packets between two looks at the clock: some milliseconds.
const PACKETS: u32 = 1 << 14;
/// What is done sooner needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);
const WITH_TOTAL: &str = "{wide_bar} {bytes} of {total_bytes}, {eta} left";
const WITHOUT_TOTAL: &str = "{spinner} {bytes} read, {bytes_per_sec}";
