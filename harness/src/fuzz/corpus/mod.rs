//! The corpus: a folder of inputs for each target, whose names say what they are.
//!
//! `seed-WHAT-HASH` was made on purpose, `found-HASH` went where none had been, `regress-WHAT-HASH`
//! showed a bug and has a note beside it. The hash is the beginning of the SHA-256 of the content.
//! Files are written as a whole and never overwritten.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::files::{self, Unreadable, is_abandoned, is_unfinished, replace};
use crate::golden::Digest;

/// Hexadecimal digits of the hash in a name.
const HASH_LEN: usize = 8;
/// And if two inputs have these in common.
const HASH_LEN_LONG: usize = 16;
/// Where the corpus is, if nobody says otherwise.
pub const FOLDER: &str = "corpus";
/// The folder that fuzzing writes to, if nobody says otherwise.
pub const WORK: &str = "fuzz";
/// Where engines put what they keep, and where findings go, in the folder that fuzzing writes to: the
/// places that cargo-fuzz has for them.
const KEPT: &str = "corpus";
const FINDINGS: &str = "artifacts";
/// How the file of a note ends.
const NOTE: &str = "md";

/// Why a corpus cannot be read or written.
#[derive(Debug, Error)]
pub enum CorpusError {
    /// There is no such folder.
    #[error("there is no folder {}", .0.display())]
    NoFolder(PathBuf),
    /// A file or folder cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// A file or folder cannot be written or removed.
    #[error("cannot write {}: {error}", path.display())]
    Unwritable {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// How an input came to be there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// It showed a bug of this kind.
    Regress(String),
    /// It was made on purpose, and is this.
    Seed(String),
    /// It went where none had been.
    Found,
}

impl Origin {
    /// Whether it showed a bug.
    pub fn is_regress(&self) -> bool {
        matches!(self, Self::Regress(_))
    }

    /// Whether it is there for nothing but where it goes.
    pub fn is_found(&self) -> bool {
        matches!(self, Self::Found)
    }

    /// The name of a file with this hash.
    fn file(&self, hash: &str) -> String {
        match self {
            Self::Regress(what) => format!("regress-{}-{hash}", slug(what)),
            Self::Seed(what) => format!("seed-{}-{hash}", slug(what)),
            Self::Found => format!("found-{hash}"),
        }
    }

    /// What the name of a file says, and the hash in it.
    fn read(file: &str) -> Option<(Self, &str)> {
        let (before, hash) = file.rsplit_once('-')?;
        let is_hash = hash.len() >= HASH_LEN && hash.bytes().all(|it| it.is_ascii_hexdigit());
        let origin = match before.split_once('-') {
            _ if before == "found" => Self::Found,
            Some(("seed", what)) => Self::Seed(what.to_owned()),
            Some(("regress", what)) => Self::Regress(what.to_owned()),
            _ => return None,
        };
        is_hash.then_some((origin, hash))
    }
}

/// Whether the name of a file says that it showed a bug.
pub fn is_regress(file: &str) -> bool {
    Origin::read(file).is_some_and(|(origin, _)| origin.is_regress())
}

/// A word that can stand in the name of a file.
fn slug(what: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_';
    let parts = what.split(|c| !is_plain(c)).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").to_lowercase()
}

/// An input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name of its file.
    pub file: String,
    /// How it came to be there.
    pub origin: Origin,
    /// The input.
    pub bytes: Vec<u8>,
}

/// Where inputs are.
#[derive(Debug, Clone, Copy)]
pub struct Places<'a> {
    /// The corpus, which was reviewed: fuzzing only reads it.
    pub corpus: &'a Path,
    /// The folder that fuzzing writes to.
    pub work: &'a Path,
}

impl Places<'_> {
    /// Where engines put what they keep.
    pub fn kept(self) -> PathBuf {
        self.work.join(KEPT)
    }

    /// Where findings go.
    pub fn findings(self) -> PathBuf {
        self.work.join(FINDINGS)
    }
}

/// The inputs of one target.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// The files by their content: there may be very many.
    by_content: HashMap<Digest, String>,
    /// The inputs, by name.
    pub entries: Vec<Entry>,
    /// Files whose content is not what their name says. They are inputs all the same.
    pub damaged: Vec<String>,
    /// What is no input by its name, and is left alone.
    pub strangers: Vec<String>,
    /// Inputs that showed a bug, and have no note.
    pub without_note: Vec<String>,
    /// Files that somebody writes right now, or was kept from finishing.
    unfinished: Vec<PathBuf>,
}

impl Folder {
    /// Reads the inputs of a target; none if there is no folder yet.
    ///
    /// # Errors
    ///
    /// If a file or folder cannot be read.
    pub fn open(corpus: &Path, target: &str) -> Result<Self, CorpusError> {
        Self::read(corpus, target, false)
    }

    /// Reads the inputs of a target that engines of any kind have put there: names say nothing.
    ///
    /// # Errors
    ///
    /// If a file or folder cannot be read.
    pub fn open_any(corpus: &Path, target: &str) -> Result<Self, CorpusError> {
        Self::read(corpus, target, true)
    }

    fn read(corpus: &Path, target: &str, is_any: bool) -> Result<Self, CorpusError> {
        let path = corpus.join(target);
        let mut folder = Self {
            path: path.clone(),
            by_content: HashMap::new(),
            entries: Vec::new(),
            damaged: Vec::new(),
            strangers: Vec::new(),
            without_note: Vec::new(),
            unfinished: Vec::new(),
        };
        let unreadable = |error| Unreadable { path: path.clone(), error };
        if !files::is_there(&path)? {
            return Ok(folder);
        }
        let items = fs::read_dir(&path).map_err(unreadable)?;
        let mut notes = Vec::new();
        for item in items {
            folder.read_file(&item.map_err(unreadable)?.path(), is_any, &mut notes)?;
        }
        folder.entries.sort_by(|a, b| a.file.cmp(&b.file));
        folder.pair_notes(notes);
        folder.damaged.sort();
        folder.strangers.sort();
        Ok(folder)
    }

    fn read_file(
        &mut self,
        path: &Path,
        is_any: bool,
        notes: &mut Vec<String>,
    ) -> Result<(), CorpusError> {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_nameless = is_any && !file.ends_with(NOTE) && !is_unfinished(path);
        let named = Origin::read(&file).or(is_nameless.then_some((Origin::Found, "")));
        let named = named.filter(|_| path.is_file());
        let Some((origin, hash)) = named else {
            match file.strip_suffix(NOTE).and_then(|stem| stem.strip_suffix('.')) {
                Some(stem) => notes.push(stem.to_owned()),
                None if is_unfinished(path) => self.unfinished.push(path.to_owned()),
                None => self.strangers.push(file),
            }
            return Ok(());
        };
        let unreadable = |error| Unreadable { path: path.to_owned(), error };
        let bytes = files::read(path, files::INPUT_LEN_MAX).map_err(unreadable)?;
        let digest = Digest::of(&bytes);
        if !digest.to_string().starts_with(&hash.to_lowercase()) {
            self.damaged.push(file.clone());
        }
        self.by_content.insert(digest, file.clone());
        self.entries.push(Entry { origin, bytes, file });
        Ok(())
    }

    /// Finds the notes that belong to no input, and the inputs that should have one.
    fn pair_notes(&mut self, notes: Vec<String>) {
        let regress = self.entries.iter().filter(|entry| entry.origin.is_regress());
        let regress: Vec<&str> = regress.map(|entry| entry.file.as_str()).collect();
        let lacking = regress.iter().filter(|file| !notes.iter().any(|note| note == *file));
        self.without_note = lacking.map(|file| (*file).to_owned()).collect();
        let orphans = notes.iter().filter(|note| !regress.contains(&note.as_str()));
        self.strangers.extend(orphans.map(|note| format!("{note}.{NOTE}")));
    }

    /// What lies in it and is not what its name says, and what is wrong with it.
    pub fn oddities(&self) -> impl Iterator<Item = (PathBuf, &'static str)> {
        let say = |what: &'static str| move |file: &String| (self.path(file), what);
        let damaged = self.damaged.iter().map(say("its content is not what its name says"));
        damaged.chain(self.strangers.iter().map(say("is no input by its name")))
    }

    /// The inputs that showed a bug, and have no note.
    pub fn lacking(&self) -> impl Iterator<Item = (PathBuf, &'static str)> {
        self.without_note.iter().map(|file| (self.path(file), "has no note beside it"))
    }

    /// Where a file of the folder is.
    pub fn path(&self, file: &str) -> PathBuf {
        self.path.join(file)
    }

    /// The sum of all inputs, in bytes.
    pub fn size(&self) -> usize {
        self.entries.iter().map(|entry| entry.bytes.len()).sum()
    }

    /// The file that has this content.
    pub fn find(&self, bytes: &[u8]) -> Option<&str> {
        self.by_content.get(&Digest::of(bytes)).map(String::as_str)
    }

    /// Adds an input and gives the name of its file; `None` if it is there already. One that shows a
    /// bug takes the place of the same one that did not.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn add(&mut self, origin: Origin, bytes: &[u8]) -> Result<Option<String>, CorpusError> {
        let digest = Digest::of(bytes);
        let old = self.by_content.get(&digest).cloned();
        if old.as_deref().is_some_and(|old| is_regress(old) || !origin.is_regress()) {
            return Ok(None);
        }
        let hash = digest.to_string();
        let short = origin.file(&hash[..HASH_LEN]);
        let is_taken = self.path(&short).exists();
        let file = if is_taken { origin.file(&hash[..HASH_LEN_LONG]) } else { short };
        self.write(&file, bytes)?;
        self.by_content.insert(digest, file.clone());
        self.entries.push(Entry { file: file.clone(), origin, bytes: bytes.to_vec() });
        if let Some(old) = old {
            // Last, so that it is always there by one of its names.
            self.remove(&[old].into())?;
        }
        Ok(Some(file))
    }

    /// Writes the note of an input.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn write_note(&self, file: &str, note: &str) -> Result<(), CorpusError> {
        self.write(&format!("{file}.{NOTE}"), note.as_bytes())
    }

    /// The note of an input, if it has one.
    ///
    /// # Errors
    ///
    /// If it is there and cannot be read.
    pub fn read_note(&self, file: &str) -> Result<Option<String>, CorpusError> {
        let path = self.path(&format!("{file}.{NOTE}"));
        match files::read_text(&path, files::LIST_LEN_MAX) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            note => note.map(Some).map_err(|error| Unreadable { path, error }.into()),
        }
    }

    fn write(&self, file: &str, bytes: &[u8]) -> Result<(), CorpusError> {
        let path = self.path(file);
        let written = fs::create_dir_all(&self.path).and_then(|()| replace(&path, bytes));
        written.map_err(|error| CorpusError::Unwritable { path, error })
    }

    /// Removes what somebody was kept from writing long ago.
    ///
    /// # Errors
    ///
    /// If a file is there and cannot be removed.
    pub fn remove_abandoned(&mut self) -> Result<(), CorpusError> {
        for path in self.unfinished.extract_if(.., |path| is_abandoned(path)) {
            remove_file(path)?;
        }
        Ok(())
    }

    /// Removes inputs, and their notes.
    ///
    /// # Errors
    ///
    /// If one is there and cannot be removed.
    pub fn remove(&mut self, files: &BTreeSet<String>) -> Result<(), CorpusError> {
        for file in files {
            remove_file(self.path(file))?;
            remove_file(self.path(&format!("{file}.{NOTE}")))?;
        }
        self.entries.retain(|entry| !files.contains(&entry.file));
        self.by_content.retain(|_, file| !files.contains(file));
        Ok(())
    }
}

/// Removes a file, if it is there.
fn remove_file(path: PathBuf) -> Result<(), CorpusError> {
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(CorpusError::Unwritable { path, error })
        }
        _ => Ok(()),
    }
}

/// The folders in a corpus, by name.
///
/// # Errors
///
/// If there is no corpus, or it cannot be read.
pub fn folders(corpus: &Path) -> Result<Vec<String>, CorpusError> {
    let unreadable = |error| Unreadable { path: corpus.to_owned(), error };
    let items = match fs::read_dir(corpus) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(CorpusError::NoFolder(corpus.to_owned()));
        }
        items => items.map_err(unreadable)?,
    };
    let mut names = Vec::new();
    for item in items {
        let item = item.map_err(unreadable)?;
        if item.path().is_dir() {
            names.push(item.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests;
