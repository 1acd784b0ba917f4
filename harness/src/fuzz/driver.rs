//! Fuzzing of many targets: what is kept and what is found goes into a folder of its own, beside the
//! corpus.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use thiserror::Error;

use super::Target;
use super::corpus::{CorpusError, Folder, Places};
use super::keeper::{Discovery, Keeper};
use super::session::{Budget, Event, Place, Session, Summary};

/// Why fuzzing ended early.
#[derive(Debug, Error)]
pub enum FuzzError {
    /// The corpus cannot be read or written.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    /// No worker can be had.
    #[error("no worker can be had: {0}")]
    NoWorker(#[from] io::Error),
}

/// What became of one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetRun {
    /// Its name.
    pub target: &'static str,
    /// What was done.
    pub summary: Summary,
    /// Inputs before, reviewed or not.
    pub before: usize,
    /// Inputs that are new because they went where none had been.
    pub kept: usize,
    /// Inputs now, without those of findings.
    pub after: usize,
    /// What was found, each once.
    pub discoveries: Vec<Discovery>,
    /// Files that are other than their name says, files that are no inputs, and inputs of findings that
    /// could not be written.
    pub oddities: Vec<String>,
    /// Whether an error ended it.
    pub is_failed: bool,
}

/// What became of some targets. An error does not undo what was done before it.
#[derive(Debug)]
pub struct Runs<E> {
    /// Each in its place; nothing if it was not begun before somebody stopped it.
    pub runs: Vec<Option<TargetRun>>,
    /// The first error, after which no target was begun.
    pub error: Option<E>,
}

/// What became of one target, as far as it came, and the error that ended it.
pub(super) type Ran<E> = (Option<TargetRun>, Option<E>);

/// What an observer is told of a target that is fuzzed.
#[derive(Debug, Clone, Copy)]
pub struct Pulse {
    /// The target, by its index.
    pub target: usize,
    /// What is done so far.
    pub summary: Summary,
    /// Inputs, reviewed or not.
    pub inputs: usize,
    /// What was found.
    pub findings: usize,
}

/// How targets are fuzzed.
pub struct Driver<'a> {
    /// Where inputs are.
    pub places: Places<'a>,
    /// Where inputs are run.
    pub place: Place<'a>,
    /// The seed of all changes.
    pub seed: u64,
    /// What each target gets: for time, see [`share`].
    pub budget: Budget,
    /// Targets that are fuzzed at the same time.
    pub jobs: usize,
    /// Set by somebody who wants it to end now.
    pub stop: &'a AtomicBool,
    /// Is told how it goes, by several threads.
    pub watch: &'a (dyn Fn(Pulse) + Sync),
}

/// The time for each of some targets, so that all are done in time.
pub fn share(time: Duration, targets: usize, jobs: usize) -> Duration {
    let rounds = targets.div_ceil(jobs.max(1)).max(1);
    time / u32::try_from(rounds).unwrap_or(u32::MAX)
}

/// Works on some targets, so many at the same time. After an error no other target is begun.
pub(super) fn each<E: Send>(
    targets: &[Target],
    jobs: usize,
    stop: &AtomicBool,
    work: impl Fn(usize, &Target) -> Ran<E> + Sync,
) -> Runs<E> {
    let next = AtomicUsize::new(0);
    let outcomes: Vec<Mutex<Ran<E>>> = targets.iter().map(|_| Mutex::new((None, None))).collect();
    let run = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let (Some(target), Some(outcome)) = (targets.get(index), outcomes.get(index)) else {
                return;
            };
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let ran = work(index, target);
            if ran.1.is_some() {
                stop.store(true, Ordering::Relaxed);
            }
            *outcome.lock().unwrap_or_else(PoisonError::into_inner) = ran;
        }
    };
    thread::scope(|scope| {
        for _ in 1..jobs.min(targets.len()) {
            scope.spawn(run);
        }
        run();
    });
    let ran = |outcome: Mutex<Ran<E>>| outcome.into_inner().unwrap_or_else(PoisonError::into_inner);
    let (runs, errors): (Vec<_>, Vec<_>) = outcomes.into_iter().map(ran).unzip();
    Runs { runs, error: errors.into_iter().flatten().next() }
}

impl Driver<'_> {
    /// Fuzzes every target. It ends with an error if the corpus cannot be read or written, or no worker
    /// can be had.
    pub fn run(&self, targets: &[Target]) -> Runs<FuzzError> {
        each(targets, self.jobs, self.stop, |index, target| self.fuzz(index, target))
    }

    fn fuzz(&self, index: usize, target: &Target) -> Ran<FuzzError> {
        let mut keeper = match Keeper::open(self.places, target, self.place, self.stop) {
            Ok(keeper) => keeper,
            Err(error) => return (None, Some(error.into())),
        };
        let inputs = keeper.inputs();
        let (mut kept, mut summary) = (0, Summary::default());
        let Self { place, seed, budget, stop, .. } = *self;
        let session = Session { target, place, seed, budget, stop };
        let ran = session.run(inputs, |event| -> Result<(), FuzzError> {
            match event {
                Event::Kept(input) => {
                    kept += usize::from(keeper.add(&input)?);
                }
                Event::Found(finding) | Event::Also(finding) => keeper.keep_or_tell(*finding)?,
                // Its input is as good as the first one.
                Event::LostAgain(_) => {}
                Event::Progress(now) => {
                    summary = now;
                    (self.watch)(Pulse {
                        target: index,
                        summary,
                        inputs: keeper.count_inputs(),
                        findings: keeper.count_findings(),
                    });
                }
            }
            Ok(())
        });
        let error = ran.map(|last| summary = last).err();
        (Some(keeper.into_run(summary, kept, error.is_some())), error)
    }
}

/// What the user should know of a folder.
pub fn oddities(folder: &Folder) -> Vec<String> {
    folder.oddities().map(|(file, what)| format!("{}: {what}", file.display())).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::toy;
    use super::*;

    fn run(work: &Path, stop: bool) -> Runs<FuzzError> {
        let stop = AtomicBool::new(stop);
        let budget = Budget::Runs(150_000);
        let places = Places { corpus: &work.join("reviewed"), work };
        let (place, stop) = (Place::Thread, &stop);
        let driver = Driver { places, place, seed: 3, budget, jobs: 2, stop, watch: &|_| () };
        driver.run(&[toy::BUGGY, toy::TRIVIAL])
    }

    #[test]
    fn what_is_found_is_minimised_and_kept_once() {
        let scratch = tempfile::tempdir().unwrap();
        let work = scratch.path().join("work");
        let Runs { runs, error: None } = run(&work, false) else { panic!("an error") };
        let [Some(buggy), Some(trivial)] = runs.as_slice() else { panic!("{runs:?}") };
        assert!(trivial.discoveries.is_empty() && trivial.kept > 10);
        let mut kinds: Vec<_> =
            buggy.discoveries.iter().map(|it| it.finding.key.kind.as_str()).collect();
        kinds.sort_unstable();
        assert_eq!((kinds, buggy.before), (vec!["bug", "panic"], 0));
        let kept = Folder::open(&work.join("corpus"), "buggy").unwrap();
        assert_eq!((kept.entries.len(), buggy.kept), (buggy.after, buggy.after));
        let folder = Folder::open(&work.join("artifacts"), "buggy").unwrap();
        let bug = folder.find(b"bug!").unwrap();
        assert!(bug.starts_with("regress-bug-"), "{bug}");
        assert!(folder.without_note.is_empty() && folder.strangers.is_empty());
        // The next night finds the same inputs again, and writes nothing new for them.
        let again = run(&work, false).runs.swap_remove(0).unwrap();
        assert_eq!((again.before, again.discoveries.len()), (buggy.after, 2));
        assert_eq!(Folder::open(&work.join("artifacts"), "buggy").unwrap().entries.len(), 2);
        assert!(!work.join("reviewed").exists());
    }

    #[test]
    fn what_is_stopped_before_it_begins_is_not_run() {
        let scratch = tempfile::tempdir().unwrap();
        let corpus = scratch.path().join("corpus");
        assert_eq!(run(&corpus, true).runs, [None, None]);
        assert!(!corpus.exists());
    }

    #[test]
    fn a_corpus_that_cannot_be_written_ends_it() {
        let scratch = tempfile::tempdir().unwrap();
        let corpus = scratch.path().join("corpus");
        std::fs::write(&corpus, "a file").unwrap();
        let ran = run(&corpus, false);
        assert!(matches!(ran.error, Some(FuzzError::Corpus(_))) && ran.runs == [None, None]);
        std::fs::remove_file(corpus).unwrap();
    }

    /// As on a disk that becomes full: a file stands where the folder should be.
    #[test]
    fn what_was_found_before_an_error_is_told_with_its_input() {
        let scratch = tempfile::tempdir().unwrap();
        let corpus = scratch.path().join("corpus");
        let stop = AtomicBool::new(false);
        let places = Places { corpus: &corpus, work: &corpus };
        let mut keeper = Keeper::open(places, &toy::BUGGY, Place::Thread, &stop).unwrap();
        std::fs::write(&corpus, "a file").unwrap();
        let finding = super::super::run::replay(&toy::BUGGY, b"bug!").unwrap();
        assert!(keeper.keep_or_tell(finding.clone()).is_err());
        let run = keeper.into_run(Summary::default(), 0, true);
        assert_eq!(run.discoveries[0].finding, finding);
        assert!(run.oddities[0].ends_with("the input: 62756721"), "{:?}", run.oddities);
    }

    #[test]
    fn an_error_in_one_target_leaves_the_runs_of_the_others() {
        let scratch = tempfile::tempdir().unwrap();
        let corpus = scratch.path().join("corpus");
        std::fs::create_dir_all(corpus.join("corpus")).unwrap();
        std::fs::write(corpus.join("corpus/trivial"), "a file").unwrap();
        let ran = run(&corpus, false);
        assert!(ran.error.is_some() && ran.runs[0].is_some() && ran.runs[1].is_none());
    }

    #[test]
    fn time_is_shared_out() {
        let minutes = |count: u64| Duration::from_secs(60 * count);
        assert_eq!(share(minutes(10), 8, 2), Duration::from_secs(150));
        assert_eq!(share(minutes(10), 3, 2), minutes(5));
        assert_eq!(share(minutes(10), 1, 4), minutes(10));
    }
}
