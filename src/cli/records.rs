//! `skewproof records`: what partition leaders write into logs, and who reads it.

use clap::Args;

use super::args::Format;
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use crate::harness::render::fold::{WIDTH, folded};
use crate::harness::report::Table;
use crate::suite::log_records::{self, LogRow, ROWS, Shown};
use crate::suite::speaker::{SpeakError, release_named};

/// What the words of the tables mean.
macro_rules! words {
    () => {
        "\
What a reader does with a record:
  applied   it reads and applies it
  blocked   it is older than a barrier allows: the partition stops, and says why
  stops     it cannot read it: the partition stops, also after every restart
  panics    its processor panics
When a writer writes it: by default, by an action of an operator or client,
behind a switch, or never."
    };
}

const AFTER_HELP: &str = concat!(
    "\
Examples:
  skewproof records                every writer before every reader, patch by patch
  skewproof records 1.7.6 1.6.2    each record of 1.7.6, and what 1.6.2 does with it
  skewproof records L12            one of the known skews of logs, shown on values
  skewproof records list           all of these

",
    words!(),
    "

Exit codes: 1 if a known skew is not as it says."
);

/// What leaders write into logs, and which releases can read it
///
/// The fabric carries the bodies of records as opaque bytes; every replica of a partition has to
/// read what its leader wrote, whatever version their connection negotiated.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(after_help = AFTER_HELP)]
pub struct RecordsArgs {
    /// Nothing for all pairs, `WRITER READER` for one, the number of a known skew, or `list`
    #[arg(value_name = "WRITER READER|L12|list", num_args = 0..=2)]
    pub asked: Vec<String>,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Answers what is asked of log records.
///
/// # Errors
///
/// If there is no such release or skew.
pub fn run(args: &RecordsArgs, output: &Output) -> Result<Outcome, CannotRun> {
    match args.asked.as_slice() {
        [] => {
            let outcome = output.table(&log_records::matrix(), args.format)?;
            if args.format == Format::Text {
                output.text(concat!(
                    "\n",
                    words!(),
                    "\n\nWhat is not listed applies all that is written.\n"
                ))?;
            }
            Ok(outcome)
        }
        [word] if word == "list" => output.table(&list(), args.format),
        [id] => {
            let row = log_records::show(id).ok_or_else(|| unknown(id))?;
            let shown = row.show();
            let is_as_it_says = shown.iter().all(|it| it.reaction.to_string() == it.expected);
            explained(table(row, shown), args.format, output)?;
            Ok(if is_as_it_says { Outcome::Good } else { Outcome::Findings })
        }
        [writer, reader, ..] => explained(pair(writer, reader)?, args.format, output),
    }
}

/// A table whose last column says why: on a terminal the reasons stand below it.
fn explained(mut table: Table, format: Format, output: &Output) -> Result<Outcome, CannotRun> {
    if format == Format::Json {
        return output.table(&table, format);
    }
    table.columns.pop();
    let mut reasons: Vec<String> = Vec::new();
    for row in &mut table.rows {
        let why = row.pop().filter(|why| !why.is_empty());
        let reason = why.zip(row.first()).map(|(why, record)| format!("{record}: {why}"));
        reasons.extend(reason.filter(|reason| !reasons.contains(reason)));
    }
    output.table(&table, format)?;
    for reason in &reasons {
        output.text(&folded("  ", reason, WIDTH))?;
    }
    Ok(Outcome::Good)
}

fn unknown(id: &str) -> CannotRun {
    CannotRun::new(format!("no known skew of log records is called {id:?}"))
        .hint("`skewproof records list` has them; a pair is two releases, as `1.7.6 1.6.2`")
}

fn list() -> Table {
    let rows = ROWS.iter().map(|row| vec![row.id.to_owned(), row.what.to_owned()]).collect();
    Table { rows, ..Table::new("known skews of log records", ["id", "what it is"]) }
}

fn table(row: &LogRow, shown: Vec<Shown>) -> Table {
    let rows = shown.into_iter().map(|it| {
        let reaction = it.reaction.to_string();
        vec![it.case.to_owned(), it.writer, it.reader.to_owned(), reaction, it.reaction.reason()]
    });
    let columns = ["record", "writer", "reader", "does", "why"];
    Table { rows: rows.collect(), ..Table::new(format!("{}: {}", row.id, row.what), columns) }
}

fn pair(writer: &str, reader: &str) -> Result<Table, SpeakError> {
    let [from, to] = [release_named(writer)?, release_named(reader)?];
    let rows = log_records::pair(from, to).into_iter().map(|cell| {
        let reaction = cell.reaction.to_string();
        let written = cell.writing.to_string();
        vec![cell.title, written, reaction, cell.reaction.reason()]
    });
    let name = format!("log records of {writer}, as {reader} reads them");
    Ok(Table { rows: rows.collect(), ..Table::new(name, ["record", "written", "does", "why"]) })
}
