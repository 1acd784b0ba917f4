//! Two runs compared by their JSON documents: what got worse, what got better, what is new and what
//! is gone.
//!
//! A run is what its document says; nothing is run again. Cases that pass have no address in a
//! document, so of the grids the findings are compared one by one, and the rest by number.

mod cells;
mod document;
mod grids;
#[cfg(test)]
mod tests;

pub use self::document::{DocumentError, Run};

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
        let mut comparison = Self::default();
        cells::compare(old, new, &mut comparison);
        cells::compare_pairs(old, new, &mut comparison);
        grids::compare(old, new, &mut comparison);
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
