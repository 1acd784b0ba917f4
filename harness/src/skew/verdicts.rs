//! Cells and pairs as verdicts: each is as it should be, or a finding.

use super::matrix::{Cell, Pair};
use super::outcome::Outcome;
use crate::verdict::{CaseId, Finding, Verdict};

/// The verdict on a cell, and the line that repeats it if it is a finding.
pub fn of_cell(cell: &Cell<'_>, case: &CaseId, repro: impl FnOnce() -> String) -> Verdict {
    if cell.outcome.is_foreseen() {
        return Verdict::Pass;
    }
    if let Some(reason) = cell.outcome.not_tried() {
        return Verdict::NotTried(reason.to_owned());
    }
    let (requirement, expected) = match cell.outcome {
        Outcome::Gated { .. } => ("a sender sends what the version can carry", "bytes"),
        Outcome::Refused { .. } | Outcome::Panicked { .. } => {
            ("a receiver reads what it knows", "a value")
        }
        _ => (
            "whatever is sent arrives, loses what is listed, or is refused with an error",
            "no violation",
        ),
    };
    Verdict::from(Finding {
        requirement: requirement.to_owned(),
        expected: expected.to_owned(),
        actual: cell.outcome.to_string(),
        place: None,
        repro: Some(repro()),
        case: case.clone(),
    })
}

/// The verdict on the handshakes of a pair, and the line that repeats it.
pub fn of_pair(pair: &Pair, case: &CaseId, repro: impl FnOnce() -> String) -> Verdict {
    let violations: Vec<_> =
        pair.violations().map(|(offer, words)| format!("{offer}: {words}")).collect();
    if violations.is_empty() {
        return if pair.is_tried() {
            Verdict::Pass
        } else {
            Verdict::NotTried(
                "a handshake, or the version of a message, that was not tried".to_owned(),
            )
        };
    }
    Verdict::from(Finding {
        case: case.clone(),
        requirement: "both sides of a handshake agree on one version, or one of them refuses"
            .into(),
        expected: "one version, or a refusal".to_owned(),
        actual: violations.join("; "),
        place: None,
        repro: Some(repro()),
    })
}
