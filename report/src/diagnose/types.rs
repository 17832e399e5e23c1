//! The objects of a tunnel, field by field as the documentation of `diagnose` lists them. Absent is `null`.

use std::borrow::Cow;
use std::net::IpAddr;

use serde::{Serialize, Serializer};

use crate::time::Rfc3339;

/// The capture as a whole.
#[derive(Debug, Serialize)]
pub(super) struct Capture<'a> {
    pub(super) files: &'a [String],
    pub(super) packets: u64,
    pub(super) first: Option<Rfc3339>,
    pub(super) last: Option<Rfc3339>,
    pub(super) ike_messages: u64,
    pub(super) esp_packets: u64,
    pub(super) ah_packets: u64,
    pub(super) malformed: u64,
    pub(super) truncated: u64,
    pub(super) unreadable: Option<&'a str>,
}

/// What a last line of ndjson, or the end of a document, has.
#[derive(Debug, Serialize)]
pub(super) struct Ending<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) schema: Option<&'static str>,
    pub(super) capture: Capture<'a>,
    pub(super) flows: Vec<UnknownFlow>,
    pub(super) diagnoses: Vec<Diagnosis<'a>>,
}

/// One IKE SA.
#[derive(Debug, Serialize)]
pub(super) struct Tunnel<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) schema: Option<&'static str>,
    pub(super) id: u32,
    pub(super) ike_version: &'static str,
    pub(super) mode: Option<&'static str>,
    pub(super) initiator: Peer<'a>,
    pub(super) responder: Peer<'a>,
    pub(super) initiator_spi: String,
    pub(super) responder_spi: Option<String>,
    pub(super) state: &'static str,
    pub(super) stage: &'static str,
    pub(super) last_message: Option<String>,
    pub(super) first: Option<Rfc3339>,
    pub(super) last: Option<Rfc3339>,
    pub(super) offered: Vec<Proposal>,
    pub(super) chosen: Option<Proposal>,
    pub(super) authentication: Option<Authentication<'a>>,
    pub(super) children: Vec<Child<'a>>,
    pub(super) rekeys: Rekeys,
    pub(super) replaces: Option<u32>,
    pub(super) psk: Vec<Psk<'a>>,
    pub(super) diagnoses: Vec<Diagnosis<'a>>,
    pub(super) timeline: Vec<Step>,
}

#[derive(Debug, Serialize)]
pub(super) struct Peer<'a> {
    pub(super) address: IpAddr,
    pub(super) port: Option<u16>,
    pub(super) identity: Option<&'a str>,
    pub(super) vendor: Vec<Vendor>,
    pub(super) behind_nat: Option<bool>,
    /// Address behind the NAT, found from the detection hashes if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) nat_address: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Vendor {
    pub(super) id: String,
    pub(super) name: Option<&'static str>,
}

/// A proposal in the form of its version.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Proposal {
    Version1 {
        number: u8,
        protocol: Cow<'static, str>,
        spi: Option<String>,
        transforms: Vec<Transform>,
    },
    Version2 {
        number: u8,
        protocol: Cow<'static, str>,
        spi: Option<String>,
        encr: Vec<String>,
        prf: Vec<String>,
        integ: Vec<String>,
        ke: Vec<String>,
        esn: Vec<String>,
        additional_ke: Vec<Vec<String>>,
    },
}

#[derive(Debug, Serialize)]
pub(super) struct Transform {
    pub(super) number: u8,
    pub(super) encr: Option<String>,
    pub(super) hash: Option<String>,
    pub(super) integ: Option<String>,
    pub(super) auth: Option<String>,
    pub(super) group: Option<String>,
    pub(super) mode: Option<&'static str>,
    pub(super) lifetime_seconds: Option<u64>,
    pub(super) lifetime_kilobytes: Option<u64>,
}

#[derive(Debug, Serialize)]
pub(super) struct Authentication<'a> {
    pub(super) initiator: Option<&'a str>,
    pub(super) responder: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub(super) struct Child<'a> {
    pub(super) protocol: Cow<'static, str>,
    pub(super) mode: Option<&'static str>,
    pub(super) spi_initiator: Option<String>,
    pub(super) spi_responder: Option<String>,
    pub(super) chosen: Option<Proposal>,
    pub(super) pfs: Option<Pfs<'a>>,
    pub(super) selectors_initiator: &'a [String],
    pub(super) selectors_responder: &'a [String],
    pub(super) lifetime_seconds: Option<u64>,
    pub(super) inferred: bool,
    pub(super) state: &'static str,
    pub(super) from_initiator: Flow,
    pub(super) from_responder: Flow,
}

/// `false`, or the group.
#[derive(Debug)]
pub(super) enum Pfs<'a> {
    Absent,
    Group(&'a str),
}

impl Serialize for Pfs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent => serializer.serialize_bool(false),
            Self::Group(group) => serializer.serialize_str(group),
        }
    }
}

/// Packets of one direction.
#[derive(Debug, Default, Serialize)]
pub(super) struct Flow {
    pub(super) packets: u64,
    pub(super) octets: u64,
    pub(super) lost: u64,
    pub(super) replayed: u64,
    pub(super) first: Option<Rfc3339>,
    pub(super) last: Option<Rfc3339>,
}

/// A flow that belongs to no tunnel.
#[derive(Debug, Serialize)]
pub(super) struct UnknownFlow {
    pub(super) protocol: Cow<'static, str>,
    pub(super) spi: String,
    pub(super) src: IpAddr,
    pub(super) dst: IpAddr,
    pub(super) packets: u64,
    pub(super) octets: u64,
    pub(super) lost: u64,
    pub(super) replayed: u64,
    pub(super) sequence_first: u32,
    pub(super) sequence_last: u32,
    pub(super) first: Option<Rfc3339>,
    pub(super) last: Option<Rfc3339>,
}

#[derive(Debug, Serialize)]
pub(super) struct Rekeys {
    pub(super) ike: u32,
    pub(super) child: u32,
}

#[derive(Debug, Serialize)]
pub(super) struct Psk<'a> {
    pub(super) source: &'a str,
    pub(super) result: &'static str,
    pub(super) why: &'a str,
}

#[derive(Debug, Serialize)]
pub(super) struct Diagnosis<'a> {
    pub(super) id: &'static str,
    pub(super) severity: &'static str,
    pub(super) confidence: &'static str,
    pub(super) side: &'static str,
    pub(super) summary: &'a str,
    pub(super) cause: &'static str,
    pub(super) evidence: Vec<Evidence<'a>>,
    pub(super) competitors: Vec<Competitor<'a>>,
    pub(super) checks: &'a [String],
    pub(super) references: &'static [&'static str],
}

#[derive(Debug, Serialize)]
pub(super) struct Evidence<'a> {
    pub(super) file: u32,
    pub(super) frame: u64,
    pub(super) what: &'a str,
}

#[derive(Debug, Serialize)]
pub(super) struct Competitor<'a> {
    pub(super) id: &'static str,
    pub(super) excluded_by: Option<&'a str>,
    pub(super) told_apart: Option<String>,
}

/// One message of the timeline.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    pub(super) file: u32,
    pub(super) frame: u64,
    pub(super) time: Option<Rfc3339>,
    pub(super) from: &'static str,
    pub(super) what: String,
    pub(super) retransmissions: u32,
}
