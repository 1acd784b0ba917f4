//! The history of runs: one line of JSON for each, in the order in which they were added, so that
//! the next run can be seen beside the ones before.
//!
//! A line keeps of a run what is compared over months; the whole document stays where it is, and
//! is known again by its digest.
//!
//! ```text
//! { "schema": "skewproof.history/1",
//!   "digest": string,                    SHA-256 of the run's JSON document
//!   "date": string,                      the day of the run, as "2026-11-29"
//!   "release": string,                   which build of ours ran
//!   "title": string, "ok": bool,
//!   "passed": number, "failed": number, "skipped": number,   cases
//!   "findings": number,                  causes, or cases that failed where causes are not told
//!   "pairs": { "1.4 to 1.5": string },   the verdict on each pair, in a word
//!   "requirements": { id: string },      "passed", "failed", "untested" or "excluded"
//!   "measures": { name: number } }       what else was measured; see [`MEASURES`]
//! ```

mod measure;
mod run;
mod speed;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};
use thiserror::Error;

pub use self::measure::{Better, MEASURES, Measure};
pub use self::run::{Added, entry};
pub use self::speed::speed;
use super::golden::{Digest, NotADigest};

/// Names the layout of a line.
pub const SCHEMA: &str = "skewproof.history/1";
/// How every line begins that was written here: the members stand in the order of their names.
const BEGIN: &str = "{\"date\":";

/// One run, as far as it is remembered.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The SHA-256 of the run's document, in hexadecimal digits.
    pub digest: String,
    /// The day of the run, as `2026-11-29`.
    pub date: String,
    /// Which build of ours ran.
    pub release: String,
    /// What was run.
    pub title: String,
    /// Whether no case failed.
    pub is_ok: bool,
    /// Cases that passed, failed and were skipped.
    pub cases: [u64; 3],
    /// Causes of findings.
    pub findings: u64,
    /// The verdict on each pair, by its name.
    pub pairs: BTreeMap<String, String>,
    /// What came of each requirement, by its id.
    pub requirements: BTreeMap<String, String>,
    /// What else was measured, by the name of the measure.
    pub measures: BTreeMap<String, f64>,
}

/// Why a file is no history, or a run cannot be added to it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HistoryError {
    /// A line that is no entry; only the last one may be unfinished.
    #[error("line {line} is no run: {problem}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// The run is there with something else said of it.
    #[error("the run is there already, in line {line}, with another {what}")]
    Contradiction {
        /// Counted from 1.
        line: usize,
        /// What differs.
        what: &'static str,
    },
}

/// What a file says.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// The runs, in the order of the file.
    pub entries: Vec<Entry>,
    /// How many bytes of the file are whole lines.
    pub whole_len: usize,
    /// The last line, if somebody was kept from finishing it.
    pub unfinished: Option<String>,
}

impl History {
    /// Reads a file. A last line that ends inside what is written here was half written: it is told,
    /// and left out.
    ///
    /// # Errors
    ///
    /// If any other line is no entry, with the number of the first such line; if two lines say
    /// opposite things of one run.
    pub fn read(text: &str) -> Result<Self, HistoryError> {
        let mut history = Self { entries: Vec::new(), whole_len: 0, unfinished: None };
        let mut first: HashMap<String, usize> = HashMap::new();
        for (index, line) in text.split_inclusive('\n').enumerate() {
            let is_whole = line.ends_with('\n');
            match Entry::read(line.trim()) {
                Ok(entry) => {
                    let at = *first.entry(entry.digest.clone()).or_insert(history.entries.len());
                    history
                        .agrees(at, &entry)
                        .map_err(|problem| HistoryError::Line { line: index + 1, problem })?;
                    history.entries.push(entry);
                }
                Err(_) if !is_whole && is_half(line) => {
                    history.unfinished = Some(line.to_owned());
                    break;
                }
                Err(problem) => return Err(HistoryError::Line { line: index + 1, problem }),
            }
            history.whole_len += line.len();
        }
        Ok(history)
    }

    /// Whether the entry at a place, the first of the same document, says the same of it.
    fn agrees(&self, at: usize, entry: &Entry) -> Result<(), String> {
        match self.entries.get(at).filter(|known| known.results() != entry.results()) {
            Some(_) => Err(format!("it contradicts line {}, which is of the same run", at + 1)),
            None => Ok(()),
        }
    }

    /// The line of a run that is there already, counted from 1; none if it is new.
    ///
    /// # Errors
    ///
    /// If the run is there, and `entry` says something else of it.
    pub fn line_of(&self, entry: &Entry) -> Result<Option<usize>, HistoryError> {
        let Some(at) = self.entries.iter().position(|known| known.digest == entry.digest) else {
            return Ok(None);
        };
        let line = at + 1;
        let Some(known) = self.entries.get(at) else { return Ok(None) };
        let contradiction = |what| Err(HistoryError::Contradiction { line, what });
        if known.release != entry.release {
            return contradiction("release");
        }
        if known.measures != entry.measures {
            return contradiction("measurement");
        }
        Ok(Some(line))
    }

    /// Our own releases, in the order in which they were first seen, each with its last run.
    pub fn releases(&self) -> Vec<&Entry> {
        let mut last: Vec<&Entry> = Vec::new();
        for entry in &self.entries {
            match last.iter_mut().find(|known| known.release == entry.release) {
                Some(known) => *known = entry,
                None => last.push(entry),
            }
        }
        last
    }
}

impl Entry {
    /// The first digits of its digest: enough to tell runs apart.
    pub fn short(&self) -> &str {
        self.digest.get(..12).unwrap_or(&self.digest)
    }

    /// What its document says, whenever and by whom it was added.
    fn results(&self) -> impl PartialEq + '_ {
        (&self.title, self.is_ok, self.cases, self.findings, &self.pairs, &self.requirements)
    }

    /// Whether a run in which nothing failed has neither a case that failed nor a finding, and any other
    /// has a case that failed.
    fn is_consistent(&self) -> bool {
        let [_, failed, _] = self.cases;
        self.is_ok == (failed == 0) && !(self.is_ok && self.findings > 0)
    }

    /// The line of the file, with its end.
    pub fn write(&self) -> String {
        let [passed, failed, skipped] = self.cases;
        let document = json!({
            "schema": SCHEMA,
            "digest": self.digest,
            "date": self.date,
            "release": self.release,
            "title": self.title,
            "ok": self.is_ok,
            "passed": passed,
            "failed": failed,
            "skipped": skipped,
            "findings": self.findings,
            "pairs": self.pairs,
            "requirements": self.requirements,
            "measures": self.measures,
        });
        format!("{document}\n")
    }

    fn read(line: &str) -> Result<Self, String> {
        let json: Value = super::json::read(line).map_err(|error| error.to_string())?;
        let of = json.get("schema").and_then(Value::as_str);
        if of != Some(SCHEMA) {
            return Err(format!("its schema is not {SCHEMA}"));
        }
        let text = |name: &str| {
            let value = json.get(name).and_then(Value::as_str);
            value.map(str::to_owned).ok_or_else(|| format!("{name:?} is no text"))
        };
        let count = |name: &str| {
            let value = json.get(name).and_then(Value::as_u64);
            value.ok_or_else(|| format!("{name:?} is no number"))
        };
        let map = |name: &str| -> Result<&Map<String, Value>, String> {
            let value = json.get(name).and_then(Value::as_object);
            value.ok_or_else(|| format!("{name:?} is no object"))
        };
        let words = |name: &str| {
            let word =
                |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
            let words: Option<_> = map(name)?.iter().map(word).collect();
            words.ok_or_else(|| format!("{name:?} has something other than texts"))
        };
        let number = |(key, value): (&String, &Value)| Some((key.clone(), value.as_f64()?));
        let measures: Option<_> = map("measures")?.iter().map(number).collect();
        let digest: Digest =
            text("digest")?.parse().map_err(|error: NotADigest| error.to_string())?;
        let entry = Self {
            digest: digest.to_string(),
            date: text("date")?,
            release: text("release")?,
            title: text("title")?,
            is_ok: json.get("ok").and_then(Value::as_bool).ok_or("\"ok\" is no bool")?,
            cases: [count("passed")?, count("failed")?, count("skipped")?],
            findings: count("findings")?,
            pairs: words("pairs")?,
            requirements: words("requirements")?,
            measures: measures.ok_or("\"measures\" has something other than numbers")?,
        };
        match entry.is_consistent() {
            true => Ok(entry),
            false => Err("\"ok\" contradicts \"failed\" and \"findings\"".to_owned()),
        }
    }
}

/// Whether a line without its end is the beginning of one that was written here, and not a file of
/// somebody's.
fn is_half(line: &str) -> bool {
    let is_begun = line.starts_with(BEGIN) || BEGIN.starts_with(line);
    is_begun && serde_json::from_str::<IgnoredAny>(line).is_err_and(|error| error.is_eof())
}
