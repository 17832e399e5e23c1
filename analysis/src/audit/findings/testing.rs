//! What the tests of findings share: facts in a word, and the law that every finding fires and just does not.

use ikescope_dissectors::registries::ikev2::NotifyType;

use super::super::algorithm::Algorithm;
use super::super::certificate_facts::{CertificateFacts, PublicKey};
use super::super::facts::*;
use super::super::finding::{Finding, Found, find};
use super::super::names;
use super::super::profile::{Date, Profile};
use super::super::suite::NamedSuite;

/// A finding, facts that fire it, and facts that just do not.
pub(super) type Case = (&'static str, PeerFacts, PeerFacts);

/// Every finding of a topic fires where it must and nowhere else.
pub(super) fn hold(findings: &[Finding], cases: &[Case]) {
    hold_with(&Profile::named("rfc").unwrap(), findings, cases);
}

pub(super) fn hold_with(profile: &Profile, findings: &[Finding], cases: &[Case]) {
    for finding in findings {
        assert!(
            cases.iter().any(|(id, ..)| *id == finding.id),
            "{} has no case",
            finding.id
        );
    }
    for (id, fires, just_not) in cases {
        let found = look(profile, fires);
        let hit = found.iter().find(|found| found.finding.id == *id);
        assert!(hit.is_some(), "{id} does not fire: {:?}", ids(&found));
        assert!(hit.is_some_and(|found| !found.evidence.is_empty()), "{id}");
        let found = look(profile, just_not);
        assert!(!ids(&found).contains(id), "{id} fires without a reason");
    }
    let nothing = look(profile, &PeerFacts::default());
    assert!(nothing.is_empty(), "{:?}", ids(&nothing));
}

pub(super) fn look(profile: &Profile, facts: &PeerFacts) -> Vec<Found> {
    find(facts, profile, &Date::parse("2026-11-21").unwrap())
}

pub(super) fn ids(found: &[Found]) -> Vec<&'static str> {
    found.iter().map(|found| found.finding.id).collect()
}

/// Facts of a suite that was chosen.
pub(super) fn ike(suite: &str) -> PeerFacts {
    NamedSuite::parse(suite, None).unwrap().facts()
}

/// Facts of a suite with ESP.
pub(super) fn esp(suite: &str) -> PeerFacts {
    NamedSuite::parse(STRONG, Some(suite)).unwrap().facts()
}

/// Facts of an IKEv1 suite with ESP.
pub(super) fn esp_v1(suite: &str) -> PeerFacts {
    NamedSuite::parse("AES-CBC-256/SHA2-256/RSA-SIG/MODP-3072", Some(suite))
        .unwrap()
        .facts()
}

/// The same, changed.
pub(super) fn with(mut facts: PeerFacts, change: impl FnOnce(&mut PeerFacts)) -> PeerFacts {
    change(&mut facts);
    facts
}

/// The same with every suite changed.
pub(super) fn each(facts: PeerFacts, change: impl Fn(&mut SuiteFact)) -> PeerFacts {
    with(facts, |facts| facts.suites.iter_mut().for_each(change))
}

/// Algorithms of an IKEv2 suite.
pub(super) fn transforms(suite: &str) -> Transforms {
    NamedSuite::parse(suite, None).unwrap().ike
}

/// An offer of the subject as initiator.
pub(super) fn offer(proposals: &[&str]) -> PeerFacts {
    with(PeerFacts::default(), |facts| {
        let proposals: Vec<Transforms> = proposals.iter().map(|suite| transforms(suite)).collect();
        facts.offers.push(OfferFact {
            layer: Layer::Ike,
            version: Version::V2,
            proposal_count: proposals.len(),
            most_of_a_type: 1,
            proposals,
            role: Some(Role::Initiator),
            evidence: Evidence::said("offer"),
        });
    })
}

/// A notification of the subject.
pub(super) fn notify(facts: PeerFacts, notify: NotifyType) -> PeerFacts {
    with(facts, |facts| {
        facts.notifies.push(NotifyFact {
            notify,
            role: None,
            evidence: Evidence::said(notify.to_string()),
        });
    })
}

pub(super) fn method(name: &str) -> Algorithm {
    names::key_exchange(name).unwrap()
}

/// An ESP SA with nothing peculiar.
pub(super) fn flow(cipher: Option<&str>, change: impl FnOnce(&mut FlowFact)) -> PeerFacts {
    let mut flow = FlowFact {
        layer: Layer::Esp,
        spi: 0x1234_5678,
        cipher: cipher.map(|name| names::cipher(name).unwrap()),
        extended_sequence: Some(false),
        packets: 200,
        octets: 20_000,
        highest_sequence: 200,
        out_of_order: 0,
        constant_sequence: false,
        seconds: 60.0,
        replaced: false,
        repeated_iv: None,
        predictable_iv: None,
        readable: None,
        truncated_icv: None,
        both_encapsulations: false,
        evidence: Evidence::said("flow"),
    };
    change(&mut flow);
    with(PeerFacts::default(), |facts| facts.flows.push(flow))
}

/// A certificate with nothing peculiar, shown on 2026-11-21.
pub(super) fn certificate(change: impl FnOnce(&mut CertificateFacts)) -> PeerFacts {
    let seen = 1_795_219_200;
    let mut certificate = CertificateFacts {
        version: Version::V2,
        subject: "CN=peer".to_owned(),
        issuer: "CN=authority".to_owned(),
        not_before: seen - 86_400,
        not_after: seen + 86_400,
        key: PublicKey::Curve("P-256", 256),
        signature: "1.2.840.10045.4.3.2".to_owned(),
        key_octets: vec![1, 2, 3],
        place: 0,
        used: true,
        seen: Some(seen),
        evidence: Evidence::said("certificate"),
    };
    change(&mut certificate);
    with(PeerFacts::default(), |facts| {
        facts.certificates.push(certificate);
    })
}

/// Nothing wrong with it anywhere.
pub(super) const STRONG: &str = "AES-GCM-16-256/HMAC-SHA2-384/ECP-384";
