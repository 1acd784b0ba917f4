//! Where the words go: stdout, in colour if somebody looks at it.

use std::ffi::OsStr;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, StdoutLock, Write};

use clap::ValueEnum;

use super::args::{Format, ReportArgs, ReportFiles, ScreenArgs};
use super::outcome::{CannotRun, Outcome};
use crate::comparison::Comparison;
use crate::program::{about, spell};
use crate::render::printable::{Lines, coloured_lines, lines, printable};
use crate::render::text::{Colour, TextOptions};
use crate::render::{comparison as changes, json, text};
use crate::report::{Report, Table, Tally};

/// When to use colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ColourChoice {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Whatever stdout is.
    Always,
    /// Not at all.
    Never,
}

impl ColourChoice {
    fn decide(self, is_terminal: bool, no_color: Option<&OsStr>, term: Option<&OsStr>) -> Colour {
        let wanted = match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                let is_refused = no_color.is_some_and(|value| !value.is_empty());
                is_terminal && !is_refused && term != Some(OsStr::new("dumb"))
            }
        };
        if wanted { Colour::On } else { Colour::Off }
    }
}

/// The output of one run.
///
/// A reader who closes the pipe, as `head` does, has seen enough: what is written after that is
/// dropped in silence, and the exit code still tells how the run went.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    colour: Colour,
    shows_progress: bool,
    /// Standard output is for a file.
    is_taken: bool,
}

impl Output {
    /// Looks at the terminal and the environment.
    pub fn new(choice: ColourChoice) -> Self {
        let no_color = std::env::var_os("NO_COLOR");
        let term = std::env::var_os("TERM");
        let is_terminal = io::stdout().is_terminal();
        Self {
            colour: choice.decide(is_terminal, no_color.as_deref(), term.as_deref()),
            shows_progress: io::stderr().is_terminal(),
            is_taken: false,
        }
    }

    /// The same beside files: nothing is shown if one of them goes to standard output.
    #[must_use]
    pub fn beside(self, files: &ReportFiles) -> Self {
        Self { is_taken: files.take_stdout(), ..self }
    }

    /// Whether stdout is in colour.
    pub fn colour(&self) -> Colour {
        self.colour
    }

    /// Whether somebody would see progress on stderr.
    pub fn shows_progress(&self) -> bool {
        self.shows_progress
    }

    /// Writes a report, and gives the outcome that follows from it.
    ///
    /// # Errors
    ///
    /// If the report is empty or all of it was skipped: a run that verified nothing proves nothing.
    /// If stdout cannot be written.
    pub fn report(&self, report: &Report, args: &ReportArgs) -> Result<Outcome, CannotRun> {
        if report.tally().total() == 0 {
            return Err(CannotRun::new("nothing was checked").hint("the input has no cases in it"));
        }
        let rendered = match args.format {
            Format::Json => json::render(report),
            Format::Text => {
                let options = TextOptions {
                    colour: self.colour,
                    findings_max: args.findings,
                    see_all: Some("--findings N shows more, --format json all"),
                    spell,
                };
                text::render(report, &options)
            }
        };
        self.words(&rendered)?;
        self.outcome(report)
    }

    /// Writes the screen of a report, or the whole of it, as is asked for, and gives the outcome that
    /// follows from it.
    ///
    /// # Errors
    ///
    /// As those of [`report`](Self::report).
    pub fn screen(
        &self,
        report: &Report,
        args: &ScreenArgs,
        screen: impl FnOnce() -> String,
    ) -> Result<Outcome, CannotRun> {
        if !args.is_brief() {
            return self.report(report, &args.report);
        }
        self.words(&screen())?;
        self.outcome(report)
    }

    /// The outcome that follows from a report which is shown.
    ///
    /// # Errors
    ///
    /// If all of it was skipped.
    pub fn outcome(&self, report: &Report) -> Result<Outcome, CannotRun> {
        let Tally { passed, failed, skipped } = report.tally();
        if passed + failed == 0 {
            let problem = format!("nothing was verified: all {skipped} cases were skipped");
            return Err(CannotRun::new(problem).hint("the reasons stand in the report"));
        }
        Ok(if report.is_ok() { Outcome::Good } else { Outcome::Findings })
    }

    /// Writes what changed between two runs, and gives the outcome that follows from it.
    ///
    /// # Errors
    ///
    /// If stdout cannot be written.
    pub fn comparison(
        &self,
        comparison: &Comparison,
        args: &ReportArgs,
    ) -> Result<Outcome, CannotRun> {
        self.words(&match args.format {
            Format::Json => changes::render_json(comparison, about),
            Format::Text => changes::render(comparison, args.findings, self.colour, about),
        })?;
        Ok(if comparison.is_ok() { Outcome::Good } else { Outcome::Findings })
    }

    /// Writes a table; in JSON it is an object for each row.
    ///
    /// # Errors
    ///
    /// If stdout cannot be written.
    pub fn table(&self, table: &Table, format: Format) -> Result<Outcome, CannotRun> {
        let text = match format {
            Format::Json => json::render_table(table),
            Format::Text => {
                let row = |cells: &Vec<String>| cells.iter().map(|it| spell(it).into()).collect();
                let rows = table.rows.iter().map(row).collect();
                text::render_table(&Table { rows, ..table.clone() }, self.colour)
            }
        };
        self.words(&text).map(|()| Outcome::Good)
    }

    /// Says on stderr what is odd, and whether there was anything to say.
    pub fn warnings(&self, warnings: &[String]) -> bool {
        for warning in warnings {
            let _ = writeln!(io::stderr(), "warning: {}", printable(warning));
        }
        !warnings.is_empty()
    }

    /// Writes words of ours to stdout, with each page of the specification by its path and with
    /// colours if it is in colour.
    ///
    /// # Errors
    ///
    /// As [`Self::bytes`].
    pub fn words(&self, text: &str) -> Result<(), CannotRun> {
        let text = spell(text);
        let visible = match self.colour {
            Colour::On => coloured_lines(&text),
            Colour::Off => lines(&text),
        };
        self.bytes(visible.as_bytes())
    }

    /// Writes text to stdout, and nothing in it is hidden or moves the cursor.
    ///
    /// # Errors
    ///
    /// As [`Self::bytes`].
    pub fn text(&self, text: &str) -> Result<(), CannotRun> {
        self.bytes(lines(text).as_bytes())
    }

    /// Writes text to stdout while it is made, as [`Self::text`] does.
    ///
    /// # Errors
    ///
    /// As [`Self::bytes`].
    pub fn stream(
        &self,
        write: impl FnOnce(&mut Lines<BufWriter<StdoutLock<'static>>>) -> io::Result<()>,
    ) -> Result<(), CannotRun> {
        let mut to = Lines(BufWriter::new(io::stdout().lock()));
        written(write(&mut to).and_then(|()| to.flush()))
    }

    /// Writes to stdout as it is.
    ///
    /// # Errors
    ///
    /// If stdout cannot be written for another reason than that nobody reads it.
    pub fn bytes(&self, bytes: &[u8]) -> Result<(), CannotRun> {
        if self.is_taken { Ok(()) } else { to_stdout(bytes) }
    }
}

/// Writes to stdout as it is.
///
/// # Errors
///
/// If stdout cannot be written for another reason than that nobody reads it.
pub fn to_stdout(bytes: &[u8]) -> Result<(), CannotRun> {
    let mut stdout = io::stdout().lock();
    written(stdout.write_all(bytes).and_then(|()| stdout.flush()))
}

/// Who closes the pipe has seen enough.
fn written(result: io::Result<()>) -> Result<(), CannotRun> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(CannotRun::new(format!("cannot write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_those_who_can_see_them() {
        let set = Some(OsStr::new("1"));
        let dumb = Some(OsStr::new("dumb"));
        let auto = ColourChoice::Auto;
        assert_eq!(auto.decide(true, None, None), Colour::On);
        assert_eq!(auto.decide(true, Some(OsStr::new("")), None), Colour::On);
        assert_eq!(auto.decide(true, set, None), Colour::Off);
        assert_eq!(auto.decide(true, None, dumb), Colour::Off);
        assert_eq!(auto.decide(false, None, None), Colour::Off);
        assert_eq!(ColourChoice::Always.decide(false, set, dumb), Colour::On);
        assert_eq!(ColourChoice::Never.decide(true, None, None), Colour::Off);
    }
}
