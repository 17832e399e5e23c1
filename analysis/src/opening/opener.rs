//! From the secrets of the user to clear text.

use std::borrow::Cow;

use ikescope_crypto::opening::AhPacket;
use ikescope_dissectors::registries::ikev2::ExchangeType;
use ikescope_dissectors::registries::ip::IpProtocol;
use ikescope_dissectors::{Content as Payloads, Esp, Flags, IkeSpi, Issues, Message, Octets};

use super::bulk::ReadySa;
use super::children::Children;
use super::choice::SaProtocol;
use super::flows::{FlowKey, Flows, Sources};
use super::held::Held;
use super::ike_sa_v1::IkeSaV1;
use super::ike_sa_v2::{Discovery, IkeSaV2, Keying, SaSpis, Unopened};
use super::key_ring::KeyRing;
use super::proofs;
use super::split::Split;
use crate::limits::{MAX_FRAGMENTED_DATAGRAMS, MAX_IKE_SAS, MAX_INIT_REQUESTS};
use crate::observation::{Content, Endpoint, FrameId, Ike, Observation, Unrelated};
use crate::opened::{Closed, EspOpened, Integrity, KeySource, Opened, OpeningNote};
use crate::recent::Recent;

/// What is not a matter of the keys.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenerOptions {
    /// Gives clear text that nothing proves, marked as unchecked.
    pub unverified: bool,
}

/// Opens what keys open. [`Self::learn`] takes IKE messages into account, [`Self::open`] fills in what was inside.
///
/// A capture that can be read twice is learnt as a whole first: then nothing depends on the order of its packets. From a
/// stream each packet is learnt and opened at once.
#[derive(Debug)]
pub struct Opener {
    options: OpenerOptions,
    ring: KeyRing,
    pub(super) children: Children,
    flows: Flows,
    inits: Recent<IkeSpi, Inits>,
    pub(super) v1: Recent<IkeSpi, IkeSaV1>,
    pub(super) v2: Recent<SaSpis, IkeSaV2>,
    /// Fragments under way where messages are opened, apart from where they are learnt.
    splits: Recent<SaSpis, Split>,
    /// What stands before AH in the first IP fragments, by their frames: AH covers it.
    headers: Recent<FrameId, Vec<u8>>,
}

/// Messages of IKE_SA_INIT of one initiator SPI.
#[derive(Debug, Default)]
struct Inits {
    requests: Vec<Held>,
    responses: Vec<Held>,
}

impl Opener {
    /// With these keys.
    #[must_use]
    pub fn new(ring: KeyRing, options: OpenerOptions) -> Self {
        Self {
            options,
            ring,
            children: Children::default(),
            flows: Flows::new(),
            inits: Recent::new(MAX_IKE_SAS),
            v1: Recent::new(MAX_IKE_SAS),
            v2: Recent::new(MAX_IKE_SAS),
            splits: Recent::new(MAX_IKE_SAS),
            headers: Recent::new(MAX_FRAGMENTED_DATAGRAMS),
        }
    }

    /// The keys, with what became of each.
    #[must_use]
    pub fn keys(&self) -> &KeyRing {
        &self.ring
    }

    /// Whether [`Self::learn`] has anything to learn: keys of ESP SAs need nothing of IKE.
    #[must_use]
    pub fn learns(&self) -> bool {
        self.ring.needs_learning()
    }

    /// Whether there are keys for the IKE SA that this is a message of, so that all of its messages should be learnt before
    /// it is opened.
    pub fn awaits(&mut self, observation: &Observation<'_>) -> bool {
        let message = ike_of(&observation.content).and_then(|ike| ike.message.as_ref());
        message.is_some_and(|message| {
            let header = &message.header;
            self.ring.want_ike(header.initiator_spi);
            self.ring
                .may_open(header.initiator_spi, header.responder_spi)
        })
    }

    /// Takes a packet into account.
    pub fn learn(&mut self, observation: &Observation<'_>) {
        let (Some(src), Some(dst)) = (observation.src, observation.dst) else {
            return;
        };
        if !self.ring.needs_learning() {
            return;
        }
        let Some(ike) = ike_of(&observation.content) else {
            return;
        };
        let octets = match (&ike.reassembled, &ike.message) {
            (Some(whole), _) => &whole.octets,
            (None, Some(message)) => message.octets,
            (None, None) => return,
        };
        let held = Held::new(octets, src, dst, observation.frame);
        let Some(message) = held.message() else {
            return;
        };
        let header = message.header;
        if header.initiator_spi == IkeSpi::NONE {
            return;
        }
        self.ring.want_ike(header.initiator_spi);
        match header.version.major() {
            1 => {
                let spi = header.initiator_spi;
                let sa = self.v1.entry(spi, || IkeSaV1::new(spi));
                let discoveries = sa.learn(held.clone(), &mut self.ring);
                self.take(discoveries);
            }
            2 => self.learn_v2(&message, &held),
            _ => {}
        }
    }

    fn learn_v2(&mut self, message: &Message<'_>, held: &Held) {
        let header = &message.header;
        if header.exchange == ExchangeType::IKE_SA_INIT.0 {
            let inits = self.inits.entry(header.initiator_spi, Inits::default);
            let list = match header.flags.contains(Flags::RESPONSE) {
                true => &mut inits.responses,
                false => &mut inits.requests,
            };
            if list.len() >= MAX_INIT_REQUESTS
                || list.iter().any(|known| known.octets == held.octets)
            {
                return;
            }
            list.push(held.clone());
            self.learn_keyings(header.initiator_spi);
            return;
        }
        let spis = (header.initiator_spi, header.responder_spi);
        let unverified = self.options.unverified;
        let sa = self.v2.entry(spis, || IkeSaV2::new(spis, unverified));
        let discoveries = sa.learn(held.clone(), &mut self.ring);
        self.take(discoveries);
    }

    /// Pairs each response of IKE_SA_INIT with each request: a cookie or another group makes several.
    fn learn_keyings(&mut self, initiator: IkeSpi) {
        let Some(inits) = self.inits.get(&initiator) else {
            return;
        };
        let keyings: Vec<(SaSpis, Keying)> = inits
            .responses
            .iter()
            .filter_map(|response| {
                let responder = response.message()?.header.responder_spi;
                let keyings = inits
                    .requests
                    .iter()
                    .rev()
                    .filter_map(move |request| Keying::of_init(request, response));
                Some(keyings.map(move |keying| ((initiator, responder), keying)))
            })
            .flatten()
            .collect();
        for (spis, keying) in keyings {
            self.add_keying(spis, keying);
        }
    }

    fn add_keying(&mut self, spis: SaSpis, keying: Keying) {
        let unverified = self.options.unverified;
        self.ring.want_ike(spis.0);
        let sa = self.v2.entry(spis, || IkeSaV2::new(spis, unverified));
        if sa.add_keying(keying) {
            let discoveries = sa.advance(&mut self.ring);
            self.take(discoveries);
        }
    }

    /// Carries what one SA told to others.
    fn take(&mut self, discoveries: Vec<Discovery>) {
        for discovery in discoveries {
            match discovery {
                Discovery::Child(child) => self.children.add(child),
                Discovery::Seed(ends, seed) => self.children.add_seed(ends, seed),
                Discovery::Rekeyed(spis, keying) => self.add_keying(spis, *keying),
            }
        }
    }

    /// Fills in what was inside, or why it stays closed. `frame` are the octets of the frame.
    pub fn open(&mut self, observation: &mut Observation<'_>, frame: &[u8]) {
        if self.ring.is_empty() && !self.options.unverified {
            return;
        }
        let (Some(src), Some(dst)) = (observation.src, observation.dst) else {
            return;
        };
        let packet = Packet {
            src,
            dst,
            frame_id: observation.frame,
            truncated: observation.truncated,
            octets: observation.octets,
            ip: match observation.reassembled_from.first() {
                None => observation.header.and_then(|header| {
                    let end = observation.offset + observation.octets.len();
                    frame.get(header..end).map(Cow::Borrowed)
                }),
                Some(first) => {
                    let first = FrameId {
                        number: *first,
                        ..observation.frame
                    };
                    let before = self.headers.get(&first);
                    before
                        .and_then(|before| whole_packet(before, observation.octets).map(Cow::Owned))
                }
            },
        };
        match &mut observation.content {
            Content::Ike(ike) => self.open_ike(ike, &packet),
            Content::Fragment {
                protocol,
                offset: 0,
                ..
            }
            | Content::Other(Unrelated::Ip(protocol)) => {
                let data = frame.get(observation.offset..).unwrap_or_default();
                let before = observation
                    .header
                    .zip(options_before_ah(*protocol, data))
                    .and_then(|(header, len)| frame.get(header..observation.offset + len));
                if let Some(before) = before {
                    *self.headers.entry(observation.frame, Vec::new) = before.to_vec();
                }
            }
            Content::Esp(Some(esp)) => {
                let result = self.open_esp(esp, packet.octets, &packet);
                (observation.esp_opened, observation.esp_closed) = split(result);
            }
            Content::Wesp(Some((_, Some(esp)))) => {
                let whole = from_end(packet.octets, esp);
                let result = self.open_esp(esp, whole, &packet);
                (observation.esp_opened, observation.esp_closed) = split(result);
            }
            Content::Ah(Some(ah), inner) => {
                let key = FlowKey {
                    protocol: SaProtocol::Ah,
                    spi: ah.spi.0,
                    src: src.address,
                    dst: dst.address,
                };
                match self.verify(key, &packet) {
                    Ok(source) => {
                        observation.ah_integrity = Some(Integrity::Verified);
                        observation.ah_key = Some(source);
                    }
                    Err(why) => {
                        observation.ah_integrity =
                            (why == Closed::Integrity).then_some(Integrity::Failed);
                        observation.esp_closed = Some(why);
                    }
                }
                match inner.as_deref_mut() {
                    Some(Content::Ike(ike)) => self.open_ike(ike, &packet),
                    Some(Content::Esp(Some(esp))) => {
                        let whole = from_end(packet.octets, esp);
                        let result = self.open_esp(esp, whole, &packet);
                        let (opened, closed) = split(result);
                        observation.esp_opened = opened;
                        observation.esp_closed = closed.or(observation.esp_closed.take());
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// The keys that opened packets of this flow before, for ESP whose packets can be opened in any order.
    #[must_use]
    pub fn ready(&self, observation: &Observation<'_>) -> Option<ReadySa> {
        let (Content::Esp(Some(esp)), false, Some(_)) = (
            &observation.content,
            observation.truncated,
            observation.header,
        ) else {
            return None;
        };
        let ends = (observation.src?.address, observation.dst?.address);
        let key = FlowKey {
            protocol: SaProtocol::Esp,
            spi: esp.spi.0,
            src: ends.0,
            dst: ends.1,
        };
        let (keys, numbers) = self.flows.known(&key)?;
        if keys.beet.or_else(|| self.children.beet(key.spi)).is_some() {
            return None;
        }
        ReadySa::new(keys, numbers, ends)
    }

    /// Opens a packet of a flow whose keys did not fit it: other keys are tried.
    ///
    /// # Errors
    /// Why it stays closed.
    pub fn open_again(&mut self, ready: &ReadySa, packet: &[u8]) -> Result<EspOpened, Closed> {
        let spi = packet
            .get(..4)
            .and_then(|octets| octets.try_into().ok())
            .map(u32::from_be_bytes)
            .ok_or(Closed::Truncated)?;
        let key = FlowKey {
            protocol: SaProtocol::Esp,
            spi,
            src: ready.ends.0,
            dst: ready.ends.1,
        };
        let mut sources = Sources {
            ring: &mut self.ring,
            children: &self.children,
            unverified: self.options.unverified,
        };
        self.flows.open(key, packet, &mut sources)
    }

    /// Counts packets that were opened with keys of [`Self::ready`].
    pub fn count(&mut self, ready: &ReadySa, packets: u64) {
        self.ring.count(&ready.keys.origin, packets);
    }

    fn open_esp(
        &mut self,
        esp: &Esp<'_>,
        whole: &[u8],
        packet: &Packet<'_>,
    ) -> Result<Box<EspOpened>, Closed> {
        if packet.truncated {
            return Err(Closed::Truncated);
        }
        let key = FlowKey {
            protocol: SaProtocol::Esp,
            spi: esp.spi.0,
            src: packet.src.address,
            dst: packet.dst.address,
        };
        let mut sources = Sources {
            ring: &mut self.ring,
            children: &self.children,
            unverified: self.options.unverified,
        };
        self.flows.open(key, whole, &mut sources).map(Box::new)
    }

    fn verify(&mut self, key: FlowKey, packet: &Packet<'_>) -> Result<KeySource, Closed> {
        if packet.truncated {
            return Err(Closed::Truncated);
        }
        let Some(ip) = packet.ip.as_deref() else {
            return Err(Closed::Unsupported(
                "AH behind other headers in IP fragments".to_owned(),
            ));
        };
        let ah = AhPacket {
            packet: ip,
            header: ip.len().saturating_sub(packet.octets.len()),
        };
        let mut sources = Sources {
            ring: &mut self.ring,
            children: &self.children,
            unverified: self.options.unverified,
        };
        self.flows.verify(key, &ah, &mut sources)
    }

    fn open_ike(&mut self, ike: &mut Ike<'_>, packet: &Packet<'_>) {
        let reassembled = ike.reassembled.as_ref().map(|whole| whole.octets.clone());
        let mut issues = Issues::default();
        let whole = reassembled
            .as_ref()
            .and_then(|octets| Message::parse(Octets::new(octets), &mut issues));
        let Some(message) = whole.as_ref().or(ike.message.as_ref()) else {
            return;
        };
        let outcome = match &message.content {
            Payloads::V1Encrypted(_) => self.open_v1(message, packet),
            Payloads::V1(_) => self.check_clear_v1(message, packet),
            Payloads::V2(_) => self.open_v2(message, packet),
            Payloads::Unknown(_) => return,
        };
        ike.opened = outcome.opened.map(Box::new);
        ike.closed = outcome.closed;
        ike.verifications = outcome.verifications;
    }

    fn open_v1(&mut self, message: &Message<'_>, packet: &Packet<'_>) -> Outcome {
        let header = &message.header;
        let Some(sa) = self.v1.get(&header.initiator_spi) else {
            return Outcome {
                closed: Some(Closed::NoKey),
                ..Outcome::default()
            };
        };
        match sa.open(message) {
            Ok(opened) => {
                let Some(phase) = sa.phases.get(opened.phase) else {
                    return Outcome::default();
                };
                let origin = phase.origin.clone();
                let checked = proofs::of_v1(sa, header, &opened, packet.src, &self.ring);
                self.ring.count(&origin, 1);
                Outcome {
                    opened: Some(Opened {
                        octets: opened.plaintext,
                        first: opened.first,
                        carrier: 0,
                        integrity: checked.integrity,
                        frames: Vec::new(),
                        key: origin.source(),
                        notes: match opened.noise {
                            0 => Vec::new(),
                            octets => vec![OpeningNote::FirstBlockUnknown { octets }],
                        },
                    }),
                    closed: None,
                    verifications: checked.verifications,
                }
            }
            Err(unopened) => Outcome {
                closed: closed(unopened),
                verifications: proofs::of_closed_v1(sa, header, &self.ring),
                opened: None,
            },
        }
    }

    /// Aggressive mode proves itself in clear.
    fn check_clear_v1(&mut self, message: &Message<'_>, packet: &Packet<'_>) -> Outcome {
        let verifications = match self.v1.get(&message.header.initiator_spi) {
            Some(sa) => proofs::of_clear_v1(sa, message, packet.src, &mut self.ring),
            None => Vec::new(),
        };
        Outcome {
            verifications,
            ..Outcome::default()
        }
    }

    fn open_v2(&mut self, message: &Message<'_>, packet: &Packet<'_>) -> Outcome {
        let header = &message.header;
        let spis = (header.initiator_spi, header.responder_spi);
        let split = self.splits.entry(spis, Split::default);
        let unknown = IkeSaV2::default();
        let sa = self.v2.get(&spis).unwrap_or(&unknown);
        match sa.open(message, packet.frame_id, split) {
            Ok(opened) => {
                let Some(epoch) = sa.epochs.get(opened.epoch) else {
                    return Outcome::default();
                };
                let origin = epoch.origin.clone();
                let verifications = proofs::of_v2(sa, header, &opened, &mut self.ring);
                self.ring.count(&origin, 1);
                let mut notes = Vec::new();
                if !opened.forged.is_empty() {
                    notes.push(OpeningNote::ForgedFragments {
                        frames: opened.forged,
                    });
                }
                Outcome {
                    opened: Some(Opened {
                        octets: opened.plaintext,
                        first: opened.first,
                        carrier: opened.carrier,
                        integrity: match opened.verified {
                            true => Integrity::Verified,
                            false => Integrity::Unchecked,
                        },
                        frames: opened.frames,
                        key: origin.source(),
                        notes,
                    }),
                    closed: None,
                    verifications,
                }
            }
            Err(Unopened::Nothing) => Outcome::default(),
            Err(unopened) => {
                if let Unopened::Fragment { origin, .. } = &unopened {
                    self.ring.count(origin, 1);
                }
                let verifications = match &unopened {
                    Unopened::NoKey | Unopened::ChildKeysOnly => {
                        proofs::of_closed_v2(header, &self.ring)
                    }
                    _ => Vec::new(),
                };
                Outcome {
                    closed: closed(unopened),
                    verifications,
                    opened: None,
                }
            }
        }
    }

    /// Says of every key that opened nothing why, as far as the capture tells.
    pub fn finish(&mut self) {
        self.ring
            .explain(|initiator, responder| match (initiator, responder) {
                (Some(initiator), Some(responder)) => {
                    self.v2.get(&(initiator, responder)).is_some()
                        || self.v1.get(&initiator).is_some()
                }
                (Some(initiator), None) => {
                    self.v1.get(&initiator).is_some() || self.inits.get(&initiator).is_some()
                }
                _ => true,
            });
    }
}

/// What opening a message gave.
#[derive(Debug, Default)]
struct Outcome {
    opened: Option<Opened>,
    closed: Option<Closed>,
    verifications: Vec<crate::opened::Verification>,
}

/// A packet as far as opening needs it.
struct Packet<'a> {
    src: Endpoint,
    dst: Endpoint,
    frame_id: FrameId,
    truncated: bool,
    octets: &'a [u8],
    /// The packet from its innermost IP header on, as its sender made it.
    ip: Option<Cow<'a, [u8]>>,
}

/// The packet that was fragmented: `before` is what stands in front of the data in its first fragment.
fn whole_packet(before: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let mut packet = before.to_vec();
    let length_at = match before.first()? >> 4 {
        4 => {
            packet.get_mut(6..8)?.fill(0);
            2
        }
        _ => {
            // The fragment header goes, and the one before it says what follows now (RFC 8200, section 4.5).
            let (mut says, mut at) = (6, IPV6_HEADER_LEN);
            while *before.get(says)? != IpProtocol::IPV6_FRAG.0 {
                says = at;
                at += extension_len(before.get(at..)?)?;
            }
            *packet.get_mut(says)? = *before.get(at)?;
            let behind = packet.get(at + IPV6_FRAGMENT_HEADER_LEN..)?.to_vec();
            packet.truncate(at);
            packet.extend(behind);
            4
        }
    };
    packet.extend_from_slice(data);
    let declared = match length_at {
        2 => packet.len(),
        _ => packet.len().checked_sub(IPV6_HEADER_LEN)?,
    };
    let declared = u16::try_from(declared).ok()?.to_be_bytes();
    packet
        .get_mut(length_at..length_at + 2)?
        .copy_from_slice(&declared);
    Some(packet)
}

/// Octets of destination options between what fragments and AH, which may stand there (RFC 4302, section 3.1.1); none if AH
/// does not follow.
fn options_before_ah(mut protocol: u8, data: &[u8]) -> Option<usize> {
    let mut len = 0;
    while protocol == IpProtocol::IPV6_OPTS.0 {
        let options = data.get(len..)?;
        protocol = *options.first()?;
        len += extension_len(options)?;
    }
    (protocol == IpProtocol::AH.0).then_some(len)
}

/// Octets of an extension header, which says how many units of eight follow its first (RFC 8200, section 4).
fn extension_len(header: &[u8]) -> Option<usize> {
    Some((usize::from(*header.get(1)?) + 1) * 8)
}

const IPV6_HEADER_LEN: usize = 40;
const IPV6_FRAGMENT_HEADER_LEN: usize = 8;

fn ike_of<'o, 'a>(content: &'o Content<'a>) -> Option<&'o Ike<'a>> {
    match content {
        Content::Ike(ike) => Some(ike),
        Content::Ah(_, Some(inner)) => ike_of(inner),
        _ => None,
    }
}

/// The whole ESP packet, which ends with the octets that carry it.
fn from_end<'a>(octets: &'a [u8], esp: &Esp<'_>) -> &'a [u8] {
    let len = esp.octets.len() + Esp::HEADER_LEN;
    octets
        .len()
        .checked_sub(len)
        .and_then(|start| octets.get(start..))
        .unwrap_or_default()
}

fn split<T>(result: Result<T, Closed>) -> (Option<T>, Option<Closed>) {
    match result {
        Ok(opened) => (Some(opened), None),
        Err(closed) => (None, Some(closed)),
    }
}

fn closed(unopened: Unopened) -> Option<Closed> {
    Some(match unopened {
        Unopened::Nothing => return None,
        Unopened::NoKey => Closed::NoKey,
        Unopened::ChildKeysOnly => Closed::ChildKeysOnly,
        Unopened::Integrity => Closed::Integrity,
        Unopened::Truncated => Closed::Truncated,
        Unopened::Unsupported(name) => Closed::Unsupported(name),
        Unopened::Fragment {
            number,
            total,
            missing,
            ..
        } => Closed::Fragment {
            number,
            total,
            missing,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4302, section 3.3.3.1.2.3: AH is computed before fragmentation; RFC 8200, section 4.5, says what goes then.
    #[test]
    fn a_packet_is_whole_again_with_the_options_before_ah() {
        let hop_by_hop = [44, 0, 0x1e, 4, 1, 2, 3, 4];
        let fragment = [60, 0, 0, 1, 9, 9, 9, 9];
        let options = [51, 0, 0x3e, 4, 5, 6, 7, 8];
        let mut first = vec![0x60, 0, 0, 0, 0, 24, 0, 64];
        first.extend([0x20; 32]);
        let unfragmentable = first.len();
        first.extend(hop_by_hop);
        first.extend(fragment);
        let data = first.len();
        first.extend(options);
        let len = options_before_ah(60, &first[data..]).expect("AH follows");
        let whole = whole_packet(&first[..data + len], &[17; 100]).expect("long enough");
        assert_eq!(whole[4..6], [0, 116]);
        assert_eq!(whole[unfragmentable], 60);
        assert_eq!(whole[unfragmentable + 1..][..7], hop_by_hop[1..]);
        assert_eq!(whole[unfragmentable + 8..][..8], options);
        assert_eq!(whole[unfragmentable + 16..], [17; 100]);
        assert_eq!(options_before_ah(60, &[50, 0, 0, 0, 0, 0, 0, 0]), None);
    }
}
