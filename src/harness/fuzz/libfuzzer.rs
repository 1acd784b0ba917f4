//! libFuzzer by way of cargo-fuzz: another engine for the same targets.

use std::ffi::OsString;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use thiserror::Error;

use super::Target;
use super::corpus::{CorpusError, Origin};
use super::driver::{Keeper, TargetRun, oddities};
use super::run::{Finding, replay};
use super::session::{Budget, Summary};

/// The folder with the binaries of the targets.
const FOLDER: &str = "fuzz";
/// Lines of an engine that failed which are worth a look.
const LAST_LINES: usize = 5;
/// What a finding that only libFuzzer sees is called.
const SEEN_BY_LIBFUZZER: &str = "libfuzzer";

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
    /// The folder for what it finds cannot be used.
    #[error("cannot use a scratch folder: {0}")]
    Scratch(io::Error),
    /// The corpus cannot be read or written.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
}

/// How targets are fuzzed.
pub struct LibFuzzer<'a> {
    /// The project, in which the folder `fuzz` is.
    pub project: PathBuf,
    /// The corpus.
    pub corpus: &'a Path,
    /// What is built in.
    pub sanitizer: Sanitizer,
    /// The seed of all changes.
    pub seed: u64,
    /// What each target gets.
    pub budget: Budget,
    /// Set by somebody who wants it to end now.
    pub stop: &'a AtomicBool,
}

impl LibFuzzer<'_> {
    /// Fuzzes one target after the other. libFuzzer works on a copy of the inputs: what it keeps
    /// gets its proper name in the corpus when it is done.
    ///
    /// # Errors
    ///
    /// If cargo-fuzz is not there or fails, or the corpus cannot be read or written.
    pub fn run(&self, targets: &[Target]) -> Result<Vec<Option<TargetRun>>, LibFuzzerError> {
        self.look()?;
        let is_stopped = || self.stop.load(Ordering::Relaxed);
        let run = |target| if is_stopped() { Ok(None) } else { self.fuzz(target).map(Some) };
        targets.iter().map(run).collect()
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

    fn fuzz(&self, target: &Target) -> Result<TargetRun, LibFuzzerError> {
        let mut keeper = Keeper::open(self.corpus, target)?;
        let (before, oddities) = (keeper.folder.entries.len(), oddities(&keeper.folder));
        let scratch = tempfile::tempdir().map_err(LibFuzzerError::Scratch)?;
        let (inputs, artifacts) = (scratch.path().join("inputs"), scratch.path().join("artifacts"));
        for folder in [&inputs, &artifacts] {
            fs::create_dir_all(folder).map_err(LibFuzzerError::Scratch)?;
        }
        for entry in &keeper.folder.entries {
            fs::write(inputs.join(&entry.file), &entry.bytes).map_err(LibFuzzerError::Scratch)?;
        }
        let begun = Instant::now();
        let (is_good, said) = self.start(target, &inputs, &artifacts)?;
        let summary = summary(&said, begun.elapsed());
        let mut kept = 0;
        for (_, bytes) in files(&inputs).map_err(LibFuzzerError::Scratch)? {
            kept += usize::from(keeper.folder.add(Origin::Found, &bytes)?.is_some());
        }
        let crashes = files(&artifacts).map_err(LibFuzzerError::Scratch)?;
        let is_stopped = self.stop.load(Ordering::Relaxed);
        if !is_good && crashes.is_empty() && !is_stopped {
            return Err(LibFuzzerError::Failed { target: target.name, said: last_lines(&said) });
        }
        for (name, bytes) in crashes {
            keeper.keep(seen(target, &name, bytes, &said))?;
        }
        let after = keeper.folder.entries.len();
        let discoveries = keeper.discoveries;
        Ok(TargetRun { target: target.name, summary, before, kept, after, discoveries, oddities })
    }

    /// Runs cargo-fuzz; whether it ended well, and what it said.
    fn start(
        &self,
        target: &Target,
        inputs: &Path,
        artifacts: &Path,
    ) -> Result<(bool, String), LibFuzzerError> {
        let mut prefix = OsString::from("-artifact_prefix=");
        prefix.push(artifacts.join(""));
        let sanitizer = match self.sanitizer {
            Sanitizer::None => "none",
            Sanitizer::Address => "address",
        };
        let limit = match self.budget {
            Budget::Runs(runs) => format!("-runs={runs}"),
            Budget::Time(time) => format!("-max_total_time={}", time.as_secs().max(1)),
        };
        let mut child = Command::new("cargo")
            .current_dir(&self.project)
            .args(["fuzz", "run", "-s", sanitizer, target.name])
            .arg(inputs)
            .args(["--", "-print_final_stats=1", &limit])
            .arg(format!("-max_len={}", target.len_max))
            // Zero means any to libFuzzer.
            .arg(format!("-seed={}", self.seed % u64::from(u32::MAX) + 1))
            .arg(prefix)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| LibFuzzerError::Missing(error.to_string()))?;
        let mut said = String::new();
        if let Some(stderr) = child.stderr.take() {
            for line in BufReader::new(stderr).split(b'\n') {
                let line = line.map_err(LibFuzzerError::Scratch)?;
                said.push_str(&String::from_utf8_lossy(&line));
                said.push('\n');
            }
        }
        let status = child.wait().map_err(LibFuzzerError::Scratch)?;
        Ok((status.success(), said))
    }
}

/// What libFuzzer says at its end.
fn summary(said: &str, elapsed: Duration) -> Summary {
    let number = |line: &str, after: &str| {
        line.split_once(after)?.1.split_whitespace().next()?.parse::<u64>().ok()
    };
    let last = |after| said.lines().rev().find_map(|line| number(line, after));
    let executions = last("stat::number_of_executed_units:").unwrap_or_default();
    // The time with the build in it says nothing: the rate is known better.
    let rate = last("stat::average_exec_per_sec:").filter(|rate| *rate > 0);
    let time = rate.map_or(elapsed, |rate| Duration::from_millis(executions * 1000 / rate));
    let features = last(" ft: ").and_then(|it| usize::try_from(it).ok()).unwrap_or_default();
    Summary { executions, time, features, ..Summary::default() }
}

/// A crash, as our own run sees it; if it does not, as libFuzzer does.
fn seen(target: &Target, name: &str, bytes: Vec<u8>, said: &str) -> Finding {
    replay(target, &bytes).unwrap_or_else(|| {
        let place = said.lines().find(|line| line.contains("SUMMARY: ")).unwrap_or(name);
        Finding::seen_elsewhere(target, SEEN_BY_LIBFUZZER, place.trim(), last_lines(said), bytes)
    })
}

fn files(folder: &Path) -> io::Result<Vec<(String, Vec<u8>)>> {
    let read = |item: io::Result<fs::DirEntry>| {
        let path = item?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok((name, fs::read(path)?))
    };
    let mut files = fs::read_dir(folder)?.map(read).collect::<io::Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

fn last_lines(said: &str) -> String {
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::toy;
    use super::*;

    #[test]
    fn the_last_figures_count() {
        let said = "#2\tINITED cov: 5 ft: 6 corp: 1/1b exec/s: 0 rss: 30Mb\n\
                    #512\tNEW    cov: 7 ft: 9 corp: 2/3b\n\
                    Done 900 runs in 3 second(s)\n\
                    stat::number_of_executed_units: 900\n\
                    stat::average_exec_per_sec:     300\n";
        let summary = summary(said, Duration::from_secs(60));
        assert_eq!((summary.executions, summary.features), (900, 9));
        assert_eq!(summary.per_second(), 300);
    }

    #[test]
    fn a_crash_is_what_our_own_run_makes_of_it() {
        let said = "==1== ERROR\nSUMMARY: AddressSanitizer: stack-overflow a.rs:7\n";
        let ours = seen(&toy::BUGGY, "crash-1", b"bug!".to_vec(), said);
        assert_eq!(ours.key.kind, "bug");
        let theirs = seen(&toy::BUGGY, "crash-1", b"x".to_vec(), said);
        assert_eq!(theirs.key.kind, SEEN_BY_LIBFUZZER);
        assert!(theirs.key.place.contains("stack-overflow"));
    }

    #[test]
    fn without_its_folder_there_is_nothing_to_run() {
        let stop = AtomicBool::new(false);
        let engine = LibFuzzer {
            project: std::env::temp_dir().join("skewproof-no-such-project"),
            corpus: Path::new("corpus"),
            sanitizer: Sanitizer::None,
            seed: 0,
            budget: Budget::Runs(1),
            stop: &stop,
        };
        assert!(matches!(engine.run(&[toy::BUGGY]), Err(LibFuzzerError::NoFolder(_))));
    }
}
