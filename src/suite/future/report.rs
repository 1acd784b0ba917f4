//! What the next release may change: the trials as tables and verdicts. A column is a line with all
//! its patches.

use std::collections::{BTreeMap, BTreeSet};

use super::exceptions::{EXCEPTIONS, Exception};
use super::rules::{Change, Coded, RULES, Rule};
use super::trial::{self, Consequence, Tried};
use super::{negotiation, services};
use crate::fabric::release::Release;
use crate::harness::report::{Grid, Report, Table};
use crate::harness::verdict::{CaseId, Finding, Verdict};
use crate::suite::repro;
use crate::suite::requirements;
use crate::suite::speaker::{SpeakError, value_type_named};
use crate::suite::subject::Subject;
use crate::suite::value::ValueType;

/// The name of the grid.
const GRID: &str = "tomorrow's messages, by the line that reads them";

/// What is refused by each line, by what becomes of the server then.
const REFUSALS: &str = "what a refusal does to a server, as released";

/// Whether a refusal is shown with what released servers do then, or as the error that it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Servers {
    /// As they were released (05 §5).
    Released,
    /// Without their faults.
    Repaired,
}

impl Servers {
    /// What becomes of a trial.
    fn words(self, tried: &Tried) -> &'static str {
        match tried.fate() {
            Some(fate) if self == Self::Released => fate.short(),
            _ => tried.class.words(),
        }
    }
}

/// Everything: what may be changed, the exceptions, and what becomes of unknown versions.
pub fn report(subject: &dyn Subject, servers: Servers) -> Report {
    let tried = all(subject);
    let mut report = Report::new("skewproof future");
    report.add_table(safe_changes(&tried));
    report.add_table(exceptions(&tried));
    if servers == Servers::Released {
        report.add_table(refusals(&tried));
    }
    let (services, grids) = services::trial(subject);
    report.add_table(services);
    negotiation::tables(subject).into_iter().for_each(|table| report.add_table(table));
    report.add(verdicts(&tried, true));
    report.add(negotiation::grid(subject));
    grids.into_iter().for_each(|grid| report.add(grid));
    report
}

/// One message, place by place.
///
/// # Errors
///
/// If there is no such message.
pub fn report_of(
    message: &str,
    subject: &dyn Subject,
    servers: Servers,
) -> Result<Report, SpeakError> {
    let of = value_type_named(message)?;
    let tried = trial::run(of, subject);
    let mut report = Report::new(format!("skewproof future of {}", of.name()));
    report.add_table(places(&tried, servers));
    report.add(verdicts(&tried, false));
    Ok(report)
}

/// The verdicts on all messages.
pub fn grid(subject: &dyn Subject) -> Grid {
    verdicts(&all(subject), true)
}

fn all(subject: &dyn Subject) -> Vec<Tried> {
    ValueType::all().flat_map(|of| trial::run(of, subject)).collect()
}

fn lines() -> impl Iterator<Item = String> {
    Release::lines().map(|line| line.to_string())
}

/// A row for each rule: what readers do, at how many places each line was tried, and the verdict.
fn safe_changes(tried: &[Tried]) -> Table {
    let columns = ["change", "codec", "a released reader"].map(str::to_owned);
    let columns = columns.into_iter().chain(lines()).chain(["verdict", "note"].map(str::to_owned));
    let mut table = Table::new("what the next release may safely change", columns);
    for rule in &RULES {
        let count = |line: Release| {
            let is_there = |it: &&Tried| it.cx.release.line() == line && follows(it, rule);
            tried.iter().filter(is_there).count()
        };
        let reader = rule.class.words().to_owned();
        let mut row = vec![rule.change.words().to_owned(), rule.coded.to_string(), reader];
        row.extend(Release::lines().map(|line| number(count(line))));
        row.extend([rule.class.verdict(rule.coded), rule.note()].map(str::to_owned));
        table.rows.push(row);
    }
    table
}

/// Whether the trial falls under the rule, and not under an exception.
fn follows(tried: &Tried, rule: &Rule) -> bool {
    tried.change == rule.change && tried.coded == rule.coded && tried.exception().is_none()
}

fn exceptions(tried: &[Tried]) -> Table {
    let columns = ["place", "change", "a released reader", "tried", "why"];
    let mut table = Table::new("exceptions", columns);
    for exception in &EXCEPTIONS {
        let count = tried.iter().filter(|it| is_under(it, exception)).count();
        table.rows.push(vec![
            exception.place.to_owned(),
            exception.change.words().to_owned(),
            exception.class.words().to_owned(),
            count.to_string(),
            exception.reason.to_owned(),
        ]);
    }
    table
}

fn is_under(tried: &Tried, exception: &Exception) -> bool {
    tried.exception().is_some_and(|it| std::ptr::eq(it, exception))
}

/// A row for each thing that a server does with what its decoder refuses: at how many places, and with
/// which messages.
fn refusals(tried: &[Tried]) -> Table {
    let columns = ["the server"].map(str::to_owned).into_iter().chain(lines());
    let mut table = Table::new(REFUSALS, columns.chain(["messages".to_owned()]));
    let mut rows: BTreeMap<Consequence, Vec<&Tried>> = BTreeMap::new();
    for (fate, it) in tried.iter().filter_map(|it| Some((it.fate()?, it))) {
        rows.entry(fate).or_default().push(it);
    }
    for (fate, there) in rows {
        let count = |line| there.iter().filter(|it| it.cx.release.line() == line).count();
        let messages: BTreeSet<&str> = there.iter().map(|it| it.of.word()).collect();
        let mut row = vec![fate.to_string()];
        row.extend(Release::lines().map(|line| number(count(line))));
        row.push(match messages.len() {
            0..5 => messages.into_iter().collect::<Vec<_>>().join(", "),
            count => format!("{count} messages"),
        });
        table.rows.push(row);
    }
    table
}

/// A number in a table; none is a dot.
fn number(count: usize) -> String {
    if count == 0 { "·".to_owned() } else { count.to_string() }
}

/// A row for each place and change of a message: what every line does.
fn places(tried: &[Tried], servers: Servers) -> Table {
    let columns = ["place", "change", "codec"].map(str::to_owned);
    let mut table = Table::new("place by place", columns.into_iter().chain(lines()));
    let mut rows: BTreeMap<(&str, Change, Coded), Vec<&Tried>> = BTreeMap::new();
    for it in tried {
        rows.entry((&it.place, it.change, it.coded)).or_default().push(it);
    }
    for ((place, change, coded), there) in rows {
        let place = if place.is_empty() { "the whole" } else { place };
        let mut row = vec![place.to_owned(), change.words().to_owned(), coded.to_string()];
        row.extend(Release::lines().map(|line| {
            let mut words: Vec<&str> = there
                .iter()
                .filter(|it| it.cx.release.line() == line)
                .map(|it| servers.words(it))
                .collect();
            words.dedup();
            if words.is_empty() { "·".to_owned() } else { words.join(", ") }
        }));
        table.rows.push(row);
    }
    table
}

/// A verdict on every trial; with all messages at hand, on every rule and exception as well.
fn verdicts(tried: &[Tried], is_whole: bool) -> Grid {
    let mut grid = Grid::new(GRID).with_columns(Release::lines().map(Release::name));
    let mut changes: Vec<Change> = RULES.iter().map(|rule| rule.change).collect();
    changes.dedup();
    for it in changes.iter().flat_map(|c| tried.iter().filter(|it| it.change == *c)) {
        let case = it.case(&["future", it.cx.release.name()]).of(&requirements::CHANGE);
        let verdict = verdict(it, &case);
        grid.record(it.change.words(), it.cx.release.line().name(), &case, verdict);
    }
    if is_whole {
        unused(tried, &mut grid);
    }
    grid
}

fn verdict(tried: &Tried, case: &CaseId) -> Verdict {
    let expected = tried.expected();
    if expected == Some(tried.class) {
        return Verdict::Pass;
    }
    Verdict::from(Finding {
        case: case.clone(),
        requirement: "a change does to a released reader what the rules say".to_owned(),
        expected: expected.map_or("a rule", |class| class.words()).to_owned(),
        actual: format!("{}: {}", tried.class.words(), tried.detail),
        place: Some(tried.place.clone()).filter(|place| !place.is_empty()),
        repro: Some(repro::case(case)),
    })
}

/// Rules and exceptions that no trial shows.
fn unused(tried: &[Tried], grid: &mut Grid) {
    let newest = Release::lines().last().map_or("", Release::name);
    let mut stale = |change: Change, what: String| {
        let case = CaseId::from_segments(["future", "rules", &what]).of(&requirements::CHANGE);
        let verdict = Verdict::from(Finding {
            case: case.clone(),
            requirement: "every rule and exception is shown by a trial".to_owned(),
            expected: what,
            actual: "no message has such a place".to_owned(),
            place: None,
            repro: Some(repro::case(&case)),
        });
        grid.record(change.words(), newest, &case, verdict);
    };
    for rule in RULES.iter().filter(|rule| !tried.iter().any(|it| follows(it, rule))) {
        stale(rule.change, format!("{}, {}", rule.change.words(), rule.coded));
    }
    for exception in EXCEPTIONS.iter().filter(|it| !tried.iter().any(|t| is_under(t, it))) {
        stale(exception.change, format!("{}, {}", exception.change.words(), exception.place));
    }
}
