//! One set of keys of an IKE SA (IKEv2).

use ikescope_crypto::cipher::{Cipher, CipherFacts};
use ikescope_crypto::ikev2::{ChildSuite, IkeKeys, Suite};
use ikescope_crypto::key_material::Ikev2Keys;
use ikescope_crypto::mac::{IntegrityFacts, Prf};
use ikescope_crypto::opening::{Protection, open_payload};
use ikescope_crypto::{CryptoError, Secret};
use ikescope_dissectors::registries::ikev2::{IntegrityAlgorithm, Prf as PrfId};
use ikescope_dissectors::{Content, Flags, HEADER_LEN, Message, PAYLOAD_HEADER_LEN, ikev2};

use super::esp_sa::usual;
use super::origin::Origin;

/// A secret, and what it came from.
pub(crate) type Derived = (Secret, Origin);

/// Keys that protect messages of an IKE SA, and what else is known beside them.
#[derive(Debug)]
pub(crate) struct Epoch {
    /// 0 those of IKE_SA_INIT, n those after the n-th additional key exchange.
    pub(crate) number: Option<u32>,
    pub(crate) prf: Option<PrfId>,
    initiator: Option<Protection>,
    responder: Option<Protection>,
    /// More than one where post-quantum keys may have been mixed in.
    pub(crate) sk_d: Vec<Derived>,
    pub(crate) sk_pi: Vec<Derived>,
    pub(crate) sk_pr: Vec<Derived>,
    /// Index of the key exchange that it follows from.
    pub(crate) keying: Option<usize>,
    pub(crate) origin: Origin,
    pub(crate) opened: u64,
    /// The keys themselves, as they were given or derived.
    pub(crate) keys: Ikev2Keys,
    /// Whether the cipher is one of several with keys of this length: an ICV beside it proves the octets and not the cipher.
    pub(crate) guessed: bool,
}

/// Where the encrypted payload of a message stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sealed {
    /// Index of the payload.
    pub(crate) carrier: usize,
    /// Offset of the initialization vector in the message.
    pub(crate) body: usize,
    /// Type of the first payload inside.
    pub(crate) first: u8,
    /// Number and total of a fragment.
    pub(crate) fragment: Option<(u16, u16)>,
    /// Whether octets are missing at the end.
    pub(crate) cut: bool,
}

impl Sealed {
    /// The encrypted payload, if the message has one.
    pub(crate) fn of(message: &Message<'_>) -> Option<Self> {
        let Content::V2(payloads) = &message.content else {
            return None;
        };
        let start = payloads.first()?.span.start.checked_sub(HEADER_LEN)?;
        let (carrier, payload) = payloads
            .iter()
            .enumerate()
            .find(|(_, payload)| ikescope_dissectors::Body::ends_chain(&payload.body))?;
        let (skip, fragment) = match &payload.body {
            ikev2::Body::EncryptedFragment(fragment) => (
                PAYLOAD_HEADER_LEN + FRAGMENT_FIELDS_LEN,
                Some((fragment.fragment, fragment.total)),
            ),
            _ => (PAYLOAD_HEADER_LEN, None),
        };
        let declared = usize::try_from(message.header.length).unwrap_or(usize::MAX);
        Some(Self {
            carrier,
            body: payload.span.start.checked_sub(start)?.checked_add(skip)?,
            first: payload.next_payload,
            fragment,
            cut: message.octets.len() < declared
                || payload.octets.len() < usize::from(payload.declared_len),
        })
    }
}

impl Epoch {
    /// From SK_* as derived.
    pub(crate) fn derived(
        suite: &Suite,
        keys: &IkeKeys,
        number: u32,
        keying: usize,
        origin: &Origin,
    ) -> Result<Self, CryptoError> {
        let protection = suite.protection();
        let one = |secret: &Secret| vec![(secret.clone(), origin.clone())];
        Ok(Self {
            number: Some(number),
            prf: Some(suite.prf),
            initiator: Some(Protection::new(
                &protection,
                keys.sk_ei.expose(),
                keys.sk_ai.expose(),
            )?),
            responder: Some(Protection::new(
                &protection,
                keys.sk_er.expose(),
                keys.sk_ar.expose(),
            )?),
            sk_d: one(&keys.sk_d),
            sk_pi: one(&keys.sk_pi),
            sk_pr: one(&keys.sk_pr),
            keying: Some(keying),
            origin: origin.clone(),
            opened: 0,
            guessed: false,
            keys: Ikev2Keys {
                encryption: Some(suite.encryption),
                key_bits: suite.key_bits,
                prf: Some(suite.prf),
                integrity: Some(suite.integrity),
                epoch: Some(number),
                sk_d: Some(keys.sk_d.clone()),
                sk_ai: Some(keys.sk_ai.clone()).filter(|key| !key.is_empty()),
                sk_ar: Some(keys.sk_ar.clone()).filter(|key| !key.is_empty()),
                sk_ei: Some(keys.sk_ei.clone()),
                sk_er: Some(keys.sk_er.clone()),
                sk_pi: Some(keys.sk_pi.clone()),
                sk_pr: Some(keys.sk_pr.clone()),
                ..Ikev2Keys::default()
            },
        })
    }

    /// From a table or a log; `suite` is what the capture says. Where neither says the algorithms, all that the lengths of
    /// the keys allow are given.
    pub(crate) fn given(
        keys: &Ikev2Keys,
        suite: Option<&Suite>,
        origin: &Origin,
    ) -> Result<Vec<Self>, CryptoError> {
        let prf = keys.prf.or(suite.map(|suite| suite.prf));
        let one = |secret: &Option<Secret>| -> Vec<Derived> {
            secret
                .iter()
                .map(|secret| (secret.clone(), origin.clone()))
                .collect()
        };
        let mut epochs = Vec::new();
        let mut error = None;
        let candidates = suites_of(keys, suite);
        let guessed = candidates.len() > 1;
        for candidate in candidates {
            let side = |encryption: &Option<Secret>, integrity: &Option<Secret>| {
                let Some(encryption) = encryption else {
                    return Ok(None);
                };
                let integrity = integrity.as_ref().map_or(&[][..], Secret::expose);
                protection(&candidate, encryption.expose(), integrity, keys.icv_len).map(Some)
            };
            let sides = side(&keys.sk_ei, &keys.sk_ai)
                .and_then(|initiator| Ok((initiator, side(&keys.sk_er, &keys.sk_ar)?)));
            match sides {
                Ok((initiator, responder)) => epochs.push(Self {
                    number: keys.epoch,
                    prf,
                    initiator,
                    responder,
                    sk_d: one(&keys.sk_d),
                    sk_pi: one(&keys.sk_pi),
                    sk_pr: one(&keys.sk_pr),
                    keying: None,
                    origin: origin.clone(),
                    opened: 0,
                    guessed,
                    keys: Ikev2Keys {
                        encryption: Some(candidate.encryption),
                        key_bits: candidate.key_bits,
                        prf,
                        integrity: Some(candidate.integrity),
                        ..keys.clone()
                    },
                }),
                Err(why) => error = Some(why),
            }
        }
        match (epochs.is_empty(), error) {
            (true, Some(error)) => Err(error),
            _ => Ok(epochs),
        }
    }

    /// Opens the encrypted payload of a message.
    pub(crate) fn open(
        &self,
        message: &Message<'_>,
        sealed: &Sealed,
    ) -> Result<Vec<u8>, CryptoError> {
        let by_initiator = message.header.flags.contains(Flags::INITIATOR);
        let protection = match by_initiator {
            true => &self.initiator,
            false => &self.responder,
        };
        let Some(protection) = protection else {
            return Err(CryptoError::IntegrityMismatch);
        };
        open_payload(protection, message.octets, sealed.body).map(|opened| opened.plaintext)
    }

    /// Whether opening a message from this side proves anything.
    pub(crate) fn verifies(&self, by_initiator: bool) -> bool {
        let protection = match by_initiator {
            true => &self.initiator,
            false => &self.responder,
        };
        protection.as_ref().is_some_and(Protection::verifies)
    }

    /// Takes over what another source says about the same keys.
    pub(crate) fn merge(&mut self, other: Self) {
        self.number = self.number.or(other.number);
        self.prf = self.prf.or(other.prf);
        self.keying = self.keying.or(other.keying);
        self.initiator = self.initiator.take().or(other.initiator);
        self.responder = self.responder.take().or(other.responder);
        merge(&mut self.sk_d, other.sk_d);
        merge(&mut self.sk_pi, other.sk_pi);
        merge(&mut self.sk_pr, other.sk_pr);
        let keys = &mut self.keys;
        keys.prf = keys.prf.or(other.keys.prf);
        keys.epoch = keys.epoch.or(other.keys.epoch);
        let pairs = [
            (&mut keys.sk_d, other.keys.sk_d),
            (&mut keys.sk_ai, other.keys.sk_ai),
            (&mut keys.sk_ar, other.keys.sk_ar),
            (&mut keys.sk_ei, other.keys.sk_ei),
            (&mut keys.sk_er, other.keys.sk_er),
            (&mut keys.sk_pi, other.keys.sk_pi),
            (&mut keys.sk_pr, other.keys.sk_pr),
        ];
        for (own, other) in pairs {
            *own = own.take().or(other);
        }
    }

    /// The function, if it is known and supported.
    pub(crate) fn prf(&self) -> Option<Prf> {
        Prf::new(self.prf?).ok()
    }
}

/// Adds secrets that are not there yet.
pub(crate) fn merge(list: &mut Vec<Derived>, more: Vec<Derived>) {
    for (secret, origin) in more {
        if !list.iter().any(|(known, _)| *known == secret) {
            list.push((secret, origin));
        }
    }
}

/// The algorithms that keys may be for.
fn suites_of(keys: &Ikev2Keys, suite: Option<&Suite>) -> Vec<ChildSuite> {
    let encryption_len = [&keys.sk_ei, &keys.sk_er]
        .into_iter()
        .flatten()
        .map(Secret::len)
        .next();
    let integrity_len = [&keys.sk_ai, &keys.sk_ar]
        .into_iter()
        .flatten()
        .map(Secret::len)
        .next()
        .unwrap_or(0);
    let Some(encryption_len) = encryption_len else {
        return Vec::new();
    };
    if keys.encryption.is_none()
        && let Some(suite) = suite
    {
        return vec![suite.protection()];
    }
    let mut ciphers: Vec<&CipherFacts> = CipherFacts::all()
        .iter()
        .filter(|facts| keys.encryption.is_none_or(|id| id == facts.id))
        .collect();
    ciphers.sort_by_key(|facts| usual(facts.id));
    let mut suites = Vec::new();
    for facts in ciphers {
        let Ok(key_bits) = facts.key_bits_of_material(encryption_len) else {
            continue;
        };
        let key_bits = keys.key_bits.or(key_bits);
        let key_bits = match facts.keys {
            ikescope_crypto::cipher::KeySizes::Fixed(_) => None,
            _ => key_bits,
        };
        let integrities: Vec<IntegrityAlgorithm> = match (facts.is_aead(), keys.integrity) {
            (true, _) => vec![IntegrityAlgorithm::NONE],
            (false, Some(id)) => vec![id],
            (false, None) => IntegrityFacts::all()
                .iter()
                .filter(|facts| facts.key_len == integrity_len && facts.icv_len > 0)
                .map(|facts| facts.id)
                .collect(),
        };
        suites.extend(integrities.into_iter().map(|integrity| ChildSuite {
            encryption: facts.id,
            key_bits,
            integrity,
        }));
    }
    if suites.is_empty()
        && let Some(id) = keys.encryption
    {
        // So that the reason is told: an unknown algorithm, or a wrong length.
        suites.push(ChildSuite {
            encryption: id,
            key_bits: keys.key_bits,
            integrity: keys.integrity.unwrap_or(IntegrityAlgorithm::NONE),
        });
    }
    suites
}

/// A protection that verifies where it can, and cuts off so many octets where only their number was told.
fn protection(
    suite: &ChildSuite,
    encryption: &[u8],
    integrity: &[u8],
    icv_len: Option<usize>,
) -> Result<Protection, CryptoError> {
    match icv_len {
        Some(icv_len) if integrity.is_empty() => {
            let cipher = Cipher::new(suite.encryption, suite.key_bits, encryption)?;
            Ok(Protection::unchecked(cipher, icv_len))
        }
        _ => Protection::new(suite, encryption, integrity),
    }
}

/// Fragment Number and Total Fragments (RFC 7383, section 2.5).
const FRAGMENT_FIELDS_LEN: usize = 4;
