//! The cases of a grid by their addresses: many, so their text lies in one piece.

use std::collections::HashSet;

use super::requirement::Requirement;
use super::verdict::{CaseId, Verdict};

/// What came of a case, without what its verdict carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// It passed.
    Passed,
    /// It is a finding.
    Failed,
    /// It was skipped.
    Skipped,
}

impl Came {
    /// What a verdict says.
    pub(super) const fn of(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Passed,
            Verdict::Skip(_) | Verdict::NotTried(_) => Self::Skipped,
            Verdict::Fail(_) => Self::Failed,
        }
    }
}

/// A case that was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case<'a> {
    /// Its address.
    pub address: &'a str,
    /// The requirement that it is of.
    pub requirement: Option<&'static Requirement>,
    /// What came of it.
    pub came: Came,
    /// The indices of its row and column.
    pub place: (usize, usize),
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    end: usize,
    requirement: Option<&'static Requirement>,
    came: Came,
    place: (usize, usize),
}

/// Cases in the order of recording.
#[derive(Debug, Clone, Default)]
pub(super) struct Cases {
    text: String,
    entries: Vec<Entry>,
}

impl Cases {
    /// Adds one.
    pub fn push(&mut self, case: &CaseId, came: Came, place: (usize, usize)) {
        let (address, requirement) = (case.as_str(), case.requirement());
        self.add(Case { address, requirement, came, place });
    }

    /// Adds one that was recorded elsewhere.
    pub fn add(&mut self, case: Case<'_>) {
        let Case { address, requirement, came, place } = case;
        self.text.push_str(address);
        self.entries.push(Entry { end: self.text.len(), requirement, came, place });
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Case<'_>> {
        let mut start = 0;
        self.entries.iter().map(move |entry| {
            let address = self.text.get(start..entry.end).unwrap_or_default();
            start = entry.end;
            let Entry { requirement, came, place, .. } = *entry;
            Case { address, requirement, came, place }
        })
    }

    /// Takes failed cases with these addresses for skipped ones.
    pub fn skip(&mut self, addresses: &HashSet<String>) {
        let (text, mut start) = (&self.text, 0);
        for entry in &mut self.entries {
            let address = text.get(start..entry.end).unwrap_or_default();
            start = entry.end;
            if entry.came == Came::Failed && addresses.contains(address) {
                entry.came = Came::Skipped;
            }
        }
    }

    /// Moves all of them to other places.
    pub fn move_to(&mut self, mut place: impl FnMut((usize, usize)) -> (usize, usize)) {
        self.entries.iter_mut().for_each(|entry| entry.place = place(entry.place));
    }
}
