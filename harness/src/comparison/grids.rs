//! The grids of two runs: findings one by one, everything else by number.

use std::collections::HashSet;

use super::document::{FindingKey, FindingText, Run};
use super::{Change, Comparison, Direction};

/// Compares findings, and how many cases were checked. Findings on cells that are told of already
/// are left out.
pub(super) fn compare(old: &Run, new: &Run, comparison: &mut Comparison) {
    let lists = [&comparison.regressions, &comparison.improvements, &comparison.others];
    let told: HashSet<String> =
        lists.into_iter().flatten().map(|change| change.case.clone()).collect();
    let is_untold = |(key, _): &(&FindingKey, &FindingText)| !told.contains(&key.case);
    for (key, is) in new.findings.iter().filter(is_untold) {
        let was = old.findings.get(key);
        let direction = match was {
            None if comparison.arrival(&key.case).is_some() => Direction::Added,
            None => Direction::Worse,
            Some(was) if was.actual == is.actual && was.expected == is.expected => continue,
            Some(_) => Direction::Other,
        };
        comparison.push(direction, finding_change(&key.case, was, Some(is)));
    }
    let is_gone = |(key, _): &(&FindingKey, &FindingText)| !new.findings.contains_key(*key);
    for (key, was) in old.findings.iter().filter(is_untold).filter(is_gone) {
        comparison.push(Direction::Better, finding_change(&key.case, Some(was), None));
    }
    compare_tallies(old, new, comparison);
}

fn finding_change(case: &str, was: Option<&FindingText>, is: Option<&FindingText>) -> Change {
    let word = |finding: Option<&FindingText>| Some(finding.map_or("ok", |_| "finding").to_owned());
    let text = is.or(was);
    let reason = text.map(|f| format!("expected {}, but {}", f.expected, f.actual));
    Change {
        case: case.to_owned(),
        old: word(was),
        new: word(is),
        reason: reason.unwrap_or_default(),
        repro: text.and_then(|finding| finding.repro.clone()),
    }
}

/// Cases that passed and are not checked any more are no findings, but nobody should lose them
/// without a word.
fn compare_tallies(old: &Run, new: &Run, comparison: &mut Comparison) {
    let places =
        old.tallies.keys().chain(new.tallies.keys().filter(|p| !old.tallies.contains_key(*p)));
    for place in places {
        let tally = |run: &Run| run.tallies.get(place).copied().unwrap_or_default();
        let ([passed, failed, skipped], [passes, fails, skips]) = (tally(old), tally(new));
        let (was, is) = (passed + failed, passes + fails);
        let direction = match is.cmp(&was) {
            std::cmp::Ordering::Less => Direction::Removed,
            std::cmp::Ordering::Greater => Direction::Added,
            std::cmp::Ordering::Equal => continue,
        };
        let [grid, row, column] = place;
        let word =
            |checked: u64, skipped: u64| Some(format!("{checked} checked, {skipped} skipped"));
        comparison.push(
            direction,
            Change {
                case: format!("{grid}: {row}, {column}"),
                old: word(was, skipped),
                new: word(is, skips),
                reason: String::new(),
                repro: None,
            },
        );
    }
}
