//! The bytes of released servers that lie in the repository, for the commands that use them.

use std::path::{Path, PathBuf};

use super::outcome::CannotRun;
use super::{texts, vectors};
use crate::harness::files::Unreadable;
use crate::harness::golden::ASIDE;
use crate::suite::captured::{Captured, DamagedFile};
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
    if !is_there(&folder)? {
        return Ok(None);
    }
    let captured = Captured::read(vectors::read_folders(&[folder])?, confirmed(golden)?);
    captured.map(Some).map_err(damaged)
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
