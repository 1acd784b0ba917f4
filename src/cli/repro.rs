//! `skewproof repro`: one cell of the matrix again, from end to end.

use clap::Args;

use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use crate::suite::skew;

const AFTER_HELP: &str = "\
Examples:
  skewproof repro matrix/1.4-dev/1.3/V1/Gossip/typical
  skewproof repro matrix/1.7/1.6/V3/PartitionProcessorRpcRequest/append-scoped

An address is what findings of the matrix show: who sends, who receives, the version or `envelope`,
the message, the value.

Exit codes: 0 as it should be, 1 a violation or a refusal without need, 2 no such cell.";

/// Send one value of the matrix again, and show everything: value, bytes, what was understood
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ReproArgs {
    /// The address of the cell
    #[arg(value_name = "CELL")]
    pub cell: String,
}

/// Tells the story of a cell.
///
/// # Errors
///
/// If there is no such cell; if stdout cannot be written.
pub fn run(args: &ReproArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let story = skew::story(&args.cell)?;
    output.write(story.to_string())?;
    Ok(if story.is_foreseen { Outcome::Good } else { Outcome::Findings })
}
