//! The thread that runs inputs, and what it shares with those who look after it.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use super::Target;
use super::causes::Causes;
use super::engine::{EPOCH, Engine, Step};
use super::run::{Finding, STACK};
use crate::boundary::contain;
use crate::system::write_at_start;

/// Bytes of the number of a run, at the beginning of a note.
const RUN: usize = size_of::<u64>();
/// Bytes of the length before a noted input.
const LEN: usize = size_of::<u32>();

/// What the worker shares.
#[derive(Debug, Default)]
pub struct Shared {
    /// The worker should end.
    pub is_over: AtomicBool,
    /// Executions with those of the inputs to begin with: as long as it grows, nothing hangs.
    pub pulse: AtomicU64,
    /// The task is done. A process says so; of a thread everybody sees it.
    pub is_done: AtomicBool,
    /// Different features so far.
    pub features: AtomicUsize,
    /// Ticks in a row in which the pulse of a process has not grown: see [`Silence`].
    pub silent: AtomicU32,
    /// What is run now.
    current: Mutex<Vec<u8>>,
}

impl Shared {
    /// What is run now.
    pub fn current(&self) -> MutexGuard<'_, Vec<u8>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts ticks in which nothing goes on. It has no clock: a program that is stopped for a while by its
/// user has not hung.
#[derive(Debug, Default)]
pub struct Silence {
    pulse: u64,
    ticks: u32,
}

impl Silence {
    /// The ticks in a row until now, with this one if it is one.
    pub fn count(&mut self, pulse: u64, is_tick: bool) -> u32 {
        if std::mem::replace(&mut self.pulse, pulse) != pulse {
            self.ticks = 0;
        } else if is_tick {
            self.ticks = self.ticks.saturating_add(1);
        }
        self.ticks
    }
}

/// What the worker sends.
#[derive(Debug)]
pub enum Message {
    /// The inputs to begin with have been run: since when, and the pulse at that time.
    Loaded(Instant, u64),
    /// An input is worth keeping, and which run that was.
    Kept(Vec<u8>, u64),
    /// Something was found that had not been found before, or that says more of what was.
    Found(Box<Finding>),
    /// The worker waits until this is dropped: when all that was sent before is where it outlives the
    /// process.
    Wait(Sender<()>),
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
    /// Words that occur in inputs: whoever makes them may ask what ends a process, and not here.
    pub words: Vec<Vec<u8>>,
    /// The inputs to begin with.
    pub inputs: Vec<Vec<u8>>,
    /// What was found before, in its order; the words and the inputs do not matter.
    pub found: Vec<Finding>,
}

struct Worker {
    engine: Engine,
    shared: Arc<Shared>,
    sender: Sender<Message>,
    /// Where notes outlive the process.
    note: Option<File>,
    is_careful: bool,
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
    let mut found = Causes::default();
    for finding in &task.found {
        found.take(finding);
    }
    let worker = Worker {
        engine: Engine::new(target, task.seed, task.words, found),
        shared: Arc::clone(&shared),
        sender,
        note,
        is_careful: task.is_careful,
        noted: Vec::new(),
    };
    let (target, inputs, runs) = (*target, task.inputs, task.first..task.end);
    thread::Builder::new().stack_size(STACK).spawn(move || worker.run(&target, &inputs, runs))?;
    Ok((shared, messages))
}

/// What a worker has noted last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// The run, counted from 0; without an input, the first one of the epoch.
    pub run: u64,
    /// Its input, from a worker that is careful.
    pub input: Option<Vec<u8>>,
}

impl Noted {
    /// Reads a file; `None` if nothing was noted.
    pub fn read(file: &[u8]) -> Option<Self> {
        let (run, rest) = file.split_first_chunk::<RUN>()?;
        let input = rest.split_first_chunk::<LEN>().map(|(len, rest)| {
            let len = usize::try_from(u32::from_le_bytes(*len)).unwrap_or(usize::MAX);
            rest[..len.min(rest.len())].to_vec()
        });
        Some(Self { run: u64::from_le_bytes(*run), input })
    }
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
            self.step(runs.start, true)?;
        }
        let pulse = self.shared.pulse.load(Ordering::Relaxed);
        self.sender.send(Message::Loaded(Instant::now(), pulse)).ok()?;
        for run in runs.clone() {
            if self.shared.is_over.load(Ordering::Relaxed) {
                return None;
            }
            if run == runs.start || run % EPOCH == 0 {
                self.begin(run)?;
            }
            self.engine.change();
            self.step(run, false)?;
        }
        Some(())
    }

    /// Begins the epoch that this run is in. If the process dies in it, this is where somebody goes
    /// back to, with all that was kept before.
    fn begin(&mut self, run: u64) -> Option<()> {
        self.wait()?;
        self.engine.begin(run);
        if !self.is_careful {
            self.noted.clear();
            self.noted.extend_from_slice(&run.to_le_bytes());
            self.write_note();
        }
        Some(())
    }

    /// Waits until all that was sent is where it outlives the process.
    fn wait(&self) -> Option<()> {
        let (sender, until) = mpsc::channel();
        self.sender.send(Message::Wait(sender)).ok()?;
        // There is nothing to receive: it ends when the sender is dropped.
        let _ = until.recv();
        Some(())
    }

    /// Makes a run, or loads an input before that run.
    fn step(&mut self, run: u64, is_load: bool) -> Option<()> {
        self.take_note(run);
        let step = self.engine.run();
        if !matches!(step, Step::Known) {
            self.shared.features.store(self.engine.features(), Ordering::Relaxed);
        }
        let message = match step {
            Step::Found(finding) => Some(Message::Found(finding)),
            Step::New if !is_load => Some(Message::Kept(self.engine.input().to_vec(), run)),
            Step::New | Step::Known => None,
        };
        if let Some(message) = message {
            self.sender.send(message).ok()?;
            // The next run may be the last one of this process.
            if self.is_careful {
                self.wait()?;
            }
        }
        // Who looks after it waits for it to grow: after what came of the run has been sent.
        self.shared.pulse.fetch_add(1, Ordering::Relaxed);
        Some(())
    }

    /// Notes what is about to be run.
    fn take_note(&mut self, run: u64) {
        let input = self.engine.input();
        {
            let mut current = self.shared.current();
            current.clear();
            current.extend_from_slice(input);
        }
        if self.is_careful {
            let len = u32::try_from(input.len()).unwrap_or(u32::MAX);
            self.noted.clear();
            self.noted.extend_from_slice(&run.to_le_bytes());
            self.noted.extend_from_slice(&len.to_le_bytes());
            self.noted.extend_from_slice(input);
            self.write_note();
        }
    }

    fn write_note(&self) {
        if let Some(file) = &self.note {
            // If it fails, who looks after this process is told that nobody knows what it died of.
            let _ = write_at_start(file, &self.noted);
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
            Message::Loaded(..) | Message::Found(_) | Message::Wait(_) => None,
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
                // What fails leaves nothing behind: it is not loaded the next time.
                assert!(head[0] % 8 != 7, "fails");
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

    #[test]
    fn a_note_is_read_as_far_as_it_goes() {
        let run = 5_u64.to_le_bytes();
        let read = |rest: &[u8]| Noted::read(&[&run, rest].concat()).unwrap();
        let noted = |input: Option<&[u8]>| Noted { run: 5, input: input.map(<[u8]>::to_vec) };
        assert_eq!(read(b"\x02\0\0\0abc"), noted(Some(b"ab")));
        assert_eq!(read(b"\x09\0\0\0abc"), noted(Some(b"abc")));
        assert_eq!(read(b""), noted(None));
        assert_eq!(Noted::read(b""), None);
    }

    #[test]
    fn silence_is_counted_in_ticks_until_something_goes_on() {
        let mut silence = Silence::default();
        let counts = [(3, true), (3, true), (3, false), (3, true), (4, true), (4, true)];
        let counts = counts.map(|(pulse, is_tick)| silence.count(pulse, is_tick));
        assert_eq!(counts, [0, 1, 1, 2, 0, 1]);
    }
}
