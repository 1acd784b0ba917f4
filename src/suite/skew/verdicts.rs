//! The matrix as verdicts: every cell is as it should be, or a finding.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::expected::{KNOWN, Known};
use super::losses::LOSSES;
use crate::fabric::catalogue::MessageType;
use crate::harness::report::Grid;
use crate::harness::skew::matrix::{Cell, Matrix, Pair, ROOT};
use crate::harness::skew::outcome::{Loss, Outcome};
use crate::harness::skew::verdicts::{of_cell, of_pair};
use crate::harness::skew::{Allowance, Layer};
use crate::harness::verdict::{CaseId, Finding, Verdict};
use crate::suite::testee::Behind;
use crate::suite::{repro, requirements};

/// The grid of the matrix in reports.
pub const GRID: &str = "skew matrix: what the row sends, the column receives";

/// The row of what is said of the lists instead of a pair.
const LISTS: &str = "lists";

/// The verdicts on a matrix. Lists are held against it only if it is whole: an entry that a part
/// does not need may be needed elsewhere.
pub fn of(matrix: &Matrix, is_whole: bool, testees: &[Arc<Behind>]) -> Grid {
    let is_asked = |index: usize| {
        matrix.pairs.iter().any(|pair| pair.dialer == index || pair.acceptor == index)
    };
    let asked = (0..matrix.nodes.len()).filter(|index| is_asked(*index));
    let mut grid = Grid::new(GRID).with_columns(asked.map(|index| matrix.name(index)));
    for cell in matrix.cells() {
        let case = address(&cell);
        let verdict = cell_verdict(&cell, &case, testees);
        grid.record(cell.sender(), cell.receiver(), &case, verdict);
    }
    for pair in &matrix.pairs {
        let (dialer, acceptor) = (matrix.name(pair.dialer), matrix.name(pair.acceptor));
        let (case, verdict) = pair_verdict(dialer, acceptor, pair, testees);
        grid.record(dialer, acceptor, &case, verdict);
    }
    for testee in testees {
        let name = testee.testee().name();
        for message in MessageType::all().filter(|it| it.row().is_known_to(testee.release())) {
            if testee.messages().any(|it| it == message) {
                continue;
            }
            let case = CaseId::from_segments([ROOT, name, message.row().word()])
                .of(&requirements::MATRIX_PAYLOAD);
            let reason = format!("{name} does not have it");
            grid.record(name, name, &case, Verdict::Skip(reason));
        }
    }
    if is_whole {
        stale(matrix).into_iter().for_each(|(case, verdict)| {
            grid.record(LISTS, LISTS, &case, verdict);
        });
    }
    grid
}

fn cell_verdict(cell: &Cell<'_>, case: &CaseId, testees: &[Arc<Behind>]) -> Verdict {
    if KNOWN.iter().any(|known| explains(known, cell)) {
        return Verdict::Pass;
    }
    of_cell(cell, case, || repro::case_with(case, testees.iter().map(|it| &**it)))
}

/// The address of a cell, with what it is of.
fn address(cell: &Cell<'_>) -> CaseId {
    cell.address().of(match cell.block.layer {
        Layer::Version(_) => &requirements::MATRIX_PAYLOAD,
        Layer::Envelope => &requirements::MATRIX_FRAME,
        Layer::Rewritten(_) => &requirements::MATRIX_REWRITTEN,
    })
}

/// Whether a violation is a known one.
fn explains(known: &Known, cell: &Cell<'_>) -> bool {
    cell.sender() == known.node
        && cell.block.layer == known.layer
        && cell.row.name == known.message
        && matches!(cell.outcome, Outcome::Violation(_))
        && cell.outcome.to_string().starts_with(known.words)
}

fn pair_verdict(
    dialer: &str,
    acceptor: &str,
    pair: &Pair,
    testees: &[Arc<Behind>],
) -> (CaseId, Verdict) {
    let case = CaseId::from_segments([ROOT, dialer, acceptor, "handshake"])
        .of(&requirements::MATRIX_HANDSHAKE);
    let has_none = |testee: &&Arc<Behind>| {
        [dialer, acceptor].contains(&testee.testee().name()) && !testee.shakes_hands()
    };
    if let Some(testee) = testees.iter().find(has_none) {
        let reason =
            format!("handshakes of {} are the model's: it has none", testee.testee().name());
        return (case, Verdict::Skip(reason));
    }
    let verdict = of_pair(pair, &case, || repro::case_with(&case, testees.iter().map(|it| &**it)));
    (case, verdict)
}

/// Entries of the lists that nothing in the matrix needs.
fn stale(matrix: &Matrix) -> Vec<(CaseId, Verdict)> {
    let is_rewritten = |cell: &Cell<'_>| matches!(cell.block.layer, Layer::Rewritten(_));
    let used: BTreeSet<(bool, &str, &Loss)> = matrix
        .cells()
        .filter_map(|cell| match cell.outcome {
            Outcome::Lossy(losses) => {
                let way = is_rewritten(&cell);
                Some(losses.iter().map(move |loss| (way, cell.row.name, loss)))
            }
            _ => None,
        })
        .flatten()
        .collect();
    let is_used = |allowance: &Allowance| {
        let covers = |(is_rewritten, message, loss): &(bool, &str, &Loss)| {
            allowance.covers(message, &loss.path, *is_rewritten)
        };
        used.iter().any(covers)
    };
    let losses = LOSSES.iter().map(|allowance| {
        let list = if allowance.is_rewritten { "rewritten" } else { "losses" };
        let case = CaseId::from_segments([ROOT, LISTS, list, allowance.message])
            .of(&requirements::MATRIX_LISTED);
        entry(case.child(allowance.field), allowance.reason, is_used(allowance))
    });
    let known = KNOWN.iter().map(|known| {
        let case = CaseId::from_segments([ROOT, LISTS, "known", known.node, known.message])
            .of(&requirements::MATRIX_LISTED);
        entry(case, known.reason, matrix.cells().any(|cell| explains(known, &cell)))
    });
    losses.chain(known).collect()
}

fn entry(case: CaseId, reason: &str, is_used: bool) -> (CaseId, Verdict) {
    let verdict = if is_used {
        Verdict::Pass
    } else {
        Verdict::from(Finding {
            case: case.clone(),
            requirement: "what is listed as expected happens".to_owned(),
            expected: reason.to_owned(),
            actual: "it does not happen any more: take the entry off the list".to_owned(),
            place: None,
            repro: Some(repro::case(&case)),
        })
    };
    (case, verdict)
}
