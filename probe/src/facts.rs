//! What a probe found out, as the facts that audit rules read.

use ikescope_analysis::audit::{
    Algorithm, Evidence, Layer, Mode, PeerFacts, Role, Standing, SuiteFact, Transforms, Version,
    names,
};

use crate::ikev1::Ikev1Report;
use crate::ikev2::Ikev2Report;
use crate::report::{Outcome, Report};

/// Everything that is known of a peer: what a capture of its answers shows, and what follows from all of them together.
#[must_use]
pub fn peer_facts(report: &Report) -> PeerFacts {
    let mut facts = report.heard.clone();
    if let Some(ikev2) = &report.ikev2 {
        add_ikev2(&mut facts, ikev2);
    }
    let modes = [
        (Mode::Main, &report.ikev1_main),
        (Mode::Aggressive, &report.ikev1_aggressive),
    ];
    for (mode, ikev1) in modes {
        if let Some(ikev1) = ikev1 {
            add_ikev1(&mut facts, mode, ikev1);
        }
    }
    let asked = [&report.ikev1_main, &report.ikev1_aggressive]
        .into_iter()
        .flatten()
        .map(|mode| (mode.outcome, mode.complete))
        .chain(
            report
                .ikev2
                .iter()
                .map(|ikev2| (ikev2.outcome, ikev2.complete)),
        );
    let mut asked = asked
        .filter(|(outcome, _)| *outcome != Outcome::NotTried)
        .peekable();
    if asked.peek().is_some()
        && asked.all(|(outcome, complete)| outcome == Outcome::Refused && complete)
    {
        facts.probe.nothing_accepted = Some(Evidence::said("every proposal was refused"));
    }
    facts
}

fn add_ikev2(facts: &mut PeerFacts, report: &Ikev2Report) {
    for one in &report.policy {
        let transforms = Transforms {
            encr: one
                .encr
                .iter()
                .filter_map(|name| names::cipher(name))
                .collect(),
            prf: one.prf.iter().filter_map(|name| names::prf(name)).collect(),
            integ: one
                .integ
                .iter()
                .filter_map(|name| names::integrity(name))
                .collect(),
            ke: one
                .ke
                .iter()
                .filter_map(|name| names::key_exchange(name))
                .collect(),
            additional_ke: one
                .additional_ke
                .iter()
                .map(|list| {
                    list.iter()
                        .filter_map(|name| names::key_exchange(name))
                        .collect()
                })
                .collect(),
            ..Transforms::default()
        };
        let evidence = Evidence::said("accepted in answers to IKE_SA_INIT");
        facts.add_suite(SuiteFact {
            role: Some(Role::Responder),
            transforms,
            ..SuiteFact::new(Layer::Ike, Version::V2, Standing::Accepted, evidence)
        });
    }
}

fn add_ikev1(facts: &mut PeerFacts, mode: Mode, report: &Ikev1Report) {
    let list = |names: &[String], read: fn(&str) -> Option<Algorithm>| -> Vec<Algorithm> {
        names.iter().filter_map(|name| read(name)).collect()
    };
    for one in &report.policy {
        let transforms = Transforms {
            encr: list(&one.encr, names::phase_one_cipher),
            prf: list(&one.hash, names::hash),
            // What the peer does not look at is not what it accepts.
            auth: match report.auth_discriminated {
                true => list(&one.auth, names::phase_one_auth),
                false => Vec::new(),
            },
            ke: list(&one.group, names::group),
            ..Transforms::default()
        };
        let what = match report.auth_discriminated {
            true => "accepted in answers to the first message",
            false => {
                "accepted in answers to the first message; the peer does not look at authentication there"
            }
        };
        facts.add_suite(SuiteFact {
            role: Some(Role::Responder),
            mode: Some(mode),
            transforms,
            ..SuiteFact::new(
                Layer::Ike,
                Version::V1,
                Standing::Accepted,
                Evidence::said(what),
            )
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Target;
    use crate::ikev2::Ikev2Box;
    use crate::report::NatFacts;
    use crate::transport::Counters;
    use ikescope_analysis::audit::Number;
    use ikescope_dissectors::registries::ikev2::{EncryptionAlgorithm, KeyExchangeMethod};

    #[test]
    fn names_of_a_report_become_numbers() {
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
        let ikev2 = Ikev2Report {
            outcome: Outcome::Accepted,
            policy: vec![Ikev2Box {
                encr: names(&["AES-GCM-16-256", "3DES"]),
                prf: names(&["HMAC-SHA2-384"]),
                ke: names(&["ECP-384"]),
                additional_ke: vec![names(&["ML-KEM-768"])],
                ..Ikev2Box::default()
            }],
            ..Ikev2Report::default()
        };
        let report = Report {
            target: Target {
                name: "gateway".to_owned(),
                remote: ([192, 0, 2, 1], 500).into(),
                local: None,
            },
            ikev2: Some(ikev2),
            ikev1_main: None,
            ikev1_aggressive: None,
            icmp: None,
            vendor_ids: Vec::new(),
            heard: PeerFacts::default(),
            implementation: None,
            nat: NatFacts::default(),
            counters: Counters::default(),
            duration: std::time::Duration::ZERO,
        };
        let facts = peer_facts(&report);
        let transforms = &facts.suites[0].transforms;
        let aes = Algorithm::encr(EncryptionAlgorithm::AES_GCM_16, Some(256));
        let triple_des = Algorithm::encr(EncryptionAlgorithm::TRIPLE_DES, None);
        assert_eq!(transforms.encr, [aes, triple_des]);
        assert_eq!(transforms.ke, [Algorithm::ke(KeyExchangeMethod::ECP_384)]);
        let additional = transforms.additional_ke.concat();
        assert_eq!(
            additional[0].number,
            Number::Ke(KeyExchangeMethod::ML_KEM_768)
        );
    }
}
