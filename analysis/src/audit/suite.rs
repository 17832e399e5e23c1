//! A suite as one string: IKEv2 `ENCR/PRF[/INTEG]/KE`, IKEv1 `ENCR/HASH/AUTH/GROUP`, ESP `ENCR[/INTEG][/KE]`.

use std::fmt;

use ikescope_crypto::cipher::{CipherFacts, KeySizes};
use ikescope_dissectors::registries::ikev2::{IntegrityAlgorithm as I, Prf};

use super::algorithm::{Algorithm, Kind, Number};
use super::facts::{Evidence, Layer, PeerFacts, Source, Standing, SuiteFact, Transforms, Version};
use super::names;
use super::near::near_names;

/// What a user named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedSuite {
    /// Version of IKE, told by the parts.
    pub version: Version,
    /// The IKE SA.
    pub ike: Transforms,
    /// ESP, if it was named too.
    pub esp: Option<Transforms>,
}

/// A suite that a user interface knows by a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownSuite {
    /// Its name.
    pub name: &'static str,
    /// Where it is defined.
    pub source: &'static str,
    ike: &'static str,
    esp: &'static str,
}

/// Why a string is no suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SuiteProblem {
    /// The number of parts fits no form.
    Parts {
        /// What was written.
        suite: String,
        /// What is expected.
        expected: &'static str,
    },
    /// A part names nothing that belongs there.
    Name {
        /// The part.
        name: String,
        /// What belongs there.
        wanted: &'static str,
        /// What may have been meant.
        near: Vec<String>,
        /// What is allowed there.
        allowed: Vec<&'static str>,
    },
    /// A cipher with a key of a length that it does not have.
    KeyLength {
        /// The cipher with this length.
        cipher: String,
        /// The lengths that it has.
        allowed: String,
    },
}

impl fmt::Display for SuiteProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parts { suite, expected } => {
                write!(f, "\"{suite}\" is no suite: {expected} is expected")
            }
            Self::Name {
                name,
                wanted,
                near,
                allowed,
            } => {
                write!(f, "\"{name}\" is no {wanted}")?;
                match near.as_slice() {
                    [] => write!(f, "; allowed: {}", allowed.join(", ")),
                    near => write!(f, "; did you mean {}?", near.join(", ")),
                }
            }
            Self::KeyLength { cipher, allowed } => {
                write!(f, "{cipher}: the key of this cipher has {allowed}")
            }
        }
    }
}

impl std::error::Error for SuiteProblem {}

impl NamedSuite {
    /// Reads a suite of IKE, and one of ESP beside it.
    ///
    /// # Errors
    ///
    /// A part that names nothing, with names that are close, a key of a length that a cipher does not have, or a wrong
    /// number of parts.
    pub fn parse(ike: &str, esp: Option<&str>) -> Result<Self, SuiteProblem> {
        let named = known_suite(ike);
        let (version, transforms) = match named {
            Some(known) => parse_ike(known.ike)?,
            None => parse_ike(ike)?,
        };
        let esp = match (esp, named) {
            (Some(esp), _) => Some(parse_esp(
                known_suite(esp).map_or(esp, |known| known.esp),
                version,
            )?),
            (None, Some(known)) => Some(parse_esp(known.esp, version)?),
            (None, None) => None,
        };
        let mut ciphers = transforms
            .encr
            .iter()
            .chain(esp.iter().flat_map(|esp| &esp.encr));
        if let Some(problem) = ciphers.find_map(|cipher| wrong_key(*cipher)) {
            return Err(problem);
        }
        Ok(Self {
            version,
            ike: transforms,
            esp,
        })
    }

    /// The named suites that these algorithms are (RFC 4308, RFC 6379, RFC 9206).
    #[must_use]
    pub fn known_as(&self) -> Option<&'static KnownSuite> {
        KNOWN.iter().find(|known| {
            let same_esp = match &self.esp {
                Some(esp) => parse_esp(known.esp, Version::V2).as_ref() == Ok(esp),
                None => true,
            };
            same_esp && parse_ike(known.ike).as_ref() == Ok(&(self.version, self.ike.clone()))
        })
    }

    /// As facts about a peer that has chosen it.
    #[must_use]
    pub fn facts(&self) -> PeerFacts {
        let mut facts = PeerFacts::new(self.to_string(), Source::Suite);
        let fact = |layer, transforms: &Transforms| {
            let evidence = Evidence::said(format!("{} {transforms}", layer_name(layer)));
            SuiteFact {
                transforms: transforms.clone(),
                ..SuiteFact::new(layer, self.version, Standing::Chosen, evidence)
            }
        };
        facts.add_suite(fact(Layer::Ike, &self.ike));
        if let Some(esp) = &self.esp {
            facts.add_suite(SuiteFact {
                ike_ke: self.ike.real_ke().next(),
                ..fact(Layer::Esp, esp)
            });
        }
        facts
    }
}

/// Why a cipher has no such key; ciphers that nothing is known of may have any.
pub(super) fn wrong_key(cipher: Algorithm) -> Option<SuiteProblem> {
    let Number::Encr(id) = cipher.as_v2()?.number else {
        return None;
    };
    let facts = CipherFacts::of(id).ok()?;
    facts.key_len(cipher.key_bits).err()?;
    let allowed = match facts.keys {
        KeySizes::Fixed(bits) => format!("{bits} bits and is named without them"),
        KeySizes::OneOf(sizes) => {
            let sizes: Vec<String> = sizes.iter().map(ToString::to_string).collect();
            format!("{} bits", sizes.join(", "))
        }
        KeySizes::Between { min, max, .. } => format!("{min} to {max} bits, in whole octets"),
    };
    Some(SuiteProblem::KeyLength {
        cipher: cipher.to_string(),
        allowed,
    })
}

const fn layer_name(layer: Layer) -> &'static str {
    layer.title()
}

impl fmt::Display for NamedSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.ike.fmt(f)?;
        match &self.esp {
            Some(esp) => write!(f, " ESP {esp}"),
            None => Ok(()),
        }
    }
}

/// A suite of a user interface by its name.
#[must_use]
pub fn known_suite(name: &str) -> Option<&'static KnownSuite> {
    KNOWN
        .iter()
        .find(|known| known.name.eq_ignore_ascii_case(name.trim()))
}

fn parse_ike(suite: &str) -> Result<(Version, Transforms), SuiteProblem> {
    let parts: Vec<&str> = suite.split('/').map(str::trim).collect();
    if let [whole] = parts.as_slice() {
        return parse_words(whole, Layer::Ike).map(|transforms| (Version::V2, transforms));
    }
    let second = parse_v2(&parts);
    if let Ok(transforms) = second {
        return Ok((Version::V2, transforms));
    }
    let [encr, hash, auth, group] = parts.as_slice() else {
        return second.map(|transforms| (Version::V2, transforms));
    };
    let first = parse_v1(encr, hash, auth, group);
    // Whose second or third part is of IKEv1 is meant as one of IKEv1.
    let meant_v1 = names::hash(hash).is_some() && names::prf(hash).is_none()
        || names::phase_one_auth(auth).is_some() && names::integrity(auth).is_none();
    match (first, second) {
        (Ok(transforms), _) => Ok((Version::V1, transforms)),
        (Err(problem), _) if meant_v1 => Err(problem),
        (_, second) => second.map(|transforms| (Version::V2, transforms)),
    }
}

fn parse_v2(parts: &[&str]) -> Result<Transforms, SuiteProblem> {
    let (encr, prf, integ, ke) = match parts {
        [encr, prf, ke] => (encr, prf, None, ke),
        [encr, prf, integ, ke] => (encr, prf, Some(integ), ke),
        _ => {
            return Err(SuiteProblem::Parts {
                suite: parts.join("/"),
                expected: "IKEv2 ENCR/PRF[/INTEG]/KE or IKEv1 ENCR/HASH/AUTH/GROUP, for instance AES-GCM-16-256/HMAC-SHA2-384/ECP-384,",
            });
        }
    };
    let mut methods = ke.split('+').map(str::trim);
    let ke = methods.next().unwrap_or_default();
    Ok(Transforms {
        encr: vec![part(encr, Kind::Encryption, false, names::cipher)?],
        prf: vec![part(prf, Kind::Prf, false, names::prf)?],
        integ: integ
            .map(|integ| part(integ, Kind::Integrity, false, names::integrity))
            .transpose()?
            .into_iter()
            .collect(),
        ke: vec![part(ke, Kind::KeyExchange, false, names::key_exchange)?],
        additional_ke: methods
            .map(|method| {
                part(method, Kind::KeyExchange, false, names::key_exchange)
                    .map(|method| vec![method])
            })
            .collect::<Result<_, _>>()?,
        ..Transforms::default()
    })
}

fn parse_v1(encr: &str, hash: &str, auth: &str, group: &str) -> Result<Transforms, SuiteProblem> {
    Ok(Transforms {
        encr: vec![part(encr, Kind::Encryption, true, names::phase_one_cipher)?],
        prf: vec![part(hash, Kind::Prf, true, names::hash)?],
        auth: vec![part(
            auth,
            Kind::Authentication,
            true,
            names::phase_one_auth,
        )?],
        ke: vec![part(group, Kind::KeyExchange, true, names::group)?],
        ..Transforms::default()
    })
}

fn parse_esp(suite: &str, version: Version) -> Result<Transforms, SuiteProblem> {
    let v1 = version == Version::V1;
    let parts: Vec<&str> = suite.split('/').map(str::trim).collect();
    let cipher = |name: &str| {
        let read = if v1 {
            names::esp_transform
        } else {
            names::cipher
        };
        part(name, Kind::Encryption, v1, read)
    };
    let integ = |name: &str| {
        let read = if v1 {
            names::esp_auth
        } else {
            names::integrity
        };
        // IKEv1 has no number for "none".
        part(name, Kind::Integrity, v1, |name| {
            read(name).or_else(|| names::integrity(name).filter(|found| found.is_none()))
        })
    };
    let ke = |name: &str| {
        let read = if v1 {
            names::group
        } else {
            names::key_exchange
        };
        part(name, Kind::KeyExchange, v1, read)
    };
    let (integ, ke) = match parts.as_slice() {
        [one] => {
            return match cipher(one) {
                Ok(cipher) => Ok(Transforms {
                    encr: vec![cipher],
                    ..Transforms::default()
                }),
                Err(problem) => parse_words(one, Layer::Esp)
                    .map(|transforms| as_version(transforms, version))
                    .map_err(|words| if one.contains('-') { problem } else { words }),
            };
        }
        [first, second] => {
            let aead = cipher(first).is_ok_and(Algorithm::is_aead);
            // An AEAD cipher has no integrity algorithm, unless the name can be nothing else.
            match (integ(second), ke(second)) {
                (_, Ok(method)) if aead => (None, Some(method)),
                (Ok(integ), Ok(method)) if method.is_registered() && !integ.is_registered() => {
                    (None, Some(method))
                }
                (Ok(integ), _) => (Some(integ), None),
                (_, Ok(method)) => (None, Some(method)),
                (Err(problem), Err(other)) => return Err(if aead { other } else { problem }),
            }
        }
        [_, second, third] => (Some(integ(second)?), Some(ke(third)?)),
        _ => {
            return Err(SuiteProblem::Parts {
                suite: suite.to_owned(),
                expected: "ENCR[/INTEG][/KE], for instance AES-CBC-128/HMAC-SHA2-256-128/MODP-2048,",
            });
        }
    };
    let first = parts.first().copied().unwrap_or_default();
    Ok(Transforms {
        encr: vec![cipher(first)?],
        integ: integ.into_iter().collect(),
        ke: ke.into_iter().collect(),
        ..Transforms::default()
    })
}

/// Words of swanctl joined by hyphens: `aes256gcm16-prfsha384-ecp384-ke1_mlkem1024`.
fn parse_words(suite: &str, layer: Layer) -> Result<Transforms, SuiteProblem> {
    let mut transforms = Transforms::default();
    let words: Vec<&str> = suite.split('-').map(str::trim).collect();
    for word in &words {
        if let Some(cipher) = names::swanctl_cipher(word) {
            transforms.encr.push(cipher);
        } else if let Some(method) = additional(word) {
            transforms.additional_ke.push(vec![method]);
        } else if is_word(word) && names::prf(word).is_some() {
            transforms.prf.extend(names::prf(word));
        } else if is_word(word) && names::integrity(word).is_some() {
            transforms.integ.extend(names::integrity(word));
        } else if is_word(word) && names::key_exchange(word).is_some() {
            transforms.ke.extend(names::key_exchange(word));
        } else if matches!(*word, "esn" | "noesn") {
            // Sequence numbers are not judged.
        } else if words.len() == 1 || suite != suite.to_ascii_lowercase() {
            return Err(SuiteProblem::Parts {
                suite: suite.to_owned(),
                expected: match layer {
                    Layer::Ike => {
                        "ENCR/PRF[/INTEG]/KE, for instance AES-GCM-16-256/HMAC-SHA2-384/ECP-384,"
                    }
                    _ => "ENCR[/INTEG][/KE], for instance AES-CBC-128/HMAC-SHA2-256-128/MODP-2048,",
                },
            });
        } else {
            return Err(SuiteProblem::Name {
                name: (*word).to_owned(),
                wanted: "word of a proposal of swanctl",
                near: near_names(word, names::swanctl_words())
                    .into_iter()
                    .map(str::to_owned)
                    .collect(),
                allowed: names::swanctl_words().collect(),
            });
        }
    }
    // Without a PRF swanctl takes that of the integrity algorithm.
    if layer == Layer::Ike && transforms.prf.is_empty() {
        transforms.prf = transforms.integ.iter().filter_map(prf_of).collect();
    }
    let complete = !transforms.encr.is_empty()
        && (layer != Layer::Ike || !transforms.ke.is_empty() && !transforms.prf.is_empty());
    if complete {
        return Ok(transforms);
    }
    Err(SuiteProblem::Parts {
        suite: suite.to_owned(),
        expected: match layer {
            Layer::Ike => {
                "a cipher, a PRF or integrity algorithm and a key exchange, for instance aes256gcm16-prfsha384-ecp384,"
            }
            _ => "a cipher first, for instance aes256-sha256-modp2048,",
        },
    })
}

fn additional(word: &str) -> Option<Algorithm> {
    let rest = word.strip_prefix("ke")?;
    let (digit, name) = rest.split_once('_')?;
    let in_range = digit
        .parse::<u8>()
        .is_ok_and(|digit| (1..=7).contains(&digit));
    in_range.then(|| names::key_exchange(name)).flatten()
}

/// Numbers are no words of swanctl.
fn is_word(word: &str) -> bool {
    word.starts_with(|character: char| character.is_ascii_alphabetic())
}

fn prf_of(integ: &Algorithm) -> Option<Algorithm> {
    let Number::Integ(integ) = integ.number else {
        return None;
    };
    Some(Algorithm::prf(match integ {
        I::HMAC_MD5_96 | I::HMAC_MD5_128 => Prf::HMAC_MD5,
        I::HMAC_SHA1_96 | I::HMAC_SHA1_160 => Prf::HMAC_SHA1,
        I::HMAC_SHA2_256_128 => Prf::HMAC_SHA2_256,
        I::HMAC_SHA2_384_192 => Prf::HMAC_SHA2_384,
        I::HMAC_SHA2_512_256 => Prf::HMAC_SHA2_512,
        I::AES_XCBC_96 => Prf::AES128_XCBC,
        I::AES_CMAC_96 => Prf::AES128_CMAC,
        _ => return None,
    }))
}

/// The same algorithms with the numbers of the version.
fn as_version(transforms: Transforms, version: Version) -> Transforms {
    if version == Version::V2 {
        return transforms;
    }
    let same = |list: Vec<Algorithm>, read: fn(&str) -> Option<Algorithm>| {
        list.into_iter()
            .map(|one| read(&one.to_string()).unwrap_or(one))
            .collect()
    };
    Transforms {
        encr: same(transforms.encr, names::esp_transform),
        integ: same(transforms.integ, names::esp_auth),
        ke: same(transforms.ke, names::group),
        ..transforms
    }
}

fn part(
    name: &str,
    kind: Kind,
    v1: bool,
    read: impl Fn(&str) -> Option<Algorithm>,
) -> Result<Algorithm, SuiteProblem> {
    read(name).ok_or_else(|| {
        // Phase 1 and ESP of IKEv1 have registries of their own.
        let belongs = |name: &str| read(name).is_some();
        let mut near = names::near(name, kind, v1);
        near.retain(|near| belongs(near));
        let mut allowed = names::short_names(kind, v1);
        allowed.retain(|short| belongs(short));
        SuiteProblem::Name {
            name: name.to_owned(),
            wanted: wanted(kind, v1),
            near,
            allowed,
        }
    })
}

const fn wanted(kind: Kind, v1: bool) -> &'static str {
    match (kind, v1) {
        (Kind::Encryption, false) => "encryption algorithm",
        (Kind::Encryption, true) => "encryption algorithm of IKEv1 there",
        (Kind::Prf, false) => "PRF",
        (Kind::Prf, true) => "hash of IKEv1",
        (Kind::Integrity, _) => "integrity algorithm",
        (Kind::KeyExchange, _) => "key exchange method",
        (Kind::Authentication, _) => "authentication method",
    }
}

/// Suites of user interfaces.
const KNOWN: &[KnownSuite] = &[
    KnownSuite {
        name: "VPN-A",
        source: "RFC 4308, section 2.1",
        ike: "3DES/HMAC-SHA1/HMAC-SHA1-96/MODP-1024",
        esp: "3DES/HMAC-SHA1-96",
    },
    KnownSuite {
        name: "VPN-B",
        source: "RFC 4308, section 2.2",
        ike: "AES-CBC-128/AES128-XCBC/AES-XCBC-96/MODP-2048",
        esp: "AES-CBC-128/AES-XCBC-96",
    },
    KnownSuite {
        name: "Suite-B-GCM-128",
        source: "RFC 6379, section 3.1",
        ike: "AES-CBC-128/HMAC-SHA2-256/HMAC-SHA2-256-128/ECP-256",
        esp: "AES-GCM-16-128",
    },
    KnownSuite {
        name: "Suite-B-GCM-256",
        source: "RFC 6379, section 3.2",
        ike: "AES-CBC-256/HMAC-SHA2-384/HMAC-SHA2-384-192/ECP-384",
        esp: "AES-GCM-16-256",
    },
    KnownSuite {
        name: "Suite-B-GMAC-128",
        source: "RFC 6379, section 3.3",
        ike: "AES-CBC-128/HMAC-SHA2-256/HMAC-SHA2-256-128/ECP-256",
        esp: "NULL-AES-GMAC-128",
    },
    KnownSuite {
        name: "Suite-B-GMAC-256",
        source: "RFC 6379, section 3.4",
        ike: "AES-CBC-256/HMAC-SHA2-384/HMAC-SHA2-384-192/ECP-384",
        esp: "NULL-AES-GMAC-256",
    },
    KnownSuite {
        name: "CNSA-GCM-256-ECDH-384",
        source: "RFC 9206, section 5.1",
        ike: "AES-GCM-16-256/HMAC-SHA2-512/ECP-384",
        esp: "AES-GCM-16-256",
    },
    KnownSuite {
        name: "CNSA-GCM-256-DH-3072",
        source: "RFC 9206, section 5.2",
        ike: "AES-GCM-16-256/HMAC-SHA2-512/MODP-3072",
        esp: "AES-GCM-16-256",
    },
    KnownSuite {
        name: "CNSA-GCM-256-DH-4096",
        source: "RFC 9206, section 5.3",
        ike: "AES-GCM-16-256/HMAC-SHA2-512/MODP-4096",
        esp: "AES-GCM-16-256",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn text(suite: &str) -> String {
        let (version, transforms) = parse_ike(suite).unwrap();
        format!("{version:?} {transforms}")
    }

    #[test]
    fn a_key_has_a_length_that_the_cipher_has() {
        let problem = |suite| NamedSuite::parse(suite, None).map_err(|problem| problem.to_string());
        for suite in ["aes999-sha256-modp2048", "AES-CBC-999/SHA1/PSK/MODP-2048"] {
            let problem = problem(suite).unwrap_err();
            assert!(problem.contains("128, 192, 256 bits"), "{problem}");
        }
        for suite in [
            "aes192-sha256-modp2048",
            "3des-sha1-modp1024",
            "blowfish448-sha1-modp1024",
        ] {
            assert!(problem(suite).is_ok(), "{suite}");
        }
    }

    #[test]
    fn the_version_is_told_by_the_parts() {
        for (suite, expected) in [
            (
                "AES-GCM-16-256/HMAC-SHA2-384/ECP-384",
                "V2 AES-GCM-16-256/HMAC-SHA2-384/ECP-384",
            ),
            (
                "AES-CBC-128/HMAC-SHA1/HMAC-SHA1-96/MODP-1024",
                "V2 AES-CBC-128/HMAC-SHA1/HMAC-SHA1-96/MODP-1024",
            ),
            (
                "AES-CBC-128/SHA1/PSK/MODP-1024",
                "V1 AES-CBC-128/SHA1/PSK/MODP-1024",
            ),
            (
                "ENCR_AES_CBC-128/PRF_HMAC_SHA1/AUTH_HMAC_SHA1_96/1024-bit MODP Group",
                "V2 AES-CBC-128/HMAC-SHA1/HMAC-SHA1-96/MODP-1024",
            ),
            (
                "12:256/5/12/14",
                "V2 AES-CBC-256/HMAC-SHA2-256/HMAC-SHA2-256-128/MODP-2048",
            ),
            (
                "aes256-sha256-modp2048",
                "V2 AES-CBC-256/HMAC-SHA2-256/HMAC-SHA2-256-128/MODP-2048",
            ),
            (
                "aes256gcm16-prfsha384-ecp384-ke1_mlkem1024",
                "V2 AES-GCM-16-256/HMAC-SHA2-384/ECP-384+ML-KEM-1024",
            ),
            (
                "AES-GCM-16-256/HMAC-SHA2-384/ECP-384+ML-KEM-1024",
                "V2 AES-GCM-16-256/HMAC-SHA2-384/ECP-384+ML-KEM-1024",
            ),
            ("3des/md5/psk/modp1024", "V1 3DES/MD5/PSK/MODP-1024"),
            (
                "ENCR-2000/HMAC-SHA2-256/KE-1040",
                "V2 ENCR-2000/HMAC-SHA2-256/KE-1040",
            ),
        ] {
            assert_eq!(text(suite), expected, "{suite}");
        }
    }

    #[test]
    fn esp_has_one_to_three_parts() {
        for (suite, expected) in [
            ("AES-GCM-16-256", "AES-GCM-16-256"),
            ("AES-GCM-16-256/ECP-384", "AES-GCM-16-256/ECP-384"),
            ("AES-CBC-128/HMAC-SHA1-96", "AES-CBC-128/HMAC-SHA1-96"),
            (
                "AES-CBC-128/HMAC-SHA1-96/MODP-2048",
                "AES-CBC-128/HMAC-SHA1-96/MODP-2048",
            ),
            ("AES-CBC-128/MODP-2048", "AES-CBC-128/MODP-2048"),
            ("12:128/20", "AES-CBC-128/ECP-384"),
            ("AES-GCM-16-256/HMAC-SHA1-96", "AES-GCM-16-256/HMAC-SHA1-96"),
            ("NULL/HMAC-SHA2-256-128", "NULL/HMAC-SHA2-256-128"),
            ("aes128-sha1-modp2048", "AES-CBC-128/HMAC-SHA1-96/MODP-2048"),
            ("CHACHA20-POLY1305", "CHACHA20-POLY1305"),
        ] {
            for version in [Version::V1, Version::V2] {
                if version == Version::V1 && suite.starts_with("CHACHA") {
                    continue;
                }
                let read = parse_esp(suite, version).unwrap();
                assert_eq!(read.to_string(), expected, "{suite}");
                assert!(
                    read.encr
                        .iter()
                        .all(|one| one.is_of_v1() == (version == Version::V1))
                );
            }
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_what_is_near() {
        for (suite, name, near) in [
            (
                "AES-CBC-128/HMAC-SHA1/HMAC-SHA1-96/MODP-1025",
                "MODP-1025",
                "MODP-1024",
            ),
            (
                "AES-CBC-127/HMAC-SHA1x/HMAC-SHA1-96/MODP-1024",
                "HMAC-SHA1x",
                "HMAC-SHA1",
            ),
            (
                "AES-GMC-16-256/HMAC-SHA2-256/ECP-256",
                "AES-GMC-16-256",
                "AES-GCM-16-256",
            ),
            ("AES-CBC-128/SHA1/PSKK/MODP-1024", "PSKK", "PSK"),
        ] {
            match parse_ike(suite) {
                Err(SuiteProblem::Name {
                    name: found,
                    near: suggestions,
                    ..
                }) => {
                    assert_eq!(found, name);
                    assert!(suggestions.iter().any(|one| one == near), "{suggestions:?}");
                }
                other => panic!("{suite}: {other:?}"),
            }
        }
        for (suite, allowed) in [
            ("AES-GCM-16-256/SHA2-256/PSK/MODP-2048", "AES-CBC"),
            ("AES-CBC-128/HMAC-SHA1/HMAC-SHA1-96", "MODP-2048"),
            ("AES-GCM-16-256//ECP-384", "HMAC-SHA2-384"),
            ("aes256-sha256-modp2049", "modp2048"),
            ("aes256-nonsense-modp2048", "sha256"),
        ] {
            let problem = parse_ike(suite).unwrap_err().to_string();
            assert!(problem.contains(allowed), "{suite}: {problem}");
            assert!(
                !problem.contains("did you mean AES-GCM"),
                "{suite}: {problem}"
            );
        }
        for suite in [
            "",
            "AES-CBC-128",
            "a/b",
            "AES-CBC-128/HMAC-SHA1",
            "a/b/c/d/e",
            "aes256",
            "aes256-sha256",
        ] {
            assert!(parse_ike(suite).is_err(), "{suite}");
        }
        for suite in ["", "AES-CBC-128/x", "AES-CBC-128/HMAC-SHA1-96/x", "a/b/c/d"] {
            assert!(parse_esp(suite, Version::V2).is_err(), "{suite}");
        }
    }

    #[test]
    fn named_suites_are_known_both_ways() {
        for known in KNOWN {
            let suite = NamedSuite::parse(known.name, None).unwrap();
            assert!(suite.esp.is_some(), "{}", known.name);
            assert_eq!(suite.known_as().map(|found| found.name), Some(known.name));
        }
    }

    #[test]
    fn a_suite_reads_back_as_it_is_written() {
        for suite in [
            "AES-GCM-16-256/HMAC-SHA2-384/ECP-384",
            "AES-CBC-128/SHA1/PSK/MODP-1024",
            "3DES/HMAC-SHA1/HMAC-SHA1-96/MODP-1024",
            "CHACHA20-POLY1305/HMAC-SHA2-256/CURVE25519+ML-KEM-768",
        ] {
            assert_eq!(NamedSuite::parse(suite, None).unwrap().to_string(), suite);
        }
    }
}
