//! `skewproof future`: what the next release may change.

use clap::Args;

use super::args::ReportArgs;
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use crate::suite::future::{self, Servers};
use crate::suite::subject::Fabric;

const AFTER_HELP: &str = "\
Examples:
  skewproof future
  skewproof future --message Store
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
    let report = match &args.message {
        Some(message) => future::report_of(message, &Fabric, servers)?,
        None => future::report(&Fabric, servers),
    };
    output.report(&report, &args.report)
}
