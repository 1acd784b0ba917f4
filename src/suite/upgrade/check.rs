//! The part of the main job that walks every order of an upgrade.

use std::collections::BTreeSet;

use super::machine::Machine;
use super::story::{finding_between, judged, names, unjudged};
use super::{Cluster, Exercises, windows};
use crate::fabric::release::Release;
use crate::harness::report::{Grid, Report, Table};
use crate::harness::requirement::Requirement;
use crate::harness::selection::Selection;
use crate::harness::upgrade::run::Failure;
use crate::harness::upgrade::{Lattice, Standing, Walk, WalkFailure};
use crate::harness::verdict::{CaseId, Finding, Verdict};
use crate::suite::check::Part;
use crate::suite::requirements;

/// The grid of every order of an upgrade, by what was walked.
const GRID: &str = "every order of an upgrade of three nodes";

/// How many nodes are upgraded.
const NODES: usize = 3;

/// The windows of four lines in which cases may be that are asked for.
pub fn windows_of(selection: &Selection) -> Vec<Vec<Release>> {
    let may_have = |window: &Vec<Release>| {
        let names = names(window);
        let (Some(from), Some(to)) = (names.first(), names.last()) else { return false };
        let of_window = format!("upgrade/{from}/{to}");
        let named =
            [STATES, MOVES, ORDERS, MESSAGES].map(|(_, requirement)| requirement.to_string());
        let mine = named.iter().chain([&of_window]).map(String::as_str);
        selection.may_have(&mine.collect::<Vec<_>>(), Part::Upgrades.roots())
    };
    windows().into_iter().filter(may_have).collect()
}

/// How many moves up [`verdicts`] makes.
pub fn moves(windows: &[Vec<Release>]) -> u64 {
    let lattice = |window: &Vec<Release>| Lattice { nodes: NODES, lines: window.len() };
    windows.iter().map(|window| lattice(window).edges()).sum()
}

/// What walks over every order gave.
#[derive(Debug, Clone)]
pub struct Walks {
    /// The verdicts.
    pub grid: Grid,
    /// How much of the space was walked.
    pub walked: Table,
    /// How healthy the orders are, and what spoils the others.
    pub orders: Table,
    /// The states in which not every two nodes can work together.
    pub parted: Table,
}

impl Walks {
    /// Nothing yet, in a grid of this name.
    pub(super) fn new(grid: &str) -> Self {
        let orders = ["releases", "orders", "healthy", "spoiled by", "through a split"];
        let states = ["whole states", "split", "without a majority", "an order without a split"];
        Self {
            grid: Grid::new(grid),
            walked: Table::new("walked", ["releases", "states", "moves", "orders", "messages"]),
            orders: Table::new("how the orders go", orders.into_iter().chain(states)),
            parted: Table::new(
                "states in which not all nodes can work together; all others are whole",
                ["releases", "nodes", "the cluster is"],
            ),
        }
    }

    /// Puts all of it into a report; the states by themselves only if they are asked for.
    pub fn add_to(self, report: &mut Report, are_states_asked_for: bool) {
        let parted = Some(self.parted).filter(|it| are_states_asked_for && !it.rows.is_empty());
        let tables = [self.walked, self.orders].into_iter().chain(parted);
        tables.for_each(|table| report.add_table(table.of(self.grid.name())));
        report.add(self.grid);
    }

    /// Records what a walk went by: each state, move, order and message that was as it should be or as
    /// it is known to be, and what was not. What depends on a state alone stands with the states; every
    /// other failure stands with the orders, of which it ends at least one.
    pub(super) fn record(
        &mut self,
        path: &[Release],
        walk: &Walk<Release>,
        exercises: Exercises,
        options: &str,
    ) {
        let names = names(path);
        let (Some(from), Some(to)) = (names.first(), names.last()) else { return };
        let row = format!("{from} to {to}");
        let grid = &mut self.grid;
        for failure in &walk.failures {
            let plan = &failure.plan;
            let finding = finding_between([from, to], (plan, &as_failure(failure)), plan, options);
            let (column, requirement) = if failure.is_of_state { STATES } else { ORDERS };
            let case = finding.case.clone().of(requirement);
            grid.record(&row, column, &case, judged(&failure.violations, finding));
        }
        let lattice = walk.lattice;
        if let Some(reason) = unjudged(path).filter(|_| lattice.nodes > 1) {
            let case = CaseId::from_segments(["upgrade", from, to, "unjudged"])
                .of(&requirements::UPGRADE_STATES);
            grid.record(&row, "states", &case, Verdict::Skip(reason));
        }
        let counts = counts(walk, exercises);
        let cells = counts.map(|(_, seen, _, expected)| format!("{seen} of {expected}"));
        self.walked.rows.push(std::iter::once(row.clone()).chain(cells).collect());
        for ((what, requirement), seen, failed, expected) in counts {
            let case = CaseId::from_segments(["upgrade", from, to, what]).of(requirement);
            let good = seen.min(expected).saturating_sub(failed);
            (0..good).for_each(|_| grid.record(&row, what, &case, Verdict::Pass));
            if seen != expected && walk.failures.is_empty() {
                let repro =
                    format!("skewproof upgrade --from {from} --to {to} --exhaustive{options}");
                grid.record(&row, what, &case, left_out(&case, what, [seen, expected], repro));
            }
        }
        self.orders.rows.push(health(&row, walk));
        self.parted.rows.extend(parted(&row, path, walk));
    }
}

/// Walks windows. `advance` is called for each move up when it is made first.
pub fn verdicts(
    cluster: &Cluster,
    windows: &[Vec<Release>],
    options: &str,
    advance: &(dyn Fn() + Sync),
) -> Walks {
    let mut walks = Walks::new(GRID);
    for window in windows {
        let (walk, exercises) = cluster.exhaust(NODES, window, advance);
        walks.record(window, &walk, exercises, options);
    }
    walks
}

/// A column, and the requirement that it is of.
type Column = (&'static str, &'static Requirement);

const STATES: Column = ("states", &requirements::UPGRADE_STATES);
const MOVES: Column = ("moves", &requirements::UPGRADE_MOVES);
const ORDERS: Column = ("orders", &requirements::UPGRADE_ORDERS);
const MESSAGES: Column = ("messages", &requirements::UPGRADE_MESSAGES);

/// What was walked: how many were seen, failed, and are there.
fn counts(walk: &Walk<Release>, exercises: Exercises) -> [(Column, u64, u64, u64); 4] {
    let lattice = walk.lattice;
    let failed_states: BTreeSet<_> = walk.failures.iter().map(|failure| &failure.state).collect();
    // The move that led to a state which fails by itself did not fail.
    let by_moves = walk.failures.iter().filter(|failure| !failure.is_of_state);
    let failed_moves: BTreeSet<_> = by_moves.filter_map(|failure| failure.last.as_ref()).collect();
    let tried = exercises.seen + exercises.spoiled;
    [
        (STATES, walk.states.len() as u64, failed_states.len() as u64, lattice.states()),
        (MOVES, walk.moves.len() as u64, failed_moves.len() as u64, 2 * lattice.edges()),
        (ORDERS, walk.orders, 0, lattice.orders()),
        (MESSAGES, tried, 0, exercises.expected),
    ]
}

fn left_out(case: &CaseId, what: &str, [seen, expected]: [u64; 2], repro: String) -> Verdict {
    Verdict::from(Finding {
        case: case.clone(),
        requirement: "nothing of the space is left out".to_owned(),
        expected: expected.to_string(),
        actual: seen.to_string(),
        place: Some(what.to_owned()),
        repro: Some(repro),
    })
}

/// How many orders are healthy, what spoils the others, and how the cluster stands on the way.
fn health(row: &str, walk: &Walk<Release>) -> Vec<String> {
    let spoiled: Vec<String> =
        walk.spoiled.iter().map(|(fault, orders)| format!("{fault}: {orders}")).collect();
    let avoiding = match &walk.avoiding {
        _ if walk.parted == 0 => "any".to_owned(),
        None => "none".to_owned(),
        Some(nodes) => {
            nodes.iter().map(|node| format!("n{}", node + 1)).collect::<Vec<_>>().join(" ")
        }
    };
    let [whole, split, without] = Standing::ALL.map(|it| walk.standing(it).to_string());
    let spoiled = if spoiled.is_empty() { "-".to_owned() } else { spoiled.join(", ") };
    let (orders, healthy) = (walk.orders.to_string(), walk.healthy.to_string());
    let parted = walk.parted.to_string();
    vec![row.to_owned(), orders, healthy, spoiled, parted, whole, split, without, avoiding]
}

/// The states that are not whole.
fn parted(row: &str, path: &[Release], walk: &Walk<Release>) -> Vec<Vec<String>> {
    let is_parted = |(_, standing): &(_, &Standing)| **standing != Standing::Whole;
    let release = |at: &usize| path.get(*at).map(ToString::to_string).unwrap_or_default();
    let node = |(index, at): (usize, &usize)| format!("n{} {}", index + 1, release(at));
    let state = |(state, standing): (&Vec<usize>, &Standing)| {
        let nodes: Vec<String> = state.iter().enumerate().map(node).collect();
        vec![row.to_owned(), nodes.join(", "), standing.word().to_owned()]
    };
    walk.states.iter().filter(is_parted).map(state).collect()
}

/// A failure of a walk as one of its plan.
fn as_failure(failure: &WalkFailure<Release>) -> Failure<Release> {
    let plan = &failure.plan;
    let step = plan.steps.len();
    Failure {
        step,
        label: plan.label::<Machine>(step),
        seed: plan.seed,
        before: plan.nodes_after(step.saturating_sub(1)),
        after: plan.nodes_after(step),
        violations: failure.violations.clone(),
    }
}
