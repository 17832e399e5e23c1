//! The walk from a frame to its datagrams

use super::fragments::Fragments;
use super::notes::Notes;
use super::tcp::{Segment, Streams};
use super::transport::{NO_ADDRESS, TCP, UDP, decode, ports};
use super::{Content, Datagram, NotIp, Note, ip, link};
use crate::limits::MAX_OUTER;
use crate::{Frame, LinkType};

/// What a [`Stack`] should look for
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// TCP ports whose streams carry IKE and ESP (RFC 9329), in either direction; 4500 if not told. A stream that begins
    /// with `IKETCP` is followed on any port.
    pub tcp_ports: Vec<u16>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            tcp_ports: vec![4500],
        }
    }
}

/// What was given up because a bound of [`limits`](crate::limits) was reached or its time was over
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// IP datagrams of which fragments were missing until they were too old
    pub incomplete_datagrams: u64,
    /// IP datagrams given up because too many were open
    pub crowded_datagrams: u64,
    /// Directions of TCP connections forgotten because too many were followed
    pub streams: u64,
    /// Gaps in TCP streams that were stepped over
    pub stream_gaps: u64,
    /// The first link type that is not decoded, and the frames of any such
    pub unknown_link: Option<(LinkType, u64)>,
}

/// From frames to datagrams, with the state of IP fragments and TCP streams
///
/// Memory is bounded by [`limits`](crate::limits); no clock is read, time is that of the frames.
#[derive(Debug)]
pub struct Stack {
    fragments: Fragments,
    streams: Streams,
    unknown_link: Option<(LinkType, u64)>,
}

/// What all datagrams of a frame share
#[derive(Clone, Copy)]
struct Context<'f> {
    frame: Frame<'f>,
    /// Whether the frame has fewer octets than were on the wire
    cut: bool,
    outer: u8,
    notes: Notes,
    reassembled_from: &'f [u64],
}

/// Receives each datagram
type Sink<'s> = &'s mut dyn FnMut(Datagram<'_>);

impl Stack {
    /// A stack without state
    pub fn new(options: Options) -> Self {
        Self {
            fragments: Fragments::default(),
            streams: Streams::new(options.tcp_ports),
            unknown_link: None,
        }
    }

    /// What was given up so far
    pub fn dropped(&self) -> Dropped {
        Dropped {
            incomplete_datagrams: self.fragments.incomplete,
            crowded_datagrams: self.fragments.crowded,
            streams: self.streams.forgotten,
            stream_gaps: self.streams.gaps,
            unknown_link: self.unknown_link,
        }
    }

    /// Calls `sink` once per datagram of the frame, at least once: a fragment that completes a datagram gives two, a TCP
    /// segment as many as it completes records
    #[inline]
    pub fn decode(&mut self, frame: &Frame<'_>, sink: &mut dyn FnMut(Datagram<'_>)) {
        let mut context = Context {
            frame: *frame,
            cut: (frame.octets.len() as u64) < u64::from(frame.length),
            outer: 0,
            notes: Notes::new(),
            reassembled_from: &[],
        };
        match link::ip_header(frame.link, frame.octets) {
            Ok(at) => self.ip(&mut context, frame.octets, at, sink),
            Err(what) => {
                if let NotIp::Link(link) = what {
                    self.unknown_link.get_or_insert((link, 0)).1 += 1;
                }
                context.not_ip(what, sink);
            }
        }
    }

    /// Reads the IP header at `octets[at..]` and goes on
    #[inline]
    fn ip(&mut self, context: &mut Context<'_>, octets: &[u8], at: usize, sink: Sink<'_>) {
        match ip::packet(
            octets.get(at..).unwrap_or_default(),
            context.cut,
            &mut context.notes,
        ) {
            Ok(packet) => self.packet(context, packet, at, sink),
            Err(what) => context.not_ip(what, sink),
        }
    }

    /// Walks from an IP packet that begins at `at` of the frame through tunnels to the innermost one
    fn packet(
        &mut self,
        context: &mut Context<'_>,
        packet: ip::Packet<'_>,
        at: usize,
        sink: Sink<'_>,
    ) {
        let (mut packet, mut at) = (packet, at);
        loop {
            let payload_at = at + packet.offset;
            if let Some(fragment) = packet.fragment {
                return self.fragment(context, &packet, fragment, payload_at, sink);
            }
            let Some(inner) = inner_header(&packet) else {
                return self.content(context, &packet, payload_at, sink);
            };
            if context.outer >= MAX_OUTER {
                context.notes.add(Note::TooManyOuterHeaders);
                return self.content(context, &packet, payload_at, sink);
            }
            let mut notes = context.notes;
            let tunnelled = packet.payload.get(inner..).unwrap_or_default();
            let Ok(next) = ip::packet(tunnelled, packet.truncated, &mut notes) else {
                return self.content(context, &packet, payload_at, sink);
            };
            context.notes = notes;
            context.outer += 1;
            at = payload_at + inner;
            packet = next;
        }
    }

    /// Delivers what the innermost IP header carries
    #[inline]
    fn content(
        &mut self,
        context: &mut Context<'_>,
        packet: &ip::Packet<'_>,
        at: usize,
        sink: Sink<'_>,
    ) {
        let Context {
            frame,
            reassembled_from,
            ..
        } = *context;
        let segment = match packet.protocol {
            TCP => {
                Segment::parse(packet, frame.number).filter(|segment| self.streams.follows(segment))
            }
            _ => None,
        };
        if let Some(segment) = segment {
            return self.streams.segment(&segment, &mut |record| {
                let mut notes = context.notes;
                record.note.into_iter().for_each(|note| notes.add(note));
                let put_together = !reassembled_from.is_empty() || !record.from.is_empty();
                sink(Datagram {
                    header: context.header(packet, at),
                    offset: if put_together { 0 } else { at + record.offset },
                    // A record is delivered when all of it is there.
                    truncated: packet.truncated
                        && matches!(record.content, Content::TcpOther { .. }),
                    reassembled_from: if record.from.is_empty() {
                        reassembled_from
                    } else {
                        record.from
                    },
                    notes: notes.as_slice(),
                    ..context.datagram(packet, record.content)
                });
            });
        }
        let (content, header) = decode(
            packet.protocol,
            packet.payload,
            packet.truncated,
            &mut context.notes,
        );
        sink(Datagram {
            header: context.header(packet, at),
            offset: if reassembled_from.is_empty() {
                at + header
            } else {
                0
            },
            truncated: packet.truncated,
            ..context.datagram(packet, content)
        });
    }

    /// Delivers a fragment, then the datagram if it is complete now
    fn fragment(
        &mut self,
        context: &mut Context<'_>,
        packet: &ip::Packet<'_>,
        fragment: ip::Fragment,
        at: usize,
        sink: Sink<'_>,
    ) {
        // What the snap length cut is never whole. The headers at its beginning are read where they stand.
        if packet.truncated && fragment.offset == 0 {
            context.notes.add(Note::FirstFragmentCut);
            return self.content(context, packet, at, sink);
        }
        let Context { frame, .. } = *context;
        let complete = self
            .fragments
            .add(packet, fragment, &frame, &mut context.notes);
        let first_ports = match packet.protocol {
            UDP | TCP if fragment.offset == 0 => ports(packet.payload),
            _ => None,
        };
        sink(Datagram {
            header: context.header(packet, at),
            offset: if context.reassembled_from.is_empty() {
                at
            } else {
                0
            },
            truncated: packet.truncated,
            ..context.datagram(
                packet,
                Content::Fragment {
                    protocol: packet.protocol,
                    offset: fragment.offset,
                    more: fragment.more,
                    id: fragment.id,
                    first_ports,
                    payload: packet.payload,
                },
            )
        });
        let Some(complete) = complete else {
            return;
        };
        let mut context = Context {
            frame,
            cut: false,
            outer: context.outer,
            notes: complete.notes,
            reassembled_from: &complete.frames,
        };
        let whole = packet.reassembled(complete.protocol, &complete.octets, &mut context.notes);
        self.packet(&mut context, whole, 0, sink);
    }
}

impl Context<'_> {
    /// Where the IP header stands, whose payload begins at `at`; none if the packet was put together from fragments
    #[inline]
    fn header(&self, packet: &ip::Packet<'_>, at: usize) -> Option<usize> {
        let whole = self.reassembled_from.is_empty();
        whole.then(|| at.checked_sub(packet.offset)).flatten()
    }

    #[inline]
    fn datagram<'d>(&'d self, packet: &ip::Packet<'_>, content: Content<'d>) -> Datagram<'d> {
        Datagram {
            file: self.frame.file,
            frame: self.frame.number,
            time: self.frame.time,
            length: self.frame.length,
            captured: self.frame.captured,
            src: packet.src,
            dst: packet.dst,
            header: None,
            offset: 0,
            truncated: false,
            reassembled_from: self.reassembled_from,
            outer: self.outer,
            notes: self.notes.as_slice(),
            content,
        }
    }

    fn not_ip(&self, what: NotIp, sink: Sink<'_>) {
        let none = ip::Packet {
            src: NO_ADDRESS,
            dst: NO_ADDRESS,
            protocol: 0,
            payload: &[],
            offset: 0,
            truncated: false,
            fragment: None,
        };
        sink(Datagram {
            truncated: self.cut && matches!(what, NotIp::LinkCut | NotIp::HeaderCut),
            ..self.datagram(&none, Content::NotIp { what })
        });
    }
}

/// Where in the payload of an outer IP header the next IP header begins: IP in IP (RFC 2003, RFC 2473) and GRE
#[inline]
fn inner_header(packet: &ip::Packet<'_>) -> Option<usize> {
    match packet.protocol {
        IPV4 | IPV6 => Some(0),
        GRE => gre(packet.payload),
        _ => None,
    }
}

/// RFC 2784 with the key and sequence number of RFC 2890
fn gre(octets: &[u8]) -> Option<usize> {
    let header = octets.first_chunk::<4>()?;
    let flags = u16::from_be_bytes([header[0], header[1]]);
    let protocol = u16::from_be_bytes([header[2], header[3]]);
    // Source routes (RFC 1701) and the variant of PPTP are no tunnels for IP.
    if flags & (GRE_ROUTING | GRE_VERSION) != 0 {
        return None;
    }
    let optional = (flags & (GRE_CHECKSUM | GRE_KEY | GRE_SEQUENCE)).count_ones() as usize;
    link::ip_header_of_ether_type(protocol, octets, 4 + 4 * optional).ok()
}

const IPV4: u8 = 4;
const IPV6: u8 = 41;
const GRE: u8 = 47;
const GRE_CHECKSUM: u16 = 0x8000;
const GRE_ROUTING: u16 = 0x4000;
const GRE_KEY: u16 = 0x2000;
const GRE_SEQUENCE: u16 = 0x1000;
const GRE_VERSION: u16 = 0x0007;
