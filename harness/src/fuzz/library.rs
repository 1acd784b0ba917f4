//! What can be done with a corpus without fuzzing: seeding and replaying.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::Target;
use super::corpus::{CorpusError, Folder, Origin};
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
        Place::Thread | Place::Asking => HashMap::new(),
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
    let inputs: Vec<&[u8]> = folder.entries.iter().map(|it| it.bytes.as_slice()).collect();
    let found = survey(target, place, &inputs)?.into_iter().map(|surveyed| surveyed.found);
    let named = folder.entries.iter().zip(found);
    Ok(named.filter_map(|(entry, found)| Some((entry.file.clone(), found?))).collect())
}

#[cfg(test)]
mod tests {
    use super::super::toy;
    use super::*;

    #[test]
    fn seeds_come_once_and_what_shows_a_bug_is_told() {
        let scratch = tempfile::tempdir().unwrap();
        let mut folder = Folder::open(scratch.path(), "breaks").unwrap();
        assert_eq!(seed(&mut folder, &toy::BREAKS).unwrap(), 1);
        assert_eq!(seed(&mut folder, &toy::BREAKS).unwrap(), 0);
        let file = folder.add(Origin::Found, b"oo").unwrap().unwrap();
        let found = replay(&folder, &toy::BREAKS, Place::Thread).unwrap();
        assert_eq!(found.iter().map(|(file, _)| file).collect::<Vec<_>>(), [&file]);
    }
}
