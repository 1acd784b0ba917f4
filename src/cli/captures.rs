//! `skewproof captures`: replay of conversations recorded between released servers.

use std::path::PathBuf;

use clap::Args;

use super::args::ReportArgs;

const AFTER_HELP: &str = "\
Examples:
  skewproof captures 1.6-1.7.jsonl
  skewproof captures recordings/*.jsonl --format json";

/// Replay recorded conversations between released servers
///
/// Every frame must decode; every payload must decode as the message its call names, at the version
/// that its stream negotiated, and encode to the same bytes again. Frames are counted by message.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct CapturesArgs {
    /// Recordings, one frame a line
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The report at the end.
    #[command(flatten)]
    pub report: ReportArgs,
}
