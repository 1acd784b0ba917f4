//! Files of lines, compressed or not: reference vectors and recordings.

use std::ffi::OsStr;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use lzma_rust2::XzReader;

use super::outcome::CannotRun;
use crate::harness::files;

/// The endings of files that have lines in them.
pub const ENDINGS: [&str; 3] = [".jsonl", ".jsonl.xz", ".jsonl.gz"];
/// A packed file may be several that were joined.
const ALLOWS_SEVERAL_STREAMS: bool = true;

/// The text of a file; what ends in `.xz` or `.gz` is unpacked.
///
/// # Errors
///
/// If it cannot be read, cannot be unpacked, or is not UTF-8.
pub fn read(path: &Path) -> Result<String, CannotRun> {
    unpacked(path).map_err(CannotRun::new)
}

/// The same, or the words that say why it is not read.
///
/// # Errors
///
/// As [`read`].
pub fn unpacked(path: &Path) -> Result<String, String> {
    let drain = |reader: &mut dyn Read| files::drain(reader, files::LINES_LEN_MAX);
    let text = files::open(path).and_then(|file| {
        let bytes = match path.extension().and_then(OsStr::to_str) {
            Some("xz") => drain(&mut XzReader::new(BufReader::new(file), ALLOWS_SEVERAL_STREAMS)),
            Some("gz") => drain(&mut MultiGzDecoder::new(file)),
            _ => drain(&mut BufReader::new(file)),
        };
        files::text(bytes?)
    });
    text.map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// Whether a file has lines, by its name.
pub fn has_lines(path: &Path) -> bool {
    ENDINGS.iter().any(|ending| path.to_string_lossy().ends_with(ending))
}

/// The files in a folder and in the folders inside that seem to have lines, by their names, and have no
/// ending that is read.
///
/// # Errors
///
/// If a folder cannot be read.
pub fn passed_over(dir: &Path) -> Result<Vec<PathBuf>, CannotRun> {
    if !dir.is_dir() {
        return Ok(Vec::new());
    }
    let mut paths = files::walk(dir, None)?;
    paths.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let seems = name.contains(".jsonl") || name.contains(".ndjson");
        seems && !has_lines(path)
    });
    Ok(paths)
}

/// The files with lines in a folder and in the folders inside, sorted by their paths; a file is itself.
///
/// # Errors
///
/// If a folder cannot be read, or there is no such file.
pub fn files_in(dir: &Path) -> Result<Vec<PathBuf>, CannotRun> {
    let is_folder = dir.metadata().map(|there| there.is_dir());
    if !is_folder
        .map_err(|error| CannotRun::new(format!("cannot read {}: {error}", dir.display())))?
    {
        return Ok(vec![dir.to_owned()]);
    }
    let mut paths = files::walk(dir, None)?;
    paths.retain(|path| has_lines(path));
    if paths.is_empty() {
        return Err(CannotRun::new(format!("{} has no `.jsonl` files", dir.display()))
            .hint("give a folder with reference vectors in it"));
    }
    Ok(paths)
}
