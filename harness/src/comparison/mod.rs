//! Two runs compared by their JSON documents: what got worse, what got better, what is new and what
//! is gone.
//!
//! A run is what its document says; nothing is run again. Cases that pass have no address in a
//! document, so of the grids the findings are compared one by one, and the rest by number.

mod cells;
mod document;
mod grids;
mod said;
mod sums;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

pub use self::document::{DocumentError, Run, document};
use crate::causes::{About, Cause, group};
use crate::verdict::{CaseId, Finding};

/// A case that came out otherwise.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// The address of the case, or what else names it.
    pub case: String,
    /// What came of it in the old run; none if it was not there.
    pub old: Option<String>,
    /// What came of it in the new run; none if it is not there.
    pub new: Option<String>,
    /// Why, in words; may be empty.
    pub reason: String,
    /// A command line that repeats the case.
    pub repro: Option<String>,
}

/// What changed between two runs. All lists are in the order of the documents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// What got worse.
    pub regressions: Vec<Change>,
    /// What got better.
    pub improvements: Vec<Change>,
    /// What is neither, but not the same.
    pub others: Vec<Change>,
    /// What was not there before.
    pub added: Vec<Change>,
    /// What is not there any more.
    pub removed: Vec<Change>,
    /// Rows, columns and nodes that the old run had not: what is about them was not there before,
    /// and is no regression.
    pub arrived: BTreeSet<String>,
}

/// Where a change belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Worse,
    Better,
    Other,
    Added,
    Removed,
}

impl Comparison {
    /// Compares two runs.
    pub fn of(old: &Run, new: &Run) -> Self {
        let arrived = new.names().difference(&old.names()).cloned().collect();
        let mut comparison = Self { arrived, ..Self::default() };
        said::compare_verdicts(old, new, &mut comparison);
        cells::compare(old, new, &mut comparison);
        cells::compare_pairs(old, new, &mut comparison);
        grids::compare(old, new, &mut comparison);
        said::compare_requirements(old, new, &mut comparison);
        comparison
    }

    /// Whether nothing got worse.
    pub fn is_ok(&self) -> bool {
        self.regressions.is_empty()
    }

    /// Each list with its name, regressions first.
    pub fn lists(&self) -> [(&'static str, &[Change]); 5] {
        [
            ("regressions", &self.regressions),
            ("improvements", &self.improvements),
            ("changed", &self.others),
            ("added", &self.added),
            ("removed", &self.removed),
        ]
    }

    /// Changes put together by their causes; members are positions in the list. What came with a
    /// name that the old run had not has that for its cause.
    pub fn causes(&self, list: &[Change], about: fn(&Finding) -> About) -> Vec<Cause> {
        let of = |change: &Change| match self.arrival(&change.case) {
            Some(name) => About {
                handles: vec![format!("arrived {name}")],
                names_it: true,
                sentence: format!("{name} was not there before."),
                ..About::default()
            },
            None => about(&change.as_finding()),
        };
        group(&list.iter().map(of).collect::<Vec<_>>())
    }

    /// The name that was not there before in an address.
    fn arrival(&self, address: &str) -> Option<&String> {
        let mut parts = address.split(['/', ' ', ',', ':']).filter(|part| !part.is_empty());
        parts.find_map(|part| {
            let is_it = |name: &&String| {
                part.strip_suffix(name.as_str())
                    .is_some_and(|it| it.is_empty() || it.ends_with('-'))
            };
            self.arrived.iter().find(is_it)
        })
    }

    fn push(&mut self, direction: Direction, change: Change) {
        match direction {
            Direction::Worse => self.regressions.push(change),
            Direction::Better => self.improvements.push(change),
            Direction::Other => self.others.push(change),
            Direction::Added => self.added.push(change),
            Direction::Removed => self.removed.push(change),
        }
    }
}

impl Change {
    /// The change as those see it who know what findings are about.
    fn as_finding(&self) -> Finding {
        let state = |state: &Option<String>| state.clone().unwrap_or_else(|| "nothing".to_owned());
        Finding {
            case: CaseId::from_segments([&self.case]),
            requirement: format!("{} becomes {}", state(&self.old), state(&self.new)),
            expected: String::new(),
            actual: self.reason.clone(),
            place: None,
            repro: self.repro.clone(),
        }
    }
}
