//! Plaintexts that an independent program made (`testdata/plaintext/*/plaintext.txt`), and keys of others.

use std::fs;
use std::path::Path;

use ikescope_analysis::Closed;

use crate::capture::{frames, open, scenarios};

/// Wireshark's tables of a folder, as keys.
fn tables(folder: &Path) -> Vec<ikescope_crypto::key_material::Key> {
    let mut keys = Vec::new();
    for name in ["ikev1_decryption_table", "ikev2_decryption_table", "esp_sa"] {
        if let Ok(octets) = fs::read(folder.join("wireshark").join(name)) {
            keys.extend(ikescope_crypto::key_material::read(name, &octets).keys);
        }
    }
    keys
}

fn octets(digits: &str) -> Vec<u8> {
    (0..digits.len() / 2)
        .map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap())
        .collect()
}

#[test]
fn tables_give_the_plaintexts_of_an_independent_program() {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/plaintext");
    let mut compared = 0;
    for entry in fs::read_dir(testdata).unwrap() {
        let folder = entry.unwrap().path();
        let Ok(text) = fs::read_to_string(folder.join("plaintext.txt")) else {
            continue;
        };
        let result = open(&frames(&folder.join("capture.pcap")), tables(&folder));
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (frame, rest) = line.split_once(' ').unwrap();
            let (what, digits) = rest.rsplit_once(' ').unwrap();
            let frame: u64 = frame.parse().unwrap();
            let expected = octets(digits);
            let found = result
                .ike
                .get(&frame)
                .and_then(|ike| ike.plain.clone())
                .or(result.esp.get(&frame).and_then(|esp| esp.plain.clone()));
            // Fragments stand in the notes one by one, and what the tables cannot say stays closed.
            let Some(found) = found else { continue };
            if what.contains("fragment") || found.is_empty() {
                continue;
            }
            assert!(
                expected.starts_with(&found)
                    || expected.ends_with(&found)
                    || found.starts_with(&expected),
                "{} frame {frame} {what}: {} against {} octets",
                folder.display(),
                found.len(),
                expected.len()
            );
            compared += 1;
        }
    }
    assert!(compared > 150, "{compared} plaintexts");
}

#[test]
fn keys_of_another_tunnel_open_nothing() {
    let all = scenarios();
    let mut checked = 0;
    for (index, scenario) in all.iter().enumerate().step_by(5) {
        let other = &all[(index + 1) % all.len()];
        let Some(keys) = other.keys("initiator.charon.log") else {
            continue;
        };
        let result = open(&scenario.frames, keys);
        assert_eq!(
            (result.ike_opened(), result.esp_opened()),
            (0, 0),
            "{} with the keys of {}",
            scenario.name,
            other.name
        );
        checked += 1;
    }
    assert!(checked > 40);
}

#[test]
fn a_damaged_packet_is_said_to_be_so() {
    let mut checked = 0;
    for scenario in scenarios() {
        let Some(keys) = scenario.keys("initiator.charon.log") else {
            continue;
        };
        let good = open(&scenario.frames, keys.clone());
        let Some(frame) = good
            .esp
            .iter()
            .find(|(_, esp)| esp.plain.is_some())
            .map(|(frame, _)| *frame)
        else {
            continue;
        };
        let mut damaged = scenario.frames.clone();
        for owned in &mut damaged {
            if owned.number == frame {
                let last = owned.octets.len() - 1;
                owned.octets[last] ^= 1;
            }
        }
        let result = open(&damaged, keys);
        let esp = &result.esp[&frame];
        assert_eq!(
            (&esp.plain, &esp.closed),
            (&None, &Some(Closed::Integrity)),
            "{} frame {frame}",
            scenario.name
        );
        checked += 1;
        if checked == 60 {
            break;
        }
    }
    assert!(checked > 40, "{checked} packets");
}
