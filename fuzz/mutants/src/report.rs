//! What is said of a run.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::sites::Site;
use crate::trial::{Outcome, Verb};

/// Mutants that change nothing that anybody could see, each with its reason.
pub struct Equivalents(HashMap<String, String>);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Equivalent {
    mutant: String,
    reason: String,
}

impl Equivalents {
    /// The list that is kept.
    pub fn read(path: &Path) -> Result<Self, String> {
        let wrong = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let text = fs::read_to_string(path).map_err(|error| wrong(&error))?;
        let all: Vec<Equivalent> = serde_json::from_str(&text).map_err(|error| wrong(&error))?;
        Ok(Self(all.into_iter().map(|it| (it.mutant, it.reason)).collect()))
    }
}

/// The names of those that `check` did not see in an earlier run.
pub fn unseen(path: &Path) -> Result<HashSet<String>, String> {
    #[derive(Deserialize)]
    struct Earlier {
        mutants: Vec<One>,
    }
    #[derive(Deserialize)]
    struct One {
        name: String,
        equivalent: Option<String>,
        seen: Option<By>,
    }
    #[derive(Deserialize)]
    struct By {
        verb: Verb,
    }
    let wrong = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = fs::read_to_string(path).map_err(|error| wrong(&error))?;
    let earlier: Earlier = serde_json::from_str(&text).map_err(|error| wrong(&error))?;
    let unseen = earlier.mutants.into_iter();
    let is_unseen = |it: &One| it.seen.as_ref().is_none_or(|by| by.verb == Verb::Fuzz);
    let unseen = unseen.filter(|it| is_unseen(it) && it.equivalent.is_none());
    Ok(unseen.map(|it| it.name).collect())
}

/// The names of mutants; of those that would be alike each has a number.
pub fn names(sites: &[Site]) -> Vec<String> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let named = sites.iter().map(|site| {
        let name = site.name();
        let count = counts.entry(name.clone()).or_default();
        *count += 1;
        if *count == 1 { name } else { format!("{name} ({count})") }
    });
    named.collect()
}

/// A run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// How many mutants there are, of which those that were tried are a sample.
    population: usize,
    mutants: Vec<Tried>,
    /// How many more are in what the compiler evaluates, so that nothing comes by them in a run.
    when_compiled: usize,
    /// Entries of the list of equivalent ones that were seen nevertheless.
    stale: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Tried {
    name: String,
    file: String,
    line: usize,
    /// Why nobody could see it.
    equivalent: Option<String>,
    #[serde(flatten)]
    outcome: Outcome,
}

impl Tried {
    /// Where it is, for the list of survivors.
    fn line(&self) -> String {
        let aside =
            if self.outcome.is_reached { "" } else { " (nothing that is asked comes by it)" };
        format!("{}:{} {}{aside}", self.file, self.line, self.name)
    }
}

#[derive(Default)]
struct Row {
    tried: usize,
    seen: BTreeMap<Verb, usize>,
    equivalent: usize,
    survive: usize,
}

impl Report {
    /// Of all that was tried.
    pub fn of(
        sites: &[Site],
        names: &[String],
        population: usize,
        done: Vec<(usize, Outcome)>,
        Equivalents(equivalents): &Equivalents,
    ) -> Self {
        let mut stale = Vec::new();
        let is_compiled = |(number, outcome): &(usize, Outcome)| {
            !outcome.is_reached && sites.get(*number).is_some_and(|it| it.is_const)
        };
        let (compiled, done): (Vec<_>, Vec<_>) = done.into_iter().partition(is_compiled);
        let mutants = done.into_iter().filter_map(|(number, outcome)| {
            let (site, name) = (sites.get(number)?, names.get(number)?.clone());
            let equivalent = equivalents.get(&name).cloned();
            if equivalent.is_some() && outcome.seen.is_some() {
                stale.push(name.clone());
            }
            let equivalent = equivalent.filter(|_| outcome.seen.is_none());
            Some(Tried { name, file: site.file.clone(), line: site.line, equivalent, outcome })
        });
        let mutants = mutants.collect();
        Self { population, mutants, when_compiled: compiled.len(), stale }
    }

    fn survivors(&self) -> impl Iterator<Item = &Tried> {
        self.mutants.iter().filter(|it| it.outcome.seen.is_none() && it.equivalent.is_none())
    }

    /// Whether none survives, and the list of equivalent ones is true.
    pub fn is_good(&self) -> bool {
        self.survivors().next().is_none() && self.stale.is_empty()
    }

    /// As JSON.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// As Markdown: a table by folder, by what sees them, and the survivors.
    pub fn markdown(&self) -> String {
        let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
        let mut by: BTreeMap<&str, usize> = BTreeMap::new();
        for it in &self.mutants {
            let folder = it.file.split('/').next().unwrap_or_default();
            for name in [folder, "all"] {
                let row = rows.entry(name).or_default();
                row.tried += 1;
                row.equivalent += usize::from(it.equivalent.is_some());
                match &it.outcome.seen {
                    Some(seen) => *row.seen.entry(seen.verb).or_default() += 1,
                    None => row.survive += usize::from(it.equivalent.is_none()),
                }
            }
            if let Some(seen) = &it.outcome.seen {
                *by.entry(&seen.by).or_default() += 1;
            }
        }
        let mut text = format!(
            "{} of {} mutants, each with what sees it first\n\n",
            self.mutants.len(),
            self.population
        );
        if self.when_compiled > 0 {
            let _ = writeln!(text, "{} more are evaluated by the compiler\n", self.when_compiled);
        }
        let verbs = Verb::ALL.map(Verb::name).join(" | ");
        let _ = writeln!(text, "| folder | tried | {verbs} | equivalent | survive | seen |");
        let _ = writeln!(text, "|---|---|---|---|---|---|---|---|");
        for (name, row) in &rows {
            let seen = Verb::ALL.map(|verb| row.seen.get(&verb).copied().unwrap_or(0));
            let counts = seen.map(|it| it.to_string()).join(" | ");
            let of = row.tried - row.equivalent;
            let share =
                if of == 0 { 100.0 } else { 100.0 * seen.iter().sum::<usize>() as f64 / of as f64 };
            let _ = writeln!(
                text,
                "| {name} | {} | {counts} | {} | {} | {share:.1} % |",
                row.tried, row.equivalent, row.survive
            );
        }
        let mut by: Vec<_> = by.into_iter().collect();
        by.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
        text.push_str("\n| seen first by | mutants |\n|---|---|\n");
        by.iter().for_each(|(name, count)| {
            let _ = writeln!(text, "| {name} | {count} |");
        });
        let mut times: Vec<u64> = self.mutants.iter().map(|it| it.outcome.took_ms).collect();
        times.sort_unstable();
        let at =
            |share: usize| times.get(times.len() * share / 100).map_or(0.0, |ms| *ms as f64 / 1e3);
        let _ = writeln!(
            text,
            "\nHalf of them within {:.1} s, nine of ten within {:.1} s.",
            at(50),
            at(90)
        );
        for (title, lines) in [
            ("Survivors", self.survivors().map(Tried::line).collect()),
            ("On the list of equivalent ones, and seen", self.stale.clone()),
        ] {
            let lines: Vec<String> = lines;
            if !lines.is_empty() {
                let _ = writeln!(text, "\n{title}:\n");
                lines.iter().for_each(|it| {
                    let _ = writeln!(text, "* {it}");
                });
            }
        }
        text
    }
}
