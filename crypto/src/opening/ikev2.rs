//! The Encrypted payload and the Encrypted Fragment payload (RFC 7296, section 3.14; RFC 7383, section 2.5; RFC 5282).

use super::protection::Protection;
use crate::CryptoError;

/// What was inside an SK or SKF payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedPayload {
    /// The chain of payloads, or the fragment of one.
    pub plaintext: Vec<u8>,
    /// The padding, without the Pad Length octet.
    pub padding: Vec<u8>,
}

/// Verifies and decrypts an SK or SKF payload.
///
/// `message` is the IKE message from the first octet of its header, cut to the header's length, without non-ESP marker;
/// `body` is the place of the initialization vector in it: behind the generic header, and behind Fragment Number and Total
/// Fragments of an SKF payload. The payload is the last one and ends with the message.
///
/// # Errors
/// [`CryptoError::IntegrityMismatch`] when the key does not fit or the message was changed; otherwise which length is wrong.
pub fn open_payload(
    protection: &Protection,
    message: &[u8],
    body: usize,
) -> Result<OpenedPayload, CryptoError> {
    let aad = message.get(..body).ok_or(CryptoError::TooShort {
        available: message.len(),
        minimum: body,
    })?;
    let mut out = Vec::new();
    let clear = protection.open(message, body, aad, &[], &[], &mut out)?;
    let Some((declared, rest)) = clear.split_last() else {
        return Err(CryptoError::TooShort {
            available: 0,
            minimum: 1,
        });
    };
    let (plaintext, padding) = rest
        .len()
        .checked_sub(usize::from(*declared))
        .and_then(|end| rest.split_at_checked(end))
        .ok_or(CryptoError::Padding {
            declared: *declared,
            available: rest.len(),
        })?;
    Ok(OpenedPayload {
        plaintext: plaintext.to_vec(),
        padding: padding.to_vec(),
    })
}

/// Octets behind the payload's header when a plaintext of this length is sealed, for the lengths in the headers.
#[must_use]
pub fn sealed_len(protection: &Protection, plaintext_len: usize) -> usize {
    let facts = protection.facts();
    facts.iv_len + plaintext_len + padding_len(protection, plaintext_len) + 1 + protection.icv_len()
}

/// Appends a sealed payload to `message`, which holds the headers with their final lengths up to the payload's
/// initialization vector.
///
/// # Errors
/// [`CryptoError::IvLength`].
pub fn seal_payload(
    protection: &Protection,
    message: &mut Vec<u8>,
    iv: &[u8],
    plaintext: &[u8],
) -> Result<(), CryptoError> {
    let padding = padding_len(protection, plaintext.len());
    let mut text = plaintext.to_vec();
    text.resize(plaintext.len() + padding, 0);
    text.push(u8::try_from(padding).unwrap_or_default());
    let aad = message.clone();
    protection.seal(message, iv, &aad, &[], text)
}

/// The least padding that fills the last block; below the block, so it fits an octet.
fn padding_len(protection: &Protection, plaintext_len: usize) -> usize {
    let block_len = protection.facts().block_len;
    (plaintext_len + 1).next_multiple_of(block_len) - (plaintext_len + 1)
}
