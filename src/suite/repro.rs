//! The command lines that repeat a case, and the stories that some of them tell.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::fabric::catalogue::MessageType;
use crate::fabric::release::Release;
use crate::harness::cases::Case;
use crate::harness::render::text::closing_line;
use crate::harness::render::{quoted, repro};
use crate::harness::report::{Grid, Report};
use crate::harness::requirement::{Requirement, Tested};
use crate::harness::story::Story;
use crate::harness::verdict::{CaseId, Finding};
use crate::suite::speaker::SpeakError;
use crate::suite::testee::Behind;
use crate::suite::{check, handshake, skew};

/// Decodes bytes as a release at a version.
pub fn decode(message_type: MessageType, release: Release, number: i32, bytes: &[u8]) -> String {
    let hex = quoted(&hex::encode(bytes));
    format!(
        "skewproof decode {} --release {release} --protocol {number} {hex}",
        message_type.row().word()
    )
}

/// Encodes a value as a release at a version.
pub fn encode(message_type: MessageType, release: Release, number: i32, json: &str) -> String {
    let json = quoted(json);
    format!(
        "skewproof encode {} --release {release} --protocol {number} {json}",
        message_type.row().word()
    )
}

/// Repeats the case with an address.
pub fn case(address: &CaseId) -> String {
    format!("{} {}", repro(), quoted(address.as_str()))
}

/// Verifies fixtures of a store again that lies elsewhere: those with a name, or all.
pub fn fixtures(name: Option<&str>, golden: &Path) -> String {
    let named = name.map(|name| format!(" {}", quoted(name))).unwrap_or_default();
    let golden = quoted(&golden.to_string_lossy());
    format!("skewproof golden verify{named} --golden {golden}")
}

/// The same of a case in which testees may be: those that are, are named behind it.
pub fn case_with<'a>(address: &CaseId, testees: impl IntoIterator<Item = &'a Behind>) -> String {
    let segments: Vec<&str> = address.as_str().split('/').collect();
    let theirs = testees.into_iter().filter(|testee| segments.contains(&testee.testee().name()));
    theirs.fold(case(address), |line, testee| format!("{line}{}", naming(testee)))
}

/// Repeats all that comes of a pair in which a testee is.
pub fn pair(dialer: &str, acceptor: &str, testee: &Behind) -> String {
    let [from, to] = [dialer, acceptor].map(quoted);
    command(&format!("matrix --from {from} --to {to}"), testee)
}

/// A command again in which a testee is.
pub fn command(words: &str, testee: &Behind) -> String {
    format!("skewproof {words}{}", naming(testee))
}

/// Plays the script of a case of sessions to a testee again.
pub fn script(case: &CaseId, testee: &Behind) -> String {
    let script = case.as_str().split('/').nth(2).unwrap_or_default();
    command(&format!("session {script}"), testee)
}

/// How a testee is started, as it would be typed.
pub fn program(testee: &Behind) -> String {
    testee.testee().launch().to_string()
}

/// The option that names a testee, with what it is held to, behind a space.
pub fn naming(testee: &Behind) -> String {
    let launch = testee.testee().launch();
    let named = format!("{}@{}={launch}", launch.name, testee.release());
    format!(" --testee {}", quoted(&named))
}

/// Whether a case with such an address has a story from end to end.
pub fn tells(address: &str) -> bool {
    let segments: Vec<&str> = address.split('/').collect();
    match segments.as_slice() {
        ["check", "hello" | "welcome", ..] => segments.len() == 4,
        ["matrix", "lists", ..] => false,
        ["matrix", ..] => segments.len() == 6,
        _ => false,
    }
}

/// Tells the story of the case with an address.
///
/// # Errors
///
/// If there is no such case.
pub fn story(address: &str, testees: &[Arc<Behind>]) -> Result<Story, SpeakError> {
    if address.starts_with("check/") {
        handshake::story(address)
    } else {
        skew::story(address, testees)
    }
}

/// What came of the cases of a report: of each requirement what must hold, and each finding in full.
pub fn verdicts(report: &Report) -> String {
    let mut text = String::new();
    for Tested { requirement, tally, .. } in report.requirements() {
        let Requirement { level, sentence, place, .. } = requirement;
        let line = |heading: &str, words: String| format!("{heading:12}{words}\n");
        text.push_str(&line("requirement", format!("{requirement} ({level}; {place})")));
        text.push_str(&line("must hold", (*sentence).to_owned()));
        text.push_str(&line("verdict", closing_line(tally)));
        let mut cases = BTreeSet::new();
        let mut add = |case: Case<'_>| {
            if case.requirement == Some(requirement) {
                cases.insert(case.address.to_owned());
            }
        };
        report.grids().iter().for_each(|grid| grid.each_case(&mut add));
        for case in cases.iter().take(CASES_MAX) {
            text.push_str(&line("case", (*case).to_owned()));
            if let Some(command) = check::encoding(case) {
                text.push_str(&line("look closer", command));
            }
        }
        if let Some(more @ 1..) = cases.len().checked_sub(CASES_MAX) {
            text.push_str(&line("", format!("and {more} more")));
        }
        let is_of_it = |finding: &&Finding| finding.case.requirement() == Some(requirement);
        // What all lines of a fixture see alike is told once.
        let mut told: Vec<(&Finding, usize)> = Vec::new();
        for finding in report.findings().filter(is_of_it) {
            let is_same = |(known, _): &&mut (&Finding, usize)| {
                (&known.requirement, &known.expected, &known.actual, &known.place)
                    == (&finding.requirement, &finding.expected, &finding.actual, &finding.place)
            };
            match told.iter_mut().find(is_same) {
                Some((_, times)) => *times += 1,
                None => told.push((finding, 1)),
            }
        }
        for (finding, times) in told {
            let times = if times > 1 { format!(", in {times} cases") } else { String::new() };
            text.push_str(&line("finding", format!("{}{times}", finding.requirement)));
            text.push_str(&line("expected", finding.expected.clone()));
            text.push_str(&line("actual", finding.actual.clone()));
            text.push_str(
                &finding.place.iter().map(|at| line("at", at.clone())).collect::<String>(),
            );
        }
        text.push('\n');
    }
    for (reason, cases) in
        report.grids().iter().flat_map(Grid::skips).map(|it| (&it.reason, it.cases.len()))
    {
        text.push_str(&format!("skipped     {cases}: {reason}\n"));
    }
    text
}

/// Cases of one requirement that are named.
const CASES_MAX: usize = 12;
