//! The folder that libFuzzer works in, and what of it goes into the corpus.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use tempfile::TempDir;

use super::LibFuzzerError;
use super::words::Words;
use crate::fuzz::Target;
use crate::fuzz::corpus::Places;
use crate::fuzz::keeper::Keeper;
use crate::fuzz::session::Place;
use crate::fuzz::words as dictionary;

/// libFuzzer at work on a target.
pub struct Work<'a> {
    /// The corpus.
    pub keeper: Keeper<'a>,
    /// Where it works.
    pub copy: Copy,
    /// What it said.
    pub words: Words,
    /// New inputs so far.
    pub kept: usize,
}

impl<'a> Work<'a> {
    /// Copies the inputs of the target.
    ///
    /// # Errors
    ///
    /// If the corpus cannot be read, or the copy not be written.
    pub fn begin(
        places: Places<'_>,
        target: &'a Target,
        place: Place<'a>,
        stop: &'a AtomicBool,
    ) -> Result<Self, LibFuzzerError> {
        let mut keeper = Keeper::open(places, target, place, stop)?;
        keeper.recall()?;
        let copy = Copy::make(&keeper, target)?;
        Ok(Self { keeper, copy, words: Words::default(), kept: 0 })
    }

    /// Keeps what is new.
    ///
    /// # Errors
    ///
    /// If it cannot be read or written.
    pub fn harvest(&mut self) -> Result<(), LibFuzzerError> {
        self.copy.harvest(&mut self.keeper, &mut self.kept)
    }
}

/// The folder that libFuzzer works in; gone when dropped.
pub struct Copy {
    folder: TempDir,
    /// Files that are kept.
    known: BTreeSet<String>,
}

impl Copy {
    /// Copies the inputs of a target.
    fn make(keeper: &Keeper<'_>, target: &Target) -> io::Result<Self> {
        let mut copy = Self { folder: tempfile::tempdir()?, known: BTreeSet::new() };
        fs::create_dir(copy.inputs())?;
        fs::create_dir(copy.artifacts())?;
        fs::write(copy.dictionary(), dictionary::render(&(target.dictionary)()))?;
        for entry in keeper.entries() {
            fs::write(copy.inputs().join(&entry.file), &entry.bytes)?;
            copy.known.insert(entry.file.clone());
        }
        Ok(copy)
    }

    /// The inputs: the copied ones, and what it keeps.
    pub fn inputs(&self) -> PathBuf {
        self.folder.path().join("inputs")
    }

    /// What crashes.
    pub fn artifacts(&self) -> PathBuf {
        self.folder.path().join("artifacts")
    }

    /// The words of the target.
    pub fn dictionary(&self) -> PathBuf {
        self.folder.path().join("dictionary")
    }

    /// What crashed, by name.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn crashes(&self) -> io::Result<Vec<(String, Vec<u8>)>> {
        files(&self.artifacts())
    }

    /// Leaves the folder where it is.
    pub fn keep(self) -> PathBuf {
        self.folder.keep()
    }

    /// Keeps what is new, and counts it.
    fn harvest(&mut self, keeper: &mut Keeper<'_>, kept: &mut usize) -> Result<(), LibFuzzerError> {
        for item in fs::read_dir(self.inputs())? {
            let path = item?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if self.known.contains(&name) {
                continue;
            }
            // It may be gone by now: libFuzzer has a shorter one. Or it is being written.
            match fs::read(&path) {
                Ok(bytes) if !bytes.is_empty() => {
                    *kept += usize::from(keeper.add(&bytes)?);
                    self.known.insert(name);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn files(folder: &Path) -> io::Result<Vec<(String, Vec<u8>)>> {
    let read = |item: io::Result<fs::DirEntry>| {
        let path = item?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok((name, fs::read(path)?))
    };
    let mut files = fs::read_dir(folder)?.map(read).collect::<io::Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::toy;

    #[test]
    fn what_is_new_is_kept_once() {
        let scratch = tempfile::tempdir().unwrap();
        let stop = AtomicBool::new(false);
        let (place, target) = (Place::Thread, &toy::BUGGY);
        let (corpus, work) = (scratch.path().join("corpus"), scratch.path().join("work"));
        let places = Places { corpus: &corpus, work: &work };
        Keeper::open(places, target, place, &stop).unwrap().add(b"known").unwrap();
        let mut work = Work::begin(places, target, place, &stop).unwrap();
        work.harvest().unwrap();
        assert_eq!(work.kept, 0);
        for (name, bytes) in [("1", b"new"), ("2", b"two"), ("3", b"new")] {
            fs::write(work.copy.inputs().join(name), bytes).unwrap();
        }
        fs::write(work.copy.inputs().join("begun"), b"").unwrap();
        for _ in 0..2 {
            work.harvest().unwrap();
            assert_eq!(work.kept, 2);
        }
        assert_eq!(work.keeper.count_inputs(), 3);
    }
}
