//! `skewproof testee`: the model as a program behind a pipe.

use std::process::ExitCode;

use clap::Args;
use skewproof_testee::serve;

use super::outcome::{CannotRun, Outcome};
use crate::suite::session::{self, WithQuirks};
use crate::suite::skew::node_named;
use crate::suite::testee::Model;

const AFTER_HELP: &str = "\
Examples:
  skewproof testee --release 1.6
  skewproof testee --release 1.6+M57            with a planted bug; see `skewproof list bugs`
  skewproof testee --release 1.3 --repaired --quirk R21
  skewproof testee --release 1.7 --verbs reencode
  skewproof matrix --testee 'tree=skewproof testee --release 1.7.2'

It answers questions of standard input, a line each, until the end of the input: docs/testee.md has
them all. It is for those who try the pipe, or write a harness of their own.";

/// Answer as a release of the model, behind a pipe
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct TesteeCommandArgs {
    /// The release that answers, as `1.7`; `1.6+M57` has a bug planted in it
    #[arg(long, value_name = "RELEASE")]
    pub release: String,
    /// A release as it should be, instead of as it was released
    #[arg(long)]
    pub repaired: bool,
    /// Faults that its sessions have besides, as `R21,R24`. A release has only those that it was shipped
    /// with. See `skewproof list quirks`
    #[arg(long, value_name = "FAULTS", value_delimiter = ',')]
    pub quirk: Vec<String>,
    /// Only these verbs, as `reencode` or `decode,encode`
    #[arg(long, value_name = "VERBS", value_delimiter = ',')]
    pub verbs: Vec<String>,
}

/// Answers until the end of the input.
///
/// # Errors
///
/// If there is no such release or verb, or nobody listens.
pub fn run(args: &TesteeCommandArgs) -> Result<Outcome, CannotRun> {
    let node = node_named(&args.release)?;
    let base = if args.repaired { WithQuirks::REPAIRED } else { WithQuirks::RELEASED };
    let quirks = base.with(session::quirks(&args.quirk)?).of(node.release());
    let mut model = Model::new(node.with_quirks(quirks));
    if !args.verbs.is_empty() {
        model = model.only(&args.verbs).map_err(|verb| {
            CannotRun::new(format!("unknown verb {verb:?}"))
                .hint(format!("there are {}", Model::verbs().join(", ")))
        })?;
    }
    if serve(model) == ExitCode::SUCCESS {
        Ok(Outcome::Good)
    } else {
        Err(CannotRun::new("the pipe broke"))
    }
}
