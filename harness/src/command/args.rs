//! Arguments that several commands share.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

/// Findings that a text report shows unless the user says otherwise.
const FINDINGS_MAX: usize = 20;

/// The form of a result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables and sentences, for people.
    #[default]
    Text,
    /// One JSON document with everything in it, for programs.
    Json,
}

/// Arguments of commands that end in a report.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ReportArgs {
    /// The form of the report
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Show at most this many findings; JSON always has all
    #[arg(long, value_name = "N", default_value_t = FINDINGS_MAX)]
    pub findings: usize,
}

impl Default for ReportArgs {
    fn default() -> Self {
        Self { format: Format::default(), findings: FINDINGS_MAX }
    }
}

/// The name of a file that stands for standard output.
pub const STDOUT: &str = "-";

/// Files that a report is written to, beside what is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Files")]
pub struct ReportFiles {
    /// Write the report as JSON, for programs and `skewproof report diff`; `-` is standard output, here
    /// and below
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write the report as JUnit XML, for CI servers
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write the report as one HTML page, to look into every cell
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write the report as Markdown, for a comment on a pull request
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
}

impl ReportFiles {
    /// Those that are asked for.
    pub fn paths(&self) -> impl Iterator<Item = &PathBuf> + Clone {
        [&self.json, &self.junit, &self.html, &self.markdown].into_iter().flatten()
    }

    /// Whether one of them goes to standard output, which then has nothing else in it.
    pub fn take_stdout(&self) -> bool {
        self.paths().any(|path| path == Path::new(STDOUT))
    }

    /// Whether any file is.
    pub fn are_asked_for(&self) -> bool {
        self.paths().next().is_some()
    }
}

/// What is shown of a report that has a screen of its own, and where else it goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ScreenArgs {
    /// Show every table, and findings in full
    #[arg(long, short)]
    pub verbose: bool,
    /// The report at the end.
    #[command(flatten)]
    pub report: ReportArgs,
    /// The report in files.
    #[command(flatten)]
    pub files: ReportFiles,
}

impl ScreenArgs {
    /// Whether the screen is meant, and not the whole report.
    pub fn is_brief(&self) -> bool {
        !self.verbose && self.report.format == Format::Text
    }
}
