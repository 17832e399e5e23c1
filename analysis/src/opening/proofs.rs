//! What the proofs in messages are worth: AUTH, HASH and signatures, held against pre-shared keys, EAP keys and
//! certificates.

use std::net::IpAddr;

use ikescope_crypto::Secret;
use ikescope_crypto::ikev1::skeyid_psk;
use ikescope_crypto::ikev2::{
    IntAuth, IntermediateMessage, SignedOctets, maced_id, shared_key_auth,
};
use ikescope_crypto::key_material::{Material, Psk};
use ikescope_crypto::mac::Prf;
use ikescope_dissectors::ikev1::Body;
use ikescope_dissectors::registries::ikev1::ExchangeType as ExchangeType1;
use ikescope_dissectors::registries::ikev2::{AuthenticationMethod, ExchangeType};
use ikescope_dissectors::{Content, Flags, Header, Issues, Message, Octets, Payload};

use super::epoch::Derived;
use super::ike_sa_v1::{Exchange, IkeSaV1, OpenedV1, uses_psk};
use super::ike_sa_v2::{IkeSaV2, OpenedSk};
use super::key_ring::KeyRing;
use super::origin::Origin;
use super::payloads::{Auth, Facts};
use super::signature;
use crate::observation::Endpoint;
use crate::opened::{Integrity, KeySource, Proof, Verdict, Verification};

/// What proofs say about an opened IKEv1 message.
pub(crate) struct Checked {
    pub(crate) integrity: Integrity,
    pub(crate) verifications: Vec<Verification>,
}

/// An opened IKEv1 message: its HASH payload, or in phase 1 HASH_I, HASH_R and signatures.
pub(crate) fn of_v1(
    sa: &IkeSaV1,
    header: &Header,
    opened: &OpenedV1,
    src: Endpoint,
    ring: &KeyRing,
) -> Checked {
    if let Some((number, fits)) = opened.hash {
        let against = sa
            .phases
            .get(opened.phase)
            .map(|phase| phase.origin.source());
        return Checked {
            integrity: integrity(fits),
            verifications: vec![Verification {
                proof: Proof::Hash(number),
                verdict: verdict(fits),
                against,
            }],
        };
    }
    let mut issues = Issues::default();
    let (content, _) = Message::parse_payloads(
        header,
        opened.first,
        Octets::new(&opened.plaintext),
        &mut issues,
    );
    let verifications = match &content {
        // Where the first block is unknown, so is the identification that goes into HASH_I and HASH_R.
        Content::V1(payloads) if header.message_id == 0 && opened.noise == 0 => {
            let phase = sa.phases.get(opened.phase);
            let skeyid = phase.and_then(|phase| {
                let against = phase.psk.as_ref().unwrap_or(&phase.origin).source();
                Some((phase.prf?, phase.skeyid.clone()?, against))
            });
            let found: Vec<_> = skeyid.into_iter().collect();
            phase_one(sa, payloads, src, &found, &[])
        }
        _ => Vec::new(),
    };
    let _ = ring;
    let decided = verifications
        .iter()
        .find(|verification| verification.proof != Proof::Signature)
        .map(|verification| &verification.verdict);
    Checked {
        integrity: match decided {
            Some(Verdict::Verified) => Integrity::Verified,
            Some(Verdict::Refuted) => Integrity::Failed,
            _ => Integrity::Unchecked,
        },
        verifications,
    }
}

/// Messages of aggressive mode in clear: they prove themselves with the pre-shared key alone.
pub(crate) fn of_clear_v1(
    sa: &IkeSaV1,
    message: &Message<'_>,
    src: Endpoint,
    ring: &mut KeyRing,
) -> Vec<Verification> {
    let Content::V1(payloads) = &message.content else {
        return Vec::new();
    };
    let header = &message.header;
    let proves = payloads
        .iter()
        .any(|payload| matches!(payload.body, Body::Hash(_) | Body::Signature(_)));
    if ExchangeType1(header.exchange) != ExchangeType1::AGGRESSIVE
        || header.message_id != 0
        || !proves
    {
        return Vec::new();
    }
    let mut skeyids: Vec<(Prf, Secret, KeySource)> = sa
        .phases
        .iter()
        .filter_map(|phase| {
            let against = phase.psk.as_ref().unwrap_or(&phase.origin).source();
            Some((phase.prf?, phase.skeyid.clone()?, against))
        })
        .collect();
    let mut psks = Vec::new();
    let by_psk = sa
        .choice
        .as_ref()
        .is_some_and(|choice| uses_psk(choice.authentication) == Some(true));
    if let (true, Some(prf)) = (by_psk, prf_of(sa)) {
        let id = match sa.is_initiator(src) {
            true => sa.id_i.as_deref(),
            false => sa.id_r.as_deref(),
        };
        for (key, psk) in applicable(ring, &names(id, 4), &[src.address]) {
            let source = ring.origin(key).source();
            for exchange in sa.exchanges() {
                let skeyid = skeyid_psk(
                    prf,
                    psk.secret.expose(),
                    &exchange.nonce_i,
                    &exchange.nonce_r,
                );
                if let Ok(skeyid) = skeyid {
                    skeyids.push((prf, skeyid, source.clone()));
                }
            }
            psks.push(source);
        }
    }
    phase_one(sa, payloads, src, &skeyids, &psks)
}

fn prf_of(sa: &IkeSaV1) -> Option<Prf> {
    let hash = sa.choice.as_ref()?.hash()?;
    Prf::new(hash.prf()).ok()
}

/// HASH_I, HASH_R or SIG of a message of phase 1 against each SKEYID. Where none fits, `psks` are those that were tried.
fn phase_one(
    sa: &IkeSaV1,
    payloads: &[Payload<'_, Body<'_>>],
    src: Endpoint,
    skeyids: &[(Prf, Secret, KeySource)],
    psks: &[KeySource],
) -> Vec<Verification> {
    let by_initiator = sa.is_initiator(src);
    let own_id = payloads.iter().find_map(|payload| match payload.body {
        Body::Identification(_) => payload.octets.get(4..).map(<[u8]>::to_vec),
        _ => None,
    });
    let known_id = match by_initiator {
        true => sa.id_i.clone(),
        false => sa.id_r.clone(),
    };
    let Some(id) = own_id.or(known_id) else {
        return Vec::new();
    };
    let exchanges = sa.exchanges();
    let expected = |(prf, skeyid, against): &(Prf, Secret, KeySource)| {
        let hash = |exchange: &Exchange| sa.hash_of(exchange, *prf, skeyid, by_initiator, &id);
        exchanges
            .iter()
            .filter_map(hash)
            .map(|hash| (hash, against.clone()))
            .collect::<Vec<_>>()
    };
    let expected: Vec<(Secret, KeySource)> = skeyids.iter().flat_map(expected).collect();
    let mut verifications = Vec::new();
    for payload in payloads {
        match &payload.body {
            Body::Hash(hash) => {
                let proof = match by_initiator {
                    true => Proof::HashI,
                    false => Proof::HashR,
                };
                verifications.extend(hash_verdict(proof, hash.data, &expected, psks));
            }
            Body::Signature(sig) if !expected.is_empty() => {
                let certificate = match by_initiator {
                    true => sa.certificate_i.as_deref(),
                    false => sa.certificate_r.as_deref(),
                };
                let own = payloads.iter().find_map(|payload| match &payload.body {
                    Body::Certificate(certificate) => Some(certificate.data),
                    _ => None,
                });
                let hashes: Vec<Vec<u8>> = expected
                    .iter()
                    .map(|(hash, _)| hash.expose().to_vec())
                    .collect();
                let (verdict, against) =
                    signature::check_ikev1(sig.data, own.or(certificate), &hashes);
                verifications.push(Verification {
                    proof: Proof::Signature,
                    verdict,
                    against,
                });
            }
            _ => {}
        }
    }
    verifications
}

fn hash_verdict(
    proof: Proof,
    sent: &[u8],
    expected: &[(Secret, KeySource)],
    psks: &[KeySource],
) -> Vec<Verification> {
    if expected.is_empty() {
        return Vec::new();
    }
    let sent = Secret::from(sent);
    let refuted = |against: &KeySource| Verification {
        proof,
        verdict: Verdict::Refuted,
        against: Some(against.clone()),
    };
    if let Some((_, against)) = expected.iter().find(|(hash, _)| *hash == sent) {
        let verified = Verification {
            proof,
            verdict: Verdict::Verified,
            against: Some(against.clone()),
        };
        // The other pre-shared keys that were tried: one side may use each.
        let others = expected
            .iter()
            .filter(|(hash, source)| *hash != sent && psks.contains(source))
            .take(MAX_TOLD)
            .map(|(_, source)| refuted(source));
        return std::iter::once(verified).chain(others).collect();
    }
    match psks {
        [] => expected
            .iter()
            .take(1)
            .map(|(_, against)| refuted(against))
            .collect(),
        psks => psks.iter().take(MAX_TOLD).map(refuted).collect(),
    }
}

/// Main mode with nothing but pre-shared keys: why they open nothing.
pub(crate) fn of_closed_v1(sa: &IkeSaV1, header: &Header, ring: &KeyRing) -> Vec<Verification> {
    let by_psk = sa
        .choice
        .as_ref()
        .is_none_or(|choice| uses_psk(choice.authentication) == Some(true));
    if header.message_id != 0 || !by_psk || !sa.phases.is_empty() {
        return Vec::new();
    }
    let why = match ExchangeType1(header.exchange) {
        ExchangeType1::IDENTITY_PROTECTION => {
            "main mode encrypts HASH_I and HASH_R with keys that follow from the pre-shared key and the Diffie-Hellman secret together, and that secret is in no capture"
        }
        _ => "the message is encrypted with keys that follow from the Diffie-Hellman secret too",
    };
    cannot(ring, Proof::HashI, why)
}

/// IKEv2 with nothing but pre-shared keys: why they open nothing.
pub(crate) fn of_closed_v2(header: &Header, ring: &KeyRing) -> Vec<Verification> {
    if ExchangeType(header.exchange) != ExchangeType::IKE_AUTH {
        return Vec::new();
    }
    cannot(
        ring,
        Proof::Auth,
        "IKEv2 encrypts AUTH with keys that follow from the Diffie-Hellman secret alone: the pre-shared key is no part of them and opens nothing",
    )
}

/// The same is true of all pre-shared keys; one alone is named.
fn cannot(ring: &KeyRing, proof: Proof, why: &str) -> Vec<Verification> {
    let mut psks = ring.psks();
    let first = psks.next().map(|(key, _)| Verification {
        proof,
        verdict: Verdict::CannotBeChecked(why.to_owned()),
        against: match psks.next() {
            None => Some(ring.origin(key).source()),
            Some(_) => None,
        },
    });
    first.into_iter().collect()
}

/// The AUTH payload of an opened IKE_AUTH message, and NO_PPK_AUTH.
pub(crate) fn of_v2(
    sa: &IkeSaV2,
    header: &Header,
    opened: &OpenedSk,
    ring: &mut KeyRing,
) -> Vec<Verification> {
    if ExchangeType(header.exchange) != ExchangeType::IKE_AUTH {
        return Vec::new();
    }
    let mut issues = Issues::default();
    let (content, _) = Message::parse_payloads(
        header,
        opened.first,
        Octets::new(&opened.plaintext),
        &mut issues,
    );
    let facts = Facts::of(&content);
    if facts.auth.is_none() && facts.no_ppk_auth.is_none() {
        return Vec::new();
    }
    let side = Side {
        sa,
        header,
        facts: &facts,
        by_initiator: header.flags.contains(Flags::INITIATOR),
        epoch: opened.epoch,
    };
    let mut verifications = Vec::new();
    if let Some(auth) = &facts.auth {
        verifications.extend(side.check(Proof::Auth, auth, ring, false));
    }
    if let Some(data) = &facts.no_ppk_auth {
        let auth = Auth {
            method: facts
                .auth
                .as_ref()
                .map_or(AuthenticationMethod::PSK, |auth| auth.method),
            data: data.clone(),
        };
        verifications.extend(side.check(Proof::NoPpkAuth, &auth, ring, true));
    }
    verifications
}

/// Whose AUTH it is.
struct Side<'a> {
    sa: &'a IkeSaV2,
    header: &'a Header,
    facts: &'a Facts,
    by_initiator: bool,
    epoch: usize,
}

impl Side<'_> {
    fn check(
        &self,
        proof: Proof,
        auth: &Auth,
        ring: &KeyRing,
        without_ppk: bool,
    ) -> Vec<Verification> {
        let cannot = |why: &str| {
            vec![Verification {
                proof,
                verdict: Verdict::CannotBeChecked(why.to_owned()),
                against: None,
            }]
        };
        let Some(epoch) = self.sa.epochs.get(self.epoch) else {
            return Vec::new();
        };
        let prf = epoch.prf().or_else(|| {
            let keying = self.sa.keyings.first()?;
            keying.choice.suite.prf().ok()
        });
        let Some(prf) = prf else {
            return cannot("the pseudorandom function is not known");
        };
        let all = match self.by_initiator {
            true => &epoch.sk_pi,
            false => &epoch.sk_pr,
        };
        let sk_p: &[Derived] = match without_ppk {
            true => all.get(..1).unwrap_or_default(),
            false => all,
        };
        if sk_p.is_empty() {
            return cannot("SK_pi and SK_pr are not among the keys");
        }
        let Some(id) = self.id() else {
            return cannot("the identification payload was not opened");
        };
        let signed = self.signed(prf, sk_p, &id);
        if signed.is_empty() {
            return cannot("IKE_SA_INIT is not in the capture");
        }
        if auth.method == AuthenticationMethod::PSK {
            return self.check_shared(proof, auth, ring, prf, &signed, &id);
        }
        if auth.method == AuthenticationMethod::NULL {
            return cannot("NULL authentication proves nothing");
        }
        let octets: Vec<Vec<u8>> = signed.iter().map(|(octets, _)| octets.clone()).collect();
        let known = match self.by_initiator {
            true => self.sa.auth.request.as_ref(),
            false => self.sa.auth.response.as_ref(),
        };
        let certificate = self
            .facts
            .certificate
            .as_deref()
            .or(known.and_then(|facts| facts.certificate.as_deref()));
        let (verdict, against) = signature::check_auth(auth, certificate, &octets);
        vec![Verification {
            proof,
            verdict,
            against,
        }]
    }

    /// Body of the identification payload of this side.
    fn id(&self) -> Option<Vec<u8>> {
        let own = match self.by_initiator {
            true => &self.facts.id_i,
            false => &self.facts.id_r,
        };
        let earlier = match self.by_initiator {
            true => self.sa.auth.request.as_ref()?.id_i.clone(),
            false => self
                .sa
                .auth
                .response
                .as_ref()
                .and_then(|facts| facts.id_r.clone()),
        };
        own.clone().or(earlier)
    }

    /// The signed octets, for each reading of IKE_SA_INIT and each SK_p.
    fn signed(&self, prf: Prf, sk_p: &[Derived], id: &[u8]) -> Vec<(Vec<u8>, Secret)> {
        let mut signed = Vec::new();
        let message_id = self
            .sa
            .intermediates
            .keys()
            .map(|(message_id, _)| message_id + 1)
            .max()
            .unwrap_or(self.header.message_id);
        let int_auth = self.int_auth(prf).octets(message_id);
        for keying in &self.sa.keyings {
            let Some((request, response)) = &keying.messages else {
                continue;
            };
            let (message, peer_nonce) = match self.by_initiator {
                true => (request, &keying.nonce_r),
                false => (response, &keying.nonce_i),
            };
            for (sk_p, _) in sk_p {
                let Ok(maced_id) = maced_id(prf, sk_p, id) else {
                    continue;
                };
                let octets = SignedOctets {
                    message,
                    peer_nonce,
                    maced_id: maced_id.expose(),
                    int_auth: &int_auth,
                };
                signed.push((octets.octets(), sk_p.clone()));
            }
        }
        signed
    }

    /// RFC 9242, section 3.3.2.
    fn int_auth(&self, prf: Prf) -> IntAuth {
        let mut int_auth = IntAuth::default();
        for ((_, response), message) in &self.sa.intermediates {
            let Some(epoch) = self.sa.epochs.get(message.epoch) else {
                continue;
            };
            let covered = IntermediateMessage {
                associated: &message.associated,
                plaintext: &message.plaintext,
            };
            let added = match response {
                false => epoch
                    .sk_pi
                    .first()
                    .map(|(sk_p, _)| int_auth.add_request(prf, sk_p, &covered)),
                true => epoch
                    .sk_pr
                    .first()
                    .map(|(sk_p, _)| int_auth.add_response(prf, sk_p, &covered)),
            };
            if !matches!(added, Some(Ok(()))) {
                return IntAuth::default();
            }
        }
        int_auth
    }

    /// A shared key: pre-shared, of an EAP method, or SK_p itself after an EAP method without a key (RFC 7296,
    /// section 2.16).
    fn check_shared(
        &self,
        proof: Proof,
        auth: &Auth,
        ring: &KeyRing,
        prf: Prf,
        signed: &[(Vec<u8>, Secret)],
        id: &[u8],
    ) -> Vec<Verification> {
        let sent = Secret::from(auth.data.as_slice());
        let fits = |key: &[u8]| {
            signed.iter().any(|(octets, _)| {
                let covered = SignedOctets {
                    message: octets,
                    peer_nonce: &[],
                    maced_id: &[],
                    int_auth: &[],
                };
                shared_key_auth(prf, key, &covered).is_ok_and(|expected| expected == sent)
            })
        };
        let one = |verdict, against: Option<KeySource>| Verification {
            proof,
            verdict,
            against,
        };
        let peers: Vec<IpAddr> = Vec::new();
        let psks = applicable(ring, &names(Some(id), 4), &peers);
        let verified = ring
            .psks()
            .find(|(_, psk)| fits(psk.secret.expose()))
            .map(|(key, _)| ring.origin(key));
        let msks = || {
            ring.of_ike(self.sa.spis.0, self.sa.spis.1)
                .into_iter()
                .filter_map(|key| match ring.material(key) {
                    Some(Material::EapMsk(msk)) => Some((key, msk)),
                    _ => None,
                })
        };
        let verified = verified.or_else(|| {
            msks()
                .find(|(_, msk)| fits(msk.msk.expose()))
                .map(|(key, _)| ring.origin(key))
        });
        if let Some(origin) = verified {
            let others = psks
                .iter()
                .filter(|(_, psk)| !fits(psk.secret.expose()))
                .take(MAX_TOLD)
                .map(|(key, _)| one(Verdict::Refuted, Some(ring.origin(*key).source())));
            return std::iter::once(one(Verdict::Verified, Some(origin.source())))
                .chain(others)
                .collect();
        }
        let own = signed.iter().any(|(_, sk_p)| fits(sk_p.expose()));
        if own {
            let against = self
                .sa
                .epochs
                .get(self.epoch)
                .map(|epoch| epoch.origin.source());
            return vec![one(Verdict::Verified, against)];
        }
        if self.after_eap() {
            let tried: Vec<Origin> = msks().map(|(key, _)| ring.origin(key)).collect();
            if tried.is_empty() {
                let why =
                    "it is made with the key of the EAP method, which is not among the secrets";
                return vec![one(Verdict::CannotBeChecked(why.to_owned()), None)];
            }
            return tried
                .iter()
                .take(MAX_TOLD)
                .map(|origin| one(Verdict::Refuted, Some(origin.source())))
                .collect();
        }
        if psks.is_empty() {
            let why = "no pre-shared key was given for it";
            return vec![one(Verdict::CannotBeChecked(why.to_owned()), None)];
        }
        let with_ppk = proof == Proof::Auth && self.facts.ppk_id.is_some();
        let ppk = ring.ppks().next().map(|(key, _)| ring.origin(key).source());
        if with_ppk && ppk.is_none() {
            let why = "a post-quantum pre-shared key goes into it, which is not among the secrets";
            return vec![one(Verdict::CannotBeChecked(why.to_owned()), None)];
        }
        // Which of the two is wrong cannot be told.
        let together = |psk: KeySource| match ppk.as_ref().filter(|_| with_ppk) {
            Some(ppk) => format!("{psk} with the PPK of {ppk}").into(),
            None => psk,
        };
        psks.iter()
            .take(MAX_TOLD)
            .map(|(key, _)| one(Verdict::Refuted, Some(together(ring.origin(*key).source()))))
            .collect()
    }

    /// Whether this AUTH follows an EAP method: it does not stand in the first round of IKE_AUTH.
    fn after_eap(&self) -> bool {
        let first = self
            .sa
            .intermediates
            .keys()
            .map(|(message_id, _)| message_id + 1)
            .max()
            .unwrap_or(1);
        self.header.message_id > first
    }
}

/// The pre-shared keys that are for this identity or address; those without selectors are for any.
fn applicable<'r>(
    ring: &'r KeyRing,
    names: &[String],
    addresses: &[IpAddr],
) -> Vec<(usize, &'r Psk)> {
    let fits = |selector: &String| {
        selector == "%any"
            || names.iter().any(|name| name == selector)
            || selector
                .parse::<IpAddr>()
                .is_ok_and(|address| addresses.contains(&address))
    };
    ring.psks()
        .filter(|(_, psk)| psk.selectors.is_empty() || psk.selectors.iter().any(fits))
        .collect()
}

/// How an identity may be written: `data_at` octets in front of it are its type and what goes with it.
fn names(id: Option<&[u8]>, data_at: usize) -> Vec<String> {
    let Some(data) = id.and_then(|id| id.get(data_at..)) else {
        return Vec::new();
    };
    let mut names: Vec<String> = std::str::from_utf8(data)
        .ok()
        .map(str::to_owned)
        .into_iter()
        .collect();
    names.extend(names.first().map(|name| format!("@{name}")));
    if let Ok(octets) = <[u8; 4]>::try_from(data) {
        names.push(IpAddr::from(octets).to_string());
    }
    if let Ok(octets) = <[u8; 16]>::try_from(data) {
        names.push(IpAddr::from(octets).to_string());
    }
    names.extend(ikescope_dissectors::certificate::name(data));
    names
}

const fn integrity(fits: bool) -> Integrity {
    match fits {
        true => Integrity::Verified,
        false => Integrity::Failed,
    }
}

const fn verdict(fits: bool) -> Verdict {
    match fits {
        true => Verdict::Verified,
        false => Verdict::Refuted,
    }
}

/// Pre-shared keys that are named as refuted by one message.
const MAX_TOLD: usize = 8;
