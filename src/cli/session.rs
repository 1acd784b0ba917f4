//! `skewproof session`: a scripted peer against one side of a connection.

use clap::Args;

use super::args::ReportArgs;
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::testees::TesteeArgs;
use crate::suite::session::{self, Question};

const AFTER_HELP: &str = "\
Examples:
  skewproof session                                  every script, every release line
  skewproof session --repaired                       the lines as they should be
  skewproof session --repaired --quirk R21           what servers with one fault do otherwise
  skewproof session --release 1.6+M84                with a planted bug
  skewproof session --testee tree=./testee           a program of yours

The faults of released sessions are in `skewproof list quirks`.";

/// Play scripted peers to one side of a connection of each release
///
/// A script is what a peer sends, frame by frame, and what must come back: frames, words to the
/// owner of the node, the end of the stream. It is played to a node that accepts and to one that
/// dials, at every version that the release speaks. A release has the faults that it was shipped
/// with, and they are expected of it; a fault that is added is not, and findings show what it does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct SessionArgs {
    /// The scripts, as addresses of findings name them; all if there are none
    #[arg(value_name = "SCRIPT")]
    pub scripts: Vec<String>,
    /// The release of the node, as `1.4`, or with a planted bug, as `1.4+M79`; all lines without it
    #[arg(long, value_name = "RELEASE", conflicts_with = "testee")]
    pub release: Option<String>,
    /// Releases as they should be, instead of as they were released
    #[arg(long)]
    pub repaired: bool,
    /// Faults that the node has besides, as `R21,R24`, and is not expected to have. A release has only
    /// those that it was shipped with
    #[arg(long, value_name = "FAULTS", value_delimiter = ',', conflicts_with = "testee")]
    pub quirk: Vec<String>,
    /// A program that is played to.
    #[command(flatten)]
    pub testees: TesteeArgs,
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
    let asked = args.testees.asked()?;
    let report = session::answer(&Question {
        scripts: &args.scripts,
        node: args.release.as_deref(),
        is_repaired: args.repaired,
        quirks: &args.quirk,
        testee: asked.testee(),
    })?;
    let repaired = if args.repaired { " --repaired" } else { "" };
    let command = format!("session {}{repaired}", args.scripts.join(" "));
    let outcome = output.report(&asked.settled(report, command.trim()), &args.report);
    asked.without_fault().and(outcome)
}
