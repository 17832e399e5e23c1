//! The keys that followed from those of the user, to be written down.

use std::sync::Arc;

use ikescope_crypto::key_material::{
    AhSa, EspSa, Format, IkeSpis, Ikev1Skeyid, Ikev2Keys, Key, Material, Source,
};

use super::children::ChildSa;
use super::choice::SaProtocol;
use super::ike_sa_v1::IkeSaV1;
use super::ike_sa_v2::IkeSaV2;
use super::opener::Opener;
use super::origin::Origin;

impl Opener {
    /// Keys of IKE SAs that opened a message, and of the children that those told, with all that the capture says about
    /// them. They name the key of the user that they follow from.
    #[must_use]
    pub fn derived(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = Vec::new();
        for sa in self.v1.values() {
            of_v1(sa, &mut keys);
        }
        for sa in self.v2.values() {
            of_v2(sa, &mut keys);
        }
        keys.extend(self.children.iter().filter_map(of_child));
        keys.sort_by(|a, b| {
            let place = |key: &Key| (key.source.clone(), key.material.kind());
            let spis = |key: &Key| key.material.ike_sa();
            let ((one, kind), (other, other_kind)) = (place(a), place(b));
            (one.file, one.line, kind, spis(a).initiator, spi(a)).cmp(&(
                other.file,
                other.line,
                other_kind,
                spis(b).initiator,
                spi(b),
            ))
        });
        keys
    }
}

fn spi(key: &Key) -> Option<u32> {
    match &key.material {
        Material::EspSa(sa) => sa.spi.map(|spi| spi.0),
        Material::AhSa(sa) => sa.spi.map(|spi| spi.0),
        _ => None,
    }
}

fn key(origin: &Origin, material: Material) -> Key {
    let text = origin.source();
    let (file, line) = match text.rsplit_once(':') {
        Some((file, line)) => (Arc::from(file), line.parse().unwrap_or(1)),
        None => (Arc::clone(&text), 1),
    };
    Key {
        source: Source { file, line },
        format: Format::Derived,
        material,
    }
}

fn of_v1(sa: &IkeSaV1, keys: &mut Vec<Key>) {
    for phase in &sa.phases {
        let facts = phase.cipher.facts();
        let material = Ikev1Skeyid {
            sa: IkeSpis::new(sa.initiator_spi, sa.responder_spi),
            encryption: Some(facts.id),
            key_bits: facts.key_bits_of_material(phase.key.len()).ok().flatten(),
            prf: phase.prf.map(|prf| prf.facts().id),
            skeyid: phase.skeyid.clone(),
            skeyid_d: phase.skeyid_d.clone(),
            skeyid_a: phase.skeyid_a.clone(),
            skeyid_e: None,
            key: Some(phase.key.clone()),
            initial_iv: None,
        };
        keys.push(key(&phase.origin, Material::Ikev1Skeyid(material)));
    }
}

fn of_v2(sa: &IkeSaV2, keys: &mut Vec<Key>) {
    let spis = IkeSpis::new(sa.spis.0, sa.spis.1);
    for epoch in &sa.epochs {
        let own = Ikev2Keys {
            sa: spis,
            ..epoch.keys.clone()
        };
        // A post-quantum pre-shared key makes another SK_d.
        for (sk_d, origin) in &epoch.sk_d {
            if own.sk_d.as_ref() != Some(sk_d) {
                let mixed = Ikev2Keys {
                    sk_d: Some(sk_d.clone()),
                    ..own.clone()
                };
                keys.push(key(origin, Material::Ikev2Keys(mixed)));
            }
        }
        keys.push(key(&epoch.origin, Material::Ikev2Keys(own)));
    }
}

fn of_child(child: &ChildSa) -> Option<Key> {
    let suite = child.suite.as_ref().ok()?;
    let spi = Some(ikescope_dissectors::Spi(child.spi));
    let material = match child.protocol {
        SaProtocol::Esp => Material::EspSa(EspSa {
            spi,
            encryption: Some(suite.encryption),
            key_bits: suite.key_bits,
            encryption_key: child.encryption_key.clone(),
            integrity: Some(suite.integrity),
            integrity_key: child.integrity_key.clone(),
            esn: Some(child.esn),
            ..EspSa::default()
        }),
        SaProtocol::Ah => Material::AhSa(AhSa {
            spi,
            integrity: Some(suite.integrity),
            integrity_key: child.integrity_key.clone(),
            esn: Some(child.esn),
            ..AhSa::default()
        }),
    };
    Some(key(&child.origin, material))
}
