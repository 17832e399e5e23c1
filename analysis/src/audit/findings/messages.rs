//! Findings about messages that should not be.

use super::ikev1::amplification;
use ikescope_dissectors::registries::ikev2::NotifyType;

use super::super::facts::{Layer, Oddity, Outside, Version};
use super::super::finding::{Finding, Hit, Need, Severity, View};

pub(super) const FINDINGS: &[Finding] = &[
    Finding {
        id: "create-child-before-auth",
        title: "CREATE_CHILD_SA before IKE_AUTH",
        severity: Severity::High,
        condition: "IKE_SA_INIT of the SPI pair is in the capture and exchange type 36 appears before any exchange type 35 for it.",
        why: "A Child SA before authentication is an authentication-bypass bug class; acceptance cannot be seen passively.",
        fix: "Patch the responder; check its SA list.",
        references: &["RFC 7296, section 1.2"],
        needs: &[Need::Clear],
        check: |view| odd(view, Oddity::ChildBeforeAuthentication),
    },
    Finding {
        id: "informational-before-auth",
        title: "INFORMATIONAL before IKE_AUTH",
        severity: Severity::Low,
        condition: "IKE_SA_INIT of the SPI pair is in the capture and exchange type 37 with non-zero responder SPI appears before exchange type 35. Note: error reports during IKE_INTERMEDIATE may legitimately do this.",
        why: "Unauthenticated state changes; trigger of past parser bugs.",
        fix: "Check logs and patch level.",
        references: &[
            "RFC 7296, section 1.4",
            "RFC 7296, section 2.21",
            "CVE-2019-12312 (unconfirmed)",
        ],
        needs: &[Need::Clear],
        check: |view| odd(view, Oddity::InformationalBeforeAuthentication),
    },
    Finding {
        id: "missing-init-payloads",
        title: "IKE_SA_INIT request without SA, KE or Nonce",
        severity: Severity::Medium,
        condition: "Exchange type 34, initiator flag set, response flag clear, and payload 33, 34 or 40 missing.",
        why: "Protocol violation used to trigger parser bugs.",
        fix: "Block or patch the sender.",
        references: &["RFC 7296, section 1.2"],
        needs: &[Need::Clear],
        check: |view| odd(view, Oddity::IncompleteInit),
    },
    Finding {
        id: "redirect-unauthenticated",
        title: "Unauthenticated REDIRECT",
        severity: Severity::Medium,
        condition: "REDIRECT (16407) notify in an IKE_SA_INIT response and the initiator reconnects to the given address.",
        why: "A MITM can send clients to another gateway.",
        fix: "Disable REDIRECT or require IKE_AUTH.",
        references: &["RFC 5685"],
        needs: &[Need::Clear],
        check: |view| odd(view, Oddity::FollowedRedirect),
    },
    Finding {
        id: "no-cookie-under-load",
        title: "No COOKIE challenge under load",
        severity: Severity::Low,
        condition: "Eight IKE SAs of one initiator were half-open at one time, and a COOKIE was never asked for.",
        why: "Half-open floods exhaust the responder.",
        fix: "Enable cookies and RFC 8019 protections.",
        references: &[
            "RFC 7296, section 2.6",
            "RFC 8019",
            "SP 800-77 Rev. 1, section 7.2.4.3",
        ],
        needs: &[Need::Probe],
        check: |view| {
            let half_open = view.facts.probe.half_open.iter().filter(|(requests, _)| {
                *requests >= HALF_OPEN && view.facts.notify(NotifyType::COOKIE).is_none()
            });
            half_open
                .map(|(requests, evidence)| {
                    Hit::new(evidence.with(format!("{requests} half-open exchanges were answered")))
                })
                .collect()
        },
    },
    Finding {
        id: "ikev2-amplification",
        title: "IKEv2 response amplification",
        severity: Severity::Low,
        condition: "The answers to one IKE_SA_INIT request, retransmissions counted, have more than three times its octets.",
        why: "Reflector for DDoS.",
        fix: "Limit retransmissions, require cookies.",
        references: &["VU#419128", "RFC 8019"],
        needs: &[Need::Probe],
        check: |view| amplification(view, Version::V2),
    },
    Finding {
        id: "tunnelcrack-outside-traffic",
        title: "Traffic to the VPN gateway outside the tunnel",
        severity: Severity::Medium,
        condition: "While a tunnel is up, packets other than IKE and ESP go from the client to the address of the gateway.",
        why: "Attackers who control the local network can pull traffic out of the tunnel.",
        fix: "Block local subnets except DHCP; use server-IP route hardening.",
        references: &["Xue et al., Bypassing Tunnels (TunnelCrack), USENIX Security 2023"],
        needs: &[Need::Clear],
        check: |view| outside(view, Outside::ToGateway),
    },
    Finding {
        id: "plaintext-traffic-to-remote-subnet",
        title: "Plain traffic to a protected subnet",
        severity: Severity::High,
        condition: "Cleartext packets to an address covered by the SA's traffic selectors seen on the same link.",
        why: "Selector mismatch or missing policy leaks protected traffic.",
        fix: "Fix policies / add drop rules.",
        references: &["RFC 4301, section 4.4"],
        needs: &[Need::Clear],
        check: |view| outside(view, Outside::ToProtectedNetwork),
    },
    Finding {
        id: "iptfs-not-used",
        title: "Traffic-flow confidentiality not used",
        severity: Severity::Info,
        condition: "The profile asks for traffic-flow confidentiality, and USE_AGGFRAG is not negotiated.",
        why: "Packet sizes and timing leak the application.",
        fix: "Consider RFC 9347 IPTFS or TFC padding.",
        references: &["RFC 9347"],
        needs: &[Need::Decrypted],
        check: |view| {
            if !view.profile.parameters.traffic_flow_confidentiality
                || view.facts.notify(NotifyType::USE_AGGFRAG).is_some()
            {
                return Vec::new();
            }
            view.suites(|suite| suite.layer == Layer::Esp && suite.version == Version::V2)
        },
    },
];

fn odd(view: &View<'_>, what: Oddity) -> Vec<Hit> {
    let facts = view.facts.oddities.iter().filter(|fact| fact.what == what);
    facts.map(|fact| Hit::new(fact.evidence.clone())).collect()
}

fn outside(view: &View<'_>, what: Outside) -> Vec<Hit> {
    let facts = view.facts.outside.iter().filter(|fact| fact.what == what);
    facts.map(|fact| Hit::new(fact.evidence.clone())).collect()
}

/// Half-open exchanges from which a COOKIE may be expected.
const HALF_OPEN: u32 = 8;

#[cfg(test)]
mod tests {
    use super::super::super::facts::*;
    use super::super::super::profile::Profile;
    use super::super::testing::*;
    use super::*;

    fn odd(what: Oddity) -> PeerFacts {
        with(PeerFacts::default(), |facts| {
            facts.oddities.push(OddityFact {
                what,
                evidence: Evidence::said("message"),
            });
        })
    }

    fn clear(what: Outside) -> PeerFacts {
        with(PeerFacts::default(), |facts| {
            facts.outside.push(OutsideFact {
                what,
                evidence: Evidence::said("packet"),
            });
        })
    }

    fn half_open(requests: u32) -> PeerFacts {
        with(PeerFacts::default(), |facts| {
            facts.probe.half_open = Some((requests, Evidence::said("answers")));
        })
    }

    fn amplified(reply_octets: u64) -> PeerFacts {
        with(PeerFacts::default(), |facts| {
            facts.amplifications.push(AmplificationFact {
                version: Version::V2,
                request_octets: 100,
                reply_octets,
                evidence: Evidence::said("answers"),
            });
        })
    }

    #[test]
    fn each_fires_and_just_does_not() {
        let demanding =
            Profile::parse("name = \"x\"\n[parameters]\ntraffic_flow_confidentiality = true")
                .unwrap();
        let child = Oddity::ChildBeforeAuthentication;
        let informational = Oddity::InformationalBeforeAuthentication;
        hold_with(
            &demanding,
            FINDINGS,
            &[
                ("create-child-before-auth", odd(child), odd(informational)),
                ("informational-before-auth", odd(informational), odd(child)),
                (
                    "missing-init-payloads",
                    odd(Oddity::IncompleteInit),
                    odd(child),
                ),
                (
                    "redirect-unauthenticated",
                    odd(Oddity::FollowedRedirect),
                    odd(child),
                ),
                (
                    "no-cookie-under-load",
                    half_open(8),
                    notify(half_open(8), NotifyType::COOKIE),
                ),
                ("ikev2-amplification", amplified(301), amplified(300)),
                (
                    "tunnelcrack-outside-traffic",
                    clear(Outside::ToGateway),
                    clear(Outside::ToProtectedNetwork),
                ),
                (
                    "plaintext-traffic-to-remote-subnet",
                    clear(Outside::ToProtectedNetwork),
                    clear(Outside::ToGateway),
                ),
                (
                    "iptfs-not-used",
                    esp("AES-GCM-16-256"),
                    notify(esp("AES-GCM-16-256"), NotifyType::USE_AGGFRAG),
                ),
            ],
        );
        let rfc = Profile::named("rfc").unwrap();
        assert!(!ids(&look(&rfc, &esp("AES-GCM-16-256"))).contains(&"iptfs-not-used"));
    }
}
