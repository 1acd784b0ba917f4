//! What came of a testee, on one screen.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Behind;
use super::conform::Agreement;
use crate::harness::render::fold::folded;
use crate::harness::render::requirements::{counted, grouped};
use crate::harness::render::text::closing_line;
use crate::harness::report::Report;
use crate::harness::requirement::Tested;
use crate::suite::requirements;
use crate::suite::screen::failures;

/// Columns of a terminal.
const WIDTH: usize = 80;
/// Reasons why something was not tested that are shown.
const REASONS_MAX: usize = 3;

/// What was done with a testee.
pub struct Held<'a> {
    /// The testee.
    pub testee: &'a Behind,
    /// How far it is its release in the matrix.
    pub agreement: &'a Agreement,
    /// Inputs that it was fed.
    pub inputs: u64,
    /// How long all of it took.
    pub took: Duration,
}

/// The screen of a report on a testee.
pub fn screen(report: &Report, held: &Held<'_>) -> String {
    let Held { testee, agreement, inputs, took } = held;
    let (name, release, hello) =
        (testee.testee().name(), testee.release(), testee.testee().hello());
    let failures = failures(report, "add --verbose");
    let mut text = if let Some(fault) = testee.testee().fault() {
        let words = format!("{name} could not be asked to the end: it is at fault itself, {fault}");
        format!("{}{failures}", folded("", &words, WIDTH))
    } else if failures.is_empty() {
        folded("", &format!("{name} speaks as {release} does, as far as it was asked."), WIDTH)
    } else {
        format!("{name} does not speak as {release} does.\n{failures}")
    };
    let asked = testee.testee().asked();
    let who = format!(
        "{}Asked: {}, which says it is {} in {}; {} in {:.1} s{}.",
        if failures.is_empty() { "\n" } else { "" },
        hello.name,
        hello.release,
        hello.language,
        counted(asked.questions, "question"),
        took.as_secs_f64(),
        if asked.deaths == 0 {
            String::new()
        } else {
            format!(", in which it died or hung {}", counted(asked.deaths, "time"))
        },
    );
    text.push_str(&folded("", &who, WIDTH));
    for Tested { requirement, tally, .. } in report.requirements() {
        let is_of_matrix =
            requirement.part == "matrix" || *requirement == requirements::TESTEE_HOSTILE;
        if tally.passed + tally.failed > 0 && !is_of_matrix {
            let came =
                format!("{} of {}", grouped(tally.passed), grouped(tally.passed + tally.failed));
            text.push_str(&folded("  ", &format!("{came}: {}", requirement.sentence), WIDTH));
        }
    }
    let cells = format!(
        "{} of {} cells of the matrix with all releases come out as those of {release}; {} of \
         bytes that nobody sends",
        grouped(agreement.same as u64),
        grouped(agreement.all as u64),
        counted(*inputs, "input"),
    );
    text.push_str(&folded("  ", &cells, WIDTH));
    text.push_str(&not_asked(report, testee));
    text.push_str(&format!("\n{}\n", closing_line(report.tally())));
    text
}

/// What it could not be asked.
fn not_asked(report: &Report, testee: &Behind) -> String {
    let mut text = String::new();
    let unknown: Vec<&str> = testee.unknown().collect();
    if !unknown.is_empty() {
        let shown: Vec<&str> = unknown.iter().copied().take(REASONS_MAX).collect();
        let words = format!(
            "{} of its messages are none of the fabric, as {}",
            unknown.len(),
            shown.join(", ")
        );
        text.push_str(&folded("  ", &words, WIDTH));
    }
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for skip in report.grids().iter().flat_map(|grid| grid.skips()) {
        *reasons.entry(&skip.reason).or_default() += skip.cases.len();
    }
    let mut reasons: Vec<(usize, &str)> =
        reasons.into_iter().map(|(why, count)| (count, why)).collect();
    reasons.sort_by(|one, other| other.cmp(one));
    for (count, reason) in reasons.iter().take(REASONS_MAX) {
        text.push_str(&folded(
            "  ",
            &format!("Not tested, {}: {reason}", counted(*count, "case")),
            WIDTH,
        ));
    }
    if let Some(more @ 1..) = reasons.len().checked_sub(REASONS_MAX) {
        text.push_str(&format!("  … and {} more\n", counted(more, "reason")));
    }
    text
}
