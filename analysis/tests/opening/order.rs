//! The order of packets, copies of them, and what was cut off change nothing.

use crate::capture::{Owned, Result, open, open_with, scenarios};
use crate::sources::exchange_secrets;

/// A permutation that is the same in every run (a linear congruential generator, Numerical Recipes).
fn shuffled(frames: &[Owned], seed: u32) -> Vec<Owned> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 8
    };
    let mut keyed: Vec<(u32, Owned)> = frames.iter().map(|f| (next(), f.clone())).collect();
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, frame)| frame).collect()
}

/// What was opened, whatever frame completed it.
fn plaintexts(result: &Result) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let mut ike: Vec<_> = result
        .ike
        .values()
        .filter_map(|ike| ike.plain.clone())
        .collect();
    let mut esp: Vec<_> = result
        .esp
        .values()
        .filter_map(|esp| esp.plain.clone())
        .collect();
    ike.sort();
    esp.sort();
    // A message that was sent twice in fragments is whole once or twice, as they come.
    ike.dedup();
    esp.dedup();
    (ike, esp)
}

#[test]
fn shuffled_captures_give_the_same() {
    let mut checked = 0;
    for (index, scenario) in scenarios().iter().enumerate().step_by(2) {
        let Some(keys) = scenario.keys("initiator.charon.log") else {
            continue;
        };
        let expected = open(&scenario.frames, keys.clone());
        let frames = shuffled(&scenario.frames, index as u32 + 1);
        let result = open(&frames, keys);
        assert_eq!(
            plaintexts(&result),
            plaintexts(&expected),
            "{}: {} instead of {}",
            scenario.name,
            result.summary(),
            expected.summary()
        );
        checked += 1;
    }
    assert!(checked > 120, "{checked} scenarios");
}

#[test]
fn what_follows_from_exchange_secrets_follows_in_any_order() {
    let rekeys = |name: &str| name.contains("rekey") || name.ends_with("-pfs");
    let scenarios = scenarios().into_iter().filter(|one| rekeys(&one.name));
    for scenario in scenarios.filter(|one| !one.name.starts_with("fail-")) {
        let keys = exchange_secrets(&scenario);
        let expected = open(&scenario.frames, keys.clone());
        for seed in 1..5 {
            let result = open(&shuffled(&scenario.frames, seed), keys.clone());
            assert_eq!(
                plaintexts(&result),
                plaintexts(&expected),
                "{} in order {seed}: {} instead of {}",
                scenario.name,
                result.summary(),
                expected.summary()
            );
        }
    }
}

#[test]
fn copies_change_nothing() {
    for scenario in scenarios().iter().step_by(4) {
        let Some(keys) = scenario.keys("initiator.charon.log") else {
            continue;
        };
        let expected = open(&scenario.frames, keys.clone());
        let mut twice = scenario.frames.clone();
        twice.extend(shuffled(&scenario.frames, 7));
        let result = open(&twice, keys);
        assert_eq!(
            plaintexts(&result),
            plaintexts(&expected),
            "{}",
            scenario.name
        );
    }
}

#[test]
fn one_pass_over_an_ordered_capture_is_enough() {
    for scenario in scenarios().iter().skip(1).step_by(2) {
        let Some(keys) = scenario.keys("initiator.charon.log") else {
            continue;
        };
        let expected = open(&scenario.frames, keys.clone());
        let (result, _) = open_with(&scenario.frames, keys, Default::default(), false);
        assert_eq!(
            plaintexts(&result),
            plaintexts(&expected),
            "{}: {}",
            scenario.name,
            result.summary()
        );
    }
}

#[test]
fn a_capture_that_begins_late_opens_what_it_has() {
    for scenario in scenarios().iter().skip(2).step_by(4) {
        let Some(keys) = scenario.keys("initiator.charon.log") else {
            continue;
        };
        let expected = open(&scenario.frames, keys.clone());
        for skip in 1..scenario.frames.len().min(12) {
            let result = open(&scenario.frames[skip..], keys.clone());
            for (frame, esp) in &result.esp {
                assert_eq!(
                    esp.plain, expected.esp[frame].plain,
                    "{} from {skip}, frame {frame}",
                    scenario.name
                );
            }
            for (frame, ike) in &result.ike {
                let whole = expected.ike.get(frame).and_then(|ike| ike.plain.as_ref());
                let (Some(plain), Some(whole)) = (&ike.plain, whole) else {
                    continue;
                };
                // Of an IKEv1 message whose predecessor is missing the first block is unknown.
                let known = plain.len().saturating_sub(16);
                assert!(
                    plain == whole
                        || (ike.v1
                            && ike.notes.contains("unknown")
                            && plain.ends_with(&whole[whole.len() - known..])),
                    "{} from {skip}, frame {frame}",
                    scenario.name
                );
            }
        }
    }
}

#[test]
fn every_ikev1_message_opens_alone() {
    let mut unknown = 0;
    for scenario in scenarios() {
        let own =
            scenario.name.starts_with("ikev1-") || scenario.name.starts_with("strongswan6-ikev1");
        let Some(keys) = scenario.keys("initiator.charon.log").filter(|_| own) else {
            continue;
        };
        let whole = open(&scenario.frames, keys.clone());
        for frame in &scenario.frames {
            let Some(expected) = whole.ike.get(&frame.number).filter(|ike| ike.v1) else {
                continue;
            };
            // A message in fragments is not one frame.
            let alone = open(std::slice::from_ref(frame), keys.clone());
            let (Some(ike), Some(expected)) = (alone.ike.get(&frame.number), &expected.plain)
            else {
                continue;
            };
            let place = format!(
                "{} frame {}: {}",
                scenario.name,
                frame.number,
                alone.summary()
            );
            let plain = ike.plain.as_ref().expect(&place);
            if plain != expected {
                assert!(ike.notes.contains("unknown"), "{place}");
                let noise = if ike.notes.contains("first 8 octets") {
                    8
                } else {
                    16
                };
                assert_eq!(plain.get(noise..), expected.get(noise..), "{place}");
                unknown += 1;
            }
        }
    }
    assert!(unknown > 100, "{unknown} messages");
}
