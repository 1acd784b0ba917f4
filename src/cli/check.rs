//! `skewproof check`: the main job, which needs nothing but this program.

use clap::Args;

use super::args::ReportArgs;

const AFTER_HELP: &str = "\
Examples:
  skewproof check
  skewproof check --format json | jq .tally";

/// Check every release, version and message over built-in sample values
///
/// Negotiates every ordered pair of releases, encodes every sample value of every message as each
/// release does at each version it speaks, decodes the bytes again and compares. Reads no files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct CheckArgs {
    /// The report at the end.
    #[command(flatten)]
    pub report: ReportArgs,
}
