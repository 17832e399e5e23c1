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
