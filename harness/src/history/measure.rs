//! What is compared over time: each number of a run by its name.

use super::Entry;

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// The more the better.
    More,
    /// The less the better.
    Less,
}

/// A number of a run.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    /// What it is called, in entries too.
    pub name: &'static str,
    /// What it is counted in.
    pub unit: &'static str,
    /// Which way is better.
    pub better: Better,
    /// Its value; none if the run has not measured it.
    pub of: fn(&Entry) -> Option<f64>,
}

/// How many instructions encoding or decoding takes.
pub const INSTRUCTIONS: &str = "instructions";
/// How much of what is compared takes more instructions than the library.
pub const SLOWER: &str = "slower";

/// A pair is safe by a verdict that begins with this.
const SAFE: &str = "safe";

#[allow(clippy::cast_precision_loss)] // Counts of cases and of instructions are far below 2^52.
pub(super) fn count(number: u64) -> f64 {
    number as f64
}

fn of_requirements(entry: &Entry, word: &str) -> Option<f64> {
    let found = entry.requirements.values().filter(|state| *state == word).count();
    (!entry.requirements.is_empty()).then(|| count(found as u64))
}

const fn given(
    name: &'static str,
    unit: &'static str,
    better: Better,
    of: fn(&Entry) -> Option<f64>,
) -> Measure {
    Measure { name, unit, better, of }
}

/// Every number that is followed, the most important first.
pub const MEASURES: [Measure; 12] = [
    given("findings", "causes", Better::Less, |entry| Some(count(entry.findings))),
    given("safe pairs", "adjacent pairs", Better::More, |entry| {
        let safe = entry.pairs.values().filter(|word| word.starts_with(SAFE)).count();
        (!entry.pairs.is_empty()).then(|| count(safe as u64))
    }),
    given("held", "requirements", Better::More, |entry| of_requirements(entry, "passed")),
    given("untested", "requirements", Better::Less, |entry| of_requirements(entry, "untested")),
    given("passed", "cases", Better::More, |entry| Some(count(entry.cases[0]))),
    given("skipped", "cases", Better::Less, |entry| Some(count(entry.cases[2]))),
    given("detection", "seconds, median of planted bugs", Better::Less, |entry| {
        entry.measures.get("detection").copied()
    }),
    given("fuzzing", "hours", Better::More, |entry| entry.measures.get("fuzzing").copied()),
    given("coverage", "% of lines", Better::More, |entry| entry.measures.get("coverage").copied()),
    given("mutants", "% seen", Better::More, |entry| entry.measures.get("mutants").copied()),
    given(INSTRUCTIONS, "of a call, geometric mean", Better::Less, |entry| {
        entry.measures.get(INSTRUCTIONS).copied()
    }),
    given(SLOWER, "% of calls, than the library", Better::Less, |entry| {
        entry.measures.get(SLOWER).copied()
    }),
];
