//! Findings about ciphers.

use ikescope_dissectors::registries::{ikev1, ikev2::EncryptionAlgorithm as E};

use super::super::algorithm::{Algorithm, Number};
use super::super::facts::{Layer, SuiteFact, Transforms, Version};
use super::super::finding::{Finding, Hit, Need, Severity};
use super::super::strength::{bits, is_known};

pub(super) const FINDINGS: &[Finding] = &[
    Finding {
        id: "encr-des",
        title: "DES, or a variant of it",
        severity: Severity::Critical,
        condition: "ENCR transform 1, 2 or 9, or IKEv1 encryption 1, or ESP ids 1/2/9 selected or accepted.",
        why: "56-bit keys are brute-forced with rented hardware.",
        fix: "Remove DES.",
        references: &["RFC 8247, section 2.1", "RFC 9395", "SP 800-131A Rev. 2"],
        needs: &[Need::Clear, Need::Decrypted, Need::Probe],
        check: |view| view.counted(|_, one| is(one, &[E::DES_IV64, E::DES, E::DES_IV32])),
    },
    Finding {
        id: "encr-3des",
        title: "3DES",
        severity: Severity::High,
        condition: "ENCR 3 (IKEv2/ESP), IKEv1 encryption 5 or ESP id 3 selected or accepted.",
        why: "64-bit block: birthday collisions (SWEET32); NIST disallowed after 2023; 8 MiB per key bundle limit.",
        fix: "Use AES-GCM.",
        references: &[
            "CVE-2016-2183",
            "RFC 8221, section 5",
            "SP 800-131A Rev. 2, Table 1",
            "SP 800-67 Rev. 2",
        ],
        needs: &[Need::Clear, Need::Decrypted, Need::Probe],
        check: |view| view.counted(|_, one| is(one, &[E::TRIPLE_DES])),
    },
    Finding {
        id: "encr-obsolete-64bit",
        title: "Obsolete 64-bit block cipher",
        severity: Severity::High,
        condition: "ENCR 4, 5, 6, 7, 8, 9 selected/accepted (IKEv1 ESP ids 4..9).",
        why: "Deprecated by RFC 9395; 64-bit block; little implementation review.",
        fix: "Use AES-GCM or ChaCha20-Poly1305.",
        references: &["RFC 9395", "RFC 8221, section 5"],
        needs: &[Need::Clear, Need::Decrypted, Need::Probe],
        check: |view| {
            view.counted(|_, one| {
                is(
                    one,
                    &[
                        E::RC5,
                        E::IDEA,
                        E::CAST,
                        E::BLOWFISH,
                        E::TRIPLE_IDEA,
                        E::DES_IV32,
                    ],
                )
            })
        },
    },
    Finding {
        id: "encr-rc4",
        title: "RC4 in an IKEv1 ESP proposal",
        severity: Severity::High,
        condition: "IKEv1 ESP transform id 10.",
        why: "Keystream biases; no integrity by itself.",
        fix: "Remove RC4.",
        references: &["RFC 7465"],
        needs: &[Need::Decrypted],
        check: |view| {
            view.anywhere(|_, one| one.number == Number::EspTransform(ikev1::EspTransform::RC4))
        },
    },
    Finding {
        id: "encr-null-ike",
        title: "NULL encryption for the IKE SA",
        severity: Severity::Critical,
        condition: "ENCR 11 or 21 in an IKE proposal that is selected or accepted.",
        why: "IKE_AUTH identities and keys travel in clear.",
        fix: "Never offer NULL for IKE.",
        references: &["RFC 7296, section 5", "RFC 8247, section 2.1"],
        needs: &[Need::Clear, Need::Probe],
        check: |view| {
            view.counted(|suite, one| {
                suite.layer == Layer::Ike && is(one, &[E::NULL, E::NULL_AUTH_AES_GMAC])
            })
        },
    },
    Finding {
        id: "encr-cbc-without-aead",
        title: "CBC mode instead of AEAD",
        severity: Severity::Info,
        condition: "A cipher without integrity of its own was selected, although one with it was offered or is accepted elsewhere.",
        why: "Needs a second pass for integrity and pads to blocks; AEAD is the current recommendation.",
        fix: "Prefer AES-GCM-16 or CHACHA20-POLY1305.",
        references: &["RFC 8221, section 4"],
        needs: &[Need::Clear, Need::Decrypted, Need::Probe],
        check: |view| {
            let has_aead =
                |transforms: &Transforms| transforms.encr.iter().any(|cipher| cipher.is_aead());
            view.suites(|suite| {
                let plain = suite.transforms.encr.iter().any(|cipher| {
                    is(
                        *cipher,
                        &[
                            E::AES_CBC,
                            E::CAMELLIA_CBC,
                            E::TRIPLE_DES,
                            E::DES,
                            E::BLOWFISH,
                            E::CAST,
                            E::IDEA,
                        ],
                    )
                });
                let elsewhere = suite.offered.iter().any(has_aead)
                    || view
                        .facts
                        .counted()
                        .any(|other| other.layer == suite.layer && has_aead(&other.transforms));
                plain && elsewhere
            })
        },
    },
    Finding {
        id: "encr-short-icv",
        title: "64-bit ICV cipher outside IoT",
        severity: Severity::Low,
        condition: "ENCR 14 or 18 selected for ESP on a general VPN.",
        why: "64-bit tags limit forgery resistance and volume.",
        fix: "Use 16-octet ICV transforms.",
        references: &["RFC 8221, section 5"],
        needs: &[Need::Clear, Need::Decrypted, Need::Probe],
        check: |view| {
            view.counted(|suite, one| {
                suite.layer == Layer::Esp && is(one, &[E::AES_CCM_8, E::AES_GCM_8])
            })
        },
    },
    Finding {
        id: "encr-missing-key-length",
        title: "AES/Camellia transform without Key Length",
        severity: Severity::Medium,
        condition: "ENCR 12-16, 18-20, 23-27 with no Key Length attribute (type 14).",
        why: "Ambiguous key size; implementations default differently and some accept 128 for a 256 policy.",
        fix: "Send an explicit Key Length.",
        references: &["RFC 7296, section 3.3.5"],
        needs: &[Need::Clear, Need::Decrypted, Need::Probe],
        check: |view| view.anywhere(|_, one| one.key_bits.is_none() && is(one, &SIZED)),
    },
    Finding {
        id: "encr-unexpected-key-length",
        title: "Impossible key length",
        severity: Severity::Medium,
        condition: "Key Length not in {128,192,256} for AES/Camellia, or present for ENCR 3 or 28.",
        why: "Malformed proposals hint at buggy or hostile peers; ChaCha20 has a fixed key.",
        fix: "Fix the peer configuration.",
        references: &["RFC 7296, section 3.3.5", "RFC 7634"],
        needs: &[Need::Clear, Need::Decrypted, Need::Probe],
        check: |view| {
            view.anywhere(|_, one| match one.key_bits {
                Some(bits) => {
                    is(
                        one,
                        &[
                            E::TRIPLE_DES,
                            E::CHACHA20_POLY1305,
                            E::CHACHA20_POLY1305_IIV,
                        ],
                    ) || is(one, &SIZED) && ![128, 192, 256].contains(&bits)
                }
                None => false,
            })
        },
    },
    Finding {
        id: "encr-aead-with-integ",
        title: "AEAD combined with an integrity transform",
        severity: Severity::Low,
        condition: "A proposal whose ENCR transforms are all AEAD also contains INTEG transforms other than NONE, or the response selects both.",
        why: "RFC 5282 forbids it; mixed AEAD/non-AEAD proposals are a common interop and downgrade source.",
        fix: "Split AEAD and non-AEAD proposals.",
        references: &["RFC 5282, section 8", "RFC 7296, section 2.7"],
        needs: &[Need::Clear, Need::Decrypted, Need::Probe],
        check: |view| {
            let both = |transforms: &Transforms| {
                !transforms.encr.is_empty()
                    && transforms.encr.iter().all(|cipher| cipher.is_aead())
                    && transforms.real_integ().next().is_some()
            };
            let mut hits = view.suites(|suite| both(&suite.transforms));
            for offer in &view.facts.offers {
                for proposal in offer.proposals.iter().filter(|proposal| both(proposal)) {
                    hits.push(Hit::new(offer.evidence.with(format!(
                        "{} {proposal} (only offered)",
                        offer.layer.title()
                    ))));
                }
            }
            hits
        },
    },
    Finding {
        id: "encr-128-bit-quantum",
        title: "128-bit symmetric keys with long confidentiality needs",
        severity: Severity::Info,
        condition: "Only 128-bit ENCR transforms offered/accepted.",
        why: "Grover halves the search exponent; below the 128 bits that RFC 8784, section 6, asks for.",
        fix: "Offer 256-bit keys first.",
        references: &["RFC 8784, section 6", "SP 800-77 Rev. 1, section 7.2.3"],
        needs: &[Need::Clear, Need::Decrypted, Need::Probe],
        check: |view| {
            let ciphers = |transforms: &Transforms| transforms.encr.clone();
            let mut all: Vec<Algorithm> = view
                .facts
                .counted()
                .flat_map(|suite| ciphers(&suite.transforms))
                .collect();
            if all.is_empty() {
                return Vec::new();
            }
            all.extend(
                view.facts
                    .offers
                    .iter()
                    .flat_map(|offer| offer.proposals.iter().flat_map(ciphers)),
            );
            if !all.iter().all(|cipher| bits(*cipher) == Some(128)) {
                return Vec::new();
            }
            view.counted(|_, one| {
                bits(one) == Some(128)
                    && matches!(one.as_v2().map(|same| same.number), Some(Number::Encr(_)))
            })
        },
    },
    Finding {
        id: "encr-implicit-iv-unilateral",
        title: "Implicit-IV offered but not selected",
        severity: Severity::Info,
        condition: "ENCR 29-31 offered and the explicit-IV sibling (14/20/28) selected.",
        why: "Normal fallback; only worth a note when the profile wants the 8 octets saved.",
        fix: "None, or enable IIV on both peers.",
        references: &["RFC 8750, section 5"],
        needs: &[Need::Decrypted],
        check: |view| {
            view.suites(|suite| {
                suite.layer == Layer::Esp
                    && IMPLICIT.iter().any(|(implicit, explicit)| {
                        suite
                            .transforms
                            .encr
                            .iter()
                            .any(|one| is(*one, &[*explicit]))
                            && suite.offered.iter().any(|proposal| {
                                proposal.encr.iter().any(|one| is(*one, &[*implicit]))
                            })
                    })
            })
        },
    },
    Finding {
        id: "encr-private-use",
        title: "Private-use or unknown transform id",
        severity: Severity::Info,
        condition: "The number of a transform is from the private-use range or in no registry.",
        why: "Cannot be assessed; may be vendor crypto or test code.",
        fix: "Identify the vendor and remove unless required.",
        references: &["RFC 7296, section 3.3.2"],
        needs: &[Need::Clear, Need::Decrypted, Need::Probe],
        check: |view| {
            view.anywhere(|suite, one| {
                let of_nobody = one.is_private_use() || !one.is_registered() && !is_known(one);
                of_nobody && !is_null_method(one) && !is_phase_one_private(suite, one)
            })
        },
    },
];

/// Whether an algorithm is one of these ciphers, in whichever registry.
pub(super) fn is(algorithm: Algorithm, ciphers: &[E]) -> bool {
    match algorithm.as_v2().map(|same| same.number) {
        Some(Number::Encr(cipher)) => ciphers.contains(&cipher),
        _ => false,
    }
}

/// The key exchange without a secret has a finding of its own.
fn is_null_method(algorithm: Algorithm) -> bool {
    matches!(algorithm.number, Number::Ke(method) if method.0 == 1024)
}

/// Authentication methods of XAUTH are private use by the letter, and known to everybody.
const fn is_phase_one_private(suite: &SuiteFact, algorithm: Algorithm) -> bool {
    matches!(suite.version, Version::V1) && matches!(algorithm.number, Number::PhaseOneAuth(_))
}

/// Ciphers of several key lengths (RFC 7296, section 3.3.5).
const SIZED: [E; 13] = [
    E::AES_CBC,
    E::AES_CTR,
    E::AES_CCM_8,
    E::AES_CCM_12,
    E::AES_CCM_16,
    E::AES_GCM_8,
    E::AES_GCM_12,
    E::AES_GCM_16,
    E::CAMELLIA_CBC,
    E::CAMELLIA_CTR,
    E::CAMELLIA_CCM_8,
    E::CAMELLIA_CCM_12,
    E::CAMELLIA_CCM_16,
];

/// Ciphers with an implicit initialization vector, and the same with an explicit one (RFC 8750).
const IMPLICIT: [(E, E); 3] = [
    (E::AES_CCM_8_IIV, E::AES_CCM_8),
    (E::AES_GCM_16_IIV, E::AES_GCM_16),
    (E::CHACHA20_POLY1305_IIV, E::CHACHA20_POLY1305),
];

#[cfg(test)]
mod tests {
    use super::super::super::facts::*;
    use super::super::super::profile::Profile;
    use super::super::super::suite::NamedSuite;
    use super::super::testing::*;
    use super::*;

    fn in_ike(cipher: &str) -> PeerFacts {
        ike(&format!("{cipher}/HMAC-SHA2-256/HMAC-SHA2-256-128/ECP-256"))
    }

    fn offered(facts: PeerFacts, suites: &[&str]) -> PeerFacts {
        each(facts, |suite| {
            suite.offered = suites.iter().map(|suite| transforms(suite)).collect();
        })
    }

    #[test]
    fn each_fires_and_just_does_not() {
        hold(
            FINDINGS,
            &[
                ("encr-des", in_ike("DES"), in_ike("3DES")),
                (
                    "encr-3des",
                    esp("3DES/HMAC-SHA1-96"),
                    esp("AES-CBC-128/HMAC-SHA1-96"),
                ),
                (
                    "encr-obsolete-64bit",
                    in_ike("BLOWFISH-256"),
                    in_ike("CAMELLIA-CBC-256"),
                ),
                (
                    "encr-rc4",
                    esp_v1("RC4/HMAC-SHA1-96"),
                    esp("ENCR-10/HMAC-SHA1-96"),
                ),
                ("encr-null-ike", in_ike("NULL"), esp("NULL/HMAC-SHA1-96")),
                (
                    "encr-cbc-without-aead",
                    offered(in_ike("AES-CBC-256"), &[STRONG]),
                    offered(
                        in_ike("AES-CBC-256"),
                        &["AES-CTR-256/HMAC-SHA2-256/HMAC-SHA2-256-128/ECP-256"],
                    ),
                ),
                (
                    "encr-short-icv",
                    esp("AES-GCM-8-256"),
                    esp("AES-GCM-12-256"),
                ),
                ("encr-missing-key-length", in_ike("AES-CBC"), in_ike("3DES")),
                (
                    "encr-unexpected-key-length",
                    each(in_ike("AES-CBC-192"), |suite| {
                        suite.transforms.encr = vec![Algorithm::encr(E::AES_CBC, Some(512))];
                    }),
                    in_ike("AES-CBC-192"),
                ),
                (
                    "encr-aead-with-integ",
                    esp("AES-GCM-16-256/HMAC-SHA1-96"),
                    esp("AES-GCM-16-256"),
                ),
                (
                    "encr-128-bit-quantum",
                    ike("AES-GCM-16-128/HMAC-SHA2-256/ECP-256"),
                    NamedSuite::parse(
                        "AES-GCM-16-128/HMAC-SHA2-256/ECP-256",
                        Some("AES-GCM-16-256"),
                    )
                    .unwrap()
                    .facts(),
                ),
                (
                    "encr-implicit-iv-unilateral",
                    each(esp("AES-GCM-16-256"), |suite| {
                        suite.offered = [Transforms {
                            encr: vec![Algorithm::encr(E::AES_GCM_16_IIV, Some(256))],
                            ..Transforms::default()
                        }]
                        .into();
                    }),
                    each(esp("AES-GCM-16-IIV-256"), |suite| {
                        suite.offered = [suite.transforms.clone()].into();
                    }),
                ),
                (
                    "encr-private-use",
                    in_ike("ENCR-1024-128"),
                    in_ike("CAMELLIA-CTR-128"),
                ),
            ],
        );
    }

    #[test]
    fn a_fixed_key_has_no_length() {
        let rfc = Profile::named("rfc").unwrap();
        let facts = each(esp("CHACHA20-POLY1305"), |suite| {
            for cipher in &mut suite.transforms.encr {
                cipher.key_bits = Some(256);
            }
        });
        assert!(ids(&look(&rfc, &facts)).contains(&"encr-unexpected-key-length"));
        let without = esp("CHACHA20-POLY1305");
        assert!(!ids(&look(&rfc, &without)).contains(&"encr-unexpected-key-length"));
    }

    #[test]
    fn what_was_only_offered_is_marked_and_does_not_fire_alone() {
        let rfc = Profile::named("rfc").unwrap();
        let weak = "DES/HMAC-SHA2-256/HMAC-SHA2-256-128/ECP-256";
        let found = look(&rfc, &offer(&[weak]));
        assert!(!ids(&found).contains(&"encr-des"));
        let mut facts = offer(&[weak]);
        facts.suites = ike(weak).suites;
        let found = look(&rfc, &facts);
        let des = found
            .iter()
            .find(|found| found.finding.id == "encr-des")
            .unwrap();
        let marked = des
            .evidence
            .iter()
            .filter(|one| one.what.ends_with("(only offered)"));
        assert_eq!((des.evidence.len(), marked.count()), (2, 1));
    }
}
