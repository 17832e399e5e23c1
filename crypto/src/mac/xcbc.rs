//! AES-XCBC-MAC (RFC 3566).

use aes::Aes128;
use cipher::{Block, BlockCipherEncrypt, KeyInit};

use super::function::MacFunction;

const BLOCK_LEN: usize = 16;

/// AES-XCBC-MAC with the three keys that follow from the given one.
pub(super) struct Xcbc {
    chain: Aes128,
    whole: Block<Aes128>,
    padded: Block<Aes128>,
}

impl Xcbc {
    /// Derives K1, K2 and K3 (RFC 3566, section 4, step 1).
    pub(super) fn new(key: &[u8; BLOCK_LEN]) -> Self {
        let aes = Aes128::new(key.into());
        let derived = |octet: u8| {
            let mut block = Block::<Aes128>::from([octet; BLOCK_LEN]);
            aes.encrypt_block(&mut block);
            block
        };
        Self {
            chain: Aes128::new(&derived(1)),
            whole: derived(2),
            padded: derived(3),
        }
    }
}

impl MacFunction for Xcbc {
    fn mac(&self, parts: &[&[u8]]) -> Vec<u8> {
        let mut state = Block::<Aes128>::default();
        let mut filled = 0;
        for &octet in parts.iter().copied().flatten() {
            // A full block waits: only what follows tells whether it is the last one.
            if filled == BLOCK_LEN {
                self.chain.encrypt_block(&mut state);
                filled = 0;
            }
            if let Some(slot) = state.get_mut(filled) {
                *slot ^= octet;
            }
            filled += 1;
        }
        let last = match filled {
            BLOCK_LEN => &self.whole,
            _ => {
                if let Some(slot) = state.get_mut(filled) {
                    *slot ^= 0x80;
                }
                &self.padded
            }
        };
        for (slot, key) in state.iter_mut().zip(last) {
            *slot ^= key;
        }
        self.chain.encrypt_block(&mut state);
        state.to_vec()
    }
}
