//! `setkey -D` of the BSDs, macOS and ipsec-tools, and the `add` lines that setkey reads.
//!
//! ```text
//! 192.0.2.1[4500] 198.51.100.7[4500]
//!     esp-udp mode=tunnel spi=142443458(0x087d83c2) reqid=0(0x00000000)
//!     E: aes-cbc  5de1a4c2 c72662c9 fda7a7c7 8cd25623
//!     A: hmac-sha1  51c9213c 18232f8f 26c70c4d ee6e0e6d 56e31e8a
//! ```
//!
//! Some appliances leave out leading zeros of each word.

use std::net::IpAddr;

use ikescope_dissectors::Spi;
use ikescope_dissectors::registries::ikev2::IntegrityAlgorithm;

use super::printed_sa::PrintedSa;
use crate::Secret;
use crate::key_material::format::Format;
use crate::key_material::names::{NamedCipher, NamedIntegrity, cipher, integrity, key_bits};
use crate::key_material::reader::{Reader, Sink};
use crate::key_material::text::{Line, hex, hex_fault, spi_number, without_0x};
use crate::mac::IntegrityFacts;

/// Whether a line is of such an SA.
pub(in crate::key_material) fn recognises(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("E: ") || line.starts_with("A: ") || command(line)
}

fn command(line: &str) -> bool {
    line.starts_with("add ") && (line.contains(" esp") || line.contains(" ah"))
}

/// Reads SAs; one ends where the next begins.
#[derive(Debug, Default)]
pub(in crate::key_material) struct SetkeyDump {
    addresses: Option<(IpAddr, IpAddr)>,
    sa: Option<Sa>,
}

#[derive(Debug, Default)]
struct Sa {
    line: usize,
    ah: bool,
    spi: Option<Spi>,
    src: Option<IpAddr>,
    dst: Option<IpAddr>,
    cipher: Option<NamedCipher>,
    encryption_key: Secret,
    integrity: Option<NamedIntegrity>,
    integrity_key: Secret,
}

impl Reader for SetkeyDump {
    fn line(&mut self, line: Line<'_>, sink: &mut Sink) {
        let text = line.text.trim();
        let mut words = text.split_ascii_whitespace();
        let first = words.next().unwrap_or_default();
        if first == "add" {
            self.finish(sink);
            if command(text) {
                self.command(line, text, sink);
            }
            return;
        }
        if let (Some(src), Some(dst), None) =
            (address(first), words.next().and_then(address), words.next())
        {
            self.finish(sink);
            self.addresses = Some((src, dst));
            return;
        }
        let spi = text.split_ascii_whitespace().find_map(|word| {
            let number = word.strip_prefix("spi=")?.split('(').next()?;
            spi_number(number)
        });
        if let (Some(spi), Some((src, dst))) = (spi, self.addresses) {
            self.finish(sink);
            self.sa = Some(Sa {
                line: line.number,
                ah: first == "ah",
                spi: Some(spi),
                src: Some(src),
                dst: Some(dst),
                ..Sa::default()
            });
            return;
        }
        let Some(sa) = self.sa.as_mut() else {
            return;
        };
        let result = match first.strip_suffix(':').or_else(|| first.split(':').next()) {
            Some("E") => sa.cipher(rest(text)),
            Some("A") => sa.integrity(rest(text)),
            _ => return,
        };
        if let Err(what) = result {
            sink.problem(line.problem(what));
        }
    }

    fn end(&mut self, sink: &mut Sink) {
        self.finish(sink);
    }
}

/// What is behind `E:`.
fn rest(text: &str) -> &str {
    text.split_once(':').map_or("", |(_, rest)| rest.trim())
}

impl Sa {
    fn cipher(&mut self, text: &str) -> Result<(), String> {
        let (name, key) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let named = cipher(name, None).ok_or_else(|| unknown("encryption", name))?;
        let fits = |len| key_bits(named.id, len).is_ok();
        self.cipher = Some(named);
        self.encryption_key = words_of_key(key, fits)?;
        match key_bits(named.id, self.encryption_key.len()) {
            Ok(_) => Ok(()),
            Err(fault) => Err(format!("the encryption key is of no use: {fault}")),
        }
    }

    fn integrity(&mut self, text: &str) -> Result<(), String> {
        let (name, key) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let named = integrity(name).ok_or_else(|| unknown("integrity", name))?;
        let len = named
            .id
            .and_then(|id| IntegrityFacts::of(id).ok())
            .map(|facts| facts.key_len);
        self.integrity = Some(named);
        self.integrity_key = words_of_key(key, |actual| Some(actual) == len)?;
        Ok(())
    }
}

/// A key in words of 32 bits. The last may be shorter; others that are have lost leading zeros.
fn words_of_key(text: &str, fits: impl Fn(usize) -> bool) -> Result<Secret, String> {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    if let [single] = words[..]
        && let Some(key) = hex(single).filter(|key| fits(key.len()) || key.len() > 4)
    {
        return Ok(key);
    }
    let mut digits = zeroize::Zeroizing::new(String::new());
    for (index, word) in words.iter().enumerate() {
        let word = without_0x(word);
        if word.len() > 8 {
            digits.push_str(word);
            continue;
        }
        let whole = words.len().saturating_sub(index) > 1;
        let so_far = digits.len() / 2;
        let short_end = !whole && word.len().is_multiple_of(2) && fits(so_far + word.len() / 2);
        if !short_end {
            for _ in word.len()..8 {
                digits.push('0');
            }
        }
        digits.push_str(word);
    }
    if digits.is_empty() {
        return Ok(Secret::default());
    }
    hex(&digits).ok_or_else(|| format!("the key {}", hex_fault(&digits)))
}

impl SetkeyDump {
    /// `add 192.0.2.1 198.51.100.7 esp 0x1234 -m tunnel -E aes-cbc 0x… -A hmac-sha1 0x…;`
    fn command(&mut self, line: Line<'_>, text: &str, sink: &mut Sink) {
        let mut words = text
            .split(|char: char| char.is_whitespace() || char == ';')
            .filter(|word| !word.is_empty())
            .skip(1)
            .peekable();
        while words.next_if(|word| word.starts_with('-')).is_some() {}
        let mut sa = Sa {
            line: line.number,
            src: words.next().and_then(address),
            dst: words.next().and_then(address),
            ah: words
                .next()
                .is_some_and(|protocol| protocol.starts_with("ah")),
            spi: words.next().and_then(spi_number),
            ..Sa::default()
        };
        while let Some(word) = words.next() {
            let result = match word {
                "-E" | "-A" => {
                    let algorithm = words.next().unwrap_or_default();
                    let key = words
                        .next_if(|word| !word.starts_with('-'))
                        .unwrap_or_default();
                    let text = quoted_key(algorithm, key);
                    match word {
                        "-E" => sa.cipher(&text),
                        _ => sa.integrity(&text),
                    }
                }
                _ => Ok(()),
            };
            if let Err(what) = result {
                sink.problem(line.problem(what));
            }
        }
        self.sa = Some(sa);
        self.finish(sink);
    }

    fn finish(&mut self, sink: &mut Sink) {
        let Some(sa) = self.sa.take() else {
            return;
        };
        if sa.cipher.is_none() && sa.integrity.is_none() {
            return;
        }
        let ah = sa.ah;
        let printed = PrintedSa {
            src: sa.src,
            dst: sa.dst,
            spi: sa.spi,
            cipher: sa.cipher,
            encryption_key: sa.encryption_key,
            integrity: sa.integrity,
            integrity_key: sa.integrity_key,
        };
        let material = if ah {
            printed.ah()
        } else {
            printed.esp(Some(IntegrityAlgorithm::NONE))
        };
        sink.key(sa.line, Format::Setkey, material);
    }
}

/// A key as setkey reads it: hexadecimal behind `0x`, or characters in quotation marks.
fn quoted_key(algorithm: &str, key: &str) -> zeroize::Zeroizing<String> {
    let mut text = zeroize::Zeroizing::new(format!("{algorithm} "));
    match key.strip_prefix('"').and_then(|key| key.strip_suffix('"')) {
        Some(characters) => {
            for octet in characters.bytes() {
                text.push_str(&format!("{octet:02x}"));
            }
        }
        None => text.push_str(key),
    }
    text
}

/// `192.0.2.1`, `192.0.2.1[4500]`.
fn address(word: &str) -> Option<IpAddr> {
    word.split('[').next()?.parse().ok()
}

fn unknown(kind: &str, name: &str) -> String {
    let name: String = name.chars().take(40).collect();
    format!("the {kind} algorithm {name:?} is not known")
}
