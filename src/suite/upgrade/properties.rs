//! What must hold in a cluster after every step of an upgrade.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::exercise;
use super::machine::{Machine, node_id};
use crate::fabric::negotiation::handshake;
use crate::fabric::node::{ROUND, SUSPECT_ROUNDS};
use crate::fabric::release::Release;
use crate::fabric::version::ProtocolVersion;
use crate::harness::upgrade::event::Violation;
use crate::harness::upgrade::judge::Judge;
use crate::harness::upgrade::world::{NodeView, World};

/// Rounds of failure detection after which two live nodes that share a version see each other, and
/// a dead one is seen to be dead, where nothing disturbs them. The longest wait between two dials is
/// among them.
const ROUNDS_IN_PEACE: u64 = 2 * SUSPECT_ROUNDS as u64;
/// The same where ways are slow, and dials have failed before.
const ROUNDS_IN_TROUBLE: u64 = 2 * ROUNDS_IN_PEACE;
const ROUND_MS: u64 = ROUND.as_millis() as u64;

/// What nodes have to settle after a step of an order, in milliseconds of virtual time.
pub(super) const SETTLE_MS: u64 = ROUND_MS * ROUNDS_IN_PEACE;
/// What they have after a step of a plan with troubles.
pub(super) const SETTLE_IN_TROUBLE_MS: u64 = ROUND_MS * ROUNDS_IN_TROUBLE;

/// What was violated. A panic and a busy loop are seen by the harness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Two live nodes that share a version do not see each other.
    NotSeenAlive,
    /// A node takes one for alive that it cannot have heard of.
    SeenAlive,
    /// A connection has a version that the handshake does not give.
    WrongVersion,
    /// A connection is to a run of a node that is over.
    OldRun,
    /// A call has no outcome, or more than one.
    Outcomes,
    /// What was acknowledged is not stored.
    LostRecord,
    /// A message between two nodes ended otherwise than its gates say.
    Exercise,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::NotSeenAlive,
        Self::SeenAlive,
        Self::WrongVersion,
        Self::OldRun,
        Self::Outcomes,
        Self::LostRecord,
        Self::Exercise,
    ];

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotSeenAlive => "not seen alive",
            Self::SeenAlive => "seen alive",
            Self::WrongVersion => "wrong version",
            Self::OldRun => "old run",
            Self::Outcomes => "outcomes",
            Self::LostRecord => "lost record",
            Self::Exercise => "exercise",
        }
    }

    /// What must hold, as a sentence.
    pub const fn requirement(self) -> &'static str {
        match self {
            Self::NotSeenAlive => "live nodes that share a version see each other alive",
            Self::SeenAlive => "nobody is taken for alive who gives no sign of life",
            Self::WrongVersion => "a connection has the version that its handshake gives",
            Self::OldRun => "nothing of a node's last run survives its restart",
            Self::Outcomes => "every call has exactly one outcome",
            Self::LostRecord => "what was acknowledged is stored by more than half of the nodes",
            Self::Exercise => "a message gets its answer, or the refusal that its gates demand",
        }
    }
}

/// The properties, with a count of what was tried of messages.
#[derive(Debug, Clone, Default)]
pub struct Properties {
    exercised: Arc<AtomicU64>,
}

impl Properties {
    /// How many messages between nodes ended as they should, in all worlds that were judged.
    pub fn exercised(&self) -> u64 {
        self.exercised.load(Ordering::Relaxed)
    }
}

impl Judge<Machine> for Properties {
    fn after_step(&mut self, world: &World<Machine>, _step: usize) -> Vec<Violation> {
        let nodes: Vec<NodeView<'_, Machine>> = world.nodes().collect();
        let mut found = Vec::new();
        for (a, node) in nodes.iter().enumerate().filter(|(_, node)| node.is_running) {
            check_outcomes(a, node, &mut found);
            for (b, peer) in nodes.iter().enumerate().filter(|(b, _)| *b != a) {
                if world.is_partitioned(a, b) || world.is_partitioned(b, a) {
                    continue;
                }
                check_pair((a, node), (b, peer), &mut found);
            }
        }
        check_records(&nodes, &mut found);
        found
    }

    fn at_end(&mut self, world: &World<Machine>) -> Vec<Violation> {
        self.after_step(world, world.step())
    }

    fn at_state(&mut self, world: &World<Machine>) -> Vec<Violation> {
        let (count, found) = exercise::exercise(world);
        self.exercised.fetch_add(count, Ordering::Relaxed);
        found
    }
}

/// The version in which one release can ask another, if it can: on a connection that it dials, or
/// on one of the other that is for both directions.
pub(super) fn version_to_ask(asks: Release, asked: Release) -> Option<ProtocolVersion> {
    let by_own = handshake(asks, asked).ok();
    by_own.or_else(|| handshake(asked, asks).ok().filter(|_| dials_both_ways(asked)))
}

/// Whether a connection that a release dials to gossip, or for everything where it does not
/// gossip, is for requests in both directions (02 §3).
fn dials_both_ways(release: Release) -> bool {
    let has_lanes = release.is_at_least(4);
    let has_direction = release.is_at_least(3);
    has_lanes || !has_direction
}

fn check_pair(
    (a, node): (usize, &NodeView<'_, Machine>),
    (b, peer): (usize, &NodeView<'_, Machine>),
    found: &mut Vec<Violation>,
) {
    let (mine, theirs) = (node.process.node.release(), peer.process.node.release());
    let version = version_to_ask(mine, theirs).filter(|_| peer.is_running);
    let sees = node.process.node.sees_alive(node_id(b));
    let mut add = |kind: Kind, what: String| {
        found.push(Violation::of_pair(kind.name(), a, b, what));
    };
    let (name, other) = (node.name, peer.name);
    match (version, sees) {
        (Some(version), false) => add(
            Kind::NotSeenAlive,
            format!("{name} ({mine}) takes {other} ({theirs}) for dead, and they share {version}"),
        ),
        (None, true) => add(
            Kind::SeenAlive,
            format!("{name} ({mine}) takes {other} ({theirs}) for alive, which cannot be"),
        ),
        _ => {}
    }
    let agreed = [handshake(mine, theirs).ok(), handshake(theirs, mine).ok()];
    for (version, generation) in node.process.node.connections(node_id(b)) {
        if !agreed.contains(&Some(version)) {
            let what = format!("{name} ({mine}) speaks {version} with {other} ({theirs})");
            add(Kind::WrongVersion, what);
        }
        if generation != peer.generation || !peer.is_running {
            let what = format!(
                "{name} has a connection to run {generation} of {other}, which is at {}",
                peer.generation
            );
            add(Kind::OldRun, what);
        }
    }
}

fn check_outcomes(a: usize, node: &NodeView<'_, Machine>, found: &mut Vec<Violation>) {
    let (tally, open) = (node.process.node.tally(), node.process.node.open_calls());
    let accounted = tally.resolved + u64::try_from(open).unwrap_or(u64::MAX);
    if tally.made != accounted {
        let what = format!(
            "{} made {} calls, of which {} have an outcome and {open} are open",
            node.name, tally.made, tally.resolved
        );
        found.push(Violation::of_node(Kind::Outcomes.name(), a, what));
    }
}

/// Disks outlive processes: those of nodes that are down count, too.
fn check_records(nodes: &[NodeView<'_, Machine>], found: &mut Vec<Violation>) {
    for (a, node) in nodes.iter().enumerate() {
        for offset in &node.process.node.disk().acknowledged {
            let has =
                |node: &&NodeView<'_, Machine>| node.process.node.disk().stored.contains(offset);
            let stored = nodes.iter().filter(has).count();
            // A node that joins later was not there to be counted.
            let known = node.process.node.disk().generations.len().min(nodes.len());
            if stored * 2 < known {
                let what = format!(
                    "record {offset} was acknowledged to {}, and {stored} of {known} nodes have it",
                    node.name
                );
                found.push(Violation::of_node(Kind::LostRecord.name(), a, what));
            }
        }
    }
}
