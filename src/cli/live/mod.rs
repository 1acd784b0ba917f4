//! `skewproof live`: servers that are started for it.

mod check;
mod scenario;
mod upgrade;
mod welcome;

use std::io::Write;
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use crate::harness::expected::{self, Expected};
use crate::harness::render::quoted;
use crate::harness::report::Report;
use crate::live::{Build, LiveError, NoProgram, Stop, Written, server};
use crate::suite::live::{Known, expected as known_faults};
use crate::suite::requirements;
use crate::suite::speaker::release_named;

const AFTER_HELP: &str = "\
Examples:
  skewproof live check --server npm:1.6.2
  skewproof live check --server target/release/restate-server --release 1.7
  skewproof live welcome --server npm:1.6.2
  skewproof live upgrade --server npm:1.6.2 --server npm:1.7.12 --rollback
  skewproof live scenario sql --server npm:1.6.2 --server npm:1.7.12";

/// Start released servers, or one of yours, and play everything to them
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct LiveCommandArgs {
    #[command(subcommand)]
    command: LiveCommand,
}

#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
enum LiveCommand {
    Check(check::LiveCheckArgs),
    Upgrade(upgrade::LiveUpgradeArgs),
    Scenario(scenario::LiveScenarioArgs),
    Welcome(welcome::LiveWelcomeArgs),
}

/// Runs a command.
///
/// # Errors
///
/// As the command does.
pub fn run(args: &LiveCommandArgs, output: &Output) -> Result<Outcome, CannotRun> {
    match &args.command {
        LiveCommand::Check(args) => check::run(args, output),
        LiveCommand::Upgrade(args) => upgrade::run(args, output),
        LiveCommand::Scenario(args) => scenario::run(args, output),
        LiveCommand::Welcome(args) => welcome::run(args, output),
    }
}

/// Takes known faults of a server's release out of the findings on it. In a run that is not whole one
/// that is not seen may be seen elsewhere.
pub(super) fn excuse(report: &mut Report, known: &Known, is_whole: bool) -> Result<(), LiveError> {
    let known = known_faults(known.release).map_err(LiveError::BadList)?;
    apply(&known, report, is_whole);
    Ok(())
}

/// The servers of a run, each with the release that it is held to: what is said of it, or what it says of
/// itself.
fn builds(servers: &[String], releases: &[String], stop: &Stop) -> Result<Vec<Build>, CannotRun> {
    if !releases.is_empty() && releases.len() != servers.len() {
        return Err(CannotRun::new("either each server has a release, or none has")
            .hint("give as many --release as --server, in the same order"));
    }
    let named: Result<Vec<_>, _> = releases.iter().map(|it| release_named(it)).collect();
    let named = named?;
    let build = |(index, server_named): (usize, &String)| {
        let program = server(server_named, &says)?;
        Ok(Build::of(&program, named.get(index).copied(), stop)?)
    };
    servers.iter().enumerate().map(build).collect()
}

/// The options that name the servers of a run again.
fn options(servers: &[String], releases: &[String]) -> String {
    let named = |option: &str, values: &[String]| {
        let words = values.iter().map(|it| format!(" --{option} {}", quoted(it)));
        words.collect::<String>()
    };
    named("server", servers) + &named("release", releases)
}

/// Runs one after the other. What stops one takes nothing away from those before it: it is given
/// back, unless there is nothing but it.
fn each<T>(
    runs: impl IntoIterator<Item = T>,
    all: &mut Report,
    mut run: impl FnMut(T) -> Result<Report, CannotRun>,
) -> Result<Option<CannotRun>, CannotRun> {
    for it in runs {
        match run(it) {
            Ok(report) => all.merge(report),
            Err(error) if all.tally().total() == 0 => return Err(error),
            Err(error) => return Ok(Some(error)),
        }
    }
    Ok(None)
}

/// Keeps what servers have written in a run in which something was found.
fn keep_logs(report: &Report, logs: &[Written]) {
    if report.is_ok() {
        return;
    }
    for Written { name, log } in logs {
        if let Some(kept) = check::keep(log) {
            says(&format!("the log of {name} is kept: {}", kept.display()));
        }
    }
}

fn says(words: &str) {
    let _ = writeln!(std::io::stderr(), "{words}");
}

fn apply(known: &[Expected], report: &mut Report, is_whole: bool) {
    let today = DateTime::<Utc>::from(SystemTime::now()).date_naive();
    expected::apply(known, report, (today, is_whole), &requirements::LIVE_EXPECTED);
}

impl From<NoProgram> for CannotRun {
    fn from(error: NoProgram) -> Self {
        let hint = match &error {
            NoProgram::NoTool(_) | NoProgram::OtherSystem(_) => {
                Some("name a program, as --server PATH")
            }
            NoProgram::Missing(_) => Some("a released one is fetched by --server npm:1.6.2"),
            _ => None,
        };
        let it = Self::new(error.to_string());
        match hint {
            Some(hint) => it.hint(hint),
            None => it,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::report::Grid;
    use crate::harness::verdict::{CaseId, Verdict};

    /// What is left of runs of which one is stopped: how many cases, and why it stopped.
    fn left(stopped: usize) -> (u64, Option<String>) {
        let mut all = Report::new("all");
        let stops = each(0..3, &mut all, |run| {
            if run == stopped {
                return Err(CannotRun::new("stopped"));
            }
            let mut grid = Grid::new("runs");
            let case = CaseId::from_segments(["run", &run.to_string()]);
            grid.record("row", "column", &case, Verdict::Pass);
            let mut report = Report::new("one");
            report.add(grid);
            Ok(report)
        });
        let why = match stops {
            Ok(why) => why,
            Err(why) => Some(why),
        };
        (all.tally().total(), why.map(|it| it.to_string()))
    }

    #[test]
    fn what_stops_a_run_takes_nothing_away_from_those_before_it() {
        let stopped = || Some("stopped".to_owned());
        assert_eq!(left(0), (0, stopped()));
        assert_eq!(left(2), (2, stopped()));
        assert_eq!(left(9), (3, None));
    }

    #[test]
    fn each_server_has_a_release_or_none_has() {
        let names = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let servers = names(&["./a", "./b c"]);
        let error = builds(&servers, &names(&["1.7"]), &Stop::default()).unwrap_err();
        assert!(error.to_string().starts_with("either each server has a release"), "{error}");
        let options = options(&servers, &names(&["1.6", "1.7"]));
        assert_eq!(options, " --server ./a --server './b c' --release 1.6 --release 1.7");
    }
}
