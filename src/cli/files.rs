//! Reports to files, each in its own format.

use std::io::{self, ErrorKind};
use std::path::Path;

use super::args::ReportFiles;
use super::outcome::CannotRun;
use crate::harness::files::replace;
use crate::harness::render::{html, json, junit, markdown};
use crate::harness::report::Report;
use crate::harness::skew::Details;

/// Where a comment says that the rest is.
const SEE_ALL: &str = "the HTML page and the JSON document have all";

/// Looks whether the files that are asked for can be written, before there is anything to write: a
/// run may take hours. Leaves nothing behind.
///
/// # Errors
///
/// If one cannot be, with its name.
pub fn check_files(files: &ReportFiles) -> Result<(), CannotRun> {
    for path in files.paths() {
        check(path).map_err(|error| unwritable(path, &error.to_string()))?;
    }
    Ok(())
}

/// What is there must be a file, and its folder must take another one.
fn check(path: &Path) -> io::Result<()> {
    if path.metadata().is_ok_and(|there| !there.is_file()) {
        return Err(io::Error::new(ErrorKind::AlreadyExists, "it is there, and is no file"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    tempfile::tempfile_in(folder.unwrap_or(Path::new("."))).map(drop)
}

/// Writes a report to every file that is asked for. A file is replaced as a whole or not at all.
/// `details` is only called for a page.
///
/// # Errors
///
/// If files cannot be written, with the name of the first one. All others are written.
pub fn write_files(
    report: &Report,
    details: impl FnOnce() -> Option<Details>,
    files: &ReportFiles,
) -> Result<(), CannotRun> {
    let ReportFiles { json, junit, html, markdown } = files;
    let written = [
        json.as_ref().map(|path| write(path, &json::render(report))),
        junit.as_ref().map(|path| {
            let text = junit::render(report).map_err(|error| unwritable(path, &error));
            write(path, &text?)
        }),
        markdown.as_ref().map(|path| write(path, &markdown::render(report, Some(SEE_ALL)))),
        html.as_ref().map(|path| {
            let page = html::render(report, details().as_ref());
            write(path, &page.map_err(|error| unwritable(path, &error.to_string()))?)
        }),
    ];
    written.into_iter().flatten().collect()
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_cannot_be_written_is_known_before_and_keeps_nothing_else_from_being_written() {
        let scratch = tempfile::tempdir().unwrap();
        let path = |name: &str| Some(scratch.path().join(name));
        let good = ReportFiles { json: path("json"), markdown: path("md"), ..Default::default() };
        check_files(&good).unwrap();
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
        fs::create_dir(scratch.path().join("folder")).unwrap();
        for bad in [path("nowhere/json"), path("folder")] {
            let files = ReportFiles { json: bad, ..good.clone() };
            assert!(check_files(&files).is_err());
            assert!(write_files(&Report::new("x"), || None, &files).is_err());
            fs::remove_file(scratch.path().join("md")).unwrap();
        }
    }
}
