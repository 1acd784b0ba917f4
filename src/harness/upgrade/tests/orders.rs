//! Every order of an upgrade of toys.

use std::sync::atomic::{AtomicU64, Ordering};

use super::toy::{APART, Bug, Connected, Edition, Toy, runner};
use crate::harness::upgrade::{Judge, Runner, Violation, Walk, World};

const PATH: [Edition; 3] = [Edition(1), Edition(2), Edition(3)];

fn walk(bug: Bug, judge: &(impl Judge<Toy> + Clone + Send + Sync)) -> Walk<Edition> {
    let runner = runner(bug);
    let settings = crate::harness::upgrade::Settings { is_recording: false, ..runner.settings };
    let runner = Runner { settings, ..runner };
    let moves = AtomicU64::new(0);
    let advance = || {
        moves.fetch_add(1, Ordering::Relaxed);
    };
    let names = ["n1", "n2", "n3"].map(str::to_owned);
    let walk = runner.walk(&names, &PATH, 0, judge, &advance);
    assert_eq!(moves.into_inner(), walk.beginnings, "progress is told of every move");
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
        let editions: Vec<u8> = world.processes().map(|(_, toy)| toy.edition.0).collect();
        vec![Violation { kind: "state", what: format!("{editions:?}"), node: None, peer: None }]
    }
}

#[test]
fn every_order_is_walked_and_counted() {
    let walk = walk(Bug::None, &Connected);
    assert!(walk.is_complete(), "{:?}", walk.failures.first());
    assert_eq!((walk.states.len(), walk.edges.len(), walk.orders), (27, 54, 90));
    assert_eq!(walk.beginnings, walk.lattice.beginnings());
    assert!(walk.inputs > 10_000);
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
            let run = runner(bug).run(&failure.plan, &mut Connected).failure.unwrap();
            assert_eq!((run.kind(), run.violations), (kind, failure.violations.clone()));
            assert_eq!(run.step, failure.plan.steps.len(), "{}", failure.plan);
            assert!(walk.states.contains(&failure.state()));
            assert!(failure.edge().is_none_or(|edge| walk.edges.contains(&edge)));
            assert_eq!(failure.edge().is_none(), failure.plan.steps.is_empty());
        }
        let again = self::walk(bug, &Connected);
        assert_eq!(walk, again, "whichever core is faster");
    }
}
