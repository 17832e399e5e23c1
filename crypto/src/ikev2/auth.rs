//! What an AUTH payload covers, and its value for a shared key (RFC 7296, section 2.15; RFC 9242, section 3.3.2).

use crate::mac::Prf;
use crate::{CryptoError, Secret};

/// The octets that an AUTH payload signs.
#[derive(Debug, Clone, Copy)]
pub struct SignedOctets<'a> {
    /// The signer's first IKE_SA_INIT message that got an answer other than a cookie or an invalid group, without
    /// non-ESP marker.
    pub message: &'a [u8],
    /// The other side's nonce.
    pub peer_nonce: &'a [u8],
    /// `prf(SK_p, ID)` of the signer, see [`maced_id`].
    pub maced_id: &'a [u8],
    /// See [`IntAuth`]; empty where no IKE_INTERMEDIATE exchange took place.
    pub int_auth: &'a [u8],
}

impl SignedOctets<'_> {
    /// One after the other, as a signature covers them.
    #[must_use]
    pub fn octets(&self) -> Vec<u8> {
        self.parts().concat()
    }

    fn parts(&self) -> [&[u8]; 4] {
        [self.message, self.peer_nonce, self.maced_id, self.int_auth]
    }
}

/// MACedIDForI or MACedIDForR: `prf(SK_p, body)`, where `body` is the Identification payload without its generic header.
///
/// # Errors
/// None for the supported functions.
pub fn maced_id(prf: Prf, sk_p: &Secret, body: &[u8]) -> Result<Secret, CryptoError> {
    prf.compute(sk_p.expose(), &[body])
}

/// Authentication Data for a shared key: `prf(prf(key, "Key Pad for IKEv2"), signed octets)`. The key is the PSK, the MSK
/// of an EAP method, or SK_pi or SK_pr after an EAP method without a key (RFC 7296, section 2.16).
///
/// # Errors
/// None for the supported functions.
pub fn shared_key_auth(
    prf: Prf,
    key: &[u8],
    signed: &SignedOctets<'_>,
) -> Result<Secret, CryptoError> {
    let padded = prf.compute(key, &[KEY_PAD])?;
    prf.compute(padded.expose(), &signed.parts())
}

/// An IKE_INTERMEDIATE message of one side, opened and put together from its fragments.
#[derive(Debug, Clone, Copy)]
pub struct IntermediateMessage<'a> {
    /// From the first octet of the IKE header to the last octet of the generic header of the Encrypted payload; lengths
    /// are adjusted here. Of a fragmented message this is the first fragment's, with the SKF header as it was sent.
    pub associated: &'a [u8],
    /// The payloads inside, without padding.
    pub plaintext: &'a [u8],
}

/// IntAuth: the digest of all IKE_INTERMEDIATE messages, which both AUTH payloads cover.
#[derive(Debug, Clone, Default)]
pub struct IntAuth {
    initiator: Vec<u8>,
    responder: Vec<u8>,
}

impl IntAuth {
    /// Adds the initiator's next message, with the SK_pi that was valid when its exchange began.
    ///
    /// # Errors
    /// [`CryptoError::TooShort`] for a message without headers.
    pub fn add_request(
        &mut self,
        prf: Prf,
        sk_pi: &Secret,
        message: &IntermediateMessage<'_>,
    ) -> Result<(), CryptoError> {
        self.initiator = step(prf, sk_pi, &self.initiator, message)?;
        Ok(())
    }

    /// Adds the responder's next message, with the SK_pr that was valid when its exchange began.
    ///
    /// # Errors
    /// [`CryptoError::TooShort`] for a message without headers.
    pub fn add_response(
        &mut self,
        prf: Prf,
        sk_pr: &Secret,
        message: &IntermediateMessage<'_>,
    ) -> Result<(), CryptoError> {
        self.responder = step(prf, sk_pr, &self.responder, message)?;
        Ok(())
    }

    /// The octets that enter [`SignedOctets::int_auth`]; `message_id` is that of the first IKE_AUTH exchange. Empty when no
    /// message was added.
    #[must_use]
    pub fn octets(&self, message_id: u32) -> Vec<u8> {
        if self.initiator.is_empty() && self.responder.is_empty() {
            return Vec::new();
        }
        [
            self.initiator.as_slice(),
            &self.responder,
            &message_id.to_be_bytes(),
        ]
        .concat()
    }
}

fn step(
    prf: Prf,
    sk_p: &Secret,
    previous: &[u8],
    message: &IntermediateMessage<'_>,
) -> Result<Vec<u8>, CryptoError> {
    let associated = adjusted(message).ok_or(CryptoError::TooShort {
        available: message.associated.len(),
        minimum: IKE_HEADER_LEN + PAYLOAD_HEADER_LEN,
    })?;
    let digest = prf.compute(sk_p.expose(), &[previous, &associated, message.plaintext])?;
    Ok(digest.expose().to_vec())
}

/// The headers of the message as if it had neither initialization vector, padding nor integrity check value, and had
/// never been fragmented.
fn adjusted(message: &IntermediateMessage<'_>) -> Option<Vec<u8>> {
    let mut header = message.associated.to_vec();
    let inner = u32::try_from(message.plaintext.len()).ok()?;
    let mut end = header.len();
    if names_fragment(&header)? {
        end = end.checked_sub(FRAGMENT_FIELDS_LEN)?;
        header.truncate(end);
        rename_fragment(&mut header)?;
    }
    let total = u32::try_from(end).ok()?.checked_add(inner)?;
    header
        .get_mut(24..IKE_HEADER_LEN)?
        .copy_from_slice(&total.to_be_bytes());
    let payload = u16::try_from(inner).ok()?.checked_add(4)?;
    header
        .get_mut(end.checked_sub(2)?..)?
        .copy_from_slice(&payload.to_be_bytes());
    Some(header)
}

/// Where the number of the last payload stands: in the IKE header, or in the payload before it.
fn last_payload_field(header: &[u8]) -> Option<usize> {
    let mut field = NEXT_PAYLOAD_PLACE;
    let mut place = IKE_HEADER_LEN;
    while !matches!(*header.get(field)?, SK | SKF) {
        field = place;
        let len = header.get(place.checked_add(2)?..place.checked_add(4)?)?;
        let len = usize::from(u16::from_be_bytes(len.try_into().ok()?));
        place = place.checked_add(len.max(PAYLOAD_HEADER_LEN))?;
    }
    Some(field)
}

fn names_fragment(header: &[u8]) -> Option<bool> {
    Some(*header.get(last_payload_field(header)?)? == SKF)
}

fn rename_fragment(header: &mut [u8]) -> Option<()> {
    let field = last_payload_field(header)?;
    *header.get_mut(field)? = SK;
    Some(())
}

const KEY_PAD: &[u8] = b"Key Pad for IKEv2";
const IKE_HEADER_LEN: usize = 28;
const NEXT_PAYLOAD_PLACE: usize = 16;
const PAYLOAD_HEADER_LEN: usize = 4;
/// Fragment Number and Total Fragments (RFC 7383, section 2.5).
const FRAGMENT_FIELDS_LEN: usize = 4;
const SK: u8 = ikescope_dissectors::registries::ikev2::PayloadType::SK.0;
const SKF: u8 = ikescope_dissectors::registries::ikev2::PayloadType::SKF.0;

#[cfg(test)]
mod tests {
    use super::*;

    /// A message with a Vendor ID payload in the clear before the encrypted one.
    fn message(kind: u8, fields: &[u8]) -> Vec<u8> {
        let mut message = vec![7; IKE_HEADER_LEN];
        message[NEXT_PAYLOAD_PLACE] = 43;
        message.extend_from_slice(&[kind, 0, 0, 6, 1, 2]);
        message.extend_from_slice(&[34, 0, 0xff, 0xff]);
        message.extend_from_slice(fields);
        message
    }

    #[test]
    fn fragments_count_as_the_message_they_were() {
        let plaintext = [5; 300];
        let adjust = |associated: &[u8]| {
            adjusted(&IntermediateMessage {
                associated,
                plaintext: &plaintext,
            })
        };
        let whole = adjust(&message(SK, &[])).expect("headers");
        assert_eq!(adjust(&message(SKF, &[0, 1, 0, 2])), Some(whole.clone()));
        // RFC 9242, section 3.3.2: A and P together, and P with the generic header.
        assert_eq!(whole[24..28], (28 + 6 + 4 + 300_u32).to_be_bytes());
        assert_eq!(whole[36..38], (4 + 300_u16).to_be_bytes());
    }

    #[test]
    fn headers_that_are_cut_are_refused() {
        let whole = message(SKF, &[0, 1, 0, 2]);
        for cut in 0..whole.len() - 4 {
            let associated = &whole[..cut];
            let message = IntermediateMessage {
                associated,
                plaintext: &[],
            };
            // Without the last payload's header nothing can be adjusted; within it, lengths go astray but nothing panics.
            assert!(adjusted(&message).is_none() || cut > 34, "cut at {cut}");
        }
    }
}
