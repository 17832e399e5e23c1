//! IKEv2 messages in Encrypted Fragment payloads, put together again (RFC 7383).

use std::collections::{BTreeMap, BTreeSet};

use crate::limits::MAX_SPLIT_MESSAGES;
use crate::observation::FrameId;

/// Which message a fragment is of. A sender that begins anew with smaller fragments counts more of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SplitKey {
    pub(crate) message_id: u32,
    pub(crate) by_initiator: bool,
    pub(crate) response: bool,
    pub(crate) total: u16,
}

/// A fragment that verified.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) number: u16,
    pub(crate) frame: FrameId,
    /// Next Payload of its SKF payload: in the first fragment the type of the first payload inside.
    pub(crate) next: u8,
    pub(crate) plaintext: Vec<u8>,
    /// From the IKE header to the SKF header.
    pub(crate) associated: Vec<u8>,
}

/// A message whose fragments are all there.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(crate) first: u8,
    pub(crate) plaintext: Vec<u8>,
    pub(crate) associated: Vec<u8>,
    pub(crate) frames: Vec<FrameId>,
    pub(crate) forged: Vec<FrameId>,
}

/// Fragments under way in one IKE SA.
#[derive(Debug, Default)]
pub(crate) struct Split {
    under_way: BTreeMap<SplitKey, BTreeMap<u16, Part>>,
    forged: BTreeMap<SplitKey, Vec<FrameId>>,
    seen: BTreeMap<SplitKey, BTreeSet<u16>>,
}

impl Split {
    /// Takes a fragment that verified, and gives the message if it was the last one missing.
    pub(crate) fn add(&mut self, key: SplitKey, part: Part) -> Option<Whole> {
        bound(&mut self.under_way);
        bound(&mut self.seen);
        self.seen.entry(key).or_default().insert(part.number);
        let parts = self.under_way.entry(key).or_default();
        parts.entry(part.number).or_insert(part);
        if parts.len() < usize::from(key.total) {
            return None;
        }
        let parts = self.under_way.remove(&key)?;
        let mut whole = Whole {
            first: 0,
            plaintext: Vec::new(),
            associated: Vec::new(),
            frames: Vec::new(),
            forged: self.forged.remove(&key).unwrap_or_default(),
        };
        for (number, part) in parts {
            if number == 1 {
                whole.first = part.next;
                whole.associated = part.associated;
            }
            whole.plaintext.extend_from_slice(&part.plaintext);
            whole.frames.push(part.frame);
        }
        Some(whole)
    }

    /// Remembers a fragment whose integrity check failed.
    pub(crate) fn forge(&mut self, key: SplitKey, frame: FrameId) {
        bound(&mut self.forged);
        let frames = self.forged.entry(key).or_default();
        if frames.len() < MAX_SPLIT_MESSAGES && !frames.contains(&frame) {
            frames.push(frame);
        }
    }

    /// The numbers of this message's fragments that were never seen.
    pub(crate) fn missing(&self, key: SplitKey) -> Vec<u16> {
        let seen = self.seen.get(&key);
        (1..=key.total)
            .filter(|number| seen.is_none_or(|seen| !seen.contains(number)))
            .take(MAX_SPLIT_MESSAGES)
            .collect()
    }
}

/// The oldest message gives way.
fn bound<V>(map: &mut BTreeMap<SplitKey, V>) {
    if map.len() > MAX_SPLIT_MESSAGES {
        map.pop_first();
    }
}
