//! Which keys of the user something was derived from.

use std::sync::Arc;

use crate::opened::KeySource;

/// The keys that went into a derivation, by their index in the ring.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    keys: Arc<[usize]>,
    source: KeySource,
}

impl Origin {
    /// One key of the ring.
    pub(crate) fn new(key: usize, source: KeySource) -> Self {
        Self {
            keys: Arc::new([key]),
            source,
        }
    }

    /// No key; what was there instead.
    pub(crate) fn none(instead: &str) -> Self {
        Self {
            keys: Arc::new([]),
            source: instead.into(),
        }
    }

    /// What needed this and another: the source is this one's.
    pub(crate) fn with(&self, other: &Self) -> Self {
        let mut keys = self.keys.to_vec();
        keys.extend(other.keys.iter().filter(|key| !self.keys.contains(key)));
        Self {
            keys: keys.into(),
            source: self.source.clone(),
        }
    }

    /// The keys.
    pub(crate) fn keys(&self) -> &[usize] {
        &self.keys
    }

    /// Where the first of them stands.
    pub(crate) fn source(&self) -> KeySource {
        self.source.clone()
    }
}
