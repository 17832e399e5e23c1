//! IP datagrams in fragments of which not all came.

use std::collections::VecDeque;

use super::capture_facts::{CaptureFacts, FragmentedDatagram};
use crate::limits::{MAX_INCOMPLETE, MAX_OPEN_DATAGRAMS};
use crate::observation::{Content, FrameId, Observation};

/// Datagrams under way, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Fragmented {
    open: VecDeque<FragmentedDatagram>,
    /// The fragment seen last, which may have completed its datagram.
    last: Option<FrameId>,
}

impl Fragmented {
    pub(super) fn observe(&mut self, observation: &Observation<'_>, capture: &mut CaptureFacts) {
        let Content::Fragment {
            protocol,
            offset,
            more,
            id,
        } = observation.content
        else {
            self.complete(observation);
            return;
        };
        let (Some(src), Some(dst)) = (observation.src, observation.dst) else {
            return;
        };
        capture.fragments += 1;
        self.last = Some(observation.frame);
        let known = self.open.iter().rposition(|open| {
            (open.src, open.dst, open.protocol, open.id) == (src.address, dst.address, protocol, id)
        });
        let mut datagram =
            known
                .and_then(|index| self.open.remove(index))
                .unwrap_or(FragmentedDatagram {
                    src: src.address,
                    dst: dst.address,
                    protocol,
                    id,
                    frame: observation.frame,
                    time: observation.time,
                    fragments: 0,
                    has_first: false,
                    has_last: false,
                });
        datagram.fragments += 1;
        datagram.has_first |= offset == 0;
        datagram.has_last |= !more;
        // The one touched last stands last: its frame may complete it.
        self.open.push_back(datagram);
        if self.open.len() > MAX_OPEN_DATAGRAMS
            && let Some(oldest) = self.open.pop_front()
        {
            give_up(oldest, capture);
        }
    }

    /// The datagram that a fragment completed comes in the same frame as that fragment.
    fn complete(&mut self, observation: &Observation<'_>) {
        if self.last == Some(observation.frame) && !observation.reassembled_from.is_empty() {
            self.open.pop_back();
            self.last = None;
        }
    }

    /// What is open at the end of the capture will never be whole.
    pub(super) fn finish(&mut self, capture: &mut CaptureFacts) {
        for datagram in self.open.drain(..) {
            give_up(datagram, capture);
        }
    }
}

fn give_up(datagram: FragmentedDatagram, capture: &mut CaptureFacts) {
    capture.incomplete_count += 1;
    if capture.incomplete.len() < MAX_INCOMPLETE {
        capture.incomplete.push(datagram);
    }
}
