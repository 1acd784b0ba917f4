//! The planner: from nodes, releases, an order and a seed to a plan.

use std::collections::BTreeSet;
use std::fmt::Display;

use super::{Plan, Step};

/// In which order nodes are upgraded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// From the first to the last.
    Forward,
    /// From the last to the first.
    Backward,
    /// Decided by the seed, for each release anew.
    Drawn,
    /// This one, as indices. Nodes that are left out stay behind.
    Given(Vec<usize>),
}

/// What a plan may have beside plain upgrades.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// A node crashes and comes back.
    Crash,
    /// A node crashes in the middle of a handshake.
    Handshake,
    /// What one node sends another does not arrive for a while.
    Partition,
    /// The way from one node to another is slow for a while.
    Slow,
    /// The connections between two nodes break.
    Break,
    /// A node restarts with the release that it has.
    Restart,
    /// A node goes back to the release before, and is upgraded again later.
    Rollback,
    /// Two nodes are upgraded at once.
    Together,
    /// A node leaves out a release on the way.
    Skip,
    /// A node stays with the release before the last one.
    Behind,
    /// A node of the last release joins.
    Join,
}

impl Trouble {
    /// Every kind, with its name.
    pub const ALL: [(Self, &'static str); 11] = [
        (Self::Crash, "crash"),
        (Self::Handshake, "handshake"),
        (Self::Partition, "partition"),
        (Self::Slow, "slow"),
        (Self::Break, "break"),
        (Self::Restart, "restart"),
        (Self::Rollback, "rollback"),
        (Self::Together, "together"),
        (Self::Skip, "skip"),
        (Self::Behind, "behind"),
        (Self::Join, "join"),
    ];

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == name).map(|(trouble, _)| trouble)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(known, _)| *known == self).map_or("", |(_, name)| name)
    }
}

/// The longest that a disturbance lasts if nothing else comes after it.
const WAIT_MAX_MS: u64 = 6_000;
/// The most that a slow way takes longer.
const SLOW_MAX_MS: u64 = 800;
/// The last frame at which a node crashes: behind it the handshakes are over.
const FRAME_MAX: u32 = 8;

/// What a plan is made from.
#[derive(Debug, Clone)]
pub struct Draft<'a, R> {
    /// How many nodes there are at first; they are called n1, n2 and so on.
    pub nodes: usize,
    /// The releases from the first to the last, one move each.
    pub path: &'a [R],
    /// In which order nodes are upgraded.
    pub order: &'a Order,
    /// What else may come; each of them may be left out by the seed.
    pub troubles: &'a [Trouble],
    /// Decides all that is left to chance, also while the plan runs.
    pub seed: u64,
}

impl<R: Clone + PartialEq + Display> Draft<'_, R> {
    /// The plan. At its end the network is whole and every node is up. There are no steps if the path
    /// has only one release, and no nodes if it has none.
    pub fn draw(&self) -> Plan<R> {
        self.drawn().plan
    }

    /// The kinds of trouble that were asked for and are not in the plan, by the decision of the seed
    /// or because nothing there can have them.
    pub fn left_out(&self) -> Vec<Trouble> {
        let drawn = self.drawn().came;
        self.troubles.iter().copied().filter(|trouble| !drawn.contains(trouble)).collect()
    }

    fn drawn(&self) -> Pen<'_, R> {
        let first = self.path.first().into_iter();
        let nodes = first
            .flat_map(|first| (1..=self.nodes).map(|number| (format!("n{number}"), first.clone())));
        let nodes: Vec<(String, R)> = nodes.collect();
        let mut pen = Pen {
            draft: self,
            rng: fastrand::Rng::with_seed(self.seed),
            at: vec![0; nodes.len()],
            plan: Plan { nodes, steps: Vec::new(), seed: self.seed },
            is_disturbed: false,
            came: BTreeSet::new(),
        };
        for target in 1..self.path.len() {
            pen.hop(target);
        }
        if pen.is_disturbed {
            pen.plan.steps.push(Step::Heal);
        }
        pen
    }
}

struct Pen<'a, R> {
    draft: &'a Draft<'a, R>,
    rng: fastrand::Rng,
    plan: Plan<R>,
    /// How far on the path each node is.
    at: Vec<usize>,
    is_disturbed: bool,
    /// What is in the plan.
    came: BTreeSet<Trouble>,
}

impl<R: Clone + PartialEq + Display> Pen<'_, R> {
    /// Whether a kind of trouble is wanted, and comes now.
    fn comes(&mut self, trouble: Trouble) -> bool {
        self.draft.troubles.contains(&trouble) && self.rng.u32(0..3) == 0
    }

    fn push(&mut self, step: Step<R>) {
        self.plan.steps.push(step);
    }

    fn upgrade(&mut self, node: usize, to: usize) {
        let Some(release) = self.draft.path.get(to).cloned() else { return };
        if let Some(at) = self.at.get_mut(node) {
            *at = to;
        }
        self.push(Step::Upgrade { node, to: release });
    }

    /// Moves the nodes to the next release.
    fn hop(&mut self, target: usize) {
        let is_last = target + 1 == self.draft.path.len();
        let mut waiting = self.order();
        let behind = (is_last && self.comes(Trouble::Behind))
            .then(|| self.rng.usize(0..self.at.len().max(1)));
        if behind.is_some() {
            self.came.insert(Trouble::Behind);
        }
        waiting.retain(|node| Some(*node) != behind);
        if !is_last && self.comes(Trouble::Skip) && !waiting.is_empty() {
            waiting.remove(self.rng.usize(0..waiting.len()));
            self.came.insert(Trouble::Skip);
        }
        let mut waiting = waiting.into_iter().peekable();
        while let Some(node) = waiting.next() {
            match waiting.peek().copied() {
                Some(other) if self.comes(Trouble::Together) => {
                    waiting.next();
                    self.together(node, other, target);
                }
                _ => self.upgrade(node, target),
            }
            if self.comes(Trouble::Rollback) {
                self.roll_back(node, target);
            }
            self.disturb();
            if is_last && !self.came.contains(&Trouble::Join) && self.comes(Trouble::Join) {
                self.join(target);
            }
        }
    }

    fn order(&mut self) -> Vec<usize> {
        let mut nodes: Vec<usize> = (0..self.at.len()).collect();
        match self.draft.order {
            Order::Forward => {}
            Order::Backward => nodes.reverse(),
            Order::Drawn => self.rng.shuffle(&mut nodes),
            Order::Given(given) => {
                return given.iter().copied().filter(|node| nodes.contains(node)).collect();
            }
        }
        nodes
    }

    fn together(&mut self, node: usize, other: usize, target: usize) {
        let Some(to) = self.draft.path.get(target).cloned() else { return };
        for moved in [node, other] {
            if let Some(at) = self.at.get_mut(moved) {
                *at = target;
            }
        }
        self.push(Step::Together { nodes: vec![node, other], to });
        self.came.insert(Trouble::Together);
    }

    /// Back to the release before, and forth again.
    fn roll_back(&mut self, node: usize, target: usize) {
        self.came.insert(Trouble::Rollback);
        self.upgrade(node, target - 1);
        self.disturb();
        self.upgrade(node, target);
    }

    fn join(&mut self, target: usize) {
        let Some(release) = self.draft.path.get(target).cloned() else { return };
        self.came.insert(Trouble::Join);
        self.push(Step::Join { name: format!("n{}", self.at.len() + 1), release });
        self.disturb();
    }

    /// Perhaps a disturbance, perhaps the end of one.
    fn disturb(&mut self) {
        if self.is_disturbed && self.rng.bool() {
            self.is_disturbed = false;
            self.push(Step::Heal);
        }
        let kinds = [
            Trouble::Crash,
            Trouble::Handshake,
            Trouble::Partition,
            Trouble::Slow,
            Trouble::Break,
            Trouble::Restart,
        ];
        for kind in kinds {
            if self.comes(kind) {
                self.disturb_by(kind);
            }
        }
    }

    fn disturb_by(&mut self, kind: Trouble) {
        let node = self.rng.usize(0..self.at.len().max(1));
        let others = self.at.len().saturating_sub(1);
        let other = (others > 0).then(|| (node + 1 + self.rng.usize(0..others)) % self.at.len());
        match (kind, other) {
            (Trouble::Crash, _) => {
                self.push(Step::Crash { node });
                self.wait();
                self.push(Step::Restart { node });
            }
            (Trouble::Handshake, _) => {
                let frame = self.rng.u32(1..=FRAME_MAX);
                self.push(Step::CrashAtFrame { node, frame });
                self.push(Step::Restart { node });
            }
            (Trouble::Partition, Some(to)) => {
                self.push(Step::Partition { from: node, to });
                self.is_disturbed = true;
                self.wait();
            }
            (Trouble::Slow, Some(to)) => {
                let by_ms = self.rng.u64(1..=SLOW_MAX_MS);
                self.push(Step::Slow { from: node, to, by_ms });
                self.is_disturbed = true;
            }
            (Trouble::Break, Some(b)) => {
                self.push(Step::Break { a: node, b });
                self.wait();
            }
            (Trouble::Restart, _) => self.push(Step::Restart { node }),
            _ => return,
        }
        self.came.insert(kind);
    }

    fn wait(&mut self) {
        let ms = self.rng.u64(1..=WAIT_MAX_MS);
        self.push(Step::Wait { ms });
    }
}
