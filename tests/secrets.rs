//! `ikescope secrets`: what is shown, what is written, and what never is.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{Folder, ikescope, run, run_with_input, testdata};
use serde_json::Value;

fn schema() -> jsonschema::Validator {
    let path = format!("{}/schemas/secrets.schema.json", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(path).expect("the schema is there");
    let schema = serde_json::from_str(&text).expect("it is JSON");
    jsonschema::validator_for(&schema).expect("it is a schema")
}

fn check(document: &Value) {
    let schema = schema();
    let errors: Vec<_> = schema
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
}

fn log(scenario: &str) -> String {
    testdata(&format!("{scenario}/secrets/initiator.charon.log"))
}

fn truth(scenario: &str) -> Value {
    let text = fs::read_to_string(testdata(&format!("{scenario}/truth.json")));
    serde_json::from_str(&text.expect("the truth is there")).expect("it is JSON")
}

#[test]
fn keys_are_named_and_shown_only_when_asked_for() {
    for scenario in [
        "ikev2-ppk",
        "ikev1-rekey-quick-pfs",
        "strongswan6-mlkem768-rekey",
        "ikev2-ah",
    ] {
        let hidden = run(["secrets", &log(scenario), "--format", "json"]);
        assert_eq!((hidden.code, &*hidden.stderr), (Some(0), ""), "{scenario}");
        let document: Value = serde_json::from_str(&hidden.stdout).expect("it is JSON");
        check(&document);
        let keys = document["keys"].as_array().expect("a list");
        assert!(keys.iter().all(|key| key["values"].is_null()));
        let shown = run(["secrets", &log(scenario), "--format", "json", "--reveal"]);
        let shown: Value = serde_json::from_str(&shown.stdout).expect("it is JSON");
        check(&shown);
        let lines = run(["secrets", &log(scenario), "--format", "ndjson", "--reveal"]);
        let text = run(["secrets", &log(scenario)]);
        assert_eq!(text.stdout.lines().count(), keys.len(), "{scenario}");
        let truth = truth(scenario);
        for sa in truth["ike_sas"].as_array().expect("a list") {
            for (name, value) in sa["keys"].as_object().expect("an object") {
                let value = value.as_str().expect("text");
                if name == "initial_iv" {
                    continue;
                }
                assert!(shown.to_string().contains(value), "{scenario}: {name}");
                assert!(lines.stdout.contains(value), "{scenario}: {name}");
                assert!(!hidden.stdout.contains(value), "{scenario}: {name}");
                assert!(!text.stdout.contains(value), "{scenario}: {name}");
            }
        }
        for line in lines.stdout.lines() {
            check(&serde_json::from_str(line).expect("it is JSON"));
        }
    }
}

#[test]
fn our_own_format_converts_to_the_same_tables() {
    let folder = Folder::new("secrets-own");
    let own = folder.path().join("keys.toml").display().to_string();
    for scenario in ["ikev2-rekey-ike", "ikev1-rekey-phase1", "ikev2-esn"] {
        let written = run([
            "secrets",
            &log(scenario),
            "--to",
            "ikescope",
            "-o",
            &own,
            "--force",
        ]);
        assert_eq!(written.code, Some(0), "{}", written.stderr);
        for target in ["wireshark-ikev1", "wireshark-ikev2", "wireshark-esp"] {
            let direct = run(["secrets", &log(scenario), "-q", "--to", target]);
            let through = run(["secrets", &own, "-q", "--to", target]);
            assert_eq!(direct.stdout, through.stdout, "{scenario} {target}");
            assert_eq!(direct.code, through.code, "{scenario} {target}");
        }
    }
}

#[cfg(unix)]
#[test]
fn files_are_for_their_owner_alone_and_never_overwritten_unasked() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("secrets-mode");
    let path = folder.path().join("esp_sa");
    let name = path.display().to_string();
    let mode = |path: &Path| {
        fs::metadata(path)
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777
    };
    let arguments = [
        "secrets",
        &log("ikev2-ppk"),
        "--to",
        "wireshark-esp",
        "-o",
        &name,
    ];
    assert_eq!(run(arguments).code, Some(0));
    assert_eq!(mode(&path), 0o600);
    let before = fs::read(&path).expect("it is there");
    let refused = run(arguments);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("--force"), "{}", refused.stderr);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("it can be set");
    let forced = run(arguments.into_iter().chain(["--force"]));
    assert_eq!(forced.code, Some(0), "{}", forced.stderr);
    assert_eq!(mode(&path), 0o600);
    assert_eq!(fs::read(&path).expect("it is there"), before);
    let shown = folder.path().join("shown.json").display().to_string();
    let arguments = [
        "secrets",
        &log("ikev2-ppk"),
        "--reveal",
        "--format",
        "json",
        "-o",
        &shown,
    ];
    assert_eq!(run(arguments).code, Some(0));
    assert_eq!(mode(Path::new(&shown)), 0o600);
}

#[test]
fn what_gives_no_key_is_told() {
    let folder = Folder::new("secrets-none");
    let none = folder.path().join("none.txt").display().to_string();
    fs::write(&none, "nothing of interest\n").expect("it can be written");
    let capture = testdata("ikev2-ppk/capture.pcapng");
    let empty = run(["secrets", &none]);
    assert_eq!((empty.code, &*empty.stdout), (Some(1), ""));
    assert!(
        empty.stderr.contains("none.txt: no key in it"),
        "{}",
        empty.stderr
    );
    let wrong = run(["secrets", &capture]);
    assert!(wrong.stderr.contains("a capture"), "{}", wrong.stderr);
    let missing = run(["secrets", "/nonexistent"]);
    assert_eq!(missing.code, Some(1));
    assert!(
        missing.stderr.contains("/nonexistent: no such file"),
        "{}",
        missing.stderr
    );
    // The others are read all the same.
    let mixed = run(["secrets", "/nonexistent", &log("ikev2-ppk")]);
    assert_eq!(mixed.code, Some(1));
    assert!(mixed.stdout.contains("ikev2-keys"));
    assert_eq!(run(["secrets"]).code, Some(2));
    let foreign = run(["secrets", &log("ikev2-ppk"), "--to", "wireshark-ikev1"]);
    assert_eq!(foreign.code, Some(1));
}

#[test]
fn a_broken_line_is_named_without_its_key() {
    let line = "\"IPv4\",\"*\",\"*\",\"0x1000\",\"AES-CBC [RFC3602]\",\"0x5de1a4c2c72662c9fda7a7c78cd2562g\",\"NULL\",\"\"\n";
    let good = "\"IPv4\",\"*\",\"*\",\"0x1001\",\"AES-CBC [RFC3602]\",\"0x5de1a4c2c72662c9fda7a7c78cd25623\",\"NULL\",\"\"\n";
    let found = run_with_input(
        ["secrets", "-", "--format", "json"],
        format!("{line}{good}").as_bytes(),
    );
    assert_eq!(found.code, Some(0));
    assert!(
        found
            .stderr
            .contains("-:1: the encryption key is not hexadecimal"),
        "{}",
        found.stderr
    );
    assert!(!found.stderr.contains("5de1a4c2"));
    let document: Value = serde_json::from_str(&found.stdout).expect("it is JSON");
    check(&document);
    assert_eq!(document["keys"].as_array().map(Vec::len), Some(1));
    assert_eq!(document["files"][0]["problems"][0]["line"], 1);
}

#[test]
fn pre_shared_keys_come_from_files_and_variables() {
    let folder = Folder::new("secrets-psk");
    let file = folder.path().join("psk").display().to_string();
    fs::write(&file, b"gw.example.com : \"  a secret \"\n bare \n").expect("it can be written");
    let output = ikescope()
        .args([
            "secrets",
            "--psk-file",
            &file,
            "--psk-env",
            "LAB_PSK",
            "--format",
            "json",
            "--reveal",
        ])
        .env("LAB_PSK", "0x00ff")
        .output()
        .expect("the program starts");
    let document: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    check(&document);
    let keys: Vec<_> = document["keys"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|key| {
            (
                key["values"]["psk"].as_str().unwrap_or_default(),
                &key["selectors"],
            )
        })
        .collect();
    let none = serde_json::json!([]);
    let named = serde_json::json!(["gw.example.com"]);
    assert_eq!(
        keys,
        [
            ("20206120736563726574 20".replace(' ', "").as_str(), &named),
            ("206261726520", &none),
            ("00ff", &none)
        ]
    );
    assert_eq!(
        run(["secrets", "--psk-env", "NO_SUCH_VARIABLE"]).code,
        Some(2)
    );
}

#[test]
fn captures_tell_what_follows() {
    let folder = Folder::new("secrets-derived");
    for scenario in ["ikev2-rekey-child-pfs", "ikev1-rekey-quick-pfs"] {
        let capture = testdata(&format!("{scenario}/capture.pcapng"));
        // The shared secrets alone; for IKEv1 the pre-shared key beside them.
        let truth = truth(scenario);
        let all = run(["secrets", &log(scenario), "--to", "ikescope"]).stdout;
        let shared: String = all
            .split("\n\n")
            .filter(|table| table.contains("[[dh-secret]]"))
            .map(|table| format!("{table}\n"))
            .collect();
        let psk = truth["psk"]["initiator"]
            .as_str()
            .expect("a pre-shared key");
        let keys = folder.path().join("keys.toml").display().to_string();
        fs::write(&keys, format!("{shared}\n[[psk]]\npsk = \"{psk}\"\n"))
            .expect("it can be written");
        let derived = run([
            "secrets",
            &keys,
            "--capture",
            &capture,
            "--format",
            "json",
            "--reveal",
        ]);
        assert_eq!(derived.code, Some(0), "{}", derived.stderr);
        check(&serde_json::from_str(&derived.stdout).expect("it is JSON"));
        for sa in truth["child_sas"].as_array().expect("a list") {
            for name in ["encr_i2r", "encr_r2i"] {
                let key = sa["keys"][name].as_str().expect("a key");
                assert!(derived.stdout.contains(key), "{scenario}: {name}");
            }
        }
    }
}

/// Frames of ESP that tshark opens with the tables in a folder, and what it complains about.
fn tshark(capture: &str, folder: &Path) -> Option<(usize, usize, String)> {
    let output = Command::new("tshark")
        .args([
            "-n",
            "-r",
            capture,
            "-o",
            "esp.enable_encryption_decode:TRUE",
            "-T",
            "fields",
        ])
        .args(["-e", "frame.protocols", "-e", "isakmp.enc.decrypted"])
        .env("WIRESHARK_CONFIG_DIR", folder)
        .output()
        .ok()?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let rows: Vec<(&str, &str)> = stdout
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .collect();
    let ike = rows
        .iter()
        .filter(|(_, decrypted)| !decrypted.is_empty())
        .count();
    let esp = rows
        .iter()
        .filter(|(protocols, _)| protocols.contains(":esp:") && !protocols.contains("icmp:ip:"))
        .count();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    Some((ike, esp, stderr))
}

#[test]
fn tshark_decrypts_with_the_tables() {
    let mut opened = 0;
    for (scenario, ike, esp) in [
        ("ikev2-rekey-ike", 10, 12),
        ("ikev2-psk-aes256gcm16", 2, 4),
        ("ikev2-psk-aes256ctr-sha512-ecp521", 2, 4),
        ("ikev2-psk-3des-md5-modp1024", 2, 4),
        ("ikev2-psk-null-esp-sha256", 2, 4),
        ("strongswan6-native-esp-aes256gcm16", 2, 6),
    ] {
        let folder = Folder::new(&format!("secrets-tshark-{scenario}"));
        for (target, file) in [
            ("wireshark-ikev2", "ikev2_decryption_table"),
            ("wireshark-esp", "esp_sa"),
        ] {
            let path = folder.path().join(file).display().to_string();
            let written = run(["secrets", &log(scenario), "-q", "--to", target, "-o", &path]);
            assert_eq!(written.code, Some(0), "{scenario}: {}", written.stderr);
        }
        let capture = testdata(&format!("{scenario}/capture.pcapng"));
        let Some(found) = tshark(&capture, folder.path()) else {
            eprintln!("tshark is not here: its test is left out");
            return;
        };
        // Counted by the lab when it made the captures, with tables of its own.
        assert_eq!((found.0, found.1), (ike, esp), "{scenario}: {}", found.2);
        assert!(!found.2.contains("Error"), "{scenario}: {}", found.2);
        opened += found.1;
    }
    assert_eq!(opened, 34);
}
