//! Wireshark's tables, as its versions from 4.0 on load them.
//!
//! AES-GCM of ESP is written with its length of integrity check value and the authentication `NULL`: with anything else
//! Wireshark reports a bug of its dissector. Integrity algorithms that it lacks are written as `ANY … [no checking]`,
//! so that it decrypts without a check.

use std::collections::HashMap;

use ikescope_dissectors::registries::ikev2::{
    EncryptionAlgorithm as Encr, IntegrityAlgorithm as Integ,
};
use ikescope_dissectors::{Registry, Spi};

use super::target::{Row, hex};
use crate::Secret;
use crate::ikev1::PhaseOneKeys;
use crate::key_material::address::AddressPattern;
use crate::key_material::key::{EspSa, Ikev1Skeyid, Ikev2Keys, Key, Material};
use crate::key_material::names::{is_aead, key_bits};
use crate::mac::{IntegrityFacts, Prf};

/// A line of `ikev1_decryption_table`.
pub(super) fn ikev1(material: &Material) -> Row {
    let (sa, key) = match material {
        Material::Ikev1Key(key) => (key.sa, Some(key.key.clone())),
        Material::Ikev1Skeyid(keys) => (keys.sa, keys.key.clone().or_else(|| phase_one_key(keys))),
        _ => return Row::OtherKind,
    };
    let Some(spi) = sa.initiator else {
        return Row::Refused("the initiator's SPI is not known; --capture may tell it".to_owned());
    };
    let Some(key) = key else {
        return Row::Refused(
            "the encryption key is not there, nor all that it is made of".to_owned(),
        );
    };
    if !(1..=MAX_IKEV1_KEY).contains(&key.len()) {
        return Row::Refused(format!(
            "Wireshark takes keys of up to {MAX_IKEV1_KEY} octets, and this has {}",
            key.len()
        ));
    }
    Row::Lines(vec![format!("{spi},{}", hex(key.expose()))], None)
}

/// The encryption key from SKEYID_e (RFC 2409, appendix B).
fn phase_one_key(keys: &Ikev1Skeyid) -> Option<Secret> {
    let secret = |value: &Option<Secret>| value.clone().unwrap_or_default();
    let phase_one = PhaseOneKeys {
        skeyid: secret(&keys.skeyid),
        skeyid_d: secret(&keys.skeyid_d),
        skeyid_a: secret(&keys.skeyid_a),
        skeyid_e: keys.skeyid_e.clone()?,
    };
    let prf = Prf::new(keys.prf?).ok()?;
    phase_one
        .encryption_key(prf, keys.encryption?, keys.key_bits)
        .ok()
}

/// A line of `ikev2_decryption_table`.
pub(super) fn ikev2(material: &Material) -> Row {
    let Material::Ikev2Keys(keys) = material else {
        return Row::OtherKind;
    };
    match ikev2_line(keys) {
        Ok((line, remark)) => Row::Lines(vec![line], remark),
        Err(why) => Row::Refused(why),
    }
}

fn ikev2_line(keys: &Ikev2Keys) -> Result<(String, Option<String>), String> {
    let (Some(initiator), Some(responder)) = (keys.sa.initiator, keys.sa.responder) else {
        return Err("the SPIs are not known; --capture may tell them".to_owned());
    };
    let (Some(sk_ei), Some(sk_er)) = (&keys.sk_ei, &keys.sk_er) else {
        return Err("Wireshark needs SK_ei and SK_er, and not both are there".to_owned());
    };
    let id = keys
        .encryption
        .ok_or("the cipher is not known; --capture may tell it")?;
    let bits = key_bits(id, sk_ei.len())?.or(keys.key_bits);
    key_bits(id, sk_er.len())?;
    let encryption = ENCRYPTION
        .iter()
        .find(|(known, length, _)| *known == id && length.is_none_or(|length| Some(length) == bits))
        .map(|(_, _, name)| *name)
        .ok_or_else(|| lacks(id))?;
    let mut remark = None;
    let (sk_ai, sk_ar, integrity) = if is_aead(id) {
        (String::new(), String::new(), "NONE [RFC4306]".to_owned())
    } else {
        let chosen = keys.integrity.and_then(|id| {
            let facts = IntegrityFacts::of(id).ok()?;
            let len = keys.icv_len.unwrap_or(facts.icv_len);
            let row = INTEGRITY
                .iter()
                .find(|(known, icv_len, ..)| *known == id && *icv_len == len)?;
            Some((row.2, facts.key_len))
        });
        let whole = |key: &Option<Secret>, len| key.clone().filter(|key| key.len() == len);
        match chosen {
            Some((name, len)) if whole(&keys.sk_ai, len).is_some() => {
                let (ai, ar) = (whole(&keys.sk_ai, len), whole(&keys.sk_ar, len));
                let ar = ar.ok_or("SK_ar is not there")?;
                (
                    hex(ai.unwrap_or_default().expose()),
                    hex(ar.expose()),
                    name.to_owned(),
                )
            }
            _ => {
                let len = icv_len(keys.integrity, keys.icv_len);
                let len =
                    len.ok_or("the integrity algorithm is not known; --capture may tell it")?;
                let bits = len * 8;
                if !ANY_IKE_BITS.contains(&bits) {
                    return Err(format!(
                        "Wireshark has no integrity check value of {bits} bits"
                    ));
                }
                remark =
                    Some("Wireshark decrypts with this key, and cannot check integrity".to_owned());
                let name = format!("ANY {bits}-bits of Authentication [No Checking]");
                (String::new(), String::new(), name)
            }
        }
    };
    let line = format!(
        "{initiator},{responder},{},{},\"{encryption}\",{sk_ai},{sk_ar},\"{integrity}\"",
        hex(sk_ei.expose()),
        hex(sk_er.expose()),
    );
    if keys.epoch.is_some_and(|epoch| epoch > 0) {
        remark.get_or_insert_with(|| {
            "Wireshark uses only the last of several sets of keys for the same SPIs (RFC 9370)"
                .to_owned()
        });
    }
    Ok((line, remark))
}

/// Octets of integrity check value, from the algorithm or as they were told.
fn icv_len(id: Option<Integ>, told: Option<usize>) -> Option<usize> {
    told.or_else(|| IntegrityFacts::of(id?).ok().map(|facts| facts.icv_len))
}

/// SPIs that several SAs have, for which addresses must decide.
pub(super) struct SharedSpis(HashMap<Option<Spi>, usize>);

impl SharedSpis {
    pub(super) fn of(keys: &[Key]) -> Self {
        let mut counts = HashMap::new();
        let mut seen: HashMap<Option<Spi>, &EspSa> = HashMap::new();
        for key in keys {
            if let Material::EspSa(sa) = &key.material {
                // Both peers' logs tell the same SA.
                let other = seen.entry(sa.spi).or_insert(sa);
                if other.encryption_key != sa.encryption_key {
                    *counts.entry(sa.spi).or_default() += 1;
                }
            }
        }
        Self(counts)
    }

    fn has(&self, spi: Option<Spi>) -> bool {
        spi.is_none() || self.0.contains_key(&spi)
    }
}

/// Lines of `esp_sa`: two where it is not known whether the outer header is IPv4 or IPv6.
pub(super) fn esp(material: &Material, shared: &SharedSpis) -> Row {
    match material {
        Material::EspSa(sa) => match esp_lines(sa, shared) {
            Ok((lines, remark)) => Row::Lines(lines, remark),
            Err(why) => Row::Refused(why),
        },
        Material::AhSa(_) => Row::Refused("Wireshark has no table for AH".to_owned()),
        _ => Row::OtherKind,
    }
}

fn esp_lines(sa: &EspSa, shared: &SharedSpis) -> Result<(Vec<String>, Option<String>), String> {
    let id = sa
        .encryption
        .ok_or("the cipher is not known; --capture may tell it")?;
    key_bits(id, sa.encryption_key.len())?;
    let encryption = ESP_ENCRYPTION
        .iter()
        .find(|(known, _)| *known == id)
        .map(|(_, name)| *name)
        .ok_or_else(|| match id {
            Encr::CHACHA20_POLY1305 => {
                "Wireshark has ChaCha20-Poly1305 for ESP only from 4.6 on, and older versions refuse the line".to_owned()
            }
            id => lacks(id),
        })?;
    if matches!(id, Encr::BLOWFISH | Encr::CAST) && sa.encryption_key.len() != ONLY_KEY {
        return Err(format!(
            "Wireshark takes {} with keys of {ONLY_KEY} octets, and this has {}",
            id.short_name(),
            sa.encryption_key.len()
        ));
    }
    let mut remark = None;
    let (integrity, integrity_key) = if is_aead(id) {
        ("NULL".to_owned(), String::new())
    } else {
        let len = icv_len(sa.integrity, sa.icv_len)
            .ok_or("the integrity algorithm is not known; --capture may tell it")?;
        let named = ESP_INTEGRITY
            .iter()
            .find(|(known, icv_len, _)| Some(*known) == sa.integrity && *icv_len == len);
        match named {
            Some((_, _, name)) => ((*name).to_owned(), prefixed(&sa.integrity_key)),
            None if len == 0 => ("NULL".to_owned(), String::new()),
            None if ANY_ESP_BITS.contains(&(len * 8)) => {
                remark =
                    Some("Wireshark decrypts with this key, and cannot check integrity".to_owned());
                let name = format!("ANY {} bit authentication [no checking]", len * 8);
                (name, String::new())
            }
            None => {
                return Err(format!(
                    "Wireshark has no integrity check value of {} bits for ESP",
                    len * 8
                ));
            }
        }
    };
    // An SPI that only one SA has needs no addresses, which NAT and MOBIKE change.
    let address = |pattern: Option<AddressPattern>| match pattern.filter(|_| shared.has(sa.spi)) {
        Some(pattern) => pattern.to_string(),
        None => "*".to_owned(),
    };
    let known = sa.src.or(sa.dst).map(|pattern| pattern.is_ipv4());
    let families: &[&str] = match known {
        Some(true) => &["IPv4"],
        Some(false) => &["IPv6"],
        None => &["IPv4", "IPv6"],
    };
    let esn = match sa.esn {
        Some(true) => format!(
            ",\"64-bit\",\"{:08x}\"",
            sa.sequence_high.unwrap_or_default()
        ),
        _ => String::new(),
    };
    if sa.esn == Some(true) {
        remark.get_or_insert_with(|| {
            "extended sequence numbers need Wireshark 4.2 or later for the integrity check"
                .to_owned()
        });
    }
    let spi = sa.spi.map_or_else(|| "*".to_owned(), |spi| spi.to_string());
    let lines = families.iter().map(|family| {
        format!(
            "\"{family}\",\"{}\",\"{}\",\"{spi}\",\"{encryption}\",\"{}\",\"{integrity}\",\"{integrity_key}\"{esn}",
            address(sa.src),
            address(sa.dst),
            prefixed(&sa.encryption_key),
        )
    });
    Ok((lines.collect(), remark))
}

/// Without `0x` Wireshark takes the text itself for the key.
fn prefixed(key: &Secret) -> String {
    match key.is_empty() {
        true => String::new(),
        false => format!("0x{}", hex(key.expose())),
    }
}

fn lacks(id: Encr) -> String {
    format!("Wireshark does not have {}", id.short_name())
}

const MAX_IKEV1_KEY: usize = 32;
/// Octets of key for Blowfish and CAST; with others its dissector reports a bug.
const ONLY_KEY: usize = 16;

/// Names in `ikev2_decryption_table`, with the key length in bits where the name has one.
const ENCRYPTION: &[(Encr, Option<u16>, &str)] = &[
    (Encr::TRIPLE_DES, None, "3DES [RFC2451]"),
    (Encr::NULL, None, "NULL [RFC2410]"),
    (Encr::AES_CBC, Some(128), "AES-CBC-128 [RFC3602]"),
    (Encr::AES_CBC, Some(192), "AES-CBC-192 [RFC3602]"),
    (Encr::AES_CBC, Some(256), "AES-CBC-256 [RFC3602]"),
    (Encr::AES_CTR, Some(128), "AES-CTR-128 [RFC5930]"),
    (Encr::AES_CTR, Some(192), "AES-CTR-192 [RFC5930]"),
    (Encr::AES_CTR, Some(256), "AES-CTR-256 [RFC5930]"),
    (
        Encr::AES_GCM_8,
        Some(128),
        "AES-GCM-128 with 8 octet ICV [RFC5282]",
    ),
    (
        Encr::AES_GCM_8,
        Some(192),
        "AES-GCM-192 with 8 octet ICV [RFC5282]",
    ),
    (
        Encr::AES_GCM_8,
        Some(256),
        "AES-GCM-256 with 8 octet ICV [RFC5282]",
    ),
    (
        Encr::AES_GCM_12,
        Some(128),
        "AES-GCM-128 with 12 octet ICV [RFC5282]",
    ),
    (
        Encr::AES_GCM_12,
        Some(192),
        "AES-GCM-192 with 12 octet ICV [RFC5282]",
    ),
    (
        Encr::AES_GCM_12,
        Some(256),
        "AES-GCM-256 with 12 octet ICV [RFC5282]",
    ),
    (
        Encr::AES_GCM_16,
        Some(128),
        "AES-GCM-128 with 16 octet ICV [RFC5282]",
    ),
    (
        Encr::AES_GCM_16,
        Some(192),
        "AES-GCM-192 with 16 octet ICV [RFC5282]",
    ),
    (
        Encr::AES_GCM_16,
        Some(256),
        "AES-GCM-256 with 16 octet ICV [RFC5282]",
    ),
    (
        Encr::AES_CCM_8,
        Some(128),
        "AES-CCM-128 with 8 octet ICV [RFC5282]",
    ),
    (
        Encr::AES_CCM_8,
        Some(192),
        "AES-CCM-192 with 8 octet ICV [RFC5282]",
    ),
    (
        Encr::AES_CCM_8,
        Some(256),
        "AES-CCM-256 with 8 octet ICV [RFC5282]",
    ),
    (
        Encr::AES_CCM_12,
        Some(128),
        "AES-CCM-128 with 12 octet ICV [RFC5282]",
    ),
    (
        Encr::AES_CCM_12,
        Some(192),
        "AES-CCM-192 with 12 octet ICV [RFC5282]",
    ),
    (
        Encr::AES_CCM_12,
        Some(256),
        "AES-CCM-256 with 12 octet ICV [RFC5282]",
    ),
    (
        Encr::AES_CCM_16,
        Some(128),
        "AES-CCM-128 with 16 octet ICV [RFC5282]",
    ),
    (
        Encr::AES_CCM_16,
        Some(192),
        "AES-CCM-192 with 16 octet ICV [RFC5282]",
    ),
    (
        Encr::AES_CCM_16,
        Some(256),
        "AES-CCM-256 with 16 octet ICV [RFC5282]",
    ),
];

/// Names in `ikev2_decryption_table`, with the octets of integrity check value.
const INTEGRITY: &[(Integ, usize, &str)] = &[
    (Integ::HMAC_MD5_96, 12, "HMAC_MD5_96 [RFC2403]"),
    (Integ::HMAC_SHA1_96, 12, "HMAC_SHA1_96 [RFC2404]"),
    (Integ::HMAC_MD5_128, 16, "HMAC_MD5_128 [RFC4595]"),
    (Integ::HMAC_SHA1_160, 20, "HMAC_SHA1_160 [RFC4595]"),
    (
        Integ::HMAC_SHA2_256_128,
        12,
        "HMAC_SHA2_256_96 [draft-ietf-ipsec-ciph-sha-256-00]",
    ),
    (Integ::HMAC_SHA2_256_128, 16, "HMAC_SHA2_256_128 [RFC4868]"),
    (Integ::HMAC_SHA2_384_192, 24, "HMAC_SHA2_384_192 [RFC4868]"),
    (Integ::HMAC_SHA2_512_256, 32, "HMAC_SHA2_512_256 [RFC4868]"),
];

const ANY_IKE_BITS: [usize; 6] = [64, 96, 128, 160, 192, 256];

/// Names in `esp_sa`.
const ESP_ENCRYPTION: &[(Encr, &str)] = &[
    (Encr::NULL, "NULL"),
    (Encr::TRIPLE_DES, "TripleDES-CBC [RFC2451]"),
    (Encr::AES_CBC, "AES-CBC [RFC3602]"),
    (Encr::AES_CTR, "AES-CTR [RFC3686]"),
    (Encr::DES, "DES-CBC [RFC2405]"),
    (Encr::CAST, "CAST5-CBC [RFC2144]"),
    (Encr::BLOWFISH, "BLOWFISH-CBC [RFC2451]"),
    (Encr::AES_GCM_8, "AES-GCM with 8 octet ICV [RFC4106]"),
    (Encr::AES_GCM_12, "AES-GCM with 12 octet ICV [RFC4106]"),
    (Encr::AES_GCM_16, "AES-GCM with 16 octet ICV [RFC4106]"),
];

/// Names in `esp_sa`, with the octets of integrity check value.
const ESP_INTEGRITY: &[(Integ, usize, &str)] = &[
    (Integ::NONE, 0, "NULL"),
    (Integ::HMAC_MD5_96, 12, "HMAC-MD5-96 [RFC2403]"),
    (Integ::HMAC_SHA1_96, 12, "HMAC-SHA-1-96 [RFC2404]"),
    (
        Integ::HMAC_SHA2_256_128,
        12,
        "HMAC-SHA-256-96 [draft-ietf-ipsec-ciph-sha-256-00]",
    ),
    (Integ::HMAC_SHA2_256_128, 16, "HMAC-SHA-256-128 [RFC4868]"),
    (Integ::HMAC_SHA2_384_192, 24, "HMAC-SHA-384-192 [RFC4868]"),
    (Integ::HMAC_SHA2_512_256, 32, "HMAC-SHA-512-256 [RFC4868]"),
];

const ANY_ESP_BITS: [usize; 5] = [64, 96, 128, 192, 256];
