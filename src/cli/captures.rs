//! `skewproof captures`: replay of conversations recorded between released servers.

use std::path::{Path, PathBuf};
use std::slice;

use clap::Args;

use super::args::ReportArgs;
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::progress::Progress;
use super::texts;
use crate::harness::render::quoted;
use crate::harness::report::Report;
use crate::suite::captures::{self, Recording};
use crate::suite::subject::Fabric;

const AFTER_HELP: &str = "\
Examples:
  skewproof captures 1.6-1.7.jsonl
  skewproof captures recordings/*.jsonl --format json";

/// Replay recorded conversations between released servers
///
/// Every frame must decode; every payload must decode as the message its call names, at the version
/// that its stream negotiated, and encode to the same bytes again. Frames are counted by message.
/// Who dialled a stream is known by node id and generation; where the recording does not tell the
/// release behind them, that is said, and only the peer is asked to read.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct CapturesArgs {
    /// Recordings, one frame a line; what ends in `.xz` or `.gz` is unpacked
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The report at the end.
    #[command(flatten)]
    pub report: ReportArgs,
}

/// Replays recordings.
///
/// # Errors
///
/// If a file cannot be read, or is not in the format.
pub fn run(args: &CapturesArgs, output: &Output) -> Result<Outcome, CannotRun> {
    let recordings =
        args.files.iter().map(|path| read_recording(path)).collect::<Result<Vec<_>, _>>()?;
    let frames = recordings.iter().map(|recording| recording.frames.len() as u64).sum();
    let progress = Progress::start(output, "recorded frames", frames);
    let mut report = Report::new("recorded conversations");
    for (path, recording) in args.files.iter().zip(&recordings) {
        let recording = slice::from_ref(recording);
        let mut replayed = captures::replay(recording, &Fabric, |frames| progress.advance(frames));
        let again = format!("skewproof captures {}", quoted(&path.to_string_lossy()));
        replayed.repeated_else(|_| again.clone());
        report.merge(replayed);
    }
    drop(progress);
    output.report(&report, &args.report)
}

/// Reads a recording.
///
/// # Errors
///
/// If it cannot be read, is not in the format, or is empty.
pub fn read_recording(path: &Path) -> Result<Recording, CannotRun> {
    let text = texts::read(path)?;
    let name = path
        .file_name()
        .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    let recording = Recording::parse(&name, &text).map_err(|damaged| {
        CannotRun::new(damaged.to_string()).hint("every line must be one recorded frame, as JSON")
    })?;
    if recording.frames.is_empty() {
        return Err(CannotRun::new(format!("{} has no frames in it", path.display())));
    }
    Ok(recording)
}
