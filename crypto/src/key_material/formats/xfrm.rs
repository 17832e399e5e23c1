//! `ip xfrm state` of Linux, also with `-s`, `ip xfrm monitor`, and the commands `ip xfrm state add`.
//!
//! ```text
//! src 172.31.0.179 dst 52.83.155.25
//!     proto esp spi 0xc7090bb3 reqid 1 mode tunnel
//!     replay-window 0 flag af-unspec esn
//!     auth-trunc hmac(sha256) 0x90a9c6f6…06b 128
//!     enc cbc(aes) 0xe511ccfc…3244
//!     anti-replay esn context:
//!      seq-hi 0x0, seq 0x0, oseq-hi 0x1, oseq 0x6
//!     sel src 10.1.0.1/32 dst 10.2.0.1/32
//! ```

use std::net::IpAddr;

use ikescope_dissectors::Spi;
use ikescope_dissectors::registries::ikev2::IntegrityAlgorithm;

use crate::Secret;
use crate::key_material::address::AddressPattern;
use crate::key_material::format::Format;
use crate::key_material::key::{AhSa, EspSa, Material};
use crate::key_material::names::{
    NamedCipher, NamedIntegrity, cipher, integrity, integrity_cut, is_aead, key_bits,
};
use crate::key_material::reader::{Reader, Sink};
use crate::key_material::text::{Line, hex, hex_fault, spi_number, without_0x};

/// Whether a line is of such a state.
pub(in crate::key_material) fn recognises(line: &str) -> bool {
    line.contains("proto esp spi ") || line.contains("proto ah spi ")
}

/// Reads states; one ends where the next begins.
#[derive(Debug, Default)]
pub(in crate::key_material) struct XfrmStates {
    state: Option<State>,
}

#[derive(Debug, Default)]
struct State {
    line: usize,
    src: Option<IpAddr>,
    dst: Option<IpAddr>,
    protocol: Option<Protocol>,
    spi: Option<Spi>,
    cipher: Option<NamedCipher>,
    encryption_key: Secret,
    integrity: Option<NamedIntegrity>,
    integrity_key: Secret,
    esn: bool,
    high: Option<u32>,
    hidden: bool,
    beet: bool,
    /// Single addresses of its selector.
    selector: (Option<IpAddr>, Option<IpAddr>),
}

/// How lines of `-s` begin that say nothing of keys, which are most of them.
const SILENT: &[&str] = &["encap ", "lifetime ", "limit: ", "expire ", "stats:", "0"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Esp,
    Ah,
}

impl Reader for XfrmStates {
    fn line(&mut self, line: Line<'_>, sink: &mut Sink) {
        let text = line.text.trim_ascii_start();
        if SILENT.iter().any(|word| text.starts_with(word)) {
            return;
        }
        let mut words = text.split_ascii_whitespace().peekable();
        while let Some(word) = words.next() {
            if word == "src" {
                let address = words.peek().and_then(|word| word.parse::<IpAddr>().ok());
                if let Some(src) = address {
                    // `sel src … dst …` has prefixes, which are no addresses.
                    self.finish(sink);
                    self.state = Some(State {
                        line: line.number,
                        src: Some(src),
                        ..State::default()
                    });
                }
                continue;
            }
            let Some(state) = self.state.as_mut() else {
                return;
            };
            match word {
                "dst" if state.dst.is_none() => {
                    state.dst = words.next().and_then(|word| word.parse().ok());
                }
                "proto" if state.protocol.is_none() => {
                    state.protocol = match words.next() {
                        Some("esp" | "50") => Some(Protocol::Esp),
                        Some("ah" | "51") => Some(Protocol::Ah),
                        _ => {
                            self.state = None;
                            return;
                        }
                    };
                }
                "spi" if state.spi.is_none() => {
                    let number = words.next().and_then(|word| word.split('(').next());
                    state.spi = number.and_then(spi_number);
                }
                "mode" => state.beet = words.next() == Some("beet"),
                "sel" => {
                    let mut address = |label: &str| {
                        words.next_if_eq(&label)?;
                        AddressPattern::parse(words.next()?, false)?.single()
                    };
                    state.selector = (address("src"), address("dst"));
                }
                "esn" => state.esn = true,
                "auth" | "auth-trunc" | "enc" | "aead" => {
                    let name = words.next().unwrap_or_default();
                    let is_value = |word: &&str| word.starts_with("0x") || word.starts_with("<<");
                    let value = words.next_if(is_value).unwrap_or_default();
                    // `-s` says the key's length in words.
                    if words.next_if(|word| word.starts_with('(')).is_some() {
                        while words.next_if(|word| !word.ends_with(')')).is_some() {}
                        words.next();
                    }
                    let bits = words.next_if(|word| word.parse::<u32>().is_ok());
                    let bits = bits.and_then(|bits| bits.parse().ok());
                    if let Err(what) = state.algorithm(word, name, value, bits) {
                        sink.problem(line.problem(what));
                    }
                }
                "seq-hi" | "oseq-hi" => {
                    let number = words.next().map(|word| word.trim_end_matches(','));
                    let high = number.and_then(|n| u32::from_str_radix(without_0x(n), 16).ok());
                    state.esn = true;
                    state.high = state.high.max(high);
                }
                _ => {}
            }
        }
    }

    fn end(&mut self, sink: &mut Sink) {
        self.finish(sink);
    }
}

impl State {
    /// `enc cbc(aes) 0x…`, `auth-trunc hmac(sha256) 0x… 128`, `aead rfc4106(gcm(aes)) 0x… 128`.
    fn algorithm(
        &mut self,
        kind: &str,
        name: &str,
        value: &str,
        bits: Option<u32>,
    ) -> Result<(), String> {
        let name = name.trim_matches(['\'', '"']);
        if value.starts_with("<<") {
            self.hidden = true;
            return Err("the keys are hidden: print them as root and without nokeys".to_owned());
        }
        let key = match value {
            "" | "0x" => Secret::default(),
            value => hex(value).ok_or_else(|| format!("the key of {kind} {}", hex_fault(value)))?,
        };
        let unknown = || {
            let name: String = name.chars().take(40).collect();
            format!("the {kind} algorithm {name:?} is not known")
        };
        match kind {
            "enc" | "aead" => {
                let icv_len = bits.filter(|_| kind == "aead");
                let icv_len = icv_len.and_then(|bits| usize::try_from(bits / 8).ok());
                let named = cipher(name, icv_len).ok_or_else(unknown)?;
                self.cipher = Some(named);
                self.encryption_key = key;
                if let Err(fault) = key_bits(named.id, self.encryption_key.len()) {
                    return Err(format!("the encryption key is of no use: {fault}"));
                }
            }
            _ => {
                let named = match bits.filter(|_| kind == "auth-trunc") {
                    Some(bits) => integrity_cut(name, bits),
                    None => integrity(name),
                };
                self.integrity = Some(named.ok_or_else(unknown)?);
                self.integrity_key = key;
            }
        }
        Ok(())
    }
}

impl XfrmStates {
    fn finish(&mut self, sink: &mut Sink) {
        let Some(state) = self.state.take() else {
            return;
        };
        let Some(protocol) = state.protocol else {
            return;
        };
        if state.hidden || state.cipher.is_none() && state.integrity.is_none() {
            if !state.hidden {
                sink.problem(crate::key_material::Problem::new(
                    state.line,
                    "this state has no keys: print it as root",
                ));
            }
            return;
        }
        let (src, dst) = (state.src.map(Into::into), state.dst.map(Into::into));
        let esn = Some(state.esn);
        let high = state.high.filter(|_| state.esn);
        let none = NamedIntegrity::NONE;
        let material = match protocol {
            Protocol::Ah => {
                let named = state.integrity.unwrap_or(none);
                Material::AhSa(AhSa {
                    src,
                    dst,
                    spi: state.spi,
                    integrity: named.id,
                    icv_len: named.icv_len,
                    integrity_key: state.integrity_key,
                    esn,
                    sequence_high: high,
                    ..AhSa::default()
                })
            }
            Protocol::Esp => {
                let aead = state.cipher.is_some_and(|named| is_aead(named.id));
                let named = match aead {
                    true => none,
                    false => state.integrity.unwrap_or(none),
                };
                // A kernel that encrypts nothing says so: ecb(cipher_null).
                let encryption = state.cipher.map(|named| named.id);
                if encryption.is_none() {
                    sink.problem(crate::key_material::Problem::new(
                        state.line,
                        "this state names no cipher",
                    ));
                }
                let bits = encryption.map(|id| key_bits(id, state.encryption_key.len()));
                Material::EspSa(EspSa {
                    src,
                    dst,
                    spi: state.spi,
                    encryption,
                    key_bits: bits.and_then(Result::ok).flatten(),
                    encryption_key: state.encryption_key,
                    integrity: named.id.or(Some(IntegrityAlgorithm::NONE)),
                    icv_len: named.icv_len,
                    integrity_key: state.integrity_key,
                    esn,
                    sequence_high: high,
                    beet: state
                        .selector
                        .0
                        .zip(state.selector.1)
                        .filter(|_| state.beet),
                    ..EspSa::default()
                })
            }
        };
        sink.key(state.line, Format::IpXfrm, material);
    }
}
