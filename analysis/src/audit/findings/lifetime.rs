//! Findings about rekeying, forward secrecy and last days.

use super::super::algorithm::Algorithm;
use super::super::facts::{Layer, SuiteFact, Version};
use super::super::finding::{Finding, Hit, Need, Severity};
use super::super::strength::bits;
use super::super::verdict::post_quantum_methods;

pub(super) const FINDINGS: &[Finding] = &[
    Finding {
        id: "pfs-missing",
        title: "No perfect forward secrecy",
        severity: Severity::Medium,
        condition: "CREATE_CHILD_SA / Quick Mode without a KE payload (decrypted), or an ESP proposal without a Type 4 transform where PFS is offered by the peer.",
        why: "Repeated rekeys depend on one Diffie-Hellman secret.",
        fix: "Require PFS with at least the IKE group.",
        references: &["RFC 7296, section 5", "SP 800-77 Rev. 1, section 7.2.6"],
        needs: &[Need::Decrypted],
        check: |view| {
            view.suites(|suite| {
                suite.layer != Layer::Ike
                    && !suite.first_child
                    && suite.transforms.real_ke().next().is_none()
            })
        },
    },
    Finding {
        id: "pfs-weaker-group",
        title: "PFS group weaker than the IKE group",
        severity: Severity::Low,
        condition: "Child SA KE group bits < IKE SA group bits (decrypted CREATE_CHILD_SA or probe).",
        why: "Weakens the later keys; NIST wants same-or-stronger, CNSA wants exactly the same.",
        fix: "Use the IKE group for PFS.",
        references: &["SP 800-77 Rev. 1, Table 1", "RFC 9206, section 11"],
        needs: &[Need::Decrypted],
        check: |view| {
            view.facts
                .counted()
                .filter(|suite| suite.layer != Layer::Ike)
                .filter_map(|suite| {
                    let ike = suite.ike_ke?;
                    let weaker = suite.transforms.real_ke().find(|method| {
                        bits(*method)
                            .zip(bits(ike))
                            .is_some_and(|(child, ike)| child < ike)
                    })?;
                    Some(Hit::new(
                        suite
                            .evidence
                            .with(format!("{weaker} below an IKE SA with {ike}")),
                    ))
                })
                .collect()
        },
    },
    Finding {
        id: "ike-rekey-absent",
        title: "IKE SA never rekeyed",
        severity: Severity::Low,
        condition: "IKE SA (SPI pair) active > 86400 s with no CREATE_CHILD_SA rekey.",
        why: "More data per key and no fresh DH.",
        fix: "Configure rekeying.",
        references: &["SP 800-77 Rev. 1, section 7.2.6", "RFC 4478"],
        needs: &[Need::Clear],
        check: |view| {
            view.facts
                .old_ike_sas
                .iter()
                .map(|(seconds, evidence)| {
                    Hit::new(evidence.with(format!("in use for {seconds:.0} seconds")))
                })
                .collect()
        },
    },
    Finding {
        id: "algorithm-transition-deadline",
        title: "Algorithm past its policy end date",
        severity: Severity::Medium,
        condition: "The profile gave a selected algorithm a last day, and that day is over.",
        why: "Policy says it must no longer be used.",
        fix: "Migrate.",
        references: &[
            "SP 800-131A Rev. 2",
            "BSI TR-02102-3, edition 2026-01 (secondary source)",
            "NIST IR 8547 (draft)",
        ],
        needs: &[Need::Clear, Need::Decrypted, Need::Probe],
        check: |view| {
            let ended = |suite: &SuiteFact, one: Algorithm| {
                view.profile
                    .rule(suite.layer, one)
                    .and_then(|rule| rule.until.as_ref())
                    .is_some_and(|until| view.date > until)
            };
            let mut hits = view.counted(ended);
            if let Some(deadline) = &view.profile.parameters.pq_deadline
                && *view.date > deadline.value
            {
                let classical = |suite: &SuiteFact| {
                    suite.layer == Layer::Ike
                        && suite.version == Version::V2
                        && post_quantum_methods(suite).next().is_none()
                };
                hits.extend(view.suites(classical));
            }
            hits
        },
    },
];

#[cfg(test)]
mod tests {
    use super::super::super::facts::*;
    use super::super::super::profile::Profile;
    use super::super::testing::*;
    use super::*;

    fn old(facts: PeerFacts) -> PeerFacts {
        with(facts, |facts| {
            facts.old_ike_sas.push((90_000.0, Evidence::said("IKE SA")))
        })
    }

    #[test]
    fn each_fires_and_just_does_not() {
        let nist = Profile::named("nist-800-77r1").unwrap();
        hold_with(
            &nist,
            FINDINGS,
            &[
                (
                    "pfs-missing",
                    esp("AES-GCM-16-256"),
                    each(esp("AES-GCM-16-256"), |suite| suite.first_child = true),
                ),
                (
                    "pfs-weaker-group",
                    esp("AES-GCM-16-256/ECP-256"),
                    esp("AES-GCM-16-256/ECP-384"),
                ),
                (
                    "ike-rekey-absent",
                    old(PeerFacts::default()),
                    PeerFacts::default(),
                ),
                (
                    "algorithm-transition-deadline",
                    ike("3DES/HMAC-SHA2-256/HMAC-SHA2-256-128/ECP-256"),
                    ike("AES-CBC-256/HMAC-SHA2-256/HMAC-SHA2-256-128/ECP-256"),
                ),
            ],
        );
    }
}
