//! The input of every parser: octets that know where they stand.

use std::iter::{Copied, Enumerate};
use std::ops::Range;
use std::slice::Iter;

use nom::error::{ErrorKind, ParseError};
use nom::{Input, Needed};

/// Where something stands in the buffer that was dissected, in octets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// Offset of the first octet.
    pub start: usize,
    /// Number of octets.
    pub len: usize,
}

impl Span {
    /// Offset of the octet behind the last one.
    #[must_use]
    pub const fn end(self) -> usize {
        self.start + self.len
    }

    /// As a range for slicing the buffer.
    #[must_use]
    pub const fn range(self) -> Range<usize> {
        self.start..self.end()
    }
}

/// A slice of a buffer together with its offset in that buffer.
///
/// The offset is carried along instead of being computed from pointers, so that a part of decrypted or
/// reassembled octets can never be mistaken for a part of the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Octets<'a> {
    data: &'a [u8],
    offset: usize,
}

impl<'a> Octets<'a> {
    /// A whole buffer: its first octet has offset 0.
    #[must_use]
    pub const fn new(data: &'a [u8]) -> Self {
        Self { data, offset: 0 }
    }

    /// The octets themselves.
    #[must_use]
    pub const fn as_slice(&self) -> &'a [u8] {
        self.data
    }

    /// Number of octets.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether nothing is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// Where these octets stand.
    #[must_use]
    pub const fn span(&self) -> Span {
        Span {
            start: self.offset,
            len: self.data.len(),
        }
    }

    /// At most `len` octets from `start` on, cut to what is there.
    #[must_use]
    pub fn part(&self, start: usize, len: usize) -> Self {
        let start = start.min(self.data.len());
        let end = start.saturating_add(len).min(self.data.len());
        Self {
            data: self.data.get(start..end).unwrap_or_default(),
            offset: self.offset + start,
        }
    }

    /// Everything from `start` on.
    #[must_use]
    pub fn from(&self, start: usize) -> Self {
        self.part(start, self.data.len())
    }
}

impl<'a> Input for Octets<'a> {
    type Item = u8;
    type Iter = Copied<Iter<'a, u8>>;
    type IterIndices = Enumerate<Self::Iter>;

    fn input_len(&self) -> usize {
        self.data.len()
    }

    fn take(&self, index: usize) -> Self {
        self.part(0, index)
    }

    fn take_from(&self, index: usize) -> Self {
        self.from(index)
    }

    fn take_split(&self, index: usize) -> (Self, Self) {
        (self.from(index), self.part(0, index))
    }

    fn position<P: Fn(u8) -> bool>(&self, predicate: P) -> Option<usize> {
        self.data.iter().position(|octet| predicate(*octet))
    }

    fn iter_elements(&self) -> Self::Iter {
        self.data.iter().copied()
    }

    fn iter_indices(&self) -> Self::IterIndices {
        self.iter_elements().enumerate()
    }

    fn slice_index(&self, count: usize) -> Result<usize, Needed> {
        match count.checked_sub(self.data.len()) {
            None | Some(0) => Ok(count),
            Some(missing) => Err(Needed::new(missing)),
        }
    }
}

/// Where a parser had too few octets left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// What was left there.
    pub span: Span,
}

impl<'a> ParseError<Octets<'a>> for Cut {
    fn from_error_kind(input: Octets<'a>, _kind: ErrorKind) -> Self {
        Self { span: input.span() }
    }

    fn append(_input: Octets<'a>, _kind: ErrorKind, other: Self) -> Self {
        other
    }
}

/// What a parser of fixed fields gives.
pub type IResult<'a, T> = nom::IResult<Octets<'a>, T, Cut>;

/// Everything that is left, which may be nothing.
///
/// # Errors
/// None; the signature is that of a nom parser.
pub fn rest(i: Octets<'_>) -> IResult<'_, &[u8]> {
    Ok((i.from(i.len()), i.as_slice()))
}

#[cfg(test)]
mod tests {
    use nom::Parser;
    use nom::bytes::complete::take;
    use nom::number::complete::be_u16;

    use super::*;

    #[test]
    fn a_part_keeps_its_place() {
        let data = [0, 1, 2, 3, 4, 5];
        let octets = Octets::new(&data);
        let (left, (number, two)) = (be_u16::<_, Cut>, take(2_usize)).parse(octets).unwrap();
        assert_eq!(number, 1);
        assert_eq!(two.span(), Span { start: 2, len: 2 });
        assert_eq!(left.span(), Span { start: 4, len: 2 });
        assert_eq!(left.part(1, 9).span(), Span { start: 5, len: 1 });
        assert_eq!(left.part(7, 9).span(), Span { start: 6, len: 0 });
    }

    #[test]
    fn a_cut_says_where() {
        let error = be_u16::<_, Cut>(Octets::new(&[1, 2, 3]).from(2)).unwrap_err();
        assert_eq!(
            error,
            nom::Err::Error(Cut {
                span: Span { start: 2, len: 1 }
            })
        );
    }
}
