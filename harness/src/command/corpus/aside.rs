//! `skewproof fuzz-aside`: the process in which one input is made shorter or described.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Args;
use signal_hook::consts::{SIGINT, SIGTERM};

use super::pick;
use crate::command::outcome::{CannotRun, Outcome};
use crate::fuzz::aside::serve;

const AFTER_HELP: &str = "\
Example, started by `skewproof fuzz` and `skewproof corpus`:
  skewproof fuzz-aside decode";

/// Answer a question about an input, which comes from a process that survives what happens here
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(hide = true, after_help = AFTER_HELP)]
pub struct AsideArgs {
    /// The target
    #[arg(value_name = "TARGET")]
    pub target: String,
}

/// Answers one question.
///
/// # Errors
///
/// If there is no such target or no question, or nobody listens.
pub fn run(args: &AsideArgs) -> Result<Outcome, CannotRun> {
    // Who asked is told as well, and ends this process when it wants no answer any more.
    let ignored = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&ignored))
            .map_err(|error| CannotRun::new(format!("cannot wait for signals: {error}")))?;
    }
    for target in pick(std::slice::from_ref(&args.target))? {
        serve(&target, std::io::stdin(), std::io::stdout())
            .map_err(|error| CannotRun::new(error.to_string()))?;
    }
    Ok(Outcome::Good)
}
