//! What was used recently, up to a number and a weight; what was not used for longest goes first.

use std::{collections::HashMap, hash::Hash};

pub(crate) struct Recent<K, V> {
    entries: HashMap<K, Entry<V>>,
    count_max: usize,
    weight_max: u64,
    weight: u64,
    /// Counts uses, so that the entry with the smallest number is the one that was not used for longest.
    uses: u64,
}

struct Entry<V> {
    value: V,
    weight: u64,
    used: u64,
}

impl<K: Clone + Eq + Hash, V: Clone> Recent<K, V> {
    pub(crate) fn new(count_max: usize, weight_max: u64) -> Recent<K, V> {
        Recent { entries: HashMap::new(), count_max, weight_max, weight: 0, uses: 0 }
    }

    pub(crate) fn get(&mut self, key: &K) -> Option<V> {
        self.uses += 1;
        let entry = self.entries.get_mut(key)?;
        entry.used = self.uses;
        Some(entry.value.clone())
    }

    /// Puts an entry in and gives back what had to leave for it. The newest stays, however heavy it is.
    pub(crate) fn insert(&mut self, key: K, value: V, weight: u64) -> Vec<(K, V)> {
        self.remove(&key);
        self.uses += 1;
        self.weight += weight;
        self.entries.insert(key, Entry { value, weight, used: self.uses });
        let mut left = Vec::new();
        while self.entries.len() > 1 && (self.entries.len() > self.count_max || self.weight > self.weight_max) {
            let Some(oldest) = self.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| key.clone())
            else {
                break;
            };
            left.extend(self.remove(&oldest).map(|value| (oldest, value)));
        }
        left
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let entry = self.entries.remove(key)?;
        self.weight -= entry.weight;
        Some(entry.value)
    }

    /// Takes out every entry whose key meets the condition.
    pub(crate) fn remove_where(&mut self, condition: impl Fn(&K) -> bool) -> Vec<(K, V)> {
        let keys: Vec<K> = self.entries.keys().filter(|key| condition(key)).cloned().collect();
        keys.into_iter().filter_map(|key| self.remove(&key).map(|value| (key, value))).collect()
    }

    pub(crate) fn contains(&self, key: &K) -> bool {
        self.entries.contains_key(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_leaves_first() {
        let mut recent = Recent::new(2, 100);
        recent.insert("a", 1, 1);
        recent.insert("b", 2, 1);
        assert_eq!(recent.get(&"a"), Some(1));
        assert_eq!(recent.insert("c", 3, 1), [("b", 2)]);
        assert_eq!(recent.insert("d", 4, 99), [("a", 1)]);
        assert_eq!(recent.insert("e", 5, 500), [("c", 3), ("d", 4)]);
        assert_eq!(recent.get(&"e"), Some(5));
    }
}
