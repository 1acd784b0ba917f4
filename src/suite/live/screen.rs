//! What came of a server, on one screen.

use std::time::Duration;

use super::Known;
use crate::harness::render::fold::{WIDTH, folded, paragraph};
use crate::harness::render::requirements::{counted, grouped};
use crate::harness::render::text::closing_line;
use crate::harness::report::{Report, Tally};
use crate::harness::verdict::Finding;
use crate::suite::marks::in_full;

/// Columns of a label.
const LABEL: usize = 13;
/// Causes of differences that are shown; the rest is counted.
const DIFFERENCES_MAX: usize = 6;
/// How the reason of a case begins that is a known fault.
const EXPECTED: &str = "expected: ";

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
    text.push_str(&differences(report));
    text.push('\n');
    for (row, tally) in rows(report) {
        let played = tally.passed + tally.failed;
        if played > 0 {
            let came = format!("{} of {}", grouped(tally.passed), grouped(played));
            text.push_str(&format!("  {came:16}{row}\n"));
        }
    }
    text.push_str(&not_played(report));
    text.push_str(&format!("\n{}\n", closing_line(tally)));
    text
}

/// What differs, cause by cause, each with one of its cases.
fn differences(report: &Report) -> String {
    let findings: Vec<&Finding> = report.findings().collect();
    let causes = report.causes();
    let mut text = String::new();
    for cause in causes.iter().take(DIFFERENCES_MAX) {
        let Some(finding) = cause.members.first().and_then(|at| findings.get(*at)) else {
            continue;
        };
        text.push_str(&format!("\n{}\n", finding.case));
        paragraph(&mut text, "  must hold  ", LABEL, &finding.requirement);
        paragraph(&mut text, "  expected   ", LABEL, &in_full(&finding.expected));
        paragraph(&mut text, "  answered   ", LABEL, &finding.actual);
        if let Some(repro) = &finding.repro {
            text.push_str(&format!("  repeat     {repro}\n"));
        }
        if let Some(more @ 1..) = cause.members.len().checked_sub(1) {
            let more = counted(more, "other case");
            text.push_str(&format!("  and in     {more}: --verbose has all\n"));
        }
    }
    if let Some(more @ 1..) = causes.len().checked_sub(DIFFERENCES_MAX) {
        text.push_str(&format!("  … and {}: add --verbose\n", counted(more, "more cause")));
    }
    text
}

/// What was played, with what came of it.
fn rows(report: &Report) -> Vec<(&str, Tally)> {
    let mut rows = Vec::new();
    for grid in report.grids() {
        for (at, name) in grid.rows().iter().map(String::as_str).enumerate() {
            // A grid of one row has the better name.
            let name = if grid.rows().len() == 1 { grid.name() } else { name };
            let cells = (0..grid.columns().len()).filter_map(|column| grid.cell(at, column));
            rows.push((name, cells.sum()));
        }
    }
    rows
}

/// Why cases were not played, and what was expected.
fn not_played(report: &Report) -> String {
    let mut text = String::new();
    let mut reasons: Vec<(usize, &str)> = Vec::new();
    for skip in report.grids().iter().flat_map(|grid| grid.skips()) {
        reasons.push((skip.cases.len(), &skip.reason));
    }
    reasons.sort_by(|one, other| other.cmp(one));
    let (known, left_out): (Vec<_>, Vec<_>) =
        reasons.into_iter().partition(|(_, reason)| reason.starts_with(EXPECTED));
    for (count, reason) in known {
        let reason = reason.strip_prefix(EXPECTED).unwrap_or_default();
        let words = format!("Known fault, {}: {reason}", counted(count, "case"));
        text.push_str(&folded("  ", &in_full(&words), WIDTH));
    }
    for (count, reason) in left_out {
        let words = format!("Not played, {}: {reason}", counted(count, "case"));
        text.push_str(&folded("  ", &in_full(&words), WIDTH));
    }
    text
}
