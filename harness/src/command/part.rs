//! What commands do that ask something of every message, or of one, and have a screen of their own.

use clap::Args;

use super::args::ScreenArgs;
use super::files::{check_files, write_files};
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use crate::report::Report;

/// Of what, and where what comes of it goes.
#[derive(Debug, Args)]
pub struct PartArgs {
    /// Only this message
    #[arg(value_name = "MESSAGE")]
    message: Option<String>,
    /// What is shown, and where else it goes.
    #[command(flatten)]
    screen: ScreenArgs,
}

impl PartArgs {
    /// The most findings that are shown.
    pub const fn findings(&self) -> usize {
        self.screen.report.findings
    }

    /// Asks `ask` of the message, if one is named, and shows and writes the report and its screen that come of
    /// it. A file that cannot be written is told before.
    ///
    /// # Errors
    ///
    /// If a file cannot be written, or nothing can be asked.
    pub fn run(
        &self,
        output: &Output,
        ask: impl FnOnce(Option<&str>, &Output) -> Result<(Report, String), CannotRun>,
    ) -> Result<Outcome, CannotRun> {
        let output = &output.beside(&self.screen.files);
        check_files(self.screen.files.paths())?;
        let (report, screen) = ask(self.message.as_deref(), output)?;
        let outcome = output.screen(&report, &self.screen, || screen);
        write_files(&report, || None, &self.screen.files).and(outcome)
    }
}
