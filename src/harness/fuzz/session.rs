//! A session of the embedded engine: a thread that runs inputs, and one that looks after it.
//!
//! What is kept or found is handed over at once, and the input is noted before it is run: who stops
//! the session, or an input that never comes back, loses nothing. A stack overflow or an abort in a
//! body still ends the process; all that was handed over is safe by then.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::Target;
use super::engine::{Engine, Step};
use super::run::{Finding, Key, STACK, limits};
use crate::harness::boundary::contain;

/// How often somebody looks after the thread, at least.
const TICK: Duration = Duration::from_millis(50);
/// Inputs that may hang before the session ends: each leaves a thread behind, which goes on.
const HANGS_MAX: usize = 3;

/// When a session ends, if nobody stops it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// After so many executions, not counted those of the inputs to begin with.
    Runs(u64),
    /// After this time.
    Time(Duration),
}

/// What the owner of a session is told.
#[derive(Debug)]
pub enum Event {
    /// An input is worth keeping.
    Kept(Vec<u8>),
    /// Something was found that had not been found before.
    Found(Box<Finding>),
    /// Nothing happened, but so much is done.
    Progress(Summary),
}

/// What a session did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Executions, not counted those of the inputs to begin with.
    pub executions: u64,
    /// Time that they took.
    pub time: Duration,
    /// Different features that runs went through.
    pub features: usize,
}

impl Summary {
    /// Executions in a second.
    pub fn per_second(&self) -> u64 {
        let millis = self.time.as_millis().max(1);
        u64::try_from(u128::from(self.executions) * 1000 / millis).unwrap_or(u64::MAX)
    }
}

/// What the two threads share.
#[derive(Debug, Default)]
struct Shared {
    /// The worker should end.
    is_over: AtomicBool,
    /// Executions with those of the inputs to begin with: as long as it grows, nothing hangs.
    pulse: AtomicU64,
    features: AtomicUsize,
    /// What is run now.
    current: Mutex<Vec<u8>>,
}

/// What the worker sends.
enum Message {
    /// The inputs to begin with have been run: since when, and the pulse at that time.
    Loaded(Instant, u64),
    Kept(Vec<u8>),
    Found(Box<Finding>),
}

/// A session with one target.
pub struct Session<'a> {
    /// What is fuzzed.
    pub target: &'a Target,
    /// The seed of all changes.
    pub seed: u64,
    /// When it ends.
    pub budget: Budget,
    /// Set by somebody who wants it to end now.
    pub stop: &'a AtomicBool,
}

/// Where a session is, across the threads that hang.
struct State {
    inputs: Vec<Vec<u8>>,
    found: BTreeSet<Key>,
    summary: Summary,
    begun: Instant,
}

impl Session<'_> {
    /// Fuzzes until the budget is used up or somebody stops it, and tells what happens.
    ///
    /// # Errors
    ///
    /// Those of `tell`, after which nothing more is run; if no thread can be had.
    pub fn run<E: From<io::Error>>(
        &self,
        inputs: Vec<Vec<u8>>,
        mut tell: impl FnMut(Event) -> Result<(), E>,
    ) -> Result<Summary, E> {
        let mut state = State {
            inputs,
            found: BTreeSet::new(),
            summary: Summary::default(),
            begun: Instant::now(),
        };
        for hangs in 0..HANGS_MAX {
            let (shared, messages) = self.start(&state, hangs as u64)?;
            let outcome = self.watch(&mut state, &shared, &messages, &mut tell);
            shared.is_over.store(true, Ordering::Relaxed);
            if !outcome? {
                break;
            }
        }
        Ok(state.summary)
    }

    /// Starts a worker on all inputs so far.
    fn start(
        &self,
        state: &State,
        hangs: u64,
    ) -> io::Result<(Arc<Shared>, Receiver<Message>)> {
        let engine =
            Engine::new(self.target, self.seed.wrapping_add(hangs), state.found.clone());
        let runs = match self.budget {
            Budget::Runs(runs) => runs.saturating_sub(state.summary.executions),
            Budget::Time(_) => u64::MAX,
        };
        let shared = Arc::new(Shared::default());
        let (sender, messages) = mpsc::channel();
        let worker = Worker { target: *self.target, engine, shared: Arc::clone(&shared), sender };
        let inputs = state.inputs.clone();
        thread::Builder::new().stack_size(STACK).spawn(move || worker.run(&inputs, runs))?;
        Ok((shared, messages))
    }

    /// Looks after a worker until it ends; true if it hung.
    fn watch<E>(
        &self,
        state: &mut State,
        shared: &Shared,
        messages: &Receiver<Message>,
        tell: &mut impl FnMut(Event) -> Result<(), E>,
    ) -> Result<bool, E> {
        let before = state.summary;
        let mut loaded: Option<(Instant, u64)> = None;
        let mut alive = (u64::MAX, Instant::now());
        loop {
            match messages.recv_timeout(TICK) {
                Ok(Message::Loaded(since, pulse)) => loaded = Some((since, pulse)),
                Ok(Message::Kept(input)) => {
                    state.inputs.push(input.clone());
                    tell(Event::Kept(input))?;
                }
                Ok(Message::Found(finding)) => {
                    state.found.insert(finding.key.clone());
                    tell(Event::Found(finding))?;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    state.advance(before, loaded, shared);
                    tell(Event::Progress(state.summary))?;
                    return Ok(false);
                }
            }
            state.advance(before, loaded, shared);
            tell(Event::Progress(state.summary))?;
            if self.is_over(state.begun) {
                shared.is_over.store(true, Ordering::Relaxed);
            }
            let pulse = shared.pulse.load(Ordering::Relaxed);
            if pulse != alive.0 {
                alive = (pulse, Instant::now());
            } else if let Some(finding) = self.hang(shared, alive.1.elapsed()) {
                // What loads like this next time would hang again.
                state.inputs.retain(|input| *input != finding.input);
                state.found.insert(finding.key.clone());
                tell(Event::Found(Box::new(finding)))?;
                return Ok(true);
            }
        }
    }

    fn is_over(&self, begun: Instant) -> bool {
        let is_late = matches!(self.budget, Budget::Time(time) if begun.elapsed() >= time);
        is_late || self.stop.load(Ordering::Relaxed)
    }

    /// The input that is being run, if it takes too long.
    fn hang(&self, shared: &Shared, since: Duration) -> Option<Finding> {
        let current = shared.current.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = limits(current.len()).time;
        (since > limit).then(|| Finding::hang(self.target, limit, current.clone()))
    }
}

impl State {
    fn advance(&mut self, before: Summary, loaded: Option<(Instant, u64)>, shared: &Shared) {
        if let Some((since, pulse)) = loaded {
            let more = shared.pulse.load(Ordering::Relaxed) - pulse;
            self.summary.executions = before.executions + more;
            self.summary.time = before.time + since.elapsed();
        }
        self.summary.features = shared.features.load(Ordering::Relaxed);
    }
}

/// The thread that runs inputs.
struct Worker {
    target: Target,
    engine: Engine,
    shared: Arc<Shared>,
    sender: Sender<Message>,
}

impl Worker {
    /// Runs until it is done, or nobody listens.
    fn run(mut self, inputs: &[Vec<u8>], runs: u64) {
        let (target, shared, sender) =
            (self.target, Arc::clone(&self.shared), self.sender.clone());
        // The body has a boundary of its own: this one is for the mutator.
        if let Err(panicked) = contain(|| self.work(inputs, runs)) {
            let current = shared.current.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let finding = Finding::panic(&target, panicked, current);
            let _ = sender.send(Message::Found(Box::new(finding)));
        }
    }

    /// `None` if nobody listens.
    fn work(&mut self, inputs: &[Vec<u8>], runs: u64) -> Option<()> {
        for input in inputs.iter().map(Vec::as_slice).chain([[].as_slice()]) {
            if self.shared.is_over.load(Ordering::Relaxed) {
                return None;
            }
            self.engine.load(input);
            self.step(true)?;
        }
        let pulse = self.shared.pulse.load(Ordering::Relaxed);
        self.sender.send(Message::Loaded(Instant::now(), pulse)).ok()?;
        let mut done = 0;
        while done < runs && !self.shared.is_over.load(Ordering::Relaxed) {
            self.engine.change();
            self.step(false)?;
            done += 1;
        }
        Some(())
    }

    fn step(&mut self, is_old: bool) -> Option<()> {
        {
            let mut current = self.shared.current.lock().unwrap_or_else(PoisonError::into_inner);
            current.clear();
            current.extend_from_slice(self.engine.input());
        }
        match self.engine.run() {
            Step::Found(finding) => self.sender.send(Message::Found(finding)).ok()?,
            Step::New => {
                self.shared.features.store(self.engine.features(), Ordering::Relaxed);
                if !is_old {
                    self.sender.send(Message::Kept(self.engine.input().to_vec())).ok()?;
                }
            }
            Step::Known => {}
        }
        // The watcher waits for it to grow: after what came of the run has been sent.
        self.shared.pulse.fetch_add(1, Ordering::Relaxed);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::toy;
    use super::*;

    /// Runs a session; gives its summary, what was kept, and what was found.
    fn session(
        target: &Target,
        inputs: &[&[u8]],
        budget: Budget,
        stop: &AtomicBool,
    ) -> (Summary, Vec<Vec<u8>>, Vec<Finding>) {
        let (mut kept, mut found) = (Vec::new(), Vec::new());
        let session = Session { target, seed: 5, budget, stop };
        let inputs = inputs.iter().map(|input| input.to_vec()).collect();
        let summary = session.run(inputs, |event| {
            match event {
                Event::Kept(input) => kept.push(input),
                Event::Found(finding) => found.push(*finding),
                Event::Progress(_) => {}
            }
            Ok::<(), io::Error>(())
        });
        (summary.unwrap(), kept, found)
    }

    #[test]
    fn the_same_seed_and_runs_make_the_same_corpus_and_findings() {
        let stop = AtomicBool::new(false);
        let run = || session(&toy::BUGGY, &[b"b"], Budget::Runs(200_000), &stop);
        let (summary, kept, found) = run();
        assert_eq!((summary.executions, found.len()), (200_000, 2));
        assert!(summary.features >= 5 && !kept.is_empty());
        let (again, kept_again, found_again) = run();
        assert_eq!((again.executions, again.features), (summary.executions, summary.features));
        assert_eq!((kept, found), (kept_again, found_again));
    }

    #[test]
    fn a_session_ends_in_time_and_when_it_is_told_to() {
        let begun = Instant::now();
        let stop = AtomicBool::new(false);
        let time = Duration::from_millis(300);
        let (summary, ..) = session(&toy::TRIVIAL, &[], Budget::Time(time), &stop);
        assert!(summary.executions > 0 && summary.per_second() > 0);
        stop.store(true, Ordering::Relaxed);
        session(&toy::TRIVIAL, &[], Budget::Time(Duration::from_secs(3600)), &stop);
        assert!(begun.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn a_hang_is_a_finding_with_its_input_and_the_session_goes_on() {
        let stop = AtomicBool::new(false);
        let (summary, kept, found) = session(&toy::HANGS, &[b"ho"], Budget::Runs(50), &stop);
        assert_eq!(found[0].input, b"ho");
        assert!(found[0].is_hang() && found.iter().all(Finding::is_hang));
        assert!(summary.executions > 0 && !kept.is_empty());
    }

    #[test]
    fn an_error_of_the_owner_ends_it() {
        let stop = AtomicBool::new(false);
        let budget = Budget::Time(Duration::from_secs(3600));
        let session = Session { target: &toy::TRIVIAL, seed: 1, budget, stop: &stop };
        let full = |event| match event {
            Event::Kept(_) => Err(io::Error::from(io::ErrorKind::StorageFull)),
            _ => Ok(()),
        };
        let error = session.run(Vec::new(), full).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
