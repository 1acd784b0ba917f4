//! Reports to files, each in its own format.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::args::ReportFiles;
use super::outcome::CannotRun;
use crate::harness::files::replace;
use crate::harness::render::{html, json, junit, markdown};
use crate::harness::report::Report;
use crate::harness::skew::Details;

/// Where a comment says that the rest is.
const SEE_ALL: &str = "the HTML page and the JSON document have all";

/// Refuses one file for two things: the second would take the place of the first.
///
/// # Errors
///
/// If two paths are the same, with its name.
pub fn all_different<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Result<(), CannotRun> {
    let mut seen = BTreeSet::new();
    for path in paths {
        // Without it a path that cannot be made absolute is still itself.
        if !seen.insert(std::path::absolute(path).unwrap_or_else(|_| path.clone())) {
            let problem = format!("{} would be written twice", path.display());
            return Err(CannotRun::new(problem).hint("give each file a name of its own"));
        }
    }
    Ok(())
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_is_not_for_two_things() {
        let check = |paths: &[&str]| {
            let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
            all_different(&paths).map_err(|error| error.to_string())
        };
        assert_eq!(check(&[]), Ok(()));
        assert_eq!(check(&["a.html", "b.html", "c/a.html"]), Ok(()));
        for paths in [["a.html", "a.html"], ["a.html", "./a.html"], ["c/a.html", "c//a.html"]] {
            assert_eq!(check(&paths), Err(format!("{} would be written twice", paths[1])));
        }
    }
}
