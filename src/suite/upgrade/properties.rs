//! What must hold in a cluster after every step of an upgrade.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::availability::{Memory, Reach};
use super::machine::Machine;
use super::{exercise, expected, log, pairs, partitions};
use crate::fabric::node::{ROUND, SUSPECT_ROUNDS};
use crate::harness::upgrade::event::Violation;
use crate::harness::upgrade::judge::{Judge, Standing};
use crate::harness::upgrade::outlook::Outlook;
use crate::harness::upgrade::time::Time;
use crate::harness::upgrade::world::{NodeView, World};

/// What nodes have to settle after a step, in milliseconds of virtual time: then two live nodes that
/// share a version see each other, and a dead one is seen to be dead. The longest wait between two
/// dials is among it, also where ways are slow, and dials have failed before.
///
/// It is so much more that nothing is on its way in the end, and that with the grace time of a process it is
/// a whole number of the times between two appends: in whichever steps nodes were started, their rounds are
/// at the same times. So orders differ by what was done, and not by when.
pub(super) const SETTLE_MS: u64 = 4 * SUSPECT_ROUNDS as u64 * ROUND.as_millis() as u64 + 700;

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
    /// A node without a common version is not refused as it should be.
    NotRefused,
    /// A peer is dialled again and again.
    TooManyDials,
    /// A call has no outcome in time, or more than one.
    Outcomes,
    /// A node could not make sense of what another one sent.
    Misunderstood,
    /// What was acknowledged is not stored.
    LostRecord,
    /// Nothing is acknowledged any more.
    NoProgress,
    /// Nodes know different runs of one node.
    OldMetadata,
    /// A message between two nodes ended otherwise than its gates say.
    Exercise,
    /// No other running node can work together with a node.
    Unreachable,
    /// Two running nodes cannot work together.
    Split,
    /// Too few nodes can work together with the sequencer of the log.
    NoMajority,
    /// Nothing was acknowledged for too long, whatever the reason.
    Stalled,
    /// The processor of a partition on a running node does not get past a record.
    StoppedProcessor,
    /// No processor of a partition on a running node does.
    StoppedPartition,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 18] = [
        Self::NotSeenAlive,
        Self::SeenAlive,
        Self::WrongVersion,
        Self::OldRun,
        Self::NotRefused,
        Self::TooManyDials,
        Self::Outcomes,
        Self::Misunderstood,
        Self::LostRecord,
        Self::NoProgress,
        Self::OldMetadata,
        Self::Exercise,
        Self::Unreachable,
        Self::Split,
        Self::NoMajority,
        Self::Stalled,
        Self::StoppedProcessor,
        Self::StoppedPartition,
    ];

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotSeenAlive => "not seen alive",
            Self::SeenAlive => "seen alive",
            Self::WrongVersion => "wrong version",
            Self::OldRun => "old run",
            Self::NotRefused => "not refused",
            Self::TooManyDials => "too many dials",
            Self::Outcomes => "outcomes",
            Self::Misunderstood => "misunderstood",
            Self::LostRecord => "lost record",
            Self::NoProgress => "no progress",
            Self::OldMetadata => "old metadata",
            Self::Exercise => "exercise",
            Self::Unreachable => "unreachable",
            Self::Split => "split",
            Self::NoMajority => "no majority",
            Self::Stalled => "stalled log",
            Self::StoppedProcessor => "stopped processor",
            Self::StoppedPartition => "stopped partition",
        }
    }

    /// What must hold, as a sentence.
    pub const fn requirement(self) -> &'static str {
        match self {
            Self::NotSeenAlive => "live nodes that share a version see each other alive",
            Self::SeenAlive => "nobody is taken for alive who gives no sign of life",
            Self::WrongVersion => "a connection has the version that its handshake gives",
            Self::OldRun => "nothing of a node's last run survives its restart",
            Self::NotRefused => "who shares no version is refused, with the status of the release",
            Self::TooManyDials => "between dials of one peer the waits grow longer",
            Self::Outcomes => "every call has exactly one outcome, and has it in time",
            Self::Misunderstood => "what a live node sends another one makes sense there",
            Self::LostRecord => "what was acknowledged is stored by more than half of the nodes",
            Self::NoProgress => "who reaches the sequencer, and it a majority, can append",
            Self::OldMetadata => "in the end, nodes that share a version know the same runs of all",
            Self::Exercise => "a message gets its answer, or the refusal that its gates demand",
            Self::Unreachable => "every running node can be reached by another one",
            Self::Split => "every two running nodes can ask each other",
            Self::NoMajority => "the sequencer of the log reaches more than half of the nodes",
            Self::Stalled => "the log goes on at least every 30 seconds",
            Self::StoppedProcessor => "every running node reads what leaders write into the log",
            Self::StoppedPartition => "some running node can lead each partition: no call is lost",
        }
    }
}

/// The properties, with a count of what was tried of messages.
#[derive(Debug, Clone, Default)]
pub struct Properties {
    exercised: Arc<AtomicU64>,
    /// Messages that ended as a known fault has it.
    spoiled: Arc<AtomicU64>,
    at_every_step: bool,
    memory: Memory,
}

impl Properties {
    /// Those of a plan that is run by itself: messages are tried after every step. In a walk, which
    /// comes to a state on many ways, they are tried once in each state, as at the end of a plan.
    pub fn of_plan() -> Self {
        Self { at_every_step: true, ..Self::default() }
    }

    /// How many messages between nodes ended as they should, in all worlds that were judged.
    pub fn exercised(&self) -> u64 {
        self.exercised.load(Ordering::Relaxed)
    }

    /// How many ended as a known fault has it.
    pub fn spoiled(&self) -> u64 {
        self.spoiled.load(Ordering::Relaxed)
    }
}

/// A node as judges see it.
pub(super) type View<'a> = NodeView<'a, Machine>;

/// A world when its nodes have settled.
pub(super) struct Scene<'a> {
    world: &'a World<Machine>,
    /// Nodes by their index, those that are down too.
    pub(super) nodes: Vec<NodeView<'a, Machine>>,
    /// When the nodes were left to themselves.
    pub(super) since: Time,
}

impl<'a> Scene<'a> {
    pub(super) fn of(world: &'a World<Machine>) -> Self {
        let since = Time::from_ms(world.now().ms().saturating_sub(SETTLE_MS));
        Self { world, nodes: world.nodes().collect(), since }
    }

    /// The present moment.
    pub(super) fn now(&self) -> Time {
        self.world.now()
    }

    /// The nodes that are running, with their indices.
    pub(super) fn running(&self) -> impl Iterator<Item = (usize, &NodeView<'a, Machine>)> {
        self.nodes.iter().enumerate().filter(|(_, node)| node.is_running)
    }

    /// Whether nothing is held back between two nodes.
    pub(super) fn is_connected(&self, a: usize, b: usize) -> bool {
        !self.world.is_partitioned(a, b) && !self.world.is_partitioned(b, a)
    }

    /// When the plan last had nodes or ways taken away.
    pub(super) fn last_disturbed(&self) -> Option<Time> {
        self.world.last_disturbed()
    }

    /// Whether all goes its way between two nodes, as fast as usual.
    pub(super) fn is_undisturbed(&self, a: usize, b: usize) -> bool {
        let is_slowed = |from, to| self.world.is_slowed(from, to);
        self.is_connected(a, b) && !is_slowed(a, b) && !is_slowed(b, a)
    }
}

impl Judge<Machine> for Properties {
    fn after_step(&mut self, world: &World<Machine>, _step: usize) -> Vec<Violation> {
        let scene = Scene::of(world);
        let found = self.check(&scene);
        if self.at_every_step { self.with_messages(world, found) } else { found }
    }

    fn at_end(&mut self, world: &World<Machine>) -> Vec<Violation> {
        let scene = Scene::of(world);
        let mut found = self.check(&scene);
        let mut metadata = Vec::new();
        pairs::check_metadata(&scene, &mut metadata);
        expected::attribute(&scene, &mut metadata);
        found.extend(metadata);
        self.with_messages(world, found)
    }

    fn outlook(&self, world: &World<Machine>, outlook: &mut Outlook) -> bool {
        self.memory.outlook(world, outlook);
        true
    }

    fn standing(&self, world: &World<Machine>) -> Standing {
        Reach::of(&Scene::of(world)).standing()
    }
}

impl Properties {
    /// What must hold whenever nodes have settled.
    fn check(&mut self, scene: &Scene<'_>) -> Vec<Violation> {
        let mut found = check(scene);
        expected::attribute(scene, &mut found);
        partitions::check(scene, &mut found);
        let reach = Reach::of(scene);
        reach.check(&mut found);
        self.memory.check_stalls(&reach, &mut found);
        found
    }

    /// Messages are tried where nothing is wrong already that ends a run.
    fn with_messages(&self, world: &World<Machine>, mut found: Vec<Violation>) -> Vec<Violation> {
        if !found.iter().any(Violation::ends_a_run) {
            let (good, ended) = exercise::exercise(world);
            let known = ended.iter().filter(|it| it.fault.is_some()).count();
            self.exercised.fetch_add(good, Ordering::Relaxed);
            self.spoiled.fetch_add(u64::try_from(known).unwrap_or(u64::MAX), Ordering::Relaxed);
            found.extend(ended);
        }
        found
    }
}

/// What must hold whenever nodes have settled.
fn check(scene: &Scene<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    pairs::check(scene, &mut found);
    for (a, node) in scene.running() {
        check_outcomes(scene, a, node, &mut found);
    }
    log::check(scene, &mut found);
    found
}

fn check_outcomes(
    scene: &Scene<'_>,
    a: usize,
    node: &NodeView<'_, Machine>,
    found: &mut Vec<Violation>,
) {
    let ledger = node.process.node.ledger();
    // Who is woken late, is so by a round at most.
    let now = Duration::from_millis(scene.now().ms());
    let overdue = ledger.overdue(now.saturating_sub(ROUND));
    let (made, resolved, open) = (ledger.made(), ledger.resolved(), ledger.open());
    let accounted = resolved + u64::try_from(open).unwrap_or(u64::MAX);
    if made != accounted || overdue > 0 {
        let what = format!(
            "{} made {made} calls and saw {resolved} outcomes; {open} are open, and {overdue} of \
             them should not be any more",
            node.name
        );
        found.push(Violation::of_node(Kind::Outcomes.name(), a, what));
    }
}
