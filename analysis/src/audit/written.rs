//! A profile from peers that are known to be good.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::facts::{Layer, PeerFacts, Version};
use super::profile::Date;

/// A profile in TOML that passes what these peers have agreed on or accept, and nothing else.
#[must_use]
pub fn profile_of(facts: &[PeerFacts], name: &str, date: &Date) -> String {
    let mut tables: BTreeMap<&str, BTreeMap<String, String>> = BTreeMap::new();
    let mut without_pfs = false;
    let mut v1 = false;
    let mut ah = false;
    let mut longest = [0_u64; 2];
    for peer in facts {
        for suite in peer.counted() {
            v1 |= suite.version == Version::V1;
            ah |= suite.layer == Layer::Ah;
            without_pfs |= suite.layer != Layer::Ike
                && !suite.first_child
                && suite.transforms.real_ke().next().is_none();
            let seconds = suite.lifetime.and_then(|lifetime| lifetime.seconds);
            let place = usize::from(suite.layer != Layer::Ike);
            if let (Some(seconds), Some(limit)) = (seconds, longest.get_mut(place)) {
                *limit = seconds.max(*limit);
            }
            for algorithm in suite.transforms.algorithms() {
                let Some(algorithm) = algorithm.as_v2() else {
                    continue;
                };
                let table = match (suite.layer, algorithm.kind()) {
                    (_, super::algorithm::Kind::KeyExchange) => "ke",
                    (Layer::Ike, super::algorithm::Kind::Encryption) => "ike.encr",
                    (Layer::Ike, super::algorithm::Kind::Prf) => "ike.prf",
                    (Layer::Ike, _) => "ike.integ",
                    (_, super::algorithm::Kind::Encryption) => "esp.encr",
                    (_, _) => "esp.integ",
                };
                if table == "ke" && algorithm.is_none() {
                    continue;
                }
                tables
                    .entry(table)
                    .or_default()
                    .entry(algorithm.to_string())
                    .or_insert_with(|| peer.subject.clone());
            }
        }
    }
    for table in ["ike.integ", "esp.integ"] {
        tables
            .entry(table)
            .or_default()
            .entry("NONE".to_owned())
            .or_insert_with(|| "beside an AEAD cipher".to_owned());
    }
    let mut out = String::new();
    let verdict = |seen: bool| if seen { "pass" } else { "fail" };
    let limits = longest
        .iter()
        .zip(["ike_life", "esp_life"])
        .filter(|(seconds, _)| **seconds > 0)
        .fold(String::new(), |text, (seconds, name)| {
            format!("{text}{name} = {seconds}\n")
        });
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "# What these peers agree on. Everything else fails; see `ikescope audit --help`.\n\n\
         name = {}\nversion = \"{date}\"\n\n[parameters]\nikev1 = \"{}\"\nah = \"{}\"\nesp_null = \"fail\"\n\
         unknown = \"fail\"\npfs_missing = \"{}\"\npfs_weaker = \"warn\"\n{limits}pq = \"off\"\n",
        quoted(name),
        verdict(v1),
        verdict(ah),
        verdict(without_pfs),
    );
    for (table, lines) in tables {
        let _ = write!(out, "\n[{table}]\n");
        for (name, subject) in lines {
            let _ = writeln!(
                out,
                "{} = {{ verdict = \"pass\", source = {}, date = \"{date}\" }}",
                quoted(&name),
                quoted(&subject)
            );
        }
    }
    out
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(character);
            }
            control if control.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(control));
            }
            plain => quoted.push(plain),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::super::profile::Profile;
    use super::super::suite::NamedSuite;
    use super::super::verdict::{Verdict, assess};
    use super::*;

    #[test]
    fn it_passes_what_it_was_made_from_and_nothing_else() {
        let date = Date::parse("2026-11-21").unwrap();
        for (suite, esp) in [
            ("AES-GCM-16-256/HMAC-SHA2-384/ECP-384", "AES-GCM-16-256"),
            (
                "AES-CBC-128/HMAC-SHA2-256/HMAC-SHA2-256-128/MODP-2048",
                "AES-CBC-128/HMAC-SHA1-96/MODP-2048",
            ),
            ("3DES/SHA1/PSK/MODP-1024", "3DES/HMAC-SHA1-96"),
            (
                "AES-GCM-16-256/HMAC-SHA2-384/ECP-384+ML-KEM-768",
                "CHACHA20-POLY1305/ECP-384",
            ),
        ] {
            let facts = NamedSuite::parse(suite, Some(esp)).unwrap().facts();
            let text = profile_of(std::slice::from_ref(&facts), "ours \"2\"", &date);
            let profile =
                Profile::parse(&text).unwrap_or_else(|problem| panic!("{problem}\n{text}"));
            assert_eq!(profile.name, "ours \"2\"");
            assert_eq!(
                assess(&facts, &profile, &date).verdict,
                Verdict::Pass,
                "{text}"
            );
            let other = NamedSuite::parse(
                "AES-CBC-256/HMAC-SHA2-512/HMAC-SHA2-512-256/MODP-8192",
                None,
            )
            .unwrap()
            .facts();
            assert_eq!(assess(&other, &profile, &date).verdict, Verdict::Fail);
        }
    }
}
