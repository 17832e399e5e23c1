//! The notes of one datagram, without allocation

use super::Note;
use crate::limits::MAX_NOTES;

#[derive(Clone, Copy)]
pub(super) struct Notes {
    notes: [Note; MAX_NOTES],
    count: usize,
}

impl Notes {
    pub(super) const fn new() -> Self {
        Self {
            notes: [Note::IpLengthZero; MAX_NOTES],
            count: 0,
        }
    }

    /// Further notes than there is room for are not kept, equal ones are one.
    pub(super) fn add(&mut self, note: Note) {
        if self.as_slice().contains(&note) {
            return;
        }
        if let Some(place) = self.notes.get_mut(self.count) {
            *place = note;
            self.count += 1;
        }
    }

    pub(super) fn as_slice(&self) -> &[Note] {
        self.notes.get(..self.count).unwrap_or_default()
    }
}
