//! `future`: what a release to come may send, given to every release that there is.

use clap::Args;

use super::args::ReportArgs;
use super::outcome::{CannotRun, Outcome};
use super::output::Output;
use super::part::PartArgs;
use crate::border::{Border, FutureError, Protocol};
use crate::render::fold::{brief, paragraph};
use crate::render::requirements::counted;
use crate::render::text::render_table;
use crate::report::{Grid, Report};
use crate::selection::Selection;

/// Give every release what the next one may send: it skips what it does not know, or refuses
///
/// The newest release of each message writes its values and changes the bytes as a release to come may. What
/// is known stays as it was, whoever reads it.
#[derive(Debug, Args)]
pub struct FutureArgs {
    /// Of what.
    #[command(flatten)]
    part: PartArgs,
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
    args.part.run(output, |message, output| {
        let report = tried(border, message)?;
        let text = screen(&report, output, args.part.findings());
        Ok((report, text))
    })
}

/// A case again, or all below an address; none if there is none.
///
/// # Errors
///
/// As [`run`].
pub fn repro<P: Protocol>(
    border: &Border<P>,
    address: &str,
    output: &Output,
) -> Result<Option<Outcome>, CannotRun> {
    let is_message = |name: &&str| border.messages().iter().any(|it| it.name == *name);
    let mut report = tried(border, address.split('/').nth(3).filter(is_message))?;
    let those = Selection::Under(address.to_owned());
    report.retain(&|address, requirement| those.has(address, requirement));
    if report.tally().total() == 0 {
        return Ok(None);
    }
    if report.excused() > 0 && report.is_ok() {
        output.words(&screen(&report, output, usize::MAX))?;
        return Ok(Some(Outcome::Good));
    }
    output.report(&report, &ReportArgs::default()).map(Some)
}

/// What came of it, of one message, or of all.
fn tried<P: Protocol>(border: &Border<P>, message: Option<&str>) -> Result<Report, CannotRun> {
    let program = std::env::current_exe().map_err(|error| {
        CannotRun::new(format!("the program cannot start itself again: {error}"))
    })?;
    border.future(message, Some(&program)).map_err(|error| {
        let cannot = CannotRun::new(error.to_string());
        match error {
            FutureError::Nothing(_) => cannot.hint("`Node::evolve` of the newest release says it"),
            _ => cannot,
        }
    })
}

/// The verdict, what comes of each change, what should not, and what nobody knows.
fn screen(report: &Report, output: &Output, findings_max: usize) -> String {
    let (failed, expected, not_tried) =
        (report.tally().failed, report.excused(), report.not_tried());
    // The first grid has what was tried, and no verdict on the list of what is expected.
    let tally = report.grids().first().map(Grid::tally).unwrap_or_default();
    let held = counted(tally.passed, "case");
    let mut words = match failed {
        0 if expected + not_tried == 0 => {
            format!("✓ what may come changes nothing that is known: {held}")
        }
        0 => format!("! what may come changes nothing that is known in {held}"),
        failed => format!("✗ {} of {}", counted(failed, "finding"), counted(tally.total(), "case")),
    };
    if expected > 0 {
        words.push_str(&format!("; {expected} fail as expected"));
    }
    if not_tried > 0 {
        words.push_str(&format!("; {not_tried} not tried"));
    }
    let mut text = String::new();
    paragraph(&mut text, "", 2, &words);
    text.push('\n');
    for table in report.tables() {
        text.push_str(&render_table(table, output.colour()));
    }
    let findings: Vec<_> = report.findings().collect();
    for finding in findings.iter().take(findings_max) {
        brief(&mut text, finding);
    }
    if findings.len() > findings_max {
        let more = findings.len() - findings_max;
        text.push_str(&format!("\n… {more} more (--format json has all)\n"));
    }
    for skip in report.grids().iter().flat_map(Grid::skips) {
        let kind = if skip.is_open { "not tried" } else { "expected" };
        let words =
            format!("{kind}: {}: {}", counted(skip.cases.len() as u64, "case"), skip.reason);
        text.push('\n');
        paragraph(&mut text, "", 2, &words);
    }
    text
}
