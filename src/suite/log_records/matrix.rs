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

/// Every pair of the lines and patches that write and read differently: neighbours that are alike
/// share a row and a column.
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
    let column = |index: usize| rows.iter().map(move |row| row.get(index)).collect::<Vec<_>>();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for index in 0..releases.len() {
        let is_like =
            |before: usize| rows.get(before) == rows.get(index) && column(before) == column(index);
        match groups.last_mut() {
            Some(group) if group.first().is_some_and(|first| is_like(*first)) => group.push(index),
            _ => groups.push(vec![index]),
        }
    }
    let name = |group: &Vec<usize>| {
        let ends = [group.first(), group.last()].map(|end| {
            end.and_then(|end| releases.get(*end)).map(Release::exact_name).unwrap_or_default()
        });
        let [first, last] = ends;
        if first == last { first } else { format!("{first}–{last}") }
    };
    let mut table =
        Table::new("log records, by who writes and who reads", ["writer", "reader", "not applied"]);
    for writer in &groups {
        for reader in &groups {
            let of = |group: &Vec<usize>| group.first().copied().unwrap_or_default();
            let said = rows.get(of(writer)).and_then(|row| row.get(of(reader)));
            let said = said.cloned().unwrap_or_default();
            if !said.is_empty() {
                table.rows.push(vec![name(writer), name(reader), said]);
            }
        }
    }
    table
}
