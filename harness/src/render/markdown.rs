//! A report for a comment on a pull request: the verdict first, then how much was checked, the
//! pairs or else the tables, and what is wrong. Never longer than such a comment may be.

use std::fmt::Write;

use super::excerpt::pair;
use super::printable::printable;
use super::requirements::{self, counted};
use super::text::closing_line;
use crate::causes::Cause;
use crate::report::{Grid, Report, Table, Tally};
use crate::skew::matrix::Pair;
use crate::skew::overview::Overview;
use crate::skew::{Class, Matrix};
use crate::verdict::Finding;

/// What a comment may have: GitHub refuses one of 65,536 characters or more. Bytes are counted here,
/// which are never fewer.
const LEN_MAX: usize = 65_000;
/// Characters of an expected or actual value that are shown.
const VALUE_WIDTH: usize = 160;
/// What is kept free behind the findings, in bytes, for the last lines.
const TAIL_LEN: usize = 1_000;

/// The report as Markdown. `see_all` says where the reader finds the rest.
pub fn render(report: &Report, see_all: Option<&str>) -> String {
    let mut text = head(report);
    if let Some(matrix) = report.matrix() {
        let pairs = pairs(matrix);
        if text.len() + pairs.len() < LEN_MAX / 2 {
            text.push_str(&pairs);
        }
    } else {
        // Those beside pairs are about pairs, and many.
        report.tables().iter().for_each(|table| add_table(table, &mut text));
    }
    findings(report, see_all, &mut text);
    let notes: String =
        report.notes().iter().map(|note| format!("- {}\n", escaped(note))).collect();
    if !notes.is_empty() && text.len() + notes.len() + 2 < LEN_MAX {
        text.push('\n');
        text.push_str(&notes);
    }
    text
}

fn head(report: &Report) -> String {
    let tally = report.tally();
    let mark = match tally {
        Tally { failed: 0, passed: 1.., .. } => "✅",
        Tally { failed: 0, .. } => "⚠️ nothing passed:",
        _ => "❌",
    };
    let mut text = format!("### {mark} {}\n\n", escaped(report.title()));
    let _ = writeln!(text, "{}\n", closing_line(tally));
    let tested = report.requirements();
    if let Some(sentence) = requirements::sentence(&tested) {
        let _ = writeln!(text, "{sentence}\n");
        for (reason, names) in requirements::left_out(&tested) {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            let _ = writeln!(text, "- {}: {}", escaped(&reason), names.join(", "));
        }
        text.push('\n');
    }
    let is_wanted = |grid: &&Grid| grid.tally().total() > 0;
    if report.grids().iter().any(|grid| is_wanted(&grid)) {
        text.push_str("| | passed | failed | skipped |\n|---|--:|--:|--:|\n");
    }
    for grid in report.grids().iter().filter(is_wanted) {
        let Tally { passed, failed, skipped } = grid.tally();
        let name = escaped(grid.name());
        let row = format!("| {name} | {passed} | {failed} | {skipped} |\n");
        if text.len() + row.len() < LEN_MAX / 4 {
            text.push_str(&row);
        }
    }
    text
}

/// A table, with as many rows as there is room for, and how many there is none for.
fn add_table(table: &Table, text: &mut String) {
    let row = |cells: &[String]| {
        let cells = cells.iter().map(|cell| format!(" {} |", escaped(cell)));
        format!("|{}\n", cells.collect::<String>())
    };
    let rule = "---|".repeat(table.columns.len());
    let head = format!("\n{}:\n\n{}|{rule}\n", escaped(&table.name), row(&table.columns));
    let mut room = (LEN_MAX / 2).saturating_sub(text.len());
    let rows = table.rows.iter().map(|cells| row(cells)).take_while(|row| {
        room = room.saturating_sub(row.len());
        room > head.len()
    });
    let rows: Vec<String> = rows.collect();
    if rows.is_empty() {
        return;
    }
    text.push_str(&head);
    rows.iter().for_each(|row| text.push_str(row));
    if rows.len() < table.rows.len() {
        let _ = writeln!(text, "\n… and {} more rows", table.rows.len() - rows.len());
    }
}

/// The pairs, and what their signs mean.
fn pairs(matrix: &Matrix) -> String {
    let Overview { title, heads, rows } = matrix.overview(|_| true);
    let mut text = format!("\n{}:\n\n|", escaped(title));
    for head in &heads {
        let _ = write!(text, " | {}", escaped(head));
    }
    let _ = writeln!(text, " |\n|---{}|", "|:-:".repeat(heads.len()));
    for (name, pairs) in rows {
        let _ = write!(text, "| **{}**", escaped(name));
        for pair in pairs {
            let _ = write!(text, " | {}", pair.map(|p| sign(matrix, p)).unwrap_or_default());
        }
        text.push_str(" |\n");
    }
    let signs = Class::ALL.map(|class| format!("`{}` {}", class.glyph(), class.meaning()));
    let _ = writeln!(text, "\n{} · – no common version. Of a pair, the worst.", signs.join(" · "));
    text
}

/// The version that a pair agrees on, and the worst that happens to it.
fn sign(matrix: &Matrix, pair: &Pair) -> String {
    match (pair.negotiated(), matrix.worst(pair)) {
        (_, Some(Class::Violation)) => format!("**`{}`**", Class::Violation.glyph()),
        (Ok(version), Some(class)) => format!("{version}&nbsp;`{}`", class.glyph()),
        (Ok(version), None) => version.to_string(),
        (Err(_), _) => "–".to_owned(),
    }
}

/// As many causes as there is room for, each by its decisive finding, and how many there is none for.
fn findings(report: &Report, see_all: Option<&str>, text: &mut String) {
    let findings: Vec<&Finding> = report.findings().collect();
    let causes = report.causes();
    if !causes.is_empty() {
        let count = counted(causes.len(), "finding");
        let _ = match findings.len() {
            cases if cases > causes.len() => {
                write!(text, "\n#### {count}, seen in {}\n", counted(cases, "case"))
            }
            _ => write!(text, "\n#### {count}\n"),
        };
    }
    for (index, Cause { sentence, members }) in causes.iter().enumerate() {
        let Some((decisive, others)) = members.split_first() else { continue };
        let mut item = findings.get(*decisive).map(|finding| item(finding)).unwrap_or_default();
        if !others.is_empty() {
            let others = counted(others.len(), "other case");
            item = format!("\n{}\n{item}- the same cause shows in {others}\n", escaped(sentence));
        }
        if text.len() + item.len() + TAIL_LEN > LEN_MAX {
            let see_all = see_all.map(|how| format!(" ({})", escaped(how))).unwrap_or_default();
            let _ = write!(text, "\n… and {} more{see_all}\n", causes.len() - index);
            return;
        }
        text.push_str(&item);
    }
}

fn item(finding: &Finding) -> String {
    let values = pair(&finding.expected, &finding.actual, VALUE_WIDTH);
    let mut text = format!("\n**{}**\n\n", code(finding.case.as_str()));
    let _ = writeln!(text, "- must hold: {}", escaped(&finding.requirement));
    let _ = writeln!(text, "- expected: {}", code(&values.expected));
    let _ = writeln!(text, "- actual: {}", code(&values.actual));
    if let Some(place) = &finding.place {
        let _ = writeln!(text, "- at: {}", code(place));
    }
    if let Some(repro) = &finding.repro {
        let _ = writeln!(text, "- repeat: {}", code(repro));
    }
    text
}

/// A row of a table, ending in a line break: cells of our own, which may have markup in them.
pub fn row<S: AsRef<str>>(cells: impl IntoIterator<Item = S>) -> String {
    let cell = |cell: S| format!(" {} |", cell.as_ref().replace('|', "\\|"));
    format!("|{}\n", cells.into_iter().map(cell).collect::<String>())
}

/// Text that is nothing but text: no markup, no mention of somebody, no link to an issue.
fn escaped(text: &str) -> String {
    let mut plain = String::new();
    for c in printable(text).chars() {
        match c {
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '&' => plain.push_str("&amp;"),
            '@' | '#' => {
                let _ = write!(plain, "&#{};", u32::from(c));
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => {
                plain.push('\\');
                plain.push(c);
            }
            _ => plain.push(c),
        }
    }
    plain
}

/// Text between as many backticks as it takes.
fn code(text: &str) -> String {
    let text = printable(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let gap =
        if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{gap}{text}{gap}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::causes::About;
    use crate::render::sample;
    use crate::verdict::{CaseId, Verdict};

    #[test]
    fn the_verdict_comes_first_and_every_finding_ends_with_its_line() {
        let text = render(&sample::report(), None);
        assert!(text.starts_with("### ❌ sample run\n\n3 passed, 2 failed, 2 skipped\n"), "{text}");
        assert!(text.contains("| codecs | 3 | 2 | 2 |"), "{text}");
        assert!(text.contains("**`test/1.6/Write/1`**"), "{text}");
        assert!(text.contains("- repeat: `skewproof encode Write --release 1.6"), "{text}");
        assert!(text.contains("- 1.8 is not known yet"), "{text}");
    }

    #[test]
    fn tables_are_tables_as_far_as_there_is_room() {
        let mut report = sample::report();
        let mut table = Table::new("what was *done*", ["target", "runs"]);
        table.rows = vec![vec!["a|b".to_owned(), "12".to_owned()]];
        report.add_table(table.clone());
        table.rows = vec![vec!["x".repeat(1_000), String::new()]; 100];
        report.add_table(table);
        let text = render(&report, None);
        let first = "\nwhat was \\*done\\*:\n\n| target | runs |\n|---|---|\n| a\\|b | 12 |\n";
        assert!(text.contains(first), "{text}");
        let shown = text.matches(&"x".repeat(1_000)).count();
        assert!(
            shown > 10 && text.contains(&format!("… and {} more rows", 100 - shown)),
            "{shown}"
        );
        assert!(text.contains("#### 2 findings"));
    }

    #[test]
    fn the_pairs_are_a_table_with_a_legend() {
        let text = render(&sample::with_matrix(), None);
        assert!(text.contains("| **old** | V1&nbsp;`=` | **`!`** |"), "{text}");
        assert!(text.contains("| **new** | **`!`** | V2&nbsp;`=` |"), "{text}");
        assert!(text.contains("`~` delivered with named loss"), "{text}");
    }

    #[test]
    fn however_much_is_wrong_it_fits_and_says_what_is_missing() {
        let mut report = sample::report();
        for index in 0..2_000 {
            let case = CaseId::from_segments(["many", &index.to_string()]);
            let finding = sample::finding(case.clone(), "`@team` ".repeat(100));
            report.grid("many").record("a", "b", &case, Verdict::from(finding));
        }
        let text = render(&report, Some("see the <page>"));
        assert!(text.len() < 65_536, "{}", text.len());
        let shown = text.matches("- must hold:").count();
        let more = format!("… and {} more (see the &lt;page&gt;)", 2_002 - shown);
        assert!(shown > 50 && text.contains(&more), "{shown}");
    }

    #[test]
    fn findings_of_one_cause_are_one() {
        let about = |finding: &Finding| About {
            handles: vec!["f".to_owned()],
            sentence: format!("*{}*", finding.requirement),
            ..About::default()
        };
        let text = render(&sample::report().explained(about), None);
        assert!(text.contains("#### 1 finding, seen in 2 cases\n\n\\*"), "{text}");
        assert_eq!(text.matches("- must hold:").count(), 1, "{text}");
        assert!(text.contains("- the same cause shows in 1 other case\n"), "{text}");
    }

    #[test]
    fn what_looks_like_markup_is_text() {
        assert_eq!(escaped("<b>@me #1 a|b\n"), "&lt;b&gt;&#64;me &#35;1 a\\|b\\\\n");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`"), "`` ` ``");
        assert!(!render(&sample::with_matrix(), None).contains("\n</script>"));
    }
}
