//! SKEYID and what follows from it (RFC 2409, section 5 and appendix B).

use ikescope_dissectors::registries::ikev1::ProtocolId;
use ikescope_dissectors::registries::ikev2::EncryptionAlgorithm;
use zeroize::Zeroizing;

use crate::cipher::CipherFacts;
use crate::hash::Hash;
use crate::ikev2::ChildSuite;
use crate::mac::Prf;
use crate::{CryptoError, Secret};

/// SKEYID with a pre-shared key: `prf(pre-shared-key, Ni_b | Nr_b)`.
///
/// # Errors
/// None for the supported functions.
pub fn skeyid_psk(
    prf: Prf,
    psk: &[u8],
    nonce_i: &[u8],
    nonce_r: &[u8],
) -> Result<Secret, CryptoError> {
    prf.compute(psk, &[nonce_i, nonce_r])
}

/// SKEYID with signatures: `prf(Ni_b | Nr_b, g^xy)`.
///
/// # Errors
/// None for the supported functions.
pub fn skeyid_signature(
    prf: Prf,
    nonce_i: &[u8],
    nonce_r: &[u8],
    shared: &[u8],
) -> Result<Secret, CryptoError> {
    prf.compute(&[nonce_i, nonce_r].concat(), &[shared])
}

/// SKEYID with public key encryption: `prf(hash(Ni_b | Nr_b), CKY-I | CKY-R)`. The nonces are those inside the
/// encrypted payloads.
///
/// # Errors
/// None for the supported functions.
pub fn skeyid_public_key(
    prf: Prf,
    hash: Hash,
    nonce_i: &[u8],
    nonce_r: &[u8],
    spi_i: &[u8; 8],
    spi_r: &[u8; 8],
) -> Result<Secret, CryptoError> {
    let key = Zeroizing::new(hash.digest(&[nonce_i, nonce_r]));
    prf.compute(&key, &[spi_i, spi_r])
}

/// The keys of phase 1 (RFC 2409, section 5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseOneKeys {
    /// Authenticates phase 1.
    pub skeyid: Secret,
    /// Derives the keys of IPsec SAs.
    pub skeyid_d: Secret,
    /// Authenticates messages of phase 2.
    pub skeyid_a: Secret,
    /// Encrypts messages.
    pub skeyid_e: Secret,
}

impl PhaseOneKeys {
    /// SKEYID_d, SKEYID_a and SKEYID_e: `prf(SKEYID, [the one before |] g^xy | CKY-I | CKY-R | 0, 1, 2)`.
    ///
    /// # Errors
    /// None for the supported functions.
    pub fn derive(
        prf: Prf,
        skeyid: Secret,
        shared: &[u8],
        spi_i: &[u8; 8],
        spi_r: &[u8; 8],
    ) -> Result<Self, CryptoError> {
        let next = |before: &[u8], number: u8| {
            prf.compute(skeyid.expose(), &[before, shared, spi_i, spi_r, &[number]])
        };
        let skeyid_d = next(&[], 0)?;
        let skeyid_a = next(skeyid_d.expose(), 1)?;
        let skeyid_e = next(skeyid_a.expose(), 2)?;
        Ok(Self {
            skeyid,
            skeyid_d,
            skeyid_a,
            skeyid_e,
        })
    }

    /// The key of an encryption algorithm: the start of SKEYID_e, or of Ka where that is too short (RFC 2409, appendix B).
    /// DES passes over weak keys.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] or [`CryptoError::KeyBits`].
    pub fn encryption_key(
        &self,
        prf: Prf,
        id: EncryptionAlgorithm,
        key_bits: Option<u16>,
    ) -> Result<Secret, CryptoError> {
        let key_bits = match (id, key_bits) {
            (EncryptionAlgorithm::BLOWFISH, None) => Some(BLOWFISH_BITS),
            (_, key_bits) => key_bits,
        };
        let len = CipherFacts::of(id)?.key_len(key_bits)?;
        let skeyid_e = self.skeyid_e.expose();
        if id == EncryptionAlgorithm::DES {
            let strong = skeyid_e
                .chunks_exact(len)
                .find(|key| des::weak_key_test(key).is_ok());
            return strong
                .map(Secret::from)
                .ok_or(CryptoError::TooMuchKeyMaterial { octets: len });
        }
        if let Some(key) = skeyid_e.get(..len) {
            return Ok(key.into());
        }
        let mut stream = Zeroizing::new(Vec::new());
        let mut last = prf.compute(skeyid_e, &[&[0]])?;
        while stream.len() < len {
            stream.extend_from_slice(last.expose());
            last = prf.compute(skeyid_e, &[last.expose()])?;
        }
        Ok(stream.get(..len).unwrap_or_default().into())
    }
}

/// The initialization vector of the first encrypted message of phase 1: `hash(g^xi | g^xr)` (RFC 2409, appendix B). Each
/// later one is the last ciphertext block of the message before.
#[must_use]
pub fn initial_iv(hash: Hash, public_i: &[u8], public_r: &[u8], block_len: usize) -> Vec<u8> {
    let mut iv = hash.digest(&[public_i, public_r]);
    iv.truncate(block_len);
    iv
}

/// The initialization vector of the first message of a later exchange: `hash(last ciphertext block of phase 1 | M-ID)`
/// (RFC 2409, appendix B).
#[must_use]
pub fn phase_two_iv(hash: Hash, last_block: &[u8], message_id: u32, block_len: usize) -> Vec<u8> {
    let mut iv = hash.digest(&[last_block, &message_id.to_be_bytes()]);
    iv.truncate(block_len);
    iv
}

/// What a Quick Mode exchange adds to SKEYID_d (RFC 2409, section 5.5).
#[derive(Debug, Clone, Copy)]
pub struct QuickMode<'a> {
    /// Ni_b.
    pub nonce_i: &'a [u8],
    /// Nr_b.
    pub nonce_r: &'a [u8],
    /// The secret of Quick Mode's own key exchange, where it had one.
    pub shared: Option<&'a [u8]>,
}

/// The keys of one IPsec SA, that is one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaKeys {
    /// Encryption, salt included; empty for AH.
    pub encryption: Secret,
    /// Integrity; empty for a combined mode.
    pub integrity: Secret,
}

impl QuickMode<'_> {
    /// The keys of the SA with this protocol and SPI. The SPI is that of the SA's destination, so each direction has keys
    /// of its own.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] or [`CryptoError::KeyBits`].
    pub fn keys(
        &self,
        prf: Prf,
        skeyid_d: &Secret,
        suite: &ChildSuite,
        protocol: ProtocolId,
        spi: &[u8],
    ) -> Result<SaKeys, CryptoError> {
        let encryption = suite.encryption_len()?;
        let octets = encryption + suite.integrity_len()?;
        let mut integrity = self.keymat(prf, skeyid_d, protocol, spi, octets)?;
        let encryption = integrity
            .take(encryption)
            .ok_or(CryptoError::TooMuchKeyMaterial { octets })?;
        Ok(SaKeys {
            encryption,
            integrity,
        })
    }

    /// `KEYMAT = K1 | K2 | …`, `K1 = prf(SKEYID_d, [g(qm)^xy |] protocol | SPI | Ni_b | Nr_b)`, `len` octets of it.
    ///
    /// # Errors
    /// [`CryptoError::TooMuchKeyMaterial`] beyond what 255 outputs give.
    pub fn keymat(
        &self,
        prf: Prf,
        skeyid_d: &Secret,
        protocol: ProtocolId,
        spi: &[u8],
        len: usize,
    ) -> Result<Secret, CryptoError> {
        if len > prf.facts().key_len * MAX_ROUNDS {
            return Err(CryptoError::TooMuchKeyMaterial { octets: len });
        }
        let protocol = [protocol.0];
        let mut stream = Zeroizing::new(Vec::with_capacity(len));
        let mut last = Secret::default();
        while stream.len() < len {
            let parts = [
                last.expose(),
                self.shared.unwrap_or_default(),
                &protocol,
                spi,
                self.nonce_i,
                self.nonce_r,
            ];
            last = prf.compute(skeyid_d.expose(), &parts)?;
            stream.extend_from_slice(last.expose());
        }
        Ok(stream.get(..len).unwrap_or_default().into())
    }
}

/// Blowfish without a key length in phase 1 takes the longest key (RFC 2409, appendix B).
const BLOWFISH_BITS: u16 = 448;

/// As prf+ of IKEv2; the longest suite needs four.
const MAX_ROUNDS: usize = 255;
