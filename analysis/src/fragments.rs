//! IKEv1 messages in fragments (payload 132), put together again.

use std::collections::BTreeMap;

use ikescope_dissectors::{Content, Message, ikev1};

use crate::limits::{MAX_FRAGMENTED, MAX_FRAGMENTED_OCTETS, MAX_FRAGMENTS};
use crate::observation::{Endpoint, FrameId, Reassembled};
use crate::recent::Recent;

/// Messages of which fragments were seen.
#[derive(Debug)]
pub(crate) struct Fragments {
    under_way: Recent<(u64, Endpoint, u16), Parts>,
}

/// Parts by number, from 1.
#[derive(Debug, Default)]
struct Parts {
    parts: BTreeMap<u8, (FrameId, Vec<u8>)>,
    last: Option<u8>,
}

impl Fragments {
    pub(crate) fn new() -> Self {
        Self {
            under_way: Recent::new(MAX_FRAGMENTED),
        }
    }

    /// The whole message, if this one carries the fragment that completes it.
    pub(crate) fn observe(
        &mut self,
        message: &Message<'_>,
        src: Endpoint,
        frame: FrameId,
    ) -> Option<Reassembled> {
        let Content::V1(payloads) = &message.content else {
            return None;
        };
        let fragment = payloads.iter().find_map(|payload| match &payload.body {
            ikev1::Body::Fragment(fragment) => Some(fragment),
            _ => None,
        })?;
        let key = (message.header.initiator_spi.0, src, fragment.id);
        let parts = self.under_way.entry(key, Parts::default);
        let held: usize = parts.parts.values().map(|(_, octets)| octets.len()).sum();
        if parts.parts.len() < MAX_FRAGMENTS && held + fragment.data.len() <= MAX_FRAGMENTED_OCTETS
        {
            parts
                .parts
                .entry(fragment.number)
                .or_insert_with(|| (frame, fragment.data.to_vec()));
        }
        if fragment.last() {
            parts.last = Some(fragment.number);
        }
        let complete = parts
            .last
            .is_some_and(|last| last > 0 && (1..=last).all(|n| parts.parts.contains_key(&n)));
        if !complete {
            return None;
        }
        let parts = self.under_way.remove(&key)?;
        let mut whole = Reassembled {
            octets: Vec::new(),
            frames: Vec::new(),
        };
        for (frame, octets) in parts.parts.into_values() {
            whole.octets.extend_from_slice(&octets);
            whole.frames.push(frame);
        }
        Some(whole)
    }
}
