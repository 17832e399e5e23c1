//! From datagrams to observations.

use ikescope_capture::{
    self as capture, Datagram, Frame, Glanced, PlainPacket, Timestamp, transport,
};
use ikescope_dissectors::registries::ip::{IpProtocol, Port};
use ikescope_dissectors::{Esp, Issues, Octets, Packet, looks_like_ike, nat_traversal_is_esp};

use crate::duplicates::RecentPackets;
use crate::exchanges::{Exchanges, Place, Seen};
use crate::fragments::Fragments;
use crate::limits::MAX_FRAGMENTED_DATAGRAMS;
use crate::nat_detection::nat_detection;
use crate::observation::{
    Body, Content, Encapsulation, Endpoint, EspPacket, FrameId, Ike, Observation, Quoted, Unrelated,
};
use crate::recent::Recent;

/// What is not a matter of the standards.
#[derive(Clone, Debug, Default)]
pub struct InspectorOptions {
    /// UDP ports beside 500, 848 and 4500 that carry IKE or ESP.
    pub ports: Vec<u16>,
}

/// Says of each datagram what it is and how it stands to those before it.
#[derive(Debug)]
pub struct Inspector {
    options: InspectorOptions,
    exchanges: Exchanges,
    fragments: Fragments,
    packets: RecentPackets,
    /// Whether the first fragment of a datagram had ports of IPsec.
    fragmented: Recent<(u32, Endpoint, Endpoint), bool>,
}

/// What a datagram is, before its place among the others is known.
struct Read<'a> {
    content: Content<'a>,
    encapsulation: Option<Encapsulation>,
    octets: &'a [u8],
    issues: Issues,
}

impl Inspector {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(options: InspectorOptions) -> Self {
        Self {
            options,
            exchanges: Exchanges::new(),
            fragments: Fragments::new(),
            packets: RecentPackets::new(),
            fragmented: Recent::new(MAX_FRAGMENTED_DATAGRAMS),
        }
    }

    /// With the same options and nothing seen.
    #[must_use]
    pub fn anew(&self) -> Self {
        Self::new(self.options.clone())
    }

    /// The next datagram of the capture.
    pub fn observe<'a>(&mut self, datagram: &Datagram<'a>) -> Observation<'a> {
        let frame = FrameId {
            file: datagram.file,
            number: datagram.frame,
        };
        let (src_port, dst_port) = ports(&datagram.content);
        let src = Endpoint {
            address: datagram.src,
            port: src_port,
        };
        let dst = Endpoint {
            address: datagram.dst,
            port: dst_port,
        };
        let mut read = self.read(&datagram.content, src, dst);
        let place = self.place(
            &mut read,
            Seen {
                frame,
                time: datagram.time,
                src,
                dst,
            },
        );
        let has_addresses = !matches!(datagram.content, capture::Content::NotIp { .. });
        Observation {
            frame,
            time: datagram.time,
            length: datagram.length,
            captured: datagram.captured,
            src: has_addresses.then_some(src),
            dst: has_addresses.then_some(dst),
            encapsulation: read.encapsulation,
            reassembled_from: datagram.reassembled_from,
            content: read.content,
            notes: datagram.notes,
            issues: read.issues,
            header: datagram.header,
            offset: datagram.offset,
            truncated: datagram.truncated,
            octets: read.octets,
            tunnel: place.tunnel,
            retransmission_of: place.retransmission_of,
            duplicate_of: place.duplicate_of,
            esp_opened: None,
            esp_closed: None,
            ah_integrity: None,
            ah_key: None,
        }
    }

    /// The frame that this packet repeats: captured twice. It is counted as seen: its frame must not go to
    /// [`Self::observe`] any more.
    #[inline]
    pub fn duplicate_of(&mut self, packet: &EspPacket) -> Option<FrameId> {
        let EspPacket { spi, sequence, .. } = *packet;
        self.packets
            .observe(spi, sequence, packet.body.digest, packet.frame)
    }

    fn read<'a>(
        &mut self,
        content: &capture::Content<'a>,
        src: Endpoint,
        dst: Endpoint,
    ) -> Read<'a> {
        match *content {
            capture::Content::Fragment {
                protocol,
                offset,
                more,
                id,
                first_ports,
                ..
            } => {
                let part = Content::Fragment {
                    protocol,
                    offset,
                    more,
                    id,
                };
                let relevant = self.fragment_is_relevant(protocol, first_ports, (id, src, dst));
                Read::without_octets(if relevant {
                    part
                } else {
                    Content::Other(Unrelated::Ip(protocol))
                })
            }
            capture::Content::Icmp {
                version6,
                icmp_type,
                code,
                mtu,
                quoted,
            } => {
                let quoted = quoted.and_then(|quoted| self.quoted(&quoted));
                Read::without_octets(Content::Icmp {
                    version6,
                    icmp_type,
                    code,
                    mtu,
                    quoted,
                })
            }
            ref other => self.read_payload(other),
        }
    }

    /// What stands behind IP, or behind AH.
    fn read_payload<'a>(&self, content: &capture::Content<'a>) -> Read<'a> {
        let mut issues = Issues::default();
        match *content {
            capture::Content::Udp {
                src_port,
                dst_port,
                payload,
            } => {
                let Some((packet, encapsulation)) =
                    self.read_udp((src_port, dst_port), payload, &mut issues)
                else {
                    return Read::without_octets(Content::Other(Unrelated::Udp));
                };
                Read {
                    content: self.content(packet),
                    encapsulation,
                    octets: payload,
                    issues,
                }
            }
            capture::Content::TcpRecord { payload, .. } => {
                let packet = Packet::nat_traversal(Octets::new(payload), &mut issues);
                Read {
                    content: self.content(packet),
                    encapsulation: Some(Encapsulation::Tcp),
                    octets: payload,
                    issues,
                }
            }
            capture::Content::Ip { protocol, payload } => {
                match Packet::ip(protocol, Octets::new(payload), &mut issues) {
                    Some(packet) => Read {
                        content: self.content(packet),
                        encapsulation: None,
                        octets: payload,
                        issues,
                    },
                    None => Read::without_octets(Content::Other(Unrelated::Ip(protocol))),
                }
            }
            capture::Content::TcpOther { segment, .. } => {
                Read::without_octets(Content::Other(Unrelated::Tcp(segment)))
            }
            capture::Content::NotIp { what } => {
                Read::without_octets(Content::Other(Unrelated::NotIp(what)))
            }
            // Both are read where they stand, never behind AH.
            capture::Content::Icmp { .. } | capture::Content::Fragment { .. } => {
                Read::without_octets(Content::Other(Unrelated::Ip(IpProtocol::ICMP.0)))
            }
        }
    }

    /// What UDP carries, by port and else by IKE's signature; `None` if it is neither IKE nor ESP.
    fn read_udp<'a>(
        &self,
        ports: (u16, u16),
        payload: &'a [u8],
        issues: &mut Issues,
    ) -> Option<(Packet<'a>, Option<Encapsulation>)> {
        let octets = Octets::new(payload);
        let either = |port: u16| ports.0 == port || ports.1 == port;
        let behind_marker = payload.strip_prefix(&[0; 4]).is_some_and(looks_like_ike);
        let nat_traversal = |issues: &mut Issues| {
            let packet = Packet::nat_traversal(octets, issues);
            let unmarked = matches!(packet, Packet::Ike(_)) && !payload.starts_with(&[0; 4]);
            Some((packet, (!unmarked).then_some(Encapsulation::Udp)))
        };
        if either(Port::IPSEC_NAT_T.0) || behind_marker {
            return nat_traversal(issues);
        }
        if either(Port::ISAKMP.0) || either(Port::GDOI.0) {
            if payload == [0xff] {
                return Some((Packet::NatKeepalive, None));
            }
            return Some((Packet::ike(octets, issues), None));
        }
        if looks_like_ike(payload) {
            return Some((Packet::ike(octets, issues), None));
        }
        if self.options.ports.iter().copied().any(either) {
            return nat_traversal(issues);
        }
        None
    }

    fn content<'a>(&self, packet: Packet<'a>) -> Content<'a> {
        match packet {
            Packet::Ike(message) => Content::Ike(Ike {
                message,
                ..Ike::default()
            }),
            Packet::Esp(esp) => Content::Esp(esp),
            Packet::Ah(ah) => {
                let inner = ah.as_ref().and_then(|ah| {
                    let inner = transport(ah.next_header, ah.payload.as_slice());
                    // AH in AH would nest as deep as the datagram is long.
                    let nested = matches!(inner, capture::Content::Ip { protocol: 51, .. });
                    (!nested).then(|| self.read_payload(&inner).content)
                });
                let inner = inner.filter(|inner| !matches!(inner, Content::Other(_)));
                Content::Ah(ah, inner.map(Box::new))
            }
            Packet::Wesp(wesp) => Content::Wesp(wesp),
            Packet::IpComp(ipcomp) => Content::IpComp(ipcomp),
            Packet::NatKeepalive => Content::NatKeepalive,
        }
    }

    fn quoted<'a>(&self, quoted: &capture::Quoted<'a>) -> Option<Quoted<'a>> {
        // A quotation is cut where the router likes: that is no issue of the peer.
        let content = match quoted.ports {
            Some((src_port, dst_port)) if quoted.protocol == IpProtocol::UDP.0 => self
                .read_payload(&capture::Content::Udp {
                    src_port,
                    dst_port,
                    payload: quoted.payload,
                }),
            _ => self.read_payload(&capture::Content::Ip {
                protocol: quoted.protocol,
                payload: quoted.payload,
            }),
        }
        .content;
        let end = |address, port| Endpoint { address, port };
        (!matches!(content, Content::Other(_))).then(|| Quoted {
            src: end(quoted.src, quoted.ports.map(|ports| ports.0)),
            dst: end(quoted.dst, quoted.ports.map(|ports| ports.1)),
            content: Box::new(content),
        })
    }

    /// Whether a fragment may belong to IPsec. Only the first one has ports; those that come before it are shown.
    fn fragment_is_relevant(
        &mut self,
        protocol: u8,
        first_ports: Option<(u16, u16)>,
        datagram: (u32, Endpoint, Endpoint),
    ) -> bool {
        if [
            IpProtocol::ESP.0,
            IpProtocol::AH.0,
            IpProtocol::IPCOMP.0,
            IpProtocol::WESP.0,
        ]
        .contains(&protocol)
        {
            return true;
        }
        if protocol != IpProtocol::UDP.0 {
            return false;
        }
        match first_ports {
            Some(ports) => {
                let relevant = [Port::ISAKMP.0, Port::IPSEC_NAT_T.0, Port::GDOI.0]
                    .iter()
                    .chain(&self.options.ports)
                    .any(|port| *port == ports.0 || *port == ports.1);
                *self.fragmented.entry(datagram, || relevant) = relevant;
                relevant
            }
            None => self.fragmented.get(&datagram).copied().unwrap_or(true),
        }
    }

    fn place(&mut self, read: &mut Read<'_>, seen: Seen) -> Place {
        match &mut read.content {
            Content::Ike(ike) => self.place_ike(ike, seen),
            Content::Esp(Some(esp)) | Content::Wesp(Some((_, Some(esp)))) => Place {
                duplicate_of: self.packets.observe(
                    esp.spi,
                    esp.sequence,
                    Body::from(esp.octets).digest,
                    seen.frame,
                ),
                ..Place::default()
            },
            Content::Ah(Some(ah), inner) => {
                let digest = Body::from(ah.payload.as_slice()).digest;
                let duplicate_of = self
                    .packets
                    .observe(ah.spi, ah.sequence, digest, seen.frame);
                match inner.as_deref_mut() {
                    Some(Content::Ike(ike)) => self.place_ike(ike, seen),
                    _ => Place {
                        duplicate_of,
                        ..Place::default()
                    },
                }
            }
            _ => Place::default(),
        }
    }

    fn place_ike(&mut self, ike: &mut Ike<'_>, seen: Seen) -> Place {
        let Some(message) = &ike.message else {
            return Place::default();
        };
        let place = self.exchanges.observe(message, seen);
        ike.answers = place.answers;
        ike.nat = nat_detection(message, seen.src, seen.dst);
        ike.reassembled = self.fragments.observe(message, seen.src, seen.frame);
        place
    }
}

impl Glanced for EspPacket {
    /// The ESP packet that this frame carries, where a glance is enough to tell.
    #[inline]
    fn glance(frame: &Frame<'_>) -> Option<Self> {
        let (packet, esp) = plain_esp(frame)?;
        Some(Self {
            frame: FrameId {
                file: frame.file,
                number: frame.number,
            },
            time: frame.time,
            src: packet.src,
            dst: packet.dst,
            ports: packet.ports,
            spi: esp.spi,
            sequence: esp.sequence,
            body: esp.octets.into(),
        })
    }

    fn time(&self) -> Option<Timestamp> {
        self.time
    }
}

/// ESP behind IPv4, or in UDP on the port of NAT traversal, with the packet that carries it: where a look is enough to tell.
#[inline]
#[must_use]
pub fn plain_esp<'a>(frame: &Frame<'a>) -> Option<(PlainPacket<'a>, Esp<'a>)> {
    let packet = PlainPacket::of(frame)?;
    let is_esp = match packet.ports {
        Some((src, dst)) => {
            (src == Port::IPSEC_NAT_T.0 || dst == Port::IPSEC_NAT_T.0)
                && nat_traversal_is_esp(packet.payload, packet.length)
        }
        None => packet.protocol == IpProtocol::ESP.0,
    };
    let esp = is_esp.then(|| Esp::parse(Octets::new(packet.payload), &mut Issues::default()))??;
    Some((packet, esp))
}

impl<'a> Read<'a> {
    fn without_octets(content: Content<'a>) -> Self {
        Self {
            content,
            encapsulation: None,
            octets: &[],
            issues: Issues::default(),
        }
    }
}

fn ports(content: &capture::Content<'_>) -> (Option<u16>, Option<u16>) {
    match *content {
        capture::Content::Udp {
            src_port, dst_port, ..
        }
        | capture::Content::TcpRecord {
            src_port, dst_port, ..
        }
        | capture::Content::TcpOther {
            src_port, dst_port, ..
        } => (Some(src_port), Some(dst_port)),
        _ => (None, None),
    }
}
