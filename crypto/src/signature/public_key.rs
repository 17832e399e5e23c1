//! The public key of a certificate.

use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::Decode;

use ikescope_dissectors::registries::ikev2::KeyExchangeMethod;

use super::scheme::{Scheme, unsupported};
use super::{der, ecdsa, ed25519, rsa};
use crate::CryptoError;
use crate::key_exchange::{CURVES, Curve};

/// A public key that verifies signatures.
#[derive(Debug, Clone)]
pub struct PublicKey(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    Ecdsa {
        curve: &'static Curve,
        point: Vec<u8>,
    },
    Ed25519([u8; 32]),
}

impl PublicKey {
    /// The key of an X.509 certificate in DER.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] for other kinds of keys, and for what is no certificate.
    pub fn of_certificate(certificate: &[u8]) -> Result<Self, CryptoError> {
        let certificate = CertificateInner::<Raw>::from_der(certificate)
            .map_err(|_| unsupported("a certificate that cannot be read"))?;
        let info = certificate.tbs_certificate().subject_public_key_info();
        let key = info
            .subject_public_key
            .as_bytes()
            .ok_or_else(|| unsupported("a public key that is no octets"))?;
        let parameters = info
            .algorithm
            .parameters
            .as_ref()
            .map(|parameters| parameters.value())
            .unwrap_or_default();
        Self::read(info.algorithm.oid.as_bytes(), parameters, key)
            .ok_or_else(|| unsupported("the kind of public key"))
    }

    fn read(oid: &[u8], parameters: &[u8], key: &[u8]) -> Option<Self> {
        Some(Self(match oid {
            // rsaEncryption, id-RSASSA-PSS
            [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 | 0x0a] => {
                let (numbers, _) = der::expect(der::SEQUENCE, key)?;
                let (modulus, rest) = der::unsigned(numbers)?;
                let (exponent, _) = der::unsigned(rest)?;
                Kind::Rsa {
                    modulus: modulus.to_vec(),
                    exponent: exponent.to_vec(),
                }
            }
            // id-ecPublicKey, with the curve as parameter
            [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01] => {
                let id = NAMED_CURVES
                    .iter()
                    .find(|(oid, _)| *oid == parameters)
                    .map(|(_, id)| *id)?;
                let (&[4], point) = key.split_first_chunk::<1>()? else {
                    return None;
                };
                Kind::Ecdsa {
                    curve: CURVES.iter().find(|curve| curve.id == id)?,
                    point: point.to_vec(),
                }
            }
            [0x2b, 0x65, 0x70] => Kind::Ed25519(key.try_into().ok()?),
            _ => return None,
        }))
    }

    /// Whether the signature of this scheme is right for the message.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] where the scheme is for another kind of key.
    pub fn verify(
        &self,
        scheme: &Scheme,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, CryptoError> {
        match (&self.0, scheme) {
            (
                Kind::Rsa { modulus, exponent },
                Scheme::RsaPkcs1(_) | Scheme::RsaBare | Scheme::RsaPss { .. },
            ) => Ok(rsa::verify(modulus, exponent, scheme, message, signature).unwrap_or(false)),
            (Kind::Ecdsa { curve, point }, Scheme::EcdsaPlain(hash) | Scheme::EcdsaDer(hash)) => {
                let der = matches!(scheme, Scheme::EcdsaDer(_));
                let digest = hash.digest(&[message]);
                Ok(ecdsa::verify(curve, point, &digest, signature, der).unwrap_or(false))
            }
            (Kind::Ed25519(key), Scheme::Ed25519) => {
                Ok(ed25519::verify(key, message, signature).unwrap_or(false))
            }
            _ => Err(unsupported("a signature of another kind than the key")),
        }
    }

    /// Whether a signature of IKEv1 is right for HASH_I or HASH_R: it is made over the hash itself (RFC 2409, section 5.1), ECDSA over a
    /// digest of it (RFC 4754, section 5).
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] for Ed25519, which IKEv1 does not have.
    pub fn verify_ikev1(&self, hash: &[u8], signature: &[u8]) -> Result<bool, CryptoError> {
        match &self.0 {
            Kind::Rsa { .. } => self.verify(&Scheme::RsaBare, hash, signature),
            Kind::Ecdsa { curve, point } => {
                let digest = match curve.field_len {
                    ..=32 => ikescope_dissectors::registries::ikev1::HashAlgorithm::SHA2_256,
                    33..=48 => ikescope_dissectors::registries::ikev1::HashAlgorithm::SHA2_384,
                    _ => ikescope_dissectors::registries::ikev1::HashAlgorithm::SHA2_512,
                };
                let digest = crate::hash::Hash::new(digest)?.digest(&[hash]);
                Ok(ecdsa::verify(curve, point, &digest, signature, false).unwrap_or(false))
            }
            Kind::Ed25519(_) => Err(unsupported("Ed25519 in IKEv1")),
        }
    }
}

/// Object identifiers of named curves (RFC 5480, section 2.1.1.1; RFC 5639, appendix).
const NAMED_CURVES: [(&[u8], KeyExchangeMethod); 9] = [
    (
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x01],
        KeyExchangeMethod::ECP_192,
    ),
    (
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
        KeyExchangeMethod::ECP_256,
    ),
    (&[0x2b, 0x81, 0x04, 0x00, 0x21], KeyExchangeMethod::ECP_224),
    (&[0x2b, 0x81, 0x04, 0x00, 0x22], KeyExchangeMethod::ECP_384),
    (&[0x2b, 0x81, 0x04, 0x00, 0x23], KeyExchangeMethod::ECP_521),
    (
        &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x05],
        KeyExchangeMethod::BRAINPOOL_P224R1,
    ),
    (
        &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x07],
        KeyExchangeMethod::BRAINPOOL_P256R1,
    ),
    (
        &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0b],
        KeyExchangeMethod::BRAINPOOL_P384R1,
    ),
    (
        &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0d],
        KeyExchangeMethod::BRAINPOOL_P512R1,
    ),
];
