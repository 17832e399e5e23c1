//! AES-GMAC of AH (RFC 4543, section 4).

use aead::AeadInOut;
use aead::KeyInit;
use aead::array::Array;
use aead::consts::{U12, U16};
use aes_gcm::AesGcm;
use cipher::{BlockCipherEncrypt, BlockSizeUser};

use crate::{CryptoError, Secret};

/// Octets of salt behind the key (RFC 4543, section 3.2).
pub(super) const SALT_LEN: usize = 4;
/// Octets of initialization vector in front of the tag.
pub(super) const IV_LEN: usize = 8;

/// AES-GMAC with its key and salt.
pub(super) struct Gmac {
    salt: Secret,
    tag: Box<dyn TagFunction>,
}

trait TagFunction: Send + Sync {
    fn tag(&self, nonce: &[u8; 12], covered: &[u8]) -> Option<Vec<u8>>;
}

impl<C> TagFunction for AesGcm<C, U12, U16>
where
    C: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16> + Send + Sync,
{
    fn tag(&self, nonce: &[u8; 12], covered: &[u8]) -> Option<Vec<u8>> {
        let nonce: &Array<u8, U12> = nonce.into();
        self.encrypt_inout_detached(nonce, covered, (&mut [][..]).into())
            .ok()
            .map(|tag| tag.to_vec())
    }
}

impl Gmac {
    /// The key material is the AES key and the salt; `name` is for the error.
    pub(super) fn new(
        name: &str,
        key_material: &[u8],
        expected: usize,
    ) -> Result<Self, CryptoError> {
        let wrong = || CryptoError::KeyMaterial {
            what: name.to_owned(),
            expected,
            actual: key_material.len(),
        };
        if key_material.len() != expected {
            return Err(wrong());
        }
        let (key, salt) = expected
            .checked_sub(SALT_LEN)
            .and_then(|key_len| key_material.split_at_checked(key_len))
            .ok_or_else(wrong)?;
        let tag = match key.len() {
            16 => boxed::<aes::Aes128>(key),
            24 => boxed::<aes::Aes192>(key),
            _ => boxed::<aes::Aes256>(key),
        };
        Ok(Self {
            salt: salt.into(),
            tag: tag.ok_or_else(wrong)?,
        })
    }

    /// Initialization vector and tag, as the ICV field of AH has them.
    pub(super) fn field(&self, iv: &[u8], parts: &[&[u8]]) -> Option<Vec<u8>> {
        let nonce = [self.salt.expose(), iv].concat();
        let tag = self
            .tag
            .tag(nonce.as_slice().try_into().ok()?, &parts.concat())?;
        Some([iv, &tag].concat())
    }
}

fn boxed<C>(key: &[u8]) -> Option<Box<dyn TagFunction>>
where
    C: KeyInit + BlockCipherEncrypt + BlockSizeUser<BlockSize = U16> + Send + Sync + 'static,
{
    let gcm = AesGcm::<C, U12, U16>::new_from_slice(key).ok()?;
    Some(Box::new(gcm))
}
