//! `skewproof vectors`: comparison with bytes that released servers wrote.

use std::path::PathBuf;

use clap::Args;

use super::args::ReportArgs;

const AFTER_HELP: &str = "\
Examples:
  skewproof vectors DIR
  skewproof vectors DIR OTHER-DIR --findings 100

What a line of a file is about is read from its content, not from the name of the file.";

/// Verify against reference vectors: bytes that released servers wrote
///
/// Every value must encode to the same bytes and every byte string decode to the same value; what a
/// release refuses must be refused; and what one release understands of another's bytes, ours must
/// understand of them too.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct VectorsArgs {
    /// Folders of reference vectors, as `*.jsonl` files
    #[arg(value_name = "DIR", required = true)]
    pub dirs: Vec<PathBuf>,
    /// The report at the end.
    #[command(flatten)]
    pub report: ReportArgs,
}
