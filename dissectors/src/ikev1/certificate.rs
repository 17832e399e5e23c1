//! The Certificate and Certificate Request payloads (RFC 2408, sections 3.9 and 3.10).
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! | Cert Encoding |                                               |
//! +-+-+-+-+-+-+-+-+    Certificate, or Certificate Authority      ~
//! ~                                                               |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```

use crate::certificate;
use crate::field::{Field, Value, field};
use crate::issue::{IssueKind, Issues};
use crate::octets::Octets;
use crate::registries::ikev1::CertificateEncoding;

/// A Certificate payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certificate<'a> {
    /// What the octets are.
    pub encoding: CertificateEncoding,
    /// The certificate.
    pub data: &'a [u8],
}

/// A Certificate Request payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateRequest<'a> {
    /// What is wanted.
    pub encoding: CertificateEncoding,
    /// Distinguished name of an acceptable authority in DER; empty for any.
    pub data: &'a [u8],
}

impl<'a> Certificate<'a> {
    /// The subject; `None` if this is not an X.509 certificate that can be read.
    #[must_use]
    pub fn subject(&self) -> Option<String> {
        is_x509(self.encoding)
            .then(|| certificate::subject(self.data))
            .flatten()
    }

    pub(super) fn parse(content: Octets<'a>, issues: &mut Issues) -> Option<Self> {
        let (encoding, data) = split(content, "CERT payload", issues)?;
        Some(Self { encoding, data })
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.encoding.0);
        out.extend_from_slice(self.data);
    }

    pub(super) fn fields(&self) -> Vec<Field<'_>> {
        fields(self.encoding, self.subject(), self.data)
    }
}

impl<'a> CertificateRequest<'a> {
    /// The authority; `None` for any, and for what is not a name in DER.
    #[must_use]
    pub fn subject(&self) -> Option<String> {
        certificate::name(self.data)
    }

    pub(super) fn parse(content: Octets<'a>, issues: &mut Issues) -> Option<Self> {
        let (encoding, data) = split(content, "CR payload", issues)?;
        Some(Self { encoding, data })
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.encoding.0);
        out.extend_from_slice(self.data);
    }

    pub(super) fn fields(&self) -> Vec<Field<'_>> {
        fields(self.encoding, self.subject(), self.data)
    }
}

const fn is_x509(encoding: CertificateEncoding) -> bool {
    matches!(
        encoding,
        CertificateEncoding::X509_SIGNATURE | CertificateEncoding::X509_KEY_EXCHANGE
    )
}

fn split<'a>(
    content: Octets<'a>,
    layer: &'static str,
    issues: &mut Issues,
) -> Option<(CertificateEncoding, &'a [u8])> {
    let Some((encoding, data)) = content.as_slice().split_first() else {
        issues.note(content, layer, IssueKind::Cut { available: 0 });
        return None;
    };
    Some((CertificateEncoding(*encoding), data))
}

fn fields(encoding: CertificateEncoding, subject: Option<String>, data: &[u8]) -> Vec<Field<'_>> {
    vec![
        field("encoding", Value::registered(encoding)),
        field("subject", Value::or_null(subject.map(Value::text))),
        field("data", data),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `C=CH` in DER (X.690).
    const NAME: &[u8] = &[
        4, 0x30, 13, 0x31, 11, 0x30, 9, 6, 3, 0x55, 4, 6, 0x13, 2, b'C', b'H',
    ];

    #[test]
    fn a_request_names_the_authority() {
        let mut issues = Issues::default();
        let request = CertificateRequest::parse(Octets::new(NAME), &mut issues).unwrap();
        assert_eq!(request.subject().as_deref(), Some("C=CH"));
        let mut written = Vec::new();
        request.encode(&mut written);
        assert_eq!(written, NAME);
        // A name is no certificate.
        assert_eq!(
            Certificate::parse(Octets::new(NAME), &mut issues)
                .unwrap()
                .subject(),
            None
        );
        assert!(issues.is_empty());
    }

    #[test]
    fn an_empty_payload_is_reported() {
        let mut issues = Issues::default();
        assert_eq!(Certificate::parse(Octets::new(&[]), &mut issues), None);
        assert_eq!(
            CertificateRequest::parse(Octets::new(&[]), &mut issues),
            None
        );
        assert_eq!(issues.as_slice().len(), 2);
    }
}
