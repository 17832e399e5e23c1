//! Combinations of algorithms, and sets of them that are products.

use super::algorithm::{Algorithm, Axis};

/// One algorithm of each kind, in the order of [`Axis::ALL`].
pub type Combination = [Algorithm; 4];

/// All combinations of some algorithms of each kind. On the wire it is a proposal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// The algorithms in the order of [`Axis::ALL`]; integrity is `[NONE]` in a block of combined modes.
    pub axes: [Vec<Algorithm>; 4],
    /// Additional key exchanges 1 to 7 (RFC 9370), each a list of methods to choose from.
    pub additional: Vec<Vec<Algorithm>>,
}

/// Proposals to be sent together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// In the order of preference.
    pub proposals: Vec<Block>,
}

impl Block {
    /// Everything of one family: combined modes or not.
    #[must_use]
    pub fn universe(combined: bool) -> Self {
        Self {
            axes: Axis::ALL.map(|axis| axis.universe(combined)),
            additional: Vec::new(),
        }
    }

    /// One combination.
    #[must_use]
    pub fn single(combination: &Combination) -> Self {
        Self {
            axes: combination.map(|algorithm| vec![algorithm]),
            additional: Vec::new(),
        }
    }

    /// The algorithms of one kind.
    #[must_use]
    pub fn axis(&self, axis: Axis) -> &[Algorithm] {
        let [encryption, prf, integrity, key_exchange] = &self.axes;
        match axis {
            Axis::Encryption => encryption,
            Axis::Prf => prf,
            Axis::Integrity => integrity,
            Axis::KeyExchange => key_exchange,
        }
    }

    /// The algorithms of one kind, to be changed.
    pub fn axis_mut(&mut self, axis: Axis) -> &mut Vec<Algorithm> {
        let [encryption, prf, integrity, key_exchange] = &mut self.axes;
        match axis {
            Axis::Encryption => encryption,
            Axis::Prf => prf,
            Axis::Integrity => integrity,
            Axis::KeyExchange => key_exchange,
        }
    }

    /// The same with other algorithms of one kind.
    #[must_use]
    pub fn with(&self, axis: Axis, algorithms: Vec<Algorithm>) -> Self {
        let mut block = self.clone();
        *block.axis_mut(axis) = algorithms;
        block
    }

    /// Whether there is no combination in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.axes.iter().any(Vec::is_empty)
    }

    /// How many combinations, without the additional key exchanges.
    #[must_use]
    pub fn size(&self) -> usize {
        self.axes.iter().map(Vec::len).product()
    }

    /// Whether a combination is in it.
    #[must_use]
    pub fn contains(&self, combination: &Combination) -> bool {
        let mut pairs = self.axes.iter().zip(combination);
        pairs.all(|(algorithms, algorithm)| algorithms.contains(algorithm))
    }

    /// What is left without another block, as blocks that do not overlap: axis by axis, first what differs there, then on
    /// with what agrees (at most one block an axis). The axes come in the order that makes them shortest on the wire.
    #[must_use]
    pub fn without(&self, other: &Self) -> Vec<Self> {
        if !self.overlaps(other) {
            return vec![self.clone()];
        }
        let length = |blocks: &Vec<Self>| blocks.iter().map(Self::wire_len).sum::<usize>();
        let all = ORDERS.iter().map(|order| self.without_in(other, order));
        all.min_by_key(length).unwrap_or_default()
    }

    fn without_in(&self, other: &Self, order: &[Axis]) -> Vec<Self> {
        let mut left = Vec::new();
        let mut agreed = self.clone();
        for axis in order {
            let theirs = other.axis(*axis);
            let (same, differing): (Vec<_>, Vec<_>) = agreed
                .axis(*axis)
                .iter()
                .partition(|own| theirs.contains(own));
            if !differing.is_empty() {
                left.push(agreed.with(*axis, differing));
            }
            *agreed.axis_mut(*axis) = same;
        }
        left
    }

    /// The first algorithm of each kind that is in both, in the order of this one.
    #[must_use]
    pub fn first_in(&self, other: &Self) -> Option<Combination> {
        let mut first = [Algorithm::NONE; 4];
        for (place, axis) in first.iter_mut().zip(Axis::ALL) {
            let theirs = other.axis(axis);
            *place = *self.axis(axis).iter().find(|own| theirs.contains(own))?;
        }
        Some(first)
    }

    /// Whether a combination is in both.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        Axis::ALL.iter().all(|axis| {
            let theirs = other.axis(*axis);
            self.axis(*axis).iter().any(|own| theirs.contains(own))
        })
    }

    /// What of it is in another block; nothing where they do not overlap.
    #[must_use]
    pub fn within(&self, other: &Self) -> Vec<Self> {
        let mut both = self.clone();
        for axis in Axis::ALL {
            let theirs = other.axis(axis);
            both.axis_mut(axis).retain(|own| theirs.contains(own));
        }
        Some(both)
            .filter(|both| !both.is_empty())
            .into_iter()
            .collect()
    }

    /// The smallest block around all of these.
    #[must_use]
    pub fn hull(blocks: &[&Self]) -> Self {
        let mut hull = Self::default();
        for axis in Axis::ALL {
            for value in blocks.iter().flat_map(|block| block.axis(axis)) {
                if !hull.axis(axis).contains(value) {
                    hull.axis_mut(axis).push(*value);
                }
            }
        }
        hull
    }

    /// Whether a value of each kind of the other is in this one.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        Axis::ALL.iter().all(|axis| {
            let own = self.axis(*axis);
            other.axis(*axis).iter().all(|value| own.contains(value))
        })
    }

    /// Octets of the proposal on the wire (RFC 7296, sections 3.3.1 and 3.3.2).
    #[must_use]
    pub fn wire_len(&self) -> usize {
        let lists = self.axes.iter().enumerate().flat_map(|(place, list)| {
            let sent = list
                .iter()
                .filter(move |value| place != INTEGRITY || **value != Algorithm::NONE);
            sent.map(|value| if value.key_bits.is_some() { 12 } else { 8 })
        });
        let additional: usize = self.additional.iter().map(|list| 8 * list.len()).sum();
        8 + lists.sum::<usize>() + additional
    }

    /// Cut along its longest axis until every part fits so many octets.
    #[must_use]
    pub fn fitting(&self, octets: usize) -> Vec<Self> {
        let longest = Axis::ALL
            .into_iter()
            .max_by_key(|axis| self.axis(*axis).len());
        let Some(axis) =
            longest.filter(|axis| self.axis(*axis).len() > 1 && self.wire_len() > octets)
        else {
            return vec![self.clone()];
        };
        let values = self.axis(axis);
        let (first, second) = values.split_at(values.len() / 2);
        let halves = [first, second].map(|half| self.with(axis, half.to_vec()));
        halves
            .iter()
            .flat_map(|half| half.fitting(octets))
            .collect()
    }

    /// Every combination.
    pub fn combinations(&self) -> impl Iterator<Item = Combination> + '_ {
        let [encryption, prf, integrity, key_exchange] = &self.axes;
        encryption.iter().flat_map(move |encr| {
            prf.iter().flat_map(move |prf| {
                integrity.iter().flat_map(move |integ| {
                    key_exchange
                        .iter()
                        .map(move |ke| [*encr, *prf, *integ, *ke])
                })
            })
        })
    }
}

/// Orders in which the axes of a difference are taken: which of the long lists, ciphers and groups, is repeated in the
/// blocks that follow decides about their length.
const ORDERS: [[Axis; 4]; 6] = {
    use Axis::{Encryption as E, Integrity as I, KeyExchange as K, Prf as R};
    [
        [E, R, I, K],
        [E, K, R, I],
        [K, E, R, I],
        [E, R, K, I],
        [R, I, E, K],
        [K, R, I, E],
    ]
};

/// Where integrity stands in a combination.
const INTEGRITY: usize = 2;

/// Blocks put into as few messages as fit, each filled with whatever comes first and has room.
#[must_use]
pub(crate) fn pack(blocks: &[Block], octets: usize) -> Vec<Vec<Block>> {
    let mut messages: Vec<(usize, Vec<Block>)> = Vec::new();
    let parts = blocks.iter().flat_map(|block| block.fitting(octets));
    for part in parts.filter(|part| !part.is_empty()) {
        let len = part.wire_len();
        // The Proposal Num field is one octet.
        let room = |(used, list): &&mut (usize, Vec<Block>)| {
            used.saturating_add(len) <= octets && list.len() < 255
        };
        match messages.iter_mut().find(room) {
            Some((used, list)) => {
                *used += len;
                list.push(part);
            }
            None => messages.push((len, vec![part])),
        }
    }
    messages.into_iter().map(|(_, list)| list).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(axes: [&[u16]; 4]) -> Block {
        Block {
            axes: axes.map(|axis| axis.iter().copied().map(Algorithm::new).collect()),
            additional: Vec::new(),
        }
    }

    #[test]
    fn what_is_left_and_what_was_taken_are_the_whole_and_never_both() {
        let whole = block([&[1, 2, 3], &[1, 2], &[1, 2, 3], &[1, 2]]);
        let taken = block([&[2, 3, 9], &[1], &[2, 1], &[2]]);
        let left = whole.without(&taken);
        for combination in whole.combinations() {
            let places = left
                .iter()
                .filter(|block| block.contains(&combination))
                .count();
            assert_eq!(places, usize::from(!taken.contains(&combination)));
        }
        let apart = whole.without(&block([&[7], &[1], &[1], &[1]]));
        assert_eq!(apart, std::slice::from_ref(&whole));
        assert_eq!(taken.without(&taken), []);
    }

    #[test]
    fn packing_loses_nothing_and_fits() {
        let blocks = [Block::universe(true), Block::universe(false)];
        let messages = pack(&blocks, 700);
        let sizes = messages
            .iter()
            .map(|list| list.iter().map(Block::wire_len).sum::<usize>());
        assert!(sizes.into_iter().all(|size| size <= 700));
        let count: usize = messages.iter().flatten().map(Block::size).sum();
        assert_eq!(count, blocks.iter().map(Block::size).sum::<usize>());
    }
}
