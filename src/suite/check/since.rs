//! Since when and until when: what a release knows begins and ends at the patches that the table of gates names,
//! and a table that is one patch off changes what that patch knows, and nothing else (07 §1).

use std::fmt::Debug;

use super::{Checks, GRID};
use crate::fabric::gates::{self, GATES, GateMove, GateRow};
use crate::fabric::release::{Gate, Release, ReleaseNumber};
use crate::suite::compare::{self, Difference};
use crate::suite::requirements;

const CHECK: &str = "since when, down to the patch";

/// Moves of two gates in words, with the patch that each changes (07 §1.1; 01 §7).
const MOVES: [(&str, &str); 6] = [
    ("Chain.state since 1.2.3, not 1.3.0", "1.2.3"),
    ("Chain.state since 1.3.1, not 1.3.0", "1.3.0"),
    ("Chain.state until 1.4.1, not 1.4.2", "1.4.2"),
    ("Chain.state until 1.4.3, not 1.4.2", "1.4.3"),
    ("Service.METADATA_MANAGER until 1.4.3, not 1.4.x", "1.4.4"),
    ("Service.METADATA_MANAGER until 1.5.0, not 1.4.x", "1.5.0"),
];

/// Checks every patch.
pub(super) fn run(checks: &mut Checks<'_>) {
    let moves: Vec<(GateMove, Vec<Release>)> =
        GateMove::all().map(|moved| (moved, moved.changes())).collect();
    for release in Release::stable_patches() {
        let case = requirements::SINCE.case(["open", &release.exact_name()]);
        let result = is_open(checks.subject.release(release));
        checks.record_in(GRID, CHECK, release, case, result);
        let of_patch = moves.iter().filter(|(_, changes)| changes.first() == Some(&release));
        let result = of_patch.map(|(moved, changes)| (*moved, changes.len())).try_for_each(
            |(moved, changes)| {
                same("patches that a move changes", 1, changes)?;
                is_moved(moved, release)
            },
        );
        let case = requirements::SINCE.case(["moved", &release.exact_name()]);
        checks.record_in(GRID, CHECK, release, case, result);
    }
    if let Some(release) = Release::lines().last() {
        let case = requirements::SINCE.case(["words"]);
        checks.record_in(GRID, CHECK, release, case, are_named(&moves));
    }
}

fn same<T: PartialEq + Debug>(what: &str, expected: T, actual: T) -> Result<(), Difference> {
    compare::same(requirements::SINCE.sentence, what, &expected, &actual)
}

/// Each gate is open between its two ends, and closed beyond.
fn is_open(release: Release) -> Result<(), Difference> {
    let number = release.number();
    same("what has no row", true, Gate::ALWAYS.is_open(release) && Gate::ALWAYS.is_always())?;
    GATES.iter().try_for_each(|row| {
        let gate = gates::whole(row.path);
        same(row.path, (row.first, row.last), (gate.first(), gate.last()))?;
        same(row.path, (row.first..=row.last).contains(&number), gate.is_open(release))
    })
}

/// The release has the other opinion of the gate that is moved, and the same of all others.
fn is_moved(moved: GateMove, release: Release) -> Result<(), Difference> {
    let (own, wrong) = (moved.gate(), release.with_moved(moved));
    GATES.iter().try_for_each(|row| {
        let gate = gates::whole(row.path);
        let expected = gate.is_open(release) ^ (row.path == own.path);
        same(&format!("{} with {moved}", row.path), expected, gate.is_open(wrong))
    })
}

/// Moves are named, and each end that there is has one to both sides.
fn are_named(moves: &[(GateMove, Vec<Release>)]) -> Result<(), Difference> {
    let path = |words: &str| words.split(' ').next().map(str::to_owned);
    let is_of = |words: &str| MOVES.iter().any(|(known, _)| path(known) == path(words));
    let seen: Vec<(String, String)> = moves
        .iter()
        .map(|(moved, changes)| (moved.to_string(), changes.first().map(Release::exact_name)))
        .filter(|(words, _)| is_of(words))
        .map(|(words, changed)| (words, changed.unwrap_or_default()))
        .collect();
    same("moves", MOVES.map(|(words, patch)| (words.to_owned(), patch.to_owned())).to_vec(), seen)?;
    let patches: Vec<Release> = Release::stable_patches().collect();
    let count = |is_it: &dyn Fn(&Release) -> bool| patches.iter().filter(|it| is_it(it)).count();
    // An end moves to the patch before it and to the one behind it, where there is one.
    let of_row = |row: &GateRow| {
        let first = match row.first {
            ReleaseNumber::FIRST => 0,
            first => {
                let before = count(&|it| it.number() < first);
                let from = count(&|it| first <= it.number());
                usize::from(before > 0) + usize::from(from > 1)
            }
        };
        let last = match row.last {
            ReleaseNumber::LAST => 0,
            last => {
                let until = count(&|it| it.number() <= last);
                let behind = count(&|it| last < it.number());
                usize::from(until > 1) + usize::from(behind > 0)
            }
        };
        first + last
    };
    same("how many moves there are", GATES.iter().map(of_row).sum(), moves.len())
}

#[cfg(test)]
mod tests {
    use super::super::objections;
    use super::*;
    use crate::suite::planted::Moved;
    use crate::suite::subject::Fabric;

    #[test]
    fn a_gate_that_is_a_patch_off_is_seen_at_that_patch() {
        assert_eq!(objections(run, &Fabric), [""; 0]);
        for (words, patch) in MOVES {
            let moved = GateMove::all().find(|it| it.to_string() == words).unwrap();
            assert_eq!(objections(run, &Moved(moved)), [format!("check/since/open/{patch}")]);
        }
    }
}
