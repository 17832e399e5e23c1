//! Findings about IKEv1.

use ikescope_dissectors::Registry;
use ikescope_dissectors::registries::ikev1::{AuthenticationMethod as Auth, IdType};
use ikescope_dissectors::vendor_id;

use super::super::algorithm::{Algorithm, Number};
use super::super::facts::{Layer, Mode, Role, Standing, SuiteFact, Version};
use super::super::finding::{Finding, Hit, Need, Severity, View};
use super::super::verdict::is_preshared;

pub(super) const FINDINGS: &[Finding] = &[
    Finding {
        id: "ikev1-in-use",
        title: "IKEv1 tunnel in use",
        severity: Severity::Medium,
        condition: "A phase 1 or phase 2 of IKEv1 was negotiated.",
        why: "IKEv1 is Historic; no cookies against DoS, no negotiated hash agility, weaker proofs.",
        fix: "Migrate to IKEv2 and disable IKEv1.",
        references: &[
            "RFC 9395",
            "SP 800-77 Rev. 1, section 3.11",
            "SP 800-77 Rev. 1, section 7.2.6",
        ],
        needs: &[Need::Clear],
        check: |view| view.suites(|suite| suite.version == Version::V1),
    },
    Finding {
        id: "ikev1-accepted",
        title: "Responder accepts IKEv1",
        severity: Severity::Medium,
        condition: "The peer, as responder, answers an IKEv1 proposal with an SA payload.",
        why: "Leaves every IKEv1 attack reachable even if normal peers use IKEv2.",
        fix: "Disable IKEv1 globally or per peer.",
        references: &["RFC 9395"],
        needs: &[Need::Probe],
        check: |view| {
            let also = if view.facts.has_v2() {
                ", while IKEv2 is answered too"
            } else {
                ""
            };
            phase_one(view, |suite| suite.role == Some(Role::Responder))
                .map(|suite| {
                    Hit::new(
                        suite
                            .evidence
                            .with(format!("{}{also}", suite.evidence.what)),
                    )
                })
                .collect()
        },
    },
    Finding {
        id: "ikev1-aggressive-mode-psk",
        title: "Aggressive Mode with pre-shared key",
        severity: Severity::Critical,
        condition: "Aggressive mode whose answer carries HASH_R in clear while the selected authentication method is a pre-shared key, with XAUTH or without.",
        why: "HASH_R is sent in clear and covers only values on the wire plus the PSK, so a single packet pair allows unlimited offline guessing.",
        fix: "Disable aggressive mode; use IKEv2 with certificates or a >=128-bit random PSK.",
        references: &[
            "CVE-2002-1623",
            "RFC 2409",
            "strongSwan documentation, security recommendations",
        ],
        needs: &[Need::Clear, Need::Probe],
        check: aggressive_psk,
    },
    Finding {
        id: "ikev1-aggressive-mode",
        title: "Aggressive Mode without PSK",
        severity: Severity::Medium,
        condition: "Exchange type 4 with any non-PSK Authentication Method.",
        why: "Identities and certificates travel unencrypted; NIST lists it as Legacy.",
        fix: "Use Main Mode or IKEv2.",
        references: &[
            "SP 800-77 Rev. 1, Table 1",
            "SP 800-77 Rev. 1, section 7.2.6",
        ],
        needs: &[Need::Clear, Need::Probe],
        check: |view| {
            with_auth(view, |suite, method| {
                suite.mode == Some(Mode::Aggressive) && !is_preshared(method)
            })
        },
    },
    Finding {
        id: "ikev1-aggressive-group-name-leak",
        title: "Group name visible in Aggressive Mode",
        severity: Severity::Low,
        condition: "AM1 ID payload (type 5) of ID type 3 (USER_FQDN), 2 (FQDN) or 11 (KEY_ID) in clear text.",
        why: "Reveals the VPN group name that pairs with a shared group password.",
        fix: "Use IKEv2; restrict group policies.",
        references: &["RFC 2407"],
        needs: &[Need::Clear],
        check: |view| {
            let identities = view.facts.identities.iter();
            let leaks = identities.filter(|identity| {
                identity.version == Version::V1
                    && identity.mode == Some(Mode::Aggressive)
                    && identity.clear
                    && matches!(
                        IdType(identity.id_type),
                        IdType::FQDN | IdType::USER_FQDN | IdType::KEY_ID
                    )
            });
            leaks
                .map(|identity| {
                    Hit::new(
                        identity
                            .evidence
                            .with(format!("identity {}", identity.value)),
                    )
                })
                .collect()
        },
    },
    Finding {
        id: "ikev1-group-id-enumeration",
        title: "Group IDs can be enumerated",
        severity: Severity::Medium,
        condition: "Answers of aggressive mode differ between an identity that cannot exist and a candidate: an answer or silence, or the vendor ID of dead peer detection or none.",
        why: "Lets an attacker collect the group names needed for PSK cracking.",
        fix: "Patch/disable aggressive mode; return uniform replies.",
        references: &["CVE-2010-4354"],
        needs: &[Need::Probe],
        check: |view| {
            view.facts
                .probe
                .group_ids_differ
                .iter()
                .map(|evidence| Hit::new(evidence.clone()))
                .collect()
        },
    },
    Finding {
        id: "ikev1-main-mode-psk",
        title: "Main Mode with pre-shared key",
        severity: Severity::Medium,
        condition: "Exchange type 2 and selected Authentication Method 1 or 65001/65002.",
        why: "One active man-in-the-middle session is enough for an offline dictionary attack on the PSK.",
        fix: "Use certificates or a PSK with >=128 bits of entropy; move to IKEv2.",
        references: &["CVE-2018-5389", "Felsch et al., USENIX Security 2018"],
        needs: &[Need::Clear, Need::Probe],
        check: |view| {
            with_auth(view, |suite, method| {
                suite.mode == Some(Mode::Main) && is_preshared(method)
            })
        },
    },
    Finding {
        id: "ikev1-rsa-encryption-auth",
        title: "IKEv1 RSA encryption authentication accepted",
        severity: Severity::High,
        condition: "Selected (or probe-accepted) Authentication Method 4 or 5, or 65007..65010.",
        why: "Bleichenbacher oracle allows impersonation and also breaks IKEv2 signatures if the same key is used.",
        fix: "Disable both encryption methods; use a separate key pair per protocol version.",
        references: &[
            "CVE-2018-0131",
            "CVE-2017-17305",
            "CVE-2018-8753",
            "CVE-2018-9129",
        ],
        needs: &[Need::Clear, Need::Probe],
        check: |view| {
            with_auth(view, |_, method| {
                matches!(
                    method,
                    Auth::RSA_ENC
                        | Auth::RSA_REV_ENC
                        | Auth::XAUTH_INIT_RSA_ENC
                        | Auth::XAUTH_RESP_RSA_ENC
                        | Auth::XAUTH_INIT_RSA_REV_ENC
                        | Auth::XAUTH_RESP_RSA_REV_ENC
                )
            })
        },
    },
    Finding {
        id: "ikev1-obsolete-auth-method",
        title: "Obsolete IKEv1 authentication method",
        severity: Severity::Medium,
        condition: "Authentication Method 2 (DSS), 6, 7 (ElGamal), 128 (CRACK) or unknown value selected/accepted.",
        why: "DSA/SHA-1 bound or never standardised; no security review.",
        fix: "Use signatures with SHA-2 certificates in IKEv2.",
        references: &["SP 800-131A Rev. 2, Table 2"],
        needs: &[Need::Clear, Need::Probe],
        check: |view| {
            with_auth(view, |_, method| {
                matches!(
                    method,
                    Auth::DSS_SIG | ELGAMAL_ENC | ELGAMAL_REV_ENC | CRACK
                ) || method.name().is_none()
            })
        },
    },
    Finding {
        id: "ikev1-xauth-group-psk",
        title: "XAUTH over a group PSK",
        severity: Severity::High,
        condition: "Authentication Method 65001/65002 or Vendor ID 09002689dfd6b712 together with PSK and exchange type 4.",
        why: "The group key is shared by all clients, so any client can impersonate the gateway and collect passwords.",
        fix: "Use IKEv2 with EAP over a certificate-authenticated server.",
        references: &[
            "SP 800-77 Rev. 1, section 7.2.2.1",
            "draft-ietf-ipsec-isakmp-xauth-06",
        ],
        needs: &[Need::Clear, Need::Probe],
        check: |view| {
            let announced = view
                .facts
                .vendors
                .iter()
                .any(|vendor| vendor.octets.starts_with(&XAUTH_VENDOR_ID));
            with_auth(view, |suite, method| match method {
                Auth::XAUTH_INIT_PSK | Auth::XAUTH_RESP_PSK => true,
                Auth::PSK => announced && suite.mode == Some(Mode::Aggressive),
                _ => false,
            })
        },
    },
    Finding {
        id: "ikev1-hybrid-auth",
        title: "IKEv1 hybrid authentication",
        severity: Severity::Low,
        condition: "Authentication Method 64221..64224.",
        why: "Only the gateway is authenticated in phase 1; replaced by IKEv2 EAP.",
        fix: "Move to IKEv2 EAP.",
        references: &["draft-ietf-ipsec-isakmp-hybrid-auth-05"],
        needs: &[Need::Clear, Need::Probe],
        check: |view| {
            with_auth(view, |_, method| {
                matches!(
                    method,
                    Auth::HYBRID_INIT_RSA
                        | Auth::HYBRID_RESP_RSA
                        | Auth::HYBRID_INIT_DSS
                        | Auth::HYBRID_RESP_DSS
                )
            })
        },
    },
    Finding {
        id: "ikev1-lifetime-too-long",
        title: "IKEv1 lifetime too long",
        severity: Severity::Low,
        condition: "Life Type 1 with Life Duration > 86400 (phase 1) or > 28800 (quick mode, only if decrypted).",
        why: "Longer key exposure and more data per key.",
        fix: "Set 24 h / 8 h (BSI: 24 h / 4 h).",
        references: &[
            "SP 800-77 Rev. 1, Table 1",
            "RFC 4308, section 2.3",
            "BSI TR-02102-3, edition 2026-01 (secondary source)",
        ],
        needs: &[Need::Clear, Need::Probe],
        check: |view| {
            let too_long = v1(view).filter_map(|suite| {
                let seconds = suite.lifetime?.seconds?;
                let limit = if suite.layer == Layer::Ike {
                    PHASE_ONE_LIFE
                } else {
                    PHASE_TWO_LIFE
                };
                (seconds > limit).then(|| {
                    Hit::new(suite.evidence.with(format!(
                        "{} lifetime of {seconds} seconds",
                        suite.layer.title()
                    )))
                })
            });
            too_long.collect()
        },
    },
    Finding {
        id: "ikev1-lifetime-missing",
        title: "IKEv1 proposal without lifetime",
        severity: Severity::Info,
        condition: "No Life Type/Life Duration pair in the selected transform.",
        why: "RFC 2407 leaves a default that peers interpret differently; often means 'never'.",
        fix: "Configure explicit lifetimes on both ends.",
        references: &["RFC 2407"],
        needs: &[Need::Clear, Need::Probe],
        check: |view| {
            let without = v1(view).filter(|suite| {
                suite.lifetime.is_some_and(|lifetime| {
                    lifetime.seconds.is_none() && lifetime.kilobytes.is_none()
                })
            });
            without
                .map(|suite| Hit::new(suite.evidence.clone()))
                .collect()
        },
    },
    Finding {
        id: "ikev1-lifetime-kilobytes-only",
        title: "Only a volume lifetime",
        severity: Severity::Low,
        condition: "Life Type 2 (kilobytes) present and no Life Type 1.",
        why: "An idle SA would live forever.",
        fix: "Set time and volume limits.",
        references: &["SP 800-77 Rev. 1, footnote 62"],
        needs: &[Need::Clear, Need::Probe],
        check: |view| {
            let volume = v1(view).filter(|suite| {
                suite.lifetime.is_some_and(|lifetime| {
                    lifetime.seconds.is_none() && lifetime.kilobytes.is_some()
                })
            });
            volume
                .map(|suite| Hit::new(suite.evidence.clone()))
                .collect()
        },
    },
    Finding {
        id: "ikev1-amplification",
        title: "IKEv1 responder amplifies",
        severity: Severity::Medium,
        condition: "The answers to one first message of IKEv1, every retransmission counted, have more than three times its octets.",
        why: "Spoofed requests turn the gateway into a reflector; up to 900% was measured.",
        fix: "Limit retransmissions of unauthenticated responses; prefer IKEv2; filter UDP 500.",
        references: &[
            "VU#419128",
            "CVE-2016-5361",
            "SP 800-77 Rev. 1, section 7.2.4.3",
        ],
        needs: &[Need::Probe],
        check: |view| amplification(view, Version::V1),
    },
    Finding {
        id: "ikev1-benigncertain-candidate",
        title: "Device family affected by BENIGNCERTAIN",
        severity: Severity::High,
        condition: "IKEv1 is answered, and a vendor ID of Cisco is there. The patch level cannot be seen: this is a question, not a proof.",
        why: "Unauthenticated memory disclosure of IOS/PIX memory including keys.",
        fix: "Upgrade IOS/IOS XE/XR; disable IKEv1.",
        references: &["CVE-2016-6415"],
        needs: &[Need::Clear, Need::Probe],
        check: |view| {
            if phase_one(view, |suite| suite.role != Some(Role::Initiator))
                .next()
                .is_none()
                || names_another_maker(view)
            {
                return Vec::new();
            }
            vendors(view, |octets| {
                octets == CISCO_UNITY || octets == CISCO_FRAGMENTATION
            })
        },
    },
    Finding {
        id: "ikev1-fragmentation-vid-cisco",
        title: "Cisco IKE fragmentation VID announced",
        severity: Severity::Info,
        condition: "Vendor ID starting 4048b7d56ebce88525e7de7f00d6c2d3.",
        why: "Fragment reassembly was the path of CVE-2016-1287 (ASA RCE) and of later IOS DoS bugs; needs a patch check.",
        fix: "Patch ASA/IOS; block UDP 500 from unknown hosts.",
        references: &["CVE-2016-1287"],
        needs: &[Need::Clear, Need::Probe],
        check: |view| vendors(view, |octets| octets.starts_with(&CISCO_FRAGMENTATION)),
    },
];

fn v1<'v>(view: &'v View<'_>) -> impl Iterator<Item = &'v SuiteFact> {
    view.facts
        .counted()
        .filter(|suite| suite.version == Version::V1)
}

fn phase_one<'v>(
    view: &'v View<'_>,
    does: impl Fn(&SuiteFact) -> bool,
) -> impl Iterator<Item = &'v SuiteFact> {
    v1(view).filter(move |suite| suite.layer == Layer::Ike && does(suite))
}

/// Phases 1 by their authentication method.
fn with_auth(view: &View<'_>, is: impl Fn(&SuiteFact, Auth) -> bool) -> Vec<Hit> {
    phase_one(view, |_| true)
        .filter_map(|suite| {
            let method = view.facts.phase_one_auth(suite);
            let method = method.filter(|method| is(suite, *method))?;
            let what = format!(
                "{} authentication {}{}",
                mode_name(suite.mode),
                method.short_name(),
                if suite.may_repeat_the_method() {
                    ", which a responder may only repeat"
                } else {
                    ""
                }
            );
            Some(Hit::new(suite.evidence.with(what.trim_start())))
        })
        .collect()
}

const fn mode_name(mode: Option<Mode>) -> &'static str {
    match mode {
        Some(Mode::Main) => "main mode,",
        Some(Mode::Aggressive) => "aggressive mode,",
        Some(Mode::Quick) => "quick mode,",
        None => "",
    }
}

fn vendors(view: &View<'_>, is: impl Fn(&[u8]) -> bool) -> Vec<Hit> {
    view.facts
        .vendors
        .iter()
        .filter(|vendor| is(&vendor.octets))
        .map(|vendor| Hit::new(vendor.evidence.clone()))
        .collect()
}

/// HASH_R that was seen, or that an accepted suite brings with it.
fn aggressive_psk(view: &View<'_>) -> Vec<Hit> {
    let preshared = |method: &Algorithm| matches!(method.number, Number::PhaseOneAuth(method) if is_preshared(method));
    let hashes = view.facts.aggressive_hashes.iter();
    let mut hits: Vec<Hit> = hashes
        .filter(|(method, _)| preshared(method))
        .map(|(_, evidence)| Hit::new(evidence.clone()))
        .collect();
    let accepted = phase_one(view, |suite| {
        suite.mode == Some(Mode::Aggressive)
            && suite.standing == Standing::Accepted
            && suite.transforms.auth.iter().any(preshared)
    });
    hits.extend(accepted.map(|suite| Hit::new(suite.evidence.clone())));
    hits
}

/// Whether another vendor ID says who it is: many speak Cisco's extensions.
fn names_another_maker(view: &View<'_>) -> bool {
    view.facts.vendors.iter().any(|vendor| {
        let name = vendor_id::name(&vendor.octets).unwrap_or_default();
        super::vendors::is_product(name) && !name.starts_with("Cisco")
    })
}

/// Answers of more than three times the octets of what they answer.
pub(super) fn amplification(view: &View<'_>, version: Version) -> Vec<Hit> {
    view.facts
        .amplifications
        .iter()
        .filter(|fact| {
            fact.version == version && fact.reply_octets > fact.request_octets.saturating_mul(3)
        })
        .map(|fact| {
            let what = format!(
                "{} octets in answer to {}",
                fact.reply_octets, fact.request_octets
            );
            Hit::new(fact.evidence.with(what))
        })
        .collect()
}

/// Numbers that RFC 2409 assigned and IANA has taken back.
const ELGAMAL_ENC: Auth = Auth(6);
const ELGAMAL_REV_ENC: Auth = Auth(7);
/// Challenge/Response for Authenticated Cryptographic Keys (draft-harkins-ipsec-ike-crack).
const CRACK: Auth = Auth(128);

/// A day (SP 800-77 Rev. 1, Table 1).
const PHASE_ONE_LIFE: u64 = 86_400;
/// Eight hours (SP 800-77 Rev. 1, Table 1).
const PHASE_TWO_LIFE: u64 = 28_800;

/// Extended Authentication within ISAKMP/Oakley.
const XAUTH_VENDOR_ID: [u8; 8] = [0x09, 0x00, 0x26, 0x89, 0xdf, 0xd6, 0xb7, 0x12];
const CISCO_UNITY: [u8; 16] = [
    0x12, 0xf5, 0xf2, 0x8c, 0x45, 0x71, 0x68, 0xa9, 0x70, 0x2d, 0x9f, 0xe2, 0x74, 0xcc, 0x01, 0x00,
];
const CISCO_FRAGMENTATION: [u8; 16] = [
    0x40, 0x48, 0xb7, 0xd5, 0x6e, 0xbc, 0xe8, 0x85, 0x25, 0xe7, 0xde, 0x7f, 0x00, 0xd6, 0xc2, 0xd3,
];

#[cfg(test)]
mod tests {
    use super::super::super::facts::*;
    use super::super::super::profile::Profile;
    use super::super::testing::*;
    use super::*;

    const V1: &str = "AES-CBC-256/SHA2-256/RSA-SIG/MODP-3072";

    fn auth(method: u16, mode: Mode) -> PeerFacts {
        each(ike(V1), |suite| {
            suite.mode = Some(mode);
            suite.transforms.auth = vec![Algorithm::new(Number::PhaseOneAuth(Auth(method)))];
        })
    }

    fn identity(mode: Mode, id_type: IdType, clear: bool) -> PeerFacts {
        with(PeerFacts::default(), |facts| {
            facts.identities.push(IdentityFact {
                version: Version::V1,
                mode: Some(mode),
                id_type: id_type.0,
                value: "sales".to_owned(),
                clear,
                evidence: Evidence::said("identity"),
            });
        })
    }

    fn life(seconds: Option<u64>, kilobytes: Option<u64>) -> PeerFacts {
        each(ike(V1), |suite| {
            suite.lifetime = Some(Lifetime { seconds, kilobytes });
        })
    }

    fn vendor(facts: PeerFacts, octets: &[u8]) -> PeerFacts {
        with(facts, |facts| {
            facts.vendors.push(VendorFact {
                octets: octets.to_vec(),
                version: Version::V1,
                clear: true,
                evidence: Evidence::said("vendor"),
            });
        })
    }

    fn hash(method: Auth) -> PeerFacts {
        with(PeerFacts::default(), |facts| {
            let method = Algorithm::new(Number::PhaseOneAuth(method));
            facts
                .aggressive_hashes
                .push((method, Evidence::said("HASH_R")));
        })
    }

    fn answered(facts: PeerFacts, role: Role) -> PeerFacts {
        each(facts, |suite| suite.role = Some(role))
    }

    fn amplified(reply_octets: u64) -> PeerFacts {
        with(PeerFacts::default(), |facts| {
            facts.amplifications.push(AmplificationFact {
                version: Version::V1,
                request_octets: 100,
                reply_octets,
                evidence: Evidence::said("answers"),
            });
        })
    }

    #[test]
    fn each_fires_and_just_does_not() {
        hold(
            FINDINGS,
            &[
                ("ikev1-in-use", ike(V1), ike(STRONG)),
                (
                    "ikev1-accepted",
                    answered(ike(V1), Role::Responder),
                    answered(ike(V1), Role::Initiator),
                ),
                (
                    "ikev1-aggressive-mode-psk",
                    hash(Auth::XAUTH_INIT_PSK),
                    hash(Auth::RSA_SIG),
                ),
                (
                    "ikev1-aggressive-mode",
                    auth(3, Mode::Aggressive),
                    auth(3, Mode::Main),
                ),
                (
                    "ikev1-aggressive-group-name-leak",
                    identity(Mode::Aggressive, IdType::KEY_ID, true),
                    identity(Mode::Aggressive, IdType::IPV4_ADDR, true),
                ),
                (
                    "ikev1-group-id-enumeration",
                    with(PeerFacts::default(), |facts| {
                        facts.probe.group_ids_differ = Some(Evidence::said("answers differ"));
                    }),
                    PeerFacts::default(),
                ),
                (
                    "ikev1-main-mode-psk",
                    auth(1, Mode::Main),
                    auth(1, Mode::Aggressive),
                ),
                (
                    "ikev1-rsa-encryption-auth",
                    auth(5, Mode::Main),
                    auth(3, Mode::Main),
                ),
                (
                    "ikev1-obsolete-auth-method",
                    auth(2, Mode::Main),
                    auth(9, Mode::Main),
                ),
                (
                    "ikev1-xauth-group-psk",
                    vendor(auth(1, Mode::Aggressive), &XAUTH_VENDOR_ID),
                    vendor(auth(1, Mode::Main), &XAUTH_VENDOR_ID),
                ),
                (
                    "ikev1-hybrid-auth",
                    auth(64221, Mode::Main),
                    auth(65005, Mode::Main),
                ),
                (
                    "ikev1-lifetime-too-long",
                    life(Some(86_401), None),
                    life(Some(86_400), None),
                ),
                (
                    "ikev1-lifetime-missing",
                    life(None, None),
                    life(None, Some(1)),
                ),
                (
                    "ikev1-lifetime-kilobytes-only",
                    life(None, Some(1)),
                    life(Some(1), Some(1)),
                ),
                ("ikev1-amplification", amplified(301), amplified(300)),
                (
                    "ikev1-benigncertain-candidate",
                    vendor(answered(ike(V1), Role::Responder), &CISCO_UNITY),
                    vendor(answered(ike(V1), Role::Initiator), &CISCO_UNITY),
                ),
                (
                    "ikev1-fragmentation-vid-cisco",
                    vendor(
                        PeerFacts::default(),
                        &[&CISCO_FRAGMENTATION[..], &[0x80, 0, 0, 0]].concat(),
                    ),
                    vendor(PeerFacts::default(), &CISCO_FRAGMENTATION[..15]),
                ),
            ],
        );
    }

    #[test]
    fn a_probe_shows_what_a_capture_of_it_shows() {
        let rfc = Profile::named("rfc").unwrap();
        let accepted = each(auth(1, Mode::Aggressive), |suite| {
            (suite.standing, suite.role) = (Standing::Accepted, Some(Role::Responder));
        });
        let chosen = with(
            each(auth(1, Mode::Aggressive), |suite| {
                suite.role = Some(Role::Responder);
            }),
            |facts| facts.aggressive_hashes = hash(Auth::PSK).aggressive_hashes,
        );
        assert_eq!(ids(&look(&rfc, &accepted)), ids(&look(&rfc, &chosen)));
    }

    #[test]
    fn every_method_of_the_obsolete_ones_fires() {
        let rfc = Profile::named("rfc").unwrap();
        for (method, expected) in [
            (2, true),
            (6, true),
            (7, true),
            (128, true),
            (99, true),
            (1, false),
            (3, false),
            (10, false),
            (64221, false),
        ] {
            let found = look(&rfc, &auth(method, Mode::Main));
            let fired = ids(&found).contains(&"ikev1-obsolete-auth-method");
            assert_eq!(fired, expected, "{method}");
        }
    }

    #[test]
    fn a_phase_two_lives_a_third_of_a_day() {
        let rfc = Profile::named("rfc").unwrap();
        for (seconds, expected) in [(28_801, true), (28_800, false)] {
            let facts = each(esp_v1("AES-CBC-128/HMAC-SHA1-96"), |suite| {
                suite.lifetime = (suite.layer == Layer::Esp).then_some(Lifetime {
                    seconds: Some(seconds),
                    kilobytes: None,
                });
            });
            let fired = ids(&look(&rfc, &facts)).contains(&"ikev1-lifetime-too-long");
            assert_eq!(fired, expected, "{seconds}");
        }
    }
}
