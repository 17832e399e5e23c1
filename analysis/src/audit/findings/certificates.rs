//! Findings about certificates.

use ikescope_dissectors::registries::ikev2::NotifyType as N;

use super::super::certificate_facts::{CertificateFacts, PublicKey};
use super::super::facts::Version;
use super::super::finding::{Finding, Hit, Need, Severity, View};

pub(super) const FINDINGS: &[Finding] = &[
    Finding {
        id: "cert-rsa-short",
        title: "RSA key below 2048 bits",
        severity: Severity::High,
        condition: "Certificate in CERT payload with RSA modulus < 2048 (decrypted IKE_AUTH or IKEv1 aggressive/main).",
        why: "Below 112 bits; NIST disallows it for signing.",
        fix: "Reissue with >= 3072.",
        references: &["RFC 8247, section 3.1.1", "SP 800-131A Rev. 2, Table 2"],
        needs: &[Need::Clear, Need::Decrypted],
        check: |view| {
            certificates(
                view,
                |certificate| matches!(certificate.key, PublicKey::Rsa(bits) if bits < 2048),
            )
        },
    },
    Finding {
        id: "cert-rsa-2048",
        title: "RSA 2048 certificate",
        severity: Severity::Info,
        condition: "RSA modulus exactly 2048 in a peer certificate.",
        why: "Fine for NIST (112 bits) but below BSI's 3000-bit and CNSA's 3072-bit minima.",
        fix: "Use 3072+ or ECDSA P-384.",
        references: &["BSI TR-02102-3, change log", "RFC 9206, section 6"],
        needs: &[Need::Clear, Need::Decrypted],
        check: |view| certificates(view, |certificate| certificate.key == PublicKey::Rsa(2048)),
    },
    Finding {
        id: "cert-weak-signature",
        title: "Certificate signed with MD5 or SHA-1",
        severity: Severity::High,
        condition: "signatureAlgorithm OID 1.2.840.113549.1.1.4/.5, 1.2.840.10045.4.1 or 1.2.840.10040.4.3 in any certificate of the chain.",
        why: "Forgeable via collisions.",
        fix: "Reissue with SHA-256 or better.",
        references: &["SP 800-131A Rev. 2, Table 8", "RFC 8247, section 3.2"],
        needs: &[Need::Clear, Need::Decrypted],
        check: |view| {
            certificates(view, |certificate| {
                WEAK_SIGNATURES.contains(&certificate.signature.as_str())
            })
        },
    },
    Finding {
        id: "cert-expired-or-not-yet-valid",
        title: "Certificate outside its validity window",
        severity: Severity::High,
        condition: "At the time of the message a certificate that proves an identity was not valid yet, or no longer.",
        why: "The peer would accept an expired identity.",
        fix: "Renew and monitor.",
        references: &["PCI DSS v4.0, requirement 4.2.1", "RFC 5280"],
        needs: &[Need::Clear, Need::Decrypted],
        check: |view| {
            certificates(view, |certificate| {
                let valid = certificate.seen.is_none_or(|seen| {
                    (certificate.not_before..=certificate.not_after).contains(&seen)
                });
                certificate.used && !valid
            })
        },
    },
    Finding {
        id: "cert-long-validity",
        title: "Certificate valid for too long",
        severity: Severity::Low,
        condition: "notAfter - notBefore > 1080 days for an end-entity certificate.",
        why: "Long validity makes revocation and crypto agility harder.",
        fix: "Use shorter-lived certificates.",
        references: &["ikescope: 1,080 days is our own value"],
        needs: &[Need::Clear, Need::Decrypted],
        check: |view| {
            certificates(view, |certificate| {
                certificate.used
                    && certificate.place == 0
                    && certificate.not_after.saturating_sub(certificate.not_before)
                        > LONGEST_VALIDITY
            })
        },
    },
    Finding {
        id: "cert-weak-curve",
        title: "Certificate on a weak curve",
        severity: Severity::High,
        condition: "EC key on P-192 or another curve with < 224-bit order.",
        why: "Below 112 bits.",
        fix: "Use P-256 or better.",
        references: &["SP 800-131A Rev. 2, Table 2"],
        needs: &[Need::Clear, Need::Decrypted],
        check: |view| {
            certificates(
                view,
                |certificate| matches!(certificate.key, PublicKey::Curve(_, bits) if bits < 224),
            )
        },
    },
    Finding {
        id: "cert-chain-order",
        title: "Certificates are not sent in the order of their chain",
        severity: Severity::Info,
        condition: "The first certificate of a message is not the peer's own, or one that follows another did not issue it.",
        why: "The first certificate must be the one whose key signs; some implementations also need each issuer right behind what it issued, and fail otherwise.",
        fix: "Send the peer's own certificate first, then each issuer in turn.",
        references: &["RFC 7296, section 3.6", "RFC 4945, section 3.3.7"],
        needs: &[Need::Clear, Need::Decrypted],
        check: |view| {
            let list = &view.facts.certificates;
            let broken = list.iter().filter(|certificate| {
                let before = list.iter().find(|other| {
                    other.place + 1 == certificate.place
                        && other.evidence.frame == certificate.evidence.frame
                });
                before.is_some_and(|before| before.issuer != certificate.subject)
            });
            broken
                .map(|certificate| {
                    Hit::new(certificate.evidence.with(format!(
                        "{} stands behind one that it did not issue",
                        certificate.subject
                    )))
                })
                .collect()
        },
    },
    Finding {
        id: "key-reuse-across-ike-versions",
        title: "Same certificate key used for IKEv1 and IKEv2",
        severity: Severity::Medium,
        condition: "The same public key appears in IKEv1 and IKEv2 authentication of the same address.",
        why: "A Bleichenbacher oracle in IKEv1 then breaks IKEv2 authentication.",
        fix: "Use separate keys, disable IKEv1 RSA-encryption modes.",
        references: &["Felsch et al., USENIX Security 2018", "CVE-2018-0131"],
        needs: &[Need::Clear, Need::Decrypted],
        check: |view| {
            certificates(view, |certificate| {
                certificate.version == Version::V1
                    && certificate.place == 0
                    && view.facts.certificates.iter().any(|other| {
                        other.version == Version::V2 && other.key_octets == certificate.key_octets
                    })
            })
        },
    },
    Finding {
        id: "http-cert-lookup-enabled",
        title: "HTTP certificate lookup offered",
        severity: Severity::Low,
        condition: "The notification HTTP_CERT_LOOKUP_SUPPORTED, or a certificate payload that names a URL.",
        why: "Server-side fetch of attacker-supplied URLs.",
        fix: "Disable Hash-and-URL.",
        references: &["RFC 7296, section 3.6"],
        needs: &[Need::Clear, Need::Probe],
        check: |view| {
            let announced = view
                .facts
                .notify(N::HTTP_CERT_LOOKUP_SUPPORTED)
                .map(|fact| &fact.evidence);
            announced
                .into_iter()
                .chain(&view.facts.certificate_urls)
                .map(|evidence| Hit::new(evidence.clone()))
                .collect()
        },
    },
];

fn certificates(view: &View<'_>, is: impl Fn(&CertificateFacts) -> bool) -> Vec<Hit> {
    let found = view
        .facts
        .certificates
        .iter()
        .filter(|certificate| is(certificate));
    found
        .map(|certificate| {
            let what = format!(
                "certificate of {} ({})",
                certificate.subject, certificate.key
            );
            Hit::new(certificate.evidence.with(what))
        })
        .collect()
}

/// MD5 and SHA-1 with RSA, SHA-1 with ECDSA and with DSA.
const WEAK_SIGNATURES: [&str; 4] = [
    "1.2.840.113549.1.1.4",
    "1.2.840.113549.1.1.5",
    "1.2.840.10045.4.1",
    "1.2.840.10040.4.3",
];

/// 1,080 days in seconds.
const LONGEST_VALIDITY: i64 = 1_080 * 86_400;

#[cfg(test)]
mod tests {
    use super::super::super::facts::*;
    use super::super::testing::*;
    use super::*;

    fn chain(issuer: &str) -> PeerFacts {
        with(certificate(|_| ()), |facts| {
            let own = facts.certificates[0].clone();
            facts.certificates.push(CertificateFacts {
                place: 1,
                subject: issuer.to_owned(),
                used: false,
                ..own
            });
        })
    }

    fn in_both(other_key: Vec<u8>) -> PeerFacts {
        with(certificate(|_| ()), |facts| {
            let own = facts.certificates[0].clone();
            facts.certificates.push(CertificateFacts {
                version: Version::V1,
                key_octets: other_key,
                ..own
            });
        })
    }

    #[test]
    fn each_fires_and_just_does_not() {
        const DAY: i64 = 86_400;
        hold(
            FINDINGS,
            &[
                (
                    "cert-rsa-short",
                    certificate(|one| one.key = PublicKey::Rsa(2047)),
                    certificate(|one| one.key = PublicKey::Rsa(2048)),
                ),
                (
                    "cert-rsa-2048",
                    certificate(|one| one.key = PublicKey::Rsa(2048)),
                    certificate(|one| one.key = PublicKey::Rsa(3072)),
                ),
                (
                    "cert-weak-signature",
                    certificate(|one| one.signature = "1.2.840.113549.1.1.5".to_owned()),
                    certificate(|one| one.signature = "1.2.840.113549.1.1.11".to_owned()),
                ),
                (
                    "cert-expired-or-not-yet-valid",
                    certificate(|one| one.seen = Some(one.not_after + 1)),
                    certificate(|one| one.seen = Some(one.not_after)),
                ),
                (
                    "cert-long-validity",
                    certificate(|one| one.not_after = one.not_before + 1_080 * DAY + 1),
                    certificate(|one| one.not_after = one.not_before + 1_080 * DAY),
                ),
                (
                    "cert-weak-curve",
                    certificate(|one| one.key = PublicKey::Curve("P-192", 192)),
                    certificate(|one| one.key = PublicKey::Curve("P-224", 224)),
                ),
                (
                    "cert-chain-order",
                    chain("CN=somebody"),
                    chain("CN=authority"),
                ),
                (
                    "key-reuse-across-ike-versions",
                    in_both(vec![1, 2, 3]),
                    in_both(vec![1, 2, 4]),
                ),
                (
                    "http-cert-lookup-enabled",
                    notify(PeerFacts::default(), N::HTTP_CERT_LOOKUP_SUPPORTED),
                    PeerFacts::default(),
                ),
            ],
        );
    }
}
