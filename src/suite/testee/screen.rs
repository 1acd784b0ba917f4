//! What came of a testee, on one screen.

use std::time::Duration;

use super::Behind;
use super::beside::Agreement;
use crate::harness::render::fold::{WIDTH, folded};
use crate::harness::render::requirements::{counted, grouped};
use crate::harness::render::text::{closing_line, skip_counts};
use crate::harness::report::{Report, Tally};
use crate::harness::requirement::Tested;

use crate::suite::requirements;
use crate::suite::screen::failures;

/// Reasons why something was not tested that are shown.
const REASONS_MAX: usize = 3;

/// What was done with a testee.
pub struct Held<'a> {
    /// The testee.
    pub testee: &'a Behind,
    /// How far it is its release in the matrix.
    pub agreement: Option<&'a Agreement>,
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
    let mut text = if let Some(reason) = testee.testee().over() {
        let words = format!("{name} could not be asked to the end: {reason}.");
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
    let mut played = Tally::default();
    for Tested { requirement, tally, .. } in report.requirements() {
        let is_of_matrix =
            requirement.part == "matrix" || *requirement == requirements::TESTEE_HOSTILE;
        if requirement.part == "session" {
            played += tally;
        } else if !is_of_matrix {
            text.push_str(&came(tally, requirement.sentence));
        }
    }
    text.push_str(&came(played, "scripts of peers end with its sessions as with its release's"));
    if let Some(Agreement { same, all, .. }) = agreement {
        let cells = format!(
            "{} of {} cells of the matrix with all releases come out as those of {release}",
            grouped(*same as u64),
            grouped(*all as u64),
        );
        text.push_str(&folded("  ", &cells, WIDTH));
    }
    let fuzzed = format!("{} of bytes that nobody sends", counted(*inputs, "input"));
    text.push_str(&folded("  ", &fuzzed, WIDTH));
    text.push_str(&not_asked(report, testee));
    text.push_str(&format!("\n{}\n", closing_line(report.tally())));
    text
}

/// How many cases came out well of those that were tried, if any was.
fn came(tally: Tally, sentence: &str) -> String {
    let tried = tally.passed + tally.failed;
    if tried == 0 {
        return String::new();
    }
    let came = format!("{} of {}: {sentence}", grouped(tally.passed), grouped(tried));
    folded("  ", &came, WIDTH)
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
    let mut reasons = skip_counts(report);
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
