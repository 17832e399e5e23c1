//! The object of a packet, field by field as the documentation of `inspect` lists them. Absent is `null`.

use std::net::IpAddr;

use ikescope_dissectors::Spi;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::time::Rfc3339;

/// What stands in one frame.
#[derive(Debug, Serialize)]
pub(crate) struct Packet {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) schema: Option<&'static str>,
    pub(crate) file: u32,
    pub(crate) frame: u64,
    pub(crate) time: Option<Rfc3339>,
    pub(crate) length: u32,
    pub(crate) captured: u32,
    pub(crate) src: Endpoint,
    pub(crate) dst: Endpoint,
    pub(crate) protocol: &'static str,
    pub(crate) encapsulation: Option<&'static str>,
    pub(crate) ike: Option<Ike>,
    pub(crate) messages: Option<Vec<Ike>>,
    pub(crate) esp: Option<Esp>,
    /// Further ESP packets of the same frame: records of a TCP stream.
    pub(crate) further_esp: Option<Vec<Esp>>,
    pub(crate) ah: Option<Ah>,
    pub(crate) wesp: Option<Wesp>,
    pub(crate) ipcomp: Option<IpComp>,
    pub(crate) fragment: Option<Fragment>,
    pub(crate) icmp: Option<Icmp>,
    /// What a packet without IPsec is.
    pub(crate) other: Option<String>,
    /// Frames of IP fragments or TCP segments that it was put together from.
    pub(crate) reassembled_from: Option<Vec<u64>>,
    /// Whether the snap length cut it.
    pub(crate) truncated: bool,
    pub(crate) nat: Option<Nat>,
    pub(crate) tunnel: Option<u32>,
    pub(crate) retransmission_of: Option<u64>,
    pub(crate) duplicate_of: Option<u64>,
    pub(crate) issues: Vec<Issue>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Endpoint {
    pub(crate) address: Option<IpAddr>,
    pub(crate) port: Option<u16>,
}

/// A number from a registry.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Number {
    pub(crate) id: u32,
    pub(crate) name: Option<&'static str>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Ike {
    pub(crate) initiator_spi: String,
    pub(crate) responder_spi: String,
    pub(crate) version: String,
    pub(crate) exchange: Number,
    pub(crate) message_id: u32,
    pub(crate) flags: Flags,
    pub(crate) encrypted: bool,
    pub(crate) decrypted: bool,
    pub(crate) integrity: Option<&'static str>,
    pub(crate) payloads: Vec<Payload>,
    pub(crate) reassembled_from: Option<Vec<u64>>,
    pub(crate) answers: Option<u64>,
    /// What keys did; `null` without keys.
    pub(crate) opening: Option<Opening>,
    /// The payloads in a word each, for formats without trees.
    #[serde(skip)]
    pub(crate) notations: String,
}

/// Which key opened something, or why none did, and what its proofs are worth.
#[derive(Debug, Serialize)]
pub(crate) struct Opening {
    pub(crate) key: Option<String>,
    pub(crate) closed: Option<String>,
    pub(crate) notes: Vec<String>,
    pub(crate) verifications: Vec<Verification>,
}

/// A proof of a message, held against a key or a certificate.
#[derive(Debug, Serialize)]
pub(crate) struct Verification {
    pub(crate) proof: String,
    pub(crate) result: &'static str,
    pub(crate) against: Option<String>,
    pub(crate) why: Option<String>,
}

/// Flags that the version does not have are `null`.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Flags {
    pub(crate) initiator: Option<bool>,
    pub(crate) response: Option<bool>,
    pub(crate) version: Option<bool>,
    pub(crate) encryption: Option<bool>,
    pub(crate) commit: Option<bool>,
    pub(crate) authentication_only: Option<bool>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Payload {
    #[serde(rename = "type")]
    pub(crate) payload_type: Number,
    pub(crate) offset: usize,
    pub(crate) length: u16,
    pub(crate) critical: Option<bool>,
    pub(crate) decrypted_from: Option<usize>,
    #[serde(flatten)]
    pub(crate) fields: Map<String, Value>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Esp {
    pub(crate) spi: PacketSpi,
    pub(crate) sequence: u32,
    pub(crate) decrypted: bool,
    pub(crate) integrity: Option<&'static str>,
    pub(crate) inner: Option<Inner>,
    /// What keys did; `null` without keys.
    pub(crate) opening: Option<Opening>,
}

/// What a decrypted ESP packet carries.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Inner {
    pub(crate) protocol: u8,
    pub(crate) src: IpAddr,
    pub(crate) dst: IpAddr,
    pub(crate) length: u32,
    pub(crate) next_header: u8,
}

#[derive(Debug, Serialize)]
pub(crate) struct Ah {
    pub(crate) spi: PacketSpi,
    pub(crate) sequence: u32,
    pub(crate) next_header: u8,
    pub(crate) icv: String,
    pub(crate) integrity: Option<&'static str>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Wesp {
    pub(crate) next_header: u8,
    pub(crate) header_length: u8,
    pub(crate) trailer_length: u8,
    pub(crate) encrypted: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct IpComp {
    pub(crate) next_header: u8,
    pub(crate) cpi: u16,
}

/// An IP fragment: protocol of the datagram, offset in octets, identification.
#[derive(Debug, Serialize)]
pub(crate) struct Fragment {
    pub(crate) protocol: u8,
    pub(crate) offset: u32,
    pub(crate) more: bool,
    pub(crate) id: u32,
}

#[derive(Debug, Serialize)]
pub(crate) struct Icmp {
    #[serde(rename = "type")]
    pub(crate) icmp_type: u8,
    pub(crate) code: u8,
    /// In words, for errors and echoes.
    pub(crate) name: Option<&'static str>,
    pub(crate) mtu: Option<u32>,
    pub(crate) quoted: Option<Quoted>,
}

/// What an ICMP error is about.
#[derive(Debug, Serialize)]
pub(crate) struct Quoted {
    pub(crate) src: Endpoint,
    pub(crate) dst: Endpoint,
    pub(crate) protocol: &'static str,
    pub(crate) ike: Option<Ike>,
    pub(crate) esp: Option<Esp>,
    pub(crate) ah: Option<Ah>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Nat {
    pub(crate) source_matches: Option<bool>,
    pub(crate) destination_matches: Option<bool>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Issue {
    /// `null` for what is wrong below IPsec.
    pub(crate) offset: Option<usize>,
    #[serde(rename = "in")]
    pub(crate) place: &'static str,
    pub(crate) layer: &'static str,
    pub(crate) severity: &'static str,
    pub(crate) message: String,
}

/// An SPI of ESP or AH: `0x` and eight digits, without an allocation for each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PacketSpi(pub(crate) Spi);

impl Serialize for PacketSpi {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
