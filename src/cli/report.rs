//! `skewproof report`: what can be done with reports that were written.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::args::ReportArgs;
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use crate::harness::comparison::{Comparison, Run};
use crate::harness::files;

const AFTER_HELP: &str = "\
Examples:
  skewproof check --json new.json
  skewproof report diff old.json new.json";

/// Compare reports of two runs
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ReportCommandArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What can be done with reports.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Verb {
    /// Show what changed between two runs, regressions first
    ///
    /// Compares two JSON documents, as `check --json FILE` writes them: the cells of the matrix, what
    /// pairs agree on, findings, and how much was checked. Exits with 1 if something got worse.
    #[command(after_help = "\
Examples:
  skewproof report diff old.json new.json
  skewproof report diff old.json new.json --format json | jq .regressions")]
    Diff(DiffArgs),
}

/// Which reports are compared.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct DiffArgs {
    /// The JSON document of the run before
    #[arg(value_name = "OLD.json")]
    pub old: PathBuf,
    /// The JSON document of the run after
    #[arg(value_name = "NEW.json")]
    pub new: PathBuf,
    /// How the result is shown.
    #[command(flatten)]
    pub report: ReportArgs,
}

/// Runs a verb.
///
/// # Errors
///
/// If a file cannot be read, or is no report.
pub fn run(args: &ReportCommandArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let Verb::Diff(args) = &args.verb;
    let comparison = Comparison::of(&read(&args.old)?, &read(&args.new)?);
    output.comparison(&comparison, &args.report)
}

fn read(path: &Path) -> Result<Run, CannotRun> {
    let text = files::read_text(path, files::REPORT_LEN_MAX)
        .map_err(|error| CannotRun::new(format!("cannot read {}: {error}", path.display())))?;
    Run::read(&text).map_err(|error| {
        CannotRun::new(format!("cannot compare {}: {error}", path.display()))
            .hint("give what `skewproof check --json FILE` has written")
    })
}
