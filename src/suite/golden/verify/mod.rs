//! The verdicts: bytes and values are read from the fixtures, and the subject is held to them.
//!
//! Which fixtures there should be is told by the samples and the fabric; the subject answers for
//! the verdicts alone.

mod beside;
mod frozen_ones;
mod stored;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

use bytes::Bytes;

pub use self::beside::Beside;

use self::stored::Stored;
use super::confirm::Evidence;
use super::fixture::{self, Damage};
use super::wire::Wire;
use super::{Plan, Planned, envelope_wires, negotiation, payload_wires, tables};
use crate::fabric::release::Release;
use crate::harness::golden::{Snapshot, Store, StoreError, count};
use crate::harness::report::{Grid, Report, Table};
use crate::harness::requirement::Requirement;
use crate::harness::verdict::{CaseId, Finding, Verdict};
use crate::suite::subject::Subject;
use crate::suite::{causes, repro, requirements, skew};

/// The grid of the verdicts.
const GRID: &str = "golden fixtures";
/// The columns: folders of the store, and what is about none of them.
const COLUMNS: [&str; 8] =
    ["v1", "v2", "v3", "envelope", "negotiation", "matrix", "tables", "store"];

/// The title of a row, and what it is of.
type Row = (&'static str, &'static Requirement);

const ENCODES: Row = ("the named lines write the bytes", &requirements::GOLDEN_WRITES);
const DECODES: Row = ("the named lines read the value", &requirements::GOLDEN_READS);
const OTHERS: Row = ("every other line reads them as it says", &requirements::GOLDEN_OTHERS);
const BACK: Row = ("written back as it says", &requirements::GOLDEN_BACK);
const REFUSES: Row = ("refused in these words", &requirements::GOLDEN_REFUSES);
const SAYS: Row = ("says what is so", &requirements::GOLDEN_SAYS);
const INTACT: Row = ("intact, line by line", &requirements::GOLDEN_INTACT);
const SAMPLED: Row = ("a sample makes it", &requirements::GOLDEN_SAMPLED);
const FROZEN: Row = ("frozen, and as it was", &requirements::GOLDEN_FROZEN);
const CONFIRMED: Row = ("confirmed by whom it says", &requirements::GOLDEN_CONFIRMED);
const BESIDE: Row = ("what is built in lies beside it", &requirements::GOLDEN_CAPTURED);
const COUNTED: Row = ("all that is on disk was checked", &requirements::GOLDEN_COUNTED);
const ROWS: [Row; 12] = [
    ENCODES, DECODES, OTHERS, BACK, REFUSES, SAYS, INTACT, SAMPLED, FROZEN, CONFIRMED, BESIDE,
    COUNTED,
];
/// What is said of the store as a whole is said of this name.
const WHOLE: &str = "store";

/// What is verified, and with what.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scope<'a> {
    /// Only fixtures whose names begin with one of these; all if there are none.
    pub only: &'a [String],
    /// Bytes of released servers, to mark the fixtures that they confirm.
    pub evidence: Option<&'a Evidence>,
    /// What lies beside the fixtures, which says who confirms them.
    pub beside: Beside<'a>,
    /// The folder of the store, where `repro` does not look into it.
    pub elsewhere: Option<&'a Path>,
}

impl Scope<'_> {
    fn includes(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|start| name.starts_with(start.as_str()))
    }

    /// Whether it includes anything in a folder.
    fn enters(&self, folder: &str) -> bool {
        self.includes(folder) || self.only.iter().any(|start| start.starts_with(folder))
    }
}

/// Verifies the store in a folder. A folder that is not there is skipped, and says so; one that
/// cannot be read is a finding.
pub fn check(folder: &Path, subject: &dyn Subject, scope: Scope<'_>) -> Report {
    let read = Store::open(folder).and_then(|store| Ok((store, count(folder)?)));
    let error = match read {
        Ok((store, on_disk)) => return verify(&store, on_disk, subject, scope),
        Err(error) => error,
    };
    let mut report = Report::new(GRID);
    let case = CaseId::from_segments(["golden", "store"]);
    let verdict = match error {
        StoreError::NoFolder(_) => {
            let reason = format!("no golden store here: there is no folder {}", folder.display());
            Verdict::Skip(reason)
        }
        error => Verdict::from(Finding {
            case: case.clone(),
            requirement: "the golden store can be read".to_owned(),
            expected: "a store".to_owned(),
            actual: error.to_string(),
            place: Some(folder.display().to_string()),
            repro: None,
        }),
    };
    for (row, requirement) in ROWS {
        let case = case.clone().of(requirement);
        if matches!(verdict, Verdict::Skip(_)) || requirement == COUNTED.1 {
            report.grid(GRID).record(row, "store", &case, verdict.clone());
        }
    }
    report
}

/// Verifies a store. `on_disk` is the number of documents that were counted in its folder, apart
/// from reading them.
pub fn verify(store: &Store, on_disk: usize, subject: &dyn Subject, scope: Scope<'_>) -> Report {
    let mut report = Report::new("skewproof golden verify").explained(causes::about);
    report.add(Grid::new(GRID).with_rows(ROWS.map(|row| row.0)).with_columns(COLUMNS));
    let mut verifier = Verifier {
        store,
        subject,
        scope,
        report,
        seen: BTreeSet::new(),
        unsayable: 0,
        confirmed: BTreeMap::new(),
        pinned: BTreeMap::new(),
        made: BTreeSet::new(),
    };
    for wire in payload_wires() {
        verifier.kind(wire);
    }
    for wire in envelope_wires() {
        verifier.kind(wire);
    }
    verifier.texts();
    verifier.orphans();
    frozen_ones::verify(&mut verifier);
    beside::verify(&mut verifier);
    verifier.numbers(on_disk);
    verifier.share();
    verifier.report
}

struct Verifier<'a> {
    store: &'a Store,
    subject: &'a dyn Subject,
    scope: Scope<'a>,
    report: Report,
    /// Fixtures that were verified or found to be damaged.
    seen: BTreeSet<String>,
    /// Refusals without a fixture; see [`Plan`].
    unsayable: usize,
    /// Of each folder, how many fixtures have bytes, and of how many a released server wrote them.
    confirmed: BTreeMap<String, (usize, usize)>,
    /// Of each folder, which bytes of released servers are those of a fixture.
    pinned: BTreeMap<String, HashSet<(String, Bytes)>>,
    /// Fixtures that samples make, in the folders that are looked into.
    made: BTreeSet<String>,
}

/// What a requirement wants and what there is.
struct Objection {
    requirement: &'static str,
    expected: String,
    actual: String,
    place: Option<String>,
    /// The file that it is about, if that is not the one of the fixture.
    file: Option<String>,
}

impl Objection {
    fn new(
        requirement: &'static str,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> Self {
        let (expected, actual) = (expected.into(), actual.into());
        Self { requirement, expected, actual, place: None, file: None }
    }

    /// The same of another file than that of the fixture.
    fn of(self, file: String) -> Self {
        Self { file: Some(file), ..self }
    }
}

impl Verifier<'_> {
    /// Records one check of a fixture, of one line if it is about one.
    fn record(
        &mut self,
        (row, requirement): Row,
        name: &str,
        line: Option<Release>,
        result: Result<(), Objection>,
    ) {
        let folder = name.split('/').next().unwrap_or(name);
        let column = if COLUMNS.contains(&folder) { folder } else { WHOLE };
        let mut case = CaseId::from_segments(["golden", name]).of(requirement);
        if let Some(line) = line {
            case = case.child(line);
        }
        let verdict = match result {
            Ok(()) => Verdict::Pass,
            Err(objection) => {
                let file = objection.file.unwrap_or_else(|| self.store.file_name(name));
                let place =
                    objection.place.map_or(file.clone(), |place| format!("{file}: {place}"));
                Verdict::from(Finding {
                    case: case.clone(),
                    requirement: objection.requirement.to_owned(),
                    expected: objection.expected,
                    actual: objection.actual,
                    place: Some(place),
                    repro: Some(self.repeated(name, &case)),
                })
            }
        };
        self.report.grid(GRID).record(row, column, &case, verdict);
    }

    /// What repeats the cases of a name.
    fn repeated(&self, name: &str, case: &CaseId) -> String {
        match self.scope.elsewhere {
            None => repro::case(case),
            Some(golden) => repro::fixtures((name != WHOLE).then_some(name), golden),
        }
    }

    /// How findings name a file of the store that is no fixture.
    fn path(&self, name: &str) -> String {
        self.store.folder().join(name).display().to_string()
    }

    /// The fixtures of one kind of bytes.
    fn kind<W: Wire>(&mut self, wire: W) {
        if !self.scope.enters(&wire.folder()) {
            return;
        }
        let mut stored = Stored::read(wire, self);
        for (index, (case, value)) in wire.samples().into_iter().enumerate() {
            let Plan { fixtures, is_unsayable } = super::plan(wire, case, &value, index == 0);
            self.unsayable += usize::from(is_unsayable);
            for (name, planned) in fixtures {
                if self.scope.includes(&name) {
                    let file = self.store.entries.get(&name).map_or("", |it| it.file.as_str());
                    let result = stored.is_as_planned(&name, case, &planned, file);
                    self.record(SAMPLED, &name, None, result);
                }
                self.made.insert(name.clone());
                stored.planned.insert(name);
            }
        }
        stored.verify(wire, self);
    }

    /// Documents that are nothing but text.
    fn texts(&mut self) {
        let documents =
            negotiation::documents(self.subject).into_iter().chain(tables::documents(self.subject));
        let grid = self.scope.includes(skew::DOCUMENT).then(skew::document);
        for (name, expected) in documents.chain(grid) {
            self.made.insert(name.clone());
            if !self.scope.includes(&name) {
                continue;
            }
            let Some(entry) = self.store.entries.get(&name) else {
                let requirement = "every table has a fixture";
                let result = Err(Objection::new(requirement, "a fixture", "none"));
                self.record(SAMPLED, &name, None, result);
                continue;
            };
            self.seen.insert(name.clone());
            self.record(SAMPLED, &name, None, Ok(()));
            match Snapshot::read(&entry.file) {
                Err(error) => {
                    let result = Err(damaged(&Damage::from(error), &entry.file));
                    self.record(INTACT, &name, None, result);
                }
                Ok(snapshot) => {
                    self.record(INTACT, &name, None, Ok(()));
                    let requirement = "a table says what is so";
                    let result = same_text(requirement, &expected, &snapshot);
                    self.record(SAYS, &name, None, result);
                }
            }
        }
    }

    /// Documents that nothing asks for, and files that are no documents.
    fn orphans(&mut self) {
        let store = self.store;
        let requirement = "every fixture is made by a sample";
        for name in store.entries.keys() {
            if self.scope.includes(name) && !self.seen.contains(name) {
                let result = Err(Objection::new(requirement, "a sample", "none: an orphan"));
                self.record(SAMPLED, name, None, result);
                self.seen.insert(name.clone());
            }
        }
        let scope = self.scope;
        for name in store.strangers.iter().filter(|name| scope.includes(name)) {
            let requirement = "nothing but fixtures is in the store";
            let objection = Objection::new(requirement, "a `.snap` file", name.as_str());
            self.record(SAMPLED, name, None, Err(objection.of(self.path(name))));
        }
        for name in store.pending.keys().filter(|name| scope.includes(name)) {
            if !self.made.contains(name) {
                let name = format!("{name}.snap.new");
                let requirement = "what waits to be a fixture is made by a sample";
                let actual = "none: `skewproof golden bless` removes it";
                let objection = Objection::new(requirement, "a sample", actual);
                self.record(SAMPLED, &name, None, Err(objection.of(self.path(&name))));
            }
        }
    }

    /// The numbers, of which none may be skipped in silence.
    fn numbers(&mut self, on_disk: usize) {
        let checked = self.seen.len();
        let frozen = self.store.manifest.frozen.len();
        self.report.note(format!(
            "{checked} fixtures checked, {on_disk} on disk, {frozen} of them frozen"
        ));
        let is_by_digest = |name: &&String| {
            self.store.entries.get(*name).is_some_and(|entry| fixture::is_by_digest(&entry.file))
        };
        let by_digest = self.seen.iter().filter(is_by_digest).count();
        if by_digest > 0 {
            self.report.note(format!(
                "{by_digest} of those checked have what is too long to show by its SHA-256"
            ));
        }
        if self.unsayable > 0 {
            self.report.note(format!(
                "{} refusals have no fixture: no line can say all of the value",
                self.unsayable
            ));
        }
        let waiting = self.store.pending.len();
        if waiting > 0 {
            self.report.note(format!(
                "{waiting} changes wait for `skewproof golden bless --accept` and were not looked at"
            ));
        }
        if self.scope.only.is_empty() {
            let requirement = "the number of fixtures checked is that on disk";
            let (expected, actual) = (on_disk.to_string(), checked.to_string());
            let result = if checked == on_disk {
                Ok(())
            } else {
                Err(Objection::new(requirement, expected, actual))
            };
            self.record(COUNTED, WHOLE, None, result.map_err(|it| it.of(self.path(""))));
        }
    }

    /// How many fixtures have bytes that a released server wrote, and how many of the bytes that
    /// are known of released servers have a fixture.
    fn share(&mut self) {
        let Some(evidence) = self.scope.evidence else { return };
        let columns = ["folder", "with bytes", "confirmed", "share", "bytes known", "pinned"];
        let mut table = Table::new("confirmed by bytes of released servers", columns);
        let known = evidence.known();
        let mut sums = [0; 4];
        let mut row = |folder: &str, counts: [usize; 4]| {
            let [all, confirmed, known, pinned] = counts;
            let percent = (confirmed * 100).checked_div(all).unwrap_or(0);
            let share = format!("{percent}%");
            let row = [
                all.to_string(),
                confirmed.to_string(),
                share,
                known.to_string(),
                pinned.to_string(),
            ];
            table.rows.push([folder.to_owned()].into_iter().chain(row).collect());
        };
        for (folder, (all, confirmed)) in &self.confirmed {
            let known = known.get(folder).copied().unwrap_or_default();
            let counts = [*all, *confirmed, known, self.pinned.get(folder).map_or(0, HashSet::len)];
            sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
            row(folder, counts);
        }
        row("all", sums);
        self.report.add_table(table);
    }
}

/// Compares a text with a content; the place is the first line that differs.
fn same_text(
    requirement: &'static str,
    expected: &str,
    snapshot: &Snapshot<'_>,
) -> Result<(), Objection> {
    if expected == snapshot.content {
        return Ok(());
    }
    let pairs = expected.lines().zip(snapshot.content.lines());
    let index = pairs.take_while(|(expected, actual)| expected == actual).count();
    let nth = |text: &str| text.lines().nth(index).unwrap_or("(the end)").to_owned();
    let place = Some(format!("line {}", snapshot.line + index));
    Err(Objection { place, ..Objection::new(requirement, nth(expected), nth(snapshot.content)) })
}

/// That a file is no fixture, with the line that shows it.
fn damaged(damage: &Damage, file: &str) -> Objection {
    let requirement = "a fixture is what was written, in every line";
    let actual = file.lines().nth(damage.line.saturating_sub(1)).unwrap_or("(the end of the file)");
    let place = Some(format!("line {}", damage.line));
    Objection { place, ..Objection::new(requirement, damage.what.as_str(), actual) }
}

fn same(
    requirement: &'static str,
    expected: Option<&str>,
    actual: Option<&str>,
) -> Result<(), Objection> {
    if expected == actual {
        return Ok(());
    }
    let [expected, actual] = [expected, actual].map(|words| words.unwrap_or("nothing"));
    Err(Objection::new(requirement, expected, actual))
}
