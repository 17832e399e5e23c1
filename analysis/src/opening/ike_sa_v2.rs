//! An IKE SA of IKEv2: from what is seen and what the user gives to its keys, and to those of its children.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use ikescope_crypto::ikev2::{
    ChildKeys, IkeKeys, Nonces, Spis, Suite, intermediate_skeyseed, rekey_skeyseed, skeyseed,
};
use ikescope_crypto::key_material::{Ikev2Keys, Material, NoncePair};
use ikescope_crypto::mac::{IntegrityFacts, Prf, PrfFacts};
use ikescope_crypto::{CryptoError, Secret};
use ikescope_dissectors::registries::ikev2::{
    EncryptionAlgorithm, ExchangeType, IntegrityAlgorithm, KeyExchangeMethod, Prf as PrfId,
};
use ikescope_dissectors::{Content, Flags, Header, IkeSpi, Issues, Message, Octets};

use super::children::{ChildSa, Seed};
use super::choice::{ChildChoice, IkeChoice};
use super::epoch::{Derived, Epoch, Sealed, merge};
use super::held::{Held, Waiting};
use super::key_ring::{KeyRing, Refusal, Shares};
use super::origin::Origin;
use super::payloads::Facts;
use super::split::{Part, Split, SplitKey, Whole};
use crate::limits::{MAX_EPOCHS, MAX_PAIRS, MAX_SECRETS, MAX_WAITING_OCTETS};
use crate::observation::FrameId;

/// Both SPIs.
pub(crate) type SaSpis = (IkeSpi, IkeSpi);

/// What is known of an IKE SA.
#[derive(Debug, Default)]
pub(crate) struct IkeSaV2 {
    pub(crate) spis: SaSpis,
    /// Addresses that its messages had: initiator, responder.
    ends: Vec<(IpAddr, IpAddr)>,
    pub(crate) keyings: Vec<Keying>,
    pub(crate) epochs: Vec<Epoch>,
    /// SK_d that came without keys for messages.
    loose_sk_d: Vec<Derived>,
    waiting: Waiting,
    split: Split,
    pairs: HashMap<(bool, u32), Pair>,
    /// IKE_AUTH counts as one exchange, however many rounds EAP takes.
    pub(crate) auth: Pair,
    pub(crate) intermediates: BTreeMap<(u32, bool), Intermediate>,
    followups: BTreeMap<(bool, u32), Pair>,
    /// Whether keys count whose integrity check fails, if what they give are payloads.
    pub(crate) unverified: bool,
    /// Name of what could not be set up.
    pub(crate) unsupported: Option<String>,
    /// Trials that were made: key, key exchange, number of messages at hand.
    tried: HashMap<(usize, usize, u32), usize>,
    seen: usize,
    /// Opened a message whose exchange is complete since children were derived.
    stale: bool,
}

/// The initiator's message and the responder's.
pub(crate) type Both = (Arc<[u8]>, Arc<[u8]>);

/// A key exchange that makes keys of this SA.
#[derive(Clone, Debug)]
pub(crate) struct Keying {
    pub(crate) choice: IkeChoice,
    pub(crate) method: KeyExchangeMethod,
    pub(crate) public_i: Vec<u8>,
    pub(crate) public_r: Vec<u8>,
    pub(crate) nonce_i: Vec<u8>,
    pub(crate) nonce_r: Vec<u8>,
    /// The messages of IKE_SA_INIT, which AUTH covers.
    pub(crate) messages: Option<Both>,
    /// Addresses of the initiator and the responder in IKE_SA_INIT.
    pub(crate) ends: Option<(IpAddr, IpAddr)>,
    /// For a rekeyed SA: the old one, its function and SK_d, and the additional secrets.
    pub(crate) old: Option<Old>,
}

/// The SA that a rekeyed one replaces.
#[derive(Clone, Debug)]
pub(crate) struct Old {
    pub(crate) spis: SaSpis,
    pub(crate) prf: Prf,
    pub(crate) sk_d: Vec<Derived>,
    pub(crate) additional: Vec<Vec<Derived>>,
}

/// Request and response of an exchange.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pair {
    pub(crate) request: Option<Facts>,
    pub(crate) response: Option<Facts>,
}

/// An IKE_INTERMEDIATE message.
#[derive(Clone, Debug)]
pub(crate) struct Intermediate {
    pub(crate) associated: Vec<u8>,
    pub(crate) plaintext: Vec<u8>,
    pub(crate) epoch: usize,
    key_exchange: Option<(KeyExchangeMethod, Vec<u8>)>,
}

/// What a message of this SA told about other SAs.
#[derive(Debug)]
pub(crate) enum Discovery {
    Child(ChildSa),
    Seed((IpAddr, IpAddr), Seed),
    Rekeyed(SaSpis, Box<Keying>),
}

/// An encrypted payload that was opened.
#[derive(Debug)]
pub(crate) struct OpenedSk {
    pub(crate) first: u8,
    pub(crate) plaintext: Vec<u8>,
    pub(crate) associated: Vec<u8>,
    pub(crate) carrier: usize,
    pub(crate) epoch: usize,
    pub(crate) verified: bool,
    pub(crate) frames: Vec<FrameId>,
    pub(crate) forged: Vec<FrameId>,
}

/// Why an encrypted payload stays closed.
#[derive(Debug)]
pub(crate) enum Unopened {
    Nothing,
    NoKey,
    ChildKeysOnly,
    Integrity,
    Truncated,
    Unsupported(String),
    Fragment {
        number: u16,
        total: u16,
        missing: Vec<u16>,
        origin: Origin,
    },
}

impl IkeSaV2 {
    pub(crate) fn new(spis: SaSpis, unverified: bool) -> Self {
        Self {
            spis,
            unverified,
            ..Self::default()
        }
    }

    /// Notes the addresses of a message.
    fn note_ends(&mut self, header: &Header, src: IpAddr, dst: IpAddr) {
        let ends = match header.flags.contains(Flags::INITIATOR) {
            true => (src, dst),
            false => (dst, src),
        };
        self.add_ends(ends);
    }

    fn add_ends(&mut self, ends: (IpAddr, IpAddr)) {
        if self.ends.len() < MAX_ENDS && !self.ends.contains(&ends) {
            self.ends.push(ends);
            self.stale = true;
        }
    }

    /// Adds a key exchange unless it is known.
    pub(crate) fn add_keying(&mut self, keying: Keying) -> bool {
        let same = |other: &&mut Keying| {
            other.nonce_i == keying.nonce_i
                && other.nonce_r == keying.nonce_r
                && other.public_i == keying.public_i
                && other.public_r == keying.public_r
        };
        if let Some(known) = self.keyings.iter_mut().find(same) {
            // The exchanges that follow a rekeying are learnt one after the other.
            let more = known.rounds() < keying.rounds();
            if more {
                *known = keying;
                self.tried.clear();
                self.stale = true;
            }
            return more;
        }
        if self.keyings.len() >= MAX_KEYINGS {
            return false;
        }
        if let Some(ends) = keying.ends {
            self.add_ends(ends);
        }
        self.keyings.push(keying);
        self.stale = true;
        true
    }

    /// Takes an encrypted message into account, now or when its key is known.
    pub(crate) fn learn(&mut self, held: Held, ring: &mut KeyRing) -> Vec<Discovery> {
        if let Some(message) = held.message() {
            self.note_ends(&message.header, held.src.address, held.dst.address);
        }
        if self.waiting.add(held, MAX_WAITING_OCTETS) {
            self.seen += 1;
        }
        self.advance(ring)
    }

    /// Derives what can be derived and opens what can be opened, until nothing new comes.
    pub(crate) fn advance(&mut self, ring: &mut KeyRing) -> Vec<Discovery> {
        let mut discoveries = Vec::new();
        loop {
            let known = (self.epochs.len(), self.waiting.len());
            self.open_waiting();
            if self.waiting.len() > 0 || self.epochs.is_empty() || self.stale {
                self.find_epochs(ring);
            }
            if known == (self.epochs.len(), self.waiting.len()) {
                break;
            }
            self.stale = true;
        }
        if std::mem::take(&mut self.stale) {
            self.derive(ring, &mut discoveries);
        }
        discoveries
    }

    fn open_waiting(&mut self) {
        if self.epochs.is_empty() {
            return;
        }
        for held in self.waiting.take() {
            let opened = held.message().and_then(|message| {
                let mut split = std::mem::take(&mut self.split);
                let opened = self.open(&message, held.frame, &mut split);
                self.split = split;
                Some((message.header, opened.ok()?))
            });
            match opened {
                Some((header, opened)) => self.take(&header, opened),
                None if self.is_fragment_of_known(&held) => {}
                None => self.waiting.put(held),
            }
        }
    }

    /// Whether a fragment verified: it is kept by what puts fragments together.
    fn is_fragment_of_known(&self, held: &Held) -> bool {
        held.message().is_some_and(|message| {
            Sealed::of(&message).is_some_and(|sealed| {
                sealed.fragment.is_some() && self.open_alone(&message, &sealed).is_ok()
            })
        })
    }

    fn open_alone(
        &self,
        message: &Message<'_>,
        sealed: &Sealed,
    ) -> Result<(usize, Vec<u8>), CryptoError> {
        let mut result = Err(CryptoError::IntegrityMismatch);
        for (index, epoch) in self.epochs.iter().enumerate().rev() {
            match epoch.open(message, sealed) {
                Ok(plaintext) if Self::plausible(epoch, message, sealed, &plaintext) => {
                    return Ok((index, plaintext));
                }
                Ok(_) | Err(CryptoError::IntegrityMismatch) => {}
                Err(error) => result = Err(error),
            }
        }
        result
    }

    /// Without an ICV a key counts as right when it gives payloads.
    fn plausible(epoch: &Epoch, message: &Message<'_>, sealed: &Sealed, plaintext: &[u8]) -> bool {
        if epoch.verifies(message.header.flags.contains(Flags::INITIATOR)) && !epoch.guessed {
            return true;
        }
        let mut issues = Issues::default();
        let (_, left) = Message::parse_payloads(
            &message.header,
            sealed.first,
            Octets::new(plaintext),
            &mut issues,
        );
        let readable = issues
            .as_slice()
            .iter()
            .all(|issue| !issue.kind.hides_octets());
        sealed.fragment.is_some() || (readable && left.is_empty())
    }

    /// Opens a message with the keys known so far. `split` holds the fragments of whoever asks.
    pub(crate) fn open(
        &self,
        message: &Message<'_>,
        frame: FrameId,
        split: &mut Split,
    ) -> Result<OpenedSk, Unopened> {
        let Some(sealed) = Sealed::of(message) else {
            return Err(Unopened::Nothing);
        };
        if self.epochs.is_empty() {
            return Err(match (&self.unsupported, sealed.cut) {
                (Some(name), _) => Unopened::Unsupported(name.clone()),
                (None, true) => Unopened::Truncated,
                (None, false) if self.loose_sk_d.is_empty() => Unopened::NoKey,
                (None, false) => Unopened::ChildKeysOnly,
            });
        }
        if sealed.cut {
            return Err(Unopened::Truncated);
        }
        let header = &message.header;
        let response = header.flags.contains(Flags::RESPONSE);
        let from_initiator = header.flags.contains(Flags::INITIATOR);
        let key = sealed.fragment.map(|(_, total)| SplitKey {
            message_id: header.message_id,
            by_initiator: from_initiator != response,
            response,
            total,
        });
        let opened = self.open_alone(message, &sealed);
        let (epoch, plaintext) = match (opened, key) {
            (Ok(opened), _) => opened,
            (Err(CryptoError::Unsupported { what }), _) => return Err(Unopened::Unsupported(what)),
            (Err(_), Some(key)) => {
                split.forge(key, frame);
                return Err(Unopened::Integrity);
            }
            (Err(_), None) => return Err(Unopened::Integrity),
        };
        let associated = message.octets.get(..sealed.body).unwrap_or_default();
        let verified = self
            .epochs
            .get(epoch)
            .is_some_and(|epoch| epoch.verifies(from_initiator));
        let (Some(key), Some((number, total))) = (key, sealed.fragment) else {
            return Ok(OpenedSk {
                first: sealed.first,
                plaintext,
                associated: associated.to_vec(),
                carrier: sealed.carrier,
                epoch,
                verified,
                frames: Vec::new(),
                forged: Vec::new(),
            });
        };
        let part = Part {
            number,
            frame,
            next: sealed.first,
            plaintext,
            associated: associated.to_vec(),
        };
        match split.add(key, part) {
            Some(Whole {
                first,
                plaintext,
                associated,
                frames,
                forged,
            }) => Ok(OpenedSk {
                first,
                plaintext,
                associated,
                carrier: sealed.carrier,
                epoch,
                verified,
                frames,
                forged,
            }),
            None => Err(Unopened::Fragment {
                number,
                total,
                missing: Self::missing(&self.split, split, key),
                origin: self
                    .epochs
                    .get(epoch)
                    .map_or_else(|| Origin::new(usize::MAX, "".into()), |e| e.origin.clone()),
            }),
        }
    }

    /// What was learnt of the capture counts, and what is at hand now.
    fn missing(learnt: &Split, own: &Split, key: SplitKey) -> Vec<u16> {
        let own = own.missing(key);
        learnt
            .missing(key)
            .into_iter()
            .filter(|number| own.contains(number))
            .collect()
    }

    /// Takes the facts of an opened message.
    fn take(&mut self, header: &Header, opened: OpenedSk) {
        if let Some(epoch) = self.epochs.get_mut(opened.epoch) {
            epoch.opened += 1;
        }
        let mut issues = Issues::default();
        let (content, _) = Message::parse_payloads(
            header,
            opened.first,
            Octets::new(&opened.plaintext),
            &mut issues,
        );
        let facts = Facts::of(&content);
        let response = header.flags.contains(Flags::RESPONSE);
        let by_initiator = header.flags.contains(Flags::INITIATOR) != response;
        match ExchangeType(header.exchange) {
            ExchangeType::IKE_INTERMEDIATE => {
                let intermediate = Intermediate {
                    key_exchange: facts.key_exchange,
                    associated: opened.associated,
                    plaintext: opened.plaintext,
                    epoch: opened.epoch,
                };
                if self.intermediates.len() < MAX_PAIRS {
                    self.intermediates
                        .insert((header.message_id, response), intermediate);
                }
            }
            ExchangeType::IKE_AUTH => self.auth.add(response, facts),
            ExchangeType::CREATE_CHILD_SA if self.pairs.len() < MAX_PAIRS => {
                let pair = self
                    .pairs
                    .entry((by_initiator, header.message_id))
                    .or_default();
                pair.add(response, facts);
            }
            ExchangeType::IKE_FOLLOWUP_KE if self.followups.len() < MAX_PAIRS => {
                let pair = self
                    .followups
                    .entry((by_initiator, header.message_id))
                    .or_default();
                pair.add(response, facts);
            }
            _ => return,
        }
        self.stale = true;
    }

    /// Tries every key that may be this SA's.
    fn find_epochs(&mut self, ring: &mut KeyRing) {
        let spis = self.spis;
        // With nothing left to open, a key matters only for what it says about this very SA.
        let thorough = self.waiting.len() > 0 || self.epochs.is_empty();
        for key in ring.of_ike(spis.0, spis.1) {
            let said = matches!(ring.material(key), Some(Material::Ikev2Keys(keys)) if !keys.sa.is_empty());
            if !thorough && !said {
                continue;
            }
            let origin = ring.origin(key);
            let outcome = match ring.material(key) {
                Some(Material::Ikev2Keys(keys)) => {
                    if !self.may_try(key, usize::MAX, 0) {
                        continue;
                    }
                    let bound = !keys.sa.is_empty();
                    // Of keys that name no SA, those count that open something, where they are many.
                    let few = bound || self.loose_sk_d.len() < MAX_LOOSE;
                    if let Some(sk_d) = keys.sk_d.as_ref().filter(|_| few) {
                        merge(&mut self.loose_sk_d, vec![(sk_d.clone(), origin.clone())]);
                    }
                    let suite =
                        suite_of((keys.encryption, keys.key_bits), keys.prf, keys.integrity);
                    self.add_nonces(keys.nonces.as_ref(), suite);
                    let suite = self.keyings.last().map(|keying| keying.choice.suite);
                    let unverified = self
                        .unverified
                        .then(|| without_integrity(keys, suite.as_ref()));
                    let given = Epoch::given(keys, suite.as_ref(), &origin);
                    given.map(|epochs| {
                        let alone = epochs.len() == 1;
                        let mut any = keys.sk_ei.is_none();
                        for epoch in epochs {
                            any |= self.adopt(epoch, bound && alone && !self.unverified);
                        }
                        let rest = unverified.filter(|_| !any && bound);
                        for keys in rest.into_iter().flatten() {
                            let epochs = Epoch::given(&keys, suite.as_ref(), &origin);
                            for epoch in epochs.into_iter().flatten() {
                                any = any || self.adopt(epoch, false);
                            }
                        }
                        any
                    })
                }
                Some(Material::Skeyseed(seed)) => {
                    let number = seed.epoch.unwrap_or(0);
                    let said = !seed.sa.is_empty();
                    let suite =
                        suite_of((seed.encryption, seed.key_bits), seed.prf, seed.integrity);
                    self.add_nonces(seed.nonces.as_ref(), suite);
                    let mut outcome = Ok(false);
                    for keying in 0..self.keyings.len() {
                        if self.may_try(key, keying, number) {
                            outcome =
                                self.try_seed((keying, number), &seed.skeyseed, &origin, said);
                        }
                    }
                    outcome
                }
                _ => continue,
            };
            self.note_outcome(ring, key, outcome);
        }
        if thorough {
            for keying in 0..self.keyings.len() {
                self.find_by_exchange(ring, keying);
            }
            self.find_next_epochs(ring);
        }
        self.mix_ppks(ring);
    }

    fn note_outcome(&mut self, ring: &mut KeyRing, key: usize, outcome: Result<bool, CryptoError>) {
        match outcome {
            Ok(true) => {}
            Ok(false) if self.seen == 0 => {}
            Ok(false) => ring.refuse(key, Refusal::Integrity),
            Err(CryptoError::Unsupported { what }) => {
                self.unsupported = Some(what.clone());
                ring.refuse(key, Refusal::Unsupported(what));
            }
            Err(error) => ring.refuse(key, Refusal::Length(error.to_string())),
        }
    }

    /// Nonces that a file of keys told, where the capture does not show IKE_SA_INIT.
    fn add_nonces(&mut self, nonces: Option<&NoncePair>, suite: Option<Suite>) {
        let (Some(nonces), Some(suite), true) = (nonces, suite, self.keyings.is_empty()) else {
            return;
        };
        self.add_keying(Keying {
            choice: IkeChoice {
                suite,
                spi: Vec::new(),
                additional: Vec::new(),
            },
            method: KeyExchangeMethod::NONE,
            public_i: Vec::new(),
            public_r: Vec::new(),
            nonce_i: nonces.initiator.clone(),
            nonce_r: nonces.responder.clone(),
            messages: None,
            ends: None,
            old: None,
        });
    }

    /// Whether there is something new to try this on. Where many messages stay closed, not each of them is a reason.
    fn may_try(&mut self, key: usize, keying: usize, number: u32) -> bool {
        let messages = match self.seen {
            few @ 0..=FEW_MESSAGES => few,
            many => many.next_power_of_two(),
        };
        let stamp = messages + 1 + self.keyings.len() * MANY_MESSAGES;
        self.tried.insert((key, keying, number), stamp) != Some(stamp)
    }

    /// The first set of keys: from the secret of the key exchange.
    fn find_by_exchange(&mut self, ring: &mut KeyRing, index: usize) {
        let Some(keying) = self.keyings.get(index).cloned() else {
            return;
        };
        let prf = match keying.choice.suite.prf() {
            Ok(prf) => prf,
            Err(error) => {
                self.unsupported = Some(error.into_subject());
                return;
            }
        };
        let mut spis = vec![self.spis];
        spis.extend(keying.old.as_ref().map(|old| old.spis));
        let secrets = ring.shared_secrets(&Shares {
            spis: &spis,
            method: keying.method,
            initiator: &keying.public_i,
            responder: &keying.public_r,
            epoch: keying.old.is_none().then_some(0),
        });
        for (shared, origin) in secrets.into_iter().take(MAX_SECRETS) {
            let key = origin.keys().first().copied().unwrap_or(usize::MAX);
            if !self.may_try(key, index, u32::MAX) {
                continue;
            }
            let nonces = keying.nonces();
            let seeds = match &keying.old {
                None => {
                    skeyseed(prf, nonces, shared.expose()).map(|seed| vec![(seed, origin.clone())])
                }
                Some(old) => old.seeds(nonces, &shared, &origin),
            };
            let outcome = seeds.and_then(|seeds| {
                let mut any = false;
                for (seed, origin) in seeds {
                    any |= self.try_seed((index, 0), &seed, &origin, false)?;
                }
                Ok(any)
            });
            self.note_outcome(ring, key, outcome);
        }
    }

    /// Sets of keys after additional key exchanges (RFC 9370, section 2.2.2).
    fn find_next_epochs(&mut self, ring: &mut KeyRing) {
        let exchanges = self.additional_exchanges();
        for (position, (public_i, public_r)) in exchanges.into_iter().enumerate() {
            let number = u32::try_from(position + 1).unwrap_or(u32::MAX);
            let before: Vec<(usize, Vec<Derived>)> = self
                .epochs
                .iter()
                .filter(|epoch| epoch.number == Some(number - 1))
                .filter_map(|epoch| Some((epoch.keying?, epoch.sk_d.clone())))
                .collect();
            for (index, sk_d) in before {
                let Some(keying) = self.keyings.get(index).cloned() else {
                    continue;
                };
                let Ok(prf) = keying.choice.suite.prf() else {
                    continue;
                };
                let secrets = ring.shared_secrets(&Shares {
                    spis: &[self.spis],
                    method: public_i.0,
                    initiator: &public_i.1,
                    responder: &public_r,
                    epoch: Some(number),
                });
                for (shared, origin) in secrets.into_iter().take(MAX_SECRETS) {
                    let key = origin.keys().first().copied().unwrap_or(usize::MAX);
                    if !self.may_try(key, index, number) {
                        continue;
                    }
                    for (sk_d, from) in &sk_d {
                        let origin = from.with(&origin);
                        let seed =
                            intermediate_skeyseed(prf, sk_d, keying.nonces(), shared.expose());
                        let outcome = seed
                            .and_then(|seed| self.try_seed((index, number), &seed, &origin, false));
                        self.note_outcome(ring, key, outcome);
                    }
                }
            }
        }
    }

    /// The key exchanges of IKE_INTERMEDIATE in order: method and data of the initiator, data of the responder.
    #[allow(clippy::type_complexity)]
    fn additional_exchanges(&self) -> Vec<((KeyExchangeMethod, Vec<u8>), Vec<u8>)> {
        self.intermediates
            .iter()
            .filter(|((_, response), _)| !response)
            .filter_map(|((message_id, _), request)| {
                let response = self.intermediates.get(&(*message_id, true))?;
                Some((
                    request.key_exchange.clone()?,
                    response.key_exchange.clone()?.1,
                ))
            })
            .collect()
    }

    /// Derives SK_* and keeps them if they open something, or if nothing is there to try them on.
    fn try_seed(
        &mut self,
        (index, number): (usize, u32),
        seed: &Secret,
        origin: &Origin,
        said: bool,
    ) -> Result<bool, CryptoError> {
        let Some(keying) = self.keyings.get(index) else {
            return Ok(false);
        };
        let suite = keying.choice.suite;
        let spis = Spis {
            initiator: self.spis.0.0.to_be_bytes(),
            responder: self.spis.1.0.to_be_bytes(),
        };
        let keys = IkeKeys::derive(&suite, seed, keying.nonces(), spis)?;
        let epoch = Epoch::derived(&suite, &keys, number, index, origin)?;
        Ok(self.adopt(epoch, said))
    }

    /// Keeps a set of keys that opens a message which waits, or one that another set opened; or one that is said to be this
    /// SA's while there is nothing to try it on.
    fn adopt(&mut self, epoch: Epoch, said: bool) -> bool {
        let same = self
            .epochs
            .iter()
            .position(|known| same_secret(&known.sk_d, &epoch.sk_d));
        if let Some(known) = same.and_then(|index| self.epochs.get_mut(index)) {
            known.merge(epoch);
            return true;
        }
        if self.epochs.len() >= MAX_EPOCHS {
            return false;
        }
        let opens = |held: &Held| {
            let Some(message) = held.message() else {
                return false;
            };
            let Some(sealed) = Sealed::of(&message) else {
                return false;
            };
            // An empty message tells no cipher from another.
            if epoch.guessed && (sealed.first == 0 || sealed.fragment.is_some()) {
                return false;
            }
            epoch
                .open(&message, &sealed)
                .is_ok_and(|plaintext| Self::plausible(&epoch, &message, &sealed, &plaintext))
        };
        let waiting = self.waiting.iter();
        let proven = match waiting.len() {
            0..=FEW_MESSAGES => waiting.clone().any(opens),
            // The first ones and the last ones stand for the rest.
            _ => waiting
                .clone()
                .take(8)
                .chain(waiting.rev().take(8))
                .any(opens),
        };
        if proven || (said && self.waiting.len() == 0) {
            self.epochs.push(epoch);
            return true;
        }
        false
    }

    /// SK_d and SK_p* with each post-quantum key beside those without (RFC 8784, section 3).
    fn mix_ppks(&mut self, ring: &KeyRing) {
        let uses =
            |facts: &Option<Facts>| facts.as_ref().is_some_and(|facts| facts.ppk_id.is_some());
        if !uses(&self.auth.request) && !uses(&self.auth.response) {
            return;
        }
        for epoch in &mut self.epochs {
            let Some(prf) = epoch.prf() else { continue };
            if epoch.keying.is_none() {
                continue;
            }
            for (key, ppk) in ring.ppks() {
                let other = ring.origin(key);
                for list in [&mut epoch.sk_d, &mut epoch.sk_pi, &mut epoch.sk_pr] {
                    let Some((secret, origin)) = list.first().cloned() else {
                        continue;
                    };
                    if let Ok(mixed) = prf.plus(ppk.expose(), &[secret.expose()], secret.len()) {
                        merge(list, vec![(mixed, origin.with(&other))]);
                    }
                }
            }
        }
    }

    /// The SK_d from which children follow, with their function: of the last set of keys.
    fn sk_d(&self) -> Vec<(Prf, Derived)> {
        let last = self.epochs.iter().filter_map(|epoch| epoch.number).max();
        let prf_of_keying = self
            .keyings
            .iter()
            .find_map(|keying| keying.choice.suite.prf().ok());
        let mut list: Vec<(Prf, Derived)> = Vec::new();
        let epochs = self
            .epochs
            .iter()
            .filter(|epoch| epoch.number.is_none() || epoch.number == last)
            .map(|epoch| (epoch.prf().or(prf_of_keying), &epoch.sk_d));
        for (prf, secrets) in epochs.chain([(prf_of_keying, &self.loose_sk_d)]) {
            for (secret, origin) in secrets {
                if list.iter().any(|(_, (known, _))| known == secret) {
                    continue;
                }
                // A function that nothing names is one whose keys are as long as this one.
                let possible = PrfFacts::all()
                    .iter()
                    .filter(|facts| facts.key_len == secret.len())
                    .filter_map(|facts| Prf::new(facts.id).ok());
                let prfs: Vec<Prf> = match prf {
                    Some(prf) => vec![prf],
                    None => possible.collect(),
                };
                list.extend(
                    prfs.into_iter()
                        .map(|prf| (prf, (secret.clone(), origin.clone()))),
                );
            }
        }
        list
    }

    /// The keys of children and of rekeyed SAs.
    fn derive(&self, ring: &mut KeyRing, discoveries: &mut Vec<Discovery>) {
        let sk_d = self.sk_d();
        if sk_d.is_empty() {
            return;
        }
        for keying in &self.keyings {
            let nonces = keying.nonces();
            self.derive_children(&sk_d, &self.auth, nonces, &[(None, None)], &[], discoveries);
            for (prf, (sk_d, origin)) in &sk_d {
                for ends in &self.ends {
                    let seed = Seed {
                        prf: *prf,
                        sk_d: sk_d.clone(),
                        nonce_i: keying.nonce_i.clone(),
                        nonce_r: keying.nonce_r.clone(),
                        origin: origin.clone(),
                    };
                    discoveries.push(Discovery::Seed(*ends, seed));
                }
            }
        }
        for ((by_initiator, message_id), pair) in &self.pairs {
            self.derive_pair(ring, &sk_d, (*by_initiator, *message_id), pair, discoveries);
        }
    }

    fn derive_pair(
        &self,
        ring: &mut KeyRing,
        sk_d: &[(Prf, Derived)],
        place: (bool, u32),
        pair: &Pair,
        discoveries: &mut Vec<Discovery>,
    ) {
        let (Some(request), Some(response)) = (&pair.request, &pair.response) else {
            return;
        };
        let (Some(nonce_i), Some(nonce_r)) = (&request.nonce, &response.nonce) else {
            return;
        };
        let nonces = Nonces {
            initiator: nonce_i,
            responder: nonce_r,
        };
        let mut shared: Vec<(Option<Secret>, Option<Origin>)> = vec![(None, None)];
        if let (Some((method, public_i)), Some((_, public_r))) =
            (&request.key_exchange, &response.key_exchange)
        {
            if let (Some(choice), Some(spi_i), Some(spi_r)) =
                (&response.ike, request.ike_spi, response.ike_spi)
            {
                let made = (IkeSpi(spi_i), IkeSpi(spi_r));
                let rounds = choice.additional.len();
                let additional = self.followup_secrets(ring, place, &[self.spis, made], rounds);
                let Some((prf, _)) = sk_d.first() else { return };
                let keying = Keying {
                    choice: choice.clone(),
                    method: *method,
                    public_i: public_i.clone(),
                    public_r: public_r.clone(),
                    nonce_i: nonce_i.clone(),
                    nonce_r: nonce_r.clone(),
                    messages: None,
                    ends: None,
                    old: Some(Old {
                        spis: self.spis,
                        prf: *prf,
                        sk_d: sk_d.iter().map(|(_, derived)| derived.clone()).collect(),
                        additional,
                    }),
                };
                discoveries.push(Discovery::Rekeyed(made, Box::new(keying)));
                return;
            }
            shared = ring
                .shared_secrets(&Shares {
                    spis: &[self.spis],
                    method: *method,
                    initiator: public_i,
                    responder: public_r,
                    epoch: None,
                })
                .into_iter()
                .take(MAX_SECRETS_OF_CHILD)
                .map(|(secret, origin)| (Some(secret), Some(origin)))
                .collect();
        }
        let rounds = response
            .children
            .iter()
            .map(|child| child.additional.len())
            .max()
            .unwrap_or(0);
        let additional = self.followup_secrets(ring, place, &[self.spis], rounds);
        self.derive_children(sk_d, pair, nonces, &shared, &additional, discoveries);
    }

    /// The secrets of the IKE_FOLLOWUP_KE exchanges behind a CREATE_CHILD_SA exchange, by round (RFC 9370, section 2.2.4). Keys may
    /// be named by `spis`: of the SA that carries the exchange, and of the one that comes of it.
    fn followup_secrets(
        &self,
        ring: &mut KeyRing,
        (by_initiator, message_id): (bool, u32),
        spis: &[SaSpis],
        rounds: usize,
    ) -> Vec<Vec<Derived>> {
        self.followups
            .range((by_initiator, message_id)..)
            .take_while(|((side, _), _)| *side == by_initiator)
            .filter_map(|(_, pair)| {
                let (method, public_i) = pair.request.as_ref()?.key_exchange.as_ref()?;
                let (_, public_r) = pair.response.as_ref()?.key_exchange.as_ref()?;
                Some(
                    ring.shared_secrets(&Shares {
                        spis,
                        method: *method,
                        initiator: public_i,
                        responder: public_r,
                        epoch: None,
                    })
                    .into_iter()
                    .take(MAX_SECRETS_OF_CHILD)
                    .collect(),
                )
            })
            .take(rounds)
            .collect()
    }

    fn derive_children(
        &self,
        sk_d: &[(Prf, Derived)],
        pair: &Pair,
        nonces: Nonces<'_>,
        shared: &[(Option<Secret>, Option<Origin>)],
        additional: &[Vec<Derived>],
        discoveries: &mut Vec<Discovery>,
    ) {
        let Some(response) = &pair.response else {
            return;
        };
        for chosen in &response.children {
            let offered = pair.request.as_ref().and_then(|request| {
                let fits = |child: &&ChildChoice| {
                    child.protocol == chosen.protocol && child.number == chosen.number
                };
                let protocol = |child: &&ChildChoice| child.protocol == chosen.protocol;
                request
                    .children
                    .iter()
                    .find(fits)
                    .or_else(|| request.children.iter().find(protocol))
            });
            for (prf, (sk_d, from)) in sk_d {
                for (shared, shared_from) in shared {
                    for (more, more_from) in combinations(additional) {
                        let more: Vec<&[u8]> = more.iter().map(Secret::expose).collect();
                        let origins = shared_from.iter().chain(&more_from);
                        let origin = origins.fold(from.clone(), |all, one| all.with(one));
                        let shared = shared.as_ref().map(Secret::expose);
                        let keys =
                            ChildKeys::derive(*prf, sk_d, &chosen.suite, nonces, shared, &more);
                        let beet = response.beet();
                        push_children(chosen, offered, keys, (&origin, beet), discoveries);
                    }
                }
            }
        }
    }
}

fn push_children(
    chosen: &ChildChoice,
    offered: Option<&ChildChoice>,
    keys: Result<ChildKeys, CryptoError>,
    (origin, beet): (&Origin, Option<(IpAddr, IpAddr)>),
    discoveries: &mut Vec<Discovery>,
) {
    let back = beet.map(|(initiator, responder)| (responder, initiator));
    let child = |spi, suite, encryption_key, integrity_key| {
        Discovery::Child(ChildSa {
            protocol: chosen.protocol,
            spi,
            suite,
            esn: chosen.esn,
            encryption_key,
            integrity_key,
            beet: if spi == chosen.spi { beet } else { back },
            origin: origin.clone(),
        })
    };
    match keys {
        Ok(keys) => {
            discoveries.push(child(
                chosen.spi,
                Ok(chosen.suite),
                keys.encryption_i,
                keys.integrity_i,
            ));
            if let Some(offered) = offered {
                discoveries.push(child(
                    offered.spi,
                    Ok(chosen.suite),
                    keys.encryption_r,
                    keys.integrity_r,
                ));
            }
        }
        Err(error) => {
            let name = match error {
                CryptoError::Unsupported { what } => what,
                other => other.to_string(),
            };
            let spis = [Some(chosen.spi), offered.map(|offered| offered.spi)];
            for spi in spis.into_iter().flatten() {
                discoveries.push(child(
                    spi,
                    Err(name.clone()),
                    Secret::default(),
                    Secret::default(),
                ));
            }
        }
    }
}

/// The same keys with nothing to verify, and the octets that are cut off in place of it.
fn without_integrity(keys: &Ikev2Keys, suite: Option<&Suite>) -> Option<Ikev2Keys> {
    let integrity = keys.integrity.or(suite.map(|suite| suite.integrity))?;
    let icv_len = IntegrityFacts::of(integrity).ok()?.icv_len;
    (icv_len > 0).then(|| Ikev2Keys {
        icv_len: Some(icv_len),
        sk_ai: None,
        sk_ar: None,
        ..keys.clone()
    })
}

/// A suite, where a file of keys names all of it.
fn suite_of(
    (encryption, key_bits): (Option<EncryptionAlgorithm>, Option<u16>),
    prf: Option<PrfId>,
    integrity: Option<IntegrityAlgorithm>,
) -> Option<Suite> {
    Some(Suite {
        encryption: encryption?,
        key_bits,
        prf: prf?,
        integrity: integrity.unwrap_or(IntegrityAlgorithm::NONE),
    })
}

/// One secret of each round, in all ways.
fn combinations(rounds: &[Vec<Derived>]) -> Vec<(Vec<Secret>, Vec<Origin>)> {
    let mut all: Vec<(Vec<Secret>, Vec<Origin>)> = vec![(Vec::new(), Vec::new())];
    for round in rounds {
        let longer = |(secrets, origins): &(Vec<Secret>, Vec<Origin>)| {
            round
                .iter()
                .map(|(secret, origin)| {
                    let mut pair = (secrets.clone(), origins.clone());
                    pair.0.push(secret.clone());
                    pair.1.push(origin.clone());
                    pair
                })
                .collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).take(MAX_COMBINATIONS).collect();
    }
    all
}

/// Whether both know a secret in common.
fn same_secret(a: &[Derived], b: &[Derived]) -> bool {
    a.iter()
        .any(|(secret, _)| b.iter().any(|(other, _)| other == secret))
}

impl Keying {
    /// Additional key exchanges of a rekeying whose secrets are known.
    fn rounds(&self) -> usize {
        self.old.as_ref().map_or(0, |old| old.additional.len())
    }

    pub(crate) fn nonces(&self) -> Nonces<'_> {
        Nonces {
            initiator: &self.nonce_i,
            responder: &self.nonce_r,
        }
    }

    /// From the messages of IKE_SA_INIT; none unless the response chose, and with the request's method.
    pub(crate) fn of_init(request: &Held, response: &Held) -> Option<Self> {
        let asked = clear_facts(&request.message()?);
        let answered = clear_facts(&response.message()?);
        let (method, public_i) = asked.key_exchange?;
        let (chosen, public_r) = answered.key_exchange?;
        if method != chosen {
            return None;
        }
        Some(Self {
            choice: answered.ike?,
            method,
            public_i,
            public_r,
            nonce_i: asked.nonce?,
            nonce_r: answered.nonce?,
            messages: Some((request.octets.clone(), response.octets.clone())),
            ends: Some((request.src.address, request.dst.address)),
            old: None,
        })
    }
}

impl Old {
    /// SKEYSEED of the new SA for each SK_d and each combination of additional secrets.
    fn seeds(
        &self,
        nonces: Nonces<'_>,
        shared: &Secret,
        origin: &Origin,
    ) -> Result<Vec<Derived>, CryptoError> {
        let mut seeds = Vec::new();
        for (sk_d, from) in &self.sk_d {
            for (more, more_from) in combinations(&self.additional) {
                let parts: Vec<&[u8]> = more.iter().map(Secret::expose).collect();
                let seed = rekey_skeyseed(self.prf, sk_d, nonces, shared.expose(), &parts)?;
                let origin = more_from
                    .iter()
                    .fold(origin.with(from), |all, one| all.with(one));
                seeds.push((seed, origin));
            }
        }
        Ok(seeds)
    }
}

impl Pair {
    fn add(&mut self, response: bool, facts: Facts) {
        let place = match response {
            true => &mut self.response,
            false => &mut self.request,
        };
        match place {
            Some(known) => known.complete(facts),
            None => *place = Some(facts),
        }
    }
}

impl Facts {
    /// Adds what a further message of the same exchange says.
    fn complete(&mut self, other: Self) {
        if self.children.is_empty() {
            self.children = other.children;
        }
        self.ike = self.ike.take().or(other.ike);
        self.ike_spi = self.ike_spi.or(other.ike_spi);
        self.key_exchange = self.key_exchange.take().or(other.key_exchange);
        self.nonce = self.nonce.take().or(other.nonce);
        self.id_i = self.id_i.take().or(other.id_i);
        self.id_r = self.id_r.take().or(other.id_r);
        self.auth = self.auth.take().or(other.auth);
        self.certificate = self.certificate.take().or(other.certificate);
        self.ppk_id = self.ppk_id.take().or(other.ppk_id);
        self.no_ppk_auth = self.no_ppk_auth.take().or(other.no_ppk_auth);
    }
}

/// The facts of what stands in clear.
pub(crate) fn clear_facts(message: &Message<'_>) -> Facts {
    match &message.content {
        content @ Content::V2(_) => Facts::of(content),
        _ => Facts::default(),
    }
}

/// Pairs of addresses of one IKE SA: MOBIKE and NAT change them.
const MAX_ENDS: usize = 8;
/// Key exchanges that may have made the keys of one SA: each request with a cookie or another group.
const MAX_KEYINGS: usize = 16;
/// SK_d that name no SA and are kept beside one: each would make keys for every child.
const MAX_LOOSE: usize = 256;
/// Secrets that are tried for the exchange of a child.
const MAX_SECRETS_OF_CHILD: usize = 256;
/// Messages that are each a reason to try all keys again.
const FEW_MESSAGES: usize = 64;
/// More messages than wait.
const MANY_MESSAGES: usize = 1 << 24;
/// Combinations of secrets of several rounds.
const MAX_COMBINATIONS: usize = 256;
