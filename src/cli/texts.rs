//! Files of lines, compressed or not: reference vectors and recordings.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use lzma_rust2::XzReader;

use super::outcome::CannotRun;

/// The endings of files that have lines in them.
const ENDINGS: [&str; 3] = [".jsonl", ".jsonl.xz", ".jsonl.gz"];
/// A packed file may be several that were joined.
const ALLOWS_SEVERAL_STREAMS: bool = true;

/// The text of a file; what ends in `.xz` or `.gz` is unpacked.
///
/// # Errors
///
/// If it cannot be read, cannot be unpacked, or is not UTF-8.
pub fn read(path: &Path) -> Result<String, CannotRun> {
    let text = File::open(path).and_then(|file| {
        let mut text = String::new();
        match path.extension().and_then(OsStr::to_str) {
            Some("xz") => {
                let file = BufReader::new(file);
                XzReader::new(file, ALLOWS_SEVERAL_STREAMS).read_to_string(&mut text)
            }
            Some("gz") => MultiGzDecoder::new(file).read_to_string(&mut text),
            _ => BufReader::new(file).read_to_string(&mut text),
        }
        .map(|_| text)
    });
    text.map_err(|error| CannotRun::new(format!("cannot read {}: {error}", path.display())))
}

/// The files with lines in a folder and in the folders inside, sorted by their paths; a file is itself.
///
/// # Errors
///
/// If a folder cannot be read, or there is no such file.
pub fn files_in(dir: &Path) -> Result<Vec<PathBuf>, CannotRun> {
    if dir.is_file() {
        return Ok(vec![dir.to_owned()]);
    }
    let mut paths = Vec::new();
    gather(dir, &mut paths)?;
    if paths.is_empty() {
        return Err(CannotRun::new(format!("{} has no `.jsonl` files", dir.display()))
            .hint("give a folder with reference vectors in it"));
    }
    paths.sort();
    Ok(paths)
}

fn gather(dir: &Path, paths: &mut Vec<PathBuf>) -> Result<(), CannotRun> {
    let unreadable = |error: io::Error| {
        CannotRun::new(format!("cannot read the folder {}: {error}", dir.display()))
            .hint("give a folder with `.jsonl` files in it")
    };
    for entry in fs::read_dir(dir).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        // Links to folders are not followed: they could lead back.
        if entry.file_type().map_err(unreadable)?.is_dir() {
            gather(&path, paths)?;
        } else if ENDINGS.iter().any(|ending| path.to_string_lossy().ends_with(ending)) {
            paths.push(path);
        }
    }
    Ok(())
}
