//! What `tcpdump -E` takes, and libreswan prints with `plutodebug=private`.
//!
//! ```text
//! 0x12345678@192.1.2.45 3des-cbc-hmac96:0x43434545464649494a4a4c4c4f4f51515252545457575840
//! ikev2 I 0x0001020304050607 0xc02e7a3031a03188 sha1:0x4ea8…2418 aes128:0x3f44…fcbf
//! ```
//!
//! Two traps of libreswan's lines: a key of more than 256 bits is cut, and the salt of a combined mode is not there.

use std::collections::HashMap;
use std::net::IpAddr;

use ikescope_dissectors::registries::ikev2::IntegrityAlgorithm;
use memchr::memchr2;

use crate::Secret;
use crate::cipher::CipherFacts;
use crate::key_material::format::Format;
use crate::key_material::key::{EspSa, IkeSpis, Ikev1Key, Ikev2Keys, Material, Side};
use crate::key_material::limits::MAX_CONTEXTS;
use crate::key_material::names::{cipher, integrity, is_aead, key_bits};
use crate::key_material::reader::{Reader, Sink};
use crate::key_material::text::{Line, hex, hex_fault, ike_spi, spi_number, without_0x};
use crate::mac::IntegrityFacts;

/// Whether this is such a line.
pub(in crate::key_material) fn recognises(line: &str) -> bool {
    // Most lines of most files have neither an address nor a key in hexadecimal.
    memchr2(b'@', b'x', line.as_bytes()).is_some()
        && (ike_line(line).is_some() || esp_lines(line).next().is_some())
}

/// Reads both kinds of lines. Those of the two sides of an IKE SA become one key.
#[derive(Debug, Default)]
pub(in crate::key_material) struct TcpdumpKeys {
    halves: HashMap<IkeSpis, Half>,
}

#[derive(Debug)]
struct Half {
    line: usize,
    format: Format,
    keys: Ikev2Keys,
}

impl Reader for TcpdumpKeys {
    fn line(&mut self, line: Line<'_>, sink: &mut Sink) {
        if let Some(words) = ike_line(line.text) {
            if let Err(what) = self.ike(line, words, sink) {
                sink.problem(line.problem(what));
            }
            return;
        }
        let text = line.text.trim();
        if let Some(name) = text.strip_prefix("file ") {
            if !name.trim().contains(' ') {
                sink.problem(line.problem("names another file, which must be given itself"));
            }
            return;
        }
        for (target, keys) in esp_lines(text) {
            match esp(target, keys) {
                Ok(material) => sink.key(line.number, Format::Tcpdump, material),
                Err(what) => sink.problem(line.problem(what)),
            }
        }
    }

    fn end(&mut self, sink: &mut Sink) {
        for (_, half) in std::mem::take(&mut self.halves) {
            sink.key(half.line, half.format, Material::Ikev2Keys(half.keys));
        }
    }
}

/// The words behind `ikev2 I` or `ikev2 R`, wherever in a line they stand.
struct IkeLine<'a> {
    version: u8,
    side: Side,
    words: [&'a str; 4],
    logged: bool,
}

fn ike_line(text: &str) -> Option<IkeLine<'_>> {
    let version = |(at, _)| text.get(at..)?.get(4..6);
    let (at, _) = text
        .match_indices("ikev")
        .find(|found| matches!(version(*found), Some("1 " | "2 ")))?;
    let logged = text.get(..at).is_some_and(|before| before.contains('|'));
    let mut words = text.get(at..)?.split_ascii_whitespace();
    let version = match words.next()? {
        "ikev1" => 1,
        _ => 2,
    };
    let side = match words.next()? {
        "I" => Side::Initiator,
        "R" => Side::Responder,
        _ => return None,
    };
    let words = [words.next()?, words.next()?, words.next()?, words.next()?];
    let spis = words.iter().take(2).all(|word| word.starts_with("0x"));
    spis.then_some(IkeLine {
        version,
        side,
        words,
        logged,
    })
}

impl TcpdumpKeys {
    fn ike(&mut self, line: Line<'_>, found: IkeLine<'_>, sink: &mut Sink) -> Result<(), String> {
        let [spi_i, spi_r, auth, encr] = found.words;
        let wrong = || "an SPI has not 16 hexadecimal digits".to_owned();
        let sa = IkeSpis::new(
            ike_spi(spi_i).ok_or_else(wrong)?,
            ike_spi(spi_r).ok_or_else(wrong)?,
        );
        let (auth_name, auth_key) = named_key("integrity", auth)?;
        let (encr_name, encr_key) = named_key("encryption", encr)?;
        let encryption = cipher(encr_name, None).ok_or_else(|| unknown("encryption", encr_name))?;
        let integrity = integrity(auth_name).ok_or_else(|| unknown("integrity", auth_name))?;
        let format = match found.logged {
            true => Format::LibreswanLog,
            false => Format::Tcpdump,
        };
        if found.version == 1 {
            let material = Material::Ikev1Key(Ikev1Key {
                sa,
                encryption: Some(encryption.id),
                key_bits: encryption.key_bits,
                key: encr_key,
            });
            sink.key(line.number, format, material);
            return Ok(());
        }
        self.remark(line, encryption.id, &encr_key, sink);
        let aead = is_aead(encryption.id);
        let id = match aead {
            true => Some(IntegrityAlgorithm::NONE),
            false => integrity.id,
        };
        let whole = integrity_key(line, id, auth_key, sink);
        if self.halves.len() >= MAX_CONTEXTS {
            self.end(sink);
        }
        // A second line of the same side is another set of keys for the same SPIs.
        let repeated = self.halves.get(&sa).is_some_and(|half| match found.side {
            Side::Initiator => half.keys.sk_ei.is_some(),
            Side::Responder => half.keys.sk_er.is_some(),
        });
        if repeated && let Some(half) = self.halves.remove(&sa) {
            sink.key(half.line, half.format, Material::Ikev2Keys(half.keys));
        }
        let half = self.halves.entry(sa).or_insert_with(|| Half {
            line: line.number,
            format,
            keys: Ikev2Keys {
                sa,
                encryption: Some(encryption.id),
                key_bits: encryption.key_bits,
                integrity: id,
                ..Ikev2Keys::default()
            },
        });
        match found.side {
            Side::Initiator => {
                half.keys.sk_ei = Some(encr_key);
                half.keys.sk_ai = whole;
            }
            Side::Responder => {
                half.keys.sk_er = Some(encr_key);
                half.keys.sk_ar = whole;
            }
        }
        Ok(())
    }

    /// Says what will keep an encryption key from being of use.
    fn remark(
        &self,
        line: Line<'_>,
        id: ikescope_dissectors::registries::ikev2::EncryptionAlgorithm,
        key: &Secret,
        sink: &mut Sink,
    ) {
        let Err(fault) = key_bits(id, key.len()) else {
            return;
        };
        let salt = CipherFacts::of(id).map_or(0, |facts| facts.salt_len);
        let what = match key_bits(id, key.len().saturating_add(salt)) {
            Ok(_) if salt > 0 => format!(
                "the {salt} octets of salt behind the key are missing, as in all such lines of libreswan: nothing can be \
                 decrypted with it"
            ),
            _ => format!("the encryption key is of no use: {fault}"),
        };
        sink.problem(line.problem(what));
    }
}

/// The integrity key, if it is whole.
fn integrity_key(
    line: Line<'_>,
    id: Option<IntegrityAlgorithm>,
    key: Secret,
    sink: &mut Sink,
) -> Option<Secret> {
    let facts = IntegrityFacts::of(id?).ok()?;
    if facts.key_len == key.len() {
        return (!key.is_empty()).then_some(key);
    }
    let cut = match key.len() {
        CUT_KEY if facts.key_len > CUT_KEY => ", cut by the program that wrote it",
        _ => "",
    };
    if facts.key_len > 0 {
        sink.problem(line.problem(format!(
            "the integrity key has {} of {} octets{cut}: messages can be decrypted, and not verified",
            key.len(),
            facts.key_len
        )));
    }
    None
}

/// `TARGET ALGORITHM:KEY` pairs of a line; the target is `SPI@ADDRESS`.
fn esp_lines(text: &str) -> impl Iterator<Item = (Option<&str>, &str)> {
    let text = text.trim();
    let text = match text.starts_with('#') {
        true => "",
        false => text,
    };
    text.split(',').filter_map(|entry| {
        let mut words = entry.split_ascii_whitespace();
        let (first, second) = (words.next()?, words.next());
        if words.next().is_some() {
            return None;
        }
        match second {
            Some(keys) if first.contains('@') && keys.contains(':') => Some((Some(first), keys)),
            None => {
                let (name, key) = first.split_once(':')?;
                let known = key.starts_with("0x") && cipher(name, None).is_some();
                known.then_some((None, first))
            }
            _ => None,
        }
    })
}

fn esp(target: Option<&str>, keys: &str) -> Result<Material, String> {
    let (spi, dst) = match target.and_then(|target| target.split_once('@')) {
        Some((spi, address)) => {
            let spi = spi_number(spi).ok_or("the SPI is no number")?;
            let address: IpAddr = address
                .parse()
                .map_err(|_| "the address is none".to_owned())?;
            (Some(spi), Some(address.into()))
        }
        None => (None, None),
    };
    let (name, key) = named_key("encryption", keys)?;
    let (name, icv_len) = match name.strip_suffix("-hmac96") {
        Some(name) => (name, HMAC96_LEN),
        None => (name, 0),
    };
    let encryption = cipher(name, None).ok_or_else(|| unknown("encryption", name))?;
    let aead = is_aead(encryption.id);
    Ok(Material::EspSa(EspSa {
        dst,
        spi,
        encryption: Some(encryption.id),
        key_bits: key_bits(encryption.id, key.len()).unwrap_or(encryption.key_bits),
        encryption_key: key,
        integrity: aead.then_some(IntegrityAlgorithm::NONE),
        icv_len: (!aead).then_some(icv_len),
        ..EspSa::default()
    }))
}

/// `NAME:KEY`, the key hexadecimal behind `0x`, else the characters themselves.
fn named_key<'a>(kind: &str, text: &'a str) -> Result<(&'a str, Secret), String> {
    let Some((name, key)) = text.split_once(':') else {
        return Err(format!("there is no colon behind the {kind} algorithm"));
    };
    if without_0x(key).len() == key.len() {
        return Ok((name, key.as_bytes().into()));
    }
    // A combined mode has no integrity key: `none:0x`.
    if without_0x(key).is_empty() {
        return Ok((name, Secret::default()));
    }
    match hex(key) {
        Some(key) => Ok((name, key)),
        None => Err(format!("the {kind} key {}", hex_fault(key))),
    }
}

fn unknown(kind: &str, name: &str) -> String {
    let name: String = name.chars().take(40).collect();
    format!("the {kind} algorithm {name:?} is not known")
}

/// Octets of integrity check value that `-hmac96` stands for.
const HMAC96_LEN: usize = 12;
/// Libreswan's buffer for the digits of a key holds so many octets.
const CUT_KEY: usize = 32;
