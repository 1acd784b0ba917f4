//! Verdicts by row and column, with every finding and every skip behind them.

use std::collections::{HashMap, HashSet};

use super::cases::{Came, Case, Cases};
use super::labels::Labels;
use super::report::Tally;
use super::requirement::Requirement;
use super::verdict::{CaseId, Finding, Verdict};

/// The cases that were skipped for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkipGroup {
    /// Why.
    pub reason: String,
    /// Whether they were not tried: nothing follows from what was not seen in them.
    pub is_open: bool,
    /// Which cases, in the order of recording. Never empty.
    pub cases: Vec<CaseId>,
}

/// A named table of tallies, with the findings and skips behind them.
///
/// Rows and columns stand in the order in which they were first named, by
/// [`with_rows`](Self::with_rows) and [`with_columns`](Self::with_columns) or by a record.
#[derive(Debug, Clone)]
pub struct Grid {
    name: String,
    rows: Labels,
    columns: Labels,
    cells: HashMap<(usize, usize), Tally>,
    findings: Vec<Finding>,
    /// The row and column of each finding.
    places: Vec<(usize, usize)>,
    skips: Vec<SkipGroup>,
    cases: Cases,
}

impl Grid {
    /// An empty grid.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            rows: Labels::default(),
            columns: Labels::default(),
            cells: HashMap::new(),
            findings: Vec::new(),
            places: Vec::new(),
            skips: Vec::new(),
            cases: Cases::default(),
        }
    }

    /// Names rows up front: they stand in this order, and stay when nothing is recorded in them.
    #[must_use]
    pub fn with_rows<S: AsRef<str>>(mut self, rows: impl IntoIterator<Item = S>) -> Self {
        for row in rows {
            self.rows.index_of(row.as_ref());
        }
        self
    }

    /// Names columns up front, as [`with_rows`](Self::with_rows) does rows.
    #[must_use]
    pub fn with_columns<S: AsRef<str>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        for column in columns {
            self.columns.index_of(column.as_ref());
        }
        self
    }

    /// Counts the verdict on `case` in one cell, and keeps what it carries.
    pub fn record(&mut self, row: &str, column: &str, case: &CaseId, verdict: Verdict) {
        let place = (self.rows.index_of(row), self.columns.index_of(column));
        let came = Came::of(&verdict);
        self.cells.entry(place).or_default().count(came);
        self.cases.push(case, came, place);
        match verdict {
            Verdict::Pass => {}
            Verdict::Skip(reason) => self.skip(reason, false, [case.clone()]),
            Verdict::NotTried(reason) => self.skip(reason, true, [case.clone()]),
            Verdict::Fail(finding) => {
                self.findings.push(Finding { case: case.clone(), ..*finding });
                self.places.push(place);
            }
        }
    }

    /// What the grid is about.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The rows, in order.
    pub fn rows(&self) -> &[String] {
        &self.rows.names
    }

    /// The columns, in order.
    pub fn columns(&self) -> &[String] {
        &self.columns.names
    }

    /// The tally of a cell, by the indices of its row and column. `None` if no case belongs there.
    pub fn cell(&self, row: usize, column: usize) -> Option<Tally> {
        self.cells.get(&(row, column)).copied()
    }

    /// The sum over one column, by its index.
    pub fn column_tally(&self, column: usize) -> Tally {
        (0..self.rows.names.len()).filter_map(|row| self.cell(row, column)).sum()
    }

    /// The sum over all cells.
    pub fn tally(&self) -> Tally {
        self.cells.values().copied().sum()
    }

    /// Every finding, in the order of recording.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The findings of one cell, by the indices of its row and column.
    pub fn findings_in(&self, row: usize, column: usize) -> impl Iterator<Item = &Finding> {
        let placed = self.findings.iter().zip(&self.places);
        placed.filter(move |(_, place)| **place == (row, column)).map(|(finding, _)| finding)
    }

    /// Looks at every case, in the order of recording.
    pub fn each_case(&self, look: impl FnMut(Case<'_>)) {
        self.cases.each(look);
    }

    /// Forgets every case but those to keep, and rows and columns that have none left.
    pub fn retain(&mut self, keep: &dyn Fn(&str, Option<&'static Requirement>) -> bool) {
        let mut kept = Self::new(std::mem::take(&mut self.name));
        self.cases.each(|case| {
            if keep(case.address, case.requirement) {
                let (row, column) = case.place;
                let (row, column) = (&self.rows.names[row], &self.columns.names[column]);
                let place = (kept.rows.index_of(row), kept.columns.index_of(column));
                kept.cells.entry(place).or_default().count(case.came);
                kept.cases.add(Case { place, ..case });
            }
        });
        let is_kept = |case: &CaseId| keep(case.as_str(), case.requirement());
        for (finding, (row, column)) in
            std::mem::take(&mut self.findings).into_iter().zip(&self.places)
        {
            if is_kept(&finding.case) {
                let (row, column) = (&self.rows.names[*row], &self.columns.names[*column]);
                kept.places.push((kept.rows.index_of(row), kept.columns.index_of(column)));
                kept.findings.push(finding);
            }
        }
        for mut group in std::mem::take(&mut self.skips) {
            group.cases.retain(&is_kept);
            if !group.cases.is_empty() {
                kept.skips.push(group);
            }
        }
        *self = kept;
    }

    /// Takes findings that somebody expects for skipped cases, each for its reason.
    pub fn excuse(&mut self, expected: &dyn Fn(&Finding) -> Option<String>) {
        let mut excused = HashSet::new();
        let places = std::mem::take(&mut self.places);
        for (finding, place) in std::mem::take(&mut self.findings).into_iter().zip(places) {
            let Some(reason) = expected(&finding) else {
                self.findings.push(finding);
                self.places.push(place);
                continue;
            };
            if let Some(tally) = self.cells.get_mut(&place) {
                tally.failed -= 1;
                tally.skipped += 1;
            }
            excused.insert(finding.case.to_string());
            self.skip(reason, false, [finding.case]);
        }
        self.cases.skip(&excused);
    }

    /// Every skipped case, by reason.
    pub fn skips(&self) -> &[SkipGroup] {
        &self.skips
    }

    /// The same verdicts in another grid, each in the row and column that `place` makes of its own.
    #[must_use]
    pub fn placed(
        mut self,
        name: impl Into<String>,
        place: impl Fn(&str, &str) -> (String, String),
    ) -> Self {
        let mut placed = Self::new(name);
        for (column, column_name) in self.columns.names.iter().enumerate() {
            for (row, row_name) in self.rows.names.iter().enumerate() {
                if self.cells.contains_key(&(row, column)) {
                    let (row_name, column_name) = place(row_name, column_name);
                    placed.rows.index_of(&row_name);
                    placed.columns.index_of(&column_name);
                }
            }
        }
        let mut moved = |(row, column): (usize, usize)| {
            let (row, column) = place(&self.rows.names[row], &self.columns.names[column]);
            (placed.rows.index_of(&row), placed.columns.index_of(&column))
        };
        let cells: Vec<_> = self.cells.iter().map(|(at, tally)| (moved(*at), *tally)).collect();
        placed.places = self.places.iter().map(|at| moved(*at)).collect();
        placed.cases = std::mem::take(&mut self.cases);
        placed.cases.move_to(&mut moved);
        for (at, tally) in cells {
            *placed.cells.entry(at).or_default() += tally;
        }
        placed.findings = self.findings;
        placed.skips = self.skips;
        placed
    }

    /// The same, with another line that repeats each finding.
    #[must_use]
    pub fn repeated_by(mut self, line: impl Fn(&CaseId) -> String) -> Self {
        self.findings.iter_mut().for_each(|finding| finding.repro = Some(line(&finding.case)));
        self
    }

    /// Gives findings a line that repeats them, where they have none.
    pub(crate) fn repeated_else(&mut self, line: &impl Fn(&CaseId) -> String) {
        for Finding { repro, case, .. } in &mut self.findings {
            repro.get_or_insert_with(|| line(case));
        }
    }

    /// Adds what `other` has to this grid, as if it had been recorded here.
    pub fn merge(&mut self, other: Self) {
        let rows: Vec<_> = other.rows.names.iter().map(|row| self.rows.index_of(row)).collect();
        let columns: Vec<_> =
            other.columns.names.iter().map(|column| self.columns.index_of(column)).collect();
        let mine = |(row, column): (usize, usize)| (rows[row], columns[column]);
        for (place, tally) in other.cells {
            *self.cells.entry(mine(place)).or_default() += tally;
        }
        self.places.extend(other.places.into_iter().map(mine));
        other.cases.each(|case| self.cases.add(Case { place: mine(case.place), ..case }));
        self.findings.extend(other.findings);
        for SkipGroup { reason, is_open, cases } in other.skips {
            self.skip(reason, is_open, cases);
        }
    }

    /// Files skipped cases under their reason. Reasons are few: a linear search is enough.
    fn skip(&mut self, reason: String, is_open: bool, cases: impl IntoIterator<Item = CaseId>) {
        let mut groups = self.skips.iter_mut();
        match groups.find(|group| (&group.reason, group.is_open) == (&reason, is_open)) {
            Some(group) => group.cases.extend(cases),
            None => {
                let cases = cases.into_iter().collect();
                self.skips.push(SkipGroup { reason, is_open, cases });
            }
        }
    }
}
