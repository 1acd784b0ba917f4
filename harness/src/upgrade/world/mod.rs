//! Nodes, a clock and a network, all of them virtual: what happens is decided by the processes, what
//! is done to the world, and a seed.
//!
//! Things that are due at the same time happen in the order in which they were arranged; wakes come
//! after them, in the order of the nodes. A clone of a world goes on as the world itself would.

mod deliver;
mod faults;
mod node;
mod outlook;
mod streams;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use self::deliver::{Due, Scheduled};
use self::node::{Load, Node};
use self::streams::Streams;
use super::event::{Change, Entry, Violation, What};
use super::network::{Network, Timing};
use super::process::{Act, Input, Outbox, Process};
use super::time::Time;
use crate::boundary::contain;

pub use self::node::Bounds;

/// What a world is like from the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settings {
    /// Times of the network.
    pub timing: Timing,
    /// What no process has reason to exceed.
    pub bounds: Bounds,
    /// Decides what is left to chance: how long each frame takes.
    pub seed: u64,
    /// Whether events are kept.
    pub is_recording: bool,
}

/// A node as others see it.
#[derive(Debug)]
pub struct NodeView<'a, P> {
    /// What it is called.
    pub name: &'a str,
    /// The running process, or the last one.
    pub process: &'a P,
    /// Whether the process is running.
    pub is_running: bool,
    /// The how-manieth process it is; 0 if there was none yet.
    pub generation: u32,
}

/// The whole of it.
#[derive(Debug, Clone)]
pub struct World<P: Process> {
    nodes: Vec<Node<P>>,
    clock: Time,
    step: usize,
    sequence: u64,
    queue: BinaryHeap<Reverse<Scheduled<P::Refusal>>>,
    streams: Streams<P::Refusal>,
    network: Network,
    /// When a crash or a disturbance of the network was last over.
    disturbed_at: Option<Time>,
    bounds: Bounds,
    outbox: Outbox<P::Refusal>,
    is_stuck: bool,
    is_recording: bool,
    events: Vec<Entry>,
    violations: Vec<Violation>,
}

impl<P: Process> World<P> {
    /// A world without nodes.
    pub fn new(settings: &Settings) -> Self {
        let mut outbox = Outbox::new(1);
        outbox.set_noting(settings.is_recording);
        Self {
            nodes: Vec::new(),
            clock: Time::ZERO,
            step: 0,
            sequence: 0,
            queue: BinaryHeap::new(),
            streams: Streams::new(),
            network: Network::new(settings.timing, settings.seed),
            disturbed_at: None,
            bounds: settings.bounds,
            outbox,
            is_stuck: false,
            is_recording: settings.is_recording,
            events: Vec::new(),
            violations: Vec::new(),
        }
    }

    /// Adds a node that is not running yet; gives its index.
    pub fn add(&mut self, name: &str, process: P) -> usize {
        self.nodes.push(Node::new(name, process));
        self.nodes.len() - 1
    }

    /// Starts a node that is not running: its first process as it was added, a later one as
    /// [`Process::restarted`] makes it of the one before. Nothing happens if the node is running.
    pub fn start(&mut self, node: usize, release: &P::Release) {
        let Some(it) = self.nodes.get_mut(node).filter(|it| !it.is_running) else { return };
        it.generation += 1;
        let generation = it.generation;
        if generation > 1 {
            let made = contain(|| it.process.restarted(release, generation));
            match made {
                Ok(process) => it.process = process,
                Err(panicked) => return self.panicked(node, panicked.to_string()),
            }
        }
        it.is_running = true;
        it.wake = None;
        if std::mem::take(&mut it.has_crashed) {
            self.disturbed_at = Some(self.clock);
        }
        self.record(node, || Change::Started { release: release.to_string(), generation });
        self.give(node, Input::Start);
    }

    /// Asks a node to shut down; it is gone after its grace time.
    pub fn stop(&mut self, node: usize) {
        let Some(generation) = self.running(node) else { return };
        self.record(node, || Change::Stopping);
        self.schedule(
            self.clock.after(self.network.timing.grace_ms),
            Due::Gone { node, generation },
        );
        self.give(node, Input::Stop);
    }

    /// Tells a node something, whether it is running or not.
    pub fn tell(&mut self, node: usize, word: &str) {
        if let Some(it) = self.nodes.get_mut(node) {
            it.process.told(word);
            self.record(node, || Change::Told(word.to_owned()));
        }
    }

    /// Lets time pass up to this moment, or until a process is in a busy loop.
    pub fn run_until(&mut self, until: Time) {
        while let Some((at, waking)) = self.next().filter(|(at, _)| *at <= until) {
            if self.is_stuck {
                return;
            }
            self.clock = self.clock.max(at);
            match waking {
                Some(node) => self.give(node, Input::Wake),
                None => self.deliver_next(),
            }
        }
        if !self.is_stuck {
            self.clock = self.clock.max(until);
        }
    }

    /// When something happens next, and whose wake it is if it is one.
    fn next(&self) -> Option<(Time, Option<usize>)> {
        let wakes = self.nodes.iter().enumerate();
        let wake = wakes.filter_map(|(index, node)| Some((node.wakes()?, Some(index)))).min();
        let due = self.queue.peek().map(|Reverse(scheduled)| (scheduled.at, None));
        // None comes before any node.
        due.into_iter().chain(wake).min()
    }

    /// Calls something on a running process, as itself: what it puts into the outbox is done, and a
    /// panic ends the process. None if it is not running, or panicked.
    pub fn with<T>(
        &mut self,
        node: usize,
        call: impl FnOnce(&mut P, Time, &mut Outbox<P::Refusal>) -> T,
    ) -> Option<T> {
        let (now, outbox) = (self.clock, &mut self.outbox);
        let it = self.nodes.get_mut(node).filter(|it| it.is_running)?;
        let result = contain(|| {
            let value = call(&mut it.process, now, outbox);
            (value, it.process.wake_at())
        });
        let (acts, events) = (self.outbox.take_acts(), self.outbox.take_events());
        for event in events {
            self.enter(node, What::Noted(event));
        }
        match result {
            Ok((value, wake)) => {
                if let Some(it) = self.nodes.get_mut(node) {
                    it.wake = wake;
                }
                for act in acts {
                    self.act(node, act);
                }
                Some(value)
            }
            Err(panicked) => {
                self.panicked(node, panicked.to_string());
                None
            }
        }
    }

    /// Gives an input to a running process.
    fn give(&mut self, node: usize, input: Input<P::Refusal>) {
        let now = self.clock;
        let Some(it) = self.nodes.get_mut(node) else { return };
        it.load.input(now);
        let excess = it.load.excess(&self.bounds);
        if let Some(what) = excess {
            return self.busy(node, what);
        }
        self.with(node, |process, now, out| process.handle(now, input, out));
    }

    fn act(&mut self, node: usize, act: Act<P::Refusal>) {
        match act {
            Act::Dial { stream, peer } => self.dial(node, stream, peer),
            Act::Send { stream, bytes } => self.send(node, stream, bytes),
            Act::Close(stream) => self.close(node, stream),
            Act::Refuse(stream, refusal) => self.refuse(node, stream, refusal),
        }
    }

    fn panicked(&mut self, node: usize, what: String) {
        self.record(node, || Change::Panicked(what.clone()));
        self.violations.push(Violation::of_node(Violation::PANIC, node, what));
        self.end(node);
    }

    fn busy(&mut self, node: usize, what: String) {
        self.is_stuck = true;
        self.record(node, || Change::Busy(what.clone()));
        self.violations.push(Violation::of_node(Violation::BUSY_LOOP, node, what));
    }

    /// The generation of a node that is running.
    fn running(&self, node: usize) -> Option<u32> {
        self.nodes.get(node).filter(|it| it.is_running).map(|it| it.generation)
    }

    fn record(&mut self, node: usize, change: impl FnOnce() -> Change) {
        if self.is_recording {
            self.enter(node, What::Done(change()));
        }
    }

    fn enter(&mut self, node: usize, what: What) {
        self.events.push(Entry { at: self.clock, step: self.step, node, what });
    }
}

/// What can be seen of it.
impl<P: Process> World<P> {
    /// All nodes, those that are down too, in the order in which they were added.
    pub fn nodes(&self) -> impl Iterator<Item = NodeView<'_, P>> {
        self.nodes.iter().map(|node| NodeView {
            name: &node.name,
            process: &node.process,
            is_running: node.is_running,
            generation: node.generation,
        })
    }

    /// The running processes, with the indices of their nodes.
    pub fn processes(&self) -> impl Iterator<Item = (usize, &P)> {
        let nodes = self.nodes.iter().enumerate();
        nodes.filter(|(_, node)| node.is_running).map(|(index, node)| (index, &node.process))
    }

    /// The process of a node, if it is running.
    pub fn process(&self, node: usize) -> Option<&P> {
        self.nodes.get(node).filter(|it| it.is_running).map(|it| &it.process)
    }

    /// The name of a node; empty if there is none with this index.
    pub fn name(&self, node: usize) -> &str {
        self.nodes.get(node).map_or("", |it| &it.name)
    }

    /// The present moment.
    pub const fn now(&self) -> Time {
        self.clock
    }

    /// The present step.
    pub const fn step(&self) -> usize {
        self.step
    }

    /// What happened, in order; nothing if events are not kept.
    pub fn events(&self) -> &[Entry] {
        &self.events
    }

    /// The panics and busy loops so far.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Whether a process is in a busy loop: no time passes any more.
    pub const fn is_stuck(&self) -> bool {
        self.is_stuck
    }

    /// Whether what one node sends another is held back.
    pub fn is_partitioned(&self, from: usize, to: usize) -> bool {
        self.network.is_blocked(from, to)
    }

    /// When something was last done to it that takes nodes or ways away: now, if something is.
    pub fn last_disturbed(&self) -> Option<Time> {
        let is_disturbed =
            self.network.is_disturbed() || self.nodes.iter().any(|node| node.has_crashed);
        if is_disturbed { Some(self.clock) } else { self.disturbed_at }
    }

    /// What happens from now on is part of this step, and what nodes do is counted anew.
    pub fn begin_step(&mut self, step: usize) {
        self.step = step;
        self.nodes.iter_mut().for_each(|node| node.load = Load::default());
    }
}
