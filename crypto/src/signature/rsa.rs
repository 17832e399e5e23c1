//! RSA signatures (RFC 8017): modular exponentiation of public values.

use super::scheme::Scheme;
use crate::hash::Hash;
use crate::key_exchange::{Field, number, octets};

/// Whether a signature is right; none for numbers that cannot be computed with.
pub(super) fn verify(
    modulus: &[u8],
    exponent: &[u8],
    scheme: &Scheme,
    message: &[u8],
    signature: &[u8],
) -> Option<bool> {
    if modulus.len() > MAX_MODULUS
        || exponent.len() > MAX_EXPONENT
        || signature.len() > modulus.len()
    {
        return None;
    }
    let bits = u32::try_from(modulus.len()).ok()?.checked_mul(8)?;
    let field = Field::new(number(modulus, bits)?)?;
    let power = number(
        exponent,
        u32::try_from(exponent.len()).ok()?.checked_mul(8)?,
    )?;
    let encoded = field.parse(signature)?.pow(&power);
    let encoded = octets(&encoded.retrieve(), modulus.len());
    Some(match scheme {
        Scheme::RsaPkcs1(hash) => {
            let digest = hash.digest(&[message]);
            let padded = unpadded(&encoded)?;
            // Some signers leave the NULL of the parameters out.
            digest_infos(hash, &digest)
                .iter()
                .any(|info| info == padded)
        }
        // Peers of RFC 2409's time sign the hash itself; the newer ones of RFC 4945 do so too.
        Scheme::RsaBare => unpadded(&encoded)? == message,
        Scheme::RsaPss { hash, salt_len } => pss(modulus, hash, *salt_len, message, &encoded)?,
        _ => false,
    })
}

/// What stands behind the padding of EMSA-PKCS1-v1_5 (RFC 8017, section 9.2).
fn unpadded(encoded: &[u8]) -> Option<&[u8]> {
    let rest = encoded.strip_prefix(&[0, 1])?;
    let ones = rest.iter().take_while(|octet| **octet == 0xff).count();
    (ones >= 8)
        .then(|| rest.get(ones..)?.strip_prefix(&[0]))
        .flatten()
}

/// DigestInfo in DER, with the NULL of the parameters and without.
fn digest_infos(hash: &Hash, digest: &[u8]) -> Vec<Vec<u8>> {
    let oid: &[u8] = match hash.output_len() {
        16 => &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05],
        20 => &[0x2b, 0x0e, 0x03, 0x02, 0x1a],
        32 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01],
        48 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02],
        _ => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03],
    };
    let wrap = |tag: u8, content: &[u8]| {
        let len = u8::try_from(content.len()).unwrap_or(u8::MAX);
        [&[tag, len], content].concat()
    };
    [&[0x05, 0x00][..], &[]]
        .into_iter()
        .map(|parameters| {
            let identifier = wrap(0x30, &[&wrap(0x06, oid), parameters].concat());
            wrap(0x30, &[identifier, wrap(0x04, digest)].concat())
        })
        .collect()
}

/// EMSA-PSS-VERIFY (RFC 8017, section 9.1.2).
fn pss(
    modulus: &[u8],
    hash: &Hash,
    salt_len: usize,
    message: &[u8],
    encoded: &[u8],
) -> Option<bool> {
    let zeros = usize::try_from(modulus.first()?.leading_zeros()).ok()?;
    let bits = modulus.len() * 8 - zeros - 1;
    let len = bits.div_ceil(8);
    let encoded = encoded.get(encoded.len().checked_sub(len)?..)?;
    let hash_len = hash.output_len();
    let (&last, rest) = encoded.split_last()?;
    let (masked, sent) = rest.split_at_checked(rest.len().checked_sub(hash_len)?)?;
    let mut data: Vec<u8> = Vec::with_capacity(masked.len());
    let mut count = 0_u32;
    while data.len() < masked.len() {
        data.extend(hash.digest(&[sent, &count.to_be_bytes()]));
        count += 1;
    }
    for (octet, mask) in data.iter_mut().zip(masked) {
        *octet ^= mask;
    }
    data.truncate(masked.len());
    let spare = 8 * len - bits;
    *data.first_mut()? &= 0xff_u8.checked_shr(u32::try_from(spare).ok()?)?;
    let start = data.len().checked_sub(salt_len + 1)?;
    let (zeros, salt) = data.split_at_checked(start)?;
    let (&one, salt) = salt.split_first()?;
    let digest = hash.digest(&[message]);
    let expected = hash.digest(&[&[0; 8], &digest, salt]);
    Some(last == 0xbc && one == 1 && zeros.iter().all(|octet| *octet == 0) && expected == sent)
}

/// Octets of the largest modulus that is computed with: 16,384 bits.
const MAX_MODULUS: usize = 2_048;
/// Octets of the largest public exponent.
const MAX_EXPONENT: usize = 64;
