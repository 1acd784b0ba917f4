//! What fuzzing has found is taken into the corpus: what reaches new code, and no more. Nothing is
//! changed or removed there.

use std::collections::{BTreeSet, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use super::Target;
use super::choice::{Reached, choose};
use super::corpus::{Entry, Folder};
use super::driver::FuzzError;
use super::libfuzzer::cover::edges;
use super::library::survey;
use super::note::readdress;
use super::run::Key;
use super::session::Place;

/// The sum of the inputs of one target in the corpus, in bytes.
pub const SIZE_MAX: usize = 1 << 20;

/// How it is seen what inputs reach.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// Where inputs are run that may end a process.
    pub place: Place<'a>,
    /// The program that libFuzzer is in; without one what bodies note is all that is seen.
    pub program: Option<&'a Path>,
}

/// What was adopted.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Adopted {
    /// What all inputs reached before.
    pub before: usize,
    /// Inputs that are not in the corpus.
    pub offered: usize,
    /// Those that were taken, in their order.
    pub taken: Vec<Taken>,
    /// Inputs that reach something new, and were one too many, or had no room.
    pub left: usize,
    /// Findings that still show something.
    pub open: Vec<(PathBuf, Key)>,
}

/// An input that was taken.
#[derive(Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its file in the corpus.
    pub file: PathBuf,
    /// Its length.
    pub len: usize,
    /// How much it reaches that nothing before it has reached; none of what once showed a bug.
    pub adds: Option<usize>,
}

impl Sight<'_> {
    /// What each input reaches: edges, or what bodies note.
    fn reached(self, target: &Target, inputs: &[&[u8]]) -> io::Result<Vec<Reached>> {
        match self.program {
            Some(program) => edges(program, inputs),
            None => {
                let surveyed = survey(target, self.place, inputs)?;
                let of = |slots: Vec<u16>| slots.into_iter().map(u32::from).collect();
                Ok(surveyed.into_iter().map(|it| of(it.features)).collect())
            }
        }
    }
}

/// Takes into a folder what others have: so many inputs at most that reach new code, and of those that
/// once showed a bug the ones that show none now.
///
/// # Errors
///
/// If a file cannot be read or written, or no process can be had.
pub fn adopt(
    target: &Target,
    sight: Sight<'_>,
    folder: &mut Folder,
    from: &[Folder],
    count_max: usize,
) -> Result<Adopted, FuzzError> {
    let new = from.iter().flat_map(|from| from.entries.iter().map(move |entry| (from, entry)));
    let new = new.filter(|(_, entry)| folder.find(&entry.bytes).is_none());
    let (regress, found): (Vec<_>, Vec<_>) = new.partition(|(_, entry)| entry.origin.is_regress());
    let mut adopted = Adopted { offered: regress.len() + found.len(), ..Adopted::default() };
    take_found(target, sight, folder, &found, count_max, &mut adopted)?;
    take_regress(target, sight, folder, &regress, &mut adopted)?;
    Ok(adopted)
}

fn take_found(
    target: &Target,
    sight: Sight<'_>,
    folder: &mut Folder,
    found: &[(&Folder, &Entry)],
    count_max: usize,
    adopted: &mut Adopted,
) -> Result<(), FuzzError> {
    let ours = folder.entries.iter().map(|entry| entry.bytes.as_slice());
    let theirs = found.iter().map(|(_, entry)| entry.bytes.as_slice());
    let all: Vec<&[u8]> = ours.chain(theirs).collect();
    let mut reached = sight.reached(target, &all)?;
    let theirs = reached.split_off(folder.entries.len());
    let known: HashSet<u32> = reached.into_iter().flatten().collect();
    adopted.before = known.len();
    let lens = found.iter().map(|(_, entry)| entry.bytes.len());
    let inputs: Vec<(Reached, usize)> = theirs.into_iter().zip(lens).collect();
    let chosen = choose(&inputs, known);
    let entries: Vec<&Entry> =
        chosen.iter().filter_map(|it| Some(found.get(it.index)?.1)).collect();
    let bytes: Vec<&[u8]> = entries.iter().map(|entry| entry.bytes.as_slice()).collect();
    let surveyed = survey(target, sight.place, &bytes)?;
    for ((chosen, entry), surveyed) in chosen.iter().zip(entries).zip(surveyed) {
        let len = entry.bytes.len();
        let is_too_much = adopted.taken.len() >= count_max || folder.size() + len > SIZE_MAX;
        if is_too_much {
            adopted.left += 1;
        } else if surveyed.found.is_none()
            && let Some(file) = folder.add(entry.origin.clone(), &entry.bytes)?
        {
            let file = folder.path(&file);
            adopted.taken.push(Taken { file, len, adds: Some(chosen.adds) });
        }
    }
    Ok(())
}

fn take_regress(
    target: &Target,
    sight: Sight<'_>,
    folder: &mut Folder,
    regress: &[(&Folder, &Entry)],
    adopted: &mut Adopted,
) -> Result<(), FuzzError> {
    let bytes: Vec<&[u8]> = regress.iter().map(|(_, entry)| entry.bytes.as_slice()).collect();
    for ((from, entry), surveyed) in regress.iter().zip(survey(target, sight.place, &bytes)?) {
        if let Some(finding) = surveyed.found {
            adopted.open.push((from.path(&entry.file), finding.key));
        } else if let Some(file) = folder.add(entry.origin.clone(), &entry.bytes)? {
            if let Some(note) = from.read_note(&entry.file)? {
                folder.write_note(&file, &readdress(&note, &folder.path(&file)))?;
            }
            let (file, len) = (folder.path(&file), entry.bytes.len());
            adopted.taken.push(Taken { file, len, adds: None });
        }
    }
    Ok(())
}

/// Drops the inputs that reach nothing alone, by the edges of a program. What was made on purpose or once
/// showed a bug stays. Gives how many went; what somebody was kept from writing goes, too.
///
/// # Errors
///
/// If a file cannot be removed, or the program cannot be run.
pub fn thin_out(folder: &mut Folder, program: &Path) -> Result<usize, FuzzError> {
    let bytes: Vec<&[u8]> = folder.entries.iter().map(|entry| entry.bytes.as_slice()).collect();
    let reached = edges(program, &bytes)?;
    let both = || folder.entries.iter().zip(&reached);
    let named = both().filter(|(entry, _)| !entry.origin.is_found());
    let known = named.flat_map(|(_, reached)| reached).copied().collect();
    let found: Vec<(&Entry, &Reached)> = both().filter(|(it, _)| it.origin.is_found()).collect();
    let inputs: Vec<_> = found.iter().map(|(it, all)| ((*all).clone(), it.bytes.len())).collect();
    let kept: HashSet<usize> = choose(&inputs, known).into_iter().map(|it| it.index).collect();
    // What reaches nothing crashes or hangs there: it is for somebody to look at.
    let is_dropped =
        |(index, (_, all)): &(usize, &(&Entry, &Reached))| !kept.contains(index) && !all.is_empty();
    let dropped = found.iter().enumerate().filter(is_dropped);
    let dropped: BTreeSet<String> = dropped.map(|(_, (entry, _))| entry.file.clone()).collect();
    folder.remove(&dropped)?;
    folder.remove_abandoned()?;
    Ok(dropped.len())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::corpus::Origin;
    use super::super::toy;
    use super::*;

    const SIGHT: Sight<'static> = Sight { place: Place::Thread, program: None };

    fn files(folder: &Folder) -> Vec<&[u8]> {
        let mut files: Vec<_> = folder.entries.iter().map(|it| it.bytes.as_slice()).collect();
        files.sort();
        files
    }

    fn folder(corpus: &Path, name: &str, inputs: &[&[u8]]) -> Folder {
        let mut folder = Folder::open(corpus, name).unwrap();
        for input in inputs {
            folder.add(Origin::Found, input).unwrap();
        }
        folder
    }

    fn adopt(folder: &mut Folder, from: &[Folder], count_max: usize) -> Adopted {
        super::adopt(&toy::BREAKS, SIGHT, folder, from, count_max).unwrap()
    }

    #[test]
    fn what_reaches_new_code_is_taken_and_the_rest_stays_where_it_is() {
        let scratch = tempfile::tempdir().unwrap();
        let mut ours = folder(scratch.path(), "ours", &[b"a1"]);
        let from = folder(scratch.path(), "from", &[b"a", b"b", b"bb", b"c", b"o"]);
        let adopted = adopt(&mut ours, &[from], 10);
        assert_eq!((adopted.before, adopted.offered, adopted.left), (1, 5, 0));
        let adds: Vec<_> = adopted.taken.iter().map(|it| (it.len, it.adds)).collect();
        assert_eq!(adds, [(1, Some(1)), (1, Some(1))]);
        assert_eq!(files(&ours), [&b"a1"[..], b"b", b"c"], "what shows a bug is not taken");
        assert_eq!(Folder::open(scratch.path(), "ours").unwrap().entries.len(), 3);
    }

    #[test]
    fn a_night_adds_so_many_at_most_and_never_more_than_there_is_room_for() {
        let scratch = tempfile::tempdir().unwrap();
        let from = || folder(scratch.path(), "from", &[b"b", b"c", b"d"]);
        let mut ours = folder(scratch.path(), "ours", &[]);
        let adopted = adopt(&mut ours, &[from()], 2);
        assert_eq!((adopted.taken.len(), adopted.left), (2, 1));
        assert_eq!(adopt(&mut ours, &[from()], 2).taken.len(), 1, "the next night");
        let mut full = folder(scratch.path(), "full", &[&vec![b'a'; SIZE_MAX - 2]]);
        let adopted = adopt(&mut full, &[from()], 10);
        assert_eq!((adopted.taken.len(), adopted.left), (2, 1));
    }

    #[test]
    fn what_once_showed_a_bug_is_taken_with_its_note_when_it_shows_none() {
        let scratch = tempfile::tempdir().unwrap();
        let mut ours = folder(scratch.path(), "ours", &[]);
        let mut from = folder(scratch.path(), "from", &[]);
        let fixed = from.add(Origin::Regress("x".into()), b"\x01").unwrap().unwrap();
        let open = from.add(Origin::Regress("y".into()), b"o").unwrap().unwrap();
        from.write_note(&fixed, "one\nskewproof corpus replay elsewhere/x\n").unwrap();
        from.write_note(&open, "two").unwrap();
        let path = from.path(&open);
        let adopted = adopt(&mut ours, &[from], 10);
        assert_eq!(adopted.open.iter().map(|(path, _)| path).collect::<Vec<_>>(), [&path]);
        assert_eq!((files(&ours), adopted.taken[0].adds), (vec![&b"\x01"[..]], None));
        let note = ours.read_note(&fixed).unwrap().unwrap();
        assert!(note.ends_with(&format!("replay {}\n", ours.path(&fixed).display())), "{note}");
    }

    /// Each byte is an edge.
    const PROGRAM: &str = "#!/bin/sh\n\
        for flag; do case $flag in -merge_control_file=*) said=${flag#*=};; esac; done\n\
        cd from; { ls | wc -l; echo 0; ls; n=0; for file in $(ls); do\n\
        echo FT $n $(od -An -v -tu1 $file); n=$((n + 1)); done; } >$said\n";

    #[test]
    fn nothing_that_is_reached_is_lost_and_what_has_a_name_stays() {
        use std::os::unix::fs::PermissionsExt;
        let scratch = tempfile::tempdir().unwrap();
        let program = scratch.path().join("program");
        fs::write(&program, PROGRAM).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let inputs: [&[u8]; 6] = [b"a", b"ab", b"b", b"c", b"cd", b"de"];
        let mut ours = folder(scratch.path(), "ours", &inputs);
        ours.add(Origin::Seed("s".into()), b"aa").unwrap();
        ours.add(Origin::Regress("r".into()), b"e").unwrap();
        assert_eq!(thin_out(&mut ours, &program).unwrap(), 4);
        assert_eq!(files(&ours), [&b"aa"[..], b"b", b"cd", b"e"]);
        assert_eq!(thin_out(&mut ours, &program).unwrap(), 0);
    }
}
