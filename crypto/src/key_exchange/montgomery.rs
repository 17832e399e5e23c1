//! Diffie-Hellman over Curve25519 and Curve448 (RFC 7748, RFC 8031). Values are little-endian.

use crypto_bigint::modular::BoxedMontyForm;
use curve25519_dalek::montgomery::MontgomeryPoint;

use super::number::{Field, constant, octets};

/// Octets of a value of Curve448.
pub(super) const X448_LEN: usize = 56;
/// Octets of a value of Curve25519.
pub(super) const X25519_LEN: usize = 32;
/// Octets of a short scalar: half the length.
pub(super) const SHORT_LEN: usize = 16;

/// The u-coordinate of the base point.
const X448_BASE: u8 = 5;
/// (156326 - 2) / 4 (RFC 7748, section 5).
const A24: &str = "98a9";
/// 2^448 - 2^224 - 1
const PRIME: &str = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffe\
    ffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

/// X25519, with the base point where `public` is `None`.
pub(super) fn x25519(private: &[u8; X25519_LEN], public: Option<&[u8; X25519_LEN]>) -> Vec<u8> {
    let base = x25519_dalek::X25519_BASEPOINT_BYTES;
    x25519_dalek::x25519(*private, *public.unwrap_or(&base)).to_vec()
}

/// The same with a scalar of half the length, which takes half the time: eight times this, so that it ends in the subgroup
/// like every other.
pub(super) fn short_x25519(
    private: &[u8; SHORT_LEN],
    public: Option<&[u8; X25519_LEN]>,
) -> Vec<u8> {
    let base = x25519_dalek::X25519_BASEPOINT_BYTES;
    let octets = private.iter().rev();
    let bits = octets.flat_map(|octet| (0..8).rev().map(move |bit| octet >> bit & 1 == 1));
    let bits = bits.chain([false; 3]);
    MontgomeryPoint(*public.unwrap_or(&base))
        .mul_bits_be(bits)
        .0
        .to_vec()
}

/// X448, with the base point where `public` is `None` (RFC 7748, section 5).
pub(super) fn x448(private: &[u8; X448_LEN], public: Option<&[u8; X448_LEN]>) -> Option<Vec<u8>> {
    let field = Field::new(constant(PRIME, 448)?)?;
    let mut base = [0; X448_LEN];
    base[0] = X448_BASE;
    let mut u = *public.unwrap_or(&base);
    u.reverse();
    let mut scalar = *private;
    scalar[0] &= 252;
    scalar[X448_LEN - 1] |= 128;
    scalar.reverse();

    let x1 = field.reduce(&u)?;
    let a24 = field.constant(A24)?;
    let mut pair = ((field.one(), field.zero()), (x1.clone(), field.one()));
    for octet in scalar {
        for bit in (0..8).rev() {
            let (low, high) = pair;
            pair = match octet >> bit & 1 {
                0 => step(&x1, &a24, low, high),
                _ => {
                    let (high, low) = step(&x1, &a24, high, low);
                    (low, high)
                }
            };
        }
    }
    let ((x, z), _) = pair;
    let inverse: Option<BoxedMontyForm> = Option::from(z.invert());
    let shared = inverse.map_or_else(|| field.zero(), |inverse| &x * &inverse);
    let mut shared = octets(&shared.retrieve(), X448_LEN);
    shared.reverse();
    Some(shared)
}

type Projective = (BoxedMontyForm, BoxedMontyForm);

/// Doubles the first point and adds the second to it; their difference is `x1`.
fn step(
    x1: &BoxedMontyForm,
    a24: &BoxedMontyForm,
    (x2, z2): Projective,
    (x3, z3): Projective,
) -> (Projective, Projective) {
    let a = &x2 + &z2;
    let aa = a.square();
    let b = &x2 - &z2;
    let bb = b.square();
    let e = &aa - &bb;
    let da = (&x3 - &z3) * &a;
    let cb = (&x3 + &z3) * &b;
    let sum = (&da + &cb).square();
    let difference = (&da - &cb).square() * x1;
    let doubled = (&aa * &bb, &e * &(&aa + &(a24 * &e)));
    (doubled, (sum, difference))
}
