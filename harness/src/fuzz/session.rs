//! A session of the embedded engine: a worker that runs inputs, and one who looks after it.
//!
//! What is kept or found is handed over at once: who stops the session loses nothing. The worker is
//! a process of its own, so that it can die; for targets that never do, a thread will do. When it
//! dies, the runs of the epoch are made once more by one that notes each input before it is run:
//! the same seed makes the same inputs. From then on all workers do, and each goes on with the run that
//! the one before it has noted: the seed decides however many die.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::causes::{Causes, News};
use super::engine::EPOCH;
use super::process::{Death, Process};
use super::run::{Finding, limits};
use super::worker::{self, Message, Shared, Silence, Task};
use super::{Target, Words};

/// How often somebody looks after the worker, at least.
pub const TICK: Duration = Duration::from_millis(50);
/// Inputs that may hang or kill a process before the session ends: each costs a new one.
const LOSSES_MAX: u64 = 100;
/// Inputs that may hang in a thread: each leaves one behind, which goes on.
const HANGS_MAX: u64 = 3;

/// When a session ends, if nobody stops it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// After so many executions, not counted those of the inputs to begin with.
    Runs(u64),
    /// After this time, not counted that of the inputs to begin with; of somebody who is
    /// [asked](Place::Asking) it is.
    Time(Duration),
}

/// Where inputs are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// In a thread: a body that overflows the stack or aborts ends everything.
    Thread,
    /// The same, of a body that asks somebody who has limits of their own: it does not hang.
    Asking,
    /// In a process of this program, whose command [`WORKER`](super::process::WORKER) serves.
    Process(&'a Path),
}

/// What the owner of a session is told.
#[derive(Debug)]
pub enum Event {
    /// An input is worth keeping.
    Kept(Vec<u8>),
    /// Something was found that had not been found before.
    Found(Box<Finding>),
    /// What says more of something that was found: who else shows it, or where else.
    Also(Box<Finding>),
    /// An input hung or killed the worker as one before it did.
    LostAgain(Box<Finding>),
    /// So much is done.
    Progress(Summary),
}

/// What a session did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Executions, not counted those of the inputs to begin with.
    pub executions: u64,
    /// Inputs to begin with that were run.
    pub loaded: usize,
    /// Time that they took.
    pub time: Duration,
    /// Different features that runs went through.
    pub features: usize,
    /// Inputs that hung or killed the worker.
    pub losses: u64,
    /// Whether it ended early, because there were too many of those.
    pub is_cut: bool,
}

impl Summary {
    /// Executions in a second.
    pub fn per_second(&self) -> u64 {
        let millis = self.time.as_millis().max(1);
        u64::try_from(u128::from(self.executions) * 1000 / millis).unwrap_or(u64::MAX)
    }
}

/// A session with one target.
pub struct Session<'a> {
    /// What is fuzzed.
    pub target: &'a Target,
    /// Where.
    pub place: Place<'a>,
    /// The seed of all changes.
    pub seed: u64,
    /// When it ends.
    pub budget: Budget,
    /// Set by somebody who wants it to end now.
    pub stop: &'a AtomicBool,
}

/// Where a session is, from one worker to the next.
struct State {
    words: Vec<Vec<u8>>,
    /// Each with the run that it comes from, if it was not there at the beginning.
    inputs: Vec<(Option<u64>, Vec<u8>)>,
    causes: Causes,
    /// What has made the causes what they are.
    found: Vec<Finding>,
    summary: Summary,
    /// The first run of the next worker.
    first: u64,
    /// Whether a worker has died.
    is_careful: bool,
    /// The run by which one died: until there the time does not matter.
    must_reach: u64,
}

/// How the work of a worker ended.
enum End {
    /// It is done.
    Done,
    /// It hung in this input or died of it, in this run.
    Lost(Box<Finding>, u64),
    /// It died in the epoch of this run, if that is known, and has not noted of what.
    Died(Option<u64>),
}

/// A worker, seen from outside.
struct Watched {
    shared: Arc<Shared>,
    messages: Receiver<Message>,
    process: Option<Process>,
    /// Of a thread. A process counts its own.
    silence: Silence,
}

impl Session<'_> {
    /// Fuzzes until the budget is used up or somebody stops it, and tells what happens.
    ///
    /// # Errors
    ///
    /// Those of `tell`, after which nothing more is run; if no worker can be had.
    pub fn run<E: From<io::Error>>(
        &self,
        inputs: Vec<Vec<u8>>,
        mut tell: impl FnMut(Event) -> Result<(), E>,
    ) -> Result<Summary, E> {
        let mut state = State {
            words: match self.budget {
                Budget::Runs(0) => Vec::new(),
                Budget::Runs(_) | Budget::Time(_) => (self.target.dictionary)(),
            },
            inputs: inputs.into_iter().map(|input| (None, input)).collect(),
            causes: Causes::default(),
            found: Vec::new(),
            summary: Summary::default(),
            first: 0,
            is_careful: false,
            must_reach: 0,
        };
        loop {
            let mut watched = self.start(&state)?;
            let end = self.watch(&mut state, &mut watched, &mut tell);
            watched.end();
            match end? {
                End::Done => break,
                End::Died(run) => state.go_back(run),
                End::Lost(loss, run) => {
                    state.lose(&loss, run);
                    tell(state.take(loss).unwrap_or_else(Event::LostAgain))?;
                }
            }
            state.summary.is_cut = state.summary.losses == self.losses_max();
            if state.summary.is_cut {
                break;
            }
        }
        Ok(state.summary)
    }

    fn losses_max(&self) -> u64 {
        match self.place {
            Place::Thread | Place::Asking => HANGS_MAX,
            Place::Process(_) => LOSSES_MAX,
        }
    }

    /// Starts a worker on all inputs so far.
    fn start(&self, state: &State) -> io::Result<Watched> {
        let task = Task {
            seed: self.seed.wrapping_add(state.summary.losses),
            first: state.first,
            end: match self.budget {
                Budget::Runs(runs) => runs,
                Budget::Time(_) => u64::MAX,
            },
            is_careful: state.is_careful,
            words: state.words.clone(),
            inputs: state.inputs.iter().map(|(_, input)| input.clone()).collect(),
            found: state.found.clone(),
        };
        let (process, (shared, messages)) = match self.place {
            Place::Thread | Place::Asking => (None, worker::start(self.target, task, None)?),
            Place::Process(program) => {
                let (process, ends) = Process::start(program, self.target, &task)?;
                (Some(process), ends)
            }
        };
        Ok(Watched { shared, messages, process, silence: Silence::default() })
    }

    /// Looks after a worker until it ends.
    fn watch<E: From<io::Error>>(
        &self,
        state: &mut State,
        watched: &mut Watched,
        tell: &mut impl FnMut(Event) -> Result<(), E>,
    ) -> Result<End, E> {
        let (before, begun) = (state.summary.time, Instant::now());
        let mut loaded: Option<(Instant, u64)> = None;
        loop {
            let message = watched.messages.recv_timeout(TICK);
            let is_ended = matches!(message, Err(RecvTimeoutError::Disconnected));
            let is_tick = matches!(message, Err(RecvTimeoutError::Timeout));
            match message {
                Ok(Message::Loaded(since, pulse)) => loaded = Some((since, pulse)),
                Ok(Message::Kept(input, run)) => {
                    state.inputs.push((Some(run), input.clone()));
                    tell(Event::Kept(input))?;
                }
                Ok(Message::Found(finding)) => {
                    if let Ok(event) = state.take(finding) {
                        tell(event)?;
                    }
                }
                Ok(Message::Wait(_)) | Err(_) => {}
            }
            let since = match self.place {
                Place::Asking => Some(begun),
                Place::Thread | Place::Process(_) => loaded.map(|(since, _)| since),
            };
            state.summary.time = before + since.map_or(Duration::ZERO, |it| it.elapsed());
            state.count(loaded.map(|(_, pulse)| pulse), &watched.shared);
            tell(Event::Progress(state.summary))?;
            if is_ended {
                return Ok(self.ended(state, watched)?);
            }
            if self.is_over(state) {
                watched.end();
            }
            let silent = TICK.saturating_mul(watched.silent(is_tick));
            if let Some(finding) = self.hang(watched, silent) {
                return Ok(End::Lost(Box::new(finding), state.summary.executions));
            }
        }
    }

    /// How a worker ended that says nothing more.
    fn ended(&self, state: &State, watched: &mut Watched) -> io::Result<End> {
        let Some(process) = &mut watched.process else { return Ok(End::Done) };
        let is_stopped = self.stop.load(Ordering::Relaxed);
        match process.death(self.target, is_stopped)? {
            None => Ok(End::Done),
            Some(Death::Ended) if is_stopped => Ok(End::Done),
            // The next one goes on where this one was, as well as anybody knows.
            Some(Death::Ended) => Ok(End::Died(None)),
            Some(Death::Found(finding, run)) => Ok(End::Lost(Box::new(finding), run)),
            Some(Death::Unnoted(run, _)) if !state.is_careful => Ok(End::Died(run)),
            Some(Death::Unnoted(_, seen)) => {
                Err(io::Error::other(format!("it died, and nobody knows of what: {seen}")))
            }
        }
    }

    fn is_over(&self, state: &State) -> bool {
        let is_late = matches!(self.budget, Budget::Time(time) if state.summary.time >= time);
        let is_free = state.summary.executions >= state.must_reach;
        (is_late && is_free) || self.stop.load(Ordering::Relaxed)
    }

    /// The input that is being run, if it takes too long.
    fn hang(&self, watched: &Watched, since: Duration) -> Option<Finding> {
        if since <= limits(0).time || self.place == Place::Asking {
            return None;
        }
        let current = watched.shared.current().clone();
        let limit = limits(current.len()).time;
        (since > limit).then(|| Finding::hang(self.target, limit, current))
    }
}

impl Watched {
    /// Tells the worker to end.
    fn end(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        if let Some(process) = &mut self.process {
            process.end();
        }
    }

    /// Ticks in a row until now in which it was busy with the same input.
    fn silent(&mut self, is_tick: bool) -> u32 {
        match self.process {
            Some(_) => self.shared.silent.load(Ordering::Relaxed),
            None => self.silence.count(self.shared.pulse.load(Ordering::Relaxed), is_tick),
        }
    }
}

impl State {
    /// What a finding is to those before it; the finding itself if it is nothing.
    fn take(&mut self, finding: Box<Finding>) -> Result<Event, Box<Finding>> {
        let news = self.causes.take(&finding);
        if news != News::Nothing {
            let (words, input) = (Words::default(), Vec::new());
            let (key, shown_by) = (finding.key.clone(), finding.shown_by.clone());
            self.found.push(Finding { key, shown_by, words, input });
        }
        match news {
            News::Cause => Ok(Event::Found(finding)),
            News::Of(_) => Ok(Event::Also(finding)),
            News::Nothing => Err(finding),
        }
    }

    /// Counts what a worker has run, with the pulse at which its inputs to begin with were loaded.
    fn count(&mut self, loaded: Option<u64>, shared: &Shared) {
        let pulse = shared.pulse.load(Ordering::Relaxed);
        if let Some(loaded) = loaded {
            self.summary.executions = self.first + pulse.saturating_sub(loaded);
        }
        // The first of them is the empty one, which nobody has given.
        let of_inputs = loaded.unwrap_or(pulse).saturating_sub(1);
        self.summary.loaded = usize::try_from(of_inputs).unwrap_or(usize::MAX);
        self.summary.features = shared.features.load(Ordering::Relaxed);
    }

    /// Goes on after an input that was lost in a run, with another seed.
    fn lose(&mut self, loss: &Finding, run: u64) {
        // What is loaded the next time must not be lost again.
        self.inputs.retain(|(_, input)| *input != loss.input);
        (self.first, self.summary.executions) = (run, run);
        self.must_reach = 0;
        self.summary.losses += 1;
    }

    /// Goes back to where the epoch of a run was begun, as it was then; if nobody knows which, to where
    /// the worker began.
    fn go_back(&mut self, run: Option<u64>) {
        let heard = self.summary.executions;
        self.first = run.unwrap_or(self.first);
        self.summary.executions = self.first;
        self.must_reach = heard.max(self.first) + EPOCH;
        self.inputs.retain(|(run, _)| run.is_none_or(|run| run < self.first));
        self.is_careful = true;
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
        let session = Session { target, place: Place::Thread, seed: 5, budget, stop };
        let inputs = inputs.iter().map(|input| input.to_vec()).collect();
        let summary = session.run(inputs, |event| {
            match event {
                Event::Kept(input) => kept.push(input),
                Event::Found(finding) => found.push(*finding),
                Event::Also(_) | Event::LostAgain(_) | Event::Progress(_) => {}
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
        assert!(summary.features >= 4 && !kept.is_empty());
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
    fn inputs_to_begin_with_take_no_time_from_the_others() {
        let stop = AtomicBool::new(false);
        let slow = Target {
            body: |input, _| {
                std::thread::sleep(Duration::from_millis(if input == b"slow" { 300 } else { 1 }));
                Ok(())
            },
            ..toy::TRIVIAL
        };
        let time = Duration::from_millis(100);
        let (summary, ..) = session(&slow, &[b"slow", b"slow"], Budget::Time(time), &stop);
        assert!(summary.executions > 0 && summary.time >= time, "{summary:?}");
    }

    /// Each of them is a question, which takes what it takes: all of them take a minute.
    #[test]
    fn inputs_to_begin_with_take_time_where_somebody_is_asked() {
        let asks = Target {
            body: |_, _| {
                std::thread::sleep(Duration::from_millis(10));
                Ok(())
            },
            ..toy::TRIVIAL
        };
        let stop = AtomicBool::new(false);
        let budget = Budget::Time(Duration::from_millis(500));
        let session = Session { target: &asks, place: Place::Asking, seed: 5, budget, stop: &stop };
        let inputs: Vec<Vec<u8>> = (0..6_000_u16).map(|it| it.to_le_bytes().to_vec()).collect();
        let summary = session.run(inputs.clone(), |_| Ok::<(), io::Error>(())).unwrap();
        assert!((1..6_000).contains(&summary.loaded) && summary.executions == 0, "{summary:?}");
        let session = Session { budget: Budget::Runs(5), ..session };
        let few = session.run(inputs[..3].to_vec(), |_| Ok::<(), io::Error>(())).unwrap();
        assert_eq!((few.loaded, few.executions), (3, 5));
    }

    #[test]
    fn a_hang_is_a_finding_with_its_input_and_the_session_goes_on() {
        let stop = AtomicBool::new(false);
        let (summary, kept, found) = session(&toy::HANGS, &[b"ho"], Budget::Runs(50), &stop);
        assert_eq!(found[0].input, b"ho");
        assert!(found.iter().all(|it| it.key.kind == "hang"));
        assert!(summary.executions > 0 && !kept.is_empty());
    }

    #[test]
    fn an_error_of_the_owner_ends_it() {
        let stop = AtomicBool::new(false);
        let budget = Budget::Time(Duration::from_secs(3600));
        let place = Place::Thread;
        let session = Session { target: &toy::TRIVIAL, place, seed: 1, budget, stop: &stop };
        let full = |event| match event {
            Event::Kept(_) => Err(io::Error::from(io::ErrorKind::StorageFull)),
            _ => Ok(()),
        };
        let error = session.run(Vec::new(), full).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
