//! What is known of a peer, as text and JSON.

use std::net::SocketAddr;
use std::time::Duration;

use ikescope_analysis::audit::{Evidence, Found, catalogue};
use ikescope_probe::ikev1::{Ikev1Box, Ikev1Report, Ikev1Suite};
use ikescope_probe::ikev2::{Chooses, Ikev2Box, Ikev2Report, Ikev2Suite};
use ikescope_probe::{Counters, Icmp, NatFacts, Outcome, Report, Target};
use ikescope_report::{ProbeJsonWriter, ProbeNdjsonWriter, ProbeTextWriter, ProbeWriter};
use serde_json::Value;

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

fn target(name: &str, address: &str) -> Target {
    Target {
        name: name.to_owned(),
        remote: SocketAddr::new(address.parse().expect("an address"), 500),
        local: None,
    }
}

fn nothing(target: Target) -> Report {
    Report {
        target,
        ikev2: None,
        ikev1_main: None,
        ikev1_aggressive: None,
        icmp: None,
        heard: ikescope_analysis::audit::PeerFacts::default(),
        vendor_ids: Vec::new(),
        implementation: None,
        nat: NatFacts::default(),
        counters: Counters::default(),
        duration: Duration::ZERO,
    }
}

fn gateway() -> Report {
    let suite = Ikev2Suite {
        encr: "AES-GCM-16-256".to_owned(),
        prf: "HMAC-SHA2-384".to_owned(),
        integ: None,
        ke: "ECP-384".to_owned(),
        additional_ke: names(&["ML-KEM-768"]),
    };
    let ikev2 = Ikev2Report {
        outcome: Outcome::Accepted,
        answers: true,
        policy: vec![Ikev2Box {
            encr: names(&["AES-GCM-16-256"]),
            prf: names(&["HMAC-SHA2-384"]),
            ke: names(&["ECP-384"]),
            additional_ke: vec![names(&["ML-KEM-768"])],
            ..Ikev2Box::default()
        }],
        accepted: vec![suite],
        chooses: Chooses::OwnOrder,
        complete: true,
        packets_sent: 9,
        notes: names(&["the peer said \u{1b}[31mred"]),
        not_determined: names(&["everything else"]),
        ..Ikev2Report::default()
    };
    let main = Ikev1Report {
        outcome: Outcome::Accepted,
        answers: true,
        policy: vec![Ikev1Box {
            encr: names(&["3DES"]),
            hash: names(&["SHA1"]),
            auth: names(&["PSK"]),
            group: names(&["MODP-1024"]),
            inferred: Vec::new(),
        }],
        accepted: vec![Ikev1Suite {
            encr: "3DES".to_owned(),
            hash: "SHA1".to_owned(),
            auth: "PSK".to_owned(),
            group: "MODP-1024".to_owned(),
        }],
        lifetime_seconds: Some(28_800),
        packets_sent: 2,
        half_open_left: 1,
        ..Ikev1Report::default()
    };
    Report {
        ikev2: Some(ikev2),
        ikev1_main: Some(main),
        vendor_ids: vec![vec![0xab, 0xcd]],
        implementation: Some("strongSwan".to_owned()),
        nat: NatFacts {
            source_matches: Some(true),
            destination_matches: Some(false),
        },
        counters: Counters {
            sent: 11,
            received: 11,
            ..Counters::default()
        },
        duration: Duration::from_millis(1_500),
        ..nothing(target("vpn.example.com", "2001:db8::1"))
    }
}

fn closed() -> Report {
    let ikev2 = Ikev2Report {
        outcome: Outcome::Unreachable,
        packets_sent: 2,
        ..Ikev2Report::default()
    };
    Report {
        ikev2: Some(ikev2),
        icmp: Some(Icmp {
            kind: 3,
            code: 3,
            from: Some([192, 0, 2, 9].into()),
        }),
        ..nothing(target("192.0.2.9", "192.0.2.9"))
    }
}

fn found() -> Vec<Found> {
    let finding = catalogue().next().expect("a finding");
    vec![Found {
        finding,
        severity: finding.severity,
        evidence: vec![Evidence::said("an answer")],
    }]
}

fn json() -> (Value, Vec<Value>) {
    let (mut document, mut lines) = (Vec::new(), Vec::new());
    let mut writer = ProbeJsonWriter::new(&mut document);
    let mut line_writer = ProbeNdjsonWriter::new(&mut lines);
    for report in [gateway(), closed()] {
        writer.target(&report, &found()).expect("written");
        line_writer.target(&report, &found()).expect("written");
    }
    writer.finish().expect("written");
    line_writer.finish().expect("written");
    drop((writer, line_writer));
    let lines = String::from_utf8(lines).expect("UTF-8");
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    (
        serde_json::from_slice(&document).expect("JSON"),
        lines.collect(),
    )
}

#[test]
fn document_and_lines_are_valid_and_say_the_same() {
    let schema: Value =
        serde_json::from_str(include_str!("../../schemas/probe.schema.json")).expect("JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    let (document, lines) = json();
    for value in std::iter::once(&document).chain(&lines) {
        let problems: Vec<String> = validator
            .iter_errors(value)
            .map(|error| error.to_string())
            .collect();
        assert!(problems.is_empty(), "{problems:?} in {value}");
    }
    let targets = document["targets"].as_array().expect("targets");
    assert_eq!(targets.len(), lines.len());
    for (target, line) in targets.iter().zip(lines) {
        let mut line = line;
        assert_eq!(line["schema"], "ikescope.probe/1");
        line.as_object_mut()
            .expect("an object")
            .shift_remove("schema");
        assert_eq!(*target, line);
    }
}

#[test]
fn fields_are_those_of_the_documentation() {
    let (document, _) = json();
    let first = &document["targets"][0];
    assert_eq!(first["target"], "vpn.example.com");
    assert_eq!(first["address"], "2001:db8::1");
    assert_eq!(first["ikev2"]["outcome"], "accepted");
    assert_eq!(
        first["ikev2"]["policy"][0]["integ"],
        Value::Array(Vec::new())
    );
    assert_eq!(first["ikev2"]["accepted"][0]["integ"], Value::Null);
    assert_eq!(first["ikev2"]["chooses"], "own-order");
    assert_eq!(first["ikev1_main"]["lifetime_seconds"], 28_800);
    assert_eq!(first["ikev1_aggressive"], Value::Null);
    assert_eq!(first["vendor"][0]["id"], "abcd");
    assert_eq!(first["nat"]["destination_matches"], false);
    let second = &document["targets"][1];
    assert_eq!(second["ikev2"]["outcome"], "unreachable");
    assert_eq!(second["icmp"]["from"], "192.0.2.9");
}

#[test]
fn no_target_is_a_document_too() {
    let mut document = Vec::new();
    ProbeJsonWriter::new(&mut document)
        .finish()
        .expect("written");
    let document: Value = serde_json::from_slice(&document).expect("JSON");
    assert_eq!(document["targets"], Value::Array(Vec::new()));
}

#[test]
fn text_ends_with_what_was_sent_and_left_and_deceives_no_terminal() {
    let mut text = Vec::new();
    let mut writer = ProbeTextWriter::new(&mut text, 80);
    writer.target(&gateway(), &found()).expect("written");
    writer.target(&closed(), &[]).expect("written");
    writer.finish().expect("written");
    let text = String::from_utf8(text).expect("UTF-8");
    for expected in [
        "AES-GCM-16-256",
        "ML-KEM-768",
        "complete",
        "everything else",
        "11 packets sent",
        "1 half-open",
        "unreachable",
        "strongSwan",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    assert!(!text.contains("\u{1b}[31mred"));
    assert!(
        text.lines().all(|line| line.chars().count() <= 100),
        "{text}"
    );
}
