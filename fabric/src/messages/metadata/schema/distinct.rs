//! Lists that stand for sets: no two elements have one key, and the order means nothing (07 §3.3).

use std::collections::BTreeMap;

use crate::codec::describe::prelude::*;

/// What tells elements of a [`Distinct`] list apart.
pub trait Keyed {
    /// The key.
    type Key: Ord;

    /// Its key.
    fn key(&self) -> Self::Key;
}

/// A pair is known by its first half.
impl<K: Ord + Clone, V> Keyed for (K, V) {
    type Key = K;

    fn key(&self) -> K {
        self.0.clone()
    }
}

/// Elements with different keys. The released servers keep them in hash maps and write them in any
/// order; here they keep the order in which they were read, and are compared without it.
#[derive(Debug, Clone)]
pub struct Distinct<V>(Vec<V>);

impl<V> Default for Distinct<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<V: Keyed + PartialEq> PartialEq for Distinct<V> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.by_key() == other.by_key()
    }
}

impl<V: Keyed + Eq> Eq for Distinct<V> {}

impl<V: Keyed> Distinct<V> {
    /// The elements by key.
    fn by_key(&self) -> BTreeMap<V::Key, &V> {
        self.0.iter().map(|element| (element.key(), element)).collect()
    }
}

impl<V> Distinct<V> {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The elements, in the order in which they were read.
    pub fn iter(&self) -> std::slice::Iter<'_, V> {
        self.0.iter()
    }

    /// The elements, to be changed in anything but their keys.
    pub(super) fn iter_mut(&mut self) -> std::slice::IterMut<'_, V> {
        self.0.iter_mut()
    }
}

/// Of two elements with one key the last one stays.
impl<V: Keyed> FromIterator<V> for Distinct<V> {
    fn from_iter<I: IntoIterator<Item = V>>(elements: I) -> Self {
        let mut last = BTreeMap::new();
        for (index, element) in elements.into_iter().enumerate() {
            last.insert(element.key(), (index, element));
        }
        let mut kept: Vec<_> = last.into_values().collect();
        kept.sort_unstable_by_key(|(index, _)| *index);
        Self(kept.into_iter().map(|(_, element)| element).collect())
    }
}

impl<V: Keyed + Tree> Tree for Distinct<V> {
    const SHAPE: Shape = Vec::<V>::SHAPE;

    fn write<S: Sink>(&self, sink: &mut S, cx: Context) {
        self.0.write(sink, cx);
    }

    fn read<'a, N: Node<'a>>(node: N, cx: Context) -> Result<Self, Fault> {
        Vec::read(node, cx).map(Self::from_iter)
    }

    fn fit(&mut self, cx: Context) -> Result<(), Unfit> {
        self.0.fit(cx)
    }
}
