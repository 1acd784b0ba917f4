//! `skewproof report`: what can be done with reports that were written.

mod add;
mod diff;
mod history;
mod site;
mod trend;

use std::path::Path;

use clap::{Args, Subcommand};

use super::memory::{self, Need};
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use crate::files;

const AFTER_HELP: &str = "\
Examples:
  skewproof check --json new.json
  skewproof report diff old.json new.json
  skewproof report add history.jsonl new.json
  skewproof report trend history.jsonl";

/// Compare reports of runs: two of them, or all there were
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ReportCommandArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What can be done with reports.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Verb {
    /// Show what changed between two runs, regressions first
    ///
    /// Compares two JSON documents, as `check --json FILE` writes them: the cells of the matrix, what
    /// pairs agree on, findings, and how much was checked. Exits with 1 if something got worse.
    #[command(after_help = "\
Examples:
  skewproof report diff old.json new.json
  skewproof report diff old.json new.json --format json | jq .regressions")]
    Diff(diff::DiffArgs),
    /// Add a run to a history
    ///
    /// Appends one line of JSON to a file, which is made if it is not there: the verdicts, the counts
    /// and what else was measured. Adding the same run again changes nothing.
    #[command(after_help = "\
Examples:
  skewproof report add history.jsonl run.json
  skewproof report add history.jsonl run.json --release 0.2.0 --fuzzing 8 --speed rows.json")]
    Add(add::AddArgs),
    /// Show the history of runs
    ///
    /// Each number with its course, our own releases side by side, and the last runs.
    #[command(after_help = "\
Examples:
  skewproof report trend history.jsonl
  skewproof report trend history.jsonl --html trend.html")]
    Trend(trend::TrendArgs),
    /// Print a badge for the last run, in the endpoint format of shields
    #[command(after_help = "\
Examples:
  skewproof report badge history.jsonl > badge.json")]
    Badge(trend::BadgeArgs),
    /// Write the history as a site of pages that link runs, pairs and requirements
    ///
    /// The folder is made if it is not there. A folder that has other things and no
    /// site of ours, or something else by the name of a page, is refused.
    #[command(after_help = "\
Examples:
  skewproof report site public history.jsonl")]
    Site(site::SiteArgs),
}

/// Runs a verb.
///
/// # Errors
///
/// If a file cannot be read or written, or is not what the verb needs.
pub fn run(args: &ReportCommandArgs, output: &Output) -> Result<Outcome, CannotRun> {
    match &args.verb {
        Verb::Diff(args) => diff::run(args, output),
        Verb::Add(args) => add::run(args, output),
        Verb::Trend(args) => trend::run(args, output),
        Verb::Badge(args) => trend::badge(args, output),
        Verb::Site(args) => site::run(args, output),
    }
}

fn read(path: &Path) -> Result<String, CannotRun> {
    let text = files::read_text(path, files::REPORT_LEN_MAX)
        .map_err(|error| CannotRun::new(format!("cannot read {}: {error}", path.display())))?;
    memory::check(Need::Value, text.len())?;
    Ok(text)
}
