//! Flows of ESP and AH: which keys open the packets of an SPI between two addresses.

use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

use ikescope_crypto::CryptoError;
use ikescope_crypto::Secret;
use ikescope_crypto::key_material::{AddressPattern, Material};
use ikescope_crypto::opening::AhPacket;
use ikescope_dissectors::registries::ikev2::EncryptionAlgorithm;

use super::children::Children;
use super::choice::SaProtocol;
use super::esp_sa::{FEW_HIGH, Numbers, SaKeys, all_suites, of_ah, of_esp, of_suite};
use super::inner::{Unwrapped, plausible, unwrap};
use super::key_ring::{KeyRing, Refusal};
use super::null::recognised;
use crate::limits::{MAX_FLOW_ATTEMPTS, MAX_FLOWS, MAX_NESTED};
use crate::opened::{Closed, EspOpened, Inner, Integrity, KeySource, OpeningNote};
use crate::recent::Recent;

/// What tells a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FlowKey {
    pub(crate) protocol: SaProtocol,
    pub(crate) spi: u32,
    pub(crate) src: IpAddr,
    pub(crate) dst: IpAddr,
}

/// The keys of each flow, found at its first packets.
#[derive(Debug)]
pub(crate) struct Flows {
    flows: Recent<FlowKey, Flow>,
    /// The keys that opened an SPI last, wherever its packets went: addresses move with NAT and MOBIKE.
    by_spi: Recent<(SaProtocol, u32), Arc<SaKeys>>,
    seed_trials: u32,
}

#[derive(Debug, Default)]
struct Flow {
    keys: Option<Arc<SaKeys>>,
    numbers: Numbers,
    attempts: u32,
    generation: u64,
    /// Why the last attempt failed.
    closed: Option<Closed>,
}

/// The place of what a packet carries, its next header, the keys, and where the numbers stand.
type Resolved = (Range<usize>, u8, Arc<SaKeys>, Numbers);

/// Tries keys on a packet, as [`SaKeys::with_high`] does.
trait Attempt:
    Fn(&SaKeys, &mut Numbers, u32, &mut Vec<u8>) -> Result<(Range<usize>, u8), CryptoError>
{
}

impl<F> Attempt for F where
    F: Fn(&SaKeys, &mut Numbers, u32, &mut Vec<u8>) -> Result<(Range<usize>, u8), CryptoError>
{
}

/// A candidate, and the key of the ring that it is, if it is one.
struct Candidate {
    ways: Result<Vec<SaKeys>, Closed>,
    key: Option<usize>,
}

/// What a packet needs to be opened.
pub(crate) struct Sources<'a> {
    pub(crate) ring: &'a mut KeyRing,
    pub(crate) children: &'a Children,
    /// Whether clear text without a check may be given.
    pub(crate) unverified: bool,
}

impl Flows {
    pub(crate) fn new() -> Self {
        Self {
            flows: Recent::new(MAX_FLOWS),
            by_spi: Recent::new(MAX_FLOWS),
            seed_trials: 0,
        }
    }

    /// The keys that are known to open a flow.
    pub(crate) fn known(&self, key: &FlowKey) -> Option<(Arc<SaKeys>, Numbers)> {
        let flow = self.flows.get(key)?;
        Some((flow.keys.clone()?, flow.numbers))
    }

    /// Opens an ESP packet, from its SPI to the end of its ICV.
    pub(crate) fn open(
        &mut self,
        key: FlowKey,
        packet: &[u8],
        sources: &mut Sources<'_>,
    ) -> Result<EspOpened, Closed> {
        self.open_nested(key, packet, sources, 0)
    }

    fn open_nested(
        &mut self,
        key: FlowKey,
        packet: &[u8],
        sources: &mut Sources<'_>,
        depth: usize,
    ) -> Result<EspOpened, Closed> {
        let mut out = Vec::new();
        let sequence = sequence(packet).ok_or(Closed::Truncated)?;
        let opening = |keys: &SaKeys, numbers: &mut Numbers, highs: u32, out: &mut Vec<u8>| {
            keys.with_high(sequence, numbers, highs, |high| {
                open_one(keys, packet, high, out)
            })
        };
        let (place, next_header, keys, numbers) =
            self.resolve(key, sources, packet, &mut out, opening)?;
        let beet = keys.beet.or_else(|| sources.children.beet(key.spi));
        let mut unwrapped = unwrap(&mut out, place, next_header, (key.src, key.dst), beet);
        sources.ring.count(&keys.origin, 1);
        let inner = match unwrapped.nested.take() {
            Some(place) if depth < MAX_NESTED => {
                let within = out.get(place).unwrap_or_default().to_vec();
                self.open_within(&within, &unwrapped.inner, sources, depth)
            }
            _ => None,
        };
        let opened = finish(out, unwrapped, &keys, &numbers);
        let Some((spi, inner)) = inner else {
            return Ok(opened);
        };
        let mut notes = opened.notes;
        notes.push(OpeningNote::Nested { spi });
        notes.extend(inner.notes);
        Ok(EspOpened { notes, ..inner })
    }

    /// Opens ESP within a packet, if there are keys for it.
    fn open_within(
        &mut self,
        packet: &[u8],
        outer: &Inner,
        sources: &mut Sources<'_>,
        depth: usize,
    ) -> Option<(u32, EspOpened)> {
        let spi = u32::from_be_bytes(packet.get(..4)?.try_into().ok()?);
        let key = FlowKey {
            protocol: SaProtocol::Esp,
            spi,
            src: outer.src,
            dst: outer.dst,
        };
        let opened = self.open_nested(key, packet, sources, depth + 1).ok()?;
        Some((spi, opened))
    }

    /// Verifies an Authentication Header.
    pub(crate) fn verify(
        &mut self,
        key: FlowKey,
        ah: &AhPacket<'_>,
        sources: &mut Sources<'_>,
    ) -> Result<KeySource, Closed> {
        let sequence = ah
            .packet
            .get(ah.header + 8..ah.header + 12)
            .and_then(|octets| octets.try_into().ok())
            .map(u32::from_be_bytes)
            .ok_or(Closed::Truncated)?;
        let mut out = Vec::new();
        let verifying = |keys: &SaKeys, numbers: &mut Numbers, highs: u32, _: &mut Vec<u8>| {
            keys.with_high(sequence, numbers, highs, |high| {
                keys.verify(ah, high).map(|()| (0..0, 0))
            })
        };
        let (_, _, keys, _) = self.resolve(key, sources, &[], &mut out, verifying)?;
        sources.ring.count(&keys.origin, 1);
        Ok(keys.origin.source())
    }

    /// Finds the keys with which `attempt` succeeds: those that served last, else every candidate.
    fn resolve(
        &mut self,
        key: FlowKey,
        sources: &mut Sources<'_>,
        packet: &[u8],
        out: &mut Vec<u8>,
        attempt: impl Attempt,
    ) -> Result<Resolved, Closed> {
        let generation = sources.children.generation();
        let flow = self.flows.entry(key, Flow::default);
        let mut failed = None;
        if let Some(keys) = flow.keys.clone() {
            match attempt(&keys, &mut flow.numbers, 0, out) {
                Ok((place, next)) => return Ok((place, next, keys, flow.numbers)),
                Err(error) => failed = Some(closed(&error)),
            }
        }
        if flow.generation != generation {
            flow.generation = generation;
            flow.attempts = 0;
        }
        if flow.attempts >= MAX_FLOW_ATTEMPTS {
            let closed = flow.closed.clone().or(failed);
            return Err(closed.unwrap_or(Closed::NoKey));
        }
        flow.attempts += 1;
        let search = flow.attempts <= 2;
        let highs = if search { FEW_HIGH } else { 0 };
        if flow.keys.is_none()
            && let Some(keys) = self.by_spi.get(&(key.protocol, key.spi)).cloned()
        {
            let mut numbers = Numbers::default();
            if let Ok((place, next)) = attempt(&keys, &mut numbers, highs, out) {
                self.remember(key, &keys, numbers);
                return Ok((place, next, keys, numbers));
            }
        }
        let candidates = candidates(&key, sources);
        for candidate in candidates {
            let ways = match candidate.ways {
                Ok(ways) => ways,
                Err(why) => {
                    failed = Some(why);
                    continue;
                }
            };
            let mut refusal = Refusal::Integrity;
            for keys in ways {
                if !keys.verifies() && !sources.unverified {
                    failed = failed.or(Some(Closed::Unverifiable));
                    refusal = Refusal::Unverifiable;
                    continue;
                }
                let mut numbers = Numbers::default();
                match attempt(&keys, &mut numbers, highs, out) {
                    Ok((place, next)) => {
                        let keys = Arc::new(keys);
                        self.remember(key, &keys, numbers);
                        return Ok((place, next, keys, numbers));
                    }
                    Err(error) => failed = Some(closed(&error)),
                }
            }
            if let Some(index) = candidate.key {
                sources.ring.refuse(index, refusal);
            }
        }
        if search && let Some(found) = self.try_seeds(&key, sources, out, &attempt) {
            let (place, next, keys, numbers) = found;
            self.remember(key, &keys, numbers);
            return Ok((place, next, keys, numbers));
        }
        if key.protocol == SaProtocol::Esp
            && failed.is_none()
            && let Some(keys) = recognised(packet, (key.src, key.dst))
        {
            if !sources.unverified {
                failed = Some(Closed::NotEncrypted);
            } else if let Ok((place, next)) = attempt(&keys, &mut Numbers::default(), 0, out) {
                let keys = Arc::new(keys);
                self.remember(key, &keys, Numbers::default());
                return Ok((place, next, keys, Numbers::default()));
            }
        }
        let closed = failed.unwrap_or(Closed::NoKey);
        self.flows.entry(key, Flow::default).closed = Some(closed.clone());
        Err(closed)
    }

    fn remember(&mut self, key: FlowKey, keys: &Arc<SaKeys>, numbers: Numbers) {
        let flow = self.flows.entry(key, Flow::default);
        flow.keys = Some(keys.clone());
        flow.numbers = numbers;
        *self.by_spi.entry((key.protocol, key.spi), || keys.clone()) = keys.clone();
    }

    /// The keys of a first child from SK_d alone: every suite is tried, in both directions.
    fn try_seeds(
        &mut self,
        key: &FlowKey,
        sources: &Sources<'_>,
        out: &mut Vec<u8>,
        attempt: impl Attempt,
    ) -> Option<Resolved> {
        let seeds = sources.children.seeds((key.src, key.dst));
        if seeds.is_empty() || self.seed_trials >= MAX_SEED_TRIALS {
            return None;
        }
        self.seed_trials += 1;
        let mut suites = all_suites();
        suites.retain(|suite| {
            key.protocol == SaProtocol::Esp || suite.encryption == EncryptionAlgorithm::NULL
        });
        for seed in seeds {
            let stream = seed
                .prf
                .plus(
                    seed.sk_d.expose(),
                    &[&seed.nonce_i, &seed.nonce_r],
                    MAX_KEYMAT,
                )
                .ok()?;
            for suite in &suites {
                let (Ok(encryption), Ok(integrity)) =
                    (suite.encryption_len(), suite.integrity_len())
                else {
                    continue;
                };
                let one = encryption + integrity;
                for start in [0, one] {
                    let part = |from: usize, len: usize| {
                        stream.expose().get(from..from + len).map(Secret::from)
                    };
                    let (Some(encryption_key), Some(integrity_key)) =
                        (part(start, encryption), part(start + encryption, integrity))
                    else {
                        continue;
                    };
                    let keys = (&encryption_key, &integrity_key);
                    let ways = of_suite(key.protocol, suite, keys, None, &seed.origin);
                    for mut keys in ways.into_iter().flatten().filter(SaKeys::verifies) {
                        keys.guessed = true;
                        let mut numbers = Numbers::default();
                        // The messages that made the child are in the capture: extended numbers began at zero.
                        if let Ok((place, next)) = attempt(&keys, &mut numbers, 1, out) {
                            return Some((place, next, Arc::new(keys), numbers));
                        }
                    }
                }
            }
        }
        None
    }
}

/// Decrypts one packet; gives the place of the payload data in `out`.
pub(crate) fn open_one(
    keys: &SaKeys,
    packet: &[u8],
    high: Option<u32>,
    out: &mut Vec<u8>,
) -> Result<(Range<usize>, u8), CryptoError> {
    let content = keys.open(packet, high, out)?;
    if (!keys.verifies() || keys.guessed)
        && !plausible(content.payload, content.padding, content.next_header)
    {
        return Err(CryptoError::IntegrityMismatch);
    }
    Ok((0..content.payload.len(), content.next_header))
}

/// What is shown of an opened packet.
pub(crate) fn finish(
    mut out: Vec<u8>,
    unwrapped: Unwrapped,
    keys: &SaKeys,
    numbers: &Numbers,
) -> EspOpened {
    let Unwrapped {
        place,
        next_header,
        carriage,
        inner,
        notes,
        ..
    } = unwrapped;
    out.truncate(place.end);
    out.drain(..place.start.min(out.len()));
    let mut all = keys.notes(numbers);
    all.extend(notes);
    EspOpened {
        octets: out,
        next_header,
        carriage,
        integrity: match keys.verifies() {
            true => Integrity::Verified,
            false => Integrity::Unchecked,
        },
        inner,
        key: keys.origin.source(),
        notes: all,
    }
}

/// Every key that may open a flow: of its SPI and addresses, of its SPI, of any SPI.
fn candidates(flow: &FlowKey, sources: &mut Sources<'_>) -> Vec<Candidate> {
    let mut list = Vec::new();
    sources.ring.want_spi(flow.spi);
    let own = sources.ring.of_spi(flow.spi).to_vec();
    let fits = |ring: &KeyRing, key: usize| match ring.material(key) {
        Some(Material::EspSa(sa)) => {
            (flow.protocol == SaProtocol::Esp).then(|| matches(flow, sa.src, sa.dst))
        }
        Some(Material::AhSa(sa)) => {
            (flow.protocol == SaProtocol::Ah).then(|| matches(flow, sa.src, sa.dst))
        }
        _ => None,
    };
    // Addresses of a key may be those before NAT or MOBIKE: they order the keys of an SPI, and do not exclude them.
    let mut exact = Vec::new();
    let mut others = Vec::new();
    for key in own {
        match fits(sources.ring, key) {
            Some(true) => exact.push(key),
            Some(false) => others.push(key),
            None => {}
        }
    }
    let open = sources.ring.of_any_spi().to_vec();
    let open: Vec<usize> = open
        .into_iter()
        .filter(|key| fits(sources.ring, *key) == Some(true))
        .collect();
    let given = exact.into_iter().chain(others);
    list.extend(given.map(|key| of_ring(sources.ring, key)));
    list.extend(
        sources
            .children
            .of_spi(flow.spi)
            .iter()
            .filter(|child| child.protocol == flow.protocol)
            .map(|child| Candidate {
                ways: match &child.suite {
                    Err(name) => Err(Closed::Unsupported(name.clone())),
                    Ok(suite) => of_suite(
                        child.protocol,
                        suite,
                        (&child.encryption_key, &child.integrity_key),
                        Some(child.esn),
                        &child.origin,
                    )
                    .map_err(|error| closed(&error)),
                },
                key: None,
            }),
    );
    list.extend(open.into_iter().map(|key| of_ring(sources.ring, key)));
    list
}

fn of_ring(ring: &mut KeyRing, key: usize) -> Candidate {
    let origin = ring.origin(key);
    let ways = match ring.material(key) {
        Some(Material::EspSa(sa)) => of_esp(sa, &origin),
        Some(Material::AhSa(sa)) => of_ah(sa, &origin),
        _ => Ok(Vec::new()),
    };
    let ways = ways.map_err(|error| {
        let why = match &error {
            CryptoError::Unsupported { what } => Refusal::Unsupported(what.clone()),
            other => Refusal::Length(other.to_string()),
        };
        ring.refuse(key, why);
        closed(&error)
    });
    Candidate {
        ways,
        key: Some(key),
    }
}

fn matches(flow: &FlowKey, src: Option<AddressPattern>, dst: Option<AddressPattern>) -> bool {
    src.is_none_or(|pattern| pattern.matches(flow.src))
        && dst.is_none_or(|pattern| pattern.matches(flow.dst))
}

/// Why a packet stays closed, of why a computation failed.
pub(crate) fn closed(error: &CryptoError) -> Closed {
    match error {
        CryptoError::Unsupported { what } => Closed::Unsupported(what.clone()),
        CryptoError::TooShort { .. } => Closed::Truncated,
        CryptoError::KeyMaterial { .. } | CryptoError::KeyBits { .. } => {
            Closed::KeyLength(error.to_string())
        }
        _ => Closed::Integrity,
    }
}

fn sequence(packet: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(packet.get(4..8)?.try_into().ok()?))
}

/// Octets of KEYMAT for the longest suite in both directions.
const MAX_KEYMAT: usize = 2 * (60 + 64);
/// Flows for which every suite is tried: some milliseconds each.
const MAX_SEED_TRIALS: u32 = 2_048;
