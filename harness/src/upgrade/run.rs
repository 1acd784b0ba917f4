//! The runner: it takes a plan, makes the nodes, and does step by step what the plan says.

use std::fmt::Display;

use super::event::Violation;
use super::judge::Judge;
use super::plan::{Plan, Step};
use super::process::Process;
use super::seen::{Log, Seen};
use super::time::Time;
use super::world::{Settings, World};

/// Makes the first process of a node from its index and its release; all later ones are made by
/// [`Process::restarted`].
pub trait Make<P: Process>: Fn(usize, &P::Release) -> P + Sync {}

impl<P: Process, F: Fn(usize, &P::Release) -> P + Sync> Make<P> for F {}

/// How plans are run.
#[derive(Debug, Clone, Copy)]
pub struct Runner<M> {
    /// What worlds are like. The seed is the plan's.
    pub settings: Settings,
    /// What nodes have to settle after a step, in milliseconds.
    pub settle_ms: u64,
    /// Makes the nodes.
    pub make: M,
}

/// When a step took place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The number of the step; 0 is the start.
    pub step: usize,
    /// What it did, in words.
    pub label: String,
    /// When it began.
    pub from: Time,
    /// When it was over, with the time to settle.
    pub to: Time,
}

/// What went wrong, and where in the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure<R> {
    /// The step; one behind the last is the end.
    pub step: usize,
    /// What it did, in words.
    pub label: String,
    /// The seed of the plan.
    pub seed: u64,
    /// The nodes and their releases before the step.
    pub before: Vec<(String, R)>,
    /// The nodes and their releases after the step.
    pub after: Vec<(String, R)>,
    /// What was seen; at least one.
    pub violations: Vec<Violation>,
}

impl<R> Failure<R> {
    /// The kind of the first violation, which a shrunk plan has as well.
    pub fn kind(&self) -> &'static str {
        self.violations.first().map_or("", |violation| violation.kind)
    }

    /// Whether known faults explain all of it.
    pub fn is_known(&self) -> bool {
        self.violations.iter().all(|violation| violation.fault.is_some())
    }
}

/// What came of a plan.
#[derive(Clone)]
pub struct Run<P: Process> {
    /// The world as it was at the end, or at the failure.
    pub world: World<P>,
    /// The steps that were begun.
    pub spans: Vec<Span>,
    /// What was seen and did not end the run, in the order in which it began.
    pub seen: Vec<Seen>,
    /// What went wrong. The run ended there, unless it is a state that lasts.
    pub failure: Option<Failure<P::Release>>,
}

impl<M> Runner<M> {
    /// Runs a plan until its end or the first step with a violation that is neither known nor a state
    /// that lasts. The plan fails by those that last as well.
    pub fn run<P: Process>(&self, plan: &Plan<P::Release>, judge: &mut impl Judge<P>) -> Run<P>
    where
        M: Make<P>,
    {
        let mut world = self.world(plan.seed);
        let (mut spans, mut log) = (Vec::new(), Log::default());
        let end = plan.steps.len() + 1;
        for step in 0..=end {
            let from = world.now();
            let violations = if step == end {
                Some(self.end(&mut world, step, judge))
            } else {
                self.step(&mut world, plan, step, judge)
            };
            let label = plan.label::<P>(step);
            spans.push(Span { step, label, from, to: world.now() });
            let (ends, goes_on): (Vec<_>, Vec<_>) =
                violations.iter().flatten().cloned().partition(Violation::ends_a_run);
            if violations.is_some() {
                log.enter(&spans, goes_on);
            }
            if !ends.is_empty() {
                let failure = Some(failure::<P>(plan, step, ends));
                return Run { world, spans, seen: log.into_seen(), failure };
            }
        }
        let seen = log.into_seen();
        let failure = outage::<P>(plan, &seen, world.now());
        Run { world, spans, seen, failure }
    }

    /// Does one step of a plan to a world that has all steps before behind it, and judges if nodes
    /// had time to settle.
    fn step<P: Process>(
        &self,
        world: &mut World<P>,
        plan: &Plan<P::Release>,
        step: usize,
        judge: &mut impl Judge<P>,
    ) -> Option<Vec<Violation>>
    where
        M: Make<P>,
    {
        world.begin_step(step);
        match step.checked_sub(1).and_then(|before| plan.steps.get(before)) {
            None => self.start(world, &plan.nodes),
            Some(step) => {
                self.apply(world, step);
                if !step.settles() {
                    let violations = world.violations();
                    return (!violations.is_empty()).then(|| violations.to_vec());
                }
            }
        }
        self.settle(world);
        Some(found(world, || judge.after_step(world, step)))
    }

    /// Lets a world settle that has all steps behind it, and judges. The end has a number of its own.
    pub(super) fn end<P: Process>(
        &self,
        world: &mut World<P>,
        step: usize,
        judge: &mut impl Judge<P>,
    ) -> Vec<Violation> {
        world.begin_step(step);
        self.settle(world);
        found(world, || judge.at_end(world))
    }

    /// A world without nodes.
    pub(super) fn world<P: Process>(&self, seed: u64) -> World<P> {
        World::new(&Settings { seed, ..self.settings })
    }

    /// Makes and starts all nodes.
    pub(super) fn start<P: Process>(&self, world: &mut World<P>, nodes: &[(String, P::Release)])
    where
        M: Make<P>,
    {
        for (index, (name, release)) in nodes.iter().enumerate() {
            world.add(name, (self.make)(index, release));
        }
        for (index, (_, release)) in nodes.iter().enumerate() {
            world.start(index, release);
        }
    }

    /// Lets the time pass that nodes have to settle.
    pub(super) fn settle<P: Process>(&self, world: &mut World<P>) {
        world.run_until(world.now().after(self.settle_ms));
        world.disarm();
    }

    /// Does what a step says, without the time to settle.
    pub(super) fn apply<P: Process>(&self, world: &mut World<P>, step: &Step<P::Release>)
    where
        M: Make<P>,
    {
        match step {
            Step::Upgrade { node, to } => self.moved(world, &[*node], Some(to)),
            Step::Together { nodes, to } => self.moved(world, nodes, Some(to)),
            Step::Restart { node } => self.moved(world, &[*node], None),
            Step::Join { name, release } => {
                let index = world.nodes().count();
                world.add(name, (self.make)(index, release));
                world.start(index, release);
            }
            Step::Crash { node } => world.crash(*node),
            Step::CrashAtFrame { node, frame } => {
                for other in 0..world.nodes().count() {
                    if other != *node {
                        world.break_connections(*node, other);
                    }
                }
                world.crash_at_frame(*node, *frame);
            }
            Step::Partition { from, to } => world.partition(*from, *to),
            Step::Heal => world.heal(),
            Step::Slow { from, to, by_ms } => world.slow(*from, *to, *by_ms),
            Step::Break { a, b } => world.break_connections(*a, *b),
            Step::Tell { node, word } => world.tell(*node, word),
            Step::Wait { ms } => world.run_until(world.now().after(*ms)),
        }
    }

    /// Stops nodes, waits until they are gone, and starts them; without a release, with the same.
    fn moved<P: Process>(&self, world: &mut World<P>, nodes: &[usize], to: Option<&P::Release>) {
        let is_any_running = nodes.iter().any(|node| world.process(*node).is_some());
        nodes.iter().for_each(|node| world.stop(*node));
        if is_any_running {
            world.run_until(world.now().after(self.settings.timing.grace_ms));
        }
        for node in nodes {
            let same = world.nodes().nth(*node).map(|it| it.process.release().clone());
            if let Some(release) = to.cloned().or(same) {
                world.start(*node, &release);
            }
        }
    }
}

/// How a plan fails in a step.
fn failure<P: Process>(
    plan: &Plan<P::Release>,
    step: usize,
    violations: Vec<Violation>,
) -> Failure<P::Release> {
    Failure {
        step,
        label: plan.label::<P>(step),
        seed: plan.seed,
        before: plan.nodes_after(step.saturating_sub(1)),
        after: plan.nodes_after(step),
        violations,
    }
}

/// How a plan fails by states that last: all that began in the first step in which any did.
fn outage<P: Process>(
    plan: &Plan<P::Release>,
    seen: &[Seen],
    end: Time,
) -> Option<Failure<P::Release>> {
    let mut lasting = seen.iter().filter(|seen| seen.violation.lasting.is_some()).peekable();
    let step = lasting.peek()?.step;
    let violations = lasting.filter(|seen| seen.step == step).map(|seen| Violation {
        what: seen.sentence(end),
        lasting: Some(seen.lasting),
        ..seen.violation.clone()
    });
    Some(failure::<P>(plan, step, violations.collect()))
}

/// Panics and busy loops, or else what the judge says.
pub(super) fn found<P: Process>(
    world: &World<P>,
    judge: impl FnOnce() -> Vec<Violation>,
) -> Vec<Violation> {
    if world.violations().is_empty() { judge() } else { world.violations().to_vec() }
}

/// The nodes of a failure and their releases, as `n1 1.3, n2 1.4`.
pub fn releases<R: Display>(nodes: &[(String, R)]) -> String {
    let words: Vec<String> =
        nodes.iter().map(|(name, release)| format!("{name} {release}")).collect();
    words.join(", ")
}
