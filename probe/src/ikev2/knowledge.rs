//! What is known of single combinations.

use std::collections::HashSet;

use super::block::{Block, Combination};

/// Everything that answers have proven.
#[derive(Debug, Default)]
pub(crate) struct Knowledge {
    /// Seen accepted.
    pub(crate) accepted: HashSet<Combination>,
    /// Products that are taken to be accepted as a whole.
    pub(crate) boxes: Vec<Block>,
    /// Proposals in which nothing is accepted.
    refused: Vec<Block>,
    /// Single combinations seen refused.
    refused_alone: HashSet<Combination>,
}

impl Knowledge {
    /// `None` where nothing is known.
    pub(crate) fn of(&self, combination: &Combination) -> Option<bool> {
        let within = |blocks: &[Block]| blocks.iter().any(|block| block.contains(combination));
        if self.accepted.contains(combination) {
            Some(true)
        } else if self.refused_alone.contains(combination) || within(&self.refused) {
            Some(false)
        } else if within(&self.boxes) {
            Some(true)
        } else {
            None
        }
    }

    /// Nothing in these is accepted.
    pub(crate) fn refuse(&mut self, blocks: &[Block]) {
        for block in blocks {
            match block.size() {
                1 => self.refused_alone.extend(block.combinations()),
                _ => self.refused.push(block.clone()),
            }
        }
    }
}
