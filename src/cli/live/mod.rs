//! `skewproof live`: servers that are started for it.

mod check;

use clap::{Args, Subcommand};

use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use crate::live::NoProgram;

const AFTER_HELP: &str = "\
Examples:
  skewproof live check --server npm:1.6.2
  skewproof live check --server target/release/restate-server --release 1.7";

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
}

/// Runs a command.
///
/// # Errors
///
/// As the command does.
pub fn run(args: &LiveCommandArgs, output: &Output) -> Result<Outcome, CannotRun> {
    match &args.command {
        LiveCommand::Check(args) => check::run(args, output),
    }
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
