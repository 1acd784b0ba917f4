//! Every order, walked depth first. Worlds are cloned where orders part, so that a common beginning
//! is simulated once.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::Lattice;
use crate::harness::upgrade::event::Violation;
use crate::harness::upgrade::judge::Judge;
use crate::harness::upgrade::plan::{Plan, Step};
use crate::harness::upgrade::process::Process;
use crate::harness::upgrade::run::{Make, Runner, found};
use crate::harness::upgrade::world::World;

/// An order, or the beginning of one, that fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkFailure<R> {
    /// The plan up to the step that fails: run by itself it fails in the same way.
    pub plan: Plan<R>,
    /// Whether it was seen by [`Judge::at_end`], at the first visit of the state.
    pub is_of_state: bool,
    /// What was seen.
    pub violations: Vec<Violation>,
}

impl<R> WalkFailure<R> {
    /// The state in which it was seen, as in [`Walk::states`].
    pub fn state(&self) -> Vec<usize> {
        self.state_after(self.plan.steps.len())
    }

    /// The move that led there, as in [`Walk::edges`]; none if no node had moved.
    pub fn edge(&self) -> Option<(Vec<usize>, usize)> {
        let last = self.plan.steps.len().checked_sub(1)?;
        let node = moved(self.plan.steps.get(last)?)?;
        Some((self.state_after(last), node))
    }

    fn state_after(&self, steps: usize) -> Vec<usize> {
        let mut state = vec![0; self.plan.nodes.len()];
        for node in self.plan.steps.iter().take(steps).filter_map(moved) {
            if let Some(at) = state.get_mut(node) {
                *at += 1;
            }
        }
        state
    }
}

/// The node that a step of a walk moves.
const fn moved<R>(step: &Step<R>) -> Option<usize> {
    match step {
        Step::Upgrade { node, .. } => Some(*node),
        _ => None,
    }
}

/// What came of a walk. Behind a failure an order is not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk<R> {
    /// The space.
    pub lattice: Lattice,
    /// States that were visited.
    pub states: BTreeSet<Vec<usize>>,
    /// Moves between states that were made, as the state before and the node.
    pub edges: BTreeSet<(Vec<usize>, usize)>,
    /// Orders that were walked to their end without a failure.
    pub orders: u64,
    /// Moves that were simulated; beginnings are shared.
    pub beginnings: u64,
    /// Inputs that processes were given.
    pub inputs: u64,
    /// In the order of the walk.
    pub failures: Vec<WalkFailure<R>>,
}

impl<R> Walk<R> {
    /// Whether every order was walked to its end, and nothing was found.
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty()
            && self.orders == self.lattice.orders()
            && self.beginnings == self.lattice.beginnings()
            && count(&self.edges) == self.lattice.edges()
            && count(&self.states) == self.lattice.states()
    }

    fn new(lattice: Lattice) -> Self {
        Self {
            lattice,
            states: BTreeSet::new(),
            edges: BTreeSet::new(),
            orders: 0,
            beginnings: 0,
            inputs: 0,
            failures: Vec::new(),
        }
    }

    fn add(mut self, other: Self) -> Self {
        self.states.extend(other.states);
        self.edges.extend(other.edges);
        self.orders += other.orders;
        self.beginnings += other.beginnings;
        self.inputs += other.inputs;
        self.failures.extend(other.failures);
        self
    }
}

fn count<T>(set: &BTreeSet<T>) -> u64 {
    u64::try_from(set.len()).unwrap_or(u64::MAX)
}

/// Where the walk is: a world with the steps that led to it.
struct Place<P: Process, J> {
    world: World<P>,
    judge: J,
    /// How far each node is.
    state: Vec<usize>,
    steps: Vec<Step<P::Release>>,
}

/// Deeper than this, orders are no longer given to other cores.
const DEPTH_SHARED: usize = 3;

impl<M> Runner<M> {
    /// Walks every order in which nodes of these names get from the first of these releases to the
    /// last. `advance` is called after each move, of which there are [`Lattice::beginnings`].
    pub fn walk<P, J>(
        &self,
        nodes: &[String],
        path: &[P::Release],
        seed: u64,
        judge: &J,
        advance: &(dyn Fn() + Sync),
    ) -> Walk<P::Release>
    where
        P: Process,
        J: Judge<P> + Clone + Send + Sync,
        M: Make<P>,
    {
        let lattice = Lattice { nodes: nodes.len(), lines: path.len() };
        let Some(first) = path.first() else { return Walk::new(lattice) };
        let nodes = nodes.iter().map(|name| (name.clone(), first.clone())).collect();
        let plan = Plan { nodes, steps: Vec::new(), seed };
        let walker = Walker { runner: self, plan, path, lattice, advance };
        let world = self.world(seed);
        let state = vec![0; lattice.nodes];
        let place = Place { world, judge: judge.clone(), state, steps: Vec::new() };
        walker.visit(place, None)
    }
}

struct Walker<'a, M, R> {
    runner: &'a Runner<M>,
    plan: Plan<R>,
    path: &'a [R],
    lattice: Lattice,
    advance: &'a (dyn Fn() + Sync),
}

impl<M, R> Walker<'_, M, R> {
    /// Makes one move, or the start, and goes on from there.
    fn visit<P, J>(&self, mut place: Place<P, J>, moved: Option<usize>) -> Walk<R>
    where
        P: Process<Release = R>,
        J: Judge<P> + Clone + Send + Sync,
        M: Make<P>,
        R: Clone + PartialEq + Send + Sync,
    {
        let mut walk = Walk::new(self.lattice);
        let inputs = place.world.inputs();
        let is_end = self.advance(&mut place, moved, &mut walk);
        let Place { world, judge, .. } = &mut place;
        let violations = found(world, || judge.after_step(world, world.step()));
        moved.iter().for_each(|_| (self.advance)());
        walk.inputs = place.world.inputs() - inputs;
        walk.states.insert(place.state.clone());
        if !violations.is_empty() {
            walk.failures.push(self.failure(&place, violations, false));
            return walk;
        }
        if is_first_visit(&place.steps) {
            let violations = self.ended(&place);
            if !violations.is_empty() {
                walk.failures.push(self.failure(&place, violations, true));
            }
        }
        if is_end {
            walk.orders = 1;
            return walk;
        }
        self.onwards(&place, walk)
    }

    /// Moves a node on, or starts all of them, and lets the world settle. Whether it is the end.
    fn advance<P, J>(
        &self,
        place: &mut Place<P, J>,
        moved: Option<usize>,
        walk: &mut Walk<R>,
    ) -> bool
    where
        P: Process<Release = R>,
        M: Make<P>,
        R: Clone,
    {
        let world = &mut place.world;
        world.begin_step(place.steps.len() + usize::from(moved.is_some()));
        match moved {
            None => self.runner.start(world, &self.plan.nodes),
            Some(node) => {
                walk.edges.insert((place.state.clone(), node));
                walk.beginnings = 1;
                if let Some(at) = place.state.get_mut(node) {
                    *at += 1;
                    if let Some(to) = self.path.get(*at).cloned() {
                        let step = Step::Upgrade { node, to };
                        self.runner.apply(world, &step);
                        place.steps.push(step);
                    }
                }
            }
        }
        self.runner.settle(world);
        place.state.iter().all(|at| *at == self.lattice.moves_per_node())
    }

    /// What is found if the plan ends here.
    fn ended<P, J>(&self, place: &Place<P, J>) -> Vec<Violation>
    where
        P: Process<Release = R>,
        J: Judge<P> + Clone,
        M: Make<P>,
    {
        let (mut world, mut judge) = (place.world.clone(), place.judge.clone());
        let step = world.step() + 1;
        self.runner.end(&mut world, step, &mut judge)
    }

    /// From a place in every direction.
    fn onwards<P, J>(&self, place: &Place<P, J>, walk: Walk<R>) -> Walk<R>
    where
        P: Process<Release = R>,
        J: Judge<P> + Clone + Send + Sync,
        M: Make<P>,
        R: Clone + PartialEq + Send + Sync,
    {
        let moves: Vec<usize> = (0..self.lattice.nodes)
            .filter(|node| {
                place.state.get(*node).is_some_and(|at| *at < self.lattice.moves_per_node())
            })
            .collect();
        let follow = |node: &usize| {
            let Place { world, judge, state, steps } = place;
            let place = Place {
                world: world.clone(),
                judge: judge.clone(),
                state: state.clone(),
                steps: steps.clone(),
            };
            self.visit(place, Some(*node))
        };
        let walks: Vec<Walk<R>> = if place.steps.len() < DEPTH_SHARED {
            moves.par_iter().map(follow).collect()
        } else {
            moves.iter().map(follow).collect()
        };
        walks.into_iter().fold(walk, Walk::add)
    }

    fn failure<P, J>(
        &self,
        place: &Place<P, J>,
        violations: Vec<Violation>,
        is_of_state: bool,
    ) -> WalkFailure<R>
    where
        P: Process<Release = R>,
        R: Clone,
    {
        let plan = Plan { steps: place.steps.clone(), ..self.plan.clone() };
        WalkFailure { plan, is_of_state, violations }
    }
}

/// Whether these steps are the first in the walk that lead to their state: the nodes move one after
/// another, each of them all its way. It is the same one whichever core is faster.
fn is_first_visit<R>(steps: &[Step<R>]) -> bool {
    steps.is_sorted_by_key(moved)
}
