//! The bytes of released servers that lie in the repository, for the commands that use them.

use std::path::{Path, PathBuf};

use super::outcome::CannotRun;
use super::{built_in, texts, vectors};
use crate::harness::files::{self, LINES_LEN_MAX, Unreadable};
use crate::harness::golden::ASIDE;
use crate::suite::captured::{Captured, DamagedFile, Folder, Lying, State};
use crate::suite::golden::Evidence;

/// The file that says which fixtures they confirm.
const CONFIRMED: &str = "confirmed.txt";

/// Where it is in a golden store.
pub fn confirmed_path(golden: &Path) -> PathBuf {
    golden.join(ASIDE).join(CONFIRMED)
}

/// What a golden store says of which fixtures they confirm, if it says anything.
///
/// # Errors
///
/// If it cannot be read.
pub fn confirmed(golden: &Path) -> Result<Option<String>, CannotRun> {
    let path = confirmed_path(golden);
    is_there(&path)?.then(|| texts::read(&path)).transpose()
}

/// Reads them from a golden store. None if it has no folder for them.
///
/// # Errors
///
/// If a file cannot be read or unpacked, or is not in its format.
pub fn read(golden: &Path) -> Result<Option<Captured>, CannotRun> {
    let folder = golden.join(ASIDE);
    if !files::is_there(golden)? || !files::is_there(&folder)? {
        return Ok(None);
    }
    let beside = Folder { files: lying(&folder)?, confirmed: confirmed(golden)? };
    let captured = Captured::read(vectors::read_folders(&[folder])?, beside);
    captured.map(Some).map_err(damaged)
}

/// The same, where less than what is built in would not be noticed.
///
/// # Errors
///
/// As [`read`], and if files are not there that are built in.
pub fn read_whole(golden: &Path) -> Result<Option<Captured>, CannotRun> {
    let captured = read(golden)?;
    let lacks = captured.as_ref().and_then(|captured| captured.folder.lacks());
    let Some((file, others)) = lacks else { return Ok(captured) };
    let path = golden.join(ASIDE).join(&file.name);
    let what = match file.state {
        State::Other => "is another file than the one that is built in",
        _ => "is gone",
    };
    let others = if others > 0 { format!(", and so are {others} more") } else { String::new() };
    Err(CannotRun::new(format!("{} {what}{others}", path.display()))
        .hint("`skewproof golden verify` names all; bring them back from version control"))
}

/// The files that are built in beside those in a folder, and what is there that has no lines.
fn lying(folder: &Path) -> Result<Vec<Lying>, CannotRun> {
    let mut lying = Vec::new();
    for (name, bytes) in built_in::PACKED {
        let path = folder.join(name);
        let state = match is_there(&path)? {
            false => State::Gone,
            true => {
                let unreadable = |error| Unreadable { path: path.clone(), error };
                let there = files::read(&path, LINES_LEN_MAX).map_err(unreadable)?;
                if there == *bytes { State::BuiltIn } else { State::Other }
            }
        };
        lying.push(Lying { name: (*name).to_owned(), state });
    }
    for path in files::walk(folder, None)? {
        if !texts::has_lines(&path) && path != folder.join(CONFIRMED) {
            let steps = path.strip_prefix(folder).unwrap_or(&path).iter();
            let steps: Vec<_> = steps.map(|step| step.to_string_lossy()).collect();
            lying.push(Lying { name: steps.join("/"), state: State::Foreign });
        }
    }
    Ok(lying)
}

/// The error for a file that cannot be read, or is not in its format.
pub fn damaged(file: DamagedFile) -> CannotRun {
    match file {
        DamagedFile::Vectors(file) => vectors::damaged(file),
        recording @ DamagedFile::Recording(_) => CannotRun::new(recording.to_string())
            .hint("every line must be one recorded frame, as JSON"),
    }
}

/// What cannot be looked at is not taken for missing.
fn is_there(path: &Path) -> Result<bool, CannotRun> {
    let unreadable = |error| CannotRun::from(Unreadable { path: path.to_owned(), error });
    path.try_exists().map_err(unreadable)
}

/// What of them tells which fixtures are confirmed.
pub fn evidence(captured: Option<&Captured>) -> Option<Evidence> {
    captured.map(|captured| Evidence::of(&captured.shelf))
}
