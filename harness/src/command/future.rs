//! `future`: what a release to come may send, given to every release that there is.

use clap::Args;

use super::args::ScreenArgs;
use super::files::{check_files, write_files};
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use crate::border::{Border, FutureError, Protocol};
use crate::render::fold::paragraph;
use crate::render::requirements::counted;
use crate::render::text::render_table;
use crate::report::Report;

/// Findings that are shown; the rest is counted.
const FINDINGS_MAX: usize = 20;

/// Give every release what the next one may send: it skips what it does not know, or refuses
///
/// The newest release of each message writes its values and changes the bytes as a release to come may. What
/// is known stays as it was, whoever reads it.
#[derive(Debug, Args)]
pub struct FutureArgs {
    /// Only this message
    #[arg(value_name = "MESSAGE")]
    message: Option<String>,
    /// What is shown, and where else it goes.
    #[command(flatten)]
    screen: ScreenArgs,
}

/// Tries it.
///
/// # Errors
///
/// If there is no such message, or no release says what the next one may send.
pub fn run<P: Protocol>(
    border: &Border<P>,
    args: &FutureArgs,
    output: &Output,
) -> Result<Outcome, CannotRun> {
    let output = &output.beside(&args.screen.files);
    check_files(args.screen.files.paths())?;
    let report = tried(border, args.message.as_deref())?;
    let outcome = output.screen(&report, &args.screen, || screen(&report, output));
    write_files(&report, || None, &args.screen.files).and(outcome)
}

/// What came of it, of one message, or of all.
///
/// # Errors
///
/// As [`run`].
pub fn tried<P: Protocol>(border: &Border<P>, message: Option<&str>) -> Result<Report, CannotRun> {
    let program = std::env::current_exe().map_err(|error| {
        CannotRun::new(format!("the program cannot start itself again: {error}"))
    })?;
    border.future(message, Some(&program)).map_err(|error| {
        let cannot = CannotRun::new(error.to_string());
        match error {
            FutureError::Nothing => cannot.hint("`Node::evolve` of the newest release says it"),
            _ => cannot,
        }
    })
}

/// The verdict, what comes of each change, and what should not.
fn screen(report: &Report, output: &Output) -> String {
    let (tally, not_tried) = (report.tally(), report.not_tried());
    let held = counted(tally.passed, "case");
    let mut text = match tally.failed {
        // What was not tried may be anything.
        0 if not_tried > 0 => format!("! what is known is read as before in {held}"),
        0 => {
            format!("✓ whatever the next release may send, what is known is read as before: {held}")
        }
        failed => format!("✗ {} of {}", counted(failed, "finding"), counted(tally.total(), "case")),
    };
    if not_tried > 0 {
        text.push_str(&format!("; {not_tried} not tried: `check` tells why"));
    }
    text.push_str("\n\n");
    for table in report.tables() {
        text.push_str(&render_table(table, output.colour()));
    }
    let findings: Vec<_> = report.findings().collect();
    for finding in findings.iter().take(FINDINGS_MAX) {
        text.push_str(&format!("\n✗ {}\n", finding.case));
        paragraph(&mut text, "      ", 6, &finding.actual);
        text.extend(finding.repro.iter().map(|line| format!("      {line}\n")));
    }
    if findings.len() > FINDINGS_MAX {
        let more = findings.len() - FINDINGS_MAX;
        text.push_str(&format!("\n… {more} more (--format json has all)\n"));
    }
    text
}
