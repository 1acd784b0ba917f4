//! `skewproof report diff`: what changed between two runs.

use std::path::{Path, PathBuf};

use clap::Args;

use super::super::args::ReportArgs;
use super::super::outcome::{CannotRun, Outcome};
use super::super::output::Output;
use crate::comparison::{Comparison, DocumentError, Run};

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

/// Compares two runs.
///
/// # Errors
///
/// If a file cannot be read, or is no report.
pub fn run(args: &DiffArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let (old, new) = (read(&args.old)?, read(&args.new)?);
    old.follows(&old).map_err(|error| unfit(&args.old, &error))?;
    new.follows(&old).map_err(|error| unfit(&args.new, &error))?;
    let comparison = Comparison::of(&old, &new);
    output.comparison(&comparison, &args.report)
}

fn read(path: &Path) -> Result<Run, CannotRun> {
    Run::read(&super::read(path)?).map_err(|error| unfit(path, &error))
}

fn unfit(path: &Path, error: &DocumentError) -> CannotRun {
    CannotRun::new(format!("cannot compare {}: {error}", path.display()))
        .hint("give what `skewproof check --json FILE` has written")
}
