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
use crate::harness::verdict::Finding;
use crate::suite::skew::tables::without_bytes;

/// Columns of a terminal.
const WIDTH: usize = 80;
/// Differences that are shown; the rest is counted.
const SHOWN_MAX: usize = 4;
/// Characters of what was seen that are shown.
const SEEN_LEN_MAX: usize = 230;

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
    let findings: Vec<&Finding> = report.findings().collect();
    let groups = groups(&findings);
    let verdict = match groups.len() {
        0 => format!("{name} speaks as {release} does, as far as it was asked."),
        count => format!(
            "FAILED: {name} differs from {release} in {}, seen in {}.",
            counted(count as u64, "way"),
            counted(findings.len() as u64, "case")
        ),
    };
    let mut text = folded("", &verdict, WIDTH);
    for members in groups.values().take(SHOWN_MAX) {
        text.push_str(&told(members));
    }
    if let Some(more @ 1..) = groups.len().checked_sub(SHOWN_MAX) {
        text.push_str(&format!("  … and {more} more: add --verbose\n"));
    }
    let asked = testee.testee().asked();
    let who = format!(
        "\nAsked: {}, which says it is {} in {}; {} in {:.1} s{}.",
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
        if tally.passed + tally.failed > 0 && requirement.part != "matrix" {
            let came = format!("{} of {}", grouped(tally.passed), grouped(tally.passed + tally.failed));
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

/// Findings by what they have in common: message, requirement and words.
fn groups<'a>(findings: &[&'a Finding]) -> BTreeMap<(String, String), Vec<&'a Finding>> {
    let mut groups: BTreeMap<_, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        let segments: Vec<&str> = finding.case.as_str().split('/').collect();
        let message = segments.get(4).copied().unwrap_or_default().to_owned();
        let words: String = without_bytes(&finding.actual).chars().take(24).collect();
        groups.entry((message, words)).or_default().push(finding);
    }
    groups
}

fn told(members: &[&Finding]) -> String {
    let Some(first) = members.first() else { return String::new() };
    let seen: String = first.actual.chars().take(SEEN_LEN_MAX).collect();
    let cut = if seen.len() < first.actual.len() { "…" } else { "" };
    let more = match members.len() {
        1 => String::new(),
        count => format!(" (and {} like it)", counted(count as u64 - 1, "case")),
    };
    let words = format!("{}{more}: {seen}{cut}", first.case);
    let mut text = folded("  ", &words, WIDTH);
    if let Some(line) = &first.repro {
        text.push_str(&format!("  repeat: {line}\n"));
    }
    text
}

/// What it could not be asked.
fn not_asked(report: &Report, testee: &Behind) -> String {
    let mut text = String::new();
    if !testee.shakes_hands() {
        text.push_str("  Handshakes are the model's: it has none of its own.\n");
    }
    let skips = report.grids().iter().flat_map(|grid| grid.skips());
    for (reason, count) in skips.map(|skip| (&skip.reason, skip.cases.len())).take(3) {
        let words = format!("Not tested, {}: {reason}", counted(count as u64, "case"));
        text.push_str(&folded("  ", &words, WIDTH));
    }
    text
}
