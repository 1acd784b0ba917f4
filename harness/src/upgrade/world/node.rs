//! A node of the world: its process, and how much that does.

use std::sync::Arc;

use super::super::process::Process;
use super::super::time::Time;

/// What no process has reason to exceed. A process that does is in a busy loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Inputs within one virtual millisecond.
    pub inputs_per_ms: u32,
    /// Inputs within one virtual second.
    pub inputs_per_s: u32,
    /// Dials within one virtual second.
    pub dials_per_s: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { inputs_per_ms: 1_000, inputs_per_s: 20_000, dials_per_s: 200 }
    }
}

/// How much a process did in the present millisecond and second.
#[derive(Debug, Clone, Default)]
pub(super) struct Load {
    now: Time,
    in_ms: u32,
    in_s: u32,
    dials_in_s: u32,
}

impl Load {
    fn at(&mut self, now: Time) -> &mut Self {
        if now.ms() / 1_000 != self.now.ms() / 1_000 {
            *self = Self { now, ..Self::default() };
        } else if now != self.now {
            self.now = now;
            self.in_ms = 0;
        }
        self
    }

    pub(super) fn input(&mut self, now: Time) {
        let load = self.at(now);
        load.in_ms += 1;
        load.in_s += 1;
    }

    pub(super) fn dial(&mut self, now: Time) {
        self.at(now).dials_in_s += 1;
    }

    /// What is too much, in words.
    pub(super) fn excess(&self, bounds: &Bounds) -> Option<String> {
        let excess =
            |count: u32, max: u32, what| (count > max).then(|| format!("more than {max} {what}"));
        excess(self.in_ms, bounds.inputs_per_ms, "inputs in one millisecond")
            .or_else(|| excess(self.in_s, bounds.inputs_per_s, "inputs in one second"))
            .or_else(|| excess(self.dials_in_s, bounds.dials_per_s, "dials in one second"))
    }
}

/// A node with its present or last process.
#[derive(Debug, Clone)]
pub(super) struct Node<P> {
    pub(super) name: Arc<str>,
    pub(super) process: P,
    pub(super) is_running: bool,
    /// Whether its last process went without a word, and there is no other one yet.
    pub(super) has_crashed: bool,
    pub(super) generation: u32,
    pub(super) wake: Option<Time>,
    pub(super) load: Load,
    /// At the how-manieth frame from now on it crashes.
    pub(super) crash_at_frame: Option<u32>,
}

impl<P: Process> Node<P> {
    pub(super) fn new(name: &str, process: P) -> Self {
        Self {
            name: name.into(),
            process,
            is_running: false,
            has_crashed: false,
            generation: 0,
            wake: None,
            load: Load::default(),
            crash_at_frame: None,
        }
    }

    /// When it wants to be woken, if it can.
    pub(super) const fn wakes(&self) -> Option<Time> {
        if self.is_running { self.wake } else { None }
    }

    /// Whether the frame that is about to reach it is the one at which it crashes.
    pub(super) fn crashes_now(&mut self) -> bool {
        match &mut self.crash_at_frame {
            Some(left) if *left > 1 => {
                *left -= 1;
                false
            }
            left => left.take().is_some(),
        }
    }
}
