//! What is asked for in words, and how much of it a report counts.

use std::collections::BTreeSet;

use super::super::*;
use crate::fabric::session::Quirk;
use crate::harness::report::Grid;
use crate::suite::planted;
use crate::suite::session::quirks;

const QUESTION: Question<'static> = Question {
    from: Some("1.3"),
    to: Some("1.4"),
    is_straight: false,
    nodes: 3,
    order: None,
    seed: 0,
    seeds: None,
    exhaustive: false,
    faults: &[],
    is_repaired: false,
    quirks: &[],
    bug: None,
    plan: None,
    testee: None,
};

fn refused(question: &Question<'_>) -> String {
    Scenario::new(question).map(|it| it.plan.to_string()).unwrap_err().to_string()
}

fn faults(names: &str) -> Vec<String> {
    names.split(',').map(str::to_owned).collect()
}

#[test]
fn what_cannot_be_simulated_is_refused() {
    let (join, both) = (faults("join"), faults("all,foo"));
    let q = QUESTION;
    let to = Some("1.7");
    for (question, said) in [
        (Question { nodes: 0, ..q }, "0 nodes; from 1 to 5 can be simulated"),
        (
            Question { nodes: usize::MAX, faults: &join, ..q },
            "18446744073709551615 nodes; from 1 to 5 can be simulated",
        ),
        (
            Question { nodes: 5, faults: &join, ..q },
            "5 nodes and one that joins; up to 5 can be simulated",
        ),
        (Question { faults: &both, ..q }, "unknown fault \"foo\""),
        (
            Question { seed: u64::MAX - 1, seeds: Some(10), ..q },
            "from 18446744073709551614 on there are no 10 seeds",
        ),
        (
            Question { nodes: 5, to, exhaustive: true, ..q },
            "305540235000 orders; up to 1000000 can be walked",
        ),
        (Question { order: Some("n1,n1,n2"), ..q }, "unknown order \"n1,n1,n2\""),
        (Question { order: Some("n4"), ..q }, "unknown order \"n4\""),
        (Question { order: Some("n+1"), ..q }, "unknown order \"n+1\""),
        (Question { order: Some(""), ..q }, "unknown order \"\""),
        (Question { bug: Some("M999"), ..q }, "unknown bug \"M999\""),
        (Question { plan: Some("n1:1.3 crash(n1,0)"), ..q }, "the plan: word 2, `crash(n1,0)`"),
    ] {
        let refused = refused(&question);
        assert!(refused.starts_with(said), "{said}, not {refused}");
    }
    let most = Question { from: Some("1.2"), to, exhaustive: true, ..q };
    assert_eq!(Scenario::new(&most).unwrap().path.len(), 6, "756,756 orders");
}

#[test]
fn a_question_goes_line_by_line_straight_or_back() {
    let asked = |from, to, is_straight| {
        let question =
            Question { from: Some(from), to: Some(to), is_straight, nodes: 1, ..QUESTION };
        Scenario::new(&question).map(|it| it.plan.to_string()).unwrap_or_else(|it| it.to_string())
    };
    assert_eq!(asked("1.3", "1.5", false), "seed(0) n1:1.3 n1=1.4 n1=1.5");
    assert_eq!(asked("1.3", "1.5", true), "seed(0) n1:1.3 n1=1.5");
    assert_eq!(asked("1.5", "1.3", false), "seed(0) n1:1.5 n1=1.4 n1=1.3");
    assert_eq!(asked("1.7.2", "1.4.2", false), "seed(0) n1:1.7.2 n1=1.6 n1=1.5 n1=1.4.2");
    assert_eq!(asked("1.4", "1.4", false), "from 1.4 to 1.4 there is nothing to do");
}

#[test]
fn bugs_that_nodes_do_not_have_are_refused() {
    let all = planted::PLANTED.iter();
    let of_sessions: Vec<&str> =
        all.filter(|bug| bug.site() == planted::Site::Session).map(|bug| bug.id).collect();
    assert_eq!(of_sessions.len(), 13);
    for id in of_sessions {
        let said = format!("bug {id} is one of sessions under scripts");
        assert!(refused(&Question { bug: Some(id), ..QUESTION }).starts_with(&said));
    }
}

#[test]
fn seeds_go_in_the_order_that_was_asked_for() {
    let plan = |order, seeds, seed| {
        let scenario = Scenario::new(&Question { order, seeds, seed, ..QUESTION }).unwrap();
        scenario.draft(seed).draw().to_string()
    };
    let orders = |order, seeds| {
        let plans = (0..20).map(|seed| plan(order, seeds, seed));
        plans.map(|plan| plan.split_once(' ').unwrap().1.to_owned()).collect::<BTreeSet<_>>()
    };
    assert_eq!(orders(Some("n2"), Some(5)), ["n1:1.3 n2:1.3 n3:1.3 n2=1.4".to_owned()].into());
    assert!(orders(None, Some(5)).len() > 1, "without a word they are drawn");
    assert_eq!(orders(None, None), ["n1:1.3 n2:1.3 n3:1.3 n1=1.4 n2=1.4 n3=1.4".to_owned()].into());
}

#[test]
fn who_asks_for_troubles_hears_which_do_not_come() {
    let left_out = |names: &str, to, seeds| {
        let faults = faults(names);
        let question = Question { to: Some(to), faults: &faults, seeds, ..QUESTION };
        Scenario::new(&question).unwrap().left_out()
    };
    assert_eq!(left_out("skip", "1.4", Some(50)), ["skip"], "there is nothing to leave out");
    assert!(left_out("skip", "1.6", Some(50)).is_empty());
    assert!(left_out("all", "1.6", Some(50)).is_empty());
    assert!(!left_out("all", "1.4", None).is_empty(), "one plan has not all of them");
}

/// What a walk of nodes with the faults of released servers is counted as, along a path.
fn counted(with: &str, path: &[Release]) -> Grid {
    let quirks = WithQuirks::REPAIRED.with(quirks(&[with.to_owned()]).unwrap());
    let cluster = Cluster { quirks, ..Cluster::default() };
    let (walk, exercises) = cluster.exhaust(3, path, &|| ());
    assert!(!walk.failures.is_empty());
    let mut walks = Walks::new("all");
    walks.record(path, &walk, exercises, "");
    let grid = walks.grid;
    for (column, there_are) in [
        ("states", walk.lattice.states()),
        ("moves", 2 * walk.lattice.edges()),
        ("orders", walk.lattice.orders()),
    ] {
        let column = grid.columns().iter().position(|name| name == column);
        let cell = column.map(|column| grid.column_tally(column)).unwrap_or_default();
        assert!(cell.total() <= there_are, "{cell:?} of {there_are}");
    }
    grid
}

#[test]
fn findings_of_a_walk_have_an_address_each_and_are_counted_once() {
    let path = path("1.3".parse().unwrap(), "1.5".parse().unwrap()).unwrap();
    for with in [Quirk::MisroutesRelease, Quirk::NeverPolls] {
        let grid = counted(with.row().id, &path);
        let addresses: BTreeSet<&str> = grid.findings().iter().map(|it| it.case.as_str()).collect();
        assert_eq!(addresses.len(), grid.findings().len());
    }
}

#[test]
fn a_plan_is_shrunk_to_its_own_failure() {
    let line = "n1:1.3 n2:1.3 n3:1.3 slow(n1,n2,5000) heal() n3=1.4";
    let plan = Plan::parse(line, |name| name.parse().ok()).unwrap();
    let quirks = WithQuirks::REPAIRED.with(quirks(&faults("R30")).unwrap());
    let cluster = Cluster { quirks, ..Cluster::default() };
    let shrunk = cluster.shrink(&plan).unwrap();
    assert_eq!(shrunk.plan.to_string(), "seed(0) n1:1.3 n3:1.3 n3=1.4");
}
