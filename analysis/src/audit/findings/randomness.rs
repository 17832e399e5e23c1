//! Findings about what must be fresh: nonces, SPIs, message IDs, initialization vectors.

use ikescope_dissectors::registries::ikev2::Prf as P;

use super::super::algorithm::Number;
use super::super::facts::{NonceFact, Oddity, Reused, Version};
use super::super::finding::{Finding, Hit, Need, Severity, View};

pub(super) const FINDINGS: &[Finding] = &[
    Finding {
        id: "nonce-too-short",
        title: "Nonce below the minimum",
        severity: Severity::Medium,
        condition: "Nonce data < 16 octets (IKEv2) or < 8 octets (IKEv1), > 256 octets, or shorter than half the key size of the negotiated PRF (SHA2-256: 16, SHA2-384: 24, SHA2-512: 32).",
        why: "Below the protocol minimum; weakens key separation.",
        fix: "Update the peer; send 32 octets or more.",
        references: &[
            "RFC 7296, section 2.10",
            "RFC 7296, section 3.9",
            "RFC 2409, section 5",
        ],
        needs: &[Need::Clear, Need::Probe],
        check: |view| {
            let wrong = view.facts.nonces.iter().filter_map(|nonce| {
                let why = wrong_length(nonce)?;
                Some(Hit::new(
                    nonce
                        .evidence
                        .with(format!("a nonce of {} octets: {why}", nonce.octets)),
                ))
            });
            wrong.collect()
        },
    },
    Finding {
        id: "nonce-reuse",
        title: "Nonce reused across exchanges",
        severity: Severity::High,
        condition: "Same Nonce data from the same peer in two exchanges with DIFFERENT initiator SPIs (exclude IKE_SA_INIT retries after COOKIE/INVALID_KE_PAYLOAD and retransmissions).",
        why: "RFC 7296: nonce values MUST NOT be reused; also a precondition of transcript attacks.",
        fix: "Fix the RNG / implementation.",
        references: &["RFC 7296, section 3.9"],
        needs: &[Need::Clear],
        check: |view| reused(view, |what| what == Reused::Nonce),
    },
    Finding {
        id: "nonce-low-entropy",
        title: "Nonce looks non-random",
        severity: Severity::Medium,
        condition: "A nonce or SPI repeats its words, begins with 8 zero octets, is text, or counts up.",
        why: "Weak randomness often means the same key material quality.",
        fix: "Check the RNG and re-provision keys.",
        references: &["RFC 4086", "RFC 7296, section 5"],
        needs: &[Need::Clear],
        check: |view| {
            let nonces = view
                .facts
                .nonces
                .iter()
                .filter_map(|nonce| Some((nonce.odd?, &nonce.evidence)));
            let spis = view
                .facts
                .odd_spis
                .iter()
                .map(|(why, evidence)| (*why, evidence));
            nonces
                .chain(spis)
                .map(|(why, evidence)| Hit::new(evidence.with(why)))
                .collect()
        },
    },
    Finding {
        id: "spi-reuse-or-zero",
        title: "IKE or ESP SPI reused or zero",
        severity: Severity::Medium,
        condition: "Initiator/responder IKE SPI equal to 0 in a non-initial position, same IKE SPI pair used for two sessions, or the same ESP SPI appears with two different negotiated suites.",
        why: "Indicates state or RNG problems and may break rekeying.",
        fix: "Patch the peer.",
        references: &["RFC 7296, section 2.6", "RFC 4301"],
        needs: &[Need::Clear],
        check: |view| {
            let mut hits = reused(view, |what| {
                matches!(what, Reused::IkeSpis | Reused::EspSpi)
            });
            let zero = view
                .facts
                .oddities
                .iter()
                .filter(|fact| fact.what == Oddity::ZeroSpi);
            hits.extend(zero.map(|fact| Hit::new(fact.evidence.clone())));
            hits
        },
    },
    Finding {
        id: "message-id-reuse",
        title: "IKEv2 message ID reuse or reset",
        severity: Severity::Medium,
        condition: "A request of IKEv2 has the message ID of an earlier one of the same IKE SA with other octets, or a lower one.",
        why: "Possible replay, failover-state bug or spoofing.",
        fix: "Patch the peer; check HA synchronisation.",
        references: &["RFC 7296, section 2.2", "RFC 6311"],
        needs: &[Need::Clear],
        check: |view| reused(view, |what| what == Reused::MessageId),
    },
    Finding {
        id: "ike-gcm-iv-reuse",
        title: "IKE SK payload IV reused with an AEAD",
        severity: Severity::Critical,
        condition: "AEAD negotiated for the IKE SA and two SK/SKF payloads of the same SPI pair and direction carry the same 8-octet IV with different ciphertext (byte-identical retransmissions do not count).",
        why: "Destroys confidentiality and integrity of the IKE SA.",
        fix: "Fix the implementation; re-establish the SA.",
        references: &[
            "RFC 5282, section 3.1",
            "RFC 4106, section 3.1",
            "RFC 9206, section 13",
        ],
        needs: &[Need::Clear],
        check: |view| reused(view, |what| what == Reused::IkeIv),
    },
];

fn reused(view: &View<'_>, is: impl Fn(Reused) -> bool) -> Vec<Hit> {
    let reuses = view.facts.reuses.iter().filter(|reuse| is(reuse.what));
    reuses
        .flat_map(|reuse| [Hit::new(reuse.first.clone()), Hit::new(reuse.again.clone())])
        .collect()
}

/// Limits of RFC 7296, section 2.10, and of RFC 2409, section 5.
fn wrong_length(nonce: &NonceFact) -> Option<&'static str> {
    let minimum = match nonce.version {
        Version::V1 => 8,
        Version::V2 => 16,
    };
    let half_key = match nonce.prf.map(|prf| prf.number) {
        Some(Number::Prf(P::HMAC_SHA2_256)) => 16,
        Some(Number::Prf(P::HMAC_SHA2_384)) => 24,
        Some(Number::Prf(P::HMAC_SHA2_512)) => 32,
        _ => 0,
    };
    match nonce.octets {
        octets if octets < minimum => Some("below the minimum"),
        octets if octets > 256 => Some("above the maximum of 256"),
        octets if octets < half_key => Some("less than half the key of the PRF"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::algorithm::Algorithm;
    use super::super::super::facts::*;
    use super::super::super::profile::Profile;
    use super::super::testing::*;
    use super::*;

    fn nonce(
        version: Version,
        octets: usize,
        odd: Option<&'static str>,
        prf: Option<P>,
    ) -> PeerFacts {
        with(PeerFacts::default(), |facts| {
            facts.nonces.push(NonceFact {
                version,
                octets,
                prf: prf.map(Algorithm::prf),
                odd,
                evidence: Evidence::said("nonce"),
            });
        })
    }

    fn reuse(what: Reused) -> PeerFacts {
        with(PeerFacts::default(), |facts| {
            facts.reuses.push(ReuseFact {
                what,
                first: Evidence::said("first"),
                again: Evidence::said("again"),
            });
        })
    }

    #[test]
    fn each_fires_and_just_does_not() {
        let v2 = Version::V2;
        hold(
            FINDINGS,
            &[
                (
                    "nonce-too-short",
                    nonce(v2, 15, None, None),
                    nonce(v2, 16, None, Some(P::HMAC_SHA2_256)),
                ),
                (
                    "nonce-reuse",
                    reuse(Reused::Nonce),
                    reuse(Reused::MessageId),
                ),
                (
                    "nonce-low-entropy",
                    nonce(v2, 32, Some("it is text"), None),
                    nonce(v2, 32, None, None),
                ),
                (
                    "spi-reuse-or-zero",
                    reuse(Reused::EspSpi),
                    reuse(Reused::Nonce),
                ),
                (
                    "message-id-reuse",
                    reuse(Reused::MessageId),
                    reuse(Reused::IkeSpis),
                ),
                (
                    "ike-gcm-iv-reuse",
                    reuse(Reused::IkeIv),
                    reuse(Reused::Nonce),
                ),
            ],
        );
    }

    #[test]
    fn how_long_a_nonce_must_be_hangs_on_the_version_and_the_prf() {
        let rfc = Profile::named("rfc").unwrap();
        for (version, octets, prf, expected) in [
            (Version::V1, 7, None, true),
            (Version::V1, 8, None, false),
            (Version::V2, 256, None, false),
            (Version::V2, 257, None, true),
            (Version::V2, 31, Some(P::HMAC_SHA2_512), true),
            (Version::V2, 32, Some(P::HMAC_SHA2_512), false),
            (Version::V2, 23, Some(P::HMAC_SHA2_384), true),
        ] {
            let found = look(&rfc, &nonce(version, octets, None, prf));
            let fired = ids(&found).contains(&"nonce-too-short");
            assert_eq!(fired, expected, "{version:?} {octets} {prf:?}");
        }
    }
}
