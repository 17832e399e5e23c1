//! What an audit found, before it is written.

use ikescope_analysis::audit::{
    Assessment, Date, Found, PeerFacts, Profile, Severity, Source, Status, Verdict, assess, find,
};

/// The result of an audit.
#[derive(Debug)]
pub struct AuditReport {
    /// What was judged by.
    pub profile: Profile,
    /// The day of the judgement.
    pub date: Date,
    /// Files of a capture, by the index that evidence names.
    pub files: Vec<String>,
    /// Why reading a capture stopped early.
    pub unreadable: Option<String>,
    /// One an address, or the suite.
    pub subjects: Vec<AuditedSubject>,
}

/// What was found about one peer.
#[derive(Debug)]
pub struct AuditedSubject {
    /// Its address, or the suite.
    pub subject: String,
    /// Where the facts come from.
    pub source: Source,
    /// The name of a suite that a user interface knows.
    pub known_as: Option<&'static str>,
    /// What the profile says.
    pub assessment: Assessment,
    /// What the findings say, the worst first.
    pub found: Vec<Found>,
    /// What of it the user accepts, and why.
    pub accepted: Vec<Accepted>,
}

/// A finding, or an algorithm that a profile objects to, which somebody has decided to live with. It stays in every result,
/// with the reason, and decides no exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Id of the finding, or name of the algorithm.
    pub id: String,
    /// Why.
    pub reason: String,
}

impl AuditedSubject {
    /// Judges what is known of a peer.
    #[must_use]
    pub fn new(facts: &PeerFacts, profile: &Profile, date: &Date) -> Self {
        Self {
            subject: facts.subject.clone(),
            source: facts.source,
            known_as: None,
            assessment: assess(facts, profile, date),
            found: find(facts, profile, date),
            accepted: Vec::new(),
        }
    }

    /// Accepts a finding or an algorithm for a reason; false if there is none of that name here.
    pub fn accept(&mut self, id: &str, reason: &str) -> bool {
        let finding = self.found.iter().any(|found| found.finding.id == id);
        let reasons = &self.assessment.reasons;
        let name = match finding {
            true => Some(id.to_owned()),
            false => reasons
                .iter()
                .map(|reason| &reason.algorithm)
                .find(|algorithm| algorithm.eq_ignore_ascii_case(id))
                .cloned(),
        };
        let Some(id) = name else {
            return false;
        };
        let reason = reason.to_owned();
        self.accepted.push(Accepted { id, reason });
        true
    }

    /// Why a finding or an algorithm is accepted, if it is.
    #[must_use]
    pub fn acceptance(&self, id: &str) -> Option<&str> {
        let accepted = self.accepted.iter().find(|accepted| accepted.id == id)?;
        Some(&accepted.reason)
    }

    /// The severity of the worst finding that is not accepted.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.found
            .iter()
            .filter(|found| self.acceptance(found.finding.id).is_none())
            .map(|found| found.severity)
            .max()
    }

    /// Whether the profile fails it for something that is not accepted, or a finding is at or above a severity.
    #[must_use]
    pub fn fails(&self, severity: Severity) -> bool {
        let failed = self.assessment.verdict == Verdict::Fail && self.accepted_failure().is_none();
        failed || self.worst() >= Some(severity)
    }

    /// Why all that the profile fails is accepted, if it is.
    pub(super) fn accepted_failure(&self) -> Option<String> {
        let failed = self
            .assessment
            .reasons
            .iter()
            .filter(|reason| reason.status == Status::Fail);
        let mut why: Vec<&str> = failed
            .map(|reason| self.acceptance(&reason.algorithm))
            .collect::<Option<_>>()?;
        why.dedup();
        (!why.is_empty()).then(|| why.join("; "))
    }
}
