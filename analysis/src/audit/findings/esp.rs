//! Findings about ESP and AH.

use ikescope_dissectors::registries::ikev2::{EncryptionAlgorithm as E, SequenceNumbers};

use super::super::facts::{FlowFact, Layer, Oddity};
use super::super::finding::{Finding, Hit, Need, Severity, View};
use super::encryption::is;
use super::hashes::has_no_integrity;

pub(super) const FINDINGS: &[Finding] = &[
    Finding {
        id: "esp-gcm-iv-reuse",
        title: "ESP counter-mode IV reused in one SA",
        severity: Severity::Critical,
        condition: "The same 8 octets behind the ESP header came twice for one SPI and destination, in packets that are no copies. Critical when the cipher is known to be a counter mode; low when it is not known.",
        why: "For a given key the IV MUST NOT repeat: reuse leaks plaintext XOR and lets an attacker forge.",
        fix: "Restart the SA with new keys; fix counter handling.",
        references: &["RFC 4106, section 3.1", "RFC 9206, section 13"],
        needs: &[Need::Clear],
        check: |view| {
            let repeated = view.facts.flows.iter().filter_map(|flow| {
                let evidence = flow.repeated_iv.as_ref()?;
                match flow.cipher {
                    Some(cipher) if is(cipher, &COUNTER_MODES) => Some(Hit::new(evidence.clone())),
                    Some(_) => None,
                    None => Some(Hit::with_severity(
                        evidence.with(format!("{}; the cipher is not known", evidence.what)),
                        Severity::Low,
                    )),
                }
            });
            repeated.collect()
        },
    },
    Finding {
        id: "esp-cbc-iv-predictable",
        title: "Predictable CBC IVs",
        severity: Severity::Medium,
        condition: "For a non-AEAD SA, the next packet's IV equals the last ciphertext block of the previous packet, or IVs form a counter.",
        why: "RFC 3602 requires unpredictable IVs; chosen-plaintext attacks become possible.",
        fix: "Update the implementation.",
        references: &["RFC 3602, section 3"],
        needs: &[Need::Clear],
        check: |view| {
            let flows = view.facts.flows.iter().filter(|flow| {
                flow.cipher.is_some_and(|cipher| {
                    !cipher.is_aead()
                        && !cipher.is_without_encryption()
                        && !is(cipher, &COUNTER_MODES)
                })
            });
            flows
                .filter_map(|flow| flow.predictable_iv.as_ref())
                .map(|(how, evidence)| Hit::new(evidence.with(*how)))
                .collect()
        },
    },
    Finding {
        id: "esp-no-integrity",
        title: "ESP without integrity protection",
        severity: Severity::Critical,
        condition: "Negotiated ESP SA has a non-AEAD ENCR and INTEG NONE (0) and no AH SA for the same traffic.",
        why: "Traffic can be modified and, in practice, decrypted by active attacks.",
        fix: "Use AEAD or add integrity.",
        references: &["RFC 8221, section 4"],
        needs: &[Need::Decrypted],
        check: |view| {
            let protected =
                view.facts.counted_of(Layer::Ah).next().is_some() || view.facts.ah.is_some();
            if protected {
                return Vec::new();
            }
            view.suites(|suite| suite.layer == Layer::Esp && has_no_integrity(suite))
        },
    },
    Finding {
        id: "esp-null-encryption",
        title: "ESP with NULL encryption",
        severity: Severity::High,
        condition: "ESP SA negotiated with ENCR 11, or ESP packets whose payload parses as an inner IPv4/IPv6 header at the expected offset.",
        why: "Traffic is readable by anyone on the path.",
        fix: "Use AES-GCM; if only integrity is wanted, confirm it is intended.",
        references: &["RFC 8221, section 6", "SP 800-77 Rev. 1, section 4.5"],
        needs: &[Need::Clear],
        check: |view| {
            let mut hits =
                view.counted(|suite, one| suite.layer == Layer::Esp && is(one, &[E::NULL]));
            hits.extend(
                view.facts
                    .flows
                    .iter()
                    .filter_map(|flow| flow.readable.clone())
                    .map(Hit::new),
            );
            hits
        },
    },
    Finding {
        id: "esp-gmac-integrity-only",
        title: "Integrity-only ESP (GMAC)",
        severity: Severity::Medium,
        condition: "ENCR 21 negotiated.",
        why: "No confidentiality; sometimes chosen by mistake for performance.",
        fix: "Confirm intent or use AES-GCM.",
        references: &["RFC 4543", "SP 800-77 Rev. 1, Table 1"],
        needs: &[Need::Decrypted],
        check: |view| {
            view.counted(|suite, one| {
                suite.layer == Layer::Esp && is(one, &[E::NULL_AUTH_AES_GMAC])
            })
        },
    },
    Finding {
        id: "ah-only",
        title: "AH without ESP",
        severity: Severity::Medium,
        condition: "IP protocol 51 between peers with no ESP (proto 50) for the same pair.",
        why: "No confidentiality and broken by NAT; NIST says AH is obsolete.",
        fix: "Use ESP (ESP-NULL if encryption is not wanted).",
        references: &["SP 800-77 Rev. 1, section 4.5", "RFC 8221, section 4"],
        needs: &[Need::Clear],
        check: |view| ah(view, false),
    },
    Finding {
        id: "ah-plus-esp",
        title: "AH combined with ESP",
        severity: Severity::Low,
        condition: "Both proto 51 and 50 on the same pair, or a bundle offering both.",
        why: "RFC 8221 marks it NOT RECOMMENDED (slow, double overhead).",
        fix: "Use ESP with AEAD only.",
        references: &["RFC 8221, section 4"],
        needs: &[Need::Clear],
        check: |view| ah(view, true),
    },
    Finding {
        id: "esp-replay-disabled",
        title: "ESP replay protection not in use",
        severity: Severity::Low,
        condition: "Transform Type 5 selected with value 2 (32-bit unspecified numbers), IKEv1 REPLAY-STATUS notify (24577) with value 0, or sequence numbers on one SPI are constant or unordered over >= 100 packets.",
        why: "Replayed packets may be accepted.",
        fix: "Use sequential numbers and a window >= 64.",
        references: &["RFC 4303, section 3.4.3", "RFC 9827"],
        needs: &[Need::Decrypted],
        check: |view| {
            let mut hits = view.suites(|suite| {
                suite.layer != Layer::Ike
                    && suite.transforms.sequence_numbers == [SequenceNumbers::UNSPECIFIED_32]
            });
            let said = view
                .facts
                .oddities
                .iter()
                .filter(|fact| fact.what == Oddity::ReplayDetectionOff);
            hits.extend(said.map(|fact| Hit::new(fact.evidence.clone())));
            let unordered = view.facts.flows.iter().filter(|flow| {
                flow.packets >= 100
                    && (flow.constant_sequence || flow.out_of_order * 2 > flow.packets)
            });
            hits.extend(unordered.map(|flow| {
                flow_hit(
                    flow,
                    format!(
                        "sequence numbers out of order in {} of {} packets",
                        flow.out_of_order, flow.packets
                    ),
                )
            }));
            hits
        },
    },
    Finding {
        id: "esp-sequence-not-rekeyed",
        title: "ESP sequence number near wrap without ESN",
        severity: Severity::Medium,
        condition: "32-bit sequence number > 2^31 with ESN off (transform type 5 value 0) and no rekey seen.",
        why: "Wrap forces SA loss or replay.",
        fix: "Enable ESN or shorten the lifetime.",
        references: &["RFC 4303, section 3.3.3", "RFC 9827"],
        needs: &[Need::Clear],
        check: |view| {
            let high = view.facts.flows.iter().filter(|flow| {
                flow.highest_sequence > 1 << 31
                    && flow.extended_sequence == Some(false)
                    && !flow.replaced
            });
            high.map(|flow| flow_hit(flow, format!("sequence number {}", flow.highest_sequence)))
                .collect()
        },
    },
    Finding {
        id: "esp-volume-over-64bit-block-limit",
        title: "Too much data on a 64-bit-block SA",
        severity: Severity::High,
        condition: "Bytes seen on one ESP SPI > 8388608 (SP 800-67r2 limit 2^20 blocks) for ENCR 2/3/4/5/6/7/8/9; critical above 34359738368 (2^32 blocks).",
        why: "Birthday collisions reveal plaintext XOR.",
        fix: "Move to AES; until then rekey far below the limit.",
        references: &["CVE-2016-2183", "SP 800-131A Rev. 2, section 2"],
        needs: &[Need::Clear],
        check: |view| {
            let flows = view.facts.flows.iter().filter(|flow| {
                flow.cipher.is_some_and(|cipher| is(cipher, &SMALL_BLOCKS))
                    && flow.octets > BLOCKS_OF_NIST
            });
            flows
                .map(|flow| {
                    let evidence = flow
                        .evidence
                        .with(format!("{} octets under one key", flow.octets));
                    if flow.octets > BIRTHDAY {
                        Hit::with_severity(evidence, Severity::Critical)
                    } else {
                        Hit::new(evidence)
                    }
                })
                .collect()
        },
    },
    Finding {
        id: "esp-lifetime-exceeded",
        title: "ESP SA lives too long",
        severity: Severity::Medium,
        condition: "Same ESP SPI carries traffic for > 28800 s (NIST) or > 14400 s (BSI) without a replacement SPI.",
        why: "Exceeds the recommended IPsec SA lifetime.",
        fix: "Set 8 h (NIST) or 4 h (BSI).",
        references: &[
            "SP 800-77 Rev. 1, Table 1",
            "BSI TR-02102-3, edition 2026-01 (secondary source)",
        ],
        needs: &[Need::Clear],
        check: |view| {
            let limit = view
                .profile
                .parameters
                .esp_life
                .as_ref()
                .map_or(EIGHT_HOURS, |limit| limit.value);
            let old = view
                .facts
                .flows
                .iter()
                .filter(|flow| flow.seconds > limit as f64 && !flow.replaced);
            old.map(|flow| flow_hit(flow, format!("in use for {:.0} seconds", flow.seconds)))
                .collect()
        },
    },
    Finding {
        id: "natt-plaintext-esp",
        title: "ESP and UDP 4500 mixed for one SA",
        severity: Severity::Info,
        condition: "Same SPI seen both as proto 50 and UDP 4500.",
        why: "NAT keepalive/rekey confusion; harder to filter.",
        fix: "Force UDP encapsulation.",
        references: &["RFC 3948"],
        needs: &[Need::Clear],
        check: |view| {
            view.facts
                .flows
                .iter()
                .filter(|flow| flow.both_encapsulations)
                .map(|flow| Hit::new(flow.evidence.clone()))
                .collect()
        },
    },
];

/// AH between two addresses, or agreed on, with ESP for the same traffic or without.
fn ah(view: &View<'_>, with_esp: bool) -> Vec<Hit> {
    let seen = view.facts.ah.iter().filter(|(esp, _)| *esp == with_esp);
    let mut hits: Vec<Hit> = seen
        .map(|(_, evidence)| Hit::new(evidence.clone()))
        .collect();
    hits.extend(view.suites(|suite| {
        let bundled = view
            .facts
            .counted_of(Layer::Esp)
            .any(|esp| esp.evidence.frame == suite.evidence.frame);
        suite.layer == Layer::Ah && bundled == with_esp
    }));
    hits
}

fn flow_hit(flow: &FlowFact, what: String) -> Hit {
    let what = format!("{} {:#010x}: {what}", flow.layer.title(), flow.spi);
    Hit::new(flow.evidence.with(what))
}

/// Ciphers that a repeated initialization vector of 8 octets breaks.
const COUNTER_MODES: [E; 12] = [
    E::AES_CTR,
    E::AES_CCM_8,
    E::AES_CCM_12,
    E::AES_CCM_16,
    E::AES_GCM_8,
    E::AES_GCM_12,
    E::AES_GCM_16,
    E::CAMELLIA_CTR,
    E::CAMELLIA_CCM_8,
    E::CAMELLIA_CCM_12,
    E::CAMELLIA_CCM_16,
    E::CHACHA20_POLY1305,
];

const SMALL_BLOCKS: [E; 8] = [
    E::DES,
    E::TRIPLE_DES,
    E::RC5,
    E::IDEA,
    E::CAST,
    E::BLOWFISH,
    E::TRIPLE_IDEA,
    E::DES_IV32,
];

/// 2^20 blocks of 8 octets (SP 800-67 Rev. 2, section 3.4).
const BLOCKS_OF_NIST: u64 = 8 << 20;
/// 2^32 blocks of 8 octets: as many as make a collision likely.
const BIRTHDAY: u64 = 8 << 32;
/// SP 800-77 Rev. 1, Table 1, where the profile names no limit.
const EIGHT_HOURS: u64 = 28_800;

#[cfg(test)]
mod tests {
    use super::super::super::facts::*;
    use super::super::super::profile::Profile;
    use super::super::testing::*;
    use super::*;

    fn ah(with_esp: bool) -> PeerFacts {
        with(PeerFacts::default(), |facts| {
            facts.ah = Some((with_esp, Evidence::said("AH")))
        })
    }

    fn negotiated(layers: &[Layer]) -> PeerFacts {
        with(PeerFacts::default(), |facts| {
            for layer in layers {
                let suite = esp("AES-CBC-128/HMAC-SHA1-96").suites.remove(1);
                facts.suites.push(SuiteFact {
                    layer: *layer,
                    ..suite
                });
            }
        })
    }

    fn repeated(cipher: Option<&str>) -> PeerFacts {
        flow(cipher, |flow| {
            flow.repeated_iv = Some(Evidence::said("again"))
        })
    }

    fn predictable(cipher: &str) -> PeerFacts {
        flow(Some(cipher), |flow| {
            flow.predictable_iv = Some(("the last block", Evidence::said("IV")));
        })
    }

    fn sequence(highest: u32, extended: bool) -> PeerFacts {
        flow(None, |flow| {
            flow.highest_sequence = highest;
            flow.extended_sequence = Some(extended);
        })
    }

    #[test]
    fn each_fires_and_just_does_not() {
        hold(
            FINDINGS,
            &[
                (
                    "esp-gcm-iv-reuse",
                    repeated(Some("AES-GCM-16-256")),
                    repeated(Some("AES-CBC-256")),
                ),
                (
                    "esp-cbc-iv-predictable",
                    predictable("AES-CBC-128"),
                    predictable("AES-GCM-16-128"),
                ),
                (
                    "esp-no-integrity",
                    esp("AES-CBC-128"),
                    with(esp("AES-CBC-128"), |facts| facts.ah = ah(true).ah),
                ),
                (
                    "esp-null-encryption",
                    esp("NULL/HMAC-SHA2-256-128"),
                    esp("NULL-AES-GMAC-256"),
                ),
                (
                    "esp-gmac-integrity-only",
                    esp("NULL-AES-GMAC-256"),
                    esp("AES-GCM-16-256"),
                ),
                ("ah-only", ah(false), ah(true)),
                ("ah-plus-esp", ah(true), ah(false)),
                (
                    "ah-only",
                    negotiated(&[Layer::Ah]),
                    negotiated(&[Layer::Esp]),
                ),
                (
                    "ah-plus-esp",
                    negotiated(&[Layer::Ah, Layer::Esp]),
                    negotiated(&[Layer::Ah]),
                ),
                (
                    "esp-replay-disabled",
                    flow(None, |flow| {
                        (flow.packets, flow.constant_sequence) = (100, true)
                    }),
                    flow(None, |flow| {
                        (flow.packets, flow.constant_sequence) = (99, true)
                    }),
                ),
                (
                    "esp-sequence-not-rekeyed",
                    sequence((1 << 31) + 1, false),
                    sequence((1 << 31) + 1, true),
                ),
                (
                    "esp-volume-over-64bit-block-limit",
                    flow(Some("3DES"), |flow| flow.octets = 8_388_609),
                    flow(Some("3DES"), |flow| flow.octets = 8_388_608),
                ),
                (
                    "esp-lifetime-exceeded",
                    flow(None, |flow| flow.seconds = 28_801.0),
                    flow(None, |flow| {
                        (flow.seconds, flow.replaced) = (28_801.0, true)
                    }),
                ),
                (
                    "natt-plaintext-esp",
                    flow(None, |flow| flow.both_encapsulations = true),
                    flow(None, |_| ()),
                ),
            ],
        );
    }

    #[test]
    fn a_repeated_iv_is_as_bad_as_the_cipher_is_known() {
        let rfc = Profile::named("rfc").unwrap();
        assert_eq!(
            look(&rfc, &repeated(Some("AES-CTR-128")))[0].severity,
            Severity::Critical
        );
        assert_eq!(look(&rfc, &repeated(None))[0].severity, Severity::Low);
    }

    #[test]
    fn a_birthday_makes_it_critical() {
        let rfc = Profile::named("rfc").unwrap();
        for (octets, severity) in [
            (34_359_738_368, Severity::High),
            (34_359_738_369, Severity::Critical),
        ] {
            let found = look(&rfc, &flow(Some("3DES"), |flow| flow.octets = octets));
            let volume = found
                .iter()
                .find(|found| found.finding.id == "esp-volume-over-64bit-block-limit");
            assert_eq!(
                volume.map(|found| found.severity),
                Some(severity),
                "{octets}"
            );
        }
    }

    #[test]
    fn the_profile_names_the_lifetime() {
        let facts = flow(None, |flow| flow.seconds = 14_401.0);
        let fired = |profile: &str| {
            ids(&look(&Profile::named(profile).unwrap(), &facts)).contains(&"esp-lifetime-exceeded")
        };
        assert!(fired("bsi-tr-02102-3"));
        assert!(!fired("nist-800-77r1"));
    }
}
