//! Certificate and Certificate Request payloads (RFC 7296, sections 3.6 and 3.7): an encoding and data.

use crate::certificate;
use crate::field::{Field, Value, field};
use crate::issue::{IssueKind, Issues};
use crate::octets::Octets;
use crate::registries::ikev2::CertificateEncoding;

/// A certificate or something else that proves an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certificate<'a> {
    /// How the data is to be read.
    pub encoding: CertificateEncoding,
    /// The certificate.
    pub data: &'a [u8],
}

/// Which authorities the sender trusts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateRequest<'a> {
    /// The encoding that is asked for.
    pub encoding: CertificateEncoding,
    /// SHA-1 hashes of the public keys of authorities, 20 octets each.
    pub authorities: &'a [u8],
}

impl<'a> Certificate<'a> {
    /// Reads the payload.
    pub fn parse(content: Octets<'a>, issues: &mut Issues) -> Option<Self> {
        let (encoding, data) = split(content, issues)?;
        Some(Self { encoding, data })
    }

    /// Writes the payload.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.encoding.0);
        out.extend_from_slice(self.data);
    }

    /// Encoding, subject of an X.509 certificate, data.
    #[must_use]
    pub fn fields(&self) -> Vec<Field<'a>> {
        let x509 = self.encoding == CertificateEncoding::X509_SIGNATURE;
        let subject = x509.then(|| certificate::subject(self.data)).flatten();
        let issuer = x509.then(|| certificate::issuer(self.data)).flatten();
        vec![
            field("encoding", Value::registered(self.encoding)),
            field("subject", Value::or_null(subject.map(Value::text))),
            field("issuer", Value::or_null(issuer.map(Value::text))),
            field("data", self.data),
        ]
    }
}

impl<'a> CertificateRequest<'a> {
    const HASH_LEN: usize = 20;

    /// Reads the payload.
    pub fn parse(content: Octets<'a>, issues: &mut Issues) -> Option<Self> {
        let (encoding, authorities) = split(content, issues)?;
        Some(Self {
            encoding,
            authorities,
        })
    }

    /// Writes the payload.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.encoding.0);
        out.extend_from_slice(self.authorities);
    }

    /// Encoding and the hashes.
    #[must_use]
    pub fn fields(&self) -> Vec<Field<'a>> {
        let mut fields = vec![
            field("encoding", Value::registered(self.encoding)),
            field("subject", Value::Null),
            field("data", self.authorities),
        ];
        if self.authorities.len().is_multiple_of(Self::HASH_LEN) {
            let hashes = self
                .authorities
                .chunks(Self::HASH_LEN)
                .map(Value::from)
                .collect();
            fields.push(field("authorities", Value::List(hashes)));
        }
        fields
    }
}

fn split<'a>(content: Octets<'a>, issues: &mut Issues) -> Option<(CertificateEncoding, &'a [u8])> {
    let Some((encoding, data)) = content.as_slice().split_first() else {
        issues.note(
            content,
            "certificate payload",
            IssueKind::Cut { available: 0 },
        );
        return None;
    };
    Some((CertificateEncoding(*encoding), data))
}
