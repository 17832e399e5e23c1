//! SKEYSEED, SK_* and KEYMAT (RFC 7296, sections 2.13 to 2.18).

use super::suite::{ChildSuite, Suite};
use crate::mac::Prf;
use crate::{CryptoError, Secret};

/// The contents of the two Nonce payloads of an exchange.
#[derive(Debug, Clone, Copy)]
pub struct Nonces<'a> {
    /// Ni, of whoever began the exchange.
    pub initiator: &'a [u8],
    /// Nr.
    pub responder: &'a [u8],
}

/// The SPIs of an IKE SA, those of the new proposals after a rekeying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spis {
    /// SPIi.
    pub initiator: [u8; 8],
    /// SPIr.
    pub responder: [u8; 8],
}

/// SKEYSEED of an initial exchange: `prf(Ni | Nr, g^ir)` (RFC 7296, section 2.14).
///
/// # Errors
/// None for the supported functions.
pub fn skeyseed(prf: Prf, nonces: Nonces<'_>, shared: &[u8]) -> Result<Secret, CryptoError> {
    let part = |nonce| match prf.facts().nonce_len_in_seed {
        Some(len) => first(nonce, len),
        None => nonce,
    };
    let key = [part(nonces.initiator), part(nonces.responder)].concat();
    prf.compute(&key, &[shared])
}

/// SKEYSEED of a rekeyed IKE SA: `prf(SK_d, g^ir | Ni | Nr)` with the old SA's function and SK_d (RFC 7296, section 2.18),
/// and with the secrets of additional key exchanges behind (RFC 9370, section 2.2.4).
///
/// # Errors
/// None for the supported functions.
pub fn rekey_skeyseed(
    old_prf: Prf,
    old_sk_d: &Secret,
    nonces: Nonces<'_>,
    shared: &[u8],
    additional: &[&[u8]],
) -> Result<Secret, CryptoError> {
    let mut parts = vec![shared, nonces.initiator, nonces.responder];
    parts.extend_from_slice(additional);
    old_prf.compute(old_sk_d.expose(), &parts)
}

/// SKEYSEED(n) after an IKE_INTERMEDIATE exchange with an additional key exchange: `prf(SK_d(n-1), SK(n) | Ni | Nr)`
/// (RFC 9370, section 2.2.2). The nonces are those of IKE_SA_INIT.
///
/// # Errors
/// None for the supported functions.
pub fn intermediate_skeyseed(
    prf: Prf,
    sk_d: &Secret,
    nonces: Nonces<'_>,
    shared: &[u8],
) -> Result<Secret, CryptoError> {
    rekey_skeyseed(prf, sk_d, nonces, shared, &[])
}

/// The seven keys of an IKE SA (RFC 7296, section 2.14).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IkeKeys {
    /// Derives the keys of Child SAs and of the IKE SA that replaces this one.
    pub sk_d: Secret,
    /// Integrity of the initiator's messages; empty for a combined mode.
    pub sk_ai: Secret,
    /// Integrity of the responder's messages; empty for a combined mode.
    pub sk_ar: Secret,
    /// Encryption of the initiator's messages, salt included.
    pub sk_ei: Secret,
    /// Encryption of the responder's messages, salt included.
    pub sk_er: Secret,
    /// Enters the initiator's AUTH payload.
    pub sk_pi: Secret,
    /// Enters the responder's AUTH payload.
    pub sk_pr: Secret,
}

impl IkeKeys {
    /// `prf+(SKEYSEED, Ni | Nr | SPIi | SPIr)`, cut to the lengths of the suite.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] or [`CryptoError::KeyBits`].
    pub fn derive(
        suite: &Suite,
        skeyseed: &Secret,
        nonces: Nonces<'_>,
        spis: Spis,
    ) -> Result<Self, CryptoError> {
        let prf = suite.prf()?;
        let protection = suite.protection();
        let preferred = prf.facts().key_len;
        let integrity = protection.integrity_len()?;
        let encryption = protection.encryption_len()?;
        let octets = 3 * preferred + 2 * integrity + 2 * encryption;
        let seed: [&[u8]; 4] = [
            nonces.initiator,
            nonces.responder,
            &spis.initiator,
            &spis.responder,
        ];
        let mut stream = prf.plus(skeyseed.expose(), &seed, octets)?;
        let mut take = |len| {
            stream
                .take(len)
                .ok_or(CryptoError::TooMuchKeyMaterial { octets })
        };
        Ok(Self {
            sk_d: take(preferred)?,
            sk_ai: take(integrity)?,
            sk_ar: take(integrity)?,
            sk_ei: take(encryption)?,
            sk_er: take(encryption)?,
            sk_pi: take(preferred)?,
            sk_pr: take(preferred)?,
        })
    }

    /// Mixes a post-quantum preshared key into SK_d, SK_pi and SK_pr, each by a prf+ of its own (RFC 8784, section 3).
    /// What protects messages stays.
    ///
    /// # Errors
    /// None for the supported functions.
    pub fn mix_ppk(&self, prf: Prf, ppk: &[u8]) -> Result<Self, CryptoError> {
        let mix = |secret: &Secret| prf.plus(ppk, &[secret.expose()], secret.len());
        Ok(Self {
            sk_d: mix(&self.sk_d)?,
            sk_pi: mix(&self.sk_pi)?,
            sk_pr: mix(&self.sk_pr)?,
            ..self.clone()
        })
    }
}

/// The keys of a pair of Child SAs. Initiator and responder are those of the exchange that made the pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildKeys {
    /// Encryption towards the responder, salt included.
    pub encryption_i: Secret,
    /// Integrity towards the responder; empty for a combined mode.
    pub integrity_i: Secret,
    /// Encryption towards the initiator, salt included.
    pub encryption_r: Secret,
    /// Integrity towards the initiator; empty for a combined mode.
    pub integrity_r: Secret,
}

impl ChildKeys {
    /// `KEYMAT = prf+(SK_d, [g^ir |] Ni | Nr [| SK(1) | … | SK(n)])` (RFC 7296, section 2.17; RFC 9370, section 2.2.4).
    /// `shared` is the secret of a key exchange of this exchange's own, `additional` those that followed it. The first Child
    /// SA has neither and takes the nonces of IKE_SA_INIT.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] or [`CryptoError::KeyBits`].
    pub fn derive(
        prf: Prf,
        sk_d: &Secret,
        suite: &ChildSuite,
        nonces: Nonces<'_>,
        shared: Option<&[u8]>,
        additional: &[&[u8]],
    ) -> Result<Self, CryptoError> {
        let encryption = suite.encryption_len()?;
        let integrity = suite.integrity_len()?;
        let octets = 2 * (encryption + integrity);
        let mut seed: Vec<&[u8]> = shared.into_iter().collect();
        seed.extend([nonces.initiator, nonces.responder]);
        seed.extend_from_slice(additional);
        let mut stream = prf.plus(sk_d.expose(), &seed, octets)?;
        let mut take = |len| {
            stream
                .take(len)
                .ok_or(CryptoError::TooMuchKeyMaterial { octets })
        };
        Ok(Self {
            encryption_i: take(encryption)?,
            integrity_i: take(integrity)?,
            encryption_r: take(encryption)?,
            integrity_r: take(integrity)?,
        })
    }
}

fn first(octets: &[u8], len: usize) -> &[u8] {
    octets.get(..len).unwrap_or(octets)
}
