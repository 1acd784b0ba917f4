//! `skewproof live scenario`: one thing that goes wrong between two lines.

use std::io::Write;

use clap::Args;

use crate::cli::args::{ReportArgs, ReportFiles};
use crate::cli::files::{check_files, write_files};
use crate::cli::outcome::{CannotRun, Outcome};
use crate::cli::output::Output;
use crate::cli::signals::stop_on_signal;
use crate::harness::render::quoted;
use crate::live::{LiveError, Play, Stop, server};
use crate::suite::causes::about;
use crate::suite::live::Scenario;

const AFTER_HELP: &str = "\
Examples:
  skewproof live scenario leaves --server npm:1.5.3 --server npm:1.7.12
  skewproof live scenario sql --server npm:1.6.2 --server npm:1.7.12

leaves  two nodes of the older line and one of the newer, which leads a partition, and leaves
sql     the same nodes; each is asked for all invocations, by SQL

Exit codes: 0 what is known is seen, or nothing goes wrong, 1 otherwise, 2 a server does not start.";

/// Play one thing of which it is known what it does to a cluster of two lines
///
/// What is known to go wrong is expected, with what avoids it. What is not seen any more fails: good news,
/// and a line to change in expected/live.json.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct LiveScenarioArgs {
    /// Which one
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The older server, then the newer one
    #[arg(long, value_name = "SERVER", required = true)]
    pub server: Vec<String>,
    /// The report at the end.
    #[command(flatten)]
    pub report: ReportArgs,
    /// The report in files.
    #[command(flatten)]
    pub files: ReportFiles,
}

/// Plays it.
///
/// # Errors
///
/// If there is none of the name, or a server is not there or does not start.
pub fn run(args: &LiveScenarioArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let output = &output.beside(&args.files);
    check_files(args.files.paths())?;
    let scenario = Scenario::named(&args.name).ok_or_else(|| {
        let names = Scenario::ALL.map(Scenario::name).join(" and ");
        CannotRun::new(format!("there is no scenario {:?}", args.name))
            .hint(format!("there are {names}"))
    })?;
    let [older, newer] = args.server.as_slice() else {
        return Err(CannotRun::new("a scenario has two servers")
            .hint("the older one first, as --server npm:1.6.2 --server npm:1.7.12"));
    };
    let stop = Stop(stop_on_signal()?);
    let says = |words: &str| {
        let _ = writeln!(std::io::stderr(), "{words}");
    };
    let programs = [server(older, &says)?, server(newer, &says)?];
    let servers = [older, newer].map(|it| format!(" --server {}", quoted(it))).concat();
    let repro = format!("skewproof live scenario {}{servers}", args.name);
    let play = Play::of(scenario, &programs, stop)?;
    let mut report = scenario.judged(play.releases(), play.play()?, &repro).explained(about);
    report.note(scenario.sentence());
    // What could not be played says nothing of what is known.
    let is_played = report.tally().skipped == 0;
    let [older, _] = play.releases();
    let known = scenario.expected(older).map_err(LiveError::BadList)?;
    super::apply(&known, &mut report, is_played);
    let outcome = output.report(&report, &args.report);
    write_files(&report, || None, &args.files).and(outcome)
}
