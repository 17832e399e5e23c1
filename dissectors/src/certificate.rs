//! Names in X.509 certificates (RFC 5280), written as the daemons of IPsec write them in logs and configuration.
//!
//! ```text
//! C=CH, O=Linux strongSwan, CN=moon.strongswan.org
//! ```

use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::Decode;
use x509_cert::name::{Name, RelativeDistinguishedName};

/// The subject of a certificate in DER. `None` if it cannot be read.
///
/// Nothing is verified: serial numbers and times that RFC 5280 forbids occur in real certificates.
#[must_use]
pub fn subject(der: &[u8]) -> Option<String> {
    let certificate = CertificateInner::<Raw>::from_der(der).ok()?;
    Some(text(certificate.tbs_certificate().subject()))
}

/// The issuer of a certificate in DER. `None` if it cannot be read.
#[must_use]
pub fn issuer(der: &[u8]) -> Option<String> {
    let certificate = CertificateInner::<Raw>::from_der(der).ok()?;
    Some(text(certificate.tbs_certificate().issuer()))
}

/// A distinguished name in DER, as `ID_DER_ASN1_DN` and certificate requests have it. `None` if it cannot be read.
///
/// Attributes are spelled and escaped as in RFC 4514, but stand in the order of the octets, because that is the order
/// in which they are configured.
#[must_use]
pub fn name(der: &[u8]) -> Option<String> {
    Name::from_der(der).ok().map(|name| text(&name))
}

fn text(name: &Name) -> String {
    let parts: Vec<String> = name
        .iter_rdn()
        .map(RelativeDistinguishedName::to_string)
        .collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `C=CH, O=strongSwan Project, CN=moon, OU=a,`: written by hand after X.690.
    const NAME: &[u8] = &[
        0x30, 70, 0x31, 11, 0x30, 9, 6, 3, 0x55, 4, 6, 0x13, 2, b'C', b'H', 0x31, 27, 0x30, 25, 6,
        3, 0x55, 4, 10, 0x13, 18, b's', b't', b'r', b'o', b'n', b'g', b'S', b'w', b'a', b'n', b' ',
        b'P', b'r', b'o', b'j', b'e', b'c', b't', 0x31, 13, 0x30, 11, 6, 3, 0x55, 4, 3, 0x0c, 4,
        b'm', b'o', b'o', b'n', 0x31, 11, 0x30, 9, 6, 3, 0x55, 4, 11, 0x0c, 2, b'a', b',',
    ];

    #[test]
    fn a_name_stands_in_the_order_of_the_octets() {
        assert_eq!(
            name(NAME).as_deref(),
            Some("C=CH, O=strongSwan Project, CN=moon, OU=a\\,")
        );
    }

    #[test]
    fn what_is_cut_has_no_name() {
        for cut in 0..NAME.len() {
            assert_eq!(name(&NAME[..cut]), None, "cut at {cut}");
            assert_eq!(subject(&NAME[..cut]), None, "cut at {cut}");
        }
        assert_eq!(issuer(NAME), None);
    }
}
