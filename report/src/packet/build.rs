//! From an observation to the object of its packet.

use ikescope_analysis::{
    self as analysis, Closed, Content, Encapsulation, FrameId, Integrity, Observation,
};
use ikescope_capture::Note;
use ikescope_dissectors::registries::Registry;
use ikescope_dissectors::{
    self as dissectors, Body, Content as Payloads, Header, Issues, Message, Octets, ikev1, ikev2,
};

use super::types::{
    Ah, Endpoint, Esp, Flags, Fragment, Icmp, Ike, Inner, IpComp, Issue, Nat, Number, Packet,
    PacketSpi, Payload, Quoted, Wesp,
};
use super::{fields, opened};
use crate::describe;
use crate::digits::hex_text;
use crate::time::Rfc3339;

impl Packet {
    /// The object of one observation.
    pub(crate) fn new(observation: &Observation<'_>, schema: Option<&'static str>) -> Self {
        let mut parts = Parts::default();
        parts.take(&observation.content);
        parts.take_opened(observation);
        let together = !observation.reassembled_from.is_empty();
        let reassembled_from = together.then(|| observation.reassembled_from.to_vec());
        if let Some(ike) = &mut parts.ike
            && ike.reassembled_from.is_none()
        {
            ike.reassembled_from.clone_from(&reassembled_from);
        }
        let place = if together { "reassembled" } else { "frame" };
        let mut issues: Vec<_> = observation
            .notes
            .iter()
            .map(|one| note(one, observation))
            .collect();
        add_issues(&mut issues, &observation.issues, observation.offset, place);
        issues.append(&mut parts.issues);
        Self {
            schema,
            file: observation.frame.file,
            frame: observation.frame.number,
            time: observation.time.map(Rfc3339),
            length: observation.length,
            captured: observation.captured,
            src: endpoint(observation.src),
            dst: endpoint(observation.dst),
            protocol: describe::protocol(&observation.content),
            encapsulation: observation
                .encapsulation
                .map(|encapsulation| match encapsulation {
                    Encapsulation::Udp => "udp",
                    Encapsulation::Tcp => "tcp",
                }),
            ike: parts.ike,
            messages: parts.message.map(|message| vec![message]),
            esp: parts.esp,
            further_esp: None,
            ah: parts.ah,
            wesp: parts.wesp,
            ipcomp: parts.ipcomp,
            fragment: parts.fragment,
            icmp: parts.icmp,
            other: parts.other,
            reassembled_from,
            truncated: observation.truncated,
            nat: parts.nat,
            tunnel: observation.tunnel,
            retransmission_of: observation.retransmission_of.map(number),
            duplicate_of: observation.duplicate_of.map(number),
            issues,
        }
    }
}

/// The objects that a content fills: AH over ESP fills both.
#[derive(Default)]
struct Parts {
    ike: Option<Ike>,
    message: Option<Ike>,
    nat: Option<Nat>,
    esp: Option<Esp>,
    ah: Option<Ah>,
    wesp: Option<Wesp>,
    ipcomp: Option<IpComp>,
    fragment: Option<Fragment>,
    icmp: Option<Icmp>,
    other: Option<String>,
    issues: Vec<Issue>,
}

impl Parts {
    fn take(&mut self, content: &Content<'_>) {
        match content {
            Content::Ike(ike) => self.take_ike(ike),
            Content::Esp(esp) => self.esp = esp.as_ref().map(esp_packet),
            Content::Ah(ah, inner) => {
                self.ah = ah.as_ref().map(|ah| Ah {
                    spi: PacketSpi(ah.spi),
                    sequence: ah.sequence,
                    next_header: ah.next_header,
                    icv: hex_text(ah.icv),
                    integrity: None,
                });
                if let Some(inner) = inner {
                    self.take(inner);
                }
            }
            Content::Wesp(Some((wesp, esp))) => {
                self.wesp = Some(Wesp {
                    next_header: wesp.next_header,
                    header_length: wesp.header_len,
                    trailer_length: wesp.trailer_len,
                    encrypted: wesp.encrypted(),
                });
                self.esp = esp.as_ref().map(esp_packet);
            }
            Content::IpComp(Some(ipcomp)) => {
                self.ipcomp = Some(IpComp {
                    next_header: ipcomp.next_header,
                    cpi: ipcomp.cpi,
                });
            }
            Content::Fragment {
                protocol,
                offset,
                more,
                id,
            } => {
                self.fragment = Some(Fragment {
                    protocol: *protocol,
                    offset: *offset,
                    more: *more,
                    id: *id,
                });
            }
            Content::Icmp {
                version6,
                icmp_type,
                code,
                mtu,
                quoted,
            } => {
                self.icmp = Some(Icmp {
                    icmp_type: *icmp_type,
                    code: *code,
                    name: describe::icmp(*version6, *icmp_type, *code),
                    mtu: *mtu,
                    quoted: quoted.as_ref().map(quoted_packet),
                });
            }
            Content::Other(what) => self.other = Some(what.to_string()),
            Content::Wesp(None) | Content::IpComp(None) | Content::NatKeepalive => {}
        }
    }

    /// What keys made of ESP and AH.
    fn take_opened(&mut self, observation: &Observation<'_>) {
        if let Some(ah) = &mut self.ah {
            ah.integrity = observation.ah_integrity.map(opened::integrity);
        }
        let Some(esp) = &mut self.esp else { return };
        if let Some(opened) = &observation.esp_opened {
            esp.decrypted = true;
            esp.integrity = Some(opened::integrity(opened.integrity));
            esp.inner = Some(Inner {
                protocol: opened.inner.protocol,
                src: opened.inner.src,
                dst: opened.inner.dst,
                length: u32::try_from(opened.inner.length).unwrap_or(u32::MAX),
                next_header: opened.next_header,
            });
        }
        if observation.esp_closed == Some(Closed::Integrity) {
            esp.integrity = Some(opened::integrity(Integrity::Failed));
        }
        esp.opening = opened::of_esp(observation);
    }

    fn take_ike(&mut self, ike: &analysis::Ike<'_>) {
        self.nat = ike.nat.map(|nat| Nat {
            source_matches: nat.source_matches,
            destination_matches: nat.destination_matches,
        });
        self.ike = ike.message.as_ref().map(message);
        let Some(reassembled) = &ike.reassembled else {
            if let (Some(outer), Some(message)) = (&mut self.ike, &ike.message) {
                opened::fill(outer, message, ike, &mut self.issues);
            }
            if let Some(outer) = &mut self.ike {
                outer.answers = ike.answers.map(number);
            }
            return;
        };
        let frames: Vec<_> = reassembled.frames.iter().copied().map(number).collect();
        let mut issues = Issues::default();
        let whole = Message::parse(Octets::new(&reassembled.octets), &mut issues);
        self.message = whole.as_ref().map(|whole| Ike {
            reassembled_from: Some(frames.clone()),
            answers: ike.answers.map(number),
            ..message(whole)
        });
        if let (Some(object), Some(whole)) = (&mut self.message, &whole) {
            opened::fill(object, whole, ike, &mut self.issues);
        }
        add_issues(&mut self.issues, &issues, 0, "reassembled");
        if let Some(outer) = &mut self.ike {
            outer.answers = ike.answers.map(number);
            outer.reassembled_from = Some(frames);
        }
    }
}

fn quoted_packet(quoted: &analysis::Quoted<'_>) -> Quoted {
    let mut parts = Parts::default();
    parts.take(&quoted.content);
    Quoted {
        src: endpoint(Some(quoted.src)),
        dst: endpoint(Some(quoted.dst)),
        protocol: describe::protocol(&quoted.content),
        ike: parts.ike,
        esp: parts.esp,
        ah: parts.ah,
    }
}

fn esp_packet(esp: &dissectors::Esp<'_>) -> Esp {
    Esp {
        spi: PacketSpi(esp.spi),
        sequence: esp.sequence,
        decrypted: false,
        integrity: None,
        inner: None,
        opening: None,
    }
}

fn message(message: &Message<'_>) -> Ike {
    let header = &message.header;
    let (payloads, encrypted) = match &message.content {
        Payloads::V1(list) => (payloads(list, version_1_type, false), false),
        Payloads::V1Encrypted(_) => (Vec::new(), true),
        Payloads::V2(list) => (
            payloads(list, version_2_type, true),
            list.iter().any(|payload| payload.body.ends_chain()),
        ),
        Payloads::Unknown(_) => (Vec::new(), false),
    };
    Ike {
        initiator_spi: header.initiator_spi.to_string(),
        responder_spi: header.responder_spi.to_string(),
        version: header.version.to_string(),
        exchange: Number {
            id: u32::from(header.exchange),
            name: describe::exchange_name(header),
        },
        message_id: header.message_id,
        flags: flags(header),
        encrypted,
        decrypted: false,
        integrity: None,
        payloads,
        reassembled_from: None,
        answers: None,
        opening: None,
        notations: describe::notations(message).join(" "),
    }
}

pub(super) fn payloads<'p, B: Body<'p>>(
    list: &[dissectors::Payload<'p, B>],
    name: impl Fn(u8) -> Option<&'static str>,
    has_critical_bit: bool,
) -> Vec<Payload> {
    let start = describe::message_start(list);
    let object = |payload: &dissectors::Payload<'p, B>| Payload {
        payload_type: Number {
            id: u32::from(payload.payload_type),
            name: name(payload.payload_type),
        },
        offset: payload.span.start.saturating_sub(start),
        length: payload.declared_len,
        critical: has_critical_bit.then(|| payload.critical()),
        decrypted_from: None,
        fields: fields::object(&payload.body.fields()),
    };
    list.iter().map(object).collect()
}

pub(super) fn version_1_type(number: u8) -> Option<&'static str> {
    ikev1::PayloadType(number).name()
}

pub(super) fn version_2_type(number: u8) -> Option<&'static str> {
    ikev2::PayloadType(number).name()
}

fn flags(header: &Header) -> Flags {
    use dissectors::Flags as Bits;
    let bit = |flag| Some(header.flags.contains(flag));
    match header.version.major() {
        1 => Flags {
            encryption: bit(Bits::ENCRYPTION),
            commit: bit(Bits::COMMIT),
            authentication_only: bit(Bits::AUTHENTICATION_ONLY),
            ..Flags::default()
        },
        2 => Flags {
            initiator: bit(Bits::INITIATOR),
            response: bit(Bits::RESPONSE),
            version: bit(Bits::VERSION),
            ..Flags::default()
        },
        _ => Flags::default(),
    }
}

fn endpoint(endpoint: Option<analysis::Endpoint>) -> Endpoint {
    Endpoint {
        address: endpoint.map(|endpoint| endpoint.address),
        port: endpoint.and_then(|endpoint| endpoint.port),
    }
}

pub(super) const fn number(frame: FrameId) -> u64 {
    frame.number
}

pub(super) fn add_issues(
    list: &mut Vec<Issue>,
    issues: &Issues,
    offset: usize,
    place: &'static str,
) {
    list.extend(issues.as_slice().iter().map(|issue| Issue {
        offset: Some(offset.saturating_add(issue.span.start)),
        place,
        layer: issue.layer,
        severity: if issue.kind.hides_octets() {
            "error"
        } else {
            "warning"
        },
        message: issue.kind.to_string(),
    }));
}

/// What capture noticed below IPsec.
fn note(note: &Note, observation: &Observation<'_>) -> Issue {
    let (layer, place, severity) = match note {
        Note::IpLengthZero | Note::TooManyOuterHeaders => ("ip", "frame", "warning"),
        Note::IpLengthTooSmall { .. } | Note::IpLengthTooLarge { .. } | Note::BadFragment => {
            ("ip", "frame", "error")
        }
        Note::OverlappingFragments { differ: true } => ("ip", "reassembled", "error"),
        Note::OverlappingFragments { differ: false } => ("ip", "reassembled", "warning"),
        Note::UdpLength { .. } => ("udp", "frame", "error"),
        Note::HeaderCut { protocol: 17 } => ("udp", "frame", "error"),
        Note::HeaderCut { protocol: 6 } => ("tcp", "frame", "error"),
        Note::HeaderCut { protocol: 1 | 58 } => ("icmp", "frame", "error"),
        Note::StreamGap { .. } | Note::RecordLength { .. } => ("tcp", "reassembled", "error"),
        _ => ("ip", "frame", "error"),
    };
    let offset = match note {
        // Behind it stands the checksum, and then the payload (RFC 768).
        Note::UdpLength { .. } if observation.reassembled_from.is_empty() => {
            observation.offset.checked_sub(UDP_LENGTH_BEFORE)
        }
        _ => None,
    };
    Issue {
        offset,
        place,
        layer,
        severity,
        message: note.to_string(),
    }
}

/// Octets from the length of UDP to the payload.
const UDP_LENGTH_BEFORE: usize = 4;
