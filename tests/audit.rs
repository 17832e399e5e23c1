//! `audit` and `explain` from outside.

mod common;

use std::collections::BTreeSet;
use std::fs;

use common::{Folder, ikescope, run, testdata};
use serde_json::Value;

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

/// The document of an audit, and its exit code.
fn audit(arguments: &[&str]) -> (Value, Option<i32>) {
    let mut all = vec!["audit", "--format", "json"];
    all.extend(arguments);
    let run = run(&all);
    let document = serde_json::from_str(&run.stdout)
        .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {run:?}"));
    check(&schema("audit"), &format!("{arguments:?}"), &document);
    (document, run.code)
}

fn lab(name: &str) -> String {
    testdata(&format!("{name}/capture.pcapng"))
}

fn ids(subject: &Value) -> Vec<&str> {
    let findings = subject["findings"].as_array().expect("a list");
    findings
        .iter()
        .map(|finding| finding["id"].as_str().expect("an id"))
        .collect()
}

const WEAK: &str = "AES-CBC-128/HMAC-SHA1/HMAC-SHA1-96/MODP-1024";
const STRONG: &str = "AES-GCM-16-256/HMAC-SHA2-384/ECP-384";

/// Verdicts that follow from the tables of the policies: RFC 8247 and 8221, SP 800-77 Rev. 1, RFC 9206 and the others
/// that `analysis/profiles` cites line by line. In the order of `PROFILES`.
const VERDICTS: &[(&str, Option<&str>, [&str; 9])] = &[
    (
        WEAK,
        Some("AES-CBC-128/HMAC-SHA1-96"),
        [
            "warn", "fail", "fail", "fail", "fail", "fail", "fail", "fail", "warn",
        ],
    ),
    (
        STRONG,
        Some("AES-GCM-16-256/ECP-384"),
        [
            "pass", "pass", "pass", "pass", "pass", "fail", "pass", "pass", "pass",
        ],
    ),
    (
        "VPN-A",
        None,
        [
            "warn", "fail", "fail", "fail", "fail", "fail", "fail", "fail", "warn",
        ],
    ),
    (
        "Suite-B-GCM-256",
        None,
        [
            "pass", "warn", "pass", "warn", "warn", "fail", "warn", "warn", "pass",
        ],
    ),
    (
        "CNSA-GCM-256-DH-3072",
        None,
        [
            "pass", "warn", "pass", "warn", "pass", "fail", "warn", "warn", "pass",
        ],
    ),
    (
        "CHACHA20-POLY1305/HMAC-SHA2-256/CURVE25519",
        Some("CHACHA20-POLY1305/CURVE25519"),
        [
            "pass", "fail", "fail", "warn", "fail", "fail", "pass", "pass", "pass",
        ],
    ),
    (
        "AES-CBC-256/SHA2-256/RSA-SIG/MODP-3072",
        Some("AES-CBC-256/HMAC-SHA2-256-128/MODP-3072"),
        [
            "fail", "warn", "pass", "fail", "fail", "fail", "fail", "warn", "warn",
        ],
    ),
    (
        "3DES/MD5/PSK/MODP-1024",
        Some("3DES/HMAC-MD5-96"),
        ["fail"; 9],
    ),
    (
        STRONG,
        Some("NULL/HMAC-SHA2-256-128/ECP-384"),
        [
            "warn", "pass", "pass", "warn", "fail", "fail", "fail", "fail", "warn",
        ],
    ),
];

const PROFILES: [&str; 9] = [
    "rfc",
    "nist-800-77r1",
    "fips-140-3",
    "bsi-tr-02102-3",
    "cnsa-1.0",
    "cnsa-2.0",
    "modern",
    "intermediate",
    "legacy",
];

#[test]
fn suites_are_judged_as_the_policies_say() {
    for (suite, esp, expected) in VERDICTS {
        for (profile, verdict) in PROFILES.iter().zip(expected) {
            let mut arguments = vec![
                "--profile",
                profile,
                "--date",
                "2026-11-21",
                "--suite",
                suite,
            ];
            arguments.extend(esp.iter().flat_map(|esp| ["--esp", *esp]));
            let (document, code) = audit(&arguments);
            let subject = &document["subjects"][0];
            assert_eq!(subject["verdict"], *verdict, "{profile}: {suite} {esp:?}");
            if *verdict == "fail" {
                assert_eq!(code, Some(3), "{profile}: {suite}");
            }
            assert_eq!(subject["source"], "suite");
            let experimental = matches!(*profile, "fips-140-3" | "bsi-tr-02102-3" | "cnsa-2.0");
            assert_eq!(document["experimental"], experimental, "{profile}");
        }
    }
}

#[test]
fn the_level_decides_on_the_code() {
    for (arguments, code) in [
        (&["--suite", STRONG][..], 0),
        (&["--suite", STRONG, "--profile", "cnsa-2.0"], 3),
        (
            &[
                "--suite",
                STRONG,
                "--profile",
                "cnsa-2.0",
                "--fail-on",
                "never",
            ],
            0,
        ),
        (&["--suite", WEAK], 3),
        (&["--suite", WEAK, "--fail-on", "critical"], 0),
        (
            &[
                "--suite",
                "AES-GCM-16-256/HMAC-SHA2-384/MODP-2048",
                "--fail-on",
                "medium",
            ],
            0,
        ),
        (
            &[
                "--suite",
                "AES-GCM-16-256/HMAC-SHA2-384/MODP-2048",
                "--fail-on",
                "low",
            ],
            3,
        ),
    ] {
        assert_eq!(audit(arguments).1, Some(code), "{arguments:?}");
    }
}

#[test]
fn wrong_usage_is_2_and_names_what_is_near() {
    let capture = lab("ikev2-psk-aes256gcm16");
    for (arguments, word) in [
        (&["audit"][..], "INPUT"),
        (
            &[
                "audit",
                "--suite",
                "AES-CBC-128/HMAC-SHA1/HMAC-SHA1-96/MODP-1025",
            ],
            "MODP-1024",
        ),
        (
            &["audit", "--suite", "AES-GMC-16-256/HMAC-SHA2-256/ECP-256"],
            "AES-GCM-16-256",
        ),
        (&["audit", "--suite", "AES-CBC-128"], "ENCR/PRF"),
        (
            &["audit", "--suite", STRONG, "--esp", "AES-GCM-16-256/x"],
            "key exchange",
        ),
        (&["audit", "--esp", "AES-GCM-16-256", &capture], "--suite"),
        (&["audit", "--suite", STRONG, &capture], "--suite"),
        (
            &["audit", "--suite", STRONG, "--profile", "nist-800-77"],
            "nist-800-77r1",
        ),
        (
            &["audit", "--suite", STRONG, "--date", "tomorrow"],
            "YYYY-MM-DD",
        ),
        (&["audit", "--suite", STRONG, "--format", "xml"], "sarif"),
        (&["explain", "ke-modp1025"], "ke-modp1024"),
        (&["explain", "MODP-1023"], "MODP-1024"),
        (&["explain", "14"], "explain"),
    ] {
        let run = run(arguments);
        assert_eq!(run.code, Some(2), "{arguments:?}: {run:?}");
        assert!(run.stderr.contains(word), "{arguments:?}: {}", run.stderr);
        assert_eq!(run.stdout, "", "{arguments:?}");
    }
}

#[test]
fn a_profile_of_ones_own_is_checked_line_by_line() {
    let folder = Folder::new("profile");
    let good = folder.file(
        "good.toml",
        b"name = \"ours\"\n[ike.encr]\n\"AES-GCM-16-256\" = \"pass\"\n[ike.prf]\n\"HMAC-SHA2-384\" = \"pass\"\n[ke]\n\"ECP-384\" = \"warn\"\n",
    );
    let (document, code) = audit(&["--suite", STRONG, "--profile", &good]);
    assert_eq!(code, Some(0));
    assert_eq!(document["profile"], "ours");
    assert_eq!(document["subjects"][0]["verdict"], "warn");
    let bad = folder.file(
        "bad.toml",
        b"name = \"ours\"\n[parameters]\nikev3 = \"fail\"\n",
    );
    let run = run(["audit", "--suite", STRONG, "--profile", &bad]);
    assert_eq!(run.code, Some(2));
    assert!(
        run.stderr.contains(&format!("{bad}:3: \"ikev3\""))
            && run.stderr.contains("allowed: ikev1"),
        "{}",
        run.stderr
    );
}

/// What strongSwan's log says was negotiated (`testdata/*/truth.json`).
#[test]
fn each_end_of_a_tunnel_is_judged_by_what_was_negotiated() {
    let (document, code) = audit(&[&lab("ikev2-psk-aes128-sha1-modp1024")]);
    assert_eq!(code, Some(3));
    let subjects = document["subjects"].as_array().unwrap();
    let addresses: Vec<_> = subjects
        .iter()
        .map(|one| one["subject"].as_str().unwrap())
        .collect();
    assert_eq!(addresses, ["10.9.0.1", "10.9.0.2"]);
    for subject in subjects {
        assert_eq!(subject["verdict"], "warn");
        assert!(ids(subject).contains(&"ke-modp1024"));
        let unknown = subject["unknown"].to_string();
        assert!(
            unknown.contains("ESP suite") && unknown.contains("auth"),
            "{unknown}"
        );
    }
}

#[test]
fn keys_show_more() {
    let capture = lab("ikev2-psk-aes128-sha1-modp1024");
    let log = testdata("ikev2-psk-aes128-sha1-modp1024/secrets/initiator.charon.log");
    let (document, _) = audit(&[&capture, "--secrets", &log]);
    for subject in document["subjects"].as_array().unwrap() {
        let reasons = subject["reasons"].as_array().unwrap();
        let esp: Vec<_> = reasons
            .iter()
            .filter(|reason| reason["layer"] == "esp")
            .map(|reason| reason["algorithm"].as_str().unwrap())
            .collect();
        assert_eq!(esp, ["AES-CBC-128", "HMAC-SHA1-96"]);
        assert!(ids(subject).contains(&"auth-psk"));
        assert!(!subject["unknown"].to_string().contains("ESP suite"));
    }
}

/// Each capture shows what its scenario was made for, and nothing that it was not.
#[test]
fn captures_have_the_findings_of_their_scenarios() {
    let secrets = |name: &str| testdata(&format!("{name}/secrets/initiator.charon.log"));
    for (name, keys, expected, absent) in [
        (
            "ikev1-aggressive-psk-des-md5-modp768",
            false,
            &[
                "ikev1-aggressive-mode-psk",
                "encr-des",
                "prf-md5",
                "ke-modp768",
                "identity-cleartext",
                "ikev1-in-use",
            ][..],
            &["ikev1-main-mode-psk"][..],
        ),
        (
            "ikev1-main-psk-3des-sha1-modp1024",
            false,
            &[
                "ikev1-main-mode-psk",
                "encr-3des",
                "ke-modp1024",
                "auth-psk",
            ],
            &["ikev1-aggressive-mode-psk", "identity-cleartext"],
        ),
        (
            "ikev1-aggressive-rsa",
            false,
            &["ikev1-aggressive-mode"],
            &["ikev1-aggressive-mode-psk", "auth-psk"],
        ),
        ("ikev1-hybrid", false, &["ikev1-hybrid-auth"], &["auth-psk"]),
        (
            "ikev2-esp-null",
            true,
            &["esp-null-encryption"],
            &["esp-gmac-integrity-only", "esp-no-integrity"],
        ),
        (
            "ikev2-gmac",
            true,
            &["esp-gmac-integrity-only"],
            &["esp-null-encryption", "esp-no-integrity"],
        ),
        (
            "ikev2-psk-aes256gcm16",
            true,
            &["auth-psk"],
            &["encr-cbc-without-aead", "integ-none-non-aead"],
        ),
        (
            "ikev2-cert-ecdsa256",
            true,
            &["cert-long-validity"],
            &["auth-psk", "cert-rsa-2048"],
        ),
        (
            "strongswan6-mlkem512",
            false,
            &["pq-mlkem512-only"],
            &["pq-ke-absent"],
        ),
        (
            "strongswan6-mlkem768",
            false,
            &[],
            &["pq-ke-absent", "pq-mlkem512-only"],
        ),
        (
            "ikev2-many-proposals",
            false,
            &["proposal-too-permissive"],
            &["no-proposal-chosen-only"],
        ),
        (
            "ikev2-ah",
            true,
            &["ah-only"],
            &["ah-plus-esp", "esp-no-integrity"],
        ),
        (
            "fail-ikev2-no-proposal",
            false,
            &["no-proposal-chosen-only"],
            &[],
        ),
        (
            "ikev2-cookie",
            false,
            &[],
            &["nonce-reuse", "ke-reused-value", "message-id-reuse"],
        ),
        (
            "ikev2-invalid-ke",
            false,
            &[],
            &["nonce-reuse", "ke-reused-value", "spi-reuse-or-zero"],
        ),
        (
            "path-ikev2-lossy",
            false,
            &[],
            &[
                "nonce-reuse",
                "ke-reused-value",
                "message-id-reuse",
                "ike-gcm-iv-reuse",
            ],
        ),
        (
            "path-esp-reorder",
            false,
            &[],
            &["esp-gcm-iv-reuse", "esp-replay-disabled"],
        ),
        (
            "ikev2-eap-mschapv2",
            true,
            &["eap-weak-method"],
            &["auth-psk", "eap-only-auth"],
        ),
    ] {
        let capture = lab(name);
        let log = secrets(name);
        let mut arguments = vec![capture.as_str()];
        if keys {
            arguments.extend(["--secrets", log.as_str()]);
        }
        let (document, _) = audit(&arguments);
        let subjects = document["subjects"].as_array().unwrap();
        let found: Vec<&str> = subjects.iter().flat_map(ids).collect();
        for id in expected {
            assert!(found.contains(id), "{name}: {id} is missing in {found:?}");
        }
        for id in absent {
            assert!(!found.contains(id), "{name}: {id} has no reason");
        }
    }
}

#[test]
fn only_the_addresses_that_were_asked_for() {
    let (document, _) = audit(&[&lab("ikev2-psk-aes256gcm16"), "--host", "10.9.0.2"]);
    let subjects = document["subjects"].as_array().unwrap();
    assert_eq!(subjects.len(), 1);
    assert_eq!(subjects[0]["subject"], "10.9.0.2");
}

#[test]
fn without_ipsec_there_is_a_sentence_and_0() {
    let folder = Folder::new("audit-plain");
    let file = folder.file(
        "plain.pcap",
        &common::pcap(&[&common::udp(53, 53, b"hello")]),
    );
    let run = run(["audit", &file]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stderr.contains("no IPsec"), "{}", run.stderr);
}

#[test]
fn a_written_profile_passes_its_peers() {
    let folder = Folder::new("written-profile");
    let profile = format!("{}/ours.toml", folder.path().display());
    let capture = lab("ikev2-psk-aes256gcm16");
    let log = testdata("ikev2-psk-aes256gcm16/secrets/initiator.charon.log");
    audit(&[&capture, "--secrets", &log, "--write-profile", &profile]);
    let (document, _) = audit(&[&capture, "--secrets", &log, "--profile", &profile]);
    for subject in document["subjects"].as_array().unwrap() {
        assert_eq!(subject["verdict"], "pass", "{subject}");
    }
    let (document, code) = audit(&["--suite", WEAK, "--profile", &profile]);
    assert_eq!(
        (document["subjects"][0]["verdict"].as_str(), code),
        (Some("fail"), Some(3))
    );
}

#[test]
fn every_format_says_the_same_and_whether_it_is_experimental() {
    let capture = lab("ikev1-aggressive-psk-3des-sha1-modp1024");
    for format in ["text", "json", "csv", "sarif", "markdown"] {
        for (profile, experimental) in [("bsi-tr-02102-3", true), ("rfc", false)] {
            let run = run(["audit", "--format", format, "--profile", profile, &capture]);
            assert_eq!(run.code, Some(3), "{format}");
            for word in [
                "10.9.0.1",
                "10.9.0.2",
                "ke-modp1024",
                "ikev1-aggressive-mode-psk",
                profile,
            ] {
                let escaped = word.replace('-', "\\-");
                assert!(
                    run.stdout.contains(word) || run.stdout.contains(&escaped),
                    "{format}: {word}"
                );
            }
            let says = run.stdout.contains("experimental\":true")
                || run.stdout.contains("experimental")
                    && !run.stdout.contains("experimental\":false");
            let says = says && (format != "csv" || run.stdout.contains(",experimental,"));
            assert!(
                says == experimental || format == "csv" && !experimental,
                "{format} {profile}"
            );
        }
    }
}

#[test]
fn what_is_accepted_stays_in_the_result_and_decides_no_exit_code() {
    let (plain, code) = audit(&["--suite", WEAK, "--profile", "modern"]);
    assert_eq!(code, Some(3));
    let subject = &plain["subjects"][0];
    let failed = subject["reasons"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|reason| reason["status"] == "fail")
        .map(|reason| reason["algorithm"].as_str().expect("a name"));
    let mut everything = ids(subject);
    everything.extend(failed);
    let accepted = format!("{}=until March", everything.join(","));
    let arguments = [
        "--suite",
        WEAK,
        "--profile",
        "modern",
        "--accept",
        &accepted,
    ];
    let (waived, code) = audit(&arguments);
    assert_eq!(code, Some(0));
    let waived = &waived["subjects"][0];
    for unchanged in ["verdict", "reasons", "findings"] {
        assert_eq!(waived[unchanged], subject[unchanged]);
    }
    assert_eq!(
        waived["accepted"].as_array().map(Vec::len),
        Some(everything.len())
    );
    for format in ["text", "csv", "markdown", "sarif"] {
        let shown = run(["audit", "--format", format].iter().chain(&arguments));
        assert!(
            shown.stdout.contains("until March"),
            "{format}: {}",
            shown.stdout
        );
    }
    // Elsewhere nothing is accepted, and what is missing or unknown is told.
    let elsewhere = format!("{}@192.0.2.1=no", everything.join(","));
    assert_eq!(audit(&["--suite", WEAK, "--accept", &elsewhere]).1, Some(3));
    let unused = run(["audit", "--suite", STRONG, "--accept", "ke-modp1024=no"]);
    assert!(unused.stderr.contains("nothing of it"), "{}", unused.stderr);
    for (wrong, hint) in [("ke-modp1024", "reason"), ("ke-modp1025=no", "ke-modp1024")] {
        let refused = run(["audit", "--suite", WEAK, "--accept", wrong]);
        assert_eq!(refused.code, Some(2), "{wrong}");
        assert!(refused.stderr.contains(hint), "{wrong}: {}", refused.stderr);
    }
}

#[test]
fn sarif_names_a_rule_for_every_result() {
    let capture = lab("ikev1-aggressive-psk-3des-sha1-modp1024");
    let run = run(["audit", "--format", "sarif", &capture]);
    let log: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let rules = log["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert!(results.len() > rules.len());
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let kind = result.get("kind").and_then(Value::as_str).unwrap_or("fail");
        // SARIF 2.1.0, section 3.27.9: a level other than "none" only where something failed.
        assert_eq!(result["level"] == "none", kind != "fail");
    }
}

#[test]
fn every_id_of_every_list_is_explained() {
    let validator = schema("explain");
    let list = run(["explain", "--format", "json"]);
    let catalogue: Value = serde_json::from_str(&list.stdout).unwrap();
    check(&validator, "catalogue", &catalogue);
    let entries = catalogue["entries"].as_array().unwrap();
    let findings = entries
        .iter()
        .filter(|entry| entry["kind"] == "finding")
        .count();
    assert_eq!(findings, 116);
    assert!(entries.len() - findings > 150);
    // One of each kind and every tenth: a process each.
    let ids = entries
        .iter()
        .step_by(10)
        .map(|entry| entry["id"].as_str().unwrap());
    let names = catalogue["algorithms"].as_array().unwrap().iter();
    let names = names.flat_map(|group| group["names"].as_array().unwrap().iter().step_by(8));
    let words = [
        "IKEv1",
        "AH",
        "PFS",
        "post-quantum",
        "lifetime",
        "EAP-TLS",
        "cnsa-2.0",
    ];
    for id in ids
        .chain(names.map(|name| name.as_str().unwrap()))
        .chain(words)
    {
        let page = run(["explain", id, "--format", "json"]);
        assert_eq!(page.code, Some(0), "{id}: {}", page.stderr);
        check(&validator, id, &serde_json::from_str(&page.stdout).unwrap());
        let text = run(["explain", id]);
        assert!(text.stdout.lines().count() > 2, "{id}");
    }
}

/// Words of the results of every command, as their schemas list them.
fn words_of(schema: &Value, property: Option<&str>, words: &mut BTreeSet<String>) {
    const EXPLAINED: [&str; 12] = [
        "chooses",
        "confidence",
        "integrity",
        "kind",
        "outcome",
        "reason",
        "result",
        "stage",
        "state",
        "status",
        "type",
        "verdict",
    ];
    match schema {
        Value::Object(members) => {
            if let Some(list) = members.get("enum").and_then(Value::as_array)
                && property.is_some_and(|property| EXPLAINED.contains(&property))
            {
                words.extend(list.iter().filter_map(Value::as_str).map(str::to_owned));
            }
            for (name, inner) in members {
                let property = match name.as_str() {
                    "items" | "anyOf" | "properties" => property,
                    name => Some(name),
                };
                words_of(inner, property, words);
            }
        }
        Value::Array(list) => list
            .iter()
            .for_each(|inner| words_of(inner, property, words)),
        _ => {}
    }
}

#[test]
fn every_word_of_a_result_is_explained() {
    let mut words = BTreeSet::from(["VERIFIED".to_owned()]);
    for command in ["audit", "decrypt", "diagnose", "probe", "secrets"] {
        let path = format!(
            "{}/schemas/{command}.schema.json",
            env!("CARGO_MANIFEST_DIR")
        );
        let schema = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        words_of(&schema, None, &mut words);
    }
    for expected in [
        "no-key",
        "rate-limited",
        "rekeyed",
        "xauth",
        "skeyseed",
        "warn",
        "own-order",
    ] {
        assert!(words.contains(expected), "{expected}: {words:?}");
    }
    let validator = schema("explain");
    for word in words.iter().map(String::as_str).chain([
        "NO_PROPOSAL_CHOSEN",
        "NO-PROPOSAL-CHOSEN",
        "IKE_SA_INIT",
        "INVALID_KE_PAYLOAD",
        "TSi",
        "profile-verdict",
        "ML-DSA-87",
    ]) {
        let page = run(["explain", word, "--format", "json"]);
        assert_eq!(page.code, Some(0), "{word}: {}", page.stderr);
        check(
            &validator,
            word,
            &serde_json::from_str(&page.stdout).unwrap(),
        );
    }
    for (misspelt, meant) in [
        ("rate-limitd", "rate-limited"),
        ("NO_PROPOSAL_CHOSE", "NO_PROPOSAL_CHOSEN"),
    ] {
        let page = run(["explain", misspelt]);
        assert_eq!(page.code, Some(2), "{misspelt}");
        assert!(page.stderr.contains(meant), "{}", page.stderr);
    }
}

#[test]
fn an_algorithm_is_explained_with_what_each_policy_says() {
    let page = run(["explain", "MODP-1024"]);
    for word in [
        "1024-bit MODP Group",
        "80 bits",
        "SHOULD NOT",
        "RFC 8247, section 2.4",
        "modp1024",
    ] {
        assert!(page.stdout.contains(word), "{word}: {}", page.stdout);
    }
    for profile in PROFILES {
        assert!(page.stdout.contains(profile), "{profile}");
    }
    let other = run(["explain", "1024-bit MODP Group"]);
    assert_eq!(other.stdout, page.stdout);
}

#[test]
fn an_input_is_not_overwritten() {
    let folder = Folder::new("audit-overwrite");
    let file = folder.file(
        "in.pcapng",
        &fs::read(lab("ikev2-psk-aes256gcm16")).unwrap(),
    );
    let output = ikescope()
        .args(["audit", "-o", &file, &file])
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(2));
}
