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

/// Orders, or beginnings of orders, on whose way the same was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ways {
    /// The first of them: which node moves, one after the other.
    pub(super) first: Vec<usize>,
    /// How many they are.
    pub(super) count: u64,
    /// The known faults that were seen.
    pub(super) faults: BTreeSet<&'static str>,
    /// Those that were seen by looking around.
    pub(super) of_states: BTreeSet<&'static str>,
    /// States that they passed, around which somebody looks elsewhere in the walk.
    pub(super) seen_elsewhere: BTreeSet<Vec<usize>>,
    /// Whether all states were whole.
    pub(super) is_whole: bool,
}

impl Ways {
    /// The one way to the first state.
    pub(super) const START: Self = Self {
        first: Vec::new(),
        count: 1,
        faults: BTreeSet::new(),
        of_states: BTreeSet::new(),
        seen_elsewhere: BTreeSet::new(),
        is_whole: true,
    };

    fn saw_the_same(&self, other: &Self) -> bool {
        (&self.faults, &self.of_states, &self.seen_elsewhere, self.is_whole)
            == (&other.faults, &other.of_states, &other.seen_elsewhere, other.is_whole)
    }

    /// Those on which the same was seen put together, after all of them have come to a state, with what
    /// looking around there showed, if that was done here.
    pub(super) fn gathered(
        mut all: Vec<Self>,
        state: &[usize],
        of_state: Option<&BTreeSet<&'static str>>,
    ) -> Vec<Self> {
        all.sort_by(|one, other| one.first.cmp(&other.first));
        let mut gathered: Vec<Self> = Vec::new();
        for mut ways in all {
            match of_state {
                Some(faults) => ways.of_states.extend(faults),
                None => drop(ways.seen_elsewhere.insert(state.to_vec())),
            }
            match gathered.iter_mut().find(|it| it.saw_the_same(&ways)) {
                Some(known) => known.count = known.count.saturating_add(ways.count),
                None => gathered.push(ways),
            }
        }
        gathered
    }
}

/// What came of a walk. Behind a failure an order is not followed; what is known ends none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk<R> {
    /// The space.
    pub lattice: Lattice,
    /// States that were visited, and how the cluster stood there at the first visit.
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
    /// Beginnings of orders that were walked.
    pub beginnings: u64,
    /// Moves up that were simulated for them: beginnings are shared, and so is what comes of worlds that
    /// have the same future.
    pub simulated: u64,
    /// In the order of the walk.
    pub failures: Vec<WalkFailure<R>>,
    /// The orders that were walked to their end.
    pub(super) walked: Vec<Ways>,
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
            simulated: 0,
            failures: Vec::new(),
            walked: Vec::new(),
            of_states: BTreeMap::new(),
        }
    }

    pub(super) fn add(mut self, other: Self) -> Self {
        for (state, standing) in other.states {
            self.states.entry(state).or_insert(standing);
        }
        self.moves.extend(other.moves);
        self.beginnings += other.beginnings;
        self.simulated += other.simulated;
        self.failures.extend(other.failures);
        self.walked.extend(other.walked);
        self.of_states.extend(other.of_states);
        self
    }

    /// Counts the orders, when all states are known.
    pub(super) fn counted(mut self) -> Self {
        let mut walked = std::mem::take(&mut self.walked);
        walked.sort_by(|one, other| one.first.cmp(&other.first));
        for Ways { first, count, mut faults, of_states, seen_elsewhere, is_whole } in walked {
            faults.extend(of_states);
            for state in &seen_elsewhere {
                faults.extend(self.of_states.get(state).into_iter().flatten());
            }
            self.orders += count;
            self.healthy += if faults.is_empty() { count } else { 0 };
            faults.into_iter().for_each(|fault| *self.spoiled.entry(fault).or_default() += count);
            if is_whole {
                self.avoiding.get_or_insert(first);
            } else {
                self.parted += count;
            }
        }
        self
    }
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
