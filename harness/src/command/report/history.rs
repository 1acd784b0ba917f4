//! The file of a history: read as a whole, and only ever appended to.

use std::io::Write;
use std::path::Path;

use super::super::outcome::CannotRun;
use super::super::output::Output;
use crate::files;
use crate::history::{Entry, History, HistoryError};

/// Reads a history. A half-written last line is told.
///
/// # Errors
///
/// If the file cannot be read, or is no history.
pub fn read(path: &Path, output: &Output) -> Result<History, CannotRun> {
    parse(&super::read(path)?, path, output)
}

fn parse(text: &str, path: &Path, output: &Output) -> Result<History, CannotRun> {
    let history = History::read(text).map_err(|error| unusable(path, &error))?;
    if let Some(half) = &history.unfinished {
        output.warnings(&[format!(
            "{}: the last line was half written and is left out ({} bytes)",
            path.display(),
            half.len()
        )]);
    }
    Ok(history)
}

/// A run that is there already.
pub struct Known {
    /// The number of its line.
    pub line: usize,
    /// The day that it has there.
    pub date: String,
}

/// Appends a run, unless it is there already: then gives where. Who adds at the
/// same time waits. What was half written is cut off, so that the new line is one.
///
/// # Errors
///
/// If the file cannot be read or written, is no history, or says something else of the run.
pub fn append(path: &Path, entry: &Entry, output: &Output) -> Result<Option<Known>, CannotRun> {
    let io =
        |error: std::io::Error| CannotRun::new(format!("cannot write {}: {error}", path.display()));
    let mut file = files::open_to_append(path).map_err(io)?;
    file.lock().map_err(io)?;
    let text = files::drain(&file, files::REPORT_LEN_MAX).and_then(files::text).map_err(io)?;
    let history = parse(&text, path, output)?;
    if let Some(line) = history.line_of(entry).map_err(|error| unusable(path, &error))? {
        let known = history.entries.get(line - 1);
        let date = known.map_or_else(|| entry.date.clone(), |known| known.date.clone());
        return Ok(Some(Known { line, date }));
    }
    if history.unfinished.is_some() {
        file.set_len(history.whole_len as u64).map_err(io)?;
    }
    let whole = text.get(..history.whole_len).unwrap_or_default();
    let gap = if whole.is_empty() || whole.ends_with('\n') { "" } else { "\n" };
    file.write_all(format!("{gap}{}", entry.write()).as_bytes()).map_err(io)?;
    file.sync_all().map_err(io)?;
    Ok(None)
}

fn unusable(path: &Path, error: &HistoryError) -> CannotRun {
    let error_of = CannotRun::new(format!("{}: {error}", path.display()));
    match error {
        HistoryError::Line { .. } => error_of.hint("give what `skewproof report add` has written"),
        HistoryError::Contradiction { .. } => {
            error_of.hint("a run is added once; give another history, or leave it as it is")
        }
    }
}
