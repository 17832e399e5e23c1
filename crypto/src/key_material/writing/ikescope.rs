//! Our own format, which has a field for all that a key can say.

use std::fmt::Display;

use ikescope_dissectors::Registry;
use ikescope_dissectors::registries::ikev2::{
    EncryptionAlgorithm, IntegrityAlgorithm, KeyExchangeMethod, Prf,
};
use ikescope_dissectors::registries::suite_name;
use zeroize::Zeroizing;

use super::target::{Written, hex};
use crate::Secret;
use crate::key_material::address::AddressPattern;
use crate::key_material::key::{IkeSpis, Key, Material, NoncePair, Side};

pub(super) fn write(keys: &[Key]) -> Written {
    let mut seen: Vec<&Material> = Vec::new();
    let mut text = Tables(Zeroizing::new(String::new()));
    for key in keys {
        // Both peers' logs tell the same; only neighbours are compared, as in a file of both.
        if seen
            .iter()
            .rev()
            .take(NEIGHBOURS)
            .any(|other| **other == key.material)
        {
            continue;
        }
        seen.push(&key.material);
        text.key(key);
    }
    Written {
        text: text.0,
        keys: seen.len(),
        ..Written::default()
    }
}

struct Tables(Zeroizing<String>);

impl Tables {
    fn key(&mut self, key: &Key) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        let source: String = key
            .source
            .to_string()
            .chars()
            .map(|char| if char.is_control() { '?' } else { char })
            .collect();
        self.line(&format!("# {source}"));
        self.line(&format!("[[{}]]", key.material.kind()));
        self.sa(key.material.ike_sa());
        match &key.material {
            Material::Ikev1Key(key) => self.cipher(key.encryption, key.key_bits),
            Material::Ikev1Skeyid(keys) => {
                self.cipher(keys.encryption, keys.key_bits);
                self.prf(keys.prf);
                if let Some(iv) = &keys.initial_iv {
                    self.octets("initial_iv", iv);
                }
            }
            Material::Ikev2Keys(keys) => {
                self.cipher(keys.encryption, keys.key_bits);
                self.integrity(keys.integrity);
                self.number("icv_length", keys.icv_len);
                self.prf(keys.prf);
                self.number("epoch", keys.epoch);
                self.nonces(keys.nonces.as_ref());
            }
            Material::Skeyseed(key) => {
                self.cipher(key.encryption, key.key_bits);
                self.integrity(key.integrity);
                self.prf(key.prf);
                self.number("epoch", key.epoch);
                self.nonces(key.nonces.as_ref());
            }
            Material::DhSecret(key) => {
                self.exchange(&key.child_spis, key.group, key.public.as_deref(), key.epoch);
            }
            Material::DhPrivate(key) => {
                self.exchange(&key.child_spis, key.group, key.public.as_deref(), key.epoch);
                match key.side {
                    Some(Side::Initiator) => self.text("side", "initiator"),
                    Some(Side::Responder) => self.text("side", "responder"),
                    None => {}
                }
            }
            Material::Psk(key) if !key.selectors.is_empty() => {
                let list: Vec<String> = key.selectors.iter().map(|text| quoted(text)).collect();
                self.line(&format!("for = [{}]", list.join(", ")));
            }
            Material::Ppk(key) => {
                if let Some(id) = &key.id {
                    self.text("id", &String::from_utf8_lossy(id));
                }
            }
            Material::Psk(_) | Material::EapMsk(_) => {}
            Material::EspSa(sa) => {
                self.shown("spi", sa.spi);
                self.address("src", sa.src);
                self.address("dst", sa.dst);
                self.cipher(sa.encryption, sa.key_bits);
                self.integrity(sa.integrity);
                self.number("icv_length", sa.icv_len);
                self.extended(sa.esn, sa.sequence_high);
                self.shown("inner_src", sa.beet.map(|(src, _)| src));
                self.shown("inner_dst", sa.beet.map(|(_, dst)| dst));
            }
            Material::AhSa(sa) => {
                self.shown("spi", sa.spi);
                self.address("src", sa.src);
                self.address("dst", sa.dst);
                self.integrity(sa.integrity);
                self.number("icv_length", sa.icv_len);
                self.extended(sa.esn, sa.sequence_high);
            }
        }
        for (name, value) in key.material.values() {
            match key.material {
                Material::Psk(_) | Material::Ppk(_) => self.secret(name, value),
                _ => self.octets(name, value.expose()),
            }
        }
    }

    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn text(&mut self, name: &str, value: &str) {
        let value = Zeroizing::new(quoted(value));
        self.line(&Zeroizing::new(format!("{name} = {}", *value)));
    }

    fn shown(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.text(name, &value.to_string());
        }
    }

    /// An address; a lone `*` is one of IPv4.
    fn address(&mut self, name: &str, pattern: Option<AddressPattern>) {
        match pattern {
            Some(AddressPattern::ANY_V6) => self.text(name, "::/0"),
            pattern => self.shown(name, pattern),
        }
    }

    fn number(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.line(&format!("{name} = {value}"));
        }
    }

    fn octets(&mut self, name: &str, octets: &[u8]) {
        self.text(name, &Zeroizing::new(hex(octets)));
    }

    /// A secret that people choose: as text where it can be read and written so.
    fn secret(&mut self, name: &str, secret: &Secret) {
        let text = std::str::from_utf8(secret.expose()).ok().filter(|text| {
            !text.is_empty()
                && !text.starts_with("0x")
                && !text.starts_with("0s")
                && !text.chars().any(char::is_control)
        });
        match text {
            Some(text) => self.text(name, text),
            None => {
                let digits = Zeroizing::new(format!("0x{}", hex(secret.expose())));
                self.text(name, &digits);
            }
        }
    }

    fn sa(&mut self, sa: IkeSpis) {
        self.shown("initiator_spi", sa.initiator);
        self.shown("responder_spi", sa.responder);
    }

    fn cipher(&mut self, id: Option<EncryptionAlgorithm>, key_bits: Option<u16>) {
        self.shown("encr", id.map(|id| suite_name(id, key_bits)));
    }

    fn integrity(&mut self, id: Option<IntegrityAlgorithm>) {
        self.shown("integ", id.map(Registry::short_name));
    }

    fn prf(&mut self, id: Option<Prf>) {
        self.shown("prf", id.map(Registry::short_name));
    }

    fn nonces(&mut self, nonces: Option<&NoncePair>) {
        if let Some(nonces) = nonces {
            self.octets("nonce_i", &nonces.initiator);
            self.octets("nonce_r", &nonces.responder);
        }
    }

    fn exchange(
        &mut self,
        child_spis: &[ikescope_dissectors::Spi],
        group: Option<KeyExchangeMethod>,
        public: Option<&[u8]>,
        epoch: Option<u32>,
    ) {
        if !child_spis.is_empty() {
            let spis: Vec<String> = child_spis.iter().map(|spi| format!("\"{spi}\"")).collect();
            self.line(&format!("child_spis = [{}]", spis.join(", ")));
        }
        self.shown("group", group.map(Registry::short_name));
        if let Some(public) = public {
            self.octets("public", public);
        }
        self.number("epoch", epoch);
    }

    fn extended(&mut self, esn: Option<bool>, high: Option<u32>) {
        self.number("esn", esn);
        self.number("sequence_high", high);
    }
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            char if char.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(char))),
            char => out.push(char),
        }
    }
    out.push('"');
    out
}

/// How many keys back a repetition is looked for.
const NEIGHBOURS: usize = 256;
