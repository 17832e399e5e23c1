//! What an audit found, before it is written.

use ikescope_analysis::audit::{
    Assessment, Date, Found, PeerFacts, Profile, Severity, Source, Verdict, assess, find,
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
        }
    }

    /// The severity of the worst finding.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.found.iter().map(|found| found.severity).max()
    }

    /// Whether the profile fails it, or a finding is at or above a severity.
    #[must_use]
    pub fn fails(&self, severity: Severity) -> bool {
        self.assessment.verdict == Verdict::Fail || self.worst() >= Some(severity)
    }
}
