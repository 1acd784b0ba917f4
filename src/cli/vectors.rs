//! `skewproof vectors`: comparison with bytes that released servers wrote.

use std::path::PathBuf;

use clap::Args;

use super::args::ReportArgs;
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::progress::Progress;
use super::texts;
use crate::suite::subject::Fabric;
use crate::suite::vectors::{self, Shelf, Source, Unusable};

const AFTER_HELP: &str = "\
Examples:
  skewproof vectors DIR
  skewproof vectors DIR OTHER-DIR --findings 100
  skewproof vectors golden/captured

What a line of a file is about is read from its content, not from the name of the file.";

/// Verify against reference vectors: bytes that released servers wrote
///
/// Every value must encode to the same bytes and every byte string decode to the same value; what a
/// release refuses must be refused; and what one release understands of another's bytes, ours must
/// understand of them too.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct VectorsArgs {
    /// Files or folders of reference vectors: `.jsonl` files, also with `.xz` or `.gz`, in them and their folders
    #[arg(value_name = "DIR", required = true)]
    pub dirs: Vec<PathBuf>,
    /// The report at the end.
    #[command(flatten)]
    pub report: ReportArgs,
}

/// Verifies folders of vectors.
///
/// # Errors
///
/// If a folder or file cannot be read, or is not in the format.
pub fn run(args: &VectorsArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let shelf = Shelf::read(read_folders(&args.dirs)?).map_err(damaged)?;
    let progress = Progress::start(output, "reference vectors", shelf.len() as u64);
    let verified = vectors::verify_shelf(&shelf, &Fabric, |lines| progress.advance(lines));
    drop(progress);
    let mut report = verified.map_err(damaged)?.report;
    for dir in &args.dirs {
        for path in texts::passed_over(dir)? {
            let endings = texts::ENDINGS.join(", ");
            report.note(format!("skipped {}: only {endings} are read", path.display()));
        }
    }
    output.report(&report, &args.report)
}

/// The error for folders that have nothing to compare with.
pub fn nothing_in(dirs: &[PathBuf], what: &str) -> CannotRun {
    let dirs = dirs.iter().map(|dir| dir.display().to_string()).collect::<Vec<_>>().join(", ");
    CannotRun::new(format!("{dirs}: {what} is in it, and nothing would be compared"))
}

/// The error for a file that cannot be read, or a line that is no vector.
pub fn damaged(file: Unusable) -> CannotRun {
    let error = CannotRun::new(file.to_string());
    match file {
        Unusable::Line(_) => error.hint("every line of a `.jsonl` file must be one JSON object"),
        Unusable::File(_) => error,
    }
}

/// The vectors of folders, with all that is in them, file by file.
///
/// # Errors
///
/// If a folder cannot be read, or has none.
pub fn read_folders(dirs: &[PathBuf]) -> Result<Vec<Source>, CannotRun> {
    let mut sources = Vec::new();
    for dir in dirs {
        for path in texts::files_in(dir)? {
            let name = path.display().to_string();
            sources.push(Source::new(name, move || texts::unpacked(&path)));
        }
    }
    Ok(sources)
}
