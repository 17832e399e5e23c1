//! Making a peer forget a half-open IKE SA: a protected IKE_AUTH request that cannot succeed.
//!
//! A plaintext DELETE is ignored, an INFORMATIONAL exchange is answered and the SA stays; a request whose authentication
//! fails ends it at once (RFC 7296, section 2.21.2).

use ikescope_crypto::ikev2::{IkeKeys, Nonces, Spis, Suite, skeyseed};
use ikescope_crypto::key_exchange::KeyExchange;
use ikescope_crypto::key_material::{IkeSpis, Ikev2Keys};
use ikescope_crypto::opening::{Protection, seal_payload, sealed_len};
use ikescope_crypto::{CryptoError, Secret};
use ikescope_dissectors::ikev2::{Body, Identification, PayloadType};
use ikescope_dissectors::registries::ikev2::{
    EncryptionAlgorithm, ExchangeType, IdType, IntegrityAlgorithm, Prf,
};
use ikescope_dissectors::{
    Flags, HEADER_LEN, Header, IkeSpi, PAYLOAD_HEADER_LEN, Payload, Version, encode_chain,
};

use super::message::Accepted;

/// Keys of an IKE SA that a probe opened, so that what it wrote to a capture can be read.
#[derive(Clone, Debug)]
pub struct ProbeKeys {
    /// The initiator's SPI.
    pub initiator_spi: IkeSpi,
    /// The responder's SPI.
    pub responder_spi: IkeSpi,
    /// What was agreed.
    pub suite: Suite,
    /// The keys.
    pub keys: IkeKeys,
}

impl From<&ProbeKeys> for Ikev2Keys {
    fn from(sa: &ProbeKeys) -> Self {
        let (suite, keys) = (sa.suite, &sa.keys);
        // A combined mode has no keys of integrity.
        let some = |key: &Secret| Some(key.clone()).filter(|key| !key.expose().is_empty());
        Self {
            sa: IkeSpis::new(sa.initiator_spi, sa.responder_spi),
            encryption: Some(suite.encryption),
            key_bits: suite.key_bits,
            prf: Some(suite.prf),
            integrity: Some(suite.integrity),
            sk_d: Some(keys.sk_d.clone()),
            sk_ai: some(&keys.sk_ai),
            sk_ar: some(&keys.sk_ar),
            sk_ei: Some(keys.sk_ei.clone()),
            sk_er: Some(keys.sk_er.clone()),
            sk_pi: Some(keys.sk_pi.clone()),
            sk_pr: Some(keys.sk_pr.clone()),
            ..Self::default()
        }
    }
}

/// Derives the keys of an SA that the peer accepted.
pub(crate) fn keys(
    spi: IkeSpi,
    nonce: &[u8],
    key_exchange: &KeyExchange,
    accepted: &Accepted,
) -> Result<ProbeKeys, CryptoError> {
    let [encr, prf, integ, _] = accepted.choice;
    let suite = Suite {
        encryption: EncryptionAlgorithm(encr.id),
        key_bits: encr.key_bits,
        prf: Prf(prf.id),
        integrity: IntegrityAlgorithm(integ.id),
    };
    let nonces = Nonces {
        initiator: nonce,
        responder: &accepted.nonce,
    };
    let spis = Spis {
        initiator: spi.0.to_be_bytes(),
        responder: accepted.responder_spi.0.to_be_bytes(),
    };
    let shared = key_exchange.shared(&accepted.public)?;
    let seed: Secret = skeyseed(suite.prf()?, nonces, shared.expose())?;
    Ok(ProbeKeys {
        initiator_spi: spi,
        responder_spi: accepted.responder_spi,
        suite,
        keys: IkeKeys::derive(&suite, &seed, nonces, spis)?,
    })
}

/// An IKE_AUTH request with an identity and nothing else, so that the peer refuses it. `random` is at least 16 octets.
pub(crate) fn request(sa: &ProbeKeys, random: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let identification = Identification {
        id_type: IdType::KEY_ID,
        data: IDENTITY,
    };
    let inside = [Payload::new(
        PayloadType::ID_INITIATOR.0,
        Body::Identification(identification),
    )];
    let mut plaintext = Vec::new();
    encode_chain(&inside, &mut plaintext);
    let suite = sa.suite.protection();
    let (encryption, integrity) = (sa.keys.sk_ei.expose(), sa.keys.sk_ai.expose());
    let protection = Protection::new(&suite, encryption, integrity)?;
    let payload_len = PAYLOAD_HEADER_LEN + sealed_len(&protection, plaintext.len());
    let header = Header {
        initiator_spi: sa.initiator_spi,
        responder_spi: sa.responder_spi,
        next_payload: PayloadType::SK.0,
        version: Version::V2,
        exchange: ExchangeType::IKE_AUTH.0,
        flags: Flags::INITIATOR,
        message_id: 1,
        length: u32::try_from(HEADER_LEN + payload_len).unwrap_or(u32::MAX),
    };
    let mut message = Vec::new();
    header.encode(&mut message);
    message.extend_from_slice(&[PayloadType::ID_INITIATOR.0, 0]);
    message.extend_from_slice(&u16::try_from(payload_len).unwrap_or(u16::MAX).to_be_bytes());
    let iv_len = protection.facts().nonce_iv_len();
    let iv = random.get(..iv_len).unwrap_or_default();
    seal_payload(&protection, &mut message, iv, &plaintext)?;
    Ok(message)
}

/// Who a peer's log will say that we are.
const IDENTITY: &[u8] = b"ikescope probe";
