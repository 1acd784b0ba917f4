//! A report for CI servers: JUnit's XML.
//!
//! | suite | test case | fails with |
//! |---|---|---|
//! | a grid | a row and a column | its findings |
//! | the matrix from one sender to one receiver | a layer and a message | its cells that are findings |
//!
//! A cell of a grid whose findings all are cells of the matrix is left out: they stand in the suite
//! of the matrix, message by message, and should not count twice.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write;

use quick_junit::{NonSuccessKind, Report as Xml, TestCase, TestCaseStatus, TestSuite};

use crate::harness::report::{Grid, Report, SkipGroup, Tally};
use crate::harness::skew::Matrix;
use crate::harness::skew::matrix::{Block, Cell, ROOT};
use crate::harness::verdict::Finding;

/// Findings of one test case that are spelled out; the rest is counted.
const FINDINGS_MAX: usize = 20;

/// The report as XML, ending in a line break.
///
/// # Errors
///
/// If the XML cannot be written, in words. Nothing in a report should make it so.
pub fn render(report: &Report) -> Result<String, String> {
    let mut xml = Xml::new(report.title());
    let matrix = report.matrix();
    let addresses = matrix.map(addresses).unwrap_or_default();
    for grid in report.grids() {
        xml.add_test_suite(grid_suite(grid, &addresses));
    }
    if let Some(matrix) = matrix {
        xml.add_test_suites(matrix_suites(report, matrix));
    }
    xml.to_string().map_err(|error| error.to_string())
}

fn addresses(matrix: &Matrix) -> HashSet<String> {
    matrix.cells().map(|cell| cell.address().to_string()).collect()
}

fn grid_suite(grid: &Grid, addresses: &HashSet<String>) -> TestSuite {
    let mut suite = TestSuite::new(grid.name());
    for (row, row_name) in grid.rows().iter().enumerate() {
        for (column, column_name) in grid.columns().iter().enumerate() {
            let Some(tally) = grid.cell(row, column) else { continue };
            let findings: Vec<_> = grid.findings_in(row, column).collect();
            let is_elsewhere = |f: &&Finding| addresses.contains(f.case.as_str());
            if findings.is_empty() || !findings.iter().all(is_elsewhere) {
                let mut case = test_case(format!("{row_name}, {column_name}"), &findings, tally);
                case.set_classname(grid.name());
                suite.add_test_case(case);
            }
        }
    }
    let skipped: String = grid.skips().iter().map(skip_line).collect();
    if !skipped.is_empty() {
        suite.set_system_out(skipped);
    }
    suite
}

fn skip_line(SkipGroup { reason, cases }: &SkipGroup) -> String {
    let count = cases.len();
    let first = cases.first().map(ToString::to_string).unwrap_or_default();
    format!("{count} skipped: {reason}, as {first}\n")
}

fn test_case(name: String, findings: &[&Finding], tally: Tally) -> TestCase {
    let status = if !findings.is_empty() {
        failure(findings)
    } else if tally.passed == 0 {
        let mut status = TestCaseStatus::skipped();
        status.set_message(format!("{} skipped", tally.skipped));
        status
    } else {
        TestCaseStatus::success()
    };
    TestCase::new(name, status)
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

/// A suite for each sender and receiver.
fn matrix_suites(report: &Report, matrix: &Matrix) -> Vec<TestSuite> {
    let findings: HashMap<&str, &Finding> =
        report.findings().map(|finding| (finding.case.as_str(), finding)).collect();
    let mut suites: BTreeMap<(usize, usize), TestSuite> = BTreeMap::new();
    for block in &matrix.blocks {
        let (sender, receiver) = (matrix.name(block.sender), matrix.name(block.receiver));
        let suite = suites
            .entry((block.sender, block.receiver))
            .or_insert_with(|| TestSuite::new(format!("{ROOT}: {sender} to {receiver}")));
        block_cases(matrix, block, &findings).into_iter().for_each(|case| {
            suite.add_test_case(case);
        });
    }
    suites.into_values().collect()
}

fn block_cases(
    matrix: &Matrix,
    block: &Block,
    findings: &HashMap<&str, &Finding>,
) -> Vec<TestCase> {
    let mut by_message: Vec<(&str, Vec<Cell<'_>>)> = Vec::new();
    for cell in matrix.cells_of(block) {
        match by_message.last_mut() {
            Some((name, cells)) if *name == cell.row.name => cells.push(cell),
            _ => by_message.push((cell.row.name, vec![cell])),
        }
    }
    let case = |(message, cells): (&str, Vec<Cell<'_>>)| {
        let found: Vec<&Finding> = cells
            .iter()
            .filter_map(|cell| findings.get(cell.address().as_str()).copied())
            .collect();
        let tally = Tally { passed: cells.len() as u64, ..Tally::default() };
        let mut case = test_case(format!("{}, {message}", block.layer), &found, tally);
        let class = [ROOT, matrix.name(block.sender), matrix.name(block.receiver)].join("/");
        case.set_classname(class);
        case
    };
    by_message.into_iter().map(case).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::render::sample;

    #[test]
    fn cells_are_test_cases_and_findings_their_failures() {
        let xml = render(&sample::report()).unwrap();
        assert!(xml.contains(r#"name="sample run" tests="5" skipped="1" failures="2""#), "{xml}");
        assert!(xml.contains(r#"<testsuite name="codecs" tests="5" skipped="1""#), "{xml}");
        assert!(xml.contains(r#"<testcase name="Store, 1.6" classname="codecs">"#), "{xml}");
        assert!(xml.contains("must hold: Trailing bytes are refused."), "{xml}");
        assert!(xml.contains("2 skipped: not carried at V1, as test/1.7/Ping/2"), "{xml}");
        assert!(xml.ends_with("</testsuites>\n"));
    }

    #[test]
    fn the_matrix_fails_where_a_cell_is_a_finding_and_nothing_counts_twice() {
        let xml = render(&sample::with_matrix()).unwrap();
        assert!(xml.contains(r#"<testsuite name="matrix: old to new""#), "{xml}");
        assert!(xml.contains(r#"<testcase name="V1, Ping" classname="matrix/new/old">"#), "{xml}");
        assert_eq!(xml.matches("<failure").count(), 3, "two of the grid, one of the matrix: {xml}");
        assert!(xml.contains("repeat: skewproof repro matrix/new/old/V1/Ping/hostile"), "{xml}");
    }

    #[test]
    fn what_is_markup_or_no_character_stays_text() {
        let xml = render(&sample::with_matrix()).unwrap();
        assert!(!xml.contains("</script>") && !xml.contains('\u{1}'), "{xml}");
        assert!(xml.contains("&lt;/script&gt;"), "{xml}");
    }
}
