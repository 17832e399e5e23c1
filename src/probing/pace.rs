//! Datagrams a second.

use std::time::Duration;

/// A bucket that fills at a rate and holds what may be sent at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    rate: f64,
    held: f64,
    filled: Duration,
}

impl Pace {
    /// This many a second; a rate that is not above zero is one.
    pub(super) fn new(rate: f64) -> Self {
        Self {
            rate: if rate > 0.0 { rate } else { 1.0 },
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

#[cfg(test)]
mod tests {
    use super::*;

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
