//! ML-KEM (FIPS 203) as a key exchange: the initiator sends an encapsulation key, the responder a ciphertext.

use ml_kem::kem::{Decapsulate, KeyExport};
use ml_kem::{DecapsulationKey, EncapsulationKey, MlKem512, MlKem768, MlKem1024};

/// Octets of the seed (d and z) that an initiator's key grows from.
pub(super) const SEED_LEN: usize = 64;
/// Octets of randomness that a responder encapsulates with.
pub(super) const RANDOMNESS_LEN: usize = 32;

/// Ciphertext and shared secret.
type Encapsulated = (Vec<u8>, Vec<u8>);

/// A parameter set.
#[derive(Debug)]
pub(super) struct Parameters {
    /// Octets of the encapsulation key.
    pub(super) public_len: usize,
    /// Octets of the ciphertext.
    pub(super) ciphertext_len: usize,
    pub(super) public: fn(&[u8]) -> Option<Vec<u8>>,
    pub(super) decapsulate: fn(&[u8], &[u8]) -> Option<Vec<u8>>,
    pub(super) encapsulate: fn(&[u8], &[u8]) -> Option<Encapsulated>,
}

/// The functions of a parameter set; a macro, because the crate keeps the trait that its keys need to itself.
macro_rules! parameters {
    ($set:ty, $public_len:literal, $ciphertext_len:literal) => {
        Parameters {
            public_len: $public_len,
            ciphertext_len: $ciphertext_len,
            public: |seed| {
                let key = DecapsulationKey::<$set>::from_seed(seed.try_into().ok()?);
                Some(key.encapsulation_key().to_bytes().to_vec())
            },
            decapsulate: |seed, ciphertext| {
                let key = DecapsulationKey::<$set>::from_seed(seed.try_into().ok()?);
                Some(key.decapsulate_slice(ciphertext).ok()?.to_vec())
            },
            encapsulate: |randomness, public| {
                let key = EncapsulationKey::<$set>::new(public.try_into().ok()?).ok()?;
                let (ciphertext, shared) =
                    key.encapsulate_deterministic(randomness.try_into().ok()?);
                Some((ciphertext.to_vec(), shared.to_vec()))
            },
        }
    };
}

pub(super) static ML_KEM_512: Parameters = parameters!(MlKem512, 800, 768);
pub(super) static ML_KEM_768: Parameters = parameters!(MlKem768, 1184, 1088);
pub(super) static ML_KEM_1024: Parameters = parameters!(MlKem1024, 1568, 1568);
