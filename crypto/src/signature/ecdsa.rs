//! ECDSA (FIPS 186-5, section 6.4.2) over the curves of the key exchange methods.

use super::der;
use crate::key_exchange::Curve;

/// Whether a signature over a digest is right; none for numbers out of range.
pub(super) fn verify(
    curve: &'static Curve,
    point: &[u8],
    digest: &[u8],
    signature: &[u8],
    in_der: bool,
) -> Option<bool> {
    let (r, s) = if in_der {
        let (numbers, _) = der::expect(der::SEQUENCE, signature)?;
        let (r, rest) = der::unsigned(numbers)?;
        let (s, _) = der::unsigned(rest)?;
        (r, s)
    } else {
        signature.split_at_checked(signature.len() / 2)?
    };
    curve.verifies(point, digest, r, s)
}
