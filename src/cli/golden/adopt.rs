//! `skewproof golden adopt`: what recordings have that no sample has.

use std::path::PathBuf;

use clap::Args;

use crate::cli::args::Format;
use crate::cli::captures::read_recording;
use crate::cli::files::{check_files, check_new, write};
use crate::cli::outcome::{CannotRun, Outcome};
use crate::cli::output::Output;
use crate::suite::captures::{proposals, table};

const AFTER_HELP: &str = "\
Examples:
  skewproof golden adopt recording.jsonl
  skewproof golden adopt recording.jsonl --to adopted.jsonl
  skewproof vectors adopted.jsonl

What is written are reference vectors; docs/captured.md says how they come into the repository.";

/// Propose values of recordings that show something which no sample has
///
/// A member that is there, a variant, a list that is not empty: each value only what those before it do
/// not show. Only bytes that are the only ones of their value are proposed.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct AdoptArgs {
    /// Recordings, one frame a line; what ends in `.xz` or `.gz` is unpacked
    #[arg(value_name = "RECORDING", required = true)]
    pub files: Vec<PathBuf>,
    /// Write the values as reference vectors, one a line, into a new file
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
    /// The form of the list
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Proposes values.
///
/// # Errors
///
/// If a file cannot be read, is no recording, or cannot be written; if it is there already.
pub fn run(args: &AdoptArgs, output: &Output) -> Result<Outcome, CannotRun> {
    check_files(args.to.iter())?;
    args.to.iter().try_for_each(|path| check_new(path))?;
    let recordings: Result<Vec<_>, CannotRun> =
        args.files.iter().map(|path| read_recording(path)).collect();
    let proposed = proposals(&recordings?);
    if let Some(path) = args.to.as_ref().filter(|_| !proposed.is_empty()) {
        write(path, &proposed.iter().map(|it| it.line() + "\n").collect::<String>())?;
    }
    if proposed.is_empty() && args.format == Format::Text {
        output.words("nothing that the samples do not have\n")?;
        return Ok(Outcome::Good);
    }
    output.table(&table(&proposed), args.format)
}
