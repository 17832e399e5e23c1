//! Hash functions, by their IKEv1 numbers (RFC 2409, appendix A).

use digest::Digest;
use ikescope_dissectors::Registry;
use ikescope_dissectors::registries::ikev1::HashAlgorithm;
use ikescope_dissectors::registries::ikev2::Prf;

use crate::CryptoError;

/// A hash function that IKE uses bare: for IVs, NAT detection, certificate encodings and shared key hashes.
#[derive(Debug, Clone, Copy)]
pub struct Hash {
    row: &'static Row,
}

impl Hash {
    /// The hash function of an IKEv1 transform.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] for Tiger and for numbers without a meaning.
    pub fn new(id: HashAlgorithm) -> Result<Self, CryptoError> {
        ROWS.iter()
            .find(|row| row.id == id)
            .map(|row| Self { row })
            .ok_or_else(|| CryptoError::Unsupported {
                what: id.short_name().to_string(),
            })
    }

    /// SHA-1, which NAT detection of IKEv2 fixes (RFC 7296, section 2.23).
    #[must_use]
    pub fn sha1() -> Self {
        Self { row: &SHA1 }
    }

    /// The digest of the parts, one after the other.
    #[must_use]
    pub fn digest(&self, parts: &[&[u8]]) -> Vec<u8> {
        (self.row.digest)(parts)
    }

    /// Length of the digest in octets.
    #[must_use]
    pub fn output_len(&self) -> usize {
        self.row.output_len
    }

    /// HMAC with this hash: IKEv1's prf where none was negotiated (RFC 2409, section 4).
    #[must_use]
    pub fn prf(&self) -> Prf {
        self.row.prf
    }
}

#[derive(Debug)]
struct Row {
    id: HashAlgorithm,
    output_len: usize,
    prf: Prf,
    digest: fn(&[&[u8]]) -> Vec<u8>,
}

fn digest<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
    let mut hash = D::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().to_vec()
}

static SHA1: Row = Row {
    id: HashAlgorithm::SHA1,
    output_len: 20,
    prf: Prf::HMAC_SHA1,
    digest: digest::<sha1::Sha1>,
};

static ROWS: [&Row; 5] = [
    &Row {
        id: HashAlgorithm::MD5,
        output_len: 16,
        prf: Prf::HMAC_MD5,
        digest: digest::<md5::Md5>,
    },
    &SHA1,
    &Row {
        id: HashAlgorithm::SHA2_256,
        output_len: 32,
        prf: Prf::HMAC_SHA2_256,
        digest: digest::<sha2::Sha256>,
    },
    &Row {
        id: HashAlgorithm::SHA2_384,
        output_len: 48,
        prf: Prf::HMAC_SHA2_384,
        digest: digest::<sha2::Sha384>,
    },
    &Row {
        id: HashAlgorithm::SHA2_512,
        output_len: 64,
        prf: Prf::HMAC_SHA2_512,
        digest: digest::<sha2::Sha512>,
    },
];
