//! Findings about quantum computers.

use ikescope_dissectors::registries::ikev2::{KeyExchangeMethod as K, NotifyType as N};

use super::super::algorithm::{Algorithm, Number};
use super::super::facts::{Layer, Transforms, Version};
use super::super::finding::{Finding, Hit, Need, Severity};
use super::super::verdict::post_quantum_methods;

pub(super) const FINDINGS: &[Finding] = &[
    Finding {
        id: "pq-ke-absent",
        title: "No post-quantum protection offered",
        severity: Severity::Info,
        condition: "No KE 35-37 in ADDKE, no INTERMEDIATE_EXCHANGE_SUPPORTED (16438), no USE_PPK (16435) and no ADDITIONAL_KEY_EXCHANGE (16441).",
        why: "Recordings today can be decrypted by a future quantum computer.",
        fix: "Plan ML-KEM-768/1024 (RFC 9370) or PPK (RFC 8784).",
        references: &[
            "RFC 9370",
            "RFC 8784",
            "BSI TR-02102-3, edition 2026-01 (secondary source)",
            "draft-guthrie-cnsa2-ipsec-profile-04",
        ],
        needs: &[Need::Clear, Need::Probe],
        check: |view| {
            let announced = [
                N::INTERMEDIATE_EXCHANGE_SUPPORTED,
                N::USE_PPK,
                N::USE_PPK_INT,
                N::ADDITIONAL_KEY_EXCHANGE,
            ]
            .into_iter()
            .any(|notify| view.facts.notify(notify).is_some());
            let protected = view
                .facts
                .counted()
                .any(|suite| post_quantum_methods(suite).next().is_some());
            if announced || protected {
                return Vec::new();
            }
            view.suites(|suite| suite.layer == Layer::Ike && suite.version == Version::V2)
        },
    },
    Finding {
        id: "pq-addke-none-accepted",
        title: "Post-quantum round is optional",
        severity: Severity::Low,
        condition: "ADDKE transform list contains NONE (0) and the responder selects 0, or no additional KE is selected although the initiator offered one.",
        why: "An on-path attacker can strip the post-quantum round.",
        fix: "Remove NONE from ADDKE lists once all peers support ML-KEM.",
        references: &["RFC 9370", "draft-ietf-ipsecme-ikev2-mlkem-08"],
        needs: &[Need::Clear, Need::Probe],
        check: |view| {
            view.suites(|suite| {
                let real = |transforms: &Transforms| {
                    transforms
                        .additional_ke
                        .iter()
                        .flatten()
                        .any(|method| !method.is_none())
                };
                suite.offered.iter().chain(&suite.chosen_from).any(real) && !real(&suite.transforms)
            })
        },
    },
    Finding {
        id: "pq-kem-in-sa-init-udp",
        title: "ML-KEM 768/1024 in IKE_SA_INIT over UDP",
        severity: Severity::Low,
        condition: "KE 36 or 37 in an IKE_SA_INIT KE payload on UDP 500/4500 (message above 1280 bytes).",
        why: "IKE_SA_INIT cannot be fragmented; packets may be dropped.",
        fix: "Use RFC 9242 IKE_INTERMEDIATE or TCP.",
        references: &["draft-ietf-ipsecme-ikev2-mlkem-08", "RFC 9242"],
        needs: &[Need::Clear],
        check: |view| {
            let large = view.facts.key_exchanges.iter().filter(|fact| {
                fact.in_sa_init_over_udp
                    && fact.message_octets > 1280
                    && is(fact.method, &[K::ML_KEM_768, K::ML_KEM_1024])
            });
            large
                .map(|fact| {
                    Hit::new(fact.evidence.with(format!(
                        "{} in a message of {} octets",
                        fact.method, fact.message_octets
                    )))
                })
                .collect()
        },
    },
    Finding {
        id: "pq-mlkem512-only",
        title: "Only ML-KEM-512 offered",
        severity: Severity::Info,
        condition: "ADDKE/IKE_SA_INIT contains 35 and not 36/37.",
        why: "NIST category 1; BSI TR-02102-1 recommends 768 or 1024 and CNSA 2.0 requires 1024.",
        fix: "Offer ML-KEM-768 or ML-KEM-1024.",
        references: &[
            "BSI TR-02102-1 (secondary source)",
            "draft-guthrie-cnsa2-ipsec-profile-04",
        ],
        needs: &[Need::Clear, Need::Probe],
        check: |view| {
            let methods: Vec<Algorithm> = view
                .facts
                .counted()
                .flat_map(post_quantum_methods)
                .collect();
            if methods.iter().any(|method| !is(*method, &[K::ML_KEM_512])) {
                return Vec::new();
            }
            view.counted(|_, one| is(one, &[K::ML_KEM_512]))
        },
    },
    Finding {
        id: "ppk-not-mandatory",
        title: "PPK is optional",
        severity: Severity::Info,
        condition: "USE_PPK sent but NO_PPK_AUTH (16437) present in the first IKE_AUTH request (both optional).",
        why: "A quantum-capable on-path attacker could strip USE_PPK.",
        fix: "Mark PPK mandatory on both sides.",
        references: &["RFC 8784, section 6"],
        needs: &[Need::Decrypted],
        check: |view| {
            let optional = view
                .facts
                .notify(N::NO_PPK_AUTH)
                .filter(|_| view.facts.notify(N::USE_PPK).is_some());
            optional
                .map(|fact| Hit::new(fact.evidence.clone()))
                .into_iter()
                .collect()
        },
    },
    Finding {
        id: "pq-fragmentation-missing",
        title: "Large KE without IKE fragmentation",
        severity: Severity::Low,
        condition: "Post-quantum ADDKE negotiated and no IKEV2_FRAGMENTATION_SUPPORTED (16430) in IKE_SA_INIT.",
        why: "IKE_INTERMEDIATE messages may be dropped and the negotiation falls back or fails.",
        fix: "Enable RFC 7383.",
        references: &["RFC 9242", "RFC 7383"],
        needs: &[Need::Clear, Need::Probe],
        check: |view| {
            if view.facts.completed_inits.is_empty()
                || view
                    .facts
                    .notify(N::IKEV2_FRAGMENTATION_SUPPORTED)
                    .is_some()
            {
                return Vec::new();
            }
            view.suites(|suite| {
                suite
                    .transforms
                    .additional_ke
                    .iter()
                    .flatten()
                    .any(|method| is(*method, &[K::ML_KEM_512, K::ML_KEM_768, K::ML_KEM_1024]))
            })
        },
    },
];

fn is(algorithm: Algorithm, methods: &[K]) -> bool {
    matches!(algorithm.as_v2().map(|same| same.number), Some(Number::Ke(method)) if methods.contains(&method))
}

#[cfg(test)]
mod tests {
    use super::super::super::facts::*;
    use super::super::testing::*;
    use super::*;

    const HYBRID: &str = "AES-GCM-16-256/HMAC-SHA2-384/ECP-384+ML-KEM-768";

    fn offered(facts: PeerFacts, suite: &str) -> PeerFacts {
        each(facts, |one| one.offered = [transforms(suite)].into())
    }

    fn in_init(message_octets: usize) -> PeerFacts {
        with(PeerFacts::default(), |facts| {
            facts.key_exchanges.push(KeyExchangeFact {
                method: method("ML-KEM-768"),
                octets: 1184,
                by_initiator: true,
                in_sa_init_over_udp: true,
                message_octets,
                illegal: None,
                evidence: Evidence::said("KE"),
            });
        })
    }

    fn completed(facts: PeerFacts) -> PeerFacts {
        with(facts, |facts| {
            facts.completed_inits.push(Evidence::said("IKE_SA_INIT"))
        })
    }

    #[test]
    fn each_fires_and_just_does_not() {
        hold(
            FINDINGS,
            &[
                ("pq-ke-absent", ike(STRONG), notify(ike(STRONG), N::USE_PPK)),
                (
                    "pq-addke-none-accepted",
                    offered(ike(STRONG), HYBRID),
                    offered(ike(HYBRID), HYBRID),
                ),
                ("pq-kem-in-sa-init-udp", in_init(1281), in_init(1280)),
                (
                    "pq-mlkem512-only",
                    ike("AES-GCM-16-256/HMAC-SHA2-384/ECP-384+ML-KEM-512"),
                    ike("AES-GCM-16-256/HMAC-SHA2-384/ML-KEM-512+ML-KEM-768"),
                ),
                (
                    "ppk-not-mandatory",
                    notify(notify(PeerFacts::default(), N::USE_PPK), N::NO_PPK_AUTH),
                    notify(PeerFacts::default(), N::USE_PPK),
                ),
                (
                    "pq-fragmentation-missing",
                    completed(ike(HYBRID)),
                    notify(completed(ike(HYBRID)), N::IKEV2_FRAGMENTATION_SUPPORTED),
                ),
            ],
        );
    }
}
