//! Runs the rules and puts what they find into order.

use super::catalogue::by_id;
use super::declaration::{Confidence, Declaration, Need, Severity};
use super::diagnosis::{Competitor, Diagnosis};
use super::reachability::CAPTURE_ARTIFACT;
use super::{
    authentication, certificates, child, cloud, data_plane, denial, eap, fragmentation, interop,
    liveness, mobility, nat, negotiation, reachability, rekey, xauth,
};
use crate::tunnels::{Surroundings, Tunnel};

/// Says whether, and why, a tunnel shows one failure.
pub(super) type TunnelRule = for<'a> fn(&'a Tunnel, &Surroundings<'a>) -> Option<Diagnosis>;

/// Says what the capture as a whole shows.
pub(super) type CaptureRule = fn(&Surroundings<'_>) -> Option<Diagnosis>;

/// One list per topic.
const TUNNEL_RULES: &[&[TunnelRule]] = &[
    reachability::RULES,
    negotiation::RULES,
    authentication::RULES,
    certificates::RULES,
    eap::RULES,
    xauth::RULES,
    child::RULES,
    nat::RULES,
    fragmentation::RULES,
    rekey::RULES,
    liveness::RULES,
    mobility::RULES,
    data_plane::RULES,
    interop::RULES,
    denial::RULES,
    cloud::RULES,
];

/// One list per topic that has any.
const CAPTURE_RULES: &[&[CaptureRule]] = &[
    reachability::CAPTURE_RULES,
    nat::CAPTURE_RULES,
    data_plane::CAPTURE_RULES,
    liveness::CAPTURE_RULES,
    denial::CAPTURE_RULES,
];

/// What explains the fate of a tunnel, the best explanation first. Empty for most healthy tunnels.
#[must_use]
pub fn diagnose<'a>(tunnel: &'a Tunnel, surroundings: &Surroundings<'a>) -> Vec<Diagnosis> {
    let mut found: Vec<Diagnosis> = TUNNEL_RULES
        .iter()
        .flat_map(|topic| topic.iter())
        .filter_map(|rule| rule(tunnel, surroundings))
        .collect();
    if found
        .iter()
        .any(|diagnosis| diagnosis.declaration.id == CAPTURE_ARTIFACT.id)
    {
        found.retain(|diagnosis| !rests_on_silence(diagnosis));
    }
    let ids: Vec<&str> = found
        .iter()
        .map(|diagnosis| diagnosis.declaration.id)
        .collect();
    let mut ordered = in_order(found);
    for diagnosis in &mut ordered {
        diagnosis.evidence.sort_by_key(|evidence| evidence.frame);
        diagnosis
            .competitors
            .retain(|rival| is_of_version(rival.id, tunnel.version));
        exclude(diagnosis, &ids, tunnel.opened());
    }
    ordered
}

/// Whether a failure is concluded from what did not come: with one direction missing in the file, nothing follows from it.
fn rests_on_silence(diagnosis: &Diagnosis) -> bool {
    diagnosis.severity == Severity::Failure
        && diagnosis
            .declaration
            .needs
            .iter()
            .any(|need| matches!(need, Need::BothDirections | Need::Timing | Need::Esp))
}

/// Whether a diagnosis can be one of a tunnel of this version of IKE.
fn is_of_version(id: &str, version: u8) -> bool {
    by_id(id)
        .and_then(Declaration::version)
        .is_none_or(|only| only == version)
}

/// A competitor whose signs would show, and that no rule found, is excluded by their absence.
fn exclude(diagnosis: &mut Diagnosis, found: &[&str], opened: bool) {
    for competitor in &mut diagnosis.competitors {
        if competitor.excluded_by.is_some() || found.contains(&competitor.id) {
            continue;
        }
        let Some(sign) = competitor.sign() else {
            continue;
        };
        let visible = by_id(competitor.id).is_some_and(|declaration| {
            let seen = declaration.needs.iter().all(|need| match need {
                Need::SecondCapture | Need::OtherTunnels => false,
                Need::IkeKeys | Need::EspKeys | Need::PreSharedKey => opened,
                _ => true,
            });
            // What is only possible because messages stayed closed excludes nothing that keys would show.
            let closed = diagnosis.confidence == Confidence::Possible && !opened;
            seen && (!closed || declaration.opened.is_empty())
        });
        if visible {
            competitor.excluded_by = Some(format!("then {sign}, which is not seen here").into());
        }
    }
}

/// What is to be said of the capture as a whole, the most important first.
#[must_use]
pub fn diagnose_capture(surroundings: &Surroundings<'_>) -> Vec<Diagnosis> {
    let found = CAPTURE_RULES
        .iter()
        .flat_map(|topic| topic.iter())
        .filter_map(|rule| rule(surroundings))
        .collect();
    in_order(found)
}

/// The weightiest first; what the first one competes with and beats becomes one of its competitors.
fn in_order(mut found: Vec<Diagnosis>) -> Vec<Diagnosis> {
    found.sort_by_key(|diagnosis| std::cmp::Reverse(rank(diagnosis)));
    let mut ordered: Vec<Diagnosis> = Vec::with_capacity(found.len());
    for diagnosis in found {
        if ordered
            .iter()
            .any(|better| better.declaration.id == diagnosis.declaration.id)
        {
            continue;
        }
        let rival = ordered
            .iter_mut()
            .find(|better| better.severity == diagnosis.severity && compete(better, &diagnosis));
        match rival {
            Some(better) => {
                if !better
                    .competitors
                    .iter()
                    .any(|known| known.id == diagnosis.declaration.id)
                {
                    better.competitors.push(Competitor {
                        id: diagnosis.declaration.id,
                        excluded_by: None,
                        separated_by: None,
                    });
                }
            }
            None => ordered.push(diagnosis),
        }
    }
    ordered
}

fn rank(diagnosis: &Diagnosis) -> (Severity, u8, Confidence) {
    (diagnosis.severity, diagnosis.weight, diagnosis.confidence)
}

/// Whether two diagnoses are explanations of the same thing.
fn compete(one: &Diagnosis, other: &Diagnosis) -> bool {
    let names = |a: &Diagnosis, b: &Diagnosis| {
        a.declaration
            .competitors
            .iter()
            .any(|(id, _)| *id == b.declaration.id)
    };
    names(one, other) || names(other, one)
}

#[cfg(test)]
mod tests {
    use super::super::declaration::Side;
    use super::super::reachability::{
        ICMP_PORT_UNREACHABLE, NO_RESPONSE_TO_FIRST_MESSAGE, TCP_ENCAP_FAILURE,
    };
    use super::*;

    fn ids(found: Vec<Diagnosis>) -> Vec<&'static str> {
        in_order(found)
            .iter()
            .map(|diagnosis| diagnosis.declaration.id)
            .collect()
    }

    fn instance(
        declaration: &'static super::super::Declaration,
        confidence: Confidence,
    ) -> Diagnosis {
        Diagnosis::new(declaration, confidence, Side::Unknown, "")
    }

    #[test]
    fn the_weightier_of_two_rivals_stays_and_names_the_other() {
        let found = vec![
            instance(&NO_RESPONSE_TO_FIRST_MESSAGE, Confidence::Certain),
            instance(&ICMP_PORT_UNREACHABLE, Confidence::Possible),
        ];
        let ordered = in_order(found);
        assert_eq!(ordered.len(), 1);
        assert_eq!(ordered[0].declaration.id, "icmp-port-unreachable");
        assert!(
            ordered[0]
                .competitors
                .iter()
                .any(|rival| rival.id == "no-response-to-first-message")
        );
    }

    #[test]
    fn severity_goes_before_weight_and_rivals_are_of_one_severity() {
        let note =
            instance(&ICMP_PORT_UNREACHABLE, Confidence::Certain).severity(Severity::Warning);
        let failure = instance(&NO_RESPONSE_TO_FIRST_MESSAGE, Confidence::Possible);
        assert_eq!(
            ids(vec![note, failure]),
            ["no-response-to-first-message", "icmp-port-unreachable"]
        );
    }

    #[test]
    fn what_would_show_and_does_not_is_excluded() {
        let of = |diagnosis: &Diagnosis, id: &str| {
            diagnosis
                .competitors
                .iter()
                .find(|rival| rival.id == id)
                .and_then(|rival| rival.excluded_by.clone())
        };
        let mut silence = instance(&NO_RESPONSE_TO_FIRST_MESSAGE, Confidence::Certain);
        exclude(&mut silence, &[], false);
        assert!(of(&silence, "icmp-port-unreachable").is_some());
        assert_eq!(of(&silence, "reply-lost-on-return"), None);
        let mut silence = instance(&NO_RESPONSE_TO_FIRST_MESSAGE, Confidence::Certain);
        exclude(&mut silence, &["icmp-port-unreachable"], false);
        assert_eq!(of(&silence, "icmp-port-unreachable"), None);
    }

    #[test]
    fn one_diagnosis_is_said_once() {
        let one = instance(&TCP_ENCAP_FAILURE, Confidence::Possible);
        let again = instance(&TCP_ENCAP_FAILURE, Confidence::Certain);
        let ordered = in_order(vec![one, again]);
        assert_eq!(ordered.len(), 1);
        assert_eq!(ordered[0].confidence, Confidence::Certain);
    }
}
