//! A map that forgets what was not used for long.

use std::collections::HashMap;
use std::hash::Hash;

use crate::folding::Folding;

/// Holds at least the `capacity` entries used last, and at most twice as many.
#[derive(Debug)]
pub(crate) struct Recent<K, V> {
    capacity: usize,
    young: HashMap<K, V, Folding>,
    old: HashMap<K, V, Folding>,
}

impl<K: Eq + Hash, V> Recent<K, V> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            young: HashMap::default(),
            old: HashMap::default(),
        }
    }

    /// The value of this key, made by `value` if it is new or forgotten.
    pub(crate) fn entry(&mut self, key: K, value: impl FnOnce() -> V) -> &mut V {
        if self.young.len() >= self.capacity && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        let Self { young, old, .. } = self;
        young
            .entry(key)
            .or_insert_with_key(|key| old.remove(key).unwrap_or_else(value))
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    /// All values, in no order.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.young.values().chain(self.old.values())
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let old = self.old.remove(key);
        self.young.remove(key).or(old)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_last_is_kept_and_the_rest_is_bounded() {
        let mut recent = Recent::new(10);
        for number in 0..1000 {
            recent.entry(number, || number);
            assert_eq!(*recent.entry(0, || -1), 0, "after {number}");
            assert!(recent.young.len() + recent.old.len() <= 20);
        }
        assert!((991..1000).all(|number| recent.get(&number) == Some(&number)));
    }
}
