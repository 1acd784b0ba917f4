//! The cases of a grid by their addresses: up to a million, each like the one before it, so that only
//! what differs is kept.

use std::collections::{HashMap, HashSet};

use super::requirement::Requirement;
use super::verdict::{CaseId, Verdict};

/// What came of a case, without what its verdict carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

/// What cases have in common that are of one requirement and came out alike in one cell.
type Kind = (Option<&'static Requirement>, Came, (usize, usize));
/// The same, with the requirement by its name.
type Key = (Option<(&'static str, &'static str)>, Came, (usize, usize));

fn key((requirement, came, place): &Kind) -> Key {
    (requirement.map(|it| (it.part, it.name)), *came, *place)
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Bytes that the address begins with as the one before it does.
    shared: u16,
    /// Where the rest of it ends.
    end: usize,
    kind: u32,
}

/// Cases in the order of recording.
#[derive(Debug, Clone, Default)]
pub(super) struct Cases {
    text: String,
    entries: Vec<Entry>,
    last: String,
    kinds: Vec<Kind>,
    numbers: HashMap<Key, u32>,
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
        let kind = self.number((requirement, came, place));
        let same = self.last.bytes().zip(address.bytes()).take_while(|(a, b)| a == b);
        let shared = address.floor_char_boundary(same.take(u16::MAX.into()).count());
        let rest = address.get(shared..).unwrap_or_default();
        self.text.push_str(rest);
        self.last.truncate(shared);
        self.last.push_str(rest);
        let shared = u16::try_from(shared).unwrap_or_default();
        self.entries.push(Entry { shared, end: self.text.len(), kind });
    }

    fn number(&mut self, kind: Kind) -> u32 {
        // Most are of the kind of the one before.
        if let Some(entry) = self.entries.last()
            && self.kinds.get(entry.kind as usize).is_some_and(|last| key(last) == key(&kind))
        {
            return entry.kind;
        }
        *self.numbers.entry(key(&kind)).or_insert_with(|| {
            self.kinds.push(kind);
            (self.kinds.len() - 1) as u32
        })
    }

    /// Looks at all of them.
    pub fn each(&self, mut look: impl FnMut(Case<'_>)) {
        let (mut address, mut start) = (String::new(), 0);
        for entry in &self.entries {
            address.truncate(entry.shared.into());
            address.push_str(self.text.get(start..entry.end).unwrap_or_default());
            start = entry.end;
            if let Some(&(requirement, came, place)) = self.kinds.get(entry.kind as usize) {
                look(Case { address: &address, requirement, came, place });
            }
        }
    }

    /// Takes failed cases with these addresses for skipped ones.
    pub fn skip(&mut self, addresses: &HashSet<String>) {
        let mut skipped = Self::default();
        self.each(|case| {
            let is_it = case.came == Came::Failed && addresses.contains(case.address);
            let came = if is_it { Came::Skipped } else { case.came };
            skipped.add(Case { came, ..case });
        });
        *self = skipped;
    }

    /// Moves all of them to other places.
    pub fn move_to(&mut self, mut place: impl FnMut((usize, usize)) -> (usize, usize)) {
        self.kinds.iter_mut().for_each(|(.., at)| *at = place(*at));
        self.numbers = self.kinds.iter().map(key).zip(0..).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_back_whatever_they_have_in_common() {
        let long = "ä".repeat(40_000);
        let addresses = ["", "a/bä", "a/bö/c", "a/bö/c", "a", long.as_str(), &long[2..], "a/b"];
        let mut cases = Cases::default();
        for (index, address) in addresses.iter().enumerate() {
            let case = CaseId::from_segments([address]);
            cases.push(&case, Came::Passed, (index / 4, index % 2));
        }
        cases.move_to(|(row, column)| (row + 1, column));
        let mut seen = Vec::new();
        cases.each(|case| seen.push((case.address.to_owned(), case.place)));
        let due = addresses.iter().enumerate();
        let due: Vec<_> = due.map(|(at, it)| ((*it).to_owned(), (at / 4 + 1, at % 2))).collect();
        assert_eq!(seen, due);
    }
}
