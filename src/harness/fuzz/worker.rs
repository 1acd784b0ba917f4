//! The thread that runs inputs, and what it shares with those who look after it.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use super::Target;
use super::engine::{EPOCH, Engine, Step};
use super::run::{Finding, Key, STACK};
use crate::harness::boundary::contain;

/// Bytes of the length before a noted input.
const LEN: usize = size_of::<u32>();

/// What the worker shares.
#[derive(Debug, Default)]
pub struct Shared {
    /// The worker should end.
    pub is_over: AtomicBool,
    /// Executions with those of the inputs to begin with: as long as it grows, nothing hangs.
    pub pulse: AtomicU64,
    /// Different features so far.
    pub features: AtomicUsize,
    /// What is run now.
    current: Mutex<Vec<u8>>,
}

impl Shared {
    /// What is run now.
    pub fn current(&self) -> MutexGuard<'_, Vec<u8>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the worker sends.
#[derive(Debug)]
pub enum Message {
    /// The inputs to begin with have been run: since when, and the pulse at that time.
    Loaded(Instant, u64),
    /// An input is worth keeping, and which run that was.
    Kept(Vec<u8>, u64),
    /// Something was found that had not been found before.
    Found(Box<Finding>),
}

/// What those who look after a worker hold of it.
pub type Ends = (Arc<Shared>, Receiver<Message>);

/// What a worker works on.
#[derive(Debug, Default)]
pub struct Task {
    /// The seed of all changes.
    pub seed: u64,
    /// The first run to make, after those of the inputs, counted from 0.
    pub first: u64,
    /// The first run not to make.
    pub end: u64,
    /// Whether to note each input where it outlives the process. It costs a system call a run.
    pub is_careful: bool,
    /// The inputs to begin with.
    pub inputs: Vec<Vec<u8>>,
    /// What is known.
    pub found: BTreeSet<Key>,
}

struct Worker {
    engine: Engine,
    shared: Arc<Shared>,
    sender: Sender<Message>,
    /// Where the input is noted, if that is wanted.
    note: Option<File>,
    noted: Vec<u8>,
}

/// Starts a worker; it ends when the task is done, it is told to, or nobody listens.
///
/// # Errors
///
/// If no thread can be had.
pub fn start(target: &Target, task: Task, note: Option<File>) -> io::Result<Ends> {
    let shared = Arc::new(Shared::default());
    let (sender, messages) = mpsc::channel();
    let worker = Worker {
        engine: Engine::new(target, task.seed, task.found),
        shared: Arc::clone(&shared),
        sender,
        note,
        noted: Vec::new(),
    };
    let (target, inputs, runs) = (*target, task.inputs, task.first..task.end);
    thread::Builder::new().stack_size(STACK).spawn(move || worker.run(&target, &inputs, runs))?;
    Ok((shared, messages))
}

/// The input that a file has noted.
pub fn read_note(file: &[u8]) -> Vec<u8> {
    let Some((len, rest)) = file.split_first_chunk::<LEN>() else {
        return Vec::new();
    };
    let len = usize::try_from(u32::from_le_bytes(*len)).unwrap_or(usize::MAX);
    rest[..len.min(rest.len())].to_vec()
}

impl Worker {
    fn run(mut self, target: &Target, inputs: &[Vec<u8>], runs: Range<u64>) {
        let (shared, sender) = (Arc::clone(&self.shared), self.sender.clone());
        // The body has a boundary of its own: this one is for the mutator.
        if let Err(panicked) = contain(|| self.work(inputs, runs)) {
            let current = shared.current().clone();
            let finding = Finding::panic(target, panicked, current);
            let _ = sender.send(Message::Found(Box::new(finding)));
        }
    }

    /// `None` if nobody listens.
    fn work(&mut self, inputs: &[Vec<u8>], runs: Range<u64>) -> Option<()> {
        // The empty one first: kept ones that are loaded again stand where they stood.
        for input in std::iter::once([].as_slice()).chain(inputs.iter().map(Vec::as_slice)) {
            if self.shared.is_over.load(Ordering::Relaxed) {
                return None;
            }
            self.engine.load(input);
            self.step(None)?;
        }
        let pulse = self.shared.pulse.load(Ordering::Relaxed);
        self.sender.send(Message::Loaded(Instant::now(), pulse)).ok()?;
        self.engine.begin(runs.start);
        for run in runs {
            if self.shared.is_over.load(Ordering::Relaxed) {
                return None;
            }
            if run % EPOCH == 0 {
                self.engine.begin(run);
            }
            self.engine.change();
            self.step(Some(run))?;
        }
        Some(())
    }

    /// Makes a run: one of those to count, or of an input to begin with.
    fn step(&mut self, number: Option<u64>) -> Option<()> {
        self.take_note();
        let step = self.engine.run();
        if !matches!(step, Step::Known) {
            self.shared.features.store(self.engine.features(), Ordering::Relaxed);
        }
        match (step, number) {
            (Step::Found(finding), _) => self.sender.send(Message::Found(finding)).ok()?,
            (Step::New, Some(number)) => {
                let input = self.engine.input().to_vec();
                self.sender.send(Message::Kept(input, number)).ok()?;
            }
            (Step::New | Step::Known, _) => {}
        }
        // Who looks after it waits for it to grow: after what came of the run has been sent.
        self.shared.pulse.fetch_add(1, Ordering::Relaxed);
        Some(())
    }

    /// Notes what is about to be run.
    fn take_note(&mut self) {
        let input = self.engine.input();
        {
            let mut current = self.shared.current();
            current.clear();
            current.extend_from_slice(input);
        }
        if let Some(file) = &self.note {
            let len = u32::try_from(input.len()).unwrap_or(u32::MAX);
            self.noted.clear();
            self.noted.extend_from_slice(&len.to_le_bytes());
            self.noted.extend_from_slice(input);
            // If it fails, a run that kills the process is found without its input.
            let _ = file.write_at(&self.noted, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::toy;
    use super::*;

    /// The inputs that a task keeps, with their runs.
    fn kept(target: &Target, inputs: Vec<Vec<u8>>, first: u64) -> Vec<(Vec<u8>, u64)> {
        let task = Task { seed: 4, first, end: 2 * EPOCH, inputs, ..Task::default() };
        let (_, messages) = start(target, task, None).unwrap();
        let kept = messages.iter().filter_map(|message| match message {
            Message::Kept(input, run) => Some((input, run)),
            Message::Loaded(..) | Message::Found(_) => None,
        });
        kept.collect()
    }

    /// What makes it possible to find the input that a worker died of.
    #[test]
    fn an_epoch_can_be_run_again_without_those_before_it() {
        let target = Target {
            body: |input, features| {
                let head = input.first_chunk().copied().unwrap_or_default();
                features.note(u64::from(u16::from_le_bytes(head)));
                Ok(())
            },
            ..toy::TRIVIAL
        };
        let whole = kept(&target, Vec::new(), 0);
        let (before, after): (Vec<_>, Vec<_>) = whole.into_iter().partition(|it| it.1 < EPOCH);
        assert!(before.len() > 100 && after.len() > 100);
        let inputs = before.into_iter().map(|(input, _)| input).collect();
        assert!(kept(&target, inputs, EPOCH) == after, "another way");
    }
}
