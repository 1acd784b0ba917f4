//! `skewproof check`: the main job, which needs nothing but this program.

use std::ops::ControlFlow;
use std::path::Path;

use clap::Args;

use super::args::{ReportArgs, ReportFiles};
use super::files::write_files;
use super::golden::FOLDER;
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::progress::Progress;
use crate::harness::skew::Selection;
use crate::suite::skew::{self, Node};
use crate::suite::subject::Fabric;
use crate::suite::{check, golden};

const AFTER_HELP: &str = "\
Examples:
  skewproof check
  skewproof check --format json | jq .tally";

/// Check every release, version and message over built-in sample values
///
/// Negotiates every ordered pair of releases, encodes every sample value of every message as each
/// release does at each version it speaks, decodes the bytes again and compares. The golden
/// fixtures are verified too, where the current folder has them; no other file is read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct CheckArgs {
    /// The report at the end.
    #[command(flatten)]
    pub report: ReportArgs,
    /// Where else it goes.
    #[command(flatten)]
    pub files: ReportFiles,
}

/// Runs every check.
///
/// # Errors
///
/// If stdout or a file cannot be written.
pub fn run(args: &CheckArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let progress = Progress::start(output, "messages", check::steps());
    let mut report = check::run(&Fabric, |_| {
        progress.advance(1);
        ControlFlow::Continue(())
    });
    drop(progress);
    report.merge(golden::check(Path::new(FOLDER), &Fabric));
    let skew = skew::of(skew::releases().into_iter().map(Node::of).collect());
    let matrix = skew.run(&Selection::default(), &|| {});
    report.set_matrix(matrix);
    let outcome = output.report(&report, &args.report)?;
    write_files(&report, || report.matrix().map(|matrix| skew.details(matrix)), &args.files)?;
    Ok(outcome)
}
