//! Findings about pseudorandom functions and integrity algorithms.

use ikescope_dissectors::registries::ikev2::{IntegrityAlgorithm as I, Prf as P};

use super::super::algorithm::{Algorithm, Number};
use super::super::facts::{Layer, SuiteFact, Version};
use super::super::finding::{Finding, Hit, Need, Severity};

pub(super) const FINDINGS: &[Finding] = &[
    Finding {
        id: "prf-md5",
        title: "PRF HMAC-MD5",
        severity: Severity::High,
        condition: "PRF 1, or IKEv1 hash 1 with PRF use, selected/accepted.",
        why: "MUST NOT; transcript-collision attacks weaken authentication.",
        fix: "Use HMAC-SHA2-256, HMAC-SHA2-384 or HMAC-SHA2-512.",
        references: &[
            "RFC 8247, section 2.2",
            "Bhargavan and Leurent, SLOTH, NDSS 2016",
        ],
        needs: &[Need::Clear, Need::Probe],
        check: |view| view.counted(|_, one| is_prf(one, &[P::HMAC_MD5])),
    },
    Finding {
        id: "prf-sha1",
        title: "PRF HMAC-SHA1",
        severity: Severity::Low,
        condition: "PRF 2 or IKEv1 hash 2 selected.",
        why: "SHA-1 is being retired by 2030; RFC 8247 says MUST- and NIST calls it legacy.",
        fix: "Use HMAC-SHA2-256, HMAC-SHA2-384 or HMAC-SHA2-512.",
        references: &["RFC 8247, section 2.2", "SP 800-77 Rev. 1, Table 1"],
        needs: &[Need::Clear, Need::Probe],
        check: |view| view.counted(|_, one| is_prf(one, &[P::HMAC_SHA1])),
    },
    Finding {
        id: "prf-tiger",
        title: "PRF HMAC-TIGER",
        severity: Severity::Medium,
        condition: "PRF 3 or IKEv1 hash 3.",
        why: "Deprecated, unspecified in IKEv2.",
        fix: "Remove.",
        references: &["RFC 9395"],
        needs: &[Need::Clear, Need::Probe],
        check: |view| view.counted(|_, one| is_prf(one, &[P::HMAC_TIGER])),
    },
    Finding {
        id: "prf-128-bit-internal",
        title: "128-bit PRF",
        severity: Severity::Info,
        condition: "PRF 4 or 8 selected.",
        why: "Keys above 128 bits are folded to 128; RFC 8784 rules it out for post-quantum use.",
        fix: "Use HMAC-SHA2-256, HMAC-SHA2-384 or HMAC-SHA2-512.",
        references: &["RFC 8784, section 6"],
        needs: &[Need::Clear, Need::Probe],
        check: |view| view.counted(|_, one| is_prf(one, &[P::AES128_XCBC, P::AES128_CMAC])),
    },
    Finding {
        id: "integ-md5",
        title: "MD5 integrity",
        severity: Severity::High,
        condition: "INTEG 1 or 6 (IKEv1 hash 1 as INTEG; ESP auth attr 1) selected/accepted.",
        why: "MUST NOT; 96-bit tag on a broken hash.",
        fix: "Use HMAC-SHA2-256-128 or HMAC-SHA2-512-256.",
        references: &["RFC 8247, section 2.3", "RFC 8221, section 6"],
        needs: &[Need::Clear, Need::Decrypted, Need::Probe],
        check: |view| {
            view.counted(|suite, one| {
                is_integ(one, &[I::HMAC_MD5_96, I::HMAC_MD5_128])
                    || suite.version == Version::V1 && is_prf(one, &[P::HMAC_MD5])
            })
        },
    },
    Finding {
        id: "integ-des-mac-kpdk",
        title: "DES-MAC or KPDK-MD5 integrity",
        severity: Severity::Critical,
        condition: "INTEG 3 or 4 selected/accepted.",
        why: "Unspecified and broken; MUST NOT.",
        fix: "Remove.",
        references: &["RFC 8247, section 2.3"],
        needs: &[Need::Clear, Need::Decrypted, Need::Probe],
        check: |view| view.counted(|_, one| is_integ(one, &[I::DES_MAC, I::KPDK_MD5])),
    },
    Finding {
        id: "integ-none-non-aead",
        title: "No integrity with a non-AEAD cipher",
        severity: Severity::Critical,
        condition: "The IKE SA, or ESP, was negotiated with a cipher that is not AEAD and without an integrity algorithm.",
        why: "Allows active tampering and padding-oracle style attacks.",
        fix: "Use an AEAD cipher, or add HMAC-SHA2-256-128 or HMAC-SHA2-512-256.",
        references: &["RFC 8221, section 4", "RFC 7296, section 5"],
        needs: &[Need::Clear, Need::Decrypted, Need::Probe],
        check: |view| view.suites(has_no_integrity),
    },
    Finding {
        id: "integ-96-bit-tag",
        title: "96-bit truncated integrity tag",
        severity: Severity::Low,
        condition: "INTEG 1, 2, 5, 8 or ESP ICV of 12 octets selected.",
        why: "Smaller forgery margin, and an ICV of 12 octets with SHA-256 marks a known truncation bug.",
        fix: "Prefer tags of 16 octets or more: HMAC-SHA2-256-128 and longer, or an AEAD cipher.",
        references: &["RFC 8221, section 6"],
        needs: &[Need::Clear, Need::Decrypted, Need::Probe],
        check: |view| {
            view.counted(|_, one| {
                is_integ(
                    one,
                    &[
                        I::HMAC_MD5_96,
                        I::HMAC_SHA1_96,
                        I::AES_XCBC_96,
                        I::AES_CMAC_96,
                    ],
                )
            })
        },
    },
    Finding {
        id: "integ-sha256-truncbug",
        title: "HMAC-SHA-256 truncated to 96 bits",
        severity: Severity::Medium,
        condition: "HMAC-SHA2-256 was negotiated and packets carry an ICV of 96 bits, or the private number for that was offered.",
        why: "Non-standard truncation, breaks interop and halves the tag.",
        fix: "Update kernel/peer and remove sha256_96.",
        references: &["RFC 8221, section 6"],
        needs: &[Need::Decrypted],
        check: |view| {
            let mut hits = view.anywhere(|_, one| is_integ(one, &[HMAC_SHA2_256_96]));
            hits.extend(
                view.facts
                    .flows
                    .iter()
                    .filter_map(|flow| flow.truncated_icv.clone())
                    .map(Hit::new),
            );
            hits
        },
    },
];

fn is_prf(algorithm: Algorithm, prfs: &[P]) -> bool {
    matches!(algorithm.as_v2().map(|same| same.number), Some(Number::Prf(prf)) if prfs.contains(&prf))
}

fn is_integ(algorithm: Algorithm, integs: &[I]) -> bool {
    matches!(algorithm.as_v2().map(|same| same.number), Some(Number::Integ(integ)) if integs.contains(&integ))
}

/// Whether a cipher that has none of its own goes without integrity. Phase 1 of IKEv1 has its hash.
pub(super) fn has_no_integrity(suite: &SuiteFact) -> bool {
    let phase_one = suite.layer == Layer::Ike && suite.version == Version::V1;
    let transforms = &suite.transforms;
    let without = transforms.real_integ().next().is_none()
        || transforms.integ.iter().any(|one| one.is_none());
    suite.layer != Layer::Ah
        && !phase_one
        && without
        && transforms.encr.iter().any(|cipher| !cipher.is_aead())
}

/// strongSwan's private-use number for SHA-256 cut to 96 bits.
const HMAC_SHA2_256_96: I = I(1024);

#[cfg(test)]
mod tests {
    use super::super::super::facts::*;
    use super::super::super::profile::Profile;
    use super::super::testing::*;
    use super::*;

    fn in_ike(prf: &str, integ: &str) -> PeerFacts {
        ike(&format!("AES-CBC-256/{prf}/{integ}/ECP-256"))
    }

    #[test]
    fn each_fires_and_just_does_not() {
        let good = || in_ike("HMAC-SHA2-256", "HMAC-SHA2-256-128");
        hold(
            FINDINGS,
            &[
                ("prf-md5", ike("AES-CBC-128/MD5/PSK/MODP-2048"), good()),
                (
                    "prf-sha1",
                    in_ike("HMAC-SHA1", "HMAC-SHA2-256-128"),
                    in_ike("HMAC-SHA2-256", "HMAC-SHA1-96"),
                ),
                (
                    "prf-tiger",
                    in_ike("HMAC-TIGER", "HMAC-SHA2-256-128"),
                    good(),
                ),
                (
                    "prf-128-bit-internal",
                    in_ike("AES128-CMAC", "HMAC-SHA2-256-128"),
                    in_ike("HMAC-SHA2-256", "AES-CMAC-96"),
                ),
                (
                    "integ-md5",
                    esp("AES-CBC-128/HMAC-MD5-96"),
                    in_ike("HMAC-MD5", "HMAC-SHA2-256-128"),
                ),
                (
                    "integ-des-mac-kpdk",
                    in_ike("HMAC-SHA2-256", "KPDK-MD5"),
                    good(),
                ),
                (
                    "integ-none-non-aead",
                    esp("AES-CBC-128"),
                    esp("AES-GCM-16-128"),
                ),
                (
                    "integ-96-bit-tag",
                    in_ike("HMAC-SHA2-256", "AES-XCBC-96"),
                    in_ike("HMAC-SHA2-256", "HMAC-SHA1-160"),
                ),
                (
                    "integ-sha256-truncbug",
                    flow(None, |flow| {
                        flow.truncated_icv = Some(Evidence::said("12 octets"))
                    }),
                    good(),
                ),
            ],
        );
    }

    #[test]
    fn a_hash_of_ikev1_is_integrity_too_and_phase_one_needs_no_other() {
        let rfc = Profile::named("rfc").unwrap();
        let found = look(&rfc, &ike("AES-CBC-128/MD5/PSK/MODP-2048"));
        assert!(ids(&found).contains(&"integ-md5"));
        assert!(!ids(&found).contains(&"integ-none-non-aead"));
    }
}
