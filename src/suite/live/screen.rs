//! What came of a server, on one screen.

use std::time::Duration;

use super::Known;
use crate::harness::render::fold::{WIDTH, folded, paragraph};
use crate::harness::render::requirements::{counted, grouped};
use crate::harness::render::text::closing_line;
use crate::harness::report::Report;
use crate::harness::requirement::Tested;

/// Columns of a label.
const LABEL: usize = 13;
/// Differences that are shown in full; the rest is counted.
const DIFFERENCES_MAX: usize = 6;
/// Reasons why something was not played that are shown.
const REASONS_MAX: usize = 4;

/// The screen of a report on a server that took so long.
pub fn screen(report: &Report, known: &Known, took: Duration) -> String {
    let tally = report.tally();
    let (passed, played) = (tally.passed, tally.passed + tally.failed);
    let mut text = folded("", &format!("{}.", known.in_words()), WIDTH);
    let release = known.release;
    let words = format!(
        "{} of {} cases as {release} was released, in {:.1} s.",
        grouped(passed),
        grouped(played),
        took.as_secs_f64()
    );
    text.push_str(&folded("", &words, WIDTH));
    for finding in report.findings().take(DIFFERENCES_MAX) {
        text.push_str(&format!("\n{}\n", finding.case));
        paragraph(&mut text, "  must hold  ", LABEL, &finding.requirement);
        paragraph(&mut text, "  expected   ", LABEL, &finding.expected);
        paragraph(&mut text, "  answered   ", LABEL, &finding.actual);
        if let Some(repro) = &finding.repro {
            text.push_str(&format!("  repeat     {repro}\n"));
        }
    }
    let findings = report.findings().count();
    if let Some(more @ 1..) = findings.checked_sub(DIFFERENCES_MAX) {
        text.push_str(&format!("  … and {}: add --verbose\n", counted(more, "more difference")));
    }
    text.push('\n');
    for Tested { requirement, tally, .. } in report.requirements() {
        let came = format!("{} of {}", grouped(tally.passed), grouped(tally.passed + tally.failed));
        text.push_str(&folded("  ", &format!("{came}: {}", requirement.sentence), WIDTH));
    }
    text.push_str(&not_played(report));
    text.push_str(&format!("\n{}\n", closing_line(tally)));
    text
}

/// Why cases were not played.
fn not_played(report: &Report) -> String {
    let mut text = String::new();
    let mut reasons: Vec<(usize, &str)> = Vec::new();
    for skip in report.grids().iter().flat_map(|grid| grid.skips()) {
        reasons.push((skip.cases.len(), &skip.reason));
    }
    reasons.sort_by(|one, other| other.cmp(one));
    for (count, reason) in reasons.iter().take(REASONS_MAX) {
        let words = format!("Not played, {}: {reason}", counted(*count, "case"));
        text.push_str(&folded("  ", &words, WIDTH));
    }
    if let Some(more @ 1..) = reasons.len().checked_sub(REASONS_MAX) {
        text.push_str(&format!("  … and {}\n", counted(more, "more reason")));
    }
    text
}
