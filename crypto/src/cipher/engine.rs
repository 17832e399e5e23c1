//! The modes, generic over the block cipher.

use aead::{AeadInOut, KeyInit};
use cipher::consts::{U8, U11, U12, U16};
use cipher::{
    Array, Block, BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt,
    BlockSizeUser, InnerIvInit, StreamCipher, StreamCipherCoreWrapper,
};
use ikescope_dissectors::Registry;
use ikescope_dissectors::registries::ikev2::EncryptionAlgorithm as Id;
use subtle::ConstantTimeEq;

use super::facts::{CipherFacts, Mode};
use crate::CryptoError;

/// A cipher with its key. The nonce is salt and initialization vector; lengths were checked by the caller.
pub(super) trait Engine: Send + Sync {
    /// Encrypts in place and returns the integrity check value, which is empty for a cipher that makes none.
    fn seal(&self, nonce: &[u8], aad: &[u8], text: &mut [u8]) -> Result<Vec<u8>, CryptoError>;

    /// Decrypts in place. After [`CryptoError::IntegrityMismatch`] the text is what the crate left: encrypted or cleared.
    fn open(
        &self,
        nonce: &[u8],
        aad: &[u8],
        text: &mut [u8],
        icv: &[u8],
    ) -> Result<(), CryptoError>;
}

/// The engine of an algorithm with its key, without salt.
pub(super) fn engine(facts: &CipherFacts, key: &[u8]) -> Result<Box<dyn Engine>, CryptoError> {
    match facts.id {
        Id::NULL => Ok(Box::new(Null)),
        Id::DES => cbc::<des::Des>(facts, key),
        Id::TRIPLE_DES => cbc::<des::TdesEde3>(facts, key),
        Id::IDEA => cbc::<idea::Idea>(facts, key),
        Id::CAST => cbc::<cast5::Cast5>(facts, key),
        Id::BLOWFISH => cbc::<blowfish::Blowfish>(facts, key),
        Id::AES_CBC => match key.len() {
            16 => cbc::<aes::Aes128>(facts, key),
            24 => cbc::<aes::Aes192>(facts, key),
            _ => cbc::<aes::Aes256>(facts, key),
        },
        Id::CAMELLIA_CBC => match key.len() {
            16 => cbc::<camellia::Camellia128>(facts, key),
            24 => cbc::<camellia::Camellia192>(facts, key),
            _ => cbc::<camellia::Camellia256>(facts, key),
        },
        Id::SERPENT_CBC | Id::SERPENT_CBC_STRONGSWAN => cbc::<serpent::Serpent>(facts, key),
        Id::TWOFISH_CBC | Id::TWOFISH_CBC_SSH | Id::TWOFISH_CBC_STRONGSWAN => {
            cbc::<twofish::Twofish>(facts, key)
        }
        Id::AES_CTR => match key.len() {
            16 => counter::<aes::Aes128>(facts, key),
            24 => counter::<aes::Aes192>(facts, key),
            _ => counter::<aes::Aes256>(facts, key),
        },
        Id::CAMELLIA_CTR => match key.len() {
            16 => counter::<camellia::Camellia128>(facts, key),
            24 => counter::<camellia::Camellia192>(facts, key),
            _ => counter::<camellia::Camellia256>(facts, key),
        },
        Id::CHACHA20_POLY1305 | Id::CHACHA20_POLY1305_IIV => {
            combined::<chacha20poly1305::ChaCha20Poly1305>(facts, key)
        }
        Id::AES_GCM_8
        | Id::AES_GCM_12
        | Id::AES_GCM_16
        | Id::AES_GCM_16_IIV
        | Id::NULL_AUTH_AES_GMAC => match key.len() {
            16 => gcm::<aes::Aes128>(facts, key),
            24 => gcm::<aes::Aes192>(facts, key),
            _ => gcm::<aes::Aes256>(facts, key),
        },
        Id::AES_CCM_8 | Id::AES_CCM_8_IIV | Id::AES_CCM_12 | Id::AES_CCM_16 => match key.len() {
            16 => ccm::<aes::Aes128>(facts, key),
            24 => ccm::<aes::Aes192>(facts, key),
            _ => ccm::<aes::Aes256>(facts, key),
        },
        Id::CAMELLIA_CCM_8 | Id::CAMELLIA_CCM_12 | Id::CAMELLIA_CCM_16 => match key.len() {
            16 => ccm::<camellia::Camellia128>(facts, key),
            24 => ccm::<camellia::Camellia192>(facts, key),
            _ => ccm::<camellia::Camellia256>(facts, key),
        },
        id => Err(CryptoError::Unsupported {
            what: id.short_name().to_string(),
        }),
    }
}

fn keyed<C: KeyInit>(facts: &CipherFacts, key: &[u8]) -> Result<C, CryptoError> {
    C::new_from_slice(key).map_err(|_| CryptoError::KeyMaterial {
        what: facts.id.short_name().to_string(),
        expected: facts.key_material_len(None).unwrap_or_default(),
        actual: key.len(),
    })
}

fn nonce_mismatch(expected: usize, actual: usize) -> CryptoError {
    CryptoError::IvLength {
        what: "the nonce".to_owned(),
        expected,
        actual,
    }
}

struct Null;

impl Engine for Null {
    fn seal(&self, _: &[u8], _: &[u8], _: &mut [u8]) -> Result<Vec<u8>, CryptoError> {
        Ok(Vec::new())
    }

    fn open(&self, _: &[u8], _: &[u8], _: &mut [u8], _: &[u8]) -> Result<(), CryptoError> {
        Ok(())
    }
}

struct Cbc<C>(C);

fn cbc<C>(facts: &CipherFacts, key: &[u8]) -> Result<Box<dyn Engine>, CryptoError>
where
    C: KeyInit + BlockCipherEncrypt + BlockCipherDecrypt + Send + Sync + 'static,
{
    Ok(Box::new(Cbc(keyed::<C>(facts, key)?)))
}

/// The text as whole blocks.
fn blocks<C: BlockSizeUser>(text: &mut [u8]) -> Result<&mut [Block<C>], CryptoError> {
    let len = text.len();
    match Array::slice_as_chunks_mut(text) {
        (blocks, []) => Ok(blocks),
        _ => Err(CryptoError::BlockMultiple {
            len,
            block_len: C::block_size(),
        }),
    }
}

impl<C> Engine for Cbc<C>
where
    C: BlockCipherEncrypt + BlockCipherDecrypt + Send + Sync,
{
    fn seal(&self, nonce: &[u8], _: &[u8], text: &mut [u8]) -> Result<Vec<u8>, CryptoError> {
        let iv =
            Array::try_from(nonce).map_err(|_| nonce_mismatch(C::block_size(), nonce.len()))?;
        cbc::Encryptor::<&C>::inner_iv_init(&self.0, &iv).encrypt_blocks(blocks::<C>(text)?);
        Ok(Vec::new())
    }

    fn open(&self, nonce: &[u8], _: &[u8], text: &mut [u8], _: &[u8]) -> Result<(), CryptoError> {
        let iv =
            Array::try_from(nonce).map_err(|_| nonce_mismatch(C::block_size(), nonce.len()))?;
        cbc::Decryptor::<&C>::inner_iv_init(&self.0, &iv).decrypt_blocks(blocks::<C>(text)?);
        Ok(())
    }
}

struct Counter<C>(C);

fn counter<C>(facts: &CipherFacts, key: &[u8]) -> Result<Box<dyn Engine>, CryptoError>
where
    C: KeyInit + BlockCipherEncrypt + BlockSizeUser<BlockSize = U16> + Send + Sync + 'static,
{
    Ok(Box::new(Counter(keyed::<C>(facts, key)?)))
}

impl<C> Engine for Counter<C>
where
    C: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16> + Send + Sync,
{
    fn seal(&self, nonce: &[u8], _: &[u8], text: &mut [u8]) -> Result<Vec<u8>, CryptoError> {
        let mut block = Array::<u8, U16>::default();
        let Some((start, count)) = block.split_at_mut_checked(nonce.len()) else {
            return Err(nonce_mismatch(12, nonce.len()));
        };
        start.copy_from_slice(nonce);
        let Some(last) = count.last_mut() else {
            return Err(nonce_mismatch(12, nonce.len()));
        };
        *last = 1; // RFC 3686, section 4
        let core = ctr::CtrCore::<&C, ctr::flavors::Ctr32BE>::inner_iv_init(&self.0, &block);
        StreamCipherCoreWrapper::from_core(core)
            .try_apply_keystream(text)
            .map_err(|_| CryptoError::BlockMultiple {
                len: text.len(),
                block_len: 16,
            })?;
        Ok(Vec::new())
    }

    fn open(&self, nonce: &[u8], aad: &[u8], text: &mut [u8], _: &[u8]) -> Result<(), CryptoError> {
        self.seal(nonce, aad, text).map(|_| ())
    }
}

struct Combined<A>(A);

fn combined<A>(facts: &CipherFacts, key: &[u8]) -> Result<Box<dyn Engine>, CryptoError>
where
    A: KeyInit + AeadInOut + Send + Sync + 'static,
{
    Ok(Box::new(Combined(keyed::<A>(facts, key)?)))
}

fn gcm<C>(facts: &CipherFacts, key: &[u8]) -> Result<Box<dyn Engine>, CryptoError>
where
    C: KeyInit + BlockCipherEncrypt + BlockSizeUser<BlockSize = U16> + Send + Sync + 'static,
{
    match (facts.mode, facts.icv_len) {
        (Mode::Gmac, _) => Ok(Box::new(Gmac(keyed::<aes_gcm::AesGcm<C, U12, U16>>(
            facts, key,
        )?))),
        (_, 8) => combined::<aes_gcm::AesGcm<C, U12, U8>>(facts, key),
        (_, 12) => combined::<aes_gcm::AesGcm<C, U12, U12>>(facts, key),
        _ => combined::<aes_gcm::AesGcm<C, U12, U16>>(facts, key),
    }
}

fn ccm<C>(facts: &CipherFacts, key: &[u8]) -> Result<Box<dyn Engine>, CryptoError>
where
    C: KeyInit + BlockCipherEncrypt + BlockSizeUser<BlockSize = U16> + Send + Sync + 'static,
{
    match facts.icv_len {
        8 => combined::<ccm::Ccm<C, U8, U11>>(facts, key),
        12 => combined::<ccm::Ccm<C, U12, U11>>(facts, key),
        _ => combined::<ccm::Ccm<C, U16, U11>>(facts, key),
    }
}

impl<A: AeadInOut + Send + Sync> Engine for Combined<A> {
    fn seal(&self, nonce: &[u8], aad: &[u8], text: &mut [u8]) -> Result<Vec<u8>, CryptoError> {
        let nonce =
            <&aead::Nonce<A>>::try_from(nonce).map_err(|_| nonce_mismatch(12, nonce.len()))?;
        let available = text.len();
        self.0
            .encrypt_inout_detached(nonce, aad, text.into())
            .map(|icv| icv.to_vec())
            .map_err(|_| CryptoError::TooShort {
                available,
                minimum: 0,
            })
    }

    fn open(
        &self,
        nonce: &[u8],
        aad: &[u8],
        text: &mut [u8],
        icv: &[u8],
    ) -> Result<(), CryptoError> {
        let nonce =
            <&aead::Nonce<A>>::try_from(nonce).map_err(|_| nonce_mismatch(12, nonce.len()))?;
        let icv = <&aead::Tag<A>>::try_from(icv).map_err(|_| CryptoError::IntegrityMismatch)?;
        self.0
            .decrypt_inout_detached(nonce, aad, text.into(), icv)
            .map_err(|_| CryptoError::IntegrityMismatch)
    }
}

/// Octets of salt in front of the initialization vector in a GMAC nonce (RFC 4543, section 3.2).
const GMAC_SALT_LEN: usize = 4;

struct Gmac<A>(A);

impl<A: AeadInOut> Gmac<A> {
    /// What is authenticated are the header, the initialization vector and the text (RFC 4543, section 3.3).
    fn icv(&self, nonce: &[u8], aad: &[u8], text: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let iv = nonce.get(GMAC_SALT_LEN..).unwrap_or_default();
        let covered = [aad, iv, text].concat();
        let nonce =
            <&aead::Nonce<A>>::try_from(nonce).map_err(|_| nonce_mismatch(12, nonce.len()))?;
        self.0
            .encrypt_inout_detached(nonce, &covered, (&mut [][..]).into())
            .map(|icv| icv.to_vec())
            .map_err(|_| CryptoError::IntegrityMismatch)
    }
}

impl<A: AeadInOut + Send + Sync> Engine for Gmac<A> {
    fn seal(&self, nonce: &[u8], aad: &[u8], text: &mut [u8]) -> Result<Vec<u8>, CryptoError> {
        self.icv(nonce, aad, text)
    }

    fn open(
        &self,
        nonce: &[u8],
        aad: &[u8],
        text: &mut [u8],
        icv: &[u8],
    ) -> Result<(), CryptoError> {
        match self.icv(nonce, aad, text)?.ct_eq(icv).into() {
            true => Ok(()),
            false => Err(CryptoError::IntegrityMismatch),
        }
    }
}
