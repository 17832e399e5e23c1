//! A piece of key material, and what was said beside it.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use ikescope_dissectors::registries::ikev2::{
    EncryptionAlgorithm, IntegrityAlgorithm, KeyExchangeMethod, Prf,
};

use ikescope_dissectors::{IkeSpi, Spi};

use super::address::AddressPattern;
use super::format::Format;
use crate::Secret;

/// Key material with its origin.
///
/// Algorithms carry IKEv2's numbers, also those of IKEv1 ([`crate::ikev1`] maps them). Whatever a format does not say is
/// `None`: its user finds it in a capture, or by trying.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Where it was read.
    pub source: Source,
    /// What it was written in.
    pub format: Format,
    /// What it is.
    pub material: Material,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Source {
    /// The name that the user gave the file.
    pub file: Arc<str>,
    /// The line on which the material begins, from 1.
    pub line: usize,
}

/// `FILE:LINE`.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// The kinds of key material.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Material {
    /// The encryption key of an ISAKMP SA.
    Ikev1Key(Ikev1Key),
    /// SKEYID and what follows from it.
    Ikev1Skeyid(Ikev1Skeyid),
    /// SK_* of an IKE SA, all or some.
    Ikev2Keys(Ikev2Keys),
    /// SKEYSEED of an IKE SA.
    Skeyseed(Skeyseed),
    /// The result of a key exchange.
    DhSecret(DhSecret),
    /// One side's private value of a key exchange.
    DhPrivate(DhPrivate),
    /// A pre-shared key.
    Psk(Psk),
    /// A post-quantum pre-shared key (RFC 8784).
    Ppk(Ppk),
    /// The key that an EAP method exported (RFC 7296, section 2.16).
    EapMsk(EapMsk),
    /// One direction of an ESP SA.
    EspSa(EspSa),
    /// One direction of an AH SA.
    AhSa(AhSa),
}

impl Material {
    /// The kind's name, as `--format json` shows it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Ikev1Key(_) => "ikev1-key",
            Self::Ikev1Skeyid(_) => "ikev1-skeyid",
            Self::Ikev2Keys(_) => "ikev2-keys",
            Self::Skeyseed(_) => "skeyseed",
            Self::DhSecret(_) => "dh-secret",
            Self::DhPrivate(_) => "dh-private",
            Self::Psk(_) => "psk",
            Self::Ppk(_) => "ppk",
            Self::EapMsk(_) => "eap-msk",
            Self::EspSa(_) => "esp-sa",
            Self::AhSa(_) => "ah-sa",
        }
    }

    /// The IKE SA it belongs to, as far as that is known.
    #[must_use]
    pub fn ike_sa(&self) -> IkeSpis {
        match self {
            Self::Ikev1Key(key) => key.sa,
            Self::Ikev1Skeyid(keys) => keys.sa,
            Self::Ikev2Keys(keys) => keys.sa,
            Self::Skeyseed(key) => key.sa,
            Self::DhSecret(key) => key.sa,
            Self::DhPrivate(key) => key.sa,
            Self::Psk(_) | Self::Ppk(_) => IkeSpis::default(),
            Self::EapMsk(key) => key.sa,
            Self::EspSa(sa) => sa.sa,
            Self::AhSa(sa) => sa.sa,
        }
    }

    /// What is secret in it, with its name. Whoever shows the octets was asked to.
    #[must_use]
    pub fn values(&self) -> Vec<(&'static str, &Secret)> {
        match self {
            Self::Ikev1Key(key) => vec![("key", &key.key)],
            Self::Ikev1Skeyid(keys) => present(&[
                ("skeyid", &keys.skeyid),
                ("skeyid_d", &keys.skeyid_d),
                ("skeyid_a", &keys.skeyid_a),
                ("skeyid_e", &keys.skeyid_e),
                ("key", &keys.key),
            ]),
            Self::Ikev2Keys(keys) => present(&[
                ("sk_d", &keys.sk_d),
                ("sk_ai", &keys.sk_ai),
                ("sk_ar", &keys.sk_ar),
                ("sk_ei", &keys.sk_ei),
                ("sk_er", &keys.sk_er),
                ("sk_pi", &keys.sk_pi),
                ("sk_pr", &keys.sk_pr),
            ]),
            Self::Skeyseed(key) => vec![("skeyseed", &key.skeyseed)],
            Self::DhSecret(key) => vec![("shared_secret", &key.shared)],
            Self::DhPrivate(key) => vec![("private_value", &key.private)],
            Self::Psk(key) => vec![("psk", &key.secret)],
            Self::Ppk(key) => vec![("ppk", &key.secret)],
            Self::EapMsk(key) => vec![("msk", &key.msk)],
            Self::EspSa(sa) => [
                ("encr_key", &sa.encryption_key),
                ("integ_key", &sa.integrity_key),
            ]
            .into_iter()
            .filter(|(_, key)| !key.is_empty())
            .collect(),
            Self::AhSa(sa) => vec![("integ_key", &sa.integrity_key)],
        }
    }
}

fn present<'k>(values: &[(&'static str, &'k Option<Secret>)]) -> Vec<(&'static str, &'k Secret)> {
    values
        .iter()
        .filter_map(|(name, value)| value.as_ref().map(|value| (*name, value)))
        .collect()
}

/// The names of all kinds, as [`Material::kind`] has them.
pub(super) const KINDS: &[&str] = &[
    "ikev1-key",
    "ikev1-skeyid",
    "ikev2-keys",
    "skeyseed",
    "dh-secret",
    "dh-private",
    "psk",
    "ppk",
    "eap-msk",
    "esp-sa",
    "ah-sa",
];

/// The SPIs of an IKE SA, as far as they are known. Zero is never kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct IkeSpis {
    /// SPIi, CKY-I.
    pub initiator: Option<IkeSpi>,
    /// SPIr, CKY-R.
    pub responder: Option<IkeSpi>,
}

impl IkeSpis {
    /// Both SPIs; zero means that it is not known.
    #[must_use]
    pub fn new(initiator: IkeSpi, responder: IkeSpi) -> Self {
        let known = |spi: IkeSpi| (spi != IkeSpi::NONE).then_some(spi);
        Self {
            initiator: known(initiator),
            responder: known(responder),
        }
    }

    /// Whether nothing here contradicts these SPIs. Material without SPIs may belong to any SA.
    #[must_use]
    pub fn may_be(&self, initiator: IkeSpi, responder: IkeSpi) -> bool {
        self.initiator.is_none_or(|spi| spi == initiator)
            && self.responder.is_none_or(|spi| spi == responder)
    }

    /// Whether neither SPI is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.initiator.is_none() && self.responder.is_none()
    }
}

/// Which end of an IKE SA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Who began the exchange.
    Initiator,
    /// Who answered.
    Responder,
}

/// The contents of two Nonce payloads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoncePair {
    /// Ni, of whoever began the exchange.
    pub initiator: Vec<u8>,
    /// Nr.
    pub responder: Vec<u8>,
}

/// The encryption key of an ISAKMP SA: the start of SKEYID_e or of Ka (RFC 2409, appendix B).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ikev1Key {
    /// CKY-I and CKY-R.
    pub sa: IkeSpis,
    /// The cipher.
    pub encryption: Option<EncryptionAlgorithm>,
    /// Its key length in bits.
    pub key_bits: Option<u16>,
    /// The key.
    pub key: Secret,
}

/// SKEYID, SKEYID_d, SKEYID_a, SKEYID_e and the encryption key, as far as they are known (RFC 2409, section 5).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ikev1Skeyid {
    /// CKY-I and CKY-R.
    pub sa: IkeSpis,
    /// The cipher.
    pub encryption: Option<EncryptionAlgorithm>,
    /// Its key length in bits.
    pub key_bits: Option<u16>,
    /// The negotiated function, or HMAC of the negotiated hash.
    pub prf: Option<Prf>,
    /// Authenticates phase 1.
    pub skeyid: Option<Secret>,
    /// Derives the keys of IPsec SAs.
    pub skeyid_d: Option<Secret>,
    /// Authenticates messages of phase 2.
    pub skeyid_a: Option<Secret>,
    /// Encrypts messages.
    pub skeyid_e: Option<Secret>,
    /// The encryption key made from SKEYID_e.
    pub key: Option<Secret>,
    /// The initialization vector of the first encrypted message of phase 1.
    pub initial_iv: Option<Vec<u8>>,
}

/// SK_d, SK_a*, SK_e* and SK_p*, as far as they are known (RFC 7296, section 2.14). SK_e* have their salt behind the key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ikev2Keys {
    /// SPIi and SPIr.
    pub sa: IkeSpis,
    /// Transform Type 1.
    pub encryption: Option<EncryptionAlgorithm>,
    /// Its Key Length in bits.
    pub key_bits: Option<u16>,
    /// Transform Type 2.
    pub prf: Option<Prf>,
    /// Transform Type 3; [`IntegrityAlgorithm::NONE`] for a combined mode.
    pub integrity: Option<IntegrityAlgorithm>,
    /// Octets of integrity check value where the format tells them and not the algorithm: nothing can be verified.
    pub icv_len: Option<usize>,
    /// Which set of keys of these SPIs, in order of appearance (RFC 9370, section 2.2.2): 0 those of IKE_SA_INIT.
    pub epoch: Option<u32>,
    /// The nonces of the exchange that made the SA.
    pub nonces: Option<NoncePair>,
    /// Derives the keys of children.
    pub sk_d: Option<Secret>,
    /// Integrity of the initiator's messages.
    pub sk_ai: Option<Secret>,
    /// Integrity of the responder's messages.
    pub sk_ar: Option<Secret>,
    /// Encryption of the initiator's messages.
    pub sk_ei: Option<Secret>,
    /// Encryption of the responder's messages.
    pub sk_er: Option<Secret>,
    /// Authentication of the initiator.
    pub sk_pi: Option<Secret>,
    /// Authentication of the responder.
    pub sk_pr: Option<Secret>,
}

/// SKEYSEED (RFC 7296, section 2.14).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skeyseed {
    /// SPIi and SPIr.
    pub sa: IkeSpis,
    /// Transform Type 1.
    pub encryption: Option<EncryptionAlgorithm>,
    /// Its Key Length in bits.
    pub key_bits: Option<u16>,
    /// Transform Type 2.
    pub prf: Option<Prf>,
    /// Transform Type 3.
    pub integrity: Option<IntegrityAlgorithm>,
    /// Which set of keys of these SPIs; see [`Ikev2Keys::epoch`].
    pub epoch: Option<u32>,
    /// The nonces of the exchange that made the SA.
    pub nonces: Option<NoncePair>,
    /// SKEYSEED.
    pub skeyseed: Secret,
}

/// The result of a key exchange, g^ir, g^xy or SK(n) of RFC 9370. Where nothing names its exchange it may belong to any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DhSecret {
    /// The IKE SA whose exchange it was. For a child's, the IKE SA that carried it.
    pub sa: IkeSpis,
    /// The SPIs of the child that the exchange made.
    pub child_spis: Vec<Spi>,
    /// The method.
    pub group: Option<KeyExchangeMethod>,
    /// A public value of the exchange: Key Exchange Data of either side.
    pub public: Option<Vec<u8>>,
    /// Which key exchange of these SPIs: 0 that of IKE_SA_INIT, n the additional key exchange n (RFC 9370).
    pub epoch: Option<u32>,
    /// The shared secret.
    pub shared: Secret,
}

/// One side's private value of a key exchange.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DhPrivate {
    /// The IKE SA whose exchange it was; see [`DhSecret::sa`].
    pub sa: IkeSpis,
    /// The SPIs of the child that the exchange made.
    pub child_spis: Vec<Spi>,
    /// The method.
    pub group: Option<KeyExchangeMethod>,
    /// The public value that goes with it, or the peer's.
    pub public: Option<Vec<u8>>,
    /// Which key exchange of these SPIs; see [`DhSecret::epoch`].
    pub epoch: Option<u32>,
    /// Whose it is.
    pub side: Option<Side>,
    /// The private value: the exponent or scalar, most significant octet first as the group has it on the wire
    /// (Curve25519 and Curve448: as RFC 7748 has it), the seed of ML-KEM.
    pub private: Secret,
}

/// A pre-shared key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Psk {
    /// Identities and addresses it is for, as they were written; none means any.
    pub selectors: Vec<String>,
    /// The key.
    pub secret: Secret,
}

/// A post-quantum pre-shared key (RFC 8784).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ppk {
    /// PPK_ID without its type octet, where it is known.
    pub id: Option<Vec<u8>>,
    /// The key.
    pub secret: Secret,
}

/// The MSK of an EAP method.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EapMsk {
    /// SPIi and SPIr.
    pub sa: IkeSpis,
    /// The key.
    pub msk: Secret,
}

/// One direction of an ESP SA.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EspSa {
    /// Outer source. Where an SPI is known it is a hint alone: NAT and MOBIKE change addresses.
    pub src: Option<AddressPattern>,
    /// Outer destination.
    pub dst: Option<AddressPattern>,
    /// The SPI; `None` for any.
    pub spi: Option<Spi>,
    /// The IKE SA it was made under.
    pub sa: IkeSpis,
    /// The cipher.
    pub encryption: Option<EncryptionAlgorithm>,
    /// Its key length in bits.
    pub key_bits: Option<u16>,
    /// Key, and salt behind it.
    pub encryption_key: Secret,
    /// The integrity algorithm; [`IntegrityAlgorithm::NONE`] where there is none, `None` where it is not known.
    pub integrity: Option<IntegrityAlgorithm>,
    /// Octets of integrity check value, where they were told. Beside an algorithm it may be shorter than the algorithm's
    /// own, as HMAC-SHA2-256 cut to 96 bits; without one it is to be cut off unchecked.
    pub icv_len: Option<usize>,
    /// Key of the integrity algorithm.
    pub integrity_key: Secret,
    /// Whether sequence numbers are extended (RFC 4303, section 2.2.1).
    pub esn: Option<bool>,
    /// High half of the sequence number at the time that was written down.
    pub sequence_high: Option<u32>,
    /// Source and destination of what is inside in BEET mode, whose packets do not carry them
    /// (draft-nikander-esp-beet-mode-09, section 4.1).
    pub beet: Option<(IpAddr, IpAddr)>,
}

/// One direction of an AH SA.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AhSa {
    /// Source.
    pub src: Option<AddressPattern>,
    /// Destination.
    pub dst: Option<AddressPattern>,
    /// The SPI; `None` for any.
    pub spi: Option<Spi>,
    /// The IKE SA it was made under.
    pub sa: IkeSpis,
    /// The algorithm.
    pub integrity: Option<IntegrityAlgorithm>,
    /// Octets of integrity check value; see [`EspSa::icv_len`].
    pub icv_len: Option<usize>,
    /// Its key.
    pub integrity_key: Secret,
    /// Whether sequence numbers are extended (RFC 4302, section 2.5.1).
    pub esn: Option<bool>,
    /// High half of the sequence number at the time that was written down.
    pub sequence_high: Option<u32>,
}
