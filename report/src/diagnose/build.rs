//! From what is known to the objects that JSON shows.

use std::borrow::Cow;

use ikescope_analysis::diagnosis;
use ikescope_analysis::tunnels::{self, Algorithms, ForwardSecrecy, Protocol};
use ikescope_dissectors::registries::ikev2::TransformType;

use super::types::{
    Authentication, Capture, Child, Competitor, Diagnosis, Ending, Evidence, Flow, Peer, Pfs,
    Proposal, Psk, Rekeys, Step, Transform, Tunnel, UnknownFlow, Vendor,
};
use super::writer::Overview;
use crate::digits::hex_text;
use crate::time::Rfc3339;

impl<'a> Tunnel<'a> {
    pub(super) fn new(
        schema: Option<&'static str>,
        tunnel: &'a tunnels::Tunnel,
        diagnoses: &'a [diagnosis::Diagnosis],
    ) -> Self {
        Self {
            schema,
            id: tunnel.id,
            ike_version: if tunnel.version == 1 { "1.0" } else { "2.0" },
            mode: tunnel.mode.map(tunnels::Mode::name),
            initiator: peer(&tunnel.initiator),
            responder: peer(&tunnel.responder),
            initiator_spi: tunnel.initiator_spi.to_string(),
            responder_spi: tunnel.responder_spi.map(|spi| spi.to_string()),
            state: tunnel.state.name(),
            stage: tunnel.stage.name(),
            last_message: tunnel.last_step.map(|step| step.to_string()),
            first: tunnel.first.map(Rfc3339),
            last: tunnel.last.map(Rfc3339),
            offered: tunnel.offered.iter().map(proposal).collect(),
            chosen: tunnel.chosen.as_ref().map(proposal),
            authentication: tunnel
                .authentication
                .as_ref()
                .map(|methods| Authentication {
                    initiator: methods.initiator.as_deref(),
                    responder: methods.responder.as_deref(),
                }),
            children: tunnel.children.iter().map(child).collect(),
            rekeys: Rekeys {
                ike: tunnel.rekeys.ike,
                child: tunnel.rekeys.child,
            },
            replaces: tunnel.replaces,
            psk: tunnel
                .psk
                .iter()
                .map(|check| Psk {
                    source: &check.source,
                    result: check.result.name(),
                    why: &check.why,
                })
                .collect(),
            diagnoses: diagnoses.iter().map(Diagnosis::new).collect(),
            timeline: tunnel.messages.iter().map(step).collect(),
        }
    }
}

impl<'a> Ending<'a> {
    pub(super) fn new(schema: Option<&'static str>, overview: &Overview<'a>) -> Self {
        let (summary, facts) = (overview.summary, overview.facts);
        Self {
            schema,
            capture: Capture {
                files: &summary.files,
                packets: summary.packets,
                first: summary.first.map(Rfc3339),
                last: summary.last.map(Rfc3339),
                ike_messages: facts.ike_messages,
                esp_packets: facts.esp_packets,
                ah_packets: facts.ah_packets,
                malformed: facts.malformed,
                truncated: facts.truncated,
                unreadable: summary.unreadable.as_deref(),
            },
            flows: overview.flows.iter().map(unknown_flow).collect(),
            diagnoses: overview.diagnoses.iter().map(Diagnosis::new).collect(),
        }
    }
}

impl<'a> Diagnosis<'a> {
    fn new(found: &'a diagnosis::Diagnosis) -> Self {
        Self {
            id: found.declaration.id,
            severity: found.severity.name(),
            confidence: found.confidence.name(),
            side: found.side.name(),
            summary: &found.summary,
            cause: found.cause,
            evidence: found
                .evidence
                .iter()
                .map(|evidence| Evidence {
                    file: evidence.frame.file,
                    frame: evidence.frame.number,
                    what: &evidence.what,
                })
                .collect(),
            competitors: found
                .competitors
                .iter()
                .map(|competitor| Competitor {
                    id: competitor.id,
                    excluded_by: competitor.excluded_by.as_deref(),
                    told_apart: competitor.told_apart(),
                })
                .collect(),
            checks: &found.checks,
            references: found.declaration.references,
        }
    }
}

fn peer(peer: &tunnels::Peer) -> Peer<'_> {
    Peer {
        address: peer.address,
        port: peer.port,
        identity: peer
            .identity
            .as_ref()
            .map(|identity| identity.value.as_str()),
        vendor: peer
            .vendors
            .iter()
            .map(|vendor| Vendor {
                id: hex_text(&vendor.octets),
                name: vendor.name,
            })
            .collect(),
        behind_nat: peer.behind_nat,
        nat_address: peer.nat_address.map(|end| match end.port {
            Some(port) if end.address.is_ipv6() => format!("[{}]:{port}", end.address),
            Some(port) => format!("{}:{port}", end.address),
            None => end.address.to_string(),
        }),
    }
}

/// The proposal in the form of its version.
pub(super) fn proposal(proposal: &tunnels::Proposal) -> Proposal {
    let number = proposal.number;
    let protocol = protocol(proposal.protocol);
    let spi = spi(proposal);
    match &proposal.algorithms {
        Algorithms::Suites(suites) => Proposal::Version1 {
            number,
            protocol,
            spi,
            transforms: suites
                .iter()
                .map(|suite| Transform {
                    number: suite.number,
                    encr: suite.encr.clone(),
                    hash: suite.hash.clone(),
                    integ: suite.integ.clone(),
                    auth: suite.auth.clone(),
                    group: suite.group.clone(),
                    mode: suite.mode.map(tunnels::EncapsulationMode::name),
                    lifetime_seconds: suite.lifetime.seconds,
                    lifetime_kilobytes: suite.lifetime.kilobytes,
                })
                .collect(),
        },
        Algorithms::Transforms(_) => {
            let named = |kind| -> Vec<String> {
                proposal
                    .of_kind(kind)
                    .map(|transform| transform.to_string())
                    .collect()
            };
            let mut additional: Vec<Vec<String>> = (TransformType::ADDKE1.0
                ..=TransformType::ADDKE7.0)
                .map(|kind| named(TransformType(kind)))
                .collect();
            while additional.last().is_some_and(Vec::is_empty) {
                additional.pop();
            }
            Proposal::Version2 {
                number,
                protocol,
                spi,
                encr: named(TransformType::ENCR),
                prf: named(TransformType::PRF),
                integ: named(TransformType::INTEG),
                ke: named(TransformType::KE),
                esn: named(TransformType::SN),
                additional_ke: additional,
            }
        }
    }
}

fn protocol(protocol: Protocol) -> Cow<'static, str> {
    match protocol.name() {
        Some(name) => name.into(),
        None => protocol.to_string().into(),
    }
}

fn spi(proposal: &tunnels::Proposal) -> Option<String> {
    if proposal.spi.is_empty() {
        return None;
    }
    Some(match proposal.esp_spi() {
        Some(spi) => spi.to_string(),
        None => hex_text(&proposal.spi),
    })
}

fn child(child: &tunnels::Child) -> Child<'_> {
    Child {
        protocol: protocol(child.protocol),
        mode: child.mode.map(tunnels::EncapsulationMode::name),
        spi_initiator: child.spi_initiator.map(|spi| spi.to_string()),
        spi_responder: child.spi_responder.map(|spi| spi.to_string()),
        chosen: child.chosen.as_ref().map(proposal),
        pfs: child.pfs.as_ref().map(|pfs| match pfs {
            ForwardSecrecy::Absent => Pfs::Absent,
            ForwardSecrecy::Group(group) => Pfs::Group(group),
        }),
        selectors_initiator: &child.selectors_initiator,
        selectors_responder: &child.selectors_responder,
        lifetime_seconds: child.lifetime_seconds,
        inferred: child.inferred,
        state: child.state.name(),
        from_initiator: flow(child.from_initiator.as_deref()),
        from_responder: flow(child.from_responder.as_deref()),
    }
}

fn flow(flow: Option<&tunnels::Flow>) -> Flow {
    flow.map_or_else(Flow::default, |flow| Flow {
        packets: flow.packets,
        octets: flow.octets,
        lost: flow.lost,
        replayed: flow.replayed,
        first: flow.first.map(Rfc3339),
        last: flow.last.map(Rfc3339),
    })
}

fn unknown_flow(flow: &tunnels::Flow) -> UnknownFlow {
    UnknownFlow {
        protocol: protocol(flow.protocol),
        spi: flow.spi.to_string(),
        src: flow.src.address,
        dst: flow.dst.address,
        packets: flow.packets,
        octets: flow.octets,
        lost: flow.lost,
        replayed: flow.replayed,
        sequence_first: flow.sequence_first,
        sequence_last: flow.sequence_last,
        first: flow.first.map(Rfc3339),
        last: flow.last.map(Rfc3339),
    }
}

fn step(message: &tunnels::Message) -> Step {
    Step {
        file: message.frame.file,
        frame: message.frame.number,
        time: message.time.map(Rfc3339),
        from: message.from.name(),
        what: message.step.to_string(),
        retransmissions: message.transmissions.saturating_sub(1),
    }
}
