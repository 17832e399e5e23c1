//! When a peer sends an answer again that is not continued. Implementations differ in that: the times tell them apart where
//! vendor ids do not. Responders of IKEv2 never send again by themselves (RFC 7296, section 2.1).

use std::time::Duration;

/// Waits between the answer and its repetitions.
pub(super) fn intervals(arrivals: &[Duration]) -> Vec<Duration> {
    let pairs = arrivals.windows(2);
    pairs
        .filter_map(|pair| match pair {
            [one, next] => Some(next.saturating_sub(*one)),
            _ => None,
        })
        .collect()
}

/// Whose waits these are; two at least are needed to tell a factor.
pub(super) fn looks_like(intervals: &[Duration]) -> Option<&'static str> {
    if intervals.len() < FEWEST {
        return None;
    }
    let fits = |pattern: &&Pattern| {
        let mut expected = pattern.first;
        intervals.iter().all(|interval| {
            let seconds = interval.as_secs_f64();
            let fits = (seconds - expected).abs() <= expected * TOLERANCE;
            expected *= pattern.factor;
            fits
        })
    };
    PATTERNS.iter().find(fits).map(|pattern| pattern.name)
}

/// The first wait in seconds, and how many times longer each is than the one before.
struct Pattern {
    name: &'static str,
    first: f64,
    factor: f64,
}

/// As the manuals of these programs have it for what nobody configured.
const PATTERNS: [Pattern; 3] = [
    // strongswan.conf(5): charon.retransmit_timeout and charon.retransmit_base.
    Pattern {
        name: "strongSwan",
        first: 4.0,
        factor: 1.8,
    },
    // ipsec.conf(5): retransmit-interval, doubled each time.
    Pattern {
        name: "Libreswan",
        first: 0.5,
        factor: 2.0,
    },
    // racoon.conf(5): timer, interval.
    Pattern {
        name: "racoon",
        first: 10.0,
        factor: 1.0,
    },
];

/// How long is listened: three repetitions of the slowest.
pub(super) const LISTENED: Duration = Duration::from_secs(35);
const FEWEST: usize = 2;
/// Of a wait: timers of daemons are late by a fraction of a second.
const TOLERANCE: f64 = 0.15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_tell_implementations_apart() {
        let arrivals = |seconds: &[f64]| -> Vec<Duration> {
            seconds
                .iter()
                .copied()
                .map(Duration::from_secs_f64)
                .collect()
        };
        let name = |seconds: &[f64]| looks_like(&intervals(&arrivals(seconds)));
        // 4, 7.2 and 12.96 seconds behind one another; 0.5 doubled; 10 each.
        assert_eq!(name(&[0.1, 4.15, 11.3, 24.3]), Some("strongSwan"));
        assert_eq!(name(&[0.0, 0.5, 1.5, 3.5, 7.6, 15.6]), Some("Libreswan"));
        assert_eq!(name(&[0.0, 10.0, 20.1, 30.1]), Some("racoon"));
        assert_eq!(name(&[0.0, 4.0]), None);
        assert_eq!(name(&[0.0, 3.0, 9.0]), None);
        assert_eq!(name(&[]), None);
    }
}
