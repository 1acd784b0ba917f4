//! Every order, walked from the first state on. Worlds are cloned where orders part, so that a common
//! beginning is simulated once. Where orders meet, and their worlds have the same
//! [outlook](Outlook), what comes of it is simulated once as well, and counted for each of them. Where
//! a process does not say what its future depends on, orders do not meet, and each is followed by itself.
//! From each state, at its first visit, every node goes back as well.
//!
//! [Outlook]: crate::upgrade::Outlook

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::Lattice;
use super::walk::{Move, Walk, WalkFailure, Ways};
use crate::upgrade::event::Violation;
use crate::upgrade::judge::{Judge, Standing};
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
    /// The steps of the first way that leads here.
    steps: Vec<Step<P::Release>>,
    last: Option<Move>,
    /// All ways that lead here.
    ways: Vec<Ways>,
    /// Whether all that its future depends on can be said.
    may_meet: bool,
}

impl<P: Process, J> Place<P, J> {
    /// Which node moved, one after the other.
    fn order(&self) -> Vec<usize> {
        self.steps.iter().filter_map(moved).collect()
    }
}

/// Most places from which the walk goes on at the same time: all of their worlds are in memory.
const PLACES_MAX: usize = 256;

impl<M> Runner<M> {
    /// Walks every order in which nodes of these names get from the first of these releases to the
    /// last. `advance` is called for each move up when it is made first, of which there are
    /// [`Lattice::edges`].
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
        self.walk_as((nodes, path), seed, judge, advance, true)
    }

    /// The same, and no order is taken for another one: what a walk is compared with.
    pub fn walk_each<P, J>(
        &self,
        nodes: &[String],
        path: &[P::Release],
        seed: u64,
        judge: &J,
    ) -> Walk<P::Release>
    where
        P: Process,
        J: Judge<P> + Clone + Send + Sync,
        M: Make<P>,
    {
        self.walk_as((nodes, path), seed, judge, &|| (), false)
    }

    fn walk_as<P, J>(
        &self,
        (nodes, path): (&[String], &[P::Release]),
        seed: u64,
        judge: &J,
        advance: &(dyn Fn() + Sync),
        meets: bool,
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
        let walker = Walker { runner: self, plan, path, lattice, advance, meets };
        let place = Place {
            world: self.world(seed),
            judge: judge.clone(),
            state: vec![0; lattice.nodes],
            steps: Vec::new(),
            last: None,
            ways: vec![Ways::START],
            may_meet: false,
        };
        let (places, walk) = walker.arrive_all([place]);
        walk.add(walker.go_on(places)).counted()
    }
}

struct Walker<'a, M, R> {
    runner: &'a Runner<M>,
    plan: Plan<R>,
    path: &'a [R],
    lattice: Lattice,
    advance: &'a (dyn Fn() + Sync),
    /// Whether orders meet where they can.
    meets: bool,
}

impl<M, R> Walker<'_, M, R> {
    /// Goes on from places that are as far as each other.
    fn go_on<P, J>(&self, mut places: Vec<Place<P, J>>) -> Walk<R>
    where
        P: Process<Release = R>,
        J: Judge<P> + Clone + Send + Sync,
        M: Make<P>,
        R: Clone + PartialEq + Send + Sync,
    {
        places.sort_by_cached_key(Place::order);
        let first_visits = places.par_iter().filter(|place| is_first_visit(&place.steps));
        let around: Vec<Walk<R>> = first_visits.map(|place| self.look_around(place)).collect();
        let mut walk = around.into_iter().fold(Walk::new(self.lattice), Walk::add);
        let mut targets: BTreeMap<Vec<usize>, Vec<(usize, usize)>> = BTreeMap::new();
        for (index, place) in places.iter_mut().enumerate() {
            let of_state = walk.of_states.get(&place.state);
            let ways = std::mem::take(&mut place.ways);
            place.ways = Ways::gathered(ways, &place.state, of_state);
            for node in 0..self.lattice.nodes {
                if let Some((state, _)) = self.target(&place.state, node, false) {
                    targets.entry(state).or_default().push((index, node));
                }
            }
        }
        if targets.is_empty() {
            walk.walked.extend(places.into_iter().flat_map(|place| place.ways));
            return walk;
        }
        let arrive = |sources: Vec<(usize, usize)>| {
            let moved = sources.into_iter();
            let moved = moved.filter_map(|(place, node)| Some((places.get(place)?, node)));
            self.arrive_all(moved.filter_map(|(place, node)| self.moved(place, node, false)))
        };
        let arrived: Vec<_> = targets.into_par_iter().map(|(_, sources)| arrive(sources)).collect();
        drop(places);
        let mut next = Vec::new();
        for (places, arriving) in arrived {
            next.extend(places);
            walk = walk.add(arriving);
        }
        let walks: Vec<Walk<R>> =
            groups(next).into_par_iter().map(|group| self.go_on(group)).collect();
        walks.into_iter().fold(walk, Walk::add)
    }

    /// Makes the last move of places of one state, and judges: those that did not fail. Of places with the
    /// same outlook the first stands for all.
    fn arrive_all<P, J>(
        &self,
        moved: impl IntoIterator<Item = Place<P, J>>,
    ) -> (Vec<Place<P, J>>, Walk<R>)
    where
        P: Process<Release = R>,
        J: Judge<P>,
        M: Make<P>,
        R: Clone + PartialEq,
    {
        let mut walk = Walk::new(self.lattice);
        let mut there: Vec<(Option<String>, Place<P, J>)> = Vec::new();
        for mut place in moved {
            let failure = self.arrive(&mut place);
            if let Some(last) = place.last.clone() {
                if place.steps.split_last().is_some_and(|(_, before)| is_first_visit(before)) {
                    (self.advance)();
                }
                walk.simulated += 1;
                walk.beginnings += place.ways.iter().map(|ways| ways.count).sum::<u64>();
                walk.moves.insert(last);
            }
            let standing = place.judge.standing(&place.world);
            walk.states.entry(place.state.clone()).or_insert(standing);
            if let Some(failure) = failure {
                walk.failures.push(failure);
                continue;
            }
            let is_whole = standing == Standing::Whole;
            place.ways.iter_mut().for_each(|ways| ways.is_whole &= is_whole);
            let outlook = if self.meets { place.world.outlook(&place.judge) } else { None };
            place.may_meet = outlook.is_some();
            match there.iter_mut().find(|(known, _)| place.may_meet && *known == outlook) {
                Some((_, first)) => first.ways.extend(place.ways),
                None => there.push((outlook, place)),
            }
        }
        (there.into_iter().map(|(_, place)| place).collect(), walk)
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
        let (known, failure) = self.weigh(place, violations, false);
        place.ways.iter_mut().for_each(|ways| ways.faults.extend(&known));
        failure
    }

    /// The known faults among what was seen; anything else is a failure.
    fn weigh<P, J>(
        &self,
        place: &Place<P, J>,
        violations: Vec<Violation>,
        is_of_state: bool,
    ) -> (BTreeSet<&'static str>, Option<WalkFailure<R>>)
    where
        P: Process<Release = R>,
        R: Clone,
    {
        let known = violations.iter().filter_map(|violation| violation.fault).collect();
        let violations: Vec<Violation> =
            violations.into_iter().filter(|violation| violation.fault.is_none()).collect();
        let failure = (!violations.is_empty()).then(|| WalkFailure {
            plan: Plan { steps: place.steps.clone(), ..self.plan.clone() },
            state: place.state.clone(),
            last: place.last.clone(),
            is_of_state,
            violations,
        });
        (known, failure)
    }

    /// What is found if the plan ends here, and if a node goes back from here.
    fn look_around<P, J>(&self, place: &Place<P, J>) -> Walk<R>
    where
        P: Process<Release = R>,
        J: Judge<P> + Clone,
        M: Make<P>,
        R: Clone,
    {
        let mut walk = Walk::new(self.lattice);
        let Place { mut world, mut judge, .. } = place.clone();
        let step = world.step() + 1;
        let violations = self.runner.end(&mut world, step, &mut judge);
        let (known, failure) = self.weigh(place, violations, true);
        walk.failures.extend(failure);
        let before = place.ways.first().map(|ways| ways.faults.clone()).unwrap_or_default();
        walk.of_states.insert(place.state.clone(), &known - &before);
        for node in 0..self.lattice.nodes {
            if let Some(mut back) = self.moved(place, node, true) {
                walk.moves.extend(back.last.clone());
                walk.failures.extend(self.arrive(&mut back));
            }
        }
        walk
    }

    /// How far each node is after a move, and the release that it moves to, if there is one.
    fn target(&self, state: &[usize], node: usize, is_back: bool) -> Option<(Vec<usize>, R)>
    where
        R: Clone,
    {
        let mut state = state.to_vec();
        let at = state.get_mut(node)?;
        *at = if is_back { at.checked_sub(1)? } else { *at + 1 };
        let to = self.path.get(*at)?.clone();
        Some((state, to))
    }

    /// The place with one more move before it; none if there is no release to move to.
    fn moved<P, J>(&self, place: &Place<P, J>, node: usize, is_back: bool) -> Option<Place<P, J>>
    where
        P: Process<Release = R>,
        J: Clone,
        R: Clone,
    {
        let (state, to) = self.target(&place.state, node, is_back)?;
        let mut moved = place.clone();
        moved.last = Some(Move { from: place.state.clone(), node, is_back });
        moved.state = state;
        moved.steps.push(Step::Upgrade { node, to });
        moved.ways.iter_mut().for_each(|ways| ways.first.push(node));
        Some(moved)
    }
}

/// Places whose orders may meet, and each of the others by itself. Where many may, those of near states
/// are together.
fn groups<P: Process, J>(places: Vec<Place<P, J>>) -> Vec<Vec<Place<P, J>>> {
    let (meeting, alone): (Vec<_>, Vec<_>) = places.into_iter().partition(|place| place.may_meet);
    let mut groups: Vec<Vec<_>> = alone.into_iter().map(|place| vec![place]).collect();
    let mut meeting = meeting.into_iter().peekable();
    while meeting.peek().is_some() {
        groups.push(meeting.by_ref().take(PLACES_MAX).collect());
    }
    groups
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
