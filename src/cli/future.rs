//! `skewproof future`: what the next release may change.

use clap::Args;

use super::args::ReportArgs;
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::testees::TesteeArgs;
use crate::suite::future::{self, Servers};

const AFTER_HELP: &str = "\
Examples:
  skewproof future
  skewproof future --message Store
  skewproof future --testee tree=./testee      a program of yours reads in its release's place
  skewproof future --format json | jq '.tables[0].rows[] | select(.[-1] == \"safe\")'

What a released reader does: `as meant`, it reads what was sent; `ignored`, it reads the rest;
`empty`, it reads the empty variant or the default instead; `refused`, with an error. From 1.4 on a
refusal can end more than the message: `task panics`, `service stops`, `process ends`.";

/// Try what the next release may change on every released reader
///
/// A field more, a variant more, a wider integer, an optional field that is always sent, a field
/// that is sent no more, the next version: each at every place of every message, one at a time. What
/// a reader does must be what the rules say. Version ranges from the future are offered as well.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct FutureArgs {
    /// One message, place by place
    #[arg(long, value_name = "MESSAGE")]
    pub message: Option<String>,
    /// Servers as they should be, instead of as they were released: a refusal ends nothing
    #[arg(long)]
    pub repaired: bool,
    /// A program that reads in its release's place.
    #[command(flatten)]
    pub testees: TesteeArgs,
    /// The report at the end.
    #[command(flatten)]
    pub report: ReportArgs,
}

/// Tries all changes.
///
/// # Errors
///
/// If there is no such message, or stdout cannot be written.
pub fn run(args: &FutureArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let servers = if args.repaired { Servers::Repaired } else { Servers::Released };
    let asked = args.testees.asked()?;
    let (report, command) = match &args.message {
        Some(message) => {
            let command = format!("future --message {message}");
            (future::report_of(message, asked.subject(), servers)?, command)
        }
        None => (future::report(asked.subject(), servers), "future".to_owned()),
    };
    let outcome = output.report(&asked.settled(report, &command), &args.report);
    asked.without_fault().and(outcome)
}
