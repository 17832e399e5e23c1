//! The command line: what a user types, and what comes back.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use common::{Folder, captures, corpus, ikescope, pcap, run, run_with_input, testdata, udp};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

fn cookie() -> String {
    testdata("plaintext/ikev2-cookie/capture.pcap")
}

fn schema(command: &str) -> jsonschema::Validator {
    let path = format!(
        "{}/schemas/{command}.schema.json",
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

#[test]
fn help_gives_examples_and_formats() {
    for arguments in [
        &["--help"][..],
        &["inspect", "--help"],
        &["interfaces", "--help"],
        &["inspect", "-h"],
    ] {
        let help = run(arguments);
        assert_eq!(help.code, Some(0), "{arguments:?}");
        assert!(help.stdout.contains("EXAMPLES:\n"), "{arguments:?}");
        assert!(!help.stdout.contains("generate"), "{arguments:?}");
    }
    assert!(
        run(["inspect", "--help"])
            .stdout
            .contains("Formats: text, json, ndjson, csv")
    );
    assert!(
        run(["interfaces", "--help"])
            .stdout
            .contains("Formats: text, json")
    );
}

#[test]
fn the_version_is_that_of_the_package() {
    assert_eq!(
        run(["--version"]).stdout,
        concat!("ikescope ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn wrong_usage_is_2() {
    let file = cookie();
    for arguments in [
        &[][..],
        &["dissect"],
        &["inspect"],
        &["inspect", "--no-such-option", &file],
        &["inspect", "--format", "xml", &file],
        &["inspect", "--host", "gateway", &file],
        &["inspect", "--spi", "123456789", &file],
        &["inspect", "--frames", "9-3", &file],
        &["inspect", "--port", "0", &file],
        &["inspect", "--count", "1", &file],
        &["inspect", "-i", "lo", &file],
        &["inspect", "-i", "lo", "--duration", "0"],
        &["inspect", "-", "-"],
        &["inspect", "-o", &file, &file],
        &["inspect", "--filter", "udp portt 500", &file],
        &["explain", "AES-CBC-257"],
    ] {
        let run = run(arguments);
        assert_eq!(run.code, Some(2), "{arguments:?}: {run:?}");
        assert_eq!(run.stdout, "", "{arguments:?}");
        assert!(!run.stderr.is_empty(), "{arguments:?}");
    }
    assert!(
        fs::metadata(&file).unwrap().len() > 1000,
        "an input is not overwritten"
    );
}

#[test]
fn no_input_says_how_to_name_one() {
    let run = run(["inspect"]);
    assert!(run.stderr.contains("ikescope inspect -"), "{}", run.stderr);
    assert!(
        run.stderr.contains("Usage: ikescope inspect"),
        "{}",
        run.stderr
    );
}

#[test]
fn unreadable_inputs_are_1_and_say_which() {
    let folder = Folder::new("unreadable");
    let empty = folder.file("empty.pcap", b"");
    let text = folder.file("text.pcap", b"root:x:0:0:root:/root:/bin/bash\n");
    let directory = folder.path().to_str().unwrap().to_owned();
    let missing = format!("{directory}/missing.pcap");
    let header_only = folder.file("cut.pcap", &fs::read(cookie()).unwrap()[..30]);
    for file in [&empty, &text, &directory, &missing, &header_only] {
        let run = run(["inspect", file]);
        assert_eq!(run.code, Some(1), "{run:?}");
        assert_eq!(run.stdout, "", "{file}");
        assert!(
            run.stderr.starts_with(&format!("ikescope: {file}: ")),
            "{}",
            run.stderr
        );
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    }
    assert!(run(["inspect", &text]).stderr.contains("looks like a text"));
}

#[test]
fn a_capture_that_is_cut_gives_its_packets_and_one_message() {
    let whole = fs::read(cookie()).unwrap();
    let folder = Folder::new("cut");
    let file = folder.file("cut.pcap", &whole[..whole.len() - 5]);
    let cut = run(["inspect", &file]);
    let full = run(["inspect", &cookie()]);
    assert_eq!(cut.code, Some(0));
    assert_eq!(cut.stdout.lines().count(), full.stdout.lines().count() - 1);
    assert!(full.stdout.starts_with(&cut.stdout));
    assert_eq!(cut.stderr.lines().count(), 1, "{}", cut.stderr);
    assert!(cut.stderr.contains("offset"), "{}", cut.stderr);
    let document: Value =
        serde_json::from_str(&run(["inspect", "--format", "json", &file]).stdout).unwrap();
    assert!(
        document["capture"]["unreadable"].is_string(),
        "{}",
        document["capture"]
    );
}

#[test]
fn one_unreadable_file_of_several_is_told_and_the_others_are_read() {
    let alone = run(["inspect", &cookie()]);
    let run = run(["inspect", "/nonexistent/a.pcap", &cookie()]);
    assert_eq!(run.code, Some(1));
    assert_eq!(run.stdout.lines().count(), alone.stdout.lines().count());
    assert!(
        run.stderr.starts_with("ikescope: /nonexistent/a.pcap: "),
        "{}",
        run.stderr
    );
}

#[test]
fn a_capture_without_ipsec_says_so() {
    let folder = Folder::new("no-ipsec");
    let frame = udp(53, 40_000, b"no question, no answer");
    let file = folder.file("dns.pcap", &pcap(&[&frame, &frame]));
    let nothing = run(["inspect", &file]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (Some(0), ""));
    let expected = format!(
        "ikescope: no IPsec in 2 packets of {file} (try --port N, or --all to see everything)\n"
    );
    assert_eq!(nothing.stderr, expected);
    let all = run(["inspect", "--all", &file]);
    assert_eq!(all.stdout.lines().count(), 2, "{all:?}");
}

/// What no link layer is known for may hold any number of tunnels.
#[test]
fn packets_of_an_unknown_link_type_are_told() {
    let mut capture = pcap(&[&udp(500, 500, &[0; 28])]);
    capture[20..24].copy_from_slice(&9_999_u32.to_le_bytes());
    for command in ["inspect", "diagnose", "audit"] {
        let run = run_with_input([command, "-"], &capture);
        assert_eq!(run.code, Some(0), "{run:?}");
        let told = run.stderr.contains("9999") && run.stderr.contains("1 packet");
        assert!(told, "{command}: {run:?}");
    }
}

#[test]
fn esp_in_udp_on_another_port_is_read_when_it_is_named() {
    let folder = Folder::new("port");
    let mut esp = vec![0xc0, 0xde, 0xc0, 0xde, 0, 0, 0, 7];
    esp.extend([0x5a; 48]);
    let file = folder.file("esp.pcap", &pcap(&[&udp(5500, 5500, &esp)]));
    assert_eq!(run(["inspect", &file]).stdout, "");
    assert!(
        run(["inspect", "--port", "5500", &file])
            .stdout
            .contains("c0dec0de")
    );
}

#[test]
fn standard_input_and_compression_change_nothing() {
    let plain = fs::read(cookie()).unwrap();
    let expected = run(["inspect", &cookie()]).stdout;
    assert!(!expected.is_empty());
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&plain).unwrap();
    let gzip = encoder.finish().unwrap();
    let folder = Folder::new("compression");
    let misnamed = folder.file("misnamed.pcapng", &gzip);
    assert_eq!(run_with_input(["inspect", "-"], &plain).stdout, expected);
    assert_eq!(run_with_input(["inspect", "-"], &gzip).stdout, expected);
    assert_eq!(run(["inspect", &misnamed]).stdout, expected);
}

#[test]
fn packets_of_a_pipe_are_shown_before_it_ends() {
    let octets = fs::read(cookie()).unwrap();
    let mut child = ikescope()
        .args(["inspect", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&octets).unwrap();
    stdin.flush().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(line.contains("IKE_SA_INIT"), "{line}");
    drop(stdin);
    child.wait().unwrap();
}

#[test]
fn several_files_are_one_capture_in_time_order() {
    let whole = fs::read(cookie()).unwrap();
    let (header, mut rest) = whole.split_at(24);
    let mut halves = [header.to_vec(), header.to_vec()];
    let mut turn = 0;
    while !rest.is_empty() {
        let length = u32::from_le_bytes(rest[8..12].try_into().unwrap()) as usize;
        let (record, behind) = rest.split_at(16 + length);
        halves[turn % 2].extend_from_slice(record);
        turn += 1;
        rest = behind;
    }
    let folder = Folder::new("several");
    let files = [
        folder.file("b.pcap", &halves[0]),
        folder.file("a.pcap", &halves[1]),
    ];
    let merged = run(["inspect", "--format", "ndjson", &files[0], &files[1]]);
    let whole = run(["inspect", "--format", "ndjson", &cookie()]);
    let times = |text: &str| -> Vec<Value> {
        let lines = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.map(|mut packet| packet["time"].take()).collect()
    };
    assert_eq!(times(&merged.stdout), times(&whole.stdout));
    assert!(merged.stdout.contains("\"file\":1") || merged.stdout.contains("\"file\": 1"));
}

#[test]
fn filters_leave_what_they_name() {
    let file = cookie();
    let count = |arguments: &[&str]| {
        let mut all = vec!["inspect", &file];
        all.extend(arguments);
        let run = run(all);
        assert_eq!(run.code, Some(0), "{arguments:?}: {run:?}");
        run.stdout.lines().count()
    };
    let all = count(&[]);
    assert_eq!(count(&["--frames", "3-5,7"]), 4);
    assert_eq!(count(&["--host", "10.9.0.1"]), all);
    assert_eq!(
        count(&["--host", "10.9.0.0/30", "--host", "192.0.2.1"]),
        all
    );
    assert_eq!(count(&["--host", "192.0.2.1"]), 0);
    assert_eq!(count(&["--host", "::/0"]), 0);
    // `tshark -r FILE -Y 'esp.spi == 0xf14f6b60'` counts 2.
    for spi in ["f14f6b60", "0xF14F6B60"] {
        assert_eq!(count(&["--spi", spi]), 2);
    }
}

#[cfg(feature = "live")]
#[test]
fn filters_of_libpcap_apply_to_files() {
    let file = cookie();
    // `tcpdump -r FILE udp port 4500 | wc -l` and the rest.
    let of_4500 = run(["inspect", "--filter", "udp port 4500", &file])
        .stdout
        .lines()
        .count();
    let others = run(["inspect", "--filter", "not udp port 4500", &file])
        .stdout
        .lines()
        .count();
    let all = run(["inspect", &file]).stdout.lines().count();
    assert!(of_4500 > 0 && others > 0);
    assert_eq!(of_4500 + others, all);
}

#[cfg(not(feature = "live"))]
#[test]
fn without_libpcap_the_message_names_what_there_is() {
    let filter = run(["inspect", "--filter", "udp", &cookie()]);
    assert_eq!(filter.code, Some(2));
    for option in ["--host", "--spi", "--port"] {
        assert!(filter.stderr.contains(option), "{}", filter.stderr);
    }
    let interfaces = run(["interfaces"]);
    assert_eq!(interfaces.code, Some(1));
    assert!(
        interfaces.stderr.contains("--features live"),
        "{}",
        interfaces.stderr
    );
}

#[test]
fn a_filter_that_leaves_nothing_says_so() {
    let run = run(["inspect", "--host", "192.0.2.1", &cookie()]);
    assert!(
        run.stderr
            .starts_with("ikescope: none of the 16 packets of IPsec"),
        "{}",
        run.stderr
    );
}

#[test]
fn colour_follows_the_option_then_the_environment() {
    let colored = |arguments: &[&str], variables: &[(&str, &str)]| {
        let output = ikescope()
            .args(["inspect", &cookie()])
            .args(arguments)
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        output.stdout.contains(&0x1b)
    };
    assert!(!colored(&[], &[]), "a pipe");
    assert!(colored(
        &["--color", "always"],
        &[("NO_COLOR", "1"), ("TERM", "dumb")]
    ));
    assert!(colored(&[], &[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")]));
    assert!(colored(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "")]));
    assert!(!colored(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!colored(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(
        !colored(&["--color", "always", "--format", "ndjson"], &[]),
        "JSON has no colours"
    );
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let mut child = ikescope()
        .args([
            "inspect",
            "-v",
            "-x",
            &testdata("plaintext/ikev2-psk-many-proposals/capture.pcap"),
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(stderr, "");
}

#[test]
fn the_result_goes_to_a_file_when_asked() {
    let folder = Folder::new("output");
    let path = folder.path().join("result.txt");
    let written = run(["inspect", "-o", path.to_str().unwrap(), &cookie()]);
    assert_eq!((written.code, written.stdout.as_str()), (Some(0), ""));
    assert_eq!(
        fs::read_to_string(path).unwrap(),
        run(["inspect", &cookie()]).stdout
    );
    let refused = run(["inspect", "-o", "/nonexistent/result.txt", &cookie()]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused
            .stderr
            .contains("/nonexistent/result.txt: cannot be written"),
        "{}",
        refused.stderr
    );
}

#[test]
fn every_json_document_of_every_capture_is_valid() {
    let schema = schema("inspect");
    for path in captures().iter().chain(&corpus()) {
        let path = path.to_str().unwrap();
        let lines = run(["inspect", "--format", "ndjson", "--all", path]);
        assert!(matches!(lines.code, Some(0 | 1)), "{path}: {lines:?}");
        for (number, line) in (1..).zip(lines.stdout.lines()) {
            let packet = serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("{path}: line {number}: {error}"));
            check(&schema, &format!("{path}: line {number}"), &packet);
        }
        let document = run(["inspect", "--format", "json", path]);
        if document.code == Some(0) {
            let value = serde_json::from_str(&document.stdout)
                .unwrap_or_else(|error| panic!("{path}: {error}"));
            check(&schema, path, &value);
        }
    }
}

#[test]
fn every_capture_is_shown_as_text() {
    for path in captures().iter().chain(&corpus()) {
        let path = path.to_str().unwrap();
        for arguments in [
            ["inspect", "-v", "-x", path],
            ["inspect", "--format", "csv", path],
        ] {
            let shown = run(arguments);
            assert!(matches!(shown.code, Some(0 | 1)), "{path}: {shown:?}");
            assert!(
                !shown.stdout.contains('\u{1b}'),
                "{path}: no octet of a peer reaches the terminal"
            );
        }
    }
}

#[cfg(feature = "live")]
#[test]
fn interfaces_are_listed() {
    let text = run(["interfaces"]);
    assert_eq!(text.code, Some(0), "{text:?}");
    let document: Value =
        serde_json::from_str(&run(["interfaces", "--format", "json"]).stdout).unwrap();
    check(&schema("interfaces"), "interfaces", &document);
    let interfaces = document["interfaces"].as_array().unwrap();
    assert_eq!(text.stdout.lines().count(), interfaces.len().max(1));
    for interface in interfaces {
        assert!(text.stdout.contains(interface["name"].as_str().unwrap()));
    }
}

#[cfg(feature = "live")]
#[test]
fn an_interface_that_is_not_there_is_1() {
    let run = run(["inspect", "-i", "nosuch0", "--count", "1"]);
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr.starts_with("ikescope: nosuch0: "),
        "{}",
        run.stderr
    );
}

#[test]
fn the_manual_and_completions_are_what_the_program_writes() {
    let folder = Folder::new("generated");
    for kind in ["man", "completions"] {
        let written = folder.path().join(kind);
        assert_eq!(
            run(["generate", kind, written.to_str().unwrap()]).code,
            Some(0)
        );
        let committed = format!("{}/{kind}", env!("CARGO_MANIFEST_DIR"));
        let names = |folder: &str| {
            let mut names: Vec<_> = fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name())
                .collect();
            names.sort();
            names
        };
        assert_eq!(names(written.to_str().unwrap()), names(&committed));
        for name in names(&committed) {
            let fresh = fs::read_to_string(written.join(&name)).unwrap();
            let old = fs::read_to_string(format!("{committed}/{}", name.display())).unwrap();
            assert!(
                fresh == old,
                "{kind}/{} is older than its source: run `make generate`",
                name.display()
            );
        }
    }
}
