//! A rolling upgrade of real nodes: the plan of it, what was seen, and what is made of that. What must
//! hold is what must hold of a simulated one, as far as it can be seen from outside.

mod judge;
#[cfg(test)]
mod tests;
mod told;

use std::collections::BTreeSet;
use std::time::Duration;

pub use self::judge::judged;
use super::life::Life;
use super::tape::{StreamOf, Taped};
use crate::fabric::envelope::GenerationalNodeId;
use crate::fabric::release::Release;
use crate::harness::upgrade::plan::{Plan, Step};
use crate::suite::upgrade::Machine;

/// Nodes of a cluster.
pub const NODES: usize = 3;

/// The plan that takes nodes from release to release, in an order of the nodes; the first of them goes
/// back once, if that is wanted.
pub fn plan(path: &[Release], order: &[usize], goes_back: bool) -> Plan<Release> {
    let first = path.first().copied();
    let nodes = (1..=NODES).filter_map(|number| Some((format!("n{number}"), first?)));
    let mut steps = Vec::new();
    for window in path.windows(2) {
        let [from, to] = [window.first(), window.last()].map(|it| it.copied());
        let (Some(from), Some(to)) = (from, to) else { continue };
        for (index, node) in order.iter().copied().enumerate() {
            steps.push(Step::Upgrade { node, to });
            if goes_back && index == 0 {
                steps.push(Step::Upgrade { node, to: from });
                steps.push(Step::Upgrade { node, to });
            }
        }
    }
    Plan { nodes: nodes.collect(), steps, seed: 0 }
}

/// An order of nodes, as it is asked for, and as it stands in the addresses of cases.
pub fn order_name(order: &[usize]) -> String {
    order.iter().map(|node| format!("n{}", node + 1)).collect::<Vec<_>>().join(",")
}

/// A plan as a tree, to be read before it runs.
pub fn tree(plan: &Plan<Release>) -> String {
    plan.tree::<Machine>()
}

/// What a step does, in words.
pub fn label(plan: &Plan<Release>, step: usize) -> String {
    plan.label::<Machine>(step)
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// When it began, and when nodes had settled.
    pub time: (Duration, Duration),
    /// Who does not see whom alive, if somebody does not.
    pub unseen: Option<String>,
    /// Whether an invocation was taken afterwards.
    pub goes_on: bool,
    /// What nodes say to the processes that a node had before; nothing if none had one.
    pub old_runs: Option<OldRuns>,
}

/// What nodes say to processes of a node that has a newer one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OldRuns {
    /// Who takes one, in words.
    pub taken: Vec<String>,
    /// Who does not answer one, in words.
    pub silent: Vec<String>,
}

impl OldRuns {
    /// Notes whether a node takes a process after which a newer one came; nothing if it does not say.
    pub fn note(
        &mut self,
        node: usize,
        [process, newest]: [GenerationalNodeId; 2],
        answer: Option<bool>,
    ) {
        let (name, whom) = (node + 1, format!("{process}, after which came {newest}"));
        match answer {
            Some(true) => self.taken.push(format!("n{name} takes {whom}")),
            Some(false) => {}
            None => self.silent.push(format!("n{name} does not answer {whom}")),
        }
    }
}

/// An upgrade that was played.
#[derive(Debug, Clone)]
pub struct Played {
    /// Every process, in the order in which they started.
    pub lives: Vec<Life>,
    /// What came of each step, from the start on.
    pub stages: Vec<Stage>,
    /// All that nodes said to each other.
    pub frames: Vec<Taped>,
    /// When streams ended.
    pub ends: Vec<(Duration, StreamOf)>,
    /// Directions of streams that could not be read.
    pub unreadable: u64,
    /// The invocations that were taken, and when.
    pub taken: Vec<(Duration, String)>,
    /// Those that the cluster has in the end, or why it does not say.
    pub kept: Result<BTreeSet<String>, String>,
    /// When it was over.
    pub end: Duration,
}

impl Played {
    /// The recording, in the form that `captures` reads.
    pub fn recording(&self) -> String {
        self.frames.iter().map(|frame| frame.line() + "\n").collect()
    }
}
