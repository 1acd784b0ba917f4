//! The audit as verdicts: what is expected passes, everything else is a finding.

use super::{Audit, AuditEntry, Change, Deviation, Expected, FILE, Standing};
use crate::fabric::release::Release;
use crate::harness::report::Grid;
use crate::harness::verdict::{CaseId, Finding, Verdict};
use crate::suite::{repro, requirements};

/// The name of the grid.
pub const GRID: &str = "gates, by the release line that receives";

/// A row for each kind of change, a column for each line that receives. What is expected counts once
/// for every line that meets it; anything else is one finding, of the oldest of them.
pub fn grid(audit: &Audit) -> Grid {
    let mut grid = Grid::new(GRID)
        .with_rows(Change::ALL.map(Change::words))
        .with_columns(Release::lines().map(Release::name));
    for entry in &audit.entries {
        let change = entry.finding.change;
        let case = case(&entry.finding.address(), change.words());
        let receivers = entry.finding.to();
        match problem(entry) {
            None => {
                for receiver in &receivers {
                    let case = case.child(receiver);
                    grid.record(change.words(), receiver.line().name(), &case, Verdict::Pass);
                }
            }
            Some(problem) => {
                let receiver = receivers.first().map_or("", |receiver| receiver.line().name());
                let verdict = fail(&case, problem);
                grid.record(change.words(), receiver, &case, verdict);
            }
        }
    }
    for entry in &audit.stale {
        let case = case(&entry.finding, &entry.change);
        let verdict = fail(&case, stale(entry));
        grid.record(&entry.change, receiver_of(entry), &case, verdict);
    }
    grid
}

fn case(address: &str, change: &str) -> CaseId {
    CaseId::from_segments(["gates", address, &change.replace(' ', "-")]).of(&requirements::GATE)
}

/// What must hold, what the list says, and what is seen.
struct Problem {
    requirement: &'static str,
    expected: String,
    actual: String,
    place: Option<String>,
}

fn fail(case: &CaseId, problem: Problem) -> Verdict {
    Verdict::from(Finding {
        case: case.clone(),
        requirement: problem.requirement.to_owned(),
        expected: problem.expected,
        actual: problem.actual,
        place: problem.place,
        repro: Some(repro::case(case)),
    })
}

fn problem(entry: &AuditEntry) -> Option<Problem> {
    let finding = &entry.finding;
    let (pairs, outcome) = (finding.pairs_in_words(), finding.outcome);
    let actual = format!("{pairs}: {outcome}, {}", finding.reason);
    match &entry.standing {
        Standing::Expected => None,
        Standing::New => Some(Problem {
            requirement: "what a line sends and another does not know is in the list of expected \
                          findings",
            expected: format!("an entry in {FILE}"),
            actual,
            place: Some(finding.address()),
        }),
        Standing::WithoutNote => Some(Problem {
            requirement: "an expected finding has a note that says why it is accepted",
            expected: "a note".to_owned(),
            actual: "none".to_owned(),
            place: Some(format!("{FILE}, {}", finding.address())),
        }),
        Standing::Changed(deviations) => {
            let of = |pick: fn(&Deviation) -> &String| {
                let parts = deviations.iter().map(|it| format!("{} {}", it.what, pick(it)));
                parts.collect::<Vec<_>>().join("; ")
            };
            Some(Problem {
                requirement: "an expected finding is what its entry says",
                expected: of(|it| &it.expected),
                actual: of(|it| &it.actual),
                place: Some(finding.address()),
            })
        }
    }
}

fn stale(entry: &Expected) -> Problem {
    Problem {
        requirement: "every expected finding is seen; a stale entry is taken out of the list",
        expected: format!("{}: {}, {}", entry.pairs, entry.outcome, entry.reason),
        actual: "nothing of the kind".to_owned(),
        place: Some(format!("{FILE}, {}", entry.finding)),
    }
}

/// The first line that the entry names as a receiver, for the column.
fn receiver_of(entry: &Expected) -> &'static str {
    let receivers = entry.pairs.split_once(" to ").map_or("", |(_, receivers)| receivers);
    let is_named =
        |line: &Release| receivers.split([',', ';']).any(|it| it.trim().starts_with(line.name()));
    let first = Release::lines().find(is_named).or_else(|| Release::lines().next());
    first.map_or("", Release::name)
}
