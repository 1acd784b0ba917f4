//! What can be done with a corpus without fuzzing: seeding, replaying, thinning out, merging.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::Target;
use super::choice::{choose, is_needed, rank};
use super::corpus::{CorpusError, Entry, Folder, Origin};
use super::driver::FuzzError;
use super::note::readdress;
use super::run::{self, Finding, Surveyed};
use super::session::{Budget, Event, Place, Session};

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

/// Runs a target on one input after the other. Those that end a process or hang do so in one that is
/// not needed, if there is a place for that.
///
/// # Errors
///
/// If no process can be had.
pub fn survey(target: &Target, place: Place<'_>, inputs: &[&[u8]]) -> io::Result<Vec<Surveyed>> {
    let killers = match place {
        Place::Thread => HashMap::new(),
        Place::Process(program) => killers(target, program, inputs)?,
    };
    let harmless = inputs.iter().copied().filter(|input| !killers.contains_key(*input));
    let mut others = run::survey(target, &harmless.collect::<Vec<_>>()).into_iter();
    let surveyed = inputs.iter().map(|input| match killers.get(*input) {
        Some(finding) => Surveyed { features: Vec::new(), found: Some(finding.clone()) },
        None => others.next().unwrap_or_default(),
    });
    Ok(surveyed.collect())
}

/// Runs inputs in a process of this program, and gives those that end it or hang, with what they
/// show.
fn killers(
    target: &Target,
    program: &Path,
    inputs: &[&[u8]],
) -> io::Result<HashMap<Vec<u8>, Finding>> {
    let stop = AtomicBool::new(false);
    let (place, budget) = (Place::Process(program), Budget::Runs(0));
    let session = Session { target, place, seed: 0, budget, stop: &stop };
    let mut killers = HashMap::new();
    let mut left: Vec<Vec<u8>> = inputs.iter().map(|input| input.to_vec()).collect();
    loop {
        let before = killers.len();
        let summary = session.run(left.clone(), |event| {
            let finding = match event {
                Event::Found(finding) | Event::Also(finding) | Event::LostAgain(finding) => finding,
                Event::Kept(_) | Event::Progress(_) => return Ok(()),
            };
            if finding.is_costly() {
                killers.insert(finding.input.clone(), *finding);
            }
            Ok::<_, io::Error>(())
        })?;
        if !summary.is_cut {
            return Ok(killers);
        }
        // It was cut short, and has not run them all.
        if killers.len() == before {
            return Err(io::Error::other("it ends whatever it is given"));
        }
        left.retain(|input| !killers.contains_key(input));
    }
}

fn survey_folder(folder: &Folder, target: &Target, place: Place<'_>) -> io::Result<Vec<Surveyed>> {
    let inputs: Vec<&[u8]> = folder.entries.iter().map(|it| it.bytes.as_slice()).collect();
    survey(target, place, &inputs)
}

/// Runs every input of a folder; gives the findings with their files.
///
/// # Errors
///
/// If no process can be had.
pub fn replay(
    folder: &Folder,
    target: &Target,
    place: Place<'_>,
) -> io::Result<Vec<(String, Finding)>> {
    let found = survey_folder(folder, target, place)?.into_iter().map(|surveyed| surveyed.found);
    let named = folder.entries.iter().zip(found);
    Ok(named.filter_map(|(entry, found)| Some((entry.file.clone(), found?))).collect())
}

/// Drops the inputs that go nowhere where the others have not been, and if those that are left are too
/// many, keeps those that together go through the most features. Those that showed a bug stay, and
/// so do those that show one now. Gives how many went. What somebody was kept from writing goes,
/// too.
///
/// # Errors
///
/// If a file cannot be removed, or no process can be had.
pub fn thin_out(
    folder: &mut Folder,
    target: &Target,
    place: Place<'_>,
) -> Result<usize, FuzzError> {
    let chosen = choose(&folder.entries, &survey_folder(folder, target, place)?);
    let rest = folder.entries.iter().enumerate().filter(|(index, _)| !chosen.contains(index));
    let dropped: BTreeSet<String> = rest.map(|(_, entry)| entry.file.clone()).collect();
    folder.remove(&dropped)?;
    folder.remove_abandoned()?;
    Ok(dropped.len())
}

/// Takes from another folder what goes where the inputs of this one have not been, and what showed a
/// bug. Gives how many came.
///
/// # Errors
///
/// If a file cannot be read or written, or no process can be had.
pub fn merge(
    folder: &mut Folder,
    from: &Folder,
    target: &Target,
    place: Place<'_>,
) -> Result<usize, FuzzError> {
    let ours = survey_folder(folder, target, place)?;
    let mut seen: HashSet<u16> = ours.into_iter().flat_map(|it| it.features).collect();
    let surveyed = survey_folder(from, target, place)?;
    let mut theirs: Vec<(&Entry, Surveyed)> = from.entries.iter().zip(surveyed).collect();
    theirs.sort_by_key(|(it, _)| (rank(&it.origin), it.bytes.len(), it.file.as_str()));
    let mut added = 0;
    for (entry, surveyed) in theirs {
        let new = surveyed.features.iter().filter(|feature| seen.insert(**feature)).count();
        if new == 0 && !is_needed(entry, &surveyed) {
            continue;
        }
        if let Some(file) = folder.add(entry.origin.clone(), &entry.bytes)? {
            added += 1;
            if let Some(note) = from.read_note(&entry.file)? {
                folder.write_note(&file, &readdress(&note, &folder.path(&file)))?;
            }
        }
    }
    Ok(added)
}

#[cfg(test)]
mod tests {
    use super::super::choice::FILES_MAX;
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
        assert_eq!(thin_out(&mut folder, &toy::BREAKS, Place::Thread).unwrap(), 4);
        assert_eq!(files(&folder), [b"aaaa".as_slice(), b"bbbb", b"oo"]);
        assert_eq!(Folder::open(corpus, "breaks").unwrap().entries.len(), 3);
        assert_eq!(replay(&folder, &toy::BREAKS, Place::Thread).unwrap().len(), 1);
    }

    /// Notes the length, which is what most inputs differ in, and each byte.
    const LONG: Target = Target {
        body: |input, features| {
            features.note(1 << 32 | input.len() as u64);
            input.iter().for_each(|byte| features.note(u64::from(*byte)));
            Ok(())
        },
        ..toy::TRIVIAL
    };

    /// How many features the inputs of a folder go through.
    fn features(folder: &Folder) -> usize {
        let surveyed = survey_folder(folder, &LONG, Place::Thread).unwrap();
        surveyed.into_iter().flat_map(|it| it.features).collect::<HashSet<_>>().len()
    }

    #[test]
    fn a_night_makes_the_corpus_better_although_it_is_full() {
        let scratch = tempfile::tempdir().unwrap();
        let mut folder = Folder::open(scratch.path(), "long").unwrap();
        for len in 0..400 {
            folder.add(Origin::Found, &vec![b'a'; len]).unwrap();
        }
        thin_out(&mut folder, &LONG, Place::Thread).unwrap();
        let before = features(&folder);
        assert_eq!(folder.entries.len(), FILES_MAX - 1);
        for len in 400..700 {
            let input: Vec<u8> = (0..=u8::MAX).cycle().skip(len).take(len).collect();
            folder.add(Origin::Found, &input).unwrap();
        }
        thin_out(&mut folder, &LONG, Place::Thread).unwrap();
        assert_eq!(folder.entries.len(), FILES_MAX - 1);
        assert!(features(&folder) > before + 200, "{} after {before}", features(&folder));
        assert_eq!(thin_out(&mut folder, &LONG, Place::Thread).unwrap(), 0);
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
        let note = "two\nskewproof corpus replay elsewhere/y\n";
        theirs.write_note(&known, note).unwrap();
        assert_eq!(merge(&mut ours, &theirs, &toy::BREAKS, Place::Thread).unwrap(), 4);
        assert_eq!(ours.find(b"\x01"), Some(regress.as_str()), "the seed has shown a bug");
        assert_eq!(files(&ours), [b"\x01".as_slice(), b"\x01y", b"c", b"d"]);
        let note = ours.read_note(&known).unwrap().unwrap();
        let path = ours.path(&known);
        assert_eq!(note, format!("two\nskewproof corpus replay {}\n", path.display()));
    }
}
