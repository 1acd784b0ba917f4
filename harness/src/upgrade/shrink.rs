//! From a plan that fails to one with fewer steps and nodes that fails in the same way.

use std::fmt::Display;

use super::event::Violation;
use super::plan::Plan;
use super::run::Failure;

/// A plan that can lose neither a step nor a node without ceasing to fail, unless the runs came to
/// their end.
#[derive(Debug, Clone)]
pub struct Shrunk<R> {
    /// The plan.
    pub plan: Plan<R>,
    /// How it fails.
    pub failure: Failure<R>,
    /// How many runs that took.
    pub runs: usize,
}

/// Leaves out steps and nodes for as long as the plan fails in the same way, in at most so many runs:
/// with the same kind of violation, at nodes of the same releases, and a panic in the same words. `run`
/// runs a plan; if it is right each time, the same plan gives the same result. None if the plan does
/// not fail.
pub fn shrink<R: Clone + PartialOrd + Display>(
    plan: &Plan<R>,
    run: impl Fn(&Plan<R>) -> Option<Failure<R>>,
    runs_max: usize,
) -> Option<Shrunk<R>> {
    let failure = run(plan)?;
    let way = way(&failure);
    let best = Shrunk { plan: until(plan, failure.step), failure, runs: 1 };
    let mut search = Search { best, way, run, runs_max };
    search.leave_out_steps(search.best.plan.steps.len().div_ceil(2));
    if search.leave_out_nodes() {
        search.leave_out_steps(1);
    }
    Some(search.best)
}

struct Search<R, F> {
    best: Shrunk<R>,
    way: Option<Way>,
    run: F,
    runs_max: usize,
}

impl<R: Clone + PartialOrd + Display, F: Fn(&Plan<R>) -> Option<Failure<R>>> Search<R, F> {
    fn is_over(&self) -> bool {
        self.best.runs >= self.runs_max
    }

    /// Takes a shorter plan if it fails in the same way.
    fn takes(&mut self, shorter: &Plan<R>) -> bool {
        self.best.runs += 1;
        let failure = (self.run)(shorter).filter(|failure| way(failure) == self.way);
        let Some(failure) = failure else { return false };
        self.best.plan = until(shorter, failure.step);
        self.best.failure = failure;
        true
    }

    /// First so many steps at once, then fewer.
    fn leave_out_steps(&mut self, mut chunk: usize) {
        while chunk > 0 {
            let mut has_changed = false;
            let mut end = self.best.plan.steps.len();
            while end > 0 && !self.is_over() {
                let begin = end.saturating_sub(chunk);
                let shorter = without(&self.best.plan, begin, end);
                end = if self.takes(&shorter) {
                    has_changed = true;
                    begin.min(self.best.plan.steps.len())
                } else {
                    begin
                };
            }
            if self.is_over() || (chunk == 1 && !has_changed) {
                break;
            }
            chunk = if chunk == 1 { 1 } else { chunk / 2 };
        }
    }

    /// One node after the other, from behind; whether any was left out.
    fn leave_out_nodes(&mut self) -> bool {
        let mut has_changed = false;
        for node in (0..self.best.plan.nodes.len()).rev() {
            if self.best.plan.nodes.len() > 1 && !self.is_over() {
                let shorter = self.best.plan.without_node(node);
                has_changed |= self.takes(&shorter);
            }
        }
        has_changed
    }
}

/// In which way a plan fails, by its first violation.
#[derive(Debug, PartialEq, Eq)]
struct Way {
    kind: &'static str,
    /// The releases of the node and of the other one, if the violation is about some.
    releases: [Option<String>; 2],
    /// Panics of one kind are told apart by what they say.
    panic: Option<String>,
}

fn way<R: Display>(failure: &Failure<R>) -> Option<Way> {
    let violation = failure.violations.first()?;
    let release = |node: Option<usize>| {
        let (_, release) = failure.after.get(node?)?;
        Some(release.to_string())
    };
    let is_panic = violation.kind == Violation::PANIC;
    Some(Way {
        kind: violation.kind,
        releases: [violation.node, violation.peer].map(release),
        panic: is_panic.then(|| violation.what.clone()),
    })
}

/// A plan without what comes behind the step at which it fails.
fn until<R: Clone>(plan: &Plan<R>, step: usize) -> Plan<R> {
    let mut plan = plan.clone();
    plan.steps.truncate(step);
    plan
}

/// A plan without some of its steps, from behind: none of the others is renumbered by that.
fn without<R: Clone + PartialEq + Display>(plan: &Plan<R>, begin: usize, end: usize) -> Plan<R> {
    (begin..end).rev().fold(plan.clone(), |plan, step| plan.without(step + 1))
}
