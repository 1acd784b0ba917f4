//! A report for people: grids as tables, then findings, then skips, and last of all one line with
//! the three numbers, never coloured, for other programs to read.

use std::borrow::Cow;
use std::fmt::Write;

use super::excerpt::pair;
use super::fold::{WIDTH, folded};
pub use super::ink::Colour;
use super::ink::Ink;
use super::printable::printable;
use super::{requirements, table};
use crate::report::{Grid, Report, SkipGroup, Table, Tally};
use crate::verdict::Finding;

/// Characters of an expected or actual value that are shown; with its label the line fits a terminal.
const VALUE_WIDTH: usize = 66;
/// Words from which on a value is a sentence.
const WORDS_MIN: usize = 5;
/// Characters of a sentence that are shown.
const WORDS_LEN_MAX: usize = 330;
/// Requirements that are named of the other cases of a cause.
const RULES_MAX: usize = 5;
/// What the lines of a finding are indented by, label included.
const LABEL_WIDTH: usize = 12;

/// How a report is shown.
#[derive(Debug, Clone, Copy)]
pub struct TextOptions<'a> {
    /// Whether to use colour codes.
    pub colour: Colour,
    /// How many findings are shown; the rest is counted.
    pub findings_max: usize,
    /// How the reader gets to see the rest, as `--format json shows all`.
    pub see_all: Option<&'a str>,
    /// What becomes of the text in tables, such as marks that are spelled out.
    pub spell: fn(&str) -> Cow<'_, str>,
}

impl Default for TextOptions<'_> {
    fn default() -> Self {
        Self {
            colour: Colour::Off,
            findings_max: 20,
            see_all: None,
            spell: |text| Cow::Borrowed(text),
        }
    }
}

/// The report as text.
pub fn render(report: &Report, options: &TextOptions<'_>) -> String {
    let screen = Screen { colour: options.colour, text: String::new() };
    screen.report(report, options)
}

/// A table by itself.
pub fn render_table(table: &Table, colour: Colour) -> String {
    table::words(table, colour)
}

/// The text so far.
struct Screen {
    colour: Colour,
    text: String,
}

impl Screen {
    fn report(mut self, report: &Report, options: &TextOptions<'_>) -> String {
        self.line(Ink::Strong, printable(report.title()));
        for table in report.tables() {
            self.text.push('\n');
            self.line(Ink::Strong, printable(&table.name));
            let spelled = spelled(table, options.spell);
            self.text.push_str(&table::words(&spelled, self.colour));
        }
        for grid in report.grids() {
            self.grid(grid);
        }
        self.legend(report);
        self.notes(report.notes());
        self.findings(report, options);
        self.skips(report);
        self.text.push('\n');
        self.requirements(report);
        self.line(Ink::Plain, closing_line(report.tally()));
        self.text
    }

    fn line(&mut self, ink: Ink, text: impl std::fmt::Display) {
        self.text.push_str(&self.colour.paint(ink, text));
        self.text.push('\n');
    }

    fn grid(&mut self, grid: &Grid) {
        let tally = grid.tally();
        let (mark, ink) = match tally {
            Tally { failed: 1.., .. } => ("✗", Ink::Bad),
            Tally { passed: 1.., .. } => ("✓", Ink::Good),
            _ => ("~", Ink::Skipped),
        };
        let mark = self.colour.paint(ink, mark);
        let name = self.colour.paint(Ink::Strong, printable(grid.name()));
        let sum = self.colour.paint(Ink::Faint, nonzero_parts(tally));
        let len = grid.name().chars().count() + nonzero_parts(tally).chars().count();
        let gap = if len + "✓   ".chars().count() > WIDTH { "\n  " } else { "  " };
        self.text.push_str(&format!("\n{mark} {name}{gap}{sum}\n"));
        table::render(grid, self.colour, &mut self.text);
    }

    /// Explains the signs that occur in the tables.
    fn legend(&mut self, report: &Report) {
        let tally = report.tally();
        let has_empty_cell = report.grids().iter().any(table::has_empty_cell);
        let signs = [
            (tally.passed > 0, "n passed"),
            (tally.failed > 0, "f✗/n failed, of n checked"),
            (tally.skipped > 0, "~n skipped"),
            (has_empty_cell, "· no such case"),
        ];
        let signs: Vec<_> = signs.iter().filter(|sign| sign.0).map(|sign| sign.1).collect();
        if !signs.is_empty() {
            self.text.push('\n');
            self.line(Ink::Faint, format_args!("  {}", signs.join("   ")));
        }
    }

    fn notes(&mut self, notes: &[String]) {
        if !notes.is_empty() {
            self.text.push('\n');
        }
        for note in notes {
            let note = folded("      ", &format!("note: {}", printable(note)), WIDTH);
            self.text.push_str(note.trim_start());
        }
    }

    /// Causes, each with its decisive finding; the others of a cause are counted.
    fn findings(&mut self, report: &Report, options: &TextOptions<'_>) {
        let findings: Vec<&Finding> = report.findings().collect();
        let causes = report.causes();
        let has_groups = causes.len() < findings.len();
        if has_groups {
            let (count, s) = (causes.len(), if causes.len() == 1 { "" } else { "s" });
            self.text.push('\n');
            let cases = findings.len();
            self.line(Ink::Bad, format_args!("{count} finding{s}, seen in {cases} cases"));
        }
        for cause in causes.iter().take(options.findings_max) {
            let members: Vec<&Finding> =
                cause.members.iter().filter_map(|at| findings.get(*at).copied()).collect();
            if let Some((decisive, others)) = members.split_first() {
                if has_groups {
                    self.text.push('\n');
                    self.text.push_str(&folded("", &printable(&cause.sentence), WIDTH));
                }
                self.finding(decisive);
                self.others(decisive, others, options);
            }
        }
        let hidden = causes.len().saturating_sub(options.findings_max);
        if hidden > 0 {
            let mut text = format!("… and {hidden} more");
            if let Some(how) = options.see_all {
                let _ = write!(text, " ({how})");
            }
            self.text.push('\n');
            self.line(Ink::Bad, text);
        }
    }

    /// How many other cases show the same cause, by what must hold in them.
    fn others(&mut self, decisive: &Finding, others: &[&Finding], options: &TextOptions<'_>) {
        if others.is_empty() {
            return;
        }
        let mut rules: Vec<(usize, &Finding)> = Vec::new();
        for finding in others {
            match rules.iter_mut().find(|(_, known)| known.requirement == finding.requirement) {
                Some((count, _)) => *count += 1,
                None => rules.push((1, finding)),
            }
        }
        let s = if others.len() == 1 { "" } else { "s" };
        let how = options.see_all.map(|how| format!(" ({how})")).unwrap_or_default();
        let head = format!("the same cause shows in {} other case{s}{how}:", others.len());
        self.text.push_str(&folded("  ", &head, WIDTH));
        for (count, finding) in rules.iter().take(RULES_MAX) {
            // Of a place within that of the decisive one the rest is enough.
            let whole = decisive.place.as_deref().unwrap_or_default();
            let place = finding.place.as_deref().unwrap_or_default();
            let place = place.strip_prefix(whole).unwrap_or(place).trim_start_matches(": ");
            let at = if place.is_empty() { "" } else { ", at " };
            let words = format!("{}{at}{place}", finding.requirement);
            let line = folded("        ", &printable(&words), WIDTH);
            self.text.push_str(&format!("{count:>6}  {}", line.trim_start()));
        }
    }

    fn finding(&mut self, finding: &Finding) {
        self.text.push('\n');
        self.line(Ink::Bad, format_args!("✗ {}", printable(finding.case.as_str())));
        let pair = pair(&finding.expected, &finding.actual, VALUE_WIDTH);
        self.field("must hold", &printable(&finding.requirement));
        let is_of_words = pair.parting.is_none();
        let shown = |full: &str, cut: String| if is_of_words { in_words(full, cut) } else { cut };
        self.field("expected", &shown(&finding.expected, pair.expected));
        self.field("actual", &shown(&finding.actual, pair.actual));
        if let Some(column) = pair.parting {
            let mark = self.colour.paint(Ink::Bad, "^");
            self.field("", &format!("{}{mark}", " ".repeat(column)));
        }
        if let Some(place) = &finding.place {
            self.field("at", &printable(place));
        }
        if let Some(repro) = &finding.repro {
            self.field("repeat", &printable(repro));
        }
    }

    fn field(&mut self, label: &str, text: &str) {
        // A line to paste stays whole.
        let is_whole = matches!(label, "repeat" | "");
        let label = self.colour.paint(Ink::Faint, format_args!("  {label:<LABEL_WIDTH$}"));
        self.text.push_str(&label);
        if is_whole {
            self.text.push_str(text);
            self.text.push('\n');
        } else {
            self.text.push_str(folded(&" ".repeat(2 + LABEL_WIDTH), text, WIDTH).trim_start());
        }
    }

    /// What was tested, and what not.
    fn requirements(&mut self, report: &Report) {
        let tested = report.requirements();
        let Some(sentence) = requirements::sentence(&tested) else { return };
        self.line(Ink::Plain, sentence);
        for (reason, names) in requirements::left_out(&tested) {
            let text = format!("{}: {}", printable(&reason), names.join(", "));
            self.text.push_str(&folded("  ", &text, WIDTH));
        }
    }

    fn skips(&mut self, report: &Report) {
        let counts = skip_counts(report);
        let width = counts.iter().map(|(count, _)| digits(*count)).max().unwrap_or(0);
        if !counts.is_empty() {
            self.text.push('\n');
            self.line(Ink::Skipped, "skipped");
        }
        for (count, reason) in counts {
            let reason = folded(&" ".repeat(4 + width), &printable(reason), WIDTH);
            let line = format!("  {count:>width$}  {}", reason.trim());
            self.line(Ink::Plain, line);
        }
    }
}

/// A table with its text spelled.
fn spelled(table: &Table, spell: fn(&str) -> Cow<'_, str>) -> Table {
    let row = |cells: &Vec<String>| cells.iter().map(|cell| spell(cell).into_owned()).collect();
    Table { rows: table.rows.iter().map(row).collect(), ..table.clone() }
}

/// The last line of every report, as `12 passed, 0 failed, 3 skipped`.
pub fn closing_line(tally: Tally) -> String {
    let Tally { passed, failed, skipped } = tally;
    format!("{passed} passed, {failed} failed, {skipped} skipped")
}

/// What a tally says, without the numbers that are zero.
fn nonzero_parts(tally: Tally) -> String {
    let parts = [(tally.passed, "passed"), (tally.failed, "failed"), (tally.skipped, "skipped")];
    let said: Vec<_> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if said.is_empty() { "nothing checked".to_owned() } else { said.join(", ") }
}

/// The reasons of the whole report with their counts, in the order of recording.
pub fn skip_counts(report: &Report) -> Vec<(usize, &str)> {
    let mut counts: Vec<(usize, &str)> = Vec::new();
    for SkipGroup { reason, cases, .. } in report.grids().iter().flat_map(Grid::skips) {
        match counts.iter_mut().find(|(_, known)| known == reason) {
            Some((count, _)) => *count += cases.len(),
            None => counts.push((cases.len(), reason)),
        }
    }
    counts
}

fn digits(number: usize) -> usize {
    number.checked_ilog10().unwrap_or(0) as usize + 1
}

/// A value as it is shown: words in as many lines as they take, up to a limit; other values cut to one.
fn in_words(full: &str, cut: String) -> String {
    if full.split_whitespace().count() < WORDS_MIN {
        return cut;
    }
    let full = full.lines().map(printable).collect::<Vec<_>>().join("; ");
    let shown: String = full.chars().take(WORDS_LEN_MAX).collect();
    if shown.len() < full.len() { format!("{shown}…") } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    #[test]
    fn a_report_reads_like_this() {
        let options = TextOptions {
            findings_max: 1,
            see_all: Some("--format json shows all"),
            ..TextOptions::default()
        };
        assert_eq!(render(&sample::report(), &options), SAMPLE);
    }

    const SAMPLE: &str = "\
sample run

✗ codecs  3 passed, 2 failed, 2 skipped
          1.6   1.7
  Ping      1     1 ~1
  Write  1✗/1  1✗/2
  Lost      ·       ~1
  all    1✗/2  1✗/3 ~2

  n passed   f✗/n failed, of n checked   ~n skipped   · no such case

note: 1.8 is not known yet

✗ test/1.6/Write/1
  must hold   A value encodes to the bytes that the release sends.
  expected    …0a1b2c3d0a1b2c3d0a1b2c3d000a1b2c3d0a1b2c3d0a1b… (1602 characters)
  actual      …0a1b2c3d0a1b2c3d0a1b2c3dff0a1b2c3d0a1b2c3d0a1b… (1602 characters)
                                       ^
  at          records[3].body (byte 400)
  repeat      skewproof encode Write --release 1.6 --protocol V2 @write.json

… and 1 more (--format json shows all)

skipped
  2  not carried at V1

3 passed, 2 failed, 2 skipped
";

    #[test]
    fn the_last_line_is_bare_even_in_colour() {
        let options = TextOptions { colour: Colour::On, ..TextOptions::default() };
        let text = render(&sample::report(), &options);
        assert!(text.contains("\x1b["));
        assert_eq!(text.lines().last(), Some("3 passed, 2 failed, 2 skipped"));
        assert_eq!(
            anstream::adapter::strip_str(&text).to_string(),
            render(&sample::report(), &TextOptions::default())
        );
    }

    #[test]
    fn what_comes_from_elsewhere_cannot_forge_a_line() {
        let mut report = Report::new("a\n1 passed, 0 failed, 0 skipped");
        report.note("b\n2 passed");
        let text = render(&report, &TextOptions::default());
        let closing: Vec<_> = text.lines().filter(|line| line.contains("passed,")).collect();
        assert_eq!(closing, ["a\\n1 passed, 0 failed, 0 skipped", "0 passed, 0 failed, 0 skipped"]);
    }
}
