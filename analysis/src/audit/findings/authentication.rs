//! Findings about authentication and identities.

use ikescope_dissectors::Registry;
use ikescope_dissectors::registries::eap::EapType;
use ikescope_dissectors::registries::ikev1::AuthenticationMethod as PhaseOneAuth;
use ikescope_dissectors::registries::ikev2::{
    AuthenticationMethod as Auth, HashAlgorithm, IdType, NotifyType as N,
};

use super::super::certificate_facts::PublicKey;
use super::super::facts::{Evidence, Layer, SuiteFact, Version};
use super::super::finding::{Finding, Hit, Need, Severity, View};

pub(super) const FINDINGS: &[Finding] = &[
    Finding {
        id: "auth-psk",
        title: "Pre-shared key authentication",
        severity: Severity::Low,
        condition: "The AUTH payload of IKEv2 has method 2, or phase 1 of IKEv1 selected a pre-shared key.",
        why: "Weak keys can be attacked by an active MITM; NIST allows it only between gateways.",
        fix: "Use certificates; if PSK stays, use >= 128 random bits per peer.",
        references: &[
            "SP 800-77 Rev. 1, section 7.2.2",
            "strongSwan documentation, security recommendations",
        ],
        needs: &[Need::Clear, Need::Decrypted],
        check: |view| {
            let mut hits = with_method(view, |method| method == Auth::PSK);
            let agreed = view.facts.counted_of(Layer::Ike);
            let agreed =
                agreed.filter(|suite| view.facts.phase_one_auth(suite) == Some(PhaseOneAuth::PSK));
            hits.extend(agreed.map(|suite| Hit::new(phase_one(suite))));
            hits
        },
    },
    Finding {
        id: "auth-null",
        title: "NULL authentication",
        severity: Severity::High,
        condition: "AUTH method 13 accepted (decrypted or probe) or ID_NULL used.",
        why: "No peer identity: anyone can establish an SA.",
        fix: "Use it only for opportunistic mode with filtering.",
        references: &["RFC 7619", "SP 800-77 Rev. 1, section 3.3.5"],
        needs: &[Need::Decrypted],
        check: |view| {
            let mut hits = with_method(view, |method| method == Auth::NULL);
            let nobody = view.facts.identities.iter().filter(|identity| {
                identity.version == Version::V2 && IdType(identity.id_type) == IdType::NULL
            });
            hits.extend(nobody.map(|identity| Hit::new(identity.evidence.clone())));
            hits
        },
    },
    Finding {
        id: "auth-dss-sha1",
        title: "DSS authentication",
        severity: Severity::High,
        condition: "AUTH method 3 accepted, or DSA certificate presented.",
        why: "DSA with SHA-1 only; 1024-bit class security.",
        fix: "Remove DSS.",
        references: &["RFC 8247, section 3.1", "SP 800-131A Rev. 2, Table 2"],
        needs: &[Need::Clear, Need::Decrypted],
        check: |view| {
            let mut hits = with_method(view, |method| method == Auth::DSS_SIG);
            let keys = view
                .facts
                .certificates
                .iter()
                .filter(|certificate| certificate.key == PublicKey::Dsa);
            hits.extend(keys.map(|certificate| Hit::new(certificate.evidence.clone())));
            hits
        },
    },
    Finding {
        id: "auth-rsa-method1-only",
        title: "RSA method 1 without RFC 7427",
        severity: Severity::Low,
        condition: "IKE_SA_INIT without SIGNATURE_HASH_ALGORITHMS (16431) from a peer that uses RSA certificates.",
        why: "Method 1 defaults to SHA-1 and fixes PKCS#1 v1.5 padding.",
        fix: "Enable RFC 7427 with RSASSA-PSS/SHA-256 or ECDSA.",
        references: &["RFC 7296, section 3.8", "RFC 8247, section 3.1", "RFC 7427"],
        needs: &[Need::Decrypted],
        check: |view| {
            let facts = view.facts;
            let rsa = facts.certificates.iter().any(|certificate| {
                certificate.version == Version::V2 && matches!(certificate.key, PublicKey::Rsa(_))
            }) || facts
                .authentications
                .iter()
                .any(|fact| fact.method == Auth::RSA_SIG);
            if !rsa || !facts.signature_hashes.is_empty() {
                return Vec::new();
            }
            facts
                .completed_inits
                .iter()
                .map(|evidence| Hit::new(evidence.with("no SIGNATURE_HASH_ALGORITHMS")))
                .collect()
        },
    },
    Finding {
        id: "sig-hash-sha1-offered",
        title: "SHA-1 allowed for AUTH signatures",
        severity: Severity::Medium,
        condition: "SIGNATURE_HASH_ALGORITHMS notify contains value 1.",
        why: "MUST NOT; SHA-1 collisions are practical.",
        fix: "Remove value 1.",
        references: &["RFC 8247, section 3.2", "RFC 7427"],
        needs: &[Need::Clear, Need::Probe],
        check: |view| {
            let lists = view
                .facts
                .signature_hashes
                .iter()
                .filter(|(hashes, _)| hashes.contains(&HashAlgorithm::SHA1));
            lists
                .map(|(_, evidence)| Hit::new(evidence.clone()))
                .collect()
        },
    },
    Finding {
        id: "eap-weak-method",
        title: "Weak EAP method in IKE_AUTH",
        severity: Severity::Medium,
        condition: "EAP-MD5 or EAP-MSCHAPv2 was used in IKE_AUTH.",
        why: "Password-derived; MS-CHAPv2 is cryptographically weak.",
        fix: "Use EAP-TLS or EAP-TTLS/TEAP with certificates.",
        references: &["SP 800-77 Rev. 1, section 7.2.2.4", "RFC 9190"],
        needs: &[Need::Decrypted],
        check: |view| {
            let weak = view.facts.eap.iter().filter(|fact| {
                matches!(
                    fact.eap_type,
                    EapType::MD5_CHALLENGE | EapType::MS_EAP | EapType::MSCHAP_V2
                )
            });
            weak.map(|fact| Hit::new(fact.evidence.with(fact.eap_type.to_string())))
                .collect()
        },
    },
    Finding {
        id: "eap-only-auth",
        title: "EAP-only authentication of the server",
        severity: Severity::Low,
        condition: "EAP_ONLY_AUTHENTICATION (16417) notify accepted.",
        why: "Server identity depends on the EAP method; weak methods allow impersonation.",
        fix: "Authenticate the server with a certificate.",
        references: &["RFC 5998"],
        needs: &[Need::Decrypted],
        check: |view| {
            view.facts
                .notify(N::EAP_ONLY_AUTHENTICATION)
                .map(|fact| Hit::new(fact.evidence.clone()))
                .into_iter()
                .collect()
        },
    },
    Finding {
        id: "supported-auth-methods-missing",
        title: "Peer cannot announce auth methods",
        severity: Severity::Info,
        condition: "The peer was seen with several kinds of credentials, and does not announce which it supports.",
        why: "Auth failures caused by the wrong credential type look like attacks.",
        fix: "Enable RFC 9593.",
        references: &["RFC 9593"],
        needs: &[Need::Clear, Need::Probe],
        check: |view| {
            let methods: std::collections::BTreeSet<Auth> = view
                .facts
                .authentications
                .iter()
                .map(|fact| fact.method)
                .collect();
            if methods.len() < 2 || view.facts.notify(N::SUPPORTED_AUTH_METHODS).is_some() {
                return Vec::new();
            }
            view.facts
                .completed_inits
                .iter()
                .map(|evidence| Hit::new(evidence.with("no SUPPORTED_AUTH_METHODS")))
                .collect()
        },
    },
    Finding {
        id: "identity-cleartext",
        title: "Peer identity sent in clear text",
        severity: Severity::Low,
        condition: "IKEv1 aggressive/main ID payload in clear, or IKEv2 ID readable because of a broken/NULL IKE SA.",
        why: "Privacy leak and input for guessing attacks.",
        fix: "Use IKEv2 (identities are encrypted) or main mode.",
        references: &["RFC 2409", "SP 800-77 Rev. 1, section 7.2.6"],
        needs: &[Need::Clear, Need::Decrypted],
        check: |view| {
            let clear = view
                .facts
                .identities
                .iter()
                .filter(|identity| identity.clear);
            clear
                .map(|identity| {
                    Hit::new(
                        identity
                            .evidence
                            .with(format!("identity {}", identity.value)),
                    )
                })
                .collect()
        },
    },
];

/// How an authentication method of phase 1 is known. A responder of main mode agrees to one before it looks for a key.
fn phase_one(suite: &SuiteFact) -> Evidence {
    if !suite.may_repeat_the_method() {
        return suite.evidence.clone();
    }
    let what = &suite.evidence.what;
    suite.evidence.with(format!(
        "{what}: agreed to in main mode, where a responder may only repeat what it was offered"
    ))
}

fn with_method(view: &View<'_>, is: impl Fn(Auth) -> bool) -> Vec<Hit> {
    let facts = view
        .facts
        .authentications
        .iter()
        .filter(|fact| is(fact.method));
    facts
        .map(|fact| {
            Hit::new(
                fact.evidence
                    .with(format!("AUTH {}", fact.method.short_name())),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::facts::*;
    use super::super::testing::*;
    use super::*;

    fn auth(methods: &[Auth]) -> PeerFacts {
        with(PeerFacts::default(), |facts| {
            for method in methods {
                facts.authentications.push(AuthenticationFact {
                    method: *method,
                    signature: None,
                    role: None,
                    evidence: Evidence::said("AUTH"),
                });
            }
        })
    }

    fn completed(facts: PeerFacts) -> PeerFacts {
        with(facts, |facts| {
            facts.completed_inits.push(Evidence::said("IKE_SA_INIT"))
        })
    }

    fn hashes(list: &[HashAlgorithm]) -> PeerFacts {
        with(PeerFacts::default(), |facts| {
            facts
                .signature_hashes
                .push((list.to_vec(), Evidence::said("hashes")));
        })
    }

    fn eap(eap_type: EapType) -> PeerFacts {
        with(PeerFacts::default(), |facts| {
            facts.eap.push(EapFact {
                eap_type,
                evidence: Evidence::said("EAP"),
            });
        })
    }

    fn identity(clear: bool) -> PeerFacts {
        with(PeerFacts::default(), |facts| {
            facts.identities.push(IdentityFact {
                version: Version::V2,
                mode: None,
                id_type: IdType::FQDN.0,
                value: "moon".to_owned(),
                clear,
                evidence: Evidence::said("ID"),
            });
        })
    }

    #[test]
    fn each_fires_and_just_does_not() {
        let rsa = || completed(auth(&[Auth::RSA_SIG]));
        let mixed = || completed(auth(&[Auth::PSK, Auth::DIGITAL_SIGNATURE]));
        hold(
            FINDINGS,
            &[
                (
                    "auth-psk",
                    ike("AES-CBC-128/SHA2-256/PSK/MODP-2048"),
                    auth(&[Auth::RSA_SIG]),
                ),
                ("auth-null", auth(&[Auth::NULL]), auth(&[Auth::PSK])),
                (
                    "auth-dss-sha1",
                    certificate(|one| one.key = PublicKey::Dsa),
                    certificate(|_| ()),
                ),
                (
                    "auth-rsa-method1-only",
                    rsa(),
                    with(rsa(), |facts| {
                        facts.signature_hashes = hashes(&[HashAlgorithm::SHA2_256]).signature_hashes
                    }),
                ),
                (
                    "sig-hash-sha1-offered",
                    hashes(&[HashAlgorithm::SHA1]),
                    hashes(&[HashAlgorithm::SHA2_256]),
                ),
                ("eap-weak-method", eap(EapType::MS_EAP), eap(EapType::TLS)),
                (
                    "eap-only-auth",
                    notify(PeerFacts::default(), N::EAP_ONLY_AUTHENTICATION),
                    PeerFacts::default(),
                ),
                (
                    "supported-auth-methods-missing",
                    mixed(),
                    notify(mixed(), N::SUPPORTED_AUTH_METHODS),
                ),
                ("identity-cleartext", identity(true), identity(false)),
            ],
        );
    }
}
