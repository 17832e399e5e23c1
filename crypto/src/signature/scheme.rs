//! How a signature was made.

use ikescope_dissectors::registries::ikev1::HashAlgorithm;
use ikescope_dissectors::registries::ikev2::AuthenticationMethod;

use super::der;
use crate::CryptoError;
use crate::hash::Hash;

/// An algorithm of signatures.
#[derive(Debug, Clone, Copy)]
pub enum Scheme {
    /// RSASSA-PKCS1-v1_5 over a hash with its DigestInfo (RFC 8017, section 8.2).
    RsaPkcs1(Hash),
    /// A hash padded as of PKCS #1, without DigestInfo: signatures of IKEv1 (RFC 2409, section 5.1), whose "hash" is HASH_I or HASH_R.
    RsaBare,
    /// RSASSA-PSS with this hash and salt length (RFC 8017, section 8.1).
    RsaPss {
        /// The hash function, of the mask too.
        hash: Hash,
        /// Octets of salt.
        salt_len: usize,
    },
    /// ECDSA over a hash, r and s one after the other (RFC 4754).
    EcdsaPlain(Hash),
    /// ECDSA over a hash, r and s in DER (RFC 7427).
    EcdsaDer(Hash),
    /// Ed25519 (RFC 8032; RFC 8420).
    Ed25519,
}

impl Scheme {
    /// The scheme of an AUTH payload, with its signature. `data` is the Authentication Data; method 14 puts an algorithm identifier
    /// before the signature (RFC 7427, section 3).
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] for methods that are no signatures, and algorithms that are not supported.
    pub fn of_auth(
        method: AuthenticationMethod,
        data: &[u8],
    ) -> Result<(Self, &[u8]), CryptoError> {
        let hash = |id| Hash::new(id);
        Ok(match method {
            AuthenticationMethod::RSA_SIG => (Self::RsaPkcs1(Hash::sha1()), data),
            AuthenticationMethod::ECDSA_256 => {
                (Self::EcdsaPlain(hash(HashAlgorithm::SHA2_256)?), data)
            }
            AuthenticationMethod::ECDSA_384 => {
                (Self::EcdsaPlain(hash(HashAlgorithm::SHA2_384)?), data)
            }
            AuthenticationMethod::ECDSA_521 => {
                (Self::EcdsaPlain(hash(HashAlgorithm::SHA2_512)?), data)
            }
            AuthenticationMethod::DIGITAL_SIGNATURE => {
                let unsupported = || unsupported("the signature algorithm");
                let (len, rest) = data.split_first().ok_or_else(unsupported)?;
                let (identifier, signature) = rest
                    .split_at_checked(usize::from(*len))
                    .ok_or_else(unsupported)?;
                (Self::of_identifier(identifier)?, signature)
            }
            _ => return Err(unsupported("an authentication method that is no signature")),
        })
    }

    /// The scheme of an AlgorithmIdentifier in DER (RFC 7427, appendix A).
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`].
    pub fn of_identifier(identifier: &[u8]) -> Result<Self, CryptoError> {
        Self::read_identifier(identifier).ok_or_else(|| unsupported("the signature algorithm"))
    }

    fn read_identifier(identifier: &[u8]) -> Option<Self> {
        let (content, _) = der::expect(der::SEQUENCE, identifier)?;
        let (oid, parameters) = der::expect(der::OBJECT_IDENTIFIER, content)?;
        let hash = |id| Hash::new(id).ok();
        Some(match oid {
            [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, kind] => match kind {
                0x05 => Self::RsaPkcs1(Hash::sha1()),
                0x0b => Self::RsaPkcs1(hash(HashAlgorithm::SHA2_256)?),
                0x0c => Self::RsaPkcs1(hash(HashAlgorithm::SHA2_384)?),
                0x0d => Self::RsaPkcs1(hash(HashAlgorithm::SHA2_512)?),
                0x0a => pss(parameters)?,
                _ => return None,
            },
            [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01] => Self::EcdsaDer(Hash::sha1()),
            [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, kind] => Self::EcdsaDer(match kind {
                0x02 => hash(HashAlgorithm::SHA2_256)?,
                0x03 => hash(HashAlgorithm::SHA2_384)?,
                0x04 => hash(HashAlgorithm::SHA2_512)?,
                _ => return None,
            }),
            [0x2b, 0x65, 0x70] => Self::Ed25519,
            _ => return None,
        })
    }
}

/// RSASSA-PSS-params (RFC 8017, appendix A.2.3): SHA-1 and a salt of 20 octets unless they say otherwise.
fn pss(parameters: &[u8]) -> Option<Scheme> {
    let (mut rest, _) = der::expect(der::SEQUENCE, parameters)?;
    let (mut hash, mut salt_len) = (Hash::sha1(), 20);
    while let Some((tag, content, behind)) = der::value(rest) {
        match tag {
            0xa0 => {
                let (identifier, _) = der::expect(der::SEQUENCE, content)?;
                let (oid, _) = der::expect(der::OBJECT_IDENTIFIER, identifier)?;
                hash = Hash::new(match oid {
                    [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01] => {
                        HashAlgorithm::SHA2_256
                    }
                    [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02] => {
                        HashAlgorithm::SHA2_384
                    }
                    [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03] => {
                        HashAlgorithm::SHA2_512
                    }
                    [0x2b, 0x0e, 0x03, 0x02, 0x1a] => HashAlgorithm::SHA1,
                    _ => return None,
                })
                .ok()?;
            }
            0xa2 => {
                let (len, _) = der::unsigned(content)?;
                salt_len = len.iter().fold(0_usize, |len, octet| {
                    (len << 8 | usize::from(*octet)) & 0xffff
                });
            }
            _ => {}
        }
        rest = behind;
    }
    Some(Scheme::RsaPss { hash, salt_len })
}

pub(super) fn unsupported(what: &str) -> CryptoError {
    CryptoError::Unsupported {
        what: what.to_owned(),
    }
}
