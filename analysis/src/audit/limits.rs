//! Bounds of what is kept for an audit.

/// Suites of one peer: more than any peer offers, since equal ones are kept once.
pub(super) const MAX_SUITE_FACTS: usize = 1_024;
