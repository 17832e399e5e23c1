//! `ikescope diagnose` from outside: its formats, its exit codes, and what it says of captures whose story is known.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use common::{Run, captures, corpus, ikescope, run, run_with_input, testdata};
use serde_json::Value;

fn schema() -> jsonschema::Validator {
    let path = format!(
        "{}/schemas/diagnose.schema.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = fs::read_to_string(path).expect("the schema is there");
    let schema = serde_json::from_str(&text).expect("it is JSON");
    jsonschema::validator_for(&schema).expect("it is a schema")
}

fn check(schema: &jsonschema::Validator, name: &str, document: &Value) {
    let errors: Vec<_> = schema
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:?}");
}

fn diagnose(arguments: &[&str]) -> Run {
    run(["diagnose"].iter().chain(arguments))
}

/// The document of a capture, with the keys of its folder if asked for.
fn document(capture: &Path, keys: bool) -> (Option<i32>, Value) {
    let mut command = ikescope();
    command.args(["diagnose", "--format", "json"]).arg(capture);
    if keys {
        let secrets = capture.parent().expect("it has a folder").join("secrets");
        let mut logs: Vec<PathBuf> = fs::read_dir(secrets)
            .into_iter()
            .flatten()
            .map(|entry| entry.expect("it can be read").path())
            .filter(|path| path.is_file())
            .collect();
        logs.sort();
        for log in logs {
            command.arg("--secrets").arg(log);
        }
    }
    let run: Run = command.output().expect("the program starts").into();
    let document = serde_json::from_str(&run.stdout)
        .unwrap_or_else(|error| panic!("{}: {error}: {}", capture.display(), run.stderr));
    (run.code, document)
}

fn lab(name: &str) -> PathBuf {
    PathBuf::from(testdata(&format!("{name}/capture.pcapng")))
}

fn severities(document: &Value) -> Vec<&str> {
    let tunnels = document["tunnels"].as_array().into_iter().flatten();
    tunnels
        .chain(std::iter::once(document))
        .flat_map(|part| part["diagnoses"].as_array().into_iter().flatten())
        .filter_map(|diagnosis| diagnosis["severity"].as_str())
        .collect()
}

/// Every diagnosis shows where it is seen and what to do, and nothing is held against a failure of the other version.
fn is_founded(name: &str, document: &Value) {
    for tunnel in document["tunnels"].as_array().into_iter().flatten() {
        let foreign = match tunnel["ike_version"].as_str() {
            Some("1.0") => &["ikev2", "-v2"][..],
            _ => &["ikev1", "-v1", "qm-"],
        };
        for diagnosis in tunnel["diagnoses"].as_array().into_iter().flatten() {
            for field in ["evidence", "checks", "references"] {
                let some = diagnosis[field].as_array();
                assert!(
                    some.is_some_and(|all| !all.is_empty()),
                    "{name}: {} without {field}",
                    diagnosis["id"]
                );
            }
            let rivals = diagnosis["competitors"].as_array().into_iter().flatten();
            for one in rivals.chain([diagnosis]) {
                let id = one["id"].as_str().expect("it is text");
                assert!(
                    !foreign.iter().any(|part| id.contains(part)),
                    "{name}: {id}"
                );
            }
        }
    }
}

#[test]
fn documents_follow_the_schema() {
    let schema = schema();
    for capture in captures().into_iter().chain(corpus()) {
        let (code, document) = document(&capture, false);
        check(&schema, &capture.display().to_string(), &document);
        is_founded(&capture.display().to_string(), &document);
        let failing = severities(&document).contains(&"failure");
        if code != Some(1) {
            assert_eq!(
                code,
                Some(if failing { 3 } else { 0 }),
                "{}",
                capture.display()
            );
        }
    }
}

#[test]
fn lines_are_the_document() {
    let schema = schema();
    for name in [
        "fail-ikev2-no-proposal",
        "two-tunnels-and-noise",
        "ikev1-rekey-phase1",
    ] {
        let path = lab(name);
        let path = path.to_str().expect("the path is UTF-8");
        let (_, document) = document(Path::new(path), false);
        let lines: Vec<Value> = diagnose(&["--format", "ndjson", path])
            .stdout
            .lines()
            .map(|line| serde_json::from_str(line).expect("each line is JSON"))
            .collect();
        for line in &lines {
            check(&schema, name, line);
        }
        let (last, tunnels) = lines.split_last().expect("there is a last line");
        for field in ["capture", "flows", "diagnoses"] {
            assert_eq!(last[field], document[field], "{name}: {field}");
        }
        let tunnels: Vec<Value> = tunnels
            .iter()
            .cloned()
            .map(|mut tunnel| {
                tunnel.as_object_mut().expect("an object").remove("schema");
                tunnel
            })
            .collect();
        assert_eq!(Value::from(tunnels), document["tunnels"], "{name}");
    }
}

/// An IKE_SA_INIT request without payloads in a record of a pcap file with raw IP.
fn request(seconds: u32, spi: u8) -> Vec<u8> {
    let mut record = seconds.to_le_bytes().to_vec();
    record.extend([0; 4]);
    record.extend([56, 0, 0, 0].repeat(2));
    record.extend([0x45, 0, 0, 56, 0, 0, 0, 0, 64, 17, 0, 0]);
    record.extend([192, 0, 2, 1, 192, 0, 2, 2]);
    record.extend([0x01, 0xf4, 0x01, 0xf4, 0, 36, 0, 0]);
    record.extend([[spi; 8], [0; 8]].concat());
    record.extend([0, 0x20, 34, 0x08, 0, 0, 0, 0, 0, 0, 0, 28]);
    record
}

/// A tunnel that failed is a line five minutes of capture time later, while the pipe it came from is still open.
#[test]
fn lines_come_as_tunnels_end() {
    let mut header = 0xa1b2_c3d4_u32.to_le_bytes().to_vec();
    header.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0]);
    let requests =
        [(0, 1), (1, 1), (3, 1), (400, 2)].map(|(after, spi)| request(1_000 + after, spi));
    let mut child = ikescope()
        .args(["diagnose", "--format", "ndjson", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    let stdout = child.stdout.take().expect("it is piped");
    let (seen, lines) = mpsc::channel();
    thread::spawn(move || {
        let lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let _ = lines.into_iter().try_for_each(|line| seen.send(line));
    });
    for piece in [header]
        .iter()
        .chain(&requests)
        .flat_map(|octets| octets.chunks(20))
    {
        stdin.write_all(piece).expect("it is read");
        thread::sleep(Duration::from_millis(2));
    }
    let line = lines
        .recv_timeout(Duration::from_secs(30))
        .expect("a tunnel is told while the pipe is open");
    let tunnel: Value = serde_json::from_str(&line).expect("it is JSON");
    assert_eq!(tunnel["initiator_spi"], "0101010101010101");
    assert_eq!(tunnel["state"], "failed");
    assert_eq!(tunnel["timeline"][0]["retransmissions"], 2);
    drop(stdin);
    assert!(
        lines
            .iter()
            .last()
            .is_some_and(|line| line.contains("\"capture\""))
    );
    assert!(child.wait().is_ok_and(|status| status.code() == Some(3)));
}

/// A time of day says nothing when the day is another one.
#[test]
fn a_time_of_another_day_has_its_date() {
    let mut capture = common::pcap(&[]);
    capture[20..24].copy_from_slice(&101_u32.to_le_bytes());
    capture.extend(request(0, 1));
    capture.extend(request(86_400, 1));
    let run = run_with_input(["diagnose", "-"], &capture);
    let span = "00:00:00.000 to 1970-01-02 00:00:00.000";
    assert_eq!(run.stdout.matches(span).count(), 2, "{}", run.stdout);
}

/// Half of a negotiation, as a filter for one port leaves it: nothing is up that was refused, and the file is to blame.
#[test]
fn a_capture_of_one_port_is_told() {
    for (name, frames) in [
        // UDP 4500 only
        ("fail-ikev2-psk", "3-"),
        ("fail-ikev1-psk-main", "5-"),
        // UDP 500 only
        ("fail-ikev1-psk-main", "1-4,6"),
    ] {
        let path = lab(name);
        let path = path.to_str().expect("the path is UTF-8");
        let run = diagnose(&["--format", "json", "--frames", frames, path]);
        let document: Value = serde_json::from_str(&run.stdout).expect("it is JSON");
        let tunnel = &document["tunnels"][0];
        assert_eq!(tunnel["state"], "failed", "{name} {frames}");
        let told = tunnel["diagnoses"].as_array().into_iter().flatten();
        let mut ids = told.map(|diagnosis| &diagnosis["id"]);
        assert!(ids.any(|id| id == "capture-artifact"), "{name} {frames}");
    }
}

/// Which severity decides is the user's.
#[test]
fn exit_codes_follow_fail_on() {
    let failing = lab("fail-ikev2-no-proposal");
    let failing = failing.to_str().expect("the path is UTF-8");
    let healthy = lab("ikev2-psk-aes256gcm16");
    let healthy = healthy.to_str().expect("the path is UTF-8");
    for (arguments, code) in [
        (&[failing][..], 3),
        (&[failing, "--fail-on", "failure"], 3),
        (&[failing, "--fail-on", "warning"], 3),
        (&[failing, "--fail-on", "never"], 0),
        (&[healthy], 0),
        (&[failing, "--fail-on", "often"], 2),
        (&["/nonexistent.pcap"], 1),
        (&[failing, "/nonexistent.pcap"], 1),
    ] {
        assert_eq!(diagnose(arguments).code, Some(code), "{arguments:?}");
    }
}

#[test]
fn a_capture_without_ipsec_is_told_and_is_no_failure() {
    let nothing = common::pcap(&[]);
    let run = run_with_input(["diagnose", "-"], &nothing);
    assert_eq!(run.code, Some(0));
    assert!(run.stdout.contains("no IPsec"), "{}", run.stdout);
    let run = run_with_input(["diagnose", "--format", "json", "-"], &nothing);
    let document: Value = serde_json::from_str(&run.stdout).expect("it is JSON");
    assert_eq!(document["tunnels"], Value::from(Vec::<Value>::new()));
}

#[test]
fn host_and_spi_select_tunnels() {
    let path = lab("two-tunnels-and-noise");
    let path = path.to_str().expect("the path is UTF-8");
    let (_, document) = document(Path::new(path), false);
    let tunnels = document["tunnels"].as_array().expect("a list");
    assert!(tunnels.len() > 1);
    for tunnel in tunnels {
        let spi = tunnel["initiator_spi"].as_str().expect("it has one");
        let shouted = format!("0x{}", spi.to_uppercase());
        for wanted in [spi, &shouted] {
            let found = diagnose(&["--format", "json", "--spi", wanted, path]);
            let found: Value = serde_json::from_str(&found.stdout).expect("it is JSON");
            let ids: Vec<&Value> = found["tunnels"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|tunnel| &tunnel["id"])
                .collect();
            assert_eq!(ids, [&tunnel["id"]], "{wanted}");
        }
    }
    let none = diagnose(&["--host", "203.0.113.77", path]);
    assert!(none.stderr.contains("none of the"), "{}", none.stderr);
    assert!(
        none.stdout.contains("none that matches --host"),
        "{}",
        none.stdout
    );
}

#[test]
fn healthy_tunnels_stand_in_one_table() {
    let path = lab("ikev2-psk-aes256gcm16");
    let run = diagnose(&[path.to_str().expect("the path is UTF-8")]);
    assert!(run.stdout.contains("1 tunnel: 1 up"), "{}", run.stdout);
    assert!(!run.stdout.contains("TUNNEL"), "{}", run.stdout);
    assert!(run.stdout.lines().count() <= 5, "{}", run.stdout);
}

#[test]
fn failed_tunnels_have_a_block_with_frames_and_checks() {
    let path = lab("fail-ikev2-no-proposal");
    let path = path.to_str().expect("the path is UTF-8");
    let brief = diagnose(&[path]).stdout;
    for part in [
        "1 failed",
        "TUNNEL 1",
        "FAILED IN KEY EXCHANGE",
        "no-proposal-chosen-init",
        "#2",
        "CHECK",
        "offers",
    ] {
        assert!(brief.contains(part), "{part}: {brief}");
    }
    assert!(
        // The name of the file is as long as it is.
        brief
            .lines()
            .skip(1)
            .all(|line| line.chars().count() <= 100),
        "{brief}"
    );
    let long = diagnose(&["-v", path]).stdout;
    assert!(long.contains("-->  IKE_SA_INIT request"), "{long}");
    assert!(long.contains("<-- IKE_SA_INIT response"), "{long}");
    assert!(long.contains("RFC 7296"), "{long}");
    assert!(!brief.contains('\u{1b}'));
    let colored = diagnose(&["--color", "always", path]).stdout;
    assert!(colored.contains("\u{1b}["), "{colored}");
}

#[test]
fn causes_that_one_capture_cannot_tell_apart_are_a_list_in_the_order_of_the_json() {
    let path = lab("fail-ikev2-no-response");
    let (_, document) = document(&path, false);
    let found = &document["tunnels"][0]["diagnoses"][0];
    let open: Vec<&Value> = found["competitors"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|competitor| competitor["excluded_by"].is_null())
        .collect();
    assert_eq!(open.len(), 2, "{found}");
    let text = diagnose(&[path.to_str().expect("the path is UTF-8")]).stdout;
    let list = std::iter::once((&found["id"], &found["cause"])).chain(
        open.iter()
            .map(|cause| (&cause["id"], &cause["told_apart"])),
    );
    for (number, (id, what)) in (1..).zip(list) {
        let id = id.as_str().expect("it has one");
        assert!(
            text.contains(&format!("            {number}  {id}: ")),
            "{text}"
        );
        // Lines are broken anywhere.
        let words: Vec<&str> = text.split_whitespace().collect();
        let what = what.as_str().expect("it tells how");
        assert!(words.join(" ").contains(what), "{what}: {text}");
    }
}

#[test]
fn frames_of_several_files_name_their_file() {
    let paths = ["fail-ikev2-no-response", "fail-ikev2-psk"].map(lab);
    let [one, two] = paths.each_ref().map(|path| path.to_str().expect("UTF-8"));
    let both = diagnose(&["-v", one, two]).stdout;
    for frame in ["  #1:4    -->  ", "    #2:4    refused", "  #2:4     <-- "] {
        assert!(both.contains(frame), "{frame}: {both}");
    }
    let alone = diagnose(&["-v", two]).stdout;
    assert!(alone.contains("    #4      refused"), "{alone}");
}

/// What the responder's configuration of these captures says beside what the initiator offered.
#[test]
fn opened_offers_for_a_child_stand_beside_each_other() {
    let path = lab("fail-ikev1-quick-pfs-initiator");
    let closed = path.to_str().expect("UTF-8");
    assert!(!diagnose(&[closed]).stdout.contains("GROUP"));
    let log = path.with_file_name("secrets/initiator.charon.log");
    let log = log.to_str().expect("UTF-8");
    let text = diagnose(&["--secrets", log, closed]).stdout;
    let row = text.lines().find(|line| line.contains("GROUP"));
    assert!(row.is_some_and(|row| row.contains("MODP-2048")), "{text}");
}

#[test]
fn a_capture_without_packets_gets_a_hint_and_a_folder_too() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-packets.pcap");
    // A header of pcap (LINKTYPE_ETHERNET) and nothing behind it.
    let header = [
        0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0,
    ];
    fs::write(&path, header).expect("it is written");
    let run = diagnose(&[path.to_str().expect("UTF-8")]);
    assert_eq!(run.code, Some(0));
    assert!(run.stderr.contains("capture filter"), "{}", run.stderr);
    let folder = path.parent().and_then(Path::to_str).expect("it has one");
    for arguments in [
        vec![folder],
        vec![path.to_str().expect("UTF-8"), "--secrets", folder],
    ] {
        let run = diagnose(&arguments);
        assert_eq!(run.code, Some(1));
        assert!(
            run.stderr.contains(&format!("{folder}/*")),
            "{}",
            run.stderr
        );
    }
}

/// The responder of the lab asks after a second of silence (`dpd_delay`).
#[test]
fn signs_of_life_are_counted() {
    let path = lab("ikev2-dpd");
    let text = diagnose(&["-v", path.to_str().expect("UTF-8")]).stdout;
    let told = "liveness  the responder asks every 1.0 s, 5 of 5 answered";
    assert!(text.contains(told), "{text}");
}

#[test]
fn equal_attempts_are_folded_in_text_and_separate_in_json() {
    let path = lab("fail-ikev1-half-open-limit");
    let (_, document) = document(&path, false);
    let tunnels = document["tunnels"].as_array().expect("a list").len();
    assert!(tunnels > 1);
    let text = diagnose(&[path.to_str().expect("the path is UTF-8")]).stdout;
    assert!(text.matches("TUNNEL").count() < tunnels, "{text}");
    assert!(text.contains("the same"), "{text}");
}

/// Everything that the peers' logs tell of children, with their keys.
#[test]
fn children_are_those_of_the_logs() {
    let mut compared = 0;
    for name in [
        "ikev1-rekey-quick-pfs",
        "ikev1-transport",
        "ikev2-rekey-child-pfs",
        "ikev2-rekey-ike",
        "ikev2-traffic-selectors",
        "ikev2-transport",
        "ikev2-two-children",
        "libreswan-ikev2-responder",
    ] {
        let capture = lab(name);
        let truth = capture.with_file_name("truth.json");
        let truth = fs::read_to_string(truth).expect("it is there");
        let truth: Value = serde_json::from_str(&truth).expect("it is JSON");
        let (_, document) = document(&capture, true);
        let children: Vec<&Value> = document["tunnels"]
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|tunnel| tunnel["children"].as_array().into_iter().flatten())
            .collect();
        for expected in truth["child_sas"].as_array().expect("a list") {
            let spis = [&expected["spi_r2i"], &expected["spi_i2r"]];
            let found = children.iter().find(|child| {
                let own = [&child["spi_initiator"], &child["spi_responder"]];
                own == spis || own == [spis[1], spis[0]]
            });
            let found = found.unwrap_or_else(|| panic!("{name}: no child {spis:?}"));
            assert_eq!(found["inferred"], false, "{name}");
            assert_eq!(found["protocol"], expected["protocol"], "{name}");
            compared += 1;
        }
    }
    assert!(compared >= 10, "{compared}");
}

#[test]
fn the_address_behind_a_nat_is_found() {
    let path = lab("strongswan6-nat");
    let path = path.to_str().expect("the path is UTF-8");
    let run = diagnose(&["--find-nat-address", "--format", "json", path]);
    let document: Value = serde_json::from_str(&run.stdout).expect("it is JSON");
    let initiator = &document["tunnels"][0]["initiator"];
    assert_eq!(initiator["behind_nat"], true);
    // The address of the initiator in the lab's topology with a NAT.
    assert_eq!(initiator["nat_address"], "192.168.50.2:500");
}

#[test]
fn help_tells_formats_and_examples() {
    let help = diagnose(&["--help"]);
    assert_eq!(help.code, Some(0));
    assert!(help.stdout.contains("Formats: text, json, ndjson"));
    assert!(help.stdout.contains("EXAMPLES:\n"));
}
