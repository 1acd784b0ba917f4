//! `skewproof fuzz`: the nightly run.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::args::{ReportArgs, ReportFiles};
use super::corpus::adopt::WorkArgs;
use super::corpus::{CorpusArgs, pick};
use super::files::{check_files, check_outside, write_files};
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::signals::stop_on_signal;
use crate::fuzz::Target;
use crate::fuzz::corpus::Places;
use crate::fuzz::driver::{Driver, FuzzError, Runs, TargetRun, share};
use crate::fuzz::libfuzzer::{LibFuzzer, LibFuzzerError, Sanitizer};
use crate::fuzz::results;
use crate::fuzz::session::{Budget, Place};
use crate::program;

use self::screen::Screen;

mod screen;
pub mod worker;

const AFTER_HELP: &str = "\
Examples:
  skewproof fuzz                                 all targets, a minute in all
  skewproof fuzz --time 10m --jobs 2
  skewproof fuzz decode --runs 100000            the same runs each time
  skewproof fuzz decode --time 1h --engine libfuzzer --sanitizer address

New inputs and findings are written at once: Ctrl-C ends the run and loses nothing; another one, a
second later, ends it without a report. The corpus is only read: `skewproof corpus adopt` takes new
inputs into it.";

/// What runs the targets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum EngineChoice {
    /// The one that is built in: needs nothing else.
    #[default]
    Embedded,
    /// libFuzzer by way of cargo-fuzz, in the folder `fuzz`.
    Libfuzzer,
}

/// What is built into the targets to see more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum SanitizerChoice {
    /// Nothing: works with a stable compiler.
    #[default]
    None,
    /// AddressSanitizer.
    Address,
}

/// Feed the fuzz targets with arbitrary bytes
///
/// Inputs that go where none has been are kept in `fuzz/corpus`; what is found is minimised, and written
/// to `fuzz/artifacts` as `regress-WHAT-HASH` with a note beside it.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct FuzzArgs {
    /// Only these targets; see `skewproof corpus stats`
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    /// How long all targets together take, as `90s`, `10m` or `1h`
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = parse_time)]
    pub time: Duration,
    /// So many runs of each target, however long they take
    #[arg(long, value_name = "N", conflicts_with = "time")]
    pub runs: Option<u64>,
    /// Targets that are fuzzed at the same time
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse_jobs)]
    pub jobs: usize,
    /// The seed of all changes
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub seed: u64,
    /// What runs the targets
    #[arg(long, value_enum, default_value_t)]
    pub engine: EngineChoice,
    /// What is built into the targets, for libFuzzer
    #[arg(long, value_enum, default_value_t)]
    pub sanitizer: SanitizerChoice,
    /// Where the inputs are.
    #[command(flatten)]
    pub corpus: CorpusArgs,
    /// Where new ones go.
    #[command(flatten)]
    pub work: WorkArgs,
    /// The report at the end.
    #[command(flatten)]
    pub report: ReportArgs,
    /// The report in files.
    #[command(flatten)]
    pub files: ReportFiles,
}

/// A time with its unit, as on the command line.
///
/// # Errors
///
/// If it is none, in words.
pub fn parse_time(text: &str) -> Result<Duration, String> {
    let unit = |ending, seconds: u64| {
        let number = text.strip_suffix(ending)?.parse::<u64>().ok()?;
        number.checked_mul(seconds).filter(|seconds| *seconds > 0).map(Duration::from_secs)
    };
    let time = unit("s", 1).or_else(|| unit("m", 60)).or_else(|| unit("h", 3600));
    time.ok_or_else(|| "expected a time as `90s`, `10m` or `1h`".to_owned())
}

fn parse_jobs(text: &str) -> Result<usize, String> {
    let jobs = text.parse().ok().filter(|jobs| (1..=256).contains(jobs));
    jobs.ok_or_else(|| "expected a number from 1 to 256".to_owned())
}

impl FuzzArgs {
    /// The folders that are read as a whole: in each place, those of the targets.
    pub fn read(&self) -> impl Iterator<Item = PathBuf> + Clone {
        let places = places(self);
        let places = [places.corpus.to_owned(), places.kept(), places.findings()];
        let targets = program::targets().into_iter().map(|target| target.name);
        targets.flat_map(move |target| places.clone().map(|place| place.join(target)))
    }
}

/// Fuzzes.
///
/// # Errors
///
/// If there is no such target, the corpus cannot be read or written, or the engine is not there.
pub fn run(args: &FuzzArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let targets = pick(&args.targets)?;
    if args.sanitizer != SanitizerChoice::None && args.engine == EngineChoice::Embedded {
        return Err(
            CannotRun::new("the embedded engine has no sanitizer").hint("add `--engine libfuzzer`")
        );
    }
    let output = &output.beside(&args.files);
    check_files(args.files.paths())?;
    check_outside(args.files.paths(), args.read())?;
    args.corpus.check_named()?;
    let (runs, error) = match args.engine {
        EngineChoice::Embedded => embedded(args, &targets, output)?,
        EngineChoice::Libfuzzer => libfuzzer(args, &targets, output)?,
    };
    let failed = error.map_or(Ok(()), Err);
    if runs.iter().all(Option::is_none) {
        failed.clone()?;
    }
    // What was found before an error is told all the same.
    let mut report = results::fuzzed(&targets, &runs, places(args));
    program::expect(&mut report);
    let outcome = output.report(&report, &args.report);
    let written = write_files(&report, || None, &args.files);
    failed.and(written).and(outcome)
}

fn places(args: &FuzzArgs) -> Places<'_> {
    Places { corpus: &args.corpus.corpus, work: &args.work.work }
}

/// What became of the targets, and why it ended early.
type Fuzzed = (Vec<Option<TargetRun>>, Option<CannotRun>);

fn embedded(args: &FuzzArgs, targets: &[Target], output: &Output) -> Result<Fuzzed, CannotRun> {
    let budget = match args.runs {
        Some(runs) => Budget::Runs(runs),
        None => Budget::Time(share(args.time, targets.len(), args.jobs)),
    };
    let stop = stop_on_signal()?;
    let screen = Screen::start(output, targets, args.runs.is_none().then_some(args.time));
    let program = std::env::current_exe().map_err(FuzzError::NoWorker)?;
    let driver = Driver {
        places: places(args),
        place: Place::Process(&program),
        seed: args.seed,
        budget,
        jobs: args.jobs,
        stop: &stop,
        watch: &|pulse| screen.show(pulse),
    };
    let Runs { runs, error } = driver.run(targets);
    Ok((runs, error.map(CannotRun::from)))
}

fn libfuzzer(args: &FuzzArgs, targets: &[Target], output: &Output) -> Result<Fuzzed, CannotRun> {
    let stop = stop_on_signal()?;
    let screen = Screen::start(output, targets, args.runs.is_none().then_some(args.time));
    let program = std::env::current_exe().map_err(FuzzError::NoWorker)?;
    let time = share(args.time, targets.len(), args.jobs);
    let engine = LibFuzzer {
        project: PathBuf::from("."),
        places: places(args),
        sanitizer: match args.sanitizer {
            SanitizerChoice::None => Sanitizer::None,
            SanitizerChoice::Address => Sanitizer::Address,
        },
        place: Place::Process(&program),
        seed: args.seed,
        budget: args.runs.map_or(Budget::Time(time), Budget::Runs),
        jobs: args.jobs,
        stop: &stop,
        watch: &|pulse| screen.show(pulse),
    };
    engine.build(targets, |target| screen.say(&format!("{target}: is being built")))?;
    screen.begin();
    let Runs { runs, error } = engine.run(targets);
    Ok((runs, error.map(CannotRun::from)))
}

impl From<FuzzError> for CannotRun {
    fn from(error: FuzzError) -> Self {
        match error {
            FuzzError::Corpus(error) => error.into(),
            FuzzError::NoWorker(_) => Self::new(error.to_string()),
        }
    }
}

impl From<LibFuzzerError> for CannotRun {
    fn from(error: LibFuzzerError) -> Self {
        let cannot = Self::new(error.to_string());
        match error {
            LibFuzzerError::Corpus(error) => error.into(),
            LibFuzzerError::Unsaved { .. } => cannot.hint("add it with `skewproof corpus add`"),
            LibFuzzerError::Missing(_) => cannot.hint(
                "`cargo install cargo-fuzz`, or leave out `--engine libfuzzer`: the embedded engine \
                 needs nothing",
            ),
            LibFuzzerError::NoFolder(_) => cannot.hint("run it in the folder of the project"),
            LibFuzzerError::Failed { .. } => cannot.hint(
                "if it overflowed its stack: the embedded engine and `--sanitizer address` keep the \
                 input of that, libFuzzer alone does not",
            ),
            LibFuzzerError::Io(_) => cannot,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit() {
        assert_eq!(parse_time("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_time("10m"), Ok(Duration::from_secs(600)));
        assert_eq!(parse_time("1h"), Ok(Duration::from_secs(3600)));
        for bad in ["", "m", "10", "0s", "-1s", "1.5h", "1d", "18446744073709551615h"] {
            assert!(parse_time(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn jobs_are_a_small_number() {
        assert_eq!(parse_jobs("2"), Ok(2));
        assert!(["0", "-1", "257", "x"].map(parse_jobs).iter().all(Result::is_err));
    }
}
