//! What a node keeps when its process ends.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use crate::messages::records::Record;

/// The disk of a node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Disk {
    /// The nodes configuration: the newest run that is known of each node.
    pub generations: BTreeMap<u32, u32>,
    /// The records that it stores as a log server, by offset.
    pub stored: BTreeMap<u32, Record>,
    /// The offsets that were acknowledged to it as a writer.
    pub acknowledged: BTreeSet<u32>,
    end: u32,
}

impl Disk {
    /// A disk on which these nodes are known, in their first run.
    pub fn of_cluster(ids: impl IntoIterator<Item = u32>) -> Self {
        Self { generations: ids.into_iter().map(|id| (id, 1)).collect(), ..Self::default() }
    }

    /// The last offset up to which it has every record.
    pub fn end(&self) -> u32 {
        self.end
    }

    /// The records behind an offset that it has without a gap, in their order.
    pub fn records_after(&self, offset: u32) -> impl Iterator<Item = (u32, &Record)> {
        let end = self.end.max(offset);
        let records = self.stored.range((Bound::Excluded(offset), Bound::Included(end)));
        records.map(|(offset, record)| (*offset, record))
    }

    /// Takes a record in.
    pub(super) fn store(&mut self, offset: u32, record: Record) {
        self.stored.insert(offset, record);
        while self.end.checked_add(1).is_some_and(|next| self.stored.contains_key(&next)) {
            self.end += 1;
        }
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

    #[test]
    fn records_are_read_up_to_the_first_gap() {
        let mut disk = Disk::default();
        let read =
            |disk: &Disk, after| disk.records_after(after).map(|it| it.0).collect::<Vec<_>>();
        for (offset, end) in [(1, 1), (3, 1), (4, 1), (2, 4)] {
            disk.store(offset, Record::default());
            assert_eq!(disk.end(), end);
        }
        assert_eq!(read(&disk, 1), [2, 3, 4]);
        assert!(read(&disk, 9).is_empty());
    }
}
