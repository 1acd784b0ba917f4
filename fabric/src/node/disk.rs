//! What a node keeps when its process ends.

use std::collections::{BTreeMap, BTreeSet};

/// The disk of a node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Disk {
    /// The nodes configuration: the newest run that is known of each node.
    pub generations: BTreeMap<u32, u32>,
    /// The records that it stores as a log server, by offset.
    pub stored: BTreeSet<u32>,
    /// The offsets that were acknowledged to it as a writer.
    pub acknowledged: BTreeSet<u32>,
}

impl Disk {
    /// A disk on which these nodes are known, in their first run.
    pub fn of_cluster(ids: impl IntoIterator<Item = u32>) -> Self {
        Self { generations: ids.into_iter().map(|id| (id, 1)).collect(), ..Self::default() }
    }

    /// The version of the nodes configuration. Each node counts in a digit of its own, so that no
    /// two configurations have the same one as long as nobody runs more than 63 times.
    pub fn version(&self) -> u32 {
        let digit = |(id, generation): (&u32, &u32)| {
            let place = 64_u32.saturating_pow(id.saturating_sub(1));
            generation.saturating_mul(place)
        };
        self.generations.iter().map(digit).fold(0, u32::saturating_add)
    }

    /// Takes over what is newer; whether anything was.
    pub(super) fn merge(&mut self, other: &BTreeMap<u32, u32>) -> bool {
        let mut is_changed = false;
        for (id, generation) in other {
            let known = self.generations.entry(*id).or_insert(0);
            is_changed |= generation > known;
            *known = (*known).max(*generation);
        }
        is_changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_configurations_have_two_versions_and_merge_to_a_higher_one() {
        let mut a = Disk::of_cluster([1, 2, 3]);
        let mut b = a.clone();
        a.generations.insert(1, 2);
        b.generations.insert(2, 2);
        assert_ne!(a.version(), b.version());
        assert!(a.merge(&b.generations) && !a.merge(&b.generations));
        assert!(a.version() > b.version());
        assert_eq!(a.generations[&1], 2);
    }
}
