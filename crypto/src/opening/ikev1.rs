//! Encrypted messages of IKEv1 (RFC 2409, appendix B).
//!
//! The initialization vector of a message is the last block of the one before it in its exchange. Which message that was
//! cannot be told from the order of arrival: messages are retransmitted, reordered and lost. So the ends of all messages
//! are kept, and the one that gives a message a well-formed beginning is its initialization vector.

use std::collections::{BTreeMap, VecDeque};

use ikescope_dissectors::registries::ikev1::PayloadType;

use super::limits::{MAX_EXCHANGES, MAX_IVS};
use crate::CryptoError;
use crate::cipher::Cipher;
use crate::hash::Hash;
use crate::ikev1::phase_two_iv;

/// What is known of the initialization vectors of one ISAKMP SA.
#[derive(Debug, Clone)]
pub struct Ivs {
    hash: Hash,
    block_len: usize,
    initial: Option<Vec<u8>>,
    phase_one: Vec<Vec<u8>>,
    exchanges: BTreeMap<u32, Vec<Vec<u8>>>,
    order: VecDeque<u32>,
}

impl Ivs {
    /// `initial` is that of [`crate::ikev1::initial_iv`], or `None` where the public values were not seen.
    #[must_use]
    pub fn new(hash: Hash, block_len: usize, initial: Option<Vec<u8>>) -> Self {
        Self {
            hash,
            block_len,
            initial,
            phase_one: Vec::new(),
            exchanges: BTreeMap::new(),
            order: VecDeque::new(),
        }
    }

    /// Tells the initialization vector of the first encrypted message of phase 1, where another source than the public
    /// values has it. A wrong length is ignored.
    pub fn set_initial(&mut self, iv: &[u8]) {
        if iv.len() == self.block_len {
            self.initial = Some(iv.to_vec());
        }
    }

    /// Remembers the end of a message with this Message ID, zero for phase 1. `ciphertext` is the message behind its
    /// header. Give all messages of an SA before opening the first, where a capture is at hand as a whole.
    pub fn note(&mut self, message_id: u32, ciphertext: &[u8]) {
        let Some(end) = self.end_of(ciphertext).map(<[u8]>::to_vec) else {
            return;
        };
        let ends = match message_id {
            0 => &mut self.phase_one,
            _ => {
                if !self.exchanges.contains_key(&message_id) {
                    self.order.push_back(message_id);
                    if self.order.len() > MAX_EXCHANGES
                        && let Some(oldest) = self.order.pop_front()
                    {
                        self.exchanges.remove(&oldest);
                    }
                }
                self.exchanges.entry(message_id).or_default()
            }
        };
        if ends.len() < MAX_IVS && !ends.contains(&end) {
            ends.push(end);
        }
    }

    /// Every initialization vector that a message can have, the likeliest first.
    #[must_use]
    pub fn candidates(&self, message_id: u32, ciphertext: &[u8]) -> Vec<Vec<u8>> {
        let own = self.end_of(ciphertext);
        let ends_of_others = |ends: &[Vec<u8>]| -> Vec<Vec<u8>> {
            let other = |end: &&Vec<u8>| Some(end.as_slice()) != own;
            ends.iter().rev().filter(other).cloned().collect()
        };
        let phase_one = self.phase_one.iter().rev().chain(&self.initial);
        if message_id == 0 {
            return ends_of_others(&self.phase_one)
                .into_iter()
                .chain(self.initial.clone())
                .collect();
        }
        let first = phase_one.map(|end| phase_two_iv(self.hash, end, message_id, self.block_len));
        let mut candidates: Vec<Vec<u8>> = first.collect();
        if let Some(ends) = self.exchanges.get(&message_id) {
            candidates.extend(ends_of_others(ends));
        }
        candidates
    }

    fn end_of<'c>(&self, ciphertext: &'c [u8]) -> Option<&'c [u8]> {
        ciphertext.get(ciphertext.len().checked_sub(self.block_len)?..)
    }
}

/// Whether the first block of a plaintext could be decrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstBlock {
    /// The initialization vector is known, and all is in clear.
    Known,
    /// The message before was not seen: the first block is noise, all behind it is in clear.
    Unknown,
}

/// A decrypted message, padding included: IKEv1 does not say how long its padding is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedMessage {
    /// The chain of payloads and the padding.
    pub plaintext: Vec<u8>,
    /// Whether its first block means anything.
    pub first_block: FirstBlock,
    /// Octets of the chain without padding; unknown when the first block is.
    pub chain_len: Option<usize>,
}

/// Decrypts a message with whichever initialization vector gives a well-formed chain of payloads.
///
/// `first` is the Next Payload field of the header, `ciphertext` everything behind the header. A well-formed chain is no
/// proof: verify the HASH payload. Where an identification of phase 1
/// ends whose first block is unknown is for the caller to find.
///
/// # Errors
/// [`CryptoError::BlockMultiple`], or [`CryptoError::IntegrityMismatch`] when the key fits no reading of the message.
pub fn open_message(
    cipher: &Cipher,
    ivs: &Ivs,
    first: u8,
    message_id: u32,
    ciphertext: &[u8],
) -> Result<OpenedMessage, CryptoError> {
    for iv in ivs.candidates(message_id, ciphertext) {
        let mut text = ciphertext.to_vec();
        let plaintext = cipher.open(&[], &iv, &mut text)?.to_vec();
        if let Some(chain_len) = chain_len(first, &plaintext, ivs.block_len) {
            return Ok(OpenedMessage {
                plaintext,
                first_block: FirstBlock::Known,
                chain_len: Some(chain_len),
            });
        }
    }
    let mut text = ciphertext.to_vec();
    let plaintext = cipher
        .open(&[], &vec![0; ivs.block_len], &mut text)?
        .to_vec();
    // Behind phase 1 the first payload is a HASH, whose length the hash function tells.
    let second = GENERIC_HEADER_LEN + ivs.hash.output_len();
    let rest = plaintext.get(second..).unwrap_or_default();
    let hash_alone = !rest.is_empty() && rest.iter().all(|octet| *octet == 0);
    let behind_hash = chain_len(ANY_PAYLOAD, rest, ivs.block_len).is_some();
    let known_length = message_id != 0 && second >= ivs.block_len;
    // In main mode it is an identification, of which only what follows tells where it ends.
    let behind_identification = message_id == 0
        && first == PayloadType::ID.0
        && (plaintext.ends_with(&[0; 4])
            || (ivs.block_len..plaintext.len()).any(|at| {
                let rest = plaintext.get(at..).unwrap_or_default();
                chain_len(ANY_PAYLOAD, rest, ivs.block_len).is_some()
            }));
    match behind_identification || known_length && (hash_alone || behind_hash) {
        true => Ok(OpenedMessage {
            plaintext,
            first_block: FirstBlock::Unknown,
            chain_len: None,
        }),
        false => Err(CryptoError::IntegrityMismatch),
    }
}

/// Octets of a chain of payloads that ends within the padding of the plaintext, or none if these are not payloads.
fn chain_len(first: u8, plaintext: &[u8], block_len: usize) -> Option<usize> {
    let (mut kind, mut place) = (first, 0_usize);
    while kind != 0 {
        let header = plaintext.get(place..place.checked_add(GENERIC_HEADER_LEN)?)?;
        let [next, reserved, high, low] = *header else {
            return None;
        };
        let len = usize::from(u16::from_be_bytes([high, low]));
        if reserved != 0 || len < GENERIC_HEADER_LEN {
            return None;
        }
        place = place.checked_add(len)?;
        kind = next;
    }
    // Some peers pad a whole block more than they need.
    let padding = plaintext.len().checked_sub(place)?;
    (padding <= 2 * block_len).then_some(place)
}

const GENERIC_HEADER_LEN: usize = 4;
/// Stands for a payload whose number was in the block that is noise.
const ANY_PAYLOAD: u8 = 1;
