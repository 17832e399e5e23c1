//! What is wrong with octets: the place, what was found, what was expected.

use std::fmt;

use crate::limits::MAX_ISSUES;
use crate::octets::{Cut, Octets, Span};

/// One departure of the octets from the standard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Where it stands, always inside the buffer that was dissected.
    pub span: Span,
    /// The part of the message that was being read, as the standards name it.
    pub layer: &'static str,
    /// What is wrong.
    pub kind: IssueKind,
}

/// What can be wrong with octets.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IssueKind {
    /// The octets end inside a fixed field.
    Cut {
        /// Octets that are there.
        available: usize,
    },
    /// A length is below what the fixed fields take.
    LengthTooSmall {
        /// The length that was declared.
        declared: usize,
        /// The least that it can be.
        minimum: usize,
    },
    /// A length reaches behind the end of what holds it.
    LengthTooLarge {
        /// The length that was declared.
        declared: usize,
        /// Octets that are there.
        available: usize,
    },
    /// A length is not one that this value can have.
    LengthUnexpected {
        /// The length that was found.
        found: usize,
        /// What the standard gives for this value.
        expected: usize,
    },
    /// Octets follow where the standard has none.
    TrailingOctets {
        /// How many.
        count: usize,
    },
    /// A reserved field is not zero.
    ReservedNotZero {
        /// Its value.
        found: u32,
    },
    /// A count differs from what follows.
    CountMismatch {
        /// The count that was declared.
        declared: usize,
        /// What is there.
        found: usize,
    },
    /// A field has a value that the standard does not allow there.
    UnexpectedValue {
        /// Which field.
        field: &'static str,
        /// Its value.
        found: u32,
        /// What the standard allows.
        expected: &'static str,
    },
    /// The chain of payloads ends, or goes on, where it should not.
    Chain {
        /// In one clause.
        what: &'static str,
    },
    /// More elements than are read; the rest is kept as octets.
    TooMany {
        /// The bound.
        limit: usize,
    },
    /// Text that is not UTF-8, or an encoding that cannot be read.
    Unreadable {
        /// Which field.
        field: &'static str,
    },
}

impl IssueKind {
    /// Whether something could not be read because of it. The other issues are oddities: all was read, but what is
    /// written again in canonical form differs.
    #[must_use]
    pub const fn hides_octets(&self) -> bool {
        !matches!(
            self,
            Self::ReservedNotZero { .. }
                | Self::TrailingOctets { .. }
                | Self::UnexpectedValue { .. }
                | Self::CountMismatch { .. }
                | Self::LengthUnexpected { .. }
        )
    }
}

impl fmt::Display for IssueKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut { available } => {
                write!(f, "ends inside a fixed field, {available} octets are left")
            }
            Self::LengthTooSmall { declared, minimum } => {
                write!(f, "the length is {declared}, below the minimum {minimum}")
            }
            Self::LengthTooLarge {
                declared,
                available,
            } => {
                write!(
                    f,
                    "the length is {declared}, but only {available} octets are there"
                )
            }
            Self::LengthUnexpected { found, expected } => {
                write!(f, "has {found} octets where {expected} are expected")
            }
            Self::TrailingOctets { count } => {
                write!(f, "{count} octets follow that belong to nothing")
            }
            Self::ReservedNotZero { found } => {
                write!(f, "a reserved field is {found:#x}, expected 0")
            }
            Self::CountMismatch { declared, found } => {
                write!(f, "{declared} were announced, {found} are there")
            }
            Self::UnexpectedValue {
                field,
                found,
                expected,
            } => {
                write!(f, "{field} is {found}, expected {expected}")
            }
            Self::Chain { what } => f.write_str(what),
            Self::TooMany { limit } => {
                write!(f, "more than {limit} elements, the rest is not decoded")
            }
            Self::Unreadable { field } => write!(f, "{field} cannot be read"),
        }
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "octet {}, {}: {}",
            self.span.start, self.layer, self.kind
        )
    }
}

/// The issues of one buffer, in the order in which they were met, up to [`MAX_ISSUES`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Issues {
    list: Vec<Issue>,
    left_out: usize,
}

impl Issues {
    /// Notes one more.
    pub fn note(&mut self, at: Octets<'_>, layer: &'static str, kind: IssueKind) {
        self.push(Issue {
            span: at.span(),
            layer,
            kind,
        });
    }

    /// Notes that a parser of fixed fields had too few octets.
    pub fn note_cut(&mut self, layer: &'static str, cut: &nom::Err<Cut>) {
        if let nom::Err::Error(Cut { span }) | nom::Err::Failure(Cut { span }) = cut {
            self.push(Issue {
                span: *span,
                layer,
                kind: IssueKind::Cut {
                    available: span.len,
                },
            });
        }
    }

    /// Notes a reserved field that is not zero.
    pub fn expect_zero(&mut self, at: Octets<'_>, layer: &'static str, found: u32) {
        if found != 0 {
            self.note(at, layer, IssueKind::ReservedNotZero { found });
        }
    }

    /// Notes the first octet that ends a text, in a name that must have none (RFC 2407, section 4.6.2.3; RFC 7296,
    /// section 3.5).
    pub fn expect_no_terminator(&mut self, name: Octets<'_>, layer: &'static str) {
        let octets = name.as_slice().iter();
        let ends = |octet: &u8| matches!(octet, 0 | b'\n' | b'\r');
        if let Some((place, found)) = octets.enumerate().find(|(_, octet)| ends(octet)) {
            let kind = IssueKind::UnexpectedValue {
                field: "an octet of the name",
                found: u32::from(*found),
                expected: "no end of a text or line",
            };
            self.note(name.part(place, 1), layer, kind);
        }
    }

    /// Notes octets that are left where none should be.
    pub fn expect_end(&mut self, left: Octets<'_>, layer: &'static str) {
        if !left.is_empty() {
            self.note(left, layer, IssueKind::TrailingOctets { count: left.len() });
        }
    }

    /// What was noted.
    #[must_use]
    pub fn as_slice(&self) -> &[Issue] {
        &self.list
    }

    /// How many were met beyond the bound.
    #[must_use]
    pub const fn left_out(&self) -> usize {
        self.left_out
    }

    /// Whether nothing was noted.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    fn push(&mut self, issue: Issue) {
        if self.list.len() < MAX_ISSUES {
            self.list.push(issue);
        } else {
            self.left_out += 1;
        }
    }
}
