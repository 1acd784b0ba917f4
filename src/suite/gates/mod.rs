//! The audit of gates: what one release line can put into bytes and another, which speaks the same
//! version, does not know.
//!
//! A field, variant or message that came with a line, or went with one, is tried between all pairs
//! of lines, and so is every form that changed: a sample that has it is encoded as one line, decoded
//! as the other, and compared ([`observe`]). What leaders write into logs, and what is kept in the
//! metadata store, is tried between the same pairs. Each finding must stand in the list of expected ones,
//! `expected/gates.json`, with its outcome, its reason and a note that says why it is accepted; and
//! each entry of the list must be seen.
//!
//! ```
//! use skewproof::suite::gates;
//! use skewproof::suite::subject::Fabric;
//!
//! let audit = gates::audit(&Fabric, &gates::default_list()?);
//! let cancel = "V1/PartitionProcessorRpcRequest/inner.CancelInvocation";
//! let entry = audit.entries.iter().find(|entry| entry.finding.address() == cancel);
//! let entry = entry.ok_or("never found")?;
//! assert_eq!(entry.finding.pairs_in_words(), "1.4 to 1.2, 1.3");
//! assert!(entry.is_expected());
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod finding;
mod json;
mod kept;
mod list;
mod observe;
#[cfg(test)]
mod tests;
mod text;
mod verdicts;

pub use self::finding::{Change, GateFinding, Outcome, Pair, Road};
pub use self::list::{Expected, ListError, read, write};
pub use self::observe::observe;
pub use self::verdicts::{GRID, grid};
use super::causes::about;
use super::speaker::{SpeakError, value_type_named};
use super::subject::Subject;
use crate::harness::causes::group;
use crate::harness::report::Table;

/// Where the list lies, seen from the folder of the project.
pub const FILE: &str = "expected/gates.json";

/// The list that the program was built with.
const DEFAULT: &str = include_str!("../../../expected/gates.json");

/// The list of expected findings that the program was built with.
///
/// # Errors
///
/// If it is none; a test keeps it one.
pub fn default_list() -> Result<Vec<Expected>, ListError> {
    read(DEFAULT)
}

/// How a finding stands to the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is what its entry says.
    Expected,
    /// It is what its entry says, but nobody has written why that is accepted.
    WithoutNote,
    /// Its entry says something else of it.
    Changed(Vec<Deviation>),
    /// It has no entry.
    New,
}

/// What an entry says, and what is seen instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deviation {
    /// Of what: `outcome`, `reason` or `pairs`.
    pub what: &'static str,
    /// What the entry says.
    pub expected: String,
    /// What is seen.
    pub actual: String,
}

/// A finding and what the list says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// What was found.
    pub finding: GateFinding,
    /// Why it is accepted, if the list says so.
    pub note: Option<String>,
    /// The public issue or pull request, if the list names one.
    pub issue: Option<String>,
    /// How it stands to the list.
    pub standing: Standing,
}

impl AuditEntry {
    /// Whether it is what the list expects.
    pub fn is_expected(&self) -> bool {
        self.standing == Standing::Expected
    }
}

/// The result of an audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// Every finding, in the order of versions, messages and paths.
    pub entries: Vec<AuditEntry>,
    /// Entries of the list that nothing was found for.
    pub stale: Vec<Expected>,
}

impl Audit {
    /// Whether every finding is expected, and every expectation found.
    pub fn is_ok(&self) -> bool {
        self.stale.is_empty() && self.entries.iter().all(AuditEntry::is_expected)
    }

    /// The part of it that is about one message, or about what is kept in logs or in the metadata store.
    ///
    /// # Errors
    ///
    /// If there is no such message.
    pub fn only(mut self, message: &str) -> Result<Self, SpeakError> {
        let word = value_type_named(message)?.word();
        self.entries.retain(|entry| entry.finding.of.word() == word);
        self.stale.retain(|entry| entry.finding.split('/').nth(1) == Some(word));
        Ok(self)
    }

    /// What is not as the list says, by causes: one field may be an entry of many messages and
    /// versions. Each as a sentence and the addresses of its cases.
    pub fn causes(&self) -> Vec<(String, Vec<String>)> {
        let grid = grid(self);
        let abouts: Vec<_> = grid.findings().iter().map(about).collect();
        let case = |at: &usize| grid.findings().get(*at).map(|finding| finding.case.to_string());
        let causes = group(&abouts).into_iter();
        causes.map(|it| (it.sentence, it.members.iter().filter_map(case).collect())).collect()
    }

    /// The audit as a table.
    pub fn table(&self) -> Table {
        let columns =
            ["outcome", "finding", "from and to", "what is seen", "note", "issue", "list"];
        let row = |entry: &AuditEntry| {
            let finding = &entry.finding;
            vec![
                finding.outcome.to_string(),
                finding.address(),
                finding.pairs_in_words(),
                finding.reason.clone(),
                entry.note.clone().unwrap_or_default(),
                entry.issue.clone().unwrap_or_default(),
                if entry.is_expected() { "expected" } else { "NOT as the list says" }.to_owned(),
            ]
        };
        let rows = self.entries.iter().map(row).collect();
        Table {
            rows,
            ..Table::new("gate audit: what one line sends and another does not know", columns)
        }
    }

    /// The audit for people.
    pub fn to_text(&self) -> String {
        text::render(self)
    }

    /// The audit for programs, as JSON.
    pub fn to_json(&self) -> String {
        json::render(self)
    }
}

/// Tries every gate and compares with a list.
pub fn audit(subject: &dyn Subject, list: &[Expected]) -> Audit {
    compare(observe(subject), list)
}

/// Compares findings with a list. An entry counts for one finding: for that which it describes, or
/// else for the first that it is about.
pub fn compare(findings: Vec<GateFinding>, list: &[Expected]) -> Audit {
    let seen: Vec<Expected> = findings.iter().map(Expected::of).collect();
    let mut stale: Vec<Option<&Expected>> = list.iter().map(Some).collect();
    let mut take = |is_it: &dyn Fn(&Expected) -> bool| {
        stale.iter_mut().find(|entry| entry.is_some_and(is_it)).and_then(Option::take)
    };
    let exact: Vec<_> = seen
        .iter()
        .map(|seen| take(&|entry| entry.is_about(seen) && deviations(entry, seen).is_empty()))
        .collect();
    let entries = findings
        .into_iter()
        .zip(&seen)
        .zip(exact)
        .map(|((finding, seen), exact)| {
            let entry = exact.or_else(|| take(&|entry| entry.is_about(seen)));
            AuditEntry {
                finding,
                note: entry.map(|entry| entry.note.clone()).filter(|note| !note.is_empty()),
                issue: entry.and_then(|entry| entry.issue.clone()),
                standing: entry.map_or(Standing::New, |entry| standing(entry, seen)),
            }
        })
        .collect();
    Audit { entries, stale: stale.into_iter().flatten().cloned().collect() }
}

fn standing(entry: &Expected, seen: &Expected) -> Standing {
    let deviations = deviations(entry, seen);
    if !deviations.is_empty() {
        Standing::Changed(deviations)
    } else if entry.note.trim().is_empty() {
        Standing::WithoutNote
    } else {
        Standing::Expected
    }
}

fn deviations(entry: &Expected, seen: &Expected) -> Vec<Deviation> {
    let pairs = [
        ("outcome", &entry.outcome, &seen.outcome),
        ("reason", &entry.reason, &seen.reason),
        ("pairs", &entry.pairs, &seen.pairs),
    ];
    let deviation = |(what, expected, actual): (_, &String, &String)| Deviation {
        what,
        expected: expected.clone(),
        actual: actual.clone(),
    };
    pairs.into_iter().filter(|(_, expected, actual)| expected != actual).map(deviation).collect()
}

/// The findings of an audit, without what a list says of them.
pub fn observed(audit: &Audit) -> Vec<GateFinding> {
    audit.entries.iter().map(|entry| entry.finding.clone()).collect()
}

/// A list brought up to date, and what that took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// The list: notes and issues of what was in it already are kept.
    pub list: Vec<Expected>,
    /// How many entries are as they were.
    pub kept: usize,
    /// Entries that say something else now.
    pub changed: Vec<String>,
    /// Entries that are new, each without a note.
    pub added: Vec<String>,
    /// Entries that were stale.
    pub dropped: Vec<String>,
}

/// The list that an audit would be content with, but for notes that somebody has to write.
pub fn fix(audit: &Audit) -> Fixed {
    let mut fixed = Fixed {
        list: Vec::new(),
        kept: 0,
        changed: Vec::new(),
        added: Vec::new(),
        dropped: audit.stale.iter().map(|entry| entry.finding.clone()).collect(),
    };
    for AuditEntry { finding, note, issue, standing } in &audit.entries {
        match standing {
            Standing::Expected | Standing::WithoutNote => fixed.kept += 1,
            Standing::Changed(_) => fixed.changed.push(finding.address()),
            Standing::New => fixed.added.push(finding.address()),
        }
        fixed.list.push(Expected {
            note: note.clone().unwrap_or_default(),
            issue: issue.clone(),
            ..Expected::of(finding)
        });
    }
    fixed
}
