//! A report for CI servers: JUnit's XML.
//!
//! | suite | test case | fails with |
//! |---|---|---|
//! | a part of the run, as `session` | a requirement, as `session/watch` | its findings, each with its address |
//! | a grid with cases of no requirement | a row and a column | the findings of these |
//!
//! A test case has what is to be known of its requirement as properties: the level, the sentence, the place
//! and how many cases of it passed, failed and were skipped. So the number of tests is the number of
//! requirements, as in every other form of a report.

use std::collections::BTreeMap;
use std::fmt::Write;

use quick_junit::{NonSuccessKind, Property, Report as Xml, TestCase, TestCaseStatus, TestSuite};

use crate::report::{Grid, Report, Tally};
use crate::requirement::{Standing, Tested};
use crate::verdict::Finding;

/// Findings of one test case that are spelled out; the rest is counted.
const FINDINGS_MAX: usize = 20;

/// The report as XML, ending in a line break.
///
/// # Errors
///
/// If the XML cannot be written, in words. Nothing in a report should make it so.
pub fn render(report: &Report) -> Result<String, String> {
    let mut xml = Xml::new(report.title());
    let mut suites: BTreeMap<&str, TestSuite> = BTreeMap::new();
    for tested in &report.requirements() {
        let part = tested.requirement.part;
        let suite = suites.entry(part).or_insert_with(|| TestSuite::new(part));
        suite.add_test_case(requirement_case(report, tested));
    }
    xml.add_test_suites(suites.into_values());
    xml.add_test_suites(report.grids().iter().filter_map(unnamed_suite));
    xml.to_string().map_err(|error| error.to_string())
}

fn requirement_case(report: &Report, tested: &Tested) -> TestCase {
    let Tested { requirement, tally, standing } = tested;
    let is_of_it = |finding: &&Finding| finding.case.requirement() == Some(requirement);
    let status = match standing {
        Standing::Passed => TestCaseStatus::success(),
        Standing::Failed => failure(&report.findings().filter(is_of_it).collect::<Vec<_>>()),
        Standing::Untested => skipped("no case is about it"),
        Standing::Excluded(reason) => skipped(reason),
    };
    let mut case = TestCase::new(requirement.to_string(), status);
    case.set_classname(requirement.part);
    let count = |number: u64| number.to_string();
    case.add_properties([
        Property::new("level", requirement.level.to_string()),
        Property::new("requirement", requirement.sentence),
        Property::new("place", requirement.place),
        Property::new("cases passed", count(tally.passed)),
        Property::new("cases failed", count(tally.failed)),
        Property::new("cases skipped", count(tally.skipped)),
    ]);
    case
}

fn skipped(reason: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(reason);
    status
}

/// The cells of a grid with the cases in them that are of no requirement; none if there are none.
fn unnamed_suite(grid: &Grid) -> Option<TestSuite> {
    let mut cells: BTreeMap<(usize, usize), Tally> = BTreeMap::new();
    grid.each_case(|case| {
        if case.requirement.is_none() {
            cells.entry(case.place).or_default().count(case.came);
        }
    });
    let mut suite = TestSuite::new(grid.name());
    for ((row, column), tally) in cells {
        let findings = grid.findings_in(row, column);
        let findings: Vec<_> = findings.filter(|it| it.case.requirement().is_none()).collect();
        let status = match tally {
            Tally { failed: 1.., .. } => failure(&findings),
            Tally { passed: 0, .. } => skipped(&format!("{} skipped", tally.skipped)),
            _ => TestCaseStatus::success(),
        };
        let names = [grid.rows().get(row), grid.columns().get(column)];
        let [row, column] = names.map(|name| name.map_or("", String::as_str));
        let mut case = TestCase::new(format!("{row}, {column}"), status);
        case.set_classname(grid.name());
        suite.add_test_case(case);
    }
    (suite.tests > 0).then_some(suite)
}

fn failure(findings: &[&Finding]) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    let first = findings.first().map(|finding| finding.requirement.as_str()).unwrap_or_default();
    status.set_message(match findings.len() {
        1 => first.to_owned(),
        count => format!("{count} findings, first: {first}"),
    });
    let mut text: String = findings.iter().take(FINDINGS_MAX).map(|f| finding_text(f)).collect();
    if let Some(hidden @ 1..) = findings.len().checked_sub(FINDINGS_MAX) {
        let _ = writeln!(text, "… and {hidden} more");
    }
    status.set_description(text);
    status
}

fn finding_text(finding: &Finding) -> String {
    let mut text = format!(
        "{}\nmust hold: {}\nexpected: {}\nactual: {}\n",
        finding.case, finding.requirement, finding.expected, finding.actual
    );
    if let Some(place) = &finding.place {
        let _ = writeln!(text, "at: {place}");
    }
    if let Some(repro) = &finding.repro {
        let _ = writeln!(text, "repeat: {repro}");
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;
    use crate::requirement::{Level, Requirement};
    use crate::verdict::{CaseId, Verdict};

    static WATCH: Requirement = Requirement {
        part: "session",
        name: "watch",
        level: Level::Must,
        sentence: "A watch is refused.",
        place: "02 §5",
        elsewhere: None,
    };
    static NEVER: Requirement = Requirement { name: "never", ..WATCH };

    #[test]
    fn requirements_are_test_cases_and_findings_their_failures() {
        let mut report = Report::new("sample run").requiring([&WATCH, &NEVER]);
        for release in ["1.6", "1.7"] {
            let case = WATCH.case([release]);
            let verdict = match release {
                "1.6" => Verdict::Pass,
                _ => Verdict::from(sample::finding(case.clone(), "a value".to_owned())),
            };
            report.grid("sessions").record("watches", release, &case, verdict);
        }
        let xml = render(&report).unwrap();
        assert!(xml.contains(r#"name="sample run" tests="2" skipped="1" failures="1""#), "{xml}");
        assert!(xml.contains(r#"<testcase name="session/watch" classname="session">"#), "{xml}");
        assert!(xml.contains(r#"<property name="cases passed" value="1"/>"#), "{xml}");
        assert!(xml.contains(r#"<property name="place" value="02 §5"/>"#), "{xml}");
        assert!(xml.contains("session/watch/1.7\nmust hold: Trailing bytes are refused."), "{xml}");
        assert!(xml.contains("no case is about it"), "{xml}");
        // A case of no requirement in the same grid is a test case of its own.
        let other = CaseId::from_segments(["other"]);
        let finding = sample::finding(other.clone(), "a value".to_owned());
        report.grid("sessions").record("others", "1.7", &other, Verdict::from(finding));
        let xml = render(&report).unwrap();
        assert!(xml.contains(r#"name="sample run" tests="3" skipped="1" failures="2""#), "{xml}");
        assert!(xml.contains(r#"<testcase name="others, 1.7" classname="sessions">"#), "{xml}");
    }

    #[test]
    fn cells_of_no_requirement_are_test_cases_too() {
        let xml = render(&sample::report()).unwrap();
        assert!(xml.contains(r#"name="sample run" tests="5" skipped="1" failures="2""#), "{xml}");
        assert!(xml.contains(r#"<testsuite name="codecs" tests="5" skipped="1""#), "{xml}");
        assert!(xml.contains(r#"<testcase name="Write, 1.6" classname="codecs">"#), "{xml}");
        assert!(xml.contains("must hold: Trailing bytes are refused."), "{xml}");
        assert!(xml.ends_with("</testsuites>\n"));
    }

    #[test]
    fn what_is_markup_or_no_character_stays_text() {
        let xml = render(&sample::with_matrix()).unwrap();
        assert!(!xml.contains("</script>") && !xml.contains('\u{1}'), "{xml}");
        assert!(xml.contains("&lt;/script&gt;"), "{xml}");
    }
}
