//! `skewproof live check`: everything, to servers that are started for it.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;

use super::{each, excuse, says};
use crate::cli::args::ScreenArgs;
use crate::cli::files::{check_files, write_files};
use crate::cli::outcome::{CannotRun, Outcome};
use crate::cli::output::Output;
use crate::cli::progress::Progress;
use crate::cli::signals::stop_on_signal;
use crate::harness::render::quoted;
use crate::harness::report::Report;
use crate::harness::selection::Selection;
use crate::harness::verdict::CaseId;
use crate::live::{Check, Checked, Stop, check, server};
use crate::suite::causes::about;
use crate::suite::live::screen;
use crate::suite::speaker::release_named;

const AFTER_HELP: &str = "\
Examples:
  skewproof live check --server npm:1.6.2
  skewproof live check --server npm:1.5.3 --server npm:1.7.12 --junit report.xml
  skewproof live check --server ./restate-server --release 1.7
  skewproof live check --server npm:1.7.12 'live/fault/*'

A version is fetched once by `npm pack`, and kept in the cache folder of the user. Exit codes: 0 the
server does what its release did, known faults included, 1 it does otherwise, 2 it does not start.";

/// Start a server, play everything to it, and one more for each thing that servers die of
///
/// All that `probe` plays, intrusive or not, the scripts of sessions with their times, and what
/// released servers do not survive. Servers have ports and folders of their own and are ended
/// whatever happens. Known faults are expected; one that is not seen any more fails.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct LiveCheckArgs {
    /// Only cases whose address has this in it; with `*` and `?`, that are like it as a whole
    #[arg(value_name = "PATTERN")]
    pub pattern: Option<String>,
    /// The server: a program, or a released version as `npm:1.6.2`. May be given several times
    #[arg(long, value_name = "SERVER", required = true)]
    pub server: Vec<String>,
    /// The release that it is held to, as `1.7`, instead of the one that it turns out to be
    #[arg(long, value_name = "RELEASE")]
    pub release: Option<String>,
    /// What is shown, and where else it goes.
    #[command(flatten)]
    pub shown: ScreenArgs,
}

/// Starts servers and plays to them.
///
/// # Errors
///
/// If a server is not there or does not start, or somebody wants an end.
pub fn run(args: &LiveCheckArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let output = &output.beside(&args.shown.files);
    check_files(args.shown.files.paths())?;
    let stop = Stop(stop_on_signal()?);
    // Before anything is fetched.
    args.release.as_deref().map(release_named).transpose()?;
    let is_brief = args.shown.is_brief();
    let mut all = Report::new("skewproof live check").explained(about);
    let cannot = each(&args.server, &mut all, |named| {
        let begun = Instant::now();
        let Checked { known, report, .. } = played(args, named, &stop, output)?;
        let report = report.explained(about);
        if is_brief {
            output.words(&screen(&report, &known, begun.elapsed()))?;
        }
        Ok(report)
    })?;
    let outcome =
        if is_brief { output.outcome(&all) } else { output.report(&all, &args.shown.report) };
    write_files(&all, || None, &args.shown.files).and(cannot.map_or(outcome, Err))
}

fn played(
    args: &LiveCheckArgs,
    named: &str,
    stop: &Stop,
    output: &Output,
) -> Result<Checked, CannotRun> {
    let program = server(named, &says)?;
    let selection = args.pattern.clone().map_or(Selection::All, Selection::Like);
    let is_whole = selection == Selection::All;
    let held = args.release.as_ref().map(|release| format!(" --release {}", quoted(release)));
    let options = format!("--server {}{}", quoted(named), held.unwrap_or_default());
    let repro = |case: &CaseId| format!("skewproof live check {options} {}", quoted(case.as_str()));
    let progress = Progress::start(output, "cases played", 0);
    let asked = Check {
        program,
        release: args.release.as_deref().map(release_named).transpose()?,
        is_asked: Arc::new(move |case| selection.has(case.as_str(), case.requirement())),
        repro: &repro,
        stop: stop.clone(),
    };
    let mut checked = check(&asked, &|done, of| progress.reach(done, of))?;
    if checked.report.tally().total() == 0 {
        return Err(CannotRun::new("no case is like that")
            .hint("without a pattern all are played; `--verbose` has their addresses"));
    }
    excuse(&mut checked.report, &checked.known, is_whole)?;
    if !checked.report.is_ok()
        && let Some(kept) = keep(&checked.log)
    {
        says(&format!("the log of the server is kept: {}", kept.display()));
    }
    Ok(checked)
}

/// Keeps the log of a server beside all that is temporary.
pub(super) fn keep(log: &str) -> Option<PathBuf> {
    let mut file =
        tempfile::Builder::new().prefix("skewproof-live-").suffix(".log").tempfile().ok()?;
    file.write_all(log.as_bytes()).ok()?;
    file.into_temp_path().keep().ok()
}
