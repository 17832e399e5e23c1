//! What is to know about a cipher before using it: one row per algorithm.

use ikescope_dissectors::Registry;
use ikescope_dissectors::registries::ikev2::EncryptionAlgorithm as Id;

use crate::CryptoError;

/// The lengths and the mode of an encryption algorithm. All lengths in octets unless named otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CipherFacts {
    /// Transform Type 1 of IKEv2; the ESP transforms of IKEv1 are mapped to it by [`crate::ikev1`].
    pub id: Id,
    /// How the Key Length attribute relates to the key.
    pub keys: KeySizes,
    /// Octets of key material behind the key that enter every nonce.
    pub salt_len: usize,
    /// Octets of initialization vector in front of every ciphertext.
    pub iv_len: usize,
    /// Octets of integrity check value that the cipher itself makes; zero for a cipher that needs an integrity algorithm.
    pub icv_len: usize,
    /// The ciphertext is a multiple of this many octets (before the alignment that ESP asks for).
    pub block_len: usize,
    /// How it works.
    pub mode: Mode,
}

/// How the Key Length attribute relates to the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySizes {
    /// One size in bits; the attribute is not sent (RFC 7296, section 3.3.5).
    Fixed(u16),
    /// The sizes in bits that the attribute may have; the first stands for a missing attribute, as peers that leave
    /// it out mean it.
    OneOf(&'static [u16]),
    /// Any whole number of octets in this range of bits, and what a missing attribute means.
    Between {
        /// Shortest key in bits.
        min: u16,
        /// Longest key in bits.
        max: u16,
        /// Bits where the attribute is missing.
        default: u16,
    },
}

/// How a cipher works, as far as its users must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nothing is encrypted.
    Null,
    /// Cipher block chaining; the initialization vector is in front of the ciphertext.
    Cbc,
    /// Counter mode: salt, initialization vector, block counter from 1 (RFC 3686).
    Counter,
    /// Confidentiality and integrity together; the nonce is salt and initialization vector.
    Aead,
    /// Nothing is encrypted, everything is authenticated (RFC 4543).
    Gmac,
}

impl CipherFacts {
    /// The row of an algorithm.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] with its name, or its number where it has none.
    pub fn of(id: Id) -> Result<&'static Self, CryptoError> {
        FACTS
            .iter()
            .find(|facts| facts.id == id)
            .ok_or_else(|| CryptoError::Unsupported {
                what: id.short_name().to_string(),
            })
    }

    /// All algorithms that are supported.
    #[must_use]
    pub fn all() -> &'static [Self] {
        FACTS
    }

    /// Whether the cipher makes its own integrity check value, so that no integrity algorithm is negotiated.
    #[must_use]
    pub fn is_aead(&self) -> bool {
        self.icv_len > 0
    }

    /// Whether the initialization vector is the sequence number and not sent (RFC 8750).
    #[must_use]
    pub fn implicit_iv(&self) -> bool {
        self.mode == Mode::Aead && self.iv_len == 0
    }

    /// Octets that [`super::Cipher`] takes as initialization vector: those of the packet, or of the sequence number.
    #[must_use]
    pub fn nonce_iv_len(&self) -> usize {
        if self.implicit_iv() {
            IMPLICIT_IV_LEN
        } else {
            self.iv_len
        }
    }

    /// Length of the key without salt, in octets, for a Key Length attribute or its absence.
    ///
    /// # Errors
    /// [`CryptoError::KeyBits`] for a length that the algorithm does not have.
    pub fn key_len(&self, key_bits: Option<u16>) -> Result<usize, CryptoError> {
        let bits = match (self.keys, key_bits) {
            (KeySizes::Fixed(bits), None | Some(0)) => bits,
            (KeySizes::Fixed(bits), Some(asked)) if asked == bits => bits,
            (KeySizes::OneOf(sizes), None) => sizes.first().copied().unwrap_or_default(),
            (KeySizes::OneOf(sizes), Some(asked)) if sizes.contains(&asked) => asked,
            (KeySizes::Between { default, .. }, None) => default,
            (KeySizes::Between { min, max, .. }, Some(asked))
                if asked % 8 == 0 && (min..=max).contains(&asked) =>
            {
                asked
            }
            (_, asked) => {
                return Err(CryptoError::KeyBits {
                    what: self.id.short_name().to_string(),
                    bits: asked.unwrap_or_default(),
                });
            }
        };
        Ok(usize::from(bits / 8))
    }

    /// Octets of key material: key and salt (RFC 7296, section 2.13; RFC 5282, section 7.1).
    ///
    /// # Errors
    /// [`CryptoError::KeyBits`] for a length that the algorithm does not have.
    pub fn key_material_len(&self, key_bits: Option<u16>) -> Result<usize, CryptoError> {
        Ok(self.key_len(key_bits)? + self.salt_len)
    }

    /// The Key Length attribute that goes with key material of `len` octets, for keys that come without one.
    ///
    /// # Errors
    /// [`CryptoError::KeyMaterial`] when no key of the algorithm has this length.
    pub fn key_bits_of_material(&self, len: usize) -> Result<Option<u16>, CryptoError> {
        let wrong = || CryptoError::KeyMaterial {
            what: self.id.short_name().to_string(),
            expected: self.nearest_key_material_len(len),
            actual: len,
        };
        if let KeySizes::Fixed(_) = self.keys {
            return match self.key_material_len(None)? == len {
                true => Ok(None),
                false => Err(wrong()),
            };
        }
        let bits = len
            .checked_sub(self.salt_len)
            .and_then(|octets| octets.checked_mul(8))
            .and_then(|bits| u16::try_from(bits).ok())
            .ok_or_else(wrong)?;
        self.key_len(Some(bits)).map_err(|_| wrong())?;
        Ok(Some(bits))
    }

    /// Of the lengths that key material may have the one that is nearest to `len`.
    fn nearest_key_material_len(&self, len: usize) -> usize {
        let octets = |bits: u16| usize::from(bits / 8) + self.salt_len;
        match self.keys {
            KeySizes::Fixed(bits) => octets(bits),
            KeySizes::OneOf(sizes) => {
                let lens = sizes.iter().map(|bits| octets(*bits));
                lens.min_by_key(|one| one.abs_diff(len)).unwrap_or_default()
            }
            KeySizes::Between { min, max, .. } => len.clamp(octets(min), octets(max)),
        }
    }
}

/// The 64-bit sequence number, or four zero octets and the 32-bit one (RFC 8750, section 4).
const IMPLICIT_IV_LEN: usize = 8;

const AES: KeySizes = KeySizes::OneOf(&[128, 192, 256]);

const fn cbc(id: Id, keys: KeySizes, block_len: usize) -> CipherFacts {
    CipherFacts {
        id,
        keys,
        salt_len: 0,
        iv_len: block_len,
        icv_len: 0,
        block_len,
        mode: Mode::Cbc,
    }
}

const fn counter(id: Id) -> CipherFacts {
    CipherFacts {
        id,
        keys: AES,
        salt_len: 4,
        iv_len: 8,
        icv_len: 0,
        block_len: 1,
        mode: Mode::Counter,
    }
}

const fn aead(
    id: Id,
    keys: KeySizes,
    salt_len: usize,
    iv_len: usize,
    icv_len: usize,
) -> CipherFacts {
    CipherFacts {
        id,
        keys,
        salt_len,
        iv_len,
        icv_len,
        block_len: 1,
        mode: Mode::Aead,
    }
}

static FACTS: &[CipherFacts] = &[
    cbc(Id::DES, KeySizes::Fixed(64), 8),
    cbc(Id::TRIPLE_DES, KeySizes::Fixed(192), 8),
    cbc(Id::IDEA, KeySizes::Fixed(128), 8),
    cbc(
        Id::CAST,
        KeySizes::Between {
            min: 40,
            max: 128,
            default: 128,
        },
        8,
    ),
    cbc(
        Id::BLOWFISH,
        KeySizes::Between {
            min: 40,
            max: 448,
            default: 128,
        },
        8,
    ),
    CipherFacts {
        id: Id::NULL,
        keys: KeySizes::Fixed(0),
        salt_len: 0,
        iv_len: 0,
        icv_len: 0,
        block_len: 1,
        mode: Mode::Null,
    },
    cbc(Id::AES_CBC, AES, 16),
    counter(Id::AES_CTR),
    aead(Id::AES_CCM_8, AES, 3, 8, 8),
    aead(Id::AES_CCM_12, AES, 3, 8, 12),
    aead(Id::AES_CCM_16, AES, 3, 8, 16),
    aead(Id::AES_GCM_8, AES, 4, 8, 8),
    aead(Id::AES_GCM_12, AES, 4, 8, 12),
    aead(Id::AES_GCM_16, AES, 4, 8, 16),
    CipherFacts {
        id: Id::NULL_AUTH_AES_GMAC,
        keys: AES,
        salt_len: 4,
        iv_len: 8,
        icv_len: 16,
        block_len: 1,
        mode: Mode::Gmac,
    },
    cbc(Id::CAMELLIA_CBC, AES, 16),
    counter(Id::CAMELLIA_CTR),
    aead(Id::CAMELLIA_CCM_8, AES, 3, 8, 8),
    aead(Id::CAMELLIA_CCM_12, AES, 3, 8, 12),
    aead(Id::CAMELLIA_CCM_16, AES, 3, 8, 16),
    cbc(Id::SERPENT_CBC, AES, 16),
    cbc(Id::TWOFISH_CBC, AES, 16),
    cbc(Id::TWOFISH_CBC_SSH, AES, 16),
    cbc(Id::SERPENT_CBC_STRONGSWAN, AES, 16),
    cbc(Id::TWOFISH_CBC_STRONGSWAN, AES, 16),
    aead(Id::CHACHA20_POLY1305, KeySizes::Fixed(256), 4, 8, 16),
    aead(Id::AES_CCM_8_IIV, AES, 3, 0, 8),
    aead(Id::AES_GCM_16_IIV, AES, 4, 0, 16),
    aead(Id::CHACHA20_POLY1305_IIV, KeySizes::Fixed(256), 4, 0, 16),
];
