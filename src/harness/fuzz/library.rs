//! What can be done with a corpus without fuzzing: seeding, replaying, thinning out, merging.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::Target;
use super::corpus::{CorpusError, Entry, Folder, Origin};
use super::run::{Finding, survey};
use super::session::{Budget, Event, Place, Session};

/// Inputs of one target after it was thinned out.
pub const FILES_MAX: usize = 300;
/// Their sum, in bytes.
pub const SIZE_MAX: usize = 512 << 10;

/// Adds the seeds of a target; gives how many are new.
///
/// # Errors
///
/// If a file cannot be written.
pub fn seed(folder: &mut Folder, target: &Target) -> Result<usize, CorpusError> {
    let mut added = 0;
    for seed in (target.seeds)() {
        added += usize::from(folder.add(Origin::Seed(seed.name), &seed.bytes)?.is_some());
    }
    Ok(added)
}

/// Runs inputs in a process of this program, and gives those that end it or hang, with what they
/// show: they must not be run in a process that is needed.
///
/// # Errors
///
/// If no process can be had.
pub fn killers(target: &Target, program: &Path, inputs: &[&[u8]]) -> io::Result<Vec<Finding>> {
    let stop = AtomicBool::new(false);
    let (place, budget) = (Place::Process(program), Budget::Runs(0));
    let session = Session { target, place, seed: 0, budget, stop: &stop };
    let mut killers = Vec::new();
    session.run(inputs.iter().map(|input| input.to_vec()).collect(), |event| {
        match event {
            Event::Found(finding) if finding.is_costly() => killers.push(*finding),
            Event::LostAgain(finding) => killers.push(*finding),
            Event::Found(_) | Event::Kept(_) | Event::Progress(_) => {}
        }
        Ok::<_, io::Error>(())
    })?;
    Ok(killers)
}

/// Runs every input of a folder; gives the findings with their files.
pub fn replay(folder: &Folder, target: &Target) -> Vec<(String, Finding)> {
    let inputs: Vec<&[u8]> = folder.entries.iter().map(|it| it.bytes.as_slice()).collect();
    let found = survey(target, &inputs).into_iter().map(|surveyed| surveyed.found);
    let named = folder.entries.iter().zip(found);
    named.filter_map(|(entry, found)| Some((entry.file.clone(), found?))).collect()
}

/// Drops the inputs that go nowhere where the others have not been, and the longest of the others
/// if they are too many. Those that showed a bug stay, and so do those that show one now. Gives how
/// many went.
///
/// # Errors
///
/// If a file cannot be removed.
pub fn thin_out(folder: &mut Folder, target: &Target) -> Result<usize, CorpusError> {
    let mut order: Vec<&Entry> = folder.entries.iter().collect();
    order.sort_by_key(|it| (rank(&it.origin), it.bytes.len(), it.file.clone()));
    let inputs: Vec<&[u8]> = order.iter().map(|it| it.bytes.as_slice()).collect();
    let (mut count, mut size) = (0, 0);
    let mut dropped = BTreeSet::new();
    for (entry, surveyed) in order.iter().zip(survey(target, &inputs)) {
        let is_needed = rank(&entry.origin) == 0 || surveyed.found.is_some();
        let has_room = count + 1 < FILES_MAX && size + entry.bytes.len() < SIZE_MAX;
        if is_needed || (surveyed.is_new && has_room) {
            count += 1;
            size += entry.bytes.len();
        } else {
            dropped.insert(entry.file.clone());
        }
    }
    folder.remove(&dropped)?;
    Ok(dropped.len())
}

/// Regression inputs first, then those with a name.
fn rank(origin: &Origin) -> u8 {
    match origin {
        Origin::Regress(_) => 0,
        Origin::Seed(_) => 1,
        Origin::Found => 2,
    }
}

/// Takes from another folder what goes where the inputs of this one have not been, and what showed a
/// bug. Gives how many came.
///
/// # Errors
///
/// If a file cannot be read or written.
pub fn merge(folder: &mut Folder, from: &Folder, target: &Target) -> Result<usize, CorpusError> {
    let mut theirs: Vec<&Entry> = from.entries.iter().collect();
    theirs.sort_by_key(|it| (rank(&it.origin), it.bytes.len(), it.file.clone()));
    let ours = folder.entries.iter().map(|it| it.bytes.as_slice());
    let inputs: Vec<&[u8]> = ours.chain(theirs.iter().map(|it| it.bytes.as_slice())).collect();
    let surveyed = survey(target, &inputs).split_off(folder.entries.len());
    let mut added = 0;
    for (entry, surveyed) in theirs.into_iter().zip(surveyed) {
        let is_needed = rank(&entry.origin) == 0 || surveyed.found.is_some();
        if !(is_needed || surveyed.is_new) {
            continue;
        }
        if let Some(file) = folder.add(entry.origin.clone(), &entry.bytes)? {
            added += 1;
            if let Some(note) = from.read_note(&entry.file)? {
                folder.write_note(&file, &note)?;
            }
        }
    }
    Ok(added)
}

#[cfg(test)]
mod tests {
    use super::super::toy;
    use super::*;

    fn files(folder: &Folder) -> Vec<&[u8]> {
        let mut files: Vec<_> = folder.entries.iter().map(|it| it.bytes.as_slice()).collect();
        files.sort();
        files
    }

    #[test]
    fn what_goes_nowhere_new_is_dropped_and_regression_inputs_stay() {
        let scratch = tempfile::tempdir().unwrap();
        let corpus = &scratch.path().join("library");
        let mut folder = Folder::open(corpus, "breaks").unwrap();
        for input in [b"a".as_slice(), b"aa", b"b", b"bb", b"oo"] {
            folder.add(Origin::Found, input).unwrap();
        }
        folder.add(Origin::Seed("long".into()), b"bbbb").unwrap();
        folder.add(Origin::Regress("x".into()), b"aaaa").unwrap();
        assert_eq!(thin_out(&mut folder, &toy::BREAKS).unwrap(), 4);
        assert_eq!(files(&folder), [b"aaaa".as_slice(), b"bbbb", b"oo"]);
        assert_eq!(Folder::open(corpus, "breaks").unwrap().entries.len(), 3);
        assert_eq!(replay(&folder, &toy::BREAKS).len(), 1);
    }

    #[test]
    fn there_are_never_too_many() {
        let scratch = tempfile::tempdir().unwrap();
        let corpus = &scratch.path().join("library");
        let target = Target {
            body: |input, features| {
                features.note(u64::from(input[0]) << 8 | u64::from(input[1]));
                Ok(())
            },
            ..toy::TRIVIAL
        };
        let mut folder = Folder::open(corpus, "many").unwrap();
        for index in 0..400_u16 {
            folder.add(Origin::Found, &index.to_be_bytes().repeat(600)).unwrap();
        }
        thin_out(&mut folder, &target).unwrap();
        assert_eq!(folder.entries.len(), FILES_MAX - 1);
        assert!(folder.size() < SIZE_MAX);
    }

    #[test]
    fn seeds_come_once_and_merging_takes_what_is_new() {
        let scratch = tempfile::tempdir().unwrap();
        let corpus = &scratch.path().join("library");
        let mut ours = Folder::open(corpus, "ours").unwrap();
        assert_eq!(seed(&mut ours, &toy::BREAKS).unwrap(), 1);
        assert_eq!(seed(&mut ours, &toy::BREAKS).unwrap(), 0);
        let mut theirs = Folder::open(corpus, "theirs").unwrap();
        for input in [b"\x01more".as_slice(), b"c", b"d"] {
            theirs.add(Origin::Found, input).unwrap();
        }
        let regress = theirs.add(Origin::Regress("x".into()), b"\x01").unwrap().unwrap();
        let known = theirs.add(Origin::Regress("y".into()), b"\x01y").unwrap().unwrap();
        theirs.write_note(&regress, "one").unwrap();
        theirs.write_note(&known, "two").unwrap();
        assert_eq!(merge(&mut ours, &theirs, &toy::BREAKS).unwrap(), 3);
        assert_eq!(files(&ours), [b"\x01".as_slice(), b"\x01y", b"c", b"d"]);
        assert_eq!(ours.read_note(&known).unwrap().as_deref(), Some("two"));
    }
}
