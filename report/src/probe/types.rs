//! The JSON of a target.

use ikescope_analysis::audit::Found;
use ikescope_dissectors::vendor_id;
use ikescope_probe::ikev1::{self, Ikev1Box, Ikev1Report, Ikev1Suite};
use ikescope_probe::ikev2::{Chooses, Ikev2Box, Ikev2Report, Ikev2Suite, Preference};
use ikescope_probe::{Icmp, NatFacts, Outcome, Report};
use serde::Serialize;

use crate::audit::FindingObject;
use crate::digits::hex_text;

/// One target.
#[derive(Debug, Serialize)]
pub(crate) struct TargetObject<'a> {
    target: &'a str,
    address: String,
    port: u16,
    ikev2: Option<Ikev2Object<'a>>,
    ikev1_main: Option<Ikev1Object<'a>>,
    ikev1_aggressive: Option<Ikev1Object<'a>>,
    child: Option<()>,
    authentication: Option<()>,
    icmp: Option<IcmpObject>,
    vendor: Vec<VendorObject>,
    implementation: Option<&'a str>,
    nat: NatObject,
    packets_sent: u64,
    packets_received: u64,
    seconds: f64,
    findings: Vec<FindingObject<'a>>,
}

#[derive(Debug, Serialize)]
struct Ikev2Object<'a> {
    outcome: &'static str,
    answers: bool,
    policy: Vec<Ikev2BoxObject<'a>>,
    accepted: Vec<Ikev2SuiteObject<'a>>,
    accepted_truncated: bool,
    preference: PreferenceObject<'a>,
    chooses: &'static str,
    complete: bool,
    packets_sent: u64,
    cookie: bool,
    half_open_left: usize,
    not_determined: &'a [String],
    notes: &'a [String],
}

#[derive(Debug, Serialize)]
struct Ikev2BoxObject<'a> {
    encr: &'a [String],
    prf: &'a [String],
    integ: &'a [String],
    ke: &'a [String],
    additional_ke: &'a [Vec<String>],
    inferred: &'a [String],
}

#[derive(Debug, Serialize)]
struct Ikev2SuiteObject<'a> {
    encr: &'a str,
    prf: &'a str,
    integ: Option<&'a str>,
    ke: &'a str,
    additional_ke: &'a [String],
}

#[derive(Debug, Serialize)]
struct PreferenceObject<'a> {
    encr: Option<&'a [String]>,
    prf: Option<&'a [String]>,
    integ: Option<&'a [String]>,
    ke: Option<&'a [String]>,
}

#[derive(Debug, Serialize)]
struct Ikev1Object<'a> {
    outcome: &'static str,
    answers: bool,
    policy: Vec<Ikev1BoxObject<'a>>,
    accepted: Vec<Ikev1SuiteObject<'a>>,
    accepted_truncated: bool,
    auth_discriminated: bool,
    chooses: &'static str,
    lifetime_seconds: Option<u64>,
    retransmissions: Option<&'a [f64]>,
    complete: bool,
    packets_sent: u64,
    half_open_left: usize,
    not_determined: &'a [String],
    notes: &'a [String],
}

#[derive(Debug, Serialize)]
struct Ikev1BoxObject<'a> {
    encr: &'a [String],
    hash: &'a [String],
    auth: &'a [String],
    group: &'a [String],
    inferred: &'a [String],
}

#[derive(Debug, Serialize)]
struct Ikev1SuiteObject<'a> {
    encr: &'a str,
    hash: &'a str,
    auth: &'a str,
    group: &'a str,
}

#[derive(Debug, Serialize)]
struct IcmpObject {
    r#type: u8,
    code: u8,
    from: Option<String>,
}

#[derive(Debug, Serialize)]
struct VendorObject {
    id: String,
    name: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct NatObject {
    source_matches: Option<bool>,
    destination_matches: Option<bool>,
}

impl<'a> TargetObject<'a> {
    pub(super) fn new(report: &'a Report, found: &'a [Found]) -> Self {
        let vendor = report.vendor_ids.iter().map(|id| VendorObject {
            id: hex_text(id),
            name: vendor_id::name(id),
        });
        Self {
            target: &report.target.name,
            address: report.target.remote.ip().to_string(),
            port: report.target.remote.port(),
            ikev2: report.ikev2.as_ref().map(Ikev2Object::from),
            ikev1_main: report.ikev1_main.as_ref().map(Ikev1Object::from),
            ikev1_aggressive: report.ikev1_aggressive.as_ref().map(Ikev1Object::from),
            child: None,
            authentication: None,
            icmp: report.icmp.as_ref().map(IcmpObject::from),
            vendor: vendor.collect(),
            implementation: report.implementation.as_deref(),
            nat: NatObject::from(&report.nat),
            packets_sent: report.counters.sent,
            packets_received: report.counters.received,
            seconds: report.duration.as_secs_f64(),
            findings: found.iter().map(FindingObject::from).collect(),
        }
    }
}

impl<'a> From<&'a Ikev2Report> for Ikev2Object<'a> {
    fn from(report: &'a Ikev2Report) -> Self {
        Self {
            outcome: outcome(report.outcome),
            answers: report.answers,
            policy: report.policy.iter().map(Ikev2BoxObject::from).collect(),
            accepted: report.accepted.iter().map(Ikev2SuiteObject::from).collect(),
            accepted_truncated: report.accepted_truncated,
            preference: PreferenceObject::from(&report.preference),
            chooses: match report.chooses {
                Chooses::OwnOrder => "own-order",
                Chooses::InitiatorOrder => "initiator-order",
                Chooses::Unknown => "unknown",
            },
            complete: report.complete,
            packets_sent: report.packets_sent,
            cookie: report.cookie,
            half_open_left: report.half_open_left,
            not_determined: &report.not_determined,
            notes: &report.notes,
        }
    }
}

impl<'a> From<&'a Ikev2Box> for Ikev2BoxObject<'a> {
    fn from(one: &'a Ikev2Box) -> Self {
        Self {
            encr: &one.encr,
            prf: &one.prf,
            integ: &one.integ,
            ke: &one.ke,
            additional_ke: &one.additional_ke,
            inferred: &one.inferred,
        }
    }
}

impl<'a> From<&'a Ikev2Suite> for Ikev2SuiteObject<'a> {
    fn from(suite: &'a Ikev2Suite) -> Self {
        Self {
            encr: &suite.encr,
            prf: &suite.prf,
            integ: suite.integ.as_deref(),
            ke: &suite.ke,
            additional_ke: &suite.additional_ke,
        }
    }
}

impl<'a> From<&'a Preference> for PreferenceObject<'a> {
    fn from(preference: &'a Preference) -> Self {
        Self {
            encr: preference.encr.as_deref(),
            prf: preference.prf.as_deref(),
            integ: preference.integ.as_deref(),
            ke: preference.ke.as_deref(),
        }
    }
}

impl<'a> From<&'a Ikev1Report> for Ikev1Object<'a> {
    fn from(report: &'a Ikev1Report) -> Self {
        Self {
            outcome: outcome(report.outcome),
            answers: report.answers,
            policy: report.policy.iter().map(Ikev1BoxObject::from).collect(),
            accepted: report.accepted.iter().map(Ikev1SuiteObject::from).collect(),
            accepted_truncated: report.accepted_truncated,
            auth_discriminated: report.auth_discriminated,
            chooses: match report.chooses {
                ikev1::Chooses::OwnOrder => "own-order",
                ikev1::Chooses::InitiatorOrder => "initiator-order",
                ikev1::Chooses::Unknown => "unknown",
            },
            lifetime_seconds: report.lifetime_seconds,
            retransmissions: report.retransmissions.as_deref(),
            complete: report.complete,
            packets_sent: report.packets_sent,
            half_open_left: report.half_open_left,
            not_determined: &report.not_determined,
            notes: &report.notes,
        }
    }
}

impl<'a> From<&'a Ikev1Box> for Ikev1BoxObject<'a> {
    fn from(one: &'a Ikev1Box) -> Self {
        Self {
            encr: &one.encr,
            hash: &one.hash,
            auth: &one.auth,
            group: &one.group,
            inferred: &one.inferred,
        }
    }
}

impl<'a> From<&'a Ikev1Suite> for Ikev1SuiteObject<'a> {
    fn from(suite: &'a Ikev1Suite) -> Self {
        Self {
            encr: &suite.encr,
            hash: &suite.hash,
            auth: &suite.auth,
            group: &suite.group,
        }
    }
}

impl From<&Icmp> for IcmpObject {
    fn from(icmp: &Icmp) -> Self {
        Self {
            r#type: icmp.kind,
            code: icmp.code,
            from: icmp.from.map(|address| address.to_string()),
        }
    }
}

impl From<&NatFacts> for NatObject {
    fn from(nat: &NatFacts) -> Self {
        Self {
            source_matches: nat.source_matches,
            destination_matches: nat.destination_matches,
        }
    }
}

/// The word of an outcome; text and JSON have the same.
pub(super) const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted => "accepted",
        Outcome::Refused => "refused",
        Outcome::Silent => "silent",
        Outcome::Unreachable => "unreachable",
        Outcome::RateLimited => "rate-limited",
        Outcome::Unstable => "unstable",
        Outcome::NotTried => "not-tried",
    }
}
