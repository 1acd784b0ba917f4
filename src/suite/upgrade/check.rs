//! The part of the main job that walks every order of an upgrade.

use std::collections::BTreeSet;

use super::story::{finding, names, unjudged};
use super::{Cluster, Exercises, windows};
use crate::fabric::release::Release;
use crate::harness::report::{Grid, Table};
use crate::harness::upgrade::run::Failure;
use crate::harness::upgrade::{Lattice, Walk, WalkFailure};
use crate::harness::verdict::{CaseId, Finding, Verdict};

/// The grid of every order of an upgrade, by what was walked.
const GRID: &str = "every order of an upgrade of three nodes";

/// How many nodes are upgraded.
const NODES: usize = 3;

/// How many moves [`verdicts`] makes.
pub fn moves() -> u64 {
    let lattice = |window: &Vec<Release>| Lattice { nodes: NODES, lines: window.len() };
    windows().iter().map(|window| lattice(window).beginnings()).sum()
}

/// Walks every window of four lines: the verdicts, and how much of the space was walked. `advance`
/// is called after each move.
pub fn verdicts(cluster: &Cluster, options: &str, advance: &(dyn Fn() + Sync)) -> (Grid, Table) {
    let (mut grid, mut table) = (Grid::new(GRID), space());
    for window in windows() {
        let (walk, exercises) = cluster.exhaust(NODES, &window, advance);
        record((&mut grid, &mut table), &window, &walk, exercises, options);
    }
    (grid, table)
}

/// An empty table of what was walked, of what there is.
pub(super) fn space() -> Table {
    Table::new("walked", ["releases", "states", "edges", "orders", "messages between pairs"])
}

/// Records what a walk went by: each state, edge, order and message that was as it should be, and
/// what was not. What depends on a state alone stands with the states; every other failure stands with
/// the orders, of which it ends at least one.
pub(super) fn record(
    (grid, table): (&mut Grid, &mut Table),
    path: &[Release],
    walk: &Walk<Release>,
    exercises: Exercises,
    options: &str,
) {
    let names = names(path);
    let (Some(from), Some(to)) = (names.first(), names.last()) else { return };
    let row = format!("{from} to {to}");
    for failure in &walk.failures {
        let finding = finding(&failure.plan, &as_failure(failure), options);
        let case = finding.case.clone();
        let column = if failure.is_of_state { "states" } else { "orders" };
        grid.record(&row, column, &case, Verdict::from(finding));
    }
    let lattice = walk.lattice;
    if let Some(reason) = unjudged(path).filter(|_| lattice.nodes > 1) {
        let case = CaseId::from_segments(["upgrade", from, to, "unjudged"]);
        grid.record(&row, "states", &case, Verdict::Skip(reason));
    }
    let failed_states: BTreeSet<_> = walk.failures.iter().map(WalkFailure::state).collect();
    let failed_edges: BTreeSet<_> = walk.failures.iter().filter_map(failed_edge).collect();
    let (states, edges) = (walk.states.len(), walk.edges.len());
    let counts = [
        ("states", states as u64, failed_states.len() as u64, lattice.states()),
        ("edges", edges as u64, failed_edges.len() as u64, lattice.edges()),
        ("orders", walk.orders, 0, lattice.orders()),
        ("messages", exercises.seen, 0, exercises.expected),
    ];
    let cells = counts.map(|(_, seen, _, expected)| format!("{seen} of {expected}"));
    table.rows.push(std::iter::once(row.clone()).chain(cells).collect());
    for (what, seen, failed, expected) in counts {
        let case = CaseId::from_segments(["upgrade", from, to, what]);
        let good = seen.min(expected).saturating_sub(failed);
        (0..good).for_each(|_| grid.record(&row, what, &case, Verdict::Pass));
        if seen != expected && walk.failures.is_empty() {
            let finding = Finding {
                case: case.clone(),
                requirement: "nothing of the space is left out".to_owned(),
                expected: expected.to_string(),
                actual: seen.to_string(),
                place: Some(what.to_owned()),
                repro: Some(format!(
                    "skewproof upgrade --from {from} --to {to} --exhaustive{options}"
                )),
            };
            grid.record(&row, what, &case, Verdict::from(finding));
        }
    }
}

/// The move that failed; the one that led to a state which fails by itself did not.
fn failed_edge(failure: &WalkFailure<Release>) -> Option<(Vec<usize>, usize)> {
    failure.edge().filter(|_| !failure.is_of_state)
}

/// A failure of a walk as one of its plan.
fn as_failure(failure: &WalkFailure<Release>) -> Failure<Release> {
    let plan = &failure.plan;
    let step = plan.steps.len();
    Failure {
        step,
        label: plan.label(step),
        seed: plan.seed,
        before: plan.nodes_after(step.saturating_sub(1)),
        after: plan.nodes_after(step),
        violations: failure.violations.clone(),
    }
}
