//! The folder of a golden store, read as a whole, and the few ways to change it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::manifest::{Manifest, ManifestError};
use crate::files::{self, Unreadable, replace};

/// How the file of a document ends.
const SNAP: &str = "snap";
/// How the file of a document that waits ends.
const SNAP_NEW: &str = "snap.new";
/// A folder in the store that is none of its business: what the documents are compared with.
pub const ASIDE: &str = "captured";
/// The manifest's file.
const MANIFEST: &str = "frozen.txt";

/// Why the store cannot be read or written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// There is no such folder.
    #[error("there is no folder {}", .0.display())]
    NoFolder(PathBuf),
    /// A file or folder cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// A file cannot be written, renamed or removed.
    #[error("cannot write {}: {error}", path.display())]
    Unwritable {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The manifest is damaged: nothing can be said of frozen documents.
    #[error("{}, {error}", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: ManifestError,
    },
    /// The manifest has no entry, and documents are there that it should have: it is lost, and with it what
    /// was frozen and amended.
    #[error("{} has no entry, though documents are there that are frozen", .0.display())]
    ManifestLost(PathBuf),
}

/// A document in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What is in the file; it need not be a document. What is no text is replaced, so that it is
    /// not what was written.
    pub file: String,
}

/// A golden store in memory. Documents go by name: the path in the store, with forward slashes and
/// without the ending.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    /// The documents.
    pub entries: BTreeMap<String, Entry>,
    /// What waits to be accepted.
    pub pending: BTreeMap<String, Entry>,
    /// Files that are none of the store's.
    pub strangers: Vec<String>,
    /// What is frozen.
    pub manifest: Manifest,
}

impl Store {
    /// Reads the store in a folder.
    ///
    /// # Errors
    ///
    /// If there is no such folder, something in it cannot be read, or the manifest is damaged.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        if !files::is_there(folder)? || !folder.is_dir() {
            return Err(StoreError::NoFolder(folder.to_owned()));
        }
        let mut store = Self::empty(folder);
        for path in files::walk(folder, Some(&folder.join(ASIDE)))? {
            store.read_file(&path)?;
        }
        store.strangers.sort();
        Ok(store)
    }

    /// A store with nothing in it, in a folder that need not exist yet.
    pub fn empty(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            entries: BTreeMap::new(),
            pending: BTreeMap::new(),
            strangers: Vec::new(),
            manifest: Manifest::default(),
        }
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn read_file(&mut self, path: &Path) -> Result<(), StoreError> {
        let unreadable = |error| Unreadable { path: path.to_owned(), error };
        let inner = path.strip_prefix(&self.folder).unwrap_or(path);
        let steps: Vec<_> = inner.iter().map(|step| step.to_string_lossy()).collect();
        let name = steps.join("/");
        let ending = [SNAP_NEW, SNAP].into_iter().find_map(|ending| {
            let name = name.strip_suffix(ending)?.strip_suffix('.')?;
            Some((name.to_owned(), ending))
        });
        if name != MANIFEST && ending.is_none() {
            self.strangers.push(name);
            return Ok(());
        }
        let bytes = files::read(path, files::DOCUMENT_LEN_MAX).map_err(unreadable)?;
        let file = String::from_utf8_lossy(&bytes).into_owned();
        match ending {
            None => {
                let damaged = |error| StoreError::Manifest { path: path.to_owned(), error };
                self.manifest = Manifest::read(&file).map_err(damaged)?;
            }
            Some((name, SNAP)) => drop(self.entries.insert(name, Entry { file })),
            Some((name, _)) => drop(self.pending.insert(name, Entry { file })),
        }
        Ok(())
    }

    /// How findings name the file of a document.
    pub fn file_name(&self, name: &str) -> String {
        self.path(name, SNAP).display().to_string()
    }

    /// How findings name the file of the manifest.
    pub fn manifest_name(&self) -> String {
        self.manifest_path().display().to_string()
    }

    /// Looks whether the manifest is there, in a store that has documents which should be frozen. Who wrote
    /// it anew then would freeze whatever there is.
    ///
    /// # Errors
    ///
    /// If it has no entry.
    pub fn check_manifest(&self, is_frozen: impl Fn(&str) -> bool) -> Result<(), StoreError> {
        let is_lost =
            self.manifest.frozen.is_empty() && self.entries.keys().any(|name| is_frozen(name));
        if is_lost { Err(StoreError::ManifestLost(self.manifest_path())) } else { Ok(()) }
    }

    /// Puts a document beside the one of its name, to wait until it is accepted.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn propose(&mut self, name: &str, file: String) -> Result<(), StoreError> {
        write(&self.path(name, SNAP_NEW), &file)?;
        self.pending.insert(name.to_owned(), Entry { file });
        Ok(())
    }

    /// Takes back what waits under a name, if something does.
    ///
    /// # Errors
    ///
    /// If the file cannot be removed.
    pub fn withdraw(&mut self, name: &str) -> Result<(), StoreError> {
        match self.pending.remove(name) {
            Some(_) => remove(&self.path(name, SNAP_NEW)),
            None => Ok(()),
        }
    }

    /// Makes this the document of its name, and takes back what waits there.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn accept(&mut self, name: &str, file: String) -> Result<(), StoreError> {
        write(&self.path(name, SNAP), &file)?;
        self.entries.insert(name.to_owned(), Entry { file });
        self.withdraw(name)
    }

    /// Removes a document, and takes back what waits there.
    ///
    /// # Errors
    ///
    /// If the file cannot be removed.
    pub fn remove(&mut self, name: &str) -> Result<(), StoreError> {
        self.entries.remove(name);
        remove(&self.path(name, SNAP))?;
        self.withdraw(name)
    }

    /// Writes the manifest as it is now.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn save_manifest(&self, comment: &str) -> Result<(), StoreError> {
        write(&self.manifest_path(), &self.manifest.write(comment))
    }

    fn manifest_path(&self) -> PathBuf {
        self.folder.join(MANIFEST)
    }

    fn path(&self, name: &str, ending: &str) -> PathBuf {
        self.folder.join(format!("{name}.{ending}"))
    }
}

/// Documents in a folder, counted by a walk of its own: what is compared with the number that was
/// checked.
///
/// # Errors
///
/// If a folder cannot be read.
pub fn count(folder: &Path) -> Result<usize, StoreError> {
    let unreadable = |error| Unreadable { path: folder.to_owned(), error };
    let mut sum = 0;
    for item in fs::read_dir(folder).map_err(unreadable)? {
        let item = item.map_err(unreadable)?;
        let path = item.path();
        if item.file_type().map_err(unreadable)?.is_dir() {
            sum += count(&path)?;
        } else if path.extension().is_some_and(|ending| ending == SNAP) {
            sum += 1;
        }
    }
    Ok(sum)
}

/// Replaces a file, in a folder that need not be there.
fn write(path: &Path, text: &str) -> Result<(), StoreError> {
    let unwritable = |error| StoreError::Unwritable { path: path.to_owned(), error };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(unwritable)?;
    }
    replace(path, text).map_err(unwritable)
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(StoreError::Unwritable { path: path.to_owned(), error })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Digest, Frozen};
    use super::*;

    #[test]
    fn a_document_waits_until_it_is_accepted() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = &scratch.path().join("golden");
        assert!(matches!(Store::open(folder), Err(StoreError::NoFolder(_))));
        let mut store = Store::empty(folder);
        store.propose("a/b", "1".into()).unwrap();
        let mut store = Store::open(folder).unwrap();
        assert_eq!((store.entries.len(), store.pending["a/b"].file.as_str()), (0, "1"));
        assert_eq!(count(folder).unwrap(), 0);
        store.accept("a/b", "2".into()).unwrap();
        store.propose("a/c", "3".into()).unwrap();
        store.withdraw("a/c").unwrap();
        let frozen = Frozen { digest: Digest::of("2"), scope: "x".into() };
        store.manifest.frozen.insert("a/b".into(), frozen);
        store.save_manifest("Frozen.").unwrap();
        let mut again = Store::open(folder).unwrap();
        assert_eq!((&again.entries, &again.pending), (&store.entries, &BTreeMap::new()));
        assert_eq!(again.manifest, store.manifest);
        assert_eq!(count(folder).unwrap(), 1);
        again.propose("a/b", "4".into()).unwrap();
        again.remove("a/b").unwrap();
        let last = Store::open(folder).unwrap();
        assert!(last.entries.is_empty() && last.pending.is_empty());
    }

    #[test]
    fn what_is_no_document_is_named_and_what_is_no_text_is_kept() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = &scratch.path().join("golden");
        fs::create_dir_all(folder.join("a")).unwrap();
        fs::write(folder.join("a/notes.md"), "x").unwrap();
        fs::write(folder.join("a/b.snap"), [b'a', 0xff]).unwrap();
        let store = Store::open(folder).unwrap();
        assert_eq!(store.strangers, ["a/notes.md"]);
        assert_eq!(store.entries["a/b"], Entry { file: "a\u{fffd}".into() });
        fs::write(folder.join(MANIFEST), "x").unwrap();
        let error = Store::open(folder).unwrap_err().to_string();
        assert!(
            error.ends_with(
                "frozen.txt, line 1: expected a digest, a scope and a name, or an amendment"
            ),
            "{error}"
        );
    }
}
