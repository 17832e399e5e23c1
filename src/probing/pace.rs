//! Datagrams a second: no more than was asked for, and fewer where many are lost.

use std::time::Duration;

/// A bucket that fills at a rate and holds what may be sent at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    most: f64,
    rate: f64,
    /// Answers to questions since `judged`, and those of them to questions that had to be sent again.
    answers: u32,
    late: u32,
    judged: Duration,
    held: f64,
    filled: Duration,
}

impl Pace {
    /// This many a second; a rate that is not above zero is one.
    pub(super) fn new(rate: f64) -> Self {
        let most = if rate > 0.0 { rate } else { 1.0 };
        Self {
            most,
            rate: f64::min(most, FIRST),
            answers: 0,
            late: 0,
            judged: Duration::ZERO,
            held: 1.0,
            filled: Duration::ZERO,
        }
    }

    /// How many may be sent now.
    pub(super) fn held(&mut self, now: Duration) -> usize {
        let passed = now.saturating_sub(self.filled).as_secs_f64();
        self.filled = self.filled.max(now);
        let most = f64::max(self.rate * AT_ONCE.as_secs_f64(), 1.0);
        self.held = f64::min(self.held + passed * self.rate, most);
        // Never negative, and no more than a rate that somebody typed: both fit.
        self.held as usize
    }

    /// Notes an answer to a question that was sent so many times. Where many need more than one time, something on the way
    /// to all of them is overrun.
    pub(super) fn answered(&mut self, now: Duration, transmissions: u32) {
        self.answers += 1;
        self.late += u32::from(transmissions > 1);
        if self.answers < ENOUGH || now.saturating_sub(self.judged) < JUDGED_EVERY {
            return;
        }
        let lossy = f64::from(self.late) > f64::from(self.answers) * LOSSY;
        self.rate = match lossy {
            true => f64::max(self.rate / 2.0, f64::min(self.most, SLOWEST)),
            false => f64::min(self.rate * FASTER, self.most),
        };
        (self.answers, self.late, self.judged) = (0, 0, now);
    }

    /// Takes leave to send one.
    pub(super) fn take(&mut self, now: Duration) -> bool {
        if self.held(now) == 0 {
            return false;
        }
        self.held -= 1.0;
        true
    }

    /// Gives back what was taken and not used.
    pub(super) fn give_back(&mut self) {
        self.held += 1.0;
    }

    /// How long until the next one.
    pub(super) fn wait(&self) -> Duration {
        Duration::from_secs_f64(f64::max(1.0 - self.held, 0.0) / self.rate)
    }
}

/// What may be sent at once, as time: a driver that slept so long catches up.
const AT_ONCE: Duration = Duration::from_millis(20);

/// Datagrams a second to begin with, where more are asked for: what the network and the peers bear shows only then.
const FIRST: f64 = 30_000.0;
/// What is left of the rate in any case: that little is lost for other reasons.
const SLOWEST: f64 = 500.0;
/// Part of the answers that come late where the rate is too high; a path that loses one datagram in twenty stays below.
const LOSSY: f64 = 0.2;
/// How much faster it gets while little is lost.
const FASTER: f64 = 1.5;
/// Answers that say something.
const ENOUGH: u32 = 100;
/// Longer than the wait for an answer, so that the effect of a change is seen before the next.
const JUDGED_EVERY: Duration = Duration::from_millis(1_500);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_goes_down_where_much_is_lost_and_up_again() {
        let mut pace = Pace::new(100_000.0);
        let second = |pace: &mut Pace, second: u64, late: bool| {
            let now = Duration::from_secs(second * 2);
            (0..ENOUGH).for_each(|_| pace.answered(now, if late { 2 } else { 1 }));
        };
        second(&mut pace, 1, true);
        assert!(pace.rate < FIRST);
        (2..20).for_each(|time| second(&mut pace, time, true));
        assert!(pace.rate >= SLOWEST);
        (20..60).for_each(|time| second(&mut pace, time, false));
        assert!((pace.rate - 100_000.0).abs() < 1.0);
    }

    #[test]
    fn no_more_than_the_rate_is_let_through() {
        for (rate, step) in [(1_000.0, 1), (20_000.0, 3), (0.5, 100), (7.0, 1)] {
            let mut pace = Pace::new(rate);
            let mut sent = 0_u32;
            let seconds = 10;
            for milliseconds in (0..seconds * 1_000).step_by(step) {
                while pace.take(Duration::from_millis(milliseconds)) {
                    sent += 1;
                }
            }
            let due = rate * seconds as f64;
            assert!(
                f64::from(sent) <= due + 1.0 + rate / 50.0,
                "{sent} of {due}"
            );
            assert!(f64::from(sent) >= due * 0.95 - 1.0, "{sent} of {due}");
        }
    }

    #[test]
    fn what_is_given_back_is_there_again() {
        let mut pace = Pace::new(1.0);
        assert!(pace.take(Duration::ZERO));
        assert!(!pace.take(Duration::ZERO));
        assert!(pace.wait() > Duration::from_millis(900));
        pace.give_back();
        assert!(pace.take(Duration::ZERO));
    }
}
