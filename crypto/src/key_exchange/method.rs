//! One face for all key exchange methods.

use ikescope_dissectors::Registry;
use ikescope_dissectors::registries::ikev2::KeyExchangeMethod as Id;

use super::curves::{CURVES, Curve};
use super::ml_kem::{self, ML_KEM_512, ML_KEM_768, ML_KEM_1024, Parameters};
use super::modp_groups::{GROUPS, Group};
use super::montgomery::{SHORT_LEN, X448_LEN, X25519_LEN, short_x25519, x448, x25519};
use crate::{CryptoError, Secret};

/// The lengths of a key exchange method, in octets.
#[derive(Debug, Clone, Copy)]
pub struct KeyExchangeFacts {
    /// Transform Type 4 of IKEv2; groups of IKEv1 have the same numbers.
    pub id: Id,
    /// Key Exchange Data of the initiator.
    pub initiator_len: usize,
    /// Key Exchange Data of the responder; differs from the initiator's for ML-KEM only.
    pub responder_len: usize,
    /// The shared secret as it enters key derivation.
    pub shared_len: usize,
    /// Random octets to draw for an initiator's private value.
    pub private_len: usize,
    /// Random octets to draw for a responder's private value.
    pub responder_private_len: usize,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Modp(&'static Group),
    Curve(&'static Curve),
    X25519,
    X448,
    MlKem(&'static Parameters),
}

impl KeyExchangeFacts {
    /// The facts of a method.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] with its name, or its number where it has none.
    pub fn of(id: Id) -> Result<Self, CryptoError> {
        let of_len = |kind, public_len, shared_len, private_len| Self {
            id,
            initiator_len: public_len,
            responder_len: public_len,
            shared_len,
            private_len,
            responder_private_len: private_len,
            kind,
        };
        if let Some(group) = GROUPS.iter().find(|group| group.id == id) {
            let len = group.len();
            let private_len = len.min(MODP_PRIVATE_LEN);
            return Ok(of_len(Kind::Modp(group), len, len, private_len));
        }
        if let Some(curve) = CURVES.iter().find(|curve| curve.id == id) {
            let len = curve.field_len;
            return Ok(of_len(Kind::Curve(curve), 2 * len, len, len));
        }
        let parameters = match id {
            Id::CURVE25519 => return Ok(of_len(Kind::X25519, X25519_LEN, X25519_LEN, X25519_LEN)),
            Id::CURVE448 => return Ok(of_len(Kind::X448, X448_LEN, X448_LEN, X448_LEN)),
            Id::ML_KEM_512 => &ML_KEM_512,
            Id::ML_KEM_768 => &ML_KEM_768,
            Id::ML_KEM_1024 => &ML_KEM_1024,
            _ => {
                return Err(CryptoError::Unsupported {
                    what: format!("key exchange method {}", id.short_name()),
                });
            }
        };
        Ok(Self {
            responder_len: parameters.ciphertext_len,
            responder_private_len: ml_kem::RANDOMNESS_LEN,
            ..of_len(
                Kind::MlKem(parameters),
                parameters.public_len,
                ML_KEM_SHARED_LEN,
                ml_kem::SEED_LEN,
            )
        })
    }

    fn private_error(&self, reason: &'static str) -> CryptoError {
        CryptoError::PrivateValue {
            method: self.id.short_name().to_string(),
            reason,
        }
    }

    fn public_error(&self, reason: &'static str) -> CryptoError {
        CryptoError::PublicValue {
            method: self.id.short_name().to_string(),
            reason,
        }
    }
}

/// A key exchange method with a private value.
#[derive(Debug)]
pub struct KeyExchange {
    facts: KeyExchangeFacts,
    private: Secret,
}

impl KeyExchange {
    /// Takes a private value: a big-endian exponent or scalar of any length for the MODP groups and the ECP and brainpool
    /// curves (the latter take it modulo the order), 32 or 56 octets for Curve25519 and Curve448, the seed of 64 octets for
    /// ML-KEM.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`], or [`CryptoError::PrivateValue`] for a wrong length or zero.
    pub fn new(id: Id, private: &[u8]) -> Result<Self, CryptoError> {
        let facts = KeyExchangeFacts::of(id)?;
        let fixed = matches!(facts.kind, Kind::X25519 | Kind::X448 | Kind::MlKem(_));
        if fixed && private.len() != facts.private_len {
            return Err(facts.private_error("it has the wrong length"));
        }
        if private.len() > MAX_PRIVATE_LEN {
            return Err(facts.private_error("it is longer than any group"));
        }
        if !fixed && private.iter().all(|octet| *octet == 0) {
            return Err(facts.private_error("it is zero"));
        }
        Ok(Self {
            facts,
            private: private.into(),
        })
    }

    /// One that protects nothing, for asking very many peers: with Curve25519 the private value has 128 bits, of which half
    /// the time of a scalar multiplication is saved. The peer sees a public value like any other. Other methods as
    /// [`Self::new`].
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn fleeting(id: Id, private: &[u8]) -> Result<Self, CryptoError> {
        let whole = Self::new(id, private)?;
        Ok(match (whole.facts.kind, private.get(..SHORT_LEN)) {
            (Kind::X25519, Some(short)) => Self {
                facts: whole.facts,
                private: short.into(),
            },
            _ => whole,
        })
    }

    /// The method.
    #[must_use]
    pub fn facts(&self) -> &KeyExchangeFacts {
        &self.facts
    }

    /// Key Exchange Data to send: padded to the length of the group (RFC 7296, section 3.4), x and y for ECP
    /// (RFC 5903, section 7), the encapsulation key for ML-KEM.
    ///
    /// # Errors
    /// [`CryptoError::PrivateValue`] for a multiple of the curve's order.
    pub fn public(&self) -> Result<Vec<u8>, CryptoError> {
        let private = self.private.expose();
        match self.facts.kind {
            Kind::Modp(group) => group.public(private),
            Kind::Curve(curve) => curve.public(private),
            Kind::X25519 => curve25519(private, None),
            Kind::X448 => private
                .try_into()
                .ok()
                .and_then(|private| x448(private, None)),
            Kind::MlKem(parameters) => (parameters.public)(private),
        }
        .ok_or_else(|| self.facts.private_error("it has no public value"))
    }

    /// The shared secret with a peer's Key Exchange Data, as it enters key derivation: padded to the length of the group,
    /// x alone for ECP. An initiator of ML-KEM gives the responder's ciphertext here; a responder uses [`respond`].
    ///
    /// # Errors
    /// [`CryptoError::PublicValue`] for a value of the wrong length or one that RFC 6989, RFC 8031 or FIPS 203 refuses.
    pub fn shared(&self, peer: &[u8]) -> Result<Secret, CryptoError> {
        let private = self.private.expose();
        if peer.len() != self.facts.responder_len {
            return Err(self.facts.public_error("it has the wrong length"));
        }
        const LENGTH: &str = "it has the wrong length";
        let shared = match self.facts.kind {
            Kind::Modp(group) => group.shared(private, peer),
            Kind::Curve(curve) => curve.shared(private, peer),
            Kind::X25519 => match peer.try_into() {
                Ok(peer) => curve25519(private, Some(peer))
                    .ok_or(LENGTH)
                    .and_then(nonzero),
                Err(_) => Err(LENGTH),
            },
            Kind::X448 => match (private.try_into(), peer.try_into()) {
                (Ok(private), Ok(peer)) => {
                    x448(private, Some(peer)).ok_or(LENGTH).and_then(nonzero)
                }
                _ => Err(LENGTH),
            },
            Kind::MlKem(parameters) => (parameters.decapsulate)(private, peer).ok_or(LENGTH),
        };
        shared
            .map(Secret::new)
            .map_err(|reason| self.facts.public_error(reason))
    }
}

/// Curve25519 with a private value of either length.
fn curve25519(private: &[u8], public: Option<&[u8; X25519_LEN]>) -> Option<Vec<u8>> {
    let short = private
        .try_into()
        .ok()
        .map(|short| short_x25519(short, public));
    short.or_else(|| Some(x25519(private.try_into().ok()?, public)))
}

/// A responder's part: its Key Exchange Data and the shared secret, from its private value (for ML-KEM 32 octets of
/// randomness) and the initiator's Key Exchange Data.
///
/// # Errors
/// As [`KeyExchange::new`] and [`KeyExchange::shared`].
pub fn respond(id: Id, private: &[u8], initiator: &[u8]) -> Result<(Vec<u8>, Secret), CryptoError> {
    let facts = KeyExchangeFacts::of(id)?;
    let Kind::MlKem(parameters) = facts.kind else {
        let key_exchange = KeyExchange::new(id, private)?;
        return Ok((key_exchange.public()?, key_exchange.shared(initiator)?));
    };
    if private.len() != ml_kem::RANDOMNESS_LEN {
        return Err(facts.private_error("it has the wrong length"));
    }
    let (ciphertext, shared) = (parameters.encapsulate)(private, initiator)
        .ok_or_else(|| facts.public_error("it is no encapsulation key"))?;
    Ok((ciphertext, Secret::new(shared)))
}

/// An all-zero secret comes of a point of small order (RFC 8031, section 3).
fn nonzero(shared: Vec<u8>) -> Result<Vec<u8>, &'static str> {
    match shared.iter().all(|octet| *octet == 0) {
        true => Err("it is a point of small order"),
        false => Ok(shared),
    }
}

/// An exponent of 512 bits is twice the strength of the largest group (RFC 3526, section 8).
const MODP_PRIVATE_LEN: usize = 64;

/// Octets of the largest group's prime: no exponent needs more.
const MAX_PRIVATE_LEN: usize = 1024;

const ML_KEM_SHARED_LEN: usize = 32;
