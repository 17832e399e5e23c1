//! A key without its value.

use ikescope_crypto::key_material::{AddressPattern, Key as Given, Material};
use ikescope_dissectors::registries::ikev2::{EncryptionAlgorithm, IntegrityAlgorithm, Prf};
use ikescope_dissectors::registries::{Registry, suite_name};
use ikescope_dissectors::{IkeSpi, Spi};
use serde::Serialize;
use serde_json::{Map, Value};

#[derive(Debug, Serialize)]
pub(super) struct Key {
    pub(super) kind: &'static str,
    pub(super) source: String,
    format: &'static str,
    initiator_spi: Option<String>,
    responder_spi: Option<String>,
    pub(super) spi: Option<String>,
    src: Option<String>,
    dst: Option<String>,
    algorithms: Map<String, Value>,
    /// Never shown here: `ikescope secrets --reveal` does.
    values: Option<()>,
}

impl Key {
    pub(super) fn new(given: &Given) -> Self {
        let material = &given.material;
        let sa = material.ike_sa();
        let (spi, src, dst): (Option<Spi>, Option<AddressPattern>, Option<AddressPattern>) =
            match material {
                Material::EspSa(sa) => (sa.spi, sa.src, sa.dst),
                Material::AhSa(sa) => (sa.spi, sa.src, sa.dst),
                _ => (None, None, None),
            };
        Self {
            kind: material.kind(),
            source: given.source.to_string(),
            format: given.format.name(),
            initiator_spi: sa.initiator.map(text),
            responder_spi: sa.responder.map(text),
            spi: spi.map(|spi| spi.to_string()),
            src: src.map(|pattern| pattern.to_string()),
            dst: dst.map(|pattern| pattern.to_string()),
            algorithms: algorithms(material),
            values: None,
        }
    }

    /// What it is for, in a word or two.
    pub(super) fn what(&self) -> String {
        match (&self.spi, &self.initiator_spi, &self.responder_spi) {
            (Some(spi), _, _) => format!("{} {spi}", self.kind),
            (None, Some(spi), _) | (None, None, Some(spi)) => format!("{} {spi}", self.kind),
            (None, None, None) => self.kind.to_owned(),
        }
    }
}

fn text(spi: IkeSpi) -> String {
    spi.to_string()
}

fn algorithms(material: &Material) -> Map<String, Value> {
    let mut names = Map::new();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            names.insert(name.to_owned(), Value::String(value));
        }
    };
    let encr = |id: Option<EncryptionAlgorithm>, bits| id.map(|id| suite_name(id, bits));
    let integ = |id: Option<IntegrityAlgorithm>| id.map(|id| id.short_name().to_string());
    let prf = |id: Option<Prf>| id.map(|id| id.short_name().to_string());
    match material {
        Material::Ikev1Key(key) => put("encr", encr(key.encryption, key.key_bits)),
        Material::Ikev1Skeyid(key) => {
            put("encr", encr(key.encryption, key.key_bits));
            put("prf", prf(key.prf));
        }
        Material::Ikev2Keys(key) => {
            put("encr", encr(key.encryption, key.key_bits));
            put("integ", integ(key.integrity));
            put("prf", prf(key.prf));
        }
        Material::Skeyseed(key) => {
            put("encr", encr(key.encryption, key.key_bits));
            put("integ", integ(key.integrity));
            put("prf", prf(key.prf));
        }
        Material::EspSa(sa) => {
            put("encr", encr(sa.encryption, sa.key_bits));
            put("integ", integ(sa.integrity));
        }
        Material::AhSa(sa) => put("integ", integ(sa.integrity)),
        Material::DhSecret(secret) => {
            put("ke", secret.group.map(|id| id.short_name().to_string()));
        }
        Material::DhPrivate(private) => {
            put("ke", private.group.map(|id| id.short_name().to_string()));
        }
        Material::Psk(_) | Material::Ppk(_) | Material::EapMsk(_) => {}
    }
    names
}
