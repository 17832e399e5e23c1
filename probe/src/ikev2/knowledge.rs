//! What is known of single combinations.

use std::collections::HashSet;

use super::block::{Block, Combination};
use super::refine::merge;

/// Everything that answers have proven.
#[derive(Debug, Default)]
pub(crate) struct Knowledge {
    /// Seen accepted.
    pub(crate) accepted: HashSet<Combination>,
    /// The same as products.
    seen: Vec<Block>,
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

    /// This one was seen accepted.
    pub(crate) fn accept(&mut self, combination: Combination) {
        if self.accepted.insert(combination) {
            self.seen.push(Block::single(&combination));
            self.seen = merge(std::mem::take(&mut self.seen));
        }
    }

    /// What can be said now: the boxes, and what was seen accepted outside of them.
    pub(crate) fn so_far(&self) -> Vec<Block> {
        let outside = self.boxes.iter().fold(self.seen.clone(), |left, block| {
            left.iter().flat_map(|left| left.without(block)).collect()
        });
        [self.boxes.clone(), outside].concat()
    }

    /// What of a block is not known to be accepted.
    pub(crate) fn beyond(&self, block: Block) -> Vec<Block> {
        let known = self.boxes.iter().chain(&self.seen);
        known.fold(vec![block], |left, known| {
            left.iter().flat_map(|left| left.without(known)).collect()
        })
    }

    /// One that was seen accepted and is in no box.
    pub(crate) fn outside(&self, scope: &[Block]) -> Option<Combination> {
        let within = |blocks: &[Block], one: &Combination| blocks.iter().any(|b| b.contains(one));
        let outside = |one: &&Combination| within(scope, one) && !within(&self.boxes, one);
        self.accepted.iter().filter(outside).min().copied()
    }

    /// What of these is in no box and not known to be refused, the largest first. What no box has of some kind is asked for all
    /// boxes together: a list of algorithms is long, and every block has four.
    pub(crate) fn open(&self, scope: &[Block]) -> Vec<Block> {
        let mut open: Vec<Block> = Vec::new();
        for whole in scope {
            let boxes: Vec<&Block> = self
                .boxes
                .iter()
                .filter(|block| whole.overlaps(block))
                .collect();
            let hull = Block::hull(&boxes);
            open.extend(whole.without(&hull));
            let inside = boxes.iter().fold(whole.within(&hull), |left, block| {
                left.iter().flat_map(|left| left.without(block)).collect()
            });
            open.extend(inside);
        }
        let mut open: Vec<Block> = open.into_iter().flat_map(|b| self.unknown(b)).collect();
        open.sort_by_key(|block| std::cmp::Reverse(block.size()));
        open
    }

    /// A block without what is known to be refused, where that makes it shorter.
    fn unknown(&self, block: Block) -> Vec<Block> {
        let length = |blocks: &[Block]| blocks.iter().map(Block::wire_len).sum::<usize>();
        self.refused.iter().fold(vec![block], |open, refused| {
            let left: Vec<Block> = open.iter().flat_map(|b| b.without(refused)).collect();
            if length(&left) < length(&open) {
                left
            } else {
                open
            }
        })
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
