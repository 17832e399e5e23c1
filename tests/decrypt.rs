//! `ikescope decrypt` and `inspect --secrets` from outside.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::run;
use serde_json::Value;

fn lab(scenario: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(scenario)
}

/// A file of this test's own that is not there.
fn target(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_file(&path);
    path
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

fn check(command: &str, document: &Value) {
    let path = format!(
        "{}/schemas/{command}.schema.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let schema = fs::read_to_string(path).expect("the schema is there");
    let schema = serde_json::from_str(&schema).expect("it is JSON");
    let schema = jsonschema::validator_for(&schema).expect("it is a schema");
    let errors: Vec<String> = schema
        .iter_errors(document)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
}

fn decrypt(scenario: &str, secrets: &str, out: &Path, more: &[&str]) -> common::Run {
    let mut arguments = vec![
        "decrypt".to_owned(),
        text(&lab(scenario).join("capture.pcapng")),
        "--secrets".to_owned(),
        text(&lab(scenario).join("secrets").join(secrets)),
        "-w".to_owned(),
        text(out),
    ];
    arguments.extend(more.iter().map(|word| (*word).to_owned()));
    run(arguments)
}

fn inspected(path: &Path, more: &[&str]) -> Value {
    let mut arguments = vec![
        "inspect".to_owned(),
        "--format".to_owned(),
        "json".to_owned(),
    ];
    arguments.extend(more.iter().map(|word| (*word).to_owned()));
    arguments.push(text(path));
    let result = run(arguments);
    assert_eq!(result.code, Some(0), "{}", result.stderr);
    let document = serde_json::from_str(&result.stdout).expect("it is JSON");
    check("inspect", &document);
    document
}

/// Main mode, quick mode; IKEv2 with an AEAD; fragments; RFC 9370; a rekeyed IKE SA; transport mode; ESP right behind IP, and
/// in IP fragments.
const SCENARIOS: [&str; 8] = [
    "ikev1-main-psk-blowfish128-sha1-modp1024",
    "ikev2-psk-aes128gcm16-prfsha256-x25519",
    "ikev2-cert-rsa4096-fragments",
    "strongswan6-mlkem768-rekey",
    "ikev2-rekey-ike",
    "ikev1-aggressive-rsa",
    "strongswan6-native-esp-aes128-sha256",
    "esp-fragmented-outer",
];

#[test]
fn what_a_log_opens_is_written_and_counted() {
    for scenario in SCENARIOS {
        let out = target(&format!("{scenario}.pcapng"));
        let result = decrypt(
            scenario,
            "initiator.charon.log",
            &out,
            &["--format", "json"],
        );
        assert_eq!(result.code, Some(0), "{scenario}: {}", result.stderr);
        let document: Value = serde_json::from_str(&result.stdout).expect("it is JSON");
        check("decrypt", &document);
        let sas = document["sas"].as_array().expect("a list");
        for sa in sas {
            assert_eq!(sa["failed"], 0, "{scenario}: {sa}");
            assert_eq!(sa["packets"], sa["opened"], "{scenario}");
            assert!(sa["key_source"].is_string(), "{scenario}: {sa}");
        }
        // What was written is in clear.
        let clear = inspected(&out, &["--all"]);
        for packet in clear["packets"].as_array().expect("a list") {
            assert_ne!(packet["protocol"], "esp", "{scenario}: {packet}");
            assert_ne!(packet["ike"]["encrypted"], true, "{scenario}: {packet}");
            assert_eq!(
                packet["issues"].as_array().map(Vec::len),
                Some(0),
                "{scenario}: {packet}"
            );
        }
    }
}

#[test]
fn decrypted_payloads_stand_behind_the_one_that_carried_them() {
    let scenario = lab("ikev2-psk-aes128gcm16-prfsha256-x25519");
    let secrets = text(&scenario.join("secrets/initiator.charon.log"));
    let document = inspected(&scenario.join("capture.pcapng"), &["--secrets", &secrets]);
    let packets = document["packets"].as_array().expect("a list");
    let auth = packets
        .iter()
        .find(|packet| packet["ike"]["exchange"]["name"] == "IKE_AUTH")
        .expect("an IKE_AUTH message");
    let ike = &auth["ike"];
    assert_eq!(
        (&ike["encrypted"], &ike["decrypted"], &ike["integrity"]),
        (&Value::Bool(true), &Value::Bool(true), &"verified".into())
    );
    let payloads = ike["payloads"].as_array().expect("a list");
    assert_eq!(payloads[0]["type"]["name"], "SK");
    assert_eq!(payloads[0]["decrypted_from"], Value::Null);
    assert!(
        payloads[1..]
            .iter()
            .all(|inner| inner["decrypted_from"] == 0)
    );
    assert_eq!(payloads[1]["offset"], 0);
    let esp = packets
        .iter()
        .find(|packet| packet["protocol"] == "esp")
        .expect("an ESP packet");
    assert_eq!(esp["esp"]["integrity"], "verified");
    assert_eq!(esp["esp"]["inner"]["src"], "10.1.0.1");
    assert_eq!(esp["esp"]["inner"]["protocol"], 1);
    assert_eq!(esp["esp"]["inner"]["length"], 84);
}

#[test]
fn keys_that_open_nothing_leave_no_file() {
    let out = target("nothing.pcapng");
    let other = lab("ikev2-rekey-ike").join("secrets/initiator.charon.log");
    let result = run([
        "decrypt".to_owned(),
        text(&lab("ikev2-psk-aes128gcm16-prfsha256-x25519").join("capture.pcapng")),
        "--secrets".to_owned(),
        text(&other),
        "-w".to_owned(),
        text(&out),
        "--format".to_owned(),
        "json".to_owned(),
    ]);
    assert_eq!(result.code, Some(1));
    assert!(!out.exists());
    let document: Value = serde_json::from_str(&result.stdout).expect("it is JSON");
    check("decrypt", &document);
    for key in document["keys"].as_array().expect("a list") {
        assert_eq!(key["opened"], 0);
        assert!(key["why"].is_string(), "{key}");
    }
}

#[test]
fn keys_that_nothing_asks_for_change_nothing_and_are_counted() {
    let scenario = "ikev2-psk-aes256-sha256-modp2048";
    let own = fs::read_to_string(lab(scenario).join("secrets/wireshark/esp_sa")).expect("a table");
    let unrelated: String = (1..=10_000_u32)
        .map(|spi| {
            own.lines()
                .next()
                .map_or_else(String::new, |row| other_spi(row, spi))
        })
        .collect();
    let sas = |name: &str, table: &str| {
        let path = target(name);
        fs::write(&path, table).expect("a table");
        let capture = text(&lab(scenario).join("capture.pcapng"));
        let (out, path) = (text(&target("unrelated.pcapng")), text(&path));
        let arguments = ["decrypt", &capture, "--secrets", &path, "-w", &out];
        let more = ["--force", "--format", "json"];
        let result = run([&arguments[..], &more].concat());
        let document: Value = serde_json::from_str(&result.stdout).expect("it is JSON");
        check("decrypt", &document);
        let keys = document["keys"].as_array().map_or(0, Vec::len) as u64;
        let all = keys + document["unread"].as_u64().expect("a number");
        let mut sas = document["sas"].clone();
        for sa in sas.as_array_mut().expect("a list") {
            sa["key_source"].take();
        }
        (sas, all)
    };
    let (alone, few) = sas("own-esp_sa", &own);
    let (among, many) = sas("all-esp_sa", &format!("{unrelated}{own}{unrelated}"));
    assert_eq!(alone, among);
    assert_eq!(many, few + 20_000);
}

/// A row of Wireshark's table for another SPI.
fn other_spi(row: &str, spi: u32) -> String {
    let mut fields: Vec<String> = row.split(',').map(ToOwned::to_owned).collect();
    fields[3] = format!("\"0x{spi:08x}\"");
    format!("{}\n", fields.join(","))
}

#[test]
fn an_existing_file_needs_force() {
    let scenario = "ikev2-psk-aes128gcm16-prfsha256-x25519";
    let out = target("existing.pcapng");
    fs::write(&out, "mine").expect("it can be written");
    let refused = decrypt(scenario, "initiator.charon.log", &out, &[]);
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    assert_eq!(fs::read(&out).expect("it is there"), b"mine");
    let replaced = decrypt(scenario, "initiator.charon.log", &out, &["--force"]);
    assert_eq!(replaced.code, Some(0), "{}", replaced.stderr);
    assert_ne!(fs::read(&out).expect("it is there"), b"mine");
}

#[test]
fn everything_else_stays_as_it_was_with_all() {
    let scenario = "ikev2-psk-aes128gcm16-prfsha256-x25519";
    let out = target("all.pcapng");
    let result = decrypt(scenario, "initiator.charon.log", &out, &["--all"]);
    assert_eq!(result.code, Some(0), "{}", result.stderr);
    let before = inspected(&lab(scenario).join("capture.pcapng"), &["--all"]);
    let after = inspected(&out, &["--all"]);
    let packets = |document: &Value| document["packets"].as_array().expect("a list").clone();
    assert_eq!(packets(&before).len(), packets(&after).len());
    for (before, after) in packets(&before).iter().zip(&packets(&after)) {
        assert_eq!(before["time"], after["time"]);
        if before["ike"]["exchange"]["name"] == "IKE_SA_INIT" {
            assert_eq!(before["ike"], after["ike"]);
        }
    }
}

#[test]
fn a_psk_alone_verifies_aggressive_mode_and_says_why_it_opens_nothing_else() {
    let psk = target("psk.txt");
    fs::write(&psk, "lab-psk-0123456789\n").expect("it can be written");
    let wrong = target("wrong.txt");
    fs::write(&wrong, "another\n").expect("it can be written");
    let verifications = |scenario: &str, psk: &Path| -> Vec<(String, String)> {
        let document = inspected(
            &lab(scenario).join("capture.pcapng"),
            &["--psk-file", &text(psk)],
        );
        document["packets"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|packet| {
                packet["ike"]["opening"]["verifications"]
                    .as_array()
                    .cloned()
            })
            .flatten()
            .map(|one| {
                let word = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
                (word("proof"), word("result"))
            })
            .collect()
    };
    let aggressive = "ikev1-aggressive-psk-aes256-sha384-ecp384";
    let verified = ("HASH_R".to_owned(), "verified".to_owned());
    let refuted = ("HASH_R".to_owned(), "refuted".to_owned());
    assert!(verifications(aggressive, &psk).contains(&verified));
    assert!(verifications(aggressive, &wrong).contains(&refuted));
    for scenario in ["fail-ikev1-psk-main", "fail-ikev2-psk"] {
        let all = verifications(scenario, &psk);
        assert!(!all.is_empty(), "{scenario}");
        assert!(
            all.iter().all(|(_, result)| result == "cannot-be-checked"),
            "{scenario}: {all:?}"
        );
    }
}

#[test]
fn without_keys_it_is_said_which_option_is_missing() {
    let result = run(["decrypt", "capture.pcapng", "-w", "/dev/null"]);
    assert_eq!(result.code, Some(2));
    assert!(result.stderr.contains("--secrets"), "{}", result.stderr);
}

/// strongSwan's private PRF and integrity algorithm.
#[test]
fn an_algorithm_that_is_not_supported_is_named() {
    let scenario = "ikev2-psk-camellia128-camelliaxcbc-prfcamelliaxcbc-modp2048";
    let out = target("private-algorithms.pcapng");
    let options = ["--format", "json"];
    let result = decrypt(scenario, "initiator.charon.log", &out, &options);
    assert_eq!(result.code, Some(0), "{}", result.stderr);
    let document: Value = serde_json::from_str(&result.stdout).expect("it is JSON");
    let ike = &document["sas"][0];
    assert_eq!(
        (&ike["kind"], &ike["reason"]),
        (&"ike".into(), &"unsupported".into())
    );
    assert_eq!(ike["why"], "PRF PRF-1028 is not supported");
}

/// AUTH data that Wireshark's own tests expect of its captures.
const AUTH: [(&str, &str); 6] = [
    (
        "ikev2-decrypt-3des-sha1_160.pcap",
        "02f7a0d5f1fdc8ea81039818c65bb9bd09af9b8917319b887ff9ba3046c344c7",
    ),
    (
        "ikev2-decrypt-aes128ccm12.pcap",
        "c2104394299e1ffe7908ea720ad5d13717a0d454e4fa0a2128ea689411f479c4",
    ),
    (
        "ikev2-decrypt-aes192ctr.pcap",
        "3ec23dcf9348485638407c754547aeb3085290082c49f583fdbae59263a20b4a",
    ),
    (
        "ikev2-decrypt-aes256cbc.pcapng",
        "e1a8d550064201a7ec024a85758d0673c61c5c510ac13bcd225d6327f50da3d3",
    ),
    (
        "ikev2-decrypt-aes256ccm16.pcapng",
        "fa2e74bdc01e30fb0b3ddc9723c9449095969da51f69e560209d2c2b7940210a",
    ),
    (
        "ikev2-decrypt-aes256gcm16.pcap",
        "9ab71f14ab553cad873a1aa70b99df155dee77cdcf3694b3b7527acbb9712ded",
    ),
];

#[test]
fn captures_of_wireshark_give_what_its_tests_expect() {
    let Some(folder) = common::corpus_folder("wireshark") else {
        return;
    };
    for (capture, expected) in AUTH {
        let table = text(&folder.join("ikev2_decryption_table"));
        let document = inspected(&folder.join(capture), &["--secrets", &table]);
        let payloads = document["packets"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|packet| packet["ike"]["payloads"].as_array())
            .flatten();
        let mut auth = payloads.filter(|payload| payload["type"]["name"] == "AUTH");
        assert!(
            auth.any(|payload| payload["data"] == *expected),
            "{capture}"
        );
    }
    for (capture, expected) in [
        (
            "ikev1-bug-12610.pcapng.gz",
            "b52521f774967402c9f6cee95fd17e5b",
        ),
        ("ikev1-certs.pcap", "OpenSwan"),
    ] {
        let table = text(&folder.join("ikev1_decryption_table"));
        let document = inspected(&folder.join(capture), &["--secrets", &table]);
        assert!(document.to_string().contains(expected), "{capture}");
    }
}

#[test]
fn captures_of_tcpdump_give_what_it_gives() {
    let Some(folder) = common::corpus_folder("tcpdump") else {
        return;
    };
    let clear = |capture: &str, secrets: &str| {
        let secrets = text(&folder.join(secrets));
        inspected(
            &folder.join(capture),
            &["--secrets", &secrets, "--unverified"],
        )
    };
    let nested = clear("08-sunrise-sunset-esp2.pcap", "esp-secrets.txt");
    for packet in nested["packets"].as_array().expect("a list") {
        // tcpdump prints 192.0.2.1 > 192.0.1.1: ICMP echo request behind two ESP headers.
        assert_eq!(packet["esp"]["integrity"], "unchecked");
        assert_eq!(packet["esp"]["inner"]["src"], "192.0.2.1");
        assert_eq!(packet["esp"]["inner"]["protocol"], 1);
    }
    let ike = clear("ikev2pI2.pcap", "ikev2pI2-secrets.txt");
    let auth = &ike["packets"][1]["ike"];
    assert_eq!(auth["integrity"], "unchecked");
    assert_eq!(auth["payloads"][1]["value"], "west");
}
