//! Reports to files, each in its own format.

use std::path::Path;

use super::args::ReportFiles;
use super::outcome::CannotRun;
use crate::harness::files::replace;
use crate::harness::render::{html, json, junit, markdown};
use crate::harness::report::Report;
use crate::harness::skew::Details;

/// Where a comment says that the rest is.
const SEE_ALL: &str = "the HTML page and the JSON document have all";

/// Writes a report to every file that is asked for. A file is replaced as a whole or not at all.
/// `details` is only called for a page.
///
/// # Errors
///
/// If a file cannot be written, with its name. Those before it are written by then.
pub fn write_files(
    report: &Report,
    details: impl FnOnce() -> Option<Details>,
    files: &ReportFiles,
) -> Result<(), CannotRun> {
    if let Some(path) = &files.json {
        write(path, &json::render(report))?;
    }
    if let Some(path) = &files.junit {
        write(path, &junit::render(report).map_err(|error| unwritable(path, &error))?)?;
    }
    if let Some(path) = &files.markdown {
        write(path, &markdown::render(report, Some(SEE_ALL)))?;
    }
    if let Some(path) = &files.html {
        let page = html::render(report, details().as_ref());
        write(path, &page.map_err(|error| unwritable(path, &error.to_string()))?)?;
    }
    Ok(())
}

/// Writes a file of any kind, as a whole or not at all.
///
/// # Errors
///
/// If it cannot be written, with its name.
pub fn write(path: &Path, text: &str) -> Result<(), CannotRun> {
    replace(path, text).map_err(|error| unwritable(path, &error.to_string()))
}

fn unwritable(path: &Path, error: &str) -> CannotRun {
    CannotRun::new(format!("cannot write {}: {error}", path.display()))
}
