//! Key exchanges that many questions share.

use std::sync::{Arc, Mutex, PoisonError};

use ikescope_crypto::CryptoError;
use ikescope_crypto::key_exchange::{KeyExchange, KeyExchangeFacts};
use ikescope_dissectors::registries::ikev2::KeyExchangeMethod;

use crate::random::Random;

/// A key exchange and its public value.
pub(crate) type Made = (Arc<KeyExchange>, Arc<[u8]>);

/// One key exchange with a valid public value for each method, made when it is first needed. Copies share them: a large
/// group takes longer to compute than all else that a question needs, and nothing that matters is protected by it.
#[derive(Clone, Debug, Default)]
pub struct KeyExchanges(Arc<Mutex<Vec<(KeyExchangeMethod, Made)>>>);

impl KeyExchanges {
    /// The one of this method.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] for a method that cannot be computed.
    pub(crate) fn of(
        &self,
        method: KeyExchangeMethod,
        random: &Random,
    ) -> Result<Made, CryptoError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, made)) = known.iter().find(|(known, _)| *known == method) {
            return Ok(made.clone());
        }
        let private_len = KeyExchangeFacts::of(method)?.private_len;
        let key_exchange = KeyExchange::fleeting(method, &random.octets(private_len))?;
        let public: Arc<[u8]> = key_exchange.public()?.into();
        let made = (Arc::new(key_exchange), public);
        known.push((method, made.clone()));
        Ok(made)
    }
}
