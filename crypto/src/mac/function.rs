//! One face for all message authentication codes.

use cmac::Cmac;
use digest::{KeyInit, Mac};
use hmac::Hmac;

use super::xcbc::Xcbc;
use crate::CryptoError;

/// A keyed function; the key's part of the work is done once.
pub(super) trait MacFunction: Send + Sync {
    /// The whole code of the parts, one after the other.
    fn mac(&self, parts: &[&[u8]]) -> Vec<u8>;
}

impl<M: Mac + Clone + Send + Sync> MacFunction for M {
    fn mac(&self, parts: &[&[u8]]) -> Vec<u8> {
        let mut mac = self.clone();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().to_vec()
    }
}

/// Makes a function from a key.
pub(super) type Constructor = fn(&[u8]) -> Result<Box<dyn MacFunction>, CryptoError>;

/// HMAC takes keys of any length (RFC 2104).
pub(super) fn hmac<D>(key: &[u8]) -> Result<Box<dyn MacFunction>, CryptoError>
where
    D: digest::block_api::EagerHash + 'static,
    Hmac<D>: Mac + KeyInit + Clone + Send + Sync,
{
    boxed::<Hmac<D>>("HMAC", key)
}

pub(super) fn aes_cmac(key: &[u8]) -> Result<Box<dyn MacFunction>, CryptoError> {
    boxed::<Cmac<aes::Aes128>>("AES-CMAC", key)
}

pub(super) fn aes_xcbc(key: &[u8]) -> Result<Box<dyn MacFunction>, CryptoError> {
    let key = key.try_into().map_err(|_| wrong_key("AES-XCBC", key))?;
    Ok(Box::new(Xcbc::new(key)))
}

fn boxed<M>(name: &str, key: &[u8]) -> Result<Box<dyn MacFunction>, CryptoError>
where
    M: Mac + KeyInit + Clone + Send + Sync + 'static,
{
    let mac = <M as KeyInit>::new_from_slice(key).map_err(|_| wrong_key(name, key))?;
    Ok(Box::new(mac))
}

fn wrong_key(name: &str, key: &[u8]) -> CryptoError {
    CryptoError::KeyMaterial {
        what: name.to_owned(),
        expected: 16,
        actual: key.len(),
    }
}
