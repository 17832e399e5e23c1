//! What a certificate says of its holder, as far as a refusal can rest on it (RFC 5280).

use std::net::IpAddr;

use ikescope_capture::Timestamp;
use ikescope_dissectors::registries::ikev2::IdType;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::Decode;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{ExtendedKeyUsage, SubjectAltName};

use crate::tunnels::{Certificate, Identity};

/// A certificate that was sent.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    /// Subject.
    pub(super) subject: String,
    /// Issuer.
    pub(super) issuer: String,
    /// Subject alternative names: host names, mail addresses and addresses as text.
    pub(super) names: Vec<String>,
    /// Extended key usages as dotted numbers; `None` without the extension.
    pub(super) usages: Option<Vec<String>>,
    not_before: i64,
    not_after: i64,
}

/// How a certificate stands to a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Validity {
    /// Valid.
    Valid,
    /// Its time is over.
    Expired,
    /// Its time has not begun.
    NotYet,
    /// The capture has no times.
    Unknown,
}

impl Leaf {
    /// Reads a certificate; `None` if it is none, or longer than what is kept.
    pub(super) fn of(certificate: &Certificate) -> Option<Self> {
        let read = CertificateInner::<Raw>::from_der(&certificate.data).ok()?;
        let body = read.tbs_certificate();
        let alternative = body.get_extension::<SubjectAltName>().ok().flatten();
        let names = alternative
            .iter()
            .flat_map(|(_, names)| names.0.iter())
            .filter_map(text)
            .collect();
        let usages = body
            .get_extension::<ExtendedKeyUsage>()
            .ok()
            .flatten()
            .map(|(_, usages)| usages.0.iter().map(ToString::to_string).collect());
        let validity = body.validity();
        let seconds = |time: x509_cert::time::Time| {
            i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
        };
        Some(Self {
            subject: certificate.subject.clone().unwrap_or_default(),
            issuer: certificate.issuer.clone().unwrap_or_default(),
            names,
            usages,
            not_before: seconds(validity.not_before),
            not_after: seconds(validity.not_after),
        })
    }

    /// Whether the certificate is valid at that time.
    pub(super) fn validity(&self, time: Option<Timestamp>) -> Validity {
        let Some(time) = time else {
            return Validity::Unknown;
        };
        let now = i64::try_from(time.as_nanos() / NANOS).unwrap_or(i64::MAX);
        if now > self.not_after {
            Validity::Expired
        } else if now < self.not_before {
            Validity::NotYet
        } else {
            Validity::Valid
        }
    }

    /// Whether an identity is the subject or one of its alternative names.
    pub(super) fn contains(&self, identity: &Identity) -> bool {
        if identity.id_type == IdType::DER_ASN1_DN.0 {
            return identity.value == self.subject;
        }
        self.names.iter().any(|name| {
            name.eq_ignore_ascii_case(&identity.value) || matches_wildcard(name, &identity.value)
        })
    }

    /// Whether it may be used as that of a gateway: no extended key usage at all, or one of these.
    pub(super) fn serves(&self) -> bool {
        self.usages.as_ref().is_none_or(|usages| {
            usages.iter().any(|usage| {
                [SERVER_AUTH, ANY_USAGE, IKE_INTERMEDIATE, IPSEC_IKE].contains(&usage.as_str())
            })
        })
    }
}

fn text(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::Rfc822Name(text) | GeneralName::DnsName(text) => {
            Some(text.as_str().to_owned())
        }
        GeneralName::IpAddress(octets) => match octets.as_bytes() {
            octets if octets.len() == 4 => <[u8; 4]>::try_from(octets)
                .ok()
                .map(|octets| IpAddr::from(octets).to_string()),
            octets => <[u8; 16]>::try_from(octets)
                .ok()
                .map(|octets| IpAddr::from(octets).to_string()),
        },
        _ => None,
    }
}

fn matches_wildcard(pattern: &str, name: &str) -> bool {
    let (Some(domain), Some((_, rest))) = (pattern.strip_prefix("*."), name.split_once('.')) else {
        return false;
    };
    domain.eq_ignore_ascii_case(rest)
}

const NANOS: i128 = 1_000_000_000;

/// Extended key usages (RFC 5280, section 4.2.1.12; RFC 4945, section 5.1.3.12).
const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
const ANY_USAGE: &str = "2.5.29.37.0";
const IKE_INTERMEDIATE: &str = "1.3.6.1.5.5.8.2.2";
const IPSEC_IKE: &str = "1.3.6.1.5.5.7.3.17";

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(names: &[&str]) -> Leaf {
        Leaf {
            subject: "CN=gateway.example".to_owned(),
            issuer: "CN=Root".to_owned(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            usages: None,
            not_before: 1_000,
            not_after: 2_000,
        }
    }

    fn identity(id_type: u8, value: &str) -> Identity {
        Identity {
            payload_type: 36,
            id_type,
            type_name: None,
            value: value.to_owned(),
            protocol: 0,
            port: 0,
        }
    }

    fn at(seconds: i64) -> Option<Timestamp> {
        Some(Timestamp { seconds, nanos: 0 })
    }

    #[test]
    fn a_certificate_is_valid_from_its_first_to_its_last_second() {
        let leaf = leaf(&[]);
        assert_eq!(leaf.validity(at(999)), Validity::NotYet);
        assert_eq!(leaf.validity(at(1_000)), Validity::Valid);
        assert_eq!(leaf.validity(at(2_000)), Validity::Valid);
        assert_eq!(leaf.validity(at(2_001)), Validity::Expired);
        assert_eq!(leaf.validity(None), Validity::Unknown);
    }

    #[test]
    fn the_common_name_is_no_alternative_name() {
        let leaf = leaf(&["vpn.example", "*.sites.example", "192.0.2.1"]);
        assert!(leaf.contains(&identity(2, "VPN.example")));
        assert!(leaf.contains(&identity(2, "a.sites.example")));
        assert!(leaf.contains(&identity(1, "192.0.2.1")));
        assert!(leaf.contains(&identity(9, "CN=gateway.example")));
        assert!(!leaf.contains(&identity(2, "gateway.example")));
        assert!(!leaf.contains(&identity(2, "a.b.sites.example")));
    }
}
