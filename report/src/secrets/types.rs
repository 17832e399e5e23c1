//! A key as JSON has it.

use ikescope_crypto::key_material::{Key, Material, Problem, Side};
use ikescope_dissectors::Registry;
use ikescope_dissectors::registries::suite_name;
use serde::Serialize;
use serde::ser::SerializeMap;

use crate::digits::hex_text;

/// Whether the octets of keys are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reveal {
    /// Their lengths alone.
    Hidden,
    /// In hexadecimal.
    Shown,
}

/// A file that was read for keys.
#[derive(Debug)]
pub struct KeyFile {
    /// As the user named it.
    pub name: String,
    /// What could not be read in it.
    pub problems: Vec<Problem>,
}

/// A key.
#[derive(Debug, Serialize)]
pub(crate) struct SecretKey {
    pub(crate) kind: &'static str,
    pub(crate) source: String,
    pub(crate) format: &'static str,
    pub(crate) initiator_spi: Option<String>,
    pub(crate) responder_spi: Option<String>,
    pub(crate) spi: Option<String>,
    pub(crate) src: Option<String>,
    pub(crate) dst: Option<String>,
    pub(crate) algorithms: Algorithms,
    pub(crate) lengths: Lengths,
    pub(crate) values: Option<Values>,
    /// Which set of keys of the same SPIs (RFC 9370).
    pub(crate) epoch: Option<u32>,
    /// Identities and addresses of a pre-shared key.
    pub(crate) selectors: Option<Vec<String>>,
    /// PPK_ID, as text where it is.
    pub(crate) id: Option<String>,
    /// SPIs of the child whose key exchange it was.
    pub(crate) child_spis: Option<Vec<String>>,
    pub(crate) side: Option<&'static str>,
    pub(crate) esn: Option<bool>,
    /// Octets of integrity check value, where they are not the algorithm's.
    pub(crate) icv_length: Option<usize>,
}

/// Names of suites; none where the format does not tell.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Algorithms {
    pub(crate) encr: Option<String>,
    pub(crate) integ: Option<String>,
    pub(crate) prf: Option<String>,
    pub(crate) ke: Option<String>,
}

/// Octets of each value.
#[derive(Debug)]
pub(crate) struct Lengths(pub(crate) Vec<(&'static str, usize)>);

impl Serialize for Lengths {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, len) in &self.0 {
            map.serialize_entry(name, len)?;
        }
        map.end()
    }
}

/// The octets, in hexadecimal.
pub(crate) struct Values(pub(crate) Vec<(&'static str, String)>);

impl std::fmt::Debug for Values {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Values({})", self.0.len())
    }
}

impl Serialize for Values {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// What is shown of a key.
pub(crate) fn secret_key(key: &Key, reveal: Reveal) -> SecretKey {
    let material = &key.material;
    let sa = material.ike_sa();
    let values = material.values();
    let mut row = SecretKey {
        kind: material.kind(),
        source: key.source.to_string(),
        format: key.format.name(),
        initiator_spi: sa.initiator.map(|spi| spi.to_string()),
        responder_spi: sa.responder.map(|spi| spi.to_string()),
        spi: None,
        src: None,
        dst: None,
        algorithms: algorithms(material),
        lengths: Lengths(
            values
                .iter()
                .map(|(name, value)| (*name, value.len()))
                .collect(),
        ),
        values: (reveal == Reveal::Shown).then(|| {
            let shown = values
                .iter()
                .map(|(name, value)| (*name, hex_text(value.expose())));
            Values(shown.collect())
        }),
        epoch: None,
        selectors: None,
        id: None,
        child_spis: None,
        side: None,
        esn: None,
        icv_length: None,
    };
    row.details(material);
    row
}

impl SecretKey {
    fn details(&mut self, material: &Material) {
        let child_spis = |spis: &[_]| {
            let texts: Vec<String> = spis.iter().map(ToString::to_string).collect();
            (!texts.is_empty()).then_some(texts)
        };
        match material {
            Material::Ikev2Keys(keys) => {
                self.epoch = keys.epoch;
                self.icv_length = keys.icv_len;
            }
            Material::Skeyseed(key) => self.epoch = key.epoch,
            Material::DhSecret(key) => {
                self.epoch = key.epoch;
                self.child_spis = child_spis(&key.child_spis);
            }
            Material::DhPrivate(key) => {
                self.epoch = key.epoch;
                self.child_spis = child_spis(&key.child_spis);
                self.side = key.side.map(|side| match side {
                    Side::Initiator => "initiator",
                    Side::Responder => "responder",
                });
            }
            Material::Psk(key) => self.selectors = Some(key.selectors.clone()),
            Material::Ppk(key) => {
                let id = key.id.as_ref();
                self.id = id.map(|id| String::from_utf8_lossy(id).into_owned());
            }
            Material::EspSa(sa) => {
                self.spi = sa.spi.map(|spi| spi.to_string());
                self.src = sa.src.map(|pattern| pattern.to_string());
                self.dst = sa.dst.map(|pattern| pattern.to_string());
                self.esn = sa.esn;
                self.icv_length = sa.icv_len;
            }
            Material::AhSa(sa) => {
                self.spi = sa.spi.map(|spi| spi.to_string());
                self.src = sa.src.map(|pattern| pattern.to_string());
                self.dst = sa.dst.map(|pattern| pattern.to_string());
                self.esn = sa.esn;
                self.icv_length = sa.icv_len;
            }
            Material::Ikev1Key(_) | Material::Ikev1Skeyid(_) | Material::EapMsk(_) => {}
        }
    }
}

fn algorithms(material: &Material) -> Algorithms {
    let (encr, integ, prf, ke) = match material {
        Material::Ikev1Key(key) => (key.encryption.zip(Some(key.key_bits)), None, None, None),
        Material::Ikev1Skeyid(keys) => (
            keys.encryption.zip(Some(keys.key_bits)),
            None,
            keys.prf,
            None,
        ),
        Material::Ikev2Keys(keys) => (
            keys.encryption.zip(Some(keys.key_bits)),
            keys.integrity,
            keys.prf,
            None,
        ),
        Material::Skeyseed(key) => (
            key.encryption.zip(Some(key.key_bits)),
            key.integrity,
            key.prf,
            None,
        ),
        Material::DhSecret(key) => (None, None, None, key.group),
        Material::DhPrivate(key) => (None, None, None, key.group),
        Material::EspSa(sa) => (
            sa.encryption.zip(Some(sa.key_bits)),
            sa.integrity,
            None,
            None,
        ),
        Material::AhSa(sa) => (None, sa.integrity, None, None),
        Material::Psk(_) | Material::Ppk(_) | Material::EapMsk(_) => (None, None, None, None),
    };
    Algorithms {
        encr: encr.map(|(id, bits)| suite_name(id, bits)),
        integ: integ.map(|id| id.short_name().to_string()),
        prf: prf.map(|id| id.short_name().to_string()),
        ke: ke.map(|id| id.short_name().to_string()),
    }
}
