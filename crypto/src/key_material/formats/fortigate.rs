//! `diagnose vpn tunnel list` and `diagnose debug application ike -1` of FortiGate.
//!
//! ```text
//! name=VPN ver=1 serial=1 192.0.2.1:0->198.51.100.7:0
//!   SA:  ref=3 options=18227 type=00 soft=0 mtu=1438 expire=41773/0B replaywin=2048 seqno=1 esn=0
//!   dec: spi=9822756d esp=3des key=24 b926cf43d384361bc1b4f67f43c05e94d626a4a6eae470b5
//!        ah=md5 key=16 7885e747cf224b55aaf30012b26b4bc7
//! ```
//!
//! `dec` is what arrives. The debug log names keys without algorithms:
//!
//! ```text
//! ike 0:VPN:26: ISAKMP SA fafaeb49382a763c/13514610cea16160 key 32:735BE0CB…
//! ike 0:VPN:12: IKE SA 191ccd371a7a1f7b/bc123d15e4af593f SK_ei 32:3F44…
//! ike 0:VPN:12:VPN:7: IPsec SA dec spi 9822756d key 16:5DE1… auth 20:51C9…
//! ```

use std::collections::HashMap;
use std::net::IpAddr;

use ikescope_dissectors::Spi;
use ikescope_dissectors::registries::ikev2::IntegrityAlgorithm;

use crate::Secret;
use crate::key_material::format::Format;
use crate::key_material::key::{EspSa, IkeSpis, Ikev1Key, Ikev2Keys, Material};
use crate::key_material::limits::MAX_CONTEXTS;
use crate::key_material::names::{
    NamedCipher, NamedIntegrity, cipher, integrity, is_aead, key_bits,
};
use crate::key_material::reader::{Reader, Sink};
use crate::key_material::text::{Line, after, hex, hex_fault, ike_spi, spi_hex};

/// Whether a line is of a list of tunnels.
pub(in crate::key_material) fn recognises_list(line: &str) -> bool {
    (line.contains("dec: spi=") || line.contains("enc: spi=")) && line.contains("esp=")
}

/// Whether a line of a debug log has a key.
pub(in crate::key_material) fn recognises_log(line: &str) -> bool {
    [
        " ISAKMP SA ",
        " IKE SA ",
        " IPsec SA dec ",
        " IPsec SA enc ",
    ]
    .iter()
    .any(|marker| line.contains(marker))
        && line.contains("ike ")
}

/// Reads the list of tunnels.
#[derive(Debug, Default)]
pub(in crate::key_material) struct FortigateTunnels {
    addresses: Option<(IpAddr, IpAddr)>,
    esn: Option<bool>,
    half: Option<Half>,
}

#[derive(Debug)]
struct Half {
    line: usize,
    inbound: bool,
    spi: Option<Spi>,
    cipher: Option<NamedCipher>,
    key: Secret,
    integrity: Option<NamedIntegrity>,
    integrity_key: Secret,
}

impl Reader for FortigateTunnels {
    fn line(&mut self, line: Line<'_>, sink: &mut Sink) {
        let text = line.text.trim();
        if text.starts_with("name=") {
            self.finish(sink);
            self.addresses = addresses(text);
            self.esn = None;
            return;
        }
        if text.starts_with("SA:") {
            self.finish(sink);
        }
        if let Some(esn) = after(text, "esn=") {
            self.esn = Some(esn != "0");
        }
        let direction = [("dec:", true), ("enc:", false)]
            .into_iter()
            .find(|(label, _)| text.starts_with(label));
        if let Some((_, inbound)) = direction {
            self.finish(sink);
            self.half = Some(Half {
                line: line.number,
                inbound,
                spi: after(text, "spi=").and_then(spi_hex),
                cipher: None,
                key: Secret::default(),
                integrity: None,
                integrity_key: Secret::default(),
            });
        }
        let Some(half) = self.half.as_mut() else {
            return;
        };
        if let Err(what) = half.words(text) {
            sink.problem(line.problem(what));
        }
    }

    fn end(&mut self, sink: &mut Sink) {
        self.finish(sink);
    }
}

/// `192.0.2.1:0->198.51.100.7:0`, the local address first.
fn addresses(text: &str) -> Option<(IpAddr, IpAddr)> {
    let word = text
        .split_ascii_whitespace()
        .find(|word| word.contains("->"))?;
    let (local, remote) = word.split_once("->")?;
    let address = |text: &str| -> Option<IpAddr> {
        let (address, _) = text.rsplit_once(':')?;
        address.trim_matches(['[', ']']).parse().ok()
    };
    Some((address(local)?, address(remote)?))
}

impl Half {
    /// `esp=aes key=16 HEX`, `ah=sha1 key=20 HEX`.
    fn words(&mut self, text: &str) -> Result<(), String> {
        let mut words = text.split_ascii_whitespace();
        let mut name = None;
        while let Some(word) = words.next() {
            match word.split_once('=') {
                Some(("esp" | "ah", _)) => name = word.split_once('='),
                Some(("key", len)) => {
                    let (kind, algorithm) = name.unwrap_or_default();
                    let len: usize = len
                        .parse()
                        .map_err(|_| "the length of a key is no number")?;
                    let digits = match len {
                        0 => "",
                        _ => words.next().unwrap_or_default(),
                    };
                    let key = hex(digits)
                        .ok_or_else(|| format!("the {kind} key {}", hex_fault(digits)))?;
                    self.take(kind, algorithm, len, key)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn take(&mut self, kind: &str, algorithm: &str, len: usize, key: Secret) -> Result<(), String> {
        let unknown = || {
            let name: String = algorithm.chars().take(40).collect();
            format!("the {kind} algorithm {name:?} is not known")
        };
        if key.len() != len {
            return Err(format!(
                "the {kind} key has {} octets, not {len}",
                key.len()
            ));
        }
        match kind {
            "esp" => {
                let named = cipher(algorithm, None).ok_or_else(unknown)?;
                self.cipher = Some(named);
                self.key = key;
                if let Err(fault) = key_bits(named.id, self.key.len()) {
                    return Err(format!("the encryption key is of no use: {fault}"));
                }
            }
            _ => {
                self.integrity = Some(integrity(algorithm).ok_or_else(unknown)?);
                self.integrity_key = key;
            }
        }
        Ok(())
    }
}

impl FortigateTunnels {
    fn finish(&mut self, sink: &mut Sink) {
        let Some(half) = self.half.take() else {
            return;
        };
        let Some(named) = half.cipher else {
            return;
        };
        let addresses = self.addresses.map(|(local, remote)| match half.inbound {
            true => (remote, local),
            false => (local, remote),
        });
        let integrity = match is_aead(named.id) {
            true => NamedIntegrity::NONE,
            false => half.integrity.unwrap_or(NamedIntegrity::NONE),
        };
        let material = Material::EspSa(EspSa {
            src: addresses.map(|(src, _)| src.into()),
            dst: addresses.map(|(_, dst)| dst.into()),
            spi: half.spi,
            encryption: Some(named.id),
            key_bits: key_bits(named.id, half.key.len()).unwrap_or_default(),
            encryption_key: half.key,
            integrity: integrity.id,
            icv_len: integrity.icv_len,
            integrity_key: half.integrity_key,
            esn: self.esn,
            ..EspSa::default()
        });
        sink.key(half.line, Format::FortigateTunnels, material);
    }
}

/// Reads the debug log.
#[derive(Debug, Default)]
pub(in crate::key_material) struct FortigateLog {
    /// Keys of IKE SAs, and where those of each are that were named last.
    ike: Vec<(usize, Ikev2Keys)>,
    last: HashMap<IkeSpis, usize>,
    /// The algorithms that were named last: of phase 1, then of phase 2.
    phase_one: Algorithms,
    phase_two: Algorithms,
    addresses: Option<(IpAddr, IpAddr)>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Algorithms {
    cipher: Option<NamedCipher>,
    integrity: Option<NamedIntegrity>,
}

impl Reader for FortigateLog {
    fn line(&mut self, line: Line<'_>, sink: &mut Sink) {
        let text = line.text;
        if !text.contains("ike ") {
            return;
        }
        let result = if let Some((_, rest)) = text.split_once(" ISAKMP SA ") {
            ikev1(rest).map(|key| {
                if let Some(key) = key {
                    let material = Material::Ikev1Key(Ikev1Key {
                        encryption: self.phase_one.cipher.map(|cipher| cipher.id),
                        ..key
                    });
                    sink.key(line.number, Format::FortigateLog, material);
                }
            })
        } else if let Some((_, rest)) = text.split_once(" IKE SA ") {
            self.ikev2(line.number, rest)
        } else if let Some((_, rest)) = text.split_once(" IPsec SA ") {
            self.ipsec(line.number, rest, sink)
        } else {
            self.remember(text);
            Ok(())
        };
        if let Err(what) = result {
            sink.problem(line.problem(what));
        }
    }

    fn end(&mut self, sink: &mut Sink) {
        for (line, keys) in std::mem::take(&mut self.ike) {
            sink.key(line, Format::FortigateLog, Material::Ikev2Keys(keys));
        }
    }
}

/// `COOKIE/COOKIE key 32:HEX`.
fn ikev1(rest: &str) -> Result<Option<Ikev1Key>, String> {
    let Some(sa) = spis(rest) else {
        return Ok(None);
    };
    let Some(key) = after(rest, " key ") else {
        return Ok(None);
    };
    Ok(Some(Ikev1Key {
        sa,
        key: counted(key)?,
        ..Ikev1Key::default()
    }))
}

/// `191ccd371a7a1f7b/bc123d15e4af593f`.
fn spis(rest: &str) -> Option<IkeSpis> {
    let (initiator, responder) = rest.split_ascii_whitespace().next()?.split_once('/')?;
    Some(IkeSpis::new(ike_spi(initiator)?, ike_spi(responder)?))
}

/// `32:HEX`.
fn counted(text: &str) -> Result<Secret, String> {
    let Some((len, digits)) = text.split_once(':') else {
        return Err("a key has no length before it".to_owned());
    };
    let key = hex(digits).ok_or_else(|| format!("a key {}", hex_fault(digits)))?;
    match len.parse() == Ok(key.len()) {
        true => Ok(key),
        false => Err(format!(
            "a key has {} octets, which is not its length",
            key.len()
        )),
    }
}

impl FortigateLog {
    fn ikev2(&mut self, line: usize, rest: &str) -> Result<(), String> {
        let Some(sa) = spis(rest) else {
            return Ok(());
        };
        if self.ike.len() >= MAX_CONTEXTS {
            return Err("too many IKE SAs: the others are left out".to_owned());
        }
        let mut words = rest.split_ascii_whitespace().skip(1);
        while let Some(word) = words.next() {
            let slot: fn(&mut Ikev2Keys) -> &mut Option<Secret> = match word {
                "SK_d" => |keys| &mut keys.sk_d,
                "SK_ai" => |keys| &mut keys.sk_ai,
                "SK_ar" => |keys| &mut keys.sk_ar,
                "SK_ei" => |keys| &mut keys.sk_ei,
                "SK_er" => |keys| &mut keys.sk_er,
                "SK_pi" => |keys| &mut keys.sk_pi,
                "SK_pr" => |keys| &mut keys.sk_pr,
                _ => continue,
            };
            let key =
                Some(counted(words.next().unwrap_or_default())?).filter(|key| !key.is_empty());
            let mut known = self.last.get(&sa).copied();
            // Another key with the name of a known one is of the next derivation for the same SPIs (RFC 9370).
            known = known.filter(|known| {
                let keys = self.ike.get_mut(*known);
                keys.is_some_and(|(_, keys)| slot(keys).is_none() || *slot(keys) == key)
            });
            let place = known.unwrap_or(self.ike.len());
            if known.is_none() {
                self.ike.push((line, self.keys_of(sa)));
                self.last.insert(sa, place);
            }
            if let Some((_, keys)) = self.ike.get_mut(place) {
                *slot(keys) = key;
            }
        }
        Ok(())
    }

    fn keys_of(&self, sa: IkeSpis) -> Ikev2Keys {
        let Algorithms { cipher, integrity } = self.phase_one;
        Ikev2Keys {
            sa,
            encryption: cipher.map(|cipher| cipher.id),
            key_bits: cipher.and_then(|cipher| cipher.key_bits),
            integrity: match cipher.is_some_and(|cipher| is_aead(cipher.id)) {
                true => Some(IntegrityAlgorithm::NONE),
                false => integrity.and_then(|named| named.id),
            },
            ..Ikev2Keys::default()
        }
    }

    /// `dec spi 9822756d key 16:HEX auth 20:HEX`.
    fn ipsec(&self, line: usize, rest: &str, sink: &mut Sink) -> Result<(), String> {
        let inbound = match rest.split_ascii_whitespace().next() {
            Some("dec") => true,
            Some("enc") => false,
            _ => return Ok(()),
        };
        let spi = after(rest, " spi ").and_then(spi_hex);
        let encryption_key = counted(after(rest, " key ").unwrap_or_default())?;
        let integrity_key = match after(rest, " auth ") {
            Some(text) => counted(text)?,
            None => Secret::default(),
        };
        let fits = |named: &NamedCipher| key_bits(named.id, encryption_key.len()).is_ok();
        let named = self.phase_two.cipher.filter(fits);
        // A cipher that nothing names is found by what its key opens.
        let encryption = named.map(|named| named.id);
        let integrity = match encryption.is_some_and(is_aead) {
            true => Some(IntegrityAlgorithm::NONE),
            false => integrity_by_length(integrity_key.len()),
        };
        let addresses = self.addresses.map(|(local, remote)| match inbound {
            true => (remote, local),
            false => (local, remote),
        });
        let bits = encryption.and_then(|id| key_bits(id, encryption_key.len()).ok());
        let material = Material::EspSa(EspSa {
            src: addresses.map(|(src, _)| src.into()),
            dst: addresses.map(|(_, dst)| dst.into()),
            spi,
            encryption,
            key_bits: bits.flatten(),
            encryption_key,
            integrity,
            integrity_key,
            ..EspSa::default()
        });
        sink.key(line, Format::FortigateLog, material);
        Ok(())
    }

    /// Algorithms that were agreed on: `type=OAKLEY_ENCRYPT_ALG, val=AES_CBC, key-len=256.`, `type=ENCR, val=AES_CBC (key_len = 256)`.
    fn remember(&mut self, text: &str) {
        if let Some(addresses) = text.split_ascii_whitespace().find_map(addresses) {
            self.addresses = Some(addresses);
        }
        let value = after(text, "val=").map(|value| value.trim_matches([',', '.']));
        let Some(value) = value else {
            return;
        };
        let bits = ["key-len=", "key_len = ", "key_len="]
            .iter()
            .find_map(|label| after(text, label))
            .and_then(|bits| bits.trim_end_matches(['.', ')', ',']).parse().ok());
        let with_bits = |named: NamedCipher| NamedCipher {
            key_bits: named.key_bits.or(bits),
            ..named
        };
        match after(text, "type=").map(|kind| kind.trim_end_matches(',')) {
            Some("OAKLEY_ENCRYPT_ALG") => {
                self.phase_one.cipher = cipher(value, None).map(with_bits)
            }
            Some("ENCR") => {
                // The same line for both phases: the later one is phase 2's, an IKE SA's keys come in between.
                self.phase_two.cipher = cipher(value, None).map(with_bits);
                self.phase_one.cipher = self.phase_one.cipher.or(self.phase_two.cipher);
            }
            Some("INTEGR") => {
                self.phase_two.integrity = integrity(value);
                self.phase_one.integrity = self.phase_one.integrity.or(self.phase_two.integrity);
            }
            _ => {}
        }
    }
}

fn integrity_by_length(len: usize) -> Option<IntegrityAlgorithm> {
    Some(match len {
        0 => IntegrityAlgorithm::NONE,
        16 => IntegrityAlgorithm::HMAC_MD5_96,
        20 => IntegrityAlgorithm::HMAC_SHA1_96,
        32 => IntegrityAlgorithm::HMAC_SHA2_256_128,
        48 => IntegrityAlgorithm::HMAC_SHA2_384_192,
        64 => IntegrityAlgorithm::HMAC_SHA2_512_256,
        _ => return None,
    })
}
