//! Findings by topic.

mod authentication;
mod certificates;
mod encryption;
mod esp;
mod hashes;
mod ikev1;
mod key_exchange;
mod lifetime;
mod messages;
mod post_quantum;
mod proposals;
mod randomness;
#[cfg(test)]
mod testing;
mod vendors;

use super::finding::Finding;

/// All findings.
pub(super) const ALL: &[&[Finding]] = &[
    ikev1::FINDINGS,
    encryption::FINDINGS,
    hashes::FINDINGS,
    key_exchange::FINDINGS,
    post_quantum::FINDINGS,
    proposals::FINDINGS,
    randomness::FINDINGS,
    esp::FINDINGS,
    lifetime::FINDINGS,
    authentication::FINDINGS,
    certificates::FINDINGS,
    vendors::FINDINGS,
    messages::FINDINGS,
];
