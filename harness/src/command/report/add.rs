//! `skewproof report add`: a run becomes a line of a history.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::SystemTime;

use chrono::{DateTime, NaiveDate, Utc};
use clap::Args;

use super::super::outcome::{CannotRun, Outcome};
use super::super::output::Output;
use super::history::{self, Known};
use crate::history::{Added, entry, speed};
use crate::program;

/// What is added, and what its document does not say.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct AddArgs {
    /// The history: a file with a line for each run
    #[arg(value_name = "HISTORY")]
    pub history: PathBuf,
    /// The JSON document of the run
    #[arg(value_name = "RUN.json")]
    pub run: PathBuf,
    /// Which build of ours ran, as a version or a commit; this program's if it is not given
    #[arg(long, value_name = "NAME")]
    pub release: Option<String>,
    /// The day of the run, as 2026-11-29; today if it is not given
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub date: Option<NaiveDate>,
    /// How long planted bugs stayed hidden from fuzzing: the median in seconds, of `fuzz/detect`
    #[arg(long, value_name = "SECONDS", value_parser = measured)]
    pub detection: Option<f64>,
    /// How long was fuzzed for this run, in hours
    #[arg(long, value_name = "HOURS", value_parser = measured)]
    pub fuzzing: Option<f64>,
    /// How many lines of what is tested were gone through, in percent, of `fuzz/source-coverage`
    #[arg(long, value_name = "PERCENT", value_parser = measured)]
    pub coverage: Option<f64>,
    /// How many mutants of what is tested were seen, in percent, of `fuzz/mutants`
    #[arg(long, value_name = "PERCENT", value_parser = measured)]
    pub mutants: Option<f64>,
    /// What `cargo bench --bench codec -- --json FILE` has counted
    #[arg(long, value_name = "FILE")]
    pub speed: Option<PathBuf>,
}

/// Adds a run.
///
/// # Errors
///
/// If the run is none, the history cannot be read or written, or has the run on another day than the
/// one that is given.
pub fn run(args: &AddArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let date = args.date.unwrap_or_else(|| DateTime::<Utc>::from(SystemTime::now()).date_naive());
    let given = [
        ("detection", args.detection),
        ("fuzzing", args.fuzzing),
        ("coverage", args.coverage),
        ("mutants", args.mutants),
    ];
    let mut measures: BTreeMap<String, f64> =
        given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    if let Some(path) = &args.speed {
        let counted = speed(&super::read(path)?).map_err(|error| {
            CannotRun::new(format!("cannot read {}: {error}", path.display()))
                .hint("give what `cargo bench --bench codec -- --json FILE` has written")
        })?;
        measures.extend(counted.map(|(name, value)| (name.to_owned(), value)));
    }
    let release = args.release.clone().or_else(|| program::version().map(str::to_owned));
    let release = release.ok_or_else(|| {
        CannotRun::new("nobody says which release ran").hint("name it with --release NAME")
    })?;
    let added = Added { date: date.to_string(), release, measures };
    let entry = entry(&super::read(&args.run)?, added).map_err(|error| {
        CannotRun::new(format!("cannot add {}: {error}", args.run.display()))
            .hint("give what `skewproof check --json FILE` has written")
    })?;
    let (history, short) = (args.history.display(), entry.short().to_owned());
    output.words(&match history::append(&args.history, &entry, output)? {
        None => format!("{history}: run {short} of {} added\n", entry.date),
        Some(Known { line, date }) if args.date.is_some() && date != entry.date => {
            let problem =
                format!("{history}: run {short} is there already, in line {line}, of {date}");
            return Err(CannotRun::new(problem)
                .hint("a run is added once; leave out --date, or leave it as it is"));
        }
        Some(Known { line, date }) => {
            format!("{history}: run {short} is there already, in line {line}, of {date}\n")
        }
    })?;
    Ok(Outcome::Good)
}

fn day(text: &str) -> Result<NaiveDate, String> {
    text.parse().map_err(|_| "expected a day, as 2026-11-29".to_owned())
}

/// A number that can be measured: finite and not below zero.
fn measured(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0);
    number.ok_or_else(|| "expected a number, as 12.5".to_owned())
}
