//! Reports to files, each in its own format.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::args::{ReportFiles, STDOUT};
use super::outcome::CannotRun;
use super::output::to_stdout;
use crate::files::{check_replace, replace_on_disk};
use crate::program::spell;
use crate::render::printable::lines;
use crate::render::{html, json, junit, markdown};
use crate::report::Report;
use crate::skew::Details;

/// Where a comment says that the rest is.
const SEE_ALL: &str = "the HTML page and the JSON document have all";

/// Refuses one file for two things: the second would take the place of the first.
fn all_different<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Result<(), CannotRun> {
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

/// Refuses to write where something is read: it would be lost.
///
/// # Errors
///
/// If a file that is to be written is one of those that are read, or in a folder of them.
pub fn check_apart<'a>(
    written: impl Iterator<Item = &'a PathBuf>,
    read: impl Iterator<Item = &'a PathBuf> + Clone,
) -> Result<(), CannotRun> {
    for path in written {
        let Ok(place) = path.canonicalize() else { continue };
        let is_read = |source: &&PathBuf| {
            source.canonicalize().is_ok_and(|source| place == source || place.starts_with(source))
        };
        if let Some(source) = read.clone().find(is_read) {
            let problem = format!("{} would be overwritten: it is read", path.display());
            let of =
                if source == path { String::new() } else { format!(" as {}", source.display()) };
            return Err(CannotRun::new(problem + &of).hint("give the file a name of its own"));
        }
    }
    Ok(())
}

/// Refuses to write into folders that are read as a whole: a new file there would be a stranger.
///
/// # Errors
///
/// If a file that is to be written is in one of them, or would be.
pub fn check_outside<'a>(
    written: impl Iterator<Item = &'a PathBuf>,
    stores: impl Iterator<Item = PathBuf> + Clone,
) -> Result<(), CannotRun> {
    for path in written.filter(|path| *path != Path::new(STDOUT)) {
        let Some(place) = place(path) else { continue };
        let has_it = |store: &PathBuf| {
            // A file of a store that is a link to elsewhere is read all the same.
            let [inside, linked] = [Some(place.clone()), path.canonicalize().ok()];
            let store = store.canonicalize().ok();
            store.is_some_and(|store| {
                inside.into_iter().chain(linked).any(|place| place.starts_with(&store))
            })
        };
        if let Some(store) = stores.clone().find(has_it) {
            let (path, store) = (path.display(), store.display());
            let problem = match path_is_there(&place) {
                true => format!("{path} would be overwritten: it is read as a part of {store}"),
                false => format!("{path} would be a file of {store}, which is read as a whole"),
            };
            return Err(CannotRun::new(problem).hint("write it elsewhere"));
        }
    }
    Ok(())
}

fn path_is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Where a file is or would be; none if its folder is not there.
fn place(path: &Path) -> Option<PathBuf> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some(folder.canonicalize().ok()?.join(path.file_name()?))
}

/// Looks whether the files that are asked for can be written, before there is anything to write: a
/// run may take hours. Leaves nothing behind.
///
/// # Errors
///
/// If one cannot be, or two are the same, with its name.
pub fn check_files<'a>(paths: impl Iterator<Item = &'a PathBuf> + Clone) -> Result<(), CannotRun> {
    all_different(paths.clone())?;
    for path in paths.filter(|path| *path != Path::new(STDOUT)) {
        check_replace(path).map_err(|error| unwritable(path, &error.to_string()))?;
    }
    Ok(())
}

/// Refuses a file that is there: what is in it was not made by this run, and may be what it reads.
///
/// # Errors
///
/// If there is something at the path.
pub fn check_new(path: &Path) -> Result<(), CannotRun> {
    if path == Path::new(STDOUT) || std::fs::symlink_metadata(path).is_err() {
        return Ok(());
    }
    Err(unwritable(path, "it is there already").hint("name a new file"))
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
        json.as_ref().map(|path| write(path, &spell(&json::render(report)))),
        junit.as_ref().map(|path| {
            let text = junit::render(report).map_err(|error| unwritable(path, &error));
            write(path, &spell(&text?))
        }),
        markdown.as_ref().map(|path| write(path, &spell(&markdown::render(report, Some(SEE_ALL))))),
        html.as_ref().map(|path| {
            let page = html::render(report, details().as_ref(), spell);
            write(path, &page.map_err(|error| unwritable(path, &error.to_string()))?)
        }),
    ];
    written.into_iter().flatten().collect()
}

/// Writes a file of any kind, as a whole or not at all; `-` is standard output. Nothing in it is hidden, or would move a
/// cursor.
///
/// # Errors
///
/// If it cannot be written, with its name.
pub fn write(path: &Path, text: &str) -> Result<(), CannotRun> {
    if path == Path::new(STDOUT) {
        return to_stdout(lines(text).as_bytes());
    }
    replace_on_disk(path, lines(text).as_bytes())
        .map_err(|error| unwritable(path, &error.to_string()))
}

fn unwritable(path: &Path, error: &str) -> CannotRun {
    CannotRun::new(format!("cannot write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_read_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let [read, other, fresh] = ["a", "b", "c"].map(|name| folder.path().join(name));
        for path in [&read, &other] {
            fs::write(path, "").unwrap();
        }
        let is_refused = |written: &PathBuf, read: &PathBuf| {
            check_apart(std::iter::once(written), std::iter::once(read)).is_err()
        };
        assert!(is_refused(&read, &read) && is_refused(&read, &folder.path().to_owned()));
        assert!(!is_refused(&other, &read) && !is_refused(&fresh, &read));
    }

    #[test]
    fn nothing_is_written_into_what_is_read_as_a_whole() {
        let scratch = tempfile::tempdir().unwrap();
        let path = |name: &str| scratch.path().join(name);
        fs::create_dir_all(path("store/inner")).unwrap();
        fs::write(path("store/inner/a"), "").unwrap();
        fs::write(path("beside"), "").unwrap();
        std::os::unix::fs::symlink("store/inner/a", path("link")).unwrap();
        std::os::unix::fs::symlink("../beside", path("store/out")).unwrap();
        let said = |written: &str| {
            let stores = ["store", "nowhere"].map(path);
            let written = [path(written)];
            let checked = check_outside(written.iter(), stores.into_iter());
            checked.map_err(|error| error.to_string()).err().unwrap_or_default()
        };
        for name in ["store/inner/a", "store/../store/inner/a", "link", "store/out"] {
            assert!(said(name).contains("would be overwritten: it is read"), "{name}");
        }
        assert!(said("store/inner/new").contains("which is read as a whole"));
        for name in ["beside", "new", "nowhere/new", "storeroom"] {
            assert_eq!(said(name), "");
        }
    }

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

    #[test]
    fn what_cannot_be_written_is_known_before_and_keeps_nothing_else_from_being_written() {
        let scratch = tempfile::tempdir().unwrap();
        let path = |name: &str| Some(scratch.path().join(name));
        let good = ReportFiles { json: path("json"), markdown: path("md"), ..Default::default() };
        check_files(good.paths()).unwrap();
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
        fs::create_dir(scratch.path().join("folder")).unwrap();
        for bad in [path("nowhere/json"), path("folder")] {
            let files = ReportFiles { json: bad, ..good.clone() };
            assert!(check_files(files.paths()).is_err());
            assert!(write_files(&Report::new("x"), || None, &files).is_err());
            fs::remove_file(scratch.path().join("md")).unwrap();
        }
    }
}
