//! One object a frame: the records of a TCP segment, and the IP fragment that completed a datagram, are one packet.

use ikescope_analysis::{Content, Encapsulation, FrameId, Observation};

use super::types::Packet;

/// Holds back the object of a frame while more of the same frame may come.
#[derive(Debug)]
pub(crate) struct Frames {
    schema: Option<&'static str>,
    waiting: Option<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    frame: FrameId,
    packet: Packet,
    /// An IP fragment, which the datagram that it completed replaces.
    fragment: bool,
}

impl Frames {
    /// Each object has this schema, if any.
    pub(crate) const fn new(schema: Option<&'static str>) -> Self {
        Self {
            schema,
            waiting: None,
        }
    }

    /// Takes one observation and gives the objects that are now complete, the earlier first.
    pub(crate) fn observe(&mut self, observation: &Observation<'_>) -> [Option<Packet>; 2] {
        let fragment = matches!(observation.content, Content::Fragment { .. });
        let may_grow = fragment || observation.encapsulation == Some(Encapsulation::Tcp);
        let packet = Packet::new(observation, self.schema);
        if self.waiting.is_none() && !may_grow {
            return [None, Some(packet)];
        }
        let (before, packet) = match self.waiting.take() {
            Some(waiting) if waiting.frame == observation.frame => (
                None,
                if waiting.fragment {
                    replaced(waiting.packet, packet)
                } else {
                    joined(waiting.packet, packet)
                },
            ),
            other => (other.map(|waiting| waiting.packet), packet),
        };
        if may_grow {
            self.waiting = Some(Waiting {
                frame: observation.frame,
                packet,
                fragment,
            });
            return [before, None];
        }
        [before, Some(packet)]
    }

    /// Gives what is held back.
    pub(crate) fn finish(&mut self) -> Option<Packet> {
        self.waiting.take().map(|waiting| waiting.packet)
    }
}

/// The datagram instead of its last fragment, with what was wrong with either.
fn replaced(fragment: Packet, mut datagram: Packet) -> Packet {
    let mut issues = fragment.issues;
    issues.append(&mut datagram.issues);
    Packet {
        issues,
        fragment: fragment.fragment,
        ..datagram
    }
}

/// The first packet of a frame with what the next one adds.
fn joined(mut first: Packet, next: Packet) -> Packet {
    let further = next
        .ike
        .into_iter()
        .chain(next.messages.into_iter().flatten());
    for message in further {
        if first.ike.is_none() {
            first.ike = Some(message);
        } else {
            first.messages.get_or_insert_default().push(message);
        }
    }
    match (first.esp.is_some(), next.esp) {
        (true, Some(esp)) => first.further_esp.get_or_insert_default().push(esp),
        (false, esp) => first.esp = esp,
        (true, None) => {}
    }
    first.nat = first.nat.or(next.nat);
    first.tunnel = first.tunnel.or(next.tunnel);
    first.retransmission_of = first.retransmission_of.or(next.retransmission_of);
    first.duplicate_of = first.duplicate_of.or(next.duplicate_of);
    first.truncated |= next.truncated;
    first.issues.extend(next.issues);
    first
}
