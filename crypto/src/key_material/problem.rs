//! What could not be read.

use std::fmt;

/// A place in a file of key material that could not be used. The text never quotes the octets of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, where the format tells it.
    pub column: Option<usize>,
    /// What is wrong, in one lower-case sentence.
    pub what: String,
}

impl Problem {
    /// A problem with a whole line.
    #[must_use]
    pub fn new(line: usize, what: impl Into<String>) -> Self {
        Self {
            line,
            column: None,
            what: what.into(),
        }
    }
}

/// `LINE[:COLUMN]: what`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.line)?;
        if let Some(column) = self.column {
            write!(f, ":{column}")?;
        }
        write!(f, ": {}", self.what)
    }
}
