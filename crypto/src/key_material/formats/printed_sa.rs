//! An SA as a kernel or an appliance prints it: names of algorithms, keys, and what they belong to.

use std::net::IpAddr;

use ikescope_dissectors::Spi;
use ikescope_dissectors::registries::ikev2::{EncryptionAlgorithm, IntegrityAlgorithm};

use crate::Secret;
use crate::key_material::Problem;
use crate::key_material::key::{AhSa, EspSa, Material};
use crate::key_material::names::{NamedCipher, NamedIntegrity, is_aead, key_bits};
use crate::key_material::reader::Sink;

/// What was read of one SA.
pub(super) struct PrintedSa {
    pub(super) src: Option<IpAddr>,
    pub(super) dst: Option<IpAddr>,
    pub(super) spi: Option<Spi>,
    pub(super) cipher: Option<NamedCipher>,
    pub(super) encryption_key: Secret,
    pub(super) integrity: Option<NamedIntegrity>,
    pub(super) integrity_key: Secret,
}

impl PrintedSa {
    /// As an SA of AH.
    pub(super) fn ah(self) -> Material {
        let named = self.integrity.unwrap_or(NamedIntegrity::NONE);
        Material::AhSa(AhSa {
            src: self.src.map(Into::into),
            dst: self.dst.map(Into::into),
            spi: self.spi,
            integrity: named.id,
            icv_len: named.icv_len,
            integrity_key: self.integrity_key,
            ..AhSa::default()
        })
    }

    /// As an SA of ESP, which encrypts nothing where no cipher is named. `untold` stands for an integrity algorithm of
    /// which only the length is said.
    pub(super) fn esp(self, untold: Option<IntegrityAlgorithm>) -> Material {
        let id = self.encryption();
        let named = match is_aead(id) {
            true => NamedIntegrity::NONE,
            false => self.integrity.unwrap_or(NamedIntegrity::NONE),
        };
        Material::EspSa(EspSa {
            src: self.src.map(Into::into),
            dst: self.dst.map(Into::into),
            spi: self.spi,
            encryption: Some(id),
            key_bits: key_bits(id, self.encryption_key.len()).unwrap_or_default(),
            encryption_key: self.encryption_key,
            integrity: named.id.or(untold),
            icv_len: named.icv_len,
            integrity_key: self.integrity_key,
            ..EspSa::default()
        })
    }

    /// Tells of an encryption key whose length the cipher does not have.
    pub(super) fn tell_unfit_key(&self, line: usize, sink: &mut Sink) {
        if let Err(fault) = key_bits(self.encryption(), self.encryption_key.len()) {
            let what = format!("the encryption key is of no use: {fault}");
            sink.problem(Problem::new(line, what));
        }
    }

    fn encryption(&self) -> EncryptionAlgorithm {
        self.cipher
            .map_or(EncryptionAlgorithm::NULL, |named| named.id)
    }
}
