//! `skewproof live welcome`: servers that dial.

use clap::Args;

use super::{builds, each, options};
use crate::cli::args::{ReportArgs, ReportFiles};
use crate::cli::files::{check_files, write_files};
use crate::cli::outcome::{CannotRun, Outcome};
use crate::cli::output::Output;
use crate::cli::signals::stop_on_signal;
use crate::harness::report::Report;
use crate::live::{Stop, welcome};
use crate::suite::causes::about;

const AFTER_HELP: &str = "\
Examples:
  skewproof live welcome --server npm:1.6.2
  skewproof live welcome --server npm:1.5.3 --server npm:1.7.12 --junit report.xml
  skewproof live welcome --server ./restate-server --release 1.7

Exit codes: 0 the server makes of each answer what its release did, 1 it does otherwise, 2 it does not
start.";

/// Let a server dial, and answer with every case of a Welcome
///
/// Peers join its cluster as servers do, and are gone then; whoever dials them meets the cases. What is
/// seen is whether the server talks on the stream or ends it.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct LiveWelcomeArgs {
    /// The server: a program, or a released version as `npm:1.6.2`. May be given several times
    #[arg(long, value_name = "SERVER", required = true)]
    pub server: Vec<String>,
    /// The release that a server is held to, as `1.7`, instead of the one that it says; once for each
    #[arg(long, value_name = "RELEASE")]
    pub release: Vec<String>,
    /// The report at the end.
    #[command(flatten)]
    pub report: ReportArgs,
    /// The report in files.
    #[command(flatten)]
    pub files: ReportFiles,
}

/// Lets servers dial.
///
/// # Errors
///
/// If a server is not there or does not start, or somebody wants an end.
pub fn run(args: &LiveWelcomeArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let output = &output.beside(&args.files);
    check_files(args.files.paths())?;
    let stop = Stop(stop_on_signal()?);
    let builds = builds(&args.server, &args.release, &stop)?;
    let mut all = Report::new("skewproof live welcome").explained(about);
    let named = builds.iter().enumerate();
    let cannot = each(named, &mut all, |(index, build)| {
        let of = |all: &[String]| all.get(index).cloned().into_iter().collect::<Vec<_>>();
        let options = options(&of(&args.server), &of(&args.release));
        Ok(welcome(build, &format!("skewproof live welcome{options}"), &stop)?)
    })?;
    let outcome = output.report(&all, &args.report);
    write_files(&all, || None, &args.files).and(cannot.map_or(outcome, Err))
}
