//! One direction of an ESP or AH SA, ready to open packets.

use std::net::IpAddr;

use ikescope_crypto::cipher::{Cipher, CipherFacts, KeySizes, Mode};
use ikescope_crypto::ikev2::ChildSuite;
use ikescope_crypto::key_material::{AhSa, EspSa};
use ikescope_crypto::mac::{Integrity as Mac, IntegrityFacts};
use ikescope_crypto::opening::{AhPacket, EspContent, Protection, open_esp, verify_ah};
use ikescope_crypto::{CryptoError, Secret};
use ikescope_dissectors::registries::ikev2::{EncryptionAlgorithm, IntegrityAlgorithm};

use super::choice::SaProtocol;
use super::origin::Origin;
use crate::limits::MAX_SEARCHED_HIGH;
use crate::opened::OpeningNote;

/// Keys of a flow, one way to read them.
#[derive(Debug)]
pub(crate) struct SaKeys {
    check: Check,
    /// Whether sequence numbers are extended, if that is known.
    pub(crate) esn: Option<bool>,
    /// The high half that was told.
    pub(crate) high: Option<u32>,
    /// HMAC-SHA2-256 cut to 96 bits.
    pub(crate) sha256_truncated: bool,
    /// Whether the cipher is one of several that were tried: an ICV beside it proves the octets and not the cipher.
    pub(crate) guessed: bool,
    /// Source and destination of what is inside in BEET mode.
    pub(crate) beet: Option<(IpAddr, IpAddr)>,
    pub(crate) origin: Origin,
}

#[derive(Debug)]
enum Check {
    Esp(Protection),
    Ah(Mac),
}

/// Where the high half of the sequence number stands (RFC 4303, section 2.2.1 and appendix A).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Numbers {
    /// High half and low half of the last packet that verified; none if numbers are not extended.
    pub(crate) last: Option<(u32, u32)>,
}

impl Numbers {
    /// High halves that a packet may have, the likeliest first.
    fn candidates(self, sequence: u32) -> [Option<u32>; 3] {
        let Some((high, low)) = self.last else {
            return [None; 3];
        };
        let half = u32::MAX / 2;
        let likely = if sequence < low && low - sequence > half {
            high.wrapping_add(1)
        } else if sequence > low && sequence - low > half {
            high.saturating_sub(1)
        } else {
            high
        };
        [
            Some(likely),
            Some(likely.wrapping_add(1)),
            likely.checked_sub(1),
        ]
    }
}

impl SaKeys {
    /// For packets that are not encrypted: the ICV is cut off.
    pub(crate) fn without_encryption(icv_len: usize) -> Option<Self> {
        let cipher = Cipher::new(EncryptionAlgorithm::NULL, None, &[]).ok()?;
        Some(Self {
            check: Check::Esp(Protection::unchecked(cipher, icv_len)),
            esn: Some(false),
            high: None,
            sha256_truncated: false,
            guessed: false,
            beet: None,
            origin: Origin::none("NULL encryption, recognised without a key"),
        })
    }

    /// Whether opening proves anything.
    pub(crate) fn verifies(&self) -> bool {
        match &self.check {
            Check::Esp(protection) => protection.verifies(),
            Check::Ah(mac) => mac.icv_len() > 0,
        }
    }

    /// Opens a packet with what is known of the numbers; `None` for AH.
    pub(crate) fn open<'o>(
        &self,
        packet: &[u8],
        high: Option<u32>,
        out: &'o mut Vec<u8>,
    ) -> Result<EspContent<'o>, CryptoError> {
        match &self.check {
            Check::Esp(protection) => open_esp(protection, packet, high, out),
            Check::Ah(_) => Err(CryptoError::IntegrityMismatch),
        }
    }

    /// Verifies an Authentication Header.
    pub(crate) fn verify(&self, ah: &AhPacket<'_>, high: Option<u32>) -> Result<(), CryptoError> {
        match &self.check {
            Check::Ah(mac) => verify_ah(mac, ah, high),
            Check::Esp(_) => Err(CryptoError::IntegrityMismatch),
        }
    }

    /// Finds the high half with which `attempt` succeeds, and remembers it. `highs` are tried from zero where nothing tells
    /// whether numbers are extended; where they are, any allows a long search.
    pub(crate) fn with_high<T>(
        &self,
        sequence: u32,
        numbers: &mut Numbers,
        highs: u32,
        mut attempt: impl FnMut(Option<u32>) -> Result<T, CryptoError>,
    ) -> Result<T, CryptoError> {
        if numbers.last.is_some() {
            let mut result = Err(CryptoError::IntegrityMismatch);
            for high in numbers.candidates(sequence).into_iter().flatten() {
                result = attempt(Some(high));
                if result.is_ok() {
                    numbers.last = Some((high, sequence));
                    return result;
                }
            }
            return result;
        }
        let mut result = Err(CryptoError::IntegrityMismatch);
        if self.esn != Some(true) {
            result = attempt(None);
            if result.is_ok() || highs == 0 {
                return result;
            }
        }
        if self.esn == Some(false) || !self.verifies() {
            return result;
        }
        let limit = match (self.esn, highs) {
            (Some(true), 0) => FEW_HIGH,
            // What was told is from about the time of the capture: it is reached, and hardly passed.
            (Some(true), _) => self.high.map_or(MAX_SEARCHED_HIGH, |high| {
                high.saturating_add(FEW_HIGH).min(MAX_SEARCHED_HIGH)
            }),
            _ => highs,
        };
        let near = self
            .high
            .into_iter()
            .flat_map(|high| [high, high.wrapping_add(1), high.wrapping_sub(1)]);
        for high in near.chain(0..limit) {
            result = attempt(Some(high));
            match &result {
                Ok(_) => {
                    numbers.last = Some((high, sequence));
                    return result;
                }
                Err(CryptoError::IntegrityMismatch) => {}
                Err(_) => return result,
            }
        }
        result
    }

    /// What must be said beside every packet.
    pub(crate) fn notes(&self, numbers: &Numbers) -> Vec<OpeningNote> {
        let mut notes = Vec::new();
        if self.sha256_truncated {
            notes.push(OpeningNote::Sha256Truncated);
        }
        if let Some((high, _)) = numbers.last {
            notes.push(OpeningNote::EsnHigh(high));
        }
        notes
    }
}

/// Every way to read the keys of an SA that was derived.
pub(crate) fn of_suite(
    protocol: SaProtocol,
    suite: &ChildSuite,
    (encryption_key, integrity_key): (&Secret, &Secret),
    esn: Option<bool>,
    origin: &Origin,
) -> Result<Vec<SaKeys>, CryptoError> {
    if protocol == SaProtocol::Ah {
        let given = AhSa {
            integrity: Some(suite.integrity),
            integrity_key: integrity_key.clone(),
            esn,
            ..AhSa::default()
        };
        return of_ah(&given, origin);
    }
    let given = EspSa {
        encryption: Some(suite.encryption),
        key_bits: suite.key_bits,
        encryption_key: encryption_key.clone(),
        integrity: Some(suite.integrity),
        integrity_key: integrity_key.clone(),
        esn,
        ..EspSa::default()
    };
    of_esp(&given, origin)
}

/// Every way to read the keys of an ESP SA, the likeliest first.
///
/// # Errors
/// What is wrong with all of them.
pub(crate) fn of_esp(given: &EspSa, origin: &Origin) -> Result<Vec<SaKeys>, CryptoError> {
    let mut ways = Vec::new();
    let mut error = None;
    for cipher in ciphers(given) {
        let made = cipher.and_then(|(id, key_bits)| protections(given, id, key_bits));
        match made {
            Ok(made) => {
                ways.extend(
                    made.into_iter()
                        .map(|(protection, sha256_truncated)| SaKeys {
                            check: Check::Esp(protection),
                            esn: given.esn,
                            high: given.sequence_high,
                            sha256_truncated,
                            guessed: given.encryption.is_none(),
                            beet: given.beet,
                            origin: origin.clone(),
                        }),
                )
            }
            Err(why) => {
                error.get_or_insert(why);
            }
        }
    }
    match (ways.is_empty(), error) {
        (true, Some(error)) => Err(error),
        _ => Ok(ways),
    }
}

/// Every way to read the key of an AH SA.
pub(crate) fn of_ah(given: &AhSa, origin: &Origin) -> Result<Vec<SaKeys>, CryptoError> {
    let mut ways = Vec::new();
    for (mac, sha256_truncated) in macs(given.integrity, &given.integrity_key, given.icv_len)? {
        ways.push(SaKeys {
            check: Check::Ah(mac),
            esn: given.esn,
            high: given.sequence_high,
            sha256_truncated,
            guessed: false,
            beet: None,
            origin: origin.clone(),
        });
    }
    Ok(ways)
}

/// The ciphers that keys may be for: the one that was named and its sisters with another length of tag, which logs and
/// tables confuse; all whose keys have this length if none was named.
fn ciphers(given: &EspSa) -> Vec<Result<(EncryptionAlgorithm, Option<u16>), CryptoError>> {
    let len = given.encryption_key.len();
    let bits =
        |id: EncryptionAlgorithm| -> Result<(EncryptionAlgorithm, Option<u16>), CryptoError> {
            let facts = CipherFacts::of(id)?;
            let bits = facts.key_bits_of_material(len)?;
            Ok((
                id,
                bits.filter(|_| !matches!(facts.keys, KeySizes::Fixed(_))),
            ))
        };
    let Some(id) = given.encryption else {
        let all = CipherFacts::all().iter().map(|facts| facts.id);
        let mut fitting: Vec<_> = all.filter_map(|id| bits(id).ok()).collect();
        fitting.sort_by_key(|(id, _)| usual(*id));
        return fitting.into_iter().map(Ok).collect();
    };
    let mut list = vec![id];
    if let Some(sisters) = SISTERS.iter().find(|sisters| sisters.contains(&id)) {
        list.extend(sisters.iter().filter(|sister| **sister != id));
        if let Some(icv_len) = given.icv_len {
            list.sort_by_key(|id| CipherFacts::of(*id).is_ok_and(|facts| facts.icv_len != icv_len));
        }
    }
    list.into_iter().map(bits).collect()
}

/// The ways to check packets beside a cipher, with whether HMAC-SHA2-256 is cut to 96 bits.
fn protections(
    given: &EspSa,
    id: EncryptionAlgorithm,
    key_bits: Option<u16>,
) -> Result<Vec<(Protection, bool)>, CryptoError> {
    let key = given.encryption_key.expose();
    let cipher = || Cipher::new(id, key_bits, key);
    let facts = CipherFacts::of(id)?;
    if facts.is_aead() {
        let protection = Protection::unchecked(cipher()?, 0);
        return Ok(vec![(protection, false)]);
    }
    let no_key = given.integrity_key.is_empty();
    if no_key && matches!(given.integrity, None | Some(IntegrityAlgorithm::NONE)) {
        let icv_len = given.icv_len.unwrap_or(0);
        return Ok(vec![(Protection::unchecked(cipher()?, icv_len), false)]);
    }
    macs(given.integrity, &given.integrity_key, given.icv_len)?
        .into_iter()
        .map(|(mac, truncated)| Ok((Protection::with_integrity(cipher()?, mac), truncated)))
        .collect()
}

/// The integrity algorithms that a key may be for.
fn macs(
    id: Option<IntegrityAlgorithm>,
    key: &Secret,
    icv_len: Option<usize>,
) -> Result<Vec<(Mac, bool)>, CryptoError> {
    let ids: Vec<IntegrityAlgorithm> = match id {
        Some(id) => vec![id],
        None => IntegrityFacts::all()
            .iter()
            .filter(|facts| facts.key_len == key.len() && facts.icv_len > 0)
            .map(|facts| facts.id)
            .collect(),
    };
    let mut macs = Vec::new();
    for id in ids {
        macs.push((Mac::new(id, key.expose())?, false));
        if id == IntegrityAlgorithm::HMAC_SHA2_256_128 {
            macs.push((Mac::sha2_256_96(key.expose())?, true));
        }
    }
    if let Some(icv_len) = icv_len {
        macs.sort_by_key(|(mac, _)| mac.icv_len() != icv_len);
    }
    Ok(macs)
}

/// The suites whose keys are tried where a child's negotiation could not be read: with the lengths of their keys.
pub(crate) fn all_suites() -> Vec<ChildSuite> {
    let mut suites = Vec::new();
    let mut ciphers: Vec<&CipherFacts> = CipherFacts::all().iter().collect();
    ciphers.sort_by_key(|facts| usual(facts.id));
    for facts in ciphers {
        let sizes: Vec<Option<u16>> = match facts.keys {
            KeySizes::Fixed(_) => vec![None],
            KeySizes::OneOf(sizes) => sizes.iter().copied().map(Some).collect(),
            KeySizes::Between { default, max, .. } => [default, 192, 256]
                .into_iter()
                .filter(|bits| *bits <= max)
                .map(Some)
                .collect(),
        };
        for key_bits in sizes {
            let suite = |integrity| ChildSuite {
                encryption: facts.id,
                key_bits,
                integrity,
            };
            if facts.is_aead() || facts.mode == Mode::Gmac {
                suites.push(suite(IntegrityAlgorithm::NONE));
                continue;
            }
            let integrities = IntegrityFacts::all()
                .iter()
                .filter(|facts| facts.icv_len > 0);
            suites.extend(integrities.map(|facts| suite(facts.id)));
        }
    }
    suites
}

/// How usual a cipher is, the usual ones first.
pub(crate) fn usual(id: EncryptionAlgorithm) -> usize {
    USUAL
        .iter()
        .position(|usual| *usual == id)
        .unwrap_or(USUAL.len())
}

/// High halves that are tried where nothing says that numbers are extended.
pub(crate) const FEW_HIGH: u32 = 8;

const USUAL: [EncryptionAlgorithm; 6] = [
    EncryptionAlgorithm::AES_CBC,
    EncryptionAlgorithm::AES_GCM_16,
    EncryptionAlgorithm::CHACHA20_POLY1305,
    EncryptionAlgorithm::TRIPLE_DES,
    EncryptionAlgorithm::AES_CTR,
    EncryptionAlgorithm::NULL,
];

/// Ciphers with the same keys.
const SISTERS: [&[EncryptionAlgorithm]; 4] = [
    &[
        EncryptionAlgorithm::AES_GCM_16,
        EncryptionAlgorithm::AES_GCM_12,
        EncryptionAlgorithm::AES_GCM_8,
        EncryptionAlgorithm::AES_GCM_16_IIV,
    ],
    &[
        EncryptionAlgorithm::AES_CCM_16,
        EncryptionAlgorithm::AES_CCM_12,
        EncryptionAlgorithm::AES_CCM_8,
        EncryptionAlgorithm::AES_CCM_8_IIV,
    ],
    &[
        EncryptionAlgorithm::CAMELLIA_CCM_16,
        EncryptionAlgorithm::CAMELLIA_CCM_12,
        EncryptionAlgorithm::CAMELLIA_CCM_8,
    ],
    &[
        EncryptionAlgorithm::CHACHA20_POLY1305,
        EncryptionAlgorithm::CHACHA20_POLY1305_IIV,
    ],
];
