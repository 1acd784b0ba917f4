//! What lies beside the fixtures: the bytes of released servers, and what is said of which fixtures have them.

use super::{BESIDE, CONFIRMED, GRID, Objection, Verifier, WHOLE, same};
use crate::harness::golden::ASIDE;
use crate::harness::verdict::{CaseId, Verdict};
use crate::suite::captured::{Folder, State};
use crate::suite::golden::witnesses;

/// What is asked of what lies there.
#[derive(Debug, Clone, Copy, Default)]
pub enum Beside<'a> {
    /// Nothing: fixtures are compared with other bytes, or with none.
    #[default]
    NotAsked,
    /// There is no folder for it, and nothing to compare with.
    NoFolder,
    /// All.
    Folder(&'a Folder),
}

impl<'a> From<Option<&'a Folder>> for Beside<'a> {
    fn from(folder: Option<&'a Folder>) -> Self {
        folder.map_or(Self::NoFolder, Self::Folder)
    }
}

/// Verifies that what is built in lies there, and that what is said of who confirms each fixture is so.
pub fn verify(verifier: &mut Verifier<'_>) {
    let folder = match verifier.scope.beside {
        Beside::NotAsked => return,
        Beside::NoFolder => return skip(verifier),
        Beside::Folder(folder) => folder,
    };
    files(folder, verifier);
    match &folder.confirmed {
        Some(text) => witnesses(text, verifier),
        None => {
            let requirement = "the store says which fixtures have the bytes of a released server";
            let actual = "it is gone: `skewproof golden bless --accept` writes it";
            let name = format!("{ASIDE}/confirmed.txt");
            let objection = Objection::new(requirement, "the file that says so", actual);
            let objection = objection.of(verifier.path(&name));
            verifier.record(CONFIRMED, &name, None, Err(objection));
        }
    }
}

/// Says that nobody knows who confirms the fixtures.
fn skip(verifier: &mut Verifier<'_>) {
    if verifier.scope.only.is_empty() {
        let reason = "no bytes of released servers lie beside the fixtures".to_owned();
        for (row, requirement) in [CONFIRMED, BESIDE] {
            let case = CaseId::from_segments(["golden", ASIDE]).of(requirement);
            let verdict = Verdict::Skip(reason.clone());
            verifier.report.grid(GRID).record(row, WHOLE, &case, verdict);
        }
    }
}

/// Files are those that are built in; more of them may lie there.
fn files(folder: &Folder, verifier: &mut Verifier<'_>) {
    for file in &folder.files {
        let name = format!("{ASIDE}/{}", file.name);
        if !verifier.scope.includes(&name) {
            continue;
        }
        let requirement = "a file of released bytes that is built in lies beside the fixtures";
        let result = match file.state {
            State::BuiltIn => Ok(()),
            State::Gone => Err(Objection::new(requirement, "the file", "it is gone")),
            State::Other => Err(Objection::new(requirement, "the file", "another one")),
            State::Foreign => {
                let requirement = "nothing but files of lines lies beside the fixtures";
                Err(Objection::new(requirement, "a `.jsonl` file", file.name.as_str()))
            }
        };
        let result = result.map_err(|objection| objection.of(verifier.path(&name)));
        verifier.record(BESIDE, &name, None, result);
    }
}

fn witnesses(text: &str, verifier: &mut Verifier<'_>) {
    let Some(evidence) = verifier.scope.evidence else { return };
    let requirement = "a fixture names the vector of a released server that has its bytes";
    let scope = verifier.scope;
    // A line begins with the name that it speaks of.
    let faults = witnesses::faults(text).into_iter();
    for (number, line, what) in faults.filter(|(_, line, _)| scope.includes(line)) {
        let requirement = "a line names one fixture, and the vector that has its bytes";
        let name = format!("{ASIDE}/confirmed.txt");
        let objection = Objection::new(requirement, "FIXTURE: VECTOR", format!("{line}: {what}"));
        let place = format!("{}:{number}", verifier.path(&name));
        verifier.record(CONFIRMED, &name, None, Err(objection.of(place)));
    }
    let mut said = witnesses::read(text);
    for (name, witness) in witnesses::of(verifier.store, evidence) {
        let said = said.remove(name.as_str());
        if scope.includes(&name) {
            let result = same(requirement, Some(witnesses::word(witness.as_ref())), said);
            verifier.record(CONFIRMED, &name, None, result);
        }
    }
    for (name, witness) in said.into_iter().filter(|(name, _)| scope.includes(name)) {
        let result = Err(Objection::new(requirement, "no such fixture", witness));
        verifier.record(CONFIRMED, name, None, result);
    }
}
