//! What comes of a walk over every order.

use std::collections::{BTreeMap, BTreeSet};

use super::Lattice;
use crate::upgrade::event::Violation;
use crate::upgrade::judge::Standing;
use crate::upgrade::plan::Plan;

/// One node by one release, up or back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Move {
    /// How far each node was before, as in [`Walk::states`].
    pub from: Vec<usize>,
    /// Which node moves.
    pub node: usize,
    /// Whether it goes back.
    pub is_back: bool,
}

/// An order, or the beginning of one, that fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkFailure<R> {
    /// The plan up to the step that fails: run by itself it fails in the same way.
    pub plan: Plan<R>,
    /// The state in which it was seen, as in [`Walk::states`].
    pub state: Vec<usize>,
    /// The move that led there; none if no node had moved.
    pub last: Option<Move>,
    /// Whether it was seen by [`Judge::at_end`](crate::upgrade::Judge::at_end), at the first
    /// visit of the state.
    pub is_of_state: bool,
    /// What was seen.
    pub violations: Vec<Violation>,
}

/// An order that was walked to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Walked {
    /// Which node moves, one after the other.
    pub(super) nodes: Vec<usize>,
    /// The known faults that were seen on the way.
    pub(super) faults: BTreeSet<&'static str>,
}

/// What came of a walk. Behind a failure an order is not followed; what is known ends none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk<R> {
    /// The space.
    pub lattice: Lattice,
    /// States that were visited, and how the cluster stands in them.
    pub states: BTreeMap<Vec<usize>, Standing>,
    /// Moves between states that were made.
    pub moves: BTreeSet<Move>,
    /// Orders that were walked to their end without a failure.
    pub orders: u64,
    /// How many of them are healthy: nothing was seen on the way, known or not.
    pub healthy: u64,
    /// How many of them known faults spoil, by the number of the fault.
    pub spoiled: BTreeMap<&'static str, u64>,
    /// How many of them pass through a state that is not whole.
    pub parted: u64,
    /// The first of them that passes through whole states only: which node moves, one after the other.
    pub avoiding: Option<Vec<usize>>,
    /// Moves up that were simulated; beginnings are shared.
    pub beginnings: u64,
    /// Inputs that processes were given.
    pub inputs: u64,
    /// In the order of the walk.
    pub failures: Vec<WalkFailure<R>>,
    /// The orders that were walked to their end.
    pub(super) walked: Vec<Walked>,
    /// Known faults that are seen whenever somebody looks around in a state.
    pub(super) of_states: BTreeMap<Vec<usize>, BTreeSet<&'static str>>,
}

impl<R> Walk<R> {
    /// Whether every order was walked to its end, every move made up and back, and nothing was found
    /// that is not known.
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty()
            && self.orders == self.lattice.orders()
            && self.beginnings == self.lattice.beginnings()
            && count(self.moves.len()) == 2 * self.lattice.edges()
            && count(self.states.len()) == self.lattice.states()
    }

    /// In how many states the cluster stands so.
    pub fn standing(&self, standing: Standing) -> usize {
        self.states.values().filter(|it| **it == standing).count()
    }

    pub(super) const fn new(lattice: Lattice) -> Self {
        Self {
            lattice,
            states: BTreeMap::new(),
            moves: BTreeSet::new(),
            orders: 0,
            healthy: 0,
            spoiled: BTreeMap::new(),
            parted: 0,
            avoiding: None,
            beginnings: 0,
            inputs: 0,
            failures: Vec::new(),
            walked: Vec::new(),
            of_states: BTreeMap::new(),
        }
    }

    pub(super) fn add(mut self, other: Self) -> Self {
        self.states.extend(other.states);
        self.moves.extend(other.moves);
        self.beginnings += other.beginnings;
        self.inputs += other.inputs;
        self.failures.extend(other.failures);
        self.walked.extend(other.walked);
        self.of_states.extend(other.of_states);
        self
    }

    /// Counts the orders, when all states are known.
    pub(super) fn counted(mut self) -> Self {
        for Walked { nodes, mut faults } in std::mem::take(&mut self.walked) {
            let mut is_whole = true;
            for state in states(&nodes, self.lattice.nodes) {
                faults.extend(self.of_states.get(&state).into_iter().flatten());
                is_whole &= self.states.get(&state) == Some(&Standing::Whole);
            }
            self.orders += 1;
            self.healthy += u64::from(faults.is_empty());
            faults.into_iter().for_each(|fault| *self.spoiled.entry(fault).or_default() += 1);
            self.parted += u64::from(!is_whole);
            if is_whole && self.avoiding.is_none() {
                self.avoiding = Some(nodes);
            }
        }
        self
    }
}

/// The states through which an order of so many nodes passes.
fn states(moved: &[usize], nodes: usize) -> Vec<Vec<usize>> {
    let mut state = vec![0; nodes];
    let mut states = vec![state.clone()];
    for node in moved {
        state.get_mut(*node).into_iter().for_each(|at| *at += 1);
        states.push(state.clone());
    }
    states
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
