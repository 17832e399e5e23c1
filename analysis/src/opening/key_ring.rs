//! The keys that the user gave, found by what they are for, with what became of each.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::{BuildHasher, RandomState};

use ikescope_crypto::Secret;
use ikescope_crypto::key_exchange::{KeyExchange, KeyExchangeFacts, respond};
use ikescope_crypto::key_material::{
    AhSa, DhPrivate, DhSecret, EspSa, IkeSpis, Key, Material, Psk, Side, Unread,
};
use ikescope_dissectors::registries::ikev2::KeyExchangeMethod;
use ikescope_dissectors::{IkeSpi, Spi};

use super::origin::Origin;
use crate::opened::KeySource;

/// All key material at hand.
pub struct KeyRing {
    keys: Vec<Key>,
    /// Keys that are read when something of their SAs is seen.
    unread: Vec<Unread>,
    /// Beside each key what became of it.
    fates: Vec<Fate>,
    by_initiator: BTreeMap<IkeSpi, Vec<usize>>,
    by_responder: BTreeMap<IkeSpi, Vec<usize>>,
    unbound: Vec<usize>,
    psks: Vec<usize>,
    ppks: Vec<usize>,
    by_spi: BTreeMap<u32, Vec<usize>>,
    any_spi: Vec<usize>,
    /// Whether there is any that is not of an SA of ESP or AH.
    of_ike: bool,
    computed: HashMap<(usize, u64), Option<Secret>>,
    hasher: RandomState,
}

#[derive(Clone, Default)]
struct Fate {
    /// `FILE:LINE`. Made when it is asked for: of thousands of keys few are used.
    source: OnceCell<KeySource>,
    opened: u64,
    refusal: Option<Refusal>,
}

/// Why a key opened nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Nothing in the capture has its SPI.
    NoSuchSpi,
    /// It is for addresses that the packets of its SPI do not have.
    OtherAddresses,
    /// It has the wrong length for the algorithm of its SA.
    Length(String),
    /// It was tried, and the integrity check failed.
    Integrity,
    /// It came without what verifies what it gives.
    Unverifiable,
    /// The algorithm with this name is not supported.
    Unsupported(String),
    /// It opens nothing by itself.
    Alone(&'static str),
    /// Nothing that it could open is in the capture, or another key opened it already.
    Nothing,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchSpi => f.write_str("nothing in the capture has its SPI"),
            Self::OtherAddresses => f.write_str("the packets of its SPI have other addresses"),
            Self::Length(why) => write!(f, "it has the wrong length: {why}"),
            Self::Integrity => f.write_str("it does not fit: the integrity check failed"),
            Self::Unverifiable => f.write_str(
                "it came without a key that verifies what it gives: --unverified shows it",
            ),
            Self::Unsupported(name) => write!(f, "{name} is not supported"),
            Self::Alone(why) => f.write_str(why),
            Self::Nothing => {
                f.write_str("nothing is left for it to open: another key did, or there is nothing")
            }
        }
    }
}

/// A key with what it did.
#[derive(Clone, Copy, Debug)]
pub struct KeyUse<'k> {
    /// The key.
    pub key: &'k Key,
    /// Messages and packets that it opened, alone or with others.
    pub opened: u64,
    /// Why it opened nothing, where that is known.
    pub refusal: Option<&'k Refusal>,
}

impl KeyRing {
    /// Sorts keys by what they are for.
    #[must_use]
    pub fn new(keys: Vec<Key>) -> Self {
        let mut ring = Self {
            fates: vec![Fate::default(); keys.len()],
            keys: Vec::new(),
            unread: Vec::new(),
            by_initiator: BTreeMap::new(),
            by_responder: BTreeMap::new(),
            unbound: Vec::new(),
            psks: Vec::new(),
            ppks: Vec::new(),
            by_spi: BTreeMap::new(),
            any_spi: Vec::new(),
            of_ike: false,
            computed: HashMap::new(),
            hasher: RandomState::new(),
        };
        for (index, key) in keys.iter().enumerate() {
            ring.sort_in(index, &key.material);
        }
        ring.keys = keys;
        ring
    }

    /// With keys that are not read yet.
    #[must_use]
    pub fn with_unread(mut self, unread: Vec<Unread>) -> Self {
        self.unread = unread;
        self
    }

    /// Reads keys that were left unread until something of their SAs was seen.
    fn take(&mut self, of: impl Fn(&mut Unread) -> Vec<Key>) {
        let read: Vec<Key> = self.unread.iter_mut().flat_map(of).collect();
        for key in read {
            self.sort_in(self.keys.len(), &key.material);
            self.keys.push(key);
            self.fates.push(Fate::default());
        }
    }

    /// Something of these IKE SAs is in the capture: their keys are wanted.
    pub(crate) fn want_ike(&mut self, initiator: IkeSpi) {
        self.take(|unread| unread.of_ike(initiator));
    }

    /// Something of an SA of ESP or AH is: its keys are.
    pub(crate) fn want_spi(&mut self, spi: u32) {
        self.take(|unread| unread.of_spi(Spi(spi)));
    }

    /// How many keys nothing in the capture asked for.
    #[must_use]
    pub fn unread(&self) -> usize {
        self.unread.iter().map(Unread::len).sum()
    }

    fn sort_in(&mut self, index: usize, material: &Material) {
        self.of_ike |= !matches!(material, Material::EspSa(_) | Material::AhSa(_));
        match material {
            Material::Psk(_) => self.psks.push(index),
            Material::Ppk(_) => self.ppks.push(index),
            Material::EspSa(EspSa { spi, .. }) | Material::AhSa(AhSa { spi, .. }) => match spi {
                Some(spi) => self.by_spi.entry(spi.0).or_default().push(index),
                None => self.any_spi.push(index),
            },
            _ => match key_spis(material) {
                IkeSpis {
                    initiator: Some(spi),
                    ..
                } => self.by_initiator.entry(spi).or_default().push(index),
                IkeSpis {
                    responder: Some(spi),
                    ..
                } => self.by_responder.entry(spi).or_default().push(index),
                _ => self.unbound.push(index),
            },
        }
    }

    /// Whether there is no key at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.unread() == 0
    }

    /// Whether something must be learnt from IKE messages before all that these keys can open is opened.
    #[must_use]
    pub fn needs_learning(&self) -> bool {
        self.of_ike || self.unread.iter().any(Unread::has_ike)
    }

    /// Each key that was read, with what it did. Those that were read at once are in the order in which they were given.
    pub fn uses(&self) -> impl Iterator<Item = KeyUse<'_>> {
        let fates = self.keys.iter().zip(&self.fates);
        fates.map(|(key, fate)| KeyUse {
            key,
            opened: fate.opened,
            refusal: fate.refusal.as_ref().filter(|_| fate.opened == 0),
        })
    }

    /// Says why each key opened nothing that was not even tried. `exists` tells whether the capture has an IKE SA with
    /// these SPIs.
    pub(crate) fn explain(&mut self, exists: impl Fn(Option<IkeSpi>, Option<IkeSpi>) -> bool) {
        for (key, fate) in self.keys.iter().zip(&mut self.fates) {
            if fate.opened > 0 || fate.refusal.is_some() {
                continue;
            }
            fate.refusal = Some(match &key.material {
                Material::Psk(_) => Refusal::Alone(
                    "a pre-shared key opens nothing without the Diffie-Hellman secret",
                ),
                Material::Ppk(_) => {
                    Refusal::Alone("a post-quantum pre-shared key opens nothing by itself")
                }
                Material::EapMsk(_) => Refusal::Alone("the key of an EAP method opens nothing"),
                Material::EspSa(_) | Material::AhSa(_) => Refusal::NoSuchSpi,
                material => {
                    let sa = key_spis(material);
                    match exists(sa.initiator, sa.responder) {
                        true => alone(material).map_or(Refusal::Nothing, Refusal::Alone),
                        false => Refusal::NoSuchSpi,
                    }
                }
            });
        }
    }

    /// The material of a key.
    pub(crate) fn material(&self, key: usize) -> Option<&Material> {
        self.keys.get(key).map(|key| &key.material)
    }

    /// A derivation from this key alone.
    pub(crate) fn origin(&self, key: usize) -> Origin {
        let pair = self.keys.get(key).zip(self.fates.get(key));
        let source = pair.map(|(key, fate)| {
            let source = || key.source.to_string().into();
            fate.source.get_or_init(source).clone()
        });
        Origin::new(key, source.unwrap_or_else(|| "".into()))
    }

    /// Counts what was opened.
    pub(crate) fn count(&mut self, origin: &Origin, number: u64) {
        for key in origin.keys() {
            if let Some(fate) = self.fates.get_mut(*key) {
                fate.opened += number;
            }
        }
    }

    /// Remembers why a key opened nothing; what is said later weighs more.
    pub(crate) fn refuse(&mut self, key: usize, why: Refusal) {
        if let Some(fate) = self.fates.get_mut(key) {
            fate.refusal = Some(why);
        }
    }

    /// Keys that may belong to the IKE SA with these SPIs: those that name it, then those that name none.
    pub(crate) fn of_ike(&self, initiator: IkeSpi, responder: IkeSpi) -> Vec<usize> {
        let named = self.by_initiator.get(&initiator);
        let named = named.into_iter().chain(self.by_responder.get(&responder));
        named
            .flatten()
            .chain(&self.unbound)
            .copied()
            .filter(|key| {
                self.material(*key)
                    .is_some_and(|material| key_spis(material).may_be(initiator, responder))
            })
            .collect()
    }

    /// Whether any key could open or prove something of the IKE SA with these SPIs.
    pub(crate) fn may_open(&self, initiator: IkeSpi, responder: IkeSpi) -> bool {
        let any = !self.psks.is_empty() || !self.ppks.is_empty();
        any || !self.of_ike(initiator, responder).is_empty()
    }

    /// Every pre-shared key.
    pub(crate) fn psks(&self) -> impl Iterator<Item = (usize, &Psk)> {
        self.psks
            .iter()
            .filter_map(|key| match self.material(*key) {
                Some(Material::Psk(psk)) => Some((*key, psk)),
                _ => None,
            })
    }

    /// Every post-quantum pre-shared key.
    pub(crate) fn ppks(&self) -> impl Iterator<Item = (usize, &Secret)> {
        self.ppks
            .iter()
            .filter_map(|key| match self.material(*key) {
                Some(Material::Ppk(ppk)) => Some((*key, &ppk.secret)),
                _ => None,
            })
    }

    /// Keys of ESP and AH SAs with this SPI.
    pub(crate) fn of_spi(&self, spi: u32) -> &[usize] {
        self.by_spi.get(&spi).map_or(&[], Vec::as_slice)
    }

    /// Keys of ESP and AH SAs of any SPI.
    pub(crate) fn of_any_spi(&self) -> &[usize] {
        &self.any_spi
    }

    /// Shared secrets that a key exchange may have had, the likeliest first.
    pub(crate) fn shared_secrets(&mut self, exchange: &Shares<'_>) -> Vec<(Secret, Origin)> {
        let Ok(facts) = KeyExchangeFacts::of(exchange.method) else {
            return Vec::new();
        };
        let mut keys: Vec<usize> = Vec::new();
        for (initiator, responder) in exchange.spis {
            self.want_ike(*initiator);
            for key in self.of_ike(*initiator, *responder) {
                if !keys.contains(&key) || keys.len() > MANY {
                    keys.push(key);
                }
            }
        }
        let mut found: Vec<(u8, Secret, Origin)> = Vec::new();
        for key in keys {
            let candidate = match self.material(key) {
                Some(Material::DhSecret(secret)) => exchange
                    .accepts_secret(secret)
                    .and_then(|rank| Some((rank, padded(&secret.shared, &facts)?))),
                Some(Material::DhPrivate(_)) => self.compute(key, exchange),
                _ => None,
            };
            if let Some((rank, shared)) = candidate {
                found.push((rank, shared, self.origin(key)));
            }
        }
        found.sort_by_key(|(rank, _, _)| *rank);
        found
            .into_iter()
            .map(|(_, shared, origin)| (shared, origin))
            .collect()
    }

    /// The secret of a private value with the public value of the other side. Computed once: it takes milliseconds.
    fn compute(&mut self, key: usize, exchange: &Shares<'_>) -> Option<(u8, Secret)> {
        let Some(Material::DhPrivate(private)) = self.material(key) else {
            return None;
        };
        let rank = exchange.accepts_private(private)?;
        let digest =
            self.hasher
                .hash_one((exchange.method.0, exchange.initiator, exchange.responder));
        let cached = self.computed.get(&(key, digest));
        let shared = match cached {
            Some(shared) => shared.clone(),
            None => {
                let shared = exchange.shared(private);
                if self.computed.len() < MAX_COMPUTED {
                    self.computed.insert((key, digest), shared.clone());
                }
                shared
            }
        };
        Some((rank, shared?))
    }
}

/// Shows how many keys there are, and none of them.
impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing({} keys)", self.keys.len())
    }
}

/// A key exchange as seen on the wire.
pub(crate) struct Shares<'a> {
    /// The IKE SAs that it may be named by: the one that carried it, and the one that came of it.
    pub(crate) spis: &'a [(IkeSpi, IkeSpi)],
    /// The method.
    pub(crate) method: KeyExchangeMethod,
    /// Key Exchange Data of who began it.
    pub(crate) initiator: &'a [u8],
    /// Key Exchange Data of who answered.
    pub(crate) responder: &'a [u8],
    /// Which exchange of the IKE SA; none for one of a child or a rekeying.
    pub(crate) epoch: Option<u32>,
}

impl Shares<'_> {
    /// How well a secret fits, 0 best; none if it does not.
    fn accepts_secret(&self, secret: &DhSecret) -> Option<u8> {
        self.accepts(
            secret.group,
            secret.epoch,
            secret.public.as_deref(),
            &secret.sa,
        )
    }

    fn accepts_private(&self, private: &DhPrivate) -> Option<u8> {
        self.accepts(
            private.group,
            private.epoch,
            private.public.as_deref(),
            &private.sa,
        )
    }

    fn accepts(
        &self,
        group: Option<KeyExchangeMethod>,
        epoch: Option<u32>,
        public: Option<&[u8]>,
        sa: &IkeSpis,
    ) -> Option<u8> {
        if group.is_some_and(|group| group != self.method) {
            return None;
        }
        if let (Some(epoch), Some(wanted)) = (epoch, self.epoch)
            && epoch != wanted
        {
            return None;
        }
        match public {
            Some(public) if public == self.initiator || public == self.responder => Some(0),
            Some(_) => None,
            None if sa.is_empty() => Some(2),
            None => Some(1),
        }
    }

    fn shared(&self, private: &DhPrivate) -> Option<Secret> {
        let value = private.private.expose();
        let as_initiator = || {
            let own = KeyExchange::new(self.method, value).ok()?;
            (own.public().ok()? == self.initiator)
                .then(|| own.shared(self.responder).ok())
                .flatten()
        };
        let as_responder = || {
            let (public, shared) = respond(self.method, value, self.initiator).ok()?;
            (public == self.responder).then_some(shared)
        };
        match private.side {
            Some(Side::Initiator) => as_initiator().or_else(as_responder),
            _ => as_responder().or_else(as_initiator),
        }
    }
}

/// The secret as it enters derivation: logs that print numbers drop leading zeros of the MODP groups (RFC 7296,
/// section 2.14, pads them).
fn padded(shared: &Secret, facts: &KeyExchangeFacts) -> Option<Secret> {
    let missing = facts.shared_len.checked_sub(shared.len())?;
    match missing {
        0 => Some(shared.clone()),
        1..=MAX_LEADING_ZEROS => {
            let mut octets = vec![0; missing];
            octets.extend_from_slice(shared.expose());
            Some(octets.into())
        }
        _ => None,
    }
}

fn key_spis(material: &Material) -> IkeSpis {
    match material {
        Material::Ikev1Key(key) => key.sa,
        Material::Ikev1Skeyid(key) => key.sa,
        Material::Ikev2Keys(key) => key.sa,
        Material::Skeyseed(key) => key.sa,
        Material::DhSecret(key) => key.sa,
        Material::DhPrivate(key) => key.sa,
        Material::EapMsk(key) => key.sa,
        Material::Psk(_) | Material::Ppk(_) | Material::EspSa(_) | Material::AhSa(_) => {
            IkeSpis::default()
        }
    }
}

/// What keys of an IKE SA do not open that open no message.
fn alone(material: &Material) -> Option<&'static str> {
    let opens_none = match material {
        Material::Ikev1Skeyid(key) => key.key.is_none() && key.skeyid_e.is_none(),
        Material::Ikev2Keys(key) => key.sk_ei.is_none() && key.sk_er.is_none(),
        _ => false,
    };
    opens_none.then_some(
        "without SK_e or SKEYID_e the nonces of children are encrypted, except of those made with an IKE SA of IKEv2",
    )
}

/// Leading zeros that a secret may lack: eight octets are beyond chance.
const MAX_LEADING_ZEROS: usize = 8;
/// Keys beyond which a list is not searched for doubles.
const MANY: usize = 256;
/// Results of private values that are kept.
const MAX_COMPUTED: usize = 65_536;
