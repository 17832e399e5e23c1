//! Numbers of any size and residues.

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, NonZero, Odd};

/// The number with these big-endian octets, as wide as `bits` asks for; octets in front that do not fit must be zero.
pub(crate) fn number(octets: &[u8], bits: u32) -> Option<BoxedUint> {
    let width = usize::try_from(bits.div_ceil(8)).ok()?;
    let excess = octets.len().saturating_sub(width);
    let (front, octets) = octets.split_at_checked(excess)?;
    if front.iter().any(|octet| *octet != 0) {
        return None;
    }
    BoxedUint::from_be_slice(octets, bits).ok()
}

/// The number that hexadecimal digits of our own tables stand for.
pub(super) fn constant(digits: &str, bits: u32) -> Option<BoxedUint> {
    let digits: Vec<u8> = digits
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .filter_map(|nibble| u8::try_from(nibble).ok())
        .collect();
    let octets: Vec<u8> = digits
        .chunks_exact(2)
        .map(|pair| pair.iter().fold(0, |octet, nibble| octet << 4 | nibble))
        .collect();
    number(&octets, bits)
}

/// Big-endian octets, exactly `len` of them: zeros in front are added or taken away.
pub(crate) fn octets(number: &BoxedUint, len: usize) -> Vec<u8> {
    let all = number.to_be_bytes();
    let mut octets = vec![0; len.saturating_sub(all.len())];
    octets.extend_from_slice(all.get(all.len().saturating_sub(len)..).unwrap_or_default());
    octets
}

/// The residues of an odd modulus.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    params: BoxedMontyParams,
    bits: u32,
}

impl Field {
    pub(crate) fn new(modulus: BoxedUint) -> Option<Self> {
        let bits = modulus.bits_precision();
        let modulus: Odd<BoxedUint> = Option::from(modulus.to_odd())?;
        Some(Self {
            params: BoxedMontyParams::new_vartime(modulus),
            bits,
        })
    }

    pub(super) fn modulus(&self) -> &BoxedUint {
        self.params.modulus()
    }

    /// The residue of a number of any size.
    pub(super) fn reduce(&self, octets: &[u8]) -> Option<BoxedMontyForm> {
        let bits = u32::try_from(octets.len())
            .ok()?
            .checked_mul(8)?
            .max(self.bits);
        let modulus: NonZero<BoxedUint> = Option::from(self.modulus().clone().to_nz())?;
        let reduced = number(octets, bits)?.rem_vartime(&modulus);
        self.residue(number_of(&reduced, self.bits)?)
    }

    /// A number below the modulus as residue.
    pub(super) fn residue(&self, number: BoxedUint) -> Option<BoxedMontyForm> {
        if number >= *self.modulus() || number.bits_precision() != self.params.bits_precision() {
            return None;
        }
        Some(BoxedMontyForm::new(number, &self.params))
    }

    pub(super) fn constant(&self, digits: &str) -> Option<BoxedMontyForm> {
        self.residue(constant(digits, self.bits)?)
    }

    pub(crate) fn parse(&self, octets: &[u8]) -> Option<BoxedMontyForm> {
        self.residue(number(octets, self.bits)?)
    }

    pub(super) fn one(&self) -> BoxedMontyForm {
        BoxedMontyForm::one(&self.params)
    }

    pub(super) fn zero(&self) -> BoxedMontyForm {
        BoxedMontyForm::zero(&self.params)
    }
}

fn number_of(value: &BoxedUint, bits: u32) -> Option<BoxedUint> {
    number(&value.to_be_bytes(), bits)
}

/// Whether a residue is zero.
pub(super) fn is_zero(residue: &BoxedMontyForm) -> bool {
    residue.is_zero().into()
}
