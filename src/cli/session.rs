//! `skewproof session`: a scripted peer against one side of a connection.

use clap::Args;

use super::args::ReportArgs;
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use crate::suite::session::{self, Question};

const AFTER_HELP: &str = "\
Examples:
  skewproof session                                  every script, every release line
  skewproof session --quirk released                 what the released servers do otherwise
  skewproof session no-service-at-v1 --release 1.4 --quirk R21
  skewproof session --release 1.6+M84                with a planted bug

The faults of released sessions are in `skewproof list quirks`.";

/// Play scripted peers to one side of a connection of each release
///
/// A script is what a peer sends, frame by frame, and what must come back: frames, words to the
/// owner of the node, the end of the stream. It is played to a node that accepts and to one that
/// dials, at every version that the release speaks. With faults of released servers in the node,
/// findings show what those servers do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct SessionArgs {
    /// The scripts, as addresses of findings name them; all if there are none
    #[arg(value_name = "SCRIPT")]
    pub scripts: Vec<String>,
    /// The release of the node, as `1.4`, or with a planted bug, as `1.4+M79`; all lines without it
    #[arg(long, value_name = "RELEASE")]
    pub release: Option<String>,
    /// Faults that the node has: `R21,R24`, `released` or `none`. A release has only those that it
    /// was shipped with
    #[arg(long, value_name = "FAULTS", default_value = "none")]
    pub quirk: String,
    /// Expect of each release the faults that it was shipped with, and no others
    #[arg(long, conflicts_with = "quirk")]
    pub as_released: bool,
    /// The report at the end.
    #[command(flatten)]
    pub report: ReportArgs,
}

/// Plays scripts.
///
/// # Errors
///
/// If there is no such script, release, fault or bug; if stdout cannot be written.
pub fn run(args: &SessionArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let report = session::answer(&Question {
        scripts: &args.scripts,
        node: args.release.as_deref(),
        quirks: &args.quirk,
        as_released: args.as_released,
    })?;
    output.report(&report, &args.report)
}
