//! Files: read within bounds, and written as a whole: whoever reads sees the old one or the new one.
//!
//! Only files are read. A FIFO, a device or a socket may never end, and a link to a folder may lead
//! back: each is refused before anybody waits for it.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::Builder;
use thiserror::Error;

use super::system;

/// Longest input of a fuzz target, in bytes.
pub const INPUT_LEN_MAX: u64 = 64 << 20;
/// Longest document of a golden store and longest manifest, in bytes.
pub const DOCUMENT_LEN_MAX: u64 = 64 << 20;
/// Longest list that somebody keeps by hand, in bytes.
pub const LIST_LEN_MAX: u64 = 16 << 20;
/// Longest report, in bytes.
pub const REPORT_LEN_MAX: u64 = 256 << 20;
/// Longest file of lines, in bytes, unpacked.
pub const LINES_LEN_MAX: u64 = 512 << 20;

/// How the name of a file ends while it is written.
const UNFINISHED: &str = ".unfinished";
/// A file that is written for longer than this is not: who began it was killed.
const WRITING_MAX: Duration = Duration::from_secs(3600);

/// Why a file or folder is not read.
#[derive(Debug, Error)]
#[error("cannot read {}: {error}", path.display())]
pub struct Unreadable {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

/// Opens a file for reading.
///
/// # Errors
///
/// If it is not there, is no file, or may not be read.
pub fn open(path: &Path) -> io::Result<File> {
    // Before it is opened, since that waits for somebody who writes into a FIFO; and after, since it
    // may have become another.
    is_file(&fs::metadata(path)?)?;
    let file = File::open(path)?;
    is_file(&file.metadata()?)?;
    Ok(file)
}

/// Opens a file for reading and for adding to its end; makes it if it is not there.
///
/// # Errors
///
/// If it is no file, or may not be read or written.
pub fn open_to_append(path: &Path) -> io::Result<File> {
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        there => is_file(&there?)?,
    }
    let file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    is_file(&file.metadata()?)?;
    Ok(file)
}

/// The bytes of a file.
///
/// # Errors
///
/// If it is not there, is no file, may not be read, or is longer than `len_max`.
pub fn read(path: &Path, len_max: u64) -> io::Result<Vec<u8>> {
    drain(open(path)?, len_max)
}

/// The text of a file.
///
/// # Errors
///
/// As [`read`], and if it is not UTF-8.
pub fn read_text(path: &Path, len_max: u64) -> io::Result<String> {
    text(read(path, len_max)?)
}

/// Bytes as text.
///
/// # Errors
///
/// If they are not UTF-8.
pub fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        io::Error::new(ErrorKind::InvalidData, format!("byte {offset} is not UTF-8"))
    })
}

/// All bytes that come, but not many more than `len_max`.
///
/// # Errors
///
/// If there are more, or they cannot be read.
pub fn drain(reader: impl Read, len_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = reader.take(len_max.saturating_add(1)).read_to_end(&mut bytes)?;
    if read as u64 > len_max {
        let words = format!("it has more than {len_max} bytes");
        return Err(io::Error::new(ErrorKind::FileTooLarge, words));
    }
    Ok(bytes)
}

/// What is in a folder and in the folders inside, but for folders with the path `aside`; sorted.
/// What is no folder is given, whatever it is.
///
/// # Errors
///
/// If a folder may not be read, or there is a link to a folder.
pub fn walk(folder: &Path, aside: Option<&Path>) -> Result<Vec<PathBuf>, Unreadable> {
    let (mut paths, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        let unreadable = |error| Unreadable { path: next.clone(), error };
        for item in fs::read_dir(&next).map_err(unreadable)? {
            let item = item.map_err(unreadable)?;
            let (path, kind) = (item.path(), item.file_type().map_err(unreadable)?);
            if kind.is_symlink() && path.is_dir() {
                let error = io::Error::other("it is a link to a folder, which could lead back");
                return Err(Unreadable { path, error });
            }
            match kind.is_dir() {
                false => paths.push(path),
                true if Some(path.as_path()) == aside => {}
                true => folders.push(path),
            }
        }
    }
    paths.sort();
    Ok(paths)
}

/// Whether there is something at a path. A link that leads nowhere is not nothing.
///
/// # Errors
///
/// If it cannot be looked at, or is a link that leads nowhere.
pub fn is_there(path: &Path) -> Result<bool, Unreadable> {
    let unreadable = |error| Unreadable { path: path.to_owned(), error };
    let is_there = path.try_exists().map_err(unreadable)?;
    if !is_there && fs::symlink_metadata(path).is_ok() {
        return Err(unreadable(io::Error::other("it is a link that leads nowhere")));
    }
    Ok(is_there)
}

fn is_file(there: &Metadata) -> io::Result<()> {
    let kind = there.file_type();
    let words = match () {
        () if kind.is_file() => return Ok(()),
        () if kind.is_dir() => "it is a folder, and no file",
        () => system::what_it_is(kind),
    };
    Err(io::Error::new(ErrorKind::InvalidInput, words))
}

/// Writes beside the file first, under a name that nobody else has, then renames. The file keeps
/// its mode, and a link stays one.
///
/// # Errors
///
/// If there is something at the path that is no file, or it may not be written. What was there
/// stays.
pub fn replace(path: &Path, content: impl AsRef<[u8]>) -> io::Result<()> {
    put(path, content.as_ref(), false)
}

/// As [`replace`], and the content is on the disk before it has its name.
///
/// # Errors
///
/// As [`replace`].
pub fn replace_on_disk(path: &Path, content: impl AsRef<[u8]>) -> io::Result<()> {
    put(path, content.as_ref(), true)
}

/// Whether [`replace`] would find what it needs. Leaves nothing behind.
///
/// # Errors
///
/// As [`replace`].
pub fn check_replace(path: &Path) -> io::Result<()> {
    let (path, _) = place(path)?;
    tempfile::tempfile_in(folder_of(&path)).map(drop)
}

fn put(path: &Path, content: &[u8], on_disk: bool) -> io::Result<()> {
    let (path, there) = place(path)?;
    let mut prefix = path.file_name().ok_or(ErrorKind::InvalidFilename)?.to_owned();
    prefix.push(".");
    let mut builder = Builder::new();
    builder.prefix(&prefix).suffix(UNFINISHED);
    system::as_usual(&mut builder);
    let mut file = builder.tempfile_in(folder_of(&path))?;
    // What is dropped without its new name is removed.
    file.write_all(content)?;
    if let Some(there) = there {
        file.as_file().set_permissions(there)?;
    }
    if on_disk {
        file.as_file().sync_all()?;
    }
    file.persist(&path).map_err(|error| error.error)?;
    if on_disk {
        system::sync_folder(folder_of(&path))?;
    }
    Ok(())
}

/// The file that a path leads to, and what it may be used for if it is there.
fn place(path: &Path) -> io::Result<(PathBuf, Option<Permissions>)> {
    let is_link = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok((path.to_owned(), None)),
        there => there?.is_symlink(),
    };
    let path = if is_link {
        let nowhere = |error: io::Error| {
            io::Error::new(error.kind(), format!("it is a link that cannot be followed: {error}"))
        };
        fs::canonicalize(path).map_err(nowhere)?
    } else {
        path.to_owned()
    };
    let there = fs::metadata(&path)?;
    is_file(&there)?;
    if there.permissions().readonly() {
        return Err(io::Error::new(ErrorKind::PermissionDenied, "it is there, and is read-only"));
    }
    // A rename asks for the right to the folder only.
    OpenOptions::new().write(true).open(&path)?;
    Ok((path, Some(there.permissions())))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."))
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
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;
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
    fn a_file_keeps_its_mode_and_a_link_stays_one() {
        let scratch = tempfile::tempdir().unwrap();
        let path = |name: &str| scratch.path().join(name);
        fs::write(path("file"), "old").unwrap();
        fs::set_permissions(path("file"), Permissions::from_mode(0o640)).unwrap();
        symlink("file", path("link")).unwrap();
        replace(&path("link"), "new").unwrap();
        replace_on_disk(&path("file"), "newer").unwrap();
        assert_eq!(fs::read(path("file")).unwrap(), b"newer");
        assert_eq!(fs::metadata(path("file")).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(path("link")).unwrap().is_symlink());
        assert_eq!(names(scratch.path()), ["file", "link"]);
    }

    #[test]
    fn what_may_not_be_written_stays_as_it_is() {
        let scratch = tempfile::tempdir().unwrap();
        let path = |name: &str| scratch.path().join(name);
        fs::write(path("read-only"), "old").unwrap();
        fs::set_permissions(path("read-only"), Permissions::from_mode(0o444)).unwrap();
        symlink("loop", path("loop")).unwrap();
        symlink("nowhere", path("dangling")).unwrap();
        for name in ["read-only", "loop", "dangling"] {
            assert!(replace(&path(name), "new").is_err(), "{name}");
            assert!(check_replace(&path(name)).is_err(), "{name}");
        }
        assert!(check_replace(&path("free")).is_ok());
        assert_eq!(fs::read(path("read-only")).unwrap(), b"old");
        assert_eq!(names(scratch.path()), ["dangling", "loop", "read-only"]);
    }

    #[test]
    fn what_is_no_file_or_too_long_is_not_read() {
        let scratch = tempfile::tempdir().unwrap();
        let path = |name: &str| scratch.path().join(name);
        fs::write(path("file"), "12345").unwrap();
        let _socket = UnixListener::bind(path("socket")).unwrap();
        symlink("loop", path("loop")).unwrap();
        assert_eq!(read(&path("file"), 5).unwrap(), b"12345");
        let refused = |path: &Path, len_max| read(path, len_max).unwrap_err().to_string();
        assert_eq!(refused(&path("file"), 4), "it has more than 4 bytes");
        assert_eq!(refused(&path("socket"), 4), "it is a socket, and no file");
        assert_eq!(refused(scratch.path(), 4), "it is a folder, and no file");
        assert_eq!(refused(Path::new("/dev/zero"), 4), "it is a device, and no file");
        assert!(read(&path("loop"), 4).is_err() && read(&path("nowhere"), 4).is_err());
        for path in [path("socket"), path("loop"), "/dev/zero".into(), scratch.path().into()] {
            assert!(open_to_append(&path).is_err(), "{path:?}");
        }
        open_to_append(&path("file")).unwrap().write_all(b"6").unwrap();
        open_to_append(&path("new")).unwrap().write_all(b"1").unwrap();
        assert_eq!(read(&path("file"), 6).unwrap(), b"123456");
        assert_eq!(read(&path("new"), 1).unwrap(), b"1");
        assert!(drain(io::repeat(0), 4).is_err());
        fs::write(path("file"), [b'a', 0xff]).unwrap();
        let error = read_text(&path("file"), 5).unwrap_err().to_string();
        assert_eq!(error, "byte 1 is not UTF-8");
    }

    #[test]
    fn a_folder_is_walked_once_and_links_that_could_lead_back_are_refused() {
        let scratch = tempfile::tempdir().unwrap();
        let path = |name: &str| scratch.path().join(name);
        fs::create_dir_all(path("a/b")).unwrap();
        fs::create_dir_all(path("aside")).unwrap();
        for name in ["a/b/2", "1", "aside/3"] {
            fs::write(path(name), "x").unwrap();
        }
        symlink("nowhere", path("dangling")).unwrap();
        let aside = path("aside");
        let found = walk(scratch.path(), Some(&aside)).unwrap();
        assert_eq!(found, ["1", "a/b/2", "dangling"].map(path));
        assert_eq!(walk(scratch.path(), None).unwrap().len(), 4);
        symlink("..", path("a/up")).unwrap();
        let error = walk(scratch.path(), None).unwrap_err().to_string();
        assert!(
            error.ends_with("a/up: it is a link to a folder, which could lead back"),
            "{error}"
        );
    }

    #[test]
    fn a_link_that_leads_nowhere_is_not_nothing() {
        let scratch = tempfile::tempdir().unwrap();
        let path = |name: &str| scratch.path().join(name);
        symlink("nowhere", path("dangling")).unwrap();
        assert!(is_there(scratch.path()).unwrap() && !is_there(&path("nowhere")).unwrap());
        let error = is_there(&path("dangling")).unwrap_err().to_string();
        assert!(error.ends_with("dangling: it is a link that leads nowhere"), "{error}");
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
