//! What is found in a target, written down: as short as it can be made, with a note.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use super::Target;
use super::causes::{Cause, Causes, News};
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
    /// All that showed it.
    pub cause: Cause,
}

/// A discovery that is being made.
struct Kept {
    discovery: Discovery,
    /// Its cause, by its index.
    index: usize,
    /// The name of its file, if this run has written it.
    written: Option<String>,
}

/// Writes down what is found in a target.
pub struct Keeper<'a> {
    target: &'a Target,
    place: Place<'a>,
    stop: &'a AtomicBool,
    /// The folder of the target.
    pub folder: Folder,
    causes: Causes,
    kept: Vec<Kept>,
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
        let (causes, kept) = (Causes::default(), Vec::new());
        Ok(Self { target, place, stop, folder, causes, kept, before, oddities })
    }

    /// How many causes have been found so far.
    pub fn count(&self) -> usize {
        self.kept.len()
    }

    /// What became of the target.
    pub(super) fn into_run(mut self, summary: Summary, kept: usize, is_failed: bool) -> TargetRun {
        for it in &mut self.kept {
            let Some(cause) = self.causes.all().get(it.index) else { continue };
            it.discovery.cause = cause.clone();
            // Who else shows it was not known when the note was written.
            if let Some(file) = &it.written {
                let text = note(self.target, self.place, &it.discovery);
                let written = self.folder.write_note(file, &text);
                self.oddities.extend(written.err().map(|error| error.to_string()));
            }
        }
        TargetRun {
            target: self.target.name,
            summary,
            before: self.before,
            kept,
            after: self.folder.entries.len(),
            discoveries: self.kept.into_iter().map(|it| it.discovery).collect(),
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
        let (first, known) = (finding.clone(), self.causes.all().len());
        self.keep(finding).inspect_err(|_| {
            let index = self.causes.all().len().saturating_sub(1);
            if index < known || self.kept.iter().any(|it| it.index == index) {
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
            self.push(first, file, None, index);
        })
    }

    /// Keeps what was found, if it is of a cause that was not seen before: at once as it is, then as
    /// short as it can be made. An input that has been there for another reason stays; one that showed
    /// a bug before is as good as a new one.
    ///
    /// # Errors
    ///
    /// If the corpus cannot be written.
    pub fn keep(&mut self, finding: Finding) -> Result<(), CorpusError> {
        match self.causes.take(&finding) {
            News::Cause => {}
            News::Of(_) => return self.drop_those_of_others(),
            News::Nothing => return Ok(()),
        }
        let index = self.causes.all().len() - 1;
        let old = self.folder.find(&finding.input).map(str::to_owned);
        let (finding, file, is_new) = match old {
            Some(file) if is_regress(&file) => (finding, file, false),
            old => {
                let first = if old.is_none() { Some(self.write(&finding)?) } else { None };
                let least = minimise(self.target, self.place, finding, self.stop);
                let file = self.write(&least)?;
                if let Some(first) = first.filter(|first| *first != file) {
                    self.folder.remove(&[first].into())?;
                }
                (least, file, true)
            }
        };
        self.push(finding, self.folder.path(&file), is_new.then_some(file), index);
        Ok(())
    }

    fn push(&mut self, finding: Finding, file: PathBuf, written: Option<String>, index: usize) {
        let cause = Cause::of(&finding);
        self.kept.push(Kept { discovery: Discovery { finding, file, cause }, index, written });
    }

    /// Drops what has turned out to have the cause of another one.
    fn drop_those_of_others(&mut self) -> Result<(), CorpusError> {
        let causes = self.causes.all();
        let is_of = |it: &Kept| causes.get(it.index).is_some_and(|cause| cause.is_of.is_some());
        let dropped: Vec<Kept> = self.kept.extract_if(.., |it| is_of(it)).collect();
        let files: BTreeSet<String> = dropped.into_iter().filter_map(|it| it.written).collect();
        self.folder.remove(&files)
    }

    fn write(&mut self, finding: &Finding) -> Result<String, CorpusError> {
        let origin = Origin::Regress(finding.key.kind.clone());
        let added = self.folder.add(origin, &finding.input)?;
        // What has no new file is what an old one has.
        let old = || self.folder.find(&finding.input).map(str::to_owned);
        let file = added.or_else(old).unwrap_or_default();
        let (path, cause) = (self.folder.path(&file), Cause::of(finding));
        let discovery = Discovery { finding: finding.clone(), file: path, cause };
        let text = note(self.target, self.place, &discovery);
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
        let discovery = &keeper.kept[0].discovery;
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
