//! Octets that should be random and do not look it.

use ikescope_crypto::CryptoError;
use ikescope_crypto::key_exchange::{KeyExchange, respond};
use ikescope_dissectors::registries::ikev2::KeyExchangeMethod;

/// Why a nonce does not look random.
pub(super) fn odd_nonce(octets: &[u8]) -> Option<&'static str> {
    if octets.len() < 8 {
        return None;
    }
    let text = octets.iter().all(|octet| matches!(octet, b' '..=b'~'));
    if text && octets.len() >= 16 {
        return Some("the nonce is text");
    }
    if octets.iter().take_while(|octet| **octet == 0).count() >= 8 {
        return Some("the nonce begins with 8 zero octets");
    }
    repeats_words(octets).then_some("the nonce repeats its words")
}

/// Why an IKE SPI does not look random. Zero is no SPI at all, which is a finding of its own.
pub(super) fn odd_spi(spi: u64) -> Option<&'static str> {
    let octets = spi.to_be_bytes();
    if (1..1 << 16).contains(&spi) {
        return Some("the SPI is a small number");
    }
    (spi != 0 && repeats_words(&octets)).then_some("the SPI repeats its words")
}

/// Whether the last eight of these count up or down by the same small step.
pub(super) fn counts(spis: &[u64]) -> bool {
    let Some(last) = spis
        .len()
        .checked_sub(COUNTER)
        .and_then(|at| spis.get(at..))
    else {
        return false;
    };
    let mut steps = last.windows(2).filter_map(|pair| match pair {
        [one, other] => Some(other.wrapping_sub(*one).cast_signed()),
        _ => None,
    });
    let Some(first) = steps.next() else {
        return false;
    };
    first != 0 && first.unsigned_abs() <= LARGEST_STEP && steps.all(|step| step == first)
}

fn repeats_words(octets: &[u8]) -> bool {
    let words: Vec<&[u8]> = octets.chunks_exact(4).collect();
    words
        .iter()
        .enumerate()
        .any(|(index, word)| words.iter().take(index).any(|earlier| earlier == word))
}

/// Why a public value is none (RFC 6989; RFC 8031; FIPS 203); none too for methods that are not implemented, and for
/// values of a wrong length, which is a matter of its own.
pub(super) fn illegal_value(
    method: KeyExchangeMethod,
    value: &[u8],
    by_initiator: bool,
) -> Option<&'static str> {
    let encapsulation = matches!(
        method,
        KeyExchangeMethod::ML_KEM_512
            | KeyExchangeMethod::ML_KEM_768
            | KeyExchangeMethod::ML_KEM_1024
    );
    let result = if encapsulation {
        if !by_initiator {
            return None;
        }
        respond(method, &[7; 32], value).map(drop)
    } else {
        let private: &[u8] = match method {
            // Seen most often, and dear to compute.
            KeyExchangeMethod::CURVE25519 if !is_of_small_order(value) => return None,
            KeyExchangeMethod::CURVE25519 => &[7; 32],
            KeyExchangeMethod::CURVE448 => &[7; 56],
            // Any exponent will do: the value is checked before.
            _ => &[3],
        };
        KeyExchange::new(method, private)
            .and_then(|key_exchange| key_exchange.shared(value))
            .map(drop)
    };
    match result {
        Err(CryptoError::PublicValue { reason, .. }) if !reason.contains("length") => Some(reason),
        _ => None,
    }
}

/// Whether X25519 makes nothing but zero of it (RFC 7748, section 6.1; the values: D. J. Bernstein, "Curve25519", validation).
fn is_of_small_order(value: &[u8]) -> bool {
    let Ok(mut value) = <[u8; 32]>::try_from(value) else {
        return false;
    };
    // The highest bit is not looked at (RFC 7748, section 5).
    value[31] &= 0x7f;
    let [first, middle @ .., last] = value;
    let rest = |octet: u8| middle.iter().all(|other| *other == octet);
    match (first, last) {
        (0 | 1, 0) if rest(0) => true,
        // The prime itself and its neighbours.
        (0xec..=0xee, 0x7f) if rest(0xff) => true,
        _ => OF_ORDER_EIGHT.contains(&value),
    }
}

/// The points of order eight.
const OF_ORDER_EIGHT: [[u8; 32]; 2] = [
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
        0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49,
        0xb8, 0x00,
    ],
    [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef,
        0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f,
        0x11, 0x57,
    ],
];

/// As many samples of a counter as are no chance.
const COUNTER: usize = 8;
/// Steps of a counter of SAs.
const LARGEST_STEP: u64 = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_odd_is_named() {
        let random: Vec<u8> = (0..32_u8)
            .map(|octet| octet.wrapping_mul(73) ^ 0xa5)
            .collect();
        assert_eq!(odd_nonce(&random), None);
        assert!(odd_nonce(b"0123456789abcdef0123").is_some());
        assert!(odd_nonce(&[0; 16]).is_some());
        assert!(odd_nonce(&[9, 8, 7, 6, 9, 8, 7, 6]).is_some());
        assert_eq!(odd_spi(0x8d3f_bac9_9a0d_c0a1), None);
        assert!(odd_spi(1).is_some());
        assert!(odd_spi(0x0102_0304_0102_0304).is_some());
    }

    #[test]
    fn eight_in_a_row_are_a_counter() {
        let spis: Vec<u64> = (0..8)
            .map(|number| 0x1234_5678_9abc_def0 + number * 3)
            .collect();
        assert!(counts(&spis));
        assert!(!counts(&spis[1..]));
        assert!(!counts(&[5; 8]));
        let mut broken = spis;
        broken[4] += 1;
        assert!(!counts(&broken));
    }

    #[test]
    fn values_outside_of_the_group_are_illegal() {
        let group = KeyExchangeMethod::MODP_2048;
        let mut value = vec![0; 256];
        for last in [0, 1] {
            value[255] = last;
            assert!(illegal_value(group, &value, true).is_some(), "{last}");
        }
        value[255] = 2;
        assert_eq!(illegal_value(group, &value, true), None);
        assert!(illegal_value(group, &[0xff; 256], true).is_some());
        assert!(illegal_value(KeyExchangeMethod::CURVE25519, &[0; 32], true).is_some());
        assert!(illegal_value(KeyExchangeMethod::ECP_256, &[1; 64], true).is_some());
        // A wrong length has a finding of its own.
        assert_eq!(illegal_value(group, &[1; 255], true), None);
    }

    #[test]
    fn of_small_order_is_what_x25519_makes_zero_of() {
        let ours = KeyExchange::new(KeyExchangeMethod::CURVE25519, &[7; 32]).unwrap();
        let with = |first: u8, rest: u8, last: u8| {
            let mut value = [rest; 32];
            (value[0], value[31]) = (first, last);
            value
        };
        let small = (0..=2).map(|first| with(first, 0, 0));
        let near_the_prime = (0xea..=0xff).map(|first| with(first, 0xff, 0x7f));
        let others = [with(9, 0, 0), with(0xee, 0xff, 0x7e), with(1, 0, 1)];
        let mut found = 0;
        for mut value in small
            .chain(near_the_prime)
            .chain(others)
            .chain(OF_ORDER_EIGHT)
        {
            for highest in [0, 0x80] {
                value[31] = value[31] & 0x7f | highest;
                let zero = ours.shared(&value).is_err();
                assert_eq!(is_of_small_order(&value), zero, "{value:02x?}");
                found += usize::from(zero);
            }
        }
        assert_eq!(found, 2 * 7);
    }
}
