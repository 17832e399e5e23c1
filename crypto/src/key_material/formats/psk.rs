//! Pre-shared keys: `--psk-file`, `ipsec.secrets` and `swanctl.conf`.
//!
//! A line of a PSK file is `[ID or ADDRESS…] : "secret"` or the bare secret. The secret is the octets between the quotation
//! marks, or the line without its line end; nothing is trimmed and nothing is a comment. Without quotation marks `0x…` is
//! hexadecimal and `0s…` base64.

use crate::Secret;
use crate::key_material::format::Format;
use crate::key_material::key::{Material, Ppk, Psk};
use crate::key_material::reader::{Reader, Sink};
use crate::key_material::text::{Line, base64, hex};

/// Reads a PSK file.
pub(in crate::key_material) fn psk_file(octets: &[u8], sink: &mut Sink) {
    for (index, line) in octets.split(|octet| *octet == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        let number = index.saturating_add(1);
        let (selectors, secret) = match selected(line) {
            Some((selectors, secret)) => (selectors, written(secret)),
            None => (Vec::new(), bare(line)),
        };
        match secret {
            Ok(secret) => {
                let material = Material::Psk(Psk { selectors, secret });
                sink.key(number, Format::PskFile, material);
            }
            Err(what) => sink.problem(crate::key_material::Problem::new(number, what)),
        }
    }
}

/// Selectors and what stands behind the colon: a colon at the start or behind a space, and behind it a value in quotation
/// marks or a number.
fn selected(line: &[u8]) -> Option<(Vec<String>, &[u8])> {
    let (at, secret) = line.iter().enumerate().find_map(|(at, octet)| {
        let before = at.checked_sub(1).and_then(|before| line.get(before));
        if *octet != b':' || !before.is_none_or(|octet| is_space(*octet)) {
            return None;
        }
        let value = trimmed(line.get(at + 1..)?);
        let value = value.strip_prefix(b"PSK").map_or(value, trimmed);
        let quoted = value.len() >= 2 && value.starts_with(b"\"") && value.ends_with(b"\"");
        (quoted || value.starts_with(b"0x") || value.starts_with(b"0s")).then_some((at, value))
    })?;
    let selectors = String::from_utf8_lossy(line.get(..at)?).into_owned();
    let selectors = selectors
        .split_ascii_whitespace()
        .take(MAX_SELECTORS)
        .map(|selector| selector.trim_matches('"').to_owned());
    Some((selectors.collect(), secret))
}

/// A value with quotation marks, or a number.
fn written(value: &[u8]) -> Result<Secret, String> {
    match value
        .strip_prefix(b"\"")
        .and_then(|value| value.strip_suffix(b"\""))
    {
        Some(secret) => Ok(secret.into()),
        None => bare(value),
    }
}

fn bare(value: &[u8]) -> Result<Secret, String> {
    let text = || std::str::from_utf8(value).unwrap_or_default();
    let secret = if value.starts_with(b"0x") {
        hex(text()).ok_or("the secret begins with 0x and is not hexadecimal")
    } else if let Some(digits) = text().strip_prefix("0s") {
        base64(digits).ok_or("the secret begins with 0s and is not base64")
    } else {
        Ok(value.into())
    };
    secret.map_err(str::to_owned)
}

/// A secret as text says it, by the rule of values without quotation marks.
pub(in crate::key_material) fn secret_text(text: &str) -> Result<Secret, String> {
    bare(text.as_bytes())
}

fn is_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t')
}

fn trimmed(mut octets: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = octets {
        if !is_space(*first) {
            break;
        }
        octets = rest;
    }
    while let [rest @ .., last] = octets {
        if !is_space(*last) {
            break;
        }
        octets = rest;
    }
    octets
}

/// Whether every line with something on it is `[ID…] : "secret"` or a comment, and one is such a line.
pub(in crate::key_material) fn recognises_lines(text: &str) -> bool {
    let mut lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .peekable();
    lines.peek().is_some()
        && lines.all(|line| selected(line.as_bytes()).is_some() || other_secret(line))
}

/// Lines of `ipsec.secrets` that are no pre-shared keys.
fn other_secret(line: &str) -> bool {
    [
        "RSA", "ECDSA", "EAP", "XAUTH", "PIN", "P12", "NTLM", "PKCS8", "BLISS",
    ]
    .iter()
    .any(|kind| line.contains(&format!(": {kind} ")))
        || line.starts_with("include ")
}

/// Reads lines of `ipsec.secrets`.
#[derive(Debug, Default)]
pub(in crate::key_material) struct SecretLines;

impl Reader for SecretLines {
    fn line(&mut self, line: Line<'_>, sink: &mut Sink) {
        let text = line.text.trim();
        if text.is_empty() || text.starts_with('#') || other_secret(text) {
            return;
        }
        let Some((selectors, secret)) = selected(text.as_bytes()) else {
            return;
        };
        match written(secret) {
            Ok(secret) => {
                let material = Material::Psk(Psk { selectors, secret });
                sink.key(line.number, Format::SecretsSection, material);
            }
            Err(what) => sink.problem(line.problem(what)),
        }
    }
}

/// Whether a line begins the `secrets` section of `swanctl.conf`.
pub(in crate::key_material) fn recognises_sections(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace();
    words.next() == Some("secrets") && words.next().is_some_and(|word| word.starts_with('{'))
}

/// Reads the `secrets` section of `swanctl.conf`: `ike…` and `ppk…`.
#[derive(Debug, Default)]
pub(in crate::key_material) struct SecretSections {
    /// Names of the open sections.
    sections: Vec<String>,
    line: usize,
    ids: Vec<String>,
    secret: Option<Secret>,
}

impl Reader for SecretSections {
    fn line(&mut self, line: Line<'_>, sink: &mut Sink) {
        let mut rest = line.text;
        loop {
            rest = rest.trim_start();
            if rest.is_empty() || rest.starts_with('#') {
                return;
            }
            if let Some(behind) = rest.strip_prefix('}') {
                self.close(sink);
                rest = behind;
                continue;
            }
            let Some(at) = rest.find(['{', '=', '}', '#']) else {
                return;
            };
            let (name, behind) = rest.split_at(at);
            let name = name.trim();
            if let Some(behind) = behind.strip_prefix('{') {
                if self.sections.len() < MAX_DEPTH {
                    self.sections.push(name.to_owned());
                }
                if self.sections.len() == 2 {
                    self.line = line.number;
                    self.ids.clear();
                    self.secret = None;
                }
                rest = behind;
                continue;
            }
            let Some(value) = behind.strip_prefix('=') else {
                rest = behind.get(1..).unwrap_or_default();
                continue;
            };
            let (value, behind) = value_of(value);
            if let Err(what) = self.setting(name, value) {
                sink.problem(line.problem(what));
            }
            rest = behind;
        }
    }

    fn end(&mut self, sink: &mut Sink) {
        self.close(sink);
    }
}

/// A value up to the line's end or a closing brace, or in quotation marks.
fn value_of(text: &str) -> (Value<'_>, &str) {
    let text = text.trim_start();
    if let Some(quoted) = text.strip_prefix('"')
        && let Some((value, behind)) = quoted.split_once('"')
    {
        return (
            Value {
                text: value,
                quoted: true,
            },
            behind,
        );
    }
    let end = text.find(['#', '}']).unwrap_or(text.len());
    let (value, behind) = text.split_at(end);
    let value = value.trim_end();
    (
        Value {
            text: value,
            quoted: false,
        },
        behind,
    )
}

struct Value<'a> {
    text: &'a str,
    quoted: bool,
}

impl SecretSections {
    fn setting(&mut self, name: &str, value: Value<'_>) -> Result<(), String> {
        if self.sections.first().map(String::as_str) != Some("secrets") || self.sections.len() != 2
        {
            return Ok(());
        }
        if name == "secret" {
            // swanctl reads 0x and 0s in quotation marks too.
            let numeric = value.text.starts_with("0x") || value.text.starts_with("0s");
            self.secret = Some(match value.quoted && !numeric {
                true => value.text.as_bytes().into(),
                false => secret_text(value.text)?,
            });
        } else if name.starts_with("id") && self.ids.len() < MAX_SELECTORS {
            self.ids.push(value.text.to_owned());
        }
        Ok(())
    }

    fn close(&mut self, sink: &mut Sink) {
        let name = self.sections.pop().unwrap_or_default();
        let in_secrets =
            self.sections.len() == 1 && self.sections.first().is_some_and(|name| name == "secrets");
        if !in_secrets {
            return;
        }
        let Some(secret) = self.secret.take() else {
            return;
        };
        let ids = std::mem::take(&mut self.ids);
        let material = if name.starts_with("ike") {
            Material::Psk(Psk {
                selectors: ids,
                secret,
            })
        } else if name.starts_with("ppk") {
            Material::Ppk(Ppk {
                id: ids.into_iter().next().map(String::into_bytes),
                secret,
            })
        } else {
            return;
        };
        sink.key(self.line, Format::SecretsSection, material);
    }
}

/// Identities of one pre-shared key.
const MAX_SELECTORS: usize = 64;
/// swanctl.conf nests four deep.
const MAX_DEPTH: usize = 32;
