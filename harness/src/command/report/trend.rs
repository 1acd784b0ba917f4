//! `skewproof report trend` and `badge`: the history shown.

use std::path::PathBuf;

use clap::Args;

use super::super::files::{check_apart, check_files, write};
use super::super::outcome::{CannotRun, Outcome};
use super::super::output::Output;
use super::history;
use crate::render::trend;

/// Which history, and where else it goes.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct TrendArgs {
    /// The history, as `skewproof report add` writes it
    #[arg(value_name = "HISTORY")]
    pub history: PathBuf,
    /// Write it as one HTML page with plots, too
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// Of which history the badge is.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct BadgeArgs {
    /// The history, as `skewproof report add` writes it
    #[arg(value_name = "HISTORY")]
    pub history: PathBuf,
}

/// Shows a history.
///
/// # Errors
///
/// If it cannot be read, is none, or the page cannot be written.
pub fn run(args: &TrendArgs, output: &Output) -> Result<Outcome, CannotRun> {
    check_files(args.html.iter())?;
    check_apart(args.html.iter(), std::iter::once(&args.history))?;
    let history = history::read(&args.history, output)?;
    output.words(&trend::text(&history))?;
    if let Some(path) = &args.html {
        write(path, &trend::page(&history))?;
    }
    Ok(Outcome::Good)
}

/// Prints the badge of the last run.
///
/// # Errors
///
/// If the history cannot be read, is none, or has no run yet.
pub fn badge(args: &BadgeArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let history = history::read(&args.history, output)?;
    let last = history.entries.last().ok_or_else(|| {
        CannotRun::new(format!("{} has no run yet", args.history.display()))
            .hint("add one with `skewproof report add`")
    })?;
    output.words(&trend::badge(last))?;
    Ok(Outcome::Good)
}
