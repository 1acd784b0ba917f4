//! The verdicts on all lines as one report.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::agreement::Agreement;
use super::causes::Causes;
use super::cell::{ACROSS, ENVELOPE, FOREIGN, Judged, PAYLOADS};
use super::kind::Kind;
use super::line::Line;
use crate::fabric::release::Release;
use crate::harness::report::{Grid, Report, Table};
use crate::harness::verdict::{CaseId, Verdict};

/// The report on lines. Findings of the most frequent cause come first, one of each cause before the
/// second of any.
pub fn report(occurring: &Occurring, mut judged: Vec<Judged>) -> Report {
    let mut report = occurring.empty();
    let findings = judged.iter().filter_map(|judged| match &judged.verdict {
        Verdict::Fail(finding) => Some(finding.as_ref()),
        _ => None,
    });
    let causes = Causes::of(findings);
    let order = causes.in_order().enumerate().map(|(rank, finding)| (finding.case.clone(), rank));
    let ranks: HashMap<CaseId, usize> = order.collect();
    for table in [panics(&judged), stricter(&judged), causes.table()] {
        if !table.rows.is_empty() {
            report.add_table(table);
        }
    }
    judged.sort_by_key(|judged| ranks.get(&judged.cell.case).copied());
    for Judged { cell, verdict, .. } in judged {
        report.grid(cell.grid).record(&cell.row, &cell.column, &cell.case, verdict);
    }
    report
}

/// The releases that a line names: who wrote, and all of them. None where it is not verified.
pub fn names(kind: Kind, line: &Line) -> [Option<String>; 3] {
    ["from", "release", "decoder"].map(|member| {
        let name = line.text(member).ok().filter(|_| kind.reason_to_skip(line).is_none())?;
        Some(name.split(' ').next().unwrap_or(name).to_owned())
    })
}

/// What occurs in lines.
#[derive(Default)]
pub struct Occurring {
    kinds: HashSet<Kind>,
    /// Those of whose bytes lines say how they are read.
    writers: BTreeSet<String>,
    releases: BTreeSet<String>,
}

impl Occurring {
    /// Adds a line.
    pub fn add(&mut self, kind: Kind, [from, release, decoder]: [Option<String>; 3]) {
        self.kinds.insert(kind);
        self.writers.extend(from);
        self.releases.extend(release.into_iter().chain(decoder));
    }

    /// A report without verdicts, with the releases that occur in order.
    fn empty(&self) -> Report {
        let in_order = |names: &BTreeSet<String>| {
            let mut names: Vec<String> = names.iter().cloned().collect();
            names.sort_by_key(|name| name.parse::<Release>().ok().map(Release::number));
            names
        };
        let (writers, all) = (in_order(&self.writers), in_order(&self.releases));
        let has = |sought: &[Kind]| sought.iter().any(|kind| self.kinds.contains(kind));
        let mut report = Report::new("reference vectors");
        if has(&[Kind::Payload]) {
            report.add(Grid::new(PAYLOADS.0).with_columns(&all));
        }
        if has(&[Kind::Envelope]) {
            report.add(Grid::new(ENVELOPE.0).with_columns(&all));
        }
        if has(&[Kind::CrossPayload, Kind::CrossEnvelope]) {
            let senders = writers.iter().map(|release| format!("bytes of {release}"));
            report.add(Grid::new(ACROSS.0).with_rows(senders).with_columns(&all));
        }
        if has(&[Kind::Foreign]) {
            report.add(Grid::new(FOREIGN.0).with_columns(&all));
        }
        report
    }
}

/// Where releases panic, each kind of panic with those that have it. Ours gives an error there.
fn panics(judged: &[Judged]) -> Table {
    let mut kinds: BTreeMap<&str, (BTreeSet<&str>, usize)> = BTreeMap::new();
    for Judged { cell, agreement, .. } in judged {
        if let Some(Agreement::KnownPanic(words)) = agreement {
            // The place in the sources of the release is another one in each.
            let words = words.split(" [at ").next().unwrap_or(words);
            let (releases, lines) = kinds.entry(words).or_default();
            releases.insert(&cell.column);
            *lines += 1;
        }
    }
    let mut table = Table::new(
        "known panics of released servers, where ours gives an error",
        ["lines", "releases", "what the release says"],
    );
    for (words, (releases, lines)) in kinds {
        let releases = releases.into_iter().collect::<Vec<_>>().join(" ");
        table.rows.push(vec![lines.to_string(), releases, words.to_owned()]);
    }
    table
}

/// What released servers take and ours refuses on purpose.
fn stricter(judged: &[Judged]) -> Table {
    let mut entries: BTreeMap<&str, (&str, usize)> = BTreeMap::new();
    for judged in judged {
        if let Some(Agreement::Stricter(entry)) = judged.agreement {
            entries.entry(entry.name).or_insert((entry.reason, 0)).1 += 1;
        }
    }
    let mut table = Table::new(
        "refused on purpose, where released servers take the bytes: `skewproof list strictness`",
        ["lines", "what", "because"],
    );
    for (name, (reason, lines)) in entries {
        table.rows.push(vec![lines.to_string(), name.to_owned(), reason.to_owned()]);
    }
    table
}
