//! Every order, walked depth first. Worlds are cloned where orders part, so that a common beginning
//! is simulated once. From each state, at its first visit, every node goes back as well.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::Lattice;
use super::walk::{Move, Walk, WalkFailure, Walked};
use crate::upgrade::event::Violation;
use crate::upgrade::judge::Judge;
use crate::upgrade::plan::{Plan, Step};
use crate::upgrade::process::Process;
use crate::upgrade::run::{Make, Runner, found};
use crate::upgrade::world::World;

/// Where the walk is: a world with the steps that led to it.
#[derive(Clone)]
struct Place<P: Process, J> {
    world: World<P>,
    judge: J,
    /// How far each node is.
    state: Vec<usize>,
    steps: Vec<Step<P::Release>>,
    last: Option<Move>,
    /// The known faults that were seen on the way.
    faults: BTreeSet<&'static str>,
}

/// Deeper than this, orders are no longer given to other cores.
const DEPTH_SHARED: usize = 3;

impl<M> Runner<M> {
    /// Walks every order in which nodes of these names get from the first of these releases to the
    /// last. `advance` is called after each move up, of which there are [`Lattice::beginnings`].
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
        let place = Place {
            world: self.world(seed),
            judge: judge.clone(),
            state: vec![0; lattice.nodes],
            steps: Vec::new(),
            last: None,
            faults: BTreeSet::new(),
        };
        walker.visit(place).counted()
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
    /// Judges a place after its last move, or the start, and goes on from there.
    fn visit<P, J>(&self, mut place: Place<P, J>) -> Walk<R>
    where
        P: Process<Release = R>,
        J: Judge<P> + Clone + Send + Sync,
        M: Make<P>,
        R: Clone + PartialEq + Send + Sync,
    {
        let mut walk = Walk::new(self.lattice);
        let inputs = place.world.inputs();
        let failure = self.arrive(&mut place);
        place.last.iter().for_each(|_| (self.advance)());
        walk.inputs = place.world.inputs() - inputs;
        walk.beginnings = u64::from(place.last.is_some());
        walk.moves.extend(place.last.clone());
        let standing = place.judge.standing(&place.world);
        walk.states.insert(place.state.clone(), standing);
        if let Some(failure) = failure {
            walk.failures.push(failure);
            return walk;
        }
        if is_first_visit(&place.steps) {
            self.look_around(&place, &mut walk);
        }
        if place.state.iter().all(|at| *at == self.lattice.moves_per_node()) {
            let nodes = place.steps.iter().filter_map(moved).collect();
            walk.walked.push(Walked { nodes, faults: place.faults });
            return walk;
        }
        self.onwards(&place, walk)
    }

    /// Makes the last move of a place, or starts all nodes, lets the world settle, and judges.
    fn arrive<P, J>(&self, place: &mut Place<P, J>) -> Option<WalkFailure<R>>
    where
        P: Process<Release = R>,
        J: Judge<P>,
        M: Make<P>,
        R: Clone,
    {
        let Place { world, judge, steps, .. } = place;
        world.begin_step(steps.len());
        match steps.last() {
            None => self.runner.start(world, &self.plan.nodes),
            Some(step) => self.runner.apply(world, step),
        }
        self.runner.settle(world);
        let violations = found(world, || judge.after_step(world, world.step()));
        self.weigh(place, violations, false)
    }

    /// What is known is noted; anything else is a failure.
    fn weigh<P, J>(
        &self,
        place: &mut Place<P, J>,
        violations: Vec<Violation>,
        is_of_state: bool,
    ) -> Option<WalkFailure<R>>
    where
        P: Process<Release = R>,
        R: Clone,
    {
        let known = violations.iter().filter_map(|violation| violation.fault);
        place.faults.extend(known);
        let violations: Vec<Violation> =
            violations.into_iter().filter(|violation| violation.fault.is_none()).collect();
        (!violations.is_empty()).then(|| WalkFailure {
            plan: Plan { steps: place.steps.clone(), ..self.plan.clone() },
            state: place.state.clone(),
            last: place.last.clone(),
            is_of_state,
            violations,
        })
    }

    /// What is found if the plan ends here, and if a node goes back from here.
    fn look_around<P, J>(&self, place: &Place<P, J>, walk: &mut Walk<R>)
    where
        P: Process<Release = R>,
        J: Judge<P> + Clone,
        M: Make<P>,
        R: Clone,
    {
        let mut end = place.clone();
        let step = end.world.step() + 1;
        let violations = self.runner.end(&mut end.world, step, &mut end.judge);
        walk.failures.extend(self.weigh(&mut end, violations, true));
        walk.of_states.insert(end.state, &end.faults - &place.faults);
        for node in 0..self.lattice.nodes {
            if let Some(mut back) = self.moved(place, node, true) {
                walk.moves.extend(back.last.clone());
                walk.failures.extend(self.arrive(&mut back));
            }
        }
    }

    /// The place with one more move before it; none if there is no release to move to.
    fn moved<P, J>(&self, place: &Place<P, J>, node: usize, is_back: bool) -> Option<Place<P, J>>
    where
        P: Process<Release = R>,
        J: Clone,
        R: Clone,
    {
        let from = place.state.get(node).copied()?;
        let at = if is_back { from.checked_sub(1)? } else { from + 1 };
        let to = self.path.get(at).cloned()?;
        let mut moved = place.clone();
        moved.last = Some(Move { from: place.state.clone(), node, is_back });
        *moved.state.get_mut(node)? = at;
        moved.steps.push(Step::Upgrade { node, to });
        Some(moved)
    }

    /// From a place in every direction.
    fn onwards<P, J>(&self, place: &Place<P, J>, walk: Walk<R>) -> Walk<R>
    where
        P: Process<Release = R>,
        J: Judge<P> + Clone + Send + Sync,
        M: Make<P>,
        R: Clone + PartialEq + Send + Sync,
    {
        let follow = |node: usize| self.moved(place, node, false).map(|place| self.visit(place));
        let walks: Vec<Walk<R>> = if place.steps.len() < DEPTH_SHARED {
            (0..self.lattice.nodes).into_par_iter().filter_map(follow).collect()
        } else {
            (0..self.lattice.nodes).filter_map(follow).collect()
        };
        walks.into_iter().fold(walk, Walk::add)
    }
}

/// Whether these steps are the first in the walk that lead to their state: the nodes move one after
/// another, each of them all its way. It is the same one whichever core is faster.
fn is_first_visit<R>(steps: &[Step<R>]) -> bool {
    steps.is_sorted_by_key(moved)
}

/// The node that a step of a walk moves.
const fn moved<R>(step: &Step<R>) -> Option<usize> {
    match step {
        Step::Upgrade { node, .. } => Some(*node),
        _ => None,
    }
}
