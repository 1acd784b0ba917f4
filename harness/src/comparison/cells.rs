//! The matrix of two runs: cells and handshakes.

use std::cmp::Ordering;

use super::document::{Answer, CellResult, Run};
use super::{Change, Comparison, Direction};
use crate::render::repro;
use crate::version::written_order;

/// Compares the cells of the matrix, address by address. A worse class is a regression, and so is
/// the same class where it is not foreseen any more.
pub(super) fn compare(old: &Run, new: &Run, comparison: &mut Comparison) {
    let mut added = Vec::new();
    for (address, is) in &new.cells {
        match old.cells.get(address) {
            None => added.push((address, is)),
            Some(was) if was == is => {}
            Some(was) => comparison.push(direction(was, is), change(address, Some(was), Some(is))),
        }
    }
    added.sort_by_key(|(_, is)| is.is_foreseen);
    for (address, is) in added {
        // A finding between nodes that were there is one; with a new node it is the first to be seen.
        let nodes: Vec<&str> = address.split('/').skip(1).take(2).collect();
        let is_worse = !is.is_foreseen && comparison.arrival(&nodes.join("/")).is_none();
        let direction = if is_worse { Direction::Worse } else { Direction::Added };
        comparison.push(direction, change(address, None, Some(is)));
    }
    for (address, was) in old.cells.iter().filter(|(address, _)| !new.cells.contains_key(*address))
    {
        comparison.push(Direction::Removed, change(address, Some(was), None));
    }
}

fn direction(was: &CellResult, is: &CellResult) -> Direction {
    let rank = |result: &CellResult| (!result.is_foreseen, result.class);
    match rank(is).cmp(&rank(was)) {
        std::cmp::Ordering::Greater => Direction::Worse,
        std::cmp::Ordering::Less => Direction::Better,
        std::cmp::Ordering::Equal => Direction::Other,
    }
}

fn change(address: &str, was: Option<&CellResult>, is: Option<&CellResult>) -> Change {
    let word = |result: &CellResult| {
        let not = if result.is_foreseen { "" } else { ", not foreseen" };
        format!("{}{not}", result.class.word())
    };
    let reason = is.filter(|is| !is.reason.is_empty()).or(was);
    Change {
        case: address.to_owned(),
        old: was.map(word),
        new: is.map(word),
        reason: reason.map(|result| result.reason.clone()).unwrap_or_default(),
        repro: is.map(|_| format!("{} {address}", repro())),
    }
}

/// Compares what pairs agree on. No version where there was one, or a lower one, is a regression.
pub(super) fn compare_pairs(old: &Run, new: &Run, comparison: &mut Comparison) {
    for (offer, is) in &new.answers {
        let was = old.answers.get(offer);
        let direction = match was {
            None => Direction::Added,
            Some(was) if was == is => continue,
            Some(was) => match order(is, was) {
                Ordering::Less => Direction::Worse,
                Ordering::Greater => Direction::Better,
                Ordering::Equal => Direction::Other,
            },
        };
        comparison.push(direction, pair_change(offer, was, Some(is)));
    }
    let gone = old.answers.iter().filter(|(offer, _)| !new.answers.contains_key(*offer));
    for (offer, was) in gone {
        comparison.push(Direction::Removed, pair_change(offer, Some(was), None));
    }
}

/// Which of two answers is the better one: the higher version.
fn order(one: &Answer, other: &Answer) -> Ordering {
    let rank = |answer: &Answer| match answer {
        Answer::Violated(_) => 0,
        Answer::Refused(_) => 1,
        Answer::Agreed(..) => 2,
    };
    match (one, other) {
        (Answer::Agreed(one, _), Answer::Agreed(other, _)) => written_order(one, other),
        _ => rank(one).cmp(&rank(other)),
    }
}

fn pair_change(offer: &str, was: Option<&Answer>, is: Option<&Answer>) -> Change {
    let word = |answer: &Answer| match answer {
        Answer::Agreed(version, lane) => format!("{version}, seen as {lane}"),
        Answer::Refused(_) => "refused".to_owned(),
        Answer::Violated(_) => "violation".to_owned(),
    };
    let reason = match is.or(was) {
        Some(Answer::Refused(words) | Answer::Violated(words)) => words.clone(),
        _ => String::new(),
    };
    Change { case: offer.to_owned(), old: was.map(word), new: is.map(word), reason, repro: None }
}
