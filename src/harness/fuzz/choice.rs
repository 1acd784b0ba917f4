//! Which inputs of many are kept: those that together go through the most features.
//!
//! One after the other that input is taken which has the most features that none of those before it
//! has. Of inputs that are alike in this the ones with a name go first, then those of a length of
//! which there are few: short ones alone would not lead on to what is deep inside.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use super::corpus::{Entry, Origin};
use super::run::Surveyed;

/// Files of one target after it was thinned out, with those of notes: there are fewer.
pub const FILES_MAX: usize = 300;
/// The sum of its inputs, in bytes: it is less.
pub const SIZE_MAX: usize = 512 << 10;

/// Regression inputs first, then those with a name.
pub fn rank(origin: &Origin) -> u8 {
    match origin {
        Origin::Regress(_) => 0,
        Origin::Seed(_) => 1,
        Origin::Found => 2,
    }
}

/// Whether an input stays in any case: it showed a bug, or shows one now.
pub fn is_needed(entry: &Entry, surveyed: &Surveyed) -> bool {
    entry.origin.is_regress() || surveyed.found.is_some()
}

/// Chooses among inputs; gives the indexes of those to keep.
pub fn choose(entries: &[Entry], surveyed: &[Surveyed]) -> BTreeSet<usize> {
    let mut choice = Choice::new(entries, surveyed);
    for (index, (entry, surveyed)) in entries.iter().zip(surveyed).enumerate() {
        if is_needed(entry, surveyed) {
            choice.take(index);
        }
    }
    while let Some(index) = choice.best() {
        choice.take(index);
    }
    choice.taken
}

/// What is chosen so far.
struct Choice<'a> {
    entries: &'a [Entry],
    surveyed: &'a [Surveyed],
    taken: BTreeSet<usize>,
    /// For each feature that is not had yet, the inputs that have it.
    having: HashMap<u16, Vec<usize>>,
    /// For each input, how many of these it has.
    gains: Vec<usize>,
    /// For each number of bits of a length, the inputs that were taken.
    lengths: HashMap<u32, usize>,
    files: usize,
    size: usize,
}

impl<'a> Choice<'a> {
    fn new(entries: &'a [Entry], surveyed: &'a [Surveyed]) -> Self {
        let mut having: HashMap<u16, Vec<usize>> = HashMap::new();
        for (index, surveyed) in surveyed.iter().enumerate() {
            for feature in &surveyed.features {
                having.entry(*feature).or_default().push(index);
            }
        }
        Self {
            entries,
            surveyed,
            taken: BTreeSet::new(),
            having,
            gains: surveyed.iter().map(|it| it.features.len()).collect(),
            lengths: HashMap::new(),
            files: 0,
            size: 0,
        }
    }

    /// The next one to take, if there is one with something new and there is room for it.
    fn best(&self) -> Option<usize> {
        let fits = |entry: &Entry| {
            self.files + files(entry) < FILES_MAX && self.size + entry.bytes.len() < SIZE_MAX
        };
        let candidates = self.entries.iter().zip(&self.gains).enumerate();
        let candidates = candidates.filter(|(_, (entry, gain))| **gain > 0 && fits(entry));
        let best = candidates.min_by_key(|(_, (entry, gain))| {
            let len = entry.bytes.len();
            let alike = self.lengths.get(&bits(len)).copied().unwrap_or_default();
            (Reverse(**gain), rank(&entry.origin), alike, len, entry.file.as_str())
        });
        best.map(|(index, _)| index)
    }

    fn take(&mut self, index: usize) {
        let (Some(entry), Some(surveyed)) = (self.entries.get(index), self.surveyed.get(index))
        else {
            return;
        };
        for feature in &surveyed.features {
            for other in self.having.remove(feature).unwrap_or_default() {
                if let Some(gain) = self.gains.get_mut(other) {
                    *gain -= 1;
                }
            }
        }
        *self.lengths.entry(bits(entry.bytes.len())).or_default() += 1;
        self.files += files(entry);
        self.size += entry.bytes.len();
        self.taken.insert(index);
    }
}

/// The files of an input: one that showed a bug has a note.
fn files(entry: &Entry) -> usize {
    if entry.origin.is_regress() { 2 } else { 1 }
}

fn bits(len: usize) -> u32 {
    usize::BITS - len.leading_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(len: usize, name: usize) -> Entry {
        Entry { file: format!("found-{name:08x}"), origin: Origin::Found, bytes: vec![0; len] }
    }

    fn of(features: &[u16]) -> Surveyed {
        Surveyed { features: features.to_vec(), found: None }
    }

    #[test]
    fn what_has_the_most_new_features_is_taken_and_what_has_none_is_not() {
        let entries: Vec<Entry> = (0..4).map(|index| found(1, index)).collect();
        let surveyed = [of(&[1, 2]), of(&[2, 3]), of(&[1, 2, 3, 4]), of(&[5])];
        assert_eq!(choose(&entries, &surveyed), [2, 3].into());
    }

    #[test]
    fn what_is_alike_is_spread_over_all_lengths() {
        let entries: Vec<Entry> = (0..2000).map(|index| found(index, index)).collect();
        let surveyed: Vec<Surveyed> = (0..2000).map(|index| of(&[index])).collect();
        let chosen = choose(&entries, &surveyed);
        assert_eq!(chosen.len(), FILES_MAX - 1);
        assert!(chosen.iter().filter(|index| **index >= 1000).count() > 20, "{chosen:?}");
        let seed = |entry: Entry| Entry { origin: Origin::Seed(String::new()), ..entry };
        let named: Vec<Entry> = entries.into_iter().map(seed).rev().collect();
        assert!(choose(&named, &surveyed).contains(&1999), "the shortest");
    }

    #[test]
    fn there_are_never_too_many_and_notes_count() {
        let regress = |index: usize| Entry {
            origin: Origin::Regress("x".to_owned()),
            ..found(index % 3000, index)
        };
        let mut entries: Vec<Entry> = (0..20).map(regress).collect();
        entries.extend((20..2000).map(|index| found(4000, index)));
        let surveyed: Vec<Surveyed> = (0..2000).map(|index| of(&[index])).collect();
        let chosen = choose(&entries, &surveyed);
        assert!((0..20).all(|index| chosen.contains(&index)));
        let size: usize = chosen.iter().map(|index| entries[*index].bytes.len()).sum();
        assert!(chosen.len() + 20 < FILES_MAX && size < SIZE_MAX && size > SIZE_MAX - 4001);
    }
}
