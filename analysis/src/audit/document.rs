//! TOML with the line of everything, so that an error says where it is.

use std::fmt;

use toml_span::Span;
use toml_span::value::{Table, Value};

/// A file that was read.
pub(super) struct Document<'a> {
    text: &'a str,
    root: Value<'a>,
}

/// Why a file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong, and what is allowed.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for Problem {}

/// A piece of text with its line.
#[derive(Clone, Copy)]
pub(super) struct Word<'d> {
    pub(super) text: &'d str,
    document: &'d str,
    start: usize,
}

impl<'d> Word<'d> {
    const fn new(text: &'d str, document: &'d str, span: Span) -> Self {
        Self {
            text,
            document,
            start: span.start,
        }
    }

    /// A part of the text, at the same place.
    pub(super) const fn part(&self, text: &'d str) -> Self {
        Self { text, ..*self }
    }

    pub(super) fn problem(&self, message: String) -> Problem {
        Problem {
            line: line_of(self.document, self.start),
            message,
        }
    }
}

/// A key and its value.
pub(super) struct Line<'d> {
    pub(super) name: Word<'d>,
    document: &'d str,
    value: &'d Value<'d>,
}

/// The value of a key that is a table.
pub(super) struct Fields<'d> {
    name: Word<'d>,
    document: &'d str,
    table: &'d Table<'d>,
}

impl<'a> Document<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, Problem> {
        match toml_span::parse(text) {
            Ok(root) => Ok(Self { text, root }),
            Err(error) => Err(Problem {
                line: line_of(text, error.span.start),
                message: format!("this is not TOML: {error}"),
            }),
        }
    }

    /// The keys of a table, in the order of the file; none if there is no such table.
    pub(super) fn section<'d>(&'d self, path: &[&str]) -> Result<Vec<Line<'d>>, Problem> {
        let mut value = &self.root;
        for name in path {
            let Some(table) = value.as_table() else {
                return Err(self.not_a_table(value, path));
            };
            match table.get(*name) {
                Some(inner) => value = inner,
                None => return Ok(Vec::new()),
            }
        }
        let Some(table) = value.as_table() else {
            return Err(self.not_a_table(value, path));
        };
        Ok(lines(self.text, table))
    }

    fn not_a_table(&self, value: &Value<'_>, path: &[&str]) -> Problem {
        Problem {
            line: line_of(self.text, value.span.start),
            message: format!("\"{}\" must be a table", path.join(".")),
        }
    }
}

impl<'d> Line<'d> {
    /// Whether the value is a table.
    pub(super) fn is_table(&self) -> bool {
        self.value.as_table().is_some()
    }

    /// The value as a table.
    pub(super) fn table(&self) -> Result<(Word<'d>, Fields<'d>), Problem> {
        let Some(table) = self.value.as_table() else {
            let message = format!("\"{}\" must be a table", self.name.text);
            return Err(self.name.problem(message));
        };
        let fields = Fields {
            name: self.name,
            document: self.document,
            table,
        };
        Ok((self.name, fields))
    }

    /// The value of `{ value = … }`, or what stands alone.
    pub(super) fn plain(&self) -> Line<'d> {
        let inner = self.value.as_table().and_then(|table| table.get("value"));
        Line {
            name: self.name,
            document: self.document,
            value: inner.unwrap_or(self.value),
        }
    }

    pub(super) fn text(&self) -> Result<Word<'d>, Problem> {
        match self.value.as_str() {
            Some(text) => Ok(Word::new(text, self.document, self.value.span)),
            None => Err(self.wanted("a string in quotation marks")),
        }
    }

    pub(super) fn boolean(&self) -> Result<bool, Problem> {
        self.value
            .as_bool()
            .ok_or_else(|| self.wanted("true or false"))
    }

    pub(super) fn integer(&self) -> Result<i64, Problem> {
        self.value
            .as_integer()
            .ok_or_else(|| self.wanted("a whole number"))
    }

    pub(super) fn texts(&self) -> Result<Vec<Word<'d>>, Problem> {
        let list = self
            .value
            .as_array()
            .ok_or_else(|| self.wanted("a list of strings"))?;
        list.iter()
            .map(|value| {
                let text = value
                    .as_str()
                    .ok_or_else(|| self.wanted("a list of strings"))?;
                Ok(Word::new(text, self.document, value.span))
            })
            .collect()
    }

    fn wanted(&self, what: &str) -> Problem {
        self.name
            .problem(format!("\"{}\" must be {what}", self.name.text))
    }
}

impl<'d> Fields<'d> {
    pub(super) fn text(&self, name: &str) -> Result<Option<&'d str>, Problem> {
        match self.line(name) {
            Some(line) => line.text().map(|word| Some(word.text)),
            None => Ok(None),
        }
    }

    pub(super) fn word(&self, name: &str) -> Result<Option<Word<'d>>, Problem> {
        self.line(name).map(|line| line.text()).transpose()
    }

    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, Problem> {
        self.line(name).map(|line| line.integer()).transpose()
    }

    pub(super) fn integers(&self, name: &str) -> Result<Vec<i64>, Problem> {
        let Some(value) = self.table.get(name) else {
            return Ok(Vec::new());
        };
        let list = value.as_array().map(|list| {
            list.iter()
                .filter_map(Value::as_integer)
                .collect::<Vec<_>>()
        });
        list.ok_or_else(|| {
            self.name
                .problem(format!("\"{name}\" must be a list of whole numbers"))
        })
    }

    /// Complains about the first key that is not allowed.
    pub(super) fn only(&self, allowed: &[&str]) -> Result<(), Problem> {
        lines(self.document, self.table)
            .iter()
            .find(|line| !allowed.contains(&line.name.text))
            .map_or(Ok(()), |line| {
                Err(line.name.problem(format!(
                    "\"{}\" means nothing in \"{}\"; allowed: {}",
                    line.name.text,
                    self.name.text,
                    allowed.join(", ")
                )))
            })
    }

    fn line(&self, name: &str) -> Option<Line<'d>> {
        let (key, value) = self.table.get_key_value(name)?;
        Some(Line {
            name: Word::new(&key.name, self.document, key.span),
            document: self.document,
            value,
        })
    }
}

fn lines<'d>(document: &'d str, table: &'d Table<'d>) -> Vec<Line<'d>> {
    let mut lines: Vec<(usize, Line<'d>)> = table
        .iter()
        .map(|(key, value)| {
            let name = Word::new(&key.name, document, key.span);
            let line = Line {
                name,
                document,
                value,
            };
            (key.span.start, line)
        })
        .collect();
    lines.sort_by_key(|(start, _)| *start);
    lines.into_iter().map(|(_, line)| line).collect()
}

fn line_of(text: &str, start: usize) -> usize {
    let before = text.as_bytes().get(..start).unwrap_or(text.as_bytes());
    before.iter().filter(|octet| **octet == b'\n').count() + 1
}
