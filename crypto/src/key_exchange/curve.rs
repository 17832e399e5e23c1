//! Diffie-Hellman over short Weierstrass curves.

use crypto_bigint::modular::BoxedMontyForm;

use super::curves::Curve;
use super::number::{Field, constant, is_zero, octets};

/// A point in Jacobian coordinates: (x / z², y / z³). The point at infinity is the absence of a point.
#[derive(Clone)]
struct Point {
    x: BoxedMontyForm,
    y: BoxedMontyForm,
    z: BoxedMontyForm,
}

struct Arithmetic {
    field: Field,
    a: BoxedMontyForm,
    b: BoxedMontyForm,
}

impl Curve {
    fn bits(&self) -> Option<u32> {
        u32::try_from(self.field_len).ok()?.checked_mul(8)
    }

    fn arithmetic(&self) -> Option<Arithmetic> {
        let field = Field::new(constant(self.prime, self.bits()?)?)?;
        Some(Arithmetic {
            a: field.constant(self.a)?,
            b: field.constant(self.b)?,
            field,
        })
    }

    /// The private value modulo the order, or none when that is zero.
    fn scalar(&self, private: &[u8]) -> Option<Vec<u8>> {
        let order = Field::new(constant(self.order, self.bits()?)?)?;
        let scalar = order.reduce(private)?;
        (!is_zero(&scalar)).then(|| octets(&scalar.retrieve(), self.field_len))
    }

    /// x and y of the private value times the generator, one after the other (RFC 5903, section 7).
    pub(super) fn public(&self, private: &[u8]) -> Option<Vec<u8>> {
        let curve = self.arithmetic()?;
        let generator = Point {
            x: curve.field.constant(self.generator.0)?,
            y: curve.field.constant(self.generator.1)?,
            z: curve.field.one(),
        };
        let (x, y) = curve.affine(&curve.multiply(&self.scalar(private)?, &generator)?)?;
        let mut public = octets(&x.retrieve(), self.field_len);
        public.extend(octets(&y.retrieve(), self.field_len));
        Some(public)
    }

    /// x of the private value times the peer's point (RFC 5903, section 9).
    pub(super) fn shared(&self, private: &[u8], public: &[u8]) -> Result<Vec<u8>, &'static str> {
        const ARITHMETIC: &str = "it cannot be computed with";
        let curve = self.arithmetic().ok_or(ARITHMETIC)?;
        let (x, y) = public
            .split_at_checked(self.field_len)
            .ok_or("it is too short")?;
        let point = Point {
            x: curve.field.parse(x).ok_or("x is not below the prime")?,
            y: curve.field.parse(y).ok_or("y is not below the prime")?,
            z: curve.field.one(),
        };
        if !curve.contains(&point) {
            return Err("it is not a point of the curve");
        }
        let scalar = self.scalar(private).ok_or(ARITHMETIC)?;
        let (x, _) = curve
            .multiply(&scalar, &point)
            .and_then(|shared| curve.affine(&shared))
            .ok_or("the shared secret is the point at infinity")?;
        Ok(octets(&x.retrieve(), self.field_len))
    }

    /// Whether r and s are an ECDSA signature of a digest by the key whose point this is (FIPS 186-5, section 6.4.2); none
    /// for numbers out of range.
    pub(crate) fn verifies(&self, point: &[u8], digest: &[u8], r: &[u8], s: &[u8]) -> Option<bool> {
        let curve = self.arithmetic()?;
        let order = Field::new(constant(self.order, self.bits()?)?)?;
        let (x, y) = point.split_at_checked(self.field_len)?;
        let key = Point {
            x: curve.field.parse(x)?,
            y: curve.field.parse(y)?,
            z: curve.field.one(),
        };
        let generator = Point {
            x: curve.field.constant(self.generator.0)?,
            y: curve.field.constant(self.generator.1)?,
            z: curve.field.one(),
        };
        let (r, s) = (order.parse(r)?, order.parse(s)?);
        if !curve.contains(&key) || is_zero(&r) || is_zero(&s) {
            return None;
        }
        // The leftmost bits of a digest that is longer than the order.
        let digest = digest.get(..self.field_len).unwrap_or(digest);
        let digest = order.reduce(digest)?;
        let inverse: BoxedMontyForm = Option::from(s.invert())?;
        let scalar = |number: BoxedMontyForm| octets(&number.retrieve(), self.field_len);
        let one = curve.multiply(&scalar(&digest * &inverse), &generator);
        let other = curve.multiply(&scalar(&r * &inverse), &key);
        let sum = match (one, other) {
            (Some(one), Some(other)) => curve.add(&one, &other)?,
            (one, other) => one.or(other)?,
        };
        let (x, _) = curve.affine(&sum)?;
        Some(order.reduce(&octets(&x.retrieve(), self.field_len))? == r)
    }
}

impl Arithmetic {
    fn contains(&self, Point { x, y, .. }: &Point) -> bool {
        y.square() == &x.square() * x + &self.a * x + &self.b
    }

    fn affine(&self, Point { x, y, z }: &Point) -> Option<(BoxedMontyForm, BoxedMontyForm)> {
        let inverse: BoxedMontyForm = Option::from(z.invert())?;
        let square = inverse.square();
        Some((x * &square, y * &square * &inverse))
    }

    fn multiply(&self, scalar: &[u8], point: &Point) -> Option<Point> {
        let mut sum: Option<Point> = None;
        for octet in scalar {
            for bit in (0..8).rev() {
                sum = sum.and_then(|sum| self.double(&sum));
                if octet >> bit & 1 == 1 {
                    sum = match sum {
                        Some(sum) => self.add(&sum, point),
                        None => Some(point.clone()),
                    };
                }
            }
        }
        sum
    }

    /// `dbl-2007-bl` of the Explicit-Formulas Database.
    fn double(&self, Point { x, y, z }: &Point) -> Option<Point> {
        if is_zero(y) {
            return None;
        }
        let xx = x.square();
        let yy = y.square();
        let yyyy = yy.square();
        let zz = z.square();
        let s = ((x + &yy).square() - &xx - &yyyy).double();
        let m = &xx.double() + &xx + &self.a * &zz.square();
        let t = m.square() - &s.double();
        Some(Point {
            y: &m * &(&s - &t) - &yyyy.double().double().double(),
            z: (y + z).square() - &yy - &zz,
            x: t,
        })
    }

    /// `add-2007-bl` of the Explicit-Formulas Database, and the cases that it leaves out.
    fn add(&self, one: &Point, other: &Point) -> Option<Point> {
        let z1z1 = one.z.square();
        let z2z2 = other.z.square();
        let u1 = &one.x * &z2z2;
        let u2 = &other.x * &z1z1;
        let s1 = &one.y * &other.z * &z2z2;
        let s2 = &other.y * &one.z * &z1z1;
        let h = &u2 - &u1;
        let r = (&s2 - &s1).double();
        if is_zero(&h) {
            return match is_zero(&r) {
                true => self.double(one),
                false => None,
            };
        }
        let i = h.double().square();
        let j = &h * &i;
        let v = &u1 * &i;
        let x = r.square() - &j - &v.double();
        Some(Point {
            y: &r * &(&v - &x) - &(&s1 * &j).double(),
            z: ((&one.z + &other.z).square() - &z1z1 - &z2z2) * &h,
            x,
        })
    }
}
