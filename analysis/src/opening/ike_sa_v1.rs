//! An ISAKMP SA of IKEv1: from what is seen and what the user gives to its keys, and to those of quick mode.

use std::collections::HashMap;

use ikescope_crypto::cipher::{Cipher, CipherFacts, KeySizes};
use ikescope_crypto::hash::Hash;
use ikescope_crypto::ikev1::{
    PhaseOne, PhaseOneKeys, QuickMode, hash_1, hash_2, hash_3, initial_iv, skeyid_psk,
    skeyid_signature,
};
use ikescope_crypto::key_material::Material;
use ikescope_crypto::mac::Prf;
use ikescope_crypto::opening::{FirstBlock, Ivs, OpenedMessage, open_message};
use ikescope_crypto::{CryptoError, Secret};
use ikescope_dissectors::ikev1::Body;
use ikescope_dissectors::registries::ikev1::{
    AuthenticationMethod, CertificateEncoding, ExchangeType, HashAlgorithm, PayloadType,
};
use ikescope_dissectors::registries::ikev2::EncryptionAlgorithm;
use ikescope_dissectors::{
    Content, HEADER_LEN, Header, IkeSpi, Issues, Message, Octets, PAYLOAD_HEADER_LEN, Payload,
};

use super::children::ChildSa;
use super::choice::{
    ChildChoice, PhaseOneChoice, keymat_protocol, phase_one_choice, quick_choices,
};
use super::epoch::Derived;
use super::held::{Held, Waiting};
use super::ike_sa_v2::{Discovery, Unopened};
use super::key_ring::{KeyRing, Refusal, Shares};
use super::origin::Origin;
use crate::limits::{MAX_EPOCHS, MAX_PAIRS, MAX_SECRETS, MAX_WAITING_OCTETS};
use crate::observation::Endpoint;

/// What is known of an ISAKMP SA.
#[derive(Debug, Default)]
pub(crate) struct IkeSaV1 {
    pub(crate) initiator_spi: IkeSpi,
    pub(crate) responder_spi: IkeSpi,
    /// Who sent the first message.
    initiator: Option<Endpoint>,
    /// Body of the initiator's SA payload: all that was offered.
    pub(crate) offer: Option<Vec<u8>>,
    pub(crate) choice: Option<PhaseOneChoice>,
    /// Key exchange data and nonce of each side, by who sent them.
    shares: Vec<Share>,
    /// Identification payloads without generic header, of the initiator and the responder.
    pub(crate) id_i: Option<Vec<u8>>,
    pub(crate) id_r: Option<Vec<u8>>,
    pub(crate) certificate_i: Option<Vec<u8>>,
    pub(crate) certificate_r: Option<Vec<u8>>,
    pub(crate) phases: Vec<Phase>,
    /// All encrypted messages, for their initialization vectors.
    ends: Vec<(u32, Vec<u8>)>,
    waiting: Waiting,
    quick: HashMap<u32, Quick>,
    pub(crate) unsupported: Option<String>,
    /// Whether SKEYID_d was given without what opens messages.
    has_skeyid_d: bool,
    tried: HashMap<(usize, usize), usize>,
    seen: usize,
    stale: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Share {
    from: Endpoint,
    public: Option<Vec<u8>>,
    nonce: Option<Vec<u8>>,
}

/// The public values and nonces of both sides.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) public_i: Vec<u8>,
    pub(crate) public_r: Vec<u8>,
    pub(crate) nonce_i: Vec<u8>,
    pub(crate) nonce_r: Vec<u8>,
}

/// Keys of phase 1.
#[derive(Debug)]
pub(crate) struct Phase {
    pub(crate) cipher: Cipher,
    ivs: Ivs,
    pub(crate) prf: Option<Prf>,
    hash: Hash,
    pub(crate) skeyid: Option<Secret>,
    pub(crate) skeyid_d: Option<Secret>,
    pub(crate) skeyid_a: Option<Secret>,
    pub(crate) key: Secret,
    pub(crate) origin: Origin,
    /// Where SKEYID came from, if that was a pre-shared key.
    pub(crate) psk: Option<Origin>,
}

/// A quick mode exchange.
#[derive(Debug, Default)]
struct Quick {
    request: Option<QuickHalf>,
    response: Option<QuickHalf>,
    from: Option<Endpoint>,
}

#[derive(Clone, Debug, Default)]
struct QuickHalf {
    choices: Vec<Result<ChildChoice, String>>,
    nonce: Option<Vec<u8>>,
    public: Option<Vec<u8>>,
}

/// A decrypted message.
#[derive(Debug)]
pub(crate) struct OpenedV1 {
    /// The chain of payloads without padding.
    pub(crate) plaintext: Vec<u8>,
    pub(crate) first: u8,
    pub(crate) phase: usize,
    /// Octets at the beginning that are unknown.
    pub(crate) noise: usize,
    /// What its HASH payload says; none where nothing can check it.
    pub(crate) hash: Option<(u8, bool)>,
}

impl IkeSaV1 {
    pub(crate) fn new(initiator_spi: IkeSpi) -> Self {
        Self {
            initiator_spi,
            ..Self::default()
        }
    }

    /// Takes a message into account, in clear or encrypted.
    pub(crate) fn learn(&mut self, held: Held, ring: &mut KeyRing) -> Vec<Discovery> {
        let Some(message) = held.message() else {
            return Vec::new();
        };
        let header = message.header;
        if header.responder_spi != IkeSpi::NONE {
            self.responder_spi = header.responder_spi;
        }
        match &message.content {
            Content::V1(payloads) => self.learn_clear(&header, payloads, &held),
            Content::V1Encrypted(ciphertext) => {
                let ciphertext = whole(&message, ciphertext);
                let end = ciphertext
                    .get(ciphertext.len().saturating_sub(MAX_BLOCK)..)
                    .unwrap_or_default()
                    .to_vec();
                for phase in &mut self.phases {
                    phase.ivs.note(header.message_id, &end);
                }
                let end = (header.message_id, end);
                if self.ends.len() < MAX_ENDS && !self.ends.contains(&end) {
                    self.ends.push(end);
                }
                if self.waiting.add(held.clone(), MAX_WAITING_OCTETS) {
                    self.seen += 1;
                }
            }
            _ => return Vec::new(),
        }
        self.advance(ring)
    }

    fn learn_clear(&mut self, header: &Header, payloads: &[Payload<'_, Body<'_>>], held: &Held) {
        let exchange = ExchangeType(header.exchange);
        let phase_one = [
            ExchangeType::IDENTITY_PROTECTION,
            ExchangeType::AGGRESSIVE,
            ExchangeType::BASE,
        ];
        if !phase_one.contains(&exchange) || header.message_id != 0 {
            return;
        }
        let first = header.responder_spi == IkeSpi::NONE;
        if first {
            self.initiator.get_or_insert(held.src);
        }
        let mut share = Share {
            from: held.src,
            public: None,
            nonce: None,
        };
        for payload in payloads {
            let body = || payload.octets.get(4..).map(<[u8]>::to_vec);
            match &payload.body {
                Body::SecurityAssociation(_) if first => self.offer = self.offer.take().or(body()),
                Body::SecurityAssociation(sa) => {
                    self.initiator.get_or_insert(held.dst);
                    self.choice = self.choice.take().or_else(|| phase_one_choice(sa));
                }
                Body::KeyExchange(_) => share.public = body(),
                Body::Nonce(nonce) => share.nonce = Some(nonce.data.to_vec()),
                Body::Identification(_) => {
                    if self.is_initiator(held.src) {
                        self.id_i = self.id_i.take().or(body());
                    } else {
                        self.id_r = self.id_r.take().or(body());
                    }
                }
                Body::Certificate(certificate) => {
                    let data = certificate.data.to_vec();
                    let place = match self.is_initiator(held.src) {
                        true => &mut self.certificate_i,
                        false => &mut self.certificate_r,
                    };
                    place.get_or_insert(data);
                }
                _ => {}
            }
        }
        if share.public.is_some() && self.shares.len() < MAX_SHARES && !self.shares.contains(&share)
        {
            self.shares.push(share);
            self.stale = true;
        }
    }

    /// Whether this is who sent the first message. NAT traversal moves ports, so the address decides where it can.
    pub(crate) fn is_initiator(&self, end: Endpoint) -> bool {
        self.initiator
            .is_none_or(|initiator| match self.same_address() {
                true => initiator == end,
                false => initiator.address == end.address,
            })
    }

    /// Whether both peers have one address, as on a loopback interface.
    fn same_address(&self) -> bool {
        let mut addresses = self.shares.iter().map(|share| share.from.address);
        let first = addresses.next();
        first.is_some() && self.shares.len() > 1 && addresses.all(|other| Some(other) == first)
    }

    /// The key exchange of phase 1, in each way that its messages can be told apart.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        let mut exchanges = Vec::new();
        for a in &self.shares {
            for b in self.shares.iter().filter(|b| b.from != a.from) {
                let wrong_way = self.initiator.is_some_and(|initiator| {
                    initiator != a.from && initiator.address != a.from.address
                });
                let (Some(public_i), Some(public_r), Some(nonce_i), Some(nonce_r)) =
                    (&a.public, &b.public, &a.nonce, &b.nonce)
                else {
                    continue;
                };
                if !wrong_way {
                    exchanges.push(Exchange {
                        public_i: public_i.clone(),
                        public_r: public_r.clone(),
                        nonce_i: nonce_i.clone(),
                        nonce_r: nonce_r.clone(),
                    });
                }
            }
        }
        exchanges
    }

    fn advance(&mut self, ring: &mut KeyRing) -> Vec<Discovery> {
        if self.waiting.len() > 0 && (self.phases.is_empty() || !self.open_waiting()) {
            self.find_phases(ring);
        }
        self.open_waiting();
        let mut discoveries = Vec::new();
        if std::mem::take(&mut self.stale) {
            self.derive(ring, &mut discoveries);
        }
        discoveries
    }

    /// Opens what waits; says whether nothing waits any more.
    fn open_waiting(&mut self) -> bool {
        if self.phases.is_empty() {
            return self.waiting.len() == 0;
        }
        for held in self.waiting.take() {
            let opened = held
                .message()
                .and_then(|message| Some((message.header, self.open(&message).ok()?)));
            match opened {
                // A first block that is noise may still become clear.
                Some((header, opened)) if opened.noise == 0 => {
                    self.take(&header, &opened, held.src);
                }
                _ => self.waiting.put(held),
            }
        }
        self.waiting.len() == 0
    }

    /// Opens a message with the keys known so far.
    pub(crate) fn open(&self, message: &Message<'_>) -> Result<OpenedV1, Unopened> {
        let Content::V1Encrypted(ciphertext) = &message.content else {
            return Err(Unopened::Nothing);
        };
        let declared = usize::try_from(message.header.length).unwrap_or(usize::MAX);
        let cut = message.octets.len() < declared;
        if self.phases.is_empty() {
            return Err(match (&self.unsupported, cut) {
                (Some(name), _) => Unopened::Unsupported(name.clone()),
                (None, true) => Unopened::Truncated,
                (None, false) if self.has_skeyid_d => Unopened::ChildKeysOnly,
                (None, false) => Unopened::NoKey,
            });
        }
        if cut {
            return Err(Unopened::Truncated);
        }
        let mut best: Option<OpenedV1> = None;
        for (index, phase) in self.phases.iter().enumerate() {
            let Some(opened) = self.open_with(index, phase, &message.header, ciphertext) else {
                continue;
            };
            let refuted = matches!(opened.hash, Some((_, false)));
            let better = best.as_ref().is_none_or(|best| {
                matches!(best.hash, Some((_, false))) || best.noise > opened.noise
            });
            if better {
                best = Some(opened);
            }
            if !refuted && best.as_ref().is_some_and(|best| best.noise == 0) {
                break;
            }
        }
        best.ok_or(Unopened::Integrity)
    }

    fn open_with(
        &self,
        index: usize,
        phase: &Phase,
        header: &Header,
        ciphertext: &[u8],
    ) -> Option<OpenedV1> {
        let opened = open_message(
            &phase.cipher,
            &phase.ivs,
            header.next_payload,
            header.message_id,
            ciphertext,
        )
        .ok()?;
        match opened {
            OpenedMessage {
                first_block: FirstBlock::Known,
                chain_len: Some(len),
                mut plaintext,
            } => {
                plaintext.truncate(len);
                plausible(header.next_payload, &plaintext).then(|| {
                    let hash = self.check_hash(phase, header, &plaintext, 0);
                    OpenedV1 {
                        hash,
                        plaintext,
                        first: header.next_payload,
                        phase: index,
                        noise: 0,
                    }
                })
            }
            OpenedMessage { plaintext, .. } if header.next_payload == PayloadType::ID.0 => {
                open_behind_id(index, phase, header, plaintext)
            }
            OpenedMessage { plaintext, .. } => self.open_noise(index, phase, header, plaintext),
        }
    }

    /// A message whose first block is unknown: its first payload is a HASH of a known length.
    fn open_noise(
        &self,
        index: usize,
        phase: &Phase,
        header: &Header,
        mut plaintext: Vec<u8>,
    ) -> Option<OpenedV1> {
        let second = 4 + phase.hash.output_len();
        let block = phase.cipher.facts().block_len;
        let rest = plaintext.get(second..)?;
        let next = second_payload(ExchangeType(header.exchange), rest);
        let len = match next {
            0 => second,
            first => second + chain_len(first, rest)?,
        };
        plaintext.truncate(len);
        let length = u16::try_from(second).ok()?.to_be_bytes();
        plaintext
            .get_mut(..4)?
            .copy_from_slice(&[next, 0, length[0], length[1]]);
        let hash = self.check_hash(phase, header, &plaintext, block);
        if matches!(hash, Some((_, false))) {
            return None;
        }
        Some(OpenedV1 {
            plaintext,
            first: PayloadType::HASH.0,
            phase: index,
            noise: block.min(len),
            hash,
        })
    }

    /// Holds the HASH payload of phase 2 against what follows it. Of the first `noise` octets nothing is known.
    fn check_hash(
        &self,
        phase: &Phase,
        header: &Header,
        chain: &[u8],
        noise: usize,
    ) -> Option<(u8, bool)> {
        let prf = phase.prf?;
        let skeyid_a = phase.skeyid_a.as_ref()?;
        if header.message_id == 0 || header.next_payload != PayloadType::HASH.0 {
            return None;
        }
        let &[next, _, high, low, ..] = chain else {
            return None;
        };
        let end = usize::from(u16::from_be_bytes([high, low]));
        let sent = chain.get(4..end)?;
        let rest = chain.get(end..)?;
        let message_id = header.message_id;
        let unknown = noise.saturating_sub(4);
        let fits = |expected: Result<Secret, CryptoError>| {
            expected.is_ok_and(|expected| {
                expected.len() == sent.len()
                    && expected.expose().get(unknown..) == sent.get(unknown..)
            })
        };
        let first = || fits(hash_1(prf, skeyid_a, message_id, rest));
        if ExchangeType(header.exchange) != ExchangeType::QUICK_MODE {
            return Some((1, first()));
        }
        let quick = self.quick.get(&message_id);
        let nonce_i = quick.and_then(|quick| quick.request.as_ref()?.nonce.as_deref());
        let nonce_r = quick.and_then(|quick| quick.response.as_ref()?.nonce.as_deref());
        let second = || nonce_i.map(|nonce| fits(hash_2(prf, skeyid_a, message_id, nonce, rest)));
        if next == 0 && rest.is_empty() {
            let (nonce_i, nonce_r) = (nonce_i?, nonce_r?);
            return Some((3, fits(hash_3(prf, skeyid_a, message_id, nonce_i, nonce_r))));
        }
        if first() {
            return Some((1, true));
        }
        match second() {
            Some(fits) => Some((2, fits)),
            // The nonce of the first message was not seen, so nothing can be said of the second.
            None if quick.is_none_or(|quick| quick.request.is_none()) => None,
            None => Some((1, false)),
        }
    }

    fn take(&mut self, header: &Header, opened: &OpenedV1, src: Endpoint) {
        let mut issues = Issues::default();
        let (content, _) = Message::parse_payloads(
            header,
            opened.first,
            Octets::new(&opened.plaintext),
            &mut issues,
        );
        let Content::V1(payloads) = content else {
            return;
        };
        match ExchangeType(header.exchange) {
            ExchangeType::QUICK_MODE => self.take_quick(header, &payloads, opened, src),
            _ if header.message_id == 0 => {
                let body =
                    |payload: &Payload<'_, Body<'_>>| payload.octets.get(4..).map(<[u8]>::to_vec);
                let initiator = self.is_initiator(src);
                for payload in &payloads {
                    let (id, certificate) = match initiator {
                        true => (&mut self.id_i, &mut self.certificate_i),
                        false => (&mut self.id_r, &mut self.certificate_r),
                    };
                    match &payload.body {
                        Body::Identification(_) => *id = id.take().or(body(payload)),
                        Body::Certificate(data) => {
                            certificate.get_or_insert(data.data.to_vec());
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    fn take_quick(
        &mut self,
        header: &Header,
        payloads: &[Payload<'_, Body<'_>>],
        opened: &OpenedV1,
        src: Endpoint,
    ) {
        let mut half = QuickHalf::default();
        for payload in payloads {
            match &payload.body {
                Body::SecurityAssociation(sa) => half.choices = quick_choices(sa),
                Body::Nonce(nonce) => half.nonce = Some(nonce.data.to_vec()),
                Body::KeyExchange(_) => half.public = payload.octets.get(4..).map(<[u8]>::to_vec),
                _ => {}
            }
        }
        if half.choices.is_empty() || self.quick.len() >= MAX_PAIRS {
            return;
        }
        let quick = self.quick.entry(header.message_id).or_default();
        // HASH(1) tells the first message; without it, the one that came first.
        let is_request = match opened.hash {
            Some((number, true)) => number == 1,
            _ => quick.from.is_none_or(|from| from == src),
        };
        if is_request {
            // What came first without a proof was the answer.
            if quick.from.replace(src).is_some_and(|from| from != src) {
                quick.response = quick.response.take().or_else(|| quick.request.take());
            }
            quick.request = Some(half);
        } else {
            quick.response = Some(half);
        }
        self.stale = true;
    }

    fn may_try(&mut self, key: usize, other: usize) -> bool {
        let seen = match self.seen {
            few @ 0..=FEW_MESSAGES => few,
            many => many.next_power_of_two(),
        };
        let facts = self.shares.len() + usize::from(self.choice.is_some());
        let stamp = seen + 1 + facts * MANY_MESSAGES;
        self.tried.insert((key, other), stamp) != Some(stamp)
    }

    /// Tries every key that may be this SA's.
    fn find_phases(&mut self, ring: &mut KeyRing) {
        if let Some(PhaseOneChoice {
            encryption: Err(name),
            ..
        }) = &self.choice
        {
            self.unsupported = Some(name.clone());
            return;
        }
        for key in ring.of_ike(self.initiator_spi, self.responder_spi) {
            let relevant = matches!(
                ring.material(key),
                Some(Material::Ikev1Key(_) | Material::Ikev1Skeyid(_))
            );
            if !relevant || !self.may_try(key, usize::MAX) {
                continue;
            }
            let candidates = match ring.material(key) {
                Some(Material::Ikev1Key(given)) => {
                    let origin = ring.origin(key);
                    self.phases_of_key(
                        &given.key,
                        (given.encryption, given.key_bits),
                        None,
                        &origin,
                    )
                }
                Some(Material::Ikev1Skeyid(given))
                    if given.key.is_none() && given.skeyid_e.is_none() =>
                {
                    self.has_skeyid_d |= given.skeyid_d.is_some();
                    continue;
                }
                Some(Material::Ikev1Skeyid(given)) => {
                    let origin = ring.origin(key);
                    self.phases_of_skeyid(given, &origin)
                }
                _ => continue,
            };
            let outcome =
                candidates.map(|phases| phases.into_iter().any(|phase| self.adopt(phase)));
            self.note_outcome(ring, key, outcome);
        }
        for (index, exchange) in self.exchanges().into_iter().enumerate() {
            self.find_by_exchange(ring, index, &exchange);
        }
    }

    fn note_outcome(&mut self, ring: &mut KeyRing, key: usize, outcome: Result<bool, CryptoError>) {
        match outcome {
            Ok(true) => {}
            Ok(false) => ring.refuse(key, Refusal::Integrity),
            Err(CryptoError::Unsupported { what }) => {
                self.unsupported = Some(what.clone());
                ring.refuse(key, Refusal::Unsupported(what));
            }
            Err(error) => ring.refuse(key, Refusal::Length(error.to_string())),
        }
    }

    /// From the secret of the key exchange, with each pre-shared key or without.
    fn find_by_exchange(&mut self, ring: &mut KeyRing, index: usize, exchange: &Exchange) {
        let Some(choice) = self.choice.clone() else {
            return;
        };
        let Some(hash) = choice.hash() else {
            self.unsupported = choice
                .hash
                .map(|hash| ikescope_dissectors::Registry::short_name(hash).to_string());
            return;
        };
        let Ok(prf) = Prf::new(hash.prf()) else {
            return;
        };
        let secrets = ring.shared_secrets(&Shares {
            spis: &[(self.initiator_spi, self.responder_spi)],
            method: choice.group,
            initiator: &exchange.public_i,
            responder: &exchange.public_r,
            epoch: Some(0),
        });
        let (spi_i, spi_r) = self.spis();
        for (shared, origin) in secrets.into_iter().take(MAX_SECRETS) {
            let key = origin.keys().first().copied().unwrap_or(usize::MAX);
            if !self.may_try(key, index) {
                continue;
            }
            let (nonce_i, nonce_r) = (&exchange.nonce_i, &exchange.nonce_r);
            let skeyids: Vec<(Secret, Option<Origin>)> = match uses_psk(choice.authentication) {
                Some(true) => ring
                    .psks()
                    .filter_map(|(key, psk)| {
                        let skeyid = skeyid_psk(prf, psk.secret.expose(), nonce_i, nonce_r).ok()?;
                        Some((skeyid, Some(ring.origin(key))))
                    })
                    .collect(),
                Some(false) => skeyid_signature(prf, nonce_i, nonce_r, shared.expose())
                    .map(|skeyid| vec![(skeyid, None)])
                    .unwrap_or_default(),
                None => {
                    self.unsupported = Some(format!(
                        "authentication by {}",
                        ikescope_dissectors::Registry::short_name(choice.authentication)
                    ));
                    return;
                }
            };
            if skeyids.is_empty() {
                ring.refuse(
                    key,
                    Refusal::Alone("the pre-shared key of this SA is missing"),
                );
                continue;
            }
            let mut outcome = Ok(false);
            for (skeyid, psk) in skeyids {
                let origin = psk
                    .as_ref()
                    .map_or_else(|| origin.clone(), |psk| origin.with(psk));
                let phase = PhaseOneKeys::derive(prf, skeyid, shared.expose(), &spi_i, &spi_r)
                    .and_then(|keys| {
                        self.phase(&keys, prf, hash, &choice, Some(exchange), &origin)
                    });
                match phase {
                    Ok(mut phase) => {
                        phase.psk = psk;
                        if self.adopt(phase) {
                            outcome = Ok(true);
                            break;
                        }
                    }
                    Err(error) => outcome = outcome.and(Err(error)),
                }
            }
            self.note_outcome(ring, key, outcome);
        }
    }

    fn spis(&self) -> ([u8; 8], [u8; 8]) {
        (
            self.initiator_spi.0.to_be_bytes(),
            self.responder_spi.0.to_be_bytes(),
        )
    }

    fn phase(
        &self,
        keys: &PhaseOneKeys,
        prf: Prf,
        hash: Hash,
        choice: &PhaseOneChoice,
        exchange: Option<&Exchange>,
        origin: &Origin,
    ) -> Result<Phase, CryptoError> {
        let encryption = match &choice.encryption {
            Ok(encryption) => *encryption,
            Err(name) => return Err(CryptoError::Unsupported { what: name.clone() }),
        };
        let key = keys.encryption_key(prf, encryption, choice.key_bits)?;
        let mut phase =
            self.with_key((encryption, choice.key_bits), &key, hash, exchange, origin)?;
        phase.prf = Some(prf);
        phase.skeyid = Some(keys.skeyid.clone());
        phase.skeyid_d = Some(keys.skeyid_d.clone());
        phase.skeyid_a = Some(keys.skeyid_a.clone());
        Ok(phase)
    }

    fn with_key(
        &self,
        (encryption, key_bits): (EncryptionAlgorithm, Option<u16>),
        key: &Secret,
        hash: Hash,
        exchange: Option<&Exchange>,
        origin: &Origin,
    ) -> Result<Phase, CryptoError> {
        let facts = CipherFacts::of(encryption)?;
        let key_bits = match facts.keys {
            KeySizes::Fixed(_) => None,
            _ => key_bits.or(facts.key_bits_of_material(key.len())?),
        };
        let key_bits = match facts.key_bits_of_material(key.len()) {
            Ok(bits) if !matches!(facts.keys, KeySizes::Fixed(_)) => bits.or(key_bits),
            _ => key_bits,
        };
        let cipher = Cipher::new(encryption, key_bits, key.expose())?;
        let block = facts.block_len;
        let initial = exchange
            .map(|exchange| initial_iv(hash, &exchange.public_i, &exchange.public_r, block));
        let mut ivs = Ivs::new(hash, block, initial);
        for (message_id, end) in &self.ends {
            ivs.note(*message_id, end);
        }
        Ok(Phase {
            cipher,
            ivs,
            prf: None,
            hash,
            skeyid: None,
            skeyid_d: None,
            skeyid_a: None,
            key: key.clone(),
            origin: origin.clone(),
            psk: None,
        })
    }

    /// The key alone. Where nothing says the cipher or the hash function, all that have keys of this length.
    fn phases_of_key(
        &self,
        key: &Secret,
        (encryption, key_bits): (Option<EncryptionAlgorithm>, Option<u16>),
        prf: Option<Prf>,
        origin: &Origin,
    ) -> Result<Vec<Phase>, CryptoError> {
        let chosen = self.choice.as_ref().and_then(|choice| {
            let encryption = choice.encryption.clone().ok()?;
            Some((encryption, choice.key_bits))
        });
        let ciphers: Vec<(EncryptionAlgorithm, Option<u16>)> = match (encryption, chosen) {
            (_, Some(chosen)) => vec![chosen],
            (Some(id), None) => vec![(id, key_bits)],
            (None, None) => PHASE_ONE_CIPHERS
                .iter()
                .filter(|id| {
                    CipherFacts::of(**id)
                        .is_ok_and(|facts| facts.key_bits_of_material(key.len()).is_ok())
                })
                .map(|id| (*id, None))
                .collect(),
        };
        let hashes: Vec<Hash> = match self.choice.as_ref().and_then(PhaseOneChoice::hash) {
            Some(hash) => vec![hash],
            None => HASHES
                .iter()
                .filter_map(|id| Hash::new(*id).ok())
                .filter(|hash| prf.is_none_or(|prf| prf.facts().id == hash.prf()))
                .collect(),
        };
        let mut phases = Vec::new();
        let mut error = None;
        for cipher in ciphers {
            for hash in &hashes {
                let mut exchanges: Vec<Option<Exchange>> =
                    self.exchanges().into_iter().map(Some).collect();
                exchanges.push(None);
                for exchange in &exchanges {
                    match self.with_key(cipher, key, *hash, exchange.as_ref(), origin) {
                        Ok(mut phase) => {
                            phase.prf = prf.or(Prf::new(hash.prf()).ok());
                            phases.push(phase);
                        }
                        Err(why) => error = Some(why),
                    }
                }
            }
        }
        match (phases.is_empty(), error) {
            (true, Some(error)) => Err(error),
            _ => Ok(phases),
        }
    }

    /// SKEYID* as far as they are known.
    fn phases_of_skeyid(
        &self,
        given: &ikescope_crypto::key_material::Ikev1Skeyid,
        origin: &Origin,
    ) -> Result<Vec<Phase>, CryptoError> {
        let prf = given.prf.and_then(|id| Prf::new(id).ok()).or_else(|| {
            let hash = self.choice.as_ref()?.hash()?;
            Prf::new(hash.prf()).ok()
        });
        let hash = self
            .choice
            .as_ref()
            .and_then(PhaseOneChoice::hash)
            .or_else(|| {
                HASHES
                    .iter()
                    .filter_map(|id| Hash::new(*id).ok())
                    .find(|hash| prf.is_some_and(|prf| prf.facts().id == hash.prf()))
            });
        let chosen = self.choice.as_ref().and_then(|choice| {
            let encryption = choice.encryption.clone().ok()?;
            Some((encryption, choice.key_bits))
        });
        let cipher = chosen.or(given.encryption.map(|id| (id, given.key_bits)));
        let from_skeyid_e = match (prf, cipher, &given.skeyid_e) {
            (Some(prf), Some((encryption, key_bits)), Some(skeyid_e)) => {
                let keys = PhaseOneKeys {
                    skeyid: Secret::default(),
                    skeyid_d: Secret::default(),
                    skeyid_a: Secret::default(),
                    skeyid_e: skeyid_e.clone(),
                };
                Some(keys.encryption_key(prf, encryption, key_bits)?)
            }
            _ => None,
        };
        let Some(key) = from_skeyid_e.or_else(|| given.key.clone()) else {
            return Ok(Vec::new());
        };
        let mut phases = match (cipher, hash) {
            (Some(cipher), Some(hash)) => {
                let mut exchanges: Vec<Option<Exchange>> =
                    self.exchanges().into_iter().map(Some).collect();
                exchanges.push(None);
                exchanges
                    .iter()
                    .map(|exchange| self.with_key(cipher, &key, hash, exchange.as_ref(), origin))
                    .collect::<Result<Vec<Phase>, CryptoError>>()?
            }
            _ => self.phases_of_key(&key, (given.encryption, given.key_bits), prf, origin)?,
        };
        for phase in &mut phases {
            phase.prf = prf.or(phase.prf);
            phase.skeyid.clone_from(&given.skeyid);
            phase.skeyid_d.clone_from(&given.skeyid_d);
            phase.skeyid_a.clone_from(&given.skeyid_a);
            if let Some(iv) = &given.initial_iv {
                phase.ivs.set_initial(iv);
            }
        }
        Ok(phases)
    }

    /// Keeps keys that open a message which waits, and adds what they say to the same key from another source.
    fn adopt(&mut self, phase: Phase) -> bool {
        if let Some(known) = self
            .phases
            .iter_mut()
            .find(|known| known.key == phase.key && known.hash.prf() == phase.hash.prf())
        {
            let skeyid_d = known.skeyid_d.is_none() && phase.skeyid_d.is_some();
            known.skeyid = known.skeyid.take().or(phase.skeyid);
            known.skeyid_d = known.skeyid_d.take().or(phase.skeyid_d);
            known.skeyid_a = known.skeyid_a.take().or(phase.skeyid_a);
            known.psk = known.psk.take().or(phase.psk);
            self.stale |= skeyid_d;
            return true;
        }
        if self.phases.len() >= MAX_EPOCHS {
            return false;
        }
        let opens = |held: &&Held| {
            let Some(message) = held.message() else {
                return false;
            };
            let Content::V1Encrypted(ciphertext) = &message.content else {
                return false;
            };
            self.open_with(usize::MAX, &phase, &message.header, ciphertext)
                .is_some_and(|opened| !matches!(opened.hash, Some((1 | 2, false))))
        };
        let opened = self.waiting.iter().take(FEW_MESSAGES).filter(opens).count();
        // One message by chance is not enough where others of the SA stay closed.
        let tried = self.waiting.iter().take(FEW_MESSAGES).len();
        if opened == 0 || opened * 3 < tried {
            return false;
        }
        self.phases.push(phase);
        self.stale = true;
        true
    }

    /// The keys of the children of quick mode.
    fn derive(&self, ring: &mut KeyRing, discoveries: &mut Vec<Discovery>) {
        for quick in self.quick.values() {
            let (Some(request), Some(response)) = (&quick.request, &quick.response) else {
                continue;
            };
            for phase in &self.phases {
                let (Some(prf), Some(skeyid_d)) = (phase.prf, &phase.skeyid_d) else {
                    continue;
                };
                let from = (skeyid_d.clone(), phase.origin.clone());
                self.derive_quick(ring, prf, &from, (request, response), discoveries);
            }
        }
    }

    fn derive_quick(
        &self,
        ring: &mut KeyRing,
        prf: Prf,
        (skeyid_d, from): &Derived,
        (request, response): (&QuickHalf, &QuickHalf),
        discoveries: &mut Vec<Discovery>,
    ) {
        let (Some(nonce_i), Some(nonce_r)) = (&request.nonce, &response.nonce) else {
            return;
        };
        for chosen in &response.choices {
            let offered = request
                .choices
                .iter()
                .find(|offered| match (offered, chosen) {
                    (Ok(offered), Ok(chosen)) => {
                        offered.number == chosen.number && offered.protocol == chosen.protocol
                    }
                    _ => false,
                });
            // What was offered may be unsupported where what was chosen is not; its SPI still counts.
            let offered = offered.or_else(|| {
                request.choices.iter().find(|offered| {
                    matches!((offered, chosen), (Ok(a), Ok(b)) if a.protocol == b.protocol)
                })
            });
            let chosen = match chosen {
                Ok(chosen) => chosen,
                Err(_) => continue,
            };
            let shared: Vec<(Option<Secret>, Origin)> =
                match (chosen.pfs, &request.public, &response.public) {
                    (Some(group), Some(public_i), Some(public_r)) => ring
                        .shared_secrets(&Shares {
                            spis: &[(self.initiator_spi, self.responder_spi)],
                            method: group,
                            initiator: public_i,
                            responder: public_r,
                            epoch: None,
                        })
                        .into_iter()
                        .take(MAX_SECRETS_OF_CHILD)
                        .map(|(secret, origin)| (Some(secret), from.with(&origin)))
                        .collect(),
                    _ => vec![(None, from.clone())],
                };
            for (shared, origin) in shared {
                let quick = QuickMode {
                    nonce_i,
                    nonce_r,
                    shared: shared.as_ref().map(Secret::expose),
                };
                let spis = [
                    Some(chosen.spi),
                    offered.and_then(|offered| offered.as_ref().ok().map(|offered| offered.spi)),
                ];
                for spi in spis.into_iter().flatten() {
                    let keys = quick.keys(
                        prf,
                        skeyid_d,
                        &chosen.suite,
                        keymat_protocol(chosen.protocol),
                        &spi.to_be_bytes(),
                    );
                    let child = |suite, encryption_key, integrity_key| {
                        Discovery::Child(ChildSa {
                            protocol: chosen.protocol,
                            spi,
                            suite,
                            esn: chosen.esn,
                            encryption_key,
                            integrity_key,
                            beet: None,
                            origin: origin.clone(),
                        })
                    };
                    discoveries.push(match keys {
                        Ok(keys) => child(Ok(chosen.suite), keys.encryption, keys.integrity),
                        Err(CryptoError::Unsupported { what }) => {
                            child(Err(what), Secret::default(), Secret::default())
                        }
                        Err(error) => {
                            child(Err(error.to_string()), Secret::default(), Secret::default())
                        }
                    });
                }
            }
        }
    }

    /// What HASH_I and HASH_R cover, for each way in which the key exchange can be read.
    pub(crate) fn hash_of(
        &self,
        exchange: &Exchange,
        prf: Prf,
        skeyid: &Secret,
        by_initiator: bool,
        id: &[u8],
    ) -> Option<Secret> {
        let (spi_i, spi_r) = self.spis();
        let phase_one = PhaseOne {
            public_i: &exchange.public_i,
            public_r: &exchange.public_r,
            spi_i: &spi_i,
            spi_r: &spi_r,
            sa_body: self.offer.as_deref()?,
        };
        match by_initiator {
            true => phase_one.hash_i(prf, skeyid, id).ok(),
            false => phase_one.hash_r(prf, skeyid, id).ok(),
        }
    }
}

/// Whether SKEYID comes of a pre-shared key (true) or of the key exchange (false); none for public key encryption.
pub(crate) fn uses_psk(method: AuthenticationMethod) -> Option<bool> {
    let name = ikescope_dissectors::Registry::short_name(method).to_string();
    if [AuthenticationMethod(4), AuthenticationMethod(5)].contains(&method) || name.contains("ENC")
    {
        return None;
    }
    Some(name.contains("PSK"))
}

/// The ciphertext of a message, cut to whole messages.
fn whole<'c>(message: &Message<'_>, ciphertext: &'c [u8]) -> &'c [u8] {
    let declared = usize::try_from(message.header.length).unwrap_or(usize::MAX);
    ciphertext
        .get(..declared.saturating_sub(HEADER_LEN).min(ciphertext.len()))
        .unwrap_or(ciphertext)
}

/// A message of main mode whose first block is unknown: how long its identification payload is follows from what stands
/// behind it. What is unknown of it reads as zeros.
fn open_behind_id(
    index: usize,
    phase: &Phase,
    header: &Header,
    mut plaintext: Vec<u8>,
) -> Option<OpenedV1> {
    let block = phase.cipher.facts().block_len;
    let hash_len = PAYLOAD_HEADER_LEN + phase.hash.output_len();
    let padding = |end: usize| {
        let rest = plaintext.get(end..)?;
        (rest.len() <= block && rest.iter().all(|octet| *octet == 0)).then_some(rest.len())
    };
    let visible = (block..plaintext.len()).find_map(|id_len| {
        let rest = plaintext.get(id_len..)?;
        let kind = kind_behind_id(rest, hash_len)?;
        let end = id_len + chain_len(kind, rest)?;
        padding(end)?;
        plausible(kind, rest.get(..end - id_len)?).then_some((id_len, kind, end))
    });
    // Behind an address or a short name the header of HASH is unknown too: the padding must tell.
    let hidden = || {
        let lengths = [IPV4_ID_LEN].into_iter().chain(MIN_ID_LEN..block);
        let mut ends = lengths
            .filter(|len| *len < block)
            .map(|len| (len, len + hash_len));
        let (id_len, end) = ends.find(|(_, end)| padding(*end) >= Some(CERTAIN_PADDING))?;
        Some((id_len, PayloadType::HASH.0, end))
    };
    let (id_len, kind, end) = visible.or_else(hidden)?;
    plaintext.truncate(end);
    plaintext.get_mut(..block)?.fill(0);
    let mut repair = |at: usize, next: u8, len: usize| {
        let [high, low] = u16::try_from(len).ok()?.to_be_bytes();
        let place = plaintext.get_mut(at..at + PAYLOAD_HEADER_LEN)?;
        place.copy_from_slice(&[next, 0, high, low]);
        Some(())
    };
    repair(0, kind, id_len)?;
    if id_len < block {
        repair(id_len, 0, hash_len)?;
    }
    Some(OpenedV1 {
        plaintext,
        first: header.next_payload,
        phase: index,
        noise: block,
        hash: None,
    })
}

/// The type of the payload behind an identification: HASH by its length, else a certificate or a signature.
fn kind_behind_id(rest: &[u8], hash_len: usize) -> Option<u8> {
    let &[_, 0, high, low, first, ..] = rest else {
        return None;
    };
    let len = usize::from(u16::from_be_bytes([high, low]));
    let x509 = CertificateEncoding::X509_SIGNATURE.0;
    Some(match len {
        len if len == hash_len => PayloadType::HASH.0,
        len if len > rest.len() || len <= hash_len => return None,
        _ if first == x509 => PayloadType::CERTIFICATE.0,
        _ => PayloadType::SIGNATURE.0,
    })
}

/// Whether a chain of payloads is one of IKEv1: a key that does not fit gives random types.
fn plausible(first: u8, chain: &[u8]) -> bool {
    let (mut kind, mut place) = (first, 0_usize);
    while kind != 0 {
        let known = matches!(kind, 1 | 4..=22 | 128..=135);
        let Some(&[next, _, high, low]) = chain
            .get(place..place.saturating_add(4))
            .and_then(|header| <&[u8; 4]>::try_from(header).ok())
        else {
            return false;
        };
        if !known {
            return false;
        }
        place += usize::from(u16::from_be_bytes([high, low]));
        kind = next;
    }
    true
}

/// The payload behind HASH, where its type is unknown; 0 for none.
fn second_payload(exchange: ExchangeType, rest: &[u8]) -> u8 {
    if rest.iter().all(|octet| *octet == 0) {
        return 0;
    }
    match exchange {
        ExchangeType::QUICK_MODE => PayloadType::SA.0,
        ExchangeType::TRANSACTION => PayloadType::ATTRIBUTE.0,
        // A Delete payload says its SPI size and count behind DOI and protocol; a Notification its type.
        _ => {
            let number = |at: usize| {
                rest.get(at..at + 2)
                    .and_then(|octets| octets.try_into().ok())
                    .map(u16::from_be_bytes)
            };
            let (Some(length), Some(&size), Some(count)) = (number(2), rest.get(9), number(10))
            else {
                return PayloadType::NOTIFICATION.0;
            };
            let delete = usize::from(length) == 12 + usize::from(size) * usize::from(count);
            match delete && count > 0 {
                true => PayloadType::DELETE.0,
                false => PayloadType::NOTIFICATION.0,
            }
        }
    }
}

/// Octets of a chain of payloads.
fn chain_len(first: u8, chain: &[u8]) -> Option<usize> {
    let (mut kind, mut place) = (first, 0_usize);
    while kind != 0 {
        let header = chain.get(place..place.checked_add(4)?)?;
        let &[next, _, high, low] = <&[u8; 4]>::try_from(header).ok()?;
        let len = usize::from(u16::from_be_bytes([high, low]));
        if len < 4 {
            return None;
        }
        place = place.checked_add(len)?;
        kind = next;
    }
    (place <= chain.len()).then_some(place)
}

/// An identification payload with an IPv4 address (RFC 2407, section 4.6.2).
const IPV4_ID_LEN: usize = 12;
/// One without data.
const MIN_ID_LEN: usize = 8;
/// Zeros that noise ends in by chance once in 2^32 messages.
const CERTAIN_PADDING: usize = 4;
/// Octets of the largest block.
const MAX_BLOCK: usize = 16;
/// Ends of messages of one SA: two a minute for a day of dead peer detection.
const MAX_ENDS: usize = 8_192;
/// Messages with a public value: three each with retransmissions that differ.
const MAX_SHARES: usize = 8;
const FEW_MESSAGES: usize = 64;
const MANY_MESSAGES: usize = 1 << 24;
const MAX_SECRETS_OF_CHILD: usize = 256;

/// Ciphers of phase 1, the usual ones first.
const PHASE_ONE_CIPHERS: [EncryptionAlgorithm; 7] = [
    EncryptionAlgorithm::AES_CBC,
    EncryptionAlgorithm::TRIPLE_DES,
    EncryptionAlgorithm::DES,
    EncryptionAlgorithm::CAMELLIA_CBC,
    EncryptionAlgorithm::BLOWFISH,
    EncryptionAlgorithm::CAST,
    EncryptionAlgorithm::IDEA,
];
const HASHES: [HashAlgorithm; 5] = [
    HashAlgorithm::SHA1,
    HashAlgorithm::SHA2_256,
    HashAlgorithm::MD5,
    HashAlgorithm::SHA2_384,
    HashAlgorithm::SHA2_512,
];
