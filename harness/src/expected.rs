//! Differences that somebody expects: a file that names them, each with a reason.
//!
//! What is expected and seen is no finding, but a case that is skipped for that reason. An entry that
//! nothing needs, or whose time is over, is a finding of its own; so is what is seen otherwise than the
//! entry says.

use std::cell::Cell;

use chrono::NaiveDate;
use serde::Deserialize;
use thiserror::Error;

use super::report::{Grid, Report};
use super::requirement::Requirement;
use super::selection::is_like;
use super::verdict::{CaseId, Finding, Verdict};

/// The grid of the entries.
const GRID: &str = "expected differences";
/// What is said of an entry that is there already.
const REPEATED: &str = "an entry before it is about the same: take it off the list";
/// What is said of an entry that nothing needs.
const STALE: &str = "nothing of that kind is seen any more: take the entry off the list";

/// A difference that somebody expects.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The addresses that it is about, with `*` and `?`.
    pub address: String,
    /// What is in the words of what is seen; empty for anything.
    #[serde(default)]
    pub says: String,
    /// Why it is expected.
    pub reason: String,
    /// Where it is dealt with.
    #[serde(default)]
    pub issue: Option<String>,
    /// Who answers for it.
    #[serde(default)]
    pub owner: Option<String>,
    /// The last day on which it is expected, as `2027-01-31`.
    #[serde(default)]
    pub until: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    expected: Vec<Expected>,
}

/// Letters that an address has to have beside each other: fewer are in every address.
const NAMED_LEN_MIN: usize = 3;

/// Why a file of expected differences is of no use.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExpectedError {
    /// It is no TOML of this form.
    #[error("{0}")]
    Unreadable(String),
    /// An entry is about everything.
    #[error("the address {0:?} names nothing: it would take every finding for expected")]
    NoAddress(String),
    /// An entry has no reason.
    #[error("the entry {0:?} has no reason")]
    NoReason(String),
    /// An entry ends on a day that there is not.
    #[error(
        "the entry {address:?} is expected until {until:?}, which is no day such as 2027-01-31"
    )]
    NoDay {
        /// The entry.
        address: String,
        /// What it says.
        until: String,
    },
}

/// Reads the text of such a file.
///
/// # Errors
///
/// If it is none.
pub fn read(text: &str) -> Result<Vec<Expected>, ExpectedError> {
    let unreadable = |error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.map(|before| before.matches('\n').count() + 1);
        let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
        ExpectedError::Unreadable(format!("{line}{}", error.message().trim()))
    };
    let file: File = toml::from_str(text).map_err(unreadable)?;
    for entry in &file.expected {
        let address = entry.address.clone();
        if address.split(['*', '?', '/', ' ']).all(|named| named.chars().count() < NAMED_LEN_MIN) {
            return Err(ExpectedError::NoAddress(address));
        }
        if entry.reason.trim().is_empty() {
            return Err(ExpectedError::NoReason(address));
        }
        if let Some(until) = entry.until.as_ref().filter(|until| day(until).is_none()) {
            return Err(ExpectedError::NoDay { address, until: until.clone() });
        }
    }
    Ok(file.expected)
}

fn day(text: &str) -> Option<NaiveDate> {
    text.parse().ok()
}

impl Expected {
    fn is_about(&self, case: &CaseId) -> bool {
        let case = case.as_str();
        if self.address.contains(['*', '?']) {
            is_like(&self.address, case)
        } else {
            self.address == case
        }
    }

    /// Whether two are about the same, whatever their reasons.
    fn is_as(&self, other: &Self) -> bool {
        self.address == other.address && self.says == other.says
    }

    fn explains(&self, finding: &Finding) -> bool {
        self.is_about(&finding.case) && finding.actual.contains(&self.says)
    }

    /// Why a case that it explains is not tested, in words.
    fn words(&self) -> String {
        let issue = self.issue.as_ref().map(|issue| format!(" ({issue})"));
        format!("expected: {}{}", self.reason, issue.unwrap_or_default())
    }

    /// What is said of it if its time is over.
    fn overdue(&self, today: NaiveDate) -> Option<String> {
        let until = self.until.as_deref()?;
        let is_over = day(until).is_some_and(|last| last < today);
        let owner = self.owner.as_ref().map(|owner| format!("; {owner} answers for it"));
        is_over.then(|| format!("it was expected until {until}{}", owner.unwrap_or_default()))
    }
}

/// Takes what is expected out of the findings of a report, and adds a verdict on each entry, of this
/// requirement. In a run that is not whole an entry that nothing needs may be needed elsewhere: nothing is
/// said of it. Where a case was not tried that it is about, it is not tried either, unless its time is over.
pub fn apply(
    entries: &[Expected],
    report: &mut Report,
    (today, is_whole): (NaiveDate, bool),
    requirement: &'static Requirement,
) {
    let used: Vec<Cell<bool>> = entries.iter().map(|_| Cell::new(false)).collect();
    report.excuse(&|finding| {
        let those = entries.iter().zip(&used).filter(|(entry, _)| entry.explains(finding));
        let those: Vec<&Expected> = those
            .map(|(entry, used)| {
                used.set(true);
                entry
            })
            .collect();
        those.first().map(|entry| entry.words())
    });
    let skips = || report.grids().iter().flat_map(Grid::skips);
    let is_open = |entry: &Expected| {
        let mut open = skips().filter(|group| group.is_open).flat_map(|group| &group.cases);
        open.any(|case| entry.is_about(case))
    };
    let mut grid = Grid::new(GRID);
    let those = entries.iter().zip(&used).enumerate();
    for (index, (entry, used)) in those.filter(|(_, (_, used))| is_whole || used.get()) {
        let is_repeated = entries.iter().take(index).any(|before| before.is_as(entry));
        let case = requirement.case(["expected", entry.address.as_str()]);
        let finding = |actual| {
            Verdict::from(Finding {
                case: case.clone(),
                requirement: "what is expected is seen, and in time".to_owned(),
                expected: entry.reason.clone(),
                actual,
                place: None,
                repro: None,
            })
        };
        let verdict = match entry.overdue(today) {
            Some(actual) => finding(actual),
            None if is_repeated => finding(REPEATED.to_owned()),
            None if used.get() => Verdict::Pass,
            None if is_open(entry) => {
                Verdict::NotTried("a case that it is about was not tried".to_owned())
            }
            None => finding(STALE.to_owned()),
        };
        grid.record("entries", "all", &case, verdict);
    }
    if grid.tally().total() > 0 {
        report.add(grid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Tally;
    use crate::requirement::Level;

    static OF_LIST: Requirement = Requirement {
        part: "test",
        name: "list",
        level: Level::Must,
        sentence: "It is on the list.",
        place: "",
        elsewhere: None,
    };

    fn report() -> Report {
        let mut report = Report::new("test");
        for (name, actual) in [("a", "drops it"), ("b", "drops it"), ("c", "panics")] {
            let case = CaseId::from_segments(["cells", name]);
            let finding = Finding {
                case: case.clone(),
                requirement: String::new(),
                expected: String::new(),
                actual: actual.to_owned(),
                place: None,
                repro: None,
            };
            report.grid("cells").record("row", "column", &case, Verdict::from(finding));
        }
        report
    }

    fn applied(text: &str) -> Report {
        let mut report = report();
        let today = day("2026-06-01").unwrap();
        apply(&read(text).unwrap(), &mut report, (today, true), &OF_LIST);
        report
    }

    const DROPS: &str = "[[expected]]\naddress = \"cells/*\"\nsays = \"drops\"\nreason = \"new\"\n";

    #[test]
    fn what_is_expected_is_no_finding() {
        let report = applied(&format!("{DROPS}issue = \"#7\"\nuntil = \"2026-06-01\"\n"));
        assert_eq!(report.tally(), Tally { passed: 1, failed: 1, skipped: 2 });
        let left: Vec<&str> = report.findings().map(|it| it.case.as_str()).collect();
        assert_eq!(left, ["cells/c"], "what is seen otherwise stays");
        assert_eq!(report.grids()[0].skips()[0].reason, "expected: new (#7)");
        let mut came = Vec::new();
        report.grids()[0].each_case(|it| came.push(it.came));
        came.retain(|it| *it == super::super::cases::Came::Skipped);
        assert_eq!(came.len(), 2);
    }

    #[test]
    fn stale_entries_and_those_whose_time_is_over_are_findings() {
        let over = applied(&format!("{DROPS}until = \"2026-05-31\"\nowner = \"the codec team\"\n"));
        let last = over.findings().last().unwrap();
        assert!(last.actual.contains("until 2026-05-31; the codec team"), "{}", last.actual);
        let stale = applied("[[expected]]\naddress = \"cells/x\"\nreason = \"old\"\n");
        assert!(stale.findings().last().unwrap().actual.contains("take the entry off"));
        assert_eq!(stale.tally().failed, 4);
    }

    #[test]
    fn an_entry_that_is_there_twice_is_a_finding() {
        let once = applied(DROPS).tally();
        let twice = applied(&format!("{DROPS}{DROPS}"));
        assert_eq!(twice.tally(), Tally { failed: once.failed + 1, ..once });
        assert_eq!(twice.findings().last().unwrap().actual, REPEATED);
    }

    #[test]
    fn an_address_is_a_whole_one_and_a_part_of_a_run_makes_nothing_stale() {
        let report = applied("[[expected]]\naddress = \"cells\"\nreason = \"x\"\n");
        assert_eq!(report.tally().skipped, 0);
        let mut report = self::report();
        let stale = read("[[expected]]\naddress = \"cells/x\"\nreason = \"old\"\n").unwrap();
        apply(&stale, &mut report, (day("2026-06-01").unwrap(), false), &OF_LIST);
        assert_eq!(report.tally(), Tally { passed: 0, failed: 3, skipped: 0 });
    }

    #[test]
    fn what_was_not_tried_makes_nothing_stale() {
        let skipped = |until: &str, verdict: Verdict| {
            let entry = format!(
                "[[expected]]\naddress = \"cells/x\"\nreason = \"old\"\nuntil = \"{until}\"\n"
            );
            let mut report = Report::new("test");
            let case = CaseId::from_segments(["cells", "x"]);
            report.grid("cells").record("row", "column", &case, verdict);
            let today = day("2026-06-01").unwrap();
            apply(&read(&entry).unwrap(), &mut report, (today, true), &OF_LIST);
            report.tally()
        };
        let gone = || Verdict::NotTried("it is gone".to_owned());
        let (in_time, over) = ("2026-06-01", "2026-05-31");
        assert_eq!(skipped(in_time, gone()), Tally { passed: 0, failed: 0, skipped: 2 });
        // Its time is over, whatever is seen.
        assert_eq!(skipped(over, gone()), Tally { passed: 0, failed: 1, skipped: 1 });
        // What is always skipped is nothing that anybody should expect.
        let never = skipped(in_time, Verdict::Skip("no such thing".to_owned()));
        assert_eq!(never, Tally { passed: 0, failed: 1, skipped: 1 });
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said() {
        assert!(matches!(read("x ="), Err(ExpectedError::Unreadable(_))));
        let error = read("[[expected]]\naddress = \"cells\"\nreason = \" \"\n").unwrap_err();
        assert!(matches!(error, ExpectedError::NoReason(_)));
        let error = read(&format!("{DROPS}until = \"soon\"\n")).unwrap_err();
        assert!(matches!(error, ExpectedError::NoDay { .. }), "{error}");
        for address in ["*", "*/*", "*a*", "?/ma*"] {
            let error = read(&format!("[[expected]]\naddress = \"{address}\"\nreason = \"all\"\n"));
            assert!(matches!(error, Err(ExpectedError::NoAddress(_))), "{address}");
        }
        assert_eq!(read(""), Ok(Vec::new()));
    }
}
