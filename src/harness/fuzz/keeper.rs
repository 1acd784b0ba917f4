//! What is found in a target, written down: as short as it can be made, with a note.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use super::Target;
use super::corpus::{CorpusError, Folder, Origin, is_regress};
use super::driver::{TargetRun, oddities};
use super::minimise::minimise;
use super::note::note;
use super::run::Finding;
use super::session::{Place, Summary};

/// Something found, and where it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    /// What was found, with the input as short as it could be made.
    pub finding: Finding,
    /// The file of the input.
    pub file: PathBuf,
}

/// Writes down what is found in a target.
pub struct Keeper<'a> {
    target: &'a Target,
    place: Place<'a>,
    stop: &'a AtomicBool,
    /// The folder of the target.
    pub folder: Folder,
    /// What was found so far.
    pub discoveries: Vec<Discovery>,
    /// Inputs that were there when it was opened.
    before: usize,
    oddities: Vec<String>,
}

impl<'a> Keeper<'a> {
    /// Reads the folder of the target. Shorter inputs are looked for in that place, for as long as
    /// nobody stops it.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read.
    pub fn open(
        corpus: &Path,
        target: &'a Target,
        place: Place<'a>,
        stop: &'a AtomicBool,
    ) -> Result<Self, CorpusError> {
        let folder = Folder::open(corpus, target.name)?;
        let (before, oddities) = (folder.entries.len(), oddities(&folder));
        Ok(Self { target, place, stop, folder, discoveries: Vec::new(), before, oddities })
    }

    /// What became of the target.
    pub(super) fn into_run(self, summary: Summary, kept: usize, is_failed: bool) -> TargetRun {
        TargetRun {
            target: self.target.name,
            summary,
            before: self.before,
            kept,
            after: self.folder.entries.len(),
            discoveries: self.discoveries,
            oddities: self.oddities,
            is_failed,
        }
    }

    /// [Keeps](Self::keep) what was found. If it cannot, what was found is told all the same, with the
    /// input if there is no file of it.
    ///
    /// # Errors
    ///
    /// If the corpus cannot be written.
    pub fn keep_or_tell(&mut self, finding: Finding) -> Result<(), CorpusError> {
        let (first, known) = (finding.clone(), self.discoveries.len());
        self.keep(finding).inspect_err(|_| {
            if self.discoveries.len() > known {
                return;
            }
            let file = match self.folder.find(&first.input) {
                Some(file) => self.folder.path(file),
                None => {
                    let file = self.folder.path(&format!("regress-{}", first.key.kind));
                    let input = hex::encode(&first.input);
                    self.oddities
                        .push(format!("{}: is not there; the input: {input}", file.display()));
                    file
                }
            };
            self.discoveries.push(Discovery { finding: first, file });
        })
    }

    /// Keeps what was found: at once as it is, then as short as it can be made. An input that has been
    /// there for another reason stays; one that showed a bug before is as good as a new one.
    ///
    /// # Errors
    ///
    /// If the corpus cannot be written.
    pub fn keep(&mut self, finding: Finding) -> Result<(), CorpusError> {
        let old = self.folder.find(&finding.input).map(str::to_owned);
        let (finding, file) = match old {
            Some(file) if is_regress(&file) => (finding, file),
            old => {
                let first = if old.is_none() { Some(self.write(&finding)?) } else { None };
                let least = minimise(self.target, self.place, finding, self.stop);
                let file = self.write(&least)?;
                if let Some(first) = first.filter(|first| *first != file) {
                    self.folder.remove(&[first].into())?;
                }
                (least, file)
            }
        };
        self.discoveries.push(Discovery { finding, file: self.folder.path(&file) });
        Ok(())
    }

    fn write(&mut self, finding: &Finding) -> Result<String, CorpusError> {
        let origin = Origin::Regress(finding.key.kind.clone());
        let added = self.folder.add(origin, &finding.input)?;
        // What has no new file is what an old one has.
        let old = || self.folder.find(&finding.input).map(str::to_owned);
        let file = added.or_else(old).unwrap_or_default();
        let text = note(self.target, self.place, finding, &self.folder.path(&file));
        self.folder.write_note(&file, &text)?;
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::super::run::replay;
    use super::super::toy;
    use super::*;

    fn files(folder: &Folder) -> Vec<&str> {
        folder.entries.iter().map(|entry| entry.file.as_str()).collect()
    }

    /// The names of the files after a finding, when the corpus has some inputs.
    fn keep(found: &[u8], inputs: &[&[u8]]) -> Vec<String> {
        let (scratch, stop) = (tempfile::tempdir().unwrap(), AtomicBool::new(false));
        let target = &toy::BUGGY;
        let mut keeper = Keeper::open(scratch.path(), target, Place::Thread, &stop).unwrap();
        for input in inputs {
            keeper.folder.add(Origin::Found, input).unwrap();
        }
        keeper.keep(replay(target, found).unwrap()).unwrap();
        let discovery = &keeper.discoveries[0];
        assert_eq!(discovery.finding.input, b"bug!");
        assert!(discovery.file.ends_with("regress-bug-2850ddb2"), "{discovery:?}");
        let folder = Folder::open(scratch.path(), target.name).unwrap();
        assert!(folder.without_note.is_empty() && folder.strangers.is_empty());
        files(&folder).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn what_is_found_is_minimised_whether_it_was_there_or_not() {
        let least = "regress-bug-2850ddb2";
        assert_eq!(keep(b"bug! and more", &[]), [least]);
        assert_eq!(keep(b"bug! and more", &[b"bug! and more"]), ["found-e4d6f2ad", least]);
        assert_eq!(keep(b"bug!", &[b"bug!"]), [least]);
        assert_eq!(keep(b"bug! and more", &[b"bug!"]), [least]);
    }

    #[test]
    fn what_showed_a_bug_before_is_left_as_it_is() {
        let (scratch, stop) = (tempfile::tempdir().unwrap(), AtomicBool::new(false));
        let target = &toy::BUGGY;
        let mut keeper = Keeper::open(scratch.path(), target, Place::Thread, &stop).unwrap();
        let file = keeper.folder.add(Origin::Regress("bug".into()), b"bug!!").unwrap().unwrap();
        keeper.folder.write_note(&file, "old").unwrap();
        keeper.keep(replay(target, b"bug!!").unwrap()).unwrap();
        assert_eq!(files(&keeper.folder), [file.as_str()]);
        assert_eq!(keeper.folder.read_note(&file).unwrap().as_deref(), Some("old"));
    }
}
