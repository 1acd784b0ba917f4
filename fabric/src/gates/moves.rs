//! One gate moved by one patch: what a mistake in the table would look like.

use std::fmt;

use super::{GATES, GateRow};
use crate::release::{Gate, Release, ReleaseNumber};

/// An end of a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Edge {
    /// The first release that knows it.
    First,
    /// The last one.
    Last,
}

/// A gate of which one end stands at another release than it should. A release that carries it
/// ([`Release::with_moved`]) speaks as if the table said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GateMove {
    row: u16,
    edge: Edge,
    to: ReleaseNumber,
}

impl GateMove {
    /// Every move of every gate by one stable patch, over the patches that the lines have had.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..).zip(GATES).flat_map(|(row, gate)| {
            let firsts = moved_first(gate.first).into_iter().map(|to| (Edge::First, to));
            let lasts = moved_last(gate.last).into_iter().map(|to| (Edge::Last, to));
            firsts.chain(lasts).map(move |(edge, to)| Self { row, edge, to })
        })
    }

    /// The index of its gate in [`GATES`].
    pub const fn row(self) -> u16 {
        self.row
    }

    /// The row of its gate.
    pub const fn gate(self) -> GateRow {
        GATES[self.row as usize]
    }

    /// Whether the moved gate is open where the right one is `gate`.
    pub(crate) const fn is_open(self, gate: Gate, number: ReleaseNumber) -> bool {
        match self.edge {
            Edge::First => gate.between(self.to, gate.last()).holds(number),
            Edge::Last => gate.between(gate.first(), self.to).holds(number),
        }
    }

    /// The stable patches that the move lets know more or less than they should.
    pub fn changes(self) -> Vec<Release> {
        let right = Gate::of_row(usize::from(self.row));
        let is_changed =
            |release: &Release| right.is_open(*release) != self.is_open(right, release.number());
        Release::stable_patches().filter(is_changed).collect()
    }
}

/// `Chain.state until 1.4.3, not 1.4.2`.
impl fmt::Display for GateMove {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let GateRow { path, first, last } = self.gate();
        let (word, right) = match self.edge {
            Edge::First => ("since", first),
            Edge::Last => ("until", last),
        };
        write!(f, "{path} {word} {}, not {right}", self.to)
    }
}

/// Where a first release would be if it were one patch earlier or later.
fn moved_first(first: ReleaseNumber) -> Vec<ReleaseNumber> {
    if first == ReleaseNumber::FIRST {
        return Vec::new();
    }
    let numbers = Release::stable_patches().map(Release::number);
    let before = numbers.clone().filter(|number| *number < first).last();
    let after = numbers.filter(|number| first <= *number).nth(1);
    before.into_iter().chain(after).map(ReleaseNumber::with_pre_releases).collect()
}

/// Where a last release would be if it were one patch earlier or later.
fn moved_last(last: ReleaseNumber) -> Vec<ReleaseNumber> {
    if last == ReleaseNumber::LAST {
        return Vec::new();
    }
    let numbers = Release::stable_patches().map(Release::number);
    let before = numbers.clone().filter(|number| *number <= last).collect::<Vec<_>>();
    let before = before.iter().rev().nth(1).copied();
    let after = numbers.clone().find(|number| last < *number);
    before.into_iter().chain(after).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gates;

    fn moves(path: &str) -> Vec<(String, Vec<String>)> {
        let of_path = GateMove::all().filter(|it| it.gate().path == path);
        of_path
            .map(|it| (it.to_string(), it.changes().iter().map(Release::exact_name).collect()))
            .collect()
    }

    #[test]
    fn an_end_moves_to_the_patches_beside_it() {
        let change = |text: &str, release: &str| (text.to_owned(), vec![release.to_owned()]);
        assert_eq!(
            moves("Chain.state"),
            [
                change("Chain.state since 1.2.3, not 1.3.0", "1.2.3"),
                change("Chain.state since 1.3.1, not 1.3.0", "1.3.0"),
                change("Chain.state until 1.4.1, not 1.4.2", "1.4.2"),
                change("Chain.state until 1.4.3, not 1.4.2", "1.4.3"),
            ]
        );
        assert_eq!(
            moves("Service.METADATA_MANAGER"),
            [
                change("Service.METADATA_MANAGER until 1.4.3, not 1.4.x", "1.4.4"),
                change("Service.METADATA_MANAGER until 1.5.0, not 1.4.x", "1.5.0"),
            ]
        );
    }

    #[test]
    fn every_move_changes_one_patch_and_only_for_its_gate() {
        for moved in GateMove::all() {
            let changes = moved.changes();
            let [changed] = changes.as_slice() else { panic!("{moved} changes {changes:?}") };
            let gate = gates::gate(moved.gate().path);
            assert_ne!(gate.is_open(*changed), gate.is_open(changed.with_moved(moved)), "{moved}");
            let other = GATES.iter().find(|row| row.path != moved.gate().path).unwrap();
            let other = gates::gate(other.path);
            assert_eq!(other.is_open(*changed), other.is_open(changed.with_moved(moved)));
        }
    }
}
