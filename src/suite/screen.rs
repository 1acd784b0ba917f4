//! The first screen: what somebody wants to be told who runs the main job, on at most 30 lines.
//!
//! If something failed, that comes first. Then may each line run with the next, as released; how much was
//! proved; and where to look further.

use std::time::Duration;

use crate::fabric::catalogue::MessageType;
use crate::fabric::release::Release;
use crate::harness::render::fold::{WIDTH, folded};
use crate::harness::render::requirements::{counted, left_out, sentence};
use crate::harness::render::text::closing_line;
use crate::harness::report::Report;
use crate::harness::requirement::Tested;
use crate::harness::verdict::Finding;
use crate::suite::compatibility::{Reason, VerdictKind, verdict};
use crate::suite::requirements;

/// Causes of failures that are shown; the rest is counted.
const CAUSES_MAX: usize = 3;
/// Reasons why something was not tested that are shown.
const LEFT_OUT_MAX: usize = 2;
/// Lines of a reason.
const REASON_LINES: usize = 2;
/// Lines of a cause of failures, which ends with the address of a case.
const CAUSE_LINES: usize = 3;
/// What the words about a pair are indented by.
const INDENT: &str = "              ";

/// The screen of a report that took so long.
pub fn text(report: &Report, took: Duration) -> String {
    let mut text = failures(report, "skewproof check --verbose");
    let has_failed = !text.is_empty();
    text.push_str(&examined());
    text.push_str("\nFrom one release line to the next, node by node, as released:\n");
    let lines: Vec<Release> = Release::lines().collect();
    for pair in lines.windows(2) {
        if let [older, newer] = pair {
            text.push_str(&of_pair(*older, *newer, !has_failed));
        }
    }
    text.push('\n');
    text.push_str(&proved(report, took));
    text.push_str(&next());
    text.push_str(&format!("\n{}\n", closing_line(report.tally())));
    text
}

/// What failed, cause by cause, each with the line that repeats it; nothing if nothing did. `all` is the
/// command that shows all of them.
pub fn failures(report: &Report, all: &str) -> String {
    let findings: Vec<&Finding> = report.findings().collect();
    if findings.is_empty() {
        return String::new();
    }
    let causes = report.causes();
    let mut text = format!(
        "FAILED: {}, seen in {}\n",
        counted(causes.len(), "cause"),
        counted(findings.len(), "case")
    );
    for cause in causes.iter().take(CAUSES_MAX) {
        let Some(finding) = cause.members.first().and_then(|at| findings.get(*at)) else {
            continue;
        };
        let words = if cause.sentence.is_empty() { &finding.requirement } else { &cause.sentence };
        text.push_str(&first_lines("  ", words, CAUSE_LINES));
        let line = finding.repro.as_deref().unwrap_or_default();
        text.push_str(&format!("  repeat: {line}\n"));
    }
    if let Some(more @ 1..) = causes.len().checked_sub(CAUSES_MAX) {
        text.push_str(&format!("  … and {more} more: {all}\n"));
    }
    text.push('\n');
    text
}

/// What was looked at, in a sentence.
fn examined() -> String {
    let lines: Vec<Release> = Release::lines().collect();
    let ends =
        [lines.first(), lines.last()].map(|it| it.map(ToString::to_string).unwrap_or_default());
    let versions = lines.iter().flat_map(|line| line.versions()).map(|it| it.number()).max();
    let words = format!(
        "Examined: {} releases of {} lines, {} to {}; {} messages at V1 to V{}.",
        Release::stable().count(),
        lines.len(),
        ends[0],
        ends[1],
        MessageType::all().count(),
        versions.unwrap_or_default(),
    );
    folded("", &words, WIDTH)
}

/// The verdict on a line and the next, in words, with the reason that weighs most.
fn of_pair(older: Release, newer: Release, with_reason: bool) -> String {
    let verdict = verdict(older, newer);
    let pair = format!("  {older} to {newer}");
    let words = format!("{}{}", verdict.kind, patches(older, newer, verdict.kind));
    let words = first_lines(INDENT, &words, REASON_LINES);
    let mut text = format!("{pair:14}{}", words.trim_start());
    let reason = match verdict.kind {
        VerdictKind::Limits(_) => verdict.worst(),
        _ => verdict.reasons.first(),
    };
    if let Some(reason) = reason.filter(|_| with_reason) {
        text.push_str(&first_lines(INDENT, &reason_words(reason, verdict.kind), REASON_LINES));
    }
    text
}

/// What happens at worst, when, and what it is about.
fn reason_words(reason: &Reason, kind: VerdictKind) -> String {
    let row = reason.row;
    let severity = row.severity.in_words();
    let mut words = if row.interrupts() {
        format!("what fails: {} ({}): {}", severity, row.sent.in_words(), row.what)
    } else if kind.is_yes() {
        format!("the worst: {} ({}): {}", severity, row.sent.in_words(), row.what)
    } else {
        format!("{}, {}: {}", row.what, row.when, row.user)
    };
    if let Some(issue) = &row.issue {
        words.push_str(&format!(" ({issue})"));
    }
    if let Some(fixed) = &row.fixed {
        words.push_str(&format!(" Fixed in {fixed}."));
    }
    words
}

/// The patches that do worse than the last ones, which the verdict is about.
fn patches(older: Release, newer: Release, kind: VerdictKind) -> String {
    if !kind.is_yes() {
        return String::new();
    }
    let earlier =
        |line: Release| Release::stable().filter(move |it| it.line() == line && *it != line);
    let to = earlier(newer).map(|it| (older, it, format!("to {}", it.exact_name())));
    let from = earlier(older).map(|it| (it, newer, format!("from {}", it.exact_name())));
    let mut worse = String::new();
    for (older, newer, way) in to.chain(from) {
        let verdict = verdict(older, newer);
        if !verdict.kind.is_yes() {
            let fixed = verdict.reasons.first().and_then(|reason| reason.row.fixed.as_deref());
            let fixed = fixed.map(|fixed| format!(" (fixed in {fixed})")).unwrap_or_default();
            worse.push_str(&format!("; not {way}{fixed}"));
        }
    }
    worse
}

/// How much was proved, and what was not looked at here.
fn proved(report: &Report, took: Duration) -> String {
    let tested = report.requirements();
    let words = sentence(&tested).unwrap_or_default();
    let mut text = folded("", &format!("In {:.1} s: {words}.", took.as_secs_f64()), WIDTH);
    let here: Vec<Tested> =
        tested.into_iter().filter(|it| it.requirement.elsewhere.is_none()).collect();
    let left_out = left_out(&here);
    for (reason, names) in left_out.iter().take(LEFT_OUT_MAX) {
        let words = format!("Not tested here, {}: {reason}", names.len());
        text.push_str(&first_lines("  ", &words, REASON_LINES));
    }
    if let Some(more @ 1..) = left_out.len().checked_sub(LEFT_OUT_MAX) {
        let more = counted(more, "more reason");
        text.push_str(&format!("  … and {more}: skewproof check --verbose\n"));
    }
    text
}

/// Where to look further.
fn next() -> String {
    let of_others = requirements::all().iter().filter(|it| it.elsewhere.is_some()).count();
    format!(
        "
  skewproof ask 1.5.3 1.6.2      may these two run together, and what to do
  skewproof check --verbose      every table, finding and known fault
  skewproof list requirements    what must hold; other commands test {of_others} of it
"
    )
}

/// Words on so many lines at most; what there is no room for is an ellipsis.
fn first_lines(indent: &str, words: &str, lines_max: usize) -> String {
    let whole = folded(indent, words, WIDTH - 2);
    let mut lines: Vec<String> = whole.lines().take(lines_max).map(str::to_owned).collect();
    if whole.lines().count() > lines_max
        && let Some(last) = lines.last_mut()
    {
        last.push_str(" …");
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::report::Report;
    use crate::harness::verdict::Verdict;

    fn fits(text: &str) {
        assert!(text.lines().count() <= 30, "{} lines\n{text}", text.lines().count());
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(WIDTH), "{widest:?}\n{text}");
    }

    #[test]
    fn it_fits_and_says_what_comes_of_every_line_and_the_next() {
        let mut report = Report::new("check").requiring(requirements::all());
        let case = requirements::PAIR.case(["1.6", "1.7"]);
        report.grid("pairs").record("a", "b", &case, Verdict::Pass);
        let text = text(&report, Duration::from_millis(6_210));
        fits(&text);
        for pair in ["1.2 to 1.3", "1.3 to 1.4", "1.4 to 1.5", "1.5 to 1.6", "1.6 to 1.7"] {
            assert_eq!(text.matches(pair).count(), 1, "{pair}\n{text}");
        }
        assert!(text.contains("1 requirement tested in 1 case"), "{text}");
        assert!(text.contains("In 6.2 s: 1 requirement"), "{text}");
        assert!(text.ends_with("\n1 passed, 0 failed, 0 skipped\n"), "{text}");
    }

    #[test]
    fn patches_that_break_are_named_with_the_one_that_does_not() {
        let [three, four] = ["1.3", "1.4"].map(|name| name.parse().unwrap());
        let said = of_pair(three, four, false).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("not to 1.4.0 (fixed in 1.4.1)"), "{said}");
    }

    #[test]
    fn what_failed_comes_first_with_the_line_that_repeats_it() {
        let mut report = Report::new("check");
        for name in ["a", "b", "c", "d", "e"] {
            let case = requirements::PAIR.case([name]);
            let verdict = Verdict::from(Finding {
                case: case.clone(),
                requirement: format!("{name} holds, and that is a long sentence about much of it"),
                expected: "1".to_owned(),
                actual: "2".to_owned(),
                place: None,
                repro: Some(crate::suite::repro::case(&case)),
            });
            report.grid("pairs").record(name, "b", &case, verdict);
        }
        let text = text(&report, Duration::from_secs(1));
        fits(&text);
        assert!(text.starts_with("FAILED: 5 causes, seen in 5 cases\n"), "{text}");
        assert!(text.contains("  repeat: skewproof repro check/pair/a\n"), "{text}");
        assert!(text.contains("and 2 more"), "{text}");
        assert_eq!(first_lines("", "short", 1), "short\n");
    }
}
