//! Ed25519 (RFC 8032, section 5.1.7).

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use digest::Digest;
use sha2::Sha512;

/// Whether a signature is right; none for points and numbers out of range.
pub(super) fn verify(key: &[u8; 32], message: &[u8], signature: &[u8]) -> Option<bool> {
    let (r, s) = signature.split_first_chunk::<32>()?;
    let s: [u8; 32] = s.try_into().ok()?;
    let s: Scalar = Option::from(Scalar::from_canonical_bytes(s))?;
    let point = CompressedEdwardsY(*key).decompress()?;
    let digest = Sha512::new()
        .chain_update(r)
        .chain_update(key)
        .chain_update(message)
        .finalize();
    let digest: [u8; 64] = digest.as_slice().try_into().ok()?;
    let k = Scalar::from_bytes_mod_order_wide(&digest);
    let expected = EdwardsPoint::vartime_double_scalar_mul_basepoint(&-k, &point, &s);
    Some(expected.compress().as_bytes() == r)
}
