//! Scenarios that were never played, each with one thing wrong.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::*;
use crate::fabric::envelope::GenerationalNodeId;
use crate::harness::expected::apply;

fn releases() -> [Release; 2] {
    ["1.6.2", "1.7.12"].map(|name| name.parse().unwrap())
}

/// Addresses and words of what is found in a scenario that went well, but for a change.
fn found(scenario: Scenario, change: impl FnOnce(&mut Staged)) -> Vec<(String, String)> {
    let mut staged = well(scenario);
    change(&mut staged);
    let report = scenario.judged(releases(), &staged, "again");
    let found = report.findings().map(|it| (it.case.to_string(), it.actual.clone()));
    found.collect()
}

fn well(scenario: Scenario) -> Staged {
    let life = |node: usize, release| Life {
        node,
        release,
        process: GenerationalNodeId::new(node as u32 + 1, 1),
        from: Duration::ZERO,
        left: None,
        ended: None,
        panics: Vec::new(),
    };
    let [older, newer] = releases();
    let lives = vec![life(0, older), life(1, older), life(2, newer)];
    let seen = scenario.points().into_iter().map(|point| (point, None)).collect();
    Staged { lives, seen, ..Staged::default() }
}

fn one(address: &str, words: &str) -> Vec<(String, String)> {
    vec![(format!("live/scenario/1.6.2/1.7.12/{address}"), words.to_owned())]
}

#[test]
fn what_goes_well_is_taken() {
    for scenario in Scenario::ALL {
        assert!(found(scenario, |_| ()).is_empty(), "{}", scenario.name());
        assert_eq!(Scenario::named(scenario.name()), Some(scenario));
    }
}

#[test]
fn each_question_to_each_node_is_a_case_of_its_own() {
    let wrong = |point| move |it: &mut Staged| drop(it.seen.insert(point, Some("x".to_owned())));
    let of_older = wrong(Point::Answer(0, Question::Like));
    assert_eq!(found(Scenario::Sql, of_older), one("sql/n1-1.6.2/like", "x"));
    let of_newer = wrong(Point::Answer(2, Question::Equal));
    assert_eq!(found(Scenario::Sql, of_newer), one("sql/n3-1.7.12/equal", "x"));
}

#[test]
fn what_becomes_of_processes_is_judged_in_every_scenario() {
    let exits = |it: &mut Staged| it.lives[1].ended = Some("exit code 1".to_owned());
    let panics = |it: &mut Staged| it.lives[2].panics.push("panicked".to_owned());
    for scenario in Scenario::ALL {
        let name = scenario.name();
        let exit = one(&format!("{name}/n2-2-1.6.2/exit"), "exit code 1");
        assert_eq!(found(scenario, exits), exit);
        let panic = one(&format!("{name}/n3-3-1.7.12/panic"), "panicked");
        assert_eq!(found(scenario, panics), panic);
    }
}

#[test]
fn what_goes_wrong_on_the_way_is_found_and_what_was_not_reached_has_no_verdict() {
    let apart = |it: &mut Staged| {
        it.seen.clear();
        it.broken = Some((Kind::NotSeenAlive, "n1 does not take N2:1 for alive".to_owned()));
    };
    let words = "n1 does not take N2:1 for alive";
    assert_eq!(found(Scenario::Leaves, apart), one("leaves/whole/not-seen-alive", words));
    let mut staged = well(Scenario::Leaves);
    staged.seen.clear();
    staged.unreached = Some("the newer node led no partition".to_owned());
    let report = Scenario::Leaves.judged(releases(), &staged, "again");
    assert_eq!((report.tally().failed, report.tally().skipped), (0, 1));
}

/// Processes that do as they should are no reason to say that all is good.
#[test]
fn what_was_not_reached_is_said() {
    for scenario in Scenario::ALL {
        let mut staged = well(scenario);
        assert_eq!(scenario.missed(&staged), None, "{}", scenario.name());
        staged.seen.pop_last();
        assert!(scenario.missed(&staged).is_some(), "{}", scenario.name());
    }
    let unreached = Some("the newer node led no partition".to_owned());
    let staged = Staged { seen: BTreeMap::new(), unreached, ..well(Scenario::Leaves) };
    assert_eq!(
        Scenario::Leaves.missed(&staged).unwrap(),
        "leaves did not come to its point: the newer node led no partition"
    );
    let mut staged = well(Scenario::Provision);
    staged.seen.pop_last();
    let missed = Scenario::Provision.missed(&staged).unwrap();
    assert!(missed.starts_with("provision did not come to 1 of its 4 points: it did"), "{missed}");
}

/// Two faults at once: the known one is expected, and the other is left.
#[test]
fn a_known_fault_hides_no_other() {
    let columns = "number of columns(33) must match number of fields(37) in schema";
    let mut staged = well(Scenario::Sql);
    let mut sees = |node, question, words: &str| {
        staged.seen.insert(Point::Answer(node, question), Some(words.to_owned()));
    };
    sees(2, Question::Columns, columns);
    sees(2, Question::Equal, "Unable to open a remote scanner.");
    sees(2, Question::Ordered, "Unable to open a remote scanner.");
    let left = |staged: &Staged| {
        let mut report = Scenario::Sql.judged(releases(), staged, "again");
        let known = Scenario::Sql.expected(releases()).unwrap();
        let today = "2026-01-01".parse().unwrap();
        apply(&known, &mut report, (today, true), &requirements::LIVE_EXPECTED);
        report.findings().map(|it| it.case.to_string()).collect::<Vec<_>>()
    };
    assert!(left(&staged).is_empty());
    let mut rows = staged.clone();
    rows.seen.insert(Point::Answer(2, Question::Equal), Some("2 of 7 rows are missing".to_owned()));
    let case = |rest: &str| format!("live/scenario/1.6.2/1.7.12/sql/{rest}");
    assert_eq!(left(&rows)[0], case("n3-1.7.12/equal"));
    let mut other = staged.clone();
    other.seen.insert(Point::Answer(0, Question::Equal), Some(columns.to_owned()));
    other.lives[2].panics.push("panicked".to_owned());
    assert_eq!(left(&other), [case("n1-1.6.2/equal"), case("n3-3-1.7.12/panic")]);
    staged.seen.insert(Point::Answer(2, Question::Columns), None);
    assert_eq!(left(&staged).len(), 1, "good news, and a line to change");
}

#[test]
fn rows_are_all_that_was_taken_each_once() {
    let taken: BTreeSet<String> = ["a", "b"].map(str::to_owned).into();
    let wrong = |rows: Json| missing(&taken, rows.as_array().unwrap());
    assert_eq!(wrong(json!([{"id": "b"}, {"id": "a"}, {"id": "more"}])), None);
    assert_eq!(wrong(json!([{"id": "b"}])).unwrap(), "1 of 2 rows are missing: a");
    assert_eq!(
        wrong(json!([{"id": "a"}, {"id": "b"}, {"id": "b"}])).unwrap(),
        "rows that are there twice: 1"
    );
    assert_eq!(
        wrong(json!([{"id": "a"}, {"id": "b"}, {"it": 1}])).unwrap(),
        "rows without an id: 1"
    );
}

#[test]
fn keys_that_were_accepted_are_the_same_invocations() {
    let first = ["a", "b"].map(str::to_owned);
    let then = |answers: [Result<&str, &str>; 2]| {
        again(&first, &answers.map(|it| it.map(str::to_owned).map_err(str::to_owned)))
    };
    assert_eq!(then([Ok("a"), Ok("b")]), None);
    assert_eq!(
        then([Ok("a"), Ok("c")]).unwrap(),
        "1 of 2 keys are accepted again, as other invocations"
    );
    assert_eq!(then([Err("HTTP 500"), Ok("b")]).unwrap(), "1 of 2 requests are refused: HTTP 500");
}
