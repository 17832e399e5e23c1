//! Findings about what is offered and what is answered.

use super::super::algorithm::Algorithm;
use super::super::facts::{Layer, OfferFact, Role, Standing, SuiteFact, Transforms, Version};
use super::super::finding::{Finding, Hit, Need, Severity, View};
use super::super::profile::Status;
use super::super::strength::bits;

pub(super) const FINDINGS: &[Finding] = &[
    Finding {
        id: "initiator-offers-weak",
        title: "Initiator offers weak transforms",
        severity: Severity::Medium,
        condition: "A proposal of the peer contains an algorithm that the profile fails next to another of the same kind that it does not fail.",
        why: "IKEv2 downgrade protection only covers the response, so weak options stay reachable.",
        fix: "Offer only acceptable transforms.",
        references: &[
            "RFC 7296, section 2.7",
            "draft-ietf-ipsecme-ikev2-mlkem-08, security considerations",
        ],
        needs: &[Need::Clear, Need::Decrypted],
        check: |view| {
            let offers = view
                .facts
                .offers
                .iter()
                .filter(|offer| offer.role != Some(Role::Responder));
            offers
                .flat_map(|offer| weak_beside_strong(view, offer))
                .collect()
        },
    },
    Finding {
        id: "responder-picks-weaker",
        title: "Responder chose a weaker option than offered",
        severity: Severity::Medium,
        condition: "Selected ENCR/PRF/KE/INTEG has fewer bits than another transform of the same type in the same offered proposal.",
        why: "Shows a preference or policy order that lowers security.",
        fix: "Reorder responder preferences; drop weak options.",
        references: &["RFC 7296, section 2.7"],
        needs: &[Need::Clear, Need::Decrypted],
        check: |view| {
            let picked = view
                .facts
                .counted()
                .filter(|suite| suite.role == Some(Role::Responder));
            picked.flat_map(weaker_than_offered).collect()
        },
    },
    Finding {
        id: "responder-accepts-weak",
        title: "Responder accepts weak transforms",
        severity: Severity::High,
        condition: "As responder the peer accepts a suite that the profile fails, and also one that it does not fail.",
        why: "Any weak or attacker-steered initiator can get the weak suite; PCI DSS 4.2.1 forbids such fallback.",
        fix: "Remove weak suites from the responder policy.",
        references: &["RFC 8247", "RFC 8221", "PCI DSS v4.0, requirement 4.2.1"],
        needs: &[Need::Probe],
        check: accepts_weak,
    },
    Finding {
        id: "proposal-too-permissive",
        title: "Very large proposal set",
        severity: Severity::Low,
        condition: "More than 4 proposals or more than 8 transforms of one type in one SA payload.",
        why: "Hard to audit and usually includes a weak fallback.",
        fix: "Offer one or two suites.",
        references: &["RFC 9206, section 11"],
        needs: &[Need::Clear, Need::Decrypted, Need::Probe],
        check: |view| {
            let large = view
                .facts
                .offers
                .iter()
                .filter(|offer| offer.proposal_count > 4 || offer.most_of_a_type > 8);
            large
                .map(|offer| {
                    Hit::new(offer.evidence.with(format!(
                        "{} proposals, up to {} transforms of one type (only offered)",
                        offer.proposal_count, offer.most_of_a_type
                    )))
                })
                .collect()
        },
    },
    Finding {
        id: "no-proposal-chosen-only",
        title: "Responder rejects everything offered",
        severity: Severity::Info,
        condition: "The peer refuses every proposal, and none was seen to be accepted.",
        why: "Cannot judge capability; possible policy mismatch or filtering.",
        fix: "Offer the peer's documented suite or scan with authorisation.",
        references: &["RFC 7296, section 3.10.1"],
        needs: &[Need::Probe],
        check: |view| {
            let mut hits: Vec<Hit> = view
                .facts
                .probe
                .nothing_accepted
                .iter()
                .map(|evidence| Hit::new(evidence.clone()))
                .collect();
            let answered = view
                .facts
                .counted()
                .any(|suite| suite.role == Some(Role::Responder));
            let refused = view.facts.suites.iter().filter(|suite| {
                suite.standing == Standing::Refused && suite.role == Some(Role::Responder)
            });
            if !answered {
                hits.extend(refused.map(|suite| Hit::new(suite.evidence.clone())));
            }
            hits
        },
    },
    Finding {
        id: "proposal-mixed-aead-cbc",
        title: "AEAD and non-AEAD mixed in one proposal",
        severity: Severity::Low,
        condition: "One proposal contains both AEAD and non-AEAD ENCR transforms.",
        why: "RFC 7296 requires separate proposals; receivers disagree on meaning.",
        fix: "Split the proposals.",
        references: &["RFC 7296, section 2.7", "RFC 5282, section 8"],
        needs: &[Need::Clear, Need::Decrypted, Need::Probe],
        check: |view| {
            let mixed = |proposal: &&Transforms| {
                proposal.encr.iter().any(|cipher| cipher.is_aead())
                    && proposal.encr.iter().any(|cipher| !cipher.is_aead())
            };
            let v2 = view
                .facts
                .offers
                .iter()
                .filter(|offer| offer.version == Version::V2);
            v2.filter_map(|offer| {
                let proposal = offer.proposals.iter().find(mixed)?;
                Some(Hit::new(offer.evidence.with(format!(
                    "{} {proposal} (only offered)",
                    offer.layer.title()
                ))))
            })
            .collect()
        },
    },
    Finding {
        id: "duplicate-proposals",
        title: "Duplicate or contradictory proposals",
        severity: Severity::Info,
        condition: "Two proposals of one payload are the same, or one proposal lists the same transform twice.",
        why: "Usually a configuration error that hides a weak fallback.",
        fix: "Clean up the policy.",
        references: &["RFC 7296, section 2.7"],
        needs: &[Need::Clear, Need::Decrypted, Need::Probe],
        check: |view| {
            view.facts
                .offers
                .iter()
                .filter(|offer| offer.version == Version::V2 || offer.layer == Layer::Ike)
                .filter_map(|offer| {
                    let twice = offer
                        .proposals
                        .iter()
                        .enumerate()
                        .find(|(index, proposal)| {
                            repeats(&proposal.encr)
                                || repeats(&proposal.prf)
                                || repeats(&proposal.integ)
                                || repeats(&proposal.ke)
                                || offer
                                    .proposals
                                    .iter()
                                    .take(*index)
                                    .any(|earlier| earlier == *proposal)
                        });
                    let (_, proposal) = twice?;
                    Some(Hit::new(offer.evidence.with(format!(
                        "{} {proposal} (only offered)",
                        offer.layer.title()
                    ))))
                })
                .collect()
        },
    },
];

/// Algorithms of an offer that the profile fails while another of the same kind does better.
fn weak_beside_strong(view: &View<'_>, offer: &OfferFact) -> Vec<Hit> {
    let all: Vec<Algorithm> = offer
        .proposals
        .iter()
        .flat_map(|proposal| proposal.algorithms().collect::<Vec<_>>())
        .filter(|algorithm| !algorithm.is_none())
        .collect();
    let fails = |algorithm: Algorithm| view.status(offer.layer, algorithm) == Status::Fail;
    let mut hits = Vec::new();
    for weak in all.iter().filter(|algorithm| fails(**algorithm)) {
        let stronger = all
            .iter()
            .any(|other| other.kind() == weak.kind() && !fails(*other));
        if stronger {
            let what = format!("{} {weak} (only offered)", offer.layer.title());
            hits.push(Hit::new(offer.evidence.with(what)));
        }
    }
    hits
}

/// What is accepted although the profile fails it, where something that it does not fail is accepted too.
fn accepts_weak(view: &View<'_>) -> Vec<Hit> {
    let answers = || {
        view.facts
            .counted()
            .filter(|suite| suite.role == Some(Role::Responder))
    };
    let is_weak = |suite: &SuiteFact| {
        let mut algorithms = suite.transforms.algorithms();
        algorithms.any(|one| !one.is_none() && view.status(suite.layer, one) == Status::Fail)
    };
    // Of alternatives the strongest counts here: the peer can do better.
    let can_be_strong = |suite: &SuiteFact| {
        let transforms = &suite.transforms;
        let kinds = [
            &transforms.encr,
            &transforms.prf,
            &transforms.integ,
            &transforms.ke,
        ];
        kinds
            .into_iter()
            .filter(|kind| !kind.is_empty())
            .all(|kind| {
                kind.iter()
                    .any(|one| one.is_none() || view.status(suite.layer, *one) != Status::Fail)
            })
    };
    let weak = answers().filter(|suite| is_weak(suite));
    weak.filter(|suite| answers().any(|other| other.layer == suite.layer && can_be_strong(other)))
        .map(|suite| {
            let what = format!("{} {}", suite.layer.title(), suite.transforms);
            Hit::new(suite.evidence.with(what))
        })
        .collect()
}

/// Where the proposal that an answer chose from had something stronger of the same kind.
fn weaker_than_offered(suite: &SuiteFact) -> Vec<Hit> {
    let Some(offered) = &suite.chosen_from else {
        return Vec::new();
    };
    let chosen = &suite.transforms;
    let kinds = [
        (&chosen.encr, &offered.encr),
        (&chosen.prf, &offered.prf),
        (&chosen.integ, &offered.integ),
        (&chosen.ke, &offered.ke),
    ];
    let mut hits = Vec::new();
    for (chosen, offered) in kinds {
        for one in chosen {
            let stronger = offered
                .iter()
                .find(|other| bits(**other) > bits(*one) && bits(*one).is_some());
            if let Some(stronger) = stronger {
                let what = format!(
                    "{} {one}, where {stronger} was offered too",
                    suite.layer.title()
                );
                hits.push(Hit::new(suite.evidence.with(what)));
            }
        }
    }
    hits
}

fn repeats(list: &[Algorithm]) -> bool {
    list.iter()
        .enumerate()
        .any(|(index, one)| list.iter().take(index).any(|earlier| earlier == one))
}

#[cfg(test)]
mod tests {
    use super::super::super::facts::*;
    use super::super::super::profile::Profile;
    use super::super::testing::*;
    use super::*;

    const WEAK: &str = "DES/HMAC-SHA2-384/HMAC-SHA2-384-192/ECP-384";

    fn responder(suites: &[&str]) -> PeerFacts {
        with(PeerFacts::default(), |facts| {
            for suite in suites {
                facts
                    .suites
                    .extend(each(ike(suite), |one| one.role = Some(Role::Responder)).suites);
            }
        })
    }

    fn refused(facts: PeerFacts) -> PeerFacts {
        with(facts, |facts| {
            facts.suites.extend(
                each(ike(STRONG), |suite| {
                    suite.role = Some(Role::Responder);
                    suite.standing = Standing::Refused;
                })
                .suites,
            );
        })
    }

    fn chosen_from(suite: &str, offered: Transforms) -> PeerFacts {
        each(responder(&[suite]), |one| {
            one.chosen_from = Some(offered.clone())
        })
    }

    fn both() -> Transforms {
        Transforms {
            encr: [transforms(STRONG).encr, transforms(WEAK).encr].concat(),
            ..transforms(STRONG)
        }
    }

    fn counted(proposal_count: usize, most_of_a_type: usize) -> PeerFacts {
        with(offer(&[STRONG]), |facts| {
            facts.offers[0].proposal_count = proposal_count;
            facts.offers[0].most_of_a_type = most_of_a_type;
        })
    }

    fn one_proposal(proposal: Transforms) -> PeerFacts {
        with(offer(&[]), |facts| {
            facts.offers[0].proposals = vec![proposal]
        })
    }

    #[test]
    fn each_fires_and_just_does_not() {
        hold(
            FINDINGS,
            &[
                (
                    "initiator-offers-weak",
                    offer(&[STRONG, WEAK]),
                    offer(&[STRONG]),
                ),
                (
                    "responder-picks-weaker",
                    chosen_from("AES-GCM-16-128/HMAC-SHA2-384/ECP-384", transforms(STRONG)),
                    chosen_from(STRONG, both()),
                ),
                (
                    "responder-accepts-weak",
                    responder(&[STRONG, WEAK]),
                    responder(&[WEAK]),
                ),
                ("proposal-too-permissive", counted(5, 1), counted(4, 8)),
                (
                    "no-proposal-chosen-only",
                    refused(PeerFacts::default()),
                    refused(responder(&[STRONG])),
                ),
                (
                    "proposal-mixed-aead-cbc",
                    one_proposal(both()),
                    offer(&[STRONG, WEAK]),
                ),
                (
                    "duplicate-proposals",
                    offer(&[STRONG, WEAK, STRONG]),
                    offer(&[STRONG, WEAK]),
                ),
            ],
        );
    }

    #[test]
    fn alternatives_of_a_probe_are_weak_and_strong_at_once() {
        let rfc = Profile::named("rfc").unwrap();
        let accepted = each(responder(&[STRONG]), |suite| {
            suite.standing = Standing::Accepted;
            suite.transforms = both();
        });
        assert!(ids(&look(&rfc, &accepted)).contains(&"responder-accepts-weak"));
    }

    #[test]
    fn many_transforms_of_a_type_are_too_many() {
        let rfc = Profile::named("rfc").unwrap();
        assert!(ids(&look(&rfc, &counted(1, 9))).contains(&"proposal-too-permissive"));
    }
}
