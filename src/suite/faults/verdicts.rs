//! The list of known faults, compared with what shows them.

use std::collections::BTreeSet;

use super::{Fault, LIST};
use crate::fabric::release::Release;
use crate::fabric::session::{QUIRKS, Quirk, Quirks};
use crate::harness::report::{Grid, Table};
use crate::harness::upgrade::plan::Plan;
use crate::harness::verdict::{CaseId, Finding, Verdict};
use crate::suite::requirements;
use crate::suite::session::{self, WithQuirks};
use crate::suite::subject::Fabric;
use crate::suite::upgrade::Cluster;

/// The grid of known faults in reports.
pub const GRID: &str = "known faults of released servers, by what shows them";

/// The list as a table.
pub fn table() -> Table {
    let columns = ["fault", "releases", "with", "severity", "issue"];
    let row = |fault: &Fault| {
        vec![
            fault.number.clone(),
            fault.releases.to_string(),
            fault.with.as_ref().map_or_else(|| "all".to_owned(), ToString::to_string),
            fault.severity.to_string(),
            fault.issue.clone().unwrap_or_else(|| "-".to_owned()),
        ]
    };
    let rows = super::known().iter().map(row).collect();
    Table { rows, ..Table::new("known faults of released servers", columns).of(GRID) }
}

/// Every known fault is of the releases that its entry names, and shown by what its entry names; every
/// quirk of a release is in the list.
pub fn grid() -> Grid {
    let mut grid = Grid::new(GRID);
    let mut record = |column: &str, number: &str, result: Result<(), Disagreement>| {
        let case = CaseId::from_segments(["faults", number, column]).of(&requirements::FAULT);
        grid.record(number, column, &case, verdict(&case, result));
    };
    if let Err(error) = &*LIST {
        let wrong = disagreement("a list", error.to_string(), None);
        record("list", "all", Err(wrong));
    }
    for fault in super::known() {
        if let Ok(quirk) = fault.number.parse() {
            record("releases", &fault.number, of_releases(fault, quirk));
        }
        if let Some(script) = &fault.script {
            record("sessions", &fault.number, in_sessions(fault, script));
        }
        if fault.upgrades.is_some() {
            record("upgrades", &fault.number, in_upgrades(fault));
        }
    }
    let is_had = |quirk: Quirk| Release::all().any(|release| Quirks::of(release).has(quirk));
    for row in QUIRKS.iter().filter(|row| is_had(row.quirk)) {
        if super::numbered(row.id).is_none() {
            let missing = disagreement("an entry", "none".to_owned(), None);
            record("list", row.id, Err(missing));
        }
    }
    grid
}

/// What the list says, what is seen, and the command that shows it.
struct Disagreement {
    expected: String,
    actual: String,
    repro: Option<String>,
}

fn disagreement(
    expected: impl Into<String>,
    actual: String,
    repro: Option<String>,
) -> Disagreement {
    Disagreement { expected: expected.into(), actual, repro }
}

fn verdict(case: &CaseId, result: Result<(), Disagreement>) -> Verdict {
    let Err(Disagreement { expected, actual, repro }) = result else { return Verdict::Pass };
    Verdict::from(Finding {
        case: case.clone(),
        requirement: requirements::FAULT.sentence.to_owned(),
        expected,
        actual,
        place: Some(super::FILE.to_owned()),
        repro,
    })
}

/// The entry and the table of quirks name the same releases.
fn of_releases(fault: &Fault, quirk: Quirk) -> Result<(), Disagreement> {
    let differs =
        |release: &Release| fault.releases.has(*release) != Quirks::of(*release).has(quirk);
    let differing: Vec<String> =
        Release::all().filter(differs).map(|release| release.to_string()).collect();
    if differing.is_empty() {
        return Ok(());
    }
    let actual = format!("otherwise for {}", differing.join(", "));
    Err(disagreement(fault.releases.to_string(), actual, Some("skewproof list quirks".to_owned())))
}

/// The script objects to the lines that have the fault, and to no others.
fn in_sessions(fault: &Fault, script: &str) -> Result<(), Disagreement> {
    let repro = Some(format!("skewproof session {script} --repaired --quirk {}", fault.number));
    let quirk: Result<Quirk, _> = fault.number.parse();
    let Ok(quirk) = quirk else {
        return Err(disagreement("a quirk of sessions", "none".to_owned(), repro));
    };
    let mut plan = session::Plan::repaired();
    plan.quirks = WithQuirks::REPAIRED.with(Quirks::NONE.with(quirk));
    plan.scripts.push(script.to_owned());
    let report = session::run(&Fabric, &plan);
    let line = |finding: &Finding| finding.case.as_str().split('/').nth(1).map(str::to_owned);
    let shown: BTreeSet<String> = report.findings().filter_map(line).collect();
    let lines = plan.releases.iter().filter(|release| fault.releases.has(**release));
    let listed: BTreeSet<String> = lines.map(|release| release.name().to_owned()).collect();
    // What is not about all lines shows at least on one.
    if !shown.is_empty() && shown.is_subset(&listed) {
        return Ok(());
    }
    let words = |lines: BTreeSet<String>| lines.into_iter().collect::<Vec<_>>().join(", ");
    Err(disagreement(format!("shown by {}", words(listed)), words(shown), repro))
}

/// The plan shows the fault by all its kinds, and nothing that is not known.
fn in_upgrades(fault: &Fault) -> Result<(), Disagreement> {
    let Some(upgrades) = &fault.upgrades else { return Ok(()) };
    let repro = Some(format!("skewproof upgrade --plan '{}'", upgrades.plan));
    let plan = match Plan::parse(&upgrades.plan, |name| name.parse::<Release>().ok()) {
        Ok(plan) => plan,
        Err(error) => return Err(disagreement("a plan", error.to_string(), repro)),
    };
    let run = Cluster::default().run(&plan);
    if let Some(failure) = run.failure.filter(|failure| !failure.is_known()) {
        let seen: Vec<&str> = failure.violations.iter().map(|it| it.what.as_str()).collect();
        return Err(disagreement("what is known", seen.join("; "), repro));
    }
    let shown = run.seen.iter().filter(|seen| seen.violation.fault == Some(&fault.number));
    let shown: BTreeSet<&str> = shown.map(|seen| seen.violation.kind).collect();
    let listed: BTreeSet<&str> = upgrades.kinds.iter().map(String::as_str).collect();
    if shown == listed {
        return Ok(());
    }
    let words = |kinds: BTreeSet<&str>| kinds.into_iter().collect::<Vec<_>>().join(", ");
    Err(disagreement(words(listed), words(shown), repro))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_right_and_nothing_in_it_is_stale() {
        let grid = grid();
        assert!(grid.findings().is_empty(), "{:#?}", grid.findings());
        assert!(grid.tally().passed > 20, "{:?}", grid.tally());
    }

    #[test]
    fn an_entry_that_is_wrong_or_stale_is_named() {
        let fault = |number: &str| super::super::numbered(number).unwrap().clone();
        let with_plan = |number: &str, plan: &str| {
            let mut fault = fault(number);
            fault.upgrades.iter_mut().for_each(|it| it.plan = plan.to_owned());
            in_upgrades(&fault).err().map(|it| it.actual)
        };
        assert_eq!(with_plan("R30", "n1:1.3 n2:1.4"), None);
        assert_eq!(with_plan("R30", "n1:1.4 n2:1.5").as_deref(), Some(""));
        assert!(with_plan("R30", "n1:1.9").is_some_and(|it| it.contains("1.9")));
        let panics = with_plan("R30", "n1:1.3 n2:1.3.3-dev");
        assert!(panics.is_some_and(|it| it.contains("Gossip needs V2")));
        let mut moved = fault("R25");
        moved.releases = fault("R30").releases;
        assert!(of_releases(&moved, Quirk::AnswersTwice).is_err());
        assert!(in_sessions(&moved, "unknown-service").is_err());
        assert!(in_sessions(&fault("R25"), "watch").is_err());
    }
}
