//! What the readers of formats have in common.

use std::sync::Arc;

use super::format::Format;
use super::key::{Key, Material, Source};
use super::limits::{MAX_KEYS, MAX_PROBLEMS};
use super::problem::Problem;
use super::text::Line;

/// Reads one format, line by line. Lines of other formats pass by: a reader says nothing about what it does not know.
pub(super) trait Reader {
    /// The next line.
    fn line(&mut self, line: Line<'_>, sink: &mut Sink);

    /// There are no more lines.
    fn end(&mut self, _sink: &mut Sink) {}
}

/// Where readers put what they found.
#[derive(Debug)]
pub(super) struct Sink {
    file: Arc<str>,
    pub(super) keys: Vec<Key>,
    pub(super) problems: Vec<Problem>,
}

impl Sink {
    pub(super) fn new(name: &str) -> Self {
        Self {
            file: name.into(),
            keys: Vec::new(),
            problems: Vec::new(),
        }
    }

    pub(super) fn key(&mut self, line: usize, format: Format, material: Material) {
        match self.keys.len() {
            len if len < MAX_KEYS => {
                let source = Source {
                    file: Arc::clone(&self.file),
                    line,
                };
                self.keys.push(Key {
                    source,
                    format,
                    material,
                });
            }
            MAX_KEYS if !self.is_full() => self.problems.push(Problem::new(
                line,
                format!("more than {MAX_KEYS} keys: the others are left out"),
            )),
            _ => {}
        }
    }

    pub(super) fn problem(&mut self, problem: Problem) {
        match self.problems.len() {
            len if len < MAX_PROBLEMS => self.problems.push(problem),
            MAX_PROBLEMS => self.problems.push(Problem {
                what: "more problems follow, which are not listed".to_owned(),
                ..problem
            }),
            _ => {}
        }
    }

    fn is_full(&self) -> bool {
        self.problems
            .iter()
            .any(|problem| problem.what.ends_with("the others are left out"))
    }
}
