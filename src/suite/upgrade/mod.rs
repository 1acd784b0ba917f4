//! Rolling upgrades of clusters whose nodes speak the fabric: which plans there are, what must hold,
//! and what is found.
//!
//! ```
//! use skewproof::suite::upgrade::{Cluster, path};
//!
//! let lines = path("1.4".parse()?, "1.5".parse()?).ok_or("no way from one to the other")?;
//! let plan = Cluster::default().rolling(2, &lines);
//! assert_eq!(plan.to_string(), "seed(0) n1:1.4 n2:1.4 n1=1.5 n2=1.5");
//! let run = Cluster::default().run(&plan);
//! assert!(run.failure.is_none());
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod availability;
mod away;
mod check;
mod dials;
mod exercise;
mod expected;
mod layer;
mod log;
mod machine;
mod pairs;
mod partitions;
mod processors;
mod properties;
mod question;
mod shares;
mod story;
mod told;

use std::sync::Arc;

use rayon::prelude::*;

pub use self::check::{Walks, moves, verdicts, windows_of};
pub use self::exercise::Exercises;
pub use self::machine::{Machine, Rejection};
pub use self::properties::{Kind, Properties};
pub use self::question::{Question, QuestionError, Scenario, cluster, options};
pub use self::shares::shares;
pub use self::story::{finding, of_orders, of_plan, of_seeds, ways};

use self::layer::Layer;
use self::processors::Processors;
use self::properties::SETTLE_MS;
use super::session::WithQuirks;
use super::subject::Subject;
use super::testee::Behind;
use crate::fabric::node::Disk;
use crate::fabric::release::{Release, ReleaseKind};
use crate::harness::upgrade::plan::{Draft, Order, Plan};
use crate::harness::upgrade::run::{Failure, Run, Runner};
use crate::harness::upgrade::world::Settings;
use crate::harness::upgrade::{Make, Shrunk, Walk, shrink};

/// Most runs that finding the shortest plan may take.
const SHRINK_RUNS_MAX: usize = 200;

/// What nodes of a simulated cluster are like.
#[derive(Clone, Default)]
pub struct Cluster {
    /// Faults of released servers that nodes have: by default those that each was shipped with.
    pub quirks: WithQuirks,
    /// The fabric with a bug in it, for all nodes; by default each is as it was released.
    pub subject: Option<Arc<dyn Subject>>,
    /// A testee, which reads and writes the payloads of all nodes of its release, and has their sessions if
    /// it has any that can learn of others.
    pub testee: Option<Arc<Behind>>,
}

impl Cluster {
    /// All nodes know each other from the beginning, those that join later as well: they are
    /// provisioned. 1.2 would let nobody in whom it does not know.
    fn runner(&self, nodes: usize, is_recording: bool) -> Runner<impl Make<Machine>> {
        let disk = Disk::of_cluster((0..nodes).map(machine::node_id));
        let layer = Layer::of(self.subject.clone());
        let make = move |index: usize, release: &Release| {
            let (id, partitions) = (machine::node_id(index), Processors::new(nodes));
            Machine::new((self, &layer), *release, (id, 1), disk.clone(), partitions)
        };
        let settings = Settings { is_recording, ..Settings::default() };
        Runner { settings, settle_ms: SETTLE_MS, make }
    }

    /// The plan that upgrades one node after the other, line by line.
    pub fn rolling(&self, nodes: usize, path: &[Release]) -> Plan<Release> {
        Draft { nodes, path, order: &Order::Forward, troubles: &[], seed: 0 }.draw()
    }

    /// Runs a plan with everything recorded.
    pub fn run(&self, plan: &Plan<Release>) -> Run<Machine> {
        self.runner(plan.names().len(), true).run(plan, &mut Properties::of_plan())
    }

    /// The shortest plan that fails as this one does; none if it does not fail.
    pub fn shrink(&self, plan: &Plan<Release>) -> Option<Shrunk<Release>> {
        shrink(plan, |plan| self.failure(plan), SHRINK_RUNS_MAX)
    }

    /// How a plan fails. Who does not join is not provisioned either.
    fn failure(&self, plan: &Plan<Release>) -> Option<Failure<Release>> {
        self.runner(plan.names().len(), false).run(plan, &mut Properties::of_plan()).failure
    }

    /// Every order of an upgrade of so many nodes along a path, and each pair of nodes with each
    /// message in every state on the way. `advance` is called for each move up when it is made first.
    pub fn exhaust(
        &self,
        nodes: usize,
        path: &[Release],
        advance: &(dyn Fn() + Sync),
    ) -> (Walk<Release>, Exercises) {
        let names: Vec<String> = (1..=nodes).map(|number| format!("n{number}")).collect();
        let properties = Properties::default();
        let walk = self.runner(nodes, false).walk(&names, path, 0, &properties, advance);
        let exercises = Exercises {
            seen: properties.exercised(),
            spoiled: properties.spoiled(),
            expected: exercise::count(nodes, path),
        };
        (walk, exercises)
    }

    /// Plans of a draft, one for each seed: those that failed. `advance` is called after each.
    pub fn random(
        &self,
        draft: &Draft<'_, Release>,
        seeds: std::ops::Range<u64>,
        advance: &(dyn Fn() + Sync),
    ) -> Vec<(Plan<Release>, Failure<Release>)> {
        let fails = |seed| {
            let plan = Draft { seed, ..draft.clone() }.draw();
            let failure = self.failure(&plan);
            advance();
            failure.map(|failure| (plan, failure))
        };
        seeds.into_par_iter().filter_map(fails).collect()
    }
}

/// The releases from one to another, line by line, up or back. A build that is no line stands at its
/// end of the path in the place of the line that it belongs to. None if there is nothing to go through.
pub fn path(from: Release, to: Release) -> Option<Vec<Release>> {
    if from == to {
        return None;
    }
    Some(std::iter::once(from).chain(left_out(from, to)).chain([to]).collect())
}

/// The lines that a move from one release straight to another one leaves out.
fn left_out(from: Release, to: Release) -> Vec<Release> {
    let (first, last) = if from < to { (from, to) } else { (to, from) };
    let is_between = |line: &Release| {
        line.row().kind == ReleaseKind::Line
            && line.minor() > first.minor()
            && line.minor() < last.minor()
    };
    let mut between: Vec<Release> = Release::lines().filter(is_between).collect();
    if from > to {
        between.reverse();
    }
    between
}

/// The windows of four adjacent lines that are walked exhaustively.
pub fn windows() -> Vec<Vec<Release>> {
    let lines: Vec<Release> =
        Release::lines().filter(|line| line.row().kind == ReleaseKind::Line).collect();
    lines.windows(4).map(<[Release]>::to_vec).collect()
}

#[cfg(test)]
mod tests;
