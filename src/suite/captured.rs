//! The bytes of released servers that lie in the repository, verified as a whole: reference vectors,
//! odd inputs, and recorded conversations. Where they come from is told in `docs/captured.md`.

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use serde_json::Value as Json;
use thiserror::Error;

use super::captures::{self, DamagedRecording, Recording};
use super::strictness::{self, Strictness};
use super::subject::Subject;
use super::vectors::{self, Shelf, Source, Unusable, Verified};
use super::{repro, requirements};
use crate::harness::json;
use crate::harness::report::{Grid, Report};
use crate::harness::verdict::{CaseId, Verdict};

/// The grid of what servers wrote, read and refused.
const VECTORS: &str = "bytes of released servers: what they wrote, read and refused";
/// The grid of what they said to each other.
const RECORDINGS: &str = "bytes of released servers: conversations";

/// Files that lie in the repository, read.
pub struct Captured {
    /// Vectors and inputs.
    pub shelf: Shelf,
    recordings: Vec<Recording>,
    /// What else is known of the folder in which they lie.
    pub folder: Folder,
}

/// A folder of such files, beside the fixtures of a golden store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folder {
    /// The files that are built in, and what is none of such files.
    pub files: Vec<Lying>,
    /// What is said of which fixtures they confirm.
    pub confirmed: Option<String>,
}

/// A file that lies in the folder, or should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lying {
    /// Its name in the folder.
    pub name: String,
    /// Whether it is as it should be.
    pub state: State,
}

/// Whether a file is as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is the one that is built in.
    BuiltIn,
    /// It is built in, and not there.
    Gone,
    /// It is built in, and another one is there.
    Other,
    /// It has no lines, and nobody looks at it.
    Foreign,
}

impl Folder {
    /// The first file of the folder that is built in and is not there as it is, and how many others
    /// there are. Without it less is verified than where there is no folder.
    pub fn lacks(&self) -> Option<(&Lying, usize)> {
        let lacks = |file: &&Lying| matches!(file.state, State::Gone | State::Other);
        let mut lacking = self.files.iter().filter(lacks);
        lacking.next().map(|first| (first, lacking.count()))
    }
}

/// A file that cannot be read, or is not in its format.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DamagedFile {
    /// A file of vectors, or one that cannot be read, so that nobody knows what it is.
    #[error(transparent)]
    Vectors(#[from] Unusable),
    /// A recording.
    #[error(transparent)]
    Recording(#[from] DamagedRecording),
}

impl Captured {
    /// Reads files. What a file is, its first line tells.
    ///
    /// # Errors
    ///
    /// The first file that cannot be read, or line that is not in its format.
    pub fn read(files: Vec<Source>, folder: Folder) -> Result<Self, DamagedFile> {
        let (mut shelf, mut recordings) = (Shelf::default(), Vec::new());
        for source in files {
            let text = source.text()?;
            if is_recording(&text) {
                recordings.push(Recording::parse(&source.name, &text)?);
            } else {
                shelf.add(source, &text)?;
            }
        }
        Ok(Self { shelf, recordings, folder })
    }

    /// Lines in all files, for those who show progress.
    pub fn len(&self) -> u64 {
        let frames = self.recordings.iter().map(|recording| recording.frames.len());
        (self.shelf.len() + frames.sum::<usize>()) as u64
    }

    /// Whether there is no line.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Whether a file is a recording: its frames say who was dialled.
fn is_recording(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty());
    let first: Option<Json> = first.and_then(|line| json::read(line).ok());
    first.is_some_and(|it| it.get("acceptor_release").is_some())
}

/// Verifies everything that the files say, on all cores, and that the list of strictness has no
/// entry which none of them shows. `advance` is told of every line that is done.
///
/// # Errors
///
/// If a file cannot be read again, or is another one by then.
pub fn verify(
    captured: &Captured,
    subject: &dyn Subject,
    advance: &(impl Fn(u64) + Sync),
) -> Result<Report, DamagedFile> {
    let mut report = Report::new("bytes of released servers");
    let Verified { report: verified, refused_on_purpose } =
        vectors::verify_shelf(&captured.shelf, subject, advance)?;
    let causes = verified.tables().iter().filter(|table| table.name == vectors::CAUSES);
    causes.cloned().for_each(|table| report.add_table(table));
    for grid in verified.grids() {
        let row = grid.name().to_owned();
        let grid = grid.clone().repeated_by(repro::case);
        report.add(grid.placed(VECTORS, |_, release| (row.clone(), release.to_owned())));
    }
    report.add(strictness_is_shown(&refused_on_purpose));
    let replayed: Vec<Report> = captured
        .recordings
        .par_iter()
        .map(|recording| {
            let recording = std::slice::from_ref(recording);
            captures::replay(recording, subject, advance)
        })
        .collect();
    for grid in replayed.iter().flat_map(Report::grids) {
        let column = grid.name().to_owned();
        let grid = grid.clone().repeated_by(repro::case);
        report.add(grid.placed(RECORDINGS, |_, file| (file.to_owned(), column.clone())));
    }
    Ok(report)
}

/// Every entry of the list of strictness is shown by a real answer.
fn strictness_is_shown(shown: &[&Strictness]) -> Grid {
    let mut grid = Grid::new(VECTORS);
    for entry in &strictness::STRICTNESS {
        let case = CaseId::from_segments(["strictness", entry.name]).of(&requirements::STRICT);
        let verdict = if shown.contains(&entry) {
            Verdict::Pass
        } else {
            Verdict::from(strictness::stale(entry, case.clone()))
        };
        grid.record("the list of strictness, entry by entry", "all", &case, verdict);
    }
    grid
}
