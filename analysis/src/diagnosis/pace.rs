//! Which implementation repeats a message at this pace.
//!
//! No standard says when a request is sent again (RFC 7296, section 2.1), so that the gaps tell one implementation from
//! another as long as nobody changed its settings.

use crate::tunnels::Message;

/// The gaps between the copies of a message, in seconds; what is missing in the capture is missing here.
pub(super) fn gaps(message: &Message) -> Vec<f64> {
    let times = std::iter::once(message.time)
        .chain(message.retransmissions.iter().map(|copy| copy.time))
        .collect::<Vec<_>>();
    times
        .windows(2)
        .filter_map(|pair| match pair {
            [Some(one), Some(other)] => Some(other.nanos_since(*one) as f64 / 1e9),
            _ => None,
        })
        .collect()
}

/// The implementation whose defaults the gaps fit best, when there are two gaps at least.
pub(super) fn looks_like(gaps: &[f64]) -> Option<&'static str> {
    if gaps.len() < 2 {
        return None;
    }
    SCHEDULES
        .iter()
        .filter(|schedule| gaps.len() <= schedule.gaps.len())
        .filter_map(|schedule| {
            let worst = gaps
                .iter()
                .zip(schedule.gaps)
                .map(|(seen, expected)| (seen - expected).abs() / expected)
                .fold(0.0, f64::max);
            (worst <= TOLERANCE).then_some((worst, schedule.name))
        })
        .min_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, name)| name)
}

/// What a message is, and whose defaults its copies follow, if anybody's.
pub(super) fn with_pace(what: &str, message: &Message) -> String {
    match looks_like(&gaps(message)) {
        Some(name) => format!("{what}, repeated at the pace of {name}"),
        None => what.to_owned(),
    }
}

/// `4.0, 7.2, 13.0 s`, and whose defaults these are.
pub(super) fn described(message: &Message) -> Option<String> {
    let gaps = gaps(message);
    let shown: Vec<String> = gaps
        .iter()
        .take(SHOWN)
        .map(|gap| format!("{gap:.1}"))
        .collect();
    let fit = looks_like(&gaps).map_or(String::new(), |name| {
        format!(", which fits the defaults of {name}")
    });
    (!shown.is_empty()).then(|| format!("{} s{fit}", shown.join(", ")))
}

/// One implementation's defaults.
struct Schedule {
    name: &'static str,
    gaps: &'static [f64],
}

/// Defaults as documented or read in the sources of the implementations.
const SCHEDULES: &[Schedule] = &[
    Schedule {
        name: "strongSwan",
        gaps: &[4.0, 7.2, 12.96, 23.33, 41.99],
    },
    Schedule {
        name: "strongSwan under NetworkManager",
        gaps: &[2.0, 2.8, 3.92],
    },
    Schedule {
        name: "libreswan",
        gaps: &[0.5, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0],
    },
    Schedule {
        name: "racoon or Cisco IOS",
        gaps: &[10.0, 10.0, 10.0, 10.0, 10.0],
    },
    Schedule {
        name: "Cisco ASA",
        gaps: &[8.0, 8.0, 8.0],
    },
    Schedule {
        name: "FortiOS",
        gaps: &[3.0, 6.0, 12.0, 24.0, 48.0],
    },
    Schedule {
        name: "PAN-OS",
        gaps: &[5.0, 10.0, 20.0, 40.0, 60.0, 60.0],
    },
    Schedule {
        name: "older PAN-OS",
        gaps: &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 64.0],
    },
    Schedule {
        name: "Android",
        gaps: &[0.5, 1.0, 2.0, 4.0],
    },
];

/// Jitter of timers and of the path.
const TOLERANCE: f64 = 0.06;

/// Gaps that are named.
const SHOWN: usize = 6;

#[cfg(test)]
mod tests {
    use super::super::sample::{again, send, tunnel};
    use super::*;
    use crate::tunnels::{Sender, Step};

    #[test]
    fn every_schedule_fits_itself() {
        for schedule in SCHEDULES {
            assert_eq!(looks_like(schedule.gaps), Some(schedule.name));
        }
    }

    #[test]
    fn the_pace_of_the_copies_is_told() {
        let told = |copies: &[i64]| {
            let mut tunnel = tunnel(1);
            send(&mut tunnel, Step::Main(5), Sender::Initiator, 0);
            again(&mut tunnel, copies);
            with_pace("message 5", tunnel.messages.last().unwrap())
        };
        assert_eq!(
            told(&[4_000, 11_200, 24_160]),
            "message 5, repeated at the pace of strongSwan"
        );
        assert_eq!(told(&[1_000, 2_500]), "message 5");
    }

    #[test]
    fn one_gap_tells_nothing_and_other_gaps_fit_nobody() {
        assert_eq!(looks_like(&[4.0]), None);
        assert_eq!(looks_like(&[1.0, 1.5, 2.25]), None);
        assert_eq!(looks_like(&[4.01, 7.15, 13.1]), Some("strongSwan"));
        assert_eq!(looks_like(&[10.0, 10.2, 9.9]), Some("racoon or Cisco IOS"));
    }
}
