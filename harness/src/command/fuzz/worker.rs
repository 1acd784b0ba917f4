//! `skewproof fuzz-worker`: the process in which `skewproof fuzz` runs inputs.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Args;

use crate::command::corpus::pick;
use crate::command::outcome::{CannotRun, Outcome};
use crate::fuzz::process::serve;

const AFTER_HELP: &str = "\
Example, started by `skewproof fuzz`:
  skewproof fuzz-worker decode FILE";

/// Run inputs for `skewproof fuzz`, which sends a task and survives what happens here
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(hide = true, after_help = AFTER_HELP)]
pub struct WorkerArgs {
    /// The target
    #[arg(value_name = "TARGET")]
    pub target: String,
    /// The file in which each input is noted before it is run
    #[arg(value_name = "FILE")]
    pub note: PathBuf,
}

/// Works until it is done or its input ends.
///
/// # Errors
///
/// If there is no such target or no task, or nobody listens.
pub fn run(args: &WorkerArgs) -> Result<Outcome, CannotRun> {
    // What goes to the whole group goes to the parent too, which ends this process in good order.
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))
            .map_err(|error| CannotRun::new(format!("cannot wait for signals: {error}")))?;
    }
    for target in pick(std::slice::from_ref(&args.target))? {
        serve(&target, &args.note, std::io::stdin(), std::io::stdout())
            .map_err(|error| CannotRun::new(error.to_string()))?;
    }
    Ok(Outcome::Good)
}
