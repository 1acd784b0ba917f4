//! Tables and grids, aligned.

use super::fold::{WIDTH, folded};
use super::ink::{Colour, Ink};
use super::printable::printable;
use crate::report::{Grid, Table, Tally};

/// Marks a place where no case belongs.
const EMPTY: &str = "·";
/// Between two columns, and before the first.
const GAP: &str = "  ";
/// The most that a last column is indented by when it is folded.
const INDENT_MAX: usize = 52;
/// What a command to paste begins with.
const COMMAND: &str = "skewproof ";
/// The row with the sums of the columns.
const SUM_ROW: &str = "all";

/// A place in the table: its main text, and how many cases were skipped there.
#[derive(Debug, Clone)]
struct Cell {
    text: String,
    ink: Ink,
    skipped: String,
}

impl Cell {
    fn new(ink: Ink, text: impl Into<String>) -> Self {
        Self { text: text.into(), ink, skipped: String::new() }
    }

    /// The number of passed cases; `f✗/n` if `f` of `n` checked cases failed; `~s` behind it if
    /// `s` were skipped.
    fn of_tally(tally: Option<Tally>) -> Self {
        let Some(tally) = tally.filter(|tally| tally.total() > 0) else {
            return Self::new(Ink::Faint, EMPTY);
        };
        let Tally { passed, failed, skipped } = tally;
        let mut cell = match (passed, failed) {
            (0, 0) => Self::new(Ink::Plain, ""),
            (_, 0) => Self::new(Ink::Plain, passed.to_string()),
            _ => Self::new(Ink::Bad, format!("{failed}✗/{}", passed + failed)),
        };
        if skipped > 0 {
            cell.skipped = format!("~{skipped}");
        }
        cell
    }
}

/// The widths of a column's two parts. Those of bare text: colour codes have none.
#[derive(Debug, Clone, Copy)]
struct Width {
    text: usize,
    skipped: usize,
}

impl Width {
    fn of_column(lines: &[Vec<Cell>], column: usize) -> Self {
        let widest = |part: fn(&Cell) -> &str| {
            lines.iter().map(|line| part(&line[column]).chars().count()).max().unwrap_or(0)
        };
        Self { text: widest(|cell| &cell.text), skipped: widest(|cell| &cell.skipped) }
    }
}

/// Writes the table: a head with the columns, a line for each row, and the sums if there is more
/// than one row.
pub(super) fn render(grid: &Grid, colour: Colour, text: &mut String) {
    let lines = lay_out(grid);
    let columns = lines.first().map_or(0, Vec::len);
    let widths: Vec<Width> = (0..columns).map(|column| Width::of_column(&lines, column)).collect();
    for band in bands(&widths) {
        for line in &lines {
            let cells = band.iter().filter_map(|column| line.get(*column));
            let widths = band.iter().filter_map(|column| widths.get(*column));
            text.push_str(render_line(cells.zip(widths), colour).trim_end());
            text.push('\n');
        }
    }
}

/// The columns that stand beside each other, the labels always first: as many as a terminal has room
/// for, then the next.
fn bands(widths: &[Width]) -> Vec<Vec<usize>> {
    let len = |column: usize| {
        let width = widths.get(column).copied().unwrap_or(Width { text: 0, skipped: 0 });
        GAP.len() + width.text + if width.skipped > 0 { 1 + width.skipped } else { 0 }
    };
    let mut bands = vec![vec![0]];
    let mut columns = len(0);
    for column in 1..widths.len() {
        if columns + len(column) > WIDTH && bands.last().is_some_and(|band| band.len() > 1) {
            bands.push(vec![0]);
            columns = len(0);
        }
        columns += len(column);
        bands.last_mut().into_iter().for_each(|band| band.push(column));
    }
    bands
}

/// Writes a table of words; a first column of labels, then columns to the left. Where a terminal has no
/// room for that, the last column is folded, or each row stands on lines of its own.
pub fn words(table: &Table, colour: Colour) -> String {
    let shown = |cells: &[String]| -> Vec<String> {
        cells.iter().map(|c| printable(c).to_string()).collect()
    };
    let lines: Vec<Vec<String>> =
        std::iter::once(&table.columns).chain(&table.rows).map(|cells| shown(cells)).collect();
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..table.columns.len()).map(width).collect();
    let (last, before) = widths.split_last().unwrap_or((&0, &[]));
    let indent: usize = GAP.len() + before.iter().map(|width| width + GAP.len()).sum::<usize>();
    if indent + last > WIDTH && indent > INDENT_MAX {
        return stacked(&lines, colour);
    }
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        let Some((last, before)) = line.split_last() else { continue };
        let mut padded = String::from(GAP);
        for (cell, width) in before.iter().zip(&widths) {
            padded.push_str(&format!("{cell:width$}{GAP}"));
        }
        let folded = folded(&" ".repeat(indent), last, WIDTH);
        padded.push_str(folded.trim_start());
        let ink = if index == 0 { Ink::Faint } else { Ink::Plain };
        for line in padded.lines() {
            text.push_str(&colour.paint(ink, line.trim_end()));
            text.push('\n');
        }
    }
    text
}

/// Each row by itself: its label, and under it what the other columns say, by their heads.
fn stacked(lines: &[Vec<String>], colour: Colour) -> String {
    let Some((heads, rows)) = lines.split_first() else { return String::new() };
    let width = heads.iter().skip(1).map(|head| head.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for row in rows {
        for line in folded(GAP, row.first().map_or("", String::as_str), WIDTH).lines() {
            text.push_str(&colour.paint(Ink::Strong, line));
            text.push('\n');
        }
        let said =
            heads.iter().zip(row).skip(1).filter(|(_, cell)| !matches!(cell.as_str(), "" | "-"));
        for (head, cell) in said {
            let indent = " ".repeat(3 * GAP.len() + width);
            // A command to paste stays whole.
            let is_command = cell.starts_with(COMMAND);
            let cell = if is_command { format!("{cell}\n") } else { folded(&indent, cell, WIDTH) };
            let head = colour.paint(Ink::Faint, format!("{GAP}{GAP}{head:width$}{GAP}"));
            text.push_str(&format!("{head}{}", cell.trim_start()));
        }
    }
    text
}

/// The rows and columns with cases, by their places; of a grid without any, all.
fn with_cases(grid: &Grid) -> (Vec<usize>, Vec<usize>) {
    let (rows, columns) = (0..grid.rows().len(), 0..grid.columns().len());
    if grid.tally().total() == 0 {
        return (rows.collect(), columns.collect());
    }
    let is_there = |row: usize, column: usize| grid.cell(row, column).is_some();
    (
        rows.clone().filter(|row| columns.clone().any(|column| is_there(*row, column))).collect(),
        columns.filter(|column| rows.clone().any(|row| is_there(row, *column))).collect(),
    )
}

/// Whether a place is shown where no case belongs.
pub(super) fn has_empty_cell(grid: &Grid) -> bool {
    let (rows, columns) = with_cases(grid);
    rows.iter().any(|row| columns.iter().any(|column| grid.cell(*row, *column).is_none()))
}

/// The cells of all lines, head and sums included; the first of each line is its label.
fn lay_out(grid: &Grid) -> Vec<Vec<Cell>> {
    let (rows, columns) = with_cases(grid);
    let head = |column: &usize| grid.columns().get(*column).map_or("", String::as_str);
    let heads = columns.iter().map(|column| Cell::new(Ink::Faint, printable(head(column))));
    let mut lines = vec![line(Cell::new(Ink::Plain, ""), heads)];
    for &row in &rows {
        let label = grid.rows().get(row).map_or("", String::as_str);
        let cells = columns.iter().map(|column| Cell::of_tally(grid.cell(row, *column)));
        lines.push(line(Cell::new(Ink::Plain, printable(label)), cells));
    }
    if rows.len() > 1 {
        let sums = columns.iter().map(|column| Cell::of_tally(Some(grid.column_tally(*column))));
        lines.push(line(Cell::new(Ink::Faint, SUM_ROW), sums));
    }
    lines
}

fn line(label: Cell, cells: impl Iterator<Item = Cell>) -> Vec<Cell> {
    std::iter::once(label).chain(cells).collect()
}

/// Label to the left, numbers to the right, skips to the left again behind them.
fn render_line<'a>(cells: impl Iterator<Item = (&'a Cell, &'a Width)>, colour: Colour) -> String {
    let mut text = String::new();
    for (index, (cell, width)) in cells.enumerate() {
        let padding = " ".repeat(width.text - cell.text.chars().count());
        let painted = colour.paint(cell.ink, &cell.text);
        text.push_str(GAP);
        text.push_str(&if index == 0 { painted + &padding } else { padding + &painted });
        if width.skipped > 0 {
            let padding = " ".repeat(width.skipped - cell.skipped.chars().count());
            text.push(' ');
            text.push_str(&colour.paint(Ink::Skipped, &cell.skipped));
            text.push_str(&padding);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(passed: u64, failed: u64, skipped: u64) -> String {
        let Cell { text, skipped, .. } = Cell::of_tally(Some(Tally { passed, failed, skipped }));
        [text, skipped].join(" ").trim().to_owned()
    }

    #[test]
    fn a_cell_says_what_happened_in_it() {
        assert_eq!(Cell::of_tally(None).text, "·");
        assert_eq!(shown(0, 0, 0), "·");
        assert_eq!(shown(120, 0, 0), "120");
        assert_eq!(shown(117, 3, 0), "3✗/120");
        assert_eq!(shown(0, 0, 4), "~4");
        assert_eq!(shown(9, 0, 4), "9 ~4");
        assert_eq!(shown(9, 1, 4), "1✗/10 ~4");
    }

    #[test]
    fn a_table_that_is_too_wide_is_folded_or_stacked() {
        let of = |cells: [&str; 3]| {
            let mut table = Table::new("t", ["name", "kind", "what"]);
            table.rows.push(cells.map(str::to_owned).into());
            words(&table, Colour::Off)
        };
        let long = "word ".repeat(30);
        let folded = of(["a", "b", long.trim()]);
        assert!(folded.starts_with("  name  kind  what\n  a     b     word word"), "{folded}");
        let stacked = of(["a", long.trim(), "c"]);
        assert!(stacked.starts_with("  a\n    kind  word word"), "{stacked}");
        assert!(stacked.ends_with("\n    what  c\n"), "{stacked}");
        for text in [folded, stacked] {
            assert!(text.lines().all(|line| line.len() <= WIDTH), "{text}");
        }
    }

    #[test]
    fn a_grid_that_is_too_wide_stands_in_bands() {
        let grid = Grid::new("g").with_rows(["a"]).with_columns((10..40).map(|n| n.to_string()));
        let mut text = String::new();
        render(&grid, Colour::Off, &mut text);
        assert_eq!(text.lines().count(), 4, "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(text.lines().nth(2).is_some_and(|line| line.ends_with("39")), "{text}");
    }

    #[test]
    fn lines_are_aligned_whatever_the_colours() {
        let grid = Grid::new("g").with_rows(["a", "longer"]).with_columns(["1.2", "x"]);
        let mut plain = String::new();
        render(&grid, Colour::Off, &mut plain);
        assert_eq!(
            plain,
            "          1.2  x\n  a         ·  ·\n  longer    ·  ·\n  all       ·  ·\n"
        );
        let mut painted = String::new();
        render(&grid, Colour::On, &mut painted);
        assert_ne!(painted, plain);
        assert_eq!(anstream::adapter::strip_str(&painted).to_string(), plain);
    }
}
