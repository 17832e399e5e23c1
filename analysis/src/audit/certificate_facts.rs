//! What an X.509 certificate says that a judgement needs (RFC 5280).

use ikescope_dissectors::certificate;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::{Decode, Encode};

use super::facts::{Evidence, Version};

/// A certificate of the subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Version of IKE that carried it.
    pub version: Version,
    /// Subject.
    pub subject: String,
    /// Issuer.
    pub issuer: String,
    /// First second of validity, from the epoch.
    pub not_before: i64,
    /// Last second of validity, from the epoch.
    pub not_after: i64,
    /// The public key.
    pub key: PublicKey,
    /// The signature algorithm as dotted numbers.
    pub signature: String,
    /// The key's octets, to find it again.
    pub key_octets: Vec<u8>,
    /// Place in the list of the message, from 0: the first is the peer's own.
    pub place: usize,
    /// Whether somebody proved with it who it is: an AUTH or SIG payload stood in the same message.
    pub used: bool,
    /// Time of the message in seconds from the epoch; `None` where the file has no times.
    pub seen: Option<i64>,
    /// What shows it.
    pub evidence: Evidence,
}

/// A public key, by what decides on its strength.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// RSA, with the bits of the modulus.
    Rsa(u32),
    /// An elliptic curve: its name and the bits of its order.
    Curve(&'static str, u32),
    /// An elliptic curve that is not known here.
    OtherCurve(String),
    /// A key whose name says how strong it is: Ed25519, Ed448 (RFC 8410), ML-DSA (RFC 9881).
    Named(&'static str),
    /// DSA.
    Dsa,
    /// Another algorithm, as dotted numbers.
    Other(String),
}

impl CertificateFacts {
    /// Reads a certificate in DER; `None` if it is not one.
    #[must_use]
    pub fn read(
        der: &[u8],
        version: Version,
        place: usize,
        used: bool,
        seen: Option<i64>,
        evidence: Evidence,
    ) -> Option<Self> {
        let read = CertificateInner::<Raw>::from_der(der).ok()?;
        let body = read.tbs_certificate();
        let info = body.subject_public_key_info();
        let key_octets = info.subject_public_key.raw_bytes();
        let parameters = info
            .algorithm
            .parameters
            .as_ref()
            .and_then(|any| any.to_der().ok());
        let validity = body.validity();
        let seconds = |time: x509_cert::time::Time| {
            i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
        };
        Some(Self {
            version,
            subject: certificate::subject(der)?,
            issuer: certificate::issuer(der)?,
            not_before: seconds(validity.not_before),
            not_after: seconds(validity.not_after),
            key: PublicKey::read(
                &info.algorithm.oid.to_string(),
                parameters.as_deref(),
                key_octets,
            ),
            signature: read.signature_algorithm().oid.to_string(),
            key_octets: key_octets.to_vec(),
            place,
            used,
            seen,
            evidence,
        })
    }

    /// Whether it signed itself: an authority, or a peer without one.
    #[must_use]
    pub fn is_self_signed(&self) -> bool {
        self.subject == self.issuer
    }
}

impl PublicKey {
    fn read(algorithm: &str, parameters: Option<&[u8]>, key: &[u8]) -> Self {
        match algorithm {
            RSA | RSASSA_PSS => Self::Rsa(rsa_bits(key).unwrap_or(0)),
            EC => {
                let known = parameters.and_then(|oid| {
                    CURVES
                        .iter()
                        .find(|(known, _, _)| oid.strip_prefix(&[6]) == Some(known))
                });
                match known {
                    Some((_, name, bits)) => Self::Curve(name, *bits),
                    None => Self::OtherCurve(
                        parameters
                            .unwrap_or_default()
                            .iter()
                            .fold(String::new(), |text, octet| text + &format!("{octet:02x}")),
                    ),
                }
            }
            "1.3.101.112" => Self::Named("Ed25519"),
            "1.3.101.113" => Self::Named("Ed448"),
            "2.16.840.1.101.3.4.3.17" => Self::Named("ML-DSA-44"),
            "2.16.840.1.101.3.4.3.18" => Self::Named("ML-DSA-65"),
            "2.16.840.1.101.3.4.3.19" => Self::Named("ML-DSA-87"),
            DSA => Self::Dsa,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl std::fmt::Display for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rsa(bits) => write!(f, "RSA {bits}"),
            Self::Curve(name, _) | Self::Named(name) => f.write_str(name),
            Self::OtherCurve(oid) => write!(f, "elliptic curve {oid}"),
            Self::Dsa => f.write_str("DSA"),
            Self::Other(oid) => write!(f, "algorithm {oid}"),
        }
    }
}

/// Bits of the modulus in an RSAPublicKey (RFC 8017, appendix A.1.1): the first integer of a sequence.
fn rsa_bits(key: &[u8]) -> Option<u32> {
    let (content, _) = element(key, 0x30)?;
    let (modulus, _) = element(content, 0x02)?;
    let start = modulus.iter().position(|octet| *octet != 0)?;
    let significant = modulus.get(start..)?;
    let first = significant.first()?;
    let bits = significant.len().checked_mul(8)?;
    u32::try_from(bits).ok()?.checked_sub(first.leading_zeros())
}

/// The content of the DER element at the start, if it has this tag, and what follows it.
fn element(octets: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = octets.split_first()?;
    if *first != tag {
        return None;
    }
    let (short, rest) = rest.split_first()?;
    let (len, rest) = match short {
        0..=0x7f => (usize::from(*short), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(short & 0x7f))?;
            let len = digits
                .iter()
                .fold(0_usize, |len, digit| len << 8 | usize::from(*digit));
            (len, rest)
        }
        _ => return None,
    };
    rest.split_at_checked(len)
}

const RSA: &str = "1.2.840.113549.1.1.1";
const RSASSA_PSS: &str = "1.2.840.113549.1.1.10";
const EC: &str = "1.2.840.10045.2.1";
const DSA: &str = "1.2.840.10040.4.1";

/// Length and content of the OID of a named curve (RFC 5480; SEC 2; RFC 5639), its name, the bits of its order.
const CURVES: [(&[u8], &str, u32); 12] = [
    (&[8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 1], "P-192", 192),
    (&[5, 0x2b, 0x81, 0x04, 0, 0x21], "P-224", 224),
    (&[8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7], "P-256", 256),
    (&[5, 0x2b, 0x81, 0x04, 0, 0x22], "P-384", 384),
    (&[5, 0x2b, 0x81, 0x04, 0, 0x23], "P-521", 521),
    (&[5, 0x2b, 0x81, 0x04, 0, 0x0a], "secp256k1", 256),
    (&[5, 0x2b, 0x81, 0x04, 0, 0x06], "secp112r1", 112),
    (&[5, 0x2b, 0x81, 0x04, 0, 0x08], "secp160r1", 160),
    (
        &[9, 0x2b, 0x24, 3, 3, 2, 8, 1, 1, 1],
        "brainpoolP160r1",
        160,
    ),
    (
        &[9, 0x2b, 0x24, 3, 3, 2, 8, 1, 1, 7],
        "brainpoolP256r1",
        256,
    ),
    (
        &[9, 0x2b, 0x24, 3, 3, 2, 8, 1, 1, 11],
        "brainpoolP384r1",
        384,
    ),
    (
        &[9, 0x2b, 0x24, 3, 3, 2, 8, 1, 1, 13],
        "brainpoolP512r1",
        512,
    ),
];
