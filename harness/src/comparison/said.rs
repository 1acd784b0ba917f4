//! What two runs come to, for people: verdicts on pairs of releases, and how requirements stand.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::document::{Run, Said};
use super::{Change, Comparison, Direction};

/// Compares the verdicts on pairs. A worse kind is a regression, and so is the same kind for more
/// reasons.
pub(super) fn compare_verdicts(old: &Run, new: &Run, comparison: &mut Comparison) {
    compare(&old.verdicts, &new.verdicts, comparison, &|_| false);
}

/// Compares how requirements stand. Where findings of one are in either run, they are told already.
pub(super) fn compare_requirements(old: &Run, new: &Run, comparison: &mut Comparison) {
    let found = [old, new].map(Run::requirements_found);
    let is_told = |id: &str| found.iter().any(|found| found.contains(id));
    compare(&old.requirements, &new.requirements, comparison, &is_told);
}

fn compare(
    old: &BTreeMap<String, Said>,
    new: &BTreeMap<String, Said>,
    comparison: &mut Comparison,
    is_told: &dyn Fn(&str) -> bool,
) {
    for (name, is) in new.iter().filter(|(name, _)| !is_told(name)) {
        let was = old.get(name);
        let direction = match was {
            None => Direction::Added,
            Some(was) if was.rank == is.rank && was.words == is.words => continue,
            Some(was) => match is.rank.cmp(&was.rank) {
                Ordering::Greater => Direction::Worse,
                Ordering::Less => Direction::Better,
                Ordering::Equal => Direction::Other,
            },
        };
        comparison.push(direction, change(name, was, Some(is)));
    }
    for (name, was) in old.iter().filter(|(name, _)| !new.contains_key(*name) && !is_told(name)) {
        comparison.push(Direction::Removed, change(name, Some(was), None));
    }
}

fn change(name: &str, was: Option<&Said>, is: Option<&Said>) -> Change {
    Change {
        case: name.to_owned(),
        old: was.map(|said| said.words.clone()),
        new: is.map(|said| said.words.clone()),
        reason: is.or(was).map(|said| said.reason.clone()).unwrap_or_default(),
        repro: is.and_then(|said| said.repro.clone()),
    }
}
