//! Authentication payload (RFC 7296, section 3.8).
//!
//! ```text
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! | Auth Method   |                RESERVED                       |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ~                      Authentication Data                      ~
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```
//!
//! Method 14 puts the length and the DER of an AlgorithmIdentifier before the signature (RFC 7427, section 3).

use crate::field::{Field, Value, field};
use crate::issue::{IssueKind, Issues};
use crate::octets::Octets;
use crate::registries::ikev2::AuthenticationMethod;

/// Proof of the identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authentication<'a> {
    /// How the data was made.
    pub method: AuthenticationMethod,
    /// A MAC or a signature; for method 14 with the algorithm before it.
    pub data: &'a [u8],
}

impl<'a> Authentication<'a> {
    /// Reads the payload.
    pub fn parse(content: Octets<'a>, issues: &mut Issues) -> Option<Self> {
        const LAYER: &str = "AUTH payload";
        let &[method, a, b, c, ref data @ ..] = content.as_slice() else {
            issues.note(
                content,
                LAYER,
                IssueKind::Cut {
                    available: content.len(),
                },
            );
            return None;
        };
        issues.expect_zero(content.part(1, 3), LAYER, u32::from_be_bytes([0, a, b, c]));
        Some(Self {
            method: AuthenticationMethod(method),
            data,
        })
    }

    /// Writes the payload.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.method.0, 0, 0, 0]);
        out.extend_from_slice(self.data);
    }

    /// The DER of the AlgorithmIdentifier and the signature, for method 14.
    #[must_use]
    pub fn digital_signature(&self) -> Option<(&'a [u8], &'a [u8])> {
        if self.method != AuthenticationMethod::DIGITAL_SIGNATURE {
            return None;
        }
        let (len, rest) = self.data.split_first()?;
        rest.split_at_checked(usize::from(*len))
    }

    /// Method, data, and the signature algorithm of method 14.
    #[must_use]
    pub fn fields(&self) -> Vec<Field<'a>> {
        let mut fields = vec![
            field("method", Value::registered(self.method)),
            field("data", self.data),
        ];
        if let Some((identifier, _)) = self.digital_signature() {
            let name = signature_algorithm(identifier);
            fields.push(field(
                "signature_algorithm",
                name.map_or_else(|| Value::from(identifier), Value::text),
            ));
        }
        fields
    }
}

/// The name of an AlgorithmIdentifier (RFC 7427, appendix A; RFC 8420 for EdDSA). RSASSA-PSS names its hash in the
/// parameters.
fn signature_algorithm(der: &[u8]) -> Option<&'static str> {
    let oid = match der {
        [0x30, _, 0x06, len, rest @ ..] => rest.split_at_checked(usize::from(*len))?,
        _ => return None,
    };
    if oid.0 == RSASSA_PSS {
        let contains = |hash: &[u8]| oid.1.windows(hash.len()).any(|window| window == hash);
        return Some(
            PSS_HASHES
                .iter()
                .find(|(hash, _)| contains(hash))
                .map_or("RSASSA-PSS", |(_, name)| name),
        );
    }
    SIGNATURE_OIDS
        .iter()
        .find(|(known, _)| *known == oid.0)
        .map(|(_, name)| *name)
}

const RSASSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];

const PSS_HASHES: [(&[u8], &str); 3] = [
    (
        &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01],
        "RSASSA-PSS with SHA2-256",
    ),
    (
        &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02],
        "RSASSA-PSS with SHA2-384",
    ),
    (
        &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03],
        "RSASSA-PSS with SHA2-512",
    ),
];

const SIGNATURE_OIDS: [(&[u8], &str); 16] = [
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05],
        "sha1WithRSAEncryption",
    ),
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b],
        "sha256WithRSAEncryption",
    ),
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c],
        "sha384WithRSAEncryption",
    ),
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d],
        "sha512WithRSAEncryption",
    ),
    (&[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x03], "dsa-with-sha1"),
    (
        &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x02],
        "dsa-with-sha256",
    ),
    (
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01],
        "ecdsa-with-sha1",
    ),
    (
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
        "ecdsa-with-sha256",
    ),
    (
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03],
        "ecdsa-with-sha384",
    ),
    (
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04],
        "ecdsa-with-sha512",
    ),
    (
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x01],
        "ecdsa-with-sha224",
    ),
    (&[0x2b, 0x65, 0x70], "Ed25519"),
    (&[0x2b, 0x65, 0x71], "Ed448"),
    // RFC 9881, section 2.
    (
        &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x11],
        "ML-DSA-44",
    ),
    (
        &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x12],
        "ML-DSA-65",
    ),
    (
        &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x13],
        "ML-DSA-87",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// AlgorithmIdentifiers of RFC 7427, appendix A, and RFC 9881, section 2.
    #[test]
    fn identifiers_are_named() {
        for (der, name) in [
            (
                &b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03"[..],
                Some("ecdsa-with-sha384"),
            ),
            (
                b"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x13",
                Some("ML-DSA-87"),
            ),
            (b"\x30\x03\x06\x01\x2a", None),
            (b"\x30", None),
        ] {
            assert_eq!(signature_algorithm(der), name);
        }
    }
}
