//! `skewproof check`: the main job, which needs nothing but this program.

use std::ops::ControlFlow;
use std::path::Path;

use clap::Args;

use super::args::{Format, ReportArgs, ReportFiles};
use super::captured;
use super::files::{check_files, write_files};
use super::golden::FOLDER;
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::progress::Progress;
use crate::harness::golden::ASIDE;
use crate::suite::captured as suite_captured;
use crate::suite::compatibility::adjacent;
use crate::suite::golden::Scope;
use crate::suite::skew::{self, Plan, tables};
use crate::suite::subject::Fabric;
use crate::suite::upgrade::{self, Cluster};
use crate::suite::{check, faults, golden};

const AFTER_HELP: &str = "\
Examples:
  skewproof check
  skewproof check --format json | jq .tally";

/// Check every release, version and message over built-in sample values
///
/// Negotiates every ordered pair of releases, encodes every sample value of every message as each
/// release does at each version it speaks, decodes the bytes again and compares. Walks every order in
/// which three simulated nodes can be upgraded over four adjacent lines. The golden fixtures are
/// verified too, where the current folder has them, and everything that released servers wrote, read and
/// said to each other, as far as it lies beside the fixtures; no other file is read.
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
    check_files(args.files.paths())?;
    let progress = Progress::start(output, "messages", check::steps());
    let mut report = check::run(&Fabric, |_| {
        progress.advance(1);
        ControlFlow::Continue(())
    });
    drop(progress);
    adjacent().for_each(|verdict| report.add_verdict(verdict));
    let plan = Plan::everything();
    let matrix = plan.run(&|| ());
    skew::note(&matrix);
    report.add_table(tables::overview(&matrix));
    report.add_table(tables::legend());
    report.add(skew::verdicts(&matrix, true));
    // A document has them, wherever it goes; a terminal has no room.
    let has_document = args.files.are_asked_for() || args.report.format == Format::Json;
    let tables = has_document.then(|| check::tables(&matrix));
    report.set_matrix(matrix);
    let captured = captured::read(Path::new(FOLDER))?;
    let evidence = captured::evidence(captured.as_ref());
    let confirmed = captured.as_ref().and_then(|captured| captured.confirmed.as_deref());
    let scope = Scope { evidence: evidence.as_ref(), confirmed, ..Scope::default() };
    report.merge(golden::check(Path::new(FOLDER), &Fabric, scope));
    report.merge(match &captured {
        None => suite_captured::missing(&format!("{FOLDER}/{ASIDE}")),
        Some(captured) => {
            let progress = Progress::start(output, "lines of released servers", captured.len());
            suite_captured::verify(captured, &Fabric, &|lines| progress.advance(lines))
        }
    });
    let progress = Progress::start(output, "moves", upgrade::moves());
    let walks = upgrade::verdicts(&Cluster::default(), "", &|| progress.advance(1));
    drop(progress);
    walks.add_to(&mut report, false);
    report.add_table(faults::table());
    report.add(faults::grid());
    let is_whole = args.report.format == Format::Json;
    let (shown, beside) = if is_whole { (tables, None) } else { (None, tables) };
    shown.into_iter().flatten().for_each(|table| report.add_table(table));
    let outcome = output.report(&report, &args.report)?;
    beside.into_iter().flatten().for_each(|table| report.add_table(table));
    let details = || report.matrix().map(|matrix| plan.skew().details(matrix));
    write_files(&report, details, &args.files)?;
    Ok(outcome)
}
