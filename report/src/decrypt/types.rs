//! The objects of `decrypt`. Absent is `null`.

use std::net::IpAddr;

use ikescope_analysis::Closed;
use ikescope_analysis::opening::{SaName, SaTally};
use serde::Serialize;

use super::key::Key;

#[derive(Debug, Serialize)]
pub(super) struct Document {
    pub(super) schema: &'static str,
    pub(super) sas: Vec<Sa>,
    pub(super) keys: Vec<UsedKey>,
    /// Keys of large files that were not read, as nothing in the capture has their SPIs.
    pub(super) unread: usize,
}

/// An IKE SA, or one direction of ESP or AH.
#[derive(Debug, Serialize)]
pub(super) struct Sa {
    pub(super) kind: &'static str,
    pub(super) initiator_spi: Option<String>,
    pub(super) responder_spi: Option<String>,
    pub(super) spi: Option<String>,
    pub(super) src: IpAddr,
    pub(super) dst: IpAddr,
    pub(super) packets: u64,
    pub(super) opened: u64,
    pub(super) failed: u64,
    pub(super) reason: Option<&'static str>,
    /// The reason in words: which algorithm is not supported, what is cut.
    pub(super) why: Option<String>,
    pub(super) key_source: Option<String>,
}

/// A key, what it opened, and why nothing if nothing.
#[derive(Debug, Serialize)]
pub(super) struct UsedKey {
    #[serde(flatten)]
    pub(super) key: Key,
    pub(super) opened: u64,
    pub(super) why: Option<String>,
}

impl Sa {
    pub(super) fn new(sa: &SaTally) -> Self {
        let (kind, initiator, responder, spi) = match sa.sa {
            SaName::Ike {
                initiator,
                responder,
            } => ("ike", Some(initiator), Some(responder), None),
            SaName::Esp(spi) => ("esp", None, None, Some(spi)),
            SaName::Ah(spi) => ("ah", None, None, Some(spi)),
        };
        Self {
            kind,
            initiator_spi: initiator.map(|spi| spi.to_string()),
            responder_spi: responder.map(|spi| spi.to_string()),
            spi: spi.map(|spi| spi.to_string()),
            src: sa.src,
            dst: sa.dst,
            packets: sa.packets,
            opened: sa.opened,
            failed: sa.failed(),
            reason: sa.reason().map(reason),
            why: sa.reason().map(ToString::to_string),
            key_source: sa.key.as_ref().map(ToString::to_string),
        }
    }
}

/// The word of the documentation.
pub(super) fn reason(closed: &Closed) -> &'static str {
    match closed {
        Closed::NoKey | Closed::ChildKeysOnly | Closed::NotEncrypted => "no-key",
        Closed::Integrity | Closed::KeyLength(_) | Closed::Unverifiable => "integrity",
        Closed::Unsupported(_) => "unsupported",
        Closed::Truncated | Closed::Fragment { .. } => "truncated",
        Closed::UnknownIv => "unknown-iv",
    }
}
