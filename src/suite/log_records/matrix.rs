//! Who can read whose log.

use bytes::Bytes;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::written::{Writing, writing};
use super::{Sample, samples, title};
use crate::fabric::log_records::apply::{self, Reaction};
use crate::fabric::log_records::{LogRecord, encode};
use crate::fabric::release::Release;
use crate::harness::report::Table;

/// One record of a writer before a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The sample.
    pub case: &'static str,
    /// Its command, or its effect.
    pub title: String,
    /// When the writer writes it.
    pub writing: Writing,
    /// What the reader does with it.
    pub reaction: Reaction,
}

/// One record as a writer writes it.
struct Written {
    record: LogRecord,
    body: Bytes,
    case: &'static str,
    writing: Writing,
}

impl Written {
    /// Every record that a writer may write, in the order of the samples.
    fn by(writer: Release) -> Vec<Self> {
        let written = |sample: &Sample| {
            let record = sample.written_by(writer)?;
            let body = encode(&record, writer).ok()?;
            let writing = writing(&record, writer);
            Some(Self { record, body, case: sample.case, writing })
        };
        samples().iter().filter_map(written).collect()
    }

    fn read_by(&self, reader: Release) -> Cell {
        Cell {
            case: self.case,
            title: title(&self.record.command),
            writing: self.writing,
            reaction: apply::react(&self.body, reader),
        }
    }
}

/// What a reader makes of every record that a writer may write, in the order of the samples.
pub fn pair(writer: Release, reader: Release) -> Vec<Cell> {
    Written::by(writer).iter().map(|written| written.read_by(reader)).collect()
}

/// What to expect of a pair in one word: the most ordinary record that the reader does not apply,
/// and what it does instead.
fn word(cells: &[Cell]) -> String {
    let is_bad =
        |cell: &&Cell| cell.reaction != Reaction::Applied && cell.writing != Writing::Never;
    // A partition that stops is worse than one that stops with a clear text.
    let worst = cells
        .iter()
        .filter(is_bad)
        .min_by_key(|cell| (cell.writing, matches!(cell.reaction, Reaction::Blocked { .. })));
    worst.map_or_else(String::new, |cell| format!("{}: {}", cell.writing, cell.reaction))
}

/// The first and the last of some releases.
fn ends<T>(releases: &[(Release, T)]) -> String {
    let name = |end: Option<&(Release, T)>| end.map(|(it, _)| it.exact_name()).unwrap_or_default();
    match [name(releases.first()), name(releases.last())] {
        [first, last] if first == last => first,
        [first, last] => format!("{first}–{last}"),
    }
}

/// Every writer with every reader that does not apply all of it; neighbours that are alike share a row.
pub fn matrix() -> Table {
    let releases: Vec<Release> = Release::stable_patches().collect();
    let rows: Vec<Vec<String>> = releases
        .clone()
        .into_par_iter()
        .map(|writer| {
            let written = Written::by(writer);
            let read_by =
                |reader: &Release| written.iter().map(|it| it.read_by(*reader)).collect::<Vec<_>>();
            releases.iter().map(|reader| word(&read_by(reader))).collect()
        })
        .collect();
    let mut table =
        Table::new("log records, by who writes and who reads", ["writer", "reader", "not applied"]);
    let written: Vec<(Release, &Vec<String>)> = releases.iter().copied().zip(&rows).collect();
    for writers in written.chunk_by(|one, other| one.1 == other.1) {
        let Some((_, words)) = writers.first() else { continue };
        let read: Vec<(Release, &String)> = releases.iter().copied().zip(*words).collect();
        for readers in read.chunk_by(|one, other| one.1 == other.1) {
            let said = readers.first().map_or("", |(_, said)| said);
            if !said.is_empty() {
                table.rows.push(vec![ends(writers), ends(readers), said.to_owned()]);
            }
        }
    }
    table
}
