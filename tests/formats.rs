//! The same packets, stored in every way, are the same messages.

mod common;

use std::fs;

use common::{run, testdata};
use serde_json::Value;

/// What a packet says, without how and when it was stored.
fn messages(capture: &str) -> Vec<Value> {
    let inspected = run(["inspect", "-q", "--format", "ndjson", capture]);
    assert_eq!(
        (inspected.code, &*inspected.stderr),
        (Some(0), ""),
        "{capture}"
    );
    let packets = inspected.stdout.lines().map(|line| {
        let packet: Value = serde_json::from_str(line).expect("it is JSON");
        let mut packet = packet.as_object().expect("it is an object").clone();
        for place in ["time", "length", "captured"] {
            packet.remove(place);
        }
        // A length of zero is told, and no more than told.
        let issues = packet.remove("issues").expect("there are issues");
        for issue in issues.as_array().expect("they are a list") {
            assert_eq!(issue["severity"], "warning", "{capture}");
        }
        Value::Object(packet)
    });
    packets.collect()
}

/// Seconds and microseconds, for files that have them.
fn times(capture: &str) -> Vec<String> {
    let inspected = run(["inspect", "-q", "--format", "ndjson", capture]);
    let packets = inspected.stdout.lines().map(|line| {
        let packet: Value = serde_json::from_str(line).expect("it is JSON");
        let time = packet["time"].as_str().unwrap_or_default();
        time.get(..26).unwrap_or_default().to_owned()
    });
    packets.collect()
}

#[test]
fn every_way_of_storing_packets_gives_the_same_messages() {
    let source = testdata("plaintext/ikev2-cookie/capture.pcap");
    let (expected, expected_times) = (messages(&source), times(&source));
    assert_eq!(expected.len(), 16);
    let mut read = 0;
    for entry in fs::read_dir(testdata("formats")).expect("the folder is there") {
        let path = entry.expect("it can be listed").path();
        let name = path.display().to_string();
        if !name.contains(".pcap") {
            continue;
        }
        read += 1;
        let found = messages(&name);
        assert_eq!(found.len(), expected.len(), "{name}");
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected, "{name}");
        }
        if !name.contains("simple-packets") {
            assert_eq!(times(&name), expected_times, "{name}");
        }
    }
    assert!(read >= 25, "{read} files");
}
