//! Names of algorithms as users write them: IANA's, the short ones of suites, numbers, and those of swanctl.

use ikescope_dissectors::Registry;
use ikescope_dissectors::registries::ikev2::{
    EncryptionAlgorithm as E, IntegrityAlgorithm as I, KeyExchangeMethod as K, Prf,
};
use ikescope_dissectors::registries::suite_name::Cipher;
use ikescope_dissectors::registries::{ikev1, ikev2};

use super::algorithm::{Algorithm, Kind, Number};
use super::near::near_names;
use super::suite::wrong_key;

/// A cipher of IKEv2.
#[must_use]
pub fn cipher(name: &str) -> Option<Algorithm> {
    by_name_and_bits::<E>(name)
        .map(|(cipher, bits)| Algorithm::encr(cipher, bits))
        .or_else(|| swanctl_cipher(name))
}

/// A cipher of IKEv1's phase 1.
#[must_use]
pub fn phase_one_cipher(name: &str) -> Option<Algorithm> {
    with_bits(name, Number::PhaseOneEncr).or_else(|| {
        let known = swanctl_cipher(name)?;
        same_in_v1(known, ikev1::EncryptionAlgorithm::rows(), |id| {
            Some(Number::PhaseOneEncr(
                ikev1::EncryptionAlgorithm::from_value(id)?,
            ))
        })
    })
}

/// A cipher of IKEv1's quick mode.
#[must_use]
pub fn esp_transform(name: &str) -> Option<Algorithm> {
    with_bits(name, Number::EspTransform).or_else(|| {
        let known = cipher(name)?;
        same_in_v1(known, ikev1::EspTransform::rows(), |id| {
            Some(Number::EspTransform(ikev1::EspTransform::from_value(id)?))
        })
    })
}

/// A pseudorandom function.
#[must_use]
pub fn prf(name: &str) -> Option<Algorithm> {
    Prf::by_name(name)
        .or_else(|| find(SWANCTL_PRF, name))
        .map(Algorithm::prf)
}

/// An integrity algorithm of IKEv2.
#[must_use]
pub fn integrity(name: &str) -> Option<Algorithm> {
    I::by_name(name)
        .or_else(|| find(SWANCTL_INTEG, name))
        .map(Algorithm::integ)
}

/// An integrity algorithm of IKEv1's quick mode.
#[must_use]
pub fn esp_auth(name: &str) -> Option<Algorithm> {
    ikev1::IpsecAuthentication::by_name(name)
        .map(|algorithm| Algorithm::new(Number::EspAuth(algorithm)))
        .or_else(|| {
            let known = integrity(name)?;
            same_in_v1(known, ikev1::IpsecAuthentication::rows(), |id| {
                Some(Number::EspAuth(ikev1::IpsecAuthentication::from_value(id)?))
            })
        })
}

/// A key exchange method.
#[must_use]
pub fn key_exchange(name: &str) -> Option<Algorithm> {
    K::by_name(name)
        .or_else(|| find(SWANCTL_KE, name))
        .map(Algorithm::ke)
}

/// A group of IKEv1.
#[must_use]
pub fn group(name: &str) -> Option<Algorithm> {
    ikev1::GroupDescription::by_name(name)
        .or_else(|| {
            let K(id) = find(SWANCTL_KE, name)?;
            ikev1::GroupDescription(id).row()?;
            Some(ikev1::GroupDescription(id))
        })
        .map(|group| Algorithm::new(Number::Group(group)))
}

/// A hash of IKEv1.
#[must_use]
pub fn hash(name: &str) -> Option<Algorithm> {
    let swanctl = || {
        Some(match find(SWANCTL_INTEG, name)? {
            I::HMAC_MD5_96 => ikev1::HashAlgorithm::MD5,
            I::HMAC_SHA1_96 => ikev1::HashAlgorithm::SHA1,
            I::HMAC_SHA2_256_128 => ikev1::HashAlgorithm::SHA2_256,
            I::HMAC_SHA2_384_192 => ikev1::HashAlgorithm::SHA2_384,
            I::HMAC_SHA2_512_256 => ikev1::HashAlgorithm::SHA2_512,
            _ => return None,
        })
    };
    ikev1::HashAlgorithm::by_name(name)
        .or_else(swanctl)
        .map(|hash| Algorithm::new(Number::Hash(hash)))
}

/// An authentication method of IKEv1.
#[must_use]
pub fn phase_one_auth(name: &str) -> Option<Algorithm> {
    ikev1::AuthenticationMethod::by_name(name)
        .map(|method| Algorithm::new(Number::PhaseOneAuth(method)))
}

/// Everything that has this name, IKEv2 first; a plain number names nothing.
#[must_use]
pub fn any(name: &str) -> Vec<Algorithm> {
    let name = name.trim();
    let is_number = name.parse::<u64>().is_ok() || name.to_ascii_lowercase().starts_with("0x");
    if is_number {
        return Vec::new();
    }
    let auth = ikev2::AuthenticationMethod::by_name(name)
        .map(|method| Algorithm::new(Number::Auth(method)));
    let mut found: Vec<Algorithm> = [
        cipher(name),
        prf(name),
        integrity(name),
        key_exchange(name),
        auth,
        phase_one_cipher(name),
        hash(name),
        phase_one_auth(name),
        group(name),
        esp_transform(name),
        esp_auth(name),
    ]
    .into_iter()
    .flatten()
    .collect();
    // A name of no cipher: nothing has such a key.
    found.retain(|one| wrong_key(*one).is_none());
    // IKEv1's name of what IKEv2 has too is the same algorithm.
    let of_v2: Vec<Algorithm> = found
        .iter()
        .copied()
        .filter(|one| !one.is_of_v1())
        .collect();
    found.retain(|one| {
        !one.is_of_v1()
            || one
                .as_v2()
                .is_none_or(|same| !of_v2.iter().any(|known| known.number == same.number))
    });
    found.dedup_by(|one, other| one.kind() == other.kind() && one.to_string() == other.to_string());
    found
}

/// Short names of a kind, for suggestions.
#[must_use]
pub fn short_names(kind: Kind, v1: bool) -> Vec<&'static str> {
    fn shorts<R: Registry>() -> Vec<&'static str> {
        R::rows().iter().filter_map(|row| row.short).collect()
    }
    match (kind, v1) {
        (Kind::Encryption, false) => shorts::<E>(),
        (Kind::Encryption, true) => {
            let mut names = shorts::<ikev1::EncryptionAlgorithm>();
            names.extend(shorts::<ikev1::EspTransform>());
            names
        }
        (Kind::Prf, false) => shorts::<Prf>(),
        (Kind::Prf, true) => shorts::<ikev1::HashAlgorithm>(),
        (Kind::Integrity, false) => shorts::<I>(),
        (Kind::Integrity, true) => shorts::<ikev1::IpsecAuthentication>(),
        (Kind::KeyExchange, false) => shorts::<K>(),
        (Kind::KeyExchange, true) => shorts::<ikev1::GroupDescription>(),
        (Kind::Authentication, false) => shorts::<ikev2::AuthenticationMethod>(),
        (Kind::Authentication, true) => shorts::<ikev1::AuthenticationMethod>(),
    }
}

/// Short names that are close, with the key length where one was given.
#[must_use]
pub fn near(name: &str, kind: Kind, v1: bool) -> Vec<String> {
    let shorts = short_names(kind, v1);
    let sized: Vec<String> = shorts
        .iter()
        .filter(|_| kind == Kind::Encryption)
        .flat_map(|short| [128, 192, 256].map(|bits| format!("{short}-{bits}")))
        .filter(|name| cipher(name).is_none_or(|found| found.to_string() == *name))
        .collect();
    let candidates = shorts
        .iter()
        .copied()
        .chain(sized.iter().map(String::as_str));
    near_names(name, candidates)
        .into_iter()
        .map(str::to_owned)
        .collect()
}

/// How swanctl spells an algorithm of IKEv2; `None` if strongSwan has no word for it.
#[must_use]
pub fn swanctl(algorithm: Algorithm) -> Option<String> {
    let known = algorithm.as_v2()?;
    let bits = known.key_bits;
    let sized = |start: &str, end: &str| Some(format!("{start}{}{end}", bits?));
    match known.number {
        Number::Encr(cipher) => match cipher {
            E::DES => Some("des".to_owned()),
            E::TRIPLE_DES => Some("3des".to_owned()),
            E::CAST => Some("cast128".to_owned()),
            E::BLOWFISH => sized("blowfish", ""),
            E::NULL => Some("null".to_owned()),
            E::AES_CBC => sized("aes", ""),
            E::AES_CTR => sized("aes", "ctr"),
            E::AES_CCM_8 => sized("aes", "ccm8"),
            E::AES_CCM_12 => sized("aes", "ccm12"),
            E::AES_CCM_16 => sized("aes", "ccm16"),
            E::AES_GCM_8 => sized("aes", "gcm8"),
            E::AES_GCM_12 => sized("aes", "gcm12"),
            E::AES_GCM_16 => sized("aes", "gcm16"),
            E::NULL_AUTH_AES_GMAC => sized("aes", "gmac"),
            E::CAMELLIA_CBC => sized("camellia", ""),
            E::CAMELLIA_CTR => sized("camellia", "ctr"),
            E::CAMELLIA_CCM_8 => sized("camellia", "ccm8"),
            E::CAMELLIA_CCM_12 => sized("camellia", "ccm12"),
            E::CAMELLIA_CCM_16 => sized("camellia", "ccm16"),
            E::CHACHA20_POLY1305 => Some("chacha20poly1305".to_owned()),
            E::SERPENT_CBC => sized("serpent", ""),
            E::TWOFISH_CBC => sized("twofish", ""),
            _ => None,
        },
        Number::Prf(prf) => word(SWANCTL_PRF, prf),
        Number::Integ(integ) => word(SWANCTL_INTEG, integ),
        Number::Ke(method) => word(SWANCTL_KE, method),
        _ => None,
    }
}

/// Words of swanctl, ciphers with their usual lengths.
pub fn swanctl_words() -> impl Iterator<Item = &'static str> {
    let integ = SWANCTL_INTEG.iter().map(|(word, _)| *word);
    let prf = SWANCTL_PRF.iter().map(|(word, _)| *word);
    let ke = SWANCTL_KE.iter().map(|(word, _)| *word);
    SWANCTL_CIPHERS
        .into_iter()
        .chain(integ)
        .chain(prf)
        .chain(ke)
}

/// The cipher of a word of swanctl: `aes256gcm16`, `3des`, `camellia128ctr`.
#[must_use]
pub fn swanctl_cipher(name: &str) -> Option<Algorithm> {
    let name = name.trim().to_ascii_lowercase();
    let fixed = match name.as_str() {
        "des" => Some(E::DES),
        "3des" => Some(E::TRIPLE_DES),
        "null" => Some(E::NULL),
        "cast128" => Some(E::CAST),
        "chacha20poly1305" => Some(E::CHACHA20_POLY1305),
        _ => None,
    };
    if let Some(cipher) = fixed {
        let bits = (cipher == E::CAST).then_some(128);
        return Some(Algorithm::encr(cipher, bits));
    }
    let letters = name.find(|character: char| character.is_ascii_digit());
    let (family, rest) = name.split_at(letters.unwrap_or(name.len()));
    let digits = rest.find(|character: char| !character.is_ascii_digit());
    let (bits, mode) = rest.split_at(digits.unwrap_or(rest.len()));
    // Without a number swanctl means 128 bits.
    let bits = if bits.is_empty() {
        128
    } else {
        bits.parse().ok()?
    };
    let cipher = match (family, mode) {
        ("aes", "") => E::AES_CBC,
        ("aes", "ctr") => E::AES_CTR,
        ("aes", "ccm8" | "ccm64") => E::AES_CCM_8,
        ("aes", "ccm12" | "ccm96") => E::AES_CCM_12,
        ("aes", "ccm" | "ccm16" | "ccm128") => E::AES_CCM_16,
        ("aes", "gcm8" | "gcm64") => E::AES_GCM_8,
        ("aes", "gcm12" | "gcm96") => E::AES_GCM_12,
        ("aes", "gcm" | "gcm16" | "gcm128") => E::AES_GCM_16,
        ("aes", "gmac") => E::NULL_AUTH_AES_GMAC,
        ("camellia", "") => E::CAMELLIA_CBC,
        ("camellia", "ctr") => E::CAMELLIA_CTR,
        ("camellia", "ccm8" | "ccm64") => E::CAMELLIA_CCM_8,
        ("camellia", "ccm12" | "ccm96") => E::CAMELLIA_CCM_12,
        ("camellia", "ccm16" | "ccm128") => E::CAMELLIA_CCM_16,
        ("blowfish", "") => E::BLOWFISH,
        ("serpent", "") => E::SERPENT_CBC,
        ("twofish", "") => E::TWOFISH_CBC,
        _ => return None,
    };
    Some(Algorithm::encr(cipher, Some(bits)))
}

fn with_bits<C: Cipher>(name: &str, number: fn(C) -> Number) -> Option<Algorithm> {
    let (cipher, key_bits) = by_name_and_bits::<C>(name)?;
    Some(Algorithm {
        number: number(cipher),
        key_bits,
    })
}

/// A name, or a name and the bits of its key: `AES-CBC`, `AES-CBC-256`, `ENCR_AES_CBC_256`, `12:256`.
fn by_name_and_bits<C: Cipher>(name: &str) -> Option<(C, Option<u16>)> {
    let name = name.trim();
    if let Some(cipher) = C::by_name(name) {
        return Some((cipher, None));
    }
    let at = name.rfind(['-', '_', ':'])?;
    let (start, end) = (name.get(..at)?, name.get(at + 1..)?);
    let bits: u16 = end.parse().ok().filter(|bits| *bits >= 32)?;
    Some((C::by_name(start)?, Some(bits)))
}

/// The number of IKEv1 that stands for an algorithm of IKEv2.
fn same_in_v1(
    known: Algorithm,
    rows: &[ikescope_dissectors::registries::Row],
    number: impl Fn(u32) -> Option<Number>,
) -> Option<Algorithm> {
    rows.iter()
        .filter_map(|row| number(row.value))
        .map(|number| Algorithm {
            number,
            key_bits: known.key_bits,
        })
        .find(|candidate| candidate.as_v2() == Some(known))
}

fn find<R: Registry>(words: &[(&str, R)], name: &str) -> Option<R> {
    let name = name.trim();
    let found = words
        .iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(name));
    found.map(|(_, number)| *number)
}

fn word<R: Registry>(words: &[(&str, R)], number: R) -> Option<String> {
    let found = words.iter().find(|(_, known)| *known == number);
    found.map(|(word, _)| (*word).to_owned())
}

const SWANCTL_CIPHERS: [&str; 13] = [
    "aes128",
    "aes192",
    "aes256",
    "aes128ctr",
    "aes256ctr",
    "aes128ccm16",
    "aes256ccm16",
    "aes128gcm16",
    "aes256gcm16",
    "chacha20poly1305",
    "camellia256",
    "3des",
    "null",
];

/// The first word of a number is the one that is written.
const SWANCTL_PRF: &[(&str, Prf)] = &[
    ("prfmd5", Prf::HMAC_MD5),
    ("prfsha1", Prf::HMAC_SHA1),
    ("prfaesxcbc", Prf::AES128_XCBC),
    ("prfsha256", Prf::HMAC_SHA2_256),
    ("prfsha384", Prf::HMAC_SHA2_384),
    ("prfsha512", Prf::HMAC_SHA2_512),
    ("prfaescmac", Prf::AES128_CMAC),
];

const SWANCTL_INTEG: &[(&str, I)] = &[
    ("md5", I::HMAC_MD5_96),
    ("sha1", I::HMAC_SHA1_96),
    ("sha", I::HMAC_SHA1_96),
    ("aesxcbc", I::AES_XCBC_96),
    ("md5_128", I::HMAC_MD5_128),
    ("sha1_160", I::HMAC_SHA1_160),
    ("aescmac", I::AES_CMAC_96),
    ("aes128gmac", I::AES_128_GMAC),
    ("aes192gmac", I::AES_192_GMAC),
    ("aes256gmac", I::AES_256_GMAC),
    ("sha256", I::HMAC_SHA2_256_128),
    ("sha2_256", I::HMAC_SHA2_256_128),
    ("sha384", I::HMAC_SHA2_384_192),
    ("sha2_384", I::HMAC_SHA2_384_192),
    ("sha512", I::HMAC_SHA2_512_256),
    ("sha2_512", I::HMAC_SHA2_512_256),
];

const SWANCTL_KE: &[(&str, K)] = &[
    ("modp768", K::MODP_768),
    ("modp1024", K::MODP_1024),
    ("modp1536", K::MODP_1536),
    ("modp2048", K::MODP_2048),
    ("modp3072", K::MODP_3072),
    ("modp4096", K::MODP_4096),
    ("modp6144", K::MODP_6144),
    ("modp8192", K::MODP_8192),
    ("ecp256", K::ECP_256),
    ("ecp384", K::ECP_384),
    ("ecp521", K::ECP_521),
    ("modp1024s160", K::MODP_1024_160),
    ("modp2048s224", K::MODP_2048_224),
    ("modp2048s256", K::MODP_2048_256),
    ("ecp192", K::ECP_192),
    ("ecp224", K::ECP_224),
    ("ecp224bp", K::BRAINPOOL_P224R1),
    ("ecp256bp", K::BRAINPOOL_P256R1),
    ("ecp384bp", K::BRAINPOOL_P384R1),
    ("ecp512bp", K::BRAINPOOL_P512R1),
    ("x25519", K::CURVE25519),
    ("curve25519", K::CURVE25519),
    ("x448", K::CURVE448),
    ("curve448", K::CURVE448),
    ("mlkem512", K::ML_KEM_512),
    ("mlkem768", K::ML_KEM_768),
    ("mlkem1024", K::ML_KEM_1024),
    ("modpnull", K(1024)),
    ("modp_null", K(1024)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_names_the_same() {
        for (names, expected) in [
            (
                &[
                    "AES-CBC-256",
                    "aes-cbc-256",
                    "ENCR_AES_CBC_256",
                    "ENCR_AES_CBC-256",
                    "12:256",
                    "aes256",
                ][..],
                Algorithm::encr(E::AES_CBC, Some(256)),
            ),
            (
                &["AES-GCM-16-128", "aes128gcm16", "aes128gcm128", "20:128"],
                Algorithm::encr(E::AES_GCM_16, Some(128)),
            ),
            (
                &["AES-GCM-16", "ENCR_AES_GCM_16", "20"],
                Algorithm::encr(E::AES_GCM_16, None),
            ),
            (
                &["3DES", "ENCR_3DES", "3"],
                Algorithm::encr(E::TRIPLE_DES, None),
            ),
            (&["ENCR-2000-256"], Algorithm::encr(E(2000), Some(256))),
        ] {
            for name in names {
                assert_eq!(cipher(name), Some(expected), "{name}");
            }
        }
        assert_eq!(key_exchange("modp1024s160"), key_exchange("MODP-1024-160"));
        assert_eq!(key_exchange("Curve25519"), key_exchange("x25519"));
        assert_eq!(prf("prfsha384"), prf("HMAC-SHA2-384"));
        assert_eq!(hash("sha256"), hash("SHA2-256"));
        assert_eq!(
            esp_transform("aes128gcm16"),
            esp_transform("AES-GCM-16-128")
        );
        assert_eq!(phase_one_cipher("aes128"), phase_one_cipher("AES-CBC-128"));
    }

    #[test]
    fn every_word_of_swanctl_names_something() {
        for word in swanctl_words() {
            let found = [
                swanctl_cipher(word),
                prf(word),
                integrity(word),
                key_exchange(word),
            ];
            assert!(found.iter().any(Option::is_some), "{word}");
        }
    }

    #[test]
    fn what_swanctl_calls_it_reads_back() {
        for number in (1..=36).chain([65004, 65005]) {
            for bits in [None, Some(128), Some(256)] {
                let algorithm = Algorithm::encr(E(number), bits);
                if let Some(word) = swanctl(algorithm) {
                    let read = swanctl_cipher(&word).expect("a word of swanctl");
                    assert_eq!(read.number, algorithm.number, "{word}");
                }
            }
        }
        for number in 0..=1024 {
            let algorithm = Algorithm::ke(K(number));
            if let Some(word) = swanctl(algorithm) {
                assert_eq!(key_exchange(&word), Some(algorithm), "{word}");
            }
        }
    }

    #[test]
    fn a_name_of_both_versions_is_one_algorithm() {
        assert_eq!(any("MODP-1024"), [Algorithm::ke(K::MODP_1024)]);
        assert_eq!(any("AES-CBC-128").len(), 1);
        assert_eq!(any("HMAC-SHA1-96").len(), 1);
        assert_eq!(any("RC4").len(), 1);
        assert!(any("14").is_empty());
        assert!(any("nonsense").is_empty());
    }
}
