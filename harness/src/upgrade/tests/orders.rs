//! Every order of an upgrade of toys.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use super::toy::{APART, Bug, Connected, Edition, Toy, runner};
use crate::upgrade::{Judge, Make, Outlook, Runner, Standing, Violation, Walk, World};

const PATH: [Edition; 3] = [Edition(1), Edition(2), Edition(3)];

/// When all have settled nobody greets, and all greet at the same times whenever they began.
fn settling(bug: Bug) -> Runner<impl Make<Toy>> {
    Runner { settle_ms: 2_100, ..runner(bug) }
}

fn walk(bug: Bug, judge: &(impl Judge<Toy> + Clone + Send + Sync)) -> Walk<Edition> {
    let runner = settling(bug);
    let settings = crate::upgrade::Settings { is_recording: false, ..runner.settings };
    let runner = Runner { settings, ..runner };
    let moves = AtomicU64::new(0);
    let advance = || {
        moves.fetch_add(1, Ordering::Relaxed);
    };
    let names = ["n1", "n2", "n3"].map(str::to_owned);
    let walk = runner.walk(&names, &PATH, 0, judge, &advance);
    if walk.failures.iter().all(|failure| failure.is_of_state) {
        assert_eq!(moves.into_inner(), walk.lattice.edges(), "progress is told of every move");
        assert!(walk.simulated < walk.beginnings, "what comes of equal worlds is shared");
    }
    let each = runner.walk_each(&names, &PATH, 0, judge);
    assert_eq!((&walk.states, &walk.moves, walk.orders), (&each.states, &each.moves, each.orders));
    assert_eq!((walk.healthy, &walk.spoiled), (each.healthy, &each.spoiled));
    assert_eq!((walk.parted, &walk.avoiding), (each.parted, &each.avoiding));
    assert_eq!((walk.beginnings, each.simulated), (each.beginnings, each.beginnings));
    let ends = |walk: &Walk<Edition>| -> BTreeSet<_> {
        walk.failures.iter().map(|it| (it.state.clone(), it.last.clone())).collect()
    };
    assert_eq!(ends(&walk), ends(&each), "one failure of each end is told");
    walk
}

/// Counts the states that it is shown.
#[derive(Debug, Clone)]
struct AtStates;

impl Judge<Toy> for AtStates {
    fn after_step(&mut self, world: &World<Toy>, step: usize) -> Vec<Violation> {
        Connected.after_step(world, step)
    }

    fn at_end(&mut self, world: &World<Toy>) -> Vec<Violation> {
        let editions = editions(world);
        vec![Violation { node: None, ..Violation::of_node("state", 0, format!("{editions:?}")) }]
    }

    fn outlook(&self, world: &World<Toy>, outlook: &mut Outlook) -> bool {
        Connected.outlook(world, outlook)
    }

    fn standing(&self, world: &World<Toy>) -> Standing {
        Connected.standing(world)
    }
}

#[test]
fn every_order_is_walked_and_counted() {
    let walk = walk(Bug::None, &Connected);
    assert!(walk.is_complete(), "{:?}", walk.failures.first());
    assert_eq!((walk.states.len(), walk.moves.len(), walk.orders), (27, 108, 90));
    assert_eq!(walk.moves.iter().filter(|it| it.is_back).count(), 54);
    assert_eq!(walk.beginnings, walk.lattice.beginnings());
    // All nodes must have left the first edition before any reaches the third: 3! × 3! ways.
    assert_eq!((walk.healthy, walk.parted), (90, 90 - 36));
    assert_eq!(walk.avoiding, Some(vec![0, 1, 2, 0, 1, 2]));
    assert_eq!(walk.standing(Standing::Split), 12);
}

#[test]
fn every_state_is_shown_once() {
    let walk = walk(Bug::None, &AtStates);
    let mut states: Vec<_> = walk.failures.iter().map(|it| it.violations[0].what.clone()).collect();
    assert_eq!(states.len(), 27);
    states.sort();
    states.dedup();
    assert_eq!(states.len(), 27);
    assert!(walk.failures.iter().all(|failure| failure.is_of_state) && !walk.is_complete());
}

#[test]
fn an_order_that_fails_is_a_plan_that_fails_in_the_same_way() {
    for (bug, kind) in [(Bug::Panics, Violation::PANIC), (Bug::GivesUp, APART)] {
        let walk = walk(bug, &Connected);
        assert!(!walk.is_complete() && walk.beginnings < walk.lattice.beginnings());
        for failure in &walk.failures {
            let run = settling(bug).run(&failure.plan, &mut Connected).failure.unwrap();
            assert_eq!((run.kind(), run.violations), (kind, failure.violations.clone()));
            assert_eq!(run.step, failure.plan.steps.len(), "{}", failure.plan);
            assert!(walk.states.contains_key(&failure.state));
            assert!(failure.last.as_ref().is_none_or(|it| walk.moves.contains(it)));
            assert_eq!(failure.last.is_none(), failure.plan.steps.is_empty());
        }
        let again = self::walk(bug, &Connected);
        assert_eq!(walk, again, "whichever core is faster");
    }
}

/// Knows a fault of the second edition that shows after a step, and one that shows in a state.
#[derive(Debug, Clone)]
struct Knowing {
    /// The state that shows it.
    at: [u8; 3],
    /// A state in which nothing is said of what is remembered.
    silent_at: Option<[u8; 3]>,
}

fn editions(world: &World<Toy>) -> Vec<u8> {
    world.processes().map(|(_, toy)| toy.edition.0).collect()
}

impl Judge<Toy> for Knowing {
    fn after_step(&mut self, world: &World<Toy>, _: usize) -> Vec<Violation> {
        let all_second = world.processes().all(|(_, toy)| toy.edition == Edition(2));
        let fault = || Violation { fault: Some("F1"), ..Violation::of_node("known", 0, "second") };
        all_second.then(fault).into_iter().collect()
    }

    fn at_end(&mut self, world: &World<Toy>) -> Vec<Violation> {
        let fault = || Violation { fault: Some("F2"), ..Violation::of_node("known", 0, "third") };
        (editions(world) == self.at).then(fault).into_iter().collect()
    }

    fn outlook(&self, world: &World<Toy>, outlook: &mut Outlook) -> bool {
        let is_silent = self.silent_at.is_some_and(|it| editions(world) == it);
        !is_silent && Connected.outlook(world, outlook)
    }

    fn standing(&self, world: &World<Toy>) -> Standing {
        Connected.standing(world)
    }
}

#[test]
fn known_faults_end_no_order_and_every_order_that_they_spoil_is_counted() {
    let walk = walk(Bug::None, &Knowing { at: [3, 1, 1], silent_at: None });
    assert!(walk.is_complete());
    // 36 orders pass through the state in which all have the second edition; 6 begin with two moves of
    // the first node, and what is seen there is seen at the first visit alone.
    assert_eq!(walk.spoiled, [("F1", 36), ("F2", 6)].into());
    assert_eq!(walk.healthy, 90 - 36 - 6);
}

#[test]
fn what_a_state_shows_is_counted_for_orders_that_are_walked_by_themselves_too() {
    let walk = walk(Bug::None, &Knowing { at: [2, 2, 1], silent_at: Some([1, 2, 1]) });
    assert!(walk.is_complete());
    // Two ways lead to the state, and 4! / 2! orders go on from there.
    assert_eq!(walk.spoiled.get("F2"), Some(&24));
}
