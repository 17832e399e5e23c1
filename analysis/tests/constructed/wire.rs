//! Conversations written octet by octet, after RFC 7296 and RFC 2408.

use std::net::IpAddr;

use ikescope_analysis::diagnosis::{Diagnosis, diagnose};
use ikescope_analysis::tunnels::Tracker;
use ikescope_analysis::{Inspector, InspectorOptions};
use ikescope_capture::{Content, Datagram, Timestamp};

/// A payload: its type and what stands behind its generic header.
pub(crate) type Payload = (u8, Vec<u8>);

/// Datagrams in the order of the capture.
#[derive(Default)]
pub(crate) struct Wire {
    datagrams: Vec<(f64, End, End, Vec<u8>)>,
}

pub(crate) type End = (IpAddr, u16);

pub(crate) fn end(address: &str, port: u16) -> End {
    (address.parse().unwrap(), port)
}

/// Initiator and responder of most tests.
pub(crate) fn initiator() -> End {
    end("192.0.2.10", 500)
}

pub(crate) fn responder() -> End {
    end("198.51.100.7", 500)
}

pub(crate) const SPI_I: u64 = 0x6f1c_09d2_a7b3_e410;
pub(crate) const SPI_R: u64 = 0x1122_3344_5566_7788;

impl Wire {
    pub(crate) fn send(&mut self, time: f64, from: End, to: End, octets: &[u8]) -> &mut Self {
        let marked = from.1 == 4500 || to.1 == 4500;
        let mut datagram = if marked { vec![0; 4] } else { Vec::new() };
        datagram.extend_from_slice(octets);
        self.send_raw(time, from, to, datagram)
    }

    pub(crate) fn send_raw(&mut self, time: f64, from: End, to: End, octets: Vec<u8>) -> &mut Self {
        self.datagrams.push((time, from, to, octets));
        self
    }

    /// From the initiator to the responder on UDP 500.
    pub(crate) fn ask(&mut self, time: f64, octets: &[u8]) -> &mut Self {
        self.send(time, initiator(), responder(), octets)
    }

    /// Back.
    pub(crate) fn answer(&mut self, time: f64, octets: &[u8]) -> &mut Self {
        self.send(time, responder(), initiator(), octets)
    }

    /// What is said of each tunnel.
    pub(crate) fn diagnose(&self) -> Vec<Vec<Diagnosis>> {
        let mut inspector = Inspector::new(InspectorOptions::default());
        let mut tracker = Tracker::default();
        for (index, (time, from, to, payload)) in self.datagrams.iter().enumerate() {
            let nanos = (time * 1e9) as u64;
            let datagram = Datagram {
                file: 0,
                frame: index as u64 + 1,
                time: Some(Timestamp::new(1_700_000_000, nanos)),
                length: payload.len() as u32 + 42,
                captured: payload.len() as u32 + 42,
                src: from.0,
                dst: to.0,
                header: Some(14),
                offset: 42,
                truncated: false,
                reassembled_from: &[],
                outer: 0,
                notes: &[],
                content: Content::Udp {
                    src_port: from.1,
                    dst_port: to.1,
                    payload,
                },
            };
            tracker.observe(&inspector.observe(&datagram));
        }
        let mut found = Vec::new();
        tracker
            .finish()
            .for_each(diagnose, |_, diagnoses| found.push(diagnoses));
        found
    }

    /// The first diagnosis of the first tunnel.
    pub(crate) fn first(&self) -> &'static str {
        self.diagnose()
            .first()
            .and_then(|found| found.first())
            .map_or("-", |first| first.declaration.id)
    }

    /// The first diagnosis of the last tunnel.
    pub(crate) fn last(&self) -> &'static str {
        self.diagnose()
            .last()
            .and_then(|found| found.first())
            .map_or("-", |first| first.declaration.id)
    }

    /// Everything that is said of the first tunnel.
    pub(crate) fn all(&self) -> Vec<&'static str> {
        self.diagnose()
            .first()
            .into_iter()
            .flatten()
            .map(|found| found.declaration.id)
            .collect()
    }
}

/// An ISAKMP message (RFC 7296, section 3.1; RFC 2408, section 3.1).
pub(crate) struct Message {
    pub(crate) spis: (u64, u64),
    pub(crate) version: u8,
    pub(crate) exchange: u8,
    pub(crate) flags: u8,
    pub(crate) id: u32,
}

pub(crate) const V1: u8 = 0x10;
pub(crate) const V2: u8 = 0x20;

impl Message {
    pub(crate) fn with(&self, payloads: &[Payload]) -> Vec<u8> {
        let mut body = Vec::new();
        for (index, (_, content)) in payloads.iter().enumerate() {
            let next = payloads.get(index + 1).map_or(0, |(kind, _)| *kind);
            body.extend([next, 0]);
            body.extend((content.len() as u16 + 4).to_be_bytes());
            body.extend_from_slice(content);
        }
        self.header(payloads.first().map_or(0, |(kind, _)| *kind), &body)
    }

    /// With what cannot be read, so that the whole message has this many octets.
    pub(crate) fn closed(&self, length: usize, seed: u8) -> Vec<u8> {
        if self.version == V2 {
            let mut body = vec![33, 0];
            body.extend((length as u16 - 28).to_be_bytes());
            body.extend(noise(length - 32, seed));
            self.header(46, &body)
        } else {
            let first = if self.exchange == 2 { 5 } else { 8 };
            self.header(first, &noise(length - 28, seed))
        }
    }

    fn header(&self, first: u8, body: &[u8]) -> Vec<u8> {
        let mut octets = Vec::new();
        octets.extend(self.spis.0.to_be_bytes());
        octets.extend(self.spis.1.to_be_bytes());
        octets.extend([first, self.version, self.exchange, self.flags]);
        octets.extend(self.id.to_be_bytes());
        octets.extend((body.len() as u32 + 28).to_be_bytes());
        octets.extend_from_slice(body);
        octets
    }
}

pub(crate) fn noise(length: usize, seed: u8) -> Vec<u8> {
    let mut state = u32::from(seed) | 0x9e37_0000;
    (0..length)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect()
}

/// IKE_SA_INIT: request or response.
pub(crate) fn init(response: bool, spi_r: u64) -> Message {
    Message {
        spis: (SPI_I, spi_r),
        version: V2,
        exchange: 34,
        flags: if response { 0x20 } else { 0x08 },
        id: 0,
    }
}

/// An encrypted exchange of the initiator, or its answer.
pub(crate) fn encrypted(exchange: u8, response: bool, id: u32) -> Message {
    Message {
        spis: (SPI_I, SPI_R),
        version: V2,
        exchange,
        flags: if response { 0x20 } else { 0x08 },
        id,
    }
}

pub(crate) const AUTH: u8 = 35;
pub(crate) const INFORMATIONAL: u8 = 37;

/// A transform: type, number, key length.
pub(crate) type Transform = (u8, u16, Option<u16>);

pub(crate) const AES_128: Transform = (1, 12, Some(128));
pub(crate) const GCM_256: Transform = (1, 20, Some(256));
pub(crate) const PRF_SHA256: Transform = (2, 5, None);
pub(crate) const SHA256_128: Transform = (3, 12, None);
pub(crate) const MODP_2048: Transform = (4, 14, None);
pub(crate) const CBC: &[Transform] = &[AES_128, PRF_SHA256, SHA256_128, MODP_2048];
pub(crate) const GCM: &[Transform] = &[GCM_256, PRF_SHA256, MODP_2048];

/// SA of IKEv2 (RFC 7296, section 3.3).
pub(crate) fn sa(proposals: &[&[Transform]]) -> Payload {
    let mut body = Vec::new();
    for (index, transforms) in proposals.iter().enumerate() {
        let mut inside = Vec::new();
        for (place, (kind, number, bits)) in transforms.iter().enumerate() {
            let more = if place + 1 < transforms.len() { 3 } else { 0 };
            let length: u16 = if bits.is_some() { 12 } else { 8 };
            inside.extend([more, 0]);
            inside.extend(length.to_be_bytes());
            inside.extend([*kind, 0]);
            inside.extend(number.to_be_bytes());
            if let Some(bits) = bits {
                inside.extend([0x80, 0x0e]);
                inside.extend(bits.to_be_bytes());
            }
        }
        body.extend([if index + 1 < proposals.len() { 2 } else { 0 }, 0]);
        body.extend((inside.len() as u16 + 8).to_be_bytes());
        body.extend([index as u8 + 1, 1, 0, transforms.len() as u8]);
        body.extend(inside);
    }
    (33, body)
}

/// KE of IKEv2.
pub(crate) fn ke(group: u16, length: usize) -> Payload {
    let mut body = group.to_be_bytes().to_vec();
    body.extend([0, 0]);
    body.extend(noise(length, group as u8));
    (34, body)
}

pub(crate) fn nonce() -> Payload {
    (40, noise(32, 7))
}

/// N of IKEv2 without SPI.
pub(crate) fn notify(number: u16, data: &[u8]) -> Payload {
    let mut body = vec![0, 0];
    body.extend(number.to_be_bytes());
    body.extend_from_slice(data);
    (41, body)
}

/// A request that offers these proposals.
pub(crate) fn request(proposals: &[&[Transform]], extra: &[Payload]) -> Vec<u8> {
    let mut payloads = vec![sa(proposals), ke(14, 256), nonce()];
    payloads.extend_from_slice(extra);
    init(false, 0).with(&payloads)
}

/// The response that chooses this one.
pub(crate) fn response(chosen: &[Transform], extra: &[Payload]) -> Vec<u8> {
    let mut payloads = vec![sa(&[chosen]), ke(14, 256), nonce()];
    payloads.extend_from_slice(extra);
    init(true, SPI_R).with(&payloads)
}

/// A refusal of IKE_SA_INIT.
pub(crate) fn refusal(number: u16, data: &[u8], spi_r: u64) -> Vec<u8> {
    init(true, spi_r).with(&[notify(number, data)])
}

/// A suite of IKEv1: encryption, key length, hash, method, group, seconds.
pub(crate) type Suite = (u16, Option<u16>, u16, u16, u16, u32);

pub(crate) const PSK: Suite = (7, Some(256), 4, 1, 14, 28_800);
pub(crate) const RSA: Suite = (7, Some(256), 4, 3, 14, 28_800);

/// SA of IKEv1 phase 1 (RFC 2408, sections 3.4 to 3.6; RFC 2409, appendix A).
pub(crate) fn sa_v1(suites: &[Suite]) -> Payload {
    let mut transforms = Vec::new();
    for (index, (encr, bits, hash, method, group, seconds)) in suites.iter().enumerate() {
        let mut attributes = Vec::new();
        let mut short = |kind: u16, value: u16| {
            attributes.extend((kind | 0x8000).to_be_bytes());
            attributes.extend(value.to_be_bytes());
        };
        short(1, *encr);
        if let Some(bits) = bits {
            short(14, *bits);
        }
        short(2, *hash);
        short(3, *method);
        short(4, *group);
        short(11, 1);
        attributes.extend([0, 12, 0, 4]);
        attributes.extend(seconds.to_be_bytes());
        transforms.extend([if index + 1 < suites.len() { 3 } else { 0 }, 0]);
        transforms.extend((attributes.len() as u16 + 8).to_be_bytes());
        transforms.extend([index as u8 + 1, 1, 0, 0]);
        transforms.extend(attributes);
    }
    let mut body = vec![0, 0, 0, 1, 0, 0, 0, 1, 0, 0];
    body.extend((transforms.len() as u16 + 8).to_be_bytes());
    body.extend([1, 1, 0, suites.len() as u8]);
    body.extend(transforms);
    (1, body)
}

/// A message of phase 1.
pub(crate) fn phase_one(exchange: u8, spi_r: u64, encrypted: bool) -> Message {
    Message {
        spis: (SPI_I, spi_r),
        version: V1,
        exchange,
        flags: u8::from(encrypted),
        id: 0,
    }
}

/// An informational message of IKEv1.
pub(crate) fn informational_v1(id: u32, encrypted: bool) -> Message {
    Message {
        spis: (SPI_I, SPI_R),
        version: V1,
        exchange: 5,
        flags: u8::from(encrypted),
        id,
    }
}

/// N of IKEv1 for ISAKMP, without SPI.
pub(crate) fn notify_v1(number: u16) -> Payload {
    let mut body = vec![0, 0, 0, 1, 1, 0];
    body.extend(number.to_be_bytes());
    (11, body)
}

pub(crate) const MAIN: u8 = 2;
pub(crate) const AGGRESSIVE: u8 = 4;

/// Messages 1 to 4 of main mode from 0 to 0.03 s.
pub(crate) fn main_mode(suite: Suite) -> Wire {
    let mut wire = Wire::default();
    let ke_v1 = (4, noise(256, 1));
    let nonce = (10, noise(32, 2));
    wire.ask(0.0, &phase_one(MAIN, 0, false).with(&[sa_v1(&[suite])]))
        .answer(
            0.01,
            &phase_one(MAIN, SPI_R, false).with(&[sa_v1(&[suite])]),
        )
        .ask(0.02, &phase_one(MAIN, SPI_R, false).with(&[ke_v1, nonce]))
        .answer(0.03, &fourth());
    wire
}

/// Message 4 of main mode.
pub(crate) fn fourth() -> Vec<u8> {
    phase_one(MAIN, SPI_R, false).with(&[(4, noise(256, 3)), (10, noise(32, 4))])
}

/// Message 5 of main mode.
pub(crate) fn fifth() -> Vec<u8> {
    phase_one(MAIN, SPI_R, true).closed(92, 5)
}
