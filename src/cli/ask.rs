//! `skewproof ask`: may these releases run together, may one go to the other, may it go back.

use clap::{Args, ValueEnum};

use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use crate::suite::compatibility::{self, Window};

const AFTER_HELP: &str = "\
Examples:
  skewproof ask 1.5.3 1.6.2             may these run together, and one go to the other
  skewproof ask 1.6 1.5                 may a cluster go back
  skewproof ask 1.5 1.6 1.7             all in one cluster, and from each to the next
  skewproof ask 1.6 1.7 --verbose       with what nobody sends or nobody notices
  skewproof ask --window                the supported window of all patches
  skewproof ask --window --format markdown > WINDOW.md

A line as 1.6 stands for its last patch. What needs a switch or a user's action is a limit, not a
break; what no release ever sends counts for nothing.

Exit codes: 0 yes, safe or with limits: all of them may be in one cluster, and a
cluster may go from each to the next. 1 no: something breaks by itself, they
cannot talk, or one of them is no release for a cluster. 2 no such release.";

/// The form of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum AnswerFormat {
    /// Sentences, for people.
    #[default]
    Text,
    /// One JSON document, for programs.
    Json,
    /// Tables, to publish.
    Markdown,
}

/// Ask whether releases may run together, and whether one may go to the other and back
///
/// Reads the one table of what a release writes and another meets, `expected/skew.json`: bytes on
/// the wire, records in logs, SQL, documents that an older node writes back, data directories,
/// faults of single patches.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct AskArgs {
    /// The releases, in the order of the way: lines, patches or other builds
    #[arg(value_name = "RELEASE", required_unless_present = "window", num_args = 2..)]
    pub releases: Vec<String>,
    /// All patches of all lines as one table: what may run together, be upgraded, go back
    #[arg(long, conflicts_with = "releases")]
    pub window: bool,
    /// What does not count, too
    #[arg(long, short)]
    pub verbose: bool,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t)]
    pub format: AnswerFormat,
}

/// Answers.
///
/// # Errors
///
/// If there is no such release; if stdout cannot be written.
pub fn run(args: &AskArgs, output: &Output) -> Result<Outcome, CannotRun> {
    if args.window {
        let window = Window::of_all_patches();
        output.words(&match args.format {
            AnswerFormat::Text => window.to_text(),
            AnswerFormat::Json => window.to_json(),
            AnswerFormat::Markdown => window.to_markdown(),
        })?;
        return Ok(Outcome::Good);
    }
    let answer = compatibility::answer(&args.releases)?;
    output.words(&match args.format {
        AnswerFormat::Text => compatibility::text(&answer, args.verbose),
        AnswerFormat::Json => compatibility::json(&answer),
        AnswerFormat::Markdown => compatibility::markdown(&answer),
    })?;
    Ok(if answer.is_yes() { Outcome::Good } else { Outcome::Findings })
}
