//! What a finding is: declared once, and read by the audit, by `explain`, by the reports and by the tests.

use super::algorithm::Algorithm;
use super::facts::{Evidence, Layer, PeerFacts, SuiteFact};
use super::findings;
use super::profile::{Date, Profile, Status};
use super::verdict::judge_algorithm;

/// Something about a peer that somebody should know.
#[derive(Debug)]
pub struct Finding {
    /// Stable name, as in the reports.
    pub id: &'static str,
    /// In one line, without a full stop.
    pub title: &'static str,
    /// How bad it is, unless what was seen makes it worse or better.
    pub severity: Severity,
    /// What must be seen.
    pub condition: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// Standards, advisories and papers.
    pub references: &'static [&'static str],
    /// Ways to see it.
    pub needs: &'static [Need],
    /// Looks for it.
    pub(super) check: fn(&View<'_>) -> Vec<Hit>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Should change some day.
    Low,
    /// Should change.
    Medium,
    /// Should change soon.
    High,
    /// Must change now.
    Critical,
}

/// A way to see something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// What is in clear.
    Clear,
    /// What keys open.
    Decrypted,
    /// Answers to questions of our own.
    Probe,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its declaration.
    pub finding: &'static Finding,
    /// How bad it is here.
    pub severity: Severity,
    /// What shows it.
    pub evidence: Vec<Evidence>,
}

/// What a check looks at.
pub(super) struct View<'a> {
    pub(super) facts: &'a PeerFacts,
    pub(super) profile: &'a Profile,
    pub(super) date: &'a Date,
}

/// One thing that a check found.
pub(super) struct Hit {
    severity: Option<Severity>,
    evidence: Evidence,
}

/// All findings that this program knows, by topic.
pub fn catalogue() -> impl Iterator<Item = &'static Finding> {
    findings::ALL.iter().copied().flatten()
}

/// The finding with this id, in any case.
#[must_use]
pub fn finding_by_id(id: &str) -> Option<&'static Finding> {
    catalogue().find(|finding| finding.id.eq_ignore_ascii_case(id.trim()))
}

/// Everything that is to be found in what is known of a peer, the worst first.
#[must_use]
pub fn find(facts: &PeerFacts, profile: &Profile, date: &Date) -> Vec<Found> {
    let view = View {
        facts,
        profile,
        date,
    };
    let mut found: Vec<Found> = catalogue()
        .filter_map(|finding| finding.look(&view))
        .collect();
    found.sort_by_key(|found| std::cmp::Reverse(found.severity));
    found
}

impl Finding {
    fn look(&'static self, view: &View<'_>) -> Option<Found> {
        let hits = (self.check)(view);
        let severity = hits
            .iter()
            .map(|hit| hit.severity.unwrap_or(self.severity))
            .max()?;
        let mut evidence: Vec<Evidence> = Vec::new();
        for hit in hits {
            if evidence.len() < MAX_EVIDENCE && !evidence.contains(&hit.evidence) {
                evidence.push(hit.evidence);
            }
        }
        Some(Found {
            finding: self,
            severity,
            evidence,
        })
    }
}

impl Hit {
    pub(super) const fn new(evidence: Evidence) -> Self {
        Self {
            severity: None,
            evidence,
        }
    }

    pub(super) const fn with_severity(evidence: Evidence, severity: Severity) -> Self {
        Self {
            severity: Some(severity),
            evidence,
        }
    }
}

impl<'a> View<'a> {
    /// A hit for every suite that counts and does this.
    pub(super) fn suites(&self, does: impl Fn(&SuiteFact) -> bool) -> Vec<Hit> {
        self.facts
            .counted()
            .filter(|suite| does(suite))
            .map(|suite| Hit::new(suite.evidence.clone()))
            .collect()
    }

    /// A hit for every algorithm of a suite that counts. What was only offered stands beside it, marked so.
    pub(super) fn counted(&self, is: impl Fn(&SuiteFact, Algorithm) -> bool) -> Vec<Hit> {
        let mut hits = hits_of(self.facts.counted(), &is, "");
        if !hits.is_empty() {
            hits.extend(self.only_offered(&is));
        }
        hits
    }

    /// A hit for every algorithm of any suite; what was only offered is marked so.
    pub(super) fn anywhere(&self, is: impl Fn(&SuiteFact, Algorithm) -> bool) -> Vec<Hit> {
        let mut hits = hits_of(self.facts.counted(), &is, "");
        hits.extend(self.only_offered(&is));
        hits
    }

    fn only_offered(&self, is: &impl Fn(&SuiteFact, Algorithm) -> bool) -> Vec<Hit> {
        let mut hits = Vec::new();
        for offer in &self.facts.offers {
            let mut suite = SuiteFact::new(
                offer.layer,
                offer.version,
                super::facts::Standing::Offered,
                offer.evidence.clone(),
            );
            for proposal in &offer.proposals {
                suite.transforms = proposal.clone();
                hits.extend(hits_of(std::iter::once(&suite), is, " (only offered)"));
            }
        }
        hits
    }

    /// What the profile says of an algorithm.
    pub(super) fn status(&self, layer: Layer, algorithm: Algorithm) -> Status {
        judge_algorithm(self.profile, self.date, layer, algorithm).0
    }
}

fn hits_of<'s>(
    suites: impl Iterator<Item = &'s SuiteFact>,
    is: &impl Fn(&SuiteFact, Algorithm) -> bool,
    mark: &str,
) -> Vec<Hit> {
    let mut hits = Vec::new();
    for suite in suites {
        for algorithm in suite.transforms.algorithms() {
            if is(suite, algorithm) {
                let what = format!("{} {algorithm}{mark}", suite.layer.title());
                hits.push(Hit::new(suite.evidence.with(what)));
            }
        }
    }
    hits
}

impl Severity {
    /// As in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl Need {
    /// In a few words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clear => "what is in clear",
            Self::Decrypted => "what keys open",
            Self::Probe => "a probe",
        }
    }
}

/// Evidence of one finding: enough to go and look.
const MAX_EVIDENCE: usize = 8;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_finding_is_declared_once_and_in_full() {
        let ids: BTreeSet<&str> = catalogue().map(|finding| finding.id).collect();
        assert_eq!(ids.len(), catalogue().count());
        assert_eq!(ids.len(), 116);
        for finding in catalogue() {
            let id = finding.id;
            let plain =
                |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-';
            assert!(id.bytes().all(plain), "{id}");
            assert!(
                !finding.title.is_empty() && !finding.title.ends_with('.'),
                "{id}"
            );
            for text in [finding.condition, finding.why, finding.fix] {
                assert!(text.ends_with('.'), "{id}: {text}");
            }
            assert!(!finding.references.is_empty(), "{id}");
            assert!(!finding.needs.is_empty(), "{id}");
            assert_eq!(
                finding_by_id(&id.to_uppercase()).map(|found| found.id),
                Some(id)
            );
        }
    }

    #[test]
    fn the_worst_comes_first() {
        let facts = super::super::suite::NamedSuite::parse(
            "DES/HMAC-MD5/HMAC-MD5-96/MODP-768",
            Some("NULL"),
        )
        .unwrap()
        .facts();
        let profile = Profile::named("rfc").unwrap();
        let found = find(&facts, &profile, &Date::parse("2026-11-21").unwrap());
        assert!(found.len() > 5);
        assert!(found.is_sorted_by(|one, other| one.severity >= other.severity));
    }
}
