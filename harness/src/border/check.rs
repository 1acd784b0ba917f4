//! The main job of a protocol: the matrix as verdicts, the fixtures, and what is expected.

use std::collections::BTreeSet;
use std::time::SystemTime;

use chrono::{DateTime, Utc};

use super::node::Protocol;
use super::requirements::{self, DELIVERED, EVOLVED, EXPECTED, KINDRED, LISTED, NEGOTIATED, SENT};
use super::{Border, BorderError, Spoken, future, gates, golden};
use crate::expected::{self, Expected};
use crate::fuzz::corpus::FOLDER as CORPUS;
use crate::golden::Store;
use crate::render::{quoted, repro};
use crate::report::{Grid, Report};
use crate::selection::Selection;
use crate::skew::matrix::{Pair, Parting, ROOT};
use crate::skew::{Allowance, Kindred, Layer, Matrix, Outcome, Peer, tables, verdicts};
use crate::verdict::{CaseId, Finding, Verdict};

/// The grid of the matrix.
const GRID: &str = "what the row sends, the column receives";
/// The segment of what is said of messages.
const MESSAGES: &str = "messages";
/// The row of what is said of lists.
const LISTS: &str = "lists";
/// The row of what is said of kinds.
const KINDS: &str = "kinds";

impl<P: Protocol> Border<P> {
    /// Everything that needs no file: the matrix with its verdicts, less what is expected. `advance` is
    /// called after every block.
    ///
    /// # Errors
    ///
    /// If two things have one name, or the list of what is expected is none.
    pub fn check(&self, advance: &(dyn Fn() + Sync)) -> Result<Report, BorderError> {
        self.run(&Selection::All, None, advance)
    }

    /// The main job over the cases that are asked for, with the fixtures of a store if there is one.
    ///
    /// # Errors
    ///
    /// If two things have one name, or the list of what is expected is none.
    pub fn run(
        &self,
        selection: &Selection,
        fixtures: Option<&Store>,
        advance: &(dyn Fn() + Sync),
    ) -> Result<Report, BorderError> {
        self.named()?;
        let expected = expected::read(self.protocol.expected())?;
        let name = self.protocol.name();
        let required = requirements::all().filter(|it| **it != EVOLVED || self.can_grow());
        let mut report = Report::new(format!("{name} check")).requiring(required);
        let matrix = self.matrix(advance);
        report.add_table(tables::overview(&matrix, |_| true).of(GRID));
        report.add_table(tables::legend().of(GRID));
        let mut grid = self.verdicts(&matrix);
        self.look_at_kinds(&matrix, &mut grid);
        report.add(grid);
        report.set_matrix(matrix);
        if let Some(store) = fixtures {
            report.add(golden::verify(self, store));
        }
        let asked: Vec<Expected> =
            expected.into_iter().filter(|entry| is_of_check(&entry.address)).collect();
        apply(&asked, &mut report, *selection == Selection::All);
        if *selection != Selection::All {
            report.retain(&|address, requirement| selection.has(address, requirement));
        }
        Ok(report)
    }

    /// The verdicts on one message, between all releases, less what is expected.
    ///
    /// # Errors
    ///
    /// If there is no such message, two things have one name, or the list of what is expected is none.
    pub fn check_message(&self, message: &str) -> Result<Report, BorderError> {
        self.named()?;
        let expected = expected::read(self.protocol.expected())?;
        let mut report = Report::new(format!("{} {message}", self.protocol.name()));
        let matrix = self.part(message)?;
        let mut grid = self.verdicts(&matrix);
        let sent = CaseId::from_segments([ROOT, MESSAGES, message]);
        grid.retain(&|address, requirement| {
            requirement == Some(&DELIVERED)
                || (requirement == Some(&SENT) && address == sent.as_str())
        });
        report.add(grid);
        apply(&expected, &mut report, false);
        Ok(report)
    }

    /// The verdicts on a whole matrix.
    fn verdicts(&self, matrix: &Matrix) -> Grid {
        let names = || matrix.nodes.iter().map(|node| node.name.as_str());
        let mut grid = Grid::new(GRID).with_rows(names()).with_columns(names());
        let again = |case: &CaseId| format!("{} {}", repro(), quoted(case.as_str()));
        for cell in matrix.cells() {
            let case = cell.address().of(&DELIVERED);
            let verdict = verdicts::of_cell(&cell, &case, || again(&case));
            grid.record(cell.sender(), cell.receiver(), &case, verdict);
        }
        for pair in &matrix.pairs {
            let (dialer, acceptor) = (matrix.name(pair.dialer), matrix.name(pair.acceptor));
            let case = CaseId::from_segments([ROOT, dialer, acceptor, "handshake"]).of(&NEGOTIATED);
            let wrong = refused_without_need(pair).or_else(|| self.sent_astray(pair));
            let verdict = match wrong {
                Some(words) => finding(&case, NEGOTIATED.sentence, "a connection", &words),
                None => verdicts::of_pair(pair, &case, || again(&case)),
            };
            grid.record(dialer, acceptor, &case, verdict);
        }
        for (index, row) in matrix.rows.iter().enumerate() {
            let case = CaseId::from_segments([ROOT, MESSAGES, row.name]).of(&SENT);
            let cells = || {
                let of_row = matrix.blocks.iter().filter_map(|it| it.cells.get(index));
                of_row.flat_map(|cells| cells.iter().flatten())
            };
            let verdict = if cells().any(|outcome| outcome.not_tried().is_none()) {
                Verdict::Pass
            } else if let Some(reason) = cells().find_map(Outcome::not_tried) {
                Verdict::NotTried(reason.to_owned())
            } else {
                finding(&case, SENT.sentence, "a value that is sent", "no release sends any of it")
            };
            grid.record(LISTS, LISTS, &case, verdict);
        }
        let seen = Seen::of(matrix);
        for allowance in self.protocol.losses() {
            let case = CaseId::from_segments([ROOT, LISTS, allowance.message, allowance.field]);
            let case = case.of(&LISTED);
            grid.record(LISTS, LISTS, &case, seen.verdict(&case, allowance));
        }
        grid
    }

    /// Whether releases of one kind are, whose cells are computed once and shown for each.
    fn look_at_kinds(&self, matrix: &Matrix, grid: &mut Grid) {
        for Kindred { node, first, topic, difference } in self.skew().kindred() {
            let Some(topic) = self.messages().get(topic) else { continue };
            let (node, first) = (matrix.name(node), matrix.name(first));
            let case = CaseId::from_segments([ROOT, KINDS, node, topic.name]).of(&KINDRED);
            let verdict = difference.map_or(Verdict::Pass, |it| {
                let (sender, receiver, layer) = it.place;
                let [sender, receiver] = [sender, receiver].map(|index| matrix.name(index));
                let sample = topic.samples.get(it.sample).map_or("", |(name, _)| name);
                let [shown, own] = [it.shown, it.own].map(|outcome| match outcome {
                    None => "it is not sent".to_owned(),
                    Some(Outcome::Equal) => "it arrives".to_owned(),
                    Some(outcome) => outcome.to_string(),
                });
                let expected = format!("{first} and {node} are alike: {shown}");
                let actual = format!(
                    "kind says alike, but of {sample} from {sender} to {receiver} at {layer}: {own}"
                );
                finding(&case, KINDRED.sentence, &expected, &actual)
            });
            grid.record(KINDS, KINDS, &case, verdict);
        }
    }

    /// What a node says that it sends at a version which it does not have for the message, or the other one
    /// does not.
    fn sent_astray(&self, pair: &Pair) -> Option<String> {
        let node = |index| self.skew().peers().nth(index);
        let (dialer, acceptor) = (node(pair.dialer)?, node(pair.acceptor)?);
        for (row, topic) in self.messages().iter().enumerate() {
            let ways = [(dialer, acceptor), (acceptor, dialer)].into_iter();
            for ((from, to), version) in ways.zip(pair.spoken_of(row)) {
                let Some(version) = version else { continue };
                let has = |it: &Spoken<_>| it.has(topic.name, Layer::Version(version));
                if let Some(who) = [from, to].into_iter().find(|it| !has(it)) {
                    let (from, message, who) = (from.name(), topic.name, who.name());
                    let words = format!("{from} sends {message} at {version}, which {who} has not");
                    return Some(words);
                }
            }
        }
        None
    }
}

/// Takes what is expected out of the findings of a report on inputs of fuzz targets.
pub fn expect<P: Protocol>(report: &mut Report) {
    let expected = match expected::read(P::border().protocol.expected()) {
        Ok(expected) => expected,
        Err(error) => {
            report.note(format!("the list of what is expected is not read: {error}"));
            return;
        }
    };
    let of_inputs: Vec<Expected> =
        expected.into_iter().filter(|entry| is_of_inputs(&entry.address)).collect();
    apply(&of_inputs, report, false);
}

/// Takes what is expected out of the findings of a report.
pub(super) fn apply(entries: &[Expected], report: &mut Report, is_whole: bool) {
    let today = DateTime::<Utc>::from(SystemTime::now()).date_naive();
    expected::apply(entries, report, (today, is_whole), &EXPECTED);
}

/// Whether an address is of a case that is judged here, and not of one of another command.
fn is_of_check(address: &str) -> bool {
    !is_of_inputs(address) && !gates::is_own(address) && !future::is_own(address)
}

/// Whether an address is of inputs of fuzz targets.
fn is_of_inputs(address: &str) -> bool {
    address.starts_with(&format!("{CORPUS}/"))
}

/// What a list of losses is compared with.
struct Seen<'a> {
    /// Messages, and what is lost of them.
    lost: BTreeSet<(&'a str, &'a str)>,
    /// Messages with cells that were not tried, and where.
    not_tried: BTreeSet<(&'a str, Layer)>,
}

impl<'a> Seen<'a> {
    fn of(matrix: &'a Matrix) -> Self {
        let (mut lost, mut not_tried) = (BTreeSet::new(), BTreeSet::new());
        for cell in matrix.cells() {
            match cell.outcome {
                Outcome::Lossy(losses) => {
                    lost.extend(losses.iter().map(|loss| (cell.row.name, loss.path.as_str())));
                }
                outcome if outcome.not_tried().is_some() => {
                    not_tried.insert((cell.row.name, cell.block.layer));
                }
                _ => {}
            }
        }
        Self { lost, not_tried }
    }

    /// Whether the matrix needs an entry.
    fn verdict(&self, case: &CaseId, entry: &Allowance) -> Verdict {
        if self.lost.iter().any(|(message, path)| entry.covers(message, path, false)) {
            return Verdict::Pass;
        }
        let mut not_tried = self.not_tried.iter();
        if not_tried.any(|(message, layer)| entry.is_about(message) && entry.is_at(*layer)) {
            return Verdict::NotTried("what may lose it was not tried".to_owned());
        }
        let actual = "it does not happen any more: take the entry off the list";
        finding(case, LISTED.sentence, entry.reason, actual)
    }
}

/// Why there is no connection at a version that both have.
fn refused_without_need(pair: &Pair) -> Option<String> {
    pair.pinned.iter().find_map(|(version, result)| match result {
        Err(Parting::Refused(words)) => Some(format!("{version}, which both have: {words}")),
        _ => None,
    })
}

pub(super) fn finding(case: &CaseId, requirement: &str, expected: &str, actual: &str) -> Verdict {
    Verdict::from(Finding {
        case: case.clone(),
        requirement: requirement.to_owned(),
        expected: expected.to_owned(),
        actual: actual.to_owned(),
        place: None,
        repro: Some(format!("{} {}", repro(), quoted(case.as_str()))),
    })
}
