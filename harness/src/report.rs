//! Verdicts gathered: a report holds grids, a grid counts verdicts by row and column and keeps
//! every finding and every skip.
//!
//! Nothing here prints. Reports made in parallel are merged in an order that the caller chooses,
//! so that the result does not depend on who was faster.

use std::collections::{HashMap, HashSet};
use std::ops::AddAssign;

use super::cases::{Came, Case};
use super::causes::{About, Cause, group};
pub use super::grid::{Grid, SkipGroup};
pub use super::pair::{PairKind, PairVerdict};
use super::requirement::{Requirement, Tested};
use super::skew::Matrix;
pub use super::table::Table;
use super::verdict::{CaseId, Finding};

/// How many cases came out how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Cases whose requirement holds.
    pub passed: u64,
    /// Cases with a finding.
    pub failed: u64,
    /// Cases that said nothing, each with a reason.
    pub skipped: u64,
}

impl Tally {
    /// All cases.
    pub fn total(self) -> u64 {
        self.passed + self.failed + self.skipped
    }

    /// Counts a case.
    pub fn count(&mut self, came: Came) {
        match came {
            Came::Passed => self.passed += 1,
            Came::Skipped => self.skipped += 1,
            Came::Failed => self.failed += 1,
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl std::iter::Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |mut sum, tally| {
            sum += tally;
            sum
        })
    }
}

/// The result of a run.
#[derive(Debug, Clone)]
pub struct Report {
    title: String,
    tables: Vec<Table>,
    grids: Vec<Grid>,
    notes: Vec<String>,
    matrix: Option<Matrix>,
    about: Option<fn(&Finding) -> About>,
    verdicts: Vec<PairVerdict>,
    requirements: Vec<&'static Requirement>,
}

impl Report {
    /// An empty report.
    pub fn new(title: impl Into<String>) -> Self {
        let title = title.into();
        Self {
            title,
            tables: Vec::new(),
            grids: Vec::new(),
            notes: Vec::new(),
            matrix: None,
            about: None,
            verdicts: Vec::new(),
            requirements: Vec::new(),
        }
    }

    /// The report with somebody who knows what its findings are about; see [`Self::causes`].
    #[must_use]
    pub fn explained(mut self, about: fn(&Finding) -> About) -> Self {
        self.about = Some(about);
        self
    }

    /// Names requirements up front: they stand in this order, tested or not.
    #[must_use]
    pub fn requiring(
        mut self,
        requirements: impl IntoIterator<Item = &'static Requirement>,
    ) -> Self {
        self.requirements.extend(requirements);
        self
    }

    /// The grid of this name; an empty one is added if there is none.
    pub fn grid(&mut self, name: &str) -> &mut Grid {
        let index = self.grids.iter().position(|grid| grid.name() == name).unwrap_or_else(|| {
            self.grids.push(Grid::new(name));
            self.grids.len() - 1
        });
        &mut self.grids[index]
    }

    /// Adds a grid. If there is one of this name, the two are merged.
    pub fn add(&mut self, grid: Grid) {
        match self.grids.iter_mut().find(|mine| mine.name() == grid.name()) {
            Some(mine) => mine.merge(grid),
            None => self.grids.push(grid),
        }
    }

    /// Adds a table.
    pub fn add_table(&mut self, table: Table) {
        self.tables.push(table);
    }

    /// Puts in the matrix behind the verdicts. It is kept for renderers: what is wrong in it counts
    /// only as far as a grid has recorded it.
    pub fn set_matrix(&mut self, matrix: Matrix) {
        self.matrix = Some(matrix);
    }

    /// Adds the verdict on two releases.
    pub fn add_verdict(&mut self, verdict: PairVerdict) {
        self.verdicts.push(verdict);
    }

    /// Adds a sentence that the reader should know. A note that is there already is not repeated.
    pub fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Adds the tables, grids and notes of `other`: grids of the same name become one. Its matrix is
    /// taken if there is none here.
    pub fn merge(&mut self, other: Self) {
        self.matrix = self.matrix.take().or(other.matrix);
        self.about = self.about.or(other.about);
        self.verdicts.extend(other.verdicts);
        self.tables.extend(other.tables);
        other.grids.into_iter().for_each(|grid| self.add(grid));
        other.notes.into_iter().for_each(|note| self.note(note));
        self.requirements.extend(other.requirements);
    }

    /// Takes findings that somebody expects for skipped cases, each for its reason.
    pub fn excuse(&mut self, expected: &dyn Fn(&Finding) -> Option<String>) {
        self.grids.iter_mut().for_each(|grid| grid.excuse(expected));
    }

    /// Gives findings a line that repeats them, where they have none.
    pub fn repeated_else(&mut self, line: impl Fn(&CaseId) -> String) {
        self.grids.iter_mut().for_each(|grid| grid.repeated_else(&line));
    }

    /// Forgets every case but those to keep, grids that have none left, and requirements and tables with
    /// them.
    pub fn retain(&mut self, keep: &dyn Fn(&str, Option<&'static Requirement>) -> bool) {
        self.grids.iter_mut().for_each(|grid| grid.retain(keep));
        self.grids.retain(|grid| grid.tally().total() > 0);
        let is_left = |name: &String| self.grids.iter().any(|grid| grid.name() == name);
        self.tables.retain(|table| table.grid.as_ref().is_none_or(is_left));
        self.requirements.clear();
    }

    /// Every requirement with its cases: those named up front first, then others as they were recorded.
    pub fn requirements(&self) -> Vec<Tested> {
        type Name = (&'static str, &'static str);
        let name = |it: &'static Requirement| -> Name { (it.part, it.name) };
        let mut order = self.requirements.clone();
        let mut tallies: HashMap<Name, Tally> = HashMap::new();
        let mut count = |case: Case<'_>| {
            let Some(requirement) = case.requirement else { return };
            let tally = tallies.entry(name(requirement)).or_insert_with(|| {
                order.push(requirement);
                Tally::default()
            });
            tally.count(case.came);
        };
        self.grids.iter().for_each(|grid| grid.each_case(&mut count));
        let mut reasons: HashMap<Name, &str> = HashMap::new();
        for SkipGroup { reason, cases, .. } in self.grids.iter().flat_map(Grid::skips) {
            for requirement in cases.iter().filter_map(CaseId::requirement) {
                reasons.entry(name(requirement)).or_insert(reason);
            }
        }
        let mut seen = HashSet::new();
        order.retain(|requirement| seen.insert(name(requirement)));
        let tested = |requirement: &'static Requirement| {
            let tally = tallies.get(&name(requirement)).copied().unwrap_or_default();
            Tested::new(requirement, tally, reasons.get(&name(requirement)).copied())
        };
        order.into_iter().map(tested).collect()
    }

    /// What was run.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The tables, in the order in which they were added.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// The grids, in the order in which they were added.
    pub fn grids(&self) -> &[Grid] {
        &self.grids
    }

    /// The notes, in the order in which they were added.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The matrix, if the run has made one.
    pub fn matrix(&self) -> Option<&Matrix> {
        self.matrix.as_ref()
    }

    /// The verdicts on pairs of releases, in the order in which they were added.
    pub fn verdicts(&self) -> &[PairVerdict] {
        &self.verdicts
    }

    /// The sum over all grids.
    pub fn tally(&self) -> Tally {
        self.grids.iter().map(Grid::tally).sum()
    }

    /// Cases that nobody tried, and might have come to anything.
    pub fn not_tried(&self) -> usize {
        self.skipped(true)
    }

    /// Cases that were skipped for a reason that is known, as that they fail as expected.
    pub fn excused(&self) -> usize {
        self.skipped(false)
    }

    fn skipped(&self, is_open: bool) -> usize {
        let skips = self.grids.iter().flat_map(Grid::skips);
        skips.filter(|skip| skip.is_open == is_open).map(|skip| skip.cases.len()).sum()
    }

    /// Every finding, grid by grid.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.grids.iter().flat_map(Grid::findings)
    }

    /// The causes of the findings, those that are best known first; members are positions in
    /// [`Self::findings`]. Where nobody knows what findings are about, each is a cause.
    pub fn causes(&self) -> Vec<Cause> {
        match self.about {
            Some(about) => group(&self.findings().map(about).collect::<Vec<_>>()),
            None => self
                .findings()
                .enumerate()
                .map(|(at, finding)| Cause {
                    sentence: format!("{}: {}", finding.case, finding.requirement),
                    members: vec![at],
                })
                .collect(),
        }
    }

    /// Whether there is no finding. An empty report has none either; see [`Tally::total`].
    pub fn is_ok(&self) -> bool {
        self.tally().failed == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Verdict;

    fn case(name: &str) -> CaseId {
        CaseId::from_segments(["test", name])
    }

    fn finding(name: &str) -> Verdict {
        Verdict::from(Finding {
            case: case(name),
            requirement: "It holds.".into(),
            expected: "1".into(),
            actual: "2".into(),
            place: None,
            repro: None,
        })
    }

    fn skip(reason: &str) -> Verdict {
        Verdict::Skip(reason.into())
    }

    #[test]
    fn a_cell_counts_and_the_grid_keeps_what_verdicts_carry() {
        let mut grid = Grid::new("g");
        grid.record("a", "x", &case("1"), Verdict::Pass);
        grid.record("a", "x", &case("2"), finding("2"));
        grid.record("b", "y", &case("3"), skip("no such thing"));
        grid.record("b", "x", &case("4"), skip("no such thing"));
        assert_eq!(grid.cell(0, 0), Some(Tally { passed: 1, failed: 1, skipped: 0 }));
        assert_eq!(grid.cell(0, 1), None);
        assert_eq!(grid.column_tally(0), Tally { passed: 1, failed: 1, skipped: 1 });
        assert_eq!(grid.tally(), Tally { passed: 1, failed: 1, skipped: 2 });
        assert_eq!(grid.findings()[0].case, case("2"));
        let group = SkipGroup {
            reason: "no such thing".into(),
            is_open: false,
            cases: vec![case("3"), case("4")],
        };
        assert_eq!(grid.skips(), [group]);
    }

    #[test]
    fn labels_keep_the_order_in_which_they_were_named() {
        let mut grid = Grid::new("g").with_columns(["1.2", "1.3"]).with_rows(["late"]);
        grid.record("early", "1.3", &case("1"), Verdict::Pass);
        grid.record("late", "1.1", &case("2"), Verdict::Pass);
        assert_eq!(grid.rows(), ["late", "early"]);
        assert_eq!(grid.columns(), ["1.2", "1.3", "1.1"]);
    }

    #[test]
    fn verdicts_can_be_counted_elsewhere() {
        let mut grid = Grid::new("g");
        grid.record("a", "x", &case("1"), Verdict::Pass);
        grid.record("b", "x", &case("2"), finding("2"));
        grid.record("b", "y", &case("3"), skip("why"));
        let placed = grid.placed("h", |_, column| ("all".to_owned(), column.to_owned()));
        assert_eq!((placed.name(), placed.rows()), ("h", &["all".to_owned()][..]));
        assert_eq!(placed.cell(0, 0), Some(Tally { passed: 1, failed: 1, skipped: 0 }));
        assert_eq!(placed.cell(0, 1), Some(Tally { skipped: 1, ..Tally::default() }));
        assert_eq!(placed.findings_in(0, 0).count(), 1);
        assert_eq!(placed.skips().len(), 1);
    }

    #[test]
    fn merging_gives_what_recording_in_order_would_have_given() {
        let mut report = Report::new("first");
        report.grid("g").record("a", "x", &case("1"), skip("why"));
        report.note("once");

        let mut other = Report::new("second");
        other.grid("g").record("b", "y", &case("2"), finding("2"));
        other.grid("g").record("a", "x", &case("3"), skip("why"));
        other.grid("h").record("c", "z", &case("4"), Verdict::Pass);
        let matrix =
            Matrix { nodes: vec![], rows: vec![], pairs: vec![], blocks: vec![], weights: vec![] };
        other.set_matrix(matrix.clone());
        other.note("once");
        other.note("twice");

        report.merge(other);
        report.merge(Report::new("third"));
        assert_eq!((report.title(), report.matrix()), ("first", Some(&matrix)));
        assert_eq!(report.notes(), ["once", "twice"]);
        assert_eq!(report.tally(), Tally { passed: 1, failed: 1, skipped: 2 });
        assert!(!report.is_ok());
        assert_eq!(report.findings().count(), 1);
        let [g, h] = report.grids() else { panic!("two grids") };
        assert_eq!(
            (g.rows(), g.columns()),
            (&["a".into(), "b".into()][..], &["x".into(), "y".into()][..])
        );
        assert_eq!(g.cell(0, 0), Some(Tally { skipped: 2, ..Tally::default() }));
        let failed: Vec<_> = g.findings_in(1, 1).map(|finding| &finding.case).collect();
        assert_eq!(failed, [&case("2")]);
        assert_eq!(g.findings_in(0, 1).count(), 0);
        assert_eq!(g.skips().len(), 1);
        assert_eq!(g.skips()[0].cases, [case("1"), case("3")]);
        assert_eq!(h.name(), "h");
    }
}
