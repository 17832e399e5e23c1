//! What ESP and AH packets show without keys.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;

use ikescope_capture::Timestamp;
use ikescope_dissectors::registries::ikev2::{
    EncryptionAlgorithm as E, IntegrityAlgorithm as I, SequenceNumbers,
};

use super::super::algorithm::{Algorithm, Number};
use super::super::facts::{Evidence, FlowFact, Layer, Transforms};
use super::limits::{MAX_CHILDREN, MAX_ESP_IVS, MAX_FLOWS};
use super::peers::{Peers, add};
use crate::recent::Recent;

/// Which SA: its SPI is the receiver's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct FlowKey {
    pub(super) layer: Layer,
    pub(super) dst: IpAddr,
    pub(super) spi: u32,
}

/// A packet of ESP or AH.
pub(super) struct FlowPacket<'p> {
    pub(super) key: FlowKey,
    pub(super) src: IpAddr,
    pub(super) sequence: u32,
    /// Behind SPI and sequence number; empty for AH.
    pub(super) octets: &'p [u8],
    pub(super) length: u64,
    pub(super) in_udp: bool,
    pub(super) repeated: bool,
    pub(super) time: Option<Timestamp>,
    pub(super) evidence: Evidence,
    pub(super) truncated_icv: bool,
}

/// All flows.
#[derive(Debug)]
pub(super) struct Flows {
    flows: HashMap<FlowKey, State>,
    order: Vec<FlowKey>,
    children: Recent<FlowKey, Transforms>,
    ivs: Recent<(u32, IpAddr, u64), (u64, Evidence)>,
}

#[derive(Debug)]
struct State {
    src: IpAddr,
    fact: FlowFact,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    packets_with_header: u64,
    /// The tail of the packet before, and its sequence number.
    tail: Vec<u8>,
    tail_sequence: u32,
    iv: Option<[u8; 16]>,
    iv_step: Option<u128>,
    iv_steps: u32,
    in_udp: bool,
    plain: bool,
    first_sequence: u32,
}

impl Flows {
    pub(super) fn new() -> Self {
        Self {
            flows: HashMap::new(),
            order: Vec::new(),
            children: Recent::new(MAX_CHILDREN),
            ivs: Recent::new(MAX_ESP_IVS),
        }
    }

    /// A Child SA was agreed on. Whether its SPI has been another one's.
    pub(super) fn negotiated(&mut self, key: FlowKey, transforms: &Transforms) -> bool {
        let known = self.children.entry(key, || transforms.clone());
        if known != transforms {
            *known = transforms.clone();
            return true;
        }
        false
    }

    pub(super) fn packet(&mut self, packet: FlowPacket<'_>) {
        if !self.flows.contains_key(&packet.key) {
            if self.flows.len() >= MAX_FLOWS {
                return;
            }
            self.order.push(packet.key);
        }
        let state = self
            .flows
            .entry(packet.key)
            .or_insert_with(|| State::new(&packet));
        state.count(&packet);
        if packet.repeated || packet.key.layer != Layer::Esp {
            return;
        }
        state.look_inside(&packet);
        let Some(iv) = packet.octets.first_chunk::<8>() else {
            return;
        };
        if state.fact.readable.is_some() || state.packets_with_header > 0 {
            return;
        }
        let digest = digest(&(packet.sequence, packet.octets));
        let key = (packet.key.spi, packet.key.dst, u64::from_be_bytes(*iv));
        let (known, _) = self.ivs.entry(key, || (digest, packet.evidence.clone()));
        if *known != digest && state.fact.repeated_iv.is_none() {
            let what = format!(
                "initialization vector used again, sequence number {}",
                packet.sequence
            );
            state.fact.repeated_iv = Some(packet.evidence.with(what));
        }
    }

    /// Whether ESP went from one address to the other at about this time.
    pub(super) fn active(&self, src: IpAddr, dst: IpAddr, time: Option<Timestamp>) -> bool {
        let Some(time) = time else {
            return false;
        };
        self.flows.iter().any(|(key, state)| {
            key.dst == dst
                && state.src == src
                && state
                    .last
                    .is_some_and(|last| (time.seconds - last.seconds).abs() <= ACTIVE_SECONDS)
        })
    }

    /// Facts about the senders.
    pub(super) fn finish(mut self, peers: &mut Peers) {
        let starts: Vec<(IpAddr, FlowKey, Option<Timestamp>)> = self
            .order
            .iter()
            .filter_map(|key| Some((self.flows.get(key)?.src, *key, self.flows.get(key)?.first)))
            .collect();
        for key in std::mem::take(&mut self.order) {
            let Some(mut state) = self.flows.remove(&key) else {
                continue;
            };
            let negotiated = self.children.get(&key);
            state.fact.cipher = negotiated.and_then(|transforms| transforms.encr.first().copied());
            state.fact.extended_sequence =
                negotiated.and_then(|transforms| match transforms.sequence_numbers.first() {
                    Some(&SequenceNumbers::BITS_32) => Some(false),
                    Some(&SequenceNumbers::PARTIALLY_TRANSMITTED_64) => Some(true),
                    _ => None,
                });
            state.fact.replaced = starts.iter().any(|(src, other, first)| {
                *src == state.src
                    && other.dst == key.dst
                    && other.layer == key.layer
                    && other.spi != key.spi
                    && *first > state.first
            });
            state.fact.both_encapsulations = state.in_udp && state.plain;
            state.fact.seconds = match (state.first, state.last) {
                (Some(first), Some(last)) => {
                    (last.seconds - first.seconds) as f64
                        + (f64::from(last.nanos) - f64::from(first.nanos)) / 1e9
                }
                _ => 0.0,
            };
            let peer = peers.of(state.src);
            add(
                &mut peer.flows,
                &mut peer.left_out,
                state.fact,
                |one, other| one.spi == other.spi && one.layer == other.layer,
            );
        }
    }

    /// What was negotiated for an SPI.
    pub(super) fn negotiated_for(&self, key: FlowKey) -> Option<&Transforms> {
        self.children.get(&key)
    }
}

impl State {
    fn new(packet: &FlowPacket<'_>) -> Self {
        let what = format!("{} {:#010x}", packet.key.layer.title(), packet.key.spi);
        Self {
            src: packet.src,
            fact: FlowFact {
                layer: packet.key.layer,
                spi: packet.key.spi,
                cipher: None,
                extended_sequence: None,
                packets: 0,
                octets: 0,
                highest_sequence: 0,
                out_of_order: 0,
                constant_sequence: true,
                seconds: 0.0,
                replaced: false,
                repeated_iv: None,
                predictable_iv: None,
                readable: None,
                truncated_icv: None,
                both_encapsulations: false,
                evidence: packet.evidence.with(what),
            },
            first: packet.time,
            last: None,
            packets_with_header: 0,
            tail: Vec::new(),
            tail_sequence: 0,
            iv: None,
            iv_step: None,
            iv_steps: 0,
            in_udp: false,
            plain: false,
            first_sequence: packet.sequence,
        }
    }

    fn count(&mut self, packet: &FlowPacket<'_>) {
        let fact = &mut self.fact;
        self.last = packet.time.or(self.last);
        self.in_udp |= packet.in_udp;
        self.plain |= !packet.in_udp;
        if packet.repeated {
            return;
        }
        fact.octets += packet.length;
        if fact.packets > 0 && packet.sequence <= fact.highest_sequence {
            fact.out_of_order += 1;
        }
        fact.packets += 1;
        fact.constant_sequence &= packet.sequence == self.first_sequence;
        fact.highest_sequence = fact.highest_sequence.max(packet.sequence);
        if packet.truncated_icv && fact.truncated_icv.is_none() {
            let what = "HMAC-SHA2-256 with an ICV of 96 bits".to_owned();
            fact.truncated_icv = Some(packet.evidence.with(what));
        }
    }

    /// An inner IP header in clear, and vectors of CBC that could be foreseen.
    fn look_inside(&mut self, packet: &FlowPacket<'_>) {
        if begins_with_ip(packet.octets) {
            self.packets_with_header += 1;
            if self.packets_with_header == READABLE {
                let what = format!("ESP {:#010x}: an IP header in clear", packet.key.spi);
                self.fact.readable = Some(packet.evidence.with(what));
            }
            return;
        }
        let Some(iv) = packet.octets.first_chunk::<16>() else {
            return;
        };
        let follows = packet.sequence == self.tail_sequence.wrapping_add(1);
        if follows && self.fact.predictable_iv.is_none() {
            let chained = self.tail.len() >= 16
                && ICVS.iter().any(|icv| {
                    let end = self.tail.len().saturating_sub(*icv);
                    let block = end
                        .checked_sub(16)
                        .and_then(|start| self.tail.get(start..end));
                    block == Some(iv)
                });
            if chained {
                let what = "the last block of the packet before is the initialization vector";
                self.fact.predictable_iv = Some((what, packet.evidence.clone()));
            }
            let step = self
                .iv
                .map(|before| u128::from_be_bytes(*iv).wrapping_sub(u128::from_be_bytes(before)));
            let counts = step.is_some_and(|step| step != 0 && step <= 1 << 16);
            self.iv_steps = if counts && step == self.iv_step {
                self.iv_steps + 1
            } else {
                0
            };
            self.iv_step = step;
            if self.iv_steps == COUNTED {
                let what = "initialization vectors count up";
                self.fact.predictable_iv = Some((what, packet.evidence.clone()));
            }
        }
        self.iv = Some(*iv);
        self.tail_sequence = packet.sequence;
        let start = packet.octets.len().saturating_sub(TAIL);
        self.tail.clear();
        self.tail
            .extend_from_slice(packet.octets.get(start..).unwrap_or_default());
    }
}

/// Whether an IPv4 header with a right checksum, or a plausible IPv6 header, stands at the start.
fn begins_with_ip(octets: &[u8]) -> bool {
    match octets.first() {
        Some(0x45) => {
            let Some(header) = octets.first_chunk::<20>() else {
                return false;
            };
            let sum: u32 = header
                .chunks_exact(2)
                .map(|pair| match pair {
                    [high, low] => u32::from(*high) << 8 | u32::from(*low),
                    _ => 0,
                })
                .sum();
            let folded = (sum & 0xffff) + (sum >> 16);
            (folded & 0xffff) + (folded >> 16) == 0xffff
        }
        Some(first) if first >> 4 == 6 => {
            let Some(header) = octets.first_chunk::<40>() else {
                return false;
            };
            let [_, _, _, _, high, low, next, ..] = *header;
            let length = 40 + usize::from(u16::from_be_bytes([high, low]));
            let fits = length <= octets.len() && octets.len() - length <= 64;
            fits && matches!(next, 6 | 17 | 58)
        }
        _ => false,
    }
}

/// Octets of the integrity check value of an SA, where they are known.
pub(super) fn is_sha256_128(transforms: &Transforms) -> bool {
    let integ = transforms
        .integ
        .first()
        .and_then(|integ| integ.as_v2())
        .map(|integ| integ.number);
    integ == Some(Number::Integ(I::HMAC_SHA2_256_128))
}

/// Whether a cipher breaks when a vector repeats.
pub(super) fn is_aead(cipher: Option<Algorithm>) -> bool {
    cipher.is_some_and(|cipher| {
        cipher.is_aead() && cipher.as_v2().map(|same| same.number) != Some(Number::Encr(E::NULL))
    })
}

/// A short form of octets that is enough to tell them apart.
pub(super) fn digest(octets: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    octets.hash(&mut hasher);
    hasher.finish()
}

/// Packets with an inner header that are no chance.
const READABLE: u64 = 3;
/// Octets at the end of a packet: the last block and the longest ICV.
const TAIL: usize = 48;
/// Lengths of integrity check values.
const ICVS: [usize; 5] = [0, 12, 16, 24, 32];
/// Steps of a counter that are no chance.
const COUNTED: u32 = 3;
/// A flow without a packet for longer may be gone.
const ACTIVE_SECONDS: i64 = 30;
