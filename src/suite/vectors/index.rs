//! Vectors by what other lines call them. Whoever refers to one means the only one: two that say
//! different things of one address are told, for nobody knows which of them is meant.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use crate::suite::compare::Difference;

/// What a release made of a value.
pub trait Vector {
    /// Whether the release writes other bytes each time.
    fn is_free(&self) -> bool;
    /// Whether it is the same value, with the same bytes.
    fn is_same(&self, other: &Self) -> bool;
}

/// Vectors by their addresses.
pub struct Index<K, V> {
    vectors: HashMap<K, V>,
    /// The addresses of which lines say different things.
    disputed: HashSet<K>,
}

impl<K, V> Default for Index<K, V> {
    fn default() -> Self {
        Self { vectors: HashMap::new(), disputed: HashSet::new() }
    }
}

impl<K: Eq + Hash + Clone, V: Vector> Index<K, V> {
    /// Adds a vector. One that is never written twice alike says nothing against any other, and takes the
    /// place of none.
    pub fn put(&mut self, key: K, vector: V) {
        match self.get(&key) {
            Some(_) if vector.is_free() => return,
            Some(known) if !known.is_free() && !known.is_same(&vector) => {
                self.disputed.insert(key.clone());
            }
            _ => {}
        }
        self.vectors.insert(key, vector);
    }

    /// The vector with an address: of several, the last one that is written alike each time.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.vectors.get(key)
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.vectors.iter()
    }

    /// Nothing, if no two lines say different things of an address.
    pub fn undisputed(&self, key: &K) -> Result<(), Difference> {
        if !self.disputed.contains(key) {
            return Ok(());
        }
        let requirement = "lines of one release, version, message and case say the same of it";
        let seen = "another line of the same names has another value, or other bytes";
        Err(Difference::new(requirement, "one value and its bytes", seen))
    }
}
