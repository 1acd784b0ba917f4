//! Runs of plans, their failures, and what is left of those when they are shrunk.

use super::toy::{APART, Bug, Connected, Edition, Toy, drawn, plan, runner, unjudged};
use crate::upgrade::run::releases;
use crate::upgrade::{
    Failure, Judge, Plan, Seen, Shrunk, Standing, Time, Violation, World, shrink,
};

const TROUBLED: &str = "n1:1.0 n2:1.0 n3:1.0 wait(10) n2=2.0 break(n1,n3) slow(n1,n2,30) n3=2.0 \
    crash(n1) wait(700) restart(n1) heal() n1=2.0 wait(5)";

fn failure(bug: Bug, text: &str) -> Failure<Edition> {
    runner(bug).run(&plan(text), &mut Connected).failure.expect("it fails")
}

/// What shrinking makes of a plan that a judge objects to.
fn shortest<J: Judge<Toy>>(
    bug: Bug,
    plan: &Plan<Edition>,
    judge: impl Fn() -> J,
    runs_max: usize,
) -> Option<Shrunk<Edition>> {
    shrink(plan, |plan| runner(bug).run(plan, &mut judge()).failure, runs_max)
}

fn shrunk(bug: Bug, text: &str) -> String {
    let shrunk = shortest(bug, &plan(text), || Connected, 200).unwrap();
    assert!(shrunk.runs < 60, "{} runs", shrunk.runs);
    let again = failure(bug, &shrunk.plan.to_string());
    assert_eq!(again, shrunk.failure, "what is shrunk fails in the same way when it is pasted");
    shrunk.plan.to_string()
}

#[test]
fn a_protocol_that_is_right_passes() {
    let run = runner(Bug::None).run(&plan(TROUBLED), &mut Connected);
    assert_eq!(run.failure, None);
    assert_eq!(run.spans.len(), 13);
    assert!(run.world.processes().all(|(_, toy)| toy.edition == Edition(2)));
    for seed in 0..100 {
        let plan = drawn(seed);
        let run = runner(Bug::None).run(&plan, &mut Connected);
        assert_eq!(run.failure, None, "{plan}");
    }
    assert!(shortest(Bug::None, &plan(TROUBLED), || Connected, 9).is_none());
}

#[test]
fn a_panic_is_found_with_its_step_and_shrunk() {
    let failure = failure(Bug::Panics, TROUBLED);
    assert_eq!((failure.step, failure.label.as_str()), (2, "upgrade n2 from 1.0 to 2.0"));
    assert_eq!((failure.kind(), failure.seed), (Violation::PANIC, 0));
    assert_eq!(releases(&failure.before), "n1 1.0, n2 1.0, n3 1.0");
    assert_eq!(releases(&failure.after), "n1 1.0, n2 2.0, n3 1.0");
    assert_eq!(failure.violations[0].node, Some(1));
    assert_eq!(shrunk(Bug::Panics, TROUBLED), "seed(0) n1:1.0 n2:1.0 n2=2.0");
}

#[test]
fn a_busy_loop_is_found_with_its_step_and_shrunk() {
    let sleepless = failure(Bug::NeverSleeps, TROUBLED);
    assert_eq!((sleepless.step, sleepless.kind()), (10, Violation::BUSY_LOOP));
    assert_eq!(shrunk(Bug::NeverSleeps, TROUBLED), "seed(0) n1:1.0 restart(n1) n1=2.0");
    let hasty = "n1:2.0 n2:2.0 n3:2.0 n4:2.0 wait(10) break(n1,n2) wait(300) crash(n2) \
        wait(2000) restart(n2)";
    let failure = failure(Bug::Redials, hasty);
    assert_eq!((failure.step, failure.kind()), (5, Violation::BUSY_LOOP));
    assert!(failure.violations[0].what.contains("dials in one second"));
    assert_eq!(shrunk(Bug::Redials, hasty), "seed(0) n1:2.0");
}

#[test]
fn what_the_judge_objects_to_is_found_with_its_step_and_shrunk() {
    let text =
        "n1:2.0 n2:2.0 n3:1.0 wait(10) restart(n1) n3=2.0 break(n1,n3) wait(500) heal() n2=3.0";
    let failure = failure(Bug::GivesUp, text);
    assert_eq!((failure.step, failure.kind()), (3, APART));
    assert_eq!((failure.violations[0].node, failure.violations[0].peer), (Some(0), Some(2)));
    assert_eq!(shrunk(Bug::GivesUp, text), "seed(0) n1:2.0 n3:1.0 n3=2.0");
}

/// Objects at the end alone.
#[derive(Debug)]
struct AtTheEnd;

impl Judge<Toy> for AtTheEnd {
    fn after_step(&mut self, _: &World<Toy>, _: usize) -> Vec<Violation> {
        Vec::new()
    }

    fn at_end(&mut self, world: &World<Toy>) -> Vec<Violation> {
        let newest = world.processes().find(|(_, toy)| toy.edition == Edition(2));
        newest.map(|(node, _)| Violation::of_node("new", node, "it is")).into_iter().collect()
    }

    fn standing(&self, _: &World<Toy>) -> Standing {
        Standing::Whole
    }
}

#[test]
fn the_end_is_judged_too() {
    let plan = plan("n1:1.0 n2:1.0 wait(5) n2=2.0 wait(5)");
    let failure = runner(Bug::None).run(&plan, &mut AtTheEnd).failure.unwrap();
    assert_eq!((failure.step, failure.label.as_str(), failure.kind()), (4, "the end", "new"));
    let shrunk = shortest(Bug::None, &plan, || AtTheEnd, 50).unwrap();
    assert_eq!(shrunk.plan.to_string(), "seed(0) n2:1.0 n2=2.0");
    let few = shortest(Bug::None, &plan, || AtTheEnd, 2).unwrap();
    assert_eq!(few.runs, 2, "shrinking is bounded");
}

/// Objects to the new edition in some words, and to plans without it in others.
#[derive(Debug, Clone, Copy)]
struct Fussy {
    kind: &'static str,
}

impl Judge<Toy> for Fussy {
    fn after_step(&mut self, world: &World<Toy>, _: usize) -> Vec<Violation> {
        let newest = world.processes().find(|(_, toy)| toy.edition == Edition(2));
        let it = |(node, _)| Violation::of_pair(self.kind, node, 0, "new");
        newest.map(it).into_iter().collect()
    }

    fn at_end(&mut self, _: &World<Toy>) -> Vec<Violation> {
        vec![Violation::of_pair(self.kind, 1, 0, "old")]
    }

    fn standing(&self, _: &World<Toy>) -> Standing {
        Standing::Whole
    }
}

#[test]
fn a_plan_is_not_shrunk_to_another_failure() {
    let text = "n1:1.0 n2:1.0 wait(5) n2=2.0";
    for kind in [APART, Violation::PANIC] {
        let shrunk = shortest(Bug::None, &plan(text), || Fussy { kind }, 50).unwrap();
        assert_eq!(shrunk.plan.to_string(), "seed(0) n1:1.0 n2:1.0 n2=2.0");
    }
    // Where the releases are the same, it is what a panic says that tells them apart.
    let text = "n1:1.0 n2:2.0 n3:2.0 wait(5) n3=1.0";
    let judge = || Panicky;
    let shrunk = shortest(Bug::None, &plan(text), judge, 50).unwrap();
    assert_eq!(shrunk.plan.to_string(), "seed(0) n1:1.0 n2:2.0 n3:2.0 n3=1.0");
}

/// Takes it for a panic of the second node if the third is old, and for another one if it is not.
#[derive(Debug, Clone, Copy)]
struct Panicky;

impl Judge<Toy> for Panicky {
    fn after_step(&mut self, _: &World<Toy>, _: usize) -> Vec<Violation> {
        Vec::new()
    }

    fn at_end(&mut self, world: &World<Toy>) -> Vec<Violation> {
        let edition = world.process(2).map(|toy| toy.edition.to_string());
        vec![Violation::of_node(Violation::PANIC, 1, edition.unwrap_or_default())]
    }

    fn standing(&self, _: &World<Toy>) -> Standing {
        Standing::Whole
    }
}

#[test]
fn what_happens_at_the_end_is_not_of_the_last_step() {
    let world = unjudged("n1:1.0 n2:1.0 n2=2.0");
    let end = world.events().iter().find(|entry| entry.step == 2).unwrap().at.ms();
    assert_eq!((end / 100, world.step()), (43, 2));
}

#[test]
fn the_same_plan_gives_the_same_events() {
    for seed in [0, 3, 11] {
        let run = |seed| runner(Bug::None).run(&drawn(seed), &mut Connected).world;
        let (one, two) = (run(seed), run(seed));
        assert_eq!(format!("{:?}", one.events()), format!("{:?}", two.events()));
        assert!(one.events().len() > 100);
    }
    let chance = |seed: &str| unjudged(&format!("seed({seed}) n1:1.0 n2:1.0 n1=2.0"));
    assert_ne!(chance("1").events(), chance("2").events(), "chance is the seed's");
}

#[test]
fn disturbances_last_until_the_next_step_comes() {
    let world = unjudged("n1:1.0 n2:1.0 crash(n2) n1=2.0 partition(n1,n2) wait(40) heal()");
    let begin = |step| world.events().iter().find(|entry| entry.step == step).unwrap().at.ms();
    assert_eq!((begin(1), begin(2)), (2_000, 2_000), "an upgrade while a node is down");
    assert_eq!(begin(5) - begin(3), 40);
}

/// Takes the new edition at the second node for a known fault, and at the first one for a state that
/// lasts.
#[derive(Debug)]
struct Patient;

impl Judge<Toy> for Patient {
    fn after_step(&mut self, world: &World<Toy>, _: usize) -> Vec<Violation> {
        let new = world.processes().filter(|(_, toy)| toy.edition == Edition(2));
        let seen = new.map(|(node, _)| match node {
            0 => Violation::of_node("first", 0, "is new").lasting(world.now(), None),
            _ => Violation { fault: Some("F1"), ..Violation::of_node("other", node, "is new") },
        });
        seen.collect()
    }

    fn at_end(&mut self, world: &World<Toy>) -> Vec<Violation> {
        self.after_step(world, world.step())
    }

    fn standing(&self, _: &World<Toy>) -> Standing {
        Standing::Whole
    }
}

#[test]
fn what_is_known_ends_no_run_and_what_lasts_is_timed() {
    let run = |text: &str| runner(Bug::None).run(&plan(text), &mut Patient);
    let known = run("n1:1.0 n2:1.0 n2=2.0 n2=1.0");
    assert_eq!(known.failure, None);
    let [Seen { step: 1, lasting, violation, .. }] = &known.seen[..] else {
        panic!("{:?}", known.seen)
    };
    assert_eq!((violation.fault, lasting.from), (Some("F1"), known.spans[1].from));
    assert_eq!(lasting.to, Some(known.spans[2].from));

    let lasting = run("n1:1.0 n2:1.0 n1=2.0 n2=2.0 n1=1.0");
    assert_eq!((lasting.spans.len(), lasting.seen.len()), (5, 2), "it goes on to its end");
    let failure = lasting.failure.unwrap();
    assert_eq!((failure.step, failure.kind(), failure.is_known()), (1, "first", false));
    let until = Time::from_ms(lasting.spans[3].from.since(lasting.spans[1].to));
    let said = format!("step 1 (upgrade n1 from 1.0 to 2.0) is new; it lasts {until}");
    assert_eq!(failure.violations[0].what, said);
    let to_the_end = run("n1:1.0 n1=2.0").failure.unwrap();
    assert!(to_the_end.violations[0].what.ends_with(", to the end of the plan"));
}
