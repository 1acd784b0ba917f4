//! A plan: which nodes there are, and what is done to them, step by step. It is decided before
//! anything runs, and a run takes nothing else.
//!
//! Steps that move or start a node are followed by time to settle. Disturbances are not: what comes
//! after them comes at once, unless a step waits. So `partition(n1,n2) wait(500) heal()` lasts for
//! half a second, and `crash(n1) n2=1.4` upgrades one node while another one is down.

mod draw;
mod line;
mod tree;

use std::fmt::Display;

pub use self::draw::{Draft, Order, Trouble};
pub use self::line::ParseError;

/// What is done. Nodes are indices; those that join get the next ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<R> {
    /// A node is stopped and comes back with another release, a newer or an older one. One that is
    /// down is only started.
    Upgrade {
        /// Which one.
        node: usize,
        /// With which release.
        to: R,
    },
    /// The same for several nodes at the same time.
    Together {
        /// Which ones.
        nodes: Vec<usize>,
        /// With which release.
        to: R,
    },
    /// A new node starts.
    Join {
        /// What it is called.
        name: String,
        /// With which release.
        release: R,
    },
    /// A node is stopped, if it runs, and comes back with the same release.
    Restart {
        /// Which one.
        node: usize,
    },
    /// A node is gone without a word, until it is restarted or upgraded.
    Crash {
        /// Which one.
        node: usize,
    },
    /// A node loses all its connections, and crashes when the `frame`-th frame after that reaches it:
    /// in the middle of a handshake. If no so many frames come it stays.
    CrashAtFrame {
        /// Which one.
        node: usize,
        /// Which frame, from 1 on.
        frame: u32,
    },
    /// What one node sends another does not arrive.
    Partition {
        /// Who sends.
        from: usize,
        /// Who does not receive.
        to: usize,
    },
    /// The network is as it was at first.
    Heal,
    /// What one node sends another takes longer.
    Slow {
        /// Who sends.
        from: usize,
        /// Who receives later.
        to: usize,
        /// By how much.
        by_ms: u64,
    },
    /// All connections between two nodes break.
    Break {
        /// One of them.
        a: usize,
        /// The other one.
        b: usize,
    },
    /// Something is said to a node that only its process can make sense of: a setting, or what its
    /// operator does.
    Tell {
        /// To which one.
        node: usize,
        /// What.
        word: String,
    },
    /// Time passes.
    Wait {
        /// How much.
        ms: u64,
    },
}

impl<R> Step<R> {
    /// Whether nodes get time to settle after it, and are judged then.
    pub const fn settles(&self) -> bool {
        match self {
            Self::Upgrade { .. }
            | Self::Together { .. }
            | Self::Join { .. }
            | Self::Restart { .. }
            | Self::CrashAtFrame { .. }
            | Self::Tell { .. }
            | Self::Heal => true,
            Self::Crash { .. }
            | Self::Partition { .. }
            | Self::Slow { .. }
            | Self::Break { .. }
            | Self::Wait { .. } => false,
        }
    }

    fn nodes_mut(&mut self) -> Vec<&mut usize> {
        match self {
            Self::Upgrade { node, .. }
            | Self::Restart { node }
            | Self::Crash { node }
            | Self::Tell { node, .. }
            | Self::CrashAtFrame { node, .. } => vec![node],
            Self::Together { nodes, .. } => nodes.iter_mut().collect(),
            Self::Partition { from: a, to: b }
            | Self::Slow { from: a, to: b, .. }
            | Self::Break { a, b } => vec![a, b],
            Self::Join { .. } | Self::Heal | Self::Wait { .. } => Vec::new(),
        }
    }
}

/// The nodes at first, and what is done. Step 0 is the start of all nodes; the steps of the plan are
/// numbered from 1 on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan<R> {
    /// Names and releases.
    pub nodes: Vec<(String, R)>,
    /// What is done, in order.
    pub steps: Vec<Step<R>>,
    /// What decides about chance while it runs.
    pub seed: u64,
}

impl<R: Clone + PartialEq + Display> Plan<R> {
    /// All nodes with the releases that they have after this step; step 0 is the start.
    pub fn nodes_after(&self, step: usize) -> Vec<(String, R)> {
        let mut nodes = self.nodes.clone();
        for step in self.steps.iter().take(step) {
            let moved: &[usize] = match step {
                Step::Upgrade { node, .. } => std::slice::from_ref(node),
                Step::Together { nodes, .. } => nodes,
                Step::Join { name, release } => {
                    nodes.push((name.clone(), release.clone()));
                    continue;
                }
                _ => continue,
            };
            let (Step::Upgrade { to, .. } | Step::Together { to, .. }) = step else { continue };
            for (index, (_, release)) in nodes.iter_mut().enumerate() {
                if moved.contains(&index) {
                    *release = to.clone();
                }
            }
        }
        nodes
    }

    /// What nodes are told, in order.
    pub fn told(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(|step| match step {
            Step::Tell { word, .. } => Some(word.as_str()),
            _ => None,
        })
    }

    /// The names of all nodes, those that join included.
    pub fn names(&self) -> Vec<String> {
        self.nodes_after(self.steps.len()).into_iter().map(|(name, _)| name).collect()
    }

    /// The plan without one of its steps, counted from 1 on. Without the step in which a node joins
    /// there is nothing to be done to that node either.
    #[must_use]
    pub fn without(&self, step: usize) -> Self {
        let mut plan = self.clone();
        if step == 0 || step > plan.steps.len() {
            return plan;
        }
        let removed = plan.steps.remove(step - 1);
        if matches!(removed, Step::Join { .. }) {
            let joins = |step: &&Step<R>| matches!(step, Step::Join { .. });
            let joined = self.steps.iter().take(step - 1).filter(joins).count();
            plan.forget(self.nodes.len() + joined);
        }
        plan
    }

    /// The plan without one of the nodes of its beginning, and without all that is done to it.
    #[must_use]
    pub fn without_node(&self, node: usize) -> Self {
        let mut plan = self.clone();
        if node < plan.nodes.len() {
            plan.nodes.remove(node);
            plan.forget(node);
        }
        plan
    }

    /// Nothing is done to a node any more, and those after it move up.
    fn forget(&mut self, gone: usize) {
        self.steps.retain_mut(|step| {
            if let Step::Together { nodes, .. } = step {
                nodes.retain(|node| *node != gone);
                if nodes.is_empty() {
                    return false;
                }
            }
            let mut nodes = step.nodes_mut();
            let is_about_it = nodes.iter().any(|node| **node == gone);
            nodes.iter_mut().filter(|node| ***node > gone).for_each(|node| **node -= 1);
            !is_about_it
        });
    }
}
