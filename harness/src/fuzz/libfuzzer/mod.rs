//! libFuzzer by way of cargo-fuzz: another engine for the same targets.
//!
//! Targets are built first, then fuzzed: building does not count as fuzzing. libFuzzer works on a
//! copy of the inputs; what it keeps gets its proper name in the corpus, now and then and at the end.

mod child;
pub mod cover;
mod words;
mod work;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use thiserror::Error;

use self::words::{Words, last_lines};
use self::work::Work;
use super::Target;
use super::corpus::{CorpusError, Places};
use super::driver::{FuzzError, Pulse, Ran, Runs, each};
use super::run::{Finding, STACK, limits};
use super::session::{Budget, Event, Place, Session};

/// The folder with the binaries of the targets.
const FOLDER: &str = "fuzz";
/// What a finding that only libFuzzer sees is called.
const SEEN_BY_LIBFUZZER: &str = "libfuzzer";
/// How often what libFuzzer keeps is put into the corpus. Not at once: it replaces many inputs by
/// shorter ones soon.
const HARVEST: Duration = Duration::from_secs(10);

/// What libFuzzer is told in any case. Its power schedule goes through the frequencies of all
/// features after every run, which takes longer than most bodies do; and nobody else writes to its
/// inputs, so it need not look for new ones.
const FLAGS: [&str; 3] = ["-print_final_stats=1", "-entropic=0", "-reload=0"];

/// What is built into the targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sanitizer {
    /// Nothing.
    None,
    /// AddressSanitizer.
    Address,
}

/// Why libFuzzer could not run.
#[derive(Debug, Error)]
pub enum LibFuzzerError {
    /// cargo or cargo-fuzz is not there.
    #[error("cargo-fuzz is not there: {0}")]
    Missing(String),
    /// The project has no targets for it.
    #[error("there is no folder {}", .0.display())]
    NoFolder(PathBuf),
    /// It ended with an error, and found nothing.
    #[error("cargo-fuzz failed on {target}: {said}")]
    Failed {
        /// On which target.
        target: &'static str,
        /// The last that it said.
        said: String,
    },
    /// What it found could not be put into the corpus.
    #[error("{error}; what libFuzzer has kept is in {}", folder.display())]
    Unsaved {
        /// Why.
        error: Box<LibFuzzerError>,
        /// Where it is.
        folder: PathBuf,
    },
    /// A process, a thread or the folder for what it finds cannot be had.
    #[error("cannot run cargo-fuzz: {0}")]
    Io(#[from] io::Error),
    /// The corpus cannot be read or written.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
}

impl From<FuzzError> for LibFuzzerError {
    fn from(error: FuzzError) -> Self {
        match error {
            FuzzError::Corpus(error) => Self::Corpus(error),
            FuzzError::NoWorker(error) => Self::Io(error),
        }
    }
}

/// How targets are fuzzed.
pub struct LibFuzzer<'a> {
    /// The project, in which the folder `fuzz` is.
    pub project: PathBuf,
    /// Where inputs are.
    pub places: Places<'a>,
    /// What is built in.
    pub sanitizer: Sanitizer,
    /// Where what crashed is run again, to see it as the embedded engine does.
    pub place: Place<'a>,
    /// The seed of all changes.
    pub seed: u64,
    /// What each target gets.
    pub budget: Budget,
    /// Targets that are fuzzed at the same time.
    pub jobs: usize,
    /// Set by somebody who wants it to end now.
    pub stop: &'a AtomicBool,
    /// Is told how it goes, by several threads.
    pub watch: &'a (dyn Fn(Pulse) + Sync),
}

impl LibFuzzer<'_> {
    /// Builds the targets one after the other, and says before each which it is.
    ///
    /// # Errors
    ///
    /// If cargo-fuzz is not there, or a target does not build.
    pub fn build(&self, targets: &[Target], say: impl Fn(&str)) -> Result<(), LibFuzzerError> {
        self.look()?;
        for target in targets {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            say(target.name);
            let mut said = String::new();
            let mut command = self.cargo(Command::new("cargo"), "build", target);
            let is_built = child::run(&mut command, self.stop, |line| {
                said.extend(line.into_iter().flat_map(|line| [line, "\n"]));
                Ok::<_, LibFuzzerError>(())
            })?;
            if !is_built && !self.stop.load(Ordering::Relaxed) {
                return Err(LibFuzzerError::Failed {
                    target: target.name,
                    said: last_lines(&said),
                });
            }
        }
        Ok(())
    }

    /// Fuzzes targets that have been built. A target ends with its first finding; everything does with
    /// an error, if cargo-fuzz fails, or the corpus cannot be read or written.
    pub fn run(&self, targets: &[Target]) -> Runs<LibFuzzerError> {
        each(targets, self.jobs, self.stop, |index, target| self.fuzz(index, target))
    }

    /// Looks whether everything is there.
    fn look(&self) -> Result<(), LibFuzzerError> {
        let folder = self.project.join(FOLDER);
        if !folder.is_dir() {
            return Err(LibFuzzerError::NoFolder(folder));
        }
        let version = Command::new("cargo").args(["fuzz", "--version"]).output();
        let version = version.map_err(|error| LibFuzzerError::Missing(error.to_string()))?;
        if version.status.success() {
            Ok(())
        } else {
            Err(LibFuzzerError::Missing(last_lines(&String::from_utf8_lossy(&version.stderr))))
        }
    }

    /// A command of cargo-fuzz about a target, as arguments of this one.
    fn cargo(&self, mut command: Command, verb: &str, target: &Target) -> Command {
        command.current_dir(&self.project).args(["fuzz", verb, "--sanitizer"]);
        match self.sanitizer {
            Sanitizer::None => command.arg("none"),
            // A stable compiler has the runtime, and hides the option.
            Sanitizer::Address => command.arg("address").env("RUSTC_BOOTSTRAP", "1"),
        };
        command.arg(target.name);
        command
    }

    fn fuzz(&self, index: usize, target: &Target) -> Ran<LibFuzzerError> {
        let mut work = match Work::begin(self.places, target, self.place, self.stop) {
            Ok(work) => work,
            Err(error) => return (None, Some(error)),
        };
        let ran = self.listen(index, target, &mut work);
        let failed = match &ran {
            Ok(false) if !self.stop.load(Ordering::Relaxed) => {
                let said = last_lines(work.words.said());
                Some(LibFuzzerError::Failed { target: target.name, said })
            }
            _ => None,
        };
        // What crashed first: nothing that goes wrong with the other inputs may lose it.
        let crashes = self.take_crashes(target, &mut work);
        let failed = failed.filter(|_| matches!(crashes, Ok(0)));
        let lost = crashes.err().or(work.harvest().err());
        let Work { keeper, copy, words, kept } = work;
        let error = match lost {
            Some(error) => {
                Some(LibFuzzerError::Unsaved { error: Box::new(error), folder: copy.keep() })
            }
            None => ran.err().or(failed),
        };
        (Some(keeper.into_run(words.summary(), kept, error.is_some())), error)
    }

    /// Runs libFuzzer and listens to it; gives whether it ended well.
    fn listen(
        &self,
        index: usize,
        target: &Target,
        work: &mut Work<'_>,
    ) -> Result<bool, LibFuzzerError> {
        let mut command = self.command(target, &work.copy, work.keeper.count_inputs());
        let mut harvested = Instant::now();
        child::run(&mut command, self.stop, |line| {
            if let Some(line) = line {
                work.words.hear(line);
            } else if harvested.elapsed() >= HARVEST {
                work.harvest()?;
                harvested = Instant::now();
            }
            (self.watch)(Pulse {
                target: index,
                summary: work.words.summary(),
                inputs: work.keeper.count_inputs(),
                findings: work.keeper.count_findings(),
            });
            Ok(())
        })
    }

    /// Puts what crashed into the corpus; gives how many there were.
    fn take_crashes(&self, target: &Target, work: &mut Work<'_>) -> Result<usize, LibFuzzerError> {
        let crashes = work.copy.crashes()?;
        let count = crashes.len();
        for (name, bytes) in crashes {
            work.keeper.keep_or_tell(self.seen(target, &name, bytes, &work.words)?)?;
        }
        Ok(count)
    }

    /// The command that fuzzes a target.
    fn command(&self, target: &Target, copy: &work::Copy, inputs: usize) -> Command {
        let mut command = self.cargo(bounded(), "run", target);
        let with = |flag: &str, path: PathBuf| {
            let mut flag = OsString::from(flag);
            flag.push(path);
            flag
        };
        command.arg(copy.inputs()).arg("--").args(FLAGS);
        command.arg(match self.budget {
            // It counts those of the inputs to begin with, and of an empty one.
            Budget::Runs(runs) => format!("-runs={}", runs.saturating_add(inputs as u64 + 1)),
            Budget::Time(time) => format!("-max_total_time={}", time.as_secs().max(1)),
        });
        command.arg(format!("-max_len={}", target.len_max));
        command.arg(format!("-timeout={}", limits(target.len_max).time.as_secs() + 1));
        // Zero means any to libFuzzer.
        command.arg(format!("-seed={}", self.seed % u64::from(u32::MAX) + 1));
        // An empty one is an error to libFuzzer.
        if !(target.dictionary)().is_empty() {
            command.arg(with("-dict=", copy.dictionary()));
        }
        command.arg(with("-artifact_prefix=", copy.artifacts().join("")));
        command
    }

    /// A crash, as our own run sees it; if it does not, as libFuzzer does.
    fn seen(
        &self,
        target: &Target,
        name: &str,
        bytes: Vec<u8>,
        words: &Words,
    ) -> Result<Finding, io::Error> {
        let stop = AtomicBool::new(false);
        let (place, budget) = (self.place, Budget::Runs(0));
        let session = Session { target, place, seed: 0, budget, stop: &stop };
        let mut found = None;
        session.run(vec![bytes.clone()], |event| {
            if let Event::Found(finding) = event {
                found = Some(*finding);
            }
            Ok::<_, io::Error>(())
        })?;
        Ok(found.unwrap_or_else(|| {
            let place = words.verdict().unwrap_or(name).to_owned();
            let said = last_lines(words.said());
            Finding::seen_elsewhere(target, SEEN_BY_LIBFUZZER, &place, said, bytes)
        }))
    }
}

/// cargo with the stack that a run may have: libFuzzer makes runs in its main thread, which has what
/// the system gives. Where that cannot be set, it stays what it is.
fn bounded() -> Command {
    let mut command = Command::new("sh");
    let kibibytes = (STACK >> 10).to_string();
    command.args(["-c", r#"ulimit -S -s "$0"; exec cargo "$@""#, &kibibytes]);
    command
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::toy;
    use super::*;

    fn engine(project: PathBuf, stop: &AtomicBool) -> LibFuzzer<'_> {
        LibFuzzer {
            project,
            places: Places { corpus: Path::new("corpus"), work: Path::new("work") },
            sanitizer: Sanitizer::None,
            place: Place::Thread,
            seed: 0,
            budget: Budget::Runs(1),
            jobs: 1,
            stop,
            watch: &|_| (),
        }
    }

    #[test]
    fn a_crash_is_what_our_own_run_makes_of_it() {
        let stop = AtomicBool::new(false);
        let engine = engine(PathBuf::new(), &stop);
        let mut words = Words::default();
        words.hear("==1== ERROR");
        words.hear("SUMMARY: AddressSanitizer: stack-overflow a.rs:7");
        let seen = |bytes| engine.seen(&toy::BUGGY, "crash-1", bytes, &words).unwrap();
        assert_eq!(seen(b"bug!".to_vec()).key.kind, "bug");
        let theirs = seen(b"x".to_vec());
        assert_eq!(theirs.key.kind, SEEN_BY_LIBFUZZER);
        assert!(theirs.key.place.contains("stack-overflow"));
    }

    #[test]
    fn without_its_folder_there_is_nothing_to_build() {
        let stop = AtomicBool::new(false);
        let project = std::env::temp_dir().join("skewproof-no-such-project");
        let engine = engine(project, &stop);
        let built = engine.build(&[toy::BUGGY], |_| ());
        assert!(matches!(built, Err(LibFuzzerError::NoFolder(_))));
    }
}
