//! `show ikev2 sa details` of VPP.
//!
//! ```text
//! iip 192.0.2.1 ispi 6885fd33b7b8486b rip 198.51.100.7 rspi 2d69cf9ef6fa4e3b
//!   encr:aes-cbc-256 prf:hmac-sha1 integ:sha1-96 dh-group:modp-2048
//!   nonce i:<hex>
//!         r:<hex>
//!   SK_d  <hex>
//!   SK_a  i:<hex>
//!         r:<hex>
//!   child sa 0:
//!     encr:aes-cbc-256 integ:sha1-96 esn:yes
//!     spi(i) 4cf3ae32 spi(r) d65ecfdf
//!     SK_e  i:<hex>
//!           r:<hex>
//! ```

use std::collections::HashMap;
use std::net::IpAddr;

use ikescope_dissectors::registries::ikev2::{EncryptionAlgorithm, IntegrityAlgorithm, Prf};
use ikescope_dissectors::{IkeSpi, Spi};

use crate::Secret;
use crate::cipher::CipherFacts;
use crate::key_material::format::Format;
use crate::key_material::key::{EspSa, IkeSpis, Ikev2Keys, Material, NoncePair};
use crate::key_material::names::{
    NamedCipher, NamedIntegrity, cipher, integrity, is_aead, key_bits, prf,
};
use crate::key_material::reader::{Reader, Sink};
use crate::key_material::text::{Line, hex, hex_fault, ike_spi, spi_hex};

/// Whether a line begins such an SA.
pub(in crate::key_material) fn recognises(line: &str) -> bool {
    line.contains(" ispi ") && line.contains(" rspi ")
}

/// Reads SAs; one ends where the next begins.
#[derive(Debug, Default)]
pub(in crate::key_material) struct VppSas {
    ike: Option<Ike>,
    child: Option<Child>,
    label: String,
}

#[derive(Debug, Default)]
struct Ike {
    line: usize,
    sa: IkeSpis,
    initiator: Option<IpAddr>,
    responder: Option<IpAddr>,
    algorithms: Algorithms,
    values: HashMap<&'static str, Secret>,
}

#[derive(Debug, Default)]
struct Child {
    line: usize,
    sa: IkeSpis,
    initiator: Option<IpAddr>,
    responder: Option<IpAddr>,
    spi_i: Option<Spi>,
    spi_r: Option<Spi>,
    algorithms: Algorithms,
    values: HashMap<&'static str, Secret>,
}

#[derive(Debug, Default)]
struct Algorithms {
    cipher: Option<NamedCipher>,
    integrity: Option<NamedIntegrity>,
    prf: Option<Prf>,
    esn: Option<bool>,
}

/// Values by label and side.
const VALUES: &[(&str, &str, &str)] = &[
    ("nonce", "i", "ni"),
    ("nonce", "r", "nr"),
    ("SK_d", "", "d"),
    ("SK_a", "i", "ai"),
    ("SK_a", "r", "ar"),
    ("SK_e", "i", "ei"),
    ("SK_e", "r", "er"),
    ("SK_p", "i", "pi"),
    ("SK_p", "r", "pr"),
    ("salt", "i", "si"),
    ("salt", "r", "sr"),
];

impl Reader for VppSas {
    fn line(&mut self, line: Line<'_>, sink: &mut Sink) {
        let text = line.text.trim();
        if text.contains(" ispi ") && text.contains(" rspi ") {
            self.finish(sink);
            self.ike = Some(ike(line.number, text));
            return;
        }
        let Some(ike) = self.ike.as_ref() else {
            return;
        };
        if text.starts_with("child sa ") {
            let child = Child {
                line: line.number,
                sa: ike.sa,
                initiator: ike.initiator,
                responder: ike.responder,
                ..Child::default()
            };
            if let Some(child) = self.child.replace(child) {
                child.write(sink);
            }
            self.label.clear();
            return;
        }
        if let Err(what) = self.words(text) {
            sink.problem(line.problem(what));
        }
    }

    fn end(&mut self, sink: &mut Sink) {
        self.finish(sink);
    }
}

/// `iip A ispi X rip B rspi Y`.
fn ike(number: usize, text: &str) -> Ike {
    let mut ike = Ike {
        line: number,
        ..Ike::default()
    };
    let (mut spi_i, mut spi_r) = (IkeSpi::NONE, IkeSpi::NONE);
    let mut words = text.split_ascii_whitespace();
    while let Some(word) = words.next() {
        match word {
            "iip" => ike.initiator = words.next().and_then(|word| word.parse().ok()),
            "rip" => ike.responder = words.next().and_then(|word| word.parse().ok()),
            "ispi" => spi_i = words.next().and_then(ike_spi).unwrap_or_default(),
            "rspi" => spi_r = words.next().and_then(ike_spi).unwrap_or_default(),
            _ => {}
        }
    }
    ike.sa = IkeSpis::new(spi_i, spi_r);
    ike
}

impl VppSas {
    fn words(&mut self, text: &str) -> Result<(), String> {
        let mut words = text.split_ascii_whitespace();
        while let Some(word) = words.next() {
            if let Some(label) = VALUES
                .iter()
                .map(|(label, ..)| *label)
                .find(|label| *label == word)
            {
                self.label = label.to_owned();
                continue;
            }
            if let (Some(child), "spi(i)" | "spi(r)") = (&mut self.child, word) {
                let spi = words.next().and_then(spi_hex);
                match word {
                    "spi(i)" => child.spi_i = spi,
                    _ => child.spi_r = spi,
                }
                continue;
            }
            let (algorithms, values) = match (&mut self.child, &mut self.ike) {
                (Some(child), _) => (&mut child.algorithms, &mut child.values),
                (None, Some(ike)) => (&mut ike.algorithms, &mut ike.values),
                (None, None) => return Ok(()),
            };
            let (side, value) = word.split_once(':').unwrap_or(("", word));
            match side {
                "encr" => algorithms.cipher = cipher(value, None),
                "integ" => algorithms.integrity = integrity(value),
                "prf" => algorithms.prf = prf(value),
                "esn" => algorithms.esn = Some(value == "yes"),
                _ => {
                    let row = VALUES
                        .iter()
                        .find(|(label, own, _)| *label == self.label && *own == side);
                    if let Some((label, _, name)) = row {
                        let value =
                            hex(value).ok_or_else(|| format!("{label} {}", hex_fault(value)))?;
                        values.insert(name, value);
                        if side.is_empty() {
                            self.label.clear();
                        }
                    } else if side != "i" && side != "r" {
                        self.label.clear();
                    }
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self, sink: &mut Sink) {
        self.label.clear();
        let child = self.child.take();
        if let Some(ike) = self.ike.take() {
            ike.write(sink);
        }
        if let Some(child) = child {
            child.write(sink);
        }
    }
}

/// A key with its salt, wherever VPP has it.
fn salted(
    values: &mut HashMap<&'static str, Secret>,
    key: &'static str,
    salt: &'static str,
) -> Option<Secret> {
    let key = values.remove(key)?;
    Some(match values.remove(salt) {
        Some(salt) => Secret::new([key.expose(), salt.expose()].concat()),
        None => key,
    })
}

/// Says what will keep a key from being of use.
fn remark(line: usize, id: EncryptionAlgorithm, key: Option<&Secret>, sink: &mut Sink) {
    let Some(fault) = key.and_then(|key| key_bits(id, key.len()).err()) else {
        return;
    };
    let salt = CipherFacts::of(id).map_or(0, |facts| facts.salt_len);
    let missing = key.is_some_and(|key| key_bits(id, key.len() + salt).is_ok());
    let what = match missing && salt > 0 {
        true => {
            "the encryption key has no salt behind it: nothing can be decrypted with it".to_owned()
        }
        false => format!("the encryption key is of no use: {fault}"),
    };
    sink.problem(crate::key_material::Problem::new(line, what));
}

impl Ike {
    fn write(mut self, sink: &mut Sink) {
        if self.values.is_empty() {
            return;
        }
        let algorithms = self.algorithms;
        let aead = algorithms.cipher.is_some_and(|cipher| is_aead(cipher.id));
        let values = &mut self.values;
        let nonces = values.remove("ni").zip(values.remove("nr"));
        let sk_ei = salted(values, "ei", "si");
        let sk_er = salted(values, "er", "sr");
        if let Some(cipher) = algorithms.cipher {
            remark(self.line, cipher.id, sk_ei.as_ref(), sink);
        }
        let some = |key: Option<Secret>| key.filter(|key| !key.is_empty());
        let material = Material::Ikev2Keys(Ikev2Keys {
            sa: self.sa,
            encryption: algorithms.cipher.map(|cipher| cipher.id),
            key_bits: algorithms.cipher.and_then(|cipher| cipher.key_bits),
            prf: algorithms.prf,
            integrity: match aead {
                true => Some(IntegrityAlgorithm::NONE),
                false => algorithms.integrity.and_then(|named| named.id),
            },
            nonces: nonces.map(|(initiator, responder)| NoncePair {
                initiator: initiator.expose().to_vec(),
                responder: responder.expose().to_vec(),
            }),
            sk_d: some(values.remove("d")),
            sk_ai: some(values.remove("ai")),
            sk_ar: some(values.remove("ar")),
            sk_ei,
            sk_er,
            sk_pi: some(values.remove("pi")),
            sk_pr: some(values.remove("pr")),
            ..Ikev2Keys::default()
        });
        sink.key(self.line, Format::Vpp, material);
    }
}

impl Child {
    fn write(mut self, sink: &mut Sink) {
        let algorithms = self.algorithms;
        let id = algorithms.cipher.map(|cipher| cipher.id);
        let aead = id.is_some_and(is_aead);
        let named = match aead {
            true => NamedIntegrity::NONE,
            false => algorithms.integrity.unwrap_or(NamedIntegrity::NONE),
        };
        // What the initiator sends goes to the SPI that the responder chose.
        let halves = [
            (self.initiator, self.responder, self.spi_r, "ei", "si", "ai"),
            (self.responder, self.initiator, self.spi_i, "er", "sr", "ar"),
        ];
        for (src, dst, spi, encryption, salt, integrity) in halves {
            let key = salted(&mut self.values, encryption, salt);
            let integrity_key = self.values.remove(integrity).unwrap_or_default();
            if key.is_none() && integrity_key.is_empty() {
                continue;
            }
            if let Some(id) = id {
                remark(self.line, id, key.as_ref(), sink);
            }
            let material = Material::EspSa(EspSa {
                src: src.map(Into::into),
                dst: dst.map(Into::into),
                spi,
                sa: self.sa,
                encryption: id,
                key_bits: algorithms.cipher.and_then(|cipher| cipher.key_bits),
                encryption_key: key.unwrap_or_default(),
                integrity: named.id,
                icv_len: named.icv_len,
                integrity_key,
                esn: algorithms.esn,
                ..EspSa::default()
            });
            sink.key(self.line, Format::Vpp, material);
        }
    }
}
