//! IPsec SAs in logs of libreswan with `plutodebug=private`; the lines of IKE SAs are those of [`super::tcpdump`].
//!
//! ```text
//! | kernel: looking for alg with encrypt: AES_CBC keylen: 256 integ: HMAC_SHA2_256_128
//! | ESP enckey:
//! |   a8 99 a8 39  62 35 e2 07  a6 fe a3 54  48 64 aa 31   ...9b5.....THd.1
//! | ESP authkey:
//! |   4e 0a f0 56  f6 d2 04 43  ca 71 1a 0f  e4 fa 2c d9   N..V...C.q....,.
//! | kernel: add_sa() level=0 outbound tunnel 10.2.0.0/24-ALL->10.9.0.2[571cddbe]=espinudp==>10.9.0.1-ALL->10.1.0.0/24 …
//! ```
//!
//! The SPI stands behind the keys. Older versions print `our  keymat` and `peer keymat`, which hold both keys of a
//! direction, and the SPIs with the message that the SA is established.

use std::net::IpAddr;

use ikescope_dissectors::Spi;
use ikescope_dissectors::registries::ikev2::IntegrityAlgorithm;

use crate::Secret;
use crate::cipher::CipherFacts;
use crate::key_material::format::Format;
use crate::key_material::key::{AhSa, EspSa, Material};
use crate::key_material::names::{
    NamedCipher, NamedIntegrity, cipher, integrity, is_aead, key_bits,
};
use crate::key_material::reader::{Reader, Sink};
use crate::key_material::text::{Line, after, dump_octets, spi_hex};
use crate::mac::IntegrityFacts;

/// Whether a line announces such a key.
pub(in crate::key_material) fn recognises(line: &str) -> bool {
    LABELS.iter().any(|(words, _)| line.contains(words))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    Encryption,
    Integrity,
    Inbound,
    Outbound,
}

const LABELS: &[(&str, Label)] = &[
    ("ESP enckey:", Label::Encryption),
    ("ESP encrypt key:", Label::Encryption),
    ("ESP authkey:", Label::Integrity),
    ("ESP integrity key:", Label::Integrity),
    ("AH authkey:", Label::Integrity),
    ("AH integrity key:", Label::Integrity),
    ("our  keymat", Label::Inbound),
    ("our keymat", Label::Inbound),
    ("inbound  keymat", Label::Inbound),
    ("inbound keymat", Label::Inbound),
    ("peer keymat", Label::Outbound),
    ("outbound keymat", Label::Outbound),
];

/// Reads the keys.
#[derive(Debug, Default)]
pub(in crate::key_material) struct LibreswanLog {
    label: Option<(usize, Label)>,
    octets: Vec<u8>,
    cipher: Option<NamedCipher>,
    integrity: Option<NamedIntegrity>,
    encryption_key: Option<(usize, Secret)>,
    integrity_key: Option<(usize, Secret)>,
    inbound: Option<(usize, Secret)>,
    outbound: Option<(usize, Secret)>,
}

impl Reader for LibreswanLog {
    fn line(&mut self, line: Line<'_>, sink: &mut Sink) {
        let text = line.text;
        // In a log everything stands behind a bar.
        let message = text.split_once("| ").map_or(text, |(_, message)| message);
        if self.label.is_some() {
            let more = dump_octets(
                message
                    .split("   ")
                    .find(|part| !part.trim().is_empty())
                    .unwrap_or_default(),
                MAX_LEN,
            );
            let spaced = message.starts_with(' ');
            if spaced && !more.is_empty() && self.octets.len() < MAX_LEN {
                self.octets.extend(more);
                return;
            }
            self.close();
        }
        if let Some((_, label)) = LABELS.iter().find(|(words, _)| text.contains(words)) {
            self.label = Some((line.number, *label));
            return;
        }
        if text.contains("looking for alg with ") {
            self.algorithms(text);
        } else if text.contains("add_sa() ") {
            self.added(line, text, sink);
        } else if let Some((_, rest)) = text.split_once(" for Add SA ") {
            self.answered(line, rest, sink);
        } else if text.contains("ESP=>0x")
            || text.contains("ESP/NAT=>0x")
            || text.contains("AH=>0x")
        {
            self.established(line, text, sink);
        }
    }

    fn end(&mut self, sink: &mut Sink) {
        self.close();
        if let Some((line, _)) = &self.encryption_key {
            let line = *line;
            self.write(line, None, None, false, sink);
        }
        if let Some((line, _)) = self.inbound.take().or(self.outbound.take()) {
            sink.problem(crate::key_material::Problem::new(
                line,
                "no line says which SPIs and algorithms this keymat is for",
            ));
        }
    }
}

impl LibreswanLog {
    fn close(&mut self) {
        let Some((line, label)) = self.label.take() else {
            return;
        };
        let octets = std::mem::take(&mut self.octets);
        if octets.is_empty() {
            return;
        }
        let key = Some((line, Secret::new(octets)));
        match label {
            Label::Encryption => self.encryption_key = key,
            Label::Integrity => self.integrity_key = key,
            Label::Inbound => self.inbound = key,
            Label::Outbound => self.outbound = key,
        }
    }

    /// `looking for alg with encrypt: AES_CBC keylen: 256 integ: HMAC_SHA2_256_128`.
    fn algorithms(&mut self, text: &str) {
        self.cipher = after(text, "encrypt: ").and_then(|name| cipher(name, None));
        self.integrity = after(text, "integ: ").and_then(integrity);
    }

    /// `add_sa() level=0 outbound tunnel …->10.9.0.2[571cddbe]=espinudp==>10.9.0.1-ALL->…`.
    fn added(&mut self, line: Line<'_>, text: &str, sink: &mut Sink) {
        let Some((before, behind)) = text.split_once("]=") else {
            return;
        };
        let Some((before, spi)) = before.rsplit_once('[') else {
            return;
        };
        let src = before.rsplit_once("->").map_or(before, |(_, src)| src);
        let src = src
            .rsplit_once(char::is_whitespace)
            .map_or(src, |(_, src)| src);
        let dst = behind.split_once("=>").map_or("", |(_, dst)| dst);
        let dst = dst.split('-').next().unwrap_or_default();
        let addresses = src.parse().ok().zip(dst.parse().ok());
        let ah = behind.starts_with("ah");
        self.write(line.number, spi_hex(spi), addresses, ah, sink);
    }

    /// `netlink response for Add SA esp.571cddbe@10.9.0.1 …`.
    fn answered(&mut self, line: Line<'_>, rest: &str, sink: &mut Sink) {
        let Some((protocol, spi)) = rest.split('@').next().and_then(|sa| sa.split_once('.')) else {
            return;
        };
        self.write(line.number, spi_hex(spi), None, protocol == "ah", sink);
    }

    /// Writes the SA whose keys were printed last.
    fn write(
        &mut self,
        line: usize,
        spi: Option<Spi>,
        addresses: Option<(IpAddr, IpAddr)>,
        ah: bool,
        sink: &mut Sink,
    ) {
        let encryption = self.encryption_key.take();
        let integrity_key = self.integrity_key.take();
        let first = encryption.as_ref().or(integrity_key.as_ref());
        let Some(line) = first.map(|(line, _)| *line).map(|own| own.min(line)) else {
            return;
        };
        let key = encryption.map(|(_, key)| key);
        let integrity_key = integrity_key.map(|(_, key)| key).unwrap_or_default();
        let sa = self.sa(spi, addresses, key, integrity_key, ah);
        sink.key(line, Format::LibreswanLog, sa);
    }

    fn sa(
        &self,
        spi: Option<Spi>,
        addresses: Option<(IpAddr, IpAddr)>,
        key: Option<Secret>,
        integrity_key: Secret,
        ah: bool,
    ) -> Material {
        let (src, dst) = match addresses {
            Some((src, dst)) => (Some(src.into()), Some(dst.into())),
            None => (None, None),
        };
        let named = self.integrity.unwrap_or(NamedIntegrity {
            id: None,
            icv_len: None,
        });
        if ah || key.is_none() && self.cipher.is_none() {
            return Material::AhSa(AhSa {
                src,
                dst,
                spi,
                integrity: named.id,
                icv_len: named.icv_len,
                integrity_key,
                ..AhSa::default()
            });
        }
        let key = key.unwrap_or_default();
        let id = self.cipher.map(|named| named.id);
        let aead = id.is_some_and(is_aead);
        Material::EspSa(EspSa {
            src,
            dst,
            spi,
            encryption: id,
            key_bits: id.and_then(|id| key_bits(id, key.len()).ok()).flatten(),
            encryption_key: key,
            integrity: match aead {
                true => Some(IntegrityAlgorithm::NONE),
                false => named.id,
            },
            icv_len: named.icv_len,
            integrity_key,
            ..EspSa::default()
        })
    }

    /// `{ESP=>0xc8d814ba <0x6a5b61f1 xfrm=AES_CBC_256-HMAC_SHA2_256_128 …}`: outbound, then inbound.
    fn established(&mut self, line: Line<'_>, text: &str, sink: &mut Sink) {
        let (inbound, outbound) = (self.inbound.take(), self.outbound.take());
        if inbound.is_none() && outbound.is_none() {
            return;
        }
        let ah = text.contains("AH=>0x");
        let out_spi = text
            .split_once("=>0x")
            .and_then(|(_, rest)| rest.split_ascii_whitespace().next());
        let in_spi = text
            .split_once(" <0x")
            .and_then(|(_, rest)| rest.split_ascii_whitespace().next());
        let algorithms = after(text, "xfrm=").unwrap_or_default();
        let algorithms = algorithms.trim_end_matches('}');
        match algorithms.split_once(['-', '/']) {
            Some((encryption, rest)) if !ah => {
                self.cipher = cipher(encryption, None);
                self.integrity = rest.split(['-', '/']).find_map(integrity);
            }
            _ if ah => {
                self.cipher = None;
                self.integrity = integrity(algorithms);
            }
            _ => self.cipher = cipher(algorithms, None),
        }
        for (keymat, spi) in [(inbound, in_spi), (outbound, out_spi)] {
            let Some((at, mut keymat)) = keymat else {
                continue;
            };
            let Some(len) = self.encryption_len(keymat.len(), ah) else {
                sink.problem(crate::key_material::Problem::new(
                    at,
                    format!(
                        "this keymat of {} octets does not fit the algorithms of line {}",
                        keymat.len(),
                        line.number
                    ),
                ));
                continue;
            };
            let key = keymat.take(len).filter(|key| !key.is_empty());
            let sa = self.sa(spi.and_then(spi_hex), None, key, keymat, ah);
            sink.key(at, Format::LibreswanLog, sa);
        }
    }

    /// Octets of encryption key at the start of a keymat (RFC 7296, section 2.17; RFC 2409, section 5.5).
    fn encryption_len(&self, keymat_len: usize, ah: bool) -> Option<usize> {
        if ah {
            return Some(0);
        }
        let cipher = self.cipher?;
        let facts = CipherFacts::of(cipher.id).ok()?;
        let integrity = match facts.is_aead() {
            true => 0,
            false => IntegrityFacts::of(self.integrity?.id?).ok()?.key_len,
        };
        let len = facts.key_material_len(cipher.key_bits).ok()?;
        (len + integrity <= keymat_len).then_some(len)
    }
}

/// The longest keymat: 64 octets of integrity key, and 36 of encryption key.
const MAX_LEN: usize = 512;
