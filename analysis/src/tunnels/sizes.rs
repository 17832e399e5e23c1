//! How much is inside an encrypted message, as far as its length tells (RFC 7296, section 3.14; RFC 2409, section 5).

use ikescope_crypto::cipher::CipherFacts;
use ikescope_crypto::hash::Hash;
use ikescope_crypto::ikev1::phase_one_encryption;
use ikescope_crypto::mac::{IntegrityFacts, PrfFacts};
use ikescope_dissectors::HEADER_LEN;
use ikescope_dissectors::registries::ikev2::{
    EncryptionAlgorithm, IntegrityAlgorithm, Prf, TransformType,
};

use super::proposal::{Algorithms, Proposal};

/// What the suite of an IKE SA adds to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Overhead {
    /// Octets of the initialization vector on the wire.
    iv: u32,
    /// Octets of the integrity check value.
    icv: u32,
    /// The ciphertext is a multiple of this.
    block: u32,
    /// Octets that the check value may have more: where the suite was not seen.
    slack: u32,
    /// Octets that PRF or hash gives.
    pub(super) prf: u32,
    /// Whether it is IKEv1.
    version_1: bool,
}

impl Overhead {
    /// Of the chosen proposal; `None` where an algorithm has unknown lengths.
    pub(super) fn of(chosen: &Proposal) -> Option<Self> {
        match &chosen.algorithms {
            Algorithms::Transforms(_) => Self::version_2(chosen),
            Algorithms::Suites(suites) => {
                let suite = suites.first()?;
                let cipher = suite
                    .encryption
                    .and_then(|id| phase_one_encryption(id).ok());
                let block = cipher
                    .and_then(|id| CipherFacts::of(id).ok())
                    .map_or(USUAL_BLOCK, |facts| facts.block_len);
                let hash = Hash::new(suite.hash_algorithm?).ok()?;
                Some(Self {
                    iv: 0,
                    icv: 0,
                    slack: 0,
                    block: u32::try_from(block).ok()?,
                    prf: u32::try_from(hash.output_len()).ok()?,
                    version_1: true,
                })
            }
        }
    }

    fn version_2(chosen: &Proposal) -> Option<Self> {
        let first = |kind| chosen.of_kind(kind).next();
        let cipher = first(TransformType::ENCR)?;
        let (iv, icv, block) = match CipherFacts::of(EncryptionAlgorithm(cipher.id)) {
            Ok(facts) => (facts.iv_len, facts.icv_len, facts.block_len),
            Err(_) => (USUAL_BLOCK, 0, USUAL_BLOCK),
        };
        let icv = match first(TransformType::INTEG) {
            Some(integrity) if icv == 0 => {
                IntegrityFacts::of(IntegrityAlgorithm(integrity.id))
                    .ok()?
                    .icv_len
            }
            _ => icv,
        };
        let prf = PrfFacts::of(Prf(first(TransformType::PRF)?.id)).ok()?;
        Some(Self {
            iv: u32::try_from(iv).ok()?,
            icv: u32::try_from(icv).ok()?,
            slack: 0,
            block: u32::try_from(block).ok()?,
            prf: u32::try_from(prf.key_len).ok()?,
            version_1: false,
        })
    }

    /// Of a tunnel of IKEv2 whose beginning was not seen, by the lengths of its encrypted messages: ciphers in CBC mode fill
    /// whole blocks, so that all lengths leave the same remainder, and the shortest message limits the check value.
    pub(super) fn estimated(lengths: impl Iterator<Item = u32> + Clone) -> Option<Self> {
        const FRAME: u32 = HEADER_LEN as u32 + 4;
        let shortest = lengths.clone().min()?;
        let fits = |iv: u32, block: u32, icv: u32| {
            shortest >= FRAME + iv + block + icv
                && lengths
                    .clone()
                    .all(|length| length.saturating_sub(FRAME + iv + icv) % block == 0)
        };
        let blocks = [(16, 16), (8, 8)].into_iter().find_map(|(iv, block)| {
            let mut sizes = USUAL_CHECKS.into_iter().filter(|icv| fits(iv, block, *icv));
            let icv = sizes.next()?;
            Some((iv, block, icv, sizes.next_back().unwrap_or(icv) - icv))
        });
        let (iv, block, icv, slack) = blocks.or_else(|| {
            let mut sizes = USUAL_TAGS
                .into_iter()
                .filter(|icv| shortest > FRAME + 8 + icv);
            let icv = sizes.next()?;
            // Short tags are rare: only a message that is too short for others tells of one.
            Some((8, 1, icv, 0))
        })?;
        Some(Self {
            iv,
            icv,
            slack,
            block,
            prf: USUAL_PRF,
            version_1: false,
        })
    }

    /// Smallest and largest number of octets of payloads inside a message of this length, of which `outside` octets
    /// are payloads in front of the encrypted one. Padding may be up to 15 octets whatever the block: some peers pad
    /// where they need not.
    pub(super) fn inner(&self, length: u32, outside: u32, hashed: bool) -> Option<(u32, u32)> {
        let header = HEADER_LEN as u32 + outside;
        if self.version_1 {
            let ciphertext = length.checked_sub(header)?;
            let hash = if hashed { 4 + self.prf } else { 0 };
            let largest = ciphertext.checked_sub(hash)?;
            return Some((largest.saturating_sub(self.block - 1), largest));
        }
        let ciphertext = length.checked_sub(header + 4 + self.iv + self.icv)?;
        let largest = ciphertext.checked_sub(1)?;
        let padding = if self.block >= 8 { self.block - 1 } else { 3 };
        Some((largest.saturating_sub(padding + self.slack), largest))
    }
}

/// Octets of the check values of IKEv2 (RFC 7296, section 3.3.2; RFC 4868, section 2.6).
const USUAL_CHECKS: [u32; 4] = [12, 16, 24, 32];

/// Octets of the tags of AEAD (RFC 5282, section 3.1), the usual one first.
const USUAL_TAGS: [u32; 3] = [16, 12, 8];

/// Octets of the most usual PRF, HMAC-SHA2-256.
pub(super) const USUAL_PRF: u32 = 32;

/// Octets of a block of the ciphers that are not known here: MARS, RC6.
const USUAL_BLOCK: usize = 16;

#[cfg(test)]
mod tests {
    use super::super::proposal::{Protocol, Transform};
    use super::*;

    fn suite(encryption: EncryptionAlgorithm, integrity: Option<IntegrityAlgorithm>) -> Overhead {
        let transform = |kind, id| Transform {
            kind,
            id,
            key_length: None,
        };
        let mut transforms = vec![
            transform(TransformType::ENCR, encryption.0),
            transform(TransformType::PRF, Prf::HMAC_SHA2_256.0),
        ];
        transforms.extend(integrity.map(|id| transform(TransformType::INTEG, id.0)));
        let chosen = Proposal {
            number: 1,
            protocol: Protocol::Ike,
            spi: Vec::new(),
            algorithms: Algorithms::Transforms(transforms),
        };
        Overhead::of(&chosen).unwrap()
    }

    /// Lengths computed by hand after RFC 7296, section 3.14: what goes in lies within what comes out.
    #[test]
    fn the_length_of_a_message_tells_what_is_inside() {
        let cbc = suite(
            EncryptionAlgorithm::AES_CBC,
            Some(IntegrityAlgorithm::HMAC_SHA2_256_128),
        );
        let gcm = suite(EncryptionAlgorithm::AES_GCM_16, None);
        for (overhead, length, inner) in [
            (cbc, 80, 0),
            (cbc, 80, 8),
            (cbc, 128, 60),
            (gcm, 57, 0),
            (gcm, 65, 8),
            (gcm, 117, 60),
        ] {
            let (smallest, largest) = overhead.inner(length, 0, false).unwrap();
            assert!((smallest..=largest).contains(&inner), "{length}: {inner}");
        }
        assert_eq!(gcm.inner(57, 0, false), Some((0, 0)));
        assert_eq!(cbc.inner(96, 0, false).unwrap().0, 16);
    }

    /// Lengths of real suites (RFC 7296, section 3.14), shortest messages included or not.
    #[test]
    fn the_lengths_together_tell_of_the_suite() {
        for (lengths, length, inner) in [
            // AES-CBC with HMAC-SHA2-256-128.
            (&[80, 224, 320][..], 80, (0, 15)),
            // Check values of 16 or 32 octets.
            (&[96, 224], 96, (0, 31)),
            // AES-CBC with HMAC-SHA1-96.
            (&[76, 188], 76, (0, 15)),
            // 3DES with HMAC-SHA1-96.
            (&[60, 68, 156], 68, (8, 15)),
            // AES-GCM with tags of 16 octets, and of 8.
            (&[57, 69, 177], 69, (9, 12)),
            (&[49, 61], 61, (9, 12)),
        ] {
            let overhead = Overhead::estimated(lengths.iter().copied()).unwrap();
            assert_eq!(overhead.inner(length, 0, false), Some(inner), "{lengths:?}");
        }
        assert_eq!(Overhead::estimated(std::iter::empty()), None);
    }
}
