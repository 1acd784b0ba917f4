//! `skewproof live`: servers that are started for it.

mod check;
mod scenario;
mod upgrade;
mod welcome;

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use crate::harness::expected::{self, Expected};
use crate::harness::report::Report;
use crate::live::{LiveError, NoProgram};
use crate::suite::live::{Known, expected as known_faults};
use crate::suite::requirements;

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
