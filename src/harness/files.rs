//! Files are written as a whole: whoever reads sees the old one or the new one.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// What a file is called while it is written.
const UNFINISHED: &str = "unfinished";

/// Writes beside the file first, then renames.
///
/// # Errors
///
/// If there is something at the path that is no file, or it cannot be written. What was there
/// stays.
pub fn replace(path: &Path, content: impl AsRef<[u8]>) -> io::Result<()> {
    // A rename would put a file in the place of a device, too.
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return Err(io::Error::new(ErrorKind::AlreadyExists, "it is there, and is no file"));
    }
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".");
    unfinished.push(UNFINISHED);
    let unfinished = PathBuf::from(unfinished);
    let written = fs::write(&unfinished, content).and_then(|()| fs::rename(&unfinished, path));
    written.inspect_err(|_| {
        // The write has failed for a reason that the user is told; a second one adds nothing.
        let _ = fs::remove_file(&unfinished);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_anything_else_is_left_alone() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        fs::create_dir_all(folder.join("folder")).unwrap();
        let file = folder.join("file");
        replace(&file, "old").unwrap();
        replace(&file, "new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert!(replace(&folder.join("folder"), "x").is_err());
        assert!(replace(&folder.join("nowhere/file"), "x").is_err());
        let mut left: Vec<_> =
            folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["file", "folder"]);
    }
}
