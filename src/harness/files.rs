//! Files are written as a whole: whoever reads sees the old one or the new one.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use tempfile::Builder;

/// How the name of a file ends while it is written.
const UNFINISHED: &str = ".unfinished";
/// A file that is written for longer than this is not: who began it was killed.
const WRITING_MAX: Duration = Duration::from_secs(3600);
/// What a file may be used for, before the user's mask.
const MODE: u32 = 0o666;

/// Writes beside the file first, under a name that nobody else has, then renames.
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
    let name = path.file_name().ok_or(ErrorKind::InvalidFilename)?;
    let mut prefix = name.to_owned();
    prefix.push(".");
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = Builder::new()
        .prefix(&prefix)
        .suffix(UNFINISHED)
        .permissions(Permissions::from_mode(MODE))
        .tempfile_in(folder)?;
    // What is dropped without its new name is removed.
    file.write_all(content.as_ref())?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Whether it is a file that [`replace`] writes, or was kept from finishing.
pub fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.as_encoded_bytes().ends_with(UNFINISHED.as_bytes()) && path.is_file()
}

/// Whether nobody has written to a file for so long that nobody will.
pub fn is_abandoned(path: &Path) -> bool {
    let modified = fs::metadata(path).and_then(|file| file.modified()).ok();
    let age = modified.and_then(|modified| modified.elapsed().ok());
    age.is_some_and(|age| age > WRITING_MAX)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = folder.read_dir().unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

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
        assert_eq!(names(folder), ["file", "folder"]);
    }

    #[test]
    fn a_file_may_be_read_by_those_who_may_read_others() {
        let scratch = tempfile::tempdir().unwrap();
        let mode = |name: &str| {
            fs::metadata(scratch.path().join(name)).unwrap().permissions().mode() & 0o777
        };
        fs::write(scratch.path().join("plain"), "x").unwrap();
        replace(&scratch.path().join("file"), "x").unwrap();
        assert_eq!(mode("file"), mode("plain"));
    }

    #[test]
    fn many_may_write_the_same_file() {
        let scratch = tempfile::tempdir().unwrap();
        let file = scratch.path().join("file");
        thread::scope(|scope| {
            for byte in b'a'..b'e' {
                let file = &file;
                scope.spawn(move || {
                    for _ in 0..200 {
                        replace(file, [byte; 5000]).unwrap();
                    }
                });
            }
        });
        let content = fs::read(&file).unwrap();
        assert!(content.len() == 5000 && content.iter().all(|byte| *byte == content[0]));
        assert_eq!(names(scratch.path()), ["file"]);
    }
}
