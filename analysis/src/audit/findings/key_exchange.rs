//! Findings about key exchanges.

use ikescope_dissectors::registries::ikev2::KeyExchangeMethod as K;

use super::super::algorithm::{Algorithm, Number};
use super::super::facts::{Reused, SuiteFact};
use super::super::finding::{Finding, Hit, Need, Severity};
use super::super::strength::{bits, strength};

pub(super) const FINDINGS: &[Finding] = &[
    Finding {
        id: "ke-modp768",
        title: "768-bit MODP (group 1)",
        severity: Severity::Critical,
        condition: "KE/group 1 offered, selected or accepted (also INVALID_KE_PAYLOAD asking for it).",
        why: "Breakable in hours on cheap hardware; passive decryption of recorded traffic.",
        fix: "Use ECP-256, ECP-384, CURVE25519, or MODP-3072 and longer.",
        references: &["RFC 8247, section 2.4"],
        needs: &[Need::Clear, Need::Probe],
        check: |view| {
            let mut hits = view.anywhere(|_, one| is(one, &[K::MODP_768]));
            let wanted = view
                .facts
                .invalid_ke
                .iter()
                .filter(|fact| is(fact.wanted, &[K::MODP_768]));
            hits.extend(wanted.map(|fact| Hit::new(fact.evidence.with("asks for MODP-768"))));
            hits
        },
    },
    Finding {
        id: "ke-modp1024",
        title: "1024-bit MODP (group 2)",
        severity: Severity::High,
        condition: "KE/group 2 selected or accepted.",
        why: "One precomputation per shared prime makes passive decryption plausible for a nation state; the 2015 study estimates that one 1024-bit group covers 66% of IPsec VPNs.",
        fix: "Use MODP-2048 at least, better ECP-256, ECP-384 or CURVE25519.",
        references: &[
            "Adrian et al., Imperfect Forward Secrecy, CCS 2015",
            "RFC 8247, section 2.4",
            "SP 800-77 Rev. 1, section 7.2.4.2",
        ],
        needs: &[Need::Clear, Need::Probe],
        check: |view| view.counted(|_, one| is(one, &[K::MODP_1024])),
    },
    Finding {
        id: "ke-modp1536",
        title: "1536-bit MODP (group 5)",
        severity: Severity::High,
        condition: "KE/group 5 selected or accepted.",
        why: "About 90 bits of strength; RFC 8247 says SHOULD NOT, and NIST does not approve it.",
        fix: "Use MODP-2048 at least.",
        references: &["RFC 8247, section 2.4", "RFC 3526, section 8"],
        needs: &[Need::Clear, Need::Probe],
        check: |view| view.counted(|_, one| is(one, &[K::MODP_1536])),
    },
    Finding {
        id: "ke-modp1024s160",
        title: "1024-bit MODP with 160-bit subgroup (group 22)",
        severity: Severity::Critical,
        condition: "KE/group 22 selected or accepted.",
        why: "MUST NOT; 80-bit group with unexplained seed and small subgroup.",
        fix: "Remove MODP-1024-160.",
        references: &["RFC 8247, section 2.4", "RFC 6989, section 2.2"],
        needs: &[Need::Clear, Need::Probe],
        check: |view| view.counted(|_, one| is(one, &[K::MODP_1024_160])),
    },
    Finding {
        id: "ke-rfc5114-subgroup",
        title: "RFC 5114 subgroup groups 23/24",
        severity: Severity::Medium,
        condition: "KE 23 or 24 selected or accepted.",
        why: "Unpublished seeds and small subgroups; only safe with an RFC 6989 subgroup check, which cannot be seen from outside.",
        fix: "Remove MODP-2048-224 and MODP-2048-256; use groups of safe primes from MODP-2048 on, or ECP.",
        references: &[
            "RFC 8247, section 2.4",
            "RFC 6989",
            "SP 800-131A Rev. 2, Table 4",
        ],
        needs: &[Need::Clear, Need::Probe],
        check: |view| view.counted(|_, one| is(one, &[K::MODP_2048_224, K::MODP_2048_256])),
    },
    Finding {
        id: "ke-ecp192",
        title: "192-bit curve (group 25)",
        severity: Severity::High,
        condition: "KE 25 selected/accepted.",
        why: "80-bit strength; below the NIST 112-bit floor.",
        fix: "Remove.",
        references: &["RFC 5114, section 4", "SP 800-131A Rev. 2"],
        needs: &[Need::Clear, Need::Probe],
        check: |view| view.counted(|_, one| is(one, &[K::ECP_192])),
    },
    Finding {
        id: "ke-112-bit-group",
        title: "112-bit key exchange",
        severity: Severity::Low,
        condition: "Only KE 14, 26 or 27 available/selected.",
        why: "NIST accepts 112 bits but BSI requires >=120 bits (>=3000-bit MODP) since 2023.",
        fix: "Add MODP-3072, ECP-256, ECP-384 or CURVE25519.",
        references: &[
            "SP 800-57 Part 1 Rev. 5, table 2",
            "BSI TR-02102-3, change log",
        ],
        needs: &[Need::Clear, Need::Probe],
        check: |view| {
            let of_112 = [K::MODP_2048, K::ECP_224, K::BRAINPOOL_P224R1];
            let mut methods = view
                .facts
                .counted()
                .flat_map(|suite| suite.transforms.real_ke())
                .peekable();
            if methods.peek().is_none() || !methods.all(|method| is(method, &of_112)) {
                return Vec::new();
            }
            view.counted(|_, one| is(one, &of_112))
        },
    },
    Finding {
        id: "ke-private-use-null",
        title: "Private-use KE id 1024 (MODP_NULL)",
        severity: Severity::Critical,
        condition: "KE 1024 offered or accepted.",
        why: "strongSwan uses 1024 for a deliberately insecure null KE; any other use is undocumented.",
        fix: "Remove test configuration.",
        references: &["strongSwan, key_exchange.h"],
        needs: &[Need::Clear, Need::Probe],
        check: |view| view.anywhere(|_, one| is(one, &[K(MODP_NULL)])),
    },
    Finding {
        id: "ke-reused-value",
        title: "Same KE public value in two sessions",
        severity: Severity::Medium,
        condition: "Identical Key Exchange Data for the same group from the same peer in two exchanges with DIFFERENT initiator SPIs (exclude IKE_SA_INIT retries after COOKIE or INVALID_KE_PAYLOAD and retransmissions, which legitimately repeat it). high if the group is 23/24 or an ML-KEM method.",
        why: "Less than perfect forward secrecy and enables small-subgroup key recovery; the ML-KEM draft REQUIRES fresh keys.",
        fix: "Disable KE reuse; patch the implementation.",
        references: &[
            "RFC 7296, section 2.12",
            "RFC 6989, section 2",
            "draft-ietf-ipsecme-ikev2-mlkem-08",
            "RFC 9206, section 10",
        ],
        needs: &[Need::Clear],
        check: |view| {
            let reuses = view
                .facts
                .reuses
                .iter()
                .filter_map(|reuse| match reuse.what {
                    Reused::KeyExchange(method) => Some((method, &reuse.again)),
                    _ => None,
                });
            reuses
                .map(|(method, evidence)| {
                    let evidence = evidence.clone();
                    let dangerous = is(
                        method,
                        &[
                            K::MODP_2048_224,
                            K::MODP_2048_256,
                            K::ML_KEM_512,
                            K::ML_KEM_768,
                            K::ML_KEM_1024,
                        ],
                    );
                    if dangerous {
                        Hit::with_severity(evidence, Severity::High)
                    } else {
                        Hit::new(evidence)
                    }
                })
                .collect()
        },
    },
    Finding {
        id: "ke-invalid-public-value",
        title: "Degenerate or out-of-range KE value",
        severity: Severity::Critical,
        condition: "MODP: value 0, 1, p-1 or >= p (legal range is 1 < r < p-1); X25519/X448: all-zero or other low-order point; ECP: coordinates not on the curve; ML-KEM: fails the FIPS 203 s7.2 encapsulation-key check.",
        why: "Forces a predictable shared secret or probes for missing validation.",
        fix: "Reject the exchange; patch the peer; treat as an attack if it is not your own test tool.",
        references: &[
            "RFC 6989, sections 2.1 to 2.3",
            "draft-ietf-ipsecme-ikev2-mlkem-08, section 2.3",
        ],
        needs: &[Need::Clear],
        check: |view| {
            let illegal = view
                .facts
                .key_exchanges
                .iter()
                .filter_map(|fact| Some((fact, fact.illegal?)));
            illegal
                .map(|(fact, why)| Hit::new(fact.evidence.with(format!("{}: {why}", fact.method))))
                .collect()
        },
    },
    Finding {
        id: "ke-length-mismatch",
        title: "KE payload length does not match the group",
        severity: Severity::High,
        condition: "Key Exchange Data length differs from ke_sizes.csv for the announced group and role.",
        why: "Protocol violation; DH value length handling was a buffer overflow in strongSwan charon-tkm.",
        fix: "Patch sender/receiver.",
        references: &[
            "RFC 7296, section 3.4",
            "RFC 5903, section 7",
            "CVE-2023-41913",
        ],
        needs: &[Need::Clear, Need::Probe],
        check: |view| {
            let wrong = view.facts.key_exchanges.iter().filter_map(|fact| {
                let (initiator, responder) = strength(fact.method)?.value_octets?;
                let expected = if fact.by_initiator {
                    initiator
                } else {
                    responder
                };
                (fact.octets != expected).then(|| {
                    Hit::new(fact.evidence.with(format!(
                        "{} has {} octets instead of {expected}",
                        fact.method, fact.octets
                    )))
                })
            });
            wrong.collect()
        },
    },
    Finding {
        id: "ke-strength-mismatch",
        title: "Key exchange weaker than the cipher",
        severity: Severity::Low,
        condition: "selected KE bits < selected ENCR key bits (example: ENCR 20/256 with KE 14).",
        why: "The tunnel is only as strong as the exchange that keys it.",
        fix: "Choose a key exchange as strong as the key of the cipher.",
        references: &[
            "SP 800-77 Rev. 1, section 7.2.6",
            "SP 800-57 Part 1 Rev. 5, table 2",
        ],
        needs: &[Need::Clear, Need::Decrypted, Need::Probe],
        check: |view| {
            let weaker = view.facts.counted().filter_map(|suite| {
                let exchange = exchange_bits(suite)?;
                let (cipher, key) = suite
                    .transforms
                    .encr
                    .iter()
                    .filter_map(|cipher| Some((*cipher, bits(*cipher)?)))
                    .max_by_key(|(_, bits)| *bits)?;
                (exchange < key).then(|| {
                    Hit::new(suite.evidence.with(format!(
                        "{exchange} bits of key exchange for {key} bits of {cipher}"
                    )))
                })
            });
            weaker.collect()
        },
    },
    Finding {
        id: "ke-invalid-ke-downgrade",
        title: "INVALID_KE_PAYLOAD asks for a weaker group",
        severity: Severity::Medium,
        condition: "Notify 17 in the IKE_SA_INIT response names a group with fewer bits than the one in the initiator KE payload.",
        why: "The notify is unauthenticated, so an attacker can steer the initiator to a weak group it still allows.",
        fix: "Refuse weak groups on the initiator; configure one strong group.",
        references: &[
            "RFC 7296, section 1.2",
            "RFC 7296, section 2.7",
            "RFC 8247, section 2.4",
        ],
        needs: &[Need::Clear, Need::Probe],
        check: |view| {
            let weaker = view.facts.invalid_ke.iter().filter(|fact| {
                bits(fact.wanted)
                    .zip(bits(fact.sent))
                    .is_some_and(|(wanted, sent)| wanted < sent)
            });
            weaker
                .map(|fact| {
                    Hit::new(
                        fact.evidence
                            .with(format!("asks for {} instead of {}", fact.wanted, fact.sent)),
                    )
                })
                .collect()
        },
    },
];

fn is(algorithm: Algorithm, methods: &[K]) -> bool {
    matches!(algorithm.as_v2().map(|same| same.number), Some(Number::Ke(method)) if methods.contains(&method))
}

/// The weakest key exchange of a suite; of several that are done together the strongest counts.
fn exchange_bits(suite: &SuiteFact) -> Option<u16> {
    let weakest = suite.transforms.real_ke().map(bits).min()??;
    let additional = suite.transforms.additional_ke.iter();
    let together =
        additional.filter_map(|list| list.iter().filter_map(|method| bits(*method)).min());
    Some(together.fold(weakest, u16::max))
}

/// strongSwan's private-use number of a key exchange without a secret.
const MODP_NULL: u16 = 1024;

#[cfg(test)]
mod tests {
    use super::super::super::facts::*;
    use super::super::super::profile::Profile;
    use super::super::testing::*;
    use super::*;

    fn in_ike(method: &str) -> PeerFacts {
        ike(&format!("AES-GCM-16-256/HMAC-SHA2-384/{method}"))
    }

    fn reuse(what: Reused) -> PeerFacts {
        with(PeerFacts::default(), |facts| {
            facts.reuses.push(ReuseFact {
                what,
                first: Evidence::said("first"),
                again: Evidence::said("again"),
            });
        })
    }

    fn value(
        name: &str,
        octets: usize,
        by_initiator: bool,
        illegal: Option<&'static str>,
    ) -> PeerFacts {
        with(PeerFacts::default(), |facts| {
            facts.key_exchanges.push(KeyExchangeFact {
                method: method(name),
                octets,
                by_initiator,
                in_sa_init_over_udp: false,
                message_octets: 400,
                illegal,
                evidence: Evidence::said("KE"),
            });
        })
    }

    fn invalid_ke(sent: &str, wanted: &str) -> PeerFacts {
        with(PeerFacts::default(), |facts| {
            facts.invalid_ke.push(InvalidKeFact {
                sent: method(sent),
                wanted: method(wanted),
                evidence: Evidence::said("INVALID_KE_PAYLOAD"),
            });
        })
    }

    #[test]
    fn each_fires_and_just_does_not() {
        hold(
            FINDINGS,
            &[
                (
                    "ke-modp768",
                    invalid_ke("MODP-2048", "MODP-768"),
                    in_ike("MODP-1024"),
                ),
                (
                    "ke-modp1024",
                    ike("AES-CBC-128/SHA1/PSK/MODP-1024"),
                    in_ike("MODP-1024-160"),
                ),
                ("ke-modp1536", in_ike("MODP-1536"), in_ike("MODP-2048")),
                (
                    "ke-modp1024s160",
                    in_ike("MODP-1024-160"),
                    in_ike("MODP-1024"),
                ),
                (
                    "ke-rfc5114-subgroup",
                    in_ike("MODP-2048-224"),
                    in_ike("MODP-2048"),
                ),
                ("ke-ecp192", in_ike("ECP-192"), in_ike("ECP-224")),
                (
                    "ke-112-bit-group",
                    in_ike("MODP-2048"),
                    with(in_ike("MODP-2048"), |facts| {
                        facts.suites.extend(in_ike("MODP-3072").suites);
                    }),
                ),
                ("ke-private-use-null", in_ike("KE-1024"), in_ike("KE-1025")),
                (
                    "ke-reused-value",
                    reuse(Reused::KeyExchange(method("ECP-256"))),
                    reuse(Reused::Nonce),
                ),
                (
                    "ke-invalid-public-value",
                    value("MODP-2048", 256, true, Some("it is 1")),
                    value("MODP-2048", 256, true, None),
                ),
                (
                    "ke-length-mismatch",
                    value("ML-KEM-768", 1184, false, None),
                    value("ML-KEM-768", 1088, false, None),
                ),
                ("ke-strength-mismatch", in_ike("ECP-384"), in_ike("ECP-521")),
                (
                    "ke-invalid-ke-downgrade",
                    invalid_ke("ECP-384", "MODP-2048"),
                    invalid_ke("MODP-2048", "ECP-384"),
                ),
            ],
        );
    }

    #[test]
    fn a_value_used_again_is_worse_where_it_gives_the_key_away() {
        let rfc = Profile::named("rfc").unwrap();
        for (name, severity) in [
            ("ECP-256", Severity::Medium),
            ("MODP-2048-256", Severity::High),
            ("ML-KEM-768", Severity::High),
        ] {
            let found = look(&rfc, &reuse(Reused::KeyExchange(method(name))));
            assert_eq!(found[0].severity, severity, "{name}");
        }
    }

    #[test]
    fn an_additional_exchange_adds_strength() {
        let rfc = Profile::named("rfc").unwrap();
        let hybrid = in_ike("ECP-384+ML-KEM-1024");
        assert!(!ids(&look(&rfc, &hybrid)).contains(&"ke-strength-mismatch"));
    }
}
