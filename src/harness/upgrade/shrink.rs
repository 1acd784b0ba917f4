//! From a plan that fails to one with fewer steps that fails in the same way.

use std::fmt::Display;

use super::event::Violation;
use super::judge::Judge;
use super::plan::Plan;
use super::process::Process;
use super::run::{Failure, Make, Runner};

/// A plan that cannot lose a step without ceasing to fail, unless the runs came to their end.
#[derive(Debug, Clone)]
pub struct Shrunk<R> {
    /// The plan.
    pub plan: Plan<R>,
    /// How it fails.
    pub failure: Failure<R>,
    /// How many runs that took.
    pub runs: usize,
}

impl<M> Runner<M> {
    /// Leaves out steps for as long as the plan fails in the same way, in at most so many runs: with
    /// the same kind of violation, at nodes of the same releases, and a panic in the same words. The
    /// same plan and judge give the same result. None if the plan does not fail.
    pub fn shrink<P: Process, J: Judge<P>>(
        &self,
        plan: &Plan<P::Release>,
        judge: impl Fn() -> J,
        runs_max: usize,
    ) -> Option<Shrunk<P::Release>>
    where
        M: Make<P>,
    {
        let mut runs = 1;
        let run = |plan: &Plan<P::Release>| self.run(plan, &mut judge()).failure;
        let failure = run(plan)?;
        let way = way(&failure);
        let mut best = Shrunk { plan: until(plan, failure.step), failure, runs };
        let mut chunk = best.plan.steps.len().div_ceil(2);
        while chunk > 0 {
            let mut has_changed = false;
            let mut end = best.plan.steps.len();
            while end > 0 && runs < runs_max {
                let begin = end.saturating_sub(chunk);
                let shorter = without(&best.plan, begin, end);
                runs += 1;
                match run(&shorter).filter(|failure| self::way(failure) == way) {
                    Some(failure) => {
                        let plan = until(&shorter, failure.step);
                        best = Shrunk { plan, failure, runs };
                        has_changed = true;
                        end = begin.min(best.plan.steps.len());
                    }
                    None => end = begin,
                }
            }
            if runs >= runs_max || (chunk == 1 && !has_changed) {
                break;
            }
            chunk = if chunk == 1 { 1 } else { chunk / 2 };
        }
        best.runs = runs;
        Some(best)
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
