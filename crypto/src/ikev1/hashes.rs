//! The HASH payloads (RFC 2409, section 5).

use crate::mac::Prf;
use crate::{CryptoError, Secret};

/// What HASH_I and HASH_R cover.
#[derive(Debug, Clone, Copy)]
pub struct PhaseOne<'a> {
    /// Key Exchange Data of the initiator.
    pub public_i: &'a [u8],
    /// Key Exchange Data of the responder.
    pub public_r: &'a [u8],
    /// CKY-I.
    pub spi_i: &'a [u8; 8],
    /// CKY-R.
    pub spi_r: &'a [u8; 8],
    /// The initiator's whole SA payload without its generic header: all that was offered.
    pub sa_body: &'a [u8],
}

impl PhaseOne<'_> {
    /// `HASH_I = prf(SKEYID, g^xi | g^xr | CKY-I | CKY-R | SAi_b | IDii_b)`, where `id` is the Identification payload without
    /// its generic header. It is also what the initiator signs.
    ///
    /// # Errors
    /// None for the supported functions.
    pub fn hash_i(&self, prf: Prf, skeyid: &Secret, id: &[u8]) -> Result<Secret, CryptoError> {
        prf.compute(
            skeyid.expose(),
            &[
                self.public_i,
                self.public_r,
                self.spi_i,
                self.spi_r,
                self.sa_body,
                id,
            ],
        )
    }

    /// `HASH_R = prf(SKEYID, g^xr | g^xi | CKY-R | CKY-I | SAi_b | IDir_b)`.
    ///
    /// # Errors
    /// None for the supported functions.
    pub fn hash_r(&self, prf: Prf, skeyid: &Secret, id: &[u8]) -> Result<Secret, CryptoError> {
        prf.compute(
            skeyid.expose(),
            &[
                self.public_r,
                self.public_i,
                self.spi_r,
                self.spi_i,
                self.sa_body,
                id,
            ],
        )
    }
}

/// `HASH(1) = prf(SKEYID_a, M-ID | rest)` of Quick Mode's first message, and of Informational, Transaction and New Group
/// messages. `rest` is everything behind the HASH payload, padding excluded.
///
/// # Errors
/// None for the supported functions.
pub fn hash_1(
    prf: Prf,
    skeyid_a: &Secret,
    message_id: u32,
    rest: &[u8],
) -> Result<Secret, CryptoError> {
    prf.compute(skeyid_a.expose(), &[&message_id.to_be_bytes(), rest])
}

/// `HASH(2) = prf(SKEYID_a, M-ID | Ni_b | rest)` of Quick Mode's second message.
///
/// # Errors
/// None for the supported functions.
pub fn hash_2(
    prf: Prf,
    skeyid_a: &Secret,
    message_id: u32,
    nonce_i: &[u8],
    rest: &[u8],
) -> Result<Secret, CryptoError> {
    prf.compute(
        skeyid_a.expose(),
        &[&message_id.to_be_bytes(), nonce_i, rest],
    )
}

/// `HASH(3) = prf(SKEYID_a, 0 | M-ID | Ni_b | Nr_b)` of Quick Mode's third message.
///
/// # Errors
/// None for the supported functions.
pub fn hash_3(
    prf: Prf,
    skeyid_a: &Secret,
    message_id: u32,
    nonce_i: &[u8],
    nonce_r: &[u8],
) -> Result<Secret, CryptoError> {
    prf.compute(
        skeyid_a.expose(),
        &[&[0], &message_id.to_be_bytes(), nonce_i, nonce_r],
    )
}
