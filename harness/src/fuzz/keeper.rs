//! What is found in a target, written down: as short as it can be made, with a note.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use super::Target;
use super::causes::{Cause, Causes, News};
use super::corpus::{CorpusError, Entry, Folder, Origin, Places, is_regress};
use super::driver::{FuzzError, TargetRun, oddities};
use super::library::replay;
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
    /// The inputs that were reviewed.
    reviewed: Folder,
    /// Those that engines have kept.
    working: Folder,
    /// Those that showed something.
    findings: Folder,
    causes: Causes,
    kept: Vec<Kept>,
    /// Inputs that were there when it was opened.
    before: usize,
    oddities: Vec<String>,
}

impl<'a> Keeper<'a> {
    /// Reads the folders of the target. Shorter inputs are looked for in that place, for as long as
    /// nobody stops it.
    ///
    /// # Errors
    ///
    /// If a folder cannot be read.
    pub fn open(
        places: Places<'_>,
        target: &'a Target,
        place: Place<'a>,
        stop: &'a AtomicBool,
    ) -> Result<Self, CorpusError> {
        let reviewed = Folder::open(places.corpus, target.name)?;
        let working = Folder::open_any(&places.kept(), target.name)?;
        let findings = Folder::open_any(&places.findings(), target.name)?;
        let oddities = [&reviewed, &working, &findings].into_iter().flat_map(oddities).collect();
        let before = reviewed.entries.len() + working.entries.len();
        let (causes, kept) = (Causes::default(), Vec::new());
        Ok(Self {
            target,
            place,
            stop,
            reviewed,
            working,
            findings,
            causes,
            kept,
            before,
            oddities,
        })
    }

    /// The inputs, but for those that showed something.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.reviewed.entries.iter().chain(&self.working.entries)
    }

    /// How many those are.
    pub fn count_inputs(&self) -> usize {
        self.reviewed.entries.len() + self.working.entries.len()
    }

    /// All inputs. Those that showed something come first: what shows the same is nothing new then.
    pub fn inputs(&self) -> Vec<Vec<u8>> {
        let all = self.findings.entries.iter().chain(self.entries());
        all.map(|entry| entry.bytes.clone()).collect()
    }

    /// Keeps an input, if it is new.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn add(&mut self, input: &[u8]) -> Result<bool, CorpusError> {
        let is_there = self.reviewed.find(input).is_some();
        Ok(!is_there && self.working.add(Origin::Found, input)?.is_some())
    }

    /// Runs what showed something before: what still does is found again.
    ///
    /// # Errors
    ///
    /// If no process can be had, or a file cannot be written.
    pub fn recall(&mut self) -> Result<(), FuzzError> {
        for (_, finding) in replay(&self.findings, self.target, self.place)? {
            self.keep(finding)?;
        }
        Ok(())
    }

    /// The file of an input that showed something before.
    fn regress(&self, input: &[u8]) -> Option<PathBuf> {
        let folders = [&self.reviewed, &self.findings].into_iter();
        let files =
            folders.filter_map(|it| Some((it, it.find(input).filter(|it| is_regress(it))?)));
        files.map(|(folder, file)| folder.path(file)).next()
    }

    /// How many causes have been found so far.
    pub fn count_findings(&self) -> usize {
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
                let written = self.findings.write_note(file, &text);
                self.oddities.extend(written.err().map(|error| error.to_string()));
            }
        }
        TargetRun {
            target: self.target.name,
            summary,
            before: self.before,
            kept,
            after: self.reviewed.entries.len() + self.working.entries.len(),
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
            let file = match self.regress(&first.input) {
                Some(file) => file,
                None => {
                    let file = self.findings.path(&format!("regress-{}", first.key.kind));
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
    /// short as it can be made. One that showed a bug before is as good as a new one.
    ///
    /// # Errors
    ///
    /// If a file cannot be written.
    pub fn keep(&mut self, finding: Finding) -> Result<(), CorpusError> {
        match self.causes.take(&finding) {
            News::Cause => {}
            News::Of(_) => return self.drop_those_of_others(),
            News::Nothing => return Ok(()),
        }
        let index = self.causes.all().len() - 1;
        if let Some(file) = self.regress(&finding.input) {
            self.push(finding, file, None, index);
            return Ok(());
        }
        let first = self.write(&finding)?;
        let least = minimise(self.target, self.place, finding, self.stop);
        let file = self.write(&least)?;
        if first != file {
            self.findings.remove(&[first].into())?;
        }
        self.push(least, self.findings.path(&file), Some(file), index);
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
        self.findings.remove(&files)
    }

    fn write(&mut self, finding: &Finding) -> Result<String, CorpusError> {
        let origin = Origin::Regress(finding.key.kind.clone());
        let added = self.findings.add(origin, &finding.input)?;
        // What has no new file is what an old one has.
        let old = || self.findings.find(&finding.input).map(str::to_owned);
        let file = added.or_else(old).unwrap_or_default();
        let (path, cause) = (self.findings.path(&file), Cause::of(finding));
        let discovery = Discovery { finding: finding.clone(), file: path, cause };
        let text = note(self.target, self.place, &discovery);
        self.findings.write_note(&file, &text)?;
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::run::replay;
    use super::super::toy;
    use super::*;

    fn files(folder: &Folder) -> Vec<&str> {
        folder.entries.iter().map(|entry| entry.file.as_str()).collect()
    }

    fn keeper<'a>(places: Places<'_>, stop: &'a AtomicBool) -> Keeper<'a> {
        Keeper::open(places, &toy::BUGGY, Place::Thread, stop).unwrap()
    }

    const LEAST: &str = "regress-bug-2850ddb2";

    #[test]
    fn what_is_found_is_minimised_and_all_else_stays() {
        let (scratch, stop) = (tempfile::tempdir().unwrap(), AtomicBool::new(false));
        let (corpus, work) = (scratch.path().join("corpus"), scratch.path().join("work"));
        let places = Places { corpus: &corpus, work: &work };
        for (at, input) in [&b"bug!"[..], b"bug! and more"].into_iter().enumerate() {
            let mut keeper = keeper(places, &stop);
            assert_eq!(keeper.add(input).unwrap(), at < 2);
            keeper.keep(replay(&toy::BUGGY, b"bug! and more").unwrap()).unwrap();
            let discovery = &keeper.kept[0].discovery;
            assert_eq!(discovery.finding.input, b"bug!");
            assert!(discovery.file.ends_with(format!("work/artifacts/buggy/{LEAST}")));
            let findings = Folder::open(&places.findings(), "buggy").unwrap();
            assert!(findings.without_note.is_empty() && findings.strangers.is_empty());
            assert_eq!(files(&findings), [LEAST]);
        }
        assert_eq!(keeper(places, &stop).working.entries.len(), 2);
        assert!(!corpus.exists());
    }

    #[test]
    fn what_was_reviewed_is_not_kept_again() {
        let (scratch, stop) = (tempfile::tempdir().unwrap(), AtomicBool::new(false));
        let work = scratch.path().join("work");
        let places = Places { corpus: scratch.path(), work: &work };
        Folder::open(scratch.path(), "buggy").unwrap().add(Origin::Found, b"a").unwrap();
        let mut keeper = keeper(places, &stop);
        assert!(!keeper.add(b"a").unwrap() && keeper.add(b"b").unwrap());
        // Another engine has names of its own.
        std::fs::write(places.kept().join("buggy/da39a3ee5e6b"), "c").unwrap();
        let keeper = super::tests::keeper(places, &stop);
        assert_eq!((keeper.before, keeper.count_inputs(), keeper.oddities.len()), (3, 3, 0));
    }

    /// In the corpus, and among the findings of another night.
    #[test]
    fn what_showed_a_bug_before_is_left_as_it_is() {
        let (scratch, stop) = (tempfile::tempdir().unwrap(), AtomicBool::new(false));
        let (corpus, work) = (scratch.path().join("corpus"), scratch.path().join("work"));
        let places = Places { corpus: &corpus, work: &work };
        for folder in [corpus.clone(), places.findings()] {
            let mut old = Folder::open(&folder, "buggy").unwrap();
            let file = old.add(Origin::Regress("bug".into()), b"bug!!").unwrap().unwrap();
            old.write_note(&file, "old").unwrap();
            let mut keeper = keeper(places, &stop);
            keeper.keep(replay(&toy::BUGGY, b"bug!!").unwrap()).unwrap();
            let run = keeper.into_run(Summary::default(), 0, false);
            assert_eq!(run.discoveries[0].file, old.path(&file));
            let old = Folder::open(&folder, "buggy").unwrap();
            assert_eq!(files(&old), [file.as_str()]);
            assert_eq!(old.read_note(&file).unwrap().as_deref(), Some("old"));
            std::fs::remove_dir_all(folder).unwrap();
        }
        assert!(!Path::new(&work).join("corpus").exists());
    }

    /// What shows the same later says so in the note, and is no other file.
    #[test]
    fn a_cause_is_one_file_whoever_shows_it() {
        let (scratch, stop) = (tempfile::tempdir().unwrap(), AtomicBool::new(false));
        let places = Places { corpus: scratch.path(), work: scratch.path() };
        let mut keeper = keeper(places, &stop);
        let finding = |place: &str, name: &str| {
            let mut finding = replay(&toy::BUGGY, b"bug!").unwrap();
            place.clone_into(&mut finding.key.place);
            finding.shown_by = [("message".to_owned(), name.to_owned())].into();
            finding.input.extend(place.bytes());
            finding
        };
        for (place, name) in [("a", "Trim"), ("a", "Seal"), ("b", "Trim"), ("c", "Store")] {
            keeper.keep(finding(place, name)).unwrap();
        }
        let run = keeper.into_run(Summary::default(), 0, false);
        assert_eq!(run.discoveries.len(), 1, "broken everywhere");
        let findings = Folder::open(&places.findings(), "buggy").unwrap();
        assert_eq!(files(&findings).len(), 1);
        let note = findings.read_note(files(&findings)[0]).unwrap().unwrap();
        assert!(note.contains("message: Seal, Store, Trim\n"), "{note}");
        assert!(note.contains("also: bug at b, bug at c\n"), "{note}");
    }
}
