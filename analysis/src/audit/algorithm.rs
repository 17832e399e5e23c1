//! An algorithm as a proposal names it, whichever registry it comes from.

use std::fmt;

use ikescope_dissectors::registries::suite_name;
use ikescope_dissectors::registries::{ikev1, ikev2};
use ikescope_dissectors::{Registry, ikev1 as wire1, ikev2 as wire2};

/// What an algorithm is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Encryption.
    Encryption,
    /// Pseudorandom function; the hash of IKEv1, which is used as one.
    Prf,
    /// Integrity.
    Integrity,
    /// Key exchange, or Diffie-Hellman group.
    KeyExchange,
    /// Authentication of peers.
    Authentication,
}

/// A number of one of the registries of IKEv1, IKEv2 and the IPsec DOI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Number {
    /// Transform type 1.
    Encr(ikev2::EncryptionAlgorithm),
    /// Transform type 2.
    Prf(ikev2::Prf),
    /// Transform type 3.
    Integ(ikev2::IntegrityAlgorithm),
    /// Transform type 4, or an additional key exchange.
    Ke(ikev2::KeyExchangeMethod),
    /// Method of an AUTH payload.
    Auth(ikev2::AuthenticationMethod),
    /// Encryption Algorithm of phase 1.
    PhaseOneEncr(ikev1::EncryptionAlgorithm),
    /// Hash Algorithm of phase 1.
    Hash(ikev1::HashAlgorithm),
    /// Authentication Method of phase 1.
    PhaseOneAuth(ikev1::AuthenticationMethod),
    /// Group Description.
    Group(ikev1::GroupDescription),
    /// ESP transform of quick mode.
    EspTransform(ikev1::EspTransform),
    /// Authentication Algorithm of quick mode.
    EspAuth(ikev1::IpsecAuthentication),
}

/// A number with its key length.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Algorithm {
    /// The number.
    pub number: Number,
    /// Bits of a Key Length attribute.
    pub key_bits: Option<u16>,
}

impl Algorithm {
    /// An algorithm without a key length.
    #[must_use]
    pub const fn new(number: Number) -> Self {
        Self {
            number,
            key_bits: None,
        }
    }

    /// A cipher of IKEv2.
    #[must_use]
    pub const fn encr(cipher: ikev2::EncryptionAlgorithm, key_bits: Option<u16>) -> Self {
        Self {
            number: Number::Encr(cipher),
            key_bits,
        }
    }

    /// A pseudorandom function of IKEv2.
    #[must_use]
    pub const fn prf(prf: ikev2::Prf) -> Self {
        Self::new(Number::Prf(prf))
    }

    /// An integrity algorithm of IKEv2.
    #[must_use]
    pub const fn integ(integ: ikev2::IntegrityAlgorithm) -> Self {
        Self::new(Number::Integ(integ))
    }

    /// A key exchange method of IKEv2.
    #[must_use]
    pub const fn ke(method: ikev2::KeyExchangeMethod) -> Self {
        Self::new(Number::Ke(method))
    }

    /// What it is for.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self.number {
            Number::Encr(_) | Number::PhaseOneEncr(_) | Number::EspTransform(_) => Kind::Encryption,
            Number::Prf(_) | Number::Hash(_) => Kind::Prf,
            Number::Integ(_) | Number::EspAuth(_) => Kind::Integrity,
            Number::Ke(_) | Number::Group(_) => Kind::KeyExchange,
            Number::Auth(_) | Number::PhaseOneAuth(_) => Kind::Authentication,
        }
    }

    /// The number on the wire.
    #[must_use]
    pub fn id(self) -> u32 {
        match self.number {
            Number::Encr(number) => number.value(),
            Number::Prf(number) => number.value(),
            Number::Integ(number) => number.value(),
            Number::Ke(number) => number.value(),
            Number::Auth(number) => number.value(),
            Number::PhaseOneEncr(number) => number.value(),
            Number::Hash(number) => number.value(),
            Number::PhaseOneAuth(number) => number.value(),
            Number::Group(number) => number.value(),
            Number::EspTransform(number) => number.value(),
            Number::EspAuth(number) => number.value(),
        }
    }

    /// Whether a registry has a name for the number.
    #[must_use]
    pub fn is_registered(self) -> bool {
        self.iana_name().is_some()
    }

    /// IANA's name, in the registry of the number.
    #[must_use]
    pub fn iana_name(self) -> Option<&'static str> {
        match self.number {
            Number::Encr(number) => number.name(),
            Number::Prf(number) => number.name(),
            Number::Integ(number) => number.name(),
            Number::Ke(number) => number.name(),
            Number::Auth(number) => number.name(),
            Number::PhaseOneEncr(number) => number.name(),
            Number::Hash(number) => number.name(),
            Number::PhaseOneAuth(number) => number.name(),
            Number::Group(number) => number.name(),
            Number::EspTransform(number) => number.name(),
            Number::EspAuth(number) => number.name(),
        }
    }

    /// Where the number is defined.
    #[must_use]
    pub fn reference(self) -> Option<&'static str> {
        match self.number {
            Number::Encr(number) => number.reference(),
            Number::Prf(number) => number.reference(),
            Number::Integ(number) => number.reference(),
            Number::Ke(number) => number.reference(),
            Number::Auth(number) => number.reference(),
            Number::PhaseOneEncr(number) => number.reference(),
            Number::Hash(number) => number.reference(),
            Number::PhaseOneAuth(number) => number.reference(),
            Number::Group(number) => number.reference(),
            Number::EspTransform(number) => number.reference(),
            Number::EspAuth(number) => number.reference(),
        }
    }

    /// Whether the number belongs to IKEv1 or to its quick mode.
    #[must_use]
    pub const fn is_of_v1(self) -> bool {
        matches!(
            self.number,
            Number::PhaseOneEncr(_)
                | Number::Hash(_)
                | Number::PhaseOneAuth(_)
                | Number::Group(_)
                | Number::EspTransform(_)
                | Number::EspAuth(_)
        )
    }

    /// Whether the number means what its two peers agree on. A number of a vendor that has become known is private use
    /// all the same.
    #[must_use]
    pub const fn is_private_use(self) -> bool {
        match self.number {
            Number::Encr(ikev2::EncryptionAlgorithm(id))
            | Number::Prf(ikev2::Prf(id))
            | Number::Integ(ikev2::IntegrityAlgorithm(id))
            | Number::Ke(ikev2::KeyExchangeMethod(id)) => id >= 1024,
            Number::Auth(ikev2::AuthenticationMethod(id)) => id >= 201,
            Number::PhaseOneEncr(ikev1::EncryptionAlgorithm(id))
            | Number::Hash(ikev1::HashAlgorithm(id)) => id >= 65001,
            Number::PhaseOneAuth(_) => false,
            Number::Group(ikev1::GroupDescription(id)) => id >= 32768,
            Number::EspTransform(ikev1::EspTransform(id)) => id >= 249,
            Number::EspAuth(ikev1::IpsecAuthentication(id)) => id >= 61440,
        }
    }

    /// Whether a cipher protects integrity too.
    #[must_use]
    pub const fn is_aead(self) -> bool {
        match self.number {
            Number::Encr(cipher) => cipher.is_aead(),
            Number::EspTransform(cipher) => cipher.is_aead(),
            _ => false,
        }
    }

    /// Whether a cipher does not hide anything.
    #[must_use]
    pub fn is_without_encryption(self) -> bool {
        use ikev2::EncryptionAlgorithm as E;
        matches!(
            self.as_v2().map(|same| same.number),
            Some(Number::Encr(E::NULL | E::NULL_AUTH_AES_GMAC))
        )
    }

    /// Whether this is transform 0: no integrity algorithm, no key exchange.
    #[must_use]
    pub const fn is_none(self) -> bool {
        matches!(
            self.number,
            Number::Integ(ikev2::IntegrityAlgorithm::NONE)
                | Number::Ke(ikev2::KeyExchangeMethod::NONE)
        )
    }

    /// The number of IKEv2 for the same algorithm; `None` if IKEv2 has none, and for authentication methods.
    #[must_use]
    pub fn as_v2(self) -> Option<Self> {
        use ikev2::EncryptionAlgorithm as E;
        use ikev2::IntegrityAlgorithm as I;
        let encr = |cipher| Some(Number::Encr(cipher));
        let integ = |algorithm| Some(Number::Integ(algorithm));
        let number = match self.number {
            Number::Auth(_) | Number::PhaseOneAuth(_) => None,
            Number::PhaseOneEncr(cipher) => match cipher {
                ikev1::EncryptionAlgorithm::DES_CBC => encr(E::DES),
                ikev1::EncryptionAlgorithm::IDEA_CBC => encr(E::IDEA),
                ikev1::EncryptionAlgorithm::BLOWFISH_CBC => encr(E::BLOWFISH),
                ikev1::EncryptionAlgorithm::RC5_R16_B64_CBC => encr(E::RC5),
                ikev1::EncryptionAlgorithm::TRIPLE_DES_CBC => encr(E::TRIPLE_DES),
                ikev1::EncryptionAlgorithm::CAST_CBC => encr(E::CAST),
                ikev1::EncryptionAlgorithm::AES_CBC => encr(E::AES_CBC),
                ikev1::EncryptionAlgorithm::CAMELLIA_CBC => encr(E::CAMELLIA_CBC),
                _ => None,
            },
            Number::Hash(hash) => match hash {
                ikev1::HashAlgorithm::MD5 => Some(Number::Prf(ikev2::Prf::HMAC_MD5)),
                ikev1::HashAlgorithm::SHA1 => Some(Number::Prf(ikev2::Prf::HMAC_SHA1)),
                ikev1::HashAlgorithm::TIGER => Some(Number::Prf(ikev2::Prf::HMAC_TIGER)),
                ikev1::HashAlgorithm::SHA2_256 => Some(Number::Prf(ikev2::Prf::HMAC_SHA2_256)),
                ikev1::HashAlgorithm::SHA2_384 => Some(Number::Prf(ikev2::Prf::HMAC_SHA2_384)),
                ikev1::HashAlgorithm::SHA2_512 => Some(Number::Prf(ikev2::Prf::HMAC_SHA2_512)),
                _ => None,
            },
            // The registry of IKEv2 continues that of IKEv1; groups 6 to 13 exist in drafts of IKEv1 only.
            Number::Group(ikev1::GroupDescription(id)) => match id {
                6..=13 | 32768.. => None,
                _ => Some(Number::Ke(ikev2::KeyExchangeMethod(id))),
            },
            Number::EspTransform(cipher) => match cipher {
                ikev1::EspTransform::CAMELLIA => encr(E::CAMELLIA_CBC),
                ikev1::EspTransform::NULL_AUTH_AES_GMAC => encr(E::NULL_AUTH_AES_GMAC),
                ikev1::EspTransform(id @ (1..=9 | 11..=20)) => encr(E(u16::from(id))),
                _ => None,
            },
            Number::EspAuth(algorithm) => match algorithm {
                ikev1::IpsecAuthentication::HMAC_MD5 => integ(I::HMAC_MD5_96),
                ikev1::IpsecAuthentication::HMAC_SHA => integ(I::HMAC_SHA1_96),
                ikev1::IpsecAuthentication::DES_MAC => integ(I::DES_MAC),
                ikev1::IpsecAuthentication::KPDK => integ(I::KPDK_MD5),
                ikev1::IpsecAuthentication::HMAC_SHA2_256 => integ(I::HMAC_SHA2_256_128),
                ikev1::IpsecAuthentication::HMAC_SHA2_384 => integ(I::HMAC_SHA2_384_192),
                ikev1::IpsecAuthentication::HMAC_SHA2_512 => integ(I::HMAC_SHA2_512_256),
                ikev1::IpsecAuthentication::AES_XCBC_MAC => integ(I::AES_XCBC_96),
                ikev1::IpsecAuthentication::AES_128_GMAC => integ(I::AES_128_GMAC),
                ikev1::IpsecAuthentication::AES_192_GMAC => integ(I::AES_192_GMAC),
                ikev1::IpsecAuthentication::AES_256_GMAC => integ(I::AES_256_GMAC),
                _ => None,
            },
            same => Some(same),
        };
        number.map(|number| Self {
            number,
            key_bits: self.key_bits,
        })
    }

    /// The algorithm of a transform of IKEv2; `None` for types that carry no algorithm.
    #[must_use]
    pub fn of_transform(transform: &wire2::Transform<'_>) -> Option<Self> {
        use ikev2::TransformType as T;
        let id = transform.id;
        let number = match transform.transform_type {
            T::ENCR => Number::Encr(ikev2::EncryptionAlgorithm(id)),
            T::PRF => Number::Prf(ikev2::Prf(id)),
            T::INTEG => Number::Integ(ikev2::IntegrityAlgorithm(id)),
            kind if kind == T::KE || kind.additional_key_exchange().is_some() => {
                Number::Ke(ikev2::KeyExchangeMethod(id))
            }
            _ => return None,
        };
        let is_cipher = transform.transform_type == T::ENCR;
        Some(Self {
            number,
            key_bits: transform.key_length().filter(|_| is_cipher),
        })
    }

    /// The cipher of a transform of IKEv1, of phase 1 or of ESP.
    #[must_use]
    pub fn cipher_of(transform: &wire1::Transform<'_>) -> Option<Self> {
        let number = match transform.id {
            wire1::TransformId::Isakmp(_) => Number::PhaseOneEncr(transform.encryption()?),
            wire1::TransformId::Esp(cipher) => Number::EspTransform(cipher),
            _ => return None,
        };
        Some(Self {
            number,
            key_bits: transform.key_length(),
        })
    }
}

/// As in suites: `AES-CBC-256`, `MODP-1024`, `ENCR-2000`.
impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            Number::Encr(cipher) => f.pad(&suite_name(cipher, self.key_bits)),
            Number::PhaseOneEncr(cipher) => f.pad(&suite_name(cipher, self.key_bits)),
            Number::EspTransform(cipher) => f.pad(&suite_name(cipher, self.key_bits)),
            Number::Prf(number) => number.short_name().fmt(f),
            Number::Integ(number) => number.short_name().fmt(f),
            Number::Ke(number) => number.short_name().fmt(f),
            Number::Auth(number) => number.short_name().fmt(f),
            Number::Hash(number) => number.short_name().fmt(f),
            Number::PhaseOneAuth(number) => number.short_name().fmt(f),
            Number::Group(number) => number.short_name().fmt(f),
            Number::EspAuth(number) => number.short_name().fmt(f),
        }
    }
}

impl fmt::Debug for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Kind {
    /// As in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Encryption => "encr",
            Self::Prf => "prf",
            Self::Integrity => "integ",
            Self::KeyExchange => "ke",
            Self::Authentication => "auth",
        }
    }
}
