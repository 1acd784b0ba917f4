//! Tables and grids, aligned.

use super::ink::{Colour, Ink};
use super::printable::printable;
use crate::harness::report::{Grid, Table, Tally};

/// Marks a place where no case belongs.
const EMPTY: &str = "·";
/// Between two columns, and before the first.
const GAP: &str = "  ";
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
    let widths: Vec<Width> =
        (0..=grid.columns().len()).map(|column| Width::of_column(&lines, column)).collect();
    for line in &lines {
        text.push_str(render_line(line, &widths, colour).trim_end());
        text.push('\n');
    }
}

/// Writes a table of words; a first column of labels, then columns to the left. The last one is as
/// long as it is.
pub fn words(table: &Table, colour: Colour) -> String {
    let shown = |cells: &[String]| -> Vec<String> {
        cells.iter().map(|c| printable(c).to_string()).collect()
    };
    let lines: Vec<Vec<String>> =
        std::iter::once(&table.columns).chain(&table.rows).map(|cells| shown(cells)).collect();
    let width = |column: usize| {
        lines.iter().filter_map(|line| line.get(column)).map(|c| c.chars().count()).max()
    };
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        let mut padded = String::new();
        for (column, cell) in line.iter().enumerate() {
            let padding = width(column).unwrap_or(0) - cell.chars().count();
            padded.push_str(&format!("{GAP}{cell}{}", " ".repeat(padding)));
        }
        let ink = if index == 0 { Ink::Faint } else { Ink::Plain };
        text.push_str(&colour.paint(ink, padded.trim_end()));
        text.push('\n');
    }
    text
}

/// The cells of all lines, head and sums included; the first of each line is its label.
fn lay_out(grid: &Grid) -> Vec<Vec<Cell>> {
    let columns = 0..grid.columns().len();
    let heads = grid.columns().iter().map(|column| Cell::new(Ink::Faint, printable(column)));
    let mut lines = vec![line(Cell::new(Ink::Plain, ""), heads)];
    for (row, label) in grid.rows().iter().enumerate() {
        let cells = columns.clone().map(|column| Cell::of_tally(grid.cell(row, column)));
        lines.push(line(Cell::new(Ink::Plain, printable(label)), cells));
    }
    if grid.rows().len() > 1 {
        let sums = columns.map(|column| Cell::of_tally(Some(grid.column_tally(column))));
        lines.push(line(Cell::new(Ink::Faint, SUM_ROW), sums));
    }
    lines
}

fn line(label: Cell, cells: impl Iterator<Item = Cell>) -> Vec<Cell> {
    std::iter::once(label).chain(cells).collect()
}

/// Label to the left, numbers to the right, skips to the left again behind them.
fn render_line(cells: &[Cell], widths: &[Width], colour: Colour) -> String {
    let mut text = String::new();
    for (index, (cell, width)) in cells.iter().zip(widths).enumerate() {
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
