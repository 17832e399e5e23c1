//! Diffie-Hellman over residues.

use super::modp_groups::Group;
use super::number::{Field, constant, number, octets};

impl Group {
    /// Octets of a public value and of the shared secret.
    pub(super) fn len(&self) -> usize {
        self.prime.len() / 2
    }

    fn field(&self) -> Option<Field> {
        Field::new(constant(self.prime, self.bits)?)
    }

    /// g to the power of the private value.
    pub(super) fn public(&self, private: &[u8]) -> Option<Vec<u8>> {
        let field = self.field()?;
        let generator = field.constant(self.generator)?;
        let exponent = number(private, bits_of(private)?)?;
        let public = generator.pow(&exponent);
        Some(octets(&public.retrieve(), self.len()))
    }

    /// The peer's public value to the power of the private one, padded to the length of the prime.
    pub(super) fn shared(&self, private: &[u8], public: &[u8]) -> Result<Vec<u8>, &'static str> {
        const ARITHMETIC: &str = "it cannot be computed with";
        let field = self.field().ok_or(ARITHMETIC)?;
        let base = field.parse(public).ok_or("it is not below the prime")?;
        let one = field.one();
        if super::number::is_zero(&base) || base == one || base == &field.zero() - &one {
            return Err("it is 0, 1 or the prime less 1");
        }
        if let Some(order) = self.order {
            let order = constant(order, bits_of_digits(order)).ok_or(ARITHMETIC)?;
            if base.pow(&order) != one {
                return Err("it lies outside the subgroup");
            }
        }
        let exponent = bits_of(private)
            .and_then(|bits| number(private, bits))
            .ok_or(ARITHMETIC)?;
        Ok(octets(&base.pow(&exponent).retrieve(), self.len()))
    }
}

fn bits_of(octets: &[u8]) -> Option<u32> {
    u32::try_from(octets.len()).ok()?.checked_mul(8)
}

fn bits_of_digits(digits: &str) -> u32 {
    u32::try_from(digits.len() * 4).unwrap_or(u32::MAX)
}
