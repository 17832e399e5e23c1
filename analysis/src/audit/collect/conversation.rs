//! Our own conversation with a peer, heard as a capture of it would be.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use ikescope_capture::{Content, Datagram, Timestamp};
use ikescope_dissectors::registries::ip::Port;

use super::super::facts::{PeerFacts, Source};
use super::collector::Collector;
use crate::inspector::{Inspector, InspectorOptions};

/// What we ask a peer and what it answers, as facts about the peer. Of a peer that is silent nothing is kept.
#[derive(Debug)]
pub struct Conversation {
    peer: IpAddr,
    over_tcp: bool,
    /// What was sent last before the first answer, and how often.
    sent: Option<(Vec<u8>, u32)>,
    heard: Option<Box<Heard>>,
}

#[derive(Debug)]
struct Heard {
    over_tcp: bool,
    inspector: Inspector,
    collector: Collector,
}

impl Conversation {
    /// Nothing was said yet.
    #[must_use]
    pub const fn new(peer: IpAddr) -> Self {
        Self {
            peer,
            over_tcp: false,
            sent: None,
            heard: None,
        }
    }

    /// The same over TCP: each message is one of the stream, with its non-ESP marker and without its length (RFC 9329,
    /// section 3.1).
    #[must_use]
    pub fn over_tcp(self) -> Self {
        Self {
            over_tcp: true,
            ..self
        }
    }

    /// We send a datagram of IKE over UDP, with a non-ESP marker or without. Times count from any origin.
    pub fn sent(&mut self, now: Duration, octets: &[u8]) {
        if let Some(heard) = &mut self.heard {
            heard.datagram(now, US, self.peer, octets);
            return;
        }
        match &mut self.sent {
            Some((last, times)) if last == octets => *times = times.saturating_add(1),
            other => *other = Some((octets.to_vec(), 1)),
        }
    }

    /// A datagram comes from the peer.
    pub fn received(&mut self, now: Duration, octets: &[u8]) {
        let Self { peer, over_tcp, .. } = *self;
        let heard = self.heard.get_or_insert_with(|| {
            Box::new(Heard {
                over_tcp,
                inspector: Inspector::new(InspectorOptions::default()),
                collector: Collector::about(peer),
            })
        });
        if let Some((sent, times)) = self.sent.take() {
            for _ in 0..times {
                heard.datagram(now, US, peer, &sent);
            }
        }
        heard.datagram(now, peer, US, octets);
    }

    /// What is known of the peer so far. The evidence has no frames.
    #[must_use]
    pub fn facts(&self) -> PeerFacts {
        let mut facts = match &self.heard {
            Some(heard) => heard.collector.known_of(self.peer),
            None => PeerFacts::new(self.peer.to_string(), Source::Probe),
        };
        facts.source = Source::Probe;
        // Nobody has said what day it is.
        facts.seen = None;
        for certificate in &mut facts.certificates {
            certificate.seen = None;
        }
        facts
    }
}

impl Heard {
    fn datagram(&mut self, now: Duration, src: IpAddr, dst: IpAddr, payload: &[u8]) {
        let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        let datagram = Datagram {
            file: 0,
            frame: 0,
            time: Some(Timestamp::new(seconds, now.subsec_nanos().into())),
            length,
            captured: length,
            src,
            dst,
            header: None,
            offset: 0,
            truncated: false,
            reassembled_from: &[],
            outer: 0,
            notes: &[],
            content: match self.over_tcp {
                false => Content::Udp {
                    src_port: Port::ISAKMP.0,
                    dst_port: Port::ISAKMP.0,
                    payload,
                },
                true => Content::TcpRecord {
                    src_port: Port::IPSEC_NAT_T.0,
                    dst_port: Port::IPSEC_NAT_T.0,
                    payload,
                },
            },
        };
        let observation = self.inspector.observe(&datagram);
        self.collector.observe(&observation);
    }
}

/// Stands for our own address, which no peer has.
const US: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
